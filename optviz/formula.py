"""Turn a visitor's formula into a SymPy expression without ever evaluating the text.

The text is read into a tree (`optviz.grammar`), and rebuilt part by part from a short list of operations and functions.
Every size is capped before anything is built, so that no text can hang or fill the memory.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from optviz.grammar import COMPOSED, Part, read
from optviz.notation import MAX_LENGTH, FormulaError, Reason

__all__ = ["FUNCTIONS", "MAX_LENGTH", "FormulaError", "Modulus", "Operation", "Reason", "Signum", "Tree", "known"]

MAX_EXPONENT = 64
MAX_GROWTH = 300
MAX_NUMBER = 10**15


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

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        """Return the number at once if the argument is one."""
        return None if u.free_symbols else sp.sign(u)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative with respect to the argument."""
        return sp.S.Zero

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = r"\operatorname{sgn}" if exp is None else rf"\operatorname{{sgn}}^{{{exp}}}"
        return rf"{name}\left({printer._print(self.args[0])}\right)"


class _Choice(sp.Function):  # type: ignore[misc]
    """One of two real numbers; where they are equal, half of the slope comes from each."""

    nargs = 2
    side = 1
    choose: Callable[..., sp.Expr] = sp.Max
    name_in_tex = r"\max"

    @classmethod
    def eval(cls, u: sp.Expr, v: sp.Expr) -> sp.Expr | None:
        """Return the number at once if both arguments are numbers."""
        return None if u.free_symbols or v.free_symbols else cls.choose(u, v)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative with respect to an argument."""
        u, v = self.args if argindex == 1 else reversed(self.args)
        return (1 + self.side * Signum(u - v)) / 2

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        inside = rf"{self.name_in_tex}\left({', '.join(map(printer._print, self.args))}\right)"
        return inside if exp is None else rf"{inside}^{{{exp}}}"


class Larger(_Choice):
    """The larger of two real numbers."""


class Smaller(_Choice):
    """The smaller of two real numbers."""

    side = -1
    choose = sp.Min
    name_in_tex = r"\min"


class Operation(NamedTuple):
    """An operation of a formula as it was typed: `+ - * / **`, "negate", "max", "min", or a name of `FUNCTIONS`."""

    name: str
    operands: tuple["Tree", ...]


Tree: TypeAlias = "float | str | Operation"
"""A formula as it was typed, unsimplified: a number, a name, or an operation on such trees."""


def parse(text: str, names: Sequence[str] = ("x1", "x2")) -> sp.Expr:
    """Return the SymPy expression of a formula in the given names.

    Known are numbers, `pi`, `e`, `+ - * / **` (`^` is a power too), the functions of `known`, brackets, bars, and what
    `optviz.notation` reads as these. A power may have a constant exponent of at most `MAX_EXPONENT`, and no number may
    exceed `MAX_NUMBER`. Raises `FormulaError` for any other text, and nothing else.
    """
    symbols = {"pi": sp.pi, "e": sp.E} | {name: sp.Symbol(name) for name in names}
    try:
        return _Builder(text, symbols).build(read(text, names, FUNCTIONS))
    except FormulaError as error:
        error.text = text
        raise


def operations(text: str, names: Sequence[str]) -> Tree:
    """Return what a formula computes, operation by operation, in the order and with the parentheses that were typed.

    It knows the same formulas as `parse`, and raises the same `FormulaError` for any other text.
    """
    parse(text, names)
    return _tree(read(text, names, FUNCTIONS))


def known() -> tuple[str, ...]:
    """Return the names of all functions that formulas may use."""
    return tuple(dict.fromkeys((*FUNCTIONS, *COMPOSED)))


def _tree(part: Part) -> Tree:
    if part.operands:
        return Operation(str(part.content), tuple(map(_tree, part.operands)))
    return _CONSTANTS.get(part.content, part.content) if isinstance(part.content, str) else part.content


class _Builder:
    """Builds the expression of a part: its operands are built and checked first, then the part itself is checked."""

    def __init__(self, text: str, symbols: dict[str, sp.Expr]) -> None:
        self.text, self.symbols = text, symbols

    def build(self, part: Part) -> sp.Expr:
        if not part.operands:
            return self.leaf(part)
        operands = [self.build(operand) for operand in part.operands]
        self.check_growth(part, operands)
        expression = _BUILDERS[str(part.content)](*operands)
        self.check_numbers(part, expression)
        return expression

    def refuse(self, reason: Reason, part: Part) -> FormulaError:
        return FormulaError(reason, self.text[part.span.start : part.span.end], part.span.start)

    def leaf(self, part: Part) -> sp.Expr:
        value = part.content
        if isinstance(value, str):
            return self.symbols[value]
        if value > MAX_NUMBER:
            raise self.refuse(Reason.TOO_LARGE, part)
        return sp.Integer(int(value)) if value == int(value) else sp.Float(value)

    def check_growth(self, part: Part, operands: list[sp.Expr]) -> None:
        """Refuse a division by zero, and a constant exponent that would make a huge number, before it is made."""
        limit = _GROWTH.get(str(part.content))
        last = operands[-1]
        if part.content == "/" and last.is_zero:
            raise self.refuse(Reason.DIVISION_BY_ZERO, part)
        if limit is not None and not last.free_symbols and abs(float(last)) > limit:
            raise self.refuse(Reason.TOO_LARGE, part)

    def check_numbers(self, part: Part, expression: sp.Expr) -> None:
        """Refuse infinite, imaginary and huge numbers, among them those that only SymPy's simplification brings out."""
        if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise self.refuse(Reason.UNDEFINED, part)
        if any(_size(number) > MAX_NUMBER for number in expression.atoms(sp.Number)):
            raise self.refuse(Reason.TOO_LARGE, part)
        if not expression.free_symbols:
            self.check_constant(part, expression)

    def check_constant(self, part: Part, expression: sp.Expr) -> None:
        try:
            value = float(expression)
        except (TypeError, OverflowError):
            raise self.refuse(Reason.UNDEFINED, part) from None
        if abs(value) > MAX_NUMBER:
            raise self.refuse(Reason.TOO_LARGE, part)


def _size(number: sp.Number) -> float:
    return max(abs(number.p), number.q) if number.is_Rational else abs(number)


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
    "asin": sp.asin,
    "acos": sp.acos,
    "atan": sp.atan,
    "asinh": sp.asinh,
    "acosh": sp.acosh,
    "atanh": sp.atanh,
    "sign": Signum,
}
"""The functions of one argument."""

_BUILDERS: dict[str, Callable[..., sp.Expr]] = {
    "+": lambda u, v: u + v,
    "-": lambda u, v: u - v,
    "*": lambda u, v: u * v,
    "/": lambda u, v: u / v,
    "**": lambda u, v: u**v,
    "negate": lambda u: -u,
    "max": Larger,
    "min": Smaller,
    **FUNCTIONS,
}

_CONSTANTS = {"pi": math.pi, "e": math.e}

_GROWTH = {"**": MAX_EXPONENT, "exp": MAX_GROWTH, "sinh": MAX_GROWTH, "cosh": MAX_GROWTH}
"""The largest constant that an operation may have as its last operand."""
