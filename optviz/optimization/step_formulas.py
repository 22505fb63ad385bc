r"""A formula of the step t, written once, as Python has it: `(1 - alpha)*(1 + cos(pi*min(t, s)/s))/2 + alpha`.

The last line is the value, and those before it name what stands in it: `peak = w*n - 1`. A value may come in pieces,
`a if t < peak else b`. From the text come the value at one step and at an array of steps, TeX in letters and with the
numbers of a step, and the lines of a program for any library that names its functions as NumPy does. Such a text is the
code's own; what a visitor types is read by `optviz.grammar`.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from inspect import cleandoc
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.grammar import Part
from optviz.notation import Span
from optviz.optimization.writing import TEX_FUNCTIONS, Style, letter, tex, written

Number = float | NDArray[Any]

PLAIN: Mapping[str, Any] = {
    **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tanh", "floor", "ceil", "pi")},
    **{"max": max, "min": min, "abs": abs},
}
"""What the names of a text are for one step."""

_RENAMED = {"max": "maximum", "min": "minimum"}
_SIGNS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.USub: "negate",
    ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge",
}  # fmt: skip
_OPPOSITE = {"<": r"\ge", r"\ge": "<", ">": r"\le", r"\le": ">"}
_FUNCTIONS = TEX_FUNCTIONS | {
    "max": r"\max({},\, {})",
    "min": r"\min({},\, {})",
    "cos": r"\cos({})",
    "floor": r"\lfloor {} \rfloor",
    "ceil": r"\lceil {} \rceil",
    "inline": "{} / {}",
}


_HERE = Span(0, 0)


class Side(NamedTuple):
    """Where a piece holds: a comparison in Python, and its parts as they are written in TeX."""

    test: str
    left: Part
    sign: str
    right: Part

    @property
    def other(self) -> "Side":
        """Everywhere else."""
        return Side(f"not {self.test}", self.left, _OPPOSITE[self.sign], self.right)


class Piece(NamedTuple):
    """One piece of a value, and where it holds if no piece before it does; None: wherever none does."""

    tree: Part
    side: Side | None


@dataclass(frozen=True, eq=False)
class StepFormula:
    """A formula of t in numbers by name, whose letters in TeX are `symbols`."""

    text: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, t: Number) -> Any:
        """Return the value at step t, a float, or at an array of steps, in its shape."""
        if not isinstance(t, np.ndarray):
            return float(self._plain(t))
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(self._array(t), dtype=float), t.shape)

    @cached_property
    def _plain(self) -> Callable[[float], float]:
        return _function(_compiled(self.text, None), {**PLAIN, **self.numbers})

    @cached_property
    def _array(self) -> Callable[[Number], Number]:
        return _function(_compiled(self.text, "np"), {"np": np, **self.numbers})

    @property
    def is_steady(self) -> bool:
        """Whether it is 1 at every step."""
        return self.text.strip() == "1"

    @property
    def used(self) -> dict[str, float]:
        """The numbers that stand in the text, in their order."""
        names = {node.id for node in ast.walk(_parsed(self.text)) if isinstance(node, ast.Name)}
        return {name: value for name, value in self.numbers.items() if name in names}

    def lines(self, module: str, scale: str) -> list[str]:
        """Return a program's lines with the functions of a module, the last of which is `scale` times the value."""
        *named, value = _Called(module).visit(_parsed(self.text)).body
        return [ast.unparse(each) for each in (*named, ast.BinOp(ast.Name(scale), ast.Mult(), value.value))]

    def tex(self, scale: str) -> str:
        """Return `scale` times the formula in letters, and behind it what its names stand for."""
        named, pieces = _trees(self.text)
        letters = {"t": "t", "pi": r"\pi", SCALE: scale, **self.symbols}

        def leaf(content: float | str) -> str:
            return f"{content:g}" if isinstance(content, float) else letters.get(content) or letter(content)

        style = tex(leaf, r"\,")._replace(functions=_FUNCTIONS)
        whole = written(_scaled(pieces[0].tree), style) if len(pieces) == 1 else rf"{scale}\,{_cases(pieces, style)}"
        return r",\quad ".join([whole, *(f"{letter(name)} = {written(tree, style)}" for name, tree in named)])

    def filled(self, scale: float, t: float, number: Callable[[float], str]) -> str:
        """Return `scale` times the formula at step t in TeX, with the numbers in it as `number` writes them."""
        known: dict[str, Any] = {**PLAIN, **self.numbers, "t": t, SCALE: scale}
        for line in _parsed(self.text).body[:-1]:
            exec(ast.unparse(line), known)
        holding = (tree for tree, side in _trees(self.text)[1] if side is None or eval(side.test, known))

        def leaf(content: float | str) -> str:
            return r"\pi" if content == "pi" else number(known[content] if isinstance(content, str) else content)

        return written(_scaled(next(holding)), tex(leaf, r" \cdot ")._replace(functions=_FUNCTIONS))


