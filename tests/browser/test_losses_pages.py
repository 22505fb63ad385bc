"""The losses' pages as a visitor uses them, in a real Chromium."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz.lessons import losses, yoghurt
from tests.browser.screen import eventually, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def drag(page: "Page", begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one point of the first plot to another, in its own coordinates."""
    place = """([x, y]) => {
      const gd = document.querySelector('.optviz-plot'), {xaxis, yaxis} = gd._fullLayout;
      const box = gd.getBoundingClientRect();
      return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
    }"""
    page.mouse.move(*page.evaluate(place, list(begin)))
    page.mouse.down()
    page.mouse.move(*page.evaluate(place, list(end)), steps=6)
    page.mouse.up()


TRACE = """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data ?? [])
    .find(t => t.meta?.follows?.y === name).y"""


def row(page: "Page", name: str) -> list[float]:
    """Read the trace that follows an array."""
    return page.evaluate(f"name => Array.from({TRACE})", name)


def becomes(page: "Page", name: str, values: list[float]) -> None:
    """Wait until the trace that follows an array has these values, to 0.011."""
    page.wait_for_function(
        f"([name, values]) => values.every((value, i) => Math.abs(({TRACE})[i] - value) < 0.011)", arg=[name, values]
    )


def example(page: "Page", title: str) -> None:
    """Tap an example."""
    page.get_by_text(title, exact=True).click()


def query(page: "Page", name: str) -> str:
    """Wait for a parameter in the address and return it."""
    page.wait_for_function("name => new URLSearchParams(location.search).has(name)", arg=name)
    return parse_qs(urlsplit(page.url).query)[name][0]


def test_predictions_are_dragged_typed_and_come_back_by_link(open_page: OpenPage) -> None:
    page = opened(open_page, "/losses")
    page.get_by_text("MSE = 0.145").first.wait_for()
    x = losses.Settings(true=(0.5, 0.8), pred=(1.0, 1.0), delta=1.0, top=2.0).positions
    drag(page, (float(x[1]), 1.0), (float(x[1]), 1.8))
    page.get_by_text("MSE = 0.625").first.wait_for()  # (0.5^2 + 1^2) / 2
    becomes(page, "pred", [1.0, 1.8])
    assert query(page, "pred") == "1, 1.8"
    page.get_by_label("Predictions", exact=True).fill("0.5, 0.8")
    page.get_by_label("Predictions", exact=True).press("Enter")
    page.get_by_text("Every prediction equals its target.").first.wait_for()
    example(page, "One outlier")
    page.get_by_text("Point 6 alone accounts for 99% of the MSE").first.wait_for()
    again = opened(open_page, urlsplit(page.url).path + "?" + urlsplit(page.url).query)
    again.get_by_text("Point 6 alone accounts for 99% of the MSE").first.wait_for()
    becomes(again, "true", [1, 1.2, 0.9, 1.1, 1, 4.5])


def test_squares_that_overlap_cut_no_hole_in_each_other(open_page: OpenPage) -> None:
    # The first square turns one way, the second the other: they overlap from 1.45 to 1.75 across, 0.6 to 1.2 up.
    page = opened(open_page, "/losses?true=0.2,0.6&pred=1.2,1.4")
    becomes(page, "pred", [1.2, 1.4])
    alpha = """([x, y]) => {
      const plot = document.querySelector('.optviz-plot'), {xaxis, yaxis} = plot._fullLayout;
      return Math.max(...Array.from(plot.closest('.optviz-panel').querySelectorAll('canvas'), canvas => {
        const ratio = canvas.width / canvas.clientWidth;
        const at = [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)].map(place => ratio * place);
        return canvas.getContext('2d')?.getImageData(...at, 1, 1).data[3] ?? 0;
      }));
    }"""
    eventually(page, lambda: page.evaluate(alpha, [1.0, 0.3]) or pytest.fail("not drawn yet"))
    both, one, none = (page.evaluate(alpha, place) for place in ([1.6, 0.9], [1.0, 0.45], [0.3, 1.7]))
    assert both > one > none == 0


def test_the_probe_of_the_curves_is_dragged(open_page: OpenPage) -> None:
    page = opened(open_page, "/loss_curves")
    page.get_by_text("At an error of 2 the pull (the derivative) is 4").first.wait_for()
    drag(page, (2.0, 3.0), (-0.5, 3.0))
    page.get_by_text("is within").first.wait_for()
    page.wait_for_function("Math.abs(new URLSearchParams(location.search).get('e') - -0.5) < 0.03")
    page.get_by_text("Classification", exact=True).click()
    page.get_by_text("An example of class 1").first.wait_for()
    becomes(page, "focal_value", [8.0])


def test_a_bar_of_the_probabilities_is_dragged_and_the_other_gives_way(open_page: OpenPage) -> None:
    page = opened(open_page, "/cross_entropy")
    page.get_by_text("B is nearer to the target (1, 0).").first.wait_for()
    drag(page, (0.8, 0.6), (0.8, 0.95))
    page.get_by_text("A is nearer to the target (1, 0).").first.wait_for()
    becomes(page, "row0", [0.95, 0.05])
    assert sum(row(page, "row0")) == pytest.approx(1)
    assert query(page, "p").endswith("; 0.8, 0.2")
    example(page, "A probability of 0")
    page.get_by_text("so −ln 0 = ∞ becomes 16.1181.").wait_for()


def test_at_large_logits_only_the_fused_loss_is_left(open_page: OpenPage) -> None:
    page = opened(open_page, "/softmax_loss")
    page.get_by_text("All three ways agree.").first.wait_for()
    assert row(page, "loss2")[3] == pytest.approx(2.58349207, rel=1e-6)
    example(page, "Logits of 1000: the definition breaks")
    page.get_by_text("Row 2: e to the 1000 is infinite in float32").first.wait_for()
    becomes(page, "loss2", [0, 2000])
    cells = page.locator(".optviz-table tbody tr").nth(1).locator("td").all_inner_texts()
    assert cells[-3:] == ["∞", "16.1181", "2000"]
    page.get_by_role("tab", name="Loss by lead").click()
    page.wait_for_function("[...document.querySelectorAll('.optviz-plot')][3]._fullLayout?.xaxis?.range[1] === 2000")


def test_the_weights_of_the_yoghurt_seller_run_to_their_ends_from_where_one_clicks(open_page: OpenPage) -> None:
    page = opened(open_page, "/yoghurt?epochs=300")
    before = page.locator("[data-testid=optviz-player]").get_attribute("data-run")
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.wait_for_selector(f"[data-testid=optviz-player]:not([data-run='{before}'])")
    start = float(query(page, "w1")), float(query(page, "w2"))
    page.locator("[data-testid=optviz-player]").focus()
    page.keyboard.press("End")
    page.wait_for_selector("[data-testid=optviz-player][data-step='300']")
    expected = yoghurt.path_of(yoghurt.Settings(epochs=300, start=start)).w[-1]
    page.wait_for_function("document.querySelector('.js-plotly-plot').data.at(-1).x?.length === 1")
    heads = page.evaluate(
        """[...document.querySelector('.js-plotly-plot').data].filter(t => t.meta?.follows?.mode === 'at')
             .slice(1).map(t => [t.x[0], t.y[0]])"""
    )
    np.testing.assert_allclose(heads, expected, rtol=1e-5)
    over = np.array(row(page, "over1"))
    assert over.shape == (32,) and over.mean() > 0
