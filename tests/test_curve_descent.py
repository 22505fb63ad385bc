"""Descents on a curve against closed forms and the course's printed numbers, and the names of what they do."""

import numpy as np
import pytest

from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, exponential_decay, unchanged, warmup
from optviz.surfaces.curve_descent import Behavior, run
from optviz.surfaces.curves import CURVES, Curve

SHIFTED = CURVES["shifted"]
# The course prints these rows: epoch, w after the update, loss before it, learning rate.
ROWS = """\
0 2.600000 36.000000 0.200000
1 1.174400 12.959999 0.198000
2 0.321948 4.728015 0.196020
3 -0.191126 1.747547 0.194060
4 -0.501926 0.654277 0.192119
5 -0.691392 0.248077 0.190198
6 -0.807611 0.095239 0.188296
7 -0.879339 0.037014 0.186413
8 -0.923874 0.014559 0.184549
9 -0.951691 0.005795 0.182703
10 -0.969167 0.002334 0.180876
"""


def one(curve, rate, start=None, steps=40, factor=unchanged, **options):
    curve = CURVES.get(curve) or Curve.from_formula(curve)
    begin = curve.start if start is None else start
    return run(curve, [rate], [factor], start=begin, steps=steps, **options)


def test_1_1_the_first_iterates():
    assert one("shifted", 0.2).path.w[1:4, 0, 0] == pytest.approx([2.6, 1.16, 0.296], abs=1e-12)


def test_1_3_the_printed_rows_digit_for_digit():
    path = one("shifted", 0.2, factor=exponential_decay(decay_steps=1, rate=0.99), single=True).path
    w, loss, rate = path.w[1:12, 0, 0], path.loss[:11, 0], path.learning_rate[:11, 0]
    printed = "".join(f"{k} {w[k]:.6f} {loss[k]:.6f} {rate[k]:.6f}\n" for k in range(11))
    assert printed == ROWS


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.2, 0.5, 0.9, 0.999, 1.0, 1.04])
@pytest.mark.parametrize(("text", "curvature", "best"), [("(w+1)^2", 2, -1), ("w^2", 2, 0), ("3*w^2-w", 6, 1 / 6)])
def test_plain_descent_on_a_parabola_equals_its_closed_form(text, curvature, best, rate):
    path = one(text, rate, start=2.0, steps=20).path
    closed = best + (1 - rate * curvature) ** np.arange(21) * (2.0 - best)
    np.testing.assert_allclose(path.w[:, 0, 0], closed, rtol=1e-9)


def test_the_gradient_is_that_of_each_row_and_runs_equal_the_runs_done_singly():
    rates = [0.05, 0.3, 0.7]
    together = run(CURVES["wavy"], rates, start=6.5, steps=30)
    np.testing.assert_allclose(together.gradient, CURVES["wavy"](together.path.w)[1][..., 0])
    for i, rate in enumerate(rates):
        np.testing.assert_allclose(together.path.w[:, i], one("wavy", rate, steps=30).path.w[:, 0])
        assert together.verdicts[i] == one("wavy", rate, steps=30).verdicts[0]


