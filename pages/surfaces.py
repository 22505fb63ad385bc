"""Race optimizers on a loss surface."""

from dataclasses import replace
from functools import partial

import streamlit as st

from optviz.course import outline
from optviz.figures.panels import Picture, run_of
from optviz.formula import FormulaError
from optviz.lessons import fair, race_code, races, ranges, strip
from optviz.lessons.examples import SURFACE_EXAMPLES
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.lessons.words import formula_error
from optviz.locale.spoken import _, titled
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Range
from optviz.surfaces.grounds import Ground, surface_of
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, forks, inspector, lesson, links, remedies, rosters, runs
from optviz.ui.player import Result, step_at_rest

PAGE = "surfaces"
RACE = (Run("sgd"), Run("momentum"), Run("rmsprop"), Run("adam"))
RATE = 0.1
FORMULA = "x1^2 + 3*x2^2 + 2*sin(2*x1)"

link, notes, stage = lesson.begin(PAGE, _("Race optimizers on a surface"), SURFACE_EXAMPLES)


def is_race_enough() -> bool:
    """Whether only the race, and what stands at it, follows its sliders: nothing else that does is open or drawn."""
    open_folds = any(controls.is_open(link, fold) for fold in (inspector.FOLD, lesson.CODE, rosters.EDITOR))
    return not open_folds and link.now(forks.STEP, None) is None and not link.now("fair", False)


def is_race_enough_for_rate() -> bool:
    """Whether that holds for the shared learning rate as well: runs with rates of their own are named by them."""
    return is_race_enough() and all(run.learning_rate is None for run in link.now("run", RACE))


with st.sidebar:
    titles = titled(SURFACES)
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
    steps = controls.whole(link, "steps", _("Steps"), Range(10, 2000, "n"), 200, 10, is_enough=is_race_enough)
    is_fair = controls.switch(link, "fair", _("Each run at its best learning rate"))
    with controls.left_out(link, is_fair):
        learning_rate = controls.dial(
            link,
            "lr",
            _("Learning rate"),
            ranges.LEARNING_RATE,
            RATE,
            ranges.LEARNING_RATES,
            is_enough=is_race_enough_for_rate,
        )
    under_rate = st.empty()
    chosen = runs.choose(link, RACE, learning_rate, surface_name, rated=not is_fair)
    with controls.folded(link, "schedules", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.recipe(link, "schedule", _("Schedule"), SCHEDULES, "constant")
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
        controls.formula(link, SCHEDULES[schedule.name].formula, note=_(SCHEDULES[schedule.name].note))
    with controls.folded(link, "penalties", _("Regularization and noise"), ":material/compress:"):
        l2 = controls.dial(link, "l2", _("L2 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        l1 = controls.dial(link, "l1", _("L1 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        sigma = controls.dial(link, "noise", _("Gradient noise σ"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        seed = controls.whole(link, "seed", _("Seed of the noise"), Range(0, 99, "s"), 0)
    with controls.folded(link, "starts", _("Start and axes"), ":material/my_location:"):
        try:
            ground = Ground(surface_name, formula, l1, l2, sigma, seed)
            surface = surface_of(surface_name, formula)
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

settings = Settings(
    ground=ground,
    runs=chosen,
    learning_rate=learning_rate,
    schedule=schedule,
    warmup=warmup,
    start=start,
    steps=steps,
)
if is_fair:
    settings = fair.at_best(settings)
selected = runs.chosen(link)
with stage:
    picture, at_it, told, healing = st.container(), st.container(), st.empty(), st.container()
with at_it:
    forking = st.container()
    if surface_name == "formula":
        controls.formula(link, f"f = {surface.latex}")
    settings = replace(settings, fork=forks.of_race(link, settings))
    log = log and races.gap_known(settings)


def now() -> Settings:
    """Return the race as the sliders and the picture say by now."""
    # From where the start is dragged to, other rates may be the best: the page looks for them when it is let go.
    return replace(
        settings,
        steps=int(link.now("steps", steps)),
        learning_rate=float(link.now("lr", learning_rate)),
        start=controls.point_now(link, start),
    )


def race() -> Result:
    """Show the race, where its runs end at other rates, where it can be forked, and what would help.

    While something is held, that is what helped before, and the other rates are those of the race before.
    """
    here = now()
    inside, run = inspector.choose(link, here), run_of(here, log)
    if races.panels_of(here, log, inside.arrows) != panels:
        st.rerun()
    if not links.held():
        settled[:] = [here]
    shown = lesson.show(
        link,
        Picture(
            panels,
            {**races.arrays_of(here, log), **inside.arrays},
            run=run,
            steps=here.steps,
            summary=races.say(here),
            captions=races.captions(here),
            slow=inside.slow,
            junction=here.fork.junction if here.fork else None,
        ),
        watch=True,
        on_point=lambda picked: controls.move(link, picked.point),
        staged=True,
    )
    with forking:
        name = here.runs[selected].title(here.shared)
        forks.offer(link, here.fork, selected, name, step_at_rest(PAGE, run), here.steps)
    told.html(races.report(here))
    # Of few lengths alone: while the slider of steps moves, the curves stay, and cost nothing.
    drawn = replace(settled[0], learning_rate=here.learning_rate, steps=races.length_of(here.steps))
    under_rate.html(strip.strip(drawn))
    with healing, st.container():  # a fragment may write where it has written before
        if not is_fair:  # where no other rate is better
            remedies.offer(link, settled[0], lambda i, run: link.change("run", (*chosen[:i], run, *chosen[i + 1 :])))
    # What is said of the step at which the playhead rests stands here, unless a step is looked into.
    return shown if inside.open else shown._replace(step=None)


with picture:
    st.html(outline.welcome())
    settled = [settings]
    panels = races.panels_of(settings, log, inspector.choose(link, settings).arrows)
    lesson.follow(link, panels, race)
with stage:
    rest = step_at_rest(PAGE, run_of(settings, log))
    inspector.draw(link, settings, inspector.choose(link, settings), rest)
    with controls.folded(link, "formulas", _("Formulas"), ":material/function:", alone=False):
        if link.drawn:
            for tex, title, note in races.formulas(ground, chosen):
                controls.formula(link, tex, title, note)
    lesson.code(link, lambda: race_code.program(settings), title=_("The same in NumPy"))
link.publish(notes)
