"""An update rule is written once, as the lines of a textbook; whatever else is said of it comes from them.

    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = m/(1 - beta1**t)
    v_hat = v/(1 - beta2**t)
    w = w - lr*m_hat/(sqrt(v_hat) + epsilon)

g is the gradient at w, t counts the updates from 1, lr is the learning rate. A name that is read before it is written
is remembered from one update to the next; it begins at 0, or as a line `v(0) = ...` says. What a line of arithmetic
cannot say is said by few names: `gradient(...)` at another point than w, `newton(damping)` for (H + damping I)^-1 g,
`curvature` for the diagonal of H, `norm(...)` and `sum(...)` over all coordinates, `where(u, a, b)` for a where u > 0
and b elsewhere, and `remainder(t, k)`, which is 0 at every k-th update. `loss(...)` is the loss at a point, on the same
batch. `search(d, first)` is the longest of the steps first, first/2, first/4, ... along -d that lowers the loss by
enough, `wolfe(d, first)` one that is long enough too (`optviz.optimization.line_search`); `lbfgs(m)` is the direction
that the last m steps give (`optviz.optimization.history`). A text is parsed by a white list to a tree
(`optviz.grammar`), never evaluated; programs are made from the tree.

    m = beta*m + g
    w = w - lr*sqrt(max(1, aspect(w)))*orthogonal(beta*m + g)
    vectors:
    w = w - lr*g

In a rule that uses a function of `MATRIX` (`optviz.optimization.matrices`), w and g are the matrix of one layer. What
stands below `vectors:` is the rule for biases; without it a vector is a matrix of one column.
"""

import keyword
import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from optviz.arrays import Array, Number
from optviz.grammar import COMPOSED, Call, Make, Part, folded, read
from optviz.notation import CONSTANTS, SYNONYMS, FormulaError, Reason, Span
from optviz.optimization import history, line_search, matrices

TINY = float(np.finfo(float).tiny)
"""The smallest normal float. It is added to what is divided by: it changes nothing unless that is zero."""

GIVEN = ("w", "g", "t", "lr")
ASK, NEWTON, NORM, TOTAL, WHERE, REMAINDER = "gradient", "newton", "norm", "sum", "where", "remainder"
LOSS, SEARCH, WOLFE, LBFGS = "loss", "search", "wolfe", "lbfgs"
SEARCHES = (SEARCH, WOLFE)
ASKED = (ASK, LOSS, *SEARCHES)
"""What is asked of the objective, by a line of its own."""
ALONG_GRADIENT = (NEWTON, *SEARCHES, LBFGS)
"""What reads g without naming it."""
_ELEMENTARY = ("sqrt", "abs", "sign", "exp", "log", "tanh", "sin", "cos")
FUNCTIONS = (*_ELEMENTARY, *ASKED, NEWTON, LBFGS, NORM, TOTAL)
ORTHOGONAL, POLAR, MATMUL, TRANSPOSE = "orthogonal", "polar", "matmul", "transpose"
INVERSE_ROOT, EIGENVECTORS, ROW_MEAN, COLUMN_MEAN = "inverseroot", "eigenvectors", "rowmean", "columnmean"
RMS, ASPECT = "rms", "aspect"
MATRIX = (ORTHOGONAL, POLAR, MATMUL, TRANSPOSE, INVERSE_ROOT, EIGENVECTORS, ROW_MEAN, COLUMN_MEAN, RMS, ASPECT)
"""What can be said of matrices alone."""
VECTORS = "vectors:"
CURVATURE = "curvature"
"""The diagonal of the Hessian at w."""
LATER = {TOTAL, WHERE, REMAINDER, CURVATURE, *SEARCHES, LBFGS, *MATRIX}
"""What came into the language when links had been made: in a rule that gives such a name to its own, it is its own.

No rule ever had a name `loss`, which loops have for their own.
"""
WIDE = {NORM, TOTAL}
"""What makes one number of all coordinates."""
POINT, PLACE, MOMENT, ROOT, RATE, ETA = "_point", "_place", "_moment", "_root", "_rate", "_eta"
"""Names of our own for what the lines leave unnamed.

Where a gradient is taken, and where a loss is, the newest gradient as the moment, the divisor, lr over it, the step.
"""
HISTORY, RECALL = "_history", "recall"
"""What `lbfgs` remembers, and what brings it up to date."""

MAX_LINES = 24


class SubStep(IntEnum):
    """One of the four sub-steps of an update."""

    GRADIENT = 1
    MOMENTS = 2
    ETA = 3
    POINT = 4


class Line(NamedTuple):
    """One line, `name = tree`, of a sub-step."""

    sub_step: SubStep
    name: str
    tree: Part


class Parity(IntEnum):
    """What becomes of a term when the gradient changes its sign: it stays, or changes its sign too; 0 does both."""

    EVEN = 0
    ODD = 1
    ZERO = 2
    MIXED = 3


