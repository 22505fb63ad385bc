"""Losses of a network's raw output against its targets: a value next to its derivative, elementwise.

`Network` takes the mean over the rows of the batch and the outputs, so these are also the curves to draw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.libraries import in_tensorflow, value_in_tensorflow
from optviz.networks.activations import sigmoid, softmax, softplus
from optviz.recipes import Range, recipe, with_numbers

EPSILON = 1e-7
"""Keras keeps probabilities this far from 0 and 1."""


@dataclass(frozen=True)
class Response:
    """What an output means: what is drawn, above 0.5 for class 1, and which rows are right, as a line of NumPy."""

    value: Callable[[Array], Array]
    right: str

    def __call__(self, output: Array) -> Array:
        """Return the response, of the output's shape."""
        return self.value(output)


RAW = Response(lambda output: output, "(output > 0.5) == targets")
LOGIT = Response(sigmoid, "(output > 0) == targets")
LOGITS = Response(softmax, "output.argmax(axis=-1) == targets")


@dataclass(frozen=True)
class InKeras:
    """What Keras has of a loss: its class, its functions, and the settings that make them ours.

    `differs` says why the function is not equal.
    """

    kind: str
    functions: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...] = ()
    differs: str = ""

    @property
    def call(self) -> str:
        """The call that makes the loss: `Huber(delta=1.0)`."""
        return f"{self.kind}({', '.join(f'{name}={value!r}' for name, value in self.settings)})"


@dataclass(frozen=True)
class Loss:
    """A loss `value(output, y)` and its `derivative(output, y)` by the output, both of the output's shape.

    `formula` is LaTeX, of the mean over the N rows of a batch; `code` is the same value as an expression in `y` and
    `output` with the functions of `keras.ops`. `response` says what an output means, `keras` what Keras has of it.
    """

    name: str
    title: str
    formula: str
    value: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    code: str
    response: Response = RAW
    keras: InKeras | None = None

    def tensorflow(self, tf: Any, y: Any, output: Any) -> Any:
        """Return the same value of tensors, computed by the tensorflow package `tf`."""
        return value_in_tensorflow(in_tensorflow(self.code), tf, y=y, output=output)


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


def log_softmax(output: Array) -> Array:
    """Return log softmax(output) over the last axis, finite wherever the outputs are."""
    below = output - output.max(axis=-1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=-1, keepdims=True))


def softmax_crossentropy(output: Array, y: Array) -> Array:
    """Return -sum_k y_k log softmax(output)_k, (..., 1); a class with y_k = 0 counts 0 however unlikely it is."""
    logs = np.zeros(np.broadcast_shapes(output.shape, y.shape))
    np.multiply(y, log_softmax(output), out=logs, where=y > 0)
    return -logs.sum(axis=-1, keepdims=True)


SOFTMAX_CROSSENTROPY = Loss(
    "softmax_crossentropy",
    "Categorical cross-entropy",
    r"-\frac{1}{N} \sum_i \sum_k y_{ik} \ln \operatorname{softmax}(\hat y_i)_k",
    softmax_crossentropy,
    lambda output, y: softmax(output) * y.sum(axis=-1, keepdims=True) - y,
    "tf.nn.softmax_cross_entropy_with_logits(y, output)[..., tf.newaxis]",
    LOGITS,
    InKeras("SparseCategoricalCrossentropy", ("sparse_categorical_crossentropy",), (("from_logits", True),)),
)
"""The loss of several outputs, one a class: `output` and `y` are (..., rows, classes), and the value is one number a
row, (..., rows, 1), so that its mean is over the rows alone. The rows of `y` sum to 1."""


def crossentropy(p: Array, y: Array) -> Array:
    """Return -sum_k y_k ln p_k of probabilities over the last axis, (...): infinite where p_k = 0 < y_k."""
    logs = np.zeros(np.broadcast_shapes(p.shape, y.shape))
    with np.errstate(divide="ignore"):
        np.multiply(y, np.log(p), out=logs, where=y > 0)
    return 0.0 - logs.sum(axis=-1)


