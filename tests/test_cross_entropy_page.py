"""The page of cross-entropy: the course's numbers, clipping, what may be typed, and its program."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import cross_entropy
from optviz.lessons.cross_entropy import Settings
from tests.pages import opened, said

TWO = Settings((1.0, 0.0), ((0.6, 0.4), (0.8, 0.2)))
THREE = Settings((1.0, 0.0, 0.0), ((0.5, 0.4, 0.1), (0.8, 0.1, 0.1)))

page = partial(opened, "cross_entropy")


@pytest.mark.parametrize(
    ("settings", "printed"),
    [(TWO, (0.5108256, 0.22314353)), (THREE, (0.6931472, 0.22314353))],
    ids=["4.2 two classes", "4.2 three classes"],
)
def test_the_losses_are_those_that_the_course_prints(settings, printed):
    np.testing.assert_allclose(cross_entropy.losses_of(settings), printed, rtol=1e-7)
    np.testing.assert_allclose(cross_entropy.keras_of(settings), printed, rtol=1e-7)


@pytest.mark.parametrize(
    ("lang", "nearest"), [("en", "B is nearer to the target (1, 0)."), ("zh", "B 更接近目标 (1, 0)")]
)
def test_the_page_opens_on_the_question_which_is_nearer_4_2(lang, nearest):
    app = page(lang)
    text = said(app)
    assert nearest in text and "0.5108256" in text and "0.2231436" in text
    assert r"H(y, A) &= -(1 \ln 0.6 + 0 \ln 0.4) = 0.5108256" in text
    assert not app.info and not app.error


def test_equally_near_predictions_and_a_single_one_have_their_own_sentence():
    assert "equally near" in cross_entropy.say(Settings((1.0, 0.0), ((0.6, 0.4), (0.6, 0.4))))
    assert cross_entropy.say(Settings((1.0, 0.0), ((0.6, 0.4),))) == "Cross-entropy: A 0.5108256."


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("0, 1", "so −ln 0 = ∞ becomes 16.1181."),
        ("1e-8, 0.99999999", "becomes 16.1181."),
        ("0.6, 0.6", "A sums to 1.2, not to 1: Keras divides by the sum first and gets 0.6931472."),
        ("0, 0", "Keras divides by the sum, 0, and gets nan."),
    ],
)
def test_where_keras_computes_something_else_the_page_says_so(rows, sentence):
    app = page(p=rows)
    assert any(sentence in info.value for info in app.info)
    assert not app.error and "Cross-entropy: A" in said(app)


def test_a_target_that_does_not_sum_to_1_is_named():
    assert "The target sums to 0.7" in page(y="0.5, 0.2").info[0].value


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"p": "0.5, 0.6; 1.2, 0"}, "1.2 is too large: at most 1."),
        ({"p": "-0.1, 1.1"}, "-0.1 is too small: at least 0."),
        ({"p": "0.5, 0.5; 0.2, 0.3, 0.5"}, "All rows need 2 numbers"),
        ({"p": "0.2, 0.3, 0.5"}, "The target has 2 classes and the predictions have 3"),
        ({"y": "1"}, "has too few numbers"),
        ({"y": "yes, no"}, "“yes” is not a number"),
        ({"p": "; ".join(["0.5, 0.5"] * 5)}, "at most 4 are allowed"),
    ],
)
def test_bad_input_gets_one_sentence_and_the_rest_stays(parameters, sentence):
    app = page(**parameters)
    assert sentence in app.error[0].value and len(app.error) == 1
    assert "Cross-entropy: A" in said(app)


def test_a_drag_sets_the_nearest_bar_and_keeps_the_sum():
    for settings in (TWO, THREE):
        for x in np.linspace(0.5, 3.5, 30):
            for y in (-1.0, 0.0, 0.333, 0.5, 1.0, 2.0):
                moved = cross_entropy.PREDICTIONS.read(cross_entropy.dragged(settings, (x, y)))
                np.testing.assert_allclose(moved.sum(axis=1), 1.0, atol=1e-12)
                assert ((moved >= 0) & (moved <= 1)).all()
                assert (moved == settings.p).all(axis=1).sum() >= len(moved) - 1
    assert cross_entropy.dragged(TWO, (0.8, 0.9)) == "0.9, 0.1; 0.8, 0.2"
    assert cross_entropy.dragged(THREE, (3.2, 0.5)) == "0.5, 0.4, 0.1; 0.4444, 0.0556, 0.5"
    assert cross_entropy.shared(np.array([1.0, 0, 0]), 0, 0.4).tolist() == [0.4, 0.3, 0.3]


def test_the_points_lie_on_the_curve():
    arrays = cross_entropy.arrays_of(TWO)
    np.testing.assert_allclose(arrays["log"], -np.log(arrays["p"]))
    assert arrays["at0"][0].tolist() == pytest.approx([0.6, 0.5108256])


@pytest.mark.parametrize("settings", [TWO, THREE, Settings((1.0, 0.0), ((0.0, 1.0), (0.6, 0.6)))])
def test_the_program_gives_the_same_in_tensorflow(settings):
    pytest.importorskip("tensorflow")
    names = {}
    exec(cross_entropy.program(settings), names)
    np.testing.assert_allclose(names["losses"], cross_entropy.keras_of(settings), rtol=1e-6)
    if settings == TWO:
        np.testing.assert_allclose(names["binary"], cross_entropy.losses_of(settings), rtol=1e-6)
