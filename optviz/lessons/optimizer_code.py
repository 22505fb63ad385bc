"""Optimizers and learning rates as lines of a program, exactly as they are here: in Keras, and in NumPy.

A program takes Keras' own call where that is equal at the values chosen, and otherwise a class of a few lines that says
why. Both work in double precision, as the app does, if the program begins with `programs/precision.py.jinja`.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from optviz.grammar import Part
from optviz.lessons.programs import defined
from optviz.locale.spoken import N_
from optviz.optimization.line_search import SHRINK, TRIALS
from optviz.optimization.optimizers import OPTIMIZERS, OWN
from optviz.optimization.rules import (
    ASK,
    ASKED,
    CURVATURE,
    HISTORY,
    LBFGS,
    NEWTON,
    SEARCHES,
    WIDE,
    Rule,
    is_number,
    names_in,
    operations_in,
)
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

    @property
    def begins_at_weights(self) -> bool:
        """Whether a part of the memory begins where the weights do, which is known with the first update."""
        return any(re.search(r"\bw\b", initial) for _part, initial in self.memory)

    @property
    def initial(self) -> str:
        """What the memory begins with, empty where all of it is 0."""
        values = [initial for _part, initial in self.memory]
        return ", ".join(value or "0" for value in values) if any(values) else ""

    def reads_numbers(self, text: str) -> bool:
        """Return whether an expression has one of the numbers."""
        return any(re.search(rf"\b{name}\b", text) for name in self.numbers)


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
        if tree.content == ASK and ask:
            lines.append((target, ask(full(tree.operands[0]))))
        elif tree.content != ASK:
            lines.append((target, python(tree, module) if target in rule.numbers else full(tree)))
    return Written(
        _class_name(recipe, chosen),
        {each: chosen[each] for each in rule.parameters},
        tuple(
            (state, python(initial[state], module) if state in initial else "")
            for state in rule.states
            if state != HISTORY
        ),
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
    unusual = {*WIDE, *ASKED, NEWTON, LBFGS} - {ASK} & set().union(
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
    used = set().union(*(operations_in(tree) for _name, tree in OPTIMIZERS[name](**values).rule.written))
    text = defined(
        "numpy_optimizer",
        own=own,
        follows_curvature=NEWTON in used,
        recalls=LBFGS in used,
        searches=bool({*SEARCHES} & used),
        shrink=SHRINK,
        trials=TRIALS,
    )
    return text, f"{own.name}({_keywords(own.numbers)})"


class RateCode(NamedTuple):
    """A learning rate in Keras: the classes to define before, the expression, and whether it is one fixed number."""

    definitions: tuple[str, ...]
    call: str
    steady: bool


class OptimizerCode(NamedTuple):
    """An optimizer in Keras: the classes to define before, and the expression.

    One that looks ahead has a method `look_ahead(variables)`, which the program calls before it takes the gradient;
    `programs/look_ahead_model.py.jinja` is a model that does.
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
    text = defined("keras_optimizer", own=own, ahead=ahead, differs=differs)
    return OptimizerCode((*rate.definitions, text), f"{own.name}({arguments})", bool(ahead))


def _keywords(numbers: Values) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in numbers.items())


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
    return RateCode((*plain.definitions, defined("warm_up")), f"WarmUp({warmup}, {plain.call})", False)


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
    *lines, value = formula.lines("keras.ops", "learning_rate")
    text = defined("keras_schedule", name=name, numbers=list(numbers), differs=recipe.differs, lines=lines, value=value)
    return RateCode((text,), f"{name}({', '.join(filter(None, (rate, _keywords(numbers))))})", False)
