"""Momentum on a given sequence of gradients: what it sums up, and how far back it remembers."""

import math
from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.optimization.optimizers import Recursion, average
from optviz.recipes import Range, recipe, registry

Sequence = Callable[[int], Array]
"""The first n gradients, `(n,)`."""

Size = Annotated[float, Range(-10.0, 10.0, "g")]


@recipe("Constant gradient", formula=r"g_t = g", source="the course's example")
def constant(slope: Size = 1.0) -> Sequence:
    """The same slope again and again, as along a valley."""
    return lambda n: np.full(n, slope)


@recipe("Alternating gradient", formula=r"g_t = (-1)^{t-1} g", source="Polyak 1964")
def alternating(slope: Size = 1.0) -> Sequence:
    """The sign changes at every step, as across a valley."""
    return lambda n: slope * np.where(np.arange(n) % 2, -1.0, 1.0)


@recipe("Noisy gradient", formula=r"g_t \sim \mathcal{N}(g, \sigma^2)", source="a gradient from batches")
def noisy(
    slope: Size = 1.0,
    sigma: Annotated[float, Range(0.0, 10.0, r"\sigma")] = 2.0,
    seed: Annotated[int, Range(0, 99, "seed")] = 0,
) -> Sequence:
    """A slope under noise, as from small batches."""
    return lambda n: slope + sigma * np.random.default_rng(seed).normal(0.0, 1.0, n)


SEQUENCES = registry((constant, alternating, noisy))
"""Sequences of gradients by name."""


class Momentum(NamedTuple):
    """Momentum over n gradients; row t stands after t of them.

    `shares: (n+1, n)`: what the gradient of k steps ago adds to the classical step, `lr * decay^k * g_{t-k}`.
    `steps: (n+1, 3)`: the steps of plain descent, of the classical and of the averaged form, all at lr.
    `places: (n+1, 4)`: how far w has come from 0 with each of these and with the averaged form at lr / (1 - decay).
    """

    shares: Array
    steps: Array
    places: Array


def momentum(gradients: Array, decay: float, learning_rate: float) -> Momentum:
    """Push gradients `(n,)` through plain descent and both forms of momentum; `decay` is below 1."""
    n = len(gradients)
    ages = np.arange(n)
    shares = np.zeros((n + 1, n))
    for t in range(1, n + 1):
        shares[t, :t] = learning_rate * decay ** ages[:t] * gradients[:t][::-1]
    plain, classical, averaged = (_pushed(m, gradients) for m in (Recursion(), Recursion(decay, 1.0), average(decay)))
    steps = learning_rate * np.stack([plain, classical, averaged], axis=1)
    moved = np.column_stack([steps, steps[:, 2] / (1.0 - decay)])
    return Momentum(shares, steps, -np.cumsum(moved, axis=0))


def _pushed(moment: Recursion, gradients: Array) -> Array:
    """Return the moment before the first gradient and after each, `(n+1,)`."""
    rows = [np.zeros(())]
    for g in gradients:
        rows.append(moment.push(rows[-1], g))
    return np.array(rows, dtype=float)


def staircase(shares: Array) -> Array:
    """Return the sum of the shares up to each age as the corners of a staircase, `(rows, n) -> (rows, 2 n)`."""
    return np.repeat(np.cumsum(shares, axis=1), 2, axis=1)


def geometric_sum(decay: float, n: int) -> float:
    """Return `1 + decay + ... + decay^(n-1) = (1 - decay^n) / (1 - decay)`."""
    return (1.0 - decay**n) / (1.0 - decay)


def half_life(decay: float) -> float:
    """Return after how many steps a gradient's share is halved, `log(1/2) / log(decay)`; 0 without a decay."""
    return math.log(0.5) / math.log(decay) if decay else 0.0


def memory(decay: float) -> float:
    """Return over about how many steps is averaged, `1 / (1 - decay)`."""
    return 1.0 / (1.0 - decay)
