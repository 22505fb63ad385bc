"""Losses over one weight: value, slope, curvature and LaTeX of each come from one SymPy expression.

A `Curve` is an objective, `curve(w, t) -> (loss, gradient)`, on `w: (..., 1)`. Nothing is differentiated or compiled
before the first call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from optviz.arrays import Array
from optviz.expressions import Compiled, compiled, fill_gaps, has_poles, lacks_value, tensorflow_program
from optviz.formula import Modulus, parse

Interval = tuple[float, float]

w = sp.Symbol("w")

SAMPLES = 4001
THIRDS = 60
ROUNDING = 8 * float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Curve:
    """A loss `f(w)` of one weight; `domain` is the part that is drawn, `start` where a descent begins by default."""

    name: str
    title: str
    expression: sp.Expr
    _: KW_ONLY
    domain: Interval
    start: float
    note: str = ""

    @classmethod
    def from_formula(cls, text: str, *, domain: Interval = (-5.0, 5.0), start: float = 4.0) -> "Curve":
        """Build the curve of a visitor's formula in `w`; raises `FormulaError` for a text that is none."""
        return cls("formula", "Your own formula", parse(text, (w.name,)), domain=domain, start=start)

    def __call__(self, w: ArrayLike, t: int = 0) -> tuple[Array, Array]:
        """Return `f(w)` of shape `(...)` and its gradient of shape `(..., 1)` at `w: (..., 1)`, in the precision of w.

        The number `t` of the update is ignored. At a kink the gradient is a finite subgradient.
        """
        points = _as_points(w)
        loss, gradient = self._computed(points)
        if self.has_poles:
            fill_gaps(gradient, points, loss, lambda near: self._computed(near)[1])
        return loss[()], gradient

    def hessian(self, w: ArrayLike) -> Array:
        """Return the curvature of shape `(..., 1, 1)` at `w: (..., 1)`; at a kink it is 0."""
        points = _as_points(w)
        curvature = self._bend(points)
        if self._bend_has_poles:
            fill_gaps(curvature, points, self(points)[0], self._bend)
        return curvature

    def undefined(self, w: float) -> bool:
        """Whether f or else its slope has no value at w, rather than one that overflows."""
        return any(lacks_value(each, np.array([w])) for each in (self._height, self._slope))

    def _computed(self, w: Array) -> tuple[Array, Array]:
        loss, gradient = np.empty_like(w[..., 0]), np.empty_like(w)
        with np.errstate(all="ignore"):
            loss[...], gradient[..., 0] = self._slope(w[..., 0])
        return loss, gradient

    def _bend(self, w: Array) -> Array:
        curvature = np.empty((*w.shape, 1))
        with np.errstate(all="ignore"):
            (curvature[..., 0, 0],) = self._curvature(w[..., 0])
        return curvature

    @cached_property
    def latex(self) -> str:
        """The formula in LaTeX, in `w`."""
        return str(sp.latex(self.expression))

    @cached_property
    def slope_latex(self) -> str:
        """The derivative in LaTeX, in `w`."""
        return str(sp.latex(self._derivative))

    @cached_property
    def program(self) -> str:
        """The formula as a line of Python with TensorFlow's functions, in `w`."""
        # A constant alone would have no gradient at all.
        return tensorflow_program(self.expression) if self.expression.free_symbols else f"0 * w + {self.expression}"

    @cached_property
    def quadratic(self) -> float | None:
        """The curvature of a parabola that opens upwards, the same everywhere; None for any other curve."""
        second = sp.simplify(self._derivative.diff(w)) if self.expression.is_polynomial(w) else w
        return None if second.free_symbols or second <= 0 else float(second)

    @cached_property
    def minima(self) -> Array:
        """All local minima `(k,)` within the domain and its width to either side, from the left."""
        (low, high), width = self.domain, self.domain[1] - self.domain[0]
        xs = np.linspace(low - width, high + width, SAMPLES)
        values = self(xs[:, None])[0]
        values = np.where(np.isfinite(values), values, np.inf)
        inner = values[1:-1]
        # On a plateau values differ by rounding only.
        least = np.abs(inner) * ROUNDING
        with np.errstate(invalid="ignore"):
            lowest = (values[:-2] - inner >= least) & (values[2:] - inner > least)
        found = self._bottom(xs[:-2][lowest], xs[2:][lowest])
        # A pole looks like a minimum from one side.
        return found[np.isfinite(self(found[:, None])[0])]

    def _bottom(self, low: Array, high: Array) -> Array:
        """Narrow intervals `(k,)` that hold a minimum each, by thirds, as kinks have no slope to follow."""
        low, high = low.copy(), high.copy()
        for _third in range(THIRDS):
            third = (high - low) / 3.0
            left, right = self((low + third)[:, None])[0], self((high - third)[:, None])[0]
            is_left = left < right
            high, low = np.where(is_left, high - third, high), np.where(is_left, low, low + third)
        middle = (low + high) / 2.0
        # Near a smooth minimum values differ by less than a float can tell: one step of Newton's method does the rest.
        slope, curvature = self(middle[:, None])[1][:, 0], self.hessian(middle[:, None])[:, 0, 0]
        with np.errstate(all="ignore"):
            step = slope / curvature
        found = middle - np.where(np.isfinite(step) & (np.abs(step) < 1e-4), step, 0.0)
        return np.where(np.abs(found) < 1e-12, 0.0, found)

    @cached_property
    def _derivative(self) -> Any:
        return self.expression.diff(w)

    @cached_property
    def _height(self) -> Compiled:
        return compiled((w,), [self.expression])

    @cached_property
    def _slope(self) -> Compiled:
        return compiled((w,), [self.expression, self._derivative])

    @cached_property
    def _curvature(self) -> Compiled:
        return compiled((w,), [self._derivative.diff(w)])

    @cached_property
    def has_poles(self) -> bool:
        """Whether the slope divides by something that can vanish."""
        return has_poles([self._derivative])

    @cached_property
    def _bend_has_poles(self) -> bool:
        return has_poles([self._derivative.diff(w)])


