"""A descent of one run on plain floats: a loop made from a rule's lines, for where NumPy pays more than the arithmetic.

A race has few runs and many steps, and NumPy takes 5 to 15 microseconds a step for 20 nanoseconds of arithmetic; plain
floats take half a microsecond. The operations are those of `rules.py`, in the same order, so that the numbers are
the same bit for bit, but for functions that the C library and NumPy round differently. Where arithmetic on plain floats
fails or something is no longer finite, the loop ends early, and the caller goes on with arrays.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from optviz.grammar import Part
from optviz.optimization.rules import ASK, CONSTANT, NORM, RATE, TINY, Rule, code, is_number, leaf

AXES = ("x", "y")
WIDTH = 7
"""The numbers of a row: the point, the loss, the effective rates, the point where the gradient was taken."""

Slope = Callable[[float, float], Sequence[float]]
"""The loss and both partial derivatives at a point."""


class Begin(NamedTuple):
    """Where a stretch of a run begins: the point, the number of the update, and the states, each `(x, y)`."""

    point: tuple[float, float]
    t: int
    states: tuple[tuple[float, float], ...]


def can_run(rule: Rule) -> bool:
    """Whether a rule needs nothing but gradients, and a point with two coordinates."""
    return not (rule.follows_curvature or rule.needs_matrices)


def run(
    rule: Rule,
    settings: Sequence[float],
    slope: Slope,
    rates: Sequence[float],
    begin: Begin,
    noise: Sequence[Sequence[float]] | None = None,
) -> tuple["array[float]", Begin]:
    """Return the rows of as many updates as there are rates, each of `WIDTH` numbers, and where the next would begin.

    `noise` is what is added to the gradient at each of them. There are fewer rows where something is not finite.
    """
    rows = array("d")
    states = [each for pair in begin.states for each in pair]
    varied = rates if noise is None else zip(rates, noise, strict=True)
    done = _loop(rule, noise is not None)(slope, varied, *begin.point, float(begin.t), states, list(settings), rows)
    x, y, *after = done
    pairs = tuple(zip(after[::2], after[1::2], strict=True))
    return rows, Begin((x, y), begin.t + len(rows) // WIDTH, pairs)


@lru_cache(maxsize=128)
def _loop(rule: Rule, noisy: bool) -> Callable[..., tuple[float, ...]]:
    names: dict[str, Any] = {
        **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "tanh", "sin", "cos")},
        "power": math.pow,
        # As NumPy has them: what is no number stays none.
        "sign": lambda u: u if math.isnan(u) else float((u > 0.0) - (u < 0.0)),
        "max": lambda u, v: u if u >= v or math.isnan(u) else v,
        "min": lambda u, v: u if u <= v or math.isnan(u) else v,
        "TINY": TINY,
    }
    exec(compile(program(rule, noisy), "<a loop of plain floats>", "exec"), names)
    made: Callable[..., tuple[float, ...]] = names["run"]
    return made


def program(rule: Rule, noisy: bool = False) -> str:
    """Write the loop as Python."""
    writer = _Writer(rule, noisy)
    states = [f"{name}_{axis}" for name in rule.states for axis in AXES]
    body, kept = writer.body(), ["w_x", "w_y", *states]
    before, after = ", ".join(kept), ", ".join(f"{name}_" for name in kept)
    return "\n".join(
        [
            "def run(slope, rates, w_x, w_y, t, states, settings, rows):",
            *([f"    {', '.join(states)}, = states"] if states else []),
            *([f"    {', '.join(rule.parameters)}, = settings"] if rule.parameters else []),
            "    try:",
            f"        for {'lr, (_noise_x, _noise_y)' if noisy else 'lr'} in rates:",
            "            t += 1",
            *(f"            {line}" for line in body),
            f"            {before} = {after}",
            "    except (ArithmeticError, ValueError):",
            "        pass",
            f"    return {before},",
        ]
    )


class _Writer:
    """Writes the lines of one update; a state that has changed has another name: a step that fails changes nothing."""

    def __init__(self, rule: Rule, noisy: bool) -> None:
        self.rule, self.noise = rule, tuple(f" + _noise_{axis}" if noisy else "" for axis in AXES)
        self.changed: set[str] = set()
        self.numbers = count()

    def body(self) -> list[str]:
        """Return the lines of an update, the last of which keeps its row."""
        found = ["loss, _slope_x, _slope_y = slope(w_x, w_y)", *_finite("w_x + w_y + loss + _slope_x + _slope_y")]
        point = "w"
        for line in self.rule.lines:
            if line.tree.content == ASK:
                point = str(line.tree.operands[0].content)
                at = ", ".join(self.name(point, axis) for axis in AXES)
                self.changed |= {line.name} & {*self.rule.states}
                found += self.asked(line.name, "" if point == "w" else at)
            elif line.name in self.rule.numbers:
                found.append(f"{line.name} = {self.code(line.tree, '')}")
            else:
                right = [self.code(line.tree, axis) for axis in AXES]
                self.changed |= {line.name} & {*self.rule.states, "w"}
                # Both at once: a norm on the right reads both as they were.
                found.append(f"{', '.join(self.name(line.name, axis) for axis in AXES)} = {', '.join(right)}")
        rate = RATE if any(line.name == RATE for line in self.rule.lines) else "lr"
        numbers = [*("w_x", "w_y", "loss"), *(self.name(each, axis) for each in (rate, point) for axis in AXES)]
        if point == "w":
            numbers[-2:] = ["w_x", "w_y"]
        return [*found, f"rows.extend(({', '.join(numbers)}))"]

    def asked(self, name: str, at: str) -> list[str]:
        """Return the lines that take a gradient at a point, that at w where it is empty."""
        first = [] if not at else [f"_, _ahead_x, _ahead_y = slope({at})", *_finite("_ahead_x + _ahead_y")]
        source = "_ahead" if at else "_slope"
        pairs = zip(AXES, self.noise, strict=True)
        return [*first, *(f"{self.name(name, axis)} = {source}_{axis}{noise}" for axis, noise in pairs)]

    def name(self, name: str, axis: str) -> str:
        """Return what a name is called for a coordinate."""
        if name in self.rule.numbers:
            return name
        return f"{name}_{axis}_" if name in self.changed else f"{name}_{axis}"

    def code(self, tree: Part, axis: str) -> str:
        """Write a tree for a coordinate."""
        return code(tree, lambda content: self.leaf(content, axis), self.square, {NORM: self.norm})

    def leaf(self, content: float | str, axis: str) -> str:
        """Write a name, for a coordinate, or a number."""
        is_name = isinstance(content, str) and content not in CONSTANT
        return self.name(str(content), axis) if is_name else leaf(content)

    def norm(self, tree: Part) -> str:
        """Write a norm, which takes both coordinates."""
        if is_number(tree.operands[0], self.rule.numbers):
            return f"abs({self.code(tree.operands[0], '')})"
        return f"sqrt({' + '.join(self.square(self.code(tree.operands[0], axis)) for axis in AXES)})"

    def square(self, text: str) -> str:
        """Write a square as a product, which cannot fail where it overflows."""
        if text.isidentifier():
            return f"({text} * {text})"
        name = f"_{next(self.numbers)}"
        return f"(({name} := {text}) * {name})"


def _finite(total: str) -> list[str]:
    """Return the lines that end the loop where a sum is not finite."""
    return [f"check = {total}", "if check - check != 0.0:", "    break"]
