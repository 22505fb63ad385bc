"""The page of softmax with cross-entropy: by definition, in two steps, and fused, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import NamedTuple

import numpy as np

from optviz import typed_numbers
from optviz.arrays import Array
from optviz.figures import cross_entropy as pictures
from optviz.figures.cross_entropy import WAYS
from optviz.figures.losses import Scale, places, rung
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.comparisons import most
from optviz.lessons.cross_entropy import written
from optviz.lessons.programs import printed
from optviz.lessons.tables import table as html
from optviz.lessons.tables import tex as tex_of
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.activations import softmax
from optviz.networks.losses import (
    EPSILON,
    SOFTMAX_CROSSENTROPY,
    clipped_crossentropy,
    crossentropy,
    margin,
    naive_softmax,
)
from optviz.typed_numbers import Field

MOST_ROWS, MOST_CLASSES = 6, 6
LOGITS = Field(fewest=2, most=MOST_CLASSES, table=True, most_rows=MOST_ROWS)
ONE_HOT = Field(fewest=2, most=MOST_CLASSES, low=0.0, high=1.0, table=True, most_rows=MOST_ROWS)
SPARSE = Field(most=MOST_ROWS, low=0.0, whole=True)
TITLES = {
    "naive": N_("Definition"),
    "two_steps": N_("Two steps"),
    "fused": N_("Fused"),
}
FARTHEST, NEAREST = 2000.0, 10.0
FLOAT32 = float(np.finfo(np.float32).max)
OVERFLOW = float(np.log(FLOAT32))
"""Above this e^z is infinite in float32."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Logits, a row each, with their labels as one-hot rows of the same shape, and how far the picture goes."""

    rows: tuple[tuple[float, ...], ...]
    labels: tuple[tuple[float, ...], ...]
    sparse: bool
    top: float

    @property
    def z(self) -> Array:
        """The logits, `(rows, classes)`."""
        return np.array(self.rows)

    @property
    def y(self) -> Array:
        """The labels, `(rows, classes)`."""
        return np.array(self.labels)

    @property
    def scale(self) -> Scale:
        """The range of the picture."""
        return Scale.of(self.z, self.top)


def _frozen(table: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row.tolist()) for row in table)


def from_one_hot(z: Array, labels: Array, top: float) -> tuple[Settings, list[str]]:
    """Pair logits with one-hot labels, and say what does not fit."""
    wrong = _unpaired(len(z), len(labels))
    if z.shape[1] != labels.shape[1]:
        wrong.append(
            _("The logits have {logits} classes and the labels have {labels}: they need the same number.").format(
                logits=z.shape[1], labels=labels.shape[1]
            )
        )
    rows = min(len(z), len(labels))
    fitting = np.zeros((rows, z.shape[1]))
    shared = min(z.shape[1], labels.shape[1])
    fitting[:, :shared] = labels[:rows, :shared]
    wrong += [
        _("Row {row} of the labels sums to {total}, not to 1: it is not a distribution over the classes.").format(
            row=i + 1, total=f"{row.sum():.6g}"
        )
        for i, row in enumerate(labels[:rows])
        if abs(row.sum() - 1.0) > 1e-6
    ]
    return Settings(rows=_frozen(z[:rows]), labels=_frozen(fitting), sparse=False, top=top), wrong


def from_sparse(z: Array, labels: Array, top: float) -> tuple[Settings, list[str]]:
    """Pair logits with class numbers, and say what does not fit."""
    wrong, classes, rows = _unpaired(len(z), len(labels)), z.shape[1], min(len(z), len(labels))
    wrong += [
        _("Label {label} is out of range: {n} classes have the labels 0 to {last}; {last} is used.").format(
            label=f"{label:g}", n=classes, last=classes - 1
        )
        for label in labels[:rows]
        if label >= classes
    ]
    chosen = np.minimum(labels[:rows], classes - 1).astype(int)
    return Settings(rows=_frozen(z[:rows]), labels=_frozen(np.eye(classes)[chosen]), sparse=True, top=top), wrong


def _unpaired(logits: int, labels: int) -> list[str]:
    if logits == labels:
        return []
    return [
        _("There are {logits} rows of logits and {labels} labels: only the first {n} of both are compared.").format(
            logits=logits, labels=labels, n=min(logits, labels)
        )
    ]


class Ways(NamedTuple):
    """Each row's loss, `(rows,)`, three ways: by the definition, in two steps as Keras, and fused."""

    naive: Array
    two_steps: Array
    fused: Array


def probabilities_of(z: Array) -> Array:
    """Return the softmax of logits of any size."""
    with np.errstate(over="ignore"):
        return softmax(z)