class Split(NamedTuple):
    """A step as `rate * moment + rest`: `rate` and `rest` are None where there is none but lr, or nothing besides."""

    moment: Part
    above: tuple[Part, ...]
    below: tuple[Part, ...]
    rest: Part | None


@dataclass(frozen=True)
class Rule:
    """The lines of an update, parsed; `parameters` are the names of its settings."""

    text: str
    parameters: tuple[str, ...]
    written: tuple[tuple[str, Part], ...] = field(compare=False)
    initial: tuple[tuple[str, Part], ...] = field(compare=False)
    vectors: "Rule | None" = field(default=None, compare=False)
    """The rule for vectors, where they have one of their own."""

    @cached_property
    def needs_matrices(self) -> bool:
        """Whether w must be the matrices and vectors of a net, and not a point."""
        used = set().union(*(operations_in(tree) for _name, tree in (*self.initial, *self.written)))
        return self.vectors is not None or bool(used & {*MATRIX})

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The names that are remembered, in the order in which they are written."""
        known: set[str] = {*GIVEN, CURVATURE, *self.parameters} - ({"g"} if self.asks else set())
        known -= {CURVATURE} & {name for name, _tree in self.written}
        remembered: set[str] = set()
        for name, tree in self.written:
            remembered |= names_in(tree) - known
            known.add(name)
        named = dict.fromkeys(name for name, _tree in self.written if name in remembered)
        return (*named, HISTORY) if self.pairs is not None else (*named,)

    @cached_property
    def pairs(self) -> Part | None:
        """How many steps `lbfgs` looks back, None where there is none."""
        found = [part for _name, tree in self.written for part in _operations(tree, LBFGS)]
        return found[0].operands[0] if found else None

    @cached_property
    def parities(self) -> Mapping[str, Parity]:
        """The parity of every name that is written; a state begins as 0, and takes what its line makes of it."""
        found = {"g": Parity.ODD, "w": Parity.MIXED} | dict.fromkeys(self.states, Parity.ZERO)
        found |= {HISTORY: Parity.MIXED} if HISTORY in found else {}
        found |= {name: Parity.MIXED if "w" in names_in(tree) else Parity.EVEN for name, tree in self.initial}
        for _round in range(len(self.states) + 1):
            for name, tree in self.written[:-1]:
                found[name] = _both(found.get(name, Parity.ZERO), parity(tree, found))
        return found

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines in order, with names for what was unnamed: the four sub-steps, the last of which is `w - eta`."""
        found: list[Line] = []
        last = max((i for i, (_name, tree) in enumerate(self.written) if tree.content == ASK), default=-1)
        for i, (name, tree) in enumerate(self.written[:-1]):
            # What leads to the point of a gradient belongs to it.
            sub_step = SubStep.GRADIENT if i <= last else SubStep.MOMENTS
            if tree.content in (ASK, LOSS) and tree.operands[0].content != "w":
                place = POINT if tree.content == ASK else PLACE
                found.append(Line(sub_step, place, tree.operands[0]))
                found.append(Line(sub_step, name, tree._replace(operands=(_name(place),))))
            else:
                found.append(Line(sub_step, name, tree))
        if not self.asks:
            found.insert(0, Line(SubStep.GRADIENT, "g", _made(ASK, _name("w"))))
        moment = self.split.moment if self.split else None
        if moment is not None and moment.content == "g" and all(line.sub_step is SubStep.GRADIENT for line in found):
            # Of the four sub-steps none is left out: plain descent remembers the newest gradient alone.
            found.append(Line(SubStep.MOMENTS, MOMENT, moment))
            moment = _name(MOMENT)
        found += self._steps(moment)
        if self.pairs is not None:
            uses = (line.sub_step is SubStep.ETA or LBFGS in operations_in(line.tree) for line in found)
            i = [*uses].index(True)
            found.insert(i, Line(min(found[i].sub_step, SubStep.MOMENTS), HISTORY, _made(RECALL, self.pairs)))
        return (*found, Line(SubStep.POINT, "w", _made("-", _name("w"), _name(ETA))))

    @cached_property
    def asks(self) -> tuple[str, ...]:
        """The names of the gradients that are asked for by their own lines."""
        return tuple(name for name, tree in self.written if tree.content == ASK)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """What an update asks of the objective, in order; nothing where that is the gradient at w alone."""
        if not any(tree.content in ASKED for _name, tree in self.written):
            return ()
        return tuple(str(line.tree.content) for line in self.lines if line.tree.content in ASKED)

    def answers(self, g: Any, besides: Sequence[Any]) -> tuple[Any, ...]:
        """Return all answers in order, from the newest gradient and what was asked for besides it."""
        i = self._newest
        return (*besides[:i], g, *besides[i:])

    def besides(self, answers: Sequence[Any]) -> tuple[Any, ...]:
        """Return all answers but the newest gradient."""
        return (*answers[: self._newest], *answers[self._newest + 1 :])

    @cached_property
    def _newest(self) -> int:
        return max(i for i, what in enumerate(self.questions) if what == ASK)

    @cached_property
    def looks_ahead(self) -> bool:
        """Whether a gradient is taken elsewhere than at w."""
        return any(line.name == POINT for line in self.lines)

    @cached_property
    def follows_curvature(self) -> bool:
        """Whether it divides by the curvature, so that where that is negative its steps lead uphill."""
        return any(NEWTON in operations_in(tree) for _name, tree in self.written)

    @cached_property
    def reads_curvature(self) -> bool:
        """Whether it reads the diagonal of the Hessian."""
        own = {*self.parameters, *(name for name, _tree in self.written)}
        return CURVATURE not in own and any(CURVATURE in names_in(tree) for _name, tree in self.written)

    @property
    def needs_hessian(self) -> bool:
        """Whether it can run only where second derivatives are known."""
        return self.follows_curvature or self.reads_curvature

    @cached_property
    def step(self) -> Part:
        """What is subtracted from w."""
        tree = self.written[-1][1]
        (sign, first), *others = _terms(tree)
        if sign != 1 or first.operands or first.content != "w":
            return _made("-", _name("w"), tree)
        return _sum([(-sign, term) for sign, term in others]) or _number(0.0)

    @cached_property
    def split(self) -> Split | None:
        """The step as a rate times a moment that changes its sign with the gradient; None where it is none."""
        (sign, product), *others = _terms(self.step)
        above, below = _factors(product)
        odd = [part for part in above if parity(part, self.parities) is Parity.ODD]
        scale = [*(part for part in above if part not in odd), *below]
        is_scale = all(parity(part, self.parities) is Parity.EVEN for part in scale)
        if sign != 1 or len(odd) != 1 or not is_scale or not {"lr", *self.searched} & {part.content for part in above}:
            return None
        if any(parity(term, self.parities) in (Parity.ODD, Parity.ZERO) for _mark, term in others):
            return None
        return Split(odd[0], tuple(part for part in above if part is not odd[0]), tuple(below), _sum(others))

    @cached_property
    def searched(self) -> frozenset[str]:
        """The names of the steps that are searched for along a line."""
        return frozenset(name for name, tree in self.written if tree.content in SEARCHES)

    @cached_property
    def steers_rate(self) -> bool:
        """Whether the gradients or the losses say how long a step is, beside lr."""
        return "g" in self._scale or self.heeds_losses

    @property
    def heeds_losses(self) -> bool:
        """Whether losses do, so that a step may be 0."""
        return bool(self._scale & self._numbers_asked)

    @cached_property
    def _scale(self) -> set[str]:
        """All names that the factors of the moment are made of."""
        parts = (*self.split.above, *self.split.below) if self.split else ()
        scale = set().union(*map(names_in, parts))
        return scale.union(*map(self.sources, scale & {name for name, _tree in self.written}))

    @cached_property
    def _numbers_asked(self) -> frozenset[str]:
        return frozenset(name for name, tree in self.written if tree.content in (LOSS, *SEARCHES))

    def _steps(self, moment: Part | None) -> list[Line]:
        """Return the lines of the step: the divisor, the effective rate and eta, as far as there are any."""
        split = self.split
        if split is None or moment is None:
            return [Line(SubStep.ETA, ETA, self.step)]
        found = []
        rate = _product(split.above)
        if split.below:
            below = _product(split.below)
            if below.operands:
                found.append(Line(SubStep.ETA, ROOT, below))
                below = _name(ROOT)
            rate = _made("/", rate, below)
        if rate.operands or rate.content != "lr":
            found.append(Line(SubStep.ETA, RATE, rate))
            rate = _name(RATE)
        eta = _made("*", rate, moment)
        return [*found, Line(SubStep.ETA, ETA, eta if split.rest is None else _made("+", eta, split.rest))]

    @cached_property
    def spread(self) -> Part | None:
        """What the step is divided by the root of, None where it is by nothing that the gradients shaped."""
        lines = dict(self.written)
        below = self.split.below if self.split else [tree for name, tree in self.written if name != "w"]
        for part in [lines.get(str(part.content), part) for part in below]:
            for root in _operations(part, "sqrt"):
                inside = [term for _sign, term in _terms(root.operands[0]) if names_in(term) - {*self.parameters, "t"}]
                if len(inside) == 1 and self._is_shaped(inside[0]):
                    return inside[0]
        for name in self.states:
            if self.parities[name] is Parity.EVEN and "g" in self.sources(name):
                largest = "max" in operations_in(self.tree_of(name))
                return _made("**", _name(name), _number(2.0)) if largest else _name(name)
        return None

    def _is_shaped(self, tree: Part) -> bool:
        """Whether the gradients shape a tree, and stay as they are where they change their sign."""
        names = names_in(tree)
        known = names.union(*map(self.sources, names & {name for name, _tree in self.written}))
        return "g" in known and parity(tree, self.parities) is Parity.EVEN

    def tree_of(self, name: str) -> Part:
        """Return the right side of a name's line."""
        return dict(self.written)[name]

    def sources(self, name: str) -> set[str]:
        """Return all names that a line reads, and that theirs read."""
        found: set[str] = set()
        new = {name}
        while new:
            found |= new
            new = set().union(*(names_in(tree) for each, tree in self.written if each in new)) - found
        return found - {name}

    def _read_out(self, name: str) -> str:
        """Return the name under which a state is read out with its correction, its own where there is none."""
        own = {*self.parameters}
        return next((read for read, tree in self.written if names_in(tree) - own == {name, "t"}), name)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The names of what is one number for all coordinates; a state, a gradient and a point have as many as w."""
        found = {"t", "lr", *self.parameters}
        for line in self.lines:
            if line.name not in (*self.states, "g", POINT) and is_number(line.tree, found):
                found.add(line.name)
        return frozenset(found)

    @cached_property
    def is_linear(self) -> bool:
        """Whether what is remembered of the gradients, and the step, grow with them."""
        unclear = any(
            self.parities[name] in (Parity.ZERO, Parity.MIXED)
            or ({"g", "lr"} & self.sources(name)) == {"lr"}
            or self._numbers_asked & self.sources(name)
            for name in self.states
        )
        if self.split is None or self.follows_curvature or self.needs_matrices or unclear:
            return False
        odd = [tree for name, tree in self.written[:-1] if self.parities[name] is Parity.ODD]
        points = [tree.operands[0] for tree in odd if tree.content == ASK]
        trees = [tree for tree in odd if tree.content != ASK]
        at = {**self.parities, "w": Parity.ODD}
        return all(_degree(point, at) == 1 for point in points) and all(
            _degree(tree, self.parities) == 1 for tree in (*trees, self.split.moment)
        )

    # ---- what is made of it

    @cached_property
    def update(self) -> Callable[..., Any]:
        """The update on arrays, `update(g, w, t, lr, hessian, states, settings)`.

        It returns the states, then the moment, the spread, the rate and eta. That of a rule with `questions` has no g,
        and is a generator: it yields what it asks for, `"gradient", point`, `"loss", point` or `"search", g, direction,
        first, share, shrink`, and the answer is sent to it.
        """
        return self._compiled(ON_ARRAYS)

    @cached_property
    def matrix_update(self) -> Callable[..., Any]:
        """The same on matrices, the last two axes of w and g."""
        return self._compiled(ON_MATRICES)

    def _compiled(self, operations: Mapping[str, Any]) -> Callable[..., Any]:
        names = dict(operations)
        exec(compile("\n".join(self._program()), "<an update>", "exec"), names)
        made: Callable[..., Any] = names["update"]
        return made

    def _program(self) -> list[str]:
        body = [f"    {CURVATURE} = diagonal(hessian)"] if self.reads_curvature else []
        for line in self.lines[:-1]:
            if line.tree.content != ASK:
                is_short = line.name not in self.numbers and is_number(line.tree, self.numbers)
                right = f"({code(line.tree)}) + zeros_like(w)" if is_short else code(line.tree)
                body.append(f"    {line.name} = {right}")
            elif self.questions:
                body.append(f"    {line.name} = {code(line.tree)}")
        written = {line.name for line in self.lines}
        newest = self.asks[-1] if self.asks else "g"
        odd = [self._read_out(name) for name in self.states if self.parities[name] is Parity.ODD]
        moment = code(self.split.moment) if self.split else (*odd, newest)[0]
        spread = code(self.spread) if self.spread else "1.0"
        results = [*self.states, moment, spread, RATE if RATE in written else "lr", ETA]
        return [
            f"def update({'' if self.questions else 'g, '}w, t, lr, hessian, states, settings):",
            *([f"    {', '.join(self.states)}, = states"] if self.states else []),
            *([f"    {', '.join(self.parameters)}, = settings"] if self.parameters else []),
            *body,
            f"    return {', '.join(results)},",
        ]


# ---- reading


NAME = r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*"
_HEAD = re.compile(rf"\s*({NAME})\s*(\(\s*0\s*\))?\s*")
_PIECE = re.compile(r"[^\n;]+")
_WORD = re.compile(r"\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\\[A-Za-z]+|(?P<word>[A-Za-z_]\w*)(?![\w.(])")
MAX_NAME = 24
RESERVED = {
    *(
        *keyword.kwlist,
        *({*FUNCTIONS} - LATER),
        *COMPOSED,
        "pi",
        "e",
        "maximum",
        "minimum",
        "square",
        "power",
        "self",
        "np",
    ),
    *("keras", "float", "range", "print", "zip", "len", "eta", "step", "start", "hessian", "memory", "numbers"),
    *("variables", "iterations", "learning_rate", "states", "settings", "loss", "check", "rows", "rates", "slope"),
    *("initial", "part"),
}
"""Names that mean something else in a formula or in a program that is made of a rule."""


def lines_of(text: str) -> list[tuple[str, int]]:
    """Cut a text into its lines, each with its place; a semicolon ends a line as well."""
    plain = text.translate({ord("＝"): "=", ord("；"): ";", ord("："): ":", ord("\r"): " "})
    return [(match[0], match.start()) for match in _PIECE.finditer(plain) if match[0].strip()]


def check_name(name: str, place: int) -> None:
    """Refuse a name that means something else, or that looks like a coordinate."""
    is_taken = name in RESERVED or name.endswith(("_x", "_y")) or len(name) > MAX_NAME
    if is_taken:
        raise FormulaError(Reason.NAME, name, place)


@lru_cache(maxsize=256)
def parse(text: str, parameters: tuple[str, ...] = ()) -> Rule:
    """Return the rule of a text with settings of these names; raises `FormulaError` for any other text.

    One line is one assignment; the last one says what the new w is. Below a line `vectors:` follow those of vectors.
    """
    own = [(place, place + len(piece)) for piece, place in lines_of(text) if piece.replace(" ", "") == VECTORS]
    if not own:
        return _parsed(text, parameters)
    head, below = own[0]
    rule, vectors = _parsed(text[:head], parameters), _parsed(" " * below + text[below:], parameters)
    if any(each.questions or each.pairs is not None for each in (rule, vectors)):
        raise FormulaError(Reason.AHEAD, "")
    return replace(rule, text=text, vectors=vectors)


def _parsed(text: str, parameters: tuple[str, ...]) -> Rule:
    heads = [_head(piece, start) for piece, start in lines_of(text)]
    if not heads:
        raise FormulaError(Reason.EMPTY, text)
    if len(heads) > MAX_LINES:
        raise FormulaError(Reason.TOO_MANY, "")
    known = dict.fromkeys((*GIVEN, CURVATURE, *parameters, *(head.name for head in heads if not head.is_initial)))
    plain = {name.replace("_", ""): name for name in known}
    for i, head in enumerate(heads):
        is_last = not head.is_initial and i == len(heads) - 1
        is_taken = any(head[:2] == before[:2] for before in heads[:i])
        if (
            is_taken
            or head.name in ("t", "lr", *parameters)
            or plain.get(head.name.replace("_", ""), head.name) != head.name
        ):
            raise FormulaError(Reason.NAME, head.name, head.place)
        if (head.name == "w") != is_last:
            raise FormulaError(Reason.NEW_POINT, head.name, head.place)
    written: list[tuple[str, Part]] = []
    initial: list[tuple[str, Part]] = []
    for head in heads:
        names = tuple(dict.fromkeys(("w", *parameters))) if head.is_initial else tuple(known)
        tree = _read(head.body, head.start, names)
        # A gradient is asked for by a line of its own, and nothing is before the first update.
        is_alone = tree.content in ASKED and not head.is_initial and head.name != "w"
        inside = set().union(*map(operations_in, tree.operands)) if is_alone else operations_in(tree)
        if inside & {*ASKED} or (inside & {NEWTON, LBFGS} and head.is_initial):
            raise FormulaError(Reason.ALONE, head.body.strip(), head.start + len(head.body) - len(head.body.lstrip()))
        (initial if head.is_initial else written).append((head.name, tree))
    rule = Rule(text, parameters, tuple(written), tuple(initial))
    if rule.asks and "g" not in dict(written) and any("g" in names_in(tree) for _name, tree in written):
        raise FormulaError(Reason.UNKNOWN_NAME, "g")
    if rule.needs_matrices and (rule.questions or rule.pairs is not None):
        raise FormulaError(Reason.AHEAD, "")
    starts = [head.start for head in heads if not head.is_initial]
    for (_name, tree), start in zip(written, starts, strict=True):
        _check_numbers(tree, start, rule)
    return rule


def _check_numbers(tree: Part, start: int, rule: Rule) -> None:
    """Refuse what is one number for each coordinate where one for all is wanted."""
    wanted = [(part, rule.numbers) for part in tree.operands[1:] if tree.content in SEARCHES]
    wanted += [(found.operands[0], frozenset(rule.parameters)) for found in _operations(tree, LBFGS)]
    for part, numbers in wanted:
        if not is_number(part, numbers):
            raise FormulaError(Reason.ONE_NUMBER, "", start + part.span.start)


class _Head(NamedTuple):
    """A line's name, whether it says how that begins, where it stands; its right side, and where that stands."""

    name: str
    is_initial: bool
    place: int
    body: str
    start: int


