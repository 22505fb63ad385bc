"""Sentences that several pages say."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from optviz.formula import FormulaError, Reason, known
from optviz.locale import foreign
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.backpropagation import MOST_NODES
from optviz.networks.datasets import DOT, DataError
from optviz.networks.keras_training import Remark, Unheeded
from optviz.networks.saved_models import MOST_BYTES, MOST_LAYERS, MOST_PARAMETERS, Flaw, ModelError
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.rules import FUNCTIONS as OF_RULES
from optviz.optimization.rules import MATRIX, Rule
from optviz.typed_numbers import Fault, FieldError

WORDS: Mapping[str, str] = {
    "player": "Player",
    "play": "Play",
    "pause": "Pause",
    "back": "One step back",
    "forward": "One step forward",
    "home": "To the start",
    "scrub": "Step",
    "speed": "Speed",
    "loop": "Loop",
    "slow": "Slow motion: each step in four",
    "ghost": "Show the previous run",
    "project": "Projector mode (key f; Esc leaves it)",
    "step": "step {step}",
    "step_of": "step {step} / {steps}",
    "keys": "Keys: space plays or pauses; left and right move one step, with shift ten; home and end jump.",
    "pick": "arrow keys move a ring, with shift farther; enter chooses the point",
    "views": "Views",
    "loading": "Loading the charts …",
    "no_plotly": "The charts could not be loaded. Check the connection to the server, then try again.",
    "retry": "Try again",
    "settings": "Settings",
    "share": "Share this moment",
    "link": "Link",
    "copy": "Copy",
    "copied": "The link is copied.",
    "not_copied": "The link is selected: press Ctrl+C, or hold it, to copy it.",
    "with_step": "Paused at {moment}",
    "fill": "Fill the screen",
    "ask_first": "Ask first: a question before the answer is shown",
    "add_scene": "Add to my lecture",
    "qr": "QR code of the link",
    "no_qr": "The link is too long for a QR code. Copy it instead.",
    "close": "Close",
    "question": "Question",
    "reveal": "Reveal",
    "camera": "Camera",
    "stands": "Fixed camera",
    "follow": "Follow {name}",
    "no_webgl": "This browser cannot draw in 3-D (WebGL is missing or switched off).",
}
"""The English words of the player: `player(words=...)` takes the same keys in another language."""


def player_words() -> dict[str, str]:
    """Return the words of the player in the visitor's language, and which language that is, for links."""
    return _player_words(language())


@lru_cache(maxsize=8)
def _player_words(spoken: str) -> dict[str, str]:
    return {**{key: _(text) for key, text in WORDS.items()}, "lang": spoken}


def epoch_words() -> dict[str, str]:
    """Return the words with which the player counts epochs in place of steps."""
    return {"step": _("epoch {step}"), "step_of": _("epoch {step} / {steps}"), "scrub": _("Epoch")}


_FORMULA_ERRORS = {
    Reason.EMPTY: N_("Write a formula in {names}."),
    Reason.TOO_LONG: N_("The formula is too long."),
    Reason.TOO_MANY: N_("The formula has too many parts."),
    Reason.TOO_DEEP: N_("The formula is nested too deeply."),
    Reason.TOO_LARGE: N_("A number or a power in the formula is too large: “{piece}”."),
    Reason.NOT_A_FORMULA: N_("This is not a formula: “{piece}”."),
    Reason.MISSING: N_("A number, a name or a bracket is missing at “{piece}”."),
    Reason.UNPAIRED: N_("“{piece}” has no matching bracket."),
    Reason.UNCLEAR: N_("“{piece}” is ambiguous."),
    Reason.EQUATION: N_("A formula is one side of an equation: leave out “{piece}”."),
    Reason.INFINITE: N_("“{piece}” is not a number you can calculate with."),
    Reason.STEPS: N_("“{piece}” is a step function, which has no slope to follow."),
    Reason.UNKNOWN_NAME: N_("The formula knows {names}, pi and e, but not “{piece}”."),
    Reason.UNKNOWN_FUNCTION: N_("There is no function “{piece}”; the known ones are {functions}."),
    Reason.WRONG_ARGUMENTS: N_(
        "A function has its argument in brackets, and max, min, pow and hypot have two: “{piece}”."
    ),
    Reason.DIVISION_BY_ZERO: N_("The formula divides by zero: “{piece}”."),
    Reason.UNDEFINED: N_("The formula has no value: “{piece}”."),
    Reason.CONSTANT: N_("“{piece}” contains none of the variables {names}: there is nothing to differentiate by."),
    Reason.TOO_MANY_NODES: N_(
        "The graph of this formula has {piece} nodes; more than {most} cannot be read on a screen."
    ),
    Reason.LINE: N_("Each line is a name, an equals sign and a formula: “{piece}” is not."),
    Reason.NEW_POINT: N_("The last line, and no other, gives the new weights: w = …"),
    Reason.ALONE: N_(
        "What asks for a gradient, a loss or a search has a line of its own, as in g = gradient(w - lr*m): “{piece}”."
    ),
    Reason.AHEAD: N_(
        "A rule for matrices takes its gradient at w: gradient(…), loss(…), search(…), wolfe(…) and lbfgs(…) cannot "
        "stand in it."
    ),
    Reason.ONE_NUMBER: N_(
        "search(d, first, …), wolfe(d, first, …) and lbfgs(m) take one number for all weights: what follows d, and m, "
        "which is a number or a slider."
    ),
    Reason.NAME: N_("“{piece}” already means something else: choose another name."),
    Reason.SLIDER: N_("A number of your own is written as beta = 0.9 in [0, 1], on a line before the rule: “{piece}”."),
}


