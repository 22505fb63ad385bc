"""Formulas as written against the library and arbitrary precision: where they have no value, where digits are lost."""

import mpmath
import numpy as np
import pytest

from optviz.models.stability import naive_softmax, naive_tanh, overflow, relative_error, scaled_tanh
from optviz.networks.activations import softmax

PRECISIONS = [np.float32, np.float64]
in_both = pytest.mark.parametrize("precision", PRECISIONS)


@in_both
@pytest.mark.parametrize("z", [-np.inf, -1000.0, 1000.0, np.inf])
def test_3_4_tanh_as_written_is_nan_where_the_library_gives_one(precision, z):
    z = np.array([z], precision)
    assert np.isnan(naive_tanh(z)).all()
    np.testing.assert_array_equal(np.tanh(z), np.sign(z))
    np.testing.assert_array_equal(scaled_tanh(z), np.sign(z))


@in_both
def test_as_written_it_keeps_its_value_up_to_the_overflow_and_not_beyond(precision):
    limit = overflow(precision)
    assert limit == pytest.approx({np.float32: 88.72284, np.float64: 709.78271}[precision])
    inside, outside = np.array([limit * 0.999], precision), np.array([limit * 1.001], precision)
    assert naive_tanh(inside) == 1 and np.isnan(naive_tanh(outside))


@in_both
def test_the_forms_compute_in_the_precision_that_they_are_given(precision):
    z = np.array([0.5], precision)
    assert naive_tanh(z).dtype == scaled_tanh(z).dtype == precision


@pytest.mark.parametrize("form", [naive_tanh, scaled_tanh])
def test_near_zero_it_loses_about_as_many_digits_as_z_has_zeros(form):
    for power in (2, 4, 6, 9, 12):
        z = np.logspace(-power, -power + 0.5, 50)
        worst = relative_error(form(z), z).max()
        assert 0.02 * 2.2e-16 * 10**power < worst < 3 * 2.2e-16 * 10**power
    assert relative_error(form(np.array([1e-18])), np.array([1e-18])) == 1


def test_the_error_is_against_the_true_tanh():
    z = np.array([0.3, 1e-5, 2.0])
    with mpmath.workdps(40):
        exact = [mpmath.tanh(mpmath.mpf(x)) for x in z]
        expected = [float(abs(mpmath.mpf(a) - e) / e) for a, e in zip(naive_tanh(z), exact, strict=True)]
    np.testing.assert_allclose(relative_error(naive_tanh(z), z), expected, atol=2e-16)


def test_at_zero_there_is_no_error():
    zero = np.array([0.0])
    assert naive_tanh(zero) == 0 and relative_error(naive_tanh(zero), zero) == 0


def test_softmax_as_written_is_softmax_until_a_power_overflows():
    z = np.array([4.0, 5.0, 1.0])
    np.testing.assert_allclose(naive_softmax(z), softmax(z), rtol=1e-14)
    assert np.isnan(naive_softmax(z + 1000)).all() and np.isnan(naive_softmax(z - 1000)).all()
    np.testing.assert_allclose(softmax(z + 1000), softmax(z), rtol=1e-13)
