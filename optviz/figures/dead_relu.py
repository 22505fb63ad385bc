"""The pictures of dying units: the lines at which units switch on, over the points, and the range of their inputs."""

from collections.abc import Mapping

import plotly.graph_objects as go

from optviz.figures.classifier import CLASSES
from optviz.figures.style import Series, dots, figure, follows, line
from optviz.networks.datasets import Dataset

LOOKS = (("alive", Series("text"), 1.5), ("dead", Series("bad", "dash"), 2.5))
"""How living and dead units are drawn: name, look, width."""


def lines(run: int, data: Dataset, words: Mapping[str, str]) -> go.Figure:
    """Draw the points, and the line w·x + b = 0 of each unit with a tick towards the side on which it is on.

    Follows `alive_x` + run, `alive_y` + run, `dead_x` + run and `dead_y` + run. `words` has "alive", "dead", "class0"
    and "class1".
    """
    traces = [
        dots(
            words[f"class{label}"],
            Series(mark.color, symbol=mark.symbol),
            {},
            x=data.x[data.y == label, 0].round(4).tolist(),
            y=data.x[data.y == label, 1].round(4).tolist(),
            size=mark.size - 2,
            edge=0,
            opacity=0.55,
        )
        for label, mark in enumerate(CLASSES)
    ]
    traces += [
        line(words[name], look, follows("at", x=f"{name}_x{run}", y=f"{name}_y{run}"), width=width)
        for name, look, width in LOOKS
    ]
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    middle, reach = (low + high) / 2, 0.6 * float((high - low).max())
    axis = {"zeroline": False, "showgrid": False, "constrain": "domain"}
    return figure(
        traces,
        showlegend=True,
        xaxis={
            **axis,
            "range": [float(middle[0]) - reach, float(middle[0]) + reach],
            "title": {"text": "x₁", "standoff": 4},
        },
        yaxis={
            **axis,
            "range": [float(middle[1]) - reach, float(middle[1]) + reach],
            "title": {"text": "x₂", "standoff": 4},
            "scaleanchor": "x",
        },
        margin={"l": 44, "r": 12, "t": 8, "b": 44},
    )


def inputs(units: int, words: Mapping[str, str]) -> go.Figure:
    """Draw for each unit the range of z = w·x + b over the points: a dead one lies below 0 as a whole.

    Follows `alive_z`, `dead_z` over `unit`. `words` has "alive", "dead", "unit" and "z".
    """
    traces = [
        line(words[name], Series(look.color), follows("at", x="unit", y=f"{name}_z"), width=2 * width)
        for name, look, width in LOOKS
    ]
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": words["unit"], "standoff": 4}, "range": [0, units + 1], "showgrid": False},
        yaxis={"title": {"text": words["z"], "standoff": 4}, "zeroline": True, "zerolinewidth": 2},
        margin={"l": 50, "r": 12, "t": 8, "b": 44},
    )
