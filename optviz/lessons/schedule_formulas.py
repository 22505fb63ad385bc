"""The formulas of the schedules with the numbers of one step in them, in LaTeX."""

from collections.abc import Sequence
from functools import partial

from optviz.lessons import tables
from optviz.optimization.schedules import SCHEDULES, warmup

tex = partial(tables.tex, precision=5)


def filled(name: str, values: Sequence[tuple[str, float]], rate: float, warm_up: int, t: int) -> str:
    """Return a schedule's formula at step t with its numbers in it; during a warm-up, that of the rise."""
    formula = SCHEDULES[name](**dict(values))
    right = formula.filled(rate, max(t - warm_up, 0), tex)
    if t < warm_up:
        right = rf"\bigl({right}\bigr) \cdot {t} / {warm_up}"
    value = rate * float(warmup(formula, warm_up)(t))
    return rf"\mathrm{{lr}}_{{{t}}} = {right} = {tex(value)}"


def bracketed(value: float) -> str:
    """Write a number in LaTeX, in brackets where it is negative."""
    return f"({tex(value)})" if value < 0 else tex(value)
