"""The picture of a map: a color a cell, what theory says drawn over it, and the cell whose run is shown beside it."""

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from optviz import colors
from optviz.arrays import Array
from optviz.figures.relief import RAMPS, Theme, beneath, ramp, scale
from optviz.figures.style import START, Series, dots, figure, follows, head
from optviz.optimization.looks import PALETTE, PAPERS

SIDE = 512
"""The pixels along a side of a painting, for a browser not to blur the cells."""
SHADES = 24
"""So many shades a color has: few make a small picture."""
PALEST = 0.6
"""How much of the palest shade is paper."""
FILLED = 0.85
"""How much of a color that fills an area is not paper."""
GRAIN = 64
"""The cells along a side at most in which names are placed,"""
DEEP = 3
"""and how many of them an area has to reach around its middle to have one."""
BOUND = Series("text", "dash")
RINGING = Series("text", "dot")
"""How the bounds of the theory are drawn: that of divergence and that of ringing."""


class Side(NamedTuple):
    """An axis as it is drawn: its title, its ends, and where its marks are, if they are not Plotly's own."""

    title: str
    low: float
    high: float
    marks: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def layout(self) -> dict[str, Any]:
        """What Plotly is told of it."""
        own = {"tickvals": self.marks, "ticktext": self.texts} if self.marks else {}
        title = {"text": self.title, "standoff": 6}
        return {"range": [self.low, self.high], "title": title, "zeroline": False, "showgrid": False, **own}


class Bar(NamedTuple):
    """What the colors of a ramp mean: the title, and marks at shares of it."""

    title: str
    shares: tuple[float, ...]
    texts: tuple[str, ...]


class Line(NamedTuple):
    """A bound of the theory: what it is called, and its points."""

    name: str
    x: Array
    y: Array


def named(numbers: NDArray[np.integer[Any]], names: Sequence[str], pale: Array) -> dict[Theme, str]:
    """Paint cells `(n, n)` in the colors of these names, each as pale as its share says; rows go upwards."""
    share = PALEST * np.rint(np.nan_to_num(pale) * SHADES)[..., None] / SHADES
    return {theme: _picture(_mixed(fills(names, theme)[numbers], theme, 1.0 - share)) for theme in RAMPS}


def fills(names: Sequence[str], theme: Theme) -> Array:
    """Return the colors of areas, `(k, 3)` shares of red, green and blue."""
    found = np.array([colors.rgb(getattr(PALETTE[name], theme)) for name in names])
    return _mixed(found, theme, np.full((len(names), 1), FILLED))


def _mixed(color: Array, theme: Theme, share: Array) -> Array:
    paper = colors.rgb(PAPERS[theme])
    return paper + share * (color - paper)


def ramped(shares: Array) -> dict[Theme, str]:
    """Paint cells `(n, n)` by shares from 0 to 1, in muted color where they are nan."""
    found: dict[Theme, str] = {}
    for theme in RAMPS:
        known = np.isfinite(shares)
        color = ramp(theme)[(np.where(known, shares, 0.0).clip(0.0, 1.0) * 255).astype(np.uint8)].astype(float)
        (gray,) = _mixed(np.array([colors.rgb(getattr(PALETTE["muted"], theme))]), theme, np.full((1, 1), FILLED))
        found[theme] = _picture(np.where(known[..., None], color, gray))
    return found


def _picture(color: Array) -> str:
    """Return the URL of a picture of cells `(n, n, 3)`, the first row at the bottom."""
    each = max(1, SIDE // len(color))
    pixels = (color[::-1].clip(0.0, 1.0) * 255 + 0.5).astype(np.uint8).repeat(each, 0).repeat(each, 1)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def middles(numbers: NDArray[np.integer[Any]], wanted: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return for each number the place in cells `(n, n)`, from 0 to 1 rightwards and upwards, that is deepest in it.

    Numbers of which no area is large enough for a name have none.
    """
    coarse = numbers[:: max(1, len(numbers) // GRAIN), :: max(1, len(numbers) // GRAIN)]
    found = {}
    for number in wanted:
        inside = np.pad(coarse == number, 1)
        depth = np.zeros(inside.shape, dtype=int)
        while inside.any():
            depth += inside
            within = inside.copy()
            for axis in (0, 1):
                for step in (-1, 1):
                    within &= np.roll(inside, step, axis)
            inside = within
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[row, column] >= DEEP:
            found[number] = ((float(column) - 0.5) / len(coarse), (float(row) - 0.5) / len(coarse))
    return found


def chart(
    painting: Mapping[Theme, str],
    x: Side,
    y: Side,
    here: str,
    *,
    areas: Sequence[str] = (),
    bar: Bar | None = None,
    lines: Sequence[Line] = (),
) -> go.Figure:
    """Draw a map: its painting, the bounds of the theory over it, and the cell that is called `here`.

    Follows `cell: (1, 2)` and `areas: (1, k, 2)`, where the names of what is painted stand. `bar` says
    what a ramp means.
    """
    traces: list[Any] = [
        head(
            name,
            Series("text", symbol="square", label_at="top center"),
            follows("at", x=("areas", 2 * k), y=("areas", 2 * k + 1)),
            size=4,
            label=name,
            hoverinfo="skip",
        )
        for k, name in enumerate(areas)
    ]
    for line, look in zip(lines, (BOUND, RINGING), strict=False):
        stroke = {"dash": look.dash, "width": 2.5}
        traces.append(
            go.Scatter(
                x=line.x.tolist(),
                y=line.y.tolist(),
                name=line.name,
                mode="lines",
                line=stroke,
                hoverinfo="name",
                showlegend=True,
                meta={"color": look.color},
            )
        )
    grip = {"grip": True, **follows("at", x=("cell", 0), y=("cell", 1))}
    traces.append(dots(here, START, grip, size=15, edge=3, showlegend=False))
    if bar:
        # Off the picture: only what its colors mean is seen.
        marks = {"tickvals": bar.shares, "ticktext": bar.texts, "title": {"text": bar.title, "side": "right"}}
        off = {"x": [x.high + 10.0 * (x.high - x.low)], "y": [y.high + 10.0 * (y.high - y.low)]}
        traces.append(
            go.Heatmap(
                z=[[0.0]],
                **off,
                zmin=0.0,
                zmax=1.0,
                colorbar={"thickness": 12, "outlinewidth": 0, "len": 1.0, **marks},
                hoverinfo="skip",
                meta={"scales": {theme: scale(theme) for theme in RAMPS}},
            )
        )
    return figure(
        traces,
        xaxis=x.layout,
        yaxis=y.layout,
        showlegend=True,
        images=beneath(painting, ((x.low, x.high), (y.low, y.high))),
    )
