"""The model pages as a visitor uses them, in a real Chromium: a line and a net, the digits, a table of one's own."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from optviz.lessons import digits, logistic, table
from optviz.lessons.training_settings import Sample
from optviz.models.table import houses
from optviz.recipes import Choice
from tests.browser.screen import PLAYER, at_the_end, choose, frames, opened, query, trace

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
THREE = [(10, 7), (20, 7), (14, 14), (20, 18), (18, 25), (10, 25)]


def said(page: "Page", text: str) -> "Locator":
    """Return the sentence at a picture."""
    return page.locator(".optviz-sentence", has_text=text)


def test_a_line_and_a_net_on_the_same_points(open_page: OpenPage) -> None:
    page = opened(open_page, "/logistic?updates=200")
    at_the_end(page, 200)
    settings = logistic.Settings(updates=200)
    arrays, (line, net) = logistic.arrays_of(settings), logistic.runs_of(settings)
    np.testing.assert_allclose(trace(page, "cell2", 0)["y"], line.loss, rtol=1e-5)
    np.testing.assert_allclose(trace(page, "cell3", 2)["y"], net.accuracy, rtol=1e-5)
    drawn = trace(page, "cell0", 1)
    w1, w2, b = line.w
    np.testing.assert_allclose(w1 * drawn["x"] + w2 * drawn["y"] + b, 0, atol=1e-5)
    np.testing.assert_array_equal(trace(page, "cell1", 0)["z"], arrays["regions1"].array[-1])
    page.get_by_text("XOR", exact=True).first.click()
    page.wait_for_function("location.search === '?data=xor'")
    said(page, logistic.say(logistic.Settings(sample=Sample(Choice("xor"), share=0.0)))).wait_for()


def test_the_digits_are_read_and_the_matrix_moves_with_the_playhead(open_page: OpenPage) -> None:
    page = opened(open_page, "/digits?hidden=16&epochs=5")
    at_the_end(page, 5)
    settings = digits.Settings(replace(digits.Settings().plan, hidden=(16,), epochs=5))
    counts = digits.result_of(settings).confusion
    np.testing.assert_array_equal(np.diag(trace(page, "confusion", 0)["z"]), np.diag(counts[-1]))
    # A number is written into each cell that has one, and nothing into the others.
    assert colors(page, 0, 0) > 2 and (counts[-1][0, 1] > 0 or colors(page, 0, 1) == 1)
    page.keyboard.press("Home")
    page.wait_for_selector(f"{PLAYER}[data-step='0']")
    # What is drawn at once reaches Plotly's own numbers a moment later.
    page.wait_for_function(
        """wrong => {
          const rows = document.querySelector("[data-cell~=confusion] .optviz-plot").data[1].z;
          return wrong.every((row, i) => row.every((value, j) => (rows[i][j] || 0) === value));
        }""",
        arg=(counts[0] * (1 - np.eye(10))).tolist(),
    )
    said(page, f"it reads {100 * np.trace(counts[-1]) / 359:.1f}%").wait_for()
    images = page.locator(".optviz-images img")
    assert images.count() == min(digits.SHOWN, 359 - np.trace(counts[-1]))
    assert all(alt.startswith("An image of") for alt in images.evaluate_all("all => all.map(each => each.alt)"))


def colors(page: "Page", shown: int, read: int) -> int:
    """Count the colors in the middle of a cell of the confusion matrix."""
    return int(
        page.evaluate(
            """([x, y]) => {
              const cell = document.querySelector('[data-cell~=confusion]');
              const { xaxis, yaxis } = cell.querySelector('.optviz-plot')._fullLayout;
              const pen = cell.querySelector('canvas.optviz-under').getContext('2d');
              const scale = window.devicePixelRatio;
              const [left, top] = [xaxis._offset + xaxis.l2p(x) - 10, yaxis._offset + yaxis.l2p(y) - 10];
              const { data } = pen.getImageData(left * scale, top * scale, 20 * scale, 20 * scale);
              const pixels = Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 4).join());
              return new Set(pixels).size;
            }""",
            [read, shown],
        )
    )


@pytest.mark.parametrize("width", [1400, 390])
def test_a_digit_that_is_drawn_is_read(open_page: OpenPage, width: int) -> None:
    page = opened(open_page, "/digits", width=width, height=900)
    said(page, "It reads your drawing as 7").wait_for()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.get_by_role("button", name="Clear the sheet").click()
    said(page, "Draw a digit: press on the sheet").wait_for()
    area = page.locator("[data-cell~=sheet0] .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    places = [(box["x"] + (x + 0.5) / 32 * box["width"], box["y"] + (y + 0.5) / 32 * box["height"]) for x, y in THREE]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
        frames(page, 6)
    page.mouse.up()
    said(page, "It reads your drawing as 3").wait_for()
    page.wait_for_function("location.search.includes('drawn=')")
    deadline = time.monotonic() + 60
    bitmap = digits._bitmap(query(page)["drawn"][0])
    while not bitmap[25, 10] and time.monotonic() < deadline:  # the last points are on their way
        frames(page, 6)
        bitmap = digits._bitmap(query(page)["drawn"][0])
    assert 60 < bitmap.sum() < 400 and bitmap[7, 10] and bitmap[25, 10]
    page.wait_for_function(
        "total => document.querySelector('[data-cell~=sheet0] .optviz-plot').data[0].z"
        ".reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0) === total",
        arg=int(bitmap.sum()),
    )


def upload(page: "Page", name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_table_of_ones_own_is_learned_and_no_other_visitor_sees_it(open_page: OpenPage) -> None:
    page = opened(open_page, "/table?epochs=5&hidden=")
    at_the_end(page, 5)
    sample = replace(table.Settings(target="price_k", features=houses().names[:-1]).plan, epochs=5, hidden=())
    expected = table.learned_sample(table.Settings(target="price_k", features=houses().names[:-1], plan=sample))
    dots = trace(page, "agreement", 2)
    np.testing.assert_allclose(dots["y"], expected.network.validation[-1], rtol=1e-4)
    np.testing.assert_allclose(dots["x"], expected.task.validation.y, rtol=1e-6)

    own = "speed,weight,drag\n" + "".join(f"{i},{i * 7 % 11},{i * i}\n" for i in range(60))
    upload(page, "own.csv", own.encode())
    said(page, "validation error of “drag”").wait_for()
    upload(page, "bad.csv", b'speed,weight\n1,"2\n')
    page.get_by_text("In row 2 a quotation mark is opened and never closed. The picture shows your table").wait_for()
    said(page, "validation error of “drag”").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    assert set(query(page)) == {"epochs", "file", "hidden"}
    other = open_page(page.url[page.url.index("/table") :])
    other.get_by_text("is not available").wait_for()
    assert other.get_by_text("drag").count() == 0
    page.get_by_role("button", name="Back to the sample table").click()
    said(page, "validation error of “price_k”").wait_for()


def test_features_are_chosen_and_stand_in_the_link(open_page: OpenPage) -> None:
    page = opened(open_page, "/table?epochs=3&features=area_m2&features=distance_km")
    box = page.get_by_test_id("stMultiSelect")
    assert "area_m2" in box.inner_text() and "rooms" not in box.inner_text()
    choose(box.locator("input"), "rooms")
    page.wait_for_function("location.search.includes('features=rooms')")
    assert query(page)["features"] == ["area_m2", "rooms", "distance_km"]
