"""Every surface: its derivatives, its minima (none wrong, none missing), its shapes, and what happens at the edges."""

import json
import subprocess
import sys
import warnings

import mpmath
import numpy as np
import pytest
import sympy as sp

from optviz.arrays import Array
from optviz.formula import FormulaError, Modulus, Reason
from optviz.surfaces.surfaces import SURFACES, Surface

NAMES = list(SURFACES)
WITH_MINIMA = [name for name, surface in SURFACES.items() if surface.minima]
KINKED_AT_MINIMUM = {"ackley", "taxicab", "kinked_valley", "drop_wave"}
SMOOTH_AT_MINIMUM = [name for name in WITH_MINIMA if name not in KINKED_AT_MINIMUM]
KINKED_HESSIAN = {"ackley", "cross_in_tray", "drop_wave", "taxicab", "kinked_valley"}


def points_inside(surface: Surface, count: int, seed: int = 0) -> Array:
    low, high = np.transpose(surface.domain)
    return np.random.default_rng(seed).uniform(low, high, (count, 2))


def differences(function: object, w: Array, h: float) -> Array:
    """Return the central differences, of fourth order, of a function of `w` along each axis, on a new last axis."""
    columns = []
    for step in h * np.eye(2):
        near = function(w + step) - function(w - step)  # type: ignore[operator]
        far = function(w + 2 * step) - function(w - 2 * step)  # type: ignore[operator]
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)


def away_from_kinks(surface: Surface, w: Array, h: float) -> Array:
    """Keep the points around which no modulus changes its sign within the reach of the differences."""
    keep = np.ones(len(w), dtype=bool)
    for modulus in surface.expression.atoms(Modulus):
        inside = Surface("inside", "", modulus.args[0], domain=surface.domain, start=surface.start, source="")
        distance = np.abs(inside.value(w)) / np.maximum(np.linalg.norm(inside.gradient(w), axis=-1), 1e-12)
        keep &= distance > 100 * h
    return w[keep]


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_finite_difference(name: str) -> None:
    surface, h = SURFACES[name], 1e-4
    w = away_from_kinks(surface, points_inside(surface, 200), h)
    expected = differences(surface.value, w, h)
    assert len(w) > 150
    scale = np.abs(surface.value(w)).max() + np.abs(expected).max()
    np.testing.assert_allclose(surface.gradient(w), expected, rtol=1e-6, atol=1e-9 * scale)


@pytest.mark.parametrize("name", NAMES)
def test_the_hessian_is_the_finite_difference_of_the_gradient(name: str) -> None:
    surface, h = SURFACES[name], 1e-4
    w = away_from_kinks(surface, points_inside(surface, 200), h)
    expected = differences(surface.gradient, w, h)
    scale = np.abs(surface.gradient(w)).max() + np.abs(expected).max()
    np.testing.assert_allclose(surface.hessian(w), expected, rtol=1e-6, atol=1e-9 * scale)
    np.testing.assert_array_equal(surface.hessian(w), np.swapaxes(surface.hessian(w), -1, -2))


