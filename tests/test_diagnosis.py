"""Why a run does not arrive: every case is true of the path's own numbers, and no run that arrives is blamed."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.descent import descend, record
from optviz.diagnosis import AT_BOUND, DEAD, PATIENCE, Cause, Trouble, _circles, diagnose, stable_product
from optviz.optimizers import ONE, OPTIMIZERS
from optviz.race import Course, Ending, Racer, race
from optviz.schedules import SCHEDULES
from optviz.surfaces import SURFACES


def course(name, **options):
    surface = SURFACES[name]
    return Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2), **options)


def found(name, optimizer, rate, steps, *, start=None, factor=lambda t: 1.0, sigma=0.0, **values):
    ground = course(name, sigma=sigma)
    racers = [Racer(OPTIMIZERS[optimizer](**values), rate)]
    result = race(ground, racers, factor, np.array(start or SURFACES[name].start, dtype=float), steps)
    return diagnose(ground, racers, result)[0], result.path, result.ends[0]


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
        racers = [Racer(recipe(), rate) for recipe in OPTIMIZERS.values()]
        result = race(ground, racers, lambda t: 1.0, np.array(surface.start), 200)
        for optimizer, end, trouble in zip(OPTIMIZERS, result.ends, diagnose(ground, racers, result), strict=True):
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
    steepest = course(name).scale.slope
    assert trouble.slope <= 0.05 * steepest and np.linalg.norm(w[-1] - w[trouble.step]) < 0.2


@pytest.mark.parametrize("name", ["adam", "rmsprop", "momentum", "nesterov", "nesterov_keras", "nadam", "adagrad"])
def test_the_stable_product_is_where_a_quadratic_begins_to_diverge(name):
    """Below it a run on x^2/2 with the second moment held at 1 shrinks, above it grows."""
    optimizer = OPTIMIZERS[name]()
    bound = stable_product(optimizer)
    held = replace(optimizer, second=ONE)
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
