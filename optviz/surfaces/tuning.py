"""A learning rate for each optimizer on each surface, found by trying many.

`python -m optviz.surfaces.tuning` tries again for all, `python -m optviz.surfaces.tuning lion adan` for these alone.
Where no rate is kept, a new run takes the one that all share.
"""

import csv
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.trials import Trial
from optviz.surfaces.race import Course, End, Ending, race
from optviz.surfaces.surfaces import SURFACES, Surface

FILE = Path(__file__).with_name("rates.csv")
TRIED = (*(float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 2, 3, 5)), 10.0)
"""The learning rates that are tried, each from the surface's start."""
STEPS = 200
LEAP = 0.3
"""The longest step of a calm path, as a share of the picture's width and height."""
SOON = 60
"""Of the rates that arrive by this step the smallest is taken: its path is the calmest."""
EDGE = 0.02
"""A path keeps to the picture where it passes its edge by no more than this share of its width."""
MOST = 0.5
"""A run that does not arrive works if it settles in a local minimum, or makes this share of the way down."""
LEAVING = 0.6
"""Where there is no minimum, a run should leave the picture after about this share of its steps."""


class Tried(NamedTuple):
    """One run: its learning rate, its end, the first step outside of the picture, if any, and its longest step.

    The longest step is a share of the picture's width and height.
    """

    rate: float
    end: End
    outside: int | None
    stride: float

    @property
    def calm(self) -> bool:
        """Whether its path can be followed: it keeps to the picture and does not leap across it."""
        return self.outside is None and self.stride <= LEAP


def trials(surface: Surface, optimizer: str) -> list[Tried]:
    """Run an optimizer with its defaults from the surface's start at every learning rate that is tried."""
    course = Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2))
    runs = [Trial.of(course, OPTIMIZERS[optimizer](), rate) for rate in TRIED]
    result = race(runs, np.array(surface.start, dtype=float), STEPS)
    low, high = np.transpose(surface.domain)
    strides = np.nanmax(np.abs(np.diff(result.path.w, axis=0)) / (high - low), axis=(0, 2), initial=0.0)
    left = _outside(surface, result.path.w)
    return [Tried(*each) for each in zip(TRIED, result.ends, left, strides.tolist(), strict=True)]


def _outside(surface: Surface, w: Array) -> list[int | None]:
    low, high = np.transpose(surface.domain)
    margin = EDGE * (high - low)
    # a row beyond the end of its run is not finite
    inside = ((w >= low - margin) & (w <= high + margin)).all(-1)
    return [None if row.all() else int(row.argmin()) for row in inside.T]


def best(surface: Surface, optimizer: str) -> float | None:
    """Return the learning rate that works best, None if none does: its path is calm, and it arrives or comes lowest.

    Where there is no minimum the run goes down and leaves the picture, not too early. A rule that searches for its step
    may leap, and the rate is taken that arrives first, of several the one nearest to 1.
    """
    found, leaps = trials(surface, optimizer), bool(OPTIMIZERS[optimizer]().rule.searched)
    if not surface.minima:
        leaving = {t.rate: abs(t.outside - LEAVING * STEPS) for t in found if t.outside and _falls(t)}
        return min(leaving, key=leaving.__getitem__, default=None)
    calm = [trial for trial in found if trial.calm or leaps]
    arrived = {t.rate: t.end.arrival for t in calm if t.end.ending is Ending.ARRIVED and t.end.arrival is not None}
    if arrived and leaps:
        return min(arrived, key=lambda rate: (arrived[rate], abs(np.log(rate))))
    if arrived:
        soon = [rate for rate, arrival in arrived.items() if arrival <= SOON]
        return min(soon, default=min(arrived, key=arrived.__getitem__))
    good = [trial for trial in calm if trial.end.ending is Ending.LOCAL_MINIMUM or _comes_far(surface, trial.end)]
    return min(good, key=lambda trial: trial.end.loss).rate if good else None


def _falls(trial: Tried) -> bool:
    return trial.end.ending is Ending.DESCENDING


def _comes_far(surface: Surface, end: End) -> bool:
    start, least = float(surface.value(surface.start)), surface.minimum
    return least is not None and start - end.loss >= MOST * (start - least)


@cache
def kept() -> Mapping[str, Mapping[str, float]]:
    """Read the learning rates that are kept, by surface and optimizer; one that none works for is left out."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row.pop("surface"): {name: float(rate) for name, rate in row.items() if rate} for row in rows}


def tuned() -> frozenset[str]:
    """Return the optimizers whose learning rates are kept."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return frozenset(next(csv.reader(file))[1:])


def main(names: Collection[str]) -> None:
    """Try all learning rates on all surfaces with these optimizers, and keep the best."""
    before, known = kept(), [name for name in OPTIMIZERS if name in tuned() or name in names]
    rows = []
    for surface in SURFACES.values():
        old = before.get(surface.name, {})
        rates = [best(surface, name) if name in names else old.get(name) for name in known]
        rows.append([surface.name, *("" if rate is None else f"{rate:g}" for rate in rates)])
    with FILE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["surface", *known], *rows])


if __name__ == "__main__":
    main(sys.argv[1:] or list(OPTIMIZERS))
