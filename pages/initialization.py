"""Initialization: the spread of the activations, layer by layer, through a deep network."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import initialization
from optviz.lessons.examples import Example
from optviz.lessons.initialization import Settings
from optviz.locale.spoken import N_, _
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.initialization import Depth
from optviz.recipes import Range
from optviz.ui import controls, lesson

PAGE = "initialization"
DEVIATION = Range(0.0, 2.0, r"\sigma")
DEVIATIONS = (0.0, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)

EXAMPLES = (
    Example(N_("Xavier for tanh"), {}),
    Example(N_("He for ReLU"), {"activation": ["relu"], "init": ["he"]}),
    Example(N_("Too small"), {"init": ["small"]}),
    Example(N_("Too large"), {"init": ["course"]}),
    Example(N_("Xavier is too small for ReLU"), {"activation": ["relu"], "depth": ["20"]}),
    Example(N_("Sigmoid"), {"activation": ["sigmoid"]}),
    Example(N_("Find σ yourself"), {"activation": ["relu"], "init": ["own"], "sigma": ["0.1"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Initialization and the spread of activations"), EXAMPLES)

with st.sidebar:
    activation = controls.recipe(link, "activation", _("Activation"), ACTIVATIONS, "tanh")
    start = controls.choice(link, "init", _("Initialization shown"), initialization.titles(), "xavier")
    deviation = controls.dial(link, "sigma", _("Your own σ"), DEVIATION, 0.05, DEVIATIONS)
    depth = controls.whole(link, "depth", _("Layers"), Range(1, 20, "d"), 10)
    width = controls.whole(link, "width", _("Units per layer"), Range(10, 200, "n"), 100, step=10)
    seed = controls.whole(link, "seed", _("Seed"), Range(0, 99, "s"), 0)

settings = Settings(
    net=Depth(depth, width, seed),
    activation=activation,
    initialization=start,
    deviation=deviation,
)
with stage:
    lesson.show(
        link,
        Picture(
            initialization.panels_of(settings),
            initialization.arrays_of(settings),
            run=run_of(settings),
            steps=depth,
            summary=initialization.say(settings),
        ),
    )
    tex, note = initialization.formula(settings)
    controls.formula(link, tex, note=note)
    st.html(initialization.report(settings))
    lesson.code(link, initialization.program(settings))
link.publish(notes)
