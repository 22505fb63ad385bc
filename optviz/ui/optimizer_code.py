"""Optimizers and learning rates as lines of a program, exactly as they are here: in Keras, and in NumPy.

A program takes Keras' own call where that is equal at the values chosen, and otherwise a class of a few lines that says
why. Both work in double precision, as the app does, if the program begins with `PRECISION`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from optviz.optimizers import OPTIMIZERS
from optviz.schedules import SCHEDULES

Values = Mapping[str, float]
Line = tuple[str, str]

IMPORTS = ("import keras", "from numpy import float64")
PRECISION = (
    "# Double precision. Keras rounds a plain number to single precision in places, a float64(…) nowhere.",
    'keras.config.set_floatx("float64")',
)
"""The line that a program needs before the first variable, and what `float64(...)` in a call is there for."""


# ---- optimizers


class Rule(NamedTuple):
    """An update as it is written: the memory with its initial values (empty: 0), and the lines `name = expression`.

    In the expressions g is the gradient, w the weights, lr the learning rate and t the number of the update, from 1;
    the last line gives eta, and then w_{t+1} = w_t - eta. `keras` is Keras' own call and `differs` the reason why it is
    not equal, empty where it is.
    """

    name: str
    lines: tuple[Line, ...]
    keras: str = ""
    differs: str = ""
    memory: tuple[Line, ...] = ()
    looks_ahead: bool = False


VELOCITY = (
    "# Keras keeps the learning rate inside the velocity; here it stands before it, which differs once it changes."
)
OUTSIDE = "# Keras adds epsilon inside the root; here it is added to the root."
CORRECTED = "# Keras adds epsilon before the bias correction of V; here it is added after it."
NO_PSI = "# Keras' Nadam has no psi: there it is always 1."
NO_AHEAD = "# Keras' Nesterov takes the gradient at w; here it is taken at w - lr * m."
NO_SIGN = "# Keras' Lion refuses beta_1 = 0."

AVERAGE = ("m", "beta * m + (1 - beta) * g")
FIRST = ("m", "beta1 * m + (1 - beta1) * g")
SECOND = ("v", "beta2 * v + (1 - beta2) * g**2")
SQUARES = ("v", "beta * v + (1 - beta) * g**2")
MEAN = "m / (1 - beta1**t)"
SPREAD = "v / (1 - beta2**t)"
V = (("v", ""),)
M = (("m", ""),)


def _sgd(values: Values, steady: bool) -> Rule:
    return Rule("SGD", (("eta", "lr * g"),), "keras.optimizers.SGD({lr})")


def _momentum(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.SGD({lr} * (1 - {beta}), momentum=float64({beta}))"
    return Rule("Momentum", (AVERAGE, ("eta", "lr * m")), keras, "" if steady else VELOCITY, M)


def _momentum_classical(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.SGD({lr}, momentum=float64({beta}))"
    lines = (("m", "beta * m + g"), ("eta", "lr * m"))
    return Rule("ClassicalMomentum", lines, keras, "" if steady else VELOCITY, M)


def _nesterov(values: Values, steady: bool) -> Rule:
    return Rule("LookAhead", (AVERAGE, ("eta", "lr * m")), differs=NO_AHEAD, memory=M, looks_ahead=True)


def _nesterov_keras(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.SGD({lr}, momentum=float64({beta}), nesterov=True)"
    lines = (("m", "beta * m + g"), ("eta", "lr * (beta * m + g)"))
    return Rule("Nesterov", lines, keras, "" if steady else VELOCITY, M)


def _adagrad(values: Values, steady: bool) -> Rule:
    keras = (
        "keras.optimizers.Adagrad({lr}, initial_accumulator_value=float64({initial_accumulator}), epsilon={epsilon})"
    )
    inside = values["epsilon_inside"]
    lines = (("v", "v + g**2"), ("eta", f"lr * g / {_root('v', inside)}"))
    return Rule(_named("Adagrad", inside), lines, keras, "" if inside else OUTSIDE, (("v", "initial_accumulator"),))


def _rmsprop(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.RMSprop({lr}, rho={beta}, epsilon={epsilon})"
    inside = values["epsilon_inside"]
    lines = (SQUARES, ("eta", f"lr * g / {_root('v', inside)}"))
    return Rule(_named("RMSprop", inside), lines, keras, "" if inside else OUTSIDE, V)


def _adadelta(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.Adadelta({lr}, rho={beta}, epsilon={epsilon})"
    step = ("step", "sqrt(u + epsilon) / sqrt(v + epsilon) * g")
    lines = (SQUARES, step, ("u", "beta * u + (1 - beta) * step**2"), ("eta", "lr * step"))
    return Rule("Adadelta", lines, keras, memory=(*V, ("u", "")))


def _adam(values: Values, steady: bool) -> Rule:
    inside = values["epsilon_inside"]
    lines = (FIRST, SECOND, ("eta", f"lr * {MEAN} / {_root(SPREAD, inside)}"))
    return Rule(_named("Adam", inside), lines, differs=CORRECTED, memory=M + V)


def _nadam(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.Nadam({lr}, beta_1=float64({beta1}), beta_2=float64({beta2}), epsilon={epsilon})"
    lines = (
        ("mu", "beta1 * (1 - 0.5 * 0.96 ** (t * psi))"),
        ("following", "beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))"),
        ("product", "product * mu"),
        FIRST,
        SECOND,
        ("ahead", "following * m / (1 - product * following) + (1 - mu) * g / (1 - product)"),
        ("eta", f"lr * ahead / {_root(SPREAD, False)}"),
    )
    differs = "" if values["psi"] == 1 else NO_PSI
    return Rule("Nadam", lines, keras, differs, (*M, *V, ("product", "1")))


def _amsgrad(values: Values, steady: bool) -> Rule:
    largest = ("largest", "maximum(largest, v)")
    lines = (FIRST, SECOND, largest, ("eta", f"lr * {MEAN} / {_root('largest / (1 - beta2**t)', False)}"))
    return Rule("AMSGrad", lines, differs=CORRECTED, memory=(*M, *V, ("largest", "")))


def _adamax(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.Adamax({lr}, beta_1=float64({beta1}), beta_2={beta2}, epsilon={epsilon})"
    lines = (FIRST, ("u", "maximum(beta2 * u, abs(g))"), ("eta", f"lr * {MEAN} / (u + epsilon)"))
    return Rule("Adamax", lines, keras, memory=(*M, ("u", "")))


def _adamw(values: Values, steady: bool) -> Rule:
    lines = (FIRST, SECOND, ("eta", f"lr * {MEAN} / {_root(SPREAD, False)} + lr * weight_decay * w"))
    return Rule("AdamW", lines, differs=CORRECTED, memory=M + V)


def _lion(values: Values, steady: bool) -> Rule:
    keras = "keras.optimizers.Lion({lr}, beta_1=float64({beta1}), beta_2=float64({beta2}))"
    lines = (("eta", "lr * sign(beta1 * m + (1 - beta1) * g)"), ("m", "beta2 * m + (1 - beta2) * g"))
    return Rule("Lion", lines, keras, "" if values["beta1"] else NO_SIGN, M)


def _named(name: str, inside: float) -> str:
    """Return another name where epsilon stands inside the root: both may stand in one program."""
    return f"{name}Inside" if inside else name


def _root(spread: str, inside: float) -> str:
    return f"sqrt({spread} + epsilon)" if inside else f"(sqrt({spread}) + epsilon)"


RULES: Mapping[str, Callable[[Values, bool], Rule]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "momentum_classical": _momentum_classical,
    "nesterov": _nesterov,
    "nesterov_keras": _nesterov_keras,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adadelta": _adadelta,
    "adam": _adam,
    "nadam": _nadam,
    "amsgrad": _amsgrad,
    "adamax": _adamax,
    "adamw": _adamw,
    "lion": _lion,
}
"""How each optimizer that needs no more than the gradient is written, at its values and with a rate that is steady."""


def numpy_class(name: str, values: Values) -> tuple[str, str]:
    """Return an optimizer as a class over NumPy's arrays of two weights, and the call that makes one.

    Its `update(w, lr, step)` returns the next weights. It asks a function `gradient(w, step)`, and Newton `hessian(w)`.
    """
    chosen = {**OPTIMIZERS[name].defaults, **values}
    if name not in RULES:
        return NEWTON, f"Newton({_keywords(chosen)})"
    rule = RULES[name](chosen, True)
    numbers = {key: value for key, value in chosen.items() if _uses(rule, key)}
    memory, counts = [part for part, _initial in rule.memory], _uses(rule, "t")
    starts = ", ".join(f"np.full(2, float({initial}))" if initial else "np.zeros(2)" for _part, initial in rule.memory)
    made = [
        *([f"        self.numbers = {', '.join(numbers)}"] if numbers else []),
        *([f"        self.memory = {starts}"] if memory else []),
        *(["        self.t = 0"] if counts else []),
    ]
    lines = [
        f"class {rule.name}:",
        *([f"    def __init__({', '.join(['self', *numbers])}):", *made, ""] if made else []),
        "    def update(self, w, lr, step):",
        *([f"        {', '.join(numbers)} = self.numbers"] if numbers else []),
        *([f"        {', '.join(memory)} = self.memory"] if memory else []),
        *(["        self.t = t = self.t + 1"] if counts else []),
        f"        g = gradient({'w - lr * m' if rule.looks_ahead else 'w'}, step)",
        *(f"        {target} = {FUNCTIONS.sub(_in('np'), text)}" for target, text in rule.lines),
        *([f"        self.memory = {', '.join(memory)}"] if memory else []),
        "        return w - eta",
        "",
    ]
    return "\n".join(lines), f"{rule.name}({_keywords(numbers)})"


NEWTON = """\
class Newton:
    def __init__(self, damping):
        self.damping = damping

    def update(self, w, lr, step):
        curvature = hessian(w) + self.damping * np.eye(2)
        if not np.isfinite(curvature).all():
            return np.full(2, np.nan)
        # The pseudo-inverse solves a singular system in the least-squares sense.
        return w - lr * np.linalg.pinv(curvature, hermitian=True) @ gradient(w, step)
