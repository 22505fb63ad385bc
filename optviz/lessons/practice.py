"""The practice lesson: a sweep of learning rates that says which optimizer to begin with, and the course's advice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.course.outline import href
from optviz.figures import practice as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import Runner, looks_of
from optviz.lessons.comparisons import TRAINED, least, most
from optviz.lessons.examples import CLASSIFIER_EXAMPLES
from optviz.lessons.keras_code import arrays_of as arrays_of_points
from optviz.lessons.keras_code import code_of
from optviz.lessons.tables import digits, table
from optviz.lessons.training_code import training_code
from optviz.lessons.training_settings import Method, Sample, Trainer, points_of
from optviz.lessons.training_settings import Settings as Training
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.sweep import Sweep, sweep
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
"""The learning rates that are tried."""

NEAR = 2.0
"""A rate works if it ends within this factor of the best loss of all."""

ALWAYS = ("adam", "nesterov_keras", "sgd")
"""The optimizers that are compared: those to begin with, and plain descent."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is trained, how long, and which optimizer beside the three."""

    sample: Sample
    loss: str
    batch_size: int
    epochs: int
    seed: int
    also: str

    @property
    def optimizers(self) -> tuple[str, ...]:
        """The names of the optimizers, in the order in which they are drawn."""
        return ALWAYS if self.also in (*ALWAYS, "none") else (*ALWAYS, self.also)


@lru_cache(maxsize=64)
def sweep_of(settings: Settings, optimizer: str) -> Sweep:
    """Train the course's 2-11-1 net at every rate; raises DataError."""
    training, _validation = points_of(settings.sample)
    network = Network((2, 11, 1), ACTIVATIONS["relu"]())
    classifier = Classifier(network, LOSSES[settings.loss], training, settings.batch_size, settings.seed)
    return sweep(classifier, OPTIMIZERS[optimizer](), np.array(RATES), network.init(settings.seed), settings.epochs)


def sweeps_of(settings: Settings) -> dict[str, Sweep]:
    """Return the sweep of each optimizer by name."""
    return {name: sweep_of(settings, name) for name in settings.optimizers}


def title_of(name: str) -> str:
    """Return an optimizer's title in the visitor's language; Nesterov as the course's advice calls it."""
    return "SGD + Nesterov" if name == "nesterov_keras" else _(OPTIMIZERS[name].title)


def runners_of(settings: Settings) -> tuple[Runner, ...]:
    """Return the optimizers as they are shown."""
    shown = zip(settings.optimizers, looks_of(settings.optimizers), strict=True)
    return tuple(Runner(title_of(name), look) for name, look in shown)


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return what the panels follow."""
    sweeps = list(sweeps_of(settings).values())
    best = np.stack([each.loss[:, each.best] for each in sweeps], axis=1)
    return {**{f"sweep{k}": each.loss for k, each in enumerate(sweeps)}, "best": best}


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the loss against the rate, and over the epochs at the best rate."""
    first = float(f"{2 * max(float(each.loss[0, 0]) for each in sweeps_of(settings).values()):.1g}")
    return _panels(runners_of(settings), first, language())


@lru_cache(maxsize=64)
def _panels(runners: tuple[Runner, ...], ceiling: float, spoken: str) -> tuple[Panel, ...]:
    against = pictures.against_rate(runners, RATES, (_("Learning rate"), _("Training loss")), ceiling)
    over = pictures.over_epochs(runners, (_("Epoch"), _("Training loss")))
    return (
        Panel(against.to_json(), tracks_of(against), _("Loss after this epoch, at every learning rate"), "rates"),
        Panel(over.to_json(), tracks_of(over), _("At each one's best learning rate"), "epochs"),
    )


def say(settings: Settings) -> str:
    """Say who comes lowest, and who still works at which learning rates."""
    sweeps = sweeps_of(settings)
    name, best = min(sweeps.items(), key=lambda item: item[1].final.min())
    finals = [float(each.final.min()) for each in sweeps.values()]
    lowest, names = least(finals, within=TRAINED), [title_of(each) for each in sweeps]
    if len(lowest) > 1:
        text = _("After {epochs} epochs {names} reach the same lowest loss, {loss}.")
        listed = _(", ").join(names[place] for place in lowest)
        return joined(text.format(epochs=settings.epochs, names=listed, loss=digits(min(finals))), _say_rates(settings))
    first = _("After {epochs} epochs {name} reaches the lowest loss, {loss}, at learning rate {rate}.").format(
        epochs=settings.epochs, name=title_of(name), loss=digits(best.final.min()), rate=f"{best.rates[best.best]:g}"
    )
    return joined(first, _say_rates(settings))


def _say_rates(settings: Settings) -> str:
    counts = {title_of(name): working(settings, name) for name in sweeps_of(settings)}
    widest = [list(counts)[place] for place in most(list(counts.values()), str)]
    text = (
        _("{name} works at {count} of {all} learning rates, more than any other.")
        if len(widest) == 1
        else _("{name} each work at {count} of {all} learning rates, the most of all.")
    )
    return text.format(name=_(", ").join(widest), count=counts[widest[0]], all=len(RATES))


def working(settings: Settings, name: str) -> int:
    """Return how many rates end within `NEAR` times the best loss of all."""
    sweeps = sweeps_of(settings)
    least = min(each.final.min() for each in sweeps.values())
    return int((sweeps[name].final <= NEAR * least).sum())


