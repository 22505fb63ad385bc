"""A descent of one run on plain floats: a loop made from a rule's lines, for where NumPy pays more than the arithmetic.

A race has few runs and many steps, and NumPy takes 5 to 15 microseconds a step for 20 nanoseconds of arithmetic; plain
floats take half a microsecond. The operations are those of `rules.py`, in the same order, so that the numbers are
the same bit for bit, but for functions that the C library and NumPy round differently. Where arithmetic on plain floats
fails or something is no longer finite, the loop ends early, and the caller goes on with arrays.
"""

import re
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.compiled import MATHEMATICS, compiled, module
from optviz.grammar import Part
from optviz.optimization.line_search import SHRINK, TRIALS
from optviz.optimization.rules import (
    ASK,
    CONSTANT,
    LOSS,
    NORM,
    RATE,
    REMAINDER,
    SEARCH,
    SEARCHES,
    TOTAL,
    WHERE,
    Rule,
    code,
    is_number,
    leaf,
)

AXES = ("x", "y")
WIDTH = 7
"""The numbers of a row: the point, the loss, the effective rates, the point where the gradient was taken."""

Call = Callable[[float, float], Sequence[float]]
"""The loss and both partial derivatives at a point."""


class Slope(NamedTuple):
    """The loss and both partial derivatives at a point, as a function of plain floats and as its `program`.

    The program is a function `slope` of this text; None where there is no such text. A penalty of these strengths is
    added to what it returns. Where `has_gaps`, arrays fill in what is no number.
    """

    call: Call
    program: str | None
    has_gaps: bool
    l1: float = 0.0
    l2: float = 0.0

    @classmethod
    def of(cls, program: str, has_gaps: bool) -> "Slope":
        """Return the slope of a program."""
        names: dict[str, Any] = {}
        exec(compile(f"{MATHEMATICS}\n{program}", "<a slope of plain floats>", "exec"), names)
        return cls(names["slope"], program, has_gaps)

    def penalized(self, l1: float, l2: float) -> "Slope":
        """Return the slope with a penalty, as `optviz.optimization.objectives.Penalized` has it."""
        slope, half = self.call, 0.5 * l2

        def squares(x: float, y: float) -> tuple[float, float, float]:
            loss, along_x, along_y = slope(x, y)
            return loss + half * (x * x + y * y), along_x + l2 * x, along_y + l2 * y

        def both(x: float, y: float) -> tuple[float, float, float]:
            loss, along_x, along_y = squares(x, y) if l2 else slope(x, y)
            signs = (x > 0) - (x < 0), (y > 0) - (y < 0)
            return loss + l1 * (abs(x) + abs(y)), along_x + l1 * signs[0], along_y + l1 * signs[1]

        return Slope(both if l1 else squares, None if self.l1 or self.l2 else self.program, self.has_gaps, l1, l2)


class Begin(NamedTuple):
    """Where a stretch of a run begins: the point, the number of the update, and the states, each `(x, y)`."""

    point: tuple[float, float]
    t: int
    states: tuple[tuple[float, float], ...]


def can_run(rule: Rule) -> bool:
    """Whether a rule needs nothing but gradients and losses, a point with two coordinates, and states like it."""
    return not (rule.needs_hessian or rule.needs_matrices or rule.pairs is not None)


def run(
    rule: Rule, settings: Sequence[float], slope: Slope, rates: Array, begin: Begin, noise: Array | None = None
) -> tuple[Array, Begin]:
    """Return the rows of as many updates as there are rates, `(n, WIDTH)`, and where the next would begin.

    `noise: (n, 2)` is what is added to the gradient at each of them. There are fewer rows where something is not
    finite. The loop is machine code where there is some (`optviz.compiled`).
    """
    code = None
    if slope.program:
        text = machine_program(rule, slope.program, noise is not None, bool(slope.l1), bool(slope.l2))
        code = compiled(text, len(rates))
    rows, (x, y, *after) = (_as_it_is if code is None else partial(_by_machine, code))(
        rule, settings, slope, rates, begin, noise
    )
    pairs = tuple(zip(after[::2], after[1::2], strict=True))
    return rows, Begin((x, y), begin.t + len(rows), pairs)


