"""A class in front of the app: many visitors of the surfaces page at once, each moving a slider every two seconds.

    python tests/benchmarks/classroom.py --visitors 200 --seconds 60
    python tests/benchmarks/classroom.py --visitors 80 --minutes 10
    python tests/benchmarks/classroom.py --phones 200

It starts the app itself. A visitor is a websocket that speaks as the browser does: it keeps the messages that may be
kept, and says so; it sends back the link and the values of the widgets that it has moved. The pace does not wait for
answers, so that a server that falls behind is seen to. The second form prints the server's memory every 30 seconds. In
the third all open the classifier at once, and it is measured when each has seen its net trained.
"""

import argparse
import asyncio
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider

ROOT = Path(__file__).parents[2]
LABELS = ("Steps", "Learning rate")
"""The sliders that the visitors move."""

PERIOD, PATIENCE, MONITOR = 2.0, 60.0, 30.0
KEPT_RUNS = 2
"""For so many runs of the script the browser keeps a message that is not used."""

FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
"""How a run ends that was not overtaken: of the whole script, or of some fragments."""

MIB = 2**20


@contextmanager
def server(port: int, clone: Path = ROOT) -> Iterator[psutil.Process]:
    """Run the app of a clone with its own settings, and end it."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    with subprocess.Popen(command, cwd=clone, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; raise RuntimeError where it ends or stays silent."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the app did not start")


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Visitor:
    """One open page: what its browser would remember, and what was measured."""

    random: random.Random
    page: str = ""
    hash: str = ""
    sliders: dict[str, Slider] = field(default_factory=dict)
    moved: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    query: str = ""
    waiting: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    received: int = 0
    errors: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, port: int) -> None:
        """Load the page and wait until it has been drawn once."""
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(f"http://127.0.0.1:{port}"),
            max_size=None,
            compression=None,
            ping_interval=None,
        )
        self.reading = asyncio.create_task(self.read())
        await self.rerun()
        await asyncio.wait_for(self.ready.wait(), PATIENCE)

    async def close(self) -> None:
        """Leave the page."""
        await self.socket.close()
        await self.reading

    async def read(self) -> None:
        """Take in what the server sends, until the page is left."""
        async for data in self.socket:
            self.received += len(data)
            self.take(ForwardMsg.FromString(data))

    def take(self, message: ForwardMsg) -> None:
        """Remember what the browser would, and note when a run of the script has ended."""
        kind = message.WhichOneof("type")
        if kind == "ref_hash" or message.metadata.cacheable:
            self.kept[message.ref_hash if kind == "ref_hash" else message.hash] = self.runs
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self.see(message.delta.new_element)
        elif kind == "navigation":
            self.page, self.hash = "", message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "script_finished" and message.script_finished in FINISHED:
            now = time.perf_counter()
            self.latencies += [now - sent for sent in self.waiting]
            self.waiting = []
            self.runs += 1
            self.kept = {name: run for name, run in self.kept.items() if self.runs - run <= KEPT_RUNS}
            self.ready.set()

    def see(self, element: Any) -> None:
        """Note the sliders to move, and anything that looks like an error."""
        kind = element.WhichOneof("type")
        self.errors += kind == "exception"
        if kind == "slider" and element.slider.label in LABELS:
            self.sliders.setdefault(element.slider.label, element.slider)

    async def rerun(self, fragment: str = "") -> None:
        """Ask for a run of the script, or of a fragment, with the widgets as they stand."""
        message = BackMsg()
        state = message.rerun_script
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        state.query_string = self.query
        state.page_name, state.page_script_hash = self.page, self.hash
        state.context_info.locale = "en-US"
        state.cached_message_hashes.extend(self.kept)
        for widget, value in self.moved.items():
            entry = state.widget_states.widgets.add(id=widget)
            values = entry.string_array_value if isinstance(value, str) else entry.double_array_value
            values.data.append(value)
        await self.socket.send(message.SerializeToString())

    def move(self) -> None:
        """Put one of the sliders somewhere else."""
        slider = self.random.choice(list(self.sliders.values()))
        if slider.type == Slider.SELECT_SLIDER:
            self.moved[slider.id] = self.random.choice(slider.options)
        else:
            stops = int((slider.max - slider.min) / slider.step)
            self.moved[slider.id] = slider.min + slider.step * self.random.randint(0, stops)

    async def play(self, delay: float, seconds: float) -> int:
        """Move a slider every two seconds, and return how often."""
        await asyncio.sleep(delay)
        start, moves = time.perf_counter(), 0
        while moves * PERIOD < seconds:
            self.move()
            self.waiting.append(time.perf_counter())
            await self.rerun()
            moves += 1
            await asyncio.sleep(start + moves * PERIOD - time.perf_counter())
        deadline = time.perf_counter() + PATIENCE
        while self.waiting and time.perf_counter() < deadline:
            await asyncio.sleep(0.05)
        return moves


@dataclass
class Phone(Visitor):
    """One who opens the classifier and watches until the net is trained; a browser asks for each tick by itself."""

    page: str = "classifier"
    trained: asyncio.Event = field(default_factory=asyncio.Event)
    ticking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def take(self, message: ForwardMsg) -> None:
        """Begin to ask for what is to run again and again."""
        super().take(message)
        if message.WhichOneof("type") == "auto_rerun" and message.auto_rerun.fragment_id not in self.ticking:
            fragment, interval = message.auto_rerun.fragment_id, message.auto_rerun.interval
            self.ticking[fragment] = asyncio.create_task(self.tick(fragment, interval))

    def see(self, element: Any) -> None:
        """Note when the training is over."""
        super().see(element)
        if element.WhichOneof("type") == "progress":
            done, _of, epochs = element.progress.text.removeprefix("epoch ").partition(" of ")
            if done == epochs:
                self.trained.set()

    async def tick(self, fragment: str, interval: float) -> None:
        """Ask for a fragment's run again and again."""
        while True:
            await asyncio.sleep(interval)
            await self.rerun(fragment)

    def stop(self) -> None:
        """Ask no more."""
        for task in self.ticking.values():
            task.cancel()
        self.ticking.clear()

    async def watch(self, port: int) -> float:
        """Return the seconds from opening the page to the trained net."""
        begun = time.perf_counter()
        await self.open(port)
        await asyncio.wait_for(self.trained.wait(), PATIENCE)
        seconds = time.perf_counter() - begun
        self.stop()
        return seconds


