"""Optimizers: hand-computed steps, closed forms, stacking, and every optimizer reaching a known minimizer."""

import re
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise, product

import mpmath as mp
import numpy as np
import pytest

from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS, Look, Recursion, spread, stack

CURVATURES = np.array([0.2, 4.0])


@dataclass(frozen=True)
class Quadratic:
    """`sum(curvature * w^2) / 2`, the course's `0.1 x1^2 + 2 x2^2` by default."""

    curvature: np.ndarray

    def __call__(self, w, t=0):
        return 0.5 * (self.curvature * w * w).sum(-1), self.curvature * w

    def hessian(self, w):
        return np.broadcast_to(np.diag(self.curvature), (*w.shape, w.shape[-1]))


BOWL = Quadratic(CURVATURES)
START = np.array([-5.0, -2.0])


@dataclass(frozen=True)
class Pull:
    """A constant gradient."""

    g: float

    def __call__(self, w, t=0):
        return self.g * w.sum(-1), np.full_like(w, self.g)


def path(optimizer, rate, steps, objective=BOWL, start=START):
    return record(descend(objective, optimizer, lambda t: rate, start), steps).w


# Three steps of each optimizer from w = 1 on loss w^2 (gradient 2w) with lr = 0.1, done by hand with the default
# hyper-parameters where not named; eps is negligible in them.
HAND = {
    "sgd": ({}, [0.8, 0.64, 0.512]),
    # m: 0.2, 0.18+0.196=0.376, ...: w 1 - 0.02 = 0.98, ...
    "momentum": ({}, [0.98, 0.9424, 0.889712]),
    "momentum_classical": ({}, [0.8, 0.46, 0.062]),
    # g at w - 0.1 m: 2(1)=2; m=.2; w=.98; point .96 -> g=1.92, m=.372, w=.9428; point .9056 -> g=1.8112, m=.51592
    "nesterov": ({}, [0.98, 0.9428, 0.891208]),
    # m=2, step .1(1.8+2)=.38 -> .62; m=1.8+1.24=3.04, step .1(2.736+1.24)=.3976 -> .2224; m=2.736+.4448=3.1808,
    # step .1(2.86272+.4448)=.330752 -> -.108352
    "nesterov_keras": ({}, [0.62, 0.2224, -0.108352]),
    # V=4 -> .9; V=4+3.24=7.24, step .18/2.69072481 -> .83310347; ...
    "adagrad": ({}, [0.9, 0.9 - 0.18 / np.sqrt(7.24), None]),
    # V=.4, step .2/sqrt(.4)
    "rmsprop": ({}, [1 - 0.2 / np.sqrt(0.4), None, None]),
    # First step of every Adam is lr in each coordinate.
    "adam": ({}, [0.9, 0.9 - 0.1 * ((0.18 + 0.18) / 0.19) / np.sqrt((0.999 * 0.004 + 0.001 * 3.24) / 0.001999), None]),
    "amsgrad": (
        {},
        [0.9, 0.9 - 0.1 * ((0.18 + 0.18) / 0.19) / np.sqrt((0.999 * 0.004 + 0.001 * 3.24) / 0.001999), None],
    ),
    # u = max(.999 * 2, 1.8) = 1.998
    "adamax": ({}, [0.9, 0.9 - 0.1 * (0.36 / 0.19) / 1.998, None]),
    # lr * decay * w = 0.1 * 0.01 * 1
    "adamw": ({}, [0.899, None, None]),
    "lion": ({}, [0.9, 0.8, 0.7]),
    # H = 2: each step leaves the share 1 - lr.
    "newton": ({}, [0.9, 0.81, 0.729]),
    # 0.1 is a short step: the loss falls by 0.36 of 0.4 promised, and half of that is enough.
    "armijo": ({}, [0.8, 0.64, 0.512]),
    # w^2 / 4w^2 = 1/4, times 0.1 and 2w: each step leaves 0.95.
    "polyak": ({}, [0.95, 0.9025, 0.857375]),
    # u = 2, at 0.8 g = 1.6; each step leaves 1 - 0.2 + 0.04.
    "extragradient": ({}, [0.84, 0.7056, 0.592704]),
    # The parabola is the loss itself.
    "conjugate_gradient": ({}, [0.0, 0.0, 0.0]),
    # Twice as far until the slope has fallen by enough: 0.1 leaves 0.8, which is below 0.9; then H^-1 = 1/2.
    "lbfgs": ({}, [0.8, 0.72, None]),
    # U_0 = 0: step sqrt(eps) / sqrt(.4 + eps) * 2 * lr
    "adadelta": ({}, [1 - 0.1 * np.sqrt(1e-6 / (0.4 + 1e-6)) * 2, None, None]),
    # mu_1 = .9(1 - .48), mu_2 = .9(1 - .5 * .96^2)
    "nadam": (
        {},
        [
            1
            - 0.1
            * (
                0.9 * (1 - 0.5 * 0.96**2) * 0.2 / (1 - 0.9 * 0.52 * 0.9 * (1 - 0.5 * 0.96**2))
                + (1 - 0.9 * 0.52) * 2 / (1 - 0.9 * 0.52)
            )
            / 2,
            None,
            None,
        ],
    ),
}


