"""The penalties page: one sweep of trainings behind it, and what is drawn and said of three of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.figures import classifier as pictures
from optviz.figures import penalties as sweeps
from optviz.figures.classifier import Bars, Line
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.lessons.comparisons import TRAINED, alike
from optviz.lessons.keras_code import arrays_of as arrays_of_points
from optviz.lessons.keras_code import code_of
from optviz.lessons.tables import NOTHING, digits, share
from optviz.lessons.tables import table as html
from optviz.lessons.training_code import training_code
from optviz.lessons.training_settings import REACH, Method, Sample, Trainer, points_of
from optviz.lessons.training_settings import Settings as Training
from optviz.lessons.trainings import count, percent
from optviz.locale.spoken import _, language
from optviz.models.penalties import NEAR_ZERO, Frame, train
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice

STRENGTHS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 1.0)
"""The strengths that are always trained, of L1 and of L2; another one that is chosen is trained besides."""

EPOCHS = (50, 100, 200, 400, 800)
FRAMES = 40
CELLS = 51
BINS = 31
BATCH = 32
CEILING = 0.5
"""A loss above this leaves the picture: that of a net that answers 1/2 to every point is 1/4."""

TICK = 0.08
"""The seconds of training between two updates of the picture."""

PERIOD = 0.1
PICKED = {6: "l1", 7: "l2"}
"""Which strength a click sets, by the number of the panel."""

LOOKS = (
    ("series1", "solid", "circle"),
    ("series2", "dash", "square"),
    ("series3", "dot", "triangle-up"),
)
"""How nothing, L1 and L2 are drawn."""

NUMBERS = ("loss", "validation_loss")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the sweep depends on; by default the course's net with a fifth of the points held out."""

    optimizer: Choice = Choice("sgd")
    learning_rate: float = 0.01
    units: int = 11
    epochs: int = 400
    seed: int = 0
    share: float = 0.2
    besides: tuple[float, ...] = ()
    """Strengths beside `STRENGTHS`."""

    @property
    def strengths(self) -> tuple[float, ...]:
        """The strengths that are trained, ascending."""
        return tuple(sorted({*STRENGTHS, *self.besides}))

    @property
    def stride(self) -> int:
        """The epochs from one frame to the next."""
        return max(1, self.epochs // FRAMES)


@dataclass(frozen=True)
class Chosen:
    """The strengths of the two nets beside the one without a penalty; 0 is none either."""

    l1: float
    l2: float


def settings_of(base: Settings, chosen: Chosen) -> Settings:
    """Return the settings in which the chosen strengths are trained as well."""
    besides = {chosen.l1, chosen.l2} - {0.0, *STRENGTHS}
    return Settings(**{**base.__dict__, "besides": tuple(sorted(besides))})


class Sweep:
    """One training of the same net at every strength, advanced a little at a time.

    It depends on its settings alone and only grows, so all visitors who look at the same link may share it: each
    advances it while it is not done.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        training, self.validation = points_of(Sample(share=settings.share))
        network = Network((2, settings.units, 1), ACTIVATIONS["relu"]())
        self.classifier = Classifier(network, LOSSES["mse"], training, BATCH, settings.seed)
        self.start = network.init(settings.seed)
        self.axis = np.linspace(-REACH, REACH, CELLS)
        reach = max(REACH, float(np.ceil(np.abs(self.start).max())))
        self.edges = np.linspace(-reach, reach, BINS + 1)
        self.last = settings.epochs // settings.stride
        self._mask = network.weight_mask > 0
        self._frames: list[Frame] = []
        self._regions: dict[int, list[NDArray[np.uint8]]] = {}
        self._lock = Lock()
        self._training = self._begin()

    def _begin(self) -> Iterator[Frame]:
        settings, strengths = self.settings, np.array(self.settings.strengths)
        nothing = np.zeros(len(strengths))
        return train(
            self.classifier,
            settings.optimizer.of(OPTIMIZERS),
            lambda t: settings.learning_rate,
            self.start,
            l1=np.concatenate([[0.0], strengths, nothing]),
            l2=np.concatenate([[0.0], nothing, strengths]),
            validation=self.validation,
            stride=settings.stride,
        )

    @property
    def done(self) -> bool:
        """Whether the last epoch is trained."""
        return len(self._frames) > self.last

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames so far, one at least."""
        self.advance(0.0)
        return tuple(self._frames)

    def advance(self, seconds: float = TICK) -> None:
        """Train for some time; one frame at least is there afterwards."""
        deadline = time.monotonic() + seconds
        while not self.done and (not self._frames or time.monotonic() < deadline):
            with self._lock:
                if not self.done:
                    self._frames.append(next(self._training))

    def run(self, kind: str, strength: float) -> int:
        """Return the number of the run of a strength of "l1" or "l2"; without any it is the one without a penalty."""
        if not strength:
            return 0
        place = 1 + self.settings.strengths.index(strength)
        return place if kind == "l1" else place + len(self.settings.strengths)

    def runs(self, chosen: Chosen) -> tuple[int, int, int]:
        """Return the numbers of the three runs that are drawn: without a penalty, with L1, with L2."""
        return 0, self.run("l1", chosen.l1), self.run("l2", chosen.l2)

    def regions(self, run: int, frames: tuple[Frame, ...]) -> NDArray[np.uint8]:
        """Return the responses of a run on the grid as percents, (frames, CELLS, CELLS)."""
        with self._lock:
            drawn = self._regions.setdefault(run, [])
            drawn += [
                percent(self.classifier.regions(frame.w[run], self.axis, self.axis)) for frame in frames[len(drawn) :]
            ]
            return np.array(drawn[: len(frames)])

    def weights(self, run: int, frame: Frame) -> Array:
        """Return the weights of a run without the biases; nan where it has diverged."""
        return frame.w[run][self._mask]


@lru_cache(maxsize=12)
def sweep_of(settings: Settings) -> Sweep:
    """Return the sweep of some settings: one for all who look at the same link."""
    return Sweep(settings)


def arrays_of(sweep: Sweep, chosen: Chosen) -> dict[str, Thinned]:
    """Return the rows of all epochs so far, as the panels follow them."""
    frames, runs, stride = sweep.frames, sweep.runs(chosen), sweep.settings.stride
    arrays: dict[str, Array | NDArray[np.uint8]] = {
        "numbers": np.array([[[getattr(f, name)[run] for name in NUMBERS] for run in runs] for f in frames])
    }
    for side, run in enumerate(runs):
        arrays[f"regions{side}"] = sweep.regions(run, frames)
        arrays[f"weights{side}"] = np.array([_counted(sweep, run, frame) for frame in frames])
    n = len(sweep.settings.strengths)
    for kind, first, strength in (("l1", 1, chosen.l1), ("l2", 1 + n, chosen.l2)):
        swept = slice(first, first + n)
        for name in ("loss", "validation_loss", "zeros"):
            arrays[f"{kind}_{name}"] = np.array([getattr(frame, name)[swept] for frame in frames])
        run = sweep.run(kind, strength)
        place = strength or np.nan
        arrays[f"{kind}_now"] = np.array(
            [(place, f.loss[run], f.validation_loss[run], f.zeros[run]) for f in frames], dtype=float
        )
        arrays[f"{kind}_best"] = np.array([_best(sweep, kind, frame) for frame in frames])
    return {name: Thinned(rows, stride) for name, rows in arrays.items()}


def _counted(sweep: Sweep, run: int, frame: Frame) -> NDArray[np.int_]:
    weights = sweep.weights(run, frame)
    return count(weights[np.isfinite(weights)], sweep.edges)


def _best(sweep: Sweep, kind: str, frame: Frame) -> tuple[float, float]:
    """Return the strength with the least validation loss and that loss; nan where there is no validation."""
    strengths = sweep.settings.strengths
    first = 1 if kind == "l1" else 1 + len(strengths)
    losses = frame.validation_loss[first : first + len(strengths)]
    if np.isnan(losses).all():
        return np.nan, np.nan
    least = int(np.nanargmin(losses))
    return strengths[least], float(losses[least])


# ---- panels


def titles_of(chosen: Chosen) -> tuple[str, str, str]:
    """Return what the three nets are called, in the visitor's language."""
    return _("No penalty"), f"L1 {chosen.l1:g}", f"L2 {chosen.l2:g}"


def panels_of(sweep: Sweep, chosen: Chosen) -> tuple[Panel, ...]:
    """Return the page's panels in the visitor's language."""
    edges = tuple(sweep.edges.tolist())
    return (
        *_region_panels(sweep.settings.share, language()),
        *_curve_panels(titles_of(chosen), edges, language()),
        *_sweep_panels(sweep.settings.strengths, bool(len(sweep.validation)), language()),
    )


@lru_cache(maxsize=16)
def _region_panels(held_out: float, spoken: str) -> tuple[Panel, ...]:
    words = {
        "output": _("output {z}%, above {limit}%: class 1").format(z="%{z}", limit=pictures.BOUNDARY),
        "class0": _("class 0"),
        "class1": _("class 1"),
        "validation": _("validation"),
    }
    panels, xs = [], np.linspace(-REACH, REACH, CELLS)
    for side, title in enumerate((_("No penalty"), "L1", "L2")):
        figure = pictures.regions(f"regions{side}", xs, *points_of(Sample(share=held_out)), None, words)
        # Three in a row are small: their legend stands once, below them.
        figure.update_layout(showlegend=False, margin={"l": 28, "r": 4, "t": 4, "b": 24})
        figure.update_layout(xaxis_title_text="", yaxis_title_text="")
        figure.update_traces(selector={"mode": "markers"}, marker_size=5)
        panels.append(Panel(figure.to_json(), tracks_of(figure), title, f"regions{side}"))
    return tuple(panels)


@lru_cache(maxsize=64)
def _curve_panels(titles: tuple[str, ...], edges: tuple[float, ...], spoken: str) -> tuple[Panel, ...]:
    weights = pictures.histogram(
        [Bars(title, f"weights{side}", LOOKS[side][0]) for side, title in enumerate(titles)],
        np.array(edges),
        title=_("Weight"),
        count_title=_("Number of weights"),
    )
    losses = [
        pictures.curves(
            [Line(title, ("numbers", len(NUMBERS) * side + column), *LOOKS[side]) for side, title in enumerate(titles)],
            title=_("Loss without the penalty"),
            step_title=_("Epoch"),
            log=True,
        )
        for column in range(len(NUMBERS))
    ]
    for figure in losses:
        figure.update_layout(yaxis_autorangeoptions_clipmax=CEILING, yaxis_dtick="D2")
    named = (
        (_("Weights"), weights, "weights"),
        (_("Validation loss"), losses[1], "loss"),
        (_("Data loss"), losses[0], "loss"),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell) for title, figure, cell in named)


