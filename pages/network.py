"""A network in numbers: its layers, parameters and multiply-adds, and a forward pass, unit by unit."""

import streamlit as st

from optviz.activations import ACTIVATIONS
from optviz.entry import EntryError
from optviz.network import INITIALIZATIONS
from optviz.recipes import Range
from optviz.ui import controls, lesson
from optviz.ui.examples import Example
from optviz.ui.language import N_, _
from optviz.ui.lessons import networks
from optviz.ui.lessons.networks import Settings
from optviz.ui.panels import run_of

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
        networks.read_sizes,
        EntryError,
        networks.size_error,
    )
    x = controls.numbers(link, "x", _("Inputs x"), "1, 1, 1", networks.INPUTS)
    activation = controls.choice(
        link, "activation", _("Activation f"), {name: _(each.title) for name, each in ACTIVATIONS.items()}, "tanh"
    )
    values = controls.parameters(link, f"{activation}.", ACTIVATIONS[activation])
    last = controls.switch(link, "last", _("Use f in the last layer too"), default=True)
    initialization = controls.choice(
        link, "init", _("Initialization"), {name: _(each.title) for name, each in INITIALIZATIONS.items()}, "course"
    )
    seed = controls.whole(link, "seed", _("Seed"), Range(0, 99, "s"), 0)

settings = Settings(
    tuple(map(int, sizes)), tuple(map(float, x)), activation, tuple(values.items()), initialization, last, seed
)
with stage:
    lesson.show(
        link,
        networks.panels_of(settings),
        networks.arrays_of(settings),
        run=run_of(settings),
        steps=networks.steps_of(settings),
        summary=networks.say(settings),
    )
    for column, tex, title in zip(
        st.columns((3, 2)), networks.counts(settings), (_("Parameters"), _("Multiply-adds per row")), strict=True
    ):
        with column:
            controls.formula(link, tex, title)
    if networks.computed(settings):
        st.caption(networks.repeated(settings))
        layer = controls.choice(link, "layer", _("Layer in the formula"), networks.titles_of(settings), "1")
        controls.formula(link, networks.layer_formula(settings, int(layer)))
        st.html(networks.report(settings))
        lesson.code(link, networks.program(settings))
link.publish(notes)
