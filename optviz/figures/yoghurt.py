"""The pictures of the yoghurt seller: the weights on their way, each day's bottles too many, and what they cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.losses import TARGET, whole
from optviz.figures.style import GOAL, SERIES, START, dots, figure, follows, head, line

MARGINS = {"l": 56, "r": 12, "t": 8, "b": 44}
SPREAD = 0.3
"""How far the days of one loss stand from its middle."""


def plane(names: Sequence[str], words: Mapping[str, str]) -> go.Figure:
    """Draw the way of the two weights under each loss, with the start and the true weights (1, 1).

    Follows "w": (rows, losses, 2) and "start": (1, 2). `words` has "true" and "start".
    """
    begins = follows("at", x=("start", 0), y=("start", 1))
    traces = [
        dots(words["true"], GOAL, {}, x=[1.0], y=[1.0], size=18, edge=2, hover="%{x:.4g}, %{y:.4g}"),
        dots(words["start"], START, begins, size=14, edge=3, hover="%{x:.4g}, %{y:.4g}"),
    ]
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        columns = {"x": ("w", 2 * run), "y": ("w", 2 * run + 1)}
        traces += [
            line(name, series, follows("grow", **columns), hover="%{x:.5g}, %{y:.5g}", legendgroup=name),
            head(name, series, follows("at", **columns), label=name),
        ]
    return figure(
        traces,
        xaxis={"title": {"text": "w₁", "standoff": 4}},
        yaxis={"title": {"text": "w₂", "standoff": 4}},
        margin=MARGINS,
    )


def weights(names: Sequence[str], title: str, epoch: str) -> go.Figure:
    """Draw both weights over the epochs, the first thick and the second thin. Follows "w": (rows, losses, 2)."""
    traces = []
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        for part, width in enumerate((3, 1.5)):
            label = f"{name}: w{'₁₂'[part]}"
            column = follows("grow", x="step", y=("w", 2 * run + part))
            traces.append(line(label, series, column, width=width, hover="%{x:.5g}, %{y:.5g}", legendgroup=label))
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
        hollow = series._replace(symbol=f"{series.symbol}-open")
        days_at, mean_at = follows("at", y=f"over{run}"), follows("at", x=("mean", 2 * run), y=("mean", 2 * run + 1))
        traces += [
            dots(name, hollow, days_at, x=run + spread, y=[0] * days, size=7, edge=1.5, hover="%{y:.3g}"),
            dots(f"{name}: {mean}", TARGET, mean_at, size=12, hover="%{y:.4g}"),
        ]
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
        [whole(name, SERIES[i], "error", f"price{i}") for i, name in enumerate(names)],
        showlegend=True,
        xaxis={"range": [-reach, reach], "title": {"text": titles[0], "standoff": 4}},
        yaxis={"range": [-0.02 * top, top], "title": {"text": titles[1], "standoff": 4}},
        margin=MARGINS,
    )
