"""The page of losses as curves: two families, each loss with its derivative, and a probe that reads them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from optviz.arrays import Array
from optviz.figures import losses as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits
from optviz.lessons.tables import table as html
from optviz.libraries import in_tensorflow
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.losses import LOGIT, LOSSES, RAW, Loss, Response, focal, huber
from optviz.recipes import Range, Recipe

CURVE = 401


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A family, the values of its loss with parameters, where the probe stands, and the example's class."""

    family: str
    values: tuple[tuple[str, float], ...]
    probe: float
    label: int = 0

    @property
    def own(self) -> dict[str, float]:
        """The values of the loss with parameters, by name."""
        return dict(self.values)

    @property
    def losses(self) -> dict[str, Loss]:
        """The losses of the family by name, the one with parameters last."""
        family = FAMILIES[self.family]
        return {**{name: LOSSES[name] for name in family.plain}, family.recipe.name: family.recipe(**self.own)}


T = TypeVar("T", float, Array)


class Reading(NamedTuple, Generic[T]):
    """A loss and its derivative by the output, at one point or at many."""

    value: T
    slope: T


Readings = Mapping[str, Reading[float]]
"""What the probe reads, by the loss' name."""


def read(settings: Settings, x: Array) -> dict[str, Reading[Array]]:
    """Return each loss with its derivative at x, `(n,)` each, by name."""
    y = np.full_like(x, settings.label)
    return {name: Reading(loss.value(x, y), loss.derivative(x, y)) for name, loss in settings.losses.items()}


def at_probe(settings: Settings) -> Readings:
    """Return each loss with its slope at the probe, by name."""
    readings = read(settings, np.array([settings.probe])).items()
    return {name: Reading(float(value[0]), float(slope[0])) for name, (value, slope) in readings}


@lru_cache(maxsize=64)
def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the curves and the points on them, one row each."""
    span = FAMILIES[settings.family].probe
    x = np.linspace(span.low, span.high, CURVE)
    rows = {"x": x}
    for name, reading in read(settings, x).items():
        for part, numbers in reading._asdict().items():
            rows[f"{name}_{part}"] = numbers
    for name, here in at_probe(settings).items():
        for part, number in here._asdict().items():
            rows[f"{name}_{part}_at"] = np.array([settings.probe, number])
    return {name: row[None] for name, row in rows.items()}


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return two panels: the losses, and their derivatives; a drag moves the probe."""
    return _panels(settings.family, language())


@lru_cache(maxsize=16)
def _panels(name: str, spoken: str) -> tuple[Panel, ...]:
    family = FAMILIES[name]
    titles = {"value": _("Loss"), "slope": _("Derivative: the pull of an example")}
    panels = []
    for part, height in zip(titles, family.heights, strict=True):
        figure = pictures.curves(
            titles_of(name),
            "x",
            [f"{loss}_{part}" for loss in family.names],
            [(f"{loss}_{part}_at", "") for loss in family.names],
            ((family.probe.low, family.probe.high), height),
            (_(family.axis), ""),
        )
        panels.append(Panel(figure.to_json(), tracks_of(figure), titles[part], part, "drag"))
    return tuple(panels)


def titles_of(family: str) -> tuple[str, ...]:
    """Return the names of a family's losses in the visitor's language."""
    return tuple(_(LOSSES[name].title) for name in FAMILIES[family].names)


def say(settings: Settings) -> str:
    """Say what the probe reads, in words."""
    return FAMILIES[settings.family].say(settings, at_probe(settings))


def table(settings: Settings) -> str:
    """Return each loss with its value and slope at the probe, as HTML."""
    family, here = FAMILIES[settings.family], at_probe(settings)
    at = f"{family.symbol} = {digits(settings.probe)}"
    heads = (_("Loss"), _("Value at {point}").format(point=at), _("Slope at {point}").format(point=at))
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(title)}',
            digits(here[name].value),
            digits(here[name].slope),
        )
        for series, name, title in zip(SERIES, family.names, titles_of(settings.family), strict=False)
    ]
    return html([escape(head) for head in heads], rows)


def tex(settings: Settings) -> str:
    """Return the loss with parameters in LaTeX, with the numbers of the moment."""
    return FAMILIES[settings.family].tex(settings, at_probe(settings))


def program(settings: Settings) -> str:
    """Return a program that reads the losses and their slopes at the probe with TensorFlow."""
    calls = {name: _in_keras(loss) for name, loss in settings.losses.items()}
    return printed("loss_curves", calls=calls, label=float(settings.label), probe=float(settings.probe))


def _in_keras(loss: Loss) -> str:
    return f"tf.keras.losses.{loss.keras.call}" if loss.keras else f"lambda y, output: {in_tensorflow(loss.code)}"


