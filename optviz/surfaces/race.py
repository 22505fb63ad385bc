"""A race: several optimizers from one start on one surface, and how each of them ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.optimization.descent import Path, Rates, advance
from optviz.optimization.objectives import Noisy, Penalized
from optviz.optimization.optimizers import Curved, Optimizer
from optviz.optimization.trials import Trial
from optviz.surfaces.exactly import exact_of, number
from optviz.surfaces.landscape import (
    CLOSE,
    EPS,
    ROUNDINGS,
    Box,
    Ground,
    Kind,
    Landscape,
    Minima,
    Scale,
    closeness,
    crosses,
    distances,
    global_minima,
    no_minima,
    scale,
    span,
    steepness,
)

STATIONARY = 8
"""So many of Newton's steps are taken to find the flat point near a run that is held."""
NEARBY = 0.02
"""Who is held is so near to the flat point, as a share of the surface's diameter."""
EVEN = 0.05
"""A place is flat where slope or curvature are at most this share of the surface's usual one."""
FLAT = 1e-6
"""It is too where the slope would gain no more than this share of what is to be gained."""
SOFT = 1e-6
"""What bends so much less one way than the other is asked for in many digits."""
LEVEL = 1e-14
"""What bends so much less one way than the other does not bend there, for a pseudo-inverse."""
RING = 0.01
"""How far around a flat point it is looked whether the loss rises or falls, as a share of the surface's diameter."""


class Ending(StrEnum):
    """How a run ended."""

    ARRIVED = "arrived"
    GOING = "going"
    SADDLE = "saddle"
    PLATEAU = "plateau"
    LOCAL_MINIMUM = "local minimum"
    MAXIMUM = "maximum"
    CLIMBING = "climbing"
    SINGULAR = "singular"
    JUMPED = "jumped"
    DEAD = "dead rate"
    CONSTANT = "constant"
    DESCENDING = "descending"
    DIVERGED = "diverged"
    OVERFLOW = "overflow"
    LEFT = "left"
    NO_VALUE = "no value"


class End(NamedTuple):
    """The end of one run.

    `step` is the last one with finite numbers, `w` and `loss` stand there; it is -1 where there was none at the start.
    `distance` is that to the nearest minimum, `arrival` the first step within `Course.close` of the best value: None
    where the surface has no minimum, or where that step never came. For a divergence or an overflow `limit` is the
    largest stable learning rate for the curvature met, 2 / lambda_max for plain descent, `rate` the learning rate used
    there and `turn` the step where the loss began to rise; None where no such bound is known.
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
    pole: int | None = None


@dataclass(frozen=True, eq=False)
class Course:
    """Where a race is run: a surface in its box, with the penalty on it and the noise in its gradient.

    The minima that are not `marked` are searched for, and those that a penalty has moved. A run has arrived when its
    loss is within `close` of the best value.
    """

    surface: Ground
    domain: Box
    marked: Array | None = None
    l1: float = 0.0
    l2: float = 0.0
    sigma: float = 0.0
    seed: int = 0
    minima: Minima = field(init=False)
    scale: Scale = field(init=False)
    close: float = field(init=False)

    def __post_init__(self) -> None:
        """Find the minima and the scale of what is drawn."""
        object.__setattr__(self, "minima", self._minima())
        object.__setattr__(self, "scale", scale(self.drawn, self.domain))
        close = CLOSE if self.marked is not None else closeness(self.surface, self.domain)
        object.__setattr__(self, "close", close)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The least and the largest loss that is met in the box, on a coarse grid."""
        return span(self.drawn, self.domain)

    @property
    def drawn(self) -> Landscape:
        """The surface as it is drawn and judged: with the penalty, without the noise."""
        return Penalized(self.surface, self.l1, self.l2) if self.l1 or self.l2 else self.surface

    @property
    def descended(self) -> Curved:
        """The objective that the optimizers see."""
        return Noisy(self.drawn, self.sigma, self.seed) if self.sigma else self.drawn

    def penalty(self, w: Array) -> Array:
        """Return the part of the loss that is penalty, `(..., 2) -> (...)`."""
        return Penalized(self.surface, self.l1, self.l2).penalty(w)

    def distances(self, w: Array, *, exact: bool = True) -> Array:
        """Return the distance of each point (rows, 2) to the nearest minimum; nan where there is none."""
        return distances(self.drawn, self.minima, w, exact=exact)

    def _minima(self) -> Minima:
        if self.marked is None or self.l1 or self.l2:
            return global_minima(self.drawn, self.domain)
        if not len(self.marked):
            return no_minima(Kind.FALLS)
        return Minima(float(np.min(self.surface(self.marked)[0])), self.marked)


