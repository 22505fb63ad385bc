"""Descent on a curve: from what the controls say to the panels, the sentences, the tables and the program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np

from optviz.course.addresses import write_number
from optviz.expressions import NEAR, SAME
from optviz.figures import curves as pictures
from optviz.figures import races
from optviz.figures.panels import Caption, Panel, tracks_of
from optviz.figures.style import SERIES, Runner
from optviz.lessons.comparisons import say_coinciding
from optviz.lessons.optimizer_code import rate_code
from optviz.lessons.programs import printed
from optviz.lessons.schedule_formulas import bracketed, filled, tex
from optviz.lessons.tables import NOTHING, digits, share
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language
from optviz.optimization.schedules import SCHEDULES, factor_of
from optviz.recipes import Choice
from optviz.surfaces.curve_descent import TROUBLED, Behavior, Descent, Verdict, better_rate, moment, run
from optviz.surfaces.curves import CURVES, Curve

FORMULA = "formula"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the descents depend on; `rates` has one learning rate a run, the first is the main one."""

    curve: str
    formula: str
    rates: tuple[float, ...]
    schedule: Choice
    warmup: int
    start: float
    steps: int
    single: bool

    @property
    def is_constant(self) -> bool:
        """Whether the learning rate never changes."""
        return SCHEDULES[self.schedule.name]().is_steady and not self.warmup


@lru_cache(maxsize=64)
def curve_of(name: str, formula: str) -> Curve:
    """Return a curve of the registry, or that of a formula; raises FormulaError."""
    return Curve.from_formula(formula) if name == FORMULA else CURVES[name]


def readable(formula: str) -> str:
    """Return a formula that can be read; raises FormulaError for any other."""
    curve_of(FORMULA, formula)
    return formula


@lru_cache(maxsize=128)
def descent_of(settings: Settings) -> Descent:
    """Run the descents; the same settings give the same numbers, once for a whole class."""
    factor = factor_of(settings.schedule, settings.warmup)
    curve = curve_of(settings.curve, settings.formula)
    return run(curve, settings.rates, [factor], start=settings.start, steps=settings.steps, single=settings.single)


def names_of(settings: Settings) -> dict[str, str]:
    """Return the runs' names by their learning rates as they are written."""
    return {write_number(rate)[0]: f"lr {rate:g}" for rate in settings.rates}


def floor_of(settings: Settings) -> float | None:
    """Return the least of the curve's local minima, above which a loss can be drawn on a log axis."""
    curve = curve_of(settings.curve, settings.formula)
    return float(curve(curve.minima[:, None])[0].min()) if len(curve.minima) else None


# ---- the picture


@lru_cache(maxsize=128)
def arrays_of(settings: Settings, log: bool) -> dict[str, Any]:
    """Return the numbers of all steps, as the panels follow them."""
    path, gradient, _verdicts = descent_of(settings)
    w, loss = path.w[..., 0], path.loss
    seen = _view(settings.curve, settings.formula, _zoom(settings))
    runs = range(len(settings.rates))
    arrays = {"w": w, "loss": loss, "rate": path.learning_rate}
    if log:
        arrays["gap"] = loss - (floor_of(settings) or 0.0)
    kept = pictures.KEPT if len(settings.rates) == 1 else 0
    for i in runs:
        x, y, drop = pictures.tangents(seen, w[:, i], loss[:, i], gradient[:, i], kept)
        arrays |= {f"tangent{i}x": x, f"tangent{i}y": y, f"drop{i}x": drop[0], f"drop{i}y": drop[1]}
    with np.errstate(over="ignore"):
        return {name: numbers.astype(np.float32) for name, numbers in arrays.items()}


def panels_of(settings: Settings, log: bool) -> tuple[Panel, ...]:
    """Return the panels: the curve; beside it loss, weight and learning rate over the steps."""
    return _panels(
        settings.curve, settings.formula, _zoom(settings), tuple(names_of(settings).values()), log, language()
    )


