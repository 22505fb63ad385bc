"""What is minimized: wrappers that compose around any objective, a surface or the classifier alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np

from optviz.arrays import Array, Number
from optviz.optimization.optimizers import Curved, Objective
from optviz.optimization.straight import Slope

NOISE_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Penalized:
    """An objective with a penalty on its parameters: `loss + l2 * sum(mask w^2) / 2 + l1 * sum(mask |w|)`.

    The factor 1/2 is that of `tf.nn.l2_loss`. A strength is a number, or an array of the run shape `(...)`.
    `mask: (n,)` leaves parameters out (biases); None means all count. At w = 0 the subgradient of |w| is taken as 0.
    """

    objective: Objective
    l1: Number = 0.0
    l2: Number = 0.0
    mask: Array | None = None

    def penalty(self, w: Array) -> Array:
        """Return the penalty alone, `w: (..., n) -> (...)`."""
        kept = w if self.mask is None else w * self.mask
        total = 0.5 * self.l2 * np.vecdot(kept, kept) if self._squares else np.zeros(w.shape[:-1])
        if self._sizes:
            total = total + self.l1 * np.abs(kept).sum(-1)
        return cast(Array, total)

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]:
        """Return loss with penalty and its gradient."""
        loss, g = self.objective(w, t)
        kept = w if self.mask is None else w * self.mask
        if self._squares:
            loss, g = loss + 0.5 * self.l2 * np.vecdot(kept, kept), g + column(self.l2) * kept
        if self._sizes:
            loss, g = loss + self.l1 * np.abs(kept).sum(-1), g + column(self.l1) * np.sign(kept)
        return loss, g

    def in_place(self, w: Array, gradient: Array) -> Callable[[int], None]:
        """Return what writes the gradient of update t at `w` to `gradient`, arrays that stay."""
        slope, added = in_place(self.objective, w, gradient), np.empty_like(w)
        mask = 1.0 if self.mask is None else self.mask
        l1, l2 = column(self.l1) * mask, column(self.l2) * mask

        def write(t: int) -> None:
            slope(t)
            if self._squares:
                np.add(gradient, np.multiply(w, l2, out=added), out=gradient)
            if self._sizes:
                np.add(gradient, np.multiply(np.sign(w, out=added), l1, out=added), out=gradient)

        return write

    @cached_property
    def of_floats(self) -> Slope | None:
        """The same at plain floats, of an objective over two of them that can be had so."""
        slope = of_floats(self.objective)
        if slope is None or self.mask is not None or isinstance(self.l1, np.ndarray) or isinstance(self.l2, np.ndarray):
            return None
        return slope.penalized(float(self.l1), float(self.l2))

    def of_runs(self, part: Callable[[Array], Array]) -> "Penalized":
        """Return the objective of some runs, whose part of the strengths that differ is given."""
        l1, l2 = (part(each) if isinstance(each, np.ndarray) else each for each in (self.l1, self.l2))
        return replace(self, objective=of_runs(self.objective, part), l1=l1, l2=l2)

    def value(self, w: Array) -> Array:
        """Return the loss with penalty alone, of an objective whose values can be had alone."""
        return cast(Array, cast(Any, self.objective).value(w) + self.penalty(w))

    @property
    def precisely(self) -> Callable[..., Any]:
        """The loss with penalty at numbers of many digits, of an objective that can be had so."""
        value = cast(Any, self.objective).precisely

        def penalized(*w: Any) -> Any:
            kept = w if self.mask is None else [x * share for x, share in zip(w, self.mask.tolist(), strict=True)]
            return value(*w) + self.l2 * sum(x**2 for x in kept) / 2 + self.l1 * sum(map(abs, kept))

        return penalized

    def hessian(self, w: Array) -> Array:
        """Return the Hessian, `(..., n, n)`; the kink of |w| adds nothing to it."""
        curved = cast(Curved, self.objective).hessian(w)
        mask = np.ones(w.shape[-1]) if self.mask is None else self.mask
        return curved + column(column(self.l2)) * np.diag(mask)

    @cached_property
    def _sizes(self) -> bool:
        return bool(np.any(self.l1))

    @cached_property
    def _squares(self) -> bool:
        return bool(np.any(self.l2))


def column(strength: Number) -> Number:
    """Return a number of each run so that it broadcasts against their parameters `(..., n)`."""
    return strength[..., None] if isinstance(strength, np.ndarray) else strength


@dataclass(frozen=True, eq=False)
class Noisy:
    """An objective whose gradient carries Gaussian noise of standard deviation `sigma`; the loss stays exact.

    The noise of update t depends on `seed` and t only, `(n,)`, and is the same for every run: a fair race.
    """

    objective: Objective
    sigma: float
    seed: int = 0

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]:
        """Return the exact loss and the noisy gradient."""
        loss, g = self.objective(w, t)
        block, row = divmod(t, NOISE_BLOCK)
        return loss, g + self.sigma * noise(self.seed, block, w.shape[-1])[row]

    def in_place(self, w: Array, gradient: Array) -> Callable[[int], None]:
        """Return what writes the noisy gradient of update t at `w` to `gradient`, arrays that stay."""
        slope = in_place(self.objective, w, gradient)

        def write(t: int) -> None:
            slope(t)
            block, row = divmod(t, NOISE_BLOCK)
            np.add(gradient, self.sigma * noise(self.seed, block, w.shape[-1])[row], out=gradient)

        return write

    def of_runs(self, part: Callable[[Array], Array]) -> "Noisy":
        """Return the objective of some runs."""
        return replace(self, objective=of_runs(self.objective, part))

    @property
    def of_floats(self) -> Slope | None:
        """The exact loss and gradient at plain floats, of an objective that can be had so."""
        return of_floats(self.objective)

    def noise_of(self, first: int, n: int) -> Array:
        """Return what is added to the gradients of n updates, `(n, 2)`."""
        blocks = range(first // NOISE_BLOCK, (first + n) // NOISE_BLOCK + 1)
        drawn = np.concatenate([noise(self.seed, block, 2) for block in blocks])
        begin = first % NOISE_BLOCK
        return self.sigma * drawn[begin : begin + n]

    def hessian(self, w: Array) -> Array:
        """Return the Hessian of the objective without noise, `(..., n, n)`."""
        return cast(Curved, self.objective).hessian(w)


@lru_cache(maxsize=64)
def noise(seed: int, block: int, n: int) -> Array:
    """Return the standard normal noise of the updates `256 block ... 256 block + 255`, `(256, n)`, read-only."""
    values = np.random.Generator(np.random.Philox(key=[seed, block])).standard_normal((NOISE_BLOCK, n))
    values.flags.writeable = False
    return values


@dataclass(frozen=True, eq=False)
class Later:
    """An objective whose update t is another's update t + ahead: what begins anew in mid-run counts from 0."""

    objective: Objective
    ahead: int

    def __call__(self, w: Array, t: int = 0) -> tuple[Array, Array]:
        """Return the loss and the gradient of the later update."""
        return self.objective(w, t + self.ahead)

    def in_place(self, w: Array, gradient: Array) -> Callable[[int], None]:
        """Return what writes the gradient of the later update at `w` to `gradient`, arrays that stay."""
        slope = in_place(self.objective, w, gradient)
        return lambda t: slope(t + self.ahead)

    def of_runs(self, part: Callable[[Array], Array]) -> "Later":
        """Return the objective of some runs."""
        return replace(self, objective=of_runs(self.objective, part))

    @property
    def of_floats(self) -> Slope | None:
        """The loss and the gradient at plain floats, of an objective that can be had so."""
        return of_floats(self.objective)

    def noise_of(self, first: int, n: int) -> Array | None:
        """Return the noise of n later updates."""
        return noise_of(self.objective, first + self.ahead, n)

    def hessian(self, w: Array) -> Array:
        """Return the Hessian of the objective, `(..., n, n)`."""
        return cast(Curved, self.objective).hessian(w)


