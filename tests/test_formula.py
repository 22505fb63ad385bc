"""A visitor's formula: what is understood, what is refused and with which reason, and that no text hangs or escapes."""

import math
import time

import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optviz.formula import FUNCTIONS, MAX_LENGTH, FormulaError, Modulus, Reason, Signum, parse

X1, X2 = sp.symbols("x1 x2")
SECONDS = 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x1^2 + x2^2", X1**2 + X2**2),
        ("x1**2 + x2**2", X1**2 + X2**2),
        ("-x1^2", -(X1**2)),
        ("2^-1 * x1", X1 / 2),
        ("x1^x2^2", X1 ** (X2**2)),
        ("x1 - x2 - 1", X1 - X2 - 1),
        ("x1 / x2 / 2", X1 / X2 / 2),
        ("1 - (x1 - +x2)", 1 - X1 + X2),
        ("pi * x1 + e", sp.pi * X1 + sp.E),
        ("1e2*x1 + .5 + 2.", 100 * X1 + sp.Float(0.5) + 2),
        ("abs(x1) + sqrt(x2)", Modulus(X1) + sp.sqrt(X2)),
        ("  x1\n\t+ x2  ", X1 + X2),
        ("x₁² − 2×x₂³ ÷ π", X1**2 - 2 * X2**3 / sp.pi),
        ("（x1＋1）＊x2", (X1 + 1) * X2),
        ("abs(1 - 3)*x1", 2 * X1),
        ("5", sp.Integer(5)),
    ],
)
def test_a_formula_is_understood(text: str, expected: sp.Expr) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_computes_what_its_name_says(name: str) -> None:
    function = {"atan": math.atan, "abs": abs}.get(name) or getattr(math, name)
    for u in (0.3, 1.7):
        value = sp.lambdify((X1, X2), parse(f"{name}(x1)"), modules=[{"Modulus": abs}, "math"])(u, 0.0)
        assert value == pytest.approx(function(u), rel=1e-14)


def test_other_names_can_be_given() -> None:
    assert parse("w^2", names=("w",)) == sp.Symbol("w") ** 2
    with pytest.raises(FormulaError):
        parse("x1", names=("w",))


@pytest.mark.parametrize(
    ("text", "reason", "piece"),
    [
        ("", Reason.EMPTY, ""),
        ("  ", Reason.EMPTY, "  "),
        ("x1 + " * 101 + "x2", Reason.TOO_LONG, "x1 + x1"),
        ("(" * 10000 + "1" + ")" * 10000, Reason.TOO_LONG, "((("),
        ("(" * 240 + "x1" + ")" * 240, Reason.NOT_A_FORMULA, "((("),
        ("+".join(["x1"] * 100), Reason.TOO_MANY, "x1 + x1"),
        ("sin(" * 40 + "x1" + ")" * 40, Reason.TOO_DEEP, "sin(sin("),
        ("-" * 60 + "x1", Reason.TOO_DEEP, "---"),
        ("9**9**9**9", Reason.TOO_LARGE, "9 ** 9 ** 9"),
        ("x1**1000", Reason.TOO_LARGE, "x1 ** 1000"),
        ("exp(exp(exp(exp(9))))", Reason.TOO_LARGE, "exp(exp(9))"),
        ("sinh(400)", Reason.TOO_LARGE, "sinh(400)"),
        ("(x1-x1+9)**(x1-x1+9)**(x1-x1+9)**9", Reason.TOO_LARGE, "(x1 - x1 + 9) **"),
        ("((10^12*x1)^64)^64", Reason.TOO_LARGE, "(10 ** 12 * x1) ** 64"),
        ("10^8*x1*(10^8*x2)", Reason.TOO_LARGE, "10 ** 8 * x1"),
        ("9" * 400, Reason.TOO_LARGE, "999"),
        ("1e999", Reason.TOO_LARGE, "1e309"),
        ("y + 1", Reason.UNKNOWN_NAME, "y"),
        ("sin", Reason.UNKNOWN_NAME, "sin"),
        ("True", Reason.UNKNOWN_NAME, "True"),
        ("__builtins__", Reason.UNKNOWN_NAME, "__builtins__"),
        ("eval(x1)", Reason.UNKNOWN_FUNCTION, "eval"),
        ("x1(2)", Reason.UNKNOWN_FUNCTION, "x1"),
        ("sin(x1, x2)", Reason.WRONG_ARGUMENTS, "sin(x1, x2)"),
        ("sin()", Reason.WRONG_ARGUMENTS, "sin()"),
        ("x1 / 0", Reason.DIVISION_BY_ZERO, "x1 / 0"),
        ("x1 / 0.0", Reason.DIVISION_BY_ZERO, "x1 / 0.0"),
        ("x1 / (x2 - x2)", Reason.DIVISION_BY_ZERO, "x1 / (x2 - x2)"),
        ("x1 / sin(pi)", Reason.DIVISION_BY_ZERO, "x1 / sin(pi)"),
        ("0 ** -1", Reason.UNDEFINED, "0 ** (-1)"),
        ("log(0)", Reason.UNDEFINED, "log(0)"),
        ("sqrt(-1)", Reason.UNDEFINED, "sqrt(-1)"),
        ("(-8)**(1/3)", Reason.UNDEFINED, "(-8) **"),
        ("tan(pi / 2)", Reason.UNDEFINED, "tan(pi / 2)"),
        ("__import__('os')", Reason.NOT_A_FORMULA, "'os')"),
        ("__import__(x1)", Reason.UNKNOWN_FUNCTION, "__import__"),
        ("x1.real", Reason.NOT_A_FORMULA, ".real"),
        ("(x1).real", Reason.NOT_A_FORMULA, ".real"),
        ("x1\0", Reason.NOT_A_FORMULA, "\0"),
        ("ｘ1", Reason.NOT_A_FORMULA, "ｘ1"),
        ("x1 + 学习率", Reason.NOT_A_FORMULA, "学习率"),
        ("2x1", Reason.NOT_A_FORMULA, "2x1"),
        ("2(x1)", Reason.NOT_A_FORMULA, "2(x1)"),
        ("1j", Reason.NOT_A_FORMULA, "1j"),
        ("0x10", Reason.NOT_A_FORMULA, "0x10"),
        ("x1 +", Reason.NOT_A_FORMULA, "x1 +"),
        ("x1, x2", Reason.NOT_A_FORMULA, "(x1, x2)"),
        ("x1 // 2", Reason.NOT_A_FORMULA, "x1 // 2"),
        ("x1 % 2", Reason.NOT_A_FORMULA, "% 2"),
        ("not x1", Reason.NOT_A_FORMULA, "not x1"),
        ("x1 if x2 else 3", Reason.NOT_A_FORMULA, "x1 if x2 else 3"),
        ("1if x1else 2", Reason.NOT_A_FORMULA, "1if"),
        ("sin(*x1)", Reason.NOT_A_FORMULA, "*x1"),
        ("lambda: 1", Reason.NOT_A_FORMULA, ": 1"),
        ("x1 := 2", Reason.NOT_A_FORMULA, ":= 2"),
    ],
)
def test_a_bad_text_is_refused_with_its_reason(text: str, reason: Reason, piece: str) -> None:
    started = time.perf_counter()
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert time.perf_counter() - started < SECONDS
    assert refused.value.reason == reason
    assert refused.value.piece.startswith(piece)
    assert len(refused.value.piece) <= 40


