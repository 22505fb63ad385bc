"""The page of maps in a real Chromium: it gets finer, its run is dragged, its axes are changed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from tests.browser.screen import PLAYER, at_the_end, choose, eventually, opened, query, trace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
GRIP = """() => {
  const plot = document.querySelector('[data-cell~=map] .optviz-plot'), { xaxis, yaxis } = plot._fullLayout;
  const grip = plot.data.find(trace => trace.meta?.grip), { left, top } = plot.getBoundingClientRect();
  return [left + xaxis._offset + xaxis.d2p(grip.x[0]), top + yaxis._offset + yaxis.d2p(grip.y[0])];
}"""


def path(beta: float, learning_rate: float) -> np.ndarray:
    """Return the path that the page should show beside the map."""
    settings = Settings(
        ground=Ground("bowl", "", 0.0, 0.0, 0.0, 0),
        runs=(Run("momentum_classical", None, (("beta", beta),)),),
        learning_rate=learning_rate,
        schedule=Choice("constant"),
        warmup=0,
        start=(-5.0, -2.0),
        steps=50,
    )
    return races.race_of(settings).path.w[:, 0].T


def grown(page: "Page") -> np.ndarray:
    """Read the path of the run beside the map."""
    index = page.evaluate(
        """() => document.querySelector('[data-cell~=run] .optviz-plot').data
             .findIndex(trace => trace.meta?.follows?.mode === 'grow')"""
    )
    found = trace(page, "run", index)
    return np.array([found["x"], found["y"]])


def test_it_gets_finer_and_the_run_is_dragged_over_it_and_the_axes_are_changed(open_page: OpenPage) -> None:
    page = opened(open_page, "/map?steps=50")
    page.get_by_text("128 × 128 cells", exact=True).wait_for()
    at_the_end(page, 50)
    assert np.allclose(grown(page), path(0.9, 0.1), rtol=1e-4, atol=1e-4)
    before = page.locator(PLAYER).first.get_attribute("data-run")
    x, y = page.evaluate(GRIP)
    page.mouse.move(x + 2, y + 2)
    page.wait_for_selector(".optviz-grip")
    page.mouse.down()
    for i in range(1, 8):
        page.mouse.move(x + 5 * i, y + 8 * i)
    page.wait_for_function(f"before => document.querySelector('{PLAYER}').dataset.run !== before", arg=before)
    assert query(page) == {"steps": ["50"]}, "the address waits for the release"
    page.mouse.up()
    page.wait_for_function("location.search.includes('momentum_classical.beta=')")
    there = query(page)
    beta, rate = float(there["momentum_classical.beta"][0]), float(there["lr"][0])
    assert 0.1 < rate < 1.0 and 0.3 < beta < 0.9

    def shown() -> None:
        assert np.allclose(grown(page), path(beta, rate), rtol=1e-3, atol=1e-3)

    at_the_end(page, 50)
    eventually(page, shown)
    page.get_by_text(f"At lr {rate:g} and β {beta:g} the run").wait_for()
    choose(page.get_by_role("combobox", name="From bottom to top"), "x₂ of the start")
    page.get_by_text("x₂ -2 the run").wait_for()
    page.get_by_text("128 × 128 cells", exact=True).wait_for()
    assert query(page)["y"] == ["x2"]
    assert page.locator("[data-testid=stException]").count() == 0


def test_two_ends_that_are_one_get_a_word_and_a_map_that_takes_long_can_be_stopped(open_page: OpenPage) -> None:
    page = opened(open_page, "/map?steps=900&cells=256&surface=himmelblau&optimizer=adam")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Refine").click()
    page.get_by_role("button", name="Stop").wait_for()
    low = page.get_by_label("From", exact=True).first
    low.fill("10")
    low.press("Enter")
    page.get_by_text("The x axis is empty").wait_for()
    low.fill("0.01")
    low.press("Enter")
    page.wait_for_selector(".js-plotly-plot")