def lowest_points(surface: Surface) -> Array:
    """Search the domain: a dense grid, a compass search from its hollows, then Newton steps that go down."""
    low, high = np.transpose(surface.domain)
    w = hollows(surface, low, high)
    best = surface.value(w)
    rng = np.random.default_rng(1)
    step = np.full(len(w), 0.02) * (high - low).max()
    for _ in range(250):
        angle = rng.uniform(0, np.pi / 4, (len(w), 1)) + np.arange(8) * np.pi / 4
        tried = w[:, None] + step[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        w, best, moved = keep_the_best(surface, w, best, np.clip(tried, low, high))
        step = np.where(moved, step * 1.5, step * 0.7)
    for _ in range(5):
        newton = w - (np.linalg.pinv(surface.hessian(w)) @ surface.gradient(w)[..., None])[..., 0]
        w, best, _ = keep_the_best(surface, w, best, np.clip(newton, low, high)[:, None])
    return w


def hollows(surface: Surface, low: Array, high: Array, count: int = 301) -> Array:
    """Return the points of a grid that are not higher than their eight neighbors."""
    axes = np.linspace(low, high, count)
    grid = np.stack(np.meshgrid(axes[:, 0], axes[:, 1], indexing="ij"), axis=-1)
    framed = np.pad(surface.value(grid), 1, constant_values=np.inf)
    shifts = [(i, j) for i in range(3) for j in range(3)]
    around = np.min([framed[i : i + count, j : j + count] for i, j in shifts], axis=0)
    return grid[framed[1:-1, 1:-1] <= around]


def keep_the_best(surface: Surface, w: Array, best: Array, tried: Array) -> tuple[Array, Array, Array]:
    values = surface.value(tried)
    pick = values.argmin(axis=1)
    rows = np.arange(len(w))
    better = values[rows, pick] < best
    return (
        np.where(better[:, None], tried[rows, pick], w),
        np.where(better, values[rows, pick], best),
        better,
    )


@pytest.mark.parametrize("name", WITH_MINIMA)
def test_the_search_finds_the_marked_minima_and_no_others(name: str) -> None:
    surface = SURFACES[name]
    found = lowest_points(surface)
    value = surface.value(found)
    assert surface.minimum is not None
    size = max(1.0, abs(surface.minimum))
    assert value.min() >= surface.minimum - 1e-9 * size, "a lower point than the marked ones"
    best = found[value <= surface.minimum + 1e-7 * size]
    distance = np.linalg.norm(best[:, None] - np.array(surface.minima), axis=-1)
    assert distance.min(axis=1).max() < 0.02, "a minimum that is not marked"
    assert distance.min(axis=0).max() < 0.02, "a marked point that the search does not find"


@pytest.mark.parametrize("name", WITH_MINIMA)
def test_all_marked_minima_are_inside_and_equally_low(name: str) -> None:
    surface = SURFACES[name]
    low, high = np.transpose(surface.domain)
    minima = np.array(surface.minima, dtype=float)
    assert ((low < minima) & (minima < high)).all()
    size = max(1.0, abs(surface.minimum or 0))
    np.testing.assert_allclose(surface.value(minima), surface.minimum, rtol=0, atol=1e-13 * size)


@pytest.mark.parametrize("name", WITH_MINIMA)
def test_the_gradient_vanishes_at_every_minimum(name: str) -> None:
    surface = SURFACES[name]
    gradient = surface.gradient(surface.minima)
    scale = np.abs(surface.gradient(points_inside(surface, 100))).max()
    np.testing.assert_allclose(gradient, 0, atol=1e-13 * scale)
    if name in KINKED_AT_MINIMUM:
        np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("name", SMOOTH_AT_MINIMUM)
def test_the_minima_are_right_to_the_last_digit(name: str) -> None:
    surface = SURFACES[name]
    exact = sp.nsimplify(surface.expression, rational=True)
    symbols = sp.symbols("x1 x2")
    names = [{"Modulus": mpmath.fabs, "Signum": mpmath.sign}, "mpmath"]
    gradient = sp.lambdify(symbols, [exact.diff(x) for x in symbols], modules=names)
    with mpmath.workdps(40):
        for point in surface.minima:
            root = mpmath.findroot(gradient, point)
            error = max(abs(root[i] - mpmath.mpf(float(point[i]))) for i in range(2))
            assert error <= np.spacing(np.abs(point).max() or 1.0), root


@pytest.mark.parametrize(
    ("name", "least", "points"),
    [
        ("goldstein_price", 3, 1),
        ("six_hump_camel", -1.031628453489877, 2),
        ("easom", -1, 1),
        ("mccormick", -1.9132229549810367, 1),
        ("styblinski_tang", -78.33233140754282, 1),
        ("cross_in_tray", -2.062611870822739, 4),
        ("himmelblau", 0, 4),
        ("drop_wave", -1, 1),
        ("levy", 0, 1),
        ("rosenbrock", 0, 1),
    ],
)
def test_the_least_value_is_that_of_the_literature(name: str, least: float, points: int) -> None:
    surface = SURFACES[name]
    assert surface.minimum == pytest.approx(least, rel=1e-14, abs=1e-15)
    assert len(surface.minima) == points


@pytest.mark.parametrize(
    ("name", "w", "value"),
    [
        ("bowl", (-5, -2), 10.5),
        ("rosenbrock", (-1.2, 1), 24.2),
        ("beale", (1, 1), 14.203125),
        ("booth", (0, 0), 74),
        ("himmelblau", (0, 0), 170),
        ("himmelblau", (-0.270845, -0.923039), 181.617),
        ("matyas", (1, 1), 0.04),
        ("goldstein_price", (0, 0), 600),
        ("goldstein_price", (1.2, 0.8), 840),
        ("goldstein_price", (1.8, 0.2), 84),
        ("goldstein_price", (-0.6, -0.4), 30),
        ("three_hump_camel", (1, 1), 2 - 1.05 + 1 / 6 + 2),
        ("six_hump_camel", (1.70361, -0.796084), -0.2154638),
        ("styblinski_tang", (0, 0), 0),
        ("rastrigin", (1, 0), 1),
        ("rastrigin", (0.5, 0.5), 40.5),
        ("levy", (0, 0), 2),
        ("ackley", (1, 1), 20 * (1 - np.exp(-0.2))),
        ("griewank", (np.pi, 0), 2 + np.pi**2 / 4000),
        ("bohachevsky", (1, 1), 1 + 2 + 0.3 - 0.4 + 0.7),
        ("mccormick", (0, 0), 1),
        ("easom", (0, 0), -np.exp(-2 * np.pi**2)),
        ("cross_in_tray", (0, 0), -0.0001),
        ("taxicab", (-1, 2), 5),
        ("kinked_valley", (0, 0), 1.25),
    ],
)
def test_known_values(name: str, w: tuple[float, float], value: float) -> None:
    assert SURFACES[name].value(w) == pytest.approx(value, rel=5e-6, abs=1e-12)


def test_a_saddle_has_no_minimum_and_says_so() -> None:
    without = [surface for surface in SURFACES.values() if not surface.minima]
    assert [surface.name for surface in without] == ["saddle", "monkey_saddle"]
    for surface in without:
        assert surface.minimum is None
        assert "no minimum" in surface.note
        assert surface.saddles
        np.testing.assert_array_equal(surface.gradient(surface.saddles), 0)
        far = [surface.value(np.multiply(size, [2, 5])) for size in (1e2, 1e4, 1e6)]
        assert far[0] > far[1] > far[2]


def test_the_saddle_bends_both_ways() -> None:
    bends = np.linalg.eigvalsh(SURFACES["saddle"].hessian((0, 0)))
    assert bends[0] < 0 < bends[1]
    np.testing.assert_array_equal(SURFACES["monkey_saddle"].hessian((0, 0)), 0)
    around = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    circle = 0.1 * np.stack([np.cos(around), np.sin(around)], axis=-1)
    signs = np.sign(SURFACES["monkey_saddle"].value(circle))
    assert (signs != np.roll(signs, 1)).sum() == 6


def test_descent_is_stuck_at_the_saddle_for_long() -> None:
    saddle = SURFACES["saddle"]
    w = np.array(saddle.start)
    for _ in range(150):
        w = w - 0.01 * saddle.gradient(w)
    assert np.linalg.norm(saddle.gradient(w)) < 0.2


@pytest.mark.parametrize("name", NAMES)
def test_run_axes_equal_single_calls(name: str) -> None:
    surface = SURFACES[name]
    w = points_inside(surface, 24).reshape(2, 3, 4, 2)
    loss, gradient = surface(w, 7)
    hessian = surface.hessian(w)
    assert (loss.shape, gradient.shape, hessian.shape) == ((2, 3, 4), (2, 3, 4, 2), (2, 3, 4, 2, 2))
    for index in np.ndindex(2, 3, 4):
        single, slope = surface(w[index])
        assert single.shape == ()
        np.testing.assert_allclose(single, loss[index], rtol=1e-13)
        np.testing.assert_allclose(slope, gradient[index], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(surface.hessian(w[index]), hessian[index], rtol=1e-11, atol=1e-10)
    np.testing.assert_array_equal(surface.value(w), loss)
    np.testing.assert_array_equal(surface.gradient(w), gradient)


@pytest.mark.parametrize("name", NAMES)
def test_an_objective_leaves_its_argument_alone_and_gives_fresh_arrays(name: str) -> None:
    surface = SURFACES[name]
    w = points_inside(surface, 5)
    before = w.copy()
    first, second = surface(w), surface(w)
    np.testing.assert_array_equal(w, before)
    assert not np.shares_memory(first[1], second[1])
    assert not np.shares_memory(first[1], w)


def test_no_points_and_whole_numbers_are_points_too() -> None:
    bowl = SURFACES["bowl"]
    loss, gradient = bowl(np.empty((0, 2)))
    assert (loss.shape, gradient.shape) == ((0,), (0, 2))
    assert bowl.value([[1, 1], [0, 2]]).tolist() == [2.1, 8.0]


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (8, 3)])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(\.\.\., 2\)"):
        SURFACES["bowl"](np.zeros(shape))
    with pytest.raises(ValueError, match=r"shape \(\.\.\., 2\)"):
        SURFACES["bowl"].hessian(np.zeros(shape))