def test_a_long_sum_and_a_long_product_are_not_deep() -> None:
    assert parse("+".join(["x1"] * 50)) == 50 * X1
    assert parse("x1" + "/2" * 40) == X1 / 2**40


def test_the_modulus_has_a_flat_kink() -> None:
    assert Modulus(X1**2 - X2).diff(X1) == 2 * X1 * Signum(X1**2 - X2)
    assert Modulus(X1).diff(X1, 2) == 0
    assert Modulus(sp.Integer(-3)) == 3
    assert sp.latex(Modulus(X1) ** 2) == r"\left|{x_{1}}\right|^{2}"
    assert sp.latex(Signum(X1)) == r"\operatorname{sgn}\left(x_{1}\right)"
    assert sp.latex(Signum(X1) ** 2) == r"\operatorname{sgn}^{2}\left(x_{1}\right)"


def parse_or_refuse(text: str) -> None:
    try:
        expression = parse(text)
    except FormulaError as refused:
        assert isinstance(refused.reason, Reason)
    else:
        assert expression.free_symbols <= {X1, X2}


ALPHABET = st.sampled_from(
    ["x1", "x2", "0", "1", "9", "64", "1e9", "0.1", ".", "e", "pi", "+", "-", "*", "/", "**", "^", "(", ")", "(", ")"]
    + [f"{name}(" for name in FUNCTIONS]
    + [" ", ",", "_", "if ", " else ", "lambda ", "[", "]", "{", "'", "\\", "\0", "é", "ｘ", "²", "="]
    + list(":@%#")
)


@settings(max_examples=300, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=MAX_LENGTH + 10))
def test_no_text_raises_anything_else(text: str) -> None:
    parse_or_refuse(text)


@settings(max_examples=300, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_no_text_of_formula_pieces_raises_anything_else(text: str) -> None:
    parse_or_refuse(text)


def combine(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    calls = st.tuples(st.sampled_from(list(FUNCTIONS)), parts).map(lambda call: f"{call[0]}({call[1]})")
    operations = st.tuples(parts, st.sampled_from(list("+-*/^")), parts).map(lambda t: f"({t[0]}){t[1]}({t[2]})")
    return calls | operations | parts.map("-({})".format)


@settings(max_examples=300, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(st.sampled_from(["x1", "x2", "0", "2", "7", "0.3", "1e6", "pi", "e", "(x1-x1)"]), combine))
def test_no_well_formed_formula_raises_anything_else(text: str) -> None:
    parse_or_refuse(text)
