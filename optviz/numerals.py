"""One number as people write it: `0,05`, `1/3`, `1e−3`, `１．５`, `50 %`, `1 000`, `2·10⁻³`, `½`.

Nothing is evaluated. Where a comma or point can be read in two ways (`1,000`) both readings are given.
"""

import math
import re
from itertools import product

from optviz.signs import fraction, respelled

LONGEST = 80

_PYTHON = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PLAIN = re.compile(r"(?:\d+\.?\d*|\.\d+)")
_COMMA = re.compile(r"\d*,\d+|\d+,")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_GROUPED = tuple(
    (re.compile(rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d*)?"), group)
    for group, point in ((" ", "[.,]"), ("'", "[.,]"), ("_", "[.,]"), (",", r"\."))
)
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d*|\d{1,3}(?:\.\d{3}){2,}")
_SCIENTIFIC = re.compile(r"(?P<head>.*?)(?:e|(?P<times> ?[*x] ?|^)10 ?(?:\^|\*\*))\(?(?P<power>[+-]?\d{1,4})\)?", re.I)
_POWER = re.compile(r"(\d+(?:[.,]\d+)?)(?:\^|\*\*)\(?([+-]?\d{1,3})\)?")
_MIXED = re.compile(r"(\d*) ?(\S)")
_INFINITE = ("inf", "infinity", "∞")
_PER = {"%": 100.0, "‰": 1000.0}


def readings(text: str) -> tuple[float, ...]:
    """Return every number that a text can mean: none, one, or the two of a comma before three digits.

    A decimal comma is first. `50 %` is 0.5, and `∞` or `inf` are infinite.
    """
    if len(text) > LONGEST:
        return ()
    if _PYTHON.fullmatch(text):
        return (float(text),)
    line = " ".join(respelled(text).split())
    parted = line.rstrip("%‰ ")
    marks = line[len(parted) :].replace(" ", "")
    if len(marks) > 1:
        return ()
    return tuple(value / _PER.get(marks, 1.0) for value in _quotients(parted))


def _quotients(line: str) -> list[float]:
    sign = -1.0 if line.startswith("-") else 1.0
    body = line[1:].strip() if line[:1] in ("+", "-") else line
    if body.startswith("(") and body.endswith(")"):
        body = body[1:-1]
    top, slash, bottom = body.partition("/")
    if not slash:
        return [sign * value for value in _values(body)]
    tops, bottoms = _values(top.strip()), _values(bottom.strip())
    return [sign * a / b for a, b in product(tops, bottoms) if b and math.isfinite(a) and math.isfinite(b)]


def _values(body: str) -> list[float]:
    """Return the readings of a number without a sign."""
    if body.lower() in _INFINITE:
        return [math.inf]
    if scientific := _SCIENTIFIC.fullmatch(body):
        head = scientific["head"] or ("1" if scientific["times"] is not None else "")
        return [_scaled(each, scientific["power"]) for each in _spellings(head)]
    if power := _POWER.fullmatch(body):
        return [_power(float(power[1].replace(",", ".")), int(power[2]))]
    if (mixed := _MIXED.fullmatch(body)) and (part := fraction(mixed[2])):
        return [float(mixed[1] or 0) + part[0] / part[1]]
    return [float(each) for each in _spellings(body)]


def _scaled(digits: str, power: str) -> float:
    return float(f"{digits}e{power}")


def _power(base: float, exponent: int) -> float:
    try:
        return float(base**exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _spellings(body: str) -> list[str]:
    """Return how a body of digits, points and commas reads as Python's own digits: a decimal comma first."""
    if _PLAIN.fullmatch(body):
        return [body]
    decimal = [body.replace(",", ".")] if _COMMA.fullmatch(body) else []
    if _POINTS.fullmatch(body):
        return [body.replace(".", "").replace(",", ".")]
    if _THOUSANDS.fullmatch(body):
        return [*decimal, body.replace(",", "")]
    for pattern, group in _GROUPED:
        if not decimal and pattern.fullmatch(body):
            return [body.replace(group, "").replace(",", ".")]
    return decimal