EDGES = [0.0, -0.0, 1e-320, 1e-160, 1.0, 50.0, -1e5, 1e200, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", NAMES)
def test_no_edge_gives_a_warning(name: str) -> None:
    surface = SURFACES[name]
    w = np.stack(np.meshgrid(EDGES, EDGES), axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradient = surface(w)
        surface.hessian(w)
        for point in w.reshape(-1, 2):
            surface(point)
            surface.hessian(point)
    with_nan = np.isnan(w).any(axis=-1)
    assert np.isnan(loss[with_nan]).all()
    assert np.isnan(gradient[with_nan]).any(axis=-1).all()
    near = (np.abs(w) <= 50).all(axis=-1)
    assert np.isfinite(loss[near]).all()
    assert np.isfinite(gradient[near]).all()
    assert np.isfinite(surface.hessian(w[near & (np.abs(w) != 1e-160).all(axis=-1)])).all()


@pytest.mark.parametrize("name", ["easom", "plateau", "ackley", "drop_wave", "griewank"])
def test_far_away_what_is_bounded_stays_finite(name: str) -> None:
    loss, gradient = SURFACES[name](np.array([[1e5, -1e5], [1e8, 3.0]]))
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", sorted(KINKED_HESSIAN))
def test_a_kink_has_a_finite_subgradient_and_hessian(name: str) -> None:
    surface = SURFACES[name]
    kinks = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], *surface.minima])
    assert np.isfinite(surface.gradient(kinks)).all()
    assert np.isfinite(surface.hessian(kinks)).all()


