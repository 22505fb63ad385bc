"""Why a run fails, said at the moment when it happens, and what helps, one press away."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.recipes import Choice
from optviz.surfaces.diagnosis import Trouble
from optviz.surfaces.grounds import Ground

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
RUNS = ("sgd,lr=0.06", "sgd,lr=0.61", "rmsprop,lr=1")
LINK = "/?steps=60&" + "&".join(f"run={run}" for run in RUNS)


def opened(page: "Page") -> None:
    page.wait_for_selector("[data-testid=optviz-player][data-run]")
    page.wait_for_selector(".js-plotly-plot", state="attached")
    page.locator("[data-testid=optviz-player]").focus()


def go_to(page: "Page", step: int) -> None:
    page.locator("[data-testid=optviz-player] input[type=range]").first.fill(str(step))
    page.wait_for_selector(f"[data-testid=optviz-player][data-step='{step}']")


def said(page: "Page") -> list[str]:
    return page.locator("[data-caption]").all_inner_texts()


@pytest.mark.parametrize(
    ("size", "locale", "scheme", "words"),
    [((1400, 900), "en-US", "light", "diverged"), ((390, 844), "zh-CN", "dark", "发散")],
)
def test_the_sentence_comes_at_its_step_and_the_button_brings_the_run_home(
    open_page: OpenPage, size: tuple[int, int], locale: str, scheme: str, words: str
):
    ground = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
    given = Settings(
        ground=ground,
        runs=read_runs(list(RUNS)),
        learning_rate=0.1,
        schedule=Choice("constant"),
        warmup=0,
        start=(-5.0, -2.0),
        steps=60,
    )
    slow, diverged, swings = races.findings_of(given)
    assert slow and diverged and swings and swings.trouble is Trouble.SWINGING
    page = open_page(LINK, *size, locale, scheme)
    opened(page)
    bottom = "document.querySelector('.optviz-captions').getBoundingClientRect().height"
    page.keyboard.press("Home")
    page.wait_for_selector("[data-testid=optviz-player][data-step='0'][data-playing=false]")
    height = page.evaluate(bottom)
    for finding in sorted((slow, diverged, swings), key=lambda each: each.step):
        go_to(page, finding.step - 1)
        before = said(page)
        go_to(page, finding.step)
        assert len(said(page)) == len(before) + 1
        assert said(page)[1:] == before and str(finding.step) in said(page)[0]
    assert page.evaluate(bottom) == height > 0
    assert sum(words in text and "0.61" in text for text in said(page)) == 1
    go_to(page, 0)
    assert said(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    run = page.locator("[data-testid=optviz-player]").get_attribute("data-run")
    page.get_by_role("button", name="0.61 → 0.45").click()
    page.wait_for_selector(f"[data-testid=optviz-player]:not([data-run='{run}'])")
    page.wait_for_function("decodeURIComponent(location.search).includes('sgd,lr=0.45')")
    page.get_by_text("SGD lr 0.45").first.wait_for(state="attached")
    go_to(page, 60)
    assert not any(words in text for text in said(page))
    assert page.locator(".optviz-table tr", has_text="0.45").get_by_text("42", exact=True).count() == 1


def test_a_training_that_does_not_fit_says_why_and_is_helped_by_one_press(open_page: OpenPage):
    page = open_page("/classifier?init=zero&epochs=40")
    opened(page)
    page.get_by_role("button", name="Try what helps").wait_for()
    go_to(page, 40)
    assert len(said(page)) == 1 and "100.0% of the hidden units are dead" in said(page)[0]
    run = page.locator("[data-testid=optviz-player]").get_attribute("data-run")
    page.get_by_role("button", name="Try what helps").click()
    page.wait_for_function("location.search.includes('init=he')")
    page.wait_for_selector(f"[data-testid=optviz-player]:not([data-run='{run}'])[data-step='40']")
    assert said(page) == []
    page.get_by_text("Initial weights by He: in a trial of").wait_for()
