"""The same training in Keras, as a program to copy."""

from optviz.arrays import Array
from optviz.lessons.training_code import (
    HELD_OUT,
    TrainingCode,
    rows_of,
    training_code,
    until_diverged,
    weight_names,
)
from optviz.lessons.training_settings import Settings, activation_of, points_of
from optviz.networks.classifier import Epoch
from optviz.networks.losses import LOSSES

FILE = "classifier.npz"


def keras_code(settings: Settings, side: int = 0, left: Epoch | None = None) -> str:
    """Return a program that trains the same net on the same points from the same start with Keras.

    Where what is `left` has diverged, it trains as long as that was finite.
    """
    code = code_of(settings, FILE, side)
    return training_code(until_diverged(code, left) if left else code)


def code_of(settings: Settings, file: str, side: int = 0) -> TrainingCode:
    """Return what the program of one of a training's nets is made of."""
    settings = settings.of(side)
    return TrainingCode(
        file,
        settings.sizes,
        activation_of(settings),
        "" if settings.start else settings.initialization,
        LOSSES[settings.loss],
        settings.methods[0],
        settings.batch_size,
        settings.epochs,
        settings.seeds,
        settings.shuffle,
        settings.schedule,
        settings.warmup,
        settings.stopping,
        settings.reducing,
        HELD_OUT if settings.held_out else "",
        told=("weights", "dead_units") if len(settings.sizes) > 2 else ("weights",),
    )


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the arrays that the program loads: the points, and the weights of a net that was loaded."""
    rows = rows_of(*points_of(settings.sample))
    if settings.start is None:
        return rows
    parts = [part for layer in settings.start.layers for part in layer]
    return rows | dict(zip(weight_names(settings.sizes), parts, strict=True))