@lru_cache(maxsize=32)
def _sweep_panels(strengths: tuple[float, ...], held_out: bool, spoken: str) -> tuple[Panel, ...]:
    panels = []
    for kind, title in (("l1", "L1"), ("l2", "L2")):
        curves = [pictures.Line(_("training"), f"{kind}_loss", "series1", "solid", "circle")]
        marks = [sweeps.Mark(_("now"), f"{kind}_now", 0, 1, "series1", "circle-open")]
        if held_out:
            curves.append(pictures.Line(_("validation"), f"{kind}_validation_loss", "series2", "dash", "square"))
            marks.append(sweeps.Mark(_("now"), f"{kind}_now", 0, 2, "series2", "circle-open"))
            marks.append(sweeps.Mark(_("best"), f"{kind}_best", 0, 1, "text", "star-open"))
        words = {"x": _("{penalty} strength λ").format(penalty=title), "y": _("Loss without the penalty")}
        figure = sweeps.sweep(strengths, curves, marks, words, log=True)
        every = _("Every λ of {penalty}").format(penalty=title)
        panels.append(Panel(figure.to_json(), tracks_of(figure), every, "sweep", pick=True))
    curves = [
        pictures.Line(kind.upper(), f"{kind}_zeros", *LOOKS[side]) for side, kind in enumerate(("l1", "l2"), start=1)
    ]
    marks = [
        sweeps.Mark(_("now"), f"{kind}_now", 0, 3, LOOKS[side][0], "circle-open")
        for side, kind in enumerate(("l1", "l2"), start=1)
    ]
    words = {"x": _("Strength λ"), "y": _("Weights |w| < {near}").format(near=f"{NEAR_ZERO:g}")}
    figure = sweeps.sweep(strengths, curves, marks, words, log=False)
    panels.append(Panel(figure.to_json(), tracks_of(figure), _("Zeros"), "sweep"))
    return tuple(panels)


