"""The activations page: curves with a probe, softmax, numerical stability, and where a beginner starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from html import escape
from typing import Any, NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.course import outline
from optviz.figures import activations as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons import tables
from optviz.lessons.comparisons import alike
from optviz.lessons.programs import printed
from optviz.lessons.tables import table
from optviz.lessons.tensorflow_code import tensorflow_call
from optviz.lessons.words import field_error
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.stability import Floats, naive_softmax, naive_tanh, overflow, relative_error, scaled_tanh
from optviz.networks.activations import ACTIVATIONS, Activation, mean_output, softmax, span
from optviz.typed_numbers import Fault, Field, FieldError

Values = tuple[tuple[str, float], ...]
Rows = dict[str, Array]


def written(value: float, places: int = 4) -> str:
    """Write a number that may be infinite or none at all, as a table wants it."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, e, power = f"{value:.{places}g}".replace("-", "−").partition("e")
    return f"{mantissa}·10{str(int(power.replace('−', '-'))).translate(_RAISED)}" if e else mantissa


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


tex = partial(tables.tex, nan=r"\mathrm{NaN}")


# ---- the curves

MOST = len(SERIES)
"""So many curves can be told apart by color, dash and marker."""

GRID = np.linspace(-pictures.REACH, pictures.REACH, 481)
TANGENT = np.array([-1.5, 1.5])


@dataclass(frozen=True)
class Curves:
    """Activations by name with their parameters, and the z at which they are probed."""

    chosen: tuple[tuple[str, Values], ...]
    probe: float

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activations, in their order."""
        return tuple(ACTIVATIONS[name](**dict(values)) for name, values in self.chosen)

    @property
    def titles(self) -> tuple[str, ...]:
        """What each is called in the visitor's language, with the parameters that are not the defaults."""
        return tuple(title_of(activation) for activation in self.activations)


def title_of(activation: Activation) -> str:
    """Return an activation's name in the visitor's language, with what sets it apart from its defaults."""
    recipe = ACTIVATIONS[activation.name]
    symbols = {parameter.name: parameter.range.symbol.replace(r"\alpha", "α") for parameter in recipe.parameters}
    changed = [(name, value) for name, value in activation.arguments if value != recipe.defaults[name]]
    return joined(_(recipe.title), *(f"{symbols[name]} {value:g}" for name, value in changed))


class Probe(NamedTuple):
    """What an activation puts out at the probe, and its slope there."""

    value: float
    slope: float


def probes(curves: Curves) -> tuple[Probe, ...]:
    """Return value and slope of each activation at the probe."""
    z = np.array([curves.probe])
    return tuple(Probe(float(a.value(z)[0]), float(a.slope(z)[0])) for a in curves.activations)


@lru_cache(maxsize=256)
def curve_arrays(curves: Curves) -> Rows:
    """Return the curves, the probe and the tangents, as the panels follow them: one row each."""
    found = probes(curves)
    arrays = {
        "z": GRID[None],
        "probe": np.array([[curves.probe]]),
        "probe_line": np.array([[curves.probe, curves.probe]]),
        "line_ends": np.array([[-100.0, 100.0]]),
        "value_probe": np.array([[probe.value for probe in found]]),
        "slope_probe": np.array([[probe.slope for probe in found]]),
        "tangent_z": curves.probe + TANGENT[None],
    }
    for i, (activation, probe) in enumerate(zip(curves.activations, found, strict=True)):
        arrays[f"value{i}"] = activation.value(GRID)[None]
        arrays[f"slope{i}"] = activation.slope(GRID)[None]
        arrays[f"tangent{i}"] = probe.value + probe.slope * TANGENT[None]
    return arrays


def curve_panels(curves: Curves) -> tuple[Panel, ...]:
    """Return the activations and their derivatives side by side."""
    steepest = max(float(np.abs(a.slope(GRID)).max()) for a in curves.activations)
    return _curve_panels(curves.titles, float(np.ceil(4 * steepest + 0.5) / 4), language())


@lru_cache(maxsize=256)
def _curve_panels(titles: tuple[str, ...], top: float, spoken: str) -> tuple[Panel, ...]:
    value = pictures.curves(titles, "value", title="a(z)", bounds=(-2.0, 4.0), tangents=True)
    slope = pictures.curves(titles, "slope", title="a′(z)", bounds=(-0.25, top))
    return (
        Panel(value.to_json(), tracks_of(value), _("Activation a(z), with the tangent"), "value", "drag"),
        Panel(slope.to_json(), tracks_of(slope), _("Derivative a′(z)"), "slope", "drag"),
    )


