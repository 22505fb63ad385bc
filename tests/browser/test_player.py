"""The player in a real Chromium, with the made-up figures of player_app.py."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.screen import eventually, frames

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
APP = Path(__file__).parent / "player_app.py"
ROOT = "[data-testid=optviz-player]"
OpenPage = Callable[..., "Page"]
Serving = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[str]:
    """Serve player_app.py in place of the app: `open_page` of conftest.py then opens it."""
    with serving(APP, tmp_path_factory.mktemp("player")) as address:
        yield address


@pytest.fixture(scope="module")
def app() -> ModuleType:
    """The app's own functions, for the numbers it sends."""
    spec = importlib.util.spec_from_file_location("player_app_numbers", APP)
    assert spec and spec.loader
    source = APP.read_text("utf-8").split("st.set_page_config")[0]
    module = importlib.util.module_from_spec(spec)
    exec(compile(source, str(APP), "exec"), module.__dict__)
    return module


def shown(page: "Page") -> dict[str, Any]:
    """The data attributes of the root, with numbers and truth values."""
    values = page.evaluate(f"({{...document.querySelector('{ROOT}').dataset}})")
    return {**values, "step": int(values.get("step", -1)), "playing": values.get("playing") == "true"}


def wait_for(page: "Page", condition: str, seconds: float = 60) -> None:
    """Wait until a JavaScript condition on `d`, the root's data attributes, and `gd(n)`, the n-th plot, holds."""
    page.wait_for_function(
        f"""() => {{
          const root = document.querySelector('{ROOT}');
          if (!root) return false;
          const {{step, playing}} = root.dataset;
          const d = {{run: '', ...root.dataset, step: Number(step), playing: playing === 'true'}};
          const gd = n => root.querySelectorAll('.optviz-plot')[n];
          return {condition};
        }}""",
        timeout=seconds * 1000,
    )


def wait_plotted(page: "Page", plot: int = 0) -> None:
    wait_for(page, f"d.step >= 0 && gd({plot})?._fullLayout && gd({plot}).querySelector('canvas')")


def open_training(open_page: OpenPage) -> "Page":
    page = open_page("/?steps=1")
    page.get_by_role("link", name="Training").click()
    return page


def press(page: "Page", *keys: str) -> None:
    """Press keys while the player itself has the focus."""
    page.locator(ROOT).focus()
    for key in keys:
        page.keyboard.press(key)


def step_becomes(page: "Page", step: int) -> None:
    wait_for(page, f"d.step === {step} && !d.playing")


def trace(page: "Page", plot: int, index: int) -> dict[str, Any]:
    """What Plotly's trace holds."""
    return page.evaluate(
        f"""() => {{
          const t = document.querySelectorAll('{ROOT} .optviz-plot')[{plot}].data[{index}];
          const flat = v => v && Array.from(v, r => r?.length >= 0 && typeof r !== 'string' ? Array.from(r) : r);
          return {{x: flat(t.x), y: flat(t.y), z: flat(t.z)}};
        }}"""
    )


def painted(page: "Page", plot: int, layer: str = "trail") -> int:
    """Pixels that are not empty on a canvas."""
    return page.evaluate(
        f"""() => {{
          const c = document.querySelectorAll('{ROOT} .optviz-plot')[{plot}].querySelector('canvas.optviz-{layer}');
          const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          let n = 0;
          for (let i = 3; i < p.length; i += 4) n += p[i] > 0;
          return n;
        }}"""
    )


def test_autoplay_to_the_end_and_again_with_a_new_run(open_page: OpenPage, app: ModuleType) -> None:
    page = open_page("/?steps=60")
    wait_for(page, "d.playing && d.step > 0 && d.step < 60")
    step_becomes(page, 60)
    assert shown(page)["run"] == "60-0"
    assert page.locator(".optviz-count").text_content() == "step 60 / 60"
    assert page.locator(".optviz-play").get_attribute("aria-label") == "Play"
    page.get_by_label("seed").fill("3")
    page.get_by_label("seed").press("Enter")
    wait_for(page, "d.run === '60-3' && d.playing && d.step < 60")
    step_becomes(page, 60)
    np.testing.assert_array_equal(np.float32(trace(page, 0, 5)["x"]), app.race(60, 3)["w"][:, 5, 0].astype("f4"))


