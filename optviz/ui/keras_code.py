"""The same training in Keras, as a program to copy."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from optviz.activations import Array
from optviz.classifier import Epoch
from optviz.schedules import SCHEDULES
from optviz.ui.training_code import (
    DEAD_TOLD,
    HELD_OUT,
    WEIGHTS_TOLD,
    TrainingCode,
    rows_of,
    training_code,
    until_diverged,
    weight_names,
)
from optviz.ui.training_settings import Settings, activation_of, points_of

OPTIMIZER_CALLS: Mapping[str, str] = {
    "sgd": "SGD({lr})",
    "momentum": "SGD({lr} * (1 - {beta}), momentum={beta})",
    "momentum_classical": "SGD({lr}, momentum={beta})",
    "nesterov": "SGD({lr} * (1 - {beta}), momentum={beta}, nesterov=True)",
    "nesterov_keras": "SGD({lr}, momentum={beta}, nesterov=True)",
    "adagrad": "Adagrad({lr}, initial_accumulator_value={initial_accumulator}, epsilon={epsilon})",
    "rmsprop": "RMSprop({lr}, rho={beta}, epsilon={epsilon})",
    "adadelta": "Adadelta({lr}, rho={beta}, epsilon={epsilon})",
    "adam": "Adam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "nadam": "Nadam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "amsgrad": "Adam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon}, amsgrad=True)",
    "adamax": "Adamax({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "adamw": "AdamW({lr}, weight_decay={weight_decay}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "lion": "Lion({lr}, beta_1={beta1}, beta_2={beta2})",
}
"""The Keras call of each optimizer, with the names of its own parameters."""

SCHEDULE_CALLS: Mapping[str, str] = {
    "constant": "{lr}",
    "exponential_decay": "ExponentialDecay({lr}, {decay_steps}, {rate}, staircase={staircase})",
    "piecewise_constant": (
        "PiecewiseConstantDecay([{first_boundary}, {second_boundary}, {third_boundary}], "
        "[{lr}, {lr} * {first_factor}, {lr} * {second_factor}, {lr} * {third_factor}])"
    ),
    "step_decay": "ExponentialDecay({lr}, {drop_every}, {drop_to}, staircase=True)",
    "inverse_time": "InverseTimeDecay({lr}, {decay_steps}, {rate}, staircase={staircase})",
    "polynomial": "PolynomialDecay({lr}, {decay_steps}, {lr} * {end}, {power}, cycle={cycle})",
    "cosine": "CosineDecay({lr}, {decay_steps}, {alpha})",
    "cosine_restarts": "CosineDecayRestarts({lr}, {first_decay_steps}, {t_mul}, {m_mul}, {alpha})",
}
"""The Keras call of each schedule that Keras has."""

WARM_UP = """\
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, steps, after):
        self.steps, self.after = steps, after

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        rise = self.after(0) * step / self.steps
        return keras.ops.where(step < self.steps, rise, self.after(keras.ops.maximum(step - self.steps, 0)))
"""
CONSTANT = """\
class Constant(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def __call__(self, step):
        return self.learning_rate
"""
ONE_CYCLE = """\
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, peak, steps, warm_fraction, start_division, final_division):
        self.peak, self.start, self.final = peak, peak / start_division, peak / (start_division * final_division)
        self.top, self.last = max(warm_fraction * steps - 1, 0), steps - 1

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        fallen = (step - self.top) / (self.last - self.top)
        return keras.ops.where(
            step < self.top,
            self.between(self.start, self.peak, step / (self.top or 1)),
            self.between(self.peak, self.final, keras.ops.clip(fallen, 0, 1)),
        )

    def between(self, first, last, x):
        return last + (first - last) * (1 + keras.ops.cos(3.141592653589793 * x)) / 2
"""
OWN_SCHEDULES: Mapping[str, tuple[str, str]] = {
    "constant": (CONSTANT, "Constant({lr})"),
    "one_cycle": (
        ONE_CYCLE,
        "OneCycle({lr}, {total_steps}, {warm_fraction}, {start_division}, {final_division})",
    ),
}
"""What Keras lacks, as a class, and its call."""

FILE = "classifier.npz"


def keras_code(settings: Settings, side: int = 0, left: Epoch | None = None) -> str:
    """Return a program that trains the same net on the same points from the same start with Keras.

    Where what is `left` has diverged, it trains as long as that was finite.
    """
    code = code_of(settings, FILE, side)
    return training_code(until_diverged(code, left) if left else code)


def code_of(settings: Settings, file: str, side: int = 0) -> TrainingCode:
    """Return what the program of one of a training's nets is made of."""
    return TrainingCode(
        file,
        settings.sizes,
        activation_of(settings),
        "" if settings.start else settings.initialization,
        settings.loss,
        settings.methods[side],
        settings.batch_size,
        settings.epochs,
        settings.seeds,
        settings.shuffle,
        settings.schedule,
        settings.schedule_values,
        settings.warmup,
        settings.stopping,
        settings.reducing,
        HELD_OUT if settings.held_out else "",
        told=(*WEIGHTS_TOLD, *(DEAD_TOLD if len(settings.sizes) > 2 else ())),
    )


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the arrays that the program loads: the points, and the weights of a net that was loaded."""
    rows = rows_of(*points_of(settings.sample))
    if settings.start is None:
        return rows
    parts = [part for layer in settings.start.layers for part in layer]
    return rows | dict(zip(weight_names(settings.sizes), parts, strict=True))


class ScheduleProgram(NamedTuple):
    """The lines that make a schedule in Keras, and the call that gives the learning rate of `step`."""

    lines: tuple[str, ...]
    call: str
    imports_keras: bool


def schedule_program(
    schedule: str, values: Sequence[tuple[str, float]], learning_rate: float, warmup: int
) -> ScheduleProgram:
    """Write a schedule with its numbers and its warm-up in Keras; a constant learning rate is a number."""
    if SCHEDULE_CALLS.get(schedule) == SCHEDULE_CALLS["constant"] and not warmup:
        return ScheduleProgram((), repr(learning_rate), False)
    classes, made = schedule_call(schedule, values, learning_rate, warmup)
    return ScheduleProgram((*classes, f"schedule = {made}", ""), "schedule(step)", True)


def schedule_call(
    schedule: str, values: Sequence[tuple[str, float]], learning_rate: float, warmup: int
) -> tuple[tuple[str, ...], str]:
    """Return the classes that a schedule in Keras needs to be defined before, and the call that makes it."""
    definition, call = OWN_SCHEDULES.get(schedule) or ("", f"keras.optimizers.schedules.{SCHEDULE_CALLS[schedule]}")
    made = call.format(lr=repr(learning_rate), **{**SCHEDULES[schedule].defaults, **dict(values)})
    classes = [definition] if definition else []
    return (*classes, WARM_UP) if warmup else tuple(classes), f"WarmUp({warmup}, {made})" if warmup else made
