"""The surfaces page's race: from what the controls say to the panels, the table and the sentence under them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.figures import ghosts
from optviz.figures import races as pictures
from optviz.figures.arrows import Arrows
from optviz.figures.ghosts import Ghost
from optviz.figures.panels import Caption, Panel, Thinned, tracks_of
from optviz.figures.relief import PIXELS, Relief, Theme, eye, mesh, paintings, relief
from optviz.figures.style import Runner, Series, looks_of, remark
from optviz.lessons import diagnoses
from optviz.lessons.comparisons import least, say_coinciding
from optviz.lessons.forks import Fork, ghost_arrays
from optviz.lessons.runs import Contestant, Run
from optviz.lessons.tables import NOTHING, digits
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language, ngettext
from optviz.optimization.anatomy import Updates, follow
from optviz.optimization.descent import Path
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import factor_of
from optviz.optimization.trials import Trial
from optviz.recipes import Choice
from optviz.surfaces.diagnosis import Finding, diagnose
from optviz.surfaces.grounds import Ground, course_of, surface_of
from optviz.surfaces.landscape import Kind, Minima, is_limit, spacing
from optviz.surfaces.race import Course, End, Ending, Race, conclude, conclude_fork, exchanged, last_rows, paths, race
from optviz.surfaces.rates import RATES

LENGTHS = (50, 100, 200, 500, 1000, 2000)
"""The lengths of the races that are computed: others are the beginning of one of these."""
WHOLE, ROWS = 200, 150
"""Up to so many steps every row of the minor curves is sent; of a longer race about so many, beside the whole paths."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a race depends on."""

    ground: Ground
    runs: tuple[Contestant, ...]
    learning_rate: float
    schedule: Choice
    warmup: int
    start: tuple[float, float]
    steps: int
    fork: Fork | None = None
    best_from: tuple[float, float] | None = None
    """Of a fair race the start from which the learning rates of the runs are the best that were tried."""

    @property
    def shared(self) -> float | None:
        """The learning rate that needs no naming; None in a fair race, where each run has one of its own."""
        return self.learning_rate if self.best_from is None else None

    @property
    def onward(self) -> Ground:
        """The ground that the forked run is on from the fork on."""
        l2 = self.fork.l2 if self.fork else None
        return self.ground if l2 is None else replace(self.ground, l2=l2)


def length_of(steps: int) -> int:
    """Return the length that is computed for so many steps: few are, while the slider of steps moves."""
    return next(length for length in LENGTHS if length >= steps)


@lru_cache(maxsize=16)
def race_of(settings: Settings) -> Race:
    """Run the race. The same settings give the same numbers, so that a class that looks at one link computes it once.

    A race is the beginning of a longer one (`length_of`).
    """
    beginning, runs, fork = _beginning(settings), trials_of(settings), settings.fork
    if fork is None:
        return conclude(runs, beginning)
    return conclude_fork(runs[fork.run], fork.run, left_of(settings), beginning)


def _beginning(settings: Settings) -> Path:
    path = _paths(replace(settings, steps=length_of(settings.steps)))
    return Path(*(array[: settings.steps + 1] for array in path))


def ends_of(settings: Settings) -> Array:
    """Return the loss with which each run of a race without a fork ends, `(runs,)`: nan where it makes not all steps.

    They are those of `race_of`, of which none is judged.
    """
    path = _beginning(settings)
    return np.where(last_rows(trials_of(settings), path) == settings.steps, path.loss[-1], np.nan)


def left_of(settings: Settings) -> Race:
    """Return the race as it is without its fork, of which the forked run's future is the ghost."""
    return race_of(replace(settings, fork=None))


@lru_cache(maxsize=96)
def _paths(settings: Settings) -> Path:
    runs, start, fork = trials_of(settings), np.array(settings.start), settings.fork
    if fork is None:
        return paths(runs, start, settings.steps)
    return exchanged(_paths(replace(settings, fork=None)), fork.run, paths([runs[fork.run]], start, settings.steps))