def say_slopes(curves: Curves) -> str:
    """Say what of a gradient passes each activation at the probe."""
    pairs = sorted(zip(curves.titles, probes(curves), strict=True), key=lambda pair: pair[1].slope)
    z = written(curves.probe)
    (least, low), (most, high) = pairs[0], pairs[-1]
    if alike(low.slope, high.slope, lambda slope: written(slope, 3)):
        text = _("At z = {z} the slope is {slope}: back-propagation multiplies the gradient by it.")
        return text.format(z=z, slope=written(high.slope, 3))
    return _(
        "At z = {z} back-propagation multiplies the gradient by {high} with {most}, but only by {low} with {least}."
    ).format(z=z, most=most, high=written(high.slope, 3), least=least, low=written(low.slope, 3))


def curve_formulas(curves: Curves) -> list[tuple[str, str, str]]:
    """Return LaTeX, title and note of each activation, with its value and slope at the probe."""
    z = tex(curves.probe)
    return [
        (
            rf"\begin{{gathered}} a(z) = {activation.formula} \\[10pt] "
            rf"a({z}) = {tex(probe.value)} \qquad a'({z}) = {tex(probe.slope)} \end{{gathered}}",
            title,
            _(ACTIVATIONS[activation.name].note),
        )
        for activation, title, probe in zip(curves.activations, curves.titles, probes(curves), strict=True)
    ]


def probe_table(curves: Curves) -> str:
    """Return a table of value, slope, range and mean output as HTML."""
    heads = (
        _("Activation"),
        f"a({written(curves.probe)})",
        f"a′({written(curves.probe)})",
        _("Range"),
        _("Mean output"),
        _("Zero-centered"),
    )
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(title)}',
            written(probe.value),
            written(probe.slope),
            _range(activation),
            written(mean_output(activation), 3),
            _("no") if mean_output(activation) else _("yes"),
        )
        for series, title, activation, probe in zip(
            SERIES, curves.titles, curves.activations, probes(curves), strict=False
        )
    ]
    return table([escape(head) for head in heads], rows)


def _range(activation: Activation) -> str:
    low, high = span(activation)
    return f"{written(low, 3)} … {written(high, 3)}"


def facts_table(curves: Curves) -> str:
    """Return a table of advantages and drawbacks as HTML."""
    rows = [
        (
            escape(title),
            escape(_(ACTIVATIONS[a.name].advantage)),
            escape(_(ACTIVATIONS[a.name].drawback)),
            f"<code>{escape(tensorflow_call(a))}</code>",
        )
        for title, a in zip(curves.titles, curves.activations, strict=True)
    ]
    return table([_("Activation"), _("Advantages"), _("Drawbacks"), "TensorFlow"], rows, prose=True)


def curve_program(curves: Curves) -> str:
    """Return a TensorFlow program that prints value and slope of each activation at the probe."""
    calls = zip(curves.titles, map(tensorflow_call, curves.activations), strict=True)
    return printed("curves", probe=float(curves.probe), calls=calls)


# ---- softmax

LOGITS = Field(fewest=2, most=10, low=-1e6, high=1e6)


def logits_error(error: FieldError) -> str:
    """Say what is wrong with the logits, and why there is a limit."""
    if error.fault in (Fault.TOO_LARGE, Fault.TOO_SMALL):
        why = _("Beyond this range the largest logit takes all the probability.")
        return joined(field_error(error), why)
    return field_error(error)


@dataclass(frozen=True)
class Softmax:
    """Logits, and a number that is added to each of them."""

    logits: tuple[float, ...]
    shift: float

    @property
    def moved(self) -> Array:
        """The logits with the number added, (classes,)."""
        return np.array(self.logits) + self.shift

    @property
    def probabilities(self) -> Array:
        """Their softmax, (classes,)."""
        return softmax(self.moved)


def softmax_arrays(given: Softmax) -> Rows:
    """Return logits and probabilities, as the panels follow them: one row each."""
    return {"logits": given.moved[None], "probabilities": given.probabilities[None]}


