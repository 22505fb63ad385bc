"""The one loop: every optimizer on every objective, one update at a time."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from optviz.optimizers import Array, Memory, Number, Objective, Optimizer, spread

Schedule = Callable[[int], Number]


class Step(NamedTuple):
    """One update, all of it from one moment: the loss is the loss *at* `w`, and `w_{t+1} = w - eta`.

    `point` is where `g` was taken (the look-ahead of Nesterov, else `w`), `m` and `v` are the moments as they were read
    out, `rate` the effective learning rate per coordinate, `learning_rate` the schedule's value at `t`.
    """

    t: int
    w: Array
    loss: Array
    point: Array
    g: Array
    m: Array
    v: Array
    rate: Number
    eta: Array
    learning_rate: Number
    memory: Memory


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
