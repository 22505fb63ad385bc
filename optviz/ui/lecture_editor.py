"""The page on which lectures are chosen, made, kept and played."""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from optviz.course import addresses
from optviz.course import lecture as files
from optviz.course.lecture import LONGEST_NOTES, LONGEST_TITLE, MOST_BYTES, Lecture, LectureError
from optviz.course.moments import LONGEST_QUESTION
from optviz.course.outline import LESSONS
from optviz.course.qr import qr
from optviz.course.ready_lectures import ASK, READY
from optviz.locale import foreign, spoken
from optviz.locale.spoken import _, titled
from optviz.recipes import Range
from optviz.ui import downloads, lectures, links, sharing
from optviz.ui.links import Link

NUMBER = Range(1, files.MOST_SCENES, "n")


def choose(link: Link) -> str:
    """Draw the choice of a lecture and return its name."""
    first = next(iter(READY))
    name = link.keep("lecture", first, lectures.read_lecture, lectures.write_lecture, longest=lectures.LONGEST_LINK)
    titles = {**titled(READY), lectures.OWN: _("My own lecture")}
    key = f"{link.page}~lecture"
    st.session_state[key] = name
    st.segmented_control(
        _("Lecture"),
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=lambda: link.change("lecture", st.session_state[key], resets=("scene",)),
    )
    return name


def opened_at(link: Link, name: str) -> int | None:
    """Return the index of the scene at which a link opens the lecture at once; None where it only shows it."""
    number = link.keep("scene", 0.0, addresses.read_number(NUMBER, int), addresses.write_number)
    link.forget("scene")
    index = int(number) - 1
    # Who goes back to the lecture would be sent on again.
    return index if not links.travelled() and 0 <= index < len(lectures.named(name).scenes) else None


def show(link: Link, name: str) -> None:
    """Draw the scenes of a ready lecture."""
    lecture = lectures.named(name)
    for index in range(len(lecture.scenes)):
        with _scene(lecture, index):
            _draw_play(link, lecture, index)
    if st.button(_("Make it my own"), icon=":material/edit:", key=f"{link.page}-own"):
        lectures.keep(lecture)
        link.change("lecture", lectures.OWN)
        st.rerun()


def edit(link: Link) -> None:
    """Draw the visitor's own lecture with what changes it."""
    lecture = lectures.draft()
    _field("title", _("Title of the lecture"), lecture.title, LONGEST_TITLE, _keep_title)
    if not lecture.scenes:
        st.info(
            _("No scenes yet: share a moment on any page and add it, or load a file below."),
            icon=":material/playlist_add:",
        )
    for index in range(len(lecture.scenes)):
        with _scene(lecture, index):
            _draw_play(link, lecture, index)
            _draw_tools(link, lecture, index)
    st.caption(_("This tab keeps the lecture until you close it: save it as a file, or keep its link."))


def _scene(lecture: Lecture, index: int) -> DeltaGenerator:
    """Draw what a scene is, and return the place for its buttons."""
    scene = lecture.scenes[index]
    question = "".join(scene.parameters.get(ASK, ()))
    lines = "".join(f"<i>{foreign.html(text, LONGEST_NOTES)}</i>" for text in (question, scene.notes) if text)
    box = st.container(border=True, gap="small")
    box.html(
        f"<p class='optviz-scene'><b>{index + 1}. {foreign.html(scene.title, LONGEST_TITLE)}</b> "
        f"<span>· {escape(_(LESSONS[scene.page].title))}</span>{lines}</p>"
    )
    return box.container(horizontal=True, gap="small")


def _draw_play(link: Link, lecture: Lecture, index: int) -> None:
    label = _("Play from scene {n}").format(n=index + 1)
    if st.button(label, icon=":material/play_arrow:", key=f"{link.page}-play-{index}"):
        lectures.play(lecture, index, projected=True)


