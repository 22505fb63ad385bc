"""The first visitor of each page: what a fresh server takes for the page's first run, and what it loads for it.

    python tests/benchmarks/pages.py
    python tests/benchmarks/pages.py descent digits

The time counts from the visitor's first word to the end of the script's run, in a server that nobody has visited yet:
it imports whatever the page needs within that time.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

import psutil
from classroom import ROOT, Visitor, free_port, rss, server

sys.path.insert(0, str(ROOT))
from optviz.course.outline import HOME, LESSONS

HEAVY = ("tensorflow", "keras")


def loaded(process: psutil.Process) -> list[str]:
    """List the heavy packages whose libraries a process has mapped."""
    files = {Path(file.path) for file in process.memory_maps()}
    return [name for name in HEAVY if any(name in file.parts for file in files)]


async def visit(name: str) -> None:
    """Print the figures of a page's first visitor."""
    port = free_port()
    with server(port) as process:
        visitor = Visitor(random.Random(0), page="" if name == HOME else name)
        began = time.perf_counter()
        await visitor.open(port)
        seconds = time.perf_counter() - began
        visitor.waiting.append(time.perf_counter())
        await visitor.rerun()
        while visitor.waiting:
            await asyncio.sleep(0.005)
        again = visitor.latencies[-1] * 1e3
        size, memory = visitor.received / 1e3, rss(process)
        heavy = ", ".join(loaded(process)) or "none"
        await visitor.close()
    row = f"{name:16} first {seconds:5.2f} s   again {again:6.1f} ms   {size:7.0f} KB   {memory:5.0f} MiB"
    print(f"{row}   errors {visitor.errors}   heavy packages: {heavy}", flush=True)


async def main(names: list[str]) -> None:
    """Visit one page after the other, each on a server of its own."""
    for name in names:
        await visit(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help="default: every page")
    asyncio.run(main(parser.parse_args().pages or list(LESSONS)))
