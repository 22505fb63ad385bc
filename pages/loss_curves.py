"""See losses as curves with their derivatives: squared, absolute, Huber; cross-entropy and focal loss."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import loss_curves
from optviz.lessons.examples import Example
from optviz.lessons.loss_curves import FAMILIES, Settings
from optviz.locale.spoken import N_, _, titled
from optviz.ui import controls, lesson

PAGE = "loss_curves"
EXAMPLES = (
    Example(N_("Huber: squared up to δ, linear beyond"), {}),
    Example(N_("Huber with a large δ: half the squared error"), {"huber.delta": ["10"], "e": ["3"]}),
    Example(N_("Focal loss: an easy example"), {"family": ["logit"], "z": ["3"]}),
    Example(N_("Focal loss: a hard example"), {"family": ["logit"], "z": ["-2"]}),
    Example(N_("γ = 0 is cross-entropy"), {"family": ["logit"], "focal.gamma": ["0"]}),
    Example(N_("Rare class: α = 0.75"), {"family": ["logit"], "focal.balance": ["1"], "focal.alpha": ["0.75"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Losses as curves"), EXAMPLES)

with st.sidebar:
    name = controls.segments(link, "family", _("Losses"), titled(FAMILIES), "error")
    family = FAMILIES[name]
    probe = controls.dial(
        link, family.symbol, _("Read at ${symbol}$").format(symbol=family.symbol), family.probe, family.default
    )
    values = controls.parameters(link, f"{family.recipe.name}.", family.recipe)
    label = "0"
    if family.labelled:
        label = controls.segments(link, "y", _("Class of the example"), {"1": "1", "0": "0"}, "1")

settings = Settings(family=name, values=tuple(values.items()), probe=probe, label=int(label))
with stage:
    lesson.show(
        link,
        Picture(
            loss_curves.panels_of(settings),
            loss_curves.arrays_of(settings),
            run=run_of(settings),
            steps=0,
            summary=loss_curves.say(settings),
            even=True,
        ),
        on_point=lambda picked: link.change(family.symbol, family.probe.clamp(round(picked.point[0], 2))),
    )
    controls.formula(link, loss_curves.tex(settings))
    st.html(loss_curves.table(settings))
    lesson.code(link, loss_curves.program(settings))
link.publish(notes)
