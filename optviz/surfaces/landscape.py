"""What a 2-D objective looks like in a box: where it is least, found by search, and its typical slope and curvature."""

from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.surfaces.exactly import Exact, Grid, exact_of, number, rounding

Box = tuple[tuple[float, float], tuple[float, float]]

Levels = Literal["linear", "log"]

GRID = 161
CANDIDATES = 24
CROSSINGS = 400
"""Of the minima along the rows of a grid so many are looked at, the lowest, and as many along its columns."""
CREEPERS = 4
SAMPLED = 8
"""Of what looks flat about so many points are computed with many digits."""
HALVINGS = 60
WIDER = (1.0, 4.0, 16.0, 64.0)
"""A minimum that lies outside the box is searched for in boxes so many times as wide."""
ROUNDINGS = 64.0
"""Two values are the same where they differ by no more than so many times what rounding does to them."""
ALIKE = 1e-9
"""The minima of two hollows are both global if they differ by no more than this share of what is low in the box."""
BENT = 1e-6
"""What bends so much less one way than the other, or is so far off a flat point as a share of a cell, is in doubt."""
LOW = 0.02
"""What is low in a box: the gap to the least value that is not reached in this share of it."""
AXES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], dtype=float)
TURNED = np.array([(0.8, 0.6), (-0.6, 0.8)])
EPS = float(np.finfo(float).eps)
TURN = np.pi * (3.0 - np.sqrt(5.0))
"""The golden angle: turned by it again and again, a direction comes close to any other."""


class Landscape(Protocol):
    """A 2-D objective with second derivatives, whose values can be had alone."""

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]: ...

    def value(self, w: Array) -> Array: ...

    def hessian(self, w: Array) -> Array: ...


class Ground(Landscape, Protocol):
    """A landscape that knows where it has no value, and what vanishes at every pole, `(k, ...)`."""

    def undefined(self, w: Array) -> bool: ...

    def denominators(self, w: Array) -> Array: ...


@runtime_checkable
class Smooth(Protocol):
    """What knows whether it is analytic on a grid of points `(n, m, 2)`, and so flat nowhere, unless everywhere."""

    def is_smooth(self, w: Array) -> bool: ...


class Kind(StrEnum):
    """What the points are at which an objective is least, or why there are none."""

    POINTS = "points"
    CURVE = "curve"
    REGION = "region"
    EVERYWHERE = "everywhere"
    FALLS = "falls"
    POLE = "pole"
    GAP = "gap"
    NOWHERE = "nowhere"


class Minima(NamedTuple):
    """The least value of an objective and where it is taken, `points: (k, 2)`; k = 0 where it is taken nowhere.

    - points: all of them.
    - curve: points on it, about a grid cell from each other; it may go on beyond the box.
    - region: points along its border. Here as on a curve a value counts as least if it is within `slack` of it.
    - everywhere: the objective is constant.
    - falls: the objective falls towards the edge of every box; pole: it falls without bound at a point or a curve.
    - gap: next to a jump, or to where it has no value, it comes ever nearer to `value`, which it never takes.
    - nowhere: it has no value in the box.
    """

    value: float
    points: Array
    kind: Kind = Kind.POINTS
    slack: float = 0.0

    @property
    def known(self) -> bool:
        """Whether there is a least value to come near to."""
        return bool(len(self.points))


def no_minima(kind: Kind) -> Minima:
    """Return that there is none, and why."""
    return Minima(float("-inf"), np.empty((0, 2)), kind)


def grid(box: Box, n: int) -> tuple[Array, Array, Array]:
    """Return the axes `(n,)`, `(n,)` and the points `(n, n, 2)` of a regular grid; rows run along the second axis."""
    xs, ys = (np.linspace(low, high, n) for low, high in box)
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1)


