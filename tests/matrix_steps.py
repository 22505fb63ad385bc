"""Steps of matrix optimizers as PyTorch and optax make them, kept in `tests/matrix_steps.json`.

    pip install torch==2.13.0 optax numpy
    python tests/matrix_steps.py

A layer of 3 inputs and 5 outputs and its biases get gradients that are drawn once; `w` is the matrix (inputs, outputs)
after every update, `b` the vector. PyTorch has its weights the other way round.
"""

import json
from pathlib import Path

import jax
import numpy as np
import optax
import torch
from optax.contrib import _muon

KEPT = Path(__file__).with_suffix(".json")
SHAPE, STEPS, SEED = (3, 5), 12, 5


def drawn() -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return the first weights and biases, and the gradients of both."""
    rng = np.random.default_rng(SEED)
    w, b = rng.standard_normal(SHAPE), rng.standard_normal(SHAPE[1])
    scales = 10.0 ** rng.uniform(-1, 1, STEPS)
    return (
        w,
        b,
        [scale * rng.standard_normal(SHAPE) for scale in scales],
        [scale * rng.standard_normal(SHAPE[1]) for scale in scales],
    )


def by_torch(of_matrix, of_vector):
    """Return the points after every update, by an optimizer of the matrix and one of the vector."""
    first_w, first_b, of_w, of_b = drawn()
    w, b = torch.tensor(first_w.T.copy(), requires_grad=True), torch.tensor(first_b, requires_grad=True)
    optimizers = of_matrix([w]), of_vector([b])
    points = {"w": [], "b": []}
    for g, h in zip(of_w, of_b, strict=True):
        w.grad, b.grad = torch.tensor(g.T.copy()), torch.tensor(h)
        for optimizer in optimizers:
            optimizer.step()
        points["w"].append(w.detach().numpy().T.tolist())
        points["b"].append(b.detach().numpy().tolist())
    return points


def by_optax(transform):
    """Return the points after every update, by one transform of both."""
    w, b, of_w, of_b = drawn()
    points, state = {"w": [], "b": []}, transform.init((w, b))
    for g, h in zip(of_w, of_b, strict=True):
        updates, state = transform.update((g, h), state, (w, b))
        w, b = optax.apply_updates((w, b), updates)
        points["w"].append(np.asarray(w).tolist())
        points["b"].append(np.asarray(b).tolist())
    return points


def main() -> None:
    """Make all steps, and write them."""
    jax.config.update("jax_enable_x64", True)
    # PyTorch rounds the iteration of Muon to bfloat16; here it stays in double precision.
    torch.Tensor.bfloat16 = lambda self: self
    of_w = drawn()[2]
    found = {
        "muon": by_torch(
            lambda p: torch.optim.Muon(p, lr=0.05, weight_decay=0.0, momentum=0.95, nesterov=True),
            lambda p: torch.optim.Adam(p, lr=0.05),
        ),
        "adafactor": by_torch(*[lambda p: torch.optim.Adafactor(p, lr=0.4, eps=(1e-30, 1e-3))] * 2),
        "adafactor, optax": by_optax(optax.adafactor(0.05, min_dim_size_to_factor=1)),
        "orthogonal, optax": [
            np.asarray(
                _muon.orthogonalize_via_newton_schulz(g, jax.numpy.asarray((3.4445, -4.7750, 2.0315)), eps=0.0)
            ).tolist()
            for g in of_w
        ],
    }
    KEPT.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
