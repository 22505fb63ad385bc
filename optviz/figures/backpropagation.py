"""The picture of a computational graph: its nodes with their values above and their gradients below."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.captions import CAPTION_AXES, STILL, STRIP, caption_arrays, captions
from optviz.figures.layered import layered
from optviz.figures.style import EMPTY, Series, dots, figure, follows, line

VALUE, GRADIENT, RIM = "series3", "bad", "#7d8794"
SIZE, RING = 29, 33
"""The diameters in pixels of a node, and of the ring around the present one; the numbers keep clear of both."""

BESIDE = 20
"""What keeps the numbers of a node in the first column off it, as a diameter: they stand at its left."""

NUMBERS = 11
"""The size of the numbers' type."""

LEFT, RIGHT = 1.2, 0.55
"""The room on both sides of the nodes, in columns."""

ACROSS, WITH_PARTS, DOWN, LEGEND = 38, 66, 60, 36
"""The pixels that a column needs at least, without and with numbers on edges, a row of nodes, and the legend; in more
room all is drawn larger."""


class Writing(NamedTuple):
    """What is written in and beside the nodes, beside the edges, and, `captions`, of each step.

    `names` and `symbols`, what an operation does, stand in the nodes, one below the other. `inputs` are the values of
    the nodes that are known from the start, with nothing for the others.
    """

    names: Sequence[str]
    symbols: Sequence[str]
    inputs: Sequence[str]
    values: Sequence[str]
    gradients: Sequence[str]
    flows: Sequence[str]
    captions: Sequence[tuple[str, str]]


class Motion(NamedTuple):
    """When what is written appears: of each step the node whose value or gradient it shows, or -1.

    `flows` are the edges, in the order of `edges`, whose part of a sum appears: one column for each operand.
    """

    values: Sequence[int]
    gradients: Sequence[int]
    flows: Sequence[tuple[int, ...]]
    here: Sequence[int]


def arrays(edges: Sequence[tuple[int, int]], motion: Motion, nodes: int) -> dict[str, Array]:
    """Return what the picture follows, `(steps + 1, 2)` each: where the step's text appears, or NaN."""
    layout = layered(nodes, edges)
    missing = np.full(2, np.nan)
    middles = [_near_target(route) for route in layout.routes]
    spot = {
        "values": [layout.places[i] if i >= 0 else missing for i in motion.values],
        "gradients": [layout.places[i] if i >= 0 else missing for i in motion.gradients],
        "here": [layout.places[i] if i >= 0 else missing for i in motion.here],
        "flow0": [middles[row[0]] if row[0] >= 0 else missing for row in motion.flows],
        "flow1": [middles[row[1]] if row[1] >= 0 else missing for row in motion.flows],
    }
    return {name: np.array(rows) for name, rows in spot.items()} | caption_arrays(len(motion.here))


def graph(
    edges: Sequence[tuple[int, int]],
    writing: Writing,
    motion: Motion,
    words: Mapping[str, str],
) -> go.Figure:
    """Draw the graph. `words` has "value", "gradient" and "part", the names of the three kinds of numbers."""
    layout = layered(len(writing.symbols), edges)
    across, down = np.ptp(layout.places, axis=0)
    first = layout.places[:, 0] == layout.places[:, 0].min()
    beside = ["left" if at_the_left else "center" for at_the_left in first]
    sizes = [BESIDE if at_the_left else RING for at_the_left in first]
    inside = [f"<b>{name}</b>" + (f"<br>{symbol}" if symbol else "") for name, symbol in _both(writing)]
    gap = np.full((1, 2), np.nan)
    lines = np.vstack([gap, *(np.vstack([route, gap]) for route in layout.routes)])
    xs, ys = layout.places.T
    # Both columns of parts look the same: the first with any stands in the legend.
    split = next((k for k in (0, 1) if any(row[k] >= 0 for row in motion.flows)), None)
    here = follows("at", x=("here", 0), y=("here", 1))
    traces = [
        line(
            None, Series("muted"), {}, x=_column(lines[:, 0]), y=_column(lines[:, 1]), width=1.6, showlegend=False
        ),
        go.Scatter(
            x=xs.tolist(), y=ys.tolist(), mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "circle", "size": SIZE, "line": {"width": 2, "color": RIM}}, meta={"color": "background"},
        ),
        go.Scatter(
            x=xs.tolist(), y=ys.tolist(), mode="text", text=inside,
            textfont={"size": [12 if not symbol else 10 if len(symbol) < 3 else 9 for symbol in writing.symbols]},
            hoverinfo="skip", showlegend=False, meta={"color": "text"},
        ),
        go.Scatter(
            x=xs.tolist(), y=ys.tolist(), mode="markers+text", text=list(writing.inputs),
            textposition=[f"top {side}" for side in beside],
            textfont={"size": NUMBERS}, hoverinfo="skip", showlegend=False,
            marker={"size": sizes, "opacity": 0}, meta={"color": VALUE},
        ),
        dots(None, Series("series1", symbol="circle-open"), here, size=RING, edge=3, showlegend=False),
        _texts("values", [_at(writing.values, i) for i in motion.values], "top center", VALUE, words["value"]),
        _texts(
            "gradients", [_at(writing.gradients, i) for i in motion.gradients],
            [f"bottom {beside[i]}" for i in motion.gradients], GRADIENT, words["gradient"],
            [sizes[i] for i in motion.gradients],
        ),
        *(
            _texts(f"flow{k}", [_at(writing.flows, row[k]) for row in motion.flows], "middle center", "series4",
                   words["part"] if k == split else "")
            for k in (0, 1)
        ),
        *captions(writing.captions),
    ]  # fmt: skip
    return figure(
        traces,
        showlegend=True,
        margin={"l": 4, "r": 4, "t": 30, "b": 4},
        xaxis={**STILL, "range": [xs.min() - LEFT, xs.max() + RIGHT]},
        yaxis={**STILL, "range": [ys.min() - 0.55, ys.max() + 0.55], "domain": [0, STRIP]},
        meta={
            "fits": [
                (ACROSS if split is None else WITH_PARTS) * (LEFT + across + RIGHT),
                LEGEND + DOWN * (down + 1.1) / STRIP,
            ]
        },
        **CAPTION_AXES,
    )


def _both(writing: Writing) -> Iterable[tuple[str, str]]:
    return zip(writing.names, writing.symbols, strict=True)


def nearest(edges: Sequence[tuple[int, int]], nodes: int, point: tuple[float, float]) -> int:
    """Return the node nearest to a point of the picture."""
    return int(np.argmin(((layered(nodes, edges).places - point) ** 2).sum(axis=1)))


def _texts(
    array: str, texts: Sequence[str], position: str | list[str], color: str, name: str, size: object = RING
) -> go.Scatter:
    return go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=name,
        showlegend=bool(name),
        mode="markers+text",
        text=list(texts),
        textposition=position,
        textfont={"size": NUMBERS},
        marker={"size": size, "opacity": 0},  # not seen: it keeps the text off the node
        hoverinfo="skip",
        meta={"color": color, **follows("grow", x=(array, 0), y=(array, 1))},
    )


def _at(texts: Sequence[str], i: int) -> str:
    return texts[i] if i >= 0 else ""


def _near_target(route: Array) -> Array:
    """Return the point on the last stretch of an edge where what flows back along it is written."""
    point: Array = route[-1] + 0.65 * (route[-2] - route[-1])
    return point


def _column(values: Array) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]