def ways_of(z: Array, y: Array) -> Ways:
    """Return the losses of logits `z: (rows, classes)` against labels of that shape, computed three ways."""
    with np.errstate(over="ignore", invalid="ignore"):
        fused = SOFTMAX_CROSSENTROPY.value(z, y)[..., 0]
    return Ways(
        crossentropy(naive_softmax(z), y),
        clipped_crossentropy(probabilities_of(z), y),
        fused,
    )


@lru_cache(maxsize=64)
def losses_of(settings: Settings) -> Ways:
    """Return the losses of the page's rows."""
    return ways_of(settings.z, settings.y)


def leads_of(settings: Settings) -> Array:
    """Return by how much each row's right logit leads, `(rows,)`; nan where more than one class is right."""
    one_hot = (settings.y == 1.0).sum(axis=1) == 1
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(one_hot, margin(settings.z, settings.y), np.nan)


def reach_of(settings: Settings) -> float:
    """Return how far the picture of the leads goes to either side."""
    leads = leads_of(settings)
    return min(max(rung(*leads), NEAREST), FARTHEST)


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the numbers that the panels follow, one row each."""
    z, y, p = settings.z, settings.y, probabilities_of(settings.z)
    n, classes = z.shape
    stands = places(np.arange(1.0, n + 1.0), classes).T
    reach, right = reach_of(settings), y.argmax(axis=1)
    lead = np.linspace(-reach, reach, 401)
    along = ways_of(np.stack([lead, np.zeros_like(lead)], 1), np.array([[1.0, 0.0]]))
    losses, leads = losses_of(settings), leads_of(settings)
    rows = {
        "right_x": np.take_along_axis(stands, right[:, None], 1)[:, 0],
        "right_y": np.take_along_axis(z, right[:, None], 1)[:, 0],
        "right_p": np.take_along_axis(p, right[:, None], 1)[:, 0],
        "lead": lead,
        "lead_x": leads,
        "lead_y": losses.fused,
    }
    rows |= {f"z{k}": z[:, k] for k in range(classes)} | {f"p{k}": p[:, k] for k in range(classes)}
    rows |= {f"loss{i}": way for i, way in enumerate(losses)} | {f"way{i}": way for i, way in enumerate(along)}
    return {name: row[None] for name, row in rows.items()}


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the logits, which can be dragged; their softmax; each row's loss; the loss over the lead."""
    losses = [value for way in losses_of(settings) for value in way]
    top = 1.05 * rung(max((min(value, FARTHEST) for value in losses if np.isfinite(value)), default=1.0))
    n, classes = settings.z.shape
    return _panels(n, classes, settings.scale, reach_of(settings), top, language())


@lru_cache(maxsize=64)
def _panels(n: int, classes: int, scale: Scale, reach: float, top: float, spoken: str) -> tuple[Panel, ...]:
    names = [_("class {k}").format(k=k) for k in range(classes)]
    ways, row, right = [_(title) for title in TITLES.values()], _("Row"), _("right class")
    numbers = range(classes)
    logits = pictures.groups(
        names, [f"z{k}" for k in numbers], n, (row, _("Logit z")), (scale.low, scale.high), target=right
    )
    shares = pictures.groups(names, [f"p{k}" for k in numbers], n, (row, _("Probability")), (0.0, 1.05))
    losses = pictures.groups(ways, [f"loss{i}" for i in range(3)], n, (row, _("Loss")), (0.0, top), looks=WAYS)
    lead = pictures.lead(ways, (_("Lead of the right logit"), _("Loss")), reach, _("rows"))
    drawn = (
        (_("Logits: drag the bars"), logits, "logits"),
        (_("Softmax"), shares, "softmax"),
        (_("Loss by row"), losses, "losses"),
        (_("Loss by lead"), lead, "losses"),
    )
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell, "drag" if cell == "logits" else False)
        for title, figure, cell in drawn
    )


def say(settings: Settings) -> str:
    """Say what the rows cost, or which way of computing them fails, and why."""
    losses = losses_of(settings)
    broken = np.flatnonzero(~np.isfinite(losses.naive))
    if len(broken):
        return _say_broken(settings, losses, int(broken[losses.fused[broken].argmax()]))
    clipped = np.flatnonzero(~np.isclose(losses.two_steps, losses.fused, rtol=1e-3, atol=2 * EPSILON))
    if len(clipped):
        return _say_clipped(losses, int(clipped[losses.fused[clipped].argmax()]))
    worst = int(losses.fused.argmax())
    if len(most(losses.fused.tolist(), written)) > 1:
        text = _("The mean loss is {mean}; the rows with the largest loss tie at {loss}. All three ways agree.")
        return text.format(mean=written(losses.fused.mean()), loss=written(losses.fused[worst]))
    return _(
        "Row {row} has the largest loss: its class gets only p = {p}, and −ln p = {loss}. That is {share:.0f}% of the "
        "total; the mean loss is {mean}. All three ways agree."
    ).format(
        mean=written(losses.fused.mean()),
        row=worst + 1,
        loss=written(losses.fused[worst]),
        share=100 * losses.fused[worst] / losses.fused.sum(),
        p=f"{np.exp(-losses.fused[worst]):.3g}",
    )