def _head(piece: str, start: int) -> _Head:
    head, sign, body = piece.partition("=")
    found, place = _HEAD.fullmatch(head), start + len(piece) - len(piece.lstrip())
    if not sign or not found:
        raise FormulaError(Reason.LINE, piece.strip(), place)
    check_name(found[1], place)
    return _Head(found[1], bool(found[2]), place, body, start + len(head) + 1)


def _read(body: str, start: int, names: tuple[str, ...]) -> Part:
    """Read a right side, of which the words lose their underscores on the way (`optviz.notation`)."""
    plain = {name.replace("_", ""): name for name in names}
    functions = {*FUNCTIONS, *MATRIX} - {*plain}
    calls = {name: call for name, call in CALLS.items() if name not in plain}
    known = {*plain, *functions, *calls, *SYNONYMS, *CONSTANTS}
    for match in _WORD.finditer(body):
        # In a formula `x1x2` is a product; here `gg` is a slip, and `lrm` a name that is not there.
        word = match["word"]
        if word and not {word.replace("_", ""), word.lower()} & known:
            raise FormulaError(Reason.UNKNOWN_NAME, word, start + match.start())
    try:
        return _renamed(read(body, tuple(plain), functions, calls), plain)
    except FormulaError as error:
        place = None if error.place is None else error.place + start
        raise FormulaError(error.reason, error.piece, place, error.hints) from None


