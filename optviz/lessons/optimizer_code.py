"""Optimizers and learning rates as lines of a program, exactly as they are here: in Keras, and in NumPy.

A program takes Keras' own call where that is equal at the values chosen, and otherwise a class of a few lines that says
why. Both work in double precision, as the app does, if the program begins with `programs/precision.py.jinja`.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from optviz.grammar import Part
from optviz.locale.spoken import N_
from optviz.optimization.optimizers import OPTIMIZERS, OWN
from optviz.optimization.rules import ASK, CURVATURE, NEWTON, WIDE, Rule, is_number, names_in, operations_in
from optviz.optimization.schedules import SCHEDULES, Entry
from optviz.optimization.step_formulas import StepFormula
from optviz.optimization.writing import python
from optviz.recipes import Recipe

Values = Mapping[str, float]
Line = tuple[str, str]


# ---- optimizers


class Unprintable(LookupError):
    """No optimizer of Keras can do what one does; its only argument says why, in English, as a key of translations."""


ONE_GRADIENT = N_("Keras' optimizers get one gradient of one variable at a time: they cannot do this rule.")
MATRICES = N_("This optimizer takes each layer's weights as one matrix: there is no program in Keras for it here.")


class Written(NamedTuple):
    """An optimizer as it is printed: the name of its class, its numbers, its memory with initial values, and its lines.

    In the lines g is the gradient, w the weights, lr the learning rate and t the number of the update, from 1; the last
    one gives eta, and then w_{t+1} = w_t - eta.
    """

    name: str
    numbers: dict[str, float]
    memory: tuple[Line, ...]
    lines: tuple[Line, ...]
    counts: bool


def written(name: str, values: Values, module: str, ask: Callable[[str], str] | None = None) -> Written:
    """Return how an optimizer is printed at some values with the functions of a module.

    `ask` writes how a gradient is taken at a point; without it the lines that do so are left out.
    """
    recipe = OPTIMIZERS[name]
    chosen = {**recipe.defaults, **values}
    rule = recipe(**chosen).rule
    initial = dict(rule.initial)

    def full(tree: Part) -> str:
        return python(tree, module) + (f" + {module}.zeros_like(w)" if is_number(tree, rule.numbers) else "")

    lines = [("g", ask("w"))] if ask and not rule.asks else []
    if ask and rule.reads_curvature:
        lines.append((CURVATURE, f"{module}.diagonal(hessian(w))"))
    for target, tree in rule.written[:-1]:
        if tree.content != ASK:
            lines.append((target, python(tree, module) if target in rule.numbers else full(tree)))
        elif ask:
            lines.append((target, ask(full(tree.operands[0]))))
    return Written(
        _class_name(recipe, chosen),
        {each: chosen[each] for each in rule.parameters},
        tuple((state, python(initial[state], module) if state in initial else "") for state in rule.states),
        (*lines, ("eta", python(rule.step, module))),
        any("t" in names_in(tree) for _target, tree in rule.written),
    )


def _ahead(rule: Rule) -> str:
    """Return the point where the gradient is taken, empty where that is w; `Unprintable` where Keras cannot take it.

    Between two updates there is one gradient, at a point that is known by then; each variable is updated by itself.
    """
    if rule.needs_matrices:
        raise Unprintable(MATRICES)
    asked = [i for i, (_name, tree) in enumerate(rule.written) if tree.content == ASK]
    known = {"w", "lr", *rule.parameters, *rule.states} - {
        name for name, _tree in rule.written[: asked[0] if asked else 0]
    }
    points = [rule.written[i][1].operands[0] for i in asked]
    unusual = {*WIDE, NEWTON} & set().union(
        *(operations_in(tree) for _name, tree in rule.written)
    ) or rule.reads_curvature
    own = [tree for _name, tree in (*rule.initial, *rule.written[:-1]) if tree.content != ASK]
    # While the gradient is taken elsewhere, the weights are not there.
    elsewhere = "g" in rule.states or (asked and any("w" in names_in(tree) for tree in (*own, rule.step)))
    if (
        unusual
        or elsewhere
        or len(asked) > 1
        or (asked and not rule.states)
        or any(rule.written[i][0] != "g" for i in asked)
    ):
        raise Unprintable(ONE_GRADIENT)
    if not all(names_in(point) <= known for point in points):
        raise Unprintable(ONE_GRADIENT)
    return python(points[0], "keras.ops") if points and points[0].content != "w" else ""


def _class_name(recipe: Recipe[Any], values: Values) -> str:
    """Return a name of its own for each way a recipe may be written, of which several may stand in one program."""
    switches = [each.name for each in recipe.parameters if each.kind is bool and values[each.name]]
    words = re.findall(r"[A-Za-z]+", " ".join([recipe.title, *switches]))
    own = f"{zlib.crc32(recipe.name.encode()):08x}" if recipe.name.startswith(OWN) else ""
    return "".join(word[0].upper() + word[1:] for word in words) + own


def numpy_class(name: str, values: Values) -> tuple[str, str]:
    """Return an optimizer as a class over NumPy's arrays of two weights, and the call that makes one.

    Its `update(w, lr, step)` returns the next weights. It asks a function `gradient(w, step)`, and one that needs
    second derivatives `hessian(w)`.
    """
    own = written(name, values, "np", "gradient({}, step)".format)
    memory = [part for part, _initial in own.memory]
    starts = ", ".join(f"{initial} + np.zeros(2)" if initial else "np.zeros(2)" for _part, initial in own.memory)
    # What begins where the weights do begins with the first update.
    at_first = _begins_at_weights(own)
    made = [
        *([f"        self.numbers = {', '.join(own.numbers)}"] if own.numbers else []),
        *([f"        self.memory = {'None' if at_first else starts}"] if memory else []),
        *(["        self.t = 0"] if own.counts else []),
    ]
    lines = [
        f"class {own.name}:",
        *([f"    def __init__({', '.join(['self', *own.numbers])}):", *made, ""] if made else []),
        "    def update(self, w, lr, step):",
        *([f"        {', '.join(own.numbers)} = self.numbers"] if own.numbers else []),
        *(["        if self.memory is None:", f"            self.memory = {starts}"] if at_first else []),
        *([f"        {', '.join(memory)} = self.memory"] if memory else []),
        *(["        self.t = t = self.t + 1"] if own.counts else []),
        *(f"        {target} = {text}" for target, text in own.lines),
        *([f"        self.memory = {', '.join(memory)}"] if memory else []),
        "        return w - eta",
        *(NEWTON_LINES if OPTIMIZERS[name]().follows_curvature else []),
        "",
    ]
    return "\n".join(lines), f"{own.name}({_keywords(own.numbers)})"


NEWTON_LINES = (
    "",
    "    def newton(self, damping, g, w):",
    "        curvature = hessian(w) + damping * np.eye(2)",
    "        if not np.isfinite(curvature).all():",
    "            return np.full(2, np.nan)",
    "        # The pseudo-inverse solves a singular system in the least-squares sense.",
    "        return np.linalg.pinv(curvature, hermitian=True) @ g",
)


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

    Raises `Unprintable`.
    A rate that something else than its schedule changes, such as a callback, is handed over with `steady=False`.
    """
    recipe = OPTIMIZERS[name]
    chosen = {**recipe.defaults, **values}
    differs = recipe.keras.differs(chosen, rate.steady)
    if not differs:
        call = recipe.keras.call.format(lr=rate.call, **{key: repr(value) for key, value in chosen.items()})
        return OptimizerCode(rate.definitions, call, False)
    own, ahead = written(name, chosen, "keras.ops"), _ahead(recipe(**chosen).rule)
    arguments = ", ".join(filter(None, (rate.call, _keywords(own.numbers))))
    return OptimizerCode((*rate.definitions, _class(own, ahead, differs)), f"{own.name}({arguments})", bool(ahead))


