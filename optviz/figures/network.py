"""The picture of a network: units and weights, and the forward pass lighting up unit by unit."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.captions import CAPTION_AXES, STILL, STRIP, caption_arrays, captions
from optviz.figures.style import EMPTY, Series, figure, follows, line

MOST_DRAWN, FIRST_DRAWN = 8, 5
"""So many units of a layer are drawn; of a larger one the first few, an ellipsis and the last."""

WIDTHS = (0.8, 1.6, 2.8, 4.5)
"""The widths of an edge, for the quarters of the largest weight."""

SMALLEST, LARGEST, CROWDED = 5, 24, 11
"""The diameters of a unit's light in pixels, and the largest one in a network of many layers."""

LABELED = 9
"""In a network of more layers the units' numbers would not find room: the table has them."""

CLEAR, MOST_CLEAR = 0.03, 0.25
"""So far, times the number of layers, the lit edges keep from the middle of a unit; layers are 1 apart."""

POSITIVE, NEGATIVE, RIM = ("series1", "circle", "solid"), ("series2", "square", "dash"), "#7d8794"


class Unit(NamedTuple):
    """A unit that is drawn: its layer (0 for the inputs), its number there, and its place."""

    layer: int
    number: int
    x: float
    y: float


def units_of(sizes: Sequence[int]) -> tuple[Unit, ...]:
    """Return the units that are drawn, layer by layer."""
    units = []
    for layer, size in enumerate(sizes):
        numbers = range(size) if size <= MOST_DRAWN else [*range(FIRST_DRAWN), -1, size - 1]
        middle = (len(numbers) - 1) / 2
        units += [Unit(layer, k, float(layer), middle - slot) for slot, k in enumerate(numbers) if k >= 0]
    return tuple(units)


def arrays(units: Sequence[Unit], outputs: Sequence[Array]) -> dict[str, Array]:
    """Return what the picture follows, a row a step: where a unit lights up, by sign, and the edges that lead into it.

    `outputs` are the values of all units, the inputs first; where there are none, nothing lights up.
    """
    lit = [unit for unit in units if unit.layer and outputs]
    nowhere = (np.nan, np.nan)
    widest = max((sum(unit.layer == layer for unit in units) for layer in {u.layer for u in units}), default=1)
    into = np.full((len(lit) + 1, 3 * widest, 2), np.nan)
    clear = min(CLEAR * (1 + max((unit.layer for unit in units), default=0)), MOST_CLEAR)
    for step, unit in enumerate(lit, 1):
        for k, source in enumerate(each for each in units if each.layer == unit.layer - 1):
            start, end = np.array((source.x, source.y)), np.array((unit.x, unit.y))
            into[step, 3 * k : 3 * k + 2] = start + clear * (end - start), end - clear * (end - start)
    positive = [outputs[unit.layer][unit.number] >= 0 for unit in lit]
    rows = {
        "positive": [nowhere, *((u.x, u.y) if up else nowhere for u, up in zip(lit, positive, strict=True))],
        "negative": [nowhere, *(nowhere if up else (u.x, u.y) for u, up in zip(lit, positive, strict=True))],
        "written": [nowhere, *((u.x, u.y) for u in lit)],
    }
    edges = {"into_x": into[..., 0], "into_y": into[..., 1]}
    return {name: np.array(row) for name, row in rows.items()} | edges | caption_arrays(len(lit) + 1)


def network(
    sizes: Sequence[int],
    weights: Sequence[Array],
    outputs: Sequence[Array],
    texts: Mapping[Unit, str],
    lines: Sequence[tuple[str, str]],
    words: Mapping[str, str],
) -> go.Figure:
    """Draw the network; `weights` and `outputs` are empty where they are not computed.

    `texts` are the values of the units, `lines` the captions of the steps. `words` has "input", "layer" and "output",
    with a place for {n}, and "positive" and "negative".
    """
    units = units_of(sizes)
    height = max(abs(unit.y) for unit in units) + 0.6
    lit = [unit for unit in units if unit.layer]
    traces = [
        *_edges(units, weights, words),
        _into(),
        *_circles(units, sizes),
        *(_lights([u for u in units if not u.layer], outputs, mark, None) for mark in (POSITIVE, NEGATIVE)),
        *(_lights(lit, outputs, mark, name) for mark, name in ((POSITIVE, "positive"), (NEGATIVE, "negative"))),
        *_values(units, texts, len(sizes)),
        *(captions(lines) if lines else ()),
    ]
    return figure(
        traces,
        showlegend=bool(weights),
        margin={"l": 8, "r": 8, "t": 30, "b": 44},
        xaxis={
            "range": [-0.45, len(sizes) - 0.55],
            "tickvals": list(range(len(sizes))),
            "ticktext": _ticks(sizes, words),
            "showgrid": False,
            "showline": False,
            "ticks": "",
            "fixedrange": True,
        },
        yaxis={**STILL, "range": [-height - 0.1, height], "domain": [0, STRIP if lines else 1]},
        **(CAPTION_AXES if lines else {}),
    )


def _ticks(sizes: Sequence[int], words: Mapping[str, str]) -> list[str]:
    if len(sizes) > LABELED:
        return [str(size) for size in sizes]
    names = [words["input"], *(words["layer"].format(n=n) for n in range(1, len(sizes) - 1)), words["output"]]
    return [f"{size}<br>{name}" for size, name in zip(sizes, names, strict=True)]


