"""One-tap examples: each is a link with a title, so an example can set nothing that a link can't."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from optviz.locale.spoken import N_


class Example(NamedTuple):
    """A title, and the parameters of the link that it opens."""

    title: str
    parameters: Mapping[str, Sequence[str]]


BOWL = {"surface": ["bowl"], "steps": ["50"]}
EFFECTIVE = '{"tabs":{"rates":1}}'
"""The view of a race that shows the effective learning rates."""

SURFACE_EXAMPLES = (
    Example(
        N_("SGD: too slow, good, diverging"),
        {**BOWL, "run": ["sgd,lr=0.06", "sgd,lr=0.42", "sgd,lr=0.61"]},
    ),
    Example(
        N_("Momentum tames the zig-zag"),
        {**BOWL, "run": ["sgd,lr=0.45", "momentum_classical,lr=0.45,beta=0.42"]},
    ),
    Example(
        N_("AdaGrad stalls, RMSProp goes on"),
        {**BOWL, "run": ["adagrad,lr=0.15", "rmsprop,lr=0.15"], "moment.views": [EFFECTIVE]},
    ),
    Example(
        N_("Adam oscillates; a smaller β₁ calms it"),
        {
            "surface": ["bowl"],
            "steps": ["30"],
            "run": ["adam,lr=1,beta2=0.99", "adam,lr=1,beta1=0.5,beta2=0.99", "adam,lr=0.35,beta1=0.5,beta2=0.99"],
        },
    ),
    Example(
        N_("Leaving a saddle"),
        {"surface": ["saddle"], "steps": ["100"], "lr": ["0.03"], "run": ["sgd", "momentum", "rmsprop", "adam"]},
    ),
    Example(
        N_("A long valley"),
        {
            "surface": ["long_valley"],
            "lr": ["0.03"],
            "run": ["sgd", "momentum_classical", "adagrad,lr=1", "adam,lr=0.3"],
        },
    ),
    Example(
        N_("Beale's function"),
        {
            "surface": ["beale"],
            "steps": ["500"],
            "lr": ["0.01"],
            "run": ["sgd", "momentum_classical,lr=0.003", "nesterov_keras,lr=0.003", "rmsprop", "adam,lr=0.1"],
        },
    ),
    Example(
        N_("Newton against first-order methods"),
        {"surface": ["rosenbrock"], "steps": ["300"], "lr": ["0.001"], "run": ["sgd", "adam,lr=0.1", "newton,lr=1"]},
    ),
    Example(
        N_("Each at its best learning rate: SGD is first"),
        {"surface": ["bowl"], "fair": ["1"]},
    ),
)


CLASSIFIER_EXAMPLES = (
    Example(N_("The course's net without L2"), {}),
    Example(N_("With L2 0.03: smooth"), {"l2": ["0.03"]}),
    Example(
        N_("With and without L2: many units, few points"),
        {"compare": ["1"], "b.l2": ["0.03"], "units": ["32"], "validation": ["0.5"]},
    ),
    Example(N_("SGD against Adam"), {"compare": ["1"], "b.optimizer": ["adam"], "b.l2": ["0"], "epochs": ["300"]}),
    Example(
        N_("GD, mini-batches and SGD"),
        {
            "compare": ["2"],
            "lr": ["0.03"],
            "batch": ["512"],
            "b.lr": ["0.03"],
            "b.l2": ["0"],
            "b.batch": ["32"],
            "c.optimizer": ["sgd"],
            "c.lr": ["0.03"],
            "c.batch": ["1"],
            "epochs": ["60"],
        },
    ),
    Example(N_("XOR"), {"data": ["xor"], "init": ["he"], "lr": ["0.03"], "epochs": ["300"]}),
    Example(
        N_("Spirals with a deeper net"),
        {
            "data": ["spirals"],
            "layers": ["3"],
            "units": ["16"],
            "activation": ["tanh"],
            "init": ["xavier"],
            "loss": ["binary_crossentropy"],
            "optimizer": ["adam"],
            "lr": ["0.01"],
            "epochs": ["400"],
        },
    ),
    Example(N_("L1 makes weights zero"), {"compare": ["1"], "b.l2": ["0"], "b.l1": ["0.01"], "log": ["0"]}),
    Example(
        N_("Early stopping of a net that overfits"),
        {
            "data": ["moons"],
            "moons.noise": ["0.35"],
            "moons.n": ["100"],
            "validation": ["0.5"],
            "layers": ["2"],
            "units": ["32"],
            "init": ["he"],
            "optimizer": ["adam"],
            "loss": ["binary_crossentropy"],
            "stop": ["1"],
            "stop.patience": ["50"],
            "epochs": ["500"],
        },
    ),
    Example(
        N_("Reduce on plateau"),
        {
            "init": ["he"],
            "lr": ["0.3"],
            "reduce": ["1"],
            "reduce.patience": ["15"],
            "reduce.min_lr": ["0.0001"],
            "epochs": ["400"],
        },
    ),
    Example(
        N_("Adam, then SGD"),
        {
            "compare": ["1"],
            "init": ["he"],
            "optimizer": ["adam"],
            "lr": ["0.1"],
            "epochs": ["400"],
            "b.optimizer": ["adam"],
            "b.lr": ["0.1"],
            "b.l2": ["0"],
            "b.switch": ["1"],
            "b.switch.epoch": ["150"],
            "b.switch.lr": ["0.1"],
        },
    ),
    Example(
        N_("The best of eight starts"),
        {"units": ["3"], "init": ["he"], "lr": ["0.05"], "starts": ["8"], "epochs": ["400"]},
    ),
    Example(N_("Learning rate far too large"), {"lr": ["1"]}),
)
