"""A sweep of 20 million run-steps: 8 optimizers × 50 learning rates × 100 starts × 500 steps on Rosenbrock.

One loop of optviz runs all learning rates and starts of an optimizer, 5,000 runs: few enough that the arrays of a step
stay in the processor's cache. The rivals are PyTorch in the same float64, gradients by autograd, all runs of an
optimizer in one graph:

- its optimizers as documented: a learning rate is a parameter group with a tensor of its own;
- the same, but the groups' tensors are views of one, so that backward need not take 50 tensors apart;
- none of its optimizers: the formulas written by hand, in place, on one tensor. This is the fastest of the
  three, and leaves hardly more of PyTorch than its arrays.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest

from optviz.optimization.descent import arrive, descend
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.surfaces import SURFACES

RATES, STARTS, STEPS = 50, 100, 500
OPTIM, SHARED = "torch.optim, a parameter group a learning rate", "torch.optim, its groups views of one tensor"
BY_HAND = "PyTorch tensors, updates by hand in place"
REQUIRED = {OPTIM: 20.0, SHARED: 1.0, BY_HAND: 1.0}

ROSENBROCK = SURFACES["rosenbrock"]
LEARNING_RATES = np.geomspace(1e-5, 1e-1, RATES)
BEGIN = np.random.default_rng(0).uniform((-2, -1), (2, 3), (STARTS, 2))

Update = Callable[[Any, int], None]


def sweep() -> dict[str, np.ndarray]:
    """Return where all runs of each optimizer end, `(starts, learning rates, 2)`."""
    return {name: arrived(name) for name in UPDATES}


def arrived(name: str) -> np.ndarray:
    rates = np.broadcast_to(LEARNING_RATES, (STARTS, RATES))
    return arrive(
        ROSENBROCK, OPTIMIZERS[name](), lambda t: rates, np.broadcast_to(BEGIN[:, None], (STARTS, RATES, 2)), STEPS
    )


def sgd(torch: Any, w: Any, lr: Any) -> Update:
    return lambda g, t: w.addcmul_(g, lr, value=-1)


def momentum(torch: Any, w: Any, lr: Any) -> Update:
    m = torch.zeros_like(w)
    return lambda g, t: w.addcmul_(m.lerp_(g, 0.1), lr, value=-1)


def momentum_classical(torch: Any, w: Any, lr: Any) -> Update:
    m = torch.zeros_like(w)
    return lambda g, t: w.addcmul_(m.mul_(0.9).add_(g), lr, value=-1)


def nesterov_keras(torch: Any, w: Any, lr: Any) -> Update:
    m = torch.zeros_like(w)
    return lambda g, t: w.addcmul_(torch.add(g, m.mul_(0.9).add_(g), alpha=0.9), lr, value=-1)


def adagrad(torch: Any, w: Any, lr: Any) -> Update:
    v = torch.zeros_like(w)
    return lambda g, t: w.addcdiv_(g * lr, v.addcmul_(g, g).sqrt().add_(1e-7), value=-1)


def rmsprop(torch: Any, w: Any, lr: Any) -> Update:
    v = torch.zeros_like(w)
    return lambda g, t: w.addcdiv_(g * lr, v.mul_(0.9).addcmul_(g, g, value=0.1).sqrt().add_(1e-7), value=-1)


def adam(torch: Any, w: Any, lr: Any) -> Update:
    m, v = torch.zeros_like(w), torch.zeros_like(w)

    def update(g: Any, t: int) -> None:
        spread = v.mul_(0.999).addcmul_(g, g, value=0.001).div(1 - 0.999**t).sqrt_().add_(1e-8)
        w.addcdiv_(m.lerp_(g, 0.1) * (lr / (1 - 0.9**t)), spread, value=-1)

    return update


def adamax(torch: Any, w: Any, lr: Any) -> Update:
    m, u = torch.zeros_like(w), torch.zeros_like(w)

    def update(g: Any, t: int) -> None:
        torch.maximum(u.mul_(0.999), g.abs(), out=u)
        w.addcdiv_(m.lerp_(g, 0.1) * (lr / (1 - 0.9**t)), u + 1e-8, value=-1)

    return update


UPDATES = {
    make.__name__: make for make in (sgd, momentum, momentum_classical, nesterov_keras, adagrad, rmsprop, adam, adamax)
}
OPTIMS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9, "dampening": 0.9}),
    "momentum_classical": ("SGD", {"momentum": 0.9}),
    "nesterov_keras": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {"alpha": 0.9}),
    "adam": ("Adam", {}),
    "adamax": ("Adamax", {}),
}


def rosenbrock(w: Any) -> Any:
    x1, x2 = w
    return (1 - x1) ** 2 + 100 * (x2 - x1**2) ** 2


def grouped(torch: Any, name: str, tensors: list[Any]) -> Any:
    """Return PyTorch's optimizer of that name with a learning rate for each tensor."""
    groups = [{"params": [w], "lr": lr} for w, lr in zip(tensors, LEARNING_RATES, strict=True)]
    kind, options = OPTIMS[name]
    return getattr(torch.optim, kind)(groups, **options)


