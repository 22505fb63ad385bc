"""The page of a table of one's own: reading what a visitor uploads, training on it, and saying how good that is.

What is uploaded stays in the visitor's session: only what comes of the sample table is shared between visitors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.figures import table as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.table import Cloud
from optviz.lessons import nets
from optviz.lessons.tables import digits, tex
from optviz.lessons.tables import table as html
from optviz.lessons.training_code import rows_of, training_code, until_diverged
from optviz.locale import foreign
from optviz.locale.spoken import N_, _, joined, language
from optviz.models import table as tables
from optviz.models.table import (
    MOST_WORDS,
    Fault,
    Learned,
    LeftOut,
    Prediction,
    Remark,
    Skipped,
    Suggestion,
    Table,
    TableError,
    Told,
    Why,
    houses,
    learn,
)
from optviz.networks.losses import LOSSES
from optviz.networks.training_plan import Plan
from optviz.recipes import Choice

DOTS = 250
"""The rows of each kind that are drawn, at most."""

MOST_FEATURES = 12
"""The features that are chosen at first, at most."""

NOTHING = 0.05
"""The R² below which nothing is learned."""

WEAK = 0.3
"""The R² below which little is learned."""

MOST_REMARKS = 8
"""What is told of a table's columns, at most."""

SAMPLE = "houses.csv"


