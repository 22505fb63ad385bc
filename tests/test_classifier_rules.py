"""The classifier page's early stopping, plateaus, second optimizer, starts and files, run without a browser."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from optviz.lessons import training_words
from optviz.lessons.tables import digits
from optviz.lessons.training_settings import Method, Sample, Settings, Switch, Trainer
from optviz.lessons.trainings import MARKS, NUMBERS, Training
from optviz.lessons.words import model_error
from optviz.locale import spoken
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, train
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau, supervise
from optviz.networks.saved_models import Flaw, ModelError, SavedModel, read_model
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import Schedule
from optviz.recipes import Choice
from optviz.ui import links, training_files
from optviz.ui.training_files import event_runs
from tests.pages import opened, said, tap

TRAINING, VALIDATION = dot().split(0.2)
COURSE = Classifier(Network((2, 11, 1), ACTIVATIONS["relu"]()), LOSSES["mse"], TRAINING)
FAST = replace(Settings(), initialization="he", methods=(Method(Trainer(Choice("sgd"), 0.15)),), epochs=100)
STOPPING = EarlyStopping(10, 0.0, restore=True)


def finished(settings):
    training = Training(settings)
    while training.running:
        training.advance(60.0)
    return training


def page(lang="en", rounds=2, net=None, **parameters):
    app = opened("classifier", lang, rounds=1 if net else rounds, **{"epochs": "10", **parameters})
    if net:
        app.session_state["classifier-values"]["loaded"] = net
        for _round in range(rounds):
            app.run()
    assert not app.exception
    return app


def at(app):
    return app.session_state["classifier-training"]


def course(optimizer="sgd", rate=0.15, seed=0):
    def begin(start, rate):
        classifier = replace(COURSE, seed=seed)
        return train(classifier, OPTIMIZERS[optimizer](), Schedule(rate), start, validation=VALIDATION)

    return begin, COURSE.network.init(seed, "he")


def column(training, name, side=0):
    return training.arrays["numbers"][:, side, NUMBERS.index(name)]


def marks(training, name, side=0):
    return training.arrays[f"marks{side}"][:, MARKS.index(name)]


# ---- the training behind the page


def test_early_stopping_ends_it_marks_the_epochs_and_takes_the_best_weights_back():
    training = finished(replace(FAST, stopping=STOPPING))
    begin, start = course()
    watched = list(supervise(begin, start, 0.15, stopping=STOPPING))
    best, last = int(watched[-1].watch.best_epoch), watched[-1].epoch.epoch
    assert training.over and training.epoch == last < 100
    np.testing.assert_allclose(
        column(training, "validation_loss"), [w.epoch.validation_loss for w in watched], rtol=1e-6
    )
    (stopped,) = np.flatnonzero(np.isfinite(marks(training, "stopped")))
    assert stopped == last and marks(training, "best_epoch")[-1] == best
    assert marks(training, "best_loss")[-1] == pytest.approx(min(column(training, "validation_loss")[1:]))
    (left,) = training.latest
    assert left.epoch == best and left.reason == "stopped"
    np.testing.assert_array_equal(left.w, watched[best].epoch.w)
    for name in ("loss", "penalty", "accuracy", "validation_loss", "validation_accuracy"):
        assert getattr(left, name) == pytest.approx(getattr(watched[best].epoch, name))
    text = training_words.say(training)
    assert f"SGD after {best} epochs" in text and f"Stopped early after epoch {last}" in text
    assert f"best after epoch {best}" in text and "restored" in text


def test_without_restoring_the_last_weights_stay_and_the_best_epoch_is_named():
    training = finished(replace(FAST, stopping=replace(STOPPING, restore=False)))
    (left,) = training.latest
    assert left.epoch == training.epoch
    text = training_words.say(training)
    assert f"best after epoch {training.nets[0].shown.watch.best_epoch}" in text
    assert "restored" not in text and "dotted line" in text


def test_at_its_end_it_takes_the_best_weights_back_though_nothing_stopped_it_and_goes_on_from_the_last():
    settings = replace(FAST, epochs=20, stopping=EarlyStopping(200, 0.0, restore=True))
    training = finished(settings)
    best = int(np.argmin(column(training, "validation_loss")[1:])) + 1
    assert training.latest[0].epoch == best < 20 and not training.over
    assert "Early stopping did not trigger" in training_words.say(training)
    training.go_on()
    training.advance(60.0)
    longer = finished(replace(settings, epochs=40))
    np.testing.assert_array_equal(training.arrays["numbers"], longer.arrays["numbers"])


def test_the_dotted_line_is_the_best_net_so_far():
    training = finished(replace(FAST, epochs=50, stopping=EarlyStopping(200)))
    losses, xs = column(training, "validation_loss"), np.linspace(-3, 3, 61)
    begin, start = course()
    epochs = list(islice(begin(start, 0.15), 51))
    for k in (5, 30, 50):
        best = int(np.argmin(losses[1 : k + 1])) + 1
        expected = 100 * np.clip(COURSE.regions(epochs[best].w, xs, xs), 0, 1)
        assert np.abs(training.arrays["best0"].array[k] - expected).max() <= 0.5 + 1e-9


def test_each_reduction_is_marked_and_said():
    rule = ReduceOnPlateau(0.5, 5)
    training = finished(replace(FAST, reducing=rule))
    begin, start = course()
    watched = list(islice(supervise(begin, start, 0.15, reducing=rule), 101))
    reduced = [w.epoch.epoch for w in watched if w.pace.reduced]
    assert np.flatnonzero(np.isfinite(marks(training, "reduced"))).tolist() == reduced
    np.testing.assert_allclose(column(training, "learning_rate"), [w.epoch.learning_rate for w in watched], rtol=1e-6)
    assert f"{reduced[0]}, {reduced[1]}, {reduced[2]}, {reduced[3]}, …, {reduced[-1]}" in training_words.say(training)
    assert f"down to {digits(watched[-1].epoch.learning_rate)}" in training_words.say(training)


def test_without_validation_points_nothing_is_watched_and_a_sentence_says_so():
    training = finished(
        replace(FAST, sample=Sample(share=0.0), stopping=STOPPING, reducing=ReduceOnPlateau(), epochs=30)
    )
    assert training.epoch == 30 and "marks0" not in training.arrays and "best0" not in training.arrays
    assert "there are no validation points" in training_words.say(training)
    assert "there are no validation points" not in training_words.say(
        finished(replace(FAST, epochs=2, stopping=STOPPING))
    )


def test_another_optimizer_takes_over_with_new_moments_on_the_batches_that_follow():
    method = Method(Trainer(Choice("adam"), 0.01), switch=Switch(6, Trainer(Choice("momentum"), 0.05)))
    training = finished(replace(FAST, epochs=15, methods=(method,)))
    (first, start), (second, _start) = course("adam"), course("momentum")
    before = list(islice(first(start, 0.01), 7))
    after = second(before[-1]._replace(memory=None), 0.05)
    losses = [epoch.loss for epoch in (*before[:-1], *islice(after, 10))]
    np.testing.assert_allclose(column(training, "loss"), losses, rtol=1e-6)
    np.testing.assert_allclose(column(training, "learning_rate"), [0.01] * 6 + [0.05] * 10, rtol=1e-6)
    assert "Adam lr 0.01, then Momentum (averaged) lr 0.05 after 15 epochs" in training_words.say(training)
    assert "From epoch 6 on Momentum" in training_words.say(training)
    assert "<th scope='row'>Adam → Momentum (averaged)</th>" in training_words.table(training)
    begun = Training(replace(FAST, methods=(method,)))
    assert "From epoch" not in training_words.say(begun)


def test_several_starts_are_the_trainings_of_their_seeds_and_the_best_is_shown():
    settings = replace(FAST, units=3, epochs=40, seed=2, starts=5)
    training = finished(settings)
    alone = [finished(replace(settings, seed=seed, starts=1)) for seed in range(2, 7)]
    losses = np.stack([column(each, "validation_loss") for each in alone], axis=1)
    np.testing.assert_allclose(training.arrays["starts0"], losses, rtol=1e-5)
    best = int(np.argmin(losses[-1]))
    np.testing.assert_allclose(training.latest[0].w, alone[best].latest[0].w, rtol=1e-6)
    np.testing.assert_allclose(column(training, "validation_loss"), losses.min(axis=1), rtol=1e-6)
    others = np.delete(losses[-1], best)
    text = training_words.say(training)
    assert f"The best of 5 starts has seed {2 + best}: validation loss {losses[-1].min():.3g}" in text
    assert f"between {others.min():.3g} and {others.max():.3g}" in text


def test_without_validation_the_best_start_is_that_of_the_smallest_training_loss():
    training = finished(replace(FAST, sample=Sample(share=0.0), epochs=10, starts=3))
    np.testing.assert_allclose(column(training, "loss"), training.arrays["starts0"].min(axis=1))
    assert ": loss" in training_words.say(training)


def test_of_several_starts_each_stops_by_itself_and_the_best_weights_of_all_are_kept():
    settings = replace(FAST, epochs=300, starts=4, stopping=STOPPING)
    training = finished(settings)
    alone = [finished(replace(settings, seed=seed, starts=1)) for seed in range(4)]
    assert training.over and training.epoch == max(each.epoch for each in alone)
    bests = [each.latest[0].validation_loss for each in alone]
    assert training.latest[0].validation_loss == pytest.approx(min(bests))
    assert training.latest[0].epoch == alone[int(np.argmin(bests))].latest[0].epoch
    ends = np.isfinite(training.arrays["starts0"]).sum(axis=0) - 1
    assert ends.tolist() == [each.epoch for each in alone]
    assert f"Stopped early after epoch {alone[int(np.argmin(bests))].epoch}" in training_words.say(training)


def test_starts_that_diverge_are_counted():
    settings = replace(FAST, starts=4, epochs=40, methods=(Method(Trainer(Choice("sgd"), 0.3)),))
    lost = sum(finished(replace(settings, seed=seed, starts=1)).over for seed in range(4))
    training = finished(settings)
    assert 0 < lost < 4 and not training.over
    assert f"Starts that diverged: {lost}." in training_words.say(training)
    one = finished(replace(settings, methods=(Method(Trainer(Choice("sgd"), 100.0)),)))
    assert one.over and "diverged in epoch 1" in training_words.say(one)


def test_two_nets_are_each_watched():
    both = (Method(Trainer(Choice("sgd"), 0.15)), Method(Trainer(Choice("adam"), 0.01)))
    training = finished(replace(FAST, methods=both, stopping=EarlyStopping(3), starts=2))
    for side, method in enumerate(both):
        one = finished(replace(FAST, methods=(method,), stopping=EarlyStopping(3), starts=2))
        assert one.latest[0].epoch == training.latest[side].epoch
        np.testing.assert_array_equal(one.latest[0].w, training.latest[side].w)


@pytest.mark.parametrize("starts", [1, 3])
def test_stopped_and_continued_is_the_same_as_uninterrupted(starts):
    rules = {"stopping": EarlyStopping(60), "reducing": ReduceOnPlateau(0.5, 5)}
    method = Method(Trainer(Choice("sgd"), 0.15), switch=Switch(12, Trainer(Choice("adam"))))
    settings = replace(FAST, epochs=24, methods=(method,), starts=starts, **rules)
    training = Training(settings)
    while training.epoch < 24:
        training.advance(0)
        training.stop()
        training.go_on()
    whole = finished(settings)
    for name, rows in training.arrays.items():
        other = whole.arrays[name]
        one, other = (rows, other) if isinstance(rows, np.ndarray) else (rows.array, other.array)
        np.testing.assert_array_equal(one, other)


def test_a_training_takes_about_a_mebibyte():
    largest = replace(FAST, layers=4, units=64, starts=16, stopping=EarlyStopping(500), batch_size=512, epochs=3000)
    net = Training(largest).nets[0]
    for net.epoch in range(101):
        net.draw(net.epoch)
    arrays = (net.numbers, net.marks, net.losses, net.regions, net.best_regions, net.weights)
    held = sum(rows.nbytes for rows in (*arrays, *net.snapshots.values()))
    assert held < 1.75 * 2**20
    assert 3 <= len(net.snapshots) <= 6


# ---- a loaded net


def trained(activation="tanh", sizes=(2, 4, 3, 1), loss="binary_crossentropy"):
    made = ACTIVATIONS[activation]()
    return SavedModel(sizes, made, loss, Network(sizes, made).init(5, "xavier"))


def test_a_loaded_net_is_shown_as_it_is_and_trained_on_from_its_weights():
    model = trained()
    settings = replace(Settings(), start=model, activation=Choice("tanh"), loss="binary_crossentropy", epochs=8)
    training = Training(settings)
    assert training.epoch == 0 and not training.running
    np.testing.assert_array_equal(training.latest[0].w, model.w)
    assert "loaded net 2-4-3-1" in training_words.say(training)
    training.go_on()
    training.advance(60.0)
    classifier = Classifier(model.network, LOSSES["binary_crossentropy"], TRAINING)
    expected = list(islice(train(classifier, OPTIMIZERS["sgd"](), Schedule(0.01), model.w), 9))
    np.testing.assert_array_equal(training.latest[0].w, expected[-1].w)
    several = Training(replace(settings, starts=2))
    np.testing.assert_array_equal(several.latest[0].w, model.w)


@pytest.mark.parametrize("make", [training_files._keras_file, training_files._json_file])
def test_what_is_saved_is_what_is_left_and_is_loaded_again(make):
    training = finished(replace(FAST, stopping=STOPPING))
    model = read_model(make(training.nets[0]))
    assert (model.sizes, model.activation.name, model.loss) == ((2, 11, 1), "relu", "mse")
    np.testing.assert_array_equal(model.w, training.latest[0].w)
    again = Training(replace(FAST, start=model))
    assert again.latest[0].validation_loss == pytest.approx(training.latest[0].validation_loss)


# ---- event files


def test_the_event_files_have_the_numbers_of_the_training():
    training = finished(replace(FAST, epochs=30))
    runs = event_runs(training)
    assert set(runs) == {"train", "validation"}
    np.testing.assert_array_equal(list(runs["train"].scalars["epoch_loss"].values()), column(training, "loss"))
    held = runs["validation"].scalars["epoch_accuracy"]
    np.testing.assert_array_equal(list(held.values()), column(training, "validation_accuracy"))
    begin, start = course()
    epochs = list(islice(begin(start, 0.15), 31))
    kernels = runs["train"].histograms["dense_2/kernel"]
    assert next(iter(kernels)) == 0 and list(kernels)[-1] == 30
    for epoch, weights in kernels.items():
        np.testing.assert_allclose(weights, COURSE.network.views(epochs[epoch].w)[1][0], rtol=1e-6)


def test_two_nets_are_four_runs_and_without_validation_there_is_none():
    assert set(event_runs(finished(replace(FAST, epochs=2, methods=(Method(), Method(Trainer(Choice("adam")))))))) == {
        "A/train", "A/validation", "B/train", "B/validation",
    }  # fmt: skip
    assert set(event_runs(finished(replace(FAST, epochs=2, sample=Sample(share=0.0))))) == {"train"}


# ---- the page


CHOICES = [
    {"stop": "1"},
    {"stop": "1", "stop.patience": "1", "stop.min_delta": "0.1", "stop.restore": "0"},
    {"reduce": "1", "reduce.patience": "1", "reduce.factor": "0.1", "reduce.min_lr": "0.001"},
    {"switch": "1", "switch.epoch": "4", "switch.optimizer": "adam", "switch.adam.beta1": "0.5", "switch.lr": "0.02"},
    {"compare": "1", "b.switch": "1", "b.switch.epoch": "0", "b.switch.optimizer": "lion"},
    {"starts": "16"},
    {"compare": "1", "starts": "3", "stop": "1", "reduce": "1", "switch": "1"},
    {"validation": "0", "stop": "1", "reduce": "1"},
    {"lr": "100", "starts": "3", "stop": "1"},
    {"engine": "numpy", "starts": "2", "schedule": "cosine", "reduce": "1"},
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("parameters", CHOICES, ids="&".join)
def test_every_choice_of_the_rules(lang, parameters):
    app = page(lang, **parameters)
    assert not app.error and not app.warning
    assert len([html for html in app.get("html") if "scope='row'" in html.proto.body]) == 1


def test_the_controls_reach_the_training():
    app = page(
        **{"stop": "1", "stop.patience": "7", "stop.min_delta": "0.01", "stop.restore": "0", "reduce": "1",
           "reduce.factor": "0.3", "reduce.patience": "3", "reduce.min_lr": "0.001", "starts": "2",
           "switch": "1", "switch.epoch": "5", "switch.optimizer": "adam", "switch.lr": "0.03"},
    )  # fmt: skip
    settings = at(app).settings
    assert settings.stopping == EarlyStopping(7, 0.01, False)
    assert settings.reducing == ReduceOnPlateau(0.3, 3, 0.001)
    assert settings.starts == 2 and settings.methods[0].switch.epoch == 5
    assert settings.methods[0].switch.trainer == Trainer(
        Choice("adam", tuple(OPTIMIZERS["adam"].defaults.items())), 0.03
    )


def test_what_was_stopped_early_cannot_be_continued_and_has_no_smaller_rate_to_offer():
    app = page(epochs="300", init="he", lr="0.15", stop="1", **{"stop.patience": "3"}, rounds=4)
    assert at(app).over and "Stopped early" in said(app)
    assert app.button("classifier-continue").disabled
    assert "classifier~help0" not in [button.key for button in app.button]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stop", "yes"), ("stop.patience", "0"), ("stop.patience", "1e9"), ("stop.min_delta", "-1"),
        ("stop.restore", "2"), ("reduce.factor", "1"), ("reduce.factor", "nan"), ("reduce.min_lr", "inf"),
        ("switch.epoch", "-5"), ("switch.optimizer", "newton"), ("switch.lr", "0"), ("starts", "0"), ("starts", "51"),
        ("starts", "two"), ("loaded", "2-11-1"),
    ],
)  # fmt: skip
def test_a_bad_link_says_a_word_and_the_rest_still_works(name, value):
    on = {name.split(".", maxsplit=1)[0]: "1"} if "." in name else {}
    app = page(**{**on, name: value})
    assert not app.error
    assert name in app.warning[0].value
    assert "Which class" in said(app)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_loaded_net_takes_the_place_of_the_network_until_it_is_left(lang):
    app = page(lang, net=trained())
    settings = at(app).settings
    assert settings.sizes == (2, 4, 3, 1) and settings.activation.name == "tanh" and not at(app).running
    assert "2-4-3-1" in said(app)
    app.button("classifier-continue").click().run()
    while at(app).running:
        app.run()
    assert at(app).epoch == 10
    app.session_state["classifier-values"]["loaded"] = None
    app.run()
    assert at(app).settings.sizes == (2, 11, 1)


def test_back_and_forward_bring_back_a_loaded_net(monkeypatch):
    app = page(loaded="2-4-3-1")
    assert "load the file again" in app.warning[0].value and at(app).settings.sizes == (2, 11, 1)
    app.session_state["classifier-net"] = trained()
    monkeypatch.setattr(links, "travelled", lambda: True)
    app.query_params["loaded"] = "2-4-3-1"
    app.run()
    assert not app.exception and at(app).settings.sizes == (2, 4, 3, 1)


def test_an_example_leaves_a_loaded_net():
    app = page(net=trained())
    tap(app, "XOR")
    assert at(app).settings.start is None and at(app).settings.sample.dataset.name == "xor"


def test_the_groups_are_drawn():
    groups = ("watch", "updates", "network", "files", "events", "keras", "formulas")
    app = opened("classifier", folds=groups, epochs="10")
    app.session_state["classifier-values"]["loaded"] = trained()
    app.run()
    assert not app.exception


@pytest.mark.parametrize("flaw", Flaw)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_flaw_of_a_file_has_its_sentence(monkeypatch, flaw, lang):
    monkeypatch.setattr(spoken, "language", lambda: lang)
    text = model_error(ModelError(flaw, "piece"))
    assert text and "{" not in text


class Upload:
    def __init__(self, content):
        self.content = content

    def getvalue(self):
        return self.content


class Values(dict):
    page = "classifier"

    def change(self, name, value):
        self[name] = value


def test_a_file_that_is_read_becomes_the_net_and_one_that_is_not_changes_nothing(monkeypatch):
    state = {"key": Upload(training_files.write_json(trained()))}
    monkeypatch.setattr(training_files.st, "session_state", state)
    link = Values()
    training_files._load(link, "key")
    assert link["loaded"] == trained() and link["loss"] == "binary_crossentropy"
    state["key"] = Upload(b"spam")
    training_files._load(link, "key")
    assert link["loaded"] == trained() and state["classifier-refused"].flaw == Flaw.UNKNOWN
    state["key"] = None
    training_files._load(link, "key")
    assert link["loaded"] == trained() and state["classifier-refused"] is None
