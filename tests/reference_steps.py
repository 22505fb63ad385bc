"""Steps of optimizers as others compute them, kept in `reference_steps.json`.

In an environment with `torch optax prodigyopt schedulefree numpy`, which the app does not need, and without optviz:

    python tests/reference_steps.py

The function is Rosenbrock's. Where no package has what the paper has, its algorithm is transcribed here.
"""

import json
from pathlib import Path

import jax
import numpy as np
import optax
import optax.contrib
import prodigyopt
import schedulefree
import torch

jax.config.update("jax_enable_x64", True)

START = (-1.2, 1.0)
STEPS = 40


def slope(w):
    x, y = w
    return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])


def loss(w):
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def curvatures(w):
    x, y = w
    return np.array([2 - 400 * (y - 3 * x * x), 200.0])


def by_optax(optimizer):
    w, path = jax.numpy.array(START), []
    state = optimizer.init(w)
    for _ in range(STEPS):
        change, state = optimizer.update(jax.numpy.array(slope(w)), state, w)
        w = optax.apply_updates(w, change)
        path.append(w.tolist())
    return path


def by_lookahead(optimizer):
    w, path = optax.LookaheadParams.init_synced(jax.numpy.array(START)), []
    state = optimizer.init(w)
    for _ in range(STEPS):
        change, state = optimizer.update(jax.numpy.array(slope(w.fast)), state, w)
        w = optax.apply_updates(w, change)
        path.append(w.fast.tolist())
    return path


def by_sam(rate, rho):
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(rho))
    optimizer = optax.contrib.sam(optax.sgd(rate), uphill, sync_period=2, opaque_mode=True)
    w, path = jax.numpy.array(START), []
    state = optimizer.init(w)

    def gradient(w, _step):
        return jax.numpy.array([-2 * (1 - w[0]) - 400 * w[0] * (w[1] - w[0] ** 2), 200 * (w[1] - w[0] ** 2)])

    for _ in range(STEPS):
        change, state = optimizer.update(gradient(w, 0), state, w, grad_fn=gradient)
        w = optax.apply_updates(w, change)
        path.append(w.tolist())
    return path


def by_torch(make):
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, path = make([w]), []
    averages = hasattr(optimizer, "eval")
    for _ in range(STEPS):
        if averages:
            optimizer.train()
        w.grad = torch.tensor(slope(w.detach().numpy()))
        optimizer.step()
        if averages:
            optimizer.eval()
        path.append(w.detach().tolist())
    return path


def by_optax_with_loss(optimizer):
    w, path = jax.numpy.array(START), []
    state = optimizer.init(w)
    for _ in range(STEPS):
        g, value = jax.numpy.array(slope(w)), loss(w)
        change, state = optimizer.update(g, state, w, value=value, grad=g, value_fn=loss)
        w = optax.apply_updates(w, change)
        path.append(w.tolist())
    return path


def by_torch_with_loss(make):
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, path = make([w]), []

    def closure():
        optimizer.zero_grad()
        value = loss(w)
        value.backward()
        return value

    for _ in range(STEPS):
        optimizer.step(closure)
        path.append(w.detach().tolist())
    return path


def armijo(rate, share, shrink):
    """Optax's search with steps of which the longest is the rate."""
    search = optax.scale_by_backtracking_linesearch(
        60, slope_rtol=share, decrease_factor=shrink, increase_factor=np.inf, max_learning_rate=rate
    )
    return by_optax_with_loss(optax.chain(optax.sgd(1.0), search))


def extragradient(rate):
    """Korpelevich 1976, without constraints."""
    w, path = np.array(START), []
    for _ in range(STEPS):
        ahead = w - rate * slope(w)
        w = w - rate * slope(ahead)
        path.append(w.tolist())
    return path


def bisected(w, d, first, c1, c2):
    """Lewis & Overton 2013, algorithm 2.6; the direction is d."""
    alpha, beta, t, h0, s = 0.0, np.inf, first, loss(w), slope(w) @ d
    while True:
        if loss(w + t * d) > h0 + c1 * s * t:
            beta = t
        elif slope(w + t * d) @ d < c2 * s:
            alpha = t
        else:
            return t
        t = (alpha + beta) / 2 if beta < np.inf else 2 * alpha