def trials_of(settings: Settings) -> list[Trial[Course]]:
    """Return the runs as they are made, the forked one with its fork."""
    course, factor = course_of(settings.ground), factor_of(settings.schedule, settings.warmup)
    trials = [
        Trial.of(course, run.build(), rate, factor) for run, rate in zip(settings.runs, rates_of(settings), strict=True)
    ]
    fork = settings.fork
    if fork:
        trials[fork.run] = trials[fork.run].forked(
            fork.step,
            ground=course_of(settings.onward),
            learning_rate=fork.learning_rate,
            optimizer=fork.optimizer.build() if fork.optimizer else None,
        )
    return trials


def rates_of(settings: Settings) -> list[float]:
    """Return the base learning rate of each run."""
    shared = settings.learning_rate
    return [shared if run.learning_rate is None else run.learning_rate for run in settings.runs]


def tried(settings: Settings) -> tuple[Race, tuple[Finding | None, ...]]:
    """Return a race that is only a try, and what goes wrong in it: it is not kept."""
    runs = trials_of(settings)
    result = race(runs, np.array(settings.start), settings.steps)
    return result, diagnose(runs, result)


@lru_cache(maxsize=256)
def findings_of(settings: Settings) -> tuple[Finding | None, ...]:
    """Return what goes wrong in each run, None where nothing does; of a fork the table tells how it ended."""
    found = diagnose(trials_of(replace(settings, fork=None)), left_of(settings))
    forked = settings.fork.run if settings.fork else None
    return tuple(None if run == forked else finding for run, finding in enumerate(found))


class Stretch(NamedTuple):
    """Updates of a run in a row, with the step of the first, and the ground that they are made on."""

    first: int
    updates: Updates
    ground: Ground


@lru_cache(maxsize=16)
def updates_of(settings: Settings, number: int) -> tuple[Stretch, ...]:
    """Return the updates of one of the runs: all in one stretch, or those up to its fork and those after."""
    found: list[Stretch] = []
    w, memory, trial = np.array(settings.start), None, trials_of(settings)[number]
    for leg, n in trial.stretches(settings.steps):
        ground = settings.ground if leg is trial.legs[0] else settings.onward
        memory = leg.taken_up(memory)
        made = follow(leg.counted(leg.ground.descended), leg.optimizer, leg.schedule(), w, n, memory)
        found.append(Stretch(leg.first, made, ground))
        if len(made) < n:
            break
        w, memory = made.state_at(n)
    return tuple(found)


def titles_of(settings: Settings) -> tuple[str, ...]:
    """Return what the runs are called in the visitor's language."""
    return _titles(settings.runs, settings.shared, settings.fork, language())


@lru_cache(maxsize=256)
def _titles(runs: Sequence[Contestant], shared: float | None, fork: Fork | None, spoken: str) -> tuple[str, ...]:
    titles = [run.title(shared) for run in runs]
    if fork:
        titles[fork.run] = fork.title(titles[fork.run])
    return tuple(titles)


def looks(runs: Sequence[Contestant]) -> tuple[Series, ...]:
    """Return how runs are drawn."""
    return looks_of([run.optimizer for run in runs])


def runners_of(settings: Settings) -> tuple[Runner, ...]:
    """Return the runs as they are shown: their titles, numbered where an optimizer has several, and their looks."""
    return _runners(titles_of(settings), looks(settings.runs))


@lru_cache(maxsize=256)
def _runners(titles: Sequence[str], drawn: Sequence[Series]) -> tuple[Runner, ...]:
    return tuple(Runner(f"{look.number} {title}".strip(), look) for title, look in zip(titles, drawn, strict=True))


def names_of(settings: Settings) -> tuple[str, ...]:
    """Return the runs' names in the visitor's language."""
    return tuple(runner.name for runner in runners_of(settings))


def gap_known(settings: Settings) -> bool:
    """Whether the best value is known, so that the loss can be drawn as its distance to it on a log axis."""
    return all(course_of(ground).minima.known for ground in (settings.ground, settings.onward))


