"""Train one net without a penalty, with L1 and with L2, from the same start on the same batches."""

from functools import partial

import streamlit as st

from optviz.course.outline import href
from optviz.figures.panels import Picture, run_of
from optviz.lessons import penalties, ranges
from optviz.lessons.examples import Example
from optviz.lessons.penalties import EPOCHS, STRENGTHS, Chosen, Settings
from optviz.lessons.words import data_error, epoch_words
from optviz.locale.spoken import N_, _, titled
from optviz.networks.datasets import DataError
from optviz.optimization.optimizers import TRAINERS
from optviz.recipes import Range
from optviz.ui import controls, lesson, optimizers
from optviz.ui.downloads import Beside

PAGE = "penalties"
COURSE, START = Settings(), Chosen(0.03, 0.03)
HELPS = {"l2": ["0.05"], "l1": ["0.02"], "units": ["32"], "validation": ["0.5"]}
"""Many units and few points, where both penalties lower the validation loss."""
EXAMPLES = (
    Example(N_("Many units, few points: penalties help"), HELPS),
    Example(N_("The course's strength 0.03"), {"l1": ["0.03"], "l2": ["0.03"]}),
    Example(N_("The best strengths"), {"l1": ["0.01"], "l2": ["0.02"]}),
    Example(N_("Hardly any penalty"), {"l1": ["0.0003"], "l2": ["0.0003"]}),
    Example(N_("Too strong: nothing is left"), {"l1": ["0.3"], "l2": ["0.3"]}),
    Example(N_("With Adam"), {"optimizer": ["adam"], "l1": ["0.01"], "l2": ["0.02"]}),
    Example(N_("A large learning rate oscillates around zero"), {"lr": ["0.05"], "l1": ["0.05"], "l2": ["0.05"]}),
)
STRENGTH = Range(0.0, 10.0, r"\lambda")
SHARE = Range(0.0, 0.5, "v")

link, notes, stage = lesson.begin(PAGE, _("No penalty, L1 and L2 side by side"), EXAMPLES, HELPS)

with st.sidebar:
    l1 = controls.dial(link, "l1", _("L1 strength"), STRENGTH, START.l1, (0.0, *STRENGTHS))
    l2 = controls.dial(link, "l2", _("L2 strength"), STRENGTH, START.l2, (0.0, *STRENGTHS))
    optimizer = optimizers.choose(link, "optimizer", _("Optimizer"), titled(TRAINERS), COURSE.optimizer.name, net=True)
    rate = controls.dial(
        link, "lr", _("Learning rate"), ranges.LEARNING_RATE, COURSE.learning_rate, ranges.LEARNING_RATES
    )
    trainer = controls.chosen_of(link, TRAINERS, optimizer)
    epochs = int(controls.choice(link, "epochs", _("Epochs"), {f"{n}": f"{n}" for n in EPOCHS}, f"{COURSE.epochs}"))
    units = controls.whole(link, "units", _("Hidden units"), Range(1, 32, "u"), COURSE.units)
    share = controls.dial(link, "validation", _("Validation share"), SHARE, COURSE.share, (0.0, 0.1, 0.2, 0.3, 0.5))
    seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), 0)

chosen = Chosen(l1, l2)
settings = penalties.settings_of(
    Settings(
        optimizer=trainer,
        learning_rate=rate,
        units=units,
        epochs=epochs,
        seed=seed,
        share=share,
    ),
    chosen,
)


def stream() -> None:
    """Show how far the trainings are, and train on for a moment."""
    if sweep.done == ticking:
        st.rerun()
    shown = lesson.show(
        link,
        Picture(
            penalties.panels_of(sweep, chosen),
            penalties.arrays_of(sweep, chosen),
            run=run_of(settings, chosen),
            steps=epochs,
            growing=not sweep.done,
            words=epoch_words(),
            summary=penalties.say(sweep, chosen),
            even=3,
        ),
        slides=False,
    )
    st.caption(penalties.legend())
    lesson.say(*penalties.say_trade(sweep, chosen), penalties.say_best(sweep))
    st.html(penalties.table(sweep, chosen))
    picked = shown.pick
    if picked and picked.panel in penalties.PICKED:
        link.change(penalties.PICKED[picked.panel], penalties.nearest(settings, picked.point[0]))
        st.rerun()
    sweep.advance()


link.publish(notes)
try:
    sweep = penalties.sweep_of(settings)
except DataError as error:
    stage.error(data_error(error), icon=":material/error:")
    st.stop()

ticking = not sweep.done
with stage:
    st.fragment(stream, run_every=penalties.PERIOD if ticking else None)()
    st.caption(penalties.say_hover(settings, chosen))
    for title, tex in penalties.formulas(sweep, chosen):
        controls.formula(link, tex, title)
    compared = {
        "compare": ["1"],
        "b.l2": [f"{l2:g}"],
        "units": [f"{units}"],
        "validation": [f"{share:g}"],
        "seed": [f"{seed}"],
    }
    st.markdown(f"[{_('Without a penalty and with L2, in the classifier')}]({href('classifier', compared)})")
    programs = [partial(penalties.program, settings, chosen, kind) for kind in penalties.KINDS]
    beside = Beside(penalties.FILE, partial(penalties.program_arrays, settings))
    lesson.code(link, *programs, title=_("The same in Keras"), beside=beside)
