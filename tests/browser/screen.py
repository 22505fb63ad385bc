"""What a test does on a page, and what it reads there."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from optviz.course import outline

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE = 60.0
"""Seconds."""
PLAYER = "[data-testid=optviz-player]"
SHORT = {"classifier": "?epochs=30", "digits": "?epochs=5", "table": "?epochs=10", "penalties": "?epochs=50"}
"""What makes the trainings of a page short."""


def path_of(name: str) -> str:
    """Return the path of a page whose trainings are short."""
    return f"/{'' if name == outline.HOME else name}{SHORT.get(name, '')}"


def opened(open_page: Callable[..., "Page"], path: str, **options: Any) -> "Page":
    """Open a page, and wait until its figures are drawn: before that, what is below them moves."""
    page = open_page(path, **options)
    page.wait_for_selector(f"{PLAYER}[data-run][data-step]")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.optviz-panel:not([hidden]) .optviz-plot')]
                 .every(plot => plot._fullLayout?.xaxis?._length && plot.querySelector('canvas')?.width > 0)"""
    )
    return page


def frames(page: "Page", count: int = 2) -> None:
    """Wait until the browser has drawn so many frames, 60 a second at most: what was done before can be seen.

    A slow machine draws them later, so that what must not happen has had its chance.
    """
    page.evaluate(
        """count => new Promise(done => {
             const next = () => (count-- > 0 ? requestAnimationFrame(next) : done());
             next();
           })""",
        count,
    )


def run_after(page: "Page", before: str = "") -> str:
    """Wait for another run than the one given, and return its name."""
    page.wait_for_selector(f"{PLAYER}[data-run]:not([data-run='{before}'])")
    return str(page.locator(PLAYER).first.get_attribute("data-run"))


def at_the_end(page: "Page", steps: int) -> None:
    """Jump to the last step, and wait until what grows is drawn to it."""
    page.wait_for_selector(".js-plotly-plot", state="attached")
    page.locator(PLAYER).first.focus()
    page.keyboard.press("End")
    page.wait_for_selector(f"{PLAYER}[data-step='{steps}']")
    page.wait_for_function(
        """rows => [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => t.meta?.follows?.mode === 'grow' && t.x?.length === rows)""",
        arg=steps + 1,
    )


def trace(page: "Page", cell: str, index: int) -> dict[str, Any]:
    """Read the numbers of a trace of the open figure of a cell, as soon as it is there."""
    found = page.wait_for_function(
        """([cell, index]) => {
          const plot = document.querySelector(`[data-cell~=${cell}] .optviz-panel:not([hidden]) .optviz-plot`);
          const t = plot?.data?.[index];
          const flat = v => v && Array.from(v, r => r?.length >= 0 && typeof r !== 'string' ? Array.from(r) : r);
          return t && { x: flat(t.x), y: flat(t.y), z: flat(t.z) };
        }""",
        arg=[cell, index],
    ).json_value()
    return {name: np.array(values, dtype=float) for name, values in found.items() if values is not None}


MOST_TURNS = 20
"""So often at most the wheel is turned over a list."""


def choose(field: "Locator", option: str) -> None:
    """Choose an option of a select box; its list closes while the page scrolls, and moves when it has just come up.

    Of a long list only those are drawn that are in view.
    """
    from playwright.sync_api import TimeoutError

    page = field.page
    options, chosen = page.get_by_role("listbox"), page.get_by_role("option", name=option, exact=True)
    for _attempt in range(5):
        if not options.count():
            field.evaluate("field => field.scrollIntoView({ block: 'center' })")
            field.click()  # as soon as it stands still
        try:
            options.hover(timeout=5_000)
            for _turn in range(MOST_TURNS):
                if chosen.count():
                    break
                page.mouse.wheel(0, 120)
                frames(page, 4)
            chosen.click(timeout=5_000)
            return chosen.wait_for(state="detached", timeout=2_000)
        except TimeoutError:
            continue
    raise AssertionError(f"{option} cannot be chosen")


def eventually(page: "Page", check: Callable[[], None]) -> None:
    """Check again and again, for what was sent is drawn a little later."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return check()
        except AssertionError:
            frames(page)
    check()


def query(page: "Page") -> dict[str, list[str]]:
    """Read the settings in the address."""
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)
