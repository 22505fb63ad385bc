"""The page of descents on a curve, run without a browser: numbers, sentences, tables, bad input, both languages."""

import re
from dataclasses import replace

import numpy as np
import pytest

from optviz.figures.panels import run_of
from optviz.lessons import descent
from optviz.lessons.descent import Settings
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from optviz.surfaces.curve_descent import Behavior
from optviz.surfaces.curves import CURVES
from tests.pages import opener, said
from tests.programs import drawn, run

DEFAULT = Settings(
    curve="shifted", formula="", rates=(0.2,), schedule=Choice("constant"), warmup=0, start=5.0, steps=40, single=False
)
COURSE = replace(DEFAULT, schedule=Choice("exponential_decay", (("decay_steps", 1), ("rate", 0.99))), single=True)

page, fine = opener("descent", folds=("schedules", "axes", "tensorflow"))


def rows(app):
    """Read the last table of the page: a list of cells a row."""
    html = [part.proto.body for part in app.get("html") if "<table>" in part.proto.body][-1]
    return [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in re.findall("<tr>.*?</tr>", html)][1:]


def test_1_1_is_on_the_page_when_it_opens():
    app = fine()
    assert [row[3] for row in rows(app)[:3]] == ["2.600000", "1.160000", "0.296000"]
    assert "Learning rate 0.2 is good: it is at most 1/λ = 0.5" in said(app) and "each step removes 40.0%" in said(app)
    assert r"w_1 &= 5 - 0.2 \cdot 12 = 2.6" in said(app) and "-1 + (0.6)^t" in said(app)


def test_1_3_the_printed_rows_are_on_the_page():
    parameters = {"schedule": "exponential_decay", "exponential_decay.decay_steps": "1", "single": "1"}
    app = fine(**parameters, **{"exponential_decay.rate": "0.99"})
    assert r"\mathrm{lr}_{1} = 0.2 \cdot 0.99^{1 / 1} = 0.198" in said(app)
    table = rows(app)
    assert len(table) == 40
    printed = [(row[0], *row[3:]) for row in table[:11]]
    assert printed[0] == ("0", "2.600000", "36.000000", "0.200000")
    assert printed[1] == ("1", "1.174400", "12.959999", "0.198000")
    assert printed[10] == ("10", "-0.969167", "0.002334", "0.180876")


def test_1_2_three_learning_rates_at_once():
    app = fine(curve="square", steps="20", lr="0.1", compare="0.9, 1.04")
    report = next(part.proto.body for part in app.get("html") if "optviz-told" in part.proto.body)
    assert "lr 0.1: good; lr 0.9: oscillates, then settles; lr 1.04: diverges." in said(app)
    assert "1/λ = 0.5 and 2/λ = 1" in report and "lands 1.08 times as far" in report
    assert rows(app)[0][3] == "0.800000"
    app.button_group(key="descent~table").set_value("1.04").run()
    assert rows(app)[0][3] == "-1.080000" and app.query_params["table"] == "1.04"
    app.text_input(key="descent~compare").set_value("0.9").run()
    assert rows(app)[0][3] == "0.800000" and "table" not in app.query_params and not app.exception


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("curve", CURVES)
def test_every_curve(curve, lang):
    fine(lang, curve=curve, compare="0.001, 0.9, 3", log="1")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_with_a_warm_up(schedule, lang):
    app = fine(lang, schedule=schedule, warmup="10", steps="60")
    assert rows(app)[0][-1] == "0.000000"


