"""The small functions that the course warms up with, each with numbers to change."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import functions
from optviz.lessons.examples import Example
from optviz.lessons.functions import Call
from optviz.locale.spoken import N_, _
from optviz.models.functions import CASTS, INT32, Axis, WarmupError, read_axis
from optviz.recipes import Range
from optviz.typed_numbers import Field, FieldError
from optviz.ui import controls, lesson

PAGE = "functions"
ROW = Field(most=12, low=-1e9, high=1e9)
TABLE = Field(most=12, most_rows=6, table=True, low=-1e9, high=1e9)
CAST = Field(most=12, low=-INT32, high=INT32)
MEAN = Range(-100.0, 100.0, r"\mu")
DEVIATION = Range(0.0, 100.0, r"\sigma")

EXAMPLES = (
    Example(N_("The course's numbers"), {}),
    Example(N_("The grid of the decision boundary"), {"grid.x": ["-3:3:0.1"], "grid.y": ["-3:3:0.1"]}),
    Example(N_("Another seed"), {"rand.seed": ["2"], "rand.rows": ["3"], "rand.columns": ["2"]}),
    Example(N_("Stack tables"), {"vstack.a": ["1, 2; 3, 4"], "vstack.b": ["5, 6"]}),
    Example(N_("Cast to true and false"), {"cast.x": ["0, 1, -2, 0.5"], "cast.to": ["bool"]}),
    Example(N_("A narrow distribution"), {"normal.mean": ["5"], "normal.deviation": ["0.1"]}),
)


def show(call: Call) -> None:
    """Draw a call and what it gives, or why it gives nothing."""
    st.code(call.code, language="python", wrap_lines=True)
    if call.trouble:
        st.error(call.trouble, icon=":material/edit_off:")
    else:
        st.code(call.result, language=None, wrap_lines=True)


def axis(name: str, label: str, default: str) -> Axis:
    """Draw the field of one axis of the grid."""
    return controls.typed(link, name, label, default, read_axis, (FieldError, WarmupError), functions.axis_error)


link, notes, stage = lesson.begin(PAGE, _("NumPy and TensorFlow basics"), EXAMPLES)
grid_card, normal_card = st.columns(2, gap="large")
with grid_card.container(border=True):
    st.header("np.mgrid · ravel · np.c_", anchor=False)
    st.caption(
        _(
            "All pairs of values from two axes, one pair per row. Write each axis as start:stop:step; stop "
            "is not included."
        )
    )
    x = axis("grid.x", "x", "1:3:1")
    y = axis("grid.y", "y", "2:4:0.5")
    show(functions.grid_call(x, y))
with normal_card.container(border=True):
    st.header("tf.random.normal", anchor=False)
    st.caption(
        _(
            "Samples from a normal distribution, drawn by NumPy: TensorFlow gives other digits with the "
            "same mean and standard deviation."
        )
    )
    mean = controls.exact(link, "normal.mean", _("Mean μ"), MEAN, 0.0)
    deviation = controls.exact(link, "normal.deviation", _("Standard deviation σ"), DEVIATION, 1.0)
    n = controls.whole(link, "normal.n", _("Number of samples"), Range(10, 5000, "n"), 1000, step=10)
    seed = controls.whole(link, "normal.seed", _("Seed"), Range(0, 99, "s"), 1)
    show(functions.normal_call(mean, deviation, n, seed))
where_card, rand_card = st.columns(2, gap="large")
with where_card.container(border=True):
    st.header("tf.where", anchor=False)
    st.caption(_("For each position: a where a > b, otherwise b."))
    a = controls.numbers(link, "where.a", "a", "1, 2, 3, 1, 1", ROW)
    b = controls.numbers(link, "where.b", "b", "0, 1, 3, 4, 5", ROW)
    show(functions.where_call(a, b))
with rand_card.container(border=True):
    st.header("np.random.RandomState.rand", anchor=False)
    st.caption(
        _("Random numbers from 0 up to, but not including, 1. The same seed gives the same numbers in the same order.")
    )
    rand_seed = controls.whole(link, "rand.seed", _("Seed"), Range(0, 99, "s"), 1)
    rows = controls.whole(link, "rand.rows", _("Rows"), Range(1, 6, "r"), 2)
    columns = controls.whole(link, "rand.columns", _("Columns"), Range(1, 6, "c"), 3)
    show(functions.rand_call(rand_seed, rows, columns))
vstack_card, cast_card = st.columns(2, gap="large")
with vstack_card.container(border=True):
    st.header("np.vstack", anchor=False)
    st.caption(_("One table on top of the other; separate the rows by semicolons."))
    upper = controls.numbers(link, "vstack.a", "a", "1, 2, 3", TABLE)
    lower = controls.numbers(link, "vstack.b", "b", "4, 5, 6", TABLE)
    show(functions.vstack_call(upper, lower))
with cast_card.container(border=True):
    st.header("tf.cast", anchor=False)
    st.caption(_("The same numbers as another type: int32 truncates toward 0; bool is false only for 0."))
    numbers = controls.numbers(link, "cast.x", "x", "1, 2.7, -2.7, 0", CAST)
    to = controls.segments(link, "cast.to", _("Type"), {name: name for name in CASTS}, "int32")
    show(functions.cast_call(numbers, to))

with stage:
    lesson.show(
        link,
        Picture(
            functions.panels(),
            functions.arrays_of(x, y, mean, deviation, n, seed),
            run=run_of(x, y, mean, deviation, n, seed),
            steps=0,
            summary=functions.say(x, y),
            even=True,
        ),
    )
link.publish(notes)
