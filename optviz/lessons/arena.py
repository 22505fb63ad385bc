"""More than two trainings under one playhead: their regions small side by side, their curves in one picture, a ranking.

The rows of their numbers are those of `trainings.Training`.
"""

from collections.abc import Callable, Mapping
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
from optviz.lessons.trainings import BANDED, NUMBERS, Net, Training
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.seeds import LUCK, Paired, middle

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
    title = _("Decision regions of the best starts") if settings.starts > 1 else _("Decision regions")
    return Panel(figure.to_json(), tracks_of(figure), title, "regions")


def _curves(settings: Settings, name: str, title: str, cell: str, *, log: bool = False, percent: bool = False) -> Panel:
    left = [
        Line(_("unchanged"), column_of(name, side, penalized=False, ghost=True), *SERIES[side][:3])
        for side, method in enumerate(settings.methods)
        if method.haunted
    ]
    sides, banded = range(len(settings.methods)), settings.starts > 1 and name in BANDED
    figure = pictures.curves(
        [_line(name, side, 0 if banded else None) for side in sides],
        faint=[
            _line(name, side, end)._replace(name=_("the middle half of the seeds"))
            for side in sides
            for end in ((1, 2) if banded else ())
        ],
        title=title,
        step_title=_("Epoch"),
        log=log,
        percent=percent,
        turns=turns_of(settings),
        left=left,
    )
    return Panel(figure.to_json(), tracks_of(figure), title, cell)


def _line(name: str, side: int, part: int | None) -> Line:
    """Return a curve of a net, or of a band of its starts: the median, or one of the ends of the middle half."""
    column = column_of(name, side, penalized=False) if part is None else (f"band{side}", 3 * BANDED.index(name) + part)
    return Line(SIDES[side], column, *SERIES[side][:3])


class Standing(NamedTuple):
    """How a training stands: the loss by which it is ranked, now and at its best, and what it took to get there.

    Of several starts it is their median, nan where half of them or more have diverged; `low` and `high` are the ends of
    their middle half.
    """

    side: int
    title: str
    net: Net
    loss: float
    low: float
    high: float
    best: float
    best_epoch: int
    updates: int
    milliseconds: float


def standings(training: Training) -> list[Standing]:
    """Return how each training stands, by its validation loss, or its training loss where no points are held out."""
    titles, rows = titles_of(training.settings), training.epoch + 1
    return [_stand(side, titles[side], net, rows) for side, net in enumerate(training.nets)]


def _stand(side: int, title: str, net: Net, rows: int) -> Standing:
    name = "validation_loss" if net.settings.held_out else "loss"
    if net.several:
        losses, (loss, low, high) = net.bands[:rows, 3 * BANDED.index(name)], middle(net.ends)
    else:
        losses, loss = net.numbers[:rows, NUMBERS.index(name)], float(getattr(net.left, name))
        loss = low = high = np.nan if net.left.reason == "diverged" else loss
    known = np.isfinite(losses)
    best = int(np.where(known, losses, np.inf).argmin())
    updates, milliseconds = best * net.classifier.steps_per_epoch, 1000 * float(net.clock[best])
    return Standing(side, title, net, loss, low, high, float(losses[best]), best, updates, milliseconds)


_LEADS: Mapping[tuple[bool, bool], tuple[str, str]] = {
    (True, False): (
        N_("{names} has the smallest validation loss after {epoch} epochs: {loss}."),
        N_("{names} have the smallest validation loss after {epoch} epochs, {loss}, and are less than 1% apart."),
    ),
    (False, False): (
        N_("{names} has the smallest training loss after {epoch} epochs: {loss}."),
        N_("{names} have the smallest training loss after {epoch} epochs, {loss}, and are less than 1% apart."),
    ),
    (True, True): (
        N_("{names} has the smallest validation loss after {epoch} epochs, the median of {n} seeds: {loss}."),
        N_(
            "{names} have the smallest validation loss after {epoch} epochs, the median of {n} seeds, {loss}, and are "
            "less than 1% apart."
        ),
    ),
    (False, True): (
        N_("{names} has the smallest training loss after {epoch} epochs, the median of {n} seeds: {loss}."),
        N_(
            "{names} have the smallest training loss after {epoch} epochs, the median of {n} seeds, {loss}, and are "
            "less than 1% apart."
        ),
    ),
}
"""What is said of one who leads, and of several, by whether points are held out and whether there are several seeds."""