def _orthogonal(make: Make, value: Callable[[float], Part], x: Part, steps: Part | None = None) -> Part:
    return make(ORTHOGONAL, x, value(matrices.STEPS) if steps is None else steps)


def _inverse_root(
    make: Make, value: Callable[[float], Part], x: Part, power: Part, epsilon: Part | None = None
) -> Part:
    return make(INVERSE_ROOT, x, power, value(0) if epsilon is None else epsilon)


def _searching(name: str, default: float) -> Callable[..., Part]:
    """Return what builds a search, with the default of its last argument."""

    def build(
        make: Make,
        value: Callable[[float], Part],
        direction: Part,
        first: Part,
        share: Part | None = None,
        last: Part | None = None,
    ) -> Part:
        share = value(line_search.SHARE) if share is None else share
        return make(name, direction, first, share, value(default) if last is None else last)

    return build


def _eigenvectors(make: Make, value: Callable[[float], Part], x: Part, basis: Part, every: Part | None = None) -> Part:
    return make(EIGENVECTORS, x, basis, value(1) if every is None else every)


CALLS = {
    **COMPOSED,
    WHERE: Call(3, 3, lambda make, value, *parts: make(WHERE, *parts)),
    REMAINDER: Call(2, 2, lambda make, value, *parts: make(REMAINDER, *parts)),
    SEARCH: Call(2, 4, _searching(SEARCH, line_search.SHRINK)),
    WOLFE: Call(2, 4, _searching(WOLFE, line_search.STEEPNESS)),
    ORTHOGONAL: Call(1, 2, _orthogonal),
    INVERSE_ROOT: Call(2, 3, _inverse_root),
    EIGENVECTORS: Call(2, 3, _eigenvectors),
    MATMUL: Call(2, 9, folded(MATMUL)),
}


