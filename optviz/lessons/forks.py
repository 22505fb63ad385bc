"""A run that goes on otherwise from a step on, and the future that it left."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optviz.arrays import Array
from optviz.figures.panels import Junction
from optviz.figures.relief import Relief
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method
from optviz.locale.spoken import _
from optviz.optimization.descent import Path
from optviz.recipes import Range

STEPS = Range(0, 2000, "k")


@dataclass(frozen=True)
class Fork:
    """From `step` on the run of this number goes on otherwise; what is None stays as it was.

    Another optimizer begins with fresh moments; the run's own keeps its memory.
    """

    step: int
    run: int = 0
    optimizer: Run | None = None
    learning_rate: float | None = None
    l2: float | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is otherwise from there on."""
        return (self.optimizer, self.learning_rate, self.l2) != (None, None, None)

    @property
    def junction(self) -> Junction:
        """Where the playhead goes when it is made, and goes on from when it changes."""
        return Junction(self.step, repr(self), not self.changes)

    def title(self, name: str) -> str:
        """Return what a run of this name is called that goes on so: "SGD → Adam, lr 0.3"."""
        if not self.changes:
            return name
        changed = [self.optimizer.title(np.nan)] if self.optimizer else []
        changed += [] if self.learning_rate is None else [f"lr {self.learning_rate:g}"]
        changed += [] if self.l2 is None else [f"L2 {self.l2:g}"]
        return f"{name} → {_(', ').join(changed)}"


def ghost_arrays(fork: Fork, path: Path, lowest: float, ground: Relief, stride: int) -> dict[str, tuple[Array, int]]:
    """Return the rows of the future that the fork left, with their strides; those before it are nan.

    `path` is that of the race without the fork, of which the panels show the loss above `lowest`.
    """
    w, loss, rate, learning_rate = (array[:, fork.run] for array in (path.w, path.loss, path.rate, path.learning_rate))
    space = np.concatenate([w, ground.lifted(loss)[:, None]], axis=-1)
    whole = {"ghost": w, "ghost_loss": (loss - lowest)[:, None]}
    thinned = {"ghost3d": space, "ghost_rate": learning_rate[:, None], "ghost_effective": rate}
    return {
        "fork": (space[[fork.step]], len(w)),
        **{name: (_from(rows, fork.step), 1) for name, rows in whole.items()},
        **{name: (_from(rows[::stride], fork.step // stride), stride) for name, rows in thinned.items()},
    }


def _from(rows: Array, first: int) -> Array:
    return np.where(np.arange(len(rows))[:, None] < first, np.nan, rows)


def junction_of(methods: Sequence[Method]) -> Junction | None:
    """Return where trainings are forked, first of all."""
    forked = [(method, method.switch) for method in methods if method.switch and method.haunted]
    if not forked:
        return None
    changes = any((switch.trainer, switch.l2) != (method.trainer, None) for method, switch in forked)
    return Junction(min(switch.epoch for _method, switch in forked), repr(forked), not changes)
