"""More than two trainings under one playhead: their regions small side by side, their curves in one picture, a ranking.

The rows of their numbers are those of `trainings.Training`.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

import numpy as np

from optviz.figures import classifier as pictures
from optviz.figures.classifier import Line
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.figures.tiles import tiles
from optviz.lessons.comparisons import TRAINED, least
from optviz.lessons.tables import NOTHING, digits, share
from optviz.lessons.tables import table as html
from optviz.lessons.training_panels import SIDES, column_of, titles_of, turns_of
from optviz.lessons.training_settings import CELLS, Settings, axis_of, points_of
from optviz.lessons.trainings import NUMBERS, Net, Training
from optviz.locale.spoken import N_, _, joined, language

MARKS = tuple(look.glyph for look in SERIES)
"""The signs of the settings, as their curves have them."""


def panels_of(training: Training, asked: tuple[float, float], log: bool) -> tuple[Panel, ...]:
    """Return the panels in the visitor's language."""
    return _panels(training.settings, asked, log, language())


@lru_cache(maxsize=64)
def _panels(settings: Settings, asked: tuple[float, float], log: bool, spoken: str) -> tuple[Panel, ...]:
    held_out = settings.held_out
    losses = [("validation_loss", _("Validation loss"))] if held_out else []
    losses += [("loss", _("Training loss"))]
    shares = [("validation_accuracy", _("Validation accuracy"))] if held_out else []
    shares += [("accuracy", _("Training accuracy"))]
    return (
        _regions(settings, asked),
        *(_curves(settings, name, title, "loss", log=log) for name, title in losses),
        *(_curves(settings, name, title, "accuracy", percent=True) for name, title in shares),
        _curves(settings, "learning_rate", _("Learning rate"), "accuracy"),
    )


def _regions(settings: Settings, asked: tuple[float, float]) -> Panel:
    reach = float(axis_of(settings.sample)[-1])
    points = [
        (*(0.5 + x / (2 * reach)).round(4).tolist(), int(label), hollow)
        for hollow, data in enumerate(points_of(settings.sample))
        for x, label in zip(data.x, data.y, strict=True)
    ]
    question = [round(0.5 + each / (2 * reach), 4) for each in asked]
    titles = titles_of(settings)
    figure = tiles(
        "arena",
        CELLS,
        pictures.PERCENT,
        1,
        names=titles,
        above=titles,
        keys=_("arrow keys go from one to another, enter shows it large, Esc closes it"),
        land={"points": points, "asked": question},
    )
    return Panel(figure.to_json(), tracks_of(figure), _("Decision regions"), "regions")


def _curves(settings: Settings, name: str, title: str, cell: str, *, log: bool = False, percent: bool = False) -> Panel:
    left = [
        Line(_("unchanged"), column_of(name, side, penalized=False, ghost=True), *SERIES[side][:3])
        for side, method in enumerate(settings.methods)
        if method.haunted
    ]
    figure = pictures.curves(
        [_line(name, side) for side in range(len(settings.methods))],
        title=title,
        step_title=_("Epoch"),
        log=log,
        percent=percent,
        turns=turns_of(settings),
        left=left,
    )
    return Panel(figure.to_json(), tracks_of(figure), title, cell)


def _line(name: str, side: int) -> Line:
    return Line(SIDES[side], column_of(name, side, penalized=False), *SERIES[side][:3])


class Standing(NamedTuple):
    """How a training stands: the loss by which it is ranked, now and at its best, and what it took to get there."""

    side: int
    title: str
    net: Net
    loss: float
    best: float
    best_epoch: int
    updates: int
    milliseconds: float


def standings(training: Training) -> list[Standing]:
    """Return how each training stands, by its validation loss, or its training loss where no points are held out."""
    column = NUMBERS.index(_ranked(training.settings))
    titles = titles_of(training.settings)
    return [_stand(side, titles[side], net, net.numbers[: training.epoch + 1, column]) for side, net in _nets(training)]


def _nets(training: Training) -> list[tuple[int, Net]]:
    return list(enumerate(training.nets))


def _ranked(settings: Settings) -> str:
    return "validation_loss" if settings.held_out else "loss"


def _stand(side: int, title: str, net: Net, losses: np.ndarray) -> Standing:
    loss = np.nan if net.left.reason == "diverged" else float(getattr(net.left, _ranked(net.settings)))
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    updates = best * net.classifier.steps_per_epoch
    return Standing(side, title, net, loss, float(losses[best]), best, updates, 1000 * float(net.clock[best]))


_LEADS: dict[bool, str] = {
    True: N_("{names} has the smallest validation loss after {epoch} epochs: {loss}."),
    False: N_("{names} has the smallest training loss after {epoch} epochs: {loss}."),
}
_LEAD: dict[bool, str] = {
    True: N_("{names} have the smallest validation loss after {epoch} epochs, {loss}, and are less than 1% apart."),
    False: N_("{names} have the smallest training loss after {epoch} epochs, {loss}, and are less than 1% apart."),
}


def say_ranking(training: Training) -> str:
    """Say which trainings lead, how the others follow, and which have diverged."""
    stands = standings(training)
    lost = [SIDES[each.side] for each in stands if not np.isfinite(each.loss)]
    gone = [_("Diverged: {names}.").format(names=_(", ").join(lost))] if lost else []
    ranked = sorted((each for each in stands if np.isfinite(each.loss)), key=lambda each: each.loss)
    if not ranked:
        return joined(*gone)
    leaders = [ranked[place] for place in least([each.loss for each in ranked], within=TRAINED)]
    text = _((_LEADS if len(leaders) == 1 else _LEAD)[training.settings.held_out])
    names = leaders[0].title if len(leaders) == 1 else _(", ").join(SIDES[each.side] for each in leaders)
    said = [text.format(names=names, epoch=training.epoch, loss=digits(leaders[0].loss))]
    others = [f"{SIDES[each.side]} {digits(each.loss)}" for each in ranked[len(leaders) :]]
    said += [_("Then follow {others}.").format(others=_(", ").join(others))] if others else []
    return joined(*said, *gone)


def table(training: Training) -> str:
    """Return the table under the picture as HTML: one row a setting."""
    held_out = training.settings.held_out
    penalized = any(method.penalized for method in training.settings.methods)
    shown = ("loss", "validation_loss") if held_out else ("loss",)
    heads = (
        "",
        _("Training loss, without penalty") if penalized else _("Training loss"),
        *([_("Validation loss")] if held_out else []),
        _("Best validation loss") if held_out else _("Best training loss"),
        _("Epochs to it"),
        _("Updates to it"),
        _("Milliseconds to it"),
        _("Validation accuracy") if held_out else _("Accuracy"),
    )
    rows = [
        [escape(text) for text in (f"{MARKS[each.side]} {each.title}", *_cells(each, shown))]
        for each in standings(training)
    ]
    return html(heads, rows)


def _cells(stand: Standing, shown: Sequence[str]) -> tuple[str, ...]:
    left = stand.net.left
    is_over = left.reason == "diverged"
    return (
        *(NOTHING if is_over else digits(float(getattr(left, name))) for name in shown),
        digits(stand.best),
        str(stand.best_epoch),
        f"{stand.updates:,}",
        f"{stand.milliseconds:.0f}",
        NOTHING if is_over else share(float(left.validation_accuracy if len(shown) > 1 else left.accuracy)),
    )