def _renamed(tree: Part, names: Mapping[str, str]) -> Part:
    if tree.content == np.inf:
        raise FormulaError(Reason.TOO_LARGE, "∞", tree.span.start)
    if not tree.operands:
        return tree._replace(content=names.get(str(tree.content), tree.content))
    return tree._replace(operands=tuple(_renamed(part, names) for part in tree.operands))


# ---- trees

_NOWHERE = Span(0, 0)


def _name(name: str) -> Part:
    return Part(name, (), _NOWHERE)


def _number(value: float) -> Part:
    return Part(value, (), _NOWHERE)


def _made(name: str, *operands: Part) -> Part:
    return Part(name, operands, _NOWHERE)


def _sum(terms: Sequence[tuple[int, Part]]) -> Part | None:
    """Return the sum of terms with their signs, None of none."""
    total: Part | None = None
    for sign, term in terms:
        if total is None:
            total = term if sign == 1 else _made("negate", term)
        else:
            total = _made("+" if sign == 1 else "-", total, term)
    return total


def _product(parts: Sequence[Part]) -> Part:
    total, *others = parts
    for part in others:
        total = _made("*", total, part)
    return total


def names_in(tree: Part) -> set[str]:
    """Return the names that a tree reads; Newton's direction is that of g, and that of a history as well."""
    if tree.operands:
        return set().union(*map(names_in, tree.operands)) | ({"g"} if tree.content in ALONG_GRADIENT else set())
    return {tree.content} - {"pi", "e"} if isinstance(tree.content, str) else set()


