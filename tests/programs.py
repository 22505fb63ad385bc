"""How a test runs a program that a page prints, and draws the values that one may choose there."""

import contextlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from optviz.recipes import Recipe


def run(program: str, **names: Any) -> tuple[dict[str, Any], str]:
    """Run a program as it stands, and return its names and what it printed."""
    printed, known = io.StringIO(), dict(names)
    with contextlib.redirect_stdout(printed):
        exec(program, known)
    return known, printed.getvalue()


def drawn(recipe: Recipe[Any], rng: np.random.Generator, **fixed: float) -> Mapping[str, float]:
    """Draw every parameter from its whole range, evenly on its own scale; whole numbers are steps, from 2 to 14."""
    values: dict[str, float] = {}
    for parameter in recipe.parameters:
        low, high = parameter.range.low, parameter.range.high
        if parameter.kind is bool:
            values[parameter.name] = bool(rng.integers(2))
        elif parameter.kind is int:
            values[parameter.name] = int(rng.integers(2, 15))
        elif parameter.range.scale == "log":
            values[parameter.name] = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        elif parameter.range.scale == "decay":
            values[parameter.name] = float(1 - np.exp(rng.uniform(np.log(1 - high), np.log(1 - low))))
        else:
            values[parameter.name] = float(rng.uniform(low, high))
    return values | fixed
