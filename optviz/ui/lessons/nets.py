"""What the pages that train a network on a table share: its controls, its curves, and its program in Keras."""

from functools import lru_cache

from optviz.activations import ACTIVATIONS, Array
from optviz.entry import Entry, EntryError
from optviz.figures import classifier as pictures
from optviz.figures.classifier import Line
from optviz.network import INITIALIZATIONS
from optviz.optimizers import TRAINERS
from optviz.recipes import Range
from optviz.training_plan import Fit, Plan
from optviz.ui import controls
from optviz.ui.language import _, language
from optviz.ui.links import Link
from optviz.ui.panels import tracks_of
from optviz.ui.player import Panel
from optviz.ui.tables import digits
from optviz.ui.training_code import TrainingCode
from optviz.ui.training_settings import Method
from optviz.ui.words import entry_error

MOST_LAYERS = 3
MOST_UNITS = 64
HIDDEN = Entry(most=MOST_LAYERS, low=1, high=MOST_UNITS, whole=True)
EPOCHS = Range(1, 60, "n")
BATCH = Range(32, 512, "B")
"""So small that a training takes less than a second, and the picture follows the sliders."""

L2 = Range(0.0, 1.0, r"\lambda")
L2S = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)


def read_hidden(text: str) -> tuple[int, ...]:
    """Read the units of the hidden layers, none of an empty text; raise `EntryError`."""
    return tuple(int(units) for units in HIDDEN.read(text)) if text.strip() else ()


def choose_plan(link: Link, default: Plan) -> Plan:
    """Draw the controls of a network and its training."""
    hidden = controls.typed(
        link,
        "hidden",
        _("Units of the hidden layers, such as 32, 16; empty for none"),
        ", ".join(map(str, default.hidden)),
        read_hidden,
        EntryError,
        entry_error,
    )
    titles = {name: _(recipe.title) for name, recipe in TRAINERS.items()}
    optimizer = controls.choice(link, "optimizer", _("Optimizer"), titles, default.optimizer)
    rate = controls.dial(
        link, "lr", _("Learning rate"), controls.LEARNING_RATE, default.learning_rate, controls.LEARNING_RATES
    )
    epochs = controls.whole(link, "epochs", _("Epochs"), EPOCHS, default.epochs)
    with controls.folded(link, "network", _("Network and optimizer"), ":material/hub:"):
        activation = controls.choice(
            link, "activation", _("Activation"), {n: _(a.title) for n, a in ACTIVATIONS.items()}, default.activation
        )
        activation_values = controls.parameters(link, f"{activation}.", ACTIVATIONS[activation])
        initialization = controls.choice(
            link,
            "init",
            _("Initial weights"),
            {n: _(i.title) for n, i in INITIALIZATIONS.items()},
            default.initialization,
        )
        values = controls.parameters(link, f"{optimizer}.", TRAINERS[optimizer])
        l2 = controls.dial(link, "l2", _("L2 strength"), L2, default.l2, L2S)
        batch = controls.whole(link, "batch", _("Batch size"), BATCH, default.batch_size, step=16)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), default.seed)
        shuffle = controls.switch(link, "shuffle", _("Shuffle each epoch"), default.shuffle)
    return Plan(
        hidden,
        activation,
        tuple(activation_values.items()),
        initialization,
        optimizer,
        tuple(values.items()),
        rate,
        l2,
        batch,
        epochs,
        seed,
        shuffle,
    )


def say_diverged(fit: Fit) -> str:
    """Say when a training diverged, with its last finite loss."""
    text = _("The training diverged in epoch {epoch}, at learning rate {rate}: its last finite loss was {loss}.")
    last = fit.last
    return text.format(epoch=last.epoch + 1, rate=digits(last.learning_rate), loss=digits(last.loss + last.penalty))


MINIMIZED = "minimized"
"""The array of the loss with its penalty, (rows, 1), where there is one."""


def loss_arrays(fit: Fit) -> dict[str, Array]:
    """Return what the panel of the loss follows beside `numbers`."""
    return {MINIMIZED: fit.minimized[:, None]} if fit.penalized else {}


def losses(fit: Fit, held_out: str, cell: str = "curves", *, log: bool = False) -> Panel:
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


def training_code_of(plan: Plan, file: str, inputs: int, outputs: int, loss: str) -> TrainingCode:
    """Return what the program of a plan is made of."""
    return TrainingCode(
        file,
        (inputs, *plan.hidden, outputs),
        ACTIVATIONS[plan.activation](**dict(plan.activation_values)),
        plan.initialization,
        loss,
        Method(plan.optimizer, plan.values, plan.learning_rate, plan.l2),
        plan.batch_size,
        plan.epochs,
        (plan.seed,),
        plan.shuffle,
    )
