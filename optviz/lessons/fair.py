"""A fair race: each run at the learning rate that is the best for it, of many that are tried."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import cast

from optviz.arrays import Array
from optviz.lessons.races import Settings, length_of, rates_of
from optviz.lessons.runs import Run
from optviz.optimization.schedules import factor_of
from optviz.recipes import Choice
from optviz.surfaces import rates
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.rates import Best


def at_best(settings: Settings) -> Settings:
    """Return a race with the best learning rate of each run; where none is the best, each has what was set for it."""
    is_known = course_of(settings.ground).minima.known
    best = best_of(settings) if is_known else [None] * len(settings.runs)
    chosen = zip(_runs(settings), best, rates_of(settings), strict=True)
    runs = tuple(replace(run, learning_rate=found.rate if found else rate) for run, found, rate in chosen)
    return replace(settings, runs=runs, best_from=settings.start)


def best_of(settings: Settings) -> list[Best | None]:
    """Return the best learning rate of each run, whatever rate it has."""
    ground, schedule, start = settings.ground, settings.schedule, settings.start
    length = length_of(settings.steps)
    losses = [_losses(ground, run, schedule, settings.warmup, start, length) for run in bare(settings)]
    return [rates.best(course_of(ground), each[: settings.steps + 1]) for each in losses]


def bare(settings: Settings) -> list[Run]:
    """Return the runs of a race without learning rates."""
    return [replace(run, learning_rate=None) for run in _runs(settings)]


# The longest are a megabyte each.
@lru_cache(maxsize=16)
def _losses(ground: Ground, run: Run, schedule: Choice, warmup: int, start: tuple[float, float], steps: int) -> Array:
    return rates.losses(course_of(ground), run.build(), factor_of(schedule, warmup), start, steps)


def _runs(settings: Settings) -> Sequence[Run]:
    return cast(Sequence[Run], settings.runs)
