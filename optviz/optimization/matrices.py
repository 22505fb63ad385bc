"""What an update rule may do with a matrix: its last two axes, whatever runs stand before them.

    orthogonal    the singular values of U S V^T pushed towards 1 by Newton and Schulz' iteration
    polar         the same exactly, U V^T
    inverse_root  (A + epsilon I)^(-1/p)
    eigenvectors  a basis in which a symmetric matrix is diagonal, followed from one update to the next
    row_mean      the mean of every row, (..., rows, 1); `column_mean` that of every column

A matrix that is not finite gives one of nan: divergence is a result, where LAPACK raises an error.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from optviz.arrays import Array, Number

QUINTIC = (3.4445, -4.7750, 2.0315)
"""The coefficients of Keller Jordan's Muon, whose slope at 0 is as large as can be."""
STEPS = 5
SMALLEST = 1e-7
"""A matrix whose norm is smaller is divided by this: zero stays zero."""


def _sum(x: Array, axes: int | tuple[int, int]) -> Array:
    # In half the time of `x.sum`, which asks Python first.
    found: Array = np.add.reduce(x, axis=axes, keepdims=True)
    return found


def transpose(x: Array) -> Array:
    """Return the transposed matrix."""
    return x.swapaxes(-1, -2)


def norm(x: Array) -> Array:
    """Return the root of the sum of all squares, (..., 1, 1)."""
    found: Array = np.sqrt(_sum(x * x, (-2, -1)))
    return found


def row_mean(x: Array) -> Array:
    """Return the mean of every row, (..., rows, 1)."""
    found: Array = _sum(x, -1) / x.shape[-1]
    return found


def column_mean(x: Array) -> Array:
    """Return the mean of every column, (..., 1, columns)."""
    found: Array = _sum(x, -2) / x.shape[-2]
    return found


def rms(x: Array) -> Array:
    """Return the root of the mean of all squares, (..., 1, 1)."""
    found: Array = norm(x) / math.sqrt(x.shape[-1] * x.shape[-2])
    return found


def aspect(x: Array) -> float:
    """Return columns over rows: the outputs of a layer over its inputs, as its weights lie."""
    return x.shape[-1] / x.shape[-2]


def quintic(x: Number) -> Number:
    """Return `3.4445 x - 4.7750 x^3 + 2.0315 x^5`, what an iteration makes of a singular value."""
    a, b, c = QUINTIC
    return a * x + b * x**3 + c * x**5


def orthogonal(x: Array, steps: float = STEPS) -> Array:
    """Return what Newton and Schulz' iteration makes of a matrix after a few steps; the norm is 1 before the first.

    `X <- a X + (b X X^T + c (X X^T)^2) X`, with the coefficients of `QUINTIC`: singular vectors stay, each singular
    value goes through `quintic` (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).
    """
    a, b, c = QUINTIC
    wide = x.shape[-1] > x.shape[-2]
    x = x if wide else transpose(x)
    x = x / np.maximum(norm(x), SMALLEST)
    for _step in range(int(steps)):
        gram = x @ transpose(x)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else transpose(x)


def _finite(of: Callable[..., Array]) -> Callable[..., Array]:
    """Have nan come out where what goes in is not finite."""

    def guarded(x: Array, *others: Any) -> Array:
        known = np.isfinite(x).all(axis=(-1, -2), keepdims=True)
        found: Array = np.where(known, of(np.where(known, x, 0.0), *others), np.nan)
        return found

    guarded.__doc__ = of.__doc__
    return guarded


@_finite
def _values(x: Array) -> Array:
    found: Array = np.linalg.svd(x, compute_uv=False).astype(float)[..., None, :]
    return found


def singular_values(x: Array) -> Array:
    """Return the singular values, (..., min(rows, columns)), the largest first."""
    found: Array = _values(x)[..., 0, :]
    return found


@_finite
def polar(x: Array) -> Array:
    """Return `U V^T` of `x = U S V^T`: the orthogonal matrix nearest to x, with 0 where a singular value is 0."""
    u, s, v = np.linalg.svd(x, full_matrices=False)
    kept = s > s[..., :1] * max(x.shape[-2:]) * np.finfo(float).eps
    found: Array = (u * kept[..., None, :]) @ v
    return found


@_finite
def _symmetric_root(x: Array, power: Number) -> Array:
    values, vectors = np.linalg.eigh(x)
    # What is 0 has no inverse root: its direction gets none.
    roots = np.where(values > 0, values, np.inf) ** (-1.0 / power)
    found: Array = (vectors * roots[..., None, :]) @ transpose(vectors)
    return found


def inverse_root(x: Array, power: Number, epsilon: Number = 0.0) -> Array:
    """Return `(x + epsilon I)^(-1/power)` of a symmetric matrix without negative eigenvalues, 0 where one is 0."""
    power = power[..., 0] if isinstance(power, np.ndarray) and power.ndim else power
    return _symmetric_root(x + epsilon * np.eye(x.shape[-1]), power)


@_finite
def _all_eigenvectors(x: Array) -> Array:
    return np.linalg.eigh(x)[1]


@_finite
def _iterated(x: Array) -> Array:
    return np.linalg.qr(x)[0]


def eigenvectors(x: Array, basis: Array, every: Number, t: Number) -> Array:
    """Return the eigenvectors of a symmetric matrix, (..., n, n): columns that go on from the last `basis`.

    All of them at the first update, then at each `every`-th one a step of the power iteration, `Q <- QR(x Q)`
    (Vyas et al. 2024, algorithm 4); the basis stays as it is in between.
    """
    if t == 1:
        return _all_eigenvectors(x)
    due = (t - 1) % every == 0
    return np.where(due, _iterated(x @ basis), basis) if np.any(due) else basis
