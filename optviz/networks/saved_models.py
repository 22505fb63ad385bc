"""Trained nets as files: Keras' own `.keras`, read and written without Keras, and a small JSON.

A `.keras` file is a zip of `config.json`, `metadata.json` and `model.weights.h5`. What is read was made by a stranger:
sizes are checked before anything is unpacked, nothing is evaluated or unpickled, and no link in it is followed.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha1
from io import BytesIO
from itertools import pairwise
from typing import Any, cast

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.keras_training import Remark, Unheeded, read_loss, read_rest
from optviz.networks.losses import LOSSES
from optviz.networks.network import Layer, Network

MOST_BYTES = 10_000_000
"""What a file may measure, packed and unpacked."""

MOST_PARAMETERS = 20_000
MOST_LAYERS = 10
"""A larger net would not train while one watches."""

FORMAT, VERSION = "optviz-classifier", 1

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
KERAS_VERSION = "3.15.1"
"""The version whose format is written."""


class Flaw(StrEnum):
    """Why a file was refused."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN = "unknown"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    NOT_OURS = "not_ours"
    VERSION = "version"
    LAYER = "layer"
    ACTIVATION = "activation"
    FORM = "form"
    OUTPUT = "output"
    MIXED = "mixed"
    SIZES = "sizes"
    TOO_MANY = "too_many"
    SHAPES = "shapes"
    NOT_FINITE = "not_finite"


class ModelError(ValueError):
    """A file that is not a net of the classifier: `flaw` is the code, `piece` what offends."""

    def __init__(self, flaw: Flaw, piece: object = "") -> None:
        text = str(piece)
        self.flaw, self.piece = flaw, text if len(text) <= 40 else text[:39] + "…"
        super().__init__(f"{flaw.value}: {self.piece!r}")


@dataclass(frozen=True)
class SavedModel:
    """A net that is trained: its sizes, inputs first, its activation, its loss ("" if unknown) and its weights `(n,)`.

    Two are equal where their numbers are. `remarks` say what of its file is not taken over.
    """

    sizes: tuple[int, ...]
    activation: Activation
    loss: str
    w: Array = field(compare=False, repr=False)
    remarks: tuple[Remark, ...] = field(default=(), compare=False, repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha1(self.w.tobytes(), usedforsecurity=False).hexdigest())

    @property
    def network(self) -> Network:
        """The network whose weights these are."""
        return Network(self.sizes, self.activation)

    @property
    def layers(self) -> list[Layer]:
        """Each layer's weights (inputs, outputs) and biases (outputs,)."""
        return self.network.views(self.w)


def read_model(content: bytes) -> SavedModel:
    """Read a `.keras` file or a JSON of `write_json`, whichever it is; raise `ModelError` for anything else."""
    if not content:
        raise ModelError(Flaw.EMPTY)
    if len(content) > MOST_BYTES:
        raise ModelError(Flaw.TOO_LARGE)
    if content.startswith(b"PK"):
        return _read_keras(content)
    if content.lstrip()[:1] == b"{":
        return _read_json(content)
    raise ModelError(Flaw.UNKNOWN)


# ---- JSON


def write_json(model: SavedModel) -> bytes:
    """Write a net as JSON; its numbers are read back exactly."""
    layers = [{"weights": weights.tolist(), "biases": biases.tolist()} for weights, biases in model.layers]
    described = {
        "format": FORMAT,
        "version": VERSION,
        "sizes": list(model.sizes),
        "activation": model.activation.name,
        "arguments": dict(model.activation.arguments),
        "loss": model.loss,
        "layers": layers,
    }
    return json.dumps(described, indent=1).encode()


def _read_json(content: bytes) -> SavedModel:
    described = _parse(content)
    if described.get("format") != FORMAT:
        raise ModelError(Flaw.NOT_OURS)
    if described.get("version") != VERSION:
        raise ModelError(Flaw.VERSION, described.get("version"))
    sizes, loss = described.get("sizes"), described.get("loss")
    activation = _made(described.get("activation"), described.get("arguments", {}))
    layers = described.get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise ModelError(Flaw.INCOMPLETE, "layers")
    arrays = [[_numbers(layer.get(name)) for name in ("weights", "biases")] for layer in layers]
    named = loss if isinstance(loss, str) else ""
    if named in LOSSES:
        return _assemble(_checked(sizes), activation, named, arrays, ())
    missing = Remark(Unheeded.LOSS, named) if named else Remark(Unheeded.NO_LOSS)
    return _assemble(_checked(sizes), activation, "", arrays, (missing,))


