"""Colors as eyes see them: OKLab (Ottosson 2020), in which equal distances look equally far."""

import numpy as np
from numpy.typing import ArrayLike

from optviz.arrays import Array

_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_AXES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def rgb(color: str) -> Array:
    """Return the shares of red, green and blue, from 0 to 1, of a color written as #rrggbb."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def light(shares: ArrayLike) -> Array:
    """Return the light, linear in its energy, of sRGB shares `(..., 3)`."""
    shares = np.asarray(shares, dtype=float)
    linear: Array = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear


def oklab(linear: ArrayLike) -> Array:
    """Return lightness from 0 to 1, green to red, and blue to yellow, `(..., 3)`, of linear light."""
    return np.cbrt(np.asarray(linear) @ _CONES.T) @ _AXES.T


def shares(lab: ArrayLike) -> Array:
    """Return the sRGB shares of colors in OKLab, which is the inverse of `oklab(light(shares))`, cut off at 0 and 1."""
    linear = np.clip((np.asarray(lab) @ np.linalg.inv(_AXES).T) ** 3 @ np.linalg.inv(_CONES).T, 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
