"""The warm-up functions: each call as code with the visitor's numbers, what it gives, and what does not fit."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.figures import functions as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.tables import digits
from optviz.lessons.words import field_error
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.functions import (
    CASTS,
    Axis,
    Misfit,
    WarmupError,
    bell,
    grid_points,
    histogram,
    normal,
    rand,
    vstack,
    where_greater,
)
from optviz.typed_numbers import FieldError

BINS = 40
WIDTH = 60
SHOWN = 60
"""Rows of a result that are written out: more would push the page away."""

_MISFITS = {
    Misfit.LENGTHS: N_(
        "a has {first} numbers and b has {second}: they need the same count, or one of them a single number."
    ),
    Misfit.COLUMNS: N_("The rows of a have {first} numbers and those of b {second}: stacking needs the same count."),
    Misfit.NO_STEP: N_("A step of 0 never gets from {first} to {second}."),
    Misfit.EMPTY: N_("This step leaves no point between {first} and {second}."),
    Misfit.TOO_MANY: N_("That would be {first} points on one axis; at most {second} can be told apart."),
}


def misfit(error: WarmupError) -> str:
    """Say what does not fit together."""
    return _(_MISFITS[error.misfit]).format(first=f"{error.first:g}", second=f"{error.second:g}")


def axis_error(error: ValueError) -> str:
    """Say what is wrong with an axis."""
    if isinstance(error, WarmupError):
        return misfit(error)
    assert isinstance(error, FieldError)
    return joined(field_error(error), _("Write an axis as start:stop:step."))


class Call(NamedTuple):
    """A call as code and what it gives; or, where the numbers do not fit, why."""

    code: str
    result: str
    trouble: str = ""


def _called(code: str, compute: Callable[[], object]) -> Call:
    try:
        return Call(code, _written(compute()))
    except WarmupError as error:
        return Call(code, "", misfit(error))


def _written(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    lines = np.array2string(value, max_line_width=WIDTH).splitlines()
    more = [f" … {len(lines) - SHOWN} …"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])


def _list(numbers: Array) -> str:
    return str(_whole(numbers).tolist())


def _whole(numbers: Array) -> NDArray[np.generic]:
    """Return numbers as integers where all of them are whole, as they would be typed."""
    whole = np.all(numbers == np.round(numbers)) and np.abs(numbers).max(initial=0) < 2**31
    return numbers.astype(np.int64) if whole else numbers


def where_call(a: Array, b: Array) -> Call:
    """Return `tf.where` on two rows of numbers."""
    # TensorFlow compares numbers of one type only, and makes int32 or float32 of a list.
    whole = _whole(np.concatenate([a, b]))
    lists = whole[: len(a)].tolist(), whole[len(a) :].tolist()
    code = f"a = tf.constant({lists[0]})\nb = tf.constant({lists[1]})\nc = tf.where(tf.greater(a, b), a, b)"
    kind = np.int32 if whole.dtype.kind == "i" else np.float32
    return _called(code, lambda: where_greater(a, b).astype(kind))


def rand_call(seed: int, rows: int, columns: int) -> Call:
    """Return `RandomState.rand` for one number and for a table."""
    code = f"rdm = np.random.RandomState({seed})\na = rdm.rand()\nb = rdm.rand({rows}, {columns})"
    one, several = rand(seed, rows, columns)
    return Call(code, f"a = {one!r}\nb =\n{_written(several)}")


def vstack_call(a: Array, b: Array) -> Call:
    """Return `np.vstack` on two rows or tables."""
    a, b = (table[0] if len(table) == 1 else table for table in (a, b))
    code = f"a = np.array({_list(a)})\nb = np.array({_list(b)})\nc = np.vstack((a, b))"
    return _called(code, lambda: _whole(vstack(a, b)))


def grid_call(x: Axis, y: Axis) -> Call:
    """Return `np.mgrid`, `ravel` and `np.c_`: the points of a grid, one a row."""
    code = f"x, y = np.mgrid[{x}, {y}]\ngrid = np.c_[x.ravel(), y.ravel()]"
    return Call(code, _written(grid_points(x, y)))


def cast_call(x: Array, to: str) -> Call:
    """Return `tf.cast` of float64 numbers to another type."""
    code = f"x = tf.constant({x.tolist()}, tf.float64)\ny = tf.cast(x, tf.{to})"
    return Call(code, _written(CASTS[to](x)))


def normal_call(mean: float, deviation: float, n: int, seed: int) -> Call:
    """Return `tf.random.normal`, whose digits are its own: NumPy draws here from the same distribution."""
    drawn = normal(mean, deviation, n, seed)
    code = f"tf.random.set_seed({seed})\nd = tf.random.normal([{n}], mean={mean!r}, stddev={deviation!r})"
    summary = _("mean {mean}, standard deviation {deviation}").format(
        mean=digits(drawn.mean()), deviation=digits(drawn.std())
    )
    return Call(code, f"{_written(drawn[:4])} …\n{summary}")


def say(x: Axis, y: Axis) -> str:
    """Say what the grid is for."""
    across, up = len(x.values), len(y.values)
    return _(
        "{across} values of x times {up} values of y make {points} points. On such a grid the course "
        "computes the network's outputs and draws the boundary between the classes."
    ).format(across=across, up=up, points=across * up)


def arrays_of(x: Axis, y: Axis, mean: float, deviation: float, n: int, seed: int) -> dict[str, Array]:
    """Return what the two panels follow, a row each."""
    points = grid_points(x, y)
    centers, counts = histogram(normal(mean, deviation, n, seed), mean, deviation, BINS)
    expected = bell(centers, mean, deviation, n)
    rows = {"x": points[:, 0], "y": points[:, 1], "centers": centers, "counts": counts, "bell": expected}
    return {name: row[None] for name, row in rows.items()}


def panels() -> tuple[Panel, ...]:
    """Return the grid of points and the histogram of the draws."""
    return _panels(language())


@lru_cache(maxsize=4)
def _panels(spoken: str) -> tuple[Panel, ...]:
    words = {
        "points": _("Points of the grid"),
        "value": _("Value"),
        "count": _("Number of samples"),
        "draws": _("Samples"),
        "bell": _("Expected"),
    }
    drawn = (
        (_("np.mgrid: the points of a grid"), pictures.points(words), "grid"),
        (_("tf.random.normal: many samples"), pictures.draws(words), "draws"),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in drawn)
