"""The page of dead ReLU units without a browser."""

import numpy as np
import pytest

from optviz.figures.panels import Thinned
from optviz.lessons import dead_relu as told
from optviz.lessons.dead_relu import Settings
from optviz.locale.spoken import LANGUAGES
from optviz.networks.datasets import DataError
from optviz.networks.dead_relu import CURES, Setup, record
from optviz.networks.network import INITIALIZATIONS
from tests.pages import examples, opener, said, tap

COURSE = Settings(Setup(), ("rate", "he", "leaky"))

page, fine = opener("dead_relu")


def test_shares_and_losses_are_those_of_the_trainings():
    arrays = told.arrays_of(COURSE)
    for i, setup in enumerate(COURSE.setups):
        np.testing.assert_array_equal(arrays["dead"][:, i], record(setup).dead)
        np.testing.assert_array_equal(arrays["loss"][:, i], record(setup).loss)


def test_every_track_has_its_numbers():
    arrays = told.arrays_of(COURSE)
    wanted = {
        ref if isinstance(ref, str) else ref[0]
        for panel in told.panels_of(COURSE)
        for track in panel.tracks
        for ref in (track.x, track.y)
        if ref is not None
    }
    assert wanted - {"step"} == set(arrays)


@pytest.mark.parametrize("epoch", [0, 7, 40])
def test_a_line_is_where_its_unit_switches_on(epoch):
    arrays, found = told.arrays_of(COURSE), record(Setup())
    for name, shown in (("alive", ~found.silent[epoch]), ("dead", found.silent[epoch])):
        x = arrays[f"{name}_x0"].array[epoch].reshape(24, 6)
        y = arrays[f"{name}_y0"].array[epoch].reshape(24, 6)
        w1, w2, b = found.weights[epoch]
        for unit in range(24):
            assert np.isfinite(x[unit, [0, 1, 3, 4]]).all() == shown[unit]
            if not shown[unit]:
                continue
            z = w1[unit] * x[unit] + w2[unit] * y[unit] + b[unit]
            np.testing.assert_allclose(z[[0, 1, 3]], 0, atol=1e-9 * np.abs(x[unit, :2]).max())
            assert z[4] > 0  # the tick points to the side where the unit is on


def test_the_range_of_a_dead_unit_lies_below_zero():
    arrays = told.arrays_of(COURSE)
    dead = arrays["dead_z"].array[-1].reshape(24, 3)
    assert np.isfinite(dead[:, 0]).sum() == 17 and np.nanmax(dead) <= 0
    alive = arrays["alive_z"].array[-1].reshape(24, 3)[:, 1]
    assert np.isfinite(alive).sum() == 7 and np.nanmin(alive) > 0


@pytest.mark.parametrize("epochs", range(10, 201, 10))
def test_the_last_picture_shows_the_last_epoch(epochs):
    stride = Settings(Setup(epochs=epochs), ()).stride
    assert epochs % stride == 0 and epochs // stride <= told.FRAMES


def test_a_long_training_of_a_wide_net_is_at_most_two_megabytes():
    arrays = told.arrays_of(Settings(Setup(units=64, epochs=200, learning_rate=0.01), tuple(CURES)))
    sizes = [np.asarray(each.array if isinstance(each, Thinned) else each).size for each in arrays.values()]
    assert 4 * sum(sizes) < 2_000_000


def test_3_3_the_sentence_says_the_shares():
    sentence = told.say(COURSE)
    assert "After 40 epochs 17 of the 24 units are dead (70.8%; at the start 0.0%)" in sentence
    assert "Dead with each cure: lr/10, 0.0%; He with zero biases, 0.0%; Leaky ReLU, 0.0%." in sentence
    assert "None of the 24 units" in told.say(Settings(Setup(learning_rate=0.01), ()))
    assert "diverges in epoch" in told.say(Settings(Setup(learning_rate=10.0), ()))


def test_the_formula_has_a_dead_unit_in_it():
    tex = told.formula(COURSE)
    found = record(Setup())
    unit = int(found.silent[-1].argmax())
    assert f"{found.inputs[-1, 1, unit]:.3g}" in tex and r"\le 0" in tex
    assert r"\ne 0" in told.formula(Settings(Setup(learning_rate=0.01), ()))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_opening_and_examples(lang):
    app = fine(lang=lang)
    for example in examples(app):
        tap(app, example)
        assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("scheme", INITIALIZATIONS)
def test_every_initialization(scheme):
    fine(init=scheme, epochs="10")


@pytest.mark.parametrize("cure", CURES)
def test_every_cure_has_its_title_and_stands_in_the_sentence(cure):
    assert set(CURES) == set(told.CURE_TITLES)
    assert told.CURE_TITLES[cure] in said(fine(cure=[cure], epochs="10"))


def test_without_a_cure_the_training_stands_alone():
    assert "Dead with each cure" not in said(fine(cure="", epochs="10"))


@pytest.mark.parametrize("lr", ["1", "100"])
def test_a_divergence_is_said(lr):
    assert "diverges" in said(fine(lr=lr, units="64", epochs="10"))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"units": "1000000"}, "out of range"),
        ({"units": "0"}, "out of range"),
        ({"bias": "nan"}, "finite"),
        ({"cure": "prayer"}, "no such choice"),
        ({"lr": "9**9**9"}, "not a number"),
    ],
)
def test_bad_links_get_a_word(parameters, complaint):
    app = page(epochs="10", **parameters)
    assert complaint in app.warning[0].value and "units switches on" in said(app)


def test_without_the_data_file_it_says_so(monkeypatch):
    def missing(*_):
        raise DataError("missing", "dot.csv")

    monkeypatch.setattr(told, "record_of", missing)
    assert "missing" in page().error[0].value
