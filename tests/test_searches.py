"""Steps that losses and histories say: what a search promises, and the directions of conjugate gradients and L-BFGS."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.optimization import history
from optviz.optimization.anatomy import follow
from optviz.optimization.descent import arrive, descend, marks, record
from optviz.optimization.line_search import TRIALS, searched
from optviz.optimization.objectives import Noisy
from optviz.optimization.optimizers import OPTIMIZERS, stack, typed
from optviz.optimization.rules import HISTORY
from optviz.surfaces.surfaces import SURFACES

NEW = ("armijo", "polyak", "extragradient", "conjugate_gradient", "lbfgs")
ROSENBROCK = SURFACES["rosenbrock"]


class Quadratic:
    """`(w - c) A (w - c) / 2 + 7` in some dimensions."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
        self.a, self.c = turn @ np.diag(np.geomspace(1, 30, n)) @ turn.T, rng.normal(size=n)

    def __call__(self, w, t=0):
        g = (w - self.c) @ self.a
        return np.vecdot(w - self.c, g) / 2 + 7, g


def path(name, objective, start, rate, steps, **values):
    return record(descend(objective, OPTIMIZERS[name](**values), lambda t: rate, np.array(start)), steps)


# ---- the search


points = st.tuples(*[st.floats(-3, 3)] * 4).map(np.array)


@given(points, st.floats(1e-3, 100), st.floats(1e-4, 0.4), st.floats(0.1, 0.9))
def test_a_step_is_the_longest_that_is_tried_and_lowers_the_loss_by_enough(numbers, first, share, shrink):
    w, d = numbers[:2], numbers[2:]
    loss, g = ROSENBROCK(w)
    step = float(searched(ROSENBROCK, w, loss[..., None], g, d, first, share, shrink)[0])
    slope = np.sum(g * d)
    tried = first * shrink ** np.arange(TRIALS)
    falls = [ROSENBROCK(w - s * d)[0] <= loss - share * s * slope for s in tried]
    expected = tried[falls.index(True)] if slope > 0 and True in falls else 0.0
    assert step == pytest.approx(expected, rel=1e-12)


@given(points, st.floats(1e-6, 100), st.floats(1e-4, 0.3), st.floats(0.5, 0.9))
def test_a_step_of_wolfe_is_also_long_enough(numbers, first, share, steepness):
    w, d = numbers[:2], numbers[2:]
    loss, g = ROSENBROCK(w)
    slope = np.sum(g * d)
    step = float(searched(ROSENBROCK, w, loss[..., None], g, d, first, share, steepness=steepness)[0])
    if slope <= 0:
        assert step == 0
    elif slope > 1e-3:
        there, along = ROSENBROCK(w - step * d)
        assert step > 0 and there <= loss - share * step * slope and np.sum(along * d) <= steepness * slope


def test_uphill_and_on_what_has_no_value_there_is_no_step():
    w, g = np.array([-1.2, 1.0]), ROSENBROCK(np.array([-1.2, 1.0]))[1]
    for d in (-g, np.zeros(2), np.full(2, np.nan)):
        assert searched(ROSENBROCK, w, ROSENBROCK(w)[0][..., None], g, d, 1.0, 0.1) == 0
    alone = typed("s = search(-g, lr)\nw = w - s*g")()
    assert (record(descend(ROSENBROCK, alone, lambda t: 1.0, w), 3).w == w).all()


@pytest.mark.parametrize("surface", ["rosenbrock", "beale", "rastrigin", "ackley"])
@pytest.mark.parametrize("name", ["armijo", "conjugate_gradient", "lbfgs"])
def test_the_loss_never_rises(name, surface):
    loss = path(name, SURFACES[surface], SURFACES[surface].start, 1.0, 100).loss
    assert (np.diff(loss) <= 0).all() and loss[-1] < loss[0]


# ---- Polyak's step


