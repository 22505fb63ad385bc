"""What a visitor feels, in a real Chromium: start-up, from a key press to the picture, frames a second, bytes.

    python tests/benchmarks/browser.py

It starts the app itself, on a port of its own, and ends it.
"""

import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
import itertools

from classroom import free_port, server
from conftest import FLAGS, find_chromium

MOVING = "() => +document.querySelector('[data-testid=optviz-player]')?.dataset.step > 0"
EIGHT = "&".join(
    f"run={name}" for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "lion")
)
PRESSES = 21
# Resolves with the milliseconds from a key press to the first step of another run that is drawn.
KEY_TO_STEP = """slider => new Promise(done => {
  const player = document.querySelector('[data-testid=optviz-player]'), before = player.dataset.run;
  slider.focus();
  slider.addEventListener('keydown', () => {
    const pressed = performance.now();
    new MutationObserver((_, observer) => {
      if (player.dataset.run === before || !(+player.dataset.step > 0)) return;
      observer.disconnect();
      requestAnimationFrame(() => done(performance.now() - pressed));
    }).observe(player, { attributes: true });
  }, { once: true, capture: true });
})"""
FRAMES = """() => new Promise(done => {
  const times = [];
  const frame = now => (times.push(now) < 241 ? requestAnimationFrame(frame) : done(times));
  requestAnimationFrame(frame);
})"""


def open_page(browser: Browser, address: str, sizes: list[int] | None = None) -> Page:
    """Open an address and wait for a step that moves; `sizes` gets the bytes of each message of the websocket."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US").new_page()
    if sizes is not None:
        page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
    page.goto(address)
    page.wait_for_function(MOVING, timeout=60_000)
    return page


def key_to_step(page: Page) -> float:
    """Press a key on the slider of the learning rate again and again; return the median in milliseconds."""
    slider = page.get_by_role("slider", name="Learning rate")
    times = []
    for press in range(PRESSES):
        handle = slider.element_handle()
        answer = page.evaluate_handle("slider => { window.answer = (" + KEY_TO_STEP + ")(slider) }", handle)
        page.keyboard.press("ArrowLeft" if press % 2 else "ArrowRight")
        times.append(page.evaluate("() => window.answer"))
        answer.dispose()
        page.wait_for_timeout(400)
    return statistics.median(times)


def frames(page: Page) -> tuple[float, float]:
    """Return frames a second and the longest gap in milliseconds, over four seconds of playing."""
    page.locator("[data-testid=optviz-player]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.wait_for_timeout(300)
    times = page.evaluate(FRAMES)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    return 1000 * len(gaps) / (times[-1] - times[0]), max(gaps)


def bytes_of_an_update(page: Page, sizes: list[int]) -> float:
    """Return the bytes that come over the websocket for one change of the learning rate, the median of several."""
    totals = []
    for _ in range(5):
        sizes.clear()
        # Always to another value: what was shown a moment ago is still in the browser's cache.
        page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
        page.wait_for_timeout(1500)
        totals.append(sum(sizes))
    return statistics.median(totals)


def main() -> None:
    """Measure and print the table."""
    port = free_port()
    began = time.perf_counter()
    with server(port) as process, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        launched = time.perf_counter() - began
        address = f"http://127.0.0.1:{port}/"
        page = open_page(browser, address)
        started = time.perf_counter() - began
        again = time.perf_counter()
        open_page(browser, address).context.close()
        again = time.perf_counter() - again
        page.context.close()
        eight = open_page(browser, f"{address}?{EIGHT}&steps=200")
        pressed = key_to_step(eight)
        eight.context.close()
        sizes: list[int] = []
        long = open_page(browser, f"{address}?{EIGHT}&steps=1000", sizes)
        rate, gap = frames(long)
        size = bytes_of_an_update(long, sizes)
        print(f"| fresh process to the first moving picture | {started:.1f} s | 5 s |")
        print(f"| of which server and Chromium started | {launched:.1f} s | – |")
        print(f"| page opened to the first moving picture, server warm | {again:.1f} s | – |")
        print(f"| key press to the first new step, race of 8 × 200, median of {PRESSES} | {pressed:.0f} ms | 150 ms |")
        print(f"| playing a race of 8 × 1000 | {rate:.1f} fps, longest gap {gap:.0f} ms | 55 fps |")
        print(f"| bytes of an update, race of 8 × 1000 | {size / 1000:.0f} KB | 150 KB |")
        print(f"| memory of the server | {process.memory_info().rss / 2**20:.0f} MiB | – |")
        browser.close()


if __name__ == "__main__":
    main()