def formula_error(error: FormulaError, names: Sequence[str] = ("x1", "x2")) -> str:
    """Say what is wrong with a formula in the given names, with what may have been meant, and point at the place."""
    said = _(_FORMULA_ERRORS[error.reason]).format(
        piece=foreign.markdown(error.piece), functions=", ".join(known()), names=", ".join(names), most=MOST_NODES
    )
    if error.hints:
        hints = _(" or ").join(foreign.code(hint) for hint in error.hints)
        said = joined(said, _("Did you mean {hints}?").format(hints=hints))
    return _pointing(said, error.text, error.place)


def rule_error(error: FormulaError, text: str) -> str:
    """Say what is wrong with an update rule that was typed, and point at the place in its line."""
    written = {Reason.EMPTY: N_("Write the lines of an update rule."), Reason.UNKNOWN_NAME: _UNKNOWN_IN_RULE}
    said = _(written.get(error.reason, _FORMULA_ERRORS[error.reason])).format(
        piece=foreign.markdown(error.piece), functions=", ".join((*OF_RULES, *MATRIX))
    )
    if error.hints:
        hints = _(" or ").join(foreign.code(hint) for hint in error.hints)
        said = joined(said, _("Did you mean {hints}?").format(hints=hints))
    if error.place is None:
        return said
    start = max(text.rfind(end, 0, error.place) for end in "\n;") + 1
    line = re.split("[\n;]", text[start:], maxsplit=1)[0]
    return _pointing(said, line, error.place - start)


def rule_refusal(rule: Rule, net: bool) -> str:
    """Say why a rule cannot run on a net, or on a surface; nothing where it can."""
    if net and rule.needs_hessian:
        return _("A net is too large for its Hessian: newton and curvature are for surfaces.")
    if not net and rule.needs_matrices:
        return _("A point of a surface has no matrix: rules for matrices train nets, as on the classifier's page.")
    return ""


def optimizer_refusal(name: str, net: bool) -> str:
    """Say why an optimizer cannot run on a net, or on a surface; nothing where it can, or where there is none."""
    return rule_refusal(OPTIMIZERS[name]().rule, net) if name in OPTIMIZERS else ""


_UNKNOWN_IN_RULE = N_(
    "The rule knows w, g, t, lr and the names of its own lines, but not “{piece}”. A number of your own is written on "
    "a line before: beta = 0.9 in [0, 1]."
)


def _pointing(said: str, text: str, place: int | None) -> str:
    """Return a sentence with the text below it, and a mark at the place."""
    return said if place is None or not text else f"{said}\n\n{foreign.pointed(text, place)}"


_ENTRY_ERRORS = {
    Fault.EMPTY: N_("Write at least one number."),
    Fault.TOO_LONG: N_("The text is too long: at most {limit} characters."),
    Fault.NOT_A_NUMBER: N_("“{piece}” is not a number: write numbers with commas between them."),
    Fault.NOT_WHOLE: N_("“{piece}” is not a whole number."),
    Fault.NOT_FINITE: N_("“{piece}” is not a finite number."),
    Fault.UNCLEAR: N_("“{piece}” is ambiguous: it could also be {limit}. Write it without the comma or with a point."),
    Fault.TOO_FEW: N_("“{piece}” has too few numbers: at least {limit} are needed."),
    Fault.TOO_MANY: N_("Too many, from “{piece}” on: at most {limit} are allowed."),
    Fault.TOO_SMALL: N_("{piece} is too small: at least {limit}."),
    Fault.TOO_LARGE: N_("{piece} is too large: at most {limit}."),
    Fault.RAGGED: N_("All rows need {limit} numbers, but one is “{piece}”."),
}


def field_error(error: FieldError) -> str:
    """Say what is wrong with the numbers that were typed."""
    return _(_ENTRY_ERRORS[error.fault]).format(piece=foreign.markdown(error.piece), limit=f"{error.limit:g}")


def number_error(error: FieldError, value: str) -> str:
    """Say what is wrong with the one number that was typed, and which is taken."""
    if error.fault is Fault.TOO_SMALL:
        text = _("{piece} is too small: the minimum {value} is used.")
    elif error.fault is Fault.TOO_LARGE:
        text = _("{piece} is too large: the maximum {value} is used.")
    elif error.fault is Fault.NOT_A_NUMBER:
        text = _("“{piece}” is not a number: it stays at {value}.")
    else:
        return joined(field_error(error), _("It stays at {value}.").format(value=value))
    return text.format(piece=foreign.markdown(error.piece), value=value)


