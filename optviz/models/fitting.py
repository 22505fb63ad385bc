"""Under-, good and overfitting: polynomials of any degree on noisy points, in closed form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.models.regression import LeastSquares, legendre

MOST_DEGREE = 15
MOST_POINTS = 400
DEGREES = tuple(range(MOST_DEGREE + 1))
SIZES = (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 400)
STRENGTHS = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

TOLERANCE = 1.5
"""An error up to so many times that of the best fit counts as no worse."""

NOTHING = 1e-4
"""An error below this counts as none: without noise the best fit's is next to zero."""

REFITS = 20
"""The fresh draws of the points to which a polynomial is fitted again."""

GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True)
class Curve:
    """A true curve on [-1, 1], with its formula in LaTeX."""

    name: str
    title: str
    formula: str
    value: Callable[[Array], Array]


CURVES = {
    curve.name: curve
    for curve in (
        Curve("sine", "Sine", r"\sin(\pi x)", lambda x: np.sin(np.pi * x)),
        Curve("parabola", "Parabola", r"2 x^2 - 1", lambda x: 2.0 * x * x - 1.0),
        Curve("kink", "Kink", r"2 |x| - 1", lambda x: 2.0 * np.abs(x) - 1.0),
        Curve("wave", "Fast wave", r"\sin(3 \pi x)", lambda x: np.sin(3.0 * np.pi * x)),
    )
}
"""Every true curve by name."""


@dataclass(frozen=True)
class Setting:
    """What is fitted, and by what: the points, the share of them held out, the degree, and the strength of L2."""

    curve: str = "sine"
    points: int = 40
    noise: float = 0.2
    share: float = 0.5
    seed: int = 0
    degree: int = 4
    l2: float = 0.0


class Points(NamedTuple):
    """Points of a curve, each array (rows,)."""

    x: Array
    y: Array


@lru_cache(maxsize=256)
def draw(setting: Setting) -> tuple[Points, Points]:
    """Return (training, validation).

    More points are those before and some besides; the noise grows with its slider and does not change otherwise.
    """
    rng = np.random.default_rng(setting.seed)
    # Steps of the golden ratio about a circle lie evenly at any number of points, those held out as well.
    x = 2.0 * ((rng.uniform() + GOLDEN * np.arange(MOST_POINTS)) % 1.0) - 1.0
    noise = rng.standard_normal(MOST_POINTS)
    y = CURVES[setting.curve].value(x) + setting.noise * noise
    turn = np.floor(np.arange(MOST_POINTS + 1) * setting.share + 1e-9)
    held = np.diff(turn)[: setting.points] > 0
    x, y = x[: setting.points], y[: setting.points]
    return Points(x[~held], y[~held]), Points(x[held], y[held])


class Word(StrEnum):
    """What a fit is."""

    UNDER = "under"
    GOOD = "good"
    OVER = "over"


class Fit(NamedTuple):
    """A fitted polynomial: its coefficients over the Legendre polynomials, and its mean squared errors."""

    coefficients: Array
    training: float
    validation: float

    def value(self, x: Array) -> Array:
        """Return the polynomial at `x: (rows,)`."""
        return legendre(x, len(self.coefficients) - 1) @ self.coefficients


@lru_cache(maxsize=4096)
def fit(setting: Setting) -> Fit:
    """Fit the least `mean of squares + l2/2 sum c_k^2` over the training points; the constant is not penalized."""
    training, validation = draw(replace(setting, degree=0, l2=0.0))
    w = LeastSquares(legendre(training.x, setting.degree), training.y).solution(setting.l2)
    errors = (float(LeastSquares(legendre(x, setting.degree), y)(w)[0]) for x, y in (training, validation))
    return Fit(w, *errors)


class Fan(NamedTuple):
    """Polynomials at some x, (REFITS, rows), each fitted to a fresh draw of as many points from the same curve.

    `scatter` is their standard deviation about their mean, `miss` how far that is from the true curve: medians over x,
    for at its ends a polynomial of high degree may be anywhere.
    """

    values: Array
    scatter: float
    miss: float


@lru_cache(maxsize=256)
def refits(setting: Setting, rows: int) -> Fan:
    """Return the fan of a setting at `rows` points evenly over [-1, 1]; its draws have seeds of their own."""
    x = np.linspace(-1.0, 1.0, rows)
    seeds = (1000 * (setting.seed + 1) + k for k in range(REFITS))
    values = np.stack([fit(replace(setting, seed=seed)).value(x) for seed in seeds])
    off = np.abs(values.mean(axis=0) - CURVES[setting.curve].value(x))
    return Fan(values, float(np.median(values.std(axis=0, ddof=1))), float(np.median(off)))


def errors(settings: Sequence[Setting]) -> Array:
    """Return the errors (2, len(settings)) of the fits: the training's, and the validation's."""
    return np.array([(fit(each).training, fit(each).validation) for each in settings]).T


def best(setting: Setting) -> Setting:
    """Return the degree, and L2 as it is set or none, of the least validation error on these points."""
    tried = [replace(setting, degree=degree, l2=l2) for l2 in sorted({0.0, setting.l2}) for degree in DEGREES]
    return min(tried, key=lambda each: fit(each).validation)


def judge(setting: Setting) -> Word:
    """Say what a fit is, compared with the best one.

    Good: it misses the points held out by no more than `TOLERANCE` times what the best fit does. Underfitting: by more,
    and the points that it was fitted to as well. Overfitting: by more, though it meets the points it was fitted to.
    """
    found, reference = fit(setting), fit(best(setting))
    if found.validation <= max(TOLERANCE * reference.validation, NOTHING):
        return Word.GOOD
    return Word.UNDER if found.training > max(TOLERANCE * reference.training, NOTHING) else Word.OVER
