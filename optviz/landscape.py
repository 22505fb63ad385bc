"""What a 2-D objective looks like in a box: its local minima, found by search, and its typical slope and curvature."""

from typing import NamedTuple, Protocol, cast

import numpy as np

from optviz.optimizers import Array, Curved, Objective

Box = tuple[tuple[float, float], tuple[float, float]]

GRID = 161
CANDIDATES = 24
HALVINGS = 60
AXES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], dtype=float)
TURN = np.pi * (3.0 - np.sqrt(5.0))
"""The golden angle: turned by it again and again, a direction comes close to any other."""


class Landscape(Protocol):
    """A 2-D objective with second derivatives."""

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]: ...

    def hessian(self, w: Array) -> Array: ...


class Minima(NamedTuple):
    """The least value found in a box and all the points where it is taken, `(k, 2)`; k = 0 where there is none."""

    value: float
    points: Array


def grid(box: Box, n: int) -> tuple[Array, Array, Array]:
    """Return the axes `(n,)`, `(n,)` and the points `(n, n, 2)` of a regular grid; rows run along the second axis."""
    xs, ys = (np.linspace(low, high, n) for low, high in box)
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1)


def global_minima(objective: Objective, box: Box) -> Minima:
    """Search a box for the least value inside it and every point that takes it.

    Every grid point lower than its eight neighbours starts a compass search, which works at kinks too. A least value on
    the edge of the box is not a minimum.
    """
    xs, ys, points = grid(box, GRID)
    with np.errstate(all="ignore"):
        values = np.nan_to_num(objective(points, 0)[0], nan=np.inf)
        inner = values[1:-1, 1:-1]
        neighbours = [
            values[1 + i : GRID - 1 + i, 1 + j : GRID - 1 + j]
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (i, j) != (0, 0)
        ]
        rows, columns = np.nonzero(np.all([inner <= other for other in neighbours], axis=0))
        order = np.argsort(inner[rows, columns], kind="stable")[:CANDIDATES]
        starts = points[1:-1, 1:-1][rows[order], columns[order]]
        cell = np.array([xs[1] - xs[0], ys[1] - ys[0]])
        found, lows = _compass(objective, starts, cell)
    inside = np.all((found > points[0, 0]) & (found < points[-1, -1]), axis=-1)
    if not inside.any() or values.min() < lows[inside].min() - 1e-9 * (1 + abs(lows[inside].min())):
        return Minima(float("-inf"), np.empty((0, 2)))
    found, lows = found[inside], lows[inside]
    best = found[lows <= lows.min() + 1e-9 * (1.0 + abs(lows.min()))]
    return Minima(float(lows.min()), _distinct(best, cell))


def _compass(objective: Objective, w: Array, cell: Array) -> tuple[Array, Array]:
    low, size = objective(w, 0)[0], np.ones(len(w))
    for turn in TURN * np.arange(6 * HALVINGS):
        # Along a bent kink only few directions lead down, so half of the compass turns.
        turned = AXES @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
        trial = w[:, None] + size[:, None, None] * cell * np.concatenate([AXES, turned])
        values = np.nan_to_num(objective(trial, 0)[0], nan=np.inf)
        best = values.argmin(1)
        lower = values[np.arange(len(w)), best] < low
        w = np.where(lower[:, None], trial[np.arange(len(w)), best], w)
        low = np.where(lower, values[np.arange(len(w)), best], low)
        size = np.where(lower, size, size / 2.0)
        if size.max(initial=0.0) < 0.5**HALVINGS:
            break
    return w, low


def _distinct(points: Array, cell: Array) -> Array:
    kept: list[Array] = []
    for point in points:
        if all(np.any(np.abs(point - other) > cell) for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


class Scale(NamedTuple):
    """What is steep and curved in a box: the medians of gradient norm and largest absolute eigenvalue, its diameter."""

    slope: float
    curvature: float
    diameter: float


def scale(objective: Objective, box: Box) -> Scale:
    """Measure a box on a coarse grid."""
    _, _, points = grid(box, 41)
    with np.errstate(all="ignore"):
        slopes = np.linalg.norm(objective(points, 0)[1], axis=-1)
        hessians = cast(Curved, objective).hessian(points).reshape(-1, 2, 2)
        curvatures = np.abs(np.linalg.eigvalsh(hessians[np.isfinite(hessians).all((1, 2))])).max(-1)
    (x0, x1), (y0, y1) = box
    diameter = float(np.hypot(x1 - x0, y1 - y0))
    return Scale(float(np.nanmedian(slopes)), float(np.median(curvatures)), diameter)
