"""Colors by name, and how each optimizer is drawn, on every page alike: its color, its dash and its marker."""

from collections.abc import Mapping
from typing import NamedTuple


class Look(NamedTuple):
    """One optimizer's colors by theme, dash, marker as Plotly calls it, and the sign that stands for the marker."""

    light: str
    dark: str
    dash: str
    symbol: str
    glyph: str


LOOKS: Mapping[str, Look] = {
    "sgd": Look("#0f3ce1", "#96c3ff", "solid", "circle", "●"),
    "momentum": Look("#d2694b", "#ffc396", "dash", "square", "■"),
    "momentum_classical": Look("#1e9600", "#87ff3c", "longdash", "triangle-down", "▼"),
    "nesterov": Look("#b45aff", "#a587ff", "longdashdot", "star", "★"),
    "nesterov_keras": Look("#8778d2", "#875aff", "16px,3px,3px,3px", "star-diamond", "✦"),
    "adagrad": Look("#f02d96", "#f01e00", "5px,2px", "cross", "✚"),
    "rmsprop": Look("#0f4b2d", "#00872d", "dot", "triangle-up", "▲"),
    "adadelta": Look("#966969", "#d29678", "2px,7px", "bowtie", "⋈"),
    "adam": Look("#a51e96", "#c32dc3", "dashdot", "diamond", "◆"),
    "nadam": Look("#005a78", "#2da5c3", "10px,3px", "triangle-right", "►"),
    "amsgrad": Look("#0000b4", "#0078d2", "9px,3px,2px,3px,2px,3px", "pentagon", "⬟"),
    "adamax": Look("#872d5a", "#f069b4", "18px,4px", "triangle-left", "◄"),
    "adamw": Look("#785a0f", "#b4b400", "6px,3px,6px,3px,2px,3px", "hexagon", "⬢"),
    "lion": Look("#5a0078", "#a56987", "2px,3px,2px,8px", "x", "✖"),
    "newton": Look("#0096a5", "#5ad2d2", "20px,5px,2px,5px", "hexagram", "✶"),
}
"""The looks of the registry.

Annealing chose the colors: the least distance between two in OKLab is as large as can be, on both papers, to all eyes,
and to those without red, green or blue cones (Machado 2009). Those that often race together lie farthest apart. On both
papers an optimizer has nearly the same hue, and a contrast of 3:1 or more to the page.
"""

LENT: Mapping[str, str] = {
    "muon": "newton",
    "shampoo": "adamw",
    "soap": "momentum_classical",
    "adafactor": "adadelta",
}
"""As which optimizers those of matrices look: they are never in one picture."""


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
