"""The formulas of the schedules with the numbers of one step in them, in LaTeX."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from optviz.lessons import tables
from optviz.optimization.schedules import SCHEDULES, warmup

Values = Mapping[str, Any]

tex = partial(tables.tex, precision=5)


def _power(rate: float, values: Values, base: str, steps: str, t: int, stairs: bool) -> str:
    quotient = rf"{t} / {values[steps]}"
    exponent = rf"\lfloor {quotient} \rfloor" if stairs else quotient
    return rf"{tex(rate)} \cdot {tex(values[base])}^{{{exponent}}}"


def _piecewise(rate: float, values: Values, t: int) -> str:
    ends = [values[f"{place}_boundary"] for place in ("first", "second", "third")]
    shares = [1.0, *(values[f"{place}_factor"] for place in ("first", "second", "third"))]
    # As in the schedule itself, the later-named boundary wins where they are out of order.
    piece = max((i + 1 for i, end in enumerate(ends) if t > end), default=0)
    return rf"{tex(rate)} \cdot {tex(shares[piece])}"


def _inverse(rate: float, values: Values, t: int) -> str:
    quotient = rf"{t} / {values['decay_steps']}"
    quotient = rf"\lfloor {quotient} \rfloor" if values["staircase"] else quotient
    return rf"{tex(rate)} / (1 + {tex(values['rate'])} \cdot {quotient})"


def _polynomial(rate: float, values: Values, t: int) -> str:
    s, end = values["decay_steps"], values["end"]
    within = s * max(1, math.ceil(t / s)) if values["cycle"] else s
    fallen = rf"(1 - {min(t, within)} / {within})^{{{tex(values['power'])}}}"
    return rf"{tex(rate)} \cdot ({tex(1 - end)} \cdot {fallen} + {tex(end)})"


def _half_cosine(rate: float, alpha: float, height: float, elapsed: float, length: float) -> str:
    scale = rf"{tex((1 - alpha) * height)} / 2"
    return rf"{tex(rate)} \cdot ({scale} \cdot (1 + \cos(\pi \cdot {tex(elapsed)} / {tex(length)})) + {tex(alpha)})"


def _cosine(rate: float, values: Values, t: int) -> str:
    s = values["decay_steps"]
    return _half_cosine(rate, values["alpha"], 1.0, min(t, s), s)


def _restarts(rate: float, values: Values, t: int) -> str:
    begin, length, height = 0.0, float(values["first_decay_steps"]), 1.0
    while begin + length <= t:
        begin, length, height = begin + length, length * values["t_mul"], height * values["m_mul"]
    return _half_cosine(rate, values["alpha"], height, t - begin, length)


def _one_cycle(rate: float, values: Values, t: int) -> str:
    low, last = 1.0 / values["start_division"], values["total_steps"] - 1
    final, peak = low / values["final_division"], values["warm_fraction"] * values["total_steps"] - 1.0
    if t < peak:
        part, first, then = t / peak, low, 1.0
    else:
        part, first, then = min((t - peak) / (last - peak), 1.0), 1.0, final
    return rf"{tex(rate)} \cdot ({tex(then)} + {bracketed(first - then)} / 2 \cdot (1 + \cos(\pi \cdot {tex(part)})))"


RIGHT_SIDES: Mapping[str, Callable[[float, Values, int], str]] = {
    "constant": lambda rate, values, t: tex(rate),
    "exponential_decay": lambda rate, values, t: _power(rate, values, "rate", "decay_steps", t, values["staircase"]),
    "piecewise_constant": _piecewise,
    "step_decay": lambda rate, values, t: _power(rate, values, "drop_to", "drop_every", t, True),
    "inverse_time": _inverse,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _restarts,
    "one_cycle": _one_cycle,
}
"""What stands to the right of the equals sign: `(initial learning rate, values by name, step) -> LaTeX`."""


def filled(name: str, values: Sequence[tuple[str, float]], rate: float, warm_up: int, t: int) -> str:
    """Return a schedule's formula at step t with its numbers in it; during a warm-up, that of the rise."""
    recipe = SCHEDULES[name]
    right = RIGHT_SIDES[name](rate, {**recipe.defaults, **dict(values)}, max(t - warm_up, 0))
    if t < warm_up:
        right = rf"\bigl({right}\bigr) \cdot {t} / {warm_up}"
    value = rate * float(warmup(recipe(**dict(values)), warm_up)(t))
    return rf"\mathrm{{lr}}_{{{t}}} = {right} = {tex(value)}"


def bracketed(value: float) -> str:
    """Write a number in LaTeX, in brackets where it is negative."""
    return f"({tex(value)})" if value < 0 else tex(value)
