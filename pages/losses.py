"""Drag predictions and see what the squared and the absolute error make of them."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import losses
from optviz.lessons.examples import Example
from optviz.lessons.losses import Settings
from optviz.locale.spoken import N_, _
from optviz.networks.losses import huber
from optviz.ui import controls, lesson
from optviz.ui.player import Pick

PAGE = "losses"
OUTLIER = {"true": ["1, 1.2, 0.9, 1.1, 1, 4.5"], "pred": ["1.1, 1.1, 1.1, 1.1, 1.1, 1.1"], "top": ["5"]}
EXAMPLES = (
    Example(N_("The course's two numbers"), {}),
    Example(N_("One outlier"), {**OUTLIER, "drag": ["true"]}),
    Example(
        N_("A good fit except for one point"),
        {"true": ["0.4, 0.9, 1.1, 1.6, 2"], "pred": ["0.5, 0.8, 1.2, 1.5, 0.6"]},
    ),
    Example(N_("Huber with a small δ: almost the MAE"), {**OUTLIER, "huber.delta": ["0.1"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Squared and absolute error"), EXAMPLES)

with st.sidebar:
    true = controls.numbers(link, "true", _("Targets"), "0.5, 0.8", losses.VALUES)
    pred = controls.numbers(link, "pred", _("Predictions"), "1, 1", losses.VALUES)
    moving = controls.segments(
        link, "drag", _("Drag in the picture"), {"pred": _("Predictions"), "true": _("Targets")}, "pred"
    )
    values = controls.parameters(link, "huber.", huber)
    top = controls.choice(link, "top", _("Picture up to"), dict(zip(losses.TOPS, losses.TOPS, strict=True)), "2")

settings = Settings.of(true, pred, values["delta"], float(top))


def drag(picked: Pick) -> None:
    """Put the nearest number where the pointer is, in a picture that no longer follows the numbers."""
    link.change(moving, losses.dragged(settings, settings.true if moving == "true" else settings.pred, picked.point))
    link.change("top", losses.top_of(settings.scale))


with stage:
    if len(true) != len(pred):
        st.error(
            _("There are {true} targets and {pred} predictions: only the first {n} of both are compared.").format(
                true=len(true), pred=len(pred), n=len(settings.true)
            ),
            icon=":material/edit_off:",
        )
    lesson.show(
        link,
        Picture(
            losses.panels_of(settings),
            losses.arrays_of(settings),
            run=run_of(settings),
            steps=0,
            summary=losses.say(settings),
        ),
        on_point=drag,
    )
    controls.formula(link, losses.tex(settings))
    lesson.code(link, losses.program(settings))
link.publish(notes)
