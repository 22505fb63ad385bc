"""The surfaces page as a visitor uses it, in a real Chromium."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.optimization.descent import Path
from optviz.optimization.looks import LOOKS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES
from tests.browser.screen import PLAYER, at_the_end, choose, frames, opened, query, run_after

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
DEFAULT = ["sgd", "momentum", "rmsprop", "adam"]
SIZES = [(1400, 900), (390, 844)]


def step_of(page: "Page") -> int:
    return int(page.locator(PLAYER).get_attribute("data-step") or -1)


def drawn(page: "Page") -> dict[str, Any]:
    """Read what the open plots hold: trace names with their points."""
    text = page.evaluate(
        """JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.meta?.follows && t.meta.follows.mode === 'grow')
             .map(t => [t.meta.follows.y.join(), Array.from(t.x), Array.from(t.y)]))"""
    )
    return {name: np.array([x, y], dtype=float) for name, x, y in json.loads(text)}


def expected(
    runs: list[str],
    steps: int,
    learning_rate: float = 0.1,
    start: tuple[float, float] = (-5.0, -2.0),
    **ground: Any,
) -> Path:
    """Run the race that the page should show."""
    base = {"surface": "bowl", "formula": "", "l1": 0.0, "l2": 0.0, "sigma": 0.0, "seed": 0}
    settings = Settings(
        ground=Ground(**{**base, **ground}),
        runs=read_runs(runs),
        learning_rate=learning_rate,
        schedule=Choice("constant"),
        warmup=0,
        start=start,
        steps=steps,
    )
    return races.race_of(settings).path


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_race_runs_by_itself_and_draws_the_numbers_of_the_backend(open_page: OpenPage, width: int, height: int):
    page = open_page("/", width, height)
    run_after(page)
    page.wait_for_function("+document.querySelector('[data-testid=optviz-player]').dataset.step > 5")
    at_the_end(page, 200)
    path, traces = expected(DEFAULT, 200), drawn(page)
    for run in range(4):
        assert np.allclose(traces[f"w,{2 * run + 1}"], path.w[:, run].T, rtol=1e-5, atol=1e-6)
    page.get_by_text("Adam arrives first, at step 79.").first.wait_for()
    # scrubbing and stepping show that step
    page.keyboard.press("Home")
    page.wait_for_selector("[data-testid=optviz-player][data-step='0'][data-playing=false]")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-testid=optviz-player][data-step='3']")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("[data-testid=optviz-player][data-step='2']")
    page.locator("[data-testid=optviz-player] input[type=range]").first.fill("60")
    page.wait_for_selector("[data-testid=optviz-player][data-step='60']")
    page.wait_for_function(
        """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => t.meta?.follows?.mode === 'grow' && t.x.length === 61)"""
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_click_on_the_surface_starts_there(open_page: OpenPage, width: int, height: int):
    page = open_page("/?steps=50", width, height)
    before = run_after(page)
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + 0.75 * area["width"], area["y"] + 0.25 * area["height"])
    run_after(page, before)
    page.wait_for_function("location.search.includes('x1=')")
    query = parse_qs(urlsplit(page.url).query)
    start = float(query["x1"][0]), float(query["x2"][0])
    assert start == pytest.approx((3.0, 1.6), abs=0.15)
    at_the_end(page, 50)
    assert np.allclose(drawn(page)["w,1"], expected(DEFAULT, 50, start=start).w[:, 0].T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_kind_of_control_changes_the_race_and_the_link(open_page: OpenPage, width: int, height: int):
    page = open_page("/?steps=50", width, height)
    run = run_after(page)

    def changed(part: str) -> None:
        nonlocal run
        run = run_after(page, run)
        page.wait_for_function("part => location.search.includes(part)", arg=part)

    choose(page.get_by_test_id("stSelectbox").filter(has_text="Surface").locator("input"), "Himmelblau")
    changed("surface=himmelblau")
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    changed("lr=0.001")  # from 0.003, which SGD wants there
    page.get_by_label("Learning rate, exact value").fill("0.005")
    page.get_by_label("Learning rate, exact value").press("Enter")
    changed("lr=0.005")
    choose(page.get_by_test_id("stSelectbox").filter(has_text="Add an optimizer").locator("input"), "Lion")
    changed("run=lion")
    page.get_by_text("Settings of Lion").click()
    page.get_by_text("Own learning rate").click()
    page.wait_for_function("location.search.includes('lion%2Clr')")
    page.get_by_role("button", name="Remove").click()
    page.wait_for_function("!location.search.includes('lion')")
    run = run_after(page)
    page.get_by_text("Regularization and noise").click()
    page.get_by_label("L2 strength, exact value").fill("0.5")
    page.get_by_label("L2 strength, exact value").press("Enter")
    changed("l2=0.5")
    page.get_by_label("Gradient noise σ, exact value").fill("1")
    page.get_by_label("Gradient noise σ, exact value").press("Enter")
    changed("noise=1")
    page.get_by_text("Learning-rate schedule").click()
    page.get_by_text("Linear warm-up, steps").wait_for()
    choose(
        page.get_by_test_id("stSelectbox").filter(has_text="Schedule").locator("input").last, SCHEDULES["cosine"].title
    )
    changed("schedule=cosine")
    page.get_by_text("Start and axes").click()
    page.get_by_label("x₁").fill("2")
    page.get_by_label("x₁").press("Enter")
    changed("x1=2")
    page.get_by_text("Loss on a log axis").click()
    changed("log=0")
    page.get_by_text("Reset", exact=True).click()
    run_after(page, run)
    page.wait_for_function("location.search === ''")


def test_examples_are_one_tap(open_page: OpenPage):
    page = open_page("/")
    before = run_after(page)
    page.get_by_text("SGD: too slow, good, diverging").click()
    run_after(page, before)
    at_the_end(page, 50)
    page.get_by_text("SGD lr 0.61 diverged: its learning rate 0.61 is above 2/λ = 0.5").first.wait_for()
    traces = drawn(page)
    path = expected(["sgd,lr=0.06", "sgd,lr=0.42", "sgd,lr=0.61"], 50)
    for run in range(3):
        assert np.allclose(traces[f"w,{2 * run + 1}"], path.w[:, run].T, rtol=1e-5, atol=1e-5)


def test_the_same_link_in_a_second_browser_shows_the_same_picture_in_its_language(open_page: OpenPage):
    one = open_page("/?surface=beale&lr=0.01&steps=120&run=adam,beta1=0.5&run=nadam,lr=0.05&noise=0.3&seed=4")
    at_the_end(one, 120)
    other = open_page(one.url[one.url.index("/", 8) :], 390, 844, "zh-CN", "dark")
    at_the_end(other, 120)
    other.get_by_text("学习率").first.wait_for(state="attached")
    assert run_after(one) == run_after(other)
    here, there = drawn(one), drawn(other)
    assert here.keys() == there.keys() and all(np.array_equal(here[k], there[k], equal_nan=True) for k in here)


def test_switching_pages_and_back_keeps_the_settings_and_the_picture(
    open_page: OpenPage, turn_to: Callable[["Page", str], None]
):
    page = open_page("/?surface=booth&lr=0.03&steps=80")
    before = run_after(page)
    turn_to(page, "Classifier")
    page.wait_for_url("**/classifier**")
    turn_to(page, "Surfaces")
    page.wait_for_function("location.search.includes('surface=booth')")
    assert run_after(page) == before
    at_the_end(page, 80)
    path = expected(DEFAULT, 80, 0.03, tuple(SURFACES["booth"].start), surface="booth")
    assert np.allclose(drawn(page)["w,1"], path.w[:, 0].T, rtol=1e-5, atol=1e-5)


def test_the_language_is_switched_and_stands_in_the_link(open_page: OpenPage):
    english = open_page("/")
    english.get_by_text("Learning rate").first.wait_for()
    english.get_by_text("简体中文").click()
    english.get_by_text("学习率").first.wait_for()
    english.wait_for_function("location.search === '?lang=zh'")


def test_two_visitors_at_once_do_not_meet(open_page: OpenPage):
    one, other = open_page("/?lr=0.3&steps=50"), open_page("/?lr=0.01&steps=60")
    at_the_end(one, 50)
    at_the_end(other, 60)
    assert np.allclose(drawn(one)["w,1"], expected(DEFAULT, 50, 0.3).w[:, 0].T, rtol=1e-5, atol=1e-5)
    assert np.allclose(drawn(other)["w,1"], expected(DEFAULT, 60, 0.01).w[:, 0].T, rtol=1e-5, atol=1e-5)


def test_bad_links_get_a_word_and_no_exception(open_page: OpenPage):
    page = open_page("/?lr=nan&steps=9999999&surface=%3Cscript%3E&run=adam,lr=x&bogus=1")
    run_after(page)
    note = page.get_by_text("The rest of the link was used.")
    note.wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    page.get_by_role("button", name="Close this note").click()
    note.wait_for(state="detached")


def test_no_optimizer_asks_for_one_and_adding_one_starts_the_race(open_page: OpenPage):
    page = open_page("/?run=none")
    page.get_by_text("Choose at least one optimizer").wait_for()
    choose(page.get_by_test_id("stSelectbox").filter(has_text="Add an optimizer").locator("input"), "Adam")
    run_after(page)


def test_the_3d_view_draws_the_same_paths(open_page: OpenPage):
    page = open_page("/?surface=booth&steps=40&lr=0.01")
    page.get_by_role("tab", name="In 3-D").click()
    at_the_end(page, 40)
    page.wait_for_function(
        """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .some(t => t.type === 'scatter3d' && t.x?.length === 41)""",
    )
    solid = page.evaluate(
        """[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data)
             .filter(t => t.type === 'scatter3d' && t.mode === 'lines')
             .map(t => [t.x, t.y, t.z].map(v => Array.from(v)))"""
    )
    path = expected(DEFAULT, 40, 0.01, tuple(SURFACES["booth"].start), surface="booth")
    for run in range(4):
        assert np.allclose(np.array(solid[run])[:2].T, path.w[:, run], rtol=1e-4, atol=1e-4)
        assert len(solid[run][2]) == 41


def test_a_number_is_typed_as_people_write_it(open_page: OpenPage) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, "/?lang=en", width=390)
    field = page.locator(".st-key-surfaces-lr-field input")
    field.click()
    assert field.evaluate("field => [field.inputMode, parseFloat(getComputedStyle(field).fontSize) >= 16]") == [
        "decimal",
        True,
    ]
    for typed, shown, kept in (("0,05", "0.05", "0.05"), ("1/3", "0.333333", "0.3333333333333333")):
        field.fill(typed)
        field.press("Enter")
        page.wait_for_url(lambda url, kept=kept: f"lr={kept}" in url)
        expect(field).to_have_value(shown)
    field.press("ArrowDown")
    page.wait_for_url(lambda url: "lr=0.32" in url)
    field.fill("abc")
    field.press("Enter")
    expect(page.get_by_text("“abc” is not a number: it stays at 0.32.")).to_be_visible()
    expect(field).to_have_value("abc")
    assert query(page)["lr"] == ["0.32"]


def test_an_optimizer_is_added_once_though_the_browser_hears_of_it_late(open_page: OpenPage) -> None:
    page = open_page("/?run=sgd&steps=50")
    page.add_init_script(
        """const listen = WebSocket.prototype.addEventListener;
           WebSocket.prototype.addEventListener = function (kind, told, ...more) {
             const late = event => void setTimeout(() => told.call(this, event), 1000);
             listen.call(this, kind, kind === "message" ? late : told, ...more);
           };"""
    )
    page.reload()
    run_after(page)
    # The playhead rests again and again: what runs then reports all widgets, also before they show what was set.
    page.evaluate(
        """() => setInterval(() => {
             globalThis.turns = (globalThis.turns ?? 0) + 1;
             document.querySelector('[data-testid=optviz-player]').dispatchEvent(
               new KeyboardEvent("keydown", { key: ["Home", "End"][globalThis.turns % 2], bubbles: true }));
           }, 250)"""
    )
    for name in ("Lion", "Adam"):
        choose(page.get_by_test_id("stSelectbox").filter(has_text="Add an optimizer").locator("input"), name)
        frames(page, 240)
    assert query(page)["run"] == ["sgd", "lion", "adam"]


def test_a_tab_that_says_little_stands_behind_until_it_is_chosen_and_a_link_says_so(open_page: OpenPage):
    page = open_page("/?steps=50", reduced_motion="reduce")
    rates = page.locator("[role=tab][aria-selected=true]").filter(has_text="rate")
    run_after(page)
    assert rates.inner_text() == "Effective rate"
    page.get_by_role("tab", name="Learning rate", exact=True).click()
    page.get_by_role("button", name="Share this moment").click()
    page.wait_for_function("decodeURIComponent(document.querySelector('.optviz-link').value).includes('\"rates\":0')")
    page = open_page("/?steps=50&schedule=cosine", reduced_motion="reduce")
    run_after(page)
    assert page.locator("[role=tab][aria-selected=true]").filter(has_text="rate").inner_text() == "Learning rate"


LENS = "[...optvizInbox.sessions.values()][0].player.panels[0].lens"
COLOR_AT = """([x, y]) => {
  const canvas = document.querySelector('.optviz-panel canvas.optviz-heads'), ratio = canvas.width / canvas.clientWidth;
  return [...canvas.getContext('2d').getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data];
}"""


def test_a_lens_shows_the_neighbourhood_of_a_minimum_where_runs_end_in_one_blob(open_page: OpenPage):
    page = open_page("/?surface=sphere&run=sgd,lr=0.05&run=adam,lr=0.3&steps=120", reduced_motion="reduce")
    page.wait_for_selector(f"{PLAYER}[data-step='120']")
    page.wait_for_function(LENS)
    runs, start = read_runs(["sgd,lr=0.05", "adam,lr=0.3"]), SURFACES["sphere"].start
    path = races.race_of(
        Settings(
            ground=Ground("sphere", "", 0, 0, 0, 0),
            runs=runs,
            learning_rate=0.1,
            schedule=Choice("constant"),
            warmup=0,
            start=start,
            steps=120,
        )
    ).path
    sides = page.evaluate(
        """() => { const { xaxis, yaxis } = document.querySelector('.js-plotly-plot')._fullLayout;
           return [xaxis._length, yaxis._length]; }"""
    )
    ends = path.w[120] * np.array(sides) / 6 * (1, -1)  # pixels from the minimum at 0
    fits = 0.36 * min(sides) / 2 / (1.35 * np.linalg.norm(ends, axis=-1).max())
    lens = page.evaluate(LENS)
    assert lens["zoom"] == max(n for n in (10.0**p * d for p in range(5) for d in (1, 2, 5)) if n <= min(fits, 2e4))
    for (x, y), name in zip(ends * lens["zoom"] + lens["at"], ("sgd", "adam"), strict=True):
        color = page.evaluate(COLOR_AT, [float(x), float(y)])
        wanted = [int(LOOKS[name].light[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(np.subtract(color[:3], wanted)).max() < 12, name
    page.locator(PLAYER).first.focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"{LENS} === null")
    alone = open_page("/?surface=sphere&run=sgd,lr=0.05&steps=120", reduced_motion="reduce")
    alone.wait_for_selector(f"{PLAYER}[data-step='120']")
    assert alone.evaluate(LENS) is None
