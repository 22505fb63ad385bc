"""The tables under the pictures, as HTML that becomes a list on a phone, and how their numbers are written."""

from collections.abc import Sequence
from html import escape
from typing import Literal

import numpy as np

NOTHING = "–"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, prose: bool | Literal["last"] = False) -> str:
    """Return a table as HTML; heads and cells are HTML, and the first cell of a row is its head.

    The cells hold numbers; with `prose` they, or the last of each row, hold sentences, which are broken into lines.
    """
    # A head without a word is none.
    head = "".join(f"<th scope='col'>{text}</th>" if text else "<td></td>" for text in heads)
    # In the list of a phone a bare number would not say what it counts.
    of = f" data-head='{heads[0]}'"
    body = "".join(
        "<tr>"
        + f"<th scope='row'{of if first.isdecimal() else ''}>{first}</th>"
        + "".join(f"<td data-head='{head}'>{cell}</td>" for head, cell in zip(heads[1:], rest, strict=True))
        + "</tr>"
        for first, *rest in rows
    )
    kind = {False: "", True: " optviz-prose", "last": " optviz-told"}[prose]
    # One that is too wide for its page is pushed aside, by the keyboard as well.
    inside = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='optviz-table{kind}' tabindex='0'>{inside}</div>"


def scrolling(table: str, label: str) -> str:
    """Return a long table as HTML in a frame of its own, which the keyboard can reach and scroll."""
    return f"<div class='optviz-scroll' tabindex='0' role='region' aria-label='{escape(label)}'>{table}</div>"


def digits(value: float | None) -> str:
    """Write a number with three digits and a true minus, or a dash where there is none."""
    return NOTHING if value is None or not np.isfinite(value) else f"{value:.3g}".replace("-", "−")


def share(value: float) -> str:
    """Write a share as percent, without a space as on the axes."""
    return NOTHING if not np.isfinite(value) else f"{value:.1%}"


def tex(value: float, precision: int = 4, *, nan: str = r"\text{–}", bare: bool = False) -> str:
    """Write a number in LaTeX with a few digits, a power of ten where it is very small or large.

    With `bare` a power of ten stands alone, without the factor 1.
    """
    if not np.isfinite(value):
        return nan if np.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    mantissa, _e, power = f"{value:.{precision}g}".partition("e")
    if not power:
        return mantissa
    ten = rf"10^{{{int(power)}}}"
    if bare and mantissa in ("1", "-1"):
        return mantissa.replace("1", ten)
    return rf"{mantissa} \cdot {ten}"
