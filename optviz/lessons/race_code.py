"""The program of a race in NumPy: every optimizer by hand on a surface, with its schedule, penalty, noise and fork."""

from collections.abc import Sequence
from itertools import chain
from typing import cast

import sympy as sp

from optviz.expressions import NEAR, ROUNDING, SAME, UNDERFLOW, has_poles, numpy_program
from optviz.lessons.forks import Fork
from optviz.lessons.optimizer_code import IMPORTS, PRECISION, RateCode, numpy_class, rate_code
from optviz.lessons.races import Ground, Settings, surface_of, titles_of
from optviz.lessons.runs import Run
from optviz.optimization.objectives import NOISE_BLOCK
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.surfaces import x1, x2

ROWS = 10
"""About so many rows of a run are printed."""


def program(settings: Settings) -> str:
    """Return a program that runs the same race and prints the place and the loss of each run on its way."""
    rate = rate_code(1.0, *_scheduled(settings))
    return "\n".join(
        [
            *([] if rate.steady else [IMPORTS[0]]),
            "import numpy as np",
            *([] if rate.steady else [IMPORTS[1], "", *PRECISION]),
            "",
            'np.seterr(all="ignore")  # a run that diverges is a result',
            "",
            "",
            *_objective(settings),
            *_classes(settings),
            *_schedule(settings, rate),
            *_race(settings, rate),
        ]
    )


def _scheduled(settings: Settings) -> tuple[str, dict[str, float], int]:
    return settings.schedule, dict(settings.schedule_values), settings.warmup


# ---- what is minimized


def _objective(settings: Settings) -> list[str]:
    ground, surface = settings.ground, surface_of(settings.ground.surface, settings.ground.formula)
    first = [surface.expression.diff(x) for x in (x1, x2)]
    second = [[each.diff(x) for x in (x1, x2)] for each in first] if _needs_hessian(settings) else []
    bare = "f" if _l2(settings) or ground.l1 else "loss"
    return [
        *_function(bare, "w", _scalar(surface.expression)),
        *(_function("loss", "w", f"f(w){_penalty(settings)}") if bare == "f" else []),
        *_noise(ground),
        *(_filled(bare) if has_poles(first) or (second and has_poles([*chain(*second)])) else []),
        *_derivative("gradient", "w, step", f"[{', '.join(map(_scalar, first))}]", _push(settings), has_poles(first)),
        *(_hessian(settings, second) if second else []),
    ]


def _function(name: str, arguments: str, value: str) -> list[str]:
    unpacked = ["    x1, x2 = w"] if "x1" in value or "x2" in value else []
    return [f"def {name}({arguments}):", *unpacked, f"    return {value}", "", ""]


def _derivative(name: str, arguments: str, value: str, more: str, has_gaps: bool) -> list[str]:
    """Write a derivative and what is added to it; where it can be 0 / 0 its formula is a function of its own."""
    if not has_gaps:
        return _function(name, arguments, f"np.array({value}){more}")
    formula = f"{name}_formula"
    return [
        *_function(formula, "w", f"np.array({value})"),
        *_function(name, arguments, f"filled({formula}, w){more}"),
    ]


def _scalar(expression: sp.Expr) -> str:
    """Write an expression that is a float even where it does not depend on the weights."""
    return numpy_program(expression) if expression.free_symbols else repr(float(expression))


def _filled(bare: str) -> list[str]:
    """Write what `fill_gaps` does."""
    return [
        "def filled(derivative, w):",
        "    # What is 0 / 0 is the limit where there is one, and 0 at a kink; near 0 also what overflows, for squares",
        "    # underflow.",
        "    g, size = derivative(w), np.abs(w).max()",
        f"    gap = (np.isnan(g) | np.isinf(g) & (0 < size < {UNDERFLOW!r})) & np.isfinite({bare}(w))",
        "    if not gap.any():",
        "        return g",
        "    angles = 0.3 + np.pi * np.arange(8) / 4",
        f"    ring = w + {NEAR!r} * (1 + size) * np.stack([np.cos(angles), np.sin(angles)], axis=-1)",
        "    near = np.array([derivative(each) for each in ring])",
        "    mean, largest = near.mean(0), np.abs(near).max()",
        f"    alike = np.ptp(near, axis=0) <= {SAME!r} * max(1, largest)",
        f"    is_limit = alike & (np.abs(mean) > {ROUNDING!r} * largest) & np.isfinite(near).all()",
        "    return np.where(gap, np.where(is_limit, mean, 0.0), g)",
        "",
        "",
    ]


