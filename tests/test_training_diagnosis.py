"""Why a training does not fit its points: true of its numbers, said at its epoch, and helped by one press."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.lessons import training_words
from optviz.lessons.training_settings import Method, Settings, Trainer, points_of
from optviz.lessons.trainings import Training
from optviz.locale.spoken import LANGUAGES
from optviz.networks.losses import LOSSES
from optviz.networks.training_diagnosis import FITTED, SILENT, Trouble, constant_loss, diagnose
from optviz.recipes import Choice
from optviz.ui import training_remedies
from tests.pages import opened

CASES = {
    "diverged": (Trouble.DIVERGED, Settings(methods=(Method(Trainer(Choice("sgd"), 1.0)),), epochs=60)),
    "dead": (Trouble.DEAD, Settings(initialization="zero", epochs=60)),
    "penalty": (Trouble.DEAD, Settings(methods=(Method(l2=3.0),), epochs=60)),
    "stuck": (Trouble.STUCK, Settings(layers=0, epochs=200)),
    "crawls": (Trouble.CRAWLING, Settings(methods=(Method(Trainer(Choice("sgd"), 1e-4)),), epochs=200)),
}


@pytest.fixture(scope="module")
def trained():
    known = {}

    def of(settings):
        if settings not in known:
            known[settings] = Training(settings)
            while known[settings].running:
                known[settings].advance(60.0)
        return known[settings]

    return of


@pytest.mark.parametrize("name", LOSSES)
def test_the_best_constant_answer(name):
    data = points_of(Settings().sample)[0]
    if name == "mse":
        assert constant_loss(LOSSES[name], data) == pytest.approx(data.targets.var(), rel=1e-3)
    if name == "binary_crossentropy":
        p = data.targets.mean()
        assert constant_loss(LOSSES[name], data) == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p), rel=1e-3)
    assert 0 < constant_loss(LOSSES[name], data) < 1


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_true_of_the_training(case, trained):
    trouble, settings = CASES[case]
    training = trained(settings)
    found, net = training.finding(0), training.nets[0]
    loss = net.numbers[: training.epoch + 1, 0]
    assert found.trouble is trouble
    (caption,) = training_words.whys(training)
    assert caption.step == found.epoch
    assert f"{found.loss:.3g}" in caption.text
    assert found.loss == pytest.approx(loss[found.epoch]) and found.loss > FITTED * found.constant
    data = net.classifier.data
    if trouble is Trouble.DIVERGED:
        assert net.left.reason == "diverged"
    elif trouble is Trouble.DEAD:
        hidden = np.maximum(data.x @ net.classifier.network.views(net.left.w)[0][0] + net.left.w[22:33], 0)
        silent = (hidden == 0).all(axis=0).mean()
        assert silent == pytest.approx(net.dead[training.epoch // training.stride], abs=1e-6) and silent >= SILENT
    elif trouble is Trouble.STUCK:
        h, w = 1e-6, net.left.w
        value = lambda at: float(net.classifier.evaluate(at, data)[0])  # noqa: E731
        gradient = [(value(w + h * axis) - value(w - h * axis)) / (2 * h) for axis in np.eye(len(w))]
        assert net.slope == pytest.approx(np.linalg.norm(gradient), rel=1e-3)
        assert f"{net.slope:.3g}" in caption.text and np.ptp(loss[-50:]) < 0.002 * found.constant
    else:
        quarter = found.epoch // 4
        assert found.fall == pytest.approx((loss[found.epoch - quarter] - loss[found.epoch]) / quarter, rel=1e-4)
        assert found.further > (len(loss) - 1) / 2


@pytest.mark.parametrize(
    "settings",
    [
        Settings(epochs=200),
        Settings(epochs=200, initialization="he"),
        Settings(epochs=200, methods=(Method(l2=0.03),)),
        Settings(epochs=100, methods=(Method(Trainer(Choice("adam"), 0.03)),)),
    ],
)
def test_a_training_that_fits_is_not_blamed(settings, trained):
    assert trained(settings).finding(0) is None and training_words.whys(trained(settings)) == []


def test_while_it_trains_nobody_calls_it_slow():
    training = Training(replace(CASES["crawls"][1], epochs=2000))
    for _ in range(30):
        training.advance(0.0)
    assert training.running and training.finding(0) is None
    training.stop()
    assert training.finding(0).trouble is Trouble.CRAWLING


def test_no_epoch_is_no_reason():
    assert diagnose(np.array([1.0]), np.array([0.0]), 1, 0.25, False) is None


@pytest.mark.parametrize("case", CASES)
def test_what_is_set_by_the_button_fits_better(case, trained, monkeypatch):
    monkeypatch.setattr(training_remedies, "SECONDS", 20.0)
    _trouble, settings = CASES[case]
    remedy = training_remedies.remedy_of(trained(settings), 0, "")
    after, before = trained(remedy.idea.settings), trained(settings)
    assert after.latest[0].loss < before.latest[0].loss
    found = after.finding(0)
    assert found is None or found.trouble is Trouble.CRAWLING


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_press_sets_it_in_the_link_and_says_so(lang):
    app = opened("classifier", lang, rounds=3, init="zero", epochs="20")
    app.button("classifier~help0").click().run()
    assert not app.exception and app.query_params["init"] == "he"
    assert app.session_state["classifier-training"].settings.initialization == "he"
    for _ in range(3):
        app.run()
    assert any("He" in caption.value and "20" in caption.value for caption in app.caption)
