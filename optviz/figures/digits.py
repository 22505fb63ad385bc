"""The pictures of the digits: the confusion matrix, the weights as images, and the images themselves."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from optviz.arrays import Array
from optviz.figures.style import figure, follows
from optviz.figures.tiles import tiles
from optviz.models.digits import CLASSES, INK, SIDE

FULL = 254
"""What a large positive weight is in a picture that travels in bytes; half of it is 0."""


def confusion(right: str, wrong: str, *, shown: str, read: str, most: int, hover: str) -> go.Figure:
    """Draw how often each digit was read as which: the diagonal in one color, what is off it in another.

    Follows `right` and `wrong: (frames, 10, 10)`, each nan where the other has its counts; `most` is the count of full
    color. `shown` and `read` title the axes.
    """
    nothing = [[0] * CLASSES] * CLASSES
    traces = [
        go.Heatmap(
            x=list(range(CLASSES)),
            y=list(range(CLASSES)),
            z=nothing,
            zmin=0,
            zmax=limit,
            zsmooth=False,
            showscale=False,
            texttemplate="%{z}",
            textfont={"size": 18},
            name="",
            hovertemplate=hover,
            meta={"colors": [[0, "background"], [1, color]], **follows("at", z=array)},
        )
        for array, color, limit in ((right, "good", most), (wrong, "bad", max(1, most // 6)))
    ]
    axis = {"zeroline": False, "tickmode": "linear", "dtick": 1, "tick0": 0, "constrain": "domain", "showgrid": False}
    edges = [-0.5, CLASSES - 0.5]
    return figure(
        traces,
        xaxis={**axis, "range": edges, "title": {"text": read, "standoff": 4}},
        yaxis={**axis, "range": edges[::-1], "title": {"text": shown, "standoff": 4}, "scaleanchor": "x"},
        margin={"l": 48, "r": 12, "t": 8, "b": 44},
    )


def weights(array: str, columns: int, names: Sequence[str], above: Sequence[str], keys: str) -> go.Figure:
    """Draw images of weights: one class color for positive weights, the other for negative ones.

    Follows `array: (frames, height, width)` in bytes, so many images in a row, as `models.digits.tiles` lays them
    out. The rest is as in `figures.tiles.tiles`.
    """
    return tiles(array, SIDE, FULL, columns, names=names, above=above, keys=keys)


def sheet(array: str, side: int, most: int) -> go.Figure:
    """Draw a square of `side` × `side` pixels; follows `array: (1, side, side)` of ink from 0 to `most`."""
    edges = [-0.5, side - 0.5]
    hidden = {"visible": False, "constrain": "domain", "fixedrange": True}
    frame = {"type": "rect", "x0": edges[0], "y0": edges[0], "x1": edges[1], "y1": edges[1], "name": "muted"}
    return figure(
        [
            go.Heatmap(
                z=[[0] * side] * side,
                zmin=0,
                zmax=most,
                zsmooth=False,
                showscale=False,
                hoverinfo="skip",
                meta={"colors": [[0, "background"], [1, "foreground"]], **follows("at", z=array)},
            )
        ],
        xaxis={**hidden, "range": edges},
        yaxis={**hidden, "range": edges[::-1], "scaleanchor": "x"},
        shapes=[{**frame, "line": {"width": 2}}],
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
    )


def reading(array: str, *, digit: str, probability: str) -> go.Figure:
    """Draw the probability of each digit as a bar; follows `array: (1, 10)` of shares."""
    return figure(
        [
            go.Bar(
                x=list(range(CLASSES)),
                y=[0] * CLASSES,
                width=0.8,
                name="",
                hovertemplate="%{x}: %{y:.1%}",
                meta={"color": "series1", **follows("at", y=array)},
            )
        ],
        xaxis={
            "range": [-0.6, CLASSES - 0.4],
            "tickmode": "linear",
            "dtick": 1,
            "title": {"text": digit, "standoff": 4},
        },
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "title": {"text": probability, "standoff": 4}},
        margin={"l": 60, "r": 12, "t": 8, "b": 44},
    )


def in_bytes(weights: Array) -> NDArray[np.uint8]:
    """Return weights as bytes: 0 in the middle, and at the ends the few that are larger than all others."""
    known = np.nan_to_num(weights, posinf=0.0, neginf=0.0)
    large = max(float(np.quantile(np.abs(known), 0.99)), 1e-300)
    return np.rint(((known / large).clip(-1, 1) + 1) * (FULL // 2)).astype(np.uint8)


@lru_cache(maxsize=2048)
def image(pixels: bytes) -> str:
    """Return 64 pixels of 0 ... 16 as the URL of a picture, dark ink on white paper."""
    ink = np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE)
    out = BytesIO()
    Image.fromarray((255 - ink.astype(int) * 255 // INK).astype(np.uint8)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
