"""What the controls of the classifier page say: everything that a training depends on."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.datasets import DATASETS, Dataset
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau
from optviz.networks.saved_models import SavedModel
from optviz.optimization.optimizers import OPTIMIZERS, Optimizer
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice, Recipe

REACH = 3.0
"""The half side of the square that is drawn, at least: the course's grid, of step 0.1."""

FAR = 0.01
"""The share of points that may lie outside it."""

CELLS = 61
MOST_STARTS = 50
"""Fifty starts side by side take nine times as long as one."""

MOST_METHODS = 8
"""So many trainings are told apart in one picture, by color, dash and marker."""

SPLIT_SEED = 0
"""The seed of the training changes the start and the batches, never which points are held out."""


@dataclass(frozen=True)
class Sample:
    """The points: a data set of the registry with its parameters, and the share held out for validation."""

    dataset: Choice = Choice("dot")
    share: float = 0.2


@dataclass(frozen=True)
class Trainer:
    """An optimizer with its own learning rate, for as long as it trains."""

    optimizer: Choice = Choice("sgd")
    learning_rate: float = 0.01

    @property
    def recipe(self) -> Recipe[Optimizer]:
        """What the optimizer is made by."""
        return OPTIMIZERS[self.optimizer.name]


@dataclass(frozen=True)
class Switch:
    """From this epoch on another optimizer goes on, under another L2 where there is one.

    With `ghost` the training as it was goes on beside it.
    """

    epoch: int
    trainer: Trainer
    l2: float | None = None
    ghost: bool = False


@dataclass(frozen=True)
class Own:
    """What one of several trainings has in the place of what they share; None where it has the shared."""

    schedule: Choice | None = None
    batch_size: int | None = None
    layers: int | None = None
    units: int | None = None
    activation: Choice | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """What differs, by the names that `Settings` has for it."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Method:
    """What may differ between trainings that are compared."""

    trainer: Trainer = Trainer()
    l2: float = 0.0
    l1: float = 0.0
    switch: Switch | None = None
    own: Own = Own()

    @property
    def trainers(self) -> tuple[Trainer, ...]:
        """The optimizers, in turn."""
        return (self.trainer, self.switch.trainer) if self.switch else (self.trainer,)

    @property
    def haunted(self) -> bool:
        """Whether the training as it was goes on beside the one that was switched."""
        return self.switch is not None and self.switch.ghost

    @property
    def penalized(self) -> bool:
        """Whether there is ever a penalty."""
        return bool(self.l1 or self.l2 or (self.switch and self.switch.l2))

    def l2_at(self, epoch: int) -> float:
        """Return the L2 strength of the updates after an epoch."""
        l2 = self.switch.l2 if self.switch and epoch >= self.switch.epoch else None
        return self.l2 if l2 is None else l2


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a training depends on; by default the course's, with a fifth of the points held out.

    With several methods as many nets are trained, from the same initial weights and on the same batches, as far as
    their sizes are the same. With several starts each of them is trained from the seeds `seed`, `seed + 1`, …, and the
    one with the smallest loss is shown. A net that was loaded is the `start` in place of initial weights.
    """

    sample: Sample = Sample()
    layers: int = 1
    units: int = 11
    activation: Choice = Choice("relu")
    initialization: str = "course"
    loss: str = "mse"
    methods: tuple[Method, ...] = (Method(),)
    schedule: Choice = Choice("constant")
    warmup: int = 0
    batch_size: int = 32
    epochs: int = 800
    seed: int = 0
    shuffle: bool = True
    engine: str = "numpy"
    stopping: EarlyStopping | None = None
    reducing: ReduceOnPlateau | None = None
    starts: int = 1
    start: SavedModel | None = None

    def of(self, side: int) -> "Settings":
        """Return those of one of the nets alone: its method, with what it has of its own as if all shared it."""
        method = self.methods[side]
        return replace(self, methods=(replace(method, own=Own()),), **method.own.changes)

    @property
    def crowded(self) -> bool:
        """Whether there are more nets than can be drawn large side by side."""
        return len(self.methods) > 2

    @property
    def sizes(self) -> tuple[int, ...]:
        """The units of each layer, inputs and output included."""
        return self.start.sizes if self.start else (2, *[self.units] * self.layers, 1)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each start."""
        return tuple(range(self.seed, self.seed + self.starts))

    @property
    def held_out(self) -> bool:
        """Whether there are validation points, whose loss can be watched; raises DataError."""
        return len(points_of(self.sample)[1]) > 0

    @property
    def watched(self) -> bool:
        """Whether a rule watches the training; raises DataError."""
        return self.held_out and bool(self.stopping or self.reducing)

    @property
    def told_by_curves(self) -> bool:
        """Whether what is special in it is seen in the curves over the epochs."""
        schedules = (self.schedule, *(method.own.schedule or self.schedule for method in self.methods))
        steady = all(SCHEDULES[each.name]().is_steady for each in schedules) and not self.warmup
        changes = any(method.switch for method in self.methods) or not steady
        return bool(self.stopping or self.reducing or self.starts > 1 or changes)


@lru_cache(maxsize=32)
def points_of(sample: Sample) -> tuple[Dataset, Dataset]:
    """Return the points to train on and those held out; raises DataError."""
    return sample.dataset.of(DATASETS).split(sample.share, SPLIT_SEED)


@lru_cache(maxsize=32)
def axis_of(sample: Sample) -> Array:
    """Return the coordinates of the drawn grid's cells, the same along both axes.

    The square is the course's where it holds all points but one in a hundred, else it holds every point.
    """
    farthest = np.concatenate([np.abs(data.x).max(axis=1) for data in points_of(sample)])
    reach = REACH if (farthest > REACH).mean() <= FAR else 1.05 * float(farthest.max())
    return np.linspace(-reach, reach, CELLS)


def activation_of(settings: Settings) -> Activation:
    """Return the activation of the hidden layers, with its parameters."""
    return settings.activation.of(ACTIVATIONS)
