"""The inside of one update: its lines in the optimizer's own formula, with the numbers of the moment, and its parts.

The lines come in the order of the four sub-steps that all optimizers share: the gradient, the moments, eta, the new
point. Each line goes on from the results of those before it.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from itertools import islice
from typing import Any, NamedTuple, cast

import numpy as np

from optviz.descent import Schedule, Step, descend
from optviz.optimizers import (
    ONE,
    AdaDelta,
    Adamax,
    AdamW,
    AMSGrad,
    Array,
    Lion,
    Look,
    LookAhead,
    Memory,
    Moment,
    Nadam,
    NesterovKeras,
    Newton,
    Number,
    Objective,
    Optimizer,
    Update,
)
from optviz.terms import SYMBOLS, Term, Writing, constant, larger, leaf, sign, size, sqrt

SINGULAR = 1e-15
"""A Hessian of which one eigenvalue is this much smaller than the other is solved in the least-squares sense."""


class SubStep(IntEnum):
    """One of the four sub-steps of an update."""

    GRADIENT = 1
    MOMENTS = 2
    ETA = 3
    POINT = 4


class Line(NamedTuple):
    """One line of an update, `name = term`, of one of its sub-steps."""

    sub_step: SubStep
    name: str
    term: Term

    @property
    def symbols(self) -> str:
        """The line in letters, as TeX."""
        return f"{self.name} = {self.term.write(SYMBOLS)}"

    def numbers(self, coordinate: int, write: Callable[[float, int], str], precision: int) -> tuple[str, str]:
        """Return the line's right side in the numbers of a coordinate, and its result, as TeX.

        `write(value, digits)` writes a number; results have `precision` digits, and settings all of theirs.
        """

        def written(symbol: str, value: Number, exact: bool) -> str:
            return write(_at(value, coordinate), 12 if exact else precision)

        return self.term.write(Writing(written, r" \times ")), write(self.result(coordinate), precision)

    def result(self, coordinate: int) -> float:
        """Return the line's value at a coordinate."""
        return _at(self.term.value, coordinate) + 0.0


def _at(value: Number, coordinate: int) -> float:
    flat = np.ravel(value)
    return float(flat[coordinate if len(flat) > 1 else 0])


