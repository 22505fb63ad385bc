"""Lay a graph out from left to right in columns, so that edges go one way, cross seldom and pass through no node.

After Sugiyama, Tagawa & Toda 1981: columns by the longest way to the result, a waypoint in every column that an edge
passes, and then each column ordered and shifted towards the mean of its neighbors, again and again.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array

SWEEPS = 60
PARALLEL = 0.22
"""How far two edges between the same nodes bend away from each other."""


class Layout(NamedTuple):
    """Where the nodes stand, `(nodes, 2)`, and the points through which each edge goes, `(points, 2)` an edge."""

    places: Array
    routes: tuple[Array, ...]


def layered(nodes: int, edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay out nodes `0..n-1`, of which each edge `(source, target)` leads to a later one; unit steps both ways."""
    columns = _columns(nodes, edges)
    chains = [_chain(source, target, columns) for source, target in edges]
    links = [link for chain in chains for link in pairwise(chain)]
    heights = _settle(columns, links)
    places = np.array([(columns[i], -heights[i]) for i in range(nodes)], dtype=float)
    routes = [np.array([(columns[i], -heights[i]) for i in chain], dtype=float) for chain in chains]
    return Layout(places, tuple(_apart(routes, edges)))


def _columns(nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    distance = [0] * nodes
    for source, target in sorted(edges, key=lambda edge: -edge[1]):
        distance[source] = max(distance[source], distance[target] + 1)
    longest = max(distance)
    return [longest - far for far in distance]


def _chain(source: int, target: int, columns: list[int]) -> list[int]:
    """Return the way of an edge; new waypoints are appended to `columns`."""
    between = range(columns[source] + 1, columns[target])
    first = len(columns)
    columns.extend(between)
    return [source, *range(first, first + len(between)), target]


def _settle(columns: Sequence[int], links: Sequence[tuple[int, int]]) -> Array:
    """Return the height of every node and waypoint: of all the arrangements seen, the one with the fewest crossings."""
    groups = [[i for i, column in enumerate(columns) if column == wanted] for wanted in range(max(columns) + 1)]
    neighbors: list[list[int]] = [[] for _ in columns]
    for source, target in links:
        neighbors[source].append(target)
        neighbors[target].append(source)
    heights = np.arange(len(columns), dtype=float)
    best, least = heights, (np.inf, np.inf)
    for sweep in range(SWEEPS):
        for group in groups if sweep % 2 else groups[::-1]:
            wanted = np.array([np.mean(heights[neighbors[i]]) if neighbors[i] else heights[i] for i in group])
            order = np.argsort(wanted, kind="stable")
            heights[np.array(group)[order]] = _spaced(wanted[order])
        cost = _cost(columns, links, heights)
        if cost < least:
            best, least = heights.copy(), cost
    return best - best.min()


def _spaced(wanted: Array) -> Array:
    """Return the heights nearest to those wanted, ascending, that are at least 1 apart (pooling adjacent violators)."""
    pools: list[list[float]] = []
    for i, height in enumerate(wanted):
        pools.append([height - i, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    return np.concatenate([np.full(int(n), height) for height, n in pools]) + np.arange(len(wanted))


def _cost(columns: Sequence[int], links: Sequence[tuple[int, int]], heights: Array) -> tuple[float, float]:
    """Return how many links cross, and the sum of their squared slopes."""
    sources, targets = np.array(links, dtype=int).reshape(-1, 2).T
    start, end, column = heights[sources], heights[targets], np.array(columns)[sources]
    crossing = np.subtract.outer(start, start) * np.subtract.outer(end, end) < 0
    return float((crossing & np.equal.outer(column, column)).sum()), float(((end - start) ** 2).sum())


def _apart(routes: list[Array], edges: Sequence[tuple[int, int]]) -> list[Array]:
    """Bend edges that join the same two nodes away from each other."""
    bent = list(routes)
    for i, edge in enumerate(edges):
        twins = [j for j, other in enumerate(edges) if other == edge]
        if len(twins) > 1:
            shift = PARALLEL * (1 if twins.index(i) else -1)
            start, end = routes[i][0], routes[i][-1]
            inner = routes[i][1:-1] if len(routes[i]) > 2 else (start + (end - start) / 2)[None]
            bent[i] = np.concatenate([start[None], inner - [0, shift], end[None]])
    return bent
