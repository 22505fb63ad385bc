"""The momentum page, run without a browser."""

import numpy as np
import pytest

from optviz.lessons import momentum
from optviz.lessons.momentum import Settings
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.momentum import SEQUENCES
from optviz.recipes import Choice
from tests.pages import opener, said

page, fine = opener("momentum", folds=("tensorflow",))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("sequence", [*SEQUENCES, "typed"])
def test_every_sequence_of_gradients(sequence, lang):
    fine(lang, gradients=sequence)


def test_the_sentence_has_the_limit():
    assert "from 0.1 to lr · g / (1 − γ) = 1: 10 times as long" in said(fine())
    assert "lr · g / (1 + γ) = 0.0526, 0.526 of a plain step" in said(fine(gradients="alternating"))
    assert "averaged steps only by" in said(fine(gradients="noisy"))


def test_the_formula_has_the_numbers():
    text = said(fine())
    assert r"0.1\,(1+0.9+0.81 + \dots)" in text and "0.9852" in text and "9.852" in text


def test_what_the_panels_follow_is_the_sum():
    given = Settings(sequence=Choice("typed"), typed=(1.0, -2.0), decay=0.5, learning_rate=0.1, steps=5)
    arrays = momentum.arrays_of(given)
    assert momentum.gradients_of(given).tolist() == [1, -2, 0, 0, 0]
    assert np.allclose(arrays["shares"][2], [-0.2, 0.05, 0, 0, 0])
    assert np.allclose(arrays["sums"][2], [-0.2, -0.2, -0.15, -0.15, -0.15, -0.15, -0.15, -0.15, -0.15, -0.15])
    names = {
        track.y if isinstance(track.y, str) else track.y[0] for p in momentum.panels_of(given) for track in p.tracks
    }
    assert names == set(arrays)


def test_more_numbers_than_steps_are_cut():
    assert momentum.gradients_of(
        Settings(sequence=Choice("typed"), typed=(1.0, 2.0, 3.0), decay=0.5, learning_rate=0.1, steps=2)
    ).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "at least one"),
        ("1, x", "not a number"),
        ("1, inf", "not a finite number"),
        ("1e9", "too large"),
        ("1," * 150, "at most 100"),
    ],
)
def test_a_bad_gradient_is_explained_and_the_rest_stays(text, reason):
    app = fine(gradients="typed", typed="1, 2, 3")
    app.text_input(key="momentum~typed").set_value(text).run()
    assert len(app.error) == 1 and reason in app.error[0].value and not app.exception
    assert "lr" in said(app)


@pytest.mark.parametrize(
    "parameters", [{"gamma": "0"}, {"gamma": "0.999", "steps": "2"}, {"lr": "100", "constant.slope": "-10"}]
)
def test_the_edges(parameters):
    fine(**parameters)
