"""The browser's Back and Forward bring back what was changed: picture, controls and address together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import PLAYER, choose, eventually, frames, query, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LONG_VALLEY = {
    "surface": ["long_valley"],
    "lr": ["0.05"],
    "run": ["sgd", "momentum,lr=0.5", "rmsprop", "adam,lr=0.3"],
}
"""What choosing it sets."""
APP = "[data-testid=stApp]"


def surface(page: "Page") -> str:
    return str(page.get_by_label("Surface", exact=True).first.input_value())


def rate(page: "Page") -> str:
    return str(page.locator(".st-key-surfaces-lr-field input").input_value())


def steps(page: "Page") -> str:
    return str(page.locator(".st-key-surfaces-steps input").first.input_value())


def shows(page: "Page", settings: dict[str, list[str]], *controls: tuple[Callable[["Page"], str], str]) -> str:
    """Wait until the address, the controls and the picture are of one mind, and return the picture's run."""

    def check() -> None:
        page.evaluate("1")
        assert query(page) == settings
        for read, value in controls:
            assert read(page) == value

    eventually(page, check)
    page.wait_for_selector(f"{APP}[data-test-script-state=notRunning]")
    check()

    def rest() -> None:
        before = drawn(page)
        frames(page, 18)
        assert drawn(page) == before

    eventually(page, rest)  # the picture follows the script
    return drawn(page)


def drawn(page: "Page") -> str:
    return str(page.locator(PLAYER).first.get_attribute("data-run"))


def length(page: "Page") -> int:
    return int(page.evaluate("history.length"))


def test_back_and_forward_bring_back_what_was_changed(open_page: Callable[..., "Page"]) -> None:
    page = open_page("/")
    run_after(page)
    first = shows(page, {}, (surface, "Bowl"), (rate, "0.1"))
    begun = length(page)

    choose(page.get_by_label("Surface", exact=True).first, "Long valley")
    second = shows(page, LONG_VALLEY, (surface, "Long valley"))
    assert length(page) == begun + 1

    # a drag is one entry, and so is a number that is moved by the keys
    thumb = page.locator(".st-key-surfaces-lr-slider [role=group] [data-rac]").last
    box = thumb.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for way in range(1, 9):
        page.mouse.move(box["x"] + box["width"] / 2 - 8 * way, box["y"] + box["height"] / 2)
        frames(page, 3)
    page.mouse.up()
    eventually(page, lambda: _differs(query(page).get("lr")))
    dragged = query(page)
    third = shows(page, dragged)
    assert length(page) == begun + 2

    page.locator(".st-key-surfaces-steps input").first.focus()
    for _press in range(3):
        page.keyboard.press("ArrowRight")
    moved = {**dragged, "steps": ["230"]}
    fourth = shows(page, moved, (steps, "230"))
    assert length(page) == begun + 3

    for settings, run in ((dragged, third), (LONG_VALLEY, second), ({}, first)):
        page.go_back()
        assert shows(page, settings) == run
    assert (surface(page), rate(page), steps(page)) == ("Bowl", "0.1", "200")
    for settings, run in ((LONG_VALLEY, second), (dragged, third), (moved, fourth)):
        page.go_forward()
        assert shows(page, settings) == run
    assert (surface(page), steps(page)) == ("Long valley", "230")
    assert length(page) == begun + 3
    assert not page.locator("[data-testid=stAlert]").count()


def _differs(texts: list[str] | None) -> None:
    assert texts and texts != LONG_VALLEY["lr"]


def test_pages_languages_and_scenes_are_entries_too(
    open_page: Callable[..., "Page"], turn_to: Callable[..., None]
) -> None:
    page = open_page("/descent?lr=0.3&utm_source=x")
    run_after(page)
    shows(page, {"lr": ["0.3"]})
    begun = length(page)

    page.locator(".st-key-lang").get_by_text("简体中文").click()
    shows(page, {"lr": ["0.3"], "lang": ["zh"]}, (title, "曲线上的梯度下降"))
    page.go_back()
    shows(page, {"lr": ["0.3"]}, (title, "Descent on a curve"))

    turn_to(page, "Surfaces")
    shows(page, {}, (title, "Race optimizers on a surface"))
    choose(page.get_by_label("Surface", exact=True).first, "Long valley")
    shows(page, LONG_VALLEY)
    assert length(page) == begun + 2
    # a page that is entered with settings of its own is one entry
    turn_to(page, "Descent")
    shows(page, {"lr": ["0.3"]}, (title, "Descent on a curve"))
    assert length(page) == begun + 3
    page.go_back()
    shows(page, LONG_VALLEY, (title, "Race optimizers on a surface"))
    page.go_back()
    shows(page, {}, (title, "Race optimizers on a surface"))
    page.go_back()
    shows(page, {"lr": ["0.3"]}, (title, "Descent on a curve"))
    for _step in range(3):
        page.go_forward()
    shows(page, {"lr": ["0.3"]}, (title, "Descent on a curve"))


GROWN = """addresses => addresses.map(address => {
  const before = history.length;
  dispatchEvent(new Event("input"));
  history.pushState(history.state, "", address);
  return history.length - before;
})"""


def test_a_number_that_moves_still_is_one_entry(open_page: Callable[..., "Page"]) -> None:
    page = open_page("/")
    run_after(page)
    shows(page, {})
    moved = ["?steps=210", "?steps=220", "?steps=230"]
    another = ["?steps=230&lr=0.2", "?steps=230&lr=0.3"]
    chosen = ["?steps=230&lr=0.3&surface=booth", "?steps=230&lr=0.3&surface=beale"]
    assert page.evaluate(GROWN, [*moved, *another, *chosen]) == [1, 0, 0, 1, 0, 1, 1]


def title(page: "Page") -> str:
    return page.locator("h1").inner_text()


def scene(page: "Page") -> str:
    return page.locator(".st-key-lecture b").first.inner_text()


def test_back_goes_through_the_scenes_of_a_lecture(open_page: Callable[..., "Page"]) -> None:
    page = open_page("/lectures?lecture=learning_rate")
    page.get_by_role("button", name="Play from scene 1").click()
    places = []
    for number in (1, 2, 3):
        eventually(page, lambda number=number: _is(scene(page), f"{number} / "))
        run_after(page)
        page.wait_for_selector(f"{APP}[data-test-script-state=notRunning]")
        page.evaluate("1")
        places.append(page.url)
        if number < 3:
            page.get_by_role("button", name="Next").click()
    for number in (2, 1):
        page.go_back()
        eventually(page, lambda number=number: _is(scene(page), f"{number} / "))
        eventually(page, lambda number=number: _is(page.evaluate("location.href"), places[number - 1]))
    page.go_forward()
    eventually(page, lambda: _is(scene(page), "2 / "))
    page.go_back()
    page.go_back()
    eventually(page, lambda: _is(title(page), "Lectures"))


def _is(text: str, beginning: str) -> None:
    assert text.startswith(beginning)
