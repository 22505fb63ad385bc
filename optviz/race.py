"""A race: several optimizers from one start on one surface, and how each of them ended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.descent import Path, Step, descend, record
from optviz.landscape import Box, Landscape, Minima, Scale, global_minima, scale
from optviz.objectives import Later, Noisy, Penalized
from optviz.optimizers import Array, Optimizer, stack
from optviz.schedules import Factor, unchanged

CLOSE = 1e-3
"""A run has arrived when its loss is within this of the best value."""


class Ending(StrEnum):
    """How a run ended."""

    ARRIVED = "arrived"
    GOING = "going"
    SADDLE = "saddle"
    PLATEAU = "plateau"
    LOCAL_MINIMUM = "local minimum"
    DESCENDING = "descending"
    DIVERGED = "diverged"


class End(NamedTuple):
    """The end of one run.

    `step` is the last one with finite numbers, `w` and `loss` stand there. `distance` is that to the nearest minimum,
    `arrival` the first step within `CLOSE` of the best value: None where the surface has no minimum, or where that step
    never came. For a divergence `limit` is the largest stable learning rate for the curvature met, 2 / lambda_max for
    plain descent, `rate` the learning rate used there and `turn` the step where the loss began to rise; None where no
    such bound is known.
    """

    ending: Ending
    step: int
    w: Array
    loss: float
    slope: float
    distance: float | None
    arrival: int | None
    limit: float | None = None
    rate: float | None = None
    curvature: float | None = None
    turn: int | None = None


@dataclass(frozen=True, eq=False)
class Course:
    """Where a race is run: a surface in its box, with the penalty on it and the noise in its gradient.

    `surface` needs `domain` and `minima`; with a penalty the minima move, and are searched for.
    """

    surface: Landscape
    domain: Box
    marked: Array | None = None
    l1: float = 0.0
    l2: float = 0.0
    sigma: float = 0.0
    seed: int = 0
    minima: Minima = field(init=False)
    scale: Scale = field(init=False)

    def __post_init__(self) -> None:
        """Find the minima and the scale of what is drawn."""
        object.__setattr__(self, "minima", self._minima())
        object.__setattr__(self, "scale", scale(self.drawn, self.domain))

    @property
    def drawn(self) -> Landscape:
        """The surface as it is drawn and judged: with the penalty, without the noise."""
        return Penalized(self.surface, self.l1, self.l2) if self.l1 or self.l2 else self.surface

    @property
    def descended(self) -> Landscape:
        """The objective that the optimizers see."""
        return Noisy(self.drawn, self.sigma, self.seed) if self.sigma else self.drawn

    def penalty(self, w: Array) -> Array:
        """Return the part of the loss that is penalty, `(..., 2) -> (...)`."""
        return Penalized(self.surface, self.l1, self.l2).penalty(w)

    def _minima(self) -> Minima:
        if self.marked is None or self.l1 or self.l2:
            return global_minima(self.drawn, self.domain)
        if not len(self.marked):
            return Minima(float("-inf"), np.empty((0, 2)))
        return Minima(float(np.min(self.surface(self.marked)[0])), self.marked)


class Racer(NamedTuple):
    """One run: an optimizer with its base learning rate and, where it has a schedule of its own, that factor."""

    optimizer: Optimizer
    learning_rate: float
    factor: Factor = unchanged


class Branch(NamedTuple):
    """From `step` on one run, of this number, goes on otherwise: on its own course, at another base learning rate.

    Another `optimizer` begins there with fresh moments; None is the run's own, whose memory goes on. The schedule and
    the noise go on in either case.
    """

    step: int
    run: int
    course: Course
    learning_rate: float
    optimizer: Optimizer | None = None


class Race(NamedTuple):
    """All runs of a race, axis 1 the run: `path.w: (steps+1, runs, 2)`; `penalty: (steps+1, runs)`; one end a run.

    Rows after a run's end are nan.
    """

    path: Path
    penalty: Array
    ends: tuple[End, ...]


def race(course: Course, racers: Sequence[Racer], factor: Callable[[int], float], start: Array, steps: int) -> Race:
    """Run all optimizers from `start: (2,)` for a number of steps, and judge how each ended."""
    return conclude(course, racers, run(course, racers, factor, start, steps))


def run(course: Course, racers: Sequence[Racer], factor: Callable[[int], float], start: Array, steps: int) -> Path:
    """Run all optimizers from `start: (2,)`; learning rates are `learning_rate * factor(t)`, times the racer's own.

    Optimizers of one class run in one loop.
    """
    total = Path(*(np.empty((steps + 1, len(racers), *tail)) for tail in ((2,), (), (2,), (), (2,))))
    for members in {type(racer.optimizer): _group(racers, i) for i, racer in enumerate(racers)}.values():
        schedule = _schedule([racers[i] for i in members], factor)
        optimizer = stack([racers[i].optimizer for i in members])
        begin = np.tile(np.asarray(start, dtype=float), (len(members), 1))
        part = record(descend(course.descended, optimizer, schedule, begin), steps)
        for whole, piece in zip(total, part, strict=True):
            whole[:, members] = piece
    return total


def branch(course: Course, racers: Sequence[Racer], factor: Callable[[int], float], path: Path, at: Branch) -> Path:
    """Return the `path` of a race with one run's future exchanged: its rows from the fork on, all others as they are.

    Row `at.step` is the point that was reached, with its loss and rates under what holds from there on.
    """
    steps = len(path.w) - 1 - at.step
    if at.optimizer is None:
        onward, own = _resumed(course, racers, factor, path, at), _group(racers, at.run).index(at.run)
    else:
        # Its updates are counted from 0, as the bias correction wants them.
        schedule = _schedule([racers[at.run]._replace(learning_rate=at.learning_rate)], factor)
        begin, own = path.w[at.step, [at.run]], 0
        objective = Later(at.course.descended, at.step)
        onward = descend(objective, stack([at.optimizer]), lambda t: schedule(t + at.step), begin)
    future = record(onward, steps)
    branched = Path(*(array.copy() for array in path))
    for whole, piece in zip(branched, future, strict=True):
        whole[at.step :, at.run] = piece[:, own]
    return branched


def _resumed(
    course: Course, racers: Sequence[Racer], factor: Callable[[int], float], path: Path, at: Branch
) -> Iterator[Step]:
    """Go on with the memory of the fork's step, side by side with the same runs as before: bit for bit the same."""
    members = _group(racers, at.run)
    optimizer = stack([racers[i].optimizer for i in members])
    schedule = _schedule([racers[i] for i in members], factor)
    after = _schedule([racers[i]._replace(learning_rate=at.learning_rate) for i in members], factor)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        before = descend(course.descended, optimizer, schedule, path.w[0, members])
        reached = next(islice(before, at.step, None))
    return descend(at.course.descended, optimizer, after, reached.w, reached.memory)


