"""Curves: slopes and curvatures against finite differences, minima against the places where the slope turns."""

import numpy as np
import pytest

from optviz.formula import FormulaError
from optviz.surfaces.curves import CURVES, Curve

every_curve = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)


@every_curve
def test_slope_and_curvature_equal_finite_differences(curve):
    low, high = curve.domain
    w = np.linspace(low + 0.013, high - 0.017, 97)[:, None]
    h = 1e-5
    up, down = curve(w + h), curve(w - h)
    np.testing.assert_allclose(curve(w)[1][:, 0], (up[0] - down[0]) / (2 * h), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(curve.hessian(w)[:, 0, 0], (up[1] - down[1])[:, 0] / (2 * h), rtol=1e-5, atol=1e-6)


@every_curve
def test_shapes_and_precision(curve):
    for shape in ((1,), (5, 1), (2, 3, 1)):
        loss, gradient = curve(np.zeros(shape))
        assert (
            loss.shape == shape[:-1] and gradient.shape == shape and curve.hessian(np.zeros(shape)).shape == (*shape, 1)
        )
    loss, gradient = curve(np.ones((2, 1), np.float32))
    assert loss.dtype == gradient.dtype == np.float32
    with pytest.raises(ValueError, match="shape"):
        curve(np.zeros(2))


@every_curve
def test_minima_are_lower_than_what_is_around_them_and_none_is_missing(curve):
    minima, h = curve.minima, 1e-3
    around = np.minimum(curve((minima - h)[:, None])[0], curve((minima + h)[:, None])[0])
    assert len(minima) and np.all(curve(minima[:, None])[0] < around)
    xs = np.linspace(*curve.domain, 1001)
    slopes = curve(xs[:, None])[1][:, 0]
    turns = xs[1:][(slopes[:-1] < 0) & (slopes[1:] >= 0)]
    assert all(np.abs(minima - turn).min() < 0.02 for turn in turns)


@pytest.mark.parametrize(
    ("text", "minima"),
    [
        ("(w-2)^2", [2]),
        ("abs(w-1.5) + abs(w+1)/2", [1.5]),
        ("sqrt(w^2)", [0]),
        ("w^6", [0]),
        ("w", []),
        ("exp(w)", []),
        ("log(w)", []),
        ("1/w", []),
        ("3", []),
        ("w^3 - 3*w", [1]),
    ],
)
def test_minima_of_formulas(text, minima):
    assert Curve.from_formula(text).minima == pytest.approx(minima, abs=1e-6)


def test_a_parabola_knows_its_curvature_and_nothing_else_has_one():
    assert [curve.name for curve in CURVES.values() if curve.quadratic] == ["shifted", "square"]
    assert Curve.from_formula("3*w^2 - w/2 + 1").quadratic == 6.0
    for text in ("-w^2", "w", "3", "w^4 - w^2", "w^2 + 0*abs(w) + sin(w)", "2^w"):
        assert Curve.from_formula(text).quadratic is None


@pytest.mark.parametrize("text", ["", "w+", "x1", "__import__('os')", "w.real", "9**9**9", "1/0", "w 2", "(" * 50])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(FormulaError):
        Curve.from_formula(text)


def test_a_kink_and_an_overflow_have_numbers():
    assert Curve.from_formula("sqrt(w^2)")([[0.0]])[1] == 0
    assert CURVES["quartic"]([[1e200]])[0] == np.inf
