"""A list of recipes, each with its own numbers, in the link and on screen: the runs of a race, the schedules of a plot.

In a link an entry is one text, `adam,lr=0.01,beta1=0.5`: the recipe, then what differs from its defaults. Without `lr`
it takes the learning rate that all share.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import streamlit as st

from optviz.recipes import Recipe
from optviz.ui import controls, links
from optviz.ui.language import _, joined
from optviz.ui.links import Link, Unreadable

NONE = "none"
ESCAPES = (("%", "%25"), (",", "%2C"), ("\n", ";"))
"""How a name is written in a link, in which the comma parts settings."""


@dataclass(frozen=True)
class Entry:
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
        return text.replace(links.PLUS, " ")

    @classmethod
    def draw_typed(cls, key: str, entry: "Entry", change: Callable[..., None]) -> None:
        """Draw the field in which a recipe is typed."""

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

    def title(self, shared: float) -> str:
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


E = TypeVar("E", bound=Entry)
Marks = Callable[[Sequence[E]], Sequence[str]]
Make = Callable[[str, Sequence[E]], E]


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
                rate = controls.LEARNING_RATE.clamp(links.number(number))
            elif key in spans:
                values[key] = spans[key].kind(spans[key].range.clamp(links.number(number, spans[key].kind)))
            else:
                raise Unreadable(_("{name} has no such setting").format(name=_(recipe.title)))
        return self.kind(self.kind.tidy(name), rate, _different(recipe, values))

    def write(self, entries: Sequence[E]) -> list[str]:
        """Write the entries for a link."""
        return [_write(entry) for entry in entries] or [NONE]

    def choose(
        self,
        link: Link,
        default: Sequence[E],
        shared: float,
        marks: Marks[E],
        most: int,
        make: Make[E] | None = None,
    ) -> tuple[E, ...]:
        """Draw the list and the editor of one entry, and return the entries.

        `marks` gives each of the entries the sign with which the picture draws it; `make` an entry, by its recipe, that
        is added to others.
        """
        read = partial(self.read, most=most)
        entries = link.keep(self.name, tuple(default), read, self.write, plus=self.kind.plus)
        chosen = self._draw_list(link, entries, shared, marks(entries), most, make)
        if chosen is not None:
            self._draw_editor(link, entries, chosen, shared, most)
        return entries

    def chosen(self, link: Link) -> int:
        """Return the number of the entry that is chosen in the list, the first where none is."""
        return st.session_state.get(f"{link.page}~edit") or 0

    def _draw_list(
        self,
        link: Link,
        entries: Sequence[E],
        shared: float,
        marks: Sequence[str],
        most: int,
        make: Make[E] | None,
    ) -> int | None:
        key = f"{link.page}~edit"
        if entries and st.session_state.get(key, 0) not in range(len(entries)):
            st.session_state[key] = 0
        chosen: int | None = None
        if entries:
            chosen = st.pills(
                _(self.words.choose),
                range(len(entries)),
                default=st.session_state.get(key, 0),
                format_func=lambda i: f"{marks[i]} {entries[i].title(shared)}",
                key=key,
                required=True,
            )
        else:
            st.info(_(self.words.nothing), icon=":material/add_circle:")
        new, recipes = f"{link.page}~add", self.kind.recipes
        st.selectbox(
            _(self.words.add),
            [*recipes, *([self.kind.typed] if self.kind.typed else [])],
            index=None,
            format_func=lambda name: _(recipes[name].title),
            placeholder=_(self.words.add if len(entries) < most else self.words.full).format(n=most),
            label_visibility="collapsed",
            key=new,
            disabled=len(entries) >= most,
            on_change=self._add,
            args=(link, entries, new, make or (lambda name, _others: self.kind(name))),
        )
        return chosen

    def _add(self, link: Link, entries: Sequence[E], key: str, make: Make[E]) -> None:
        name = st.session_state[key]
        if name is not None and not controls.is_echo():
            link.change(self.name, (*entries, make(name, entries)))
            st.session_state[f"{link.page}~edit"] = len(entries)
            st.session_state[key] = None

    def _draw_editor(self, link: Link, entries: Sequence[E], i: int, shared: float, most: int) -> None:
        entry, recipe = entries[i], entries[i].recipe
        change = partial(self._replace, link, entries, i)
        key = f"{link.page}~{self.name}{i}"
        title = _("Settings of {name}").format(name=_(recipe.title))
        with controls.folded(link, "editor", title, ":material/tune:"):
            if not link.drawn:
                return
            if entry.name not in list(self.kind.recipes):
                self.kind.draw_typed(f"{key}~typed", entry, change)
            source = f" ({recipe.source})" if recipe.source else ""
            controls.formula(link, controls.stacked(recipe.formula), note=f"{_(recipe.note)}{source}")
            controls.draw_toggle(
                f"{key}~own",
                _("Own learning rate"),
                entry.learning_rate is not None,
                lambda on: change(learning_rate=shared if on else None),
            )
            if entry.learning_rate is not None:
                controls.draw_dial(
                    f"{key}~lr",
                    _("Its learning rate"),
                    controls.LEARNING_RATE,
                    entry.learning_rate,
                    lambda rate: change(learning_rate=rate),
                    controls.LEARNING_RATES,
                )
            values = entry.all_values
            for parameter in recipe.parameters:
                controls.draw_parameter(
                    f"{key}~{entry.name}~{parameter.name}",
                    parameter,
                    values[parameter.name],
                    partial(_set_value, change, recipe, values, parameter.name),
                )
            with st.container(horizontal=True):
                full = len(entries) >= most
                icon, given = ":material/content_copy:", (link, entries, i)
                st.button(_("Duplicate"), key=f"{key}~copy", icon=icon, on_click=self._copy, args=given, disabled=full)
                icon = ":material/delete:"
                st.button(_("Remove"), key=f"{key}~remove", icon=icon, on_click=self._remove, args=given)

    def _replace(self, link: Link, entries: Sequence[E], i: int, **changes: Any) -> None:
        link.change(self.name, (*entries[:i], replace(entries[i], **changes), *entries[i + 1 :]))

    def _copy(self, link: Link, entries: Sequence[E], i: int) -> None:
        link.change(self.name, (*entries[: i + 1], *entries[i:]))
        st.session_state[f"{link.page}~edit"] = i + 1

    def _remove(self, link: Link, entries: Sequence[E], i: int) -> None:
        link.change(self.name, (*entries[:i], *entries[i + 1 :]))


def _different(recipe: Recipe[Any], values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    defaults = recipe.defaults
    return tuple((name, value) for name, value in values.items() if value != defaults[name])


def _write(entry: Entry) -> str:
    rate = [("lr", entry.learning_rate)] if entry.learning_rate is not None else []
    numbers = (f"{name}={links.write_number(value)[0]}" for name, value in (*rate, *entry.values))
    name = entry.written
    for sign, written in ESCAPES:
        name = name.replace(sign, written)
    return ",".join([name, *numbers])


def _set_value(
    change: Callable[..., None], recipe: Recipe[Any], values: Mapping[str, float], name: str, value: float
) -> None:
    change(values=_different(recipe, {**values, name: value}))