def test_plotly_holds_the_numbers_that_were_sent(open_page: OpenPage, app: ModuleType) -> None:
    page = open_page("/?steps=40")
    wait_plotted(page)
    press(page, "End")
    step_becomes(page, 40)
    sent = app.race(40, 0)
    for run in range(app.RUNS):
        path, head = trace(page, 0, run), trace(page, 0, app.RUNS + run)
        np.testing.assert_array_equal(np.float32(path["x"]), sent["w"][:, run, 0].astype("f4"))
        np.testing.assert_array_equal(np.float32(path["y"]), sent["w"][:, run, 1].astype("f4"))
        np.testing.assert_array_equal(np.float32([head["x"][0], head["y"][0]]), sent["w"][-1, run].astype("f4"))
        loss = trace(page, 1, run)
        np.testing.assert_array_equal(loss["x"], np.arange(41))
        np.testing.assert_array_equal(np.float32(loss["y"]), sent["loss"][:, run].astype("f4"))
    page.get_by_role("tab", name="Effective").click()
    wait_plotted(page, 3)
    wait_for(page, "gd(3).data[2].x.length === 11")
    np.testing.assert_array_equal(trace(page, 3, 2)["x"], np.arange(0, 41, 4))  # thinned
    np.testing.assert_array_equal(np.float32(trace(page, 3, 2)["y"]), (2 * sent["rate"][::4, 2]).astype("f4"))


def test_every_row_is_drawn_however_fast(open_page: OpenPage) -> None:
    """What one stroke over all rows leaves on the canvas is there after playing ten times as fast, too."""
    page = open_page("/?steps=1000")
    wait_plotted(page)
    page.locator(".optviz-speed").select_option("10")
    press(page, "Home", " ")
    step_becomes(page, 1000)
    alphas = f"""() => [...document.querySelectorAll('{ROOT} canvas.optviz-trail')].slice(0, 3).map(c =>
      c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, i) => i % 4 === 3))"""
    page.evaluate(f"window.played = ({alphas})()")
    press(page, "Home")
    step_becomes(page, 0)
    press(page, "End")
    step_becomes(page, 1000)
    solid, missing = page.evaluate(
        f"""() => {{
          let solid = 0, missing = 0;
          ({alphas})().forEach((layer, n) => layer.forEach((alpha, i) => {{
            solid += alpha > 200;
            missing += alpha > 200 && window.played[n][i] < 100;
          }}));
          return [solid, missing];
        }}"""
    )
    assert solid > 5000
    assert missing < solid / 200


def test_pause_step_scrub_and_keys(open_page: OpenPage) -> None:
    page = open_page("/?steps=200")
    wait_plotted(page)
    page.get_by_role("button", name="Pause").click()
    wait_for(page, "!d.playing")
    press(page, "Home")
    step_becomes(page, 0)
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft")
    step_becomes(page, 11)
    press(page, "Shift+ArrowLeft")
    step_becomes(page, 1)
    page.get_by_role("button", name="One step forward").click()
    step_becomes(page, 2)
    page.get_by_role("button", name="One step back").click()
    step_becomes(page, 1)
    slider = page.get_by_role("slider", name="Step").and_(page.locator(".optviz-scrub"))
    slider.fill("150")
    step_becomes(page, 150)
    assert len(trace(page, 0, 0)["x"]) == 151
    slider.focus()
    page.keyboard.press("ArrowRight")
    step_becomes(page, 151)  # once, not twice
    page.keyboard.press("End")
    step_becomes(page, 200)
    full = painted(page, 0)
    press(page, "Home", "ArrowRight")
    step_becomes(page, 1)
    assert painted(page, 0) < full / 4  # stepping back takes away
    press(page, " ")
    wait_for(page, "d.playing && d.step > 3")
    for key in (" ", "ArrowLeft", "Home"):  # the page must not scroll, nor the slider move on its own
        event = f"new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}})"
        assert slider.evaluate(f"node => node.dispatchEvent({event})") is False
    press(page, " ")
    wait_for(page, "d.playing")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press(" ")  # the button's own key: toggles once
    wait_for(page, "!d.playing")