def conjugate_gradient(rate, c1, c2):
    """Nocedal & Wright 2006, algorithm 5.4 with (5.44), begun anew uphill; the first trial is by (3.57)."""
    w, path, before, p = np.array(START), [], None, None
    for _ in range(STEPS):
        g = slope(w)
        beta = 0.0 if before is None else max(0.0, g @ (g - before) / (before @ before))
        p = -g + (0.0 if p is None else beta * p)
        p = p if g @ p < 0 else -g
        trial = rate / np.sqrt(p @ p)
        bend = loss(w + trial * p) - loss(w) - trial * (g @ p)
        minimizer = -(g @ p) * trial**2 / (2 * bend) if bend > 0 else trial
        w, before = w + bisected(w, p, minimizer, c1, c2) * p, g
        path.append(w.tolist())
    return path


def lbfgs(first, m, c1, c2):
    """Nocedal & Wright 2006, (7.19) and (7.20) with whole matrices, and the search of Lewis & Overton."""
    w, path, pairs, before = np.array(START), [], [], None
    for _ in range(STEPS):
        g = slope(w)
        if before is not None:
            pairs = [*pairs, (w - before[0], g - before[1])][-m:]
        h = np.eye(2) * (pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1]) if pairs else 1.0)
        for s, y in pairs:
            v = np.eye(2) - np.outer(y, s) / (y @ s)
            h = v.T @ h @ v + np.outer(s, s) / (y @ s)
        before = w, g
        w = w - bisected(w, -h @ g, first, c1, c2) * (h @ g)
        path.append(w.tolist())
        if loss(w) < 1e-12:  # what is left is rounding
            break
    return path


def adan(rate, b1, b2, b3, epsilon):
    """Xie et al. 2022, algorithm 1 with bias correction; their betas are one less these."""
    w, m, v, n, before, path = np.array(START), 0.0, 0.0, 0.0, None, []
    for k in range(1, STEPS + 1):
        g = slope(w)
        difference = 0 * g if before is None else g - before
        m, v = m + (1 - b1) * (g - m), v + (1 - b2) * (difference - v)
        n = n + (1 - b3) * ((g + b2 * difference) ** 2 - n)
        mean = m / (1 - b1**k) + b2 * v / (1 - b2**k)
        w, before = w - rate * mean / (np.sqrt(n / (1 - b3**k)) + epsilon), g
        path.append(w.tolist())
    return path


def sophia(rate, b1, b2, gamma, period, epsilon):
    """Liu et al. 2023, algorithm 3, with the Hessian's own diagonal for its estimate."""
    w, m, h, path = np.array(START), 0.0, 0.0, []
    for t in range(1, STEPS + 1):
        m = b1 * m + (1 - b1) * slope(w)
        if t % period == 1 % period:
            h = b2 * h + (1 - b2) * curvatures(w)
        w = w - rate * np.clip(m / np.maximum(gamma * h, epsilon), -1, 1)
        path.append(w.tolist())
    return path


