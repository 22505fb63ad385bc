"""Surfaces: their gradients, Adam step by step against Keras and PyTorch, and the races of the page."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optviz.optimization.descent import advance
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.trials import Trial
from optviz.surfaces.race import Course, race
from optviz.surfaces.surfaces import SURFACES, Surface

KERAS, TORCH = "Keras Adam, eager", "torch.optim.Adam"
BUDGETS = {KERAS: 100.0, TORCH: 1.0}
STEPS, RATE = 1000, 0.01

ROSENBROCK = SURFACES["rosenbrock"]
START = np.array(ROSENBROCK.start, dtype=float)
GROUPS = {
    4: ("sgd", "momentum", "rmsprop", "adam"),
    8: ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "nadam"),
}


def recorded() -> np.ndarray:
    """Return where 1,000 recorded steps of Adam lead."""
    return advance(ROSENBROCK, OPTIMIZERS["adam"](), lambda t: RATE, START, STEPS + 1)[0].w[-1]


def rosenbrock(w: Any) -> Any:
    x1, x2 = w[0], w[1]
    return (1 - x1) ** 2 + 100 * (x2 - x1**2) ** 2


def keras_adam(steps: int) -> np.ndarray:
    """Return where eager steps of Keras' Adam lead, recorded as well."""
    tf, keras = pytest.importorskip("tensorflow"), pytest.importorskip("keras")
    w, optimizer = tf.Variable(START), keras.optimizers.Adam(RATE, epsilon=1e-8)
    path, losses = np.empty((steps + 1, 2)), np.empty(steps)
    for t in range(steps):
        with tf.GradientTape() as tape:
            loss = rosenbrock(w)
        path[t], losses[t] = w.numpy(), loss.numpy()
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
    return w.numpy()


def torch_adam(steps: int) -> np.ndarray:
    """Return where steps of PyTorch's Adam lead, recorded as well."""
    torch = pytest.importorskip("torch")
    w = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=RATE)
    path, losses = np.empty((steps + 1, 2)), np.empty(steps)
    for t in range(steps):
        optimizer.zero_grad()
        loss = rosenbrock(w)
        path[t], losses[t] = w.detach().numpy(), loss.item()
        loss.backward()
        optimizer.step()
    return w.detach().numpy()


@pytest.mark.parametrize(("rival", "theirs"), [(KERAS, keras_adam), (TORCH, torch_adam)], ids=["keras", "torch"])
def test_adam_recorded(
    compare: Callable[..., None], fastest: Callable[..., float], rival: str, theirs: Callable[[int], np.ndarray]
) -> None:
    np.testing.assert_allclose(theirs(STEPS), recorded(), rtol=1e-3)  # Keras keeps its rates in float32
    seconds = fastest(lambda: theirs(STEPS // 5)) * 5
    compare(f"{STEPS:,} recorded steps of Adam on Rosenbrock", recorded, rival, seconds, required=BUDGETS[rival])


IN_PYTHON = "optviz in Python"


def test_adam_recorded_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float]
) -> None:
    seconds = in_machine_code(recorded, fastest)
    compare(f"{STEPS:,} recorded steps of Adam on Rosenbrock, compiled", recorded, IN_PYTHON, seconds, required=3.0)


def test_race_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float]
) -> None:
    call = a_race("rosenbrock", 8, 1000)
    seconds = in_machine_code(call, fastest)
    compare("a race of 8 × 1,000 on Rosenbrock, judged, compiled", call, IN_PYTHON, seconds, required=2.0)


@pytest.mark.parametrize(("runs", "steps"), [(4, 200), (8, 1000)])
@pytest.mark.parametrize("name", ["bowl", "rosenbrock"])
def test_race(compare: Callable[..., None], name: str, runs: int, steps: int) -> None:
    compare(f"a race of {runs} × {steps:,} on {SURFACES[name].title}, judged", a_race(name, runs, steps))


def a_race(name: str, runs: int, steps: int) -> Callable[[], Any]:
    surface = SURFACES[name]
    course = Course(surface, surface.domain, np.array(surface.minima, dtype=float))
    trials = [Trial.of(course, OPTIMIZERS[optimizer](), RATE) for optimizer in GROUPS[runs]]
    start = np.array(surface.start, dtype=float)
    return lambda: race(trials, start, steps)


@pytest.mark.parametrize("points", [1, 10_000])
@pytest.mark.parametrize("name", ["rosenbrock", "beale", "ackley"])
def test_value_and_gradient(
    compare: Callable[..., None], fastest: Callable[..., float], name: str, points: int
) -> None:
    surface = SURFACES[name]
    w = np.random.default_rng(0).uniform(0.5, 2.0, (points, 2)).squeeze()
    what = f"{surface.title}, loss and gradient at {points:,} {'point' if points == 1 else 'points'}"
    torch = pytest.importorskip("torch") if name == "rosenbrock" else None
    if torch is None:
        compare(what, lambda: surface(w))
    else:
        compare(what, lambda: surface(w), "torch.autograd", fastest(autograd(torch, surface, w), 2.0) / 10)


def autograd(torch: Any, surface: Surface, w: np.ndarray) -> Callable[[], None]:
    """Return ten evaluations of loss and gradient by PyTorch, checked against the surface."""
    point = torch.tensor(np.ascontiguousarray(w.T), requires_grad=True)

    def evaluate() -> Any:
        return torch.autograd.grad(rosenbrock(point).sum(), point)[0]

    np.testing.assert_allclose(evaluate().numpy().T, surface.gradient(w), rtol=1e-9)
    return lambda: [evaluate() for _ in range(10)] and None
