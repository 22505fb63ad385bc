"""Losses against Keras, the course's numbers, and outputs at the ends of the number line."""

import numpy as np
import pytest

from optviz.networks.activations import softmax
from optviz.networks.losses import (
    EPSILON,
    LOSSES,
    SOFTMAX_CROSSENTROPY,
    asymmetric,
    best_constant,
    clipped_crossentropy,
    crossentropy,
    focal,
    huber,
    margin,
    naive_softmax,
)
from tests.tex_arithmetic import evaluated

EDGES = [0.0, -0.0, 1e-17, -1e-17, 40.0, -40.0, 800.0, -800.0, 1000.0, -1000.0, 1e150, -1e150]
OUTPUT = np.repeat([*np.linspace(-5, 5, 21), *EDGES], 2)
TARGET = np.tile([0.0, 1.0], len(OUTPUT) // 2)

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


@pytest.fixture(scope="session")
def keras():
    return pytest.importorskip("keras")


@pytest.mark.parametrize(("probability", "printed"), [(0.6, 0.5108256), (0.8, 0.22314353)], ids=["4.2", "4.2"])
def test_binary_crossentropy_is_what_the_course_prints(probability, printed):
    logit = np.log(probability / (1 - probability))
    values = LOSSES["binary_crossentropy"].value(np.array([logit, -logit]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(values, printed, rtol=1e-7)


@pytest.mark.parametrize(
    ("y", "p", "printed"),
    [
        ([1, 0], [0.6, 0.4], 0.5108256),
        ([1, 0], [0.8, 0.2], 0.22314353),
        ([1, 0, 0], [0.5, 0.4, 0.1], 0.6931472),
        ([1, 0, 0], [0.8, 0.1, 0.1], 0.22314353),
    ],
    ids=["4.2"] * 4,
)
def test_crossentropy_of_probabilities_is_what_the_course_prints(y, p, printed):
    for loss in (crossentropy, clipped_crossentropy):
        assert loss(np.array(p), np.array(y, dtype=float)) == pytest.approx(printed, rel=1e-7)


FIVE = np.array([[12, 3, 2], [3, 10, 1], [1, 2, 5], [4, 6.5, 1.2], [3, 6, 1]])
FIVE_PRINTED = [1.68795487e-04, 1.03475622e-03, 6.58839038e-02, 2.58349207, 5.49852354e-02]
TWO = np.array([[4.0, 2, 1], [0, 5, 1]])


@pytest.mark.parametrize(
    ("z", "classes", "printed"),
    [(FIVE, [0, 1, 2, 0, 1], FIVE_PRINTED), (TWO, [0, 1], [0.16984604, 0.02474492])],
    ids=["4.3 five rows", "4.3 two rows"],
)
def test_softmax_crossentropy_is_what_the_course_prints_in_two_steps_and_fused(z, classes, printed):
    y = np.eye(3)[classes]
    # The course prints what float32 gives: its two steps lose a digit or two where p is near 1.
    np.testing.assert_allclose(SOFTMAX_CROSSENTROPY.value(z, y)[:, 0], printed, rtol=2e-6)
    np.testing.assert_allclose(clipped_crossentropy(softmax(z), y), printed, rtol=2e-6)
    np.testing.assert_allclose(np.logaddexp(0, -margin(z, y)), printed, rtol=2e-6)


def test_squared_error_is_what_the_course_prints_4_1():
    values = LOSSES["mse"].value(np.array([1.0, 1.0]), np.array([0.5, 0.8]))
    assert values.mean() == pytest.approx(0.145)


def test_each_value_equals_keras(keras):
    of_keras = {
        "mse": keras.losses.MeanSquaredError(dtype="float64"),
        "mae": keras.losses.MeanAbsoluteError(dtype="float64"),
        "huber": keras.losses.Huber(dtype="float64"),
        "binary_crossentropy": keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64"),
    }
    assert {*of_keras, "focal"} <= LOSSES.keys()
    for name, reference in of_keras.items():
        expected = [float(reference([[y]], [[output]])) for output, y in zip(OUTPUT, TARGET, strict=True)]
        np.testing.assert_allclose(LOSSES[name].value(OUTPUT, TARGET), expected, rtol=1e-12)


@pytest.mark.parametrize("delta", [0.01, 0.5, 1.0, 3.0, 100.0])
def test_huber_equals_keras_for_every_delta(keras, delta):
    reference = keras.losses.Huber(delta, reduction=None, dtype="float64")
    edges = [*OUTPUT, delta, -delta, 1 + delta, 1 - delta]
    output, y = np.array([edges, edges]), np.array([[0.0] * len(edges), [1.0] * len(edges)])
    expected = np.array(reference(y[..., None], output[..., None]))
    np.testing.assert_allclose(huber(delta=delta).value(output, y), expected, rtol=1e-12)


# Keras takes the cross-entropy of a probability kept within 1e-7 of 0 and 1: beyond a logit of 16 that shows.
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize(("balance", "alpha"), [(False, 0.25), (True, 0.25), (True, 0.75), (True, 1.0)])
def test_focal_loss_equals_keras(keras, gamma, balance, alpha):
    reference = keras.losses.BinaryFocalCrossentropy(
        balance, alpha, gamma, from_logits=True, reduction=None, dtype="float64"
    )
    output, y = np.repeat(np.linspace(-12, 12, 49), 2), np.tile([0.0, 1.0], 49)
    loss = focal(gamma=gamma, balance=balance, alpha=alpha)
    expected = np.array(reference(y[:, None], output[:, None]))
    np.testing.assert_allclose(loss.value(output, y), expected, rtol=1e-6, atol=1e-12)


def test_focal_loss_of_gamma_0_is_crossentropy_and_at_far_logits_what_the_formula_gives():
    plain, output, y = focal(gamma=0.0), OUTPUT, TARGET
    np.testing.assert_allclose(plain.value(output, y), LOSSES["binary_crossentropy"].value(output, y), rtol=1e-15)
    np.testing.assert_allclose(
        plain.derivative(output, y), LOSSES["binary_crossentropy"].derivative(output, y), rtol=1e-12, atol=1e-300
    )
    far = np.array([40.0, -40.0, 800.0, -800.0, 1e150, -1e150])
    # p = 1 - e^-40: (1 - p)^2 (-ln p) = e^-120; and with p = e^-800 the loss is 800.
    expected = [np.exp(-120.0), 40.0, 0.0, 800.0, 0.0, 1e150]
    np.testing.assert_allclose(LOSSES["focal"].value(far, np.ones(6)), expected, rtol=1e-14)
    np.testing.assert_allclose(LOSSES["focal"].derivative(far[2:], np.ones(4)), [0, -1, 0, -1], atol=1e-300)


@pytest.mark.parametrize(
    "loss",
    [
        huber(delta=0.5),
        huber(delta=3.0),
        focal(gamma=0.5),
        focal(gamma=5.0, balance=True, alpha=0.9),
        asymmetric(1, 99),
        asymmetric(99, 1),
    ],
    ids=lambda loss: loss.name,
)
def test_derivatives_with_other_parameters_are_slopes(loss):
    output, y, h = np.linspace(-8, 8, 100), np.tile([0.0, 1.0], 50), 1e-6
    slope = (loss.value(output + h, y) - loss.value(output - h, y)) / (2 * h)
    np.testing.assert_allclose(loss.derivative(output, y), slope, atol=1e-7)


def test_every_loss_equals_its_own_words_in_tensorflow():
    tf = pytest.importorskip("tensorflow")
    losses = [*LOSSES.values(), huber(delta=0.3), focal(gamma=1.5, balance=True), asymmetric(1, 99)]
    for loss in losses:
        z = tf.Variable(OUTPUT)
        with tf.GradientTape() as tape:
            value = loss.tensorflow(tf, tf.constant(TARGET), z)
        np.testing.assert_allclose(loss.value(OUTPUT, TARGET), value, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(loss.derivative(OUTPUT, TARGET), tape.gradient(value, z), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(
    "loss",
    [
        *LOSSES.values(),
        huber(delta=0.25),
        focal(gamma=0.5, balance=True, alpha=0.75),
        focal(gamma=5.0, balance=False, alpha=0.75),
        asymmetric(1, 99),
        asymmetric(99, 1),
    ],
    ids=lambda loss: loss.name,
)
def test_the_printed_formula_of_one_row_has_the_value_of_the_loss(loss):
    of_one_row = loss.formula.replace(r"\frac{1}{N} \sum_i", "")
    assert of_one_row != loss.formula
    for output in (-3.0, -0.3, 0.0, 0.2, 0.9, 1.5, 4.0):
        for y in (0.0, 1.0):
            value = float(loss.value(np.array(output), np.array(y)))
            assert evaluated(of_one_row, haty_i=output, y_i=y) == pytest.approx(value, rel=1e-12), (output, y)


LOGITS = np.array([*FIVE, [0, -0.0, 0], [1000, -1000, 0], [750, 749, -750], [1e-300, -1e-300, 0], [1e150, -1e150, 1]])


@pytest.mark.parametrize("right", range(3))
def test_softmax_its_crossentropy_and_derivative_equal_tensorflow_and_keras(keras, right):
    tf = pytest.importorskip("tensorflow")
    y, z, loss = np.tile(np.eye(3)[right], (len(LOGITS), 1)), tf.Variable(LOGITS), SOFTMAX_CROSSENTROPY
    with tf.GradientTape() as tape:
        value = loss.tensorflow(tf, tf.constant(y), z)
    of_keras = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None, dtype="float64")(y, LOGITS)
    np.testing.assert_allclose(loss.value(LOGITS, y), value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.value(LOGITS, y)[:, 0], np.array(of_keras), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.derivative(LOGITS, y), tape.gradient(value, z), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(softmax(LOGITS), tf.nn.softmax(z), rtol=1e-12, atol=1e-300)


AT_THE_END = {
    "mse": (np.inf, np.inf),
    "mae": (1e308, 1.0),
    "huber": (1e308, 1.0),
    "binary_crossentropy": (1e308, 1.0),
    "focal": (1e308, 1.0),
}
"""The value and the derivative of an output of 1e308 that should have been low."""


@pytest.mark.parametrize("name", AT_THE_END)
def test_at_the_end_of_the_number_line_a_loss_has_its_limit(name):
    loss = LOSSES[name]
    output, y = np.array([1e308, -1e308]), np.array([0.0, 1.0])
    value, derivative = AT_THE_END[name]
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(loss.value(output, y), [value, value], rtol=1e-12)
        np.testing.assert_allclose(loss.derivative(output, y), [derivative, -derivative], rtol=1e-12)


def test_crossentropy_of_probabilities_equals_keras_where_they_are_0_or_1_or_do_not_sum_to_1(keras):
    y = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0.3, 0.7], [0.5, 0.0]])
    p = np.array([[0.0, 1], [1, 0], [1e-9, 1], [0.6, 0.6], [0.2, 0.3], [1, 1]])
    expected = np.array(keras.ops.categorical_crossentropy(y, p))
    np.testing.assert_allclose(clipped_crossentropy(p, y), expected, rtol=1e-9, atol=1e-12)
    assert crossentropy(p[0], y[0]) == np.inf and crossentropy(p[1], y[1]) == 0
    assert clipped_crossentropy(p[0], y[0]) == pytest.approx(-np.log(EPSILON)) == pytest.approx(16.118, abs=1e-3)
    assert np.isnan(clipped_crossentropy(np.zeros(2), y[0]))


def test_the_definition_of_softmax_breaks_in_float32_as_in_tensorflow():
    tf = pytest.importorskip("tensorflow")
    z = np.array([[1000, -1000], [-1000, 1000], [88, 0], [89, 0], [-104, 0], [3, 1]], dtype=float)
    powers = tf.exp(tf.constant(z, tf.float32))
    expected = (powers / tf.reduce_sum(powers, axis=-1, keepdims=True)).numpy()
    ours = naive_softmax(z)
    np.testing.assert_allclose(ours, expected, rtol=1e-6)
    assert np.isnan(ours[0, 0]) and ours[1, 0] == 0 and np.isnan(ours[3, 0]) and np.isfinite(ours[2]).all()


def test_the_margin_gives_the_crossentropy_of_any_number_of_classes():
    z, y = np.random.default_rng(1).normal(scale=9, size=(20, 6)), np.eye(6)[np.arange(20) % 6]
    np.testing.assert_allclose(np.logaddexp(0, -margin(z, y)), SOFTMAX_CROSSENTROPY.value(z, y)[:, 0], atol=1e-12)
    assert margin(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]])) == [-2000]