def optim_sweep(torch: Any, steps: int) -> None:
    """Run PyTorch's own optimizers, each learning rate on its tensor `(2, starts)`."""
    for name in OPTIMS:
        tensors = [torch.tensor(BEGIN.T.copy(), requires_grad=True) for _ in LEARNING_RATES]
        optimizer = grouped(torch, name, tensors)
        for _ in range(steps):
            optimizer.zero_grad()
            rosenbrock(torch.stack(tensors, dim=1)).sum().backward()
            optimizer.step()


def all_runs(torch: Any) -> Any:
    """Return the starts of all runs in one tensor, `(2, learning rates, starts)`."""
    return torch.tensor(np.broadcast_to(BEGIN.T[:, None], (2, RATES, STARTS)).copy(), requires_grad=True)


def shared_sweep(torch: Any, steps: int) -> None:
    """Run PyTorch's own optimizers, each learning rate on a view of one tensor and of its gradient."""
    for name in OPTIMS:
        w = all_runs(torch)
        w.grad = torch.zeros_like(w)
        views = list(w.detach().unbind(1))
        for view, slope in zip(views, w.grad.unbind(1), strict=True):
            view.grad = slope
        optimizer = grouped(torch, name, views)
        for _ in range(steps):
            w.grad.zero_()
            rosenbrock(w).sum().backward()
            optimizer.step()


def tensor_sweep(torch: Any, steps: int) -> dict[str, np.ndarray]:
    """Return where the updates by hand end, `(starts, learning rates, 2)`."""
    ends = {}
    for name, make in UPDATES.items():
        w = all_runs(torch)
        update = make(torch, w.detach(), torch.tensor(LEARNING_RATES)[:, None])
        for t in range(1, steps + 1):
            update(torch.autograd.grad(rosenbrock(w).sum(), w)[0], t)
        ends[name] = w.detach().numpy().T
    return ends


RIVALS = {OPTIM: optim_sweep, SHARED: shared_sweep, BY_HAND: tensor_sweep}


@pytest.fixture(scope="session")
def torch() -> Any:
    """PyTorch on one thread, as NumPy runs: at this size more threads only cost."""
    module = pytest.importorskip("torch")
    module.set_num_threads(1)
    return module


def test_both_sweeps_do_the_same_work(torch: Any) -> None:
    """All end where the others end, but for the few runs at the edge of stability, which amplify rounding."""
    theirs = tensor_sweep(torch, STEPS)
    for name, ours in sweep().items():
        finite = np.isfinite(ours)
        assert (finite == np.isfinite(theirs[name])).all()
        assert np.median(np.abs(ours[finite] - theirs[name][finite])) < 1e-12


@pytest.mark.parametrize("rival", REQUIRED)
def test_sweep(compare: Callable[..., None], fastest: Callable[..., float], torch: Any, rival: str) -> None:
    part = 10
    seconds = fastest(lambda: RIVALS[rival](torch, STEPS // part)) * part
    compare(WHAT, sweep, rival, seconds, required=REQUIRED[rival])


WHAT = "20 million run-steps: 8 optimizers × 50 learning rates × 100 starts × 500 steps on Rosenbrock"


def test_sweep_in_machine_code(
    compare: Callable[..., None], fastest: Callable[..., float], in_machine_code: Callable[..., float]
) -> None:
    compare(f"{WHAT}, compiled", sweep, "optviz in NumPy", in_machine_code(sweep, fastest), required=3.0)


def test_sweep_in_place(compare: Callable[..., None], fastest: Callable[..., float]) -> None:
    compare(f"{WHAT}, in place", sweep, "the one loop of all steps", fastest(descended))


@np.errstate(all="ignore")
def descended() -> None:
    """Run them as `descend` does, with all that a step can tell."""
    w = np.array(np.broadcast_to(BEGIN[:, None], (STARTS, RATES, 2)), order="F")
    rates = np.array(np.broadcast_to(LEARNING_RATES, (STARTS, RATES)), order="F")
    for name in UPDATES:
        next(islice(descend(ROSENBROCK, OPTIMIZERS[name](), lambda t: rates, w), STEPS, None))
