"""Optimizers: all share four steps, and most differ only in how the two moments are formed.

    1. g_t                         the gradient
    2. m_t, V_t                    the first and the second moment
    3. eta_t = lr * m_t / sqrt(V_t)
    4. w_{t+1} = w_t - eta_t

Each is written once, as the lines of its update rule (`rules.py`), from which all else comes. Where a moment is
the linear recursion `s_t = decay * s_{t-1} + gain * x_t`, read out with or without bias correction, it has a row in the
table of the two moments (`Optimizer.first`, `Optimizer.second`):

|                               | m: decay, gain       | V: decay, gain       |
|-------------------------------|----------------------|----------------------|
| SGD                           | 0, 1                 | constant 1           |
| momentum, averaged            | b, 1-b               | constant 1           |
| momentum, classical           | b, 1                 | constant 1           |
| AdaGrad                       | 0, 1                 | 1, 1                 |
| RMSProp                       | 0, 1                 | b, 1-b               |
| Adam                          | b1, 1-b1, corrected  | b2, 1-b2, corrected  |

Every hyper-parameter may be a number or an array that broadcasts against `w: (..., n)`, so one loop runs eight
variants, a sweep of learning rates, or 10,000 starts.

Conventions, decided once: the learning rate stands outside the moments; epsilon stands outside the root, after bias
correction (Kingma & Ba, PyTorch), unless `epsilon_inside`; a zero gradient never divides by zero.
"""

import inspect
import math
import re
import unicodedata
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, wraps
from typing import Annotated, Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.grammar import Part
from optviz.notation import FormulaError, Reason
from optviz.optimization import history
from optviz.optimization.entries import Branch, Kin
from optviz.optimization.entries import Look as Drawn
from optviz.optimization.line_search import searched
from optviz.optimization.rules import (
    ASK,
    ASKED,
    GIVEN,
    HISTORY,
    LOSS,
    NAME,
    SEARCH,
    TINY,
    VECTORS,
    Parity,
    Rule,
    check_name,
    evaluate,
    lines_of,
    names_in,
    parse,
)
from optviz.optimization.writing import formula, letter, number
from optviz.optimization.writing import typed as lines_as_typed
from optviz.recipes import Parameter, Range, Recipe, read_parameters, registry


class Objective(Protocol):
    """A pure function of the point and of the update's number: `(w: (..., n), t) -> (loss: (...), gradient: (..., n))`.

    All randomness (a batch, noise) follows from a seed and `t`, so that going back, forking a run and comparing two
    settings on the same draws are exact.
    """

    def __call__(self, w: Array, t: int) -> tuple[Array, Array]: ...


class Curved(Objective, Protocol):
    """An objective that knows its second derivatives, `hessian(w): (..., n, n)`."""

    def hessian(self, w: Array) -> Array: ...


class Look(NamedTuple):
    """What an optimizer saw of the objective at step t: the loss at `w`, and the gradient `g` at `point`.

    `besides` is what else was asked for, in order: gradients elsewhere, losses and steps searched for, (..., 1).
    """

    w: Array
    loss: Array
    point: Array
    g: Array
    hessian: Array | None = None
    besides: tuple[Array, ...] = ()

    def each(self, part: Callable[[Array], Array]) -> "Look":
        """Return a part of all that was seen."""
        w, loss, point, g, hessian, besides = self
        curved = None if hessian is None else part(hessian)
        return Look(part(w), part(loss), part(point), part(g), curved, tuple(map(part, besides)))


class Memory(NamedTuple):
    """What an optimizer carries from one update to the next: their number, and its states by name, like `w`."""

    t: int
    states: Mapping[str, Array]

    def each(self, part: Callable[[Array], Array]) -> "Memory":
        """Return the memory with a part of every state."""
        return Memory(self.t, {name: part(state) for name, state in self.states.items()})


Question = tuple[Any, ...]
"""What an update asks of the objective: `rules.ASKED`, and where."""


class Update(NamedTuple):
    """One update: `w_{t+1} = w_t - eta`, with the moments as read out and the effective learning rate.

    `rate` is the factor between the averaged gradient `m` and `eta`, per coordinate: `lr / (sqrt(v) + epsilon)`.
    """

    m: Array
    v: Number
    rate: Number
    eta: Array


@dataclass(frozen=True)
class Recursion:
    """The recursion `s_t = decay * s_{t-1} + gain * x_t` from `s_0 = initial`.

    With `debias` the sum is read out as `s_t / (1 - decay^t)`, the mean of what has been seen (Adam).
    """

    decay: float = 0.0
    gain: float = 1.0
    debias: float = 0.0
    initial: float = 0.0

    def push(self, s: Array, x: Array) -> Array:
        """Return the next raw moment, same shape as `s`."""
        return self.decay * s + self.gain * x

    def read(self, s: Array, t: int) -> Array:
        """Return the moment after `t >= 1` pushes, bias-corrected where `debias` says so."""
        return s / (1.0 - self.decay**t) if self.debias else s


LAST = Recursion()
ONE = Recursion(decay=1.0, gain=0.0, initial=1.0)


def average(beta: float, debias: float = 0.0) -> Recursion:
    """Return the exponential moving average `s = beta s + (1-beta) x`."""
    return Recursion(beta, 1.0 - beta, debias)


def _answered(run: Generator[Question, Array, tuple[Any, ...]], answers: Sequence[Array]) -> tuple[Any, ...]:
    """Return what an update comes to when its questions get these answers."""
    next(run)
    *earlier, last = answers
    for answer in earlier:
        run.send(answer)
    try:
        run.send(last)
    except StopIteration as done:
        return cast(tuple[Any, ...], done.value)
    raise AssertionError("a rule asks as often as it has lines that do")


def number_for(objective: Objective, w: Array, t: int, question: Question) -> Array:
    """Answer what an update at w asks for that is no gradient: a loss, or a step along a line; (..., 1)."""
    what, *details = question
    if what == LOSS:
        return objective(details[0], t)[0][..., None]
    here = objective(w, t)[0][..., None]
    *given, last = details
    ways = {"shrink": last} if what == SEARCH else {"steepness": last}
    return searched(lambda point: objective(point, t), w, here, *given, **ways)


PLAIN = parse("w = w - lr*g")


