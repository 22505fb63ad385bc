"""Ten classes: handwritten digits of 8 × 8 pixels, and what a network makes of them."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.networks.datasets import DataError, Dataset
from optviz.networks.training_plan import Scale

DIGITS = Path(__file__).resolve().parents[2] / "data" / "digits.csv.gz"
"""The test part of the UCI optical digits; data/README.md has its origin."""

SIDE = 8
CLASSES = 10
INK = 16
"""The largest value of a pixel: that many of its 4 × 4 dots are black."""

SHEET = 32
PEN = 1.8
"""The dots along a side of what an image was made of, and the radius of the pen that draws them here."""

TEST_SHARE = 0.2

Bitmap = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Digits(Dataset):
    """Images `x: (rows, 64)`, pixel by pixel from the upper left, and the digits `y: (rows,)` that they show."""

    @property
    def labels(self) -> NDArray[np.int_]:
        """The digits as whole numbers, (rows,)."""
        return self.y.astype(int)

    @property
    def targets(self) -> Array:
        """A row for each image with 1 at its digit, (rows, 10)."""
        targets: Array = np.eye(CLASSES)[self.labels]
        return targets

    def right(self, response: Array) -> Array:
        """Return 1 for each image of which the largest response (..., rows, 10) is that of its digit, (..., rows)."""
        return np.asarray(response.argmax(axis=-1) == self.labels, dtype=float)


@lru_cache(maxsize=1)
def digits() -> Digits:
    """Return all 1,797 images with pixels 0 ... 16; raise `DataError` where the file is missing or damaged."""
    try:
        table = np.loadtxt(DIGITS, delimiter=",")
    except (OSError, ValueError, EOFError) as error:
        raise DataError("missing", DIGITS) from error
    table.flags.writeable = False
    return Digits(table[:, :-1], table[:, -1])


@lru_cache(maxsize=32)
def split(seed: int) -> tuple[Digits, Digits]:
    """Return (training, test), pixels 0 ... 16: a fifth of each digit's images is held out, drawn by the seed."""
    return digits().split(TEST_SHARE, seed)


SCALES = ("unit", "standard")
"""How pixels come to the network: divided by 16, or each with mean 0 and deviation 1 over the training images."""


def scale_of(training: Digits, scale: str) -> Scale:
    """Return one of `SCALES`, as the training images alone determine it."""
    return {"unit": Scale(np.zeros(SIDE**2), np.full(SIDE**2, float(INK))), "standard": Scale.of(training.x)}[scale]


def scaled(training: Digits, test: Digits, scale: str) -> tuple[Digits, Digits]:
    """Return both with their pixels scaled by what the training images alone say."""
    by = scale_of(training, scale)
    return replace(training, x=by(training.x)), replace(test, x=by(test.x))


def inked(bitmap: Bitmap, stroke: Array) -> Bitmap:
    """Return a bitmap (32, 32) with the dots of a stroke `(points, 2)` of a round pen as well.

    A point (x, y) is counted in dots from the middle of the upper left one.
    """
    lengths = np.abs(np.diff(stroke, axis=0)).max(axis=-1, initial=0.0)
    parts = [np.linspace(*ends, 2 + int(2 * length)) for ends, length in zip(pairwise(stroke), lengths, strict=True)]
    y, x = np.mgrid[:SHEET, :SHEET]
    drawn = bitmap.copy()
    for dots in (stroke, *parts):  # one by one: all at once, a long stroke takes a gigabyte
        drawn |= np.hypot(x[..., None] - dots[:, 0], y[..., None] - dots[:, 1]).min(axis=-1) <= PEN
    return drawn


def seen(bitmap: Bitmap) -> Array:
    """Return a drawing `(32, 32)` as the images of the data set were made, (64,): all of it, as large as can be.

    The smallest box about the dots is stretched until it is as high or wide as the sheet, and centered; the dots in
    each block of 4 × 4 are counted.
    """
    rows, columns = (np.flatnonzero(bitmap.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros(SIDE**2)
    middles = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
    size = max(np.ptp(rows), np.ptp(columns)) + 1
    steps = ((np.arange(SHEET) + 0.5) / SHEET - 0.5) * size
    i, j = (np.rint(middle + steps).astype(int) for middle in middles)
    inside = ((i >= 0) & (i < SHEET))[:, None] & ((j >= 0) & (j < SHEET))
    large = bitmap[i.clip(0, SHEET - 1)[:, None], j.clip(0, SHEET - 1)] & inside
    block = SHEET // SIDE
    counts: Array = large.reshape(SIDE, block, SIDE, block).sum(axis=(1, 3)).ravel().astype(float)
    return counts


def confusion(shown: NDArray[np.int_], read: NDArray[np.int_]) -> NDArray[np.int_]:
    """Count how often each digit was read as which: (..., rows) readings of `shown: (rows,)` give (..., 10, 10).

    A row is a digit shown, a column what was read.
    """
    cells = shown * CLASSES + read
    pairs = np.arange(CLASSES**2)
    counts: NDArray[np.int_] = (cells[..., None] == pairs).sum(axis=-2)
    return counts.reshape(*read.shape[:-1], CLASSES, CLASSES)


def tiles(images: Array, columns: int, gap: float) -> Array:
    """Lay images (..., n, 64) out in rows of so many, one pixel of `gap` between them: (..., height, width)."""
    *lead, n, _ = images.shape
    rows, pitch = -(-n // columns), SIDE + 1
    sheet = np.full((*lead, rows * pitch - 1, columns * pitch - 1), gap)
    for i in range(n):
        top, left = pitch * (i // columns), pitch * (i % columns)
        sheet[..., top : top + SIDE, left : left + SIDE] = images[..., i, :].reshape(*lead, SIDE, SIDE)
    return sheet