def _as_it_is(
    rule: Rule, settings: Sequence[float], slope: Slope, rates: Array, begin: Begin, noise: Array | None
) -> tuple[Array, Sequence[float]]:
    rows = array("d")
    states = [*chain(*begin.states)]
    varied = rates.tolist() if noise is None else zip(rates.tolist(), noise.tolist(), strict=True)
    loop = _loop(rule, noise is not None)
    after = loop(slope.call, varied, *begin.point, float(begin.t), states, list(settings), rows)
    return np.frombuffer(rows).reshape(-1, WIDTH), after


def _by_machine(
    code: Callable[..., int],
    rule: Rule,
    settings: Sequence[float],
    slope: Slope,
    rates: Array,
    begin: Begin,
    noise: Array | None,
) -> tuple[Array, Sequence[float]]:
    moved = np.array([*begin.point, *chain(*begin.states), begin.t], dtype=float)
    strengths, rows = np.array([slope.l1, slope.l2]), np.empty((len(rates), WIDTH))
    drawn = np.empty((0, 2)) if noise is None else noise
    made = code(moved, np.array(settings, dtype=float), strengths, rates, drawn, rows)
    return rows[:made], moved[:-1].tolist()


@lru_cache(maxsize=128)
def _loop(rule: Rule, noisy: bool) -> Callable[..., tuple[float, ...]]:
    names: dict[str, Any] = {}
    exec(compile(f"{MATHEMATICS}\n{program(rule, noisy)}", "<a loop of plain floats>", "exec"), names)
    made: Callable[..., tuple[float, ...]] = names["run"]
    return made


def program(rule: Rule, noisy: bool = False) -> str:
    """Write the loop as Python."""
    writer = _Writer(rule, noisy)
    body, row = writer.body()
    before, after = ", ".join(writer.kept), ", ".join(f"{name}_" for name in writer.kept)
    states = writer.kept[2:]
    return "\n".join(
        [
            "def run(slope, rates, w_x, w_y, t, states, settings, rows):",
            *([f"    {', '.join(states)}, = states"] if states else []),
            *([f"    {', '.join(rule.parameters)}, = settings"] if rule.parameters else []),
            "    try:",
            f"        for {'lr, (_noise_x, _noise_y)' if noisy else 'lr'} in rates:",
            "            t += 1",
            *(f"            {line}" for line in body),
            f"            rows.extend(({', '.join(row)}))",
            f"            {before} = {after}",
            "    except (ArithmeticError, ValueError):",
            "        pass",
            f"    return {before},",
        ]
    )


@lru_cache(maxsize=256)
def machine_program(rule: Rule, slope: str, noisy: bool = False, l1: bool = False, l2: bool = False) -> str:
    """Write the loop on a slope's program, with penalties or without, as a module for `optviz.compiled`.

    What raises an error on plain floats has the value that it has on arrays.
    """
    writer = _Writer(rule, noisy, "penalized(_l1, _l2, {})" if l1 or l2 else "slope({})")
    body, row = writer.body()
    kept = [*writer.kept, "t"]
    run = [
        "def run(_moved, _settings, _strengths, _rates, _noise, _rows):",
        *(f"    {name} = _moved[{i}]" for i, name in enumerate(kept)),
        *(f"    {name} = _settings[{i}]" for i, name in enumerate(rule.parameters)),
        "    _made, _l1, _l2 = 0, _strengths[0], _strengths[1]",
        "    for _k in range(len(_rates)):",
        "        lr = _rates[_k]",
        *(f"        _noise_{axis} = _noise[_k, {i}]" for i, axis in enumerate(AXES) if noisy),
        "        t += 1.0",
        *(f"        {line}" for line in body),
        *(f"        _rows[_k, {i}] = {name}" for i, name in enumerate(row)),
        *(f"        {name} = {name}_" for name in writer.kept),
        "        _made += 1",
        *(f"    _moved[{i}] = {name}" for i, name in enumerate(kept)),
        "    return _made",
    ]
    return module(
        "\n".join([slope, *_penalized(l1, l2), *run]), f"int64({', '.join([_NUMBERS] * 4)}, {_TABLE}, {_TABLE})"
    )