def in_place(objective: Objective, w: Array, gradient: Array) -> Callable[[int], None]:
    """Return what writes the gradient of update t at `w: (..., n)` to `gradient: (..., n)`, arrays that stay.

    It is the gradient of a call, bit for bit.
    """
    made = getattr(objective, "in_place", None)
    if made is None:
        return lambda t: np.copyto(gradient, objective(w, t)[1])
    return cast(Callable[[int], None], made(w, gradient))


def of_floats(objective: Objective) -> Slope | None:
    """Return loss and slope of an objective over two plain floats, None of one that cannot be had so."""
    return cast(Slope | None, getattr(objective, "of_floats", None))


def noise_of(objective: Objective, first: int, n: int) -> Array | None:
    """Return what an objective adds to the gradients of n updates, `(n, 2)`, None where that is nothing."""
    noisy = getattr(objective, "noise_of", None)
    return cast(Array | None, noisy(first, n)) if noisy else None


def of_runs(objective: Objective, part: Callable[[Array], Array]) -> Objective:
    """Return the objective of some of the runs, of which `part` takes theirs out of an array of the run shape."""
    made = getattr(objective, "of_runs", None)
    return cast(Objective, made(part)) if made else objective


def value_of(objective: Objective, w: Array) -> Array:
    """Return the loss alone of an objective whose values can be had alone: noise in the gradient changes none."""
    while not hasattr(objective, "value"):
        objective = cast(Any, objective).objective
    return cast(Array, cast(Any, objective).value(w))


def together(objective: Objective) -> int | None:
    """Return how many runs at once leave an objective's own arrays in the cache; None where it has hardly any."""
    while hasattr(objective, "objective"):
        objective = objective.objective
    return getattr(objective, "together", None)


def regularized(
    objective: Objective,
    *,
    l1: Number = 0.0,
    l2: Number = 0.0,
    sigma: float = 0.0,
    seed: int = 0,
    mask: Array | None = None,
) -> Objective:
    """Wrap an objective in what is asked for, and in nothing that would change nothing."""
    if np.any(l1) or np.any(l2):
        objective = Penalized(objective, l1, l2, mask)
    return Noisy(objective, sigma, seed) if sigma else objective
