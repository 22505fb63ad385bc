"""Rules that watch a loss from epoch to epoch: when to stop, and when to take a smaller learning rate.

Both are Keras' callbacks of the same names. They see the loss after each epoch trained, never the one before the first
update; of several runs side by side, `(...)`, each is watched on its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.networks.classifier import Epoch
from optviz.optimization.trials import Leg, Trial


class Watch(NamedTuple):
    """What early stopping remembers: the best loss (...), its epoch and its weights `(..., n)`.

    `wait` counts the epochs since, and `stopped` says which runs are over.
    """

    best: Array
    best_epoch: NDArray[np.int_]
    w: Array
    wait: NDArray[np.int_]
    stopped: NDArray[np.bool_]

    @property
    def stopped_at(self) -> NDArray[np.int_]:
        """The epoch (...) after which a run was stopped, 0 where it was not."""
        return np.where(self.stopped, self.best_epoch + self.wait, 0)


@dataclass(frozen=True)
class EarlyStopping:
    """Stop once the loss has not fallen below its best by more than `min_delta` for `patience` epochs.

    As Keras' EarlyStopping. With `restore` (`restore_best_weights`) the weights of the best epoch are what is left in
    the end, whether it stopped or not.
    """

    patience: int = 0
    min_delta: float = 0.0
    restore: bool = False

    def begin(self, w: Array) -> Watch:
        """Return the memory before the first epoch, for weights `(..., n)`."""
        shape = w.shape[:-1]
        nothing = np.zeros(shape, np.int_)
        return Watch(np.full(shape, np.inf), nothing, w, nothing, np.zeros(shape, np.bool_))

    def observe(self, watch: Watch, epoch: int, loss: Number, w: Array) -> Watch:
        """Return the memory after an epoch, counted from 1, that ended at this loss (...) and at `w: (..., n)`."""
        better = (loss + self.min_delta < watch.best) & ~watch.stopped
        wait = np.where(better, 0, watch.wait + ~watch.stopped)
        return Watch(
            np.where(better, loss, watch.best),
            np.where(better, epoch, watch.best_epoch),
            np.where(better[..., None], w, watch.w),
            wait,
            watch.stopped | (~better & (wait >= self.patience)),
        )


class Pace(NamedTuple):
    """What reduce-on-plateau remembers: the learning rate (...), the best loss (...) and the epochs since.

    `reduced` says where this very epoch has brought a smaller learning rate.
    """

    learning_rate: Array
    best: Array
    wait: NDArray[np.int_]
    reduced: NDArray[np.bool_]


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiply the learning rate by `factor` once the loss has not fallen by `min_delta` for `patience` epochs.

    As Keras' ReduceLROnPlateau without cooldown: the rate never falls below `min_lr`, and one that is there already
    stays.
    """

    factor: float = 0.1
    patience: int = 10
    min_lr: float = 0.0
    min_delta: float = 1e-4

    def begin(self, learning_rate: Number, shape: tuple[int, ...] = ()) -> Pace:
        """Return the memory before the first epoch, for runs of this shape."""
        wait = np.zeros(shape, np.int_)
        return Pace(np.broadcast_to(learning_rate, shape), np.full(shape, np.inf), wait, np.zeros(shape, np.bool_))

    def observe(self, pace: Pace, loss: Number) -> Pace:
        """Return the memory after an epoch that ended at this loss (...); what is no number is not judged."""
        better = loss + self.min_delta < pace.best
        wait = np.where(better, 0, pace.wait + np.isfinite(loss))
        # In single precision, as Keras: a rate that is the smallest but for rounding is not reduced to it again.
        above = np.float32(pace.learning_rate) > np.float32(self.min_lr)
        reduced = (wait >= self.patience) & ~better & above & np.isfinite(loss)
        smaller = np.maximum(pace.learning_rate * self.factor, self.min_lr)
        return Pace(
            np.where(reduced, smaller, pace.learning_rate),
            np.where(better, loss, pace.best),
            np.where(reduced, 0, wait),
            reduced,
        )


