"""Schedules against Keras, closed forms and the course's printed numbers."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.optimization.schedules import (
    SCHEDULES,
    Schedule,
    constant,
    cosine,
    cosine_restarts,
    exponential_decay,
    inverse_time,
    one_cycle,
    piecewise_constant,
    polynomial,
    step_decay,
    warmup,
)
from optviz.recipes import Parameter, Recipe

# The course prints these rows: epoch, w after the update, loss before it, learning rate.
COURSE_ROWS = [
    (0, 2.600000, 36.000000, 0.200000),
    (1, 1.174400, 12.959999, 0.198000),
    (2, 0.321948, 4.728015, 0.196020),
    (3, -0.191126, 1.747547, 0.194060),
    (4, -0.501926, 0.654277, 0.192119),
    (5, -0.691392, 0.248077, 0.190198),
    (6, -0.807611, 0.095239, 0.188296),
    (7, -0.879339, 0.037014, 0.186413),
    (8, -0.923874, 0.014559, 0.184549),
    (9, -0.951691, 0.005795, 0.182703),
    (10, -0.969167, 0.002334, 0.180876),
]


def test_course_exponential_decay_by_epoch() -> None:
    schedule = Schedule(0.2, exponential_decay(decay_steps=1, rate=0.99))
    w = 5.0
    for epoch, w_after, loss, learning_rate in COURSE_ROWS:
        assert (w + 1) ** 2 == pytest.approx(loss, abs=2e-6)
        assert schedule(epoch) == pytest.approx(learning_rate, abs=1e-6)
        w -= schedule(epoch) * 2 * (w + 1)
        assert w == pytest.approx(w_after, abs=2e-6)


def test_course_exponential_decay_is_the_default() -> None:
    smooth, stairs = Schedule(0.5, exponential_decay()), Schedule(0.5, exponential_decay(staircase=True))
    assert [smooth(t) for t in (0, 5, 10, 400)] == pytest.approx([0.5, 0.5 * 0.9**0.5, 0.45, 0.5 * 0.9**40])
    assert [stairs(t) for t in (0, 9, 10, 19, 20)] == pytest.approx([0.5, 0.5, 0.45, 0.45, 0.405])


def test_course_piecewise_constant_is_the_default() -> None:
    schedule = Schedule(0.1, piecewise_constant())
    steps = np.array([0, 100, 101, 200, 201, 300, 301, 400])
    assert schedule(steps) == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.001, 0.001], rel=1e-12)


def test_piecewise_constant_keeps_a_boundary_order_of_its_own() -> None:
    factor = piecewise_constant(first_boundary=200, second_boundary=100)
    assert [factor(t) for t in (100, 101, 200, 201, 301)] == [1.0, 0.25, 0.25, 0.25, 0.01]


def test_step_decay_closed_form() -> None:
    factor = step_decay(drop_every=30, drop_to=0.1)
    assert [factor(t) for t in (0, 29, 30, 31, 59, 60, 61, 90)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001]
    )


def one_cycle_by_hand(t: int, total: int, warm: float, divide: float, final: float) -> float:
    """Anneal phase by phase as PyTorch's OneCycleLR does, for a peak of 1."""
    initial = 1 / divide
    phases = [(0.0, warm * total - 1, initial, 1.0), (warm * total - 1, total - 1.0, 1.0, initial / final)]
    for begin, end, low, high in phases:
        if t <= end:
            return high + (low - high) / 2 * (1 + math.cos(math.pi * (t - begin) / (end - begin)))
    raise ValueError(t)


@pytest.mark.parametrize(
    ("total", "warm", "divide", "final"),
    [
        (200, 0.3, 25, 1e4),
        (10, 0.5, 10, 100),
        (97, 0.9, 3, 7),
        (10, 0.05, 25, 1e4),
        (2, 0.3, 10, 100),
        (50, 0.01, 4, 4),
    ],
)
def test_one_cycle_closed_form(total: int, warm: float, divide: float, final: float) -> None:
    factor = one_cycle(total_steps=total, warm_fraction=warm, start_division=divide, final_division=final)
    expected = [one_cycle_by_hand(t, total, warm, divide, final) for t in range(total)]
    assert factor(np.arange(total)) == pytest.approx(expected, rel=1e-9)
    assert factor(total + 50) == pytest.approx(1 / (divide * final), rel=1e-9)


def test_one_cycle_peaks_at_the_learning_rate_and_ends_above_zero() -> None:
    rates = Schedule(0.3, one_cycle())(np.arange(500))
    assert rates.max() == pytest.approx(0.3) and rates.argmax() == 59
    assert rates[0] == pytest.approx(0.3 / 25)
    assert rates.min() == pytest.approx(0.3 / 25e4)


