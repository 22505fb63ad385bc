"""The back-propagation page: from a formula and its inputs to the graph, the table, the chain rule and the program."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape

from optviz.arrays import Array
from optviz.figures import backpropagation as pictures
from optviz.figures.backpropagation import Motion, Writing
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.comparisons import most
from optviz.lessons.programs import printed
from optviz.lessons.tables import NOTHING
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.backpropagation import RULES, Fault, Graph, Node, Passes

Inputs = tuple[tuple[str, float], ...]

RESULT = "f"


@lru_cache(maxsize=256)
def graph_of(text: str) -> Graph:
    """Return the graph of a formula; raises FormulaError."""
    return Graph.from_formula(text)


def checked(text: str) -> str:
    """Return a formula of which there is a graph; raises FormulaError."""
    graph_of(text)
    return text


@lru_cache(maxsize=256)
def passes_of(text: str, inputs: Inputs) -> Passes:
    """Run both passes."""
    return graph_of(text).run(dict(inputs))


def names_of(graph: Graph) -> tuple[str, ...]:
    """Name the nodes: inputs as in the formula, the others q1, q2, … in the order of computation, the result f."""
    names, count = [], 0
    for node in graph.nodes:
        count += bool(node.operands)
        names.append(f"q{count}" if node.operands else node.name)
    return (*names[:-1], RESULT) if graph.nodes[-1].operands else tuple(names)


def number(value: float) -> str:
    """Write a number as the course does, with two decimals, or with two digits where it is small."""
    if not math.isfinite(value):
        return NOTHING
    if value == 0 or 0.1 <= abs(value) < 1000:
        plain = f"{value:.2f}"
    elif 0.001 <= abs(value) < 0.1:
        plain = f"{value:.2g}"
    else:
        plain = f"{value:.1e}"
    return re.sub(r"e(-?)\+?0*", r"e\1", plain).replace("-", "−")


def _constant(value: float) -> str:
    text = f"{value:.4g}".replace("-", "−")
    return f"({text})" if value < 0 else text


def _operands(node: Node, names: Sequence[str]) -> list[str]:
    """Return how an operation's operands are called: a node by its name, a constant by its digits."""
    return [_constant(each.constant) if each.node is None else names[each.node] for each in node.operands]


def _symbol(node: Node) -> str:
    """Return what a node does: its sign or function, with its constant where it has one; an input does nothing."""
    if not node.operands:
        return ""
    if all(each.node is not None for each in node.operands):
        return RULES[node.name].symbol
    operands = ["x" if each.node is not None else _constant(each.constant) for each in node.operands]
    written = RULES[node.name].signs.format(*operands).replace(" ", "")
    commuting = node.name in ("+", "*") and operands[1] == "x"
    if node.name == "**":
        return written
    return f"{RULES[node.name].symbol}{operands[0]}" if commuting else written.removeprefix("x")


def _less_one(text: str, node: Node) -> str:
    exponent = node.operands[-1]
    return _constant(exponent.constant - 1) if exponent.node is None else f"({text} − 1)"


def _operation(node: Node, operands: Sequence[str]) -> str:
    return RULES[node.name].signs.format(*operands)


def _derivative(node: Node, place: int, operands: Sequence[str]) -> str:
    return RULES[node.name].derivatives[place].format(*operands, *[_less_one(operands[-1], node)] * (3 - len(operands)))


@lru_cache(maxsize=128)
def _story(text: str, inputs: Inputs, spoken: str) -> tuple[Writing, Motion]:
    """Return what is written in the picture, and when it appears: forward over the operations, backward over all."""
    graph, passes = graph_of(text), passes_of(text, inputs)
    nodes = range(len(graph.nodes))
    operations = [i for i in nodes if graph.nodes[i].operands]
    reached = [i for i in operations if math.isfinite(passes.values[i])]
    backward = [] if passes.fault else list(nodes)[::-1]
    captions = [
        (_("The inputs are known:"), _("now each operation in turn.")),
        *(_forward_caption(graph, passes, i) for i in reached),
        *(_backward_caption(graph, passes, i) for i in backward),
    ]
    writing = Writing(
        names=names_of(graph),
        symbols=[_symbol(node) for node in graph.nodes],
        inputs=["" if graph.nodes[i].operands else number(passes.values[i]) for i in nodes],
        values=[number(value) for value in passes.values],
        gradients=[number(value) for value in passes.gradients],
        flows=[number(value) for value in passes.flows],
        captions=captions,
    )
    none = [-1] * len(backward)
    motion = Motion(
        values=[-1, *reached, *none],
        gradients=[-1] * (1 + len(reached)) + backward,
        flows=[(-1, -1)] * (1 + len(reached)) + [_parts(graph, i) for i in backward],
        here=[-1, *reached, *backward],
    )
    return writing, motion


