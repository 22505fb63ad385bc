r"""How a rule is written: as TeX in letters (`\beta_1 m_{t-1}`), as TeX in the numbers of a moment, and as Python."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from optviz.grammar import Part
from optviz.optimization.rules import (
    ASK,
    ASPECT,
    COLUMN_MEAN,
    CURVATURE,
    EIGENVECTORS,
    ETA,
    INVERSE_ROOT,
    LBFGS,
    LOSS,
    MATMUL,
    MATRIX,
    MOMENT,
    NEWTON,
    NORM,
    ORTHOGONAL,
    PLACE,
    POINT,
    POLAR,
    RATE,
    REMAINDER,
    RMS,
    ROOT,
    ROW_MEAN,
    SEARCH,
    TOTAL,
    TRANSPOSE,
    VECTORS,
    WHERE,
    WOLFE,
    Rule,
)

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly the outermost operation of a text holds its parts together."""

GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|chi|psi|omega"
    "|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega"
)
_OWN = {POINT: "p", PLACE: "q", MOMENT: "m", ROOT: "r", RATE: r"\alpha", ETA: r"\eta"}
_MARKS = {"hat": r"\hat {}", "tilde": r"\tilde {}", "bar": r"\bar {}"}


class Style(NamedTuple):
    """A way to write a tree: `leaf(name or number)`, what joins factors, and the form of each operation."""

    leaf: Callable[[float | str], str]
    times: str
    fraction: str
    power: str
    functions: Mapping[str, str]
    bracket: str
    encloses: bool
    """Whether fractions and powers hold their parts together by themselves."""


TEX_FUNCTIONS = {
    "sqrt": r"\sqrt{{{}}}",
    "abs": r"\left|{}\right|",
    "sign": r"\operatorname{{sign}}\left({}\right)",
    "max": r"\max\left({},\; {}\right)",
    "min": r"\min\left({},\; {}\right)",
    "exp": r"\exp\left({}\right)",
    "log": r"\ln\left({}\right)",
    **{name: rf"\{name}\left({{}}\right)" for name in ("tanh", "sin", "cos")},
    ASK: r"\nabla f({})",
    NORM: r"\left\|{}\right\|",
    TOTAL: r"{{\textstyle\sum}}\left({}\right)",
    WHERE: r"\begin{{cases}} {1} & {0} > 0 \\ {2} & {0} \le 0 \end{{cases}}",
    REMAINDER: r"\left({} \bmod {}\right)",
    NEWTON: r"(H_t + {} I)^{{-1}} g_t",
    LOSS: "f({})",
    SEARCH: r"\operatorname{{search}}_{{{2},\,{3}}}\left({0},\; {1}\right)",
    WOLFE: r"\operatorname{{wolfe}}_{{{2},\,{3}}}\left({0},\; {1}\right)",
    LBFGS: r"\operatorname{{lbfgs}}_{{{}}}\left(g_t\right)",
    ORTHOGONAL: r"\operatorname{{orthogonal}}_{{{1}}}\left({0}\right)",
    POLAR: r"\operatorname{{polar}}\left({}\right)",
    INVERSE_ROOT: r"\left({0} + {2} I\right)^{{-1/{1}}}",
    EIGENVECTORS: r"\operatorname{{eigenvectors}}_{{{2}}}\left({0},\; {1}\right)",
    ROW_MEAN: r"\operatorname{{rowmean}}\left({}\right)",
    COLUMN_MEAN: r"\operatorname{{columnmean}}\left({}\right)",
    RMS: r"\operatorname{{RMS}}\left({}\right)",
    ASPECT: r"\operatorname{{aspect}}\left({}\right)",
}


def tex(leaf: Callable[[float | str], str], times: str) -> Style:
    """Return a way to write TeX with these leaves."""
    return Style(leaf, times, r"\frac{{{}}}{{{}}}", "{}^{{{}}}", TEX_FUNCTIONS, r"\left({}\right)", True)


def written(tree: Part, style: Style) -> str:
    """Write a tree."""
    return _write(tree, style)[0]