_NUMBERS, _TABLE = "float64[::1]", "float64[:, ::1]"


def _penalized(l1: bool, l2: bool) -> list[str]:
    """Return the lines of a slope with penalties, as `Slope.penalized` has them."""
    squares = "loss + 0.5 * l2 * (x * x + y * y), along_x + l2 * x, along_y + l2 * y"
    signs = [f"along_{each} + l1 * float(({each} > 0) - ({each} < 0))" for each in AXES]
    return [
        "def penalized(l1, l2, x, y):",
        "    loss, along_x, along_y = slope(x, y)",
        *([f"    loss, along_x, along_y = {squares}"] if l2 else []),
        *([f"    loss, along_x, along_y = loss + l1 * (abs(x) + abs(y)), {', '.join(signs)}"] if l1 else []),
        "    return loss, along_x, along_y",
    ]


LANES = 512
"""So many runs go side by side in machine code: a number of the program, so that it knows that they do not overlap."""
WORTH = 100
"""A step of a run among many takes NumPy so many times less than one alone takes Python."""
_SLOW = re.compile(r"\b(exp|log|power|a?(sin|cos|tan)h?)\(")
"""NumPy computes these for several numbers at once, machine code one by one."""


WATCHED = (
    *("_gone", "_met", "_made", "_back", "_from_x", "_from_y", "_went_x", "_went_y", "_end_x", "_end_y", "_end"),
    *("_early_x", "_early_y"),
)
"""What a run that is watched keeps of the rows that it began updates at.

- gone: 0 for as long as point and loss were finite, then no number
- met: the first row with a loss close to the best value, −1 before; made: how many rows were finite
- back: how often the step turned by more than 90°; from: the row before; went: the step that led to it
- end: the last finite point and its loss; early: the point at the row that was asked for
"""


class Watch(NamedTuple):
    """What is looked for in runs: a loss within `close` of a `value`, and the point at the row `early`."""

    value: float
    close: float
    early: int


