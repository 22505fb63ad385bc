"""The inside of one update: its lines in the optimizer's own formula, with the numbers of the moment, and its parts.

The lines come in the order of the four sub-steps that all optimizers share: the gradient, the moments, eta, the new
point. Each line goes on from the results of those before it.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import reduce
from itertools import islice
from typing import Any, NamedTuple, cast

import numpy as np

from optviz.arrays import Array, Number
from optviz.grammar import Part as Tree
from optviz.grammar import read
from optviz.notation import Span
from optviz.optimization import rules
from optviz.optimization.descent import Schedule, Step, descend
from optviz.optimization.matrices import singular_values
from optviz.optimization.optimizers import Look, MatrixOptimizer, Memory, Objective, Optimizer, Update
from optviz.optimization.rules import (
    ASK,
    ASKED,
    CURVATURE,
    HISTORY,
    LBFGS,
    NEWTON,
    TOTAL,
    WHERE,
    WIDE,
    Parity,
    SubStep,
    evaluate,
    names_in,
    operations_in,
)
from optviz.optimization.writing import Letters, tex, written

SINGULAR = 1e-15
"""A Hessian of which one eigenvalue is this much smaller than the other is solved in the least-squares sense."""


class Line(NamedTuple):
    """One line of an update, `name = right side`, of one of its sub-steps.

    `letters` is the right side as TeX, `tree` what it is, `values` what its names stand for: numbers, or one for each
    coordinate. `exact` are the names of settings, which are written with all their digits.
    """

    sub_step: SubStep
    name: str
    letters: str
    tree: Tree
    values: Mapping[str, Number]
    exact: frozenset[str]

    @property
    def symbols(self) -> str:
        """The line in letters, as TeX."""
        return f"{self.name} = {self.letters}"

    def numbers(self, coordinate: int, write: Callable[[float, int], str], precision: int) -> tuple[str, str]:
        """Return the line's right side in the numbers of a coordinate, and its result, as TeX.

        `write(value, digits)` writes a number; results have `precision` digits, and settings all of theirs.
        """

        def leaf(content: float | str) -> str:
            if isinstance(content, float):
                return write(content, 12)
            name, _sign, other = content.partition(AT)
            value = _at(self.values[name], int(other) if other else coordinate)
            return write(value, 12 if name in self.exact else precision)

        with np.errstate(all="ignore"):
            tree = _spelled(self.tree, self.values, coordinate)
        return written(tree, tex(leaf, r" \times ")), write(self.result(coordinate), precision)

    def result(self, coordinate: int) -> float:
        """Return the line's value at a coordinate."""
        with np.errstate(all="ignore"):
            return _at(evaluate(self.tree, self.values), coordinate)


AT = "@"
"""Stands between a name and the coordinate at which it is read."""
MOST_TERMS = 3
"""Over more coordinates a sum is told, and not written out."""


def _spelled(tree: Tree, values: Mapping[str, Number], coordinate: int) -> Tree:
    """Return what is computed at a coordinate: the side of a choice that holds, a sum with all of its terms."""
    if tree.content == WHERE:
        u, a, b = tree.operands
        return _spelled(a if _at(evaluate(u, values), coordinate) > 0 else b, values, coordinate)
    if tree.content in WIDE and tree.operands:
        (inside,) = tree.operands
        terms = np.size(evaluate(inside, values))
        if terms > MOST_TERMS:
            return Tree(_at(evaluate(tree, values), coordinate), (), tree.span)
        each = [_located(_spelled(inside, values, i), i) for i in range(terms)]
        if tree.content == TOTAL:
            return reduce(lambda one, other: Tree("+", (one, other), tree.span), each)
        if terms == 1:
            return Tree("abs", (each[0],), tree.span)
        squares = [Tree("**", (one, Tree(2.0, (), tree.span)), tree.span) for one in each]
        return Tree("sqrt", (reduce(lambda one, other: Tree("+", (one, other), tree.span), squares),), tree.span)
    return tree._replace(operands=tuple(_spelled(part, values, coordinate) for part in tree.operands))


