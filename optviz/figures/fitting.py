"""The pictures of under- and overfitting: a polynomial among its points, and its errors against one remedy."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.style import Series, dots, figure, follows, line, path

Array = NDArray[np.float64]

TALL = 2.2
"""Half the height of what is drawn: a polynomial that goes beyond leaves the picture."""

TRAINING, VALIDATION = Series("series1"), Series("series2", "dash", "square-open")
"""How points and errors of the two kinds are drawn."""


def polynomial(array: str, xs: Array, verdict: str, color: str, words: Mapping[str, str]) -> go.Figure:
    """Draw a fitted polynomial over `xs: (n,)` with the true curve and the points, and what it is called above.

    Follows `array: (1, n)`, `true: (1, n)`, and `x, y, held_x, held_y: (1, rows)`. `words` has "training",
    "validation", "true" and "fitted".
    """
    grid = xs.round(6).tolist()

    training, validation = follows("at", x="x", y="y"), follows("at", x="held_x", y="held_y")
    told, curve_told = "%{x:.4g}, %{y:.4g}", "%{x:.3g}: %{y:.4g}"
    return figure(
        [
            dots(words["training"], TRAINING, training, size=8, edge=2, hover=told),
            dots(words["validation"], VALIDATION, validation, size=8, edge=2, hover=told),
            # Above the points, which are hundreds where more data are the remedy.
            line(words["true"], Series("muted", "dot"), follows("at", y="true"), x=grid, hover=curve_told),
            line(words["fitted"], Series("series3"), follows("at", y=array), x=grid, width=4, hover=curve_told),
        ],
        showlegend=True,
        xaxis={"range": [-1.04, 1.04], "zeroline": False, "title": {"text": "x", "standoff": 2}},
        yaxis={"range": [-TALL, TALL], "zeroline": False},
        margin={"l": 32, "r": 8, "t": 8, "b": 40},
        annotations=[
            {
                "text": f"<b>{verdict}</b>",
                "name": color,
                "xref": "paper",
                "yref": "paper",
                "x": 0.5,
                "y": 1.0,
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 18},
            }
        ],
    )


def errors(
    array: str,
    span: tuple[float, float],
    ticks: Sequence[float],
    x_title: str,
    words: Mapping[str, str],
    *,
    log: bool,
) -> go.Figure:
    """Draw the training and the validation error against one remedy over `span`, with the value now chosen marked.

    Follows `array: (1, n)` for the remedy's values with `{array}_training` and `{array}_validation: (1, n)`, and
    `{array}_now: (1, 3)`: the value chosen, and its two errors. `words` has "training", "validation", "error", "now".
    """
    looks = (("training", TRAINING), ("validation", VALIDATION))
    traces = [
        path(words[name], look, follows("at", x=array, y=f"{array}_{name}"), size=7, hover="%{x:.4g}: %{y:.4g}")
        for name, look in looks
    ]
    for column, (name, look) in enumerate(looks, start=1):
        now = follows("at", x=(f"{array}_now", 0), y=(f"{array}_now", column))
        told = f"{words['now']}, {words[name]}: " + "%{y:.4g}"
        traces.append(dots(words["now"], look, now, size=16, edge=3, hover=told, showlegend=False))
    return figure(
        traces,
        showlegend=True,
        xaxis={
            "title": {"text": x_title, "standoff": 4},
            "zeroline": False,
            "range": _padded(*span, log),
            "type": "log" if log else "linear",
            "tickvals": list(ticks),
            "ticktext": [f"{tick:g}".replace("e-0", "e-") for tick in ticks],
        },
        yaxis={
            "title": {"text": words["error"], "standoff": 2},
            "type": "log",
            "range": [-4.0, 1.0],
            "dtick": 1,
            "tickformat": "~g",
        },
        margin={"l": 60, "r": 8, "t": 8, "b": 44},
    )


def _padded(low: float, high: float, log: bool) -> list[float]:
    """Return an axis' range with a little room at both ends; that of a log axis is in powers of ten."""
    first, last = (float(np.log10(low)), float(np.log10(high))) if log else (low, high)
    room = 0.05 * (last - first)
    return [first - room, last + room]
