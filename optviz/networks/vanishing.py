"""What becomes of a gradient on its way back through a deep net: it vanishes, explodes or holds."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import Activation
from optviz.networks.losses import Loss
from optviz.networks.network import Network

LEAST, MOST = 0.01, 100.0
"""The first layer's share of the last layer's gradient below which it has vanished, and above which it has exploded."""

FAINT, HUGE = 1e-4, 1e3
"""The same for the first layer's gradient itself: signals that fade on their way forward leave no layer a gradient."""


class Flow(StrEnum):
    """What a net does to the gradient on its way back; `NOTHING` where the first layer has none at all."""

    VANISHES = "vanishes"
    EXPLODES = "explodes"
    HOLDS = "holds"
    NOTHING = "nothing"


def slope_products(activation: Activation, z: float, depth: int) -> Array:
    """Return a'(z)^d for d = 1..depth, (depth,): what d layers leave of a gradient if every unit stands at z.

    For the sigmoid it is at most 0.25^d, by z = 0.
    """
    slope = activation.slope(np.array([z]))
    with np.errstate(over="ignore", under="ignore"):
        return np.power(slope, np.arange(1, depth + 1, dtype=float))


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def gradient_norms(network: Network, w: Array, x: Array, y: Array, loss: Loss) -> Array:
    """Return the norm of dL/dW of every layer, (layers,), first layer first, from one back-propagation."""
    _, gradient = network.value_and_gradient(w, x, y, loss)
    return np.array([np.linalg.norm(weights) for weights, _ in network.views(gradient)])


class Slopes(NamedTuple):
    """What the slopes of a net's own units multiply to over its hidden layers, and at which |z| its units stand.

    Both are root mean squares over units and points.
    """

    product: float
    z: float


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def own_slopes(network: Network, w: Array, x: Array) -> Slopes:
    """Return the product over the hidden layers of the root mean square of a'(z) at the points `x: (rows, inputs)`."""
    *hidden, _output = network.views(w)
    product, squares = 1.0, []
    for weights, biases in hidden:
        z = x @ weights + biases
        squares.append(np.square(z).mean())
        product *= float(np.sqrt(np.square(network.activation.slope(z)).mean()))
        x = network.activation.value(z)
    return Slopes(product, float(np.sqrt(np.mean(squares))))


def passed_on(norms: Array) -> float:
    """Return the first layer's gradient as a share of the last one's; nan where both are 0."""
    with np.errstate(all="ignore"):
        return float(norms[0] / norms[-1])


def per_layer(norms: Array) -> float:
    """Return by what a gradient is multiplied a layer, on the geometric mean of the way from the last to the first."""
    return float(passed_on(norms) ** (1 / (len(norms) - 1))) if len(norms) > 1 else 1.0


def judge(norms: Array) -> Flow:
    """Say what has become of the gradient when it arrives at the first layer."""
    first, share = norms[0], passed_on(norms)
    if first == 0:
        return Flow.NOTHING
    if share < LEAST or first < FAINT:
        return Flow.VANISHES
    return Flow.HOLDS if share <= MOST and first <= HUGE else Flow.EXPLODES
