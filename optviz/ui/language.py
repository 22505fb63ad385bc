"""The language of the visitor whose script runs: `_("Play")`, and the switch that chooses it.

Outside Streamlit every message is English.
"""

from contextvars import ContextVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from optviz.locale import translations

LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}
"""What browsers and screen readers call the languages."""

DEFAULT = "en"
KEY = "lang"

# Streamlit runs every visitor's script in a thread of its own, so a context variable is never seen by another visitor.
_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """Return the key in LANGUAGES that the visitor reads."""
    return _spoken.get() or _resume()


def _resume() -> str:
    # A rerun of a fragment skips app.py, where the language is chosen: the session knows it still.
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT
    chosen = st.session_state.get(KEY)
    if chosen not in LANGUAGES:
        return DEFAULT
    _spoken.set(chosen)
    return str(chosen)


def _(message: str) -> str:
    """Say an English message, or a registry's title, in the visitor's language."""
    # The empty message id is the catalogue's header.
    return translations(language()).gettext(message) if message else message


def ngettext(singular: str, plural: str, n: int) -> str:
    """Say the form of a message that belongs to n things."""
    return translations(language()).ngettext(singular, plural, n)


def N_(message: str) -> str:
    """Mark a message that stands in a constant, to be said with `_` when it is shown."""
    return message


def preferred(asked: str | None, browser: str | None) -> str:
    """Return the language a link asks for, else the browser's (any Chinese is zh), else English."""
    if asked in LANGUAGES:
        return str(asked)
    return "zh" if (browser or "").lower().startswith("zh") else DEFAULT


def chosen() -> str | None:
    """Return the language that a link must name: the visitor's, unless the browser would choose it anyway."""
    return None if language() == preferred(None, st.context.locale) else language()


def choose() -> str:
    """Draw the language switch in the sidebar, and return the language that this run of the script speaks."""
    if st.session_state.get(KEY) not in LANGUAGES:
        st.session_state[KEY] = preferred(st.query_params.get(KEY), st.context.locale)
    # The switch is drawn in the language that the visitor has just chosen.
    _spoken.set(st.session_state[KEY])
    st.sidebar.segmented_control(
        "Language · 语言",
        list(LANGUAGES),
        default=st.session_state[KEY],
        format_func=lambda key: LANGUAGES[key],
        required=True,
        key=KEY,
        persist_state="session",
        label_visibility="collapsed",
    )
    return language()
