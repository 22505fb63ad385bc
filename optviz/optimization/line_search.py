"""A search along a line: how far to go against a direction until the loss has fallen by enough."""

from collections.abc import Callable

import numpy as np

from optviz.arrays import Array, Number

SHARE, SHRINK, STEEPNESS = 1e-4, 0.5, 0.9
"""The share of the promised descent that is enough, what is left of a step that was too long, which slope is flat."""
TRIALS = 60
"""So many steps are tried."""


def searched(
    slope_at: Callable[[Array], tuple[Array, Array]],
    w: Array,
    here: Array,
    g: Array,
    direction: Array,
    first: Number,
    share: Number,
    shrink: Number = SHRINK,
    steepness: Number | None = None,
) -> Array:
    """Return a step s against a direction d by which the loss falls by enough, (..., 1).

    f(w - s d) <= f(w) - share * s <g, d>                         (Armijo)

    Tried are first, first * shrink, first * shrink^2, .... With a `steepness` the step is long enough too,

    <g(w - s d), d> <= steepness * <g, d>                         (Wolfe)

    and goes farther where it is not: between one that is too short and one that is too long. It is 0 where d leads not
    downhill, <g, d> <= 0, and where the loss falls by enough at none of `TRIALS` steps.

    `slope_at` are loss and gradient at a point, `here: (..., 1)` the loss at w. Nocedal & Wright 2006, algorithm 3.1;
    Lewis & Overton 2013, algorithm 2.6.
    """
    slope = np.sum(g * direction, axis=-1, keepdims=True)
    low, high = np.zeros_like(slope), np.full_like(slope, np.inf)
    step, is_open = first + low, slope > 0.0
    for _trial in range(TRIALS):
        if not is_open.any():
            break
        loss, there = slope_at(w - step * direction)
        falls = is_open & (loss[..., None] <= here - share * step * slope)
        low, high = np.where(falls, step, low), np.where(is_open & ~falls, step, high)
        if steepness is not None:
            falls = falls & (np.sum(there * direction, axis=-1, keepdims=True) <= steepness * slope)
        is_open = is_open & ~falls
        step = np.where(high < np.inf, low + shrink * (high - low), step / shrink)
    return low
