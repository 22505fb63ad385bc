"""What one run of the surfaces page costs the server, in processor time, and how long its visitor waits.

    python tests/benchmarks/rerun.py
    python tests/benchmarks/rerun.py --against ../before

One visitor moves one of two sliders over a few stops, so that every race is in the cache after the first round. The
second form measures another clone of the repository as well, run by run in turns, and prints the ratio.
"""

import argparse
import asyncio
import random
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from classroom import LABELS, ROOT, Visitor, free_port, percentile, server

STOPS = (2, 4, 6)
"""The places of the sliders, counted from their lower ends, between which the visitor moves them."""
SETTLE = 0.03
"""The seconds after a run that are counted in: the server sends and tidies up after its last word."""


class Mover(Visitor):
    """A visitor who moves the sliders in a fixed order, one at a time, and waits for each answer."""

    def arrange(self, number: int) -> None:
        """Put the next slider to its next stop."""
        slider = self.sliders[LABELS[number % 2]]
        stop = STOPS[number // 2 % len(STOPS)]
        options = slider.options
        self.moved[slider.id] = options[stop] if options else slider.min + slider.step * stop

    async def once(self, number: int, processor: int) -> tuple[float, float]:
        """Move a slider; return the seconds of the server's processor and of the visitor."""
        self.arrange(number)
        before, sent = time.clock_gettime(processor), time.perf_counter()
        self.waiting.append(sent)
        await self.rerun()
        while self.waiting:
            await asyncio.sleep(0.0005)
        await asyncio.sleep(SETTLE)
        return time.clock_gettime(processor) - before, self.latencies[-1]


def clock_of(pid: int) -> int:
    """Return the clock of a process's processor time, of all its threads (clock_getcpuclockid(3))."""
    return ~pid << 3 | 2


async def measure(clones: list[Path], rounds: int) -> None:
    """Measure all clones in turns, and print a line for each."""
    found: list[list[tuple[float, float]]] = [[] for _clone in clones]
    with ExitStack() as servers:
        movers = []
        for clone in clones:
            port = free_port()
            process = servers.enter_context(server(port, clone))
            movers.append((Mover(random.Random(0)), clock_of(process.pid)))
            await movers[-1][0].open(port)
        warm = 2 * 2 * len(STOPS)
        for number in range(warm + rounds):
            for runs, (mover, processor) in zip(found, movers, strict=True):
                runs.append(await mover.once(number, processor))
        for mover, _processor in movers:
            await mover.close()
    medians = []
    for clone, runs in zip(clones, found, strict=True):
        used, waited = (sorted(each) for each in zip(*runs[warm:], strict=True))
        medians.append((statistics.median(used), statistics.median(waited)))
        print(f"{clone.name:16} processor {shown(used)}   waited {shown(waited)}")
    if len(medians) == 2:
        used, waited = (other / own for own, other in zip(*medians, strict=True))
        print(f"times less       processor {used:.2f}   waited {waited:.2f}")


def shown(seconds: list[float]) -> str:
    """Write the median and the 95th percentile in milliseconds."""
    return f"median {statistics.median(seconds) * 1e3:5.1f} ms, p95 {percentile(seconds, 95) * 1e3:5.1f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="another clone, measured in the same minutes")
    parser.add_argument("--rounds", type=int, default=300)
    wanted = parser.parse_args()
    asyncio.run(measure([ROOT, *([wanted.against.resolve()] if wanted.against else [])], wanted.rounds))
