"""The figures of a training: what they draw is what they were given, and each trace names the numbers it follows."""

import json
from itertools import pairwise

import numpy as np
import pytest

from optviz.figures.classifier import CLASSES, Bars, Line, Sign, Turn, curves, histogram, regions
from optviz.networks.datasets import DATASETS

WORDS = {
    "output": "%{z}%",
    "class0": "zero",
    "class1": "one",
    "validation": "held out",
    "asked": "asked",
    "best": "best",
}
XS = np.linspace(-3, 3, 61)
TRAINING, VALIDATION = DATASETS["moons"]().split(0.2)


def picture(validation=VALIDATION):
    return regions("z", XS, TRAINING, validation, (0.5, -0.25), WORDS)


def points(figure, symbol):
    return next(trace for trace in figure.data if trace.type == "scatter" and trace.marker.symbol == symbol)


@pytest.mark.parametrize(("data", "suffix"), [(TRAINING, ""), (VALIDATION, "-open")])
@pytest.mark.parametrize("label", [0, 1])
def test_the_points_drawn_are_the_points_of_their_class(data, suffix, label):
    trace = points(picture(), CLASSES[label].symbol + suffix)
    drawn = np.column_stack([trace.x, trace.y])
    np.testing.assert_allclose(drawn, data.x[data.y == label], atol=1e-5)
    assert trace.meta["color"] == f"class{label}"


def test_class_1_is_a_red_circle_and_class_0_a_blue_square():
    assert (CLASSES[1].symbol, CLASSES[1].color) == ("circle", "class1")
    assert (CLASSES[0].symbol, CLASSES[0].color) == ("square", "class0")


def test_heatmap_and_line_follow_the_same_grid_and_the_line_stands_at_one_half():
    heat, line = picture().data[:2]
    assert heat.type == "heatmap" and line.type == "contour"
    assert heat.meta["follows"] == line.meta["follows"] == {"mode": "at", "z": "z"}
    np.testing.assert_array_equal(heat.x, XS)
    np.testing.assert_array_equal(heat.y, XS)
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert line.contours.start == line.contours.end == 50
    assert [name for _at, name in heat.meta["colors"]] == ["class0", "background", "class1"]


def test_the_asked_point_is_marked_and_without_validation_nothing_is_hollow():
    figure = picture(TRAINING.take(np.arange(0)))
    asked = points(figure, "x-thin-open")
    assert (asked.x[0], asked.y[0]) == (0.5, -0.25)
    assert not any("open" in trace.marker.symbol for trace in figure.data[2:-1])
    assert sum(bool(trace.showlegend is not False) for trace in picture().data[2:]) == 3


def test_the_square_is_square_and_fits_the_grid():
    layout = picture().layout
    assert list(layout.xaxis.range) == list(layout.yaxis.range) == [-3, 3]
    assert layout.yaxis.scaleanchor == "x"


def test_the_best_net_has_a_dotted_line_and_its_place_in_the_legend():
    figure = regions("z", XS, TRAINING, VALIDATION, (0.5, -0.25), WORDS, best="best")
    _heat, line, best, entry = figure.data[:4]
    assert (line.line.dash, best.line.dash, entry.line.dash) == (None, "dot", "dot")
    assert best.meta["follows"] == {"mode": "at", "z": "best"} and best.contours.start == 50
    assert best.meta["color"] == entry.meta["color"] == "good" and entry.name == "best"
    assert len(picture().data) == len(figure.data) - 2


def test_faint_curves_lie_beneath_and_have_one_entry_in_the_legend():
    faint = [Line("all", ("s", k), "series2", "solid", "circle") for k in range(3)]
    figure = curves([Line("a", ("n", 0), "series1", "solid", "circle")], title="", step_title="", faint=faint)
    assert [trace.meta["follows"]["y"] for trace in figure.data] == [("s", 0), ("s", 1), ("s", 2), ("n", 0), ("n", 0)]
    assert [trace.showlegend for trace in figure.data[:3]] == [True, False, False]
    assert all(trace.line.width < figure.data[3].line.width for trace in figure.data[:3])
    assert figure.layout.showlegend


def test_signs_stand_where_their_numbers_say_and_turns_from_top_to_bottom():
    signs = [
        Sign("stopped", "grow", "step", ("m", 1), "bad", "octagon", True, 22),
        Sign("best", "at", ("m", 2), ("m", 3), "good", "star"),
    ]
    line = Line("a", ("n", 0), "series1", "solid", "circle")
    figure = curves([line], title="", step_title="", signs=signs, turns=[Turn(30, "Adam")])
    stopped, best = figure.data[2:]
    assert stopped.meta["follows"] == {"mode": "grow", "x": "step", "y": ("m", 1)}
    assert best.meta["follows"] == {"mode": "at", "x": ("m", 2), "y": ("m", 3)}
    assert (stopped.marker.symbol, best.marker.symbol, stopped.marker.size) == ("octagon", "star", 22)
    (shape,), (label,) = figure.layout.shapes, figure.layout.annotations
    assert (shape.x0, shape.x1, shape.y0, shape.y1, shape.yref) == (30, 30, 0, 1, "paper")
    assert label.x == 30 and "Adam" in label.text


@pytest.mark.parametrize("log", [False, True])
def test_each_curve_grows_along_its_column_with_a_marker_at_its_head(log):
    lines = [Line("a", ("n", 0), "series1", "solid", "circle"), Line("b", ("n", 7), "series2", "dash", "square")]
    figure = curves(lines, title="Loss", step_title="Epoch", log=log)
    assert figure.layout.yaxis.type == ("log" if log else "linear")
    for line, curve, head in zip(lines, figure.data[::2], figure.data[1::2], strict=True):
        assert curve.meta["follows"] == {"mode": "grow", "x": "step", "y": line.column}
        assert head.meta["follows"] == {"mode": "at", "x": "step", "y": line.column}
        assert (curve.line.dash, head.marker.symbol) == (line.dash, line.symbol)
        assert curve.meta["color"] == head.meta["color"] == line.color
        # Plotly takes a trace without any point for one that is switched off.
        assert len(curve.x) == len(head.x) == 1


def test_shares_are_told_in_percent():
    line = Line("a", ("n", 0), "series1", "solid", "circle")
    assert curves([line], title="", step_title="", percent=True).layout.yaxis.tickformat == ".0%"


@pytest.mark.parametrize("count", [1, 2])
def test_bars_of_one_bin_lie_within_it_beside_each_other(count):
    edges = np.linspace(-3, 3, 42)
    bars = [Bars(f"{i}", f"w{i}", f"series{i + 1}") for i in range(count)]
    figure = histogram(bars, edges, title="Weight", count_title="n")
    assert [trace.meta["follows"] for trace in figure.data] == [{"mode": "at", "y": f"w{i}"} for i in range(count)]
    for bin_ in range(41):
        ends = [(trace.x[bin_] - trace.width / 2, trace.x[bin_] + trace.width / 2) for trace in figure.data]
        assert edges[bin_] <= ends[0][0] and ends[-1][1] <= edges[bin_ + 1]
        assert all(left[1] <= right[0] + 1e-12 for left, right in pairwise(ends))


def test_figures_are_plain_json():
    json.loads(picture().to_json())
