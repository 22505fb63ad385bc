"""A race: the course's experiments, how runs end, and the numbers that explain it."""

from functools import partial

import numpy as np
import pytest

from optviz.optimization.descent import Path
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.optimization.trials import Trial
from optviz.surfaces.race import CLOSE, Course, Ending, climbs, conclude, paths, race
from optviz.surfaces.surfaces import SURFACES, Surface


def course(name, **options):
    surface = SURFACES[name]
    return Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2), **options)


def ends(name, racers, steps, start=None, **options):
    start = np.array(SURFACES[name].start if start is None else start)
    where = course(name, **options)
    return race([Trial.of(where, OPTIMIZERS[o](**v), lr) for o, v, lr in racers], start, steps)


def test_2_11_sgd_is_too_slow_arrives_and_diverges():
    result = ends("bowl", [("sgd", {}, 0.06), ("sgd", {}, 0.42), ("sgd", {}, 0.61)], 50)
    slow, good, diverging = result.ends
    assert [end.ending for end in result.ends] == [Ending.GOING, Ending.ARRIVED, Ending.DIVERGED]
    x = -5 * (1 - 0.2 * np.array([0.06, 0.42, 0.61])) ** 50
    assert np.allclose(result.path.w[-1, :, 0], x)
    assert slow.distance == pytest.approx(abs(x[0]), rel=1e-6)
    assert diverging.limit == pytest.approx(0.5) and diverging.curvature == pytest.approx(4.0)
    assert diverging.rate == pytest.approx(0.61)
    zigzag = np.sign(result.path.w[:10, 1, 1])
    assert (zigzag[1:] == -zigzag[:-1]).all()
    assert good.arrival == np.flatnonzero(result.path.loss[:, 1] <= CLOSE)[0]


def test_2_12_momentum_tames_and_swings():
    result = ends(
        "bowl",
        [
            ("momentum_classical", {"beta": 0.42}, 0.61),
            ("momentum_classical", {"beta": 0.81}, 0.61),
            ("momentum_classical", {"beta": 0.91}, 0.02),
        ],
        50,
    )
    tamed, swinging, smooth = (np.abs(np.diff(result.path.w[:, i], axis=0)).sum() for i in range(3))
    assert tamed < swinging / 2
    assert result.ends[0].arrival < result.ends[1].arrival / 2
    assert np.abs(result.path.w[25:, 1]).max() > 5 * np.abs(result.path.w[25:, 0]).max()
    turns = [np.count_nonzero(np.diff(np.sign(np.diff(result.path.w[:, i, 1])))) for i in range(3)]
    assert turns[2] < turns[1] / 2 and smooth < swinging


def test_2_13_adagrad_piles_up_and_rmsprop_is_evenly_spaced():
    result = ends("bowl", [("adagrad", {}, 1.0), ("rmsprop", {"beta": 0.9}, 0.15)], 50)
    steps = np.linalg.norm(np.diff(result.path.w, axis=0), axis=-1)
    assert steps[-1, 0] < steps[0, 0] / 20
    effective = result.path.rate[:, 0]
    assert (np.diff(effective, axis=0) <= 0).all()
    # By step 20 AdaGrad's steps along the valley have shrunk to a twentieth, RMSProp's hardly.
    along = np.abs(np.diff(result.path.w[:, :, 0], axis=0))
    assert along[20, 0] < along[1, 0] / 10 and along[20, 1] > along[1, 1] / 5


def test_2_14_a_smaller_beta1_shrinks_the_circle_of_adam():
    values = [
        ({"beta1": 0.9, "beta2": 0.99}, 1.0),
        ({"beta1": 0.5, "beta2": 0.99}, 1.0),
        ({"beta1": 0.5, "beta2": 0.99}, 0.35),
    ]
    result = ends("bowl", [("adam", v, lr) for v, lr in values], 30)
    overshoot = result.path.w[:, :, 0].max(0)
    assert overshoot[0] > 1.0 > overshoot[1] and overshoot[2] < 0.5
    assert result.path.w[:, 0, 1].max() > 1.0