def cases():
    sgd, rate = optax.sgd, 0.0005
    yield "heavy_ball", {"beta": 0.9}, 1e-4, by_torch(lambda w: torch.optim.SGD(w, 1e-4, momentum=0.9))
    yield "radam", {}, 0.02, by_optax(optax.radam(0.02, eps=1e-8))
    yield (
        "radam",
        {"beta2": 0.9, "epsilon": 1e-12},
        0.02,
        by_torch(lambda w: torch.optim.RAdam(w, 0.02, (0.9, 0.9), eps=1e-15)),
    )
    yield "adabelief", {}, 0.02, by_optax(optax.adabelief(0.02, eps=1e-16, eps_root=1e-16))
    yield "adan", {"beta2": 0.5}, 0.02, by_optax(optax.adan(0.02, 0.98, 0.5, 0.99, eps=1e-8))
    yield "adan", {}, 0.02, adan(0.02, 0.98, 0.92, 0.99, 1e-8)
    yield "ademamix", {}, 0.02, by_optax(optax.contrib.ademamix(0.02, 0.9, 0.999, 0.9999, 5.0))
    yield "ademamix", {"beta3": 0.95, "alpha": 2.0}, 0.02, by_optax(optax.contrib.ademamix(0.02, 0.9, 0.999, 0.95, 2.0))
    yield "lamb", {}, 0.02, by_optax(optax.lamb(0.02, eps=1e-6, weight_decay=0.01))
    yield "lamb", {"weight_decay": 0.5}, 0.02, by_optax(optax.lamb(0.02, eps=1e-6, weight_decay=0.5))
    yield "sam", {"rho": 0.05}, rate, by_sam(rate, 0.05)
    yield "lookahead", {}, 1e-4, by_lookahead(optax.lookahead(sgd(1e-4, momentum=0.9), 5, 0.5))
    yield "lookahead", {"k": 3, "alpha": 0.8}, 1e-4, by_lookahead(optax.lookahead(sgd(1e-4, momentum=0.9), 3, 0.8))
    yield "schedule_free_sgd", {}, rate, by_torch(lambda w: schedulefree.SGDScheduleFree(w, rate, 0.9, foreach=False))
    yield (
        "schedule_free_adamw",
        {"weight_decay": 0.1},
        0.02,
        by_torch(lambda w: schedulefree.AdamWScheduleFree(w, 0.02, weight_decay=0.1, foreach=False)),
    )
    yield "prodigy", {"epsilon": 1e-12}, 1.0, by_torch(lambda w: prodigyopt.Prodigy(w, 1.0, eps=1e-12))
    yield (
        "prodigy",
        {"epsilon": 1e-12, "d0": 1e-3},
        1.0,
        by_torch(lambda w: prodigyopt.Prodigy(w, 1.0, eps=1e-12, d0=1e-3)),
    )
    yield "sophia", {}, 0.02, sophia(0.02, 0.96, 0.99, 0.01, 10, 1e-12)
    yield "armijo", {}, 1.0, armijo(1.0, 0.5, 0.5)
    yield "armijo", {"share": 0.01, "shrink": 0.8}, 0.1, armijo(0.1, 0.01, 0.8)
    # Steps that are as long as this multiply what is rounded: some suffice.
    yield "polyak", {}, 1.0, by_optax_with_loss(optax.polyak_sgd(10.0, 1.0))[:18]
    yield "polyak", {"least": 0.5, "longest": 1e-3}, 1.0, by_optax_with_loss(optax.polyak_sgd(1e-3, 1.0, f_min=0.5))
    yield "extragradient", {}, rate, extragradient(rate)
    yield "conjugate_gradient", {}, 0.01, conjugate_gradient(0.01, 1e-4, 0.1)[:15]
    yield "conjugate_gradient", {"share": 0.1, "steepness": 0.6}, 0.3, conjugate_gradient(0.3, 0.1, 0.6)
    yield "lbfgs", {}, 1.0, lbfgs(1.0, 10, 1e-4, 0.9)[:15]
    yield "lbfgs", {"pairs": 2, "share": 0.1, "steepness": 0.5}, 0.3, lbfgs(0.3, 2, 0.1, 0.5)[:24]
    for step, pairs in ((0.1, 10), (0.5, 3)):
        values = {"pairs": pairs, "line_search": False}

        def make(w, step=step, pairs=pairs):
            return torch.optim.LBFGS(w, step, 1, history_size=pairs, tolerance_grad=0, tolerance_change=0)

        yield "lbfgs", values, step, by_torch_with_loss(make)
    yield "sophia", {"k": 1, "gamma": 1.0, "beta2": 0.5}, 0.02, sophia(0.02, 0.96, 0.5, 1.0, 1, 1e-12)


if __name__ == "__main__":
    rows = [
        json.dumps({"optimizer": name, "values": values, "rate": rate, "w": [START, *path]})
        for name, values, rate, path in cases()
    ]
    Path(__file__).with_suffix(".json").write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")
