"""See a polynomial underfit, fit and overfit, and what helps."""

from dataclasses import replace

import streamlit as st

from optviz.course.outline import href
from optviz.figures.panels import Picture, run_of
from optviz.lessons import fitting
from optviz.lessons.examples import Example
from optviz.locale.spoken import N_, _, titled
from optviz.models.fitting import CURVES, MOST_DEGREE, MOST_POINTS, Setting
from optviz.recipes import Range
from optviz.ui import controls, lesson
from optviz.ui.player import Pick, Result

PAGE = "fitting"
START = Setting()
EXAMPLES = (
    Example(N_("Underfitting: degree 1"), {"degree": ["1"]}),
    Example(N_("Good: degree 4"), {}),
    Example(N_("Overfitting: degree 15"), {"degree": ["15"]}),
    Example(N_("More data against overfitting"), {"degree": ["15"], "points": ["320"]}),
    Example(N_("L2 against overfitting"), {"degree": ["15"], "l2": ["0.01"]}),
    Example(N_("Too much L2 underfits"), {"degree": ["15"], "l2": ["3"]}),
    Example(N_("More data cannot cure underfitting"), {"degree": ["1"], "points": ["400"]}),
    Example(N_("A fast wave needs more features"), {"curve": ["wave"], "degree": ["9"], "points": ["60"]}),
)
STRENGTH = Range(0.0, 100.0, r"\lambda")
STRENGTHS = (0.0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
NOISES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
OVERFIT = {
    "data": ["moons"],
    "moons.n": ["40"],
    "moons.noise": ["0.8"],
    "validation": ["0.5"],
    "layers": ["3"],
    "units": ["64"],
    "init": ["he"],
    "optimizer": ["adam"],
    "lr": ["0.003"],
    "epochs": ["200"],
}
NETS = (
    (N_("2-1-1 underfits"), {"units": ["1"]}, N_("One hidden unit can only divide the plane along a line.")),
    (N_("2-11-1 with L2 fits well"), {"l2": ["0.03"]}, N_("The course's net: enough units, and small weights.")),
    (
        N_("2-64-64-64-1 overfits"),
        OVERFIT,
        N_("8,577 parameters memorize 20 noisy points: the validation loss rises while the training loss falls."),
    ),
)

link, notes, stage = lesson.begin(PAGE, _("Underfitting, a good fit, overfitting"), EXAMPLES)

with st.sidebar:
    degree = controls.whole(link, "degree", _("Degree (features)"), Range(0, MOST_DEGREE, "d"), START.degree)
    points = controls.whole(link, "points", _("Points (data)"), Range(10, MOST_POINTS, "n"), START.points, step=5)
    l2 = controls.dial(link, "l2", _("L2 strength (regularizer)"), STRENGTH, START.l2, STRENGTHS)
    noise = controls.dial(link, "noise", _("Noise σ"), Range(0.0, 2.0, r"\sigma"), START.noise, NOISES)
    share = controls.dial(link, "validation", _("Validation share"), Range(0.2, 0.7, "v"), START.share, SHARES)
    curve = controls.choice(link, "curve", _("True curve"), titled(CURVES), START.curve)
    seed = controls.whole(link, "seed", _("Seed of the points"), Range(0, 99, "s"), START.seed)

setting = Setting(curve, points, noise, share, seed, degree, l2)


def pick(told: Pick) -> None:
    """Take the value that was dragged or clicked: along a scale, or in the errors against it."""
    if picked := fitting.picked(told.panel, told.point):
        link.change(*picked)


def picture() -> Result:
    """Show the fits by what is held at the moment."""
    here = replace(
        setting, degree=int(link.now("degree", degree)), points=int(link.now("points", points)), l2=link.now("l2", l2)
    )
    return lesson.show(
        link,
        Picture(
            fitting.panels_of(),
            fitting.arrays_of(here),
            run=run_of(here),
            steps=0,
            summary=fitting.say(here),
        ),
        on_point=pick,
    )


with stage:
    lesson.live(picture)
    st.caption(fitting.rule())
    st.markdown(fitting.remedies(setting))
    for title, tex in fitting.formulas(setting):
        controls.formula(link, tex, title)
    st.markdown(
        "\n".join(
            [
                f"**{_('The same with the classifier')}**\n",
                *(
                    f"- [{_(title)}]({href('classifier', parameters)}){_(': ')}{_(why)}"
                    for title, parameters, why in NETS
                ),
            ]
        )
    )
    lesson.code(link, fitting.program(setting))
link.publish(notes)
