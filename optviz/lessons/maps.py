"""The map of two numbers: from what the controls say to the picture, the sentence and the run of the cell."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from threading import Lock
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.course import addresses
from optviz.figures import maps as pictures
from optviz.figures.maps import Bar, Line, Side
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.figures.relief import Theme
from optviz.lessons import races, ranges
from optviz.lessons.rosters import differing, plain
from optviz.lessons.runs import Run, write_runs
from optviz.lessons.tables import NOTHING, digits
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice, Range
from optviz.surfaces import maps
from optviz.surfaces.grounds import course_of
from optviz.surfaces.maps import ARRIVED, L2, LR, STEPS, X1, X2, Axis, Cells, Map, Regime
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import Surface

QUICK = 1_000_000
"""So many steps of runs are made in the request itself: a tenth of a second."""
KEPT = 24
"""So many levels are remembered for all visitors."""
MOST_STEPS = 2000
UNIT = {LR: ranges.LEARNING_RATE, L2: Range(1e-6, 10.0, r"\lambda"), STEPS: Range(1, MOST_STEPS, "n")}
"""What numbers an axis may take that is no setting and no start."""

SHOWN = {
    "ending": N_("How it ended"),
    "steps": N_("Steps to arrive"),
    "loss": N_("Loss at the end"),
    "turns": N_("How often it turns back"),
}
"""What the colors of a map may mean."""
GOAL = "goal"
REGIMES = {
    Regime.ARRIVES: (N_("arrives"), "series3"),
    Regime.RINGS: (N_("arrives, oscillating"), "series1"),
    Regime.SLOW: (N_("is too slow"), "muted"),
    Regime.OSCILLATES: (N_("oscillates"), "series2"),
    Regime.HELD: (N_("is held elsewhere"), "series4"),
    Regime.DIVERGES: (N_("diverges"), "series7"),
    Regime.FALLS: (N_("falls without bound"), "series5"),
    Regime.NO_VALUE: (N_("meets no value"), "text"),
}
"""What is said of a run, and the color of its cell."""
GOALS = ("series1", "series2", "series3", "series4", "series5", "series6", "series7")
OTHERS, NOWHERE = "series8", "muted"
"""The colors of the first minima, of all others, and of none."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A run, the two numbers in which the runs of the map differ from it, and what its colors mean."""

    race: races.Settings
    x: Axis
    y: Axis
    shown: str = "ending"

    @property
    def run(self) -> Run:
        """The one that races."""
        (run,) = self.race.runs
        assert isinstance(run, Run)
        return run

    @property
    def map(self) -> Map:
        """The map, whichever of its cells is looked at."""
        race, run = self.race, self.run
        return maps.bare(
            Map(
                ground=race.ground,
                optimizer=Choice(run.optimizer, run.values),
                learning_rate=race.learning_rate,
                schedule=race.schedule,
                warmup=race.warmup,
                start=race.start,
                steps=race.steps,
                x=self.x,
                y=self.y,
            )
        )

    @property
    def here(self) -> tuple[float, float]:
        """The two numbers of the run."""
        x, y = (self.value_of(axis.name) for axis in (self.x, self.y))
        return x, y

    def value_of(self, name: str) -> float:
        """Return a number of the run."""
        race = self.race
        usual = {
            LR: race.learning_rate,
            L2: race.ground.l2,
            X1: race.start[0],
            X2: race.start[1],
            STEPS: float(race.steps),
        }
        return usual[name] if name in usual else self.run.all_values[name]


def titles_of(optimizer: str) -> dict[str, str]:
    """Return what axes there are, with their titles in the visitor's language."""
    settings = {
        each.name: f"{_(each.title)} {plain(each.range.symbol)}"
        for each in OPTIMIZERS[optimizer].parameters
        if each.kind is not bool
    }
    starts = {name: _("{coordinate} of the start").format(coordinate=mark) for name, mark in ((X1, "x₁"), (X2, "x₂"))}
    return {LR: _("Learning rate"), **settings, L2: _("L2 strength"), **starts, STEPS: _("Steps")}


def names_of(optimizer: str) -> dict[str, str]:
    """Return what axes are called in a sentence."""
    settings = {each.name: plain(each.range.symbol) for each in OPTIMIZERS[optimizer].parameters}
    return {LR: "lr", **settings, L2: "L2", X1: "x₁", X2: "x₂", STEPS: _("steps")}