def clipped_crossentropy(p: Array, y: Array) -> Array:
    """Return the cross-entropy as Keras computes it from probabilities `p: (..., classes)`, (...).

    Each row is divided by its sum and then kept within [epsilon, 1 - epsilon], so that the loss is at most 16.118.
    """
    with np.errstate(invalid="ignore"):
        shares = p / p.sum(axis=-1, keepdims=True)
    return crossentropy(np.clip(shares, EPSILON, 1.0 - EPSILON), y)


def naive_softmax(z: Array) -> Array:
    """Return e^z_i / sum_j e^z_j by its definition in float32, TensorFlow's type: nan where e^z overflows, z > 88.7.

    What is smaller than the smallest normal number, 1.2e-38, becomes 0, as in TensorFlow.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        powers = _normal(np.exp(z.astype(np.float32)))
        return _normal(powers / powers.sum(axis=-1, keepdims=True)).astype(float)


def _normal(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.abs(numbers) < np.finfo(np.float32).tiny, np.float32(0), numbers)


def margin(z: Array, y: Array) -> Array:
    """Return by how much the logit of the right class exceeds log sum e^z of the others, (...), for one-hot y.

    The cross-entropy of softmax(z) is log(1 + e^-margin), whatever the number of classes.
    """
    others = np.where(y > 0, -np.inf, z)
    top = others.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        rest = top[..., 0] + np.log(np.exp(others - top).sum(axis=-1))
        return np.where(y > 0, z, 0.0).sum(axis=-1) - rest


def best_constant(loss: Loss, y: Array) -> float:
    """Return the constant c with the least mean of a convex loss against targets `y: (n,)`.

    It is where the sum of the derivatives changes its sign, found by bisection; where that sum is 0 on a whole
    interval, its middle. Under the squared error it is the mean, under the absolute error the median.
    """

    def turn(falling: Callable[[float], bool]) -> float:
        low, high = float(y.min()) - 1.0, float(y.max()) + 1.0
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if falling(middle) else (low, middle)
        return low

    def slope(c: float) -> float:
        return float(loss.derivative(np.full(y.shape, c), y).sum())

    return (turn(lambda c: slope(c) < 0) + turn(lambda c: slope(c) <= 0)) / 2


Delta = Annotated[float, Range(0.01, 100.0, r"\delta", "log")]
Gamma = Annotated[float, Range(0.0, 10.0, r"\gamma")]
Balance = Annotated[bool, Range(0, 1, r"\alpha_y")]
Alpha = Annotated[float, Range(0.0, 1.0, r"\alpha")]

_HUBER = (
    r"\frac{1}{N} \sum_i \begin{cases} \tfrac{1}{2} e_i^2 & |e_i| \le \delta \\"
    r" \delta \left(|e_i| - \tfrac{1}{2} \cdot \delta\right) & |e_i| > \delta \end{cases}, \quad e_i = \hat y_i - y_i"
)
_FOCAL = r"-\frac{1}{N} \sum_i %s (1 - p_i)^{%s} \ln p_i, \quad p_i = \sigma\big((2 y_i - 1)\,\hat y_i\big)"


@recipe("Huber", formula=_HUBER, source="Huber 1964, with the factor 1/2 as in Keras")
def huber(delta: Delta = 1.0) -> Loss:
    """Squared for errors up to delta, linear beyond: an outlier pulls no harder than delta. Also called smooth L1."""

    def value(output: Array, y: Array) -> Array:
        distance = np.abs(output - y)
        inner = np.minimum(distance, delta)
        return inner * (distance - 0.5 * inner)

    return Loss(
        "huber",
        "Huber",
        with_numbers(_HUBER, {r"\delta": delta}),
        value,
        lambda output, y: np.clip(output - y, -delta, delta),
        f"minimum(abs(output - y), {delta}) * (abs(output - y) - minimum(abs(output - y), {delta}) / 2)",
        keras=InKeras("Huber", ("huber",), (("delta", delta),)),
    )


@recipe(
    "Focal", formula=_FOCAL % (r"\alpha_i", r"\gamma"), source="Lin et al. 2017, as BinaryFocalCrossentropy of Keras"
)
def focal(gamma: Gamma = 2.0, balance: Balance = False, alpha: Alpha = 0.25) -> Loss:
    """Cross-entropy times (1 - p)^gamma: well-classified examples count less, so the hard ones dominate.

    With balance, class 1 has weight alpha and class 0 weight 1 - alpha.
    """

    def weight(y: Any) -> Any:
        return y * alpha + (1.0 - y) * (1.0 - alpha) if balance else 1.0

    def value(output: Array, y: Array) -> Array:
        towards = (2.0 * y - 1.0) * output
        return weight(y) * np.exp(-gamma * softplus(towards)) * softplus(-towards)

    def derivative(output: Array, y: Array) -> Array:
        side = 2.0 * y - 1.0
        towards = side * output
        wrong = sigmoid(-towards)
        slope = gamma * sigmoid(towards) * softplus(-towards) + wrong
        return -side * weight(y) * np.exp(-gamma * softplus(towards)) * slope

    counted = rf"\left({alpha:g}\,y_i + {1 - alpha:g}\,(1 - y_i)\right)" if balance else ""
    weighted = f"(y * {alpha} + (1 - y) * (1 - {alpha})) * " if balance else ""
    return Loss(
        "focal",
        "Focal",
        _FOCAL % (counted, f"{gamma:g}"),
        value,
        derivative,
        f"{weighted}exp(-{gamma} * softplus((2 * y - 1) * output)) * softplus((1 - 2 * y) * output)",
        LOGIT,
        InKeras(
            "BinaryFocalCrossentropy",
            ("binary_focal_crossentropy",),
            (
                ("apply_class_balancing", balance),
                *((("alpha", alpha),) if balance else ()),
                ("gamma", gamma),
                ("from_logits", True),
            ),
            "Keras' focal loss goes by way of probabilities, which it keeps 1e-7 away from 0 and 1.",
        ),
    )


def asymmetric(cost: float, profit: float) -> Loss:
    """Return the loss of a seller: what is made too much costs `cost` apiece, what is missing `profit` (the course).

    At output = y the derivative is -profit, as `tf.where(tf.greater(output, y), ...)` takes it.
    """
    return Loss(
        "asymmetric",
        "Asymmetric",
        rf"\frac{{1}}{{N}} \sum_i \begin{{cases}} {cost:g}\,(\hat y_i - y_i) & \hat y_i > y_i \\"
        rf" {profit:g}\,(y_i - \hat y_i) & \hat y_i \le y_i \end{{cases}}",
        lambda output, y: np.where(output > y, cost * (output - y), profit * (y - output)),
        lambda output, y: np.where(output > y, cost, -profit),
        f"where(output > y, {cost} * (output - y), {profit} * (y - output))",
    )


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "mse",
            "Mean squared error",
            r"\frac{1}{N} \sum_i (\hat y_i - y_i)^2",
            squared_error,
            lambda output, y: 2.0 * (output - y),
            "square(output - y)",
            keras=InKeras("MeanSquaredError", ("mean_squared_error", "mse")),
        ),
        Loss(
            "mae",
            "Mean absolute error",
            r"\frac{1}{N} \sum_i |\hat y_i - y_i|",
            lambda output, y: np.abs(output - y),
            lambda output, y: np.sign(output - y),
            "abs(output - y)",
            keras=InKeras("MeanAbsoluteError", ("mean_absolute_error", "mae")),
        ),
        huber(),
        Loss(
            "binary_crossentropy",
            "Binary cross-entropy",
            r"-\frac{1}{N} \sum_i \left( y_i \ln \sigma(\hat y_i) + (1 - y_i) \ln (1 - \sigma(\hat y_i)) \right)",
            logistic_loss,
            logistic_derivative,
            "softplus((1 - 2 * y) * output)",
            LOGIT,
            InKeras("BinaryCrossentropy", ("binary_crossentropy", "bce"), (("from_logits", True),)),
        ),
        focal(),
    )
}
"""Every loss that a network with one output can be trained on, by name; a new one is one more row.

Huber and focal stand here with the defaults of Keras; they are recipes, `huber(delta)` and `focal(gamma, ...)`.
"""