def _draw_tools(link: Link, lecture: Lecture, index: int) -> None:
    scene, last = lecture.scenes[index], len(lecture.scenes) - 1
    tools: tuple[tuple[str, str, str, bool, Callable[[], None]], ...] = (
        ("up", _("Up"), "arrow_upward", index == 0, lambda: lectures.keep(lecture.move(index, -1))),
        ("down", _("Down"), "arrow_downward", index == last, lambda: lectures.keep(lecture.move(index, 1))),
        ("delete", _("Delete"), "delete", False, lambda: lectures.keep(lecture.remove(index))),
    )
    with st.popover(_("Edit"), icon=":material/edit:"):
        _field(f"title-{index}", _("Title"), scene.title, LONGEST_TITLE, partial(_change, index, "title"))
        _field(
            f"notes-{index}",
            _("Notes for the lecturer"),
            scene.notes,
            LONGEST_NOTES,
            partial(_change, index, "notes"),
            True,
        )
        question = "".join(scene.parameters.get(ASK, ()))
        _field(f"ask-{index}", _("Question to ask first"), question, LONGEST_QUESTION, partial(_change_question, index))
    for name, label, icon, disabled, act in tools:
        st.button(label, key=f"{link.page}-{name}-{index}", icon=f":material/{icon}:", disabled=disabled, on_click=act)


def _field(name: str, label: str, value: str, longest: int, change: Callable[[str], None], tall: bool = False) -> None:
    key = f"{lectures.PAGE}~{name}"
    # Given twice, as optviz/ui/controls.py says.
    if st.session_state.get(key, value) != value:
        st.session_state[key] = value
    draw: Any = st.text_area if tall else st.text_input
    draw(label, value, key=key, max_chars=longest, on_change=lambda: change(st.session_state[key]))


def _keep_title(text: str) -> None:
    lectures.keep(Lecture(text, lectures.draft().scenes))


def _change(index: int, field: str, text: str) -> None:
    lectures.keep(lectures.draft().change(index, **{field: text}))


def _change_question(index: int, text: str) -> None:
    scene = lectures.draft().scenes[index]
    lectures.keep(lectures.draft().change(index, parameters=lectures.ask(scene, " ".join(text.split()))))


# ---- to keep it


def offer(link: Link, name: str) -> None:
    """Offer the lecture as a file and as a link, and read a file."""
    lecture = lectures.named(name)
    if lecture.scenes:
        downloads.offer(link, _("Save as a file"), partial(files.write, lecture), "lecture.json", "save")
        _draw_link(link, name)
    uploaded = st.file_uploader(
        _("Load a lecture from a file"), type="json", key=f"{link.page}-file-{_loads()}", max_upload_size=1
    )
    if uploaded is None:
        return
    try:
        loaded = files.read(
            uploaded.getvalue() if uploaded.size <= MOST_BYTES else b" " * (MOST_BYTES + 1), lectures.SCENES
        )
    except LectureError as error:
        st.error(_("The file was not loaded. {reason}").format(reason=lectures.explain(error)), icon=":material/error:")
        return
    lectures.keep(loaded)
    # An empty field takes the place of the one that has done its work.
    st.session_state[f"{link.page}-loads"] = _loads() + 1
    link.change("lecture", lectures.OWN)
    st.rerun()


def _loads() -> int:
    return int(st.session_state.get(f"{lectures.PAGE}-loads", 0))


def _draw_link(link: Link, name: str) -> None:
    address = sharing.address()
    [text] = lectures.write_lecture(name)
    if address is None:
        return
    if text == lectures.OWN:
        st.caption(_("The lecture is too long for a link: share its file."))
        return
    url = f"{address}?{urlencode({'lecture': text, spoken.KEY: spoken.language()})}"
    with st.expander(_("Link of the lecture"), icon=":material/qr_code_2:"):
        st.code(url, language=None, wrap_lines=True)
        st.caption(_("Add &scene=3 at the end of the link to open the lecture at its third scene."))
        code = qr(url)
        if code is None:
            st.caption(_("The link is too long for a QR code. Copy it instead."))
        else:
            # Drawings in HTML are cleaned away, but not pictures.
            drawing = (
                f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {code.size} {code.size}' "
                f"shape-rendering='crispEdges'><rect width='{code.size}' height='{code.size}' fill='#fff'/>"
                f"<path d='{code.path}' fill='#000'/></svg>"
            )
            picture = f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"
            st.html(f"<img class='optviz-lecture-code' src='{picture}' alt='{escape(_('QR code of the link'))}'>")
