"""An expression written once in the functions of `keras.ops`, such as `where(z > 0, z, 0.1 * z)`, for each library."""

import re
from functools import lru_cache
from types import CodeType
from typing import Any

_CALLED = re.compile(r"(?<![\w.])([a-z]\w*)(?=\()")


def in_keras(code: str) -> str:
    """Return the expression in Keras: `keras.ops.where(...)`."""
    return _CALLED.sub(r"keras.ops.\1", code)


def in_tensorflow(code: str) -> str:
    """Return the expression in TensorFlow: `tf.where(...)`, `tf.math.exp(...)`."""
    return _CALLED.sub(lambda name: "tf.where" if name[1] == "where" else f"tf.math.{name[1]}", code)


def value_in_tensorflow(code: str, tf: Any, **values: Any) -> Any:
    """Return the value of an expression in TensorFlow, of this code's own, at the values of its names."""
    return eval(_compiled(code), {"tf": tf, **values})


@lru_cache(maxsize=256)
def _compiled(code: str) -> CodeType:
    return compile(code, "<an expression in TensorFlow>", "eval")
