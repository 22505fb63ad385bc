"""Where the members of a family tree stand: children below their parents, a few a row, and lines that keep to the gaps.

Rows are filled from above as Coffman & Graham 1972 fill machines: those first that most generations wait for, then the
elder. Then each row is put into that order of all in which the lines are shortest and cross least, again and again
until no row gains. A line to a later row than the next passes the rows between beside their members.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array

LANES = 5
"""So many names stand beside each other on a phone."""

ABOVE, BELOW = 0.18, 0.6
"""How far a line keeps from a marker above it, and from the name below one, in rows."""
GAP = 0.53
"""How far to the right of a member there is room for a line, between its year and the next name."""

CROSSING, SHARED = 1.5, 2.0
"""What a crossing, and a gap in which another parent's line runs, weigh against a lane that a line goes sideways."""
SWEEPS = 20

Place = tuple[float, float]


class Born(NamedTuple):
    """A member's year, and the names of its parents."""

    year: int
    parents: Sequence[str]


class Pedigree(NamedTuple):
    """Each member's (lane, row), rows downwards, and the points through which the line of each (parent, child) goes."""

    places: Mapping[str, Place]
    routes: Mapping[tuple[str, str], Sequence[Place]]


def drawn(members: Mapping[str, Born]) -> Pedigree:
    """Lay a family out."""
    rows = _rows(members)
    names, edges = list(members), [(parent, name) for name, each in members.items() for parent in each.parents]
    row = {name: i for i, each in enumerate(rows) for name in each}
    lanes = _lanes(
        [[names.index(name) for name in each] for each in rows],
        np.array([row[name] for name in names], dtype=float),
        np.array([(names.index(parent), names.index(child)) for parent, child in edges]).reshape(-1, 2),
    )
    places = {name: (float(lane), float(row[name])) for name, lane in zip(names, lanes, strict=True)}
    return Pedigree(places, _routes(places, edges))


def _rows(members: Mapping[str, Born]) -> list[list[str]]:
    waiting = dict.fromkeys(members, 0)
    for name in sorted(members, key=lambda name: members[name].year, reverse=True):
        for parent in members[name].parents:
            waiting[parent] = max(waiting[parent], waiting[name] + 1)
    rows: list[list[str]] = []
    left = list(members)
    while left:
        free = [name for name in left if not {*members[name].parents} & {*left}]
        rows.append(sorted(free, key=lambda name: (-waiting[name], members[name].year))[:LANES])
        left = [name for name in left if name not in rows[-1]]
    return rows


def _lanes(rows: Sequence[Sequence[int]], row: Array, edges: Array) -> Array:
    """Return the lane of each member, (members,): `rows` are the members of each row, `row` is that of each."""
    lane = np.zeros(len(row))
    for each in rows:
        lane[each] = np.arange(len(each)) + (LANES - len(each)) // 2
    for _sweep in range(SWEEPS):
        before = lane.copy()
        for each in rows:
            # The present order first, so that none is left for an equal one.
            orders = np.array([lane[each], *permutations(range(LANES), len(each))])
            tried = np.repeat(lane[None], len(orders), axis=0)
            tried[:, each] = orders
            lane = tried[int(_cost(tried, row, edges).argmin())]
        if (lane == before).all():
            break
    return lane


def _cost(lane: Array, row: Array, edges: Array) -> Array:
    """Return how far lines go sideways and how often they cross, for arrangements `lane: (..., members)`."""
    start, end = edges.T
    x0, x1 = lane[..., start], lane[..., end]
    slope = (x1 - x0) / (row[end] - row[start])
    # Two lines cross where one changes sides of the other over the rows that both pass.
    top, bottom = np.maximum.outer(row[start], row[start]), np.minimum.outer(row[end], row[end])
    first, last = (x0[..., :, None] + slope[..., :, None] * (at - row[start][:, None]) for at in (top, bottom))
    sides = np.sign(first - first.swapaxes(-1, -2)) * np.sign(last - last.swapaxes(-1, -2))
    strangers = np.not_equal.outer(start, start) & np.not_equal.outer(end, end) & (top < bottom)
    crossings = ((1 - sides) / 2 * strangers).sum((-2, -1)) / 2
    return np.abs(x1 - x0).sum(-1) + CROSSING * crossings


def _routes(places: Mapping[str, Place], edges: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Sequence[Place]]:
    taken: dict[Place, str] = {}
    """Whose line runs through a gap, (lane, row)."""
    routes: dict[tuple[str, str], Sequence[Place]] = {}
    for parent, child in edges:
        (x0, y0), (x1, y1) = places[parent], places[child]
        route = [(x0, y0 + BELOW)]
        for row in range(int(y0) + 1, int(y1)):
            full = {lane for lane, each in places.values() if each == row}
            gaps = [lane + GAP if lane in full else lane for lane in map(float, range(LANES))]
            here = route[-1][0]
            gap = min(
                gaps,
                key=lambda x: abs(x - here) + abs(x1 - x) + SHARED * (taken.get((x, row), parent) != parent),
            )
            taken[gap, row] = parent
            route += [(gap, row - ABOVE), (gap, row + BELOW)]
        routes[parent, child] = [*route, (x1, y1 - ABOVE)]
    return routes
