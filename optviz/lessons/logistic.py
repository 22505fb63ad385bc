"""The logistic page: a line and a small net on the same points, their pictures, numbers, formulas and program."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.figures import classifier as pictures
from optviz.figures.classifier import Line
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.lessons import training_settings, trainings
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits, share
from optviz.lessons.training_settings import Sample
from optviz.locale.spoken import _, joined, language
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice

ROWS = 500
"""The rows of a curve, at most."""

WRITTEN = 6
"""The hidden units whose formula is written out, at most."""

MARGIN = 0.02
"""The difference of two accuracies from which on one is better."""

GOOD = 0.97


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the two trainings depend on; by default the course's 1000 updates at learning rate 1."""

    sample: Sample = field(default_factory=lambda: Sample(Choice("circles"), share=0.0))
    units: int = 4
    learning_rate: float = 1.0
    updates: int = 1000
    seed: int = 0

    @property
    def sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The units of each layer, of the line and of the net."""
        return (2, 1), (2, self.units, 1)


class Run(NamedTuple):
    """One of the two trainings: the parameters at the end, the curves' rows, and the regions' frames.

    `border: (rows, 3)` are the first three parameters of each row: w1, w2 and b of a line.
    """

    network: Network
    w: Array
    border: Array
    loss: Array
    accuracy: Array
    regions: NDArray[np.uint8]


@lru_cache(maxsize=32)
def runs_of(settings: Settings) -> tuple[Run, Run]:
    """Train the line and the net on all points at once; raise DataError."""
    line, net = (_run(settings, sizes) for sizes in settings.sizes)
    return line, net


def _run(settings: Settings, sizes: tuple[int, ...]) -> Run:
    data = training_settings.points_of(settings.sample)[0]
    network = Network(sizes, ACTIVATIONS["tanh"]())
    classifier = Classifier(network, LOSSES["binary_crossentropy"], data, len(data), shuffle=False)
    start = network.init(settings.seed, "small")
    steps = descend(classifier, OPTIMIZERS["sgd"](), lambda t: settings.learning_rate, start)
    w = record(steps, settings.updates).w
    some = w[:: trainings.stride_of(settings.updates, ROWS)]
    loss, accuracy = classifier.evaluate(some, data)
    axis = training_settings.axis_of(settings.sample)
    regions = classifier.regions(w[:: trainings.stride_of(settings.updates)], axis, axis)
    return Run(network, w[-1], some[:, :3], loss, accuracy, trainings.percent(regions))


@lru_cache(maxsize=32)
def arrays_of(settings: Settings) -> dict[str, Thinned]:
    """Return the numbers of all updates, as the panels follow them."""
    runs = runs_of(settings)
    rows, frames = (trainings.stride_of(settings.updates, most) for most in (ROWS, trainings.FRAMES))
    with np.errstate(over="ignore"):
        numbers = np.stack([*(run.loss for run in runs), *(run.accuracy for run in runs)], axis=1).astype(np.float32)
    ends = ends_of(runs[0].border, float(training_settings.axis_of(settings.sample)[-1]))
    return {
        "numbers": Thinned(numbers, rows),
        "border1": Thinned(ends[..., 0], rows),
        "border2": Thinned(ends[..., 1], rows),
        **{f"regions{side}": Thinned(run.regions, frames) for side, run in enumerate(runs)},
    }


def ends_of(border: Array, reach: float) -> Array:
    """Return two points far apart, (rows, 2, 2), on each line `w1 x1 + w2 x2 + b = 0` of `border: (rows, 3)`."""
    normal, b = border[:, :2], border[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        length = np.hypot(normal[:, :1], normal[:, 1:])
        foot = -b / length * (normal / length)
        along = np.stack([-normal[:, 1], normal[:, 0]], axis=1) / length
    return np.stack([foot - 4 * reach * along, foot + 4 * reach * along], axis=1)


def titles_of(settings: Settings) -> tuple[str, str]:
    """Return what the two are called in the visitor's language."""
    return _("Logistic regression"), _("2-{units}-1 net").format(units=settings.units)


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language."""
    return _panels(settings.sample, titles_of(settings), language())


@lru_cache(maxsize=64)
def _panels(sample: Sample, titles: tuple[str, str], spoken: str) -> tuple[Panel, ...]:
    words = {
        "output": _("output {z}%, above {limit}%: class 1").format(z="%{z}", limit=pictures.BOUNDARY),
        "class0": _("class 0"),
        "class1": _("class 1"),
        "validation": _("validation"),
    }
    xs, points = training_settings.axis_of(sample), training_settings.points_of(sample)
    step = _("Step")
    figures = [
        pictures.regions("regions0", xs, *points, None, words, ("border1", "border2")),
        pictures.regions("regions1", xs, *points, None, words),
        pictures.curves(_lines(titles, 0), title=_("Loss"), step_title=step),
        pictures.curves(_lines(titles, 2), title=_("Accuracy"), step_title=step, percent=True),
    ]
    names = (*titles, _("Loss"), _("Accuracy"))
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), name, f"cell{i}")
        for i, (figure, name) in enumerate(zip(figures, names, strict=True))
    )


def _lines(titles: Sequence[str], column: int) -> list[Line]:
    return [
        Line(titles[0], ("numbers", column), "series1", "solid", "circle"),
        Line(titles[1], ("numbers", column + 1), "series2", "dash", "square"),
    ]


def say(settings: Settings) -> str:
    """Say how many points each of the two gets right, and why."""
    line, net = runs_of(settings)
    if not (np.isfinite(line.loss).all() and np.isfinite(net.loss).all()):
        return _("The training diverged at learning rate {rate}: the loss is no longer finite.").format(
            rate=digits(settings.learning_rate)
        )
    text = _("After {updates} updates the line gets {line} of the {n} points right, the net {net}.")
    said = text.format(
        updates=settings.updates,
        line=share(line.accuracy[-1]),
        net=share(net.accuracy[-1]),
        n=len(training_settings.points_of(settings.sample)[0]),
    )
    return joined(said, _why(float(line.accuracy[-1]), float(net.accuracy[-1])))


def _why(line: float, net: float) -> str:
    if net > line + MARGIN:
        return _(
            "A line can only divide the plane in two; the hidden units bend the boundary to the shape of the class."
        )
    if min(line, net) > GOOD:
        return _("Here a line is enough: bending it gains nothing.")
    if line > net + MARGIN:
        return _(
            "The net has not found the right boundary: it needs other initial weights, more updates or more units."
        )
    return _("The net's boundary is still nearly straight: it needs more updates or more units to bend it.")


def formulas(settings: Settings) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return title and LaTeX of the line and of the net, with the weights of the end."""
    (line, net), (first, second) = runs_of(settings), titles_of(settings)
    (weights, bias) = line.network.views(line.w)[0]
    w1, w2, b = *weights[:, 0], bias[0]
    lines = (rf"\hat y &= \sigma({_sum((w1, w2), b)})", _border(w1, w2, b))
    return (first, _aligned([line for line in lines if line])), (second, _net(net))


