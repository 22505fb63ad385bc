"""Maps: every cell is the single run at its setting, and theory says where they ring and diverge."""

import pickle

import numpy as np
import pytest

from optviz.lessons.races import Settings, race_of
from optviz.lessons.runs import Run
from optviz.optimization import straight
from optviz.optimization.descent import settle
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.recipes import Choice
from optviz.surfaces import maps
from optviz.surfaces.grounds import Ground, course_of, surface_of
from optviz.surfaces.maps import Axis, Map, Regime, bare, blocks_of, bounds_of, cell_of, cells, joined
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import SURFACES

RATE, BETA = Axis("lr", 1e-3, 10.0, "log"), Axis("beta", 0.0, 0.99)
STARTS = {name: (Axis("x1", *surface.domain[0]), Axis("x2", *surface.domain[1])) for name, surface in SURFACES.items()}
SLOW = (Regime.SLOW, Regime.OSCILLATES)
NAMED = {
    Ending.ARRIVED: maps.ARRIVED,
    Ending.DIVERGED: (Regime.DIVERGES,),
    Ending.OVERFLOW: (Regime.DIVERGES,),
    Ending.DESCENDING: (Regime.FALLS,),
    Ending.SADDLE: (Regime.HELD,),
    Ending.LOCAL_MINIMUM: (Regime.HELD,),
    Ending.MAXIMUM: (Regime.HELD,),
    Ending.PLATEAU: (Regime.HELD,),
    Ending.GOING: SLOW,
    Ending.DEAD: SLOW,
    Ending.CLIMBING: (*SLOW, Regime.HELD),
    Ending.SINGULAR: (*SLOW, Regime.HELD),
}


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Leave machine code out: `test_compiled.py` has its tests."""
    monkeypatch.setattr(straight, "compiled", lambda *_given: None)


def ground(surface="bowl", formula="", **changes):
    return Ground(**{"surface": surface, "formula": formula, "l1": 0.0, "l2": 0.0, "sigma": 0.0, "seed": 0} | changes)


def given(optimizer="momentum", x=RATE, y=BETA, on=None, **changes):
    on = on or ground()
    usual = {
        "learning_rate": 0.1,
        "schedule": Choice("constant"),
        "warmup": 0,
        "start": surface_of(on.surface, on.formula).start,
        "steps": 150,
    }
    return Map(ground=on, optimizer=Choice(optimizer), x=x, y=y, **usual | changes)


def single(spec):
    return race_of(
        Settings(
            ground=spec.ground,
            runs=(Run(spec.optimizer.name, None, spec.optimizer.values),),
            learning_rate=spec.learning_rate,
            schedule=spec.schedule,
            warmup=spec.warmup,
            start=spec.start,
            steps=spec.steps,
        )
    )


def turns(w):
    """Count the angles of more than 90° between the steps of a path, in degrees."""
    steps = np.diff(w, axis=0)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    turned = np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi) > np.pi / 2
    moves = np.linalg.norm(steps, axis=1) > 0
    return int((turned & moves[1:] & moves[:-1]).sum())


def check(spec, n=24, drawn=12, seed=0):
    """Compare some cells with the single runs at their settings."""
    found = cells(spec, n)
    for row, column in np.random.default_rng(seed).integers(0, n, (drawn, 2)).tolist():
        one = cell_of(spec, float(spec.x.cells(n)[column]), float(spec.y.cells(n)[row]))
        race = single(one)
        end, where = race.ends[0], (one.x.name, one.y.name, row, column)
        np.testing.assert_allclose(found.loss[row, column], end.loss, rtol=1e-12, err_msg=str(where))
        assert found.arrival[row, column] == (-1 if end.arrival is None else end.arrival), where
        assert Regime(found.regime[row, column]) in NAMED[end.ending], (where, end.ending)
        # In the last steps to a minimum they are so short that rounding turns them.
        if end.ending is Ending.DIVERGED:
            assert found.turns[row, column] == turns(race.path.w[: end.step + 1, 0]), where
    return found


POLYNOMIALS = ("bowl", "rosenbrock", "himmelblau", "beale", "saddle", "six_hump_camel", "goldstein_price")


@pytest.mark.parametrize("name", POLYNOMIALS)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_cell_is_the_single_run_at_its_setting(name, optimizer):
    second = BETA if optimizer == "momentum" else Axis("beta1", 0.0, 0.99)
    check(given(optimizer, y=second, on=ground(name)))


@pytest.mark.parametrize("name", ["himmelblau", "styblinski_tang", "taxicab", "long_valley"])
def test_a_start_is_the_single_run_from_there(name):
    check(given("sgd", *STARTS[name], on=ground(name), learning_rate=0.01))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (RATE, Axis("l2", 0.01, 10.0, "log")),
        (Axis("l2", 0.01, 1.0, "log"), BETA),
        (Axis("steps", 20.0, 200.0, whole=True), RATE),
        (Axis("l2", 0.01, 1.0, "log"), Axis("steps", 20.0, 60.0, whole=True)),
        (Axis("x1", -5.0, 5.0), RATE),
    ],
)
def test_any_two_numbers(x, y):
    check(given(x=x, y=y), n=10)


def test_a_whole_setting_is_a_whole_number_in_every_cell():
    spec = given("lookahead", y=Axis("k", 1.0, 12.0, whole=True), on=ground("himmelblau"))
    assert np.all(spec.y.cells(30) == np.rint(spec.y.cells(30))) and {1.0, 12.0} <= set(spec.y.cells(30))
    check(spec)


def test_with_a_schedule_a_penalty_and_noise():
    cosine = Choice("cosine", (("decay_steps", 100),))
    check(given(schedule=cosine, warmup=10, on=ground("himmelblau", l1=0.1, l2=0.2, sigma=0.5, seed=3)))


def test_a_rule_with_a_hessian_and_one_that_is_typed():
    check(given("newton", y=Axis("damping", 0.0, 10.0), on=ground("himmelblau")), n=10)
    text = "own:b = 0.5 in [0, 1]\nm = b*m + g\nw = w - lr*m"
    name = next(name for name in (text, text.removeprefix("own:")) if name in OPTIMIZERS)
    check(given(name, y=Axis("b", 0.0, 1.0)), n=10)


def test_numbers_that_are_no_longer_finite_count_for_nothing():
    """Beyond the last finite row nothing arrives or turns: a path that overflows may come back in arrays."""
    surface, start = SURFACES["rosenbrock"], np.array([[-1.2, 1.0], [1.0, 1.0], [np.nan, 0.0]])
    found = settle(surface, OPTIMIZERS["sgd"](), lambda t: 1.0, start, 30, value=0.0, close=1e-3, early=20)
    assert found.step.tolist()[1:] == [30, -1] and 0 < found.step[0] < 10
    assert found.arrival.tolist() == [-1, 0, -1] and np.isfinite(found.loss[:2]).all() and np.isnan(found.loss[2])


def test_values_and_what_is_close_may_be_each_run_s_own():
    starts = np.broadcast_to(SURFACES["bowl"].start, (3, 2))
    given = SURFACES["bowl"], OPTIMIZERS["sgd"](), Schedule(0.05, SCHEDULES["constant"]()), starts, 500
    both = settle(*given, value=np.array([0.0, 1.0, 2.0]), close=np.array([1e-3, 0.1, 0.1]))
    for run, (value, close) in enumerate(((0.0, 1e-3), (1.0, 0.1), (2.0, 0.1))):
        assert both.arrival[run] == settle(*given, value=value, close=close).arrival[run] >= 0


def test_a_formula_without_a_value_says_so():
    spec = given("sgd", Axis("x1", -2.0, 2.0), Axis("x2", -2.0, 2.0), ground("formula", "sqrt(x1)+x2^2"))
    found = cells(spec, 8)
    assert (found.regime[:, :4] == Regime.NO_VALUE).all()


def test_blocks_make_the_level_and_travel_between_processes():
    spec = given(steps=1000)
    parts = blocks_of(spec, 64)
    assert len(parts) > 1
    made = joined([pickle.loads(pickle.dumps(function))(*arguments) for function, arguments in parts])
    for one, other in zip(made, cells(spec, 64), strict=True):
        np.testing.assert_array_equal(one, other)


def test_levels_end_where_a_level_would_take_too_many_steps():
    assert maps.levels_of(given(steps=200), 256) == (8, 16, 64, 128, 256)
    assert maps.levels_of(given(steps=2000), 256) == (8, 16, 64, 128)
    assert maps.levels_of(given(steps=200), 64) == (8, 16, 64)
    assert maps.levels_of(given(x=Axis("steps", 10.0, 2000.0, whole=True)), 256) == (8, 16, 64, 128)
    assert 256**2 * 2000 > maps.MOST >= 128**2 * 2000


def test_what_an_axis_says_otherwise_does_not_tell_maps_apart():
    assert bare(given(learning_rate=0.3)) == bare(given(learning_rate=0.1))
    assert bare(given(start=(0.0, 1.0))) != bare(given())
    assert bare(given("sgd", *STARTS["bowl"], start=(0.0, 1.0))) == bare(given("sgd", *STARTS["bowl"]))
    np.testing.assert_array_equal(cells(bare(given()), 8).loss, cells(given(), 8).loss)


def test_axes_lie_in_the_middle_of_their_cells():
    assert RATE.cells(4) == pytest.approx(10.0 ** np.array([-2.5, -1.5, -0.5, 0.5]))
    assert Axis("x1", -2.0, 2.0).cells(4).tolist() == [-1.5, -0.5, 0.5, 1.5]
    for axis in (RATE, BETA):
        assert axis.along(axis.cells(7)) == pytest.approx((np.arange(7) + 0.5) / 7)


def test_basins_are_those_of_the_minima():
    """Where a small step leads follows from the flow: on each side of the ridge to the nearest minimum downhill."""
    spec = given("sgd", *STARTS["himmelblau"], on=ground("himmelblau"), learning_rate=0.005, steps=500)
    found, goals = cells(spec, 40), maps.goals_of(course_of(spec.ground))
    assert goals.lowest == 4 and len(goals.points) == 4
    assert np.isin(found.regime, maps.ARRIVED).mean() > 0.95
    assert set(found.goal[found.goal >= 0]) == {0, 1, 2, 3}
    for number, (x, y) in enumerate(goals.points):
        row, column = round(spec.y.along(y) * 40 - 0.5), round(spec.x.along(x) * 40 - 0.5)
        assert found.goal[row, column] == number


def test_local_minima_are_goals_too():
    goals = maps.goals_of(course_of(ground("six_hump_camel")))
    assert goals.lowest == 2 and len(goals.points) == 6
    value = SURFACES["six_hump_camel"].value(goals.points)
    assert np.all(np.diff(value[2:]) > -1e-9) and value[2] > value[0] + 0.1
    spec = given("sgd", *STARTS["six_hump_camel"], on=ground("six_hump_camel"), learning_rate=0.02, steps=300)
    found = cells(spec, 24)
    assert {0, 1} < set(found.goal.ravel())
    assert (found.regime[found.goal > 1] == Regime.HELD).all()


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_bounds_are_those_of_the_theory(beta):
    """On a quadratic: 2 (1 + β) / λ for the classical momentum, and (1 − √β)² / λ (Goh 2017)."""
    spec = given("momentum_classical")
    curvature = 4.0
    assert maps.curvature_of(spec.ground) == pytest.approx(curvature)
    found = bounds_of(spec, np.array([beta]))
    assert found.stable == pytest.approx(2.0 * (1.0 + beta) / curvature)
    assert found.smooth == pytest.approx((1.0 - beta**0.5) ** 2 / curvature)


def test_a_penalty_bends_the_surface_and_adam_has_no_bounds():
    found = bounds_of(given("sgd", y=Axis("l2", 0.01, 10.0, "log")), np.array([0.5, 4.0]))
    assert found.stable == pytest.approx(2.0 / (4.0 + np.array([0.5, 4.0])))
    assert np.isnan(bounds_of(given("adam", y=Axis("beta1", 0.0, 0.9)), np.array([0.5]))).all()


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_nesterov_rings_from_where_its_roots_are_complex(beta):
    """`z² − (1 + β)(1 − p) z + β (1 − p)` has complex roots from `p = ((1 − β) / (1 + β))²` on."""
    product = OPTIMIZERS["nesterov_keras"](beta=beta).smooth_product()
    assert product == pytest.approx(((1 - beta) / (1 + beta)) ** 2)
    assert OPTIMIZERS["adam"]().smooth_product() is None


@pytest.mark.parametrize("optimizer", ["sgd", "momentum_classical"])
def test_the_map_meets_the_theory(optimizer):
    """On a quadratic no cell below the bound diverges, and every one well above does; the same with ringing."""
    y = Axis("x2", -3.0, -1.0) if optimizer == "sgd" else BETA
    spec = given(optimizer, Axis("lr", 0.05, 5.0, "log"), y, steps=400)
    found, bounds = cells(spec, 40), bounds_of(spec, y.cells(40))
    rates, diverges = spec.x.cells(40)[None, :], found.regime == Regime.DIVERGES
    assert not diverges[rates < bounds.stable[:, None]].any()
    assert diverges[rates > 1.1 * bounds.stable[:, None]].all()
    turned = found.turns >= maps.TURNS
    assert not turned[rates < bounds.smooth[:, None]].any()
