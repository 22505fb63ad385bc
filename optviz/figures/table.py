"""The picture of predictions against the truth."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from optviz.figures.style import EMPTY, figure, follows


class Cloud(NamedTuple):
    """Some rows: their name, the array of what is true and that of what is predicted, and how they are drawn."""

    name: str
    true: str
    predicted: str
    color: str
    symbol: str


def agreement(
    clouds: Sequence[Cloud], diagonal: str, span: tuple[float, float], *, true: str, predicted: str, line: str
) -> go.Figure:
    """Draw predictions against the truth, and the line on which they would be the same.

    Each cloud follows its arrays `(frames, rows)`, the line `diagonal: (1, 2)`; `span` is the range of both axes, and
    `true`, `predicted` and `line` are their titles.
    """
    traces = [
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=cloud.name,
            mode="markers",
            marker={"symbol": cloud.symbol, "size": 8, "line": {"width": 1}},
            opacity=0.8,
            hovertemplate=f"{true} %{{x:.5g}}<br>{predicted} %{{y:.5g}}",
            meta={"color": cloud.color, **follows("at", x=cloud.true, y=cloud.predicted)},
        )
        for cloud in clouds
    ]
    traces.insert(
        0,
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=line,
            mode="lines",
            line={"width": 2, "dash": "dash"},
            hoverinfo="skip",
            meta={"color": "muted", **follows("at", x=diagonal, y=diagonal)},
        ),
    )
    axis = {"range": list(span), "zeroline": False}
    return figure(
        traces,
        showlegend=True,
        xaxis={**axis, "title": {"text": true, "standoff": 4}},
        yaxis={**axis, "title": {"text": predicted, "standoff": 4}},
        margin={"l": 60, "r": 12, "t": 8, "b": 44},
    )
