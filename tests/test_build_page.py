"""The page on an optimizer of one's own, run without a browser: every control, every name, what can go wrong."""

import pytest

from optviz.lessons.build import LEAVES, Row, own, recognize, remark
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.two_moments import members
from tests.pages import examples, opener, said

page, fine = opener("build", folds=("editor", "starts", "tensorflow", "leavers"))


def html(app):
    return " ".join(part.proto.body for part in app.get("html"))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"m.corrected": "1", "v.corrected": "1"}, "This is Adam with β₁ = 0.9, β₂ = 0.999."),
        ({"m.corrected": "1", "v.corrected": "1", "m.decay": "0.8"}, "This is Adam with β₁ = 0.8, β₂ = 0.999."),
        ({"m.decay": "0", "v": "0"}, "This is SGD."),
        ({"v": "0"}, "This is Momentum (averaged) with β = 0.9."),
        ({"m.gain": "sum", "v": "0"}, "This is Momentum (classical) with β = 0.9."),
        ({"m.decay": "0", "v.decay": "1", "v.gain": "sum"}, "This is AdaGrad."),
        ({"m.decay": "0", "v.decay": "0.9"}, "This is RMSProp with β = 0.9."),
        ({}, "but without bias correction of m; without bias correction of V"),
        ({"v": "0", "m.gain": "own", "m.own": "0.3"}, "but gain of m 0.3 instead of 0.1"),
    ],
)
def test_it_says_the_name(parameters, name):
    assert name in said(fine(**parameters))


def test_every_named_optimizer_of_the_frame_is_an_example():
    assert {OPTIMIZERS[name].title for name in members()} <= set(examples(fine()))


def test_controls_change_the_name_live():
    app = fine()
    app.toggle(key="build~m.corrected").set_value(True).run()
    app.toggle(key="build~v.corrected").set_value(True).run()
    assert "This is Adam" in said(app)
    app.button_group(key="build~v.gain").set_value("sum").run()
    assert "gain of V 1 instead of 0.001" in said(app)
    app.toggle(key="build~v").set_value(False).run()
    app.select_slider(key="build~m.decay~slider").set_value(0.0).run()
    assert "This is SGD" in said(app) and not app.exception


def test_the_first_step_by_hand_is_the_first_step():
    text = said(fine())
    assert r"g_1 & = (-1,\ -8)" in text and r"\eta_1 & = (-0.9487,\ -0.9487)" in text
    assert r"0.9\,m_{t-1} + 0.1\,g_t" in text


def test_a_correction_without_a_decay_below_one_is_left_out_and_said():
    app = page(**{"m.decay": "1", "m.corrected": "1"})
    (warning,) = app.warning
    assert "1 − 1 = 0" in warning.value and not app.error


@pytest.mark.parametrize(
    "parameters",
    [
        {"v.gain": "own", "v.own": "0"},
        {"m.gain": "own", "m.own": "0"},
        {"m.decay": "1", "m.gain": "sum", "v": "0", "lr": "100", "surface": "rosenbrock"},
        {"v.decay": "0", "m.decay": "0", "eps": "1e-12", "lr": "100"},
        {"run": "none"},
        {"run": ["sgd"] * 7},
    ],
)
def test_the_edges(parameters):
    fine(**parameters)


def test_eight_rivals_are_one_too_many():
    app = page(run=["sgd"] * 8)
    assert "at most 7" in app.warning[0].value and not app.error


def test_rivals_are_edited_as_on_the_surfaces_page():
    app = fine()
    app.selectbox(key="build~add").set_value("lion").run()
    assert app.query_params["run"] == ["adam", "sgd", "lion"] and "Lion" in html(app)


def test_what_leaves_the_frame_is_listed_with_the_reason_and_a_race():
    assert set(LEAVES) == set(OPTIMIZERS) - set(members())
    text = html(fine())
    assert "never moves" in text and text.count('href="./?surface=bowl') == len(LEAVES)
    assert "lang=zh" in html(fine("zh"))


def test_what_is_unusual_is_said_with_the_learning_rate():
    classical = own(Row(0.9, "sum", 1.0, False), None, 0.0, False).build()
    assert "10 times" in remark(classical, 0.03) and "in effect lr is 0.3" in remark(classical, 0.03)
    adam = own(Row(0.9, "average", 1.0, True), Row(0.999, "average", 1.0, True), 1e-8, False).build()
    assert remark(adam, 0.1) == "" and recognize(adam).startswith("This is Adam")
    still = own(Row(0.9, "own", 0.0, False), None, 0.0, False).build()
    assert "never moves" in remark(still, 0.1)
