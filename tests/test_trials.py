"""A trial and its forks, against straight loops of their own over the updates."""

from itertools import islice

import numpy as np
import pytest

from optviz.optimization.descent import Rates, advance, descend
from optviz.optimization.objectives import Noisy
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, warmup
from optviz.optimization.trials import Trial, factors
from optviz.surfaces.surfaces import SURFACES

FACTOR = warmup(SCHEDULES["exponential_decay"](decay_steps=7, rate=0.8), 5)
BOOTH, BEALE = Noisy(SURFACES["booth"], 0.3, 4), Noisy(SURFACES["beale"], 0.3, 4)
START = np.array([0.4, -0.7])


def made(trial, updates):
    """Make the updates of a trial, leg by leg; return all points."""
    w, memory, points = START, None, []
    for leg, n in trial.stretches(updates):
        memory = leg.taken_up(memory)
        rates = Rates(leg.rates(leg.first - leg.born + n))
        path, w, memory = advance(leg.counted(leg.ground), leg.optimizer, rates, w, n, memory)
        points.append(path.w)
    return np.concatenate([*points, w[None]])


def by_hand(steps):
    """Make updates one by one, each given as (objective, optimizer, learning rate, number of its own), fresh at 0."""
    w, memory, points = START, None, [START]
    for t, (objective, optimizer, rate, own) in enumerate(steps):
        memory = optimizer.init(w) if own == 0 else memory
        assert memory.t == own
        look = optimizer.look(lambda w, _, objective=objective, t=t: objective(w, t), memory, w, rate)
        memory, update = optimizer.step(memory, look, rate)
        w = w - update.eta
        points.append(w)
    return np.array(points)


ADAM, NADAM = OPTIMIZERS["adam"](), OPTIMIZERS["nadam"]()


@pytest.mark.parametrize("name", ["sgd", "adam", "nadam", "nesterov", "schedule_free_sgd"])
def test_what_a_fork_keeps_and_what_begins_anew(name):
    optimizer = OPTIMIZERS[name]()
    trial = Trial.of(BOOTH, optimizer, 0.02, FACTOR).forked(9, ground=BEALE, learning_rate=0.003)
    trial = trial.forked(14, optimizer=NADAM).forked(17, learning_rate=0.001).forked(25, anew=True)
    rates = [0.02 * FACTOR(t) for t in range(9)] + [0.003 * FACTOR(t) for t in range(9, 17)]
    rates += [0.001 * FACTOR(t) for t in range(17, 25)] + [0.001 * FACTOR(t) for t in range(15)]
    who = [(optimizer, t) for t in range(14)] + [(NADAM, t) for t in range(11)] + [(NADAM, t) for t in range(15)]
    grounds = [BOOTH] * 9 + [BEALE] * 31
    steps = [(ground, driver, rate, own) for ground, rate, (driver, own) in zip(grounds, rates, who, strict=True)]
    np.testing.assert_allclose(made(trial, 40), by_hand(steps), rtol=1e-12)
    # As many updates as are asked for, however many forks are still to come.
    np.testing.assert_allclose(made(trial, 15), by_hand(steps[:15]), rtol=1e-12)


@pytest.mark.parametrize("update", [0, 6, 20])
def test_a_fork_that_changes_nothing_changes_no_bit(update):
    trial = Trial.of(BOOTH, ADAM, 0.02, FACTOR)
    np.testing.assert_array_equal(made(trial.forked(update), 20), made(trial, 20))


def test_a_fork_before_the_first_update_is_another_trial():
    forked = Trial.of(BOOTH, ADAM, 0.02, FACTOR).forked(0, ground=BEALE, optimizer=NADAM, learning_rate=0.1)
    np.testing.assert_array_equal(made(forked, 20), made(Trial.of(BEALE, NADAM, 0.1, FACTOR), 20))


def test_the_leg_of_an_update_is_the_one_after_the_last_fork_before_it():
    trial = Trial.of(BOOTH, ADAM, 0.02).forked(5, optimizer=NADAM).forked(9, ground=BEALE)
    assert [trial.at(t).first for t in (0, 4, 5, 8, 9, 100)] == [0, 0, 5, 5, 9, 9]
    assert [(leg.first, n) for leg, n in trial.stretches(7)] == [(0, 5), (5, 2)]
    assert [(leg.first, n) for leg, n in trial.stretches(5)] == [(0, 5)]


def test_learning_rates_are_those_of_the_schedule_wherever_the_optimizer_begins():
    trial = Trial.of(BOOTH, ADAM, 0.02, FACTOR).forked(6, optimizer=NADAM).forked(11, anew=True, learning_rate=0.5)
    second, third = trial.legs[1:]
    np.testing.assert_array_equal(second.rates(4), [0.02 * FACTOR(t) for t in range(6, 10)])
    assert [second.schedule()(t) for t in range(4)] == second.rates(4).tolist()
    np.testing.assert_array_equal(third.rates(4), [0.5 * FACTOR(t) for t in range(4)])
    # A rule that watches may have changed the base rate, of several runs differently.
    np.testing.assert_array_equal(second.schedule(np.array([1.0, 2.0]))(3), np.array([1.0, 2.0]) * FACTOR(9))
    assert not factors(FACTOR, 8).flags.writeable


def test_the_engine_and_the_updates_one_by_one_are_the_same_over_a_fork():
    trial = Trial.of(BOOTH, ADAM, 0.02, FACTOR).forked(8, optimizer=NADAM)
    leg = trial.last
    begin = made(trial, 8)[-1]
    steps = islice(descend(leg.counted(leg.ground), leg.optimizer, leg.schedule(), begin), 13)
    np.testing.assert_allclose(made(trial, 20)[8:], [step.w for step in steps], rtol=1e-12)
