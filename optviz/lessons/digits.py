"""The digits page: from what the controls say to the panels, the sentence, the misread images and the program."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from itertools import pairwise
from string import hexdigits
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.course import addresses
from optviz.course.addresses import Unreadable
from optviz.figures import digits as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons import nets
from optviz.lessons.tables import share
from optviz.lessons.training_code import training_code, until_diverged
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.digits import (
    CLASSES,
    INK,
    SHEET,
    SIDE,
    Bitmap,
    Digits,
    confusion,
    inked,
    scale_of,
    scaled,
    seen,
    split,
    tiles,
)
from optviz.networks.activations import ACTIVATIONS, softmax
from optviz.networks.classifier import Epoch
from optviz.networks.event_files import EventRun, curve, layers, losses
from optviz.networks.losses import SOFTMAX_CROSSENTROPY
from optviz.networks.training_plan import NUMBERS, Plan, Trained, fit

SCALES = {"unit": N_("from 0 to 1"), "standard": N_("standardized")}
SHOWN = 24
"""The misread images that are shown, at most."""

GUESSED = 0.2
"""The accuracy below which nothing is learned: one of ten is guessed right."""


@dataclass(frozen=True)
class Settings:
    """Everything that a training on the digits depends on; by default softmax regression."""

    plan: Plan = field(default_factory=lambda: Plan(learning_rate=1.0))
    scale: str = "unit"
    split: int = 0


class Result(NamedTuple):
    """A training with what it makes of the test images: probabilities (rows, 10) at the end, counts of each epoch."""

    fit: Trained
    test: Digits
    probabilities: NDArray[np.float64]
    confusion: NDArray[np.int_]


@lru_cache(maxsize=12)
def result_of(settings: Settings) -> Result:
    """Train; raise DataError."""
    training, test = split(settings.split)
    near, far = scaled(training, test, settings.scale)
    result = fit(settings.plan, near, far, SOFTMAX_CROSSENTROPY)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = result.network.forward(result.w, far.x)
    counts = confusion(test.labels, outputs.argmax(axis=-1))
    return Result(result, test, softmax(outputs[-1]), counts)


def steps_of(settings: Settings) -> int:
    """Return the last epoch that can be shown."""
    return result_of(settings).fit.last.epoch


@lru_cache(maxsize=24)
def arrays_of(settings: Settings) -> dict[str, NDArray[np.float32] | NDArray[np.uint8]]:
    """Return the numbers of all epochs, as the panels follow them."""
    result = result_of(settings)
    diagonal = np.eye(CLASSES, dtype=bool)
    counts = result.confusion.astype(np.float32)
    first = result.fit.network.views(result.fit.w)[0][0].swapaxes(-1, -2)
    with np.errstate(over="ignore"):
        curves = {"numbers": result.fit.numbers, **nets.loss_arrays(result.fit)}
        curves = {name: rows.astype(np.float32) for name, rows in curves.items()}
    sheet = pictures.in_bytes(tiles(first, _columns(first.shape[-2]), 0.0))
    return {
        **curves,
        "right": np.where(diagonal, counts, np.nan),
        "wrong": np.where(diagonal | (counts == 0), np.nan, counts),
        "weights": sheet,
    }


def _columns(images: int) -> int:
    return 5 if images <= CLASSES else 8


def panels_of(settings: Settings, log: bool) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language."""
    first = settings.plan.hidden[0] if settings.plan.hidden else 0
    test = _("test")
    return (
        _confusion(language()),
        _weights(first, language()),
        nets.curves("numbers", (2, 3), _("Accuracy"), test, percent=True),
        nets.losses(result_of(settings).fit, test, log=log),
    )


@lru_cache(maxsize=8)
def _confusion(spoken: str) -> Panel:
    hover = _("{y} read as {x}: {z} times").format(y="%{y}", x="%{x}", z="%{z}")
    most = max(np.bincount(split(0)[1].labels))
    figure = pictures.confusion(
        "right", "wrong", shown=_("True digit"), read=_("Digit read"), most=int(most), hover=hover
    )
    return Panel(figure.to_json(), tracks_of(figure), _("Confusion matrix"), "confusion")


@lru_cache(maxsize=64)
def _weights(hidden: int, spoken: str) -> Panel:
    n = hidden or CLASSES
    title = _("Weights of the first hidden layer") if hidden else _("Weights of each digit")
    name = _("Unit {number}") if hidden else _("Digit {number}")
    names = [name.format(number=i + 1 if hidden else i) for i in range(n)]
    above = () if hidden else tuple(map(str, range(CLASSES)))
    keys = _("arrow keys go from one to another, enter shows it large, Esc closes it")
    figure = pictures.weights("weights", _columns(n), names, above, keys)
    return Panel(figure.to_json(), tracks_of(figure), title, "weights")


