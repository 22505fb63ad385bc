"""A recipe is a named factory whose sliders are read from its own signature.

Optimizers, schedules and data sets are all "pick one, then set its numbers": the numbers' names, defaults and
ranges stand once, in the factory's signature, and the pages, links, tests and README read them from there.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True)
class Range:
    """The numbers a hyper-parameter may take: `low <= x <= high`, both included.

    `scale` says how a slider spreads them: "linear", "log" (learning rates), or "decay" (evenly in log(1 - x), for
    values that crowd towards 1). `symbol` is the parameter's LaTeX name.
    """

    low: float
    high: float
    symbol: str
    scale: str = "linear"

    def clamp(self, value: float) -> float:
        """Return the nearest number inside the range."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Parameter:
    """One hyper-parameter of a recipe: its name, default, range, and whether it is a whole number or a switch."""

    name: str
    default: float
    range: Range
    kind: type = float

    @property
    def title(self) -> str:
        """The English name to show, which is also the key of its translation."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Recipe(Generic[T]):
    """A factory with its name, its English title, its formula in LaTeX, its source and its parameters."""

    name: str
    title: str
    make: Callable[..., T]
    formula: str
    source: str
    parameters: tuple[Parameter, ...]

    def __call__(self, **values: Any) -> T:
        """Build the object; parameters that are not given take their defaults."""
        return self.make(**values)

    @property
    def note(self) -> str:
        """What the factory's docstring says of it, in English, which is also the key of its translation."""
        return " ".join((inspect.getdoc(self.make) or "").split())

    @property
    def defaults(self) -> dict[str, float]:
        """Each parameter's default by name."""
        return {p.name: p.default for p in self.parameters}


@dataclass(frozen=True)
class Choice:
    """One of a registry's recipes, by name, with the values of its parameters."""

    name: str
    values: tuple[tuple[str, float], ...] = ()

    def of(self, registry: Mapping[str, Recipe[T]]) -> T:
        """Build what the recipe makes with these values."""
        return registry[self.name](**dict(self.values))


def recipe(title: str, *, formula: str, source: str) -> Callable[[Callable[..., T]], Recipe[T]]:
    """Turn a factory into a `Recipe`: `@recipe("Adam", formula=r"...", source="Kingma & Ba 2015")`.

    Every argument of the factory is annotated `Annotated[float, Range(low, high, symbol)]` and has a default. The name
    is the factory's, without the underscore at its end of one beside a function of the same name.
    """

    def wrap(make: Callable[..., T]) -> Recipe[T]:
        return Recipe(make.__name__.rstrip("_"), title, make, formula, source, read_parameters(make))

    return wrap


def read_parameters(make: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Read the parameters of a factory from its annotated signature."""
    hints = get_type_hints(make, include_extras=True)
    return tuple(
        Parameter(name, argument.default, hints[name].__metadata__[0], hints[name].__origin__)
        for name, argument in inspect.signature(make).parameters.items()
    )


def with_numbers(formula: str, numbers: Mapping[str, float]) -> str:
    """Return a formula in LaTeX with numbers in place of symbols; a factor of 1 before a letter or bracket is left out.

    A symbol is a letter or a command, with an index or without.
    """
    for symbol, number in numbers.items():
        alone = rf"(?<![\\a-zA-Z]){re.escape(symbol)}(?![a-zA-Z_])"
        factor = "" if number == 1 else rf"{number:.4g}\\,"
        formula = re.sub(rf"{alone}\s*(?=[a-zA-Z(]|\\left)", factor, formula)
        formula = re.sub(alone, f"{number:.4g}", formula)
    return formula


R = TypeVar("R", bound=Recipe[Any])


def registry(recipes: Iterable[R]) -> Mapping[str, R]:
    """Key recipes by name, in order, refusing a name that is used twice."""
    table: dict[str, R] = {}
    for entry in recipes:
        if entry.name in table:
            raise ValueError(f"two recipes are called {entry.name!r}")
        table[entry.name] = entry
    return table