def test_speed_and_loop_are_kept(open_page: OpenPage) -> None:
    page = open_page("/?steps=50")
    wait_plotted(page)
    page.locator(".optviz-speed").select_option("0.1")
    press(page, "Home")
    began = page.evaluate("performance.now()")
    press(page, " ")
    frames(page, 90)
    step, seconds = shown(page)["step"], (page.evaluate("performance.now()") - began) / 1000
    assert step < 7 * seconds  # at full speed it would be over
    page.locator(".optviz-speed").select_option("10")
    page.get_by_role("button", name="Loop").click()
    wait_for(page, "d.step === 50")
    wait_for(page, "d.step < 40 && d.playing")
    page.get_by_role("link", name="Training").click()
    wait_for(page, "d.run.startsWith('training')")
    assert page.locator(".optviz-speed").input_value() == "1"  # another player, its own choice
    page.get_by_role("link", name="Race").click()
    wait_for(page, "d.run === '50-0'")
    assert page.locator(".optviz-speed").input_value() == "10"
    assert page.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "true"


def test_click_sets_the_start(open_page: OpenPage) -> None:
    page = open_page("/?steps=20")
    wait_plotted(page)
    x, y, left, top = page.evaluate(
        f"""() => {{
          const gd = document.querySelector('{ROOT} .optviz-plot'), {{xaxis: x, yaxis: y}} = gd._fullLayout;
          const box = gd.getBoundingClientRect();
          return [box.left + x._offset + x.d2p(-1.5), box.top + y._offset + y.d2p(2), box.left, box.top];
        }}"""
    )
    page.mouse.click(x, y)
    clicked = page.get_by_text("clicked")
    clicked.first.wait_for()
    assert clicked.count() == 1
    at = [float(v) for v in (clicked.first.text_content() or "").split()[1:]]
    np.testing.assert_allclose(at, [-1.5, 2], atol=0.02)
    frames(page, 30)
    page.mouse.click(x, y)  # the same point again
    page.wait_for_function("document.body.innerText.match(/clicked/g)?.length === 2")
    page.mouse.click(left + 5, top + 5)  # outside the plot area
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 80, steps=4)
    page.mouse.up()  # a drag zooms
    wait_for(page, "gd(0)._fullLayout.xaxis.range[1] < 2.9")
    frames(page, 30)
    assert clicked.count() == 2


def test_tap_sets_the_start(open_page: OpenPage) -> None:
    page = open_page("/?steps=20", width=390)
    wait_plotted(page)
    box = page.locator(".optviz-plot .nsewdrag").first.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.get_by_text("clicked").wait_for()
    at = [float(v) for v in (page.get_by_text("clicked").text_content() or "").split()[1:]]
    np.testing.assert_allclose(at, [-1.5, 1.5], atol=0.05)


def open_drag(open_page: OpenPage, **options: Any) -> "Page":
    page = open_page("/drag", **options)
    wait_plotted(page)
    return page


def place(page: "Page", x: float, y: float) -> tuple[float, float]:
    """Where a point of the first plot lies on the screen."""
    return tuple(
        page.evaluate(
            """([x, y]) => {
              const gd = document.querySelector('.optviz-plot'), {xaxis, yaxis} = gd._fullLayout;
              const box = gd.getBoundingClientRect();
              return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
            }""",
            [x, y],
        )
    )


