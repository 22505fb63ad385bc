"""The course's frame read backwards: which named optimizer two moments make, or how far they are from one.

An optimizer of the frame is nine numbers: decay, gain and bias correction of m; the same and the initial value of V, or
V constant 1; epsilon and where it stands.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.optimization.optimizers import LAST, OPTIMIZERS, Look, Optimizer, Recursion, framed
from optviz.recipes import Parameter, Recipe

Numbers = Mapping[str, float]

V_NUMBERS = ("second_decay", "second_gain", "second_debias", "second_initial", "epsilon", "epsilon_inside")


def numbers_of(optimizer: Optimizer) -> dict[str, float]:
    """Return the numbers of an optimizer of the frame by name; what changes nothing is 0.

    A moment without a decay needs no correction, and one without V has no epsilon.
    """
    first, second = optimizer.first, optimizer.second
    epsilon, inside = _divisor(optimizer)
    numbers = {
        **_moment_numbers("first", first),
        **_moment_numbers("second", second),
        "second_initial": float(second.initial),
        "epsilon": epsilon,
        "epsilon_inside": float(inside) if epsilon else 0.0,
    }
    return {**numbers, **({} if adapts(optimizer) else dict.fromkeys(V_NUMBERS, 0.0))}


def adapts(optimizer: Optimizer) -> bool:
    """Whether V is formed from the gradients, and not constant 1."""
    return not (optimizer.second.decay == 1 and optimizer.second.gain == 0)


def _moment_numbers(place: str, moment: Recursion) -> dict[str, float]:
    decay = float(moment.decay)
    return {
        f"{place}_decay": decay,
        f"{place}_gain": float(moment.gain),
        f"{place}_debias": float(moment.debias) if decay else 0.0,
    }


class Likeness(NamedTuple):
    """A named optimizer with the parameters that come nearest, and the numbers that still differ: (is, would be)."""

    name: str
    values: dict[str, float]
    differences: dict[str, tuple[float, float]]


def likeness(optimizer: Optimizer) -> Likeness:
    """Return the named optimizer that has the structure of this one: without differences it is that optimizer.

    Of several the first in the registry is taken: momentum without a decay is SGD. Another way to read a moment out is
    a smaller difference than another moment.
    """
    numbers = numbers_of(optimizer)
    alike = [_compare(name, numbers) for name in members() if adapts(OPTIMIZERS[name]()) == adapts(optimizer)]
    return min(alike, key=lambda each: sum(1 if "debias" in key else 2 for key in each.differences))


@cache
def members() -> tuple[str, ...]:
    """Return the names of all optimizers of the registry that are two linear moments and nothing more."""
    return tuple(name for name, recipe in OPTIMIZERS.items() if belongs(recipe()))


def belongs(optimizer: Optimizer) -> bool:
    """Return whether an optimizer is two linear moments and nothing more: whether these alone make the same rule."""
    rule = optimizer.rule
    if not rule.is_linear or rule.questions or len(rule.states) != (optimizer.first != LAST) + adapts(optimizer):
        return False
    again = framed(optimizer.first, optimizer.second, *_divisor(optimizer))
    w, g = np.array([0.3, -1.2]), np.array([[0.7, 2.0], [-0.4, 0.1], [0.2, -0.9]])
    return np.allclose(_etas(optimizer, w, g), _etas(again, w, g), rtol=1e-9, atol=0)


def _etas(optimizer: Optimizer, w: Array, gradients: Array) -> Array:
    """Return the steps that an optimizer makes on some gradients."""
    memory, etas = optimizer.init(w), []
    for g in gradients:
        memory, update = optimizer.step(memory, Look(w, np.zeros(()), w, g), 0.1)
        etas.append(update.eta)
    return np.array(etas)


def _divisor(optimizer: Optimizer) -> tuple[float, bool]:
    """Return the epsilon of what the step is divided by, and whether it stands inside the root."""
    split, spread = optimizer.rule.split, optimizer.rule.spread
    if split is None or spread is None or len(split.below) != 1:
        return 0.0, False
    (below,) = split.below
    return float(optimizer.values.get("epsilon", 0.0)), below.content == "sqrt"


def _compare(name: str, numbers: Numbers) -> Likeness:
    recipe = OPTIMIZERS[name]
    values: dict[str, float] = {}
    for parameter in recipe.parameters:
        value = numbers[_place(recipe, parameter)]
        # The epsilon of an optimizer without V is not there to be read.
        known = value > 0 or parameter.name != "epsilon"
        values[parameter.name] = parameter.kind(parameter.range.clamp(value)) if known else parameter.default
    named = numbers_of(recipe(**values))
    different = {key: (numbers[key], value) for key, value in named.items() if not _same(numbers[key], value)}
    return Likeness(name, values, different)


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def _place(recipe: Recipe[Optimizer], parameter: Parameter) -> str:
    """Return which number of the frame a recipe's parameter sets, found by setting it."""
    span = parameter.range
    probe: Any = parameter.kind(1 - parameter.default if parameter.kind is bool else 0.3 * span.low + 0.7 * span.high)
    before, after = numbers_of(recipe()), numbers_of(recipe(**{parameter.name: probe}))
    return next(key for key, value in after.items() if value == probe != before[key])


