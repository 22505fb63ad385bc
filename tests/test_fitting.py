"""Under-, good and overfitting: the points, the fits, and the word for each."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.models.fitting import (
    CURVES,
    DEGREES,
    MOST_POINTS,
    NOTHING,
    TOLERANCE,
    Setting,
    Word,
    best,
    draw,
    errors,
    fit,
    judge,
)
from optviz.models.regression import LeastSquares, legendre
from optviz.optimization.objectives import Penalized

START = Setting()


@pytest.mark.parametrize("share", [0.2, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("points", [10, 40, 400])
def test_the_share_of_the_points_is_held_out(points, share):
    training, validation = draw(replace(START, points=points, share=share))
    assert len(training.x) + len(validation.x) == points
    assert abs(len(validation.x) - share * points) <= 1
    assert np.abs(np.concatenate([training.x, validation.x])).max() <= 1


def test_more_points_are_those_before_and_some_besides():
    few, many = draw(replace(START, points=40))[0], draw(replace(START, points=80))[0]
    np.testing.assert_array_equal(many.x[: len(few.x)], few.x)
    np.testing.assert_array_equal(many.y[: len(few.y)], few.y)


def test_the_points_lie_evenly_over_the_interval():
    for part in draw(replace(START, points=40)):
        assert np.diff(np.sort(part.x)).max() < 4 * 2 / len(part.x)


@pytest.mark.parametrize("curve", CURVES)
def test_without_noise_the_points_lie_on_the_curve_and_a_high_degree_finds_it(curve):
    setting = replace(START, curve=curve, noise=0.0, points=MOST_POINTS, degree=15)
    training, _validation = draw(setting)
    np.testing.assert_allclose(training.y, CURVES[curve].value(training.x))
    assert fit(setting).validation < (0.01 if curve == "kink" else 1e-3)


@pytest.mark.parametrize("degree", DEGREES)
def test_a_fit_is_that_of_numpys_own_least_squares(degree):
    setting = replace(START, degree=degree, points=80)
    training, validation = draw(setting)
    expected = np.polynomial.legendre.Legendre.fit(training.x, training.y, degree, domain=[-1, 1])
    found = fit(setting)
    np.testing.assert_allclose(found.coefficients, expected.coef, rtol=1e-7, atol=1e-8)
    assert found.training == pytest.approx(np.mean((expected(training.x) - training.y) ** 2))
    assert found.validation == pytest.approx(np.mean((expected(validation.x) - validation.y) ** 2), rel=1e-6)
    np.testing.assert_allclose(found.value(validation.x), expected(validation.x), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("l2", [1e-4, 0.01, 1.0])
def test_a_penalized_fit_is_stationary_and_leaves_the_constant_free(l2):
    setting = replace(START, degree=15, l2=l2)
    training, _validation = draw(setting)
    mask = np.concatenate([[0.0], np.ones(15)])
    objective = Penalized(LeastSquares(legendre(training.x, 15), training.y), l2=l2, mask=mask)
    np.testing.assert_allclose(objective(fit(setting).coefficients)[1], 0, atol=1e-9)
    assert np.abs(fit(replace(setting, l2=1e9)).coefficients[1:]).max() < 1e-6
    assert fit(replace(setting, l2=1e9)).coefficients[0] == pytest.approx(training.y.mean(), abs=1e-6)


def test_a_higher_degree_never_misses_the_training_points_by_more():
    training = errors([replace(START, degree=degree) for degree in DEGREES])[0]
    assert (np.diff(training) < 1e-9).all()


def test_5_6_three_pictures():
    words = [judge(replace(START, degree=degree)) for degree in (1, 4, 15)]
    assert words == [Word.UNDER, Word.GOOD, Word.OVER]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("curve", CURVES)
def test_the_word_follows_its_rule(curve, seed):
    for degree in DEGREES:
        setting = replace(START, curve=curve, seed=seed, degree=degree)
        reference = best(setting)
        assert fit(reference).validation == min(fit(replace(setting, degree=d)).validation for d in DEGREES)
        near, met = (
            getattr(fit(setting), name) <= max(TOLERANCE * getattr(fit(reference), name), NOTHING)
            for name in ("validation", "training")
        )
        assert judge(setting) == (Word.GOOD if near else Word.OVER if met else Word.UNDER)
        assert judge(reference) == Word.GOOD


@pytest.mark.parametrize("seed", range(6))
def test_the_lowest_degree_underfits_a_fast_wave_and_the_highest_overfits_few_points(seed):
    assert judge(Setting("wave", points=60, noise=0.1, seed=seed, degree=1)) == Word.UNDER
    assert judge(Setting("parabola", points=34, seed=seed, degree=15)) == Word.OVER


def test_the_remedies_cure():
    over = replace(START, degree=15)
    assert judge(replace(over, points=320)) == Word.GOOD
    assert judge(replace(over, l2=0.01)) == Word.GOOD
    assert judge(replace(over, l2=3.0)) == Word.UNDER
    assert judge(replace(START, degree=1, points=400)) == Word.UNDER
    assert judge(Setting("wave", points=60, degree=9)) == Word.GOOD


def test_without_noise_rounding_is_no_overfitting():
    assert judge(Setting("parabola", noise=0.0, degree=4)) == Word.GOOD
