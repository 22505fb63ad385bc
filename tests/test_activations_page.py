"""The activations page without a browser: every part, every activation, what may be typed, in both languages."""

import numpy as np
import pytest

from optviz.course import outline
from optviz.lessons import activations as told
from optviz.lessons.activations import Curves, Softmax, Stability
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS, mean_output, span
from tests.pages import opened, opener, sound, tap

FOUR = Curves(tuple((name, ()) for name in ("relu", "leaky_relu", "sigmoid", "tanh")), -2.0)
COURSE_LOGITS = Softmax((4.0, 5.0, 1.0), 0.0)
ENDS = Stability((-np.inf, -1000.0, 1e-9, 1.0, 1000.0, np.inf), "float32")

page, fine = opener("activations")


def text(app):
    return " ".join([*(each.value for each in app.markdown), *(each.proto.body for each in app.get("html"))])


# ---- the numbers behind the page


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_curves_are_value_and_slope_and_the_probe_lies_on_them(name):
    activation = ACTIVATIONS[name]()
    arrays = told.curve_arrays(Curves(((name, ()),), 1.25))
    np.testing.assert_array_equal(arrays["value0"][0], activation.value(arrays["z"][0]))
    np.testing.assert_array_equal(arrays["slope0"][0], activation.slope(arrays["z"][0]))
    at = np.searchsorted(arrays["z"][0], 1.25)
    assert arrays["z"][0, at] == 1.25
    assert arrays["value_probe"][0, 0] == arrays["value0"][0, at]
    rise = np.diff(arrays["tangent0"][0]) / np.diff(arrays["tangent_z"][0])
    assert rise == pytest.approx(arrays["slope_probe"][0, 0], abs=1e-15)
    assert arrays["tangent0"][0].mean() == pytest.approx(arrays["value_probe"][0, 0])


def test_every_track_has_its_numbers():
    for panels, arrays in (
        (told.curve_panels(FOUR), told.curve_arrays(FOUR)),
        (told.softmax_panels(COURSE_LOGITS), told.softmax_arrays(COURSE_LOGITS)),
        (told.stability_panels(ENDS), told.stability_arrays(ENDS)),
    ):
        wanted = {
            ref if isinstance(ref, str) else ref[0]
            for panel in panels
            for track in panel.tracks
            for ref in (track.x, track.y)
            if ref is not None
        }
        assert wanted == set(arrays)


@pytest.mark.parametrize(
    ("name", "bounds", "mean"),
    [
        ("relu", (0, np.inf), 1 / np.sqrt(2 * np.pi)),
        ("sigmoid", (0, 1), 0.5),
        ("tanh", (-1, 1), 0),
        ("softsign", (-1, 1), 0),
        ("linear", (-np.inf, np.inf), 0),
        ("silu", (-0.2784645, np.inf), 0.206621),
        ("selu", (-1.7580993, np.inf), 0),
    ],
)
def test_range_and_mean_output(name, bounds, mean):
    assert span(ACTIVATIONS[name]()) == pytest.approx(bounds, abs=1e-6)
    assert mean_output(ACTIVATIONS[name]()) == pytest.approx(mean, abs=2e-5)


def test_odd_activations_and_selu_are_zero_centered():
    centered = {name for name in ACTIVATIONS if ">yes<" in told.probe_table(Curves(((name, ()),), 0.0))}
    assert {"tanh", "softsign", "selu", "linear"} <= centered and not {"relu", "sigmoid", "gelu"} & centered
    z, weight = np.polynomial.hermite_e.hermegauss(120)
    for name in centered:
        assert float(weight @ ACTIVATIONS[name]().value(z)) == pytest.approx(0, abs=5e-3), name


@pytest.mark.parametrize(("name", "least"), [("silu", -1.28), ("gelu", -0.75)])
def test_the_least_value_is_where_the_drawbacks_say(name, least):
    z = np.linspace(-3, 0, 3001)
    assert z[ACTIVATIONS[name]().value(z).argmin()] == pytest.approx(least, abs=0.005)


def test_each_has_its_facts():
    assert all(entry.advantage and entry.drawback for entry in ACTIVATIONS.values())
    html = told.facts_table(FOUR)
    assert "optviz-prose" in html and "tf.nn.leaky_relu(z, alpha=0.2)" in html and "a unit can die" in html


def test_the_sentence_names_the_largest_and_the_smallest_slope():
    assert (
        told.say_slopes(FOUR)
        == "At z = −2 back-propagation multiplies the gradient by 0.2 with Leaky ReLU, but only by 0 with ReLU."
    )
    assert "the slope is 0.25" in told.say_slopes(Curves((("sigmoid", ()),), 0.0))


def test_the_formulas_have_the_numbers_in_them():
    tex = told.curve_formulas(Curves((("leaky_relu", (("alpha", 0.3),)),), -2.0))[0][0]
    assert r"\max(0.3\,z" in tex and "a(-2) = -0.6" in tex and "a'(-2) = 0.3" in tex
    assert r"\frac{e^{5}}{e^{4} + e^{5} + e^{1}} = 0.72139918" in told.softmax_formula(COURSE_LOGITS)
    assert "e^{5 - 3}" in told.softmax_formula(Softmax((4.0, 5.0, 1.0), -3.0))
    naive, scaled = told.stability_formulas(Stability((1000.0,), "float64"))
    assert r"\frac{\infty - 0}{\infty + 0} = \mathrm{NaN}" in naive and scaled.endswith("= 1")


