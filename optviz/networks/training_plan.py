"""A network trained on any rows, from a plan of a few numbers: the digits and a visitor's table alike."""

from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, Epoch, train
from optviz.networks.datasets import Dataset
from optviz.networks.losses import Loss
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A network's hidden layers, and how it is trained.

    `l2` counts the weights' squares with the factor 1/2 of
    `tf.nn.l2_loss`, and no biases.
    """

    hidden: tuple[int, ...] = ()
    activation: Choice = Choice("relu")
    initialization: str = "xavier"
    optimizer: Choice = Choice("sgd")
    learning_rate: float = 0.1
    l2: float = 0.0
    batch_size: int = 32
    epochs: int = 30
    seed: int = 0
    shuffle: bool = True

    def network(self, data: Dataset) -> Network:
        """Return the network that fits the rows."""
        activation = self.activation.of(ACTIVATIONS)
        return Network((data.x.shape[1], *self.hidden, data.targets.shape[1]), activation)


NUMBERS = ("loss", "validation_loss", "accuracy", "validation_accuracy")
"""The numbers of an epoch that are kept."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A training that is over: its network, and what stood after each epoch, epoch 0 being the start.

    `w: (epochs + 1, n)`, `numbers: (epochs + 1, 4)` as `NUMBERS` names them, the losses without the penalty
    `(epochs + 1,)`. Where it diverged it is shorter than planned, and its last epoch has the reason.
    """

    network: Network
    w: Array
    numbers: Array
    penalty: Array
    last: Epoch

    @property
    def penalized(self) -> bool:
        """Whether there is a penalty."""
        return bool(np.any(self.penalty))

    @property
    def minimized(self) -> Array:
        """The loss of the training rows with its penalty, `(epochs + 1,)`."""
        return self.numbers[:, NUMBERS.index("loss")] + self.penalty


def fit(plan: Plan, training: Dataset, held_out: Dataset, loss: Loss) -> Trained:
    """Train on some rows and evaluate on others after each epoch."""
    network = plan.network(training)
    classifier = Classifier(network, loss, training, plan.batch_size, plan.seed, plan.shuffle)
    optimizer = plan.optimizer.of(OPTIMIZERS)
    start = network.init(plan.seed, plan.initialization)
    epochs = train(classifier, optimizer, lambda t: plan.learning_rate, start, validation=held_out, l2=plan.l2)
    # An epoch holds the optimizer's moments, too: of all but the last they are let go.
    w, numbers, penalty = [], [], []
    for last in islice(epochs, plan.epochs + 1):
        w.append(last.w)
        numbers.append([getattr(last, name) for name in NUMBERS])
        penalty.append(last.penalty)
    return Trained(network, np.stack(w), np.array(numbers), np.array(penalty), last)


class Scale(NamedTuple):
    """A shift and a stretch of each column: `(x - mean) / deviation`."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, x: Array) -> "Scale":
        """Return the scale that gives rows `x: (rows, columns)` mean 0 and deviation 1; constant columns become 0."""
        deviation = x.std(axis=0)
        return cls(x.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, x: Array) -> Array:
        """Scale values, (..., columns)."""
        return (x - self.mean) / self.deviation

    def back(self, scaled: Array) -> Array:
        """Return the values that were scaled."""
        return scaled * self.deviation + self.mean
