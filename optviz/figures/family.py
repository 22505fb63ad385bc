"""The family tree of optimizers as a drawing."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go

from optviz.figures.pedigree import Born, Pedigree, drawn
from optviz.figures.style import Series, dots, figure, follows, line, looks_of
from optviz.optimization.family import FAMILY, Member

LOOKS = dict(zip(FAMILY, looks_of(list(FAMILY)), strict=True))
"""How the members are drawn."""

ASIDE, YEAR = 0.52, 0.15
"""So much room a name needs to the sides of the outer lanes, and a year more to the right."""

HALO = ", ".join(["0 0 2px var(--optviz-background)"] * 4)
"""What parts words from a line beneath them, where a phone leaves no room between."""

RING = 20
"""The diameter of the ring around the chosen marker, clear of the name below it."""


@cache
def _pedigree() -> Pedigree:
    return drawn({name: Born(member.year, member.parents) for name, member in FAMILY.items()})


def places() -> Mapping[str, tuple[float, float]]:
    """Return where each member stands, (lane, row); who came from another stands below it."""
    return _pedigree().places


def nearest(lane: float, row: float) -> str:
    """Return the name of the member drawn nearest to a point of the drawing."""
    return min(FAMILY, key=lambda name: (places()[name][0] - lane) ** 2 + (places()[name][1] - row) ** 2)


def tree() -> go.Figure:
    """Draw the tree with time running down.

    Follows `chosen: (1, 2)`, the place of the member that is looked at.
    """
    xs: list[float | None] = []
    ys: list[float | None] = []
    for route in _pedigree().routes.values():
        x, y = zip(*route, strict=True)
        xs += [*x, None]
        ys += [*y, None]
    lanes, rows = zip(*places().values(), strict=True)
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
    (x, y), look, told = places()[member.name], LOOKS[member.name], f"{member.paper}<extra></extra>"
    return dots(member.label, look, {}, x=[x], y=[y], size=15, hover=told)


def _name(member: Member) -> go.Scatter:
    x, y = places()[member.name]
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers+text",
        marker={"size": RING + 4, "opacity": 0},  # not seen: it keeps the name off the ring
        text=[f"<b>{member.label}</b>"],
        textposition="bottom center",
        textfont={"size": 11, "shadow": HALO},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": LOOKS[member.name].color},
    )


def _years() -> go.Scatter:
    """Draw the years beside the markers, where they take no room from the lines."""
    xs, ys = zip(*places().values(), strict=True)
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers+text",
        marker={"size": RING, "opacity": 0},  # not seen: it keeps the year off the marker
        text=[str(member.year) for member in FAMILY.values()],
        textposition="middle right",
        textfont={"size": 11, "shadow": HALO},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": "text"},
    )


def _bare(span: Sequence[float]) -> dict[str, Any]:
    return {"range": list(span), "visible": False, "fixedrange": True}