def say(settings: Settings) -> str:
    """Say how many test images are read, and which digit is most often taken for another."""
    result = result_of(settings)
    last, counts = result.fit.last, result.confusion[-1]
    parts = [nets.say_diverged(result.fit)] if last.reason else []
    text = _("After {epochs} epochs it reads {share} of {n} test images correctly ({training} of the training images).")
    parts.append(
        text.format(
            epochs=last.epoch,
            share=share(last.validation_accuracy),
            n=len(result.test),
            training=share(last.accuracy),
        )
    )
    wrong = counts * (1 - np.eye(CLASSES, dtype=int))
    if last.validation_accuracy < GUESSED:
        parts.append(_("That is hardly better than guessing: the steps are too large, or too few."))
    elif wrong.any():
        shown, read = np.unravel_index(int(wrong.argmax()), wrong.shape)
        most = _("Most common mistake: {shown} read as {read}, {times} of {all} times.")
        parts.append(
            most.format(shown=shown, read=read, times=wrong[shown, read], all=counts[shown].sum()),
        )
    else:
        parts.append(_("No image is misread."))
    return joined(*parts)


def explain(settings: Settings) -> str:
    """Say how to look at the images of the weights."""
    if settings.plan.hidden:
        return _("Each image of weights is a hidden unit: ink on red raises the unit, ink on blue lowers it.")
    return _("Each image of weights is a digit: ink on red counts for the digit, ink on blue against it.")


def misread(settings: Settings) -> str:
    """Return the test images that are read wrongly as HTML, the surest mistakes first."""
    result = result_of(settings)
    read, shown = result.probabilities.argmax(axis=-1), result.test.labels
    sure = result.probabilities.max(axis=-1)
    wrong = np.flatnonzero(read != shown)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    if not len(wrong):
        return ""
    title = _("All {all} misread test images: true digit → digit read, confidence")
    if len(wrong) > SHOWN:
        title = _("{n} of {all} misread test images: true digit → digit read, confidence")
    title = title.format(n=SHOWN, all=len(wrong))
    cards = "".join(
        _card(result.test.x[i], int(shown[i]), int(read[i]), float(sure[i])) for i in wrong[:SHOWN].tolist()
    )
    return f"<p class='optviz-said'>{escape(title)}</p><div class='optviz-images'>{cards}</div>"


def _card(pixels: NDArray[np.float64], shown: int, read: int, sure: float) -> str:
    alt = escape(_("An image of {shown}, read as {read}").format(shown=shown, read=read))
    caption = f"{shown} → {read}, {sure:.0%}"
    url = pictures.image(pixels.astype(np.uint8).tobytes())
    return f"<figure><img src='{url}' alt='{alt}'><figcaption>{caption}</figcaption></figure>"


# ---- a digit of one's own

DRAWN = "drawn"
LETTERS = SHEET**2 // 4
"""The hexadecimal digits of a drawing in a link: a bit for each dot, row by row."""

NOTHING = "0" * LETTERS


@lru_cache(maxsize=1)
def seven() -> str:
    """Return the seven that is drawn at first."""
    paper = np.zeros((SHEET, SHEET), bool)
    return drawing(inked(paper, np.array([[9.0, 6.0], [22.0, 6.0], [14.0, 26.0]])))


def read_drawing(texts: list[str]) -> str:
    """Read a drawing from a link."""
    text = addresses.single(texts).lower()
    if len(text) != LETTERS or set(text) - set(hexdigits):
        raise Unreadable(_("it is not a drawing of {n} × {n} dots").format(n=SHEET))
    return text


def drawing(bitmap: Bitmap) -> str:
    """Write a drawing for a link."""
    return np.packbits(bitmap).tobytes().hex()


def _bitmap(drawn: str) -> Bitmap:
    return np.unpackbits(np.frombuffer(bytes.fromhex(drawn), np.uint8)).reshape(SHEET, SHEET).astype(bool)


def drawn_on(drawn: str, way: Sequence[tuple[float, float]]) -> str:
    """Return a drawing with the way of the pen, which may have been drawn before in part."""
    return drawing(inked(_bitmap(drawn), np.clip(way, 0, SHEET - 1)))


def read(settings: Settings, drawn: str) -> NDArray[np.float64]:
    """Return the probability of each digit, (10,), for what was drawn, after the last epoch."""
    result, by = result_of(settings), scale_of(split(settings.split)[0], settings.scale)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = result.fit.network.forward(result.fit.last.w, by(seen(_bitmap(drawn)))[None])
    return softmax(outputs[0])


def sheet_panels() -> tuple[Panel, ...]:
    """Return the panels of the drawing, of what the network sees of it, and of what it reads."""
    return _sheet_panels(language())