def _parts(graph: Graph, node: int) -> tuple[int, int]:
    """Return the edges into a node whose source is used elsewhere too, where what flows back is a part of a sum."""
    parts = [-1, -1]
    for i, edge in enumerate(graph.edges):
        if edge.target == node and len(graph.leaving(edge.source)) > 1:
            parts[edge.place] = i
    return parts[0], parts[1]


def _forward_caption(graph: Graph, passes: Passes, i: int) -> tuple[str, str]:
    node, names = graph.nodes[i], names_of(graph)
    written = [number(value) for value in passes.values]
    numbers = [f"({text})" if text.startswith("−") else text for text in written]
    rule, filled = (_operation(node, _operands(node, each)) for each in (names, numbers))
    return f"{names[i]} = {rule}", f"= {filled} = {written[i]}"


def _backward_caption(graph: Graph, passes: Passes, i: int) -> tuple[str, str]:
    names, edges = names_of(graph), graph.leaving(i)
    head = f"∂f/∂{names[i]}"
    if not edges:
        return head, "= 1"
    products = [f"{_signed(passes.gradients[graph.edges[e].target])} · {_signed(passes.local[e])}" for e in edges]
    targets = [names[graph.edges[e].target] for e in edges]
    rule = [f"∂f/∂{target} · ∂{target}/∂{names[i]}" for target in targets]
    return f"{head} = {' + '.join(rule)}", f"= {' + '.join(products)} = {number(passes.gradients[i])}"


def _signed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def _pairs(graph: Graph) -> list[tuple[int, int]]:
    return [(edge.source, edge.target) for edge in graph.edges]


def panels_of(text: str, inputs: Inputs) -> tuple[Panel, ...]:
    """Return the panel of the graph."""
    return _panels(text, inputs, language())


@lru_cache(maxsize=128)
def _panels(text: str, inputs: Inputs, spoken: str) -> tuple[Panel, ...]:
    writing, motion = _story(text, inputs, spoken)
    words = {
        "value": _("above: value"),
        "gradient": _("below: ∂f/∂node"),
        "part": _("on an edge: a part"),
    }
    figure = pictures.graph(_pairs(graph_of(text)), writing, motion, words)
    return (Panel(figure.to_json(), tracks_of(figure), _("Computational graph"), "main", True),)


@lru_cache(maxsize=128)
def arrays_of(text: str, inputs: Inputs) -> dict[str, Array]:
    """Return where the text of each step appears."""
    graph, (_writing, motion) = graph_of(text), _story(text, inputs, language())
    return pictures.arrays(_pairs(graph), motion, len(graph.nodes))


def steps_of(text: str, inputs: Inputs) -> int:
    """Return the number of the last step."""
    return len(_story(text, inputs, language())[1].here) - 1


def nearest(text: str, point: tuple[float, float]) -> int:
    """Return the node that was clicked."""
    graph = graph_of(text)
    return pictures.nearest(_pairs(graph), len(graph.nodes), point)


def titles_of(text: str) -> dict[str, str]:
    """Return the nodes to choose from: their number as text, and what they compute."""
    graph = graph_of(text)
    names = names_of(graph)
    return {
        str(i): f"{names[i]} = {_operation(node, _operands(node, names))}" if node.operands else names[i]
        for i, node in enumerate(graph.nodes)
    }


def _say_strongest(passes: Passes, graph: Graph, strongest: Sequence[int]) -> list[str]:
    """Say to which input f reacts most, or to which equally."""
    names = [graph.nodes[i].name for i in strongest]
    if len(names) > 1:
        size = number(abs(passes.gradients[strongest[0]]))
        text = _("Backward: f reacts most, and equally, to {names}: |∂f/∂{name}| = {gradient}.")
        return [text.format(names=_(", ").join(names), name=names[0], gradient=size)]
    text = _("Backward: f reacts most to {name}; ∂f/∂{name} = {gradient}.")
    return [text.format(name=names[0], gradient=number(passes.gradients[strongest[0]]))]


def say(text: str, inputs: Inputs) -> str:
    """Say what came out, which input matters most, and where gradients are added."""
    graph, passes = graph_of(text), passes_of(text, inputs)
    where = [i for i, node in enumerate(graph.nodes) if not node.operands]
    sizes = [abs(passes.gradients[i]) for i in where]
    # What has no size is not compared.
    places = most(sizes, number) if all(map(math.isfinite, sizes)) else [sizes.index(max(sizes))]
    forward = _("Forward: f = {value}.").format(value=number(passes.values[-1]))
    parts = [forward, *_say_strongest(passes, graph, [where[place] for place in places])]
    shared = [i for i in range(len(graph.nodes)) if len(graph.leaving(i)) > 1]
    if shared:
        i = shared[0]
        flows = " + ".join(_signed(passes.flows[e]) for e in graph.leaving(i))
        parts.append(
            _("{name} is used {times} times, so its gradient is a sum: {flows} = {gradient}.").format(
                name=names_of(graph)[i],
                times=len(graph.leaving(i)),
                flows=flows,
                gradient=number(passes.gradients[i]),
            )
        )
    return joined(*parts)


