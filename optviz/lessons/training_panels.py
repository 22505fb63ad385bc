"""The panels of a training: decision regions, curves and histograms, and what each net is called."""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from optviz.figures import classifier as pictures
from optviz.figures.classifier import Bars, Line, Sign, Turn
from optviz.figures.net import net as picture_of_net
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.rosters import differing
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method, Own, Settings, Switch, Trainer, activation_of, axis_of, points_of
from optviz.lessons.trainings import MARKS, NUMBERS, Training, parts_stride, stride_of
from optviz.locale.spoken import _, joined, language
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.schedules import SCHEDULES

SIDES = "ABCDEFGH"
PREFIXES = ("", *(f"{side.lower()}." for side in SIDES[1:]))
"""What the names of a setting begin with in a link."""
DASHES = ("solid", "dash")
COLORS = ("series4", "series8")
"""Those of the two nets, which are not those of training and validation."""


def titles_of(settings: Settings) -> tuple[str, ...]:
    """Return what each net is called, in the visitor's language: "SGD, L2 0.03", or "A: SGD" of several."""
    methods = tuple(replace(method, own=_told(settings, method.own)) for method in settings.methods)
    shared = (
        methods[0].trainer.learning_rate if len({method.trainer.learning_rate for method in methods}) == 1 else np.nan
    )
    titles = tuple(_title(method, shared, methods) for method in methods)
    if len(titles) == 1:
        return titles
    return tuple(f"{side}: {title}" for side, title in zip(SIDES, titles, strict=False))


def _title(method: Method, shared: float, methods: tuple[Method, ...]) -> str:
    first = title_of(method.trainer, np.nan if method.switch else shared)
    second = title_of_switch(method.switch, np.nan) if method.switch else ""
    name = _("{first}, then {second}").format(first=first, second=second) if second else first
    # Of two that one has none is said as well.
    told = methods if len(methods) == 2 else (method,)
    l2 = [f"L2 {method.l2:g}"] if any(each.l2 for each in told) else []
    l1 = [f"L1 {method.l1:g}"] if any(each.l1 for each in told) else []
    return _(", ").join([name, *l2, *l1, *_own(method.own)])


def _told(settings: Settings, own: Own) -> Own:
    """Return what is said of a method: what it has of its own, and what it shares of which another has its own."""
    names = {name for method in settings.methods for name in method.own.changes}
    return Own(**{name: getattr(settings, name) for name in names} | own.changes)


def _own(own: Own) -> list[str]:
    """Return what a method has of its own."""
    named = (
        ("" if own.layers is None else _("hidden layers: {n}").format(n=own.layers)),
        ("" if own.units is None else _("units: {n}").format(n=own.units)),
        _(ACTIVATIONS[own.activation.name].title) if own.activation else "",
        _(SCHEDULES[own.schedule.name].title) if own.schedule else "",
        "" if own.batch_size is None else _("batch {n}").format(n=own.batch_size),
    )
    return [each for each in named if each]


def title_of_switch(switch: Switch, shared: float) -> str:
    """Return what takes over: an optimizer with its learning rate, and its L2 where that is another."""
    l2 = [] if switch.l2 is None else [f"L2 {switch.l2:g}"]
    return _(", ").join([title_of(switch.trainer, shared), *l2])


def title_of(trainer: Trainer, shared: float) -> str:
    """Return the name of an optimizer, with its learning rate unless it is the shared one."""
    changed = differing(trainer.recipe, dict(trainer.optimizer.values))
    return Run(trainer.optimizer.name, trainer.learning_rate, changed).title(shared)


