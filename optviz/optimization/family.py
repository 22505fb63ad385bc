"""The family tree of optimizers: who came from whom, and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from optviz.optimization.entries import Branch, Kin
from optviz.optimization.optimizers import MATRIX_OPTIMIZERS, OPTIMIZERS

__all__ = ["FAMILY", "Branch", "Member"]


@dataclass(frozen=True)
class Member:
    """One optimizer of the registry that has its place in the tree."""

    name: str
    kin: Kin

    @property
    def label(self) -> str:
        """Its short name."""
        return self.kin.label

    @property
    def branch(self) -> Branch:
        """What it makes of the gradient."""
        return self.kin.branch

    @property
    def parents(self) -> tuple[str, ...]:
        """The names of those that it came from."""
        return self.kin.parents

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
    name: Member(name, entry.kin)
    for name, entry in {**OPTIMIZERS, **MATRIX_OPTIMIZERS}.items()
    if entry.kin is not None
}
"""The tree, in the order of the registry."""