@dataclass(frozen=True, eq=False)
class Own:
    """The table at hand: the sample, or what a visitor uploaded last that could be read."""

    name: str
    table: Table
    key: str = ""

    @property
    def uploaded(self) -> bool:
        """Whether it is a visitor's."""
        return bool(self.key)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything but the table that a training depends on."""

    target: str
    features: tuple[str, ...]
    share: float = 0.25
    split: int = 0
    plan: Plan = field(
        default_factory=lambda: Plan(hidden=(16,), optimizer=Choice("adam"), learning_rate=0.01, epochs=60),
    )


# ---- the table


def features_of(own: Own, target: str) -> tuple[str, ...]:
    """Return the features that are chosen at first: the columns but the target and those that number the rows.

    Of the sample, whose links are out in the world, only those that are numbers from the beginning.
    """
    table = own.table
    names = [name for name in table.names if name != target and name not in table.counting]
    if own.uploaded:
        names += [words.name for words in table.words]
    return tuple(names or (name for name in table.names if name != target))[:MOST_FEATURES]


_ERRORS = {
    Fault.NOTHING: N_("The file is empty."),
    Fault.EMPTY: N_("The table has no rows below its header."),
    Fault.NO_VALUES: N_("Below its header the table has only empty cells ({detail} rows)."),
    Fault.NO_NUMBERS: N_("No column has numbers: the target must have numbers, texts can only be features."),
    Fault.TOO_LARGE: N_("The file is larger than {limit} MB, too much for the server to read."),
    Fault.TOO_LONG: N_(
        "The file has {detail} lines, but at most {limit} are read: all visitors share the server's "
        "memory. Use a part of it."
    ),
    Fault.NOT_TEXT: N_("The file is not text: save the table as CSV."),
    Fault.WORKBOOK: N_("The file is a workbook of Excel or LibreOffice, or an archive: save the table as CSV there."),
    Fault.WEB_PAGE: N_("The file is a web page: copy its table into a spreadsheet and save that as CSV."),
    Fault.JSON: N_("The file is JSON: save the table as CSV."),
    Fault.UNCLOSED: N_("In row {row} a quotation mark is opened and never closed."),
    Fault.MISFIT: N_(
        "Row {row} has {detail} names, but the rows below have {limit} cells: if numbers have decimal "
        "commas, the cells need another separator."
    ),
    Fault.RAGGED: N_("Row {row} has {detail} cells and the header {limit}: every row needs the same columns."),
    Fault.TOO_MANY_COLUMNS: N_("The table has {detail} columns; this page can offer at most {limit}."),
    Fault.TOO_FEW_ROWS: N_("Rows that can be used: {detail}. Training and validation need at least {limit}."),
    Fault.TOO_FEW_COLUMNS: N_("At least {limit} columns of varying numbers are needed: a target and a feature."),
    Fault.NO_FEATURES: N_("Choose at least one feature to predict “{detail}” from."),
    Fault.CONSTANT: N_("In the remaining rows “{detail}” has only one value: there is nothing to predict."),
}

_REASONS = {
    Why.NOT_NUMERIC: N_("“{cell}” in row {row} is not a number"),
    Why.TWO_SIGNS: N_("“{cell}” in row {row} has another decimal sign than the column's other cells"),
    Why.TOO_LARGE: N_("{cell} in row {row} is too large to be squared"),
    Why.CONSTANT: N_("it has only one value, {cell}"),
    Why.EMPTY: N_("all its cells are empty"),
    Why.DATES: N_("its dates or times, such as {cell}, cannot all be read"),
    Why.MANY_WORDS: N_("it has {cell} different texts; at most {most} can become features"),
}

_REMARKS = {
    Remark.AMBIGUOUS: N_(
        "“{cell}” in row {row} of {column} was read as {taken}; if it is {other}, choose the other decimal sign."
    ),
    Remark.OWN_SIGN: N_("{column} uses another decimal sign than the rest, “{cell}”, and is read with it."),
    Remark.DATES: N_("{column} has dates, which are read as days since {cell}."),
    Remark.HOURS: N_("{column} has times of day, which are read as hours since midnight."),
    Remark.DAY_OR_MONTH: N_(
        "“{cell}” in row {row} of {column} was read as {taken}: if day and month are the other way around, choose that."
    ),
    Remark.UNIT: N_("“{cell}” next to the numbers of {column} is ignored."),
    Remark.MARK: N_("“{cell}” counts as empty in {times} rows of {column}."),
    Remark.INFINITE: N_("“{cell}” counts as empty in {times} rows of {column}, the first of them row {row}."),
    Remark.SENTINEL: N_(
        "{column} has {cell} in {times} rows, far from all other values: if it marks missing values, "
        "add it to the marks of missing values."
    ),
    Remark.COUNTS: N_("{column} only numbers the rows, so it is not chosen as a feature."),
    Remark.RENAMED: N_("A second column {cell} is called {column} here."),
    Remark.BROKEN: N_("{times} characters could not be read: choose another encoding."),
}

_DELIMITERS = {
    ",": N_("commas"),
    ";": N_("semicolons"),
    "\t": N_("tabs"),
    "|": N_("vertical bars"),
    " ": N_("spaces"),
    "，": N_("full-width commas"),
    "；": N_("full-width semicolons"),
}


def table_error(error: TableError) -> str:
    """Say what is wrong with a table."""
    said = _(_ERRORS[error.fault]).format(detail=foreign.markdown(error.detail), row=error.row, limit=error.limit)
    return joined(said, _left_out(error.left_out)) if error.left_out else said


def refuse(name: str, error: TableError, own: Own | None) -> str:
    """Say why a file is not used, and which table, if any, is shown in its place."""
    text = _("{name} is not used. {reason} The picture shows {shown}.") if own else _("{name} is not used. {reason}")
    shown = ""
    if own:
        shown = _("your table {name}") if own.uploaded else _("the sample table {name}")
        shown = shown.format(name=foreign.markdown(own.name))
    return text.format(name=foreign.markdown(name), reason=table_error(error), shown=shown)


def head(own: Own) -> str:
    """Say in Markdown which table is at hand and, if it is a visitor's, how its file was read."""
    table = own.table
    size = _("{rows} rows, {columns} columns of numbers").format(rows=table.rows_read, columns=len(table.names))
    text = _("{name}: {size}; {reading}.") if own.uploaded else _("{name}: {size}.")
    return text.format(name=foreign.markdown(own.name), size=size, reading=dialect(table))


