"""A surface on a grid, and its picture from above: even colors, shaded as hills are, with smooth level lines."""

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from optviz import colors
from optviz.arrays import Array
from optviz.optimization.optimizers import Objective
from optviz.surfaces.landscape import Box, Levels, grid

Theme = Literal["light", "dark"]

PIXELS = 300
FINER = 2
"""So many times finer than the grid is the picture: between its points the surface is smooth."""
BANDS = 18
QUALITY = 80
RAMPS: dict[Theme, Sequence[str]] = {
    "light": ("#5b96bd", "#a9cfd0", "#eeeeda", "#f9f4e8"),
    "dark": ("#0a1c33", "#17475c", "#46655f", "#75786a"),
}
"""Low is deep, high is pale."""
LINES: dict[Theme, tuple[str, float]] = {"light": ("#1d4258", 0.5), "dark": ("#cfe6ea", 0.38)}
"""The color of level lines and how much they cover."""
LINE = 1.5
"""The width of a level line, in pixels of the picture."""
DENSE = (4.0, 10.0)
"""Where lines would stand as near as the first number of pixels there are none; from the second on they are whole."""
ASPECT = (1.15, 1.15, 0.8)
"""How wide, deep and high a relief is in 3-D, with the room above its floor."""
FLOOR = 0.3
"""How far the floor lies below the surface, as a share of the surface's height."""
BENT = 97
"""The points along each side of a mesh in 3-D."""
SPREAD = 0.35
"""How much of a mesh is spread evenly, wherever the surface bends."""
AWAY = 2.15
"""How far the camera stands from the middle."""
STEEPEST = np.radians(54.0)
"""A camera that looks down more steeply than this does so for the sake of a minimum or of the start."""
LIFTED = 0.007
"""How far a ball lies above the surface, in the units of the scene (solid.js)."""
LAMP = np.array([-1.0, 1.0, 1.6]) / np.linalg.norm([-1.0, 1.0, 1.6])
"""Where the light comes from: the upper left, as on maps."""
STEEP = 0.55
"""How high the highest point stands, as a share of the picture's width."""
SHADE = 0.28
"""How much of the light's angle is seen."""


class Relief(NamedTuple):
    """A surface on a regular grid: axes `(n,)`, heights `(n, n)` with rows along x2, and how its levels are spaced."""

    xs: Array
    ys: Array
    z: Array
    levels: Levels
    base: float
    top: float

    def height(self, loss: Array) -> Array:
        """Return what is drawn upwards: the loss, or on log levels `log10(1 + loss - base)`."""
        return np.log10(1.0 + np.maximum(loss - self.base, 0.0)) if self.levels == "log" else loss

    def lifted(self, loss: Array) -> Array:
        """Return the height of a path drawn on the surface: a little above it, lest it sink between grid points."""
        bottom, top = self.height(np.array([self.base, self.top]))
        return self.height(loss) + 0.015 * (top - bottom)


def relief(surface: Objective, box: Box, levels: Levels, n: int = PIXELS) -> Relief:
    """Evaluate a surface on a grid of n × n points of a box."""
    xs, ys, points = grid(box, n)
    with np.errstate(all="ignore"):
        z = surface(points, 0)[0]
    finite = z[np.isfinite(z)]
    base, top = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return Relief(xs, ys, np.nan_to_num(z, nan=top, posinf=top, neginf=base), levels, base, top)


def paintings(ground: Relief) -> dict[Theme, str]:
    """Return the pictures of a relief from above, one for each paper, as URLs."""
    return {theme: painted(ground, theme) for theme in RAMPS}


