"""What is called loss is what is minimized, with its penalty, on every page; what leaves it out is called otherwise."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from optviz.figures.panels import Thinned
from optviz.lessons import digits, penalties, races, table, training_words
from optviz.lessons.penalties import Chosen
from optviz.lessons.runs import Run
from optviz.lessons.training_panels import panels_of
from optviz.lessons.training_settings import Method, Sample, Settings, Switch, Trainer, points_of
from optviz.lessons.trainings import Training
from optviz.networks.losses import LOSSES, SOFTMAX_CROSSENTROPY
from optviz.networks.plateau import Watched
from optviz.networks.training_plan import Plan
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.ui.training_files import event_runs

WITH, DATA = "training, with penalty", "training, without penalty"
PLAIN = Settings(epochs=6)


def curves_of(panels, title, arrays):
    """Return the curves of the first panel of this title, by name: the rows that each trace follows."""
    panel = next(panel for panel in panels if panel.title == title)
    traces = json.loads(panel.figure)["data"]
    found = {}
    for track in panel.tracks:
        name, column = track.y
        rows = arrays[name].array if isinstance(arrays[name], Thinned) else arrays[name]
        found.setdefault(traces[track.trace]["name"], np.reshape(rows, (len(rows), -1))[:, column])
    return found


def penalty_of(network, w, l1=0.0, l2=0.0):
    """Return the penalty of weights (rows, n), written out: no bias is counted."""
    weights = [layer for layer, _biases in network.views(w)]
    flat = np.concatenate([layer.reshape(len(w), -1) for layer in weights], axis=-1)
    return l1 * np.abs(flat).sum(-1) + l2 / 2 * (flat**2).sum(-1)


def trained(settings):
    """Train, and return the training with the weights after each epoch of the first net."""
    training = Training(settings)
    weights = [training.nets[0].shown.epoch.w]
    while training.running:
        training._train_epoch()
        weights.append(training.nets[0].shown.epoch.w)
    return training, np.array(weights)


def data_loss(training, w):
    data = points_of(training.settings.sample)[0]
    return training.nets[0].classifier.network.mean_loss(w, data.x, data.targets, LOSSES[training.settings.loss])


@pytest.mark.parametrize("method", [
    Method(l2=0.3),
    Method(l1=0.02),
    Method(Trainer(Choice("adam"), 0.03), l2=0.1, l1=0.02),
    Method(switch=Switch(3, Trainer(), 0.5)),
    Method(l2=0.4, switch=Switch(3, Trainer(), 0.0)),
])  # fmt: skip
def test_the_classifiers_curve_is_what_is_minimized_and_its_parts_are_named(method):
    training, w = trained(replace(PLAIN, methods=(method,)))
    l2 = np.array([method.l2_at(epoch) for epoch in range(7)])
    data, penalty = data_loss(training, w), penalty_of(training.nets[0].classifier.network, w, method.l1, l2)
    curves = curves_of(panels_of(training, (0.5, 0.5), True), "Loss", training.arrays)
    assert list(curves) == [WITH, DATA, "penalty", "validation, without penalty"]
    for name, expected in ((WITH, data + penalty), (DATA, data), ("penalty", penalty)):
        np.testing.assert_allclose(curves[name], expected, rtol=1e-5, err_msg=name)
    scalars = event_runs(training)["train"].scalars
    for tag, expected in (("epoch_loss", data + penalty), ("epoch_data_loss", data), ("epoch_penalty", penalty)):
        np.testing.assert_allclose(list(scalars[tag].values()), expected, rtol=1e-5)
    assert set(event_runs(training)["validation"].scalars) == {"epoch_loss", "epoch_accuracy"}
    said, shown = training_words.say(training), f"{data[-1] + penalty[-1]:.3g}"
    assert f"loss {shown} (data {data[-1]:.3g} + penalty {penalty[-1]:.3g}" in said
    html = training_words.table(training)
    texts = re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", html)
    named = dict(zip(texts[: len(texts) // 2], texts[len(texts) // 2 :], strict=True))
    assert (named["Loss with penalty"], named["Data loss"]) == (shown, f"{data[-1]:.3g}")


def test_a_ghost_without_a_penalty_has_its_own_curve():
    method = Method(switch=Switch(3, Trainer(), 0.5, ghost=True))
    training, _w = trained(replace(PLAIN, methods=(method,)))
    plain, w = trained(PLAIN)
    left = training.arrays["minimized_ghost0"][:, 0]
    assert np.isnan(left[:3]).all()
    np.testing.assert_allclose(left[3:], data_loss(plain, w)[3:], rtol=1e-5)
    assert curves_of(panels_of(training, (0.5, 0.5), True), "Loss", training.arrays)["unchanged"][-1] == left[-1]


def test_without_a_penalty_the_words_and_what_is_sent_are_as_short_as_can_be():
    training, _w = trained(PLAIN)
    curves = curves_of(panels_of(training, (0.5, 0.5), True), "Loss", training.arrays)
    assert list(curves) == ["training", "validation"] and "minimized" not in training.arrays
    assert set(event_runs(training)["train"].scalars) == {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"}
    assert "penalty" not in training_words.say(training)


def test_of_two_nets_only_the_one_with_a_penalty_has_parts():
    training, _w = trained(replace(PLAIN, methods=(Method(l2=0.3), Method())))
    curves = curves_of(panels_of(training, (0.5, 0.5), True), "Loss", training.arrays)
    assert list(curves) == [f"A {WITH}", f"A {DATA}", "A penalty", "A validation, without penalty",
                            "B training", "B validation"]  # fmt: skip
    assert "epoch_penalty" not in event_runs(training)["B/train"].scalars


def test_the_best_of_several_starts_is_that_of_the_least_loss_with_its_penalty():
    settings = replace(PLAIN, starts=4, sample=Sample(share=0.0), methods=(Method(l2=1.0),))
    training, _w = trained(settings)
    watched = training.nets[0].starts
    assert isinstance(watched, Watched)
    whole = watched.epoch.loss + watched.epoch.penalty
    assert training.nets[0].leader == int(whole.argmin())
    np.testing.assert_allclose(training.arrays["starts0"][-1], whole, rtol=1e-6)
    assert f"loss with penalty {whole.min():.3g}" in training_words.say(training)


def test_the_slope_of_a_stuck_net_is_that_of_what_is_minimized():
    training, w = trained(replace(PLAIN, methods=(Method(l2=0.7, l1=0.01),)))
    classifier, point, h = training.nets[0].classifier, w[-1], 1e-6
    ways = np.eye(len(point)) * h

    def whole(points):
        return data_loss(training, points) + penalty_of(classifier.network, points, 0.01, 0.7)

    expected = np.linalg.norm((whole(point + ways) - whole(point - ways)) / (2 * h))
    assert training.nets[0].slope == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_on_the_digits_page(l2):
    settings = digits.Settings(Plan(learning_rate=0.3, l2=l2, epochs=3, hidden=(12,)))
    fit = digits.result_of(settings).fit
    near = digits.scaled(*digits.split(0), "unit")[0]
    data = fit.network.mean_loss(fit.w, near.x, near.targets, SOFTMAX_CROSSENTROPY)
    penalty = penalty_of(fit.network, fit.w, l2=l2)
    curves = curves_of(digits.panels_of(settings, False), "Loss", digits.arrays_of(settings))
    scalars = digits.event_runs(settings)["train"].scalars
    np.testing.assert_allclose(list(scalars["epoch_loss"].values()), data + penalty, rtol=1e-9)
    if not l2:
        assert list(curves) == ["training", "test"] and "epoch_penalty" not in scalars
        return
    assert list(curves) == [WITH, DATA, "test, without penalty"]
    np.testing.assert_allclose(curves[WITH], data + penalty, rtol=1e-5)
    np.testing.assert_allclose(curves[DATA], data, rtol=1e-5)
    np.testing.assert_allclose(list(scalars["epoch_data_loss"].values()), data, rtol=1e-9)
    np.testing.assert_allclose(list(scalars["epoch_penalty"].values()), penalty, rtol=1e-9)
    tex = digits.formula(settings)
    assert f"= {data[-1]:.4f} + {penalty[-1]:.4f} = {data[-1] + penalty[-1]:.4f}" in tex


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_on_the_page_of_ones_own_table(l2):
    own = table.Own(table.SAMPLE, table.houses())
    settings = table.Settings(target="price_k", features=table.features_of(own, "price_k"))
    settings = replace(settings, plan=replace(settings.plan, l2=l2, epochs=3))
    result = table.learned_sample(settings)
    fit, rows = result.fit, result.task.training
    curves = curves_of(table.panels_of(result, False), "Loss", table.arrays_of(result))
    penalty = penalty_of(fit.network, fit.w, l2=l2)
    data = fit.numbers[:, 0]
    assert len(rows) and (
        list(curves) == ([WITH, DATA, "validation, without penalty"] if l2 else ["training", "validation"])
    )
    np.testing.assert_allclose(next(iter(curves.values())), data + penalty, rtol=1e-5)


def test_what_diverges_under_a_penalty_says_its_last_loss_in_one_way():
    settings = digits.Settings(Plan(learning_rate=100.0, l2=1.0, epochs=10))
    last = digits.result_of(settings).fit.last
    assert f"its last finite loss was {last.loss + last.penalty:.3g}" in digits.say(settings)
    training, _w = trained(replace(PLAIN, epochs=60, methods=(Method(Trainer(Choice("sgd"), 10.0), l2=1.0),)))
    told = re.findall(r"its last finite loss was ([^ ]*)\.", training_words.say(training))
    assert training.over and told
    why = re.findall(r"its last finite loss was ([^ ]*)\.", training_words.whys(training)[0].text)
    assert told == why


def test_on_the_penalties_page_the_parts_stand_in_the_table_and_their_sum_in_the_formula():
    settings = replace(penalties.Settings(), epochs=50)
    sweep, chosen = penalties.sweep_of(settings), Chosen(0.01, 0.1)
    while not sweep.done:
        sweep.advance(1.0)
    frame, network = sweep.frames[-1], sweep.classifier.network
    html, tex = penalties.table(sweep, chosen), penalties.formulas(sweep, chosen)[0][1]
    assert "Data loss" in html and "Penalty" in html
    for run, l1, l2 in zip(sweep.runs(chosen), (0, 0.01, 0), (0, 0, 0.1), strict=True):
        penalty = float(penalty_of(network, frame.w[run][None], l1, l2)[0])
        assert f"{penalty:.3g}" in html
        total = float(frame.loss[run]) + penalty
        assert penalties._number(total) in tex


@pytest.mark.parametrize("log", [False, True])
def test_on_the_surfaces_page_every_name_of_a_loss_with_a_penalty_says_so(log):
    bare = races.Settings(
        ground=Ground("bowl", "", 0.0, 0.0, 0.0, 0),
        runs=(Run("sgd"),),
        learning_rate=0.1,
        schedule=Choice("constant"),
        warmup=0,
        start=(3.0, 2.0),
        steps=20,
    )
    for ground, word in ((bare.ground, "Loss"), (replace(bare.ground, l2=0.5), "Loss with penalty")):
        given = replace(bare, ground=ground)
        loss = json.loads(next(p for p in races.panels_of(given, log) if p.title == "Loss").figure)
        assert loss["layout"]["yaxis"]["title"]["text"] == (f"{word} − lowest loss" if log else word)
        assert ("All losses include the penalty." in races.say(given)) == bool(ground.l2)
        assert f"Final {word[0].lower()}{word[1:]}<" in races.report(given)