class Race(NamedTuple):
    """All runs of a race, axis 1 the run: `path.w: (steps+1, runs, 2)`; `penalty: (steps+1, runs)`; one end a run.

    Rows after a run's end are nan.
    """

    path: Path
    penalty: Array
    ends: tuple[End, ...]


def race(runs: Sequence[Trial[Course]], start: Array, steps: int) -> Race:
    """Make all runs of one course from `start: (2,)` for a number of steps, and judge how each ended."""
    return conclude(runs, paths(runs, start, steps))


def paths(runs: Sequence[Trial[Course]], start: Array, steps: int) -> Path:
    """Return the rows of all runs from `start: (2,)`.

    The row at a fork is the point that was reached, with its loss and rates under what holds from there on.
    """
    begin = np.asarray(start, dtype=float)
    return Path(*(np.stack(rows, axis=1) for rows in zip(*(_rows(each, begin, steps) for each in runs), strict=True)))


def _rows(trial: Trial[Course], w: Array, steps: int) -> Path:
    pieces, memory = [], None
    for leg, n in trial.stretches(steps + 1):
        memory = leg.taken_up(memory)
        rates = Rates(leg.rates(leg.first - leg.born + n))
        piece, w, memory = advance(leg.counted(leg.ground.descended), leg.optimizer, rates, w, n, memory)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else Path(*map(np.concatenate, zip(*pieces, strict=True)))


def exchanged(path: Path, number: int, other: Path) -> Path:
    """Return the rows of several runs with those of one run exchanged for those of another alone."""
    return Path(
        *(np.concatenate([a[:, :number], b, a[:, number + 1 :]], axis=1) for a, b in zip(path, other, strict=True))
    )


def conclude(runs: Sequence[Trial[Course]], path: Path) -> Race:
    """Judge the paths `w: (steps+1, runs, 2)` of runs on one course, of which each ends at its last finite row."""
    return _conclude(runs[0].last.ground, [each.last.optimizer for each in runs], path)


def last_rows(runs: Sequence[Trial[Course]], path: Path) -> NDArray[np.int_]:
    """Return the number of the last row of each run of one course, `(runs,)`: all after it are no numbers."""
    return _last(runs[0].last.ground, [each.last.optimizer for each in runs], path)


def _conclude(course: Course, optimizers: Sequence[Optimizer], path: Path) -> Race:
    last = _last(course, optimizers, path)
    beyond = np.arange(len(path.w))[:, None] > last
    ended = Path(*(np.where(beyond[..., None] if array.ndim == 3 else beyond, np.nan, array) for array in path))
    # A path that diverges may pass what a float can square.
    with np.errstate(over="ignore", invalid="ignore"):
        penalty = course.penalty(ended.w)
        ends = tuple(
            judge(
                course,
                optimizer,
                Path(*(array[: step + 1, i] for array in path)),
                None if step + 1 == len(path.w) else _halt(course, Path(*(array[:, i] for array in path)), int(step)),
            )
            for i, (optimizer, step) in enumerate(zip(optimizers, last, strict=True))
        )
    return Race(ended, penalty, ends)


def conclude_fork(trial: Trial[Course], number: int, before: Race, path: Path) -> Race:
    """Judge paths of which one run was forked: it by what it did from the fork on, the others as they were before.

    A run of which only the learning rate changes is still one run, and is judged as a whole.
    """
    old, leg, past = before.ends[number], trial.last, trial.legs[-2]
    if old.step < leg.first:
        return before
    is_same_course = leg.ground is past.ground
    first = 0 if is_same_course and leg.born == past.born else leg.first
    judged = _conclude(leg.ground, [leg.optimizer], Path(*(array[first:, [number]] for array in path)))
    end = _counted(judged.ends[0], first)
    if is_same_course and old.arrival is not None and old.arrival < leg.first:
        end = end._replace(arrival=old.arrival)
    total, penalty = Path(*(array.copy() for array in before.path)), before.penalty.copy()
    for whole, piece in zip((*total, penalty), (*judged.path, judged.penalty), strict=True):
        whole[first:, number] = piece[:, 0]
    return Race(total, penalty, (*before.ends[:number], end, *before.ends[number + 1 :]))


