"""Points in the plane in two classes: the course's dot.csv, tables of the same form, and generated sets beside them.

Generated sets lie within about [-3, 3]^2, have as many points of class 1 as of class 0, alternating, and come out
the same for the same parameters.
"""

from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.recipes import Range, recipe, registry

if TYPE_CHECKING:
    import pandas as pd

DOT = Path(__file__).resolve().parents[2] / "data" / "dot.csv"
"""The course's data set."""

COLUMNS = ("x1", "x2", "y_c")
"""The header a table must have."""

MAX_ROWS = 10_000
MAX_BYTES = 1_000_000
"""What a table may measure: a longer one would not train while one watches."""

BOUNDARY = 0.5
"""The response above which a point belongs to class 1."""

Points = Annotated[int, Range(20, 1000, "n")]
Noise = Annotated[float, Range(0.0, 1.0, r"\sigma")]
Seed = Annotated[int, Range(0, 9999, "seed")]


class DataError(ValueError):
    """A table that cannot be used.

    `reason` is one of "missing", "empty", "too_large", "not_text", "wrong_columns", "wrong_header", "not_numeric",
    "non_finite", "wrong_labels" and "one_class"; `detail` is the offending file, text or number; `row` counts from the
    header, which is row 1, and is 0 where no one row is at fault.
    """

    def __init__(self, reason: str, detail: object = "", row: int = 0) -> None:
        super().__init__(f"{reason}{f', row {row}' if row else ''}: {detail}")
        self.reason = reason
        self.detail = str(detail)
        self.row = row


@dataclass(frozen=True, eq=False)
class Dataset:
    """Points `x: (rows, 2)` and their classes `y: (rows,)`, each 0.0 or 1.0.

    Other tables are subclasses with their own `targets` and what is `right`.
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.y)

    @property
    def targets(self) -> Array:
        """What a network's outputs should be, (rows, outputs)."""
        return self.y[:, None]

    def right(self, response: Array) -> Array:
        """Return 1 for each row whose class the response (..., rows, outputs) says, else 0, (..., rows)."""
        said = response[..., 0] > BOUNDARY
        return np.asarray(said == (self.y > BOUNDARY), dtype=float)

    def take(self, rows: NDArray[np.int_] | NDArray[np.bool_]) -> Self:
        """Return the data set of these rows, in their order."""
        return replace(self, x=self.x[rows], y=self.y[rows])

    def split(self, validation_fraction: float, seed: int = 0) -> tuple[Self, Self]:
        """Return (training, validation), with the same share of each class taken out for validation.

        Which rows are taken depends on the seed alone; the rows keep their order. A class never loses its last row
        to the validation, and the fraction lies in [0, 1).
        """
        if not 0 <= validation_fraction < 1:
            raise ValueError(f"the validation fraction lies in [0, 1), not at {validation_fraction}")
        rng = np.random.default_rng(seed)
        held_out = np.zeros(len(self), dtype=bool)
        for label in np.unique(self.y):
            rows = rng.permutation(np.flatnonzero(self.y == label))
            held_out[rows[: min(round(validation_fraction * len(rows)), len(rows) - 1)]] = True
        return self.take(~held_out), self.take(held_out)


