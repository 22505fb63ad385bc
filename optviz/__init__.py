"""See how neural networks are optimized: the numbers behind the app, usable without it.

The names below are imported from their modules when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optviz.activations import ACTIVATIONS
    from optviz.classifier import Classifier, train
    from optviz.datasets import DATASETS
    from optviz.descent import descend, record
    from optviz.losses import LOSSES
    from optviz.network import Network
    from optviz.objectives import Noisy, Penalized
    from optviz.optimizers import OPTIMIZERS, stack
    from optviz.schedules import SCHEDULES, Schedule
    from optviz.surfaces import SURFACES, Surface

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
    "activations": ("ACTIVATIONS",),
    "classifier": ("Classifier", "train"),
    "datasets": ("DATASETS",),
    "descent": ("descend", "record"),
    "losses": ("LOSSES",),
    "network": ("Network",),
    "objectives": ("Noisy", "Penalized"),
    "optimizers": ("OPTIMIZERS", "stack"),
    "schedules": ("SCHEDULES", "Schedule"),
    "surfaces": ("SURFACES", "Surface"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'optviz' has no attribute {name!r}")
    return getattr(import_module(f"optviz.{_HOME[name]}"), name)
