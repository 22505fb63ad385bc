"""What would help a training in which something goes wrong: each idea is tried on a copy, for a moment, when asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from optviz.lessons import ranges
from optviz.lessons.tables import digits
from optviz.lessons.training_panels import PREFIXES, SIDES
from optviz.lessons.training_settings import Settings, Trainer
from optviz.lessons.trainings import NUMBERS, Training
from optviz.locale.spoken import _
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.training_diagnosis import Trouble
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice
from optviz.ui.links import Link

SECONDS = 0.3
"""A copy is trained for so long at most."""
EPOCHS = 200
"""A copy is trained for so many epochs at most: what helps shows early."""
BETTER = 0.8
"""What helps leaves at most this share of the loss that the training has, after as many epochs."""
NEAR_BEST = 1.25
"""Of what helps the first is taken whose loss is at most so many times the least."""
ADAM = 0.01
FACTORS: Mapping[Trouble, tuple[float, ...]] = {
    Trouble.DIVERGED: (0.3, 0.1, 0.03, 0.01, 0.001),
    Trouble.DEAD: (0.3, 0.1),
    Trouble.STUCK: (10.0, 0.1),
    Trouble.CRAWLING: (3.0, 10.0, 30.0, 100.0),
}
"""By what the learning rate is multiplied, the nearest first."""


class Idea(NamedTuple):
    """A change of the page's settings: what it is called, the link's parameters that it changes, what then holds."""

    title: str
    changes: Mapping[str, Any]
    settings: Settings


class Remedy(NamedTuple):
    """An idea that has been tried and helps: the loss after some epochs, and what it was without."""

    idea: Idea
    epochs: int
    loss: float
    before: float


def offer(link: Link, training: Training) -> None:
    """Draw a button for each net in which something goes wrong, which tries what helps and sets it."""
    _draw_helped(link, training.settings)
    for side, prefix in enumerate(PREFIXES[: len(training.nets)]):
        if training.finding(side) is None:
            continue
        name = f"{SIDES[side]}{_(': ')}" if len(training.nets) > 1 else ""
        key, icon = f"{link.page}~help{side}", ":material/healing:"
        if st.button(name + _("Try what helps and apply it"), key=key, icon=icon):
            with st.spinner(_("Trying …")):
                remedy = remedy_of(training, side, prefix)
            _take(link, training.settings, remedy)


def _take(link: Link, settings: Settings, remedy: Remedy | None) -> None:
    if remedy is None:
        text = _("Nothing tried helps: other learning rates, Adam, other initial weights, another activation.")
        st.session_state[f"{link.page}-helped"] = (settings, text)
    else:
        for name, value in remedy.idea.changes.items():
            link.change(name, value)
        text = _("{change}: in a trial of {epochs} epochs the data loss came to {loss} instead of {before}.").format(
            change=remedy.idea.title, epochs=remedy.epochs, loss=digits(remedy.loss), before=digits(remedy.before)
        )
        st.session_state[f"{link.page}-helped"] = (remedy.idea.settings, text)
    st.rerun()


def _draw_helped(link: Link, settings: Settings) -> None:
    """Say what was set, for as long as it is."""
    helped, text = st.session_state.get(f"{link.page}-helped", (None, ""))
    if helped == settings:
        st.caption(text)


def remedy_of(training: Training, side: int, prefix: str) -> Remedy | None:
    """Try what may help a net, each idea on a copy, and return what does; None where nothing does."""
    found = training.finding(side)
    assert found
    tried = [(idea, *_trial(idea.settings, side)) for idea in _ideas(training.settings, side, prefix, found.trouble)]
    losses = training.nets[side].numbers[:, NUMBERS.index("loss")]
    helped = [
        Remedy(idea, epochs, loss, before)
        for idea, epochs, loss, sound in tried
        if sound and _is_better(loss, before := float(losses[min(epochs, training.epoch)]), found.constant)
    ]
    if not helped:
        return None
    least = min(remedy.loss for remedy in helped)
    return next(remedy for remedy in helped if remedy.loss <= NEAR_BEST * least)


def _is_better(loss: float, before: float, constant: float) -> bool:
    """Whether a loss is clearly below what it was; below a constant answer's where that was infinite."""
    return loss <= BETTER * (before if np.isfinite(before) else constant)


