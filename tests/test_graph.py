"""Computational graphs: the operations as typed, and both passes against SymPy, finite differences and the course."""

import math

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optviz.formula import FUNCTIONS, FormulaError, Operation, Reason, operations, parse
from optviz.networks.backpropagation import MOST_NODES, NAMES, RULES, Fault, Graph

NEURON = "1/(1+exp(-(w0*x0 + w1*x1 + w2)))"
COURSE = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
SOME = dict(zip(NAMES, (0.7, -1.3, 0.4, 1.9, -0.6, 1.1, 0.5, -0.8, 1.7, 1.2, -1.4, 0.9), strict=True))


def gradients(text, inputs):
    graph = Graph.from_formula(text)
    passes = graph.run(inputs)
    assert passes.fault is None
    return {node.name: g for node, g in zip(graph.nodes, passes.gradients, strict=True) if not node.operands}


def by_sympy(text, inputs):
    expression = parse(text, NAMES)
    at = {name: inputs[name] for name in map(str, expression.free_symbols)}
    modules = [
        {"Modulus": abs, "Signum": lambda u: math.copysign(1.0, u) if u else 0.0, "Larger": max, "Smaller": min},
        "math",
    ]
    return {
        name: float(sp.lambdify(list(at), expression.diff(sp.Symbol(name)), modules=modules)(*at.values()))
        for name in at
    }


def test_the_operations_are_those_that_were_typed():
    assert operations("x + x", ("x",)) == Operation("+", ("x", "x"))
    assert operations("-x1^2/pi", ("x1",)) == Operation(
        "/", (Operation("negate", (Operation("**", ("x1", 2.0)),)), math.pi)
    )
    assert operations("+(2*(x - 1))", ("x",)) == Operation("*", (2.0, Operation("-", ("x", 1.0))))
    assert operations("exp(e)", ()) == Operation("exp", (math.e,))


@pytest.mark.parametrize("text", ["", "x +", "x.real", "__import__('os')", "9**9**9", "x/0", "q", "log(0)*x"])
def test_what_parse_refuses_has_no_operations(text):
    with pytest.raises(FormulaError) as ours:
        operations(text, ("x",))
    with pytest.raises(FormulaError) as theirs:
        parse(text, ("x",))
    assert (ours.value.reason, ours.value.piece) == (theirs.value.reason, theirs.value.piece)


def test_the_courses_neuron_has_the_nodes_of_its_figure():
    names = [node.name for node in Graph.from_formula(NEURON).nodes if node.operands]
    assert names == ["*", "*", "+", "+", "negate", "exp", "+", "/"]


def test_6_4_the_courses_printed_numbers():
    passes = Graph.from_formula(NEURON).run(COURSE)
    assert [round(v, 2) for v in passes.values][-3:] == [0.37, 1.37, 0.73]
    # The sum, its negation, exp, +1, 1/x.
    assert [round(g, 2) for g in passes.gradients][-5:] == [0.20, -0.20, -0.53, -0.53, 1.0]
    assert {name: round(g, 2) for name, g in gradients(NEURON, COURSE).items()} == {
        "w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20,
    }  # fmt: skip


def test_6_4_with_x2_written_out():
    with_x2 = gradients("1/(1+exp(-(w0*x0 + w1*x1 + w2*x2)))", COURSE | {"x2": 1.0})
    assert round(with_x2["x2"], 2) == -0.59
    assert {name: g for name, g in with_x2.items() if name != "x2"} == pytest.approx(gradients(NEURON, COURSE))


