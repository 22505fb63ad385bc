"""What the server does for the dialog that shares a moment: it draws the QR code, and adds scenes to a lecture."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from optviz.course.qr import qr
from optviz.ui import lectures
from optviz.ui.links import Link

_ADDED = "lecture-added"


def answer(link: Link, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the dialog: `asked` is the link that it shows, a number of its own, and whether it is to be a scene."""
    url, number = asked.get("url"), asked.get("number")
    if not isinstance(url, str) or not is_own(url):
        return {"number": number, "qr": None}
    if asked.get("add"):
        before = st.session_state.get(_ADDED)
        if before is None or before["number"] != number:
            st.session_state[_ADDED] = {"number": number, "added": lectures.add(link.page, url)}
        return dict(st.session_state[_ADDED])
    code = qr(url)
    return {"number": number, "qr": code._asdict() if code else None}


def address() -> str | None:
    """Return the absolute address of this page as the visitor reached it; None where there is no browser."""
    return st.context.url


def is_own(url: str) -> bool:
    """Return whether a URL is the address of this very page with some settings: no other is made into a code."""
    own = address()
    return own is not None and url.partition("?")[0].rstrip("/") == own.rstrip("/")
