"""Formulas as people write and paste them: each has the value that Python's own floats give at x1 = 1, x2 = 2."""

import re
import time
from math import acos, acosh, asin, asinh, atan, atanh, cos, e, exp, log, log10, pi, sin, sinh, sqrt, tan, tanh

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optviz.expressions import compiled
from optviz.formula import FUNCTIONS, Operation, _tree, operations, parse
from optviz.grammar import read
from optviz.notation import FormulaError, Reason
from optviz.signs import plain, spell

# fmt: off
SOURCES = [
    ("2x1^2 + 3x2^2", 14.0),
    ("2sin(x1)+3cos(x2)", 2*sin(1)+3*cos(2)),
    ("(1 \u2013 x1)^2 + 100*(x2 \u2013 x1^2)^2", 100.0),
    ("(1 \u2014 x1)^2 + 100*(x2 \u2014 x1^2)^2", 100.0),
    ("(1 \u2011 x1)^2 + x2^2", 4.0),
    ("（１－x１）＾２＋１００＊（x２－x１＾２）＾２", 100.0),
    ("x1^2 + ２*x2^2", 9.0),
    ("x1＾2 + x2＾2", 5.0),
    ("x1^2\u200b + x2^2", 5.0),
    ("x1^2\u2060+x2^2", 5.0),
    ("x1^2\xad+x2^2", 5.0),
    ("𝑥₁² + 𝑥₂²", 5.0),
    ("2∗x1^2 + x2^2", 6.0),
    ("2∙x1^2 + x2^2", 6.0),
    ("√(x1^2 + x2^2)", sqrt(5)),
    ("|x1| + |x2|", 3.0),
    ("x1⁻¹ + x2²", 5.0),
    ("x1¹² + x2²", 5.0),
    ("log10(x1^2+1)+x2^2", log10(2)+4),
    ("arctan(x1)+x2^2", pi/4+4),
    (".5x1^2", 0.5),
    ("sin(2πx1)", 0.0),
]

