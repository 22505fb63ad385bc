"""Family trees as they are drawn: children below parents, no more in a row than fit, and lines that meet nobody."""

from itertools import pairwise

import numpy as np
import pytest

from optviz.figures.pedigree import ABOVE, BELOW, LANES, Born, drawn
from optviz.optimization.family import FAMILY

OURS = {name: Born(member.year, member.parents) for name, member in FAMILY.items()}


def grown(seed):
    """Return a family to which ten more were born."""
    rng, family = np.random.default_rng(seed), dict(OURS)
    for i in range(10):
        year = int(rng.integers(1960, 2030))
        older = [name for name, each in family.items() if each.year < year]
        family[f"new{i}"] = Born(year, tuple(rng.choice(older, rng.integers(0, 3), replace=False)))
    return family


FAMILIES = [OURS, *map(grown, range(4))]


@pytest.mark.parametrize("family", FAMILIES)
def test_children_stand_below_their_parents_and_nobody_on_another(family):
    places = drawn(family).places
    assert {*places} == {*family} and len({*places.values()}) == len(family)
    assert {lane for lane, _row in places.values()} <= {*range(LANES)}
    assert all(places[parent][1] < places[name][1] for name, each in family.items() for parent in each.parents)


@pytest.mark.parametrize("family", FAMILIES)
def test_there_are_no_more_rows_than_must_be(family):
    rows = 1 + max(row for _lane, row in drawn(family).places.values())
    # At the best they are full, but for the first, in which those without parents stand.
    first = min(LANES, sum(not each.parents for each in family.values()))
    assert rows <= 1 + -(-(len(family) - first) // LANES) + 1


@pytest.mark.parametrize("family", FAMILIES)
def test_lines_lead_from_parent_to_child_and_pass_beneath_nobody(family):
    places, routes = drawn(family)
    assert {*routes} == {(parent, name) for name, each in family.items() for parent in each.parents}
    for (parent, child), route in routes.items():
        (x0, y0), (x1, y1) = places[parent], places[child]
        assert route[0] == (x0, y0 + BELOW) and route[-1] == (x1, y1 - ABOVE)
        for (x, y), (u, v) in pairwise(route):
            assert y < v
            for lane, row in places.values():
                if y < row + BELOW and row - ABOVE < v:
                    assert x == u and abs(x - lane) > 0.4


def test_lines_that_need_not_cross_do_not():
    born = {"a": Born(1, ()), "b": Born(1, ()), "c": Born(1, ())}
    born |= {"d": Born(2, ("c",)), "e": Born(2, ("b",)), "f": Born(2, ("a",))}
    places = drawn(born).places
    for parent, child in (("c", "d"), ("b", "e"), ("a", "f")):
        assert places[parent][0] == places[child][0]


def test_a_line_keeps_away_from_another_parents():
    born = {"a": Born(1, ()), "b": Born(1, ()), **{f"{i}": Born(2, ("a",)) for i in range(LANES)}}
    born |= {"p": Born(3, tuple("01234")), "c": Born(4, ("a", "p")), "d": Born(4, ("b", "p"))}
    routes = drawn(born).routes
    assert routes["a", "c"][1] != routes["b", "d"][1]


def test_the_elder_stand_above_where_both_could():
    born = {"root": Born(1900, ())} | {f"{year}": Born(year, ("root",)) for year in range(2010, 2000, -1)}
    places = drawn(born).places
    assert {name for name, (_lane, row) in places.items() if row == 1} == {str(year) for year in range(2001, 2006)}
