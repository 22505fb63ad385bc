"""Penalties side by side: one net trained at many strengths at once, each from the same start on the same batches."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import Dataset
from optviz.optimization.descent import Schedule, marks
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import Optimizer

NEAR_ZERO = 1e-3
"""A weight nearer to zero than this counts as zero."""


class Frame(NamedTuple):
    """What stands after so many epochs, all of it at the same weights `w: (runs, n)`; the rest is (runs,).

    Losses are the data's part of what is minimized, over all rows; accuracies are shares; `zeros` counts the weights
    within `NEAR_ZERO` of zero and `norm` is the root of the sum of their squares, biases left out. A run that has
    diverged has nan.
    """

    w: Array
    loss: Array
    validation_loss: Array
    accuracy: Array
    validation_accuracy: Array
    zeros: Array
    norm: Array


def train(
    classifier: Classifier,
    optimizer: Optimizer,
    schedule: Schedule,
    start: Array,
    *,
    l1: Array,
    l2: Array,
    validation: Dataset,
    stride: int,
) -> Iterator[Frame]:
    """Train a net from `start: (n,)` once for each pair of strengths `l1: (runs,)`, `l2: (runs,)`, without end.

    The runs are one array for NumPy, so that thirty cost but a few times what one does. Frame k stands after
    `k * stride` epochs.
    """
    objective = Penalized(classifier, l1, l2, classifier.network.weight_mask)
    begin, every = np.tile(start, (len(l1), 1)), stride * classifier.steps_per_epoch
    begun = marks(objective, optimizer, schedule, begin, every=every)
    while True:
        # A run that diverges is a result and no reason for a warning.
        with np.errstate(all="ignore"):
            frame = _measure(classifier, validation, next(begun).w)
        yield frame


def _measure(classifier: Classifier, validation: Dataset, w: Array) -> Frame:
    weights = w[:, classifier.network.weight_mask > 0]
    loss, accuracy = classifier.evaluate(w, classifier.data)
    held_out_loss, held_out_accuracy = classifier.evaluate(w, validation)
    numbers = (
        loss,
        held_out_loss,
        accuracy,
        held_out_accuracy,
        (np.abs(weights) < NEAR_ZERO).sum(-1),
        np.linalg.norm(weights, axis=-1),
    )
    known = np.isfinite(w).all(-1) & np.isfinite(loss)
    return Frame(w, *(np.where(known, each, np.nan) for each in numbers))
