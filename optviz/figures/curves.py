"""The picture of descents on a curve: the loss over one weight, the iterates on it, and the tangents they follow."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import GOAL, SERIES, Series, dots, figure, follows, head, line, path
from optviz.surfaces.curves import Curve

SAMPLES = 400
WIDEST = 4.0
KEPT = 12
"""So many tangents of a single run stay on the picture, from the first on."""


class View(NamedTuple):
    """The part of a curve that is drawn: `x` and `y` from, to, and the curve on it, `(n,)` each."""

    x: tuple[float, float]
    y: tuple[float, float]
    xs: Array
    ys: Array


def zoom(domain: tuple[float, float], w: Array) -> float:
    """Return by what power of two a domain is widened so that all of `w` is seen, or at least the start `w[0]`.

    Beyond `WIDEST` times the domain a path leaves the picture.
    """
    middle, half = sum(domain) / 2.0, (domain[1] - domain[0]) / 2.0
    reach = np.abs(w[np.isfinite(w)] - middle)
    if not reach.size:
        return 1.0
    needed = max(min(float(reach.max()) / half, WIDEST), float(reach[0]) / half)
    return float(2.0 ** np.ceil(np.log2(max(needed, 1.0)) - 1e-9))


def view(curve: Curve, widened: float) -> View:
    """Evaluate a curve on its domain, widened about its middle, with room below for tangents."""
    middle, half = sum(curve.domain) / 2.0, (curve.domain[1] - curve.domain[0]) / 2.0 * widened
    inside = curve.minima[np.abs(curve.minima - middle) < half]
    xs = np.union1d(np.linspace(middle - half, middle + half, SAMPLES), inside)
    ys = curve(xs[:, None])[0]
    ys = np.where(np.isfinite(ys), ys, np.nan)
    seen = ys[np.isfinite(ys)] if np.isfinite(ys).any() else np.zeros(1)
    few, many = np.percentile(seen, (5, 95))
    # A pole would press everything else flat.
    low, high = max(seen.min(), few - 3 * (many - few)), min(seen.max(), many + 3 * (many - few))
    span = float(high - low) or 1.0
    return View((middle - half, middle + half), (float(low) - 0.15 * span, float(high) + 0.05 * span), xs, ys)


def tangents(seen: View, w: Array, loss: Array, gradient: Array, kept: int) -> tuple[Array, Array, Array]:
    """Return tangents `(rows, 3 (kept + 1))` in x and y, and the drops from their ends to the curve, `(2, rows, 2)`.

    A tangent runs from an iterate to where the next one is, or to the foot of the picture; a row has those of the first
    `kept` steps that were made, and the present one. Arguments are `(rows,)` each, of one run.
    """
    with np.errstate(all="ignore"):
        step = np.append(np.diff(w), np.nan)
        fall = gradient * step
        part = np.where(fall < seen.y[0] - loss, (seen.y[0] - loss) / fall, 1.0)
        x = np.stack([w, w + part * step, np.full_like(w, np.nan)], axis=-1)
        y = np.stack([loss, loss + part * fall, np.full_like(w, np.nan)], axis=-1)
    following = np.append(loss[1:], np.nan)
    drop = np.stack(
        [np.stack([x[:, 1], x[:, 1]], -1), np.stack([np.where(part == 1.0, y[:, 1], np.nan), following], -1)]
    )
    rows = len(w)
    kept = min(kept, rows)
    made = np.arange(kept) <= np.arange(rows)[:, None]
    early = [np.where(made[..., None], part[:kept], np.nan).reshape(rows, -1) for part in (x, y)]
    return np.hstack([early[0], x]), np.hstack([early[1], y]), drop


def picture(
    seen: View,
    minima: Array,
    names: Sequence[str],
    words: Mapping[str, str],
    arrays: tuple[str, str] = ("w", "loss"),
    tangent: bool = True,
    grip: bool = False,
) -> go.Figure:
    """Draw a curve with its minima `(k,)`, the runs on it, their heads and their tangents.

    With `grip` the start of the runs can be dragged. Follows `arrays`, two of `(rows, runs)`, and with
    `tangent`, for each run i, the whole rows `tangent{i}x`, `tangent{i}y`, `drop{i}x` and `drop{i}y`.
    `words` has "curve", "minimum", "tangent", "w" and "loss".
    """
    shown = minima[(minima > seen.x[0]) & (minima < seen.x[1])]
    lows = np.interp(shown, seen.xs, seen.ys)
    traces = [
        line(words["curve"], Series("muted"), {}, x=seen.xs, y=seen.ys, hover="%{x:.4g}: %{y:.5g}"),
        dots(words["minimum"], GOAL, {}, x=shown, y=lows, size=16, edge=2, hover="%{x:.6g}: %{y:.6g}"),
    ]
    # A single run needs no name, which would stand on its path; of several the tangents need none.
    alone = len(names) == 1
    for run, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        if tangent:
            color = "bad" if alone else series.color
            traces += _tangent(run, words["tangent"] if alone else f"{name}: {words['tangent']}", color, alone)
        columns = {"x": (arrays[0], run), "y": (arrays[1], run)}
        way = {"grip": grip, **follows("grow", **columns)}
        traces += [
            path(name, series, way, width=1.2, size=8, edge=0, hover="%{x:.6g}: %{y:.6g}", showlegend=not alone),
            head(name, series, follows("at", **columns), size=14, edge=0, label="" if alone else name),
        ]
    return figure(
        traces,
        xaxis={"range": list(seen.x), "title": {"text": words["w"]}, "zeroline": False},
        yaxis={"range": list(seen.y), "title": {"text": words["loss"]}, "zeroline": False},
    )


def _tangent(run: int, name: str, color: str, named: bool) -> list[go.Scatter]:
    return [
        line(
            name,
            Series(color, dash),
            follows("at", x=f"{part}{run}x", y=f"{part}{run}y"),
            width=width,
            opacity=0.9,
            showlegend=named,
        )
        for part, dash, width in (("tangent", "solid", 2.5), ("drop", "dot", 2))
    ]
