"""The page of dead ReLU units: a training in which they die, and its cures from the same start."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.figures import classifier as curves
from optviz.figures import dead_relu as pictures
from optviz.figures.classifier import Line
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.activations import tex, written
from optviz.lessons.tables import digits, share, table
from optviz.lessons.training_code import TrainingCode, rows_of, training_code
from optviz.lessons.training_settings import Method, Trainer
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.datasets import DATASETS
from optviz.networks.dead_relu import CURES, Record, Setup, record
from optviz.recipes import Choice

FRAMES = 40
"""Up to so many epochs the lines of the units are sent for each, of a longer training for as many at most."""

CURE_TITLES: Mapping[str, str] = {
    "rate": N_("lr/10"),
    "he": N_("He with zero biases"),
    "leaky": N_("Leaky ReLU"),
    "inputs": N_("Standardized inputs"),
}


@dataclass(frozen=True)
class Settings:
    """A training in which units die, and the cures that are shown beside it."""

    setup: Setup
    cures: tuple[str, ...]

    @property
    def setups(self) -> tuple[Setup, ...]:
        """The training as it is, then with each cure."""
        return (self.setup, *(CURES[cure](self.setup) for cure in self.cures))

    @property
    def stride(self) -> int:
        """The epochs from one picture of the lines to the next, so that the last shows the last epoch."""
        least = -(-self.setup.epochs // FRAMES)
        return next(n for n in range(least, self.setup.epochs + 1) if self.setup.epochs % n == 0)


@lru_cache(maxsize=64)
def record_of(setup: Setup) -> Record:
    """Run a training; raises DataError."""
    return record(setup)


def records(settings: Settings) -> tuple[Record, ...]:
    """Return the training as it is, then with each cure."""
    return tuple(record_of(setup) for setup in settings.setups)


def titles_of(settings: Settings) -> tuple[str, ...]:
    """Return what the trainings are called in the visitor's language."""
    return (_("No cure"), *(_(CURE_TITLES[cure]) for cure in settings.cures))


# ---- panels


