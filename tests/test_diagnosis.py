"""Why a run does not arrive: every case is true of the path's own numbers, and no run that arrives is blamed."""

import re

import numpy as np
import pytest

from optviz.optimization.descent import Path, descend, record
from optviz.optimization.optimizers import OPTIMIZERS, Optimizer
from optviz.optimization.rules import parse
from optviz.optimization.schedules import SCHEDULES
from optviz.optimization.trials import Trial
from optviz.surfaces.diagnosis import (
    AT_BOUND,
    DEAD,
    PATIENCE,
    SEEN,
    STRAIGHT,
    Cause,
    Trouble,
    _circles,
    diagnose,
    examine,
    stable_product,
)
from optviz.surfaces.landscape import CLOSE
from optviz.surfaces.race import Course, End, Ending, race
from optviz.surfaces.surfaces import SURFACES, Surface


def course(name, **options):
    surface = SURFACES[name]
    return Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2), **options)


def found(name, optimizer, rate, steps, *, start=None, factor=lambda t: 1.0, sigma=0.0, **values):
    runs = [Trial.of(course(name, sigma=sigma), OPTIMIZERS[optimizer](**values), rate, factor)]
    result = race(runs, np.array(start or SURFACES[name].start, dtype=float), steps)
    return diagnose(runs, result)[0], result.path, result.ends[0]


def hessian(name, w, h=1e-4):
    """Compute second derivatives from values alone, by central differences."""
    f, axes = SURFACES[name], np.eye(2) * h
    value = lambda point: float(f(point)[0])  # noqa: E731
    return np.array(
        [
            [(value(w + a + b) - value(w + a - b) - value(w - a + b) + value(w - a - b)) / (4 * h * h) for b in axes]
            for a in axes
        ]
    )


def slope(name, w, h=1e-6):
    f = SURFACES[name]
    return np.hypot(*((float(f(w + a)[0]) - float(f(w - a)[0])) / (2 * h) for a in np.eye(2) * h))


def distances(name, path):
    return np.linalg.norm(path.w[:, 0, None] - np.array(SURFACES[name].minima), axis=-1).min(-1)


# ---- no false alarm


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1, 0.3, 1.0])
def test_no_run_that_arrives_is_blamed_and_what_is_held_is_named(rate):
    for name, surface in SURFACES.items():
        ground = course(name)
        runs = [Trial.of(ground, recipe(), rate) for recipe in OPTIMIZERS.values()]
        result = race(runs, np.array(surface.start), 200)
        for optimizer, end, trouble in zip(OPTIMIZERS, result.ends, diagnose(runs, result), strict=True):
            case = (name, optimizer, rate, end.ending, trouble)
            if end.ending in (Ending.ARRIVED, Ending.DESCENDING):
                assert trouble is None, case
            elif end.ending is not Ending.GOING:
                assert trouble is not None, case
                assert trouble.trouble.value == end.ending.value, case
            if trouble:
                assert 0 <= trouble.step <= end.step, case


@pytest.mark.parametrize(
    ("optimizer", "rate"), [("sgd", 0.42), ("momentum", 0.42), ("rmsprop", 0.3), ("adam", 0.3), ("newton", 1.0)]
)
def test_a_run_that_arrives_soon_with_a_schedule_is_not_blamed_for_its_dying_rate(optimizer, rate):
    decay = SCHEDULES["exponential_decay"](decay_steps=50, rate=0.5)
    trouble, _path, end = found("bowl", optimizer, rate, 300, factor=decay)
    assert end.ending is Ending.ARRIVED and trouble is None


def test_a_run_that_is_on_its_way_is_not_slow():
    trouble, path, end = found("bowl", "adam", 0.3, 20)
    left = distances("bowl", path)[-1] / np.linalg.norm(np.diff(path.w[-6:, 0], axis=0), axis=-1).mean()
    assert end.ending is Ending.GOING and left < PATIENCE and trouble is None


@pytest.mark.parametrize("steps", range(5))
def test_of_a_few_steps_nothing_is_said(steps):
    trouble, _path, end = found("bowl", "sgd", 1e-4, steps)
    assert end.ending is Ending.GOING and end.step == steps and trouble is None


# ---- each case is true