PASTED = [
    ("2x1", 2),
    ("3(x1+1)", 6),
    ("2sin(x1)", 2*sin(1)),
    ("(x1+1)(x2-1)", 2),
    ("x1x2", 2),
    ("x1 x2", 2),
    ("2πx1", 2*pi),
    ("x1(x2+1)", 3),
    ("sin x1", sin(1)),
    ("sin x2 + 1", sin(2)+1),
    ("sin 2x1", sin(2)),
    ("sin 2πx1", sin(2*pi)),
    ("sin 2 π x2", sin(4*pi)),
    ("sin²(x2)", sin(2)**2),
    ("sin^2(x2)", sin(2)**2),
    ("sin^2 x2", sin(2)**2),
    ("sin²x2 + cos²x2", 1),
    ("sin x1 cos x2", sin(1)*cos(2)),
    ("sin(x1)cos(x2)", sin(1)*cos(2)),
    ("sin x1^2", sin(1)),
    ("sinx1", sin(1)),
    ("expx1", exp(1)),
    ("ln2 x2", log(4)),
    ("ln 2", log(2)),
    ("x1^2x2", 2),
    ("x1²x2", 2),
    ("x2^x1x2", 4),
    ("2e x1", 2*e),
    ("2ex1", 2*e),
    ("e^x1", e),
    ("e^-x1^2", exp(-1)),
    ("e^(-x1²)", exp(-1)),
    ("exp -x1^2", exp(-1)),
    ("1e-3x1", 1e-3),
    ("1e-3 * x2", 2e-3),
    (".5x1^2", .5),
    (".5x2", 1),
    ("5.x2", 10),
    ("ln(x2)", log(2)),
    ("lg(x2)", log10(2)),
    ("log2(x2)", 1),
    ("log_2(x2)", 1),
    ("log₂(x2)", 1),
    ("log₁₀(x2)", log10(2)),
    ("log(x2, 10)", log10(2)),
    ("log(x2; 10)", log10(2)),
    ("log1p(x1)", log(2)),
    ("arctan(x2)", atan(2)),
    ("arcsin(x1/2)", asin(.5)),
    ("arccos(x1/2)", acos(.5)),
    ("asinh(x2)", asinh(2)),
    ("arcsinh(x2)", asinh(2)),
    ("arcosh(x2)", acosh(2)),
    ("artanh(x1/2)", atanh(.5)),
    ("sin⁻¹(x1/2)", asin(.5)),
    ("tan^-1(x2)", atan(2)),
    ("tan^{-1}(x2)", atan(2)),
    ("sinh(x2)", sinh(2)),
    ("cbrt(x2-10)", -2),
    ("∛(x2+6)", 2),
    ("∛(−8)x1", -2),
    ("∜(x2+14)", 2),
    ("√x2", sqrt(2)),
    ("√2x2", sqrt(2)*2),
    ("√(x1)x2", 2),
    ("√x2²", 2),
    ("sign(x1-x2)", -1),
    ("sgn(x1-x2)", -1),
    ("max(x1,x2)", 2),
    ("min(x1, x2)", 1),
    ("max(0,x1-x2)", 0),
    ("max(x1, x2, 3)", 3),
    ("max(0,5x1; x2)", 2),
    ("relu(x1)", 1),
    ("sigmoid(x1)", 1/(1+exp(-1))),
    ("softplus(x1)", log(1+e)),
    ("pow(x2,3)", 8),
    ("pow(x2;2,5)", 2**2.5),
    ("POWER(x2;2)", 4),
    ("hypot(x1, x2)", sqrt(5)),
    ("np.sin(x1)", sin(1)),
    ("numpy.sin(x1)", sin(1)),
    ("math.sqrt(x2)", sqrt(2)),
    ("tf.sin(x1)", sin(1)),
    ("tf.math.log(x2)", log(2)),
    ("torch.exp(x1)", e),
    ("sp.exp(x1)", e),
    ("jnp.tanh(x1)", tanh(1)),
    ("jax.numpy.tanh(x1)", tanh(1)),
    ("np.pi*x1", pi),
    ("np.power(x2, 2)", 4),
    ("Math.PI*Math.pow(x2, 2)", 4*pi),
    ("2np.sin(x1)", 2*sin(1)),
    ("torch.nn.functional.relu(x2)", 2),
    ("x1**2+x2**2", 5),
    ("x1.^2 + 2.*x2", 5),
    ("x1.*x2./2", 1),
    ("x^2 + y^2", 5),
    ("X^2 + Y^2", 5),
    ("x*y", 2),
    ("xy", 2),
    ("2xy + x^2y", 6),
    ("x_1^2 + x_2^2", 5),
    ("x_{1}^{2} + x_{2}^{2}", 5),
    ("x^2_1 + x^2_2", 5),
    ("x^{2}_{1} + x_2^2", 5),
    ("x₁² + x₂²", 5),
    ("x²₁ + x²₂", 5),
    ("x[0]^2 + x[1]^2", 5),
    ("x[0] + 2x[1]", 5),
    ("x[1] + 2*x[2]", 5),
    ("x(1)^2 + x(2)^2", 5),
    ("x{1}+x{2}", 3),
    ("w_1^2 + w_2^2", 5),
    ("θ₁² + θ₂²", 5),
    ("\\theta_1^2 + \\theta_2^2", 5),
    ("u^2+v^2", 5),
    ("\\frac{1}{2}x_1^2", .5),
    ("\\frac12x_2^2", 2),
    ("\\frac{x_1}{x_2}", .5),
    ("\\frac{x_1}{x_2}x_2", 1),
    ("\\dfrac{1}{2} \\left( x_1 + x_2 \\right)^{2}", 4.5),
    ("\\sqrt{x_2}", sqrt(2)),
    ("\\sqrt{x^2+y^2}", sqrt(5)),
    ("\\sqrt[3]{x_2+6}", 2),
    ("\\sqrt 2", sqrt(2)),
    ("x_1 \\cdot x_2", 2),
    ("x_1 \\times x_2 \\div 2", 1),
    ("\\sin x", sin(1)),
    ("\\sin^2 x + \\cos^2 y", sin(1)**2+cos(2)**2),
    ("\\sin\\left(\\pi x\\right)", sin(pi)),
    ("\\exp\\left(-\\frac{x^2}{2}\\right)", exp(-.5)),
    ("e^{-x^2-y^2}", exp(-5)),
    ("\\mathrm{e}^{-x}", exp(-1)),
    ("\\operatorname{sin}(x)", sin(1)),
    ("\\ln(x_2)\\,x_1", log(2)),
    ("\\log_{10}(y)", log10(2)),
    ("\\left|x_1 - x_2\\right|", 1),
    ("\\lvert x\\rvert + |y|", 3),
    ("$x_1^2+x_2^2$", 5),
    ("$$x_1^2+x_2^2$$", 5),
    ("\\(x_1^2+x_2^2\\)", 5),
    ("\\[ x_1^2 \\]", 1),
    ("\\mathbf{x}_1^2 + \\mathbf{x}_2^2", 5),
    ("f(x, y) = x^2 + y^2", 5),
    ("f(x_1, x_2) = x_1^2 + x_2^2", 5),
    ("f\\left(x,y\\right)=x+y", 3),
    ("f(u,v) = u^2 + v", 3),
    ("f(a, b) := a^2 + b", 3),
    ("z = x^2 + y^2", 5),
    ("z = f(x,y) = x + y", 3),
    ("=x1^2+x2^2", 5),
    ("y = x1^2 + x2^2", 5),
    ("lambda x, y: x**2 + y**2", 5),
    ("lambda x: x[0]**2 + x[1]**2", 5),
    ("def f(x, y): return x**2 + y", 3),
    ("(x, y) => x*x + y*y", 5),
    ("@(x,y) x.^2 + y.^2", 5),
    ("return x**2 + y**2", 5),
    ("x1^2 + x2^2;", 5),
    ("x1^2 + x2^2.", 5),
    ('"x1^2 + x2^2"', 5),
    ("\u201cx1^2 + x2^2\u201d", 5),
    ("`x1^2`", 1),
    ("[x1+1]*{x2}", 4),
    ("{x1 + [x2 - (1)]}^2", 4),
    ("0,5x1", .5),
    ("0,5*x1^2+1,5*x2", 3.5),
    ("sin(0,5) x1", sin(.5)),
    ("x2^0,5", sqrt(2)),
    ("2,5e-3x1", 2.5e-3),
    ("（x1＋1）＊x2", 4),
    ("【x1+1】x2", 4),
    ("x1^2+x2^2。", 5),
    ("|x1-x2|", 1),
    ("||x1|-3|", 2),
    ("|x1|² + |x2|^3", 9),
    ("|x1||x2|", 2),
    ("2|x1-x2|", 2),
    ("x2|x1|", 2),
    ("∣x1 − x2∣", 1),
    ("｜x1｜", 1),
    ("½x1²", .5),
    ("2½x1", 2.5),
    ("¹\u2044₂x1", .5),
    ("¼(x1+x2)", .75),
    ("1/2x1^2", .5),
    ("1/2 x2^2", 2),
    ("1/2(x1+x2)^2", 4.5),
    ("1/2 sin(x2)", .5*sin(2)),
    ("1/2e^x1", e/2),
    ("-2x1", -2),
    ("-x2^2", -4),
    ("x1-x2", -1),
    ("x1 -x2", -1),
    ("2*-x1", -2),
    ("2^-x1", .5),
    ("2^3^x1", 8),
    ("x2²⁺¹", 8),
    ("x1⁻²", 1),
    ("x2⁽¹⁺¹⁾", 4),
    ("x1·x2", 2),
    ("x1\u2022x2", 2),
    ("x1 × x2", 2),
    ("2✕x2", 4),
    ("x1÷x2", .5),
    ("x1∕x2", .5),
    ("x1\u2044x2", .5),
    ("x1➖x2", -1),
    ("x1➕x2", 3),
    ("x1 ✖\ufe0f x2", 2),
    ("x1ˆ2", 1),
    ("ℯ^x1", e),
    ("E^x1", e),
    ("Pi x1", pi),
    ("PI()*x1", pi),
    ("Exp[x1]", e),
    ("Sqrt[x2]", sqrt(2)),
    ("SIN(x1)", sin(1)),
    ("x1\xa0+\u2009x2", 3),
    ("\ufeffx1+x2\u200e", 3),
    ("x1\u2062x2", 2),
    ("sin\u2061x1", sin(1)),
    ("𝐱₁+𝑥₂", 3),
    ("x１^２", 1),
    ("٢x1", 2),
    ("1_000x1", 1000),
    ("tg x1", tan(1)),
    ("2 sin x1 + 3 cos x2", 2*sin(1)+3*cos(2)),
    ("cos(2 pi x1)", 1),
    ("20 + x^2 + y^2 - 10(cos 2πx + cos 2πy)", 5),
    ("(1-x)^2 + 100(y-x^2)^2", 100),
    ("(x^2+y-11)^2 + (x+y^2-7)^2", 68),
    ("0.26(x^2+y^2) - 0.48xy", .34),
    ("-cos x cos y exp(-((x-π)^2 + (y-π)^2))", -cos(1)*cos(2)*exp(-((1-pi)**2+(2-pi)**2))),
    ("−20 exp(−0.2 √(0.5(x²+y²))) − exp(0.5(cos 2πx + cos 2πy)) + e + 20", -20*exp(-.2*sqrt(2.5))-exp(1)+e+20),
    ("sin²(3πx) + (x−1)²(1+sin²(3πy))", 0),
    ("2x² − 1.05x⁴ + x⁶/6 + xy + y²", 2-1.05+1/6+2+4),
    ("³√(x2+6)", 2),
    ("³√8x1", 2),
    ("std::sin(x1)", sin(1)),
    ("f = lambda x1, x2: x1**2 + x2**2", 5),
    ("const f = (x, y) => x*x + y*y;", 5),
    ("х1^2 + х2^2", 5),
    ("ｓｉｎ（ｘ１）", sin(1)),
    ("ln|x2|", log(2)),
    ("|ln|x2||", log(2)),
    ("x2^½", sqrt(2)),
    ("x1^{1/2}x2", 2),
    ("1/x2^2", .25),
    ("y^2", 4),
    ("\\log_{2} y", 1),
]
# fmt: on