def _edges(units: Sequence[Unit], weights: Sequence[Array], words: Mapping[str, str]) -> list[go.Scatter]:
    """Draw the weights between the drawn units: color and dash for the sign, width for the size."""
    layers = range(1 + max(unit.layer for unit in units))
    drawn = [[unit for unit in units if unit.layer == layer] for layer in layers]
    pairs = [(a, b) for left, right in pairwise(drawn) for a in left for b in right]
    if not weights:
        return [_lines(pairs, "muted", "solid", WIDTHS[0], "")]
    values = np.array([weights[b.layer - 1][a.number, b.number] for a, b in pairs])
    largest = np.abs(values).max() or 1.0
    bins = np.minimum((np.abs(values) / largest * len(WIDTHS)).astype(int), len(WIDTHS) - 1)
    traces = []
    for (color, _symbol, dash), sign, name in ((POSITIVE, 1, "positive"), (NEGATIVE, -1, "negative")):
        of_sign = (values >= 0) == (sign > 0)
        largest_bin = bins[of_sign].max(initial=-1)
        for k, width in enumerate(WIDTHS):
            chosen = [pair for pair, here in zip(pairs, of_sign & (bins == k), strict=True) if here]
            if chosen:
                traces.append(_lines(chosen, color, dash, width, words[name] if k == largest_bin else ""))
    return traces


def _lines(pairs: Sequence[tuple[Unit, Unit]], color: str, dash: str, width: float, name: str) -> go.Scatter:
    return line(
        name,
        Series(color, dash),
        {},
        x=[x for a, b in pairs for x in (a.x, b.x, None)],
        y=[y for a, b in pairs for y in (a.y, b.y, None)],
        width=width,
        opacity=0.7,
        showlegend=bool(name),
    )


def _into() -> go.Scatter:
    """Draw the edges that lead into the unit of the present step."""
    return line(None, Series("text"), follows("at", x="into_x", y="into_y"), width=2, showlegend=False)


def _circles(units: Sequence[Unit], sizes: Sequence[int]) -> list[go.Scatter]:
    elided = [layer for layer, size in enumerate(sizes) if size > MOST_DRAWN]
    gap = (MOST_DRAWN - 1 - 1) / 2 - FIRST_DRAWN
    return [
        go.Scatter(
            x=[unit.x for unit in units],
            y=[unit.y for unit in units],
            mode="markers",
            marker={"size": _largest(len(sizes)) + 4, "line": {"width": 1.5, "color": RIM}},
            hoverinfo="skip",
            showlegend=False,
            meta={"color": "background"},
        ),
        go.Scatter(
            x=elided,
            y=[gap] * len(elided),
            mode="text",
            text=["⋮"] * len(elided),
            textfont={"size": 26},
            hoverinfo="skip",
            showlegend=False,
            meta={"color": "text"},
        ),
    ]


def _lights(
    units: Sequence[Unit], outputs: Sequence[Array], mark: tuple[str, str, str], array: str | None
) -> go.Scatter:
    """Draw lit units of one sign, as large as their value; those of `array` step by step, the inputs at once."""
    color, symbol, _dash = mark
    if array is None:
        shown = [u for u in units if outputs and (outputs[u.layer][u.number] >= 0) == (mark is POSITIVE)]
        where: dict[str, Any] = {"x": [u.x for u in shown], "y": [u.y for u in shown]}
        sizes = [_size(u, outputs) for u in shown]
        meta: dict[str, Any] = {"color": color}
    else:
        where = {"x": EMPTY, "y": EMPTY}
        sizes = [0.0, *(_size(u, outputs) for u in units if outputs)]
        meta = {"color": color, **follows("grow", x=(array, 0), y=(array, 1))}
    return go.Scatter(
        **where,
        mode="markers",
        marker={"symbol": symbol, "size": sizes, "opacity": 1, "line": {"width": 0}},
        hoverinfo="skip",
        showlegend=False,
        meta=meta,
    )


def _largest(layers: int) -> int:
    return LARGEST if layers <= LABELED else CROWDED


def _size(unit: Unit, outputs: Sequence[Array]) -> float:
    """Return the diameter of a lit unit: its value against the largest of its layer."""
    layer = np.abs(outputs[unit.layer])
    share = layer[unit.number] / layer.max() if layer.max() > 0 else 0.0
    return float(SMALLEST + (_largest(len(outputs)) - SMALLEST) * np.sqrt(share))


def _values(units: Sequence[Unit], texts: Mapping[Unit, str], layers: int) -> list[go.Scatter]:
    if not texts or layers > LABELED:
        return []
    inputs, lit = [u for u in units if not u.layer], [u for u in units if u.layer]
    look = {
        "mode": "markers+text",
        "textposition": "bottom center",
        "textfont": {"size": 13},
        "marker": {"size": LARGEST + 10, "opacity": 0},  # not seen: it keeps the text off the unit
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [
        go.Scatter(
            x=[u.x for u in inputs],
            y=[u.y for u in inputs],
            text=[texts[u] for u in inputs],
            meta={"color": "text"},
            **look,
        ),
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            text=["", *(texts[u] for u in lit)],
            meta={"color": "text", **follows("grow", x=("written", 0), y=("written", 1))},
            **look,
        ),
    ]
