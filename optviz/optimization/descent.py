"""The one loop: every optimizer on every objective, one update at a time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, cast

import numpy as np

from optviz.arrays import Array, Number
from optviz.optimization.objectives import noise_of, of_floats
from optviz.optimization.optimizers import Look, Memory, Objective, Optimizer, spread
from optviz.optimization.straight import WIDTH, Begin, can_run, run

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
    optimizer = spread(optimizer, w.shape)
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
    rates = np.array([schedule(t) for t in range(begun, begun + n)], dtype=float)
    if slope and can_run(optimizer.rule):
        states = tuple((float(x), float(y)) for x, y in memory.states.values())
        begin = Begin((float(w[0]), float(w[1])), begun, states)
        settings, noise = cast(Sequence[float], optimizer.settings), noise_of(objective, begun, n)
        made, begin = run(optimizer.rule, settings, slope, rates.tolist(), begin, noise)
        rows = np.frombuffer(made).reshape(-1, WIDTH)
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