@pytest.mark.parametrize(
    ("name", "optimizer", "rate", "values", "bound"),
    [
        ("bowl", "sgd", 0.61, {}, 2.0),
        ("bowl", "momentum_classical", 1.0, {"beta": 0.5}, 3.0),
        ("bowl", "momentum", 3.0, {"beta": 0.5}, 6.0),
        ("bowl", "nesterov_keras", 0.6, {"beta": 0.5}, 1.5),
        ("rosenbrock", "sgd", 1.0, {}, 2.0),
    ],
)
def test_diverged_above_its_bound(name, optimizer, rate, values, bound):
    trouble, path, _end = found(name, optimizer, rate, 60, **values)
    assert trouble.trouble is Trouble.DIVERGED
    curvature = np.linalg.eigvalsh(hessian(name, path.w[trouble.turn, 0]))[-1]
    assert trouble.high == pytest.approx(curvature, rel=1e-4)
    assert trouble.limit == pytest.approx(bound / curvature, rel=1e-4) and rate > trouble.limit
    loss = path.loss[:, 0]
    assert loss[trouble.step] > loss[: trouble.step].max()
    finite = loss[np.isfinite(loss)]
    assert (np.diff(finite[trouble.turn :]) > 0).all()


def test_the_rate_of_a_divergence_is_that_where_the_loss_began_to_rise():
    decay = SCHEDULES["exponential_decay"](decay_steps=10, rate=0.95)
    trouble, path, _end = found("bowl", "sgd", 0.8, 60, factor=decay)
    assert trouble.trouble is Trouble.DIVERGED and trouble.turn < trouble.step
    assert trouble.rate == path.learning_rate[trouble.turn, 0] > trouble.limit


def test_swinging_at_the_bound_of_plain_descent():
    # 2/lambda is 0.5: each step turns the second coordinate over and leaves 0.996 of it.
    trouble, path, _end = found("bowl", "sgd", 0.499, 200)
    assert (trouble.trouble, trouble.cause, trouble.period) == (Trouble.SWINGING, Cause.RATE, 2)
    assert trouble.product == pytest.approx(0.499 * 4) and trouble.bound == 2.0
    signs = np.sign(path.w[trouble.step :, 0, 1])
    assert (signs[1:] == -signs[:-1]).all()


def test_swinging_of_rmsprop_hovers_about_the_bound_of_its_effective_rate():
    trouble, path, _end = found("bowl", "rmsprop", 0.1, 200)
    assert (trouble.trouble, trouble.cause, trouble.period) == (Trouble.SWINGING, Cause.RATE, 2)
    rates = path.rate[trouble.step :, 0]
    # The bowl's Hessian is diagonal, so that of the effective rates is their product.
    expected = np.median(np.maximum(rates[:, 0] * 0.2, rates[:, 1] * 4.0))
    assert trouble.product == pytest.approx(expected) and trouble.product > AT_BOUND * trouble.bound
    away = distances("bowl", path)
    assert away[: trouble.step].min() < 0.001 and away[-20:].max() > 0.05


def test_circling_by_momentum():
    trouble, path, _end = found("bowl", "momentum_classical", 0.6, 100, beta=0.97)
    assert (trouble.trouble, trouble.cause, trouble.decay) == (Trouble.SWINGING, Cause.MOMENTUM, 0.97)
    assert trouble.product == pytest.approx(0.6 * 4) and trouble.bound == pytest.approx(2 * 1.97)
    # The roots of the recursion are complex, and of modulus sqrt(beta): 0.985 is left each step.
    roots = np.roots([1, -(1 + 0.97 - 0.6 * 4), 0.97])
    assert np.abs(roots.imag).min() > 0 and np.abs(roots) == pytest.approx(np.sqrt(0.97))
    crossings = np.count_nonzero(np.diff(np.sign(path.w[trouble.step :, 0, 1])))
    assert crossings > 20


def test_circles_are_told_from_swings():
    trouble, _path, _end = found("bowl", "sgd", 0.499, 200)
    assert trouble.trouble is Trouble.SWINGING and not trouble.circling
    angles = np.linspace(0, 8 * np.pi, 200)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    assert _circles(circle) and not _circles(circle * [1, 0])


def test_noise_is_blamed_where_the_rate_is_stable():
    trouble, _path, _end = found("bowl", "sgd", 0.1, 200, sigma=2.0)
    assert (trouble.trouble, trouble.cause) == (Trouble.SWINGING, Cause.NOISE)
    assert trouble.product < AT_BOUND * trouble.bound


