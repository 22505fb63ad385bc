"""How a net in a Keras file was trained: its loss by our name, and what of it this app does not take over."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from optviz.networks.losses import LOGIT, LOSSES, Loss


class Unheeded(StrEnum):
    """What of a file is not taken over, and what holds in its place."""

    LOSS = "loss"
    """Another loss than ours: that of the page stays."""
    NO_LOSS = "no_loss"
    SIGMOID = "sigmoid"
    """A sigmoid under a loss that takes the output as it is: here only a cross-entropy brings one along."""
    LOGITS = "logits"
    """A loss that takes a raw output for a probability."""
    TWICE = "twice"
    """A loss that puts a sigmoid after the net's own."""
    SETTING = "setting"
    PENALTY = "penalty"
    LAYER = "layer"
    OPTIMIZER = "optimizer"


class Remark(NamedTuple):
    """One thing that is not taken over: what the file has, and what holds here where that is a setting of the loss."""

    what: Unheeded
    piece: str = ""
    here: str = ""


SETTINGS: Mapping[str, Any] = {
    "label_smoothing": 0.0,
    **{name: value for loss in LOSSES.values() if loss.keras for name, value in loss.keras.settings},
}
"""The settings of our losses, which are Keras' own where it leaves them out."""

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "auto")
"""The reductions that are the mean over a batch, where no row has a weight of its own."""

PENALTIES = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")
CONSTRAINTS = ("kernel_constraint", "bias_constraint")

RATES = ("learning_rate", "momentum", "nesterov", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema",
         "gradient_accumulation_steps", "loss_scale_factor", "amsgrad")  # fmt: skip
"""The settings of an optimizer that are told, where they are set."""


def read_loss(compiled: object, sigmoid: bool) -> tuple[str, tuple[Remark, ...]]:
    """Return our name of the loss that a net was compiled with, "" where it is none of ours, and what is not as there.

    `sigmoid` says whether the net ends in one: then the loss is always a cross-entropy, which brings it along.
    """
    config = compiled if isinstance(compiled, dict) else {}
    kind, given = _named(_single(config.get("loss")))
    name = next((ours for ours, loss in LOSSES.items() if _is(loss, kind)), "")
    settings = (*_settings(given), *_weights(config.get("loss_weights")))
    if name and LOSSES[name].response is LOGIT:
        return name, (*_ends(kind, bool(given.get("from_logits")), sigmoid), *settings)
    if sigmoid:
        missing = Remark(Unheeded.SIGMOID, kind) if kind else Remark(Unheeded.NO_LOSS, here="binary_crossentropy")
        return "binary_crossentropy", (missing, *settings)
    if name:
        return name, settings
    return "", (Remark(Unheeded.LOSS, kind) if kind else Remark(Unheeded.NO_LOSS),)


def _is(loss: Loss, kind: str) -> bool:
    return loss.keras is not None and kind in (loss.keras.kind, *loss.keras.functions)


def read_rest(compiled: object, layers: Sequence[Mapping[str, Any]]) -> tuple[Remark, ...]:
    """Return what else is not taken over: the penalties of its Dense layers, what holds them, and its optimizer."""
    return (*_of_layers(layers), *_of_optimizer(compiled))


def _single(loss: object) -> object:
    """Return the one loss of the one output, however it is given."""
    named = isinstance(loss, dict) and "class_name" not in loss
    several = list(loss.values()) if isinstance(loss, dict) and named else loss
    return several[0] if isinstance(several, list) and len(several) == 1 else loss


def _named(value: object) -> tuple[str, Mapping[str, Any]]:
    """Return the name and the settings of an object of Keras, which may be a class, a function or a name."""
    if value is None:
        return "", {}
    if not isinstance(value, dict):
        return str(value), {}
    kind, config = value.get("class_name"), value.get("config")
    if kind == "function" and isinstance(config, str):
        return config, {}
    return str(kind or value), config if isinstance(config, dict) else {}


def _ends(kind: str, from_logits: bool, sigmoid: bool) -> Iterator[Remark]:
    if from_logits == sigmoid:
        yield Remark(Unheeded.TWICE if sigmoid else Unheeded.LOGITS, kind)


def _settings(given: Mapping[str, Any]) -> Iterator[Remark]:
    for name, ours in SETTINGS.items():
        # Whether the output is a logit is told by itself.
        if name != "from_logits" and given.get(name, ours) != ours:
            yield Remark(Unheeded.SETTING, f"{name}={_short(given[name])}", _short(ours))
    reduction = given.get("reduction", MEANS[0])
    if reduction not in MEANS:
        yield Remark(Unheeded.SETTING, f"reduction={reduction}", "mean")


def _weights(weights: object) -> Iterator[Remark]:
    if weights is not None:
        yield Remark(Unheeded.SETTING, f"loss_weights={_short(weights)}", "1")


def _of_layers(layers: Sequence[Mapping[str, Any]]) -> Iterator[Remark]:
    for names, what in ((PENALTIES, Unheeded.PENALTY), (CONSTRAINTS, Unheeded.LAYER)):
        told = [f"{name}={_short(layer[name])}" for layer in layers for name in names if layer.get(name)]
        yield from (Remark(what, piece) for piece in dict.fromkeys(told))
    if any(layer.get("trainable") is False for layer in layers):
        yield Remark(Unheeded.LAYER, "trainable=False")


def _of_optimizer(compiled: object) -> Iterator[Remark]:
    optimizer = compiled.get("optimizer") if isinstance(compiled, dict) else None
    kind, given = _named(optimizer)
    if kind:
        set_to = [f"{name}={_short(given[name])}" for name in RATES if given.get(name)]
        yield Remark(Unheeded.OPTIMIZER, f"{kind}({', '.join(set_to)})")


def _short(value: object) -> str:
    """Write a setting as briefly as it may be: numbers in six digits, objects as `Name(setting=…)`."""
    if isinstance(value, float):
        return f"{value:g}"
    kind, given = _named(value) if isinstance(value, dict) else ("", {})
    if kind and given:
        settings = (f"{name}={each:g}" for name, each in given.items() if isinstance(each, float))
        return f"{kind}({', '.join(settings)})"
    return kind if kind else str(value) if isinstance(value, str | int) or value is None else "…"
