"""The visitor's own optimizer: two rows of numbers, what they are called, and the course's four steps with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.course.outline import href
from optviz.expressions import tensorflow_program
from optviz.figures.panels import Panel
from optviz.lessons import races, tables
from optviz.lessons.optimizer_code import optimizer_code, rate_code
from optviz.lessons.programs import printed
from optviz.lessons.races import Settings
from optviz.lessons.rosters import plain
from optviz.lessons.tables import digits, table
from optviz.locale.spoken import N_, _, joined
from optviz.optimization.descent import Step, descend
from optviz.optimization.optimizers import ONE, OPTIMIZERS, Optimizer, Recursion, framed
from optviz.optimization.two_moments import Likeness, Trait, likeness, members, traits
from optviz.surfaces.grounds import course_of, surface_of

tex = partial(tables.tex, bare=True)

GAINS: Mapping[str, str] = {
    "average": N_("1 − decay"),
    "sum": "1",
    "own": N_("other"),
}
"""How a moment weighs what is new."""


class Row(NamedTuple):
    """One row of numbers as the visitor sets it; `gain` is a key of GAINS."""

    decay: float
    gain: str
    own: float
    corrected: bool

    @property
    def impossible(self) -> bool:
        """Whether the bias correction would divide by 1 - 1^t = 0."""
        return self.corrected and self.decay == 1

    def moment(self) -> Recursion:
        """Make the moment, without a correction that is impossible."""
        gains = {"average": 1.0 - self.decay, "sum": 1.0, "own": self.own}
        return Recursion(self.decay, gains[self.gain], float(self.corrected and not self.impossible))


@dataclass(frozen=True)
class Own:
    """The optimizer that the visitor builds, as it takes part in a race."""

    first: Recursion
    second: Recursion = ONE
    epsilon: float = 0.0
    epsilon_inside: bool = False
    learning_rate: float | None = None

    @property
    def optimizer(self) -> str:
        """It has no name."""
        return ""

    def build(self) -> Optimizer:
        """Make the optimizer."""
        return framed(self.first, self.second, self.epsilon, float(self.epsilon_inside))

    def title(self, shared: float | None) -> str:
        """Return its name in the visitor's language."""
        return _("Yours")


def own(first: Row, second: Row | None, epsilon: float, inside: bool) -> Own:
    """Return the visitor's optimizer; without a second row V is constant 1."""
    if second is None:
        return Own(first.moment())
    return Own(first.moment(), second.moment(), epsilon, inside)


def _named(alike: Likeness) -> str:
    recipe = OPTIMIZERS[alike.name]
    decays = [p for p in recipe.parameters if p.range.scale == "decay"]
    if not decays:
        return _(recipe.title)
    listed = _(", ").join(f"{plain(p.range.symbol)} = {alike.values[p.name]:g}" for p in decays)
    return _("{name} with {values}").format(name=_(recipe.title), values=listed)


_NUMBERS = {
    "first_decay": N_("decay of m {mine} instead of {theirs}"),
    "first_gain": N_("gain of m {mine} instead of {theirs}"),
    "second_decay": N_("decay of V {mine} instead of {theirs}"),
    "second_gain": N_("gain of V {mine} instead of {theirs}"),
}
_CORRECTED = {
    "first_debias": (N_("without bias correction of m"), N_("with bias correction of m")),
    "second_debias": (N_("without bias correction of V"), N_("with bias correction of V")),
}
"""What is said where only one of the two corrects, by whether the visitor's does."""


def recognize(optimizer: Optimizer) -> str:
    """Say which named optimizer it is, or that it is none and what separates it from the nearest."""
    alike = likeness(optimizer)
    if not alike.differences:
        return _("This is {name}.").format(name=_named(alike))
    listed = _("; ").join(_said(key, *values) for key, values in alike.differences.items())
    return _("This has no name. Closest: {name}, but {differences}.").format(name=_named(alike), differences=listed)


def _said(key: str, mine: float, theirs: float) -> str:
    if key in _CORRECTED:
        return _(_CORRECTED[key][bool(mine)])
    return _(_NUMBERS[key]).format(mine=f"{mine:.4g}", theirs=f"{theirs:.4g}")


