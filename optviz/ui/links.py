"""The address bar is the save file: every control of a page stands in the URL, and a link sets them all.

Streamlit's own binding of widgets to query parameters writes the *label* of a choice into the URL, which would make a
link depend on the language it was made in, and drops what it cannot read without a word. So a page keeps its values in
the session under names that never change, and this module carries them to the URL and back.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from optviz.course.addresses import PLUS, OutOfRange, Unreadable, write_number
from optviz.locale import foreign, spoken
from optviz.locale.spoken import _

T = TypeVar("T")

LONGEST = 2000
MOMENT = "moment."
"""What the names begin with that are no settings: the step, the speed and the views at which a link was opened."""
SHOWN = 40
EMBEDDING = frozenset(("embed", "embed_options"))
FOREIGN = EMBEDDING | {spoken.KEY}
"""Parameters that are none of a page's."""
SHORT, CLOSE = 4, 0.82
"""The letters from which on a name can be misspelt, and how alike (`difflib`) it is then to the one that is meant."""
HELD = "held"
WHOLE = "whole"
"""Whether the page stands in the browser as its controls say."""


class Link:
    """The link of one page in one run of its script.

    `keep` gives a control its value: from the session, else from the link that was opened, else the default. `publish`
    writes what differs from the defaults into the URL and says what could not be read. A link without any settings has
    those of `opening`, so that a page may open otherwise than by its defaults, which links count on for ever.
    """

    def __init__(self, page: str, opening: Mapping[str, Sequence[str]] | None = None) -> None:
        self.page = page
        self._first = opening or {}
        self.drawn = True
        """Whether controls are drawn: not in a group that is folded away, where they only keep their values."""
        # One entry of the session for all values: Streamlit's widgets look through the entries again and again.
        self._values: dict[str, Any] = st.session_state.setdefault(f"{page}-values", {})
        self._kept: dict[str, tuple[Any, Callable[[Any], list[str]]]] = {}
        """Of each control its default and how it is written."""

    @property
    def opening(self) -> int:
        """Which link this is that was opened, counted from 1; the same until another one is."""
        return int(st.session_state.setdefault(f"{self.page}-opening", 1))

    def keep(
        self,
        name: str,
        default: T,
        read: Callable[[list[str]], T],
        write: Callable[[T], list[str]],
        longest: int = LONGEST,
        plus: Callable[[str], str] = lambda text: text.replace(PLUS, " "),
    ) -> T:
        """Return the value of a control, and note it for the link.

        `read` turns the texts of the URL into the value and raises `Unreadable`; `write` is its inverse. `plus` says
        what the plus signs in the URL are, which stand there as PLUS: blanks, as a rule.
        """
        if name not in self._values:
            self._values[name] = self._read(name, default, read, longest, plus)
        value: T = self._values[name]
        self._kept[name] = default, write
        return value

    def now(self, name: str, before: T) -> T:
        """Return the value that a control has by now, which was `before` when the page ran: a fragment runs later."""
        return cast(T, self._values.get(name, before))

    def change(self, name: str, value: object, *, resets: Sequence[str] = ()) -> None:
        """Set a control's value, as its widget's callback does, and put those of `resets` back to their defaults.

        The moment that a link was opened at is over then.
        """
        settle(False)
        self._values[name] = value
        self.reset(*resets, *(kept for kept in self._values if kept.startswith(MOMENT)))

    def follow(self, name: str, parts: Sequence[str], is_enough: Callable[[], bool], value: object) -> None:
        """Set a control's value and run nothing but some fragments, given by their keys, where that `is_enough`.

        The whole page runs as well where something else was changed that it has not drawn yet, or where it has not
        drawn these fragments.
        """
        is_whole = st.session_state.get(WHOLE, False)
        self.change(name, value)
        if is_whole and is_enough():
            settle(True)
            with suppress(StreamlitAPIException):
                st.rerun(parts)
            settle(False)

    def reset(self, *names: str) -> None:
        """Put controls back to their defaults."""
        for name in names:
            self._values.pop(name, None)

    def forget(self, name: str) -> None:
        """Put a control back to its default, in this run already."""
        self._values.pop(name, None)

    def drop(self, name: str) -> None:
        """Put a control back to its default, whatever the link that was opened says of it."""
        self.forget(name)
        self._source().pop(name, None)

    def open(self, parameters: Mapping[str, Sequence[str]]) -> None:
        """Set the whole page as a link with these parameters would; controls not named take their defaults."""
        settle(False)
        self._values.clear()
        st.session_state[f"{self.page}-opening"] = self.opening + 1
        st.session_state[self._opened] = self._begun(parameters)

    def publish(self, notes: DeltaGenerator) -> None:
        """Write the URL of this run, and say in `notes` what could not be read in the link that was opened."""
        opened = self._source()
        if not st.session_state.get(self._visited):
            self._object(opened)
        st.session_state[self._visited] = True
        st.session_state[self._opened] = {}
        self.write()
        complaints = st.session_state.get(self._complaints)
        if complaints:
            text = spoken.joined(*complaints, _("The rest of the link was used."))
            notes.warning(text, icon=":material/link_off:")
            notes.button(_("Close this note"), key=f"{self.page}-close", on_click=self._forgive, type="tertiary")

    def write(self) -> None:
        """Write the URL of this run, unless something is being dragged."""
        texts = self._written()
        chosen = spoken.chosen()
        if chosen:
            texts[spoken.KEY] = [chosen]
        if not st.session_state.pop(HELD, "") and address() != texts:
            st.query_params.from_dict(texts)

    def _written(self) -> dict[str, list[str]]:
        """Return the texts for the address: without settings where they are those that the page opens with."""
        values = {name: self._values.get(name, default) for name, (default, _write) in self._kept.items()}
        texts = {name: write(values[name]) for name, (default, write) in self._kept.items() if values[name] != default}
        settings = {name: written for name, written in texts.items() if not name.startswith(MOMENT)}
        moment = {name: written for name, written in texts.items() if name.startswith(MOMENT)}
        if self._first and settings == {name: list(texts) for name, texts in self._first.items()}:
            return moment
        # Of nothing but defaults one has to stand in the address, which would else be that of the opening.
        standing = next((name for name in self._kept if name in self._first), None)
        return moment | (settings or ({standing: self._kept[standing][1](values[standing])} if standing else {}))

    def _begun(self, parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return a link's parameters, with those that the page opens with where it has no settings."""
        bare = all(name in FOREIGN or name.startswith(MOMENT) for name in parameters)
        opening = self._first if bare else {}
        return {name: list(texts) for name, texts in {**opening, **parameters}.items()}

    @property
    def _opened(self) -> str:
        return f"{self.page}-opened"

    @property
    def _visited(self) -> str:
        return f"{self.page}-visited"

    @property
    def _complaints(self) -> str:
        return f"{self.page}-complaints"

    def _source(self) -> dict[str, list[str]]:
        key = self._opened
        if key not in st.session_state:
            st.session_state[key] = self._begun(opened_address())
        elif st.session_state[key]:  # by a lecture, which does not know what the page opens with
            st.session_state[key] = self._begun(st.session_state[key])
        source: dict[str, list[str]] = st.session_state[key]
        return source

    def _read(
        self, name: str, default: T, read: Callable[[list[str]], T], longest: int, plus: Callable[[str], str]
    ) -> T:
        texts = [plus(text[: longest + 1]) for text in self._source().get(name, ())]
        if not texts:
            return default
        shown = foreign.markdown(texts[0], SHOWN)
        try:
            if sum(map(len, texts)) > longest:
                raise Unreadable(_("it is too long"))
            return read(texts)
        except OutOfRange as beyond:
            self._complain(
                _("The link's {name}={value} is out of range; {nearest} is used.").format(
                    name=name, value=shown, nearest=write_number(beyond.nearest)[0]
                )
            )
            return cast(T, beyond.nearest)
        except Unreadable as reason:
            self._complain(
                _("The link's {name}={value} was not used: {reason}.").format(
                    name=name, value=shown, reason=str(reason).removesuffix(".").removesuffix("。")
                )
            )
            return default

    def _object(self, opened: Mapping[str, list[str]]) -> None:
        """Complain of a language that is not spoken, and of settings that are meant for us and not known here.

        Messengers, search engines and trackers add parameters of their own without end. Of those nobody needs to know.
        """
        asked = opened.get(spoken.KEY, [""])[-1]
        if asked and (objection := spoken.objection(asked)):
            self._complain(objection)
        unknown = {name: near for name in sorted(set(opened) - set(self._kept)) if (near := self._meant(name))}
        if unknown:
            text = _("The link has settings that this page does not know: {names}.")
            names = [
                foreign.markdown(name, SHOWN) + (f" ({near}?)" if near != name else "")
                for name, near in list(unknown.items())[:5]
            ]
            self._complain(text.format(names=", ".join(names)))

    def _meant(self, name: str) -> str:
        """Return the setting, of this page or another, that an unknown one is meant to be; empty if it is foreign."""
        if name in FOREIGN or name.startswith(MOMENT) or len(name) > SHOWN:
            return ""
        known = {each.lower(): each for each in (*settings_elsewhere(), *self._kept)}
        near = get_close_matches(name.lower(), known, n=1, cutoff=1 if len(name) < SHORT else CLOSE)
        return known[near[0]] if near else ""

    def _complain(self, text: str) -> None:
        st.session_state.setdefault(self._complaints, []).append(text)

    def _forgive(self) -> None:
        st.session_state.pop(self._complaints, None)


@cache
def settings_elsewhere() -> frozenset[str]:
    """Return names of settings of other pages, of some length: those that examples and the ready lectures set."""
    from optviz.course.ready_lectures import READY
    from optviz.lessons.examples import CLASSIFIER_EXAMPLES, SURFACE_EXAMPLES

    given = [example.parameters for example in (*SURFACE_EXAMPLES, *CLASSIFIER_EXAMPLES)]
    given += [scene.parameters for lecture in READY.values() for scene in lecture.scenes]
    return frozenset(name for parameters in given for name in parameters if len(name) >= SHORT)


def address() -> dict[str, list[str]]:
    """Return the settings in the address."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def opened_address() -> dict[str, list[str]]:
    """Return the settings in the address that the browser told, with PLUS for each plus sign.

    There it stands for a blank, but who writes `f=x1^2+x2^2` by hand means what is seen.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return {}
    found = parse_qs(context.query_string.replace("+", PLUS), keep_blank_values=True)
    return {name.replace(PLUS, " "): texts for name, texts in found.items() if name not in EMBEDDING}


def travelled() -> bool:
    """Return whether this run answers the browser's Back or Forward: the page is then what its address says."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def settle(whole: bool) -> None:
    """Note whether the page stands in the browser as its controls say, or waits for a run of the whole script."""
    st.session_state[WHOLE] = whole


def is_alone() -> bool:
    """Return whether a part of the page, a fragment, runs by itself."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and bool(context.fragment_ids_this_run)


def entry() -> tuple[object, ...]:
    """Return what tells the entries of the browser's history apart: the page, and the settings in its address."""
    context = get_script_run_ctx(suppress_warning=True)
    return (context and context.page_script_hash, *sorted((name, *texts) for name, texts in address().items()))


def hold(what: str) -> None:
    """Note what is being dragged in this run, or that it was released: the address waits for the release.

    Else every point of a drag would stand in the browser's history.
    """
    st.session_state[HELD] = what


def held() -> str:
    """Return what is being dragged, empty if nothing is."""
    return str(st.session_state.get(HELD, ""))
