"""The pictures of a race: the surface with the paths on it, in 2-D and 3-D, and the curves over the steps."""

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from optviz.figures.arrows import Arrows, arrows
from optviz.figures.style import GOAL, SERIES, START, dots, figure, follows, head, line, path
from optviz.landscape import Box, Levels, grid
from optviz.optimizers import Objective

Array = NDArray[np.float64]

PIXELS = 420
MESH = 61
BANDS = 18
DENSE = 0.2
# Low is deep, high is pale; quiet enough that eight series colors stand out on every band.
PALETTES = {
    "light": ((176, 205, 226), (252, 251, 247)),
    "dark": ((20, 52, 78), (44, 46, 52)),
}


class Marks(NamedTuple):
    """Minima as they are drawn: a star at each of the points `(k, 2)`, or the curve on which they lie."""

    points: Array
    on_curve: bool = False


class Relief(NamedTuple):
    """A surface on a regular grid: axes `(n,)`, heights `(n, n)` with rows along x2, and how its levels are spaced."""

    xs: Array
    ys: Array
    z: Array
    levels: Levels
    base: float
    top: float

    def height(self, loss: Array) -> Array:
        """Return what is drawn upwards: the loss, or on log levels `log10(1 + loss - base)`."""
        return np.log10(1.0 + np.maximum(loss - self.base, 0.0)) if self.levels == "log" else loss

    def lifted(self, loss: Array) -> Array:
        """Return the height of a path drawn on the surface: a little above it, lest it sink between grid points."""
        bottom, top = self.height(np.array([self.base, self.top]))
        return self.height(loss) + 0.015 * (top - bottom)


def relief(surface: Objective, box: Box, levels: Levels, n: int = PIXELS) -> Relief:
    """Evaluate a surface on a grid of n × n points of a box."""
    xs, ys, points = grid(box, n)
    with np.errstate(all="ignore"):
        z = surface(points, 0)[0]
    finite = z[np.isfinite(z)]
    base, top = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return Relief(xs, ys, np.nan_to_num(z, nan=top, posinf=top, neginf=base), levels, base, top)


def banded(ground: Relief, theme: Literal["light", "dark"]) -> str:
    """Paint a relief as bands of equal height, with a line between them, and return it as the URL of a PNG."""
    height = ground.height(ground.z)
    low, high = float(height.min()), float(height.max())
    band = np.minimum((height - low) / max(high - low, 1e-300) * BANDS, BANDS - 1).astype(np.uint8)
    edge = np.zeros(band.shape, bool)
    edge[:-1] |= band[:-1] != band[1:]
    edge[:, :-1] |= band[:, :-1] != band[:, 1:]
    start, end = (np.array(color, dtype=float) for color in PALETTES[theme])
    colors = start + (end - start) * np.linspace(0, 1, BANDS)[:, None]
    lines = colors * 0.86 if theme == "light" else colors * 1.25
    # Where hills stand close, lines would be a moiré: there the bands alone are clearer.
    painted = np.where(edge, band + BANDS, band) if edge.mean() < DENSE else band
    image = Image.fromarray(painted[::-1].astype(np.uint8))
    image.putpalette(np.concatenate([colors, lines]).clip(0, 255).astype(np.uint8).tobytes())
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def contour(
    ground: Relief,
    box: Box,
    minima: Marks,
    names: Sequence[str],
    words: dict[str, str],
    ahead: Sequence[int] = (),
    inside: Arrows | None = None,
) -> go.Figure:
    """Draw the surface from above with the paths, their heads with the names, the start and the minima.

    Follows `w: (steps, runs, 2)`, `start: (1, 2)` and, for the runs listed in `ahead`, the points where they look
    ahead, `ahead: (steps, len(ahead), 2)`. `words` has "start", "minimum" and "ahead". `inside`: the arrows of a step.
    """
    (x0, x1), (y0, y1) = box
    plane = "%{x:.6g}, %{y:.6g}"
    begins = {"grip": True, **follows("at", x=("start", 0), y=("start", 1))}
    # Points a grid cell apart, drawn as dots, are a line.
    goal, size, edge = (GOAL._replace(symbol="circle"), 5, 0) if minima.on_curve else (GOAL, 17, 2)
    x, y = minima.points.T
    traces = [
        dots(words["minimum"], goal, {}, x=x, y=y, size=size, edge=edge, hover=plane),
        dots(words["start"], START, begins, size=14, edge=3, hover=plane),
    ]
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        columns = {"x": ("w", 2 * run), "y": ("w", 2 * run + 1)}
        way = follows("grow", **columns)
        traces += [
            path(name, series, way, size=4, edge=0, hover="%{x:.5g}, %{y:.5g}", legendgroup=name),
            head(name, series, follows("at", **columns), edge=0, label=name),
        ]
    for place, run in enumerate(ahead):
        hollow = SERIES[run]._replace(symbol=f"{SERIES[run].symbol}-open")
        point = follows("at", x=("ahead", 2 * place), y=("ahead", 2 * place + 1))
        traces.append(dots(f"{names[run]}: {words['ahead']}", hollow, point, size=13, hover="%{x:.5g}, %{y:.5g}"))
    return figure(
        traces + (arrows(*inside) if inside else []),
        xaxis={"range": [x0, x1], "title": {"text": "x₁"}, "constrain": "domain", "zeroline": False},
        yaxis={"range": [y0, y1], "title": {"text": "x₂"}, "zeroline": False},
        images=[
            {
                "source": banded(ground, theme),
                "name": theme,
                "xref": "x",
                "yref": "y",
                "x": x0,
                "y": y1,
                "sizex": x1 - x0,
                "sizey": y1 - y0,
                "sizing": "stretch",
                "layer": "below",
                "xanchor": "left",
                "yanchor": "top",
            }
            for theme in ("light", "dark")
        ],
    )


