"""The way in and through: every page is two taps away, and on a phone menu, controls and picture share the screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from optviz.course import outline
from tests.browser.screen import PLAYER, eventually, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

ON_TOP = """element => {
  const { x, y, width, height } = element.getBoundingClientRect();
  const seen = document.elementFromPoint(x + width / 2, y + height / 2);
  return element === seen || element.contains(seen);
}"""
"""Whether a tap in the middle of an element meets it."""


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_at_1280_pixels_every_page_is_two_taps_away(open_page: OpenPage, locale: str) -> None:
    page = open_page("/course", 1280, 720, locale)
    chapters = page.locator("[data-testid=stTopNavSection]:visible")
    page.wait_for_function(
        """chapters => [...document.querySelectorAll("[data-testid=stTopNavSection]")]
             .filter(menu => !menu.closest("[inert]")).length === chapters""",
        arg=len(outline.GROUPS),
    )
    assert page.get_by_test_id("stTopNavLink").count() == 1
    found = []
    for chapter in chapters.all():
        chapter.click()
        page.wait_for_selector("[data-testid=stTopNavDropdownLink]")
        found += [link.get_attribute("href") for link in page.get_by_test_id("stTopNavDropdownLink").all()]
        page.keyboard.press("Escape")
        page.wait_for_selector("[data-testid=stTopNavDropdownLink]", state="detached")
    names = [str(address).rsplit("/", 1)[1] or outline.HOME for address in found]
    assert names == [lesson.name for lessons in outline.GROUPS.values() for lesson in lessons]


def test_on_a_phone_choosing_a_page_closes_the_menu_and_settings_open_beside_the_picture(open_page: OpenPage) -> None:
    page = opened(open_page, "/?steps=20", width=360, height=740)
    page.get_by_test_id("stExpandSidebarButton").click()
    links = page.locator("[data-testid=stSidebarNavLink]:visible")
    eventually(page, lambda: _equal(links.count(), len(outline.LESSONS)))
    links.filter(has_text="Schedules").click()
    page.get_by_role("heading", name="Learning-rate schedules").wait_for()
    page.get_by_test_id("stExpandSidebarButton").wait_for()
    assert page.locator("h1").evaluate(ON_TOP)

    page.wait_for_selector(f"{PLAYER}.optviz-docked")
    settings, sidebar = page.locator(".optviz-settings"), page.get_by_test_id("stSidebar")
    picture, slider = page.locator(".optviz-cell").first, sidebar.get_by_test_id("stSlider").first
    box = settings.bounding_box()
    assert box and min(box["width"], box["height"]) >= 44

    def apart(across: bool) -> None:
        """The first control is on the screen, under the picture or beside it."""
        seen, controls, sheet = picture.bounding_box(), slider.bounding_box(), sidebar.bounding_box()
        assert seen and controls and sheet and slider.evaluate(ON_TOP) and picture.evaluate(ON_TOP)
        if across:
            assert seen["x"] + seen["width"] <= sheet["x"] + 1 and seen["height"] > 200
        else:
            assert seen["y"] + seen["height"] <= sheet["y"] + 1 and controls["y"] < 740

    settings.click()
    eventually(page, lambda: apart(across=False))
    page.keyboard.press("Escape")
    _closed(page)
    settings.click()
    eventually(page, lambda: apart(across=False))
    picture.click()
    _closed(page)
    page.set_viewport_size({"width": 740, "height": 360})
    settings.click()
    eventually(page, lambda: apart(across=True))
    settings.click()
    _closed(page)


def _closed(page: "Page") -> None:
    page.wait_for_selector(".optviz-settings[aria-expanded=false]")
    assert page.get_by_test_id("stSidebar").evaluate("sidebar => getComputedStyle(sidebar).position") == "static"


def _equal(one: object, other: object) -> None:
    assert one == other


@pytest.mark.parametrize(("width", "height"), [(360, 740), (740, 360)])
def test_reveal_can_be_tapped_on_a_phone(open_page: OpenPage, width: int, height: int) -> None:
    page = opened(open_page, "/descent?lr=0.9&moment.ask=Does+it+settle%3F", width=width, height=height)
    reveal = page.get_by_role("button", name="Reveal")
    eventually(page, lambda: _equal(reveal.evaluate(ON_TOP), True))
    assert not page.locator(".optviz-settings").is_visible()
    reveal.click()
    page.wait_for_selector(f"{PLAYER}[data-playing=true]")


def test_the_course_shows_what_was_visited_and_where_to_go_on(open_page: OpenPage) -> None:
    page = open_page("/course", 1280, 720)
    onward = page.locator(".optviz-onward a:visible")
    eventually(page, lambda: _equal(onward.all_inner_texts(), ["Descent"]))
    card = page.locator("[data-lesson=descent]").last
    page.wait_for_function("document.querySelector('.optviz-lessons img').naturalWidth > 0")
    assert not card.locator(".optviz-visited").is_visible()
    page.evaluate("window.opened = true")
    card.locator("summary").click()
    card.get_by_role("link", name="1.2").click()
    page.get_by_role("heading", name="Descent on a curve").wait_for()
    page.wait_for_function("location.search === '?curve=square&steps=20&lr=0.1&compare=0.9%2C1.04'")
    page.wait_for_selector(PLAYER)
    page.get_by_role("link", name="The course").last.click()
    page.get_by_role("heading", name="The course").wait_for()
    assert page.evaluate("window.opened"), "the app was loaded again"
    eventually(page, lambda: _equal(onward.all_inner_texts(), ["Schedules"]))
    assert card.locator(".optviz-visited").is_visible()
    page.reload()
    eventually(page, lambda: _equal(onward.all_inner_texts(), ["Schedules"]))
    page.locator(".optviz-turn [rel=next]").click()
    page.get_by_role("heading", name="Descent on a curve").wait_for()


@pytest.mark.parametrize(("width", "height", "locale"), [(1280, 720, "en-US"), (360, 740, "zh-CN")])
def test_a_newcomer_is_told_once_what_is_seen(open_page: OpenPage, width: int, height: int, locale: str) -> None:
    page = opened(open_page, "/?steps=20", width=width, height=height, locale=locale)
    welcome = page.locator(".optviz-welcome")
    welcome.wait_for()
    for link in welcome.get_by_role("link").all():
        assert link.evaluate(ON_TOP)
    assert not welcome.locator("p").evaluate(ON_TOP), "it takes the taps that are meant for the picture"
    page.emulate_media(media="print")
    assert not welcome.is_visible()
    page.emulate_media(media="screen")
    page.keyboard.press("Tab")
    assert welcome.is_visible()
    page.keyboard.press("ArrowRight")
    welcome.wait_for(state="hidden")
    page.reload()
    page.wait_for_selector(f"{PLAYER}[data-run]")
    assert welcome.count() == 1 and not welcome.is_visible()


def test_a_newcomer_is_led_on_with_one_tap(open_page: OpenPage) -> None:
    page = open_page("/?steps=20", 1280, 720)
    page.get_by_role("link", name="Train a net").click()
    page.get_by_role("heading", name="Train a classifier").wait_for()
