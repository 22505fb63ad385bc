"""The networks' lessons as a visitor uses them, in a real Chromium."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.lessons import backpropagation, initialization, network
from optviz.lessons.tables import digits
from optviz.networks.initialization import Depth
from optviz.recipes import Choice
from tests.browser.screen import at_the_end, choose, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
NEURON = "1/(1+exp(-(w0*x0 + w1*x1 + w2)))"
COURSE = (("w0", 2.0), ("x0", -1.0), ("w1", -3.0), ("x1", -2.0), ("w2", -3.0))


SHOWN = """rows => document.querySelector('.js-plotly-plot').data
  .some(t => t.meta?.follows?.y?.[0] === 'values' && t.x.length === rows)"""


def followed(page: "Page", array: str) -> dict[str, Any]:
    """Read the trace that grows with an array: its points and its texts."""
    text = page.evaluate(
        """array => JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.meta?.follows?.mode === 'grow' && [t.meta.follows.y].flat().join() === array)
             .map(t => ({x: Array.from(t.x), y: Array.from(t.y), text: t.text}))[0])""",
        array,
    )
    trace = json.loads(text)
    return {**trace, "x": np.array(trace["x"], dtype=float), "y": np.array(trace["y"], dtype=float)}


def written(page: "Page", array: str) -> list[str]:
    """Read the texts that stand in the picture now."""
    trace = followed(page, array)
    return [text for x, text in zip(trace["x"], trace["text"], strict=False) if np.isfinite(x)]


def ink(page: "Page", selector: str) -> int:
    """Count the painted pixels of a canvas."""
    return int(
        page.evaluate(
            """selector => { const c = document.querySelector(selector);
                 const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                 let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }""",
            selector,
        )
    )


def change(page: "Page", act: Callable[[], None]) -> None:
    """Do something, and wait for the run that it starts."""
    run = run_after(page)
    act()
    run_after(page, run)


def fill(page: "Page", label: str, value: str, *, exact: bool = False) -> None:
    page.get_by_label(label, exact=exact).fill(value)
    page.get_by_label(label, exact=exact).press("Enter")


def test_the_neuron_forward_and_backward(open_page: OpenPage) -> None:
    page = open_page("/backpropagation")
    at_the_end(page, 21)
    assert written(page, "values,1")[-3:] == ["0.37", "1.37", "0.73"]
    assert written(page, "gradients,1")[:4] == ["1.00", "−0.53", "−0.53", "−0.20"]
    full = ink(page, ".optviz-trail")
    page.keyboard.press("Home")
    page.wait_for_selector("[data-testid=optviz-player][data-step='0']")
    page.wait_for_function(SHOWN, arg=1)
    assert ink(page, ".optviz-trail") == 0 < full
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-testid=optviz-player][data-step='1']")
    page.wait_for_function(SHOWN, arg=2)
    assert written(page, "values,1") == ["−2.00"] and written(page, "gradients,1") == []

    # A tap on the node of exp writes its chain rule.
    places = backpropagation.arrays_of(NEURON, COURSE)["values"]
    x, y = next(places[k] for k, row in enumerate(backpropagation._story(NEURON, COURSE, "en")[1].values) if row == 10)
    at = page.evaluate(
        """([x, y]) => { const g = document.querySelector('.js-plotly-plot'), b = g.getBoundingClientRect();
             const {xaxis, yaxis} = g._fullLayout;
             return [b.left + xaxis._offset + xaxis.d2p(x), b.top + yaxis._offset + yaxis.d2p(y)]; }""",
        [float(x), float(y)],
    )
    page.mouse.click(*at)
    page.wait_for_function("location.search.includes('node=10')")
    page.wait_for_function("[...document.querySelectorAll('annotation')].some(a => a.textContent.includes('q_{6}'))")

    # An input, another formula, and one that is none.
    change(page, lambda: fill(page, "w0", "0", exact=True))
    page.get_by_text("Forward: f = 0.95.").first.wait_for()
    change(page, lambda: fill(page, "Formula in", "x*y + sin(x)"))
    page.get_by_text("x is used 2 times").first.wait_for()
    at_the_end(page, 8)
    assert written(page, "flow0,1") == ["−0.42", "−1.00"]
    fill(page, "Formula in", "__import__('os')")
    page.get_by_text("This is not a formula").wait_for()
    assert written(page, "flow0,1") == ["−0.42", "−1.00"]


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_a_net_lights_up_unit_by_unit(open_page: OpenPage, width: int, height: int) -> None:
    page = open_page("/network", width, height)
    at_the_end(page, 6)
    page.get_by_text("3-4-2 has 2 layers (inputs not counted), 26 parameters").first.wait_for()
    given = network.Settings(
        sizes=(3, 4, 2), x=(1.0, 1.0, 1.0), activation=Choice("tanh"), initialization="course", last=True, seed=0
    )
    outputs = network.forward_of(given).outputs
    assert written(page, "written,1") == [digits(v) for layer in outputs[1:] for v in layer]
    if width < 600:
        return
    change(page, lambda: fill(page, "Sizes", "3-6-4-6-5"))
    at_the_end(page, 21)
    page.get_by_text("117 parameters").first.wait_for()
    assert len(written(page, "written,1")) == 21
    change(page, lambda: fill(page, "Inputs x", "-1, 0, 1"))
    page.wait_for_function("location.search.includes('x=-1')")
    fill(page, "Sizes", "3, 1000000")
    page.get_by_text("Two layers of 10,000 units").wait_for()
    page.get_by_text("117 parameters").first.wait_for()


def test_the_signal_holds_fades_and_explodes(open_page: OpenPage) -> None:
    page = open_page("/initialization")
    at_the_end(page, 10)
    given = initialization.Settings(
        net=Depth(10, 100), activation=Choice("tanh"), initialization="xavier", deviation=0.05
    )
    np.testing.assert_allclose(
        followed(page, "deviation,1")["y"], initialization.spread_of(given).deviation[:, 1], rtol=1e-5
    )
    np.testing.assert_allclose(followed(page, "theory")["y"], initialization.theory_of(given, 1), rtol=1e-5)
    assert ink(page, ".optviz-heads") > 1000

    field = page.get_by_test_id("stSelectbox").filter(has_text="Activation").locator("input")
    change(page, lambda: choose(field, "ReLU"))
    page.get_by_text("With Xavier and ReLU the signal fades").first.wait_for()
    change(page, lambda: page.get_by_role("slider", name="Layers").press("ArrowLeft"))
    page.wait_for_function("location.search.includes('depth=9')")
    at_the_end(page, 9)
    change(page, lambda: fill(page, "Your own σ, exact value", "0.3"))
    at_the_end(page, 9)
    own = initialization.Settings(net=Depth(9, 100), activation=Choice("relu"), initialization="xavier", deviation=0.3)
    np.testing.assert_allclose(
        followed(page, "deviation,5")["y"], initialization.spread_of(own).deviation[:, 5], rtol=1e-5
    )
