"""The momentum lesson: what it shows of a sequence of gradients, what it says, and the same in Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from optviz.arrays import Array
from optviz.figures import momentum as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons import tables
from optviz.lessons.comparisons import alike
from optviz.lessons.optimizer_code import RateCode, optimizer_code
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits
from optviz.locale.spoken import N_, _, joined, language
from optviz.optimization.momentum import SEQUENCES, Momentum, geometric_sum, half_life, memory, momentum, staircase
from optviz.recipes import Choice
from optviz.typed_numbers import Field

tex = partial(tables.tex, bare=True)

LONGEST = 100
SHOWN = 3
ENTRY = Field(most=LONGEST, low=-1e6, high=1e6)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A sequence of gradients, of the registry or (`typed`) a visitor's own, and the momentum that it meets."""

    sequence: Choice
    typed: tuple[float, ...]
    decay: float
    learning_rate: float
    steps: int


def gradients_of(settings: Settings) -> Array:
    """Return the gradients, `(steps,)`; after those that were typed come zeros."""
    if settings.sequence.name in SEQUENCES:
        return settings.sequence.of(SEQUENCES)(settings.steps)
    typed = np.array(settings.typed)[: settings.steps]
    return np.pad(typed, (0, settings.steps - len(typed)))


@lru_cache(maxsize=256)
def momentum_of(settings: Settings) -> Momentum:
    """Return the momentum over the gradients."""
    return momentum(gradients_of(settings), settings.decay, settings.learning_rate)


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the numbers that the panels follow."""
    result = momentum_of(settings)
    return {
        "shares": result.shares,
        "sums": staircase(result.shares),
        "steps": result.steps,
        "places": result.places,
    }


def limits_of(settings: Settings) -> dict[str, float]:
    """Return what the steps tend to in a sequence that repeats itself, by LaTeX-free name."""
    known = LIMITS.get(settings.sequence.name)
    if known is None:
        return {}
    g = dict(settings.sequence.values)["slope"]
    classical = settings.learning_rate * g / (1.0 + known.sign * settings.decay)
    averaged = (1.0 - settings.decay) * classical
    names = (f"lr · g / (1 {known.shown} γ)", f"(1 − γ) · lr · g / (1 {known.shown} γ)")
    levels = dict(zip(names, (classical, averaged), strict=True))
    return {**levels, **({f"−{name}": -level for name, level in levels.items()} if known.sign > 0 else {})}


@dataclass(frozen=True)
class Limit:
    """What the sum of a sequence tends to, `lr g / (1 + sign * decay)`, and the sentence that says so."""

    sign: float
    shown: str
    sentence: str


LIMITS: Mapping[str, Limit] = {
    "constant": Limit(
        -1.0,
        "−",
        N_(
            "The gradients all point the same way, so the step grows from {first} to lr · g / (1 − γ) = {limit}: "
            "{times} times as long."
        ),
    ),
    "alternating": Limit(
        1.0,
        "+",
        N_("The signs cancel: the step shrinks from {first} to lr · g / (1 + γ) = {limit}, {times} of a plain step."),
    ),
}


def say(settings: Settings) -> str:
    """Say what the sum comes to, and how far back it reaches."""
    known = LIMITS.get(settings.sequence.name)
    result = momentum_of(settings)
    if known:
        level = next(iter(limits_of(settings).values()))
        what = _(known.sentence).format(
            first=digits(settings.learning_rate * dict(settings.sequence.values)["slope"]),
            limit=digits(level),
            times=digits(1.0 / (1.0 + known.sign * settings.decay)),
        )
    else:
        plain, _classical, averaged = (np.ptp(result.steps[1:, k]) for k in range(3))
        text = (
            _("Plain steps vary by {plain}, averaged steps just as much, by {averaged}.")
            if alike(float(plain), float(averaged)) or averaged > plain
            else _("Plain steps vary by {plain}, averaged steps only by {averaged}.")
        )
        what = text.format(plain=digits(float(plain)), averaged=digits(float(averaged)))
    back = _(
        "It remembers about 1 / (1 − γ) = {memory} steps; the share of a gradient halves every {half} steps."
    ).format(memory=digits(memory(settings.decay)), half=digits(half_life(settings.decay)))
    return joined(what, back)


def formula(settings: Settings) -> str:
    """Return the sum of the last step in LaTeX with its numbers."""
    lr, decay, n = settings.learning_rate, settings.decay, settings.steps
    gradients, result = gradients_of(settings), momentum_of(settings)
    # Three terms fit on a phone only where the gradients are ones.
    shown = SHOWN if set(np.abs(gradients)) <= {1.0} else SHOWN - 1
    terms = "".join(
        f"{'-' if g < 0 else '+' if k else ''}{tex(decay**k, 3)}" + (rf" \cdot {tex(abs(g), 3)}" if abs(g) != 1 else "")
        for k, g in enumerate(map(float, gradients[::-1][:shown]))
    )
    more = r" + \dots" if n > shown else ""
    lines = [
        rf"lr\,m_{{{n}}} &= lr \sum_{{k=0}}^{{{n - 1}}} \gamma^k\, g_{{{n}-k}}",
        rf"&= {tex(lr)}\,({terms}{more})",
        rf"&= {tex(float(result.steps[-1, 1]))}",
    ]
    return r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"


def closed_form(settings: Settings) -> str:
    """Return the geometric sum in LaTeX with its numbers."""
    decay, n = settings.decay, settings.steps
    return (
        r"\begin{aligned}\sum_{k=0}^{n-1} \gamma^k &= \frac{1-\gamma^n}{1-\gamma}"
        rf" = \frac{{1-{tex(decay)}^{{{n}}}}}{{1-{tex(decay)}}} = {tex(geometric_sum(decay, n))}\\"
        rf"&\to \frac{{1}}{{1-\gamma}} = {tex(memory(decay))}\end{{aligned}}"
    )


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the sum, the steps, and how far each form comes."""
    return _panels(settings.steps, tuple(limits_of(settings).items()), language())


@lru_cache(maxsize=256)
def _panels(steps: int, limits: tuple[tuple[str, float], ...], spoken: str) -> tuple[Panel, ...]:
    names = (_("Plain"), _("Classical"), _("Averaged"), _("Averaged, lr / (1 − γ)"))
    words = {
        "age": _("Steps ago (k)"),
        "step": _("Part of the step"),
        "share": _("Share lr · γᵏ · g"),
        "sum": _("Sum so far: the classical step"),
    }
    step = _("Step")
    drawn = (
        (_("The step as a sum of old gradients"), pictures.summed(steps, words)),
        (
            _("Length of the step"),
            pictures.curves(
                "steps", names[:3], dict(limits), title="lr · m", step_title=step, steps=steps, shown=(0, 1, 2)
            ),
        ),
        (_("Position"), pictures.curves("places", names, {}, title="w", step_title=step, steps=steps, shown=(1, 3))),
    )
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell)
        for (title, figure), cell in zip(drawn, ("sum", "steps", "places"), strict=True)
    )


def program(settings: Settings) -> str:
    """Return both forms of momentum on the same gradients in Keras."""
    rate = RateCode((), "lr", True)
    forms = {"classical": "momentum_classical", "averaged": "momentum"}
    calls = {form: optimizer_code(name, {"beta": settings.decay}, rate).call for form, name in forms.items()}
    return printed("momentum", settings=settings, gradients=gradients_of(settings).tolist(), **calls)