def panels_of(training: Training, asked: tuple[float, float], log: bool) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language."""
    return _panels(training.settings, tuple(training.edges.tolist()), asked, log, language())


@lru_cache(maxsize=64)
def _panels(
    settings: Settings, edges: tuple[float, ...], asked: tuple[float, float], log: bool, spoken: str
) -> tuple[Panel, ...]:
    titles = titles_of(settings)
    regions = [_region_panel(settings, side, asked, titles) for side in range(len(titles))]
    nets = [_net_panel(settings, side) for side in range(len(titles))]
    turns = turns_of(settings)
    figures = (
        (
            _("Loss"),
            pictures.curves(
                _lines(settings, ("loss", "data_loss", "penalty", "validation_loss")),
                title=_("Loss"),
                step_title=_("Epoch"),
                log=log,
                faint=_faint(settings),
                signs=_signs(settings),
                turns=turns,
                left=_left(settings, ("loss", "validation_loss")),
            ),
            "loss",
        ),
        (
            _("Accuracy"),
            pictures.curves(
                _lines(settings, ("accuracy", "validation_accuracy")),
                title=_("Accuracy"),
                step_title=_("Epoch"),
                percent=True,
                turns=turns,
                left=_left(settings, ("accuracy", "validation_accuracy")),
            ),
            "loss",
        ),
        (
            _("Weights"),
            pictures.histogram(
                [Bars(title, f"weights{side}", COLORS[side]) for side, title in enumerate(titles)],
                np.array(edges),
                title=_("Weight"),
                count_title=_("Number of weights"),
            ),
            "weights",
        ),
        (
            _("Learning rate"),
            pictures.curves(
                _lines(settings, ("learning_rate",)),
                title=_("Learning rate"),
                step_title=_("Epoch"),
                turns=turns,
                left=_left(settings, ("learning_rate",)),
            ),
            "weights",
        ),
    )
    return (
        *regions,
        *nets,
        *(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in figures),
    )


def _region_panel(settings: Settings, side: int, asked: tuple[float, float], titles: tuple[str, ...]) -> Panel:
    words = {
        "output": _("output {z}%, above {limit}%: class 1").format(z="%{z}", limit=pictures.BOUNDARY),
        "class0": _("class 0"),
        "class1": _("class 1"),
        "validation": _("validation"),
        "asked": _("the point in question"),
        "best": _("best epoch"),
    }
    xs = axis_of(settings.sample)
    best = f"best{side}" if settings.watched and settings.stopping else ""
    figure = pictures.regions(f"regions{side}", xs, *points_of(settings.sample), asked, words, best=best)
    title = titles[side] if len(titles) > 1 else _("Decision regions")
    return Panel(figure.to_json(), tracks_of(figure), title, f"regions{side}", pick=True)


def _net_panel(settings: Settings, side: int) -> Panel:
    several, quiet, settings = len(settings.methods) > 1, settings.told_by_curves, settings.of(side)
    network, sample = Network(settings.sizes, activation_of(settings)), settings.sample
    every = parts_stride(settings)
    words = {
        "legend": _("Red is positive, blue negative and dashed, a wide edge a large weight. Tap a unit or an edge."),
        "some": _("{shown} of {units} hidden units are drawn: those whose output varies most."),
        "every": _("The net moves every {n} epochs.").format(n=every) if every > stride_of(settings.epochs) else "",
        "keys": _("arrow keys go from unit to edge to unit, enter shows one large, Esc closes it"),
        "unit": _("Unit {number}, layer {layer}"),
        "output": _("Output"),
        "range": _("from {low} to {high} over the picture"),
        "bias": _("bias {value}"),
        "weight": _("weight {value}"),
        "gradient": _("gradient {value}"),
        "step": _("next step {value}"),
    }
    title = joined(_("Network"), SIDES[side]) if several else _("Network")
    figure = picture_of_net(
        f"net{side}", network, LOSSES[settings.loss].response, axis_of(sample), points_of(sample)[0], words
    )
    return Panel(figure.to_json(), tracks_of(figure), title, f"net{side}", quiet=quiet)


class Curve(NamedTuple):
    """How a number is drawn, on both sides alike."""

    color: str
    dash: str
    symbol: str


_CURVES = {
    "loss": Curve("series1", "solid", "circle"),
    "data_loss": Curve("series5", "longdash", "diamond"),
    "penalty": Curve("series3", "dot", "triangle-up"),
    "validation_loss": Curve("series2", "dash", "square"),
    "accuracy": Curve("series1", "solid", "circle"),
    "validation_accuracy": Curve("series2", "dash", "square"),
    "learning_rate": Curve("series4", "solid", "circle"),
}


OF_A_PENALTY = ("data_loss", "penalty")
"""The parts of the loss, drawn where there are two: the loss is what is minimized, with the penalty."""


def _names(penalized: bool) -> dict[str, str]:
    return {
        "loss": _("training, with penalty") if penalized else _("training"),
        "data_loss": _("training, without penalty"),
        "penalty": _("penalty"),
        "validation_loss": _("{name}, without penalty").format(name=_("validation")) if penalized else _("validation"),
        "accuracy": _("training"),
        "validation_accuracy": _("validation"),
        "learning_rate": _("Learning rate"),
    }


def _lines(settings: Settings, shown: tuple[str, ...]) -> list[Line]:
    return [line for side in range(len(settings.methods)) for _name, line in _curves_of(settings, shown, side)]


def _curves_of(settings: Settings, shown: tuple[str, ...], side: int) -> list[tuple[str, Line]]:
    """Return the curves of one net, each beside the name of the number that it shows."""
    single, penalized = len(settings.methods) == 1, settings.methods[side].penalized
    names = _names(penalized)
    if not len(points_of(settings.sample)[1]):
        shown = tuple(name for name in shown if not name.startswith("validation"))
    return [
        (
            name,
            Line(
                names[name] if single else f"{SIDES[side]} {names[name]}",
                column_of(name, side, penalized),
                COLORS[side] if name == "learning_rate" and not single else curve.color,
                curve.dash if single else DASHES[side],
                curve.symbol if side == 0 else f"{curve.symbol}-open",
            ),
        )
        for name, curve in ((name, _CURVES[name]) for name in shown)
        if penalized or name not in OF_A_PENALTY
    ]


def column_of(name: str, side: int, penalized: bool, ghost: bool = False) -> tuple[str, int]:
    """Return where the numbers of a net's curve are: those of the net, or of the future that its fork left."""
    if name == "loss" and penalized:
        return (f"minimized_ghost{side}", 0) if ghost else ("minimized", side)
    number = NUMBERS.index("loss" if name == "data_loss" else name)
    return (f"ghost{side}", number) if ghost else ("numbers", side * len(NUMBERS) + number)


