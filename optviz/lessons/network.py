"""The network page: from a list of sizes to the counts, the picture, the forward pass and the program."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import network as pictures
from optviz.figures.network import Unit, units_of
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.programs import printed
from optviz.lessons.tables import NOTHING, digits, tex
from optviz.lessons.tables import table as html
from optviz.lessons.tensorflow_code import tensorflow_call
from optviz.lessons.words import field_error
from optviz.locale.spoken import N_, _, joined, language, ngettext
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.network import INITIALIZATIONS, Network, Pass
from optviz.recipes import Choice
from optviz.typed_numbers import Fault, Field, FieldError

MOST_UNITS, MOST_LAYERS = 10_000, 20
MOST_COMPUTED = 500_000
"""A network with more parameters is counted and drawn, but not computed: its weights would be more than 4 MB."""

SIZES = Field(fewest=2, most=MOST_LAYERS + 1, low=1, high=MOST_UNITS, whole=True)
INPUTS = Field(fewest=1, most=200, low=-1e6, high=1e6)

TERMS, WRITTEN, WHOLE, COLUMNS = 4, 3, 4, 10
"""The most terms of a sum, and of a unit's in the formula, the largest matrix written, the units in a table's row."""

LINE = 42
"""The most letters of a sum in the picture: what a phone has room for."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the page shows."""

    sizes: tuple[int, ...]
    x: tuple[float, ...]
    activation: Choice
    initialization: str
    last: bool
    seed: int


class Forward:
    """The weights and the forward pass of a network."""

    def __init__(self, settings: Settings) -> None:
        net = network_of(settings)
        self.parameters = net.init(settings.seed, settings.initialization)
        self.layers = net.views(self.parameters)
        self.x = inputs_of(settings)
        # Numbers that grow beyond what a number can hold are shown as such.
        with np.errstate(over="ignore", invalid="ignore"):
            self.passes: list[Pass] = net.pass_through(self.parameters, self.x, output_of(settings))

    @property
    def outputs(self) -> list[Array]:
        """The values of all units, the inputs first."""
        return [self.x, *(each.a for each in self.passes)]


def read_sizes(text: str) -> Array:
    """Return the sizes of a text, which may stand as 3-4-2 too; raises FieldError."""
    return SIZES.read(re.sub(r"(?<=\d)[-–—×](?=\d)", ",", text))


_REASONS = {
    Fault.TOO_LARGE: N_("Two layers of 10,000 units have 100 million weights between them: 800 MB."),
    Fault.TOO_SMALL: N_("A layer without a unit would let nothing through."),
    Fault.TOO_MANY: N_("More than 20 layers could not be told apart in the picture."),
    Fault.TOO_FEW: N_("A network has inputs and at least one layer."),
}


def size_error(error: FieldError) -> str:
    """Say what is wrong with the sizes, and why there is a limit."""
    reason = _REASONS.get(error.fault)
    return field_error(error) if reason is None else joined(field_error(error), _(reason))


def network_of(settings: Settings) -> Network:
    """Return the network."""
    return Network(settings.sizes, activation_of(settings))


def activation_of(settings: Settings) -> Activation:
    """Return the activation, with its parameters."""
    return settings.activation.of(ACTIVATIONS)


def output_of(settings: Settings) -> Activation:
    """Return the activation of the last layer."""
    return activation_of(settings) if settings.last else ACTIVATIONS["linear"]()


def inputs_of(settings: Settings) -> Array:
    """Return as many inputs as the network takes: what was typed, again from its beginning where it is too short."""
    return np.resize(np.array(settings.x), settings.sizes[0])


def computed(settings: Settings) -> bool:
    """Return whether the network is small enough to be computed."""
    return network_of(settings).parameters <= MOST_COMPUTED


@lru_cache(maxsize=32)
def forward_of(settings: Settings) -> Forward:
    """Draw the weights and run the forward pass."""
    return Forward(settings)


def _outputs(settings: Settings) -> list[Array]:
    return forward_of(settings).outputs if computed(settings) else []


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return what the picture follows."""
    return pictures.arrays(units_of(settings.sizes), _outputs(settings))


def steps_of(settings: Settings) -> int:
    """Return the number of the last step: one for each unit that is drawn."""
    return sum(unit.layer > 0 for unit in units_of(settings.sizes)) if computed(settings) else 0


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panel of the network."""
    return _panels(settings, language())


