"""Why a run does not arrive: the moment when something goes wrong, and the numbers of that moment which explain it.

Nothing is found in a run that arrives. What is found holds from its moment to the end of the run.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.optimization.descent import Path
from optviz.optimization.optimizers import Optimizer
from optviz.optimization.trials import Trial
from optviz.surfaces.landscape import steepness
from optviz.surfaces.race import Course, End, Ending, Race, climbs, is_even

ROUND = 2.0 * np.pi
"""The angle by which the steps turn in one round, about the minimum or over it and back."""
BACK = 0.75 * np.pi
"""A step that turns by more goes back: it counts as half a round."""
LASTING = 0.9
"""A run goes on swinging from a row on if it is going round in so many of the rows that follow."""
STRAIGHT = 0.7
"""Who goes round comes no farther than this share of the way (2/π in half an ellipse); who only bends comes farther."""
AT_BOUND = 0.8
"""From this share of the largest stable lr·λ on, a swing hardly shrinks: of plain descent 0.6 is left each step."""
WINDING = 0.5
"""In what is a circle at least this share of all turning goes the same way about."""
SEEN = 0.005
"""The way of a round, as a share of the surface's diameter, below which nobody sees it."""
DEAD = 0.1
"""A learning rate is dead when it has fallen to this share, if what is left could be covered with what it was."""
PERIOD = 5
"""The pace of a run is taken over as many steps at least, so that one short step is no crawl."""
PATIENCE = 50
"""A run that needs no more steps than that is not slow, but begun."""
STAYS = 0.01
"""A run is held where it moves no farther than this share of the surface's diameter."""


class Trouble(StrEnum):
    """What goes wrong."""

    DIVERGED = "diverged"
    SWINGING = "swinging"
    CRAWLING = "crawling"
    DEAD_RATE = "dead rate"
    SADDLE = "saddle"
    PLATEAU = "plateau"
    LOCAL_MINIMUM = "local minimum"
    MAXIMUM = "maximum"
    CLIMBING = "climbing"
    SINGULAR = "singular"
    JUMPED = "jumped"
    OVERFLOW = "overflow"
    LEFT = "left"


class Cause(StrEnum):
    """Why a run swings: its rate is at the bound, the gradient is noisy, momentum carries it past, or none of these."""

    RATE = "rate"
    NOISE = "noise"
    MOMENTUM = "momentum"
    OTHER = "other"


class Finding(NamedTuple):
    """What goes wrong in one run from row `step` on, with the numbers of that row.

    `rate` is the learning rate, `slope` the norm of the gradient, `low` and `high` are the eigenvalues of the Hessian
    and `left` is the distance to the nearest minimum (nan where none is known).

    - left and overflow: `turn` is the step that could not be taken any more; `limit` as below.
    - diverged: the loss was `first` at the start and is `loss`. `limit` is the largest stable learning rate for the
      curvature `high`; None where it is not known or not broken. There `step` is the first whose loss is above all
      before, and `turn` the one where it began to rise.
    - jumped: at this row it stands beyond a pole, which it crossed in the step before, where rate, slope and curvatures
      are from; the loss was `first` before and is `loss`. Others have jumped over a `pole` at that row before.
    - swinging: at this row it has gone round once, `circling` if it turned the same way about rather than back. From
      here on the median round takes `period` steps, the median step is `pace` long, and `product` is the median of
      rate x curvature, the largest eigenvalue of `D H D`, `D^2` the effective learning rates; `bound` is the largest
      stable one, `decay` that of the momentum.
    - crawling and dead rate: `pace` is how far it comes per step, `further` how many steps are left at this pace;
      `effective` the learning rate of the coordinate in which most is left, `before` its largest so far; `scheduled`
      whether it is the schedule that has made it small. Where it is 0 it is so from `step` on.
    """

    trouble: Trouble
    step: int
    rate: float
    slope: float
    low: float
    high: float
    left: float = float("nan")
    turn: int = 0
    limit: float | None = None
    cause: Cause = Cause.OTHER
    circling: bool = False
    period: int = 0
    product: float = float("nan")
    bound: float | None = None
    decay: float = 0.0
    pace: float = float("nan")
    further: float = float("nan")
    effective: float = float("nan")
    before: float = float("nan")
    scheduled: bool = False
    loss: float = float("nan")
    first: float = float("nan")
    pole: int | None = None