_FAULTS = {
    Fault.DIVISION_BY_ZERO: N_("{operation} divides by zero at {arguments}: the pass ends there."),
    Fault.UNDEFINED: N_("{operation} has no real value at {arguments}: the pass ends there."),
    Fault.OVERFLOW: N_("{operation} overflows at {arguments}: the pass ends there."),
    Fault.NO_DERIVATIVE: N_("{operation} has no finite derivative at {arguments}: there is no backward pass."),
}


def trouble(text: str, inputs: Inputs) -> str:
    """Say why the passes end early, or nothing where they don't."""
    graph, passes = graph_of(text), passes_of(text, inputs)
    if passes.fault is None:
        return ""
    node, names = graph.nodes[passes.failed], names_of(graph)
    known = dict.fromkeys(operand.node for operand in node.operands if operand.node is not None)
    return _(_FAULTS[passes.fault]).format(
        operation=_operation(node, _operands(node, names)),
        arguments=", ".join(f"{names[i]} = {number(passes.values[i])}" for i in known),
    )


def report(text: str, inputs: Inputs) -> str:
    """Return the table of the nodes as HTML."""
    return _report(text, inputs, language())


@lru_cache(maxsize=128)
def _report(text: str, inputs: Inputs, spoken: str) -> str:
    graph, passes = graph_of(text), passes_of(text, inputs)
    names = names_of(graph)
    heads = (_("Node"), _("Operation"), _("Value"), _("Local derivatives"), _("Gradient ∂f/∂node"))
    rows = [
        (
            names[i],
            _operation(node, _operands(node, names)) if node.operands else _("input"),
            number(passes.values[i]),
            _locals(graph, passes, i) or NOTHING,
            number(passes.gradients[i]),
        )
        for i, node in enumerate(graph.nodes)
    ]
    return html([escape(head) for head in heads], [[escape(cell) for cell in row] for row in rows])


def _locals(graph: Graph, passes: Passes, i: int) -> str:
    node, names = graph.nodes[i], names_of(graph)
    operands = _operands(node, names)
    return ", ".join(
        f"∂{names[i]}/∂{names[edge.source]} = {_same(_derivative(node, edge.place, operands), passes.local[e])}"
        for e, edge in enumerate(graph.edges)
        if edge.target == i
    )


def _same(written: str, value: float) -> str:
    """Return a derivative with its value, once only where they are the same number."""
    plain = written.strip("()").replace("−", "-")
    try:
        return written if math.isnan(value) or float(plain) == value else f"{written} = {number(value)}"
    except ValueError:
        return f"{written} = {number(value)}"


def chain_rule(text: str, inputs: Inputs, i: int) -> str:
    """Return the chain rule at one node in LaTeX, with its numbers."""
    graph, passes = graph_of(text), passes_of(text, inputs)
    names = [_tex(name) for name in names_of(graph)]
    edges = graph.leaving(i)
    head = rf"\frac{{\partial f}}{{\partial {names[i]}}}"
    if not edges:
        return f"{head} = 1"
    targets = [graph.edges[e].target for e in edges]
    rule = r" \\ &+ ".join(
        rf"\frac{{\partial f}}{{\partial {names[t]}}} \cdot \frac{{\partial {names[t]}}}{{\partial {names[i]}}}"
        for t in targets
    )
    product = r" \\ &+ ".join(
        rf"{_tex_number(passes.gradients[t])} \cdot {_tex_number(passes.local[e])}"
        for e, t in zip(edges, targets, strict=True)
    )
    result = number(passes.gradients[i]).replace("−", "-")
    return rf"\begin{{aligned}} {head} &= {rule} \\ &= {product} = {result} \end{{aligned}}"


def _tex(name: str) -> str:
    return re.sub(r"(\d+)$", r"_{\1}", name)


def _tex_number(value: float) -> str:
    return _signed(value).replace("−", "-")


def program(text: str, inputs: Inputs) -> str:
    """Return a TensorFlow program that computes the same value and gradients, operation by operation."""
    graph, values = graph_of(text), dict(inputs)
    names = names_of(graph)
    operations = [(names[i], _code(node, names)) for i, node in enumerate(graph.nodes) if node.operands]
    return printed(
        "backpropagation",
        inputs={name: values[name] for name in graph.inputs},
        operations=operations or [(RESULT, f"tf.identity({names[0]})")],
        result=RESULT,
    )


def _code(node: Node, names: Sequence[str]) -> str:
    operands = [repr(each.constant) if each.node is None else names[each.node] for each in node.operands]
    return RULES[node.name].python.format(*(f"({text})" if text.startswith("-") else text for text in operands))


def inputs_of(text: str, values: Mapping[str, float]) -> Inputs:
    """Return the values of a formula's inputs, in its order."""
    return tuple((name, values[name]) for name in graph_of(text).inputs)
