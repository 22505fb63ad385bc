"""The pictures of a regression: the curve among its points, its coefficients, and its loss over the updates."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import SERIES, Ref, Series, dots, figure, follows, line

DENSE = 3.0
"""Up to so many decades a log axis names 2 and 5 between the powers of ten, and of more it names as many powers."""

MARGIN = {"l": 56, "r": 12, "t": 8, "b": 44}


def curve(xs: Array, y_range: tuple[float, float], words: Mapping[str, str]) -> go.Figure:
    """Draw the points, the true curve and the fitted one over `xs: (n,)`.

    Follows `x: (1, points)`, `y: (1, points)`, `true: (1, n)` and `fitted: (rows, n)`. `words` has "points", "true" and
    "fitted".
    """
    grid = xs.round(6).tolist()
    points, true, fitted = follows("at", x="x", y="y"), follows("at", y="true"), follows("at", y="fitted")
    hollow, told = Series("series1", symbol="circle-open"), "%{x:.3g}: %{y:.4g}"
    traces = [
        dots(words["points"], hollow, points, size=8, edge=2, hover="%{x:.4g}, %{y:.4g}"),
        line(words["true"], Series("muted", "dot"), true, x=grid, hover=told),
        line(words["fitted"], Series("series2"), fitted, x=grid, width=4, hover=told),
    ]
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": "x", "standoff": 4}, "range": (1.03 * xs[[0, -1]]).tolist(), "zeroline": False},
        yaxis={"title": {"text": "y", "standoff": 4}, "range": list(y_range), "zeroline": False},
        margin=MARGIN,
    )


def coefficients(names: Sequence[str], truth: Sequence[float], words: Mapping[str, str]) -> go.Figure:
    """Draw each coefficient over the updates, and the true one as a dotted line in the same color.

    Follows `w: (rows, len(names))`. `words` has "step", "title" and "true".
    """
    traces: list[go.Scatter] = []
    lines = []
    for i, (name, true, series) in enumerate(zip(names, truth, SERIES, strict=False)):
        columns: dict[str, Ref] = {"x": "step", "y": ("w", i)}
        level, said = follows("grow", x="step", y=("truth", i)), f"{words['true']} {name}"
        traces += [
            line(name, series, follows("grow", **columns), hover="%{x}: %{y:.5g}"),
            dots(name, series, follows("at", **columns), size=10, showlegend=False),
        ]
        dotted = series._replace(dash="dot")
        lines.append(line(said, dotted, level, width=1.5, hover=f"{said} = {true:g}", showlegend=False))
    return figure(
        [*lines, *traces],
        showlegend=True,
        xaxis={"title": {"text": words["step"], "standoff": 4}, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": {"text": words["title"], "standoff": 4}, "zeroline": False},
        margin=MARGIN,
    )


def losses(words: Mapping[str, str], decades: float) -> go.Figure:
    """Draw the loss over the updates on a log axis of so many decades, and the least possible as a dotted line.

    Follows `loss: (rows, 2)`: the loss, and the least. `words` has "loss", "least" and "step".
    """
    looks = (("loss", Series("series2"), 3.0), ("least", Series("muted", "dot"), 2.0))
    traces = [
        line(words[name], look, follows("grow", x="step", y=("loss", column)), width=width, hover="%{x}: %{y:.6g}")
        for column, (name, look, width) in enumerate(looks)
    ]
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": words["step"], "standoff": 4}, "zeroline": False, "rangemode": "tozero"},
        yaxis={
            "title": {"text": words["loss"], "standoff": 4},
            "type": "log",
            "dtick": "D2" if decades < DENSE else math.ceil(decades / DENSE),
            "tickformat": "~g",
        },
        margin=MARGIN,
    )