def global_minima(objective: Landscape, box: Box) -> Minima:
    """Search a box for the least value inside it and every point that takes it, be they points, a curve or a region.

    Where the objective is lower on the edge of the box, wider boxes are searched.
    """
    for wider in WIDER:
        with np.errstate(all="ignore"):
            found = _search(objective, _widened(box, wider))
        # Far out what is flat may only be too small to be told from what it approaches.
        if found.kind is not Kind.FALLS and (wider == 1.0 or found.kind not in (Kind.REGION, Kind.EVERYWHERE)):
            return found
    return no_minima(Kind.FALLS)


def _widened(box: Box, factor: float) -> Box:
    def widened(low: float, high: float) -> tuple[float, float]:
        middle, half = (low + high) / 2.0, factor * (high - low) / 2.0
        return middle - half, middle + half

    return widened(*box[0]), widened(*box[1])


def _search(objective: Landscape, box: Box) -> Minima:
    """Search one box, in which an objective falls if it is lower on the edge than inside."""
    xs, ys, points = grid(box, GRID)
    cell = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    values = np.nan_to_num(objective.value(points), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    if not np.isfinite(values.min()):
        return _infinite(values)
    flat = _flat(objective, points, values, cell)
    starts, ends, lows = _hollows(objective, points, values, cell)
    tolerance = ALIKE * _low(values) + 4.0 * EPS * abs(values.min())
    if any(_is_pole(objective, start, end, tolerance) for start, end in zip(starts, ends, strict=True)):
        return no_minima(Kind.POLE)
    if _core(flat).any():
        return _region(objective, points, values, flat, cell)
    if not len(ends):
        return no_minima(Kind.FALLS)
    ends, lows = _unbent(objective, ends, lows, cell, _low(values))
    crossings, heights = _crossings(objective, points, values, cell)
    least = np.argsort(heights, kind="stable")[:1]
    ends, lows = np.concatenate([ends, crossings[least]]), np.concatenate([lows, heights[least]])
    inside = np.all((ends > points[0, 0]) & (ends < points[-1, -1]), axis=-1)
    edge = min(values[0].min(), values[-1].min(), values[:, 0].min(), values[:, -1].min())
    if not inside.any() or min(edge, lows.min()) < lows[inside].min() - tolerance:
        return no_minima(Kind.FALLS)
    best = float(lows[inside].min()) + 0.0  # no −0
    on_curve = _curve(objective, crossings, heights, best, cell)
    alike = inside & (lows <= best + tolerance)
    single = _distinct(ends[alike][np.argsort(lows[alike], kind="stable")], cell)
    found = Minima(best, on_curve, Kind.CURVE, tolerance) if len(on_curve) else Minima(best, single)
    return _settled(objective, found, points, cell, tolerance)


def _settled(objective: Landscape, found: Minima, points: Array, cell: Array, tolerance: float) -> Minima:
    """Return minima, or with many digits what they really are if only rounding makes them so, or a jump."""
    exact = exact_of(objective)
    if exact is None:
        return found
    tried, is_curve = found.points, found.kind is Kind.CURVE
    if is_curve:
        lowest = _lowest(exact, found.points)
        if lowest is None:
            tried = _sampled(found.points)[::8]
        elif np.all((lowest > points[0, 0] + 2.0 * cell) & (lowest < points[-1, -1] - 2.0 * cell)):
            tried, is_curve = lowest[None], False
        else:
            return no_minima(Kind.FALLS)
    regular, valleys = _is_regular(objective, tried, cell)
    doubtful = zip(tried[~regular], valleys[~regular].tolist(), strict=True)
    area = Grid(points[0, 0].tolist(), points[-1, -1].tolist(), cell.tolist())
    bottoms = []
    for w, valley in doubtful:
        bottoms.append(exact.bottom(number(w), area, None if is_curve else valley))
        if not regular.any() and not area.holds(bottoms[-1]):
            # As all are alike, the others lead there too.
            return no_minima(Kind.FALLS)
    ends = np.array(bottoms, dtype=float).reshape(-1, 2)
    taken = [area.holds(w) and exact.is_taken(w, area) for w in bottoms]
    kept = np.concatenate([tried[regular], ends[np.flatnonzero(taken)]])
    if not len(kept):
        return Minima(found.value, kept, Kind.GAP)
    if is_curve and len(_distinct(kept, cell)) > 1:
        moves = ends - tried[~regular]
        is_beside = len(moves) and np.ptp(moves, axis=0).max() < BENT * cell.min()
        value = exact.height(bottoms[0]) if is_beside else None
        return found if value is None else found._replace(value=float(value), points=found.points + moves[0])
    shown = [exact.rounded(number(w), area) for w in kept]
    heights = np.array([found.value if (height := exact.height(w)) is None else float(height) for w in shown])
    least = np.flatnonzero(heights <= heights.min() + tolerance)
    return Minima(float(heights.min()) + 0.0, _distinct(np.array(shown, dtype=float)[least], cell))


def is_limit(objective: Landscape, w: Array) -> bool:
    """Whether an objective has no value at a point `(2,)`, but a limit, from all sides."""
    exact = exact_of(objective)
    return exact is not None and exact.value(number(w)) is None and exact.height(number(w)) is not None


def _is_regular(objective: Landscape, w: Array, cell: Array) -> tuple[NDArray[np.bool_], Array]:
    """Return which points `(k, 2)` are minima beyond doubt, and the directions `(k, 2)` in which they bend up least.

    They are where they bend up every way, and no step of Newton's is left.
    """
    slopes, hessians = objective(w)[1], objective.hessian(w)
    finite = np.isfinite(slopes).all(-1) & np.isfinite(hessians).all((-1, -2))
    curvatures, axes = np.linalg.eigh(np.where(np.isfinite(hessians), hessians, 0.0))
    is_near = np.all(np.abs(np.vecmat(slopes, axes)) < BENT * cell.min() * curvatures, axis=-1)
    # Next to a jump it bends up no less.
    reach = BENT * cell.min()
    values, around = objective.value(w), objective.value(w + reach * np.concatenate([AXES, AXES @ TURNED])[:, None])
    is_smooth = around.max(0) - values <= curvatures[:, 1] * reach**2 + ROUNDINGS * EPS * np.abs(values)
    is_bent = curvatures[:, 0] > BENT * curvatures[:, 1]
    return np.asarray(finite & is_bent & is_near & is_smooth), axes[..., 0]


def _infinite(values: Array) -> Minima:
    """Return why a grid of values has no finite least one."""
    bottomless = values == -np.inf
    if not bottomless.any():
        return no_minima(Kind.NOWHERE)
    # What has overflowed fills an area; a pole is a point or a curve.
    return no_minima(Kind.FALLS if _core(bottomless).any() else Kind.POLE)


def _region(objective: Landscape, points: Array, values: Array, flat: NDArray[np.bool_], cell: Array) -> Minima:
    """Return the border of what is flat on a grid; none where all of it is, or where it is so by rounding alone."""
    best = float(values.min()) + 0.0
    deepest = _deepest(objective, points[1:-1, 1:-1][_core(flat)])
    if len(deepest) and np.any((deepest <= points[1, 1]) | (deepest >= points[-2, -2]), axis=-1).all():
        return no_minima(Kind.FALLS)
    if len(deepest):
        settled = _settled(objective, Minima(best, deepest[:1]), points, cell, 0.0)
        if len(deepest) == 1 or settled.kind is not Kind.POINTS or np.any(settled.points != deepest[:1]):
            return settled
    if flat.all(where=np.isfinite(values)):
        return Minima(best, np.empty((0, 2)), Kind.EVERYWHERE)
    at_edge = flat[0].any() or flat[-1].any() or flat[:, 0].any() or flat[:, -1].any()
    if at_edge and isinstance(objective, Smooth) and objective.is_smooth(points):
        # So it is by rounding, which even many digits do.
        return no_minima(Kind.FALLS)
    slack = ROUNDINGS * float(_noise(objective, points[flat], cell).max()) + 4.0 * EPS * abs(best)
    return Minima(best, points[flat & ~np.pad(_core(flat), 1)], Kind.REGION, slack)


def _deepest(objective: Landscape, flat: Array) -> Array:
    """Return the lowest of the points `(k, 2)` of what seems flat; none where they are alike, or may be."""
    exact, flat = exact_of(objective), _sampled(flat)
    heights = [exact.height(number(w)) for w in flat] if exact else []
    known = [height for height in heights if height is not None]
    if not exact or not known:
        return flat[:0]
    low = min(known)
    unknown = exact.unknown(number(flat[heights.index(low)]), low)
    is_low = [height is not None and height <= low + unknown for height in heights]
    return flat[:0] if all(is_low) else flat[is_low]


def _core(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which inner points of a grid are marked with all their eight neighbours, `(n-2, n-2)`."""
    n, m = marked.shape
    around = [marked[i : n - 2 + i, j : m - 2 + j] for i in range(3) for j in range(3)]
    return cast(NDArray[np.bool_], np.logical_and.reduce(around))


def _low(values: Array) -> float:
    """Return what is low in a box: the gap to the least value that is not reached in a small share of it."""
    gaps = values[np.isfinite(values)] - values.min()
    above = gaps[gaps > 0]
    return float(np.quantile(above, LOW)) if len(above) else 0.0


def _noise(objective: Landscape, w: Array, cell: Array) -> Array:
    """Return how much the values at points `(..., 2)` change when their last digits do."""
    least = 2.0 * EPS * (np.abs(w) + cell)
    values = objective.value(w)
    shaken = [objective.value(w + least * sign) for sign in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    return cast(Array, np.nan_to_num(np.abs(np.array(shaken) - values), nan=0.0, posinf=0.0).max(0))


def _flat(objective: Landscape, points: Array, values: Array, cell: Array) -> NDArray[np.bool_]:
    """Return at which points of a grid the objective is as low as anywhere, but for rounding."""
    least = float(values.min())
    flat = values <= least + ALIKE * _low(values) + 1e-12 * abs(least)
    if _core(flat).any():
        flat[flat] = values[flat] <= least + ROUNDINGS * _noise(objective, points[flat], cell) + 4.0 * EPS * abs(least)
    return flat


def _hollows(objective: Landscape, points: Array, values: Array, cell: Array) -> tuple[Array, Array, Array]:
    """Return the lowest hollows of a grid and where the ways down from them end, both `(k, 2)`, and how low that is."""
    inner, n = values[1:-1, 1:-1], GRID - 2
    neighbours = [
        values[1 + i : 1 + n + i, 1 + j : 1 + n + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
    ]
    rows, columns = np.nonzero(np.all([inner <= other for other in neighbours], axis=0) & np.isfinite(inner))
    order = np.argsort(inner[rows, columns], kind="stable")[:CANDIDATES]
    starts = points[1:-1, 1:-1][rows[order], columns[order]]
    return starts, *_polished(objective, *_compass(objective, starts, cell))


def _unbent(objective: Landscape, w: Array, lows: Array, cell: Array, low: float) -> tuple[Array, Array]:
    """Find the minima near the lowest points `(k, 2)` that still have a slope: along a bent kink a compass creeps."""
    slopes = np.linalg.norm(objective(w, 0)[1] * cell, axis=-1)
    creeps = np.flatnonzero(
        (slopes > 1e-6 * low) & np.isfinite(slopes) & (lows <= lows.min(initial=np.inf) + 0.01 * low)
    )
    creeps = creeps[np.argsort(lows[creeps], kind="stable")][:CREEPERS]
    if len(creeps):
        w[creeps], lows[creeps] = _nested(objective, w[creeps], lows[creeps], cell)
    return w, lows


def _is_pole(objective: Landscape, start: Array, end: Array, tolerance: float) -> bool:
    """Whether values fall on the way to a point as they do at a pole: in its last part no less than before."""
    way = end + 0.5 ** np.arange(0, 41, 20)[:, None] * (start - end)
    first, middle, last = objective.value(way)
    return bool(middle - last > tolerance and middle - last > 0.5 * (first - middle))


PIECES = 16
"""A step is cut into so many pieces, in each of which one pole is found."""
HOLLOW = 0.4
"""Next to a zero, be it of order 1/2, 1 or 2, what vanishes there is no larger a share of what it is on both sides."""
ZERO = 1e-9
"""A growth that is so small a share of the loss is none."""
NEARER = 0.5 ** np.array([8, 14, 20])
"""So near to a pole, as a share of the step, it is looked whether the loss still grows."""


def crosses(ground: Ground, before: Array, after: Array) -> NDArray[np.bool_]:
    """Return which of some steps, from points `(rows, 2)` to others, lead across a pole."""
    if not len(ground.denominators(before[:1])):
        return np.zeros(len(before), bool)
    shares = np.arange(-1, PIECES + 2) / PIECES

    def size(share: Array, step: NDArray[np.int_], which: NDArray[np.int_]) -> Array:
        w = before[step] + share[:, None] * (after - before)[step]
        return cast(Array, np.abs(ground.denominators(w)[which, np.arange(len(step))]))

    sizes = np.abs(ground.denominators(before[:, None] + shares[:, None] * (after - before)[:, None]))
    middle, left, right = sizes[..., 1:-1], sizes[..., :-2], sizes[..., 2:]
    # Near a zero they differ from piece to piece.
    which, step, place = np.nonzero((middle <= left) & (middle <= right) & (middle < HOLLOW * (left + right)))
    if not len(step):
        return np.zeros(len(before), bool)
    low, high = shares[place], shares[place + 2]
    for _third in range(90):
        one, other = (2.0 * low + high) / 3.0, (low + 2.0 * high) / 3.0
        is_first = size(one, step, which) <= size(other, step, which)
        low, high = np.where(is_first, low, one), np.where(is_first, other, high)
    share = (low + high) / 2.0
    is_between = (share > 0) & (share < 1)
    grows = np.zeros(len(step), bool)
    for side in (-NEARER, NEARER):
        places = before[step, None] + (share[:, None] + side)[..., None] * (after - before)[step, None]
        far, near, nearest = ground.value(places).T
        growth = np.abs(nearest - near)
        grows |= np.isinf(nearest) | ((growth > 0.5 * np.abs(near - far)) & (growth > ZERO * np.abs(nearest)))
    return np.isin(np.arange(len(before)), step[is_between & grows])


def _sampled(points: Array) -> Array:
    """Return some points `(k, 2)`: every so many, and the outermost ones in eight directions."""
    if len(points) <= SAMPLED:
        return points
    outermost = (points @ np.concatenate([AXES, AXES @ [[1, 1], [-1, 1]]]).T).argmax(0)
    return cast(Array, points[np.union1d(outermost, np.arange(0, len(points), len(points) // SAMPLED))])


def _lowest(exact: Exact, curve: Array) -> Array | None:
    """Return the lowest of the points `(k, 2)` of what seems a curve of minima, None if they are alike or may be.

    Each is brought down across the curve; what the last step still gains is how well the minimum there is known.
    """
    points = _sampled(curve)
    along, _reach = _directions(Minima(0.0, curve, Kind.CURVE), points)
    found = []
    for point, (x, y) in zip(points, along.tolist(), strict=True):
        end, gain = exact.across(number(point), (-y, x))
        height = exact.height(end)
        if gain is not None and height is not None:
            found.append((height, gain, point))
    if len(found) < 3:
        return None
    heights = [height for height, _gain, _point in found]
    unknown = ROUNDINGS * max(gain for _height, gain, _point in found) + rounding(min(heights))
    return min(found, key=lambda each: each[0])[2] if max(heights) - min(heights) > unknown else None


def _crossings(objective: Landscape, points: Array, values: Array, cell: Array) -> tuple[Array, Array]:
    """Return the minima along the rows and the columns of a grid, where curves of minima cross them."""
    found = []
    for along in (1, 0):
        lines, places = np.moveaxis(values, along, 1), np.moveaxis(points, along, 1)
        middle, before, after = lines[:, 1:-1], lines[:, :-2], lines[:, 2:]
        lowest = (middle <= before) & (middle <= after) & ((middle < before) | (middle < after))
        order = np.argsort(middle[lowest], kind="stable")[:CROSSINGS]
        starts = places[:, 1:-1][lowest][order]
        found.append(_section(objective, starts, cell * np.array([along == 1, along == 0], dtype=float)))
    (rows, row_values), (columns, column_values) = found
    return np.concatenate([rows, columns]), np.concatenate([row_values, column_values])


def _section(objective: Landscape, w: Array, reach: Array, halvings: int = 52) -> tuple[Array, Array]:
    """Narrow brackets `w - reach ... w + reach`, `w: (..., 2)`, each about a minimum on a line; kinks will do."""
    low = objective.value(w)
    left, middle, right = -np.ones_like(low), np.zeros_like(low), np.ones_like(low)
    for _halving in range(halvings):
        tried = np.stack([left + middle, middle + right]) / 2.0
        values = np.nan_to_num(objective.value(w + tried[..., None] * reach), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        is_left = (values[0] < low) & (values[0] <= values[1])
        is_right = (values[1] < low) & ~is_left
        left, right = (
            np.where(is_right, middle, np.where(is_left, left, tried[0])),
            np.where(is_left, middle, np.where(is_right, right, tried[1])),
        )
        middle = np.where(is_left, tried[0], np.where(is_right, tried[1], middle))
        low = np.where(is_left, values[0], np.where(is_right, values[1], low))
    return w + middle[..., None] * reach, low


def _curve(objective: Landscape, w: Array, values: Array, best: float, cell: Array) -> Array:
    """Return those of the crossings `(k, 2)` that are as low as any, if neighbouring lines have them; else none."""
    lowest = w[values <= best + ROUNDINGS * _noise(objective, w, cell) + 4.0 * EPS * abs(best)]
    apart = np.linalg.norm((lowest[:, None] - lowest) / cell, axis=-1)
    lowest = lowest[~np.triu(apart < 0.01, 1).any(0)]
    neighbours = ((apart > 0.5) & (apart < 2.3)).sum(1)
    return lowest if np.count_nonzero(neighbours) >= 3 else np.empty((0, 2))


def _polished(objective: Landscape, w: Array, low: Array) -> tuple[Array, Array]:
    """Take Newton's steps from points `(k, 2)` near smooth minima: values alone tell only half of the digits."""
    for _step in range(2):
        slope, hessian = objective(w, 0)[1], objective.hessian(w)
        inverse = np.linalg.pinv(np.where(np.isfinite(hessian), hessian, 0.0), hermitian=True)
        tried = w - np.matvec(inverse, np.where(np.isfinite(slope), slope, 0.0))
        value, gradient = objective(tried, 0)
        better = np.linalg.norm(gradient, axis=-1) < np.linalg.norm(slope, axis=-1)
        better &= value <= low + 4.0 * EPS * np.abs(low)
        w, low = np.where(better[:, None], tried, w), np.where(better, np.minimum(value, low), low)
    return w, low


def _nested(objective: Landscape, w: Array, low: Array, cell: Array) -> tuple[Array, Array]:
    """Minimize along one axis the minima along the other, about points `(k, 2)`: no bend of a kink hinders that."""
    along, across = np.diag(cell)
    width = 2.0
    for _round in range(16):
        tried = w[:, None] + width * np.linspace(-1, 1, 9)[:, None] * along
        ends, values = _section(objective, tried, 8.0 * across, 36)
        best = values.argmin(1)
        lower = values[np.arange(len(w)), best] < low
        w = np.where(lower[:, None], ends[np.arange(len(w)), best], w)
        low = np.where(lower, values[np.arange(len(w)), best], low)
        width /= 3.0
    return w, low


def _compass(objective: Landscape, w: Array, cell: Array) -> tuple[Array, Array]:
    low, size = objective.value(w), np.ones(len(w))
    for turn in TURN * np.arange(6 * HALVINGS):
        # Along a bent kink only few directions lead down, so half of the compass turns.
        turned = AXES @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
        trial = w[:, None] + size[:, None, None] * cell * np.concatenate([AXES, turned])
        values = np.nan_to_num(objective.value(trial), nan=np.inf)
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


def distances(landscape: Landscape, minima: Minima, w: Array, *, exact: bool = True) -> Array:
    """Return the distance of each point `w: (rows, 2)` to the nearest one of the minima; nan where there is none.

    Unless it is to be exact, a curve is taken to be straight between two points of the search.
    """
    if minima.kind is Kind.EVERYWHERE:
        return np.zeros(len(w))
    if not minima.known:
        return np.full(len(w), np.nan)
    ways = np.linalg.norm(minima.points - w[:, None], axis=-1)
    nearest: Array = ways.min(-1)
    if minima.kind is Kind.POINTS:
        return nearest
    with np.errstate(all="ignore"):
        closest = minima.points[ways.argmin(-1)]
        if minima.kind is Kind.REGION:
            return _to_region(landscape, minima, w, closest)
        if not exact:
            return _to_tangents(minima, w, closest)
        return _to_curve(landscape, minima, w, closest)


def _to_region(landscape: Landscape, minima: Minima, w: Array, closest: Array) -> Array:
    """Return the length of the ways from points `(rows, 2)` to where a region begins.

    They go straight towards the nearest points of its border, and square to the border there.
    """
    least = minima.value + minima.slack
    along, reach = _directions(minima, closest)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    depth = np.vecdot(closest - w, across)
    ways = np.stack([closest - w, (depth + np.sign(depth) * reach)[:, None] * across])
    out, into = np.zeros(ways.shape[:-1]), np.ones(ways.shape[:-1])
    leads_in = landscape.value(w + ways) <= least
    for _halving in range(50):
        middle = (out + into) / 2.0
        is_in = landscape.value(w + middle[..., None] * ways) <= least
        out, into = np.where(is_in, out, middle), np.where(is_in, middle, into)
    lengths = np.where(leads_in, into * np.linalg.norm(ways, axis=-1), np.inf).min(0)
    return np.where(landscape.value(w) <= least, 0.0, lengths)


def _directions(minima: Minima, near: Array) -> tuple[Array, float]:
    """Return the directions `(rows, 2)` in which a curve goes at its points `near`, and how far the next ones are."""
    away = np.linalg.norm(minima.points - near[:, None], axis=-1)
    following = np.partition(away, 1, axis=-1)[:, 1]
    # Where a curve goes along a row of the grid its points are farther apart than where it crosses both.
    is_near = away < 2.0 * following[:, None]
    offsets = np.where(is_near[..., None], minima.points - near[:, None], 0.0)
    return np.linalg.eigh(np.einsum("rki,rkj->rij", offsets, offsets))[1][..., 1], 2.0 * float(np.median(following))


def _to_tangents(minima: Minima, w: Array, near: Array) -> Array:
    along, reach = _directions(minima, near)
    way = np.vecdot(w - near, along)
    beside = w - near - (way - np.sign(way) * np.maximum(np.abs(way) - reach, 0.0))[:, None] * along
    return cast(Array, np.linalg.norm(beside, axis=-1))


def _to_curve(landscape: Landscape, minima: Minima, w: Array, near: Array) -> Array:
    """Return the distances of points `(rows, 2)` to the curve on which others, the nearest ones of the search, lie.

    The squared distances at three points of the curve, a grid cell apart, are a parabola, whose least is looked for.
    """
    along, reach = _directions(minima, near)
    straight = _to_tangents(minima, w, near)
    for width in (reach, reach / 32.0):
        three = near[:, None] + np.array([-width, 0.0, width])[:, None] * along[:, None]
        before, here, after = np.moveaxis(
            ((_onto_curve(landscape, three, along[:, None]) - w[:, None]) ** 2).sum(-1), 1, 0
        )
        step = width * np.nan_to_num((before - after) / (2.0 * (before - 2.0 * here + after)))
        near = _onto_curve(landscape, near + step[:, None] * along, along)
    on_curve = landscape.value(near) <= minima.value + minima.slack
    return np.where(on_curve, np.linalg.norm(near - w, axis=-1), straight)


def _onto_curve(landscape: Landscape, w: Array, along: Array) -> Array:
    """Take Newton's steps from points `(..., 2)` to a curve of minima, across the direction in which it goes."""
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    for _step in range(2):
        slope = np.vecdot(landscape(w)[1], across)
        curvature = np.vecdot(np.matvec(landscape.hessian(w), across), across)
        w = w - np.where(curvature > 0, slope / np.where(curvature > 0, curvature, 1.0), 0.0)[..., None] * across
    return w


def steepness(gradients: Array) -> Array:
    """Return the norms (...) of gradients (..., 2), also where their squares overflow or vanish."""
    return np.hypot(gradients[..., 0], gradients[..., 1])


class Scale(NamedTuple):
    """What is steep and curved in a box: the medians of gradient norm and largest absolute eigenvalue, its diameter."""

    slope: float
    curvature: float
    diameter: float


def scale(objective: Landscape, box: Box) -> Scale:
    """Measure a box on a coarse grid."""
    _, _, points = grid(box, 41)
    with np.errstate(all="ignore"):
        slopes = steepness(objective(points, 0)[1])
        slopes = slopes[np.isfinite(slopes)]
        hessians = objective.hessian(points).reshape(-1, 2, 2)
        curvatures = np.abs(np.linalg.eigvalsh(hessians[np.isfinite(hessians).all((1, 2))])).max(-1)
    (x0, x1), (y0, y1) = box
    diameter = float(np.hypot(x1 - x0, y1 - y0))
    slope, curvature = (float(np.median(sizes)) if len(sizes) else 0.0 for sizes in (slopes, curvatures))
    return Scale(slope, curvature, diameter)


CLOSE = 1e-3
"""A run has arrived when its loss is within this of the best value, where such a number means anything."""


def closeness(objective: Landscape, box: Box) -> float:
    """Return how near to the best value is near: 0.001, unless in all of the box the loss is far smaller or larger.

    There it is a thousandth of the power of ten that is nearest to a third of what lies between the low and the middle.
    """
    values = _finite(objective, box)
    if not len(values) or _low(values) <= 1e-12 * np.abs(values).max():
        return CLOSE
    gaps = values - values.min()
    low, middle = _low(values), float(np.median(gaps[gaps > 0]))
    if 1e-5 * low <= CLOSE <= 1e-2 * middle:
        return CLOSE
    # The logarithms are added, for the product of two tiny losses is 0.
    return CLOSE * float(10.0 ** np.round((np.log10(0.1 * low) + np.log10(min(middle, 100.0 * low))) / 2.0))


def spacing(objective: Landscape, box: Box) -> Levels:
    """Return how levels are best spaced: by logarithms where both a hill and a hollow would fill the picture alone.

    The top is then four times as high as the middle and, in the geometric mean, 35 times as high as what is in the
    middle and what is low: so the surfaces of the registry were chosen.
    """
    values = _finite(objective, box)
    if not len(values) or np.ptp(values) < 10.0:
        return "linear"
    top, middle, low = np.ptp(values), np.median(values) - values.min(), _low(values)
    with np.errstate(all="ignore"):
        is_stretched = top > 3.95 * middle and np.log10(top / middle) + np.log10(top / low) > 2.0 * np.log10(35.0)
    return "log" if is_stretched else "linear"


def span(objective: Landscape, box: Box) -> tuple[float, float]:
    """Return the least and the largest loss that is met in a box on a coarse grid; inf and −inf where there is none."""
    values = _finite(objective, box)
    return float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))


def _finite(objective: Landscape, box: Box) -> Array:
    with np.errstate(all="ignore"):
        values = objective.value(grid(box, 81)[2])
    return values[np.isfinite(values)]
