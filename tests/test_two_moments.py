"""The frame read backwards: every named optimizer is recognized by its structure, and what is unusual is computed."""

import math

import numpy as np
import pytest

from optviz.optimization.descent import descend
from optviz.optimization.optimizers import LAST, ONE, OPTIMIZERS, Optimizer, Recursion, average, framed
from optviz.optimization.two_moments import (
    Trait,
    adapts,
    first_step,
    lasting_step,
    likeness,
    members,
    numbers_of,
    traits,
)

UNIT = Recursion(0.999, 0.001, 1.0)


def constant(w, t):
    """A slope of 3 everywhere."""
    return 3.0 * w.sum(-1), np.full_like(w, 3.0)


def steps(optimizer, n):
    """The lengths of n steps at learning rate 1 on the constant gradient 3."""
    path = descend(constant, optimizer, lambda t: 1.0, np.zeros(1))
    return np.array([float(next(path).eta[0]) for _ in range(n)])


def test_the_frame_has_these_members_and_the_rest_leaves_it():
    assert {*members()} >= {"sgd", "momentum", "momentum_classical", "adagrad", "rmsprop", "adam"}
    assert not {*members()} & {
        "heavy_ball",
        "nesterov",
        "adadelta",
        "radam",
        "adamax",
        "adamw",
        "lion",
        "newton",
        "sam",
    }


@pytest.mark.parametrize("name", members())
def test_each_member_is_recognized_with_the_parameters_it_was_made_with(name):
    recipe = OPTIMIZERS[name]
    changed = {p.name: p.kind(p.range.clamp(0.25 if p.kind is float else 1)) for p in recipe.parameters}
    for values in (recipe.defaults, changed):
        alike = likeness(recipe(**values))
        # Of two with one rule the first is told.
        assert OPTIMIZERS[alike.name]().rule.written == recipe().rule.written and not alike.differences
        assert alike.name != name or alike.values == values


def test_adam_with_another_beta_is_adam_though_its_gain_is_rounded():
    alike = likeness(framed(Recursion(0.8, 0.2, 1.0), UNIT, 1e-8))
    assert alike.name == "adam" and not alike.differences
    assert alike.values["beta1"] == 0.8 and alike.values["beta2"] == 0.999


@pytest.mark.parametrize(
    ("optimizer", "name", "differences"),
    [
        (framed(average(0.9), average(0.999), 1e-8), "adam", {"first_debias": (0, 1), "second_debias": (0, 1)}),
        (framed(Recursion(0.9, 0.3)), "momentum", {"first_gain": (0.3, 0.1)}),
        (framed(Recursion(0.0, 0.5)), "sgd", {"first_gain": (0.5, 1)}),
        (framed(LAST, Recursion(1.0, 0.5), 1e-7), "adagrad", {"second_gain": (0.5, 1)}),
    ],
)
def test_what_is_none_says_what_separates_it_from_the_nearest(optimizer, name, differences):
    alike = likeness(optimizer)
    assert alike.name == name
    assert set(alike.differences) == set(differences)
    for key, pair in differences.items():
        assert alike.differences[key] == pytest.approx(pair)


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (framed(average(0.0)), "sgd"),
        (framed(Recursion(0.0, 1.0, 1.0)), "sgd"),
        (framed(LAST, ONE, epsilon=1e-3), "sgd"),
        (framed(LAST, average(0.0), 1e-7), "rmsprop"),
        (framed(LAST, average(0.99, 1.0), 1e-8), "adam"),
    ],
    ids=["momentum without decay", "a correction of nothing", "an epsilon without V", "RMSProp 0", "Adam, beta1 = 0"],
)
def test_what_changes_nothing_does_not_hide_the_name(optimizer, name):
    alike = likeness(optimizer)
    assert alike.name == name and not alike.differences


def test_a_decay_of_one_is_no_momentum():
    assert "first_decay" in likeness(framed(Recursion(1.0, 1.0))).differences
    assert not adapts(framed(Recursion(1.0, 1.0))) and numbers_of(Optimizer())["epsilon"] == 0


@pytest.mark.parametrize(
    "optimizer",
    [
        OPTIMIZERS["sgd"](),
        OPTIMIZERS["momentum"](),
        OPTIMIZERS["momentum_classical"](),
        OPTIMIZERS["rmsprop"](epsilon=1e-12),
        OPTIMIZERS["adam"](epsilon=1e-12),
        framed(average(0.9), average(0.999), 1e-12),
        framed(Recursion(0.5, 0.3), average(0.9), 1e-12),
    ],
)
def test_the_first_and_the_lasting_step_are_those_of_a_descent(optimizer):
    taken = steps(optimizer, 20_000 if adapts(optimizer) else 300) / (1.0 if adapts(optimizer) else 3.0)
    assert taken[0] == pytest.approx(first_step(optimizer), rel=1e-6)
    assert taken[-1] == pytest.approx(lasting_step(optimizer), rel=1e-4)


def test_what_is_unusual_is_said_with_its_number():
    assert traits(OPTIMIZERS["sgd"]()) == []
    assert traits(OPTIMIZERS["adam"]()) == []
    assert dict(traits(OPTIMIZERS["momentum_classical"]())) == pytest.approx(
        {Trait.SCALED: 10.0, Trait.SLOW_START: 0.1}
    )
    assert dict(traits(framed(average(0.9), average(0.999), 1e-8))) == pytest.approx({Trait.LARGE_START: 3.16228})
    assert dict(traits(framed(Recursion(0.9, 0.0)))) == {Trait.STILL: 0.0}
    assert dict(traits(framed(Recursion(1.0, 0.5)))) == {Trait.ENDLESS: 0.5}
    assert dict(traits(framed(average(0.9), Recursion(0.5, 0.0), 1e-3))) == {Trait.EMPTY_V: 1e-3}
    assert Trait.GROWING_V in dict(traits(OPTIMIZERS["adagrad"]()))
    assert dict(traits(framed(LAST, Recursion(0.0, 0.25), 1e-8)))[Trait.SIGN] == 2.0
    assert Trait.NO_MOMENTUM in dict(traits(OPTIMIZERS["rmsprop"]()))


def test_a_gain_of_zero_never_moves_and_a_v_of_zero_divides_by_epsilon():
    assert (steps(framed(Recursion(0.9, 0.0)), 50) == 0).all()
    assert steps(framed(LAST, Recursion(0.5, 0.0), 0.1), 1)[0] == pytest.approx(30.0)
    assert math.isinf(lasting_step(framed(Recursion(1.0, 1.0))))


def test_the_sign_alone_counts_where_v_is_the_last_square():
    assert steps(framed(LAST, Recursion(0.0, 0.25), 0.0), 5) == pytest.approx(2.0)


def test_adadelta_without_epsilon_can_never_move():
    path = descend(constant, OPTIMIZERS["adadelta"](epsilon=0.0), lambda t: 1.0, np.zeros(2))
    assert all((next(path).eta == 0).all() for _ in range(100))
