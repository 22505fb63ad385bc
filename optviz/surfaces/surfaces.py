"""Loss surfaces over two weights: value, gradient, Hessian and LaTeX of each come from one SymPy expression.

A `Surface` is an objective, `surface(w, t) -> (loss, gradient)`, on `w: (..., 2)`. Nothing is differentiated or
compiled before the first call.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from optviz.arrays import Array
from optviz.expressions import (
    Compiled,
    compiled,
    denominators,
    fill_gaps,
    has_poles,
    is_smooth,
    lacks_value,
    precise,
    program_on_floats,
)
from optviz.formula import Modulus, parse
from optviz.locale.spoken import N_
from optviz.optimization.straight import Slope

Point = tuple[float, float]

x1, x2 = sp.symbols("x1 x2")


@dataclass(frozen=True, eq=False)
class Surface:
    """A loss surface `f(x1, x2)`.

    `domain` is the plotted part, `((x1 from, to), (x2 from, to))`; `levels` says how contour levels are spaced;
    `minima` are all points of the domain where f is least, and none if f falls without bound or if they are not known.
    `saddles` are the points to get stuck at on a surface without a minimum; `note` says in a sentence what is unusual.
    """

    name: str
    title: str
    expression: sp.Expr
    _: KW_ONLY
    domain: tuple[Point, Point]
    start: Point
    source: str
    minima: tuple[Point, ...] = ()
    levels: Literal["linear", "log"] = "linear"
    saddles: tuple[Point, ...] = ()
    note: str = ""

    @classmethod
    def from_formula(
        cls,
        text: str,
        *,
        domain: tuple[Point, Point] = ((-5.0, 5.0), (-5.0, 5.0)),
        start: Point = (-4.0, -3.0),
        levels: Literal["linear", "log"] = "linear",
    ) -> "Surface":
        """Build the surface of a visitor's formula in `x1` and `x2`, whose minima are not known.

        Raises `FormulaError` for a text that is not an acceptable formula.
        """
        return cls(
            "formula",
            N_("Your own formula"),
            parse(text),
            domain=domain,
            start=start,
            levels=levels,
            source="",
        )

    def __call__(self, w: ArrayLike, t: int = 0) -> tuple[Array, Array]:
        """Return `f(w)` of shape `(...)` and its gradient of shape `(..., 2)` at `w: (..., 2)`.

        The number `t` of the update is ignored: a surface is the same at every step. Where f has a kink the gradient is
        a finite subgradient, 0 where both partial derivatives are undefined. Where f overflows the numbers are inf or
        nan. Raises `ValueError` for a `w` of another shape.
        """
        w = _as_points(w)
        loss, gradient = self._computed(w)
        if self._has_poles:
            fill_gaps(gradient, w, loss, lambda near: self._computed(near)[1])
        return loss[()], gradient

    def in_place(self, w: Array, gradient: Array) -> Callable[[int], None]:
        """Return what writes the gradient at `w: (..., 2)` to `gradient: (..., 2)`, arrays that stay."""
        along_1, along_2, steepness = w[..., 0], w[..., 1], self._steepness

        def write(t: int) -> None:
            gradient[..., 0], gradient[..., 1] = steepness(along_1, along_2)
            if self._has_poles and not np.isfinite(gradient).all():
                np.copyto(gradient, self(w)[1])

        return write

    def value(self, w: ArrayLike) -> Array:
        """Return `f(w)` of shape `(...)` at `w: (..., 2)`."""
        return self._computed(_as_points(w))[0][()]

    def gradient(self, w: ArrayLike) -> Array:
        """Return the gradient of shape `(..., 2)` at `w: (..., 2)`; at a kink it is a finite subgradient."""
        return self(w)[1]

    def hessian(self, w: ArrayLike) -> Array:
        """Return the Hessian of shape `(..., 2, 2)` at `w: (..., 2)`; at a kink its undefined entries are 0."""
        w = _as_points(w)
        hessian = self._bends(w)
        if self._bends_have_poles:
            fill_gaps(hessian, w, self.value(w), self._bends)
        return hessian

    @cached_property
    def precisely(self) -> Callable[..., Any]:
        """The value at numbers `x1, x2` of 450 digits."""
        return precise((x1, x2), self.expression)

    def denominators(self, w: ArrayLike) -> Array:
        """Return what vanishes at every pole, of shape `(k, ...)` at `w: (..., 2)`; k = 0 where there can be none."""
        w = _as_points(w)
        if self._denominators is None:
            return np.empty((0, *w.shape[:-1]))
        with np.errstate(all="ignore"):
            return np.array([each + np.zeros_like(w[..., 0]) for each in self._denominators(w[..., 0], w[..., 1])])

    def is_smooth(self, w: ArrayLike) -> bool:
        """Whether f is analytic on a grid `(n, m, 2)` of points, with no pole between them."""
        bottoms = self.denominators(w)
        one_sided = np.all(bottoms > 0, axis=(1, 2)) | np.all(bottoms < 0, axis=(1, 2))
        return bool(one_sided.all()) and is_smooth(self.expression)

    def undefined(self, w: ArrayLike) -> bool:
        """Whether f, or else its slope or its curvature, has no value at a point `w: (2,)`; one that overflows has."""
        along_1, along_2 = _as_points(np.atleast_2d(w)).T
        if lacks_value(self._height, along_1, along_2):
            return True
        # Where f overflows, its derivatives tell nothing more.
        with np.errstate(all="ignore"):
            overflows = not np.isfinite(self._height(along_1, along_2)[0]).all()
        return not overflows and any(lacks_value(each, along_1, along_2) for each in (self._slope, self._curvature))

    def _computed(self, w: Array) -> tuple[Array, Array]:
        loss, gradient = np.empty_like(w[..., 0]), np.empty_like(w)
        with np.errstate(all="ignore"):
            loss[...], gradient[..., 0], gradient[..., 1] = self._slope(w[..., 0], w[..., 1])
        return loss, gradient

    def _bends(self, w: Array) -> Array:
        hessian = np.empty((*w.shape, 2))
        with np.errstate(all="ignore"):
            hessian[..., 0, 0], hessian[..., 0, 1], hessian[..., 1, 1] = self._curvature(w[..., 0], w[..., 1])
        hessian[..., 1, 0] = hessian[..., 0, 1]
        return hessian

    @cached_property
    def latex(self) -> str:
        """The formula in LaTeX, in `x_{1}` and `x_{2}`."""
        return str(sp.latex(self.expression))

    @cached_property
    def minimum(self) -> float | None:
        """The least value in the domain, or None if there is none or it is not known."""
        return float(self.value(self.minima).min()) if self.minima else None

    @cached_property
    def _derivatives(self) -> tuple[sp.Expr, sp.Expr]:
        return self.expression.diff(x1), self.expression.diff(x2)

    @cached_property
    def _height(self) -> Compiled:
        return compiled((x1, x2), [self.expression])

    @cached_property
    def _slope(self) -> Compiled:
        return compiled((x1, x2), [self.expression, *self._derivatives])

    @cached_property
    def _steepness(self) -> Compiled:
        return compiled((x1, x2), [self.expression, *self._derivatives], first=1)

    @cached_property
    def of_floats(self) -> Slope:
        """The loss and both partial derivatives at plain floats `x1, x2`; it raises where `math` does."""
        return Slope.of(program_on_floats((x1, x2), [self.expression, *self._derivatives]), self._has_poles)

    @cached_property
    def _curvature(self) -> Compiled:
        return compiled((x1, x2), list(self._second_derivatives))

    @cached_property
    def _denominators(self) -> Compiled | None:
        found = denominators(self.expression)
        return compiled((x1, x2), found) if found else None

    @cached_property
    def _second_derivatives(self) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        along_1, along_2 = self._derivatives
        return along_1.diff(x1), along_1.diff(x2), along_2.diff(x2)

    @cached_property
    def _has_poles(self) -> bool:
        return has_poles(self._derivatives)

    @cached_property
    def _bends_have_poles(self) -> bool:
        return has_poles(self._second_derivatives)


def _as_points(w: ArrayLike) -> Array:
    points = np.asarray(w, dtype=np.float64)
    if points.shape[-1:] != (2,):
        raise ValueError(f"a surface takes points of shape (..., 2), not {points.shape}")
    return points


def _box(low: float, high: float) -> tuple[Point, Point]:
    return (low, high), (low, high)


def _mirrored(a: float, b: float) -> tuple[Point, ...]:
    return (a, b), (a, -b), (-a, b), (-a, -b)


def _registry(surfaces: Iterable[Surface]) -> Mapping[str, Surface]:
    table: dict[str, Surface] = {}
    for surface in surfaces:
        if surface.name in table:
            raise ValueError(f"two surfaces are called {surface.name!r}")
        table[surface.name] = surface
    return table


_JAMIL_YANG = "Jamil & Yang 2013, A literature survey of benchmark functions for global optimization problems"
_SURJANOVIC_BINGHAM = "Surjanovic & Bingham 2013, Virtual Library of Simulation Experiments"
_half = sp.Rational(1, 2)
_radius = sp.sqrt(x1**2 + x2**2)

SURFACES: Mapping[str, Surface] = _registry(
    [
        Surface(
            "bowl",
            "Bowl",
            0.1 * x1**2 + 2 * x2**2,
            domain=((-6, 6), (-3.2, 3.2)),
            start=(-5, -2),
            minima=((0, 0),),
            source="Zhang et al. 2023, Dive into Deep Learning, chapter 12",
        ),
        Surface(
            "long_valley",
            "Long valley",
            0.01 * x1**2 + 4 * x2**2,
            domain=((-10, 10), (-2, 2)),
            start=(-9, 1.5),
            minima=((0, 0),),
            levels="log",
            source="Quadratic with the condition number 400",
        ),
        Surface(
            "saddle",
            "Saddle",
            x1**2 - x2**2,
            domain=_box(-2, 2),
            start=(-1.5, 0.001),
            saddles=((0, 0),),
            note="It has a saddle and no minimum: the loss falls without bound.",
            source="Hyperbolic paraboloid",
        ),
        Surface(
            "monkey_saddle",
            "Monkey saddle",
            x1**3 - 3 * x1 * x2**2,
            domain=_box(-1.5, 1.5),
            start=(1.2, 0.01),
            saddles=((0, 0),),
            note="It has a saddle and no minimum: the loss falls without bound.",
            source="Hilbert & Cohn-Vossen 1932, Anschauliche Geometrie",
        ),
        Surface(
            "plateau",
            "Plateau",
            1 - sp.exp(-(x1**2 + x2**2) / 2),
            domain=_box(-4, 4),
            start=(-2.5, 2),
            minima=((0, 0),),
            source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.3",
        ),
        Surface(
            "sphere",
            "Sphere",
            x1**2 + x2**2,
            domain=_box(-3, 3),
            start=(-2.5, 2),
            minima=((0, 0),),
            source=_JAMIL_YANG,
        ),
        Surface(
            "beale",
            "Beale",
            (1.5 - x1 + x1 * x2) ** 2 + (2.25 - x1 + x1 * x2**2) ** 2 + (2.625 - x1 + x1 * x2**3) ** 2,
            domain=_box(-4.5, 4.5),
            start=(1, 1.5),
            minima=((3, 0.5),),
            levels="log",
            source="Beale 1958, On an iterative method for finding a local minimum",
        ),
        Surface(
            "rosenbrock",
            "Rosenbrock",
            (1 - x1) ** 2 + 100 * (x2 - x1**2) ** 2,
            domain=((-2, 2), (-1, 3)),
            start=(-1.2, 1),
            minima=((1, 1),),
            levels="log",
            source="Rosenbrock 1960, An automatic method for finding the greatest or least value of a function",
        ),
        Surface(
            "himmelblau",
            "Himmelblau",
            (x1**2 + x2 - 11) ** 2 + (x1 + x2**2 - 7) ** 2,
            domain=_box(-5, 5),
            start=(-0.5, -1),
            minima=(
                (3, 2),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.2831859912861696),
                (3.5844283403304917, -1.8481265269644036),
            ),
            levels="log",
            source="Himmelblau 1972, Applied Nonlinear Programming",
        ),
        Surface(
            "booth",
            "Booth",
            (x1 + 2 * x2 - 7) ** 2 + (2 * x1 + x2 - 5) ** 2,
            domain=_box(-10, 10),
            start=(-8, -6),
            minima=((1, 3),),
            levels="log",
            source=_JAMIL_YANG,
        ),
        Surface(
            "matyas",
            "Matyas",
            0.26 * (x1**2 + x2**2) - 0.48 * x1 * x2,
            domain=_box(-10, 10),
            start=(-9, 3),
            minima=((0, 0),),
            levels="log",
            source=_JAMIL_YANG,
        ),
        Surface(
            "three_hump_camel",
            "Three-hump camel",
            2 * x1**2 - 1.05 * x1**4 + x1**6 / 6 + x1 * x2 + x2**2,
            domain=_box(-2.5, 2.5),
            start=(-2.2, 2.2),
            minima=((0, 0),),
            levels="log",
            source=_JAMIL_YANG,
        ),
        Surface(
            "six_hump_camel",
            "Six-hump camel",
            (4 - 2.1 * x1**2 + x1**4 / 3) * x1**2 + x1 * x2 + (-4 + 4 * x2**2) * x2**2,
            domain=((-2.1, 2.1), (-1.2, 1.2)),
            start=(-1.8, 0.2),
            minima=((0.08984201310031806, -0.7126564030207396), (-0.08984201310031806, 0.7126564030207396)),
            levels="log",
            source="Dixon & Szegő 1978, The global optimization problem: an introduction",
        ),
        Surface(
            "mccormick",
            "McCormick",
            sp.sin(x1 + x2) + (x1 - x2) ** 2 - 1.5 * x1 + 2.5 * x2 + 1,
            domain=((-1.5, 4), (-3, 4)),
            start=(3.5, -2.5),
            minima=((-0.5471975511965977, -1.5471975511965979),),
            note="Outside the picture the loss falls without bound.",
            source=_JAMIL_YANG,
        ),
        Surface(
            "styblinski_tang",
            "Styblinski–Tang",
            (x1**4 - 16 * x1**2 + 5 * x1 + x2**4 - 16 * x2**2 + 5 * x2) / 2,
            domain=_box(-5, 5),
            start=(0.5, 4.5),
            minima=((-2.903534027771177, -2.903534027771177),),
            source="Styblinski & Tang 1990, Experiments in nonconvex optimization",
        ),
        Surface(
            "rastrigin",
            "Rastrigin",
            20 + x1**2 + x2**2 - 10 * sp.cos(2 * sp.pi * x1) - 10 * sp.cos(2 * sp.pi * x2),
            domain=_box(-5.12, 5.12),
            start=(-3.6, 2.7),
            minima=((0, 0),),
            source="Rastrigin 1974, Systems of extremal control",
        ),
        Surface(
            "ackley",
            "Ackley",
            20
            + sp.E
            - 20 * sp.exp(-0.2 * sp.sqrt((x1**2 + x2**2) / 2))
            - sp.exp((sp.cos(2 * sp.pi * x1) + sp.cos(2 * sp.pi * x2)) / 2),
            domain=_box(-5, 5),
            start=(-3.4, 2.6),
            minima=((0, 0),),
            source="Ackley 1987, A Connectionist Machine for Genetic Hillclimbing",
        ),
        Surface(
            "levy",
            "Lévy N. 13",
            sp.sin(3 * sp.pi * x1) ** 2
            + (x1 - 1) ** 2 * (1 + sp.sin(3 * sp.pi * x2) ** 2)
            + (x2 - 1) ** 2 * (1 + sp.sin(2 * sp.pi * x2) ** 2),
            domain=_box(-5, 5),
            start=(-4.2, -3.3),
            minima=((1, 1),),
            levels="log",
            source=_SURJANOVIC_BINGHAM,
        ),
        Surface(
            "griewank",
            "Griewank",
            1 + (x1**2 + x2**2) / 4000 - sp.cos(x1) * sp.cos(x2 / sp.sqrt(2)),
            domain=_box(-10, 10),
            start=(-8, 6),
            minima=((0, 0),),
            source="Griewank 1981, Generalized descent for global optimization",
        ),
        Surface(
            "goldstein_price",
            "Goldstein–Price",
            (1 + (x1 + x2 + 1) ** 2 * (19 - 14 * x1 + 3 * x1**2 - 14 * x2 + 6 * x1 * x2 + 3 * x2**2))
            * (30 + (2 * x1 - 3 * x2) ** 2 * (18 - 32 * x1 + 12 * x1**2 + 48 * x2 - 36 * x1 * x2 + 27 * x2**2)),
            domain=_box(-2, 2),
            start=(-1.5, 1.5),
            minima=((0, -1),),
            levels="log",
            source="Goldstein & Price 1971, On descent from local minima",
        ),
        Surface(
            "easom",
            "Easom",
            -sp.cos(x1) * sp.cos(x2) * sp.exp(-((x1 - sp.pi) ** 2) - (x2 - sp.pi) ** 2),
            domain=_box(0, 6.3),
            start=(1.9, 2.2),
            minima=((np.pi, np.pi),),
            source=_JAMIL_YANG,
        ),
        Surface(
            "cross_in_tray",
            "Cross-in-tray",
            -0.0001 * (Modulus(sp.sin(x1) * sp.sin(x2)) * sp.exp(Modulus(100 - _radius / sp.pi)) + 1) ** 0.1,
            domain=_box(-10, 10),
            start=(-7, 3.5),
            minima=_mirrored(1.3494066171539107, 1.3494066171539107),
            source="Mishra 2006, Some new test functions for global optimization",
        ),
        Surface(
            "bohachevsky",
            "Bohachevsky",
            x1**2 + 2 * x2**2 - 0.3 * sp.cos(3 * sp.pi * x1) - 0.4 * sp.cos(4 * sp.pi * x2) + 0.7,
            domain=_box(-2, 2),
            start=(-1.7, 1.4),
            minima=((0, 0),),
            source="Bohachevsky, Johnson & Stein 1986, Generalized simulated annealing for function optimization",
        ),
        Surface(
            "drop_wave",
            "Drop-wave",
            -(1 + sp.cos(12 * _radius)) / (_half * (x1**2 + x2**2) + 2),
            domain=_box(-2, 2),
            start=(-1.5, 1.1),
            minima=((0, 0),),
            source=_SURJANOVIC_BINGHAM,
        ),
        Surface(
            "taxicab",
            "Taxicab distance",
            Modulus(x1) + 2 * Modulus(x2),
            domain=_box(-3, 3),
            start=(-2.6, 1.7),
            minima=((0, 0),),
            note="It has a kink along both axes.",
            source="Weighted distance in the 1-norm",
        ),
        Surface(
            "kinked_valley",
            "Kinked valley",
            (x1 - 1) ** 2 / 4 + Modulus(x2 - 2 * x1**2 + 1),
            domain=((-1.5, 1.5), (-1.5, 2)),
            start=(-1, 1.5),
            minima=((1, 1),),
            note="It has a kink along the floor of the valley.",
            source="Gürbüzbalaban & Overton 2012, On Nesterov's nonsmooth Chebyshev–Rosenbrock functions",
        ),
    ]
)
