"""Compare learning-rate schedules, and see what each does to a descent."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Junction, Picture, run_of
from optviz.figures.style import SERIES
from optviz.lessons import ranges, schedules
from optviz.lessons.examples import Example
from optviz.lessons.schedules import LAST, MOST, PLANS, Scheduled, Settings
from optviz.locale.spoken import N_, _, titled
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Range
from optviz.surfaces.curves import CURVES
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, lesson, optimizers
from optviz.ui.rosters import Picker

PAGE = "schedules"
STAIRS = (Scheduled("exponential_decay"), Scheduled("exponential_decay", values=(("staircase", True),)))
EXAMPLES = (
    Example(N_("Exponential decay, smooth and staircase"), {}),
    Example(N_("Piecewise constant"), {"s": ["piecewise_constant"], "lr": ["0.1"], "at": ["100"], "log": ["1"]}),
    Example(
        N_("A constant rate against decays"),
        {"s": ["constant", "exponential_decay,decay_steps=50", "inverse_time", "cosine"], "steps": ["200"]},
    ),
    Example(
        N_("With a warm-up"),
        {"s": ["constant", "cosine", "step_decay"], "warmup": ["50"], "steps": ["300"], "at": ["25"]},
    ),
    Example(N_("Restarts and one cycle"), {"s": ["cosine_restarts", "one_cycle,total_steps=400"], "at": ["50"]}),
    Example(
        N_("Noisy gradients need a decay"),
        {"s": ["constant", "inverse_time"], "lr": ["0.3"], "noise": ["2"], "steps": ["300"]},
    ),
)

link, notes, stage = lesson.begin(PAGE, _("Learning-rate schedules"), EXAMPLES)

with st.sidebar:
    learning_rate = controls.dial(
        link, "lr", _("Initial learning rate"), ranges.LEARNING_RATE, 0.5, (*ranges.LEARNING_RATES, 0.5)
    )
    plans = Picker(PLANS).choose(link, STAIRS, learning_rate, lambda plans: [look.glyph for look in SERIES], MOST)
    warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
    steps = controls.whole(link, "steps", _("Steps"), Range(10, LAST, "n"), 400, step=10)
    probe = controls.whole(link, "at", _("Step to look at"), Range(0, LAST, "t"), 10)
    log = controls.switch(link, "log", _("Learning rate on a log axis"))
    with controls.folded(link, "applied", _("What they are applied to"), ":material/trending_down:"):
        optimizer = optimizers.choose(link, "optimizer", _("Optimizer"), titled(OPTIMIZERS), "sgd", net=False)
        curve = controls.choice(link, "curve", _("Curve"), titled(CURVES), "kink")
        surface = controls.choice(link, "surface", _("Surface"), titled(SURFACES), "bowl")
        sigma = controls.dial(
            link, "noise", _("Gradient noise σ on the surface"), ranges.STRENGTH, 0.0, ranges.STRENGTHS
        )

if not plans:
    stage.info(_("Add a schedule in the sidebar to draw it."), icon=":material/show_chart:")
    link.publish(notes)
    st.stop()

settings = Settings(
    plans=plans,
    learning_rate=learning_rate,
    warmup=warmup,
    steps=steps,
    optimizer=optimizer,
    curve=curve,
    surface=surface,
    sigma=sigma,
)
with stage:
    lesson.show(
        link,
        Picture(
            schedules.panels_of(settings, log),
            schedules.arrays_of(settings),
            run=run_of(settings, probe),
            steps=steps,
            summary=schedules.say(settings),
            junction=Junction(min(probe, steps), str(probe), still=True),
        ),
        on_point=lambda picked: link.change("at", schedules.step_at(picked.point[0])),
    )
    st.html(schedules.report(settings, probe))
    for sentence in schedules.sides(settings):
        st.markdown(sentence)
    st.caption(_("Click the schedules to look at a step: the playhead goes there, and the table and the formulas."))
    for title, general, filled in schedules.formulas(settings, probe):
        controls.formula(link, general, title)
        controls.formula(link, filled)
    lesson.code(link, partial(schedules.program, settings))
link.publish(notes)
