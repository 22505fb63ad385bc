"""Momentum's sum: its closed form, its recursion, and the two forms on one path."""

import numpy as np
import pytest

from optviz.optimization.momentum import SEQUENCES, geometric_sum, half_life, memory, momentum, staircase

DECAYS = [0.0, 0.42, 0.9, 0.99]


@pytest.mark.parametrize("decay", DECAYS)
def test_2_16_on_a_constant_gradient_the_step_tends_to_lr_g_over_one_minus_gamma(decay):
    g, lr, n = -1.5, 0.2, 1500
    result = momentum(SEQUENCES["constant"](slope=g)(n), decay, lr)
    t = np.arange(n + 1)
    assert np.allclose(result.steps[:, 1], lr * g * (1 - decay**t) / (1 - decay))
    assert result.steps[-1, 1] == pytest.approx(lr * g / (1 - decay))
    assert result.steps[-1, 2] == pytest.approx(lr * g)
    assert geometric_sum(decay, n) == pytest.approx(sum(decay**k for k in range(n)))


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("decay", DECAYS)
def test_the_shares_add_up_to_the_step_of_the_recursion(name, decay):
    gradients = SEQUENCES[name]()(60)
    result = momentum(gradients, decay, 0.1)
    assert np.allclose(result.shares.sum(axis=1), result.steps[:, 1])
    assert np.allclose(staircase(result.shares)[:, -1], result.steps[:, 1])
    assert result.shares[10, 3] == pytest.approx(0.1 * decay**3 * gradients[6])
    assert (result.shares[10, 10:] == 0).all()


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_averaged_form_at_lr_over_one_minus_gamma_takes_the_classical_path(name):
    result = momentum(SEQUENCES[name]()(60), 0.9, 0.1)
    assert np.allclose(result.places[:, 3], result.places[:, 1])
    assert np.allclose(result.steps[:, 2], 0.1 * result.steps[:, 1])
    assert np.allclose(result.places[:, 0], -0.1 * np.concatenate([[0], np.cumsum(SEQUENCES[name]()(60))]))


def test_alternating_gradients_cancel():
    result = momentum(SEQUENCES["alternating"](slope=2.0)(400), 0.9, 0.1)
    assert np.abs(result.steps[-1, 1]) == pytest.approx(0.1 * 2.0 / 1.9)
    assert np.sign(result.steps[1:, 1]).tolist() == np.sign(SEQUENCES["alternating"]()(400)).tolist()


def test_noise_is_averaged_away_and_depends_on_its_seed():
    wild = SEQUENCES["noisy"](slope=1.0, sigma=2.0, seed=3)(1500)
    steps = momentum(wild, 0.99, 1.0).steps
    # The variance of the average is (1 - b) / (1 + b) of that of the gradients.
    assert steps[500:, 2].std() == pytest.approx(2.0 * np.sqrt(0.01 / 1.99), rel=0.25)
    assert not np.array_equal(wild, SEQUENCES["noisy"](slope=1.0, sigma=2.0, seed=4)(1500))


def test_half_of_a_share_is_left_after_the_half_life():
    assert 0.9 ** half_life(0.9) == pytest.approx(0.5)
    assert half_life(0.0) == 0 and memory(0.9) == pytest.approx(10.0)
