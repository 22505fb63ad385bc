"""The small functions that the course warms up with, computed by NumPy's own counterpart of each."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.typed_numbers import Field

LONGEST_AXIS = 60
"""The points of an axis: a grid of more than 60 × 60 points is a gray surface."""

INT32 = 2**31 - 1
"""The largest number that an int32 holds."""


class Misfit(StrEnum):
    """Why numbers that are fine each do not fit together."""

    LENGTHS = "lengths"
    COLUMNS = "columns"
    NO_STEP = "no_step"
    EMPTY = "empty"
    TOO_MANY = "too_many"


class WarmupError(ValueError):
    """Numbers that a function can't take together; `first` and `second` are the sizes that do not fit."""

    def __init__(self, misfit: Misfit, first: float, second: float) -> None:
        super().__init__(f"{misfit.value}: {first:g}, {second:g}")
        self.misfit, self.first, self.second = misfit, first, second


def where_greater(a: Array, b: Array) -> Array:
    """Return `tf.where(tf.greater(a, b), a, b)` of `(n,)` and `(n,)`; a single number stands for as many as needed."""
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        raise WarmupError(Misfit.LENGTHS, len(a), len(b))
    return np.where(np.greater(a, b), a, b)


def rand(seed: int, rows: int, columns: int) -> tuple[float, Array]:
    """Return what `RandomState(seed)` gives for `rand()` and, right after it, for `rand(rows, columns)`."""
    state = np.random.RandomState(seed)
    return float(state.rand()), state.rand(rows, columns)


def vstack(a: Array, b: Array) -> Array:
    """Return `np.vstack((a, b))` of two tables (or rows) with equally many columns."""
    if a.shape[-1] != b.shape[-1]:
        raise WarmupError(Misfit.COLUMNS, a.shape[-1], b.shape[-1])
    return np.vstack((a, b))


class Axis(NamedTuple):
    """One axis of `np.mgrid`, `start:stop:step`; stop is left out."""

    start: float
    stop: float
    step: float

    @property
    def values(self) -> Array:
        """The points of the axis."""
        return np.asarray(np.mgrid[self.start : self.stop : self.step], dtype=float)

    def __str__(self) -> str:
        return ":".join(f"{number:g}" for number in self)


AXIS = Field(fewest=3, most=3, low=-1e6, high=1e6)


def read_axis(text: str) -> Axis:
    """Read `start:stop:step`; raises `EntryError`, or `WarmupError` for an axis without points or with too many."""
    axis = Axis(*AXIS.read(re.sub("[:：]", ",", text)).tolist())
    if not axis.step:
        raise WarmupError(Misfit.NO_STEP, axis.start, axis.stop)
    points = np.ceil((axis.stop - axis.start) / axis.step)
    if points < 1:
        raise WarmupError(Misfit.EMPTY, axis.start, axis.stop)
    if points > LONGEST_AXIS:
        raise WarmupError(Misfit.TOO_MANY, points, LONGEST_AXIS)
    return axis


def grid_points(x: Axis, y: Axis) -> Array:
    """Return `np.c_[X.ravel(), Y.ravel()]` of `X, Y = np.mgrid[x, y]`, (points, 2): y runs fastest."""
    xs, ys = np.mgrid[x.start : x.stop : x.step, y.start : y.stop : y.step]
    return np.c_[xs.ravel(), ys.ravel()]


CASTS: Mapping[str, Callable[[Array], NDArray[np.generic]]] = {
    "int32": lambda x: x.astype(np.int32),
    "float32": lambda x: x.astype(np.float32),
    "bool": lambda x: x.astype(np.bool_),
}
"""What `tf.cast` makes of float64 numbers: whole numbers towards 0, 24 binary digits, or false for 0 alone."""


def normal(mean: float, deviation: float, n: int, seed: int) -> Array:
    """Return n draws from a normal distribution, as `tf.random.normal` draws them from a stream of its own."""
    return np.random.default_rng(seed).normal(mean, deviation, n)


def histogram(draws: Array, mean: float, deviation: float, bins: int) -> tuple[Array, Array]:
    """Return the centers and counts of bins over four deviations to both sides of the mean; `(bins,)` each."""
    reach = 4 * deviation or 1.0
    counts, edges = np.histogram(draws, bins, (mean - reach, mean + reach))
    return (edges[1:] + edges[:-1]) / 2, counts.astype(float)


def bell(centers: Array, mean: float, deviation: float, n: int) -> Array:
    """Return the counts to be expected in the bins, `n * width * density`; 0 for a deviation of 0."""
    if not deviation:
        return np.zeros_like(centers)
    z = (centers - mean) / deviation
    return n * (centers[1] - centers[0]) * np.exp(-(z**2) / 2) / (deviation * np.sqrt(2 * np.pi))