def test_steps_that_never_shrink_are_said_to():
    trouble, path, _end = found("bowl", "lion", 0.3, 200)
    assert (trouble.trouble, trouble.cause, trouble.bound) == (Trouble.SWINGING, Cause.OTHER, None)
    assert trouble.pace == pytest.approx(0.3 * np.sqrt(2)) and np.allclose(
        np.linalg.norm(np.diff(path.w[:, 0], axis=0), axis=-1), 0.3 * np.sqrt(2)
    )


def test_crawling():
    trouble, path, _end = found("bowl", "sgd", 0.06, 50)
    assert trouble.trouble is Trouble.CRAWLING
    w, k = path.w[:, 0], trouble.step
    assert trouble.left == pytest.approx(np.linalg.norm(w[k]))
    assert trouble.pace == pytest.approx(np.linalg.norm(w[k] - w[k - 5]) / 5)
    assert trouble.further == pytest.approx(trouble.left / trouble.pace) and trouble.further > PATIENCE
    assert trouble.slope == pytest.approx(slope("bowl", w[k]), rel=1e-4)
    assert trouble.effective == 0.06
    # It really takes longer than that.
    (longer, _path, end) = found("bowl", "sgd", 0.06, k + int(trouble.further))
    assert end.arrival is None and longer


def test_a_dead_rate_of_adagrad():
    trouble, path, _end = found("long_valley", "adagrad", 0.1, 200)
    assert trouble.trouble is Trouble.DEAD_RATE and not trouble.scheduled
    rate, k = path.rate[:, 0, 0], trouble.step
    assert trouble.effective == pytest.approx(rate[k]) and trouble.before == pytest.approx(rate[0])
    assert rate[k] <= DEAD * rate[0] < rate[k - 1] and (np.diff(rate) <= 0).all()
    # At this pace 200 steps are not enough; at that of the start they would be.
    assert trouble.further > 200 >= trouble.further * rate[k] / rate[0]


def test_a_dead_rate_of_a_schedule():
    decay = SCHEDULES["exponential_decay"](decay_steps=10, rate=0.5)
    trouble, path, _end = found("bowl", "sgd", 0.1, 200, factor=decay)
    assert trouble.trouble is Trouble.DEAD_RATE and trouble.scheduled
    rates = path.learning_rate[:, 0]
    assert trouble.effective == pytest.approx(rates[trouble.step]) and rates[trouble.step] <= DEAD * rates[0]


@pytest.mark.parametrize(
    ("name", "rate", "start", "kind"),
    [
        ("saddle", 0.01, None, Trouble.SADDLE),
        ("three_hump_camel", 0.05, None, Trouble.LOCAL_MINIMUM),
        ("plateau", 1e-4, (4.0, 4.0), Trouble.PLATEAU),
        ("rastrigin", 1e-3, (1.1, 0.9), Trouble.LOCAL_MINIMUM),
    ],
)
def test_stuck_where_the_slope_is_hardly_any(name, rate, start, kind):
    trouble, path, _end = found(name, "sgd", rate, 200, start=start)
    w = path.w[:, 0]
    assert trouble.trouble is kind
    low, high = np.linalg.eigvalsh(hessian(name, w[trouble.step]))
    assert (trouble.low, trouble.high) == pytest.approx((low, high), rel=1e-3, abs=1e-5)
    assert trouble.slope == pytest.approx(slope(name, w[trouble.step]), rel=1e-3, abs=1e-6)
    assert {Trouble.SADDLE: low < 0 < high, Trouble.LOCAL_MINIMUM: low > 0}.get(kind, abs(high) < 0.1)
    steepest, _curvature, diameter = course(name).scale
    near = np.linalg.norm(w - w[-1], axis=-1) <= 0.01 * diameter
    held = near & [slope(name, each) <= 0.05 * steepest for each in w]
    assert held[trouble.step :].all() and not held[: trouble.step][-1:].any()
    assert trouble.step == {"plateau": 0, "rastrigin": 6}.get(name, near.argmax())


