"""The surfaces page's race: from what the controls say to the panels, the table and the sentence under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape

import numpy as np

from optviz.anatomy import Updates, follow
from optviz.descent import Path
from optviz.diagnosis import Finding, diagnose
from optviz.figures import races as pictures
from optviz.figures.arrows import Arrows
from optviz.figures.style import SERIES
from optviz.optimizers import OPTIMIZERS, Array
from optviz.race import CLOSE, Course, End, Ending, Race, Racer, conclude, race, run
from optviz.schedules import SCHEDULES, Factor, warmup
from optviz.surfaces import SURFACES, Surface
from optviz.ui import diagnoses
from optviz.ui.language import N_, _, language, ngettext
from optviz.ui.panels import tracks_of
from optviz.ui.player import Caption, Panel, Thinned
from optviz.ui.runs import Contestant, Run
from optviz.ui.tables import NOTHING, digits
from optviz.ui.tables import table as html

LENGTHS = (50, 100, 200, 500, 1000, 2000)
WHOLE, ROWS = 200, 150
"""Up to so many steps every row of the minor curves is sent; of a longer race about so many, beside the whole paths."""


@dataclass(frozen=True)
class Ground:
    """What is raced on: a surface of the registry, or a visitor's formula; with its penalty and noise."""

    surface: str
    formula: str
    l1: float
    l2: float
    sigma: float
    seed: int


@dataclass(frozen=True)
class Settings:
    """Everything that a race depends on."""

    ground: Ground
    runs: tuple[Contestant, ...]
    learning_rate: float
    schedule: str
    schedule_values: tuple[tuple[str, float], ...]
    warmup: int
    start: tuple[float, float]
    steps: int


@lru_cache(maxsize=64)
def surface_of(name: str, formula: str) -> Surface:
    """Return a surface of the registry, or that of a formula; raises FormulaError."""
    return Surface.from_formula(formula) if name == "formula" else SURFACES[name]


@lru_cache(maxsize=64)
def course_of(ground: Ground) -> Course:
    """Return the course of a ground, with its minima found."""
    surface = surface_of(ground.surface, ground.formula)
    marked = None if ground.surface == "formula" else np.array(surface.minima, dtype=float).reshape(-1, 2)
    return Course(surface, surface.domain, marked, ground.l1, ground.l2, ground.sigma, ground.seed)


@lru_cache(maxsize=16)
def race_of(settings: Settings) -> Race:
    """Run the race. The same settings give the same numbers, so that a class that looks at one link computes it once.

    A race is the beginning of a longer one, so that only a few lengths are computed while the slider of steps moves.
    """
    longer = next(length for length in LENGTHS if length >= settings.steps)
    path = _run(replace(settings, steps=longer))
    beginning = Path(*(array[: settings.steps + 1] for array in path))
    return conclude(course_of(settings.ground), _racers(settings), beginning)


@lru_cache(maxsize=96)
def _run(settings: Settings) -> Path:
    return run(*_given(settings))


def tried(settings: Settings) -> tuple[Race, tuple[Finding | None, ...]]:
    """Return a race that is only a try, and what goes wrong in it: it is not kept."""
    result = race(*_given(settings))
    return result, diagnose(course_of(settings.ground), _racers(settings), result)


def _given(settings: Settings) -> tuple[Course, list[Racer], Factor, Array, int]:
    return course_of(settings.ground), _racers(settings), _factor(settings), np.array(settings.start), settings.steps


def _factor(settings: Settings) -> Factor:
    return warmup(SCHEDULES[settings.schedule](**dict(settings.schedule_values)), settings.warmup)


@lru_cache(maxsize=16)
def updates_of(settings: Settings, number: int) -> Updates:
    """Return every update of one of the runs, with what it began with."""
    optimizer, learning_rate, own = _racers(settings)[number]
    factor, course = _factor(settings), course_of(settings.ground)
    start = np.array(settings.start)
    return follow(course.descended, optimizer, lambda t: learning_rate * factor(t) * own(t), start, settings.steps)


@lru_cache(maxsize=256)
def findings_of(settings: Settings) -> tuple[Finding | None, ...]:
    """Return what goes wrong in each run, None where nothing does."""
    return diagnose(course_of(settings.ground), _racers(settings), race_of(settings))


def _racers(settings: Settings) -> list[Racer]:
    shared = settings.learning_rate
    return [Racer(r.build(), shared if r.learning_rate is None else r.learning_rate) for r in settings.runs]


def names_of(settings: Settings) -> tuple[str, ...]:
    """Return the runs' names in the visitor's language."""
    return tuple(run.title(settings.learning_rate) for run in settings.runs)


def gap_known(settings: Settings) -> bool:
    """Whether the best value is known, so that the loss can be drawn as its distance to it on a log axis."""
    return bool(len(course_of(settings.ground).minima.points))


