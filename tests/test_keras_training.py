"""What a Keras file says of its training is obeyed or told: nothing of it is dropped without a word."""

import io
import json
import zipfile
from datetime import datetime

import numpy as np
import pytest

from optviz.lessons.words import model_error, model_remark
from optviz.locale import spoken
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.keras_training import Unheeded, read_loss
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.saved_models import Flaw, ModelError, SavedModel, read_model, write_json, write_keras

# Keras' own reading of its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NOON = datetime(2026, 5, 4, 12, 30, 15)


def file(compiled=None, output="linear", hidden="tanh", **dense):
    """A .keras file of a net 2-3-1, compiled so, with some settings of its first layer."""
    made = ACTIVATIONS["tanh"]()
    written = write_keras(SavedModel((2, 3, 1), made, "mse", Network((2, 3, 1), made).init(0)), NOON)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["compile_config"] = compiled
                first, last = (layer["config"] for layer in config["config"]["layers"][1:])
                first.update(dense, activation=hidden)
                last["activation"] = output
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return changed.getvalue()


def loss(kind, **config):
    return {"loss": {"module": "keras.losses", "class_name": kind, "config": {"name": "x", **config}}}


def told(content):
    """Return what is said of a file that is loaded, and its loss."""
    model = read_model(content)
    return model.loss, [model_remark(remark) for remark in model.remarks]


CROSS, FOCAL = "BinaryCrossentropy", "BinaryFocalCrossentropy"

OBEYED = [
    (loss("MeanSquaredError", reduction="sum_over_batch_size"), "linear", "mse"),
    (loss("Huber", delta=1.0), "linear", "huber"),
    (loss(CROSS, from_logits=True, label_smoothing=0.0), "linear", "binary_crossentropy"),
    (loss(CROSS, from_logits=False), "sigmoid", "binary_crossentropy"),
    (loss(FOCAL, from_logits=False, gamma=2.0, apply_class_balancing=False), "sigmoid", "focal"),
    (loss(FOCAL, from_logits=True, gamma=2), "linear", "focal"),
    ({"loss": "mse"}, "linear", "mse"),
    ({"loss": ["mae"]}, "linear", "mae"),
    ({"loss": {"dense_1": "mse"}}, "linear", "mse"),
    ({"loss": "binary_crossentropy"}, "sigmoid", "binary_crossentropy"),
    ({"loss": {"class_name": "function", "config": "mean_squared_error"}}, "linear", "mse"),
]


@pytest.mark.parametrize(("compiled", "output", "name"), OBEYED)
def test_what_this_app_has_as_well_is_obeyed_without_a_word(compiled, output, name):
    assert told(file(compiled, output)) == (name, [])


TOLD = [
    (loss(CROSS, from_logits=True, label_smoothing=0.1), "linear", "binary_crossentropy", ["label_smoothing=0.1", "0"]),
    (loss("MeanSquaredError", reduction="sum"), "linear", "mse", ["reduction=sum", "mean"]),
    (loss("MeanAbsoluteError", reduction=None), "linear", "mae", ["reduction=None", "mean"]),
    (loss("Huber", delta=0.5), "linear", "huber", ["delta=0.5", "1"]),
    (loss(FOCAL, from_logits=True, gamma=3.0), "linear", "focal", ["gamma=3", "2"]),
    (loss(FOCAL, from_logits=True, apply_class_balancing=True), "linear", "focal", ["apply_class_balancing=True"]),
    ({"loss": "mse", "loss_weights": [0.5]}, "linear", "mse", ["loss_weights"]),
    ({"loss": "mse"}, "sigmoid", "binary_crossentropy", ["a sigmoid follows the output under the loss mse"]),
    ({"loss": "huber"}, "sigmoid", "binary_crossentropy", ["under the loss huber"]),
    (loss(CROSS, from_logits=True), "sigmoid", "binary_crossentropy", ["puts a sigmoid after the net's own"]),
    (loss(CROSS, from_logits=False), "linear", "binary_crossentropy", ["takes the raw output for a probability"]),
    ({"loss": "binary_crossentropy"}, "linear", "binary_crossentropy", ["takes the raw output for a probability"]),
    ({"loss": "hinge"}, "linear", "", ["hinge: the loss chosen here stays"]),
    (loss("CategoricalHinge"), "linear", "", ["CategoricalHinge: the loss chosen here stays"]),
    ({"loss": {"a": "mse", "b": "mae"}}, "linear", "", ["This page does not have the loss of the file"]),
    (None, "linear", "", ["names no loss: the loss chosen here stays"]),
    (None, "sigmoid", "binary_crossentropy", ["with its sigmoid it trains on with the cross-entropy"]),
]


@pytest.mark.parametrize(("compiled", "output", "name", "words"), TOLD)
def test_what_of_its_loss_is_not_obeyed_is_told(compiled, output, name, words):
    found, said = told(file(compiled, output))
    assert found == name and len(said) == 1
    assert all(word in said[0] for word in words), said


def test_penalties_constraints_and_frozen_layers_are_told():
    l2 = {"class_name": "L2", "config": {"l2": 0.009999999776482582}}
    norm = {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}
    for name in ("kernel_regularizer", "bias_regularizer", "activity_regularizer"):
        _loss, said = told(file({"loss": "mse"}, **{name: l2}))
        assert len(said) == 1 and f"{name}=L2(l2=0.01)" in said[0] and "set the strength" in said[0]
    told_of = {"kernel_constraint": norm}, {"bias_constraint": norm}, {"trainable": False}
    for changed, words in zip(told_of, ("kernel_constraint=MaxNorm", "bias_constraint=MaxNorm", "train"), strict=True):
        _loss, said = told(file({"loss": "mse"}, **changed))
        assert len(said) == 1 and words in said[0]


