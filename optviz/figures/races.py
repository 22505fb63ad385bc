"""The pictures of a race: the surface with the paths on it, in 2-D and 3-D, and the curves over the steps."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.arrows import Arrows, arrows
from optviz.figures.relief import ASPECT, BANDS, FLOOR, RAMPS, Relief, Theme, beneath, scale
from optviz.figures.style import GOAL, START, Runner, dots, figure, follows, head, line, path
from optviz.surfaces.landscape import Box

LEVELS = {"light": "rgba(29,66,88,0.55)", "dark": "rgba(207,230,234,0.4)"}
"""The color of level lines in 3-D."""


class Marks(NamedTuple):
    """Minima as they are drawn: a star at each of the points `(k, 2)`, or the curve on which they lie."""

    points: Array
    on_curve: bool = False


def contour(
    painting: Mapping[Theme, str],
    box: Box,
    minima: Marks,
    runners: Sequence[Runner],
    words: dict[str, str],
    ahead: Sequence[int] = (),
    inside: Arrows | None = None,
    usual: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw the `painting` of a surface from above with the paths, their heads with the names, the start and the minima.

    Follows `w: (steps, runs, 2)`, `start: (1, 2)` and, for the runs listed in `ahead`, the points where they look
    ahead, `ahead: (steps, len(ahead), 2)`. `words` has "start", "minimum" and "ahead". `inside`: the arrows of a step.
    The legend keeps clear of the minima and of where runs usually start.
    """
    (x0, x1), (y0, y1) = box
    plane, in_legend = "%{x:.6g}, %{y:.6g}", {"showlegend": True}
    bare = {"zeroline": False, "showgrid": False}
    begins = {"grip": True, **follows("at", x=("start", 0), y=("start", 1))}
    # Points a grid cell apart, drawn as dots, are a line.
    goal, size, edge = (GOAL._replace(symbol="circle"), 5, 0) if minima.on_curve else (GOAL, 17, 2)
    x, y = minima.points.T
    traces = [
        dots(
            words["minimum"],
            goal,
            {"goal": not minima.on_curve},
            x=x,
            y=y,
            size=size,
            edge=edge,
            hover=plane,
            **in_legend,
        ),
        dots(words["start"], START, begins, size=14, edge=3, hover=plane, **in_legend),
    ]
    for run, (name, series) in enumerate(runners):
        columns = {"x": ("w", 2 * run), "y": ("w", 2 * run + 1)}
        way = {"cased": True, **follows("grow", **columns)}
        traces += [
            path(name, series, way, size=5, edge=0, hover="%{x:.5g}, %{y:.5g}", showlegend=False),
            head(name, series, {"runner": True, **follows("at", **columns)}, edge=0, label=name),
        ]
    for place, run in enumerate(ahead):
        name, look = runners[run]
        hollow = look._replace(symbol=f"{look.symbol.removesuffix('-dot')}-open")
        point = follows("at", x=("ahead", 2 * place), y=("ahead", 2 * place + 1))
        said = f"{name}: {words['ahead']}"
        traces.append(dots(said, hollow, point, size=13, hover="%{x:.5g}, %{y:.5g}", **in_legend))
    return figure(
        traces + (arrows(*inside) if inside else []),
        xaxis={"range": [x0, x1], "title": {"text": "x₁"}, "constrain": "domain", **bare},
        yaxis={"range": [y0, y1], "title": {"text": "x₂"}, **bare},
        showlegend=True,
        legend=_corner(box, np.vstack([minima.points, *([usual] if usual else [])])),
        images=beneath(painting, box),
    )


def _corner(box: Box, points: Array) -> dict[str, Any]:
    """Return the layout of a legend in the corner of the picture that is farthest from all points `(n, 2)`."""
    low, high = np.transpose(box)
    corners = np.array([(1, 1), (0, 1), (0, 0), (1, 0)])
    apart = np.linalg.norm((points - low) / (high - low) - corners[:, None], axis=-1)
    x, y = corners[apart.min(axis=1, initial=2.0).argmax()].tolist()
    anchors = {"xanchor": ("left", "right")[x], "yanchor": ("bottom", "top")[y]}
    still = {"itemclick": False, "itemdoubleclick": False}
    return {"orientation": "v", "x": 0.01 + 0.98 * x, "y": 0.01 + 0.98 * y, **anchors, **still, "font": {"size": 13}}