@pytest.mark.parametrize("y", [[0.5, 0.8], [1, 2, 4, 9], [3], [-5, 0, 0, 0.1, 7], [1000, -1000, 3]])
def test_the_best_constant_is_the_mean_and_the_median_and_for_huber_where_the_pulls_cancel(y):
    y = np.array(y, dtype=float)
    assert best_constant(LOSSES["mse"], y) == pytest.approx(y.mean(), abs=1e-9)
    assert best_constant(LOSSES["mae"], y) == pytest.approx(np.median(y), abs=1e-9)
    for delta in (0.01, 1.0, 50.0):
        loss = huber(delta=delta)
        best, around = best_constant(loss, y), np.linspace(-1001, 1001, 20_001)
        assert loss.value(np.array(best), y).mean() <= loss.value(around[:, None], y).mean(axis=1).min() + 1e-9


@every_loss
def test_derivative_is_the_slope_of_the_value(loss):
    output, y, h = np.linspace(-8, 8, 100), np.tile([0.0, 1.0], 50), 1e-6
    slope = (loss.value(output + h, y) - loss.value(output - h, y)) / (2 * h)
    np.testing.assert_allclose(loss.derivative(output, y), slope, atol=1e-8)


def test_crossentropy_and_its_derivative_keep_their_small_values():
    loss, output = LOSSES["binary_crossentropy"], np.array([40.0, -40.0])
    tail = np.exp(-40.0)
    np.testing.assert_allclose(loss.value(output, np.array([1.0, 0.0])), tail, rtol=1e-14)
    np.testing.assert_allclose(loss.derivative(output, np.array([1.0, 0.0])), [-tail, tail], rtol=1e-14)