def test_an_infinite_slope_is_not_called_flat() -> None:
    root = Surface.from_formula("sqrt(x1) + x2")
    loss, gradient = root((0.0, 1.0))
    assert (loss, gradient.tolist()) == (1.0, [np.inf, 1.0])
    loss, gradient = root((-1.0, 1.0))
    assert np.isnan(loss)
    assert np.isnan(gradient[0])


@pytest.mark.parametrize("name", NAMES)
def test_the_registry_is_complete(name: str) -> None:
    surface = SURFACES[name]
    low, high = np.transpose(surface.domain)
    assert surface.name == name
    assert name.isidentifier()
    assert surface.title
    assert surface.source
    assert surface.levels in ("linear", "log")
    assert (low < high).all()
    assert ((low <= surface.start) & (surface.start <= high)).all()
    assert surface.expression.free_symbols == set(sp.symbols("x1 x2"))
    assert "x_{1}" in surface.latex
    assert "x_{2}" in surface.latex


@pytest.mark.parametrize("name", NAMES)
def test_a_start_is_neither_a_minimum_nor_flat(name: str) -> None:
    surface = SURFACES[name]
    loss, gradient = surface(surface.start)
    size = np.abs(surface.value(points_inside(surface, 200)) - loss).max()
    assert surface.minimum is None or loss - surface.minimum > 0.01 * min(size, 10)
    assert np.linalg.norm(gradient) > 1e-3 * min(size, 1)


