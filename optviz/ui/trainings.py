"""The classifier page's training: from what the controls say to the panels, the table and the sentences under them."""

import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha1
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.activations import ACTIVATIONS
from optviz.classifier import BOUNDARY, ENGINES, Classifier, Engine, Epoch, train
from optviz.datasets import DATASETS, Dataset
from optviz.figures import classifier as pictures
from optviz.figures.classifier import CLASSES, PERCENT, Bars, Line
from optviz.losses import LOSSES
from optviz.network import INITIALIZATIONS, Layer, Network
from optviz.optimizers import OPTIMIZERS
from optviz.schedules import SCHEDULES, Schedule, warmup
from optviz.tensorflow_engine import EngineMissing
from optviz.ui.language import _, language
from optviz.ui.links import Link
from optviz.ui.panels import tracks_of
from optviz.ui.player import Panel, Thinned
from optviz.ui.runs import Run
from optviz.ui.tables import digits, share
from optviz.ui.tables import table as html

Array = NDArray[np.float64]
Values = tuple[tuple[str, float], ...]

TICK = 0.06
"""The seconds of training between two updates of the picture."""

PERIOD = 0.1
"""The seconds from one update of the picture to the next."""

REACH = 3.0
"""The half side of the square that is drawn, at least: the course's grid, of step 0.1."""

FAR = 0.01
"""The share of points that may lie outside it."""

CELLS = 61
FRAMES = 100
BINS = 41
MOST_EPOCHS = 15_000
NEAR_ZERO = 1e-3
SPLIT_SEED = 0
"""The seed of the training changes the start and the batches, never which points are held out."""

SIDES = ("A", "B")
DASHES = ("solid", "dash")
COLORS = ("series1", "series2")

NUMBERS = ("loss", "penalty", "validation_loss", "accuracy", "validation_accuracy", "learning_rate")
"""The numbers of an epoch that are drawn as curves, in the order of their columns."""


@dataclass(frozen=True)
class Sample:
    """The points: a data set of the registry with its parameters, and the share held out for validation."""

    dataset: str = "dot"
    values: Values = ()
    share: float = 0.2


@dataclass(frozen=True)
class Method:
    """What may differ between two trainings that are compared."""

    optimizer: str = "sgd"
    values: Values = ()
    learning_rate: float = 0.01
    l2: float = 0.0
    l1: float = 0.0