_TRAITS = {
    Trait.STILL: N_("The gain of m is 0, so m stays 0 and it never moves."),
    Trait.ENDLESS: N_("m never forgets: with decay 1 every gradient counts forever, so it cannot settle."),
    Trait.SCALED: N_("On a constant gradient its steps tend to {number} times lr · g: in effect lr is {scaled}."),
    Trait.SLOW_START: N_("On a constant gradient its first step is only {number} times its final step."),
    Trait.LARGE_START: N_(
        "On a constant gradient its first step is {number} times as long as the later ones, because V starts at 0."
    ),
    Trait.NO_MOMENTUM: N_("m has no memory: only V shapes the step and gives each weight its own learning rate."),
    Trait.SIGN: N_("V is only the last squared gradient, so only the sign counts and every step is {step} long."),
    Trait.EMPTY_V: N_("The gain of V is 0, so V stays 0 and only ε = {number} divides the step."),
    Trait.GROWING_V: N_("V never forgets and only grows, so the steps shrink forever."),
}


def remark(optimizer: Optimizer, learning_rate: float) -> str:
    """Say what is unusual about it, with the numbers."""
    return joined(
        *(
            _(_TRAITS[trait]).format(
                number=digits(number), scaled=digits(number * learning_rate), step=digits(number * learning_rate)
            )
            for trait, number in traits(optimizer)
        )
    )