@dataclass(frozen=True)
class Optimizer:
    """A rule with its settings, in the order of `rule.parameters`; `symbols` are their letters in TeX.

    Without a rule it is plain descent.
    """

    rule: Rule = PLAIN
    settings: tuple[Number, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def looks_ahead(self) -> bool:
        """Whether the gradient is taken elsewhere than at `w`."""
        return self.rule.looks_ahead

    @property
    def follows_curvature(self) -> bool:
        """Whether it divides by the curvature, so that where that is negative its steps lead uphill."""
        return self.rule.follows_curvature

    def on(self, shapes: Sequence[tuple[int, ...]]) -> "Optimizer":
        """Return the optimizer of a net whose `w` is made of matrices and vectors of these shapes."""
        return self

    @property
    def needs_hessian(self) -> bool:
        """Whether it can run only where second derivatives are known: on a surface, and not in a net."""
        return self.rule.needs_hessian

    @property
    def is_plain(self) -> bool:
        """Whether it is plain descent: its step is lr times the gradient at w."""
        split = self.rule.split
        return not (self.rule.states or self.looks_ahead or split is None or split.below or split.rest) and (
            split.moment.content == "g" and [part.content for part in split.above] == ["lr"]
        )

    @property
    def values(self) -> dict[str, Number]:
        """The settings by name."""
        return dict(zip(self.rule.parameters, self.settings, strict=True))

    def init(self, w: Array) -> Memory:
        """Return the memory before the first update, for parameters of the shape of `w`."""
        initial = dict(self.rule.initial)
        zero = np.zeros_like(w)
        values = {**self.values, "w": w}
        begin = {name: zero + evaluate(initial[name], values) if name in initial else zero for name in self.rule.states}
        if self.rule.pairs is not None:
            begin[HISTORY] = history.begun(evaluate(self.rule.pairs, self.values), w)
        return Memory(0, begin)

    def look(self, objective: Objective, memory: Memory, w: Array, learning_rate: Number) -> Look:
        """Ask the objective for what the next update needs: the loss at `w`, the gradients where it wants them.

        `learning_rate` broadcasts against `w`. TypeError where it wants a Hessian and the objective has none.
        """
        loss, g = objective(w, memory.t)
        hessian = self._hessian(objective, w)
        if not self.rule.questions:
            return Look(w, loss, w, g, hessian)
        run = self.rule.update(w, memory.t + 1, learning_rate, hessian, tuple(memory.states.values()), self.settings)
        answers, point, newest = [], w, g
        question = next(run)
        try:
            while True:
                if question[0] == ASK:
                    point = question[1]
                    answer = newest = g if point is w else objective(point, memory.t)[1]
                else:
                    answer = number_for(objective, w, memory.t, question)
                answers.append(answer)
                question = run.send(answer)
        except StopIteration:
            return Look(w, loss, point, newest, hessian, self.rule.besides(answers))

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update; `learning_rate` broadcasts against `w`."""
        t, states = memory.t + 1, memory.states.values()
        given = (look.w, 1.0 * t, learning_rate, look.hessian, states, self.settings)
        if self.rule.questions:
            results = _answered(self.rule.update(*given), self.rule.answers(look.g, look.besides))
        else:
            results = self.rule.update(look.g, *given)
        *after, m, v, rate, eta = results
        return Memory(t, dict(zip(memory.states, after, strict=True))), Update(m, v, rate, eta)

    def _hessian(self, objective: Objective, w: Array) -> Array | None:
        if not self.needs_hessian:
            return None
        try:
            return cast(Curved, objective).hessian(w)
        except AttributeError as error:
            raise TypeError("this optimizer needs an objective with a Hessian") from error

    # ---- its place among the two moments

    @cached_property
    def first(self) -> Recursion:
        """The recursion in which gradients are remembered; the last one alone where there is none that is linear."""
        return self._moment(Parity.ODD, lambda x: x) or LAST

    @cached_property
    def second(self) -> Recursion:
        """The recursion in which their squares are; constant 1 where there is none."""
        return self._moment(Parity.EVEN, lambda x: x * x) or ONE

    def _moment(self, parity: Parity, of: Callable[[float], float]) -> Recursion | None:
        """Return the first state of a parity as a linear recursion in what is pushed."""
        for name in () if self.rule.needs_matrices else self.rule.states:
            if self.rule.parities[name] is not parity or "g" not in self.rule.sources(name):
                continue
            tree = self.rule.tree_of(name)
            if tree.content == "g" or not names_in(tree) <= {name, "g", *self.rule.parameters}:
                continue
            decay, gain, both = (
                self._value(tree, **{name: s, "g": g}) for s, g in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0))
            )
            if np.isclose(both, 2.0 * decay + of(3.0) * gain, rtol=1e-12, atol=0):
                initial = dict(self.rule.initial).get(name)
                begin = float(self._value(initial)) if initial else 0.0
                return Recursion(float(decay), float(gain), float(self._is_corrected(name, decay)), begin)
        return None

    def _is_corrected(self, name: str, decay: Number) -> bool:
        """Whether a line reads a state out as `s / (1 - decay^t)`."""
        read = [tree for _name, tree in self.rule.written if names_in(tree) - {*self.rule.parameters} == {name, "t"}]
        return any(np.isclose(self._value(tree, **{name: 1.0, "t": 3}), 1.0 / (1.0 - decay**3)) for tree in read)

    def _value(self, tree: Part, **values: Any) -> Any:
        return evaluate(tree, {**self.values, **values})

    # ---- its bounds

    def largest_rate(self, curvature: float, t: float = np.inf) -> float | None:
        """Return the learning rate above which a quadratic of this curvature makes it diverge, or None if not known.

        Plain descent has 2 / curvature. `t` is the number of updates so far, for those whose weights change with it.
        """
        if self.rule.spread is not None or self.rule.steers_rate or curvature <= 0:
            return None
        product = self.stable_product(t)
        return None if product is None else product / curvature

    def stable_product(self, t: float = np.inf) -> float | None:
        """Return the largest stable effective learning rate x curvature after t updates, 2 for plain descent.

        With the second moment at rest each coordinate descends as without one, at its effective learning rate: point
        and moments become a matrix times themselves, which shrinks them as long as no eigenvalue is larger than 1. None
        where the step is not linear in the gradients.
        """
        return _stable_product(self, min(t, LATE)) if self.rule.is_linear else None

    def smooth_product(self, t: float = np.inf) -> float | None:
        """Return the largest learning rate x curvature with which a quadratic is descended without oscillating.

        Up to it all eigenvalues of the step of point and moments are positive: 1 for plain descent,
        `(1 - sqrt(b))^2 / gain` for momentum (Goh 2017, Why Momentum Really Works). None as in `stable_product`.
        """
        return _smooth_product(self, min(t, LATE)) if self.rule.is_linear and self.rule.spread is None else None


LATE = 10_000
"""After so many updates weights that change with their number have settled."""
SETTLED = 500
"""So many updates are made of the states that the gradient does not shape: products of weights have vanished then."""


@lru_cache(maxsize=256)
def _stable_product(optimizer: Optimizer, t: float) -> float | None:
    eigenvalues = _eigenvalues(optimizer, t)
    if eigenvalues is None:
        return None
    return _largest(lambda x: np.abs(eigenvalues(x)).max(-1) > 1.0 + MARGIN, 1e-3, 1e6)


@lru_cache(maxsize=256)
def _smooth_product(optimizer: Optimizer, t: float) -> float | None:
    eigenvalues = _eigenvalues(optimizer, t)
    if eigenvalues is None:
        return None

    def swings(x: Array) -> NDArray[np.bool_]:
        found = eigenvalues(x)
        return np.asarray(((np.abs(found.imag) > PAIRED * np.abs(found)) | (found.real < -MARGIN)).any(-1))

    return _largest(swings, 1e-6, 1e3)


@np.errstate(all="ignore")
def _eigenvalues(optimizer: Optimizer, t: float) -> Callable[[Array], Array] | None:
    """Return what gives the eigenvalues of the step of point and moments at products of rate and curvature."""
    others = _at_rest(optimizer, t)
    # Entries are at most quadratic in lr: a look ahead has it in the point and in the step.
    constant, first, second, third = _matrices(optimizer, others, np.arange(4.0), t)
    square = (second - 2.0 * first + constant) / 2.0
    slope = first - constant - square
    (steeper,) = _matrices(optimizer, others, np.array([0.5]), t, 2.0)
    # A typed rule may have lr for something else; then it is not the product alone that counts.
    if not np.isfinite([first, steeper]).all() or not np.allclose(third, constant + 3.0 * slope + 9.0 * square):
        return None
    if not np.allclose(np.poly(first), np.poly(steeper)):
        return None

    def at(x: Array) -> Array:
        column = x[..., None, None]
        found: Array = np.linalg.eigvals(constant + column * slope + column**2 * square)
        return found

    return at


def _largest(fails: Callable[[Array], NDArray[np.bool_]], least: float, most: float) -> float:
    """Return the largest number up to which nothing fails: inf where nothing does, 0 where all do."""
    tried = np.geomspace(least, most, 400)
    failing = np.flatnonzero(fails(tried))
    if not len(failing) or not failing[0]:
        return float("inf") if not len(failing) else 0.0
    low, high = tried[failing[0] - 1], tried[failing[0]]
    for _halving in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if fails(np.array(middle)) else (middle, high)
    return float(f"{low:.11g}")


PAIRED = 1e-7
"""Rounding makes a pair of eigenvalues that are equal complex by less than this."""
MARGIN = 1e-12
"""Rounding makes an eigenvalue of size 1 larger by less than this."""


@np.errstate(all="ignore")
def _matrices(optimizer: Optimizer, others: Mapping[str, float], rates: Array, t: float, slope: float = 1.0) -> Array:
    """Return what an update at rest does to (w, the states of the gradient) on a slope, as a matrix for each rate."""
    rule = optimizer.rule
    split = rule.split
    assert split is not None
    states = [name for name in rule.states if rule.parities[name] is Parity.ODD]
    columns = []
    for unit in np.eye(1 + len(states)):
        values: dict[str, Any] = {**optimizer.values, **others, "lr": rates, "t": t + 1.0, "w": float(unit[0])}
        values |= dict(zip(states, map(float, unit[1:]), strict=True))
        values.setdefault("g", slope * values["w"])
        for name, tree in rule.written[:-1]:
            if tree.content == ASK:
                values[name] = slope * evaluate(tree.operands[0], values)
            else:
                # A loss or a step that is searched for is in the effective rate alone.
                values[name] = 1.0 if tree.content in ASKED else evaluate(tree, values)
        after = [values["w"] - rates * evaluate(split.moment, values), *(values[name] for name in states)]
        columns.append(np.stack([np.broadcast_to(each, rates.shape) for each in after], axis=-1))
    return np.stack(columns, axis=-1)


def _at_rest(optimizer: Optimizer, t: float) -> dict[str, float]:
    """Return the states that the gradient does not shape after t updates, and 1 for those of its squares."""
    rule = optimizer.rule
    even = [name for name in rule.states if rule.parities[name] is Parity.EVEN]
    own = [name for name in even if "g" not in rule.sources(name)]
    values: dict[str, Any] = {**optimizer.values, **dict.fromkeys(even, 1.0)}
    values |= {name: optimizer._value(tree) for name, tree in rule.initial if name in own}
    needed = {name for state in own for name in (state, *rule.sources(state))}
    for k in range(int(min(t, SETTLED))) if own else ():
        for name, tree in rule.written:
            if name in needed:
                values[name] = evaluate(tree, {**values, "t": k + 1.0})
    return {name: values[name] for name in even}


# ---- of matrices


@dataclass(frozen=True)
class MatrixOptimizer(Optimizer):
    """A rule for the matrices and vectors of a net; `shapes` are those of which its `w: (..., n)` is made, in order.

    Without shapes all of w is one vector. Each matrix and each vector has states of its own, `0.m`, `1.m`, ...; as the
    update mixes coordinates, its moment is told as the gradient, and its effective learning rate as the learning rate.
    """

    shapes: tuple[tuple[int, ...], ...] = ()

    def on(self, shapes: Sequence[tuple[int, ...]]) -> "MatrixOptimizer":
        """Return the optimizer of a net."""
        return replace(self, shapes=tuple(shapes))

    def init(self, w: Array) -> Memory:
        """Return the memory before the first update."""
        states = {}
        for i, (rule, part) in enumerate(self._parts(w)):
            initial, zero = dict(rule.initial), np.zeros((*part.shape[:-2], 1, 1))
            values = {**self._lifted, "w": part}
            for name in rule.states:
                begin = evaluate(initial[name], values) if name in initial else 0.0
                states[f"{i}.{name}"] = zero + begin
        return Memory(0, states)

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update; `learning_rate` broadcasts against `w`."""
        t, lr, settings = memory.t + 1, _lifted(learning_rate), tuple(self._lifted.values())
        eta = np.empty(look.g.shape)
        states: dict[str, Array] = {}
        parts = zip(self._parts(look.w), self._parts(look.g), self._parts(eta), strict=True)
        for i, ((rule, w), (_rule, g), (_same, into)) in enumerate(parts):
            own = [memory.states[f"{i}.{name}"] for name in rule.states]
            *after, _m, _v, _rate, into[...] = rule.matrix_update(g, w, 1.0 * t, lr, None, own, settings)
            states |= {f"{i}.{name}": state for name, state in zip(rule.states, after[: len(own)], strict=True)}
        return Memory(t, states), Update(look.g, 1.0, learning_rate, eta)

    def matrices(self, w: Array) -> list[Array]:
        """Return the matrices of `w: (..., n)`, each (..., rows, columns)."""
        parts = zip(self.shapes, self._parts(w), strict=True)
        return [part for shape, (_rule, part) in parts if len(shape) == 2]

    @property
    def _lifted(self) -> dict[str, Number]:
        """The settings as they broadcast against matrices."""
        return {name: _lifted(value) for name, value in self.values.items()}

    def _parts(self, w: Array) -> Iterator[tuple[Rule, Array]]:
        """Yield each matrix and vector of w as a view (..., rows, columns), with the rule for it."""
        start = 0
        for shape in self.shapes or (w.shape[-1:],):
            end = start + math.prod(shape)
            rows = shape if len(shape) == 2 else (*shape, 1)
            rule = self.rule if len(shape) == 2 else self.rule.vectors or self.rule
            yield rule, w[..., start:end].reshape(*w.shape[:-1], *rows)
            start = end


def _lifted(value: Number) -> Number:
    return value[..., None] if isinstance(value, np.ndarray) and value.ndim else value


def made(rule: Rule, settings: tuple[Number, ...], symbols: Mapping[str, str] | None = None) -> Optimizer:
    """Return the optimizer of a rule."""
    kind = MatrixOptimizer if rule.needs_matrices else Optimizer
    return kind(rule, settings, symbols or {})


# ---- many at once


def stack(optimizers: Sequence[Optimizer]) -> Optimizer:
    """Return one optimizer that runs several of the same rule side by side on `w: (len(optimizers), n)`.

    Every hyper-parameter becomes a column `(len(optimizers), 1)`; numbers that all agree on stay numbers.
    """
    rules = {optimizer.rule for optimizer in optimizers}
    if len(rules) != 1:
        raise TypeError("only optimizers of one rule stack")
    columns = zip(*(optimizer.settings for optimizer in optimizers), strict=True)
    settings = tuple(
        each[0] if all(value == each[0] for value in each) else np.array(each, dtype=float)[:, None] for each in columns
    )
    return replace(optimizers[0], settings=settings)


def spread(optimizer: Optimizer, w: Array) -> Optimizer:
    """Return the optimizer with every array among its hyper-parameters repeated to the shape of `w`, and laid out so.

    The numbers are the same, but NumPy takes a third of the time over small arrays that need no broadcasting.
    """
    columns = any(isinstance(value, np.ndarray) for value in optimizer.settings)
    if optimizer.rule.needs_matrices or not columns:
        return optimizer

    def full(value: Array) -> Array:
        repeated = np.empty_like(w, dtype=value.dtype)
        repeated[...] = value
        return repeated

    settings = (full(value) if isinstance(value, np.ndarray) else value for value in optimizer.settings)
    return replace(optimizer, settings=tuple(settings))


def framed(first: Recursion, second: Recursion = ONE, epsilon: float = 0.0, epsilon_inside: float = 0.0) -> Optimizer:
    """Return the optimizer that two moments make: `eta = lr * m / (sqrt(V) + epsilon)`."""
    settings: dict[str, float] = {}
    lines: list[str] = []
    both = second != ONE and first != LAST
    m = _pushed("m", "g", first, "1" if both else "", lines, settings)
    if second == ONE:
        lines.append(f"w = w - lr*{m}")
    else:
        v = _pushed("v", "g**2", second, "2" if both else "", lines, settings)
        settings["epsilon"] = epsilon
        lines.append(f"w = w - lr*{m}/{root(v, bool(epsilon_inside))}")
    return Optimizer(parse("\n".join(lines), tuple(settings)), tuple(settings.values()))


def _pushed(s: str, x: str, moment: Recursion, number: str, lines: list[str], settings: dict[str, float]) -> str:
    """Write the lines of a moment, and return the name under which it is read out."""
    if s == "m" and moment == LAST:
        return x
    decay, gain = f"beta{number}", f"gamma{number}"
    settings[decay] = moment.decay
    if moment.initial:
        settings["start"] = moment.initial
        lines.append(f"{s}(0) = start")
    if np.isclose(moment.gain, 1.0 - moment.decay, rtol=1e-12, atol=0):
        pushed = f"(1 - {decay})*{x}"
    elif moment.gain == 1.0:
        pushed = x
    else:
        settings[gain] = moment.gain
        pushed = f"{gain}*{x}"
    lines.append(f"{s} = {decay}*{s} + {pushed}")
    if not moment.debias or not moment.decay:
        return s
    lines.append(f"{s}_hat = {s}/(1 - {decay}**t)")
    return f"{s}_hat"


# ---- the registry


Values = Mapping[str, float]


class Keras(NamedTuple):
    """Keras' own call, and why it is not equal at some values, or with a learning rate that changes; "" where it is.

    In the call stand the settings in braces, and the learning rate. What Keras rounds to single precision elsewhere it
    does not as a `float64(...)`.
    """

    call: str
    differs: Callable[[Values, bool], str]


def equal(values: Values, steady: bool) -> str:
    """Say that Keras' call is equal at all values."""
    return ""


def unless(reason: str, holds: Callable[[Values, bool], Any]) -> Callable[[Values, bool], str]:
    """Say why Keras' call is not equal, unless something holds."""
    return lambda values, steady: "" if holds(values, steady) else reason


def never(reason: str) -> Keras:
    """Return what says why no call of Keras is equal."""
    return Keras("", lambda values, steady: reason)


@dataclass(frozen=True)
class Entry(Recipe[Optimizer]):
    """An optimizer's recipe, with what Keras has of it, how it is drawn, and its place in the family tree.

    Without a look it is drawn as no other is; without a place it is not in the tree. `beyond` says why it is not two
    linear moments and nothing more; its note does where that is not said.
    """

    keras: Keras
    look: Drawn | None = None
    kin: Kin | None = None
    beyond: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it beside its title and its note, in English, which are the keys of their translations."""
        return tuple(filter(None, (self.beyond, self.kin.added if self.kin else "")))


def optimizer(
    title: str, *, source: str, keras: Keras, look: Drawn | None = None, kin: Kin | None = None, beyond: str = ""
) -> Callable[[Callable[..., str]], Entry]:
    """Turn a factory of a rule's text into a recipe: its arguments are the settings, with their ranges.

    A setting that is a switch chooses the text; one that is a number is a name in it.
    """

    def wrap(text: Callable[..., str]) -> Entry:
        parameters = read_parameters(text)
        numbers = [parameter for parameter in parameters if parameter.kind is not bool]
        symbols = {parameter.name: parameter.range.symbol for parameter in numbers}

        @wraps(text)
        def make(**values: Any) -> Optimizer:
            rule = parse(inspect.cleandoc(text(**values)), tuple(symbols))
            return made(rule, tuple(values.get(each.name, each.default) for each in numbers), symbols)

        tex = formula(make().rule, symbols)
        name = text.__name__.rstrip("_")
        return Entry(name, title, make, tex, source, parameters, keras, look, kin, beyond)

    return wrap


def root(spread: str, inside: bool) -> str:
    """Return the divisor: epsilon stands beside the root, or inside it."""
    return f"sqrt({spread} + epsilon)" if inside else f"(sqrt({spread}) + epsilon)"


VELOCITY = "Keras keeps the learning rate inside the velocity; here it stands before it, which differs once it changes."
OUTSIDE = "Keras adds epsilon inside the root; here it is added to the root."
CORRECTED = "Keras adds epsilon before the bias correction of V; here it is added after it."


def is_steady(values: Values, steady: bool) -> bool:
    """Whether the learning rate stays as it is."""
    return steady


def is_inside(values: Values, steady: bool) -> float:
    """Whether epsilon stands inside the root."""
    return values["epsilon_inside"]


Beta = Annotated[float, Range(0.0, 0.9999, r"\beta", "decay")]
Beta1 = Annotated[float, Range(0.0, 0.9999, r"\beta_1", "decay")]
Beta2 = Annotated[float, Range(0.0, 0.99999, r"\beta_2", "decay")]
Epsilon = Annotated[float, Range(1e-12, 1.0, r"\epsilon", "log")]
Inside = Annotated[bool, Range(0, 1, r"\sqrt{V+\epsilon}")]


@optimizer(
    "SGD",
    source="Robbins & Monro 1951",
    keras=Keras("keras.optimizers.SGD({lr})", equal),
    look=Drawn("#0f3ce1", "#96c3ff", "solid", "circle", "●"),
    kin=Kin(
        "SGD",
        Branch.GRADIENT,
        (),
        "The step follows the gradient of a batch.",
    ),
)
def sgd() -> str:
    """Plain gradient descent: straight against the gradient."""
    return "w = w - lr*g"


@optimizer(
    "Momentum (averaged)",
    source="Polyak 1964; PyTorch with dampening = momentum, but for its first step, which is not damped",
    keras=Keras("keras.optimizers.SGD({lr} * (1 - {beta}), momentum=float64({beta}))", unless(VELOCITY, is_steady)),
    look=Drawn("#d2694b", "#ffc396", "dash", "square", "■"),
)
def momentum(beta: Beta = 0.9) -> str:
    """The course's form. With lr / (1 - beta) it follows the same path as the classical form."""
    return """
        m = beta*m + (1 - beta)*g
        w = w - lr*m
    """


@optimizer(
    "Momentum (classical)",
    source="Polyak 1964; Keras, PyTorch",
    keras=Keras("keras.optimizers.SGD({lr}, momentum=float64({beta}))", unless(VELOCITY, is_steady)),
    look=Drawn("#1e9600", "#87ff3c", "longdash", "triangle-down", "▼"),
    kin=Kin(
        "SGDM",
        Branch.MOMENTUM,
        ("sgd",),
        "It adds memory: the step is a sum of old gradients, faster along a valley, calmer across.",
    ),
)
def momentum_classical(beta: Beta = 0.9) -> str:
    """Keras' and PyTorch's form. Keras keeps lr inside the velocity: the same path while lr is constant."""
    return """
        m = beta*m + g
        w = w - lr*m
    """


@optimizer(
    "Heavy ball",
    source="Polyak 1964",
    keras=Keras("keras.optimizers.SGD({lr}, momentum=float64({beta}))", equal),
    look=Drawn("#7800d2", "#f0b4f0", "3px,3px,2px,3px", "triangle-ne", "◥"),
    kin=Kin(
        "Heavy ball",
        Branch.MOMENTUM,
        ("sgd",),
        "It adds a share of the last step: a ball that rolls on, without a velocity to be stored.",
    ),
    beyond="It remembers the point before, and no gradient: the momentum is the way from there to here.",
)
def heavy_ball(beta: Beta = 0.9) -> str:
    """Momentum in Polyak's own form. Keras' momentum is the same path, as that too keeps lr in the step."""
    return """
        w_before(0) = w
        d = w - w_before
        w_before = w
        w = w - lr*g + beta*d
    """


@optimizer(
    "Nesterov (look-ahead)",
    source="Nesterov 1983; the course's form",
    keras=never("Keras' Nesterov takes the gradient at w; here it is taken at w - lr * m."),
    look=Drawn("#b45aff", "#a587ff", "longdashdot", "star", "★"),
    kin=Kin(
        "NAG",
        Branch.MOMENTUM,
        ("momentum_classical",),
        "It adds look-ahead: the gradient at the point where momentum is about to lead, so it brakes in time.",
    ),
    beyond="It computes the gradient ahead, at w − lr · m, not at w.",
)
def nesterov(beta: Beta = 0.9) -> str:
    """The gradient is computed ahead, where one more step like the last would lead."""
    return """
        g = gradient(w - lr*m)
        m = beta*m + (1 - beta)*g
        w = w - lr*m
    """


@optimizer(
    "Nesterov (Keras)",
    source="Sutskever et al. 2013; Keras and PyTorch with nesterov = True",
    keras=Keras("keras.optimizers.SGD({lr}, momentum=float64({beta}), nesterov=True)", unless(VELOCITY, is_steady)),
    look=Drawn("#8778d2", "#875aff", "16px,3px,3px,3px", "star-diamond", "✦"),
    beyond="The step is b · m + g: m is pushed once more with the same gradient.",
)
def nesterov_keras(beta: Beta = 0.9) -> str:
    """The same idea in shifted coordinates: one gradient, at w, is enough."""
    return """
        m = beta*m + g
        m_hat = beta*m + g
        w = w - lr*m_hat
    """


@optimizer(
    "AdaGrad",
    source="Duchi, Hazan & Singer 2011",
    keras=Keras(
        "keras.optimizers.Adagrad({lr}, initial_accumulator_value=float64({initial_accumulator}), epsilon={epsilon})",
        unless(OUTSIDE, is_inside),
    ),
    look=Drawn("#f02d96", "#f01e00", "5px,2px", "cross", "✚"),
    kin=Kin(
        "AdaGrad",
        Branch.ADAPTIVE,
        ("sgd",),
        "It gives each weight its own learning rate: lr over the root of the sum of its squared gradients.",
    ),
)
def adagrad(
    epsilon: Epsilon = 1e-7,
    epsilon_inside: Inside = False,
    initial_accumulator: Annotated[float, Range(0.0, 1.0, "V_0")] = 0.0,
) -> str:
    """The steps shrink as squared gradients add up. Keras starts at V_0 = 0.1 with epsilon inside the root."""
    return f"""
        v(0) = initial_accumulator
        v = v + g**2
        w = w - lr*g/{root("v", epsilon_inside)}
    """


@optimizer(
    "RMSProp",
    source="Tieleman & Hinton 2012",
    keras=Keras("keras.optimizers.RMSprop({lr}, rho={beta}, epsilon={epsilon})", unless(OUTSIDE, is_inside)),
    look=Drawn("#0f4b2d", "#00872d", "dot", "triangle-up", "▲"),
    kin=Kin(
        "RMSProp",
        Branch.ADAPTIVE,
        ("adagrad",),
        "It lets V forget: a mean of recent squares instead of the sum, so the steps do not die out.",
    ),
)
def rmsprop(beta: Beta = 0.9, epsilon: Epsilon = 1e-7, epsilon_inside: Inside = False) -> str:
    """AdaGrad that forgets old gradients. Keras puts epsilon inside the root."""
    return f"""
        v = beta*v + (1 - beta)*g**2
        w = w - lr*g/{root("v", epsilon_inside)}
    """


@optimizer(
    "AdaDelta",
    source="Zeiler 2012, algorithm 1",
    keras=Keras("keras.optimizers.Adadelta({lr}, rho={beta}, epsilon={epsilon})", equal),
    look=Drawn("#966969", "#d29678", "2px,7px", "bowtie", "⋈"),
    kin=Kin(
        "AdaDelta",
        Branch.ADAPTIVE,
        ("adagrad",),
        "It needs no lr: the mean size of its own past steps replaces it.",
    ),
    beyond=(
        "It multiplies by √U, the root mean square of its own past steps. Without ε and with U₀ = 0, as in the course "
        "notes, it never moves: the first step is √0 · g = 0, so U stays 0."
    ),
)
def adadelta(beta: Beta = 0.9, epsilon: Epsilon = 1e-6) -> str:
    """Needs no learning rate (lr = 1). As U_0 = 0, only a nonzero epsilon lets it start to move."""
    return """
        v = beta*v + (1 - beta)*g**2
        r = sqrt(u + epsilon)/sqrt(v + epsilon)
        u = beta*u + (1 - beta)*(r*g)**2
        w = w - lr*r*g
    """


ADAM = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = m/(1 - beta1**t)
    v_hat = v/(1 - beta2**t)
"""


@optimizer(
    "Adam",
    source="Kingma & Ba 2015",
    keras=never(CORRECTED),
    look=Drawn("#a51e96", "#c32dc3", "dashdot", "diamond", "◆"),
    kin=Kin(
        "Adam",
        Branch.BOTH,
        ("momentum_classical", "rmsprop"),
        "It combines both: momentum's m over the root of RMSProp's V, each with bias correction.",
    ),
)
def adam(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8, epsilon_inside: Inside = False) -> str:
    """Both moments, bias-corrected. Keras corrects after adding epsilon; this matters only while V is near epsilon."""
    return f"{ADAM} w = w - lr*m_hat/{root('v_hat', epsilon_inside)}"


@optimizer(
    "Nadam",
    source="Dozat 2016",
    keras=Keras(
        "keras.optimizers.Nadam({lr}, beta_1=float64({beta1}), beta_2=float64({beta2}), epsilon={epsilon})",
        unless("Keras' Nadam has no psi: there it is always 1.", lambda values, _steady: values["psi"] == 1),
    ),
    look=Drawn("#005a78", "#2da5c3", "10px,3px", "triangle-right", "►"),
    kin=Kin(
        "Nadam",
        Branch.BOTH,
        ("nesterov", "adam"),
        "It gives Adam Nesterov's look-ahead.",
    ),
    beyond="It weights m with the factor of the next step, which changes from step to step.",
)
def nadam(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    psi: Annotated[float, Range(0.0, 1.0, r"\psi")] = 1.0,
) -> str:
    """Adam with Nesterov's look-ahead. psi = 1 is Keras' momentum schedule, psi = 0.004 is PyTorch's."""
    return """
        q(0) = 1
        mu = beta1*(1 - 0.5*0.96**(t*psi))
        mu_next = beta1*(1 - 0.5*0.96**((t + 1)*psi))
        q = q*mu
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        m_hat = mu_next*m/(1 - q*mu_next) + (1 - mu)*g/(1 - q)
        v_hat = v/(1 - beta2**t)
        w = w - lr*m_hat/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "RAdam",
    source="Liu et al. 2020",
    keras=never("Keras has no RAdam."),
    look=Drawn("#1e785a", "#00b400", "7px,3px,2px,3px", "triangle-nw", "◤"),
    kin=Kin(
        "RAdam",
        Branch.BOTH,
        ("adam",),
        "It warms Adam up by itself: while V has seen few gradients the steps are momentum's, then short, then Adam's.",
    ),
    beyond="Its steps are shortened by a factor of the number of updates, as long as V has seen few gradients.",
)
def radam(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8) -> str:
    """Adam with a warm-up that follows from how many gradients V has seen; before the sixth it is momentum."""
    return f"""
        rho_inf = 2/(1 - beta2) - 1
        rho = rho_inf - 2*t*beta2**t/(1 - beta2**t)
        {ADAM}
        r = where(rho - 5, sqrt(max(0, (rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho))), 1)
        d = where(rho - 5, sqrt(v_hat) + epsilon, 1)
        w = w - lr*r*m_hat/d
    """


@optimizer(
    "AdaBelief",
    source="Zhuang et al. 2020",
    keras=never("Keras has no AdaBelief."),
    look=Drawn("#780000", "#f00078", "13px,3px,2px,3px", "triangle-se", "◢"),
    kin=Kin(
        "AdaBelief",
        Branch.BOTH,
        ("adam",),
        "It measures how far the gradient is from its mean: long steps where it is as expected, short ones elsewhere.",
    ),
    beyond="Its V is a mean of (g − m)², in which the other moment stands.",
)
def adabelief(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Annotated[float, Range(1e-16, 1.0, r"\epsilon", "log")] = 1e-16,
) -> str:
    """Adam that divides by how much the gradient differs from its mean. Epsilon is added to each s and to its root."""
    return """
        m = beta1*m + (1 - beta1)*g
        s = beta2*s + (1 - beta2)*(g - m)**2 + epsilon
        m_hat = m/(1 - beta1**t)
        s_hat = s/(1 - beta2**t)
        w = w - lr*m_hat/(sqrt(s_hat) + epsilon)
    """


@optimizer(
    "Adan",
    source="Xie et al. 2022, algorithm 1",
    keras=never("Keras has no Adan."),
    look=Drawn("#b43c00", "#b47800", "21px,3px,2px,3px", "triangle-sw", "◣"),
    kin=Kin(
        "Adan",
        Branch.BOTH,
        ("nadam",),
        "It remembers how the gradient changes, and looks ahead by that: one gradient is enough.",
    ),
    beyond="It has a third moment, of the differences of gradients.",
)
def adan(
    beta1: Beta1 = 0.98,
    beta2: Beta2 = 0.92,
    beta3: Annotated[float, Range(0.0, 0.99999, r"\beta_3", "decay")] = 0.99,
    epsilon: Epsilon = 1e-8,
) -> str:
    """Adam with Nesterov's look-ahead by differences of gradients, without weight decay. The betas are decays.

    Optax has 1 - beta2 where the paper has beta2 before the differences: both agree at 0.5.
    """
    return """
        d = where(t - 1, g - g_before, 0)
        g_before = g
        m = beta1*m + (1 - beta1)*g
        u = beta2*u + (1 - beta2)*d
        v = beta3*v + (1 - beta3)*(g + beta2*d)**2
        m_hat = m/(1 - beta1**t)
        u_hat = u/(1 - beta2**t)
        v_hat = v/(1 - beta3**t)
        w = w - lr*(m_hat + beta2*u_hat)/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "AdEMAMix",
    source="Pagliardini, Ablin & Grangier 2024",
    keras=never("Keras has no AdEMAMix."),
    look=Drawn("#d200d2", "#f03cf0", "3px,3px,8px,3px", "hourglass", "⧗"),
    kin=Kin(
        "AdEMAMix",
        Branch.BOTH,
        ("adamw",),
        "It mixes two memories: a fast one as Adam's, and a slow one that still knows gradients of long ago.",
    ),
    beyond="It has two moments of the gradient, one that forgets fast and one that forgets slowly.",
)
def ademamix(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    beta3: Annotated[float, Range(0.0, 0.99999, r"\beta_3", "decay")] = 0.9999,
    alpha: Annotated[float, Range(0.0, 10.0, r"\alpha")] = 5.0,
    epsilon: Epsilon = 1e-8,
) -> str:
    """Adam with a second, slow mean of gradients, times alpha. Alpha and beta3 are constant: nothing warms them up."""
    return """
        m1 = beta1*m1 + (1 - beta1)*g
        m2 = beta3*m2 + (1 - beta3)*g
        v = beta2*v + (1 - beta2)*g**2
        m1_hat = m1/(1 - beta1**t)
        v_hat = v/(1 - beta2**t)
        w = w - lr*(m1_hat + alpha*m2)/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "AMSGrad",
    source="Reddi, Kale & Kumar 2018",
    keras=never(CORRECTED),
    look=Drawn("#0000b4", "#0078d2", "9px,3px,2px,3px,2px,3px", "pentagon", "⬟"),
    kin=Kin(
        "AMSGrad",
        Branch.BOTH,
        ("adam",),
        "It never lets V shrink: the largest so far counts, which closes a gap in Adam's proof.",
    ),
    beyond="It divides by the largest V so far, and a maximum is not a linear recursion.",
)
def amsgrad(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8) -> str:
    """Adam whose effective learning rate never grows again."""
    return """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        v_tilde = max(v_tilde, v)
        m_hat = m/(1 - beta1**t)
        v_hat = v_tilde/(1 - beta2**t)
        w = w - lr*m_hat/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "Adamax",
    source="Kingma & Ba 2015, section 7.1",
    keras=Keras("keras.optimizers.Adamax({lr}, beta_1=float64({beta1}), beta_2={beta2}, epsilon={epsilon})", equal),
    look=Drawn("#872d5a", "#f069b4", "18px,4px", "triangle-left", "◄"),
    beyond="Its V is the largest recent |g|: a maximum, not a mean of squares.",
)
def adamax(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8) -> str:
    """Adam with the largest recent gradient instead of the root mean square.

    Epsilon is added to the maximum, as in Keras; PyTorch and optax add it to |g| inside.
    """
    return """
        m = beta1*m + (1 - beta1)*g
        u = max(beta2*u, abs(g))
        m_hat = m/(1 - beta1**t)
        w = w - lr*m_hat/(u + epsilon)
    """