@lru_cache(maxsize=256)
def arrays_of(settings: Settings, log: bool) -> dict[str, Thinned]:
    """Return the numbers of all steps, as the panels follow them."""
    result, course = race_of(settings), course_of(settings.ground)
    path = result.path
    stride = 1 if settings.steps <= WHOLE else -(-settings.steps // ROWS)
    thin = slice(None, None, stride)
    ground = relief_of(settings.ground, MESH)
    height = ground.lifted(_on_the_ground(settings, path)[thin])
    floor = _floors(settings) if log else 0.0
    arrays = {
        "w": (path.w, 1),
        "loss": (path.loss - floor, 1),
        "rate": (path.learning_rate[thin], stride),
        "effective": (path.rate[thin], stride),
        "path3d": (np.concatenate([path.w[thin], height[..., None]], axis=-1), stride),
        "start": (np.array([settings.start]), settings.steps + 1),
    }
    if settings.fork:
        lowest = course.minima.value if log else 0.0
        arrays |= ghost_arrays(settings.fork, left_of(settings).path, lowest, ground, stride)
    ahead = ahead_of(_drivers(settings))
    if ahead:
        arrays["ahead"] = (path.point[:, ahead], 1)
    if _penalized(settings):
        bare = course_of(replace(settings.ground, l1=0.0, l2=0.0)).minima
        arrays["own"] = (path.loss - result.penalty - (bare.value if log and bare.known else 0.0), 1)
    # Single precision is what travels; what a diverging path passes beyond it becomes infinite.
    with np.errstate(over="ignore"):
        return {name: Thinned(numbers.astype(np.float32), stride) for name, (numbers, stride) in arrays.items()}


MESH = 61


def _ceiling(ground: Relief, log: bool) -> float:
    """Return the loss above which a curve leaves the picture: that of the whole surface, or on a log axis far above."""
    return max(abs(ground.top), ground.top - ground.base) * (1e4 if log else 1.2)


def _floors(settings: Settings) -> Array:
    """Return the best value of each run's objective in each step, `(steps+1, runs)`."""
    floors = np.full((settings.steps + 1, len(settings.runs)), course_of(settings.ground).minima.value)
    if settings.fork:
        floors[settings.fork.step :, settings.fork.run] = course_of(settings.onward).minima.value
    return floors


def _on_the_ground(settings: Settings, path: Path) -> Array:
    """Return the height of the paths on the surface that is drawn: their loss, whatever penalty a fork has changed."""
    if settings.onward == settings.ground:
        return path.loss
    with np.errstate(over="ignore", invalid="ignore"):
        height: Array = course_of(settings.ground).drawn.value(path.w)
    return height


def panels_of(settings: Settings, log: bool, inside: Arrows | None = None) -> tuple[Panel, ...]:
    """Return the panels of a race: from above, with the arrows of a step, and in 3-D; the loss; the learning rates."""
    runners, ahead, faint = runners_of(settings), ahead_of(_drivers(settings)), _penalized(settings)
    ghost = None
    if settings.fork:
        fork = settings.fork
        ghost = Ghost(runners[fork.run].look, fork.step, _left(settings, fork), _("Fork"))
    steady = _steady(settings)
    return _panels(settings.ground, settings.onward, runners, ahead, faint, ghost, log, inside, steady, language())


def _steady(settings: Settings) -> int:
    """Return how many learning rates the runs have where none ever changes, else 0."""
    known = [rates[np.isfinite(rates)] for rates in race_of(settings).path.learning_rate.T]
    changes = settings.fork is not None or any((rates != rates[0]).any() for rates in known if rates.size)
    return 0 if changes else len({float(rates[0]) for rates in known if rates.size})


def _drivers(settings: Settings) -> tuple[Contestant, ...]:
    """Return the runs, the forked one with the optimizer of its fork where that one looks ahead."""
    drivers: list[Contestant] = list(settings.runs)
    if settings.fork and settings.fork.optimizer and settings.fork.optimizer.build().looks_ahead:
        drivers[settings.fork.run] = settings.fork.optimizer
    return tuple(drivers)


@lru_cache(maxsize=256)
def ahead_of(runs: Sequence[Contestant]) -> tuple[int, ...]:
    """Return the numbers of the runs that take their gradient at a point ahead."""
    return tuple(i for i, run in enumerate(runs) if run.build().looks_ahead)


@lru_cache(maxsize=64)
def _panels(
    ground: Ground,
    onward: Ground,
    runners: tuple[Runner, ...],
    ahead: tuple[int, ...],
    penalized: bool,
    ghost: Ghost | None,
    log: bool,
    inside: Arrows | None,
    steady: int,
    spoken: str,
) -> tuple[Panel, ...]:
    course, box = course_of(ground), course_of(ground).domain
    low, painting = relief_of(ground, MESH), painting_of(ground)
    solid, camera = solid_of(ground)
    usual = surface_of(ground.surface, ground.formula).start
    words = {"start": _("Start"), "minimum": _("Minimum"), "ahead": _("Look-ahead")}
    step = _("Step")
    height, loss = _("Loss"), _("Loss − lowest loss") if log else _("Loss")
    if penalized:
        height = _("Loss with penalty")
        loss = _("Loss with penalty − lowest loss") if log else height
    if low.levels == "log":
        height = _("log₁₀(1 + loss with penalty)") if penalized else _("log₁₀(1 + loss)")
    if steady != 1:
        rates = pictures.curves("rate", runners, title=_("Learning rate"), step_title=step)
    else:
        # Without the number: the figures stay the same, and are not sent again, while a rate is tried.
        rates = remark(_("All runs share one learning rate, the same at every step."))
    drawn = (
        (_("From above"), pictures.contour(painting, box, _marks(course.minima), runners, words, ahead, inside, usual)),
        (_("In 3-D"), pictures.relief_3d(solid, box, runners, height, camera)),
        (
            _("Loss"),
            pictures.curves(
                "loss",
                runners,
                title=loss,
                step_title=step,
                log=log,
                faint="own" if penalized else None,
                ceiling=_ceiling(low, log),
                lowest=course.minima.value if course.minima.known and not log else None,
            ),
        ),
        (_("Learning rate"), rates),
        (
            _("Effective rate"),
            pictures.curves(
                "effective", runners, title=_("Effective learning rate"), step_title=step, log=True, per_run=2
            ),
        ),
    )
    if ghost:
        minima = _marks(course_of(onward).minima).points if onward != ground else np.empty((0, 2))
        ghosts.haunt([figure for _title, figure in drawn], ghost, minima, f"L2 {onward.l2:g}")
    places = (("path", True), ("path", False), ("loss", False), ("rates", False), ("rates", False))
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell, pick, quiet=bool(steady) and figure is rates)
        for (title, figure), (cell, pick) in zip(drawn, places, strict=True)
    )