def test_the_registry_has_enough_and_unique_titles() -> None:
    assert len(SURFACES) >= 22
    assert len({surface.title for surface in SURFACES.values()}) == len(SURFACES)
    assert len({surface.latex for surface in SURFACES.values()}) == len(SURFACES)


def test_the_bowl_is_that_of_the_course() -> None:
    bowl = SURFACES["bowl"]
    assert bowl.latex == "0.1 x_{1}^{2} + 2 x_{2}^{2}"
    assert bowl.start == (-5, -2)
    assert bowl.gradient(bowl.start).tolist() == [-1.0, -8.0]
    assert bowl.hessian(bowl.start).tolist() == [[0.2, 0.0], [0.0, 4.0]]


def test_a_formula_is_the_same_object() -> None:
    own = Surface.from_formula("(1 - x1)^2 + 100*(x2 - x1^2)^2", domain=((-2, 2), (-1, 3)), start=(0, 0), levels="log")
    known = SURFACES["rosenbrock"]
    w = points_inside(known, 50)
    np.testing.assert_allclose(own(w)[0], known(w)[0], rtol=1e-14)
    np.testing.assert_allclose(own(w)[1], known(w)[1], rtol=1e-14)
    np.testing.assert_allclose(own.hessian(w), known.hessian(w), rtol=1e-14)
    assert own.latex == known.latex
    assert (own.domain, own.start, own.levels) == (((-2, 2), (-1, 3)), (0, 0), "log")
    assert (own.minima, own.minimum, own.note) == ((), None, "")
    with pytest.raises(FormulaError) as refused:
        Surface.from_formula("x3")
    assert refused.value.reason == Reason.UNKNOWN_NAME


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [("5", 5.0, [0, 0]), ("x2", 2.0, [0, 1]), ("pi*x1", np.pi, [np.pi, 0]), ("e^2", np.exp(2), [0, 0])],
)
def test_constants_take_the_shape_of_the_points(text: str, value: float, slope: list[float]) -> None:
    surface = Surface.from_formula(text)
    loss, gradient = surface(np.full((3, 4, 2), [1.0, 2.0]))
    np.testing.assert_allclose(loss, np.full((3, 4), value), rtol=1e-15)
    np.testing.assert_allclose(gradient, np.full((3, 4, 2), slope), rtol=1e-15)
    np.testing.assert_array_equal(surface.hessian(np.zeros((3, 4, 2))), np.zeros((3, 4, 2, 2)))


@pytest.mark.parametrize(
    "text",
    [
        "x1^3 + x2^4 - x1^5*x2^6 + x2^7",
        "tan(x1/4)*atan(x2) + tanh(x1*x2)",
        "log(6 + x1) / sqrt(6 + x2)",
        "sinh(x1/3) - cosh(x2/2)^3",
        "exp(-abs(x1*x2 - 1))^2 + 2^x1",
        "(x1^2 + 1)^x2 / (x2^2 + 2)^1.5",
        "(1 + x1^2)^-3 + (x1 - x2)^9/1e3",
    ],
)
def test_the_derivatives_of_a_formula_are_finite_differences(text: str) -> None:
    surface, h = Surface.from_formula(text, domain=((-2, 2), (-2, 2))), 1e-4
    w = away_from_kinks(surface, points_inside(surface, 100), h)
    slope, curvature = differences(surface.value, w, h), differences(surface.gradient, w, h)
    np.testing.assert_allclose(surface.gradient(w), slope, rtol=1e-7, atol=1e-9 * np.abs(slope).max())
    np.testing.assert_allclose(surface.hessian(w), curvature, rtol=1e-7, atol=1e-9 * np.abs(curvature).max())


