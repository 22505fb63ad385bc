"""Optimizers and learning rates as programs in Keras: each is run at random values, and takes the same path as ours."""

import numpy as np
import pytest

from optviz.lessons.optimizer_code import optimizer_code, rate_code, schedule_code
from optviz.lessons.programs import printed
from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS, OWN
from optviz.optimization.schedules import SCHEDULES, Schedule, warmup
from tests import programs
from tests.programs import drawn, in_keras

pytest.importorskip("keras")

WRITTEN = [name for name in OPTIMIZERS if in_keras(name)]

START = np.array([-1.2, 0.7])
STEPS = 15
HEAD = ("import keras", "from numpy import float64", printed("precision"))
# Nadam of Keras rounds its 0.96 to single precision.
PRECISIONS = {"nadam": 1e-6}


def run(lines, **names):
    return programs.run("\n".join([*HEAD, *lines]), **names)[0]


def objective(w, t=0):
    x, y = w[..., 0], w[..., 1]
    return (x - 1) ** 2 + 0.3 * x * y**3, np.stack([2 * (x - 1) + 0.3 * y**3, 0.9 * x * y**2], axis=-1)


def path_in_keras(code):
    names = run(
        [
            *code.definitions,
            f"optimizer = {code.call}",
            f"w = keras.Variable({START.tolist()}, dtype='float64')",
            "path = [w.numpy()]",
            f"for _ in range({STEPS}):",
            *(["    optimizer.look_ahead([w])"] if code.looks_ahead else []),
            "    optimizer.apply([keras.ops.convert_to_tensor(objective(w.numpy())[1])], [w])",
            "    path.append(w.numpy())",
        ],
        objective=objective,
    )
    return np.array(names["path"])


def our_path(name, values, rate):
    return record(descend(objective, OPTIMIZERS[name](**values), rate, START), STEPS).w


def assert_equal(name, values, code, rate):
    ours = our_path(name, values, rate)
    reach = np.abs(ours - START).max()
    error = np.abs(path_in_keras(code) - ours).max() / reach
    assert reach > 0 and error < PRECISIONS.get(name, 1e-10), (name, values, code.call, error)


# Each optimizer at random values; what switches between Keras' call and ours is set both ways.
CASES = [
    *((name, {}, 0) for name in WRITTEN),
    *((name, {"epsilon_inside": inside}, 2) for name in ("adagrad", "rmsprop", "adam") for inside in (False, True)),
    *(("nadam", {"psi": psi}, 3) for psi in (0.0, 0.004, 1.0)),
    *((name, {"epsilon": 0.01}, 4) for name in ("adam", "adamw", "amsgrad", "adagrad", "rmsprop", "adamax")),
    ("adagrad", {"initial_accumulator": 0.0}, 5),
    # Here V forgets as fast as the gradient falls, so that its largest value so far is another.
    ("amsgrad", {"beta1": 0.5, "beta2": 0.3, "epsilon": 1e-8}, 5),
    ("lion", {"beta1": 0.0}, 5),
    *((name, {"beta": 0.0}, 5) for name in ("momentum", "nesterov", "nesterov_keras")),
]


@pytest.mark.parametrize(("name", "fixed", "seed"), CASES)
def test_an_optimizer_at_any_values_takes_the_same_path(name, fixed, seed):
    rng = np.random.default_rng([seed, len(name)])
    values = {**drawn(OPTIMIZERS[name], rng), **fixed}
    code = optimizer_code(name, values, rate_code(0.02, "constant", {}, 0))
    assert_equal(name, values, code, lambda t: 0.02)


@pytest.mark.parametrize(
    "rule",
    [
        "v(0) = 0.5\nv = 0.9*v + 0.1*g**2\nw = w - lr*g/sqrt(v)",
        "v(0) = 0.5\nm = 0.9*m + g\nv = 0.9*v + 0.1*g**2\nw = w - lr*m/sqrt(v)",
        "c = 0.2 in [0, 1]\nm = 0.9*m + g\nv(0) = c\nv = 0.9*v + 0.1*g**2\nw = w - lr*m/sqrt(v)",
        "m = 0.9*m + g\na(0) = w\na = a + 0.5*(w - a)\nw = w - lr*m - 0.01*(w - a)",
    ],
    ids=["one", "two", "from a number", "from the weights"],
)
def test_a_memory_begins_with_what_a_rule_says(rule):
    code = optimizer_code(OWN + rule, {}, rate_code(0.02, "constant", {}, 0))
    assert_equal(OWN + rule, {}, code, lambda t: 0.02)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, {}) for name in ("sgd", "momentum", "momentum_classical", "nesterov_keras")),
        *((name, {"epsilon_inside": True}) for name in ("adagrad", "rmsprop")),
        *((name, {}) for name in ("adadelta", "nadam", "adamax", "lion")),
    ],
)
def test_keras_own_optimizer_is_taken_where_it_is_equal(name, values):
    code = optimizer_code(name, values, rate_code(0.02, "constant", {}, 0))
    assert code.call.startswith("keras.optimizers.") and not code.definitions


