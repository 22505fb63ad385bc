"""Formulas that are computed and written at once: `beta * m + (1 - beta) * g` has a value and its TeX.

What is shown of a formula, in letters or in numbers, so cannot differ from what was computed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.optimizers import TINY

Array = NDArray[np.float64]
Number = float | Array

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly the outermost operation of a term holds its parts together."""


class Writing(NamedTuple):
    """A way to write a term: `leaf(symbol, value, exact)` writes what is not put together, `times` joins factors."""

    leaf: Callable[[str, Number, bool], str]
    times: str


SYMBOLS = Writing(lambda symbol, value, exact: symbol, r" \, ")
"""Letters in place of numbers."""


@dataclass(frozen=True, eq=False)
class Term:
    """A part of a formula with its value, a number or one for each coordinate `(n,)`, and how it is written."""

    value: Number
    tightness: int
    write: Callable[[Writing], str]

    def __add__(self, other: "Term") -> "Term":
        """Return the sum."""
        return Term(
            self.value + other.value,
            SUM,
            lambda w: f"{self.write(w)} + {_held(other, PRODUCT, w)}",
        )

    def __sub__(self, other: "Term") -> "Term":
        """Return the difference."""
        return Term(
            self.value - other.value,
            SUM,
            lambda w: f"{self.write(w)} - {_held(other, PRODUCT, w)}",
        )

    def __rsub__(self, other: float) -> "Term":
        """Return the difference between a number and the term."""
        return constant(other) - self

    def __mul__(self, other: "Term") -> "Term":
        """Return the product."""
        return Term(
            self.value * other.value,
            PRODUCT,
            lambda w: f"{_held(self, PRODUCT, w)}{w.times}{_held(other, PRODUCT, w)}",
        )

    def __truediv__(self, other: "Term") -> "Term":
        """Return the quotient; nothing is divided by zero (`optviz.optimizers.root`)."""
        return Term(
            self.value / np.where(other.value == 0.0, TINY, other.value),
            PRODUCT,
            lambda w: rf"\frac{{{self.write(w)}}}{{{other.write(w)}}}",
        )

    def __pow__(self, other: "Term") -> "Term":
        """Return the power."""
        return Term(self.value**other.value, POWER, lambda w: f"{_held(self, ATOM, w)}^{{{other.write(w)}}}")


def leaf(symbol: str, value: Number, *, exact: bool = False) -> Term:
    """Return a term with a name; `exact` says that its value is a setting, and is written with all its digits."""
    # A negative zero would be written with its sign.
    return Term(value, ATOM, lambda w: w.leaf(symbol, value + 0.0, exact))


def constant(value: float) -> Term:
    """Return a number that a formula has in it."""
    return leaf(f"{value:g}", value, exact=True)


def sqrt(term: Term) -> Term:
    """Return the square root."""
    return Term(np.sqrt(term.value), ATOM, lambda w: rf"\sqrt{{{term.write(w)}}}")


def size(term: Term) -> Term:
    """Return the absolute value."""
    return Term(np.abs(term.value), ATOM, lambda w: rf"\left|{term.write(w)}\right|")


def sign(term: Term) -> Term:
    """Return the sign."""
    return Term(np.sign(term.value), ATOM, lambda w: rf"\operatorname{{sign}}\left({term.write(w)}\right)")


def larger(one: Term, other: Term) -> Term:
    """Return the larger of two."""
    return Term(
        np.maximum(one.value, other.value),
        ATOM,
        lambda w: rf"\max\left({one.write(w)},\; {other.write(w)}\right)",
    )


def _held(term: Term, tightness: int, writing: Writing) -> str:
    """Write a term as a part of an operation, in brackets where it would fall apart or begin with a sign."""
    text = term.write(writing)
    apart = term.tightness < tightness or text.startswith("-") or (tightness > PRODUCT and r"\cdot" in text)
    return rf"\left({text}\right)" if apart else text
