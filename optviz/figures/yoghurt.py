"""The pictures of the yoghurt seller: the weights on their way, each day's bottles too many, and what they cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.losses import TARGET, line
from optviz.figures.style import EMPTY, SERIES, figure, follows

Array = NDArray[np.float64]

MARGINS = {"l": 56, "r": 12, "t": 8, "b": 44}
SPREAD = 0.3
"""How far the days of one loss stand from its middle."""


def plane(names: Sequence[str], words: Mapping[str, str]) -> go.Figure:
    """Draw the way of the two weights under each loss, with the start and the true weights (1, 1).

    Follows "w": (rows, losses, 2) and "start": (1, 2). `words` has "true" and "start".
    """
    traces = [
        go.Scatter(
            x=[1.0],
            y=[1.0],
            name=words["true"],
            mode="markers",
            marker={"symbol": "star-open", "size": 18, "line": {"width": 2}},
            hovertemplate="%{x:.4g}, %{y:.4g}",
            meta={"color": "text"},
        ),
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=words["start"],
            mode="markers",
            marker={"symbol": "x-thin-open", "size": 14, "line": {"width": 3}},
            hovertemplate="%{x:.4g}, %{y:.4g}",
            meta={"color": "text", **follows("at", x=("start", 0), y=("start", 1))},
        ),
    ]
    for run, name in enumerate(names):
        columns = {"x": ("w", 2 * run), "y": ("w", 2 * run + 1)}
        traces += [_path(name, run, **columns), _head(name, run, **columns)]
    return figure(
        traces,
        xaxis={"title": {"text": "w₁", "standoff": 4}},
        yaxis={"title": {"text": "w₂", "standoff": 4}},
        margin=MARGINS,
    )


def _path(name: str, run: int, **columns: str | tuple[str, int]) -> go.Scatter:
    series = SERIES[run]
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=name,
        legendgroup=name,
        mode="lines",
        line={"dash": series.dash, "width": 2.5},
        hovertemplate="%{x:.5g}, %{y:.5g}",
        meta={"color": series.color, **follows("grow", **columns)},
    )


def _head(name: str, run: int, **columns: str | tuple[str, int]) -> go.Scatter:
    series = SERIES[run]
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=name,
        legendgroup=name,
        showlegend=False,
        mode="markers+text",
        marker={"symbol": series.symbol, "size": 13},
        text=[name],
        textposition=series.label_at,
        textfont={"size": 14, "weight": "bold"},
        hoverinfo="skip",
        meta={"color": series.color, **follows("at", **columns)},
    )


def weights(names: Sequence[str], title: str, epoch: str) -> go.Figure:
    """Draw both weights over the epochs, the first thick and the second thin. Follows "w": (rows, losses, 2)."""
    traces = []
    for run, name in enumerate(names):
        for part in (0, 1):
            trace = _path(f"{name}: w{'₁₂'[part]}", run, x="step", y=("w", 2 * run + part))
            trace.line.width = (3, 1.5)[part]
            traces.append(trace)
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": epoch, "standoff": 4}},
        yaxis={"title": {"text": title, "standoff": 4}},
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 1,
                "y1": 1,
                "name": "muted",
                "line": {"dash": "dot"},
            }
        ],
        margin=MARGINS,
    )


def strips(names: Sequence[str], days: int, title: str, height: tuple[float, float], mean: str) -> go.Figure:
    """Draw what is made beyond what is sold, day by day, a strip a loss, with its mean.

    Follows "over0", "over1", … `(rows, days)`, and "mean": (rows, losses, 2), the mean with its place.
    """
    traces, spread = [], np.linspace(-SPREAD, SPREAD, days)
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        traces.append(
            go.Scatter(
                x=(run + spread).tolist(),
                y=[0] * days,
                name=name,
                mode="markers",
                marker={"symbol": f"{series.symbol}-open", "size": 7, "line": {"width": 1.5}},
                hovertemplate="%{y:.3g}",
                meta={"color": series.color, **follows("at", y=f"over{run}")},
            )
        )
        traces.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=f"{name}: {mean}",
                mode="markers",
                marker={"symbol": TARGET.symbol, "size": 12},
                hovertemplate="%{y:.4g}",
                meta={"color": TARGET.color, **follows("at", x=("mean", 2 * run), y=("mean", 2 * run + 1))},
            )
        )
    return figure(
        traces,
        xaxis={
            "range": [-0.5, len(names) - 0.5],
            "tickvals": list(range(len(names))),
            "ticktext": list(names),
            "showgrid": False,
        },
        yaxis={"range": list(height), "title": {"text": title, "standoff": 4}, "zeroline": True},
        margin=MARGINS,
    )


def prices(names: Sequence[str], titles: tuple[str, str], reach: float, top: float) -> go.Figure:
    """Draw each loss of one day over the bottles too many. Follows "error" and "price0", "price1", …, whole rows."""
    return figure(
        [line(name, SERIES[i], "error", f"price{i}") for i, name in enumerate(names)],
        showlegend=True,
        xaxis={"range": [-reach, reach], "title": {"text": titles[0], "standoff": 4}},
        yaxis={"range": [-0.02 * top, top], "title": {"text": titles[1], "standoff": 4}},
        margin=MARGINS,
    )
