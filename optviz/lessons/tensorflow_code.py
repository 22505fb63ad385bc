"""TensorFlow expressions, as text to copy."""

import re

from optviz.networks.activations import ACTIVATIONS, Activation


def tensorflow_call(activation: Activation, z: str = "z") -> str:
    """Return the TensorFlow expression that applies an activation to the expression `z`."""
    call = ACTIVATIONS[activation.name].tensorflow.format(**dict(activation.arguments))
    # What stands alone between brackets needs none of its own.
    alone, apart = r"(?<=\()z(?=[,)])", z if z.isidentifier() else f"({z})"
    return re.sub(rf"({alone})|\bz\b", lambda found: z if found[1] else apart, call)