@pytest.mark.parametrize("shift", [-1000.0, -3.0, 3.0, 1000.0])
def test_a_shift_of_the_logits_changes_nothing(shift):
    moved = Softmax(COURSE_LOGITS.logits, shift)
    np.testing.assert_allclose(moved.probabilities, COURSE_LOGITS.probabilities, rtol=1e-12)
    assert ("gives NaN" in told.say_softmax(moved)) == (abs(shift) == 1000)
    assert "changes nothing" in told.say_softmax(moved)


def test_3_1_the_table_has_the_printed_probabilities():
    html = told.softmax_table(COURSE_LOGITS)
    assert all(printed in html for printed in ("0.265387", "0.721399", "0.0132128"))


def test_a_bar_is_pulled_to_where_the_pointer_is():
    np.testing.assert_array_equal(told.with_logit(COURSE_LOGITS, (2.3, 1.234)), [4, 1.23, 1])
    np.testing.assert_array_equal(told.with_logit(Softmax((4.0, 5.0, 1.0), 3.0), (3.1, 5.0)), [4, 5, 2])
    np.testing.assert_array_equal(told.with_logit(COURSE_LOGITS, (99.0, 2.0)), [4, 5, 2])


@pytest.mark.parametrize("logits", [(4.0, 5.0, 1.0), (-7.0, 900.0), (1e6, -1e6), (0.0, 0.0)])
def test_the_bars_stay_inside_their_axis(logits):
    given = Softmax(logits, 0.0)
    low, high = told.softmax_panels(given)[0].figure.split('"yaxis":')[1].split('"range":[')[1].split("]")[0].split(",")
    assert float(low) <= given.moved.min() and given.moved.max() <= float(high)


def test_3_4_the_sentence_says_where_tanh_as_written_has_no_value():
    said = told.say_stability(ENDS)
    assert "4 of 6 have no value" in said and "for z = 1·10⁻⁹ no digit is right" in said
    assert "as exact as the library" in told.say_stability(Stability((1.0, 20.0), "float64"))
    assert told.stability_table(ENDS).count("has no value") == 4


def test_right_digits():
    assert [told.right_digits(e, ENDS) for e in (1.0, 0.5, 1e-3, 1.5e-4, 1e-7, 0.0)] == [0, 0, 3, 3, 7, 7]


@pytest.mark.parametrize("advice", told.ADVICE, ids=[each.page for each in told.ADVICE])
def test_3_5_each_piece_of_advice_links_to_a_page_that_opens_as_it_says(advice):
    assert advice.page in outline.LESSONS
    app = sound(opened(advice.page, **{name: list(value) for name, value in advice.parameters.items()}))
    for name, value in advice.parameters.items():
        kept = app.session_state[f"{advice.page}-values"][name]
        assert (
            [str(each) for each in kept] == list(value)
            if isinstance(kept, tuple)
            else str(kept) in (value[0], f"{value[0]}.0")
        )


# ---- the page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("part", ["curves", "softmax", "stability", "advice"])
def test_every_part_in_both_languages(part, lang):
    fine(part=part, lang=lang)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_brings_its_parameters(name):
    app = fine(show=[name], z="-1.5")
    keys = {widget.key for widget in (*app.select_slider, *app.slider)}
    for parameter in ACTIVATIONS[name].parameters:
        assert any(f"~{name}.{parameter.name}" in key for key in keys)


def test_a_parameter_in_the_link_moves_the_curve():
    app = fine(**{"show": ["leaky_relu"], "leaky_relu.alpha": "0.5", "z": "-2"})
    assert "a(-2) = -1" in text(app) and "Leaky ReLU α 0.5" in text(app)


def test_several_are_kept_in_the_link_in_their_order():
    app = fine(show=["tanh", "relu"])
    assert app.query_params["show"] == ["relu", "tanh"]
    app.multiselect(key="activations~show").set_value(["relu", "tanh", "elu"]).run()
    assert app.query_params["show"] == ["relu", "elu", "tanh"]
    app.multiselect(key="activations~show").set_value([]).run()
    assert not app.exception and "Choose at least one" in app.info[0].value
    assert app.query_params["show"] == ""


def test_more_curves_than_can_be_told_apart_are_refused():
    app = page(show=list(ACTIVATIONS)[:9])
    assert "at most 8" in app.warning[0].value


@pytest.mark.parametrize(
    "example", ["The family of the ReLU", "Softmax shifted by 1000", "tanh at ±∞", "Where to begin"]
)
def test_examples(example):
    app = fine()
    tap(app, example)
    assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "at least one number"),
        ("5", "too few"),
        ("1e308, 0", "takes all the probability"),
        ("-1e308, 0", "takes all the probability"),
        ("4; five", "not a number"),
        ("__import__('os')", "not a number"),
        ("inf, 1", "not a finite number"),
        (", ".join(["1"] * 11), "at most 10"),
    ],
)
def test_logits_that_cannot_be_used_get_one_sentence_and_the_last_good_ones_stay(typed, said):
    app = fine(part="softmax", logits="1, 2")
    app.text_input(key="activations~logits").set_value(typed).run()
    assert not app.exception and len(app.error) == 1 and said in app.error[0].value
    assert "p_{2}" in text(app) and "e^{2}" in text(app)


@pytest.mark.parametrize("typed", ["", "x", "1; x", "nan"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_inputs_of_tanh_that_cannot_be_used_get_one_sentence(typed, lang):
    app = fine(part="stability", lang=lang)
    app.text_input(key="activations~x").set_value(typed).run()
    assert not app.exception and len(app.error) == 1


@pytest.mark.parametrize("inputs", ["0", "-0", "1e308, -1e308", "1e-300", "inf", "88.7, 88.8, 709.7, 709.8"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_tanh_at_the_ends_of_the_number_line(inputs, precision):
    fine(part="stability", x=inputs, type=precision)