def test_each_run_may_have_a_schedule_of_its_own():
    factors = [unchanged, exponential_decay(rate=0.5), warmup(unchanged, 5)]
    path = run(SHIFTED, [0.1, 0.2, 0.3], factors, start=5.0, steps=30).path
    expected = np.array(
        [[rate * factor(t) for rate, factor in zip((0.1, 0.2, 0.3), factors, strict=True)] for t in range(31)]
    )
    np.testing.assert_allclose(path.learning_rate, expected)
    for i, (rate, factor) in enumerate(zip((0.1, 0.2, 0.3), factors, strict=True)):
        np.testing.assert_allclose(path.w[:, i], one("shifted", rate, factor=factor, steps=30).path.w[:, 0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_descends_on_a_curve(name):
    path = one("shifted", 0.1, steps=100, optimizer=OPTIMIZERS[name]()).path
    assert path.loss[-1, 0] < path.loss[0, 0]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_single_precision_is_near_double(schedule):
    factor = SCHEDULES[schedule]()
    single, double = (one("shifted", 0.2, factor=factor, single=is_single).path for is_single in (True, False))
    np.testing.assert_allclose(single.w, double.w, atol=1e-5)
    assert np.array_equal(single.w, single.w.astype(np.float32))


CASES = [
    ("shifted", 0.2, None, 40, Behavior.GOOD),
    ("shifted", 0.5, None, 40, Behavior.GOOD),
    ("shifted", 0.001, None, 40, Behavior.SLOW),
    ("shifted", 0.2, None, 2, Behavior.UNFINISHED),
    ("shifted", 0.999, None, 40, Behavior.SWINGS),
    ("shifted", 1.0, None, 40, Behavior.SWINGS),
    ("shifted", 0.9, None, 5, Behavior.SWINGING),
    ("shifted", 0.95, None, 40, Behavior.SETTLES),
    ("shifted", 1.001, None, 40, Behavior.DIVERGES),
    ("shifted", 100.0, None, 200, Behavior.DIVERGES),
    ("shifted", 0.2, -1.0, 40, Behavior.RESTS),
    ("shifted", 0.2, 1000.0, 40, Behavior.GOOD),
    ("square", 0.1, None, 20, Behavior.GOOD),
    ("square", 0.9, None, 20, Behavior.SETTLES),
    ("square", 1.04, None, 20, Behavior.DIVERGES),
    ("quartic", 0.05, None, 40, Behavior.SLOW),
    ("quartic", 0.3, None, 40, Behavior.SLOW),
    ("quartic", 1.0, None, 40, Behavior.DIVERGES),
    ("kink", 0.2, None, 40, Behavior.SWINGS),
    ("kink", 0.01, None, 40, Behavior.SLOW),
    ("double_well", 0.2, None, 40, Behavior.GOOD),
    ("double_well", 2.0, None, 40, Behavior.DIVERGES),
    ("double_well", 0.7, None, 40, Behavior.GOOD),
    ("wavy", 0.05, None, 40, Behavior.GOOD),
    ("wavy", 0.45, None, 40, Behavior.SETTLES),
    ("wavy", 0.6, None, 40, Behavior.SWINGS),
    ("plateau", 10.0, None, 40, Behavior.AWAY),
    ("plateau", 0.3, None, 40, Behavior.GOOD),
    ("exp(w)", 1.0, None, 40, Behavior.FALLS),
    ("w^3 - 3*w", 0.1, -2.0, 40, Behavior.FALLS),
    ("w^3 - 3*w", 0.1, 1.8, 40, Behavior.GOOD),
    ("w^3 - 3*w", 0.1, -1.0, 40, Behavior.RESTS),
    ("log(w)", 1.0, None, 40, Behavior.LEAVES),
    ("log(w)", 1.0, -1.0, 40, Behavior.LEAVES),
    ("3", 1.0, None, 40, Behavior.RESTS),
    ("exp(w^2)", 0.3, 5.0, 40, Behavior.OVERFLOWS),
    ("exp(w^2)", 0.3, 30.0, 40, Behavior.OVERFLOWS),
    ("w^64", 0.1, 4.0, 40, Behavior.OVERFLOWS),
    ("-exp(w)", 0.1, 4.0, 40, Behavior.FALLS),
    ("sqrt(w)", 1.0, 4.0, 40, Behavior.LEAVES),
    ("sqrt(w)", 1.0, 0.0, 40, Behavior.LEAVES),
    ("1/w", 1.0, -1.0, 40, Behavior.LEAVES),
]


@pytest.mark.parametrize(("curve", "rate", "start", "steps", "behavior"), CASES)
def test_what_a_descent_does_is_named(curve, rate, start, steps, behavior):
    descent = one(curve, rate, start, steps)
    (verdict,) = descent.verdicts
    assert verdict.behavior is behavior
    w = descent.path.w[:, 0, 0]
    assert np.isfinite(w[: verdict.step + 1]).all() and np.isnan(w[verdict.step + 1 :]).all()


def test_a_decay_lets_a_swing_settle():
    assert one("kink", 0.9).verdicts[0].behavior is Behavior.SWINGS
    assert one("kink", 0.9, factor=exponential_decay(rate=0.5)).verdicts[0].behavior is Behavior.SETTLES


@pytest.mark.parametrize(("rate", "factor"), [(0.2, 0.6), (0.999, -0.998), (1.04, -1.08)])
def test_the_factor_of_a_step_is_the_ratio_of_the_distances(rate, factor):
    descent = one("shifted", rate)
    verdict, away = descent.verdicts[0], descent.path.w[:, 0, 0] + 1
    assert (verdict.curvature, verdict.minimum) == (2.0, -1.0)
    assert verdict.factors == pytest.approx((factor, factor))
    assert away[1:6] / away[:5] == pytest.approx(factor)
    assert verdict.left == pytest.approx(abs(away[-1] / away[0]))
