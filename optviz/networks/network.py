"""Fully connected networks whose parameters are one flat vector.

An optimizer sees a point `w: (..., n)`, as on a surface; a network sees the same memory as one weight matrix and
one bias vector a layer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.networks.activations import Activation
from optviz.networks.losses import Loss

Layer = tuple[Array, Array]
"""The weights (..., inputs, outputs) and biases (..., outputs) of one layer."""


Product = Callable[..., Array]
"""A product of matrices, `product(x, y, out=...)`."""


class Pass(NamedTuple):
    """What one layer computes: its sums `z = W x + b` and its outputs `a = f(z)`, `(units,)` each."""

    z: Array
    a: Array


@dataclass(frozen=True)
class Initialization:
    """Where the weights begin: normal with mean 0 and `deviation(inputs, outputs)` of their layer, biases constant."""

    name: str
    title: str
    formula: str
    deviation: Callable[[int, int], float]
    bias: float = 0.0


@dataclass(frozen=True)
class Network:
    """A fully connected network of `sizes`, inputs first, with one activation in the hidden layers.

    The last layer is linear: `output = h_last W + b`; a loss on logits brings its own sigmoid.
    """

    sizes: tuple[int, ...]
    activation: Activation

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"a network has at least two layers of at least one unit, not {self.sizes}")

    @cached_property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each layer of weights."""
        return tuple(pairwise(self.sizes))

    @cached_property
    def tensors(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of what the parameter vector is made of, in order: each layer's matrix of weights, its biases."""
        return tuple(shape for inputs, outputs in self.shapes for shape in ((inputs, outputs), (outputs,)))

    @property
    def layers(self) -> int:
        """The number of layers as the course counts them: the hidden ones and the output, not the input."""
        return len(self.shapes)

    @cached_property
    def parameters(self) -> int:
        """The length n of the parameter vector: all weights and biases."""
        return sum((inputs + 1) * outputs for inputs, outputs in self.shapes)

    @property
    def multiply_adds(self) -> int:
        """The number of multiplications with an addition that one row costs: the number of weights."""
        return sum(inputs * outputs for inputs, outputs in self.shapes)

    @cached_property
    def _places(self) -> tuple[tuple[slice, slice, tuple[int, int]], ...]:
        """Where each layer lies in the parameter vector: its weights, its biases, the weights' shape."""
        places, start = [], 0
        for inputs, outputs in self.shapes:
            middle = start + inputs * outputs
            end = middle + outputs
            places.append((slice(start, middle), slice(middle, end), (inputs, outputs)))
            start = end
        return tuple(places)

    @cached_property
    def weight_mask(self) -> Array:
        """1 for each weight and 0 for each bias, (n,): what a penalty counts."""
        mask = np.zeros(self.parameters)
        for weights, _ in self.views(mask):
            weights[...] = 1.0
        mask.flags.writeable = False
        return mask

    def views(self, w: Array) -> list[Layer]:
        """Return each layer's weights and biases as views into `w: (..., n)`."""
        if w.ndim == 1:
            return [(w[weights].reshape(shape), w[biases]) for weights, biases, shape in self._places]
        runs = w.shape[:-1]
        return [(w[..., weights].reshape(runs + shape), w[..., biases]) for weights, biases, shape in self._places]

    def init(self, seed: int | np.random.Generator, scheme: str = "course") -> Array:
        """Draw initial parameters (n,) by an entry of `INITIALIZATIONS`."""
        initialization = INITIALIZATIONS[scheme]
        rng = np.random.default_rng(seed)
        w = np.empty(self.parameters)
        for (weights, biases), shape in zip(self.views(w), self.shapes, strict=True):
            weights[...] = initialization.deviation(*shape) * rng.standard_normal(shape)
            biases[...] = initialization.bias
        return w

    def pass_through(self, w: Array, x: Array, output: Activation) -> list[Pass]:
        """Return what every layer computes for `w: (n,)` and one input `x: (inputs,)`, the last one by `output`."""
        activations = [self.activation] * (self.layers - 1) + [output]
        passes = []
        for (weights, biases), activation in zip(self.views(w), activations, strict=True):
            z = x @ weights + biases
            x = activation.value(z)
            passes.append(Pass(z, x))
        return passes

    def hidden(self, w: Array, x: Array) -> list[Array]:
        """Return what each hidden layer puts out, (..., rows, units), for `w: (..., n)` and `x: (rows, inputs)`."""
        outputs: list[Array] = []
        for weights, biases in self.views(w)[:-1]:
            x = self.activation.value(x @ weights + biases[..., None, :])
            outputs.append(x)
        return outputs

    def forward(self, w: Array, x: Array) -> Array:
        """Return the raw output (..., rows, outputs) for `w: (..., n)` and `x: (rows, inputs)`."""
        weights, biases = self.views(w)[-1]
        return [x, *self.hidden(w, x)][-1] @ weights + biases[..., None, :]

    def mean_loss(self, w: Array, x: Array, y: Array, loss: Loss) -> Array:
        """Return the loss (...), the mean over the rows and outputs; `y: (rows, outputs)`."""
        return _mean(loss.value(self.forward(w, x), y))

    def value_and_gradient(self, w: Array, x: Array, y: Array, loss: Loss) -> tuple[Array, Array]:
        """Return the loss (...) and its gradient (..., n) by back-propagation.

        Forward, `z = a W + b`, keeping each `z` and `a`; backward, from `delta = dL/doutput` of the last layer:
        `dL/dW = a^T delta`, `dL/db = sum over the rows of delta`, `delta <- (delta W^T) * activation'(z)`.

        `w: (..., n)`, `x: (rows, inputs)`, `y: (rows, outputs)`. Overflow warns as NumPy does; a loop that means
        to go on wraps itself in `np.errstate`, which is too dear to enter for each batch.
        """
        gradient = np.empty(w.shape)
        passes = Propagation(self, w, gradient)
        output = passes.forward(x)
        values = loss.value(output, y)
        passes.backward(loss.derivative(output, y) / (values.shape[-1] * values.shape[-2]))
        return _mean(values), gradient


class Propagation:
    """Back-propagation from weights `w: (..., n)` to their `gradient: (..., n)`, both of them arrays that stay.

    What lies where in them is found once, for as many passes as there are. For a single run and rows that lie one
    behind the other `np.dot` is the `product` with the same numbers in less time.
    """

    def __init__(self, network: Network, w: Array, gradient: Array, product: Product = np.matmul) -> None:
        self.activation, self.product = network.activation, product
        *self.hidden, self.last = [(weights, biases[..., None, :]) for weights, biases in network.views(w)]
        back = [weights.swapaxes(-1, -2) for weights, _biases in (*self.hidden, self.last)]
        self.back = list(zip(back, network.views(gradient), strict=True))[::-1]
        self.passed: list[tuple[Array, Array]] = []

    def forward(self, x: Array) -> Array:
        """Return the raw output (..., rows, outputs) for `x: (..., rows, inputs)`."""
        product, value = self.product, self.activation.value
        self.passed = passed = []
        z = x
        for weights, biases in self.hidden:
            passed.append((z, x))
            z = product(x, weights)
            z += biases
            x = value(z)
        passed.append((z, x))
        weights, biases = self.last
        output = product(x, weights)
        output += biases
        return output

    def backward(self, delta: Array) -> None:
        """Write the gradient, from the derivative (..., rows, outputs) of the loss by the output."""
        product, derivative = self.product, self.activation.derivative
        passed = self.passed
        for back, (weights, biases) in self.back:
            z, a = passed.pop()
            product(a.swapaxes(-1, -2), delta, out=weights)
            np.add.reduce(delta, axis=-2, out=biases)
            if passed:
                delta = product(delta, back)
                delta *= derivative(z, a)


def _mean(values: Array) -> Array:
    """Return the mean over the last two axes, as `np.mean` does in twice the time."""
    mean: Array = np.add.reduce(values, axis=(-2, -1)) / (values.shape[-1] * values.shape[-2])
    return mean


INITIALIZATIONS = {
    scheme.name: scheme
    for scheme in (
        Initialization("course", "Course", r"\mathcal{N}(0, 1),\ b = 0.01", lambda inputs, outputs: 1.0, bias=0.01),
        Initialization(
            "xavier",
            "Xavier",
            r"\mathcal{N}\!\left(0, \tfrac{2}{n_{in} + n_{out}}\right)",
            lambda inputs, outputs: math.sqrt(2 / (inputs + outputs)),
        ),
        Initialization(
            "he",
            "He",
            r"\mathcal{N}\!\left(0, \tfrac{2}{n_{in}}\right)",
            lambda inputs, outputs: math.sqrt(2 / inputs),
        ),
        Initialization("small", "Small", r"\mathcal{N}(0, 0.01^2)", lambda inputs, outputs: 0.01),
        Initialization("zero", "Zero", r"0", lambda inputs, outputs: 0.0),
    )
}
"""Every initialization by name: TensorFlow's `random.normal` of the course, Glorot & Bengio 2010, He et al. 2015."""
