"""Machine code: the numbers of the plain program, made in another process, kept on disk, and waited for by nobody."""

import subprocess
import sys
import time
from functools import partial
from itertools import islice

import numpy as np
import pytest

from optviz import compiled
from optviz.optimization import straight
from optviz.optimization.descent import advance, arrive, descend, marks, settle
from optviz.optimization.objectives import Later, Noisy, Penalized
from optviz.optimization.optimizers import OPTIMIZERS, typed
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.optimization.straight import can_run, machine_program, wide_program
from optviz.surfaces.surfaces import SURFACES

pytest.importorskip("numba")

TYPED = (
    "p = gradient(w)\ng = gradient(w + 0.1*p/norm(p))\nw = w - lr*g",
    "z(0) = w\nx(0) = w\nz = z - lr*g\nx = x + (z - x)/t\nw = x",
    "n = max(n, t)**2\nm = min(m, abs(g)) + sign(g)*tanh(m)\nw = w - lr*(m + exp(-n)*cos(w)*log(2 + t))",
)
RULES = {name: recipe() for name, recipe in OPTIMIZERS.items() if can_run(recipe().rule)} | {
    text: typed(text)() for text in TYPED
}
BEALE = SURFACES["beale"]
FORMULAS = ("abs(x1) + max(x1, x2)^2 + min(x1*x2, 1)", "sqrt(x1) + x2^2", "sign(x1)*x1^3 + atan(x2)^2", "1/x1 + x2^2")
GROUNDS = SURFACES | {text: BEALE.from_formula(text) for text in FORMULAS}
SCHEDULE = Schedule(0.003, SCHEDULES["cosine"](decay_steps=50))


def objectives(surface):
    return {
        "plain": surface,
        "squares": Penalized(surface, 0.0, 0.03),
        "noisy": Later(Noisy(Penalized(surface, 0.02, 0.03), 0.3, 5), 250),
    }


def program(objective, optimizer):
    slope, noisy = objective.of_floats, hasattr(objective, "noise_of")
    return machine_program(optimizer.rule, slope.program, noisy, bool(slope.l1), bool(slope.l2))


