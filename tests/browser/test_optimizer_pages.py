"""The lessons on optimizers and on practice as a visitor uses them, in a real Chromium."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.figures.family import places
from optviz.lessons import functions, momentum, practice, races
from optviz.lessons.build import Row, own
from optviz.lessons.family import SHOWS
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Sample
from optviz.models.functions import read_axis
from optviz.optimization.family import FAMILY
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from tests.browser.screen import at_the_end, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def drawn(page: "Page") -> dict[str, Any]:
    """Read what the open plots hold, by what it follows."""
    text = page.evaluate(
        """JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.meta?.follows).map(({ meta: { follows }, x, y }) =>
               [[follows.mode, follows.y].flat().join(), Array.from(x ?? []), Array.from(y ?? [])]))"""
    )
    return {name: [np.array(x, dtype=float), np.array(y, dtype=float)] for name, x, y in json.loads(text)}


def test_ones_own_optimizer_gets_its_name_and_races(open_page: OpenPage) -> None:
    page = open_page("/build?lang=en")
    page.get_by_text("This has no name. Closest: Adam").wait_for()
    first = run_after(page)
    for label in page.get_by_text("Bias correction", exact=True).all()[:2]:
        label.click()
    page.get_by_text("This is Adam with β₁ = 0.9, β₂ = 0.999.").first.wait_for()
    run_after(page, first)
    assert "m.corrected=1" in page.url and "v.corrected=1" in page.url
    at_the_end(page, 100)
    mine = own(Row(0.9, "average", 1.0, True), Row(0.999, "average", 1.0, True), 1e-8, False)
    settings = races.Settings(
        ground=Ground("bowl", "", 0.0, 0.0, 0.0, 0),
        runs=(mine, Run("adam"), Run("sgd")),
        learning_rate=0.3,
        schedule=Choice("constant"),
        warmup=0,
        start=(-5.0, -2.0),
        steps=100,
    )
    path = races.race_of(settings).path.w
    assert np.allclose(drawn(page)["grow,w,1"], path[:, 0].T, rtol=1e-5, atol=1e-5)
    assert np.allclose(drawn(page)["grow,w,3"], path[:, 0].T, rtol=1e-5, atol=1e-5), "it is Adam"
    before = run_after(page)
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + 0.75 * area["width"], area["y"] + 0.25 * area["height"])
    run_after(page, before)
    page.wait_for_function("location.search.includes('x1=')")


def test_momentum_is_drawn_as_the_sum_that_it_is(open_page: OpenPage) -> None:
    page = open_page("/momentum?lang=en")
    at_the_end(page, 40)
    given = momentum.Settings(
        sequence=Choice("constant", (("slope", 1.0),)), typed=(), decay=0.9, learning_rate=0.1, steps=40
    )
    result, traces = momentum.momentum_of(given), drawn(page)
    assert np.allclose(traces["at,shares"][1], result.shares[-1], atol=1e-6)
    assert traces["at,sums"][1][-1] == pytest.approx(1 - 0.9**40, rel=1e-5)
    assert np.allclose(traces["grow,steps,1"][1], result.steps[:, 1], atol=1e-6)
    assert np.allclose(traces["grow,places,3"][1], traces["grow,places,1"][1], rtol=1e-5, atol=1e-5)
    before = run_after(page)
    page.get_by_text("The zig-zag cancels").click()
    run_after(page, before)
    page.get_by_text("The signs cancel").first.wait_for()
    assert "gradients=alternating" in page.url


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_a_tap_on_the_tree_shows_that_member_and_its_race(open_page: OpenPage, width: int, height: int) -> None:
    page = open_page("/family?lang=en", width, height)
    before = run_after(page)
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert area
    boxes = page.evaluate(
        """[...document.querySelector('.js-plotly-plot').querySelectorAll('.textpoint text')].map(text => {
             const { x, y, width, height } = text.getBoundingClientRect(); return [x, y, width, height] })"""
    )
    assert len(boxes) == 2 * len(FAMILY), "names and years"
    for i, (x, y, wide, high) in enumerate(boxes):
        assert area["x"] <= x and x + wide <= area["x"] + area["width"]
        for u, v, broad, tall in boxes[:i]:
            assert max(x, u) >= min(x + wide, u + broad) or max(y, v) >= min(y + high, v + tall), "no words overlap"
    lane, row = places()["rmsprop"]
    x, y = page.evaluate(
        """([lane, row]) => { const { xaxis, yaxis } = document.querySelector('.js-plotly-plot')._fullLayout;
             return [xaxis.l2p(lane), yaxis.l2p(row)] }""",
        [lane, row],
    )
    page.mouse.click(area["x"] + x, area["y"] + y)
    run_after(page, before)
    page.get_by_text("RMSProp, 2012. It lets V forget").first.wait_for()
    assert "who=rmsprop" in page.url
    at_the_end(page, 50)
    path = races.race_of(SHOWS["rmsprop"].settings()).path.w
    assert np.allclose(drawn(page)["grow,w,3"], path[:, 1].T, rtol=1e-5, atol=1e-5)


def test_a_race_opens_in_the_same_tab_in_the_same_language_also_after_another_visit(open_page: OpenPage) -> None:
    page = open_page("/?lang=zh&surface=beale&steps=50")
    run_after(page)
    page.goto(page.url.split("/?")[0] + "/family?lang=zh&who=lion")
    run_after(page)
    tabs = len(page.context.pages)
    page.get_by_role("link", name="打开这场比赛").click()
    page.wait_for_url("**/?surface=bowl*")
    page.get_by_text("Lion").first.wait_for()
    assert len(page.context.pages) == tabs and "lang=zh" in page.url and "run=lion" in page.url
    at_the_end(page, 100)
    path = races.race_of(SHOWS["lion"].settings()).path.w
    assert np.allclose(drawn(page)["grow,w,3"], path[:, 1].T, rtol=1e-5, atol=1e-5)


def test_a_typed_grid_is_drawn_and_the_axes_fit_it(open_page: OpenPage) -> None:
    page = open_page("/functions?lang=en")
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    points = functions.grid_call(read_axis("1:3:1"), read_axis("2:4:0.5"))
    page.get_by_text(points.result.splitlines()[0]).first.wait_for()
    before = run_after(page)
    field = page.get_by_label("x", exact=True).first
    field.fill("0:5:1")
    field.press("Enter")
    run_after(page, before)
    page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x.length === 20")
    x, y = drawn(page)["at,y"]
    assert sorted(set(x)) == [0, 1, 2, 3, 4] and sorted(set(y)) == [2, 2.5, 3, 3.5]
    low, high = page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.yaxis.range")
    assert 1.8 < low < 2 and 3.5 < high < 3.7, "the numbers of x do not count on the axis of y"
    before = run_after(page)
    field.fill("0:5:0")
    field.press("Enter")
    page.get_by_text("A step of 0").wait_for()
    assert run_after(page) == before


def test_the_sweep_is_drawn_epoch_by_epoch_and_the_advice_leads_on(open_page: OpenPage) -> None:
    page = open_page("/practice?lang=en&epochs=8")
    at_the_end(page, 8)
    sweep = practice.sweep_of(
        practice.Settings(sample=Sample(), loss="mse", batch_size=32, epochs=8, seed=0, also="none"), "adam"
    )
    traces = drawn(page)
    assert np.allclose(traces["at,sweep0"][1], sweep.loss[-1], rtol=1e-4)
    assert np.allclose(traces["grow,best,0"][1], sweep.loss[:, sweep.best], rtol=1e-4)
    page.get_by_role("link", name="Open").nth(1).click()
    page.wait_for_url("**/build*")
    page.get_by_text("This has no name").first.wait_for()