def value(text: str, names: tuple[str, ...] = ("x1", "x2")) -> float:
    function = compiled(sp.symbols(names), [parse(text, names)])
    (result,) = function(*(np.array([1.0 + i]) for i in range(len(names))))
    return float(np.ravel(result)[0])


@pytest.mark.parametrize(("text", "expected"), SOURCES + PASTED, ids=[text for text, _value in SOURCES + PASTED])
def test_what_is_pasted_has_its_value(text, expected):
    assert value(text) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("dash", [chr(code) for code in range(0x2010, 0x2016)] + list("−－﹣﹘➖˗⁃‐"))
def test_every_dash_is_a_minus(dash):
    assert value(f"x1 {dash} x2") == -1


@pytest.mark.parametrize("sign", "*×·⋅∙•‧・∗⁎✕✖⨯⨉✱＊･\u2062")
def test_every_sign_of_multiplication_multiplies(sign):
    assert value(f"3 {sign} x2") == 6


@pytest.mark.parametrize("sign", "/÷∕⁄➗∶／")
def test_every_sign_of_division_divides(sign):
    assert value(f"x1 {sign} x2") == 0.5


@pytest.mark.parametrize("blank", " \t\n\r\u00a0\u1680\u2000\u2003\u2009\u200a\u202f\u205f\u3000\u2028\u2029\u2800")
def test_every_blank_is_a_blank(blank):
    assert value(f"x1{blank}+{blank}x2") == 3