@pytest.mark.parametrize("name", ["adam", "rmsprop", "momentum", "nesterov", "nesterov_keras", "nadam", "adagrad"])
def test_the_stable_product_is_where_a_quadratic_begins_to_diverge(name):
    """Below it a run on x^2/2 with the second moment held at 1 shrinks, above it grows."""
    optimizer = OPTIMIZERS[name]()
    bound = stable_product(optimizer)
    lines = re.sub(r"/[^/]*\(?sqrt\(.*\)$", "", optimizer.rule.text)
    held = Optimizer(parse(lines, optimizer.rule.parameters), optimizer.settings)
    for factor, grows in ((0.97, False), (1.03, True)):
        steps = descend(lambda w, t: (0.5 * (w**2).sum(-1), w), held, lambda t, f=factor: f * bound, np.ones(1))
        w = np.abs(record(steps, 3000).w[:, 0])
        assert (not np.isfinite(w[-1]) or w[-100:].max() > w[:100].max()) == grows


@pytest.mark.parametrize(
    ("psi", "t", "bound"), [(0.0, 400, 3.486), (0.004, 400, 3.658), (0.004, 4000, 5.417), (1.0, 400, 13.57)]
)
def test_the_bound_of_nadam_is_that_of_the_weight_it_has_by_then(psi, t, bound):
    """Its weight is held at that of update t: below the bound a run on x^2/2 shrinks, above it grows."""
    optimizer = OPTIMIZERS["nadam"](psi=psi)
    assert stable_product(optimizer, t) == pytest.approx(bound, rel=1e-3)
    decay, weight = 0.9, 0.9 * (1 - 0.5 * 0.96 ** (t * psi))
    for factor, grows in ((0.98, False), (1.02, True)):
        w, m = 1.0, 0.0
        for _ in range(4000):
            m = decay * m + (1 - decay) * w
            w -= factor * stable_product(optimizer, t) * (weight * m + (1 - weight) * w)
        assert (abs(w) > 1) == grows


# ---- ways that are made up, of which geometry knows everything


def walked(w, name="saddle", optimizer="sgd", *, loss=1.0, rate=1e-3, ending=Ending.GOING, sigma=0.0, **values):
    """Examine a way `w: (rows, 2)` as if an optimizer had gone it; the saddle has no minimum to come near to."""
    rows, rate = len(w), np.asarray(rate, dtype=float)
    rates = np.broadcast_to(rate if rate.ndim == 2 else rate.reshape(-1, 1), (rows, 2))
    learning_rate = np.broadcast_to(values.pop("learning_rate", rates[:, 0]), rows)
    path = Path(w, np.broadcast_to(loss, rows), rates, learning_rate, w)
    end = End(ending, rows - 1, w[-1], 1.0, 1.0, None, None)
    return examine(course(name, sigma=sigma), OPTIMIZERS[optimizer](**values), path, end)


def circle(n, rows, radius=1.0, drift=0.0):
    """Return n points a round; with drift, as a share of the speed about the middle, it is a trochoid."""
    angles = 2 * np.pi * np.arange(rows) / n
    return radius * np.stack([np.cos(angles) + drift * angles, np.sin(angles)], axis=-1)


def turning(angles):
    """Return a way of steps of length 1 that turn by these angles, one after the other."""
    headings = np.concatenate([[0.0], np.cumsum(angles)])
    return np.concatenate([np.zeros((1, 2)), np.cumsum(np.stack([np.cos(headings), np.sin(headings)], -1), axis=0)])


@pytest.mark.parametrize("n", [7, 12, 30])
def test_of_a_circle_round_pace_and_beginning_are_known(n):
    trouble = walked(circle(n, 100))
    assert trouble.trouble is Trouble.SWINGING and trouble.circling
    assert (trouble.period, trouble.step) == (n, n + 1)
    assert trouble.pace == pytest.approx(2 * np.sin(np.pi / n))


def test_a_leap_before_the_first_round_is_no_part_of_it():
    """It leads into the circle, turned from its first step by as much as the steps from each other."""
    heading = np.pi / 2 - np.pi / 12
    leap = [1.0, 0.0] - 100 * np.array([np.cos(heading), np.sin(heading)])
    assert walked(np.concatenate([[leap], circle(12, 100)])).step == 13


def test_to_and_fro_is_two_steps_a_round():
    trouble = walked(np.stack([(-1.0) ** np.arange(40), np.zeros(40)], axis=-1))
    assert (trouble.trouble, trouble.circling, trouble.period, trouble.step) == (Trouble.SWINGING, False, 2, 3)
    assert trouble.pace == 2.0


