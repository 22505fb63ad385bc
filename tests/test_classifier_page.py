"""The classifier page, run without a browser: its training, every choice of every registry, and what can go wrong."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from optviz.lessons import training_settings, training_words, trainings
from optviz.lessons.examples import CLASSIFIER_EXAMPLES
from optviz.lessons.keras_code import keras_code
from optviz.lessons.training_settings import Method, Sample, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.lessons.words import data_error
from optviz.networks import datasets
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import ENGINES, Classifier, Engine, train
from optviz.networks.datasets import DATASETS, DataError, dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS, Network
from optviz.networks.tensorflow_engine import EngineMissing
from optviz.optimization.optimizers import OPTIMIZERS, TRAINERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from tests.pages import opener, said, tap

SHORT = Settings(epochs=12)
TWO = replace(SHORT, methods=(Method(), Method(l2=0.03)))


def finished(settings):
    training = Training(settings)
    while training.running:
        training.advance(60.0)
    return training


page, fine = opener("classifier", epochs="10")


def at(app):
    return app.session_state["classifier-training"]


# ---- the training behind the page


def course(epochs, **settings):
    training, validation = dot().split(0.2)
    classifier = Classifier(Network((2, 11, 1), ACTIVATIONS["relu"]()), LOSSES["mse"], training)
    start = classifier.network.init(0)
    steps = train(classifier, OPTIMIZERS["sgd"](), lambda t: 0.01, start, validation=validation, **settings)
    return classifier, list(islice(steps, epochs + 1))


def test_the_defaults_are_the_courses():
    method = Settings().methods[0]
    assert (method.trainer.optimizer.name, method.trainer.learning_rate, method.l2, method.l1) == ("sgd", 0.01, 0, 0)
    settings = Settings()
    assert settings.sizes == (2, 11, 1)
    assert (settings.activation.name, settings.loss, settings.batch_size, settings.epochs) == ("relu", "mse", 32, 800)
    assert (settings.sample.dataset.name, settings.initialization, settings.engine) == ("dot", "course", "numpy")


@pytest.mark.parametrize("side", [0, 1])
def test_the_arrays_are_the_numbers_of_the_training(side):
    training = finished(TWO)
    classifier, epochs = course(12, l2=TWO.methods[side].l2)
    arrays = training.arrays
    for k, name in enumerate(trainings.NUMBERS):
        expected = np.array([getattr(epoch, name) for epoch in epochs])
        np.testing.assert_allclose(arrays["numbers"][:, side, k], expected, rtol=1e-6)
    xs = np.linspace(-3, 3, 61)
    mask = classifier.network.weight_mask > 0
    for epoch, regions, weights in zip(
        epochs, arrays[f"regions{side}"].array, arrays[f"weights{side}"].array, strict=True
    ):
        expected = 100 * np.clip(classifier.regions(epoch.w, xs, xs), 0, 1)
        assert np.abs(regions - expected).max() <= 0.5 + 1e-9
        assert weights.sum() == mask.sum()
        np.testing.assert_array_equal(weights, np.histogram(epoch.w[mask], training.edges)[0])


@pytest.mark.parametrize("epochs", [10, 100, 130, 250, 800, 2990, 3000, 2503])
def test_the_pictures_are_at_most_a_hundred_and_the_last_shows_the_last_epoch(epochs):
    stride = trainings.stride_of(epochs)
    assert epochs // stride + 1 <= trainings.FRAMES + 1
    if epochs != 2503:
        assert epochs % stride == 0


@pytest.mark.parametrize("settings", [SHORT, TWO, replace(SHORT, methods=(Method(Trainer(Choice("adam"))),))])
def test_the_same_settings_give_the_same_numbers(settings):
    one, other = finished(settings), finished(settings)
    np.testing.assert_array_equal(one.arrays["numbers"], other.arrays["numbers"])
    np.testing.assert_array_equal(one.latest[0].w, other.latest[0].w)


def test_two_nets_begin_alike_and_see_the_same_batches():
    twins = finished(replace(SHORT, methods=(Method(), Method())))
    np.testing.assert_array_equal(twins.latest[0].w, twins.latest[1].w)
    begun = Training(replace(SHORT, methods=(Method(), Method(Trainer(Choice("adam")), l1=0.1))))
    assert begun.epoch == 0
    np.testing.assert_array_equal(begun.latest[0].w, begun.latest[1].w)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_stopped_and_continued_is_the_same_as_uninterrupted(optimizer):
    settings = replace(SHORT, methods=(Method(Trainer(Choice(optimizer))), Method(Trainer(Choice(optimizer)), l2=0.03)))
    training = Training(settings)
    training.advance(0)
    training.stop()
    stopped_at = training.epoch
    training.advance(60.0)
    assert not training.running and training.epoch == stopped_at < 12
    training.go_on()
    training.advance(60.0)
    assert training.epoch == 12 and not training.running
    training.go_on()
    training.advance(60.0)
    longer = finished(replace(settings, epochs=24))
    assert training.epoch == 24
    np.testing.assert_array_equal(training.arrays["numbers"], longer.arrays["numbers"])
    np.testing.assert_array_equal(training.arrays["regions1"].array, longer.arrays["regions1"].array)
    for one, other in zip(training.latest, longer.latest, strict=True):
        np.testing.assert_array_equal(one.w, other.w)


def test_no_training_grows_without_end():
    training = Training(replace(SHORT, epochs=3000))
    for _again in range(10):
        training.epoch = training.target
        training.go_on()
    assert training.target == trainings.MOST_EPOCHS


def test_one_net_diverges_and_the_other_goes_on():
    training = finished(replace(SHORT, methods=(Method(Trainer(Choice("sgd"), 1.0)), Method())))
    assert training.latest[0].reason == "diverged" and not training.latest[1].reason
    assert training.latest[1].epoch == training.epoch == 12
    assert np.isnan(training.arrays["numbers"][-1, 0]).all()
    assert np.isfinite(training.arrays["numbers"][:, 1]).all()
    assert "A: SGD" in training_words.say(training) and "diverged" in training_words.say(training)


def test_the_seed_changes_start_and_batches_but_not_the_points_held_out():
    one, other = Training(SHORT), Training(replace(SHORT, seed=1))
    assert (one.nets[0].start != other.nets[0].start).any()
    assert training_settings.points_of(one.settings.sample)[1] is training_settings.points_of(other.settings.sample)[1]


def test_every_point_but_one_in_a_hundred_lies_on_the_picture():
    assert training_settings.axis_of(Sample())[-1] == 3.0
    for name in DATASETS:
        noisy = Sample(Choice(name, (("noise", 1.0),) if name != "dot" else ()))
        reach = training_settings.axis_of(noisy)[-1]
        inside = np.concatenate([(np.abs(data.x) <= reach).all(axis=1) for data in training_settings.points_of(noisy)])
        assert inside.mean() >= 0.99


def test_weights_beyond_the_ends_are_counted_in_the_last_bins():
    counts = trainings.count(np.array([-50.0, 0.0, 1e300]), np.linspace(-3, 3, 42))
    assert (counts[0], counts[20], counts[-1]) == (1, 1, 1)


def test_percents_are_whole_and_clipped_and_what_is_no_number_is_undecided():
    given = np.array([-1e308, -np.inf, 0.004, 0.496, 0.5, 1.0, 7.0, np.inf, np.nan])
    assert trainings.percent(given).tolist() == [0, 0, 0, 50, 50, 100, 100, 100, 50]


def test_the_question_of_the_course_is_answered_with_the_nets_own_output():
    training = finished(Settings())
    response = training.response(0, (0.380472, -0.21714))
    expected = training.nets[0].classifier.network.forward(training.latest[0].w, np.array([[0.380472, -0.21714]]))[0, 0]
    assert response == pytest.approx(expected) and response > 0.5
    text = training_words.answer(training, (0.380472, -0.21714))
    assert f"{expected:.4f} > 0.5" in text and "class 1" in text and "(0.380472, -0.21714)" in text
    assert "class 0" in training_words.answer(training, (2.5, 2.5))


def test_l2_makes_the_weights_small_and_the_comparison_says_so():
    training = finished(replace(Settings(), methods=(Method(), Method(l2=0.03))))
    plain, smooth = (training_words.results_of(training)[side] for side in (0, 1))
    assert smooth.squares < plain.squares / 3
    assert f"‖w‖² is {smooth.squares:.3g} against {plain.squares:.3g}" in training_words.say(training)
    assert training_words.say(training).count("B has the smaller weights") == 1


def test_l1_brings_weights_to_zero():
    training = finished(replace(Settings(), epochs=400, methods=(Method(), Method(l1=0.01))))
    assert training_words.results_of(training)[1].near_zero > training_words.results_of(training)[0].near_zero


def test_a_net_that_began_with_zeros_is_told_to_be_dead_and_equal():
    training = finished(replace(SHORT, initialization="zero"))
    assert training_words.results_of(training)[0].alike and training_words.results_of(training)[0].dead == 1
    assert "dead" in training_words.say(training) and "equal" in training_words.say(training)
    assert not training_words.results_of(finished(SHORT))[0].alike


def test_a_large_rate_kills_units_and_their_share_is_said():
    training = finished(replace(Settings(), methods=(Method(Trainer(Choice("sgd"), 0.3)),)))
    dead = training_words.results_of(training)[0].dead
    assert dead > 0
    assert f"{100 * dead:.1f}% of the hidden units are dead" in training_words.say(training)


def test_without_tensorflow_numpy_trains_and_the_command_is_known(monkeypatch):
    def missing(network, loss):
        raise EngineMissing("tensorflow")

    monkeypatch.setitem(ENGINES, "tensorflow", Engine("tensorflow", "TensorFlow", missing))
    training = finished(replace(SHORT, engine="tensorflow"))
    assert training.install == "pip install tensorflow"
    np.testing.assert_array_equal(training.arrays["numbers"], finished(SHORT).arrays["numbers"])
    app = page(engine="tensorflow")
    assert "pip install tensorflow" in app.warning[0].value


# ---- the page


def test_it_trains_when_it_is_opened_and_says_how_it_went():
    app = fine(rounds=4)
    assert "after 10 epochs" in said(app) and "Which class" in said(app)
    assert any("<th scope='row'>SGD" in html.proto.body for html in app.get("html"))
    assert at(app).epoch == 10


CHOICES = [
    *(("data", name) for name in DATASETS),
    *(("activation", name) for name in ACTIVATIONS),
    *(("loss", name) for name in LOSSES),
    *(("init", name) for name in INITIALIZATIONS),
    *(("optimizer", name) for name in TRAINERS),
    *(("schedule", name) for name in SCHEDULES),
    *(("layers", str(n)) for n in range(5)),
    ("validation", "0"),
    ("batch", "512"),
    ("batch", "1"),
    ("shuffle", "0"),
    ("log", "0"),
]


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_every_choice(name, value):
    app = fine(**{name: value})
    kept = app.session_state["classifier-values"][name]
    assert kept == type(kept)(float(value) if isinstance(kept, bool | int | float) else value)


@pytest.mark.parametrize("parameters", [{}, {"compare": "1"}, {"lr": "1"}, {"init": "zero"}, {"data": "xor"}])
def test_chinese(parameters):
    fine(lang="zh", **parameters)


@pytest.mark.parametrize("example", CLASSIFIER_EXAMPLES, ids=lambda example: example.title)
def test_every_example_is_a_link_that_the_page_knows(example):
    fine(**{**{name: values[0] for name, values in example.parameters.items()}, "epochs": "10"})


def test_an_example_is_one_tap_and_reset_brings_the_course_back():
    app = fine()
    tap(app, "Learning rate far too large")
    assert "diverged in epoch 1, at learning rate 1" in said(app) and "smaller learning rate" in said(app)
    app.button("classifier~help0").click().run()
    assert at(app).settings.methods[0].trainer.learning_rate == 0.3
    assert not any(epoch.reason for epoch in at(app).latest)
    tap(app, "Reset")
    assert at(app).settings == Settings()


@pytest.mark.parametrize("optimizer", ["adadelta", "nesterov_keras", "lion"])
def test_compare_has_a_second_setting_with_its_own_numbers(optimizer):
    app = fine(**{"compare": "1", "b.optimizer": optimizer, "b.lr": "0.1", "b.l2": "0"})
    a, b = at(app).settings.methods
    assert (a.trainer.optimizer.name, b.trainer.optimizer.name) == ("sgd", optimizer)
    assert (b.trainer.learning_rate, b.l2) == (0.1, 0)
    assert {name for name, _value in b.trainer.optimizer.values} == set(OPTIMIZERS[optimizer].defaults)
    assert len([html for html in app.get("html") if html.proto.body.count("<th scope='row'>") == 2]) == 1


def test_compare_sets_the_courses_l2_against_none():
    a, b = at(fine(compare="1")).settings.methods
    assert (a, b) == (Method(), Method(l2=0.03))


def test_the_same_settings_keep_the_training_and_changed_ones_begin_anew():
    app = fine()
    first = at(app)
    app.run()
    assert at(app) is first
    app.session_state["classifier-values"]["log"] = False
    app.run()
    assert at(app) is first
    app.session_state["classifier-values"]["seed"] = 3
    app.run()
    assert at(app) is not first and at(app).settings.seed == 3


def test_continue_trains_as_many_epochs_more():
    app = fine(rounds=3)
    app.button("classifier-continue").click().run()
    app.run()
    assert at(app).epoch == 20
    assert "after 20 epochs" in said(app)


def test_the_asked_point_comes_from_the_link():
    app = fine(q1="2.5", q2="-2.5")
    assert "(2.5, -2.5)" in said(app)
    assert "(0.380472, -0.21714)" in said(fine())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", "nan"), ("lr", "-1"), ("lr", "1e9"), ("epochs", "1e99"), ("epochs", "many"), ("units", "0"),
        ("layers", "-3"), ("data", "mnist"), ("optimizer", "newton"), ("validation", "0.9"), ("engine", "jax"),
        ("batch", "0"), ("q1", "inf"), ("compare", "yes"), ("init", "x" * 100_000), ("optimiser", "adam"),
        ("l2", "-0.1"), ("seed", "1.5e300"), ("b.lr", "0.1"),
    ],
)  # fmt: skip
def test_a_bad_link_says_a_word_and_the_rest_still_works(name, value):
    app = page(**{name: value})
    assert not app.error
    assert name in app.warning[0].value
    assert "Which class" in said(app)


def test_two_visitors_share_nothing():
    one, other = fine(lr="0.1"), fine(lr="0.03")
    assert at(one) is not at(other)
    assert at(one).settings.methods[0].trainer.learning_rate == 0.1
    assert at(other).settings.methods[0].trainer.learning_rate == 0.03


@pytest.fixture
def table(tmp_path, monkeypatch):
    path = tmp_path / "dot.csv"
    monkeypatch.setattr(datasets, "DOT", path)
    training_settings.points_of.cache_clear()
    training_settings.axis_of.cache_clear()
    yield path
    training_settings.points_of.cache_clear()
    training_settings.axis_of.cache_clear()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ("missing",)),
        ("", ("no rows",)),
        ("a,b\n1,2\n", ("Row 1", "three columns")),
        ("x1,x2,y_c\n0,0,1\n0,0,1,5\n", ("Not every row", "three columns")),
        ("x1,x2,y_c\n0,0,1\n0,0\n", ("Row 3", "it has 2")),
        ("x,y,z\n1,2,1\n", ("header", "x,y,z")),
        ("x1,x2,y_c\n0,0,1\n0,spam,1\n", ("Row 3", "spam", "not a number")),
        ("x1,x2,y_c\n0,0,1\nnan,0,1\n", ("Row 3", "not finite")),
        ("x1,x2,y_c\n0,0,1\n0,0,2\n", ("Row 3", "0 or 1")),
        ("x1,x2,y_c\n0,0,1\n", ("All rows", "class 1")),
        ("x1,x2,y_c\n" + "0,0,1\n" * 20_000, ("too large",)),
        ("\udcff\udcfe", ("not a text file",)),
    ],
)
def test_a_missing_or_damaged_file_is_named_and_the_other_sets_still_work(table, content, words):
    if content is not None:
        table.write_bytes(content.encode("utf-8", "surrogateescape"))
    app = page()
    assert len(app.error) == 1
    for word in ("data/dot.csv", *words):
        assert word in app.error[0].value
    assert not fine(data="moons").error
    table.write_text("x1,x2,y_c\n" + "0,0,1\n1,1,0\n" * 20)
    app.run()
    assert not app.error and "Which class" in said(app)


def test_each_reason_has_its_sentence():
    for reason in DataError.__doc__.split("is one of")[1].split(";")[0].replace(" and ", ", ").split(","):
        assert "data/dot.csv" in data_error(DataError(reason.strip().strip('"'), "x", 2))


# ---- the same in Keras


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initialization", INITIALIZATIONS)
def test_the_keras_program_is_python(activation, initialization):
    settings = replace(
        SHORT, activation=Choice(activation), initialization=initialization, schedule=Choice("one_cycle")
    )
    compile(keras_code(settings), "program", "exec")


@pytest.mark.parametrize("name", [name for name, made in ACTIVATIONS.items() if made.parameters])
def test_an_activation_brings_its_parameters_as_controls(name):
    parameter = ACTIVATIONS[name].parameters[0]
    value = float(f"{0.7 * parameter.range.low + 0.3 * parameter.range.high:.2g}")
    app = fine(**{"activation": name, f"{name}.{parameter.name}": f"{value}"})
    settings = at(app).settings
    assert value != parameter.default and dict(settings.activation.values)[parameter.name] == value
    assert dict(at(app).nets[0].classifier.network.activation.arguments)[parameter.name] == value
