"""Inside a step, as a visitor uses it: the fold, its numbers, the arrows on the surface and slow motion."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
RUNS = ["sgd", "momentum_classical"]
STEPS = 30


def path(run: int) -> Any:
    ground = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
    settings = Settings(
        ground=ground,
        runs=read_runs(RUNS),
        learning_rate=0.1,
        schedule=Choice("constant"),
        warmup=0,
        start=(-5.0, -2.0),
        steps=STEPS,
    )
    return races.race_of(settings).path.w[:, run]


def at(page: "Page", step: int, sub_step: str = "") -> None:
    page.wait_for_selector(f"[data-testid=optviz-player][data-step='{step}'][data-substep='{sub_step}']")


def press(page: "Page", key: str) -> None:
    page.locator("[data-testid=optviz-player]").focus()
    page.keyboard.press(key)


def arrow(page: "Page", kind: str) -> Any:
    """Return tail and tip of an arrow as Plotly's trace holds them."""
    find = """kind => [...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
        .filter(t => t.meta?.follows?.x === `inside1.${kind}.x` && t.x?.length === 2)
        .map(t => [Array.from(t.x), Array.from(t.y)])[0]"""
    page.wait_for_function(f"kind => ({find})(kind)", arg=kind)
    return np.array(page.evaluate(find, kind), dtype=float).T


def pixels(page: "Page") -> int:
    """Count what is painted over the picture."""
    count = """() => {
        const pen = document.querySelector('.js-plotly-plot .optviz-heads').getContext('2d');
        const { data } = pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value).length;
    }"""
    return int(page.evaluate(count))


@pytest.mark.parametrize(("width", "height", "locale"), [(1400, 900, "en-US"), (360, 740, "zh-CN")])
def test_a_step_is_taken_apart(open_page: OpenPage, width: int, height: int, locale: str):
    page = open_page(f"/?run={RUNS[0]}&run={RUNS[1]}&steps={STEPS}&inside.run=2", width, height, locale)
    page.wait_for_selector("[data-testid=optviz-player][data-run] .js-plotly-plot", state="attached")
    press(page, "Home")
    for _ in range(4):
        press(page, "ArrowRight")
    at(page, 4)
    read_the_fold(page, {"en-US": "Update t = {}: from step", "zh-CN": "第 {} 次更新"}[locale])
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    show_the_arrows(page)
    go_slowly(page)


def read_the_fold(page: "Page", update: str) -> None:
    """The fold has the numbers of the step where the playhead rests, and follows it."""
    page.locator(".st-key-surfaces-inside summary").click()
    page.get_by_text(update.format(5)).wait_for()
    page.locator(".st-key-inside-lines .katex-display").nth(11).wait_for(state="attached")
    assert page.locator(".st-key-inside-lines .katex-display").count() == 12
    press(page, "ArrowRight")
    page.get_by_text(update.format(6)).wait_for()
    assert page.locator(".optviz-moving").is_hidden()


def show_the_arrows(page: "Page") -> None:
    """The switch puts the arrows on the picture and into the link; they move with the playhead, without the server."""
    assert page.locator(".optviz-bar .optviz-slow").is_hidden()
    page.locator(".st-key-surfaces-inside [data-testid=stCheckbox] label").click()
    page.wait_for_function("location.search.includes('inside.arrows=1')")
    page.locator(".optviz-bar .optviz-slow").wait_for()
    w = path(1)
    for step in (5, 6):
        at(page, step)
        gradient, momentum, whole = (arrow(page, kind) for kind in ("gradient", "momentum", "step"))
        assert whole == pytest.approx(w[step : step + 2], abs=1e-5)
        assert gradient[0] == pytest.approx(w[step], abs=1e-5)
        assert momentum[0] == pytest.approx(gradient[1], abs=1e-5)
        assert momentum[1] == pytest.approx(w[step + 1], abs=1e-5)
        press(page, "ArrowRight")
    at(page, 7)


def go_slowly(page: "Page") -> None:
    """Slow motion goes by sub-step, with a sentence each, and the arrows come one by one."""
    sentence, button = page.locator(".optviz-slowly"), page.locator(".optviz-bar .optviz-slow")
    button.click()
    seen, painted = [], []
    for sub_step in ("1", "2", "3", "4"):
        at(page, 7, sub_step)
        seen.append(sentence.inner_text())
        painted.append(pixels(page))
        press(page, "ArrowRight")
    assert sentence.get_attribute("aria-live") == "polite"
    assert [text[0] for text in seen] == ["1", "2", "3", "4"]
    assert painted[0] < painted[1] < painted[2]
    numbers = [float(text.replace("−", "-")) for text in re.findall(r"−?\d+\.\d+", seen[3])]
    assert numbers[:2] == pytest.approx(path(1)[8], rel=2e-4)
    at(page, 8, "1")
    press(page, "ArrowLeft")
    at(page, 7, "4")
    press(page, " ")
    page.wait_for_selector("[data-testid=optviz-player][data-playing=true][data-step='8'][data-substep='2']")
    assert sentence.get_attribute("aria-live") == "off"
    press(page, " ")
    press(page, "End")
    at(page, STEPS, "1")
    assert sentence.inner_text() in {"This is the last step: no update follows.", "这是最后一步，后面没有更新了。"}
    button.click()
    at(page, STEPS)
    assert sentence.is_hidden()