def test_polyaks_step_comes_nearer_to_a_minimum_whose_loss_is_known_and_stops_at_a_loss_that_is_reached():
    bowl, start = Quadratic(5, 1), np.zeros(5)
    known = path("polyak", bowl, start, 1.0, 200, least=7.0)
    away = np.linalg.norm(known.w - bowl.c, axis=-1)
    assert (np.diff(away) <= 1e-12).all() and away[-1] < 1e-3
    loss = path("polyak", bowl, start, 1.0, 60, least=8.0).loss
    assert abs(loss[-1] - 8.0) < 1e-6


def test_its_effective_rate_is_the_quotient_and_has_no_bound_of_its_own():
    found = path("polyak", ROSENBROCK, (-1.2, 1.0), 0.5, 3, longest=1e-2)
    _loss, g = ROSENBROCK(found.w)
    quotient = np.minimum(found.loss / np.vecdot(g, g), 1e-2)
    np.testing.assert_allclose(found.rate, 0.5 * quotient[:, None] * np.ones(2), rtol=1e-12)
    for name in ("polyak", "armijo", "conjugate_gradient", "lbfgs"):
        assert OPTIMIZERS[name]().largest_rate(2.0) is None and not OPTIMIZERS[name]().is_plain
    assert OPTIMIZERS["extragradient"]().largest_rate(2.0) == pytest.approx(0.5)


def test_extragradient_settles_where_descent_goes_round():
    """Of min max x y descent of one and ascent of the other go away, and extragradient arrives (Korpelevich 1976)."""

    def game(w, t=0):
        return w[..., 0] * w[..., 1], np.stack([w[..., 1], -w[..., 0]], axis=-1)

    around, inward = (np.hypot(*path(name, game, (1.0, 0.0), 0.2, 300).w[-1]) for name in ("sgd", "extragradient"))
    assert around > 100 and inward == pytest.approx((1 - 0.2**2 + 0.2**4) ** 150, rel=1e-9)


# ---- directions


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_conjugate_gradients_are_those_of_the_linear_method_and_there_after_n_steps(n):
    """Hestenes & Stiefel 1952, for A w = A c."""
    bowl, start = Quadratic(n, n), np.zeros(n)
    w, r = start, bowl.a @ bowl.c
    p, expected = r, [start]
    for _ in range(n):
        alpha = r @ r / (p @ bowl.a @ p)
        w, before, r = w + alpha * p, r, r - alpha * bowl.a @ p
        p = r + (r @ r) / (before @ before) * p
        expected.append(w)
    np.testing.assert_allclose(path("conjugate_gradient", bowl, start, 0.5, n).w, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(expected[-1], bowl.c, rtol=1e-8)


def test_the_history_gives_the_product_of_the_whole_matrix():
    """Nocedal & Wright 2006, (7.19) with (7.20), from the newest pairs along which the curvature is positive."""
    rng, n, m = np.random.default_rng(0), 4, 3
    w, pairs = rng.normal(size=n), []
    kept, before = history.begun(m, w), None
    for _ in range(12):
        w, g = w + rng.normal(size=n), rng.normal(size=n)
        kept = history.recalled(m, g, w, kept)
        if before is not None and (w - before[0]) @ (g - before[1]) > 0:
            pairs = [*pairs, (w - before[0], g - before[1])][-m:]
        before = w, g
        h = np.eye(n) * (pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1]) if pairs else 1.0)
        for s, y in pairs:
            v = np.eye(n) - np.outer(y, s) / (y @ s)
            h = v.T @ h @ v + np.outer(s, s) / (y @ s)
        np.testing.assert_allclose(history.direction(g, kept), h @ g, rtol=1e-9)
    assert len(pairs) == m


def test_on_a_quadratic_the_direction_of_lbfgs_becomes_newtons():
    bowl = Quadratic(4, 3)
    steps = [*islice(descend(bowl, OPTIMIZERS["lbfgs"](), lambda t: 1.0, np.zeros(4)), 40)]
    assert np.linalg.norm(steps[-1].w - bowl.c) < 1e-8
    assert steps[3].memory.states[HISTORY].shape == (22, 4)