def wait_for_height(page: "Page", point: int, height: float) -> None:
    wait_for(page, f"Math.abs(gd(0).data[0].y[{point}] - {height}) < 0.03")


def test_a_point_follows_the_mouse_while_it_is_held_and_no_longer(open_page: OpenPage) -> None:
    page = open_drag(open_page)
    page.mouse.move(*place(page, 1.2, 0.1))
    page.mouse.down()
    wait_for_height(page, 1, 0.1)
    for height in (0.2, 0.3, 0.4, 0.5):
        page.mouse.move(*place(page, 1.1, height), steps=4)
    wait_for_height(page, 1, 0.5)  # before the mouse is let go
    x, _y = place(page, 1.1, 1.0)
    page.mouse.move(x, 2)  # beyond the picture it stays at its edge
    wait_for_height(page, 1, 1.0)
    page.mouse.move(*place(page, 0.9, -0.25))
    page.mouse.up()
    wait_for_height(page, 1, -0.25)
    page.mouse.move(*place(page, 3.0, 0.7), steps=5)
    frames(page, 24)
    assert np.allclose(trace(page, 0, 0)["y"], [0, -0.25, 0, 0, 0], atol=0.03)
    ranges = page.evaluate("[...document.querySelector('.optviz-plot')._fullLayout.xaxis.range]")
    assert ranges == [-0.5, 4.5]  # Plotly did not zoom


def test_a_finger_drags_a_point_and_the_page_does_not_scroll(open_page: OpenPage) -> None:
    page = open_drag(open_page, width=390)
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        sent = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": sent})

    touch("touchStart", place(page, 2.0, -0.8))
    for height in np.linspace(-0.8, 0.6, 25):
        touch("touchMove", place(page, 2.0, float(height)))
        frames(page)
    wait_for_height(page, 2, 0.6)
    resting = place(page, 2.0, 0.6)
    touch("touchStart", resting, place(page, 4.0, 0.0))  # a second finger is no pointer of the drag
    touch("touchMove", resting, place(page, 4.0, -0.9))
    touch("touchEnd")
    frames(page, 30)
    assert np.allclose(trace(page, 0, 0)["y"], [0, 0, 0.6, 0, 0], atol=0.03)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0


def test_a_still_picture_has_no_buttons_and_shows_its_row(open_page: OpenPage) -> None:
    page = open_drag(open_page)
    page.mouse.click(*place(page, 3.0, 0.5))
    wait_for_height(page, 3, 0.5)
    assert page.locator(".optviz-bar button:visible").count() == 2  # to be shared, and to be projected
    data = shown(page)
    assert (data["step"], data["playing"]) == (0, False)
    assert (page.locator("#optviz-drag-sentence").text_content() or "").strip() == "Drag the points."
    green = """() => {
      const c = document.querySelector('canvas.optviz-heads');
      const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 0; i < p.length; i += 4) n += p[i] < 40 && p[i + 1] > 200 && p[i + 2] < 40;
      return n / (c.width * c.height);
    }"""
    # A square of 0.4 by 0.5 in a picture of 5 by 2, which fills most of the canvas.
    assert 0.01 < page.evaluate(green) < 0.02
    requested = """() => new Promise(done => {
      const own = window.requestAnimationFrame;
      let asked = 0;
      window.requestAnimationFrame = f => { asked++; return own(f); };
      setTimeout(() => { window.requestAnimationFrame = own; done(asked); }, 400);
    })"""
    frames(page, 18)
    assert page.evaluate(requested) == 0


def _differs(value: object, other: object) -> None:
    assert value != other


