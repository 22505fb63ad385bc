"""Activation functions: each a value next to its derivative, elementwise in the pre-activation z.

All are finite and free of warnings for every finite z, and take their limits at z = -inf and z = +inf.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any

import numpy as np

from optviz.arrays import Array
from optviz.libraries import in_tensorflow, value_in_tensorflow
from optviz.recipes import Range, Recipe, read_parameters, registry, with_numbers

_LARGEST = np.finfo(np.float64).max

Slope = Annotated[float, Range(0.0, 1.0, r"\alpha")]
"""The slope of a straight piece left of zero; more than 1 would turn the kink the other way."""


Pair = tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]
"""A value of z, and its derivative, which is handed the value as well, because that is often all it needs."""

Layer = tuple[str, Mapping[str, float]]


@dataclass(frozen=True)
class Activation:
    """An activation `a = value(z)` and `derivative(z, a)`, both of z's shape, as an entry of `ACTIVATIONS` makes it.

    Two are equal where name and arguments are. At a kink the derivative is TensorFlow's choice. `formula` is LaTeX with
    the arguments in it; `exact` is the function in TensorFlow, in double precision, an expression in z.
    """

    name: str
    arguments: tuple[tuple[str, float], ...]
    formula: str = field(compare=False)
    value: Callable[[Array], Array] = field(compare=False)
    derivative: Callable[[Array, Array], Array] = field(compare=False)
    exact: str = field(compare=False)

    def slope(self, z: Array) -> Array:
        """Return da/dz where only z is at hand, as for a curve."""
        return self.derivative(z, self.value(z))

    def tensorflow(self, tf: Any, z: Any) -> Any:
        """Return the same function of a tensor z, computed by the tensorflow package `tf`."""
        return value_in_tensorflow(self.exact, tf, z=z)


@dataclass(frozen=True)
class Entry(Recipe[Activation]):
    """An activation's recipe, with its advantage and drawback in English, and what libraries have of it.

    `tensorflow` and `keras` are their calls, expressions in z with the settings in braces. `code` is an expression in
    the functions of `keras.ops` for where a call rounds, which `differs` says, or where there is none. `named` says
    whether Keras has it under the same name, and `layer` makes its layer of Keras, for a file.
    """

    advantage: str
    drawback: str
    tensorflow: str
    keras: str
    code: str
    differs: str
    named: bool
    layer: Callable[..., Layer] | None


def activation(
    title: str,
    *,
    formula: str,
    source: str,
    advantage: str,
    drawback: str,
    tensorflow: str = "",
    keras: str = "",
    code: str = "",
    differs: str = "",
    named: bool = False,
    layer: Callable[..., Layer] | None = None,
) -> Callable[[Callable[..., Pair]], Entry]:
    """Turn a factory of a value and its derivative into a recipe: its arguments are the settings, with their ranges.

    There is a `tensorflow` call or `code`, and a `keras` call or `code` where Keras' name alone is not enough.
    """

    def wrap(pair: Callable[..., Pair]) -> Entry:
        parameters, name = read_parameters(pair), pair.__name__.rstrip("_")

        @wraps(pair)
        def make(**values: float) -> Activation:
            chosen = {each.name: values.get(each.name, each.default) for each in parameters}
            numbers = {each.range.symbol: chosen[each.name] for each in parameters}
            exact = (in_tensorflow(code) or tensorflow).format(**chosen)
            return Activation(name, tuple(chosen.items()), with_numbers(formula, numbers), *pair(**chosen), exact)

        return Entry(
            name, title, make, formula, source, parameters, advantage, drawback,
            tensorflow or in_tensorflow(code), keras, code, differs, named, layer,
        )  # fmt: skip

    return wrap


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + e^-z), by way of e^-|z|, which cannot overflow."""
    tail = np.exp(-np.abs(z))
    return np.where(z < 0, tail, 1.0) / (1.0 + tail)


