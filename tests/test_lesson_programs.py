"""The TensorFlow programs that the pages about activations offer: they run, and compute the pages' own numbers."""

import numpy as np
import pytest

from optviz.lessons import activations, vanishing
from optviz.lessons.activations import Curves, Softmax, Stability, probes
from optviz.networks.activations import ACTIVATIONS

pytest.importorskip("tensorflow")

EVERY = tuple((name, ()) for name in ACTIVATIONS)
CHANGED = (
    ("leaky_relu", (("alpha", 0.01),)),
    ("prelu", (("alpha", 0.5),)),
    ("rrelu", (("lower", 0.1), ("upper", 0.2))),
    ("elu", (("alpha", 2.0),)),
)


def names_of(program):
    names = {}
    exec(program, names)
    return names


@pytest.mark.parametrize("z", [-2.5, 0.7])
@pytest.mark.parametrize("chosen", [EVERY, CHANGED], ids=["defaults", "parameters"])
def test_3_1_values_and_slopes_at_the_probe(chosen, z):
    curves = Curves(chosen, z)
    names = names_of(activations.curve_program(curves))
    for title, probe in zip(curves.titles, probes(curves), strict=True):
        # TensorFlow rounds the constants of the leaky ReLUs and GELU to single precision.
        assert float(names["outputs"][title]) == pytest.approx(probe.value, rel=1e-7, abs=1e-12)
        assert float(names["slopes"][title]) == pytest.approx(probe.slope, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 3.0, 1000.0])
def test_3_1_softmax(shift):
    given = Softmax((4.0, 5.0, 1.0), shift)
    found = names_of(activations.softmax_program(given))["probabilities"].numpy()
    np.testing.assert_allclose(found, given.probabilities, rtol=1e-12)
    np.testing.assert_allclose(found, [0.26538792, 0.7213992, 0.01321289], rtol=2e-7, atol=5e-9)


@pytest.mark.parametrize("precision", activations.PRECISIONS)
def test_3_4_tanh_as_written_and_of_the_library(precision):
    given = Stability((-np.inf, -1000.0, -20.0, 1e-9, 0.001, 1.0, 80.0, 1000.0, np.inf), precision)
    names = names_of(activations.stability_program(given))
    naive = names["naive"].numpy()
    assert naive.dtype == precision
    np.testing.assert_array_equal(np.isnan(naive), np.isnan(given.naive))
    np.testing.assert_allclose(naive, given.naive, rtol=4 * given.epsilon, atol=4 * given.epsilon)
    np.testing.assert_allclose(names["library"].numpy(), np.tanh(given.rounded), rtol=4 * given.epsilon)


@pytest.mark.parametrize("net", ["sigmoid.xavier", "tanh.small", "relu.he", "leaky_relu.course", "elu.he"])
def test_3_2_gradients_of_a_deep_net_layer_by_layer(net, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savez_compressed(vanishing.FILE, **vanishing.program_arrays())
    settings = vanishing.Settings(nets=(net,), depth=12, width=8, seed=3, probe=1.0)
    names_of(vanishing.program(settings))
    printed = [float(number) for number in capsys.readouterr().out.split()]
    np.testing.assert_allclose(printed, vanishing.all_norms(settings)[0], rtol=1e-6)