def test_cosine_restarts_start_anew_on_every_boundary() -> None:
    factor = cosine_restarts(first_decay_steps=7, t_mul=1.5, m_mul=0.5, alpha=0.1)
    begin, height = 0.0, 1.0
    for period in range(30):
        assert factor(begin) == pytest.approx(0.1 + 0.9 * height, rel=1e-9)
        begin, height = begin + 7 * 1.5**period, height / 2


@pytest.mark.parametrize("t_mul", [1.3, 1.5, 1.7, 2.0])
def test_cosine_restarts_are_low_up_to_the_last_digit_before_a_boundary(t_mul: float) -> None:
    factor = cosine_restarts(first_decay_steps=7, t_mul=t_mul, m_mul=1.0, alpha=0.1)
    boundary = 0.0
    for period in range(25):
        boundary += 7 * t_mul**period
        for share in (4e-16, 1e-15, 4e-15):
            assert factor(boundary * (1 - share)) == pytest.approx(0.1, abs=1e-9)


@pytest.mark.parametrize("entry", SCHEDULES.values(), ids=SCHEDULES)
def test_warmup_rises_to_the_factor_and_then_starts_it(entry: Recipe[Any]) -> None:
    factor = entry()
    warmed = warmup(factor, 10, start=0.2)
    first = factor(0)
    assert [warmed(t) for t in range(11)] == pytest.approx([first * (0.2 + 0.08 * t) for t in range(11)])
    assert [warmed(t + 10) for t in range(300)] == [factor(t) for t in range(300)]


def test_a_warmup_of_no_steps_changes_nothing() -> None:
    factor = cosine()
    assert warmup(factor, 0) is factor
    assert warmup(factor, 4, start=0.5)(2) == 0.75


