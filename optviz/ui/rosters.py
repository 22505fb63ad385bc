"""The list of a roster on screen: its entries, the editor of one of them, and what adds another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

import streamlit as st

from optviz.lessons.ranges import LEARNING_RATE, LEARNING_RATES
from optviz.lessons.rosters import Listed, Roster, differing
from optviz.locale.spoken import _
from optviz.recipes import Recipe
from optviz.ui import controls, links, typed_rules
from optviz.ui.links import Link

EDITOR = "editor"
"""The fold of the editor of one entry."""


E = TypeVar("E", bound=Listed)
Marks = Callable[[Sequence[E]], Sequence[str]]
Make = Callable[[str, Sequence[E]], E]


@dataclass(frozen=True)
class Picker(Generic[E]):
    """Draws the list of a roster."""

    roster: Roster[E]

    def choose(
        self,
        link: Link,
        default: Sequence[E],
        shared: float,
        marks: Marks[E],
        most: int,
        make: Make[E] | None = None,
        *,
        rated: bool = True,
    ) -> tuple[E, ...]:
        """Draw the list and the editor of one entry, and return the entries.

        `marks` gives each of the entries the sign with which the picture draws it; `make` an entry, by its recipe, that
        is added to others. Learning rates of their own are only shown where the entries are `rated` by them.
        """
        read = partial(self.roster.read, most=most)
        entries = link.keep(self.roster.name, tuple(default), read, self.roster.write, plus=self.roster.kind.plus)
        signs = marks(entries)
        titles = [
            f"{signs[i]} {entry.title(shared if rated else entry.learning_rate)}" for i, entry in enumerate(entries)
        ]
        chosen = self._draw_list(link, entries, titles, most, make)
        if chosen is not None:
            self._draw_editor(link, entries, chosen, shared, most, rated)
        return entries

    def chosen(self, link: Link) -> int:
        """Return the number of the entry that is chosen in the list, the first where none is."""
        return st.session_state.get(f"{link.page}~edit") or 0

    def _draw_list(
        self,
        link: Link,
        entries: Sequence[E],
        titles: Sequence[str],
        most: int,
        make: Make[E] | None,
    ) -> int | None:
        key = f"{link.page}~edit"
        if entries and st.session_state.get(key, 0) not in range(len(entries)):
            st.session_state[key] = 0
        chosen: int | None = None
        if entries:
            chosen = st.pills(
                _(self.roster.words.choose),
                range(len(entries)),
                default=st.session_state.get(key, 0),
                format_func=titles.__getitem__,
                key=key,
                required=True,
                on_change=partial(links.settle, False),
            )
        else:
            st.info(_(self.roster.words.nothing), icon=":material/add_circle:")
        new, recipes = f"{link.page}~add", self.roster.kind.recipes
        st.selectbox(
            _(self.roster.words.add),
            [*recipes, *([self.roster.kind.typed] if self.roster.kind.typed else [])],
            index=None,
            format_func=lambda name: _(recipes[name].title),
            placeholder=_(self.roster.words.add if len(entries) < most else self.roster.words.full).format(n=most),
            label_visibility="collapsed",
            key=new,
            disabled=len(entries) >= most,
            on_change=self._add,
            args=(link, entries, new, make or (lambda name, _others: self.roster.kind(name))),
        )
        return chosen

    def _add(self, link: Link, entries: Sequence[E], key: str, make: Make[E]) -> None:
        name = st.session_state[key]
        if name is not None and not controls.is_echo():
            link.change(self.roster.name, (*entries, make(name, entries)))
            st.session_state[f"{link.page}~edit"] = len(entries)
            st.session_state[key] = None

    def _draw_editor(self, link: Link, entries: Sequence[E], i: int, shared: float, most: int, rated: bool) -> None:
        entry, recipe = entries[i], entries[i].recipe
        change = partial(self._replace, link, entries, i)
        key = f"{link.page}~{self.roster.name}{i}"
        title = _("Settings of {name}").format(name=_(recipe.title))
        with controls.folded(link, EDITOR, title, ":material/tune:"):
            if not link.drawn:
                return
            if entry.name not in list(self.roster.kind.recipes):
                typed_rules.draw(f"{key}~typed", entry.name, partial(_rename, entry, change))
            source = f" ({recipe.source})" if recipe.source else ""
            controls.formula(link, controls.stacked(recipe.formula), note=f"{_(recipe.note)}{source}")
            if rated:
                _draw_rate(key, entry, shared, change)
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
        link.change(self.roster.name, (*entries[:i], replace(entries[i], **changes), *entries[i + 1 :]))

    def _copy(self, link: Link, entries: Sequence[E], i: int) -> None:
        link.change(self.roster.name, (*entries[: i + 1], *entries[i:]))
        st.session_state[f"{link.page}~edit"] = i + 1

    def _remove(self, link: Link, entries: Sequence[E], i: int) -> None:
        link.change(self.roster.name, (*entries[:i], *entries[i + 1 :]))


def _draw_rate(key: str, entry: Listed, shared: float, change: Callable[..., None]) -> None:
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
            LEARNING_RATE,
            entry.learning_rate,
            lambda rate: change(learning_rate=rate),
            LEARNING_RATES,
        )


def _rename(entry: Listed, change: Callable[..., None], name: str) -> None:
    """Change what was typed; numbers of its sliders stay where the new one has them too."""
    spans = {parameter.name: parameter.range for parameter in entry.recipes[name].parameters}
    change(name=name, values=tuple((each, spans[each].clamp(value)) for each, value in entry.values if each in spans))


def _set_value(
    change: Callable[..., None], recipe: Recipe[Any], values: Mapping[str, float], name: str, value: float
) -> None:
    change(values=differing(recipe, {**values, name: value}))
