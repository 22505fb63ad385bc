"""Colors by name, and how each optimizer is drawn, on every page alike: its color, its dash and its marker."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.colors import light, oklab, rgb
from optviz.optimization.entries import Look
from optviz.optimization.optimizers import KNOWN, MATRIX_OPTIMIZERS

PAPERS = {"light": "#eef2f6", "dark": "#243140"}
"""The papers of the page that are nearest to the colors on them."""
CONTRAST = 3.0
"""The least contrast of a color to its paper."""
HUE = np.radians(40)
"""So much at most the hues of the two papers differ."""
DARKEST, GRAY = 0.35, 0.07
"""A color is lighter in OKLab than words are, and farther from gray."""
SHARES = range(0, 256, 30)
"""The shares of red, green and blue of which a color is chosen."""

MARKERS: Mapping[str, str] = {
    "circle": "●",
    "square": "■",
    "triangle-down": "▼",
    "star": "★",
    "star-diamond": "✦",
    "cross": "✚",
    "triangle-up": "▲",
    "bowtie": "⋈",
    "diamond": "◆",
    "triangle-right": "►",
    "pentagon": "⬟",
    "triangle-left": "◄",
    "hexagon": "⬢",
    "x": "✖",
    "hexagram": "✶",
    "triangle-ne": "◥",
    "triangle-nw": "◤",
    "triangle-se": "◢",
    "triangle-sw": "◣",
    "hourglass": "⧗",
    "diamond-tall": "♦",
    "circle-cross": "⊕",
    "square-cross": "⊞",
    "circle-x": "⊗",
    "square-x": "⊠",
    "diamond-x": "❖",
    "diamond-cross": "◈",
    "star-square": "✸",
    "diamond-wide": "⬧",
    "star-triangle-up": "▵",
    "star-triangle-down": "▿",
    "hexagon2": "⎔",
    "circle-dot": "◉",
    "square-dot": "▣",
    "triangle-up-dot": "◬",
    "diamond-dot": "◇",
    "pentagon-dot": "⬠",
    "hexagon-dot": "⬡",
    "triangle-down-dot": "▽",
    "star-dot": "☆",
}
"""The markers that an optimizer may have, with their signs. Hollow they are another side of the same."""


def derived(taken: Iterable[Look]) -> Look:
    """Return a look that is none of those taken: their farthest color, a dash that none has, and a marker too.

    Where all markers are taken it is a circle, as color and dash still differ.
    """
    looks = list(taken)
    dashes, symbols = {look.dash for look in looks}, {look.symbol for look in looks}
    symbol = next((symbol for symbol in MARKERS if symbol not in symbols), "circle")
    patterns = (_dash(a, b, c, d) for b, d, c, a in product((3, 6), (3, 6), (2, 8), (3, 7, 13, 21)))
    dash = next(dash for dash in patterns if dash not in dashes)
    return Look(*_farthest(looks), dash, symbol, MARKERS[symbol])


def _dash(*lengths: int) -> str:
    return ",".join(f"{length}px" for length in lengths)


def _farthest(looks: list[Look]) -> tuple[str, str]:
    """Return the color on light paper that is farthest from all there, and on dark paper one of nearly its hue."""
    candidates = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in product(SHARES, repeat=3)]
    at = np.array([oklab(light(rgb(color))) for color in candidates])
    hues = np.arctan2(at[:, 2], at[:, 1])
    is_color = (at[:, 0] >= DARKEST) & (np.hypot(at[:, 1], at[:, 2]) >= GRAY)
    far = {
        theme: np.where(
            is_color & _contrasts(candidates, paper), _distances(at, [getattr(look, theme) for look in looks]), -1.0
        )
        for theme, paper in PAPERS.items()
    }
    apart = np.abs((hues[:, None] - hues[None, :] + np.pi) % (2 * np.pi) - np.pi) <= HUE
    # Of all pairs of nearly one hue that whose nearer distance is the largest.
    pairs = np.where(apart, np.minimum(far["light"][:, None], far["dark"][None, :]), -1.0)
    i, j = np.unravel_index(int(pairs.argmax()), pairs.shape)
    return candidates[i], candidates[j]


def _contrasts(colors: list[str], paper: str) -> Array:
    def luminance(color: str) -> float:
        return float(light(rgb(color)) @ (0.2126, 0.7152, 0.0722))

    own = np.array([luminance(color) for color in colors])
    high, low = np.maximum(own, luminance(paper)), np.minimum(own, luminance(paper))
    found: Array = (high + 0.05) / (low + 0.05) >= CONTRAST
    return found


def _distances(at: Array, colors: list[str]) -> Array:
    """Return how far colors in OKLab are from the nearest of others."""
    others = np.array([oklab(light(rgb(color))) for color in colors])
    nearest: Array = np.linalg.norm(at[:, None] - others[None], axis=-1).min(-1)
    return nearest


def _looks() -> dict[str, Look]:
    """Return the look of every optimizer: its entry's, or one that is derived."""
    entries = {**KNOWN, **MATRIX_OPTIMIZERS}
    found = {name: entry.look for name, entry in entries.items() if entry.look is not None}
    for name in entries:
        if name not in found:
            found[name] = derived(found.values())
    return {name: found[name] for name in entries}


LOOKS: Mapping[str, Look] = _looks()
"""The looks of the registry.

Annealing chose the colors of the first fifteen: the least distance between two in OKLab is as large as can be, on both
papers, to all eyes, and to those without red, green or blue cones (Machado 2009). Those that often race together lie
farthest apart. Each later one is as far as can be from all before it. On both papers an optimizer has nearly the same
hue, and a contrast of 3:1 or more to the page.
"""


class Shade(NamedTuple):
    """A color on light and on dark paper."""

    light: str
    dark: str


PALETTE: Mapping[str, Shade] = {
    "series1": Shade("#0c82fd", "#008fff"),
    "series2": Shade("#d96100", "#b57e00"),
    "series3": Shade("#00967d", "#0affaa"),
    "series4": Shade("#780075", "#f949b1"),
    "series5": Shade("#a57d49", "#e2ff61"),
    "series6": Shade("#001cc8", "#eeb6ff"),
    "series7": Shade("#97002e", "#ff5e60"),
    "series8": Shade("#737fa9", "#ccfff7"),
    "text": Shade("#1c2430", "#eef2f7"),
    "muted": Shade("#5b6675", "#a3adba"),
    "good": Shade("#0b7a3b", "#4ade80"),
    "bad": Shade("#c1121f", "#ff7b72"),
    "class0": Shade("#1f5fd0", "#6ea8ff"),
    "class1": Shade("#d0342c", "#ff7d74"),
    **{name: Shade(look.light, look.dark) for name, look in LOOKS.items()},
}
"""All colors that a picture may ask for.

They have a contrast of 3:1 or more to the page. The eight series are at least 20 apart in CIELAB, to eyes without red
or green cones (Machado 2009) as well, and traces tell themselves apart by dash and marker besides.
"""