def _parse(content: bytes) -> dict[str, Any]:
    try:
        described = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(Flaw.DAMAGED) from error
    if not isinstance(described, dict):
        raise ModelError(Flaw.NOT_OURS)
    return described


def _numbers(value: object) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ModelError(Flaw.SHAPES) from error
    if array.dtype.kind not in "fiu":
        raise ModelError(Flaw.SHAPES)
    return array.astype(float)


# ---- what both have in common


def _made(name: object, arguments: object) -> Activation:
    """Return an activation of the registry; raise `ModelError` where it is none, or has other parameters."""
    if not isinstance(name, str) or name not in ACTIVATIONS or not isinstance(arguments, dict):
        raise ModelError(Flaw.ACTIVATION, name)
    spans = {parameter.name: parameter.range for parameter in ACTIVATIONS[name].parameters}
    for key, value in arguments.items():
        known = key in spans and isinstance(value, int | float) and spans[key].low <= value <= spans[key].high
        if not known:
            raise ModelError(Flaw.ACTIVATION, f"{name}({key}={value})")
    return ACTIVATIONS[name](**arguments)


def _checked(sizes: object) -> tuple[int, ...]:
    """Return the sizes of a net of points in the plane; raise `ModelError` for others."""
    if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
        raise ModelError(Flaw.SIZES, sizes)
    named = "-".join(map(str, sizes[: MOST_LAYERS + 2]))
    if len(sizes) < 2 or (sizes[0], sizes[-1]) != (2, 1):
        raise ModelError(Flaw.SIZES, named)
    if len(sizes) > MOST_LAYERS + 1 or sum((a + 1) * b for a, b in pairwise(sizes)) > MOST_PARAMETERS:
        raise ModelError(Flaw.TOO_MANY, named)
    return tuple(sizes)


def _assemble(
    sizes: tuple[int, ...],
    activation: Activation,
    loss: str,
    layers: Sequence[Sequence[Array]],
    remarks: tuple[Remark, ...],
) -> SavedModel:
    network = Network(sizes, activation)
    if [[part.shape for part in layer] for layer in layers] != [[shape, shape[1:]] for shape in network.shapes]:
        raise ModelError(Flaw.SHAPES)
    w = np.concatenate([part.ravel() for layer in layers for part in layer])
    if not np.isfinite(w).all():
        raise ModelError(Flaw.NOT_FINITE)
    w.flags.writeable = False
    return SavedModel(sizes, activation, loss, w, remarks)


# ---- Keras' own format