def test_zoom_survives_a_new_run_and_a_double_click_ends_it(open_page: OpenPage) -> None:
    page = open_page("/?steps=60")
    wait_plotted(page)
    press(page, "End")
    step_becomes(page, 60)
    box = page.locator(".optviz-plot").first.bounding_box()
    assert box
    whole = painted(page, 0)
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 350, box["y"] + 350, steps=5)
    page.mouse.up()
    wait_for(page, "gd(0)._fullLayout.xaxis.range[1] < 2.9")
    zoomed = page.evaluate(f"[...document.querySelector('{ROOT} .optviz-plot')._fullLayout.xaxis.range]")
    eventually(page, lambda: _differs(painted(page, 0), whole))
    page.get_by_label("seed").fill("1")
    page.get_by_label("seed").press("Enter")
    wait_for(page, "d.run === '60-1' && d.step > 2")
    assert page.evaluate(f"[...document.querySelector('{ROOT} .optviz-plot')._fullLayout.xaxis.range]") == zoomed
    page.emulate_media(color_scheme="dark")  # the figure is drawn anew
    wait_for(page, "d.theme === 'dark' && gd(0)._fullData[0].line.color === '#008fff'")
    assert page.evaluate(f"[...document.querySelector('{ROOT} .optviz-plot')._fullLayout.xaxis.range]") == zoomed
    page.mouse.dblclick(box["x"] + 200, box["y"] + 300)
    wait_for(page, "gd(0)._fullLayout.xaxis.range[1] === 3")


def test_hover_shows_the_numbers_of_the_rows_shown(open_page: OpenPage, app: ModuleType) -> None:
    page = open_page("/?steps=40")
    wait_plotted(page, 1)
    press(page, "Home", "Shift+ArrowRight")
    step_becomes(page, 10)
    place = """([row, run]) => {
      const gd = document.querySelectorAll('.optviz-plot')[1], {xaxis: x, yaxis: y} = gd._fullLayout;
      const box = gd.getBoundingClientRect();
      return [box.left + x._offset + x.d2p(row), box.top + y._offset + y.d2p(window.loss)];
    }"""
    loss = float(np.float32(app.race(40, 0)["loss"][8, 4]))
    page.evaluate(f"window.loss = {loss}")
    x, y = page.evaluate(place, [8, 4])
    page.mouse.move(x - 9, y + 9)
    page.mouse.move(x, y, steps=3)
    page.locator(".hoverlayer .hovertext").first.wait_for()
    found = page.evaluate("document.querySelectorAll('.optviz-plot')[1]._hoverdata.map(p => [p.curveNumber, p.x, p.y])")
    assert found
    for curve, row, value in found:
        assert row == 8
        assert value == pytest.approx(app.race(40, 0)["loss"][8, curve])
    page.mouse.move(0, 0)
    page.evaluate(f"window.loss = {float(app.race(40, 0)['loss'][30, 4])}")
    x, y = page.evaluate(place, [30, 4])
    page.mouse.move(x - 9, y + 9)
    page.mouse.move(x, y, steps=3)
    frames(page, 18)
    rows = page.evaluate("(document.querySelectorAll('.optviz-plot')[1]._hoverdata ?? []).map(p => p.x)")
    assert all(row <= 10 for row in rows)  # what is not shown yet cannot be hovered


def test_streaming_ends_with_all_rows(open_page: OpenPage, app: ModuleType) -> None:
    page = open_training(open_page)
    wait_for(page, "d.playing && d.step > 5")
    assert shown(page)["step"] < 100
    step_becomes(page, 100)
    loss = trace(page, 1, 0)
    np.testing.assert_array_equal(np.float32(loss["y"]), np.exp(-np.arange(101) / 30).astype("f4"))
    np.testing.assert_array_equal(trace(page, 0, 0)["z"], app.boundary(100))
    weights = np.exp(-((np.linspace(-2, 2, 21) / (0.3 + 1)) ** 2)) * 20
    np.testing.assert_array_equal(np.float32(trace(page, 2, 0)["y"]), weights.astype("f4"))
    np.testing.assert_array_equal(loss["x"], np.arange(101))  # without an x the step
    assert painted(page, 0, "under") > 50_000  # the grid
    orange = """() => {
      const c = document.querySelectorAll('canvas.optviz-heads')[2];
      const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 0; i < p.length; i += 4) n += p[i] === 217 && p[i + 1] === 97 && p[i + 2] === 0;
      return n;
    }"""
    assert page.evaluate(orange) > 200  # the curve over the bars, in the color of series 2
    assert painted(page, 2, "heads") > 5_000  # the bars


