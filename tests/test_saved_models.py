"""Nets as files: what is written is what Keras opens, what Keras saves is read, and everything else is refused."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import h5py
import numpy as np
import pytest

from optviz.networks import saved_models
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.saved_models import (
    Flaw,
    ModelError,
    SavedModel,
    read_model,
    write_json,
    write_keras,
)

# Keras' own reading of its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NOON = datetime(2026, 5, 4, 12, 30, 15)
POINTS = np.random.default_rng(0).normal(size=(50, 2))


def model(sizes=(2, 5, 3, 1), activation="relu", loss="mse", seed=0, **arguments):
    made = ACTIVATIONS[activation](**arguments)
    return SavedModel(sizes, made, loss, Network(sizes, made).init(seed))


def same(one, other):
    assert (one.sizes, one.activation, one.loss) == (other.sizes, other.activation, other.loss)
    np.testing.assert_array_equal(one.w, other.w)
    assert one == other


def flaw(content):
    with pytest.raises(ModelError) as caught:
        read_model(content)
    return caught.value.flaw


IN_KERAS = [name for name, loss in LOSSES.items() if loss.keras]

# ---- there and back


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_json_is_read_back_exactly(activation, loss):
    same(read_model(write_json(model(activation=activation, loss=loss))), model(activation=activation, loss=loss))


@pytest.mark.parametrize("loss", IN_KERAS)
@pytest.mark.parametrize("activation", [name for name, entry in ACTIVATIONS.items() if entry.named])
def test_a_keras_file_is_read_back_exactly(activation, loss):
    written = model(activation=activation, loss=loss)
    same(read_model(write_keras(written, NOON)), written)


@pytest.mark.parametrize("write", [write_json, lambda net: write_keras(net, NOON)], ids=["json", "keras"])
@pytest.mark.parametrize("activation", ["leaky_relu", "elu"])
def test_the_parameters_of_an_activation_are_read_back(write, activation):
    written = model(activation=activation, alpha=0.35)
    same(read_model(write(written)), written)


@pytest.mark.parametrize("activation", ["prelu", "rrelu"])
def test_a_fixed_slope_comes_back_from_keras_as_a_leaky_relu(activation):
    written = model(activation=activation)
    again = read_model(write_keras(written, NOON))
    assert again.activation.name == "leaky_relu"
    expected = written.network.forward(written.w, POINTS)
    np.testing.assert_array_equal(again.network.forward(again.w, POINTS), expected)


def test_what_keras_does_not_have_is_json_only():
    assert not saved_models.in_keras("gelu") and saved_models.in_keras("relu") and saved_models.in_keras("rrelu")
    with pytest.raises(ModelError, match="gelu"):
        write_keras(model(activation="gelu"), NOON)


@pytest.mark.parametrize("sizes", [(2, 1), (2, 1, 1), (2, 64, 64, 64, 64, 1), (2, 8, 2, 1)])
def test_any_sizes_are_read_back(sizes):
    written = model(sizes, "tanh") if len(sizes) > 2 else model(sizes, "linear")
    same(read_model(write_keras(written, NOON)), written)
    same(read_model(write_json(written)), written)


def test_two_models_are_equal_where_their_numbers_are():
    assert model() == model() and hash(model()) == hash(model())
    assert model() != model(seed=1) and model() != model(loss="binary_crossentropy")


# ---- Keras


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.mark.parametrize("activation", [*filter(saved_models.in_keras, ACTIVATIONS)])
def test_keras_opens_what_is_written_and_answers_the_same(keras, tmp_path, activation):
    ours = model(activation=activation)
    path = tmp_path / "net.keras"
    path.write_bytes(write_keras(ours, NOON))
    theirs = keras.saving.load_model(path)
    # TensorFlow keeps slopes in single precision.
    near = 1e-6 if ACTIVATIONS[activation].layer else 1e-12
    np.testing.assert_allclose(theirs(POINTS).numpy(), ours.network.forward(ours.w, POINTS), rtol=near, atol=near)


@pytest.mark.parametrize("loss", IN_KERAS)
def test_keras_trains_what_is_written_and_what_it_saves_is_read(keras, tmp_path, loss):
    ours = model(loss=loss)
    path = tmp_path / "net.keras"
    path.write_bytes(write_keras(ours, NOON, 0.03))
    theirs = keras.saving.load_model(path)
    assert theirs.optimizer.learning_rate.numpy() == pytest.approx(0.03)
    y = (POINTS[:, :1] > 0).astype(float)
    expected = LOSSES[loss].value(ours.network.forward(ours.w, POINTS), y).mean()
    assert theirs.train_on_batch(POINTS, y) == pytest.approx(expected, rel=1e-5)
    theirs.save(path)
    again = read_model(path.read_bytes())
    assert (again.sizes, again.activation, again.loss) == (ours.sizes, ours.activation, loss)
    assert (again.w != ours.w).any()
    np.testing.assert_allclose(again.network.forward(again.w, POINTS), theirs(POINTS).numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu", "elu"])
def test_what_keras_saves_is_read(keras, tmp_path, activation):
    theirs = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(7, activation), keras.layers.Dense(4, activation), keras.layers.Dense(1)]
    )
    theirs.save(tmp_path / "net.keras")
    ours = read_model((tmp_path / "net.keras").read_bytes())
    assert (ours.sizes, ours.activation.name, ours.loss) == ((2, 7, 4, 1), activation, "")
    np.testing.assert_allclose(ours.network.forward(ours.w, POINTS), theirs(POINTS).numpy(), atol=1e-6)


def test_a_sigmoid_at_the_end_is_that_of_the_crossentropy(keras, tmp_path):
    theirs = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1, "sigmoid")])
    theirs.compile(loss="binary_crossentropy")
    theirs.save(tmp_path / "net.keras")
    ours = read_model((tmp_path / "net.keras").read_bytes())
    assert ours.loss == "binary_crossentropy"
    response = LOSSES[ours.loss].response(ours.network.forward(ours.w, POINTS))
    np.testing.assert_allclose(response, theirs(POINTS).numpy(), atol=1e-6)


def test_other_nets_of_keras_are_refused(keras, tmp_path):
    layers = keras.layers
    nets = {
        Flaw.LAYER: [
            [keras.Input((2,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(1)],
            [keras.Input((2,)), layers.Dense(3, use_bias=False), layers.Dense(1)],
            [keras.Input((2,)), layers.BatchNormalization(), layers.Dense(1)],
        ],
        Flaw.SIZES: [
            [keras.Input((3,)), layers.Dense(3, "relu"), layers.Dense(1)],
            [keras.Input((2,)), layers.Dense(3, "relu"), layers.Dense(10)],
        ],
        Flaw.MIXED: [[keras.Input((2,)), layers.Dense(3, "relu"), layers.Dense(3, "tanh"), layers.Dense(1)]],
        Flaw.FORM: [[keras.Input((2,)), layers.Dense(3, "gelu"), layers.Dense(1)]],
        Flaw.OUTPUT: [[keras.Input((2,)), layers.Dense(3, "relu"), layers.Dense(1, "tanh")]],
        Flaw.ACTIVATION: [
            [keras.Input((2,)), layers.Dense(3, layers.LeakyReLU(negative_slope=3.0)), layers.Dense(1)],
        ],
        Flaw.TOO_MANY: [
            [keras.Input((2,)), layers.Dense(300, "relu"), layers.Dense(300, "relu"), layers.Dense(1)],
            [keras.Input((2,)), *[layers.Dense(2, "relu") for _layer in range(10)], layers.Dense(1)],
        ],
    }
    for expected, cases in nets.items():
        for case in cases:
            keras.Sequential(case).save(tmp_path / "net.keras")
            assert flaw((tmp_path / "net.keras").read_bytes()) == expected
    inputs = keras.Input((2,))
    keras.Model(inputs, layers.Dense(1)(inputs)).save(tmp_path / "net.keras")
    assert flaw((tmp_path / "net.keras").read_bytes()) == Flaw.LAYER


# ---- what is no net


def archive(**parts):
    """A .keras file with some of its parts replaced or, with None, left out."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(write_keras(model(), NOON))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            part = parts.get(name.split(".")[0], good.read(name))
            if part is not None:
                bad.writestr(name, part)
    return file.getvalue()