def _marks(minima: Minima) -> pictures.Marks:
    """Return the minima as they are drawn: stars, or a curve; a region is only told of."""
    points = minima.points if minima.kind in (Kind.POINTS, Kind.CURVE) else np.empty((0, 2))
    return pictures.Marks(points, minima.kind is Kind.CURVE)


def _penalized(settings: Settings) -> bool:
    return any(ground.l1 or ground.l2 for ground in (settings.ground, settings.onward))


@lru_cache(maxsize=64)
def relief_of(ground: Ground, n: int) -> Relief:
    """Return a ground on a grid of n × n points."""
    course, surface = course_of(ground), surface_of(ground.surface, ground.formula)
    levels = spacing(surface, surface.domain) if ground.surface == "formula" else surface.levels
    return relief(course.drawn, course.domain, levels, n)


@lru_cache(maxsize=32)
def painting_of(ground: Ground) -> Mapping[Theme, str]:
    """Return the pictures of a ground from above."""
    return paintings(relief_of(ground, PIXELS))


@lru_cache(maxsize=32)
def solid_of(ground: Ground) -> tuple[Relief, tuple[float, float, float]]:
    """Return a ground as it is drawn in 3-D, and where the camera stands: it sees the minima and the usual start."""
    low, course = relief_of(ground, MESH), course_of(ground)
    start = surface_of(ground.surface, ground.formula).start
    return mesh(course.drawn, low), eye(relief_of(ground, PIXELS), np.vstack([course.minima.points[:8], [start]]))


