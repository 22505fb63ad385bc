"""What a control's value is in an address: texts, read and written; what cannot be read is said."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from optviz.locale.spoken import _
from optviz.numerals import readings
from optviz.recipes import Range

PLUS = "\0"


ENDS, BEGINS = tuple(")]}_|"), tuple("([{_|.√")
"""What the left operand of a plus sign may end with, and the right one begin with, beside letters and digits."""


class Unreadable(ValueError):
    """A value in a link that cannot be understood; the text says why, in the visitor's language and in Markdown."""


class OutOfRange(ValueError):
    """A number in a link that is too small or too large; `nearest` is the one to take in its place."""

    def __init__(self, nearest: float) -> None:
        super().__init__(nearest)
        self.nearest = nearest


def sums(text: str) -> str:
    """Return a formula in which each plus sign of the address is one where it stands between two operands."""

    def sign(found: re.Match[str]) -> str:
        left, right = text[: found.start()].rstrip(), text[found.end() :].lstrip()
        if not (left[-1:].isalnum() or left.endswith(ENDS)) or not (right[:1].isalnum() or right.startswith(BEGINS)):
            return " " * len(found[0])
        # `write_formula` doubles the blank that stands between two operands.
        return "+" if len(found[0]) == 1 else " " * (len(found[0]) - 1)

    return re.sub(f"{PLUS}+", sign, text)


def write_formula(text: str) -> list[str]:
    """Write a formula so that `sums` finds no plus sign where it has a blank."""
    between = rf"(?<=[\w{re.escape(''.join(ENDS))}]) (?=[\w{re.escape(''.join(BEGINS))}])"
    return [re.sub(between, "  ", text)]


def single(texts: list[str]) -> str:
    """Return the one text of a parameter that may stand only once."""
    if len(texts) != 1:
        raise Unreadable(_("it appears {n} times").format(n=len(texts)))
    return texts[0]


def read_choice(options: Sequence[str], refusal: Callable[[str], str] | None = None) -> Callable[[list[str]], str]:
    """Return a reader of one of `options`; of another text `refusal` says why it is none, if it knows."""

    def read(texts: list[str]) -> str:
        text = single(texts)
        if text not in options:
            raise Unreadable((refusal(text) if refusal else "") or _("there is no such choice"))
        return text

    return read


def read_choices(options: Sequence[str], most: int | None = None) -> Callable[[list[str]], tuple[str, ...]]:
    """Return a reader of some of `options`, each in a parameter of its own; a single empty one stands for none."""

    def read(texts: list[str]) -> tuple[str, ...]:
        if any(text not in options for text in texts if texts != [""]):
            raise Unreadable(_("there is no such choice"))
        if most is not None and len(set(texts)) > most:
            raise Unreadable(_("at most {limit} can be told apart").format(limit=most))
        return tuple(option for option in options if option in texts)

    return read


def read_number(span: Range, kind: type = float) -> Callable[[list[str]], float]:
    """Return a reader of a number; `kind` is float, int or bool."""

    def read(texts: list[str]) -> float:
        value = number(single(texts), kind)
        nearest: float = kind(span.clamp(value))
        if nearest != value:
            raise OutOfRange(nearest)
        return value

    return read


def read_switch(texts: list[str]) -> bool:
    """Read a switch, 1 or 0."""
    return bool(number(single(texts), bool))


def number(text: str, kind: type = float) -> float:
    """Read one number, written as `optviz.numerals` knows it; `Unreadable` for what is no finite number."""
    try:
        value = float(text)
    except ValueError:
        # In an address a plus sign is a blank.
        found = readings(text.replace("e ", "e+"))
        if len(found) != 1:
            raise Unreadable(_("it is ambiguous") if found else _("it is not a number")) from None
        (value,) = found
    if not math.isfinite(value):
        raise Unreadable(_("it is not a finite number"))
    if kind is bool and value not in (0, 1):
        raise Unreadable(_("it is neither 0 nor 1"))
    return kind(value) if kind is not int else round(value)


def write_number(value: Any) -> list[str]:
    """Write a number as short as it can be read back exactly."""
    return [str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))]


def write_choice(value: str) -> list[str]:
    """Write a choice."""
    return [value]


def write_choices(values: Sequence[str]) -> list[str]:
    """Write some choices, or that there are none."""
    return list(values) or [""]


def rule_sums(text: str) -> str:
    """Return a rule of a link in which a plus sign of the address is one where it stands between two operands."""
    return re.sub(r"\+in\+(?=\[)", " in ", sums(text))
