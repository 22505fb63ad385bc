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
    yield "sophia", {"k": 1, "gamma": 1.0, "beta2": 0.5}, 0.02, sophia(0.02, 0.96, 0.5, 1.0, 1, 1e-12)


if __name__ == "__main__":
    rows = [
        json.dumps({"optimizer": name, "values": values, "rate": rate, "w": [START, *path]})
        for name, values, rate, path in cases()
    ]
    Path(__file__).with_suffix(".json").write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")
