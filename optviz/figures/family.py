"""The family tree of optimizers as a drawing."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.figures.style import Series, dots, figure, follows, line, looks_of
from optviz.optimization.family import FAMILY, Member

LOOKS = dict(zip(FAMILY, looks_of(list(FAMILY)), strict=True))
"""How the members are drawn."""

ABOVE, BELOW = 0.18, 0.52
"""How far a line keeps from a marker above it, and from the name below one."""

ASIDE, YEAR = 0.52, 0.15
"""So much room a name needs to the sides of the outer lanes, and a year more to the right."""

RING = 20
"""The diameter of the ring around the chosen marker, clear of the name below it."""


def tree() -> go.Figure:
    """Draw the tree with time running down.

    Follows `chosen: (1, 2)`, the place of the member that is looked at.
    """
    xs: list[float | None] = []
    ys: list[float | None] = []
    for member in FAMILY.values():
        for parent in member.parents:
            (x0, y0), (x1, y1) = FAMILY[parent].place, member.place
            xs += [x0, x1, None]
            ys += [y0 + BELOW, y1 - ABOVE, None]
    lanes, rows = zip(*(member.place for member in FAMILY.values()), strict=True)
    edges = line(None, Series("muted"), {}, x=xs, y=ys, width=2, showlegend=False)
    chosen = follows("at", x=("chosen", 0), y=("chosen", 1))
    ring = dots(None, Series("text", symbol="circle-open"), chosen, size=RING + 2, edge=3, showlegend=False)
    return figure(
        [
            edges,
            *(_marker(member) for member in FAMILY.values()),
            *(_name(member) for member in FAMILY.values()),
            _years(),
            ring,
        ],
        xaxis=_bare([min(lanes) - ASIDE, max(lanes) + ASIDE + YEAR]),
        yaxis=_bare([max(rows) + 0.65, min(rows) - 0.3]),
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
    )


def _marker(member: Member) -> go.Scatter:
    (x, y), look, told = member.place, LOOKS[member.name], f"{member.paper}<extra></extra>"
    return dots(member.label, look, {}, x=[x], y=[y], size=15, hover=told)


def _name(member: Member) -> go.Scatter:
    x, y = member.place
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers+text",
        marker={"size": RING + 4, "opacity": 0},  # not seen: it keeps the name off the ring
        text=[f"<b>{member.label}</b>"],
        textposition="bottom center",
        textfont={"size": 12},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": LOOKS[member.name].color},
    )


def _years() -> go.Scatter:
    """Draw the years beside the markers, where they take no room from the lines."""
    xs, ys = zip(*(member.place for member in FAMILY.values()), strict=True)
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers+text",
        marker={"size": RING, "opacity": 0},  # not seen: it keeps the year off the marker
        text=[str(member.year) for member in FAMILY.values()],
        textposition="middle right",
        textfont={"size": 11},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": "text"},
    )


def _bare(span: Sequence[float]) -> dict[str, Any]:
    return {"range": list(span), "visible": False, "fixedrange": True}
