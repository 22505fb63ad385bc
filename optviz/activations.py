"""Activation functions: each a value next to its derivative, elementwise in the pre-activation z.

All are finite and free of warnings for every finite z, and take their limits at z = -inf and z = +inf.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAK = 0.2
"""The slope of the leaky ReLU left of zero: TensorFlow's default."""

_LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True)
class Activation:
    """An activation `a = value(z)` and `derivative(z, a)`, both of z's shape.

    The derivative is handed `a` as well, because that is often all it needs. At a kink it is TensorFlow's choice.
    `formula` is LaTeX; `tensorflow` is the name of the same function inside the tensorflow package.
    """

    name: str
    title: str
    formula: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    tensorflow: str

    def slope(self, z: Array) -> Array:
        """Return da/dz where only z is at hand, as for a curve."""
        return self.derivative(z, self.value(z))


def relu(z: Array) -> Array:
    """Return max(0, z)."""
    return np.maximum(z, 0.0)


def leaky_relu(z: Array) -> Array:
    """Return z for z > 0, and z times `LEAK` elsewhere."""
    return np.maximum(z, LEAK * z)


def elu(z: Array) -> Array:
    """Return z for z > 0, and e^z - 1 elsewhere (Clevert et al. 2016, alpha = 1)."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + e^-z), by way of e^-|z|, which cannot overflow."""
    tail = np.exp(-np.abs(z))
    return np.where(z < 0, tail, 1.0) / (1.0 + tail)


def softplus(z: Array) -> Array:
    """Return log(1 + e^z) = max(0, z) + log(1 + e^-|z|)."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def softsign(z: Array) -> Array:
    """Return z / (1 + |z|)."""
    bounded = np.clip(z, -_LARGEST, _LARGEST)  # inf / inf has no value, the limit has
    return bounded / (1.0 + np.abs(bounded))


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation(
            "relu",
            "ReLU",
            r"\max(0, z)",
            relu,
            lambda z, a: np.heaviside(z, 0.0),
            "nn.relu",
        ),
        Activation(
            "leaky_relu",
            "Leaky ReLU",
            r"\max(0.2\,z,\ z)",
            leaky_relu,
            lambda z, a: np.where(z > 0, 1.0, LEAK),
            "nn.leaky_relu",
        ),
        Activation(
            "elu",
            "ELU",
            r"\begin{cases} z & z > 0 \\ e^{z} - 1 & z \le 0 \end{cases}",
            elu,
            lambda z, a: np.where(z < 0, a + 1.0, 1.0),
            "nn.elu",
        ),
        Activation(
            "sigmoid",
            "Sigmoid",
            r"\frac{1}{1 + e^{-z}}",
            sigmoid,
            lambda z, a: a * (1.0 - a),
            "nn.sigmoid",
        ),
        Activation(
            "tanh",
            "Tanh",
            r"\frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
            np.tanh,
            lambda z, a: 1.0 - a * a,
            "nn.tanh",
        ),
        Activation(
            "softplus",
            "Softplus",
            r"\ln(1 + e^{z})",
            softplus,
            lambda z, a: sigmoid(z),
            "nn.softplus",
        ),
        Activation(
            "softsign",
            "Softsign",
            r"\frac{z}{1 + |z|}",
            softsign,
            lambda z, a: np.square(1.0 / (1.0 + np.abs(z))),
            "nn.softsign",
        ),
        Activation(
            "linear",
            "Linear",
            r"z",
            lambda z: z,
            lambda z, a: np.ones_like(z),
            "identity",
        ),
    )
}
"""Every activation by name; a new one is one more row."""
