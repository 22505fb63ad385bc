"""What is dragged redraws while it moves: the start, the classifier's point and a slider, by mouse and by finger."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from tests.browser.screen import PLAYER, frames

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
GRIP = """() => {
  const plot = document.querySelector('.js-plotly-plot'), { xaxis, yaxis } = plot._fullLayout;
  const grip = plot.data.find(trace => trace.meta?.grip), { left, top } = plot.getBoundingClientRect();
  return [left + xaxis._offset + xaxis.d2p(grip.x[0]), top + yaxis._offset + yaxis.d2p(grip.y[0])];
}"""
WATCH = """() => {
  const player = document.querySelector('[data-testid=optviz-player]');
  window.runs = new Set([player.dataset.run]);
  window.whole = true;
  new MutationObserver(() => {
    if (player.dataset.run) window.runs.add(player.dataset.run);
    window.whole &&= player.dataset.playing === 'false';
  }).observe(player, { attributes: true });
}"""
# What can be tapped and is smaller than a thumb. A field is as large as its frame, a switch as its label.
SMALL = """() => {
  const visible = { opacityProperty: true, visibilityProperty: true };
  const found = [];
  for (const e of document.querySelectorAll('button, a[href], input, select, summary, [role=tab]')) {
    const own = e.getBoundingClientRect();
    if (!e.checkVisibility(visible) || own.width < 2 || own.height < 2) continue;
    const box = (e.type === 'checkbox' && e.closest('label')) || e;
    let { width, height } = box.getBoundingClientRect();
    if (e.closest('[data-testid=stSlider]')) {
      const thumb = e.closest('[data-rac]').getBoundingClientRect();
      e.scrollIntoView({ block: 'center' });
      const { x, y, width: w, height: h } = e.closest('[data-rac]').getBoundingClientRect();
      const reached = [[0, -21], [0, 21], [-21, 0], [21, 0]].every(([dx, dy]) =>
        document.elementFromPoint(Math.min(x + w / 2 + dx, innerWidth - 1), y + h / 2 + dy)?.closest('[role=group]'));
      [width, height] = reached ? [44, 44] : [thumb.width, thumb.height];
    }
    if (Math.round(width) < 44 || Math.round(height) < 44)
      found.push(`${e.tagName} “${e.ariaLabel ?? e.textContent.trim().slice(0, 30)}” ${width}×${height}`);
  }
  return found;
}"""


def moving(page: "Page") -> "Locator":
    """Wait until the picture is drawn and moves."""
    page.wait_for_selector(".js-plotly-plot .nsewdrag", state="attached")
    page.wait_for_function(f"+document.querySelector('{PLAYER}').dataset.step > 0")
    return page.locator(PLAYER)


def first_path(page: "Page") -> Any:
    text = "Array.from(document.querySelector('.js-plotly-plot').data.find(t => t.meta?.follows?.mode === 'grow')[d])"
    return np.array([page.evaluate(f"d => {text}", d) for d in "xy"], dtype=float)


def expected(start: tuple[float, float], steps: int, learning_rate: float = 0.1) -> Any:
    ground = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
    runs = read_runs(["sgd", "momentum", "rmsprop", "adam"])
    return (
        races.race_of(
            Settings(
                ground=ground,
                runs=runs,
                learning_rate=learning_rate,
                schedule=Choice("constant"),
                warmup=0,
                start=start,
                steps=steps,
            )
        )
        .path.w[:, 0]
        .T
    )


def test_the_start_is_dragged_and_each_race_is_drawn_whole(open_page: OpenPage) -> None:
    page = open_page("/?steps=50")
    moving(page)
    x, y = page.evaluate(GRIP)
    page.mouse.move(x + 5, y - 5)
    page.wait_for_selector(".optviz-grip")
    page.mouse.down()
    page.mouse.move(x + 20, y - 20)
    page.wait_for_selector(f"{PLAYER}[data-step='50'][data-playing=false]")
    page.evaluate(WATCH)
    for i in range(3, 13):
        before = page.evaluate("window.runs.size")
        page.mouse.move(x + 10 * i, y - 10 * i)
        page.wait_for_function("size => window.runs.size > size", arg=before)
    assert page.evaluate("location.search") == "?steps=50", "the address waits for the release"
    history = page.evaluate("history.length")
    page.mouse.up()
    page.wait_for_function("location.search.includes('x1=')")
    page.wait_for_selector(f"{PLAYER}[data-step='50'][data-playing=false]")
    assert page.evaluate("window.whole") and page.evaluate("history.length") <= history + 1
    query = parse_qs(urlsplit(page.url).query)
    start = float(query["x1"][0]), float(query["x2"][0])
    assert np.allclose(first_path(page), expected(start, 50), rtol=1e-4, atol=1e-4)
    here = page.evaluate(GRIP)
    assert here == pytest.approx([x + 115, y - 115], abs=1.5), "it stays under the pointer, where it was taken hold of"
    page.get_by_text("Start and axes").click()
    page.wait_for_function("document.querySelector('input[aria-label=\"x₁\"]')?.value")
    assert float(page.get_by_label("x₁").input_value()) == pytest.approx(start[0], abs=1e-3)


def test_a_slider_is_followed_while_it_is_held(open_page: OpenPage) -> None:
    page = open_page("/?steps=50")
    moving(page)
    page.evaluate(WATCH)
    slider = page.get_by_role("slider", name="Learning rate")
    box = page.locator(".st-key-surfaces-lr-slider [role=group] > [data-rac] > [data-rac]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, 7):
        page.mouse.move(x - 6 * i, y)
        value = slider.get_attribute("aria-valuetext")
        page.wait_for_function(
            "value => document.querySelector('[aria-label=\"Learning rate, exact value\"]').value === value", arg=value
        )
        assert slider.get_attribute("aria-valuetext") == value, "a slider that is held is never pulled"
    assert value in ("0.003", "0.01")
    assert page.evaluate("window.runs.size") >= 3
    assert page.evaluate("location.search") == "?steps=50"
    page.mouse.up()
    page.wait_for_function("rate => location.search.includes('lr=' + rate)", arg=value)
    page.wait_for_selector(f"{PLAYER}[data-step='50'][data-playing=false]")
    assert np.allclose(first_path(page), expected((-5.0, -2.0), 50, float(value)), rtol=1e-4, atol=1e-4)
    page.get_by_text("Reset", exact=True).click()
    page.wait_for_function("location.search === ''")
    page.wait_for_function(
        "document.querySelector('[aria-label=\"Learning rate\"][type=range]').ariaValueText === '0.1'"
    )


def test_other_starts_and_the_asked_point_can_be_dragged(open_page: OpenPage) -> None:
    for path, name in (
        ("/descent", "start="),
        ("/build", "x1="),
        ("/regression", "start="),
        ("/classifier?epochs=20", "q1="),
    ):
        page = open_page(path)
        moving(page)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        # On the regression page it is the second picture that has the start.
        x, y = page.evaluate(
            GRIP.replace(
                "document.querySelector('.js-plotly-plot')",
                "[...document.querySelectorAll('.js-plotly-plot')].find(p => p.data.some(t => t.meta?.grip))",
            )
        )
        page.mouse.move(x, y)
        page.mouse.down()
        for i in range(1, 8):
            page.mouse.move(x + 8 * i, y - 3 * i)
            frames(page, 3)
        assert name not in page.url
        page.mouse.up()
        page.wait_for_function("name => location.search.includes(name)", arg=name)
        assert page.locator("[data-testid=stException]").count() == 0
        page.close()


@pytest.mark.parametrize(("path", "locale"), [("/?steps=50", "en-US"), ("/classifier?epochs=20", "zh-CN")])
def test_on_a_phone_a_finger_drags_and_everything_is_in_reach(open_page: OpenPage, path: str, locale: str) -> None:
    page = open_page(path, 360, 740, locale)
    moving(page)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    scroller = "document.querySelector('[data-testid=stAppViewContainer]')"
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in at]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = page.evaluate(GRIP)
    finger("touchStart", (x + 10, y + 10))
    for i in range(1, 9):
        finger("touchMove", (x + 10 + 4 * i, y + 10 - 12 * i))
        frames(page)
    finger("touchEnd")
    page.wait_for_function("/x1=|q1=/.test(location.search)")
    assert page.evaluate(f"{scroller}.scrollTop") == 0, "the page must not scroll under the finger that drags"
    page.wait_for_function(f"y => Math.abs(({GRIP})()[1] - y) < 4", arg=y - 96)

    bar = page.locator(".optviz-docked .optviz-bar")
    for _ in range(2):  # at the top of the page, and with the controls on the screen
        box = bar.bounding_box()
        assert box and box["x"] >= 0 and box["y"] + box["height"] == pytest.approx(740, abs=1)
        page.evaluate("document.querySelector('[data-testid=stSidebar]').scrollIntoView()")
        page.wait_for_selector(".optviz-pinned")
    picture = page.locator(".optviz-pinned .optviz-cell").first.bounding_box()
    assert picture and picture["y"] >= 0 and picture["y"] + picture["height"] < 0.5 * 740, (
        "the picture is seen with them"
    )

    heads = page.locator("[data-testid=stSidebar] [class*=st-key-] [data-testid=stExpander] summary")
    opened = "e => e.closest('details').open"
    for head in (heads.last, heads.first):
        head.tap()
        page.wait_for_function(opened, arg=head.element_handle())
    page.wait_for_function(f"e => !({opened})(e)", arg=heads.last.element_handle())
    assert page.evaluate(SMALL) == []
    assert page.evaluate(f"[{scroller}.scrollWidth, document.documentElement.scrollWidth]") == [360, 360]


def test_a_bad_field_is_explained_where_it_is_seen(open_page: OpenPage) -> None:
    page = open_page("/?surface=formula", 390, 844)
    moving(page)
    field = page.get_by_label("Formula in x1 and x2")
    field.fill("x1 +")
    field.press("Enter")
    error = page.locator("[data-testid=stAlertContentError]")
    error.wait_for()
    box = error.bounding_box()
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= 844
