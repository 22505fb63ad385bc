"""Learning-rate schedules: a base learning rate times a factor that is a pure function of the step.

A factor never turns negative and is 1 where the base learning rate holds. It takes one step (an int or a float) in
training, and an array of steps for a plot. Steps count from 0.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from optviz.recipes import Range, recipe, registry

Number = float | NDArray[Any]
Factor = Callable[[Any], Any]

KERAS = "tf.keras.optimizers.schedules."


def unchanged(t: Number) -> Any:
    """Return the factor 1 in the shape of t: the learning rate stays as it is."""
    return np.ones(t.shape) if isinstance(t, np.ndarray) else 1.0


@dataclass(frozen=True)
class Schedule:
    """The learning rate at step t: `learning_rate * factor(t)`.

    Either `learning_rate` has the shape of the runs and t is one step, or it is one number and t may be an array.
    """

    learning_rate: Number
    factor: Factor = unchanged

    def __call__(self, t: Number) -> Any:
        """Return the learning rate of step t >= 0, in the shape of t or of the runs."""
        return self.learning_rate * self.factor(t)


def _mathematics(t: Number) -> Any:
    # One formula serves both: a step in training takes the fast `math`, an array of steps takes NumPy.
    return np if isinstance(t, np.ndarray) else math


def _choose(condition: Any, yes: Number, no: Number) -> Any:
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    return yes if condition else no


def _clip(t: Number, low: float, high: float) -> Any:
    if isinstance(t, np.ndarray):
        return np.clip(t, low, high)
    return low if t < low else min(t, high)


def _half_cosine(x: Number) -> Any:
    """Fall from 1 at x = 0 to 0 at x = 1 along half a cosine."""
    return 0.5 * (1.0 + _mathematics(x).cos(math.pi * x))


@recipe("Constant", formula=r"\mathrm{lr}_t = \mathrm{lr}", source="plain gradient descent")
def constant() -> Factor:
    """Keep the learning rate: `1`."""
    return unchanged


@recipe(
    "Exponential decay",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\rho^{t/s}\quad(\lfloor\cdot\rfloor\colon\ \rho^{\lfloor t/s\rfloor})",
    source=KERAS + "ExponentialDecay",
)
def exponential_decay(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 10,
    rate: Annotated[float, Range(0.01, 0.9999, r"\rho", "decay")] = 0.9,
    staircase: Annotated[bool, Range(0, 1, r"\lfloor\cdot\rfloor")] = False,
) -> Factor:
    """Scale by `rate` every `decay_steps` steps: `rate ** (t / decay_steps)`; a staircase rounds the power down."""
    if staircase:
        return lambda t: rate ** (t // decay_steps * 1.0)
    return lambda t: rate ** (t / decay_steps)


@recipe(
    "Piecewise constant",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\gamma_i,\quad t_i < t \le t_{i+1},\quad \gamma_0 = 1",
    source=KERAS + "PiecewiseConstantDecay",
)
def piecewise_constant(
    first_boundary: Annotated[int, Range(0, 10_000, "t_1")] = 100,
    second_boundary: Annotated[int, Range(0, 10_000, "t_2")] = 200,
    third_boundary: Annotated[int, Range(0, 10_000, "t_3")] = 300,
    first_factor: Annotated[float, Range(1e-4, 1, r"\gamma_1", "log")] = 0.5,
    second_factor: Annotated[float, Range(1e-4, 1, r"\gamma_2", "log")] = 0.25,
    third_factor: Annotated[float, Range(1e-4, 1, r"\gamma_3", "log")] = 0.01,
) -> Factor:
    """Use another factor after each boundary: `1` up to and including `t_1`, then `gamma_1`, and so on.

    A boundary belongs to the piece before it. If boundaries are out of order, the one named later wins.
    """

    def factor(t: Number) -> Any:
        piece = _choose(t > first_boundary, first_factor, 1.0)
        piece = _choose(t > second_boundary, second_factor, piece)
        return _choose(t > third_boundary, third_factor, piece)

    return factor


@recipe(
    "Step decay",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\gamma^{\lfloor t/k\rfloor}",
    source="torch.optim.lr_scheduler.StepLR",
)
def step_decay(
    drop_every: Annotated[int, Range(1, 10_000, "k", "log")] = 50,
    drop_to: Annotated[float, Range(0.01, 1, r"\gamma")] = 0.5,
) -> Factor:
    """Drop to a fraction of itself every k steps: `drop_to ** floor(t / drop_every)`."""
    return lambda t: drop_to ** (t // drop_every * 1.0)


@recipe(
    "Inverse time decay",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,/\,(1 + \rho\,t/s)\quad(\lfloor\cdot\rfloor\colon\ \lfloor t/s\rfloor)",
    source=KERAS + "InverseTimeDecay",
)
def inverse_time(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 10,
    rate: Annotated[float, Range(0.01, 10, r"\rho", "log")] = 0.5,
    staircase: Annotated[bool, Range(0, 1, r"\lfloor\cdot\rfloor")] = False,
) -> Factor:
    """Decay like 1/t: `1 / (1 + rate * t / decay_steps)`; a staircase rounds the quotient down."""
    if staircase:
        return lambda t: 1.0 / (1.0 + rate * (t // decay_steps))
    return lambda t: 1.0 / (1.0 + rate * t / decay_steps)


@recipe(
    "Polynomial decay",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\bigl((1-\varepsilon)(1 - \min(t, s)/s)^{p} + \varepsilon\bigr)",
    source=KERAS + "PolynomialDecay",
)
def polynomial(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 200,
    end: Annotated[float, Range(0, 1, r"\varepsilon")] = 0.01,
    power: Annotated[float, Range(0.1, 5, "p")] = 1.0,
    cycle: Annotated[bool, Range(0, 1, r"\circlearrowright")] = False,
) -> Factor:
    """Fall from 1 to `end`, a share of the base, within `decay_steps`: `(1 - end) * (1 - t / s) ** power + end`.

    Past s it stays at `end`; with `cycle` s becomes the next multiple of `decay_steps` that is not below t.
    """

    def once(t: Number) -> Any:
        return (1.0 - end) * (1.0 - _clip(t, 0, decay_steps) / decay_steps) ** power + end

    def cycling(t: Number) -> Any:
        cycles = _clip(_mathematics(t).ceil(t / decay_steps), 1, math.inf)
        return (1.0 - end) * (1.0 - t / (decay_steps * cycles)) ** power + end

    return cycling if cycle else once


@recipe(
    "Cosine decay",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\bigl((1-\alpha)\tfrac{1}{2}(1 + \cos(\pi \min(t, s)/s)) + \alpha\bigr)",
    source=KERAS + "CosineDecay; Loshchilov & Hutter 2017",
)
def cosine(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 200,
    alpha: Annotated[float, Range(0, 1, r"\alpha")] = 0.0,
) -> Factor:
    """Fall from 1 to `alpha` along half a cosine of `decay_steps` steps, and stay there."""
    return lambda t: (1.0 - alpha) * _half_cosine(_clip(t, 0, decay_steps) / decay_steps) + alpha


@recipe(
    "Cosine with restarts",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\,\bigl((1-\alpha)\tfrac{1}{2} M^{i}(1 + \cos(\pi (t - t_i)/(s\,T^{i}))) "
    r"+ \alpha\bigr),\quad t_i = s\,(1 + T + \dots + T^{i-1}) \le t",
    source=KERAS + "CosineDecayRestarts; Loshchilov & Hutter 2017 (SGDR)",
)
def cosine_restarts(
    first_decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 50,
    t_mul: Annotated[float, Range(1, 4, "T")] = 2.0,
    m_mul: Annotated[float, Range(0.1, 1, "M")] = 1.0,
    alpha: Annotated[float, Range(0, 1, r"\alpha")] = 0.0,
) -> Factor:
    """Repeat the cosine decay, each period `t_mul` times as long and `m_mul` times as high as the one before.

    The step on which a period ends is the first of the next one.
    """
    growth = t_mul - 1.0

    def begin(i: Any) -> Any:
        return (t_mul**i - 1.0) / growth

    def even(t: Number) -> Any:
        restarts = t // first_decay_steps * 1.0
        return restarts, t / first_decay_steps - restarts

    def growing(t: Number) -> Any:
        maths, periods = _mathematics(t), t / first_decay_steps
        restarts = maths.floor(maths.log(1.0 + periods * growth) / math.log(t_mul)) * 1.0
        # The logarithm may round a restart to the step before or after it.
        restarts = restarts + _choose(begin(restarts + 1.0) <= periods, 1.0, 0.0)
        restarts = restarts - _choose(begin(restarts) > periods, 1.0, 0.0)
        return restarts, _clip((periods - begin(restarts)) / t_mul**restarts, 0.0, 1.0)

    locate = even if growth == 0 else growing

    def factor(t: Number) -> Any:
        restarts, elapsed = locate(t)
        return (1.0 - alpha) * m_mul**restarts * _half_cosine(elapsed) + alpha

    return factor


@recipe(
    "One cycle",
    formula=r"\mathrm{lr}_t = \mathrm{lr}\cdot\begin{cases}\cos\colon \tfrac{1}{d} \to 1 & t \le wN - 1\\ "
    r"\cos\colon 1 \to \tfrac{1}{d\,D} & wN - 1 < t \le N - 1\end{cases}",
    source="torch.optim.lr_scheduler.OneCycleLR; Smith & Topin 2018",
)
def one_cycle(
    total_steps: Annotated[int, Range(2, 10_000, "N", "log")] = 200,
    warm_fraction: Annotated[float, Range(0.01, 0.99, "w")] = 0.3,
    start_division: Annotated[float, Range(1, 1000, "d", "log")] = 25.0,
    final_division: Annotated[float, Range(1, 1e6, "D", "log")] = 1e4,
) -> Factor:
    """Rise from `1 / d` to 1 at step `w N - 1`, fall to `1 / (d D)` at step `N - 1`, both along half a cosine.

    As in PyTorch the base is the peak, and N counts the steps 0..N-1; later steps stay at the end value. If `w N` is
    less than 1, the peak lies before step 0, which is already on the way down.
    """
    start, final = 1.0 / start_division, 1.0 / (start_division * final_division)
    peak, last = warm_fraction * total_steps - 1.0, total_steps - 1.0

    def factor(t: Number) -> Any:
        rising = 1.0 - (1.0 - start) * _half_cosine(_clip(t / (peak or 1.0), 0.0, 1.0))
        falling = final + (1.0 - final) * _half_cosine(_clip((t - peak) / (last - peak), 0.0, 1.0))
        return _choose(t < peak, rising, falling)

    return factor


def warmup(factor: Factor, steps: float, start: float = 0.0) -> Factor:
    """Put a linear rise in front of a factor, which begins after it: at step `steps` its own step is 0.

    For t < steps: `factor(0) * (start + (1 - start) * t / steps)`, then `factor(t - steps)`. In front of the cosine
    this is Keras' CosineDecay with `initial_learning_rate = start * warmup_target`.
    """
    if steps <= 0:
        return factor
    first = factor(0)

    def warmed(t: Number) -> Any:
        if isinstance(t, np.ndarray):
            return np.where(t < steps, first * (start + (1.0 - start) * t / steps), factor(np.maximum(t - steps, 0)))
        return first * (start + (1.0 - start) * t / steps) if t < steps else factor(t - steps)

    return warmed


SCHEDULES = registry(
    (
        constant,
        exponential_decay,
        piecewise_constant,
        step_decay,
        inverse_time,
        polynomial,
        cosine,
        cosine_restarts,
        one_cycle,
    )
)
