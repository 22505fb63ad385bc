"""The strip under the learning rate: the ends of runs at every rate, as the races there have them."""

import re
from base64 import b64decode
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from optviz.figures import strip as pictures
from optviz.figures.strip import Curve
from optviz.figures.style import SERIES
from optviz.lessons import fair, races, strip
from optviz.lessons.runs import Run
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.grounds import course_of
from optviz.surfaces.race import Ending
from optviz.surfaces.rates import RATES
from tests.pages import healthy, opened, sound
from tests.test_following import opened as whole_app
from tests.test_surfaces_page import settings

page = partial(opened, "surfaces")
FOUR = tuple(map(Run, ("sgd", "momentum", "rmsprop", "adam")))


@pytest.mark.parametrize("surface", ["bowl", "beale", "saddle"])
def test_the_heights_are_where_the_races_end(surface):
    given = settings(surface, FOUR, steps=40)
    heights = strip.heights_of(given, strip.finals_of(given))
    low, high = strip.edges_of(given)
    least = course_of(given.ground).minima
    for place in range(0, len(RATES), 4):
        for run, end in enumerate(races.race_of(replace(given, learning_rate=RATES[place])).ends):
            if end.step < given.steps or end.loss - (least.value if least.known else 0.0) >= high:
                assert heights[run, place] == 1
            elif least.known:
                gap = max(end.loss - least.value, low)
                assert heights[run, place] == pytest.approx(np.log10(gap / low) / np.log10(high / low), abs=1e-6)
            else:
                assert heights[run, place] == pytest.approx(max((end.loss - low) / (high - low), 0), abs=1e-6)


def parts(html, kind, side):
    """Return how far some parts of a strip stand from a side, in per cent."""
    return [float(share) for share in re.findall(rf"<{kind}[^>]* style='(?:left:[^;]*;)?{side}:([\d.]+)%", html)]


def test_what_lies_below_the_dashed_line_has_arrived():
    given = settings("bowl", FOUR, steps=200)
    (level,) = parts(strip.strip(given), "i class='optviz-level'", "bottom")
    heights = strip.heights_of(given, strip.finals_of(given))
    for place in range(24, 60, 3):
        ends = races.race_of(replace(given, learning_rate=RATES[place])).ends
        assert [end.ending is Ending.ARRIVED for end in ends] == (100 * heights[:, place] < level).tolist()


def test_the_curves_are_drawn_as_their_runs_are_and_marked_where_they_are():
    looks = SERIES[0], SERIES[7]
    heights = [0.0, 0.5, 1.0, 1.0, 1.0]  # of what is level only the ends are told
    curves = [Curve(look, heights, (0.25, height)) for look, height in zip(looks, (0.1, 1.0), strict=True)]
    html = pictures.strip(curves, [(0.5, "1 < 2")], 'it "falls"', level=0.2, at=0.25)
    masks = [b64decode(text).decode() for text in re.findall(r"base64,([^)]*)\)", html)]
    assert [re.search("points='(.*?)'", mask)[1] for mask in masks] == ["0,74 67.5,37 135,0 270,0"] * 2
    assert [re.search("dasharray='(.*?)'", mask)[1] for mask in masks] == ["none", "9,3,2,3,2,3"]
    assert [f"var(--optviz-{look.color})'>{look.glyph}</b>" in html for look in looks] == [True, True]
    assert (parts(html, "b", "left"), parts(html, "b", "bottom")) == ([25, 25], [10, 100])
    assert (
        parts(html, "i class='optviz-here'", "left") == [25] and "1 &lt; 2" in html and "it &quot;falls&quot;" in html
    )


def test_all_dashes_of_optimizers_can_be_drawn():
    from optviz.optimization.looks import LOOKS

    dashes = {look.dash for look in (*SERIES, *LOOKS.values())}
    assert all(dash in pictures.DASHES or re.fullmatch(r"[\d.]+px(,[\d.]+px)*", dash) for dash in dashes)


def test_the_mark_of_a_run_is_at_its_own_rate_and_at_the_end_of_its_race():
    given = settings("bowl", (Run("sgd"), Run("sgd", 0.6), Run("adam", 100.0)), steps=50)
    html = strip.strip(given)
    assert parts(html, "b", "left") == pytest.approx([100 * strip.place(rate) for rate in (0.1, 0.6, 100)], abs=0.06)
    low, high = strip.edges_of(given)
    slow, diverged, _adam = races.race_of(given).ends
    assert diverged.ending is Ending.DIVERGED and parts(html, "b", "bottom")[1] == 100
    assert parts(html, "b", "bottom")[0] == pytest.approx(100 * np.log(slow.loss / low) / np.log(high / low), abs=0.06)
    assert parts(html, "i class='optviz-here'", "left") == pytest.approx([100 * strip.place(0.1)], abs=0.06)
    best = strip.strip(fair.at_best(given))
    assert not parts(best, "i class='optviz-here'", "left") and len(set(parts(best, "b", "left"))) == 2


