"""The tables under the pictures, as HTML that becomes a list on a phone, and how their numbers are written."""

from collections.abc import Sequence

import numpy as np

NOTHING = "–"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML; heads and cells are HTML, and the first cell of a row is its head."""
    head = "".join(f"<th scope='col'>{text}</th>" for text in heads)
    body = "".join(
        "<tr>"
        + f"<th scope='row'>{first}</th>"
        + "".join(f"<td data-head='{head}'>{cell}</td>" for head, cell in zip(heads[1:], rest, strict=True))
        + "</tr>"
        for first, *rest in rows
    )
    return f"<div class='optviz-table'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def digits(value: float | None) -> str:
    """Write a number with three digits, or a dash where there is none."""
    return NOTHING if value is None or not np.isfinite(value) else f"{value:.3g}"


def share(value: float) -> str:
    """Write a share as percent."""
    return NOTHING if not np.isfinite(value) else f"{100 * value:.1f} %"
