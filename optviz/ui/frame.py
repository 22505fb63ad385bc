"""What stands around every page: the language, the navigation and the style sheet."""

import gc
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from optviz.ui import language
from optviz.ui.language import _

STYLE = Path(__file__).with_name("frame.css")
ICON = str(Path(__file__).with_name("icon.png"))


FRAMED = "framed"


def enter() -> None:
    """Begin a page: where it was opened before the app's own script ever ran, start again from there.

    Until `st.navigation` is called for the first time, Streamlit takes a folder called pages for its older kind of
    multipage app and runs the page of the URL alone. Calling it from the page ends that for the whole server.
    """
    if FRAMED not in st.session_state:
        pages()
        st.rerun()


def pages() -> Any:
    """Draw the frame, and return the page to run."""
    st.session_state[FRAMED] = True
    language.choose()
    st.html(STYLE)
    return st.navigation(
        [
            st.Page("pages/surfaces.py", title=_("Surfaces"), icon=":material/landscape:", default=True),
            st.Page("pages/classifier.py", title=_("Classifier"), icon=":material/scatter_plot:"),
        ]
    )


@cache
def settle() -> None:
    """Take what is imported out of the garbage collector's rounds, once a process, after its first run."""
    gc.collect()
    gc.freeze()
