"""Update rules: what is read from their lines, what is refused, and that all ways to run them give the same numbers."""

import contextlib
from itertools import islice

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optviz.lessons.optimizer_code import numpy_class
from optviz.notation import FormulaError, Reason
from optviz.optimization.anatomy import follow
from optviz.optimization.descent import advance, descend, record
from optviz.optimization.objectives import Later, Noisy, Penalized
from optviz.optimization.objectives import noise as noise_rows
from optviz.optimization.optimizers import OPTIMIZERS, OWN, Look, Optimizer, template
from optviz.optimization.optimizers import typed as typed_rule
from optviz.optimization.rules import Parity, parse
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.optimization.straight import can_run, program
from optviz.optimization.writing import formula, python
from optviz.optimization.writing import typed as written
from optviz.surfaces.surfaces import SURFACES

ADAM = OPTIMIZERS["adam"]().rule
FLOATS = [name for name, recipe in OPTIMIZERS.items() if can_run(recipe().rule)]


def look(optimizer, w, g, hessian=None):
    """Return what is seen where every gradient is the same, every loss and every step that is searched for."""
    rule = optimizer.rule
    answers = [g if what == "gradient" else np.full(1, 0.3) for what in rule.questions]
    return Look(w, np.zeros(()), w, g, hessian, rule.besides(answers) if answers else ())


def typed(text, **settings):
    """Return a rule that somebody typed."""
    return Optimizer(parse(text, tuple(settings)), tuple(settings.values()))


# ---- what is read


def test_a_name_that_is_read_before_it_is_written_is_remembered():
    assert ADAM.states == ("m", "v")
    assert parse("a = 0.9*b + g\nb = a\nw = w - lr*a").states == ("b",)
    assert parse("d = g/2\nw = w - lr*d").states == ()


def test_lines_may_be_parted_by_semicolons_and_have_powers_and_products_as_people_write_them():
    written = parse("m = 0.9 m + (1-0.9) g; w = w − lr·m").written
    assert [(name, python(tree, "np")) for name, tree in written] == [
        ("m", "0.9 * m + (1 - 0.9) * g"),
        ("w", "w - lr * m"),
    ]


@pytest.mark.parametrize(
    ("name", "parity"), [("m", Parity.ODD), ("v", Parity.EVEN), ("m_hat", Parity.ODD), ("w", Parity.MIXED)]
)
def test_what_changes_its_sign_with_the_gradient(name, parity):
    assert ADAM.parities[name] is parity


@given(st.sampled_from(sorted(OPTIMIZERS)), st.integers(0, 2**32 - 1))
def test_parities_are_true_of_the_numbers(name, seed):
    """With all gradients turned about, what is odd is turned too and what is even is as it was."""
    rng, optimizer, w = np.random.default_rng(seed), OPTIMIZERS[name](), np.zeros(3)
    one, other, hessian = optimizer.init(w), optimizer.init(w), np.diag([0.5, 2.0, 3.0])
    for g in rng.normal(size=(4, 3)):
        one, update = optimizer.step(one, look(optimizer, w, g, hessian), 0.1)
        other, turned = optimizer.step(other, look(optimizer, w, -g, hessian), 0.1)
        known = {state: parity for state, parity in optimizer.rule.parities.items() if parity is not Parity.MIXED}
        for state in known.keys() & one.states.keys():
            sign = -1.0 if known[state] is Parity.ODD else 1.0
            np.testing.assert_array_equal(other.states[state], sign * one.states[state])
        np.testing.assert_array_equal(turned.eta, -update.eta)
        np.testing.assert_array_equal(turned.rate, update.rate)


def test_the_effective_rate_is_the_factor_of_the_moment():
    whole = [each for each in FLOATS if (split := OPTIMIZERS[each]().rule.split) and split.rest is None]
    assert {"adam", "radam", "lion", "sam"} < {*whole} and not {"adamw", "lamb"} & {*whole}
    for name in whole:
        steps = islice(descend(SURFACES["beale"], OPTIMIZERS[name](), lambda t: 0.01, np.array([1.0, 1.5])), 6)
        for step in steps:
            np.testing.assert_allclose(step.rate * step.m, step.eta, rtol=1e-14)