@pytest.mark.parametrize("text", ["(-2)^x1 + x2", "(1/2 - pi)^x1*x2", "x2 + log(1/2)^(x1*x2)", "sqrt(x1/(2 - pi))^x2"])
def test_what_is_not_real_is_nan_without_a_warning(text: str) -> None:
    surface = Surface.from_formula(text)
    loss, gradient = surface([[0.5, 0.7], [1.5, -0.3]])
    assert np.isnan(loss).all()
    assert np.isnan(gradient).any(axis=-1).all()
    assert np.isnan(surface.hessian((0.5, 0.7))).any()


def test_whole_powers_are_exact_products() -> None:
    w = np.array([[3.0, 2.0], [-3.0, -2.0]])
    assert Surface.from_formula("x1^7 + 0*x2").value(w).tolist() == [2187, -2187]
    assert Surface.from_formula("x2^13 + x1^2").value(w).tolist() == [8201, -8183]


def test_compiled_functions_are_kept() -> None:
    surface = Surface.from_formula("x1^2 + 3*x2")
    surface(surface.start)
    surface.hessian(surface.start)
    assert surface._slope is surface._slope
    assert surface._curvature is surface._curvature


def test_importing_compiles_nothing_and_loads_neither_streamlit_nor_plotly() -> None:
    code = (
        "import sys, json; from optviz.surfaces.surfaces import SURFACES;"
        "print(json.dumps([[n for n, s in SURFACES.items() if any(k[0] == '_' for k in vars(s))],"
        "[m for m in ('streamlit', 'plotly', 'tensorflow', 'scipy', 'pandas') if m in sys.modules]]))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == [[], []]


def test_the_hessian_of_drop_wave_at_its_minimum_is_the_limit() -> None:
    np.testing.assert_allclose(SURFACES["drop_wave"].hessian((0, 0)), 72.5 * np.eye(2), rtol=1e-7)
    assert SURFACES["drop_wave"].gradient((0, 0)).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "slope", "hessian"),
    [
        # In powers of r: cos r = 1 - r^2/2 + ..., which is smooth although its derivative is 0/0 as it is written.
        ("cos(sqrt(x1^2+x2^2)) + 3*x1", [3, 0], [[-1, 0], [0, -1]]),
        ("cosh(2*sqrt(x1^2+x2^2)) - x2 + x1*x2", [0, -1], [[4, 1], [1, 4]]),
        ("(x1^2+x2^2)^1.5 + x1^2", [0, 0], [[2, 0], [0, 0]]),
        # At a kink there is no limit.
        ("sqrt(x1^2+x2^2)", [0, 0], [[0, 0], [0, 0]]),
        ("exp(-sqrt(x1^2+x2^2))", [0, 0], [[0, 0], [0, 0]]),
    ],
)
def test_what_is_zero_by_zero_has_its_limit(text: str, slope: list[float], hessian: list[list[float]]) -> None:
    surface = Surface.from_formula(text)
    points = np.array([[0.0, 0.0], [1.0, 2.0]])
    np.testing.assert_allclose(surface.gradient(points)[0], slope, atol=1e-6)
    np.testing.assert_allclose(surface.hessian(points)[0], hessian, atol=1e-5)
    np.testing.assert_allclose(surface.hessian((0.0, 0.0)), hessian, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "w", "undefined"),
    [
        ("log(x1)", (-1, 1), True),
        ("log(x1)", (0, 1), True),
        ("1/x1", (0, 1), True),
        ("sqrt(x1)", (-1, 0), True),
        ("sqrt(x1)", (0, 0), True),
        ("x1*log(x1)", (0, 0), True),
        ("(-2)^x1", (0.5, 0), True),
        ("exp(x1^2)", (40, 0), False),
        ("exp(x1)-exp(2*x1)", (1000, 0), False),
        ("x1^64", (1e10, 0), False),
        ("x1^2", (1, 1), False),
        ("5", (1, 1), False),
    ],
)
def test_no_value_is_told_from_a_value_beyond_the_largest_number(
    text: str, w: tuple[float, float], undefined: bool
) -> None:
    assert Surface.from_formula(text).undefined(w) == undefined