@pytest.mark.parametrize("entry", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("steps", [0, 13])
def test_an_array_of_steps_equals_the_steps_one_by_one(entry: Recipe[Any], steps: int) -> None:
    schedule = Schedule(0.3, warmup(entry(), steps))
    singly = np.array([schedule(t) for t in range(700)])
    for kind in (int, float, np.int32):
        np.testing.assert_allclose(schedule(np.arange(700).astype(kind)), singly, rtol=1e-12)
    assert schedule(np.arange(6).reshape(2, 3)).shape == (2, 3)


def test_learning_rates_of_many_runs() -> None:
    learning_rate = np.array([[0.1], [0.2], [0.4]])
    rates = Schedule(learning_rate, exponential_decay())(20)
    np.testing.assert_allclose(rates, learning_rate * 0.81)


def test_constant_is_one_everywhere() -> None:
    assert constant()(5) == 1
    np.testing.assert_array_equal(Schedule(0.1, constant())(np.arange(3)), [0.1, 0.1, 0.1])


def test_parameters_say_their_kind_and_hold_their_default() -> None:
    kinds = {p.name: p.kind for p in SCHEDULES["polynomial"].parameters}
    assert kinds == {"decay_steps": int, "end": float, "power": float, "cycle": bool}
    for entry in SCHEDULES.values():
        assert entry.formula and entry.source
        for parameter in entry.parameters:
            assert parameter.range.low <= parameter.default <= parameter.range.high
            assert type(parameter.default) is parameter.kind


def in_range(parameter: Parameter) -> st.SearchStrategy[Any]:
    low, high = parameter.range.low, parameter.range.high
    if parameter.kind is bool:
        return st.booleans()
    if parameter.kind is int:
        return st.integers(int(low), int(high))
    return st.floats(low, high)


def settings_of(entry: Recipe[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({p.name: in_range(p) for p in entry.parameters})


@pytest.mark.parametrize("entry", SCHEDULES.values(), ids=SCHEDULES)
@given(data=st.data(), t=st.integers(0, 10**6) | st.floats(0, 1e6))
def test_no_factor_is_negative_or_infinite(entry: Recipe[Any], data: st.DataObject, t: float) -> None:
    steps, start = data.draw(st.integers(0, 1000)), data.draw(st.floats(0, 1))
    factor = warmup(entry(**data.draw(settings_of(entry))), steps, start)
    single = factor(t)
    assert isinstance(single, float) and math.isfinite(single) and single >= 0
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        several = factor(np.array([t, 0.0, 1e6]))
    assert several.shape == (3,) and np.all(np.isfinite(several)) and np.all(several >= 0)
    assert single <= 1 + 1e-9


KERAS_STEPS = [
    *range(0, 120),
    149,
    150,
    151,
    199,
    200,
    201,
    219,
    220,
    221,
    299,
    300,
    301,
    349,
    350,
    351,
    400,
    749,
    750,
    751,
    1000,
    5000,
]
"""Each boundary of the cases below has the step before and the step after it."""

CASES: dict[str, tuple[str, dict[str, Any], Schedule]] = {
    "exponential": (
        "ExponentialDecay",
        dict(initial_learning_rate=0.5, decay_steps=10, decay_rate=0.9),
        Schedule(0.5, exponential_decay()),
    ),
    "exponential, staircase": (
        "ExponentialDecay",
        dict(initial_learning_rate=0.5, decay_steps=10, decay_rate=0.9, staircase=True),
        Schedule(0.5, exponential_decay(staircase=True)),
    ),
    "step decay": (
        "ExponentialDecay",
        dict(initial_learning_rate=0.5, decay_steps=50, decay_rate=0.5, staircase=True),
        Schedule(0.5, step_decay()),
    ),
    "piecewise": (
        "PiecewiseConstantDecay",
        dict(boundaries=[100, 200, 300], values=[0.1, 0.05, 0.025, 0.001]),
        Schedule(0.1, piecewise_constant()),
    ),
    "inverse time": (
        "InverseTimeDecay",
        dict(initial_learning_rate=0.3, decay_steps=7, decay_rate=0.5),
        Schedule(0.3, inverse_time(decay_steps=7)),
    ),
    "inverse time, staircase": (
        "InverseTimeDecay",
        dict(initial_learning_rate=0.3, decay_steps=7, decay_rate=0.5, staircase=True),
        Schedule(0.3, inverse_time(decay_steps=7, staircase=True)),
    ),
    "polynomial": (
        "PolynomialDecay",
        dict(initial_learning_rate=0.2, decay_steps=200, end_learning_rate=0.02, power=2.0),
        Schedule(0.2, polynomial(end=0.1, power=2.0)),
    ),
    "polynomial, root": (
        "PolynomialDecay",
        dict(initial_learning_rate=0.2, decay_steps=200, end_learning_rate=0.0, power=0.5),
        Schedule(0.2, polynomial(end=0.0, power=0.5)),
    ),
    "polynomial, cycle": (
        "PolynomialDecay",
        dict(initial_learning_rate=0.2, decay_steps=50, end_learning_rate=0.02, power=1.5, cycle=True),
        Schedule(0.2, polynomial(decay_steps=50, end=0.1, power=1.5, cycle=True)),
    ),
    "cosine": (
        "CosineDecay",
        dict(initial_learning_rate=0.1, decay_steps=200, alpha=0.05),
        Schedule(0.1, cosine(alpha=0.05)),
    ),
    "cosine, warm-up": (
        "CosineDecay",
        dict(initial_learning_rate=0.02, decay_steps=200, alpha=0.05, warmup_target=0.1, warmup_steps=20),
        Schedule(0.1, warmup(cosine(alpha=0.05), 20, start=0.2)),
    ),
    "cosine restarts": (
        "CosineDecayRestarts",
        dict(initial_learning_rate=0.1, first_decay_steps=50, t_mul=2.0, m_mul=0.8, alpha=0.01),
        Schedule(0.1, cosine_restarts(m_mul=0.8, alpha=0.01)),
    ),
    "cosine restarts, even": (
        "CosineDecayRestarts",
        dict(initial_learning_rate=0.1, first_decay_steps=50, t_mul=1.0, m_mul=0.9),
        Schedule(0.1, cosine_restarts(t_mul=1.0, m_mul=0.9)),
    ),
}


@pytest.fixture(scope="module")
def keras_schedules() -> Any:
    """Give Keras' schedules."""
    return pytest.importorskip("keras").optimizers.schedules


def in_float64(value: Any) -> Any:
    """Keep Keras, which computes in the type of its arguments, from rounding Python's floats to float32."""
    return np.array(value) if isinstance(value, float | list) else value


def test_every_schedule_of_keras_is_compared(keras_schedules: Any) -> None:
    of_keras = {name for name in dir(keras_schedules) if "Decay" in name}
    assert of_keras == {name for name, _settings, _ours in CASES.values()}
    sources = {name for name in of_keras for entry in SCHEDULES.values() if f".{name}" in entry.source}
    assert sources == of_keras
    by_hand = {name for name, entry in SCHEDULES.items() if not any(keras in entry.source for keras in of_keras)}
    assert by_hand >= {"constant", "step_decay", "one_cycle"}


@pytest.mark.parametrize("case", CASES)
def test_equal_to_keras(keras_schedules: Any, case: str) -> None:
    name, settings, ours = CASES[case]
    theirs = getattr(keras_schedules, name)(**{key: in_float64(value) for key, value in settings.items()})
    expected = [float(theirs(t)) for t in KERAS_STEPS]
    np.testing.assert_allclose([ours(t) for t in KERAS_STEPS], expected, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(ours(np.array(KERAS_STEPS)), expected, rtol=1e-12, atol=1e-16)
