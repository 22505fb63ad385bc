"""Back-propagation on the computational graph of a formula, node by node."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.formula import FormulaError
from optviz.lessons import backpropagation
from optviz.lessons.examples import Example
from optviz.lessons.words import formula_error
from optviz.locale.spoken import N_, _
from optviz.networks.backpropagation import NAMES
from optviz.recipes import Range
from optviz.ui import controls, lesson

PAGE = "backpropagation"
NEURON = "1/(1+exp(-(w0*x0 + w1*x1 + w2)))"
VALUES = {"w0": 2.0, "w1": -3.0, "w2": -3.0, "x0": -1.0, "x1": -2.0, "x2": 1.0}
VALUES |= {"a": 2.0, "b": -3.0, "c": 1.0, "x": 2.0, "y": -1.0, "z": 3.0}
INPUT = Range(-1000.0, 1000.0, "x")

EXAMPLES = (
    Example(N_("The course's neuron"), {}),
    Example(N_("With x₂ = 1 written out"), {"f": ["1/(1+exp(-(w0*x0 + w1*x1 + w2*x2)))"]}),
    Example(N_("A product and a sum"), {"f": ["(x + y)*z"], "x": ["-2"], "y": ["5"], "z": ["-4"], "node": ["0"]}),
    Example(N_("Gradients add up"), {"f": ["x*y + sin(x)"], "node": ["0"]}),
    Example(N_("A squared error"), {"f": ["(a*x + b - y)^2"], "node": ["0"]}),
    Example(N_("Tanh, written with exponentials"), {"f": ["(exp(x) - exp(-x))/(exp(x) + exp(-x))"], "x": ["0.5"]}),
    Example(N_("Cross-entropy of a neuron"), {"f": ["-log(1/(1+exp(-(w0*x0 + b))))"], "b": ["1"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Back-propagation, node by node"), EXAMPLES)

with st.sidebar:
    text = controls.typed(
        link,
        "f",
        _("Formula in {names}").format(names=", ".join(NAMES)),
        NEURON,
        backpropagation.checked,
        FormulaError,
        lambda error: formula_error(error, NAMES),
        formula=True,
    )
    values = {
        name: controls.exact(link, name, name, INPUT, VALUES[name]) for name in backpropagation.graph_of(text).inputs
    }

inputs = backpropagation.inputs_of(text, values)
with stage:
    trouble = backpropagation.trouble(text, inputs)
    lesson.show(
        link,
        Picture(
            backpropagation.panels_of(text, inputs),
            backpropagation.arrays_of(text, inputs),
            run=run_of(text, inputs),
            steps=backpropagation.steps_of(text, inputs),
            summary=trouble or backpropagation.say(text, inputs),
        ),
        on_point=lambda picked: link.change("node", str(backpropagation.nearest(text, picked.point))),
    )
    if trouble:
        st.error(trouble, icon=":material/error:")
    else:
        node = controls.choice(
            link, "node", _("Chain rule at node (or tap a node in the graph)"), backpropagation.titles_of(text), "0"
        )
        controls.formula(link, backpropagation.chain_rule(text, inputs, int(node)))
    st.html(backpropagation.report(text, inputs))
    lesson.code(link, backpropagation.program(text, inputs))
link.publish(notes)