def test_it_says_where_each_run_ends_lowest_and_from_where_on_it_diverges():
    said = strip.say(settings("bowl", (Run("sgd", 0.01), Run("adam")), steps=100))
    assert "after 100 steps" in said and "SGD ends lowest at 0.42, and diverges from 0.56 on." in said
    ends = {}
    for rate in RATES:
        (ends[rate],) = races.race_of(settings("bowl", (Run("sgd"),), steps=100, learning_rate=rate)).ends
    assert min(ends, key=lambda rate: ends[rate].loss) == 0.42
    assert min(rate for rate, end in ends.items() if end.ending in (Ending.DIVERGED, Ending.OVERFLOW)) == 0.56
    assert re.search(r"Adam ends lowest at [\d.]+(, and|\.)", said)


def test_where_nothing_has_a_value_there_is_no_strip():
    assert strip.strip(settings("formula", formula="log(-1 - x1^2 - x2^2)")) == ""
    lost = settings("formula", (Run("sgd"),), formula="sqrt(x1) + x1^2 + x2^2", start=(-1.0, 0.0))
    assert "SGD diverges at every rate." in strip.say(lost)


def test_what_takes_long_has_a_mark_and_no_curve():
    slow = ("newton", "lbfgs", "conjugate_gradient", "armijo")
    assert not any(strip.rates.is_quick(OPTIMIZERS[name]()) for name in slow)
    given = settings("bowl", (Run("sgd"), *map(Run, slow)), steps=20)
    html = strip.strip(given)
    assert html.count("optviz-curve") == 1 and html.count("<b ") == 5
    assert "A mark without a curve" in html and "L-BFGS ends" not in strip.say(given)
    assert "without a curve" not in strip.strip(settings("bowl", FOUR, steps=20))


def test_another_rate_does_not_make_the_runs_again(monkeypatch):
    given = settings("matyas", FOUR, steps=77)
    strip.strip(given)
    monkeypatch.setattr(strip.rates, "finals", None)
    for changed in (replace(given, learning_rate=0.03), replace(given, runs=(Run("adam", 3.0), Run("sgd")))):
        assert strip.strip(changed)


def drawn(app):
    """Return what the strip of a page says."""
    (said,) = [html.proto.body for html in app.get("html") if "class='optviz-strip'" in html.proto.body]
    return said


def test_the_strip_follows_the_sliders_alone():
    app = sound(whole_app(steps="20"))
    assert "after 50 steps" in drawn(app)
    healthy(app.slider(key="surfaces~steps").set_value(70).run())
    assert not app.title and "after 100 steps" in drawn(app)
    healthy(app.run())
    (before,) = parts(drawn(app), "i class='optviz-here'", "left")
    healthy(app.select_slider(key="surfaces~lr~slider").set_value(1.0).run())
    assert not app.title and parts(drawn(app), "i class='optviz-here'", "left") == [75.0] != [before]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"fair": "1"},
        {"surface": "saddle", "run": ["sgd", "newton"]},
        {"surface": "formula", "f": "x1*x2/(x1-x2)"},
        {"fork": "5", "fork.lr": "3", "noise": "1"},
    ],
)
def test_every_race_has_its_strip(lang, parameters):
    assert drawn(page(lang=lang, steps="20", **parameters))


def test_a_race_without_optimizers_has_none():
    app = page(run="none")
    assert not [html for html in app.get("html") if "class='optviz-strip'" in html.proto.body]


@pytest.mark.parametrize("rate", [1e-3, 0.3, 30.0])
@pytest.mark.parametrize("surface", ["bowl", "rosenbrock", "himmelblau"])
def test_the_ends_without_a_judge_are_those_of_the_race(surface, rate):
    runs = tuple(Run(name) for name in ("sgd", "adam", "newton", "armijo", "nadam"))
    given = replace(settings(surface, runs, steps=70), learning_rate=rate)
    ends = [end.loss if end.step == given.steps else np.nan for end in races.race_of(given).ends]
    np.testing.assert_array_equal(races.ends_of(given), ends)