def dialect(table: Table) -> str:
    """Say how a table was read: "semicolons, decimal comma, cp1252; 2 rows skipped"."""
    delimiter = _(_DELIMITERS[table.delimiter]) if table.delimiter in _DELIMITERS else f"“{table.delimiter}”"
    decimal = _("decimal comma") if table.decimal == "," else _("decimal point")
    parts = [_(", ").join((delimiter, decimal, table.encoding.removesuffix("-sig")))]
    if not table.header:
        parts.append(_("no names in the first row, so the columns are numbered"))
    if table.skipped.all:
        text = _("{n} rows skipped ({which})") if table.skipped.all > 1 else _("1 row skipped ({which})")
        parts.append(text.format(n=table.skipped.all, which=_(", ").join(_skipped(table.skipped))))
    return _("; ").join(parts)


def _skipped(skipped: Skipped) -> list[str]:
    """Return what was skipped, each with its number."""
    counts = (
        (skipped.above, _("{n} above the names")),
        (skipped.units, _("the units in row {n}")),
        (skipped.repeated, _("{n} with the names again")),
        (skipped.uneven, _("{n} of another length, the first in row {row}")),
        (skipped.totals, _("{n} with totals")),
        (skipped.below, _("{n} with notes")),
    )
    return [text.format(n=n, row=skipped.odd) for n, text in counts if n]


def describe(own: Own, target: str) -> str:
    """Say in Markdown what of the table is used, what is left out and why, and what was guessed."""
    table = own.table
    parts = []
    if len(table.cells) < table.rows_read:
        text = _("Only {rows} evenly chosen rows are used: more would train too slowly to watch.")
        parts.append(text.format(rows=len(table.cells)))
    if own.uploaded:
        guess = tables.suggest_target(table)
        if guess.target == target:
            parts.append(suggested(guess).format(name=foreign.markdown(target)))
    for words in table.words:
        text = _("{name} holds words ({levels}): as a feature, each word becomes a column of 0 and 1.")
        levels = _(", ").join(map(foreign.markdown, words.levels[:5]))
        more = _("{n} more").format(n=len(words.levels) - 5) if len(words.levels) > 5 else ""
        parts.append(text.format(name=foreign.markdown(words.name), levels=_(", ").join(filter(None, (levels, more)))))
    if table.left_out:
        parts.append(_left_out(table.left_out))
    parts += [_told(told) for told in table.told[:MOST_REMARKS]]
    return joined(*parts)


def suggested(guess: Suggestion) -> str:
    """Say which target is suggested; its `{name}` is left to be filled in."""
    return (
        _("The suggested target is {name}, because of its name.")
        if guess.named
        else _("The suggested target is {name}, the last column of numbers.")
    )


def _left_out(columns: Sequence[LeftOut]) -> str:
    text = _("{name} ({reason})")
    named = [text.format(name=foreign.markdown(column.name), reason=_reason(column)) for column in columns[:8]]
    more = [_("{n} more").format(n=len(columns) - 8)] if len(columns) > 8 else []
    return _("Left out: {columns}.").format(columns=_("; ").join([*named, *more]))


def _reason(column: LeftOut) -> str:
    return _(_REASONS[column.why]).format(cell=foreign.markdown(column.cell), row=column.row, most=MOST_WORDS)


def _told(told: Told) -> str:
    column, cell = foreign.markdown(told.column), foreign.markdown(told.cell)
    return _(_REMARKS[told.remark]).format(
        column=column, cell=cell, taken=told.taken, other=told.other, times=told.times, row=told.row
    )


# ---- the training


def learn_table(table: Table, settings: Settings) -> Learned:
    task = tables.prepare(table, settings.target, settings.features, settings.share, settings.split)
    return learn(task, settings.plan)


@lru_cache(maxsize=16)
def learned_sample(settings: Settings) -> Learned:
    return learn_table(houses(), settings)


