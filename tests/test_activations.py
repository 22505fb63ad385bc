"""Activations against TensorFlow, against arbitrary precision, and at the ends of the number line."""

import mpmath
import numpy as np
import pytest

from optviz.lessons.training_code import activation_code
from optviz.networks.activations import ACTIVATIONS, mean_output, softmax, span
from tests.programs import drawn
from tests.tex_arithmetic import evaluated

EDGES = [0.0, -0.0, 1e-300, -1e-300, 1e-17, -1e-17, 30.0, -30.0, 750.0, -750.0]
EDGES += [1000.0, -1000.0, 1e160, -1e160, 1e308, -1e308]
GRID = np.array([*np.linspace(-6, 6, 49), *EDGES])
KNOWN = {"gelu": np.abs(GRID) < 1e100, "selu": (GRID >= 0) | (GRID < -1e-16)}
"""Where TensorFlow knows the derivative: its GELU has nan far out, and its SELU takes what is nearly zero for zero."""

GIVEN = {
    "leaky_relu": {"alpha": 0.01},
    "prelu": {"alpha": 0.0},
    "rrelu": {"lower": 0.1, "upper": 0.7},
    "elu": {"alpha": 2.5},
}
"""Parameters at the ends and in between; those of any other activation are drawn."""

CASES = [pytest.param(made(), id=name) for name, made in ACTIVATIONS.items()]
DRAWN = {name: drawn(made, np.random.default_rng(2)) for name, made in ACTIVATIONS.items() if made.parameters}
# Formulas print four digits.
OTHERS = {name: {key: float(f"{value:.3g}") for key, value in values.items()} for name, values in DRAWN.items()} | GIVEN
CASES += [pytest.param(ACTIVATIONS[name](**given), id=f"{name} {given}") for name, given in OTHERS.items()]

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
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
}

SINGLE = {"leaky_relu": 4e-8, "prelu": 4e-8, "rrelu": 4e-8, "gelu": 1e-5}
"""Relative tolerance where TensorFlow keeps a constant in single precision."""

LIMITS = {
    "relu": (0, np.inf),
    "leaky_relu": (-np.inf, np.inf),
    "prelu": (-np.inf, np.inf),
    "rrelu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "selu": (-1.7580993408473766, np.inf),
    "silu": (0, np.inf),
    "gelu": (0, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, np.inf),
    "softsign": (-1, 1),
    "linear": (-np.inf, np.inf),
}

every_activation = pytest.mark.parametrize("activation", CASES)


@pytest.fixture(scope="session")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.fixture
def keras(tf):
    """Keras computing in float64, as it does not by default."""
    keras = pytest.importorskip("keras")
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    yield keras
    keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("name", PRINTED, ids=[f"3.1 {name}" for name in PRINTED])
def test_value_is_what_the_course_prints(name):
    z, printed = PRINTED[name]
    np.testing.assert_allclose(ACTIVATIONS[name]().value(np.array(z, float)), printed, rtol=1.5e-7)


def test_softmax_is_what_the_course_prints_3_1():
    np.testing.assert_allclose(
        softmax(np.array([4.0, 5.0, 1.0])), [0.26538792, 0.7213992, 0.01321289], rtol=1.5e-7, atol=5e-9
    )


@pytest.mark.parametrize("name", EXACT)
def test_value_is_exact_to_rounding_also_where_it_nearly_vanishes(name):
    z = np.array([-700.0, -40.0, -1.0, -1e-17, 1e-17, 1.0, 40.0, 700.0])
    with mpmath.workdps(700):
        expected = [float(EXACT[name](mpmath.mpf(x))) for x in z]
    np.testing.assert_allclose(ACTIVATIONS[name]().value(z), expected, rtol=1e-14)


@every_activation
def test_value_and_derivative_equal_tensorflow(tf, activation):
    grid = GRID[KNOWN.get(activation.name, np.full(GRID.shape, True))]
    z = tf.constant(grid)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = activation.tensorflow(tf, z)
    rtol = SINGLE.get(activation.name, 1e-12)
    np.testing.assert_allclose(activation.value(grid), a.numpy(), rtol=rtol, atol=1e-15)
    np.testing.assert_allclose(activation.slope(grid), tape.gradient(a, z).numpy(), rtol=rtol, atol=1e-15)


@every_activation
def test_value_and_derivative_equal_keras(keras, tf, activation):
    code = activation_code(activation)
    function = eval(f"lambda z: {code}", {"keras": keras}) if code else keras.activations.get(activation.name)
    grid = GRID[KNOWN.get(activation.name, np.full(GRID.shape, True))]
    z = tf.constant(grid)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = tf.convert_to_tensor(function(z))
    rtol = SINGLE.get(activation.name, 1e-12)
    np.testing.assert_allclose(activation.value(grid), a.numpy(), rtol=rtol, atol=1e-15)
    np.testing.assert_allclose(activation.slope(grid), tape.gradient(a, z).numpy(), rtol=rtol, atol=1e-15)


