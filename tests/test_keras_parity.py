"""Step-by-step parity with Keras, in double precision, on Rosenbrock's function.

Keras' conventions where they differ from ours: AdaGrad starts its accumulator at 0.1 and keeps epsilon inside the root,
as does RMSProp; Adam, AMSGrad and AdamW add epsilon before the bias correction, so that ours is Keras' divided by
`sqrt(1 - beta2^t)`: parity holds where epsilon is negligible, and the difference is stated in a test of its own.
"""

import os

import numpy as np
import pytest

from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

TINY = 1e-15
START = np.array([-1.2, 1.0])
STEPS = 60
# Keras casts its hyper-parameters through single precision even where the variables are double.
PRECISION = 2e-6

PAIRS = {
    "sgd": (keras.optimizers.SGD, {}, 1e-3),
    "momentum_classical": (lambda lr: keras.optimizers.SGD(lr, momentum=0.9), {"beta": 0.9}, 1e-4),
    "nesterov_keras": (lambda lr: keras.optimizers.SGD(lr, momentum=0.9, nesterov=True), {"beta": 0.9}, 1e-4),
    "adagrad": (
        keras.optimizers.Adagrad,
        {"epsilon": 1e-7, "epsilon_inside": True, "initial_accumulator": 0.1},
        0.1,
    ),
    "rmsprop": (
        lambda lr: keras.optimizers.RMSprop(lr, rho=0.9),
        {"beta": 0.9, "epsilon": 1e-7, "epsilon_inside": True},
        0.01,
    ),
    "adadelta": (lambda lr: keras.optimizers.Adadelta(lr, rho=0.95), {"beta": 0.95, "epsilon": 1e-7}, 1.0),
    "adam": (lambda lr: keras.optimizers.Adam(lr, epsilon=TINY), {"epsilon": TINY}, 0.05),
    "nadam": (keras.optimizers.Nadam, {"epsilon": 1e-7}, 0.05),
    "amsgrad": (lambda lr: keras.optimizers.Adam(lr, epsilon=TINY, amsgrad=True), {"epsilon": TINY}, 0.05),
    "adamax": (keras.optimizers.Adamax, {"epsilon": 1e-7}, 0.05),
    "adamw": (
        lambda lr: keras.optimizers.AdamW(lr, weight_decay=0.02, epsilon=TINY),
        {"weight_decay": 0.02, "epsilon": TINY},
        0.05,
    ),
    "lion": (lambda lr: keras.optimizers.Lion(lr, beta_1=0.9, beta_2=0.99), {}, 0.01),
}


@pytest.fixture(autouse=True)
def double_precision():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def rosenbrock(w, t=0):
    x, y = w[..., 0], w[..., 1]
    g = np.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], axis=-1)
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2, g


def keras_path(optimizer, steps=STEPS):
    variable = keras.Variable(START, dtype="float64")
    rows = [START]
    for _ in range(steps):
        optimizer.apply([rosenbrock(variable.numpy())[1]], [variable])
        rows.append(variable.numpy())
    return np.array(rows)


def our_path(name, values, schedule, steps=STEPS):
    return record(descend(rosenbrock, OPTIMIZERS[name](**values), schedule, START), steps).w


@pytest.mark.parametrize("name", PAIRS)
def test_every_step_equals_keras(name):
    make, values, rate = PAIRS[name]
    ours = our_path(name, values, lambda t: rate)
    assert np.abs(ours[-1] - START).max() > 1e-3
    assert np.allclose(ours, keras_path(make(rate)), rtol=PRECISION)


def test_every_optimizer_that_keras_has_is_compared():
    # Averaged momentum is Keras' classical one at another learning rate.
    assert {name for name, entry in OPTIMIZERS.items() if entry.keras.call} - set(PAIRS) == {"momentum"}


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop"])
def test_a_schedule_gives_the_steps_of_keras_own_schedule(name):
    make, values, rate = PAIRS[name]
    schedule = keras.optimizers.schedules.ExponentialDecay(rate, 10, 0.9, staircase=True)
    ours = our_path(name, values, lambda t: rate * 0.9 ** (t // 10))
    assert np.allclose(ours, keras_path(make(schedule)), rtol=PRECISION)


def test_epsilon_of_keras_adam_stands_before_the_bias_correction():
    epsilon, rate, t = 0.1, 0.05, 1
    step = START - keras_path(keras.optimizers.Adam(rate, epsilon=epsilon), 1)[1]
    g = rosenbrock(START)[1]
    ours = START - our_path("adam", {"epsilon": epsilon / np.sqrt(1 - 0.999**t)}, lambda t: rate, 1)[1]
    # In single precision 1 - 0.999 is off by 5e-5.
    assert np.allclose(step, ours, rtol=1e-4)
    assert not np.allclose(step, START - our_path("adam", {"epsilon": epsilon}, lambda t: rate, 1)[1], rtol=1e-2)
    assert np.allclose(ours, rate * g / (np.abs(g) + epsilon / np.sqrt(1 - 0.999)), rtol=1e-9)
