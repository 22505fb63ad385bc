"""Compare activations, softmax, and what a formula loses in a computer."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import activations as told
from optviz.lessons.activations import Curves, Softmax, Stability
from optviz.lessons.examples import Example
from optviz.locale.spoken import N_, _, titled
from optviz.networks.activations import ACTIVATIONS
from optviz.recipes import Range
from optviz.typed_numbers import FieldError, write
from optviz.ui import controls, lesson

PAGE = "activations"
SHOWN = ("relu", "leaky_relu", "sigmoid", "tanh")
PROBE = Range(-6.0, 6.0, "z")
PROBES = (-5.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.2, 2.0, 3.0, 5.0)
SHIFT = Range(-1000.0, 1000.0, "c")
SHIFTS = (-1000.0, -100.0, -10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 10.0, 100.0, 1000.0)
PARTS = {
    "curves": N_("Curves and slopes"),
    "softmax": N_("Softmax"),
    "stability": N_("Numerical stability"),
    "advice": N_("Where to begin"),
}
EXAMPLES = (
    Example(N_("ReLU, leaky ReLU, sigmoid, tanh"), {}),
    Example(N_("The family of the ReLU"), {"show": ["relu", "leaky_relu", "prelu", "rrelu", "elu"]}),
    Example(N_("S-shaped: where the slope fades"), {"show": ["sigmoid", "tanh", "softsign"], "z": ["5"]}),
    Example(N_("ReLU and smooth ones"), {"show": ["relu", "elu", "softplus", "silu", "gelu"], "z": ["-0.5"]}),
    Example(N_("Softmax of 4, 5, 1"), {"part": ["softmax"]}),
    Example(N_("Softmax shifted by 1000"), {"part": ["softmax"], "c": ["1000"]}),
    Example(N_("tanh at ±∞"), {"part": ["stability"]}),
    Example(N_("Where to begin"), {"part": ["advice"]}),
)


def show_curves() -> None:
    """Draw the curves, their derivatives and the probe."""
    with st.sidebar:
        titles = titled(ACTIVATIONS)
        shown = controls.several(link, "show", _("Activations"), titles, SHOWN, most=told.MOST)
        probe = controls.dial(link, "z", _("Read at z"), PROBE, -2.0, PROBES)
        values = {}
        for name in shown:
            if ACTIVATIONS[name].parameters:
                st.markdown(f"**{titles[name]}**")
            values[name] = tuple(controls.parameters(link, f"{name}.", ACTIVATIONS[name]).items())
    if not shown:
        stage.info(_("Choose at least one activation to see its curve."), icon=":material/show_chart:")
        return
    curves = Curves(tuple(values.items()), probe)
    with stage:
        lesson.show(
            link,
            Picture(
                told.curve_panels(curves),
                told.curve_arrays(curves),
                run=run_of(curves),
                steps=0,
                summary=told.say_slopes(curves),
                even=True,
            ),
            name="curves",
            on_point=lambda picked: link.change("z", PROBE.clamp(float(f"{picked.point[0]:.3g}"))),
        )
        st.html(told.probe_table(curves))
        st.caption(_("Mean output for normally distributed z (mean 0, standard deviation 1); 0 means zero-centered."))
        for tex, title, note in told.curve_formulas(curves):
            controls.formula(link, tex, title, note)
        st.html(told.facts_table(curves))
        lesson.code(link, told.curve_program(curves))


def show_softmax() -> None:
    """Draw logits and probabilities."""
    with stage:
        fields = st.columns(2)
        with fields[0]:
            logits = controls.typed(
                link, "logits", _("Logits"), "4, 5, 1", told.LOGITS.read, FieldError, told.logits_error
            )
        with fields[1]:
            shift = controls.dial(link, "c", _("Added to every logit: c"), SHIFT, 0.0, SHIFTS)
        given = Softmax(tuple(logits.tolist()), shift)
        lesson.show(
            link,
            Picture(
                told.softmax_panels(given),
                told.softmax_arrays(given),
                run=run_of(given),
                steps=0,
                summary=told.say_softmax(given),
                even=True,
            ),
            name="softmax",
            on_point=lambda picked: link.change("logits", write(told.with_logit(given, picked.point))),
        )
        controls.formula(link, told.softmax_formula(given))
        st.html(told.softmax_table(given))
        lesson.code(link, told.softmax_program(given))


def show_stability() -> None:
    """Draw what the formula of tanh loses as it is written."""
    with stage:
        fields = st.columns([2, 1])
        with fields[0]:
            inputs = controls.numbers(
                link, "x", "z", "-inf, -1000, -20, -0.001, 1e-9, 0.001, 1, 20, 1000, inf", told.INPUTS
            )
        with fields[1]:
            titles = {name: name for name in told.PRECISIONS}
            precision = controls.segments(link, "type", _("Precision"), titles, "float32")
        given = Stability(tuple(inputs.tolist()), precision)
        lesson.show(
            link,
            Picture(
                told.stability_panels(given),
                told.stability_arrays(given),
                run=run_of(given),
                steps=0,
                summary=told.say_stability(given),
            ),
            name="stability",
        )
        naive, scaled = told.stability_formulas(given)
        controls.formula(link, naive, _("As written"))
        controls.formula(link, scaled, _("Scaled form"), _("The same number, computed so that nothing overflows."))
        st.html(told.stability_table(given))
        lesson.code(link, told.stability_program(given))


def show_advice() -> None:
    """Draw what a beginner should try first."""
    stage.markdown(told.advice_text())


SHOW = {"curves": show_curves, "softmax": show_softmax, "stability": show_stability, "advice": show_advice}

link, notes, stage = lesson.begin(PAGE, _("Activations"), EXAMPLES)
with stage:
    part = controls.segments(link, "part", _("Part"), {name: _(title) for name, title in PARTS.items()}, "curves")
SHOW[part]()
link.publish(notes)
