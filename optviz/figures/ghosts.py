"""The future that a run left at a fork, drawn faint, thin and with its name beside the paths that go on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, Series, follows

FAINT = 0.6
THIN = 1.3


class Ghost(NamedTuple):
    """The ghost of a run of this look that was left at `step`; `name` is its own, `fork` that of the place."""

    look: Series
    step: int
    name: str
    fork: str


def haunt(figures: Sequence[go.Figure], ghost: Ghost, minima: Array, minimum: str) -> None:
    """Add the ghost to the pictures of a race: from above, in 3-D, loss, learning rate and effective learning rate."""
    above, solid, loss, rate, effective = figures
    on_surface(above, ghost, minima, minimum)
    in_3d(solid, ghost)
    on_curves(loss, ghost, "ghost_loss")
    on_curves(rate, ghost, "ghost_rate")
    on_curves(effective, ghost, "ghost_effective", width=2)


def on_surface(figure: go.Figure, ghost: Ghost, minima: Array, minimum: str) -> None:
    """Add the ghost, the point of the fork and the minima `(k, 2)` from there on to a surface from above.

    Follows `ghost: (steps+1, 2)` and `fork: (1, 3)`.
    """
    columns = {"x": ("ghost", 0), "y": ("ghost", 1)}
    figure.add_traces(
        [
            _line(ghost, columns),
            _head(ghost, columns),
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=ghost.fork,
                mode="markers+text",
                marker={"symbol": "diamond-open", "size": 17, "line": {"width": 2}},
                text=[ghost.fork],
                textposition="bottom left",
                textfont={"size": 13},
                hovertemplate="%{x:.5g}, %{y:.5g}",
                meta={"color": "text", **follows("at", x=("fork", 0), y=("fork", 1))},
            ),
        ]
    )
    if len(minima):
        figure.add_trace(
            go.Scatter(
                x=minima[:, 0].tolist(),
                y=minima[:, 1].tolist(),
                name=minimum,
                mode="markers+text",
                marker={"symbol": "star-diamond-open", "size": 15, "line": {"width": 2}},
                text=[minimum] * len(minima),
                textposition="bottom center",
                hovertemplate="%{x:.6g}, %{y:.6g}",
                meta={"color": "text"},
            )
        )


def on_curves(figure: go.Figure, ghost: Ghost, array: str, *, width: int = 1) -> None:
    """Add the ghost to curves over the steps, and a line where it was left. Follows `array: (rows, width)`."""
    for part in range(width):
        figure.add_trace(_line(ghost, {"x": "step", "y": (array, part)}))
    figure.add_trace(_head(ghost, {"x": "step", "y": (array, 0)}))
    place = {"x0": ghost.step, "x1": ghost.step, "y0": 0, "y1": 1, "yref": "paper"}
    figure.add_shape(type="line", name="text", line={"width": 1.5, "dash": "dot"}, **place)


def in_3d(figure: go.Figure, ghost: Ghost) -> None:
    """Add the ghost and the point of the fork to a relief. Follows `ghost3d: (rows, 3)` and `fork: (1, 3)`."""
    color = {"color": ghost.look.color}
    columns = {d: ("ghost3d", i) for i, d in enumerate("xyz")}
    place = {d: ("fork", i) for i, d in enumerate("xyz")}
    point = {"x": [0], "y": [0], "z": [0], "hoverinfo": "skip"}
    named = {"mode": "markers+text", "textfont": {"size": 13}}
    open_diamond = {"symbol": "diamond-open", "size": 7}
    looks: list[dict[str, Any]] = [
        {"mode": "lines", "line": {"width": 3}, "opacity": FAINT, "meta": {**color, **follows("all", **columns)}},
        {
            **named,
            "text": [ghost.name],
            "marker": {"symbol": "circle-open", "size": 6},
            "meta": {**color, **follows("at", **columns)},
        },
        {**named, "text": [ghost.fork], "marker": open_diamond, "meta": {"color": "text", **follows("at", **place)}},
    ]
    figure.add_traces([go.Scatter3d(name=ghost.name, **point, **look) for look in looks])


def _line(ghost: Ghost, columns: Mapping[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=ghost.name,
        mode="lines",
        line={"dash": ghost.look.dash, "width": THIN},
        opacity=FAINT,
        hovertemplate="%{x:.5g}, %{y:.5g}",
        meta={"color": ghost.look.color, **follows("all", **columns)},
    )


def _head(ghost: Ghost, columns: Mapping[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=ghost.name,
        mode="markers+text",
        marker={"symbol": f"{ghost.look.symbol}-open", "size": 11},
        text=[ghost.name],
        textposition=ghost.look.label_at,
        textfont={"size": 13},
        hoverinfo="skip",
        meta={"color": ghost.look.color, **follows("at", **columns)},
    )
