"""The arena: three to eight trainings under one playhead, what each has of its own, their ranking and their table."""

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from optviz.lessons import arena, training_words
from optviz.lessons.keras_code import keras_code
from optviz.lessons.training_panels import SIDES, titles_of
from optviz.lessons.training_settings import Method, Own, Sample, Settings, Trainer, points_of
from optviz.lessons.trainings import NUMBERS, Training
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, train
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from tests.pages import opener, said

SGD = Method()
ADAM = Method(Trainer(Choice("adam")))
OWN = Own(schedule=Choice("cosine"), batch_size=7, layers=2, units=5, activation=Choice("tanh"))
THREE = Settings(epochs=12, methods=(SGD, ADAM, replace(ADAM, own=OWN)))
EIGHT = replace(THREE, methods=(*THREE.methods, *[Method(Trainer(Choice("sgd"), 0.001 * n)) for n in range(1, 6)]))

page, fine = opener("classifier", epochs="10")


def at(app):
    return app.session_state["classifier-training"]


def finished(settings):
    training = Training(settings)
    training.advance(600.0)
    return training


def column(training, side, name):
    return training.arrays["numbers"][:, side, NUMBERS.index(name)]


# ---- what is trained


def test_each_has_what_all_share_but_for_its_own():
    own = THREE.of(2)
    assert (own.schedule, own.batch_size, own.sizes, own.activation.name) == (OWN.schedule, 7, (2, 5, 5, 1), "tanh")
    assert own.methods == (ADAM,) and own.of(0) == own
    assert THREE.of(1) == replace(THREE, methods=(ADAM,))


@pytest.mark.parametrize("side", range(3))
def test_each_trains_as_it_would_alone(side):
    together, alone = finished(THREE), finished(THREE.of(side))
    np.testing.assert_array_equal(together.arrays["numbers"][:, side], alone.arrays["numbers"][:, 0])
    np.testing.assert_array_equal(together.latest[side].w, alone.latest[0].w)


def test_one_of_its_own_trains_as_the_library_does():
    training, validation = points_of(THREE.sample)
    classifier = Classifier(Network((2, 5, 5, 1), ACTIVATIONS["tanh"]()), LOSSES["mse"], training, 7)
    start, cosine = classifier.network.init(0), SCHEDULES["cosine"]()
    steps = train(classifier, OPTIMIZERS["adam"](), lambda t: 0.01 * cosine(t), start, validation=validation)
    epochs = list(islice(steps, 13))
    found = finished(THREE)
    for name in NUMBERS:
        np.testing.assert_allclose(column(found, 2, name), [getattr(each, name) for each in epochs], rtol=1e-6)


def test_nets_of_one_size_begin_alike_and_see_the_same_batches():
    begun = Training(replace(THREE, methods=(*THREE.methods, replace(SGD, own=Own(batch_size=1)))))
    a, b, c, d = (net.start for net in begun.nets)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, d)
    assert c.shape != a.shape
    batches = [net.classifier.batches(3) for net in begun.nets]
    for one, other in zip(batches[0], batches[1], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    # Of other sizes they deal the same rows in the same order.
    rows = [np.concatenate([x for x, _y in batches[side]]) for side in (0, 2, 3)]
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])


def test_the_squares_are_the_regions_of_each_one_beneath_the_other():
    training = finished(EIGHT)
    sheet = training.arrays["arena"].array
    assert sheet.shape == (13, 8 * 62, 61) and sheet.dtype == np.uint8
    xs = np.linspace(-3, 3, 61)
    for side, net in enumerate(training.nets):
        expected = 100 * np.clip(net.classifier.regions(training.latest[side].w, xs, xs), 0, 1)
        assert np.abs(sheet[-1, 62 * side : 62 * side + 61] - expected).max() <= 0.5 + 1e-9


# ---- what is said


def test_the_panels_follow_arrays_that_are_there_and_look_different():
    training = finished(EIGHT)
    panels = arena.panels_of(training, (0.0, 0.0), log=True)
    assert [panel.cell for panel in panels] == ["regions", "loss", "loss", "accuracy", "accuracy", "accuracy"]
    for panel in panels[1:]:
        columns = [track.y for track in panel.tracks if track.mode == "grow"]
        assert len(set(columns)) == 8 and {name for name, _number in columns} == {"numbers"}
    told = [column for _array, column in (track.y for track in panels[1].tracks if track.mode == "grow")]
    flat = training.arrays["numbers"].reshape(13, -1)
    for side, place in enumerate(told):
        np.testing.assert_array_equal(flat[:, place], column(training, side, "validation_loss"))


def test_the_ranking_is_by_the_last_validation_loss():
    training = finished(EIGHT)
    losses = {side: float(column(training, i, "validation_loss")[-1]) for i, side in enumerate(SIDES)}
    order = sorted(losses, key=losses.get)
    text = arena.say_ranking(training)
    first, rest = text.split(" Then follow ")
    assert first.startswith(titles_of(EIGHT)[SIDES.index(order[0])])
    assert f"after 12 epochs: {losses[order[0]]:.3g}." in first
    assert rest == ", ".join(f"{side} {losses[side]:.3g}" for side in order[1:]) + "."


def test_twins_lead_together_and_what_diverged_is_named_alone():
    wild = Method(Trainer(Choice("sgd"), 1.0))
    text = arena.say_ranking(finished(replace(THREE, methods=(ADAM, wild, ADAM, wild))))
    assert text.startswith("A, C have the smallest validation loss after 12 epochs, ")
    assert text.endswith(" less than 1% apart. Diverged: B, D.")
    lost = finished(replace(THREE, methods=(wild,) * 3))
    assert arena.say_ranking(lost) == "Diverged: A, B, C." and "diverged in epoch" in training_words.say(lost)


