"""What is offered to a run in trouble works, and a press of its button changes the link and the race."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from optviz.lessons import descent, diagnoses, races
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run, read_runs
from optviz.locale.spoken import LANGUAGES
from optviz.recipes import Choice
from optviz.surfaces.diagnosis import Trouble
from optviz.surfaces.grounds import Ground
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import remedies
from tests.pages import opened


def settings(run, steps, surface="bowl", sigma=0.0, schedule="constant", values=()):
    ground = Ground(surface, "", 0.0, 0.0, sigma, 0)
    return Settings(
        ground=ground,
        runs=read_runs([run]),
        learning_rate=0.1,
        schedule=Choice(schedule, values),
        warmup=0,
        start=SURFACES[surface].start,
        steps=steps,
    )


CASES = {
    "diverged": (("sgd,lr=0.61", 50), Trouble.DIVERGED, "■"),
    "swings": (("rmsprop", 200), Trouble.SWINGING, "RMSProp: learning rate 0.1 → 0.03"),
    "momentum": (("momentum_classical,lr=0.6,beta=0.97", 100), Trouble.SWINGING, "β 0.97 → "),
    "crawls": (("sgd,lr=0.06", 50), Trouble.CRAWLING, "SGD: learning rate 0.06 → 0.45"),
    "dead": (("adagrad,lr=0.1", 200, "long_valley"), Trouble.DEAD_RATE, "AdaGrad: learning rate 0.1 → "),
    "schedule": (
        ("sgd", 200, "bowl", 0.0, "exponential_decay", (("decay_steps", 10), ("rate", 0.5))),
        Trouble.DEAD_RATE,
        "",
    ),
    "saddle": (("sgd,lr=0.01", 200, "saddle"), Trouble.SADDLE, "SGD: learning rate 0.01 → "),
    "local minimum": (("sgd,lr=0.1", 200, "three_hump_camel"), Trouble.LOCAL_MINIMUM, "SGD: learning rate 0.1 → "),
}


@pytest.mark.parametrize("case", CASES)
def test_with_what_is_offered_the_run_arrives_or_escapes(case):
    given, trouble, text = CASES[case]
    before = settings(*given)
    (found,) = races.findings_of(before)
    remedy = remedies.remedy_of(before, 0)
    assert found.trouble is trouble and text.replace("■", "0.61 → 0.45") in remedies.label(before, remedy)
    after = replace(before, runs=(remedy.contestant,))
    (end,) = races.race_of(after).ends
    assert races.findings_of(after) == (None,)
    assert end.ending in (Ending.ARRIVED, Ending.DESCENDING) and end.arrival == remedy.end.arrival


def test_another_optimizer_is_offered_where_no_learning_rate_helps():
    slow = settings("sgd,lr=0.03", 200, "long_valley")
    remedy = remedies.remedy_of(slow, 0)
    assert remedies.label(slow, remedy) == "● SGD: try Adam, learning rate 0.3"
    assert races.race_of(replace(slow, runs=(remedy.contestant,))).ends[0].ending is Ending.ARRIVED


def test_where_nothing_helps_nothing_is_offered():
    assert remedies.remedy_of(settings("sgd", 200, sigma=2.0), 0) is None


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_has_the_numbers_of_the_path(case):
    given, trouble, _text = CASES[case]
    before = settings(*given)
    (found,), path = races.findings_of(before), races.race_of(before).path
    (caption,) = races.captions(before)
    assert caption.step == found.step
    assert caption.text == f"Step {found.step}: {races.whys(before)[0]}"
    w = path.w[found.step, 0]
    said = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", caption.text)]
    left = np.linalg.norm(np.array(SURFACES[before.ground.surface].minima or [w]) - w, axis=-1).min()
    expected = {
        Trouble.DIVERGED: [0.61, 0.5, 4.0],
        Trouble.CRAWLING: [left, path.rate[found.step, 0, 0]],
        Trouble.DEAD_RATE: [left, path.rate[0, 0, 0], path.rate[found.step, 0, 0]],
        Trouble.SWINGING: [found.product, found.bound],
    }.get(trouble, [np.linalg.norm(SURFACES[before.ground.surface](w)[1])])
    for number in expected:
        assert any(each == pytest.approx(number, rel=6e-3) for each in said), (number, caption.text)


def test_every_sentence_can_be_said():
    found = races.findings_of(settings("sgd,lr=0.61", 50))[0]
    for trouble in Trouble:
        for scheduled in (False, True):
            text = diagnoses.explain("Name", found._replace(trouble=trouble, scheduled=scheduled, limit=None))
            assert "Name" in text and "{" not in text


def test_one_that_comes_after_is_no_crowd():
    said = races.say(replace(settings("sgd,lr=0.42", 60), runs=(Run("sgd", 0.42), Run("adam", 1.0, (("beta1", 0.5),)))))
    assert "Then comes SGD lr 0.42 (45)." in said


surfaces = partial(opened, "surfaces")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_press_changes_that_run_alone_and_the_link(lang):
    app = surfaces(lang, steps="50", run=["sgd,lr=0.42", "sgd,lr=0.61", "momentum_classical,lr=0.6,beta=0.97"])
    assert [b.key for b in app.button if "~remedy" in b.key] == ["surfaces~remedy1", "surfaces~remedy2"]
    app.button(key="surfaces~remedy1").click().run()
    assert app.query_params["run"][:2] == ["sgd,lr=0.42", "sgd,lr=0.45"]
    app.button(key="surfaces~remedy2").click().run()
    assert app.query_params["run"][2].startswith("momentum_classical,lr=0.6,beta=0.")
    assert not [b for b in app.button if "~remedy" in b.key] and not app.exception


def test_a_long_search_waits_until_it_is_asked_for():
    app = surfaces(steps="2000", surface="rosenbrock", run="sgd,lr=1")
    assert not [b for b in app.button if "~remedy" in b.key]
    app.button(key="surfaces~ask").click().run()
    app.button(key="surfaces~remedy0").click().run()
    assert app.query_params["run"].startswith("adam,lr=") and not app.exception


def test_nothing_is_offered_to_a_race_that_arrives():
    app = surfaces(steps="100", run=["adam,lr=0.3"])
    assert not [b for b in app.button if "remedy" in b.key or "ask" in b.key]


@pytest.mark.parametrize(("run", "name"), [("sgd,lr=0.61", "run"), ("adam,lr=0.3", "lr")])
def test_the_builders_own_optimizer_takes_the_shared_rate(run, name):
    rate = "0.42" if name == "run" else "0.61"
    app = opened("build", **{"m.decay": "0", "v": "0", "lr": rate, "run": run, "steps": "50"})
    app.button(key=f"build~remedy{int(name == 'run')}").click().run()
    assert not app.exception
    assert app.query_params[name] == ("sgd,lr=0.45" if name == "run" else "0.45")


@pytest.mark.parametrize(
    ("rate", "better", "step"), [("1.04", 0.5, 1), ("0.999", 0.5, None), ("0.001", 0.5, 20), ("0.3", None, None)]
)
def test_a_descent_is_offered_a_rate_with_which_it_arrives(rate, better, step):
    app = opened("descent", curve="square", lr=rate)
    buttons = [b for b in app.button if b.key == "descent~remedy"]
    assert bool(buttons) == bool(better)
    given = descent.Settings(
        curve="square",
        formula="",
        rates=(float(rate),),
        schedule=Choice("constant"),
        warmup=0,
        start=descent.curve_of("square", "").start,
        steps=40,
        single=False,
    )
    captions = descent.captions(given)
    assert len(captions) == bool(better)
    if better:
        assert step is None or captions[0].step == step
        buttons[0].click().run()
        assert app.query_params["lr"] == f"{better:g}" and not app.exception
        assert descent.captions(replace(given, rates=(better,))) == []