def updates(code: OptimizerCode, loss: str, variables: str = "[w]") -> list[str]:
    """Return the lines in which `optimizer` makes one update of the variables down a loss, a TensorFlow expression."""
    return [
        *([f"optimizer.look_ahead({variables})"] if code.looks_ahead else []),
        "with tf.GradientTape() as tape:",
        f"    loss = {loss}",
        f"optimizer.apply(tape.gradient(loss, {variables}), {variables})",
    ]


def _class(own: Written, ahead: str, differs: str) -> str:
    memory = [name for name, _initial in own.memory] + ["start"] * bool(ahead)
    numbers = ", ".join(own.numbers)
    return "\n".join(
        [
            f"class {own.name}(keras.optimizers.Optimizer):",
            f"    # {differs}",
            f"    def __init__(self, {', '.join(['learning_rate', *own.numbers])}):",
            "        super().__init__(learning_rate)",
            *([f"        self.numbers = {numbers}"] if numbers else []),
            "",
            "    def build(self, variables):",
            "        super().build(variables)",
            *_built(own, memory),
            "",
            *(_look_ahead(own, ahead, memory) if ahead else []),
            "    def update_step(self, g, w, lr):",
            *([f"        {numbers} = self.numbers"] if numbers else []),
            *([f"        {', '.join(memory)} = {_own(memory)}"] if memory else []),
            *(["        t = keras.ops.cast(self.iterations + 1, w.dtype)"] if own.counts else []),
            *(f"        {line}" for line in _begun(own)),
            *(f"        {_assigned(target, expression, memory)}" for target, expression in own.lines),
            "        w.assign(start - eta)" if ahead else "        w.assign_sub(eta)",
            "",
        ]
    )


