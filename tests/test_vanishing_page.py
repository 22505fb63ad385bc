"""The page of the vanishing gradient without a browser."""

import numpy as np
import pytest

from optviz.lessons import vanishing as told
from optviz.lessons.vanishing import Settings
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import DataError
from optviz.networks.network import INITIALIZATIONS, Network
from tests.pages import examples, opener, said, tap

COURSE = Settings(nets=("relu.he", "sigmoid.xavier"), depth=10, width=32, seed=0, probe=1.0)

page, fine = opener("vanishing")


@pytest.mark.parametrize("net", range(2))
def test_the_bars_are_the_norms(net):
    np.testing.assert_array_equal(told.arrays_of(COURSE)[f"norms{net}"][0], told.all_norms(COURSE)[net])


def test_every_track_has_its_numbers():
    arrays = told.arrays_of(COURSE)
    wanted = {
        ref if isinstance(ref, str) else ref[0]
        for panel in told.panels_of(COURSE)
        for track in panel.tracks
        for ref in (track.x, track.y)
        if ref is not None
    }
    assert wanted == set(arrays)


def test_what_is_zero_or_beyond_single_precision_is_not_drawn():
    arrays = told.arrays_of(Settings(nets=("sigmoid.zero", "sigmoid.small"), depth=30, width=8, seed=0, probe=-2.0))
    for numbers in arrays.values():
        assert not np.isinf(numbers.astype(np.float32)).any() and (np.isnan(numbers) | (numbers != 0)).all()
    assert np.isnan(arrays["norms0"][0, 0]) and np.isfinite(arrays["norms0"][0, -1])


def test_3_2_the_sentence_has_the_ratio_and_what_it_means():
    norms = told.all_norms(COURSE)
    shares = {net: told.written(each[0] / each[-1], 2) for net, each in zip(COURSE.nets, norms, strict=True)}
    sentence = told.say(COURSE)
    assert f"vanishes with Sigmoid · Xavier ({shares['sigmoid.xavier']} of the last layer's)" in sentence
    assert f"The gradient holds with ReLU · He ({shares['relu.he']})" in sentence
    assert "explodes with ReLU · Course" in told.say(
        Settings(nets=("relu.course",), depth=10, width=32, seed=0, probe=1.0)
    )
    assert "no gradient at all with ReLU · Zero" in told.say(
        Settings(nets=("relu.zero",), depth=10, width=32, seed=0, probe=1.0)
    )


def test_a_gradient_that_is_as_faint_in_the_last_layer_is_tiny_everywhere():
    faint = Settings(nets=("relu.small",), depth=10, width=32, seed=0, probe=1.0)
    (norms,) = told.all_norms(faint)
    assert norms.max() < 1e-4 and norms[0] > 0.01 * norms[-1]
    sentence = told.say(faint)
    assert "Gradients are tiny in every layer with ReLU · Small" in sentence and "vanishes" not in sentence


def test_the_formulas_have_the_numbers_in_them():
    text = " ".join(tex for tex, _title in told.formulas(COURSE))
    assert r"0.25^{10} = 9.54 \cdot 10^{-7}" in text and r"0.1966^{10} = 8.63 \cdot 10^{-8}" in text


@pytest.mark.parametrize("scheme", INITIALIZATIONS)
@pytest.mark.parametrize("name", ["relu", "sigmoid", "gelu", "linear"])
def test_every_initialization(name, scheme):
    fine(net=[f"{name}.{scheme}"], depth="3", width="4")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name):
    fine(net=[f"{name}.he"], depth="3", width="4", lang="zh")


@pytest.mark.parametrize("depth", ["1", "30"])
@pytest.mark.parametrize("z", ["-6", "0", "6"])
def test_the_ends_of_the_sliders(depth, z):
    fine(depth=depth, width="1", z=z)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_opening_and_examples(lang):
    app = fine(lang=lang)
    for example in examples(app):
        tap(app, example)
        assert not app.exception and not app.error and not app.warning


def test_without_a_net_it_asks_for_one():
    assert "Choose at least one net" in page(net="").info[0].value


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"depth": "0"}, "out of range"),
        ({"depth": "1000000"}, "out of range"),
        ({"width": "-3"}, "out of range"),
        ({"net": "relu"}, "no such choice"),
        ({"net": ["relu.he", "tanh.he", "elu.he", "selu.he", "silu.he"]}, "at most 4"),
        ({"z": "__import__('os')"}, "not a number"),
    ],
)
def test_bad_links_get_a_word(parameters, complaint):
    app = page(**parameters)
    assert complaint in app.warning[0].value and "last layer" in said(app)


def test_without_the_data_file_it_says_so(monkeypatch):
    def missing(*_):
        raise DataError("missing", "dot.csv")

    monkeypatch.setattr(told, "norms_of", missing)
    app = page()
    assert "missing" in app.error[0].value


@pytest.mark.parametrize("probe", [1.0, 0.3])
def test_the_stars_are_what_the_slopes_of_the_nets_own_units_multiply_to(probe):
    settings = Settings(nets=("tanh.xavier", "sigmoid.xavier"), depth=10, width=32, seed=0, probe=probe)
    own, where = [], []
    for name, slope in (("tanh", lambda a: 1 - a**2), ("sigmoid", lambda a: a * (1 - a))):
        network = Network(settings.sizes, ACTIVATIONS[name]())
        a, product, squares = told.points().x, 1.0, []
        for weights, biases in network.views(network.init(0, "xavier"))[:-1]:
            z = a @ weights + biases
            a = np.tanh(z) if name == "tanh" else 1 / (1 + np.exp(-z))
            product *= np.sqrt(np.mean(slope(a) ** 2))
            squares.append(np.mean(z**2))
        own.append(product)
        where.append(np.sqrt(np.mean(squares)))
    np.testing.assert_allclose(told.arrays_of(settings)["own"][0], own, rtol=1e-10)
    sentence = told.say_own(settings)
    if probe == 1.0:
        assert own[0] > 0.5 and own[1] < 1e-5, "as the gradients, that of tanh holds, that of the sigmoid vanishes"
        assert f"its units stand at |z| ≈ {where[0]:.2g}, where they multiply to {own[0]:.2g} (★)." in sentence
    else:
        assert not sentence, "the curves say the same as the stars"