@lru_cache(maxsize=32)
def arrays_of(settings: Settings) -> dict[str, Array | Thinned]:
    """Return the numbers of all epochs, as the panels follow them."""
    found = records(settings)
    arrays: dict[str, Array | Thinned] = {
        "dead": np.stack([each.dead for each in found], axis=1),
        "loss": np.stack([each.loss for each in found], axis=1),
    }
    stride = settings.stride
    for i, (setup, each) in enumerate(zip(settings.setups, found, strict=True)):
        x, y = _segments(setup, each.weights[::stride])
        for name, shown in _shown(each, stride).items():
            keep = np.repeat(shown, x.shape[-1] // shown.shape[-1], axis=-1)
            arrays[f"{name}_x{i}"] = Thinned(np.where(keep, x, np.nan), stride)
            arrays[f"{name}_y{i}"] = Thinned(np.where(keep, y, np.nan), stride)
    units = np.arange(1.0, settings.setup.units + 1)
    low, high = np.moveaxis(found[0].inputs[::stride], 1, 0)
    gap = np.full_like(low, np.nan)
    ranges = np.stack([low, high, gap], axis=-1).reshape(len(low), -1)
    for name, shown in _shown(found[0], stride).items():
        arrays[f"{name}_z"] = Thinned(np.where(np.repeat(shown, 3, axis=-1), ranges, np.nan), stride)
    arrays["unit"] = Thinned(np.broadcast_to(np.repeat(units, 3), ranges.shape), stride)
    return arrays


def _shown(found: Record, stride: int) -> dict[str, NDArray[np.bool_]]:
    silent = found.silent[::stride]
    return {"alive": ~silent, "dead": silent}


@np.errstate(all="ignore")
def _segments(setup: Setup, weights: Array) -> tuple[Array, Array]:
    """Return x and y of each unit's line and of its tick, (rows, 6 units), with gaps between."""
    center = setup.data.x.mean(axis=0)
    reach = float(np.ptp(setup.data.x, axis=0).max())
    w, b = weights[:, :2], weights[:, 2]
    size = np.sqrt(np.square(w).sum(axis=1))
    across = w / size[:, None]
    along = np.stack([-across[:, 1], across[:, 0]], axis=1)
    distance = (w[:, 0] * center[0] + w[:, 1] * center[1] + b) / size
    foot = center[:, None] - distance[:, None] * across
    gap = np.full_like(foot, np.nan)
    ends = [foot - 2 * reach * along, foot + 2 * reach * along, gap, foot, foot + 0.05 * reach * across, gap]
    x, y = np.moveaxis(np.stack(ends, axis=-1), 1, 0)
    return x.reshape(len(x), -1), y.reshape(len(y), -1)


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the lines of the units, a tab a training; the dead units and their inputs; the loss."""
    return _panels(settings, language())


@lru_cache(maxsize=32)
def _panels(settings: Settings, spoken: str) -> tuple[Panel, ...]:
    titles = titles_of(settings)
    words = {
        "alive": _("living unit"),
        "dead": _("dead unit"),
        "class0": _("class 0"),
        "class1": _("class 1"),
        "unit": _("Unit"),
        "z": "z = w·x + b",
    }
    main = [
        (title, pictures.lines(i, setup.data, words), "lines")
        for i, (title, setup) in enumerate(zip(titles, settings.setups, strict=True))
    ]
    dead = curves.curves(_lines(titles, "dead"), title=_("Dead units"), step_title=_("Epoch"), percent=True)
    dead.update_yaxes(range=[-0.03, 1.0])
    loss = curves.curves(_lines(titles, "loss"), title=_("Loss"), step_title=_("Epoch"), log=True)
    loss.update_layout(showlegend=False, yaxis_dtick="D2")  # the names stand above it
    others = [
        (_("Share of dead units"), dead, "dead"),
        (_("Inputs z"), pictures.inputs(settings.setup.units, words), "dead"),
        (_("Loss"), loss, "loss"),
    ]
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in main + others)


def _lines(titles: tuple[str, ...], array: str) -> list[Line]:
    return [
        Line(title, (array, i), series.color, series.dash, series.symbol)
        for i, (title, series) in enumerate(zip(titles, SERIES, strict=False))
    ]


# ---- words


def say(settings: Settings) -> str:
    """Say how many units are dead in the end, as it is and with each cure."""
    found, titles = records(settings), titles_of(settings)
    cures = _("; ").join(map(_say_cure, titles[1:], found[1:]))
    cured = _("Dead with each cure: {cures}.").format(cures=cures) if cures else ""
    return joined(_say_problem(settings, found[0]), cured)


def _say_problem(settings: Settings, found: Record) -> str:
    if found.diverged >= 0:
        return _("Without a cure the training diverges in epoch {epoch}: the learning rate is far too large.").format(
            epoch=found.diverged + 1
        )
    values = {"n": settings.setup.units, "epochs": settings.setup.epochs}
    if not found.dead[-1]:
        return _("None of the {n} units is dead after {epochs} epochs.").format(**values)
    text = _(
        "After {epochs} epochs {dead} of the {n} units are dead ({share}; at the start {before}) and never learn again."
    )
    dead = round(float(found.dead[-1]) * settings.setup.units)
    return text.format(dead=dead, share=share(found.dead[-1]), before=share(found.dead[0]), **values)


def _say_cure(title: str, found: Record) -> str:
    if found.diverged >= 0:
        return _("{cure}, diverges").format(cure=title)
    return _("{cure}, {share}").format(cure=title, share=share(found.dead[-1]))


def report(settings: Settings) -> str:
    """Return a table with a row a training as HTML."""
    heads = (_("Training"), _("Dead at the start"), _("Dead at the end"), _("Final loss"), _("Accuracy"))
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(title)}',
            share(each.dead[0]),
            share(each.dead[-1]),
            _("diverged") if each.diverged >= 0 else digits(each.loss[-1]),
            share(each.accuracy[-1]),
        )
        for series, title, each in zip(SERIES, titles_of(settings), records(settings), strict=False)
    ]
    return table([escape(head) for head in heads], rows)


def formula(settings: Settings) -> str:
    """Return in LaTeX why a unit that is dead in the end never learns again, with its numbers; or why one lives."""
    found = records(settings)[0]
    last = found.diverged if found.diverged >= 0 else settings.setup.epochs
    silent = found.silent[last]
    unit = int(silent.argmax()) if silent.any() else int(found.inputs[last, 1].argmin())
    w1, w2, b = (float(value) for value in found.weights[last, :, unit])
    z = f"{tex(w1, 3)}\\,x_1 {_signed(w2)}\\,x_2 {_signed(b)}"
    largest = tex(float(found.inputs[last, 1, unit]), 3)
    chain = r"\frac{\partial L}{\partial w} = \sum_x \frac{\partial L}{\partial a}\, a'(z)\, x"
    if silent.any():
        then = rf"\le 0 \;\Rightarrow\; a'(z) = 0 \\[4pt] \Rightarrow\; {chain} = 0"
    else:
        then = rf"> 0 \\[4pt] \Rightarrow\; {chain} \ne 0"
    return rf"\begin{{gathered}} \max_x\,({z}) \\ = {largest} {then} \end{{gathered}}"


def _signed(value: float) -> str:
    return f"- {tex(-value, 3)}" if value < 0 else f"+ {tex(value, 3)}"


FILE = "dead_relu.npz"


def program(setup: Setup) -> str:
    """Return a Keras program that trains the same net on the same batches, and counts the dead units."""
    moved = [f"x = {setup.scale!r} * x + {setup.shift!r}"] if (setup.scale, setup.shift) != (1.0, 0.0) else []
    standardized = ["x = (x - x.mean(axis=0)) / x.std(axis=0)"] if setup.standardized else []
    first = "model.layers[0]"
    biased = [f"{first}.bias.assign({first}.get_weights()[1] + {setup.bias!r})"] if setup.bias else []
    network, classifier, found = setup.classifier.network, setup.classifier, record_of(setup)
    return training_code(
        TrainingCode(
            FILE,
            network.sizes,
            network.activation,
            setup.initialization,
            classifier.loss,
            Method(Trainer(Choice("sgd"), setup.learning_rate)),
            classifier.batch_size,
            setup.epochs if found.diverged < 0 else found.diverged,
            (setup.seed,),
            held_out="",
            diverged=found.diverged >= 0,
            prepared=(*moved, *standardized),
            started=tuple(biased),
            told=("dead_units",),
        )
    )


def program_arrays() -> dict[str, Array]:
    """Return the arrays that the programs load: the points as they are in the course's table; raises DataError."""
    data = DATASETS["dot"]()
    return rows_of(data, data.take(np.arange(0)))


def note(settings: Settings) -> str:
    """Return what the lines in the picture mean, with the number of units."""
    return _(
        "Each line is where one of the {n} units switches on; its tick points to the active side. A "
        "dead unit has no data point on that side."
    ).format(n=written(settings.setup.units))