def softmax_panels(given: Softmax) -> tuple[Panel, ...]:
    """Return the bars of the logits beside those of the probabilities."""
    reach = float(np.abs(given.moved).max())
    scale = 10.0 ** np.floor(np.log10(max(reach, 1.0)))
    top = float(next(scale * step for step in (1, 2, 5, 10, 20) if 1.15 * reach <= scale * step or step == 20))
    return _softmax_panels(len(given.logits), max(top, 5.0), bool((given.moved < 0).any()), language())


@lru_cache(maxsize=64)
def _softmax_panels(classes: int, top: float, negative: bool, spoken: str) -> tuple[Panel, ...]:
    bounds = (-top if negative else -0.15 * top, top)
    logits = pictures.bars(classes, "logits", "series1", title="z + c", class_title=_("Class"), bounds=bounds)
    shares = pictures.bars(
        classes, "probabilities", "series2", title=_("Probability"), class_title=_("Class"), bounds=(0.0, 1.05)
    )
    return (
        Panel(logits.to_json(), tracks_of(logits), _("Logits: drag a bar"), "logits", "drag"),
        Panel(shares.to_json(), tracks_of(shares), _("Softmax"), "probabilities"),
    )


def with_logit(given: Softmax, point: tuple[float, float]) -> Array:
    """Return the logits after the bar under a point of the picture was pulled to its height."""
    logits = np.array(given.logits)
    place = int(np.clip(round(point[0]), 1, len(logits))) - 1
    logits[place] = float(f"{np.clip(point[1] - given.shift, LOGITS.low, LOGITS.high):.3g}")
    return logits


def say_softmax(given: Softmax) -> str:
    """Say which class wins, that a shift changes nothing, and what the formula as written makes of it."""
    probabilities = given.probabilities
    best = int(probabilities.argmax())
    # What is told of a shift leaves room for the rest.
    text = (
        _("Class {best} has the largest logit and gets {share}% of the probability.")
        if given.shift
        else _(
            "Class {best} has the largest logit and gets {share}% of the probability; all probabilities sum to 100%."
        )
    )
    said = [text.format(best=best + 1, share=f"{100 * probabilities[best]:.4g}")]
    if given.shift:
        said.append(_("Adding c = {c} to every logit changes nothing: eᶜ cancels.").format(c=written(given.shift)))
    if np.isnan(naive_softmax(given.moved)).any():
        said.append(_("As written the formula gives NaN; the library subtracts the largest logit first."))
    return joined(*said)


TERMS = 4


def softmax_formula(given: Softmax) -> str:
    """Return the share of the largest logit in LaTeX, with the numbers in it."""
    best = int(given.probabilities.argmax())
    shift = "" if not given.shift else (f" + {tex(given.shift)}" if given.shift > 0 else f" - {tex(-given.shift)}")
    powers = [f"e^{{{tex(z)}{shift}}}" for z in given.logits]
    below = " + ".join(powers[:TERMS] + ([r"\dots"] if len(powers) > TERMS else []))
    share = tex(float(given.probabilities[best]), 8)
    general = rf"\frac{{e^{{z_{{{best + 1}}}}}}}{{\sum_j e^{{z_j}}}}"
    return rf"p_{{{best + 1}}} = {general} = \frac{{{powers[best]}}}{{{below}}} = {share}"


def softmax_table(given: Softmax) -> str:
    """Return a table of the steps, a row a class, as HTML."""
    with np.errstate(over="ignore"):
        powers = np.exp(given.moved)
    heads = (_("Class"), "z", "z + c", "e^(z + c)", _("As written"), _("Softmax"))
    columns = (given.moved, powers, naive_softmax(given.moved), given.probabilities)
    rows = [
        (str(i + 1), written(z, 6), written(m, 6), written(e), written(naive, 8), written(p, 8))
        for i, (z, m, e, naive, p) in enumerate(zip(given.logits, *columns, strict=True))
    ]
    return table([escape(head) for head in heads], rows)


def softmax_program(given: Softmax) -> str:
    """Return a TensorFlow program that prints the probabilities."""
    return printed("softmax", logits=[float(z) for z in given.logits], shift=float(given.shift))


# ---- numerical stability

PRECISIONS: Mapping[str, type[np.floating[Any]]] = {"float32": np.float32, "float64": np.float64}
INPUTS = Field(fewest=1, most=12, infinite=True)
SIZES = np.logspace(-20, 3.3, 700)
FORMS: tuple[Callable[[Floats], Floats], ...] = (naive_tanh, scaled_tanh, np.tanh)