def _zoom(settings: Settings) -> float:
    w = descent_of(settings).path.w[..., 0]
    return pictures.zoom(curve_of(settings.curve, settings.formula).domain, np.append(settings.start, w))


@lru_cache(maxsize=64)
def _view(name: str, formula: str, widened: float) -> pictures.View:
    return pictures.view(curve_of(name, formula), widened)


@lru_cache(maxsize=64)
def _panels(
    name: str, formula: str, widened: float, names: tuple[str, ...], log: bool, spoken: str
) -> tuple[Panel, ...]:
    curve, seen = curve_of(name, formula), _view(name, formula, widened)
    step, ceiling = _("Step"), abs(seen.y[1] - seen.y[0])
    words = {"curve": _("Loss"), "minimum": _("Minimum"), "tangent": _("Tangent"), "w": "w", "loss": _("Loss")}
    runners = Runner.all(names)
    loss = races.curves(
        "gap" if log else "loss",
        runners,
        title=_("Loss − lowest loss") if log else _("Loss"),
        step_title=step,
        log=log,
        ceiling=ceiling * (1e4 if log else 1.2),
        lowest=None if log or not len(curve.minima) else float(curve(curve.minima[:, None])[0].min()),
    )
    rate = races.curves("rate", runners, title=_("Learning rate"), step_title=step)
    weight = races.curves("w", runners, title="w", step_title=step, ceiling=seen.x[1] + ceiling)
    drawn = (
        (_("On the curve"), pictures.picture(seen, curve.minima, names, words, grip=True), "curve"),
        (_("Loss"), loss, "steps"),
        (_("Weight"), weight, "steps"),
        (_("Learning rate"), rate, "steps"),
    )
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell, pick=cell == "curve") for title, figure, cell in drawn
    )


# ---- what is said

BEHAVIORS: Mapping[Behavior, str] = {
    Behavior.SLOW: N_("too slow"),
    Behavior.UNFINISHED: N_("not there yet"),
    Behavior.GOOD: N_("good"),
    Behavior.SETTLES: N_("oscillates, then settles"),
    Behavior.SWINGING: N_("still oscillates"),
    Behavior.SWINGS: N_("keeps oscillating"),
    Behavior.AWAY: N_("jumps away"),
    Behavior.DIVERGES: N_("diverges"),
    Behavior.FALLS: N_("keeps falling"),
    Behavior.RESTS: N_("does not move"),
    Behavior.LEAVES: N_("leaves the curve"),
    Behavior.OVERFLOWS: N_("overflows"),
}

