"""A fair race: each run at the best of the learning rates that are tried, judged as the race itself judges."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from optviz.lessons import fair, race_code, races
from optviz.lessons.runs import Run
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import factor_of
from optviz.recipes import Choice
from optviz.surfaces import rates
from optviz.surfaces.grounds import course_of
from optviz.surfaces.race import Ending
from optviz.surfaces.rates import RATES
from tests.pages import opened, sound, summaries
from tests.test_surfaces_page import settings

page = partial(opened, "surfaces")
FOUR = tuple(map(Run, ("sgd", "momentum", "rmsprop", "adam")))


def test_the_rates_are_even_on_a_log_axis_and_short_to_write():
    steps = np.diff(np.log10(RATES))
    assert (len(RATES), RATES[0], RATES[-1]) == (65, 1e-6, 100.0) and 0.11 < steps.min() <= steps.max() < 0.15
    assert all(float(f"{rate:.1e}") == rate for rate in RATES)


def tried(given, run):
    """Return all losses of a run, and the last ones, at each learning rate."""
    course, factor = course_of(given.ground), factor_of(given.schedule, given.warmup)
    asked = course, run.build(), factor, given.start, given.steps
    return rates.losses(*asked), rates.finals(*asked)


@pytest.mark.parametrize("surface", ["bowl", "rosenbrock", "himmelblau"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_rate_is_the_race_alone(surface, name):
    given = settings(surface, (Run(name),), steps=30)
    every, last = tried(given, Run(name))
    assert every.shape == (31, len(RATES)) and last.shape == (len(RATES),)
    for place in (0, 20, 40, 45, 50, 64):
        alone = replace(given, learning_rate=RATES[place])
        path, (end,) = races.race_of(alone).path, races.race_of(alone).ends
        going = slice(0, end.step + 1)
        np.testing.assert_allclose(every[going, place], path.loss[going, 0], rtol=1e-6, atol=1e-9)
        if end.step == given.steps:
            np.testing.assert_allclose(last[place], end.loss, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "given",
    [
        settings("himmelblau", FOUR, steps=100, sigma=3.0, seed=4),
        settings("rosenbrock", FOUR, steps=150, l2=0.1, l1=0.05),
        replace(settings("bowl", FOUR, steps=120), schedule=Choice("cosine"), warmup=10),
        settings("formula", FOUR, steps=60, formula="x1^2 + 3*x2^2 + 2*sin(2*x1)"),
    ],
    ids=["noise", "penalty", "schedule", "formula"],
)
def test_no_rate_that_is_tried_is_better(given):
    """Race with every rate, and take the best by how the race itself judges, and by its own losses."""
    best = fair.best_of(given)
    for run, found in zip(given.runs, best, strict=True):
        arrivals, sound_ends = [], []
        for rate in RATES:
            alone = races.race_of(replace(given, runs=(run,), learning_rate=rate))
            if alone.ends[0].ending is Ending.ARRIVED:
                arrivals.append((settled(alone.path.loss[:, 0], course_of(given.ground)), rate))
            if alone.ends[0].step == given.steps:
                sound_ends.append((alone.ends[0].loss, rate))
        wanted = min(arrivals) if arrivals else (None, min(sound_ends)[1])
        assert (found.settled, found.rate) == wanted, run


def settled(loss, course):
    """Return the step from which on a loss stays near the lowest, going back from the last one."""
    step = len(loss)
    while step and abs(loss[step - 1] - course.minima.value) <= course.close:
        step -= 1
    return step


def test_the_race_runs_at_the_best_rates_whatever_was_set():
    given = settings("himmelblau", (Run("sgd", 0.5), Run("adam"), Run("adam", 1e-5)), steps=100)
    race = fair.at_best(given)
    sgd, adam, again = races.rates_of(race)
    assert [sgd, adam, again] == [best.rate for best in fair.best_of(given)]
    assert (sgd, adam) == (0.013, again) and races.names_of(race)[0] == "SGD lr 0.013"
    assert "optimizer" in race_code.program(race) and "0.013" in race_code.program(race)


def test_a_rate_that_is_also_the_shared_one_is_named_all_the_same():
    race = fair.at_best(settings("himmelblau", (Run("sgd"),), steps=100, learning_rate=0.013))
    assert races.names_of(race) == ("SGD lr 0.013",)


def losses(*columns):
    """Return losses of three steps at each rate, of which only some are told: the others come no lower than 5."""
    every = np.full((4, len(RATES)), 5.0)
    for place, column in columns:
        every[:, place] = column
    return every


@pytest.mark.parametrize(
    ("columns", "place", "step"),
    [
        ([(3, [9, 1, 0, 0]), (7, [9, 0, 0, 0])], 7, 1),  # the soonest
        ([(3, [9, 1, 0, 0]), (7, [9, 1, 0, 0])], 3, 2),  # of equals the smallest
        ([(3, [9, 1, 0, 0]), (7, [9, 0, 0, 2])], 3, 2),  # one that leaves again has not arrived
        ([(3, [9, 1, 0, 0]), (7, [0, 0, 2, 0])], 3, 2),  # nor has one that comes back later
        ([(3, [9, 1, 0, 0]), (7, [0, 0, 0, 0])], 7, 0),
        ([(3, [9, 8, 7, 2]), (7, [9, 1, 1, 1])], 7, None),  # none arrives: the lowest at the end
        ([(3, [9, 8, 7, 2]), (7, [9, np.nan, 1, 0])], 3, None),  # what was no number is no result
        ([(3, [9, 8, 7, 2]), (7, [9, 1, 1, np.inf])], 3, None),
    ],
)
def test_the_best_arrives_to_stay_soonest_or_else_ends_lowest(columns, place, step):
    course = course_of(settings("bowl").ground)
    assert course.minima.value == 0 and rates.best(course, losses(*columns)) == (RATES[place], step)


def test_where_no_run_can_begin_none_is_the_best():
    given = settings("formula", FOUR, start=(-1.0, 1.0), formula="sqrt(x1) + x2^2 + x1^2")
    assert fair.best_of(given) == [None] * 4
    assert races.rates_of(fair.at_best(given)) == [0.1] * 4


def test_the_sentence_and_the_table_name_what_was_tried():
    race = fair.at_best(settings("himmelblau", FOUR, steps=100))
    said = races.say(race)
    assert "the best of 65 learning rates from 1e−06 to 100, tried over 100 steps: it arrives to stay soonest" in said
    assert "Best learning rate of 65 from 1e−06 to 100" in races.report(race)
    assert "noise" not in said and "end of the range" not in said
    noisy = fair.at_best(settings("himmelblau", FOUR, steps=100, sigma=1.0, seed=7))
    assert "The noise is the same in all tries: that of seed 7." in races.say(noisy)


def test_a_best_rate_at_the_end_of_the_range_is_told():
    race = fair.at_best(settings("matyas", (Run("sgd"), Run("adagrad")), steps=10, start=(8000.0, -8000.0)))
    assert races.rates_of(race)[1] == RATES[-1]
    assert "For AdaGrad lr 100 that is at the end of the range; one beyond it may be better." in races.say(race)


def test_where_the_loss_has_no_minimum_nothing_is_claimed():
    given = settings("saddle", (Run("sgd"), Run("adam", 0.3)), learning_rate=0.05)
    race = fair.at_best(given)
    assert races.rates_of(race) == [0.05, 0.3]
    assert "Where there is no lowest loss, no learning rate is the best" in races.say(race)
    assert "est of 65" not in races.say(race) + races.report(race)


def test_while_the_start_is_dragged_nothing_is_claimed_of_it():
    race = fair.at_best(settings("himmelblau", FOUR, steps=100))
    dragged = replace(race, start=(1.0, 1.0))
    assert races.names_of(dragged) == races.names_of(race) and "best" not in races.say(dragged) + races.report(dragged)


def test_the_switch_stands_in_the_link_and_takes_the_place_of_the_learning_rate():
    app = page(surface="himmelblau", steps="100", folds=["editor"])
    assert "surfaces~lr~slider" in [slider.key for slider in app.select_slider]
    sound(app.toggle(key="surfaces~fair").set_value(True).run())
    assert app.query_params["fair"] == "1" and "lr 0.013 arrives first, at step 11" in summaries(app)[0]
    keys = [widget.key for widget in (*app.select_slider, *app.toggle)]
    assert "surfaces~lr~slider" not in keys and "surfaces~run0~own" not in keys
    assert not any("learning rate" in button.label for button in app.button if "remedy" in str(button.key))
    sound(app.toggle(key="surfaces~fair").set_value(False).run())
    assert "fair" not in app.query_params and "surfaces~run0~own" in [toggle.key for toggle in app.toggle]


def test_a_link_of_a_fair_race_keeps_the_rates_that_it_was_made_with():
    app = sound(page(surface="himmelblau", steps="100", fair="1", lr="0.05", run=["sgd,lr=0.3", "adam"]))
    assert "Adam lr 1.3" in summaries(app)[0] and app.button_group(key="surfaces~edit").options[0] == "● SGD"
    assert (app.query_params["lr"], app.query_params["run"]) == ("0.05", ["sgd,lr=0.3", "adam"])
    sound(app.slider(key="surfaces~steps").set_value(200).run())
    assert app.title and "over 200 steps" in summaries(app)[0]


def test_a_fork_of_a_fair_race_goes_on_from_its_best_rate():
    app = sound(page(surface="himmelblau", steps="100", fair="1", fork="5", **{"fork.lr": "0.001"}))
    assert "Changed from step 5 on, SGD lr 0.013 ends" in summaries(app)[0]