"""


class RateCode(NamedTuple):
    """A learning rate in Keras: the classes to define before, the expression, and whether it is one fixed number."""

    definitions: tuple[str, ...]
    call: str
    steady: bool


class OptimizerCode(NamedTuple):
    """An optimizer in Keras: the classes to define before, and the expression.

    One that looks ahead has a method `look_ahead(variables)`, which the program calls before it takes the gradient;
    `LOOK_AHEAD_MODEL` is a model that does.
    """

    definitions: tuple[str, ...]
    call: str
    looks_ahead: bool


def optimizer_code(name: str, values: Values, rate: RateCode) -> OptimizerCode:
    """Return an optimizer of `OPTIMIZERS` in Keras; what is not among the values takes its default.

    A rate that something else than its schedule changes, such as a callback, is handed over with `steady=False`.
    """
    chosen = {**OPTIMIZERS[name].defaults, **values}
    rule = RULES[name](chosen, rate.steady)
    if not rule.differs:
        call = rule.keras.format(lr=rate.call, **{key: repr(value) for key, value in chosen.items()})
        return OptimizerCode(rate.definitions, call, False)
    numbers = {key: value for key, value in chosen.items() if _uses(rule, key)}
    definitions = (*rate.definitions, _class(rule, tuple(numbers)))
    return OptimizerCode(definitions, f"{rule.name}({rate.call}, {_keywords(numbers)})", rule.looks_ahead)


def updates(code: OptimizerCode, loss: str, variables: str = "[w]") -> list[str]:
    """Return the lines in which `optimizer` makes one update of the variables down a loss, a TensorFlow expression."""
    return [
        *([f"optimizer.look_ahead({variables})"] if code.looks_ahead else []),
        "with tf.GradientTape() as tape:",
        f"    loss = {loss}",
        f"optimizer.apply(tape.gradient(loss, {variables}), {variables})",
    ]


def _class(rule: Rule, numbers: Sequence[str]) -> str:
    memory = [name for name, _initial in rule.memory] + ["start"] * rule.looks_ahead
    return "\n".join(
        [
            f"class {rule.name}(keras.optimizers.Optimizer):",
            f"    {rule.differs}",
            f"    def __init__(self, {', '.join(['learning_rate', *numbers])}):",
            "        super().__init__(learning_rate)",
            f"        self.numbers = {', '.join(numbers)}",
            "",
            "    def build(self, variables):",
            "        super().build(variables)",
            *_built(rule, memory, numbers),
            "",
            *(LOOK_AHEAD if rule.looks_ahead else []),
            "    def update_step(self, g, w, lr):",
            f"        {', '.join(numbers)} = self.numbers",
            f"        {', '.join(memory)} = {_own(memory)}",
            *(["        t = keras.ops.cast(self.iterations + 1, w.dtype)"] if _uses(rule, "t") else []),
            *(f"        {_assigned(target, expression, memory)}" for target, expression in rule.lines),
            "        w.assign(start - eta)" if rule.looks_ahead else "        w.assign_sub(eta)",
            "",
        ]
    )


LOOK_AHEAD = (
    "    def look_ahead(self, variables):",
    "        # To be called before the gradient is taken; the update starts from where the weights were.",
    "        if not self.built:",
    "            self.build(variables)",
    "        for w, m, start in zip(variables, *self.memory):",
    "            start.assign(w)",
    "            w.assign_sub(self.learning_rate * m)",
    "",
)

LOOK_AHEAD_MODEL = """\
class LookAheadModel(keras.Sequential):
    # Between two updates the weights are w, while the gradient is taken they are w - lr * m.
    def train_step(self, data):
        self.optimizer.look_ahead(self.trainable_variables)
        return super().train_step(data)
