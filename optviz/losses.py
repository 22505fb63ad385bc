"""Losses of a network's raw output against targets 0 and 1: a value next to its derivative, elementwise.

`Network` takes the mean over the rows of the batch and the outputs, so these are also the curves to draw.
"""

from collections.abc import Callable
from dataclasses import dataclass

from optviz.activations import Array, sigmoid, softplus


@dataclass(frozen=True)
class Loss:
    """A loss `value(output, y)` and its `derivative(output, y)` by the output, both of the output's shape.

    `response(output)` is what is drawn and thresholded: a row belongs to class 1 where it is above 0.5.
    `formula` is LaTeX, of the mean over the N rows of a batch; `tensorflow` is the name of the function of
    (target, output) inside the tensorflow package whose mean is the same loss.
    """

    name: str
    title: str
    formula: str
    value: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    response: Callable[[Array], Array]
    tensorflow: str


def squared_error(output: Array, y: Array) -> Array:
    """Return (output - y)^2."""
    difference = output - y
    return difference * difference


def logistic_loss(output: Array, y: Array) -> Array:
    """Return log(1 + e^output) - y output for y in {0, 1}.

    Written as softplus of the output turned away from its target, it neither overflows nor loses small values.
    """
    return softplus((1.0 - 2.0 * y) * output)


def logistic_derivative(output: Array, y: Array) -> Array:
    """Return sigmoid(output) - y for y in {0, 1}, exact also where the two nearly cancel."""
    away = 1.0 - 2.0 * y
    return away * sigmoid(away * output)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "mse",
            "Mean squared error",
            r"\frac{1}{N} \sum_i (\hat y_i - y_i)^2",
            squared_error,
            lambda output, y: 2.0 * (output - y),
            lambda output: output,
            "math.squared_difference",
        ),
        Loss(
            "binary_crossentropy",
            "Binary cross-entropy",
            r"-\frac{1}{N} \sum_i \left( y_i \ln \sigma(\hat y_i) + (1 - y_i) \ln (1 - \sigma(\hat y_i)) \right)",
            logistic_loss,
            logistic_derivative,
            sigmoid,
            "nn.sigmoid_cross_entropy_with_logits",
        ),
    )
}
"""Every loss by name; a new one is one more row."""