@optimizer(
    "AdamW",
    source="Loshchilov & Hutter 2019",
    keras=never(CORRECTED),
    look=Drawn("#785a0f", "#b4b400", "6px,3px,6px,3px,2px,3px", "hexagon", "⬢"),
    kin=Kin(
        "AdamW",
        Branch.BOTH,
        ("adam",),
        "It adds the weight decay to the step itself, so the root of V does not divide it.",
    ),
    beyond="Besides both moments, it adds lr · λ · w to the step: the weights decay whatever the gradient is.",
)
def adamw(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    weight_decay: Annotated[float, Range(0.0, 1.0, r"\lambda")] = 0.01,
) -> str:
    """Adam with decoupled weight decay: the decay is not divided by the root of V."""
    return f"{ADAM} w = w - lr*m_hat/(sqrt(v_hat) + epsilon) - lr*weight_decay*w"


@optimizer(
    "LAMB",
    source="You et al. 2020",
    keras=never("Keras' Lamb has a ratio for each variable by itself."),
    look=Drawn("#967800", "#789600", "7px,3px,8px,3px", "diamond-tall", "♦"),
    kin=Kin(
        "LAMB",
        Branch.BOTH,
        ("adamw",),
        "It makes the step as long as lr times the weights are large, so that very large batches can be used.",
    ),
    beyond="Its step is scaled to the size of the weights, over all of them.",
)
def lamb(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-6,
    weight_decay: Annotated[float, Range(0.0, 1.0, r"\lambda")] = 0.01,
) -> str:
    """AdamW whose step is lr times as long as the weights. The norms are those of all weights, not of each layer."""
    return f"""
        {ADAM}
        u = m_hat/(sqrt(v_hat) + epsilon) + weight_decay*w
        r = where(norm(w)*norm(u), norm(w)/norm(u), 1)
        w = w - lr*r*u
    """


