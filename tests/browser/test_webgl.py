"""A browser takes the WebGL context of a picture away, as phones do with tabs that slept: it is drawn again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.browser.screen import PLAYER, eventually, opened

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
    eye = page.evaluate(EYE)
    for _time in range(2):  # it may be taken more than once
        page.evaluate(LOSE)
        page.wait_for_function(ALIVE)
        page.wait_for_function(f"({ROWS})() === 21")
        assert abs(page.evaluate(EYE) - eye) < 1e-6
    page.keyboard.press("Home")
    page.wait_for_selector(f"{PLAYER}[data-step='0']")
    page.wait_for_function(f"({ROWS})() === 1")
