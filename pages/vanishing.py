"""See what becomes of a gradient on its way back through a deep net."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import vanishing as told
from optviz.lessons.examples import Example
from optviz.lessons.vanishing import Settings
from optviz.locale.spoken import N_, _
from optviz.recipes import Range
from optviz.ui import controls, lesson
from optviz.ui.downloads import Beside

PAGE = "vanishing"
NETS = ("relu.he", "leaky_relu.he", "sigmoid.xavier", "tanh.xavier")
PROBE = Range(-6.0, 6.0, "z")
PROBES = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.3, 0.5, 1.0, 2.0, 3.0)
TYPICAL = {"z": ["0.3"]}
"""About where the units of these nets stand, so that the product of slopes says what becomes of the gradient."""
EXAMPLES = (
    Example(N_("Sigmoid, tanh, ReLU, leaky ReLU"), TYPICAL),
    Example(
        N_("Small, Xavier and He with ReLU"),
        {"net": ["relu.small", "relu.xavier", "relu.he"], "depth": ["20"], **TYPICAL},
    ),
    Example(
        N_("Small, Xavier and He with tanh"),
        {"net": ["tanh.small", "tanh.xavier", "tanh.he"], "depth": ["20"], **TYPICAL},
    ),
    Example(
        N_("The sigmoid cannot be saved"),
        {"net": ["sigmoid.small", "sigmoid.xavier", "sigmoid.he"], "depth": ["20"], "z": ["0"]},
    ),
    Example(
        N_("Weights with standard deviation 1: gradients explode"), {"net": ["relu.course", "relu.he"], "depth": ["20"]}
    ),
)

link, notes, stage = lesson.begin(PAGE, _("The vanishing gradient"), EXAMPLES)

with st.sidebar:
    nets = controls.several(link, "net", _("Activation · initial weights"), told.choices(), NETS, most=told.MOST_NETS)
    depth = controls.whole(link, "depth", _("Hidden layers"), Range(1, told.MOST_DEPTH, "d"), 10)
    width = controls.whole(link, "width", _("Units in each hidden layer"), Range(1, 64, "u"), 32)
    seed = controls.whole(link, "seed", _("Seed of the weights"), Range(0, 99, "s"), 0)
    probe = controls.dial(link, "z", _("z in the product of slopes"), PROBE, 1.0, PROBES)

if not nets:
    stage.info(_("Choose at least one net to see its gradients."), icon=":material/blur_on:")
    link.publish(notes)
    st.stop()

settings = Settings(nets=nets, depth=depth, width=width, seed=seed, probe=probe)
with stage:
    with lesson.reading(link, notes):
        sentence = told.say(settings)
    lesson.show(
        link,
        Picture(
            told.panels_of(settings),
            told.arrays_of(settings),
            run=run_of(settings),
            steps=0,
            summary=sentence,
            even=True,
        ),
    )
    if own := told.say_own(settings):
        lesson.say(own)
    st.html(told.report(settings))
    for tex, title in told.formulas(settings):
        controls.formula(link, tex, title)
    programs = [partial(told.program, settings, net) for net in range(len(nets))]
    lesson.code(link, *programs, beside=Beside(told.FILE, told.program_arrays))
link.publish(notes)