@optimizer(
    "Lion",
    source="Chen et al. 2023",
    keras=Keras(
        "keras.optimizers.Lion({lr}, beta_1=float64({beta1}), beta_2=float64({beta2}))",
        unless("Keras' Lion refuses beta_1 = 0.", lambda values, _steady: values["beta1"]),
    ),
    look=Drawn("#5a0078", "#a56987", "2px,3px,2px,8px", "x", "✖"),
    kin=Kin(
        "Lion",
        Branch.BESIDE,
        ("momentum_classical",),
        "It keeps only the sign of the momentum: every weight steps by lr, and there is no V to store.",
    ),
    beyond="Only the sign of m counts, and m mixes with g by one decay and is remembered by another.",
)
def lion(beta1: Beta1 = 0.9, beta2: Beta2 = 0.99) -> str:
    """Only the sign of the momentum counts: use a learning rate three to ten times smaller than Adam's."""
    return """
        c = beta1*m + (1 - beta1)*g
        m = beta2*m + (1 - beta2)*g
        w = w - lr*sign(c)
    """


@optimizer(
    "SAM",
    source="Foret et al. 2021",
    keras=never("Keras' optimizers see one gradient."),
    look=Drawn("#5a3c00", "#f0d200", "13px,3px,8px,3px", "circle-cross", "⊕"),
    kin=Kin(
        "SAM",
        Branch.BESIDE,
        ("sgd",),
        "It takes the gradient where the loss is worst nearby, a step uphill, and so avoids sharp minima.",
    ),
    beyond="It computes two gradients: one at w, and one a step of length ρ uphill from it.",
)
def sam(rho: Annotated[float, Range(0.0, 1.0, r"\rho")] = 0.05) -> str:
    """Gradient descent for flat minima: its gradient is that at the highest point of a ball of radius rho around w."""
    return """
        u = gradient(w)
        g = gradient(w + rho*u/norm(u))
        w = w - lr*g
    """


