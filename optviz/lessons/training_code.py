"""A network's training as a program in Keras: from the page's own weights, on its own batches, in double precision.

What the page draws at random the program draws by the same lines of NumPy; the rows, and weights that were loaded, are
in a file of arrays that the page offers beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from optviz.arrays import Array
from optviz.lessons.optimizer_code import (
    IMPORTS,
    LOOK_AHEAD_MODEL,
    PRECISION,
    OptimizerCode,
    RateCode,
    optimizer_code,
    rate_code,
)
from optviz.lessons.training_settings import Leg, Method, Values
from optviz.networks.activations import Activation
from optviz.networks.classifier import Epoch
from optviz.networks.datasets import Dataset
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau

POLICY = 'keras.config.set_dtype_policy("float64")  # for a session that has made layers before'
HELD_OUT = "validation"
"""What rows are called that are held out, where the page has no other word for them."""

LOSS_LINES: Mapping[str, str] = {
    "mse": "    return keras.losses.mean_squared_error(y, output)",
    "mae": "    return keras.losses.mean_absolute_error(y, output)",
    "huber": "    return keras.losses.huber(y, output, delta=1.0)",
    "binary_crossentropy": "    return keras.losses.binary_crossentropy(y, output, from_logits=True)",
    "focal": """\
    # Keras' focal loss goes by way of probabilities, which it keeps 1e-7 away from 0 and 1.
    towards = (2 * y - 1) * output
    hard = keras.ops.exp(-2 * keras.ops.softplus(towards))
    return hard * keras.ops.softplus(-towards)""",
    "softmax_crossentropy": "    return keras.losses.sparse_categorical_crossentropy(y, output, from_logits=True)",
}
"""The lines that return each loss, row by row."""

RIGHT: Mapping[str, str] = {
    "binary_crossentropy": "(output > 0) == targets",  # a logit of 0 is a probability of 0.5
    "focal": "(output > 0) == targets",
    "softmax_crossentropy": "output.argmax(axis=-1) == targets",
}
"""Which rows are right, where it is not those on the same side of 0.5 as their class."""

SIDE = "(output > 0.5) == targets"

INITIALIZATION_LINES: Mapping[str, tuple[str, str]] = {
    "course": ("rng.standard_normal((inputs, units))", "np.full(units, 0.01)"),
    "xavier": ("np.sqrt(2 / (inputs + units)) * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "he": ("np.sqrt(2 / inputs) * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "small": ("0.01 * rng.standard_normal((inputs, units))", "np.zeros(units)"),
    "zero": ("np.zeros((inputs, units))", "np.zeros(units)"),
}
"""The weights and the biases that each initialization draws for a layer."""

LEAKY = """\
def activation(z):
    # Keras keeps the slope of its leaky ReLU in single precision.
    return keras.ops.maximum({slope} * z, z)
"""
ACTIVATION_LINES: Mapping[str, str] = {
    "leaky_relu": LEAKY.format(slope="{alpha!r}"),
    # Keras' PReLU would learn the slope.
    "prelu": LEAKY.format(slope="{alpha!r}"),
    "rrelu": LEAKY.format(slope="({lower!r} + {upper!r}) / 2"),
    "elu": """\
def activation(z):
    return keras.activations.elu(z, alpha={alpha!r})
""",
    "gelu": """\
