"""Trainings that differ in their seed alone: the middle half of what they come to, and whether a difference is luck."""

from math import comb
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array

LUCK = 0.05
"""A difference that chance alone makes more often than this may be luck."""


def middle(values: Array, lost: float = np.inf) -> Array:
    """Return the median of values `(..., n)` and the least and greatest of the middle half, `(..., 3)`.

    What is no number, of a training that diverged, counts as `lost`: worse than all others.
    """
    ordered = np.sort(np.where(np.isnan(values), lost, values), axis=-1)
    last = ordered.shape[-1] - 1
    quarter = last // 4
    median = (ordered[..., last // 2] + ordered[..., (last + 1) // 2]) / 2
    return np.stack([median, ordered[..., quarter], ordered[..., last - quarter]], axis=-1)


class Paired(NamedTuple):
    """On how many seeds the first of two has the smaller loss, the greater, and the same."""

    wins: int
    losses: int
    ties: int

    @classmethod
    def of(cls, first: Array, second: Array) -> "Paired":
        """Compare losses seed by seed, `(n,)` each; nan is of a training that diverged, and loses."""
        one, other = (np.where(np.isnan(each), np.inf, each) for each in (first, second))
        wins, losses = int((one < other).sum()), int((one > other).sum())
        return cls(wins, losses, len(one) - wins - losses)

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return sum(self)

    @property
    def p(self) -> float:
        """The probability that chance alone, a fair coin for each seed, parts them as much or more: the sign test.

        `min(1, 2 Σ_{k ≥ max(wins, losses)} C(n, k) / 2ⁿ)`, n seeds without ties (Dixon & Mood 1946).
        """
        n = self.wins + self.losses
        return min(1.0, 2 * sum(comb(n, k) for k in range(max(self.wins, self.losses), n + 1)) / 2**n)