# On a parabola with a constant learning rate the factor of a step is known exactly.
_EXACT: Mapping[Behavior, str] = {
    Behavior.SLOW: N_(
        "Learning rate {rate} is too slow: it is far below 1/λ = {one}, so each step leaves {factor} of "
        "the distance to the minimum; after {steps} steps {left} is left."
    ),
    Behavior.UNFINISHED: N_(
        "Learning rate {rate} is not there yet: each step leaves {factor} of the distance to the "
        "minimum; after {steps} steps {left} is left."
    ),
    Behavior.GOOD: N_(
        "Learning rate {rate} is good: it is at most 1/λ = {one}, so w approaches from one side; each "
        "step removes {gain} of the distance to the minimum."
    ),
    Behavior.SETTLES: N_(
        "Learning rate {rate} oscillates, then settles: it lies between 1/λ = {one} and 2/λ = {two}, so "
        "each step jumps over the minimum but removes {gain} of the distance."
    ),
    Behavior.SWINGING: N_(
        "Learning rate {rate} still oscillates: it lies between 1/λ = {one} and 2/λ = {two}, so each "
        "step jumps over the minimum and leaves {factor} of the distance; after {steps} steps {left} is "
        "left."
    ),
    Behavior.SWINGS: N_(
        "Learning rate {rate} keeps oscillating: it is within 1% of the limit 2/λ = {two}, so each step "
        "jumps over the minimum and leaves {factor} of the distance; after {steps} steps {left} is left."
    ),
    Behavior.DIVERGES: N_(
        "Learning rate {rate} diverges: it is above 2/λ = {two}, so each step jumps over the minimum "
        "and lands {times} times as far from it."
    ),
}
_GENERAL: Mapping[Behavior, str] = {
    Behavior.SLOW: N_(
        "Learning rate {rate} is too slow: after {steps} steps {left} of the distance to the minimum at w = {minimum} "
        "is left."
    ),
    Behavior.UNFINISHED: N_(
        "Learning rate {rate} is not there yet: after {steps} steps {left} of the distance to the minimum at "
        "w = {minimum} is left."
    ),
    Behavior.GOOD: N_(
        "Learning rate {rate} is good: w arrives at the minimum at w = {minimum} without jumping back and forth."
    ),
    Behavior.SETTLES: N_(
        "Learning rate {rate} oscillates, then settles: w jumps over the minimum at w = {minimum} and "
        "comes to rest there."
    ),
    Behavior.SWINGING: N_(
        "Learning rate {rate} still oscillates: after {steps} steps w jumps back and forth over the "
        "minimum at w = {minimum}."
    ),
    Behavior.SWINGS: N_(
        "Learning rate {rate} keeps oscillating: after {steps} steps w still jumps over the minimum at "
        "w = {minimum}, as far as before."
    ),
    Behavior.AWAY: N_(
        "Learning rate {rate} jumps away: after {steps} steps w is {times} times as far from the "
        "minimum at w = {minimum} as at the start."
    ),
    Behavior.DIVERGES: N_("Learning rate {rate} diverges: each step leads farther away, and the loss grows."),
    Behavior.FALLS: N_("Learning rate {rate} keeps falling: there is no minimum downhill."),
    Behavior.RESTS: N_("At w = {start} the slope is 0, so w does not move."),
    Behavior.LEAVES: N_("Learning rate {rate} leaves the curve: after step {step} the formula has no value."),
    Behavior.OVERFLOWS: N_(
        "Learning rate {rate} overflows: after step {step} the loss exceeds the largest number that can be computed."
    ),
}


def behavior(verdict: Verdict) -> str:
    """Return a behavior's name in the visitor's language."""
    return _(BEHAVIORS[verdict.behavior])


def reason(settings: Settings, i: int) -> str:
    """Say what the i-th run does, and why, with its numbers."""
    curve, verdict = curve_of(settings.curve, settings.formula), descent_of(settings).verdicts[i]
    if verdict.step < 0 and verdict.behavior is Behavior.OVERFLOWS:
        return _("At the start, w = {start}, the loss overflows.").format(start=digits(settings.start))
    if verdict.step < 0:
        return _("At the start, w = {start}, the formula has no value.").format(start=digits(settings.start))
    exact = settings.is_constant and curve.quadratic is not None
    text = (_EXACT if exact and verdict.behavior in _EXACT else _GENERAL)[verdict.behavior]
    curvature = verdict.curvature
    said = _(text).format(
        rate=f"{settings.rates[i]:g}",
        start=digits(settings.start),
        step=verdict.step,
        steps=settings.steps,
        minimum=digits(verdict.minimum),
        left=share(verdict.left),
        one=digits(1.0 / curvature if curvature else None),
        two=digits(2.0 / curvature if curvature else None),
        factor=share(abs(verdict.factors[0])),
        gain=share(1.0 - abs(verdict.factors[0])),
        times=digits(abs(verdict.factors[0]) if exact else verdict.left),
    )
    return said if exact else joined(said, *_remarks(settings, curve, verdict))