def run_wide(
    rule: Rule,
    settings: Sequence[Number],
    slope: Slope,
    rates: Array,
    n: int,
    begin: Array,
    noise: Array | None = None,
    watch: Watch | None = None,
) -> tuple[Array, NDArray[np.bool_], dict[str, Array]] | None:
    """Return where n updates lead runs in machine code, `(runs, 2)`; None where there is none, or it would be slower.

    `begin: (2 + 2 states, runs)` are both coordinates of the point and of each state, `noise: (n, 2)` what is added to
    the gradients. A setting is a number, or an array `(runs, 1)`; `rates` are `(n, runs)`, with one row for all updates
    or one column for all runs where they agree. The second says which of these runs are true: the others have met a
    place where arrays fill in what is no number. The third is what was seen of each run, `WATCHED`, with a `watch`.
    """
    if not slope.program or _SLOW.search(slope.program):
        return None
    varied = tuple(name for name, value in zip(rule.parameters, settings, strict=True) if isinstance(value, np.ndarray))
    text = wide_program(
        rule,
        slope.program,
        noise is not None,
        bool(slope.l1),
        bool(slope.l2),
        has_gaps=slope.has_gaps,
        varied=varied,
        watched=watch is not None,
    )
    runs = begin.shape[1]
    code = compiled(text, n * runs // WORTH)
    if code is None:
        return None
    strengths = np.array([slope.l1, slope.l2, *(watch or ())])
    drawn = np.empty((0, 2)) if noise is None else noise
    names = WATCHED if watch else ()
    lanes = _in_lanes(np.concatenate([begin, np.zeros((1, runs)), _unseen(begin, names)]))
    table = np.empty((len(settings), runs))
    for column, value in zip(table, settings, strict=True):
        column[:] = np.ravel(value)
    for k, part in enumerate(lanes):
        own = slice(k * LANES, (k + 1) * LANES)
        row = rates[:, own] if rates.shape[1] == runs else np.broadcast_to(rates, (len(rates), LANES))
        code(part.reshape(-1), _in_lanes(table[:, own])[0], strengths, _in_lanes(row)[0], drawn, n)
    w_x, w_y, gaps, *seen = (lanes[:, row].reshape(-1)[:runs] for row in (0, 1, *range(len(begin), lanes.shape[1])))
    return np.stack([w_x, w_y], axis=-1), gaps == 0.0, dict(zip(names, seen, strict=True))


def _unseen(begin: Array, names: Sequence[str]) -> Array:
    """Return what has been seen of runs before their first row: that they stand where they begin, and nothing else."""
    stands = {"_from_x": begin[0], "_from_y": begin[1], "_met": np.full(begin.shape[1], -1.0)}
    end = np.full(begin.shape[1], np.nan)
    stands |= {"_end_x": end, "_end_y": end, "_end": end}
    return np.array([stands.get(name, np.zeros(begin.shape[1])) for name in names]).reshape(len(names), begin.shape[1])


def _in_lanes(rows: Array) -> Array:
    """Return rows of all runs, `(k, runs)`, as `(blocks, k, LANES)`, with zeros behind the last run."""
    blocks = -(-rows.shape[1] // LANES)
    wide = np.zeros((len(rows), blocks * LANES))
    wide[:, : rows.shape[1]] = rows
    return np.ascontiguousarray(wide.reshape(len(rows), blocks, LANES).swapaxes(0, 1))


@lru_cache(maxsize=256)
def wide_program(
    rule: Rule,
    slope: str,
    noisy: bool = False,
    l1: bool = False,
    l2: bool = False,
    *,
    has_gaps: bool = False,
    varied: tuple[str, ...] = (),
    watched: bool = False,
) -> str:
    """Write a loop over many runs at once, as a module for `optviz.compiled`; nothing stops a run.

    The lanes are the points, the states, 0 for as long as all was finite, if that is asked for, and what is seen of
    runs that are `watched`. The settings that are `varied` are each run's own.
    """
    writer = _Writer(rule, noisy, "penalized(_l1, _l2, {})" if l1 or l2 else "slope({})", "_gap" if has_gaps else "")
    body, _row = writer.body()
    seen = WATCHED if watched else ()
    kept = [*writer.kept, "_gap", *seen]
    run = [
        "def run(_lanes, _settings, _strengths, _rates, _noise, _steps):",
        *(f"    {name} = _settings[{i}, 0]" for i, name in enumerate(rule.parameters) if name not in varied),
        "    _l1, _l2, t = _strengths[0], _strengths[1], 0.0",
        *(["    _value, _close, _asked = _strengths[2], _strengths[3], _strengths[4]"] if watched else []),
        "    for _k in range(_steps):",
        "        _row = _k if len(_rates) > 1 else 0",
        *(f"        _noise_{axis} = _noise[_k, {i}]" for i, axis in enumerate(AXES) if noisy),
        "        t += 1.0",
        f"        for _r in range({LANES}):",
        "            lr = _rates[_row, _r]",
        *(f"            {name} = _settings[{i}, _r]" for i, name in enumerate(rule.parameters) if name in varied),
        *(f"            {name} = _lanes[{i * LANES} + _r]" for i, name in enumerate(kept)),
        *(f"            {line}" for line in (*body, *(_SEEN if watched else ()))),
        *(f"            _lanes[{i * LANES} + _r] = {name}_" for i, name in enumerate(writer.kept)),
        *([f"            _lanes[{len(writer.kept) * LANES} + _r] = _gap"] if has_gaps else []),
        *(f"            _lanes[{(kept.index(name)) * LANES} + _r] = {name}" for name in seen),
        "    return 0",
    ]
    signature = f"int64({', '.join([_NUMBERS, _TABLE, _NUMBERS, _TABLE, _TABLE])}, int64)"
    return module("\n".join([slope, *_penalized(l1, l2), *run]), signature)


_SEEN = (
    "check = loss + w_x + w_y",
    "_gone += check - check",
    "_met = float(_k) if _met < 0.0 and abs(loss - _value) + _gone <= _close else _met",
    "_to_x, _to_y = w_x - _from_x, w_y - _from_y",
    "_back += 1.0 if _to_x * _went_x + _to_y * _went_y + _gone < 0.0 else 0.0",
    "_from_x, _from_y, _went_x, _went_y = w_x, w_y, _to_x, _to_y",
    "_made += 1.0 if _gone == 0.0 else 0.0",
    "_end_x, _end_y, _end = (w_x, w_y, loss) if _gone == 0.0 else (_end_x, _end_y, _end)",
    "_early_x, _early_y = (w_x, w_y) if _k == _asked else (_early_x, _early_y)",
)
"""What is seen of a run at the row at which an update begins."""


class _Writer:
    """Writes the lines of one update; a state that has changed has another name: a step that fails changes nothing."""

    def __init__(self, rule: Rule, noisy: bool, slope: str = "slope({})", gap: str | None = None) -> None:
        self.rule, self.slope, self.gap, self.noise = (
            rule,
            slope,
            gap,
            tuple(f" + _noise_{axis}" if noisy else "" for axis in AXES),
        )
        self.kept = ["w_x", "w_y", *(f"{name}_{axis}" for name in rule.states for axis in AXES)]
        self.changed: set[str] = set()
        self.lines: list[str] = []
        self.numbers = count()

    def body(self) -> tuple[list[str], list[str]]:
        """Return the lines of an update, and the numbers of its row."""
        here = self.slope.format("w_x, w_y")
        self.lines = [f"loss, _slope_x, _slope_y = {here}", *self.finite("w_x + w_y + loss + _slope_x + _slope_y")]
        point = "w"
        for line in self.rule.lines:
            if line.tree.content == ASK:
                point = str(line.tree.operands[0].content)
                at = ", ".join(self.name(point, axis) for axis in AXES)
                self.changed |= {line.name} & {*self.rule.states}
                self.lines += self.asked(line.name, "" if point == "w" else at)
            elif line.tree.content in (LOSS, *SEARCHES):
                value = self.lost(line.tree) if line.tree.content == LOSS else self.searched(line.tree)
                self.changed |= {line.name} & {*self.rule.states}
                names = [line.name] if line.name in self.rule.numbers else [self.name(line.name, axis) for axis in AXES]
                self.lines += [f"{name} = {value}" for name in names]
            elif line.name in self.rule.numbers:
                self.lines.append(f"{line.name} = {self.code(line.tree, '')}")
            else:
                right = [self.code(line.tree, axis) for axis in AXES]
                self.changed |= {line.name} & {*self.rule.states, "w"}
                # Both at once: a norm on the right reads both as they were.
                self.lines.append(f"{', '.join(self.name(line.name, axis) for axis in AXES)} = {', '.join(right)}")
        rate = RATE if any(line.name == RATE for line in self.rule.lines) else "lr"
        numbers = [*("w_x", "w_y", "loss"), *(self.name(each, axis) for each in (rate, point) for axis in AXES)]
        if point == "w":
            numbers[-2:] = ["w_x", "w_y"]
        return self.lines, numbers

    def asked(self, name: str, at: str) -> list[str]:
        """Return the lines that take a gradient at a point, that at w where it is empty."""
        ahead = [f"_, _ahead_x, _ahead_y = {self.slope.format(at)}", *self.finite("_ahead_x + _ahead_y")]
        source = "_ahead" if at else "_slope"
        pairs = zip(AXES, self.noise, strict=True)
        return [*(ahead if at else []), *(f"{self.name(name, axis)} = {source}_{axis}{noise}" for axis, noise in pairs)]

    def lost(self, tree: Part) -> str:
        """Write the lines that take a loss at a point, and return its name."""
        point = str(tree.operands[0].content)
        if point == "w":
            return "loss"
        at = ", ".join(self.name(point, axis) for axis in AXES)
        self.lines += [f"_lost, _, _ = {self.slope.format(at)}", *self.finite("_lost")]
        return "_lost"

    def searched(self, tree: Part) -> str:
        """Write the lines of `line_search.searched`, and return the name of the step."""
        direction, first, share, last = tree.operands
        for axis in AXES:
            self.lines.append(f"_d_{axis} = {self.code(direction, axis)}")
        for name, part in (("_step", first), ("_share", share), ("_last", last)):
            self.lines.append(f"{name} = {self.code(part, '')}")
        shrink = "_last" if tree.content == SEARCH else repr(SHRINK)
        along = " + ".join("({} * _d_{})".format(self.name("g", axis), axis) for axis in AXES)
        at = ", ".join(f"w_{axis} - _step * _d_{axis}" for axis in AXES)
        there = " + ".join(
            f"((_there_{axis}{noise}) * _d_{axis})" for axis, noise in zip(AXES, self.noise, strict=True)
        )
        arrived = ["            break"]
        if tree.content != SEARCH:
            arrived = [f"            if {there} <= _last * _along:", "                break"]
        self.lines += [
            f"_along = {along}",
            "_low, _high, _gone, _bounded = 0.0, 0.0, 0.0, False",
            "if _along > 0.0:",
            f"    for _trial in range({TRIALS}):",
            f"        _lower, _there_x, _there_y = {self.slope.format(at)}",
            "        _gone += _lower - _lower + _there_x - _there_x + _there_y - _there_y",
            "        if _lower <= loss - _share * _step * _along:",
            "            _low = _step",
            *arrived,
            "        else:",
            "            _high, _bounded = _step, True",
            f"        _step = _low + {shrink} * (_high - _low) if _bounded else _step / {shrink}",
            *self.finite("_gone"),
        ]
        return "_low"

    def name(self, name: str, axis: str) -> str:
        """Return what a name is called for a coordinate."""
        if name in self.rule.numbers:
            return name
        return f"{name}_{axis}_" if name in self.changed else f"{name}_{axis}"

    def code(self, tree: Part, axis: str) -> str:
        """Write a tree for a coordinate."""
        own: dict[str, Callable[[Part], str]] = {
            NORM: self.norm,
            TOTAL: self.sum,
            WHERE: partial(self.where, axis=axis),
            REMAINDER: partial(self.rest, axis=axis),
        }
        return code(tree, lambda content: self.leaf(content, axis), self.square, own)

    def leaf(self, content: float | str, axis: str) -> str:
        """Write a name, for a coordinate, or a number."""
        is_name = isinstance(content, str) and content not in CONSTANT
        return self.name(str(content), axis) if is_name else leaf(content)

    def norm(self, tree: Part) -> str:
        """Write a norm, which takes both coordinates."""
        if is_number(tree.operands[0], self.rule.numbers):
            return f"abs({self.code(tree.operands[0], '')})"
        return f"sqrt({' + '.join(self.square(self.code(tree.operands[0], axis)) for axis in AXES)})"

    def sum(self, tree: Part) -> str:
        """Write a sum over both coordinates."""
        if is_number(tree.operands[0], self.rule.numbers):
            return self.code(tree.operands[0], "")
        return f"({' + '.join(self.code(tree.operands[0], axis) for axis in AXES)})"

    def where(self, tree: Part, axis: str) -> str:
        """Write a choice, of which one side alone is computed."""
        u, a, b = (self.code(part, axis) for part in tree.operands)
        return f"({a} if {u} > 0.0 else {b})"

    def rest(self, tree: Part, axis: str) -> str:
        """Write a remainder."""
        a, b = (self.code(part, axis) for part in tree.operands)
        return f"({a} % {b})"

    def square(self, text: str) -> str:
        """Write a square as a product, which cannot fail where it overflows."""
        if text.isidentifier():
            return f"({text} * {text})"
        name = f"_{next(self.numbers)}"
        self.lines.append(f"{name} = {text}")
        return f"({name} * {name})"

    def finite(self, total: str) -> list[str]:
        """Return the lines that end the loop where a sum is not finite, or keep in `gap` that it was not."""
        if self.gap is None:
            return [f"check = {total}", "if check - check != 0.0:", "    break"]
        return [f"check = {total}", f"{self.gap} += check - check"] if self.gap else []