def _write(tree: Part, style: Style) -> tuple[str, int]:
    if not tree.operands:
        return style.leaf(tree.content), ATOM
    write = _WAYS.get(str(tree.content))
    if write:
        return write(style, *tree.operands)
    return style.functions[str(tree.content)].format(*(written(part, style) for part in tree.operands)), ATOM


def _sum(sign: str) -> Callable[..., tuple[str, int]]:
    return lambda style, a, b: (f"{_held(a, SUM, style)} {sign} {_held(b, PRODUCT, style)}", SUM)


def _negated(style: Style, a: Part) -> tuple[str, int]:
    return f"-{_held(a, PRODUCT if style.encloses else POWER, style)}", SUM


def _product(style: Style, a: Part, b: Part) -> tuple[str, int]:
    return f"{_held(a, PRODUCT, style)}{style.times}{_held(b, PRODUCT, style)}", PRODUCT


def _quotient(style: Style, a: Part, b: Part) -> tuple[str, int]:
    if style.encloses:
        return style.fraction.format(written(a, style), written(b, style)), PRODUCT
    return style.fraction.format(_held(a, PRODUCT, style), _held(b, POWER, style)), PRODUCT


def _power(style: Style, a: Part, b: Part) -> tuple[str, int]:
    raised = written(b, style) if style.encloses else _held(b, ATOM, style)
    return style.power.format(_held(a, ATOM, style), raised), POWER


def _matrix_product(style: Style, a: Part, b: Part) -> tuple[str, int]:
    if not style.encloses:
        return style.functions[MATMUL].format(written(a, style), written(b, style)), ATOM
    return rf"{_held(a, PRODUCT, style)} \, {_held(b, PRODUCT, style)}", PRODUCT


def _transposed(style: Style, a: Part) -> tuple[str, int]:
    if not style.encloses:
        return style.functions[TRANSPOSE].format(written(a, style)), ATOM
    return rf"{_held(a, ATOM, style)}^\top", POWER


_WAYS: Mapping[str, Callable[..., tuple[str, int]]] = {
    "+": _sum("+"),
    "-": _sum("-"),
    "negate": _negated,
    "*": _product,
    "/": _quotient,
    "**": _power,
    MATMUL: _matrix_product,
    TRANSPOSE: _transposed,
}


def _held(tree: Part, tightness: int, style: Style) -> str:
    """Write a part of an operation, in brackets where it would fall apart or begin with a sign."""
    text, own = _write(tree, style)
    begins = text.startswith("-") and tightness > SUM
    apart = own < tightness or begins or (tightness > PRODUCT and r"\cdot" in text)
    return style.bracket.format(text) if apart else text


def letter(name: str, time: str = "") -> str:
    r"""Return a name in TeX: `m_hat` at time t is `\hat m_t`, `beta1` is `\beta_1`, `v` is V as the course has it."""
    if name in _OWN:
        return _lowered(_OWN[name], time)
    stem, *marks = name.split("_")
    if stem == "v":
        stem = "V"
    digits = re.search(r"\d*$", stem)
    number = digits[0] if digits else ""
    stem = stem.removesuffix(number)
    if re.fullmatch(GREEK, stem):
        stem = rf"\{stem}"
    elif len(stem) > 1 and stem != "lr":
        stem = rf"\mathrm{{{stem}}}"
    index = number
    for mark in marks:
        if mark in _MARKS:
            stem = _MARKS[mark].format(stem)
        elif mark == "inf":
            index = rf"{index},\infty" if index else r"\infty"
        elif mark == "next":
            time = time.replace("t", "t+1", 1)
        else:
            index = f"{index},\\mathrm{{{mark}}}" if index else rf"\mathrm{{{mark}}}"
    return _lowered(stem, ",".join(filter(None, (index, time))))


def _lowered(stem: str, index: str) -> str:
    if not index:
        return stem
    return f"{stem}_{index}" if len(index) == 1 else f"{stem}_{{{index}}}"