@pytest.mark.parametrize("sign", "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\ufe0f\u061c")
def test_what_is_invisible_says_nothing(sign):
    assert value(f"{sign}x{sign}1{sign}^2 + x2{sign}") == 3


def test_every_way_to_write_letters_and_digits_is_read():
    for italic in ("𝑥", "𝐱", "𝗑", "𝚡", "ｘ", "ⅹ", "х"):
        assert value(f"{italic}₁ + {italic}2") == 3
    for digit in ("2", "２", "𝟐", "𝟮", "𝟤", "٢", "२", "২"):
        assert value(f"{digit}x2") == 4


def test_other_names_can_be_given():
    assert (
        operations("2w", ("w",)) == operations("2x", ("w",)) == operations("2*θ", ("w",)) == Operation("*", (2.0, "w"))
    )
    assert operations("L(θ) = θ²", ("w",)) == Operation("**", ("w", 2.0))
    assert operations("f(q) = q²", ("w",)) == Operation("**", ("w", 2.0))
    assert operations("wx + b", ("w", "x", "b")) == Operation("+", (Operation("*", ("w", "x")), "b"))
    assert operations("w_1x_1", ("w1", "x1")) == Operation("*", ("w1", "x1"))
    assert operations("z = xy", ("x", "y", "z")) == Operation("*", ("x", "y"))


