"""The classifier of points in the plane: an objective whose update t has its own batch, and its training by epochs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.networks.datasets import Dataset
from optviz.networks.losses import Loss
from optviz.networks.network import Network, Propagation
from optviz.networks.tensorflow_engine import Gradient, tensorflow_engine
from optviz.optimization.descent import Schedule, marks
from optviz.optimization.objectives import Later, Penalized, regularized
from optviz.optimization.optimizers import Memory, Optimizer

Batch = tuple[Array, Array]

Value = Any
"""A number of a single run, or the array (...) of several side by side."""


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


CACHED = 2**15
"""So many numbers of one layer leave those of all layers in the processor's cache, as measured."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """The loss of a network on a data set, batch by batch: an objective `(w: (..., n), t) -> (loss, gradient)`.

    Each epoch deals the rows into `steps_per_epoch` batches, in an order drawn from (seed, epoch), so that the batch of
    update t depends on `seed` and t only. The last batch of an epoch may be smaller; a `batch_size` of all rows or more
    is full-batch descent. Without `shuffle` the rows keep their order. With several seeds the runs `w: (seeds, n)` see
    each the batches of its own.
    """

    network: Network
    loss: Loss
    data: Dataset
    batch_size: int = 32
    seed: int | tuple[int, ...] = 0
    shuffle: bool = True
    engine: Engine = ENGINES["numpy"]

    def __post_init__(self) -> None:
        inputs, outputs = self.data.x.shape[1], self.data.targets.shape[1]
        if (self.network.sizes[0], self.network.sizes[-1]) != (inputs, outputs):
            raise ValueError(f"a network of {self.network.sizes} does not fit rows of {inputs} and {outputs} numbers")
        if not len(self.data) or self.batch_size < 1:
            raise ValueError("a batch has at least one row")

    @property
    def steps_per_epoch(self) -> int:
        """The number of updates in which each row is used once."""
        return -(-len(self.data) // self.batch_size)

    @property
    def together(self) -> int:
        """How many runs are best trained side by side: few enough for what a layer computes to stay in the cache."""
        widest = max(self.network.sizes[1:])
        return max(1, CACHED // (min(self.batch_size, len(self.data)) * widest))

    def batches(self, epoch: int) -> list[Batch]:
        """Return the batches of an epoch, each `x: (..., rows, inputs)`, `y: (..., rows, outputs)`."""
        return self._deal(epoch)

    def __call__(self, w: Array, t: int) -> tuple[Array, Array]:
        """Return the loss (...) on the batch of update t and its gradient (..., n)."""
        return self._gradient(w, *self.batch(t))

    def batch(self, t: int) -> Batch:
        """Return the batch of update t."""
        epoch, batch = divmod(t, self._steps)
        return self._deal(epoch)[batch]

    def in_place(self, w: Array, gradient: Array) -> Callable[[int], None]:
        """Return what writes the gradient of update t at `w` to `gradient`, arrays that stay."""
        if self.engine is not ENGINES["numpy"]:
            return lambda t: np.copyto(gradient, self(w, t)[1])
        product = np.dot if w.ndim == 1 and not isinstance(self.seed, tuple) else np.matmul
        passes, derivative = Propagation(self.network, w, gradient, product), self.loss.derivative
        nothing = np.zeros((1, self.network.sizes[-1]))
        losses = self.loss.value(nothing, nothing).shape[-1]

        def write(t: int) -> None:
            x, y = self.batch(t)
            passes.backward(derivative(passes.forward(x), y) / (losses * x.shape[-2]))

        return write

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
        output = self.network.forward(w, data.x)
        right = data.right(self.loss.response(output))
        return self.loss.value(output, data.targets).mean(axis=(-2, -1)), right.mean(axis=-1)

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


def deal(data: Dataset, batch_size: int, seed: int | tuple[int, ...], shuffle: bool, epoch: int) -> list[Batch]:
    """Return the batches of an epoch: every row in one of them, all but the last of `batch_size` rows."""
    rows = len(data)
    if not shuffle:
        order = np.arange(rows)
    elif isinstance(seed, tuple):
        order = np.stack([np.random.default_rng((each, epoch)).permutation(rows) for each in seed])
    else:
        order = np.random.default_rng((seed, epoch)).permutation(rows)
    x, y = data.x.take(order, axis=0), data.targets.take(order, axis=0)
    ends = [(..., slice(start, start + batch_size), slice(None)) for start in range(0, rows, batch_size)]
    return [(x[batch], y[batch]) for batch in ends]


class Epoch(NamedTuple):
    """What stands after so many epochs, all at the same weights `w: (..., n)`; epoch 0 is before the first update.

    `loss` is the data's part of what is minimized and `penalty` the rest, both over the whole training set; the
    validation's numbers are nan where there is none. All are (...), numbers for a single run. `learning_rate` and
    `memory` are those of the update that follows; without a memory an optimizer makes its first update there.
    `reason` is "" until the training is over: then it says why, "diverged" or "stopped".
    """

    epoch: int
    w: Array
    loss: Value
    penalty: Value
    validation_loss: Value
    accuracy: Value
    validation_accuracy: Value
    learning_rate: Value
    memory: Memory | None
    reason: str = ""

    @property
    def finite(self) -> NDArray[np.bool_] | np.bool_:
        """Whether weights and loss are still numbers, (...)."""
        finite: NDArray[np.bool_] | np.bool_ = np.isfinite(self.loss + self.penalty) & np.isfinite(self.w).all(axis=-1)
        return finite

    def run(self, i: int) -> "Epoch":
        """Return one of several runs side by side."""
        memory = self.memory
        if memory:
            memory = memory.each(lambda state: state[i])
        one = {name: part[i] for name, part in self._asdict().items() if isinstance(part, np.ndarray)}
        return self._replace(**one, memory=memory)


def train(
    classifier: Classifier,
    optimizer: Optimizer,
    schedule: Schedule,
    start: Array | Epoch,
    *,
    validation: Dataset | None = None,
    l1: Number = 0.0,
    l2: Number = 0.0,
) -> Iterator[Epoch]:
    """Yield the state after each epoch, from initial weights `(..., n)` or from an earlier epoch.

    That epoch comes out again. There is no last one: take as many as you like, pause, and take more. Where loss or
    weights stop being finite, in all runs, the last epoch that was finite comes out with its `reason`, and the training
    is over. An earlier epoch without a `memory` is where this optimizer takes over from another: the batches go on in
    their order, and `schedule(t)` begins at 0.
    """
    penalty = Penalized(classifier, l1, l2, classifier.network.weight_mask)
    w, memory, first = (start.w, start.memory, start.epoch) if isinstance(start, Epoch) else (start, None, 0)
    # The batches are counted from the first epoch, the optimizer's updates from its own first.
    ahead = first * classifier.steps_per_epoch - (memory.t if memory else 0)
    objective = regularized(classifier, l1=l1, l2=l2, mask=penalty.mask)
    updated = Later(objective, ahead) if ahead else objective
    begun = marks(
        updated, optimizer.on(classifier.network.tensors), schedule, w, memory, every=classifier.steps_per_epoch
    )

    @np.errstate(all="ignore")  # divergence is a result and no reason for a warning; nothing is left open at a yield
    def advance() -> Epoch:
        mark = next(begun)
        numbers = measure(classifier, validation, penalty, mark.w)
        return Epoch((mark.t + ahead) // classifier.steps_per_epoch, mark.w, *numbers, mark.learning_rate, mark.memory)

    current = advance()
    while np.any(current.finite) and np.any((following := advance()).finite):
        yield current
        current = following
    yield current._replace(reason="diverged")


def measure(
    classifier: Classifier, validation: Dataset | None, penalty: Penalized, w: Array
) -> tuple[Value, Value, Value, Value, Value]:
    """Return an `Epoch`'s loss, penalty, validation loss, accuracy and validation accuracy at `w: (..., n)`."""
    loss, accuracy = classifier.evaluate(w, classifier.data)
    held_out_loss, held_out_accuracy = classifier.evaluate(w, validation or classifier.data.take(np.arange(0)))
    return loss, penalty.penalty(w)[()], held_out_loss[()], accuracy, held_out_accuracy[()]
