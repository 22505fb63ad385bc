"""Numbers that a sentence compares: which are alike to who reads them, and who leads.

No sentence says of one number that it is smaller where a reader sees the same digits twice.
"""

from collections.abc import Callable, Sequence

import numpy as np

from optviz.ui.tables import digits

TRAINED = 0.01
"""What trainings end with is alike where it is less than this share apart: another seed would change more."""

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
