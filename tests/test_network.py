"""Networks: counts, views, initial weights, and gradients against finite differences."""

import itertools

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS, Network

SIZES = [(2, 11, 1), (2, 5, 4, 1), (2, 1), (3, 4, 2), (1, 1, 1, 1, 1)]
CASES = list(itertools.product(SIZES, ACTIVATIONS, LOSSES))
RELU = ACTIVATIONS["relu"]()


def draw(network: Network, rows: int = 7, seed: int = 3):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, network.sizes[0]))
    y = rng.integers(0, 2, (rows, network.sizes[-1])).astype(float)
    return network.init(rng) + 0.1 * rng.standard_normal(network.parameters), x, y


def test_counts_are_what_the_course_prints():
    network = Network((3, 4, 2), RELU)
    assert (network.layers, network.parameters, network.multiply_adds) == (2, 26, 20)


def test_the_courses_classifier_has_45_parameters_of_which_33_are_weights():
    network = Network((2, 11, 1), RELU)
    assert network.parameters == network.weight_mask.size == 45
    assert network.weight_mask.sum() == network.multiply_adds == 33


def test_mask_counts_weights_and_no_biases():
    for weights, biases in Network((2, 3, 1), RELU).views(Network((2, 3, 1), RELU).weight_mask):
        assert (weights == 1).all()
        assert (biases == 0).all()


@pytest.mark.parametrize("runs", [(), (5,), (2, 3)])
def test_views_show_the_same_memory_and_all_of_it(runs):
    network = Network((2, 4, 3, 1), RELU)
    w = np.zeros((*runs, network.parameters))
    for k, (weights, biases) in enumerate(network.views(w)):
        assert weights.shape == runs + network.sizes[k : k + 2]
        assert biases.shape == (*runs, network.sizes[k + 1])
        np.add(weights, 1, out=weights)
        np.add(biases, 1, out=biases)
    np.testing.assert_array_equal(w, 1)


@pytest.mark.parametrize("sizes", [(), (2,), (2, 0, 1)])
def test_sizes_without_a_layer_or_a_unit_are_refused(sizes):
    with pytest.raises(ValueError, match="at least"):
        Network(sizes, RELU)


def test_forward_is_the_formula():
    network = Network((2, 2, 1), RELU)
    w = np.array([1.0, -1.0, 2.0, 1.0, 0.5, -0.5, 3.0, 4.0, 0.25])
    x = np.array([[1.0, 1.0], [-1.0, 2.0]])
    # hidden row 1: (1+2+0.5, -1+1-0.5) -> (3.5, 0); row 2: (-1+4+0.5, 1+2-0.5) -> (3.5, 2.5)
    np.testing.assert_array_equal(network.hidden(w, x)[0], [[3.5, 0.0], [3.5, 2.5]])
    np.testing.assert_array_equal(network.forward(w, x), [[10.75], [20.75]])


@pytest.mark.parametrize(("sizes", "activation", "loss"), CASES)
def test_gradient_equals_finite_differences(sizes, activation, loss):
    network, loss, h = Network(sizes, ACTIVATIONS[activation]()), LOSSES[loss], 1e-6
    w, x, y = draw(network)
    value, gradient = network.value_and_gradient(w, x, y, loss)
    steps = h * np.eye(network.parameters)
    difference = (network.mean_loss(w + steps, x, y, loss) - network.mean_loss(w - steps, x, y, loss)) / (2 * h)
    np.testing.assert_allclose(gradient, difference, atol=1e-7 * max(1, np.abs(gradient).max()))
    assert value == pytest.approx(network.mean_loss(w, x, y, loss), rel=1e-14)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("runs", [(1,), (4,), (2, 3)])
def test_runs_side_by_side_equal_single_runs(runs, activation, loss):
    network = Network((2, 5, 3, 1), ACTIVATIONS[activation]())
    _, x, y = draw(network)
    w = np.random.default_rng(0).standard_normal((*runs, network.parameters))
    values, gradients = network.value_and_gradient(w, x, y, loss)
    outputs = network.forward(w, x)
    assert values.shape == runs
    for run in np.ndindex(runs):
        value, gradient = network.value_and_gradient(w[run], x, y, loss)
        np.testing.assert_allclose(values[run], value, rtol=1e-13)
        np.testing.assert_allclose(gradients[run], gradient, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(outputs[run], network.forward(w[run], x), rtol=1e-13)


def test_arguments_are_not_changed():
    network = Network((2, 4, 1), RELU)
    w, x, y = draw(network)
    copies = w.copy(), x.copy(), y.copy()
    network.value_and_gradient(w, x, y, LOSSES["mse"])
    for array, copy in zip((w, x, y), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_zero_weights_leave_only_the_last_bias_a_gradient():
    network = Network((2, 4, 4, 1), RELU)
    _, x, y = draw(network)
    w = network.init(0, "zero")
    value, gradient = network.value_and_gradient(w, x, y, LOSSES["mse"])
    assert value == y.mean()
    np.testing.assert_array_equal(gradient[:-1], 0)
    assert gradient[-1] == pytest.approx(-2 * y.mean())


@pytest.mark.parametrize(
    ("scheme", "deviations", "bias"),
    [
        ("course", (1.0, 1.0), 0.01),
        ("xavier", (np.sqrt(2 / 500), np.sqrt(2 / 400)), 0.0),
        ("he", (np.sqrt(2 / 200), np.sqrt(2 / 300)), 0.0),
        ("small", (0.01, 0.01), 0.0),
        ("zero", (0.0, 0.0), 0.0),
    ],
)
def test_initial_weights_have_the_schemes_spread(scheme, deviations, bias):
    network = Network((200, 300, 100), RELU)
    for (weights, biases), deviation in zip(network.views(network.init(1, scheme)), deviations, strict=True):
        assert weights.std() == pytest.approx(deviation, rel=0.02)
        assert abs(weights.mean()) <= deviation / 50
        np.testing.assert_array_equal(biases, bias)


def test_every_scheme_is_tested_above():
    assert set(INITIALIZATIONS) == {"course", "xavier", "he", "small", "zero"}


def test_initial_weights_follow_from_the_seed():
    network = Network((2, 11, 1), RELU)
    np.testing.assert_array_equal(network.init(5), network.init(np.random.default_rng(5)))
    assert (network.init(5) != network.init(6)).any()


@pytest.mark.parametrize("output", ["linear", "tanh"])
def test_the_pass_of_one_input_is_that_of_the_rows(output):
    network = Network((2, 5, 4, 1), ACTIVATIONS["relu"]())
    w, x, _y = draw(network)
    passes = network.pass_through(w, x[0], ACTIVATIONS[output]())
    np.testing.assert_allclose([done.a for done in passes[:-1]][1], network.hidden(w, x)[1][0])
    np.testing.assert_allclose(passes[-1].z, network.forward(w, x)[0])
    np.testing.assert_allclose(passes[-1].a, ACTIVATIONS[output]().value(network.forward(w, x)[0]))
