"""The family tree of optimizers: who came from whom, and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from optviz.optimization.optimizers import OPTIMIZERS


class Branch(StrEnum):
    """What an optimizer makes of the gradient."""

    GRADIENT = "gradient"
    MOMENTUM = "momentum"
    ADAPTIVE = "adaptive"
    BOTH = "both"
    BESIDE = "beside"


@dataclass(frozen=True)
class Member:
    """One optimizer of the registry in the tree: its short name, its parents, its branch, and its place in a drawing.

    `place` is (lane, row): rows go down with time.
    """

    name: str
    label: str
    branch: Branch
    place: tuple[float, float]
    parents: tuple[str, ...] = ()

    @property
    def paper(self) -> str:
        """The paper that the registry names."""
        return OPTIMIZERS[self.name].source.split(";")[0]

    @property
    def year(self) -> int:
        """The year of the first paper that the registry names."""
        found = re.search(r"\d{4}", self.paper)
        assert found
        return int(found.group())


FAMILY: Mapping[str, Member] = {
    member.name: member
    for member in (
        Member("sgd", "SGD", Branch.GRADIENT, (2.0, 0.0)),
        Member("momentum_classical", "SGDM", Branch.MOMENTUM, (1.0, 1.0), ("sgd",)),
        Member("nesterov", "NAG", Branch.MOMENTUM, (0.2, 2.0), ("momentum_classical",)),
        Member("adagrad", "AdaGrad", Branch.ADAPTIVE, (3.0, 1.0), ("sgd",)),
        Member("rmsprop", "RMSProp", Branch.ADAPTIVE, (2.7, 2.0), ("adagrad",)),
        Member("adadelta", "AdaDelta", Branch.ADAPTIVE, (3.9, 2.0), ("adagrad",)),
        Member("adam", "Adam", Branch.BOTH, (1.7, 3.0), ("momentum_classical", "rmsprop")),
        Member("nadam", "Nadam", Branch.BOTH, (0.9, 4.0), ("nesterov", "adam")),
        Member("amsgrad", "AMSGrad", Branch.BOTH, (2.0, 4.0), ("adam",)),
        Member("adamw", "AdamW", Branch.BOTH, (3.1, 4.0), ("adam",)),
        Member("lion", "Lion", Branch.BESIDE, (-0.1, 4.0), ("momentum_classical",)),
        Member("newton", "Newton", Branch.BESIDE, (3.8, 0.0)),
    )
}
"""The tree, oldest first within a line."""


def nearest(lane: float, row: float) -> str:
    """Return the name of the member drawn nearest to a point of the drawing."""
    return min(FAMILY, key=lambda name: (FAMILY[name].place[0] - lane) ** 2 + (FAMILY[name].place[1] - row) ** 2)