def test_a_round_that_has_just_been_completed_is_no_habit():
    assert walked(circle(12, 12 + 1 + 5)) is None and walked(circle(12, 12 + 1 + 6)).step == 13


def test_who_bends_on_the_way_does_not_go_round():
    """A trochoid that drifts at a share of its speed comes, in a round, some way of its length."""
    for drift in np.arange(0.1, 1.0, 0.05):
        w = circle(40, 200, drift=drift)
        share = np.linalg.norm(w[41] - w[1]) / np.linalg.norm(np.diff(w[1:42], axis=0), axis=-1).sum()
        assert abs(share - STRAIGHT) > 0.005
        assert (walked(w) is not None) == (share < STRAIGHT), drift


def test_rounds_that_nobody_sees_are_none():
    round_of_one = 12 * 2 * np.sin(np.pi / 12)
    least = SEEN * course("saddle").scale.diameter / round_of_one
    assert walked(circle(12, 60, 0.99 * least)) is None and walked(circle(12, 60, 1.01 * least))


@pytest.mark.parametrize(("leaps", "step"), [(8, 13), (30, None)])
def test_a_run_that_leaves_its_circle_at_last_does_not_swing(leaps, step):
    w = circle(12, 200 - leaps)
    away = w[-1] + np.arange(1, leaps + 1)[:, None] * [100.0, 0.0]
    trouble = walked(np.concatenate([w, away]))
    assert trouble is None if step is None else trouble.step == step


def test_a_run_that_leaves_a_circle_for_another_swings_from_then_on():
    away = [1.0, 0.0] + np.arange(1, 61)[:, None] * [100.0, 0.0]
    trouble = walked(np.concatenate([circle(12, 121), away, away[-1] + circle(12, 240) - [1.0, 0.0]]))
    assert trouble.trouble is Trouble.SWINGING and 121 + 60 < trouble.step < 121 + 60 + 26
    assert trouble.circling and trouble.period == 12 and trouble.pace == pytest.approx(2 * np.sin(np.pi / 12))


@pytest.mark.parametrize(("angle", "period", "circling"), [(0.7, 3, True), (0.8, 2, False)])
def test_what_turns_by_more_than_three_quarters_of_a_half_round_goes_back(angle, period, circling):
    trouble = walked(turning(np.full(100, angle * np.pi)))
    assert (trouble.period, trouble.circling) == (period, circling)


@pytest.mark.parametrize("way", [1, -1])
def test_a_circle_turns_one_way_about_for_three_quarters_of_its_turns(way):
    for left, circling in ((80, True), (77, True), (73, False), (60, False)):
        angles = way * np.random.default_rng(0).permutation([0.5] * left + [-0.5] * (100 - left))
        assert _circles(turning(angles)) == circling


def test_a_swing_that_is_ended_by_its_rate_is_over():
    trouble, path, _end = found("bowl", "sgd", 0.499, 200, factor=lambda t: 1.0 if t < 150 else 1e-6)
    assert (trouble.trouble, trouble.scheduled) == (Trouble.DEAD_RATE, True)
    assert trouble.effective == pytest.approx(0.499e-6) and trouble.before == pytest.approx(0.499)
    # The pace is that of the last twenty steps.
    assert path.learning_rate[149, 0] == 0.499 and 150 <= trouble.step <= 170


@pytest.mark.parametrize(
    ("rests", "share", "swings"), [(19, 0.9e-3, False), (18, 0.9e-3, True), (19, 1.1e-3, True), (50, 1e-6, False)]
)
def test_a_run_that_has_come_to_rest_for_a_tenth_of_its_steps_does_not_swing(rests, share, swings):
    w = circle(12, 200 - rests)
    step = w[-1] - w[-2]
    trouble = walked(np.concatenate([w, w[-1] + share * np.arange(1, rests + 1)[:, None] * step]))
    assert (trouble is not None) == swings


@pytest.mark.parametrize(("left", "swings"), [(1.02, True), (0.98, False)])
def test_rounds_that_shrink_fast_enough_arrive_in_as_many_steps_again(left, swings):
    """The loss of the last round, shrinking for as many steps again as it did, ends above or below what is close."""
    n, last = 7, 100
    # The last round begins at row last - n.
    shrinking = (left * CLOSE) ** (1 / (2 * last - n))
    trouble = walked(circle(n, last + 1), "bowl", loss=shrinking ** np.arange(last + 1))
    assert (trouble is not None) == swings