def test_endings_are_told_apart():
    assert ends("saddle", [("sgd", {}, 0.01)], 200).ends[0].ending is Ending.SADDLE
    assert ends("saddle", [("adam", {}, 0.3)], 100).ends[0].ending is Ending.DESCENDING
    assert ends("three_hump_camel", [("sgd", {}, 0.05)], 200).ends[0].ending is Ending.LOCAL_MINIMUM
    assert ends("plateau", [("sgd", {}, 1e-4)], 100, start=(4.0, 4.0)).ends[0].ending is Ending.PLATEAU
    assert ends("rosenbrock", [("sgd", {}, 1e-3)], 200).ends[0].ending is Ending.GOING
    # Slowly down a flat valley to the minimum is no plateau.
    assert ends("beale", [("sgd", {}, 0.01)], 500).ends[0].ending is Ending.GOING
    assert ends("beale", [("sgd", {}, 0.01)], 2000).ends[0].ending is Ending.ARRIVED
    assert ends("sphere", [("sgd", {}, 0.01)], 200).ends[0].ending in (Ending.GOING, Ending.ARRIVED)


def test_a_divergence_ends_at_the_last_finite_point_and_is_never_clipped():
    result = ends("rosenbrock", [("sgd", {}, 1.0), ("sgd", {}, 1e-4)], 100)
    end = result.ends[0]
    assert end.ending is Ending.DIVERGED
    assert np.isfinite(result.path.w[: end.step + 1, 0]).all() and np.isnan(result.path.w[end.step + 1 :, 0]).all()
    assert np.abs(end.w).max() > 1e10
    assert end.limit is not None and end.rate > end.limit
    assert np.isfinite(result.path.w[:, 1]).all() and result.ends[1].step == 100


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rate", [1e-6, 100.0])
def test_every_optimizer_ends_in_a_word_at_the_edges_of_the_learning_rate(name, rate):
    for surface in ("rosenbrock", "easom", "cross_in_tray", "monkey_saddle"):
        end = ends(surface, [(name, {}, rate)], 60).ends[0]
        assert isinstance(end.ending, Ending)


@pytest.mark.parametrize("start", [(0.0, 0.0), (1.0, 1.0), (1e4, -1e4), (-1.5, 2.0)])
def test_any_start_will_do(start):
    for name in ("ackley", "rosenbrock", "taxicab", "griewank"):
        result = ends(name, [("sgd", {}, 0.1), ("adam", {}, 0.1)], 30, start=start)
        assert np.array_equal(result.path.w[0], [start, start])
        assert all(isinstance(end.ending, Ending) for end in result.ends)


def test_a_start_on_a_minimum_has_arrived_at_once():
    end = ends("booth", [("adam", {}, 0.1)], 20, start=SURFACES["booth"].minima[0]).ends[0]
    assert end.arrival == 0 and end.distance == pytest.approx(0.0, abs=1e-9)


def test_the_beginning_of_a_race_is_the_shorter_race():
    ground, start = course("himmelblau"), np.array(SURFACES["himmelblau"].start)
    runs = [Trial.of(ground, OPTIMIZERS[o](), 0.05, lambda t: 0.99**t) for o in ("sgd", "nadam", "lion")]
    longer = paths(runs, start, 80)
    beginning = conclude(runs, type(longer)(*(array[:31] for array in longer)))
    shorter = race(runs, start, 30)
    assert np.array_equal(beginning.path.w, shorter.path.w, equal_nan=True)
    assert [e.ending for e in beginning.ends] == [e.ending for e in shorter.ends]


def test_a_race_of_all_optimizers_equals_each_run_alone():
    names = list(OPTIMIZERS)
    together = ends("beale", [(name, {}, 0.01) for name in names], 25)
    for i, name in enumerate(names):
        alone = ends("beale", [(name, {}, 0.01)], 25)
        assert np.allclose(together.path.w[:, i], alone.path.w[:, 0], rtol=1e-10, atol=1e-12, equal_nan=True)
        assert np.allclose(together.path.rate[:, i], alone.path.rate[:, 0], rtol=1e-10, atol=1e-12, equal_nan=True)