def second_of(optimizer: str) -> str:
    """Return what differs from row to row unless something else is asked for: the first setting, or else the start."""
    return next((each.name for each in OPTIMIZERS[optimizer].parameters if each.kind is not bool), X2)


def axis_of(name: str, optimizer: str, surface: Surface) -> tuple[Axis, Range]:
    """Return an axis as it is unless it is asked for otherwise, and within what it may be."""
    if name in (X1, X2):
        box = surface.domain
        return Axis(name, *box[name == X2]), ranges.COORDINATE
    if name == STEPS:
        return Axis(name, 10.0, 300.0, whole=True), UNIT[name]
    if name in UNIT:
        return Axis(name, 1e-3, 10.0, "log"), UNIT[name]
    parameter = next(each for each in OPTIMIZERS[optimizer].parameters if each.name == name)
    span = parameter.range
    scale = "log" if span.scale == "log" else "linear"
    high = 0.99 if span.scale == "decay" else span.high
    return Axis(name, span.low, high, scale, parameter.kind is int), span


def fault_of(x: Axis, y: Axis) -> str:
    """Say what is wrong with two axes, empty if nothing is."""
    if x.name == y.name:
        return _("Both axes show the same number. Choose another one for one of them.")
    for name, axis in (("x", x), ("y", y)):
        if axis.low == axis.high:
            return _("The {axis} axis is empty: it begins and ends at {value}.").format(
                axis=name, value=f"{axis.low:g}"
            )
        if axis.low > axis.high:
            text = _("The {axis} axis runs backwards: it begins at {low} and ends at {high}.")
            return text.format(axis=name, low=f"{axis.low:g}", high=f"{axis.high:g}")
    return ""


def moved(settings: Settings, values: Sequence[float]) -> Settings:
    """Return the settings with the run of another cell."""
    for axis, value in zip((settings.x, settings.y), values, strict=True):
        settings = replace(settings, race=_with(settings, axis.name, value))
    return settings


def _with(settings: Settings, name: str, value: float) -> races.Settings:
    race, run = settings.race, settings.run
    if name in (X1, X2):
        return replace(race, start=(value, race.start[1]) if name == X1 else (race.start[0], value))
    if name == L2:
        return replace(race, ground=replace(race.ground, l2=value))
    if name == LR:
        return replace(race, learning_rate=value)
    if name == STEPS:
        return replace(race, steps=int(value))
    kind = next(each.kind for each in run.recipe.parameters if each.name == name)
    return replace(race, runs=(replace(run, values=differing(run.recipe, {**run.all_values, name: kind(value)})),))


# ---- its levels


def first_level(spec: Map, levels: tuple[int, ...]) -> int:
    """Return the level that is made in the request: the finest that is quick."""
    # Each strength of the penalty is a surface of its own, whose minima are searched for, each length a loop.
    searches = {L2, STEPS} & {axis.name for axis in (spec.x, spec.y)}
    quick = [n for n in levels if n * n * maps.longest(spec) <= QUICK and not searches]
    return quick[-1] if quick else levels[0]


class _Finished:
    """The levels that were made, for all who ask for the same map."""

    def __init__(self) -> None:
        self.lock, self.levels = Lock(), OrderedDict[tuple[Map, int], Cells]()

    def find(self, spec: Map, n: int) -> Cells | None:
        with self.lock:
            if (spec, n) in self.levels:
                self.levels.move_to_end((spec, n))
            return self.levels.get((spec, n))

    def keep(self, spec: Map, n: int, found: Cells) -> None:
        with self.lock:
            self.levels[spec, n] = found
            while len(self.levels) > KEPT:
                self.levels.popitem(last=False)


FINISHED = _Finished()


def level_of(spec: Map, n: int) -> Cells:
    """Return a level, made here unless it is there."""
    found = FINISHED.find(spec, n)
    if found is None:
        found = maps.cells(spec, n)
        FINISHED.keep(spec, n, found)
    return found


# ---- the picture


