"""The family tree: it is a tree in time, and every race that it points to shows what is said of it."""

import numpy as np
import pytest

from optviz.figures.family import nearest, places
from optviz.lessons import matrices, races
from optviz.lessons.family import SHARED, SHOWS, show_of
from optviz.optimization.family import FAMILY
from optviz.optimization.optimizers import KNOWN, MATRIX_OPTIMIZERS, OPTIMIZERS
from optviz.surfaces.race import Ending


def ends(show):
    return races.race_of(show.settings()).ends


def arrivals(show):
    return [end.arrival for end in ends(show)]


def path(show):
    return races.race_of(show.settings()).path.w


def test_everybody_is_younger_than_their_parents_and_below_them():
    for member in FAMILY.values():
        assert member.name in OPTIMIZERS
        for parent in member.parents:
            assert FAMILY[parent].year < member.year
            assert places()[parent][1] < places()[member.name][1]
    assert set(SHOWS) <= set(FAMILY)


def test_the_years_of_the_newer_papers():
    years = {"heavy_ball": 1964, "lookahead": 2019, "radam": 2020, "lamb": 2020, "adabelief": 2020, "sam": 2021}
    years |= {"adan": 2022, "sophia": 2023, "prodigy": 2023, "ademamix": 2024}
    years |= {"schedule_free_sgd": 2024, "schedule_free_adamw": 2024}
    years |= {"shampoo": 2018, "adafactor": 2018, "muon": 2024, "soap": 2024}
    assert {name: FAMILY[name].year for name in years} == years


def test_the_years_are_those_of_the_papers():
    years = {"sgd": 1951, "momentum_classical": 1964, "nesterov": 1983, "adagrad": 2011, "rmsprop": 2012}
    years |= {"adadelta": 2012, "adam": 2015, "nadam": 2016, "amsgrad": 2018, "adamw": 2019, "lion": 2023}
    assert {name: FAMILY[name].year for name in years} == years


@pytest.mark.parametrize("name", FAMILY)
def test_a_click_near_a_member_finds_it(name):
    lane, row = places()[name]
    assert nearest(lane + 0.2, row + 0.3) == name


@pytest.mark.parametrize("name", [name for name in FAMILY if name in KNOWN])
def test_each_member_takes_part_in_its_own_race(name):
    show = show_of(name)
    raced = [run.optimizer for run in show.settings().runs]
    assert name in raced and show.says()
    assert name in SHOWS or set(FAMILY[name].parents) < set(raced)


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_those_of_matrices_train_a_memory_beside_their_parents(name):
    show = show_of(name)
    trained = matrices.all_learned(show.settings())
    assert {*show.optimizers} == {"sgd", name, *FAMILY[name].parents} & {*matrices.CONTENDERS}
    assert all(run.loss[-1] < run.loss[0] / 5 for run in trained), "each has a rate that works"
    assert show.ends() == matrices.say(show.settings()) and len(show.programs()) == len(trained)


def test_2_15_long_valley():
    show = SHARED["long_valley"]
    assert arrivals(show) == [None, 140, 77, 43]
    sgd, momentum, adagrad, adam = path(show).transpose(1, 0, 2)
    assert abs(sgd[-1, 1]) < 1e-3 and sgd[-1, 0] < -6
    assert momentum[:20, 1].min() < -1
    # Along both axes alike: for the first steps the path is a diagonal.
    for adaptive in (adagrad, adam):
        first = np.abs(adaptive[1] - adaptive[0])
        assert first[0] == pytest.approx(first[1], rel=0.01)


def test_2_15_saddle():
    show = SHARED["saddle"]
    sgd, momentum, adagrad, rmsprop, adam = path(show).transpose(1, 0, 2)
    assert ends(show)[0].ending is Ending.SADDLE
    # The loss is x1² − x2², and 0 at the saddle.
    below = [np.abs(each[:, 1]) > np.abs(each[:, 0]) for each in (momentum, adagrad, rmsprop, adam)]
    left = [int(np.flatnonzero(~each)[-1]) + 1 for each in below]
    assert left == [50, 15, 14, 26] and races.departures_of(show.settings()) == [None, *left]
    assert momentum[:50, 0].max() > 0.4, "momentum overshoots the saddle"
    assert sgd[:, 0].max() < 0


def test_2_15_beale():
    show = SHARED["beale"]
    assert arrivals(show) == [None, 199, 44, 276]
    momentum, nesterov = path(show)[:, 1], path(show)[:, 2]
    assert momentum[:, 0].max() > 3.3 and momentum[:, 1].min() < -1.8
    assert nesterov[:, 0].max() < 3.25 and nesterov[:, 1].min() > -1.4


def test_sgd_is_slow_good_and_diverging():
    endings = [end.ending for end in ends(SHOWS["sgd"])]
    assert endings == [Ending.GOING, Ending.ARRIVED, Ending.DIVERGED]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("momentum_classical", [None, 63]),
        ("nesterov", [None, 199, 44]),
        ("adagrad", [None, 77]),
        ("rmsprop", [None, 44]),
        ("nadam", [75, 54]),
    ],
)
def test_the_steps_of_arrival_that_are_said(name, steps):
    assert arrivals(SHOWS[name]) == steps


def test_adadelta_begins_tiny_grows_and_arrives():
    show = SHOWS["adadelta"]
    lengths = np.linalg.norm(np.diff(path(show)[:, 1], axis=0), axis=-1)
    assert lengths[0] < 0.01 and lengths.max() > 10 * lengths[0] and arrivals(show)[1] == 121


def test_adam_settles_where_rmsprop_trembles():
    show = SHOWS["adam"]
    momentum, rmsprop, adam = ends(show)
    assert adam.arrival == 43 and momentum.arrival is None
    assert adam.ending is Ending.ARRIVED and rmsprop.ending is Ending.GOING
    late = np.abs(np.diff(path(show)[-20:], axis=0)).max(axis=(0, 2))
    assert late[1] > 0.2 > late[2]


def test_amsgrad_circles_less_and_nadam_overshoots_less():
    lengths = np.linalg.norm(np.diff(path(SHOWS["amsgrad"]), axis=0), axis=-1).sum(0)
    assert lengths[1] < 0.8 * lengths[0]
    overshoot = path(SHOWS["nadam"])[:, :, 0].max(0)
    assert overshoot[1] < 0.6 * overshoot[0]


def test_adamw_stays_short_of_the_minimum():
    adam, adamw = ends(SHOWS["adamw"])
    assert adam.ending is Ending.ARRIVED and adamw.arrival is None
    assert np.linalg.norm(adamw.w) < 0.8 * np.linalg.norm(adam.w)


def test_lion_cannot_settle():
    show = SHOWS["lion"]
    steps = np.abs(np.diff(path(show)[:, 1, 0]))
    assert steps == pytest.approx(0.1) and np.linalg.norm(path(show)[-40:, 1], axis=-1).max() > 0.5


def test_newton_arrives_at_once():
    assert arrivals(SHOWS["newton"]) == [None, None, 5]