@dataclass(frozen=True)
class Stability:
    """The inputs at which tanh is computed, and in which precision."""

    inputs: tuple[float, ...]
    precision: str

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number of the precision."""
        return float(np.finfo(PRECISIONS[self.precision]).eps)

    @property
    def limit(self) -> float:
        """The largest z whose e^z is finite."""
        return overflow(PRECISIONS[self.precision])

    @property
    def rounded(self) -> Floats:
        """The inputs in the precision, (inputs,)."""
        with np.errstate(over="ignore", under="ignore"):
            return np.array(self.inputs).astype(PRECISIONS[self.precision])

    @property
    def naive(self) -> Floats:
        """The formula as written, in the precision, (inputs,)."""
        return naive_tanh(self.rounded)

    @property
    def errors(self) -> Array:
        """The relative error of the formula as written, nan where it has no value, (inputs,)."""
        return relative_error(self.naive, self.rounded)


@lru_cache(maxsize=64)
def stability_arrays(given: Stability) -> Rows:
    """Return the errors of each form over |z|, and the inputs asked for, as the panel follows them: one row each."""
    z = SIZES.astype(PRECISIONS[given.precision])
    floor = given.epsilon / 16  # an error of 0 has no place on a log axis
    arrays = {"size": SIZES[None]}
    for i, form in enumerate(FORMS):
        arrays[f"error{i}"] = np.maximum(relative_error(form(z), z), floor)[None]
    size = np.clip(np.abs(given.rounded.astype(float)), SIZES[0], SIZES[-1] / 1.2)
    lost = np.isnan(given.errors)
    errors = np.maximum(given.errors, floor)
    # A row of one number would be taken for a column.
    for name, shown, height in (("at", ~lost, errors), ("nan", lost, np.ones_like(errors))):
        arrays[f"{name}_size"] = np.append(np.where(shown, size, np.nan), np.nan)[None]
        arrays[f"{name}_error"] = np.append(np.where(shown, height, np.nan), np.nan)[None]
    return arrays


def stability_panels(given: Stability) -> tuple[Panel, ...]:
    """Return the picture of the errors."""
    return _stability_panels(given.precision, language())


@lru_cache(maxsize=8)
def _stability_panels(precision: str, spoken: str) -> tuple[Panel, ...]:
    shape = Stability((), precision)
    words = {
        "size": "|z|",
        "error": _("Relative error"),
        "epsilon": _("precision of {type}: {epsilon}").format(type=precision, epsilon=written(shape.epsilon, 2)),
        "overflow": _("eᶻ overflows beyond {limit}").format(limit=f"{shape.limit:.4g}"),
        "asked": _("your z"),
        "nan": "NaN",
    }
    names = (_("As written"), _("Scaled form"), _("Library"))
    figure = pictures.errors(names, shape.epsilon, shape.limit, words=words)
    return (Panel(figure.to_json(), tracks_of(figure), _("Error of the formula against |z|")),)


def right_digits(error: float, given: Stability) -> int:
    """Return how many decimal digits are right at a relative error, of those that the precision has."""
    all_digits = int(-np.log10(given.epsilon)) + 1
    return all_digits if error <= given.epsilon else int(np.clip(np.floor(-np.log10(error)), 0, all_digits))


def say_stability(given: Stability) -> str:
    """Say where the formula as written has no value, and where it loses digits."""
    errors = given.errors
    lost = np.isnan(errors)
    said = []
    if lost.any():
        said.append(
            _("Beyond |z| = {limit}, exp(|z|) is ∞ in {type}, and ∞/∞ is NaN: {n} of {all} have no value.").format(
                limit=f"{given.limit:.4g}", type=given.precision, n=int(lost.sum()), all=len(errors)
            )
        )
    known = np.where(lost, 0.0, errors)
    worst = int(known.argmax())
    if right_digits(float(known[worst]), given) == 0:
        text = _("Near 0 it subtracts numbers near 1: for z = {z} no digit is right.")
        said.append(text.format(z=written(given.inputs[worst])))
    elif known[worst] > given.epsilon:
        text = _("Near 0 it subtracts numbers near 1: for z = {z} only {n} digits are right.")
        said.append(text.format(z=written(given.inputs[worst]), n=right_digits(float(known[worst]), given)))
    if not said:
        said.append(_("For these z the formula as written is as exact as the library."))
    return joined(*said)


def stability_formulas(given: Stability) -> tuple[str, str]:
    """Return the formula as written, with the numbers of the worst input in it, and one that cannot overflow."""
    errors = np.where(np.isnan(given.errors), np.inf, given.errors)
    worst = int(errors.argmax())
    z = given.rounded[worst : worst + 1]
    with np.errstate(over="ignore", under="ignore"):
        up, down = float(np.exp(z)[0]), float(np.exp(-z)[0])
    name, value = tex(float(z[0])), tex(float(given.naive[worst]))
    numbers = rf"\frac{{{tex(up, 8)} - {tex(down, 8)}}}{{{tex(up, 8)} + {tex(down, 8)}}}"
    naive = rf"\tanh({name}) = \frac{{e^{{z}} - e^{{-z}}}}{{e^{{z}} + e^{{-z}}}} = {numbers} = {value}"
    scaled = rf"\operatorname{{sign}}(z)\,\frac{{1 - e^{{-2|z|}}}}{{1 + e^{{-2|z|}}}} = {tex(float(scaled_tanh(z)[0]))}"
    return naive, scaled


def stability_table(given: Stability) -> str:
    """Return a table with a row an input, as HTML."""
    with np.errstate(over="ignore", under="ignore"):
        up, down = np.exp(given.rounded), np.exp(-given.rounded)
    heads = ("z", "e^z", "e^−z", _("As written"), _("Library"), _("Relative error"), _("What happens"))
    columns = (up, down, given.naive, np.tanh(given.rounded), given.errors)
    rows = [
        (
            written(z),
            written(e),
            written(f),
            written(naive, 8),
            written(a, 8),
            written(error, 2),
            escape(_happens(error, given)),
        )
        for z, e, f, naive, a, error in zip(given.inputs, *columns, strict=True)
    ]
    return table([escape(head) for head in heads], rows)


def _happens(error: float, given: Stability) -> str:
    if np.isnan(error):
        return _("∞/∞ has no value")
    digits = right_digits(error, given)
    if error <= given.epsilon:
        return _("exact to rounding")
    return _("no digit is right") if digits == 0 else _("{n} digits are right").format(n=digits)


def stability_program(given: Stability) -> str:
    """Return a TensorFlow program that prints the formula as written beside the library's tanh."""
    numbers = ", ".join(f'float("{z}")' if np.isinf(z) else repr(float(z)) for z in given.inputs)
    return printed("stability", numbers=numbers, precision=given.precision)


