"""The pictures of losses: predictions beside their targets, each point's share, and losses as curves."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, LABEL, SERIES, Ref, Series, figure, follows, head, line

LADDER = tuple(float(f"{digit}e{power}") for power in range(-2, 5) for digit in (1, 1.5, 2, 3, 5, 7))
TARGET = Series("text")
SHAPE = 1.0
"""How wide the picture of the predictions is for its height, in units of y: there a square is one."""
MARGIN = 0.25
"""What stands to the right of the points, for the names of lines, in the same units."""
BESIDE = 0.8
"""How much of the way from one center to the next is filled by bars."""


def rung(*values: float) -> float:
    """Return the least of 0.01, 0.015, 0.02, 0.03, … that no value passes: a range that does not jump at every move."""
    most = max((abs(value) for value in values if np.isfinite(value)), default=0.0)
    return next((step for step in LADDER if step >= most), LADDER[-1])


class Scale(NamedTuple):
    """The range of a picture in which values are dragged: it holds them, and no drag changes it."""

    low: float
    high: float
    top: float

    @classmethod
    def of(cls, values: Array, top: float) -> "Scale":
        """Return a range up to a quarter more than `top`, or the next rung that holds all values."""
        top = max(top, rung(*values.ravel()))
        return cls((-0.25 if values.min() >= -0.25 * top else -1.25) * top, 1.25 * top, top)

    def snap(self, y: float) -> float:
        """Return the value to which a drag to y sets: in steps of 1/200 of the top, and within the range."""
        step = self.top / 200
        return float(f"{round(min(max(y, self.low, -self.top), self.top) / step) * step:.6g}")


def whole(name: str, series: Series, x: Ref, y: Ref, **looks: Any) -> go.Scatter:
    """Return a curve that is a whole row of numbers."""
    told = "%{x:.4g}: %{y:.4g}"
    return line(name, series, follows("at", x=x, y=y), **{"width": 3, "hover": told, "legendgroup": name, **looks})


def point(name: str, series: Series, x: Ref, y: Ref, **looks: Any) -> go.Scatter:
    """Return a marker, with its label if it has any, or a cloud of markers where x and y are whole rows."""
    return head(name, series, follows("at", x=x, y=y), hover="%{x:.4g}, %{y:.4g}", **looks)


def label(text: str, series: Series, array: str) -> go.Scatter:
    """Return a word that stands at a point, columns 0 and 1 of an array."""
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=text,
        legendgroup=text,
        showlegend=False,
        mode="text",
        text=[text],
        textfont=LABEL,
        hoverinfo="skip",
        meta={"color": series.color, **follows("at", x=(array, 0), y=(array, 1))},
    )


def places(centers: Array, n: int) -> Array:
    """Return where n bars side by side around each center stand, `(n, centers)`."""
    offsets = (np.arange(n) - (n - 1) / 2) * BESIDE / n
    spread: Array = centers + offsets[:, None]
    return spread


def bars(names: Sequence[str], arrays: Sequence[str], centers: Array, looks: Sequence[Series] = SERIES) -> list[go.Bar]:
    """Return bars side by side around each center, a series a name."""
    n = len(names)
    return [
        go.Bar(
            x=x.tolist(),
            y=[0] * len(x),
            width=0.92 * BESIDE / n,
            name=name,
            legendgroup=name,
            hovertemplate="%{y:.4g}",
            meta={"color": series.color, **follows("at", y=array)},
        )
        for name, array, series, x in zip(names, arrays, looks, places(centers, n), strict=False)
    ]


def predictions(positions: Array, scale: Scale, words: Mapping[str, str]) -> go.Figure:
    """Draw targets and predictions over their numbers, each error as a stick and as the square of its size.

    Follows "x", "true" and "pred" `(1, n)`, "sticks" and "squares" as pairs "…_x", "…_y", the best constants "mean"
    and "median" `(1, 2)` over "width" and their labels "mean_at", "median_at". `words` has "target", "prediction",
    "error", "mean" and "median".
    """
    error = SERIES[3]
    traces = [
        whole(words["error"], error._replace(dash="solid"), "squares_x", "squares_y", width=1, hover="", fill="toself"),
        whole(words["error"], error, "sticks_x", "sticks_y", showlegend=False),
        whole(words["mean"], SERIES[0], "width", "mean", showlegend=False),
        whole(words["median"], SERIES[1], "width", "median", showlegend=False),
        point(words["target"], TARGET, "x", "true", size=15, showlegend=True),
        point(words["prediction"], error, "x", "pred", size=17, showlegend=True),
        label(words["mean"], SERIES[0], "mean_at"),
        label(words["median"], SERIES[1], "median_at"),
    ]
    n = len(positions)
    return figure(
        traces,
        showlegend=True,
        xaxis={
            "range": [0, (SHAPE + MARGIN) * (scale.high - scale.low)],
            "tickvals": positions.tolist(),
            "ticktext": [str(i + 1) for i in range(n)],
            "title": {"text": words["number"], "standoff": 4},
            "constrain": "domain",
            "zeroline": False,
            "showgrid": False,
        },
        yaxis={
            "range": [scale.low, scale.high],
            "scaleanchor": "x",
            "constrain": "domain",
            "constraintoward": "top",
            "zeroline": True,
        },
        margin={"l": 48, "r": 12, "t": 8, "b": 44},
    )


def shares(names: Sequence[str], arrays: Sequence[str], n: int, words: Mapping[str, str]) -> go.Figure:
    """Draw each point's share in the sum of each loss, `(1, n)` between 0 and 1."""
    centers = np.arange(1.0, n + 1.0)
    return figure(
        bars(names, arrays, centers),
        showlegend=True,
        barmode="overlay",
        xaxis={
            "range": [0.4, n + 0.6],
            "tickvals": centers.tolist(),
            "title": {"text": words["number"], "standoff": 4},
            "showgrid": False,
        },
        yaxis={"range": [0, 1.05], "tickformat": ".0%"},
        margin={"l": 52, "r": 12, "t": 8, "b": 44},
    )


def curves(
    names: Sequence[str],
    x: str,
    arrays: Sequence[str],
    points: Sequence[tuple[str, str]],
    ranges: tuple[tuple[float, float], tuple[float, float]],
    titles: tuple[str, str],
) -> go.Figure:
    """Draw a curve a name over `x`, whole rows, and a marker with its label: `points` are (array, label).

    A point's array has x in column 0 and y in column 1.
    """
    traces = [whole(name, SERIES[i], x, array) for i, (name, array) in enumerate(zip(names, arrays, strict=True))]
    for i, (array, text) in enumerate(points):
        traces.append(point(names[i], SERIES[i], (array, 0), (array, 1), label=text))
    (x0, x1), (y0, y1) = ranges
    return figure(
        traces,
        showlegend=True,
        xaxis={"range": [x0, x1], "title": {"text": titles[0], "standoff": 4}},
        yaxis={"range": [y0, y1], "title": {"text": titles[1], "standoff": 4}, "zeroline": True},
        margin={"l": 56, "r": 12, "t": 8, "b": 44},
    )
