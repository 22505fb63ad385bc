r"""The words and signs of a formula, however it was typed or pasted: plain, Unicode, LaTeX, Python, a spreadsheet.

`tokens_of` cuts a text into numbers, names, functions and signs, each with its place in the text. What is written
otherwise elsewhere has one form after it: `x₁`, `x_{1}` and `x[0]` are `x1`; `np.log`, `\ln` and `LN` are `log`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from optviz.signs import Spelled, fraction, spell

MAX_LENGTH = 500
LONGEST_PIECE = 40


class Reason(StrEnum):
    """Why a text was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    NOT_A_FORMULA = "not_a_formula"
    MISSING = "missing"
    UNPAIRED = "unpaired"
    UNCLEAR = "unclear"
    EQUATION = "equation"
    INFINITE = "infinite"
    STEPS = "steps"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_FUNCTION = "unknown_function"
    WRONG_ARGUMENTS = "wrong_arguments"
    DIVISION_BY_ZERO = "division_by_zero"
    UNDEFINED = "undefined"
    CONSTANT = "constant"
    TOO_MANY_NODES = "too_many_nodes"
    LINE = "line"
    NEW_POINT = "new_point"
    NAME = "name"
    SLIDER = "slider"
    ALONE = "alone"
    AHEAD = "ahead"
    ONE_NUMBER = "one_number"


class Span(NamedTuple):
    """The characters of a text from `start` up to `end`."""

    start: int
    end: int


class FormulaError(ValueError):
    """A text that is not an acceptable formula: `reason` is the code, `piece` the offending part of the text.

    `place` is where the piece begins, counted from 0, or None where no one place is to blame; `hints` are what may have
    been meant; `text` is the whole.
    """

    text = ""

    def __init__(self, reason: Reason, piece: str, place: int | None = None, hints: Sequence[str] = ()) -> None:
        self.reason, self.place, self.hints = reason, place, tuple(hints)
        self.piece = piece if len(piece) <= LONGEST_PIECE else piece[: LONGEST_PIECE - 1] + "…"
        super().__init__(f"{reason.value}: {self.piece!r}")


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    FRACTION = "fraction"
    NAME = "name"
    CONSTANT = "constant"
    FUNCTION = "function"
    COMMAND = "command"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """A word or sign: what it is, its plain form, where it stands, and whether a blank stands before it."""

    kind: Kind
    text: str
    span: Span
    spaced: bool = False


CONSTANTS = {"pi": "pi", "e": "e", "π": "pi", "ⅇ": "e"}

SYNONYMS = {
    "ln": "log", "loge": "log", "lg": "log10", "tg": "tan", "ctg": "cot", "arctg": "atan", "sh": "sinh", "ch": "cosh",
    "th": "tanh", "arctan": "atan", "arcsin": "asin", "arccos": "acos", "arcsinh": "asinh", "arsinh": "asinh",
    "arccosh": "acosh", "arcosh": "acosh", "arctanh": "atanh", "artanh": "atanh", "fabs": "abs", "absolute": "abs",
    "sgn": "sign", "signum": "sign", "power": "pow", "maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min",
    "logistic": "sigmoid", "expit": "sigmoid", "cosec": "csc",
}  # fmt: skip
"""What functions are called elsewhere."""

_MODULES = (
    "std|np|numpy|jnp|jax|math|cmath|tf|torch|sp|sympy|scipy|special|nn|functional|F|K|keras|backend|cp|xp|mp|mpmath"
)
_REFUSED = {
    Reason.INFINITE: {"∞", "inf", "infinity", "infty"},
    Reason.STEPS: {"%", "mod", "bmod", "pmod", "//", "floor", "ceil", "round", "trunc", "lfloor", "⌊", "⌈", "rint"},
    Reason.EQUATION: {"=", "<", ">", "≤", "≥", "≠", "≈", "le", "ge", "neq", "leq", "geq", "==", "!=", "<=", ">="},
}

