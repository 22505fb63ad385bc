"""How widely a deep network's activations are spread, layer by layer, under different initializations.

A layer of n inputs whose weights are drawn from N(0, sigma^2) turns inputs of mean square q into sums z of variance
`n sigma^2 q`. Whether the signal holds, fades or saturates is what repeats from layer to layer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import Activation
from optviz.networks.network import Initialization

ROWS = 256
"""How many inputs, drawn from N(0, 1), are sent through the network."""

BINS = 24
WIDEST = 4.0
"""Where the histogram of an activation without bounds ends."""

SATURATED = 0.005
"""Within this share of its range from a bound an activation is saturated: for tanh, |a| > 0.99."""

FADED, EXPLODED, CROWDED = 0.1, 10.0, 0.3


_Z = np.linspace(-9.0, 9.0, 3601)
_DENSITY = np.exp(-_Z * _Z / 2) / np.exp(-_Z * _Z / 2).sum()


@dataclass(frozen=True)
class Depth:
    """A network of `depth` layers of `width` units each, `width` inputs, and one activation after every layer."""

    depth: int
    width: int
    seed: int = 0


class Spread(NamedTuple):
    """What every layer puts out, the inputs first: `deviation` and mean `square` `(layers + 1, k)`, k initializations.

    `saturated` and `zeros` are shares of the units' outputs, `(layers + 1, k)`, the first NaN for an activation without
    two bounds; `histogram: (layers + 1, BINS)` counts the outputs of the shown initialization between `edges`,
    but for those that are exactly 0, which would tower above all others behind a ReLU.
    """

    deviation: Array
    square: Array
    saturated: Array
    zeros: Array
    histogram: Array
    edges: Array


class Fate(StrEnum):
    """What becomes of the signal on its way through the layers."""

    HOLDS = "holds"
    FADES = "fades"
    EXPLODES = "explodes"
    SATURATES = "saturates"


def bounds(activation: Activation) -> tuple[float, float]:
    """Return the least and the greatest value of an activation, its limits at -inf and +inf among them."""
    values = activation.value(np.concatenate([[-np.inf], _Z, [np.inf]]))
    return float(values.min()), float(values.max())


def propagate(net: Depth, activation: Activation, initializations: Sequence[Initialization], shown: int = 0) -> Spread:
    """Send `ROWS` inputs through the network under k initializations, of which each scales the same random numbers.

    The histogram is that of the initialization at place `shown`. The weights are those that `Network.init` draws with
    the same seed; the inputs are drawn with the seed after it.
    """
    low, high = bounds(activation)
    edges = np.linspace(max(low, -WIDEST), min(high, WIDEST), BINS + 1)
    rng = np.random.default_rng(net.seed)
    x = np.random.default_rng(net.seed + 1).standard_normal((ROWS, net.width))
    scale = np.array([each.deviation(net.width, net.width) for each in initializations])[:, None, None]
    bias = np.array([each.bias for each in initializations])[:, None, None]
    a = np.broadcast_to(x, (len(initializations), ROWS, net.width))
    measure = partial(_measure, low=low, high=high)
    measured, histograms = [measure(a)], [_histogram(a[shown], edges)]
    # A signal that grows in each of many layers is let grow: that it does is what is to be seen.
    with np.errstate(over="ignore", invalid="ignore"):
        for _layer in range(net.depth):
            weights = rng.standard_normal((net.width, net.width))
            a = activation.value(scale * (a @ weights) + bias)
            measured.append(measure(a))
            histograms.append(_histogram(a[shown], edges))
    deviation, square, saturated, zeros = (np.array(column) for column in zip(*measured, strict=True))
    return Spread(deviation, square, saturated, zeros, np.array(histograms), edges)


def _measure(a: Array, low: float, high: float) -> tuple[Array, ...]:
    margin = SATURATED * (high - low)
    near = (a < low + margin) | (a > high - margin)
    saturated = near.mean(axis=(1, 2)) if math.isfinite(margin) else np.full(len(a), np.nan)
    return a.std(axis=(1, 2)), np.square(a).mean(axis=(1, 2)), saturated, (a == 0).mean(axis=(1, 2))


def _histogram(a: Array, edges: Array) -> Array:
    """Count values in bins of equal width, those outside in the outermost: np.histogram takes four times as long."""
    a = a[a != 0] if a.any() else a.ravel()
    place = (np.clip(a, edges[0], edges[-1]) - edges[0]) * (BINS / (edges[-1] - edges[0]))
    return np.bincount(np.minimum(place.astype(int), BINS - 1), minlength=BINS).astype(float)


def fate(deviation: Array, saturated: Array) -> Fate:
    """Name what becomes of a signal from its spread `(layers + 1,)` and the share of saturated outputs."""
    if saturated[-1] > CROWDED:
        return Fate.SATURATES
    if deviation[-1] < FADED * deviation[0]:
        return Fate.FADES
    return Fate.EXPLODES if deviation[-1] > EXPLODED * deviation[0] else Fate.HOLDS


def expected(net: Depth, activation: Activation, initialization: Initialization) -> Array:
    """Return the standard deviation `(layers + 1,)` that theory expects of each layer, as the width grows.

    `s^2 = n sigma^2 E[a^2]` of the layer before, then `a = activation(z)` with z from N(b, s^2): for ReLU without bias,
    `E[a^2] -> (n sigma^2 / 2) E[a^2]` (He et al. 2015; Poole et al. 2016).
    """
    growth = net.width * initialization.deviation(net.width, net.width) ** 2
    square, spread = 1.0, [1.0]
    for _layer in range(net.depth):
        a = activation.value(initialization.bias + math.sqrt(growth * square) * _Z)
        mean, square = float(_DENSITY @ a), float(_DENSITY @ np.square(a))
        spread.append(math.sqrt(max(square - mean * mean, 0.0)))
    return np.array(spread)


def scales(activation: Activation) -> bool:
    """Return whether `activation(c z) = c activation(z)` for positive c, as it is for the linear unit and ReLU."""
    z = np.array([-1.0, 1.0])
    return bool(np.allclose(activation.value(2 * z), 2 * activation.value(z)))


def passed(activation: Activation) -> float:
    """Return `E[activation(u)^2]` for u from N(0, 1): the share of the mean square that is passed on, ReLU's 1/2.

    Where the activation `scales`, E[a^2] is multiplied by `n sigma^2` times this number in every layer.
    """
    return float(_DENSITY @ np.square(activation.value(_Z)))
