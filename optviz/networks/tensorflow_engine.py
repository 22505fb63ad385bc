"""The network's gradient by TensorFlow: a `GradientTape` in a compiled `tf.function`.

Any depth, width, activation and loss. TensorFlow takes seconds and hundreds of MiB to import, so that happens when an
engine is first made, and nothing else in optviz needs it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from optviz.arrays import Array
from optviz.networks.losses import Loss
from optviz.networks.network import Network

Gradient = Callable[[Array, Array, Array], tuple[Array, Array]]
"""`(w: (..., n), x: (rows, inputs), y: (rows, outputs)) -> (loss: (...), gradient: (..., n))`."""


LEGACY = "TF_USE_LEGACY_KERAS"


class EngineMissing(ImportError):
    """A gradient engine whose package is not installed; `install` is the command that installs it."""

    def __init__(self, package: str) -> None:
        self.install = f"pip install {package}"
        super().__init__(f"{package} is not installed: {self.install}", name=package)


@lru_cache(maxsize=32)
def tensorflow_engine(network: Network, loss: Loss) -> Gradient:
    """Return the gradient of a network's loss, computed by TensorFlow in float64.

    It agrees with `Network.value_and_gradient` to rounding. Raises `EngineMissing` where TensorFlow is not installed.
    """
    tf = import_tensorflow()
    counts = [count for inputs, outputs in network.shapes for count in (inputs * outputs, outputs)]

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def compute(w: Any, x: Any, y: Any) -> tuple[Any, Any]:
        runs = tf.shape(w)[:-1]
        with tf.GradientTape() as tape:
            tape.watch(w)
            parts = tf.split(w, counts, axis=-1)
            a = z = x
            for shape, weights, biases in zip(network.shapes, parts[::2], parts[1::2], strict=True):
                z = a @ tf.reshape(weights, tf.concat([runs, shape], 0)) + biases[..., tf.newaxis, :]
                a = network.activation.tensorflow(tf, z)
            errors = loss.tensorflow(tf, tf.broadcast_to(y, tf.shape(z)), z)
            value = tf.reduce_mean(errors, axis=(-2, -1))
        return value, tape.gradient(value, w)

    def gradient(w: Array, x: Array, y: Array) -> tuple[Array, Array]:
        value, slope = compute(*(tf.constant(array, tf.float64) for array in (w, x, y)))
        return value.numpy(), slope.numpy()

    return gradient


def import_tensorflow() -> Any:
    """Return the tensorflow module, without its start-up messages; raise `EngineMissing` where there is none."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _without_keras():
            import tensorflow
    except ImportError as error:
        raise EngineMissing("tensorflow") from error
    return tensorflow


@contextmanager
def _without_keras() -> Iterator[None]:
    """Keep TensorFlow from importing Keras along, which the gradients do not need.

    It costs a fifth of the import and 90 MiB, and where it is loaded, Streamlit clears its session after every run of
    every visitor: a third of a second each. TensorFlow loads the Keras that this variable chooses, and goes on without
    the old one where that is not installed; `tf.keras` is the new one still, loaded when it is first asked for.
    """
    if LEGACY in os.environ:
        yield
        return
    os.environ[LEGACY] = "1"
    try:
        yield
    finally:
        del os.environ[LEGACY]