def activation(z):
    # Keras keeps the number 0.044715 of its GELU in single precision.
    return 0.5 * z * (1 + keras.ops.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
""",
}
"""The activations whose name alone would leave out a parameter, or mean other numbers, in Keras."""

REDUCIBLE = """\
class Reducible(keras.optimizers.schedules.LearningRateSchedule):
    # Keras reduces a constant rate alone; on the page the rate before the schedule is reduced.
    def __init__(self, rate, schedule):
        self.rate, self.schedule = keras.Variable(rate, dtype="float64", trainable=False), schedule

    def __call__(self, step):
        return self.rate * self.schedule(step)
"""
REDUCE_SCHEDULE = """\
class ReduceSchedule(keras.callbacks.Callback):
    # What keras.callbacks.ReduceLROnPlateau does to a constant rate.
    def __init__(self, rate, factor, patience, min_lr, min_delta):
        super().__init__()
        self.rate, self.factor, self.patience = rate, factor, patience
        self.min_lr, self.min_delta = min_lr, min_delta

    def on_train_begin(self, logs=None):
        self.best, self.wait = np.inf, 0

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_data_loss"] + self.min_delta < self.best:
            self.best, self.wait = logs["val_data_loss"], 0
            return
        self.wait += 1
        rate = float(self.rate.numpy())
        if self.wait >= self.patience and np.float32(rate) > np.float32(self.min_lr):
            self.rate.assign(max(rate * self.factor, self.min_lr))
            self.wait = 0
"""
RESTORE_WHERE_STOPPED = """\
class RestoreWhereStopped(keras.callbacks.EarlyStopping):
    # Keras restores the best weights at the end of every fit; this only where it has stopped.
    def on_train_end(self, logs=None):
        if self.stopped_epoch:
            super().on_train_end(logs)
"""
WEIGHTS_TOLD = (
    "weights = np.concatenate([layer.get_weights()[0].ravel() for layer in model.layers])",
    'print(f"weights below 0.001: {np.sum(abs(weights) < 0.001)} of {len(weights)}")',
    'print(f"‖w‖²: {weights @ weights}, ‖w‖: {np.linalg.norm(weights)}")',
)
DEAD_TOLD = (
    "silent, output = [], x",
    "for layer in model.layers[:-1]:",
    "    output = layer(output).numpy()",
    "    silent += np.all(output == 0, axis=0).tolist()",
    'print(f"dead units: {sum(silent)} of {len(silent)}")',
)
"""Lines that print more about the weights in the end, and about the units."""


@dataclass(frozen=True)
class TrainingCode:
    """A training to be written as a program, and the file of arrays from which it takes its rows.

    The file has `x` and `y`, and where rows are held out, which are called `held_out`, theirs as `validation_x` and
    `validation_y`, if that is the word. Without an `initialization` it has the weights too, as `weight_names` has them.
    `prepared` are lines that follow the reading of the file, `started` those that follow the drawing of the weights,
    and `told` those that end the program.
    """

    file: str
    sizes: tuple[int, ...]
    activation: Activation
    initialization: str
    loss: str
    method: Method
    batch_size: int
    epochs: int
    seeds: tuple[int, ...]
    shuffle: bool = True
    schedule: str = "constant"
    schedule_values: Values = ()
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
    def legs(self) -> tuple[Leg, ...]:
        """The optimizers that come to their turn; one that would take over at the very end makes no update."""
        switch, legs = self.method.switch, self.method.legs
        if switch is None or switch.epoch > self.epochs:
            return legs[:1]
        return legs if switch.epoch else legs[1:]

    @property
    def watched(self) -> bool:
        """Whether a rule watches the rows that are held out."""
        return bool(self.held_out and (self.stopping or self.reducing))

    def rate(self, leg: Leg) -> RateCode:
        """The learning rate of an optimizer."""
        base, values = leg.learning_rate, dict(self.schedule_values)
        if not (self.held_out and self.reducing):
            return rate_code(base, self.schedule, values, self.warmup)
        if self.steady:
            return RateCode((), repr(base), False)
        factor = rate_code(1.0, self.schedule, values, self.warmup)
        return RateCode((*factor.definitions, REDUCIBLE), f"Reducible({base!r}, {factor.call})", False)

    @property
    def steady(self) -> bool:
        """Whether no schedule changes the learning rate."""
        return self.schedule == "constant" and not self.warmup

    def optimizer(self, leg: Leg) -> OptimizerCode:
        """The optimizer, whose learning rate is called `learning_rate`."""
        rate = self.rate(leg)
        return optimizer_code(leg.optimizer, dict(leg.values), rate._replace(call="learning_rate"))


def training_code(code: TrainingCode) -> str:
    """Return the program: it trains as the page does, and prints the numbers that the page shows at the end."""
    several = len(code.seeds) > 1
    seed = "seed" if several else str(code.seeds[0])
    body = [*_model(code, seed), *_legs(code, seed)]
    lines = [
        *_rows(code),
        "def data_loss(y, output):",
        LOSS_LINES[code.loss],
        "",
        *_batches(code),
        *_definitions(code),
        *(_best_of(code, body) if several else body),
        *_report(code),
        *code.told,
    ]
    return "\n".join([*_imports(lines), *lines])


def until_diverged(code: TrainingCode, last: Epoch) -> TrainingCode:
    """Return the training with no more epochs than were finite, where it has diverged."""
    return replace(code, epochs=last.epoch, diverged=True) if last.reason == "diverged" else code


def _imports(lines: Sequence[str]) -> list[str]:
    keras, float64 = IMPORTS
    doubled = any("float64(" in line for line in lines)
    return [
        "import itertools",
        "",
        keras,
        "import numpy as np",
        *([float64] if doubled else []),
        "",
        *PRECISION,
        POLICY,
        "",
    ]


def _rows(code: TrainingCode) -> list[str]:
    names = ["x", "y", *([f"{code.held_out}_x", f"{code.held_out}_y"] if code.held_out else [])]
    listed = ", ".join(f'"{name}"' for name in names)
    return [
        f'page = np.load("{code.file}")  # the rows of the page, which it offers beside this program',
        f"{', '.join(names)} = (page[name] for name in ({listed}))",
        *code.prepared,
        "",
    ]


def _batches(code: TrainingCode) -> list[str]:
    order = "np.arange(len(x))"
    told = "# The batches of the page: every epoch has the rows in the same order."
    if code.shuffle:
        order = "np.random.default_rng((seed, epoch)).permutation(len(x))"
        told = "# The batches of the page: each epoch deals the rows in an order drawn from (seed, epoch)."
    return [
        "def batches(seed, first):",
        f"    {told}",
        "    for epoch in itertools.count(first):",
        f"        order = {order}",
        f"        for start in range(0, len(x), {code.batch_size}):",
        f"            rows = order[start : start + {code.batch_size}]",
        "            yield x[rows], y[rows]",
        "",
    ]


def _definitions(code: TrainingCode) -> list[str]:
    """Return the functions and classes that the program needs to be defined, once each."""
    optimizers = [code.optimizer(leg) for leg in code.legs]
    method, activation = code.method, code.activation
    found = [
        ACTIVATION_LINES.get(activation.name, "").format(**dict(activation.arguments)) if len(code.sizes) > 2 else "",
        _penalty("penalty", method.l1, method.l2_at(0)),
        _penalty("other_penalty", method.l1, method.l2_at(code.epochs)) if _changes_l2(code) else "",
    ]
    found += [LOOK_AHEAD_MODEL] if any(each.looks_ahead for each in optimizers) else []
    found += [definition for each in optimizers for definition in each.definitions]
    if code.held_out and code.stopping and code.stopping.restore and (len(code.legs) > 1 or code.diverged):
        found.append(RESTORE_WHERE_STOPPED)
    if code.held_out and code.reducing and not code.steady:
        found.append(REDUCE_SCHEDULE)
    return [definition for definition in dict.fromkeys(found) if definition]


def _model(code: TrainingCode, seed: str) -> list[str]:
    first = code.legs[0]
    penalty = ", kernel_regularizer=penalty" if code.method.l1 or code.method.l2_at(0) else ""
    name = "activation" if code.activation.name in ACTIVATION_LINES else f'"{code.activation.name}"'
    *hidden, outputs = code.sizes[1:]
    return [
        f"model = {_kind(code.optimizer(first))}([",
        f"    keras.Input(({code.sizes[0]},)),",
        *(f"    keras.layers.Dense({units}, activation={name}{penalty})," for units in hidden),
        f"    keras.layers.Dense({outputs}{penalty}),",
        "])",
        *_start(code, seed),
        *code.started,
    ]


def _kind(optimizer: OptimizerCode) -> str:
    return "LookAheadModel" if optimizer.looks_ahead else "keras.Sequential"


def _start(code: TrainingCode, seed: str) -> list[str]:
    if not code.initialization:
        names = ", ".join(f'"{name}"' for name in weight_names(code.sizes))
        return [f"model.set_weights([page[name] for name in ({names})])  # the weights of the net that was loaded"]
    weights, biases = INITIALIZATION_LINES[code.initialization]
    return [
        f"rng = np.random.default_rng({seed})  # the initial weights of the page",
        "for layer in model.layers:",
        "    inputs, units = layer.kernel.shape",
        f"    layer.set_weights([{weights}, {biases}])",
    ]


def weight_names(sizes: Sequence[int]) -> list[str]:
    """Return what the weights and biases of a net of these sizes are called in a file of arrays."""
    return [f"{kind}{layer}" for layer, _shape in enumerate(pairwise(sizes), 1) for kind in "Wb"]


def rows_of(training: Dataset, held_out: Dataset) -> dict[str, Array]:
    """Return the rows of a training as they are called in a file of arrays."""
    rows = {"x": training.x, "y": training.targets}
    return rows | ({f"{HELD_OUT}_x": held_out.x, f"{HELD_OUT}_y": held_out.targets} if len(held_out) else {})


def _penalty(name: str, l1: float, l2: float) -> str:
    """Return a function of a layer's weights, empty where nothing is penalized."""
    terms = [f"{l1!r} * keras.ops.sum(keras.ops.abs(w))"] if l1 else []
    terms += [f"{l2!r} / 2 * keras.ops.sum(w**2)"] if l2 else []
    if not terms:
        return ""
    told = "# keras.regularizers.L1L2 keeps its strengths in single precision, and has no factor 1/2."
    return f"def {name}(w):\n    {told}\n    return {' + '.join(terms)}\n"


def _legs(code: TrainingCode, seed: str) -> list[str]:
    first, *second = code.legs
    method = code.method
    switch = method.switch
    if not second or switch is None:
        return [*_compile(code, first), *_callbacks(code, last=True), *_fit(code, seed, range(code.epochs))]
    lines = [*_compile(code, first), *_callbacks(code, last=False), *_fit(code, seed, range(switch.epoch))]
    others = [
        *_other_l2(code),
        *_other_kind(code),
        *_compile(code, second[0]),
        *_callbacks(code, last=True),
        *_fit(code, seed, range(switch.epoch, code.epochs)),
    ]
    told = f"# From epoch {switch.epoch} on, with a new memory; weights and batches go on."
    if code.stopping and code.held_out:
        return [*lines, "if not stopping.stopped_epoch:", *(f"    {line}" for line in [told, *others])]
    return [*lines, told, *others]


def _other_l2(code: TrainingCode) -> list[str]:
    if not _changes_l2(code):
        return []
    other = "other_penalty" if code.method.l1 or code.method.l2_at(code.epochs) else "None"
    return ["for layer in model.layers:", f"    layer.kernel.regularizer = {other}"]


def _changes_l2(code: TrainingCode) -> bool:
    return code.method.l2_at(0) != code.method.l2_at(code.epochs)


def _other_kind(code: TrainingCode) -> list[str]:
    first, second = (_kind(code.optimizer(leg)) for leg in code.legs)
    return [] if first == second else [f"model = {second}([keras.Input(({code.sizes[0]},)), *model.layers])"]


def _compile(code: TrainingCode, leg: Leg) -> list[str]:
    return [
        f"learning_rate = {code.rate(leg).call}",
        "model.compile(",
        f"    optimizer={code.optimizer(leg).call},",
        "    loss=data_loss,",
        *(["    metrics=[data_loss],"] if code.watched else []),
        ")",
    ]


def _callbacks(code: TrainingCode, *, last: bool) -> list[str]:
    if not code.held_out:
        return []
    lines, names = [], []
    # Keras' val_loss counts the penalty: what is watched is the loss of the data alone.
    watched = 'monitor="val_data_loss", mode="min"'
    if stop := code.stopping:
        own = stop.restore and (not last or code.diverged)
        kind = "RestoreWhereStopped" if own else "keras.callbacks.EarlyStopping"
        lines += [
            f"stopping = {kind}(",
            f"    {watched}, patience={stop.patience}, min_delta={stop.min_delta!r}, "
            f"restore_best_weights={stop.restore},",
            ")",
        ]
        names.append("stopping")
    if reduce := code.reducing:
        numbers = (
            f"factor={reduce.factor!r}, patience={reduce.patience}, min_lr={reduce.min_lr!r}, "
            f"min_delta={reduce.min_delta!r}"
        )
        made = f"keras.callbacks.ReduceLROnPlateau({watched}, {numbers})"
        lines.append(f"reducing = {made if code.steady else f'ReduceSchedule(learning_rate.rate, {numbers})'}")
        names.append("reducing")
    return [*lines, f"callbacks = [{', '.join(names)}]"] if names else []


def _fit(code: TrainingCode, seed: str, epochs: range) -> list[str]:
    if not epochs:
        return []
    first, last = epochs.start, epochs.stop
    begin, held_out = f"initial_epoch={first}, " if first else "", code.held_out
    return [
        *(["# In the epoch that follows the training diverges."] if code.diverged and last == code.epochs else []),
        "model.fit(",
        f"    batches({seed}, {first}), steps_per_epoch=-(-len(x) // {code.batch_size}),",
        f"    {begin}epochs={last}, shuffle=False, verbose=0,",
        *([f"    validation_data=({held_out}_x, {held_out}_y), callbacks=callbacks,"] if code.watched else []),
        ")",
    ]


def _best_of(code: TrainingCode, body: Sequence[str]) -> list[str]:
    penalty = " + sum(model.losses)" if code.method.penalized and not code.held_out else ""
    rows = f"{code.held_out}_y, model({code.held_out}_x)" if code.held_out else "y, model(x)"
    return [
        "def train(seed):",
        *(f"    {line}" for line in body),
        f"    loss = float(keras.ops.mean(data_loss({rows})){penalty})",
        "    return loss if np.isfinite(loss) else np.inf, model",
        "",
        f"starts = {{seed: train(seed) for seed in range({code.seeds[0]}, {code.seeds[-1] + 1})}}",
        "best = min(starts, key=lambda seed: starts[seed][0])",
        "model = starts[best][1]",
        'print(f"best start, its seed: {best}")',
    ]


def _report(code: TrainingCode) -> list[str]:
    held_out = [f'("{code.held_out}", {code.held_out}_x, {code.held_out}_y)'] if code.held_out else []
    pairs = ['("training", x, y)', *held_out]
    word = "data loss" if code.method.penalized else "loss"
    return [
        f"for name, points, targets in [{', '.join(pairs)}]:",
        "    output = model.predict_on_batch(points)",
        f'    print(f"{{name}}: {word} {{float(keras.ops.mean(data_loss(targets, output)))}}")',
        *([f'    print(f"{{name}}: accuracy {{np.mean({RIGHT.get(code.loss, SIDE)})}}")'] if code.classes else []),
        *(_PENALTY if code.method.penalized else []),
    ]


_PENALTY = (
    "penalty = float(sum(model.losses))",
    'print(f"penalty: {penalty}")',
    'print(f"loss, which is minimized: {float(keras.ops.mean(data_loss(y, model(x)))) + penalty}")',
)
