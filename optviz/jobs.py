"""Heavy work in blocks: they are submitted together, made by a few processes, and come back one by one.

A visitor has one job at a time, the visitors' jobs take turns block by block, and what is cancelled, or looked at by
nobody any more, makes room. The processes are some of this machine, or with `OPTVIZ_SCHEDULER=tcp://…` those of a Dask
cluster: the blocks are the same, and so are their results.
"""

import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import cache, partial
from threading import Condition
from typing import Any, NamedTuple

SCHEDULER = "OPTVIZ_SCHEDULER"
"""The environment variable with the address of a Dask scheduler."""
TIMEOUT = 3.0
"""After so many seconds a scheduler that does not answer is not there, and is not asked again for `AGAIN` more."""
AGAIN = 60.0
ATTENTION = 20.0
"""A job that nobody has looked at for so many seconds is cancelled: its page was left."""
TRIES = 3
"""A block whose process died is made again, so often in all; what kills every process is an error."""
IDLE = 120
"""Processes that had nothing to do for so many seconds end."""

_CHANGED = Condition()
"""Held while the queues or what is done change."""


class SchedulerMissing(Exception):
    """The Dask cluster at `address` cannot be reached, or Dask is not installed."""

    def __init__(self, address: str) -> None:
        super().__init__(f"there is no Dask scheduler at {address}")
        self.address = address


class Block(NamedTuple):
    """A piece of work, `function(*arguments)`: a pure function of a module; arguments and result can be pickled."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Job:
    """The blocks of one visitor: what is done, what is left, and why it ended."""

    def __init__(self, owner: str, blocks: Sequence[Block]) -> None:
        self.owner, self.blocks = owner, tuple(blocks)
        self.results: dict[int, Any] = {}
        """What has come back so far, by the number of the block."""
        self.error: BaseException | None = None
        self.cancelled = False
        self.missing = ""
        """The address of a cluster that was asked for and is not there: this machine makes the blocks."""
        self.waiting = deque(range(len(self.blocks)))
        self.tries = [0] * len(self.blocks)
        self.seen = time.monotonic()

    @property
    def running(self) -> bool:
        """Whether more results are to come."""
        return not (self.cancelled or self.error) and len(self.results) < len(self.blocks)

    @property
    def progress(self) -> float:
        """The share of the blocks that is done."""
        return len(self.results) / len(self.blocks) if self.blocks else 1.0

    def look(self, known: int = -1, seconds: float = 0.0) -> dict[int, Any]:
        """Return the results so far, once there are more than `known` or the job is over, or after some seconds."""
        with _CHANGED:
            self.seen = time.monotonic()
            _CHANGED.wait_for(lambda: len(self.results) > known or not self.running, seconds)
            self.seen = time.monotonic()
            return dict(self.results)

    def cancel(self) -> None:
        """End the job; blocks that are being made are let go."""
        with _CHANGED:
            self.cancelled = True
            _CHANGED.notify_all()


class Workers(NamedTuple):
    """Processes that make blocks, and how many of them at once."""

    executor: Executor
    slots: int


class Pool:
    """Makes the blocks of all jobs, in turns; `hire` starts the processes when the first block comes.

    Where there are none (SchedulerMissing), jobs go to the pool that is there `instead`.
    """

    def __init__(self, hire: Callable[[], Workers], instead: "Pool | None" = None) -> None:
        self._hire, self._instead = hire, instead
        self._workers: Workers | None = None
        self._missing: SchedulerMissing | None = None
        self._asked = 0.0
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        """The job of each owner, who is served next first."""
        self._busy = 0

    def submit(self, owner: str, blocks: Sequence[Block]) -> Job:
        """Begin a job; an earlier one of the same owner is cancelled."""
        job = Job(owner, blocks)
        with _CHANGED:
            self._take_on(job)
        return job

    def _take_on(self, job: Job) -> None:
        before = self._jobs.pop(job.owner, None)
        if before and before is not job:
            before.cancelled = True
        if job.running:
            self._jobs[job.owner] = job
            # Who has just come is served first, and then in turn.
            self._jobs.move_to_end(job.owner, last=False)
        self._fill()

    def _fill(self) -> None:
        """Hand out blocks while processes are free, to each job in turn."""
        while job := self._next():
            workers = self._hired()
            if isinstance(workers, SchedulerMissing):
                del self._jobs[job.owner]
                job.missing = workers.address
                if self._instead is None:
                    job.error = workers
                else:
                    self._instead._take_on(job)
                continue
            if self._busy >= workers.slots:
                return
            self._jobs.move_to_end(job.owner)
            number = job.waiting.popleft()
            job.tries[number] += 1
            self._busy += 1
            try:
                made = workers.executor.submit(job.blocks[number].function, *job.blocks[number].arguments)
            except RuntimeError as error:
                # An executor of which a process died, or that was shut down, takes nothing more.
                made = Future()
                made.set_exception(BrokenExecutor(str(error)))
            made.add_done_callback(partial(self._returned, job, number, workers))

    def _next(self) -> Job | None:
        now = time.monotonic()
        for owner, job in list(self._jobs.items()):
            if job.running and now - job.seen > ATTENTION:
                job.cancelled = True
            if not job.running:
                del self._jobs[owner]
            elif job.waiting:
                return job
        return None

    def _hired(self) -> Workers | SchedulerMissing:
        if self._workers is None:
            if self._missing and time.monotonic() < self._asked + AGAIN:
                return self._missing
            try:
                self._workers = self._hire()
            except SchedulerMissing as error:
                self._missing, self._asked = error, time.monotonic()
                return error
        return self._workers

    def _returned(self, job: Job, number: int, workers: Workers, made: "Future[Any]") -> None:
        with _CHANGED:
            self._busy -= 1
            error = CancelledError() if made.cancelled() else made.exception()
            if error is None:
                job.results[number] = made.result()
            elif isinstance(error, (BrokenExecutor, CancelledError)) and job.tries[number] < TRIES:
                job.waiting.appendleft(number)
                if self._workers is workers:
                    self._workers = None
            else:
                job.error = error
            _CHANGED.notify_all()
            if job.running and job.waiting and self._jobs.get(job.owner) is not job and self._instead:
                # It was handed on while this block was still on its way.
                self._instead._take_on(job)
            self._fill()


def _gentle() -> None:
    """Let the server's own work go first."""
    getattr(os, "nice", int)(15)


def of_this_machine() -> Workers:
    """Return processes of this machine: as many as it has cores besides the server's, at least one."""
    from loky.process_executor import ProcessPoolExecutor

    slots = max((os.cpu_count() or 2) - 1, 1)
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return Workers(ProcessPoolExecutor(slots, timeout=IDLE, initializer=_gentle, env=single), slots)


def of_cluster(address: str) -> Workers:
    """Return the processes of a Dask cluster; raises SchedulerMissing."""
    try:
        from distributed import Client

        client = Client(address, timeout=TIMEOUT)
        slots = sum(client.nthreads().values())
    except (ImportError, OSError, ValueError) as error:
        raise SchedulerMissing(address) from error
    return Workers(client.get_executor(), max(slots, 1))


@cache
def local() -> Pool:
    """Return the pool of this machine."""
    return Pool(of_this_machine)


@cache
def cluster(address: str) -> Pool:
    """Return the pool of a Dask cluster, which this machine's takes the place of where it is not there."""
    return Pool(partial(of_cluster, address), local())


def pool() -> Pool:
    """Return the pool that the environment asks for."""
    address = os.environ.get(SCHEDULER)
    return cluster(address) if address else local()
