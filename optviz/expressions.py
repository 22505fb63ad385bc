"""What every loss that is one SymPy expression needs: fast NumPy functions, finite slopes at kinks, and a program."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.printing.pycode import MpmathPrinter, PythonCodePrinter
from sympy.printing.str import StrPrinter

from optviz.arrays import Array
from optviz.formula import Larger, Modulus, Signum, Smaller

Compiled = Callable[..., tuple[Array, ...]]

_square, _product = sp.Function("Square"), sp.Function("Product")
_NUMPY_NAMES = [
    {"Modulus": np.abs, "Signum": np.sign, "Larger": np.maximum, "Smaller": np.minimum}
    | {"Square": np.square, "Product": np.multiply},
    "numpy",
]
# A context of its own: the digits of mpmath's usual one are everybody's.
DIGITS = mpmath.MPContext()
DIGITS.dps = 450
LARGEST = 200
"""The largest power of two of which many digits give the exponential or the sine in no time."""
UNDERFLOW = 1e-150
"""The square of what is smaller than this is 0."""


def compiled(variables: Sequence[sp.Symbol], expressions: list[sp.Expr], first: int = 0) -> Compiled:
    """Return one function of the variables for all expressions; what they have in common is computed once.

    It returns those from the `first` on, with the numbers that they have beside the others.
    """
    rewritten: dict[sp.Expr, sp.Expr] = {}
    multiplied = [_multiply_out(expression, rewritten) for expression in expressions]
    function: Compiled = sp.lambdify(
        tuple(variables), multiplied, modules=_NUMPY_NAMES, cse=partial(_share, first=first)
    )
    with np.errstate(all="ignore"):
        tried = function(*(np.full(1, 0.5 + 0.2 * i) for i in range(len(variables))))
    if any(np.iscomplexobj(result) for result in tried):
        return lambda *values: tuple(map(_real, function(*values)))
    return function


def precise(variables: Sequence[sp.Symbol], expression: sp.Expr) -> Callable[..., Any]:
    """Return the function of numbers of `DIGITS`, which are 450 digits long and of any size, that an expression is."""
    names = {name: getattr(DIGITS, name) for name in dir(DIGITS) if not name.startswith("_")}
    names |= {name: _bounded(names[name]) for name in ("exp", "sin", "cos", "tan", "sinh", "cosh")}
    ours = {"Modulus": abs, "Signum": DIGITS.sign, "Larger": max, "Smaller": min}
    printer = MpmathPrinter({"fully_qualified_modules": False, "allow_unknown_functions": True})
    return sp.lambdify(tuple(variables), expression, modules=[ours, names], printer=printer)


def program_on_floats(variables: Sequence[sp.Symbol], expressions: list[sp.Expr]) -> str:
    """Write the same function as `slope` of plain floats, with the same operations; it raises where `math` does."""
    rewritten: dict[sp.Expr, sp.Expr] = {}
    printer = _Floats({"fully_qualified_modules": False, "allow_unknown_functions": True})
    parts, results = _share([_multiply_out(expression, rewritten) for expression in expressions])
    for name, part in parts:
        printer.lines.append(f"{name} = {printer.doprint(part)}")
    returned = ", ".join(map(printer.doprint, results))
    head = f"def slope({', '.join(map(str, variables))}):"
    return "\n    ".join([head, *printer.lines, f"return {returned}"])


_ON_FLOATS = {Modulus: "abs", Signum: "sign", Larger: "max", Smaller: "min"}
"""What ours are in `optviz.compiled.MATHEMATICS`."""


class _Floats(PythonCodePrinter):  # type: ignore[misc]
    """Writes squares and products out, and powers so that a root of a negative number is an error."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self.lines: list[str] = []
        """Lines that stand before what is printed."""

    def _print_Function(self, expr: Any) -> str:
        if isinstance(expr, _product):
            return "(({})*({}))".format(*map(self._print, expr.args))
        if isinstance(expr, _square):
            return self._squared(self._print(expr.args[0]))
        return str(super()._print_Function(expr))

    def _print_ours(self, expr: Any) -> str:
        return f"{_ON_FLOATS[type(expr)]}({', '.join(map(self._print, expr.args))})"

    _print_Modulus = _print_Signum = _print_Larger = _print_Smaller = _print_ours

    def _squared(self, text: str) -> str:
        if text.isidentifier():
            return f"({text}*{text})"
        name = f"_{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return f"({name}*{name})"

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        if expr.exp == sp.S.Half:
            return f"sqrt({self._print(expr.base)})"
        if expr.exp == -1:
            return f"(1.0/({self._print(expr.base)}))"
        return f"power({self._print(expr.base)}, {self._print(expr.exp)})"