@optimizer(
    "Lookahead",
    source="Zhang et al. 2019",
    keras=never("Keras has no Lookahead."),
    look=Drawn("#f00000", "#f07800", "21px,3px,8px,3px", "square-cross", "⊞"),
    kin=Kin(
        "Lookahead",
        Branch.BESIDE,
        ("momentum_classical",),
        "It lets momentum run for k updates, and then goes back a part of the way.",
    ),
    beyond="Every k updates the weights go back, part of the way to where they were k updates before.",
)
def lookahead(
    beta: Beta = 0.9,
    alpha: Annotated[float, Range(0.0, 1.0, r"\alpha")] = 0.5,
    k: Annotated[int, Range(1, 50, "k")] = 5,
) -> str:
    """Two sets of weights: the fast ones are momentum's, and every k updates they begin anew from the slow ones."""
    return """
        w_slow(0) = w
        m = beta*m + g
        w_fast = w - lr*m
        w_slow = where(remainder(t, k), w_slow, w_slow + alpha*(w_fast - w_slow))
        w = where(remainder(t, k), w_fast, w_slow)
    """


@optimizer(
    "Schedule-Free SGD",
    source="Defazio et al. 2024",
    keras=never("Keras has no Schedule-Free SGD."),
    look=Drawn("#0078d2", "#7878d2", "3px,3px,2px,6px", "circle-x", "⊗"),
    kin=Kin(
        "SF-SGD",
        Branch.BESIDE,
        ("momentum_classical",),
        "It averages the weights instead of letting the learning rate fall, and needs no last step to be known.",
    ),
    beyond="Three points take the place of moments: z descends, w is its mean, and the gradient is taken between them.",
)
def schedule_free_sgd(beta: Beta = 0.9) -> str:
    """No schedule: w, which is drawn and judged, is the mean of all z; the gradient is taken at y, between both."""
    return """
        z(0) = w
        y = (1 - beta)*z + beta*w
        g = gradient(y)
        z = z - lr*g
        s = s + lr**2
        w = w + lr**2/s*(z - w)
    """


