"""Where a formula is least, as geometry knows it: curves that end, hollows of unlike width."""

import numpy as np
import pytest

from optviz.surfaces.landscape import Kind, Minima, distances, global_minima
from optviz.surfaces.surfaces import Surface


@pytest.mark.parametrize("n", [11, 101, 5001])
def test_a_curve_reaches_twice_as_far_as_its_points_are_apart(n):
    """Of a segment from 0 to 1, whose points come in any order: beyond it the distance is that to its end."""
    x = np.random.default_rng(n).permutation(np.linspace(0.0, 1.0, n))
    segment, reach = Minima(0.0, np.stack([x, np.zeros(n)], axis=-1), Kind.CURVE), 2.0 / (n - 1)
    w = np.array([(3.0, 0.0), (0.5, 2.0), (-1.0, 1.0)])
    away = distances(Surface.from_formula("x2^2"), segment, w, exact=False)
    assert away == pytest.approx([2.0 - reach, 2.0, np.hypot(1.0 - reach, 1.0)])


def test_a_wide_hollow_leaves_room_for_a_narrow_one():
    """About 3.03 more points of the grid are low than hollows are looked at, and all are lower than those by -2.97."""
    surface = Surface.from_formula("10*x2^2 + 0.001*(x1-3.03)^6*(x1+2.97)^2")
    found = global_minima(surface, surface.domain)
    assert found.kind is Kind.POINTS and found.value == pytest.approx(0.0, abs=1e-12)
    assert np.array(sorted(found.points.tolist())) == pytest.approx(np.array([(-2.97, 0.0), (3.03, 0.0)]), abs=1e-3)