@dataclass(frozen=True)
class Settings:
    """Everything that a training depends on; by default the course's, with a fifth of the points held out.

    With two methods two nets are trained, from the same initial weights and on the same batches.
    """

    sample: Sample = Sample()
    layers: int = 1
    units: int = 11
    activation: str = "relu"
    initialization: str = "course"
    loss: str = "mse"
    methods: tuple[Method, ...] = (Method(),)
    schedule: str = "constant"
    schedule_values: Values = ()
    warmup: int = 0
    batch_size: int = 32
    epochs: int = 800
    seed: int = 0
    shuffle: bool = True
    engine: str = "numpy"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The units of each layer, inputs and output included."""
        return (2, *[self.units] * self.layers, 1)


@lru_cache(maxsize=32)
def points_of(sample: Sample) -> tuple[Dataset, Dataset]:
    """Return the points to train on and those held out; raises DataError."""
    return DATASETS[sample.dataset](**dict(sample.values)).split(sample.share, SPLIT_SEED)


@lru_cache(maxsize=32)
def axis_of(sample: Sample) -> Array:
    """Return the coordinates of the drawn grid's cells, the same along both axes.

    The square is the course's where it holds all points but one in a hundred, else it holds every point.
    """
    farthest = np.concatenate([np.abs(data.x).max(axis=1) for data in points_of(sample)])
    reach = REACH if (farthest > REACH).mean() <= FAR else 1.05 * float(farthest.max())
    return np.linspace(-reach, reach, CELLS)


def _classifier(settings: Settings, engine: Engine) -> Classifier:
    network = Network(settings.sizes, ACTIVATIONS[settings.activation])
    data = points_of(settings.sample)[0]
    loss = LOSSES[settings.loss]
    return Classifier(network, loss, data, settings.batch_size, settings.seed, settings.shuffle, engine)


def factor_of(settings: Settings) -> Schedule:
    """Return the schedule with its warm-up, of learning rate 1; it counts updates."""
    return Schedule(1.0, warmup(SCHEDULES[settings.schedule](**dict(settings.schedule_values)), settings.warmup))


class Training:
    """One visitor's training of one or two nets, advanced a little at a time, with the rows of all epochs so far.

    It draws nothing at random of its own: stopped and continued it gives the numbers of an uninterrupted one. Raises
    DataError; where the engine's package is not installed NumPy takes its place, and `install` says what is missing.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.install = ""
        self.classifier = _classifier(settings, ENGINES[settings.engine])
        try:
            self.classifier.engine.make(self.classifier.network, self.classifier.loss)
        except EngineMissing as error:
            self.install = error.install
            self.classifier = _classifier(settings, ENGINES["numpy"])
        self.start = self.classifier.network.init(settings.seed, settings.initialization)
        self._trainings = [self._begin(method) for method in settings.methods]
        self._axis = axis_of(settings.sample)
        self.edges = bins_of(self.start)
        self.stride = stride_of(settings.epochs)
        self.target = settings.epochs
        self.stopped = False
        self.epoch = -1
        self._latest: dict[int, Epoch] = {}
        count = len(settings.methods)
        self._numbers = np.empty((0, count, len(NUMBERS)), np.float32)
        self._regions = np.empty((0, count, CELLS, CELLS), np.uint8)
        self._weights = np.empty((0, count, BINS), np.float32)
        self._make_room()
        self._train_epoch()

    def _begin(self, method: Method) -> Iterator[Epoch]:
        optimizer = OPTIMIZERS[method.optimizer](**dict(method.values))
        schedule = Schedule(method.learning_rate, factor_of(self.settings))
        validation = points_of(self.settings.sample)[1]
        return train(
            self.classifier, optimizer, schedule, self.start, validation=validation, l1=method.l1, l2=method.l2
        )

    @property
    def latest(self) -> tuple[Epoch, ...]:
        """Each net after its last epoch."""
        return tuple(self._latest.values())

    @property
    def diverged(self) -> bool:
        """Whether no net is left that could be trained on."""
        return all(epoch.reason for epoch in self.latest)

    @property
    def running(self) -> bool:
        """Whether more epochs are to come."""
        return not self.stopped and self.epoch < self.target and not self.diverged

    def advance(self, seconds: float = TICK) -> None:
        """Train for some time, at least one epoch, unless it is over."""
        deadline = time.monotonic() + seconds
        while self.running:
            self._train_epoch()
            if time.monotonic() >= deadline:
                return

    def stop(self) -> None:
        """Stop after the epoch that is done."""
        self.stopped = True

    def go_on(self) -> None:
        """Go on: to the end if it was stopped before, else for as many epochs more as were asked for."""
        self.stopped = False
        if self.epoch >= self.target:
            self.target = min(self.target + self.settings.epochs, MOST_EPOCHS)
            self._make_room()

    def _make_room(self) -> None:
        rows, frames = self.target + 1, self.target // self.stride + 1
        self._numbers, self._regions, self._weights = (
            _longer(self._numbers, rows, np.nan),
            _longer(self._regions, frames, 0),
            _longer(self._weights, frames, 0),
        )

    def _train_epoch(self) -> None:
        self.epoch += 1
        for side, training in enumerate(self._trainings):
            following = next(training, None)
            # A net that has diverged keeps its last finite picture, and its curves end.
            if following is not None:
                self._latest[side] = following
                with np.errstate(over="ignore"):
                    self._numbers[self.epoch, side] = [getattr(following, name) for name in NUMBERS]
        if self.epoch % self.stride == 0:
            self._draw_frame(self.epoch // self.stride)

    def _draw_frame(self, frame: int) -> None:
        mask = self.classifier.network.weight_mask > 0
        for side, epoch in enumerate(self.latest):
            self._regions[frame, side] = percent(self.classifier.regions(epoch.w, self._axis, self._axis))
            self._weights[frame, side] = count(epoch.w[mask], self.edges)

    @property
    def arrays(self) -> dict[str, NDArray[np.float32] | Thinned]:
        """The rows of all epochs so far, as the panels follow them."""
        numbers = self._numbers[: self.epoch + 1]
        frames = self.epoch // self.stride + 1
        arrays: dict[str, NDArray[np.float32] | Thinned] = {"numbers": numbers}
        for side in range(len(self.latest)):
            arrays[f"regions{side}"] = Thinned(self._regions[:frames, side], self.stride)
            arrays[f"weights{side}"] = Thinned(self._weights[:frames, side], self.stride)
        return arrays

    def response(self, side: int, point: tuple[float, float]) -> float:
        """Return what a net answers to a point, after the last epoch trained."""
        return float(self.classifier.response(self.latest[side].w, np.array([point]))[0])


def _longer(rows: NDArray[Any], length: int, filling: float) -> NDArray[Any]:
    missing = max(length - len(rows), 0)
    return np.concatenate([rows, np.full((missing, *rows.shape[1:]), filling, rows.dtype)])


def stride_of(epochs: int) -> int:
    """Return the epochs from one picture of the regions to the next, so that the last falls on the last epoch.

    Where no stride of at most twice the least divides the epochs, the last picture is a few epochs older.
    """
    least = -(-epochs // FRAMES)
    return next((stride for stride in range(least, 2 * least) if epochs % stride == 0), least)


def bins_of(start: Array) -> Array:
    """Return the bins' edges `(BINS + 1,)`, symmetric about a bin for zero, wide enough for the weights to grow."""
    reach = max(REACH, float(np.ceil(1.25 * np.abs(start).max())))
    return np.linspace(-reach, reach, BINS + 1)


def percent(response: Array) -> NDArray[np.uint8]:
    """Return responses as whole percents, 0 to 100; a response beyond is as certain as can be."""
    known = np.nan_to_num(response, nan=BOUNDARY, posinf=1.0, neginf=0.0)
    return np.rint(known.clip(0.0, 1.0) * PERCENT).astype(np.uint8)


def count(weights: Array, edges: Array) -> NDArray[np.int_]:
    """Return how many weights lie in each bin; those beyond the ends are counted in the last bins."""
    return np.histogram(weights.clip(edges[0], edges[-1]), edges)[0]


def keep(link: Link, settings: Settings) -> Training:
    """Return this visitor's training: the one at hand if it has these settings, else a new one."""
    key = f"{link.page}-training"
    training: Training | None = st.session_state.get(key)
    if training is None or training.settings != settings:
        loaded = settings.engine in sys.modules
        with nullcontext() if loaded else st.spinner(_("Loading TensorFlow: the first time it takes some seconds …")):
            training = Training(settings)
        st.session_state[key] = training
    return training


def run_key(settings: Settings) -> str:
    """Return a name that is the same for the same training only."""
    return sha1(repr(astuple(settings)).encode(), usedforsecurity=False).hexdigest()[:16]


# ---- names


def epoch_words() -> dict[str, str]:
    """Return the words with which the player counts epochs in place of steps."""
    return {"step": _("epoch {step}"), "step_of": _("epoch {step} / {steps}"), "scrub": _("Epoch")}


def titles_of(settings: Settings) -> tuple[str, ...]:
    """Return what each net is called, in the visitor's language: "SGD, L2 0.03", or "A: SGD" of two."""
    methods = settings.methods
    shared = methods[0].learning_rate if len({method.learning_rate for method in methods}) == 1 else np.nan
    titles = tuple(_title(method, shared, methods) for method in methods)
    if len(titles) == 1:
        return titles
    return tuple(f"{side}: {title}" for side, title in zip(SIDES, titles, strict=False))


def _title(method: Method, shared: float, methods: tuple[Method, ...]) -> str:
    name = Run(method.optimizer, method.learning_rate, _changed(method)).title(shared)
    l2 = [f"L2 {method.l2:g}"] if any(each.l2 for each in methods) else []
    l1 = [f"L1 {method.l1:g}"] if any(each.l1 for each in methods) else []
    return _(", ").join([name, *l2, *l1])


def _changed(method: Method) -> Values:
    defaults = OPTIMIZERS[method.optimizer].defaults
    return tuple((name, value) for name, value in method.values if value != defaults[name])


# ---- panels


def panels_of(training: Training, asked: tuple[float, float], log: bool) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language."""
    return _panels(training.settings, tuple(training.edges.tolist()), asked, log, language())


@lru_cache(maxsize=64)
def _panels(
    settings: Settings, edges: tuple[float, ...], asked: tuple[float, float], log: bool, spoken: str
) -> tuple[Panel, ...]:
    titles = titles_of(settings)
    regions = [_region_panel(settings, side, asked, titles) for side in range(len(titles))]
    figures = (
        (_("Loss"), pictures.curves(_loss_lines(settings), title=_("Loss"), step_title=_("Epoch"), log=log), "loss"),
        (
            _("Accuracy"),
            pictures.curves(
                _lines(settings, ("accuracy", "validation_accuracy")),
                title=_("Accuracy"),
                step_title=_("Epoch"),
                percent=True,
            ),
            "loss",
        ),
        (
            _("Weights"),
            pictures.histogram(
                [Bars(title, f"weights{side}", COLORS[side]) for side, title in enumerate(titles)],
                np.array(edges),
                title=_("Weight"),
                count_title=_("Number of weights"),
            ),
            "weights",
        ),
        (
            _("Learning rate"),
            pictures.curves(_lines(settings, ("learning_rate",)), title=_("Learning rate"), step_title=_("Epoch")),
            "weights",
        ),
    )
    return (
        *regions,
        *(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in figures),
    )


def _region_panel(settings: Settings, side: int, asked: tuple[float, float], titles: tuple[str, ...]) -> Panel:
    words = {
        "output": _("output {z} %, above {limit} %: class 1").format(z="%{z}", limit=pictures.BOUNDARY),
        "class0": _("class 0"),
        "class1": _("class 1"),
        "validation": _("validation"),
        "asked": _("the point asked for"),
    }
    xs = axis_of(settings.sample)
    figure = pictures.regions(f"regions{side}", xs, *points_of(settings.sample), asked, words)
    title = titles[side] if len(titles) > 1 else _("Decision regions")
    return Panel(figure.to_json(), tracks_of(figure), title, f"regions{side}", pick=True)


class Curve(NamedTuple):
    """How a number is drawn, on both sides alike."""

    color: str
    dash: str
    symbol: str


_CURVES = {
    "loss": Curve("series1", "solid", "circle"),
    "penalty": Curve("series3", "dot", "triangle-up"),
    "validation_loss": Curve("series2", "dash", "square"),
    "accuracy": Curve("series1", "solid", "circle"),
    "validation_accuracy": Curve("series2", "dash", "square"),
    "learning_rate": Curve("series4", "solid", "circle"),
}


def _names() -> dict[str, str]:
    return {
        "loss": _("training"),
        "penalty": _("penalty"),
        "validation_loss": _("validation"),
        "accuracy": _("training"),
        "validation_accuracy": _("validation"),
        "learning_rate": _("Learning rate"),
    }


def _loss_lines(settings: Settings) -> list[Line]:
    penalized = any(method.l1 or method.l2 for method in settings.methods)
    return _lines(settings, ("loss", "penalty", "validation_loss") if penalized else ("loss", "validation_loss"))


def _lines(settings: Settings, shown: tuple[str, ...]) -> list[Line]:
    count, names = len(settings.methods), _names()
    if not len(points_of(settings.sample)[1]):
        shown = tuple(name for name in shown if not name.startswith("validation"))
    return [
        Line(
            names[name] if count == 1 else f"{SIDES[side]} {names[name]}",
            ("numbers", side * len(NUMBERS) + NUMBERS.index(name)),
            curve.color,
            curve.dash if count == 1 else DASHES[side],
            curve.symbol if side == 0 else f"{curve.symbol}-open",
        )
        for side in range(count)
        for name, curve in ((name, _CURVES[name]) for name in shown)
        if name != "penalty" or settings.methods[side].l1 or settings.methods[side].l2
    ]


# ---- what is said


class Result(NamedTuple):
    """What the table says of one net after its last epoch."""

    epoch: Epoch
    squares: float
    near_zero: int
    weights: int
    dead: float
    alike: bool


def result_of(training: Training, side: int) -> Result:
    """Measure a net after the last epoch trained."""
    epoch, network = training.latest[side], training.classifier.network
    weights = epoch.w[network.weight_mask > 0]
    with np.errstate(over="ignore"):
        squares = float(weights @ weights)
    near = int((np.abs(weights) < NEAR_ZERO).sum())
    dead = float(training.classifier.dead_units(epoch.w))
    alike = any(_alike(*pair) for pair in pairwise(network.views(epoch.w)))
    return Result(epoch, squares, near, len(weights), dead, alike)


def _alike(layer: Layer, following: Layer) -> bool:
    """Whether the units of a layer, several, are copies of one another, with the same weights in and out."""
    (weights, biases), onward = layer, following[0]
    units = np.vstack([weights, biases, onward.T])
    return units.shape[1] > 1 and bool((units == units[:, :1]).all())


def say(training: Training) -> str:
    """Say in a few sentences how the training stands."""
    results = [result_of(training, side) for side in range(len(training.latest))]
    named = list(zip(titles_of(training.settings), results, strict=True))
    parts = [_say_numbers(training, title, result) for title, result in named if not result.epoch.reason]
    for side, result in enumerate(results):
        parts += _say_diverged(training, side) if result.epoch.reason else []
    if len(results) > 1 and not any(result.epoch.reason for result in results):
        parts.append(_say_compared(*results))
    for title, result in named:
        several = f"{title}{_(': ')}" if len(named) > 1 else ""
        if result.alike:
            text = _("All units of a hidden layer are equal and stay so: they began with the same weights.")
            parts.append(several + text)
        if result.dead:
            parts.append(several + _say_dead(result.dead))
    return " ".join(parts)


def _say_numbers(training: Training, title: str, result: Result) -> str:
    epoch = result.epoch
    values = {"name": title, "epoch": epoch.epoch, "loss": digits(epoch.loss), "accuracy": share(epoch.accuracy)}
    if not len(points_of(training.settings.sample)[1]):
        text = _("{name} after {epoch} epochs: loss {loss}, accuracy {accuracy}.")
    else:
        text = _(
            "{name} after {epoch} epochs: loss {loss} (validation {held_loss}), "
            "accuracy {accuracy} (validation {held_accuracy})."
        )
        values |= {"held_loss": digits(epoch.validation_loss), "held_accuracy": share(epoch.validation_accuracy)}
    return text.format(**values)


def _say_diverged(training: Training, side: int) -> list[str]:
    epoch, method = training.latest[side], training.settings.methods[side]
    text = _("{name} diverged in epoch {epoch}, at learning rate {rate}: its last finite loss was {loss}.")
    plain = _("A smaller learning rate helps: plain SGD steps too far where the loss is steep.")
    return [
        text.format(
            name=titles_of(training.settings)[side],
            epoch=epoch.epoch + 1,
            rate=digits(epoch.learning_rate),
            loss=digits(epoch.loss + epoch.penalty),
        ),
        *([plain] if method.optimizer == "sgd" else []),
    ]


def _say_compared(a: Result, b: Result) -> str:
    low, high = sorted(zip(SIDES, (a, b), strict=True), key=lambda pair: pair[1].squares)
    return _("{name} has the smaller weights, which make a smoother boundary: ‖w‖² is {low} against {high}.").format(
        name=low[0], low=digits(low[1].squares), high=digits(high[1].squares)
    )


def _say_dead(dead: float) -> str:
    if dead == 1:
        return _("All hidden units are dead: they put out 0 for every point, and no gradient passes them.")
    text = _("{share} of the hidden units are dead: they put out 0 for every training point.")
    return text.format(share=share(dead))


def answer(training: Training, asked: tuple[float, float]) -> str:
    """Answer in Markdown which class the asked point has."""
    count = len(training.latest)
    point = _("Which class has ✕ ({x1}, {x2})?").format(x1=f"{asked[0]:.6g}", x2=f"{asked[1]:.6g}")
    answers = [_answer(training.response(side, asked), SIDES[side] if count > 1 else "") for side in range(count)]
    return f"**{point}** " + " ".join(answers)


def _answer(response: float, side: str) -> str:
    if not np.isfinite(response):
        return _("The net has no finite output there.")
    label = int(response > BOUNDARY)
    word = (_("class 0, blue"), _("class 1, red"))[label]
    colored = f":{('blue', 'red')[label]}[{CLASSES[label].glyph} **{word}**]"
    relation = ">" if label else "≤"
    start = f"{side}{_(': ')}" if side else ""
    return start + _("The output {output} {relation} {limit}: {answer}.").format(
        output=f"{response:.4f}", relation=relation, limit=BOUNDARY, answer=colored
    )


def table(training: Training) -> str:
    """Return the table under the picture as HTML: one row a net."""
    heads = (
        "",
        _("Data loss"),
        _("Penalty"),
        _("Validation loss"),
        _("Accuracy"),
        _("Validation accuracy"),
        "‖w‖²",
        escape(_("Weights |w| < {near}").format(near=f"{NEAR_ZERO:g}")),
        _("Dead units"),
    )
    rows = [
        [escape(text) for text in (title, *_cells(result_of(training, side)))]
        for side, title in enumerate(titles_of(training.settings))
    ]
    return html(heads, rows)


def _cells(result: Result) -> tuple[str, ...]:
    epoch = result.epoch
    return (
        digits(epoch.loss),
        digits(epoch.penalty),
        digits(epoch.validation_loss),
        share(epoch.accuracy),
        share(epoch.validation_accuracy),
        digits(result.squares),
        _("{n} of {all}").format(n=result.near_zero, all=result.weights),
        share(result.dead),
    )


def formulas(settings: Settings) -> list[tuple[str, str]]:
    """Return title and LaTeX of what is minimized, of the net, and of each optimizer, once each."""
    loss, activation = LOSSES[settings.loss], ACTIVATIONS[settings.activation]
    minimized = [(title, _minimized(loss.formula, method)) for title, method in _distinct_penalties(settings)]
    shown = dict.fromkeys(method.optimizer for method in settings.methods)
    initialization, schedule = INITIALIZATIONS[settings.initialization], SCHEDULES[settings.schedule]
    return [
        *minimized,
        (_(activation.title), f"a(z) = {activation.formula}"),
        (_("Initial weights"), rf"w \sim {initialization.formula}"),
        *((_(OPTIMIZERS[name].title), OPTIMIZERS[name].formula) for name in shown),
        (_(schedule.title), schedule.formula),
    ]


def _distinct_penalties(settings: Settings) -> list[tuple[str, Method]]:
    methods, what = settings.methods, _("What is minimized")
    if len({(method.l1, method.l2) for method in methods}) == 1:
        return [(what, methods[0])]
    return [(f"{side}: {what}", method) for side, method in zip(SIDES, methods, strict=False)]


def _minimized(loss: str, method: Method) -> str:
    l2 = rf" + {method.l2:g} \cdot \tfrac{{1}}{{2}} \sum w^2" if method.l2 else ""
    l1 = rf" + {method.l1:g} \sum |w|" if method.l1 else ""
    return loss + l2 + l1
