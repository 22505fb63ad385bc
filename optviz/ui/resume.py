"""A tab that outlives its session: what the browser holds is taken as if it had been done a moment ago.

Streamlit forgets a session two minutes after its connection broke, and every session when the server starts again. The
browser goes on with a new one, and sends with the first thing that is done all values of all controls. For Streamlit
these are no changes, since it has not drawn the controls yet: it calls nobody back, and a page that keeps its values
itself would show the old picture beside the new value of a box.

So the first run of a session withholds what it is told, draws the page by its link alone, and hands over then what
differs: now each is a change like any other. What only appears by that (the controls in a group that was open, the bar
of a lecture) is handed over after the next run.
"""

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state.session_state import SessionState

SETTLED = "resume-settled"
_WITHHELD = "resume-withheld"
_TOLD = "resume-told"


def withhold() -> None:
    """Take back what the browser tells of controls that this session has never drawn; call it before any is drawn."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or SETTLED in st.session_state:
        return
    state = _state(context)
    # What the script has set in the run before is new still where the script itself began this one.
    told_now = not state.is_new_state_value(_TOLD)
    withheld: dict[str, WidgetState] = st.session_state.setdefault(_WITHHELD, {})
    known, values = state._new_widget_state.widget_metadata, state._new_widget_state
    for widget in list(values.states):
        if widget not in known:
            if told := values.get_serialized(widget):
                withheld[widget] = told
            del values[widget]
        elif told_now:
            withheld.pop(widget, None)
    st.session_state[_TOLD] = True


def hand_over() -> None:
    """Run the script again with what was withheld, as far as it has been drawn; call it when all is drawn."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or SETTLED in st.session_state:
        return
    withheld: dict[str, WidgetState] = st.session_state.setdefault(_WITHHELD, {})
    values = _state(context)._new_widget_state
    drawn = [told for widget, told in withheld.items() if widget in values.widget_metadata]
    changed = [told for told in drawn if told != values.get_serialized(told.id) and not _is_lost(context, told)]
    if not changed or context.script_requests is None:
        del st.session_state[_WITHHELD]
        st.session_state[SETTLED] = True
        return
    handed = RerunData(
        query_string=context.query_string,
        page_script_hash=context.page_script_hash,
        widget_states=WidgetStates(widgets=changed),
        cached_message_hashes=context.cached_message_hashes,
        context_info=context.context_info,
    )
    # Where the visitor's next action has overtaken this run, it is done in that one's.
    if context.script_requests.request_rerun(handed):
        for told in drawn:
            del withheld[told.id]
    st.rerun()


def _is_lost(context: ScriptRunContext, told: WidgetState) -> bool:
    """Whether it tells of files that were sent to a session before this one."""
    if told.WhichOneof("value") != "file_uploader_state_value":
        return False
    files = [file.file_id for file in told.file_uploader_state_value.uploaded_file_info]
    return not context.uploaded_file_mgr.get_files(context.session_id, files)


def _state(context: ScriptRunContext) -> SessionState:
    return context.session_state._state
