"""Heavy work in blocks: whole, in turns, cancelled, looked at by nobody, and after processes that died."""

import os
import sys
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from optviz import jobs
from optviz.jobs import Block, Pool, SchedulerMissing, Workers


class ByHand(Executor):
    """An executor whose blocks are made when a test says so."""

    def __init__(self):
        self.given = []

    def submit(self, function, /, *arguments):
        future = Future()
        self.given.append((future, function, arguments))
        return future

    def make(self, n=1):
        for _block in range(n):
            future, function, arguments = self.given.pop(0)
            future.set_result(function(*arguments))


def square(x):
    return x * x


def named(name, n):
    return [Block(str.format, ("{}{}", name, k)) for k in range(n)]


@pytest.fixture
def hand():
    return ByHand()


def over(job, seconds=60.0):
    end = time.monotonic() + seconds
    while job.running and time.monotonic() < end:
        job.look(len(job.results), 1.0)
    assert not job.running
    return job


@pytest.fixture(scope="module")
def processes():
    return Pool(jobs.of_this_machine)


def test_all_blocks_come_back_by_their_numbers(processes):
    job = over(processes.submit("a", [Block(square, (k,)) for k in range(12)]))
    assert job.results == {k: k * k for k in range(12)} and job.progress == 1.0 and job.error is None
    nothing = processes.submit("a", [])
    assert not nothing.running and nothing.progress == 1.0


def test_jobs_take_turns_block_by_block(hand):
    pool = Pool(lambda: Workers(hand, 1))
    first, second = pool.submit("a", named("a", 4)), pool.submit("b", named("b", 2))
    order = []
    while hand.given:
        order.append(hand.given[0][2])
        hand.make()
    assert ["".join(map(str, arguments[1:])) for arguments in order] == ["a0", "b0", "a1", "b1", "a2", "a3"]
    assert not first.running and not second.running


def test_no_more_blocks_are_under_way_than_there_are_processes(hand):
    pool = Pool(lambda: Workers(hand, 3))
    pool.submit("a", named("a", 5))
    assert len(hand.given) == 3
    hand.make(2)
    assert len(hand.given) == 3


def test_a_visitor_has_one_job(hand):
    pool = Pool(lambda: Workers(hand, 1))
    before = pool.submit("a", named("old", 3))
    after = pool.submit("a", named("new", 2))
    assert before.cancelled and not before.running and after.running
    hand.make(3)
    assert not after.running and list(after.results.values()) == ["new0", "new1"] and len(before.results) <= 1


def test_a_job_that_is_cancelled_makes_room(hand):
    pool = Pool(lambda: Workers(hand, 1))
    job, other = pool.submit("a", named("a", 50)), pool.submit("b", named("b", 1))
    job.cancel()
    hand.make(2)
    assert not other.running and not hand.given and len(job.results) == 1


def test_a_job_that_nobody_looks_at_is_cancelled(hand, monkeypatch):
    pool = Pool(lambda: Workers(hand, 1))
    left, watched = pool.submit("a", named("a", 50)), pool.submit("b", named("b", 5))
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + jobs.ATTENTION + 1)
    watched.look()
    hand.make()
    assert left.cancelled and watched.running
    hand.make(5)
    assert not watched.running and not hand.given


def test_what_a_block_raises_ends_its_job_alone(processes):
    job = processes.submit("a", [Block(square, (2,)), Block(int, ("no number",)), *[Block(square, (3,))] * 20])
    other = processes.submit("b", [Block(square, (5,))])
    assert isinstance(over(job).error, ValueError)
    assert over(other).results == {0: 25}


def die_once(mark, x):
    """End the process at the first call, and answer at the second."""
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    return x


def test_a_block_whose_process_died_is_made_again(processes, tmp_path):
    blocks = [
        Block(square, (1,)),
        Block(die_once, (str(tmp_path / "died"), 7)),
        *[Block(square, (k,)) for k in range(5)],
    ]
    job = over(processes.submit("a", blocks))
    assert job.error is None and list(job.results[k] for k in range(7)) == [1, 7, 0, 1, 4, 9, 16]


def test_a_block_that_kills_every_process_is_an_error_and_the_pool_goes_on(processes):
    assert over(processes.submit("a", [Block(os._exit, (1,))])).error is not None
    assert over(processes.submit("a", [Block(square, (4,))])).results == {0: 16}


def test_a_look_waits_for_news_and_no_longer(hand):
    job = Pool(lambda: Workers(hand, 1)).submit("a", named("a", 2))
    begun = time.monotonic()
    assert job.look(0, 0.05) == {} and time.monotonic() - begun >= 0.05
    hand.make()
    assert job.look(0, 60.0) == {0: "a0"}


# ---- a cluster


def test_without_a_scheduler_this_machine_makes_the_blocks_and_the_job_says_so(hand, monkeypatch):
    asked = []

    def missing():
        asked.append(1)
        raise SchedulerMissing("tcp://127.0.0.1:1")

    pool = Pool(missing, Pool(lambda: Workers(hand, 1)))
    for _round in range(2):
        job = pool.submit("a", named("a", 2))
        hand.make(2)
        assert not job.running and job.error is None and job.missing == "tcp://127.0.0.1:1"
    # It is not asked again for each job, but after some time.
    assert len(asked) == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + jobs.AGAIN + 1)
    pool.submit("a", named("a", 1))
    assert len(asked) == 2


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://"])
def test_an_address_where_nothing_is_is_a_scheduler_that_is_missing(address):
    with pytest.raises(SchedulerMissing) as raised:
        jobs.of_cluster(address)
    assert raised.value.address == address


def grown(seed, n):
    """Return some numbers that take a moment."""
    numbers = np.random.default_rng(seed).standard_normal(n)
    for _round in range(200):
        numbers = np.sin(numbers) + 0.1 * numbers
    return numbers


def test_a_cluster_of_two_of_which_one_is_killed_gives_the_same_to_the_bit(monkeypatch):
    distributed = pytest.importorskip("distributed")
    # A page that a test has opened is left as the main module, which new processes would begin with.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        monkeypatch.setenv(jobs.SCHEDULER, made.scheduler_address)
        blocks = [Block(grown, (seed, 20_000)) for seed in range(40)]
        job = jobs.pool().submit("a", blocks)
        while len(job.results) < 5:
            job.look(len(job.results), 10.0)
        made.workers[0].process.process.kill()
        over(job)
        distributed.default_client().close()
    assert job.error is None and not job.missing
    for number, block in enumerate(blocks):
        np.testing.assert_array_equal(job.results[number], block.function(*block.arguments))


def test_a_cluster_that_goes_in_mid_job_is_taken_the_place_of(monkeypatch, hand):
    lost = ByHand()
    hired = iter([Workers(lost, 1)])

    def hire():
        found = next(hired, None)
        if found is None:
            raise SchedulerMissing("tcp://there")
        return found

    job = Pool(hire, Pool(lambda: Workers(hand, 1))).submit("a", named("a", 3))
    lost.make()
    lost.given.pop()[0].cancel()
    while hand.given:
        hand.make()
    assert job.results == {0: "a0", 1: "a1", 2: "a2"} and job.missing == "tcp://there"


def test_the_environment_chooses(monkeypatch):
    monkeypatch.delenv(jobs.SCHEDULER, raising=False)
    assert jobs.pool() is jobs.local()
    monkeypatch.setenv(jobs.SCHEDULER, "tcp://x:1")
    assert jobs.pool() is jobs.cluster("tcp://x:1") is not jobs.local()
