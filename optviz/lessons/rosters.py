"""A list of recipes, each with its own numbers, as it stands in a link: the runs of a race, the schedules of a plot.

In a link an entry is one text, `adam,lr=0.01,beta1=0.5`: the recipe, then what differs from its defaults. Without `lr`
it takes the learning rate that all share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from optviz.course import addresses
from optviz.course.addresses import Unreadable
from optviz.lessons import ranges
from optviz.locale.spoken import _, joined
from optviz.recipes import Recipe

NONE = "none"
ESCAPES = (("%", "%25"), (",", "%2C"), ("\n", ";"))
"""How a name is written in a link, in which the comma parts settings."""


@dataclass(frozen=True)
class Listed:
    """One recipe with the values that differ from its defaults; `learning_rate` None means the shared one."""

    name: str
    learning_rate: float | None = None
    values: tuple[tuple[str, float], ...] = ()

    recipes: ClassVar[Mapping[str, Recipe[Any]]]
    typed: ClassVar[str] = ""
    """The name under which a recipe is added that somebody types; empty where that cannot be."""

    @classmethod
    def refusal(cls, name: str) -> str:
        """Say why a name is none of the recipes', empty where there is no more to say."""
        return ""

    @classmethod
    def tidy(cls, name: str) -> str:
        """Return the name that an entry has which a link calls so."""
        return name

    @property
    def written(self) -> str:
        """The name as it stands in a link."""
        return self.name

    @classmethod
    def plus(cls, text: str) -> str:
        """Return the text of a link with what a plus sign in the address is: a blank."""
        return text.replace(addresses.PLUS, " ")

    @property
    def recipe(self) -> Recipe[Any]:
        """The recipe that the entry names."""
        return self.recipes[self.name]

    @property
    def all_values(self) -> dict[str, float]:
        """Every parameter's value by name."""
        return {**self.recipe.defaults, **dict(self.values)}

    def build(self) -> Any:
        """Make what the recipe makes, with these values."""
        return self.recipe(**dict(self.values))

    def title(self, shared: float | None) -> str:
        """Return its name in the visitor's language, with what sets it apart from its defaults."""
        rate = [] if self.learning_rate in (None, shared) else [f"lr {self.learning_rate:g}"]
        return joined(_(self.recipe.title), *rate, *(self._written(n, v) for n, v in self.values))

    def _written(self, name: str, value: float) -> str:
        parameter = next(p for p in self.recipe.parameters if p.name == name)
        # Of a switch that is on the word says enough.
        is_on = parameter.kind is bool and bool(value)
        return _(parameter.title) if is_on else f"{plain(parameter.range.symbol)} {value:g}"


_LETTERS = {
    r"\sqrt{V+\epsilon}": "√(V+ε)",
    r"\varepsilon": "ε",
    r"\epsilon": "ε",
    r"\alpha": "α",
    r"\beta": "β",
    r"\gamma": "γ",
    r"\delta": "δ",
    r"\lambda": "λ",
    r"\rho": "ρ",
    r"\psi": "ψ",
}
_INDEX = {"_0": "₀", "_1": "₁", "_2": "₂", "_3": "₃"}


def plain(symbol: str) -> str:
    """Return a parameter's symbol, given in LaTeX, as it stands in a title."""
    for tex, letter in (*_LETTERS.items(), *_INDEX.items()):
        symbol = symbol.replace(tex, letter)
    return symbol


@dataclass(frozen=True)
class Words:
    """What is said about a list, in English, as keys of the translation; `{n}` is the most that there may be."""

    choose: str
    nothing: str
    add: str
    full: str
    too_many: str
    unknown: str


E = TypeVar("E", bound=Listed)


@dataclass(frozen=True)
class Roster(Generic[E]):
    """A list of entries of one kind, under its name in the link."""

    kind: type[E]
    name: str
    words: Words

    def read(self, texts: list[str], most: int) -> tuple[E, ...]:
        """Read the entries of a link; a single text `none` is an empty list."""
        if texts == [NONE]:
            return ()
        if len(texts) > most:
            raise Unreadable(_(self.words.too_many).format(n=most))
        return tuple(map(self._read, texts))

    def _read(self, text: str) -> E:
        name, *settings = text.split(",")
        for plain_sign, written in reversed(ESCAPES):
            name = name.replace(written, plain_sign)
        refusal = self.kind.refusal(name)
        if refusal or name not in self.kind.recipes:
            raise Unreadable(refusal or _(self.words.unknown))
        recipe = self.kind.recipes[name]
        spans = {p.name: p for p in recipe.parameters}
        rate: float | None = None
        values: dict[str, float] = {}
        for setting in settings:
            key, _equals, number = setting.partition("=")
            if key == "lr":
                rate = ranges.LEARNING_RATE.clamp(addresses.number(number))
            elif key in spans:
                values[key] = spans[key].kind(spans[key].range.clamp(addresses.number(number, spans[key].kind)))
            else:
                raise Unreadable(_("{name} has no such setting").format(name=_(recipe.title)))
        return self.kind(self.kind.tidy(name), rate, differing(recipe, values))

    def write(self, entries: Sequence[E]) -> list[str]:
        """Write the entries for a link."""
        return [_write(entry) for entry in entries] or [NONE]


def differing(recipe: Recipe[Any], values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the values that differ from the defaults."""
    defaults = recipe.defaults
    return tuple((name, value) for name, value in values.items() if value != defaults[name])


def _write(entry: Listed) -> str:
    rate = [("lr", entry.learning_rate)] if entry.learning_rate is not None else []
    numbers = (f"{name}={addresses.write_number(value)[0]}" for name, value in (*rate, *entry.values))
    name = entry.written
    for sign, written in ESCAPES:
        name = name.replace(sign, written)
    return ",".join([name, *numbers])