@optimizer(
    "Schedule-Free AdamW",
    source="Defazio et al. 2024",
    keras=never("Keras has no Schedule-Free AdamW."),
    look=Drawn("#b45a96", "#f096b4", "7px,3px,2px,6px", "square-x", "⊠"),
    kin=Kin(
        "SF-AdamW",
        Branch.BESIDE,
        ("adamw",),
        "It averages the weights of AdamW instead of letting the learning rate fall.",
    ),
    beyond="Its points are those of Schedule-Free SGD; z goes on by the gradient over the root of V.",
)
def schedule_free_adamw(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    weight_decay: Annotated[float, Range(0.0, 1.0, r"\lambda")] = 0.01,
) -> str:
    """AdamW without a schedule: w, which is drawn and judged, is the mean of all z; the gradient is taken at y."""
    return """
        z(0) = w
        y = (1 - beta1)*z + beta1*w
        g = gradient(y)
        v = beta2*v + (1 - beta2)*g**2
        v_hat = v/(1 - beta2**t)
        z = z - lr*(g/(sqrt(v_hat) + epsilon) + weight_decay*y)
        s = s + lr**2
        w = w + lr**2/s*(z - w)
    """


@optimizer(
    "Prodigy",
    source="Mishchenko & Defazio 2023, algorithm 4",
    keras=never("Keras has no Prodigy."),
    look=Drawn("#b4005a", "#d25a5a", "13px,3px,2px,6px", "diamond-x", "❖"),
    kin=Kin(
        "Prodigy",
        Branch.BESIDE,
        ("adam",),
        "It finds its learning rate: d grows to the distance from the start that the gradients show to be needed.",
    ),
    beyond="Its learning rate d is a state: a quotient of sums over all weights.",
)
def prodigy(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    d0: Annotated[float, Range(1e-8, 1.0, "d_0", "log")] = 1e-6,
) -> str:
    """Adam that estimates its learning rate (lr = 1): d grows from d0 and never shrinks; sums are over all weights."""
    return """
        d(0) = d0
        w0(0) = w
        w0 = w0
        m = beta1*m + (1 - beta1)*d*g
        v = beta2*v + (1 - beta2)*(d*g)**2
        r = sqrt(beta2)*r + (1 - sqrt(beta2))*lr*d**2*sum(g*(w0 - w))
        s = sqrt(beta2)*s + (1 - sqrt(beta2))*lr*d**2*g
        u = d*m/(sqrt(v) + d*epsilon)
        d = max(d, r/sum(abs(s)))
        w = w - lr*u
    """


@optimizer(
    "Sophia",
    source="Liu et al. 2023, algorithm 3",
    keras=never("Keras has no Sophia."),
    look=Drawn("#007800", "#009678", "21px,3px,2px,6px", "diamond-cross", "◈"),
    kin=Kin(
        "Sophia",
        Branch.BESIDE,
        ("newton",),
        "It keeps the diagonal of the Hessian alone, every k updates, and cuts off what would be a long step.",
    ),
    beyond="It divides by a mean of second derivatives, and no coordinate goes farther than lr.",
)
def sophia(
    beta1: Beta1 = 0.96,
    beta2: Beta2 = 0.99,
    gamma: Annotated[float, Range(0.001, 1.0, r"\gamma", "log")] = 0.01,
    k: Annotated[int, Range(1, 50, "k")] = 10,
    epsilon: Epsilon = 1e-12,
) -> str:
    """Clipped Newton steps, on surfaces only, where the diagonal of the Hessian is known; without weight decay.

    In large nets the diagonal is estimated; here it is exact.
    """
    return """
        m = beta1*m + (1 - beta1)*g
        h = where(remainder(t - 1, k), h, beta2*h + (1 - beta2)*curvature)
        r = m/max(gamma*h, epsilon)
        w = w - lr*min(max(r, -1), 1)
    """