@every_activation
def test_derivative_is_the_slope_of_the_value(activation):
    z, h = np.linspace(-5, 5, 200), 1e-6
    slope = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.slope(z), slope, atol=1e-8)


@every_activation
def test_infinity_gives_the_limit(activation):
    infinite = np.array([-np.inf, np.inf])
    if activation.name in LIMITS and not set(activation.arguments) - set(ACTIVATIONS[activation.name].defaults.items()):
        np.testing.assert_array_equal(activation.value(infinite), LIMITS[activation.name])
    assert not np.isnan(activation.value(infinite)).any()
    assert np.isfinite(activation.slope(infinite)).all()


@every_activation
@pytest.mark.parametrize("far", [1000.0, 1e308, np.inf])
def test_far_out_the_derivative_is_the_slope_of_the_line_that_the_value_nears(activation, far):
    ends = np.array([-1e308, 1e308])
    asymptotes = activation.value(ends) / ends
    np.testing.assert_allclose(activation.slope(np.array([-far, far])), asymptotes, rtol=1e-12, atol=1e-4)


@every_activation
def test_shape_and_type_are_kept(activation):
    z = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    a = activation.value(z)
    for array in (a, activation.derivative(z, a)):
        assert array.shape == z.shape
        assert array.dtype == np.float64


def test_names_and_arguments_are_those_of_the_registry():
    for name, made in ACTIVATIONS.items():
        assert made.name == made().name == name
        assert dict(made().arguments) == made.defaults


@pytest.mark.parametrize("name", OTHERS)
def test_equal_activations_are_equal_and_others_are_not(name):
    made, given = ACTIVATIONS[name], OTHERS[name]
    assert made(**given) == made(**given) != made()
    assert len({made(), made(), made(**given)}) == 2
    assert ACTIVATIONS["leaky_relu"](alpha=0.25) != ACTIVATIONS["prelu"](alpha=0.25)


ROUNDED = {"selu": 4e-5, "rrelu": 2e-4}
"""Relative tolerance where the formula prints four or five digits of its numbers."""


@every_activation
def test_the_formula_with_the_arguments_in_it_has_the_value(activation):
    for z in (-3.0, -0.4, 0.0, 0.7, 2.0):
        value = float(activation.value(np.array(z)))
        rel = ROUNDED.get(activation.name, 1e-12)
        assert evaluated(activation.formula, z=z) == pytest.approx(value, rel=rel, abs=1e-15), z


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_formula_in_letters_has_the_value_at_their_values(name):
    recipe = ACTIVATIONS[name]
    values = {**recipe.defaults, **OTHERS.get(name, {})}
    letters = {p.range.symbol.removeprefix("\\"): values[p.name] for p in recipe.parameters}
    for z in (-3.0, 0.0, 2.0):
        value = float(recipe(**values).value(np.array(z)))
        rel = ROUNDED.get(name, 1e-12)
        assert evaluated(recipe.formula, z=z, **letters) == pytest.approx(value, rel=rel, abs=1e-15), z


def test_rrelu_in_inference_has_the_mean_slope():
    assert ACTIVATIONS["rrelu"]().slope(np.array([-1.0])) == pytest.approx(11 / 48, rel=1e-15)


DIPS = {"silu": -0.2784645427610738, "gelu": -0.1700408}
"""The least values of those that dip below their limits: -W(1/e), and for the tanh form of GELU by mpmath.findroot."""

BELL = {
    "relu": 0.3989422804,
    "leaky_relu": 0.8 * 0.3989422804,
    "prelu": 0.75 * 0.3989422804,
    "rrelu": 37 / 48 * 0.3989422804,
    "sigmoid": 0.5,
    "tanh": 0.0,
    "softsign": 0.0,
    "linear": 0.0,
}
"""Means over the normal distribution: (1 - alpha) / sqrt(2 pi) for a slope alpha below zero, and by symmetry."""


@pytest.mark.parametrize("name", LIMITS)
def test_the_span_is_that_of_the_limits_and_of_the_dip(name):
    assert span(ACTIVATIONS[name]()) == pytest.approx((DIPS.get(name, LIMITS[name][0]), LIMITS[name][1]), abs=1e-6)


@pytest.mark.parametrize("name", sorted({*BELL, *EXACT}))
def test_the_mean_output_is_the_integral_over_the_normal_distribution(name):
    mean = BELL.get(name)
    if mean is None:
        value = mpmath.quad(lambda z: EXACT[name](z) * mpmath.npdf(z), [-mpmath.inf, 0, mpmath.inf])
        mean = float(value)
    assert mean_output(ACTIVATIONS[name]()) == pytest.approx(mean, abs=2e-7)
