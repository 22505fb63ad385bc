"""What an optimizer's entry says of it beside its rule: how it is drawn, and its place in the family."""

from enum import StrEnum
from typing import NamedTuple


class Look(NamedTuple):
    """One optimizer's colors by theme, dash, marker as Plotly calls it, and the sign that stands for the marker."""

    light: str
    dark: str
    dash: str
    symbol: str
    glyph: str


class Branch(StrEnum):
    """What an optimizer makes of the gradient."""

    GRADIENT = "gradient"
    MOMENTUM = "momentum"
    ADAPTIVE = "adaptive"
    BOTH = "both"
    BESIDE = "beside"


class Kin(NamedTuple):
    """A place in the family tree: a short name, a branch, `(lane, row)` in the drawing, below all parents, and them.

    `added` is the sentence on what the optimizer added, in English, which is also the key of its translation.
    """

    label: str
    branch: Branch
    place: tuple[float, float]
    parents: tuple[str, ...]
    added: str
