"""The numbers that a link may carry: their defaults and ranges are an interface, as their names are.

A default that moves shows another picture for every link that leaves it out, a range that shrinks changes what it says.
`parameters.json` keeps them; what is added may come later. `python -m tests.test_parameters` writes it anew.
"""

import json
from pathlib import Path

import pytest

from optviz.networks import losses
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import DATASETS
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Recipe
from optviz.surfaces.surfaces import SURFACES

KEPT = Path(__file__).with_name("parameters.json")
REGISTRIES = {
    "optimizers": tuple(OPTIMIZERS.values()),
    "schedules": tuple(SCHEDULES.values()),
    "activations": tuple(ACTIVATIONS.values()),
    "data sets": tuple(DATASETS.values()),
    "losses": tuple(each for each in vars(losses).values() if isinstance(each, Recipe)),
}


def stand() -> dict[str, dict[str, list[object]]]:
    """Return every parameter by its registry, recipe and name: kind, default, bounds and scale.

    A surface has the bounds of its domain, its start, and how its levels are spaced.
    """
    surfaces = {name: [*map(list, each.domain), list(each.start), each.levels] for name, each in SURFACES.items()}
    return {"surfaces": surfaces} | {
        registry: {
            f"{entry.name}.{p.name}": [p.kind.__name__, p.default, p.range.low, p.range.high, p.range.scale]
            for entry in recipes
            for p in entry.parameters
        }
        for registry, recipes in REGISTRIES.items()
    }


@pytest.mark.parametrize("registry", [*REGISTRIES, "surfaces"])
def test_what_links_carry_has_its_old_default_and_range(registry: str) -> None:
    kept, now = json.loads(KEPT.read_text("utf-8"))[registry], stand()[registry]
    assert {name: now.get(name) for name in kept} == kept


@pytest.mark.parametrize(
    "recipe", [entry for entries in REGISTRIES.values() for entry in entries], ids=lambda r: r.name
)
def test_every_default_is_in_its_range(recipe: Recipe[object]) -> None:
    assert all(p.range.low <= p.default <= p.range.high for p in recipe.parameters)


if __name__ == "__main__":
    lines = [
        f'  "{registry}": {{\n'
        + ",\n".join(f'    "{name}": {json.dumps(kept)}' for name, kept in entries.items())
        + "\n  }"
        for registry, entries in stand().items()
    ]
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
