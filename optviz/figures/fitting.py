"""The pictures of under- and overfitting: a polynomial among its points, and its errors against one remedy."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.style import EMPTY, figure, follows

Array = NDArray[np.float64]

TALL = 2.2
"""Half the height of what is drawn: a polynomial that goes beyond leaves the picture."""


def polynomial(array: str, xs: Array, verdict: str, color: str, words: Mapping[str, str]) -> go.Figure:
    """Draw a fitted polynomial over `xs: (n,)` with the true curve and the points, and what it is called above.

    Follows `array: (1, n)`, `true: (1, n)`, and `x, y, held_x, held_y: (1, rows)`. `words` has "training",
    "validation", "true" and "fitted".
    """
    grid = xs.round(6).tolist()

    def line(name: str, follow: str, hue: str, **look: object) -> go.Scatter:
        return go.Scatter(
            x=grid,
            y=EMPTY,
            name=words[name],
            mode="lines",
            line=look,
            hovertemplate="%{x:.3g}: %{y:.4g}",
            meta={"color": hue, **follows("at", y=follow)},
        )

    def points(name: str, x: str, y: str, hue: str, symbol: str) -> go.Scatter:
        return go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=words[name],
            mode="markers",
            marker={"symbol": symbol, "size": 8, "line": {"width": 2}},
            hovertemplate="%{x:.4g}, %{y:.4g}",
            meta={"color": hue, **follows("at", x=x, y=y)},
        )

    return figure(
        [
            points("training", "x", "y", "series1", "circle"),
            points("validation", "held_x", "held_y", "series2", "square-open"),
            # Above the points, which are hundreds where more data are the remedy.
            line("true", "true", "muted", dash="dot", width=2.5),
            line("fitted", array, "series3", width=4),
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
    looks = (("training", "series1", "solid", "circle"), ("validation", "series2", "dash", "square-open"))
    traces = []
    for name, color, dash, symbol in looks:
        traces.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=words[name],
                mode="lines+markers",
                line={"dash": dash, "width": 2.5},
                marker={"symbol": symbol, "size": 7},
                hovertemplate="%{x:.4g}: %{y:.4g}",
                meta={"color": color, **follows("at", x=array, y=f"{array}_{name}")},
            )
        )
    for column, (name, color, _dash, symbol) in enumerate(looks, start=1):
        traces.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=words["now"],
                showlegend=False,
                mode="markers",
                marker={"symbol": symbol, "size": 16, "line": {"width": 3}},
                hovertemplate=f"{words['now']}, {words[name]}: " + "%{y:.4g}",
                meta={"color": color, **follows("at", x=(f"{array}_now", 0), y=(f"{array}_now", column))},
            )
        )
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
