"""Forks and ghosts as a visitor makes them, in a real Chromium."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.forks import Fork
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method
from optviz.lessons.training_settings import Settings as Trained
from optviz.lessons.trainings import Training
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from tests.browser.screen import PLAYER, eventually, frames

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
WORDS = {
    "en": ("Fork SGD at step 12", "Drop the fork", "SGD → Adam, lr 0.3", "SGD, unchanged"),
    "zh": ("让 SGD 在第 12 步分叉", "取消分叉", "SGD → Adam、lr 0.3", "SGD（原样）"),
}
RACE = Settings(
    ground=Ground("booth", "", 0.0, 0.0, 0.0, 0),
    runs=(Run("sgd"), Run("momentum")),
    learning_rate=0.03,
    schedule=Choice("constant"),
    warmup=0,
    start=(-7, 6),
    steps=60,
)
LINK = "/?surface=booth&steps=60&lr=0.03&x1=-7&x2=6&run=sgd&run=momentum"


def player(page: "Page") -> "Locator":
    page.wait_for_selector(f"{PLAYER}[data-run]")
    page.wait_for_selector(".js-plotly-plot", state="attached")
    return page.locator(PLAYER)


def to_step(page: "Page", step: int) -> None:
    """Go to a step with the keys, as a presenter would."""
    player(page).focus()
    page.keyboard.press("Home")
    page.wait_for_selector(f"{PLAYER}[data-step='0'][data-playing=false]")
    for key, times in (("Shift+ArrowRight", step // 10), ("ArrowRight", step % 10)):
        for _ in range(times):
            page.keyboard.press(key)
    page.wait_for_selector(f"{PLAYER}[data-step='{step}']")


def drawn(page: "Page", array: str, step: int) -> np.ndarray:
    """Return the points `(2, rows)` of the trace that follows an array, once the plots show a step."""
    page.wait_for_function(
        """([array, step]) => [...optvizInbox.sessions.values()].some(s => s.player?.panels.some(
             p => p.shownStep === step && p.plot.data.some(t => String(t.meta?.follows?.y) === array)))""",
        arg=[array, step],
    )
    text = page.evaluate(
        """array => JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.meta?.follows && t.meta.follows.mode !== 'at' && String(t.meta.follows.y) === array)
             .map(t => [Array.from(t.x), Array.from(t.y)])[0])""",
        array,
    )
    return np.array(json.loads(text), dtype=float)


def check_fork(page: "Page", given: Settings) -> None:
    """Check that the last step shows the path of the fork and, beside it, the whole future that it left."""
    player(page).focus()
    page.keyboard.press("End")
    page.wait_for_selector(f"{PLAYER}[data-step='60']")
    new, old = races.race_of(given).path, races.left_of(given).path
    assert np.allclose(drawn(page, "w,1", 60), new.w[:, 0].T, rtol=1e-5, atol=1e-5)
    ghost = drawn(page, "ghost,1", 60)
    assert np.isnan(ghost[:, :12]).all()
    assert np.allclose(ghost[:, 12:], old.w[12:, 0].T, rtol=1e-5, atol=1e-5)
    assert np.allclose(drawn(page, "ghost_loss,0", 60)[1, 12:], old.loss[12:, 0], rtol=1e-4, atol=1e-5)
    assert np.allclose(drawn(page, "loss,0", 60)[1], new.loss[:, 0], rtol=1e-4, atol=1e-5)


def test_a_race_is_forked_where_it_stands_and_its_link_shows_the_same(open_page: OpenPage):
    page = open_page(LINK)
    to_step(page, 12)
    fork = page.get_by_role("button", name=WORDS["en"][0])
    bar, button, table = (place.bounding_box() for place in (page.locator(".optviz-bar"), fork, page.locator("table")))
    assert bar and button and table and bar["y"] < button["y"] < table["y"]
    fork.click()
    page.wait_for_url(re.compile(r"fork=12"))
    page.get_by_text("nothing is changed yet").first.wait_for()
    page.wait_for_selector(f"{PLAYER}[data-step='12'][data-playing=false]")
    assert np.allclose(drawn(page, "w,1", 12), races.race_of(RACE).path.w[:13, 0].T, rtol=1e-5)

    # Another rate from here on: it plays on from the fork, and never shows an earlier step.
    page.evaluate(
        """() => {
          globalThis.shown = [];
          new MutationObserver(() => shown.push(Number(document.querySelector('[data-step]').dataset.step)))
            .observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-step'] });
        }"""
    )
    rate = page.get_by_label("Learning rate, exact value").nth(1)
    rate.fill("0.3")
    rate.press("Enter")
    page.wait_for_url(re.compile(r"fork\.lr=0\.3"))
    page.wait_for_selector(f"{PLAYER}[data-step='60'][data-playing=false]")
    page.wait_for_function("shown.at(-1) === 60")
    assert min(page.evaluate("shown")) >= 12

    given = replace(RACE, fork=Fork(12, 0, Run("adam"), 0.3))

    for lang, words in WORDS.items():
        link = "/?" + page.url.partition("?")[2] + f"&fork.optimizer=adam&lang={lang}"
        fresh = open_page(link)
        player(fresh)
        fresh.wait_for_selector(f"{PLAYER}[data-playing=true]")
        check_fork(fresh, given)
        for text in words[2:]:
            fresh.get_by_text(text).first.wait_for()
        assert fresh.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        fresh.get_by_role("button", name=words[1]).click()
        fresh.wait_for_url(lambda url: "fork" not in url)
        fresh.wait_for_selector(f"{PLAYER}[data-step='12'][data-playing=false]")


def ghost_of(page: "Page") -> list[list[Any]]:
    """Return what each open panel draws of the run before: the trace, and the points of its line."""
    lines: list[list[Any]] = page.evaluate(
        """() => {
          const points = (source, d) => Array.from(source.column(d).subarray(0, source.rows));
          return [...optvizInbox.sessions.values()]
            .flatMap(session => session.player?.panels ?? [])
            .filter(panel => panel.open && panel.ghost && panel.brushes)
            .flatMap(({ ghost, brushes, plot }) => ghost.users
              .filter(({ source }) => source.track.mode === 'all' && brushes.some(brush => brush.source === source))
              .map(({ trace, source }) =>
                [String(plot.data[trace].meta.follows.y), points(source, 'x'), points(source, 'y')]));
        }"""
    )
    return lines


LOOKED_AT = """
globalThis.waiting = new Map();
const [set, clear] = [setTimeout, clearTimeout];
globalThis.setTimeout = (then, ...more) => {
  if (!String(then).includes("framesOf")) return set(then, ...more);
  const id = `looked-${Math.random()}`;
  waiting.set(id, then);
  return id;
};
globalThis.clearTimeout = id => void (waiting.delete(id) || clear(id));
"""
"""The second for which a run must be looked at passes when the test says so, however slow the machine."""


def test_the_run_before_lies_under_the_present_one_where_it_was_looked_at(open_page: OpenPage):
    page = open_page(LINK)
    page.add_init_script(LOOKED_AT)
    page.reload()
    button = page.get_by_role("button", name="Show the previous run")
    player(page)
    assert button.is_disabled() and button.get_attribute("aria-pressed") == "false"
    page.wait_for_function("waiting.size > 0")
    page.evaluate("waiting.forEach(then => then())")  # a run that is looked at
    rate = page.get_by_label("Learning rate, exact value").first
    for value in ("0.02", "0.01"):  # of which the first passes, as in a drag
        before = player(page).get_attribute("data-run")
        rate.fill(value)
        rate.press("Enter")
        page.wait_for_selector(f"{PLAYER}:not([data-run='{before}'])")
    page.wait_for_function("document.querySelector('.optviz-ghost').disabled === false")
    assert ghost_of(page) == []
    button.click()
    page.wait_for_function("document.querySelector('.optviz-ghost').getAttribute('aria-pressed') === 'true'")
    page.wait_for_selector(f"{PLAYER}[data-step='60']")
    looked_at = races.race_of(RACE).path

    def is_drawn() -> None:
        ghosts = {y: np.array([xs, ys]) for y, xs, ys in ghost_of(page)}
        assert {"w,1", "loss,1"} <= set(ghosts)
        np.testing.assert_allclose(ghosts["w,1"], looked_at.w[:, 0].T, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(ghosts["loss,1"][1], looked_at.loss[:, 1], rtol=1e-4, atol=1e-5)

    eventually(page, is_drawn)
    # The axes hold the ghost too, and Plotly's own traces are those of the present run.
    now = races.race_of(replace(RACE, learning_rate=0.01)).path
    assert np.allclose(drawn(page, "w,1", 60), now.w[:, 0].T, rtol=1e-5, atol=1e-5)
    low, high = page.evaluate(
        """[...document.querySelectorAll('.js-plotly-plot')]
             .find(g => g.data.some(t => String(t.meta?.follows?.y) === 'effective,0'))._fullLayout.yaxis.range"""
    )
    assert 10**low < now.rate[0, 0].min() and looked_at.rate[0, 0].max() < 10**high
    button.click()
    page.wait_for_function("document.querySelector('.optviz-ghost').getAttribute('aria-pressed') === 'false'")
    frames(page)
    assert ghost_of(page) == []


def test_a_training_is_forked_at_an_epoch_and_its_ghost_is_the_training_as_it_was(open_page: OpenPage):
    page = open_page("/classifier?epochs=60")
    player(page)
    page.get_by_text("after 60 epochs").first.wait_for()
    to_step(page, 21)
    page.get_by_role("button", name="Fork at epoch 21").click()
    page.wait_for_url(re.compile(r"switch\.ghost=1"))
    page.get_by_text("SGD, unchanged after 60 epochs").first.wait_for()
    page.wait_for_selector(f"{PLAYER}[data-step='21'][data-playing=false]")
    plain = Training(replace(Trained(epochs=60), methods=(Method(),)))
    plain.advance(60.0)
    page.wait_for_function(
        """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => String(t.meta?.follows?.y) === 'ghost0,0' && t.x.length === 61)"""
    )
    ghost = drawn(page, "ghost0,0", 21)
    assert np.isnan(ghost[1, :21]).all()
    assert np.allclose(ghost[1, 21:], plain.arrays["numbers"][21:, 0, 0], rtol=1e-6)
