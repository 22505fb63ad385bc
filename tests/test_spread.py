"""The spread of activations: against the network itself, against theory, and what becomes of the signal."""

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.initialization import BINS, ROWS, Depth, Fate, bounds, expected, fate, passed, propagate, scales
from optviz.networks.network import INITIALIZATIONS, Initialization, Network

ALL = tuple(INITIALIZATIONS.values())
NET = Depth(10, 100)


def own(deviation, bias=0.0):
    return Initialization("own", "σ", "", lambda inputs, outputs: deviation, bias)


def becomes(activation, initialization, net=NET):
    spread = propagate(net, ACTIVATIONS[activation](), (initialization,))
    return fate(spread.deviation[:, 0], spread.saturated[:, 0])


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_the_layers_are_those_of_the_network(activation):
    """One run for all initializations gives what `Network.hidden` gives for each, with the weights of its `init`."""
    net, f = Depth(4, 20, seed=7), ACTIVATIONS[activation]()
    spread = propagate(net, f, ALL)
    network = Network((20,) * 6, f)
    x = np.random.default_rng(8).standard_normal((ROWS, 20))
    for k, scheme in enumerate(ALL):
        layers = [x, *network.hidden(network.init(7, scheme.name), x)]
        np.testing.assert_allclose(spread.deviation[:, k], [a.std() for a in layers], rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(spread.square[:, k], [np.square(a).mean() for a in layers], rtol=1e-10)
        np.testing.assert_allclose(spread.zeros[:, k], [(a == 0).mean() for a in layers])


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(
    "initialization", [own(0.1), INITIALIZATIONS["he"], own(0.12, bias=0.3)], ids=["σ", "He", "bias"]
)
def test_theory_meets_the_measurement_in_a_wide_net(name, initialization):
    """Mean-field theory is exact as the width grows: at 200 units the layers agree to some percent."""
    net, f = Depth(3, 200, seed=1), ACTIVATIONS[name]()
    measured = propagate(net, f, (initialization,)).deviation[:, 0]
    np.testing.assert_allclose(measured, expected(net, f, initialization), rtol=0.15)


@pytest.mark.parametrize(("activation", "share"), [("relu", 0.5), ("linear", 1.0), ("leaky_relu", (1 + 0.2**2) / 2)])
def test_6_3_the_share_that_is_passed_on(activation, share):
    assert scales(ACTIVATIONS[activation]())
    assert passed(ACTIVATIONS[activation]()) == pytest.approx(share, rel=1e-6)


def test_only_straight_pieces_through_zero_scale():
    assert {name for name, make in ACTIVATIONS.items() if scales(make())} == {
        "relu", "leaky_relu", "prelu", "rrelu", "linear",
    }  # fmt: skip


@pytest.mark.parametrize("sigma", [0.1, np.sqrt(2 / 60), 0.3])
def test_6_3_relu_multiplies_the_mean_square_by_n_sigma_squared_by_2(sigma):
    relu, n = ACTIVATIONS["relu"](), 60
    curve = expected(Depth(6, n), relu, own(sigma))
    np.testing.assert_allclose(np.square(curve[2:] / curve[1:-1]), n * sigma**2 / 2, rtol=1e-6)
    # Averaged over seeds, the measured square does the same.
    squares = np.mean([propagate(Depth(6, n, seed), relu, (own(sigma),)).square[:, 0] for seed in range(6)], axis=0)
    assert (squares[6] / squares[0]) ** (1 / 6) == pytest.approx(n * sigma**2 / 2, rel=0.15)


def test_6_3_he_is_the_square_root_of_2_by_fan_in_and_holds_a_relu():
    assert INITIALIZATIONS["he"].deviation(50, 7) == pytest.approx(np.sqrt(2 / 50))
    np.testing.assert_allclose(expected(NET, ACTIVATIONS["relu"](), INITIALIZATIONS["he"])[1:], 0.8256, atol=1e-3)


@pytest.mark.parametrize(
    ("activation", "initialization", "result"),
    [
        ("tanh", "xavier", Fate.HOLDS),
        ("relu", "he", Fate.HOLDS),
        ("tanh", "small", Fate.FADES),
        ("relu", "small", Fate.FADES),
        ("tanh", "zero", Fate.FADES),
        ("tanh", "course", Fate.SATURATES),
        ("sigmoid", "course", Fate.SATURATES),
        ("relu", "course", Fate.EXPLODES),
        ("relu", "xavier", Fate.FADES),
    ],
)
def test_6_3_what_becomes_of_the_signal(activation, initialization, result):
    assert becomes(activation, INITIALIZATIONS[initialization]) is result


def test_saturated_tanh_is_beyond_0_99():
    net, f = Depth(1, 60), ACTIVATIONS["tanh"]()
    x = np.random.default_rng(1).standard_normal((ROWS, 60))
    a = np.tanh(x @ np.random.default_rng(0).standard_normal((60, 60)))
    spread = propagate(net, f, (own(1.0),))
    assert spread.saturated[1, 0] == pytest.approx((np.abs(a) > 0.99).mean())
    assert np.isnan(propagate(net, ACTIVATIONS["relu"](), (own(1.0),)).saturated).all()


def test_the_histogram_counts_every_output_but_exact_zeros():
    relu = propagate(Depth(3, 40), ACTIVATIONS["relu"](), ALL, shown=2)
    assert relu.histogram.shape == (4, BINS) and relu.edges[[0, -1]].tolist() == [0, 4]
    np.testing.assert_allclose(relu.histogram.sum(axis=1), ROWS * 40 * (1 - relu.zeros[:, 2]))
    dead = propagate(Depth(3, 40), ACTIVATIONS["relu"](), ALL, shown=4)
    assert dead.histogram[1:, 0].tolist() == [ROWS * 40] * 3
    tanh = propagate(Depth(1, 40), ACTIVATIONS["tanh"](), (own(0.1),))
    x = np.random.default_rng(1).standard_normal((ROWS, 40))
    a = np.tanh(0.1 * (x @ np.random.default_rng(0).standard_normal((40, 40))))
    np.testing.assert_array_equal(tanh.histogram[1], np.histogram(a, tanh.edges)[0])


@pytest.mark.parametrize(
    ("name", "low", "high"), [("tanh", -1, 1), ("sigmoid", 0, 1), ("relu", 0, np.inf), ("elu", -1, np.inf)]
)
def test_bounds(name, low, high):
    assert bounds(ACTIVATIONS[name]()) == (low, high)


@pytest.mark.parametrize("name", ["linear", "elu", "gelu"])
def test_the_widest_spread_stays_a_number(name):
    net, f = Depth(20, 200), ACTIVATIONS[name]()
    assert np.isfinite(propagate(net, f, (own(2.0),)).deviation).all()
    assert np.isfinite(expected(net, f, own(2.0))).all()
