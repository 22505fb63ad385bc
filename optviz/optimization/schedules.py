"""Learning-rate schedules: a base learning rate times a factor that is a pure function of the step.

A factor never turns negative and is 1 where the base learning rate holds. It takes one step (an int or a float) in
training, and an array of steps for a plot. Steps count from 0. Each is written once, as a formula of the step t
(`optviz.optimization.step_formulas`), from which all else comes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from optviz.optimization.step_formulas import StepFormula
from optviz.recipes import Choice, Range, Recipe, read_parameters, registry

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


@dataclass(frozen=True)
class Entry(Recipe[StepFormula]):
    """A schedule's recipe, with what Keras has of it.

    `keras` makes Keras' call for an initial learning rate `lr` and the values, "" where that is not equal, which
    `differs` says.
    """

    keras: Callable[..., str]
    differs: str


def schedule(
    title: str,
    *,
    source: str,
    keras: Callable[..., str] = "".format,
    differs: str = "Keras has no such schedule.",
    formula: str = "",
) -> Callable[[Callable[..., str]], Entry]:
    """Turn a factory of a text into a recipe: its arguments are the settings, with their ranges.

    A setting that is a switch chooses the text; one that is a number is a name in it. `formula` is TeX for a text that
    is better told otherwise.
    """

    def wrap(text: Callable[..., str]) -> Entry:
        parameters = read_parameters(text)
        symbols = {parameter.name: parameter.range.symbol for parameter in parameters}
        defaults = {parameter.name: parameter.default for parameter in parameters}

        @wraps(text)
        def make(**values: Any) -> StepFormula:
            return StepFormula(text(**values), {**defaults, **values}, symbols)

        switched = [
            rf"\quad ({each.range.symbol}\colon\ {make(**{each.name: True}).tex(LR)})"
            for each in parameters
            if each.kind is bool
        ]
        tex = rf"\mathrm{{lr}}_t = {formula or make().tex(LR)}" + "".join(switched)
        return Entry(text.__name__, title, make, tex, source, parameters, keras, differs)

    return wrap


LR = r"\mathrm{lr}"


@schedule("Constant", source="plain gradient descent")
def constant() -> str:
    """Keep the learning rate: `1`."""
    return "1"


Steps = Annotated[int, Range(1, 10_000, "s", "log")]
Staircase = Annotated[bool, Range(0, 1, r"\lfloor\cdot\rfloor")]


@schedule(
    "Exponential decay",
    source=KERAS + "ExponentialDecay",
    keras="ExponentialDecay({lr}, {decay_steps}, float64({rate}), staircase={staircase})".format,
)
def exponential_decay(
    decay_steps: Steps = 10,
    rate: Annotated[float, Range(0.01, 0.9999, r"\rho", "decay")] = 0.9,
    staircase: Staircase = False,
) -> str:
    """Scale by `rate` every `decay_steps` steps: `rate ** (t / decay_steps)`; a staircase rounds the power down."""
    return "rate**floor(t/decay_steps)" if staircase else "rate**(t/decay_steps)"


def _pieces(lr: str, **values: float) -> str:
    pieces = [(values[f"{place}_boundary"], values[f"{place}_factor"]) for place in ("first", "second", "third")]
    # Keras wants boundaries that rise; one that a later piece begins before or at is never seen.
    seen = [piece for i, piece in enumerate(pieces) if all(later[0] > piece[0] for later in pieces[i + 1 :])]
    boundaries = ", ".join(str(boundary) for boundary, _factor in seen)
    rates = ", ".join([lr, *(f"{lr} * {factor}" for _boundary, factor in seen)])
    return f"PiecewiseConstantDecay([{boundaries}], [{rates}])"


@schedule("Piecewise constant", source=KERAS + "PiecewiseConstantDecay", keras=_pieces)
def piecewise_constant(
    first_boundary: Annotated[int, Range(0, 10_000, "t_1")] = 100,
    second_boundary: Annotated[int, Range(0, 10_000, "t_2")] = 200,
    third_boundary: Annotated[int, Range(0, 10_000, "t_3")] = 300,
    first_factor: Annotated[float, Range(1e-4, 1, r"\gamma_1", "log")] = 0.5,
    second_factor: Annotated[float, Range(1e-4, 1, r"\gamma_2", "log")] = 0.25,
    third_factor: Annotated[float, Range(1e-4, 1, r"\gamma_3", "log")] = 0.01,
) -> str:
    """Use another factor after each boundary: `1` up to and including `t_1`, then `gamma_1`, and so on.

    A boundary belongs to the piece before it. If boundaries are out of order, the one named later wins.
    """
    return """
        (third_factor if t > third_boundary else
         second_factor if t > second_boundary else
         first_factor if t > first_boundary else 1)
    """


@schedule(
    "Step decay",
    source="torch.optim.lr_scheduler.StepLR",
    keras="ExponentialDecay({lr}, {drop_every}, float64({drop_to}), staircase=True)".format,
)
def step_decay(
    drop_every: Annotated[int, Range(1, 10_000, "k", "log")] = 50,
    drop_to: Annotated[float, Range(0.01, 1, r"\gamma")] = 0.5,
) -> str:
    """Drop to a fraction of itself every k steps: `drop_to ** floor(t / drop_every)`."""
    return "drop_to**floor(t/drop_every)"


@schedule(
    "Inverse time decay",
    source=KERAS + "InverseTimeDecay",
    keras="InverseTimeDecay({lr}, {decay_steps}, float64({rate}), staircase={staircase})".format,
)
def inverse_time(
    decay_steps: Steps = 10,
    rate: Annotated[float, Range(0.01, 10, r"\rho", "log")] = 0.5,
    staircase: Staircase = False,
) -> str:
    """Decay like 1/t: `1 / (1 + rate * t / decay_steps)`; a staircase rounds the quotient down."""
    return "1/(1 + rate*floor(t/decay_steps))" if staircase else "1/(1 + rate*t/decay_steps)"


@schedule(
    "Polynomial decay",
    source=KERAS + "PolynomialDecay",
    keras="PolynomialDecay({lr}, {decay_steps}, {lr} * {end}, float64({power}), cycle={cycle})".format,
)
def polynomial(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 200,
    end: Annotated[float, Range(0, 1, r"\varepsilon")] = 0.01,
    power: Annotated[float, Range(0.1, 5, "p")] = 1.0,
    cycle: Annotated[bool, Range(0, 1, r"\circlearrowright")] = False,
) -> str:
    """Fall from 1 to `end`, a share of the base, within `decay_steps`: `(1 - end) * (1 - t / s) ** power + end`.

    Past s it stays at `end`; with `cycle` s becomes the next multiple of `decay_steps` that is not below t.
    """
    passed = "t/(decay_steps*max(1, ceil(t/decay_steps)))" if cycle else "min(t, decay_steps)/decay_steps"
    return f"(1 - end)*(1 - {passed})**power + end"


@schedule(
    "Cosine decay",
    source=KERAS + "CosineDecay; Loshchilov & Hutter 2017",
    keras="CosineDecay({lr}, {decay_steps}, {alpha})".format,
)
def cosine(
    decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 200,
    alpha: Annotated[float, Range(0, 1, r"\alpha")] = 0.0,
) -> str:
    """Fall from 1 to `alpha` along half a cosine of `decay_steps` steps, and stay there."""
    return "(1 - alpha)*(1 + cos(pi*min(t, decay_steps)/decay_steps))/2 + alpha"


def _even(lr: str, first_decay_steps: int, t_mul: float, m_mul: float, alpha: float) -> str:
    if t_mul != 1:
        return ""
    return f"CosineDecayRestarts({lr}, {first_decay_steps}, {t_mul}, float64({m_mul}), float64({alpha}))"


@schedule(
    "Cosine with restarts",
    source=KERAS + "CosineDecayRestarts; Loshchilov & Hutter 2017 (SGDR)",
    formula=r"\mathrm{lr}\,\left((1-\alpha)\,M^{i}\,\frac{1 + \cos(\pi (t - t_i)/(s\,T^{i}))}{2} + \alpha\right)"
    r",\quad t_i = s\,(1 + T + \dots + T^{i-1}) \le t",
    keras=_even,
    differs="Keras finds the restarts by a logarithm alone, whose rounding can miss one by a step.",
)
def cosine_restarts(
    first_decay_steps: Annotated[int, Range(1, 10_000, "s", "log")] = 50,
    t_mul: Annotated[float, Range(1, 4, "T")] = 2.0,
    m_mul: Annotated[float, Range(0.1, 1, "M")] = 1.0,
    alpha: Annotated[float, Range(0, 1, r"\alpha")] = 0.0,
) -> str:
    """Repeat the cosine decay, each period `t_mul` times as long and `m_mul` times as high as the one before.

    The step on which a period ends is the first of the next one.
    """
    fall = "(1 - alpha)*m_mul**i*(1 + cos(pi*x))/2 + alpha"
    if t_mul == 1:
        return f"""
            i = floor(t/first_decay_steps)
            x = t/first_decay_steps - i
            {fall}
        """
    # After i periods have passed (t_mul**i - 1)/(t_mul - 1) times the first. The logarithm may round to the period
    # before or after, which its own begin and length tell.
    return f"""
        periods = t/first_decay_steps
        near = floor(log(1 + periods*(t_mul - 1))/log(t_mul))
        i = near + floor((periods - (t_mul**near - 1)/(t_mul - 1))/t_mul**near)
        x = min(max((periods - (t_mul**i - 1)/(t_mul - 1))/t_mul**i, 0), 1)
        {fall}
    """


@schedule(
    "One cycle",
    source="torch.optim.lr_scheduler.OneCycleLR; Smith & Topin 2018",
    differs="Keras has no such schedule; this is PyTorch's OneCycleLR.",
)
def one_cycle(
    total_steps: Annotated[int, Range(2, 10_000, "N", "log")] = 200,
    warm_fraction: Annotated[float, Range(0.01, 0.99, "w")] = 0.3,
    start_division: Annotated[float, Range(1, 1000, "d", "log")] = 25.0,
    final_division: Annotated[float, Range(1, 1e6, "D", "log")] = 1e4,
) -> str:
    """Rise from `1 / d` to 1 at step `w N - 1`, fall to `1 / (d D)` at step `N - 1`, both along half a cosine.

    As in PyTorch the base is the peak, and N counts the steps 0..N-1; later steps stay at the end value. If `w N` is
    less than 1, the peak lies before step 0, which is already on the way down.
    """
    return """
        start = 1/start_division
        end = start/final_division
        peak = warm_fraction*total_steps - 1
        last = total_steps - 1
        (1 + (start - 1)*(1 + cos(pi*t/peak))/2 if t < peak else
         end + (1 - end)*(1 + cos(pi*min((t - peak)/(last - peak), 1)))/2)
    """


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


@lru_cache(maxsize=64)
def factor_of(schedule: Choice, warm_up: int) -> Factor:
    """Return the factor of a schedule of the registry with its warm-up, of a choice always the same one."""
    return warmup(schedule.of(SCHEDULES), warm_up)