def _remarks(settings: Settings, curve: Curve, verdict: Verdict) -> list[str]:
    """Say what the curve's shape and the schedule have to do with it."""
    remarks = []
    (first, last), curvature = verdict.factors, verdict.curvature
    if verdict.kink and settings.is_constant and verdict.behavior is Behavior.SWINGS:
        remarks.append(_("At the kink the slope changes its sign at once, so the steps never shrink."))
    flat = verdict.minimum is not None and not verdict.kink and not curvature
    if flat and verdict.behavior in (Behavior.SLOW, Behavior.UNFINISHED):
        remarks.append(_("The curvature at the minimum is 0: the slope shrinks on the way, and the steps with it."))
    if settings.is_constant and last < -1 and verdict.behavior in _TOO_LARGE:
        limit = _("At the minimum λ = {curvature}: the learning rate is above the limit 2/λ = {two}.")
        remarks.append(limit.format(curvature=digits(curvature), two=digits(2.0 / curvature)))
    if curve.quadratic and not settings.is_constant and np.isfinite(first):
        text = _("A step multiplies the distance by 1 − lr·λ: {first} at first, {last} in the end (λ = {curvature}).")
        remarks.append(text.format(first=digits(first), last=digits(last), curvature=digits(curvature)))
    if verdict.behavior in (Behavior.GOOD, Behavior.SETTLES) and (lower := _lower(curve, verdict.minimum)) is not None:
        remarks.append(_("It is a local minimum: the loss is lower at w = {lower}.").format(lower=digits(lower)))
    return remarks


def captions(settings: Settings) -> list[Caption]:
    """Return what is said of each run that had better not do what it does, at the step where it shows."""
    path, _gradient, verdicts = descent_of(settings)
    return [
        Caption(
            step := moment(verdict, path.w[:, i, 0]),
            _("Step {step}: {said}").format(step=step, said=reason(settings, i)),
            series.color,
            series.glyph,
        )
        for i, (series, verdict) in enumerate(zip(SERIES, verdicts, strict=False))
        if verdict.behavior in TROUBLED and verdict.step >= 0
    ]


@lru_cache(maxsize=256)
def remedy(settings: Settings) -> float | None:
    """Return a learning rate with which the main run arrives, where it does not; None where none that is tried does."""
    rate = settings.rates[0]
    if descent_of(settings).verdicts[0].behavior not in TROUBLED:
        return None
    return better_rate(lambda other: descent_of(replace(settings, rates=(other,))), rate)


_TOO_LARGE = (Behavior.SWINGS, Behavior.SWINGING, Behavior.AWAY, Behavior.DIVERGES)


def _lower(curve: Curve, minimum: float | None) -> float | None:
    """Return the place of the least minimum, where it is not the one at `minimum`."""
    if minimum is None:
        return None
    values = curve(curve.minima[:, None])[0]
    reached = float(curve([minimum])[0])
    least = int(values.argmin())
    return float(curve.minima[least]) if values[least] < reached - 1e-6 * (1.0 + abs(reached)) else None


def say(settings: Settings) -> str:
    """Say in a sentence or two what the descents do: of one why, of several which does what."""
    return _say(settings, language())


@lru_cache(maxsize=512)
def _say(settings: Settings, spoken: str) -> str:
    if len(settings.rates) == 1:
        return reason(settings, 0)
    named = [
        _("{name}: {behavior}").format(name=name, behavior=behavior(verdict))
        for name, verdict in zip(names_of(settings).values(), descent_of(settings).verdicts, strict=True)
    ]
    said = joined(
        _("; ").join(named) + _("."), *say_coinciding([*names_of(settings).values()], descent_of(settings).path.loss)
    )
    curvature = curve_of(settings.curve, settings.formula).quadratic
    if curvature is None:
        return said
    limits = _("With the curvature λ = {curvature} the limits are 1/λ = {one} and 2/λ = {two}.")
    told = limits.format(curvature=digits(curvature), one=digits(1.0 / curvature), two=digits(2.0 / curvature))
    return joined(said, told)


def report(settings: Settings) -> str:
    """Return what stands under several runs as HTML: what each does, where it ends, and why."""
    return _report(settings, language())