MATRIX = mp.matrix([[3, 1], [1, "0.5"]])
"""The Hessian of a quadratic whose coordinates are mixed."""
A = np.array(MATRIX.tolist(), dtype=object)


@dataclass(frozen=True)
class Mixed:
    """The quadratic of `MATRIX`."""

    def __call__(self, w, t=0):
        g = w @ A.astype(float)
        return 0.5 * (w * g).sum(-1), g

    def hessian(self, w):
        return np.broadcast_to(A.astype(float), (*w.shape, w.shape[-1]))


def numbers(values):
    return np.array([mp.mpf(float(value)) for value in values], dtype=object)


def solved(damping, g):
    found = mp.lu_solve(MATRIX + damping * mp.eye(2), mp.matrix(list(g)))
    return np.array(list(found), dtype=object)


def loss(w):
    return w @ A @ w / 2


def backtracked(d, first, share, shrink, w, g):
    while loss(w - first * d) > loss(w) - share * first * (g @ d):
        first = first * shrink
    return first


def bisected(d, first, share, steepness, w, g):
    """Lewis & Overton 2013, algorithm 2.6."""
    short, long, step = mp.mpf(0), None, first
    while True:
        if loss(w - step * d) > loss(w) - share * step * (g @ d):
            long = step
        elif (A @ (w - step * d)) @ d > steepness * (g @ d):
            short = step
        else:
            return step
        step = 2 * short if long is None else (short + long) / 2


def from_pairs(m, path, g):
    """Nocedal & Wright 2006, (7.19) and (7.20), with whole matrices."""
    steps = [other - one for one, other in pairwise(path)][-int(m) :]
    changes, identity = [A @ s for s in steps], np.array(mp.eye(2).tolist(), dtype=object)
    h = identity * ((steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1]) if steps else 1)
    for s, y in zip(steps, changes, strict=True):
        v = identity - np.outer(y, s) / (y @ s)
        h = v.T @ h @ v + np.outer(s, s) / (y @ s)
    return h @ g


ON_PAPER = {
    **{name: np.vectorize(getattr(mp, name), otypes=[object]) for name in ("sqrt", "exp", "log", "tanh", "sin", "cos")},
    "abs": np.vectorize(abs, otypes=[object]),
    "sign": np.vectorize(mp.sign, otypes=[object]),
    "max": np.vectorize(max, otypes=[object]),
    "min": np.vectorize(min, otypes=[object]),
    "pow": np.vectorize(pow, otypes=[object]),
    "square": lambda u: u * u,
    "where": np.vectorize(lambda u, a, b: a if u > 0 else b, otypes=[object]),
    "remainder": np.vectorize(lambda u, v: u - v * mp.floor(u / v), otypes=[object]),
    "norm": lambda u: mp.sqrt((u * u).sum()),
    "sum": lambda u: u.sum(),
    "gradient": lambda w: A @ w,
    "loss": loss,
    "curvature": np.diag(A),
    "pi": mp.pi,
    "e": mp.e,
}