def read_table(path: str | Path) -> Dataset:
    """Read a file as `parse_table` does; raise `DataError` also where there is none, or one that is too large."""
    try:
        with open(path, "rb") as file:
            return parse_table(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise DataError("missing", path) from error


def parse_table(content: bytes) -> Dataset:
    """Read a table of comma-separated values with the header x1,x2,y_c; raise `DataError` where it is not one."""
    if len(content) > MAX_BYTES:
        raise DataError("too_large", f"{MAX_BYTES} B")
    cells = _read_cells(content)
    if cells.shape[1] != len(COLUMNS):
        raise DataError("wrong_columns", cells.shape[1], 1)
    header, body = tuple(cells.iloc[0].str.strip()), cells.iloc[1:]
    if header != COLUMNS:
        raise DataError("wrong_header", ",".join(header)[:40], 1)
    if body.empty:
        raise DataError("empty")
    if len(body) > MAX_ROWS:
        raise DataError("too_large", len(body))
    return _check(_read_numbers(body))


def _read_cells(content: bytes) -> "pd.DataFrame":
    """Return the table's cells as text, header included, every row as long as the first."""
    # Only a table needs pandas, which takes a quarter of a second to import.
    import pandas as pd

    try:
        # Only the Python engine tells a cell that is missing (nan) from one that is empty.
        cells = pd.read_csv(BytesIO(content), header=None, dtype=str, keep_default_na=False, engine="python")
    except pd.errors.EmptyDataError as error:
        raise DataError("empty") from error
    except pd.errors.ParserError as error:
        raise DataError("wrong_columns", error) from error
    except UnicodeError as error:
        raise DataError("not_text", error) from error
    short = cells.isna()
    if short.any(axis=None):
        row = int(short.any(axis="columns").argmax())
        raise DataError("wrong_columns", (~short.iloc[row]).sum(), row + 1)
    return cells


def _read_numbers(body: "pd.DataFrame") -> Array:
    """Return text cells as numbers: Python's own reading, which is exact to the last bit."""
    numbers = np.empty(body.shape)
    for (row, column), cell in np.ndenumerate(body.to_numpy(dtype=object)):
        try:
            numbers[row, column] = float(cell)
        except ValueError as error:
            raise DataError("not_numeric", cell[:40], row + 2) from error
    return numbers


def _check(table: Array) -> Dataset:
    """Return the rows (x1, x2, class) as a data set of finite points and two classes, 0 and 1."""
    x, y = table[:, :2], table[:, 2]
    _refuse(table, ~np.logical_and.reduce(np.isfinite(table), axis=1), "non_finite")
    _refuse(y, ~np.isin(y, (0.0, 1.0)), "wrong_labels")
    if len(np.unique(y)) == 1:
        raise DataError("one_class", f"{y[0]:g}")
    return Dataset(x, y)


def _refuse(values: Array, wrong: NDArray[np.bool_], reason: str) -> None:
    """Raise for the first row that is wrong."""
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(reason, values[row], row + 2)


def draw_dot() -> Dataset:
    """Draw what dot.csv holds: 300 points, each coordinate normal, of class 1 within the circle of radius sqrt(2)."""
    x = np.random.RandomState(2).randn(300, 2)
    return Dataset(x, (np.square(x).sum(axis=1) < 2).astype(float))


def write_table(data: Dataset, path: Path) -> None:
    """Write a data set as a table that reads back the same to the last bit."""
    rows = (f"{x1!r},{x2!r},{int(label)}" for (x1, x2), label in zip(data.x.tolist(), data.y, strict=True))
    path.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8", newline="\n")


@recipe("dot.csv", formula=r"x_1^2 + x_2^2 < 2", source="the course's table of 300 rows")
def dot() -> Dataset:
    """The course's 300 points; class 1 lies inside the circle of radius √2."""
    return read_table(DOT)


@recipe(
    "Moons",
    formula=r"(\cos\theta, \sin\theta),\ (1 - \cos\theta, \tfrac12 - \sin\theta)",
    source="scikit-learn's make_moons",
)
def moons(n: Points = 300, noise: Noise = 0.2, seed: Seed = 0) -> Dataset:
    """Draw two interlocking half circles."""
    y, rng = _labels(n), np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    return Dataset(1.6 * np.where(y[:, None] == 1, -upper, upper) + rng.normal(0, noise, (n, 2)), y)


@recipe("XOR", formula=r"x_1 x_2 < 0", source="Minsky & Papert 1969")
def xor(
    n: Points = 300,
    noise: Noise = 0.1,
    gap: Annotated[float, Range(0.0, 1.0, r"\delta")] = 0.3,
    seed: Seed = 0,
) -> Dataset:
    """Draw four squares, half a `gap` from the axes; squares that touch at a corner share a class."""
    y, rng = _labels(n), np.random.default_rng(seed)
    x = rng.uniform(gap / 2, 2.5, (n, 2)) * rng.choice([-1.0, 1.0], (n, 1))
    x[y == 1, 1] *= -1
    return Dataset(x + rng.normal(0, noise, (n, 2)), y)


@recipe("Spirals", formula=r"r = 2.6\,s,\quad \varphi = 2\pi k s + \pi y", source="Lang & Witbrock 1988")
def spirals(
    n: Points = 300,
    noise: Noise = 0.05,
    turns: Annotated[float, Range(0.25, 3.0, "k")] = 1.25,
    seed: Seed = 0,
) -> Dataset:
    """Draw two arms wound around each other, evenly along the parameter s in (0, 1)."""
    y, rng = _labels(n), np.random.default_rng(seed)
    s = np.sqrt(rng.uniform(0.01, 1, n))
    angle = 2 * np.pi * turns * s + np.pi * y
    x = 2.6 * s[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Dataset(x + rng.normal(0, noise, (n, 2)), y)


@recipe("Blobs", formula=r"\mathcal{N}(\pm(d, d)/2,\ \sigma^2)", source="two normal distributions")
def blobs(
    n: Points = 300,
    noise: Noise = 0.6,
    distance: Annotated[float, Range(0.0, 4.0, "d")] = 2.0,
    seed: Seed = 0,
) -> Dataset:
    """Draw two round clouds of standard deviation `noise`, `distance` apart along either axis."""
    y, rng = _labels(n), np.random.default_rng(seed)
    center = (y - 0.5)[:, None] * distance
    return Dataset(center + rng.normal(0, noise, (n, 2)), y)


@recipe("Circles", formula=r"r < 1,\quad 1 + \delta < r < 2.6", source="TensorFlow Playground's circle")
def circles(
    n: Points = 300,
    noise: Noise = 0.1,
    gap: Annotated[float, Range(0.0, 1.0, r"\delta")] = 0.5,
    seed: Seed = 0,
) -> Dataset:
    """Draw a disk of class 1 and a ring of class 0 around it, a `gap` apart."""
    y, rng = _labels(n), np.random.default_rng(seed)
    radius = np.where(y == 1, np.sqrt(rng.uniform(0, 1, n)), np.sqrt(rng.uniform((1 + gap) ** 2, 2.6**2, n)))
    angle = rng.uniform(0, 2 * np.pi, n)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Dataset(x + rng.normal(0, noise, (n, 2)), y)


def _labels(n: int) -> Array:
    """Return 1, 0, 1, 0, ...: alternating, so that batches are mixed even where they are not shuffled."""
    return (np.arange(1, n + 1) % 2).astype(float)


DATASETS = registry([dot, moons, xor, spirals, blobs, circles])
