"""Projector mode as a lecturer uses it: one key, large type, names at the lines, a clicker; and out again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import PLAYER

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
FILLS = """() => {
  const projected = document.querySelector('.optviz-projected');
  if (!projected) return false; // between two pages
  const { x, y, width, height } = projected.getBoundingClientRect();
  const seen = [...document.querySelectorAll('[data-testid=stApp] :is(h1, p, label, button, a, summary)')]
    .filter(e => !e.closest('.optviz-projected') && e.checkVisibility({ visibilityProperty: true }));
  return x === 0 && y === 0 && width === innerWidth && height === innerHeight && seen.length === 0;
}"""
TYPE = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.tickfont.size"
WIDTH = "document.querySelector('[data-cell~=loss] .js-plotly-plot')._fullData[0].line.width"
NAMED = """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g._fullData)
  .filter(trace => trace.meta?.named).map(trace => trace.name)"""
# Text is painted on the canvas: words that are measured or written are kept.
LISTEN = """() => {
  window.written = new Set();
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    const cells = this.canvas.closest('.optviz-cell')?.dataset.cell ?? '';
    for (const cell of cells.split(' ')) window.written.add(`${cell}: ${text}`);
    return write.call(this, text, ...rest);
  };
}"""


def ready(page: "Page") -> None:
    page.wait_for_selector(".js-plotly-plot", state="attached")
    page.wait_for_function(f"+document.querySelector('{PLAYER}').dataset.step > 0")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768)])
def test_one_key_fills_the_window_and_a_clicker_drives_it(open_page: OpenPage, width: int, height: int) -> None:
    page = open_page("/?steps=100", width, height)
    page.evaluate(LISTEN)
    ready(page)
    small, thin = page.evaluate(TYPE), page.evaluate(WIDTH)
    field = page.get_by_label("Learning rate, exact value")
    field.press("f")
    assert page.locator(".optviz-projected").count() == 0, "who types is not projected"
    field.blur()
    page.keyboard.press("f")
    page.wait_for_function(FILLS)
    page.wait_for_function(f"({TYPE}) >= 1.25 * {small} && ({WIDTH}) >= 1.5 * {thin}")
    page.keyboard.press("End")
    page.wait_for_selector(f"{PLAYER}[data-step='100']")
    names = {"SGD", "Momentum (averaged)", "RMSProp", "Adam"}
    parts = ["SGD", "Momentum", "(averaged)", "RMSProp", "Adam"]  # a long name takes two lines
    page.wait_for_function("names => names.every(name => window.written.has('loss: ' + name))", arg=parts)
    assert names <= set(page.evaluate(NAMED))
    legends = page.locator(".js-plotly-plot .legend:visible").all_text_contents()
    assert not any(name in legend for legend in legends for name in names), "runs are named where they are"
    count = page.locator(".optviz-count")
    assert "step 100 / 100" in count.inner_text()
    assert float(count.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 24
    background = page.evaluate("getComputedStyle(document.querySelector('.optviz-projected')).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    page.keyboard.press("PageUp")
    page.wait_for_selector(f"{PLAYER}[data-step='0'][data-playing=false]")
    page.keyboard.press("PageDown")
    page.wait_for_selector(f"{PLAYER}[data-playing=true]")
    page.evaluate("document.body.focus(); document.activeElement.blur()")
    page.keyboard.press("Home")  # the picture has the keys, wherever the focus is
    page.wait_for_selector(f"{PLAYER}[data-step='0'][data-playing=false]")
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over == 0
    # In a lecture the same keys turn its scenes.
    page.evaluate(
        """window.turned = []; for (const way of ['next', 'previous']) {
             const box = Object.assign(document.createElement('div'), { className: 'st-key-lecture-' + way });
             box.append(Object.assign(document.createElement('button'), { onclick: () => window.turned.push(way) }));
             document.body.append(box);
           }"""
    )
    page.keyboard.press("PageDown")
    page.keyboard.press("PageUp")
    assert page.evaluate("window.turned") == ["next", "previous"]
    page.keyboard.press("Escape")
    page.wait_for_function(f"!document.querySelector('.optviz-projected') && ({TYPE}) === {small}")
    page.locator(".optviz-project").click()
    page.wait_for_function(FILLS)


def test_a_link_opens_in_it_and_the_next_page_stays_in_it(open_page: OpenPage) -> None:
    page = open_page("/classifier?epochs=20&moment.projector=1", 1280, 720, "zh-CN", "dark")
    ready(page)
    page.wait_for_function(FILLS)
    assert "20" in page.locator(".optviz-count").inner_text()
    background = page.evaluate("getComputedStyle(document.querySelector('.optviz-projected')).backgroundColor")
    assert background == "rgb(5, 7, 10)"
    page.wait_for_selector(f"{PLAYER}[data-playing=false]")
    page.evaluate("document.querySelector('[data-testid=stTopNavSection]').click()")
    page.evaluate("document.querySelector('[data-testid=stTopNavDropdownLink]').click()")
    page.wait_for_url("**/descent**")
    page.wait_for_selector(".optviz-projected .js-plotly-plot")
    page.wait_for_function(FILLS)
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).wait_for()
    assert page.locator(".optviz-projected").count() == 0


def test_a_still_picture_has_the_button_too(open_page: OpenPage) -> None:
    page = open_page("/losses", 1280, 720)
    page.wait_for_selector(".js-plotly-plot")
    page.locator(".optviz-project").click()
    page.wait_for_function(FILLS)
    page.locator(".optviz-project").click()
    page.get_by_role("heading", level=1).wait_for()
