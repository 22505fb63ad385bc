"""A network's training as a program in Keras: from the page's own weights, on its own batches, in double precision.

What the page draws at random the program draws by the same lines of NumPy; the rows, and weights that were loaded, are
in a file of arrays that the page offers beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from optviz.arrays import Array
from optviz.lessons.optimizer_code import (
    OptimizerCode,
    RateCode,
    optimizer_code,
    rate_code,
)
from optviz.lessons.programs import defined, printed
from optviz.lessons.training_settings import Method, Trainer
from optviz.libraries import in_keras
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.classifier import Epoch
from optviz.networks.datasets import Dataset
from optviz.networks.losses import Loss
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau
from optviz.recipes import Choice

HELD_OUT = "validation"
"""What rows are called that are held out, where the page has no other word for them."""

INITIALIZATION_LINES: Mapping[str, tuple[str, str]] = {
    "course": ("rng.standard_normal((inputs, units))", "np.full(units, 0.01)"),
    "xavier": ("np.sqrt(2 / (inputs + units)) * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "he": ("np.sqrt(2 / inputs) * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "small": ("0.01 * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "zero": ("np.zeros((inputs, units))", "np.zeros(units)"),
}
"""The weights and the biases that each initialization draws for a layer."""


@dataclass(frozen=True)
class TrainingCode:
    """A training to be written as a program, and the file of arrays from which it takes its rows.

    The file has `x` and `y`, and where rows are held out, which are called `held_out`, theirs as `validation_x` and
    `validation_y`, if that is the word. Without an `initialization` it has the weights too, as `weight_names` has them.
    `prepared` are lines that follow the reading of the file, `started` those that follow the drawing of the weights,
    and `told` names templates that end the program.
    """

    file: str
    sizes: tuple[int, ...]
    activation: Activation
    initialization: str
    loss: Loss
    method: Method
    batch_size: int
    epochs: int
    seeds: tuple[int, ...]
    shuffle: bool = True
    schedule: Choice = Choice("constant")
    warmup: int = 0
    stopping: EarlyStopping | None = None
    reducing: ReduceOnPlateau | None = None
    held_out: str = HELD_OUT
    classes: bool = True
    """Whether there are classes, and so an accuracy."""
    diverged: bool = False
    """Whether the epochs are those before a training that diverges."""
    prepared: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def trainers(self) -> tuple[Trainer, ...]:
        """The optimizers that come to their turn; one that would take over at the very end makes no update."""
        switch, trainers = self.method.switch, self.method.trainers
        if switch is None or switch.epoch > self.epochs:
            return trainers[:1]
        return trainers if switch.epoch else trainers[1:]

    @property
    def watched(self) -> bool:
        """Whether a rule watches the rows that are held out."""
        return bool(self.held_out and (self.stopping or self.reducing))

    @property
    def changes_l2(self) -> bool:
        """Whether L2 has another strength after the switch."""
        return self.method.l2_at(0) != self.method.l2_at(self.epochs)

    def rate(self, trainer: Trainer) -> RateCode:
        """The learning rate of an optimizer."""
        base, values = trainer.learning_rate, dict(self.schedule.values)
        if not (self.held_out and self.reducing):
            return rate_code(base, self.schedule.name, values, self.warmup)
        if self.steady:
            return RateCode((), repr(base), False)
        factor = rate_code(1.0, self.schedule.name, values, self.warmup)
        return RateCode((*factor.definitions, defined("reducible")), f"Reducible({base!r}, {factor.call})", False)

    @property
    def steady(self) -> bool:
        """Whether no schedule changes the learning rate."""
        return rate_code(1.0, self.schedule.name, dict(self.schedule.values), self.warmup).steady

    def optimizer(self, trainer: Trainer) -> OptimizerCode:
        """The optimizer, whose learning rate is called `learning_rate`."""
        rate = self.rate(trainer)
        return optimizer_code(
            trainer.optimizer.name, dict(trainer.optimizer.values), rate._replace(call="learning_rate")
        )


class Training(NamedTuple):
    """How one optimizer trains: its learning rate and its call, for which epochs, and the kind of model it needs."""

    rate: str
    optimizer: OptimizerCode
    epochs: range
    last: bool

    @property
    def kind(self) -> str:
        """The class of the model."""
        return "LookAheadModel" if self.optimizer.looks_ahead else "keras.Sequential"


def training_code(code: TrainingCode) -> str:
    """Return the program: it trains as the page does, and prints the numbers that the page shows at the end."""
    trainers, definitions = _trainings(code), _definitions(code)
    weights, biases = INITIALIZATION_LINES.get(code.initialization, ("", ""))
    return printed(
        "training",
        code=code,
        doubled=any(
            "float64(" in text for trainer in trainers for text in (trainer.rate, trainer.optimizer.call, *definitions)
        ),
        loss=_loss(code.loss),
        definitions=definitions,
        activation=ACTIVATIONS[code.activation.name],
        own_activation=activation_code(code.activation),
        penalties=_penalties(code),
        weights=weights,
        biases=biases,
        names=", ".join(f'"{name}"' for name in weight_names(code.sizes)),
        trainers=trainers,
        right=code.loss.response.right,
    )


def until_diverged(code: TrainingCode, last: Epoch) -> TrainingCode:
    """Return the training with no more epochs than were finite, where it has diverged."""
    return replace(code, epochs=last.epoch, diverged=True) if last.reason == "diverged" else code


def _trainings(code: TrainingCode) -> list[Training]:
    """Return what trains one after the other: each optimizer, up to the switch and from there on."""
    switch, trainers = code.method.switch, code.trainers
    ends = [switch.epoch] if switch and len(trainers) > 1 else []
    return [
        Training(code.rate(trainer).call, code.optimizer(trainer), range(*epochs), last=trainer is trainers[-1])
        for trainer, epochs in zip(trainers, pairwise([0, *ends, code.epochs]), strict=True)
    ]


def _definitions(code: TrainingCode) -> list[str]:
    """Return the classes and functions of optimizers and callbacks that the program needs, once each."""
    optimizers = [code.optimizer(trainer) for trainer in code.trainers]
    found = [defined("look_ahead_model")] if any(each.looks_ahead for each in optimizers) else []
    found += [definition for each in optimizers for definition in each.definitions]
    if code.held_out and code.stopping and code.stopping.restore and (len(code.trainers) > 1 or code.diverged):
        found.append(defined("restore_where_stopped"))
    if code.held_out and code.reducing and not code.steady:
        found.append(defined("reduce_schedule"))
    return list(dict.fromkeys(found))


def activation_code(activation: Activation) -> str:
    """Return an activation of z in Keras, empty where Keras' own name says the same."""
    entry = ACTIVATIONS[activation.name]
    return (entry.keras or in_keras(entry.code)).format(**dict(activation.arguments))


