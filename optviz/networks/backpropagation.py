"""Back-propagation on a computational graph: values forward, gradients backward, one operation at a time.

A graph is the list of a formula's operations in the order in which they are computed. A name, and an operation that
stands in the formula twice, is one node; its gradient is the sum of what comes back along all its edges.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from optviz.formula import FormulaError, Reason, Tree, operations

MOST_NODES = 30
"""The most nodes that a picture can show so that they can be read."""

NAMES = ("w0", "w1", "w2", "x0", "x1", "x2", "a", "b", "c", "x", "y", "z")
"""The names that a graph's formula may use."""


class Operand(NamedTuple):
    """What an operation takes: the value of an earlier `node`, or, where that is None, a `constant`."""

    node: int | None
    constant: float = 0.0


class Node(NamedTuple):
    """One step of the computation: a name of `RULES` with its operands, or an input, which has none."""

    name: str
    operands: tuple[Operand, ...] = ()


class Edge(NamedTuple):
    """An operand that is a node: the node it comes from, the one it goes to, and its place among the operands there."""

    source: int
    target: int
    place: int


class Fault(StrEnum):
    """Why a node has no value, or no derivative."""

    DIVISION_BY_ZERO = "division_by_zero"
    UNDEFINED = "undefined"
    OVERFLOW = "overflow"
    NO_DERIVATIVE = "no_derivative"


@dataclass(frozen=True)
class Rule:
    """An operation: its value, and its partial derivative with respect to each operand.

    `signs` writes the operation with its operands {0} and {1}, `derivatives` the partial derivatives, where {2} is the
    exponent less one; `symbol` is what a node shows. `python` writes it with TensorFlow.
    """

    symbol: str
    signs: str
    value: Callable[..., float]
    partials: tuple[Callable[..., float], ...]
    derivatives: tuple[str, ...]
    python: str


class Passes(NamedTuple):
    """The two passes over a graph: of each node its value and its gradient df/dnode, of each edge what flows back.

    `local: (edges,)` is the partial derivative of the edge's target by its source. Where a value is undefined the
    passes end: `fault` says why, `failed` at which node, and what is not known is NaN.
    """

    values: tuple[float, ...]
    gradients: tuple[float, ...]
    local: tuple[float, ...]
    flows: tuple[float, ...]
    fault: Fault | None = None
    failed: int = -1


@dataclass(frozen=True)
class Graph:
    """A computational graph: its nodes in the order of computation, the result last."""

    nodes: tuple[Node, ...]

    @classmethod
    def from_formula(cls, text: str, names: Sequence[str] = NAMES) -> "Graph":
        """Build the graph of a formula as it was typed; constants are part of the operation that takes them.

        Raises `FormulaError` for what is no formula, has no name in it, or has more than `MOST_NODES` nodes.
        """
        nodes: list[Node] = []
        result = _place(operations(text, names), nodes)
        if result.node is None:
            raise FormulaError(Reason.CONSTANT, text)
        if len(nodes) > MOST_NODES:
            raise FormulaError(Reason.TOO_MANY_NODES, str(len(nodes)))
        return cls(tuple(nodes))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in the order in which the formula uses them."""
        return tuple(node.name for node in self.nodes if not node.operands)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, by its target."""
        return tuple(
            Edge(operand.node, target, place)
            for target, node in enumerate(self.nodes)
            for place, operand in enumerate(node.operands)
            if operand.node is not None
        )

    def leaving(self, node: int) -> list[int]:
        """Return the numbers of the edges that leave a node."""
        return [i for i, edge in enumerate(self.edges) if edge.source == node]

    def run(self, inputs: Mapping[str, float]) -> Passes:
        """Compute all values forward and all gradients backward: `df/du = sum over edges u -> q of df/dq * dq/du`."""
        values = [math.nan if node.operands else float(inputs[node.name]) for node in self.nodes]
        local = [math.nan] * len(self.edges)
        try:
            for i, node in enumerate(self.nodes):
                if node.operands:
                    values[i] = _value(i, node, values)
            for i, edge in enumerate(self.edges):
                local[i] = _partial(edge, self.nodes[edge.target], values)
        except ArithmeticFault as failure:
            unknown = (math.nan,) * len(local)
            return Passes(tuple(values), (math.nan,) * len(values), unknown, unknown, failure.fault, failure.node)
        gradients = [0.0] * len(values)
        gradients[-1] = 1.0
        flows = [0.0] * len(local)
        for i in range(len(self.edges) - 1, -1, -1):
            edge = self.edges[i]
            flows[i] = gradients[edge.target] * local[i]
            gradients[edge.source] += flows[i]
        return Passes(tuple(values), tuple(gradients), tuple(local), tuple(flows))