def _as_points(w: ArrayLike) -> Array:
    points = np.asarray(w)
    points = points if points.dtype == np.float32 else points.astype(np.float64, copy=False)
    if points.shape[-1:] != (1,):
        raise ValueError(f"a curve takes points of shape (..., 1), not {points.shape}")
    return points


def _registry(curves: Iterable[Curve]) -> Mapping[str, Curve]:
    table: dict[str, Curve] = {}
    for curve in curves:
        if curve.name in table:
            raise ValueError(f"two curves are called {curve.name!r}")
        table[curve.name] = curve
    return table


_half = sp.Rational(1, 2)

CURVES: Mapping[str, Curve] = _registry(
    [
        Curve("shifted", "(w + 1)²", (w + 1) ** 2, domain=(-8.0, 6.0), start=5.0),
        Curve("square", "θ²", w**2, domain=(-1.5, 1.5), start=1.0),
        Curve(
            "quartic",
            "w⁴, flat at its minimum",
            w**4,
            domain=(-1.5, 1.5),
            start=1.2,
            note="Its curvature is 0 at the minimum, so the slope fades long before it.",
        ),
        Curve(
            "kink",
            "|w|, a kink",
            Modulus(w),
            domain=(-3.0, 3.0),
            start=2.35,
            note="Its slope is 1 or −1 however near the minimum is, so a constant step never shrinks.",
        ),
        Curve(
            "double_well",
            "A double well",
            _half * _half * w**4 - _half * w**2 + w / 10,
            domain=(-2.0, 2.0),
            start=1.6,
            note="It has two minima, and the left one is the lower.",
        ),
        Curve(
            "wavy",
            "A wavy bowl",
            w**2 / 10 + sp.sin(2 * w),
            domain=(-7.0, 7.0),
            start=6.5,
            note="It has several local minima.",
        ),
        Curve(
            "plateau",
            "A hole in a plateau",
            1 - sp.exp(-(w**2) / 2),
            domain=(-4.0, 4.0),
            start=2.0,
            note="Far from the minimum there is hardly any slope.",
        ),
    ]
)
"""The curves by name."""
