"""What L-BFGS remembers: its last steps and how the gradient changed along them, and the direction that they give.

A history is `(..., 2 + 2 m, n)`: the point and the gradient before, then m pairs s, y, the newest first. A pair that is
not there yet is 0.
"""

from typing import cast

import numpy as np

from optviz.arrays import Array, Number

MOST_PAIRS = 20


def begun(pairs: Number, w: Array) -> Array:
    """Return the history before the first update at `w: (..., n)`, with room for the largest number of pairs.

    The point before is that of the first update: a step of 0 is no pair.
    """
    m = int(np.clip(np.max(pairs), 0, MOST_PAIRS))
    history = np.zeros((*w.shape[:-1], 2 + 2 * m, w.shape[-1]), dtype=w.dtype)
    history[..., 0, :] = w
    return history


def recalled(pairs: Number, g: Array, w: Array, history: Array) -> Array:
    """Return the history with the step that has led to w, `s = w - w_before` and `y = g - g_before`.

    It is kept where s y > epsilon y y, with the epsilon of double precision, so that the curvature along it is positive
    (Byrd, Lu, Nocedal & Zhu 1995); elsewhere the pairs stay as they were. Pairs beyond the last m are 0.
    """
    new = np.empty_like(history)
    new[..., 0, :], new[..., 1, :] = w, g
    m = history.shape[-2] // 2 - 1
    if not m:
        return new
    s, y = w - history[..., 0, :], g - history[..., 1, :]
    kept = np.vecdot(s, y) > np.maximum(np.finfo(float).eps * np.vecdot(y, y), np.finfo(float).tiny)
    pushed = np.concatenate([np.stack([s, y], axis=-2), history[..., 2:-2, :]], axis=-2)
    new[..., 2:, :] = np.where(kept[..., None, None], pushed, history[..., 2:, :])
    if isinstance(pairs, np.ndarray):
        new[..., 2:, :] *= np.repeat(np.arange(m), 2)[:, None] < np.floor(pairs[..., :1, None])
    return new


def direction(g: Array, history: Array) -> Array:
    """Return the inverse Hessian that the pairs give, times g, which is near Newton's direction; g without pairs.

    Nocedal & Wright 2006, algorithm 7.4, with gamma = s y / y y of the newest pair (7.20).
    """
    q, scale = g, cast(Number, 1.0)
    used: list[tuple[Array, Array, Array, Array]] = []
    for i in range(2, history.shape[-2], 2):
        s, y = history[..., i, :], history[..., i + 1, :]
        along = _inner(s, y)
        if not along.any():
            break
        known = along > 0.0
        rho = np.where(known, 1.0 / np.where(known, along, 1.0), 0.0)
        if not used:
            scale = np.where(known, along / np.where(known, _inner(y, y), 1.0), 1.0)
        share = rho * _inner(s, q)
        q = q - share * y
        used.append((s, y, rho, share))
    q = scale * q
    for s, y, rho, share in reversed(used):
        q = q + (share - rho * _inner(y, q)) * s
    return q


def _inner(one: Array, other: Array) -> Array:
    product: Array = np.vecdot(one, other)[..., None]
    return product