@lru_cache(maxsize=8)
def _sheet_panels(spoken: str) -> tuple[Panel, ...]:
    bars = pictures.reading("reading", digit=_("Digit read"), probability=_("Probability"))
    figures = (
        (pictures.sheet("drawing", SHEET, 1), _("Draw a digit here")),
        (bars, _("What it reads")),
        (pictures.sheet("seen", SIDE, INK), _("What it sees")),
    )
    pad, *others = (
        Panel(figure.to_json(), tracks_of(figure), title, f"sheet{i}") for i, (figure, title) in enumerate(figures)
    )
    return replace(pad, pick="drag"), *others


def sheet_arrays(settings: Settings, drawn: str) -> dict[str, NDArray[np.float64] | Bitmap]:
    """Return the numbers of the drawing, of what is seen of it and of what is read in it, one row each."""
    bitmap = _bitmap(drawn)
    return {
        "drawing": bitmap[None],
        "seen": seen(bitmap).reshape(1, SIDE, SIDE),
        "reading": read(settings, drawn)[None],
    }


def say_read(settings: Settings, drawn: str) -> str:
    """Say what is read in the drawing."""
    if drawn == NOTHING:
        return _("Draw a digit: press on the sheet and move.")
    probabilities = read(settings, drawn)
    text = _("It reads your drawing as {digit} ({share}). Draw on, or clear the sheet.")
    return text.format(digit=probabilities.argmax(), share=share(float(probabilities.max())))


# ---- formula and program


def formula(settings: Settings) -> str:
    """Return the network and its loss in LaTeX, with its sizes, and the loss of the test images at the end."""
    plan, result = settings.plan, result_of(settings)
    sizes = (SIDE**2, *plan.hidden, CLASSES)
    before = "x"
    lines = []
    for k, (units, following) in enumerate(pairwise(sizes), 1):
        product = rf"W_{k}^{{\top}} {before} + b_{k}"
        name = "z" if k == len(sizes) - 1 else f"h_{k}"
        inner = product if name == "z" else rf"\operatorname{{{_tex(plan.activation.name)}}}\!\left({product}\right)"
        lines.append(rf"{name} &= {inner},\quad W_{k}: {units} \times {following}")
        before = name
    lines.append(r"p_k &= \frac{e^{z_k}}{\sum_{j=0}^{9} e^{z_j}}")
    mean = rf"-\frac{{1}}{{{len(result.test)}}} \sum_i \ln p_{{y_i}}^{{(i)}}"
    lines.append(rf"L_{{\text{{test}}}} &= {mean} = {result.fit.last.validation_loss:.4f}")
    lines.append(f"L &= {_minimized(plan, result.fit.last)}")
    return r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"


def _minimized(plan: Plan, last: Epoch) -> str:
    """Return what the training minimizes in LaTeX, with the numbers at the end."""
    mean = r"-\frac{1}{N} \sum_i \ln p_{y_i}^{(i)}"
    if not plan.l2:
        return f"{mean} = {last.loss:.4f}"
    whole = rf"{mean} + {plan.l2:g} \cdot \tfrac{{1}}{{2}} \sum w^2"
    return f"{whole} = {last.loss:.4f} + {last.penalty:.4f} = {last.loss + last.penalty:.4f}"


def _tex(activation: str) -> str:
    return ACTIVATIONS[activation].title.replace(" ", r"\ ")


FILE = "digits.npz"


def program(settings: Settings) -> str:
    """Return a program that trains the same network on the same images with Keras."""
    code = nets.training_code_of(settings.plan, FILE, SIDE**2, CLASSES, SOFTMAX_CROSSENTROPY)
    return training_code(until_diverged(replace(code, held_out="test"), result_of(settings).fit.last))


def program_arrays(settings: Settings) -> dict[str, NDArray[np.float64] | NDArray[np.int_]]:
    """Return the arrays that the program loads: the images as the network sees them, and their digits."""
    training, test = scaled(*split(settings.split), settings.scale)
    return {"x": training.x, "y": training.labels, "test_x": test.x, "test_y": test.labels}


# ---- the run as event files


def event_runs(settings: Settings) -> dict[str, EventRun]:
    """Return the curves of the training and of the test images, and the histograms of the weights, of all epochs."""
    result = result_of(settings).fit
    loss = result.numbers[:, NUMBERS.index("loss")]
    _loss, test_loss, accuracy, test_accuracy = map(curve, result.numbers.T)
    rates = curve(np.full(len(result.w), settings.plan.learning_rate))
    trained = losses(loss, result.penalty if result.penalized else None)
    trained |= {"epoch_accuracy": accuracy, "epoch_learning_rate": rates}
    tested = {"epoch_loss": test_loss, "epoch_accuracy": test_accuracy}
    weights = layers(result.network, dict(enumerate(result.w)))
    return {"train": EventRun(trained, weights), "test": EventRun(tested)}
