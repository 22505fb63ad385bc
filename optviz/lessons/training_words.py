"""What is said of a training: the sentences, the answer, the table and the formulas."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np

from optviz.figures.classifier import CLASSES
from optviz.figures.panels import Caption
from optviz.lessons import arena
from optviz.lessons.comparisons import TRAINED, alike
from optviz.lessons.tables import NOTHING, digits, share
from optviz.lessons.tables import table as html
from optviz.lessons.training_panels import SIDES, title_of_switch, titles_of
from optviz.lessons.training_settings import Method, Settings, activation_of
from optviz.lessons.trainings import Net, Training
from optviz.locale.spoken import N_, _, joined
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Epoch
from optviz.networks.datasets import BOUNDARY
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS, Layer
from optviz.networks.saved_models import SavedModel
from optviz.networks.training_diagnosis import Finding, Trouble
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES

NEAR_ZERO = 1e-3
LISTED = 5
"""The epochs that a sentence names, at most."""


class Result(NamedTuple):
    """What is said of one net after its last epoch."""

    title: str
    net: Net
    epoch: Epoch
    squares: float
    near_zero: int
    weights: int
    dead: float
    alike: bool


def results_of(training: Training) -> list[Result]:
    """Measure each net, as it is left after the last epoch trained."""
    return [_measure(net, title) for net, title in zip(training.nets, titles_of(training.settings), strict=True)]


def ghosts_of(training: Training) -> list[Result]:
    """Measure each net that was forked as it would be without its fork."""
    methods = tuple(replace(m, switch=None) if m.haunted else m for m in training.settings.methods)
    titles = titles_of(replace(training.settings, methods=methods))
    named = [(net, _("{name}, unchanged").format(name=titles[side])) for side, net in training.ghosts.items()]
    return [_measure(net, name) for net, name in named]


def _measure(net: Net, title: str) -> Result:
    epoch, network = net.left, net.classifier.network
    weights = epoch.w[network.weight_mask > 0]
    with np.errstate(over="ignore"):
        squares = float(weights @ weights)
    near = int((np.abs(weights) < NEAR_ZERO).sum())
    dead = float(net.classifier.dead_units(epoch.w))
    alike = any(_alike(*pair) for pair in pairwise(network.views(epoch.w)))
    return Result(title, net, epoch, squares, near, len(weights), dead, alike)


def _alike(layer: Layer, following: Layer) -> bool:
    """Whether the units of a layer, several, are copies of one another, with the same weights in and out."""
    (weights, biases), onward = layer, following[0]
    units = np.vstack([weights, biases, onward.T])
    return units.shape[1] > 1 and bool((units == units[:, :1]).all())


def say(training: Training) -> str:
    """Say in a few sentences how the training stands."""
    return tell(training)[0]


def tell(training: Training) -> tuple[str, str]:
    """Return what `say` says, and of several nets how they differ alone: of two where none has diverged."""
    settings, results = training.settings, results_of(training)
    several = len(results) > 1
    parts = [_say_unwatched()] if (settings.stopping or settings.reducing) and not settings.held_out else []
    parts += [_say_loaded(settings.start)] if settings.start and not training.epoch else []
    for side, result in zip(SIDES, results, strict=False):
        # Of many the ranking and the table have the numbers.
        parts += _say_result(result) if not settings.crowded or result.epoch.reason == "diverged" else []
        name = f"{side}{_(': ')}" if several else ""
        remarks = [*_say_starts(result), *_say_rules(result, training), *_say_units(result)]
        parts += [name + joined(*remarks)] if remarks else []
    difference = ""
    if settings.crowded:
        difference = arena.say_ranking(training)
    elif several and not any(result.epoch.reason == "diverged" for result in results):
        difference = joined(_say_compared(*results), arena.say_pair(0, 1, training))
    parts += [difference] if difference else []
    parts += [part for ghost in ghosts_of(training) for part in _say_result(ghost)]
    return joined(*parts), difference


def _say_result(result: Result) -> list[str]:
    return _say_diverged(result) if result.epoch.reason == "diverged" else [_say_numbers(result)]


def _say_unwatched() -> str:
    return _(
        "Early stopping and reduce on plateau need the validation loss, but there are no validation "
        "points: nothing is stopped or reduced. Choose a validation share above 0."
    )


def _say_loaded(start: SavedModel) -> str:
    text = _("This is the loaded net {sizes}, unchanged; Continue trains it further.")
    return text.format(sizes="-".join(map(str, start.sizes)))


def _say_numbers(result: Result) -> str:
    epoch = result.epoch
    text = _(_STANDS[result.net.method.penalized, result.net.settings.held_out])
    return text.format(
        name=result.title,
        epoch=epoch.epoch,
        loss=digits(epoch.loss + epoch.penalty),
        data=digits(epoch.loss),
        penalty=digits(epoch.penalty),
        accuracy=share(epoch.accuracy),
        held_loss=digits(epoch.validation_loss),
        held_accuracy=share(epoch.validation_accuracy),
    )


_STANDS: Mapping[tuple[bool, bool], str] = {
    (False, False): N_("{name} after {epoch} epochs: loss {loss}, accuracy {accuracy}."),
    (False, True): N_(
        "{name} after {epoch} epochs: loss {loss} (validation {held_loss}), "
        "accuracy {accuracy} (validation {held_accuracy})."
    ),
    (True, False): N_(
        "{name} after {epoch} epochs: loss {loss} (data {data} + penalty {penalty}), accuracy {accuracy}."
    ),
    (True, True): N_(
        "{name} after {epoch} epochs: loss {loss} (data {data} + penalty {penalty}; validation "
        "{held_loss}), accuracy {accuracy} (validation {held_accuracy})."
    ),
}
"""How a net stands, by whether it has a penalty and whether points are held out: the loss is what is minimized."""


def _say_diverged(result: Result) -> list[str]:
    epoch = result.epoch
    text = _(_DIVERGED)
    plain = _("A smaller learning rate helps: plain SGD steps too far where the loss is steep.")
    return [
        text.format(
            name=result.title,
            epoch=epoch.epoch + 1,
            rate=digits(epoch.learning_rate),
            loss=digits(epoch.loss + epoch.penalty),
        ),
        *([plain] if result.net.leg_after(epoch.epoch).optimizer.is_plain else []),
    ]


def _say_starts(result: Result) -> list[str]:
    """Say which start is the best, and how far the others ended from it."""
    net = result.net
    if not net.several:
        return []
    losses = net.standing
    finite = np.isfinite(losses)
    others = np.delete(losses, net.leader)
    low, high = (np.nanmin(others), np.nanmax(others)) if finite.sum() > 1 else (np.nan, np.nan)
    if finite.sum() <= 1:
        text = _("Of {n} starts only the one with seed {seed} is left.")
    elif alike(losses[net.leader], high, within=TRAINED):
        text = _("All remaining starts end alike, between {best} and {high}; the one with seed {seed} is shown.")
    elif net.settings.held_out:
        text = _(
            "The best of {n} starts has seed {seed}: validation loss {best}; the others lie between {low} and {high}."
        )
    elif net.method.penalized:
        text = _(
            "The best of {n} starts has seed {seed}: loss with penalty {best}; the others lie between {low} and {high}."
        )
    else:
        text = _("The best of {n} starts has seed {seed}: loss {best}; the others lie between {low} and {high}.")
    said = text.format(
        n=len(losses),
        seed=net.settings.seeds[net.leader],
        best=digits(losses[net.leader]),
        low=digits(low),
        high=digits(high),
    )
    lost = _("Starts that diverged: {n}.").format(n=int((~finite).sum()))
    return [said] if finite.all() else [said, lost]


def _say_rules(result: Result, training: Training) -> list[str]:
    """Say what early stopping, reduce on plateau and a switch have done."""
    net, parts = result.net, []
    switch, stopping, watch = net.method.switch, net.settings.stopping, net.shown.watch
    if switch and switch.epoch <= net.shown.epoch.epoch:
        text = _("From epoch {epoch} on {optimizer} trains, with new moments.")
        parts.append(text.format(epoch=switch.epoch, optimizer=title_of_switch(switch, np.nan)))
    reductions = [(epoch, rate) for start, epoch, rate in net.reductions if start == net.leader]
    if reductions:
        epochs = [str(epoch) for epoch, _rate in reductions]
        text = _("The learning rate was reduced on plateaus, after epochs {epochs}, down to {rate}.")
        listed = epochs if len(epochs) <= LISTED else [*epochs[: LISTED - 1], "…", epochs[-1]]
        parts.append(text.format(epochs=_(", ").join(listed), rate=digits(reductions[-1][1])))
    if stopping and watch and watch.best_epoch:
        values = {"best": digits(float(watch.best)), "best_epoch": watch.best_epoch, "patience": stopping.patience}
        if watch.stopped:
            text = _(
                "Stopped early after epoch {epoch}: the validation loss was best after epoch {best_epoch}, {best}, "
                "and has not improved in {patience} epochs."
            )
        elif training.running:
            text = _("So far the validation loss was best after epoch {best_epoch}: {best}.")
        else:
            text = _("Early stopping did not trigger. The validation loss was best after epoch {best_epoch}: {best}.")
        parts.append(text.format(epoch=watch.stopped_at, **values))
        if net.restored:
            parts.append(_("The weights of the best epoch are restored: the dotted line."))
        elif watch.stopped:
            parts.append(_("The dotted line is the boundary of the best epoch."))
    return parts


def _say_units(result: Result) -> list[str]:
    alike = _("All units of a hidden layer are equal and stay so: they began with the same weights.")
    return [*([alike] if result.alike else []), *([_say_dead(result.dead)] if result.dead else [])]


_DIVERGED = N_("{name} diverged in epoch {epoch}, at learning rate {rate}: its last finite loss was {loss}.")
_TROUBLES: Mapping[Trouble, str] = {
    Trouble.DEAD: N_(
        "{name}: {dead} of the hidden units are dead: they output 0 for every point and no longer "
        "learn. The data loss is {loss}; the best constant output has {constant}."
    ),
    Trouble.STUCK: N_(
        "{name} is stuck: the data loss stays at {loss}; the best constant output has {constant}. The "
        "norm of the gradient is only {slope}."
    ),
    Trouble.CRAWLING: N_(
        "{name} is too slow: the data loss, {loss}, falls by {fall} per epoch; it needs {further} more "
        "epochs to reach half of {constant}, the loss of the best constant output."
    ),
}


def whys(training: Training) -> list[Caption]:
    """Say of each net in which something goes wrong what and why, with the epoch from which it is so."""
    if training.settings.crowded:  # there is no room for a sentence of each
        return []
    named = zip(SIDES, training.nets, titles_of(training.settings), strict=False)
    found = [(side, net, title, training.finding(i)) for i, (side, net, title) in enumerate(named)]
    return [Caption(finding.epoch, _say_why(net, title, finding)) for _side, net, title, finding in found if finding]


def _say_why(net: Net, title: str, found: Finding) -> str:
    if found.trouble is Trouble.DIVERGED:
        left = net.left
        return _(_DIVERGED).format(
            name=title,
            epoch=found.epoch + 1,
            rate=digits(left.learning_rate),
            loss=digits(left.loss + left.penalty),
        )
    text = _(_TROUBLES[found.trouble]).format(
        name=title,
        loss=digits(found.loss),
        constant=digits(found.constant),
        dead=share(found.dead),
        fall=digits(found.fall),
        further=str(ceil(found.further)) if np.isfinite(found.further) else NOTHING,
        slope=digits(net.slope) if found.trouble is Trouble.STUCK else NOTHING,
    )
    return _("Epoch {epoch}: {said}").format(epoch=found.epoch, said=text)


def _say_compared(a: Result, b: Result) -> str:
    low, high = sorted(zip(SIDES, (a, b), strict=False), key=lambda pair: pair[1].squares)
    if alike(a.squares, b.squares, within=TRAINED):
        text = _("A and B have weights of similar size: ‖w‖² is {a} and {b}.")
        return text.format(a=digits(a.squares), b=digits(b.squares))
    text = _("{name} has the smaller weights, which make the boundary smoother: ‖w‖² is {low} against {high}.")
    said = text.format(name=low[0], low=digits(low[1].squares), high=digits(high[1].squares))
    return joined(said, _say_traded(low[1], high[1]))


def _say_traded(low: Result, high: Result) -> str:
    """Say, where only the penalties differ, whether small weights lower the validation loss or are paid for with it."""
    loss, other = (float(result.epoch.validation_loss) for result in (low, high))
    one, another = (
        replace(result.net.settings, methods=(replace(result.net.method, l1=0.0, l2=0.0),)) for result in (low, high)
    )
    if one != another or not np.isfinite(loss + other) or alike(loss, other, within=TRAINED):
        return ""
    text = (
        _("They pay off: the validation loss is {loss} against {other}.")
        if loss < other
        else _("They cost validation loss: {loss} against {other}.")
    )
    return text.format(loss=digits(loss), other=digits(other))


def _say_dead(dead: float) -> str:
    if dead == 1:
        return _("All hidden units are dead: they output 0 for every point, and no gradient passes through them.")
    text = _("{share} of the hidden units are dead: they output 0 for every training point.")
    return text.format(share=share(dead))


def answer(training: Training, asked: tuple[float, float]) -> str:
    """Answer in Markdown which class the asked point has."""
    count = len(training.latest)
    point = _("Which class does ✕ ({x1}, {x2}) belong to?").format(x1=f"{asked[0]:.6g}", x2=f"{asked[1]:.6g}")
    answers = [_answer(training.response(side, asked), SIDES[side] if count > 1 else "") for side in range(count)]
    return f"**{point}** " + joined(*answers)


def _answer(response: float, side: str) -> str:
    if not np.isfinite(response):
        return _("The net has no finite output there.")
    label = int(response > BOUNDARY)
    word = (_("class 0, blue"), _("class 1, red"))[label]
    colored = f":{('blue', 'red')[label]}[{CLASSES[label].glyph} **{word}**]"
    relation = ">" if label else "≤"
    start = f"{side}{_(': ')}" if side else ""
    return start + _("The output {output} {relation} {limit}: {answer}.").format(
        output=f"{response:.4f}", relation=relation, limit=BOUNDARY, answer=colored
    )


def table(training: Training) -> str:
    """Return the table under the picture as HTML: one row a net."""
    if training.settings.crowded:
        return arena.table(training)
    penalized = any(method.penalized for method in training.settings.methods)
    heads = (
        "",
        *([_("Loss with penalty")] if penalized else []),
        _("Data loss"),
        _("Penalty"),
        _("Validation loss"),
        _("Accuracy"),
        _("Validation accuracy"),
        "‖w‖²",
        escape(_("Weights |w| < {near}").format(near=f"{NEAR_ZERO:g}")),
        _("Dead units"),
    )
    several = len(training.nets) > 1
    rows = [
        [escape(text) for text in (_head(result, side if several else ""), *_cells(result, penalized))]
        for side, result in zip(SIDES, results_of(training), strict=False)
    ]
    rows += [[f"◌ {escape(ghost.title)}", *map(escape, _cells(ghost, penalized))] for ghost in ghosts_of(training)]
    return html(heads, rows)


def _head(result: Result, side: str) -> str:
    """Return a net's name in the table, which has no room for the numbers of two optimizers."""
    if not result.net.method.switch:
        return result.title
    name = " → ".join(_(each.recipe.title) for each in result.net.method.trainers)
    return f"{side}{_(': ')}{name}" if side else name


