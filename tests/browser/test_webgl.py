"""A browser takes the WebGL context of a picture away, as phones do with tabs that slept: it is drawn again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import PLAYER, eventually, frames, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCENE = """() => {
  const plot = [...document.querySelectorAll('.optviz-plot')].find(each => each._fullLayout?.scene);
  return plot && { plot, scene: plot._fullLayout.scene, canvas: plot.querySelector('.gl-container canvas') };
}"""
LOSE = f"""() => {{
  const {{ canvas }} = ({SCENE})();
  canvas.dataset.old = '1';
  (canvas.getContext('webgl') ?? canvas.getContext('webgl2')).getExtension('WEBGL_lose_context').loseContext();
}}"""
ALIVE = f"""() => {{
  const found = ({SCENE})();
  if (!found?.canvas || found.canvas.dataset.old) return false;
  const gl = found.canvas.getContext('webgl') ?? found.canvas.getContext('webgl2');
  const trace = found.plot.data.find(each => each.type === 'scatter3d' && each.x?.length);
  return !gl.isContextLost() && Boolean(trace);
}}"""
EYE = f"() => ({SCENE})().scene._scene.getCamera().eye.x"
MIDDLE = f"""() => {{
  const {{ left, top, width, height }} = ({SCENE})().canvas.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}}"""
ROWS = f"() => ({SCENE})().plot.data.find(each => each.type === 'scatter3d' && each.meta?.follows).x.length"


def turn(page: "Page", home: float) -> None:
    """Drag the scene, until it is seen from elsewhere."""
    x, y = page.evaluate(MIDDLE)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 100, y - 50, steps=10)
    page.mouse.up()
    assert abs(page.evaluate(EYE) - home) > 0.1


def at_rest(page: "Page", expression: str) -> float:
    """Read a number as soon as it stands still: a view that was turned goes on for a moment."""
    found = [page.evaluate(expression)]

    def check() -> None:
        frames(page, 10)
        found.append(page.evaluate(expression))
        assert found[-1] == found[-2]

    eventually(page, check)
    return float(found[-1])


def test_a_lost_context_is_drawn_again_at_the_same_step_and_from_the_same_side(
    open_page: Callable[..., "Page"],
) -> None:
    page = opened(open_page, "/?surface=bowl&run=sgd&steps=20")
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="In 3-D").click()
    page.wait_for_function(ALIVE)
    page.locator(PLAYER).first.focus()
    page.keyboard.press("End")
    page.wait_for_selector(f"{PLAYER}[data-step='20']")
    page.wait_for_function(f"({ROWS})() === 21")
    home = page.evaluate(EYE)
    eventually(page, lambda: turn(page, home))
    eye = at_rest(page, EYE)
    for _time in range(2):  # it may be taken more than once
        page.evaluate(LOSE)
        page.wait_for_function(ALIVE)
        page.wait_for_function(f"({ROWS})() === 21")
        assert abs(page.evaluate(EYE) - eye) < 1e-6
    page.keyboard.press("Home")
    page.wait_for_selector(f"{PLAYER}[data-step='0']")
    page.wait_for_function(f"({ROWS})() === 1")


PAINTED = f"""() => {{
  const {{ plot, scene }} = ({SCENE})();
  const {{ glplot, container, dataScale }} = scene._scene;
  const ball = plot.data.find(each => each.meta?.ball);
  const surface = plot._fullData.find(each => each.type === 'surface');
  const column = surface.x.findIndex(x => x >= ball.x[0]), row = surface.y.findIndex(y => y >= ball.y[0]);
  let v = [ball.x[0] * dataScale[0], ball.y[0] * dataScale[1], surface.z[row][column] * dataScale[2], 1];
  for (const name of ['model', 'view', 'projection']) {{
    const m = glplot.cameraParams[name];
    v = [0, 1, 2, 3].map(i => m[i] * v[0] + m[i + 4] * v[1] + m[i + 8] * v[2] + m[i + 12] * v[3]);
  }}
  const wanted = [
    container.offsetLeft + container.clientWidth * (0.5 + v[0] / v[3] / 2),
    container.offsetTop + container.clientHeight * (0.5 - v[1] / v[3] / 2),
  ];
  const canvas = plot.querySelector('canvas.optviz-heads');
  const ratio = canvas.width / canvas.clientWidth;
  const {{ data, width }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const around = ([x, y], r) => {{
    let found = 0;
    for (let j = -r; j <= r; j++) for (let i = -r; i <= r; i++)
      found += data[4 * ((Math.round(y * ratio) + j) * width + Math.round(x * ratio) + i) + 3] > 200;
    return found / (2 * r + 1) ** 2;
  }};
  const {{ center }} = scene._scene.getCamera();
  const beside = around([wanted[0], wanted[1] + 60], 3);
  return {{ at: around(wanted, 3), beside, center: Object.values(center) }};
}}"""


def test_a_ball_is_painted_where_the_scene_has_it_and_the_camera_can_follow_it(
    open_page: Callable[..., "Page"],
) -> None:
    page = opened(open_page, "/?surface=bowl&run=sgd,lr=0.2&steps=20")
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="In 3-D").click()
    page.wait_for_function(ALIVE)
    page.locator(PLAYER).first.focus()
    centers = []
    for key, step in (("Home", 0), ("End", 20)):
        page.keyboard.press(key)
        page.wait_for_selector(f"{PLAYER}[data-step='{step}']")

        def is_painted(key: str = key) -> None:
            seen = page.evaluate(PAINTED)
            assert seen["at"] > 0.9 and seen["beside"] < 0.1, (key, seen)

        eventually(page, is_painted)
        centers.append(page.evaluate(PAINTED)["center"])
    assert centers[0] == centers[1]  # the scene itself stands still
    page.get_by_label("Camera").select_option(label="Follow SGD lr 0.2")

    def follows() -> None:
        seen = page.evaluate(PAINTED)
        assert seen["at"] > 0.9 and seen["center"] != centers[0]

    eventually(page, follows)
    followed = page.evaluate(PAINTED)
    assert abs(followed["center"][1]) < 0.02  # the valley's floor is in the middle of the box
    page.locator(PLAYER).first.focus()
    page.keyboard.press("Home")

    def moves() -> None:
        assert page.evaluate(PAINTED)["center"] != followed["center"]

    eventually(page, moves)
    page.get_by_label("Camera").select_option(label="Fixed camera")

    def stands() -> None:
        assert page.evaluate(PAINTED)["center"] == pytest.approx(centers[0], abs=1e-3)

    eventually(page, stands)