ENDINGS = {
    Ending.ARRIVED: N_("arrived"),
    Ending.GOING: N_("still going"),
    Ending.SADDLE: N_("stuck on a saddle"),
    Ending.PLATEAU: N_("stuck on a plateau"),
    Ending.LOCAL_MINIMUM: N_("stuck in a local minimum"),
    Ending.MAXIMUM: N_("stuck on a maximum"),
    Ending.CLIMBING: N_("climbs, its Hessian is not positive definite"),
    Ending.SINGULAR: N_("stands still, its Hessian is singular"),
    Ending.JUMPED: N_("jumped over a pole"),
    Ending.DEAD: N_("stands still, its learning rate is 0"),
    Ending.CONSTANT: N_("nothing to descend"),
    Ending.DESCENDING: N_("keeps falling"),
    Ending.DIVERGED: N_("diverged"),
    Ending.OVERFLOW: N_("overflow"),
    Ending.LEFT: N_("left the surface"),
    Ending.NO_VALUE: N_("no value at the start"),
}

_MINIMA = {
    Kind.CURVE: N_("The minima lie on a curve, at loss {value}: the distance is that to its nearest point."),
    Kind.REGION: N_("The minima fill a region, at loss {value}: in it the distance is 0."),
    Kind.EVERYWHERE: N_("The loss is {value} everywhere: every point is a minimum, and there is nothing to descend."),
    Kind.FALLS: N_("This surface has no minimum: the loss keeps falling."),
    Kind.POLE: N_("This surface has no minimum: at a pole the loss falls without bound."),
    Kind.GAP: N_(
        "This surface has no minimum: next to a jump or a gap of the formula the loss approaches "
        "{value} but never reaches it."
    ),
    Kind.NOWHERE: N_("The formula has no value anywhere in the picture."),
}


def terrain(ground: Ground) -> str:
    """Say where a visitor's formula is least, or why nowhere."""
    minima = course_of(ground).minima
    value = digits(minima.value)
    if minima.kind in _MINIMA:
        return _(_MINIMA[minima.kind]).format(value=value)
    if len(minima.points) > 1:
        return _("Its lowest loss is {value}, at {n} points.").format(value=value, n=len(minima.points))
    x1, x2 = map(digits, minima.points[0])
    if is_limit(course_of(ground).drawn, minima.points[0]):
        text = _("Its lowest loss is {value}, at ({x1}, {x2}), where the formula has no value but a limit.")
        return text.format(value=value, x1=x1, x2=x2)
    return _("Its lowest loss is {value}, at ({x1}, {x2}).").format(value=value, x1=x1, x2=x2)


def say(settings: Settings) -> str:
    """Say in a sentence or two how the race ended."""
    return _say(settings, language())


def whys(settings: Settings) -> list[str]:
    """Say of each run in which something goes wrong what and why, with the numbers."""
    return [said for _series, _step, said in _whys(settings)]


def captions(settings: Settings) -> tuple[Caption, ...]:
    """Return `whys`, each with the step at which it becomes true."""
    return _captions(settings, language())


@lru_cache(maxsize=512)
def _captions(settings: Settings, spoken: str) -> tuple[Caption, ...]:
    text = _("Step {step}: {said}")
    ends = race_of(settings).ends
    if ends and all(end.step < 0 or end.ending is Ending.CONSTANT for end in ends):
        return (Caption(0, text.format(step=0, said=say(settings))),)
    return tuple(
        Caption(step, text.format(step=step, said=said), series.color, series.glyph)
        for series, step, said in (*_whys(settings), *_jumps(settings))
    )