def nearest(settings: Settings, strength: float) -> float:
    """Return which of the strengths was clicked."""
    logs = np.log(np.array(settings.strengths))
    return settings.strengths[int(np.abs(logs - np.log(max(strength, 1e-12))).argmin())]


# ---- what is said


def legend() -> str:
    """Say how the points are drawn."""
    return _("● class 1, ■ class 0; hollow: validation points. The line is the boundary between the classes.")


def say(sweep: Sweep, chosen: Chosen) -> str:
    """Say what the penalties have done, by the numbers of the last epoch trained."""
    frames, runs = sweep.frames, sweep.runs(chosen)
    frame, epoch = frames[-1], (len(frames) - 1) * sweep.settings.stride
    broken = [title for title, run in zip(titles_of(chosen), runs, strict=True) if not np.isfinite(frame.loss[run])]
    if broken:
        text = _("Diverged: {names}. A smaller learning rate or a smaller strength helps.")
        return text.format(names=_(", ").join(broken))
    zeros = [int(frame.zeros[run]) for run in runs]
    norms = [digits(float(frame.norm[run])) for run in runs]
    text = _(
        "After {epochs} epochs, weights within {near} of zero: L1 {l1_zeros} of {n}, L2 {l2_zeros}, no "
        "penalty {zeros}. The norm of the weights, ‖w‖, is {l1_norm} with L1, {l2_norm} with L2 and "
        "{norm} without a penalty."
    )
    return text.format(
        epochs=epoch,
        n=int(sweep.classifier.network.weight_mask.sum()),
        near=f"{NEAR_ZERO:g}",
        zeros=zeros[0],
        l1_zeros=zeros[1],
        l2_zeros=zeros[2],
        norm=norms[0],
        l1_norm=norms[1],
        l2_norm=norms[2],
    )


