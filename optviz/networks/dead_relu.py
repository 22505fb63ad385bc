"""How ReLU units die while a net is trained on the course's points, and what keeps them alive.

A unit is dead where it puts out 0 for every training point: no gradient passes it, and it never learns again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, train
from optviz.networks.datasets import DATASETS, Dataset
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Setup:
    """A net 2-units-1 on dot.csv with the course's loss and batches of 32, trained by SGD.

    The inputs are moved and stretched, x <- scale x + shift, or then standardized; `bias` is added to the initial
    biases of the hidden units. By default many units die.
    """

    units: int = 24
    activation: str = "relu"
    initialization: str = "course"
    bias: float = 0.0
    learning_rate: float = 0.1
    epochs: int = 40
    seed: int = 7
    scale: float = 1.0
    shift: float = 0.0
    standardized: bool = False

    @cached_property
    def data(self) -> Dataset:
        """The training points; raises DataError."""
        data = DATASETS["dot"]()
        x = self.scale * data.x + self.shift
        return Dataset((x - x.mean(axis=0)) / x.std(axis=0) if self.standardized else x, data.y)

    @cached_property
    def classifier(self) -> Classifier:
        """The net on these points."""
        network = Network((2, self.units, 1), ACTIVATIONS[self.activation]())
        return Classifier(network, LOSSES["mse"], self.data, batch_size=32, seed=self.seed)

    @property
    def start(self) -> Array:
        """The initial parameters (n,)."""
        network = self.classifier.network
        w = network.init(self.seed, self.initialization)
        network.views(w)[0][1][...] += self.bias
        return w


class Record(NamedTuple):
    """What a training leaves behind, a row an epoch, from epoch 0 on; after a divergence its numbers are nan.

    `dead` and `loss` are (epochs + 1,); `weights` (epochs + 1, 3, units) has both weights and the bias of each hidden
    unit, `inputs` (epochs + 1, 2, units) the least and greatest z that any training point gives it, and `silent`
    (epochs + 1, units) whether it is dead. `diverged` is the last finite epoch, or -1.
    """

    dead: Array
    loss: Array
    accuracy: Array
    weights: Array
    inputs: Array
    silent: NDArray[np.bool_]
    diverged: int


@np.errstate(over="ignore", invalid="ignore")
def record(setup: Setup) -> Record:
    """Train, and note each epoch; raises DataError."""
    classifier, rate = setup.classifier, setup.learning_rate
    training = train(classifier, OPTIMIZERS["sgd"](), lambda t: rate, setup.start)
    epochs = list(islice(training, setup.epochs + 1))
    first = [classifier.network.views(epoch.w)[0] for epoch in epochs]
    sums = [classifier.data.x @ weights + biases for weights, biases in first]
    outputs = [classifier.network.activation.value(z) for z in sums]
    rows = setup.epochs + 1
    return Record(
        _filled([float(classifier.dead_units(epoch.w)) for epoch in epochs], rows),
        _filled([epoch.loss for epoch in epochs], rows),
        _filled([epoch.accuracy for epoch in epochs], rows),
        _filled([np.vstack([weights, biases]) for weights, biases in first], rows),
        _filled([np.stack([z.min(axis=0), z.max(axis=0)]) for z in sums], rows),
        _filled([(a == 0).all(axis=0) for a in outputs], rows) == 1,
        epochs[-1].epoch if epochs[-1].reason else -1,
    )


def _filled(values: list[float] | list[Array], rows: int) -> Array:
    found = np.array(values, dtype=float)
    return np.concatenate([found, np.full((rows - len(found), *found.shape[1:]), np.nan)])


CURES: Mapping[str, Callable[[Setup], Setup]] = {
    "rate": lambda setup: replace(setup, learning_rate=setup.learning_rate / 10),
    "he": lambda setup: replace(setup, initialization="he", bias=0.0),
    "leaky": lambda setup: replace(setup, activation="leaky_relu"),
    "inputs": lambda setup: replace(setup, standardized=True),
}
"""What may keep the units alive: each changes one thing of a setup, and nothing else."""