def curves(
    array: str,
    names: Sequence[str],
    *,
    title: str,
    step_title: str,
    log: bool = False,
    per_run: int = 1,
    faint: str | None = None,
    ceiling: float | None = None,
) -> go.Figure:
    """Draw one growing curve a run over the steps: column `run * per_run` of `array`.

    With `per_run` 2 the second coordinate follows as a thinner curve; `faint` names a second array drawn thin and
    dotted (the loss without its penalty). Above `ceiling` a curve leaves the picture.
    """
    traces = []
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        for part in range(per_run):
            label = name if per_run == 1 else f"{name}, x{'₁₂'[part]}"
            column = follows("grow", x="step", y=(array, run * per_run + part))
            traces.append(line(label, series, column, width=(2.5, 1.2)[part], hover="%{x}: %{y:.6g}"))
        if faint:
            column = follows("grow", x="step", y=(faint, run))
            traces.append(line(name, series._replace(dash="dot"), column, width=1.2, hover="%{x}: %{y:.6g}"))
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power"} if log else {"type": "linear"}
    if ceiling is not None:
        axis["autorangeoptions"] = {"clipmax": ceiling}
    return figure(
        traces,
        xaxis={"title": {"text": step_title}, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": {"text": title}, "zeroline": False, **axis},
    )


def relief_3d(ground: Relief, box: Box, names: Sequence[str], height_title: str) -> go.Figure:
    """Draw the surface as a relief with the paths on it. Follows `path3d: (rows, runs, 3)`."""
    z = ground.height(ground.z)
    traces: list[go.Surface | go.Scatter3d] = [
        go.Surface(
            x=ground.xs.astype(np.float32),
            y=ground.ys.astype(np.float32),
            z=z.astype(np.float32),
            showscale=False,
            opacity=0.9,
            colorscale="Blues_r",
            hoverinfo="skip",
            contours={"z": {"show": True, "width": 1, "usecolormap": False, "color": "rgba(90,110,130,0.6)"}},
        )
    ]
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        columns = {"x": ("path3d", 3 * run), "y": ("path3d", 3 * run + 1), "z": ("path3d", 3 * run + 2)}
        path = {"mode": "lines", "line": {"width": 7}, "meta": {"color": series.color, **follows("grow", **columns)}}
        head = {"mode": "markers", "marker": {"size": 6}, "meta": {"color": series.color, **follows("at", **columns)}}
        traces += [go.Scatter3d(x=[0], y=[0], z=[0], name=name, hoverinfo="skip", **look) for look in (path, head)]
    (x0, x1), (y0, y1) = box
    low, high = float(z.min()), float(z.max())
    return figure(
        traces,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            "xaxis": {"range": [x0, x1], "title": {"text": "x₁"}},
            "yaxis": {"range": [y0, y1], "title": {"text": "x₂"}},
            "zaxis": {"range": [low, high + 0.05 * (high - low)], "title": {"text": height_title}},
            "aspectmode": "manual",
            "aspectratio": {"x": 1.1, "y": 1.1, "z": 0.7},
            "camera": {"eye": {"x": -1.25, "y": -1.6, "z": 1.15}, "center": {"x": 0, "y": 0, "z": -0.12}},
        },
    )