def _group(racers: Sequence[Racer], run: int) -> list[int]:
    """Return the numbers of the runs that share a loop with one of them."""
    return [i for i, racer in enumerate(racers) if type(racer.optimizer) is type(racers[run].optimizer)]


def _schedule(racers: Sequence[Racer], factor: Callable[[int], float]) -> Callable[[int], Array]:
    rates, own = np.array([racer.learning_rate for racer in racers]), [racer.factor for racer in racers]
    if all(each is unchanged for each in own):
        return lambda t: rates * factor(t)
    return lambda t: rates * factor(t) * np.array([each(t) for each in own])


def conclude(course: Course, racers: Sequence[Racer], path: Path) -> Race:
    """Judge paths `w: (steps+1, runs, 2)`, of which each ends at its last finite row."""
    last = _last_finite(path)
    beyond = np.arange(len(path.w))[:, None] > last
    ended = Path(*(np.where(beyond[..., None] if array.ndim == 3 else beyond, np.nan, array) for array in path))
    # A path that diverges may pass what a float can square.
    with np.errstate(over="ignore", invalid="ignore"):
        penalty = course.penalty(ended.w)
        ends = tuple(
            judge(course, racer.optimizer, Path(*(array[: step + 1, i] for array in path)))
            for i, (racer, step) in enumerate(zip(racers, last, strict=True))
        )
    return Race(ended, penalty, ends)


def conclude_branch(course: Course, racers: Sequence[Racer], before: Race, path: Path, at: Branch) -> Race:
    """Judge a forked path: the run by what it did from the fork on, the others as they were judged `before`.

    A run of which only the learning rate changes is still one run, and is judged as a whole.
    """
    old = before.ends[at.run]
    if old.step < at.step:
        return before
    racer = racers[at.run] if at.optimizer is None else racers[at.run]._replace(optimizer=at.optimizer)
    first = 0 if at.optimizer is None and at.course is course else at.step
    judged = conclude(at.course, [racer], Path(*(array[first:, [at.run]] for array in path)))
    end = _counted(judged.ends[0], first)
    if at.course is course and old.arrival is not None and old.arrival < at.step:
        end = end._replace(arrival=old.arrival)
    total, penalty = Path(*(array.copy() for array in before.path)), before.penalty.copy()
    for whole, piece in zip((*total, penalty), (*judged.path, judged.penalty), strict=True):
        whole[first:, at.run] = piece[:, 0]
    return Race(total, penalty, (*before.ends[: at.run], end, *before.ends[at.run + 1 :]))