def _cells(result: Result, penalized: bool) -> tuple[str, ...]:
    epoch = result.epoch
    return (
        *([digits(epoch.loss + epoch.penalty)] if penalized else []),
        digits(epoch.loss),
        digits(epoch.penalty),
        digits(epoch.validation_loss),
        share(epoch.accuracy),
        share(epoch.validation_accuracy),
        digits(result.squares),
        _("{n} of {all}").format(n=result.near_zero, all=result.weights),
        share(result.dead),
    )


def formulas(settings: Settings) -> list[tuple[str, str]]:
    """Return title and LaTeX of what is minimized, of the net, and of each optimizer, once each."""
    loss, each = LOSSES[settings.loss], [settings.of(side) for side in range(len(settings.methods))]
    minimized = [(title, _minimized(loss.formula, method)) for title, method in _distinct_penalties(settings)]
    shown = dict.fromkeys(each.optimizer.name for method in settings.methods for each in method.trainers)
    activations = {one.activation.name: activation_of(one).formula for one in each}
    initialization, schedules = (
        INITIALIZATIONS[settings.initialization],
        dict.fromkeys(one.schedule.name for one in each),
    )
    return [
        *minimized,
        *((_(ACTIVATIONS[name].title), f"a(z) = {formula}") for name, formula in activations.items()),
        *([] if settings.start else [(_("Initial weights"), rf"w \sim {initialization.formula}")]),
        *((_(OPTIMIZERS[name].title), OPTIMIZERS[name].formula) for name in shown),
        *((_(SCHEDULES[name].title), SCHEDULES[name].formula) for name in schedules),
    ]


def _distinct_penalties(settings: Settings) -> list[tuple[str, Method]]:
    methods, what, onward = settings.methods, _("What is minimized"), _("What is minimized from epoch {epoch} on")
    several = len({(method.l1, method.l2, method.switch and method.switch.l2) for method in methods}) > 1
    named = []
    for side, method in zip(SIDES, methods, strict=False) if several else [("", methods[0])]:
        name, switch = f"{side}: " if side else "", method.switch
        named.append((name + what, method))
        if switch and switch.l2 is not None:
            named.append((name + onward.format(epoch=switch.epoch), replace(method, l2=switch.l2)))
    return named


def _minimized(loss: str, method: Method) -> str:
    l2 = rf" + {method.l2:g} \cdot \tfrac{{1}}{{2}} \sum w^2" if method.l2 else ""
    l1 = rf" + {method.l1:g} \sum |w|" if method.l1 else ""
    return loss + l2 + l1