def say_trade(sweep: Sweep, chosen: Chosen) -> list[str]:
    """Say of each penalty whether it lowers the validation loss, and what it is traded for where it does not."""
    frame, (none, *runs) = sweep.frames[-1], sweep.runs(chosen)
    plain = float(frame.validation_loss[none])
    said = []
    for title, run in zip(titles_of(chosen)[1:], runs, strict=True):
        loss = float(frame.validation_loss[run])
        if run == none or not np.isfinite(loss + plain):
            continue
        if alike(loss, plain, within=TRAINED):
            text = _(
                "{name} makes the weights small and hardly changes the validation loss: {loss} with it, {plain} "
                "without."
            )
        elif loss < plain:
            text = _("{name} helps: the validation loss is {loss} with it, {plain} without.")
        else:
            text = _("Here {name} trades validation loss for small weights: {loss} with it, {plain} without.")
        said.append(text.format(name=title, loss=digits(loss), plain=digits(plain)))
    return said


def say_best(sweep: Sweep) -> str:
    """Name the strengths with the least validation loss."""
    frame = sweep.frames[-1]
    (l1, l1_loss), (l2, l2_loss) = (_best(sweep, kind, frame) for kind in ("l1", "l2"))
    if not np.isfinite(l1_loss + l2_loss):
        return _("Without validation points nothing says which strength is best.")
    plain = float(frame.validation_loss[0])
    if min(l1_loss, l2_loss) >= plain or alike(min(l1_loss, l2_loss), plain, within=TRAINED):
        text = _("Without a penalty the validation loss is {loss}, and none of the strengths tried lowers it by 1%.")
        return text.format(loss=digits(plain))
    text = _(
        "Of all strengths tried, the validation loss is lowest at L1 {l1} ({l1_loss}) and at L2 {l2} "
        "({l2_loss}); without a penalty it is {loss}."
    )
    return text.format(
        l1=f"{l1:g}",
        l2=f"{l2:g}",
        l1_loss=digits(l1_loss),
        l2_loss=digits(l2_loss),
        loss=digits(plain),
    )


def say_hover(settings: Settings, chosen: Chosen) -> str:
    """Say how near to zero L1 can hold a weight, which is no exact zero."""
    start = _("|w| has no slope at 0: the subgradient λ·sign(w) pushes a weight past 0 and back, so none is exactly 0.")
    if not OPTIMIZERS[settings.optimizer.name]().is_plain:
        return (
            start
            + " "
            + _("How far it oscillates depends on the optimizer: a smaller learning rate brings it nearer to 0.")
        )
    # The push is lr (λ ± the data's gradient), of which the latter is the smaller, or the weight would not be held.
    swing = settings.learning_rate * chosen.l1
    text = (
        _("It oscillates by about lr·λ = {swing}, which is within the threshold {near}.")
        if swing < NEAR_ZERO
        else _(
            "It oscillates by about lr·λ = {swing}, beyond the threshold {near}, so not every weight held "
            "near 0 is counted."
        )
    )
    return start + " " + text.format(swing=f"{swing:.3g}", near=f"{NEAR_ZERO:g}")


