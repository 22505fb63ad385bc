"""Race optimizers on a loss surface."""

from dataclasses import replace
from functools import partial

import streamlit as st

from optviz.course import outline
from optviz.figures.panels import Picture, run_of
from optviz.formula import FormulaError
from optviz.lessons import race_code, races, ranges
from optviz.lessons.examples import SURFACE_EXAMPLES
from optviz.lessons.races import Ground, Settings
from optviz.lessons.runs import Run
from optviz.lessons.words import formula_error
from optviz.locale.spoken import _
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Range
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, forks, inspector, lesson, remedies, runs
from optviz.ui.player import Result, step_at_rest

PAGE = "surfaces"
RACE = (Run("sgd"), Run("momentum"), Run("rmsprop"), Run("adam"))
RATE = 0.1
FORMULA = "x1^2 + 3*x2^2 + 2*sin(2*x1)"

link, notes, stage = lesson.begin(PAGE, _("Race optimizers on a surface"), SURFACE_EXAMPLES)

with st.sidebar:
    titles = {name: _(surface.title) for name, surface in SURFACES.items()}
    surface_name = controls.choice(
        link,
        "surface",
        _("Surface"),
        {**titles, "formula": _("Your own formula")},
        "bowl",
        resets=controls.POINT,
        then=partial(runs.tune, link, RACE, RATE, name="lr"),
    )
    formula = ""
    if surface_name == "formula":
        formula = controls.text(link, "f", _("Formula in x1 and x2"), FORMULA, formula=True)
    steps = controls.whole(link, "steps", _("Steps"), Range(10, 2000, "n"), 200, step=10)
    learning_rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, RATE, ranges.LEARNING_RATES)
    chosen = runs.choose(link, RACE, learning_rate, surface_name)
    with controls.folded(link, "schedules", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.choice(
            link, "schedule", _("Schedule"), {name: _(entry.title) for name, entry in SCHEDULES.items()}, "constant"
        )
        schedule_values = controls.parameters(link, f"{schedule}.", SCHEDULES[schedule])
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
        controls.formula(link, SCHEDULES[schedule].formula, note=_(SCHEDULES[schedule].note))
    with controls.folded(link, "penalties", _("Regularization and noise"), ":material/compress:"):
        l2 = controls.dial(link, "l2", _("L2 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        l1 = controls.dial(link, "l1", _("L1 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        sigma = controls.dial(link, "noise", _("Gradient noise σ"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        seed = controls.whole(link, "seed", _("Seed of the noise"), Range(0, 99, "s"), 0)
    with controls.folded(link, "starts", _("Start and axes"), ":material/my_location:"):
        try:
            ground = Ground(surface_name, formula, l1, l2, sigma, seed)
            surface = races.surface_of(surface_name, formula)
            start = controls.point(link, surface.start)
        except FormulaError as error:
            stage.error(formula_error(error), icon=":material/function:")
            link.publish(notes)
            st.stop()
        log = controls.switch(link, "log", _("Loss on a log axis"), default=True)

if not chosen:
    stage.info(_("Choose at least one optimizer to start the race."), icon=":material/flag:")
    link.publish(notes)
    st.stop()

settings = Settings(ground, chosen, learning_rate, schedule, tuple(schedule_values.items()), warmup, start, steps)
with stage:
    picture, at_it, told = st.container(), st.container(), st.empty()
with at_it:
    forking = st.container()
    if surface_name == "formula":
        controls.formula(link, f"f = {surface.latex}")
    settings = replace(settings, fork=forks.of_race(link, settings))
    log = log and races.gap_known(settings)
    rest = step_at_rest(PAGE, run_of(settings, log))
    selected = runs.chosen(link)
    with forking:
        forks.offer(link, settings.fork, selected, chosen[selected].title(learning_rate), rest, steps)


def race() -> Result:
    """Show the race from where the start is by now."""
    here = replace(settings, start=controls.point_now(link, start))
    inside = inspector.choose(link, here)
    shown = lesson.show(
        link,
        Picture(
            races.panels_of(here, log, inside.arrows),
            {**races.arrays_of(here, log), **inside.arrays},
            run=run_of(here, log),
            steps=steps,
            summary=races.say(here),
            captions=races.captions(here),
            slow=inside.slow,
            junction=here.fork.junction if here.fork else None,
        ),
        watch=True,
        on_point=lambda picked: controls.move(link, picked.point),
    )
    told.html(races.report(here))
    return shown


with picture:
    st.html(outline.welcome())
    lesson.live(race)
with stage:
    remedies.offer(link, settings, lambda i, run: link.change("run", (*chosen[:i], run, *chosen[i + 1 :])))
    inspector.draw(link, settings, inspector.choose(link, settings), rest)
    with controls.folded(link, "formulas", _("Formulas"), ":material/function:", alone=False):
        for tex, title, note in races.formulas(ground, chosen):
            controls.formula(link, tex, title, note)
    lesson.code(link, lambda: race_code.program(settings), title=_("The same in NumPy"))
link.publish(notes)