@pytest.mark.parametrize("name", WRITTEN)
def test_an_optimizer_takes_the_same_path_under_a_schedule_with_a_warm_up(name):
    rng = np.random.default_rng(len(name))
    values = drawn(OPTIMIZERS[name], rng)
    schedule, numbers = "exponential_decay", {"decay_steps": 5, "rate": 0.6}
    code = optimizer_code(name, values, rate_code(0.05, schedule, numbers, 4))
    assert_equal(name, values, code, Schedule(0.05, warmup(SCHEDULES[schedule](**numbers), 4)))


def test_keras_has_no_optimizer_for_second_derivatives_two_points_or_norms():
    beyond = {"newton", "sophia", "lamb", "sam", "schedule_free_sgd", "schedule_free_adamw", "prodigy"}
    assert beyond <= set(OPTIMIZERS) - set(WRITTEN)
    assert {"adam", "nesterov", "heavy_ball", "radam", "adabelief", "adan", "ademamix", "lookahead"} < set(WRITTEN)


def test_default_values_stand_for_those_that_are_not_given():
    rate = rate_code(0.1, "constant", {}, 0)
    for name, recipe in OPTIMIZERS.items():
        if name in WRITTEN:
            assert optimizer_code(name, {}, rate) == optimizer_code(name, recipe.defaults, rate)


@pytest.mark.parametrize("name", WRITTEN)
def test_two_of_a_kind_with_other_values_stand_side_by_side(name):
    # A program defines each class once: one name is one text.
    rng = np.random.default_rng(1)
    rates = [rate_code(0.1, "constant", {}, 0), rate_code(0.1, "cosine", {}, 3)]
    codes = [optimizer_code(name, drawn(OPTIMIZERS[name], rng), rate) for rate in rates for _ in range(8)]
    classes = {definition for code in codes for definition in code.definitions}
    assert len({text.split("(")[0] for text in classes}) == len(classes)


@pytest.mark.parametrize("steps", [0, 6])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_at_any_values_gives_the_same_learning_rates(name, steps):
    values = drawn(SCHEDULES[name], np.random.default_rng(steps))
    ours = Schedule(0.3, warmup(SCHEDULES[name](**values), steps))
    for code in (rate_code(0.3, name, values, steps), schedule_code(0.3, name, values, steps)):
        names = run([*code.definitions, f"rate = {code.call}"])
        rate = names["rate"]
        shown = [rate if code.steady else float(rate(t)) for t in range(36)]
        np.testing.assert_allclose(shown, [ours(t) for t in range(36)], rtol=1e-12, atol=1e-16)
    assert not code.steady and rate_code(0.3, name, values, steps).steady == (name == "constant" and not steps)


def test_restarts_come_at_the_right_step_where_a_logarithm_would_round():
    for first, growth in ((1, 2.0), (7, 3.0), (5, 1.5), (3, 1.1), (4, 1.0)):
        values = {"first_decay_steps": first, "t_mul": growth, "m_mul": 0.7, "alpha": 0.1}
        code = rate_code(1.0, "cosine_restarts", values, 0)
        rate = run([*code.definitions, f"rate = {code.call}"])["rate"]
        ours = SCHEDULES["cosine_restarts"](**values)
        begins = {round(first * sum(growth**k for k in range(i))) for i in range(6)}
        steps = sorted({max(t + d, 0) for t in begins for d in (-1, 0, 1)})
        np.testing.assert_allclose([float(rate(t)) for t in steps], [ours(t) for t in steps], rtol=1e-11)


@pytest.mark.parametrize("name", ["nesterov", "adagrad", "nadam", "adamw", "lookahead", "radam"])
def test_a_model_is_trained_by_fit_to_the_same_weights(name):
    # There `update_step` runs in a graph, on several variables.
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    values = drawn(OPTIMIZERS[name], rng)
    schedule = {"decay_steps": 6}
    code = optimizer_code(name, values, rate_code(0.05, "polynomial", schedule, 2))
    names = run(
        [
            *code.definitions,
            printed("look_ahead_model"),
            f"make = {'LookAheadModel' if code.looks_ahead else 'keras.Sequential'}",
            "model = make([keras.Input((2,)), keras.layers.Dense(1)])",
            f"model.compile(optimizer={code.call}, loss='mse')",
            "start = [w.numpy() for w in model.weights]",
            "model.fit(x, y, epochs=6, batch_size=8, shuffle=False, verbose=0)",
        ],
        x=x,
        y=y,
    )

    def loss(w, t=0):
        error = x @ w[:2] + w[2] - y[:, 0]
        return np.mean(error**2), np.array([*(2 * x.T @ error), 2 * error.sum()]) / len(x)

    rate = Schedule(0.05, warmup(SCHEDULES["polynomial"](**schedule), 2))
    start = np.concatenate([w.ravel() for w in names["start"]])
    ours = record(descend(loss, OPTIMIZERS[name](**values), rate, start), 6).w[-1]
    theirs = np.concatenate([w.ravel() for w in names["model"].get_weights()])
    np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-12)
