"""What all figures share: how series are told apart, and how a trace names the numbers that it follows."""

from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go

EMPTY = (None,)
"""The points of a trace that will follow numbers; Plotly hides a trace without any."""

Ref = str | tuple[str, int]


class Series(NamedTuple):
    """How one of several runs is drawn: color, dash and marker all differ, so that color is never alone."""

    color: str
    dash: str
    symbol: str
    glyph: str
    label_at: str


SERIES = (
    Series("series1", "solid", "circle", "●", "top right"),
    Series("series2", "dash", "square", "■", "bottom right"),
    Series("series3", "dot", "triangle-up", "▲", "top left"),
    Series("series4", "dashdot", "diamond", "◆", "bottom left"),
    Series("series5", "longdash", "triangle-down", "▼", "middle right"),
    Series("series6", "longdashdot", "star", "★", "middle left"),
    Series("series7", "5px,2px", "cross", "✚", "top center"),
    Series("series8", "9px,3px,2px,3px,2px,3px", "x", "✖", "bottom center"),
)


def follows(mode: Literal["grow", "at", "all"], **columns: Ref) -> dict[str, Any]:
    """Return the part of a trace's `meta` that ties it to numbers: `follows("grow", x=("w", 0), y=("w", 1))`."""
    return {"follows": {"mode": mode, **columns}}


def figure(traces: list[Any], **layout: Any) -> go.Figure:
    """Return a figure with tight margins and a legend above, in which zoom survives new numbers."""
    base: dict[str, Any] = {
        "margin": {"l": 56, "r": 16, "t": 8, "b": 48},
        "hovermode": "closest",
        "uirevision": "keep",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "showlegend": False,
    }
    return go.Figure(traces, {**base, **layout})
