"""The picture of several learning-rate schedules over the steps."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.figures.style import SERIES, Ref, dots, figure, follows, line

DASHES = {"dash": "8px,3px"}
"""A dash as long as its gap would hide every other edge of a staircase."""


def picture(names: Sequence[str], *, title: str, step_title: str, steps: int, top: float | None) -> go.Figure:
    """Draw each schedule whole and pale, the part that was walked strong, and its head.

    The axis goes from 0 to `top`, or is logarithmic without one.
    Follows `rate: (rows, schedules)`, and the whole rows `steps` and `whole{i}`.
    """
    traces = []
    for i, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        look = series._replace(dash=DASHES.get(series.dash, series.dash))
        column: dict[str, Ref] = {"x": "step", "y": ("rate", i)}
        whole, told = follows("at", x="steps", y=f"whole{i}"), f"{name}<br>%{{x}}: %{{y:.6g}}<extra></extra>"
        traces += [
            line(name, look, whole, width=1.5, opacity=0.5, hover=told, showlegend=False),
            line(name, look, follows("grow", **column), width=3),
            dots(name, look, follows("at", **column), size=13, edge=0, hover=told, showlegend=False),
        ]
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power"} if top is None else {"range": [0, top]}
    return figure(
        traces,
        xaxis={"title": {"text": step_title}, "range": [0, steps], "zeroline": False},
        yaxis={"title": {"text": title}, "zeroline": False, **axis},
        showlegend=True,
    )
