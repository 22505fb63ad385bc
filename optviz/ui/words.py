"""Sentences that several pages say."""

from functools import lru_cache

from optviz.datasets import DOT, DataError
from optviz.formula import FUNCTIONS, FormulaError, Reason
from optviz.ui.language import N_, _, language
from optviz.ui.player import WORDS


def player_words() -> dict[str, str]:
    """Return the words of the player in the visitor's language."""
    return _player_words(language())


@lru_cache(maxsize=8)
def _player_words(spoken: str) -> dict[str, str]:
    return {key: _(text) for key, text in WORDS.items()}


_FORMULA_ERRORS = {
    Reason.EMPTY: N_("Write a formula in x1 and x2."),
    Reason.TOO_LONG: N_("The formula is too long."),
    Reason.TOO_MANY: N_("The formula has too many parts."),
    Reason.TOO_DEEP: N_("The formula is nested too deeply."),
    Reason.TOO_LARGE: N_("A number or a power in the formula is too large: “{piece}”."),
    Reason.NOT_A_FORMULA: N_("This is not a formula: “{piece}”."),
    Reason.UNKNOWN_NAME: N_("The formula knows x1, x2, pi and e, but not “{piece}”."),
    Reason.UNKNOWN_FUNCTION: N_("There is no function “{piece}”; known are {functions}."),
    Reason.WRONG_ARGUMENTS: N_("A function takes one argument: “{piece}”."),
    Reason.DIVISION_BY_ZERO: N_("The formula divides by zero: “{piece}”."),
    Reason.UNDEFINED: N_("The formula has no value: “{piece}”."),
}


def formula_error(error: FormulaError) -> str:
    """Say what is wrong with a formula."""
    return _(_FORMULA_ERRORS[error.reason]).format(piece=error.piece, functions=", ".join(FUNCTIONS))


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
    what = _(_DATA_ERRORS[reason]).format(file=f"data/{DOT.name}", row=error.row, detail=error.detail)
    return " ".join((what, _("The other data sets still work: choose one in the sidebar.")))
