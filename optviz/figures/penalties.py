"""The pictures of a sweep: what comes of a training against the strength of its penalty."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.figures.classifier import Line
from optviz.figures.style import Series, dots, figure, follows, path

RANGE = [-1.5, -0.3]
"""The loss from 0.03 to 0.5, in powers of ten: above is but a net that has hardly begun."""

TICKS = [0.05, 0.1, 0.2, 0.5]


class Mark(NamedTuple):
    """A large marker: its name, the array and the columns of its x and y, and how it is drawn."""

    name: str
    array: str
    x: int
    y: int
    color: str
    symbol: str

    @property
    def look(self) -> Series:
        """How it is drawn."""
        return Series(self.color, symbol=self.symbol)


def sweep(
    strengths: Sequence[float], curves: Sequence[Line], marks: Sequence[Mark], words: Mapping[str, str], *, log: bool
) -> go.Figure:
    """Draw curves over the strengths, a log axis, with marks on them; `words` has "x" and "y", the axes' titles.

    A curve follows `(frames, strengths)`.
    """
    traces = [
        path(each.name, each.look, follows("at", y=each.column), x=list(strengths), size=7, hover="λ %{x:g}: %{y:.4g}")
        for each in curves
    ]
    traces += [
        dots(
            each.name,
            each.look,
            follows("at", x=(each.array, each.x), y=(each.array, each.y)),
            size=16,
            edge=3,
            hover=f"{each.name}: " + "λ %{x:g}: %{y:.4g}",
            showlegend=each.name not in {mark.name for mark in marks[:i]},
            legendgroup=each.name,
        )
        for i, each in enumerate(marks)
    ]
    low, high = min(strengths), max(strengths)
    ticks = [power for power in (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0) if low <= power <= high]
    axis: dict[str, object] = (
        {"type": "log", "tickvals": TICKS, "tickformat": "~g", "range": RANGE} if log else {"rangemode": "tozero"}
    )
    return figure(
        traces,
        showlegend=True,
        xaxis={
            "title": {"text": words["x"], "standoff": 4},
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{power:g}" for power in ticks],
            "range": [float(np.log10(low)) - 0.2, float(np.log10(high)) + 0.2],
            "zeroline": False,
        },
        yaxis={"title": {"text": words["y"], "standoff": 4}, "zeroline": False, **axis},
        margin={"l": 56, "r": 12, "t": 8, "b": 44},
    )