@pytest.mark.parametrize(
    "text",
    [
        "x*x", "x + x", "x - x + y", "(x + y)*(x + y)", "x*y + sin(x)", "x/y/z", "x^3 - 2*x^-2", "2^x", "a^2^b",
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))", "log(x^2 + 1)*y", "x1^x2" , "3 - x", "x - 3", "x/4", "4/x", "x^0",
        "abs(x - y)*x", "max(x, y)*x + min(a, 2x)", "cbrt(y)",
        "2xy + sigmoid(x)", "relu(x)y + relu(y)", "sqrt(x^2 + y^2)", "(a*x + b - y)^2", "x",
    ],
)  # fmt: skip
def test_gradients_equal_sympys(text):
    inputs = SOME | {"x1": 0.6}
    assert gradients(text, inputs) == pytest.approx(
        {name: 0.0 for name in Graph.from_formula(text).inputs} | by_sympy(text, inputs), rel=1e-12, abs=1e-15
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_a_formula_has_its_rule(name):
    for u in {"acosh": (1.3, 2.7)}.get(name, (0.3, 0.7)):
        value = Graph.from_formula(f"{name}(x)").run({"x": u})
        assert value.values[-1] == pytest.approx(float(parse(f"{name}(x)", ("x",)).subs("x", u)), rel=1e-14)
        assert gradients(f"{name}(x)", {"x": u}) == pytest.approx(by_sympy(f"{name}(x)", {"x": u}), rel=1e-14)


LEAF = st.sampled_from(["x", "y", "a", "w0", "2", "0.5", "3"])
TERM = st.recursive(
    LEAF,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from("+-*/"), part).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["sin", "cos", "exp", "tanh", "atan", "-"]), part).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(part, st.sampled_from(["2", "3", "-1"])).map(lambda t: f"({t[0]})^({t[1]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(TERM, st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_gradients_equal_finite_differences(text, numbers):
    inputs = dict(zip(("x", "y", "a", "w0"), numbers, strict=True))
    try:
        graph = Graph.from_formula(text)
    except FormulaError as refused:
        assert isinstance(refused.reason, Reason)
        return
    passes = graph.run(inputs)
    assume(passes.fault is None and max(map(abs, (*passes.values, *passes.gradients, *passes.local))) < 1e3)
    assume(min(map(abs, passes.values), default=1) > 1e-2)
    h = 1e-5
    for i, node in enumerate(graph.nodes):
        if node.operands:
            continue
        up, down = (graph.run(inputs | {node.name: inputs[node.name] + s * h}) for s in (1, -1))
        slope = (up.values[-1] - down.values[-1]) / (2 * h)
        assert passes.gradients[i] == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_what_flows_back_adds_up_to_the_gradient():
    graph = Graph.from_formula("x*y + sin(x) + x*x")
    passes = graph.run({"x": 2.0, "y": -1.0})
    x = next(i for i, node in enumerate(graph.nodes) if node.name == "x")
    leaving = graph.leaving(x)
    assert [passes.flows[e] for e in leaving] == pytest.approx([-1.0, math.cos(2.0), 2.0, 2.0])
    assert passes.gradients[x] == pytest.approx(-1 + math.cos(2.0) + 4)


def test_what_stands_twice_is_one_node():
    assert len(Graph.from_formula("(x + y)*(x + y)").nodes) == 4
    assert len(Graph.from_formula("exp(x) + exp(x)").nodes) == 3


def test_constants_are_part_of_the_operation_that_takes_them():
    assert [node.name for node in Graph.from_formula("2*pi*x").nodes] == ["x", "*"]
    (factor, _x) = Graph.from_formula("(2 + 3)*x").nodes[-1].operands
    assert (factor.node, factor.constant) == (None, 5.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2 + 3", Reason.CONSTANT),
        ("+".join(f"sin({k}*x)" for k in range(2, 20)), Reason.TOO_MANY_NODES),
        ("x*log(exp(-300)^3)", Reason.UNDEFINED),
        ("sin(" * 14 + "x" + ")" * 14, Reason.TOO_DEEP),
        ("q + 1", Reason.UNKNOWN_NAME),
    ],
)
def test_what_cannot_be_drawn_is_refused(text, reason):
    with pytest.raises(FormulaError) as refused:
        Graph.from_formula(text)
    assert refused.value.reason == reason


def test_as_many_nodes_as_allowed_are_drawn():
    text = "+".join(f"sin(x/{k})" for k in range(2, 2 + (MOST_NODES - 1) // 3))
    assert len(Graph.from_formula(text).nodes) <= MOST_NODES


@pytest.mark.parametrize(
    ("text", "x", "fault", "failed"),
    [
        ("1/x + x", 0.0, Fault.DIVISION_BY_ZERO, "/"),
        ("log(x)*x", -1.0, Fault.UNDEFINED, "log"),
        ("sqrt(x - 1)", 0.0, Fault.UNDEFINED, "sqrt"),
        ("x^0.5", -8.0, Fault.UNDEFINED, "**"),
        ("exp(exp(x))", 10.0, Fault.OVERFLOW, "exp"),
        ("x^64*x^64", 1000.0, Fault.OVERFLOW, "*"),
        ("sqrt(x)", 0.0, Fault.NO_DERIVATIVE, "sqrt"),
        ("tan(x)^64^0.5", 1.0, None, ""),
    ],
)
def test_a_pass_ends_where_a_number_is_undefined(text, x, fault, failed):
    graph = Graph.from_formula(text)
    passes = graph.run({"x": x})
    assert passes.fault == fault
    if fault is not None:
        assert graph.nodes[passes.failed].name == failed
        assert math.isnan(passes.gradients[0]) and passes.values[0] == x


def test_inputs_are_known_where_a_pass_ends():
    passes = Graph.from_formula("log(x)*a").run({"x": -1.0, "a": 2.0})
    assert passes.values[0] == -1 and passes.values[2] == 2 and math.isnan(passes.values[3])


def test_the_modulus_has_slope_0_at_its_kink():
    assert gradients("abs(x)", {"x": 0.0}) == {"x": 0.0}


@pytest.mark.parametrize("base", [0.0, 2.0])
def test_a_power_at_the_edge(base):
    assert gradients("x^1", {"x": base}) == {"x": 1.0}
    assert gradients("x^0 + x", {"x": base}) == {"x": 1.0}
    assert gradients("x^y", {"x": base, "y": 2.0})["y"] == pytest.approx(base**2 * math.log(base) if base else 0.0)


def test_a_rule_has_as_many_derivatives_as_operands():
    for rule in RULES.values():
        assert len(rule.partials) == len(rule.derivatives) == rule.signs.count("{")