def test_noise_is_the_same_for_every_run_and_for_the_same_seed():
    one = ends("bowl", [("sgd", {}, 0.05), ("sgd", {}, 0.05)], 40, sigma=0.5, seed=3)
    assert np.array_equal(one.path.w[:, 0], one.path.w[:, 1])
    again, other = (ends("bowl", [("sgd", {}, 0.05)], 40, sigma=0.5, seed=seed) for seed in (3, 4))
    assert np.array_equal(one.path.w[:, 0], again.path.w[:, 0])
    assert not np.array_equal(one.path.w[:, 0], other.path.w[:, 0])
    assert np.allclose(one.path.loss, SURFACES["bowl"](one.path.w)[0])


def test_a_penalty_moves_the_minimum_and_is_drawn_apart():
    ground = course("booth", l2=2.0)
    # Booth is 5x^2 + 5y^2 + 8xy - 34x - 38y + 74; with x^2 + y^2 added its minimum solves a linear system.
    expected = np.linalg.solve([[12.0, 8.0], [8.0, 12.0]], [34.0, 38.0])
    assert np.allclose(ground.minima.points, [expected], atol=1e-6)
    result = ends("booth", [("sgd", {}, 0.05)], 100, l2=2.0)
    assert result.ends[0].ending is Ending.ARRIVED
    own = result.path.loss - result.penalty
    assert np.allclose(own, SURFACES["booth"](result.path.w)[0]) and (result.penalty > 0).all()


def test_a_strong_l1_puts_the_minimum_on_an_axis():
    ground = course("booth", l1=30.0)
    value = Penalized(SURFACES["booth"], l1=30.0)
    (point,) = ground.minima.points
    assert abs(point).min() < 1e-9
    nearby = point + np.random.default_rng(0).normal(0, 0.1, (2000, 2))
    assert value(nearby)[0].min() >= ground.minima.value


@pytest.mark.parametrize("name", SURFACES)
def test_the_search_finds_the_marked_minima(name):
    surface = SURFACES[name]
    found = Course(surface, surface.domain).minima
    assert len(found.points) == len(surface.minima)
    # Along the bent kink of this one a search creeps.
    near = 0.05 if name == "kinked_valley" else 1e-4
    for minimum in surface.minima:
        assert np.linalg.norm(found.points - minimum, axis=-1).min() < near


def test_a_formula_of_ones_own_is_raced_on_like_any_surface():
    surface = Surface.from_formula("(x1-1)^2 + 3*(x2+2)^2")
    result = race([Trial.of(Course(surface, surface.domain), OPTIMIZERS["newton"](), 1.0)], np.zeros(2), 3)
    assert result.ends[0].ending is Ending.ARRIVED and np.allclose(result.path.w[1, 0], (1, -2))


def test_a_run_may_have_a_schedule_of_its_own():
    decay = SCHEDULES["exponential_decay"]()
    of = partial(Trial.of, course("bowl"))
    runs = [of(OPTIMIZERS["sgd"](), 0.2, decay), of(OPTIMIZERS["adam"](), 0.1), of(OPTIMIZERS["sgd"](), 0.4)]
    start = np.array(SURFACES["bowl"].start)
    together = race(runs, start, 30)
    expected = np.array([[0.2 * decay(t), 0.1, 0.4] for t in range(31)])
    np.testing.assert_allclose(together.path.learning_rate, expected)
    for i, each in enumerate(runs):
        alone = race([each], start, 30)
        np.testing.assert_allclose(together.path.w[:, i], alone.path.w[:, 0])