def softplus(z: Array) -> Array:
    """Return log(1 + e^z) = max(0, z) + log(1 + e^-|z|)."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def softmax(z: Array) -> Array:
    """Return e^z_i / sum_j e^z_j over the last axis, with the largest z taken off first, lest e^z overflow."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _bounded(z: Array) -> Array:
    # inf / inf and inf * 0 have no value, the limit has
    return np.clip(z, -_LARGEST, _LARGEST)


def _gate(z: Array) -> Array:
    """Return the argument of GELU's tanh; beyond |z| = 30 the tanh is 1 to the last bit, and z^3 could overflow."""
    near = np.clip(z, -30.0, 30.0)
    return math.sqrt(2 / math.pi) * (near + 0.044715 * near**3)


def _gelu_slope(z: Array, a: Array) -> Array:
    near, tanh = np.clip(z, -30.0, 30.0), np.tanh(_gate(z))
    inner = math.sqrt(2 / math.pi) * (1.0 + 3 * 0.044715 * near * near)
    return 0.5 * (1.0 + tanh) + 0.5 * near * (1.0 - tanh * tanh) * inner


def _silu_slope(z: Array, a: Array) -> Array:
    gate = sigmoid(z)
    return gate * (1.0 + _bounded(z) * (1.0 - gate))


def _leaky(alpha: float) -> Pair:
    """Return z right of zero and `alpha` z left of it."""
    return lambda z: np.maximum(z, alpha * z if alpha else 0.0), lambda z, a: np.where(z > 0, 1.0, alpha)


@activation(
    "ReLU",
    formula=r"\max(0, z)",
    source="Nair & Hinton 2010; tf.nn.relu",
    advantage="Cheap; the slope is 1 for every z > 0, so gradients do not shrink.",
    drawback="The slope is 0 for z < 0: a unit can die. Never negative.",
    tensorflow="tf.nn.relu(z)",
    named=True,
)
def relu() -> Pair:
    """Replace negative values with 0."""
    return lambda z: np.maximum(z, 0.0), lambda z, a: np.sign(a)


@activation(
    "Leaky ReLU",
    formula=r"\max(\alpha z,\ z)",
    source="Maas et al. 2013; tf.nn.leaky_relu",
    advantage="Cheap; the slope is never 0, so no unit dies.",
    drawback="One more number to choose; with α near 1 it is nearly linear.",
    tensorflow="tf.nn.leaky_relu(z, alpha={alpha})",
    code="maximum({alpha} * z, z)",
    differs="Keras keeps the slope of its leaky ReLU in single precision.",
    layer=lambda alpha: ("LeakyReLU", {"negative_slope": alpha}),
    named=True,
)
def leaky_relu(alpha: Slope = 0.2) -> Pair:
    """Multiply negative values by a small fixed slope (0.2 in TensorFlow)."""
    return _leaky(alpha)


@activation(
    "PReLU",
    formula=r"\max(\alpha z,\ z)",
    source="He et al. 2015; keras.layers.PReLU",
    advantage="The net learns the best slope; no unit dies.",
    drawback="More parameters, which may overfit small data sets.",
    tensorflow="tf.nn.leaky_relu(z, alpha={alpha})",
    code="maximum({alpha} * z, z)",
    differs="Keras' PReLU would learn the slope.",
    layer=lambda alpha: ("LeakyReLU", {"negative_slope": alpha}),
)
def prelu(alpha: Slope = 0.25) -> Pair:
    """A leaky ReLU that learns its slope with the weights, starting at 0.25; here the slope stays where you set it."""
    return _leaky(alpha)