def on_paper(optimizer, start, rate, steps):
    """Read a rule's lines as Python, and go by them in 40 digits."""
    pairs = [line.partition("=")[::2] for line in re.split("[\n;]", optimizer.rule.text) if line.strip()]
    lines = [(name.strip(), text.strip().replace("^", "**")) for name, text in pairs]
    known = {**ON_PAPER, **{name: mp.mpf(float(value)) for name, value in optimizer.values.items()}}
    w, path = numbers(start), [numbers(start)]
    known |= {name: 0 * w for name in optimizer.rule.states} | {"w": w, "lr": mp.mpf(rate)}
    known |= {name[: name.index("(")]: eval(text, {**known}) for name, text in lines if "(" in name}
    for t in range(1, steps + 1):
        known |= {"t": mp.mpf(t), "g": A @ known["w"]}
        at = {"w": known["w"], "g": known["g"]}
        known |= {"search": partial(backtracked, **at), "wolfe": partial(bisected, **at)}
        known |= {"newton": partial(solved, g=known["g"]), "lbfgs": partial(from_pairs, path=path, g=known["g"])}
        for name, text in lines:
            if "(" not in name:
                known[name] = eval(text, {**known})
        path.append(known["w"])
    return np.array(path, dtype=float)


SOON = {"conjugate_gradient": (2, 1e-12), "lbfgs": (7, 1e-9)}
"""Who is there after so many steps, and how exactly; then rounding alone is left."""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_steps_are_those_of_the_lines_on_paper(name):
    start = np.array([1.3, -0.7])
    switches = {p.name: not p.default for p in OPTIMIZERS[name].parameters if p.kind is bool}
    for values in ({}, switches) if switches else ({},):
        optimizer = OPTIMIZERS[name](**values)
        steps, error = SOON.get(name, (12, 1e-12))
        with mp.workdps(40):
            expected = on_paper(optimizer, start, 0.05, steps)
        np.testing.assert_allclose(path(optimizer, 0.05, steps, Mixed(), start), expected, rtol=1e-11, atol=error)


@pytest.mark.parametrize("name", HAND)
def test_first_steps_by_hand(name):
    values, expected = HAND[name]
    ws = path(OPTIMIZERS[name](**values), 0.1, 3, Quadratic(np.array([2.0])), np.array([1.0]))[1:, 0]
    for w, by_hand in zip(ws, expected, strict=True):
        if by_hand is not None:
            assert w == pytest.approx(by_hand, rel=1e-6)