@lru_cache(maxsize=64)
def _panels(settings: Settings, spoken: str) -> tuple[Panel, ...]:
    words = {
        "input": _("inputs"),
        "layer": _("layer {n}"),
        "output": _("outputs"),
        "positive": _("positive weight"),
        "negative": _("negative weight"),
    }
    outputs, units = _outputs(settings), units_of(settings.sizes)
    weights = [weight for weight, _bias in forward_of(settings).layers] if outputs else []
    texts = {unit: digits(outputs[unit.layer][unit.number]) for unit in units} if outputs else {}
    lines = _captions(settings, units) if outputs else []
    figure = pictures.network(settings.sizes, weights, outputs, texts, lines, words)
    return (Panel(figure.to_json(), tracks_of(figure), _("The network and its forward pass")),)


def _captions(settings: Settings, units: Sequence[Unit]) -> list[tuple[str, str]]:
    forward = forward_of(settings)
    lines = [(f"x = ({_listed(forward.x)})", _("The inputs are known; now each unit in turn."))]
    for unit in units:
        if unit.layer:
            done = forward.passes[unit.layer - 1]
            z, a = (digits(values[unit.number]) for values in done)
            lines.append((f"z = {_short_sum(settings, unit)}", f"= {z},  a = f(z) = {a}"))
    return lines


def _listed(values: Array) -> str:
    shown = ", ".join(digits(value) for value in values[:TERMS])
    return shown if len(values) <= TERMS else f"{shown}, …"


def _short_sum(settings: Settings, unit: Unit) -> str:
    """Write the sum of a unit with as many terms as fit on a phone."""
    sums = (_sum(settings, unit.layer, unit.number, most) for most in range(TERMS, 0, -1))
    return next((text for text in sums if len(text) <= LINE), "…")


def _sum(settings: Settings, layer: int, unit: int, most: int) -> str:
    """Write the sum of a unit with its numbers: the first terms and the bias."""
    forward = forward_of(settings)
    (weights, biases), x = forward.layers[layer - 1], forward.outputs[layer - 1]
    terms = [f"{digits(w)}·{_signed(v)}" for w, v in zip(weights[:most, unit], x, strict=False)]
    parts = [*terms, *(["…"] if len(x) > most else []), digits(biases[unit])]
    return " + ".join(parts).replace("+ −", "− ")


def _signed(value: float) -> str:
    text = digits(value)
    return f"({text})" if text.startswith("−") else text


def say(settings: Settings) -> str:
    """Say what was counted, and what the forward pass gives."""
    net, sizes = network_of(settings), settings.sizes
    counted = ngettext(
        "{sizes} has {layers} layer (inputs not counted), {parameters} parameters, and needs "
        "{multiply_adds} multiply-adds per row.",
        "{sizes} has {layers} layers (inputs not counted), {parameters} parameters, and needs "
        "{multiply_adds} multiply-adds per row.",
        net.layers,
    ).format(
        sizes="-".join(map(str, sizes)),
        layers=net.layers,
        parameters=f"{net.parameters:,}",
        multiply_adds=f"{net.multiply_adds:,}",
    )
    if not computed(settings):
        limit = _(
            "Above {most} parameters the net is only counted and drawn: its values would need {size} MB per student."
        )
        return joined(counted, limit.format(most=f"{MOST_COMPUTED:,}", size=f"{net.parameters * 8 / 1e6:,.0f}"))
    forward = forward_of(settings)
    result = _("Forward, x = ({x}) becomes ({output}).").format(
        x=_listed(forward.x), output=_listed(forward.outputs[-1])
    )
    return joined(counted, result)


def repeated(settings: Settings) -> str:
    """Say how the numbers typed were made as many as the inputs, or nothing where they were."""
    given, wanted = len(settings.x), settings.sizes[0]
    if given == wanted:
        return ""
    return _("x has {given} numbers but the net has {wanted} inputs: they are repeated or cut to fit.").format(
        given=given, wanted=f"{wanted:,}"
    )


