"""See what orthogonalizing does to singular values: a matrix that learns rare pairs as fast as frequent ones."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import matrices as told
from optviz.lessons import ranges
from optviz.lessons.examples import Example
from optviz.lessons.matrices import CONTENDERS, Settings
from optviz.locale.spoken import N_, _
from optviz.recipes import Range
from optviz.ui import controls, lesson

PAGE = "matrices"
ALL = ("sgd", "momentum", "adam", "muon")
EXPONENT = Range(0.0, 3.0, "s")
EXPONENTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
EXAMPLES = (
    Example(N_("SGD learns frequent pairs first, Muon all alike"), {}),
    Example(N_("Without iterations Muon learns frequent pairs first"), {"opt": ["sgd", "muon"], "ns": ["0"]}),
    Example(N_("Orthogonalized exactly: all pairs at the same step"), {"opt": ["sgd", "muon"], "exact": ["1"]}),
    Example(N_("Equally frequent pairs: SGD learns them alike, too"), {"zipf": ["0"]}),
    Example(N_("Seen 64 times less often: SGD does not get to the rarest pair"), {"zipf": ["2"]}),
    Example(N_("A falling learning rate lets Muon settle"), {"opt": ["muon"], "falls": ["1"], "steps": ["100"]}),
    Example(N_("Shampoo and SOAP learn all pairs alike"), {"opt": ["sgd", "muon", "shampoo", "soap"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Matrices: orthogonalized steps"), EXAMPLES)

with st.sidebar:
    optimizers = controls.several(link, "opt", _("Optimizers"), told.titles(), ALL, most=told.MOST)
    rates = tuple(
        controls.dial(
            link,
            f"lr.{name}",
            _("Learning rate of {name}").format(name=told.titles()[name]),
            ranges.LEARNING_RATE,
            CONTENDERS[name][1],
            ranges.LEARNING_RATES,
        )
        for name in optimizers
    )
    exponent = controls.dial(link, "zipf", _("Exponent s of the frequencies 1/iˢ"), EXPONENT, 1.0, EXPONENTS)
    exact = controls.switch(link, "exact", _("Muon orthogonalizes exactly"))
    iterations = controls.whole(link, "ns", _("Newton–Schulz iterations of Muon"), Range(0, 10, "n"), 5)
    steps = controls.whole(link, "steps", _("Steps"), Range(10, 200, "n"), 40, step=10)
    falls = controls.switch(link, "falls", _("Learning rates fall to 0"))
    seed = controls.whole(link, "seed", _("Seed of keys and values"), Range(0, 99, "s"), 0)

if not optimizers:
    stage.info(_("Choose at least one optimizer to train the memory."), icon=":material/grid_on:")
    link.publish(notes)
    st.stop()

settings = Settings(
    optimizers=optimizers,
    rates=rates,
    exponent=exponent,
    iterations=None if exact else iterations,
    steps=steps,
    seed=seed,
    falls=falls,
)
with stage:
    sentence = told.say(settings)
    lesson.show(
        link,
        Picture(
            told.panels_of(settings), told.arrays_of(settings), run=run_of(settings), steps=steps, summary=sentence
        ),
    )
    lesson.say(told.say_spectra(settings))
    st.html(told.report(settings))
    for tex, title in told.formulas(settings):
        controls.formula(link, tex, title)
    programs = [partial(told.program, settings, run) for run in range(len(optimizers))]
    lesson.code(link, *programs, title=_("The same in NumPy"))
link.publish(notes)
