"""A descent of one run on plain floats: a loop made from a rule's lines, for where NumPy pays more than the arithmetic.

A race has few runs and many steps, and NumPy takes 5 to 15 microseconds a step for 20 nanoseconds of arithmetic; plain
floats take half a microsecond. The operations are those of `optviz.rules`, in the same order, so that the numbers
are the same bit for bit, but for functions that the C library and NumPy round differently. Where arithmetic on plain
floats fails or something is no longer finite, the loop ends early, and the caller goes on with arrays.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from optviz.grammar import Part
from optviz.rules import ASK, NORM, RATE, TINY, Rule, names_in

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
    """Whether a rule needs nothing but gradients."""
    return not rule.follows_curvature


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
    done = _loop(rule, noise is not None)(slope, varied, *begin.point, begin.t, states, list(settings), rows)
    x, y, *after = done
    pairs = tuple(zip(after[::2], after[1::2], strict=True))
    return rows, Begin((x, y), begin.t + len(rows) // WIDTH, pairs)


@lru_cache(maxsize=128)
def _loop(rule: Rule, noisy: bool) -> Callable[..., tuple[float, ...]]:
    names: dict[str, Any] = {
        "sqrt": math.sqrt,
        "exp": math.exp,
        "log": math.log,
        "tanh": math.tanh,
        "power": math.pow,
        "sign": lambda u: (u > 0) - (u < 0),
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
            f"        for {'lr, (n_x, n_y)' if noisy else 'lr'} in rates:",
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
        self.rule, self.noise = rule, tuple(f" + n_{axis}" if noisy else "" for axis in AXES)
        self.changed: set[str] = set()
        self.numbers = count()
        self.shared = self._shared()

    def _shared(self) -> set[str]:
        """Return the names of what is the same for both coordinates."""
        known, own = {"t", "lr", *self.rule.parameters}, set[str]()
        for line in self.rule.lines:
            if line.name in (*self.rule.states, "w") or line.tree.content == ASK:
                continue
            if names_in(line.tree) <= known | own:
                own.add(line.name)
            else:
                own.discard(line.name)
        return own

    def body(self) -> list[str]:
        """Return the lines of an update, the last of which keeps its row."""
        found = ["loss, s_x, s_y = slope(w_x, w_y)", *_finite("w_x + w_y + loss + s_x + s_y")]
        point = "w"
        for line in self.rule.lines:
            if line.tree.content == ASK:
                point = str(line.tree.operands[0].content)
                found += self.asked(line.name, point)
            elif line.name in self.shared:
                found.append(f"{line.name} = {self.code(line.tree, '')}")
            else:
                right = [self.code(line.tree, axis) for axis in AXES]
                self.changed |= {line.name} & {*self.rule.states, "w"}
                found += [f"{self.name(line.name, axis)} = {each}" for axis, each in zip(AXES, right, strict=True)]
        rate = RATE if any(line.name == RATE for line in self.rule.lines) else "lr"
        numbers = [*("w_x", "w_y", "loss"), *(self.name(each, axis) for each in (rate, point) for axis in AXES)]
        if point == "w":
            numbers[-2:] = ["w_x", "w_y"]
        return [*found, f"rows.extend(({', '.join(numbers)}))"]

    def asked(self, name: str, point: str) -> list[str]:
        """Return the lines that take a gradient."""
        if point == "w":
            return [f"{name}_x, {name}_y = s_x{self.noise[0]}, s_y{self.noise[1]}"]
        at = ", ".join(self.name(point, axis) for axis in AXES)
        return [
            f"_, p_x, p_y = slope({at})",
            *_finite("p_x + p_y"),
            f"{name}_x, {name}_y = p_x{self.noise[0]}, p_y{self.noise[1]}",
        ]

    def name(self, name: str, axis: str) -> str:
        """Return what a name is called for a coordinate."""
        if name in ("t", "lr", *self.rule.parameters) or name in self.shared:
            return name
        return f"{name}_{axis}_" if name in self.changed else f"{name}_{axis}"

    def code(self, tree: Part, axis: str) -> str:
        """Write a tree for a coordinate."""
        if not tree.operands:
            constant = {"pi": repr(math.pi), "e": repr(math.e)}.get(str(tree.content))
            return constant or (self.name(tree.content, axis) if isinstance(tree.content, str) else repr(tree.content))
        name, last = str(tree.content), tree.operands[-1].content
        if name == NORM:
            squares = (self.square(self.code(tree.operands[0], each)) for each in AXES)
            return f"sqrt({' + '.join(squares)})"
        parts = [self.code(part, axis) for part in tree.operands]
        if name == "**" and last == 2.0:
            return self.square(parts[0])
        if name == "/" and not (isinstance(last, float) and last):
            parts[1] = f"({parts[1]} + TINY)"
        form = {"negate": "(-{})", "**": "power({}, {})"} | {sign: f"({{}} {sign} {{}})" for sign in "+-*/"}
        return form[name].format(*parts) if name in form else f"{name}({', '.join(parts)})"

    def square(self, text: str) -> str:
        """Write a square as a product, which cannot fail where it overflows."""
        if text.isidentifier():
            return f"({text} * {text})"
        name = f"_{next(self.numbers)}"
        return f"(({name} := {text}) * {name})"


def _finite(total: str) -> list[str]:
    """Return the lines that end the loop where a sum is not finite."""
    return [f"check = {total}", "if check - check != 0.0:", "    break"]
