r"""The grammar of formulas: from tokens to a tree of operations, by descent, without evaluating anything.

```
sum      = product (("+" | "-") product)*
product  = factors (("*" | "/") factors)*
factors  = signed power*                      2x1, 3(x1 + 1)
signed   = ("+" | "-") signed | power
power    = atom ["^" signed]
atom     = number | name | call | root | "(" sum ")" | "|" sum "|" | \frac{sum}{sum}
call     = function ["^" signed] ("(" sum ("," sum)* ")" | power)
```

What could be meant in two ways (`1/2x1`, `sin x1/2`) is refused at its place, with both ways written out.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from optviz.notation import FormulaError, Kind, Reason, Span, Token, tokens_of
from optviz.signs import fraction

MAX_NODES = 150
MAX_DEPTH = 12
MAX_NESTING = 40

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ROOTS = {"√": 2, "∛": 3, "∜": 4}
_INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
_CHAINS = ({"+", "-"}, {"*", "/"})


class Part(NamedTuple):
    """A part of a formula: a number, a name, or an operation on parts; `span` is where it stands in the text."""

    content: float | str
    operands: tuple["Part", ...]
    span: Span
    size: int = 1
    depth: int = 1


def operation(span: Span, name: str, *operands: Part) -> Part:
    """Return an operation on parts; refuse what is too big or too deep to differentiate twice in a moment.

    A chain `a + b - c` or `a * b / c` is one operation deep.
    """
    size = 1 + sum(part.size for part in operands)
    chain = next((chain for chain in _CHAINS if name in chain), set())
    depth = 1 + max(part.depth - (part.content in chain) for part in operands)
    if size > MAX_NODES:
        raise FormulaError(Reason.TOO_MANY, "")
    if depth > MAX_DEPTH:
        raise FormulaError(Reason.TOO_DEEP, "", operands[0].span.start)
    return Part(name, operands, span, size, depth)


def number(span: Span, value: float) -> Part:
    """Return a number."""
    return Part(float(value), (), span)


class Call(NamedTuple):
    """What a function that is put together of others is, with the fewest and the most arguments it takes."""

    fewest: int
    most: int
    build: Callable[..., Part]


Make = Callable[..., Part]


def _logarithm(make: Make, value: Callable[[float], Part], u: Part, base: Part | None = None) -> Part:
    return make("log", u) if base is None else make("/", make("log", u), make("log", base))


def _to_base(base: float) -> Callable[..., Part]:
    return lambda make, value, u: _logarithm(make, value, u, value(base))


def folded(name: str) -> Callable[..., Part]:
    """Return what builds an operation on two parts over several, from the left."""

    def build(make: Make, value: Callable[[float], Part], *arguments: Part) -> Part:
        first, *rest = arguments
        for argument in rest:
            first = make(name, first, argument)
        return first

    return build


def _reciprocal(name: str) -> Callable[..., Part]:
    return lambda make, value, u: make("/", value(1), make(name, u))


def _cube_root(make: Make, value: Callable[[float], Part], u: Part) -> Part:
    # Real at a negative u too, which a power is not.
    return make("*", make("sign", u), make("**", make("abs", u), make("/", value(1), value(3))))


def _sigmoid(make: Make, value: Callable[[float], Part], u: Part) -> Part:
    return make("/", value(1), make("+", value(1), make("exp", make("negate", u))))


def _square(make: Make, value: Callable[[float], Part], u: Part) -> Part:
    return make("**", u, value(2))


COMPOSED: dict[str, Call] = {
    "log": Call(1, 2, _logarithm),
    "log10": Call(1, 1, _to_base(10)),
    "log2": Call(1, 1, _to_base(2)),
    "log1p": Call(1, 1, lambda make, value, u: make("log", make("+", value(1), u))),
    "expm1": Call(1, 1, lambda make, value, u: make("-", make("exp", u), value(1))),
    "exp2": Call(1, 1, lambda make, value, u: make("**", value(2), u)),
    "pow": Call(2, 2, lambda make, value, u, v: make("**", u, v)),
    "square": Call(1, 1, _square),
    "cbrt": Call(1, 1, _cube_root),
    "hypot": Call(
        2, 2, lambda make, value, u, v: make("sqrt", make("+", _square(make, value, u), _square(make, value, v)))
    ),
    "max": Call(2, 9, folded("max")),
    "min": Call(2, 9, folded("min")),
    "cot": Call(1, 1, lambda make, value, u: make("/", make("cos", u), make("sin", u))),
    "sec": Call(1, 1, _reciprocal("cos")),
    "csc": Call(1, 1, _reciprocal("sin")),
    "sigmoid": Call(1, 1, _sigmoid),
    "relu": Call(1, 1, lambda make, value, u: make("max", value(0), u)),
    "softplus": Call(1, 1, lambda make, value, u: make("log", make("+", value(1), make("exp", u)))),
}
"""The functions that are put together of others; every other one takes one argument."""


def read(text: str, names: Sequence[str], functions: Collection[str], calls: Mapping[str, Call] = COMPOSED) -> Part:
    """Return the tree of a formula in the given names and functions; raises `FormulaError` for any other text.

    `calls` are the functions that take more than one argument, or are put together of others.
    """
    tokens = tokens_of(text, names, {*functions, *calls})
    return _Reader(text, tokens, calls).read()


class _Reader:
    """Reads tokens from left to right; every method returns the part that it has read."""

    def __init__(self, text: str, tokens: list[Token], calls: Mapping[str, Call]) -> None:
        self.text = text
        self.tokens = tokens
        self.calls = calls
        self.at = 0
        self.nesting = 0
        self.bars = 0
        self.separates = False
        """Whether a comma between two digits separates arguments, and is no decimal comma."""

    # ---- the tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def slice(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def since(self, start: int) -> Span:
        """Return what was read since a place of the text."""
        return Span(start, max(start, self.tokens[self.at - 1].span.end if self.at else start))

    def refuse(self, reason: Reason, span: Span, hints: Sequence[str] = ()) -> FormulaError:
        return FormulaError(reason, self.slice(span), span.start, hints)

    # ---- the grammar

    def read(self) -> Part:
        part = self.sum()
        token = self.next
        if token.kind is not Kind.END:
            reason = Reason.UNPAIRED if token.text in (")", "]", "}", "|") else Reason.NOT_A_FORMULA
            raise FormulaError(reason, self.text[token.span.start :], token.span.start)
        return part

    def sum(self) -> Part:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(Reason.TOO_DEEP, "", self.next.span.start)
        part = self.product()
        while self.next.text in ("+", "-"):
            sign = self.take()
            right = self.product()
            part = operation(Span(part.span.start, right.span.end), sign.text, part, right)
        self.nesting -= 1
        return part

    def product(self) -> Part:
        start = self.next.span.start
        part = self.factors(self.signed())
        while self.next.text in ("*", "/"):
            numerator, sign = self.tokens[self.at - 1], self.take()
            right = self.signed()
            part = operation(Span(start, right.span.end), sign.text, part, right)
            if sign.text == "/" and self.starts_factor():
                self.check_division(numerator, right, part)
            part = self.factors(part)
        return part

    def factors(self, part: Part) -> Part:
        """Multiply by what stands right behind a factor without a sign between: `2x1`, `3(x1 + 1)`, `x1 x2`."""
        while self.starts_factor():
            if self.next.kind in (Kind.NUMBER, Kind.FRACTION):
                raise self.unclear_number(part)
            right = self.power()
            part = operation(Span(part.span.start, right.span.end), "*", part, right)
        return part

    def starts_factor(self) -> bool:
        token = self.next
        is_word = token.kind not in (Kind.SIGN, Kind.END)
        return is_word or token.text in ("(", "[", "{", *_ROOTS) or (token.text == "|" and not self.bars)

    def unclear_number(self, before: Part) -> FormulaError:
        """Refuse a number behind a factor, as a copied power is that lost its place: `x1 2`."""
        last, following = self.tokens[self.at - 1], self.next
        written = self.slice(following.span)
        span = Span(last.span.start, following.span.end)
        if last.kind is Kind.NUMBER:
            return self.refuse(Reason.UNCLEAR, span, [f"{last.text}{written}", f"{last.text}*{written}"])
        base = self.slice(last.span) if last.kind is not Kind.SIGN else self.slice(before.span)
        return self.refuse(Reason.UNCLEAR, span, [f"{base}^{written}", f"{base}*{written}"])

    def check_division(self, numerator: Token, divisor: Part, quotient: Part) -> None:
        """Refuse `a/b c`, but where a fraction of two numbers stands before what it multiplies: `1/2 x1^2`."""
        is_fraction = numerator.kind is Kind.NUMBER and isinstance(divisor.content, float)
        following = self.tokens[self.at + 1].text
        if is_fraction and (self.next.kind is not Kind.CONSTANT or following == "^"):
            return
        start, at = self.next.span.start, self.at
        factor = self.factors(self.power())
        self.at = at
        top, slash, bottom = self.slice(quotient.span).rpartition("/")
        rest = self.slice(Span(start, factor.span.end))
        hints = [f"{top}{slash}{bottom}*{rest}", f"{top}/({bottom.strip()}*{rest})"] if slash else []
        raise self.refuse(Reason.UNCLEAR, Span(quotient.span.start, factor.span.end), hints)

    def signed(self) -> Part:
        token = self.next
        if token.text not in ("+", "-") or token.kind is not Kind.SIGN:
            return self.power()
        self.take()
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(Reason.TOO_DEEP, "", token.span.start)
        part = self.signed()
        self.nesting -= 1
        return operation(Span(token.span.start, part.span.end), "negate", part) if token.text == "-" else part

    def power(self) -> Part:
        return self.raised(self.atom())

    def raised(self, base: Part) -> Part:
        if self.next.text != "^":
            return base
        self.take()
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(Reason.TOO_DEEP, "", base.span.start)
        exponent = self.signed()
        self.nesting -= 1
        return operation(self.since(base.span.start), "**", base, exponent)

    def atom(self) -> Part:
        token = self.next
        read = _ATOMS.get(token.kind) or _SIGNS.get(token.text)
        if read is not None:
            return read(self)
        if token.text == "^" and self.tokens[min(self.at + 4, len(self.tokens) - 1)].text == "√":
            return self.raised_root()
        raise self.missing()

    def name(self) -> Part:
        token = self.take()
        if token.kind is Kind.CONSTANT and [each.text for each in self.tokens[self.at : self.at + 2]] == ["(", ")"]:
            self.at += 2
        return Part(token.text, (), token.span)

    def missing(self) -> FormulaError:
        """Refuse the place where a number, name or bracket should stand."""
        token, before = self.next, self.tokens[self.at - 1] if self.at else None
        if token.kind is Kind.END:
            assert before is not None
            return FormulaError(Reason.MISSING, self.slice(before.span), before.span.start)
        return FormulaError(Reason.MISSING, self.slice(token.span), token.span.start)

    def number(self) -> Part:
        token = self.take()
        written, start = token.text, token.span.start
        if self.is_decimal_comma():
            written, following = f"{written}.{self.tokens[self.at + 1].text}", self.tokens[self.at + 1]
            if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", written):
                hints = [written.replace(".", ""), written]
                raise self.refuse(Reason.UNCLEAR, Span(start, following.span.end), hints)
            self.at += 2
        part = number(self.since(start), float(written))
        if self.next.kind is Kind.FRACTION and not self.next.spaced and written.isdigit():
            mixed = self.vulgar()
            return operation(self.since(start), "+", part, mixed)
        return part

    def is_decimal_comma(self) -> bool:
        """Whether a comma follows that stands between two digits, and separates no arguments."""
        comma, following = self.next, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        is_tight = comma.text == "," and not comma.spaced and not following.spaced and following.kind is Kind.NUMBER
        is_whole = (
            self.tokens[self.at - 1].text.isdigit() and following.text[:1].isdigit() and "." not in following.text
        )
        return is_tight and is_whole and not self.separates

    def vulgar(self) -> Part:
        token = self.take()
        parts = fraction(token.text)
        assert parts is not None
        return operation(token.span, "/", *(number(token.span, each) for each in parts))

    def group(self) -> Part:
        """Read what stands in brackets."""
        opening = self.next
        (part,) = self.arguments(1, 1)
        return part._replace(span=self.since(opening.span.start))

    def arguments(self, fewest: int, most: int) -> list[Part]:
        """Read brackets with arguments between commas or semicolons; in a single one a comma is a decimal comma."""
        opening, at = self.take(), self.at
        before = self.bars, self.separates
        self.bars, self.separates = 0, most > 1 and not self.has_semicolons(at)
        found = [] if self.next.text == _CLOSING[opening.text] else [self.sum()]
        while found and self.next.text in (",", ";"):
            self.take()
            found.append(self.sum())
        self.bars, self.separates = before
        closing = self.next
        if closing.text != _CLOSING[opening.text]:
            if closing.kind is Kind.END or closing.text in _CLOSING.values():
                raise self.refuse(Reason.UNPAIRED, opening.span)
            raise self.refuse(Reason.NOT_A_FORMULA, closing.span)
        self.take()
        if not fewest <= len(found) <= most:
            # Of a plain bracket there is nothing to say about arguments.
            reason = (
                Reason.WRONG_ARGUMENTS if self.tokens[at - 2].kind is Kind.FUNCTION and at > 1 else Reason.NOT_A_FORMULA
            )
            start = self.tokens[at - 2].span.start if reason is Reason.WRONG_ARGUMENTS else opening.span.start
            raise self.refuse(reason, self.since(start))
        return found

    def has_semicolons(self, at: int) -> bool:
        """Whether semicolons separate the arguments of a bracket that was opened before `at`."""
        depth = 0
        for token in self.tokens[at:]:
            depth += (token.text in _CLOSING) - (token.text in _CLOSING.values())
            if depth < 0:
                return False
            if token.text == ";" and not depth:
                return True
        return False

    def modulus(self) -> Part:
        bar = self.take()
        if self.next.kind is Kind.END:
            raise self.refuse(Reason.UNPAIRED, bar.span)
        self.bars += 1
        inside = self.sum()
        if self.next.text != "|":
            raise self.refuse(Reason.UNPAIRED, bar.span)
        self.take()
        self.bars -= 1
        return operation(self.since(bar.span.start), "abs", inside)

    def root(self) -> Part:
        sign = self.take()
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(Reason.TOO_DEEP, "", sign.span.start)
        inside = self.group() if self.next.text in _CLOSING else self.power()
        self.nesting -= 1
        return self.rooted(inside, number(sign.span, _ROOTS[sign.text]), sign.span.start)

    def raised_root(self) -> Part:
        """Read a root with its degree before it: `³√x1`."""
        start = self.take().span.start
        degree = self.group()
        sign = self.take()
        inside = self.group() if self.next.text in _CLOSING else self.power()
        return self.rooted(inside, degree, min(start, sign.span.start))

    def rooted(self, inside: Part, degree: Part, start: int) -> Part:
        make = partial(operation, self.since(start))
        if degree.content == 2:
            return make("sqrt", inside)
        if degree.content == 3:
            return _cube_root(make, partial(number, self.since(start)), inside)
        return make("**", inside, make("/", number(self.since(start), 1), degree))

    def command(self) -> Part:
        r"""Read `\frac{a}{b}`, `\frac12`, `\sqrt{a}` or `\sqrt[n]{a}`."""
        token = self.take()
        if token.text == "frac":
            top, bottom = self.held(), self.held()
            return operation(self.since(token.span.start), "/", top, bottom)
        degree = self.group() if self.next.text == "[" else number(token.span, 2)
        return self.rooted(self.held(), degree, token.span.start)

    def held(self) -> Part:
        """Read what a command holds: braces, or one digit or name."""
        token = self.next
        if token.kind is Kind.NUMBER and len(token.text) > 1 and token.text.isdigit():
            middle = token.span.start + 1
            digits = token._replace(text=token.text[1:], span=Span(middle, token.span.end), spaced=False)
            self.tokens[self.at] = digits
            return number(Span(token.span.start, middle), float(token.text[0]))
        return self.atom()

    def call(self) -> Part:
        function = self.take()
        start, name, exponent = function.span.start, function.text, None
        if self.next.text == "^":
            self.take()
            exponent = self.signed()
            if self.is_inverse(exponent):
                if name not in _INVERSES:
                    raise self.refuse(Reason.UNCLEAR, self.since(start), [f"1/{name}(…)", f"{name}((…)^(-1))"])
                name, exponent = _INVERSES[name], None
        call = self.calls.get(name, Call(1, 1, lambda make, value, u: make(name, u)))
        is_in_brackets = self.next.text in _CLOSING
        arguments = self.arguments(call.fewest, call.most) if is_in_brackets else [self.bare(function)]
        span = self.since(start)
        if name == "log" and len(arguments) == 2 and self.tokens[self.at - 1].text == "]":
            # Mathematica has the base first.
            u, v = (self.slice(argument.span) for argument in arguments)
            raise self.refuse(Reason.UNCLEAR, span, [f"log({v}, {u})", f"log({u}, {v})"])
        if not call.fewest <= len(arguments) <= call.most:
            raise self.refuse(Reason.WRONG_ARGUMENTS, span)
        part = call.build(partial(operation, span), partial(number, span), *arguments)._replace(span=span)
        return part if exponent is None else operation(span, "**", part, exponent)

    @staticmethod
    def is_inverse(exponent: Part) -> bool:
        return exponent.content == "negate" and exponent.operands[0].content == 1

    def bare(self, function: Token) -> Part:
        """Read an argument without brackets: `sin x1`, `sin 2πx1`, `exp -x1^2`; what goes on behind it is unclear."""
        if not self.starts_factor() and self.next.text not in ("-", "|"):
            raise self.refuse(Reason.WRONG_ARGUMENTS, function.span)
        part = self.modulus() if self.next.text == "|" else self.signed()
        while self.is_constant(part) and self.starts_factor() and self.next.kind is not Kind.FUNCTION:
            if self.next.kind is Kind.NUMBER:
                raise self.unclear_number(part)
            right = self.power()
            part = operation(Span(part.span.start, right.span.end), "*", part, right)
        if (self.starts_factor() and self.next.kind is not Kind.FUNCTION) or self.next.text == "/":
            raise self.unclear_argument(function, part)
        return part

    def is_constant(self, part: Part) -> bool:
        if not part.operands:
            return isinstance(part.content, float) or part.content in ("pi", "e")
        return all(map(self.is_constant, part.operands))

    def unclear_argument(self, function: Token, part: Part) -> FormulaError:
        name, argument = self.slice(function.span), self.slice(part.span)
        sign, at = ("/", self.at + 1) if self.next.text == "/" else ("*", self.at)
        token = self.tokens[at]
        if token.text in _CLOSING or token.kind in (Kind.END, Kind.COMMAND):
            hints = [f"{name}({argument})"]
        else:
            following = self.slice(token.span)
            hints = [f"{name}({argument}){sign}{following}", f"{name}({argument}{sign}{following})"]
        return self.refuse(Reason.UNCLEAR, Span(function.span.start, token.span.end), hints)


_ATOMS: dict[Kind, Callable[[_Reader], Part]] = {
    Kind.NUMBER: _Reader.number,
    Kind.FRACTION: _Reader.vulgar,
    Kind.NAME: _Reader.name,
    Kind.CONSTANT: _Reader.name,
    Kind.FUNCTION: _Reader.call,
    Kind.COMMAND: _Reader.command,
}
_SIGNS: dict[str, Callable[[_Reader], Part]] = {
    **dict.fromkeys(_CLOSING, _Reader.group),
    **dict.fromkeys(_ROOTS, _Reader.root),
    "|": _Reader.modulus,
}