def results(settings: Settings) -> str:
    """Return the results as a table, a row an optimizer."""
    heads = (
        _("Optimizer"),
        _("Lowest loss"),
        _("at learning rate"),
        _("Learning rates within {factor} × of the lowest loss").format(factor=f"{NEAR:g}"),
        _("Diverges from"),
    )
    rows = []
    for (title, look), (name, each) in zip(runners_of(settings), sweeps_of(settings).items(), strict=True):
        broken = each.rates[~np.isfinite(each.final)]
        rows.append(
            (
                f'<span style="color:var(--optviz-{look.color})">{look.glyph}</span> {escape(title)}',
                digits(each.final.min()),
                f"{each.rates[each.best]:g}",
                str(working(settings, name)),
                f"{broken.min():g}" if len(broken) else "–",
            )
        )
    return table([escape(head) for head in heads], rows)


def formula(settings: Settings) -> str:
    """Return in LaTeX what is compared, with the numbers of the best of all."""
    best = min(sweeps_of(settings).values(), key=lambda each: each.final.min())
    at = rf"\min_{{lr}} L_{{{settings.epochs}}}(lr)"
    return rf"{at} = L_{{{settings.epochs}}}({best.rates[best.best]:g}) = {best.final.min():.4g}"


FILE = "practice.npz"


def program(settings: Settings, optimizer: str) -> str:
    """Return the training of an optimizer at its best learning rate as a Keras program."""
    found = sweep_of(settings, optimizer)
    method = Method(Trainer(Choice(optimizer), float(found.rates[found.best])))
    return training_code(replace(code_of(_training(settings, method), FILE), held_out="", told=()))


def program_arrays(settings: Settings) -> dict[str, Array]:
    """Return the arrays that the programs load: the points."""
    return arrays_of_points(_training(settings, Method()))


def _training(settings: Settings, method: Method) -> Training:
    return Training(
        sample=settings.sample,
        loss=settings.loss,
        methods=(method,),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=settings.seed,
    )


class Trick(NamedTuple):
    """One piece of advice: what, why, and the page with parameters where it can be seen."""

    what: str
    why: str
    page: str
    parameters: Mapping[str, Sequence[str]]


EXAMPLES = {example.title: example.parameters for example in CLASSIFIER_EXAMPLES}

TRICKS = (
    Trick(
        N_("Begin with Adam or SGD + Nesterov"),
        N_("Both reach a low loss in few epochs, even if the learning rate is not quite right: see above."),
        "classifier",
        {"optimizer": ("nesterov_keras",), "compare": ("1",), "b.optimizer": ("adam",), "b.l2": ("0",)},
    ),
    Trick(
        N_("Know your algorithm"),
        N_("Two rows of numbers say what it does, so you know what to change when it fails."),
        "build",
        {},
    ),
    Trick(
        N_("Know your data"),
        N_("If some inputs are rare, an adaptive optimizer gives their weights their own learning rates."),
        "family",
        {"who": ("adagrad",)},
    ),
    Trick(
        N_("Adam first, then tuned SGD"),
        N_("Adam shows soon what the net can do; SGD with a well-chosen learning rate can end lower."),
        "classifier",
        {
            "optimizer": ("adam",),
            "lr": ("0.1",),
            "compare": ("1",),
            "b.optimizer": ("nesterov_keras",),
            "b.lr": ("0.05",),
            "b.l2": ("0",),
        },
    ),
    Trick(
        N_("Try a small set first"),
        N_("A few points train in no time and show whether the net and the code work at all."),
        "classifier",
        {"data": ("moons",), "moons.n": ("40",), "epochs": ("200",)},
    ),
    Trick(
        N_("Switch optimizer in mid-run"),
        N_("Adam for a quick start, then SGD to settle down."),
        "classifier",
        EXAMPLES["Adam, then SGD"],
    ),
    Trick(
        N_("Shuffle in each epoch"),
        N_("In a fixed order the batches pull the weights around the same circle again and again."),
        "classifier",
        {"shuffle": ("0",)},
    ),
    Trick(
        N_("Watch training and validation"),
        N_("When the training loss falls and the validation loss rises, the net memorizes the points."),
        "classifier",
        {"validation": ("0.5",), "units": ("64",), "optimizer": ("adam",)},
    ),
    Trick(
        N_("Plan a decay, or reduce on a plateau"),
        N_("Large steps get near, small ones settle."),
        "classifier",
        EXAMPLES["Reduce on plateau"],
    ),
    Trick(
        N_("Stop early"),
        N_("Stop when the validation loss has not improved for a while, and keep the best weights."),
        "classifier",
        EXAMPLES["Early stopping of a net that overfits"],
    ),
    Trick(
        N_("Start several times, keep the best"),
        N_("Another seed begins at other weights and may end in a better place."),
        "classifier",
        EXAMPLES["The best of eight starts"],
    ),
)
"""The course's eleven pieces of advice."""


def advice() -> str:
    """Return the advice as a table, each piece with a link to where it can be tried."""
    heads = (_("Advice"), _("Why"), _("Try it"))
    rows = [
        (
            f'<span class="optviz-wrap">{number}. {escape(_(trick.what))}</span>',
            f'<span class="optviz-wrap">{escape(_(trick.why))}</span>',
            f'<a href="{escape(href(trick.page, trick.parameters))}">{escape(_("Open"))}</a>',
        )
        for number, trick in enumerate(TRICKS, 1)
    ]
    return table([escape(head) for head in heads], rows)
