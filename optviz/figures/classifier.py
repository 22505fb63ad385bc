"""The pictures of a training: the decision regions with the points, curves over the epochs, the weights' histogram."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, Ref, Series, dots, figure, follows, head, line
from optviz.networks.datasets import Dataset

PERCENT = 100
"""What a grid's cell holds where the response is 1: the decision regions travel as whole percents."""

BOUNDARY = 50
"""The percentage at which the classes meet."""

ASKED = Series("text", symbol="x-thin-open")
"""The mark of the point that is asked about: hollow circles are points held out."""


class Mark(NamedTuple):
    """How a class is drawn: color and marker both differ, so that color is never alone."""

    color: str
    symbol: str
    glyph: str
    size: int


CLASSES = (Mark("class0", "square", "■", 8), Mark("class1", "circle", "●", 9))
"""How the course draws the classes 0 and 1: blue and red."""


def regions(
    array: str,
    xs: Array,
    training: Dataset,
    validation: Dataset,
    asked: tuple[float, float] | None,
    words: Mapping[str, str],
    line: tuple[str, str] | None = None,
    best: str = "",
) -> go.Figure:
    """Draw the response over the square `xs` × `xs`, the line between the classes, the points, and any asked point.

    Follows `array: (frames, len(xs), len(xs))` in percent, and `best`, where there is one, with a dotted line. A line
    between the classes that is known to be straight follows the two arrays `line` of its ends' coordinates,
    `(frames, 2)` each. Points of the validation are hollow. `words` has "output", "class0", "class1", "validation",
    "asked" and "best".
    """
    nothing = [[0] * len(xs)] * len(xs)
    scale = [[0, "class0"], [0.5, "background"], [1, "class1"]]
    traces: list[go.Heatmap | go.Contour | go.Scatter] = [
        go.Heatmap(
            x=xs.tolist(),
            y=xs.tolist(),
            z=nothing,
            zmin=0,
            zmax=PERCENT,
            zsmooth="best",
            showscale=False,
            opacity=0.55,
            name="",
            hovertemplate="x₁ %{x:.2f}, x₂ %{y:.2f}<br>" + words["output"],
            meta={"colors": scale, **follows("at", z=array)},
        ),
        _straight(*line) if line else _level(xs, array, {"width": 3}),
    ]
    if best:
        traces.append(_level(xs, best, {"width": 3, "dash": "dot"}))
        # a contour has no place in the legend
        dotted = {"dash": "dot", "width": 3}
        traces.append(
            go.Scatter(x=EMPTY, y=EMPTY, name=words["best"], mode="lines", line=dotted, meta={"color": "good"})
        )
    traces += [_points(training, label, words) for label in (1, 0)]
    if len(validation):
        traces += [_points(validation, label, words, hollow=True) for label in (1, 0)]
    if asked:
        traces.append(_asked(asked, words["asked"]))
    square = {"range": [float(xs[0]), float(xs[-1])], "zeroline": False, "showgrid": False, "constrain": "domain"}
    return figure(
        traces,
        showlegend=True,
        xaxis={**square, "title": {"text": "x₁", "standoff": 4}},
        yaxis={**square, "title": {"text": "x₂", "standoff": 4}, "scaleanchor": "x"},
        margin={"l": 44, "r": 12, "t": 8, "b": 44},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )


def _level(xs: Array, array: str, line: Mapping[str, object]) -> go.Contour:
    return go.Contour(
        x=xs.tolist(),
        y=xs.tolist(),
        z=[[0] * len(xs)] * len(xs),
        contours={"start": BOUNDARY, "end": BOUNDARY, "size": 0, "coloring": "none"},
        showscale=False,
        showlegend=False,
        line=line,
        hoverinfo="skip",
        meta={"color": "good" if "dash" in line else "text", **follows("at", z=array)},
    )


def _straight(x: str, y: str) -> go.Scatter:
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        mode="lines",
        showlegend=False,
        line={"width": 3},
        hoverinfo="skip",
        meta={"color": "text", **follows("at", x=x, y=y)},
    )


def _asked(point: tuple[float, float], name: str) -> go.Scatter:
    x, y = point
    held = {"grip": True}
    return dots(name, ASKED, held, x=[x], y=[y], size=17, edge=4, hover="%{x:.6g}, %{y:.6g}", showlegend=False)


def _points(data: Dataset, label: int, words: Mapping[str, str], hollow: bool = False) -> go.Scatter:
    mark, rows, name = CLASSES[label], data.y == label, words[f"class{label}"]
    held_out = words["validation"]
    return dots(
        held_out if hollow else name,
        Series(mark.color, symbol=f"{mark.symbol}-open" if hollow else mark.symbol),
        {},
        x=data.x[rows, 0].round(5).tolist(),
        y=data.x[rows, 1].round(5).tolist(),
        size=mark.size,
        edge=2 if hollow else 1,
        hover="%{x:.4g}, %{y:.4g}<extra>" + (f"{name} ({held_out})" if hollow else name) + "</extra>",
        # one entry of the legend says for both classes what hollow means
        showlegend=not hollow or label == 1,
        legendgroup=held_out if hollow else name,
    )


