"""Pages on paper: A4, upright and across, with picture, sentence, table and link, without what is for the screen."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from tests.browser.screen import at_the_end, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
ROOM = {False: 703, True: 1031}
"""Pixels between the margins of a sheet of A4, upright and across."""
WIDEST = """() => Math.max(...[...document.querySelectorAll('h1, .optviz-grid, .optviz-table :is(th, td), strong, p')]
              .filter(each => each.checkVisibility()).map(each => each.getBoundingClientRect().right))"""
SEEN = """() => addEventListener('beforeprint', () => queueMicrotask(async () => {
            for (let turn = 0; turn < 100; turn++) await null;
            const { width, font } = document.querySelector('.optviz-plot')._fullLayout;
            globalThis.seen = [width, font.color];
          }))"""


def words(page: "Page", landscape: bool) -> str:
    """Print a page as the browser would, and return its words without blanks."""
    pdf = PdfReader(io.BytesIO(page.pdf(format="A4", landscape=landscape)))
    assert all((sheet.mediabox.width > sheet.mediabox.height) == landscape for sheet in pdf.pages)
    return "".join("".join(sheet.extract_text() for sheet in pdf.pages).split())


def test_a_race_is_printed_whole_in_light_colors(open_page: OpenPage) -> None:
    page = opened(open_page, "/?steps=150", width=1600, color_scheme="dark")
    at_the_end(page, 150)
    width = page.locator(".optviz-plot").first.evaluate("plot => plot._fullLayout.width")
    page.evaluate(SEEN)
    for landscape in (False, True):
        seen = words(page, landscape)
        for text in (
            "Race optimizers on a surface",
            "From above",
            "How it ended",
            "Momentum (averaged)",
            "/?steps=150",
        ):
            assert text.replace(" ", "") in seen, (text, seen)
        assert "Addanoptimizer" not in seen and "Effectiverate" not in seen
        drawn, color = page.evaluate("seen")
        assert drawn < 500 < width and color == "#1c2430"
    page.wait_for_function("width => document.querySelector('.optviz-plot')._fullLayout.width === width", arg=width)
    assert page.locator("[data-testid=optviz-player]").first.get_attribute("data-theme") == "dark"
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for room in ROOM.values():
        page.set_viewport_size({"width": room, "height": 900})
        assert page.evaluate(WIDEST) <= room


def test_the_course_is_printed_in_chinese_with_its_address(open_page: OpenPage) -> None:
    page = open_page("/course?lang=zh", color_scheme="dark")
    page.wait_for_selector(".optviz-contents")
    page.wait_for_function("document.documentElement.lang.startsWith('zh')")
    assert "/course?lang=zh" in words(page, landscape=False)