class Watched(NamedTuple):
    """An epoch with what the rules made of it; `watch` and `pace` are None where there is no such rule."""

    epoch: Epoch
    watch: Watch | None = None
    pace: Pace | None = None

    @property
    def loss(self) -> Array:
        """The loss that counts, (...): the validation's, or what is minimized where nothing is held out; else nan."""
        epoch = self.epoch
        loss = np.where(np.isnan(epoch.validation_loss), epoch.loss + epoch.penalty, epoch.validation_loss)
        return np.where(epoch.finite, loss, np.nan)

    def run(self, i: int) -> "Watched":
        """Return one of several runs side by side."""
        watch = self.watch and Watch(*(part[i] for part in self.watch))
        pace = self.pace and Pace(*(part[i] for part in self.pace))
        return Watched(self.epoch.run(i), watch, pace)


Begin = Callable[[Array | Epoch, Number], Iterator[Epoch]]
"""How a training begins, from initial weights or from an earlier epoch, at a base learning rate (...)."""


def supervise(
    begin: Begin,
    start: Array | Watched,
    learning_rate: float,
    *,
    stopping: EarlyStopping | None = None,
    reducing: ReduceOnPlateau | None = None,
) -> Iterator[Watched]:
    """Yield the epochs of a training under rules that watch its validation loss.

    A run that was stopped stays where it is, at learning rate 0, while others go on. Where none goes on, the last epoch
    has the `reason` "stopped" and the training is over. From an earlier epoch both rules begin anew, but what was
    stopped stays so.
    """
    before = start.watch if isinstance(start, Watched) else None
    over = np.zeros((), np.bool_) if before is None else before.stopped
    steps = begin(start.epoch if isinstance(start, Watched) else start, _rate(learning_rate, over))
    epoch = next(steps)
    watch = _begin(stopping, epoch, before) if stopping else None
    pace = reducing.begin(learning_rate, epoch.w.shape[:-1]) if reducing else None
    yield Watched(epoch, watch, pace)
    while not epoch.reason:
        epoch = next(steps)
        changed = False
        if reducing and pace:
            pace = reducing.observe(pace, np.where(over, np.nan, epoch.validation_loss))
            changed = bool(pace.reduced.any())
        if stopping and watch:
            watch = stopping.observe(watch, epoch.epoch, epoch.validation_loss, epoch.w)
            changed |= bool((watch.stopped & ~over).any())
            over = watch.stopped
        if over.all():
            epoch = epoch._replace(reason="stopped")
        elif changed:
            # The update that follows has been made at the old rate: it is made again.
            steps = begin(epoch._replace(reason=""), _rate(pace.learning_rate if pace else learning_rate, over))
            epoch = next(steps)
        yield Watched(epoch, watch, pace)


def _begin(stopping: EarlyStopping, epoch: Epoch, before: Watch | None) -> Watch:
    fresh = stopping.begin(epoch.w)
    if before is None:
        return fresh
    over = before.stopped
    w = np.where(over[..., None], before.w, fresh.w)
    return Watch(
        np.where(over, before.best, fresh.best),
        np.where(over, before.best_epoch, fresh.best_epoch),
        w,
        np.where(over, before.wait, fresh.wait),
        over,
    )


def _rate(learning_rate: Number, over: NDArray[np.bool_]) -> Number:
    rate = np.where(over, 0.0, learning_rate)
    return rate if rate.ndim else float(rate)


def relay(
    trial: Trial[Any],
    steps_per_epoch: int,
    start: Array,
    go: Callable[[Leg[Any], Array | Watched], Iterator[Watched]],
) -> Iterator[Watched]:
    """Yield the epochs of a trial that is forked between two of them; `go` makes those of a leg, without end.

    A training that was stopped stays so.
    """
    begin: Array | Watched = start
    for leg, following in zip_longest(trial.legs, trial.legs[1:]):
        for watched in go(leg, begin):
            epoch = watched.epoch
            if following and epoch.epoch * steps_per_epoch == following.first and epoch.reason != "stopped":
                begin = watched._replace(epoch=epoch._replace(memory=following.taken_up(epoch.memory), reason=""))
                break
            yield watched
        else:
            return
