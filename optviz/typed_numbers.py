"""Numbers that a visitor typed: one, a row or a table of them, read from text and never evaluated."""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from optviz.arrays import Array
from optviz.numerals import readings
from optviz.signs import respelled

MOST_CHARACTERS = 2000

_LIST_COMMAS = str.maketrans({"，": ", ", "、": ", ", "،": ", "})
_CALL = re.compile(r"[\w.]*(?:array|tensor|constant|matrix)\s*(?=\()|,\s*(?:dtype|device|requires_grad)\s*=\s*[\w.:']+")
_BRACKETS = re.compile(r"[\[\](){}]")
_ROWS = re.compile(r"[]})]\s*,?\s*[\[{(]")
_SPACED_COMMA = re.compile(r",\s|\s,")
_ZERO_FIRST = re.compile(r",0\d")
_LOOSE = re.compile(r",\s+|\s+,|\s+")
_ANY = re.compile(r"[,\s]+")

Pieces = list[list[str]]
"""Rows of texts of one number each."""


class Fault(StrEnum):
    """Why a text was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NOT_FINITE = "not_finite"
    UNCLEAR = "unclear"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    RAGGED = "ragged"


class FieldError(ValueError):
    """A text that is not the numbers asked for: `fault` is the code, `piece` what offends, `limit` what is allowed.

    Of an unclear number `limit` is the other reading.
    """

    def __init__(self, fault: Fault, piece: str = "", limit: float = math.nan) -> None:
        self.fault, self.limit = fault, limit
        self.piece = piece if len(piece) <= 40 else piece[:39] + "…"
        super().__init__(f"{fault.value}: {self.piece!r}")


@dataclass(frozen=True)
class Field:
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
        """Return the numbers of a text, `(n,)` or as a table `(rows, n)`; raise `FieldError`.

        Numbers are separated by commas or blanks, in a row by semicolons too; brackets around them are allowed. A
        number may be written in every way that `optviz.numerals` knows. A comma between two digits is a decimal comma
        where something else separates (`0,7 0,3`; `0,7; 0,3`) or where only that gives numbers that are allowed, and
        else a separator (`1,2`).
        """
        refused: FieldError | None = None
        for pieces in self._splittings(text):
            try:
                return self._numbers(pieces)
            except FieldError as error:
                refused = refused or error
                if error.fault is Fault.UNCLEAR:
                    break
        raise refused or FieldError(Fault.EMPTY)

    def understood(self, text: str) -> str:
        """Return how a text was read where it could be read in another way too, empty where it is plain."""
        found: dict[tuple[float, ...], str] = {}
        for pieces in self._splittings(text):
            with suppress(FieldError):
                numbers = self._numbers(pieces)
                found.setdefault(tuple(numbers.ravel().tolist()), _shown(numbers))
        taken, shown = next(iter(found.items()), ((), ""))
        return shown if len(found) > 1 or taken != _digits(text) else ""

    def number(self, text: str) -> float:
        """Return the one number of a text; raise `FieldError`.

        Where a comma can be read in two ways (`1,000`), the one that is allowed is taken.
        """
        if not text.strip():
            raise FieldError(Fault.EMPTY)
        found = readings(text)
        if not found:
            raise FieldError(Fault.NOT_A_NUMBER, text.strip())
        allowed = [value for value in found if self._fault(value) is None]
        if len(set(allowed)) > 1:
            raise FieldError(Fault.UNCLEAR, text.strip(), max(allowed))
        fault = None if allowed else self._fault(found[0])
        if fault is not None:
            raise FieldError(fault, text.strip(), {Fault.TOO_SMALL: self.low, Fault.TOO_LARGE: self.high}.get(fault, 0))
        return allowed[0]

    def _fault(self, value: float) -> Fault | None:
        if not self.infinite and not math.isfinite(value):
            return Fault.NOT_FINITE
        if self.whole and value != round(value):
            return Fault.NOT_WHOLE
        return Fault.TOO_SMALL if value < self.low else Fault.TOO_LARGE if value > self.high else None

    def _numbers(self, pieces: Pieces) -> Array:
        if len(pieces) > self.most_rows:
            raise FieldError(Fault.TOO_MANY, " ".join(pieces[self.most_rows]), self.most_rows)
        numbers = [self._row(row) for row in pieces]
        for row, read in zip(pieces, numbers, strict=True):
            if len(read) != len(numbers[0]):
                raise FieldError(Fault.RAGGED, ", ".join(row), len(numbers[0]))
        return np.array(numbers if self.table else numbers[0])

    def _row(self, pieces: list[str]) -> list[float]:
        if len(pieces) < self.fewest:
            raise FieldError(Fault.TOO_FEW, ", ".join(pieces), self.fewest)
        if len(pieces) > self.most:
            raise FieldError(Fault.TOO_MANY, pieces[self.most], self.most)
        return [self.number(piece) for piece in pieces]

    def _splittings(self, text: str) -> Iterator[Pieces]:
        """Cut a text into rows of numbers in every way that it allows, the likeliest first."""
        if len(text) > MOST_CHARACTERS:
            raise FieldError(Fault.TOO_LONG, text, MOST_CHARACTERS)
        rows = self._rows(text)
        if not rows:
            raise FieldError(Fault.EMPTY)
        apart = [_ANY.split(row.strip(", ")) for row in rows]
        loose = [_LOOSE.split(row.strip(", ")) for row in rows]
        if not self.table:
            apart, loose = ([[piece for row in found for piece in row]] for found in (apart, loose))
        if _has_decimal_commas(rows, loose):
            yield loose
            yield apart
        else:
            yield apart
            if not self.table or any(len(row) > 1 for row in loose):
                yield loose

    def _rows(self, text: str) -> list[str]:
        """Return what stands between semicolons and line breaks, without brackets and in plain signs."""
        plain = _CALL.sub("", "\n".join(map(respelled, text.translate(_LIST_COMMAS).splitlines())))
        plain = _ROWS.sub(";" if self.table else ",", plain.strip())
        plain = re.sub(r"\s*/\s*|(?<=\d)\s+(?=[%‰])", lambda found: found[0].strip(), _BRACKETS.sub(" ", plain))
        return [row.strip() for row in re.split(r"[;\n]", plain) if row.strip(", \t")]


def _has_decimal_commas(rows: list[str], loose: Pieces) -> bool:
    """Whether something else than commas between digits separates numbers that have at most one of those each."""
    commas = [piece.count(",") for row in loose for piece in row]
    if any(_ZERO_FIRST.search(row) for row in rows):
        return max(commas) == 1
    if any(_SPACED_COMMA.search(row) for row in rows):
        return len(commas) > len(rows) and set(commas) == {1}
    return any(len(row) > 1 for row in loose) and max(commas) == 1


def _digits(text: str) -> tuple[float, ...]:
    """Return the numbers of a text of plain digits with separators between them, and none of any other."""
    pieces = _ANY.split(_BRACKETS.sub(" ", text.replace(";", ",")).strip(", \n"))
    try:
        return tuple(map(float, pieces))
    except ValueError:
        return ()


def _shown(numbers: Array) -> str:
    if numbers.ndim == 1:
        return "; ".join(f"{x:g}" for x in numbers)
    return "; ".join(f"({', '.join(f'{x:g}' for x in row)})" for row in numbers)


def write(numbers: ArrayLike) -> str:
    """Write numbers as `Field` reads them back: `1, 2.5` or, of a table, `1, 2; 3, 4`."""
    array = np.asarray(numbers, dtype=float)
    rows = array if array.ndim > 1 else array[None]
    return "; ".join(", ".join(repr(float(x)).removesuffix(".0") for x in row) for row in rows)
