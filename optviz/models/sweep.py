"""A sweep of learning rates: the same training from the same start at many rates at once, on one run axis."""

from itertools import islice
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.classifier import Classifier
from optviz.optimization.descent import marks
from optviz.optimization.optimizers import Optimizer


class Sweep(NamedTuple):
    """The mean loss over all rows after 0, 1, ... epochs, `(epochs+1, rates)`: nan or inf where it diverged."""

    rates: Array
    loss: Array

    @property
    def final(self) -> Array:
        """The loss after the last epoch, `(rates,)`, inf where it diverged."""
        return np.where(np.isfinite(self.loss[-1]), self.loss[-1], np.inf)

    @property
    def best(self) -> int:
        """The number of the rate with the least final loss."""
        return int(np.argmin(self.final))


def sweep(classifier: Classifier, optimizer: Optimizer, rates: Array, start: Array, epochs: int) -> Sweep:
    """Train from `start: (n,)` at each of `rates: (k,)`: every run sees the same batches."""
    begin = np.tile(start, (len(rates), 1))
    begun = marks(
        classifier, optimizer.on(classifier.network.tensors), lambda t: rates, begin, every=classifier.steps_per_epoch
    )
    # What diverges is a result and no reason for a warning.
    with np.errstate(all="ignore"):
        losses = [classifier.evaluate(mark.w, classifier.data)[0] for mark in islice(begun, epochs + 1)]
        return Sweep(rates, np.array(losses))
