"""The inside of a step: its printed arithmetic, done again, gives the next point; its parts add up."""

import re

import numpy as np
import pytest

from optviz.lessons.tables import tex
from optviz.optimization.anatomy import Part, follow, parts
from optviz.optimization.descent import descend, record
from optviz.optimization.objectives import Noisy, Penalized
from optviz.optimization.optimizers import OPTIMIZERS, Recursion, average, framed
from optviz.optimization.rules import SubStep
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.surfaces.surfaces import SURFACES
from tests.tex_arithmetic import recompute, slack

PRECISION = 6
STEPS = 40
RATES = {"newton": 0.7, "adadelta": 1.0, "lion": 0.02, "prodigy": 1.0, "extragradient": 0.001}
RATES |= {"armijo": 0.3, "lbfgs": 1.0}
SETTINGS = {
    "adagrad": [{"epsilon_inside": True, "epsilon": 0.03, "initial_accumulator": 0.1}],
    "rmsprop": [{"epsilon_inside": True, "epsilon": 0.01, "beta": 0.5}, {"beta": 0.0}],
    "adam": [{"epsilon_inside": True, "epsilon": 0.1}, {"beta1": 0.0, "beta2": 0.99}],
    "momentum": [{"beta": 0.0}],
    "nadam": [{"psi": 0.004}],
    "adamw": [{"weight_decay": 0.5}, {"weight_decay": 0.0}],
    "newton": [{"damping": 2.5}],
    "radam": [{"beta2": 0.5}],
    "prodigy": [{"d0": 0.05}],
    "sophia": [{"gamma": 1.0, "beta2": 0.5, "k": 1}],
    "lookahead": [{"k": 1}],
    "armijo": [{"share": 0.01, "shrink": 0.8}],
    "polyak": [{"least": 3.0, "longest": 0.02}],
    "conjugate_gradient": [{"steepness": 0.9}],
    "lbfgs": [{"pairs": 1}, {"line_search": False}],
}
CASES = [(name, values) for name in OPTIMIZERS for values in ({}, *SETTINGS.get(name, ()))]
every_case = pytest.mark.parametrize(("name", "values"), CASES, ids=str)


def rate_of(name):
    return RATES.get(name, 0.01)


def followed(name, values, surface="beale", schedule=None, objective=None, start=None):
    objective = objective or SURFACES[surface]
    # No whole numbers, which would be taken for those of the rule.
    start = np.array(start or SURFACES[surface].start, dtype=float) + 0.0123
    schedule = schedule or (lambda t: rate_of(name))
    optimizer = OPTIMIZERS[name](**values)
    return follow(objective, optimizer, schedule, start, STEPS), record(
        descend(objective, optimizer, schedule, start), STEPS
    )


def settings_of(optimizer, k):
    """Return the numbers that are printed with all their digits."""
    return {0.5, 0.96, 1.0, 2.0, k + 1.0, *optimizer.settings}


def close(text, result, exact):
    """Whether printed arithmetic gives the printed result, as near as the printed digits allow."""
    return abs(recompute(text) - recompute(result)) <= 1.01 * (slack(text, exact) + slack(result)) + 1e-300


def check(updates, path, k):
    """Do the arithmetic of update k again from what is printed, for each coordinate, and arrive at the next point."""
    lines = updates.lines(k)
    assert [line.sub_step for line in lines] == sorted(line.sub_step for line in lines)
    assert {line.sub_step for line in lines} == set(SubStep)
    for coordinate in range(path.w.shape[-1]):
        known = {}
        for line in lines:
            text, result = line.numbers(coordinate, tex, PRECISION)
            assert close(text, result, settings_of(updates.optimizer, k)), f"{line.symbols}: {text} is not {result}"
            known[line.name] = result
        assert recompute(known["w_{t+1}"]) == pytest.approx(path.w[k + 1, coordinate], rel=5e-6, abs=1e-300)
        assert recompute(known["g_t"]) == pytest.approx(updates.look.g[k, coordinate], rel=5e-6)
        if updates.optimizer.looks_ahead:
            assert recompute(known["p_t"]) == pytest.approx(updates.look.point[k, coordinate], rel=5e-6)


