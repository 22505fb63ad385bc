"""The network page without a browser: counts, forward pass, tables, and sizes that are none."""

import json
from functools import partial

import numpy as np
import pytest

from optviz.figures.network import units_of
from optviz.lessons import network
from optviz.lessons.network import Settings
from optviz.lessons.tables import digits
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.network import INITIALIZATIONS, Network
from optviz.recipes import Choice
from tests.pages import opened, summaries

page = partial(opened, "network")


def settings(
    sizes=(3, 6, 4, 6, 5), x=(1.0, 1.0, 1.0), activation="tanh", initialization="course", *, last=True, seed=0
):
    return Settings(
        sizes=sizes, x=x, activation=Choice(activation), initialization=initialization, last=last, seed=seed
    )


def said(app):
    return " ".join([*(text.value for text in (*app.markdown, *app.caption)), *summaries(app)])


def test_6_1_the_courses_net_is_counted_with_the_formula_filled_in():
    app = page()
    assert not app.error
    assert "3-4-2 has 2 layers (inputs not counted), 26 parameters, and needs 20 multiply-adds per row." in said(app)
    assert r"= 3 \cdot 4 + 4 + 4 \cdot 2 + 2 = 26" in said(app)
    assert r"= 3 \cdot 4 + 4 \cdot 2 = 20" in said(app)


@pytest.mark.parametrize(
    ("sizes", "counted"),
    [
        ("2-11-1", "2 layers (inputs not counted), 45 parameters, and needs 33"),
        ("784, 512, 10", "2 layers (inputs not counted), 407,050 parameters, and needs 406,528"),
        ("10000, 10000", "1 layer (inputs not counted), 100,010,000 parameters, and needs 100,000,000"),
        ("1 1", "1 layer (inputs not counted), 2 parameters, and needs 1"),
    ],
)
def test_6_1_other_sizes(sizes, counted):
    app = page(sizes=sizes)
    assert not app.error and counted in said(app)


def test_6_2_the_forward_pass_is_the_networks():
    given = settings()
    forward = network.forward_of(given)
    net = Network(given.sizes, ACTIVATIONS["tanh"]())
    w = net.init(0)
    a = np.ones(3)
    for (weights, biases), done in zip(net.views(w), forward.passes, strict=True):
        np.testing.assert_allclose(done.z, weights.T @ a + biases)
        a = np.tanh(done.z)
        np.testing.assert_allclose(done.a, a)
    assert [len(done.a) for done in forward.passes] == [6, 4, 6, 5]


@pytest.mark.parametrize("last", [True, False])
def test_the_pass_ends_in_what_forward_returns(last):
    given = settings(last=last, activation="relu", initialization="he")
    net = network.network_of(given)
    output = net.forward(net.init(0, "he"), np.ones((1, 3)))[0]
    expected = np.maximum(output, 0) if last else output
    np.testing.assert_allclose(network.forward_of(given).outputs[-1], expected)


def test_the_table_has_every_z_and_a():
    given = settings((3, 4, 2))
    report = network.report(given)
    for done in network.forward_of(given).passes:
        for values in done:
            for value in values:
                assert f">{digits(value)}</td>" in report


def test_every_step_lights_a_unit_and_says_its_sum():
    given = settings()
    arrays, (panel,) = network.arrays_of(given), network.panels_of(given)
    assert {len(rows) for rows in arrays.values()} == {22} and network.steps_of(given) == 21
    lines = network._captions(given, units_of(given.sizes))
    forward = network.forward_of(given)
    w, z, a = forward.layers[0][0][:, 0], forward.passes[0].z[0], forward.passes[0].a[0]
    terms = " + ".join(f"{digits(each)}·1" for each in w)
    assert lines[1][0] == f"z = {terms} + 0.01".replace("+ −", "− ")
    assert all(len(first) <= len("z = ") + network.LINE for first, _second in lines)
    assert any("…" in first for first, _second in lines)
    assert lines[1][1] == f"= {digits(z)},  a = f(z) = {digits(a)}"
    assert {track.x[0] for track in panel.tracks if isinstance(track.x, tuple)} >= {"positive", "negative", "written"}


def test_the_layer_in_the_formula_is_chosen_and_given_up_with_its_net():
    app = page(sizes="3, 6, 4", layer="2")
    assert app.selectbox(key="network~layer").value == "2"
    app.text_input(key="network~sizes").set_value("2, 3").run()
    assert not app.exception and app.selectbox(key="network~layer").value == "1"
    assert r"W = \begin{bmatrix}" in said(app)
    large = network.layer_formula(settings((8, 9), (1.0,)), 1)
    assert r"a_1 = f(" in large and r"\cdots" in large and "bmatrix" not in large


def test_inputs_are_repeated_until_there_are_enough():
    app = page(sizes="5, 2", x="1, 2")
    assert "x has 2 numbers but the net has 5 inputs" in said(app)
    assert network.inputs_of(settings((5, 2), (1.0, 2.0))).tolist() == [1, 2, 1, 2, 1]
    assert "x has" not in said(page())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3, 0, 2", "0 is too small: at least 1. A layer without a unit would let nothing through."),
        ("3, -4, 2", "-4 is too small: at least 1."),
        ("3, 1000000, 2", "1000000 is too large: at most 10000. Two layers of 10,000 units have 100 million weights"),
        ("3, 4.5, 2", "“4.5” is not a whole number."),
        ("3", "too few numbers: at least 2 are needed. A network has inputs and at least one layer."),
        (", ".join(["3"] * 30), "at most 21 are allowed. More than 20 layers could not be told apart"),
        ("three, 2", "“three” is not a number"),
        ("", "Write at least one number."),
        ("__import__('os')", "is not a number"),
        ("1e308, 2", "too large"),
    ],
)
def test_bad_sizes_get_one_sentence_with_the_reason_and_the_rest_stays(text, sentence, lang):
    app = page(lang)
    app.text_input(key="network~sizes").set_value(text).run()
    assert not app.exception
    (error,) = app.error
    assert lang == "zh" or sentence in error.value
    assert "26" in said(app)


def test_bad_inputs_get_one_sentence():
    app = page()
    app.text_input(key="network~x").set_value("1, two").run()
    assert [error.value for error in app.error] == ["“two” is not a number: write numbers with commas between them."]


def test_a_net_that_is_too_large_is_counted_and_drawn_only():
    app = page(sizes="1000, 1000, 1000")
    assert "Above 500,000 parameters the net is only counted and drawn: its values would need 16 MB" in said(app)
    assert not app.selectbox(key="network~activation").disabled and network.steps_of(settings((1000, 1000, 1000))) == 0
    assert not any("<table>" in html.proto.body for html in app.get("html"))
    (panel,) = network.panels_of(settings((1000, 1000, 1000)))
    written = [trace["text"] for trace in json.loads(panel.figure)["data"] if "text" in trace.get("mode", "")]
    assert written == [["⋮", "⋮", "⋮"]]


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_every_initialization(name):
    assert network.panels_of(settings(initialization=name)) and network.say(settings(initialization=name))


def test_numbers_that_grow_beyond_all_bounds_are_shown():
    given = settings((1,) * 21, (1e6,), "linear")
    assert network.report(given) and network.panels_of(given)