def is_number(tree: Part, numbers: Set[str]) -> bool:
    """Whether a tree is one number for all coordinates, by the names of those that are."""
    if tree.operands:
        is_vector = tree.content in (ASK, NEWTON, LBFGS, RECALL, *MATRIX)
        is_wide = is_vector or not all(is_number(part, numbers) for part in tree.operands)
        return tree.content in {*WIDE, LOSS, *SEARCHES, RMS, ASPECT} or not is_wide
    return not isinstance(tree.content, str) or tree.content in numbers or tree.content in CONSTANT


def operations_in(tree: Part) -> set[str]:
    """Return the names of all operations of a tree."""
    return {str(tree.content)}.union(*map(operations_in, tree.operands)) if tree.operands else set()


def _operations(tree: Part, name: str) -> list[Part]:
    """Return all operations of a name in a tree, the outer ones first."""
    inside = [found for part in tree.operands for found in _operations(part, name)]
    return [tree, *inside] if tree.operands and tree.content == name else inside


def _terms(tree: Part, sign: int = 1) -> list[tuple[int, Part]]:
    """Return the terms of a sum, each with its sign."""
    if tree.operands and tree.content in ("+", "-"):
        left, right = tree.operands
        return [*_terms(left, sign), *_terms(right, sign if tree.content == "+" else -sign)]
    if tree.operands and tree.content == "negate":
        return _terms(tree.operands[0], -sign)
    return [(sign, tree)]


