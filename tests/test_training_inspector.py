"""Inside a step of the classifier: a repeated training is the same, and its printed arithmetic is the update."""

import json
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest

from optviz.figures.panels import run_of
from optviz.lessons.tables import tex
from optviz.lessons.training_settings import Method, Settings, Switch, Trainer
from optviz.lessons.trainings import Training
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import MATRIX_OPTIMIZERS, TRAINERS
from optviz.recipes import Choice
from optviz.ui.training_files import _keras_file
from optviz.ui.training_inspector import Replay, _names
from tests.pages import opened, sound
from tests.tex_arithmetic import recompute

WHOLE = Settings(epochs=12, batch_size=512)
"""One update an epoch, so that every point of the way is an epoch's."""


def epochs_of(settings):
    training = Training(settings)
    epochs = [training.nets[0].shown.epoch]
    while training.running:
        training._train_epoch()
        epochs.append(training.nets[0].shown.epoch)
    return training, epochs


@pytest.mark.parametrize("name", [name for name in TRAINERS if name not in MATRIX_OPTIMIZERS])
def test_the_printed_update_leads_to_the_weights_of_the_next_epoch(name):
    training, epochs = epochs_of(replace(WHOLE, methods=(Method(Trainer(Choice(name), 0.05), l2=0.1, l1=0.01),)))
    replay = Replay(training.nets[0])
    for k in (0, 7, 3):
        epoch = replay.epoch(k, 60.0)
        assert epoch.epoch == k and np.array_equal(epoch.w, epochs[k].w)
        (point,) = [line for line in training.nets[0].first_update(epoch) if line.name == "w_{t+1}"]
        for place in (0, 13, 30):
            text, result = point.numbers(place, tex, 6)
            assert recompute(result) == pytest.approx(epochs[k + 1].w[place], rel=5e-6)
            assert recompute(text) == pytest.approx(recompute(result), rel=2e-5, abs=1e-6)


def test_an_optimizer_that_takes_over_begins_with_new_moments_on_the_batches_that_go_on():
    switch = Switch(5, Trainer(Choice("adam"), 0.03))
    settings = replace(WHOLE, methods=(Method(Trainer(Choice("momentum"), 0.05), switch=switch),), batch_size=512)
    training, epochs = epochs_of(settings)
    for k in (4, 5, 6):
        epoch = Replay(training.nets[0]).epoch(k, 60.0)
        lines = training.nets[0].first_update(epoch)
        assert (r"\alpha_t" in {line.name for line in lines}) == (k >= 5)
        point = next(line for line in lines if line.name == "w_{t+1}")
        assert point.result(3) == pytest.approx(epochs[k + 1].w[3], rel=1e-9)


@pytest.mark.parametrize("before, after", [(0.0, 0.5), (0.5, 0.0), (0.1, None)])
@pytest.mark.parametrize("name", ["sgd", "nesterov", "adamw"])
def test_from_a_fork_to_another_l2_on_the_printed_update_is_under_that_l2(name, before, after):
    switch = Switch(5, Trainer(Choice(name), 0.02), after, ghost=True)
    settings = replace(WHOLE, methods=(Method(Trainer(Choice("sgd"), 0.05), l2=before, l1=0.01, switch=switch),))
    training, epochs = epochs_of(settings)
    for k in (4, 5, 6):
        epoch = Replay(training.nets[0]).epoch(k, 60.0)
        point = next(line for line in training.nets[0].first_update(epoch) if line.name == "w_{t+1}")
        for place in (0, 13, 30):
            assert point.result(place) == pytest.approx(epochs[k + 1].w[place], rel=1e-9)


def test_a_net_is_saved_with_the_learning_rate_of_what_trained_it_last():
    switch = Switch(5, Trainer(Choice("sgd"), 0.02))
    training, _epochs = epochs_of(replace(WHOLE, methods=(Method(Trainer(Choice("sgd"), 0.05), switch=switch),)))
    with ZipFile(BytesIO(_keras_file(training.nets[0]))) as archive:
        compiled = json.loads(archive.read("config.json"))["compile_config"]
    assert compiled["optimizer"]["config"]["learning_rate"] == 0.02


def test_it_takes_the_first_batch_of_the_epoch():
    training, _epochs = epochs_of(replace(WHOLE, batch_size=16, epochs=3))
    epoch = Replay(training.nets[0]).epoch(2, 60.0)
    (gradient,) = [line for line in training.nets[0].first_update(epoch) if line.name == "g_t"]
    classifier = training.nets[0].classifier
    expected = classifier(epoch.w, 2 * classifier.steps_per_epoch)[1]
    assert np.array_equal(gradient.values[gradient.tree.content], expected)


def test_a_replay_that_takes_too_long_is_given_up_and_goes_on_when_asked_again():
    training, epochs = epochs_of(WHOLE)
    replay = Replay(training.nets[0])
    assert replay.epoch(6, -1.0) is None
    assert np.array_equal(replay.epoch(6, 60.0).w, epochs[6].w)
    assert replay.epoch(400, 60.0).epoch <= 400


def test_parameters_are_named_by_their_place_in_the_net():
    network = Training(WHOLE).nets[0].classifier.network
    assert network.sizes == (2, 11, 1)
    names = _names(network, [0, 12, 22, 33, 44])
    assert [name.split(" · ")[1] for name in names.values()] == [
        "layer 1, weight from 1 to 1",
        "layer 1, weight from 2 to 2",
        "layer 1, bias of 1",
        "layer 2, weight from 1 to 1",
        "layer 2, bias of 1",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_fold_of_the_page(lang):
    chosen = {"epochs": "10", "batch": "512", "inside.weights": "3, 40", "compare": "1", "optimizer": "adam"}
    app = sound(opened("classifier", lang, folds=("inside",), **chosen))
    shown = [each.value for each in app.markdown if each.value.startswith(("3 · ", "40 · "))]
    assert len(shown) == 8
    app.session_state["classifier-rest"] = (run_of(app.session_state["classifier-training"].settings), 4)
    app.run()
    assert not app.exception
    assert [each.value for each in app.markdown if each.value.startswith("3 · ")] != shown[::2]


def test_several_starts_are_not_taken_apart():
    app = opened("classifier", folds=("inside",), epochs="10", starts="3")
    assert app.info
