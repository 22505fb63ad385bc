"""The schedule workbench: from what the controls say to the panels, the sentences, the table and the program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optviz.expressions import tensorflow_program
from optviz.figures import curves as curve_pictures
from optviz.figures import races as race_pictures
from optviz.figures import schedules as pictures
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.figures.style import SERIES, Runner
from optviz.lessons import races
from optviz.lessons.descent import behavior, six
from optviz.lessons.optimizer_code import RateCode, optimizer_code, schedule_code
from optviz.lessons.programs import printed
from optviz.lessons.races import ENDINGS
from optviz.lessons.rosters import Listed, Roster, Words
from optviz.lessons.schedule_formulas import filled
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, Factor, warmup
from optviz.optimization.trials import Trial
from optviz.recipes import Recipe
from optviz.surfaces.curve_descent import Descent, run
from optviz.surfaces.curves import CURVES
from optviz.surfaces.curves import w as curve_weight
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.race import Race, race
from optviz.surfaces.surfaces import SURFACES

MOST = 6
LAST = 1000
"""The last step that may be drawn and looked at."""


@dataclass(frozen=True)
class Scheduled(Listed):
    """One schedule with the values that differ from its defaults; `learning_rate` None means the shared one."""

    recipes: ClassVar[Mapping[str, Recipe[Any]]] = SCHEDULES


PLANS = Roster(
    Scheduled,
    "s",
    Words(
        choose=N_("Schedules: choose one to change it"),
        nothing=N_("There is no schedule. Add one below."),
        add=N_("Add a schedule"),
        full=N_("At most {n} schedules can be drawn"),
        too_many=N_("at most {n} schedules can be drawn"),
        unknown=N_("there is no such schedule"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the page depends on: the schedules, and what they are applied to."""

    plans: tuple[Scheduled, ...]
    learning_rate: float
    warmup: int
    steps: int
    optimizer: str
    curve: str
    surface: str
    sigma: float

    def rate(self, plan: Scheduled) -> float:
        """Return a plan's initial learning rate, its own or the shared one."""
        return self.learning_rate if plan.learning_rate is None else plan.learning_rate

    def factor(self, plan: Scheduled) -> Factor:
        """Return a plan's schedule behind the warm-up."""
        return warmup(plan.build(), self.warmup)


def names_of(settings: Settings) -> tuple[str, ...]:
    """Return the schedules' names in the visitor's language."""
    return tuple(plan.title(settings.learning_rate) for plan in settings.plans)


