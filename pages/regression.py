"""Fit a line or a polynomial to points by descent."""

from dataclasses import replace
from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import ranges, regression
from optviz.lessons.examples import Example
from optviz.lessons.regression import MEASURES, MOST_DEGREE, Settings
from optviz.locale.spoken import N_, _, titled
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Range
from optviz.typed_numbers import Field, FieldError, write
from optviz.ui import controls, lesson, optimizers
from optviz.ui.player import Result

PAGE = "regression"
CUBIC = {"degree": ["3"], "truth": ["0.9, 0.5, 3, 2.4"], "noise": ["0"], "lr": ["0.001"], "start": ["0"]}
EXAMPLES = (
    Example(N_("A line by gradient descent"), {}),
    Example(N_("The course's cubic"), CUBIC),
    Example(N_("The sum instead of the mean: diverges"), {**CUBIC, "measure": ["sum"], "updates": ["20"]}),
    Example(N_("The cubic, as fast as SGD can go"), {**CUBIC, "lr": ["0.008"], "updates": ["400"]}),
    Example(N_("Momentum on the cubic"), {**CUBIC, "optimizer": ["momentum_classical"], "updates": ["200"]}),
    Example(N_("Adam on the cubic"), {**CUBIC, "optimizer": ["adam"], "lr": ["0.1"], "updates": ["300"]}),
    Example(N_("Newton: one step"), {**CUBIC, "optimizer": ["newton"], "lr": ["1"], "updates": ["10"]}),
    Example(N_("A line through a parabola"), {"truth": ["-2, 1, 1"]}),
    Example(N_("A line, learning rate too large"), {"lr": ["0.34"], "updates": ["30"]}),
)
COEFFICIENTS = Field(fewest=1, most=MOST_DEGREE + 1, low=-100.0, high=100.0)
NOISES = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)

link, notes, stage = lesson.begin(PAGE, _("Fit a curve by gradient descent"), EXAMPLES)

with st.sidebar:
    degree = controls.whole(link, "degree", _("Degree of the polynomial (1: a line)"), Range(1, MOST_DEGREE, "d"), 1)
    optimizer = optimizers.choose(link, "optimizer", _("Optimizer"), titled(OPTIMIZERS), "sgd", net=False)
    rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, 0.03, ranges.LEARNING_RATES)
    driver = controls.chosen_of(link, OPTIMIZERS, optimizer)
    updates = controls.whole(link, "updates", _("Updates"), Range(1, 1000, "n"), 100)
    measure = controls.choice(
        link, "measure", _("What is minimized"), {name: _(title) for name, title in MEASURES.items()}, "mean"
    )
    with controls.folded(link, "points", _("Points and start"), ":material/scatter_plot:"):
        truth = controls.numbers(link, "truth", _("True coefficients b, w₁, w₂ …"), "1, 2", COEFFICIENTS)
        noise = controls.dial(link, "noise", _("Noise σ of the points"), Range(0.0, 10.0, r"\sigma"), 1.0, NOISES)
        points = controls.whole(link, "points", _("Points between −3 and 3"), Range(2, 201, "N"), 61)
        seed = controls.whole(link, "seed", _("Seed of the noise"), Range(0, 99, "s"), 0)
        start = controls.numbers(link, "start", _("Start b, w₁, w₂ … (the rest at 0)"), "-3, -2", COEFFICIENTS)

settings = Settings(
    degree=degree,
    truth=tuple(truth.tolist()),
    points=points,
    noise=noise,
    seed=seed,
    measure=measure,
    optimizer=driver,
    learning_rate=rate,
    updates=updates,
    start=tuple(start.tolist()),
)


def start_now() -> tuple[float, ...]:
    """Return where the start is by now, if what stands in its field can be read."""
    try:
        return tuple(COEFFICIENTS.read(link.now("start", "")).tolist())
    except FieldError:
        return settings.start


def fit() -> Result:
    """Show the fit from where the start is by now; the part of the plane that is seen waits for its release."""
    here = replace(settings, start=start_now())
    shown = lesson.show(
        link,
        Picture(
            regression.panels_of(settings),
            regression.arrays_of(here),
            run=run_of(here),
            steps=updates,
            words=regression.update_words(),
            summary=regression.say(here),
        ),
        on_point=lambda picked: link.change("start", write(picked.point)),
    )
    return shown


with stage:
    lesson.live(fit)
    st.markdown(regression.say_slowest(settings))
    st.html(regression.coefficient_table(settings))
    for title, tex in regression.formulas(settings):
        controls.formula(link, tex, title)
    st.html(regression.measure_table(settings))
    lesson.code(link, partial(regression.program, settings))
link.publish(notes)