# ---- advice


class Advice(NamedTuple):
    """One piece of advice in English, why, and the page with its settings that shows it."""

    what: str
    why: str
    page: str
    parameters: Mapping[str, Sequence[str]]


ADVICE = (
    Advice(
        N_("Begin with ReLU."),
        N_("Its slope is 0 or 1: in a deep net the first layers still get a gradient."),
        "vanishing",
        {"net": ["relu.he", "sigmoid.xavier"]},
    ),
    Advice(
        N_("Begin with a small learning rate."),
        N_("Too large a step kills ReLU units or makes the loss diverge; a tenth of the learning rate does neither."),
        "dead_relu",
        {"cure": ["rate"]},
    ),
    Advice(
        N_("Standardize the inputs: mean 0, standard deviation 1."),
        N_("Inputs far from 0 push all units to one side, and one learning rate no longer fits all weights."),
        "dead_relu",
        {"shift": ["5"], "lr": ["0.03"], "init": ["he"], "cure": ["inputs"]},
    ),
    Advice(
        N_("Center the initial weights: mean 0, standard deviation √(2/n) for ReLU with n inputs."),
        N_("Then the signal neither fades nor grows from layer to layer, and half of the units are active."),
        "vanishing",
        {"net": ["relu.course", "relu.he", "relu.small"]},
    ),
)
"""What a beginner should try first, each with a link that shows why."""


def advice_text() -> str:
    """Return the advice as a list in Markdown, each with its link."""
    shown = f"{_('See it')}\N{NO-BREAK SPACE}→"
    return "\n".join(
        f"{i}. **{_(each.what)}** {_(each.why)} [{shown}]({outline.href(each.page, each.parameters)})"
        for i, each in enumerate(ADVICE, 1)
    )