def weights(change):
    """The file of the weights, changed."""
    with zipfile.ZipFile(io.BytesIO(write_keras(model(), NOON))) as good:
        file = io.BytesIO(good.read("model.weights.h5"))
    with h5py.File(file, "r+") as store:
        change(store)
    return archive(model=file.getvalue())


def described(**changes):
    return json.dumps({**json.loads(write_json(model())), **changes}).encode()


def put(value):
    def change(store):
        del store["layers/dense/vars/0"]
        store["layers/dense/vars/0"] = value

    return change


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Flaw.EMPTY),
        (b"spam", Flaw.UNKNOWN),
        (b"\x89HDF\r\n", Flaw.UNKNOWN),
        (b"[1, 2]", Flaw.UNKNOWN),
        (b" " * (saved_models.MOST_BYTES + 1), Flaw.TOO_LARGE),
        (b"{" + b" " * saved_models.MOST_BYTES, Flaw.TOO_LARGE),
        (b"{", Flaw.DAMAGED),
        (b'{"a": ' + b"[" * 100_000, Flaw.DAMAGED),
        (b'{"a": "\xff"}', Flaw.DAMAGED),
        (b"{}", Flaw.NOT_OURS),
        (described(format="spam"), Flaw.NOT_OURS),
        (described(version=2), Flaw.VERSION),
        (described(version="x" * 1000), Flaw.VERSION),
        (described(activation=["relu"]), Flaw.ACTIVATION),
        (described(activation="spam"), Flaw.ACTIVATION),
        (described(arguments={"alpha": 1}), Flaw.ACTIVATION),
        (described(arguments=[1]), Flaw.ACTIVATION),
        (described(activation="elu", arguments={"alpha": 99}), Flaw.ACTIVATION),
        (described(activation="elu", arguments={"alpha": "1"}), Flaw.ACTIVATION),
        (described(activation="elu", arguments={"alpha": float("nan")}), Flaw.ACTIVATION),
        (described(sizes=[3, 5, 3, 1]), Flaw.SIZES),
        (described(sizes=[2]), Flaw.SIZES),
        (described(sizes=[2, -5, 1]), Flaw.SIZES),
        (described(sizes=[2, 0, 1]), Flaw.SIZES),
        (described(sizes=[2, 5.0, 1]), Flaw.SIZES),
        (described(sizes="2-5-1"), Flaw.SIZES),
        (described(sizes=[2, 10**9, 1]), Flaw.TOO_MANY),
        (described(sizes=[2, *[1] * 1000, 1]), Flaw.TOO_MANY),
        (described(sizes=[2, 4, 1]), Flaw.SHAPES),
        (described(layers=None), Flaw.INCOMPLETE),
        (described(layers=[1, 2]), Flaw.INCOMPLETE),
        (described(layers=[{}]), Flaw.SHAPES),
        (described(layers=[{"weights": [[1, 2], [3]], "biases": [1]}]), Flaw.SHAPES),
        (described(layers=[{"weights": "__import__('os')", "biases": [1]}]), Flaw.SHAPES),
        (described(layers=[{"weights": [[10**400]], "biases": [1]}]), Flaw.SHAPES),
        (write_json(model()).replace(b"0.", b"NaN,0.", 1), Flaw.SHAPES),
        (described(sizes=[2, 1], layers=[{"weights": [[1], [float("nan")]], "biases": [0]}]), Flaw.NOT_FINITE),
        (described(sizes=[2, 1], layers=[{"weights": [[1], [float("inf")]], "biases": [0]}]), Flaw.NOT_FINITE),
        (write_json(model())[:-20], Flaw.DAMAGED),
        (b"PK\x03\x04", Flaw.DAMAGED),
        (b"PK" + bytes(1000), Flaw.DAMAGED),
        (write_keras(model(), NOON)[:-30], Flaw.DAMAGED),
        (write_keras(model(), NOON)[:500], Flaw.DAMAGED),
        (write_keras(model(), NOON).replace(b"units", b"UNITS"), Flaw.DAMAGED),  # the checksum is wrong
        (archive(config=None), Flaw.INCOMPLETE),
        (archive(model=None), Flaw.INCOMPLETE),
        (archive(config=b"spam"), Flaw.DAMAGED),
        (archive(config=b"[]"), Flaw.NOT_OURS),
        (archive(config=b"{}"), Flaw.LAYER),
        (archive(config=b'{"class_name": "Sequential"}'), Flaw.INCOMPLETE),
        (archive(config=b'{"class_name": "Sequential", "config": {"layers": []}}'), Flaw.LAYER),
        (archive(config=b'{"class_name": "Sequential", "config": {"layers": [7]}}'), Flaw.LAYER),
        (archive(config=b" " * (saved_models.MOST_BYTES + 1)), Flaw.TOO_LARGE),  # a bomb
        (archive(model=bytes(2 * saved_models.MOST_BYTES)), Flaw.TOO_LARGE),
        (archive(model=b""), Flaw.DAMAGED),
        (archive(model=b"spam" * 1000), Flaw.DAMAGED),
        (weights(lambda store: store.__delitem__("layers/dense_1")), Flaw.INCOMPLETE),
        (weights(put(np.zeros((2, 4)))), Flaw.SHAPES),
        (weights(put(np.zeros((2, 5), int))), Flaw.SHAPES),
        (weights(put(np.full((2, 5), np.nan))), Flaw.NOT_FINITE),
        (weights(put(h5py.ExternalLink("/etc/passwd", "/x"))), Flaw.INCOMPLETE),
        (weights(put(h5py.SoftLink("/layers/dense_1/vars/0"))), Flaw.INCOMPLETE),
    ],
)  # fmt: skip
def test_what_is_no_net_is_refused_with_its_reason(content, expected):
    assert flaw(content) == expected


def test_a_file_elsewhere_on_the_server_is_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(np.full((2, 5), 7.0).tobytes())

    def change(store):
        del store["layers/dense/vars/0"]
        store.create_dataset("layers/dense/vars/0", (2, 5), "f8", external=[(str(secret), 0, 80)])

    assert flaw(weights(change)) == Flaw.INCOMPLETE


@pytest.mark.parametrize("write", [write_json, lambda net: write_keras(net, NOON)], ids=["json", "keras"])
def test_a_file_cut_anywhere_or_with_a_byte_changed_is_read_or_refused(write):
    whole = write(model((2, 3, 1)))
    rng = np.random.default_rng(0)
    for _again in range(150):
        broken = bytearray(whole)
        broken[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        for content in (bytes(broken), whole[: rng.integers(len(whole))]):
            try:
                assert read_model(content).sizes == (2, 3, 1)
            except ModelError:
                continue


def test_a_long_piece_is_cut():
    assert len(ModelError(Flaw.LAYER, "x" * 1000).piece) == 40


def test_nothing_of_keras_is_loaded():
    source = Path(saved_models.__file__).read_text()
    assert "import keras" not in source and "tensorflow" not in source and "pickle." not in source