@pytest.mark.parametrize(
    ("text", "reason", "piece", "place", "hints"),
    [
        ("1/x1x2", Reason.UNCLEAR, "1/x1x2", 0, ("1/x1*x2", "1/(x1*x2)")),
        ("x1 + x1/2x2", Reason.UNCLEAR, "x1/2x2", 5, ("x1/2*x2", "x1/(2*x2)")),
        ("1/2π", Reason.UNCLEAR, "1/2π", 0, ("1/2*π", "1/(2*π)")),
        ("sin x1/2", Reason.UNCLEAR, "sin x1/2", 0, ("sin(x1)/2", "sin(x1/2)")),
        ("sin x1 x2", Reason.UNCLEAR, "sin x1 x2", 0, ("sin(x1)*x2", "sin(x1*x2)")),
        ("sin x1 (x2 + 1)", Reason.UNCLEAR, "sin x1 (", 0, ("sin(x1)",)),
        ("log2x1", Reason.UNCLEAR, "log2x1", 0, ("log2(x1)", "log(2*x1)")),
        ("Log[2, x1]", Reason.UNCLEAR, "Log[2, x1]", 0, ("log(x1, 2)", "log(2, x1)")),
        ("exp⁻¹(x1)", Reason.UNCLEAR, "exp⁻¹", 0, ("1/exp(…)", "exp((…)^(-1))")),
        ("x2 + x1 2", Reason.UNCLEAR, "x1 2", 5, ("x1^2", "x1*2")),
        ("(x1+1)2", Reason.UNCLEAR, ")2", 5, ("(x1+1)^2", "(x1+1)*2")),
        ("2 3", Reason.UNCLEAR, "2 3", 0, ("23", "2*3")),
        ("1,000x1", Reason.UNCLEAR, "1,000", 0, ("1000", "1.000")),
        ("x[1]", Reason.UNCLEAR, "x[1]", 0, ("x1", "x2")),
        ("x12 + x22", Reason.UNKNOWN_NAME, "x12", 0, ("x1^2",)),
        ("x1 + sqt(x2)", Reason.UNKNOWN_FUNCTION, "sqt", 5, ("sqrt",)),
        ("atan2(x1, x2)", Reason.UNKNOWN_FUNCTION, "atan2", 0, ("atan",)),
        ("x1 + q", Reason.UNKNOWN_NAME, "q", 5, ()),
        ("x₁² + ", Reason.MISSING, "+", 4, ()),
        ("x1 * / x2", Reason.MISSING, "/", 5, ()),
        ("2 * (x1", Reason.UNPAIRED, "(", 4, ()),
        ("（x1】", Reason.UNPAIRED, "（", 0, ()),
        ("x1)", Reason.UNPAIRED, ")", 2, ()),
        ("|x1", Reason.UNPAIRED, "|", 0, ()),
        ("x1|", Reason.UNPAIRED, "|", 2, ()),
        ("x1^2 + x2^2 = 1", Reason.EQUATION, "=", 12, ()),
        ("x1 = 2", Reason.EQUATION, "=", 3, ()),
        ("x1 ≤ 2", Reason.EQUATION, "≤", 3, ()),
        ("x1 + ∞", Reason.INFINITE, "∞", 5, ()),
        (r"x_1 + \infty", Reason.INFINITE, "∞", 6, ()),
        ("x1 mod 2", Reason.STEPS, "mod", 3, ()),
        ("x1 % 2", Reason.STEPS, "%", 3, ()),
        ("⌊x1⌋", Reason.STEPS, "⌊", 0, ()),
        ("np.floor(x1)", Reason.STEPS, "floor", 0, ()),
        ("x1!", Reason.NOT_A_FORMULA, "!", 2, ()),
        ("x1′", Reason.NOT_A_FORMULA, "′", 2, ()),
        ("x1 + 学习率", Reason.UNKNOWN_NAME, "学习率", 5, ()),
        ("sin + x1", Reason.WRONG_ARGUMENTS, "sin", 0, ()),
        ("max(x1)", Reason.WRONG_ARGUMENTS, "max(x1)", 0, ()),
    ],
)
def test_what_is_unclear_or_wrong_is_pointed_at(text, reason, piece, place, hints):
    with pytest.raises(FormulaError) as refused:
        parse(text)
    error = refused.value
    assert (error.reason, error.piece, error.place, error.hints) == (reason, piece, place, hints)