def _counted(end: End, first: int) -> End:
    """Return an end whose steps are counted from the beginning of a path that was judged from row `first` on."""
    steps = {name: getattr(end, name) for name in ("step", "arrival", "turn", "pole")}
    return end._replace(**{name: step + first for name, step in steps.items() if step is not None})


def _last(course: Course, optimizers: Sequence[Optimizer], path: Path) -> NDArray[np.int_]:
    """Return the last row of each run with finite numbers, up to which also no moment has overflowed."""
    finite = np.isfinite(path.loss) & np.isfinite(path.w).all(-1)
    # Divided by an infinite second moment every step is 0.
    if not path.rate.all():
        # Where the gradient is 0 a step may be 0 too.
        with np.errstate(over="ignore", invalid="ignore"):
            pulled = course.drawn(path.point)[1] != 0
        stopped = ((path.rate == 0) & pulled).any(-1) & (path.learning_rate != 0)
        # A search may find no step, and go on from there.
        stopped &= [not optimizer.rule.heeds_losses for optimizer in optimizers]
        finite[1:] &= stopped.cumsum(0)[:-1] == 0
    return np.where(finite.all(0), len(finite), finite.argmin(0)) - 1


def _halt(course: Course, path: Path, last: int) -> Ending:
    """Say why the numbers of one run end after a row: the surface has no value there, or they overflow."""
    if last < 0:
        return Ending.NO_VALUE if course.surface.undefined(path.w[0]) else Ending.OVERFLOW
    following, loss = path.w[last + 1], path.loss[last + 1]
    if not np.isfinite(following).all():
        # Then it is the gradient that was not finite.
        at = path.point[last]
        return Ending.LEFT if np.isfinite(at).all() and course.surface.undefined(at) else Ending.OVERFLOW
    if not np.isfinite(loss) and course.surface.undefined(following):
        return Ending.LEFT
    return Ending.DESCENDING if loss == -np.inf else Ending.OVERFLOW


def judge(course: Course, optimizer: Optimizer, path: Path, halt: Ending | None = None) -> End:
    """Say how one run ended; `path` holds its finite rows, `w: (rows, 2)`, `loss: (rows,)`.

    `halt` is why there are no more rows, None where all steps were taken.
    """
    if not len(path.w):
        nowhere = np.full(2, np.nan)
        return End(halt or Ending.NO_VALUE, -1, nowhere, float("nan"), float("nan"), None, None)
    w, loss = path.w[-1], float(path.loss[-1])
    minima = course.minima
    close = np.flatnonzero(np.abs(path.loss - minima.value) <= course.close).tolist() if minima.known else []
    pole = _pole(course, path)
    ending = _ending(course, optimizer, path, halt)
    if pole is not None and ending not in _IN_SPITE_OF_POLES:
        ending = Ending.JUMPED
    end = End(
        ending,
        len(path.w) - 1,
        w,
        loss,
        float(steepness(course.drawn(w)[1])),
        _distance(course, w, ending),
        close[0] if close else None,
        pole=pole,
    )
    return _explained(end, course, optimizer, path) if ending in (Ending.DIVERGED, Ending.OVERFLOW) else end


_IN_SPITE_OF_POLES = (Ending.ARRIVED, Ending.LEFT, Ending.OVERFLOW)
"""These are told first: where a run is that has arrived, and why others go no farther."""


def _pole(course: Course, path: Path) -> int | None:
    """Return the first row beyond a pole that a path has jumped over, None where there is none."""
    crossed = np.flatnonzero(crosses(course.surface, path.w[:-1], path.w[1:]))
    return int(crossed[0]) + 1 if len(crossed) else None


def _distance(course: Course, w: Array, ending: Ending) -> float | None:
    distance = float(course.distances(w[None])[0])
    if ending is Ending.ARRIVED and _outside(course.domain, w, 0.0):
        # What repeats itself has minima beyond the box too.
        here = _stationary(course, w, course.drawn(w)[1])
        distance = distance if here is None else min(distance, float(np.linalg.norm(here - w)))
    return None if np.isnan(distance) else distance


def _ending(course: Course, optimizer: Optimizer, path: Path, halt: Ending | None) -> Ending:
    loss, minima = path.loss[-1], course.minima
    if halt is Ending.LEFT:
        return halt
    if minima.kind is Kind.EVERYWHERE:
        return Ending.CONSTANT
    if halt is None and minima.known and abs(loss - minima.value) <= course.close:
        return Ending.ARRIVED
    return _on_the_way(course, optimizer, path, halt)


