"""The initialization page: from its settings to the histograms, the curves, the table, the formula and the program."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import initialization as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits, share, tex
from optviz.lessons.tables import table as html
from optviz.lessons.tensorflow_code import tensorflow_call
from optviz.locale.spoken import N_, _, joined, language, titled
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.initialization import ROWS, Depth, Fate, Spread, expected, fate, passed, propagate, scales
from optviz.networks.network import INITIALIZATIONS, Initialization
from optviz.recipes import Choice

OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the page shows: the net, its activation, the initialization chosen, and the visitor's own deviation."""

    net: Depth
    activation: Choice
    initialization: str
    deviation: float


def titles() -> dict[str, str]:
    """Return the initializations to choose from, the visitor's own last."""
    return titled(INITIALIZATIONS) | {OWN: _("Your own σ")}


def activation_of(settings: Settings) -> Activation:
    """Return the activation."""
    return settings.activation.of(ACTIVATIONS)


def initializations_of(settings: Settings) -> tuple[Initialization, ...]:
    """Return all initializations, the visitor's own last."""
    own = Initialization(
        OWN, "σ", rf"\mathcal{{N}}(0, {settings.deviation:g}^2)", lambda inputs, outputs: settings.deviation
    )
    return (*INITIALIZATIONS.values(), own)


def place_of(settings: Settings) -> int:
    """Return the place of the chosen initialization among all."""
    return [each.name for each in initializations_of(settings)].index(settings.initialization)


@lru_cache(maxsize=64)
def spread_of(settings: Settings) -> Spread:
    """Send the inputs through the net under every initialization."""
    return propagate(settings.net, activation_of(settings), initializations_of(settings), place_of(settings))


@lru_cache(maxsize=64)
def theory_of(settings: Settings, place: int) -> Array:
    """Return the deviation that theory expects of each layer."""
    return expected(settings.net, activation_of(settings), initializations_of(settings)[place])


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return what the pictures follow; a deviation of 0 has no place on a log axis."""
    spread = spread_of(settings)
    theory = theory_of(settings, place_of(settings))
    return {
        "heights": pictures.heights(spread.histogram),
        "deviation": np.where(spread.deviation > 0, spread.deviation, np.nan),
        "heads": pictures.heads(spread.deviation),
        "theory": np.where(theory > 0, theory, np.nan)[:, None],
    }


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the histograms, and the deviation over the layers."""
    edges = spread_of(settings).edges
    return _panels(
        settings.net.depth, edges.size - 1, float(edges[0]), float(edges[-1]), place_of(settings), language()
    )


@lru_cache(maxsize=256)
def _panels(depth: int, bins: int, low: float, high: float, place: int, spoken: str) -> tuple[Panel, ...]:
    title = _("Layer, each from {low} to {high}").format(low=f"{low:g}".replace("-", "−"), high=f"{high:g}")
    words = {"layer": _("Layer"), "deviation": _("Standard deviation"), "theory": _("Theory for the chosen one")}
    drawn = (
        (_("Activations of each layer"), pictures.histograms(depth, bins, place, title), "histograms"),
        (
            _("Standard deviation of each layer"),
            pictures.deviations(tuple(titles().values()), place, depth, words),
            "deviations",
        ),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), name, cell) for name, figure, cell in drawn)


FATES = {
    Fate.HOLDS: N_("holds"),
    Fate.FADES: N_("fades"),
    Fate.EXPLODES: N_("explodes"),
    Fate.SATURATES: N_("saturates"),
}

_SAID = {
    Fate.HOLDS: N_(
        "{name} with {activation} keeps the signal: the standard deviation is {first} in layer 1 and "
        "{last} in layer {depth}."
    ),
    Fate.FADES: N_(
        "With {name} and {activation} the signal fades: the standard deviation falls from {first} in "
        "layer 1 to {last} in layer {depth}."
    ),
    Fate.EXPLODES: N_(
        "With {name} and {activation} the signal explodes: the standard deviation grows from {first} in "
        "layer 1 to {last} in layer {depth}."
    ),
    Fate.SATURATES: N_(
        "{name} with {activation} saturates: in layer {depth}, {saturated} of the outputs lie at a bound, "
        "where the slope is nearly 0."
    ),
}


