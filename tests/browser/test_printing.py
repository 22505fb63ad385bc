"""Pages on paper: A4, upright and across, with picture, sentence, table and link, without what is for the screen."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pypdfium2
import pytest
from pypdf import PdfReader

from tests.browser.screen import PLAYER, at_the_end, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
ROOM = {False: 703, True: 1031}
"""Pixels between the margins of a sheet of A4, upright and across."""
MARGIN = 20
"""Points between the edge of a sheet and all that is printed, at least."""
PICTURE = np.s_[80:360, 60:240]
"""Points from the top and from the left where the first picture is, upright and across."""
WIDEST = """() => Math.max(...[...document.querySelectorAll('h1, .optviz-grid, .optviz-table :is(th, td), strong, p')]
              .filter(each => each.checkVisibility()).map(each => each.getBoundingClientRect().right))"""
SEEN = """() => addEventListener('beforeprint', () => queueMicrotask(async () => {
            for (let turn = 0; turn < 100; turn++) await null;
            const { width, font } = document.querySelector('.optviz-plot')._fullLayout;
            globalThis.seen = [width, font.color];
          }))"""
COLORS = """() => {
  const { themes } = [...optvizInbox.sessions.values()][0].player;
  return ["sgd", "momentum", "rmsprop", "adam"].map(name => themes.light[name]);
}"""


def printed(page: "Page", landscape: bool, backgrounds: bool = False) -> bytes:
    """Print a page as the browser would, or as it does where backgrounds are asked for."""
    return page.pdf(format="A4", landscape=landscape, print_background=backgrounds)


def words(pdf: bytes, landscape: bool) -> str:
    """Return the words on the sheets without blanks."""
    sheets = PdfReader(io.BytesIO(pdf)).pages
    assert all((sheet.mediabox.width > sheet.mediabox.height) == landscape for sheet in sheets)
    return "".join("".join(sheet.extract_text() for sheet in sheets).split())


def picture(pdf: bytes) -> np.ndarray:
    """Return the colors `(height, width, 3)` of the first picture, a point each."""
    return pypdfium2.PdfDocument(pdf)[0].render(rev_byteorder=True).to_numpy()[PICTURE][..., :3].astype(int)


def share_of(color: str, colors: np.ndarray) -> float:
    """Return the share of the points that have a color, nearly."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return float(np.mean(np.abs(colors - wanted).max(axis=-1) < 40))


def blue(colors: np.ndarray) -> float:
    """Return the share of the points that have the blue of a surface, dark or pale."""
    return float(np.mean(colors[..., 2] - colors[..., 0] > 15))


def check_place(pdf: bytes, text: str) -> None:
    """Check that a text stands within the margins of a sheet, each time."""
    places = []
    for sheet in pypdfium2.PdfDocument(pdf):
        found = sheet.get_textpage()
        search = found.search(text)
        while place := search.get_next():
            first, count = place
            places += [(found.get_charbox(i), sheet.get_size()) for i in (first, first + count - 1)]
    assert places, text
    for (left, bottom, right, top), (width, height) in places:
        assert left >= MARGIN and right <= width - MARGIN and bottom >= MARGIN and top <= height - MARGIN, text


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_race_is_printed_whole_in_light_colors(open_page: OpenPage, scheme: Literal["dark", "light"]) -> None:
    page = opened(open_page, "/?steps=150", width=1600, color_scheme=scheme)
    at_the_end(page, 150)
    width = page.locator(".optviz-plot").first.evaluate("plot => plot._fullLayout.width")
    colors = page.evaluate(COLORS)
    assert len(colors) == 4
    page.evaluate(SEEN)
    for landscape in (False, True):
        pdf = printed(page, landscape)
        seen = words(pdf, landscape)
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
        dots = picture(pdf)
        assert blue(dots) > 0.6
        for color in colors:
            assert share_of(color, dots) > 5e-4, (color, landscape)
        for text in ("still going", "arrived", "/?steps=150"):
            check_place(pdf, text)
    page.wait_for_function("width => document.querySelector('.optviz-plot')._fullLayout.width === width", arg=width)
    assert page.locator(PLAYER).first.get_attribute("data-theme") == scheme
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for room in ROOM.values():
        page.set_viewport_size({"width": room, "height": 900})
        assert page.evaluate(WIDEST) <= room


@pytest.mark.parametrize("landscape", [False, True])
def test_the_sheet_is_white_with_its_backgrounds_too(open_page: OpenPage, landscape: bool) -> None:
    page = opened(open_page, "/?surface=bowl&run=sgd&steps=20", color_scheme="dark")
    at_the_end(page, 20)
    sheets = pypdfium2.PdfDocument(printed(page, landscape, backgrounds=True))
    lettering = 0
    for sheet in sheets:
        dots, letters = sheet.render().to_numpy()[..., :3], sheet.get_textpage()
        edge = np.concatenate([dots[:MARGIN].reshape(-1, 3), dots[:, :MARGIN].reshape(-1, 3)])
        assert edge.min() > 250 and np.mean(dots.min(axis=-1) > 250) > 0.3
        search = letters.search("Race optimizers on a surface")
        for first, count in iter(search.get_next, None):
            for left, bottom, right, top in map(letters.get_charbox, range(first, first + count)):
                box = dots[
                    int(sheet.get_height() - top) : int(sheet.get_height() - bottom) + 1, int(left) : int(right) + 1
                ]
                lettering += box.size and int(box.max() > 240 and box.min() < 120)
    assert lettering > 15


def test_a_scene_and_what_is_projected_are_printed_too(open_page: OpenPage) -> None:
    page = opened(open_page, "/?surface=bowl&run=sgd&steps=20", color_scheme="dark")
    page.get_by_role("tab", name="In 3-D").click()
    page.wait_for_function(
        "[...document.querySelectorAll('.optviz-plot')].some(each => each._fullLayout?.scene?._scene)"
    )
    at_the_end(page, 20)
    page.keyboard.press("f")
    page.wait_for_selector("html.optviz-projector", state="attached")
    # What is copied holds the scene even where the browser has cleared that of WebGL.
    page.evaluate(
        """() => addEventListener('beforeprint', () => queueMicrotask(async () => {
             for (let turn = 0; turn < 500; turn++) await null;
             document.querySelectorAll('.gl-container canvas:not(.optviz-photo)').forEach(each => (each.width = 0));
           }))"""
    )
    pdf = printed(page, landscape=False)
    assert blue(picture(pdf)) > 0.15
    seen = words(pdf, landscape=False)
    for text in ("Race optimizers on a surface", "In 3-D", "How it ended", "run=sgd"):
        assert text.replace(" ", "") in seen, (text, seen)
    page.wait_for_selector(".optviz-photo", state="detached")
    assert page.locator("html.optviz-projector").count() == 1


def test_the_course_is_printed_in_chinese_with_its_address(open_page: OpenPage) -> None:
    page = open_page("/course?lang=zh", color_scheme="dark")
    page.wait_for_selector(".optviz-lessons")
    page.wait_for_function("document.documentElement.lang.startsWith('zh')")
    pdf = printed(page, landscape=False)
    assert "/course?lang=zh" in words(pdf, landscape=False)
    check_place(pdf, "/course?lang=zh")