class Sheet:
    """The update that is being written: what it begins with, as terms, and its lines so far."""

    def __init__(self, optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> None:
        self.lines: list[Line] = []
        self.hessian = look.hessian
        self.t = leaf("t", memory.t + 1, exact=True)
        self.lr = leaf("lr", learning_rate)
        self.w = leaf("w_t", look.w)
        self.m = leaf("m_{t-1}", memory.m)
        self.v = leaf("V_{t-1}", memory.v)
        self.u = None if memory.u is None else memory.u
        where = "w_t"
        if optimizer.looks_ahead:
            where = "p_t"
            self.put(SubStep.GRADIENT, where, self.w - self.lr * self.m)
        self.g = self.put(SubStep.GRADIENT, "g_t", leaf(rf"\nabla f({where})", look.g))

    def put(self, sub_step: SubStep, name: str, term: Term) -> Term:
        """Write a line, and return its result to go on with."""
        self.lines.append(Line(sub_step, name, term))
        return leaf(name, term.value)

    def moment(self, name: str, term: Term) -> Term:
        """Write a line of the moments."""
        return self.put(SubStep.MOMENTS, name, term)

    def eta(self, name: str, term: Term) -> Term:
        """Write a line on the way to eta."""
        return self.put(SubStep.ETA, name, term)

    def move(self, term: Term) -> None:
        """Write what eta is, and the new point."""
        self.put(SubStep.POINT, "w_{t+1}", self.w - self.eta(r"\eta_t", term))


def lines(optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> list[Line]:
    """Return the lines of the update that `optimizer.step(memory, look, learning_rate)` makes; LookupError if unknown.

    `look.w: (n,)`; hyper-parameters and the learning rate are numbers.
    """
    sheet = Sheet(optimizer, memory, look, learning_rate)
    write = WRITERS.get(type(optimizer))
    if write is None:
        raise LookupError(f"nobody has written the lines of {type(optimizer).__name__}")
    with np.errstate(all="ignore"):
        write(optimizer, sheet)
    return sheet.lines


# ---- the frame: two moments


def _names(optimizer: Optimizer) -> tuple[str, str]:
    """Return the letters of the two decays: they are counted where there are two."""
    both = remembers(optimizer) and scales(optimizer)
    return (r"\beta_1", r"\beta_2") if both else (r"\beta", r"\beta")


def remembers(optimizer: Optimizer) -> bool:
    """Whether the first moment has more in it than the newest gradient."""
    return bool(optimizer.first.decay != 0.0 or optimizer.first.gain != 1.0)


def scales(optimizer: Optimizer) -> bool:
    """Whether there is a second moment by whose root the step is divided."""
    return optimizer.second != ONE


def _pushed(moment: Moment, letter: str, s: Term, x: Term) -> Term:
    """Return `decay * s + gain * x`, as short as the two numbers allow."""
    decay = leaf(letter, moment.decay, exact=True)
    if moment.gain == 1.0:
        gained = x
    elif np.isclose(moment.gain, 1.0 - moment.decay, rtol=1e-12):
        gained = (1.0 - decay) * x
    else:
        gained = leaf(letter.replace("beta", "gamma"), moment.gain, exact=True) * x
    if moment.decay == 0.0:
        return gained
    return (s if moment.decay == 1.0 else decay * s) + gained


def _corrected(sheet: Sheet, name: str, moment: Moment, letter: str, s: Term) -> Term:
    """Write the moment as it is read out: with its bias corrected, where it is."""
    if not moment.debias:
        return s
    return sheet.moment(rf"\hat {name}_t", s / (1.0 - leaf(letter, moment.decay, exact=True) ** sheet.t))


def _first(optimizer: Optimizer, sheet: Sheet) -> Term:
    letter = _names(optimizer)[0]
    m = sheet.moment("m_t", _pushed(optimizer.first, letter, sheet.m, sheet.g))
    return _corrected(sheet, "m", optimizer.first, letter, m)


def _second(optimizer: Optimizer, sheet: Sheet) -> Term:
    return sheet.moment("V_t", _pushed(optimizer.second, _names(optimizer)[1], sheet.v, sheet.g ** constant(2)))


def _rate(optimizer: Optimizer, sheet: Sheet, spread: Term) -> Term:
    """Write the root and the effective learning rate, `lr / (sqrt(V) + epsilon)`."""
    epsilon = leaf(r"\epsilon", optimizer.epsilon, exact=True)
    if optimizer.epsilon_inside:
        below = sqrt(spread + epsilon)
    else:
        below = sqrt(spread) + epsilon if optimizer.epsilon else sqrt(spread)
    return sheet.eta(r"\alpha_t", sheet.lr / sheet.eta("r_t", below))


def _frame(optimizer: Optimizer, sheet: Sheet) -> Term:
    """Write both moments, and return eta."""
    averaged = _first(optimizer, sheet)
    if not scales(optimizer):
        return sheet.lr * averaged
    v = _second(optimizer, sheet)
    spread = _corrected(sheet, "V", optimizer.second, _names(optimizer)[1], v)
    return _rate(optimizer, sheet, spread) * averaged


def _of_the_frame(optimizer: Optimizer, sheet: Sheet) -> None:
    sheet.move(_frame(optimizer, sheet))


# ---- those that leave the frame


def _nesterov_keras(optimizer: NesterovKeras, sheet: Sheet) -> None:
    m = sheet.moment("m_t", _pushed(optimizer.first, r"\beta", sheet.m, sheet.g))
    ahead = sheet.moment(r"\hat m_t", _pushed(optimizer.first, r"\beta", m, sheet.g))
    sheet.move(sheet.lr * ahead)


def _adadelta(optimizer: AdaDelta, sheet: Sheet) -> None:
    epsilon = leaf(r"\epsilon", optimizer.epsilon, exact=True)
    u = leaf("U_{t-1}", cast(Array, sheet.u))
    v = _second(optimizer, sheet)
    ratio = sheet.eta("r_t", sqrt(u + epsilon) / sqrt(v + epsilon))
    rate = sheet.eta(r"\alpha_t", sheet.lr * ratio)
    sheet.move(rate * sheet.g)
    sheet.put(SubStep.POINT, "U_t", _pushed(optimizer.second, r"\beta", u, (ratio * sheet.g) ** constant(2)))


def _nadam(optimizer: Nadam, sheet: Sheet) -> None:
    beta1, psi = leaf(r"\beta_1", optimizer.first.decay, exact=True), leaf(r"\psi", optimizer.psi, exact=True)
    half, base, one = constant(0.5), constant(0.96), constant(1)
    weight = sheet.moment(r"\mu_t", beta1 * (1.0 - half * base ** (sheet.t * psi)))
    following = sheet.moment(r"\mu_{t+1}", beta1 * (1.0 - half * base ** ((sheet.t + one) * psi)))
    product = sheet.moment(r"\pi_t", leaf(r"\pi_{t-1}", cast(Array, sheet.u)) * weight)
    m = sheet.moment("m_t", _pushed(optimizer.first, r"\beta_1", sheet.m, sheet.g))
    remembered = (following * m) / (1.0 - product * following)
    ahead = sheet.moment(r"\hat m_t", remembered + ((1.0 - weight) * sheet.g) / (1.0 - product))
    spread = _corrected(sheet, "V", optimizer.second, r"\beta_2", _second(optimizer, sheet))
    sheet.move(_rate(optimizer, sheet, spread) * ahead)


def _amsgrad(optimizer: AMSGrad, sheet: Sheet) -> None:
    averaged = _first(optimizer, sheet)
    v = _second(optimizer, sheet)
    largest = sheet.moment(r"\tilde V_t", larger(leaf(r"\tilde V_{t-1}", cast(Array, sheet.u)), v))
    spread = _corrected(sheet, "V", optimizer.second, r"\beta_2", largest)
    sheet.move(_rate(optimizer, sheet, spread) * averaged)


def _adamax(optimizer: Adamax, sheet: Sheet) -> None:
    averaged = _first(optimizer, sheet)
    before = leaf("u_{t-1}", sheet.v.value)
    u = sheet.moment("u_t", larger(leaf(r"\beta_2", optimizer.second.decay, exact=True) * before, size(sheet.g)))
    below = sheet.eta("r_t", u + leaf(r"\epsilon", optimizer.epsilon, exact=True))
    sheet.move(sheet.eta(r"\alpha_t", sheet.lr / below) * averaged)


def _adamw(optimizer: AdamW, sheet: Sheet) -> None:
    eta = _frame(optimizer, sheet)
    sheet.move(eta + sheet.lr * leaf(r"\lambda", optimizer.weight_decay, exact=True) * sheet.w)


def _lion(optimizer: Lion, sheet: Sheet) -> None:
    mixing = leaf(r"\beta_1", optimizer.mixing, exact=True)
    mixed = sheet.moment("c_t", mixing * sheet.m + (1.0 - mixing) * sheet.g)
    sheet.moment("m_t", _pushed(optimizer.first, r"\beta_2", sheet.m, sheet.g))
    sheet.move(sheet.lr * sign(mixed))


def _newton(optimizer: Newton, sheet: Sheet) -> None:
    hessian = np.asarray(sheet.hessian)
    if len(hessian) > 2:
        raise LookupError("the lines of Newton's method are written for one and two coordinates")
    own = sheet.moment("H_{ii}", leaf(r"\partial_i \partial_i f(w_t)", np.diagonal(hessian)))
    if optimizer.damping:
        own = sheet.moment("A_{ii}", own + leaf(r"\delta", optimizer.damping, exact=True))
    solve = _solved_alone if len(hessian) == 1 else _solved
    sheet.move(sheet.lr * sheet.eta("d_i", solve(sheet, own, hessian)))


def _solved_alone(sheet: Sheet, own: Term, hessian: Array) -> Term:
    return sheet.g / own if np.any(own.value) else constant(0)


def _solved(sheet: Sheet, own: Term, hessian: Array) -> Term:
    """Return `A^-1 g` for `A: (2, 2)`, of which `own` is the diagonal; j is the other coordinate than i."""
    letter = own.write(SYMBOLS)[0]
    diagonal, gradient = np.asarray(own.value), np.asarray(sheet.g.value)
    other, g_other = leaf(f"{letter}_{{jj}}", diagonal[::-1]), leaf("g_j", gradient[::-1])
    cross = sheet.moment(f"{letter}_{{ij}}", leaf(r"\partial_i \partial_j f(w_t)", float(hessian[0, 1])))
    solved = np.diag(diagonal) + float(hessian[0, 1]) * np.eye(2)[::-1]
    smaller, greater = sorted(np.abs(np.linalg.eigvalsh(solved)))
    if smaller > SINGULAR * greater:
        determinant = sheet.moment("D", own * other - cross ** constant(2))
        return (other * sheet.g - cross * g_other) / determinant
    if not greater:
        return constant(0)
    # One curvature is zero: the least-squares solution of a symmetric matrix of rank one.
    trace = sheet.moment("T", own + other)
    return (own * sheet.g + cross * g_other) / trace ** constant(2)


WRITERS: Mapping[type[Optimizer], Callable[[Any, Sheet], None]] = {
    Optimizer: _of_the_frame,
    LookAhead: _of_the_frame,
    NesterovKeras: _nesterov_keras,
    AdaDelta: _adadelta,
    Nadam: _nadam,
    AMSGrad: _amsgrad,
    Adamax: _adamax,
    AdamW: _adamw,
    Lion: _lion,
    Newton: _newton,
}
"""Who writes the lines of an optimizer, by its class."""


# ---- what eta is made of


class Part(StrEnum):
    """What a part of eta comes from."""

    MOMENTUM = "momentum"
    GRADIENT = "gradient"
    DECAY = "decay"


def parts(optimizer: Optimizer, memory: Memory, look: Look, learning_rate: Number) -> Mapping[Part, Array]:
    """Return what eta is the sum of, each of the shape of `look.w`; nothing where it cannot be split.

    The newest gradient's part is the update that forgets the first moment; the rest is what was remembered.
    """
    if isinstance(optimizer, Lion):
        return {}
    with np.errstate(all="ignore"):
        eta = optimizer.step(memory, look, learning_rate)[1].eta
        blank = memory._replace(m=np.zeros_like(memory.m))
        decay = optimizer.step(blank, look._replace(g=np.zeros_like(look.g)), learning_rate)[1].eta
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
        look = [None if each is None else each[k] for each in self.look]
        return lines(self.optimizer, self.memory_at(k), Look(*cast(Any, look)), float(self.learning_rate[k, 0]))

    def memory_at(self, k: int) -> Memory:
        """Return the memory with which update k begins."""
        m, v, u = (None if each is None else each[k] for each in self.memory[1:])
        return Memory(int(np.ravel(self.memory.t)[k]), cast(Array, m), cast(Array, v), u)

    def state_at(self, k: int) -> tuple[Array, Memory]:
        """Return the point and the memory with which update k begins, or which the last one leaves."""
        if k < len(self):
            return self.look.w[k], self.memory_at(k)
        look = Look(*cast(Any, [None if each is None else each[k - 1] for each in self.look]))
        memory, update = self.optimizer.step(self.memory_at(k - 1), look, float(self.learning_rate[k - 1, 0]))
        return look.w - update.eta, memory

    def upto(self, k: int) -> "Updates":
        """Return the first k updates."""

        def cut(arrays: Any) -> Any:
            return type(arrays)(*(None if each is None else each[:k] for each in arrays))

        rates, following = self.learning_rate[:k], self.following[:k]
        return Updates(self.optimizer, cut(self.memory), cut(self.look), rates, cut(self.update), following)

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

        def stacked(of: Callable[[Step], Any]) -> Array:
            each = np.array([of(step) for step in rows], dtype=float)
            return np.broadcast_to(each.reshape(len(rows), -1) if rows else each.reshape(width), width)

        u = None if steps[0].memory.u is None else stacked(lambda step: step.memory.u)
        times = np.array([[step.t] for step in rows], dtype=float).reshape(-1, 1)
        rates = np.array([[step.learning_rate] for step in rows], dtype=float).reshape(-1, 1)
        m, v = stacked(lambda step: step.memory.m), stacked(lambda step: step.memory.v)
        w, eta = stacked(lambda step: step.w), stacked(lambda step: step.eta)
        # All points are looked at once for what a step does not keep, the Hessian; gradients are each update's own.
        look = optimizer.look(objective, Memory(0, m, v, u), w, rates)
        look = look._replace(point=stacked(lambda step: step.point), g=stacked(lambda step: step.g))
        read = (stacked(lambda step: step.m), stacked(lambda step: step.v), stacked(lambda step: step.rate))
    return Updates(optimizer, Memory(cast(Any, times), m, v, u), look, rates, Update(*read, eta), w - eta)
