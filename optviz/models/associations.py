"""An associative memory: a matrix that recalls a value for each key, where some pairs are seen more often than others.

    f(W) = sum over i of p_i |W k_i - v_i|^2 / 2,   p_i proportional to 1 / i^s

Keys and values are orthonormal, so that the gradient at W = 0 is a sum of n orthogonal parts, one a pair, and has the
frequencies p_i as its singular values. Gradient descent shrinks the error of pair i by 1 - lr p_i a step. What frequent
and rare pairs make of orthogonalized steps was shown by Wang et al. 2025, "Muon outperforms Adam in tail-end
associative memory learning".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array, Number
from optviz.optimization.descent import Step, descend
from optviz.optimization.matrices import singular_values
from optviz.optimization.optimizers import Optimizer

PAIRS = 8
"""So many cells of a matrix can be told apart beside three others."""


def orthonormal(rng: np.random.Generator, n: int) -> Array:
    """Draw an orthogonal matrix (n, n), evenly among all."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diag(r))


@dataclass(frozen=True)
class Associations:
    """Pairs of a key and a value, the most frequent first: an objective of the flat matrix, `w: (..., n * n)`."""

    exponent: float = 1.0
    seed: int = 0

    @cached_property
    def keys(self) -> Array:
        """The keys, a row each, (PAIRS, PAIRS)."""
        return orthonormal(np.random.default_rng((self.seed, 0)), PAIRS)

    @cached_property
    def values(self) -> Array:
        """The values, a row each, (PAIRS, PAIRS)."""
        return orthonormal(np.random.default_rng((self.seed, 1)), PAIRS)

    @cached_property
    def frequencies(self) -> Array:
        """How often each pair is seen, (pairs,): Zipf's law, with the sum 1."""
        weights = np.arange(1.0, PAIRS + 1) ** -self.exponent
        found: Array = weights / weights.sum()
        return found

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """What w is made of: one matrix."""
        return ((PAIRS, PAIRS),)

    def matrix(self, w: Array) -> Array:
        """Return W, (..., pairs, pairs)."""
        return w.reshape(*w.shape[:-1], PAIRS, PAIRS)

    def errors(self, w: Array) -> Array:
        """Return what is missing of each value, `W k_i - v_i`, a row each, (..., pairs, pairs)."""
        found: Array = self.keys @ self.matrix(w).swapaxes(-1, -2) - self.values
        return found

    def recalled(self, w: Array) -> Array:
        """Return how much of value j key i recalls, `v_j W k_i`, (..., j, i): the unit matrix in the end."""
        found: Array = self.values @ self.matrix(w) @ self.keys.T
        return found

    def __call__(self, w: Array, t: int) -> tuple[Array, Array]:
        """Return the loss (...) and its gradient (..., n * n), of all pairs at once."""
        errors = self.errors(w)
        loss = np.square(errors).sum(-1) @ self.frequencies / 2
        gradient = (errors * self.frequencies[:, None]).swapaxes(-1, -2) @ self.keys
        return loss, gradient.reshape(w.shape)


class Learned(NamedTuple):
    """What stood at each of the steps 0..n of a training from W = 0.

    What the keys recall `(n + 1, pairs, pairs)`, the length of each pair's error `(n + 1, pairs)`, the loss `(n + 1,)`,
    and the singular values `(n + 1, pairs)` of the gradient, of the momentum that Muon orthogonalizes (the gradient
    again for all others), and of the step over the learning rate.
    """

    recalled: Array
    error: Array
    loss: Array
    gradient: Array
    momentum: Array
    step: Array


@np.errstate(all="ignore")
def learn(
    associations: Associations, optimizer: Optimizer, learning_rate: float, steps: int, *, falls: bool = False
) -> Learned:
    """Train a memory from W = 0; where it diverges numbers are no longer finite.

    A rate that `falls` is `learning_rate * (1 - t / (steps + 1))` at step t.
    """
    rates = learning_rate * (1.0 - np.arange(steps + 1.0) / (steps + 1) if falls else np.ones(steps + 1))
    fitted = optimizer.on(associations.shapes)
    start = np.zeros(PAIRS**2)
    found = list(islice(descend(associations, fitted, lambda t: float(rates[t]), start), steps + 1))
    w, loss = np.array([step.w for step in found]), np.array([step.loss for step in found])
    spectra = (
        singular_values(associations.matrix(np.array(each)))
        for each in (
            [step.g for step in found],
            [_momentum(fitted, step) for step in found],
            [step.eta / step.learning_rate for step in found],
        )
    )
    return Learned(associations.recalled(w), np.linalg.norm(associations.errors(w), axis=-1), loss, *spectra)


def _momentum(optimizer: Optimizer, step: Step) -> Array:
    """Return Nesterov's momentum of the rule of Muon, whose matrix is the only one; the gradient of any other."""
    m = step.memory.states.get("0.m")
    if m is None or "beta" not in optimizer.values:
        return step.g
    beta = optimizer.values["beta"]
    pushed = beta * np.broadcast_to(m, (PAIRS, PAIRS)).ravel() + (1.0 - beta) * step.g
    found: Array = beta * pushed + (1.0 - beta) * step.g
    return found


def steps_to(error: Array, share: float) -> list[int | None]:
    """Return the first step at which each pair's error is at most a share of what it was, None where it never is."""
    # Steps of one size come to the share itself, but for rounding.
    reached = error <= share * error[0] * (1 + 1e-9)
    return [int(column.argmax()) if column.any() else None for column in reached.T]


def descended(frequencies: Array, learning_rate: Number, steps: Sequence[int] | Array) -> Array:
    """Return the error of each pair after some steps of plain descent, `|1 - lr p_i|^t`, (steps, pairs)."""
    found: Array = np.abs(1.0 - learning_rate * frequencies) ** np.asarray(steps)[:, None]
    return found
