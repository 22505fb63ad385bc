"""A network in numbers: its layers, parameters and multiply-adds, and a forward pass, unit by unit."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import network
from optviz.lessons.examples import Example
from optviz.lessons.network import Settings
from optviz.locale.spoken import N_, _, titled
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.network import INITIALIZATIONS
from optviz.recipes import Range
from optviz.typed_numbers import FieldError
from optviz.ui import controls, lesson

PAGE = "network"

EXAMPLES = (
    Example(N_("The course's 3-4-2"), {}),
    Example(N_("One random layer"), {"sizes": ["3, 6"]}),
    Example(N_("Random layers 6, 4, 6, 5"), {"sizes": ["3, 6, 4, 6, 5"]}),
    Example(N_("The classifier's 2-11-1"), {"sizes": ["2, 11, 1"], "activation": ["relu"], "last": ["0"]}),
    Example(
        N_("Digits: 784-512-10"), {"sizes": ["784, 512, 10"], "activation": ["relu"], "init": ["he"], "last": ["0"]}
    ),
    Example(N_("Too large to compute"), {"sizes": ["1000, 1000, 1000"]}),
)

link, notes, stage = lesson.begin(PAGE, _("A network in numbers"), EXAMPLES)

with st.sidebar:
    sizes = controls.typed(
        link,
        "sizes",
        _("Sizes: inputs, then the units of each layer"),
        "3, 4, 2",
        network.read_sizes,
        FieldError,
        network.size_error,
    )
    x = controls.numbers(link, "x", _("Inputs x"), "1, 1, 1", network.INPUTS)
    activation = controls.recipe(link, "activation", _("Activation f"), ACTIVATIONS, "tanh")
    last = controls.switch(link, "last", _("Use f in the last layer too"), default=True)
    initialization = controls.choice(link, "init", _("Initialization"), titled(INITIALIZATIONS), "course")
    seed = controls.whole(link, "seed", _("Seed"), Range(0, 99, "s"), 0)

settings = Settings(
    sizes=tuple(map(int, sizes)),
    x=tuple(map(float, x)),
    activation=activation,
    initialization=initialization,
    last=last,
    seed=seed,
)
with stage:
    lesson.show(
        link,
        Picture(
            network.panels_of(settings),
            network.arrays_of(settings),
            run=run_of(settings),
            steps=network.steps_of(settings),
            summary=network.say(settings),
        ),
    )
    for column, tex, title in zip(
        st.columns((3, 2)), network.counts(settings), (_("Parameters"), _("Multiply-adds per row")), strict=True
    ):
        with column:
            controls.formula(link, tex, title)
    if network.computed(settings):
        st.caption(network.repeated(settings))
        layer = controls.choice(link, "layer", _("Layer in the formula"), network.titles_of(settings), "1")
        controls.formula(link, network.layer_formula(settings, int(layer)))
        st.html(network.report(settings))
        lesson.code(link, network.program(settings))
link.publish(notes)
