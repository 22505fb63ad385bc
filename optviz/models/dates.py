"""Dates and times of day as people write them, 2024-05-01, 1.5.24, 5/1/2024 9:30 PM, as numbers."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?: ?(?P<half>[AaPp])[Mm])?"
_ZONE = r"(?:Z|(?P<ahead>[-+])(?P<zone_hours>\d{2}):?(?P<zone_minutes>\d{2}))?"
_DAYS = (
    r"(?P<year>\d{4})[-/.年]\s?(?P<month>\d{1,2})[-/.月]\s?(?P<day>\d{1,2})日?",
    r"(?P<one>\d{1,2})[-/.](?P<two>\d{1,2})[-/.](?P<year>\d{4}|\d{2})",
    r"(?P<day>\d{1,2})(?:\. |[-. ])(?P<name>[^\W\d_]{3,9})\.?[-. ](?P<year>\d{4}|\d{2})",
    r"(?P<name>[^\W\d_]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})",
    r"(?P<year>\d{4})[-/年](?P<month>\d{1,2})月?",
)
_FORMS = tuple(re.compile(form) for form in (*(rf"{day}(?:[T ]+{_TIME})?{_ZONE}" for day in _DAYS), _TIME))
_MONTHS = {
    **{"jan": 1, "jän": 1, "feb": 2, "fév": 2, "mar": 3, "mär": 3, "mrz": 3, "apr": 4, "avr": 4, "may": 5, "mai": 5},
    **{
        "jun": 6,
        "jul": 7,
        "aug": 8,
        "aoû": 8,
        "sep": 9,
        "oct": 10,
        "okt": 10,
        "nov": 11,
        "dec": 12,
        "dez": 12,
        "déc": 12,
    },
}
"""The months by the first letters of their English, German and French names."""

Parts = Mapping[str, str | None]


class Times(NamedTuple):
    """The numbers of some cells: days since the earliest of them, `start`; hours of the day where there is no date.

    `unsure` is the first cell whose day and month might be the other way round, `taken` the date that it was taken for.
    """

    numbers: dict[str, float]
    start: str = ""
    unsure: str = ""
    taken: str = ""


def is_date(cell: str) -> bool:
    """Whether a cell looks like a date or a time."""
    return _parts(cell) is not None


def read_times(cells: Iterable[str], day_first: bool | None = None) -> Times | None:
    """Return what numbers cells are, None unless all are dates that the calendar has, or all are times of day.

    Whether the day stands before the month is told from all cells; where none tells, a slash is taken for American.
    """
    found = {cell: parts for cell in cells if (parts := _parts(cell))}
    dated = {bool(parts.get("year")) for parts in found.values()}
    if len(dated) != 1:
        return None
    try:
        if dated == {False}:
            return Times({cell: _clock(parts) / timedelta(hours=1) for cell, parts in found.items()})
        open_ones = {cell: parts for cell, parts in found.items() if parts.get("one")}
        told = _day_first(open_ones.values()) if day_first is None else day_first
        unsure = next(iter(open_ones), "") if told is None else ""
        moments = {cell: _moment(parts, "/" not in unsure if told is None else told) for cell, parts in found.items()}
    except (ValueError, OverflowError):
        return None
    start = min(moments.values())
    numbers = {cell: (moment - start) / timedelta(days=1) for cell, moment in moments.items()}
    return Times(numbers, f"{start:%Y-%m-%d}", unsure, f"{moments[unsure]:%Y-%m-%d}" if unsure else "")


@lru_cache(maxsize=4096)
def _parts(cell: str) -> Parts | None:
    return next((found.groupdict() for form in _FORMS if (found := form.fullmatch(cell))), None)


def _day_first(dates: Iterable[Parts]) -> bool | None:
    """Return whether the day stands first in dates of numbers, None where every one may be read both ways."""
    pairs = [(int(parts["one"] or 0), int(parts["two"] or 0)) for parts in dates]
    if any(one > 12 for one, _two in pairs):
        return True
    return False if any(two > 12 for _one, two in pairs) else None if any(one != two for one, two in pairs) else True


def _moment(parts: Parts, day_first: bool) -> datetime:
    """Return the moment of a date; raise `ValueError` if the calendar or the clock has none such."""
    one, two = parts.get("one"), parts.get("two")
    day, month = (one, two) if day_first else (two, one)
    name = (parts.get("name") or "")[:3].lower()
    if name and name not in _MONTHS:
        raise ValueError(name)
    year = int(parts["year"] or 0)
    # Two digits are those of this century up to 68, as in POSIX.
    year += 0 if year > 99 else 2000 if year < 69 else 1900
    number = _MONTHS.get(name) or int(parts.get("month") or month or 1)
    zone = timedelta(hours=int(parts.get("zone_hours") or 0), minutes=int(parts.get("zone_minutes") or 0))
    moment = datetime(year, number, int(parts.get("day") or day or 1)) + _clock(parts)
    return moment + zone if parts.get("ahead") == "-" else moment - zone


def _clock(parts: Parts) -> timedelta:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + 12 * (half in "Pp")
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(parts)
    return timedelta(hours=hour, minutes=minute, seconds=second)
