"""What every loss that is one SymPy expression needs: fast NumPy functions, finite slopes at kinks, and a program."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.printing.str import StrPrinter

Array = NDArray[np.float64]
Compiled = Callable[..., tuple[Array, ...]]

_square, _product = sp.Function("Square"), sp.Function("Product")
_NUMPY_NAMES = [
    {"Modulus": np.abs, "Signum": np.sign, "Larger": np.maximum, "Smaller": np.minimum}
    | {"Square": np.square, "Product": np.multiply},
    "numpy",
]
_UNDERFLOW = 1e-150


def compiled(variables: Sequence[sp.Symbol], expressions: list[sp.Expr]) -> Compiled:
    """Return one function of the variables for all expressions; what they have in common is computed once."""
    rewritten: dict[sp.Expr, sp.Expr] = {}
    multiplied = [_multiply_out(expression, rewritten) for expression in expressions]
    function: Compiled = sp.lambdify(tuple(variables), multiplied, modules=_NUMPY_NAMES, cse=_share)
    with np.errstate(all="ignore"):
        tried = function(*(np.full(1, 0.5 + 0.2 * i) for i in range(len(variables))))
    if any(np.iscomplexobj(result) for result in tried):
        return lambda *values: tuple(map(_real, function(*values)))
    return function


def _share(expressions: list[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Name what expressions have in common, also where it is hidden behind a common factor."""
    parts, reduced = sp.cse(expressions, optimizations="basic", list=False)
    return parts, reduced


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


def flatten_kinks(derivative: Array, w: Array, loss: Array) -> None:
    """Set to 0, in place, what came out as 0/0, or as x/0 because squares underflow, where the loss is finite."""
    if np.isfinite(derivative).all():
        return
    size = np.abs(w).max(axis=-1)
    underflows = (size > 0) & (size < _UNDERFLOW)
    undefined = np.isnan(derivative) | (np.isinf(derivative) & underflows[..., None])
    derivative[undefined & np.isfinite(loss)[..., None]] = 0


def tensorflow_program(expression: sp.Expr) -> str:
    """Write an expression as a line of Python with TensorFlow's functions: `(w + 1)**2`, `tf.sin(3*w)`."""
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


_TENSORFLOW_NAMES = {"Modulus": "abs", "Signum": "sign", "Larger": "maximum", "Smaller": "minimum"}
_NUMPY_FUNCTIONS = _TENSORFLOW_NAMES | {
    f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
}
