"""Regression by least squares: models that are linear in their parameters, fitted by descent or in closed form."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optviz.arrays import Array

REACH = 3.0
"""The course samples its polynomial from -3 to 3."""


def monomials(x: Array, degree: int) -> Array:
    """Return 1, x, x^2, …, x^degree for `x: (rows,)`, (rows, degree + 1)."""
    return np.vander(x, degree + 1, increasing=True)


def legendre(x: Array, degree: int) -> Array:
    """Return the Legendre polynomials P_0 … P_degree at `x: (rows,)` in [-1, 1], (rows, degree + 1).

    They span the same polynomials as the monomials, but are nearly orthogonal on points spread over the interval, so
    that degree 15 is fitted without loss of digits.
    """
    features: Array = np.polynomial.legendre.legvander(x, degree).astype(np.float64)
    return features


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The mean of squares `c/N sum (features w - y)^2`, an objective `(w: (..., n), t) -> (loss, gradient)`.

    `features: (rows, n)`, `y: (rows,)`. The factor c is 1 for the mean of the squares (TensorFlow's `mse`), 1/2 for
    half of it, and N for their sum.
    """

    features: Array
    y: Array
    factor: float = 1.0

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]:
        """Return the loss (...) and its gradient (..., n)."""
        residual = w @ self.features.T - self.y
        share = self.factor / len(self.y)
        loss: Array = share * np.vecdot(residual, residual)
        return loss, 2.0 * share * (residual @ self.features)

    def hessian(self, w: Array) -> Array:
        """Return the Hessian, (..., n, n): the same everywhere."""
        return np.broadcast_to(self._hessian, (*w.shape[:-1], *self._hessian.shape))

    @property
    def curvatures(self) -> Array:
        """The Hessian's eigenvalues, ascending, (n,): plain descent converges where `lr < 2 / curvatures[-1]`."""
        return np.linalg.eigvalsh(self._hessian).clip(0.0)

    def solution(self, l2: float = 0.0) -> Array:
        """Return the parameters (n,) of the least `loss + l2/2 sum w^2`, the first parameter, the constant, left out.

        Solved as one least-squares problem with a row for each penalized parameter; where many are best it is the one
        of least norm.
        """
        n = self.features.shape[1]
        rows = [self.features * np.sqrt(self.factor / len(self.y)), np.sqrt(0.5 * l2) * np.eye(n)[1:]]
        targets = [self.y * np.sqrt(self.factor / len(self.y)), np.zeros(n - 1)]
        fitted: Array = np.linalg.lstsq(np.concatenate(rows), np.concatenate(targets), rcond=None)[0]
        return fitted

    @cached_property
    def _hessian(self) -> Array:
        hessian: Array = 2.0 * self.factor / len(self.y) * (self.features.T @ self.features)
        return hessian


def sample(truth: tuple[float, ...], points: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Return x and y, each (points,): a polynomial with the coefficients `truth`, constant first, evenly over [-3, 3].

    To y comes normal noise of standard deviation `noise`, the same for the same seed and number of points.
    """
    x, errors = np.linspace(-REACH, REACH, points), np.random.default_rng(seed).standard_normal(points)
    return x, monomials(x, len(truth) - 1) @ np.array(truth) + noise * errors