def program_of_many(objective, optimizer, varied=(), watched=False):
    slope, noisy = objective.of_floats, hasattr(objective, "noise_of")
    strengths = bool(slope.l1), bool(slope.l2)
    return wide_program(
        optimizer.rule, slope.program, noisy, *strengths, has_gaps=slope.has_gaps, varied=varied, watched=watched
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Compile into a folder of our own, whatever the environment says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPTVIZ_COMPILE", raising=False)
        patch.setenv("OPTVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(compiled, "_PROGRAMS", compiled._Programs())
        # Here it is waited for.
        patch.setattr(compiled, "_COMPILE", compiled._COMPILE.replace("(19)", "(0)"))
        forget()
        yield compiled._folder()
    forget()


def forget():
    compiled.is_possible.cache_clear()
    compiled._folder.cache_clear()


@pytest.fixture
def plain(monkeypatch):
    """Return a function that calls another without machine code."""

    def call(function, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(straight, "compiled", lambda *_given: None)
            return function(*arguments)

    return call


def alike(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_any_rule_takes_the_path_of_plain_floats(folder, plain):
    grounds = objectives(BEALE)
    cases = [(rule, "noisy", grounds["noisy"]) for rule in RULES.values()]
    cases += [(RULES[name], kind, grounds[kind]) for name in ("sgd", "nesterov") for kind in ("plain", "squares")]
    compiled.prepare(*{program(each, rule) for rule, _kind, each in cases})
    for rule, kind, each in cases:
        assert compiled.compiled(program(each, rule)), (rule.rule.text, kind)
        given = each, rule, SCHEDULE, np.array([1.0, 1.5]), 60
        (ours, w, memory), (theirs, there, then) = advance(*given), plain(advance, *given)
        assert len(theirs.w) == 60 and np.isfinite(theirs.w).all()
        alike((*ours, w), (*theirs, there))
        assert memory.t == then.t
        alike(memory.states.values(), then.states.values())


@pytest.mark.slow
def test_on_any_surface_up_to_where_it_ends(folder, plain):
    """Steps so large that most of them leave what a float can hold, or the place where a formula has a value."""
    rule = RULES["momentum"]
    compiled.prepare(*(program(each, rule) for each in GROUNDS.values()))
    ended = 0
    for name, surface in GROUNDS.items():
        assert compiled.compiled(program(surface, rule)), name
        for optimizer, rate in ((rule, 0.05), (rule, 1e200)):
            given = surface, optimizer, lambda t, rate=rate: rate, np.array(surface.start), 40
            if name in FORMULAS:
                given = (*given[:3], np.array([0.7, 0.4]), 40)
            ours, theirs = advance(*given)[0], plain(advance, *given)[0]
            alike(ours, theirs)
            ended += not np.isfinite(theirs.w).all()
    assert ended > len(GROUNDS) // 2


@pytest.mark.slow
def test_many_runs_arrive_where_each_does_alone(folder, plain):
    names, grounds = ("nesterov", "adam", "nadam", "lion", TYPED[1]), (FORMULAS[0], FORMULAS[1], FORMULAS[3])
    cases = [(RULES[name], BEALE) for name in names] + [(RULES["adam"], GROUNDS[ground]) for ground in grounds]
    cases.append((RULES["adam"], objectives(BEALE)["noisy"]))
    compiled.prepare(*{program_of_many(each, rule) for rule, each in cases})
    starts = np.random.default_rng(0).uniform(-2, 2, (70, 10, 2))
    starts[0, 0] = 0.0
    rates = np.broadcast_to(np.geomspace(1e-5, 1.0, 10), (70, 10))
    for rule, each in cases:
        assert compiled.compiled(program_of_many(each, rule))
        for schedule in (lambda t: rates, lambda t: rates / (1 + t), lambda t: 1e-3):
            given = each, rule, schedule, starts, 30
            ours, theirs = arrive(*given), plain(arrive, *given)
            with np.errstate(all="ignore"):
                descended = next(islice(descend(each, rule, schedule, starts), 30, None)).w
            np.testing.assert_array_equal(theirs, descended)
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_settings_of_each_run_are_its_own_in_machine_code(folder, plain, monkeypatch):
    betas = np.linspace(0.0, 0.99, 600)[:, None]
    varied = {"momentum": ("beta",), "adam": ("beta1", "epsilon")}
    compiled.prepare(*(program_of_many(BEALE, RULES[name], names) for name, names in varied.items()))
    starts = np.random.default_rng(0).uniform(-2, 2, (600, 2))
    monkeypatch.setattr("optviz.optimization.descent.marks", None)
    for name, names in varied.items():
        settings = dict(zip(names, (betas, betas / 100 + 1e-8), strict=False))
        rates = np.geomspace(1e-5, 0.1, 600)
        for schedule in (lambda t, rates=rates: rates, lambda t, rates=rates: rates / (1 + t), lambda t: 0.001 * t):
            found = arrive(BEALE, OPTIMIZERS[name](**settings), schedule, starts, 30)
            for run in (0, 1, 300, 511, 512, 599):
                mine = OPTIMIZERS[name](**{key: float(value[run, 0]) for key, value in settings.items()})
                one = next(islice(descend(BEALE, mine, picked(schedule, run), starts[run]), 30, None)).w
                np.testing.assert_allclose(found[run], one, rtol=1e-12)


@pytest.mark.slow
def test_what_is_seen_of_many_runs_is_the_same_in_machine_code(folder, plain):
    """From tame runs to those that are not finite after a few steps; with gaps those that met one are made again."""
    cases = [
        (RULES["momentum"], BEALE),
        (RULES["adam"], objectives(BEALE)["noisy"]),
        (RULES["sgd"], GROUNDS["1/x1 + x2^2"]),
    ]
    compiled.prepare(*(program_of_many(each, rule, watched=True) for rule, each in cases))
    starts = np.random.default_rng(0).uniform(-2, 2, (600, 2))
    rates = np.geomspace(1e-4, 3.0, 600)
    for rule, each in cases:
        assert compiled.compiled(program_of_many(each, rule, watched=True))
        for schedule in (lambda t: rates, lambda t: rates / (1 + t)):
            given = each, rule, schedule, starts, 40
            ours = settle(*given, value=0.0, close=0.5, early=30)
            theirs = plain(partial(settle, value=0.0, close=0.5, early=30), *given)
            assert theirs.turns.any() and (theirs.arrival >= 0).any()
            np.testing.assert_array_equal(ours.step, theirs.step)
            np.testing.assert_array_equal(ours.arrival, theirs.arrival)
            np.testing.assert_array_equal(ours.turns, theirs.turns)
            for name in ("w", "loss", "early"):
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-12)


def picked(schedule, run):
    return lambda t: float(np.broadcast_to(schedule(t), 600)[run])


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_and_settings_of_each_run_change_nothing(block, monkeypatch):
    monkeypatch.setattr("optviz.optimization.descent.BLOCK", block)
    optimizer = OPTIMIZERS["adam"](beta1=np.linspace(0.5, 0.9, 4)[:, None])
    starts = np.random.default_rng(0).uniform(-2, 2, (3, 4, 2))
    found = arrive(BEALE, optimizer, lambda t: 0.01 / (1 + t), starts, 25)
    whole = next(islice(descend(BEALE, optimizer, lambda t: 0.01 / (1 + t), starts), 25, None)).w
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("ground", ["rosenbrock", "ackley", FORMULAS[0]])
def test_updates_in_place_are_those_of_a_descent(name, ground):
    start = np.array([[0.7, 0.4], [0.0, 0.0]])
    for objective in objectives(GROUNDS[ground]).values():
        with np.errstate(all="ignore"):
            whole = [step.w for step in islice(descend(objective, RULES[name], SCHEDULE, start), 12)]
            found = [mark.w for mark in islice(marks(objective, RULES[name], SCHEDULE, start), 12)]
        np.testing.assert_array_equal(found, whole)


def test_nobody_waits_and_a_hot_program_is_compiled(folder, plain):
    text = program(BEALE, RULES["sgd"]).replace("lr = _rates[_k]", "lr = 1.0*_rates[_k]")
    assert compiled.compiled(text, compiled.HOT - 1) is None and not compiled._PROGRAMS.waiting.qsize()
    # Who had waited would have the program.
    assert compiled.compiled(text, 1) is None
    until = time.monotonic() + 240
    while compiled.compiled(text) is None and time.monotonic() < until:
        time.sleep(0.02)
    assert compiled.compiled(text)


def test_what_was_compiled_is_read_from_disk(folder, monkeypatch):
    text = program(BEALE, RULES["momentum"])
    compiled.prepare(text)
    monkeypatch.setattr(compiled, "_PROGRAMS", compiled._Programs())
    monkeypatch.setattr(subprocess, "run", None)
    compiled.prepare(text)
    assert compiled.compiled(text)


def test_what_cannot_be_compiled_or_is_damaged_stays_as_it_is(folder):
    broken = program(BEALE, RULES["sgd"]).replace("t += 1.0", "t += 'one'")
    compiled.prepare(broken)
    assert compiled.compiled(broken) is None
    text = program(BEALE, RULES["adagrad"])
    compiled.prepare(text)
    for file in folder.glob("__pycache__/*"):
        file.write_bytes(b"nothing")
    compiled._PROGRAMS.code.clear()
    compiled.prepare(text)
    ours = advance(BEALE, RULES["adagrad"], lambda t: 0.01, np.array([1.0, 1.5]), 5)[0].w
    assert np.isfinite(ours).all()


def test_the_folder_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(compiled, "KEPT", 2)
    for k in range(4):
        (folder / f"optviz_{k}.py").touch()
        (folder / "__pycache__").mkdir(exist_ok=True)
        (folder / f"__pycache__/optviz_{k}.run-1.nbc").touch()
        (folder / f"optviz_{k}.used").touch()
        time.sleep(0.01)
    compiled._forget(folder)
    assert {file.stem for file in folder.glob("*.py")} == {"optviz_2", "optviz_3"}
    assert not (folder / "__pycache__/optviz_1.run-1.nbc").exists()


def test_where_nothing_can_be_written_it_is_kept_as_long_as_the_process(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("OPTVIZ_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no folder")
    compiled._folder.cache_clear()
    assert compiled._folder().is_dir() and tmp_path not in compiled._folder().parents
    monkeypatch.undo()
    compiled._folder.cache_clear()


def test_numba_is_not_imported_before_something_is_hot():
    code = """
import sys
import numpy as np
from optviz.optimization.descent import advance
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.surfaces import SURFACES

advance(SURFACES["beale"], OPTIMIZERS["adam"](), lambda t: 0.01, np.ones(2), 500)
assert not {"numba", "llvmlite"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
