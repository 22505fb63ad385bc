"""A strip of small curves as HTML, to stand under a slider: what its values lead to, and where it stands.

Streamlit lets no SVG into a page. So a curve is a mask through which its color is seen, by day and by night the page's.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from optviz.figures.style import Series

WIDTH, HEIGHT, MARGIN = 270, 74, 3
"""The pixels of the curves where the sidebar has its usual width, and of a margin for the thickness of lines."""
DASHES = {
    "solid": "none",
    "dot": "1.5 3",
    "dash": "6 4",
    "longdash": "10 4",
    "dashdot": "6 3 1.5 3",
    "longdashdot": "10 3 1.5 3",
}


class Curve(NamedTuple):
    """The heights of a curve at places spread evenly from left to right, and the place and height of its mark.

    All are shares of the strip's width and height. Of heights that are not known only the mark is drawn.
    """

    look: Series
    heights: Sequence[float] | None
    mark: tuple[float, float]


def strip(
    curves: Sequence[Curve],
    ticks: Sequence[tuple[float, str]],
    said: str,
    level: float | None = None,
    at: float | None = None,
) -> str:
    """Return the strip: curves with their marks, ticks, a dashed line at a height and one at a place, if there are any.

    `said` is what screen readers say of it.
    """
    lines = [("level", "bottom", level), ("here", "left", at)]
    parts = [
        f"<i class='optviz-{kind}' style='{side}:{share:.1%}'></i>" for kind, side, share in lines if share is not None
    ]
    parts += [_curve(curve.look, tuple(curve.heights)) for curve in curves if curve.heights is not None]
    parts += map(_mark, curves)
    parts += [f"<span style='left:{place:.1%}'>{escape(text)}</span>" for place, text in ticks]
    return f"<div class='optviz-strip' role='img' aria-label='{escape(said)}'>{''.join(parts)}</div>"


@lru_cache(maxsize=256)
def _curve(look: Series, heights: tuple[float, ...]) -> str:
    ys = [round(HEIGHT - share * HEIGHT, 1) for share in heights]
    step, last = WIDTH / (len(ys) - 1), len(ys) - 1
    corners = (i for i, y in enumerate(ys) if i in (0, last) or not ys[i - 1] == y == ys[i + 1])
    points = " ".join(f"{i * step:.4g},{ys[i]:g}" for i in corners)
    dash = DASHES.get(look.dash, look.dash.replace("px", ""))
    box = f"{-MARGIN} {-MARGIN} {WIDTH + 2 * MARGIN} {HEIGHT + 2 * MARGIN}"
    stroke = f"fill='none' stroke='#000' stroke-width='1.75' stroke-linejoin='round' stroke-dasharray='{dash}'"
    line = f"<polyline points='{points}' {stroke}/>"
    mask = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{box}' preserveAspectRatio='none'>{line}</svg>"
    data = b64encode(mask.encode()).decode()
    color = f"background:var(--optviz-{look.color})"
    return f"<i class='optviz-curve' style='{color};mask-image:url(data:image/svg+xml;base64,{data})'></i>"


def _mark(curve: Curve) -> str:
    place, height = curve.mark
    where = f"left:{place:.1%};bottom:{height:.1%}"
    return f"<b style='{where};color:var(--optviz-{curve.look.color})'>{curve.look.glyph}</b>"