@pytest.mark.parametrize("share", [0.2, 0.0])
def test_the_table_tells_the_best_epoch_and_what_it_took(share):
    training = finished(replace(EIGHT, sample=Sample(share=share)))
    name = "validation_loss" if share else "loss"
    rows = re.findall(r"<tr><th scope='row'>(.*?)</th>(.*?)</tr>", training_words.table(training))
    assert len(rows) == 8
    for side, (head, cells) in enumerate(rows):
        *_final, best, epochs, updates, milliseconds, _accuracy = re.findall(r"<td[^>]*>(.*?)</td>", cells)
        losses = column(training, side, name)
        batch = 7 if side == 2 else 32
        assert head == f"{arena.MARKS[side]} {titles_of(EIGHT)[side]}"
        assert best == f"{np.nanmin(losses):.3g}" and int(epochs) == int(np.nanargmin(losses))
        steps = -(-len(points_of(training.settings.sample)[0]) // batch)
        assert int(updates.replace(",", "")) == int(epochs) * steps
        assert 0 <= int(milliseconds) < 60_000


def test_the_clock_of_each_net_runs_with_its_updates():
    training = finished(replace(THREE, epochs=60, methods=(SGD, SGD, replace(SGD, own=Own(batch_size=1)))))
    clocks = [net.clock[:61] for net in training.nets]
    for clock in clocks:
        assert (np.diff(clock) > 0).all()
    # With 240 updates an epoch in place of 8.
    assert clocks[2][-1] > 4 * clocks[0][-1]


def test_titles_say_what_differs_and_nothing_that_all_share():
    assert titles_of(THREE)[1:] == (
        "B: Adam, hidden layers: 1, units: 11, ReLU, Constant, batch 32",
        "C: Adam, hidden layers: 2, units: 5, Tanh, Cosine decay, batch 7",
    )
    one = replace(THREE, methods=(SGD, ADAM, replace(ADAM, own=Own(batch_size=7))))
    assert titles_of(one) == ("A: SGD, batch 32", "B: Adam, batch 32", "C: Adam, batch 7")


@pytest.mark.parametrize("side", range(3))
def test_the_program_of_each_is_that_of_the_training_alone(side):
    assert keras_code(THREE, side) == keras_code(THREE.of(side))


def test_two_of_which_one_has_its_own_batches_are_not_said_to_differ_by_a_penalty():
    two = replace(THREE, epochs=200, methods=(SGD, Method(l2=0.1, own=Own(batch_size=4))))
    said_of_both = training_words.say(finished(two))
    assert "has the smaller weights" in said_of_both and "They " not in said_of_both


# ---- the page


def test_every_number_of_settings_opens():
    for further in range(8):
        methods = at(fine(compare=str(further))).settings.methods
        assert len(methods) == further + 1
    assert [method.trainer.optimizer.name for method in methods] == [
        "sgd", "sgd", "adam", "rmsprop", "momentum_classical", "nesterov_keras", "adagrad", "adamw",
    ]  # fmt: skip
    assert (methods[0], methods[1]) == (Method(), Method(l2=0.03))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_link_gives_each_what_is_its_own(lang):
    app = fine(
        lang=lang, rounds=3, compare="3",
        **{"c.batch": "7", "c.units": "5", "c.layers": "2", "c.activation": "tanh", "c.schedule": "cosine"},
        **{"d.optimizer": "sgd", "d.lr": "1", "d.batch": "32", "lr": "0.02"},
    )  # fmt: skip
    settings = at(app).settings
    own = settings.methods[2].own
    assert (own.batch_size, own.units, own.layers, own.activation.name, own.schedule.name) == (
        7, 5, 2, "tanh", "cosine",
    )  # fmt: skip
    # What is as all have it is not its own.
    assert settings.methods[3].own == Own() and settings.methods[0].own == Own()
    assert ("smallest validation loss" if lang == "en" else "验证损失最小") in said(app)
    assert sum(html.proto.body.count("<th scope='row'>") for html in app.get("html")) == 4


def test_the_setting_that_is_chosen_is_edited_and_the_others_stay():
    app = fine(compare="2", **{"c.lr": "0.3"})
    keys = {slider.key for slider in app.select_slider}
    assert "classifier~lr~slider" in keys and "classifier~c.lr~slider" not in keys
    app.session_state["classifier~setting"] = 2
    app.run()
    keys = {slider.key for slider in app.select_slider}
    assert "classifier~c.lr~slider" in keys and "classifier~lr~slider" not in keys
    assert at(app).settings.methods[2].trainer.learning_rate == 0.3
    app.slider(key="classifier~c.batch").set_value(5).run()
    assert at(app).settings.methods[2].own == Own(batch_size=5)
    assert at(app).settings.methods[1].own == Own()
    # Of what diverges or is too slow each is offered help by itself.
    app = fine(compare="2", **{"c.optimizer": "sgd", "c.lr": "1"})
    app.button("classifier~help2").click().run()
    assert at(app).settings.methods[2].trainer.learning_rate < 1


def test_fewer_settings_leave_one_that_is_there_to_edit():
    app = fine(compare="7")
    app.session_state["classifier~setting"] = 7
    app.run()
    app.session_state["classifier-values"]["compare"] = "2"
    app.run()
    assert not app.exception and len(at(app).settings.methods) == 3