def _loss(loss: Loss) -> str:
    """Return a loss, row by row."""
    if loss.keras is None or loss.keras.differs:
        return in_keras(loss.code)
    arguments = ", ".join(["y", "output", *(f"{name}={value!r}" for name, value in loss.keras.settings)])
    return f"keras.losses.{loss.keras.functions[0]}({arguments})"


def weight_names(sizes: Sequence[int]) -> list[str]:
    """Return what the weights and biases of a net of these sizes are called in a file of arrays."""
    return [f"{kind}{layer}" for layer, _shape in enumerate(pairwise(sizes), 1) for kind in "Wb"]


def rows_of(training: Dataset, held_out: Dataset) -> dict[str, Array]:
    """Return the rows of a training as they are called in a file of arrays."""
    rows = {"x": training.x, "y": training.targets}
    return rows | ({f"{HELD_OUT}_x": held_out.x, f"{HELD_OUT}_y": held_out.targets} if len(held_out) else {})


def _penalties(code: TrainingCode) -> dict[str, str]:
    """Return what is added to the loss for the weights of a layer, by name: before a switch, and where it changes."""
    strengths = {"penalty": code.method.l2_at(0)}
    if code.changes_l2:
        strengths["other_penalty"] = code.method.l2_at(code.epochs)
    found = {name: _penalty(code.method.l1, l2) for name, l2 in strengths.items()}
    return {name: text for name, text in found.items() if text}


def _penalty(l1: float, l2: float) -> str:
    terms = [f"{l1!r} * keras.ops.sum(keras.ops.abs(w))"] if l1 else []
    terms += [f"{l2!r} / 2 * keras.ops.sum(w**2)"] if l2 else []
    return " + ".join(terms)
