"""The program of a race: it is run as it stands, and prints the places and the losses that the page shows."""

import os
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from optviz.expressions import fill_gaps
from optviz.lessons.family import SHARED, SHOWS
from optviz.lessons.forks import Fork
from optviz.lessons.race_code import program
from optviz.lessons.races import Settings, race_of
from optviz.lessons.runs import Run, read_runs
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES
from tests.pages import opened
from tests.programs import drawn, idle, run

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROW = re.compile(r"(.*): step (\d+), w (\S+) (\S+), loss (\S+)")
FLAT = Ground("bowl", "", 0.0, 0.0, 0.0, 0)


def race(ground=FLAT, runs=(), steps=40, start=None, **others):
    start = SURFACES[ground.surface].start if start is None else start
    given = {"learning_rate": 0.05, "schedule": Choice("constant"), "warmup": 0, **others}
    return Settings(ground=ground, runs=tuple(runs), start=tuple(map(float, start)), steps=steps, **given)


def printed(settings):
    """Run the program, which has nothing to spare, with all digits, and return its rows (run, step, w1, w2, loss)."""
    text = program(settings)
    assert not idle(text)
    known, output = run(text.replace(":.6g", ":.17g"))
    assert len(known.get("factor", range(settings.steps + 1))) == settings.steps + 1
    rows, number, names = [], -1, []
    for line in output.splitlines():
        name, step, *numbers = ROW.fullmatch(line).groups()
        number += step == "0"
        names.append(name)
        rows.append([number, int(step), *map(float, numbers)])
    return np.array(rows)


def assert_same(settings, rtol=1e-8):
    with np.errstate(all="ignore"):
        path = race_of(settings).path
    rows = printed(settings)
    every = max(settings.steps // 10, 1)
    known = [(i, k) for i in range(len(settings.runs)) for k in range(0, settings.steps + 1, every)
             if np.isfinite(path.loss[k, i])]  # fmt: skip
    assert [(int(row[0]), int(row[1])) for row in rows] == known
    scale = np.abs(settings.start).max()
    for number, step, *w, loss in rows:
        at = int(step), int(number)
        np.testing.assert_allclose(w, path.w[at], rtol=rtol, atol=rtol * scale)
        np.testing.assert_allclose(loss, path.loss[at], rtol=rtol, atol=rtol)


DECIDED = {"polyak": 10, "conjugate_gradient": 2, "lbfgs": 10}
"""After so many steps what is rounded may decide how far to go."""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_at_random_values_runs_as_on_the_page(name):
    rng = np.random.default_rng(len(name))
    runs = [Run(name, float(rng.uniform(0.01, 0.1)), tuple(drawn(OPTIMIZERS[name], rng).items())) for _ in range(6)]
    steps = DECIDED.get(name, 40)
    assert_same(race(runs=[Run(name), *runs], steps=steps))
    penalized = Ground("booth", "", 0.01, 0.03, 0.2, 5)
    assert_same(race(penalized, [Run(name), *runs], steps=min(steps, 30), learning_rate=0.01))
    assert_same(race(penalized, [Run(name)], steps=3, learning_rate=0.01, start=(0.0, -0.5)))


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_has_its_value_its_slope_and_its_curvature(surface):
    ground = Ground(surface, "", 0.0, 0.0, 0.0, 0)
    runs = [Run("sgd"), Run("nesterov"), Run("adam"), Run("newton", 0.3)]
    # Not at the start alone, where many are symmetric; and not for long, where many are chaotic.
    low, high = np.array(SURFACES[surface].domain).T
    for share in (0.23, 0.64):
        start = low + (high - low) * np.array([share, 0.9 - share])
        assert_same(race(ground, runs, 5, start=start, learning_rate=1e-3), rtol=1e-7)


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("abs(x1) + 2*abs(x2)", (1.0, 0.0)),
        ("sqrt(x1^2 + x2^2)", (0.3, 0.0)),
        ("sqrt(x1^2 + x2^2)", (1e-160, 0.0)),
        ("sqrt(x1) + x2^2", (0.0, 0.0)),
        ("log(x1) + x2^2", (0.5, 1.0)),
        ("x1*log(x1) + x2^2", (3.0, 1.0)),
        ("x1^64", (1.01, 2.0)),
        ("exp(x1^2 + x2^2)", (1.5, 0.7)),
        ("x1^2.5 + tanh(x2) + atan(x1*x2)", (0.8, -0.4)),
        ("2*x1 + e*x2 + pi", (1.0, 1.0)),
        ("sin(x1)/x2 + 3^x1 + sqrt(2)*cosh(x2)", (0.8, 1.4)),
        ("1/3*x1^2 + 0.1*x2^2", (0.8, 1.4)),
        ("max(x1, x2)^2 + min(x1, 2)*asinh(x2) + asin(x1/9)", (0.8, 1.4)),
    ],
)
def test_formulas_with_kinks_poles_and_edges_run_as_on_the_page(formula, start):
    runs = [Run("sgd"), Run("rmsprop"), Run("newton", 0.5, (("damping", 0.1),))]
    assert_same(race(Ground("formula", formula, 0.0, 0.0, 0.0, 0), runs, 20, start=start))


