"""Arithmetic that is done again from the printed TeX alone, as a student would with a calculator."""

import math
import re
from collections.abc import Collection

import sympy as sp
from sympy.parsing.sympy_parser import implicit_multiplication_application, parse_expr, standard_transformations

NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?: \\cdot 10\^\{(-?\d+)\})?")
KNOWN = {"sqrt": math.sqrt, "larger": max, "size": abs, "sign": lambda x: (x > 0) - (x < 0), "__builtins__": {}}
KNOWN |= {"smaller": min, "floor": math.floor, "ceil": math.ceil, "cos": math.cos, "pi": math.pi}


CASES = re.compile(r"\\begin\{cases\}(.*)\\end\{cases\}", re.DOTALL)
WORDS = {
    r"\frac": "frac", r"\tfrac": "frac", r"\sqrt": "sqrt", r"\pi": "pi", r"\max": "Max", r"\ln": "log",
    r"\cos": "cos", r"\min": "Min", r"\lfloor": "floor(", r"\rfloor": ")", r"\lceil": "ceiling(", r"\rceil": ")",
    r"\ge": ">=", r"\tanh": "tanh", r"\sigma": "sigma", r"\cdot": "*", r"\le": "<=", r"\left": "", r"\right": "",
    r"\big": "", r"\,": " ", r"\ ": " ",
}  # fmt: skip
"""What a word of TeX is to SymPy; any other that has no value here is a letter."""


def evaluated(tex: str, **letters: float) -> float:
    """Return the value of a printed formula at the values of its letters, `haty_i` for `\\hat y_i`.

    Definitions may stand behind the formula, after a quad, and cases within it, of which the first that holds counts.
    """
    formula, *definitions = re.split(r",\s*\\quad\s*", tex)
    for definition in definitions:
        name, right = definition.split("=")
        letters[_words(name).replace(" ", "")] = evaluated(right, **letters)
    if cases := CASES.search(formula):
        rows = [row.split("&") for row in cases[1].split(r"\\")]
        holds = next(value for value, condition in rows if _evaluated(condition, letters))
        formula = f"{formula[: cases.start()]}({holds}){formula[cases.end() :]}"
    return float(_evaluated(formula, letters))


def _evaluated(tex: str, letters: dict[str, float]) -> sp.Basic:
    text = re.sub(r"\|([^|]*)\|", r" Abs(\1) ", _fractions(_words(tex)))
    text = text.replace("{", "(").replace("}", ")").replace("^", "**")
    names = {"e": sp.E, "sigma": lambda z: 1 / (1 + sp.exp(-z)), **{name: sp.Float(x) for name, x in letters.items()}}
    return parse_expr(text, names, (*standard_transformations, implicit_multiplication_application))


def _words(tex: str) -> str:
    named = re.sub(r"\\mathrm\{(\w+)\}", r"\1", tex)
    joined = re.sub(r"\\(hat|bar)\s*\\?", r"\\\1", named)
    return re.sub(r"\\([a-zA-Z]+|[, ])", lambda word: WORDS.get(word[0], word[1]), joined)


def recompute(tex: str) -> float:
    """Return the value of printed TeX with numbers only."""
    return _value(_python(tex), [number for number, _half in printed(tex)])


def slack(tex: str, exact: Collection[float] = ()) -> float:
    """Return by how much the value may be off, because every number but the `exact` ones was rounded to six digits."""
    formula = _python(tex)
    numbers = [(number, 0.0 if number in exact else half) for number, half in printed(tex)]
    values = [number for number, _half in numbers]
    middle, total = _value(formula, values), 0.0
    for i, (number, half) in enumerate(numbers):
        for shifted in (number - half, number + half):
            moved = _value(formula, [*values[:i], shifted, *values[i + 1 :]])
            total += abs(moved - middle) / 2
    return total


def printed(tex: str) -> list[tuple[float, float]]:
    """Return every number in the TeX with half a unit of its sixth digit."""
    numbers = [float(f"{digits}e{power or 0}") for digits, power in NUMBER.findall(tex)]
    return [(number, 0.5 * 10.0 ** (math.floor(math.log10(number)) - 5) if number else 0.0) for number in numbers]


def _python(tex: str) -> str:
    text = NUMBER.sub("#", tex.replace(r"\;", " "))
    text = text.replace(r"\left|", "size(").replace(r"\right|", ")")
    text = text.replace(r"\left(", "(").replace(r"\right)", ")")
    text = text.replace(r"\operatorname{sign}", "sign").replace(r"\max", "larger").replace(r"\times", "*")
    text = text.replace(r"\min", "smaller").replace(r"\cos", "cos").replace(r"\pi", "pi").replace(r"\cdot", "*")
    text = text.replace(r"\lfloor", "floor(").replace(r"\lceil", "ceil(").replace(r"\bigl", "").replace(r"\bigr", "")
    text = text.replace(r"\rfloor", ")").replace(r"\rceil", ")").replace(r"\,", " ")
    text = _fractions(text.replace(r"\frac{", "frac{")).replace(r"\sqrt", "sqrt")
    text = text.replace("^{", "**(").replace("{", "(").replace("}", ")")
    assert "\\" not in text, f"not arithmetic: {tex}"
    return text


def _fractions(text: str) -> str:
    """Write `frac{a}{b}` as `((a)/(b))`."""
    while (start := text.find("frac{")) >= 0:
        end = _closing(text, start + 4)
        last = _closing(text, end + 1)
        text = f"{text[:start]}(({text[start + 5 : end]})/({text[end + 2 : last]})){text[last + 1 :]}"
    return text


def _closing(text: str, opening: int) -> int:
    assert text[opening] == "{"
    depth = 0
    for i in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if not depth:
            return i
    raise AssertionError(f"a brace is not closed: {text}")


def _value(formula: str, values: list[float]) -> float:
    parts = formula.split("#")
    filled = parts[0] + "".join(f"({value!r}){part}" for value, part in zip(values, parts[1:], strict=True))
    return float(eval(filled, KNOWN))