def beneath(painting: Mapping[Theme, str], box: Box) -> list[dict[str, Any]]:
    """Return pictures that lie under a plot and fill a box of it: of each paper one, by its name."""
    (x0, x1), (y0, y1) = box
    return [
        {
            "source": source,
            "name": theme,
            "xref": "x",
            "yref": "y",
            "x": x0,
            "y": y1,
            # Plotly takes two pictures in the very same place for one.
            "sizex": (x1 - x0) * (1 + 1e-9 * number),
            "sizey": y1 - y0,
            "sizing": "stretch",
            "layer": "below",
            "xanchor": "left",
            "yanchor": "top",
        }
        for number, (theme, source) in enumerate(painting.items())
    ]


def mesh(surface: Objective, ground: Relief, n: int = BENT) -> Relief:
    """Evaluate a surface on n × n points of the box of its relief, which stand closer where it bends."""
    height = ground.height(ground.z)
    xs, ys = _denser(ground.xs, height, n), _denser(ground.ys, height.T, n)
    with np.errstate(all="ignore"):
        z = surface(np.stack(np.meshgrid(xs, ys), axis=-1), 0)[0]
    return ground._replace(xs=xs, ys=ys, z=np.nan_to_num(z, nan=ground.top, posinf=ground.top, neginf=ground.base))


