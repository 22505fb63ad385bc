"""Mutants of the programs that pages print, in the writers' strings and in templates: another sign, number or word."""

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


TURNED = {**OTHERS, " if ": " if not ", " and ": " or ", " or ": " and "}
"""The same for templates, with what chooses between their lines."""
TEMPLATE = re.compile(
    rf"\{{#.*?#\}}|#[^\n]*|(?P<broken>{'|'.join(map(re.escape, TURNED))}|(?<![\w.])\d+(\.\d+)?(?![\w.]))", re.DOTALL
)
"""What is broken of a template, but for its comments and those of its program."""


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
        node.value = _broken(node.value, _breakable(node)[index])
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return what becomes of a string."""
        return (Example("x = 'a + 1'", "x = 'a - 1'"), Example("x = 'a + 1'", "x = 'a + 2'", occurrence=1))


def _breakable(node: Any) -> list[re.Match[str]]:
    if node.type not in {"string", "fstring_string"} or node.parent.type == "simple_stmt":
        return []
    return [match for match in BREAKABLE.finditer(node.value) if match["broken"]]


def _broken(text: str, match: re.Match[str]) -> str:
    old = match.group()
    new = TURNED[old] if old in TURNED else repr(type(eval(old))(eval(old) + 1))
    return text[: match.start()] + new + text[match.end() :]


def template_places(text: str) -> Iterator[tuple[Place, Place]]:
    """Give the place of all that can be broken of a template."""
    for match in _breakable_in(text):
        start, end = (
            (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at) - 1) for at in (match.start(), match.end())
        )
        yield start, end


def mutate_template(text: str, index: int) -> str:
    """Return a template that is broken in the place of this number."""
    return _broken(text, _breakable_in(text)[index])


def _breakable_in(text: str) -> list[re.Match[str]]:
    return [match for match in TEMPLATE.finditer(text) if match["broken"]]


IN_TEMPLATE = "printed/template"
NAME = "printed/program"
OPERATOR_PROVIDERS["printed"] = {"program": PrintedProgram}