def _counted(end: End, first: int) -> End:
    """Return an end whose steps are counted from the beginning of a path that was judged from row `first` on."""
    steps = {name: getattr(end, name) for name in ("step", "arrival", "turn")}
    return end._replace(**{name: step + first for name, step in steps.items() if step is not None})


def _last_finite(path: Path) -> NDArray[np.int_]:
    finite = np.isfinite(path.loss) & np.isfinite(path.w).all(-1)
    return np.where(finite.all(0), len(finite), finite.argmin(0)) - 1


def judge(course: Course, optimizer: Optimizer, path: Path) -> End:
    """Say how one run ended; `path` holds its finite rows, `w: (rows, 2)`, `loss: (rows,)`."""
    if not len(path.w):
        nowhere = np.full(2, np.nan)
        return End(Ending.DIVERGED, -1, nowhere, float("nan"), float("nan"), None, None)
    w, loss = path.w[-1], float(path.loss[-1])
    best, points = course.minima
    close = np.flatnonzero(path.loss <= best + CLOSE)
    end = End(
        _ending(course, path),
        len(path.w) - 1,
        w,
        loss,
        float(np.linalg.norm(course.drawn(w)[1])),
        float(np.linalg.norm(points - w, axis=-1).min()) if len(points) else None,
        int(close[0]) if len(points) and len(close) else None,
    )
    return _explained(end, course, optimizer, path) if end.ending is Ending.DIVERGED else end


def _ending(course: Course, path: Path) -> Ending:
    w, loss = path.w[-1], path.loss[-1]
    best, points = course.minima
    if not np.isfinite(course.drawn(w)[1]).all() or _outside(course.domain, w, 1.0):
        lower = not len(points) and loss < path.loss[0]
        return Ending.DESCENDING if lower else Ending.DIVERGED if loss > path.loss[0] else Ending.GOING
    if len(points) and loss <= best + CLOSE:
        return Ending.ARRIVED
    return _stuck(course, path) or (
        Ending.DESCENDING if not len(points) and _outside(course.domain, w, 0.0) else Ending.GOING
    )


def _outside(box: Box, w: Array, margin: float) -> bool:
    low, high = np.array(box).T
    return bool(np.any(w < low - margin * (high - low)) or np.any(w > high + margin * (high - low)))


def _stuck(course: Course, path: Path) -> Ending | None:
    """Name the kind of flat place that holds a run: hardly any slope, and hardly a move in the last tenth of it."""
    slope, curvature, diameter = course.scale
    w = path.w[-1]
    tenth = max(len(path.w) // 10, 5)
    if np.ptp(path.w[-tenth:], axis=0).max() > 0.01 * diameter or _gains(course, path.loss[-tenth:]):
        return None
    g, hessian = course.drawn(w)[1], course.drawn.hessian(w)
    low, high = np.linalg.eigvalsh(hessian)
    if np.linalg.norm(g) > 0.05 * slope:
        return None
    if low < -0.01 * curvature:
        return Ending.SADDLE
    if low > 0.01 * curvature:
        bottom = w - np.linalg.solve(hessian, g)
        near = course.minima.points - bottom
        on_the_way = bool(len(near)) and np.linalg.norm(near, axis=-1).min() < 0.02 * diameter
        return Ending.LOCAL_MINIMUM if np.linalg.norm(w - bottom) < 0.02 * diameter and not on_the_way else None
    return Ending.PLATEAU if high < 0.05 * curvature else None


def _gains(course: Course, loss: Array) -> bool:
    """Whether a run still comes nearer to the best value, by a twentieth of what is left or more."""
    if not len(course.minima.points):
        return False
    gap = loss - course.minima.value
    return bool(gap[0] - gap[-1] > 0.05 * gap[0])


def _explained(end: End, course: Course, optimizer: Optimizer, path: Path) -> End:
    """Add the numbers that explain a divergence, from the first step after which the loss only rose."""
    falls = np.flatnonzero(np.diff(path.loss) <= 0)
    turn = min(int(falls[-1]) + 1 if len(falls) else 0, len(path.w) - 1)
    hessian = course.drawn.hessian(path.w[turn])
    if not np.isfinite(hessian).all():
        return end._replace(turn=turn)
    curvature, rate = float(np.linalg.eigvalsh(hessian)[-1]), float(path.learning_rate[turn])
    limit = optimizer.largest_rate(curvature, turn)
    exceeded = limit is not None and rate > limit
    return end._replace(turn=turn, curvature=curvature, rate=rate, limit=limit if exceeded else None)
