"""QR codes of links, to be photographed from the screen."""

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import segno

QUIET = 4
"""Light modules around a code, as its standard asks for."""
LONGEST = 2953
"""Bytes that the largest code can hold at the lowest level of error correction."""


class Code(NamedTuple):
    """A QR code as the path of its dark modules in an SVG: one unit a module, `size` units wide and high."""

    size: int
    path: str


@lru_cache(maxsize=128)
def qr(text: str) -> Code | None:
    """Return the QR code of a text, with its quiet zone; None where the text is too long for any."""
    if len(text.encode()) > LONGEST:
        return None
    matrix = segno.make(text, error="l", micro=False).matrix
    strokes = []
    for y, row in enumerate(matrix):
        x = 0
        for dark, modules in groupby(row):
            width = len(list(modules))
            if dark:
                strokes.append(f"M{x + QUIET} {y + QUIET}h{width}v1h-{width}z")
            x += width
    return Code(len(matrix) + 2 * QUIET, "".join(strokes))
