"""Activation functions: each a value next to its derivative, elementwise in the pre-activation z.

All are finite and free of warnings for every finite z, and take their limits at z = -inf and z = +inf.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from optviz.arrays import Array
from optviz.recipes import Range, recipe, registry

_LARGEST = np.finfo(np.float64).max

Slope = Annotated[float, Range(0.0, 1.0, r"\alpha")]
"""The slope of a straight piece left of zero; more than 1 would turn the kink the other way."""


@dataclass(frozen=True)
class Activation:
    """An activation `a = value(z)` and `derivative(z, a)`, both of z's shape, as an entry of `ACTIVATIONS` makes it.

    Two are equal where name and arguments are. The derivative is handed `a` as well, because that is often all it
    needs. At a kink it is TensorFlow's choice. `formula` is LaTeX with the arguments in it; `tensorflow(tf, z)` is
    the same function computed by the tensorflow package, which it is handed.
    """

    name: str
    arguments: tuple[tuple[str, float], ...]
    formula: str = field(compare=False)
    value: Callable[[Array], Array] = field(compare=False)
    derivative: Callable[[Array, Array], Array] = field(compare=False)
    tensorflow: Callable[[Any, Any], Any] = field(compare=False)

    def slope(self, z: Array) -> Array:
        """Return da/dz where only z is at hand, as for a curve."""
        return self.derivative(z, self.value(z))


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


def _leaky(name: str, alpha: float, arguments: dict[str, float]) -> Activation:
    """Return the activation that is z right of zero and `alpha` z left of it."""
    return Activation(
        name,
        tuple(arguments.items()),
        rf"\max({alpha:.4g}\,z,\ z)",
        lambda z: np.maximum(z, alpha * z if alpha else 0.0),
        lambda z, a: np.where(z > 0, 1.0, alpha),
        # tf.nn.leaky_relu rounds the slope to single precision.
        lambda tf, z: tf.where(z > 0, z, alpha * z),
    )


@recipe("ReLU", formula=r"\max(0, z)", source="Nair & Hinton 2010; tf.nn.relu")
def relu() -> Activation:
    """Replace negative values with 0."""
    return Activation(
        "relu",
        (),
        r"\max(0, z)",
        lambda z: np.maximum(z, 0.0),
        lambda z, a: np.sign(a),
        lambda tf, z: tf.nn.relu(z),
    )


@recipe("Leaky ReLU", formula=r"\max(\alpha z,\ z)", source="Maas et al. 2013; tf.nn.leaky_relu")
def leaky_relu(alpha: Slope = 0.2) -> Activation:
    """Multiply negative values by a small fixed slope (0.2 in TensorFlow)."""
    return _leaky("leaky_relu", alpha, {"alpha": alpha})


@recipe("PReLU", formula=r"\max(\alpha z,\ z)", source="He et al. 2015; keras.layers.PReLU")
def prelu(alpha: Slope = 0.25) -> Activation:
    """A leaky ReLU that learns its slope with the weights, starting at 0.25; here the slope stays where you set it."""
    return _leaky("prelu", alpha, {"alpha": alpha})


@recipe(
    "RReLU",
    formula=r"\max(\bar\alpha z,\ z),\quad \bar\alpha = \tfrac{1}{2}(l + u)",
    source="Xu et al. 2015; torch.nn.RReLU",
)
def rrelu(
    lower: Annotated[float, Range(0.0, 1.0, "l")] = 1 / 8, upper: Annotated[float, Range(0.0, 1.0, "u")] = 1 / 3
) -> Activation:
    """A leaky ReLU with a random slope in training; the curve shows inference, with the mean of lower and upper."""
    return _leaky("rrelu", (lower + upper) / 2, {"lower": lower, "upper": upper})


@recipe(
    "ELU",
    formula=r"\begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}",
    source="Clevert et al. 2016; keras.activations.elu",
)
def elu(alpha: Annotated[float, Range(0.0, 3.0, r"\alpha")] = 1.0) -> Activation:
    """Bend smoothly toward -α below zero; with α = 1 it is smooth at zero as well."""
    left = r"e^{z} - 1" if alpha == 1 else rf"{alpha:.4g}\,(e^{{z}} - 1)"
    return Activation(
        "elu",
        (("alpha", alpha),),
        rf"\begin{{cases}} z & z > 0 \\ {left} & z \le 0 \end{{cases}}",
        lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z > 0, 1.0, a + alpha),
        lambda tf, z: tf.where(z > 0, z, alpha * tf.nn.elu(z)),
    )


_SELU = 1.0507009873554805
_SELU_DEPTH = _SELU * 1.6732632423543772


@recipe(
    "SELU",
    formula=r"1.0507 \begin{cases} z & z > 0 \\ 1.6733\,(e^{z} - 1) & z \le 0 \end{cases}",
    source="Klambauer et al. 2017; tf.nn.selu",
)
def selu() -> Activation:
    """An ELU scaled so that outputs keep mean 0 and variance 1 from layer to layer."""
    return Activation(
        "selu",
        (),
        r"1.0507 \begin{cases} z & z > 0 \\ 1.6733\,(e^{z} - 1) & z \le 0 \end{cases}",
        lambda z: np.where(z > 0, _SELU * z, _SELU_DEPTH * np.expm1(np.minimum(z, 0.0))),
        lambda z, a: np.where(z < 0, a + _SELU_DEPTH, _SELU),
        lambda tf, z: tf.nn.selu(z),
    )


@recipe("Sigmoid", formula=r"\frac{1}{1 + e^{-z}}", source="tf.nn.sigmoid")
def sigmoid_() -> Activation:
    """Squeeze every number into the range from 0 to 1."""
    return Activation(
        "sigmoid",
        (),
        r"\frac{1}{1 + e^{-z}}",
        sigmoid,
        lambda z, a: a * (1.0 - a),
        lambda tf, z: tf.nn.sigmoid(z),
    )


@recipe("Tanh", formula=r"\frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}", source="tf.nn.tanh")
def tanh() -> Activation:
    """Squeeze every number into the range from -1 to 1: a sigmoid centered at zero."""
    return Activation(
        "tanh",
        (),
        r"\frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
        np.tanh,
        lambda z, a: 1.0 - a * a,
        lambda tf, z: tf.nn.tanh(z),
    )


@recipe("Softplus", formula=r"\ln(1 + e^{z})", source="Dugas et al. 2001; tf.nn.softplus")
def softplus_() -> Activation:
    """A ReLU without a kink, whose derivative is the sigmoid."""
    return Activation(
        "softplus",
        (),
        r"\ln(1 + e^{z})",
        softplus,
        lambda z, a: sigmoid(z),
        lambda tf, z: tf.nn.softplus(z),
    )


@recipe("Softsign", formula=r"\frac{z}{1 + |z|}", source="Bergstra et al. 2009; tf.nn.softsign")
def softsign() -> Activation:
    """Squeeze every number into the range from -1 to 1, as tanh does, but approach the ends more slowly."""
    return Activation(
        "softsign",
        (),
        r"\frac{z}{1 + |z|}",
        lambda z: _bounded(z) / (1.0 + np.abs(_bounded(z))),
        lambda z, a: np.square(1.0 / (1.0 + np.abs(z))),
        lambda tf, z: tf.nn.softsign(z),
    )


@recipe("SiLU (Swish)", formula=r"\frac{z}{1 + e^{-z}}", source="Ramachandran et al. 2017; tf.nn.silu")
def silu() -> Activation:
    """Multiply z by its own sigmoid: a smooth ReLU that dips a little below zero."""
    return Activation(
        "silu",
        (),
        r"\frac{z}{1 + e^{-z}}",
        lambda z: np.maximum(z, -_LARGEST) * sigmoid(z),
        _silu_slope,
        lambda tf, z: tf.nn.silu(z),
    )


@recipe(
    "GELU",
    formula=r"\tfrac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
    source="Hendrycks & Gimpel 2016; tf.nn.gelu(approximate=True)",
)
def gelu() -> Activation:
    """Multiply z by the share of a normal distribution below z, here in the tanh form of many language models."""
    return Activation(
        "gelu",
        (),
        r"\tfrac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
        lambda z: 0.5 * np.maximum(z, -_LARGEST) * (1.0 + np.tanh(_gate(z))),
        _gelu_slope,
        # tf.nn.gelu rounds its constants to single precision.
        lambda tf, z: 0.5 * z * (1.0 + tf.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z))),
    )


@recipe("Linear", formula=r"z", source="tf.identity")
def linear() -> Activation:
    """Return z unchanged: a net of linear layers equals one linear layer."""
    return Activation("linear", (), r"z", lambda z: z, lambda z, a: np.ones_like(z), lambda tf, z: tf.identity(z))


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
