"""Read handwritten digits by softmax regression or a network."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import digits
from optviz.lessons.digits import Settings
from optviz.lessons.examples import Example
from optviz.lessons.words import epoch_words
from optviz.locale.spoken import N_, _
from optviz.models.digits import DIGITS
from optviz.networks.datasets import DataError
from optviz.recipes import Range
from optviz.ui import controls, drawing, lesson, plans
from optviz.ui.downloads import Beside
from optviz.ui.player import Result

PAGE = "digits"
EXAMPLES = (
    Example(N_("Softmax regression"), {}),
    Example(N_("A hidden layer of 32 units"), {"hidden": ["32"], "lr": ["0.3"]}),
    Example(N_("64-32-16-10 with Adam"), {"hidden": ["32, 16"], "optimizer": ["adam"], "lr": ["0.003"]}),
    Example(N_("Two epochs with small steps"), {"epochs": ["2"], "lr": ["0.03"]}),
    Example(
        N_("Without L2 the test loss rises again"),
        {"hidden": ["64"], "optimizer": ["adam"], "lr": ["0.01"], "epochs": ["60"]},
    ),
    Example(
        N_("L2 0.001: smoother weights, less test loss"),
        {"hidden": ["64"], "optimizer": ["adam"], "lr": ["0.01"], "epochs": ["60"], "l2": ["0.001"]},
    ),
    Example(N_("Learning rate far too large"), {"hidden": ["32"], "lr": ["10"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Read handwritten digits"), EXAMPLES)

with st.sidebar:
    plan = plans.choose_plan(link, Settings().plan)
    with controls.folded(link, "images", _("Images and axes"), ":material/image:"):
        titles = {name: _(title) for name, title in digits.SCALES.items()}
        scale = controls.choice(link, "scale", _("Pixels"), titles, Settings().scale)
        split = controls.whole(link, "split", _("Seed of the test images"), Range(0, 99, "s"), Settings().split)
        log = controls.switch(link, "log", _("Loss on a log axis"))

settings = Settings(plan, scale, split)
drawn = drawing.keep_drawing(link)


def show_sheet() -> Result:
    """Show what is drawn by now, and what is read in it."""
    here = link.now(digits.DRAWN, drawn)
    shown = lesson.show(
        link,
        Picture(
            digits.sheet_panels(),
            digits.sheet_arrays(settings, here),
            run=run_of(settings, here),
            steps=0,
            summary=digits.say_read(settings, here),
        ),
        on_point=lambda picked: drawing.draw(link, drawn, picked.path or (picked.point,)),
        name="sheet",
    )
    return shown


with stage:
    try:
        sentence = digits.say(settings)
    except DataError:
        text = _("The data file {file} is missing or damaged.")
        st.error(text.format(file=f"data/{DIGITS.name}"), icon=":material/error:")
        link.publish(notes)
        st.stop()
    lesson.show(
        link,
        Picture(
            digits.panels_of(settings, log),
            digits.arrays_of(settings),
            run=run_of(settings),
            steps=digits.steps_of(settings),
            words=epoch_words(),
            summary=sentence,
        ),
        slides=False,
    )
    lesson.say(digits.explain(settings))
    lesson.live(show_sheet)
    st.button(
        _("Clear the sheet"), key=f"{PAGE}-clear", icon=":material/ink_eraser:", on_click=drawing.clear, args=(link,)
    )
    st.html(digits.misread(settings))
    controls.formula(link, digits.formula(settings))
    beside = Beside(digits.FILE, partial(digits.program_arrays, settings))
    lesson.code(link, partial(digits.program, settings), title=_("The same in Keras"), beside=beside)
    drawing.draw_events(link, settings)
    st.caption(
        _(
            "1,797 images of 8 × 8 pixels by 13 people: the test part of “Optical Recognition of Handwritten Digits” "
            "(E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0)."
        )
    )
link.publish(notes)
