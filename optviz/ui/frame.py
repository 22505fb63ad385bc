"""What stands around every page: the language, the navigation and the style sheet."""

import base64
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

# Plotly looks for pandas among what is loaded, and fails on one that another visitor's page is loading just now, as
# when all come back after a restart. So it is loaded before any page.
import pandas  # noqa: F401
import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from optviz.course import outline
from optviz.locale import spoken
from optviz.locale.spoken import _
from optviz.ui import language, lectures, links, resume, tab

_HERE = Path(__file__).parent
# Read once: Streamlit would read a style sheet, and hash and keep an icon, in every run of every visitor.
STYLE = f"<style>{(_HERE / 'frame.css').read_text('utf-8')}</style>"
ICON = "data:image/png;base64," + base64.b64encode((_HERE / "icon.png").read_bytes()).decode()

FRAMED = "framed"


@contextmanager
def drawn() -> Iterator[None]:
    """Draw all within as one run of the app's script."""
    configure()
    try:
        yield
    except StopException:
        resume.hand_over()
        raise
    lectures.note_entry()
    resume.hand_over()
    links.settle(True)
    _settle()


def enter() -> None:
    """Begin a page: where it was opened before the app's own script ever ran, start again from there.

    Until `st.navigation` is called for the first time, Streamlit takes a folder called pages for its older kind of
    multipage app and runs the page of the URL alone. Calling it from the page ends that for the whole server.
    """
    if FRAMED not in st.session_state:
        configure()
        pages()
        st.rerun()


def configure() -> None:
    """Begin a run, and give the tab its icon; Streamlit would fetch the page's from the internet."""
    resume.withhold()
    links.settle(False)
    st.set_page_config(page_icon=ICON, layout="wide", initial_sidebar_state=360)


def pages() -> Any:
    """Draw the frame, name the tab after the page, and return the page to run."""
    language.choose()
    st.html(STYLE)
    tab.draw()
    # Streamlit looks each page's file up when a page is made: once a visitor and language is enough.
    made = st.session_state.setdefault("pages", {})
    if spoken.language() not in made:
        chapters = {_(title): [_page(lesson) for lesson in lessons] for title, lessons in outline.GROUPS.items()}
        made[spoken.language()] = {"": [_page(outline.COURSE)], **chapters}
    # The sidebar is for the controls, and on a phone for the list of all pages. A page may be run once: a run that is
    # overtaken by the next one has its own copy.
    page = copy(st.navigation(made[spoken.language()], position="top", expanded=True))
    # Not before: a run that is overtaken earlier has ended nothing, and the next one begins as a page alone again.
    st.session_state[FRAMED] = True
    lectures.draw_bar()
    st.set_page_config(page_title=tab_title(page.title))
    return page


def tab_title(title: str) -> str:
    """Return what the browser's tab says while a page of this title is open."""
    return f"{title} · optviz"


def _page(lesson: outline.Lesson) -> Any:
    home = lesson.name == outline.HOME
    return st.Page(f"pages/{lesson.name}.py", title=_(lesson.title), icon=lesson.icon, default=home)


@cache
def _settle() -> None:
    """Take what is imported out of the garbage collector's rounds, once a process, after its first run."""
    gc.collect()
    gc.freeze()