_LATEX_SIGNS = {
    "cdot": "*", "times": "*", "ast": "*", "bullet": "*", "div": "/", "lvert": "|", "rvert": "|", "vert": "|",
    "mid": "|", "lbrace": "(", "rbrace": ")", "{": "(", "}": ")", "lbrack": "[", "rbrack": "]", "lparen": "(",
    "rparen": ")", "infty": "∞",
}  # fmt: skip
_LATEX_BLANKS = {
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "middle", "quad",
    "qquad", "displaystyle", "textstyle", "limits", "nolimits", "thinspace", "enspace", ",", ";", ":", "!", " ", ">",
}  # fmt: skip
_LATEX_FONTS = {
    "mathrm", "text", "textrm", "operatorname", "mathit", "mathbf", "boldsymbol", "mathsf", "mathop", "bm", "mbox",
    "mathnormal", "vec", "rm", "it", "bf",
}  # fmt: skip
COMMANDS = {"frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "sqrt": "sqrt"}
_GREEK = {"ϑ": "theta", "θ": "theta", "Θ": "theta"}

_VULGAR = "¼-¾⅐-⅟↉"
_LETTER = rf"[^\W\d_{_VULGAR}]"
_WORDS = re.compile(
    rf"""(?P<blank>[\s~&]+|\$+)
    |(?:(?:{_MODULES})(?:\.|::))+(?P<member>{_LETTER}[^\W_{_VULGAR}]*)
    |(?P<number>(?:\d+(?:_\d{{3}})+|\d+)(?:\.(?![*/^])\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)
    |(?P<name>{_LETTER}[^\W_{_VULGAR}]*|_+\w*)
    |\\(?P<command>[A-Za-z]+|.)
    |(?P<sign>//|:=|\.?(?:\*\*|[-*/^])|[<>=!]=|[-+()\[\]{{}}|,;=√∛∜<>%∞⌊⌈≤≥≠≈])
    |(?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LOWERED = re.compile(r"\s*_\s*(?:\{\s*(\w+)\s*\}|(\d+|[^\W\d_]+))")
_AROUND = (("\\(", "\\)"), ("\\[", "\\]"), ('"', '"'), ("'", "'"), ("`", "`"), ("$", "$"))
_DEFINED = re.compile(r"[^\W\d_]\w*")
_LAMBDA = re.compile(
    r"\s*(?:(?:const|let|var)\s+)?(?:\w+\s*=\s*)?(?:lambda\b([^:]*):|def\s+\w+\s*\(([^()]*)\)\s*:\s*return\b|(return)\b|@\s*\(([^()]*)\)|\(?([^()=+*/^-]*)\)?\s*(?:=>|->|↦|→|\\mapsto|\\to))"
)


class Text(NamedTuple):
    """A text in plain signs, and where each sign stands in what was typed."""

    signs: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, spelled: Sequence[Spelled]) -> "Text":
        """Put spelled signs together."""
        return cls("".join(sign for sign, _place in spelled), tuple(place for _sign, place in spelled))

    def cut(self, start: int, end: int) -> "Text":
        """Return a part."""
        return Text(self.signs[start:end], self.places[start:end])

    def stripped(self) -> "Text":
        """Return the text without what people copy along with it: quotes, dollars, a full stop at the end."""
        text, before = self, None
        while text != before:
            before = text
            text = text.cut(len(text.signs) - len(text.signs.lstrip(" \n")), len(text.signs.rstrip(" \n;.,")))
            for opening, closing in _AROUND:
                inside = text.signs[len(opening) : -len(closing)]
                if text.signs.startswith(opening) and text.signs.endswith(closing) and len(text.signs) > 1:
                    text = text.cut(len(opening), len(text.signs) - len(closing)) if closing not in inside else text
                elif opening in "$'" and text.signs.startswith(opening):
                    text = text.cut(len(opening), len(text.signs))
        return text


def tokens_of(text: str, names: Sequence[str], functions: Collection[str]) -> list[Token]:
    """Cut a formula in the given names into tokens, the last of which is the end; raises `FormulaError`.

    Names may be called otherwise: `x, y` for `x1, x2`, any one letter where there is one name, or as the formula's own
    head says (`f(u, v) = …`).
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(Reason.TOO_LONG, text)
    plain = Text.of(spell(text)).stripped()
    plain, called = _without_lambda(plain)
    words, defined = _without_head(_words(plain))
    if not words:
        raise FormulaError(Reason.EMPTY, text)
    words = _indexed(words, names)
    tokens = _named(words, names, called or defined, functions)
    end = max(plain.places, default=-1) + 1
    return [*tokens, Token(Kind.END, "", Span(end, end))]


# ---- words


def _words(text: Text) -> list[Token]:
    """Cut a text into words and signs; names are not known yet."""
    found: list[Token] = []
    position, spaced, font = 0, False, False
    named: set[int] = set()
    while position < len(text.signs):
        match = _WORDS.match(text.signs, position)
        assert match is not None
        kind, word = str(match.lastgroup), match[str(match.lastgroup)]
        span = Span(text.places[match.start()], text.places[match.end() - 1] + 1)
        if word.startswith("_") and (end := _lower(text, match.start(), found)):
            position = end
            continue
        position = match.end()
        font = font and kind == "blank"
        token = None if kind == "blank" else _word(kind, word, span, spaced)
        spaced = token is None
        if token is None:
            font = font or word in _LATEX_FONTS
            continue
        if token.text == "{" and font:
            named.add(len(found))
        found.append(token)
        _unbrace(found, named)
        if found[-1].kind is Kind.NAME and (lowered := _LOWERED.match(text.signs, position)):
            position = lowered.end()
            end = text.places[position - 1] + 1
            name = found[-1]
            found[-1] = name._replace(text=name.text + (lowered[1] or lowered[2]), span=Span(name.span.start, end))
    return found


def _word(kind: str, word: str, span: Span, spaced: bool) -> Token | None:
    """Return the token of a word, None of one that says nothing."""
    if kind == "other" and fraction(word):
        return Token(Kind.FRACTION, word, span, spaced)
    if kind == "command" and word in _LATEX_BLANKS | _LATEX_FONTS:
        return None
    if kind == "command" and word in COMMANDS:
        return Token(Kind.COMMAND, COMMANDS[word], span, spaced)
    if kind == "command" and word in _LATEX_SIGNS:
        kind, word = "sign", _LATEX_SIGNS[word]
    for reason, refused in _REFUSED.items():
        if word.lower() in refused and word != "=":
            raise FormulaError(reason, word, span.start)
    if kind == "other" or (kind == "command" and not word.isalpha()):
        raise FormulaError(Reason.NOT_A_FORMULA, word, span.start)
    if kind == "sign":
        return Token(Kind.SIGN, {"**": "^", ":=": "="}.get(word.lstrip("."), word.lstrip(".")), span, spaced)
    if kind == "number":
        return Token(Kind.NUMBER, word.replace("_", "").lower(), span, spaced)
    return Token(Kind.NAME, "".join(_GREEK.get(letter, letter) for letter in word), span, spaced)


def _lower(text: Text, position: int, found: list[Token]) -> int:
    """Give the name before a power (`x^2_1`) the index after it, and return where that ends; 0 where there is none."""
    lowered = _LOWERED.match(text.signs, position)
    base = len(found) - 3
    if found and found[-1].text in (")", "}"):
        opening = {")": "(", "}": "{"}[found[-1].text]
        starts = [i for i, token in enumerate(found) if token.text == opening]
        base = starts[-1] - 2 if starts else -1
    if lowered is None or base < 0 or found[base].kind is not Kind.NAME or found[base + 1].text != "^":
        return 0
    found[base] = found[base]._replace(text=found[base].text + (lowered[1] or lowered[2]))
    return lowered.end()


def _unbrace(found: list[Token], named: set[int]) -> None:
    r"""Take the braces off a name at the end (`\mathbf{x}`), but not off what something holds (`e^{x}`)."""
    if len(found) < 3 or [found[-3].text, found[-1].text] != ["{", "}"] or found[-2].kind is not Kind.NAME:
        return
    before = found[-4] if len(found) > 3 else None
    is_held = before is not None and (before.kind in (Kind.COMMAND, Kind.NAME) or before.text in ("^", "}", "]", "√"))
    if len(found) - 3 in named or not is_held:
        found[-3:] = [found[-2]]


# ---- heads: `f(x, y) =`, `lambda x, y:`


def _without_lambda(text: Text) -> tuple[Text, tuple[str, ...]]:
    """Take off the head of a function of a programming language, and return how it calls its arguments."""
    found = _LAMBDA.match(text.signs)
    if found is None:
        return text, ()
    called = tuple(_DEFINED.findall(next((part for part in found.groups() if part), "").replace("_", "")))
    called = () if called == ("return",) else called
    return text.cut(found.end(), len(text.signs)).stripped(), called


def _without_head(words: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """Take off what stands before an equals sign, where it is a name or a function with names as its arguments."""
    called: tuple[str, ...] = ()
    while any(token.text == "=" for token in words):
        i = next(i for i, token in enumerate(words) if token.text == "=")
        head = [token for token in words[:i] if token.text not in (",", "(", ")", "{", "}", "[", "]")]
        has_names = any(token.kind is Kind.NAME for token in words[i + 1 :])
        if any(token.kind is not Kind.NAME for token in head) or (head and not has_names):
            raise FormulaError(Reason.EQUATION, "=", words[i].span.start)
        has_arguments = len(words[:i]) > 2 and words[1].text in ("(", "[")
        if len(head) > 1 and not has_arguments:
            raise FormulaError(Reason.EQUATION, "=", words[i].span.start)
        called = tuple(token.text for token in head[1:]) or called
        words = words[i + 1 :]
    return words, called


# ---- names


def _indexed(words: list[Token], names: Sequence[str]) -> list[Token]:
    """Write `x[0], x[1]`, `x[1], x[2]` and `x(1), x(2)` as `x1, x2`."""
    family = {name.rstrip("0123456789") for name in names if name[-1].isdigit()} - set(names)
    at = [i for i in range(len(words) - 3) if words[i].text.lower() in family and _is_index(words, i)]
    if not at or len(at) != sum(word.text.lower() in family for word in words):
        return words
    numbers = {int(words[i + 2].text) for i in at}
    stem = words[at[0]].text.lower()
    first = min(int(name.removeprefix(stem)) for name in names if name.startswith(stem))
    if len(names) > 1 and numbers == {1} and words[at[0] + 1].text == "[":
        raise FormulaError(Reason.UNCLEAR, f"{stem}[1]", words[at[0]].span.start, [f"{stem}1", f"{stem}2"])
    shift = first if 0 in numbers else 0
    kept: list[Token] = []
    for i, word in enumerate(words):
        if i in at:
            span = Span(word.span.start, words[i + 3].span.end)
            kept.append(word._replace(text=f"{stem}{int(words[i + 2].text) + shift}", span=span))
        elif not {i - 1, i - 2, i - 3} & set(at):
            kept.append(word)
    return kept


def _is_index(words: list[Token], i: int) -> bool:
    opening, number, closing = words[i + 1 : i + 4]
    return (opening.text, closing.text) in (("[", "]"), ("(", ")"), ("{", "}")) and number.text in ("0", "1", "2")


_CALLED = {
    ("x1", "x2"): (("x", "y"), ("w1", "w2"), ("theta1", "theta2"), ("u", "v")),
    ("w",): (("x",), ("theta",), ("t",), ("z",), ("u",)),
}
"""What the names are called elsewhere, by the names themselves."""


def _named(
    words: list[Token], names: Sequence[str], called: tuple[str, ...], functions: Collection[str]
) -> list[Token]:
    """Find out which words are names, constants and functions, and put those apart that are written together."""
    is_renamed = 0 < len(called) <= len(names) and not set(called) <= set(names)
    others = [called] if is_renamed else _CALLED.get(tuple(names), ())
    refused: FormulaError | None = None
    for calling in (tuple(names), *others):
        vocabulary = _vocabulary(dict(zip(calling, names, strict=False)), functions)
        try:
            return [token for i, word in enumerate(words) for token in _resolved(words, i, vocabulary)]
        except FormulaError as error:
            refused = refused or error
    assert refused is not None
    raise refused


Vocabulary = Mapping[str, tuple[Kind, str]]


def _vocabulary(called: Mapping[str, str], functions: Collection[str]) -> Vocabulary:
    """Return what each word is, and its own form."""
    words = {word: (Kind.CONSTANT, form) for word, form in CONSTANTS.items()}
    words |= {word: (Kind.FUNCTION, word) for word in functions}
    words |= {word: (Kind.FUNCTION, form) for word, form in SYNONYMS.items() if form in functions}
    return words | {word: (Kind.NAME, form) for word, form in called.items()}


def _resolved(words: list[Token], i: int, vocabulary: Vocabulary) -> list[Token]:
    word = words[i]
    if word.kind is not Kind.NAME:
        return [word]
    for spelling in (word.text, word.text.lower()):
        if spelling in vocabulary:
            kind, form = vocabulary[spelling]
            return [Token(kind, form, word.span, word.spaced)]
    is_called = i + 1 < len(words) and words[i + 1].text == "(" and not words[i + 1].spaced
    ways = sorted(
        {
            way
            for spelling in (word.text, word.text.lower())
            for way in _ways(spelling, vocabulary)
            # `atan2(…)` is not the arcus tangent of 2.
            if not (is_called and way[-1][0] is Kind.NUMBER)
        },
        key=len,
    )
    if len(ways) > 1:
        raise FormulaError(Reason.UNCLEAR, word.text, word.span.start, [_written(way) for way in ways[:2]])
    if ways:
        return _apart(word, ways[0])
    reason = Reason.UNKNOWN_FUNCTION if is_called else Reason.UNKNOWN_NAME
    raise FormulaError(reason, word.text, word.span.start, _meant(word.text, vocabulary, is_called))


Way = tuple[tuple[Kind, str, int], ...]
"""Known words that were written together: what each is, its own form, and how long it was."""


def _ways(word: str, vocabulary: Vocabulary) -> list[Way]:
    """Return the ways in which a word is known words written together: `x1x2`, `sinx1`, `ln2`; a few suffice."""
    ways: list[list[Way]] = [[()]]
    longest = max(map(len, vocabulary))
    for end in range(1, len(word) + 1):
        here: list[Way] = []
        for start in range(max(0, end - longest), end):
            part = word[start:end]
            if part in vocabulary:
                here += [(*way, (*vocabulary[part], len(part))) for way in ways[start]]
            elif part.isdecimal() and part.isascii():
                behind = [way for way in ways[start] if way and way[-1][0] is Kind.FUNCTION]
                here += [(*way, (Kind.NUMBER, part, len(part))) for way in behind]
        ways.append(here[:4])
    return ways[-1]


def _apart(word: Token, way: Way) -> list[Token]:
    """Return the tokens of words that were written together."""
    tokens, start = [], word.span.start
    is_plain = sum(length for _kind, _form, length in way) == word.span.end - start
    for i, (kind, form, length) in enumerate(way):
        span = Span(start, start + length) if is_plain else word.span
        tokens.append(Token(kind, form, span, word.spaced and not i))
        start += length
    return tokens


def _written(way: Way) -> str:
    """Write words that were written together with a sign between."""
    written, closing = "", 0
    for i, (kind, form, _length) in enumerate(way):
        is_inside = i > 0 and way[i - 1][0] is Kind.FUNCTION
        written += ("" if not i or is_inside else "*") + form + ("(" if kind is Kind.FUNCTION else "")
        closing += kind is Kind.FUNCTION
    return written + ")" * closing


def _meant(word: str, vocabulary: Vocabulary, is_called: bool) -> list[str]:
    """Return what an unknown word may have been: a power that lost its place (`x12`), or a misspelt word."""
    if word[:-1] in vocabulary and word[-1].isdigit() and vocabulary[word[:-1]][0] is Kind.NAME:
        return [f"{word[:-1]}^{word[-1]}"]
    kinds = [Kind.FUNCTION] if is_called else list(Kind)
    close = get_close_matches(
        word.lower(), [known for known, (kind, _form) in vocabulary.items() if kind in kinds], 1, 0.75
    )
    return close if len(word) > 2 else []