def curves(
    array: str,
    runners: Sequence[Runner],
    *,
    title: str,
    step_title: str,
    log: bool = False,
    per_run: int = 1,
    faint: str | None = None,
    ceiling: float | None = None,
    lowest: float | None = None,
) -> go.Figure:
    """Draw one growing curve a run over the steps: column `run * per_run` of `array`.

    With `per_run` 2 the second coordinate follows as a thinner curve; `faint` names a second array drawn thin and
    dotted (the loss without its penalty). Above `ceiling` a curve leaves the picture, which reaches down to
    `lowest` however far above it the curves are.
    """
    traces = []
    for run, (name, series) in enumerate(runners):
        for part in range(per_run):
            label = name if per_run == 1 else f"{name}, x{'₁₂'[part]}"
            column = follows("grow", x="step", y=(array, run * per_run + part))
            traces.append(line(label, series, column, width=(2.5, 1.2)[part], hover="%{x}: %{y:.6g}"))
        if faint:
            column = follows("grow", x="step", y=(faint, run))
            traces.append(line(name, series._replace(dash="dot"), column, width=1.2, hover="%{x}: %{y:.6g}"))
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power"} if log else {"type": "linear"}
    limits = {"include": lowest, "clipmax": ceiling}
    axis["autorangeoptions"] = {name: limit for name, limit in limits.items() if limit is not None}
    return figure(
        traces,
        xaxis={"title": {"text": step_title}, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": {"text": title}, "zeroline": False, **axis},
    )


def relief_3d(
    ground: Relief, box: Box, runners: Sequence[Runner], height_title: str, eye: tuple[float, float, float]
) -> go.Figure:
    """Draw the surface as a lit relief, with its level lines on the floor, and the paths that lie on it.

    Follows `path3d: (rows, runs, 3)`. What moves is painted by the browser over the scene: Plotly is not to draw it.
    The camera stands at `eye`.
    """
    z = ground.height(ground.z)
    low, high = float(z.min()), float(z.max())
    span = high - low or 1.0
    lines = {"show": True, "start": low + span / BANDS, "end": high, "size": span / BANDS, "width": 1}
    traces: list[go.Surface | go.Scatter3d] = [
        go.Surface(
            x=ground.xs.astype(np.float32),
            y=ground.ys.astype(np.float32),
            z=z.astype(np.float32),
            showscale=False,
            hoverinfo="skip",
            contours={"z": {**lines, "usecolormap": False, "highlight": False, "project": {"z": True}}},
            lighting={"ambient": 0.62, "diffuse": 0.75, "specular": 0.12, "roughness": 0.6, "fresnel": 0.05},
            lightposition={"x": -1e4, "y": 1e4, "z": 2e4},
            meta={"scales": {theme: scale(theme) for theme in RAMPS}, "lines": LEVELS},
        )
    ]
    for run, (name, look) in enumerate(runners):
        columns = {d: ("path3d", 3 * run + i) for i, d in enumerate("xyz")}
        point = {"x": [0], "y": [0], "z": [0], "name": name, "hoverinfo": "skip", "visible": False}
        way = {"color": look.color, "cased": True, "dash": look.dash, **follows("grow", **columns)}
        ball = {"color": look.color, "ball": True, **follows("at", **columns)}
        traces += [
            go.Scatter3d(**point, mode="lines", line={"width": 3}, meta=way),
            go.Scatter3d(**point, mode="markers+text", text=[name], textposition=look.label_at, meta=ball),
        ]
    (x0, x1), (y0, y1) = box
    return figure(
        traces,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            "xaxis": {"range": [x0, x1], "title": {"text": "x₁"}},
            "yaxis": {"range": [y0, y1], "title": {"text": "x₂"}},
            "zaxis": {"range": [low - FLOOR * span, high + 0.05 * span], "title": {"text": height_title}},
            "aspectmode": "manual",
            "aspectratio": dict(zip("xyz", ASPECT, strict=True)),
            "camera": {"eye": dict(zip("xyz", eye, strict=True)), "center": {"x": 0, "y": 0, "z": -0.14}},
        },
    )