def _say_broken(settings: Settings, losses: Ways, row: int) -> str:
    largest = settings.z[row].max()
    why = (
        _("Row {row}: e to the {z} is infinite in float32, and the definition gives {naive}.")
        if largest > OVERFLOW
        else _("Row {row}: the right class gets the probability 0 in float32, and the definition gives {naive}.")
    )
    then = _("In two steps the loss stops at {two_steps}, where its gradient is 0; fused it is {fused}.")
    values = {name: written(way[row]) for name, way in losses._asdict().items()}
    return joined(why, then).format(row=row + 1, z=f"{largest:g}", **values)


def _say_clipped(losses: Ways, row: int) -> str:
    return _(
        "Row {row}: Keras keeps a probability at 10⁻⁷ or more, so in two steps the loss stops at "
        "{two_steps}, where its gradient is 0; fused it is {fused}."
    ).format(row=row + 1, two_steps=written(losses.two_steps[row]), fused=written(losses.fused[row]))


def remarks(settings: Settings) -> list[str]:
    """Say which logits are no numbers in TensorFlow's own type."""
    beyond = settings.z[np.abs(settings.z) > FLOAT32]
    if not len(beyond):
        return []
    return [
        _(
            "{z} is beyond float32, whose largest number is 3.4e38: TensorFlow would take it as ∞. Here it is float64."
        ).format(z=f"{beyond[0]:g}")
    ]


def table(settings: Settings) -> str:
    """Return each row with its label, the probability of its class, and its loss in three ways, as HTML."""
    heads = (_("Row"), _("Label"), _("p of the right class"), *(_(title) for title in TITLES.values()))
    shares = probabilities_of(settings.z)
    rows = [
        (
            str(i + 1),
            escape(_label(settings, i)),
            f"{(share * label).sum():.6g}",
            *(written(way[i]) for way in losses_of(settings)),
        )
        for i, (share, label) in enumerate(zip(shares, settings.y, strict=True))
    ]
    return html([escape(head) for head in heads], rows)


def _label(settings: Settings, row: int) -> str:
    return str(int(settings.y[row].argmax())) if settings.sparse else typed_numbers.write(settings.y[row])


def tex(settings: Settings) -> str:
    """Return the two steps for the first row, and the fused form, in LaTeX with the numbers in them."""
    z, y = settings.z[0], settings.y[0]
    right = int(y.argmax())
    powers = _sum([f"e^{{{value:g}}}" for value in z])
    losses = losses_of(settings)
    p = probabilities_of(settings.z)[0, right]
    fused = _("fused")
    return (
        rf"\begin{{aligned}} & 1.\; p_{{{right}}} = \frac{{e^{{{z[right]:g}}}}}{{{powers}}} = {p:.6g} \\[6pt]"
        rf" & 2.\; -\ln p_{{{right}}} = {_tex_number(losses.two_steps[0])} \\"
        rf" & \text{{{fused}}}:\; \ln\left({powers}\right) - {_tex_signed(z[right])}"
        rf" = {_tex_number(losses.fused[0])}"
        r" \end{aligned}"
    )


def _tex_number(value: float) -> str:
    return tex_of(value + 0.0, 7, nan="nan")


def _tex_signed(value: float) -> str:
    return f"{value:g}" if value >= 0 else f"({value:g})"


def _sum(terms: Sequence[str]) -> str:
    return " + ".join(terms if len(terms) <= 3 else [*terms[:2], r"\cdots", terms[-1]])


def program(settings: Settings) -> str:
    """Return a program that computes the losses in two steps and fused with TensorFlow."""
    sparse = settings.sparse
    labels = settings.y.argmax(axis=1).tolist() if sparse else [list(row) for row in settings.labels]
    logits = [list(row) for row in settings.rows]
    return printed("softmax_loss", logits=logits, labels=labels, kind="sparse_" if sparse else "")


def dragged(settings: Settings, point: tuple[float, float]) -> str:
    """Return the logits as text with the bar nearest to a point drawn to its height."""
    n, classes = settings.z.shape
    stands = places(np.arange(1.0, n + 1.0), classes).T
    moved = settings.z
    moved[np.unravel_index(np.abs(stands - point[0]).argmin(), (n, classes))] = settings.scale.snap(point[1])
    return typed_numbers.write(moved)