class Trait(StrEnum):
    """What is to be said of an optimizer of the frame."""

    STILL = "still"
    ENDLESS = "endless"
    SCALED = "scaled"
    SLOW_START = "slow_start"
    LARGE_START = "large_start"
    NO_MOMENTUM = "no_momentum"
    SIGN = "sign"
    EMPTY_V = "empty_v"
    GROWING_V = "growing_v"


def steady(moment: Recursion) -> float:
    """Return what the moment of a constant 1 tends to, `gain / (1 - decay)`: infinite where it never forgets."""
    if moment.decay == 1:
        return math.inf if moment.gain else float(moment.initial)
    return float(moment.gain / (1.0 - moment.decay))


def opening(moment: Recursion) -> float:
    """Return what the moment of a constant 1 is read out as after the first step."""
    first = moment.decay * moment.initial + moment.gain
    return float(first / (1.0 - moment.debias * moment.decay))


def lasting_step(optimizer: Optimizer) -> float:
    """Return the step on a constant gradient in the long run, in units of lr * g, or of lr where V is formed."""
    return _ratio(steady(optimizer.first), steady(optimizer.second))


def first_step(optimizer: Optimizer) -> float:
    """Return the first step, in units of lr * g, or of lr where V is formed."""
    return _ratio(opening(optimizer.first), opening(optimizer.second))


def _ratio(m: float, v: float) -> float:
    if not v:
        return math.inf if m else 0.0
    return math.nan if math.isinf(m) and math.isinf(v) else m / math.sqrt(v)


def traits(optimizer: Optimizer) -> Sequence[tuple[Trait, float]]:
    """Return what is unusual about an optimizer of the frame, each with the number that says how much."""
    first, second, adaptive = optimizer.first, optimizer.second, adapts(optimizer)
    if not first.gain:
        return [(Trait.STILL, 0.0)]
    said = []
    if first.decay == 1:
        said.append((Trait.ENDLESS, float(first.gain)))
    if adaptive and not second.gain:
        return [*said, (Trait.EMPTY_V, _divisor(optimizer)[0])]
    if adaptive and second.decay == 1:
        said.append((Trait.GROWING_V, float(second.gain)))
    last, start = lasting_step(optimizer), first_step(optimizer)
    if math.isfinite(last) and last and not _same(last, 1.0):
        said.append((Trait.SCALED, last))
    if math.isfinite(last) and last and not _same(start, last):
        said.append((Trait.LARGE_START if start > last else Trait.SLOW_START, start / last))
    if adaptive and not first.decay:
        said.append((Trait.SIGN if not second.decay else Trait.NO_MOMENTUM, 1 / math.sqrt(second.gain)))
    return said
