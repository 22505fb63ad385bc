"""Numbers that a visitor typed: a row or a table of them, read from text and never evaluated."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from optviz.activations import Array

MOST_CHARACTERS = 2000

_SPELLINGS = str.maketrans("，；、［］【】（）−－", ",;,[][]()--")
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|∞)", re.ASCII | re.IGNORECASE)


class Fault(StrEnum):
    """Why a text was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NOT_FINITE = "not_finite"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    RAGGED = "ragged"


class EntryError(ValueError):
    """A text that is not the numbers asked for: `fault` is the code, `piece` what offends, `limit` what is allowed."""

    def __init__(self, fault: Fault, piece: str = "", limit: float = math.nan) -> None:
        self.fault, self.limit = fault, limit
        self.piece = piece if len(piece) <= 40 else piece[:39] + "…"
        super().__init__(f"{fault.value}: {self.piece!r}")


@dataclass(frozen=True)
class Entry:
    """What may be typed: how many numbers a row, between which values, whether whole and whether finite.

    A `table` has rows, separated by semicolons or line breaks, all of one length.
    """

    fewest: int = 1
    most: int = 20
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    infinite: bool = False
    table: bool = False
    most_rows: int = 20

    def read(self, text: str) -> Array:
        """Return the numbers of a text, `(n,)` or as a table `(rows, n)`; raise `EntryError`.

        Numbers are separated by commas or spaces; brackets around them are allowed, and so are full-width signs.
        """
        if len(text) > MOST_CHARACTERS:
            raise EntryError(Fault.TOO_LONG, text, MOST_CHARACTERS)
        plain = text.translate(_SPELLINGS).strip()
        if self.table:
            plain = re.sub(r"\]\s*,?\s*\[", ";", plain)
        plain = re.sub(r"[\[\]()]", " ", plain).strip()
        rows = [row for row in re.split(r"[;\n]", plain) if row.strip()] if self.table else [plain]
        if not rows or not rows[0]:
            raise EntryError(Fault.EMPTY)
        if len(rows) > self.most_rows:
            raise EntryError(Fault.TOO_MANY, rows[self.most_rows].strip(), self.most_rows)
        numbers = [self._row(row) for row in rows]
        if len({len(row) for row in numbers}) > 1:
            uneven = next(row for row, read in zip(rows, numbers, strict=True) if len(read) != len(numbers[0]))
            raise EntryError(Fault.RAGGED, uneven.strip(), len(numbers[0]))
        return np.array(numbers if self.table else numbers[0])

    def _row(self, text: str) -> list[float]:
        pieces = [piece for piece in re.split(r"[,\s]+", text) if piece]
        if len(pieces) < self.fewest:
            raise EntryError(Fault.TOO_FEW, text.strip(), self.fewest)
        if len(pieces) > self.most:
            raise EntryError(Fault.TOO_MANY, pieces[self.most], self.most)
        return [self._number(piece) for piece in pieces]

    def _number(self, piece: str) -> float:
        if not _NUMBER.fullmatch(piece):
            raise EntryError(Fault.NOT_A_NUMBER, piece)
        value = float(piece.replace("∞", "inf"))
        if not self.infinite and not math.isfinite(value):
            raise EntryError(Fault.NOT_FINITE, piece)
        if self.whole and value != round(value):
            raise EntryError(Fault.NOT_WHOLE, piece)
        if value < self.low:
            raise EntryError(Fault.TOO_SMALL, piece, self.low)
        if value > self.high:
            raise EntryError(Fault.TOO_LARGE, piece, self.high)
        return value


def write(numbers: Array) -> str:
    """Write numbers as `Entry` reads them back: `1, 2.5` or, of a table, `1, 2; 3, 4`."""
    array = np.asarray(numbers, dtype=float)
    rows = array if array.ndim > 1 else array[None]
    return "; ".join(", ".join(repr(float(x)).removesuffix(".0") for x in row) for row in rows)
