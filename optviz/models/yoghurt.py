"""The course's yoghurt seller: predict a day's sales, where a bottle too many and a bottle too few cost differently."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optviz.arrays import Array
from optviz.networks.losses import Loss
from optviz.optimization.descent import Path, descend, record
from optviz.optimization.optimizers import OPTIMIZERS

COURSE_SEED = 23455
SAMPLES = 32
NOISE = 0.05
COURSE_START = (-0.8113182, 1.4845988)
"""What `tf.random.normal([2, 1], stddev=1, seed=1)` gives: where the course's weights begin."""


@dataclass(frozen=True, eq=False)
class Sales:
    """Days with two known factors `x: (days, 2)` in [0, 1) and the bottles sold, `y: (days,)`."""

    x: Array
    y: Array


def sales(seed: int = COURSE_SEED, samples: int = SAMPLES, noise: float = NOISE) -> Sales:
    """Return days with `y = x1 + x2 + noise`, the noise even in [-noise, noise); as the course draws them."""
    random = np.random.RandomState(seed)
    x = random.rand(samples, 2)
    return Sales(x, x.sum(axis=1) + 2 * noise * random.rand(samples) - noise)


def fit(days: Sales, losses: Sequence[Loss], learning_rate: float, epochs: int, start: tuple[float, float]) -> Path:
    """Fit `y = x1 w1 + x2 w2` by gradient descent on the mean of each loss: runs side by side, `w: (epochs+1, k, 2)`.

    An epoch is one update on all days.
    """

    def objective(w: Array, t: int = 0) -> tuple[Array, Array]:
        made = w @ days.x.T
        loss = np.array([each.value(row, days.y).mean() for each, row in zip(losses, made, strict=True)])
        slope = np.array([each.derivative(row, days.y) for each, row in zip(losses, made, strict=True)])
        return loss, slope @ days.x / len(days.y)

    w = np.tile(np.array(start), (len(losses), 1))
    return record(descend(objective, OPTIMIZERS["sgd"](), lambda t: learning_rate, w), epochs)


def overproduction(days: Sales, w: Array) -> Array:
    """Return what is made beyond what is sold, `w: (..., 2) -> (..., days)`; below zero where bottles are missing."""
    return w @ days.x.T - days.y