def hinted(text: str) -> tuple[str, ...]:
    try:
        parse(text)
    except FormulaError as error:
        return error.hints
    return ()


@pytest.mark.parametrize("text", ["1/x1x2", "sin x1/2", "log2x1", "x1 2", "1,000x1", "x[1]", "sin x1 x2", "(x1+1)2"])
def test_what_is_proposed_is_understood(text):
    for hint in hinted(text):
        assert parse(hint).free_symbols <= {*sp.symbols("x1 x2")}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10**5, "(" * 499, "[{(" * 166, "-" * 499, "√" * 499, "|" * 499, "|x1" * 160, "2^" * 249 + "2",
        "x1" * 10**5, "sin " * 120, "x1x2" * 120, "9^9^9^9", "cbrt(" * 90, "sigmoid(" * 60 + "x1" + ")" * 60,
        "\\frac" * 99, "½" * 499, "e" * 499, "exexexex" * 60, "hypot(" * 80, "x²" * 249, "," * 499, "f=" * 249,
        "x[" * 249, "_" * 499, "1e9" * 160, "q" * 499, "(" * 10**4 + "x1" + ")" * 10**4,
    ],
)  # fmt: skip
def test_no_text_takes_long(text):
    started = time.process_time()
    with pytest.raises(FormulaError):
        parse(text)
    assert time.process_time() - started < 1.0


SIGNS = [
    *"xy12.,;()[]{}|+-−–*×·/÷^²³⁻¹√∛½π=%!<>∞⌊_$~&\"'«°′∑ｘ１＋　\\\n\t\0\u200b\u202e",
    "x1", "x2", "x₁", "x_1", "x[0]", "sin", "sin ", "sin^2", "log", "log2", "max(", "exp(", "np.", "e", "1e-3", "0,5",
    "f(x,y)=", r"\frac", r"\frac{1}{2}", r"\sqrt", r"\left(", r"\right)", r"\cdot", r"\sin", "lambda x: ", "mod", " ",
    "and", "学",
]  # fmt: skip


