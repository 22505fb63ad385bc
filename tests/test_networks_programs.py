"""The TensorFlow programs of the networks' lessons: they are run, and compute what the pages show."""

import numpy as np
import pytest

from optviz.lessons import backpropagation, initialization, network
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.initialization import Depth
from optviz.networks.network import INITIALIZATIONS
from optviz.recipes import Choice

tensorflow = pytest.importorskip("tensorflow")


def run(program):
    names = {}
    exec(program, names)
    return names


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_6_2_the_forward_pass(activation, capsys):
    for sizes, start, last in (((3, 6, 4, 6, 5), "course", True), ((30, 4), "he", False)):
        given = network.Settings(
            sizes=sizes, x=(1.0, 0.5, -2.0), activation=Choice(activation), initialization=start, last=last, seed=3
        )
        names = run(network.program(given))
        np.testing.assert_allclose(names["a"].numpy()[0], network.forward_of(given).outputs[-1], rtol=1e-6)
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("activation", "start"),
    [("tanh", "xavier"), ("relu", "he"), ("elu", "course"), ("rrelu", "own"), ("sigmoid", "small")],
)
def test_6_3_the_spread(activation, start, capsys):
    given = initialization.Settings(
        net=Depth(4, 30, 5), activation=Choice(activation), initialization=start, deviation=0.2
    )
    run(initialization.program(given))
    printed = np.array([line.split() for line in capsys.readouterr().out.splitlines()], dtype=float)
    place = [*INITIALIZATIONS, "own"].index(start)
    np.testing.assert_allclose(printed[:, 1], initialization.spread_of(given).deviation[1:, place], rtol=1e-6)


VALUES = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0, "x": 0.7, "y": -1.2, "a": 1.5, "b": 0.4, "z": 2.0}


@pytest.mark.parametrize(
    "text",
    [
        "1/(1+exp(-(w0*x0 + w1*x1 + w2)))",
        "x*y + sin(x)",
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
        "tanh(x) + sinh(y)*cosh(a) - atan(z) + abs(y)",
        "log(x) + sqrt(z) - cos(b)/tan(a)",
        "x^2 + 2^y - z^x + (-3)*b - -2",
        "x",
        "max(x, y) + min(z, 3)*a",
        "max(a, 1.5) - min(-3, w1)^2",
    ],
)
def test_6_4_the_gradients_of_the_tape(text, capsys):
    inputs = backpropagation.inputs_of(text, VALUES)
    names, graph, passes = (
        run(backpropagation.program(text, inputs)),
        backpropagation.graph_of(text),
        backpropagation.passes_of(text, inputs),
    )
    assert float(names["f"]) == pytest.approx(passes.values[-1], rel=1e-12)
    ours = {node.name: passes.gradients[i] for i, node in enumerate(graph.nodes) if not node.operands}
    assert {name: float(value) for name, value in names["gradients"].items()} == pytest.approx(ours, rel=1e-9)
