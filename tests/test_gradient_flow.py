"""Gradients layer by layer: against finite differences, closed forms, and the theory of initial weights."""

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.vanishing import Flow, gradient_norms, judge, passed_on, per_layer, slope_products

LOSS = LOSSES["binary_crossentropy"]
DATA = dot()


def norms(activation, scheme, depth=10, width=32, seed=0):
    network = Network((2, *[width] * depth, 1), ACTIVATIONS[activation]())
    return gradient_norms(network, network.init(seed, scheme), DATA.x, DATA.y[:, None], LOSS)


@pytest.mark.parametrize("depth", [1, 2, 10, 30])
def test_3_2_sigmoid_slopes_multiply_to_a_quarter_to_the_depth_at_most(depth):
    at_best = slope_products(ACTIVATIONS["sigmoid"](), 0.0, depth)
    np.testing.assert_allclose(at_best, 0.25 ** np.arange(1, depth + 1), rtol=1e-14)
    for z in np.linspace(-6, 6, 25):
        assert (slope_products(ACTIVATIONS["sigmoid"](), z, depth) <= at_best).all()


def test_slopes_of_the_relu_multiply_to_one_or_to_zero():
    assert (slope_products(ACTIVATIONS["relu"](), 2.0, 30) == 1).all()
    assert (slope_products(ACTIVATIONS["relu"](), -2.0, 30) == 0).all()


def test_norms_are_those_of_the_gradient_by_finite_differences():
    network, h = Network((2, 4, 3, 1), ACTIVATIONS["tanh"]()), 1e-6
    w, x, y = network.init(1, "xavier"), DATA.x[:20], DATA.y[:20, None]
    steps = h * np.eye(network.parameters)
    slope = (network.mean_loss(w + steps, x, y, LOSS) - network.mean_loss(w - steps, x, y, LOSS)) / (2 * h)
    expected = [np.sqrt(np.square(weights).sum()) for weights, _ in network.views(slope)]
    np.testing.assert_allclose(gradient_norms(network, w, x, y, LOSS), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("activation", "scheme", "flow"),
    [
        ("sigmoid", "xavier", Flow.VANISHES),
        ("sigmoid", "he", Flow.VANISHES),
        ("sigmoid", "small", Flow.VANISHES),
        ("tanh", "xavier", Flow.HOLDS),
        ("tanh", "small", Flow.VANISHES),
        ("relu", "he", Flow.HOLDS),
        ("leaky_relu", "he", Flow.HOLDS),
        ("relu", "small", Flow.VANISHES),
        ("relu", "course", Flow.EXPLODES),
        ("relu", "zero", Flow.NOTHING),
        ("sigmoid", "zero", Flow.NOTHING),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_becomes_of_a_gradient_is_what_the_theory_says(activation, scheme, flow, seed):
    assert judge(norms(activation, scheme, seed=seed)) is flow


def test_sigmoid_vanishes_by_the_depth_and_relu_does_not():
    sigmoid, relu = (
        [passed_on(norms(a, s, d)) for d in (5, 10, 20)] for a, s in (("sigmoid", "xavier"), ("relu", "he"))
    )
    assert sigmoid[0] > 1e3 * sigmoid[1] > 1e6 * sigmoid[2]
    assert min(relu) > 0.01


@pytest.mark.parametrize("activation", ["relu", "selu", "linear"])
def test_the_deepest_and_widest_net_has_finite_norms(activation):
    found = norms(activation, "course", 30, 64)
    assert found.shape == (31,) and np.isfinite(found).all()


def test_factor_a_layer_is_the_geometric_mean():
    assert per_layer(np.array([1e-6, 1.0, 3.0, 1.0])) == pytest.approx(0.01)
    assert per_layer(np.array([2.0])) == 1
    assert np.isnan(passed_on(np.zeros(3)))