@optimizer(
    "Newton",
    source="Newton 1685, Raphson 1690; H is the Hessian at w_t",
    keras=never("Keras has no Newton: a net is too large for its Hessian."),
    look=Drawn("#0096a5", "#5ad2d2", "20px,5px,2px,5px", "hexagram", "✶"),
    kin=Kin(
        "Newton",
        Branch.BESIDE,
        (),
        "It uses curvature: the gradient over the Hessian, an n × n matrix for n weights.",
    ),
    beyond="It divides by the Hessian, a matrix of second derivatives, not by a number for each weight.",
)
def newton(damping: Annotated[float, Range(0.0, 10.0, r"\delta")] = 0.0) -> str:
    """Second order, on surfaces only: at lr = 1 one step solves a quadratic, but it also goes to saddles and maxima."""
    return "w = w - lr*newton(damping)"


# ---- steps that losses and histories say


Enough = Annotated[float, Range(1e-6, 0.9, "c", "log")]
Steep = Annotated[float, Range(0.01, 0.99, "c_2")]
Shrink = Annotated[float, Range(0.1, 0.9, r"\tau")]


@optimizer(
    "Armijo backtracking",
    source="Armijo 1966; Nocedal & Wright 2006, algorithm 3.1",
    keras=never("Keras' optimizers do not see the loss."),
    look=Drawn("#3c1e96", "#d296f0", "3px,6px,2px,3px", "hexagon2", "⎔"),
    kin=Kin(
        "Armijo",
        Branch.GRADIENT,
        ("sgd",),
        "It tries how far to go: the step is shortened until the loss has fallen by enough.",
    ),
    beyond="Its step is searched for: it asks for the loss at several points along the gradient.",
)
def armijo(share: Enough = 0.5, shrink: Shrink = 0.5) -> str:
    """Gradient descent whose loss never rises: lr is the longest step that it tries, and shrink shortens it."""
    return """
        s = search(g, lr, share, shrink)
        w = w - s*g
    """


@optimizer(
    "Polyak's step",
    source="Polyak 1969; with a largest step as in Loizou et al. 2021",
    keras=never("Keras' optimizers do not see the loss."),
    look=Drawn("#005ab4", "#9696d2", "7px,6px,2px,3px", "circle-dot", "◉"),
    kin=Kin(
        "Polyak",
        Branch.GRADIENT,
        ("sgd",),
        "It knows the least loss, and from how far the loss is above it how long the step must be.",
    ),
    beyond="Its step is the distance of the loss to the least one, over the squared norm of the gradient.",
)
def polyak(
    least: Annotated[float, Range(-1000.0, 1000.0, "f^*")] = 0.0,
    longest: Annotated[float, Range(1e-3, 1e4, r"\gamma_{\max}", "log")] = 10.0,
) -> str:
    """The step that brings a convex loss nearest to its minimum, where the least loss f* is known; lr = 1 is Polyak's.

    On nets f* = 0 is what a net reaches that fits every row. A loss below f* makes no step.
    """
    return """
        f = loss(w)
        r = min(max(f - least, 0)/norm(g)**2, longest)
        w = w - lr*r*g
    """


@optimizer(
    "Extragradient",
    source="Korpelevich 1976",
    keras=never("Keras' optimizers see one gradient."),
    look=Drawn("#5a3cb4", "#b45af0", "13px,6px,2px,3px", "triangle-up-dot", "◬"),
    kin=Kin(
        "Extragrad.",
        Branch.BESIDE,
        ("sgd",),
        "It makes a step on trial, and then the real one from where it was with the gradient found there.",
    ),
    beyond="It computes two gradients: one at w, and one where plain descent would step.",
)
def extragradient() -> str:
    """Gradient descent by the gradient of the next point: made for games, where plain descent goes round in circles."""
    return """
        u = gradient(w)
        g = gradient(w - lr*u)
        w = w - lr*g
    """


@optimizer(
    "Conjugate gradient",
    source="Polak & Ribière 1969, Polyak 1969; Nocedal & Wright 2006, algorithm 5.4 with (5.44) and (5.45)",
    keras=never("Keras' optimizers do not see the loss."),
    look=Drawn("#3c5a00", "#00d200", "21px,6px,2px,3px", "square-dot", "▣"),
    kin=Kin(
        "CG",
        Branch.MOMENTUM,
        ("heavy_ball",),
        "It finds its momentum and its step: on a quadratic of n weights it is there after n steps.",
    ),
    beyond="Its momentum comes from two gradients, and its step from the losses along the direction.",
)
def conjugate_gradient(share: Enough = 1e-4, steepness: Steep = 0.1) -> str:
    """Polak and Ribière's directions, begun anew where they lead uphill.

    The step is that to the lowest point of a parabola: it has the loss and the slope at w, and the loss at the distance
    lr. It is searched on from there until loss and slope have fallen by enough.
    """
    return """
        n = where(t - 1, sum(g_before**2), 1)
        b = max(0, sum(g*(g - g_before))/n)
        g_before = g
        p = g + b*d
        d = where(sum(g*p), p, g)
        a = lr/max(norm(d), 1e-12)
        f = loss(w)
        h = loss(w - a*d)
        u = a*sum(g*d)
        k = 2*(h - f + u)
        s = where(k, a*u/max(k, 1e-6*u), a)
        r = wolfe(d, s, share, steepness)
        w = w - r*d
    """


@optimizer(
    "L-BFGS",
    source="Nocedal 1980, Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4 and 7.5",
    keras=never("Keras' optimizers update each variable by itself."),
    look=Drawn("#d23c5a", "#f07878", "3px,6px,8px,3px", "diamond-dot", "◇"),
    kin=Kin(
        "L-BFGS",
        Branch.BESIDE,
        ("newton",),
        "It needs no Hessian: its last steps, and how the gradient changed along them, tell it Newton's direction.",
    ),
    beyond="It remembers its last steps and how the gradient changed along them: a history in the place of moments.",
)
def lbfgs(
    pairs: Annotated[int, Range(1, 20, "m")] = 10,
    share: Enough = 1e-4,
    steepness: Steep = 0.9,
    line_search: Annotated[bool, Range(0, 1, r"\text{Wolfe}")] = True,
) -> str:
    """Nearly Newton's steps, from gradients alone; each is searched for, from lr = 1 on.

    Without a search it is PyTorch's: a step is lr times the direction, and the first one is shorter.
    """
    if line_search:
        return """
            d = lbfgs(pairs)
            s = wolfe(d, lr, share, steepness)
            w = w - s*d
        """
    return """
        d = lbfgs(pairs)
        r = where(t - 1, 1, min(1, 1/sum(abs(g))))
        w = w - lr*r*d
    """


# ---- of matrices: each layer's weights are one, and its biases a vector

OF_LAYERS = never("Keras' own, where it has one, scales steps otherwise.")
Steps = Annotated[int, Range(0, 10, "n")]


