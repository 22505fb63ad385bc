"""The one loop: every optimizer on every objective, one update at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.optimization.objectives import in_place, noise_of, of_floats, of_runs, together, value_of
from optviz.optimization.optimizers import Look, Memory, Objective, Optimizer, number_for, spread
from optviz.optimization.rules import ASK
from optviz.optimization.straight import AXES, WIDTH, Begin, Watch, can_run, run, run_wide

Schedule = Callable[[int], Number]


class Step(NamedTuple):
    """One update, all of it from one moment: the loss is the loss *at* `w`, and `w_{t+1} = w - eta`.

    `point` is where `g` was taken (the look-ahead of Nesterov, else `w`), `m` and `v` are the moments as they were read
    out, `rate` the effective learning rate per coordinate, `learning_rate` the schedule's value at `t`. `memory` is
    what the update began with, and `look` what it saw.
    """

    t: int
    w: Array
    loss: Array
    point: Array
    g: Array
    m: Array
    v: Number
    rate: Number
    eta: Array
    learning_rate: Number
    memory: Memory
    look: Look


def descend(
    objective: Objective, optimizer: Optimizer, schedule: Schedule, w: Array, memory: Memory | None = None
) -> Iterator[Step]:
    """Yield the updates of an optimizer on an objective from `w: (..., n)`, without end.

    `schedule(t)` is the learning rate, a number or an array of the run shape `(...)`. With the `memory` of an earlier
    step the descent goes on where that step began. Nothing stops a path that diverges: what is done with values that
    are no longer finite is the caller's decision. A `w` of single precision stays so.
    """
    w = np.asarray(w, dtype=np.float32 if getattr(w, "dtype", None) == np.float32 else np.float64)
    optimizer = spread(optimizer, w)
    memory = optimizer.init(w) if memory is None else memory
    while True:
        learning_rate = schedule(memory.t)
        lr = learning_rate[..., None] if isinstance(learning_rate, np.ndarray) else learning_rate
        look = optimizer.look(objective, memory, w, lr)
        following, update = optimizer.step(memory, look, lr)
        yield Step(
            memory.t,
            w,
            look.loss,
            look.point,
            look.g,
            update.m,
            update.v,
            update.rate,
            update.eta,
            learning_rate,
            memory,
            look,
        )
        w, memory = w - update.eta, following


class Mark(NamedTuple):
    """Where an update begins: its number, the point (..., n), the learning rate, and the optimizer's memory."""

    t: int
    w: Array
    learning_rate: Number
    memory: Memory


def marks(
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    w: Array,
    memory: Memory | None = None,
    *,
    every: int = 1,
) -> Iterator[Mark]:
    """Yield where every so many updates begin, without end.

    They are the updates of `descend`, bit for bit, but only their points are computed, in place; those of matrices or
    with a Hessian are those of `descend`.
    """
    if optimizer.rule.needs_matrices or optimizer.needs_hessian:
        steps = islice(descend(objective, optimizer, schedule, w, memory), 0, None, every)
        yield from (Mark(step.t, step.w, step.learning_rate, step.memory) for step in steps)
        return
    updates = _Updates(objective, optimizer, w, memory)
    while True:
        yield Mark(updates.t, updates.w.copy(order="K"), schedule(updates.t), updates.memory)
        for t in range(updates.t, updates.t + every):
            updates.make(schedule(t))


