"""Maps: what becomes of the runs of a whole grid, whose columns and rows differ in one number each.

A map is said in plain words and numbers, so that any process makes the same; a level of it is made in blocks of rows.
Its numbers are those of the single runs (`race`), but for functions that the C library and NumPy round differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.jobs import Block
from optviz.optimization.descent import Schedule, Settled, settle
from optviz.optimization.optimizers import OPTIMIZERS, Optimizer
from optviz.optimization.schedules import factor_of
from optviz.optimization.trials import factors
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.landscape import Kind, grid, steepness
from optviz.surfaces.race import EVEN, NEARBY, Course, is_even, leads_nowhere

LR, L2, X1, X2, STEPS = "lr", "l2", "x1", "x2", "steps"
"""What an axis may be besides a setting of the optimizer."""
LEVELS = (8, 16, 64, 128, 256)
"""The cells along a side, from coarse to fine."""
MOST = 60_000_000
"""The steps of all runs of a level at most: some ten seconds of one processor in NumPy, two compiled."""
BLOCK = 500_000
"""So many steps are a block: a tenth of a second in NumPy."""
TURNS = 3
"""A run oscillates whose step turns back at least so often,"""
TURNING = 0.05
"""and, where it has not arrived, in this share of its steps."""
STILL = 0.01
"""A run is held that moves no farther in its last tenth, as a share of the surface's diameter."""
GAINS = 0.05
"""Who comes nearer to the least loss by this share of what is left is held by nothing."""
SAME = 1e-3
"""Flat points nearer to each other are one, as a share of the surface's diameter."""
SEARCHED = 41
"""The points along each side of a grid from which flat points are searched for."""
NEWTON = 12
"""So many of Newton's steps lead to them."""


class Regime(IntEnum):
    """What became of a run."""

    ARRIVES = 0
    RINGS = 1
    """It arrives, and its step turned back at least `TURNS` times before."""
    SLOW = 2
    OSCILLATES = 3
    """It has not arrived, and goes on turning back."""
    HELD = 4
    """It stands on a flat point with a larger loss than the least, or on a plateau."""
    DIVERGES = 5
    FALLS = 6
    """It left the picture, and its loss is less than at the start: the surface has no minimum there."""
    NO_VALUE = 7
    """It ends where the formula has no value, or begins there."""


ARRIVED = (Regime.ARRIVES, Regime.RINGS)


@dataclass(frozen=True)
class Axis:
    """A number that differs along a side, from `low` to `high`: `name` is `LR`, … or a setting of the optimizer."""

    name: str
    low: float
    high: float
    scale: str = "linear"
    whole: bool = False

    def along(self, value: Number) -> Number:
        """Return how far along a value lies, 0 at `low` and 1 at `high`."""
        low, high, at = (np.log(each) if self.scale == "log" else each for each in (self.low, self.high, value))
        return (at - low) / (high - low)

    def between(self, share: Number) -> Number:
        """Return what lies so far along."""
        if self.scale == "log":
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def at(self, share: Number) -> Number:
        """Return the value so far along."""
        found = self.between(share)
        return cast(Number, np.rint(found) if self.whole else found)

    def cells(self, n: int) -> Array:
        """Return the values in the middle of n cells."""
        return np.asarray(self.at((np.arange(n) + 0.5) / n))