_DATA_ERRORS = {
    "missing": N_("The data file {file} is missing."),
    "empty": N_("The data file {file} has no rows."),
    "too_large": N_("The data file {file} is too large: {detail}."),
    "not_text": N_("The data file {file} is not a text file."),
    "wrong_columns": N_("Row {row} of {file} does not have the three columns x1, x2, y_c: it has {detail}."),
    "ragged": N_("Not every row of {file} has the three columns x1, x2, y_c."),
    "wrong_header": N_("The header of {file} must be x1,x2,y_c; it is “{detail}”."),
    "not_numeric": N_("Row {row} of {file}: “{detail}” is not a number."),
    "non_finite": N_("Row {row} of {file} has a number that is not finite: {detail}."),
    "wrong_labels": N_("Row {row} of {file}: the class must be 0 or 1, not {detail}."),
    "one_class": N_("All rows of {file} are of class {detail}: there is nothing to tell apart."),
}


def data_error(error: DataError) -> str:
    """Say what is wrong with the course's data file, and that the other sets do not need it."""
    reason = "ragged" if error.reason == "wrong_columns" and not error.row else error.reason
    what = _(_DATA_ERRORS[reason]).format(file=f"data/{DOT.name}", row=error.row, detail=foreign.markdown(error.detail))
    return joined(what, _("The other data sets still work: choose one in the sidebar."))


_MODEL_ERRORS = {
    Flaw.EMPTY: N_("The file is empty."),
    Flaw.TOO_LARGE: N_("The file is too large: at most {bytes} MB, unpacked too."),
    Flaw.UNKNOWN: N_("This is neither a .keras file nor a JSON of this page."),
    Flaw.DAMAGED: N_("The file is damaged or cut off: it cannot be read to its end."),
    Flaw.INCOMPLETE: N_("The file is not a complete model: “{piece}” is missing."),
    Flaw.NOT_OURS: N_("This JSON is not a net that was saved on this page."),
    Flaw.VERSION: N_("The file has version “{piece}” of the format, which this page does not know."),
    Flaw.LAYER: N_("Only a Sequential model of Dense layers with biases can be loaded; this one has “{piece}”."),
    Flaw.ACTIVATION: N_("The activation “{piece}” is not one that this page can train with."),
    Flaw.FORM: N_(
        "In a .keras file “{piece}” is the exact form, but this page has the tanh form: the outputs "
        "would differ a little. A net that was saved here as JSON keeps its GELU."
    ),
    Flaw.OUTPUT: N_("The output layer has the activation “{piece}”; here an output is linear or has a sigmoid."),
    Flaw.MIXED: N_("All hidden layers need the same activation; these have {piece}."),
    Flaw.SIZES: N_("The net needs 2 inputs and 1 output; this one is {piece}."),
    Flaw.TOO_MANY: N_(
        "The net {piece} is too large to train while you watch: at most {parameters} weights in {layers} layers."
    ),
    Flaw.SHAPES: N_("The weights in the file do not fit its layers."),
    Flaw.NOT_FINITE: N_("The file has weights that are not finite numbers."),
}


def model_error(error: ModelError) -> str:
    """Say why a file is not a net that can be loaded."""
    limits = {"bytes": MOST_BYTES // 1_000_000, "parameters": MOST_PARAMETERS, "layers": MOST_LAYERS}
    return _(_MODEL_ERRORS[error.flaw]).format(piece=foreign.markdown(error.piece), **limits)


_REMARKS = {
    Unheeded.LOSS: N_("This page does not have the loss of the file, {piece}: the loss chosen here stays."),
    Unheeded.NO_LOSS: N_("The file names no loss: the loss chosen here stays."),
    Unheeded.SIGMOID: N_(
        "In the file a sigmoid follows the output under the loss {piece}. Here it comes only with a "
        "cross-entropy: the net gives the same outputs, but trains on with the cross-entropy."
    ),
    Unheeded.LOGITS: N_(
        "The file's {piece} takes the raw output for a probability (from_logits=False): here it is taken for a logit, "
        "and a sigmoid follows it."
    ),
    Unheeded.TWICE: N_(
        "The file's {piece} puts a sigmoid after the net's own (from_logits=True): here there is one, that of the net."
    ),
    Unheeded.SETTING: N_("The file's {piece} is ignored: here it is {here}."),
    Unheeded.PENALTY: N_("The file's {piece} is ignored: set the strength of L1 or L2 on this page."),
    Unheeded.LAYER: N_("The file's {piece} is ignored: here all weights train without constraints."),
    Unheeded.OPTIMIZER: N_(
        "The file's optimizer, {piece}, is ignored: training continues with the one chosen here, with new moments."
    ),
}
_NO_LOSS_BUT_SIGMOID = N_("The file names no loss: with its sigmoid it trains on with the cross-entropy.")


def model_remark(remark: Remark) -> str:
    """Say in Markdown what of a loaded file is not taken over."""
    text = _NO_LOSS_BUT_SIGMOID if remark.what is Unheeded.NO_LOSS and remark.here else _REMARKS[remark.what]
    return _(text).format(piece=foreign.markdown(remark.piece), here=remark.here)
