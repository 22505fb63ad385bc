"""The yoghurt seller against the course's loop, TensorFlow's tape, and what each loss must lead to."""

import numpy as np
import pytest

from optviz.models.yoghurt import COURSE_SEED, COURSE_START, fit, overproduction, sales
from optviz.networks.losses import LOSSES, asymmetric, best_constant

COST, PROFIT, NOISE = 1, 99, 0.05
LOSSES_4_4 = (LOSSES["mse"], asymmetric(COST, PROFIT), asymmetric(PROFIT, COST))


def test_the_days_are_those_of_the_courses_loop_4_4():
    random = np.random.RandomState(COURSE_SEED)
    x = random.rand(32, 2)
    y = [a + b + (random.rand() / 10.0 - 0.05) for a, b in x]
    days = sales()
    np.testing.assert_array_equal(days.x, x)
    np.testing.assert_allclose(days.y, y, rtol=1e-14)


@pytest.mark.parametrize("seed", [0, 1, 7, COURSE_SEED])
def test_noise_stays_within_its_bounds_and_another_seed_gives_other_days_4_4(seed):
    days = sales(seed)
    noise = days.y - days.x.sum(axis=1)
    assert days.x.shape == (32, 2) and np.abs(noise).max() <= NOISE and noise.std() > 0.02
    assert ((days.x >= 0) & (days.x < 1)).all()
    assert (sales(seed + 1).y != days.y).any()


@pytest.mark.parametrize("seed", [0, 3, COURSE_SEED])
def test_the_fit_leans_to_the_cheaper_side_and_mse_to_neither_4_4(seed):
    days = sales(seed)
    w = fit(days, LOSSES_4_4, 0.03, 3000, COURSE_START).w[-1]
    squared, seller, exchanged = w
    assert np.abs(squared - 1).max() < 0.06
    assert (seller > 1).all() and (exchanged < 1).all()
    over = overproduction(days, w).mean(axis=-1)
    assert abs(over[0]) < 0.01 and over[1] > 0.02 and over[2] < -0.02


def test_the_best_constant_of_the_sellers_loss_is_a_quantile():
    y = np.arange(100.0)
    assert best_constant(asymmetric(1, 99), y) == pytest.approx(98.5, abs=0.5)
    assert best_constant(asymmetric(1, 3), y) == pytest.approx(74.5, abs=0.5)


@pytest.mark.parametrize("k", range(3), ids=["MSE", "(1, 99)", "(99, 1)"])
def test_weights_equal_those_of_tensorflows_tape_from_the_same_start(k):
    tf = pytest.importorskip("tensorflow")
    days, n = sales(), 40
    loss, x, y = LOSSES_4_4[k], tf.constant(days.x), tf.constant(days.y)
    w = tf.Variable(np.array(COURSE_START)[:, None])
    for _ in range(n):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss.tensorflow(tf, y, tf.matmul(x, w)[:, 0]))
        w.assign_sub(0.01 * tape.gradient(value, w))
    path = fit(days, LOSSES_4_4, 0.01, n, COURSE_START)
    np.testing.assert_allclose(path.w[-1, k], w.numpy()[:, 0], rtol=1e-10)
    np.testing.assert_allclose(path.loss[-2, k], value, rtol=1e-10)


def test_the_start_is_the_courses():
    tf = pytest.importorskip("tensorflow")
    # What a fresh process draws from this seed; here somebody may have drawn before.
    with tf.Graph().as_default():
        draw = tf.random.normal([2, 1], stddev=1, seed=1)
        with tf.compat.v1.Session() as session:
            start = session.run(draw)[:, 0]
    np.testing.assert_allclose(start, COURSE_START, rtol=1e-6)