@optimizer(
    "Muon",
    source="Jordan et al. 2024",
    keras=OF_LAYERS,
    look=Drawn("#5a965a", "#00b478", "3px,3px,8px,6px", "star-square", "✸"),
    kin=Kin(
        "Muon",
        Branch.MATRIX,
        ("nesterov", "shampoo"),
        "It makes all directions of a layer's momentum equally long, as Shampoo does without a memory.",
    ),
)
def muon(
    beta: Beta = 0.95,
    steps: Steps = 5,
    exact: Annotated[bool, Range(0, 1, "UV^T")] = False,
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
) -> str:
    """Nesterov's momentum, orthogonalized: all its singular values become about 1.

    A layer's step is scaled by the root of outputs over inputs, where that is above 1. Biases get Adam's steps.
    """
    return f"""
        m = beta*m + (1 - beta)*g
        u = beta*m + (1 - beta)*g
        w = w - lr*sqrt(max(1, aspect(w)))*{"polar(u)" if exact else "orthogonal(u, steps)"}
        {VECTORS}
        {ADAM} w = w - lr*m_hat/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "Shampoo",
    source="Gupta, Koren & Singer 2018",
    keras=OF_LAYERS,
    look=Drawn("#5a3c78", "#f000b4", "7px,3px,8px,6px", "diamond-wide", "⬧"),
    kin=Kin(
        "Shampoo",
        Branch.MATRIX,
        ("adagrad",),
        "It divides a layer's gradient by roots of two matrices, one for its rows and one for its columns.",
    ),
)
def shampoo(epsilon: Annotated[float, Range(1e-12, 1.0, r"\epsilon", "log")] = 1e-4) -> str:
    """AdaGrad for matrices: it divides by fourth roots of sums of g gᵀ and gᵀ g, to the left and to the right.

    Biases get AdaGrad's steps, which is Shampoo's diagonal form.
    """
    return f"""
        L = L + matmul(g, transpose(g))
        R = R + matmul(transpose(g), g)
        w = w - lr*matmul(inverseroot(L, 4, epsilon), g, inverseroot(R, 4, epsilon))
        {VECTORS}
        v = v + g**2
        w = w - lr*g/sqrt(v + epsilon)
    """


@optimizer(
    "SOAP",
    source="Vyas et al. 2024, algorithm 3",
    keras=OF_LAYERS,
    look=Drawn("#003c78", "#3c96f0", "13px,3px,8px,6px", "star-triangle-up", "▵"),
    kin=Kin(
        "SOAP",
        Branch.MATRIX,
        ("shampoo", "adam"),
        "It runs Adam in the axes that Shampoo finds.",
    ),
)
def soap(
    beta1: Beta1 = 0.95,
    beta2: Beta2 = 0.95,
    epsilon: Epsilon = 1e-8,
    frequency: Annotated[int, Range(1, 100, "f")] = 10,
) -> str:
    """Adam in the eigenvectors of Shampoo's two matrices, which are followed every f-th update.

    The matrices are brought up to date before the step, so that the first one has a basis. Biases get Adam's steps.
    """
    return f"""
        L = beta2*L + (1 - beta2)*matmul(g, transpose(g))
        R = beta2*R + (1 - beta2)*matmul(transpose(g), g)
        P = eigenvectors(L, P, frequency)
        Q = eigenvectors(R, Q, frequency)
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*matmul(transpose(P), g, Q)**2
        m_hat = matmul(transpose(P), m, Q)/(1 - beta1**t)
        v_hat = v/(1 - beta2**t)
        w = w - lr*matmul(P, m_hat/(sqrt(v_hat) + epsilon), transpose(Q))
        {VECTORS}
        {ADAM} w = w - lr*m_hat/(sqrt(v_hat) + epsilon)
    """


@optimizer(
    "Adafactor",
    source="Shazeer & Stern 2018, algorithm 6",
    keras=OF_LAYERS,
    look=Drawn("#007896", "#78f0f0", "21px,3px,8px,6px", "star-triangle-down", "▿"),
    kin=Kin(
        "Adafactor",
        Branch.MATRIX,
        ("adam",),
        "It keeps a row and a column in place of V, and almost no memory.",
    ),
)
def adafactor(
    decay: Annotated[float, Range(0.1, 1.0, r"\gamma")] = 0.8,
    clip: Annotated[float, Range(0.1, 10.0, "d", "log")] = 1.0,
    epsilon1: Annotated[float, Range(1e-30, 1e-3, r"\epsilon_1", "log")] = 1e-30,
    epsilon2: Annotated[float, Range(1e-6, 1.0, r"\epsilon_2", "log")] = 1e-3,
) -> str:
    """Of V it keeps only the means of rows and columns, and its step is a share of the weights' own size.

    The share is lr at most, and falls as 1/√t. Biases keep all of V.
    """
    step = """
        u = g/sqrt(v)
        u_hat = u/max(1, rms(u)/clip)
        w = w - max(epsilon2, rms(w))*min(lr, 1/sqrt(t))*u_hat
    """
    return f"""
        beta = 1 - t**(-decay)
        r = beta*r + (1 - beta)*rowmean(g**2 + epsilon1)
        c = beta*c + (1 - beta)*columnmean(g**2 + epsilon1)
        v = r*c/columnmean(r)
        {step}
        {VECTORS}
        beta = 1 - t**(-decay)
        v = beta*v + (1 - beta)*(g**2 + epsilon1)
        {step}
    """


# ---- rules that somebody types

OWN = "own:"
"""What the name of a typed rule begins with; the rest is its text."""
LONGEST = 800
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_SLIDER = re.compile(rf"\s*({NAME})\s*=\s*{_NUMBER}\s*in\s*\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]\s*")
_IS_SLIDER = re.compile(r"\bin\b|[\[\]]")
MOST_SLIDERS, LARGEST = 8, 1e6


@lru_cache(maxsize=256)
def typed(text: str) -> Entry:
    """Return the entry of a text in which lines like `beta = 0.9 in [0, 1]` stand before those of a rule.

    Each of these is a setting with its default and its range. Raises `FormulaError` for any other text.
    """
    if len(text) > LONGEST:
        raise FormulaError(Reason.TOO_LONG, text)
    parameters: list[Parameter] = []
    spaces = list(text)
    for line, place in lines_of(text):
        if _IS_SLIDER.search(unicodedata.normalize("NFKC", line)):
            parameters.append(_slider(line, place))
            spaces[place : place + len(line)] = " " * len(line)
    names = [parameter.name for parameter in parameters]
    if len(names) > MOST_SLIDERS or len({*names}) < len(names):
        raise FormulaError(Reason.SLIDER, names[-1])
    rule = parse("".join(spaces), tuple(names))

    def make(**values: float) -> Optimizer:
        """The lines that somebody typed."""
        return made(rule, tuple(values.get(each.name, each.default) for each in parameters))

    reason = "This rule is typed, and no call of Keras."
    return Entry(OWN + text, "A rule of your own", make, formula(rule, {}), "", tuple(parameters), never(reason))


def _slider(line: str, place: int) -> Parameter:
    found = _SLIDER.fullmatch(unicodedata.normalize("NFKC", line))
    if not found:
        raise FormulaError(Reason.SLIDER, line.strip(), place)
    check_name(found[1], place)
    default, low, high = (float(number) for number in found.groups()[1:])
    if found[1] in GIVEN or not -LARGEST <= low <= default <= high <= LARGEST or low == high:
        raise FormulaError(Reason.SLIDER, line.strip(), place)
    scale = "linear"
    if low > 0 and high / low >= 1000:
        scale = "log"
    elif low >= 0 and 0.99 <= high <= 1:
        scale = "decay"
    return Parameter(found[1], default, Range(low, high, letter(found[1]), scale))


def template(name: str) -> str:
    """Return the text of an optimizer, tidily: a known one may be gone on from, and a typed one stands so in links."""
    entry = OPTIMIZERS[name]
    rule = entry().rule
    sliders = [
        f"{each.name} = {number(each.default)} in [{number(each.range.low)}, {number(each.range.high)}]"
        for each in entry.parameters
        if each.name in rule.parameters
    ]
    return "\n".join([*sliders, lines_as_typed(rule)])


class Optimizers(Mapping[str, Entry]):
    """All optimizers by name, listed are those that can descend from any point.

    `MATRIX_OPTIMIZERS` need a net. `own:` with a text behind it is the rule of that text, which no list counts.
    """

    def __init__(self, known: Mapping[str, Entry]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> Entry:
        """Return an entry; KeyError where the name, or the text behind `own:`, is none."""
        if not name.startswith(OWN):
            return self._known[name] if name in self._known else MATRIX_OPTIMIZERS[name]
        try:
            return typed(name.removeprefix(OWN))
        except FormulaError as error:
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        """Yield the known names."""
        return iter(self._known)

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._known)


KNOWN = registry(
    (
        sgd,
        momentum,
        momentum_classical,
        heavy_ball,
        nesterov,
        nesterov_keras,
        adagrad,
        rmsprop,
        adadelta,
        adam,
        nadam,
        radam,
        adabelief,
        adan,
        ademamix,
        amsgrad,
        adamax,
        adamw,
        lamb,
        lion,
        sam,
        lookahead,
        schedule_free_sgd,
        schedule_free_adamw,
        prodigy,
        sophia,
        newton,
        armijo,
        polyak,
        extragradient,
        conjugate_gradient,
        lbfgs,
    )
)
OPTIMIZERS = Optimizers(KNOWN)
"""Every optimizer by name."""
MATRIX_OPTIMIZERS = registry((muon, shampoo, soap, adafactor))
"""Those that take the weights of each layer as a matrix."""
TRAINERS = {name: entry for name, entry in {**KNOWN, **MATRIX_OPTIMIZERS}.items() if not entry().needs_hessian}
"""Those that train nets, which are too large for a Hessian."""
example = typed("beta = 0.9 in [0, 1]\nm = beta*m + g\nw = w - lr*m")
"""What somebody begins with."""

__all__ = [
    "MATRIX_OPTIMIZERS",
    "OPTIMIZERS",
    "TINY",
    "TRAINERS",
    "Look",
    "Memory",
    "Objective",
    "Optimizer",
    "Recursion",
    "Update",
    "framed",
    "spread",
    "stack",
]