# ---- why it swings


def test_the_product_of_rate_and_curvature_is_the_median_of_the_largest_eigenvalue_from_then_on():
    """Booth's Hessian is 10 on its diagonal and 8 beside it; H D has the eigenvalues of D^1/2 H D^1/2."""
    rates = np.random.default_rng(0).uniform(0.01, 0.09, (60, 2))
    trouble = walked(circle(7, 60), "booth", rate=rates)
    products = [np.linalg.eigvals(np.array([[10.0, 8.0], [8.0, 10.0]]) * rate).max() for rate in rates]
    assert trouble.step == 8 and trouble.product == pytest.approx(np.median(products[8:]))


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_the_rate_is_blamed_from_four_fifths_of_its_bound_on_and_else_the_noise(sigma):
    other = Cause.NOISE if sigma else Cause.OTHER
    for share, cause in ((0.81, Cause.RATE), (0.79, other)):
        trouble = walked(circle(7, 60), "booth", rate=share * 2 / 18, sigma=sigma)
        assert trouble.bound == 2.0 and trouble.product == pytest.approx(share * 2) and trouble.cause is cause


@pytest.mark.parametrize(("optimizer", "gain"), [("momentum", 0.19), ("momentum_classical", 1.0)])
@pytest.mark.parametrize("share", [0.97, 1.03])
def test_momentum_is_blamed_where_the_roots_of_its_recursion_are_complex(optimizer, gain, share):
    decay = 0.81
    product = share * (1 - np.sqrt(decay)) ** 2 / gain
    roots = np.roots([1, -(1 + decay - gain * product), decay])
    trouble = walked(circle(7, 60), "booth", optimizer, rate=product / 18, beta=decay)
    assert trouble.cause is (Cause.MOMENTUM if np.iscomplex(roots).any() else Cause.OTHER)
    assert trouble.decay == decay and np.iscomplex(roots).any() == (share > 1)


def test_without_momentum_it_is_not_to_blame_nor_where_no_bound_is_known():
    assert walked(circle(7, 60), "booth", rate=1.5 / 18).cause is Cause.OTHER
    trouble = walked(circle(7, 60), "booth", "lion", rate=1.5 / 18)
    assert (trouble.cause, trouble.bound) == (Cause.OTHER, None)


def test_the_bound_is_that_after_as_many_updates():
    for rows in (20, 60):
        bound = walked(circle(7, rows), "booth", "nadam", psi=0.5).bound
        weights = [0.9 * (1 - 0.5 * 0.96 ** (0.5 * t)) for t in range(1, rows + 2)]
        now, following, product = weights[rows - 1], weights[rows], np.prod(weights[:rows])
        # Update `rows` has these shares of m and of g; where it only turns w over, m is -(1 - b) / (1 + b) of it.
        of_m, of_g = following / (1 - product * following), (1 - now) / (1 - product)
        assert bound == pytest.approx(2 / (of_m * 0.1 / 1.9 + of_g), rel=1e-9)


# ---- too slow


LEFT, FAST, SLOW = 5.0, 0.05, 1e-3


def towards_the_minimum(rows=121, turn=40):
    """Return a straight way from (3, 4) to the bowl's minimum, fast up to a row and slow from there on."""
    gone = np.minimum(np.arange(rows), turn) * FAST + np.maximum(np.arange(rows) - turn, 0) * SLOW
    return (LEFT - gone)[:, None] * [0.6, 0.8], LEFT - gone


def test_it_crawls_from_where_its_pace_over_a_tenth_of_its_steps_is_too_little():
    w, left = towards_the_minimum()
    paces = {k: (left[k - 12] - left[k]) / 12 for k in range(12, 121)}
    first = min(k for k in paces if all(left[i] / paces[i] > 120 for i in range(k, 121)))
    trouble = walked(w, "bowl")
    assert (trouble.trouble, trouble.step) == (Trouble.CRAWLING, first) and 40 < first < 52
    assert trouble.left == pytest.approx(left[first]) and trouble.pace == pytest.approx(paces[first])
    assert trouble.further == pytest.approx(left[first] / paces[first])


