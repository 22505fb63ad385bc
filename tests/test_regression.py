"""Least squares by descent: gradients, closed forms of the solution and of the path, and the course's cubic."""

import numpy as np
import pytest

from optviz.models.regression import LeastSquares, legendre, monomials, sample
from optviz.optimization.descent import descend, record
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import OPTIMIZERS

CUBIC = (0.9, 0.5, 3.0, 2.4)
PRINTED = {
    "7.2": {"w": [0.5, 3.0, 2.4], "b": 0.9, "x_from": -3, "x_to": 3, "x_step": 0.1, "lr": 0.001, "updates": 100},
}


def cubic(factor=1.0, points=61, noise=0.0):
    x, y = sample(CUBIC, points, noise, 0)
    return LeastSquares(monomials(x, 3), y, factor)


def path(objective, rate, n, start, name="sgd"):
    return record(descend(objective, OPTIMIZERS[name](), lambda t: rate, start), n)


@pytest.mark.parametrize("factor", [1.0, 0.5, 61.0])
@pytest.mark.parametrize("runs", [(), (3,), (2, 2)])
def test_the_gradient_is_that_of_finite_differences(factor, runs):
    objective, h = cubic(factor, noise=1.0), 1e-5
    w = np.random.default_rng(0).normal(size=(*runs, 4))
    loss, gradient = objective(w)
    assert loss.shape == runs and gradient.shape == w.shape
    differences = [(objective(w + h * e)[0] - objective(w - h * e)[0]) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(gradient, np.stack(differences, axis=-1), rtol=1e-6, atol=1e-6)
    hessians = [(objective(w + h * e)[1] - objective(w - h * e)[1]) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(objective.hessian(w), np.stack(hessians, axis=-1), rtol=1e-6, atol=1e-6)


def test_the_loss_is_the_mean_of_squares_times_its_factor():
    x, y = sample((1.0, 2.0), 5, 0.5, 3)
    w = np.array([0.3, -1.0])
    squares = [(0.3 - 1.0 * xi - yi) ** 2 for xi, yi in zip(x, y, strict=True)]
    for factor, expected in ((1.0, sum(squares) / 5), (0.5, sum(squares) / 10), (5.0, sum(squares))):
        assert LeastSquares(monomials(x, 1), y, factor)(w)[0] == pytest.approx(expected)


def test_plain_descent_is_the_closed_form_of_linear_dynamics():
    objective, start, rate = cubic(noise=2.0), np.array([1.0, -1.0, 0.5, 0.0]), 0.004
    best, hessian = objective.solution(), objective.hessian(start)
    descent = path(objective, rate, 60, start)
    for t in (0, 1, 7, 60):
        shrunk = np.linalg.matrix_power(np.eye(4) - rate * hessian, t) @ (start - best)
        np.testing.assert_allclose(descent.w[t], best + shrunk, rtol=1e-9, atol=1e-11)


def test_a_line_arrives_at_what_lstsq_and_polyfit_give():
    x, y = sample((1.0, 2.0), 61, 1.0, 0)
    objective = LeastSquares(monomials(x, 1), y)
    np.testing.assert_allclose(objective.solution(), np.polynomial.polynomial.polyfit(x, y, 1), rtol=1e-10)
    np.testing.assert_allclose(path(objective, 0.1, 300, np.zeros(2)).w[-1], objective.solution(), rtol=1e-10)


@pytest.mark.parametrize("basis", [monomials, legendre])
def test_without_noise_the_truth_is_found_in_either_basis(basis):
    x, y = sample(CUBIC, 61, 0.0, 0)
    fitted = LeastSquares(basis(x / 3, 3), y).solution()
    np.testing.assert_allclose(basis(x / 3, 3) @ fitted, y, atol=1e-9)
    if basis is monomials:
        np.testing.assert_allclose(fitted / 3.0 ** np.arange(4), CUBIC, rtol=1e-9)


@pytest.mark.parametrize("l2", [0.01, 0.3, 5.0])
def test_the_ridge_solution_has_no_gradient_left(l2):
    objective = cubic(noise=1.0)
    mask = np.array([0.0, 1.0, 1.0, 1.0])
    gradient = Penalized(objective, l2=l2, mask=mask)(objective.solution(l2))[1]
    np.testing.assert_allclose(gradient, 0, atol=1e-9)


def test_the_largest_curvature_bounds_the_learning_rate():
    objective = cubic(noise=1.0)
    bound = 2 / objective.curvatures[-1]
    assert bound == OPTIMIZERS["sgd"]().largest_rate(objective.curvatures[-1])
    below, above = (path(objective, share * bound, 300, np.zeros(4)).loss for share in (0.99, 1.01))
    assert below[-1] < below[0] and above[-1] > 100 * above[0]


def test_newton_is_there_after_one_step():
    objective = cubic(noise=1.0)
    np.testing.assert_allclose(path(objective, 1.0, 1, np.ones(4), "newton").w[1], objective.solution(), rtol=1e-8)


@pytest.mark.parametrize("seed_id", ["7.2"])
def test_the_cubic_of_the_course(seed_id):
    printed = PRINTED[seed_id]
    truth = (printed["b"], *printed["w"])
    x, y = sample(truth, 61, 0.0, 0)
    np.testing.assert_allclose(x, np.arange(-30, 31) * printed["x_step"], atol=1e-12)
    np.testing.assert_allclose(y, 0.90 + 0.50 * x + 3.00 * x**2 + 2.40 * x**3, rtol=1e-12, atol=1e-12)

    # With the mean of the squares the course's learning rate converges, and the curve moves to the true one all along.
    mean = cubic()
    assert printed["lr"] < 2 / mean.curvatures[-1] == pytest.approx(0.00852, abs=5e-6)
    descent = path(mean, printed["lr"], printed["updates"], np.zeros(4))
    assert (np.diff(descent.loss) < 0).all()
    assert descent.loss[-1] < 0.01 * descent.loss[0]
    assert np.abs(descent.w[-1] - truth)[2:].max() < 0.4
    # With their sum, 61 times as steep, it diverges; with half the mean it converges at half the pace.
    total, half = cubic(61.0), cubic(0.5)
    assert printed["lr"] > 2 / total.curvatures[-1]
    assert path(total, printed["lr"], 20, np.zeros(4)).loss[-1] > 1e30
    np.testing.assert_allclose(path(half, 2 * printed["lr"], 100, np.zeros(4)).w, descent.w, rtol=1e-9)


def test_the_noise_is_that_of_its_seed_and_grows_with_sigma():
    one, two, other = (sample(CUBIC, 30, sigma, seed)[1] for sigma, seed in ((1.0, 0), (2.0, 0), (1.0, 1)))
    clean = sample(CUBIC, 30, 0.0, 0)[1]
    np.testing.assert_allclose(two - clean, 2 * (one - clean), rtol=1e-9)
    assert np.abs(one - other).max() > 0.1
