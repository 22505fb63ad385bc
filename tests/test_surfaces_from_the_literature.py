"""Every surface, slope and curvature against the formula of the literature, in 40 digits, where nothing is symmetric.

The formulas are written out here once more, as their sources have them, and differentiated by numbers.
"""

import numpy as np
import pytest
from mpmath import mp, mpf

from optviz.surfaces.surfaces import SURFACES

PLACES = ((0.31, 0.83), (0.77, 0.23), (0.587, 0.634))
"""Where the points lie, as shares of the domain: in no symmetry of any surface, and at no kink."""


def ackley(*x):
    a, b, c = 20, mpf("0.2"), 2 * mp.pi
    mean, waves = sum(each**2 for each in x) / len(x), sum(mp.cos(c * each) for each in x) / len(x)
    return -a * mp.exp(-b * mp.sqrt(mean)) - mp.exp(waves) + a + mp.e


def griewank(*x):
    product = mp.fprod(mp.cos(each / mp.sqrt(i)) for i, each in enumerate(x, 1))
    return sum(each**2 for each in x) / 4000 - product + 1


def levy(x, y):
    ends = mp.sin(3 * mp.pi * x) ** 2 + (y - 1) ** 2 * (1 + mp.sin(2 * mp.pi * y) ** 2)
    return ends + (x - 1) ** 2 * (1 + mp.sin(3 * mp.pi * y) ** 2)


def beale(x, y):
    return sum((c - x * (1 - y**i)) ** 2 for i, c in enumerate((mpf("1.5"), mpf("2.25"), mpf("2.625")), 1))


def goldstein_price(x, y):
    first = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    second = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * first) * (30 + (2 * x - 3 * y) ** 2 * second)


def six_hump_camel(x, y):
    return 4 * x**2 - mpf("2.1") * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def cross_in_tray(x, y):
    inner = mp.sin(x) * mp.sin(y) * mp.exp(abs(100 - mp.sqrt(x**2 + y**2) / mp.pi))
    return mpf("-0.0001") * (abs(inner) + 1) ** mpf("0.1")


def bohachevsky(x, y):
    waves = mpf("0.3") * mp.cos(3 * mp.pi * x) + mpf("0.4") * mp.cos(4 * mp.pi * y)
    return x**2 + 2 * y**2 - waves + mpf("0.7")


def drop_wave(x, y):
    squared = x**2 + y**2
    return -(1 + mp.cos(12 * mp.sqrt(squared))) / (squared / 2 + 2)


def mccormick(x, y):
    return mp.sin(x + y) + (x - y) ** 2 - 3 * x / 2 + 5 * y / 2 + 1


def easom(x, y):
    return -mp.cos(x) * mp.cos(y) * mp.exp(-((x - mp.pi) ** 2 + (y - mp.pi) ** 2))


LITERATURE = {
    "bowl": lambda x, y: x**2 / 10 + 2 * y**2,
    "long_valley": lambda x, y: x**2 / 100 + 4 * y**2,
    "saddle": lambda x, y: (x - y) * (x + y),
    "monkey_saddle": lambda x, y: x * (x**2 - 3 * y**2),
    "plateau": lambda x, y: 1 - mp.exp(-(x**2) / 2) * mp.exp(-(y**2) / 2),
    "sphere": lambda x, y: x**2 + y**2,
    "beale": beale,
    "rosenbrock": lambda x, y: 100 * (y - x**2) ** 2 + (x - 1) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "matyas": lambda x, y: mpf("0.26") * (x**2 + y**2) - mpf("0.48") * x * y,
    "three_hump_camel": lambda x, y: 2 * x**2 - mpf("1.05") * x**4 + x**6 / 6 + x * y + y**2,
    "six_hump_camel": six_hump_camel,
    "mccormick": mccormick,
    "styblinski_tang": lambda *x: sum(each**4 - 16 * each**2 + 5 * each for each in x) / 2,
    "rastrigin": lambda *x: 10 * len(x) + sum(each**2 - 10 * mp.cos(2 * mp.pi * each) for each in x),
    "ackley": ackley,
    "levy": levy,
    "griewank": griewank,
    "goldstein_price": goldstein_price,
    "easom": easom,
    "cross_in_tray": cross_in_tray,
    "bohachevsky": bohachevsky,
    "drop_wave": drop_wave,
    "taxicab": lambda x, y: abs(x) + 2 * abs(y),
    "kinked_valley": lambda x, y: (x - 1) ** 2 / 4 + abs(y - 2 * x**2 + 1),
}


def test_every_surface_has_its_formula_here():
    assert set(LITERATURE) == set(SURFACES)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SURFACES)
def test_value_gradient_and_hessian_are_those_of_the_literature(name, place):
    surface, formula = SURFACES[name], LITERATURE[name]
    point = np.array([low + share * (high - low) for (low, high), share in zip(surface.domain, place, strict=True)])
    with mp.workdps(40):
        at = tuple(map(mpf, point.tolist()))
        value = float(formula(*at))
        gradient = [float(mp.diff(formula, at, order)) for order in ((1, 0), (0, 1))]
        first, mixed, second = (float(mp.diff(formula, at, order)) for order in ((2, 0), (1, 1), (0, 2)))
    loss, slope = surface(point)
    assert loss == pytest.approx(value, rel=1e-11, abs=1e-13)
    assert slope == pytest.approx(gradient, rel=1e-10, abs=1e-11)
    hessian = surface.hessian(point)
    assert hessian == pytest.approx(np.array([[first, mixed], [mixed, second]]), rel=1e-9, abs=1e-10)
