"""The app without a mouse: tab, enter, space and the arrows reach and do everything, and the focus is seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.screen import PLAYER, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

# Fields may be drawn by what is around them; nothing else that encloses the one with the focus counts.
FOCUSED = """
() => {
  const framed = e => {
    const { outlineStyle, outlineWidth } = getComputedStyle(e);
    const { width, height } = e.getBoundingClientRect();
    return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && Math.min(width, height) >= 20;
  };
  const e = document.activeElement;
  const label = e.labels?.[0]?.textContent ?? e.getAttribute("aria-label") ?? e.textContent;
  const around = e.closest("[data-testid=stSlider], [data-testid=stCheckbox]");
  return { name: label.trim(), page: e === document.body, seen: framed(e) || Boolean(around && framed(around)) };
}
"""


def tab_to(page: "Page", name: str, most: int = 60) -> None:
    """Press tab until what has this name has the focus; on every stop on the way the focus is seen."""
    for _press in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["seen"] or focused["page"], focused
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"no press of tab leads to {name}")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_race_is_changed_and_played_with_the_keyboard_alone(open_page: OpenPage, color_scheme: str) -> None:
    page = open_page("/?steps=50", color_scheme=color_scheme, reduced_motion="reduce")
    run = run_after(page)
    page.wait_for_selector(".js-plotly-plot")
    tab_to(page, "Surface")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    run = run_after(page, run)
    page.wait_for_function("location.search.includes('surface=')")
    page.wait_for_selector(f"{PLAYER}[data-step='50']")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    tab_to(page, "From above: arrow keys")
    pointed = page.locator(".optviz-panel:not([hidden]) .optviz-at").first
    before = pointed.text_content()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert pointed.is_visible() and pointed.text_content() != before
    page.keyboard.press("Enter")
    run_after(page, run)
    page.wait_for_function("location.search.includes('x1=')")
    query = parse_qs(urlsplit(page.url).query)
    chosen = [float(f"{float(query[name][0]):.3g}") for name in ("x1", "x2")]
    written = (pointed.text_content() or "").strip("()").replace("−", "-").split(", ")
    assert chosen == pytest.approx([float(part) for part in written], rel=1e-2)
    page.wait_for_selector(f"{PLAYER}[data-step='50']")
    tab_to(page, "Play")
    page.keyboard.press("Space")
    page.wait_for_selector(f"{PLAYER}[data-playing=true]")
    page.keyboard.press("Space")
    page.wait_for_selector(f"{PLAYER}[data-playing=false]")
    step = int(page.locator(PLAYER).get_attribute("data-step") or 0)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f"{PLAYER}[data-step='{step + 1}']")
