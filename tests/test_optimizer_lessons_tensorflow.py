"""The TensorFlow programs that the lessons on optimizers offer: they are run, and give what we give."""

import re
from dataclasses import replace

import numpy as np
import pytest

from optviz.expressions import tensorflow_program
from optviz.lessons import build, functions, momentum, races
from optviz.lessons.build import Row, own
from optviz.lessons.runs import Run
from optviz.models.functions import CASTS, read_axis
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES
from tests import programs

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")


def run(program):
    """Run a program as it stands, with what the lesson on functions has imported before, and return its names."""
    return programs.run(program, tf=tf, np=np)[0]


def settings(mine, surface="bowl", steps=25, learning_rate=0.1):
    ground = Ground(surface, "", 0.0, 0.0, 0.0, 0)
    return races.Settings(
        ground=ground,
        runs=(mine, Run("sgd")),
        learning_rate=learning_rate,
        schedule=Choice("constant"),
        warmup=0,
        start=SURFACES[surface].start,
        steps=steps,
    )


MEAN, MEAN2 = Row(0.9, "average", 1.0, False), Row(0.999, "average", 1.0, False)
KINDS = {
    "sgd": own(Row(0.0, "average", 1.0, False), None, 0.0, False),
    "momentum": own(MEAN, None, 0.0, False),
    "momentum_classical": own(Row(0.9, "sum", 1.0, False), None, 0.0, False),
    "adagrad": own(Row(0.0, "sum", 1.0, False), Row(1.0, "sum", 1.0, False), 1e-7, False),
    "rmsprop": own(Row(0.0, "sum", 1.0, False), Row(0.9, "average", 1.0, False), 1e-7, True),
    "adam": own(Row(0.9, "average", 1.0, True), Row(0.999, "average", 1.0, True), 1e-8, False),
    "uncorrected": own(MEAN, MEAN2, 1e-8, False),
    "own gain": own(Row(0.8, "own", 0.37, True), Row(0.95, "own", 0.2, True), 1e-3, True),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_four_steps_in_tensorflow_lead_where_the_race_leads(name):
    given = settings(KINDS[name])
    names = run(build.programs(given, KINDS[name])[0])
    assert names["w"].numpy() == pytest.approx(races.race_of(given).path.w[-1, 0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", [n for n in KINDS if n in OPTIMIZERS])
def test_the_named_optimizer_of_keras_takes_the_same_path(name):
    mine = KINDS[name]
    given = settings(mine)
    names = run(build.programs(given, mine)[1])
    assert names["w"].numpy() == pytest.approx(races.race_of(given).path.w[-1, 0], rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("draw", range(12))
def test_an_optimizer_of_one_s_own_takes_the_same_path_at_any_numbers(draw):
    rng = np.random.default_rng(draw)

    def row():
        decay = float(rng.choice([0.0, 0.5, 0.9, 0.999]))
        return Row(decay, str(rng.choice(list(build.GAINS))), float(rng.uniform(0.1, 1.5)), bool(rng.integers(2)))

    mine = own(row(), row() if draw % 3 else None, float(rng.choice([0.0, 1e-8, 0.01, 0.3])), bool(rng.integers(2)))
    given = settings(mine, list(SURFACES)[draw], 12, 0.02)
    for program in build.programs(given, mine):
        ours = races.race_of(given).path.w[-1, 0]
        # What diverges is nan on the page from its end on.
        assert np.isnan(ours).all() or run(program)["w"].numpy() == pytest.approx(ours, rel=1e-9, abs=1e-12)


def test_without_epsilon_a_weight_whose_gradient_is_0_stands_still():
    mine = own(Row(0.0, "average", 1.0, False), Row(1.0, "sum", 1.0, False), 0.0, False)
    given = replace(settings(mine), start=(3.0, 0.0))
    assert run(build.programs(given, mine)[0])["w"].numpy() == pytest.approx(races.race_of(given).path.w[-1, 0])


def test_what_has_no_name_has_no_call():
    assert len(build.programs(settings(KINDS["own gain"]), KINDS["own gain"])) == 1


@pytest.mark.parametrize("name", SURFACES)
def test_each_surface_is_written_in_tensorflow(name):
    surface = SURFACES[name]
    low, high = np.array(surface.domain).T
    points = np.random.default_rng(0).uniform(low, high, (50, 2))
    code = tensorflow_program(surface.expression)
    values = eval(code, {"tf": tf, "x1": tf.constant(points[:, 0]), "x2": tf.constant(points[:, 1])})
    assert np.allclose(values.numpy(), surface.value(points), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sequence", ["constant", "alternating", "noisy", "typed"])
def test_both_forms_of_momentum_in_keras(sequence):
    typed = (1.0, -2.0, 0.5) if sequence == "typed" else ()
    values = () if sequence == "typed" else (("slope", 1.5),)
    given = momentum.Settings(sequence=Choice(sequence, values), typed=typed, decay=0.8, learning_rate=0.1, steps=12)
    places = run(momentum.program(given))["places"]
    ours = momentum.momentum_of(given).places[-1]
    assert places["classical"] == pytest.approx(ours[1], rel=1e-11)
    assert places["averaged"] == pytest.approx(ours[2], rel=1e-11)


def row(*numbers):
    return np.array(numbers, dtype=float)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (functions.where_call(row(1, 2, 3, 1, 1), row(0, 1, 3, 4, 5)), "c"),
        (functions.where_call(row(0.1, 123456789.5), row(1, 1)), "c"),
        (functions.vstack_call(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.5]])), "c"),
        (functions.grid_call(read_axis("1:3:1"), read_axis("2:4:0.5")), "grid"),
        *((functions.cast_call(row(1, 2.7, -2.7, 0, 0.1, 2**31 - 1), to), "y") for to in CASTS),
    ],
)
def test_each_call_gives_what_is_shown(call, name):
    value = run(call.code)[name]
    assert functions._written(np.asarray(value)) == call.result


def test_rand_gives_what_is_shown():
    call = functions.rand_call(1, 2, 3)
    names = run(call.code)
    assert call.result == f"a = {names['a']!r}\nb =\n{names['b']}"
    assert "0.417022004702574" in call.result


def test_normal_draws_as_many_with_the_same_mean_and_deviation():
    call = functions.normal_call(3.0, 0.5, 5000, 1)
    drawn = run(call.code)["d"].numpy()
    assert drawn.shape == (5000,)
    assert drawn.mean() == pytest.approx(3.0, abs=0.03) and drawn.std() == pytest.approx(0.5, abs=0.02)
    mean, deviation = map(float, re.findall(r"[\d.]+", call.result.splitlines()[-1]))
    assert mean == pytest.approx(drawn.mean(), abs=0.03) and deviation == pytest.approx(drawn.std(), abs=0.03)