class _Updates:
    """Updates one after the other on the same arrays, whose parts are found once."""

    def __init__(self, objective: Objective, optimizer: Optimizer, w: Array, memory: Memory | None = None) -> None:
        self.w = np.array(w, dtype=float)
        optimizer = spread(optimizer, self.w)
        memory = optimizer.init(self.w) if memory is None else memory
        self.objective, self.rule, self.settings = objective, optimizer.rule, optimizer.settings
        self.t, self.states = memory.t, tuple(memory.states.values())
        self.g, self.point = np.empty_like(self.w), np.empty_like(self.w)
        self.here, self.there = in_place(objective, self.w, self.g), in_place(objective, self.point, self.g)
        # A state that is another name for the point or the gradient would move with them.
        self.shares = any(not tree.operands for _name, tree in self.rule.written)

    @property
    def memory(self) -> Memory:
        """What the next update begins with."""
        return Memory(self.t, dict(zip(self.rule.states, self.states, strict=True)))

    def make(self, rate: Number) -> None:
        """Make an update at a learning rate."""
        lr = rate[..., None] if isinstance(rate, np.ndarray) else rate
        given = (self.w, self.t + 1.0, lr, None, self.states, self.settings)
        *after, _moment, _spread, _rate, eta = self._asked(given) if self.rule.questions else self._seen(given)
        self.states = tuple(each.copy() for each in after) if self.shares else tuple(after)
        np.subtract(self.w, eta, out=self.w)
        self.t += 1

    def _seen(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        self.here(self.t)
        return cast(tuple[Any, ...], self.rule.update(self.g, *given))

    def _asked(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """Answer a rule that says what it wants, and where."""
        asking = self.rule.update(*given)
        question = next(asking)
        while True:
            if question[0] == ASK:
                answer = self._gradient(question[1])
            else:
                answer = number_for(self.objective, self.w, self.t, question)
            try:
                question = asking.send(answer)
            except StopIteration as done:
                return cast(tuple[Any, ...], done.value)

    def _gradient(self, point: Array) -> Array:
        if point is self.w:
            self.here(self.t)
        else:
            np.copyto(self.point, point)
            self.there(self.t)
        return self.g.copy(order="K")


BLOCK = 5000
"""So many runs are taken to their end before the next, for their arrays to stay in the processor's cache.

An objective whose own arrays are larger says `together`.
"""


class _Many:
    """Many runs at once, from `w: (..., k)`: a rate a run or for all, settings that broadcast against w, strengths."""

    def __init__(self, objective: Objective, optimizer: Optimizer, schedule: Schedule, w: Array, n: int) -> None:
        self.w = np.asarray(w, dtype=float)
        self.shape, self.flat, self.n = self.w.shape[:-1], self.w.reshape(-1, self.w.shape[-1]), n
        each = [schedule(t) for t in range(n)]
        # A rate that stays is one row for all updates, and one that all runs have is one column.
        rows = each[:1] if all(rate is each[0] for rate in each) else each
        varied = self.shape if any(isinstance(rate, np.ndarray) for rate in rows) else (1,)
        self.rates = np.array([np.broadcast_to(rate, varied).reshape(-1) for rate in rows]).reshape(len(rows), -1)
        settings = [
            np.broadcast_to(value, (*self.shape, *value.shape[-1:])).reshape(len(self.flat), -1)
            if isinstance(value, np.ndarray)
            else value
            for value in optimizer.settings
        ]
        self.objective, self.optimizer = objective, replace(optimizer, settings=tuple(settings))

    def blocks(
        self, left: NDArray[np.int_], *, every: int
    ) -> Iterator[tuple[NDArray[np.int_], Objective, Iterator[Mark]]]:
        """Yield runs of those that are left, what they descend on, and where every so many updates begin."""
        size = together(self.objective) or BLOCK
        for first in range(0, len(left), size):
            runs = left[first : first + size]
            objective = of_runs(self.objective, partial(_taken, self.shape, runs))
            settings = [value[runs] if isinstance(value, np.ndarray) else value for value in self.optimizer.settings]
            mine = list(self.rates[:, runs]) if self.rates.shape[1] == len(self.flat) else self.rates[:, 0].tolist()
            begin = self.flat[runs] if together(objective) else np.asfortranarray(self.flat[runs])
            own = replace(self.optimizer, settings=tuple(settings))
            yield runs, objective, marks(objective, own, partial(_in_turn, mine), begin, every=every)

    def by_machine(self, watch: Watch | None = None) -> tuple[Array, NDArray[np.bool_], dict[str, Array]]:
        """Return where runs lead in machine code, which of them are true, and what was seen of them.

        None is true where there is no such code.
        """
        slope, found, optimizer, w = of_floats(self.objective), None, self.optimizer, self.flat
        is_one = all(value.shape[-1] == 1 for value in optimizer.settings if isinstance(value, np.ndarray))
        if slope and can_run(optimizer.rule) and is_one:
            states = [state.T for state in optimizer.init(w).states.values()]
            begin, noise = np.concatenate([w.T, *states]), noise_of(self.objective, 0, self.n)
            found = run_wide(optimizer.rule, optimizer.settings, slope, self.rates, self.n, begin, noise, watch)
        return found or (np.empty_like(w), np.zeros(len(w), dtype=bool), {})


def _taken(shape: tuple[int, ...], runs: NDArray[np.int_], each: Array) -> Array:
    """Return what some of the runs of a shape have of an array that broadcasts against it."""
    return np.broadcast_to(each, shape).reshape(-1)[runs]


def _in_turn(rates: Sequence[Number], t: int) -> Number:
    return rates[t % len(rates)]


def arrive(objective: Objective, optimizer: Optimizer, schedule: Schedule, w: Array, n: int) -> Array:
    """Return where n updates lead many runs at once, from `w: (..., k)`, as `descend` does.

    `schedule(t)` and the strengths of a penalty are numbers or arrays of the run shape, settings numbers or arrays that
    broadcast against w; all else is the same for all runs. They are taken in blocks, on a surface each coordinate one
    behind the other in memory, or in machine code where there is some.
    """
    many = _Many(objective, optimizer, schedule, w, n)
    # What diverges is a result and no reason for a warning.
    with np.errstate(all="ignore"):
        arrived, is_true, _seen = many.by_machine()
        for runs, _own, begun in many.blocks(np.flatnonzero(~is_true), every=n):
            arrived[runs] = next(islice(begun, 1, None)).w
    return arrived.reshape(many.w.shape)


class Settled(NamedTuple):
    """What became of many runs in n updates, of whose rows 0..n each has as many as are finite from the first on.

    `w: (..., k)` and `loss: (...)` are those of the last such row, whose number is `step`, −1 where there is none.
    `arrival` is the first row with a loss within what is close of the best value, −1 where none has; `turns` counts how
    often a step turned by more than 90° from the one before. `early: (..., k)` is the point at a row that was asked
    for, whether or not it is finite.
    """

    w: Array
    loss: Array
    step: NDArray[np.int_]
    arrival: NDArray[np.int_]
    turns: NDArray[np.int_]
    early: Array


def settle(
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    w: Array,
    n: int,
    *,
    value: Number,
    close: Number,
    early: int = 0,
) -> Settled:
    """Follow many runs at once as `arrive` does, and say when each came within `close` of a `value`, and how it went.

    Both are numbers or arrays of the run shape (...). The loss is one that can be had alone (`objectives.value_of`).
    """
    many = _Many(objective, optimizer, schedule, w, n)
    values, closes = (np.broadcast_to(each, many.shape).reshape(-1) for each in (value, close))
    with np.errstate(all="ignore"):
        whole = _Seen(many.flat)
        is_true = np.zeros(len(values), dtype=bool)
        if len(values) and np.ptp(values) == 0 and np.ptp(closes) == 0:
            last, is_true, lanes = many.by_machine(Watch(float(values[0]), float(closes[0]), early))
            if is_true.any():
                seen = _Seen.of(lanes, is_true)
                seen.see(n, last[is_true], value_of(objective, last[is_true]), values[0], closes[0], early)
                whole.put(is_true, seen)
        for runs, own, begun in many.blocks(np.flatnonzero(~is_true), every=1):
            seen = _Seen(many.flat[runs])
            for row, mark in enumerate(islice(begun, n + 1)):
                seen.see(row, mark.w, value_of(own, mark.w), values[runs], closes[runs], early)
            whole.put(runs, seen)
    return Settled(
        whole.end.reshape(many.w.shape),
        whole.loss.reshape(many.shape),
        whole.made.reshape(many.shape) - 1,
        whole.met.reshape(many.shape),
        whole.back.reshape(many.shape),
        whole.early.reshape(many.w.shape),
    )


class _Seen:
    """What was seen of some runs so far: `straight.WATCHED`, as arrays."""

    def __init__(self, w: Array) -> None:
        self.alive, self.met = np.ones(len(w), dtype=bool), np.full(len(w), -1)
        self.made, self.back = np.zeros(len(w), dtype=int), np.zeros(len(w), dtype=int)
        self.before, self.went = w, np.zeros_like(w)
        self.end, self.loss, self.early = np.full_like(w, np.nan), np.full(len(w), np.nan), w.copy()

    @classmethod
    def of(cls, lanes: Mapping[str, Array], runs: NDArray[np.bool_]) -> "_Seen":
        """Return what machine code has seen of some runs."""

        def pair(name: str) -> Array:
            return np.stack([lanes[f"{name}_{axis}"][runs] for axis in AXES], axis=-1)

        seen = cls(pair("_from"))
        seen.alive, seen.loss = lanes["_gone"][runs] == 0.0, lanes["_end"][runs]
        seen.met, seen.made, seen.back = (lanes[name][runs].astype(int) for name in ("_met", "_made", "_back"))
        seen.went, seen.end, seen.early = pair("_went"), pair("_end"), pair("_early")
        return seen

    def see(self, row: int, w: Array, loss: Array, value: Number, close: Number, early: int) -> None:
        """See the next row, as machine code does (`straight.wide_program`)."""
        went = w - self.before
        self.alive &= np.isfinite(loss) & np.isfinite(w).all(-1)
        alive = self.alive
        near = alive & (np.abs(loss - value) <= close) & (self.met < 0)
        self.met[near] = row
        self.back += alive & ((went * self.went).sum(-1) < 0)
        self.made += alive
        self.before, self.went = w, went
        if alive.all():
            self.end, self.loss = w, loss
        else:
            self.end, self.loss = np.where(alive[:, None], w, self.end), np.where(alive, loss, self.loss)
        if row == early:
            self.early = w

    def put(self, runs: NDArray[Any], seen: "_Seen") -> None:
        """Take over what was seen of some of the runs."""
        for name in ("met", "made", "back", "end", "loss", "early"):
            getattr(self, name)[runs] = getattr(seen, name)


@dataclass(frozen=True, eq=False)
class Rates:
    """A schedule that is known for all updates there will be, `(n,)`."""

    each: Array

    def __call__(self, t: int) -> float:
        """Return the learning rate of update t."""
        return float(self.each[t])


class Path(NamedTuple):
    """Rows 0..steps of a descent: what stood at each moment, leading axis the step, then the run axes.

    `w: (steps+1, ..., n)`, `loss: (steps+1, ...)`, `rate: (steps+1, ..., n)` effective learning rates, `learning_rate:
    (steps+1, ...)`, and `point: (steps+1, ..., n)` where the gradients were taken.
    """

    w: Array
    loss: Array
    rate: Array
    learning_rate: Array
    point: Array


def record(steps: Iterator[Step], n: int) -> Path:
    """Record a descent over n updates: n + 1 rows, the last of which is where the n-th update arrived."""
    # A path that diverges runs into inf and nan, which is a result and no reason for a warning.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        first = next(steps)
        vector, scalar = (n + 1, *first.w.shape), (n + 1, *first.loss.shape)
        path = Path(*(np.empty(shape) for shape in (vector, scalar, vector, scalar, vector)))
        w, loss, rate, learning_rate, point = path
        for k, step in enumerate(chain((first,), islice(steps, n))):
            w[k], loss[k], rate[k], learning_rate[k], point[k] = (
                step.w,
                step.loss,
                step.rate,
                step.learning_rate,
                step.point,
            )
    return path


def advance(
    objective: Objective, optimizer: Optimizer, schedule: Schedule, w: Array, n: int, memory: Memory | None = None
) -> tuple[Path, Array, Memory]:
    """Make n updates of one run from `w: (2,)`; return their rows, and the point and memory where the next would begin.

    As far as that goes they are made on plain floats. Where something is not finite any more the rest is nan.
    """
    memory = optimizer.init(w) if memory is None else memory
    slope, rows, begun = of_floats(objective), np.empty((0, WIDTH)), memory.t
    rates = (
        schedule.each[begun : begun + n]
        if isinstance(schedule, Rates)
        else np.array([schedule(t) for t in range(begun, begun + n)], dtype=float)
    )
    if slope and can_run(optimizer.rule):
        states = tuple((float(x), float(y)) for x, y in memory.states.values())
        begin = Begin((float(w[0]), float(w[1])), begun, states)
        settings, noise = cast(Sequence[float], optimizer.settings), noise_of(objective, begun, n)
        rows, begin = run(optimizer.rule, settings, slope, rates, begin, noise)
        after = zip(memory.states, map(np.array, begin.states), strict=True)
        w, memory = np.array(begin.point), Memory(begin.t, dict(after))
    if len(rows) < n:
        rest, w, memory = _on_arrays(objective, optimizer, rates[len(rows) :], w, memory)
        rows = np.concatenate([rows, rest])
    return Path(rows[:, :2], rows[:, 2], rows[:, 3:5], rates, rows[:, 5:]), w, memory


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _on_arrays(
    objective: Objective, optimizer: Optimizer, rates: Array, w: Array, memory: Memory
) -> tuple[Array, Array, Memory]:
    """Make updates on arrays, up to the first that begins where something is not finite; the rest is nan."""
    n, first = len(rates), memory.t
    rows = np.full((n, WIDTH), np.nan)

    def schedule(t: int) -> float:
        # The row after the last says only where that led.
        return float(rates[min(t - first, n - 1)])

    for k, step in enumerate(islice(descend(objective, optimizer, schedule, w, memory), n + 1)):
        w, memory = step.w, step.memory
        if k == n:
            break
        rows[k, :2], rows[k, 2], rows[k, 3:5], rows[k, 5:] = step.w, step.loss, step.rate, step.point
        if not np.isfinite(rows[k, :3]).all():
            break
    return rows, w, memory