def panels(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels of the race but for the learning rate, which is constant here."""
    above, relief, loss, _rate, effective = races.panels_of(settings, races.gap_known(settings))
    return above, relief, loss, effective


def rows(mine: Own) -> str:
    """Return the two rows of numbers as a table, and below them those of the nearest named optimizer if it is none."""
    alike = likeness(mine.build())
    shown = [(_("Yours"), mine.build())]
    if alike.differences:
        shown.append((_(OPTIMIZERS[alike.name].title), OPTIMIZERS[alike.name](**alike.values)))
    heads = (_("Moment"), _("Decay"), _("Gain"), _("Bias correction"))
    body = [
        cells
        for name, each in shown
        for cells in (
            moment_cells(_("{name}: {moment}").format(name=name, moment="m"), each.first),
            moment_cells(_("{name}: {moment}").format(name=name, moment="V"), each.second),
        )
    ]
    return table([escape(head) for head in heads], [[escape(cell) for cell in cells] for cells in body])


def moment_cells(name: str, moment: Recursion) -> tuple[str, str, str, str]:
    """Return a moment's row: its name, decay, gain, and whether it is corrected."""
    if moment.decay == 1 and not moment.gain:
        return name, _("constant 1"), "–", "–"
    return name, f"{moment.decay:g}", f"{moment.gain:.4g}", _("on") if moment.debias else _("off")


def steps(mine: Own, learning_rate: float) -> str:
    """Return the course's four steps in LaTeX with the numbers of this optimizer."""
    lines = [("1", r"g_t = \nabla f(w_t)"), ("2", _recursion("m", mine.first, "g_t"))]
    m, v = _read("m", mine.first), _read("V", mine.second)
    if mine.second.decay == 1 and not mine.second.gain:
        lines += [("", "V_t = 1"), ("3", rf"\eta_t = {tex(learning_rate)}\,{m}")]
    else:
        inside = f" + {tex(mine.epsilon)}" if mine.epsilon_inside else ""
        outside = "" if mine.epsilon_inside else f" + {tex(mine.epsilon)}"
        lines += [
            ("", _recursion("V", mine.second, "g_t^2")),
            ("3", rf"\eta_t = {tex(learning_rate)} \cdot \dfrac{{{m}}}{{\sqrt{{{v}{inside}}}{outside}}}"),
        ]
    lines.append(("4", r"w_{t+1} = w_t - \eta_t"))
    return _aligned([rf"\text{{{n}}} & {line}" for n, line in lines])


def _recursion(name: str, moment: Recursion, new: str) -> str:
    old = rf"{tex(float(moment.decay))}\,{name}_{{t-1}} + " if moment.decay else ""
    gain = rf"{tex(float(moment.gain))}\," if moment.gain != 1 else ""
    corrected = _read(name, moment)
    readout = rf",\quad {corrected} = \dfrac{{{name}_t}}{{1 - {tex(float(moment.decay))}^t}}" if moment.debias else ""
    return rf"{name}_t = {old}{gain}{new}{readout}"


def _read(name: str, moment: Recursion) -> str:
    return rf"\hat {name}_t" if moment.debias else f"{name}_t"


def _aligned(lines: Sequence[str]) -> str:
    return r"\begin{array}{rl}" + r"\\[3pt]".join(lines) + r"\end{array}"


def first_step(settings: Settings) -> Step:
    """Return the first update of the visitor's optimizer, which is the first run of the race."""
    optimizer, start = settings.runs[0].build(), np.array(settings.start)
    with np.errstate(all="ignore"):
        return next(descend(course_of(settings.ground).descended, optimizer, lambda t: settings.learning_rate, start))


def by_hand(settings: Settings) -> str:
    """Return the first step in LaTeX, number for number."""
    step = first_step(settings)
    optimizer = settings.runs[0].build()
    m, v = (
        rf"\hat {name}_1" if moment.debias and moment.decay else f"{name}_1"
        for name, moment in (("m", optimizer.first), ("V", optimizer.second))
    )
    values = [
        ("w_1", step.w),
        ("g_1", step.g),
        (m, step.m),
        (v, np.broadcast_to(step.v, step.w.shape)),
        (r"\eta_1", step.eta),
    ]
    values.append(("w_2", step.w - step.eta))
    return _aligned([rf"{name} & = {_vector(value)}" for name, value in values])


def _vector(value: Array) -> str:
    return r"(" + r",\ ".join(tex(float(x)) for x in np.atleast_1d(value)) + ")"


def programs(settings: Settings, mine: Own) -> list[str]:
    """Return the descent in TensorFlow, step for step, and the same with an optimizer of Keras if it has a name."""
    surface = surface_of(settings.ground.surface, settings.ground.formula)
    start = [float(x) for x in settings.start]
    given = {"settings": settings, "surface": tensorflow_program(surface.expression), "start": start}
    m, v = _code_read("m", mine.first), _code_read("V", mine.second)
    adaptive = not (mine.second.decay == 1 and not mine.second.gain)
    four_steps = printed(
        "two_moments",
        **given,
        mine=mine,
        first_gain=_short(mine.first.gain),
        second_gain=_short(mine.second.gain),
        adaptive=adaptive,
        step=_divided(m, v, mine) if adaptive else m,
    )
    alike = likeness(mine.build())
    if alike.differences:
        return [four_steps]
    code = optimizer_code(alike.name, alike.values, rate_code(settings.learning_rate, "constant", {}, 0))
    return [four_steps, printed("named_optimizer", **given, code=code, loss="f(w)")]


def _divided(m: str, v: str, mine: Own) -> str:
    if not mine.epsilon:
        # Where the gradient has always been 0 both are 0, and so is the step.
        return f"tf.math.divide_no_nan({m}, tf.sqrt({v}))"
    return (
        f"{m} / tf.sqrt({v} + {mine.epsilon!r})" if mine.epsilon_inside else f"{m} / (tf.sqrt({v}) + {mine.epsilon!r})"
    )


def _short(number: float | Array) -> str:
    return f"{float(number):.12g}"


def _code_read(name: str, moment: Recursion) -> str:
    return f"({name} / (1 - {moment.decay!r}**t))" if moment.debias and moment.decay else name


def beyond(name: str) -> str:
    """Say why an optimizer is not two linear moments and nothing more."""
    entry = OPTIMIZERS[name]
    return _(entry.beyond or entry.note)


def leavers() -> str:
    """Return the optimizers that leave the frame, each with the reason, as a table that links to a race of each."""
    body = [
        (
            f'<a href="{escape(href("surfaces", _race(name)))}">{escape(_(OPTIMIZERS[name].title))}</a>',
            f'<span class="optviz-wrap">{escape(beyond(name))}</span>',
        )
        for name in OPTIMIZERS
        if name not in members()
    ]
    return table([escape(_("Optimizer")), escape(_("Why it does not fit the two rows"))], body)


def _race(name: str) -> dict[str, list[str]]:
    rates = {"adadelta": "lr=1", "newton": "lr=1", "lion": "lr=0.03", "prodigy": "lr=1"}
    setting = rates.get(name)
    return {"surface": ["bowl"], "steps": ["100"], "run": ["sgd", "adam", f"{name},{setting}" if setting else name]}