def _border(w1: float, w2: float, b: float) -> str:
    if not (w1 or w2):
        return ""
    x, other, a, c = ("x_2", "x_1", w1 / w2, b / w2) if abs(w2) >= abs(w1) else ("x_1", "x_2", w2 / w1, b / w1)
    return rf"\hat y = \tfrac12 &\iff {x} = {_sum((-a,), -c, (other,))}"


def _net(run: Run) -> str:
    (weights, biases), (out, bias) = run.network.views(run.w)
    if len(biases) > WRITTEN:
        return (
            rf"\hat y = \sigma\Big(\sum_{{j=1}}^{{{len(biases)}}} v_j \tanh(w_{{1j}} x_1 + w_{{2j}} x_2 + b_j) + c\Big)"
        )
    names = [f"h_{j}" for j in range(1, len(biases) + 1)]
    hidden = [rf"{name} &= \tanh({_sum(weights[:, j], biases[j])})" for j, name in enumerate(names)]
    # Two units a line: more would not fit on a phone.
    pairs = [slice(start, start + 2) for start in range(0, len(names), 2)]
    sums = [_terms(out[pair, 0], names[pair]) for pair in pairs]
    output = rf"\hat y &= \sigma\big({sums[0].removeprefix('+')}" + "".join(rf"\\&\quad {rest}" for rest in sums[1:])
    return _aligned([*hidden, rf"{output} {bias[0]:+.2f}\big)"])


def _aligned(lines: Sequence[str]) -> str:
    return r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"


def _terms(factors: Sequence[float] | Array, names: Sequence[str]) -> str:
    return " ".join(f"{factor:+.2f}\\,{name}" for factor, name in zip(factors, names, strict=True))


def _sum(factors: Sequence[float] | Array, constant: float, names: Sequence[str] = ("x_1", "x_2")) -> str:
    return f"{_terms(factors, names)} {constant:+.2f}".removeprefix("+")


def program(settings: Settings) -> str:
    """Return a program that trains both with TensorFlow, from the same weights."""
    values = ", ".join(f"{name}={value!r}" for name, value in settings.sample.dataset.values)
    return printed("logistic", settings=settings, values=values)