@lru_cache(maxsize=256)
def arrays_of(settings: Settings, log: bool) -> dict[str, Thinned]:
    """Return the numbers of all steps, as the panels follow them."""
    result, course = race_of(settings), course_of(settings.ground)
    path = result.path
    stride = 1 if settings.steps <= WHOLE else -(-settings.steps // ROWS)
    thin = slice(None, None, stride)
    ground = relief_of(settings.ground, MESH)
    height = ground.lifted(path.loss[thin])
    floor = course.minima.value if log else 0.0
    arrays = {
        "w": (path.w, 1),
        "loss": (path.loss - floor, 1),
        "rate": (path.learning_rate[thin], stride),
        "effective": (path.rate[thin], stride),
        "path3d": (np.concatenate([path.w[thin], height[..., None]], axis=-1), stride),
        "start": (np.array([settings.start]), settings.steps + 1),
    }
    ahead = ahead_of(settings.runs)
    if ahead:
        arrays["ahead"] = (path.point[:, ahead], 1)
    if _penalized(settings.ground):
        bare = course_of(replace(settings.ground, l1=0.0, l2=0.0)).minima
        arrays["own"] = (path.loss - result.penalty - (bare.value if log and len(bare.points) else 0.0), 1)
    # Single precision is what travels; what a diverging path passes beyond it becomes infinite.
    with np.errstate(over="ignore"):
        return {name: Thinned(numbers.astype(np.float32), stride) for name, (numbers, stride) in arrays.items()}


MESH = 61


def _ceiling(ground: pictures.Relief, log: bool) -> float:
    """Return the loss above which a curve leaves the picture: that of the whole surface, or on a log axis far above."""
    return max(abs(ground.top), ground.top - ground.base) * (1e4 if log else 1.2)


def panels_of(settings: Settings, log: bool, inside: Arrows | None = None) -> tuple[Panel, ...]:
    """Return the panels of a race: from above, with the arrows of a step, and in 3-D; the loss; the learning rates."""
    return _panels(settings.ground, names_of(settings), ahead_of(settings.runs), log, inside, language())


def ahead_of(runs: Sequence[Contestant]) -> tuple[int, ...]:
    """Return the numbers of the runs that take their gradient at a point ahead."""
    return tuple(i for i, run in enumerate(runs) if run.build().looks_ahead)


@lru_cache(maxsize=64)
def _panels(
    ground: Ground, names: tuple[str, ...], ahead: tuple[int, ...], log: bool, inside: Arrows | None, spoken: str
) -> tuple[Panel, ...]:
    course, box = course_of(ground), course_of(ground).domain
    high, low = relief_of(ground, pictures.PIXELS), relief_of(ground, MESH)
    words = {"start": _("Start"), "minimum": _("Minimum"), "ahead": _("Look-ahead")}
    step = _("Step")
    loss = _("Loss − best value") if log else _("Loss")
    drawn = (
        (_("From above"), pictures.contour(high, box, course.minima.points, names, words, ahead, inside)),
        (_("In 3-D"), pictures.relief_3d(low, box, names, _("log₁₀(1 + loss)") if low.levels == "log" else _("Loss"))),
        (
            _("Loss"),
            pictures.curves(
                "loss",
                names,
                title=loss,
                step_title=step,
                log=log,
                faint="own" if _penalized(ground) else None,
                ceiling=_ceiling(low, log),
            ),
        ),
        (_("Learning rate"), pictures.curves("rate", names, title=_("Learning rate"), step_title=step)),
        (
            _("Effective rate"),
            pictures.curves(
                "effective", names, title=_("Effective learning rate"), step_title=step, log=True, per_run=2
            ),
        ),
    )
    places = (("path", True), ("path", False), ("loss", False), ("rates", False), ("rates", False))
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell, pick)
        for (title, figure), (cell, pick) in zip(drawn, places, strict=True)
    )


def _penalized(ground: Ground) -> bool:
    return bool(ground.l1 or ground.l2)


@lru_cache(maxsize=64)
def relief_of(ground: Ground, n: int) -> pictures.Relief:
    """Return a ground on a grid of n × n points."""
    course = course_of(ground)
    levels = surface_of(ground.surface, ground.formula).levels
    return pictures.relief(course.drawn, course.domain, levels, n)


ENDINGS = {
    Ending.ARRIVED: N_("arrived"),
    Ending.GOING: N_("still going"),
    Ending.SADDLE: N_("stuck on a saddle"),
    Ending.PLATEAU: N_("stuck on a plateau"),
    Ending.LOCAL_MINIMUM: N_("stuck in a local minimum"),
    Ending.DESCENDING: N_("falls without end"),
    Ending.DIVERGED: N_("diverged"),
}


def say(settings: Settings) -> str:
    """Say how the race ended, and of each run in which something goes wrong what and why."""
    return _joined(_outcome(settings, language()), *whys(settings))


def whys(settings: Settings) -> list[str]:
    """Say of each run in which something goes wrong what and why, with the numbers."""
    return [
        diagnoses.explain(name, found)
        for name, found in zip(names_of(settings), findings_of(settings), strict=True)
        if found
    ]