@every_case
@pytest.mark.parametrize("surface", ["bowl", "beale", "rosenbrock", "rastrigin"])
def test_the_printed_arithmetic_gives_the_next_point(name, values, surface):
    updates, path = followed(name, values, surface)
    # Where it has arrived, 0/0 is printed.
    n = int(updates.look.g.any(-1).sum())
    for k in (0, 1, n // 2, n - 1):
        check(updates, path, k)


@every_case
def test_with_a_schedule_penalties_and_noise(name, values):
    schedule = Schedule(rate_of(name), SCHEDULES["cosine"](decay_steps=60))
    objective = Noisy(Penalized(SURFACES["himmelblau"], 0.1, 0.3), 0.2, 3)
    updates, path = followed(name, values, "himmelblau", schedule, objective)
    for k in (0, len(updates) - 3):
        check(updates, path, k)
        assert updates.learning_rate[k, 0] == pytest.approx(schedule(k))


@pytest.mark.parametrize("surface", SURFACES)
def test_newton_shows_its_solution_on_every_surface(surface):
    updates, path = followed("newton", {}, surface)
    for k in range(0, len(updates), 7):
        check(updates, path, k)


def whole(symbols):
    """Return TeX in which an accent and its letter are one word."""
    return symbols.replace(r"\hat ", r"\hat_").replace(r"\tilde ", r"\tilde_")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_line_uses_the_printed_results_of_the_lines_before_it(name):
    updates, _path = followed(name, {})
    lines = updates.lines(6)
    for i, line in enumerate(lines):
        if line.sub_step is SubStep.GRADIENT:
            continue  # a gradient is measured
        if r"\begin{cases}" in line.letters:
            continue  # of a choice the side is printed that holds
        if not line.tree.operands:
            continue  # a loss and what is searched for are measured too
        for before in lines[:i]:
            if re.search(rf"(?<![\w\\]){re.escape(whole(before.name))}(?!\w)", whole(line.letters)):
                assert before.numbers(0, tex, PRECISION)[1] in line.numbers(0, tex, PRECISION)[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_lines_show_moments_and_effective_rate_of_the_real_step(name):
    updates, path = followed(name, {})
    update = updates.update
    for k in (0, 7):
        results = {line.name: np.array([line.result(0), line.result(1)]) for line in updates.lines(k)}
        assert results[r"\eta_t"] == pytest.approx(update.eta[k], rel=1e-9)
        if r"\alpha_t" in results:
            assert results[r"\alpha_t"] == pytest.approx(path.rate[k], rel=1e-12)
        split = updates.optimizer.rule.split
        if r"\hat m_t" in results and (split is None or split.moment.content == "m_hat"):
            assert results[r"\hat m_t"] == pytest.approx(update.m[k], rel=1e-12)
        if r"\hat V_t" in results:
            assert results[r"\hat V_t"] == pytest.approx(update.v[k], rel=1e-12)


def test_the_effective_rate_of_every_adaptive_optimizer_is_a_line():
    adaptive = set()
    for name in OPTIMIZERS:
        updates = followed(name, {})[0]
        names = [line.name for line in updates.lines(0)]
        assert r"\alpha_t" in names or (updates.update.rate == rate_of(name)).all(), name
        adaptive |= {name} if r"\alpha_t" in names else set()
    assert adaptive >= {"adagrad", "rmsprop", "adadelta", "adam", "nadam", "amsgrad", "adamax", "adamw", "radam"}
    assert not adaptive & {"sgd", "momentum", "nesterov", "lion", "newton", "sam", "lookahead"}


@every_case
def test_parts_add_up_to_eta_at_every_step(name, values):
    updates, _path = followed(name, values, "rosenbrock")
    found = updates.parts
    if not (updates.optimizer.rule.is_linear or updates.optimizer.follows_curvature):
        assert not found
        return
    least = 1e-12 * np.abs(updates.update.eta).max()
    assert sum(found.values()) == pytest.approx(updates.update.eta, rel=1e-12, abs=least)
    single = [parts(updates.optimizer, *given(updates, k)) for k in (0, 1, 4)]
    for k, alone in zip((0, 1, 4), single, strict=True):
        for part, rows in found.items():
            assert alone.get(part, 0.0) == pytest.approx(rows[k], rel=1e-12, abs=1e-300)


def given(updates, k):
    memory = updates.memory.each(lambda rows: rows[k])._replace(t=k)
    return memory, updates.look.each(lambda rows: rows[k]), float(updates.learning_rate[k, 0])


def test_parts_in_closed_form():
    k, lr, b = 11, 0.01, 0.9
    averaged, classical, adam = (followed(n, {}, "booth")[0] for n in ("momentum", "momentum_classical", "adam"))
    assert averaged.parts[Part.MOMENTUM][k] == pytest.approx(lr * b * averaged.memory.states["m"][k])
    assert averaged.parts[Part.GRADIENT][k] == pytest.approx(lr * (1 - b) * averaged.look.g[k])
    assert classical.parts[Part.MOMENTUM][k] == pytest.approx(lr * b * classical.memory.states["m"][k])
    rate = adam.update.rate[k] / (1 - b ** (k + 1))
    assert adam.parts[Part.MOMENTUM][k] == pytest.approx(rate * b * adam.memory.states["m"][k])
    assert adam.parts[Part.GRADIENT][k] == pytest.approx(rate * (1 - b) * adam.look.g[k])
    decayed = followed("adamw", {"weight_decay": 0.5}, "booth")[0]
    assert decayed.parts[Part.DECAY][k] == pytest.approx(lr * 0.5 * decayed.look.w[k])
    ahead = followed("nesterov", {}, "booth")[0]
    assert ahead.parts[Part.MOMENTUM][k] == pytest.approx(lr * b * ahead.memory.states["m"][k])
    assert set(followed("sgd", {}, "booth")[0].parts) == {Part.GRADIENT}


def test_a_run_that_diverges_is_followed_to_its_last_finite_point():
    updates = follow(SURFACES["bowl"], OPTIMIZERS["sgd"](), lambda t: 1e200, np.array([1.0, 2.0]), 20)
    path = record(descend(SURFACES["bowl"], OPTIMIZERS["sgd"](), lambda t: 1e200, np.array([1.0, 2.0])), 20)
    last = int(np.isfinite(path.loss).sum()) - 1
    assert len(updates) == last
    assert np.isfinite(updates.following).all()
    nowhere = follow(SURFACES["bowl"], OPTIMIZERS["sgd"](), lambda t: 1e308, np.array([1e10, 2.0]), 20)
    assert len(nowhere) == 0


def test_moments_of_ones_own_are_written_with_their_gain():
    optimizer = framed(average(0.5), Recursion(0.3, 0.2), 1e-3)
    updates = follow(SURFACES["bowl"], optimizer, lambda t: 0.1, np.array([3.0, 2.0]), 5)
    check(updates, record(descend(SURFACES["bowl"], optimizer, lambda t: 0.1, np.array([3.0, 2.0])), 5), 3)
    assert any(r"\gamma_2" in line.symbols for line in updates.lines(3))
