"""Mutants of the programs that the program writers hold in strings: another sign, number or comparison."""

import re
from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import OPERATOR_PROVIDERS

Place = tuple[int, int]

OTHERS = {
    " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", "**": "*", " < ": " <= ", " <= ": " < ", " > ": " >= ",
    " == ": " != ", "minimum": "maximum", "maximum": "minimum", "True": "False", "False": "True",
}  # fmt: skip
"""What stands in the place of each sign or word; a number becomes larger by one."""

BREAKABLE = re.compile(rf"#.*|(?P<broken>{'|'.join(map(re.escape, OTHERS))}|(?<![\w.])\d+(\.\d+)?(?![\w.]))")
"""What is broken; comments are passed over."""


class PrintedProgram(Operator):
    """Breaks a string of code in one place."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Place, Place]]:
        """Give the place of each sign and number in a string, but for docstrings."""
        row, column = node.start_pos
        for match in _breakable(node):
            *before, last = node.value[: match.start()].split("\n")
            start = row + len(before), len(last) + (0 if before else column)
            yield start, (start[0], start[1] + len(match.group()))

    def mutate(self, node: Any, index: int) -> Any:
        """Break the place of this number."""
        match = _breakable(node)[index]
        old = match.group()
        new = OTHERS[old] if old in OTHERS else repr(type(eval(old))(eval(old) + 1))
        node.value = node.value[: match.start()] + new + node.value[match.end() :]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return what becomes of a string."""
        return (Example("x = 'a + 1'", "x = 'a - 1'"), Example("x = 'a + 1'", "x = 'a + 2'", occurrence=1))


def _breakable(node: Any) -> list[re.Match[str]]:
    if node.type not in {"string", "fstring_string"} or node.parent.type == "simple_stmt":
        return []
    return [match for match in BREAKABLE.finditer(node.value) if match["broken"]]


NAME = "printed/program"
OPERATOR_PROVIDERS["printed"] = {"program": PrintedProgram}
