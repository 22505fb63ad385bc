"""How a test runs a program that a page prints, and draws the values that one may choose there."""

import ast
import contextlib
import io
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from optviz.lessons.optimizer_code import Unprintable, optimizer_code, rate_code
from optviz.recipes import Recipe


def run(program: str, **names: Any) -> tuple[dict[str, Any], str]:
    """Run a program as it stands, and return its names and what it printed."""
    if keras := sys.modules.get("keras"):
        # As in a process of its own: Keras keeps the precision of its first model, whatever is asked for later.
        keras.utils.clear_session(free_memory=False)
    printed, known = io.StringIO(), dict(names)
    with contextlib.redirect_stdout(printed):
        exec(program, known)
    return known, printed.getvalue()


def in_keras(name: str) -> bool:
    """Whether Keras can have an optimizer that does what one of ours does."""
    try:
        optimizer_code(name, {}, rate_code(0.1, "constant", {}, 0))
    except Unprintable:
        return False
    return True


def idle(program: str) -> list[str]:
    """Return the functions and classes of a program that nothing calls, and what functions assign and never read."""
    tree = ast.parse(program)
    made = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    methods = {each for node in made if isinstance(node, ast.ClassDef) for each in node.body}
    uncalled = [node.name for node in made if node not in methods and node.name not in _names(tree, ast.Load)]
    functions = [node for node in made if isinstance(node, ast.FunctionDef)]
    lines = [(function, line) for function in functions for line in ast.walk(function) if isinstance(line, ast.Assign)]
    # Of what is unpacked, such as `x1, x2 = w`, some may stand there for the rest.
    unread = [
        ast.unparse(line)
        for function, line in lines
        if (stored := _names(line, ast.Store)) and not stored & _names(function, ast.Load)
    ]
    return uncalled + unread


def _names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


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