@activation(
    "RReLU",
    formula=r"\max(\bar\alpha z,\ z),\quad \bar\alpha = \tfrac{1}{2}(l + u)",
    source="Xu et al. 2015; torch.nn.RReLU",
    advantage="The random slope reduces overfitting; no unit dies.",
    drawback="Training is noisy and uses a different function than inference.",
    tensorflow="tf.nn.leaky_relu(z, alpha=({lower} + {upper}) / 2)",
    code="maximum(({lower} + {upper}) / 2 * z, z)",
    differs="Keras has no RReLU; this is the mean slope, as in inference.",
    layer=lambda lower, upper: ("LeakyReLU", {"negative_slope": (lower + upper) / 2}),
)
def rrelu(
    lower: Annotated[float, Range(0.0, 1.0, "l")] = 1 / 8, upper: Annotated[float, Range(0.0, 1.0, "u")] = 1 / 3
) -> Pair:
    """A leaky ReLU with a random slope in training; the curve shows inference, with the mean of lower and upper."""
    return _leaky((lower + upper) / 2)


@activation(
    "ELU",
    formula=r"\begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}",
    source="Clevert et al. 2016; keras.activations.elu",
    advantage="Negative outputs bring the mean nearer to 0; it saturates softly, which suppresses noise.",
    drawback="Costs an exponential; the slope is nearly 0 for very negative z.",
    tensorflow="tf.keras.activations.elu(z, alpha={alpha})",
    keras="keras.activations.elu(z, alpha={alpha})",
    code="where(z > 0, z, {alpha} * expm1(minimum(z, 0.0)))",
    layer=lambda alpha: ("ELU", {"alpha": alpha}),
    named=True,
)
def elu(alpha: Annotated[float, Range(0.0, 3.0, r"\alpha")] = 1.0) -> Pair:
    """Bend smoothly toward -α below zero; with α = 1 it is smooth at zero as well."""
    return (
        lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z > 0, 1.0, a + alpha),
    )


_SELU = 1.0507009873554805
_SELU_DEPTH = _SELU * 1.6732632423543772


@activation(
    "SELU",
    formula=r"1.0507 \begin{cases} z & z > 0 \\ 1.6733\,(e^{z} - 1) & z \le 0 \end{cases}",
    source="Klambauer et al. 2017; tf.nn.selu",
    advantage="Keeps mean 0 and variance 1 through many layers, without normalization.",
    drawback="Only with its own initialization (LeCun normal) and plain dense layers.",
    tensorflow="tf.nn.selu(z)",
    named=True,
)
def selu() -> Pair:
    """An ELU scaled so that outputs keep mean 0 and variance 1 from layer to layer."""
    return (
        lambda z: np.where(z > 0, _SELU * z, _SELU_DEPTH * np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z < 0, a + _SELU_DEPTH, _SELU),
    )


@activation(
    "Sigmoid",
    formula=r"\frac{1}{1 + e^{-z}}",
    source="tf.nn.sigmoid",
    advantage="Between 0 and 1: can be read as a probability, so it suits an output.",
    drawback="The slope is at most 0.25, and nearly 0 at both ends: gradients vanish. Never negative; costly.",
    tensorflow="tf.nn.sigmoid(z)",
    named=True,
)
def sigmoid_() -> Pair:
    """Squeeze every number into the range from 0 to 1."""
    return sigmoid, lambda z, a: a * (1.0 - a)


@activation(
    "Tanh",
    formula=r"\frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
    source="tf.nn.tanh",
    advantage="Zero-centered, so it trains faster than the sigmoid; the slope reaches 1.",
    drawback="The slope is nearly 0 at both ends: gradients vanish. Costs exponentials.",
    tensorflow="tf.nn.tanh(z)",
    named=True,
)
def tanh() -> Pair:
    """Squeeze every number into the range from -1 to 1: a sigmoid centered at zero."""
    return np.tanh, lambda z, a: 1.0 - a * a


@activation(
    "Softplus",
    formula=r"\ln(1 + e^{z})",
    source="Dugas et al. 2001; tf.nn.softplus",
    advantage="Smooth everywhere; always positive, as a variance must be.",
    drawback="Costs an exponential and a logarithm; never negative; the slope is nearly 0 for very negative z.",
    tensorflow="tf.nn.softplus(z)",
    named=True,
)
def softplus_() -> Pair:
    """A ReLU without a kink, whose derivative is the sigmoid."""
    return softplus, lambda z, a: sigmoid(z)