@pytest.mark.parametrize("interruption", ["unmount", "page", "loss of rows"])
def test_streaming_survives_a_fresh_component(open_page: OpenPage, interruption: str) -> None:
    page = open_training(open_page)
    wait_for(page, "d.playing && d.step > 3")
    if interruption == "unmount":
        page.get_by_text("mounted").click()
        page.locator(ROOT).wait_for(state="detached")
        page.get_by_text("mounted").click()
    elif interruption == "page":
        page.get_by_role("link", name="Race").click()
        wait_for(page, "d.run.endsWith('-0')")
        page.get_by_role("link", name="Training").click()
    else:  # the browser knows nothing, Python thinks it does
        page.evaluate(
            """const session = optvizInbox.sessions.get('training');
            session.store = new session.store.constructor(null);"""
        )
    wait_for(page, "d.run === 'training 0' && d.step === 100 && !d.playing")
    np.testing.assert_array_equal(np.float32(trace(page, 1, 0)["y"]), np.exp(-np.arange(101) / 30).astype("f4"))


def test_rows_asked_for_after_the_end(open_page: OpenPage, app: ModuleType) -> None:
    """Everything was sent, nothing more will come by itself, and the browser has lost it."""
    page = open_page("/?steps=30")
    wait_plotted(page)
    page.evaluate("optvizInbox.sessions.clear()")
    page.get_by_text("mounted").click()
    page.locator(ROOT).wait_for(state="detached")
    page.get_by_text("mounted").click()
    wait_for(page, "d.run === '30-0' && d.step === 30 && !d.playing")
    np.testing.assert_array_equal(np.float32(trace(page, 0, 3)["x"]), app.race(30, 0)["w"][:, 3, 0].astype("f4"))


def test_nothing_is_left_behind(open_page: OpenPage) -> None:
    """No frame is asked for once the player is gone or rests."""
    page = open_page("/?steps=30")
    wait_plotted(page)
    count = """() => new Promise(done => {
      const own = window.requestAnimationFrame;
      let asked = 0;
      window.requestAnimationFrame = f => { asked++; return own(f); };
      setTimeout(() => { window.requestAnimationFrame = own; done(asked); }, 500);
    })"""
    step_becomes(page, 30)
    frames(page, 18)
    assert page.evaluate(count) == 0
    press(page, "Home", " ")
    assert page.evaluate(count) > 10
    page.get_by_text("mounted").click()
    page.locator(ROOT).wait_for(state="detached")
    frames(page, 18)
    assert page.evaluate(count) == 0


def colors(page: "Page") -> dict[str, Any]:
    return page.evaluate(
        f"""() => {{
          const gd = document.querySelector('{ROOT} .optviz-plot'), l = gd._fullLayout;
          return {{line: gd._fullData[0].line.color, font: l.font.color, paper: l.paper_bgcolor, family: l.font.family,
                   images: l.images.filter(i => i.opacity > 0).map(i => i.name)}};
        }}"""
    )


INKS = """
() => {
  const { theme } = [...optvizInbox.sessions.values()].find(session => session.player).player;
  const hex = color => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.fillStyle = color;
    return pen.fillStyle;
  };
  const named = Object.keys(theme.colors).filter(name => name !== "background");
  return Object.fromEntries([["background", theme.background], ...named.map(name => [name, hex(theme.ink(name))])]);
}
"""