def arrays_of(result: Learned) -> dict[str, NDArray[np.float32]]:
    """Return the numbers of all epochs, as the panels follow them."""
    task, network = result.task, result.network
    frames = len(network.training)
    rows = {
        "training": (task.training.y, network.training),
        "validation": (task.validation.y, network.validation),
    }
    arrays = {}
    for name, (true, predicted) in rows.items():
        some = slice(None, None, -(-len(true) // DOTS))
        arrays[f"{name}_true"] = np.broadcast_to(true[some], (frames, len(true[some])))
        arrays[f"{name}_predicted"] = predicted[:, some]
    arrays["diagonal"] = np.array([span_of(result)])
    arrays["r2"] = np.stack([network.training_scores.r2, network.validation_scores.r2], axis=1)
    arrays["numbers"] = result.fit.numbers
    arrays |= nets.loss_arrays(result.fit)
    with np.errstate(over="ignore"):
        return {name: array.astype(np.float32) for name, array in arrays.items()}


def span_of(result: Learned) -> tuple[float, float]:
    """Return round numbers between which the target lies, with some room."""
    values = np.concatenate([result.task.training.y, result.task.validation.y])
    low, high = float(values.min()), float(values.max())
    unit = 10.0 ** np.floor(np.log10(high - low)) / 2
    return float(np.floor(low / unit - 0.2) * unit), float(np.ceil(high / unit + 0.2) * unit)


def panels_of(result: Learned, log: bool) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language; they hold nothing of the table but the axes' range."""
    held_out = _("validation")
    return (
        _agreement(span_of(result), language()),
        nets.losses(result.fit, held_out, "loss", log=log),
        nets.curves("r2", (0, 1), "R²", held_out, "fitness"),
    )


@lru_cache(maxsize=64)
def _agreement(span: tuple[float, float], spoken: str) -> Panel:
    clouds = (
        Cloud(_("training"), "training_true", "training_predicted", "series1", "circle"),
        Cloud(_("validation"), "validation_true", "validation_predicted", "series2", "square"),
    )
    figure = pictures.agreement(
        clouds, "diagonal", span, true=_("True value"), predicted=_("Predicted value"), same=_("predicted = true")
    )
    return Panel(figure.to_json(), tracks_of(figure), _("Predicted against true"), "agreement")


# ---- what is said


def say(settings: Settings, result: Learned) -> str:
    """Say how far the network's predictions are from the truth, and how far those of simpler ways."""
    if result.fit.last.reason and result.fit.last.epoch == 0:
        return nets.say_diverged(result.fit)
    network, linear = (float(np.ravel(way.validation_scores.mae)[-1]) for way in (result.network, result.linear))
    text = _(
        "Mean validation error of “{target}”: {network} for the network, {linear} for a linear fit, "
        "{mean} for always guessing the mean."
    )
    said = text.format(
        target=foreign.markdown(settings.target),
        network=amount(network),
        linear=amount(linear),
        mean=amount(float(result.mean.validation_scores.mae)),
    )
    if result.fit.last.reason:
        return joined(nets.say_diverged(result.fit), said)
    return joined(said, _judged(result, network / linear if linear else math.inf))


def _judged(result: Learned, ratio: float) -> str:
    """Say what a network's R² means, and how its error compares with the linear fit's, of which it is `ratio`."""
    r2, linear = (float(np.ravel(way.validation_scores.r2)[-1]) for way in (result.network, result.linear))
    if r2 < -NOTHING:
        text = _(
            "R² {r2}: worse than guessing the mean. What the network learned from the training rows does not "
            "hold for others."
        )
    elif r2 < NOTHING:
        text = _("R² {r2}: no better than guessing the mean. These features say next to nothing about it.")
    elif r2 < WEAK:
        text = _(
            "R² {r2}: the network explains {percent}% of the variance, little more than the mean does "
            "(linear fit: {linear}%)."
        )
    elif ratio < 0.95:
        text = _(
            "R² {r2}: the network explains {percent}% of the variance, a linear fit {linear}%: the relation is curved."
        )
    elif ratio > 1.05:
        text = _(
            "R² {r2}: the network explains {percent}% of the variance, but a linear fit {linear}%: "
            "the network needs other settings, or the relation is not curved."
        )
    else:
        text = _("R² {r2}: the network explains {percent}% of the variance; a linear fit is as good.")
    return text.format(r2=digits(r2), percent=round(100 * r2), linear=round(100 * max(0.0, linear)))


def note(result: Learned) -> str:
    """Say how many rows there are, and how many were dropped."""
    task = result.task
    text = _("{training} training rows and {validation} validation rows, standardized by the training rows.")
    parts = [text.format(training=len(task.training), validation=len(task.validation))]
    if task.dropped:
        parts.append(_("{n} rows with empty cells were skipped.").format(n=task.dropped))
    if max(len(task.training), len(task.validation)) > DOTS:
        parts.append(_("At most {n} dots of each kind are drawn.").format(n=DOTS))
    return joined(*parts)


def report(result: Learned) -> str:
    """Return the table of the three ways as HTML."""
    heads = ("", _("Mean error, training"), _("Mean error, validation"), _("R², training"), _("R², validation"))
    ways = ((_("Network"), result.network), (_("Linear least squares"), result.linear), (_("Mean"), result.mean))
    rows = [[escape(name), *_cells(way)] for name, way in ways]
    return html([escape(head) for head in heads], rows)


def _cells(way: Prediction) -> list[str]:
    training, validation = way.training_scores, way.validation_scores
    numbers = (training.mae, validation.mae, training.r2, validation.r2)
    # The mean's R² is 0 but for rounding.
    return [amount(round(float(np.ravel(number)[-1]), 12)) for number in numbers]


def amount(number: float) -> str:
    """Write a number of the target's unit to three digits, 23,200 and not 2.32e+04."""
    short = float(f"{number:.3g}")
    return f"{short:,.0f}" if 1e3 <= abs(short) < 1e9 else digits(number)


def formula(settings: Settings, result: Learned) -> str:
    """Return the standardization, the network's shape and R² with its numbers in LaTeX."""
    sizes = "-".join(map(str, result.fit.network.sizes))
    true = result.task.validation.y
    left = float(((result.network.validation[-1] - true) ** 2).sum())
    whole = float(((true - true.mean()) ** 2).sum())
    r2 = float(result.network.validation_scores.r2[-1])
    return (
        r"\begin{aligned}"
        r"x' &= \frac{x - \mu_x}{\sigma_x},\quad y' = \frac{y - \mu_y}{\sigma_y}\\"
        rf"\mu_y &= {tex(result.task.training.y.mean())},\quad \sigma_y = {tex(result.task.training.y.std())}\\"
        rf"\hat y &= \mu_y + \sigma_y \cdot \operatorname{{net}}_{{{sizes}}}(x')\\"
        r"R^2 &= 1 - \frac{\sum_i (\hat y_i - y_i)^2}{\sum_i (y_i - \bar y)^2}\\"
        rf" &= 1 - \frac{{{tex(left)}}}{{{tex(whole)}}} = {tex(r2)}"
        r"\end{aligned}"
    )


FILE = "table.npz"
STANDARDIZED = (
    "mean, deviation = x.mean(axis=0), x.std(axis=0)",
    "deviation = np.where(deviation > 0, deviation, 1)",
    "x, validation_x = (x - mean) / deviation, (validation_x - mean) / deviation",
    "y_mean, unit = y.mean(), y.std()  # a standardized number times this unit is one of the target's",
    "y, validation_y = (y - y_mean) / unit, (validation_y - y_mean) / unit",
)


def program(settings: Settings, result: Learned) -> str:
    """Return a program that trains the same network on the same rows with Keras."""
    # A column of words is several of the network's inputs.
    code = nets.training_code_of(settings.plan, FILE, result.task.training.x.shape[1], 1, LOSSES["mse"])
    code = replace(code, classes=False, prepared=STANDARDIZED, told=("scores",))
    return training_code(until_diverged(code, result.fit.last))


def program_arrays(result: Learned) -> dict[str, Array]:
    """Return the arrays that the program loads: the rows that the page uses, in the table's units."""
    return rows_of(result.task.training, result.task.validation)
