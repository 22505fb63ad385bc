"""What is descended on, said in plain words and numbers: from it anybody, and any process, makes the same course."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from optviz.surfaces.race import Course
from optviz.surfaces.surfaces import SURFACES, Surface

KEPT = 320
"""So many courses are kept: those of a map over the strength of a penalty, each of which is one, and some more."""


@dataclass(frozen=True)
class Ground:
    """What is raced on: a surface of the registry, or a visitor's formula; with its penalty and noise."""

    surface: str
    formula: str
    l1: float
    l2: float
    sigma: float
    seed: int


@lru_cache(maxsize=64)
def surface_of(name: str, formula: str) -> Surface:
    """Return a surface of the registry, or that of a formula; raises FormulaError."""
    return Surface.from_formula(formula) if name == "formula" else SURFACES[name]


@lru_cache(maxsize=KEPT)
def course_of(ground: Ground) -> Course:
    """Return the course of a ground, with its minima found."""
    surface = surface_of(ground.surface, ground.formula)
    marked = None if ground.surface == "formula" else np.array(surface.minima, dtype=float).reshape(-1, 2)
    return Course(surface, surface.domain, marked, ground.l1, ground.l2, ground.sigma, ground.seed)
