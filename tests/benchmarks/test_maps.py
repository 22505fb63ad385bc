"""Maps, a run for each cell: where starts lead on a surface, and what two settings make of one start.

- 256 × 256 starts on Himmelblau, 300 steps of Adam;
- 64 × 64 learning rates and β on Rosenbrock, 500 steps of momentum and of Adam, whose β₁ is each run's own;
- 24 × 24 learning rates and strengths of L2 for the course's classifier, 200 epochs of updates.

The rival makes the runs one after the other; some of them are timed, and the time is scaled up.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.descent import advance, arrive, marks, settle
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.surfaces import SURFACES

ONE_BY_ONE, IN_NUMPY = "one run after the other", "optviz in NumPy"

Cell = tuple[int, ...]

STARTS = np.stack(np.meshgrid(*2 * [np.linspace(-5, 5, 256)]), axis=-1)
RATES, BETAS = np.geomspace(1e-4, 1.0, 64), np.linspace(0.0, 0.99, 64)
NET_RATES, STRENGTHS = np.geomspace(1e-3, 1.0, 24), np.geomspace(1e-4, 1.0, 24)
EPOCHS = 200
NETWORK = Network((2, 11, 1), ACTIVATIONS["relu"]())
COURSE = Classifier(NETWORK, LOSSES["mse"], dot(), 32)
WEIGHTS, SGD = NETWORK.init(0), OPTIMIZERS["sgd"]()
BETA = {"momentum": "beta", "adam": "beta1"}
ROSENBROCK, HIMMELBLAU = SURFACES["rosenbrock"], SURFACES["himmelblau"]


def basins() -> np.ndarray:
    """Return where all starts lead."""
    return arrive(HIMMELBLAU, OPTIMIZERS["adam"](), lambda t: 0.1, STARTS, 300)


def one_start(cell: Cell) -> Any:
    return advance(HIMMELBLAU, OPTIMIZERS["adam"](), lambda t: 0.1, STARTS[cell], 300)


def two_settings(name: str) -> np.ndarray:
    """Return where each β, row by row, leads with each learning rate."""
    optimizer = OPTIMIZERS[name](**{BETA[name]: BETAS[:, None, None]})
    rates = np.broadcast_to(RATES, (64, 64))
    return arrive(ROSENBROCK, optimizer, lambda t: rates, np.broadcast_to(ROSENBROCK.start, (64, 64, 2)), 500)


def one_setting(name: str, cell: Cell) -> Any:
    row, column = cell
    optimizer, rate = OPTIMIZERS[name](**{BETA[name]: float(BETAS[row])}), float(RATES[column])
    return advance(ROSENBROCK, optimizer, lambda t: rate, np.array(ROSENBROCK.start), 500)


def nets() -> np.ndarray:
    """Return the weights that each strength, row by row, leads to with each learning rate."""
    objective = Penalized(COURSE, 0.0, STRENGTHS[:, None], NETWORK.weight_mask)
    rates, n = np.broadcast_to(NET_RATES, (24, 24)), EPOCHS * COURSE.steps_per_epoch
    return arrive(objective, SGD, lambda t: rates, np.broadcast_to(WEIGHTS, (24, 24, WEIGHTS.size)), n)


def one_net(cell: Cell) -> Any:
    row, column = cell
    objective, rate = Penalized(COURSE, 0.0, float(STRENGTHS[row]), NETWORK.weight_mask), float(NET_RATES[column])
    begun = marks(objective, SGD, lambda t: rate, WEIGHTS, every=EPOCHS * COURSE.steps_per_epoch)
    return next(begun), next(begun)


def cells(size: int, n: int) -> Iterable[Cell]:
    """Draw some cells."""
    return [tuple(cell) for cell in np.random.default_rng(0).integers(0, size, (n, 2)).tolist()]


@pytest.fixture
def alone(fastest: Callable[..., float]) -> Callable[..., float]:
    """Return the seconds of all cells of a map one after the other, from those of some."""

    def measure(run: Callable[[Cell], Any], size: int, n: int) -> float:
        drawn = cells(size, n)
        return fastest(lambda: [run(cell) for cell in drawn], 3.0) / n * size**2

    return measure


BASINS = "256 × 256 starts on Himmelblau, 300 steps of Adam"
SETTINGS = "64 × 64 learning rates and β on Rosenbrock, 500 steps of {}"


@np.errstate(all="ignore")
def test_basins(compare: Callable[..., None], alone: Callable[..., float]) -> None:
    compare(BASINS, basins, ONE_BY_ONE, alone(one_start, 256, 50), required=10.0)


def test_basins_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float]
) -> None:
    compare(f"{BASINS}, compiled", basins, IN_NUMPY, in_machine_code(basins, fastest), required=2.0)


def followed() -> np.ndarray:
    """Return when all starts arrive, and where they lead."""
    adam = OPTIMIZERS["adam"]()
    return settle(HIMMELBLAU, adam, lambda t: 0.1, STARTS, 300, value=0.0, close=1e-3).arrival


@np.errstate(all="ignore")
def test_basins_with_when_they_are_reached(compare: Callable[..., None], alone: Callable[..., float]) -> None:
    compare(f"{BASINS}, and when they arrive", followed, ONE_BY_ONE, alone(one_start, 256, 50), required=6.0)


def test_basins_with_when_they_are_reached_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float]
) -> None:
    what = f"{BASINS}, and when they arrive, compiled"
    compare(what, followed, IN_NUMPY, in_machine_code(followed, fastest), required=2.0)


@pytest.mark.parametrize("name", BETA)
def test_two_settings(compare: Callable[..., None], alone: Callable[..., float], name: str) -> None:
    seconds = alone(lambda cell: one_setting(name, cell), 64, 50)
    compare(SETTINGS.format(OPTIMIZERS[name].title), lambda: two_settings(name), ONE_BY_ONE, seconds, required=5.0)


@pytest.mark.parametrize("name", BETA)
def test_two_settings_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float], name: str
) -> None:
    def call() -> np.ndarray:
        return two_settings(name)

    compare(
        f"{SETTINGS.format(OPTIMIZERS[name].title)}, compiled",
        call,
        IN_NUMPY,
        in_machine_code(call, fastest),
        required=1.5,
    )


@np.errstate(all="ignore")
def test_nets(compare: Callable[..., None], alone: Callable[..., float]) -> None:
    what = f"24 × 24 learning rates and L2 for the course's classifier, {EPOCHS} epochs, updates only"
    compare(what, nets, ONE_BY_ONE, alone(one_net, 24, 5), required=4.0)
