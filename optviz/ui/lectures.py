"""Lectures on screen: the visitor's own one, and the bar of the one that is being played.

Both live in the visitor's session, from page to page. The tab keeps them as well, so that they outlive a reload and the
session (`optviz.ui.tab`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from optviz.course import addresses
from optviz.course.addresses import Unreadable
from optviz.course.lecture import (
    LONGEST_NOTES,
    LONGEST_TITLE,
    MOST_SCENES,
    Flaw,
    Lecture,
    LectureError,
    Scene,
    pack,
    parameters_of,
    unpack,
)
from optviz.course.outline import LESSONS
from optviz.course.ready_lectures import ASK, READY, spoken
from optviz.locale import foreign
from optviz.locale.spoken import KEY, N_, _, ngettext
from optviz.ui import links
from optviz.ui.links import Link

PAGE = "lectures"
OWN = "own"
LONGEST_LINK = 8000
SCENES = frozenset(LESSONS) - {"course", PAGE}
"""The pages that can be a scene."""

_DRAFT = "lecture-draft"
_PLAYED = "lecture-played"
_KEPT = "lecture-kept"
_ENTRIES = "lecture-entries"
_MOST_ENTRIES = 200
_FRESH = {"moment.views": ('{"tabs":{},"panels":{}}',), "moment.speed": ("1",)}
"""A scene shows a page as a fresh tab would, whatever was done there before."""

_ERRORS = {
    Flaw.TOO_LARGE: N_("It is too large."),
    Flaw.NOT_A_LECTURE: N_("This JSON is not a lecture that was saved on this page."),
    Flaw.VERSION: N_("It has version “{piece}” of the format, which this page does not know."),
    Flaw.DAMAGED: N_("It is damaged or cut off: it cannot be read to its end."),
    Flaw.MISSING: N_("“{piece}” is missing."),
    Flaw.WRONG_TYPE: N_("“{piece}” has the wrong type."),
    Flaw.TOO_LONG: N_("“{piece}” is too long."),
    Flaw.TOO_MANY: N_("It has {piece} scenes; at most {most} are allowed."),
    Flaw.UNKNOWN_PAGE: N_("There is no page “{piece}”."),
}


class Played(NamedTuple):
    """The lecture that is being played, and where it is."""

    lecture: Lecture
    at: int

    @property
    def scene(self) -> Scene:
        """The scene on screen."""
        return self.lecture.scenes[self.at]


def explain(error: LectureError) -> str:
    """Say what is wrong with a lecture."""
    what = _(_ERRORS[error.flaw]).format(piece=foreign.markdown(error.piece), most=MOST_SCENES)
    return _("Scene {n}: {what}").format(n=error.scene, what=what) if error.scene else what


# ---- the visitor's own lecture


def draft() -> Lecture:
    """Return the visitor's own lecture."""
    own: Lecture = st.session_state.setdefault(_DRAFT, Lecture(_("My lecture")))
    return own


def keep(lecture: Lecture) -> None:
    """Put another in the place of the visitor's own lecture."""
    st.session_state[_DRAFT] = lecture
    _note(draft=pack(lecture))


def add(page: str, url: str) -> str:
    """Add a page, with the settings of its address, to the visitor's own lecture, and say so."""
    if len(draft().scenes) >= MOST_SCENES:
        return _("A lecture has at most {most} scenes.").format(most=MOST_SCENES)
    given = parse_qs(urlsplit(url).query, keep_blank_values=True)
    given.pop(KEY, None)
    try:
        keep(draft().add(Scene(page, _(LESSONS[page].title), parameters_of(given))))
    except LectureError as error:
        return foreign.plain(explain(error))
    n = len(draft().scenes)
    return ngettext("Your lecture has {n} scene now.", "Your lecture has {n} scenes now.", n).format(n=n)


def ask(scene: Scene, question: str) -> Mapping[str, tuple[str, ...]]:
    """Return the parameters of a scene with another question; one that asks begins at its first step."""
    left = {name: texts for name, texts in scene.parameters.items() if name != ASK}
    if question:
        left.pop("moment.step", None)
        left[ASK] = (question,)
    return left


# ---- in the tab


def kept() -> dict[str, Any] | None:
    """Return what the tab is to keep, None where this session has no lecture yet."""
    noted: dict[str, Any] | None = st.session_state.get(_KEPT)
    return noted


