"""What the pages that train a network on a table share: its controls, its curves, and its program in Keras."""

from functools import lru_cache

from optviz.arrays import Array
from optviz.figures import classifier as pictures
from optviz.figures.classifier import Line
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.tables import digits
from optviz.lessons.training_code import TrainingCode
from optviz.lessons.training_settings import Method, Trainer
from optviz.locale.spoken import _, language
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.losses import Loss
from optviz.networks.training_plan import Plan, Trained
from optviz.recipes import Range
from optviz.typed_numbers import Field

MOST_LAYERS = 3
MOST_UNITS = 64
HIDDEN = Field(most=MOST_LAYERS, low=1, high=MOST_UNITS, whole=True)
EPOCHS = Range(1, 60, "n")
BATCH = Range(32, 512, "B")
"""So small that a training takes less than a second, and the picture follows the sliders."""

L2 = Range(0.0, 1.0, r"\lambda")
L2S = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)


def read_hidden(text: str) -> tuple[int, ...]:
    """Read the units of the hidden layers, none of an empty text; raise `EntryError`."""
    return tuple(int(units) for units in HIDDEN.read(text)) if text.strip() else ()


def say_diverged(fit: Trained) -> str:
    """Say when a training diverged, with its last finite loss."""
    text = _("The training diverged in epoch {epoch}, at learning rate {rate}: its last finite loss was {loss}.")
    last = fit.last
    return text.format(epoch=last.epoch + 1, rate=digits(last.learning_rate), loss=digits(last.loss + last.penalty))


MINIMIZED = "minimized"
"""The array of the loss with its penalty, (rows, 1), where there is one."""


def loss_arrays(fit: Trained) -> dict[str, Array]:
    """Return what the panel of the loss follows beside `numbers`."""
    return {MINIMIZED: fit.minimized[:, None]} if fit.penalized else {}


def losses(fit: Trained, held_out: str, cell: str = "curves", *, log: bool = False) -> Panel:
    """Return the panel of the loss, which is what is minimized: with a penalty also of the data alone."""
    return _losses(fit.penalized, held_out, cell, log, language())


@lru_cache(maxsize=64)
def _losses(penalized: bool, held_out: str, cell: str, log: bool, spoken: str) -> Panel:
    if not penalized:
        return _curves("numbers", (0, 1), _("Loss"), held_out, cell, log, False, spoken)
    lines = [
        Line(_("training, with penalty"), (MINIMIZED, 0), "series1", "solid", "circle"),
        Line(_("training, without penalty"), ("numbers", 0), "series5", "longdash", "diamond"),
        Line(_("{name}, without penalty").format(name=held_out), ("numbers", 1), "series2", "dash", "square"),
    ]
    figure = pictures.curves(lines, title=_("Loss"), step_title=_("Epoch"), log=log)
    return Panel(figure.to_json(), tracks_of(figure), _("Loss"), cell)


def curves(
    array: str,
    columns: tuple[int, int],
    title: str,
    held_out: str,
    cell: str = "curves",
    *,
    log: bool = False,
    percent: bool = False,
) -> Panel:
    """Return the panel of two curves over the epochs, of the training rows and of those held out."""
    return _curves(array, columns, title, held_out, cell, log, percent, language())


@lru_cache(maxsize=64)
def _curves(
    array: str, columns: tuple[int, int], title: str, held_out: str, cell: str, log: bool, percent: bool, spoken: str
) -> Panel:
    lines = [
        Line(_("training"), (array, columns[0]), "series1", "solid", "circle"),
        Line(held_out, (array, columns[1]), "series2", "dash", "square"),
    ]
    figure = pictures.curves(lines, title=title, step_title=_("Epoch"), log=log, percent=percent)
    return Panel(figure.to_json(), tracks_of(figure), title, cell)


# ---- the same in Keras


def training_code_of(plan: Plan, file: str, inputs: int, outputs: int, loss: Loss) -> TrainingCode:
    """Return what the program of a plan is made of."""
    return TrainingCode(
        file,
        (inputs, *plan.hidden, outputs),
        plan.activation.of(ACTIVATIONS),
        plan.initialization,
        loss,
        Method(Trainer(plan.optimizer, plan.learning_rate), l2=plan.l2),
        plan.batch_size,
        plan.epochs,
        (plan.seed,),
        plan.shuffle,
    )
