"""Turn a visitor's formula into a SymPy expression without ever evaluating the text.

The text is cut into tokens, read by Python's grammar (`ast`), and rebuilt node by node from a short list of names,
operators and functions. Every size is capped before anything is built, so that no text can hang or fill the memory.
"""

import ast
import math
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

MAX_LENGTH = 500
MAX_NODES = 150
MAX_DEPTH = 12
MAX_EXPONENT = 64
MAX_GROWTH = 300
MAX_NUMBER = 10**15

_TOKEN = re.compile(r" *(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|[A-Za-z_]\w*|\*\*|[-+*/(),])", re.ASCII)
_SPELLINGS = str.maketrans(
    {"^": "**", "²": "**2", "³": "**3", "₁": "1", "₂": "2", "π": "pi", "−": "-", "×": "*", "·": "*", "÷": "/"}
    | {"（": "(", "）": ")", "＋": "+", "－": "-", "＊": "*", "／": "/"}
)


class Modulus(sp.Function):  # type: ignore[misc]
    r"""`|u|` of a real u, whose derivative is `Signum(u)`: 0 at the kink.

    SymPy's own `Abs` reasons about complex arguments and differentiates twice to a Dirac delta.
    """

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        """Return the number at once if the argument is one."""
        return None if u.free_symbols else sp.Abs(u)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative with respect to the argument."""
        return Signum(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        bars = rf"\left|{{{printer._print(self.args[0])}}}\right|"
        return bars if exp is None else f"{bars}^{{{exp}}}"


class Signum(sp.Function):  # type: ignore[misc]
    r"""The sign of a real u, 0 at 0, whose derivative is 0 almost everywhere, and taken as 0 at the jump."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative with respect to the argument."""
        return sp.S.Zero

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = r"\operatorname{sgn}" if exp is None else rf"\operatorname{{sgn}}^{{{exp}}}"
        return rf"{name}\left({printer._print(self.args[0])}\right)"


class Reason(StrEnum):
    """Why a text was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    NOT_A_FORMULA = "not_a_formula"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_FUNCTION = "unknown_function"
    WRONG_ARGUMENTS = "wrong_arguments"
    DIVISION_BY_ZERO = "division_by_zero"
    UNDEFINED = "undefined"
    CONSTANT = "constant"
    TOO_MANY_NODES = "too_many_nodes"


class Operation(NamedTuple):
    """An operation of a formula as it was typed: a sign of `SIGNS`, "negate", or a name of `FUNCTIONS`."""

    name: str
    operands: tuple["Tree", ...]


Tree: TypeAlias = "float | str | Operation"
"""A formula as it was typed, unsimplified: a number, a name, or an operation on such trees."""


class FormulaError(ValueError):
    """A text that is not an acceptable formula: `reason` is the code, `piece` the offending part of the text."""

    def __init__(self, reason: Reason, piece: str) -> None:
        self.reason = reason
        self.piece = piece if len(piece) <= 40 else piece[:39] + "…"
        super().__init__(f"{reason.value}: {self.piece!r}")


def parse(text: str, names: Sequence[str] = ("x1", "x2")) -> sp.Expr:
    """Return the SymPy expression of a formula in the given names.

    Known are numbers, `pi`, `e`, `+ - * / **` (`^` is a power too), the `FUNCTIONS`, and parentheses. A power may have
    a constant exponent of at most `MAX_EXPONENT`, and no number may exceed `MAX_NUMBER`.
    Raises `FormulaError` for any other text, and nothing else.
    """
    symbols = {"pi": sp.pi, "e": sp.E} | {name: sp.Symbol(name) for name in names}
    tree = _read(text)
    _measure(tree)
    return _build(tree, symbols)


def operations(text: str, names: Sequence[str]) -> Tree:
    """Return what a formula computes, operation by operation, in the order and with the parentheses that were typed.

    It knows the same formulas as `parse`, and raises the same `FormulaError` for any other text.
    """
    parse(text, names)
    return _tree(_read(text))


def _tree(node: ast.expr) -> Tree:
    """Return the operations of a syntax tree that `parse` has accepted."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return _CONSTANTS.get(name, name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Operation("negate", (_tree(operand),))
        case ast.UnaryOp(operand=operand):
            return _tree(operand)
        case ast.BinOp(left=left, op=sign, right=right):
            return Operation(SIGNS[type(sign)], (_tree(left), _tree(right)))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return Operation(name, (_tree(argument),))
    raise FormulaError(Reason.NOT_A_FORMULA, ast.unparse(node))


