"""What is right on paper and wrong in a computer: tanh and softmax written as their formulas, and forms that hold.

All keep the precision of what they are given, single as TensorFlow's default or double, and warn of nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array

Floats = NDArray[np.floating[Any]]


@np.errstate(all="ignore")
def naive_tanh(z: Floats) -> Floats:
    """Return (e^z - e^-z) / (e^z + e^-z) as it is written.

    nan where e^|z| is beyond the largest number, for there it is inf / inf; and near 0, where e^z and e^-z are nearly
    1 and their difference is rounded, a relative error of about eps / |z|.
    """
    up, down = np.exp(z), np.exp(-z)
    quotient: Floats = (up - down) / (up + down)
    return quotient


@np.errstate(all="ignore")
def scaled_tanh(z: Floats) -> Floats:
    """Return sign(z) (1 - e^-2|z|) / (1 + e^-2|z|): e^|z| is divided out, so that nothing can overflow."""
    tail = np.exp(-2 * np.abs(z))
    quotient: Floats = np.sign(z) * (1 - tail) / (1 + tail)
    return quotient


def relative_error(value: Floats, z: Floats) -> Array:
    """Return |value - tanh z| / |tanh z| with tanh in double precision; 0 at z = 0 where the value is 0 too."""
    exact = np.tanh(z.astype(np.float64))
    off = np.abs(value.astype(np.float64) - exact)
    return np.divide(off, np.abs(exact), out=off.copy(), where=exact != 0)


def overflow(precision: type[np.floating[Any]]) -> float:
    """Return the largest z whose e^z is finite: 88.7 in single precision, 709.8 in double."""
    return float(np.log(np.finfo(precision).max))


@np.errstate(all="ignore")
def naive_softmax(z: Array) -> Array:
    """Return e^z_i / sum_j e^z_j over the last axis as it is written: nan where a power overflows or all vanish."""
    powers = np.exp(z)
    return powers / powers.sum(axis=-1, keepdims=True)
