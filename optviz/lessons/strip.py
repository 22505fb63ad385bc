"""The strip under the learning rate of a race: where each run ends at any rate, and at the one that it has."""

from dataclasses import replace
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import strip as pictures
from optviz.figures.strip import Curve
from optviz.lessons import races
from optviz.lessons.fair import bare
from optviz.lessons.races import (
    Settings,
    gap_known,
    looks,
    names_of,
    rates_of,
)
from optviz.lessons.runs import Run
from optviz.lessons.tables import digits
from optviz.locale.spoken import _, joined, language
from optviz.optimization.schedules import factor_of
from optviz.recipes import Choice
from optviz.surfaces import rates
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.rates import RATES

TICKS = ((1e-6, "10⁻⁶"), (1e-4, "10⁻⁴"), (1e-2, "0.01"), (1.0, "1"), (100.0, "100"))
DEPTH = 1e-2
"""The lower edge is at this much of what counts as near the lowest loss, so that what arrives is seen to lie lower."""


def strip(settings: Settings) -> str:
    """Return the strip of a race as HTML; nothing where the picture has no loss to measure by."""
    return _strip(replace(settings, fork=None), language())


@lru_cache(maxsize=256)
def _strip(settings: Settings, spoken: str) -> str:
    low, high = edges_of(settings)
    if not (low < high < np.inf):
        return ""
    heights, marks = heights_of(settings, finals_of(settings)), heights_of(settings, races.ends_of(settings))
    curves = [
        Curve(look, row.tolist() if is_known else None, (place(rate), float(mark)))
        for look, row, is_known, rate, mark in zip(
            looks(settings.runs), heights, known_of(settings), rates_of(settings), marks, strict=True
        )
    ]
    level = float(np.log(1.0 / DEPTH) / np.log(high / low)) if gap_known(settings) else None
    at = None if settings.shared is None else place(settings.shared)
    drawn = pictures.strip(curves, [(place(rate), text) for rate, text in TICKS], say(settings), level, at)
    return f"{drawn}<p class='optviz-small' aria-hidden='true'>{escape(caption(settings))}</p>"


def _still(settings: Settings) -> Settings:
    """Return a race without learning rates: what is the same for all of them is computed once."""
    return replace(settings, fork=None, best_from=None, learning_rate=1.0, runs=tuple(bare(settings)))


def finals_of(settings: Settings) -> Array:
    """Return the loss that each run ends with at each of RATES, `(runs, rates)`; nan where that would take long."""
    return _all_finals(_still(settings))


@lru_cache(maxsize=64)
def _all_finals(settings: Settings) -> Array:
    ground, schedule, start = settings.ground, settings.schedule, settings.start
    return np.array(
        [
            _finals(ground, run, schedule, settings.warmup, start, settings.steps)
            if is_known
            else [np.nan] * len(RATES)
            for run, is_known in zip(bare(settings), known_of(settings), strict=True)
        ]
    )


def known_of(settings: Settings) -> list[bool]:
    """Return of each run whether it is run at all RATES: one that takes long has a mark alone."""
    return [_is_quick(run) for run in bare(settings)]


@lru_cache(maxsize=256)
def _is_quick(run: Run) -> bool:
    return rates.is_quick(run.build())


@lru_cache(maxsize=256)
def _finals(ground: Ground, run: Run, schedule: Choice, warmup: int, start: tuple[float, float], steps: int) -> Array:
    return rates.finals(course_of(ground), run.build(), factor_of(schedule, warmup), start, steps)


def place(rate: float) -> float:
    """Return where a learning rate stands, as a share of the strip's width."""
    return float(np.log(rate / RATES[0]) / np.log(RATES[-1] / RATES[0]))


def edges_of(settings: Settings) -> tuple[float, float]:
    """Return what stands at the lower and the upper edge: the loss, or if its lowest is known what is beyond that."""
    course = course_of(settings.ground)
    low, high = course.span
    return (DEPTH * course.close, high - course.minima.value) if course.minima.known else (low, high)


def heights_of(settings: Settings, losses: Array) -> Array:
    """Return the heights of final losses as shares of the strip's: on a log axis where the lowest is known.

    What ends above all of the picture, or at no number, is at the upper edge.
    """
    low, high = edges_of(settings)
    with np.errstate(all="ignore"):
        if gap_known(settings):
            beyond = np.maximum(losses - course_of(settings.ground).minima.value, low)
            found = np.log(beyond / low) / np.log(high / low)
        else:
            found = (losses - low) / (high - low)
    return np.clip(np.nan_to_num(found, nan=1.0), 0.0, 1.0)


def caption(settings: Settings) -> str:
    """Say what the strip shows."""
    text = (
        _("Final loss after {steps} steps, by learning rate. Top edge: diverged. Below the dashed line: arrived.")
        if gap_known(settings)
        else _("Final loss after {steps} steps, by learning rate. Top edge: diverged.")
    )
    left_out = "" if all(known_of(settings)) else _("A mark without a curve: at all rates it would run too long.")
    return joined(text.format(steps=settings.steps), left_out)


def say(settings: Settings) -> str:
    """Say at which learning rate each run ends lowest, and from which on it diverges."""
    return _say(_still(settings), language())


@lru_cache(maxsize=64)
def _say(settings: Settings, spoken: str) -> str:
    finals = finals_of(settings)
    each = zip(names_of(settings), finals, heights_of(settings, finals), known_of(settings), strict=True)
    return joined(caption(settings), *(_say_run(*told) for *told, is_known in each if is_known))


def _say_run(name: str, losses: Array, heights: Array) -> str:
    below = np.flatnonzero(heights < 1.0)
    if not below.size:
        return _("{name} diverges at every rate.").format(name=name)
    values = {"name": name, "rate": digits(RATES[int(np.nanargmin(losses))])}
    if below[-1] + 1 == len(RATES):
        return _("{name} ends lowest at {rate}.").format(**values)
    text = _("{name} ends lowest at {rate}, and diverges from {bound} on.")
    return text.format(**values, bound=digits(RATES[below[-1] + 1]))
