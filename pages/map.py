"""Map what two numbers make of a run, and drag the run over the map."""

from dataclasses import replace

import streamlit as st

from optviz.course import outline
from optviz.figures.panels import Picture, run_of
from optviz.formula import FormulaError
from optviz.lessons import maps as told
from optviz.lessons import race_code, races, ranges
from optviz.lessons.examples import Example
from optviz.lessons.maps import GOAL, SHOWN, Settings
from optviz.lessons.rosters import differing
from optviz.lessons.runs import Run
from optviz.lessons.words import formula_error
from optviz.locale.spoken import N_, _, titled
from optviz.optimization.optimizers import OPTIMIZERS, example
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Range
from optviz.surfaces.grounds import Ground, surface_of
from optviz.surfaces.maps import L2, LR, STEPS, X1, X2, Axis
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, lesson, links, maps, optimizers, typed_rules
from optviz.ui.player import Pick

PAGE = "map"
FORMULA = "x1^2 + 3*x2^2 + 2*sin(2*x1)"
OPTIMIZER = "momentum_classical"
FINEST = {"64": "64 × 64", "128": "128 × 128", "256": "256 × 256"}
FOUR = {"surface": ["himmelblau"], "x": ["x1"], "y": ["x2"], "z": [GOAL]}
"""Where starts on a surface with four minima lead."""
EXAMPLES = (
    Example(N_("Momentum on a quadratic: it diverges where theory says"), {}),
    Example(
        N_("A long valley asks for much momentum"),
        {"surface": ["long_valley"], "z": ["steps"], "x.low": ["0.01"], "x.high": ["2"], "lr": ["0.2"]},
    ),
    Example(
        N_("Adam arrives with learning rates a hundred times apart"),
        {"surface": ["himmelblau"], "optimizer": ["adam"]},
    ),
    Example(
        N_("SGD on Rosenbrock: most learning rates diverge"),
        {
            "surface": ["rosenbrock"],
            "optimizer": ["sgd"],
            "y": ["x2"],
            "lr": ["0.001"],
            "x.low": ["0.0001"],
            "x.high": ["1"],
            "steps": ["500"],
        },
    ),
    Example(
        N_("L2 adds curvature: the bound falls"),
        {"optimizer": ["sgd"], "y": ["l2"], "x.low": ["0.02"], "x.high": ["2"], "l2": ["0.1"]},
    ),
    Example(N_("Basins of four minima"), {**FOUR, "optimizer": ["sgd"], "lr": ["0.01"]}),
    Example(N_("Beyond 2/λ two of the four minima hold nothing"), {**FOUR, "optimizer": ["sgd"], "lr": ["0.02"]}),
    Example(N_("Momentum with a large learning rate: fractal basins"), {**FOUR, "lr": ["0.02"], "cells": ["256"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Map two numbers of a run"), EXAMPLES)


def refuse(text: str) -> None:
    """Say why there is no map, and end the page."""
    stage.info(text, icon=":material/map:")
    link.publish(notes)
    st.stop()


def choose_axis(name: str, label: str, default: str) -> Axis:
    """Draw the controls of an axis: the number, and from where to where."""
    ends = f"{name}.low", f"{name}.high"
    chosen = controls.choice(link, name, label, titles, default, resets=ends)
    axis, span = told.axis_of(chosen, optimizer, surface)
    with st.container(horizontal=True, wrap=False):
        low = controls.exact(link, ends[0], _("From"), span, axis.low)
        high = controls.exact(link, ends[1], _("To"), span, axis.high)
    return replace(axis, low=low, high=high)


def starts() -> list[str]:
    """Return the ends of the axes that are the start's: on another surface they are others."""
    return [f"{side}.{end}" for side in "xy" if link.now(side, "") in (X1, X2) for end in ("low", "high")]


with st.sidebar:
    surface_name = controls.choice(
        link,
        "surface",
        _("Surface"),
        {**titled(SURFACES), "formula": _("Your own formula")},
        "bowl",
        resets=(X1, X2),
        then=lambda _name: link.reset(*starts()),
    )
    formula = ""
    if surface_name == "formula":
        formula = controls.text(link, "f", _("Formula in x1 and x2"), FORMULA, formula=True)
    try:
        surface = surface_of(surface_name, formula)
    except FormulaError as error:
        stage.error(formula_error(error), icon=":material/function:")
        link.publish(notes)
        st.stop()
    recipes = {**titled(OPTIMIZERS), "own": _(example.title)}
    resets = ("x.low", "x.high", "y.low", "y.high")
    chosen = optimizers.choose(link, "optimizer", _("Optimizer"), recipes, OPTIMIZER, net=False, resets=resets)
    optimizer = typed_rules.choose(link, "rule") if chosen == "own" else chosen
    titles = told.titles_of(optimizer)
    x = choose_axis("x", _("From left to right"), LR)
    y = choose_axis("y", _("From bottom to top"), told.second_of(optimizer))
    kinds = {name: _(title) for name, title in SHOWN.items()}
    if {x.name, y.name} == {X1, X2}:
        kinds[GOAL] = _("Which minimum")
    shown = controls.choice(link, "z", _("The colors show"), kinds, "ending")
    finest = int(controls.segments(link, "cells", _("Finest map, cells"), FINEST, "128"))
    with controls.folded(link, "here", _("The run beside it"), ":material/my_location:"):
        steps = controls.whole(link, STEPS, _("Steps"), Range(1, told.MOST_STEPS, "n"), 200)
        learning_rate = controls.dial(link, LR, _("Learning rate"), ranges.LEARNING_RATE, 0.1, ranges.LEARNING_RATES)
        values = controls.parameters(link, f"{chosen}.", OPTIMIZERS[optimizer])
        start = controls.point(link, surface.start)
        log = controls.switch(link, "log", _("Loss on a log axis"), default=True)
    with controls.folded(link, "schedules", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.recipe(link, "schedule", _("Schedule"), SCHEDULES, "constant")
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
    with controls.folded(link, "penalties", _("Regularization and noise"), ":material/compress:"):
        l2 = controls.dial(link, L2, _("L2 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        l1 = controls.dial(link, "l1", _("L1 strength"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        sigma = controls.dial(link, "noise", _("Gradient noise σ"), ranges.STRENGTH, 0.0, ranges.STRENGTHS)
        seed = controls.whole(link, "seed", _("Seed of the noise"), Range(0, 99, "s"), 0)

if fault := told.fault_of(x, y):
    refuse(fault)
settings = Settings(
    race=races.Settings(
        ground=Ground(surface_name, formula, l1, l2, sigma, seed),
        runs=(Run(optimizer, None, differing(OPTIMIZERS[optimizer], values)),),
        learning_rate=learning_rate,
        schedule=schedule,
        warmup=warmup,
        start=start,
        steps=steps,
    ),
    x=x,
    y=y,
    shown=shown,
)
log = log and races.gap_known(settings.race)
names = {axis.name: axis.name if axis.name in (LR, L2, X1, X2, STEPS) else f"{chosen}.{axis.name}" for axis in (x, y)}


def now() -> Settings:
    """Return the settings with the cell that is looked at by now, and the start."""
    here = replace(settings, race=replace(settings.race, start=controls.point_now(link, start)))
    return told.moved(here, [float(link.now(names[axis.name], settings.value_of(axis.name))) for axis in (x, y)])


def go(x_value: float, y_value: float) -> None:
    """Look at another cell."""
    for axis, value in ((x, x_value), (y, y_value)):
        link.change(names[axis.name], value)


def pick(picked: Pick) -> None:
    """Take a point of the map for the cell, or one of the surface for the start."""
    if picked.panel == 0:
        go(told.value_at(x, picked.point[0]), told.value_at(y, picked.point[1]))
    else:
        controls.move(link, picked.point)


def draw() -> None:
    """Show the map as far as it is made, and the run of the cell; look at what has been made since."""
    if controls.slid():
        st.rerun()
    here = now()
    if links.is_alone():
        refined.advance()
        if refined.running != ticking:
            st.rerun()
    done = lesson.show(
        link,
        Picture(
            told.panels_of(settings, refined.cells, log),
            told.arrays_of(settings, here, refined.cells, log),
            run=run_of(here.race, log),
            steps=here.race.steps,
            summary=told.say(here, refined.cells),
            captions=races.captions(here.race),
        ),
        on_point=pick,
    )
    maps.draw_progress(link, refined, controls.wholly)
    lesson.say(told.say_here(here))
    if shown in ("ending", GOAL):
        st.caption(_("The paler a cell that arrives, the later it does. Drag the ring, or tap, for another run."))
    with st.container(horizontal=True, vertical_alignment="center"):
        best = told.best_of(here, refined.cells)
        st.button(
            _("Go to the soonest"),
            key=f"{PAGE}-best",
            icon=":material/flag:",
            on_click=controls.wholly,
            args=(go, *(best[:2] if best else ())),
            disabled=best is None,
        )
        words = _("This run among others, on the surfaces page")
        st.html(outline.go("surfaces", words, parameters=told.parameters_of(here)), width="content")
    st.html(told.report(here, refined.cells))
    if done.pick and not done.pick.held:
        st.rerun()


with stage:
    refined = maps.keep(link, settings.map, finest)
    ticking = refined.running
    st.fragment(draw, run_every=maps.PERIOD if ticking else None)()
    with controls.folded(link, "formulas", _("Formulas"), ":material/function:", alone=False):
        if link.drawn:
            for tex, title, note in (*races.formulas(settings.race.ground, [settings.run]), *told.theory(settings)):
                controls.formula(link, tex, title, note)
    lesson.code(link, lambda: race_code.program(settings.race), title=_("The same run in NumPy"))
link.publish(notes)