class Line(NamedTuple):
    """A curve over the epochs or another number: what it follows, and how it is told apart from the others."""

    name: str
    column: Ref
    color: str
    dash: str
    symbol: str

    @property
    def look(self) -> Series:
        """How it is drawn."""
        return Series(self.color, self.dash, self.symbol)


class Sign(NamedTuple):
    """A marker that stands where something happened: in every epoch so far ("grow"), or in the last ("at")."""

    name: str
    mode: Literal["grow", "at"]
    x: Ref
    y: Ref
    color: str
    symbol: str
    in_legend: bool = True
    size: int = 14


class Turn(NamedTuple):
    """An epoch at which something changes, and what begins there."""

    epoch: int
    name: str


def curves(
    lines: Sequence[Line],
    *,
    title: str,
    step_title: str,
    log: bool = False,
    percent: bool = False,
    faint: Sequence[Line] = (),
    signs: Sequence[Sign] = (),
    turns: Sequence[Turn] = (),
    left: Sequence[Line] = (),
) -> go.Figure:
    """Draw growing curves over the epochs, each with a marker at its head; `percent` for shares between 0 and 1.

    `faint` curves lie beneath them, one entry of the legend for all of a name; `turns` are lines from top to bottom.
    So do those of a future that was `left`, as a whole.
    """
    traces = [_faint(each, "grow", each.name not in _names(faint[:i])) for i, each in enumerate(faint)]
    traces += [_faint(each, "all", each.name not in _names(left[:i])) for i, each in enumerate(left)]
    told = "%{x}: " + ("%{y:.1%}" if percent else "%{y:.5g}")
    for each in lines:
        columns: dict[str, Ref] = {"x": "step", "y": each.column}
        traces += [
            line(each.name, each.look, follows("grow", **columns), hover=told, legendgroup=each.name),
            head(each.name, each.look, follows("at", **columns), size=10, edge=1.5),
        ]
    traces += [_sign(sign) for sign in signs]
    axis: dict[str, object] = {"type": "log", "nticks": 3, "tickformat": "~g"} if log else {"type": "linear"}
    if percent:
        axis = {"type": "linear", "tickformat": ".0%"}
    return figure(
        traces,
        showlegend=len(lines) + len(faint) + len(signs) + len(left) > 1,
        xaxis={"title": {"text": step_title, "standoff": 4}, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": {"text": title, "standoff": 4}, "zeroline": False, **axis},
        margin={"l": 56, "r": 12, "t": 8, "b": 44},
        shapes=[_upright(turn) for turn in turns],
        annotations=[_label(turn) for turn in turns],
    )


def _names(lines: Sequence[Line]) -> set[str]:
    return {each.name for each in lines}


def _faint(each: Line, mode: Literal["grow", "all"], in_legend: bool) -> go.Scatter:
    way, told = follows(mode, x="step", y=each.column), "%{x}: %{y:.5g}"
    legend = {"showlegend": in_legend, "legendgroup": each.name, "legendrank": 1000 if mode == "grow" else 1001}
    return line(each.name, each.look, way, width=1, hover=told, opacity=0.55, **legend)


def _sign(sign: Sign) -> go.Scatter:
    return dots(
        sign.name,
        Series(sign.color, symbol=sign.symbol),
        follows(sign.mode, x=sign.x, y=sign.y),
        size=sign.size,
        edge=1.5,
        hover="%{x}: %{y:.5g}",
        showlegend=sign.in_legend,
        legendgroup=sign.name,
    )


def _upright(turn: Turn) -> dict[str, object]:
    line = {"width": 2, "dash": "dot"}
    place = {"x0": turn.epoch, "x1": turn.epoch, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", "name": "text", "line": line, **place}


def _label(turn: Turn) -> dict[str, object]:
    place = {"x": turn.epoch, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top"}
    return {"text": f"→ {turn.name}", "name": "text", "showarrow": False, **place}


class Bars(NamedTuple):
    """One histogram: its name, the array it follows, `(frames, bins)`, and its color."""

    name: str
    array: str
    color: str


def histogram(bars: Sequence[Bars], edges: Array, *, title: str, count_title: str) -> go.Figure:
    """Draw the counts between `edges: (bins + 1,)`, several histograms beside each other in each bin."""
    bin_width = float(edges[1] - edges[0])
    width = 0.92 * bin_width / len(bars)
    centers = (edges[:-1] + edges[1:]) / 2
    traces = [
        go.Bar(
            x=(centers + (i - (len(bars) - 1) / 2) * width).tolist(),
            y=[0] * len(centers),
            width=width,
            name=each.name,
            customdata=np.stack([edges[:-1], edges[1:]], axis=1).round(4).tolist(),
            hovertemplate="%{customdata[0]:.3g} … %{customdata[1]:.3g}: %{y}",
            meta={"color": each.color, **follows("at", y=each.array)},
        )
        for i, each in enumerate(bars)
    ]
    return figure(
        traces,
        barmode="overlay",
        showlegend=len(bars) > 1,
        xaxis={
            "title": {"text": title, "standoff": 4},
            "range": [float(edges[0]), float(edges[-1])],
            "zeroline": False,
            "showgrid": False,
        },
        yaxis={"title": {"text": count_title, "standoff": 4}, "rangemode": "tozero"},
        margin={"l": 56, "r": 12, "t": 8, "b": 44},
    )
