"""Softmax and cross-entropy in two steps and fused, and what happens to each at large logits."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import losses, softmax_loss
from optviz.lessons.examples import Example
from optviz.locale.spoken import N_, _
from optviz.ui import controls, lesson
from optviz.ui.player import Pick

PAGE = "softmax_loss"
LOGITS = "12, 3, 2; 3, 10, 1; 1, 2, 5; 4, 6.5, 1.2; 3, 6, 1"
ONE_HOT = "1, 0, 0; 0, 1, 0; 0, 0, 1; 1, 0, 0; 0, 1, 0"
HUGE = {"logits": ["1000, -1000; -1000, 1000"], "onehot": ["1, 0; 1, 0"]}
EXAMPLES = (
    Example(N_("Five rows, one-hot"), {}),
    Example(N_("Two rows, sparse labels"), {"logits": ["4, 2, 1; 0, 5, 1"], "form": ["sparse"], "sparse": ["0, 1"]}),
    Example(N_("Logits of 1000: the definition breaks"), HUGE),
    Example(N_("Wrong by 20: two steps stop"), {"logits": ["-20, 0; -10, 0"], "onehot": ["1, 0; 1, 0"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Softmax and cross-entropy"), EXAMPLES)

with st.sidebar:
    logits = controls.numbers(link, "logits", _("Logits, rows separated by semicolons"), LOGITS, softmax_loss.LOGITS)
    form = controls.segments(
        link, "form", _("Label format"), {"onehot": _("one-hot"), "sparse": _("class numbers")}, "onehot"
    )
    if form == "onehot":
        labels = controls.numbers(link, "onehot", _("One-hot labels"), ONE_HOT, softmax_loss.ONE_HOT)
    else:
        labels = controls.numbers(link, "sparse", _("Class of each row"), "0, 1, 2, 0, 1", softmax_loss.SPARSE)
    top = controls.choice(link, "top", _("Picture up to"), dict(zip(losses.TOPS, losses.TOPS, strict=True)), "15")

pair = softmax_loss.from_one_hot if form == "onehot" else softmax_loss.from_sparse
settings, wrong = pair(logits, labels, float(top))


def drag(picked: Pick) -> None:
    """Put the nearest logit where the pointer is, in a picture that no longer follows the numbers."""
    link.change("logits", softmax_loss.dragged(settings, picked.point))
    link.change("top", losses.top_of(settings.scale))


with stage:
    for complaint in wrong:
        st.error(complaint, icon=":material/edit_off:")
    lesson.show(
        link,
        Picture(
            softmax_loss.panels_of(settings),
            softmax_loss.arrays_of(settings),
            run=run_of(settings),
            steps=0,
            summary=softmax_loss.say(settings),
        ),
        on_point=drag,
    )
    for remark in softmax_loss.remarks(settings):
        st.info(remark, icon=":material/info:")
    controls.formula(link, softmax_loss.tex(settings), _("Row 1"))
    st.html(softmax_loss.table(settings))
    lesson.code(link, softmax_loss.program(settings))
link.publish(notes)