def counts(settings: Settings) -> tuple[str, str]:
    """Return the number of parameters and that of multiply-adds in LaTeX, with the sizes filled in."""
    net = network_of(settings)
    weights = [rf"{inputs} \cdot {outputs}" for inputs, outputs in net.shapes]
    layers = [rf"{term} + {outputs}" for term, (_inputs, outputs) in zip(weights, net.shapes, strict=True)]
    terms = ((r"n_{l-1} n_l + n_l", layers, net.parameters), (r"n_{l-1} n_l", weights, net.multiply_adds))
    parameters, multiply_adds = (
        rf"\begin{{gathered}} \textstyle\sum_l ({each}) \\ = {_cut(filled)} = {total} \end{{gathered}}"
        for each, filled, total in terms
    )
    return parameters, multiply_adds


def _cut(terms: Sequence[str]) -> str:
    return " + ".join(terms if len(terms) <= TERMS else [*terms[:2], r"\cdots", terms[-1]])


def titles_of(settings: Settings) -> dict[str, str]:
    """Return the layers to choose from."""
    shapes = network_of(settings).shapes
    return {
        str(n): _("Layer {n}: {inputs} → {outputs}").format(n=n, inputs=inputs, outputs=outputs)
        for n, (inputs, outputs) in enumerate(shapes, 1)
    }


def layer_formula(settings: Settings, layer: int) -> str:
    """Return `a = f(W x + b)` of a layer in LaTeX: with its matrices where they are small, else its first unit."""
    forward, shape = forward_of(settings), network_of(settings).shapes[layer - 1]
    last = layer == len(forward.passes)
    activation = output_of(settings) if last else activation_of(settings)
    head = rf"a = f(W x + b) \\ f(z) = {activation.formula}"
    if max(shape) > WHOLE:
        done = forward.passes[layer - 1]
        summed = _sum(settings, layer, 0, WRITTEN).replace("…", r"\cdots").replace("−", "-").replace("·", r" \cdot ")
        z, a = tex(done.z[0], 3), tex(done.a[0], 3)
        return rf"\begin{{gathered}} {head} \\ a_1 = f({summed}) \\ = f({z}) = {a} \end{{gathered}}"
    (weights, biases), done = forward.layers[layer - 1], forward.passes[layer - 1]
    x = forward.outputs[layer - 1]
    columns = (("x", x), ("b", biases), ("a", done.a))
    written = r",\ ".join(rf"{name} = {_matrix(values[:, None])}" for name, values in columns)
    return rf"\begin{{gathered}} {head} \\ W = {_matrix(weights.T)} \\ {written} \end{{gathered}}"


def _matrix(values: Array) -> str:
    rows = r" \\ ".join(" & ".join(tex(value, 3) for value in row) for row in values)
    return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def report(settings: Settings) -> str:
    """Return the table of all layers' z and a as HTML."""
    return _report(settings, language())


@lru_cache(maxsize=64)
def _report(settings: Settings, spoken: str) -> str:
    forward = forward_of(settings)
    widest = min(COLUMNS, max(settings.sizes))
    heads = [_("Layer"), *(_("unit {n}").format(n=n) for n in range(1, widest + 1))]
    rows = [("x", forward.x)]
    for n, done in enumerate(forward.passes, 1):
        rows += [(_("layer {n}: z").format(n=n), done.z), (_("layer {n}: a").format(n=n), done.a)]
    cells = [
        [name, *(digits(v) for v in values[:widest]), *[NOTHING] * (widest - len(values))] for name, values in rows
    ]
    return html([escape(head) for head in heads], [[escape(cell) for cell in row] for row in cells])


def program(settings: Settings) -> str:
    """Return a TensorFlow program that draws the same weights and runs the same forward pass."""
    net, initialization = network_of(settings), INITIALIZATIONS[settings.initialization]
    x = inputs_of(settings)
    short = len(x) <= 2 * COLUMNS
    given = (
        f"[{[float(v) for v in x]}], dtype=tf.float64" if short else f"np.resize({list(settings.x)}, {len(x)})[None]"
    )
    layers = []
    for n, (inputs, outputs) in enumerate(net.shapes, 1):
        activation = output_of(settings) if n == net.layers else activation_of(settings)
        output = tensorflow_call(activation, f"tf.matmul(a, W{n}) + {initialization.bias!r}")
        deviation = initialization.deviation(inputs, outputs)
        layers.append({"deviation": deviation, "inputs": inputs, "outputs": outputs, "output": output})
    return printed("network", settings=settings, given=given, layers=layers)