def arrays_of(settings: Settings, here: Settings, found: Cells, log: bool) -> dict[str, Array | Thinned]:
    """Return what the panels follow: the run that is `here`, where it is on the map, and the names on this."""
    followed = {ref[0] for panel in _run_panels(settings, log) for track in panel.tracks for ref in (track.x, track.y)
                if isinstance(ref, tuple)}  # fmt: skip
    arrays = {name: each for name, each in races.arrays_of(here.race, log).items() if name in followed}
    cell = [[_place(axis, value) for axis, value in zip((settings.x, settings.y), here.here, strict=True)]]
    steps, places = here.race.steps, _painted(settings.map, settings.shown, _Level(found), language()).places
    areas = {"areas": Thinned(np.array([places], dtype=np.float32), steps + 1)} if places else {}
    return {"cell": Thinned(np.array(cell, dtype=np.float32), steps + 1), **areas, **arrays}


def _place(axis: Axis, value: float) -> float:
    """Return where a value is drawn along an axis."""
    if axis.scale == "log":
        return float(np.log10(value)) if value > 0 else -np.inf
    return value


def value_at(axis: Axis, place: float) -> float:
    """Return the value of an axis that is drawn at a place, to four digits."""
    value = min(max(10.0**place if axis.scale == "log" else place, axis.low), axis.high)
    return float(round(value)) if axis.whole else float(f"{value:.4g}")


def panels_of(settings: Settings, found: Cells, log: bool) -> tuple[Panel, ...]:
    """Return the map, and the run of its cell from above and as a curve."""
    return (_map_panel(settings.map, settings.shown, _Level(found), language()), *_run_panels(settings, log))


def _run_panels(settings: Settings, log: bool) -> tuple[Panel, ...]:
    """Return the panels of the run, which are the same for all cells: the name says nothing of what differs."""
    race, run, axes = settings.race, settings.run, {settings.x.name, settings.y.name}
    still = replace(run, values=tuple((name, value) for name, value in run.values if name not in axes))
    above, _solid, loss, *_rates = races.panels_of(replace(race, runs=(still,), learning_rate=0.1, steps=10), log)
    return replace(above, cell="run"), loss