def whys_report(settings: Settings) -> str:
    """Return the same as HTML, a list with a line a run; empty where nothing goes wrong."""
    lines = [
        f'<li><span style="color:var(--optviz-{series.color})">{series.glyph}</span> '
        f"{escape(diagnoses.explain(name, found))}</li>"
        for series, name, found in zip(SERIES, names_of(settings), findings_of(settings), strict=False)
        if found
    ]
    return f"<ul class='optviz-whys'>{''.join(lines)}</ul>" if lines else ""


def captions(settings: Settings) -> list[Caption]:
    """Return the same, each sentence with the step at which it becomes true."""
    return [
        Caption(
            found.step,
            _("Step {step}: {said}").format(step=found.step, said=diagnoses.explain(name, found)),
            series.color,
            series.glyph,
        )
        for series, name, found in zip(SERIES, names_of(settings), findings_of(settings), strict=False)
        if found
    ]


def _joined(*sentences: str) -> str:
    # A full-width stop brings its own space.
    return " ".join(filter(None, sentences)).replace("。 ", "。")


@lru_cache(maxsize=512)
def _outcome(settings: Settings, spoken: str) -> str:
    """Say in a sentence or two how the race ended."""
    ends = race_of(settings).ends
    named = list(zip(names_of(settings), ends, strict=True))
    arrived = sorted(
        ((name, end) for name, end in named if end.ending is Ending.ARRIVED), key=lambda pair: pair[1].arrival or 0
    )
    parts = []
    if arrived:
        step = arrived[0][1].arrival
        first = [name for name, end in arrived if end.arrival == step]
        others = arrived[len(first) :]
        if len(first) == 1:
            parts.append(_("{name} arrives first, at step {step}.").format(name=first[0], step=step))
        else:
            text = _("{names} and {last} arrive first, at step {step}.")
            parts.append(text.format(names=_list(first[:-1]), last=first[-1], step=step))
        if others:
            listed = _list([_("{name} ({step})").format(name=n, step=e.arrival) for n, e in others])
            parts.append(ngettext("Then comes {names}.", "Then come {names}.", len(others)).format(names=listed))
    elif gap_known(settings) and named:
        name, end = min(named, key=lambda pair: np.inf if pair[1].distance is None else pair[1].distance)
        parts.append(
            _("None has arrived after {steps} steps; {name} is nearest, {distance} from the minimum.").format(
                steps=settings.steps, name=name, distance=digits(end.distance)
            )
        )
    for name, end in named:
        if end.arrival is not None and end.ending is not Ending.ARRIVED:
            text = _("{name} was within {close} of the best at step {step}, but did not stay there.")
            parts.append(text.format(name=name, close=f"{CLOSE:g}", step=end.arrival))
    falling = [name for name, end in named if end.ending is Ending.DESCENDING]
    if falling:
        parts.append(_("{names}: {ending}.").format(names=_list(falling), ending=_(ENDINGS[Ending.DESCENDING])))
    return _joined(*parts)


def _list(names: Sequence[str]) -> str:
    return _(", ").join(names)


def report(settings: Settings) -> str:
    """Return what stands under the picture as HTML: the sentence, and a table with a row a run."""
    return _report(settings, language())


@lru_cache(maxsize=512)
def _report(settings: Settings, spoken: str) -> str:
    heads = (
        _("Optimizer"),
        _("Learning rate"),
        _("Final loss"),
        _("Distance to the nearest minimum"),
        _("Steps to within {close} of the best").format(close=f"{CLOSE:g}"),
        _("How it ended"),
    )
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(name)}',
            digits(settings.learning_rate if run.learning_rate is None else run.learning_rate),
            digits(end.loss),
            digits(end.distance),
            NOTHING if end.arrival is None else str(end.arrival),
            escape(_ended(end)),
        )
        for series, name, run, end in zip(
            SERIES, names_of(settings), settings.runs, race_of(settings).ends, strict=False
        )
    ]
    outcome = _outcome(settings, spoken)
    said = f"<p class='optviz-said'>{escape(outcome)}</p>" if outcome else ""
    return said + html([escape(text) for text in heads], rows)


def _ended(end: End) -> str:
    text = _(ENDINGS[end.ending])
    if end.ending is not Ending.DIVERGED:
        return text
    if end.limit is None:
        return _("{ended} at step {step}").format(ended=text, step=end.step)
    bound = "2/λ" if diagnoses.is_plain(end.limit, end.curvature) else _("its bound")
    return _("{ended} at step {step}: lr {rate} > {bound} = {limit}").format(
        ended=text, step=end.step, rate=digits(end.rate), bound=bound, limit=digits(end.limit)
    )


def formulas(ground: Ground, runs: Sequence[Run]) -> list[tuple[str, str, str]]:
    """Return LaTeX, title and note of the surface and of each optimizer in the race, once each."""
    surface = surface_of(ground.surface, ground.formula)
    shown = dict.fromkeys(run.optimizer for run in runs)
    return [
        (f"f(x_1, x_2) = {surface.latex}", _(surface.title), _(surface.note)),
        *((OPTIMIZERS[name].formula, _(OPTIMIZERS[name].title), _(OPTIMIZERS[name].note)) for name in shown),
    ]
