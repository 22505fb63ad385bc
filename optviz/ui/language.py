"""The switch of the language: the visitor's session keeps what was chosen."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from optviz.locale.spoken import KEY, LANGUAGES, N_, in_each, language, preferred, resume_by, speak


def choose() -> str:
    """Draw the language switch in the sidebar, and return the language that this run of the script speaks."""
    context = get_script_run_ctx(suppress_warning=True)
    if st.session_state.get(KEY) not in LANGUAGES or (context and context.is_history_navigation):
        st.session_state[KEY] = preferred(st.query_params.get(KEY), st.context.locale)
    # The switch is drawn in the language that the visitor has just chosen.
    _speak(st.session_state[KEY])
    st.sidebar.segmented_control(
        " · ".join(in_each(N_("Language")).values()),
        list(LANGUAGES),
        default=st.session_state[KEY],
        format_func=lambda key: LANGUAGES[key],
        required=True,
        key=KEY,
        on_change=lambda: None,  # whoever chooses has the whole page run, whatever else was moved
        persist_state="session",
        label_visibility="collapsed",
    )
    return language()


def _resume() -> None:
    # A rerun of a fragment skips app.py, where the language is chosen: the session knows it still.
    if get_script_run_ctx(suppress_warning=True) is not None and st.session_state.get(KEY) in LANGUAGES:
        _speak(st.session_state[KEY])


def _speak(chosen: str) -> None:
    speak(chosen, named=chosen != preferred(None, st.context.locale))


resume_by(_resume)
