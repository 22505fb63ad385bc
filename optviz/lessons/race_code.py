"""The program of a race in NumPy: every optimizer by hand on a surface, with its schedule, penalty, noise and fork."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, cast

import sympy as sp

from optviz.expressions import NEAR, ROUNDING, SAME, UNDERFLOW, has_poles, numpy_program
from optviz.lessons.forks import Fork
from optviz.lessons.optimizer_code import numpy_class, rate_code
from optviz.lessons.programs import printed
from optviz.lessons.races import Settings, titles_of
from optviz.lessons.runs import Run
from optviz.optimization.objectives import NOISE_BLOCK
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.grounds import surface_of
from optviz.surfaces.surfaces import x1, x2

ROWS = 10
"""About so many rows of a run are printed."""


def program(settings: Settings) -> str:
    """Return a program that runs the same race and prints the place and the loss of each run on its way."""
    ground, surface = settings.ground, surface_of(settings.ground.surface, settings.ground.formula)
    first = [surface.expression.diff(x) for x in (x1, x2)]
    second = [[each.diff(x) for x in (x1, x2)] for each in first] if _needs_hessian(settings) else []
    rates = [settings.learning_rate if run.learning_rate is None else run.learning_rate for run in settings.runs]
    made = [repr(name) for name in titles_of(settings)], map(_made, _runs(settings)), rates
    return printed(
        "race",
        settings=settings,
        ground=ground,
        surface=_scalar(surface.expression),
        gradient=_derived(_listed(first), first),
        hessian=_derived(_listed(map(_listed, second)), [*chain(*second)]) if second else None,
        l2=bool(ground.l2 or settings.onward.l2),
        classes=dict.fromkeys(numpy_class(run.optimizer, dict(run.values))[0] for run in _drivers(settings)),
        rate=rate_code(1.0, settings.schedule.name, dict(settings.schedule.values), settings.warmup),
        runs=zip(*made, strict=True),
        start=[float(x) for x in settings.start],
        changed=_changed(settings.fork) if settings.fork else {},
        every=max(settings.steps // ROWS, 1),
        block=NOISE_BLOCK,
        underflow=UNDERFLOW,
        near=NEAR,
        same=SAME,
        rounding=ROUNDING,
    )


class Derived(NamedTuple):
    """A derivative as a list of formulas, and whether it can be 0 / 0."""

    formula: str
    has_gaps: bool


def _derived(formula: str, parts: Sequence[sp.Expr]) -> Derived:
    return Derived(formula, has_poles(parts))


def _listed(parts: Iterable[sp.Expr | str]) -> str:
    return f"[{', '.join(part if isinstance(part, str) else _scalar(part) for part in parts)}]"


def _scalar(expression: sp.Expr) -> str:
    """Write an expression that is a float even where it does not depend on the weights."""
    return numpy_program(expression) if expression.free_symbols else repr(float(expression))


def _needs_hessian(settings: Settings) -> bool:
    return any(OPTIMIZERS[run.optimizer]().needs_hessian for run in _drivers(settings))


def _runs(settings: Settings) -> Sequence[Run]:
    return cast(Sequence[Run], settings.runs)


def _drivers(settings: Settings) -> list[Run]:
    other = settings.fork.optimizer if settings.fork else None
    return [*_runs(settings), *([other] if other else [])]


def _made(run: Run) -> str:
    return numpy_class(run.optimizer, dict(run.values))[1]


def _changed(fork: Fork) -> dict[str, str]:
    """Return what a fork sets anew, with its text."""
    changed = {"optimizer": _made(fork.optimizer)} if fork.optimizer else {}
    numbers = (("learning_rate", fork.learning_rate), ("l2", fork.l2))
    return changed | {name: repr(value) for name, value in numbers if value is not None}
