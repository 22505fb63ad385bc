"""Numbers that a sentence compares: which are alike to who reads them, and who leads.

No sentence says of one number that it is smaller where a reader sees the same digits twice.
"""

from collections.abc import Callable, Sequence

import numpy as np

from optviz.arrays import Array
from optviz.lessons.tables import digits
from optviz.locale.spoken import _

TRAINED = 0.01
"""What trainings end with is alike where it is less than this share apart: another seed would change more."""

COINCIDE = 1e-6
"""Curves coincide that are nowhere farther apart than this share of the larger value."""

Write = Callable[[float], str]


def alike(a: float, b: float, write: Write = digits, within: float = 0.0) -> bool:
    """Return whether two numbers are written alike, or are less than a share of the larger apart."""
    if a == b or write(a) == write(b):
        return True
    return bool(np.isfinite([a, b]).all() and abs(a - b) < within * max(abs(a), abs(b)))


def least(values: Sequence[float], write: Write = digits, within: float = 0.0) -> list[int]:
    """Return the places of the least number and of all that are alike to it; of none where none is finite."""
    known = [value for value in values if np.isfinite(value)]
    return [place for place, value in enumerate(values) if known and alike(value, min(known), write, within)]


def most(values: Sequence[float], write: Write = digits, within: float = 0.0) -> list[int]:
    """Return the places of the greatest number and of all that are alike to it; of none where none is finite."""
    return least([-value for value in values], write, within)


def coinciding(curves: Array) -> list[list[int]]:
    """Return which columns of `curves: (rows, n)` are drawn as one, in groups of two or more; level ones are none."""
    with np.errstate(all="ignore"):
        level = np.isclose(curves, curves[0], rtol=COINCIDE, atol=0.0, equal_nan=True)
        same = np.isclose(curves[:, :, None], curves[:, None], rtol=COINCIDE, atol=0.0, equal_nan=True)
    alike = np.all(same, axis=0) & ~np.all(level, axis=0)
    groups = {tuple(np.flatnonzero(row).tolist()) for row in alike}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def say_coinciding(names: Sequence[str], losses: Array) -> list[str]:
    """Say which of the named runs have the same loss at every step: of their curves only one is seen."""
    text = _("{names} and {last} have the same loss at every step: their curves coincide.")
    found = ([names[run] for run in group] for group in coinciding(losses))
    return [text.format(names=_(", ").join(group[:-1]), last=group[-1]) for group in found]