"""
"""A model whose `fit` works with an optimizer that looks ahead: `LookAheadModel(layers)`."""


def _built(rule: Rule, memory: Sequence[str], numbers: Sequence[str]) -> list[str]:
    # Keras takes one name alone, or a list of them.
    names = ", ".join(f'"{name}"' for name in memory)
    names = names if len(memory) == 1 else f"[{names}]"
    initial = [value for _name, value in rule.memory]
    if not any(initial):
        return [f"        self.memory = self.add_optimizer_variables(variables, {names})"]
    values = ", ".join(value or "0" for value in initial)
    constants = "keras.initializers.Constant(float64({}))".format
    many = f"[{constants('value')} for value in ({values})]"
    return [
        *([f"        {', '.join(numbers)} = self.numbers"] if any(value in numbers for value in initial) else []),
        f"        initial = {constants(values) if len(initial) == 1 else many}",
        f"        self.memory = self.add_optimizer_variables(variables, {names}, initial)",
    ]


def _keywords(numbers: Values) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in numbers.items())


def _in(module: str) -> str:
    return rf"{module}.\1("


def _own(memory: Sequence[str]) -> str:
    own = "[self._get_variable_index(w)]"
    return f"self.memory{own}" if len(memory) == 1 else f"(part{own} for part in self.memory)"


def _assigned(target: str, expression: str, memory: Sequence[str]) -> str:
    text = FUNCTIONS.sub(_in("keras.ops"), expression)
    return f"{target}.assign({text})" if target in memory else f"{target} = {text}"


FUNCTIONS = re.compile(r"\b(sqrt|maximum|abs|sign)\(")


def _uses(rule: Rule, name: str) -> bool:
    texts = [*(text for _target, text in rule.lines), *(initial for _name, initial in rule.memory)]
    return any(re.search(rf"\b{name}\b", text) for text in texts)


# ---- learning rates


def rate_code(learning_rate: float, schedule: str, values: Values, warmup: int) -> RateCode:
    """Return a schedule of `SCHEDULES` with its warm-up in Keras; a constant learning rate is a number."""
    chosen = {**SCHEDULES[schedule].defaults, **values}
    if schedule == "constant":
        return _constant(learning_rate, warmup)
    plain = SCHEDULE_CODES[schedule](chosen, f"float64({learning_rate!r})")
    if not warmup:
        return plain
    return RateCode((*plain.definitions, WARM_UP), f"WarmUp({warmup}, {plain.call})", False)


def schedule_code(learning_rate: float, schedule: str, values: Values, warmup: int) -> RateCode:
    """Return the same as a function of the step, a constant learning rate too."""
    rate = rate_code(learning_rate, schedule, values, warmup)
    return _keras(f"ExponentialDecay(float64({learning_rate!r}), 1, 1.0)") if rate.steady else rate


def _constant(learning_rate: float, warmup: int) -> RateCode:
    if not warmup:
        return RateCode((), repr(learning_rate), True)
    call = f"PolynomialDecay(float64(0), {warmup}, float64({learning_rate!r}))"
    return RateCode((), f"keras.optimizers.schedules.{call}", False)


def _keras(call: str) -> RateCode:
    return RateCode((), f"keras.optimizers.schedules.{call}", False)


def _exponential_decay(values: Values, lr: str) -> RateCode:
    steps, rate, staircase = values["decay_steps"], values["rate"], bool(values["staircase"])
    return _keras(f"ExponentialDecay({lr}, {steps}, float64({rate}), staircase={staircase})")


def _piecewise_constant(values: Values, lr: str) -> RateCode:
    pieces = [(values[f"{place}_boundary"], values[f"{place}_factor"]) for place in ("first", "second", "third")]
    # Keras wants boundaries that rise; one that a later piece begins before or at is never seen.
    seen = [piece for i, piece in enumerate(pieces) if all(later[0] > piece[0] for later in pieces[i + 1 :])]
    boundaries = ", ".join(str(boundary) for boundary, _factor in seen)
    rates = ", ".join([lr, *(f"{lr} * {factor}" for _boundary, factor in seen)])
    return _keras(f"PiecewiseConstantDecay([{boundaries}], [{rates}])")


def _step_decay(values: Values, lr: str) -> RateCode:
    return _keras(f"ExponentialDecay({lr}, {values['drop_every']}, float64({values['drop_to']}), staircase=True)")


def _inverse_time(values: Values, lr: str) -> RateCode:
    steps, rate, staircase = values["decay_steps"], values["rate"], bool(values["staircase"])
    return _keras(f"InverseTimeDecay({lr}, {steps}, float64({rate}), staircase={staircase})")


def _polynomial(values: Values, lr: str) -> RateCode:
    steps, end, power, cycle = values["decay_steps"], values["end"], values["power"], bool(values["cycle"])
    return _keras(f"PolynomialDecay({lr}, {steps}, {lr} * {end}, float64({power}), cycle={cycle})")


def _cosine(values: Values, lr: str) -> RateCode:
    return _keras(f"CosineDecay({lr}, {values['decay_steps']}, {values['alpha']})")


def _cosine_restarts(values: Values, lr: str) -> RateCode:
    steps, t_mul, m_mul, alpha = (values[key] for key in ("first_decay_steps", "t_mul", "m_mul", "alpha"))
    if t_mul == 1:
        return _keras(f"CosineDecayRestarts({lr}, {steps}, {t_mul}, float64({m_mul}), float64({alpha}))")
    return RateCode((RESTARTS,), f"CosineRestarts({lr}, {steps}, {t_mul}, {m_mul}, {alpha})", False)


def _one_cycle(values: Values, lr: str) -> RateCode:
    numbers = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return RateCode((ONE_CYCLE,), f"OneCycle({lr}, {numbers})", False)


SCHEDULE_CODES: Mapping[str, Callable[[Values, str], RateCode]] = {
    "exponential_decay": _exponential_decay,
    "piecewise_constant": _piecewise_constant,
    "step_decay": _step_decay,
    "inverse_time": _inverse_time,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "one_cycle": _one_cycle,
}
"""How each schedule that changes the learning rate is written, at its values and with a learning rate."""

WARM_UP = """\
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    # A linear rise from 0 in front of any schedule; Keras has it for its cosine alone.
    def __init__(self, steps, after):
        self.steps, self.after = steps, after

    def __call__(self, step):
        step = keras.ops.cast(step, "float64")
        rise = self.after(0) * step / self.steps
        return keras.ops.where(step < self.steps, rise, self.after(keras.ops.maximum(step - self.steps, 0)))