def _look_ahead(own: Written, ahead: str, memory: Sequence[str]) -> list[str]:
    return [
        "    def look_ahead(self, variables):",
        "        # To be called before the gradient is taken; the update starts from where the weights were.",
        "        if not self.built:",
        "            self.build(variables)",
        *([f"        {', '.join(own.numbers)} = self.numbers"] if _reads(ahead, own.numbers) else []),
        "        lr = self.learning_rate",
        f"        for w, {', '.join(memory)} in zip(variables, *self.memory):",
        "            start.assign(w)",
        f"            w.assign({ahead})",
        "",
    ]


LOOK_AHEAD_MODEL = """\
class LookAheadModel(keras.Sequential):
    # Between two updates the weights are w; while the gradient is taken they are where the optimizer looks.
    def train_step(self, data):
        self.optimizer.look_ahead(self.trainable_variables)
        return super().train_step(data)
"""
"""A model whose `fit` works with an optimizer that looks ahead: `LookAheadModel(layers)`."""


def _built(own: Written, memory: Sequence[str]) -> list[str]:
    # Keras takes one name alone, or a list of them.
    names = ", ".join(f'"{name}"' for name in memory)
    names = names if len(memory) == 1 else f"[{names}]"
    initial = [value for _name, value in own.memory]
    if not memory:
        return []
    if not any(initial) or _begins_at_weights(own):
        return [f"        self.memory = self.add_optimizer_variables(variables, {names})"]
    values = ", ".join(value or "0" for value in initial)
    constants = "keras.initializers.Constant(float64({}))".format
    many = f"[{constants('value')} for value in ({values})]"
    return [
        *(
            [f"        {', '.join(own.numbers)} = self.numbers"]
            if any(_reads(value, own.numbers) for value in initial)
            else []
        ),
        f"        initial = {constants(values) if len(initial) == 1 else many}",
        f"        self.memory = self.add_optimizer_variables(variables, {names}, initial)",
    ]


def _begins_at_weights(own: Written) -> bool:
    """Whether a part of the memory begins where the weights do, which is known with the first update."""
    return any(re.search(r"\bw\b", initial) for _part, initial in own.memory)


def _begun(own: Written) -> list[str]:
    """Return the lines that begin the memory at the first update, where it begins at the weights."""
    parts = own.memory if _begins_at_weights(own) else ()
    first = "keras.ops.where(self.iterations == 0, {1} + 0 * w, {0})".format
    return [f"{name}.assign({first(name, initial)})" for name, initial in parts if initial]


def _keywords(numbers: Values) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in numbers.items())


def _reads(text: str, numbers: Values) -> bool:
    return any(re.search(rf"\b{name}\b", text) for name in numbers)


def _own(memory: Sequence[str]) -> str:
    own = "[self._get_variable_index(w)]"
    return f"self.memory{own}" if len(memory) == 1 else f"(part{own} for part in self.memory)"


def _assigned(target: str, expression: str, memory: Sequence[str]) -> str:
    return f"{target}.assign({expression})" if target in memory else f"{target} = {expression}"


# ---- learning rates


def rate_code(learning_rate: float, schedule: str, values: Values, warmup: int) -> RateCode:
    """Return a schedule of `SCHEDULES` with its warm-up in Keras; a constant learning rate is a number."""
    recipe = SCHEDULES[schedule]
    formula = recipe(**values)
    if formula.is_steady:
        return _constant(learning_rate, warmup)
    rate = f"float64({learning_rate!r})"
    call = recipe.keras(lr=rate, **{**recipe.defaults, **values})
    plain = _keras(call) if call else _as_class(recipe, formula, rate)
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
    return _keras(f"PolynomialDecay(float64(0), {warmup}, float64({learning_rate!r}))")


def _keras(call: str) -> RateCode:
    return RateCode((), f"keras.optimizers.schedules.{call}", False)


def _as_class(recipe: Entry, formula: StepFormula, rate: str) -> RateCode:
    """Return a schedule as a class of its own, in double precision throughout."""
    name, numbers = _class_name(recipe, formula.numbers), formula.used
    named = ", ".join(["learning_rate", *numbers]) + ("" if numbers else ",")
    *lines, value = formula.lines("keras.ops", "learning_rate")
    definition = [
        f"class {name}(keras.optimizers.schedules.LearningRateSchedule):",
        f"    # {recipe.differs}",
        f"    def __init__(self, {', '.join(['learning_rate', *numbers])}):",
        f"        self.numbers = {named}",
        "",
        "    def __call__(self, step):",
        f"        {named} = map(float64, self.numbers)",
        '        t = keras.ops.cast(step, "float64")',
        *(f"        {line}" for line in lines),
        f"        return {value}",
        "",
    ]
    return RateCode(("\n".join(definition),), f"{name}({', '.join(filter(None, (rate, _keywords(numbers))))})", False)


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
