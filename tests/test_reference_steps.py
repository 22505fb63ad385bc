"""Every step of the newer optimizers is that of an independent implementation, in double precision."""

import json
from pathlib import Path

import numpy as np
import pytest

from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS

CASES = json.loads(Path(__file__).with_name("reference_steps.json").read_text("utf-8"))


class Rosenbrock:
    """The function of `reference_steps.py`."""

    def __call__(self, w, t=0):
        x, y = w[..., 0], w[..., 1]
        g = np.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], axis=-1)
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2, g

    def hessian(self, w):
        x, y = w
        return np.array([[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200.0]])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['optimizer']}-{case['values']}")
def test_every_step_is_that_of_another(case):
    expected = np.array(case["w"])
    optimizer, start, rate = OPTIMIZERS[case["optimizer"]](**case["values"]), expected[0], case["rate"]
    ours = record(descend(Rosenbrock(), optimizer, lambda t: rate, start), len(expected) - 1).w
    assert np.abs(expected[-1] - start).max() > 1e-3
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-10)