def test_a_step_that_is_no_product_is_taken_as_it_is():
    averaged = typed("z(0) = w\nx(0) = w\nz = z - lr*g\nx = x + (z - x)/t\nw = x")
    path = record(descend(SURFACES["bowl"], averaged, lambda t: 0.1, np.array([3.0, 2.0])), 5)
    z = x = np.array([3.0, 2.0])
    for t in range(1, 6):
        z = z - 0.1 * SURFACES["bowl"](x)[1]
        x = x + (z - x) / t
        np.testing.assert_allclose(path.w[t], x, rtol=1e-14)
    assert averaged.rule.split is None and not averaged.rule.is_linear
    assert (path.rate == 0.1).all()


def test_a_gradient_may_be_taken_twice():
    sharp = typed("p = gradient(w)\ng = gradient(w + rho*p/norm(p))\nw = w - lr*g", rho=0.3)
    path = record(descend(SURFACES["booth"], sharp, lambda t: 0.02, np.array([-3.0, 4.0])), 6)
    w = np.array([-3.0, 4.0])
    for t in range(6):
        uphill = SURFACES["booth"](w)[1]
        ahead = w + 0.3 * uphill / np.hypot(*uphill)
        np.testing.assert_allclose(path.point[t], ahead, rtol=1e-13)
        w = w - 0.02 * SURFACES["booth"](ahead)[1]
        np.testing.assert_allclose(path.w[t + 1], w, rtol=1e-12)
    assert sharp.looks_ahead


# ---- what is refused


@pytest.mark.parametrize(
    ("text", "reason", "piece", "place"),
    [
        ("", Reason.EMPTY, "", None),
        ("m = 0.9*m + g", Reason.NEW_POINT, "m", 0),
        ("w = w - lr*g\nm = g", Reason.NEW_POINT, "w", 0),
        ("w - lr*g", Reason.LINE, "w - lr*g", 0),
        ("lr = 0.1\nw = w - lr*g", Reason.NAME, "lr", 0),
        ("m = g\n  t = 2\nw = w - lr*m", Reason.NAME, "t", 8),
        ("lambda = 1\nw = w - lr*g", Reason.NAME, "lambda", 0),
        ("sqrt = g\nw = w - lr*g", Reason.NAME, "sqrt", 0),
        ("m_x = g\nw = w - lr*m_x", Reason.NAME, "m_x", 0),
        ("a_b = g\nab = g\nw = w - lr*ab", Reason.NAME, "a_b", 0),
        ("w = w - lr*gg", Reason.UNKNOWN_NAME, "gg", 11),
        ("m = g\nw = w - lrm", Reason.UNKNOWN_NAME, "lrm", 14),
        ("w = w - lr*gradient(w)", Reason.ALONE, "w - lr*gradient(w)", 4),
        ("w = w - lr*loss(w)*g", Reason.ALONE, "w - lr*loss(w)*g", 4),
        ("s = 2*search(g, lr)\nw = w - s*g", Reason.ALONE, "2*search(g, lr)", 4),
        ("s = search(gradient(w), lr)\nw = w - s*g", Reason.ALONE, "search(gradient(w), lr)", 4),
        ("v(0) = lbfgs(3)\nv = v + g\nw = w - lr*v", Reason.ALONE, "lbfgs(3)", 7),
        ("s = search(g)\nw = w - s*g", Reason.WRONG_ARGUMENTS, "search(g)", 4),
        ("s = search(g, lr*g)\nw = w - s*g", Reason.ONE_NUMBER, "", 14),
        ("s = wolfe(g, lr, 0.1, w)\nw = w - s*g", Reason.ONE_NUMBER, "", 22),
        ("w = w - lr*lbfgs(t)", Reason.ONE_NUMBER, "", 17),
        ("f = loss(w)\nw = w - lr*f*orthogonal(g)", Reason.AHEAD, "", None),
        ("w = w - lr*orthogonal(lbfgs(3))", Reason.AHEAD, "", None),
        ("m = 0.9*m + gradient(w)\nw = w - lr*m", Reason.ALONE, "0.9*m + gradient(w)", 4),
        ("v(0) = newton(1)\nv = v + g\nw = w - lr*v", Reason.ALONE, "newton(1)", 7),
        ("p = gradient(w)\nw = w - lr*g", Reason.UNKNOWN_NAME, "g", None),
        ("w = w - lr*1e999*g", Reason.TOO_LARGE, "∞", 11),
        ("w = w - lr*h", Reason.UNKNOWN_NAME, "h", 11),
        ("m = g\nw = w - lr*foo(m)", Reason.UNKNOWN_FUNCTION, "foo", 17),
        ("w = w - lr*(g", Reason.UNPAIRED, "(", 11),
        ("w = w - lr*g*", Reason.MISSING, "*", 12),
        ("m = max(m)\nw = w - lr*m", Reason.WRONG_ARGUMENTS, "max(m)", 4),
        ("w = __import__", Reason.UNKNOWN_NAME, "__import__", 4),
        ("w = w.real", Reason.UNKNOWN_NAME, "real", 6),
        ("import os = 1\nw = w", Reason.LINE, "import os = 1", 0),
        ("\n".join(["d = g"] * 30 + ["w = w - lr*d"]), Reason.TOO_MANY, "", None),
    ],
)
def test_any_other_text_is_refused_at_its_place(text, reason, piece, place):
    with pytest.raises(FormulaError) as error:
        parse(text)
    assert (error.value.reason, error.value.piece, error.value.place) == (reason, piece, place)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_refused_or_parsed(text):
    with contextlib.suppress(FormulaError):
        parse(text)


