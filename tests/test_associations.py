"""The associative memory: its gradient, what SGD does to each pair by its closed form, and its singular values."""

import numpy as np
import pytest

from optviz.models.associations import PAIRS, Associations, descended, learn, steps_to
from optviz.optimization.optimizers import OPTIMIZERS

MEMORIES = [Associations(exponent, seed) for exponent in (0.0, 1.0, 2.5) for seed in (0, 7)]


@pytest.mark.parametrize("memory", MEMORIES)
def test_keys_and_values_are_orthonormal_and_frequencies_follow_zipf(memory):
    for vectors in (memory.keys, memory.values):
        np.testing.assert_allclose(vectors @ vectors.T, np.eye(PAIRS), atol=1e-12)
    p = memory.frequencies
    assert p.sum() == pytest.approx(1)
    np.testing.assert_allclose(p[0] / p, np.arange(1, PAIRS + 1) ** memory.exponent)
    assert not np.allclose(memory.keys, memory.values)


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_gradient_is_that_of_the_loss(memory):
    w = np.random.default_rng(1).standard_normal(PAIRS**2)
    matrix = w.reshape(PAIRS, PAIRS)
    pairs = zip(memory.frequencies, memory.keys, memory.values, strict=True)
    told = [p * np.sum((matrix @ k - v) ** 2) / 2 for p, k, v in pairs]
    loss, gradient = memory(w, 0)
    assert loss == pytest.approx(sum(told))
    steps = 1e-6 * np.eye(PAIRS**2)
    np.testing.assert_allclose(gradient, (memory(w + steps, 0)[0] - memory(w - steps, 0)[0]) / 2e-6, atol=1e-8)


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("rate", [0.5, 1.0, 3.0])
def test_sgd_shrinks_each_error_by_its_own_factor(memory, rate):
    found = learn(memory, OPTIMIZERS["sgd"](), rate, 30)
    expected = descended(memory.frequencies, rate, range(31))
    np.testing.assert_allclose(found.error, expected, atol=1e-9)
    np.testing.assert_allclose(found.loss, (expected**2) @ memory.frequencies / 2, atol=1e-9)
    np.testing.assert_allclose(found.gradient, -np.sort(-expected * memory.frequencies), atol=1e-9)
    np.testing.assert_allclose(found.step, found.gradient, atol=1e-9)
    for at, p in zip(steps_to(found.error, 0.5), memory.frequencies, strict=True):
        if rate * p < 1:
            exact = np.log(0.5) / np.log1p(-rate * p)
            assert at == (int(np.ceil(exact - 1e-9)) if exact <= 30 else None)


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_first_singular_values_are_the_frequencies_and_exactly_orthogonalized_all_1(memory):
    found = learn(memory, OPTIMIZERS["muon"](exact=True), 0.1, 12)
    np.testing.assert_allclose(found.gradient[0], memory.frequencies, atol=1e-12)
    np.testing.assert_allclose(found.step[0], np.ones(PAIRS))
    np.testing.assert_allclose(found.error[:11], np.tile(1 - 0.1 * np.arange(11)[:, None], PAIRS), atol=1e-9)


def test_what_is_recalled_becomes_the_unit_matrix():
    found = learn(Associations(), OPTIMIZERS["shampoo"](), 0.3, 100)
    assert not found.recalled[0].any()
    np.testing.assert_allclose(found.recalled[-1], np.eye(PAIRS), atol=1e-3)
    # What is missing of value i is column i of the unit matrix without what key i recalls.
    missing = np.linalg.norm(np.eye(PAIRS) - found.recalled, axis=1)
    np.testing.assert_allclose(missing, found.error, atol=1e-12)


def test_a_falling_rate_falls_evenly_and_is_not_in_the_singular_values():
    found = learn(Associations(), OPTIMIZERS["muon"](exact=True), 0.1, 9, falls=True)
    np.testing.assert_allclose(found.step, np.ones((10, PAIRS)))
    np.testing.assert_allclose(1 - found.error[1:4, 0], np.cumsum([0.1, 0.09, 0.08]))


def test_what_is_never_reached_is_none():
    assert steps_to(np.array([[1.0, 1.0], [0.4, 0.9], [0.7, 0.6]]), 0.5) == [1, None]
