"""What the server and the browser's tab tell each other beside the page (`static/tab.js`).

The tab marks the document's language, keeps the history, and says when the connection is lost. It keeps what no link
holds (the lectures) and offers it to a session that does not know of it: after a reload, or when the server has
forgotten the one before. With its offer the whole script runs, so that whatever is done next finds its controls drawn.
"""

import json
from collections.abc import Mapping

import streamlit as st

from optviz.locale import spoken
from optviz.locale.spoken import _
from optviz.ui import lectures
from optviz.ui.controls import in_page
from optviz.ui.player import mounted, serve_scripts

KEY = "optviz-tab"

_tab = mounted("optviz_tab", "tab.js")
_hand = mounted("optviz_hand", "hand.js")


def draw() -> None:
    """Draw what cannot be seen of it; call it once in a run, outside of all fragments."""
    serve_scripts()
    offline = _(
        "The connection to the server is lost. What is on the screen still plays; the controls wait for the server."
    )
    told = {"lang": spoken.TAGS[spoken.language()], "offline": offline, "kept": lectures.kept()}
    # As bytes: in anything else Streamlit looks for tables, and loads pandas for it.
    _tab(key=KEY, data=json.dumps(told).encode(), on_back_change=_take)


def hand_over(uploader: str) -> None:
    """Have the tab put a file that was chosen in it before into a field for files, given by its key, again."""
    _hand(key=f"{uploader}-hand", data=in_page(uploader).encode())


def _take() -> None:
    match dict(st.session_state.get(KEY) or {}).get("back"):
        case {"kept": Mapping() as kept}:
            lectures.take_back(kept)
