"""Which optimizer to begin with, at which learning rate, and the course's other advice."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import practice
from optviz.lessons.examples import Example
from optviz.lessons.practice import ALWAYS, Settings
from optviz.lessons.training_settings import Sample
from optviz.lessons.words import data_error, epoch_words
from optviz.locale.spoken import N_, _, titled
from optviz.networks.datasets import DATASETS, DataError
from optviz.networks.losses import LOSSES
from optviz.optimization.optimizers import TRAINERS
from optviz.recipes import Choice, Range
from optviz.ui import controls, lesson, optimizers
from optviz.ui.downloads import Beside

PAGE = "practice"
OTHERS = {name: recipe for name, recipe in TRAINERS.items() if name not in ALWAYS}
EXAMPLES = (
    Example(N_("The course's net"), {}),
    Example(N_("Only 5 epochs"), {"epochs": ["5"]}),
    Example(N_("With AdaGrad"), {"also": ["adagrad"]}),
    Example(N_("With RMSProp"), {"also": ["rmsprop"]}),
    Example(N_("Spirals, cross-entropy"), {"data": ["spirals"], "loss": ["binary_crossentropy"], "epochs": ["40"]}),
    Example(N_("Batches of one point"), {"batch": ["1"], "epochs": ["5"]}),
)

link, notes, stage = lesson.begin(PAGE, _("In practice: which optimizer first?"), EXAMPLES)

with st.sidebar:
    data = controls.choice(link, "data", _("Data set"), titled(DATASETS), "dot")
    loss = controls.choice(link, "loss", _("Loss"), titled(LOSSES), "mse")
    epochs = controls.whole(link, "epochs", _("Epochs"), Range(1, 60, "n"), 20)
    batch = controls.whole(link, "batch", _("Batch size"), Range(1, 256, "B"), 32)
    seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), 0)
    others = {"none": _("none"), **titled(OTHERS)}
    also = optimizers.choose(link, "also", _("One more optimizer"), others, "none", net=True)

settings = Settings(sample=Sample(Choice(data)), loss=loss, batch_size=batch, epochs=epochs, seed=seed, also=also)
with stage:
    try:
        sentence = practice.say(settings)
    except DataError as error:
        st.error(data_error(error), icon=":material/database_off:")
    else:
        lesson.show(
            link,
            Picture(
                practice.panels_of(settings),
                practice.arrays_of(settings),
                run=run_of(settings),
                steps=epochs,
                words=epoch_words(),
                summary=sentence,
            ),
        )
        st.html(practice.results(settings))
        controls.formula(link, practice.formula(settings))
        programs = [partial(practice.program, settings, name) for name in settings.optimizers]
        beside = Beside(practice.FILE, partial(practice.program_arrays, settings))
        lesson.code(link, *programs, title=_("The same in Keras"), beside=beside)
    st.header(_("Eleven pieces of advice"), anchor=False)
    st.html(practice.advice())
link.publish(notes)
