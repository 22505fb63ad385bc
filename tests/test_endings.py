"""How runs end on formulas of which mathematics says how: each by its reason, in every number and sentence."""

import json
from time import process_time
from typing import Any
from unittest import mock

import mpmath
import numpy as np
import pytest

from optviz.lessons import diagnoses, races
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.optimization.trials import Trial
from optviz.recipes import Choice
from optviz.surfaces.diagnosis import Finding, Trouble, diagnose
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.landscape import Kind, spacing
from optviz.surfaces.race import Course, Ending, race
from optviz.surfaces.surfaces import SURFACES, Surface

ALL = tuple(OPTIMIZERS)
E = Ending


def raced(formula: str, racers: Any, start: Any, steps: int = 200, factor: Any = lambda t: 1.0, **options: Any) -> Any:
    surface = Surface.from_formula(formula)
    course = Course(surface, surface.domain, **options)
    runs = [Trial.of(course, OPTIMIZERS[name](), rate, factor) for name, rate in racers]
    result = race(runs, np.array(start, dtype=float), steps)
    return course, result, diagnose(runs, result)


# Formula, start, learning rate, optimizers, how all of them end.
KNOWN = [
    ("log(x1)", (-4, -3), 0.1, ALL, {E.NO_VALUE}),
    ("sqrt(x1-1)", (-4, -3), 0.1, ALL, {E.NO_VALUE}),
    ("sqrt(x1-1)", (1.5, 0), 0.3, ("sgd", "momentum_classical", "rmsprop", "adam", "lion", "nadam"), {E.LEFT}),
    ("log(x1)", (1, 1), 0.3, ("sgd", "momentum_classical", "rmsprop", "adam", "nadam", "adamax", "lion"), {E.LEFT}),
    ("1/x1", (0, 1), 0.1, ALL, {E.NO_VALUE}),
    ("1/x1^2", (0, 0), 0.1, ALL, {E.NO_VALUE}),
    ("exp(x1^2)", (40, 0), 0.1, ALL, {E.OVERFLOW}),
    ("x1^64", (1e6, 0), 0.1, ALL, {E.OVERFLOW}),
    ("exp(x1^2+x2^2)", (-4, -3), 0.1, ("sgd", "momentum_classical", "nesterov_keras"), {E.OVERFLOW}),
    ("x1^64", (-4, -3), 0.1, ("sgd", "momentum", "momentum_classical", "nesterov", "nesterov_keras"), {E.OVERFLOW}),
    ("exp(x1^2)", (20, 0), 0.1, ("sgd", "rmsprop", "adam", "adagrad", "adadelta", "nadam", "adamw"), {E.OVERFLOW}),
    ("exp(x1^2)", (20, 0), 0.2, ("adamax", "lion"), {E.ARRIVED, E.GOING}),
    ("-x1^2-x2^2", (-4, -3), 0.1, ("sgd", "momentum_classical", "adam", "rmsprop", "lion"), {E.DESCENDING}),
    ("-exp(x1^2)", (2, 0), 0.1, ("sgd", "momentum_classical"), {E.DESCENDING}),
    ("x1^3", (-4, -3), 0.1, ("sgd", "momentum", "adam", "rmsprop"), {E.DESCENDING}),
    ("x1", (-4, -3), 0.3, ("sgd", "momentum", "adam", "rmsprop", "lion", "adamax"), {E.DESCENDING}),
    ("x1*x2", (1, -2), 0.1, ("sgd", "momentum", "adam", "rmsprop", "lion"), {E.DESCENDING}),
    ("exp(-x1)", (-4, -3), 0.1, ("sgd", "momentum"), {E.DESCENDING}),
    ("-log(x1)", (4, 1), 0.5, ("adam", "lion", "rmsprop"), {E.DESCENDING}),
    ("atan(x1)", (-4, -3), 0.3, ("adam", "lion", "rmsprop", "adamax"), {E.DESCENDING}),
    ("5", (-4, -3), 0.1, ALL, {E.CONSTANT}),
    ("0*x1", (-4, -3), 0.1, ALL, {E.CONSTANT}),
    ("sin(x1)^2+cos(x1)^2", (-4, -3), 0.1, ALL, {E.CONSTANT}),
    ("-x1^2-x2^2", (0, 0), 0.1, ALL, {E.MAXIMUM}),
    ("-x1^2-x2^2", (-1, 2), 1.0, ("newton",), {E.MAXIMUM}),
    ("-x1^4-x2^4", (0, 0), 0.1, ALL, {E.MAXIMUM}),
    ("cos(x1)*cos(x2)", (0.1, 0.2), 1.0, ("newton",), {E.MAXIMUM}),
    ("x1*x2", (0, 0), 0.1, ALL, {E.SADDLE}),
    ("x1*x2", (-4, -3), 1.0, ("newton",), {E.SADDLE}),
    ("x1^3-3*x1*x2^2", (1.2, 0), 0.1, ("sgd", "adagrad"), {E.SADDLE}),
    ("x1^3-3*x1*x2^2", (1.2, 0.01), 1.0, ("newton",), {E.SADDLE}),
    ("x1^3-3*x1+x2^2", (2, 1), 0.05, ("sgd", "momentum", "nesterov", "newton"), {E.LOCAL_MINIMUM}),
    ("(x1^2-1)^2+x2^2+x1/3", (2, 1), 0.05, ("sgd", "newton", "rmsprop"), {E.LOCAL_MINIMUM}),
    ("x1*log(x1)+x2^2", (3, 1), 0.1, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("x1^2", (4, 3), 0.1, ("sgd", "momentum", "nesterov", "nesterov_keras", "momentum_classical"), {E.ARRIVED}),
    ("(x1+x2-1)^2", (4, 3), 0.1, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("(x1^2+x2^2-4)^2", (4, 3), 0.01, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("(x1*x2-1)^2", (2, 1), 0.02, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("x1^2*x2^2", (1, 2), 0.05, ("sgd", "momentum"), {E.ARRIVED}),
    ("x1+abs(x1)", (2, 1), 0.1, ("sgd", "adam", "rmsprop", "lion"), {E.ARRIVED}),
    ("abs(x1)+abs(x2)", (2, 1), 0.05, ("sgd", "lion"), {E.ARRIVED}),
    ("abs(x1-0.32)+abs(x2)", (2, 1), 0.05, ("sgd", "lion"), {E.GOING}),
    ("sqrt(x1^2+x2^2)", (2, 1), 0.05, ("sgd",), {E.GOING}),
    ("sin(x1)", (0, 1), 0.5, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("sin(x1)", (30, 1), 0.5, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("cos(x1)*cos(x2)", (2.5, 0.4), 0.3, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("(x1-7)^2+x2^2", (-4, -3), 0.1, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("(x1-40)^2+x2^2", (-4, -3), 0.1, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("x1^2+3*x2^2", (-4, -3), 0.1, ("sgd", "momentum", "newton", "nesterov"), {E.ARRIVED}),
    ("x1^2+3*x2^2", (-4, -3), 1.1, ("sgd", "nesterov_keras"), {E.DIVERGED}),
    ("1-exp(-x1^2-x2^2)", (4.5, 4.5), 0.1, ("sgd", "momentum"), {E.PLATEAU}),
    ("exp(x1)+exp(-x1)+x2^2", (2, 1), 0.1, ("sgd", "momentum", "newton"), {E.ARRIVED}),
    ("log(x1)^2", (3, 1), 0.3, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    # Beside the slopes of the whole box, 1e30 and more, its slope is none; but it is no saddle.
    ("x1^64+x2^2", (2, 1), 0.1, ("adam",), {E.GOING, E.PLATEAU}),
    ("sin(x1)*sin(x2)", (2, 1), 1.0, ("newton",), {E.MAXIMUM}),
    ("-sin(x1)/x1", (-4, -3), 1.0, ("newton",), {E.MAXIMUM}),
    ("(x1+x2)^3", (2, 1), 1.0, ("newton",), {E.SADDLE, E.PLATEAU}),
    ("sin(x1)*sin(x2)", (1, 1), 0.1, ("sgd", "momentum", "adam"), {E.SADDLE}),
    ("exp(x1*x2)", (1, 1), 0.1, ("sgd", "momentum", "adam"), {E.SADDLE}),
    ("exp(-x1^2)", (0, 0), 0.1, ALL, {E.MAXIMUM}),
    ("1/(x1^2+x2^2-1)", (0, 0), 0.1, ALL, {E.MAXIMUM}),
    ("x1^2-x2^2", (0, 0), 0.1, ALL, {E.SADDLE}),
    ("x1^4-x2^4", (0, 0), 0.1, ALL, {E.SADDLE}),
    ("x1^4-2*x1^2+x2^2", (0, 0), 0.1, ALL, {E.SADDLE}),
    ("sqrt(4-x1^2-x2^2)", (1, 1), 0.1, ("sgd", "momentum", "adam", "lion"), {E.LEFT}),
    ("asin(x1)", (0, 0), 0.1, ("sgd", "momentum", "adam"), {E.LEFT}),
    ("acos(x1)", (2, 1), 0.1, ALL, {E.NO_VALUE}),
    ("log(log(x1))", (1, 1), 0.1, ALL, {E.NO_VALUE}),
    ("log(log(x1))", (2, 1), 0.1, ("sgd", "momentum", "adam", "lion"), {E.LEFT}),
    ("tanh(10*x1)", (2, 1), 0.1, ("sgd", "momentum", "adam", "newton"), {E.PLATEAU}),
    ("x1^4+x2^4", (2, 1), 0.1, ("sgd", "momentum", "adam", "lion", "newton"), {E.ARRIVED}),
    ("(x1^2+x2)^2", (2, 1), 0.1, ("sgd", "momentum", "adam", "newton"), {E.ARRIVED}),
    ("min(x1^2+x2^2,(x1-3)^2+x2^2+1)", (2, 1), 0.1, ("sgd", "momentum", "adam"), {E.LOCAL_MINIMUM}),
    ("x1^2*exp(-x1)+x2^2", (2, 1), 0.1, ("sgd", "momentum", "adam", "newton"), {E.SADDLE}),
    ("-exp(-x1^2-x2^2)", (-4, -3), 0.1, ("sgd", "momentum"), {E.PLATEAU}),
    ("max(x1^2+x2^2,1)", (2, 1), 0.1, ("sgd", "momentum", "adam"), {E.ARRIVED}),
    ("1e-300*x1^2", (2, 1), 0.1, ("sgd", "momentum"), {E.GOING}),
    ("exp(x1^2+x2^2)", (2, 1), 0.1, ("sgd",), {E.OVERFLOW}),
    # Newton's step leads uphill where the Hessian is not positive definite, and nowhere where it is singular.
    ("-exp(-x1^2-x2^2)", (-1, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("-exp(-x1^2-x2^2)", (-4, -3), 0.3, ("newton",), {E.CLIMBING}),
    ("-exp(-x1^2-x2^2)", (0.3, 0.2), 1.0, ("newton",), {E.ARRIVED}),
    ("-1/(1+x1^2+x2^2)", (2, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("log(abs(x1))", (2, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("1/(1+exp(-20*x1))", (2, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("-x1^2-x2^2", (2, 1), 0.001, ("newton",), {E.CLIMBING}),
    ("-x1^2-x2^2", (2, 1), 0.1, ("newton",), {E.MAXIMUM}),
    ("abs(x1)+abs(x2)", (2, 1), 0.1, ("newton",), {E.SINGULAR}),
    ("abs(x1-0.3)+x2^2", (2, 1), 0.1, ("newton",), {E.SINGULAR}),
    ("abs(x1)+max(x1-2,0)^2+x2^2", (4, 1), 1.0, ("newton",), {E.SINGULAR}),
    ("sqrt(x1^2+x2^2)", (2, 1), 1.0, ("newton",), {E.SINGULAR}),
    ("x1^2+x2^2", (2, 1), 1e-20, ("newton",), {E.GOING}),
    # A plateau, however it was reached and however flat the rest is; the foot of a slope that goes on for ever.
    ("-exp(-x1^2-x2^2)", (-1, 1), 100.0, ("sgd",), {E.PLATEAU}),
    ("1/(1+exp(-20*x1))", (2, 1), 0.1, ("sgd", "momentum", "nesterov"), {E.PLATEAU}),
    ("exp(-1/x1^2)+x2^2", (2, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("sqrt(abs(x1))+x2^2", (2, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("1/x1+x2^2", (-0.8, 1), 1.0, ("newton",), {E.CLIMBING}),
    ("sqrt(1+x1^2)+sqrt(1+x2^2)", (-4, -3), 1.0, ("newton",), {E.DIVERGED}),
    ("x1*exp(-x1^2-x2^2)", (2, 1), 0.1, ("lion",), {E.PLATEAU}),
    ("1-exp(-x1^2)", (3.5, 1), 0.1, ("sgd", "momentum", "nesterov"), {E.PLATEAU}),
    # Flat but for rounding.
    ("sin(x1)^2+cos(x1)^2-max(x1-2,0)^2", (-4, -3), 0.1, ("sgd", "adam", "newton"), {E.PLATEAU}),
    ("x1*exp(-x1^2-x2^2)", (-4, -3), 0.1, ("sgd", "momentum"), {E.PLATEAU}),
    ("exp(-1/x1^2)+x2^2", (2, 1), 0.1, ("sgd", "momentum", "nesterov"), {E.ARRIVED}),
    ("x1^2+exp(-10*x2)", (2, 1), 1.0, ("newton",), {E.DESCENDING}),
    ("x1^2+exp(-10*x2)", (2, 1), 0.1, ("sgd", "momentum", "nesterov"), {E.DESCENDING}),
    ("(x1-2*x2)^2+exp(-10*x2)", (2, 1), 1.0, ("newton",), {E.DESCENDING}),
    ("x1^2/x2", (2, 1), 1.0, ("newton",), {E.LOCAL_MINIMUM}),
    ("exp(1/x1)", (-0.8, 1), 0.1, ("sgd",), {E.DESCENDING}),
    # A step that leads over a pole of any order, on a line or a curve, however large the loss; what only seems one.
    ("1/x1", (-0.8, 1), 0.1, ("sgd", "adam", "lion"), {E.JUMPED}),
    ("1/x1", (2, 1), 0.1, ("sgd", "momentum"), {E.GOING}),
    ("1/x1+x2^2", (-0.8, 1), 0.5, ("sgd", "adam", "lion"), {E.JUMPED}),
    ("tan(x1)", (2, 1), 0.1, ("sgd", "adam", "lion"), {E.JUMPED}),
    ("log(abs(x1))", (2, 1), 0.5, ("sgd",), {E.JUMPED}),
    ("log(x1^2)", (-0.8, 1), 0.1, ("sgd", "adam", "lion"), {E.JUMPED}),
    ("1/(x1^2+x2^2-4)", (1.5, 0.5), 0.1, ("sgd", "adam", "lion"), {E.JUMPED}),
    ("1/(x1^2+x2^2-4)^2", (1.5, 0.5), 5.0, ("sgd",), {E.JUMPED}),
    ("1/(x1^2-2*x1+1)+x1^2", (3, 1), 0.9, ("sgd",), {E.JUMPED}),
    ("1/x1^2+x1^2+x2^2", (3, 1), 0.9, ("sgd",), {E.JUMPED}),
    ("exp(1/x1)", (-0.8, 1), 0.1, ("adam", "lion"), {E.JUMPED}),
    ("atanh(x1/3)^2+1/x2", (2, -1), 0.3, ("sgd",), {E.JUMPED}),
    ("1e-12/x1", (-2, -1), 1e13, ("sgd",), {E.JUMPED}),
    ("1e-6*log(abs(x1-0.37))+5", (2, -1), 1e6, ("sgd",), {E.JUMPED}),
    ("1/x1^2", (0.01, 1), 0.1, ("sgd",), {E.DESCENDING}),
    ("(x1^2-1)/(x1-1)+x2^2", (3, 1), 0.1, ("sgd",), {E.DESCENDING}),
    ("sin(x1)/x1+x2^2", (3, 1), 0.9, ("sgd", "momentum"), {E.ARRIVED}),
    ("exp(-1/x1^2)+x2^2", (2, 1), 0.1, ("adam",), {E.ARRIVED}),
    ("1/(x1^2+1)-1/(x1^2+x2^2+0.1)", (3, 1), 0.3, ("sgd", "lion"), {E.ARRIVED, E.GOING}),
]
RUNS = [(f, start, rate, name, ends) for f, start, rate, names, ends in KNOWN for name in names]


def test_there_are_runs_enough():
    assert len(RUNS) >= 200 and len({(formula, name) for formula, _start, _rate, name, _ends in RUNS}) >= 200


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known[0]} from {known[1]}")
def test_runs_end_as_they_must(known):
    formula, start, rate, names, endings = known
    _course, result, found = raced(formula, [(name, rate) for name in names], start)
    for name, end, trouble in zip(names, result.ends, found, strict=True):
        assert end.ending in endings, (name, end)
        if end.ending in QUIET or end.step < 0:
            assert trouble is None, (name, trouble)
        elif end.ending is not Ending.GOING:
            assert trouble.trouble.value == end.ending.value, (name, trouble)
        assert end.step == np.isfinite(result.path.w[:, names.index(name)]).all(-1).sum() - 1


QUIET = {E.ARRIVED, E.DESCENDING, E.CONSTANT, E.NO_VALUE}


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov_keras", "lion", "adamax"])
def test_a_scaled_loss_ends_as_it_does_unscaled(scale, name):
    """With lr / scale descent takes the same path, and so do those that see the gradient's sign or size alone."""
    rate = 0.1
    own = rate if name in ("lion", "adamax") else rate / scale
    epsilon = {"epsilon": 1e-30} if name == "adamax" else {}
    for formula in ("x1^2+x2^2", "x1^2+2*x2^2", "abs(x1)+x2^2"):
        ends = []
        for text, lr in ((formula, rate), (f"{scale:g}*({formula})", own)):
            surface = Surface.from_formula(text)
            runs = [Trial.of(Course(surface, surface.domain), OPTIMIZERS[name](**epsilon), lr)]
            ends.append(race(runs, np.array([4.0, 3.0]), 200).ends[0])
        plain, scaled = ends
        assert (scaled.ending, scaled.arrival) == (plain.ending, plain.arrival), formula
        assert scaled.distance == pytest.approx(plain.distance, rel=1e-6, abs=1e-9)


def test_five_away_is_not_there_however_small_the_loss():
    _course, result, _found = raced("1e-12*(x1^2+x2^2)", [("sgd", 0.1), ("adam", 0.1)], (-4, -3))
    assert [end.ending for end in result.ends] == [Ending.GOING, Ending.GOING]
    assert all(end.arrival is None and end.distance > 1 for end in result.ends)


# ---- minima that are no points


def course(formula: str, **options: Any) -> Course:
    surface = Surface.from_formula(formula)
    return Course(surface, surface.domain, **options)


@pytest.mark.parametrize(
    ("formula", "kind", "distance"),
    [
        ("x1^2", Kind.CURVE, lambda x, y: abs(x)),
        ("abs(x1)", Kind.CURVE, lambda x, y: abs(x)),
        ("x1^64", Kind.CURVE, lambda x, y: abs(x)),
        ("(x1+x2-1)^2", Kind.CURVE, lambda x, y: abs(x + y - 1) / np.sqrt(2)),
        ("x1^2+2*x1*x2+x2^2-2*x1-2*x2+1", Kind.CURVE, lambda x, y: abs(x + y - 1) / np.sqrt(2)),
        ("abs(x1+x2-1)", Kind.CURVE, lambda x, y: abs(x + y - 1) / np.sqrt(2)),
        ("(x1^2+x2^2-4)^2", Kind.CURVE, lambda x, y: abs(np.hypot(x, y) - 2)),
        ("1e-12*(x1^2+x2^2-4)^2", Kind.CURVE, lambda x, y: abs(np.hypot(x, y) - 2)),
        ("(x1^2+4*x2^2-4)^2+3", Kind.CURVE, None),
        ("x1^2*x2^2", Kind.CURVE, lambda x, y: min(abs(x), abs(y))),
        ("log(x1)^2", Kind.CURVE, lambda x, y: abs(x - 1)),
        ("sqrt(x1-1)", Kind.CURVE, lambda x, y: abs(x - 1)),
        ("(x1-40)^2", Kind.CURVE, lambda x, y: abs(x - 40)),
        ("sin(x1)", Kind.CURVE, lambda x, y: min(abs(x + np.pi / 2), abs(x - 3 * np.pi / 2))),
        ("(x1*x2-1)^2", Kind.CURVE, None),
        ("atan(1/x1)+atan(x1)", Kind.REGION, lambda x, y: max(x, 0.0)),
        ("x1+sqrt(x1^2)", Kind.REGION, lambda x, y: max(x, 0.0)),
        ("x1+abs(x1)", Kind.REGION, lambda x, y: max(x, 0.0)),
        ("abs(x1-1)+abs(x1+1)", Kind.REGION, lambda x, y: max(abs(x) - 1, 0.0)),
        ("5", Kind.EVERYWHERE, lambda x, y: 0.0),
        ("sin(x1)^2+cos(x1)^2", Kind.EVERYWHERE, lambda x, y: 0.0),
        ("x1^2+3*x2^2", Kind.POINTS, np.hypot),
        ("x1*log(x1)+x2^2", Kind.POINTS, lambda x, y: np.hypot(x - 1 / np.e, y)),
        ("(x1-7)^2+x2^2", Kind.POINTS, lambda x, y: np.hypot(x - 7, y)),
        ("1/x1", Kind.POLE, None),
        ("tan(x1)+x2^2", Kind.POLE, None),
        ("log(x1)", Kind.POLE, None),
        ("log(abs(x1-0.3))", Kind.POLE, None),
        ("1/(x1^2+x2^2-4)", Kind.POLE, None),
        ("1/x1^2", Kind.FALLS, None),
        ("exp(-x1)", Kind.FALLS, None),
        ("-log(x1)", Kind.FALLS, None),
        ("-x1^2-x2^2", Kind.FALLS, None),
        ("-exp(x1^2+x2^2)", Kind.FALLS, None),
        ("x1*x2", Kind.FALLS, None),
        ("x1^3", Kind.FALLS, None),
        ("atan(x1)", Kind.FALLS, None),
        ("sqrt(-1-x1^2)", Kind.NOWHERE, None),
        # What only rounding makes flat.
        ("tanh(10*x1)", Kind.FALLS, None),
        ("log(1+exp(20*x1))", Kind.FALLS, None),
        ("1/(1+exp(-50*x1))", Kind.FALLS, None),
        ("x1^2+exp(-10*x2)", Kind.FALLS, None),
        ("(x1-x2)^2+exp(-10*x2)", Kind.FALLS, None),
        ("tanh(10*(x1+x2))", Kind.FALLS, None),
        ("x1^64+x2^2", Kind.POINTS, np.hypot),
        ("(x1-0.25)^64+(x2-0.5)^2+3", Kind.POINTS, lambda x, y: np.hypot(x - 0.25, y - 0.5)),
        ("(x1-x2)^2+(x1+x2)^64", Kind.POINTS, np.hypot),
        ("(x1-2*x2)^2+exp(-10*x2)", Kind.FALLS, None),
        ("1/(1+exp(-300*(x1-x2)))", Kind.FALLS, None),
        ("tanh(300*x1)", Kind.FALLS, None),
        ("tanh(1000*(x1-x2))", Kind.FALLS, None),
        ("exp(200*x1)/(1+exp(200*x1))", Kind.FALLS, None),
        ("x1^64+x2^64-x2^2+x2^2", Kind.POINTS, np.hypot),
        # What is least next to a jump, or to where it has no value.
        ("exp(1/x1)", Kind.GAP, None),
        ("exp(-1/x1)", Kind.GAP, None),
        ("exp(1/(x1-0.3))+x2^2", Kind.GAP, None),
        ("1/(1+exp(1/x1))", Kind.GAP, None),
        ("atan(1/x1)+x2^2", Kind.GAP, None),
        ("x1^2+sign(x1)", Kind.GAP, None),
        ("x1^2+x2^2-sign(x1-0.3)", Kind.GAP, None),
        ("x1^2+x2^2+sign(x1)", Kind.GAP, None),
        # A minimum where the formula has only a limit, and one that is taken at a jump.
        ("exp(-1/x1^2)+x2^2", Kind.POINTS, np.hypot),
        ("exp(-1/(x1-0.3)^2)+x2^2", Kind.POINTS, lambda x, y: np.hypot(x - 0.3, y)),
        ("exp(-1/(x1^2+x2^2))", Kind.POINTS, np.hypot),
        ("exp(-1/x1^4)+exp(-1/x2^4)", Kind.POINTS, np.hypot),
        ("exp(-1/x1^2)", Kind.CURVE, lambda x, y: abs(x)),
        ("exp(-1/(x1-0.3)^2)", Kind.CURVE, lambda x, y: abs(x - 0.3)),
        ("-sin(x1)/x1+x2^2", Kind.POINTS, np.hypot),
        ("max(sign(x1),0)+x1^2+x2^2", Kind.POINTS, np.hypot),
        ("abs(sign(x1))+x2^2", Kind.POINTS, np.hypot),
        # What is flat in truth, or a curve in truth.
        ("max(x1-0.3,0)", Kind.REGION, lambda x, y: max(x - 0.3, 0.0)),
        ("1e-300*x1^2", Kind.CURVE, lambda x, y: abs(x)),
    ],
)
def test_where_a_formula_is_least(formula, kind, distance):
    ground = course(formula)
    assert ground.minima.kind is kind
    w = np.random.default_rng(5).uniform(-4.5, 4.5, (40, 2))
    away = ground.distances(w)
    if kind in (Kind.POLE, Kind.FALLS, Kind.GAP, Kind.NOWHERE):
        assert not ground.minima.known and np.isnan(away).all()
    elif distance is not None:
        assert away == pytest.approx(np.array([distance(*point) for point in w]), rel=1e-5, abs=1e-6)
    else:
        samples = dense(formula)
        nearest = np.linalg.norm(samples - w[:, None], axis=-1).min(-1)
        assert away == pytest.approx(nearest, abs=2e-3)
    if kind is Kind.CURVE:
        assert len(ground.minima.points) > 20
        rough = ground.distances(w, exact=False)
        assert rough == pytest.approx(away, abs=0.05)


@pytest.mark.parametrize(
    ("formula", "kind"),
    [("max(x1,0)^64", Kind.REGION), ("(x1+x2-1)^20", Kind.CURVE), ("(x1^2+x2^2-4)^20", Kind.CURVE)],
)
def test_what_a_high_power_makes_flatter_is_what_it_is(formula, kind):
    assert course(formula).minima.kind is kind


@pytest.mark.parametrize(("formula", "height"), [("(x2-sin(x1))^2", np.sin), ("(x2-4*x1^2)^2", lambda x: 4 * x**2)])
def test_distances_to_a_curve_that_bends_are_those_to_its_nearest_point(formula, height):
    """A sine goes along a row of the search at its crests; the parabola bends within a grid cell."""
    x, w = np.linspace(-5, 5, 100_001), np.random.default_rng(5).uniform(-3.4, 3.4, (300, 2))
    nearest = [np.hypot(x - a, height(x) - b).min() for a, b in w.tolist()]
    assert course(formula).distances(w) == pytest.approx(np.array(nearest), abs=1e-4)


def test_where_a_minimum_lies_is_known_better_than_its_loss():
    """Within 0.005 of it the loss is the same but for its last digit; the slope is not."""
    (point,) = course("1e12+exp(x1)-2*x1+cosh(x2-1)").minima.points
    assert point == pytest.approx([np.log(2), 1], abs=1e-8)


def dense(formula: str) -> Any:
    """Return points of the curves of two formulas, which are known in parameters."""
    t = np.linspace(0, 2 * np.pi, 20000)
    if formula.startswith("(x1^2+4"):
        return np.stack([2 * np.cos(t), np.sin(t)], axis=-1)
    x = np.concatenate([-np.geomspace(0.1, 10, 10000), np.geomspace(0.1, 10, 10000)])
    return np.stack([x, 1 / x], axis=-1)


def test_the_star_under_a_penalty_is_where_the_loss_is_least():
    """Along the kink x2 = 2 x1^2 - 1, which a weak penalty does not leave, the loss is one of x1 alone."""
    surface = SURFACES["kinked_valley"]
    for l1, l2 in ((0.0, 0.1), (0.05, 0.0), (0.05, 0.2)):
        x = np.linspace(0.2, 1.2, 2_000_001)
        y = 2 * x**2 - 1
        loss = (x - 1) ** 2 / 4 + l1 * (abs(x) + abs(y)) + l2 * (x**2 + y**2) / 2
        (point,) = Course(surface, surface.domain, np.array(surface.minima, dtype=float), l1, l2).minima.points
        assert point == pytest.approx([x[loss.argmin()], y[loss.argmin()]], abs=1e-5)


@pytest.mark.parametrize(
    ("formula", "penalty", "kind"),
    [
        ("exp(1/x1)", {"l2": 0.1}, Kind.GAP),
        ("exp(1/x1)", {"l1": 0.1}, Kind.GAP),
        ("tanh(10*x1)-0.125*abs(x1)-0.125*abs(x2)", {"l1": 0.125}, Kind.FALLS),
        ("(x1-0.25)^64+(x2-0.5)^2-0.05*(x1^2+x2^2)", {"l2": 0.1}, Kind.POINTS),
    ],
)
def test_what_only_rounding_makes_flat_is_told_with_a_penalty_too(formula, penalty, kind):
    assert course(formula, **penalty).minima.kind is kind


def test_values_alone_are_those_of_the_objective():
    w = np.random.default_rng(3).uniform(-4, 4, (20, 2))
    drawn = course("sin(x1)*x2+abs(x1-x2)", l1=0.1, l2=0.2).drawn
    np.testing.assert_allclose(drawn.value(w), drawn(w)[0], rtol=1e-14)
    for point, loss in zip(w.tolist(), drawn.value(w), strict=True):
        assert float(drawn.precisely(*map(mpmath.mpf, point))) == pytest.approx(loss, rel=1e-12)


SEARCHED = ["x1^2+3*x2^2+2*sin(2*x1)", "(x1^2+x2^2-4)^2", "(x1-1)^2/4+abs(x2-2*x1^2+1)", "1/(x1^2+x2^2-4)"]
# Where they overflow, gradient and Hessian come out as inf/inf at half of all points.
SEARCHED += ["1/(1+exp(-20*x1))", "1/(1+exp(-300*(x1-x2)))", "exp(200*x1)/(1+exp(200*x1))", "x1/(1+exp(-90*x1))"]


def test_what_takes_long_is_not_the_search():
    for formula in SEARCHED:
        surface = Surface.from_formula(formula)
        Course(surface, surface.domain)
        begun = process_time()
        Course(surface, surface.domain)
        assert process_time() - begun < 0.5, formula


# ---- rates of 0, and what is said


@pytest.mark.parametrize(("schedule", "values"), [("cosine", {}), ("polynomial", {"end": 0.0})])
def test_a_rate_of_zero_is_dead(schedule, values):
    factor = SCHEDULES[schedule](decay_steps=50, **values)
    assert factor(200) == 0
    for formula in ("x1^2+3*x2^2", "x1^2-x2", "abs(x1-0.3)+abs(x2)"):
        _course, result, found = raced(
            formula, [("sgd", 0.003), ("adam", 0.01), ("rmsprop", 0.01)], (-4, -3), factor=factor
        )
        assert [end.ending for end in result.ends] == [Ending.DEAD] * 3
        for trouble in found:
            assert trouble.trouble is Trouble.DEAD_RATE and trouble.scheduled and trouble.step <= 50


@pytest.mark.parametrize("rate", [1e-3, 0.01, 0.1])
def test_a_run_whose_rate_has_become_zero_neither_crawls_nor_swings(rate):
    factor = SCHEDULES["cosine"](decay_steps=100)
    for name in ("bowl", "rosenbrock", "long_valley", "taxicab"):
        surface = SURFACES[name]
        ground = Course(surface, surface.domain, np.array(surface.minima, dtype=float))
        runs = [Trial.of(ground, recipe(), rate, factor) for recipe in OPTIMIZERS.values()]
        result = race(runs, np.array(surface.start, dtype=float), 150)
        for trouble in diagnose(runs, result):
            assert trouble is None or trouble.trouble not in (Trouble.CRAWLING, Trouble.SWINGING)


def settings(formula: str, start: Any, *runs: str, lr: float = 0.1, **ground: Any) -> Settings:
    base = {"l1": 0.0, "l2": 0.0, "sigma": 0.0, "seed": 0, **ground}
    return Settings(
        ground=Ground("formula", formula, **base),
        runs=read_runs(list(runs)),
        learning_rate=lr,
        schedule=Choice("constant"),
        warmup=0,
        start=start,
        steps=200,
    )


@pytest.mark.parametrize(
    ("formula", "start", "run", "cell", "said"),
    [
        ("log(x1)", (-4, -3), "sgd", "no value at the start", "At the start, (−4, −3), the formula has no value"),
        ("exp(x1^2)", (40, 0), "sgd", "overflow at step 0", "At the start, (40, 0), the loss overflows"),
        ("log(x1)", (1, 1), "sgd,lr=0.3", "left the surface at step ", "SGD lr 0.3 left the surface: step "),
        ("x1^64", (-4, -3), "sgd", "overflow at step 1", "SGD overflowed: at step 1 "),
        ("exp(x1^2)", (20, 0), "adam", "overflow at step 1", "Adam overflowed: at step 1 "),
        ("5", (-4, -3), "sgd", "nothing to descend", "The loss is 5 everywhere: every point is a minimum"),
        ("x1^2", (4, 3), "sgd", "arrived", "The minima lie on a curve, at loss 0"),
        (
            "1/x1",
            (-4, -3),
            "sgd",
            "still going",
            "This surface has no minimum: at a pole the loss falls without bound.",
        ),
        ("exp(1/x1)", (-4, -3), "sgd", "still going", "the loss approaches 0 but never reaches it."),
        ("-x1^2-x2^2", (-1, 2), "newton,lr=1", "stuck on a maximum", "Newton lr 1 is stuck on a maximum"),
        ("-x1^4-x2^4", (0, 0), "sgd", "stuck on a maximum", "the loss rises in no direction"),
        ("x1^2/x2", (2, 1), "sgd", "stuck in a local minimum", "the loss falls in no direction"),
        ("x1^3-3*x1*x2^2", (0, 0), "sgd", "stuck on a saddle", "around it the loss both rises and falls"),
        (
            "-exp(-x1^2-x2^2)",
            (-1, 1),
            "newton,lr=1",
            "climbs",
            "Newton lr 1 climbs: from step 0 on every step leads uphill",
        ),
        (
            "1/x1",
            (-0.8, 1),
            "sgd",
            "jumped over a pole at step 3",
            "SGD jumped over a pole, where the loss is unbounded: at st",
        ),
        (
            "log(x1)+1/x2",
            (2, -1),
            "sgd,lr=3",
            ", after a jump over a pole at step 1",
            "at step 1, it jumped over a pole.",
        ),
        (
            "x1^2-0.01*log(x1^2)+x2^2",
            (3, 1),
            "momentum",
            "arrived, after a jump over a pole at step 14",
            "Momentum (averaged) jumped over a pole at step 14.",
        ),
        ("abs(x1)+x2^2", (2, 1), "newton", "its Hessian is singular", "Newton stands still from step "),
        ("x1", (-4, -3), "sgd,lr=0.3", "keeps falling", "This surface has no minimum: the loss keeps falling."),
    ],
)
def test_table_sentence_and_summary_say_the_same(formula, start, run, cell, said):
    given = settings(formula, start, run)
    with mock.patch.object(races, "language", lambda: "en"):
        report, summary = races.report(given), " ".join((races.say(given), *races.whys(given)))
    assert cell in report and said in summary
    assert all(caption.text.partition(": ")[2] in summary for caption in races.captions(given))
    assert races.captions(given) or cell in ("arrived", "still going", "keeps falling")
    assert "step -1" not in report + summary and "—" not in summary
    others = {text for text in races.ENDINGS.values() if text not in cell}
    assert not any(f"<td>{text}</td>" in report for text in others)


def test_a_minimum_where_the_formula_has_only_a_limit_is_said_to_be_one():
    for formula in ("exp(-1/x1^2)+x2^2", "-sin(x1)/x1+x2^2"):
        assert "at (0, 0), where the formula has no value but a limit." in races.terrain(
            settings(formula, (2, 1)).ground
        )
    assert races.terrain(settings("x1^2+x2^2", (2, 1)).ground) == "Its lowest loss is 0, at (0, 0)."


def test_a_divergence_that_only_shows_in_the_last_step_is_not_said_to_have_risen():
    found = raced("log(x1^2)", [("sgd", 0.1)], (1, 1))[2][0]
    if found is not None and found.trouble is Trouble.DIVERGED:
        assert "only rose" not in diagnoses.explain("SGD", found) or found.turn < found.step
    text = diagnoses.explain("SGD", Finding(Trouble.DIVERGED, 200, 0.1, 1, 1, 1, turn=200, loss=7.0, first=0.5))
    assert text == "SGD diverged: its loss went from 0.5 at the start to 7."


@pytest.mark.parametrize("formula", ["x1^2", "(x1^2+x2^2-4)^2", "5", "x1+abs(x1)", "x1^2+x2^2"])
def test_minima_are_drawn_as_what_they_are(formula):
    given = settings(formula, (4, 3), "sgd")
    stars = json.loads(races.panels_of(given, True)[0].figure)["data"][0]
    minima = course_of(given.ground).minima
    shown = {Kind.CURVE: len(minima.points), Kind.POINTS: 1}.get(minima.kind, 0)
    assert np.size(stars.get("x", ())) == shown or "bdata" in stars["x"]
    assert (stars["marker"]["symbol"] == "circle") == (minima.kind is Kind.CURVE)


@pytest.mark.parametrize("name", SURFACES)
def test_a_formula_that_is_typed_has_the_levels_of_the_ready_surface(name):
    surface = SURFACES[name]
    levels = spacing(surface, ((-5.0, 5.0), (-5.0, 5.0)))
    # Lévy's hills are low beside the others': there it is a matter of taste.
    assert levels == surface.levels or name == "levy"


def test_the_kept_formula_keeps_its_levels():
    assert races.relief_of(settings("x1^2+3*x2^2", (4, 3), "sgd").ground, 41).levels == "linear"
    assert races.relief_of(settings("(1-x1)^2+100*(x2-x1^2)^2", (4, 3), "sgd").ground, 41).levels == "log"


def newton_in_mpmath(l1, l2):
    """Return Rosenbrock's minimum under a penalty by Newton's steps in mpmath, the penalty grown from nothing."""
    point = mpmath.matrix([1, 1])
    for share in np.linspace(0, 1, 41).tolist():

        def slope(x, y, a=share * l1, b=share * l2):
            return [-2 * (1 - x) - 400 * x * (y - x**2) + a + b * x, 200 * (y - x**2) + a + b * y]

        point = mpmath.findroot(slope, tuple(point))
    assert point[0] > 0 and point[1] > 0
    return [float(each) for each in point]


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.1), (0.05, 0.0), (0.02, 0.1), (0.0, 0.001)])
def test_the_star_of_rosenbrock_under_a_penalty_is_where_newton_s_steps_end(l1, l2):
    surface = SURFACES["rosenbrock"]
    (point,) = Course(surface, surface.domain, np.array(surface.minima, dtype=float), l1, l2).minima.points
    assert point == pytest.approx(newton_in_mpmath(l1, l2), abs=1e-6)


def test_the_local_minima_of_goldstein_and_price_are_called_so():
    """Beside (0, -1) with loss 3 there are (1.2, 0.8) with 840, (1.8, 0.2) with 84 and (-0.6, -0.4) with 30."""
    surface = SURFACES["goldstein_price"]
    course = Course(surface, surface.domain, np.array(surface.minima, dtype=float))
    for w, loss in (((1.2, 0.8), 840.0), ((1.8, 0.2), 84.0), ((-0.6, -0.4), 30.0)):
        runs = [Trial.of(course, OPTIMIZERS[name](), rate) for name, rate in (("sgd", 1e-5), ("newton", 1.0))]
        result = race(runs, np.array(w) + 0.01, 400)
        for end, trouble in zip(result.ends, diagnose(runs, result), strict=True):
            assert end.ending is Ending.LOCAL_MINIMUM and end.loss == pytest.approx(loss, rel=1e-3)
            assert trouble.trouble is Trouble.LOCAL_MINIMUM and trouble.low > 0