def say_ranking(training: Training) -> str:
    """Say which trainings lead, how the others follow, and which have diverged."""
    stands = standings(training)
    lost = [SIDES[each.side] for each in stands if not np.isfinite(each.loss)]
    gone = [_("Diverged: {names}.").format(names=_(", ").join(lost))] if lost else []
    ranked = sorted((each for each in stands if np.isfinite(each.loss)), key=lambda each: each.loss)
    if not ranked:
        return joined(*gone)
    leaders = [ranked[place] for place in least([each.loss for each in ranked], within=TRAINED)]
    settings = training.settings
    one, many = _LEADS[settings.held_out, settings.starts > 1]
    text = _(one if len(leaders) == 1 else many)
    names = leaders[0].title if len(leaders) == 1 else _(", ").join(SIDES[each.side] for each in leaders)
    said = [text.format(names=names, epoch=training.epoch, loss=digits(leaders[0].loss), n=settings.starts)]
    others = [f"{SIDES[each.side]} {digits(each.loss)}" for each in ranked[len(leaders) :]]
    said += [_("Then follow {others}.").format(others=_(", ").join(others))] if others else []
    said += [say_pair(ranked[0].side, ranked[1].side, training)] if len(ranked) > 1 else []
    return joined(*said, *gone)


def say_pair(one: int, other: int, training: Training) -> str:
    """Say of two settings on how many seeds the one has the smaller loss, and whether that may be luck.

    Of a single seed there is nothing to say.
    """
    if training.settings.starts == 1:
        return ""
    nets = training.nets
    pair = Paired.of(nets[one].ends, nets[other].ends)
    if pair.losses > pair.wins:
        return say_pair(other, one, training)
    if not pair.wins:
        text = _("{first} and {second} are equal on all {n} seeds.")
    elif pair.p < LUCK:
        text = _("{first} beats {second} on {wins} of {n} seeds, which is no luck: sign test, {p}.")
    else:
        text = _("{first} beats {second} on {wins} of {n} seeds, which may be luck: sign test, {p}.")
    return text.format(first=SIDES[one], second=SIDES[other], wins=pair.wins, n=pair.seeds, p=_chance(pair.p))


def _chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {digits(p)}"


def table(training: Training) -> str:
    """Return the table under the picture as HTML: one row a setting, of several seeds with their medians."""
    settings, stands = training.settings, standings(training)
    held_out, several = settings.held_out, settings.starts > 1
    leader = min(stands, key=lambda each: each.loss if np.isfinite(each.loss) else np.inf)
    penalized = any(method.penalized for method in settings.methods)
    heads = (
        "",
        _("Training loss, without penalty") if penalized else _("Training loss"),
        *([_("Validation loss")] if held_out else []),
        *([_("The middle half of the seeds")] if several else []),
        *([_("Better than {name}").format(name=SIDES[leader.side])] if several else []),
        _("Best validation loss") if held_out else _("Best training loss"),
        _("Epochs to it"),
        _("Updates to it"),
        _("Milliseconds to it"),
        _("Validation accuracy") if held_out else _("Accuracy"),
    )
    rows = [
        [
            f"{MARKS[each.side]} {each.title}",
            *([_final(each.net, "loss", digits)] if held_out else []),
            digits(each.loss),
            *(_seeds(each, leader) if several else ()),
            digits(each.best),
            str(each.best_epoch),
            f"{each.updates:,}",
            f"{each.milliseconds:.0f}",
            _final(each.net, "validation_accuracy" if held_out else "accuracy", share),
        ]
        for each in stands
    ]
    return html(heads, [[escape(text) for text in row] for row in rows])


def _final(net: Net, name: str, write: Callable[[float], str]) -> str:
    """Return a number of the last epoch, of several starts their median."""
    if net.several:
        return write(float(net.bands[net.starts.epoch.epoch, 3 * BANDED.index(name)]))
    return NOTHING if net.left.reason == "diverged" else write(float(getattr(net.left, name)))


def _seeds(stand: Standing, leader: Standing) -> tuple[str, str]:
    """Return the middle half of the seeds, and on how many of them a setting is better than the leader."""
    half = f"{digits(stand.low)} … {digits(stand.high)}"
    if stand is leader:
        return half, NOTHING
    pair = Paired.of(stand.net.ends, leader.net.ends)
    return half, _("{wins} of {n}, {p}").format(wins=pair.wins, n=pair.seeds, p=_chance(pair.p))
