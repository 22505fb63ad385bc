"""Why a training does not fit its points: the epoch from which something goes wrong, and the numbers that explain it.

Nothing is found in a training that fits: one whose loss is well below that of the best constant answer.
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.datasets import Dataset
from optviz.networks.losses import Loss
from optviz.surfaces.diagnosis import since

FITTED = 0.5
"""A net that leaves no more than this share of the loss of the best constant answer has learned something."""
SILENT = 0.5
"""From this share of dead units on too few are left."""
STILL = 1e-3
"""A loss stands still that falls by less than this share of the best constant answer's in a quarter of the epochs."""
PATIENCE = 0.5
"""A training crawls that would need more than so many times its epochs again."""
FEWEST = 20
"""Before so many epochs nothing is said of a pace."""
ANSWERS = np.linspace(-8.0, 8.0, 641)
"""The constant outputs that are tried: of a loss on logits too, 8 is as sure as 0.9997."""


class Trouble(StrEnum):
    """What goes wrong in a training."""

    DIVERGED = "diverged"
    DEAD = "dead units"
    STUCK = "stuck"
    CRAWLING = "crawling"


class Finding(NamedTuple):
    """What goes wrong from an epoch on: the loss there and that of the best constant answer, the share of dead units,
    the fall of the loss per epoch and how many more it takes at this pace to fit.
    """

    trouble: Trouble
    epoch: int
    loss: float
    constant: float
    dead: float = float("nan")
    fall: float = float("nan")
    further: float = float("nan")


def constant_loss(loss: Loss, data: Dataset) -> float:
    """Return the loss of the best output that is the same for every point."""
    return _constant_loss(loss, data.targets.shape, data.targets.astype(float).tobytes())


@lru_cache(maxsize=64)
def _constant_loss(loss: Loss, shape: tuple[int, int], targets: bytes) -> float:
    y = np.frombuffer(targets).reshape(shape)
    with np.errstate(all="ignore"):
        return float(min(np.mean(loss.value(np.full(shape, answer), y)) for answer in ANSWERS))


def diagnose(loss: Array, dead: Array, stride: int, constant: float, diverged: bool) -> Finding | None:
    """Say what goes wrong in a training of which the data's loss is known after each epoch, `loss: (epochs + 1,)`.

    `dead: (frames,)` is the share of dead units after every `stride`-th epoch.
    """
    last = len(loss) - 1
    if diverged:
        return Finding(Trouble.DIVERGED, last, float(loss[-1]), constant)
    if loss[-1] <= FITTED * constant:
        return None
    silent = since(dead >= SILENT)
    if silent is not None:
        epoch = min(silent * stride, last)
        return Finding(Trouble.DEAD, epoch, float(loss[epoch]), constant, dead=float(dead[silent]))
    return _slow(loss, constant) if last >= FEWEST else None


def _slow(loss: Array, constant: float) -> Finding | None:
    """Find a training whose loss stands still, or falls too slowly, over a quarter of the epochs before each."""
    epochs = np.arange(FEWEST, len(loss))
    quarter = epochs // 4
    fall = (loss[epochs - quarter] - loss[epochs]) / quarter
    far = loss[epochs] > FITTED * constant
    with np.errstate(divide="ignore"):
        further = np.where(fall > 0, (loss[epochs] - FITTED * constant) / fall, np.inf)
    still = far & (np.abs(fall) * quarter <= STILL * constant)
    # A pace is that of the whole training: epochs to come are compared with all its epochs.
    slow = far & (further > PATIENCE * (len(loss) - 1))
    for trouble, holds in ((Trouble.STUCK, still), (Trouble.CRAWLING, slow)):
        first = since(holds)
        if first is not None:
            epoch = int(epochs[first])
            return Finding(
                trouble,
                epoch,
                float(loss[epoch]),
                constant,
                fall=float(fall[first]),
                further=float(further[first]),
            )
    return None