def diagnose(runs: Sequence[Trial[Course]], race: Race) -> tuple[Finding | None, ...]:
    """Say of each run of a race what goes wrong, None where nothing does."""
    return tuple(
        examine(leg.ground, leg.optimizer, Path(*(rows[: end.step + 1, i] for rows in race.path)), end)
        for i, (leg, end) in enumerate(zip((each.last for each in runs), race.ends, strict=True))
    )


def examine(course: Course, optimizer: Optimizer, path: Path, end: End) -> Finding | None:
    """Say what goes wrong in one run, `path.w: (rows, 2)`, all finite."""
    found = None
    if end.ending is Ending.DIVERGED:
        found = _diverged(course, path, end)
    elif end.ending in _ENDED and len(path.w):
        found = _noted(course, path, _ENDED[end.ending], end.step)._replace(turn=end.step + 1, limit=end.limit)
    elif end.ending is Ending.DEAD:
        found = _dead(course, path)
    elif end.ending in _HELD:
        found = _held(course, path, _HELD[end.ending])
    elif end.ending is Ending.JUMPED and end.pole is not None:
        before, after = end.pole - 1, end.pole
        found = _noted(course, path, Trouble.JUMPED, before)._replace(
            step=after, turn=after, first=float(path.loss[before]), loss=float(path.loss[after])
        )
    elif end.ending is Ending.CLIMBING:
        # In the end it may stand, where the curvature is lost in rounding.
        stands = (path.w[1:] == path.w[:-1]).all(-1)
        found = _noted(course, path, Trouble.CLIMBING, since(climbs(course, path) | stands) or 0)
    elif end.ending is Ending.SINGULAR:
        found = _noted(course, path, Trouble.SINGULAR, since(_stays(course, path)) or 0)
    elif end.ending is Ending.GOING and len(path.w) > PERIOD:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = _swinging(course, optimizer, path) or _slow(course, path)
    return found and found._replace(pole=end.pole)


_HELD = {
    Ending.SADDLE: Trouble.SADDLE,
    Ending.PLATEAU: Trouble.PLATEAU,
    Ending.LOCAL_MINIMUM: Trouble.LOCAL_MINIMUM,
    Ending.MAXIMUM: Trouble.MAXIMUM,
}
_ENDED = {Ending.LEFT: Trouble.LEFT, Ending.OVERFLOW: Trouble.OVERFLOW}