def test_a_pair_along_which_the_curvature_is_not_positive_is_left_out():
    w = np.array([1.0, 0.0])
    begun = history.recalled(2, np.array([1.0, 0.0]), w, history.begun(2, w))
    hill = history.recalled(2, np.array([0.5, 0.0]), np.array([2.0, 0.0]), begun)
    assert not hill[2:].any() and (history.direction(w, hill) == w).all()
    hollow = history.recalled(2, np.array([2.0, 0.0]), np.array([2.5, 0.0]), hill)
    assert (hollow[2] == [0.5, 0.0]).all() and (hollow[3] == [1.5, 0.0]).all()


# ---- runs side by side, in place, and from one update to the next


@pytest.mark.parametrize("name", NEW)
def test_runs_side_by_side_are_the_runs_alone(name):
    recipe = OPTIMIZERS[name]
    each = [recipe(), recipe(**{p.name: p.range.clamp(p.default * 0.5) for p in recipe.parameters if p.kind is float})]
    if name == "lbfgs":
        each[1] = recipe(pairs=2, steepness=0.5)
    starts, rates = np.array([[-1.2, 1.0], [0.7, -0.4]]), np.array([0.02, 0.3])
    objective = Noisy(ROSENBROCK, 0.1, 4)
    together = record(descend(objective, stack(each), lambda t: rates, starts), 6)
    for i, (optimizer, start, rate) in enumerate(zip(each, starts, rates, strict=True)):
        alone = record(descend(objective, optimizer, lambda t, rate=rate: rate, start), 6)
        np.testing.assert_allclose(together.w[:, i], alone.w, rtol=1e-9)


@pytest.mark.parametrize("name", NEW)
def test_updates_in_place_are_those_of_the_loop(name):
    starts, rates = np.array([[-1.2, 1.0], [0.7, -0.4]]), np.array([1e-3, 2e-3])
    objective = Noisy(ROSENBROCK, 0.1, 4)
    steps = islice(descend(objective, OPTIMIZERS[name](), lambda t: rates, starts), 8)
    found = [*zip(steps, marks(objective, OPTIMIZERS[name](), lambda t: rates, starts), strict=False)]
    for step, mark in found:
        np.testing.assert_array_equal(mark.w, step.w)
        for state in step.memory.states:
            np.testing.assert_array_equal(mark.memory.states[state], step.memory.states[state])
    np.testing.assert_allclose(
        arrive(objective, OPTIMIZERS[name](), lambda t: rates, starts, 7), found[7][0].w, rtol=1e-9
    )


def test_inside_a_step_of_lbfgs_stand_the_last_step_and_how_the_gradient_changed():
    updates = follow(ROSENBROCK, OPTIMIZERS["lbfgs"](), lambda t: 1.0, np.array([-1.2, 1.0]), 10)
    at = [{line.name: [line.result(axis) for axis in (0, 1)] for line in updates.lines(k)} for k in range(10)]
    for (k, _here), (_k, there) in pairwise(enumerate(at)):
        np.testing.assert_array_equal(there[r"\Delta w_t"], updates.look.w[k + 1] - updates.look.w[k])
        np.testing.assert_array_equal(there[r"\Delta g_t"], updates.look.g[k + 1] - updates.look.g[k])
    assert r"\Delta w_t" not in at[0] and at[0]["d_t"] == updates.look.g[0].tolist()


def test_a_rule_of_before_may_have_names_that_came_later():
    one, other = (
        typed(text.format(name))() for text in ("{0} = 0.9*{0} + g\nw = w - lr*{0}",) for name in ("search", "m")
    )
    paths = [record(descend(ROSENBROCK, each, lambda t: 1e-4, np.array([-1.2, 1.0])), 5).w for each in (one, other)]
    np.testing.assert_array_equal(*paths)