def test_the_optimizer_is_told_with_what_was_set_of_it():
    config = {"learning_rate": 0.0010000000474974513, "clipnorm": 1.0, "clipvalue": None, "use_ema": False}
    compiled = {"loss": "mse", "optimizer": {"class_name": "Adam", "config": config}}
    _loss, said = told(file(compiled))
    assert len(said) == 1 and "Adam(learning_rate=0.001, clipnorm=1)" in said[0]


def test_everything_is_said_in_both_languages(monkeypatch):
    for lang in ("en", "zh"):
        monkeypatch.setattr(spoken, "language", lambda lang=lang: lang)
        compiled = {**loss(CROSS, from_logits=True, label_smoothing=0.2, reduction="sum"), "optimizer": "adam"}
        said = told(file(compiled, "sigmoid", kernel_regularizer="l2"))[1]
        assert len(said) == 5 and all(text and "{" not in text for text in said)


@pytest.mark.parametrize("junk", [
    7, "spam", [], {}, {"loss": 7}, {"loss": [[["mse"]]]}, {"loss": {"class_name": {"a": []}, "config": [1]}},
    {"loss": {"class_name": "Huber", "config": {"delta": {"x": [1] * 9}, "reduction": ["sum"]}}},
    {"loss": "mse", "optimizer": {"class_name": "SGD", "config": {"learning_rate": 10**400}}},
    {"loss": "mse", "loss_weights": {"a": {"b": {}}}, "optimizer": []},
])  # fmt: skip
def test_junk_in_how_it_was_compiled_neither_breaks_nor_passes_unnoticed(junk):
    model = read_model(file(junk))
    assert model.loss in ("", "mse", "huber") and all(map(model_remark, model.remarks))


def test_a_json_without_a_loss_of_ours_says_so():
    made = ACTIVATIONS["gelu"]()
    content = json.loads(write_json(SavedModel((2, 3, 1), made, "mse", Network((2, 3, 1), made).init(0))))
    assert told(json.dumps(content).encode()) == ("mse", [])
    for other, words in (("hinge", "hinge"), ("", "names no loss"), (3, "names no loss"), ([], "names no loss")):
        name, said = told(json.dumps({**content, "loss": other}).encode())
        assert name == "" and len(said) == 1 and words in said[0]


@pytest.mark.parametrize(("changed", "flaw", "words"), [
    ({"hidden": "gelu"}, Flaw.FORM, "“gelu” is the exact form, but this page has the tanh form"),
    ({"hidden": {"class_name": "function", "config": "gelu"}}, Flaw.FORM, "tanh form"),
    ({"output": "tanh"}, Flaw.OUTPUT, "output layer has the activation “tanh”"),
    ({"output": "relu"}, Flaw.OUTPUT, "an output is linear"),
    ({"output": "gelu"}, Flaw.OUTPUT, "an output is linear"),
    ({"hidden": "mish"}, Flaw.ACTIVATION, "“mish” is not one that this page can train with"),
    ({"hidden": {"class_name": "ReLU", "config": {"max_value": 6.0}}}, Flaw.ACTIVATION, "ReLU"),
])  # fmt: skip
def test_a_file_is_refused_for_what_is_so(changed, flaw, words):
    with pytest.raises(ModelError) as caught:
        read_model(file({"loss": "mse"}, **changed))
    assert caught.value.flaw == flaw and words in model_error(caught.value)


@pytest.mark.parametrize(("slope", "name"), [(0.0, "relu"), (0.3, "leaky_relu")])
def test_a_relu_layer_is_one_of_ours(slope, name):
    config = {"max_value": None, "negative_slope": slope, "threshold": 0.0}
    assert read_model(file({"loss": "mse"}, hidden={"class_name": "ReLU", "config": config})).activation.name == name


def test_what_keras_itself_writes_is_read_alike(tmp_path, monkeypatch):
    keras = pytest.importorskip("keras")
    net = keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(3, "tanh", kernel_regularizer=keras.regularizers.L2(0.01)),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    net.compile(keras.optimizers.Adam(0.003, clipnorm=2.0), keras.losses.BinaryCrossentropy(label_smoothing=0.1))
    net.save(tmp_path / "net.keras")
    name, said = told((tmp_path / "net.keras").read_bytes())
    assert name == "binary_crossentropy" and len(said) == 3
    words = ("label_smoothing=0.1", "kernel_regularizer=L2(l2=0.01)", "Adam(learning_rate=0.003, clipnorm=2)")
    assert all(word in text for word, text in zip(words, said, strict=True)), said
    model = read_model((tmp_path / "net.keras").read_bytes())
    points = np.random.default_rng(0).normal(size=(20, 2))
    answers = LOSSES[name].response(model.network.forward(model.w, points))
    np.testing.assert_allclose(answers, np.asarray(net(points)), atol=1e-6)


def test_the_settings_are_those_of_our_losses():
    """The focal loss of Keras with the settings that count as ours is ours; with another gamma it is not."""
    assert read_loss(loss(FOCAL, from_logits=True), False) == ("focal", ())
    (remark,) = read_loss(loss(FOCAL, from_logits=True, gamma=1.0), False)[1]
    assert (remark.what, remark.piece, remark.here) == (Unheeded.SETTING, "gamma=1", "2")