def take_back(kept: Mapping[str, Any]) -> None:
    """Take what the tab has kept, unless this session has a lecture of its own by now."""
    match kept:
        case {"draft": str() as packed} if not draft().scenes and (lecture := _unpacked(packed)):
            keep(lecture)
    match kept:
        case {"played": str() as packed, "at": int() as at} if _PLAYED not in st.session_state:
            lecture = _unpacked(packed)
            if lecture and 0 <= at < len(lecture.scenes):
                _set_played(lecture, at)


def _note(**pieces: Any) -> None:
    noted = {**(kept() or {}), **pieces}
    st.session_state[_KEPT] = {name: piece for name, piece in noted.items() if piece is not None}


def _unpacked(packed: str) -> Lecture | None:
    try:
        return unpack(packed, SCENES)
    except LectureError:
        return None


# ---- in links


def read_lecture(texts: list[str]) -> str:
    """Read which lecture a link opens: the name of a ready one, or the visitor's own, which may be packed in it."""
    text = addresses.single(texts)
    if text in READY or text == OWN:
        return text
    # Back and Forward go from page to page; they never put an earlier lecture in the place of the one that was made.
    if links.travelled() and draft().scenes:
        return OWN
    try:
        keep(unpack(text, SCENES))
    except LectureError as error:
        raise Unreadable(explain(error)) from None
    return OWN


def write_lecture(name: str) -> list[str]:
    """Write which lecture is open: the visitor's own one whole, where it is short enough."""
    packed = pack(draft()) if name == OWN and draft().scenes else name
    return [packed if len(packed) <= LONGEST_LINK else name]


def named(name: str) -> Lecture:
    """Return a lecture by its name in links."""
    return draft() if name == OWN else spoken(READY[name])


# ---- playing


def play(lecture: Lecture, index: int, *, projected: bool = False) -> NoReturn:
    """Open a scene, as its link would; with `projected` the pictures fill the window from now on."""
    _set_played(lecture, index)
    scene = lecture.scenes[index]
    fills = {"moment.projector": ("1",)} if projected else {}
    Link(scene.page).open({**_FRESH, **scene.parameters, **fills})
    st.switch_page(f"pages/{scene.page}.py")


def draw_bar() -> None:
    """Draw the bar of the lecture that is being played: one line over every page."""
    played = _played()
    if played is None:
        return
    if links.travelled():
        played = _set_played(played.lecture, st.session_state.get(_ENTRIES, {}).get(links.entry(), played.at))
    last = len(played.lecture.scenes) - 1
    with st.container(key="lecture", horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        title = foreign.html(played.scene.title, LONGEST_TITLE)
        if any(played.scene.parameters.get(ASK, ())):
            title = f"<span class='optviz-answer'>{title}</span>"  # it waits for the reveal
        st.html(f"<p><b>{played.at + 1} / {last + 1}</b> · {title}</p>")
        if played.scene.notes:
            with st.popover(_("Notes"), icon=":material/notes:"):
                st.html(f"<p class='optviz-notes'>{foreign.html(played.scene.notes, LONGEST_NOTES)}</p>")
        if st.button(
            _("Previous"),
            key="lecture-previous",
            icon=":material/chevron_left:",
            shortcut="PageUp",
            disabled=played.at == 0,
        ):
            play(played.lecture, played.at - 1)
        if st.button(
            _("Next"),
            key="lecture-next",
            icon=":material/chevron_right:",
            shortcut="PageDown",
            disabled=played.at == last,
        ):
            play(played.lecture, played.at + 1)
        st.button(_("End"), key="lecture-end", icon=":material/close:", on_click=_end)


def note_entry() -> None:
    """Note to which scene this entry of the browser's history belongs; call it at the end of a run."""
    played = _played()
    if played:
        entries: dict[tuple[object, ...], int] = st.session_state.setdefault(_ENTRIES, {})
        entries[links.entry()] = played.at
        if len(entries) > _MOST_ENTRIES:
            del entries[next(iter(entries))]


def _played() -> Played | None:
    played: Played | None = st.session_state.get(_PLAYED)
    return played


def _set_played(lecture: Lecture, at: int) -> Played:
    played = st.session_state[_PLAYED] = Played(lecture, at)
    _note(played=pack(lecture), at=at)
    return played


def _end() -> None:
    st.session_state.pop(_PLAYED, None)
    _note(played=None, at=None)