def _denser(at: Array, height: Array, n: int) -> Array:
    """Return n numbers from the first to the last of `at: (m,)`, closer where `height: (k, m)` bends along them."""
    bend = np.abs(np.diff(height, 2, axis=1)).max(axis=0)
    # of points that stand evenly on a curve of this bend the errors are alike
    density = np.sqrt(np.interp(np.arange(len(at)), np.arange(1, len(at) - 1), bend))
    density = np.convolve(np.pad(density, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    density = density / (density.mean() or 1.0) + SPREAD / (1.0 - SPREAD)
    along = np.append(0.0, ((density[1:] + density[:-1]) / 2).cumsum())
    return np.interp(np.linspace(0.0, along[-1], n), along, at)


def eye(ground: Relief, points: Array) -> tuple[float, float, float]:
    """Return where a camera sees most of a relief: the `points: (k, 2)` first of all, and what lies low.

    In the units of Plotly's scene, which is as wide as `ASPECT` says. Of all places the one wins from which the largest
    share is not behind something higher; a view from the front left and not too steep is preferred.
    """
    height = ground.height(ground.z)
    share = (height - height.min()) / max(float(np.ptp(height)), 1e-300)
    (x0, x1), (y0, y1) = ground.xs[[0, -1]], ground.ys[[0, -1]]
    inside = np.clip((points - (x0, y0)) / (x1 - x0, y1 - y0), 0.0, 1.0)
    even = np.stack(np.meshgrid(*[np.linspace(0.02, 0.98, 15)] * 2), axis=-1).reshape(-1, 2)
    places = np.vstack([inside, even])

    def share_at(place: Array) -> Array:
        at = np.rint(np.clip(place, 0.0, 1.0) * (len(share) - 1)).astype(int)
        return share[at[..., 1], at[..., 0]]

    def level(place: Array) -> Array:
        return ((share_at(place) + FLOOR) / (1.0 + FLOOR + 0.05) - 0.5) * ASPECT[2]

    first = len(inside)
    weight = np.append(np.full(first, len(even) / 4.0), 1.5 - share_at(even))
    here = np.column_stack([(places - 0.5) * ASPECT[:2], level(places) + LIFTED])

    def seen(here: Array, camera: Array, glances: int) -> Array:
        """Return which of the places stand before everything that rises on the way to the camera."""
        ray = here + np.linspace(0.02, 0.9, glances)[:, None, None] ** 1.5 * (camera - here)
        place = ray[..., :2] / ASPECT[:2] + 0.5
        outside = (np.abs(place - 0.5) > 0.5).any(axis=-1)
        return np.all((level(place) <= ray[..., 2]) | outside, axis=0).astype(float)

    best, found = -np.inf, (0.0, 0.0, 0.0)
    for steepness in np.radians([24.0, 33.0, 43.0, 54.0, 60.0, 66.0, 72.0]):
        for turn in np.radians(np.arange(0, 360, 15) + 7.5):
            aside = AWAY * np.cos(steepness)
            camera = np.array([aside * np.cos(turn), aside * np.sin(turn), AWAY * np.sin(steepness)])
            stands = np.append(seen(here[:first], camera, 200), seen(here[first:], camera, 24))
            # from above a hole is seen into, but no longer how deep it is
            flat = 0.06 * steepness + 0.15 * max(steepness - STEEPEST, 0.0)
            gain = stands @ weight / weight.sum() - flat - 0.02 * (1.0 + np.cos(turn - np.radians(52)))
            if gain > best:
                best, found = gain, (float(camera[0]), float(camera[1]), float(camera[2]))
    return found


def scale(theme: Theme, n: int = 12) -> list[tuple[float, str]]:
    """Return the colors from low to high as Plotly's color scale."""
    shades = np.rint(ramp(theme, n) * 255).astype(int).tolist()
    return [(place / (n - 1), f"rgb({r},{g},{b})") for place, (r, g, b) in enumerate(shades)]


@lru_cache(maxsize=4)
def ramp(theme: Theme, n: int = 256) -> Array:
    """Return n colors `(n, 3)`, shares of red, green and blue, from low to high: neighbors are equally far apart."""
    stops = colors.oklab(colors.light([colors.rgb(color) for color in RAMPS[theme]]))
    along = np.append(0.0, np.linalg.norm(np.diff(stops, axis=0), axis=1).cumsum())
    at = np.linspace(0.0, along[-1], n)
    return colors.shares(np.stack([np.interp(at, along, axis) for axis in stops.T], axis=-1))


def painted(ground: Relief, theme: Theme) -> str:
    """Paint a relief as it is seen from above, and return it as the URL of a picture.

    Its light is that of the slope to the lamp, 1 where it is level.
    """
    height = ground.height(ground.z)
    low, high = float(height.min()), float(height.max())
    share = ((height - low) / max(high - low, 1e-300))[::-1].astype(np.float32)
    size = tuple(FINER * n for n in share.shape[::-1])
    share = np.asarray(Image.fromarray(share).resize(size, Image.Resampling.BICUBIC)).clip(0.0, 1.0)
    down, right = np.gradient(share)
    color = ramp(theme).astype(np.float32)[(share * 255).astype(np.uint8)]
    color *= _shade(right * size[0], -down * size[1])[..., None]
    line, strength = LINES[theme]
    cover = strength * _lines(share * BANDS, np.hypot(down, right) * BANDS)[..., None]
    color += cover * (colors.rgb(line).astype(np.float32) - color)
    out = BytesIO()
    Image.fromarray((color.clip(0.0, 1.0) * 255 + 0.5).astype(np.uint8)).save(out, "WEBP", quality=QUALITY, method=1)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def _shade(right: NDArray[np.float32], up: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how light it is where the surface rises so much to the right and up, as shares of height and width."""
    right, up = STEEP * right, STEEP * up
    facing = (LAMP[2] - LAMP[0] * right - LAMP[1] * up) / np.sqrt(1.0 + right**2 + up**2)
    shade: NDArray[np.float32] = (1.0 + SHADE * (facing / LAMP[2] - 1.0)).clip(0.82, 1.06).astype(np.float32)
    return shade


def _lines(level: NDArray[np.float32], rise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much of each pixel a line of a whole level covers; the level rises by `rise` a pixel."""
    nearest = np.rint(level)
    rise = np.maximum(rise, 1e-6)
    cover = (LINE / 2 + 0.5 - np.abs(level - nearest) / rise).clip(0.0, 1.0)
    # where hills stand close, lines would be a moiré
    sparse = ((1.0 / rise - DENSE[0]) / (DENSE[1] - DENSE[0])).clip(0.0, 1.0)
    inner = (nearest > 0) & (nearest < BANDS)
    covered: NDArray[np.float32] = (cover * sparse * inner).astype(np.float32)
    return covered
