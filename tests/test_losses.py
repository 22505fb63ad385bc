"""Losses against Keras, the course's numbers, and outputs at the ends of the number line."""

import numpy as np
import pytest

from optviz.losses import LOSSES

EDGES = [0.0, 1e-17, -1e-17, 40.0, -40.0, 800.0, -800.0, 1e150, -1e150]
OUTPUT = np.repeat([*np.linspace(-5, 5, 21), *EDGES], 2)
TARGET = np.tile([0.0, 1.0], len(OUTPUT) // 2)

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


@pytest.fixture(scope="session")
def keras():
    return pytest.importorskip("keras")


@pytest.mark.parametrize(("probability", "printed"), [(0.6, 0.5108256), (0.8, 0.22314353)])
def test_crossentropy_is_what_the_course_prints(probability, printed):
    logit = np.log(probability / (1 - probability))
    values = LOSSES["binary_crossentropy"].value(np.array([logit, -logit]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(values, printed, rtol=1e-7)


def test_squared_error_is_what_the_course_prints():
    values = LOSSES["mse"].value(np.array([1.0, 1.0]), np.array([0.5, 0.8]))
    assert values.mean() == pytest.approx(0.145)


def test_each_value_equals_keras(keras):
    of_keras = {
        "mse": keras.losses.MeanSquaredError(dtype="float64"),
        "binary_crossentropy": keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64"),
    }
    assert of_keras.keys() == LOSSES.keys()
    for name, reference in of_keras.items():
        expected = [float(reference([[y]], [[output]])) for output, y in zip(OUTPUT, TARGET, strict=True)]
        np.testing.assert_allclose(LOSSES[name].value(OUTPUT, TARGET), expected, rtol=1e-12)


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


@pytest.mark.parametrize(("name", "middle"), [("mse", 0.5), ("binary_crossentropy", 0.0)])
def test_response_is_one_half_between_the_two_classes(name, middle):
    response = LOSSES[name].response(np.array([middle - 1e-9, middle, middle + 1e-9]))
    assert response[0] < response[1] == 0.5 < response[2]
