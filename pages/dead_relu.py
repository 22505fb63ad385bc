"""See ReLU units die, and what keeps them alive."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import dead_relu as told
from optviz.lessons import ranges
from optviz.lessons.dead_relu import Settings
from optviz.lessons.examples import Example
from optviz.lessons.words import epoch_words
from optviz.locale.spoken import N_, _, titled
from optviz.networks.dead_relu import Setup
from optviz.networks.network import INITIALIZATIONS
from optviz.recipes import Range
from optviz.ui import controls, lesson
from optviz.ui.downloads import Beside

PAGE = "dead_relu"
COURSE = Setup()
CURES = ("rate", "he", "leaky")
RATES = (0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3)
BIAS = Range(-10.0, 10.0, "b")
BIASES = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0)
SCALE = Range(0.1, 10.0, "s")
SHIFT = Range(-10.0, 10.0, "m")
DYING = {"lr": ["0.3"], "units": ["12"], "seed": ["11"]}
"""Three quarters of the units die, and each cure ends at about half the loss."""
EXAMPLES = (
    Example(N_("Learning rate too large"), DYING),
    Example(
        N_("Negative initial biases"), {"bias": ["-4"], "lr": ["0.01"], "epochs": ["200"], "cure": ["he", "leaky"]}
    ),
    Example(N_("Inputs far from 0"), {"shift": ["5"], "lr": ["0.03"], "init": ["he"], "cure": ["rate", "inputs"]}),
    Example(N_("No unit dies"), {"lr": ["0.01"], "init": ["he"], "cure": ["leaky"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Dead ReLU units"), EXAMPLES, DYING)

with st.sidebar:
    cures = controls.several(
        link, "cure", _("Cures"), {name: _(title) for name, title in told.CURE_TITLES.items()}, CURES
    )
    rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, COURSE.learning_rate, RATES)
    initialization = controls.choice(link, "init", _("Initial weights"), titled(INITIALIZATIONS), "course")
    bias = controls.dial(link, "bias", _("Added to the initial biases"), BIAS, 0.0, BIASES)
    units = controls.whole(link, "units", _("Hidden units"), Range(2, 64, "u"), COURSE.units)
    with controls.folded(link, "more", _("Inputs, epochs and seed"), ":material/tune:"):
        scale = controls.dial(
            link, "scale", _("Inputs multiplied by"), SCALE, 1.0, (0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 10.0)
        )
        shift = controls.dial(link, "shift", _("Added to the inputs"), SHIFT, 0.0, (-5.0, -3.0, 0.0, 3.0, 5.0, 10.0))
        epochs = controls.whole(link, "epochs", _("Epochs"), Range(10, 200, "n"), COURSE.epochs, step=10)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), COURSE.seed)

setup = Setup(
    units=units,
    initialization=initialization,
    bias=bias,
    learning_rate=rate,
    epochs=epochs,
    seed=seed,
    scale=scale,
    shift=shift,
)
settings = Settings(setup, cures)
with stage:
    with lesson.reading(link, notes):
        sentence = told.say(settings)
    lesson.show(
        link,
        Picture(
            told.panels_of(settings),
            told.arrays_of(settings),
            run=run_of(settings),
            steps=epochs,
            words=epoch_words(),
            summary=sentence,
        ),
        slides=False,
    )
    st.html(told.report(settings))
    controls.formula(link, told.formula(settings), note=told.note(settings))
    programs = [partial(told.program, setup) for setup in settings.setups]
    beside = Beside(told.FILE, told.program_arrays)
    lesson.code(link, *programs, title=_("The same in Keras"), beside=beside)
link.publish(notes)
