"""The pictures of a regression: the curve among its points, its coefficients, and its loss over the updates."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.style import EMPTY, SERIES, figure, follows

Array = NDArray[np.float64]

DENSE = 3.0
"""Up to so many decades a log axis names 2 and 5 between the powers of ten, and of more it names as many powers."""

MARGIN = {"l": 56, "r": 12, "t": 8, "b": 44}


def curve(xs: Array, y_range: tuple[float, float], words: Mapping[str, str]) -> go.Figure:
    """Draw the points, the true curve and the fitted one over `xs: (n,)`.

    Follows `x: (1, points)`, `y: (1, points)`, `true: (1, n)` and `fitted: (rows, n)`. `words` has "points", "true" and
    "fitted".
    """
    grid = xs.round(6).tolist()
    traces = [
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=words["points"],
            mode="markers",
            marker={"symbol": "circle-open", "size": 8, "line": {"width": 2}},
            hovertemplate="%{x:.4g}, %{y:.4g}",
            meta={"color": "series1", **follows("at", x="x", y="y")},
        ),
        go.Scatter(
            x=grid,
            y=EMPTY,
            name=words["true"],
            mode="lines",
            line={"dash": "dot", "width": 2.5},
            hovertemplate="%{x:.3g}: %{y:.4g}",
            meta={"color": "muted", **follows("at", y="true")},
        ),
        go.Scatter(
            x=grid,
            y=EMPTY,
            name=words["fitted"],
            mode="lines",
            line={"width": 4},
            hovertemplate="%{x:.3g}: %{y:.4g}",
            meta={"color": "series2", **follows("at", y="fitted")},
        ),
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
        meta = {"color": series.color}
        traces += [
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=name,
                mode="lines",
                line={"dash": series.dash, "width": 2.5},
                hovertemplate="%{x}: %{y:.5g}",
                meta={**meta, **follows("grow", x="step", y=("w", i))},
            ),
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=name,
                showlegend=False,
                mode="markers",
                marker={"symbol": series.symbol, "size": 10},
                hoverinfo="skip",
                meta={**meta, **follows("at", x="step", y=("w", i))},
            ),
        ]
        lines.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=f"{words['true']} {name}",
                showlegend=False,
                mode="lines",
                line={"dash": "dot", "width": 1.5},
                hovertemplate=f"{words['true']} {name} = {true:g}",
                meta={**meta, **follows("grow", x="step", y=("truth", i))},
            )
        )
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
    looks = (("loss", "series2", "solid", 3.0), ("least", "muted", "dot", 2.0))
    traces = [
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=words[name],
            mode="lines",
            line={"dash": dash, "width": width},
            hovertemplate="%{x}: %{y:.6g}",
            meta={"color": color, **follows("grow", x="step", y=("loss", column))},
        )
        for column, (name, color, dash, width) in enumerate(looks)
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