def _trial(settings: Settings, side: int) -> tuple[int, float, bool]:
    """Train a copy of one net for a moment; return its epochs, its loss, and whether nothing has gone wrong."""
    copy = replace(
        settings.of(side),
        engine="numpy",
        starts=1,
        epochs=min(settings.epochs, EPOCHS),
        stopping=None,
    )
    trial = Training(copy)
    trial.advance(SECONDS)
    epoch, found = trial.latest[0], trial.finding(0)
    return trial.epoch, float(epoch.loss), found is None or found.trouble is Trouble.CRAWLING


def _ideas(settings: Settings, side: int, prefix: str, trouble: Trouble) -> list[Idea]:
    """Return what may help, what is nearest to the blame first: the learning rate, what the net is made of, Adam."""
    rates = [_rate(settings, side, prefix, factor) for factor in FACTORS[trouble]]
    own = settings.methods[side].own
    made = [] if settings.start or own.layers is not None or own.activation else _made_otherwise(settings)
    rest = [*_less_penalty(settings, side, prefix), _adam(settings, side, prefix)]
    ideas = [*made, *rest, *rates] if trouble in (Trouble.DEAD, Trouble.STUCK) else [*rates, *rest, *made]
    return [idea for idea in ideas if idea.settings != settings]


def _rate(settings: Settings, side: int, prefix: str, factor: float) -> Idea:
    before = settings.methods[side].trainer.learning_rate
    after = ranges.LEARNING_RATE.clamp(float(f"{factor * before:.2g}"))
    title = _("Learning rate {before:g} → {after:g}").format(before=before, after=after)
    return Idea(
        title,
        {f"{prefix}lr": after},
        _with(settings, side, trainer=replace(settings.methods[side].trainer, learning_rate=after)),
    )


def _adam(settings: Settings, side: int, prefix: str) -> Idea:
    trainer = Trainer(Choice("adam", tuple(OPTIMIZERS["adam"].defaults.items())), ADAM)
    title = _("Adam with learning rate {rate:g}").format(rate=ADAM)
    changes = {f"{prefix}optimizer": "adam", f"{prefix}lr": ADAM}
    return Idea(title, changes, _with(settings, side, trainer=trainer))


def _made_otherwise(settings: Settings) -> list[Idea]:
    if not settings.layers:
        return [Idea(_("A hidden layer"), {"layers": 1}, replace(settings, layers=1))]
    leaky = tuple(ACTIVATIONS["leaky_relu"].defaults.items())
    return [
        Idea(_("Initial weights by He"), {"init": "he"}, replace(settings, initialization="he")),
        Idea(
            _("Leaky ReLU"),
            {"activation": "leaky_relu"},
            replace(settings, activation=Choice("leaky_relu", leaky)),
        ),
    ]


def _less_penalty(settings: Settings, side: int, prefix: str) -> list[Idea]:
    method, ideas = settings.methods[side], []
    for name in ("l2", "l1"):
        before = getattr(method, name)
        after = float(f"{before / 100:.2g}")
        title = _("{name} {before:g} → {after:g}").format(name=name.upper(), before=before, after=after)
        ideas.append(Idea(title, {f"{prefix}{name}": after}, _with(settings, side, **{name: after})))
    return ideas


def _with(settings: Settings, side: int, **changes: Any) -> Settings:
    """Return the settings with another method for one net."""
    methods = list(settings.methods)
    methods[side] = replace(methods[side], **changes)
    return replace(settings, methods=tuple(methods))