@pytest.mark.parametrize(
    ("surface", "formula", "slope"),
    [
        ("formula", "cos(sqrt(x1^2+x2^2))+3*x1", [3.0, 0.0]),
        ("formula", "sqrt(x1^2+x2^2)+2*x2", [0.0, 0.0]),
        ("formula", "sin(2*sqrt(x1^2+x2^2))^2+x1*x2-x2", [0.0, -1.0]),
        ("drop_wave", "", [0.0, 0.0]),
    ],
)
def test_a_slope_that_is_0_through_0_has_its_limit_in_the_program_too(surface, formula, slope):
    """The gradient and the Hessian of Newton's first step stand in its second row."""
    ground = Ground(surface, formula, 0.0, 0.0, 0.0, 0)
    settings = race(ground, [Run("sgd"), Run("newton", 0.5, (("damping", 0.1),))], 10, start=(0.0, 0.0))
    assert_same(settings)
    path = race_of(settings).path.w[:, 0]
    np.testing.assert_allclose(path[1], -0.05 * np.array(slope), atol=1e-6)


def slope_with_a_gap(v, w, missing, one_sided, levels, tilts):
    """Return levels and a tilt around w, where it is missing, and perhaps on one side of w too."""
    if (v == w).all() or (one_sided and v[0] > w[0]):
        return np.array([missing, levels[1]])
    return levels + tilts @ (v - w) / 1e-6


def test_gaps_are_filled_as_on_the_page():
    ground = Ground("drop_wave", "", 0.0, 0.0, 0.0, 0)
    filled = run(program(race(ground, [Run("sgd")], 1)))[0]["filled"]
    rng, found = np.random.default_rng(0), []
    for _ in range(1500):
        size = rng.choice([0.0, 1e-150, 10.0 ** rng.uniform(-170, -130), 10.0 ** rng.uniform(-3, 3)])
        level = 10.0 ** rng.uniform(-14, 3)
        tilt = rng.choice([10.0 ** rng.uniform(-20, 3), rng.uniform(0.0, 0.01) * max(1.0, level)])
        w = size * np.array([1.0, rng.uniform(-1, 1)])
        levels, tilts = level * rng.choice([-1, 0, 1], 2), tilt * rng.normal(size=(2, 2))
        missing, one_sided = rng.choice([np.nan, np.inf]), rng.random() < 0.1
        slope = partial(slope_with_a_gap, w=w, missing=missing, one_sided=one_sided, levels=levels, tilts=tilts)
        page = slope(w)
        with np.errstate(all="ignore"):
            fill_gaps(page, w, np.zeros(()), lambda ring, slope=slope: np.array([slope(v) for v in ring]))
        np.testing.assert_allclose(filled(slope, w), page, rtol=1e-6)
        found.append(page[0])
    assert min(np.isinf(found).sum(), (np.isfinite(found) & (np.array(found) != 0)).sum(), found.count(0.0)) > 100