def _on_the_way(course: Course, optimizer: Optimizer, path: Path, halt: Ending | None) -> Ending:
    """Say what a run does that has not arrived: where it goes, or else what holds it."""
    w, loss, minima = path.w[-1], path.loss[-1], course.minima
    falls = loss < path.loss[0] and (not minima.known or loss < minima.value - course.close)
    g = course.drawn(w)[1]
    is_away = halt is not None or not np.isfinite(g).all() or _outside(course.domain, w, 1.0)
    held = None if halt else _stuck(course, path, g)
    if optimizer.follows_curvature and (held is None or (is_away and held is Ending.PLATEAU)):
        held = _misled(course, path, g) or held
    if held is None and halt is None:
        held = _lost(course, path)
    if is_away and loss > path.loss[0]:
        return Ending.DIVERGED if held in (None, Ending.SINGULAR) else held
    if is_away and falls:
        return Ending.DESCENDING
    if halt:
        return halt
    tenth = path.learning_rate[-_tenth(path) :]
    # A rate that is 0 only in the end explains no flat place.
    if not tenth.any() or not (held or tenth[-1]):
        return Ending.DEAD
    return held or (Ending.DESCENDING if falls and _outside(course.domain, w, 0.0) else Ending.GOING)


def _lost(course: Course, path: Path) -> Ending | None:
    """Say that a run is on a plateau where it moves on, but not towards a minimum."""
    if not course.minima.known:
        return None
    last = Path(*(rows[-_tenth(path) :] for rows in path))
    away = course.distances(last.w, exact=False)
    slopes = steepness(course.drawn(last.w)[1])
    return Ending.PLATEAU if away[-1] >= away[0] and leads_nowhere(course, slopes, last.loss).all() else None


