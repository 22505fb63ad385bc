"""The pictures of under- and overfitting: a polynomial among its points, and its errors against one remedy."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, Series, dots, figure, follows, line, path

TALL = 2.2
"""Half the height of what is drawn: a polynomial that goes beyond leaves the picture."""

THIN, HANDLE = Series("series3"), Series("text", symbol="diamond")
"""How the refits are drawn, and what is taken hold of."""

TRAINING, VALIDATION = Series("series1"), Series("series2", "dash", "square-open")
"""How points and errors of the two kinds are drawn."""


SCALE_AT = -2.75
"""The height of the scale along which a value is dragged, below the curves."""

VERDICT_AT = 1.98


class Scale(NamedTuple):
    """A scale at the foot of a picture: what is done there, the places of its ticks, and their texts."""

    hint: str
    places: tuple[float, ...]
    ticks: tuple[str, ...]


def polynomial(
    number: int, xs: Array, verdicts: Sequence[tuple[str, str]], words: Mapping[str, str], scale: Scale | None = None
) -> go.Figure:
    """Draw a fitted polynomial over `xs: (n,)` with the true curve, the points, and the fan of refits.

    Above stands the one of the `verdicts`, (color, text), that has a height: `verdict{number}: (1, 1 + verdicts)` is x
    and the heights. At the foot is a scale with a handle at `handle{number}: (1, 2)`. Follows `fitted{number}: (1, n)`,
    `fan{number}: (1, m)` over `fan_x: (1, m)`, `true: (1, n)`, and `x, y, held_x, held_y: (1, rows)`. `words` has
    "training", "validation", "true", "fitted" and "refits".
    """
    grid = xs.round(6).tolist()

    training, validation = follows("at", x="x", y="y"), follows("at", x="held_x", y="held_y")
    told, curve_told = "%{x:.4g}, %{y:.4g}", "%{x:.3g}: %{y:.4g}"
    return figure(
        [
            line(words["refits"], THIN, follows("at", x="fan_x", y=f"fan{number}"), width=1, opacity=0.45),
            dots(words["training"], TRAINING, training, size=8, edge=2, hover=told),
            dots(words["validation"], VALIDATION, validation, size=8, edge=2, hover=told),
            # Above the points, which are hundreds where more data are the remedy.
            line(words["true"], Series("muted", "dot"), follows("at", y="true"), x=grid, hover=curve_told),
            line(
                words["fitted"],
                Series("series3"),
                follows("at", y=f"fitted{number}"),
                x=grid,
                width=4,
                hover=curve_told,
            ),
            *(_verdict(text, color, f"verdict{number}", k) for k, (color, text) in enumerate(verdicts)),
            *(_scale(scale, f"handle{number}") if scale else ()),
        ],
        showlegend=True,
        xaxis={"range": [-1.04, 1.04], "zeroline": False, "title": {"text": "x", "standoff": 2}},
        yaxis={"range": [-3.0, TALL], "tickvals": [-2, -1, 0, 1, 2], "zeroline": False},
        margin={"l": 32, "r": 8, "t": 8, "b": 40},
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.0,
            "x": 0,
            "entrywidth": 0.5,
            "entrywidthmode": "fraction",
        },
    )


def _verdict(text: str, color: str, array: str, column: int) -> go.Scatter:
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        mode="text",
        text=[text],
        textfont={"size": 18, "weight": "bold"},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": color, **follows("grow", x=(array, 0), y=(array, column + 1))},
    )


def _scale(scale: Scale, array: str) -> list[go.Scatter]:
    """Draw a scale with its ticks' texts above it, and the handle that is dragged along it."""
    still: dict[str, Any] = {"x": scale.places, "hoverinfo": "skip", "showlegend": False, "meta": {"color": "muted"}}
    heights = [SCALE_AT] * len(scale.places)
    rail = go.Scatter(y=heights, mode="lines", line={"width": 2}, **still)
    above = [height + 0.35 for height in heights]
    ticks = go.Scatter(y=above, mode="text", text=scale.ticks, textfont={"size": 13}, **still)
    handle = {"grip": True, **follows("at", x=(array, 0), y=(array, 1))}
    return [rail, ticks, dots(scale.hint, HANDLE, handle, size=17, edge=3, hover=scale.hint, showlegend=False)]


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
        held = {"grip": True} if name == "validation" else {}
        traces.append(dots(words["now"], look, {**now, **held}, size=16, edge=3, hover=told, showlegend=False))
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
