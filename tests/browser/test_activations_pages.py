"""The pages about activations as a visitor uses them, in a real Chromium: drag, choose, type, scrub."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz.lessons import vanishing
from optviz.lessons.activations import Softmax, Stability, say_stability
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.dead_relu import Setup, record
from tests.browser.screen import choose, eventually, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
SIZES = [(1400, 900), (390, 844)]


def row(page: "Page", y: str) -> Any:
    """Read the x and y of the trace that follows `y`, once it has numbers."""
    script = """name => {
      const t = [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data ?? [])
        .find(t => [t.meta?.follows?.y].flat().join() === name);
      return t?.y?.length && t.y[0] !== null ? JSON.stringify([Array.from(t.x), Array.from(t.y)]) : '';
    }"""
    return np.array(json.loads(page.wait_for_function(script, arg=y).json_value()), dtype=float)


def area(page: "Page", panel: int = 0) -> dict[str, float]:
    box = page.locator(".js-plotly-plot .nsewdrag").nth(panel).bounding_box()
    assert box
    return {**box}


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_dragging_over_the_curves_moves_the_probe_and_its_tangent(open_page: OpenPage, width: int, height: int):
    page = open_page("/activations", width, height)
    before = run_after(page)
    assert row(page, "value_probe,2")[1] == pytest.approx(0.1192029, rel=1e-5)
    box = area(page)
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_function("Math.abs(Number(new URLSearchParams(location.search).get('z')) - 3) < 0.1")
    run_after(page, before)
    z = float(parse_qs(urlsplit(page.url).query)["z"][0])
    page.wait_for_function(
        """z => [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => t.meta?.follows?.x === 'probe' && Math.abs(t.x[0] - z) < 1e-4)""",
        arg=z,
    )
    for i, name in enumerate(("relu", "leaky_relu", "sigmoid", "tanh")):
        activation, at = ACTIVATIONS[name](), np.array([z])
        assert row(page, f"value_probe,{i}")[1] == pytest.approx(activation.value(at), rel=1e-4)
        assert row(page, f"slope_probe,{i}")[1] == pytest.approx(activation.slope(at), rel=1e-3, abs=1e-6)
        x, y = row(page, f"tangent{i}")
        assert np.diff(y) / np.diff(x) == pytest.approx(activation.slope(at), rel=1e-3, abs=1e-4)
        x, y = row(page, f"value{i}")
        np.testing.assert_allclose(y, activation.value(x), atol=1e-6)


def test_activations_are_chosen_and_their_parameters_move_the_curve(open_page: OpenPage):
    page = open_page("/activations?show=relu")
    before = run_after(page)
    choose(page.get_by_test_id("stMultiSelect").locator("input"), "ELU")
    before = run_after(page, before)
    page.get_by_label("alpha", exact=False).last.fill("2")
    page.get_by_label("alpha", exact=False).last.press("Enter")
    page.wait_for_function("location.search.includes('elu.alpha=2')")
    run_after(page, before)
    x, y = row(page, "value1")
    np.testing.assert_allclose(y, ACTIVATIONS["elu"](alpha=2.0).value(x), atol=1e-6)


def test_a_bar_of_the_softmax_is_pulled_and_a_shift_changes_nothing(open_page: OpenPage):
    page = open_page("/activations?part=softmax")
    before = run_after(page)
    probabilities = [0.26538792, 0.7213992, 0.01321289]
    eventually(page, lambda: np.testing.assert_allclose(row(page, "probabilities")[1], probabilities, rtol=1e-6))
    box = area(page)
    page.mouse.click(box["x"] + 0.82 * box["width"], box["y"] + 0.1 * box["height"])
    page.wait_for_function("location.search.includes('logits=')")
    before = run_after(page, before)
    logits = tuple(float(z) for z in parse_qs(urlsplit(page.url).query)["logits"][0].split(","))
    assert logits[:2] == (4, 5) and logits[2] > 5
    page.get_by_label("Added to every logit: c, exact value").fill("1000")
    page.get_by_label("Added to every logit: c, exact value").press("Enter")
    run_after(page, before)
    page.get_by_text("the library subtracts the largest logit first").first.wait_for()
    np.testing.assert_allclose(row(page, "probabilities")[1], Softmax(logits, 0.0).probabilities, rtol=1e-6)


def test_inputs_of_tanh_are_typed_and_a_bad_one_keeps_the_page(open_page: OpenPage):
    page = open_page("/activations?part=stability")
    before = run_after(page)
    field = page.get_by_label("z", exact=True)
    field.fill("1e-5, 500")
    field.press("Enter")
    before = run_after(page, before)
    page.get_by_text("1 of 2 have no value").first.wait_for()
    page.get_by_text("float64").click()
    run_after(page, before)
    said = say_stability(Stability((1e-5, 500.0), "float64"))
    page.get_by_text(said).first.wait_for()
    field.fill("1e-5, x")
    field.press("Enter")
    page.get_by_text("“x” is not a number").wait_for()
    page.get_by_text(said).first.wait_for()


def test_advice_leads_to_the_page_that_shows_it(open_page: OpenPage):
    page = open_page("/activations?part=advice")
    link = page.get_by_role("link", name="See it").nth(1)
    link.wait_for()
    page.goto(str(link.evaluate("a => a.href")))
    page.get_by_text("17 of the 24 units are dead").first.wait_for()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_bars_are_the_gradients_of_the_deep_net(open_page: OpenPage, width: int, height: int):
    page = open_page("/vanishing", width, height)
    before = run_after(page)
    slider = page.get_by_role("slider", name="Hidden layers")
    slider.press("ArrowRight")
    page.wait_for_function("location.search.includes('depth=11')")
    run_after(page, before)
    nets = ("relu.he", "leaky_relu.he", "sigmoid.xavier", "tanh.xavier")
    expected = vanishing.all_norms(vanishing.Settings(nets=nets, depth=11, width=32, seed=0, probe=1.0))
    for i, norms in enumerate(expected):
        eventually(page, lambda i=i, n=norms: np.testing.assert_allclose(row(page, f"norms{i}")[1], n, rtol=1e-5))


def test_the_share_of_dead_units_follows_the_playhead(open_page: OpenPage):
    page = open_page("/dead_relu?units=24")
    run_after(page)
    player = page.locator("[data-testid=optviz-player]")
    player.focus()
    found = record(Setup())
    for key, epoch in (("Home", 0), ("ArrowRight", 1), ("End", 40)):
        page.keyboard.press(key)
        page.wait_for_selector(f"[data-testid=optviz-player][data-step='{epoch}']")
        page.wait_for_function(
            """rows => [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data).some(t =>
                 t.meta?.follows?.mode === 'grow' && t.meta.follows.y.join() === 'dead,0' && t.y.length === rows)""",
            arg=epoch + 1,
        )
        np.testing.assert_allclose(row(page, "dead,0")[1], found.dead[: epoch + 1], atol=1e-6)
    page.get_by_role("tab", name="Leaky ReLU").click()
    page.get_by_role("tab", name="Inputs z").click()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => t.meta?.follows?.y === 'dead_z' && Array.from(t.y).filter(Number.isFinite).length === 34)"""
    )