def _factors(tree: Part) -> tuple[list[Part], list[Part]]:
    """Return what is multiplied in a product, and what it is divided by."""
    if tree.operands and tree.content in ("*", "/"):
        (above, below), (over, under) = map(_factors, tree.operands)
        return (above + over, below + under) if tree.content == "*" else (above + under, below + over)
    return [tree], []


def parity(tree: Part, known: Mapping[str, Parity]) -> Parity:
    """Return what becomes of a tree when the gradients change their sign, by what becomes of its names."""
    if not tree.operands:
        default = Parity.ZERO if tree.content == 0.0 else Parity.EVEN
        return known.get(tree.content, default) if isinstance(tree.content, str) else default
    return _parity(str(tree.content), [parity(part, known) for part in tree.operands], tree.operands[-1].content)


def _parity(name: str, parts: list[Parity], last: float | str) -> Parity:
    if name in _PARITIES or (name == LOSS and last == "w"):
        return _PARITIES.get(name, Parity.EVEN)
    is_choice = name == WHERE and parts[0] in (Parity.EVEN, Parity.ZERO)
    if is_choice or name in ("+", "-", "negate", "sign", TOTAL):
        return _both(parts[-2] if is_choice else parts[0], parts[-1])
    if name in ("*", "/") and Parity.MIXED not in parts:
        return Parity.ZERO if Parity.ZERO in parts else Parity(parts[0] ^ parts[1])
    if name in ("abs", NORM) and parts[0] is Parity.ODD:
        return Parity.EVEN
    if name == "**" and parts[0] is Parity.ODD and isinstance(last, float) and not last % 1:
        return Parity(int(last) % 2)
    return Parity.EVEN if {*parts} <= {Parity.EVEN, Parity.ZERO} else Parity.MIXED


_PARITIES = {ASK: Parity.ODD, NEWTON: Parity.ODD, LBFGS: Parity.MIXED} | dict.fromkeys(SEARCHES, Parity.EVEN)
"""Those of what does not go by its parts: the gradient is turned about, and a step stays as long as it is."""


def _both(one: Parity, other: Parity) -> Parity:
    if Parity.ZERO in (one, other):
        return other if one is Parity.ZERO else one
    return one if one is other else Parity.MIXED


def _degree(tree: Part, known: Mapping[str, Parity]) -> int | None:
    """Return the power with which a tree grows with what is odd in it, None where it is no power."""
    if parity(tree, known) is not Parity.ODD:
        return None if any(known.get(name) is Parity.ODD for name in names_in(tree)) else 0
    if not tree.operands:
        return 1
    degrees = [_degree(part, known) for part in tree.operands]
    if tree.content in ("+", "-", "negate"):
        return degrees[0] if len({*degrees}) == 1 else None
    if tree.content == "*" and None not in degrees:
        return sum(degree or 0 for degree in degrees)
    return degrees[0] if tree.content == "/" and degrees[1] == 0 else None


# ---- operations


def _power(base: Number, exponent: Number) -> Number:
    """Return a power of numbers or arrays: infinite where it overflows, nan where it is not real."""
    if isinstance(base, float) and isinstance(exponent, (int, float)):
        try:
            found = base**exponent
        except (OverflowError, ZeroDivisionError):
            return float("inf")
        return float("nan") if isinstance(found, complex) else found
    raised: Array = np.power(base, exponent)
    return raised


def _norm(x: Number) -> Number:
    """Return the norm over all coordinates, (..., 1); that of a number is its size."""
    return np.sqrt(_sum_of(np.square(x))) if np.ndim(x) else np.abs(x)


