"""Many runs at once, each with settings of its own, arrive where each does alone."""

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization import straight
from optviz.optimization.descent import arrive, marks
from optviz.optimization.objectives import Later, Noisy, Penalized, together
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.surfaces.surfaces import SURFACES

SIZE, STEPS = 12, 60
RATES, BETAS, STRENGTHS = np.geomspace(1e-3, 0.5, SIZE), np.linspace(0.0, 0.99, SIZE), np.geomspace(1e-4, 0.5, SIZE)
COSINE = Schedule(1.0, SCHEDULES["cosine"](decay_steps=STEPS))
CELLS = np.random.default_rng(1).integers(0, SIZE, (6, 2)).tolist()
NETWORK = Network((2, 11, 1), ACTIVATIONS["relu"]())
COURSE = Classifier(NETWORK, LOSSES["mse"], dot(), batch_size=32)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Leave machine code out: `test_compiled.py` has its tests."""
    monkeypatch.setattr(straight, "compiled", lambda *_given: None)


@np.errstate(all="ignore")
def alone(objective, optimizer, schedule, w):
    begun = marks(objective, optimizer, schedule, w, every=STEPS)
    next(begun)
    return next(begun).w


def test_learning_rate_by_beta_on_a_surface():
    surface = SURFACES["rosenbrock"]
    starts = np.broadcast_to(surface.start, (SIZE, SIZE, 2))
    found = arrive(
        surface, OPTIMIZERS["adam"](beta1=BETAS[:, None, None]), lambda t: COSINE(t) * RATES[None, :], starts, STEPS
    )
    assert np.ptp(found, axis=(0, 1)).min() > 0.1
    for row, column in CELLS:
        optimizer, rate = OPTIMIZERS["adam"](beta1=float(BETAS[row])), float(RATES[column])
        one = alone(surface, optimizer, lambda t, rate=rate: COSINE(t) * rate, np.array(surface.start))
        np.testing.assert_allclose(found[row, column], one, rtol=1e-12)


@pytest.mark.parametrize("name", ["sgd", "adam", "sam", "muon"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_learning_rate_by_strength_of_a_penalty_in_a_net(name, wrapped):
    """The penalty may lie within another objective; the arrays of a net are large, and it has blocks of its own."""

    def objective(l1, l2):
        penalized = Penalized(COURSE, l1, l2, NETWORK.weight_mask)
        return Noisy(Later(penalized, 7), 0.01, 3) if wrapped else penalized

    optimizer, start = OPTIMIZERS[name]().on(NETWORK.tensors), NETWORK.init(0)
    weights = np.broadcast_to(start, (SIZE, SIZE, start.size))
    many = objective(0.01, STRENGTHS[:, None])
    assert together(many) < SIZE**2
    found = arrive(many, optimizer, lambda t: np.broadcast_to(RATES, (SIZE, SIZE)), weights, STEPS)
    for row, column in CELLS:
        rate = float(RATES[column])
        one = alone(objective(0.01, float(STRENGTHS[row])), optimizer, lambda t, rate=rate: rate, start)
        np.testing.assert_allclose(found[row, column], one, rtol=1e-12)


def test_strength_of_a_penalty_on_a_surface():
    surface = SURFACES["himmelblau"]
    starts = np.random.default_rng(0).uniform(-4, 4, (SIZE, SIZE, 2))
    found = arrive(Penalized(surface, STRENGTHS, 0.1), OPTIMIZERS["adam"](), lambda t: 0.1, starts, STEPS)
    for row, column in CELLS:
        one = alone(
            Penalized(surface, float(STRENGTHS[column]), 0.1), OPTIMIZERS["adam"](), lambda t: 0.1, starts[row, column]
        )
        np.testing.assert_allclose(found[row, column], one, rtol=1e-12)


@pytest.mark.parametrize("name", ["newton", "sophia"])
def test_what_needs_a_hessian_has_that_of_each_run(name):
    """The penalty's strength is a part of the Hessian, and each run has its own."""
    surface = SURFACES["rosenbrock"]
    starts = np.random.default_rng(0).uniform(-2, 2, (SIZE, SIZE, 2))
    found = arrive(Penalized(surface, 0.0, STRENGTHS), OPTIMIZERS[name](), lambda t: 0.1, starts, STEPS)
    for row, column in CELLS:
        objective = Penalized(surface, 0.0, float(STRENGTHS[column]))
        one = alone(objective, OPTIMIZERS[name](), lambda t: 0.1, starts[row, column])
        np.testing.assert_allclose(found[row, column], one, rtol=1e-12)


def test_a_setting_of_each_coordinate():
    surface = SURFACES["bowl"]
    starts = np.random.default_rng(0).uniform(-4, 4, (5, 2))
    betas = np.array([0.9, 0.5])
    found = arrive(surface, OPTIMIZERS["momentum"](beta=betas), lambda t: 0.1, starts, STEPS)
    for start, arrived in zip(starts, found, strict=True):
        one = alone(surface, OPTIMIZERS["momentum"](beta=betas), lambda t: 0.1, start)
        np.testing.assert_allclose(arrived, one, rtol=1e-12)