class Letters:
    """The letters of a rule's names, line by line: a state is that of before until its own line has been written.

    `point` is the letter of w.
    """

    def __init__(self, rule: Rule, symbols: Mapping[str, str], point: str = "w") -> None:
        self._rule, self._symbols, self._point = rule, symbols, point
        self._before = {*rule.states}
        self._given = {"t": "t", "lr": "lr", "pi": r"\pi", "e": "e"}
        self._given |= {CURVATURE: "H_{ii}"} if rule.reads_curvature else {}
        self.own: Mapping[str, str] = {}
        """Letters of names that the rule does not have."""

    def __call__(self, leaf: float | str) -> str:
        """Return what is read, as TeX."""
        if isinstance(leaf, float):
            return f"{leaf:g}"
        if leaf in self.own:
            return self.own[leaf]
        if leaf in self._given:
            return self._given[leaf]
        if leaf in self._rule.parameters:
            return self._symbols.get(leaf) or letter(leaf)
        return letter(self._point if leaf == "w" else leaf, "t-1" if leaf in self._before else "t")

    def assign(self, name: str) -> str:
        """Return the letter of a name whose line is written now."""
        self._before.discard(name)
        known = {**self._given, **self.own}
        if name in known:
            return known[name]
        return f"{self._point}_{{t+1}}" if name == "w" else letter(name, "t")


def formula(rule: Rule, symbols: Mapping[str, str], point: str = "w") -> str:
    """Return a rule as TeX, line after line as they stand in its text; where vectors have another, of biases b."""
    letters, found = Letters(rule, symbols, point), []
    style = tex(letters, r" \, ")
    for name, tree in rule.written:
        right = written(tree, style)
        found.append(f"{letters.assign(name)} = {right}")
    if rule.vectors:
        found.append(formula(rule.vectors, symbols, "b"))
    return r",\quad ".join(found)


def number(value: float) -> str:
    """Return a number with all its digits, and no more."""
    return repr(value).removesuffix(".0")


ARGUMENTS = dict.fromkeys(("max", "min", REMAINDER, ORTHOGONAL, MATMUL), 2)
ARGUMENTS |= dict.fromkeys((WHERE, INVERSE_ROOT, EIGENVECTORS), 3) | {SEARCH: 4, WOLFE: 4}
"""How many arguments there are where there is more than one."""
TYPED = Style(
    lambda leaf: number(leaf) if isinstance(leaf, float) else leaf,
    "*",
    "{}/{}",
    "{}**{}",
    {name: f"{name}({', '.join(['{}'] * ARGUMENTS.get(name, 1))})" for name in (*TEX_FUNCTIONS, TRANSPOSE, MATMUL)},
    "({})",
    False,
)


def python(tree: Part, module: str) -> str:
    """Return a tree as Python with the functions of a module: `beta1 * m + (1 - beta1) * np.abs(g)`."""
    names = {"max": "maximum", "min": "minimum", NORM: "linalg.norm", REMAINDER: "mod"}
    known = {
        name: f"{module}.{names.get(name, name)}{form.removeprefix(name)}" for name, form in TYPED.functions.items()
    }
    known |= {name: TYPED.functions[name] for name in MATRIX if name not in (MATMUL, TRANSPOSE)}
    known[NEWTON] = "self.newton({}, g, w)"
    known[LBFGS] = "self.lbfgs({}, g, w)"
    known[SEARCH] = "self.search(w, g, step, {}, {}, {}, shrink={})"
    known[WOLFE] = "self.search(w, g, step, {}, {}, {}, steepness={})"
    known[LOSS] = "loss({})"
    known[EIGENVECTORS] = "eigenvectors({}, {}, {}, t)"
    known[WHERE] = f"{module}.where({{}} > 0, {{}}, {{}})"
    return written(tree, TYPED._replace(times=" * ", fraction="{} / {}", functions=known))


def in_words(tree: Part) -> str:
    """Return a tree as it stands in a sentence: `w − lr · m`."""
    return written(tree, TYPED._replace(times=" · ")).replace(" - ", " − ")


def typed(rule: Rule) -> str:
    """Return the lines of a rule as they may be typed: `m = beta*m + (1 - beta)*g`."""
    lines = [f"{name}(0) = {written(tree, TYPED)}" for name, tree in rule.initial]
    lines += [f"{name} = {written(tree, TYPED)}" for name, tree in rule.written]
    return "\n".join([*lines, *([VECTORS, typed(rule.vectors)] if rule.vectors else [])])
