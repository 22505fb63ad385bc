"""The names that modules had before: programs that earlier versions printed import them still."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

HOMES = {
    "optviz.networks.activations": "optviz.networks.activations",
    "optviz.networks.classifier": "optviz.networks.classifier",
    "optviz.networks.datasets": "optviz.networks.datasets",
    "optviz.networks.dead_relu": "optviz.networks.dead_relu",
    "optviz.models.digits": "optviz.models.digits",
    "optviz.models.fitting": "optviz.models.fitting",
    "optviz.networks.losses": "optviz.networks.losses",
    "optviz.networks.network": "optviz.networks.network",
}


class Former(MetaPathFinder, Loader):
    """Finds a module under its former name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a former name."""
        return ModuleSpec(name, self, origin=HOMES[name]) if name in HOMES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module with the names of the one that has moved."""
        made = ModuleType(spec.name)
        made.__dict__.update(
            {key: value for key, value in vars(import_module(HOMES[spec.name])).items() if key[0] != "_"}
        )
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module has run under its own name."""


def know() -> None:
    """Let former names be imported where nothing else has them."""
    sys.meta_path.append(Former())