def _jumps(settings: Settings) -> Iterator[tuple[Series, int, str]]:
    """Say of each run that has arrived over a pole, in which so nothing goes wrong, when it jumped."""
    for (name, look), end in zip(runners_of(settings), race_of(settings).ends, strict=True):
        if end.pole is not None and end.ending is Ending.ARRIVED:
            yield look, end.pole, _("{name} jumped over a pole at step {step}.").format(name=name, step=end.pole)


def _whys(settings: Settings) -> Iterator[tuple[Series, int, str]]:
    for (name, look), found in zip(runners_of(settings), findings_of(settings), strict=True):
        if found:
            yield look, found.step, diagnoses.explain(name, found)


@lru_cache(maxsize=512)
def _say(settings: Settings, spoken: str) -> str:
    ends, minima = race_of(settings).ends, course_of(settings.ground).minima
    if ends and all(end.step < 0 for end in ends):
        return _say_start(settings, ends[0].ending)
    named = list(zip(names_of(settings), ends, strict=True))
    arrived = sorted(
        ((name, end) for name, end in named if end.ending is Ending.ARRIVED), key=lambda pair: pair[1].arrival or 0
    )
    parts = []
    if settings.ground.surface == "formula" and minima.kind is not Kind.POINTS:
        parts.append(terrain(settings.ground))
    if arrived:
        step = arrived[0][1].arrival
        first = [name for name, end in arrived if end.arrival == step]
        others = arrived[len(first) :]
        if len(first) == 1:
            parts.append(_("{name} arrives first, at step {step}.").format(name=first[0], step=step))
        else:
            text = _("{names} and {last} arrive first, at step {step}.")
            parts.append(text.format(names=_list(first[:-1]), last=first[-1], step=step))
        parts.append(_say_others([(name, end.arrival or 0) for name, end in others]))
    elif gap_known(settings) and named:
        distances = [np.inf if end.distance is None else end.distance for _name, end in named]
        nearest = [named[place][0] for place in least(distances)]
        text = (
            _("None has arrived after {steps} steps; {name} is nearest, {distance} from the minimum.")
            if len(nearest) <= 1
            else _("None has arrived after {steps} steps; {name} are equally near, {distance} from the minimum.")
        )
        parts.append(text.format(steps=settings.steps, name=_list(nearest), distance=digits(min(distances))))
    for name, end in named:
        if end.arrival is not None and end.ending is not Ending.ARRIVED:
            text = _("{name} was within {close} of the lowest loss at step {step}, but did not stay there.")
            parts.append(text.format(name=name, close=_close(settings), step=end.arrival))
    parts += [said for _look, _step, said in _jumps(settings)]
    parts += _say_departures(settings)
    parts += say_coinciding(names_of(settings), race_of(settings).path.loss)
    falling = [name for name, end in named if end.ending is Ending.DESCENDING]
    if falling:
        text = ngettext(
            "{names} keeps falling: the loss has no lower bound.",
            "{names} keep falling: the loss has no lower bound.",
            len(falling),
        )
        parts.append(text.format(names=_list(falling)))
    diverged = [name for name, end in named if end.ending in (Ending.DIVERGED, Ending.OVERFLOW)]
    if diverged:
        parts.append(ngettext("{names} diverges.", "{names} diverge.", len(diverged)).format(names=_list(diverged)))
    if settings.fork:
        parts.append(_say_fork(settings, settings.fork))
    parts += _say_fair(settings)
    if _penalized(settings):
        parts.append(_("All losses include the penalty."))
    return joined(*parts)


def departures_of(settings: Settings) -> list[int | None]:
    """Return for each run the step from which on its loss is below that of the surface's saddle, None if it is stuck.

    A surface that has no saddle marked is left by nobody.
    """
    saddles = surface_of(settings.ground.surface, settings.ground.formula).saddles
    if not saddles:
        return [None] * len(settings.runs)
    below = race_of(settings).path.loss < course_of(settings.ground).drawn(np.array(saddles, dtype=float))[0].min()
    found = []
    for end, rows in zip(race_of(settings).ends, below.T, strict=True):
        above = np.flatnonzero(~rows[: end.step + 1])
        step = int(above[-1]) + 1 if len(above) else 0
        found.append(step if step <= end.step and end.ending is not Ending.SADDLE else None)
    return found