@pytest.mark.parametrize("name", ["sgd", "momentum"])
@pytest.mark.parametrize(
    ("formula", "start", "rate", "ending"),
    [
        # Level at 5 but for a hollow that is far away.
        ("5-max(1-x1^2-x2^2,0)", (4.0, 4.0), 0.1, Ending.PLATEAU),
        # Newton's steps shrink by a fortieth each, and lead to the saddle at 0, which is 1 away.
        ("x1^41", (1.0, 0.0), 1e-6, Ending.DESCENDING),
        # Halving steps of Newton's seem to lead to 0, where the slope is 0.0001 and never less.
        ("x1^3/3+0.0001*x1", (0.1, 0.0), 1e-3, Ending.DESCENDING),
    ],
)
def test_what_is_no_flat_point_nearby_holds_no_run(formula, start, rate, ending, name):
    surface = Surface.from_formula(formula)
    runs = [Trial.of(Course(surface, surface.domain), OPTIMIZERS[name](), rate)]
    (end,) = race(runs, np.array(start), 200).ends
    assert end.ending is ending


@pytest.mark.parametrize("name", ["bowl", "himmelblau", "rosenbrock", "ackley"])
def test_an_end_is_that_of_its_last_row(name):
    racers = [(optimizer, {}, 0.02) for optimizer in OPTIMIZERS] + [("sgd", {}, 5.0)]
    result = ends(name, racers, 40)
    value = lambda w: float(SURFACES[name](w)[0])  # noqa: E731
    for number, end in enumerate(result.ends):
        finite = np.flatnonzero(np.isfinite(result.path.loss[:, number]))
        assert end.step == finite[-1] and np.array_equal(end.w, result.path.w[end.step, number])
        if abs(end.w).max() > 100:
            continue
        assert end.loss == pytest.approx(value(end.w))
        away = np.linalg.norm(np.array(SURFACES[name].minima) - end.w, axis=-1).min()
        if away > 1e-6:  # at the tip of a cone differences see both sides
            differences = [value(end.w + h) - value(end.w - h) for h in 1e-6 * np.eye(2)]
            assert end.slope == pytest.approx(np.hypot(*differences) / 2e-6, rel=1e-3, abs=1e-5)
        assert end.distance == pytest.approx(away)
        # All these are 0 where they are least.
        near = np.flatnonzero(result.path.loss[: end.step + 1, number] <= CLOSE)
        assert end.arrival == (near[0] if len(near) else None)


@pytest.mark.parametrize(("zeros", "ending"), [(21, Ending.DEAD), (20, Ending.DEAD), (19, Ending.PLATEAU)])
def test_a_rate_that_is_0_for_a_tenth_of_the_steps_explains_a_stand_on_a_plateau(zeros, ending):
    factor = lambda t: float(t <= 200 - zeros)  # noqa: E731
    runs, start = [Trial.of(course("plateau"), OPTIMIZERS["sgd"](), 1e-4, factor)], np.array([4.0, 4.0])
    (end,) = race(runs, start, 200).ends
    assert end.ending is ending


def test_uphill_counts_as_climbing_where_the_surface_is_bent_down():
    """x1^3 rises everywhere and is bent down left of 0; row by row, from where each step begins."""
    surface = Surface.from_formula("x1^3 + x2^2")
    x = np.array([-1.0, -0.5, -0.7, -0.2, 0.3, 0.8, 0.6, -0.1, 0.4])
    w = np.stack([x, np.zeros(9)], axis=-1)
    path = Path(w, x**3, np.ones((9, 2)), np.ones(9), w)
    assert climbs(Course(surface, surface.domain), path).tolist() == ((x[:-1] < 0) & (np.diff(x) > 0)).tolist()


def test_a_run_ends_at_the_row_whose_second_moment_has_overflowed():
    """Divided by what is infinite its effective rate is 0, though the schedule's is not."""
    w = np.ones((11, 2, 2))
    rate = np.full((11, 2, 2), 0.1)
    rate[5:, 1, 0] = 0.0
    path = Path(w, np.full((11, 2), 2.1), rate, np.full((11, 2), 0.1), w)
    judged = conclude([Trial.of(course("bowl"), OPTIMIZERS["adam"](), 0.1)] * 2, path)
    assert [end.step for end in judged.ends] == [10, 5]
    assert np.isnan(judged.path.w[6:, 1]).all() and np.isfinite(judged.path.w[:6, 1]).all()
