"""A trial: one optimizer from a start on, and how it goes on otherwise from a fork.

Races and trainings are trials alike; what a fork keeps and what begins anew with it is decided here alone.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np

from optviz.arrays import Array, Number
from optviz.optimization.objectives import Later
from optviz.optimization.optimizers import Memory, Objective, Optimizer
from optviz.optimization.schedules import Factor, Schedule, unchanged

Ground = TypeVar("Ground")


@dataclass(frozen=True, eq=False)
class Leg(Generic[Ground]):
    """From update `first` of a trial on: an optimizer on a ground, at `learning_rate * factor`.

    The optimizer's own updates are counted from the trial's update `born`, for its bias correction, and the steps of
    the schedule from `since`.
    """

    ground: Ground
    optimizer: Optimizer
    learning_rate: float
    factor: Factor = unchanged
    first: int = 0
    born: int = 0
    since: int = 0

    def counted(self, objective: Objective) -> Objective:
        """Return an objective, whose batches or noise follow the updates of the trial, in the optimizer's count."""
        return Later(objective, self.born) if self.born else objective

    def schedule(self, learning_rate: Number | None = None) -> Schedule:
        """Return the learning rates in the optimizer's count, at another base rate where a rule has changed it."""
        factor, ahead = self.factor, self.born - self.since
        rate = self.learning_rate if learning_rate is None else learning_rate
        return Schedule(rate, (lambda t: factor(t + ahead)) if ahead else factor)

    def rates(self, n: int) -> Array:
        """Return the learning rates of the optimizer's first n updates, `(n,)`."""
        ahead = self.born - self.since
        return self.learning_rate * factors(self.factor, ahead + n)[ahead:]

    def taken_up(self, memory: Memory | None) -> Memory | None:
        """Return what is left of the memory of the leg before: all, or nothing where the optimizer begins here."""
        return None if self.born == self.first else memory


@lru_cache(maxsize=64)
def factors(factor: Factor, n: int) -> Array:
    """Return a schedule's factor at its steps 0..n-1, read-only."""
    each = np.array([factor(t) for t in range(n)], dtype=float)
    each.flags.writeable = False
    return each


@dataclass(frozen=True, eq=False)
class Trial(Generic[Ground]):
    """The legs of one run, in turn: a single one, or one more for each fork."""

    legs: tuple[Leg[Ground], ...]

    @classmethod
    def of(
        cls, ground: Ground, optimizer: Optimizer, learning_rate: float, factor: Factor = unchanged
    ) -> "Trial[Ground]":
        """Return a trial without a fork."""
        return cls((Leg(ground, optimizer, learning_rate, factor),))

    def forked(
        self,
        update: int,
        *,
        ground: Ground | None = None,
        learning_rate: float | None = None,
        optimizer: Optimizer | None = None,
        anew: bool = False,
    ) -> "Trial[Ground]":
        """Return a trial that goes on otherwise from an update on; what is None stays as it was.

        The batches, the noise and the schedule go on. Another optimizer begins with fresh moments and counts its own
        updates; the same one goes on with its memory. With `anew` the moments and the schedule begin again in either
        case, as in Keras after another `compile`.
        """
        last = self.last
        leg = Leg(
            last.ground if ground is None else ground,
            optimizer or last.optimizer,
            last.learning_rate if learning_rate is None else learning_rate,
            last.factor,
            update,
            update if anew or optimizer else last.born,
            update if anew else last.since,
        )
        return replace(self, legs=(*self.legs, leg))

    @property
    def last(self) -> Leg[Ground]:
        """The leg after the last fork."""
        return self.legs[-1]

    def at(self, update: int) -> Leg[Ground]:
        """Return the leg that makes an update."""
        return next(leg for leg in reversed(self.legs) if leg.first <= update)

    def stretches(self, updates: int) -> list[tuple[Leg[Ground], int]]:
        """Return the legs of the first updates, each with how many of them are its own."""
        ends = [*(min(leg.first, updates) for leg in self.legs[1:]), updates]
        return [(leg, end - leg.first) for leg, end in zip(self.legs, ends, strict=True) if leg.first < end]