@settings(max_examples=400, deadline=1500, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join) | st.text(max_size=60))
def test_no_text_raises_anything_but_its_reason(text):
    for names in (("x1", "x2"), ("w",), ("x", "y", "a", "b")):
        try:
            assert {str(symbol) for symbol in parse(text, names).free_symbols} <= set(names)
        except FormulaError as refused:
            assert isinstance(refused.reason, Reason)
            assert refused.place is None or 0 <= refused.place <= len(text)


# ---- what is written is read back

TREE = st.recursive(
    st.sampled_from(["x1", "x2", 2.0, 3.0, 0.5, 10.0]),
    lambda part: (
        st.builds(
            lambda name, u, v: Operation(name, (u, v)), st.sampled_from(["+", "-", "*", "/", "**", "max"]), part, part
        )
        | st.builds(
            lambda name, u: Operation(name, (u,)), st.sampled_from(["sin", "exp", "abs", "sqrt", "negate"]), part
        )
    ),
    max_leaves=9,
)


def number(value: float) -> str:
    return f"{value:g}"


def in_python(tree) -> str:
    if not isinstance(tree, Operation):
        return tree if isinstance(tree, str) else number(tree)
    parts = [in_python(each) for each in tree.operands]
    if tree.name == "negate":
        return f"(-{parts[0]})"
    return f"np.{tree.name}({', '.join(parts)})" if tree.name.isalpha() else f"({parts[0]} {tree.name} {parts[1]})"


def in_latex(tree) -> str:
    if not isinstance(tree, Operation):
        return f"{tree[0]}_{tree[1]}" if isinstance(tree, str) else number(tree)
    parts = [in_latex(each) for each in tree.operands]
    written = {
        "+": r"\left({0} + {1}\right)", "-": r"\left({0} - {1}\right)", "*": r"\left({0} \cdot {1}\right)",
        "/": r"\frac{{{0}}}{{{1}}}", "**": r"\left({0}\right)^{{{1}}}", "sqrt": r"\sqrt{{{0}}}", "negate": "(-{0})",
        "abs": r"\left|{0}\right|", "max": r"\max\left({0}, {1}\right)",
    }  # fmt: skip
    return written.get(tree.name, rf"\{tree.name}\left({{0}}\right)").format(*parts)


def in_unicode(tree) -> str:
    if not isinstance(tree, Operation):
        return tree.translate({0x31: "₁", 0x32: "₂"}) if isinstance(tree, str) else number(tree).replace(".", ",")
    parts = [in_unicode(each) for each in tree.operands]
    written = {
        "+": "（{0} ＋ {1}）", "-": "({0} − {1})", "*": "(({0})({1}))", "/": "({0}÷{1})", "**": "({0})＾({1})",
        "sqrt": "√({0})", "negate": "(–({0}))", "abs": "｜{0}｜", "max": "max({0}; {1})",
    }  # fmt: skip
    return written.get(tree.name, f"{tree.name}({{0}})").format(*parts)


@settings(max_examples=300, deadline=1500, suppress_health_check=[HealthCheck.too_slow])
@given(TREE, st.sampled_from([in_python, in_latex, in_unicode]))
def test_what_is_written_is_read_back(tree, write):
    try:
        found = _tree(read(write(tree), ("x1", "x2"), FUNCTIONS))
    except FormulaError as refused:
        assume(refused.reason not in (Reason.TOO_LONG, Reason.TOO_DEEP))
        raise
    assert found == tree


@given(st.characters())
def test_every_character_has_a_plain_spelling_and_its_place(char):
    assert all(sign.isprintable() or sign in char for sign in plain(char))
    assert [place for _sign, place in spell(f"1{char}2")] == sorted(place for _sign, place in spell(f"1{char}2"))
    assert re.fullmatch("1.*2", "".join(sign for sign, _place in spell(f"1{char}2")), re.DOTALL)