def _say_departures(settings: Settings) -> list[str]:
    """Say who leaves the surface's saddle first, and who then."""
    left = sorted(
        (
            (step, name)
            for name, step in zip(names_of(settings), departures_of(settings), strict=True)
            if step is not None
        ),
        key=lambda pair: pair[0],
    )
    if len(settings.runs) < 2 or not left:
        return []
    first = [name for step, name in left if step == left[0][0]]
    text = ngettext(
        "{name} leaves the saddle first: from step {step} on its loss is below the saddle's.",
        "{name} leave the saddle first: from step {step} on their loss is below the saddle's.",
        len(first),
    )
    others = [(name, step) for step, name in left[len(first) :]]
    return [text.format(name=_list(first), step=left[0][0]), _say_others(others)]


def _say_others(others: Sequence[tuple[str, int]]) -> str:
    """Say who comes after the first, each with its step; nothing where none does."""
    if not others:
        return ""
    listed = _list([_("{name} ({step})").format(name=name, step=step) for name, step in others])
    return ngettext("Then comes {names}.", "Then come {names}.", len(others)).format(names=listed)


def _say_start(settings: Settings, ending: Ending) -> str:
    """Say why no run can begin."""
    x1, x2 = map(digits, settings.start)
    if ending is Ending.NO_VALUE:
        text = _("At the start, ({x1}, {x2}), the formula has no value, so no run can begin. Choose another start.")
    else:
        text = _("At the start, ({x1}, {x2}), the loss overflows, so no run can begin. Choose another start.")
    return text.format(x1=x1, x2=x2)


def _close(settings: Settings) -> str:
    """Return how near to the best value a run has to come to have arrived."""
    return f"{course_of(settings.ground).close:g}"


def _say_fork(settings: Settings, fork: Fork) -> str:
    """Say where the fork led, and where the future that it left would have."""
    name = settings.runs[fork.run].title(settings.shared)
    before, after = left_of(settings).ends[fork.run], race_of(settings).ends[fork.run]
    values = {"name": name, "step": fork.step, "loss": digits(before.loss), "ended": _(ENDINGS[before.ending])}
    if before.step < fork.step:
        return _("Nothing follows step {step}: {name} ended before it.").format(**values)
    if not fork.changes:
        text = _("{name} is forked at step {step}, but nothing is changed yet: both runs are the same.")
        return text.format(**values)
    text = _(
        "Changed from step {step} on, {name} ends at loss {new_loss}: {new_ended}. Unchanged, it ends "
        "at loss {loss}: {ended}."
    )
    return text.format(**values, new_loss=digits(after.loss), new_ended=_(ENDINGS[after.ending]))


def _say_fair(settings: Settings) -> list[str]:
    """Say of a fair race what the rate of each run is the best of, and where one beyond may be better still."""
    if settings.best_from != settings.start:
        return []
    if not course_of(settings.ground).minima.known:
        return [_("Where there is no lowest loss, no learning rate is the best: the runs have those that were set.")]
    said = [
        _(
            "Each run has the best of {n} learning rates from {low} to {high}, tried over {steps} steps: it arrives "
            "to stay soonest, or else ends lowest."
        ).format(n=len(RATES), low=digits(RATES[0]), high=digits(RATES[-1]), steps=settings.steps)
    ]
    if settings.ground.sigma:
        said.append(_("The noise is the same in all tries: that of seed {seed}.").format(seed=settings.ground.seed))
    runs = zip(names_of(settings), settings.runs, strict=True)
    ends = [name for name, run in runs if run.learning_rate in (RATES[0], RATES[-1])]
    if ends:
        text = _("For {names} that is at the end of the range; one beyond it may be better.")
        said.append(text.format(names=_list(ends)))
    return said


def _list(names: Sequence[str]) -> str:
    return _(", ").join(names)


def report(settings: Settings) -> str:
    """Return what stands under the picture as HTML: a table with a row a run."""
    return _report(settings, language())