@lru_cache(maxsize=64)
def rates_of(settings: Settings) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the learning rates of steps 0 to the last one, `(steps+1, schedules)`."""
    t = np.arange(settings.steps + 1)
    return np.stack([settings.rate(plan) * settings.factor(plan)(t) for plan in settings.plans], axis=-1)


@lru_cache(maxsize=64)
def descent_of(settings: Settings) -> Descent:
    """Descend on the curve, a run for each schedule."""
    curve = CURVES[settings.curve]
    return run(
        curve,
        [settings.rate(plan) for plan in settings.plans],
        [settings.factor(plan) for plan in settings.plans],
        start=curve.start,
        steps=settings.steps,
        optimizer=OPTIMIZERS[settings.optimizer](),
    )


def _ground(settings: Settings) -> Ground:
    return Ground(settings.surface, "", 0.0, 0.0, settings.sigma, 0)


@lru_cache(maxsize=64)
def race_of(settings: Settings) -> Race:
    """Descend on the surface, a run for each schedule."""
    optimizer = OPTIMIZERS[settings.optimizer]()
    course = course_of(_ground(settings))
    runs = [Trial.of(course, optimizer, settings.rate(plan), settings.factor(plan)) for plan in settings.plans]
    start = np.array(SURFACES[settings.surface].start)
    return race(runs, start, settings.steps)


# ---- the picture


@lru_cache(maxsize=64)
def arrays_of(settings: Settings) -> dict[str, Any]:
    """Return the numbers of all steps, as the panels follow them."""
    rates, path, raced = rates_of(settings), descent_of(settings).path, race_of(settings).path
    always = settings.steps + 1
    whole = {f"whole{i}": Thinned(column[None].astype(np.float32), always) for i, column in enumerate(rates.T)}
    numbers = {"rate": rates, "w1": path.w[..., 0], "loss1": path.loss, "w": raced.w, "loss2": raced.loss}
    with np.errstate(over="ignore"):
        return {
            **{name: array.astype(np.float32) for name, array in numbers.items()},
            **whole,
            "steps": Thinned(np.arange(always, dtype=np.float32)[None], always),
            "start": Thinned(np.array([SURFACES[settings.surface].start], np.float32), always),
        }


def panels_of(settings: Settings, log: bool) -> tuple[Panel, ...]:
    """Return the panels: the schedules; beside them what they do on the curve and on the surface."""
    zoom = curve_pictures.zoom(CURVES[settings.curve].domain, descent_of(settings).path.w[..., 0])
    top = None if log else 1.05 * float(rates_of(settings).max())
    drawn = _schedule_panel(names_of(settings), settings.steps, top, language())
    return drawn + _applied(settings.curve, zoom, _ground(settings), names_of(settings), language())


@lru_cache(maxsize=128)
def _schedule_panel(names: tuple[str, ...], steps: int, top: float | None, spoken: str) -> tuple[Panel, ...]:
    figure = pictures.picture(names, title=_("Learning rate"), step_title=_("Step"), steps=steps, top=top)
    return (Panel(figure.to_json(), tracks_of(figure), _("Learning rate"), "rates", pick=True),)


@lru_cache(maxsize=64)
def _applied(curve: str, zoom: float, ground: Ground, names: tuple[str, ...], spoken: str) -> tuple[Panel, ...]:
    line, seen = CURVES[curve], curve_pictures.view(CURVES[curve], zoom)
    course, step, loss = course_of(ground), _("Step"), _("Loss")
    words = {"curve": loss, "minimum": _("Minimum"), "start": _("Start"), "w": "w", "loss": loss}
    # Full names would cover the paths.
    short = tuple("" for _name in names)
    relief = races.relief_of(ground, races.MESH)
    on_curve = curve_pictures.picture(seen, line.minima, short, words, ("w1", "loss1"), tangent=False)
    marks = race_pictures.Marks(course.minima.points)
    on_surface = race_pictures.contour(races.painting_of(ground), course.domain, marks, Runner.all(short), words)
    losses = [
        race_pictures.curves(array, Runner.all(names), title=loss, step_title=step, ceiling=ceiling)
        for array, ceiling in (
            ("loss1", seen.y[1] + (seen.y[1] - seen.y[0])),
            ("loss2", relief.top + 0.2 * (relief.top - relief.base)),
        )
    ]
    drawn = (
        (_("On the curve"), on_curve, "curve"),
        (_("Loss on the curve"), losses[0], "curve"),
        (_("On the surface"), on_surface, "surface"),
        (_("Loss on the surface"), losses[1], "surface"),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in drawn)


def step_at(x: float) -> int:
    """Return the step nearest to a point of the picture."""
    return int(min(max(round(x), 0), LAST))


# ---- what is said


class Edge(NamedTuple):
    """A step on which a schedule jumps, and the learning rates around it."""

    step: int
    before: float
    at: float
    after: float


def edge_of(settings: Settings, plan: Scheduled) -> Edge | None:
    """Return the first step on which a schedule drops at once, with the rates just before, at, after; None if none."""
    drop = _drop(plan)
    if drop is None:
        return None
    step, factor = drop + settings.warmup, settings.factor(plan)
    before, at, after = (settings.rate(plan) * float(factor(max(t, 0))) for t in (step - 1, step, step + 1))
    return Edge(step, before, at, after)


FARTHEST = 10_000
"""The last step that a parameter of a schedule may name."""


@lru_cache(maxsize=256)
def _drop(plan: Scheduled) -> int | None:
    t, factor = np.arange(FARTHEST + 1.0), plan.build()
    near, nearer = (factor(np.maximum(t - gap, 0)) - factor(t + gap) for gap in (1e-8, 1e-10))
    # What falls ever so steeply falls by less over a shorter stretch.
    found = np.flatnonzero((near > 1e-6 * factor(t)) & (near > 0) & (nearer > 0.9 * near))
    return int(found[0]) if len(found) else None


def sides(settings: Settings) -> list[str]:
    """Say for each schedule with jumps to which side a boundary belongs."""
    told = []
    for name, plan in zip(names_of(settings), settings.plans, strict=True):
        edge = edge_of(settings, plan)
        if edge is None:
            continue
        text = (
            _(
                "{name}: {at} at step {step}, {after} at step {next}. A boundary belongs to the piece before "
                "it, as in Keras: step ≤ boundary."
            )
            if edge.at == edge.before
            else _("{name}: {before} at step {last}, {at} at step {step}. The drop happens at the boundary itself.")
        )
        told.append(
            text.format(
                name=name,
                step=edge.step,
                last=edge.step - 1,
                next=edge.step + 1,
                before=f"{edge.before:.6g}",
                at=f"{edge.at:.6g}",
                after=f"{edge.after:.6g}",
            )
        )
    return list(dict.fromkeys(told))


def say(settings: Settings) -> str:
    """Say what the schedules do to the descents: on the curve and on the surface."""
    return _say(settings, language())


@lru_cache(maxsize=256)
def _say(settings: Settings, spoken: str) -> str:
    names = names_of(settings)
    on_curve = [behavior(verdict) for verdict in descent_of(settings).verdicts]
    on_surface = [_(ENDINGS[end.ending]) for end in race_of(settings).ends]
    told = (
        (_("On the curve “{curve}”: {ends}."), on_curve, _(CURVES[settings.curve].title)),
        (_("On the surface “{curve}”: {ends}."), on_surface, _(SURFACES[settings.surface].title)),
    )
    return joined(*(text.format(curve=title, ends=_grouped(names, ends)) for text, ends, title in told))


def _grouped(names: Sequence[str], ends: Sequence[str]) -> str:
    """List who does what, those of one fate together."""
    return _("; ").join(
        _("{names} ({end})").format(
            names=_(", ").join(name for name, each in zip(names, ends, strict=True) if each == end), end=end
        )
        for end in dict.fromkeys(ends)
    )


def report(settings: Settings, probe: int) -> str:
    """Return what stands under the picture as HTML: the learning rates at a step and around it."""
    return _report(settings, probe, language())


@lru_cache(maxsize=256)
def _report(settings: Settings, probe: int, spoken: str) -> str:
    steps = [t for t in (probe - 1, probe, probe + 1) if t >= 0]
    heads = (
        _("Schedule"),
        *(_("Step {t}").format(t=t) for t in steps),
        _("On the curve"),
        _("On the surface"),
    )
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(name)}',
            *(six(settings.rate(plan) * float(settings.factor(plan)(t))) for t in steps),
            escape(behavior(verdict)),
            escape(_(ENDINGS[end.ending])),
        )
        for series, name, plan, verdict, end in zip(
            SERIES,
            names_of(settings),
            settings.plans,
            descent_of(settings).verdicts,
            race_of(settings).ends,
            strict=False,
        )
    ]
    return html([escape(head) for head in heads], rows)


# ---- the formulas and the program


class Formula(NamedTuple):
    """A schedule's title, its formula in LaTeX, and the same with the numbers of a step."""

    title: str
    general: str
    filled: str


def formulas(settings: Settings, probe: int) -> list[Formula]:
    """Return each schedule's formula, and what it gives at a step, with its numbers."""
    return [
        Formula(name, plan.recipe.formula, filled(plan.name, plan.values, settings.rate(plan), settings.warmup, probe))
        for name, plan in zip(names_of(settings), settings.plans, strict=True)
    ]


def program(settings: Settings) -> str:
    """Return the program that makes the same schedules in Keras, and descends the curve with each of them."""
    made = [
        schedule_code(settings.rate(plan), plan.name, dict(plan.values), settings.warmup) for plan in settings.plans
    ]
    curve, rate = CURVES[settings.curve], RateCode((), "schedule", False)
    code = None
    if not OPTIMIZERS[settings.optimizer]().follows_curvature:
        code = optimizer_code(settings.optimizer, {}, rate)
    return printed(
        "schedules",
        settings=settings,
        definitions=dict.fromkeys(definition for each in made for definition in each.definitions),
        calls=[each.call for each in made],
        curve=curve,
        curvature=tensorflow_program(curve.expression.diff(curve_weight, 2)),
        code=code,
    )