@dataclass(frozen=True, kw_only=True)
class Map:
    """What all runs have in common, and the two numbers in which they differ; what an axis says stands here as well."""

    ground: Ground
    optimizer: Choice
    learning_rate: float
    schedule: Choice
    warmup: int
    start: tuple[float, float]
    steps: int
    x: Axis
    y: Axis

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Both axes."""
        return self.x, self.y


def bare(spec: Map) -> Map:
    """Return the same map without what its axes say otherwise: maps that are the same are equal then."""
    for name in {axis.name for axis in spec.axes}:
        spec = _with(spec, name, 0.0)
    return spec


def _with(spec: Map, name: str, value: float) -> Map:
    """Return a map of which one number is another."""
    match name:
        case "lr":
            return replace(spec, learning_rate=float(value))
        case "l2":
            return replace(spec, ground=replace(spec.ground, l2=float(value)))
        case "x1":
            return replace(spec, start=(float(value), spec.start[1]))
        case "x2":
            return replace(spec, start=(spec.start[0], float(value)))
        case "steps":
            return replace(spec, steps=int(value))
    values = {**OPTIMIZERS[spec.optimizer.name].defaults, **dict(spec.optimizer.values)}
    return replace(spec, optimizer=Choice(spec.optimizer.name, tuple({**values, name: value}.items())))


def cell_of(spec: Map, x: float, y: float) -> Map:
    """Return the map whose own numbers are those of the cell at these values: that of the single run."""
    return _with(_with(spec, spec.x.name, x), spec.y.name, y)


class Cells(NamedTuple):
    """What became of the runs of some rows, each `(rows, n)`.

    `regime` is a `Regime`; `arrival` the step at which it came close to the least loss, −1 if never; `turns` how often
    its step turned by more than 90°; `loss` the last one that is finite; `goal` the number of the minimum (`goals_of`)
    at which it ends, −1 where that is none.
    """

    regime: NDArray[np.uint8]
    arrival: NDArray[np.int32]
    turns: NDArray[np.int32]
    loss: Array
    goal: NDArray[np.int16]


def levels_of(spec: Map, finest: int) -> tuple[int, ...]:
    """Return the cells along a side of each level, up to the finest that is asked for and takes no more than `MOST`."""
    found = [n for n in LEVELS if n <= finest and n * n * longest(spec) <= MOST]
    return tuple(found) or LEVELS[:1]


def longest(spec: Map) -> int:
    """Return how many steps the longest run of a map has."""
    return next((int(axis.high) for axis in spec.axes if axis.name == STEPS), spec.steps)


def blocks_of(spec: Map, n: int) -> list[Block]:
    """Return the blocks of a level, of whose results `joined` makes one."""
    rows = max(1, min(n, BLOCK // (n * longest(spec))))
    return [Block(cells, (spec, n, first, min(first + rows, n))) for first in range(0, n, rows)]


def joined(parts: list[Cells]) -> Cells:
    """Return the cells of blocks of rows that follow each other."""
    return Cells(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def cells(spec: Map, n: int, first: int = 0, last: int | None = None) -> Cells:
    """Return what becomes of rows first … last − 1 of n × n cells: along them x differs, from one to the next y."""
    xs, ys = spec.x.cells(n), spec.y.cells(n)[first:last]
    shape = (len(ys), len(xs))
    values = {spec.x.name: np.broadcast_to(xs, shape), spec.y.name: np.broadcast_to(ys[:, None], shape)}
    found = Cells(*(np.empty(shape, dtype=kind) for kind in (np.uint8, np.int32, np.int32, float, np.int16)))
    for where, part in _groups(spec, values, shape):
        own = {name: array[where] for name, array in values.items()}
        for name, each in _judged(part, own)._asdict().items():
            getattr(found, name)[where] = each
    return found


def _groups(spec: Map, values: dict[str, Array], shape: tuple[int, ...]) -> Iterator[tuple[NDArray[np.bool_], Map]]:
    """Yield the cells that have the same surface and as many steps, and the map with these."""
    apart = [name for name in (L2, STEPS) if name in values]
    if not apart:
        yield np.ones(shape, dtype=bool), spec
        return
    together = np.stack([values[name] for name in apart])
    for each in np.unique(together.reshape(len(apart), -1), axis=1).T:
        part = spec
        for name, value in zip(apart, each, strict=True):
            part = _with(part, name, float(value))
        yield (together == each[:, None, None]).all(0), part


def _judged(spec: Map, values: dict[str, Array]) -> Cells:
    """Make the runs of some cells of one surface, `values: (runs,)`, and say what became of them."""
    course, runs = course_of(spec.ground), len(next(iter(values.values())))
    places = (np.broadcast_to(values.get(name, usual), runs) for name, usual in zip((X1, X2), spec.start, strict=True))
    starts = np.stack([*places], axis=-1)
    early = max(spec.steps + 1 - max((spec.steps + 1) // 10, 5), 0)
    end = settle(
        course.descended,
        _optimizer(spec, values),
        _schedule(spec, values.get(LR)),
        starts,
        spec.steps,
        value=course.minima.value,
        close=course.close,
        early=early,
    )
    with np.errstate(all="ignore"):
        found = _named(course, end, course.drawn.value(starts), spec.steps, goals=L2 not in values)
    if not factors(factor_of(spec.schedule, spec.warmup), spec.steps + 1)[early:].any():
        # It is the learning rate that holds it.
        found.regime[found.regime == Regime.HELD] = Regime.SLOW
    return found


def _optimizer(spec: Map, values: dict[str, Array]) -> Optimizer:
    recipe = OPTIMIZERS[spec.optimizer.name]
    own = {name: array[:, None] for name, array in values.items() if name in recipe.defaults}
    return recipe(**{**dict(spec.optimizer.values), **own})


def _schedule(spec: Map, rates: Array | None) -> Schedule:
    """Return the learning rates, one object for all steps where they never change."""
    factor = factors(factor_of(spec.schedule, spec.warmup), spec.steps)
    rate: Number = spec.learning_rate if rates is None else rates
    if (factor == factor[0]).all():
        steady = rate * factor[0]
        return lambda t: steady
    return lambda t: rate * factor[t]


def _named(course: Course, end: Settled, begun: Array, steps: int, *, goals: bool) -> Cells:
    """Name what became of runs whose losses were `begun: (runs,)` at the start, and at which of the `goals` they end.

    Surfaces that differ have other goals, each its own.
    """
    minima, box = course.minima, np.array(course.domain)
    whole = end.step == steps
    arrived = whole & (minima.kind is Kind.EVERYWHERE)
    if minima.known:
        arrived |= whole & (np.abs(end.loss - minima.value) <= course.close)
    g = course.drawn(end.w)[1]
    margin = box[:, 1] - box[:, 0]
    beyond, outside = (
        ((end.w < low) | (end.w > high)).any(-1)
        for low, high in ((box[:, 0], box[:, 1]), (box[:, 0] - margin, box[:, 1] + margin))
    )
    # As `race` has it: who is away has diverged where its loss is larger than at the start.
    away = ~whole | outside | ~np.isfinite(g).all(-1)
    falls = (away | beyond) & (end.loss < begun) & (not minima.known or end.loss < minima.value - course.close)
    held, here = _held(course, end, g, arrived, whole)
    goal = _goal(course, here, arrived, held) if goals else np.full(len(begun), -1)
    turned = end.turns >= np.where(arrived, TURNS, np.maximum(TURNS, TURNING * end.step))
    regime = np.select(
        [
            end.step < 0,
            arrived & turned,
            arrived,
            held,
            falls,
            ~whole & ~outside & has_gaps(course),
            away,
            turned,
        ],
        [
            Regime.NO_VALUE,
            Regime.RINGS,
            Regime.ARRIVES,
            Regime.HELD,
            Regime.FALLS,
            Regime.NO_VALUE,
            Regime.DIVERGES,
            Regime.OSCILLATES,
        ],
        Regime.SLOW,
    )
    numbers = (regime, end.arrival, end.turns, end.loss, goal)
    kinds = (np.uint8, np.int32, np.int32, float, np.int16)
    return Cells(*(each.astype(kind) for each, kind in zip(numbers, kinds, strict=True)))


@lru_cache(maxsize=64)
def has_gaps(course: Course) -> bool:
    """Whether there are points in the box at which a surface has no value."""
    with np.errstate(all="ignore"):
        return not np.isfinite(course.drawn.value(grid(course.domain, SEARCHED)[2])).all()


def _held(
    course: Course, end: Settled, g: Array, arrived: NDArray[np.bool_], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Array]:
    """Return which runs a flat place holds that is not the least, and these points, elsewhere the ends `(runs, 2)`.

    They hardly move in their last tenth, with hardly any slope, and gain nothing, as `race` has it: near a flat point,
    or on a plateau, where no such point is near and nothing bends.
    """
    slope, size = steepness(g), course.scale.diameter
    still = np.linalg.norm(end.w - end.early, axis=-1) <= STILL * size
    still &= ~arrived & whole & is_even(course, slope, end.loss)
    if course.minima.known:
        gap, before = end.loss - course.minima.value, course.drawn.value(end.early) - course.minima.value
        still &= ~(before - gap > GAINS * before)
    here, flat = end.w.copy(), np.zeros(len(end.w), dtype=bool)
    here[still], flat[still] = _flat_point(course, end.w[still], slope[still])
    higher = course.drawn.value(here) - course.minima.value > course.close
    near = np.linalg.norm(here - end.w, axis=-1) <= NEARBY * size
    bent = np.zeros(len(end.w), dtype=bool)
    bent[still] = _bends(course, end.w[still]) & ~leads_nowhere(course, slope[still], end.loss[still])
    return still & ((flat & near & higher) | ~((flat & near) | bent)), here


def _bends(course: Course, w: Array) -> NDArray[np.bool_]:
    """Return whether a surface bends upwards at points `(k, 2)`, as it does in a valley."""
    hessian = course.drawn.hessian(w)
    hessian = np.where(np.isfinite(hessian), hessian, 0.0)
    return np.asarray(np.linalg.eigvalsh(hessian)[:, -1] >= EVEN * course.scale.curvature)


def _goal(course: Course, here: Array, arrived: NDArray[np.bool_], held: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Return the number of the minimum at which runs end, −1 where that is none."""
    goals, goal = goals_of(course), np.full(len(here), -1)
    if len(goals.points):
        apart = np.linalg.norm(goals.points - here[:, None], axis=-1)
        local = held & (apart.min(-1) <= SAME * course.scale.diameter)
        goal[local] = apart.argmin(-1)[local]
        if goals.lowest:
            goal[arrived] = apart[:, : goals.lowest].argmin(-1)[arrived]
    return goal


