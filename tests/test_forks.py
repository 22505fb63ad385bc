"""A fork: what changes nothing is the same path bit for bit, and what changes is what descends from there alone."""

from itertools import islice

import numpy as np
import pytest

from optviz.descent import descend, record
from optviz.objectives import Later
from optviz.optimizers import OPTIMIZERS
from optviz.race import Branch, Course, Ending, Racer, branch, conclude, conclude_branch, run
from optviz.schedules import SCHEDULES, warmup
from optviz.surfaces import SURFACES

STEPS = 100
FACTOR = warmup(SCHEDULES["cosine"](decay_steps=80), 20)


def course(name="beale", **options):
    surface = SURFACES[name]
    return Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2), **options)


NOISY = course(sigma=0.5, seed=3, l2=0.01)
RACERS = [Racer(make(), 0.002) for make in OPTIMIZERS.values()]
START = np.array(SURFACES["beale"].start)
PATH = run(NOISY, RACERS, FACTOR, START, STEPS)


@pytest.mark.parametrize("number", range(len(RACERS)), ids=OPTIMIZERS)
@pytest.mark.parametrize("step", [0, 37, STEPS])
def test_a_fork_that_changes_nothing_changes_no_bit(number, step):
    same = branch(NOISY, RACERS, FACTOR, PATH, Branch(step, number, NOISY, 0.002))
    for forked, before in zip(same, PATH, strict=True):
        assert np.array_equal(forked, before, equal_nan=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_optimizer_goes_on_with_its_memory_under_what_is_new(name):
    number, changed = list(OPTIMIZERS).index(name), course(sigma=0.5, seed=3, l2=0.3)
    forked = branch(NOISY, RACERS, FACTOR, PATH, Branch(37, number, changed, 0.005))
    alone = descend(NOISY.descended, OPTIMIZERS[name](), lambda t: 0.002 * FACTOR(t), START)
    reached = next(islice(alone, 37, None))
    onward = descend(changed.descended, OPTIMIZERS[name](), lambda t: 0.005 * FACTOR(t), reached.w, reached.memory)
    expected = record(onward, STEPS - 37)
    for whole, piece, before in zip(forked, expected, PATH, strict=True):
        assert np.allclose(whole[37:, number], piece, rtol=1e-9, atol=1e-12, equal_nan=True)
        assert np.array_equal(whole[:37], before[:37], equal_nan=True)
        others = np.arange(len(RACERS)) != number
        assert np.array_equal(whole[:, others], before[:, others], equal_nan=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_optimizer_begins_with_fresh_moments_on_the_noise_and_the_schedule_that_go_on(name):
    at = Branch(37, 0, NOISY, 0.05, OPTIMIZERS[name]())
    forked = branch(NOISY, RACERS, FACTOR, PATH, at)
    # A straight loop of its own: memory from zero, objective and schedule of the race's own step.
    optimizer, w = OPTIMIZERS[name](), PATH.w[37, 0]
    memory = optimizer.init(w)
    objective = Later(NOISY.descended, 37)
    for k in range(37, STEPS):
        assert np.allclose(forked.w[k, 0], w, rtol=1e-9, atol=1e-12)
        rate = 0.05 * FACTOR(k)
        look = optimizer.look(objective, memory, w, rate)
        assert look.loss == pytest.approx(NOISY.descended(w, k)[0])
        memory, update = optimizer.step(memory, look, rate)
        w = w - update.eta
    assert forked.learning_rate[37, 0] == pytest.approx(0.05 * FACTOR(37))


def test_the_loss_of_a_fork_is_that_of_its_new_objective():
    changed = course(l2=0.3)
    forked = branch(NOISY, RACERS, FACTOR, PATH, Branch(37, 0, changed, 0.002))
    bare = SURFACES["beale"](forked.w[37:, 0])[0]
    assert np.allclose(forked.loss[37:, 0], bare + 0.15 * (forked.w[37:, 0] ** 2).sum(-1))
    assert np.array_equal(forked.loss[:37, 0], PATH.loss[:37, 0])


def judged(racers, factor, steps, at, where=None):
    where = where or course("bowl")
    path = run(where, racers, factor, np.array(SURFACES["bowl"].start), steps)
    before = conclude(where, racers, path)
    return before, conclude_branch(where, racers, before, branch(where, racers, factor, path, at), at)


def test_a_fork_is_judged_by_what_it_did_from_there_on():
    bowl, plain = course("bowl"), OPTIMIZERS["sgd"]()
    racers = [Racer(plain, 0.01), Racer(plain, 0.1)]
    before, after = judged(racers, lambda t: 1.0, 100, Branch(20, 0, bowl, 0.42, OPTIMIZERS["momentum"](beta=0.1)))
    assert before.ends[0].ending is Ending.GOING and after.ends[0].ending is Ending.ARRIVED
    assert after.ends[0].step == 100 and 20 < after.ends[0].arrival < 100
    assert after.ends[1] is before.ends[1]
    _before, blown = judged(racers, lambda t: 1.0, 50, Branch(20, 0, bowl, 0.61))
    assert blown.ends[0].ending is Ending.DIVERGED and blown.ends[0].turn >= 20
    assert blown.ends[0].rate == pytest.approx(0.61) and blown.ends[0].limit == pytest.approx(0.5)


def test_a_fork_that_changes_nothing_is_judged_the_same():
    bowl = course("bowl")
    racers = [Racer(OPTIMIZERS["sgd"](), rate) for rate in (0.01, 0.42, 0.61)]
    for number in range(3):
        before, after = judged(racers, lambda t: 1.0, 50, Branch(20, number, bowl, racers[number].learning_rate), bowl)
        for mine, theirs in zip(after.ends[number], before.ends[number], strict=True):
            assert np.array_equal(mine, theirs)


def test_what_arrived_before_the_fork_arrived_there_unless_the_objective_has_changed():
    bowl, adam = course("bowl"), OPTIMIZERS["adam"]()
    racers = [Racer(OPTIMIZERS["sgd"](), 0.42)]
    before, after = judged(racers, lambda t: 1.0, 100, Branch(80, 0, bowl, 0.001, adam), bowl)
    assert after.ends[0].arrival == before.ends[0].arrival < 80
    penalized = course("bowl", l2=5.0)
    _before, changed = judged(racers, lambda t: 1.0, 100, Branch(80, 0, penalized, 0.001, adam), bowl)
    assert changed.ends[0].arrival is None or changed.ends[0].arrival >= 80
    assert np.allclose(changed.penalty[80:, 0], 2.5 * (changed.path.w[80:, 0] ** 2).sum(-1))
    assert (changed.penalty[:80] == 0).all()


def test_from_a_run_that_has_diverged_nothing_goes_on():
    cubic = course("rosenbrock")
    racers = [Racer(OPTIMIZERS["sgd"](), 3.0)]
    path = run(cubic, racers, lambda t: 1.0, np.array(SURFACES["rosenbrock"].start), 50)
    before = conclude(cubic, racers, path)
    at = Branch(30, 0, cubic, 0.001, OPTIMIZERS["adam"]())
    assert before.ends[0].step < 30
    with np.errstate(all="ignore"):
        assert conclude_branch(cubic, racers, before, branch(cubic, racers, lambda t: 1.0, path, at), at) is before