def say(settings: Settings) -> str:
    """Say what becomes of the signal, with the numbers."""
    spread, place = spread_of(settings), place_of(settings)
    deviation, saturated, zeros = (each[:, place] for each in (spread.deviation, spread.saturated, spread.zeros))
    said = _(_SAID[fate(deviation, saturated)]).format(
        name=titles()[settings.initialization],
        activation=_(ACTIVATIONS[settings.activation.name].title),
        first=digits(deviation[1]),
        last=digits(deviation[-1]),
        depth=settings.net.depth,
        saturated=share(saturated[-1]),
    )
    if zeros[-1] > 0:
        dead = _("{zeros} of its outputs are exactly 0; the histogram leaves them out.").format(zeros=share(zeros[-1]))
        return joined(said, dead)
    return said


def report(settings: Settings) -> str:
    """Return a table with a row for each initialization."""
    return _report(settings, language())


@lru_cache(maxsize=64)
def _report(settings: Settings, spoken: str) -> str:
    spread, width, depth = spread_of(settings), settings.net.width, settings.net.depth
    heads = (
        _("Initialization"),
        _("σ of the weights"),
        _("Standard deviation, layer 1"),
        _("Standard deviation, layer {depth}").format(depth=depth),
        _("By theory"),
        _("Saturated"),
        _("Exactly 0"),
        _("The signal"),
    )
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(title)}',
            digits(each.deviation(width, width)),
            digits(spread.deviation[1, i]),
            digits(spread.deviation[-1, i]),
            digits(theory_of(settings, i)[-1]),
            share(spread.saturated[-1, i]),
            share(spread.zeros[-1, i]),
            escape(_(FATES[fate(spread.deviation[:, i], spread.saturated[:, i])])),
        )
        for i, (each, title, series) in enumerate(
            zip(initializations_of(settings), titles().values(), SERIES, strict=False)
        )
    ]
    return html([escape(head) for head in heads], rows)


def formula(settings: Settings) -> tuple[str, str]:
    """Return, in LaTeX, how the variance goes through a layer, with the numbers of the chosen one; and a note on it."""
    place, n, activation = place_of(settings), settings.net.width, activation_of(settings)
    sigma, spread = initializations_of(settings)[place].deviation(n, n), spread_of(settings)
    factor, gain = rf"{n} \cdot {tex(sigma, 3)}^2", n * sigma**2
    if scales(activation):
        rule, kept = r"E[a_{l+1}^2] / E[a_l^2] &= n\,\sigma^2\,E[f(u)^2]", passed(activation)
    else:
        rule, kept = r"\operatorname{Var} z_2 &= n\,\sigma^2\,E[a_1^2]", float(spread.square[1, place])
    lines = (
        r"\operatorname{Var} z_1 &= n\,\sigma^2\,E[x^2]",
        rf"&= {factor} \cdot 1 = {tex(gain, 3)}",
        rule,
        rf"&= {factor} \cdot {tex(kept, 3)} = {tex(gain * kept, 3)}",
    )
    note = _(
        "n is the number of units, σ the standard deviation of the weights, f the activation; u is "
        "drawn from N(0, 1). Theory predicts a standard deviation of {theory} in layer {depth}; "
        "measured: {measured}."
    ).format(
        depth=settings.net.depth,
        theory=digits(theory_of(settings, place)[-1]),
        measured=digits(spread.deviation[-1, place]),
    )
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}", note


def program(settings: Settings) -> str:
    """Return a TensorFlow program that sends the same inputs through the same layers."""
    chosen, net = initializations_of(settings)[place_of(settings)], settings.net
    output = tensorflow_call(activation_of(settings), f"tf.matmul(a, W) + {chosen.bias!r}")
    return printed(
        "initialization", net=net, rows=ROWS, deviation=chosen.deviation(net.width, net.width), output=output
    )