# ---- all engines


def objectives(surface):
    return {
        "plain": surface,
        "penalized": Penalized(surface, 0.02, 0.03),
        "noisy": Noisy(Penalized(surface, 0.0, 0.1), 0.3, 5),
        "later": Later(Noisy(surface, 0.2, 1), 300),
    }


DECIDED = {"conjugate_gradient": 4}
"""After so many updates what is rounded may decide: its step is a quotient of small differences of losses."""


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("surface", SURFACES)
def test_plain_floats_take_the_path_that_arrays_take(name, surface):
    landscape, start = SURFACES[surface], np.array(SURFACES[surface].start)
    schedule = Schedule(0.01, SCHEDULES["cosine"](decay_steps=50))
    for kind, objective in objectives(landscape).items():
        optimizer, steps = OPTIMIZERS[name](), DECIDED.get(name, 40)
        path, w, memory = advance(objective, optimizer, schedule, start, steps)
        with np.errstate(all="ignore"):
            arrays = list(islice(descend(objective, optimizer, schedule, start), steps + 1))
            whole = record(iter(arrays), steps - 1)
        finite = np.isfinite(whole.w).all(-1) & np.isfinite(whole.loss)
        n = len(finite) if finite.all() else int(finite.argmin())
        for ours, theirs in zip(path, whole, strict=True):
            # Functions are rounded otherwise by the C library: what is small is a difference of what is not.
            np.testing.assert_allclose(ours[:n], theirs[:n], rtol=1e-9, atol=1e-12, err_msg=kind)
        if n == len(finite):
            np.testing.assert_allclose(w, arrays[steps].w, rtol=1e-9, atol=1e-12)
            for state in memory.states:
                np.testing.assert_allclose(
                    memory.states[state], arrays[steps].memory.states[state], rtol=1e-9, atol=1e-12
                )


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("surface", ["bowl", "beale", "rosenbrock", "himmelblau"])
def test_on_polynomials_they_are_the_same_bit_for_bit(name, surface):
    objective, start = SURFACES[surface], np.array(SURFACES[surface].start)
    path = advance(objective, OPTIMIZERS[name](), lambda t: 1e-3, start, 200)[0]
    whole = record(descend(objective, OPTIMIZERS[name](), lambda t: 1e-3, start), 199)
    for ours, theirs in zip(path, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_goes_on_from_where_it_was_left(name):
    objective, start = Noisy(SURFACES["beale"], 0.1, 2), np.array([1.0, 1.5])
    schedule = Schedule(0.005, SCHEDULES["cosine"](decay_steps=60))
    whole = advance(objective, OPTIMIZERS[name](), schedule, start, 60)[0]
    first, w, memory = advance(objective, OPTIMIZERS[name](), schedule, start, 23)
    rest = advance(objective, OPTIMIZERS[name](), schedule, w, 37, memory)[0]
    for together, before, after in zip(whole, first, rest, strict=True):
        np.testing.assert_array_equal(together, np.concatenate([before, after]))


def test_where_arithmetic_fails_arrays_go_on():
    """Below 0 the root has no value on plain floats; the rows are those of arrays up to the first without numbers."""
    objective = SURFACES["bowl"].from_formula("sqrt(x1) + x2^2")
    path = advance(objective, OPTIMIZERS["sgd"](), lambda t: 0.3, np.array([0.2, 1.0]), 10)[0]
    whole = record(descend(objective, OPTIMIZERS["sgd"](), lambda t: 0.3, np.array([0.2, 1.0])), 9)
    last = int(np.isfinite(path.loss).sum())
    assert 0 < last < 10 and np.isnan(whole.loss[last])
    np.testing.assert_array_equal(path.w[: last + 1], whole.w[: last + 1])


def test_a_loop_computes_what_both_coordinates_share_once():
    text = program(OPTIMIZERS["nadam"]().rule)
    assert text.count("mu_next = ") == 1 and "mu_x" not in text


# ---- how a rule is written


def test_the_formula_is_the_lines_in_letters():
    assert formula(OPTIMIZERS["momentum"]().rule, {"beta": r"\beta"}) == (
        r"m_t = \beta \, m_{t-1} + \left(1 - \beta\right) \, g_t,\quad w_{t+1} = w_t - lr \, m_t"
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_is_written_as_it_is_typed_is_read_as_the_same_rule(name):
    rule = OPTIMIZERS[name]().rule
    again = parse(written(rule), rule.parameters)
    assert written(again) == written(rule)
    w, g, h = np.array([0.3, -1.2]), np.array([0.7, -0.4]), np.diag([2.0, 3.0])
    one, other = Optimizer(rule, OPTIMIZERS[name]().settings), Optimizer(again, OPTIMIZERS[name]().settings)
    etas = [each.step(each.init(w), look(each, w, g, h), 0.1)[1].eta for each in (one, other)]
    np.testing.assert_array_equal(*etas)


@pytest.mark.parametrize("name", ["s", "p", "n", "m", "d", "x", "y", "after", "noise", "ahead", "root", "rate"])
@pytest.mark.parametrize(
    "text",
    [
        "{0} = 0.9*{0} + g\nw = w - lr*{0}",
        "g = gradient(w - lr*{0})\n{0} = 0.9*{0} + g\nw = w - lr*{0}",
        "{0} = 0.9 in [0, 1]\nu = {0}*u + g\nw = w - lr*u",
    ],
)
def test_a_rule_has_the_same_numbers_whatever_its_names_are(text, name):
    def raced(name):
        optimizer = typed_rule(text.format(name))()
        return advance(Noisy(SURFACES["booth"], 0.1, 3), optimizer, lambda t: 0.01, [-1.3, 0.8], 9)[0].w

    np.testing.assert_array_equal(raced(name), raced("zz"))


def test_no_largest_stable_rate_is_told_where_the_step_does_not_grow_as_the_gradient_and_the_rate():
    def told(text):
        return typed_rule(text)().stable_product()

    assert told("m = 0.9*m + 0.1*g\nw = w - lr*m") == pytest.approx(2 * 1.9 / 0.1, rel=1e-9)
    assert told("m = 0.9*m + g/norm(g)\nw = w - lr*m") is None
    assert told("m = 0.9*m + exp(lr)*g\nw = w - lr*m") is None
    assert told("u = lr\nm = u*m + g\nw = w - lr*m") is None
    assert told("m = 0.9*m + exp(t)*g\nw = w - lr*m") is None


# ---- rules that nobody has thought of

NAMES = ("m", "v", "s", "n", "p", "q", "u", "g", "x")
"""Names as people choose them, those among them that loops have for their own too."""
LEAVES = st.sampled_from([*NAMES, "f", "h", "k", "a", "w", "t", "lr", "b", "2", "0.5", "1e-8"])


def joined(parts):
    one, sign, other = parts
    return f"({one} {sign} {other})"


TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(joined),
        inner.map("{}**2".format),
        st.tuples(inner, inner, inner).map("where({0[0]}, {0[1]}, {0[2]})".format),
        st.tuples(inner, st.sampled_from(("2", "3", "b"))).map("remainder({0[0]}, {0[1]})".format),
        st.tuples(st.sampled_from(("sqrt", "abs", "sign", "tanh", "exp", "cos", "norm", "sum", "-")), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format),
    ),
    max_leaves=6,
)