def _noted(course: Course, path: Path, trouble: Trouble, step: int) -> Finding:
    """Return a finding with what is true of every row."""
    w = path.w[step]
    hessian = course.drawn.hessian(w)
    low, high = np.linalg.eigvalsh(hessian) if np.isfinite(hessian).all() else (np.nan, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        slope = float(steepness(course.drawn(w)[1]))
        left = float(course.distances(w[None])[0])
    return Finding(trouble, step, float(path.learning_rate[step]), slope, float(low), float(high), left)


def since(holds: NDArray[np.bool_]) -> int | None:
    """Return the first row from which on something holds to the end, None where it does not hold there."""
    if not holds[-1]:
        return None
    fails = np.flatnonzero(~holds)
    return int(fails[-1]) + 1 if len(fails) else 0


def _diverged(course: Course, path: Path, end: End) -> Finding:
    turn = end.turn or 0
    above = np.flatnonzero(path.loss[turn:] > path.loss[: turn + 1].max())
    step = turn + int(above[0]) if len(above) else end.step
    found = _noted(course, path, Trouble.DIVERGED, step)
    # The bound is that of the curvature where the loss began to rise.
    high = found.high if end.curvature is None else end.curvature
    rate = found.rate if end.rate is None else end.rate
    return found._replace(
        turn=turn, high=high, rate=rate, limit=end.limit, loss=float(path.loss[step]), first=float(path.loss[0])
    )


def _stays(course: Course, path: Path) -> NDArray[np.bool_]:
    """Return at which rows a run is near its end."""
    return np.asarray(np.linalg.norm(path.w - path.w[-1], axis=-1) <= STAYS * course.scale.diameter)


def _held(course: Course, path: Path, trouble: Trouble) -> Finding | None:
    # On a plateau some still move.
    stays = trouble is Trouble.PLATEAU or _stays(course, path)
    step = since(stays & is_even(course, steepness(course.drawn(path.w)[1]), path.loss))
    return None if step is None else _noted(course, path, trouble, step)


# ---- going round


def _swinging(course: Course, optimizer: Optimizer, path: Path) -> Finding | None:
    """Find a run that goes round, or to and fro, to its end, and that would need more than as many steps again."""
    w, rows = path.w, np.arange(len(path.w))
    began = _rounds(w)
    way = _way(w)
    gone = way - way[began]
    there = np.linalg.norm(w - w[began], axis=-1)
    if not _moves(way):
        return None
    around = (began >= 0) & (there <= STRAIGHT * gone) & (gone >= SEEN * course.scale.diameter)
    lasting = np.cumsum(around[::-1])[::-1] >= LASTING * (len(w) - rows)
    whole = np.flatnonzero(around & lasting & (rows + PERIOD < len(w)))
    if not len(whole) or not _keeps_away(course, path, began, int(whole[0])):
        return None
    step = int(whole[0])
    first, product = int(began[step]), _product(course, path, step)
    bound = stable_product(optimizer, len(w) - 1)
    found = _noted(course, path, Trouble.SWINGING, step)._replace(
        circling=_circles(w[first:]),
        period=int(np.median((rows - began)[step:])),
        pace=float(np.median(np.diff(way[step:]))),
        product=product,
        bound=bound,
        decay=float(optimizer.first.decay),
    )
    if bound is not None and product >= AT_BOUND * bound:
        return found._replace(cause=Cause.RATE)
    if course.sigma:
        return found._replace(cause=Cause.NOISE)
    return found._replace(
        cause=Cause.MOMENTUM if bound is not None and _overshoots(optimizer, product) else Cause.OTHER
    )


def _overshoots(optimizer: Optimizer, product: float) -> bool:
    """Whether momentum makes a run swing on a quadratic: the roots of `z^2 - (1 + b - c p) z + b` are complex.

    They are for `c p > (1 - sqrt b)^2`, as far as the product p of rate and curvature is stable.
    """
    decay, gain = float(optimizer.first.decay), float(optimizer.first.gain)
    return decay > 0 and gain * product > (1.0 - np.sqrt(decay)) ** 2


def _circles(w: Array) -> bool:
    """Whether the steps between rows (rows, 2) turn the same way about rather than back."""
    steps = np.diff(w, axis=0)
    forth, back = steps[:-1], steps[1:]
    crosses, dots = forth[:, 0] * back[:, 1] - forth[:, 1] * back[:, 0], (forth * back).sum(-1)
    angles = np.abs(np.arctan2(crosses, dots))
    # A step back turns neither way about.
    about = np.where(angles > BACK, 0.0, angles) * np.sign(crosses)
    return bool(np.abs(about.sum()) >= WINDING * angles.sum())


def _rounds(w: Array) -> NDArray[np.int_]:
    """Return for each row the row at which the round began that ends there, -1 where none has been completed."""
    steps = np.diff(w, axis=0)
    lengths = np.linalg.norm(steps, axis=-1)
    cosines = (steps[1:] * steps[:-1]).sum(-1) / (lengths[1:] * lengths[:-1])
    angles = np.arccos(np.nan_to_num(cosines, nan=1.0).clip(-1.0, 1.0))
    angles = np.where(angles > BACK, np.pi, angles)
    turned = np.concatenate([[0.0, 0.0], np.cumsum(angles)])
    return np.searchsorted(turned, turned - ROUND + 1e-9, side="right") - 1


def _way(w: Array) -> Array:
    """Return the length of the way to each row."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(w, axis=0), axis=-1))])


def _moves(way: Array) -> bool:
    """Whether in its last tenth a run still makes steps that its usual one is not a thousand times as long as."""
    steps = np.diff(way)
    return bool(steps[-max(len(steps) // 10, PERIOD) :].max() > 1e-3 * np.median(steps))


def _keeps_away(course: Course, path: Path, began: NDArray[np.int_], step: int) -> bool:
    """Whether the loss, at the pace at which its rounds shrink, stays above what is close for another such run."""
    if not course.minima.known:
        return True
    last = len(path.loss) - 1
    gap = path.loss - course.minima.value
    middle = (step + last) // 2
    before, now = gap[began[middle] : middle + 1].max(), gap[began[last] :].max()
    shrinking = np.log(before / now) / (last - middle)
    return bool(np.log(now / course.close) > shrinking * last)


def _product(course: Course, path: Path, first: int) -> float:
    """Return the median from a row on of the largest eigenvalue of `D H D`, `D^2` the effective learning rates."""
    roots = np.sqrt(path.rate[first:])
    scaled = course.drawn.hessian(path.w[first:]) * roots[:, :, None] * roots[:, None, :]
    known = scaled[np.isfinite(scaled).all((1, 2))]
    return float(np.median(np.linalg.eigvalsh(known)[:, -1])) if len(known) else float("nan")


def stable_product(optimizer: Optimizer, t: float = np.inf) -> float | None:
    """Return the largest stable effective learning rate x curvature after t updates, 2 for plain descent.

    With the second moment at rest each coordinate descends as without one, at its effective learning rate.
    """
    return optimizer.stable_product(t)


# ---- too slow


def _slow(course: Course, path: Path) -> Finding | None:
    """Find a run that at its pace would need more than as many steps again, and whether its rate has died."""
    away, steps = course.distances(path.w, exact=False), len(path.w) - 1
    period = max(steps // 10, PERIOD)
    pace = np.full(len(path.w), np.inf)
    pace[period:] = np.linalg.norm(path.w[period:] - path.w[:-period], axis=-1) / period
    further = away / np.where(path.learning_rate > 0, pace, 0.0)
    slow = further > max(steps, PATIENCE)
    step = since(slow)
    if step is None:
        return None
    axis = _remaining(course, path.w[-1])
    rate = path.rate[:, axis]
    largest = np.maximum.accumulate(rate)
    quick = further * rate / largest <= max(steps, PATIENCE)
    died = since(slow & (rate <= DEAD * largest) & (quick | (path.learning_rate == 0)))
    dead = died is not None
    step = died if died is not None else step
    scheduled = dead and bool(path.learning_rate[step] <= DEAD * path.learning_rate[: step + 1].max())
    return _noted(course, path, Trouble.DEAD_RATE if dead else Trouble.CRAWLING, step)._replace(
        pace=float(pace[step]),
        further=float(further[step]),
        effective=float(rate[step]),
        before=float(largest[step]),
        scheduled=scheduled,
    )


def _dead(course: Course, path: Path) -> Finding:
    """Return since when a rate that is 0 in the end is dead: since it was too small, or else since it is 0."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        fading = _slow(course, path)
    if fading and fading.scheduled and path.learning_rate[fading.step] > 0:
        return fading
    step = since(path.learning_rate == 0)
    assert step is not None
    return _noted(course, path, Trouble.DEAD_RATE, step)._replace(
        effective=0.0, before=float(path.learning_rate.max()), scheduled=True
    )


def _remaining(course: Course, w: Array) -> int:
    """Return the coordinate in which most of the way to the nearest minimum is left."""
    ways = np.abs(course.minima.points - w)
    return int(ways[np.linalg.norm(ways, axis=-1).argmin()].argmax())
