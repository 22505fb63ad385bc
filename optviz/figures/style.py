"""What all figures share: how series are told apart, and how a trace names the numbers that it follows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go

from optviz.optimization.looks import LENT, LOOKS

EMPTY = (None,)
"""The points of a trace that will follow numbers; Plotly hides a trace without any."""

LABEL = {"size": 14, "weight": "bold"}
"""The font of a name that stands in a picture."""

Ref = str | tuple[str, int]


class Series(NamedTuple):
    """How one of several runs is drawn: color, dash and marker all differ, so that color is never alone.

    `number` tells runs of one optimizer apart.
    """

    color: str
    dash: str = "solid"
    symbol: str = "circle"
    glyph: str = "●"
    label_at: str = "top right"
    number: str = ""


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

OWN = Series("text", "solid", "octagon", "⬣")
"""How an optimizer is drawn that has no name."""


NUMBERS = "①②③④⑤⑥⑦⑧"


def looks_of(optimizers: Sequence[str]) -> tuple[Series, ...]:
    """Return how the runs of these optimizers are drawn: each as it is everywhere, its second run with another dash."""
    return _looks_of(tuple(optimizers))


@lru_cache(maxsize=256)
def _looks_of(optimizers: Sequence[str]) -> tuple[Series, ...]:
    seen: Counter[str] = Counter()
    looks = []
    # Rules that somebody typed are drawn alike, and told apart as two runs of one optimizer are.
    lent = [LENT.get(name, name) for name in optimizers]
    names = [name if name in LOOKS else "" for name in lent]
    for i, name in enumerate(names):
        look = Series(name, *LOOKS[name][2:]) if name in LOOKS else OWN
        dashes = [look.dash, *(series.dash for series in SERIES if series.dash != look.dash)]
        number = NUMBERS[seen[name]] if names.count(name) > 1 else ""
        looks.append(look._replace(dash=dashes[seen[name]], label_at=SERIES[i % len(SERIES)].label_at, number=number))
        seen[name] += 1
    return tuple(looks)


class Runner(NamedTuple):
    """One of several runs in a picture: its name there, and how it is drawn."""

    name: str
    look: Series

    @classmethod
    def all(cls, names: Sequence[str]) -> "tuple[Runner, ...]":
        """Return runs that differ in something else than their optimizer: each is the next of the series."""
        return tuple(map(cls, names, SERIES))


START, GOAL = Series("text", symbol="circle-open"), Series("text", symbol="star-open")
"""How the point is marked at which runs begin, and the one that they should reach."""


def follows(mode: Literal["grow", "at", "all"], **columns: Ref) -> dict[str, Any]:
    """Return the part of a trace's `meta` that ties it to numbers: `follows("grow", x=("w", 0), y=("w", 1))`."""
    return {"follows": {"mode": mode, **columns}}


def line(
    name: str | None, look: Series, follow: Mapping[str, Any], *, width: float = 2.5, hover: str = "", **rest: Any
) -> go.Scatter:
    """Return a line that follows numbers; without `hover` it says nothing, and `rest` is what else the trace has."""
    return _trace(name, look, follow, hover, {"mode": "lines", "line": _stroke(look, width), **rest})


def path(
    name: str,
    look: Series,
    follow: Mapping[str, Any],
    *,
    size: float,
    edge: float | None = None,
    width: float = 2.5,
    hover: str = "",
    **rest: Any,
) -> go.Scatter:
    """Return a line with a marker at each of its points."""
    parts = {"line": _stroke(look, width), "marker": _marker(look, size, edge)}
    return _trace(name, look, follow, hover, {"mode": "lines+markers", **parts, **rest})


def dots(
    name: str | None,
    look: Series,
    follow: Mapping[str, Any],
    *,
    size: float,
    edge: float | None = None,
    hover: str = "",
    **rest: Any,
) -> go.Scatter:
    """Return markers, with the usual rim or one of the width `edge`."""
    return _trace(name, look, follow, hover, {"mode": "markers", "marker": _marker(look, size, edge), **rest})


def head(
    name: str, look: Series, follow: Mapping[str, Any], *, size: float = 13, label: str = "", **rest: Any
) -> go.Scatter:
    """Return the marker at the head of a line, which has the line's entry of the legend, and its label beside it."""
    if label:
        rest = {"mode": "markers+text", "text": [label], "textposition": look.label_at, "textfont": LABEL, **rest}
    return dots(name, look, follow, size=size, **{"legendgroup": name, "showlegend": False, **rest})


def _trace(
    name: str | None, look: Series, follow: Mapping[str, Any], hover: str, parts: Mapping[str, Any]
) -> go.Scatter:
    told = {"hovertemplate": hover} if hover else {"hoverinfo": "skip"}
    return go.Scatter({"x": EMPTY, "y": EMPTY, "name": name, **told, "meta": {"color": look.color, **follow}, **parts})


def _stroke(look: Series, width: float) -> dict[str, Any]:
    return {"dash": look.dash, "width": width}


def _marker(look: Series, size: float, edge: float | None) -> dict[str, Any]:
    rim = {} if edge is None else {"line": {"width": edge}}
    return {"symbol": look.symbol, "size": size, **rim}


def remark(text: str) -> go.Figure:
    """Return a picture that is a line of text, for what a plot would say no better."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    unseen = {"visible": False, "fixedrange": True}
    note = {"text": text, "name": "text", "font": {"size": 17}, **place}
    return figure([], annotations=[note], xaxis=unseen, yaxis=unseen, margin={"l": 8, "r": 8, "t": 8, "b": 8})


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
