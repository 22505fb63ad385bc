"""The back-propagation page without a browser: its graph, table, sentences, chain rule, and what may go wrong."""

import json
from functools import partial
from itertools import combinations

import numpy as np
import pytest

from optviz.lessons import backpropagation
from optviz.locale.spoken import LANGUAGES
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
    writing, motion = backpropagation._story(NEURON, COURSE, "en")
    assert writing.symbols == ["", "", "×", "", "", "×", "+", "", "+", "×−1", "exp", "+1", "1/x"]
    names = ["w0", "x0", "q1", "w1", "x1", "q2", "q3", "w2", "q4", "q5", "q6", "q7", "f"]
    assert list(writing.names) == names, "the nodes are called as the sentences call them"
    (panel,) = backpropagation.panels_of(NEURON, COURSE)
    inside = next(trace["text"] for trace in json.loads(panel.figure)["data"] if trace["mode"] == "text")
    assert inside[:3] == ["<b>w0</b>", "<b>x0</b>", "<b>q1</b><br>×"] and inside[-1] == "<b>f</b><br>1/x"
    assert writing.inputs == ["2.00", "−1.00", "", "−3.00", "−2.00", "", "", "−3.00", "", "", "", "", ""]
    forward = [writing.values[i] for i in motion.values if i >= 0]
    backward = [writing.gradients[i] for i in motion.gradients if i >= 0]
    assert forward == ["−2.00", "6.00", "4.00", "1.00", "−1.00", "0.37", "1.37", "0.73"]
    assert backward[:5] == ["1.00", "−0.53", "−0.53", "−0.20", "0.20"]
    assert writing.captions[3] == ("q3 = q1 + q2", "= (−2.00) + 6.00 = 4.00")
    assert writing.captions[-1] == ("∂f/∂w0 = ∂f/∂q1 · ∂q1/∂w0", "= 0.20 · (−1.00) = −0.20")
    assert len(writing.captions) == len(motion.here) == backpropagation.steps_of(NEURON, COURSE) + 1


def test_what_the_panel_follows_is_sent():
    arrays, (panel,) = backpropagation.arrays_of(NEURON, COURSE), backpropagation.panels_of(NEURON, COURSE)
    assert {len(rows) for rows in arrays.values()} == {22}
    for track in panel.tracks:
        for name, column in (track.x, track.y):
            assert column < arrays[name].shape[1]
    assert np.isfinite(arrays["values"]).all(axis=1).sum() == 8
    assert np.isfinite(arrays["gradients"]).all(axis=1).sum() == 13


@pytest.mark.parametrize("size", [(344, 352), (840, 375), (1240, 520)], ids=["phone", "window", "projector"])
@pytest.mark.parametrize(
    "text",
    [
        *(NEURON, "1/(1+exp(-(w0*x0 + w1*x1 + w2*x2)))", "(x + y)*z", "x*y + sin(x)", "(a*x + b - y)^2"),
        *("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "-log(1/(1+exp(-(w0*x0 + b))))"),
    ],
)
def test_no_number_lies_on_another_or_on_a_node(text, size):
    """By the pixels of a phone of 360, of a window of 1280 and of that on a projector."""
    values = {"w0": 2.0, "w1": -3.0, "w2": -3.0, "x0": -1.0, "x1": -2.0, "x2": 1.0, "a": 2.0, "b": -3.0, "z": 3.0}
    inputs = backpropagation.inputs_of(text, {**values, "x": 0.5 if "exp" in text else 2.0, "y": -1.0})
    figure = json.loads(backpropagation.panels_of(text, inputs)[0].figure)
    layout, traces = figure["layout"], figure["data"]
    factor = min(max(min(have / need for have, need in zip(size, layout["meta"]["fits"], strict=True)), 0.85), 2)
    legend = 36 if len([trace for trace in traces if trace.get("showlegend")]) < 3 else 56

    def pixels(x, y):
        (left, right), (low, high) = layout["xaxis"]["range"], layout["yaxis"]["range"]
        across, down = size[0] - 8, (size[1] - legend) * layout["yaxis"]["domain"][1]
        return np.array([(x - left) / (right - left) * across, (high - y) / (high - low) * down])

    arrays, boxes = backpropagation.arrays_of(text, inputs), {}

    def write(x, y, words, position, marker, font):
        width, height = 0.64 * font * factor * len(words), 0.8 * font * factor  # of digits, without what is below
        vertical, side = position.split()
        away = {"middle": 0, "top": -1, "bottom": 1}[vertical] * (2 + factor * (marker + 1.1 * font) / 2)
        aside = (2 + factor * marker / 2 + width / 2) if side == "left" else 0
        middle, half = pixels(x, y) + np.array([-aside, away]), np.array([width / 2, height / 2])
        boxes[words, x, y, vertical] = (*(middle - half), *(middle + half))

    def at(value, r):
        return value[r] if isinstance(value, list) else value

    for trace in traces:
        follow = trace.get("meta", {}).get("follows")
        if trace.get("mode") != "markers+text" or (follow and follow["x"][0].startswith("flow")):
            continue
        xs, ys = arrays[follow["x"][0]].T if follow else (trace["x"], trace["y"])
        for r, words in enumerate(trace["text"]):
            if words and np.isfinite(xs[r]):
                position, marker = at(trace["textposition"], r), at(trace["marker"]["size"], r)
                write(xs[r], ys[r], words, position, marker, trace["textfont"]["size"])
    circle = next(trace for trace in traces if trace.get("marker", {}).get("symbol") == "circle")
    for x, y in zip(circle["x"], circle["y"], strict=True):
        middle, radius = pixels(x, y), 0.7 * factor * circle["marker"]["size"] / 2
        boxes["node", x, y, ""] = (*(middle - radius), *(middle + radius))
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        overlap = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert min(overlap) < 1, (one, other, overlap)


def test_gradients_that_add_are_said_and_shown():
    app = page(f="x*y + sin(x)", node="0")
    assert "x is used 2 times, so its gradient is a sum: (−1.00) + (−0.42) = −1.42." in said(app)
    assert r"1.00 \cdot (-1.00) \\ &+ 1.00 \cdot (-0.42) = -1.42" in said(app)
    _writing, motion = backpropagation._story("x*y + sin(x)", (("x", 2.0), ("y", -1.0)), "en")
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


@pytest.mark.parametrize("lang", LANGUAGES)
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
    assert backpropagation.number(value) == text


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("2*x + 1", ["", "×2", "+1"]),
        ("x*3 - 1", ["", "×3", "−1"]),
        ("3 - x/2", ["", "/2", "3−x"]),
        ("x^2", ["", "x^2"]),
        ("2^x", ["", "2^x"]),
        ("x*(0-2)", ["", "×(−2)"]),
    ],
)
def test_a_node_shows_its_constant(text, symbols):
    assert backpropagation._story(text, (("x", 1.0),), "en")[0].symbols == symbols


def test_local_derivatives_are_named():
    report = backpropagation._report("x^2/y", (("x", 2.0), ("y", 4.0)), "en")
    assert "∂q1/∂x = 2·x^1 = 4.00" in report and "∂f/∂y = −q1/y² = −0.25" in report
    assert "∂f/∂x = 1, ∂f/∂y = −1" in backpropagation._report("x - y", (("x", 2.0), ("y", 4.0)), "en")