@st.composite
def texts(draw):
    lines = [f"{draw(st.sampled_from(NAMES))} = {draw(TREES)}" for _ in range(draw(st.integers(1, 4)))]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), f"g = gradient({draw(TREES)})")
    for asked in draw(st.lists(st.sampled_from(("loss({0})", "search({0}, lr)", "wolfe({0}, 2*lr, 0.1)")), max_size=2)):
        lines.insert(draw(st.integers(0, len(lines))), f"{draw(st.sampled_from('fhk'))} = {asked.format(draw(TREES))}")
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), "a = lbfgs(2)")
    if draw(st.booleans()):
        lines.insert(0, f"{draw(st.sampled_from(NAMES))}(0) = {draw(st.sampled_from(('1', 'w', 'b', 'w + b')))}")
    return "\n".join(["b = 0.7 in [0, 1]", *lines, f"w = w - lr*{draw(TREES)}"])


@given(texts())
@example("g = g*norm(g)\nw = w - lr*g")
@example("n = max(n, t)**2\nw = w - lr*g/n")
@example("a = lbfgs(2)\nk = wolfe(a, lr)\nw = w - k*a")
@example("f = loss(w - lr*g)\nk = search(f*g, f)\nw = w - lr*k*g")
@settings(max_examples=300, deadline=None)
def test_any_rule_is_refused_or_does_the_same_in_every_engine_and_on_paper(text):
    try:
        entry = typed_rule(text)
    except FormulaError:
        return
    optimizer, start = entry(), np.array([-1.3, 0.8])
    objective = Noisy(SURFACES["booth"], 0.1, 3)
    with np.errstate(all="ignore"):
        steps = list(islice(descend(objective, optimizer, lambda t: 0.01, start), 6))
    path, _w, memory = advance(objective, optimizer, lambda t: 0.01, start, 6)
    finite = [np.isfinite([*step.w, step.loss]).all() for step in steps]
    n = finite.index(False) if False in finite else 6
    assert list(memory.states) == list(optimizer.rule.states)
    with np.errstate(all="ignore"):
        for k in range(n):
            np.testing.assert_allclose(path.w[k], steps[k].w, rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(path.point[k], steps[k].point, rtol=1e-7, atol=1e-9)
    updates = follow(objective, optimizer, lambda t: 0.01, start, 5)
    for k in range(len(updates)):
        results = [updates.lines(k)[-1].result(axis) for axis in (0, 1)]
        np.testing.assert_allclose(results, updates.following[k], rtol=1e-7, atol=1e-9)
    assert template(entry.name) == template(OWN + template(entry.name))
    assert optimizer.stable_product() is None or optimizer.stable_product() >= 0
    _printed_as_raced(entry.name, [step.w for step in steps[:n]])


def _printed_as_raced(name, ws):
    """Run the printed class from the same start, and compare the points as far as they are finite."""
    text, call = numpy_class(name, {})
    noise = {t: 0.1 * noise_row for t, noise_row in enumerate(noise_rows(3, 0, 2)[:10])}
    booth = SURFACES["booth"]
    names = {"np": np, "gradient": lambda w, step: booth(w)[1] + noise[step], "loss": lambda w: booth(w)[0]}
    with np.errstate(all="ignore"):
        exec(text, names)
        made, w = eval(call, names), np.array([-1.3, 0.8])
        for step, expected in enumerate(ws):
            if "/" in text and not np.isfinite(w).all():
                return  # On paper 0/0 is nan; here it is 0, as in an update by a gradient that is 0.
            np.testing.assert_allclose(w, expected, rtol=1e-6, atol=1e-8)
            w = made.update(w, 0.01, step)