SCALE = "scale"


def _scaled(tree: Part) -> Part:
    """Return a tree times the scale, which is what a 1 in it stands for: above a fraction bar, or alone."""
    scale = Part(SCALE, (), _HERE)
    if tree.content == 1.0:
        return scale
    if tree.content == "/" and tree.operands[0].content == 1.0:
        return Part("/", (scale, tree.operands[1]), _HERE)
    return Part("*", (scale, tree), _HERE)


def _cases(pieces: Sequence[Piece], style: Style) -> str:
    """Write pieces one below the other, the last of which holds where the one before does not."""
    sides = [piece.side for piece in pieces[:-1] if piece.side]
    rows = [
        f"{written(piece.tree, style)} & {written(side.left, style)} {side.sign} {written(side.right, style)}"
        for piece, side in zip(pieces, [*sides, sides[-1].other], strict=True)
    ]
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _parsed(text: str) -> ast.Module:
    return ast.parse(cleandoc(text))


@lru_cache(maxsize=256)
def _compiled(text: str, module: str | None) -> CodeType:
    """Compile a text as a function of t; with a `module` its pieces are chosen for every step of an array."""
    tree = _parsed(text) if module is None else _Called(module).visit(_parsed(text))
    *lines, value = (ast.unparse(line) for line in tree.body)
    source = "\n    ".join(["def value(t):", *lines, f"return {value}"])
    return compile(source, "<a formula of the step>", "exec")


def _function(code: CodeType, names: dict[str, Any]) -> Callable[[Any], Any]:
    exec(code, names)
    made: Callable[[Any], Any] = names["value"]
    return made


class _Called(ast.NodeTransformer):
    """Calls every function by a module, and `where` to choose between pieces."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Choose between two pieces."""
        parts = [self.visit(each) for each in (node.test, node.body, node.orelse)]
        return ast.Call(ast.Name(f"{self.module}.where"), parts, [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Call a function of the module."""
        name = _RENAMED.get(ast.unparse(node.func), ast.unparse(node.func))
        return ast.Call(ast.Name(f"{self.module}.{name}"), [self.visit(each) for each in node.args], [])

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Write pi as the number that it is."""
        return ast.Constant(math.pi) if node.id == "pi" else node


Named = tuple[tuple[str, Part], ...]


@lru_cache(maxsize=256)
def _trees(text: str) -> tuple[Named, tuple[Piece, ...]]:
    """Return the trees of a text: by name, and those of the value's pieces."""
    *lines, last = _parsed(text).body
    named = tuple((line.targets[0].id, _tree(line.value)) for line in lines)  # type: ignore[attr-defined]
    return named, tuple(_pieces(last.value))  # type: ignore[attr-defined]


def _pieces(node: ast.expr) -> Iterator[Piece]:
    while isinstance(node, ast.IfExp):
        test = node.test
        assert isinstance(test, ast.Compare)
        side = Side(ast.unparse(test), _tree(test.left), _SIGNS[type(test.ops[0])], _tree(test.comparators[0]))
        yield Piece(_tree(node.body), side)
        node = node.orelse
    yield Piece(_tree(node), None)


def _small(tree: Part) -> Part:
    """Return an exponent's tree, in which plain fractions stand in the line."""
    operands = tuple(map(_small, tree.operands))
    is_plain = tree.content == "/" and not any(part.operands for part in operands)
    return Part("inline" if is_plain else tree.content, operands, _HERE)


def _tree(node: ast.expr) -> Part:
    match node:
        case ast.BinOp(left, ast.Pow(), right):
            return Part("**", (_tree(left), _small(_tree(right))), _HERE)
        case ast.BinOp(left, operator, right):
            return Part(_SIGNS[type(operator)], (_tree(left), _tree(right)), _HERE)
        case ast.UnaryOp(operator, operand):
            return Part(_SIGNS[type(operator)], (_tree(operand),), _HERE)
        case ast.Call(ast.Name(name), arguments):
            return Part(name, tuple(map(_tree, arguments)), _HERE)
        case ast.Name(name):
            return Part(name, (), _HERE)
        case ast.Constant(int() | float() as value):
            return Part(float(value), (), _HERE)
    raise ValueError(f"not part of a formula: {ast.unparse(node)}")
