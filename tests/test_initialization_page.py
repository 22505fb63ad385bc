"""The initialization page without a browser: what is drawn, said and computed, for every choice."""

from functools import partial

import numpy as np
import pytest

from optviz.figures.panels import run_of
from optviz.lessons import initialization
from optviz.lessons.initialization import Settings
from optviz.lessons.tables import digits
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.initialization import Depth
from optviz.recipes import Choice
from tests.pages import opened, said

page = partial(opened, "initialization")


def settings(activation="tanh", initialization="xavier", deviation=0.05):
    return Settings(net=Depth(6, 50), activation=Choice(activation), initialization=initialization, deviation=deviation)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "Xavier with Tanh keeps the signal: the standard deviation is 0.624 in layer 1 and 0.219 in layer 10."),
        (
            {"activation": "relu", "init": "he"},
            "He with ReLU keeps the signal: the standard deviation is 0.817 in layer 1",
        ),
        ({"activation": "relu", "init": "he"}, "55.0% of its outputs are exactly 0"),
        (
            {"init": "small"},
            "With Small and Tanh the signal fades: the standard deviation falls from 0.0981 in layer 1 to 9.21e−11",
        ),
        ({"init": "course"}, "Course with Tanh saturates: in layer 10, 78.3% of the outputs lie at a bound"),
        ({"activation": "relu", "init": "course"}, "With Course and ReLU the signal explodes"),
        ({"activation": "relu", "init": "own", "sigma": "0.14142"}, "Your own σ with ReLU keeps the signal"),
    ],
)
def test_6_3_the_sentence_says_what_becomes_of_the_signal(parameters, sentence):
    app = page(**parameters)
    assert not app.error and sentence in said(app)


def test_6_3_the_formula_has_the_numbers_of_the_moment():
    relu = said(page(activation="relu", init="he"))
    assert r"E[a_{l+1}^2] / E[a_l^2] &= n\,\sigma^2\,E[f(u)^2] \\ &= 100 \cdot 0.141^2 \cdot 0.5 = 1" in relu
    assert "Theory predicts a standard deviation of 0.826 in layer 10; measured: 0.816." in relu
    tanh = settings()
    square = initialization.spread_of(tanh).square[1, 1]
    assert rf"50 \cdot 0.141^2 \cdot {square:.3g} = {square:.3g}" in initialization.formula(tanh)[0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_the_panels_follow_is_the_spread(activation):
    given = settings(activation)
    arrays, spread = initialization.arrays_of(given), initialization.spread_of(given)
    np.testing.assert_allclose(arrays["deviation"][:, 1], spread.deviation[:, 1])
    assert np.isnan(arrays["deviation"][1:, 4]).all() or activation in ("sigmoid", "softplus")
    assert {len(rows) for rows in arrays.values()} == {7}
    for panel in initialization.panels_of(given):
        assert panel.tracks
        for track in panel.tracks:
            for ref in (track.x, track.y):
                if isinstance(ref, tuple):
                    assert ref[1] < arrays[ref[0]][0].size


def test_the_table_has_a_row_for_each_initialization():
    given = settings("relu", "he")
    report, deviation = initialization.report(given), initialization.spread_of(given).deviation
    assert report.count("<th scope='row'>") == 6
    for value in deviation[-1]:
        assert f">{digits(value)}</td>" in report


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_visitors_own_sigma_and_the_sliders_ends(lang):
    for depth, width, sigma in (("1", "10", "0"), ("20", "200", "2")):
        app = page(lang, depth=depth, width=width, sigma=sigma, init="own", activation="linear", seed="99")
        assert not app.error


def test_the_same_settings_name_the_same_run():
    assert run_of(settings()) == run_of(settings()) != run_of(settings(deviation=0.06))