class ArithmeticFault(ArithmeticError):
    """An operation without a finite result: why, and which node's it is."""

    def __init__(self, fault: Fault, node: int = -1) -> None:
        self.fault, self.node = fault, node
        super().__init__(fault.value)


def _place(tree: Tree, nodes: list[Node]) -> Operand:
    """Append the nodes of a tree that are not there yet, and return what stands for the tree."""
    if isinstance(tree, float):
        return Operand(None, tree)
    if isinstance(tree, str):
        return _once(Node(tree), nodes)
    operands = tuple(_place(operand, nodes) for operand in tree.operands)
    if any(operand.node is not None for operand in operands):
        return _once(Node(tree.name, operands), nodes)
    try:
        return Operand(None, _finite(RULES[tree.name].value, *(operand.constant for operand in operands)))
    except ArithmeticFault:
        raise FormulaError(Reason.UNDEFINED, tree.name) from None


def _once(node: Node, nodes: list[Node]) -> Operand:
    if node not in nodes:
        nodes.append(node)
    return Operand(nodes.index(node))


def _arguments(node: Node, values: Sequence[float]) -> Iterator[float]:
    for operand in node.operands:
        yield operand.constant if operand.node is None else values[operand.node]


def _value(i: int, node: Node, values: Sequence[float]) -> float:
    try:
        return _finite(RULES[node.name].value, *_arguments(node, values))
    except ArithmeticFault as failure:
        raise ArithmeticFault(failure.fault, i) from None


def _partial(edge: Edge, node: Node, values: Sequence[float]) -> float:
    try:
        return _finite(RULES[node.name].partials[edge.place], *_arguments(node, values))
    except ArithmeticFault:
        raise ArithmeticFault(Fault.NO_DERIVATIVE, edge.target) from None


def _finite(function: Callable[..., float], *arguments: float) -> float:
    try:
        result = function(*arguments)
    except ZeroDivisionError:
        raise ArithmeticFault(Fault.DIVISION_BY_ZERO) from None
    except OverflowError:
        raise ArithmeticFault(Fault.OVERFLOW) from None
    except ValueError:
        raise ArithmeticFault(Fault.UNDEFINED) from None
    if not math.isfinite(result):
        raise ArithmeticFault(Fault.OVERFLOW)
    return result


def _sign(u: float) -> float:
    return math.copysign(1.0, u) if u else 0.0


def _power_by_base(u: float, v: float) -> float:
    return v * math.pow(u, v - 1.0) if v else 0.0


def _power_by_exponent(u: float, v: float) -> float:
    # 0^v is 0 for every positive v.
    return 0.0 if u == 0 and v > 0 else math.pow(u, v) * math.log(u)


