"""Logistic regression, which draws a line, against a net of a few units on the same points."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import logistic, ranges
from optviz.lessons.examples import Example
from optviz.lessons.logistic import Settings
from optviz.lessons.training_settings import Sample
from optviz.locale.spoken import N_, _, titled
from optviz.networks.datasets import DATASETS
from optviz.recipes import Range
from optviz.ui import controls, lesson

PAGE = "logistic"
EXAMPLES = (
    Example(N_("A disk in a ring"), {}),
    Example(N_("The course's points"), {"data": ["dot"]}),
    Example(N_("XOR"), {"data": ["xor"]}),
    Example(N_("Moons need more updates"), {"data": ["moons"], "updates": ["5000"]}),
    Example(N_("Two clouds: a line is enough"), {"data": ["blobs"]}),
    Example(N_("Spirals: four units are not enough"), {"data": ["spirals"], "updates": ["5000"]}),
)
UNITS = Range(1, 16, "u")
UPDATES = Range(10, 5000, "n")
COURSE = Settings()

link, notes, stage = lesson.begin(PAGE, _("A line or a net"), EXAMPLES)

with st.sidebar:
    titles = titled(DATASETS)
    dataset = controls.choice(link, "data", _("Data set"), titles, COURSE.sample.dataset.name)
    units = controls.whole(link, "units", _("Hidden units of the net"), UNITS, COURSE.units)
    rate = controls.dial(
        link, "lr", _("Learning rate"), ranges.LEARNING_RATE, COURSE.learning_rate, ranges.LEARNING_RATES
    )
    updates = controls.whole(link, "updates", _("Updates"), UPDATES, COURSE.updates, step=10)
    seed = controls.whole(link, "seed", _("Seed of the initial weights"), Range(0, 99, "s"), COURSE.seed)
    with controls.folded(link, "points", _("Points"), ":material/scatter_plot:"):
        points = controls.chosen_of(link, DATASETS, dataset)
        controls.formula(link, DATASETS[dataset].formula)

settings = Settings(sample=Sample(points, share=0.0), units=units, learning_rate=rate, updates=updates, seed=seed)
with stage:
    with lesson.reading(link, notes):
        sentence = logistic.say(settings)
    lesson.show(
        link,
        Picture(
            logistic.panels_of(settings),
            logistic.arrays_of(settings),
            run=run_of(settings),
            steps=updates,
            summary=sentence,
            even=True,
        ),
        slides=False,
    )
    for title, tex in logistic.formulas(settings):
        controls.formula(link, tex, title)
    lesson.code(link, logistic.program(settings))
link.publish(notes)
