"""How many races a drag draws: three seconds over the surface, in a real Chromium, with four optimizers and 200 steps.

    python tests/benchmarks/drag.py

It starts the app itself, on a port of its own, and ends it.
"""

import math
import sys
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from browser import open_page
from classroom import free_port, server
from conftest import FLAGS, find_chromium

SECONDS = 3.0
GRIP = """() => {
  const plot = document.querySelector('.js-plotly-plot'), { xaxis, yaxis } = plot._fullLayout;
  const grip = plot.data.find(trace => trace.meta?.grip), { left, top } = plot.getBoundingClientRect();
  return [left + xaxis._offset + xaxis.d2p(grip.x[0]), top + yaxis._offset + yaxis.d2p(grip.y[0])];
}"""
# The races whose last step was painted, each counted once: seen in the frame after its name has changed.
COUNT = """() => {
  const player = document.querySelector('[data-testid=optviz-player]');
  window.drawn = new Set();
  const see = () => {
    if (player.dataset.step === '200') window.drawn.add(player.dataset.run);
    requestAnimationFrame(see);
  };
  see();
}"""


def drag(page: Page) -> tuple[int, float]:
    """Drag the start in curves over the surface; return how many races were drawn, and in how many seconds."""
    x, y = page.evaluate(GRIP)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.evaluate(COUNT)
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < SECONDS:
        page.mouse.move(x + 120 * spent, y - 150 - 150 * math.sin(4 * spent))
        page.wait_for_timeout(8)
    drawn = page.evaluate("window.drawn.size")
    page.mouse.up()
    return drawn, spent


def seconds_of(process: psutil.Process) -> float:
    """Return the processor time of a process and its children."""
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))


def main() -> None:
    """Measure and print."""
    port = free_port()
    with server(port) as process, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = open_page(browser, f"http://127.0.0.1:{port}/")
        page.wait_for_selector("[data-testid=optviz-player][data-playing=false]")
        for again in range(3):
            before = seconds_of(process), seconds_of(psutil.Process())
            drawn, spent = drag(page)
            after = seconds_of(process), seconds_of(psutil.Process())
            own, rest = ((b - a) / max(drawn, 1) * 1000 for a, b in zip(before, after, strict=True))
            print(f"| drag {again + 1}: races a second, 4 × 200 | {drawn / spent:.1f} | 10 |")
            print(f"| processor time a race | {own:.0f} ms server, {rest:.0f} ms browser with its driver | – |")
            page.wait_for_timeout(1500)
        browser.close()


if __name__ == "__main__":
    main()
