"""See how neural networks are optimized: the numbers behind the app, usable without it.

The names below are imported from their modules when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from optviz import former

if TYPE_CHECKING:
    from optviz.networks.activations import ACTIVATIONS
    from optviz.networks.classifier import Classifier, train
    from optviz.networks.datasets import DATASETS
    from optviz.networks.losses import LOSSES
    from optviz.networks.network import Network
    from optviz.optimization.descent import descend, record
    from optviz.optimization.objectives import Noisy, Penalized
    from optviz.optimization.optimizers import OPTIMIZERS, stack
    from optviz.optimization.schedules import SCHEDULES, Schedule
    from optviz.surfaces.surfaces import SURFACES, Surface

__all__ = [
    "ACTIVATIONS",
    "DATASETS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "SURFACES",
    "Classifier",
    "Network",
    "Noisy",
    "Penalized",
    "Schedule",
    "Surface",
    "descend",
    "record",
    "stack",
    "train",
]

_MODULES = {
    "networks.activations": ("ACTIVATIONS",),
    "networks.classifier": ("Classifier", "train"),
    "networks.datasets": ("DATASETS",),
    "optimization.descent": ("descend", "record"),
    "networks.losses": ("LOSSES",),
    "networks.network": ("Network",),
    "optimization.objectives": ("Noisy", "Penalized"),
    "optimization.optimizers": ("OPTIMIZERS", "stack"),
    "optimization.schedules": ("SCHEDULES", "Schedule"),
    "surfaces.surfaces": ("SURFACES", "Surface"),
}
former.know()
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'optviz' has no attribute {name!r}")
    return getattr(import_module(f"optviz.{_HOME[name]}"), name)