def test_theme_light_dark_and_switched(open_page: OpenPage, contrast: Callable[[str, str], float]) -> None:
    page = open_page("/?steps=30", color_scheme="light")
    wait_plotted(page)
    light = colors(page)
    assert shown(page)["theme"] == "light"
    assert light["line"] == "#0c82fd"
    assert light["images"] == ["light"]
    page.emulate_media(color_scheme="dark")
    wait_for(page, "d.theme === 'dark' && gd(0)._fullData[0].line.color === '#008fff'")
    dark = colors(page)
    assert dark["images"] == ["dark"]
    assert dark["font"] != light["font"]
    assert "rgba(0" in dark["paper"]
    for scheme, background in (("dark", "#10161f"), ("light", "#ffffff")):
        page.emulate_media(color_scheme=scheme)
        wait_for(page, f"d.theme === '{scheme}'")
        inks = page.evaluate(INKS)
        assert len(inks) > 8 and inks["background"] == background
        for name, color in inks.items():  # names at the ends of lines can be read
            assert name == "background" or contrast(color, background) >= 4.5, (scheme, name, color)


def test_reduced_motion_shows_the_last_step(open_page: OpenPage) -> None:
    page = open_page("/?steps=2000", reduced_motion="reduce")  # seven seconds, were it played
    wait_plotted(page)
    assert (shown(page)["step"], shown(page)["playing"]) == (2000, False)
    wait_for(page, "gd(0).data[0].x.length === 2001")
    press(page, "ArrowLeft")
    step_becomes(page, 1999)
    page.get_by_role("button", name="Play").click()
    step_becomes(page, 2000)


def test_plotly_that_cannot_load(chromium: Any, server: str) -> None:
    """Not `open_page`: the browser itself reports the request that fails."""
    page = chromium.new_page()
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/plotly.min.js*", lambda route: route.abort())
    page.goto(server + "/?steps=20")
    page.get_by_text("The charts could not be loaded").wait_for()
    page.get_by_role("button", name="Try again").click()
    frames(page, 18)
    page.get_by_text("The charts could not be loaded").wait_for()
    page.unroute("**/plotly.min.js*")
    page.get_by_role("button", name="Try again").click()
    wait_plotted(page)
    page.get_by_text("The charts could not be loaded").wait_for(state="detached")
    assert errors == []
    page.close()


def test_bytes_of_an_update(chromium: Any, server: str) -> None:
    """8 runs x 1000 steps: the numbers travel as they are, figures and code do not travel again."""
    page = chromium.new_page()
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    page.goto(server + "/?steps=1000")
    wait_plotted(page)
    for seed in (1, 2):
        received.clear()
        page.get_by_label("seed").fill(str(seed))
        page.get_by_label("seed").press("Enter")
        wait_for(page, f"d.run === '1000-{seed}'")
        frames(page, 30)
    numbers = 1001 * 8 * (2 + 1 + 1) * 4 + 251 * 8 * 4
    print(f"\nbytes of an update: {sum(received)}, of which numbers {numbers}")
    assert numbers < sum(received) < 150_000
    received.clear()
    page.get_by_text("one", exact=True).click()  # a panel less: the rows are there already
    wait_for(page, "!gd(1)")
    frames(page, 30)
    assert sum(received) < numbers
    page.close()


def test_bytes_of_a_stream(chromium: Any, server: str) -> None:
    """Only new rows are sent: the sum is the rows once, and a little for each tick."""
    page = chromium.new_page()
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    page.goto(server + "/?steps=1")
    wait_plotted(page)
    received.clear()
    page.get_by_role("link", name="Training").click()
    wait_for(page, "d.run === 'training 0' && d.step === 100")
    numbers = 51 * 60 * 60 + 101 * 4 + 101 * 21 * 4
    print(f"\nbytes of a stream: {sum(received)}, of which numbers {numbers}")
    assert numbers < sum(received) < 6 * numbers
    page.close()


