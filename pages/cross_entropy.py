"""See which of several predicted distributions is nearer to the target, by cross-entropy."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import cross_entropy
from optviz.lessons.cross_entropy import Settings
from optviz.lessons.examples import Example
from optviz.locale.spoken import N_, _
from optviz.ui import controls, lesson

PAGE = "cross_entropy"
EXAMPLES = (
    Example(N_("Two classes: which is nearer?"), {}),
    Example(N_("Three classes"), {"y": ["1, 0, 0"], "p": ["0.5, 0.4, 0.1; 0.8, 0.1, 0.1"]}),
    Example(N_("Confident and wrong"), {"p": ["0.01, 0.99; 0.4, 0.6"]}),
    Example(N_("A probability of 0"), {"p": ["0, 1; 1, 0"]}),
    Example(N_("A row that does not sum to 1"), {"p": ["0.6, 0.6; 0.8, 0.2"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Cross-entropy"), EXAMPLES)

with st.sidebar:
    target = controls.numbers(link, "y", _("Target"), "1, 0", cross_entropy.TARGET)
    rows = controls.numbers(
        link, "p", _("Predictions, separated by semicolons"), "0.6, 0.4; 0.8, 0.2", cross_entropy.PREDICTIONS
    )

settings = Settings.of(target, rows)
with stage:
    if len(target) != rows.shape[1]:
        st.error(
            _(
                "The target has {target} classes and the predictions have {predicted}: only the first {n} of both are "
                "compared."
            ).format(target=len(target), predicted=rows.shape[1], n=len(settings.target)),
            icon=":material/edit_off:",
        )
    lesson.show(
        link,
        Picture(
            cross_entropy.panels_of(settings),
            cross_entropy.arrays_of(settings),
            run=run_of(settings),
            steps=0,
            summary=cross_entropy.say(settings),
        ),
        on_point=lambda picked: link.change("p", cross_entropy.dragged(settings, picked.point)),
    )
    for remark in cross_entropy.remarks(settings):
        st.info(remark, icon=":material/info:")
    controls.formula(link, cross_entropy.tex(settings), note=cross_entropy.note(settings))
    st.html(cross_entropy.table(settings))
    lesson.code(link, cross_entropy.program(settings))
link.publish(notes)