# ---- regression: the error is the output against a target of 0


def _say_error(settings: Settings, here: Readings) -> str:
    pulls = {name: digits(abs(reading.slope)) for name, reading in here.items()}
    first = _(
        "At an error of {error} the pull (the derivative) is {mse} for the squared error, {mae} for the "
        "absolute error and {huber} for Huber."
    )
    second = (
        _("Up to δ = {delta} Huber is half the squared error, and this error is within.")
        if abs(settings.probe) <= settings.own["delta"]
        else _("Beyond δ = {delta} Huber pulls no harder than δ: an outlier cannot take over.")
    )
    return joined(
        first.format(error=digits(settings.probe), **pulls), second.format(delta=digits(settings.own["delta"]))
    )


def _tex_error(settings: Settings, here: Readings) -> str:
    e, delta, value = settings.probe, settings.own["delta"], digits(here["huber"].value)
    inside = abs(e) <= delta
    side = r"\le" if inside else ">"
    form = r"\tfrac12 e^2" if inside else r"\delta \left(|e| - \tfrac12 \delta\right)"
    numbers = rf"\tfrac12 ({e:g})^2" if inside else rf"{delta:g}\,({abs(e):g} - {delta / 2:g})"
    return (
        rf"\begin{{aligned}} |e| = {abs(e):g} {side} \delta = {delta:g}: \quad \mathrm{{Huber}} &= {form} \\"
        rf" &= {numbers} = {value} \end{{aligned}}"
    )


# ---- classification: the output is the logit


def _say_logit(settings: Settings, here: Readings) -> str:
    plain, hard = here["binary_crossentropy"].value, here["focal"].value
    certain = float(np.exp(-plain))
    first = _(
        "An example of class {label} with probability {probability} for its class has cross-entropy "
        "{plain} and focal loss {focal}, {ratio} times as much."
    )
    if not settings.own["gamma"]:
        second = _("With γ = 0 focal loss is cross-entropy, times the class weight α if balance is on.")
    elif certain > 0.5:
        second = _("It is already classified correctly, so focal loss concentrates on the others.")
    else:
        second = _("It is classified wrongly, so focal loss keeps most of its weight.")
    values = {"probability": digits(certain), "plain": digits(plain), "focal": digits(hard)}
    return joined(first.format(label=settings.label, ratio=f"{hard / plain:.2g}", **values), second)


def _tex_logit(settings: Settings, here: Readings) -> str:
    own, p = settings.own, digits(float(np.exp(-here["binary_crossentropy"].value)))
    share = own["alpha"] if settings.label else 1 - own["alpha"]
    weight, number = (r"\alpha_y\,", rf"{share:g} \cdot ") if own["balance"] else ("", "")
    return (
        rf"\mathrm{{Focal}} = -{weight}(1 - p)^{{\gamma}} \ln p"
        rf" = -{number}(1 - {p})^{{{own['gamma']:g}}} \ln {p} = {digits(here['focal'].value)}"
    )


@dataclass(frozen=True)
class Family:
    """Losses over one quantity, `symbol`: those without parameters, and the recipe of one that has some.

    `heights` are the ranges of the two pictures.
    """

    title: str
    axis: str
    symbol: str
    plain: tuple[str, ...]
    recipe: Recipe[Loss]
    probe: Range
    default: float
    heights: tuple[tuple[float, float], tuple[float, float]]
    labelled: bool
    say: Callable[[Settings, Readings], str]
    tex: Callable[[Settings, Readings], str]

    @property
    def names(self) -> tuple[str, ...]:
        """The losses' names, the one with parameters last."""
        return (*self.plain, self.recipe.name)


def _plain(response: Response, besides: Recipe[Loss]) -> tuple[str, ...]:
    """Return the names of the losses without parameters of outputs that mean one thing."""
    return tuple(name for name, loss in LOSSES.items() if loss.response == response and name != besides.name)


FAMILIES: Mapping[str, Family] = {
    "error": Family(
        N_("Regression"),
        N_("Error e = prediction − target"),
        "e",
        _plain(RAW, huber),
        huber,
        Range(-4.0, 4.0, "e"),
        2.0,
        ((0.0, 8.0), (-5.0, 5.0)),
        False,
        _say_error,
        _tex_error,
    ),
    "logit": Family(
        N_("Classification"),
        N_("Logit z, the output before the sigmoid"),
        "z",
        _plain(LOGIT, focal),
        focal,
        Range(-8.0, 8.0, "z"),
        2.0,
        ((0.0, 8.0), (-1.6, 1.6)),
        True,
        _say_logit,
        _tex_logit,
    ),
}
"""The two families: losses over the error of a regression, and over the logit of a classification."""
