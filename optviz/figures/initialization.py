"""The pictures of the spread of activations: a histogram a layer, side by side, and the deviation over the layers."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import SERIES, Series, figure, follows, head, line

SLOT = 0.82
"""How much of the room of its layer a histogram fills."""


def heights(histogram: Array) -> Array:
    """Return the bars of every step, `(layers + 1, layers, bins)`: of step k those of the layers 1..k, the tallest 1.

    `histogram: (layers + 1, bins)`, the inputs first, which are not drawn.
    """
    drawn = histogram[1:] / histogram[1:].max(axis=1, keepdims=True).clip(1)
    reached = np.tri(len(histogram), len(drawn), -1)
    return reached[:, :, None] * drawn


def histograms(layers: int, bins: int, color: int, title: str) -> go.Figure:
    """Draw a histogram for every layer, side by side. Follows `heights: (layers + 1, layers, bins)`."""
    inside = (np.arange(bins) + 0.5) / bins * SLOT - SLOT / 2
    centers = (np.arange(1, layers + 1)[:, None] + inside).ravel()
    bars = go.Bar(
        x=centers.tolist(),
        y=[0.0] * len(centers),
        width=SLOT / bins,
        hoverinfo="skip",
        meta={"color": SERIES[color].color, **follows("at", y="heights")},
    )
    return figure(
        [bars],
        bargap=0,
        margin={"l": 12, "r": 12, "t": 8, "b": 48},
        xaxis={
            "range": [0.5, layers + 0.5],
            "title": {"text": title},
            "dtick": 1 if layers <= 10 else 2,
            "tick0": 1,
            "showgrid": False,
        },
        yaxis={"range": [0, 1.06], "visible": False, "fixedrange": True},
        shapes=[
            {"type": "line", "x0": k + 0.5, "x1": k + 0.5, "y0": 0, "y1": 1, "yref": "paper", "name": "muted",
             "line": {"width": 1, "dash": "dot"}, "layer": "below"}
            for k in range(1, layers)
        ],
    )  # fmt: skip


FLOOR, CEILING = 1e-4, 1e4
"""Where the curves leave the picture; their names stay at its edge."""


def heads(deviation: Array) -> Array:
    """Return where the name of each curve stands, `(layers + 1, runs)`: at its end, but inside the picture."""
    inside: Array = np.where(deviation > 0, np.clip(deviation, FLOOR * 1.5, CEILING / 1.5), np.nan)
    return inside


def deviations(names: Sequence[str], chosen: int, layers: int, words: Mapping[str, str]) -> go.Figure:
    """Draw the standard deviation over the layers, one curve an initialization, the chosen one thick.

    Follows `deviation` and `heads`, `(layers + 1, runs)`, and `theory`. `words` has "layer", "deviation" and "theory".
    """
    looks = list(enumerate(zip(names, SERIES, strict=False)))
    theory = follows("grow", x="step", y="theory")
    traces = [line(words["theory"], Series("text", "dot"), theory, width=2, hover="%{x}: %{y:.4g}")]
    for run, (name, series) in looks:
        column = follows("grow", x="step", y=("deviation", run))
        traces.append(line(name, series, column, width=4 if run == chosen else 2, hover="%{x}: %{y:.4g}"))
    traces += [
        head(
            name,
            series,
            follows("at", x="step", y=("heads", run)),
            size=12 if run == chosen else 8,
            label=name,
            textposition="bottom left",
            textfont={"size": 14},
        )
        for run, (name, series) in looks
    ]
    return figure(
        traces,
        xaxis={"range": [-0.3, layers + 0.3], "title": {"text": words["layer"]}, "dtick": 1 if layers <= 10 else 2},
        yaxis={
            "type": "log",
            "title": {"text": words["deviation"]},
            "exponentformat": "power",
            "range": np.log10([FLOOR, CEILING]).tolist(),
        },
    )
