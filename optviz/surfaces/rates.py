"""What each of many learning rates makes of a run on a surface, and which of them is the best."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.optimization.descent import arrive, marks
from optviz.optimization.optimizers import Optimizer
from optviz.optimization.schedules import Factor, Schedule
from optviz.optimization.straight import can_run
from optviz.surfaces.race import Course

RATES = (
    *(float(f"{digits}e{power}") for power in range(-6, 2) for digits in (1, 1.3, 1.8, 2.4, 3.2, 4.2, 5.6, 7.5)),
    100.0,
)
"""The learning rates that are tried: eight a decade, as even on a log axis as two digits allow."""


class Best(NamedTuple):
    """The best of the learning rates, and the step from which on its run stays near the lowest loss.

    That is within `Course.close` of it; `settled` is None where it ends farther away.
    """

    rate: float
    settled: int | None


def is_quick(optimizer: Optimizer) -> bool:
    """Whether a run at all RATES takes milliseconds: not where each step needs a Hessian, a history or a search."""
    return can_run(optimizer.rule) and not optimizer.rule.searched


def finals(course: Course, optimizer: Optimizer, factor: Factor, start: Sequence[float], steps: int) -> Array:
    """Return the loss that a run ends with at each of RATES, `(rates,)`; not finite where it diverges."""
    w = arrive(course.descended, optimizer, Schedule(np.array(RATES), factor), _begin(start), steps)
    with np.errstate(over="ignore", invalid="ignore"):
        loss: Array = course.drawn.value(w)
    return loss


def losses(course: Course, optimizer: Optimizer, factor: Factor, start: Sequence[float], steps: int) -> Array:
    """Return the losses of a run at each of RATES, `(steps+1, rates)`; what diverges is not finite any more."""
    updates = marks(course.descended, optimizer, Schedule(np.array(RATES), factor), _begin(start))
    with np.errstate(all="ignore"):
        return np.array([course.drawn.value(mark.w) for mark in islice(updates, steps + 1)])


def _begin(start: Sequence[float]) -> Array:
    return np.tile(np.asarray(start, dtype=float), (len(RATES), 1))


def best(course: Course, losses: Array) -> Best | None:
    """Return the learning rate with which a run arrives for good soonest, or else ends lowest; of equals the smallest.

    What is near only in passing does not count: at a large rate a run may leap there, and away again. None where no
    rate leaves a finite loss at every step. `losses: (steps+1, rates)` are those of `losses`.
    """
    ended = np.where(np.isfinite(losses).all(0), losses[-1], np.inf)
    if not np.isfinite(ended).any():
        return None
    far = np.abs(losses - course.minima.value) > course.close
    settled = np.where(far.any(0), len(losses) - far[::-1].argmax(0), 0)
    settled[~np.isfinite(ended)] = len(losses)
    if (settled < len(losses)).any():
        place = int(settled.argmin())
        return Best(RATES[place], int(settled[place]))
    return Best(RATES[int(ended.argmin())], None)