def _bounded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that refuses numbers so large that it would need all of their digits."""

    def bounded(x: Any) -> Any:
        if DIGITS.mag(x) <= LARGEST:
            return function(x)
        if function == DIGITS.exp and x < 0:
            return DIGITS.zero
        raise OverflowError

    return bounded


def _share(expressions: list[sp.Expr], first: int = 0) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Name what expressions have in common, also where it is hidden behind a common factor."""
    parts, reduced = sp.cse(expressions, optimizations="basic", list=False)
    needed = set().union(*(each.free_symbols for each in reduced[first:]))
    kept: list[tuple[sp.Symbol, sp.Expr]] = []
    for name, part in reversed(parts):
        if name in needed:
            needed |= part.free_symbols
            kept.insert(0, (name, part))
    return kept, reduced[first:]


def _real(values: Array | NDArray[np.complex128]) -> Array:
    """Return nan for what is not real: a negative constant to a variable power has a complex derivative."""
    return np.where(np.imag(values) == 0, np.real(values), np.nan)


def _multiply_out(expression: sp.Expr, rewritten: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    """Replace whole powers by products; `rewritten` remembers parts, for derivatives share most of theirs."""
    if expression.is_Atom:
        return expression
    if expression not in rewritten:
        parts = [_multiply_out(part, rewritten) for part in expression.args]
        is_whole_power = expression.is_Pow and parts[1].is_Integer and parts[1] > 1
        rewritten[expression] = _by_squaring(parts[0], int(parts[1])) if is_whole_power else expression.func(*parts)
    return rewritten[expression]


def _by_squaring(base: sp.Expr, exponent: int) -> sp.Expr:
    """Return a whole power as squares and products, because NumPy's general power is ten times slower."""
    if exponent == 1:
        return base
    squared = _square(_by_squaring(base, exponent // 2))
    return _product(base, squared) if exponent % 2 else squared


def has_poles(expressions: Sequence[sp.Expr]) -> bool:
    """Whether an expression divides by something that can vanish, as the derivative of a square root does."""
    return any(
        power.base.free_symbols and not power.exp.is_nonnegative
        for expression in expressions
        for power in expression.atoms(sp.Pow)
    )


def denominators(expression: sp.Expr) -> list[sp.Expr]:
    """Return what vanishes at every pole of an expression, which may have none where they do."""
    found = [power.base for power in expression.atoms(sp.Pow) if not power.exp.is_nonnegative]
    found += [each.args[0] for each in expression.atoms(sp.log)]
    found += [sp.cos(each.args[0]) for each in expression.atoms(sp.tan)]
    return [each for each in found if each.free_symbols]


def is_smooth(expression: sp.Expr) -> bool:
    """Whether an expression is analytic between its poles: flat nowhere, unless it is so all the way to them."""
    kinks = expression.has(Modulus, Signum, Larger, Smaller, sp.asin, sp.acos, sp.acosh)
    return not kinks and all(power.exp.is_Integer for power in expression.atoms(sp.Pow) if power.free_symbols)


def fill_gaps(derivative: Array, w: Array, loss: Array, again: Callable[[Array], Array]) -> None:
    """Give a value, in place, to what came out as 0/0, or as x/0 because squares underflow, where the loss is finite.

    Where the derivative has a limit, as that of cos(sqrt(x^2 + y^2)) at 0, it is the limit; at a kink it is 0. `again`
    returns the derivative at other points `(..., n)`.
    """
    if np.isfinite(derivative).all():
        return
    size = np.abs(w).max(axis=-1)
    underflows = (size > 0) & (size < UNDERFLOW)
    tail = (None,) * (derivative.ndim - loss.ndim)
    undefined = (np.isnan(derivative) | (np.isinf(derivative) & underflows[(..., *tail)])) & np.isfinite(loss)[
        (..., *tail)
    ]
    places = undefined.reshape(*loss.shape, -1).any(-1)
    if not places.any():
        return
    around, kept = _around(w.shape[-1]), undefined[places]
    rings = w[places][:, None] + NEAR * (1.0 + np.asarray(size)[places])[:, None, None] * around
    near = again(rings.reshape(-1, w.shape[-1])).reshape(len(kept), len(around), -1)
    derivative[places] = np.where(kept, _limits(near).reshape(kept.shape), derivative[places])


NEAR = 1e-6
"""How near to a point its limit is looked for."""


def _around(n: int) -> Array:
    """Return directions, each with its opposite, that no axis or diagonal is among, `(k, n)`."""
    if n == 1:
        return np.array([[1.0], [-1.0]])
    angles = 0.3 + np.pi * np.arange(8) / 4.0
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _limits(near: Array) -> Array:
    """Return the means of what is found around points, `(k, around, entries)`, 0 where it is not alike on all sides."""
    near = np.where(np.isfinite(near).all((1, 2), keepdims=True), near, 0.0)
    size, mean = np.abs(near).max((1, 2))[:, None], near.mean(1)
    is_limit = (np.ptp(near, axis=1) <= SAME * np.maximum(1.0, size)) & (np.abs(mean) > ROUNDING * size)
    return np.where(is_limit, mean, 0.0)


SAME, ROUNDING = 0.01, 1e-9


def lacks_value(function: Compiled, *values: Array) -> bool:
    """Whether a function has no value at some point, rather than one beyond the largest number.

    What NumPy meets first decides: the root of a negative number or a division by zero, or an overflow.
    """
    met: list[str] = []
    with (
        np.errstate(all="ignore"),
        np.errstate(over="call", invalid="call", divide="call", call=lambda kind, _flag: met.append(kind)),
    ):
        results = [np.asarray(result) for result in function(*values)]
    if all(np.isfinite(result).all() for result in results):
        return False
    return met[0] != "overflow" if met else any(np.isnan(result).any() for result in results)


def tensorflow_program(expression: sp.Expr) -> str:
    """Write an expression as a line of Python with TensorFlow's functions: `(w + 1)**2`, `tf.sin(3*w)`."""
    # At a tie TensorFlow gives the whole slope to one of the two, here each has half of it.
    for choice in (Larger, Smaller):
        expression = expression.replace(choice, lambda u, v, side=choice.side: (u + v + side * Modulus(u - v)) / 2)
    return str(_Python(lambda name: f"tf.{_TENSORFLOW_NAMES.get(name, f'math.{name}')}").doprint(expression))


def numpy_program(expression: sp.Expr) -> str:
    """Write an expression as a line of Python with NumPy's functions: `np.arctan(3*x1)`."""
    return str(_Python(lambda name: f"np.{_NUMPY_FUNCTIONS.get(name, name)}").doprint(expression))


class _Python(StrPrinter):  # type: ignore[misc]
    def __init__(self, written: Callable[[str], str]) -> None:
        super().__init__()
        self._written = written

    def _print_Function(self, expr: Any) -> str:
        # TensorFlow takes no whole number here.
        if not expr.free_symbols:
            return repr(float(expr))
        return f"{self._written(expr.func.__name__)}({', '.join(map(self._print, expr.args))})"

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        # Without this a square root would be written `sqrt(...)`.
        return str(super()._print_Pow(expr, rational=True))

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    _print_Pi = _print_Exp1 = _print_Float


_TENSORFLOW_NAMES = {"Modulus": "abs", "Signum": "sign"}
_NUMPY_FUNCTIONS = (
    _TENSORFLOW_NAMES
    | {"Larger": "maximum", "Smaller": "minimum"}
    | {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
)