@lru_cache(maxsize=256)
def _report(settings: Settings, spoken: str) -> str:
    heads = (
        _("Learning rate"),
        _("What it does"),
        _("Factor of a step, 1 − lr·λ"),
        _("Last w"),
        _("Last loss"),
        _("Why"),
    )
    path, _gradient, verdicts = descent_of(settings)
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {rate:g}',
            escape(behavior(verdict)),
            digits(verdict.factors[0]) if verdict.curvature else NOTHING,
            digits(path.w[verdict.step, i, 0]),
            digits(path.loss[verdict.step, i]),
            escape(reason(settings, i)),
        )
        for i, (series, rate, verdict) in enumerate(zip(SERIES, settings.rates, verdicts, strict=False))
    ]
    return html([escape(head) for head in heads], rows, prose="last")


def steps_table(settings: Settings, run: str) -> str:
    """Return the table of a run's updates as HTML: a row each, the loss before it and the weight after it."""
    return _steps_table(settings, list(names_of(settings)).index(run), language())


@lru_cache(maxsize=128)
def _steps_table(settings: Settings, i: int, spoken: str) -> str:
    path, gradient, _verdicts = descent_of(settings)
    heads = (
        _("Step t"),
        _("wₜ before"),
        _("Gradient at wₜ"),
        _("wₜ₊₁ after"),
        _("Loss at wₜ, before"),
        _("Learning rate"),
    )
    w, loss, rate = path.w[:, i, 0], path.loss[:, i], path.learning_rate[:, i]
    return html(
        heads,
        [
            (str(t), *map(six, (w[t], gradient[t, i], w[t + 1], loss[t], rate[t])))
            for t in range(settings.steps)
            if np.isfinite(w[t])
        ],
    )


def six(value: float) -> str:
    """Write a number with six digits after the point, as the course prints it; a huge one with its power of ten."""
    return NOTHING if not np.isfinite(value) else f"{value:.6f}" if abs(value) < 1e7 else f"{value:.6e}"


# ---- the formula and the program


def formulas(settings: Settings) -> list[str]:
    """Return LaTeX of the curve with its slope, of the first update, and of all of them where that is known."""
    curve, path = curve_of(settings.curve, settings.formula), descent_of(settings).path
    w0, w1, rate = path.w[0, 0, 0], path.w[1, 0, 0], path.learning_rate[0, 0]
    slope = descent_of(settings).gradient[0, 0]
    written = [
        rf"f(w) = {curve.latex},\quad f'(w) = {curve.slope_latex}",
        r"\begin{aligned} w_{t+1} &= w_t - \mathrm{lr}_t\, f'(w_t) \\ "
        rf"w_1 &= {tex(w0)} - {tex(rate)} \cdot {bracketed(slope)} = {tex(w1)} \end{{aligned}}",
    ]
    curvature = curve.quadratic
    if settings.is_constant and curvature is not None and len(curve.minima):
        best, factor = float(curve.minima[0]), 1.0 - settings.rates[0] * curvature
        written.append(
            r"\begin{aligned} w_t &= w^* + (1 - \mathrm{lr}\,\lambda)^t\,(w_0 - w^*) \\ "
            rf"&= {tex(best)} + ({tex(factor)})^t \cdot {bracketed(settings.start - best)},\quad "
            rf"\lambda = f'' = {tex(curvature)} \end{{aligned}}"
        )
    if not settings.is_constant:
        numbers = filled(settings.schedule.name, settings.schedule.values, settings.rates[0], settings.warmup, 1)
        written += [SCHEDULES[settings.schedule.name].formula, numbers]
    return written


def program(settings: Settings) -> str:
    """Return the program that does the same with TensorFlow's gradient, and prints each weight with its loss."""
    curve = curve_of(settings.curve, settings.formula)
    return printed(
        "descent",
        settings=settings,
        rates=[float(rate) for rate in settings.rates],
        start=float(settings.start),
        factor=rate_code(1.0, settings.schedule.name, dict(settings.schedule.values), settings.warmup),
        curve=curve,
        beside=re.sub(r"\bw\b", "beside", curve.program),
        near=NEAR,
        same=SAME,
    )
