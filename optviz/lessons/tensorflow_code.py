"""TensorFlow expressions, as text to copy."""

from collections.abc import Mapping

from optviz.networks.activations import Activation

TENSORFLOW_CALLS: Mapping[str, str] = {
    "relu": "tf.nn.relu({z})",
    "leaky_relu": "tf.nn.leaky_relu({z}, alpha={alpha!r})",
    # Keras' PReLU would learn the slope.
    "prelu": "tf.nn.leaky_relu({z}, alpha={alpha!r})",
    "rrelu": "tf.nn.leaky_relu({z}, alpha=({lower!r} + {upper!r}) / 2)",
    "elu": "tf.keras.activations.elu({z}, alpha={alpha!r})",
    "selu": "tf.nn.selu({z})",
    "sigmoid": "tf.nn.sigmoid({z})",
    "tanh": "tf.nn.tanh({z})",
    "softplus": "tf.nn.softplus({z})",
    "softsign": "tf.nn.softsign({z})",
    "silu": "tf.nn.silu({z})",
    "gelu": "tf.nn.gelu({z}, approximate=True)",
    "linear": "tf.identity({z})",
}
"""The TensorFlow call of each activation, with the names of its own parameters."""


def tensorflow_call(activation: Activation, z: str = "z") -> str:
    """Return the TensorFlow expression that applies an activation to the expression `z`."""
    return TENSORFLOW_CALLS[activation.name].format(z=z, **dict(activation.arguments))