async def phones(count: int) -> None:
    """Let so many phones open the classifier at once, and print when they have seen its net trained."""
    port = free_port()
    with server(port):
        first = Visitor(random.Random(0))
        await first.open(port)
        together = [Phone(random.Random(seed)) for seed in range(count)]
        seconds = sorted(await asyncio.gather(*(phone.watch(port) for phone in together)))
        for visitor in (first, *together):
            await visitor.close()
    received = sum(phone.received for phone in together) / count
    print(f"phones     {count}: median {statistics.median(seconds):.2f} s, last {seconds[-1]:.2f} s")
    print(f"errors     {sum(phone.errors for phone in together)}")
    print(f"bytes      {received / 1e3:.0f} KB each")


async def monitor(process: psutil.Process) -> None:
    """Print the server's memory every 30 seconds."""
    start = time.monotonic()
    while True:
        print(f"{time.monotonic() - start:5.0f} s  {rss(process):7.1f} MiB", flush=True)
        await asyncio.sleep(MONITOR)


def rss(process: psutil.Process) -> float:
    """Return the resident memory of the server in MiB."""
    return float(process.memory_info().rss) / MIB


async def hold(count: int, seconds: float, watched: bool) -> None:
    """Hold a class of `count` visitors for so many seconds, and print what was measured."""
    port = free_port()
    with server(port) as process:
        memory = {"server started": rss(process)}
        visitors = [Visitor(random.Random(seed)) for seed in range(count)]
        # The first one is alone: with it the server imports what all of them share.
        await visitors[0].open(port)
        memory["first visitor"] = rss(process)
        for visitor in visitors[1:]:
            await visitor.open(port)
        memory["all visitors"] = rss(process)
        opened = sum(visitor.received for visitor in visitors)

        watching = asyncio.create_task(monitor(process)) if watched else None
        delays = [PERIOD * i / count for i in range(count)]
        plays = (visitor.play(delay, seconds) for visitor, delay in zip(visitors, delays, strict=True))
        moves = sum(await asyncio.gather(*plays))
        if watching:
            watching.cancel()
        memory["end"] = rss(process)
        for visitor in visitors:
            await visitor.close()
    report(visitors, moves, opened, memory)


def report(visitors: list[Visitor], moves: int, opened: int, memory: dict[str, float]) -> None:
    """Print the latencies from a change to the end of its run, errors, bytes and memory."""
    latencies = sorted(latency for visitor in visitors for latency in visitor.latencies)
    received = sum(visitor.received for visitor in visitors) - opened
    print(f"visitors   {len(visitors)}, {moves} changes, {len(latencies)} answered")
    print(
        f"latency    median {statistics.median(latencies) * 1e3:.0f} ms, p95 {percentile(latencies, 95) * 1e3:.0f} ms"
    )
    print(f"errors     {sum(visitor.errors for visitor in visitors)}")
    print(
        f"bytes      {opened / len(visitors) / 1e3:.0f} KB to open, {received / len(latencies) / 1e3:.1f} KB an answer"
    )
    print("memory     " + ", ".join(f"{what} {mib:.0f} MiB" for what, mib in memory.items()))
    others = max(len(visitors) - 1, 1)
    opening, end = (memory[moment] - memory["first visitor"] for moment in ("all visitors", "end"))
    print(f"a visitor  {opening / others:.2f} MiB opened, {end / others:.2f} MiB at the end")


def percentile(ordered: list[float], percent: int) -> float:
    """Return the number that so many percent of an ordered list do not exceed."""
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, help="hold the class so long, and print the memory as it goes")
    parser.add_argument("--phones", type=int, help="open the classifier by so many phones at once")
    wanted = parser.parse_args()
    if wanted.phones:
        asyncio.run(phones(wanted.phones))
        sys.exit()
    asyncio.run(hold(wanted.visitors, wanted.minutes * 60 if wanted.minutes else wanted.seconds, bool(wanted.minutes)))