FORMULAS = ["w^2 + w", "sin(w)", "exp(w)", "log(w)", "1/w", "abs(w-1)", "w", "3", "sqrt(w)", "w^64", "tan(w)"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("start", ["-2", "0"])
def test_formulas_of_all_kinds(formula, start, lang):
    fine(lang, curve="formula", f=formula, start=start, compare="30", log="1")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("formula", ["", "w+", "x1", "__import__('os')", "w.real", "9**9**9", "1/0", "-" * 30 + "w"])
def test_what_is_no_formula_gets_one_sentence_and_the_page_stays(formula, lang):
    app = page(lang, curve="formula", f="w^2")
    app.text_input(key="descent~f").set_value(formula).run()
    assert len(app.error) == 1 and not app.exception
    assert rows(app)[0][1] == "4.000000" and "w^{2}" in said(app)


def test_learning_rates_that_look_alike_are_two():
    fine(lr="0.1", compare="0.1000000001, 0.1, 0.2", table="0.1000000001")


@pytest.mark.parametrize("text", ["0.1: 2", "a", "1e9", "0", "-1", "1,2,3,4", "nan"])
def test_what_is_no_learning_rate_gets_one_sentence(text):
    app = page()
    app.text_input(key="descent~compare").set_value(text).run()
    assert len(app.error) == 1 and not app.exception and len(rows(app)) == 40


def test_the_panels_follow_the_numbers_of_the_descent():
    for settings in (DEFAULT, replace(DEFAULT, rates=(0.2, 0.999, 1.1, 0.01))):
        arrays, path = descent.arrays_of(settings, True), descent.descent_of(settings).path
        np.testing.assert_allclose(arrays["w"], path.w[..., 0], rtol=1e-6)
        np.testing.assert_allclose(arrays["gap"], path.loss, rtol=1e-6)
        for panel in descent.panels_of(settings, True):
            assert panel.tracks
            for track in panel.tracks:
                for ref in (track.x, track.y):
                    name, column = ref if isinstance(ref, tuple) else (ref, 0)
                    assert name == "step" or column < arrays[name][0].size


def test_a_tangent_begins_at_its_iterate_has_its_slope_and_ends_under_the_next():
    arrays = descent.arrays_of(DEFAULT, False)
    path, gradient, _verdicts = descent.descent_of(DEFAULT)
    for t in (0, 3, 20):
        (x0, x1), (y0, y1) = arrays["tangent0x"][t, -3:-1], arrays["tangent0y"][t, -3:-1]
        assert (x0, y0) == pytest.approx((path.w[t, 0, 0], path.loss[t, 0]), rel=1e-6)
        assert (y1 - y0) / (x1 - x0) == pytest.approx(gradient[t, 0], rel=1e-3)
        assert x1 == pytest.approx(path.w[t + 1, 0, 0], rel=1e-6)
        assert arrays["drop0y"][t, 1] == pytest.approx(path.loss[t + 1, 0], rel=1e-6)
    assert np.isfinite(arrays["tangent0x"][3, :12]).sum() == 8


def test_the_whole_path_is_seen_until_it_is_four_times_as_wide_as_the_curve():
    for rate, wide in ((0.2, 14), (0.999, 14), (1.04, 56)):
        low, high = (
            descent.panels_of(replace(DEFAULT, rates=(rate,)), False)[0]
            .figure.split('"range":[')[1]
            .split("]")[0]
            .split(",")
        )
        assert float(high) - float(low) == pytest.approx(wide)


def test_each_behavior_is_said_in_words_of_its_own():
    said = {}
    for curve, rates in (
        ("shifted", (0.001, 0.2, 0.6, 0.999, 1.1)),
        ("wavy", (0.05, 0.45, 0.6, 0.001)),
        ("kink", (0.2,)),
        ("quartic", (0.05,)),
        ("plateau", (10.0,)),
    ):
        for rate in rates:
            settings = replace(DEFAULT, curve=curve, rates=(rate,), start=CURVES[curve].start)
            (verdict,) = descent.descent_of(settings).verdicts
            said[curve, rate] = sentence = descent.reason(settings, 0)
            assert descent.behavior(verdict).split()[0] in sentence
            assert f"Learning rate {rate:g} " in sentence and "{" not in sentence
    assert "far below 1/λ = 0.5" in said["shifted", 0.001]
    assert "keeps oscillating: it is within 1% of the limit 2/λ = 1" in said["shifted", 0.999]
    assert "above 2/λ = 1" in said["shifted", 1.1]
    assert "local minimum: the loss is lower at w = −0.748" in said["wavy", 0.05]
    assert "λ = 3.61: the learning rate is above the limit 2/λ = 0.554" in said["wavy", 0.6]
    assert "At the kink the slope changes its sign" in said["kink", 0.2]
    assert "curvature at the minimum is 0" in said["quartic", 0.05]
    assert "1 − lr·λ: 0.6 at first, 0.732 in the end" in descent.reason(COURSE, 0)


def test_every_behavior_has_its_sentence():
    assert set(descent.BEHAVIORS) == set(Behavior)
    assert set(descent._GENERAL) == set(Behavior)


def test_the_same_settings_name_the_same_run():
    keys = {run_of(settings, log) for settings in (DEFAULT, COURSE) for log in (False, True)}
    assert len(keys) == 4 and run_of(replace(DEFAULT), True) in keys


PROGRAMS = [
    DEFAULT,
    COURSE,
    replace(DEFAULT, rates=(0.05, 0.3, 1.2)),
    replace(DEFAULT, curve="wavy", start=6.5, warmup=7),
    replace(DEFAULT, curve="formula", formula="sqrt(w^2+1) + abs(w-2)/3 - pi", start=3.0),
    replace(DEFAULT, curve="formula", formula="sqrt(w^2)", start=0.0),
    replace(DEFAULT, curve="formula", formula="cos(sqrt(w^2)) + 3w", start=0.0),
    replace(DEFAULT, curve="formula", formula="max(w, -w) + min(w, 1)/4", start=1.0, rates=(0.25, 0.8)),
    replace(DEFAULT, curve="formula", formula="3"),
    *(replace(DEFAULT, curve="kink", start=2.5, warmup=i % 2 * 4, single=i % 3 == 0,
              schedule=Choice(name, tuple(drawn(SCHEDULES[name], np.random.default_rng(i)).items())))
      for i, name in enumerate(SCHEDULES)),
]  # fmt: skip


@pytest.mark.parametrize("settings", PROGRAMS, ids=lambda s: f"{s.curve} {s.schedule.name} {s.warmup} {s.formula}")
def test_the_program_prints_the_same_descent(settings):
    pytest.importorskip("tensorflow")
    settings = replace(settings, steps=15)
    text = run(descent.program(settings).replace(":.7g", ":.17g"))[1]
    printed = np.array(
        [[word for word in line.split() if not word.isalpha()] for line in text.splitlines()], dtype=float
    )
    path, gradient, _verdicts = descent.descent_of(settings)
    for i in range(len(settings.rates)):
        own = slice(16 * i, 16 * (i + 1))
        ours = np.stack([path.w[:, i, 0], gradient[:, i], path.loss[:, i], path.learning_rate[:, i]], axis=-1)
        assert printed[own, 0].tolist() == list(range(16))
        exact = 3e-6 if settings.single else 1e-11
        np.testing.assert_allclose(printed[own, 1:], ours, rtol=exact, atol=exact)