def table(sweep: Sweep, chosen: Chosen) -> str:
    """Return the table under the picture as HTML: a row for each of the three nets; the losses have no penalty."""
    frame, weights = sweep.frames[-1], int(sweep.classifier.network.weight_mask.sum())
    heads = (
        "",
        _("Data loss"),
        _("Penalty"),
        _("Validation loss"),
        _("Accuracy"),
        _("Validation accuracy"),
        _("Weights |w| < {near}").format(near=f"{NEAR_ZERO:g}"),
        "‖w‖",
    )
    rows = []
    penalties = _penalties(sweep, chosen)
    for title, run, penalty in zip(titles_of(chosen), sweep.runs(chosen), penalties, strict=True):
        zeros = float(frame.zeros[run])
        cells = (
            title,
            digits(float(frame.loss[run])),
            digits(penalty),
            digits(float(frame.validation_loss[run])),
            share(float(frame.accuracy[run])),
            share(float(frame.validation_accuracy[run])),
            _("{n} of {all}").format(n=int(zeros), all=weights) if np.isfinite(zeros) else NOTHING,
            digits(float(frame.norm[run])),
        )
        rows.append([escape(cell) for cell in cells])
    return html([escape(head) for head in heads], rows)


def _penalties(sweep: Sweep, chosen: Chosen) -> tuple[float, float, float]:
    """Return what is added to the data's loss, of the three nets that are drawn."""
    frame, (_none, one, two) = sweep.frames[-1], sweep.runs(chosen)
    sizes = float(np.abs(sweep.weights(one, frame)).sum())
    squares = float(np.square(sweep.weights(two, frame)).sum())
    return 0.0, chosen.l1 * sizes, chosen.l2 / 2 * squares


def formulas(sweep: Sweep, chosen: Chosen) -> list[tuple[str, str]]:
    """Return title and LaTeX of what each net minimizes, and of the step that L1 and L2 add, with the numbers."""
    frame, (none, one, two) = sweep.frames[-1], sweep.runs(chosen)
    sizes = float(np.abs(sweep.weights(one, frame)).sum())
    squares = float(np.square(sweep.weights(two, frame)).sum())
    totals = [
        _number(float(frame.loss[run]) + penalty)
        for run, penalty in zip((none, one, two), _penalties(sweep, chosen), strict=True)
    ]
    data = r"\tfrac{1}{N} \sum_i (\hat y_i - y_i)^2"
    l1, l2 = _number(sizes), _number(squares)
    rows = (
        (rf"L &= {data}", totals[0]),
        (
            rf"L_1 &= {data} + \lambda_1 \sum |w|",
            rf"{_number(frame.loss[one])} + {chosen.l1:g} \cdot {l1} = {totals[1]}",
        ),
        (
            rf"L_2 &= {data} + \lambda_2 \tfrac{{1}}{{2}} \sum w^2",
            rf"{_number(frame.loss[two])} + {chosen.l2:g} \cdot \tfrac{{1}}{{2}} \cdot {l2} = {totals[2]}",
        ),
    )
    minimized = r"\begin{aligned}" + r"\\".join(f"{tex} = {numbers}" for tex, numbers in rows) + r"\end{aligned}"
    added = (
        rf"\begin{{aligned}} \text{{L1: }} g &\leftarrow g + {chosen.l1:g} \cdot \operatorname{{sign}}(w) \\"
        rf" \text{{L2: }} g &\leftarrow g + {chosen.l2:g} \cdot w \end{{aligned}}"
    )
    return [
        (_("What is minimized: the weights are penalized, the biases are not"), minimized),
        (_("What that adds to the gradient: L1 pushes every weight equally, L2 pushes large weights more"), added),
    ]


def _number(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else r"\infty"


# ---- the program


FILE = "penalties.npz"
KINDS = ("none", "l1", "l2")
"""The nets of which there is a program."""


def program(settings: Settings, chosen: Chosen, kind: str) -> str:
    """Return a Keras program that trains one of the nets of `KINDS` from the same start on the same batches."""
    strength = {kind: getattr(chosen, kind)} if kind != "none" else {}
    method = Method(Trainer(settings.optimizer, settings.learning_rate), **strength)
    code = code_of(_training(settings, method), FILE)
    return training_code(replace(code, told=("weights",)))


def program_arrays(settings: Settings) -> dict[str, Array]:
    """Return the arrays that the program loads: the points."""
    return arrays_of_points(_training(settings, Method()))


def _training(settings: Settings, method: Method) -> Training:
    return Training(
        sample=Sample(share=settings.share),
        units=settings.units,
        methods=(method,),
        batch_size=BATCH,
        epochs=settings.epochs,
        seed=settings.seed,
    )
