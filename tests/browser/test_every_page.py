"""Every page in a real Chromium: on a wide screen and on a phone, in both languages, light and dark."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from optviz.ui import course

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
SIZES = {"wide": (1400, 900), "phone": (390, 844)}
TEXT_ONLY = {"course", "lectures"}
LOCALES = {"en": "en-US", "zh": "zh-CN"}

CUT = """
() => {
  const visible = { opacityProperty: true, visibilityProperty: true };
  const shown = e => e.checkVisibility(visible) && e.getBoundingClientRect().width > 2;
  const beyond = (inner, outer) => inner.right > outer.right + 3 || inner.left < outer.left - 3;
  const said = e => `${e.tagName} “${e.textContent.trim().slice(0, 60)}”`;
  const found = [];
  // Text that its own box cuts off, but for rows that are meant to be pushed aside.
  const words = "h1, h2, h3, label p, button, .optviz-tab, .optviz-title, [data-testid=stMarkdownContainer] p, td, th";
  for (const e of document.querySelectorAll(words)) {
    if (!shown(e) || !e.textContent.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(e);
    const text = range.getBoundingClientRect();
    if (text.right <= 0) continue; // in the sidebar, which is closed
    for (let box = e; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (/auto|scroll/.test(style.overflowX)) break;
      const frame = box.getBoundingClientRect();
      if (frame.width < 2) break; // for screen readers alone
      if (/hidden|clip/.test(style.overflowX) && beyond(text, frame)) {
        found.push(said(e));
        break;
      }
    }
  }
  // Text of a plot that leaves the plot.
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    const frame = plot.getBoundingClientRect();
    for (const text of plot.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (!shown(text) || text.closest(".legend .scrollbox")) continue;
      if (beyond(box, frame) || box.top < frame.top - 3 || box.bottom > frame.bottom + 3)
        found.push("plot: " + said(text));
    }
  }
  return [...new Set(found)];
}
"""


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", course.LESSONS)
def test_a_page_shows_itself_whole(open_page: OpenPage, name: str, size: str, lang: str) -> None:
    path = "/" if name == course.HOME else f"/{name}"
    page = open_page(path, *SIZES[size], locale=LOCALES[lang])
    page.wait_for_selector("h1")
    settle(page, name not in TEXT_ONLY)
    check(page)
    if lang == "en":
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("isDark => matchMedia('(prefers-color-scheme: dark)').matches", arg=True)
        settle(page, name not in TEXT_ONLY)
        check(page)


def settle(page: "Page", picture: bool = True) -> None:
    """Wait until the script has run and the open figures are drawn."""
    if picture:
        page.wait_for_selector(".js-plotly-plot, .optviz-without")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".optviz-panel:not([hidden]) .optviz-plot")]
                 .every(plot => plot._fullLayout || plot.closest(".optviz-without"))""",
    )
    page.wait_for_timeout(250)  # the axes are fitted a moment later


def check(page: "Page") -> None:
    assert page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over == 0, f"{over} px too wide"
    assert page.evaluate(CUT) == []


def test_the_check_finds_what_is_cut(open_page: OpenPage) -> None:
    page = open_page("/")
    page.wait_for_selector("h1")
    settle(page)
    page.evaluate("document.querySelector('h1').style.cssText = 'overflow: hidden; width: 5rem; white-space: nowrap'")
    page.evaluate("document.querySelector('.js-plotly-plot .xtitle').setAttribute('transform', 'translate(-400 0)')")
    found = page.evaluate(CUT)
    assert [text.split(" ")[0] for text in found] == ["H1", "plot:"]


def test_the_first_page_of_a_server_asks_nobody_else(chromium: "Browser", serving: Any, tmp_path: Path) -> None:
    with serving("app.py", tmp_path) as address:
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/{list(course.LESSONS)[-1]}")
        page.wait_for_selector("h1")
        settle(page, picture=False)
        page.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