def _left(settings: Settings, shown: tuple[str, ...]) -> list[Line]:
    """Return the ghosts of curves: what the trainings that were forked would have done as they were."""
    haunted = [side for side, method in enumerate(settings.methods) if method.haunted]
    return [
        line._replace(name=_("unchanged"), column=column_of(name, side, settings.methods[side].penalized, ghost=True))
        for side in haunted
        for name, line in _curves_of(settings, shown, side)
    ]


def _faint(settings: Settings) -> list[Line]:
    """Return the curves of all starts, of the loss that counts."""
    if settings.starts == 1:
        return []
    penalized = any(method.penalized for method in settings.methods)
    training = _("all starts, training with penalty") if penalized else _("all starts, training")
    name = _("all starts, validation") if settings.held_out else training
    curve = _CURVES["validation_loss" if settings.held_out else "loss"]
    dashes = DASHES if len(settings.methods) > 1 else ("solid",)
    return [
        Line(name, (f"starts{side}", start), curve.color, dash, curve.symbol)
        for side, dash in enumerate(dashes)
        for start in range(settings.starts)
    ]


def _signs(settings: Settings) -> list[Sign]:
    if not settings.watched:
        return []
    looks = [("reduced", _("learning rate reduced"), "series4", "triangle-down", 14)] if settings.reducing else []
    # it stands around the head of the curve
    looks += [("stopped", _("stopped early"), "bad", "octagon", 22)] if settings.stopping else []
    signs = [
        Sign(name, "grow", "step", (f"marks{side}", MARKS.index(mark)), color, _open(symbol, side), side == 0, size)
        for side in range(len(settings.methods))
        for mark, name, color, symbol, size in looks
    ]
    best = [
        Sign(
            _("best epoch"),
            "at",
            (f"marks{side}", MARKS.index("best_epoch")),
            (f"marks{side}", MARKS.index("best_loss")),
            "good",
            _open("star", side),
            side == 0,
        )
        for side in range(len(settings.methods))
    ]
    return [*signs, *best] if settings.stopping else signs


def _open(symbol: str, side: int) -> str:
    return f"{symbol}-open" if side else symbol


def turns_of(settings: Settings) -> list[Turn]:
    several = len(settings.methods) > 1
    return [
        Turn(method.switch.epoch, f"{SIDES[side]} {name}" if several else name)
        for side, method in enumerate(settings.methods)
        if method.switch
        for name in [title_of_switch(method.switch, method.trainer.learning_rate)]
    ]
