"""The page of losses as curves: what the probe reads, its sentences, and its program."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import loss_curves
from optviz.lessons.loss_curves import FAMILIES, Settings
from optviz.locale.spoken import LANGUAGES
from optviz.networks.losses import LOSSES
from tests.pages import opened, said

HUBER = Settings(family="error", values=(("delta", 1.0),), probe=2.0)
EASY = Settings(family="logit", values=(("gamma", 2.0), ("balance", False), ("alpha", 0.25)), probe=3.0, label=1)

page = partial(opened, "loss_curves")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_opens_with_its_sentence_formula_and_table(family, lang):
    app = page(lang, family=family)
    assert not app.error and not app.warning
    assert r"\mathrm{" in said(app)
    (table,) = [html.proto.body for html in app.get("html") if "<table>" in html.proto.body]
    assert table.count("<th scope='row'>") == len(FAMILIES[family].names)


def test_huber_is_half_a_square_within_delta_and_straight_beyond_4_5():
    assert loss_curves.at_probe(HUBER)["huber"] == (1.5, 1.0)
    inside = Settings(family="error", values=(("delta", 3.0),), probe=2.0)
    assert loss_curves.at_probe(inside)["huber"] == (2.0, 2.0)
    assert "Beyond δ = 1" in loss_curves.say(HUBER) and "is within" in loss_curves.say(inside)
    assert "1\\,(2 - 0.5) = 1.5" in loss_curves.tex(HUBER) and "\\tfrac12 (2)^2 = 2" in loss_curves.tex(inside)


def test_the_focal_loss_hears_an_easy_example_less_and_a_hard_one_nearly_fully_4_5():
    plain, focal = (loss_curves.at_probe(EASY)[name].value for name in ("binary_crossentropy", "focal"))
    p = 1 / (1 + np.exp(-3.0))
    assert (plain, focal) == pytest.approx((-np.log(p), -((1 - p) ** 2) * np.log(p)))
    assert "already classified correctly" in loss_curves.say(EASY)
    hard = Settings(family="logit", values=EASY.values, probe=-3.0, label=1)
    assert "classified wrongly" in loss_curves.say(hard)
    other = Settings(family="logit", values=EASY.values, probe=3.0, label=0)
    assert loss_curves.at_probe(other)["focal"].value == loss_curves.at_probe(hard)["focal"].value


def test_the_curves_are_the_losses_and_their_derivatives():
    arrays = loss_curves.arrays_of(HUBER)
    x = arrays["x"][0]
    np.testing.assert_array_equal(arrays["mse_value"][0], x**2)
    np.testing.assert_array_equal(arrays["mse_slope"][0], 2 * x)
    np.testing.assert_array_equal(arrays["huber_slope"][0], np.clip(x, -1, 1))
    assert arrays["huber_value_at"].tolist() == [[2.0, 1.5]]


@pytest.mark.parametrize(
    "settings",
    [
        HUBER,
        Settings(family="error", values=(("delta", 2.5),), probe=-0.7),
        EASY,
        Settings(family="logit", values=(("gamma", 0.5), ("balance", True), ("alpha", 0.75)), probe=-2.0, label=0),
        Settings(family="logit", values=(("gamma", 4.0), ("balance", True), ("alpha", 0.75)), probe=1.0, label=1),
        Settings(family="logit", values=(("gamma", 3.3), ("balance", False), ("alpha", 0.7)), probe=-3.9, label=1),
        Settings(family="error", values=(("delta", 0.4),), probe=3.1),
    ],
    ids=lambda settings: settings.family,
)
def test_the_program_reads_the_same_in_tensorflow(settings):
    pytest.importorskip("tensorflow")
    names = {}
    exec(loss_curves.program(settings), names)
    here = loss_curves.at_probe(settings)
    assert names["read"].keys() == here.keys()
    for name, reading in here.items():
        assert names["read"][name] == pytest.approx(tuple(reading), rel=1e-9, abs=1e-13)


def test_every_loss_of_the_classifier_is_in_a_family():
    assert {name for family in FAMILIES.values() for name in family.names} == set(LOSSES)
