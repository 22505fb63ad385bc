"""Descend on a curve of one weight, with one learning rate or several."""

from dataclasses import replace

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.formula import FormulaError
from optviz.lessons import descent, ranges, tables
from optviz.lessons.descent import FORMULA, Settings
from optviz.lessons.examples import Example
from optviz.lessons.words import field_error, formula_error
from optviz.locale.spoken import N_, _, joined, titled
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Range
from optviz.surfaces.curves import CURVES
from optviz.typed_numbers import Field, FieldError
from optviz.ui import controls, lesson
from optviz.ui.player import Result

PAGE = "descent"
MOST = 3
RATES = (0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.999, 1.0, 1.04, 1.1, 2.0, 3.0)
THETA = {"curve": ["square"], "steps": ["20"]}
EXAMPLES = (
    Example(N_("Learning rate 0.2"), {}),
    Example(N_("0.001: too slow"), {"lr": ["0.001"]}),
    Example(N_("0.999: settles extremely slowly"), {"lr": ["0.999"]}),
    Example(N_("θ² with 0.1, 0.9 and 1.04"), {**THETA, "lr": ["0.1"], "compare": ["0.9, 1.04"]}),
    Example(
        N_("Exponential decay, row by row"),
        {
            "schedule": ["exponential_decay"],
            "exponential_decay.decay_steps": ["1"],
            "exponential_decay.rate": ["0.99"],
            "single": ["1"],
        },
    ),
    Example(
        N_("A decay settles at the kink"),
        {
            "curve": ["kink"],
            "lr": ["0.9"],
            "steps": ["100"],
            "schedule": ["exponential_decay"],
            "exponential_decay.rate": ["0.5"],
        },
    ),
    Example(N_("Two wells"), {"curve": ["double_well"], "lr": ["0.2"], "compare": ["0.7, 1.2"]}),
)


def rates(text: str) -> tuple[float, ...]:
    """Read the further learning rates; there may be none."""
    entry = Field(most=MOST, low=ranges.LEARNING_RATE.low, high=ranges.LEARNING_RATE.high)
    return tuple(entry.read(text).tolist()) if text.strip() else ()


link, notes, stage = lesson.begin(PAGE, _("Descent on a curve"), EXAMPLES)

with st.sidebar:
    titles = titled(CURVES)
    curve = controls.choice(
        link, "curve", _("Curve"), {**titles, FORMULA: _("Your own formula")}, "shifted", resets=("start",)
    )
    formula = ""
    if curve == FORMULA:
        formula = controls.typed(
            link,
            "f",
            _("Formula in {names}").format(names="w"),
            "w^2/4 + cos(3*w)",
            descent.readable,
            FormulaError,
            lambda error: formula_error(error, ("w",)),
            formula=True,
        )
    learning_rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, 0.2, RATES)
    others = controls.typed(
        link, "compare", _("Compare with learning rates (up to {n})").format(n=MOST), "", rates, FieldError, field_error
    )
    steps = controls.whole(link, "steps", _("Steps"), Range(1, 200, "n"), 40)
    start = controls.exact(
        link, "start", _("Start w₀"), Range(-1000.0, 1000.0, "w_0"), descent.curve_of(curve, formula).start
    )
    with controls.folded(link, "schedules", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.recipe(link, "schedule", _("Schedule"), SCHEDULES, "constant")
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 200, "n"), 0)
        controls.formula(link, SCHEDULES[schedule.name].formula, note=_(SCHEDULES[schedule.name].note))
    with controls.folded(link, "axes", _("Axis and precision"), ":material/straighten:"):
        log = controls.switch(link, "log", _("Loss on a log axis"))
        single = controls.switch(link, "single", _("Single precision, as in TensorFlow"))

chosen = tuple(dict.fromkeys((learning_rate, *others)))
settings = Settings(
    curve=curve,
    formula=formula,
    rates=chosen,
    schedule=schedule,
    warmup=warmup,
    start=start,
    steps=steps,
    single=single,
)
log = log and descent.floor_of(settings) is not None


def race() -> Result:
    """Show the descent from where the start is by now; the part of the curve that is seen waits for its release."""
    here = replace(settings, start=link.now("start", start))
    shown = lesson.show(
        link,
        Picture(
            descent.panels_of(settings, log),
            descent.arrays_of(here, log),
            run=run_of(here, log),
            steps=steps,
            summary=descent.say(here),
            captions=descent.captions(here) if len(chosen) > 1 else (),
        ),
        on_point=lambda picked: controls.move(link, picked.point, ("start",)),
    )
    if len(chosen) > 1:
        st.html(descent.report(here))
    return shown


with stage:
    lesson.live(race)
    if remedy := descent.remedy(settings):
        text = _("Learning rate {before:g} → {after:g}").format(before=learning_rate, after=remedy)
        st.button(text, key=f"{PAGE}~remedy", icon=":material/healing:", on_click=link.change, args=("lr", remedy))
    st.caption(joined(_(descent.curve_of(curve, formula).note), _("Click the picture to start there.")))
    for tex in descent.formulas(settings):
        controls.formula(link, tex)
    shown = next(iter(descent.names_of(settings)))
    if len(chosen) > 1:
        shown = controls.segments(link, "table", _("Table for"), descent.names_of(settings), shown)
    name = joined(_("Table for"), descent.names_of(settings)[shown])
    st.html(tables.scrolling(descent.steps_table(settings, shown), name))
    st.caption(_("Each row is one update: the loss is computed before it, at wₜ; wₜ₊₁ is the weight after it."))
    lesson.code(link, descent.program(settings))
link.publish(notes)
