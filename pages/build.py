"""Make your own optimizer: two rows of numbers, and the name that they have."""

from dataclasses import replace
from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import build, races, ranges
from optviz.lessons.build import GAINS, Row
from optviz.lessons.examples import Example
from optviz.lessons.races import Settings
from optviz.lessons.runs import MOST, Contestant, Run
from optviz.locale.spoken import N_, _, joined, titled
from optviz.recipes import Choice, Range
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, lesson, remedies, runs
from optviz.ui.player import Result

PAGE = "build"
RIVALS = (Run("adam"), Run("sgd"))
RATE = 0.3
DECAY = Range(0.0, 1.0, "b", "decay")
DECAYS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
GAIN = Range(0.0, 10.0, "c")
GAIN_STOPS = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0)
EPSILON = Range(1e-12, 1.0, r"\epsilon", "log")

PLAIN = {"m.decay": ["0"], "v": ["0"]}
ADAM = {"m.corrected": ["1"], "v.corrected": ["1"]}
EXAMPLES = (
    Example(N_("Adam without its correction"), {}),
    Example("Adam", {**ADAM, "run": ["rmsprop", "momentum", "sgd"]}),
    Example("SGD", {**PLAIN, "run": ["adam", "momentum"]}),
    Example(N_("Momentum (averaged)"), {"v": ["0"], "run": ["sgd", "momentum_classical,lr=0.03"]}),
    Example(
        N_("Momentum (classical)"), {"m.gain": ["sum"], "v": ["0"], "lr": ["0.03"], "run": ["sgd", "momentum,lr=0.3"]}
    ),
    Example(
        "AdaGrad", {"m.decay": ["0"], "v.decay": ["1"], "v.gain": ["sum"], "lr": ["1"], "run": ["sgd,lr=0.3", "adam"]}
    ),
    Example("RMSProp", {"m.decay": ["0"], "v.decay": ["0.9"], "run": ["sgd", "adam"]}),
    Example(N_("Only the sign"), {"m.decay": ["0"], "v.decay": ["0"], "run": ["rmsprop", "adam"]}),
    Example(N_("Never forgets"), {"m.decay": ["1"], "m.gain": ["sum"], "v": ["0"], "lr": ["0.03"], "run": ["sgd"]}),
    Example(N_("A gain of its own"), {"m.gain": ["own"], "m.own": ["0.3"], "v": ["0"], "run": ["momentum", "sgd"]}),
    Example(
        N_("A rule typed line by line arrives before Adam"),
        {"run": ["own:beta=0.8in[0%2C1];c=max(0.99*c%2Cabs(g));m=beta*m+(1-beta)*g;w=w-lr*m/(c+1e-08)", "adam"]},
    ),
)


def choose_row(prefix: str, decay: float) -> Row:
    """Draw the controls of one moment; a correction that would divide by zero is explained."""
    chosen = controls.dial(link, f"{prefix}.decay", _("Decay"), DECAY, decay, DECAYS)
    titles = {name: _(title) for name, title in GAINS.items()}
    gain = controls.segments(link, f"{prefix}.gain", _("Gain"), titles, "average")
    number = 1.0
    if gain == "own":
        number = controls.dial(link, f"{prefix}.own", _("Gain, any number"), GAIN, 1.0, GAIN_STOPS)
    row = Row(chosen, gain, number, controls.switch(link, f"{prefix}.corrected", _("Bias correction")))
    if row.impossible:
        st.warning(_("With decay 1, bias correction would divide by 1 − 1 = 0, so it is switched off."))
    return row


link, notes, stage = lesson.begin(PAGE, _("Make your own optimizer"), EXAMPLES)

with st.sidebar:
    st.header(_("First moment m"), anchor=False)
    with st.container(key=f"{PAGE}-first"):
        first = choose_row("m", 0.9)
    st.header(_("Second moment V"), anchor=False)
    second, epsilon, inside = None, 0.0, False
    with st.container(key=f"{PAGE}-second"):
        if controls.switch(link, "v", _("V from the squared gradients (off: V = 1)"), default=True):
            second = choose_row("v", 0.999)
            epsilon = controls.dial(link, "eps", "ε", EPSILON, 1e-8)
            inside = controls.switch(link, "eps.inside", _("ε inside the root"))
    st.header(_("Race"), anchor=False)
    surface = controls.choice(
        link,
        "surface",
        _("Surface"),
        titled(SURFACES),
        "bowl",
        resets=controls.POINT,
        then=partial(runs.tune, link, RIVALS, RATE),
    )
    learning_rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, RATE, ranges.LEARNING_RATES)
    steps = controls.whole(link, "steps", _("Steps"), Range(10, 1000, "n"), 100, step=10)
    rivals = runs.choose(link, RIVALS, learning_rate, surface, MOST - 1)
    with controls.folded(link, "starts", _("Start"), ":material/my_location:"):
        start = controls.point(link, SURFACES[surface].start)


def change(i: int, run: Contestant) -> None:
    """Change a run: the visitor's own, which is the first, has the learning rate that all share."""
    if i:
        link.change("run", (*rivals[: i - 1], run, *rivals[i:]))
    else:
        link.change("lr", run.learning_rate)


mine = build.own(first, second, epsilon, inside)
ground = Ground(surface, "", 0.0, 0.0, 0.0, 0)
settings = Settings(
    ground=ground,
    runs=(mine, *rivals),
    learning_rate=learning_rate,
    schedule=Choice("constant"),
    warmup=0,
    start=start,
    steps=steps,
)
log = races.gap_known(settings)


def race() -> Result:
    """Show the race from where the start is by now."""
    here = replace(settings, start=controls.point_now(link, start))
    return lesson.show(
        link,
        Picture(
            build.panels(here),
            races.arrays_of(here, log),
            run=run_of(here, log),
            steps=steps,
            summary=joined(build.recognize(mine.build()), build.remark(mine.build(), learning_rate) or races.say(here)),
            captions=races.captions(here),
        ),
        on_point=lambda picked: controls.move(link, picked.point),
    )


with stage:
    lesson.live(race)
    st.html(build.rows(mine))
    left, right = st.columns(2, gap="large")
    with left:
        controls.formula(link, build.steps(mine, learning_rate), _("The four steps with your numbers"))
    with right:
        controls.formula(link, build.by_hand(settings), _("The first step by hand"))
    st.html(races.report(settings))
    remedies.offer(link, settings, change)
    lesson.code(link, *build.programs(settings, mine))
    with controls.folded(
        link, "leavers", _("Optimizers that do not fit the two rows, and why"), ":material/logout:", alone=False
    ):
        if link.drawn:
            st.html(build.leavers())
link.publish(notes)