def _misled(course: Course, path: Path, g: Array) -> Ending | None:
    """Say what becomes of a run that divides by the curvature, where that is negative or none."""
    moves = path.w[1:] != path.w[:-1]
    uphill = climbs(course, path)[moves.any(-1)]
    uphill = uphill[len(uphill) // 2 :][-_tenth(path) :]
    if len(uphill) and uphill.all():
        return Ending.CLIMBING
    hessian = course.drawn.hessian(path.w[-1])
    if not np.isfinite(hessian).all():
        return None
    curvatures, axes = np.linalg.eigh(hessian)
    level = np.abs(curvatures) <= LEVEL * np.abs(curvatures).max()
    return Ending.SINGULAR if np.linalg.norm(g @ axes[:, level]) > 0.9 * np.linalg.norm(g) else None


def climbs(course: Course, path: Path) -> NDArray[np.bool_]:
    """Return of each step of a path whether it leads uphill from where the Hessian is not positive definite."""
    w, steps = path.w[:-1], np.diff(path.w, axis=0)
    hessians = course.drawn.hessian(w)
    is_bent_down = np.linalg.eigvalsh(np.where(np.isfinite(hessians), hessians, 0.0))[:, 0] < 0
    return is_bent_down & (np.vecdot(course.drawn(w)[1], steps) > 0)


def _tenth(path: Path) -> int:
    """Return how many rows are the last tenth of a run."""
    return max(len(path.w) // 10, 5)


def _outside(box: Box, w: Array, margin: float) -> bool:
    return any(
        not low - margin * (high - low) <= x <= high + margin * (high - low)
        for x, (low, high) in zip(w.tolist(), box, strict=True)
    )


def _stuck(course: Course, path: Path, g: Array) -> Ending | None:
    """Name the kind of flat place that holds a run: hardly any slope, and hardly a move in the last tenth of it."""
    w, tenth = path.w[-1], _tenth(path)
    if np.ptp(path.w[-tenth:], axis=0).max() > 0.01 * course.scale.diameter or _gains(course, path.loss[-tenth:]):
        return None
    slope = steepness(g)
    if not is_even(course, slope, path.loss[-1]):
        return None
    is_low = path.loss[-1] < path.loss[0] and path.loss[-1] <= course.span[0] + course.close
    if course.minima.kind is Kind.GAP and is_low:
        return Ending.DESCENDING
    here = _stationary(course, w, g)
    if here is not None:
        kind = _place(course, here)
        on_the_way = kind is Ending.LOCAL_MINIMUM and course.drawn.value(here) - course.minima.value <= course.close
        return None if course.minima.known and on_the_way else kind
    if course.minima.kind is Kind.FALLS and (is_low or np.all(np.diff(path.loss[-tenth:]) < 0)):
        return Ending.DESCENDING
    is_bent = np.linalg.eigvalsh(course.drawn.hessian(w))[-1] >= EVEN * course.scale.curvature
    return None if is_bent and not leads_nowhere(course, slope, path.loss[-1]) else Ending.PLATEAU


def is_even(course: Course, slope: Array, loss: Array) -> NDArray[np.bool_]:
    """Whether hardly any slope is left where the gradient's norm and the loss are these."""
    return np.asarray(slope <= EVEN * course.scale.slope) | leads_nowhere(course, slope, loss)


def leads_nowhere(course: Course, slope: Array, loss: Array) -> NDArray[np.bool_]:
    """Whether all of the picture at such a slope would gain next to nothing of what is to be gained."""
    least, most = course.span
    return np.asarray(slope * course.scale.diameter <= FLAT * (np.minimum(loss, most) - least))


def _stationary(course: Course, w: Array, g: Array) -> Array | None:
    """Return the flat point nearby to which Newton's steps from w lead, None where they lead to none."""
    # Below this a slope is only rounding.
    flat = max(1e-3 * float(np.linalg.norm(g)), 1e-12 * course.scale.slope)
    here, slope, before = w, g, np.inf
    for _step in range(STATIONARY + 1):
        hessian = course.drawn.hessian(here)
        if not np.isfinite(hessian).all():
            return None
        curvatures, axes = np.linalg.eigh(hessian)
        stiff = np.abs(curvatures).max()
        bent = np.abs(curvatures) > 1e-12 * stiff
        step = axes @ np.divide(slope @ axes, curvatures, out=np.zeros(2), where=bent)
        size = float(np.linalg.norm(step))
        if np.linalg.norm(slope) <= flat and _comes_to_rest(course, size, before):
            soft = axes.T[np.abs(curvatures) <= SOFT * stiff]
            return here if all(_is_level(course, here, axis) for axis in soft) else None
        here, before = here - step, size
        if not np.linalg.norm(here - w) <= NEARBY * course.scale.diameter:
            return None
        slope = course.drawn(here)[1]
    return None


def _is_level(course: Course, w: Array, axis: Array) -> bool:
    """Whether along an axis on which a point hardly bends it is level there, or nearby, with many digits."""
    # Surfaces whose minima are known have no valley that falls so slightly.
    exact = exact_of(course.drawn) if course.marked is None else None
    if exact is None:
        return True
    way = exact.way(number(w), axis.tolist())
    if _comes_to_rest(course, abs(way), np.inf):
        return True
    return np.isfinite(way) and _comes_to_rest(course, abs(exact.way(number(w - way * axis), axis.tolist())), abs(way))


def _comes_to_rest(course: Course, size: float, before: float) -> bool:
    """Whether Newton's steps, of which the next has this size and the last had that, lead to a point nearby.

    Down a high power they shrink so slowly that the slope is far smaller soon, and the flat point still far away.
    """
    near = NEARBY * course.scale.diameter
    return size <= 1e-6 * near or (size < before < np.inf and size / (1.0 - size / before) <= near)


def _place(course: Course, w: Array) -> Ending:
    """Name a flat point: by its curvatures, or where one of them vanishes by the losses around it."""
    low, high = np.linalg.eigvalsh(course.drawn.hessian(w))
    least = 1e-6 * max(-low, high)
    if low < -least and high > least:
        return Ending.SADDLE
    if low > least:
        return Ending.LOCAL_MINIMUM
    if high < -least:
        return Ending.MAXIMUM
    angles = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    ring = w + RING * course.scale.diameter * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    rises = course.drawn.value(ring) - course.drawn.value(w)
    most = np.abs(rises).max()
    # What differs by rounding alone is flat.
    if not most > ROUNDINGS * EPS * abs(float(course.drawn.value(w))):
        return Ending.PLATEAU
    least = 1e-6 * most
    if np.any(rises < -least):
        return Ending.SADDLE if np.any(rises > least) else Ending.MAXIMUM
    return Ending.LOCAL_MINIMUM


def _gains(course: Course, loss: Array) -> bool:
    """Whether a run still comes nearer to the best value, by a twentieth of what is left or more."""
    if not course.minima.known:
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
