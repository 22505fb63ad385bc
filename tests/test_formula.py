"""A visitor's formula: what is understood, what is refused and with which reason, and that no text hangs or escapes."""

import math
import time

import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optviz.formula import FUNCTIONS, MAX_LENGTH, FormulaError, Modulus, Reason, Signum, parse
from optviz.grammar import COMPOSED

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


MATH = [{"Modulus": abs, "Signum": lambda u: (u > 0) - (u < 0), "Larger": max, "Smaller": min}, "math"]
DOMAINS = {"asin": (-0.3, 0.7), "acos": (-0.3, 0.7), "atanh": (-0.3, 0.7), "acosh": (1.3, 2.7)}
OWN = {"abs": abs, "sign": lambda u: (u > 0) - (u < 0)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_computes_what_its_name_says(name: str) -> None:
    function = OWN.get(name) or getattr(math, name)
    for u in DOMAINS.get(name, (0.3, 1.7)):
        value = sp.lambdify((X1, X2), parse(f"{name}(x1)"), modules=MATH)(u, 0.0)
        assert value == pytest.approx(function(u), rel=1e-14)


COMPUTED = {
    "log10": math.log10, "log2": math.log2, "log1p": math.log1p, "expm1": math.expm1, "exp2": lambda u: 2**u,
    "square": lambda u: u * u, "cbrt": lambda u: math.copysign(abs(u) ** (1 / 3), u), "cot": lambda u: 1 / math.tan(u),
    "sec": lambda u: 1 / math.cos(u), "csc": lambda u: 1 / math.sin(u), "sigmoid": lambda u: 1 / (1 + math.exp(-u)),
    "relu": lambda u: max(u, 0), "softplus": lambda u: math.log(1 + math.exp(u)), "log": math.log,
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, call in COMPOSED.items() if call.fewest == 1])
def test_every_composed_function_computes_what_its_name_says(name: str) -> None:
    for u in (-0.3, 0.3, 1.7) if not name.startswith("log") else (0.3, 1.7):
        value = sp.lambdify((X1, X2), parse(f"{name}(x1)"), modules=MATH)(u, 0.0)
        assert value == pytest.approx(COMPUTED[name](u), rel=1e-14)


def test_functions_of_two() -> None:
    for text, function in {
        "max(x1, x2)": max, "min(x1, x2)": min, "pow(x1, x2)": pow, "hypot(x1, x2)": math.hypot,
        "log(x1, x2)": math.log,
    }.items():  # fmt: skip
        assert sp.lambdify((X1, X2), parse(text), modules=MATH)(0.7, 1.9) == pytest.approx(
            function(0.7, 1.9), rel=1e-14
        )


def test_the_larger_and_the_smaller_share_their_slope_where_they_are_equal() -> None:
    for name, slopes in {"max": (0, 0.5, 1), "min": (1, 0.5, 0)}.items():
        slope = sp.lambdify((X1, X2), parse(f"{name}(x1, x2)").diff(X1), modules=MATH)
        assert [slope(x, 0.5) for x in (-1.0, 0.5, 2.0)] == list(slopes)
    assert sp.latex(parse("max(x1, x2)^2")) == r"\max\left(x_{1}, x_{2}\right)^{2}"
    assert parse("max(2, 3)*x1 + min(2, 3) + sign(-4)") == 3 * X1 + 1


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
        ("(" * 240 + "x1" + ")" * 240, Reason.TOO_DEEP, ""),
        ("+".join(["x1"] * 100), Reason.TOO_MANY, ""),
        ("sin(" * 40 + "x1" + ")" * 40, Reason.TOO_DEEP, ""),
        ("-" * 60 + "x1", Reason.TOO_DEEP, ""),
        ("9**9**9**9", Reason.TOO_LARGE, "9**9**9"),
        ("x1**1000", Reason.TOO_LARGE, "x1**1000"),
        ("exp(exp(exp(exp(9))))", Reason.TOO_LARGE, "exp(exp(9))"),
        ("sinh(400)", Reason.TOO_LARGE, "sinh(400)"),
        ("(x1-x1+9)**(x1-x1+9)**(x1-x1+9)**9", Reason.TOO_LARGE, "(x1-x1+9)**"),
        ("((10^12*x1)^64)^64", Reason.TOO_LARGE, "((10^12*x1)^64)"),
        ("10^8*x1*(10^8*x2)", Reason.TOO_LARGE, "10^8*x1"),
        ("9" * 400, Reason.TOO_LARGE, "999"),
        ("1e999", Reason.TOO_LARGE, "1e999"),
        ("q + 1", Reason.UNKNOWN_NAME, "q"),
        ("sin", Reason.WRONG_ARGUMENTS, "sin"),
        ("True", Reason.UNKNOWN_NAME, "True"),
        ("__builtins__", Reason.UNKNOWN_NAME, "__builtins__"),
        ("eval(x1)", Reason.UNKNOWN_FUNCTION, "eval"),
        ("x1 2", Reason.UNCLEAR, "x1 2"),
        ("sin(x1, x2)", Reason.WRONG_ARGUMENTS, "sin(x1, x2)"),
        ("sin()", Reason.WRONG_ARGUMENTS, "sin()"),
        ("x1 / 0", Reason.DIVISION_BY_ZERO, "x1 / 0"),
        ("x1 / 0.0", Reason.DIVISION_BY_ZERO, "x1 / 0.0"),
        ("x1 / (x2 - x2)", Reason.DIVISION_BY_ZERO, "x1 / (x2 - x2)"),
        ("x1 / sin(pi)", Reason.DIVISION_BY_ZERO, "x1 / sin(pi)"),
        ("0 ** -1", Reason.UNDEFINED, "0 ** -1"),
        ("log(0)", Reason.UNDEFINED, "log(0)"),
        ("sqrt(-1)", Reason.UNDEFINED, "sqrt(-1)"),
        ("(-8)**(1/3)", Reason.UNDEFINED, "(-8)**"),
        ("tan(pi / 2)", Reason.UNDEFINED, "tan(pi / 2)"),
        ("__import__('os')", Reason.NOT_A_FORMULA, "'"),
        ("__import__(x1)", Reason.UNKNOWN_FUNCTION, "__import__"),
        ("x1.real", Reason.NOT_A_FORMULA, "."),
        ("(x1).real", Reason.NOT_A_FORMULA, "."),
        ("x1\0", Reason.NOT_A_FORMULA, "\0"),
        ("x1 + 学习率", Reason.UNKNOWN_NAME, "学习率"),
        ("1j", Reason.UNKNOWN_NAME, "j"),
        ("0x10", Reason.UNKNOWN_NAME, "x10"),
        ("x1 +", Reason.MISSING, "+"),
        ("x1, x2", Reason.NOT_A_FORMULA, ", x2"),
        ("x1 // 2", Reason.STEPS, "//"),
        ("x1 % 2", Reason.STEPS, "%"),
        ("not x1", Reason.UNKNOWN_NAME, "not"),
        ("x1 if x2 else 3", Reason.UNKNOWN_NAME, "if"),
        ("1if x1else 2", Reason.UNKNOWN_NAME, "if"),
        ("sin(*x1)", Reason.MISSING, "*"),
        ("lambda x1", Reason.UNKNOWN_NAME, "lambda"),
        ("x1 := 2", Reason.EQUATION, "="),
    ],
)
def test_a_bad_text_is_refused_with_its_reason(text: str, reason: Reason, piece: str) -> None:
    started = time.process_time()
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert time.process_time() - started < SECONDS
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
