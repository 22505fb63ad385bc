"""What only many digits tell of a 2-D objective: which of two points is lower, and where a way down leads."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from optviz.expressions import DIGITS

Point = tuple[Any, Any]
"""Two numbers of many digits."""

SHAKE = DIGITS.mpf(10) ** -445
"""So little of a number changes its last digits."""
ROUNDINGS = 64
"""Two values are the same where they differ by no more than so many times what rounding does to them."""
BESIDE = DIGITS.mpf(10) ** -25
"""How near to a point its limit is looked for."""
ALIKE = DIGITS.mpf(10) ** -20
"""What differs by no more around a point has a limit there."""
WIDTH = DIGITS.mpf(10) ** -110
"""How wide differences are."""
LEVEL = DIGITS.mpf(10) ** -200
"""A slope or a curvature no larger than this is what differences leave of none."""
COARSE, FINE, FINEST = 10, 36, 72
"""A way down is looked for with a cell halved so often, followed with one so fine, and beside a jump still finer."""
GRAIN = DIGITS.mpf(2) ** -64
"""A valley is followed on points that are whole multiples of this."""
STEPS = 400
"""So many steps are tried on a way down."""
AXES = ((1, 0), (-1, 0), (0, 1), (0, -1))
RING = tuple((a * x, b * y) for x, y in ((1, 3), (3, 1)) for a in (1, -1) for b in (1, -1))
"""Directions, each with its opposite, that no axis or diagonal is among."""


class Grid(NamedTuple):
    """Where it is looked for minima: a box, and how far the points of a grid in it are apart."""

    low: Sequence[float]
    high: Sequence[float]
    cell: Sequence[float]

    def holds(self, w: Sequence[Any]) -> bool:
        """Whether a point lies in the box or on its edge."""
        return all(low <= x <= high for low, x, high in zip(self.low, w, self.high, strict=True))


def rounding(height: Any) -> Any:
    """Return what is surely rounding beside a height."""
    return DIGITS.mpf(10) ** -400 * (1 + abs(height))


def number(w: Iterable[float]) -> Point:
    """Return a point in numbers of many digits."""
    x1, x2 = (DIGITS.mpf(float(x)) for x in w)
    return x1, x2


@dataclass(frozen=True)
class Exact:
    """An objective in 450 digits of any size: `precisely(x1, x2)`, which raises where it has no value."""

    precisely: Callable[..., Any]

    def value(self, w: Point) -> Any | None:
        """Return the value at a point, None where there is no finite real one."""
        try:
            value = DIGITS.mpf(self.precisely(*w))
        except (ArithmeticError, NameError, TypeError, ValueError):
            return None
        return value if DIGITS.isfinite(value) else None

    def height(self, w: Point) -> Any | None:
        """Return the value at a point, or its limit where that is alike on all sides; None where there is neither."""
        value = self.value(w)
        if value is not None:
            return value
        around = self.around(w, BESIDE)
        if not around or max(around) - min(around) > ALIKE * (1 + abs(min(around))):
            return None
        return max(around) if abs(max(around)) > ALIKE else DIGITS.mpf(0)

    def around(self, w: Point, reach: Any) -> list[Any]:
        """Return the values that there are around a point."""
        values = [self.value(_moved(w, reach, direction)) for direction in RING]
        return [value for value in values if value is not None]

    def unknown(self, w: Point, height: Any) -> Any:
        """Return how much of the height at a point is rounding: what changes when the last digits of the point do."""
        x1, x2 = w
        shaken = self.height((x1 + SHAKE * x1, x2 + SHAKE * x2))
        return SHAKE * abs(height) + (0 if shaken is None else ROUNDINGS * abs(shaken - height))

    def bottom(self, w: Point, grid: Grid, valley: Sequence[float] | None = None) -> Point:
        """Return the point to which steps down lead, along the axes or along a valley; w itself where none goes down.

        It may be the first one beyond the box.
        """
        return self._descended(w, grid, valley, 0, COARSE)

    def _descended(self, w: Point, grid: Grid, valley: Sequence[float] | None, halvings: int, patience: int) -> Point:
        """Go down by steps of a cell halved so often; it is doubled where one succeeds, else halved."""
        low = self.height(w)
        for _step in range(STEPS if low is not None else 0):
            reach = DIGITS.mpf(2) ** -halvings
            tried = self._around(w, reach, grid.cell, valley)
            lower = next((each for each in tried if self._is_lower(each, w, low)), None)
            if lower is not None:
                w, low, patience = lower, self.height(lower), max(patience, FINE)
                halvings -= 1
            else:
                halvings += 1
            if halvings > patience or not grid.holds(w):
                break
        return w

    def _around(self, w: Point, reach: Any, cell: Sequence[float], valley: Sequence[float] | None) -> Iterator[Point]:
        """Return what is a step from a point, along the axes, or along a valley and then down to its floor."""
        for a, b in AXES:
            yield _moved(w, reach, (a * cell[0], b * cell[1]))
        if valley is not None:
            across = (-valley[1], valley[0])
            for way in (reach * min(cell), -reach * min(cell)):
                x1, x2 = self.across(_moved(w, way, valley), across)[0]
                # Nearer to a jump than this no step of `is_taken` leads.
                yield DIGITS.nint(x1 / GRAIN) * GRAIN, DIGITS.nint(x2 / GRAIN) * GRAIN

    def across(self, w: Point, direction: Sequence[float]) -> tuple[Point, Any | None]:
        """Return the lowest point on a line through a point, and what the last of Newton's steps to it has gained.

        None for the gain where the line bends down, or where there is no value.
        """
        gain = None
        for _step in range(7):
            slope, bend = self._line(w, direction)
            if not bend > 0:
                return w, None
            gain = slope**2 / bend
            if gain <= rounding(self.height(w)):
                break
            w = _moved(w, -slope / bend, direction)
        return w, gain

    def way(self, w: Point, along: Sequence[float]) -> float:
        """Return slope / curvature along a valley's floor, after Newton the way back to where it is level; 0 there."""
        floor, _gain = self.across(w, (-along[1], along[0]))
        slope, bend = self._line(floor, along)
        if abs(slope) <= LEVEL:
            return 0.0
        return float(slope / bend) if abs(bend) > LEVEL else math.inf

    def _line(self, w: Point, direction: Sequence[float]) -> tuple[Any, Any]:
        """Return slope and curvature along a line, nan where there is no value."""
        before, here, after = (self.height(_moved(w, reach, direction)) for reach in (-WIDTH, 0, WIDTH))
        if before is None or here is None or after is None:
            return DIGITS.nan, DIGITS.nan
        return (after - before) / (2 * WIDTH), (before - 2 * here + after) / WIDTH**2

    def is_taken(self, w: Point, grid: Grid) -> bool:
        """Whether a bottom is a point with a value, rather than one beside a jump, where the next one is always lower.

        Beside a jump the values very near rise as much as those farther off.
        """
        low = self.height(w)
        if low is None:
            return False
        far, near = (
            self.around(w, min(grid.cell) * DIGITS.mpf(2) ** -halvings) for halvings in (FINE // 3, FINE // 3 * 2)
        )
        jumps = bool(far and near) and max(near) - low > 0.9 * (max(far) - low)
        return not jumps or self._descended(w, grid, None, FINE, FINEST) == w

    def rounded(self, w: Point, grid: Grid) -> Point:
        """Return a point in few decimals where it is as low there."""
        decimals = 6 - math.floor(math.log10(min(grid.cell)))
        shorter = number([round(float(x), decimals) for x in w])
        height, short = self.height(w), self.height(shorter)
        if height is None or short is None or short > height + self.unknown(w, height):
            return w
        return shorter

    def _is_lower(self, w: Point, than: Point, low: Any) -> bool:
        height = self.height(w)
        return height is not None and height < low and height < low - self.unknown(than, low)


def exact_of(objective: Any) -> Exact | None:
    """Return an objective in many digits, None where it cannot be had so."""
    precisely = getattr(objective, "precisely", None)
    return precisely and Exact(precisely)


def _moved(w: Point, reach: Any, direction: Sequence[float]) -> Point:
    return w[0] + reach * direction[0], w[1] + reach * direction[1]