@activation(
    "Softsign",
    formula=r"\frac{z}{1 + |z|}",
    source="Bergstra et al. 2009; tf.nn.softsign",
    advantage="Zero-centered, no exponential; approaches its limits slowly, so the slope fades later "
    "than that of tanh.",
    drawback="The slope still fades at both ends and drops quickly away from 0.",
    tensorflow="tf.nn.softsign(z)",
    named=True,
)
def softsign() -> Pair:
    """Squeeze every number into the range from -1 to 1, as tanh does, but approach the ends more slowly."""
    return (
        lambda z: _bounded(z) / (1.0 + np.abs(_bounded(z))),
        lambda z, a: np.square(1.0 / (1.0 + np.abs(z))),
    )


@activation(
    "SiLU (Swish)",
    formula=r"\frac{z}{1 + e^{-z}}",
    source="Ramachandran et al. 2017; tf.nn.silu",
    advantage="Smooth; often slightly better than ReLU in deep nets.",
    drawback="Costs an exponential; not monotonic: it decreases up to z = −1.28.",
    tensorflow="tf.nn.silu(z)",
    named=True,
)
def silu() -> Pair:
    """Multiply z by its own sigmoid: a smooth ReLU that dips a little below zero."""
    return lambda z: np.maximum(z, -_LARGEST) * sigmoid(z), _silu_slope


@activation(
    "GELU",
    formula=r"\tfrac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
    source="Hendrycks & Gimpel 2016; tf.nn.gelu(approximate=True)",
    advantage="Smooth; the usual choice in transformers.",
    drawback="Costs more than ReLU; not monotonic: it decreases up to z = −0.75.",
    tensorflow="tf.nn.gelu(z, approximate=True)",
    code="0.5 * z * (1 + tanh((2 / 3.141592653589793) ** 0.5 * (z + 0.044715 * z * z * z)))",
    differs="Keras keeps the number 0.044715 of its GELU in single precision.",
)
def gelu() -> Pair:
    """Multiply z by the share of a normal distribution below z, here in the tanh form of many language models."""
    return lambda z: 0.5 * np.maximum(z, -_LARGEST) * (1.0 + np.tanh(_gate(z))), _gelu_slope


@activation(
    "Linear",
    formula=r"z",
    source="tf.identity",
    advantage="Passes the gradient unchanged; for the output of a regression.",
    drawback="Adds nothing: many linear layers equal one linear layer.",
    tensorflow="tf.identity(z)",
    named=True,
)
def linear() -> Pair:
    """Return z unchanged: a net of linear layers equals one linear layer."""
    return lambda z: z, lambda z, a: np.ones_like(z)


ACTIVATIONS = registry(
    (relu, leaky_relu, prelu, rrelu, elu, selu, sigmoid_, tanh, softplus_, softsign, silu, gelu, linear)
)
"""Every activation by name; a new one is one more recipe."""

_LINE = np.concatenate([[-np.inf], np.linspace(-12, 12, 24_001), [np.inf]])
_DENSITY = 0.001 * np.exp(-np.square(_LINE) / 2) / math.sqrt(2 * math.pi)


def span(activation: Activation) -> tuple[float, float]:
    """Return the least and the greatest value over the number line with its ends, by a grid of step 0.001."""
    values = activation.value(_LINE)
    return float(values.min()), float(values.max())


def mean_output(activation: Activation) -> float:
    """Return the mean of a = value(z) for z normal with mean 0 and deviation 1, by the same grid.

    An activation is zero-centered where it is 0: its outputs do not push the next layer to one side.
    """
    mean = float(_DENSITY[1:-1] @ activation.value(_LINE[1:-1]))
    return mean if abs(mean) > 1e-6 else 0.0