RULES: Mapping[str, Rule] = {
    "+": Rule("+", "{0} + {1}", lambda u, v: u + v, (lambda u, v: 1.0, lambda u, v: 1.0), ("1", "1"), "{0} + {1}"),
    "-": Rule("−", "{0} − {1}", lambda u, v: u - v, (lambda u, v: 1.0, lambda u, v: -1.0), ("1", "−1"), "{0} - {1}"),
    "*": Rule("×", "{0} × {1}", lambda u, v: u * v, (lambda u, v: v, lambda u, v: u), ("{1}", "{0}"), "{0} * {1}"),
    "/": Rule(
        "÷",
        "{0} / {1}",
        lambda u, v: u / v,
        (lambda u, v: 1.0 / v, lambda u, v: -u / (v * v)),
        ("1/{1}", "−{0}/{1}²"),
        "{0} / {1}",
    ),
    "**": Rule(
        "^",
        "{0}^{1}",
        math.pow,
        (_power_by_base, _power_by_exponent),
        ("{1}·{0}^{2}", "{0}^{1}·log {0}"),
        "{0} ** {1}",
    ),
    "negate": Rule("×−1", "−{0}", lambda u: -u, (lambda u: -1.0,), ("−1",), "-{0}"),
    "sin": Rule("sin", "sin {0}", math.sin, (math.cos,), ("cos {0}",), "tf.sin({0})"),
    "cos": Rule("cos", "cos {0}", math.cos, (lambda u: -math.sin(u),), ("−sin {0}",), "tf.cos({0})"),
    "tan": Rule("tan", "tan {0}", math.tan, (lambda u: 1.0 + math.tan(u) ** 2,), ("1 + tan² {0}",), "tf.tan({0})"),
    "exp": Rule("exp", "exp {0}", math.exp, (math.exp,), ("exp {0}",), "tf.exp({0})"),
    "log": Rule("log", "log {0}", math.log, (lambda u: 1.0 / u,), ("1/{0}",), "tf.math.log({0})"),
    "sqrt": Rule("√", "√{0}", math.sqrt, (lambda u: 0.5 / math.sqrt(u),), ("1/(2√{0})",), "tf.sqrt({0})"),
    "abs": Rule("|x|", "|{0}|", abs, (_sign,), ("sign {0}",), "tf.abs({0})"),
    "tanh": Rule(
        "tanh", "tanh {0}", math.tanh, (lambda u: 1.0 - math.tanh(u) ** 2,), ("1 − tanh² {0}",), "tf.tanh({0})"
    ),
    "sinh": Rule("sinh", "sinh {0}", math.sinh, (math.cosh,), ("cosh {0}",), "tf.sinh({0})"),
    "cosh": Rule("cosh", "cosh {0}", math.cosh, (math.sinh,), ("sinh {0}",), "tf.cosh({0})"),
    "asin": Rule(
        "asin", "asin {0}", math.asin, (lambda u: 1.0 / math.sqrt(1.0 - u * u),), ("1/√(1 − {0}²)",), "tf.asin({0})"
    ),
    "acos": Rule(
        "acos", "acos {0}", math.acos, (lambda u: -1.0 / math.sqrt(1.0 - u * u),), ("−1/√(1 − {0}²)",), "tf.acos({0})"
    ),
    "atan": Rule("atan", "atan {0}", math.atan, (lambda u: 1.0 / (1.0 + u * u),), ("1/(1 + {0}²)",), "tf.atan({0})"),
    "asinh": Rule(
        "asinh", "asinh {0}", math.asinh, (lambda u: 1.0 / math.hypot(u, 1.0),), ("1/√({0}² + 1)",), "tf.asinh({0})"
    ),
    "acosh": Rule(
        "acosh", "acosh {0}", math.acosh, (lambda u: 1.0 / math.sqrt(u * u - 1.0),), ("1/√({0}² − 1)",), "tf.acosh({0})"
    ),
    "atanh": Rule(
        "atanh", "atanh {0}", math.atanh, (lambda u: 1.0 / (1.0 - u * u),), ("1/(1 − {0}²)",), "tf.atanh({0})"
    ),
    "sign": Rule("sign", "sign {0}", _sign, (lambda u: 0.0,), ("0",), "tf.sign({0})"),
    # At a tie TensorFlow's own maximum gives the whole slope to one of the two.
    "max": Rule(
        "max",
        "max({0}, {1})",
        max,
        (lambda u, v: (1.0 + _sign(u - v)) / 2.0, lambda u, v: (1.0 + _sign(v - u)) / 2.0),
        ("[{0} > {1}]", "[{1} > {0}]"),
        "({0} + {1} + tf.abs({0} - {1})) / 2",
    ),
    "min": Rule(
        "min",
        "min({0}, {1})",
        min,
        (lambda u, v: (1.0 - _sign(u - v)) / 2.0, lambda u, v: (1.0 - _sign(v - u)) / 2.0),
        ("[{0} < {1}]", "[{1} < {0}]"),
        "({0} + {1} - tf.abs({0} - {1})) / 2",
    ),
}
"""Every operation of a formula by name."""