@lru_cache(maxsize=512)
def _report(settings: Settings, spoken: str) -> str:
    heads = (
        _("Optimizer"),
        _rate_head(settings),
        _("Final loss with penalty") if _penalized(settings) else _("Final loss"),
        _("Distance to the nearest minimum"),
        _("Steps to within {close} of the lowest loss").format(close=_close(settings)),
        _("How it ended"),
    )
    fork, runners = settings.fork, runners_of(settings)
    shown = enumerate(zip(runners, race_of(settings).ends, strict=True))
    rows = [_row(look, look.glyph, name, _rates(settings, i), end) for i, ((name, look), end) in shown]
    if fork:
        left, end = _left(settings, fork), left_of(settings).ends[fork.run]
        rate = digits(rates_of(settings)[fork.run])
        rows.insert(fork.run + 1, _row(runners[fork.run].look, "◌", left, rate, end))
    return html([escape(text) for text in heads], rows, prose="last")


def _rate_head(settings: Settings) -> str:
    if settings.best_from != settings.start or not course_of(settings.ground).minima.known:
        return _("Learning rate")
    low, high = digits(RATES[0]), digits(RATES[-1])
    return _("Best learning rate of {n} from {low} to {high}").format(n=len(RATES), low=low, high=high)


def _rates(settings: Settings, run: int) -> str:
    rate, fork = digits(rates_of(settings)[run]), settings.fork
    changes = fork and fork.run == run and fork.learning_rate is not None
    return f"{rate} → {digits(fork.learning_rate)}" if fork and changes else rate


def _left(settings: Settings, fork: Fork) -> str:
    """Return what the future that a fork left is called."""
    return _("{name}, unchanged").format(name=settings.runs[fork.run].title(settings.shared))


def _row(series: Series, glyph: str, name: str, rate: str, end: End) -> tuple[str, ...]:
    return (
        f'<span style="color:var(--optviz-{series.color})">{glyph}</span> {escape(name)}',
        rate,
        digits(end.loss),
        digits(end.distance),
        NOTHING if end.arrival is None else str(end.arrival),
        escape(_ended(end)),
    )


def _ended(end: End) -> str:
    """Say how a run ended, with the step, and with the pole that it jumped over before."""
    if end.pole is None or end.ending is Ending.JUMPED:
        return _ended_at(end)
    return _("{ended}, after a jump over a pole at step {step}").format(ended=_ended_at(end), step=end.pole)


def _ended_at(end: End) -> str:
    text = _(ENDINGS[end.ending])
    if end.ending is Ending.JUMPED:
        return _("{ended} at step {step}").format(ended=text, step=end.pole)
    if end.ending in (Ending.LEFT, Ending.OVERFLOW):
        # Where the numbers end, at the step that could not be taken any more.
        end = end._replace(step=end.step + 1)
    elif end.ending is not Ending.DIVERGED:
        return text
    if end.ending is Ending.LEFT:
        return _("{ended} at step {step}: no value there").format(ended=text, step=end.step)
    if end.limit is None:
        return _("{ended} at step {step}").format(ended=text, step=end.step)
    bound = "2/λ" if diagnoses.is_plain(end.limit, end.curvature) else _("its bound")
    return _("{ended} at step {step}: lr {rate} > {bound} = {limit}").format(
        ended=text, step=end.step, rate=digits(end.rate), bound=bound, limit=digits(end.limit)
    )


def formulas(ground: Ground, runs: Sequence[Run]) -> list[tuple[str, str, str]]:
    """Return LaTeX, title and note of the surface and of each optimizer in the race, once each."""
    surface = surface_of(ground.surface, ground.formula)
    note = terrain(ground) if ground.surface == "formula" else _(surface.note)
    shown = dict.fromkeys(run.optimizer for run in runs)
    return [
        (f"f(x_1, x_2) = {surface.latex}", _(surface.title), note),
        *((OPTIMIZERS[name].formula, _(OPTIMIZERS[name].title), _(OPTIMIZERS[name].note)) for name in shown),
    ]