def test_crossentropy_at_infinity_is_zero_or_infinite():
    loss, infinite = LOSSES["binary_crossentropy"], np.array([np.inf, -np.inf])
    np.testing.assert_array_equal(loss.value(infinite, np.array([1.0, 0.0])), 0)
    np.testing.assert_array_equal(loss.value(infinite, np.array([0.0, 1.0])), np.inf)


@pytest.mark.parametrize(
    ("name", "middle"), [("mse", 0.5), ("mae", 0.5), ("huber", 0.5), ("binary_crossentropy", 0.0), ("focal", 0.0)]
)
def test_response_is_one_half_between_the_two_classes(name, middle):
    response = LOSSES[name].response(np.array([middle - 1e-9, middle, middle + 1e-9]))
    assert response[0] < response[1] == 0.5 < response[2]


def test_softmax_cross_entropy_is_finite_and_its_gradient_that_of_finite_differences():
    rng = np.random.default_rng(3)
    output, y = rng.normal(scale=3, size=(5, 4)), np.eye(4)[[0, 1, 2, 3, 1]]
    loss, h = SOFTMAX_CROSSENTROPY, 1e-6
    assert loss.value(output, y).shape == (5, 1)
    for k in range(4):
        step = h * np.eye(4)[k]
        slope = (loss.value(output + step, y) - loss.value(output - step, y)) / (2 * h)
        np.testing.assert_allclose(loss.derivative(output, y)[:, [k]], slope, atol=1e-8)
    huge = np.array([[1000.0, -1000.0], [-1e308, 1e308]])
    with np.errstate(over="ignore"):
        assert loss.value(huge, np.eye(2)[[1, 1]]).tolist() == [[2000.0], [0.0]]
        assert softmax(huge).tolist() == [[1, 0], [0, 1]]
