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
    MATRIX = "matrix"


class Kin(NamedTuple):
    """A place in the family tree: a short name, a branch, and the parents, which are older.

    `added` is the sentence on what the optimizer added, in English, which is also the key of its translation.
    """

    label: str
    branch: Branch
    parents: tuple[str, ...]
    added: str
