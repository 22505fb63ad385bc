"""Descents on a curve with several learning rates at once, and what each does: creep, arrive, swing or diverge."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.optimization.descent import Path, descend, record
from optviz.optimization.optimizers import Optimizer
from optviz.optimization.schedules import Factor, unchanged
from optviz.surfaces.curves import Curve

NEAR = 0.05
"""A run has arrived when it has left no more than this share of its distance to the minimum."""
SEEN = 0.02
"""A leap over the minimum counts from this share of the largest distance on: below it nobody sees it."""
STILL = 0.005
LASTING = 0.98
CREEPING = 0.9
"""By at least such a share per update a swing stays as wide, and a slow run as far away."""
FLAT = 1e-6
"""A curvature below it is 0, a step of the slope above it a kink."""


class Behavior(StrEnum):
    """What a descent does on a curve."""

    SLOW = "slow"
    UNFINISHED = "unfinished"
    GOOD = "good"
    SETTLES = "settles"
    SWINGING = "swinging"
    SWINGS = "swings"
    AWAY = "away"
    DIVERGES = "diverges"
    FALLS = "falls"
    RESTS = "rests"
    LEAVES = "leaves"
    OVERFLOWS = "overflows"


class Verdict(NamedTuple):
    """What one run does, with the numbers that say why.

    `step` is the last one with finite numbers. `minimum` is the one that the run goes to, or None where none lies
    downhill; `curvature` is the second derivative there and `kink` whether the slope jumps there; `left` is the share
    of the first distance that is left. `factors` are `1 - lr * curvature` of the first and the last update: by such a
    factor an update of plain descent multiplies the distance, exactly so on a parabola. `steepest` is the curvature at
    the start.
    """

    behavior: Behavior
    step: int
    minimum: float | None = None
    curvature: float = 0.0
    kink: bool = False
    left: float = float("nan")
    factors: tuple[float, float] = (float("nan"), float("nan"))
    steepest: float = 0.0


class Descent(NamedTuple):
    """All runs, axis 1 the run: `path.w: (steps+1, runs, 1)`, `gradient: (steps+1, runs)`, one verdict a run.

    Rows after a run's last finite one are nan.
    """

    path: Path
    gradient: Array
    verdicts: tuple[Verdict, ...]


def run(
    curve: Curve,
    learning_rates: Sequence[float],
    factors: Sequence[Factor] = (unchanged,),
    *,
    start: float,
    steps: int,
    optimizer: Optimizer | None = None,
    single: bool = False,
) -> Descent:
    """Descend from `start` with learning rates `learning_rates[i] * factors[i](t)`; one factor may serve all.

    Without an optimizer it is plain gradient descent. With `single` it computes in single precision, as TensorFlow.
    """
    kind = np.float32 if single else np.float64
    begin = np.full((len(learning_rates), 1), start, dtype=kind)
    schedule = _schedule(np.array(learning_rates), factors, kind)
    path = record(descend(curve, optimizer or Optimizer(), schedule, begin), steps)
    finite = np.isfinite(path.loss) & np.isfinite(path.w[..., 0])
    beyond = ~np.logical_and.accumulate(finite, axis=0)
    # Where a run ends, this is the point at which there is no finite loss any more.
    ends = np.take_along_axis(path.w[..., 0], beyond.argmax(0)[None], axis=0)[0]
    path = Path(*(np.where(beyond[..., None] if array.ndim == 3 else beyond, np.nan, array) for array in path))
    gradient = curve(path.w.astype(kind))[1][..., 0].astype(float)
    verdicts = tuple(
        judge(curve, path.w[:, i, 0], path.loss[:, i], path.learning_rate[:, i], float(ends[i]))
        for i in range(len(learning_rates))
    )
    return Descent(path, gradient, verdicts)


def _schedule(rates: Array, factors: Sequence[Factor], kind: Any) -> Callable[[int], Any]:
    if len(factors) == 1:
        (factor,) = factors
        return lambda t: (rates * factor(t)).astype(kind)
    return lambda t: (rates * np.array([factor(t) for factor in factors])).astype(kind)


def judge(curve: Curve, w: Array, loss: Array, learning_rate: Array, end: float) -> Verdict:
    """Say what a run does, from its rows `(steps+1,)`, which are nan after its end, and the point that ended it."""
    last = int(np.isfinite(w).sum()) - 1
    ended = last + 1 < len(w)
    # Where no next point is known it is the slope that was not finite.
    at = end if np.isfinite(end) else w[last]
    left_curve = ended and bool(np.isfinite(at)) and curve.undefined(at)
    if last < 0:
        return Verdict(Behavior.LEAVES if left_curve else Behavior.OVERFLOWS, -1)
    w, loss, learning_rate = w[: last + 1], loss[: last + 1], learning_rate[: last + 1]
    minimum = _downhill(curve, w)
    steepest = float(curve.hessian(w[:1])[0, 0])
    if last == 0 or not np.any(np.diff(w)):
        return Verdict(
            Behavior.LEAVES if left_curve else Behavior.OVERFLOWS if ended else Behavior.RESTS,
            last,
            minimum,
            steepest=steepest,
        )
    if left_curve:
        return Verdict(Behavior.LEAVES, last, minimum, steepest=steepest)
    if minimum is None or (ended and loss[-1] < loss[0]):
        return Verdict(Behavior.DIVERGES if loss[-1] > loss[0] else Behavior.FALLS, last, steepest=steepest)
    curvature = float(curve.hessian([minimum])[0, 0])
    away = np.abs(w - minimum)
    return Verdict(
        Behavior.DIVERGES if ended or _grows(away) else _bounded(w - minimum),
        last,
        minimum,
        curvature if abs(curvature) > FLAT else 0.0,
        _is_kink(curve, minimum),
        float(away[-1] / away[0]) if away[0] else float("inf"),
        (1.0 - float(learning_rate[0]) * curvature, 1.0 - float(learning_rate[-1]) * curvature),
        steepest,
    )


TROUBLED = (
    Behavior.SLOW,
    Behavior.SWINGING,
    Behavior.SWINGS,
    Behavior.AWAY,
    Behavior.DIVERGES,
    Behavior.LEAVES,
    Behavior.OVERFLOWS,
)
"""What a descent had better not do."""
FACTORS = (0.5, 0.2, 0.1, 0.01, 2.0, 5.0, 10.0, 100.0)


def moment(verdict: Verdict, w: Array) -> int:
    """Return the row at which it shows what a run does, from its rows `w: (steps+1,)`.

    One that gets away is farther than it began, one that swings has leapt over the minimum and back; what is slow is so
    in the middle of its way.
    """
    if verdict.minimum is None:
        return verdict.step
    offset = w[: verdict.step + 1] - verdict.minimum
    if verdict.behavior is Behavior.SLOW:
        return verdict.step // 2
    sides = np.flatnonzero(np.sign(offset[1:]) * np.sign(offset[:-1]) < 0)
    shows = {
        Behavior.SWINGING: sides[1:] + 1,
        Behavior.SWINGS: sides[1:] + 1,
    }.get(verdict.behavior, np.flatnonzero(np.abs(offset) > np.abs(offset[0])))
    return int(shows[0]) if len(shows) else verdict.step


def better_rate(descent: Callable[[float], Descent], rate: float) -> float | None:
    """Return a learning rate with which a descent arrives straight: 1/lambda, or else a multiple of `rate`; or None."""
    curvature = descent(rate).verdicts[0].curvature
    best = [1.0 / curvature] if curvature > 0 else []
    tried = (float(f"{each:.2g}") for each in (*best, *(factor * rate for factor in FACTORS)))
    return next((each for each in tried if descent(each).verdicts[0].behavior is Behavior.GOOD), None)


def _downhill(curve: Curve, w: Array) -> float | None:
    """Return the next local minimum downhill from where a run is in the end: from the middle of its last two points."""
    here = float(np.mean(w[-2:]))
    slope = float(curve([here])[1][0])
    minima = curve.minima
    lower = minima[minima <= here] if slope > 0 else minima[minima >= here] if slope < 0 else minima
    return float(lower[np.abs(lower - here).argmin()]) if len(lower) else None


def _grows(away: Array) -> bool:
    """Whether the distance to the minimum grows with every update of the second half, and no slower in the end."""
    half = away[len(away) // 2 :] if len(away) > 3 else away
    if half[-1] <= away[0] or not np.all(np.diff(half) > 0):
        return False
    growth = half[1:] / np.maximum(half[:-1], np.finfo(float).tiny) - 1.0
    return bool(growth[-1] >= 0.5 * growth[0])


def _bounded(offset: Array) -> Behavior:
    """Name a run that stays near: whether it leaps over the minimum, and whether it comes to rest there."""
    away = np.abs(offset)
    leaps = (np.sign(offset[1:]) * np.sign(offset[:-1]) < 0) & (away[1:] > SEEN * away.max())
    late, leaping = away[-2:].max(), bool(leaps[-3:].any())
    lasts = len(away) > 4 and leaps[-2:].all() and late > max(STILL * away.max(), LASTING**2 * away[-4:-2].max())
    pace = (late / away[0]) ** (1.0 / (len(away) - 1)) if away[0] else float("inf")
    if lasts or (leaping and pace >= LASTING):
        return Behavior.SWINGS
    if late > NEAR * away[0]:
        return Behavior.SWINGING if leaping else Behavior.AWAY if pace > 1.0 else _creeping(pace)
    return Behavior.SETTLES if leaps.any() else Behavior.GOOD


def _creeping(pace: float) -> Behavior:
    return Behavior.SLOW if pace >= CREEPING else Behavior.UNFINISHED


def _is_kink(curve: Curve, minimum: float) -> bool:
    left, right = curve(np.array([[minimum - FLAT], [minimum + FLAT]]))[1][:, 0]
    return bool(right - left > 1e3 * FLAT)