def _located(tree: Tree, coordinate: int) -> Tree:
    """Return a tree whose names are read at a coordinate, whichever it is that is written."""
    if tree.operands:
        return tree._replace(operands=tuple(_located(part, coordinate) for part in tree.operands))
    is_open = isinstance(tree.content, str) and AT not in tree.content
    return tree._replace(content=f"{tree.content}{AT}{coordinate}") if is_open else tree


def _at(value: Number, coordinate: int) -> float:
    """Return the number of a coordinate; a negative zero would be written with its sign."""
    flat = np.ravel(value)
    return float(flat[coordinate if len(flat) > 1 else 0]) + 0.0


class Sheet:
    """The update that is being written: what its names stand for so far, and its lines."""

    def __init__(self, optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> None:
        self.lines: list[Line] = []
        self.values: dict[str, Any] = {**optimizer.values, **memory.states}
        self.values |= {"t": memory.t + 1.0, "lr": learning_rate, "w": look.w, "hessian": look.hessian}
        self.exact = frozenset({"t", *optimizer.rule.parameters})
        self.letters = Letters(optimizer.rule, optimizer.symbols)
        self.numbers = optimizer.rule.numbers

    def put(self, sub_step: SubStep, name: str, tree: Tree) -> None:
        """Write a line, and go on with its result."""
        right, result = written(tree, tex(self.letters, r" \, ")), evaluate(tree, self.values)
        self._add(sub_step, self.letters.assign(name), right, tree)
        # A state has as many coordinates as w, where it is made of a number too.
        self.values[name] = result if name in self.numbers else np.broadcast_to(result, np.shape(self.values["w"]))

    def measure(self, sub_step: SubStep, name: str, value: Number, right: str) -> None:
        """Write a line whose result does not come from those before it, and is `right` in letters."""
        self.values[name] = value
        self._add(sub_step, self.letters.assign(name), right, Tree(name, (), Span(0, 0)))

    def _add(self, sub_step: SubStep, name: str, right: str, tree: Tree) -> None:
        self.lines.append(Line(sub_step, name, right, tree, {**self.values}, self.exact))


def lines(optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> list[Line]:
    """Return the lines of the update that `optimizer.step(memory, look, learning_rate)` makes; LookupError if unknown.

    `look.w: (n,)`; hyper-parameters and the learning rate are numbers.
    """
    sheet = Sheet(optimizer, memory, look, learning_rate)
    answers = iter(optimizer.rule.answers(look.g, look.besides) if optimizer.rule.questions else (look.g,))
    with np.errstate(all="ignore"):
        for line in optimizer.rule.lines:
            if CURVATURE in names_in(line.tree) and CURVATURE not in sheet.values:
                diagonal = rules.diagonal(np.asarray(look.hessian))
                sheet.measure(SubStep.MOMENTS, CURVATURE, diagonal, r"\partial_i^2 f(w_t)")
            if line.tree.content in ASKED:
                sheet.measure(line.sub_step, line.name, next(answers), written(line.tree, tex(sheet.letters, r" \, ")))
            elif line.name == HISTORY:
                _recall(sheet, line)
            elif NEWTON in operations_in(line.tree):
                _newton(sheet, line)
            elif LBFGS in operations_in(line.tree):
                _from_history(sheet, line)
            else:
                sheet.put(line.sub_step, line.name, line.tree)
    return sheet.lines


# ---- what a rule for matrices does to a layer


class Spectrum(NamedTuple):
    """The singular values of a layer's gradient and of its step over the learning rate, the largest first."""

    gradient: Array
    step: Array


@np.errstate(all="ignore")
def spectra(optimizer: Optimizer, memory: Memory, look: Look, learning_rate: float) -> list[Spectrum]:
    """Return the singular values of every layer, before and after the rule; nan where they are not finite."""
    assert isinstance(optimizer, MatrixOptimizer)
    eta = optimizer.step(memory, look, learning_rate)[1].eta / learning_rate
    both = zip(optimizer.matrices(look.g), optimizer.matrices(eta), strict=True)
    return [Spectrum(singular_values(g), singular_values(step)) for g, step in both]


# ---- Newton's method, whose step mixes the coordinates

_ENTRIES = {f"{matrix}{i}{j}": f"{matrix}_{{{i}{j}}}" for matrix in "HA" for i in "ij" for j in "ij"}
_OWN = {**_ENTRIES, "gj": "g_j", "D": "D", "T": "T", "d": "d_i"}
"""The letters of Newton's lines: i is the coordinate, j the other one."""


def _newton(sheet: Sheet, line: rules.Line) -> None:
    """Write the solution of `(H + damping I) d = g` for one or two coordinates, and the step with it."""
    hessian = np.asarray(sheet.values["hessian"])
    if len(hessian) > 2:
        raise LookupError("the lines of Newton's method are written for one and two coordinates")
    sheet.letters.own = _OWN
    (damping,) = next(_nodes(line.tree, NEWTON)).operands
    sheet.measure(SubStep.MOMENTS, "Hii", np.diagonal(hessian), r"\partial_i \partial_i f(w_t)")
    matrix = "H"
    if np.any(evaluate(damping, sheet.values)):
        matrix = "A"
        sheet.put(SubStep.MOMENTS, "Aii", Tree("+", (_tree("Hii"), damping), Span(0, 0)))
    solution = _solved_alone(sheet, matrix) if len(hessian) == 1 else _solved(sheet, matrix, hessian)
    sheet.put(SubStep.ETA, "d", solution)
    sheet.put(line.sub_step, line.name, _with(line.tree, NEWTON, _tree("d")))


def _tree(text: str) -> Tree:
    return read(text, (*_OWN, "g"), ())


def _nodes(tree: Tree, name: str) -> Iterator[Tree]:
    """Yield the places where a function stands in a tree."""
    if tree.content == name:
        yield tree
    for part in tree.operands:
        yield from _nodes(part, name)


def _with(tree: Tree, name: str, solution: Tree) -> Tree:
    """Return a tree with what has been found in the places of a function."""
    if tree.content == name:
        return solution
    return tree._replace(operands=tuple(_with(part, name, solution) for part in tree.operands))


def _solved_alone(sheet: Sheet, matrix: str) -> Tree:
    return _tree(f"g/{matrix}ii") if np.any(sheet.values[f"{matrix}ii"]) else _tree("0")


def _solved(sheet: Sheet, matrix: str, hessian: Array) -> Tree:
    """Return `A^-1 g` for `A: (2, 2)` in letters, as the cross entry and the determinant are written before it."""
    own, cross = np.asarray(sheet.values[f"{matrix}ii"]), float(hessian[0, 1])
    sheet.values |= {f"{matrix}jj": own[::-1], "gj": np.asarray(sheet.values["g"])[::-1]}
    sheet.measure(SubStep.MOMENTS, f"{matrix}ij", cross, r"\partial_i \partial_j f(w_t)")
    smaller, greater = sorted(np.abs(np.linalg.eigvalsh(np.diag(own) + cross * np.eye(2)[::-1])))
    ii, jj, ij = (f"{matrix}{index}" for index in ("ii", "jj", "ij"))
    if smaller > SINGULAR * greater:
        sheet.put(SubStep.MOMENTS, "D", _tree(f"{ii}*{jj} - {ij}^2"))
        return _tree(f"({jj}*g - {ij}*gj)/D")
    if not greater:
        return _tree("0")
    # One curvature is zero: the least-squares solution of a symmetric matrix of rank one.
    sheet.put(SubStep.MOMENTS, "T", _tree(f"{ii} + {jj}"))
    return _tree(f"({ii}*g + {ij}*gj)/T^2")


# ---- L-BFGS, whose direction comes from many steps

_PAIR = {"_along": r"\Delta w_t", "_change": r"\Delta g_t", "_scale": r"\gamma_t", "_direction": "d_t"}
"""The letters of its lines: the last step and how the gradient changed along it, the first guess of H^-1, H^-1 g."""


def _recall(sheet: Sheet, line: rules.Line) -> None:
    """Bring the history up to date, and write the step that has come to it."""
    before, after = sheet.values[HISTORY], evaluate(line.tree, sheet.values)
    sheet.letters.own = {**sheet.letters.own, **_PAIR}
    along, change = after[:2] - before[:2]
    sheet.values[HISTORY] = after
    if not np.any(along):
        return
    sheet.measure(line.sub_step, "_along", along, "w_t - w_{t-1}")
    sheet.measure(line.sub_step, "_change", change, r"g_t - g_{t-1}")
    if len(after) > 2 and np.array_equal(after[2], along):
        right = r"\frac{\Delta w_t^\top \Delta g_t}{\Delta g_t^\top \Delta g_t}"
        sheet.measure(line.sub_step, "_scale", np.vecdot(along, change) / np.vecdot(change, change), right)


def _from_history(sheet: Sheet, line: rules.Line) -> None:
    """Write the direction, which the pairs of a history make of the gradient, and the line with it."""
    found = next(_nodes(line.tree, LBFGS))
    direction, right = evaluate(found, sheet.values), written(found, tex(sheet.letters, r" \, "))
    if line.tree is found:
        sheet.measure(line.sub_step, line.name, direction, right)
        return
    sheet.measure(line.sub_step, "_direction", direction, right)
    sheet.put(line.sub_step, line.name, _with(line.tree, LBFGS, Tree("_direction", (), Span(0, 0))))


# ---- what eta is made of


def remembers(optimizer: Optimizer) -> bool:
    """Whether the first moment has more in it than the newest gradient."""
    return bool(optimizer.first.decay != 0.0 or optimizer.first.gain != 1.0)


def scales(optimizer: Optimizer) -> bool:
    """Whether there is a second moment by whose root the step is divided."""
    return optimizer.rule.spread is not None


class Part(StrEnum):
    """What a part of eta comes from."""

    MOMENTUM = "momentum"
    GRADIENT = "gradient"
    DECAY = "decay"


def parts(optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> Mapping[Part, Array]:
    """Return what eta is the sum of, each of the shape of `look.w`; nothing where it cannot be split.

    The newest gradient's part is the update that forgets the first moment; the rest is what was remembered.
    """
    rule = optimizer.rule
    if not (rule.is_linear or rule.follows_curvature):
        return {}
    blank = memory._replace(
        states={
            name: np.zeros_like(state) if rule.parities[name] is Parity.ODD else state
            for name, state in memory.states.items()
        }
    )
    with np.errstate(all="ignore"):
        eta = optimizer.step(memory, look, learning_rate)[1].eta
        # Without gradients the losses, and the steps that are searched for, are still what they are.
        asked = rule.besides(rule.questions) if rule.questions else ()
        besides = tuple(
            np.zeros_like(each) if what == ASK else each for what, each in zip(asked, look.besides, strict=True)
        )
        still = look._replace(g=np.zeros_like(look.g), besides=besides)
        decay = optimizer.step(blank, still, learning_rate)[1].eta
        gradient = optimizer.step(blank, look, learning_rate)[1].eta - decay
        momentum = eta - decay - gradient
    found = {Part.MOMENTUM: momentum, Part.GRADIENT: gradient, Part.DECAY: decay}
    return {part: each for part, each in found.items() if np.any(each)}


# ---- all updates of a run


class Updates(NamedTuple):
    """The updates of one run, row k the one that leads from `w[k]` to `w[k + 1]`, as far as the numbers are finite.

    What they began with: `memory` and `look` with arrays `(rows, n)`, `learning_rate: (rows, 1)`. What came of it:
    `update` and the next points `w: (rows, n)`.
    """

    optimizer: Optimizer
    memory: Memory
    look: Look
    learning_rate: Array
    update: Update
    following: Array

    def __len__(self) -> int:
        return len(self.look.w)

    def lines(self, k: int) -> list[Line]:
        """Return the lines of update k."""
        return lines(self.optimizer, self.memory_at(k), self._look_at(k), float(self.learning_rate[k, 0]))

    def memory_at(self, k: int) -> Memory:
        """Return the memory with which update k begins."""
        return self.memory.each(lambda rows: rows[k])._replace(t=int(np.ravel(self.memory.t)[k]))

    def _look_at(self, k: int) -> Look:
        return self.look.each(lambda rows: rows[k])

    def state_at(self, k: int) -> tuple[Array, Memory]:
        """Return the point and the memory with which update k begins, or which the last one leaves."""
        if k < len(self):
            return self.look.w[k], self.memory_at(k)
        look, rate = self._look_at(k - 1), float(self.learning_rate[k - 1, 0])
        memory, update = self.optimizer.step(self.memory_at(k - 1), look, rate)
        return look.w - update.eta, memory

    def upto(self, k: int) -> "Updates":
        """Return the first k updates."""

        def first(rows: Array) -> Array:
            return rows[:k]

        memory = self.memory.each(first)._replace(t=cast(Any, first(cast(Any, self.memory.t))))
        update = Update(*(first(cast(Array, rows)) for rows in self.update))
        return Updates(
            self.optimizer, memory, self.look.each(first), first(self.learning_rate), update, first(self.following)
        )

    @property
    def parts(self) -> Mapping[Part, Array]:
        """The parts of every eta, `(rows, n)`."""
        return parts(self.optimizer, self.memory, self.look, self.learning_rate)


def follow(
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    start: Array,
    n: int,
    memory: Memory | None = None,
) -> Updates:
    """Record the first n updates of a single run from `start: (n,)`, up to its last finite point."""
    with np.errstate(all="ignore"):
        steps = list(islice(descend(objective, optimizer, schedule, start, memory), n + 1))
        unknown = [not np.isfinite([*step.w, step.loss]).all() for step in steps]
        rows = steps[: max((unknown.index(True) if any(unknown) else len(steps)) - 1, 0)]
        width = (len(rows), len(start))

        def stacked(of: Callable[[Step], Any], shape: tuple[int, ...] = width) -> Array:
            each = np.array([of(step) for step in rows], dtype=float)
            return np.broadcast_to(
                each.reshape(len(rows), -1) if rows and shape is width else each.reshape(shape), shape
            )

        def state(name: str) -> Array:
            return stacked(lambda step: step.memory.states[name], (len(rows), *steps[0].memory.states[name].shape))

        def besides(i: int) -> Array:
            return stacked(lambda step: step.look.besides[i], (len(rows), *seen.besides[i].shape))

        times, rates = stacked(lambda step: step.t)[:, :1], stacked(lambda step: step.learning_rate)[:, :1]
        w, eta, seen = stacked(lambda step: step.w), stacked(lambda step: step.eta), steps[0].look
        look = Look(
            w,
            stacked(lambda step: step.loss, (len(rows),)),
            stacked(lambda step: step.point),
            stacked(lambda step: step.g),
            None if seen.hessian is None else stacked(lambda step: step.look.hessian, (*width, len(start))),
            tuple(map(besides, range(len(seen.besides)))),
        )
        states = {name: state(name) for name in steps[0].memory.states}
        read = (stacked(lambda step: step.m), stacked(lambda step: step.v), stacked(lambda step: step.rate))
    return Updates(optimizer, Memory(cast(Any, times), states), look, rates, Update(*read, eta), w - eta)