def write_keras(model: SavedModel, saved: datetime, learning_rate: float = 0.01) -> bytes:
    """Write a net as `keras.saving.load_model` opens it, in float64, compiled with SGD and its loss if Keras has it.

    Its output is the raw one, as in training: under cross-entropy a logit. Raises `ModelError` for an activation that
    Keras does not have.
    """
    import h5py

    if not in_keras(model.activation.name):
        raise ModelError(Flaw.ACTIVATION, model.activation.name)
    weights = BytesIO()
    with h5py.File(weights, "w") as store:
        for i, parts in enumerate(model.layers):
            place = store.create_group(f"layers/{_dense(i)}/vars")
            place.attrs["name"] = _dense(i)
            for k, part in enumerate(parts):
                place[str(k)] = part
        store.create_group("vars").attrs["name"] = "sequential"
        place = store.create_group("optimizer/vars")
        place["0"], place["1"] = np.int64(0), np.float32(learning_rate)
    metadata = {"keras_version": KERAS_VERSION, "date_saved": saved.strftime("%Y-%m-%d@%H:%M:%S")}
    held = {
        METADATA: json.dumps(metadata).encode(),
        CONFIG: json.dumps(_config(model, learning_rate)).encode(),
        WEIGHTS: weights.getvalue(),
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in held.items():
            archive.writestr(zipfile.ZipInfo(name, saved.timetuple()[:6]), content)
    return file.getvalue()


def in_keras(activation: str) -> bool:
    """Whether a net with this activation can be written as a `.keras` file."""
    return ACTIVATIONS[activation].named or ACTIVATIONS[activation].layer is not None


def _dense(i: int) -> str:
    return f"dense_{i}" if i else "dense"


def _config(model: SavedModel, learning_rate: float) -> dict[str, Any]:
    policy = _object("keras", "DTypePolicy", {"name": "float64"})
    layers = [_object("keras.layers", "InputLayer", {"batch_shape": [None, 2], "dtype": "float64", "name": "points"})]
    for i, (inputs, units) in enumerate(model.network.shapes):
        hidden = i + 1 < len(model.network.shapes)
        config = {
            "name": _dense(i),
            "dtype": policy,
            "units": units,
            "activation": _keras_activation(model.activation, policy) if hidden else "linear",
            "use_bias": True,
        }
        layers.append(_object("keras.layers", "Dense", config) | {"build_config": {"input_shape": [None, inputs]}})
    built = {"input_shape": [None, 2]}
    sequential = {"name": "sequential", "dtype": policy, "layers": layers, "build_input_shape": [None, 2]}
    made = _object("keras", "Sequential", sequential) | {"build_config": built}
    loss = LOSSES[model.loss].keras
    if loss is None:
        return made
    optimizer = _object("keras.optimizers", "SGD", {"name": "SGD", "learning_rate": learning_rate})
    compiled = {"optimizer": optimizer, "loss": _object("keras.losses", loss.kind, dict(loss.settings))}
    return made | {"compile_config": compiled}


def _keras_activation(activation: Activation, policy: Mapping[str, Any]) -> Any:
    layer = ACTIVATIONS[activation.name].layer
    if layer is None:
        return activation.name
    name, config = layer(**dict(activation.arguments))
    return _object("keras.layers", name, {"name": "activation", "dtype": policy, **config})


def _object(module: str, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def _read_keras(content: bytes) -> SavedModel:
    parts = _unpack(content)
    described = _parse(parts[CONFIG])
    if described.get("class_name") != "Sequential":
        raise ModelError(Flaw.LAYER, described.get("class_name"))
    dense = _dense_layers(described)
    sizes = _checked([_inputs(described, dense), *(layer.get("units") for layer in dense)])
    hidden = [_activation(layer.get("activation")) for layer in dense[:-1]]
    last = _output(dense[-1].get("activation"))
    if len(set(hidden)) > 1:
        raise ModelError(Flaw.MIXED, ", ".join(activation.name for activation in hidden))
    compiled = described.get("compile_config")
    # A sigmoid at the end is the one that the cross-entropy of logits brings along.
    loss, unlike = read_loss(compiled, last.name == "sigmoid")
    network = Network(sizes, hidden[0] if hidden else last)
    remarks = (*unlike, *read_rest(compiled, dense))
    return _assemble(sizes, network.activation, loss, _read_weights(parts[WEIGHTS], network), remarks)


def _unpack(content: bytes) -> dict[str, bytes]:
    """Return the parts of the archive, none of which is unpacked before its size is known."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            held = {info.filename: info for info in archive.infolist()}
            missing = [name for name in (CONFIG, WEIGHTS) if name not in held]
            if missing:
                raise ModelError(Flaw.INCOMPLETE, missing[0])
            if sum(held[name].file_size for name in (CONFIG, WEIGHTS)) > MOST_BYTES:
                raise ModelError(Flaw.TOO_LARGE)
            return {name: archive.read(name) for name in (CONFIG, WEIGHTS)}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(Flaw.DAMAGED) from error


def _dense_layers(described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the configurations of the Dense layers, in their order; raise `ModelError` where there are others."""
    dense: list[Mapping[str, Any]] = []
    layers = _inside(described, "config", "layers")
    if not isinstance(layers, list):
        raise ModelError(Flaw.INCOMPLETE, "layers")
    for layer in layers:
        kind, config = _inside(layer, "class_name"), _inside(layer, "config")
        if kind == "InputLayer":
            continue
        if kind != "Dense" or not isinstance(config, dict):
            raise ModelError(Flaw.LAYER, kind)
        if config.get("use_bias") is False:
            raise ModelError(Flaw.LAYER, "Dense(use_bias=False)")
        dense.append(config)
    if not dense:
        raise ModelError(Flaw.LAYER, "Sequential([])")
    return dense


def _inputs(described: Mapping[str, Any], dense: Sequence[Mapping[str, Any]]) -> object:
    """Return the number of inputs, from wherever this version of Keras notes it."""
    first = _inside(described, "config", "layers", 0)
    shapes = (
        _inside(first, "config", "batch_shape"),
        _inside(described, "build_config", "input_shape"),
        _inside(described, "config", "build_input_shape"),
        _inside(first, "build_config", "input_shape"),
    )
    return next((shape[-1] for shape in shapes if isinstance(shape, list) and shape), None)


def _activation(given: object) -> Activation:
    """Return our activation for Keras', which is written as a name, a function or a layer."""
    kind, config = _inside(given, "class_name"), _inside(given, "config")
    if kind == "LeakyReLU":
        return _made("leaky_relu", {"alpha": _inside(config, "negative_slope")})
    if kind == "ELU":
        return _made("elu", {"alpha": _inside(config, "alpha")})
    if kind == "ReLU":
        return _relu(_keys(config))
    name = config if kind == "function" else given
    if name is None:
        return _made("linear", {})
    if name == "gelu":
        # By its name alone it is the exact one, ours has the tanh form.
        raise ModelError(Flaw.FORM, name)
    # By its name alone Keras' leaky ReLU has the slope 0.2, and its ELU the depth 1: our defaults.
    if not (isinstance(name, str) and name in ACTIVATIONS and ACTIVATIONS[name].named):
        raise ModelError(Flaw.ACTIVATION, kind or name)
    return _made(name, {})


def _relu(config: Mapping[str, Any]) -> Activation:
    """Return the activation of a ReLU layer, which may have a slope below zero."""
    if config.get("max_value") is not None or config.get("threshold"):
        raise ModelError(Flaw.ACTIVATION, f"ReLU(max_value={config.get('max_value')})")
    slope = config.get("negative_slope")
    return _made("leaky_relu", {"alpha": slope}) if slope else _made("relu", {})


def _output(given: object) -> Activation:
    """Return the activation of the last layer: linear, or the sigmoid."""
    kind, config = _inside(given, "class_name"), _inside(given, "config")
    name = "linear" if given is None else config if kind == "function" else kind or given
    if name not in ("linear", "sigmoid"):
        raise ModelError(Flaw.OUTPUT, name)
    return _made(name, {})


def _inside(value: object, *path: str | int) -> Any:
    """Return what lies at a path of keys and indices, or None where the path ends before."""
    for step in path:
        inside = isinstance(step, int) and step < len(value) if isinstance(value, list) else step in _keys(value)
        if not inside:
            return None
        value = cast(Any, value)[step]
    return value


def _keys(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def _read_weights(content: bytes, network: Network) -> list[list[Array]]:
    import h5py

    try:
        with h5py.File(BytesIO(content), "r") as store:
            return [
                [_read_array(store, f"layers/{_dense(i)}/vars/{k}", shape[k:]) for k in (0, 1)]
                for i, shape in enumerate(network.shapes)
            ]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(Flaw.DAMAGED) from error


def _read_array(store: Any, path: str, shape: tuple[int, ...]) -> Array:
    """Read an array whose shape is known beforehand, and which lies in the file itself."""
    import h5py

    place = store
    for step in path.split("/"):
        # A link may lead out of the file, to whatever the server can read.
        if not isinstance(place, h5py.Group) or not isinstance(place.get(step, getlink=True), h5py.HardLink):
            raise ModelError(Flaw.INCOMPLETE, path)
        place = place[step]
    if not isinstance(place, h5py.Dataset) or place.is_virtual or place.external:
        raise ModelError(Flaw.INCOMPLETE, path)
    if place.shape != shape or place.dtype.kind != "f":
        raise ModelError(Flaw.SHAPES)
    return cast(Array, place[()].astype(float))
