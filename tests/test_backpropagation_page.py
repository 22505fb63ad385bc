"""The back-propagation page without a browser: its graph, table, sentences, chain rule, and what may go wrong."""

from functools import partial

import numpy as np
import pytest

from optviz.ui.lessons import graphs
from tests.pages import opened, said

NEURON = "1/(1+exp(-(w0*x0 + w1*x1 + w2)))"
COURSE = (("w0", 2.0), ("x0", -1.0), ("w1", -3.0), ("x1", -2.0), ("w2", -3.0))

page = partial(opened, "backpropagation")


def test_6_4_is_on_screen_at_once():
    app = page()
    assert not app.error
    assert "Forward: f = 0.73." in said(app)
    assert [field.value for field in app.text_input[1:]] == ["2", "-1", "-3", "-2", "-3"]
    table = next(html.proto.body for html in app.get("html") if "<table>" in html.proto.body)
    for number in ("1.37", "−0.53", "−0.20"):
        assert f">{number}</td>" in table


def test_6_4_the_picture_writes_the_courses_numbers_in_turn():
    writing, motion = graphs._story(NEURON, COURSE, "en")
    assert writing.symbols == ["w0", "x0", "×", "w1", "x1", "×", "+", "w2", "+", "×−1", "exp", "+1", "1/x"]
    assert writing.inputs == ["2.00", "−1.00", "", "−3.00", "−2.00", "", "", "−3.00", "", "", "", "", ""]
    forward = [writing.values[i] for i in motion.values if i >= 0]
    backward = [writing.gradients[i] for i in motion.gradients if i >= 0]
    assert forward == ["−2.00", "6.00", "4.00", "1.00", "−1.00", "0.37", "1.37", "0.73"]
    assert backward[:5] == ["1.00", "−0.53", "−0.53", "−0.20", "0.20"]
    assert writing.captions[3] == ("q3 = q1 + q2", "= (−2.00) + 6.00 = 4.00")
    assert writing.captions[-1] == ("∂f/∂w0 = ∂f/∂q1 · ∂q1/∂w0", "= 0.20 · (−1.00) = −0.20")
    assert len(writing.captions) == len(motion.here) == graphs.steps_of(NEURON, COURSE) + 1


def test_what_the_panel_follows_is_sent():
    arrays, (panel,) = graphs.arrays_of(NEURON, COURSE), graphs.panels_of(NEURON, COURSE)
    assert {len(rows) for rows in arrays.values()} == {22}
    for track in panel.tracks:
        for name, column in (track.x, track.y):
            assert column < arrays[name].shape[1]
    assert np.isfinite(arrays["values"]).all(axis=1).sum() == 8
    assert np.isfinite(arrays["gradients"]).all(axis=1).sum() == 13


def test_gradients_that_add_are_said_and_shown():
    app = page(f="x*y + sin(x)", node="0")
    assert "x is used 2 times, so its gradient is a sum: (−1.00) + (−0.42) = −1.42." in said(app)
    assert r"1.00 \cdot (-1.00) \\ &+ 1.00 \cdot (-0.42) = -1.42" in said(app)
    _writing, motion = graphs._story("x*y + sin(x)", (("x", 2.0), ("y", -1.0)), "en")
    assert sum(edge >= 0 for row in motion.flows for edge in row) == 2


def test_the_chain_rule_of_a_node():
    app = page(node="10")
    assert r"\frac{\partial f}{\partial q_{7}} \cdot \frac{\partial q_{7}}{\partial q_{6}}" in said(app)
    assert r"(-0.53) \cdot 1.00 = -0.53" in said(app)
    assert r"\frac{\partial f}{\partial f} = 1" in said(page(node="12"))


def test_another_formula_keeps_to_its_own_inputs_and_nodes():
    app = page(node="12")
    app.text_input(key="backpropagation~f").set_value("a*x").run()
    assert not app.exception and not app.error
    assert [field.label for field in app.text_input[1:]] == ["a", "x"]
    assert app.selectbox(key="backpropagation~node").value == "0"
    app.text_input(key="backpropagation~x").set_value("5").run()
    assert "f = 10.00" in said(app) and app.query_params["x"] in ("5", ["5"])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("__import__('os').system('ls')", "This is not a formula"),
        ("x.real", "This is not a formula"),
        ("9**9**9", "too large"),
        ("sin(" * 14 + "x" + ")" * 14, "nested too deeply"),
        ("x/0", "divides by zero"),
        ("log(-1)*x", "has no value"),
        ("q + 1", "knows w0, w1, w2, x0, x1, x2, a, b, c, x, y, z, pi and e, but not “q”"),
        ("1 + 2", "nothing to differentiate by"),
        ("+".join(f"sin({k}*x)" for k in range(2, 20)), "nodes; more than 30 cannot be read on a screen"),
        ("", "Write a formula in w0"),
    ],
)
def test_a_bad_formula_gets_one_sentence_and_the_rest_stays(text, sentence, lang):
    app = page(lang)
    app.text_input(key="backpropagation~f").set_value(text).run()
    assert not app.exception
    (error,) = app.error
    assert lang == "zh" or sentence in error.value
    assert len(app.text_input) == 6 and "0.73" in said(app)


@pytest.mark.parametrize(
    ("text", "x", "sentence"),
    [
        ("1/x", "0", "1 / x divides by zero at x = 0.00: the pass ends there."),
        ("2*log(x)", "-1", "log x has no real value at x = −1.00: the pass ends there."),
        ("exp(x*x)", "100", "exp q1 overflows at q1 = 1.0e4: the pass ends there."),
        ("sqrt(x)", "0", "√x has no finite derivative at x = 0.00: there is no backward pass."),
    ],
)
def test_a_value_that_does_not_exist_is_said_and_the_pass_ends_there(text, x, sentence):
    app = page(f=text, x=x)
    assert [error.value for error in app.error] == [sentence]
    assert len(app.text_input) == 2 and any("<table>" in html.proto.body for html in app.get("html"))
    assert not page("zh", f=text, x=x).exception


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00"), (-0.1966, "−0.20"), (0.0945, "0.095"), (1e-9, "1.0e−9"), (123456.0, "1.2e5"), (float("nan"), "–")],
)
def test_numbers_are_short(value, text):
    assert graphs.number(value) == text


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("2*x + 1", ["x", "×2", "+1"]),
        ("x*3 - 1", ["x", "×3", "−1"]),
        ("3 - x/2", ["x", "/2", "3−x"]),
        ("x^2", ["x", "x^2"]),
        ("2^x", ["x", "2^x"]),
        ("x*(0-2)", ["x", "×(−2)"]),
    ],
)
def test_a_node_shows_its_constant(text, symbols):
    assert graphs._story(text, (("x", 1.0),), "en")[0].symbols == symbols


def test_local_derivatives_are_named():
    report = graphs._report("x^2/y", (("x", 2.0), ("y", 4.0)), "en")
    assert "∂q1/∂x = 2·x^1 = 4.00" in report and "∂f/∂y = −q1/y² = −0.25" in report
    assert "∂f/∂x = 1, ∂f/∂y = −1" in graphs._report("x - y", (("x", 2.0), ("y", 4.0)), "en")
