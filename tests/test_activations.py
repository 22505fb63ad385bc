"""Activations against TensorFlow, against arbitrary precision, and at the ends of the number line."""

import mpmath
import numpy as np
import pytest

from optviz.activations import ACTIVATIONS, Activation

EDGES = [0.0, -0.0, 1e-300, -1e-300, 1e-17, -1e-17, 30.0, -30.0, 750.0, -750.0, 1e160, -1e160, 1e308, -1e308]
GRID = np.array([*np.linspace(-6, 6, 49), *EDGES])

PRINTED = {
    "sigmoid": ([1, 2, 3], [0.7310586, 0.880797, 0.95257413]),
    "tanh": (
        [-np.inf, -5, -0.5, 1, 1.2, 2, 3, np.inf],
        [-1, -0.99990916, -0.46211717, 0.7615942, 0.8336547, 0.9640276, 0.9950547, 1],
    ),
    "relu": ([-2, 0, -0.0, 3], [0, 0, 0, 3]),
    "leaky_relu": ([-2, 0, -0.0, 3], [-0.4, 0, 0, 3]),
}

EXACT = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
}

LIMITS = {
    "relu": (0, np.inf),
    "leaky_relu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, np.inf),
    "softsign": (-1, 1),
    "linear": (-np.inf, np.inf),
}

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


@pytest.fixture(scope="session")
def tf():
    return pytest.importorskip("tensorflow")


def of_tensorflow(tf, activation: Activation):
    place = tf
    for name in activation.tensorflow.split("."):
        place = getattr(place, name)
    return place


@pytest.mark.parametrize("name", PRINTED)
def test_value_is_what_the_course_prints(name):
    z, printed = PRINTED[name]
    np.testing.assert_allclose(ACTIVATIONS[name].value(np.array(z, float)), printed, rtol=1.5e-7)


@pytest.mark.parametrize("name", EXACT)
def test_value_is_exact_to_rounding_also_where_it_nearly_vanishes(name):
    z = np.array([-700.0, -40.0, -1.0, -1e-17, 1e-17, 1.0, 40.0, 700.0])
    with mpmath.workdps(700):
        expected = [float(EXACT[name](mpmath.mpf(x))) for x in z]
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), expected, rtol=1e-14)


@every_activation
def test_value_and_derivative_equal_tensorflow(tf, activation):
    z = tf.constant(GRID)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = of_tensorflow(tf, activation)(z)
    rtol = 2e-8 if activation.name == "leaky_relu" else 1e-12  # TensorFlow keeps the 0.2 in single precision
    np.testing.assert_allclose(activation.value(GRID), a.numpy(), rtol=rtol, atol=1e-15)
    np.testing.assert_allclose(activation.slope(GRID), tape.gradient(a, z).numpy(), rtol=rtol, atol=1e-15)


@every_activation
def test_derivative_is_the_slope_of_the_value(activation):
    z, h = np.linspace(-5, 5, 200), 1e-6
    slope = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.slope(z), slope, atol=1e-8)


@every_activation
def test_infinity_gives_the_limit(activation):
    infinite = np.array([-np.inf, np.inf])
    np.testing.assert_array_equal(activation.value(infinite), LIMITS[activation.name])
    assert np.isfinite(activation.slope(infinite)).all()


@every_activation
def test_shape_and_type_are_kept(activation):
    z = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    a = activation.value(z)
    for array in (a, activation.derivative(z, a)):
        assert array.shape == z.shape
        assert array.dtype == np.float64


def test_names_are_the_keys():
    assert [activation.name for activation in ACTIVATIONS.values()] == list(ACTIVATIONS)
