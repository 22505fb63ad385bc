"""The lessons on regularization and regression as a visitor uses them, in a real Chromium."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest

from optviz.figures.panels import run_of
from optviz.lessons import fitting, penalties, regression
from optviz.lessons.penalties import Chosen
from optviz.lessons.regression import Settings
from optviz.models.fitting import DEGREES, Setting, fit
from optviz.recipes import Choice
from tests.browser.screen import PLAYER, at_the_end, eventually, frames, opened, query, trace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def click(page: "Page", cell: str, x: float, y: float) -> None:
    """Click on a point of the open plot of a cell, given in data coordinates."""
    place = page.evaluate(
        f"""() => {{
          const plot = document.querySelector('[data-cell~={cell}] .optviz-panel:not([hidden]) .optviz-plot');
          plot.scrollIntoView({{block: 'center'}});
          const {{xaxis, yaxis}} = plot._fullLayout, box = plot.getBoundingClientRect();
          return [box.left + xaxis._offset + xaxis.d2p({x}), box.top + yaxis._offset + yaxis.d2p({y})];
        }}"""
    )
    page.mouse.click(*place)


def to_the_end(page: "Page", run: str, steps: int) -> None:
    """Wait for a run, and jump to its last step."""
    page.wait_for_selector(f"{PLAYER}[data-run='{run}']")
    at_the_end(page, steps)


def regions(page: "Page") -> np.ndarray:
    """Read what the three pictures of the boundaries hold."""
    text = page.evaluate(
        """JSON.stringify([0, 1, 2].map(side => {
          const z = document.querySelector(`[data-cell~=regions${side}] .optviz-plot`).data[0].z;
          return Array.from(z, row => Array.from(row));
        }))"""
    )
    return np.array(json.loads(text), dtype=float)


def test_a_degree_is_clicked_and_the_picture_follows(open_page: OpenPage) -> None:
    page = opened(open_page, "/fitting")
    page.get_by_text("Degree 4 fits well").first.wait_for()
    widths = "Array.from(document.querySelectorAll('.optviz-cell'), cell => cell.getBoundingClientRect().width)"
    chosen, *others = page.evaluate(widths)
    assert chosen > 1.2 * max(others)
    page.get_by_role("tab", name="More features").click()
    found = [fit(replace(Setting(), degree=degree)) for degree in DEGREES]
    errors = [each.validation for each in found]
    eventually(page, lambda: np.testing.assert_allclose(trace(page, "degree", 1)["y"], errors, rtol=1e-5))
    click(page, "degree", 12.8, 0.1)
    page.wait_for_function("location.search.includes('degree=13')")
    page.get_by_text("Degree 13 overfits").first.wait_for()
    expected = fit(replace(Setting(), degree=13)).value(np.linspace(-1, 1, 201))
    eventually(page, lambda: np.testing.assert_allclose(trace(page, "fit1", 4)["y"], expected, rtol=1e-4, atol=1e-4))
    assert trace(page, "degree", 3)["x"] == pytest.approx([13])
    page.get_by_role("tab", name="More data").click()
    click(page, "points", 320, 0.1)
    page.wait_for_function("location.search.includes('points=320')")
    page.get_by_role("tab", name="Regularizer").click()
    click(page, "l2", 0.01, 0.1)
    page.wait_for_function("location.search.includes('l2=0.01')")
    page.get_by_text("Underfitting: degree 1", exact=True).click()
    page.get_by_text("Degree 1 underfits").first.wait_for()
    assert query(page) == {"degree": ["1"]}
    address = urlsplit(str(page.get_by_role("link", name="2-1-1 underfits").evaluate("link => link.href")))
    assert (address.path, address.query) == ("/classifier", "units=1")


def test_the_degree_and_the_strength_of_l2_are_dragged_along_their_scales(open_page: OpenPage) -> None:
    page = opened(open_page, "/fitting")
    for number, name, value, said in ((1, "degree", 11, "Degree 11 "), (2, "l2", 0.01, "scatter by ")):
        handle = fitting.HANDLES[number]
        x, y, to = page.evaluate(
            """([cell, place]) => {
              const plot = document.querySelector(`[data-cell~=${cell}] .optviz-panel:not([hidden]) .optviz-plot`);
              const { xaxis, yaxis } = plot._fullLayout, { left, top } = plot.getBoundingClientRect();
              const grip = plot.data.find(trace => trace.meta?.grip), across = x => left + xaxis._offset + xaxis.d2p(x);
              return [across(grip.x[0]), top + yaxis._offset + yaxis.d2p(grip.y[0]), across(place)];
            }""",
            [f"fit{number}", handle.place_of(value)],
        )
        page.mouse.move(x, y)
        page.mouse.down()
        for share in (0.3, 0.6, 0.8, 1.0):
            page.mouse.move(x + share * (to - x), y - 20 * share)
            frames(page, 3)
        page.get_by_text(said).first.wait_for()
        assert f"{name}=" not in page.url, "the address waits for the release"
        page.mouse.up()
        page.wait_for_function("said => location.search.includes(said)", arg=f"{name}={value}")
    expected = fit(Setting(degree=15, l2=0.01)).value(np.linspace(-1, 1, 201))
    eventually(page, lambda: np.testing.assert_allclose(trace(page, "fit2", 4)["y"], expected, rtol=1e-4, atol=1e-4))


def test_a_strength_is_clicked_and_the_boundary_follows(open_page: OpenPage) -> None:
    settings = penalties.Settings(epochs=50)
    sweep = penalties.sweep_of(settings)
    while not sweep.done:
        sweep.advance(60)
    last, n = sweep.frames[-1], len(penalties.STRENGTHS)
    page = opened(open_page, "/penalties?epochs=50")
    page.get_by_text("After 50 epochs, weights within").first.wait_for()
    to_the_end(page, run_of(settings, Chosen(0.03, 0.03)), 50)
    losses = last.validation_loss[1 : 1 + n]
    eventually(page, lambda: np.testing.assert_allclose(trace(page, "sweep", 1)["y"], losses, rtol=1e-5))
    click(page, "sweep", 0.1, 0.2)
    page.wait_for_function("location.search.includes('l1=0.1')")
    page.get_by_role("row", name="L1 0.1").wait_for()
    page.get_by_role("tab", name="L2").click()
    page.get_by_role("tab", name="L2", selected=True).wait_for()
    frames(page, 6)
    click(page, "sweep", 0.001, 0.2)
    page.wait_for_function("location.search.includes('l2=0.001')")
    chosen = Chosen(0.1, 0.001)
    to_the_end(page, run_of(settings, chosen), 50)
    responses = [sweep.classifier.regions(last.w[run], sweep.axis, sweep.axis) for run in sweep.runs(chosen)]
    expected = 100 * np.array(responses).clip(0, 1)
    eventually(page, lambda: np.testing.assert_allclose(regions(page), expected, atol=0.5 + 1e-6))
    page.get_by_role("slider", name="L2 strength").press("ArrowRight")
    page.wait_for_function("location.search.includes('l2=0.003')")
    page.get_by_role("tab", name="Zeros").click()
    to_the_end(page, run_of(settings, Chosen(0.1, 0.003)), 50)
    zeros = last.zeros[1 : 1 + n]
    eventually(page, lambda: np.testing.assert_array_equal(trace(page, "sweep", 0)["y"], zeros))
    # In a low window the two rows of pictures are turned like pages.
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("tab", name="No penalty · L1 · L2", selected=True).wait_for()
    seen = "[...document.querySelectorAll('.optviz-cell:has(.optviz-panel:not([hidden]))')].map(e => e.dataset.cell)"
    assert page.evaluate(seen) == ["regions0", "regions1", "regions2"]
    page.get_by_role("tab", name="No penalty · L1 · L2").press("ArrowRight")
    page.get_by_role("tab", name="Weights · Validation loss · Every λ of L1", selected=True).wait_for()
    assert page.evaluate(seen) == ["weights", "loss", "sweep"]
    page.get_by_role("tab", name="Zeros", selected=True).wait_for()
    page.set_viewport_size({"width": 1400, "height": 1080})
    page.get_by_role("tab", name="No penalty · L1 · L2").wait_for(state="detached")


def test_a_line_is_fitted_from_where_the_surface_is_clicked(open_page: OpenPage) -> None:
    page = opened(open_page, "/regression")
    click(page, "weights", 3.0, 5.0)
    page.wait_for_function("location.search.includes('start=')")
    start = tuple(float(text) for text in query(page)["start"][0].split(","))
    assert start == pytest.approx((3.0, 5.0), abs=0.15)
    settings = Settings(
        degree=1,
        truth=(1.0, 2.0),
        points=61,
        noise=1.0,
        seed=0,
        measure="mean",
        optimizer=Choice("sgd"),
        learning_rate=0.03,
        updates=100,
        start=start,
    )
    to_the_end(page, run_of(settings), 100)
    b, w = regression.path_of(settings).w[-1]
    line = b + w * regression.GRID
    eventually(page, lambda: np.testing.assert_allclose(trace(page, "fit", 2)["y"], line, rtol=1e-4, atol=1e-4))
    page.get_by_text("The course's cubic", exact=True).click()
    page.get_by_text("2/λ = 0.00852").first.wait_for()
    page.get_by_text("fallen from 877 to 0.17").first.wait_for()