@pytest.mark.parametrize("warmup", [0, 6])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_and_warm_up_runs_as_on_the_page(schedule, warmup):
    pytest.importorskip("keras")
    values = drawn(SCHEDULES[schedule], np.random.default_rng(warmup))
    runs = [Run("momentum"), Run("nesterov", 0.2), Run("adamw", 0.3)]
    settings = race(
        runs=runs, schedule=Choice(schedule, tuple(values.items())), warmup=warmup, steps=43 if warmup else 40
    )
    assert_same(settings)


FORKS = {
    "another rate": Fork(13, 0, None, 0.3, None),
    "another optimizer": Fork(13, 0, Run("nadam", None, (("psi", 0.3),)), None, None),
    "another L2": Fork(13, 1, None, None, 0.4),
    "all at once": Fork(13, 1, Run("momentum_classical"), 0.01, 0.0),
    "at the start": Fork(0, 0, Run("adagrad"), 0.5, 0.2),
    "a Hessian": Fork(7, 0, Run("newton"), 0.5, 0.2),
    "nothing": Fork(7, 0),
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
def test_a_fork_goes_on_as_on_the_page(fork):
    ground = Ground("long_valley", "", 0.0, 0.05, 0.1, 3)
    settings = race(ground, [Run("adam", 0.2), Run("nesterov")], fork=fork)
    assert_same(settings)
    decayed = replace(settings, schedule=Choice("step_decay", (("drop_every", 9), ("drop_to", 0.5))), warmup=3)
    pytest.importorskip("keras")
    assert_same(decayed)


def test_the_noise_of_long_races_is_the_page_s():
    assert_same(race(Ground("bowl", "", 0.0, 0.0, 0.7, 11), [Run("sgd")], 600))


def test_a_run_that_diverges_ends_where_the_page_s_ends():
    settings = race(runs=[Run("sgd", 5.0), Run("adam")], steps=500)
    assert np.isnan(race_of(settings).path.loss[-1, 0])
    assert_same(settings)


@pytest.mark.parametrize("show", [*SHOWS.values(), *SHARED.values()], ids=[*SHOWS, *SHARED])
def test_the_races_of_the_family_run_as_on_the_page(show):
    assert_same(show.settings(), rtol=1e-5)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_of_races_offer_their_program(lang):
    race = opened(
        "surfaces", lang, folds=["tensorflow"], surface="booth", lr="0.05", run=["adam", "newton"], noise="0.1"
    )
    runs = read_runs(["adam", "newton"])
    with_noise = Settings(
        ground=Ground("booth", "x1^2 + 3*x2^2 + 2*sin(2*x1)", 0.0, 0.0, 0.1, 0),
        runs=runs,
        learning_rate=0.05,
        schedule=Choice("constant"),
        warmup=0,
        start=(1.5, 1.0),
        steps=200,
    )
    text = race.code[0].value
    assert "noise(step)" in text and "def hessian" in text
    assert text.split("runs = [")[0] == program(with_noise).split("runs = [")[0]
    assert not opened("surfaces", lang).code
    family = opened("family", lang, folds=["tensorflow"], who="newton")
    assert family.code[0].value.split("runs = [")[0] == program(SHOWS["newton"].settings()).split("runs = [")[0]


def test_a_program_in_which_two_runs_share_a_class_defines_it_once():
    text = program(race(runs=read_runs(["adam", "adam,beta1=0.5", "adam,epsilon_inside=1", "adagrad", "newton"])))
    classes = re.findall(r"^class (\w+)", text, re.MULTILINE)
    assert classes == ["Adam", "AdamEpsilonInside", "AdaGrad", "Newton"]
