"""The same training in Keras, as a program to copy."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from optviz.activations import ACTIVATIONS
from optviz.optimizers import OPTIMIZERS
from optviz.schedules import SCHEDULES
from optviz.ui.training_settings import Leg, Method, Settings

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

LOSS_CALLS: Mapping[str, str] = {
    "mse": '"mse"',
    "mae": '"mae"',
    "huber": "keras.losses.Huber(1.0)",
    "binary_crossentropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
    "focal": "keras.losses.BinaryFocalCrossentropy(gamma=2.0, from_logits=True)",
}

INITIALIZERS: Mapping[str, str] = {
    "course": "kernel_initializer=RandomNormal(stddev=1.0), bias_initializer=Constant(0.01)",
    "xavier": 'kernel_initializer=VarianceScaling(1.0, "fan_avg", "untruncated_normal")',
    "he": 'kernel_initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal")',
    "small": "kernel_initializer=RandomNormal(stddev=0.01)",
    "zero": 'kernel_initializer="zeros"',
}

ACTIVATION_CALLS: Mapping[str, str] = {
    "leaky_relu": "keras.layers.LeakyReLU(negative_slope={alpha!r})",
    # Keras' PReLU would learn the slope.
    "prelu": "keras.layers.LeakyReLU(negative_slope={alpha!r})",
    "rrelu": "keras.layers.LeakyReLU(negative_slope=({lower!r} + {upper!r}) / 2)",
    "elu": "keras.layers.ELU(alpha={alpha!r})",
    "gelu": "lambda z: keras.activations.gelu(z, approximate=True)",
}
"""The activations whose name alone would leave out a parameter, or mean another function, in Keras."""


def keras_code(settings: Settings, side: int = 0) -> str:
    """Return a program that trains the same net on the same points with Keras; its random numbers are its own."""
    sample, several = settings.sample, settings.starts > 1
    values = ", ".join(f"{name}={value!r}" for name, value in sample.values)
    head = [
        "import keras",
        "from keras.initializers import Constant, RandomNormal, VarianceScaling",
        "from optviz.datasets import DATASETS",
        "",
        f'training, validation = DATASETS["{sample.dataset}"]({values}).split({sample.share!r})',
    ]
    seed = "seed" if several else str(settings.seed)
    body = [f"keras.utils.set_random_seed({seed})", *_model(settings, side), *_training(settings, side)]
    return "\n".join([*head, *(_best_of(settings, body) if several else body)])


def _model(settings: Settings, side: int) -> list[str]:
    if settings.start:
        return ['model = keras.saving.load_model("classifier.keras")  # the file that was loaded']
    values = {**ACTIVATIONS[settings.activation].defaults, **dict(settings.activation_values)}
    activation = ACTIVATION_CALLS.get(settings.activation, f'"{settings.activation}"').format(**values)
    options = [part for part in (INITIALIZERS[settings.initialization], _penalty(settings.methods[side])) if part]
    return [
        "options = dict(",
        *[f"    {option}," for option in options],
        ")",
        "model = keras.Sequential([",
        "    keras.Input((2,)),",
        *[f"    keras.layers.Dense({settings.units}, activation={activation}, **options),"] * settings.layers,
        "    keras.layers.Dense(1, **options),",
        "])",
    ]


def _training(settings: Settings, side: int) -> list[str]:
    method = settings.methods[side]
    first, *second = method.legs
    rules = _callbacks(settings, method)
    if method.switch is None:
        return [*rules, *_compile(settings, first), *_fit(settings, f"epochs={settings.epochs}", bool(rules))]
    until = f"epochs={min(method.switch.epoch, settings.epochs)}"
    onward = f"initial_epoch={method.switch.epoch}, epochs={settings.epochs}"
    lines = [*rules, *_compile(settings, first), *_fit(settings, until, bool(rules))]
    others = [*_other_l2(method), *_compile(settings, second[0]), *_fit(settings, onward, bool(rules))]
    if settings.stopping and settings.held_out:
        return [*lines, "if not callbacks[0].stopped_epoch:", *(f"    {line}" for line in others)]
    return [*lines, *others]


def _other_l2(method: Method) -> list[str]:
    if method.switch is None or method.switch.l2 is None:
        return []
    made = _regularizer(method.l1, method.switch.l2)
    return ["for layer in model.layers:", f"    layer.kernel.regularizer = {made}"]


def _callbacks(settings: Settings, method: Method) -> list[str]:
    if not settings.watched:
        return []
    lines = []
    if settings.stopping:
        stop = settings.stopping
        lines.append(
            f"    keras.callbacks.EarlyStopping(patience={stop.patience}, min_delta={stop.min_delta!r}, "
            f"restore_best_weights={stop.restore}),"
        )
    if settings.reducing and _is_constant(settings):
        reduce = settings.reducing
        lines.append(
            f"    keras.callbacks.ReduceLROnPlateau(factor={reduce.factor!r}, patience={reduce.patience}, "
            f"min_lr={reduce.min_lr!r}, min_delta={reduce.min_delta!r}),"
        )
    notes = []
    if method.penalized:
        notes.append("# Keras' val_loss counts the penalty; on the page the validation loss alone is watched.")
    if settings.reducing and not _is_constant(settings):
        notes.append("# In Keras only a constant learning rate can be reduced on a plateau.")
    if settings.stopping and settings.stopping.restore and method.switch:
        notes.append("# Keras restores the best weights at the end of the first fit too.")
    return [*notes, "callbacks = [", *lines, "]"]


def _compile(settings: Settings, leg: Leg) -> list[str]:
    values = {**OPTIMIZERS[leg.optimizer].defaults, **dict(leg.values)}
    call = OPTIMIZER_CALLS[leg.optimizer].format(lr="learning_rate", **values)
    return [
        *_learning_rate(settings, leg),
        "model.compile(",
        f"    optimizer=keras.optimizers.{call},",
        f"    loss={LOSS_CALLS[settings.loss]},",
        f"    metrics=[keras.metrics.BinaryAccuracy(threshold={_threshold(settings)})],",
        ")",
    ]


def _fit(settings: Settings, epochs: str, watched: bool) -> list[str]:
    return [
        "history = model.fit(",
        "    training.x, training.y,",
        f"    batch_size={settings.batch_size}, {epochs}, shuffle={settings.shuffle}, verbose=0,",
        *(["    validation_data=(validation.x, validation.y),"] if settings.held_out else []),
        *(["    callbacks=callbacks,"] if watched else []),
        ")",
    ]


def _best_of(settings: Settings, body: list[str]) -> list[str]:
    name = "val_loss" if settings.held_out else "loss"
    restores = settings.held_out and settings.stopping and settings.stopping.restore
    loss = f'min(history.history["{name}"])' if restores else f'history.history["{name}"][-1]'
    return [
        "",
        "def train(seed):",
        *(f"    {line}" for line in body),
        f"    return {loss}, model",
        "",
        f"starts = [train(seed) for seed in range({settings.seeds[0]}, {settings.seeds[-1] + 1})]",
        "loss, model = min(starts, key=lambda start: start[0])",
    ]


def _is_constant(settings: Settings) -> bool:
    return settings.schedule == "constant" and not settings.warmup


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


def _threshold(settings: Settings) -> str:
    # A logit of 0 is a probability of 0.5.
    return "0.0" if "from_logits" in LOSS_CALLS[settings.loss] else "0.5"


def _penalty(method: Method) -> str:
    # Keras leaves out the factor 1/2 of tf.nn.l2_loss.
    if not (method.l1 or method.l2):
        return ""
    return f"kernel_regularizer={_regularizer(method.l1, method.l2)}"


def _regularizer(l1: float, l2: float) -> str:
    return f"keras.regularizers.L1L2(l1={l1!r}, l2={l2!r} / 2)"


def _learning_rate(settings: Settings, leg: Leg) -> list[str]:
    call = SCHEDULE_CALLS.get(settings.schedule)
    lines = []
    if call is None or settings.warmup:
        lines.append("# Keras has no schedule like the one chosen: here the learning rate is constant.")
        call = SCHEDULE_CALLS["constant"]
    made = call.format(lr=repr(leg.learning_rate), **dict(settings.schedule_values))
    prefix = "" if call == SCHEDULE_CALLS["constant"] else "keras.optimizers.schedules."
    return [*lines, f"learning_rate = {prefix}{made}"]
