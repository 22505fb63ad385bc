"""Lectures on screen: the visitor's own one, and the bar of the one that is being played.

Both live in the visitor's session, from page to page; a reload ends them, but for what stands in a link or a file.
"""

from collections.abc import Mapping
from typing import NamedTuple, NoReturn
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from optviz.lecture import (
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
from optviz.ui import foreign, language, links
from optviz.ui.course import LESSONS
from optviz.ui.language import N_, _, ngettext
from optviz.ui.links import Link, Unreadable
from optviz.ui.ready_lectures import ASK, READY, spoken

PAGE = "lectures"
OWN = "own"
LONGEST_LINK = 8000
SCENES = frozenset(LESSONS) - {"course", PAGE}
"""The pages that can be a scene."""

_DRAFT = "lecture-draft"
_PLAYED = "lecture-played"
_FRESH = {"moment.views": ('{"tabs":{},"panels":{}}',), "moment.speed": ("1",)}
"""A scene shows a page as a fresh tab would, whatever was done there before."""

_ERRORS = {
    Flaw.TOO_LARGE: N_("It is too large."),
    Flaw.NOT_A_LECTURE: N_("This JSON is not a lecture that was saved on this page."),
    Flaw.VERSION: N_("It has version “{piece}” of the format, which this page does not know."),
    Flaw.DAMAGED: N_("It is damaged or cut off: it cannot be read to its end."),
    Flaw.MISSING: N_("“{piece}” is missing in it."),
    Flaw.WRONG_TYPE: N_("“{piece}” in it is of the wrong kind."),
    Flaw.TOO_LONG: N_("“{piece}” in it is too long."),
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


def add(page: str, url: str) -> str:
    """Add a page, with the settings of its address, to the visitor's own lecture, and say so."""
    if len(draft().scenes) >= MOST_SCENES:
        return _("A lecture has at most {most} scenes.").format(most=MOST_SCENES)
    given = parse_qs(urlsplit(url).query, keep_blank_values=True)
    given.pop(language.KEY, None)
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


# ---- in links


def read_lecture(texts: list[str]) -> str:
    """Read which lecture a link opens: the name of a ready one, or the visitor's own, which may be packed in it."""
    text = links.single(texts)
    if text in READY or text == OWN:
        return text
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


def play(lecture: Lecture, index: int) -> NoReturn:
    """Open a scene, as its link would."""
    st.session_state[_PLAYED] = Played(lecture, index)
    scene = lecture.scenes[index]
    Link(scene.page).open({**_FRESH, **scene.parameters})
    st.switch_page(f"pages/{scene.page}.py")


def draw_bar() -> None:
    """Draw the bar of the lecture that is being played: one line over every page."""
    played: Played | None = st.session_state.get(_PLAYED)
    if played is None:
        return
    last = len(played.lecture.scenes) - 1
    with st.container(key="lecture", horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        number = f"{played.at + 1} / {last + 1}"
        st.html(f"<p><b>{number}</b> · {foreign.html(played.scene.title, LONGEST_TITLE)}</p>")
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


def _end() -> None:
    st.session_state.pop(_PLAYED, None)
