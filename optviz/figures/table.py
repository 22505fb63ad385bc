"""The picture of predictions against the truth."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from optviz.figures.style import Series, dots, figure, follows, line


class Cloud(NamedTuple):
    """Some rows: their name, the array of what is true and that of what is predicted, and how they are drawn."""

    name: str
    true: str
    predicted: str
    color: str
    symbol: str


def agreement(
    clouds: Sequence[Cloud], diagonal: str, span: tuple[float, float], *, true: str, predicted: str, same: str
) -> go.Figure:
    """Draw predictions against the truth, and the line on which they would be the same.

    Each cloud follows its arrays `(frames, rows)`, the line `diagonal: (1, 2)`; `span` is the range of both axes, and
    `true` and `predicted` are their titles, `same` is the line's name.
    """
    told = f"{true} %{{x:.5g}}<br>{predicted} %{{y:.5g}}"
    traces = [
        line(same, Series("muted", "dash"), follows("at", x=diagonal, y=diagonal), width=2),
        *(
            dots(
                cloud.name,
                Series(cloud.color, symbol=cloud.symbol),
                follows("at", x=cloud.true, y=cloud.predicted),
                size=8,
                edge=1,
                opacity=0.8,
                hover=told,
            )
            for cloud in clouds
        ),
    ]
    axis = {"range": list(span), "zeroline": False}
    return figure(
        traces,
        showlegend=True,
        xaxis={**axis, "title": {"text": true, "standoff": 4}},
        yaxis={**axis, "title": {"text": predicted, "standoff": 4}},
        margin={"l": 60, "r": 12, "t": 8, "b": 44},
    )