def test_a_run_of_a_few_steps_has_patience():
    """Twenty steps, after which less than another fifty are needed, or more."""
    for further, slow in ((49.5, False), (50.5, True)):
        w = np.linspace(LEFT, LEFT * (1 - 20 / (20 + further)), 21)[:, None] * [0.6, 0.8]
        assert (walked(w, "bowl") is not None) == slow


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize("share", [0.09, 0.041, 0.04, 0.02])
def test_a_rate_is_dead_where_what_is_left_could_be_covered_with_what_it_was(scheduled, share):
    """In the coordinate in which most is left, the second; in the first the rate is whole."""
    w, left = towards_the_minimum()
    factor = np.where(np.arange(121) < 60, 1.0, share)
    rates = np.stack([np.ones(121), factor], axis=-1)
    covered = [k for k in range(60, 121) if left[k] / SLOW * share <= 120]
    trouble = walked(w, "bowl", rate=rates, learning_rate=factor if scheduled else 1.0)
    if covered and covered[-1] == 120:
        assert (trouble.trouble, trouble.step, trouble.scheduled) == (Trouble.DEAD_RATE, covered[0], scheduled)
        assert (trouble.effective, trouble.before) == (share, 1.0)
    else:
        assert trouble.trouble is Trouble.CRAWLING and not trouble.scheduled
    assert bool(covered) == (share < 0.05)


def test_a_rate_that_was_smaller_before_has_only_its_largest_to_fall_from():
    w, _left = towards_the_minimum()
    factor = np.where(np.arange(121) < 20, 0.5, np.where(np.arange(121) < 60, 2.0, 0.05))
    trouble = walked(w, "bowl", rate=factor)
    assert (trouble.trouble, trouble.step, trouble.before) == (Trouble.DEAD_RATE, 60, 2.0) and trouble.scheduled


def test_a_rate_that_was_never_enough_has_not_died():
    decay = SCHEDULES["exponential_decay"](decay_steps=20, rate=0.5)
    trouble, path, _end = found("bowl", "sgd", 1e-5, 200, factor=decay)
    assert trouble.trouble is Trouble.CRAWLING and path.learning_rate[-1, 0] < 0.1 * path.learning_rate[0, 0]


def test_a_rate_that_is_0_in_the_end_is_dead_since_it_was_too_small():
    w, _left = towards_the_minimum()
    w[101:] = w[100]
    rows = np.arange(121)
    for small, since in ((0.02, 60), (0.5, 100)):
        factor = np.where(rows < 60, 1.0, np.where(rows < 100, small, 0.0))
        trouble = walked(w, "bowl", rate=factor, ending=Ending.DEAD)
        assert (trouble.trouble, trouble.step, trouble.scheduled) == (Trouble.DEAD_RATE, since, True)
        assert (trouble.effective, trouble.before) == (factor[since], 1.0)


def test_what_only_its_moments_had_made_small_is_dead_since_the_schedule_is_at_0():
    w, _left = towards_the_minimum()
    w[101:] = w[100]
    rows = np.arange(121)
    rates, schedule = np.where(rows < 60, 1.0, np.where(rows < 100, 0.02, 0.0)), np.where(rows < 100, 0.5, 0.0)
    trouble = walked(w, "bowl", rate=rates, learning_rate=schedule, ending=Ending.DEAD)
    assert (trouble.trouble, trouble.step, trouble.scheduled) == (Trouble.DEAD_RATE, 100, True)
    assert (trouble.effective, trouble.before) == (0.0, 0.5)


# ---- no way on


@pytest.mark.parametrize(
    ("formula", "start", "rate", "kind"),
    [("log(x1)", (1.0, 1.0), 0.3, Trouble.LEFT), ("x1^64", (-4.0, -3.0), 0.1, Trouble.OVERFLOW)],
)
def test_the_step_that_could_not_be_taken_is_the_one_after_the_last_row(formula, start, rate, kind):
    surface = Surface.from_formula(formula)
    runs = [Trial.of(Course(surface, surface.domain), OPTIMIZERS["sgd"](), rate)]
    result = race(runs, np.array(start), 50)
    (trouble,) = diagnose(runs, result)
    assert trouble.trouble is kind and trouble.turn == np.flatnonzero(np.isnan(result.path.loss[:, 0]))[0]
    assert trouble.step == trouble.turn - 1
    # The curvature of x^64 at 4 is 64 * 63 * 4^62.
    assert trouble.limit == (pytest.approx(2 / (64 * 63 * 4.0**62)) if kind is Trouble.OVERFLOW else None)
