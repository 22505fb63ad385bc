"""The lessons on the learning rate as a visitor uses them, in a real Chromium."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.lessons import descent, schedules
from optviz.lessons.schedules import Scheduled
from optviz.recipes import Choice
from tests.browser.screen import PLAYER, at_the_end, choose, query, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
DESCENT = descent.Settings(
    curve="shifted", formula="", rates=(0.2,), schedule=Choice("constant"), warmup=0, start=5.0, steps=40, single=False
)
STAIRS = (Scheduled("exponential_decay"), Scheduled("exponential_decay", values=(("staircase", True),)))
SCHEDULES = schedules.Settings(
    plans=STAIRS, learning_rate=0.5, warmup=0, steps=400, optimizer="sgd", curve="kink", surface="bowl", sigma=0.0
)


def drawn(page: "Page") -> dict[str, Any]:
    """Read what the open plots hold: how a trace follows what in x and y, with its points."""
    text = page.evaluate(
        """JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.meta?.follows)
             .map(t => [t.meta.follows, [...t.x], [...t.y]])
             .map(([f, x, y]) => [[f.mode, f.x, f.y].map(part => [part].flat().join()).join(' '), x, y]))"""
    )
    return {name: np.array([x, y], dtype=float) for name, x, y in json.loads(text)}


def click(page: "Page", x: float, y: float) -> tuple[float, float]:
    """Click on the first plot, at shares of its width and height; return the data coordinates there."""
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + x * area["width"], area["y"] + y * area["height"])
    low, high = page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range")
    return low + x * (high - low), y


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_1_1_a_descent_draws_the_numbers_of_the_backend_and_starts_where_it_is_clicked(
    open_page: OpenPage, width: int, height: int
):
    page = open_page("/descent", width, height)
    run = run_after(page)
    at_the_end(page, 40)
    arrays = descent.arrays_of(DESCENT, False)
    traces = drawn(page)
    np.testing.assert_allclose(
        traces["grow w,0 loss,0"], [arrays["w"][:, 0], arrays["loss"][:, 0]], rtol=1e-5, atol=1e-6
    )
    page.get_by_text("Learning rate 0.2 is good").first.wait_for()
    page.get_by_text("2.600000").first.wait_for()
    x, _y = click(page, 0.2, 0.5)
    run_after(page, run)
    page.wait_for_function("location.search.includes('start=')")
    start = float(query(page)["start"][0])
    assert start == pytest.approx(x, abs=0.1)
    at_the_end(page, 40)
    assert drawn(page)["grow w,0 loss,0"][0, 0] == pytest.approx(start)


def test_a_tangent_stands_at_the_iterate_of_the_playhead(open_page: OpenPage):
    page = open_page("/descent")
    run_after(page)
    at_the_end(page, 40)
    page.keyboard.press("Home")
    page.wait_for_selector(f"{PLAYER}[data-step='0']")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f"{PLAYER}[data-step='1']")
    page.wait_for_function(
        """() => Math.abs([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .find(t => t.meta?.follows?.y === 'tangent0y').x.at(-3) - 2.6) < 1e-5"""
    )
    traces = drawn(page)
    assert traces["at drop0x drop0y"][1, 1] == pytest.approx(descent.descent_of(DESCENT).path.loss[2, 0])
    assert traces["at w,0 loss,0"][:, 0] == pytest.approx([2.6, 12.96])


def test_1_2_an_example_compares_three_learning_rates_and_a_table_of_each(open_page: OpenPage):
    page = open_page("/descent")
    run = run_after(page)
    page.get_by_text("θ² with 0.1, 0.9 and 1.04", exact=True).click()
    run_after(page, run)
    page.get_by_text("lr 0.1: good; lr 0.9: oscillates, then settles; lr 1.04: diverges.").first.wait_for()
    at_the_end(page, 20)
    settings = replace(DESCENT, curve="square", rates=(0.1, 0.9, 1.04), start=1.0, steps=20)
    traces, arrays = drawn(page), descent.arrays_of(settings, False)
    for i in range(3):
        np.testing.assert_allclose(traces[f"grow w,{i} loss,{i}"][1], arrays["loss"][:, i], rtol=1e-5, atol=1e-6)
    page.locator("[data-testid=stButtonGroup]").get_by_text("lr 1.04", exact=True).click()
    page.get_by_text("-1.080000").first.wait_for()
    assert query(page)["table"] == ["1.04"]


def test_a_formula_is_typed_and_a_bad_one_leaves_the_last(open_page: OpenPage):
    page = open_page("/descent?curve=formula")
    run = run_after(page)
    field = page.get_by_label("Formula in w", exact=True)
    field.fill("w^2/4")
    field.press("Enter")
    run = run_after(page, run)
    field.fill("__import__('os')")
    field.press("Enter")
    page.get_by_text("This is not a formula").first.wait_for()
    assert run_after(page) == run


def test_1_4_schedules_are_drawn_stepped_through_and_looked_at(open_page: OpenPage):
    page = open_page("/schedules")
    run_after(page)
    at_the_end(page, 400)
    traces, rates = drawn(page), schedules.rates_of(SCHEDULES)
    for i in range(2):
        np.testing.assert_allclose(traces[f"at steps whole{i}"][1], rates[:, i], rtol=1e-5)
        np.testing.assert_allclose(traces[f"grow step rate,{i}"][1], rates[:, i], rtol=1e-5)
    raced = schedules.race_of(SCHEDULES).path.w
    np.testing.assert_allclose(traces["grow w,2 w,3"], raced[:, 1].T, rtol=1e-4, atol=1e-5)
    low, high = page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.yaxis.range")
    assert -0.1 < low <= 0 and 0.5 <= high < 0.6
    x, _y = click(page, 0.5, 0.5)
    page.wait_for_function("location.search.includes('at=')")
    at = int(query(page)["at"][0])
    assert at == pytest.approx(x, abs=3)
    page.get_by_text(f"{rates[at, 0]:.6f}").first.wait_for()
    page.wait_for_selector(f"{PLAYER}[data-step='{at}'][data-playing=false]")


def test_a_schedule_is_added_in_the_list_and_stands_in_the_link(open_page: OpenPage):
    page = open_page("/schedules?s=constant&steps=100")
    run = run_after(page)
    choose(page.locator("[data-testid=stSidebar]").get_by_label("Add a schedule", exact=True), "Cosine decay")
    run_after(page, run)
    page.wait_for_function("location.search.includes('s=cosine')")
    assert query(page)["s"] == ["constant", "cosine"]
    at_the_end(page, 100)
    assert "grow step rate,1" in drawn(page)
