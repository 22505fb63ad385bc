"""The practice page, run without a browser."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz.lessons import practice
from optviz.lessons.practice import ALWAYS, RATES, TRICKS, Settings
from optviz.lessons.training_settings import Sample, points_of
from optviz.locale.spoken import LANGUAGES
from optviz.networks import datasets
from optviz.networks.datasets import DATASETS
from optviz.networks.losses import LOSSES
from tests.pages import opened, opener, said, sound

page, fine = opener("practice", folds=("tensorflow",))


def html(app):
    return " ".join(part.proto.body for part in app.get("html"))


COURSE = Settings(sample=Sample(), loss="mse", batch_size=32, epochs=20, seed=0, also="none")


def test_why_adam_or_sgd_with_nesterov_to_begin_with():
    sweeps = practice.sweeps_of(COURSE)
    final = {name: each.final.min() for name, each in sweeps.items()}
    assert final["adam"] < final["nesterov_keras"] < final["sgd"]
    assert np.isfinite(sweeps["adam"].final).all(), "Adam diverges at no rate"
    assert practice.working(COURSE, "nesterov_keras") > practice.working(COURSE, "sgd")
    text = said(fine())
    assert "After 20 epochs Adam reaches the lowest loss, 0.0616, at learning rate 0.1." in text
    assert "SGD + Nesterov works at 5 of 11 learning rates, more than any other." in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("data", DATASETS)
def test_every_data_set(data, lang):
    fine(lang, data=data, epochs="2")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss):
    fine(loss=loss, epochs="2")


@pytest.mark.parametrize("also", ["momentum", "adagrad", "adadelta", "lion", "adamw", "adam"])
def test_one_more_optimizer(also):
    settings = Settings(sample=Sample(), loss="mse", batch_size=64, epochs=2, seed=0, also=also)
    expected = ALWAYS if also == "adam" else (*ALWAYS, also)
    assert settings.optimizers == expected and len(practice.arrays_of(settings)) == len(expected) + 1


def test_what_the_panels_follow_is_the_sweep():
    arrays = practice.arrays_of(COURSE)
    assert arrays["sweep0"].shape == (21, len(RATES)) and arrays["best"].shape == (21, 3)
    assert arrays["best"][-1, 0] == arrays["sweep0"][-1].min()
    names = {t.y if isinstance(t.y, str) else t.y[0] for panel in practice.panels_of(COURSE) for t in panel.tracks}
    assert names == set(arrays)


def test_there_are_eleven_tricks_each_with_a_link_that_its_page_understands():
    links = [urlsplit(link.replace("&amp;", "&")) for link in re.findall('href="([^"]*)"', html(fine()))]
    assert len(TRICKS) == len(links) == 11
    for link, trick in zip(links, TRICKS, strict=True):
        assert link.path == f"./{trick.page}"
        short = {"epochs": "10"} if trick.page == "classifier" else {}
        sound(opened(trick.page, **{**parse_qs(link.query), **short}))


def test_a_missing_data_file_is_said_and_the_advice_stays(monkeypatch, tmp_path):
    points_of.cache_clear()
    practice.sweep_of.cache_clear()
    monkeypatch.setattr(datasets, "DOT", tmp_path / "dot.csv")
    try:
        app = page()
    finally:
        points_of.cache_clear()
    assert "is missing" in app.error[0].value and "Shuffle in each epoch" in html(app)