def _read(text: str) -> ast.expr:
    """Return the syntax tree of a text that consists of known tokens only."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(Reason.TOO_LONG, text)
    line = " ".join(text.translate(_SPELLINGS).split())
    if not line:
        raise FormulaError(Reason.EMPTY, text)
    _check_tokens(line)
    try:
        return ast.parse(line, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(Reason.NOT_A_FORMULA, line) from None


def _check_tokens(line: str) -> None:
    position = 0
    while position < len(line):
        token = _TOKEN.match(line, position)
        if token is None:
            raise FormulaError(Reason.NOT_A_FORMULA, line[position:].strip())
        position = token.end()


def _measure(tree: ast.expr) -> None:
    """Refuse a tree that is too big or too deep to differentiate twice in a moment."""
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > MAX_NODES:
        raise FormulaError(Reason.TOO_MANY, ast.unparse(tree))
    if _depth(tree) > MAX_DEPTH:
        raise FormulaError(Reason.TOO_DEEP, ast.unparse(tree))


def _depth(node: ast.expr) -> int:
    """Return how deep operations are nested; a chain `a + b - c` or `a * b / c` is one operation."""
    below = [
        _depth(child) - _is_same_chain(node, child)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr)
    ]
    return 1 + max(below, default=0)


def _is_same_chain(parent: ast.expr, child: ast.expr) -> bool:
    if not (isinstance(parent, ast.BinOp) and isinstance(child, ast.BinOp)):
        return False
    both = {type(parent.op), type(child.op)}
    return both <= {ast.Add, ast.Sub} or both <= {ast.Mult, ast.Div}


def _build(node: ast.expr, symbols: dict[str, sp.Expr]) -> sp.Expr:
    """Return the expression of one node: its parts are built and checked first, then the node itself is checked."""
    kind = _BUILDERS.get(type(node))
    if kind is None:
        raise FormulaError(Reason.NOT_A_FORMULA, ast.unparse(node))
    expression = kind(node, symbols)
    _check_numbers(expression, node)
    return expression


def _build_number(node: ast.Constant, symbols: dict[str, sp.Expr]) -> sp.Expr:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise FormulaError(Reason.UNKNOWN_NAME, str(node.value))
    if abs(node.value) > MAX_NUMBER:
        raise FormulaError(Reason.TOO_LARGE, ast.unparse(node))
    return sp.Integer(int(node.value)) if node.value == int(node.value) else sp.Float(node.value)


def _build_name(node: ast.Name, symbols: dict[str, sp.Expr]) -> sp.Expr:
    if node.id not in symbols:
        raise FormulaError(Reason.UNKNOWN_NAME, node.id)
    return symbols[node.id]


def _build_sign(node: ast.UnaryOp, symbols: dict[str, sp.Expr]) -> sp.Expr:
    if isinstance(node.op, ast.USub):
        return -_build(node.operand, symbols)
    if isinstance(node.op, ast.UAdd):
        return _build(node.operand, symbols)
    raise FormulaError(Reason.NOT_A_FORMULA, ast.unparse(node))


def _build_operation(node: ast.BinOp, symbols: dict[str, sp.Expr]) -> sp.Expr:
    left, right = _build(node.left, symbols), _build(node.right, symbols)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if right.is_zero:
                raise FormulaError(Reason.DIVISION_BY_ZERO, ast.unparse(node))
            return left / right
        case ast.Pow():
            _check_growth(right, MAX_EXPONENT, node)
            return left**right
    raise FormulaError(Reason.NOT_A_FORMULA, ast.unparse(node))


def _build_call(node: ast.Call, symbols: dict[str, sp.Expr]) -> sp.Expr:
    if not isinstance(node.func, ast.Name):
        raise FormulaError(Reason.NOT_A_FORMULA, ast.unparse(node))
    function = FUNCTIONS.get(node.func.id)
    if function is None:
        raise FormulaError(Reason.UNKNOWN_FUNCTION, node.func.id)
    if len(node.args) != 1 or node.keywords:
        raise FormulaError(Reason.WRONG_ARGUMENTS, ast.unparse(node))
    argument = _build(node.args[0], symbols)
    if function in _GROWING:
        _check_growth(argument, MAX_GROWTH, node)
    return function(argument)


def _check_growth(argument: sp.Expr, limit: float, node: ast.expr) -> None:
    """Refuse a constant exponent that would make a huge number, before it is made."""
    if not argument.free_symbols and abs(float(argument)) > limit:
        raise FormulaError(Reason.TOO_LARGE, ast.unparse(node))


def _check_numbers(expression: sp.Expr, node: ast.expr) -> None:
    """Refuse infinite, imaginary and huge numbers, among them those that only SymPy's simplification brings out."""
    if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
        raise FormulaError(Reason.UNDEFINED, ast.unparse(node))
    if any(_size(number) > MAX_NUMBER for number in expression.atoms(sp.Number)):
        raise FormulaError(Reason.TOO_LARGE, ast.unparse(node))
    if not expression.free_symbols:
        _check_constant(expression, node)


def _check_constant(expression: sp.Expr, node: ast.expr) -> None:
    try:
        value = float(expression)
    except (TypeError, OverflowError):
        raise FormulaError(Reason.UNDEFINED, ast.unparse(node)) from None
    if abs(value) > MAX_NUMBER:
        raise FormulaError(Reason.TOO_LARGE, ast.unparse(node))


def _size(number: sp.Number) -> float:
    return max(abs(number.p), number.q) if number.is_Rational else abs(number)


_BUILDERS: dict[type[ast.expr], Callable[[Any, dict[str, sp.Expr]], sp.Expr]] = {
    ast.Constant: _build_number,
    ast.Name: _build_name,
    ast.UnaryOp: _build_sign,
    ast.BinOp: _build_operation,
    ast.Call: _build_call,
}

FUNCTIONS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "exp": sp.exp,
    "log": sp.log,
    "sqrt": sp.sqrt,
    "abs": Modulus,
    "tanh": sp.tanh,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "atan": sp.atan,
}

_CONSTANTS = {"pi": math.pi, "e": math.e}

SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}

_GROWING = (sp.exp, sp.sinh, sp.cosh)