def _sum_of(x: Number) -> Number:
    """Return the sum over all coordinates, (..., 1); that of a number is itself."""
    total: Number = np.sum(x, axis=-1, keepdims=True) if np.ndim(x) else x
    return total


def _where(u: Number, a: Number, b: Number) -> Number:
    """Return a where u is positive, and b elsewhere."""
    if not (np.ndim(u) or np.ndim(a) or np.ndim(b)):
        return a if u > 0 else b
    return np.where(np.greater(u, 0.0), a, b)


def diagonal(hessian: Array) -> Array:
    """Return the diagonals of matrices, `(..., n, n) -> (..., n)`."""
    return np.diagonal(hessian, axis1=-2, axis2=-1)


def _solved(damping: Number, g: Array, hessian: Array) -> Array:
    """Return (H + damping I)^-1 g, in the least-squares sense where that is singular; nan where it is not finite."""
    damped = hessian + np.asarray(damping)[..., None] * np.eye(hessian.shape[-1])
    known = np.asarray(np.isfinite(damped).all((-1, -2)) & np.isfinite(g).all(-1))[..., None]
    inverse = np.linalg.pinv(np.where(known[..., None], damped, 0.0), hermitian=True)
    return np.where(known, np.matvec(inverse, np.where(known, g, 0.0)), np.nan)


ON_ARRAYS: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("sqrt", "square", "abs", "sign", "exp", "log", "tanh", "sin", "cos")},
    **{
        "zeros_like": np.zeros_like,
        "max": np.maximum,
        "min": np.minimum,
        "power": _power,
        "diagonal": diagonal,
        NORM: _norm,
        TOTAL: _sum_of,
        WHERE: _where,
        REMAINDER: np.remainder,
        NEWTON: _solved,
        RECALL: history.recalled,
        LBFGS: history.direction,
        "TINY": TINY,
    },
    "__builtins__": {},
}
"""What the names in the code of a tree are on arrays; a program made of a tree knows nothing else."""
ON_MATRICES: dict[str, Any] = {
    **ON_ARRAYS,
    NORM: matrices.norm,
    ORTHOGONAL: matrices.orthogonal,
    POLAR: matrices.polar,
    MATMUL: np.matmul,
    TRANSPOSE: matrices.transpose,
    INVERSE_ROOT: matrices.inverse_root,
    EIGENVECTORS: matrices.eigenvectors,
    ROW_MEAN: matrices.row_mean,
    COLUMN_MEAN: matrices.column_mean,
    RMS: matrices.rms,
    ASPECT: matrices.aspect,
}
"""What they are on matrices."""

CONSTANT = {"pi": math.pi, "e": math.e}
_FORMS = {
    **{sign: f"({{}} {sign} {{}})" for sign in "+-*"},
    **{
        "/": "({} / ({} + TINY))",
        "**": "power({}, {})",
        "negate": "(-{})",
        NEWTON: "newton({}, g, hessian)",
        ASK: f"yield {ASK!r}, {{}}",
        LOSS: f"yield {LOSS!r}, {{}}",
        **{name: f"yield {name!r}, g, {{}}, {{}}, {{}}, {{}}" for name in SEARCHES},
        RECALL: f"{RECALL}({{}}, g, w, {HISTORY})",
        LBFGS: f"{LBFGS}(g, {HISTORY})",
        EIGENVECTORS: "eigenvectors({}, {}, {}, t)",
    },
}


def leaf(content: float | str) -> str:
    """Write a name or a number."""
    return str(CONSTANT.get(str(content), content))


def code(
    tree: Part,
    leaf: Callable[[float | str], str] = leaf,
    square: Callable[[str], str] = "square({})".format,
    own: Mapping[str, Callable[[Part], str]] | None = None,
) -> str:
    """Write a tree as an expression of Python in the names of `ON_ARRAYS`.

    `leaf` writes what a tree ends in and `square` a square; functions of `own` are written by themselves.
    """
    if not tree.operands:
        return leaf(tree.content)
    name, last = str(tree.content), tree.operands[-1].content
    if own and name in own:
        return own[name](tree)
    parts = [code(part, leaf, square, own) for part in tree.operands]
    if name == "**" and last == 2.0:
        return square(parts[0])
    if name == "/" and isinstance(last, float) and last:
        return f"({parts[0]} / {parts[1]})"
    return _FORMS[name].format(*parts) if name in _FORMS else f"{name}({', '.join(parts)})"


@np.errstate(all="ignore")
def evaluate(tree: Part, values: Mapping[str, Any]) -> Any:
    """Return a tree's value, by the code that an update runs."""
    return eval(_expression(tree), ON_ARRAYS, values)


@lru_cache(maxsize=1024)
def _expression(tree: Part) -> CodeType:
    return compile(code(tree), "<a line of a rule>", "eval")