def test_three_dimensions(open_page: OpenPage, app: ModuleType) -> None:
    page = open_page("/?steps=60&views=with+3-D", reduced_motion="reduce")  # playing in 3-D takes a slow machine long
    wait_plotted(page)
    page.get_by_role("tab", name="3-D").click()
    wait_for(page, "gd(1)._fullLayout?.scene?._scene")
    press(page, "End")
    step_becomes(page, 60)
    wait_for(page, "gd(1).data[1].z.length === 61")
    np.testing.assert_array_equal(np.float32(trace(page, 1, 3)["z"]), app.race(60, 0)["loss"][:, 2].astype("f4"))
    move = "{eye: {x: 0.3, y: 2, z: 0.4}}"
    page.evaluate(f"Plotly.relayout(document.querySelectorAll('.optviz-plot')[1], {{'scene.camera': {move}}})")
    page.get_by_label("seed").fill("1")
    page.get_by_label("seed").press("Enter")
    wait_for(page, "d.run === '60-1'")
    assert page.evaluate("document.querySelectorAll('.optviz-plot')[1]._fullLayout.scene.camera.eye.y") == 2
    page.get_by_role("link", name="Training").click()
    wait_for(page, "d.run.startsWith('training')")
    page.get_by_role("link", name="Race").click()
    page.get_by_text("with 3-D").click()
    wait_for(page, "gd(1)._fullLayout?.scene?.camera.eye.y === 2")  # the open tab and the camera are kept


def test_without_webgl_a_sentence(open_page: OpenPage) -> None:
    page = open_page("/")
    page.add_init_script(
        """const own = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
          return kind.includes('webgl') ? null : own.call(this, kind, ...more);
        };"""
    )
    page.goto(page.url.split("?")[0] + "?steps=30&views=with+3-D")
    wait_plotted(page)
    page.get_by_role("tab", name="3-D").click()
    page.get_by_text("This browser cannot draw in 3-D").wait_for()
    page.get_by_role("tab", name="Paths").click()
    step_becomes(page, 30)


def test_no_sideways_scroll_and_a_bar_that_stays(open_page: OpenPage) -> None:
    page = open_page("/?steps=200")
    wait_plotted(page)
    buttons = "[...document.querySelectorAll('.optviz-bar button')].filter(button => button.checkVisibility())"
    bar = page.locator(".optviz-bar")
    for width in (1400, 700, 390, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wait_for(page, f"root.classList.contains('optviz-narrow') === {str(width <= 700).lower()}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert np.min(page.evaluate(f"{buttons}.map(b => [b.offsetWidth, b.offsetHeight])")) >= 44
        assert page.locator(ROOT).evaluate("root => root.scrollWidth <= root.clientWidth")
        press(page, "Home")
        step_becomes(page, 0)
        before = bar.bounding_box()
        press(page, "End")
        step_becomes(page, 200)
        after = bar.bounding_box()
        assert before and after
        assert (before["width"], before["height"]) == (after["width"], after["height"])


def test_screen_readers_find_names_and_the_result(open_page: OpenPage) -> None:
    page = open_page("/?steps=20")
    wait_plotted(page)
    root = page.locator(ROOT)
    summary, keys = (root.get_attribute("aria-describedby") or "").split()
    assert page.locator(f"#{summary}").text_content() == "Run 7 is the fastest."
    assert "space" in (page.locator(f"#{keys}").text_content() or "")
    for name in ("Pause", "One step back", "One step forward", "To the start", "Loop"):
        assert page.get_by_role("button", name=name, exact=True).count() == 1
    assert page.get_by_role("img", name="Paths").count() == 1
    for picture in page.locator("[role=img]").all():  # each says what comes out, and not only what it is called
        assert picture.get_attribute("aria-describedby") == summary
    assert page.locator(".optviz-count").get_attribute("aria-live") == "off"
    press(page, "End")
    step_becomes(page, 20)
    assert page.locator(".optviz-count").get_attribute("aria-live") == "polite"