def _penalty(settings: Settings) -> str:
    squares = " + l2 * np.sum(w**2) / 2" if _l2(settings) else ""
    return squares + (f" + {settings.ground.l1!r} * np.sum(np.abs(w))" if settings.ground.l1 else "")


def _push(settings: Settings) -> str:
    squares = " + l2 * w" if _l2(settings) else ""
    sizes = f" + {settings.ground.l1!r} * np.sign(w)" if settings.ground.l1 else ""
    return squares + sizes + (f" + {settings.ground.sigma!r} * noise(step)" if settings.ground.sigma else "")


def _l2(settings: Settings) -> bool:
    return bool(settings.ground.l2 or settings.onward.l2)


def _noise(ground: Ground) -> list[str]:
    if not ground.sigma:
        return []
    return [
        "def noise(step):",
        f"    # A generator for each block of {NOISE_BLOCK} updates: the noise of any update can be drawn by itself.",
        f"    block, row = divmod(step, {NOISE_BLOCK})",
        f"    generator = np.random.Generator(np.random.Philox(key=[{ground.seed}, block]))",
        f"    return generator.standard_normal(({NOISE_BLOCK}, 2))[row]",
        "",
        "",
    ]


def _hessian(settings: Settings, second: list[list[sp.Expr]]) -> list[str]:
    rows = ", ".join(f"[{', '.join(map(_scalar, row))}]" for row in second)
    more = " + l2 * np.eye(2)" if _l2(settings) else ""
    return _derivative("hessian", "w", f"[{rows}]", more, has_poles([*chain(*second)]))


def _needs_hessian(settings: Settings) -> bool:
    return any(OPTIMIZERS[run.optimizer]().follows_curvature for run in _drivers(settings))


# ---- who runs


def _runs(settings: Settings) -> Sequence[Run]:
    return cast(Sequence[Run], settings.runs)


def _drivers(settings: Settings) -> list[Run]:
    other = settings.fork.optimizer if settings.fork else None
    return [*_runs(settings), *([other] if other else [])]


def _made(run: Run) -> str:
    return numpy_class(run.optimizer, dict(run.values))[1]


def _classes(settings: Settings) -> list[str]:
    texts = dict.fromkeys(numpy_class(run.optimizer, dict(run.values))[0] for run in _drivers(settings))
    return [f"{text}\n" for text in texts]


def _schedule(settings: Settings, rate: RateCode) -> list[str]:
    if rate.steady:
        return []
    return [
        *(f"{text}\n" for text in rate.definitions),
        "# By the schedule the learning rate of each run is multiplied.",
        f"schedule = {rate.call}",
        f"factor = [float(schedule(step)) for step in range({settings.steps + 1})]",
    ]


def _race(settings: Settings, rate: RateCode) -> list[str]:
    rates = [settings.learning_rate if run.learning_rate is None else run.learning_rate for run in settings.runs]
    entered = zip(titles_of(settings), _runs(settings), rates, strict=True)
    return [
        "runs = [",
        *(f"    ({name!r}, {_made(run)}, {own!r})," for name, run, own in entered),
        "]",
        "for number, (name, optimizer, learning_rate) in enumerate(runs):",
        f"    w = np.array({[float(x) for x in settings.start]})",
        *([f"    l2 = {settings.ground.l2!r}"] if _l2(settings) else []),
        f"    for step in range({settings.steps + 1}):",
        *(_fork(settings.fork) if settings.fork and settings.fork.changes else []),
        "        if not np.isfinite([*w, loss(w)]).all():",
        "            break",
        f"        if step % {max(settings.steps // ROWS, 1)} == 0:",
        '            print(f"{name}: step {step}, w {w[0]:.6g} {w[1]:.6g}, loss {loss(w):.6g}")',
        f"        w = optimizer.update(w, learning_rate{'' if rate.steady else ' * factor[step]'}, step)",
    ]


def _fork(fork: Fork) -> list[str]:
    changed = [("optimizer", _made(fork.optimizer))] if fork.optimizer else []
    numbers = (("learning_rate", fork.learning_rate), ("l2", fork.l2))
    changed += [(name, repr(value)) for name, value in numbers if value is not None]
    return [
        f"        if (number, step) == ({fork.run}, {fork.step}):  # from here on it goes on otherwise",
        f"            {', '.join(name for name, _value in changed)} = {', '.join(value for _name, value in changed)}",
    ]
