"""The family tree of optimizers as a drawing."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.family import FAMILY, Branch
from optviz.figures.style import SERIES, Series, dots, figure, follows, line

BRANCHES = dict(zip(Branch, SERIES, strict=False))
"""How the branches are drawn."""

ABOVE, BELOW = 0.16, 0.66
"""How far a line keeps from a marker above it, and from the name below one."""

RING = 20
"""The diameter of the ring around the chosen marker, clear of the name below it."""


def tree(names: Mapping[Branch, str]) -> go.Figure:
    """Draw the tree with time running down; `names` are those of the branches.

    Follows `chosen: (1, 2)`, the place of the member that is looked at.
    """
    xs: list[float | None] = []
    ys: list[float | None] = []
    for member in FAMILY.values():
        for parent in member.parents:
            (x0, y0), (x1, y1) = FAMILY[parent].place, member.place
            xs += [x0, x1, None]
            ys += [y0 + BELOW, y1 - ABOVE, None]
    edges = line(None, Series("muted"), {}, x=xs, y=ys, width=2, showlegend=False)
    chosen = follows("at", x=("chosen", 0), y=("chosen", 1))
    ring = dots(None, Series("text", symbol="circle-open"), chosen, size=RING + 2, edge=3, showlegend=False)
    return figure(
        [
            edges,
            *(_branch(branch, name) for branch, name in names.items()),
            *(_labels(branch) for branch in names),
            ring,
        ],
        xaxis=_bare([-0.6, 4.5]),
        yaxis=_bare([4.75, -0.25]),
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
    )


def _branch(branch: Branch, name: str) -> go.Scatter:
    members, series = [m for m in FAMILY.values() if m.branch is branch], BRANCHES[branch]
    return dots(
        name,
        series,
        {},
        x=[m.place[0] for m in members],
        y=[m.place[1] for m in members],
        size=15,
        customdata=[m.paper for m in members],
        hover="%{customdata}<extra></extra>",
    )


def _labels(branch: Branch) -> go.Scatter:
    members = [m for m in FAMILY.values() if m.branch is branch]
    return go.Scatter(
        x=[m.place[0] for m in members],
        y=[m.place[1] for m in members],
        mode="markers+text",
        marker={"size": RING + 4, "opacity": 0},  # not seen: it keeps the name off the ring
        text=[f"<b>{m.label}</b><br>{m.year}" for m in members],
        textposition="bottom center",
        textfont={"size": 13},
        hoverinfo="skip",
        showlegend=False,
        meta={"color": BRANCHES[branch].color},
    )


def _bare(span: Sequence[float]) -> dict[str, Any]:
    return {"range": list(span), "visible": False, "fixedrange": True}