# A learning rate and a number of steps that suffice on the bowl; some need their rate to fall to settle at a point.
DECAY = {"rmsprop": 0.99, "lion": 0.99, "nadam": 0.99, "adam": 0.99, "adamax": 0.99, "adadelta": 0.9985}
REACH = {
    "sgd": (0.4, 400),
    "momentum": (0.4, 1000),
    "momentum_classical": (0.04, 1000),
    "nesterov": (0.4, 1000),
    "nesterov_keras": (0.04, 1000),
    "adagrad": (2.0, 1000),
    "rmsprop": (0.1, 1000),
    "adadelta": (3.0, 5000),
    "adam": (0.3, 1000),
    "nadam": (0.3, 1000),
    "amsgrad": (0.3, 2000),
    "adamax": (0.5, 1000),
    "adamw": (0.3, 1000),
    "lion": (0.3, 1000),
    "newton": (1.0, 2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("curvature", [(0.2, 4.0), (1.0, 1.0), (4.0, 0.5)], ids=str)
def test_reaches_the_known_minimizer(name, curvature):
    def reached(rate, steps, decay=1.0):
        whole = record(
            descend(Quadratic(np.array(curvature)), OPTIMIZERS[name](), lambda t: rate * decay**t, START), steps
        )
        return np.abs(whole.w[-1]).max() < 1e-2

    if name in REACH:
        assert reached(*REACH[name], DECAY.get(name, 1.0))
    else:
        assert any(reached(rate, 2000, decay) for rate, decay in product((0.3, 0.1, 0.03, 1.0, 0.01), (1.0, 0.997)))


def test_sgd_follows_its_closed_form():
    rate, n = 0.42, 50
    powers = (1 - rate * CURVATURES) ** np.arange(n + 1)[:, None]
    assert np.allclose(path(OPTIMIZERS["sgd"](), rate, n), START * powers, rtol=1e-12, atol=0)


def test_averaged_momentum_is_the_classical_one_at_another_rate():
    averaged, classical = OPTIMIZERS["momentum"](beta=0.9), OPTIMIZERS["momentum_classical"](beta=0.9)
    assert np.allclose(path(averaged, 0.2, 60), path(classical, 0.02, 60), atol=1e-12)


def test_momentum_tends_to_the_geometric_sum():
    steps = islice(descend(Pull(3.0), OPTIMIZERS["momentum_classical"](beta=0.9), lambda t: 0.1, np.zeros(1)), 400)
    etas = [float(step.eta[0]) for step in steps]
    assert etas[9] == pytest.approx(0.1 * 3.0 * (1 - 0.9**10) / (1 - 0.9))
    assert etas[-1] == pytest.approx(0.1 * 3.0 / (1 - 0.9))


def test_adadelta_without_epsilon_never_moves():
    assert np.allclose(path(OPTIMIZERS["adadelta"](epsilon=0.0), 1.0, 20), START)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_zero_gradient_stays_and_never_divides_by_zero(name):
    optimizer = OPTIMIZERS[name]()
    still = BOWL if optimizer.needs_hessian else Pull(0.0)
    assert np.array_equal(path(optimizer, 0.1, 5, still, np.zeros(2)), np.zeros((6, 2)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_axis_equals_the_runs_done_singly(name):
    recipe = OPTIMIZERS[name]
    switches = {p.name: not p.default for p in recipe.parameters if p.kind is bool}
    for chosen in ({}, switches) if switches else ({},):
        variants = [
            recipe(**chosen),
            *(
                recipe(**chosen, **{p.name: p.range.clamp(p.default * 0.5)})
                for p in recipe.parameters
                if p.kind is float
            ),
        ]
        check_side_by_side(variants)


def check_side_by_side(variants):
    starts, rates = np.linspace((-5, -2), (3, 1), len(variants)), np.linspace(0.01, 0.2, len(variants))
    together = record(descend(BOWL, stack(variants), lambda t: rates, starts), 30)
    for run, (variant, start, rate) in enumerate(zip(variants, starts, rates, strict=True)):
        alone = record(descend(BOWL, variant, lambda t, rate=rate: float(rate), start), 30)
        for many, one in zip(together, alone, strict=True):
            # A power of an array is rounded otherwise than that of a number.
            assert np.allclose(many[:, run], one, rtol=1e-10, atol=1e-14)


def test_hyper_parameters_broadcast_over_a_sweep():
    betas = np.array([0.5, 0.9, 0.99])[:, None, None]
    optimizer = OPTIMIZERS["momentum"](beta=betas)
    swept = record(descend(BOWL, optimizer, lambda t: 0.1, np.tile(START, (3, 4, 1))), 20).w
    for row, beta in enumerate(betas.ravel()):
        assert np.allclose(swept[:, row, 2], path(OPTIMIZERS["momentum"](beta=float(beta)), 0.1, 20))


def test_spread_repeats_arrays_to_the_shape_of_the_weights_and_leaves_numbers():
    adam = OPTIMIZERS["adam"]
    full = spread(stack([adam(beta1=0.5), adam(beta1=0.9)]), np.zeros((2, 3)))
    np.testing.assert_array_equal(full.values["beta1"], [[0.5] * 3, [0.9] * 3])
    assert full.values["beta2"] == 0.999


def test_unlike_rules_do_not_stack():
    with pytest.raises(TypeError, match="one rule"):
        stack([OPTIMIZERS["sgd"](), OPTIMIZERS["lion"]()])


@pytest.mark.parametrize("name", [n for n, r in OPTIMIZERS.items() if r().largest_rate(4.0) is not None])
@pytest.mark.parametrize("curvature", [0.5, 4.0])
def test_the_stability_bound_separates_convergence_from_divergence(name, curvature):
    optimizer, objective = OPTIMIZERS[name](), Quadratic(np.array([curvature]))
    limit = optimizer.largest_rate(curvature)
    below = path(optimizer, 0.98 * limit, 4000, objective, np.array([1.0]))
    above = path(optimizer, 1.02 * limit, 4000, objective, np.array([1.0]))
    assert abs(below[-1, 0]) < 1e-3
    assert not abs(above[-1, 0]) < 1e3


def test_bounds_are_known_where_the_step_is_linear_in_the_gradient():
    known = {name for name, recipe in OPTIMIZERS.items() if recipe().largest_rate(1.0) is not None}
    assert known >= {"sgd", "momentum", "momentum_classical", "nesterov", "nesterov_keras"}
    assert not known & {
        "adagrad",
        "rmsprop",
        "adadelta",
        "adam",
        "nadam",
        "amsgrad",
        "adamax",
        "adamw",
        "lion",
        "newton",
    }


def test_bounds_are_those_of_the_closed_forms():
    """From the characteristic polynomials: 2 (1 + b) / c, for Nesterov's two forms over 3 and over 1 + 2 b."""
    for b in (0.0, 0.5, 0.9, 0.99):
        bounds = {
            "sgd": 2.0,
            "momentum": 2 * (1 + b) / (1 - b),
            "momentum_classical": 2 * (1 + b),
            "nesterov": 2 * (1 + b) / (3 * (1 - b)),
            "nesterov_keras": 2 * (1 + b) / (1 + 2 * b),
        }
        for name, bound in bounds.items():
            values = {} if name == "sgd" else {"beta": b}
            assert OPTIMIZERS[name](**values).largest_rate(4.0) == pytest.approx(bound / 4.0, rel=1e-9)


def test_adamax_needs_no_square_of_a_gradient_that_has_none():
    """Its first step is lr whatever the gradient is, also where g^2 is beyond the largest number."""
    w = path(OPTIMIZERS["adamax"](), 0.1, 3, lambda w, t: (1e200 * w[..., 0], np.full(w.shape, 1e200)), np.array([2.0]))
    assert w[:, 0] == pytest.approx([2.0, 1.9, 1.8, 1.7])


def test_moment_reads_the_mean_of_what_it_has_seen():
    moment, s = Recursion(0.9, 0.1, 1.0), np.zeros(1)
    for t in range(1, 6):
        s = moment.push(s, np.array([7.0]))
        assert moment.read(s, t) == pytest.approx(7.0)


def test_nesterov_carries_the_point_where_it_took_its_gradient():
    steps = list(islice(descend(BOWL, OPTIMIZERS["nesterov"](), lambda t: 0.3, START), 4))
    for before, step in pairwise(steps):
        assert np.allclose(step.point, step.w - 0.3 * before.m)
        assert np.allclose(step.g, CURVATURES * step.point)


def test_newton_solves_a_quadratic_in_one_step_and_refuses_what_has_no_hessian():
    assert np.allclose(path(OPTIMIZERS["newton"](), 1.0, 1)[1], 0.0)
    with pytest.raises(TypeError, match="Hessian"):
        path(OPTIMIZERS["newton"](), 1.0, 1, Pull(1.0))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_step_belongs_to_one_moment(name):
    previous = None
    for step in islice(descend(BOWL, OPTIMIZERS[name](), lambda t: 0.1 / (1 + t), START), 10):
        assert step.loss == pytest.approx(BOWL(step.w)[0])
        assert step.learning_rate == pytest.approx(0.1 / (1 + step.t))
        if previous is not None:
            assert np.allclose(step.w, previous.w - previous.eta, rtol=1e-15)
        previous = step


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_descent_goes_on_from_any_step_as_if_never_stopped(name):
    whole = list(islice(descend(BOWL, OPTIMIZERS[name](), lambda t: 0.1 * 0.9**t, START), 20))
    middle = whole[12]
    rest = descend(BOWL, OPTIMIZERS[name](), lambda t: 0.1 * 0.9**t, middle.w, middle.memory)
    for step, again in zip(whole[12:], rest, strict=False):
        assert np.array_equal(step.w, again.w) and step.t == again.t


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_counts_its_updates(name):
    optimizer = OPTIMIZERS[name]()
    memory = optimizer.init(START)
    for t in range(3):
        assert memory.t == t
        memory, _update = optimizer.step(memory, optimizer.look(BOWL, memory, START, 0.1), 0.1)


def test_memory_starts_empty():
    memory = OPTIMIZERS["adam"]().init(START)
    assert memory.t == 0 and list(memory.states) == ["m", "v"]
    assert not any(state.any() or state.shape != START.shape for state in memory.states.values())
    begun = OPTIMIZERS["adagrad"](initial_accumulator=0.1).init(START)
    assert begun.states["v"].tolist() == [0.1, 0.1]


@pytest.mark.parametrize("psi", [0.0, 0.004, 0.3, 1.0])
def test_nadam_weighs_the_momentum_by_its_psi(psi):
    beta1, beta2, epsilon, rate = 0.9, 0.95, 1e-3, 0.05
    optimizer = OPTIMIZERS["nadam"](beta1=beta1, beta2=beta2, epsilon=epsilon, psi=psi)
    gradients = np.random.default_rng(1).normal(size=(12, 2))
    w, memory, m, v, product = np.array([1.0, -2.0]), None, 0.0, 0.0, 1.0
    expected = w
    for t, g in enumerate(gradients, 1):
        # Dozat 2016, line by line.
        now, following = (beta1 * (1 - 0.5 * 0.96 ** (k * psi)) for k in (t, t + 1))
        product *= now
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        ahead = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
        expected = expected - rate * ahead / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        memory = optimizer.init(w) if memory is None else memory
        memory, update = optimizer.step(memory, Look(w, np.array(0.0), w, g), rate)
        w = w - update.eta
        assert w == pytest.approx(expected, rel=1e-12), t


def test_adamax_adds_its_epsilon_outside_the_maximum():
    beta1, beta2, epsilon, rate = 0.9, 0.8, 0.3, 0.05
    optimizer = OPTIMIZERS["adamax"](beta1=beta1, beta2=beta2, epsilon=epsilon)
    w, m, u = np.array([1.0, -2.0]), 0.0, 0.0
    expected, memory = w, optimizer.init(w)
    for t, g in enumerate(np.random.default_rng(2).normal(size=(9, 2)), 1):
        m, u = beta1 * m + (1 - beta1) * g, np.maximum(beta2 * u, np.abs(g))
        expected = expected - rate * m / (1 - beta1**t) / (u + epsilon)
        memory, update = optimizer.step(memory, Look(w, np.array(0.0), w, g), rate)
        w = w - update.eta
        assert w == pytest.approx(expected, rel=1e-12), t


@pytest.mark.parametrize("gradient", [1.0, np.inf, np.nan])
@pytest.mark.parametrize("curvature", [4.0, np.inf, np.nan])
def test_newton_goes_nowhere_from_a_slope_or_a_curvature_that_is_not_finite_and_the_other_runs_go_on(
    gradient, curvature
):
    g = np.array([[gradient, 2.0], [3.0, 2.0]])
    hessian = np.array([np.diag([curvature, 8.0]), np.diag([6.0, 8.0])])
    w, optimizer = np.ones((2, 2)), OPTIMIZERS["newton"]()
    _memory, update = optimizer.step(optimizer.init(w), Look(w, np.ones(2), w, g, hessian), 1.0)
    finite = np.isfinite([gradient, curvature]).all()
    np.testing.assert_allclose(update.eta, [[0.25, 0.25] if finite else [np.nan] * 2, [0.5, 0.25]], rtol=1e-12)


@pytest.mark.parametrize(("psi", "t", "bound"), [(1.0, np.inf, 13.57), (0.004, 400, 3.658), (0.0, np.inf, 3.486)])
def test_the_bound_of_nadam_follows_its_psi(psi, t, bound):
    # 2 (1 + b) / (1 + b - 2 b mu) with b = 0.9 and mu = 0.9, 0.4784 and 0.45.
    assert OPTIMIZERS["nadam"](psi=psi).stable_product(t) == pytest.approx(bound, rel=3e-4)


def walk(step, rate=0.1, n=5):
    """Go n updates `w -= rate * step(g, t)` down the bowl by a straight loop."""
    w, path = START, [START]
    for t in range(1, n + 1):
        w = w - rate * step(CURVATURES * w, t)
        path.append(w)
    return np.array(path)


def test_what_is_said_of_other_libraries_is_so():
    """PyTorch's buffer is g at first, then `momentum * buffer + (1 - dampening) * g`; epsilon is in the max."""

    def damped(first):
        buffer = []

        def step(g, t):
            buffer.append(0.9 * buffer[-1] + (1 - 0.9) * g if buffer else first * g)
            return buffer[-1]

        return walk(step)

    def adamax(within):
        m, u = np.zeros(2), np.zeros(2)

        def step(g, t):
            nonlocal m, u
            m, u = 0.9 * m + (1 - 0.9) * g, np.maximum(0.999 * u, abs(g) + 0.5 * within)
            return m / (1 - 0.9**t) / (u + 0.5 * (1 - within))

        return walk(step)

    momentum, ours = OPTIMIZERS["momentum"], {}
    for name, values in (("momentum", {}), ("adamax", {"epsilon": 0.5})):
        ours[name] = record(descend(BOWL, OPTIMIZERS[name](**values), lambda t: 0.1, START), 5).w
    assert momentum.source.endswith("PyTorch with dampening = momentum, but for its first step, which is not damped")
    assert np.allclose(damped(1 - 0.9), ours["momentum"]) and not np.allclose(damped(1.0), ours["momentum"])
    assert (
        "Epsilon is added to the maximum, as in Keras; PyTorch and optax add it to |g| inside"
        in OPTIMIZERS["adamax"].note
    )
    assert np.allclose(adamax(0), ours["adamax"]) and not np.allclose(adamax(1), ours["adamax"])
