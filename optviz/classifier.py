"""The classifier of points in the plane: an objective whose update t has its own batch, and its training by epochs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from optviz.activations import Array
from optviz.datasets import Dataset
from optviz.descent import Schedule, descend
from optviz.losses import Loss
from optviz.network import Network
from optviz.objectives import Penalized, regularized
from optviz.optimizers import Memory, Optimizer
from optviz.tensorflow_engine import Gradient, tensorflow_engine

Batch = tuple[Array, Array]

BOUNDARY = 0.5
"""The response above which a point belongs to class 1."""


@dataclass(frozen=True)
class Engine:
    """A way to compute the gradient: `make(network, loss)` returns it, or raises `EngineMissing`."""

    name: str
    title: str
    make: Callable[[Network, Loss], Gradient]


def numpy_engine(network: Network, loss: Loss) -> Gradient:
    """Return the gradient of a network's loss, by back-propagation in NumPy, in float64."""
    return partial(network.value_and_gradient, loss=loss)


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("numpy", "NumPy", numpy_engine),
        Engine("tensorflow", "TensorFlow", tensorflow_engine),
    )
}
"""Every gradient engine by name."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """The loss of a network on a data set, batch by batch: an objective `(w: (..., n), t) -> (loss, gradient)`.

    Each epoch deals the rows into `steps_per_epoch` batches, in an order drawn from (seed, epoch), so that the batch of
    update t depends on `seed` and t only. The last batch of an epoch may be smaller; a `batch_size` of all rows or more
    is full-batch descent. Without `shuffle` the rows keep their order.
    """

    network: Network
    loss: Loss
    data: Dataset
    batch_size: int = 32
    seed: int = 0
    shuffle: bool = True
    engine: Engine = ENGINES["numpy"]

    def __post_init__(self) -> None:
        if (self.network.sizes[0], self.network.sizes[-1]) != (self.data.x.shape[1], 1):
            raise ValueError(f"a network of {self.network.sizes} does not fit points of {self.data.x.shape[1]} numbers")
        if not len(self.data) or self.batch_size < 1:
            raise ValueError("a batch has at least one row")

    @property
    def steps_per_epoch(self) -> int:
        """The number of updates in which each row is used once."""
        return -(-len(self.data) // self.batch_size)

    def batches(self, epoch: int) -> list[Batch]:
        """Return the batches of an epoch, each `x: (rows, 2)`, `y: (rows, 1)`."""
        return self._deal(epoch)

    def __call__(self, w: Array, t: int) -> tuple[Array, Array]:
        """Return the loss (...) on the batch of update t and its gradient (..., n)."""
        epoch, batch = divmod(t, self._steps)
        return self._gradient(w, *self._deal(epoch)[batch])

    @np.errstate(over="ignore", invalid="ignore")
    def response(self, w: Array, x: Array) -> Array:
        """Return what is drawn and thresholded at 0.5, (..., rows), for points `x: (rows, 2)`."""
        return self.loss.response(self.network.forward(w, x))[..., 0]

    def regions(self, w: Array, xs: Array, ys: Array) -> Array:
        """Return the response on a grid, (..., len(ys), len(xs)): a row for each y, as heatmaps want it."""
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        return self.response(w, grid).reshape(*w.shape[:-1], len(ys), len(xs))

    @np.errstate(over="ignore", invalid="ignore")
    def evaluate(self, w: Array, data: Dataset) -> tuple[Array, Array]:
        """Return (loss, accuracy), each (...), on all of a data set; both are nan where it has no rows."""
        if not len(data):
            nothing = np.full(w.shape[:-1], np.nan)
            return nothing, nothing
        output, y = self.network.forward(w, data.x), data.y[:, None]
        right = (self.loss.response(output) > BOUNDARY) == (y > BOUNDARY)
        return self.loss.value(output, y).mean(axis=(-2, -1)), right.mean(axis=(-2, -1))

    @np.errstate(over="ignore", invalid="ignore")
    def dead_units(self, w: Array) -> Array:
        """Return the share (...) of hidden units that put out 0 for every training row: a ReLU learns no more there."""
        silent = [(a == 0).all(axis=-2) for a in self.network.hidden(w, self.data.x)]
        return np.concatenate(silent, axis=-1).mean(axis=-1) if silent else np.zeros(w.shape[:-1])

    @cached_property
    def _steps(self) -> int:
        return self.steps_per_epoch

    @cached_property
    def _gradient(self) -> Gradient:
        return self.engine.make(self.network, self.loss)

    @cached_property
    def _deal(self) -> Callable[[int], list[Batch]]:
        """`deal` on these rows, remembering the epochs last asked for."""
        return lru_cache(maxsize=4)(partial(deal, self.data, self.batch_size, self.seed, self.shuffle))


def deal(data: Dataset, batch_size: int, seed: int, shuffle: bool, epoch: int) -> list[Batch]:
    """Return the batches of an epoch: every row in one of them, all but the last of `batch_size` rows."""
    order = np.random.default_rng((seed, epoch)).permutation(len(data)) if shuffle else np.arange(len(data))
    x, y = data.x[order], data.y[order, None]
    return [(x[start : start + batch_size], y[start : start + batch_size]) for start in range(0, len(data), batch_size)]


class Epoch(NamedTuple):
    """What stands after so many epochs, all at the same weights `w: (n,)`; epoch 0 is before the first update.

    `loss` is the data's part of what is minimized and `penalty` the rest, both over the whole training set; the
    validation's numbers are nan where there is none. `learning_rate` and `memory` are those of the update that follows.
    `reason` is "" until the training ends by itself: then it says why, which can only be "diverged".
    """

    epoch: int
    w: Array
    loss: float
    penalty: float
    validation_loss: float
    accuracy: float
    validation_accuracy: float
    learning_rate: float
    memory: Memory
    reason: str = ""

    @property
    def finite(self) -> bool:
        """Whether weights and loss are still numbers."""
        return bool(np.isfinite(self.loss + self.penalty) and np.isfinite(self.w).all())


def train(
    classifier: Classifier,
    optimizer: Optimizer,
    schedule: Schedule,
    start: Array | Epoch,
    *,
    validation: Dataset | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
) -> Iterator[Epoch]:
    """Yield the state after each epoch, from initial weights `(n,)` or from an earlier epoch, which comes out again.

    There is no last epoch: take as many as you like, pause, and take more. Where the loss or the weights stop being
    finite, the last epoch that was finite comes out with its `reason`, and the training is over.
    """
    penalty = Penalized(classifier, l1, l2, classifier.network.weight_mask)
    objective = regularized(classifier, l1=l1, l2=l2, mask=penalty.mask)
    w, memory = (start.w, start.memory) if isinstance(start, Epoch) else (start, None)
    marks = islice(descend(objective, optimizer, schedule, w, memory), 0, None, classifier.steps_per_epoch)
    nothing = classifier.data.take(np.arange(0))

    @np.errstate(all="ignore")  # divergence is a result and no reason for a warning; nothing is left open at a yield
    def advance() -> Epoch:
        step = next(marks)
        loss, accuracy = classifier.evaluate(step.w, classifier.data)
        held_out_loss, held_out_accuracy = classifier.evaluate(step.w, validation or nothing)
        return Epoch(
            step.t // classifier.steps_per_epoch,
            step.w,
            float(loss),
            float(penalty.penalty(step.w)),
            float(held_out_loss),
            float(accuracy),
            float(held_out_accuracy),
            float(step.learning_rate),
            step.memory,
        )

    current = advance()
    while current.finite and (following := advance()).finite:
        yield current
        current = following
    yield current._replace(reason="diverged")