class _Level:
    """Cells as the key of a cache: a level is made once."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def __hash__(self) -> int:
        return id(self.cells.regime)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Level) and self.cells.regime is other.cells.regime


@lru_cache(maxsize=32)
def _map_panel(spec: Map, shown: str, level: _Level, spoken: str) -> Panel:
    titles, painted = titles_of(spec.optimizer.name), _painted(spec, shown, level, spoken)
    drawn = pictures.chart(
        painted.picture,
        _side(spec.x, titles[spec.x.name]),
        _side(spec.y, titles[spec.y.name]),
        _("this run"),
        areas=painted.areas,
        bar=painted.bar,
        lines=_lines(spec),
    )
    return Panel(drawn.to_json(), tracks_of(drawn), _("Map"), "map", pick=True)


def _side(axis: Axis, title: str) -> Side:
    if axis.scale != "log":
        return Side(title, axis.low, axis.high)
    low, high = np.log10([axis.low, axis.high])
    digit = (1, 2, 5) if high - low < 2.2 else (1,)
    marks = [each * 10.0**power for power in range(int(np.floor(low)), int(np.ceil(high)) + 1) for each in digit]
    kept = [mark for mark in marks if axis.low * 0.999 <= mark <= axis.high * 1.001]
    return Side(title, float(low), float(high), tuple(np.log10(kept).tolist()), tuple(f"{mark:g}" for mark in kept))


MARKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
"""The marks of a ramp of counts."""


class Painted(NamedTuple):
    """The painting of a map: the names of its areas, where they stand, and what its ramp means."""

    picture: Mapping[Theme, str]
    areas: tuple[str, ...]
    places: tuple[tuple[float, float], ...]
    bar: Bar | None = None


@lru_cache(maxsize=32)
def _painted(spec: Map, shown: str, level: _Level, spoken: str) -> Painted:
    found = level.cells
    if shown == GOAL:
        return _goals(spec, found)
    if shown == "ending":
        picture = pictures.named(found.regime, [color for _text, color in REGIMES.values()], _pale(found))
        names = {int(regime): _(text) for regime, (text, _color) in REGIMES.items()}
        return Painted(picture, *_placed(spec, found.regime, names))
    if shown == "loss":
        return _losses(spec, found)
    counted = np.where(found.arrival >= 0, found.arrival, np.nan) if shown == "steps" else found.turns.astype(float)
    least = float(np.nanmin(counted, initial=MOST_STEPS))
    most = max(float(np.nanmax(counted, initial=0.0)), least + 1.0)
    marks = [mark for mark in MARKS if least <= mark <= most]
    low, high = np.log1p(least), np.log1p(most)
    bar = Bar(
        _(SHOWN[shown]), tuple(((np.log1p(marks) - low) / (high - low)).tolist()), tuple(str(mark) for mark in marks)
    )
    picture = pictures.ramped((np.log1p(counted) - low) / (high - low))
    return Painted(picture, *_placed(spec, np.isnan(counted), {1: _("never")}), bar)


Named = tuple[tuple[str, ...], tuple[tuple[float, float], ...]]


def _placed(spec: Map, numbers: NDArray[Any], names: Mapping[int, str]) -> Named:
    """Return the names of the areas that are large enough for one, and where on the map they stand."""
    found = pictures.middles(numbers.astype(int), list(names))
    places = [tuple(_place(axis, float(axis.between(share))) for axis, share in zip((spec.x, spec.y), at, strict=True))
              for at in found.values()]  # fmt: skip
    return tuple(names[number] for number in found), cast(tuple[tuple[float, float], ...], tuple(places))


def _pale(found: Cells) -> Array:
    """Return how pale cells are: who arrives late is paler, and of the others those that are only too slow."""
    arrived = np.isin(found.regime, ARRIVED)
    late = max(int(found.arrival[arrived].max(initial=1)), 1)
    return np.where(arrived, found.arrival / late, np.where(found.regime == Regime.SLOW, 1.0, 0.0))


def _losses(spec: Map, found: Cells) -> Painted:
    """Paint losses, or how far they are above the least where that is known, by their powers of ten."""
    minima, is_log = course_of(spec.ground).minima, True
    known = minima.known and L2 not in (spec.x.name, spec.y.name)
    left = np.isin(found.regime, (Regime.DIVERGES, Regime.FALLS, Regime.NO_VALUE))
    loss = np.where(left, np.nan, found.loss - (minima.value if known else 0.0))
    if not known and np.nanmin(loss, initial=1.0) <= 0:
        is_log = False
    with np.errstate(all="ignore"):
        height = np.log10(np.maximum(loss, 1e-12)) if is_log else loss
    low, high = float(np.nanmin(height, initial=np.inf)), float(np.nanmax(height, initial=-np.inf))
    if not low < high:
        low, high = (0.0, 1.0) if not np.isfinite(low) else (low - 0.5, low + 0.5)
    marks = np.unique(np.rint(np.linspace(low, high, 6))) if is_log and high - low >= 2 else np.linspace(low, high, 5)
    marks = marks[(marks >= low) & (marks <= high)]
    title = _("Loss − lowest loss") if known else _("Loss")
    texts = tuple(digits(10.0**mark if is_log else mark) for mark in marks.tolist())
    bar = Bar(title, tuple(((marks - low) / (high - low)).tolist()), texts)
    picture = pictures.ramped((height - low) / (high - low))
    return Painted(picture, *_placed(spec, left, {1: _("diverges")}), bar)


def _goals(spec: Map, found: Cells) -> Painted:
    """Paint at which minimum runs end: the first ones each in a color, the others in one."""
    names = (*GOALS, OTHERS, NOWHERE)
    number = np.where(found.goal < 0, len(GOALS) + 1, np.minimum(found.goal, len(GOALS)))
    points = maps.goals_of(course_of(spec.ground)).points
    named = {goal: f"({digits(x)}, {digits(y)})" for goal, (x, y) in enumerate(points[: len(GOALS)].tolist())}
    named |= {len(GOALS): _("other minima"), len(GOALS) + 1: _("none")}
    return Painted(pictures.named(number, names, _pale(found)), *_placed(spec, number, named))


DRAWN = 129
"""The points of a bound of the theory."""


def _lines(spec: Map) -> list[Line]:
    """Return the bounds of the theory over a map whose one axis is the learning rate, as far as there are any."""
    if LR not in (spec.x.name, spec.y.name):
        return []
    other = spec.y if spec.x.name == LR else spec.x
    rate = spec.x if spec.x.name == LR else spec.y
    values = np.asarray(other.at(np.linspace(0.0, 1.0, DRAWN)))
    bounds = maps.bounds_of(spec, values)
    lines = []
    for name, bound in ((_("theory: diverges"), bounds.stable), (_("theory: oscillates"), bounds.smooth)):
        seen = (bound >= rate.low) & (bound <= rate.high)
        if seen.any():
            ways = np.array([_place(rate, each) for each in bound[seen].tolist()])
            across = np.array([_place(other, each) for each in values[seen].tolist()])
            lines.append(Line(name, ways, across) if spec.x.name == LR else Line(name, across, ways))
    return lines


# ---- what is said


class Front(NamedTuple):
    """Where divergence begins along the learning rates that go through the run, and the bound of the theory there.

    It begins between `tame`, the largest rate below all that diverge, and `wild`, the first of these; `bound` is nan
    where theory has none.
    """

    tame: float | None
    wild: float | None
    bound: float


def front_of(settings: Settings, found: Cells) -> Front | None:
    """Return where divergence begins, None where the learning rate is on no axis."""
    if LR not in (settings.x.name, settings.y.name):
        return None
    is_x, n = settings.x.name == LR, len(found.regime)
    rate, other = (settings.x, settings.y) if is_x else (settings.y, settings.x)
    value = settings.value_of(other.name)
    line = min(max(int(other.along(min(max(value, other.low), other.high)) * n), 0), n - 1)
    regimes = found.regime[line] if is_x else found.regime[:, line]
    wild = np.flatnonzero(regimes == Regime.DIVERGES)
    rates, (bound,) = rate.cells(n).tolist(), maps.bounds_of(settings.map, np.array([value])).stable.tolist()
    first = int(wild[0]) if len(wild) else n
    return Front(rates[first - 1] if first else None, rates[first] if first < n else None, bound)


class Best(NamedTuple):
    """The cell that arrives soonest: its values and its step."""

    x: float
    y: float
    step: int


def best_of(settings: Settings, found: Cells) -> Best | None:
    """Return the cell that arrives soonest, the first of them; None where none does."""
    arrived = np.isin(found.regime, ARRIVED)
    if not arrived.any():
        return None
    steps = np.where(arrived, found.arrival, np.iinfo(np.int32).max)
    row, column = np.unravel_index(int(steps.argmin()), steps.shape)
    n = len(steps)
    x, y = float(settings.x.cells(n)[column]), float(settings.y.cells(n)[row])
    return Best(float(f"{x:.4g}"), float(f"{y:.4g}"), int(steps[row, column]))


def say(settings: Settings, found: Cells) -> str:
    """Say what the map says: who arrives, which cell soonest, where divergence begins and where theory has it."""
    parts, titles = [], names_of(settings.run.name)
    best, known = best_of(settings, found), course_of(settings.race.ground).minima.known
    share = _share(np.isin(found.regime, ARRIVED))
    if best:
        text = _("{share} of the runs arrive, the soonest at step {step}, with {x} and {y}.")
        x, y = (_named(titles[axis.name], at) for axis, at in ((settings.x, best.x), (settings.y, best.y)))
        parts.append(text.format(share=share, step=best.step, x=x, y=y))
    elif (found.regime == Regime.DIVERGES).all():
        parts.append(_("All runs diverge: smaller learning rates are needed."))
    elif known:
        parts.append(_("No run arrives within {steps} steps.").format(steps=settings.race.steps))
    else:
        parts.append(_("This surface has no minimum, so no run arrives."))
    if settings.shown == GOAL:
        parts.append(_say_goals(settings, found))
    front = front_of(settings, found)
    if front:
        parts.append(_say_front(settings, front, titles))
    return joined(*parts)


def _named(title: str, value: float) -> str:
    return f"{title} {value:g}"


def _share(cells: NDArray[np.bool_]) -> str:
    share = float(cells.mean())
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


def _say_front(settings: Settings, front: Front, titles: Mapping[str, str]) -> str:
    other = settings.y if settings.x.name == LR else settings.x
    at = _named(titles[other.name], settings.value_of(other.name))
    values = {"at": at, "tame": digits(front.tame), "wild": digits(front.wild), "bound": digits(front.bound)}
    if front.wild is None:
        text = _("At {at}, no learning rate of the map diverges.")
    elif front.tame is None:
        text = _("At {at}, already the smallest learning rate of the map, {wild}, diverges.")
    else:
        text = _("At {at}, divergence begins between the learning rates {tame} and {wild}.")
    said = [text.format(**values)]
    if np.isfinite(front.bound):
        text = _("At the minimum, theory allows up to {bound}.")
        said.append(text.format(**values))
    return joined(*said)


def _say_goals(settings: Settings, found: Cells) -> str:
    """Say how much of the map leads to each of the minima."""
    points = maps.goals_of(course_of(settings.map.ground)).points
    shares = [(_share(found.goal == goal), point) for goal, point in enumerate(points[: len(GOALS)].tolist())]
    listed = [_("{share} at ({x}, {y})").format(share=share, x=digits(x), y=digits(y)) for share, (x, y) in shares]
    return _("They end: {goals}.").format(goals=_(", ").join(listed)) if listed else ""


def say_here(settings: Settings) -> str:
    """Say how the run of the cell ended."""
    titles, end = names_of(settings.run.name), races.race_of(settings.race).ends[0]
    at = {name: _named(titles[axis.name], value)
          for name, axis, value in zip("xy", (settings.x, settings.y), settings.here, strict=True)}  # fmt: skip
    if end.ending is Ending.ARRIVED:
        text = _("At {x} and {y} the run arrives at step {step}.")
    else:
        text = _("At {x} and {y} the run ends at loss {loss}: {ended}.")
    return text.format(**at, step=end.arrival, loss=digits(end.loss), ended=_(races.ENDINGS[end.ending]))


def report(settings: Settings, found: Cells) -> str:
    """Return the share of each way to end as HTML."""
    rows = []
    for regime, (text, color) in REGIMES.items():
        share = float((found.regime == regime).mean())
        if share:
            square = f"<span style='color:var(--optviz-{color})'>■</span>"
            arrived = found.arrival[found.regime == regime]
            soonest = str(arrived[arrived >= 0].min()) if (arrived >= 0).any() else NOTHING
            rows.append((f"{square} {escape(_(text))}", f"{share:.1%}", soonest))
    return html((escape(_("How it ended")), escape(_("Share of the map")), escape(_("Soonest arrival"))), rows)


def parameters_of(settings: Settings) -> dict[str, list[str]]:
    """Return the link that opens the run of the cell on the surfaces page."""
    race = settings.race
    ground, schedule = race.ground, race.schedule
    numbers = {
        "steps": race.steps,
        "lr": race.learning_rate,
        "x1": race.start[0],
        "x2": race.start[1],
        "l2": ground.l2,
        "l1": ground.l1,
        "noise": ground.sigma,
        "seed": ground.seed,
        "warmup": race.warmup,
        **{f"{schedule.name}.{name}": value for name, value in schedule.values},
    }
    typed = {"f": addresses.write_formula(ground.formula)} if ground.surface == "formula" else {}
    written = {name: addresses.write_number(value) for name, value in numbers.items()}
    return {
        "surface": [ground.surface],
        **typed,
        "run": write_runs([settings.run]),
        "schedule": [schedule.name],
        **written,
    }


def theory(settings: Settings) -> list[tuple[str, str, str]]:
    """Return LaTeX, title and note of what theory says of the learning rate, where the map has it on an axis."""
    front = LR in (settings.x.name, settings.y.name) and _lines(settings.map)
    if not front:
        return []
    note = _(
        "λ is the largest curvature at the lowest minimum. On a quadratic, point and moments become the same matrix "
        "times themselves in each step: the run diverges where an eigenvalue is larger than 1, and oscillates where "
        "one is not a positive number."
    )
    return [(r"\mathrm{lr} < \frac{2}{\lambda}\ \text{(SGD)},\qquad"
             r"\mathrm{lr} < \frac{2 (1 + \beta)}{\lambda},\quad \mathrm{lr} < \frac{(1 - \sqrt{\beta})^2}{\lambda}"
             r"\ \text{(momentum)}", _("What theory allows"), note)]  # fmt: skip
