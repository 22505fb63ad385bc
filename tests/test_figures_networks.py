"""The networks' pictures: the layout of graphs, the drawing of nets, and what appears at which step."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optviz.figures import backpropagation, initialization, network
from optviz.figures.layered import layered
from optviz.networks.backpropagation import Graph

FORMULAS = [
    "1/(1+exp(-(w0*x0 + w1*x1 + w2)))",
    "x*x + x",
    "(x + y)*(x + y) + x*sin(y)",
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
    "x*y*z + a*b*c + exp(x*a)",
    "x",
]


def pairs(text):
    graph = Graph.from_formula(text)
    return len(graph.nodes), [(edge.source, edge.target) for edge in graph.edges]


def check(nodes, edges):
    layout = layered(nodes, edges)
    gaps = [np.abs(a - b).max() for a, b in itertools.combinations(layout.places, 2)]
    assert min(gaps, default=1.0) > 0.999
    for (source, target), route in zip(edges, layout.routes, strict=True):
        np.testing.assert_array_equal(route[[0, -1]], layout.places[[source, target]])
        assert (np.diff(route[:, 0]) > 0).all()
        for node in set(range(nodes)) - {source, target}:
            # No edge passes through the middle of a node of another column.
            x, y = layout.places[node]
            if route[0, 0] < x < route[-1, 0]:
                assert abs(np.interp(x, route[:, 0], route[:, 1]) - y) > 0.5
    return layout


@pytest.mark.parametrize("text", FORMULAS)
def test_a_graph_is_laid_out_from_left_to_right(text):
    check(*pairs(text))


@st.composite
def some_graph(draw):
    nodes = draw(st.integers(1, 12))
    sources = {target: st.lists(st.integers(0, target - 1), min_size=1, max_size=2) for target in range(1, nodes)}
    return nodes, [(source, target) for target, some in sources.items() for source in draw(some)]


@settings(max_examples=40)
@given(some_graph())
def test_any_graph_is_laid_out(graph):
    check(*graph)


def test_a_tree_has_no_crossings():
    nodes, edges = pairs(FORMULAS[0])
    places = check(nodes, edges).places
    for (a, b), (c, d) in itertools.combinations(edges, 2):
        if places[a][0] == places[c][0]:
            assert (places[a][1] - places[c][1]) * (places[b][1] - places[d][1]) >= 0


def test_two_edges_between_the_same_nodes_bend_apart():
    left, right = check(*pairs("x*x")).routes
    assert abs(left[1, 1] - right[1, 1]) > 0.3


def test_the_texts_of_a_graph_appear_at_their_nodes():
    edges = [(0, 2), (1, 2)]
    motion = backpropagation.Motion([-1, 2, -1], [-1, -1, 2], [(-1, -1), (-1, -1), (0, -1)], [-1, 2, 2])
    rows, places = backpropagation.arrays(edges, motion, 3), layered(3, edges).places
    np.testing.assert_array_equal(rows["values"][1], places[2])
    assert np.isnan(rows["values"][[0, 2]]).all() and np.isnan(rows["flow1"]).all()
    np.testing.assert_array_equal(rows["gradients"][2], places[2])
    assert places[0][1] != rows["flow0"][2][1] and rows["caption"].shape == (3, 3)
    assert backpropagation.nearest(edges, 3, (places[1][0] + 0.2, places[1][1] - 0.2)) == 1


def test_a_large_layer_is_elided():
    units = network.units_of((3, 784, 8))
    numbers = [[u.number for u in units if u.layer == layer] for layer in range(3)]
    assert numbers == [[0, 1, 2], [0, 1, 2, 3, 4, 783], list(range(8))]
    heights = [u.y for u in units if u.layer == 1]
    assert heights[-2] - heights[-1] == 2  # the ellipsis is between


def test_units_light_up_one_by_one_by_the_sign_of_their_value():
    units, outputs = network.units_of((2, 2)), [np.array([1.0, 1.0]), np.array([0.5, -0.5])]
    rows = network.arrays(units, outputs)
    lit = [unit for unit in units if unit.layer]
    np.testing.assert_array_equal(rows["positive"][1], lit[0][2:])
    np.testing.assert_array_equal(rows["negative"][2], lit[1][2:])
    assert np.isnan(rows["positive"][[0, 2]]).all() and np.isnan(rows["negative"][[0, 1]]).all()
    ends = rows["into_x"][2].reshape(-1, 3)[:, :2], rows["into_y"][2].reshape(-1, 3)[:, :2]
    clear = 2 * network.CLEAR
    np.testing.assert_allclose(ends[0], [[clear, 1 - clear]] * 2)  # the lines do not run over the units
    rise = np.array([unit.y - lit[1].y for unit in units if not unit.layer])
    np.testing.assert_allclose(ends[1], lit[1].y + np.outer(rise, [1 - clear, clear]).reshape(2, 2), atol=1e-12)


def test_the_edges_are_the_weights():
    sizes, weights = (2, 2), [np.array([[4.0, -1.0], [0.2, -3.0]])]
    words = dict.fromkeys(("input", "layer", "output", "positive", "negative"), "{n}")
    figure = network.network(sizes, weights, [np.ones(2), np.ones(2)], {}, [], words)
    drawn = [trace for trace in figure.data if trace.mode == "lines" and trace.opacity]
    by_look = {(trace.meta["color"], trace.line.dash, trace.line.width): len(trace.x) // 3 for trace in drawn}
    assert by_look == {
        ("series1", "solid", 4.5): 1,
        ("series1", "solid", 0.8): 1,
        ("series2", "dash", 1.6): 1,
        ("series2", "dash", 4.5): 1,
    }


def test_a_net_without_numbers_is_drawn_without_light():
    units = network.units_of((1000, 1000))
    assert network.arrays(units, [])["positive"].shape == (1, 2)
    words = dict.fromkeys(("input", "layer", "output", "positive", "negative"), "{n}")
    assert network.network((1000, 1000), [], [], {}, [], words).data[0].meta["color"] == "muted"


def test_the_bars_of_a_layer_stand_when_it_is_reached():
    histogram = np.array([[1, 1, 1], [2, 4, 0], [0, 5, 5]], dtype=float)
    bars = initialization.heights(histogram)
    assert bars.shape == (3, 2, 3)
    np.testing.assert_array_equal(bars[0], 0)
    np.testing.assert_array_equal(bars[1], [[0.5, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(bars[2], [[0.5, 1, 0], [0, 1, 1]])
    figure = initialization.histograms(2, 3, 0, "")
    assert len(figure.data[0].x) == bars[0].size
    assert figure.data[0].x[0] == pytest.approx(1 - initialization.SLOT / 3) and figure.data[0].x[4] == 2


def test_names_stay_at_the_edge_of_the_picture():
    np.testing.assert_allclose(initialization.heads(np.array([1e-9, 0.5, 1e9, 0.0])), [1.5e-4, 0.5, 1e4 / 1.5, np.nan])