"""

RESTARTS = """\
class CosineRestarts(keras.optimizers.schedules.LearningRateSchedule):
    # Keras finds the restarts by a logarithm alone, whose rounding can miss one by a step.
    def __init__(self, learning_rate, first_decay_steps, t_mul, m_mul, alpha):
        self.learning_rate, self.first_decay_steps = learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha = t_mul, m_mul, alpha

    def __call__(self, step):
        periods = keras.ops.cast(step, "float64") / self.first_decay_steps
        i = keras.ops.floor(keras.ops.log(1 + periods * (self.t_mul - 1)) / keras.ops.log(float64(self.t_mul)))
        i = keras.ops.where(self.begin(i + 1) <= periods, i + 1, i)
        i = keras.ops.where(self.begin(i) > periods, i - 1, i)
        fall = (1 + keras.ops.cos(3.141592653589793 * (periods - self.begin(i)) / self.t_mul**i)) / 2
        return self.learning_rate * ((1 - self.alpha) * self.m_mul**i * fall + self.alpha)

    def begin(self, i):
        return (self.t_mul**i - 1) / (self.t_mul - 1)
"""

ONE_CYCLE = """\
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    # Keras has no such schedule; this is PyTorch's OneCycleLR.
    def __init__(self, peak, total_steps, warm_fraction, start_division, final_division):
        self.start, self.peak, self.final = peak / start_division, peak, peak / (start_division * final_division)
        self.top, self.last = warm_fraction * total_steps - 1, total_steps - 1

    def __call__(self, step):
        step = keras.ops.cast(step, "float64")
        fallen = keras.ops.clip((step - self.top) / (self.last - self.top), 0, 1)
        return keras.ops.where(
            step < self.top,
            self.between(self.start, self.peak, step / (self.top or 1)),
            self.between(self.peak, self.final, fallen),
        )

    def between(self, first, last, x):
        return last + (first - last) * (1 + keras.ops.cos(3.141592653589793 * x)) / 2
"""