def _flat_point(course: Course, w: Array, slope: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return where Newton's steps lead from points `(k, 2)`, and whether it is flat there."""
    here, g = w, course.drawn(w)[1]
    for _step in range(NEWTON):
        step = np.matvec(_inverse(course.drawn.hessian(here)), g)
        here = here - step
        g = course.drawn(here)[1]
        if not (np.abs(step) > 1e-12 * course.scale.diameter).any():
            break
    least = np.maximum(1e-3 * slope, 1e-12 * course.scale.slope)
    flat = np.isfinite(here).all(-1) & (steepness(g) <= least)
    return np.where(flat[:, None], here, w), flat


def _inverse(hessian: Array) -> Array:
    """Return the inverses of symmetric matrices `(k, 2, 2)`, pseudo-inverses where they are singular."""
    (a, b), (_b, c) = hessian[:, 0].T, hessian[:, 1].T
    bottom = a * c - b * b
    inverse: Array = np.array([[c, -b], [-b, a]]).transpose(2, 0, 1) / bottom[:, None, None]
    bad = ~(np.abs(bottom) > 1e-12 * (a * a + 2.0 * b * b + c * c))
    if bad.any():
        inverse[bad] = np.linalg.pinv(np.where(np.isfinite(hessian[bad]), hessian[bad], 0.0), hermitian=True)
    return inverse


class Goals(NamedTuple):
    """The minima of a course `(k, 2)`: those with the least loss first, `lowest` of them, then the local ones."""

    points: Array
    lowest: int


@lru_cache(maxsize=64)
def goals_of(course: Course) -> Goals:
    """Return the minima at which runs may end, the local ones by their losses; those that lie in no point are one."""
    minima, box = course.minima, np.array(course.domain)
    lowest = minima.points if minima.kind is Kind.POINTS else minima.points[:1]
    with np.errstate(all="ignore"):
        start = grid(course.domain, SEARCHED)[2].reshape(-1, 2)
        found, flat = _flat_point(course, start, steepness(course.drawn(start)[1]))
        hessian = course.drawn.hessian(found)
        flat &= ((found >= box[:, 0]) & (found <= box[:, 1])).all(-1) & np.isfinite(hessian).all((1, 2))
        flat[flat] = np.linalg.eigvalsh(hessian[flat])[:, 0] > 1e-6 * course.scale.curvature
        value = course.drawn.value(found)
    local = flat & ~(value - minima.value <= course.close) if minima.known else flat
    points = list(lowest)
    for point in found[local][np.argsort(value[local], kind="stable")]:
        if all(np.linalg.norm(point - other) > SAME * course.scale.diameter for other in points):
            points.append(point)
    return Goals(np.array(points).reshape(-1, 2), len(lowest))


# ---- what theory says


class Bounds(NamedTuple):
    """Learning rates beyond which a quadratic of the curvature at the minimum oscillates, and diverges; (n,) each."""

    smooth: Array
    stable: Array


def bounds_of(spec: Map, values: Array) -> Bounds:
    """Return the bounds of the learning rate at values of the other axis; nan where theory has none."""
    (other,) = (axis for axis in spec.axes if axis.name != LR)
    smooth, stable = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for k, value in enumerate(values):
        part = _with(spec, other.name, float(value))
        curvature = curvature_of(part.ground)
        optimizer = _optimizer(part, {})
        if curvature > 0:
            for bound, product in ((smooth, optimizer.smooth_product()), (stable, optimizer.stable_product())):
                if product is not None and optimizer.rule.spread is None:
                    bound[k] = product / curvature
    return Bounds(smooth, stable)


@lru_cache(maxsize=512)
def curvature_of(ground: Ground) -> float:
    """Return the largest curvature at any of the lowest minima, 0 where there is none or it is not known."""
    course = course_of(replace(ground, l2=0.0))
    goals = goals_of(course)
    if not goals.lowest:
        return 0.0
    hessian = course.drawn.hessian(goals.points[: goals.lowest])
    if not np.isfinite(hessian).all():
        return 0.0
    return float(np.linalg.eigvalsh(hessian)[:, -1].max()) + ground.l2
