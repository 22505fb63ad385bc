"""What the server does for the dialog that shares a moment: it draws the QR code of the link."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from optviz.qr import qr
from optviz.ui.course import HOME
from optviz.ui.links import Link


def answer(link: Link, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the dialog: `asked` is the link that it shows, and a number to tell the answers apart."""
    url = asked.get("url")
    code = qr(url) if isinstance(url, str) and is_of(link.page, url) else None
    return {"number": asked.get("number"), "qr": code._asdict() if code else None}


def address(page: str) -> str | None:
    """Return the absolute address of a page as the visitor reached it; None where there is no browser."""
    base = st.context.url
    return base and base.rstrip("/") + ("/" if page == HOME else f"/{page}")


def is_of(page: str, url: str) -> bool:
    """Return whether a URL is the address of this very page with some settings: no other is made into a code."""
    own = address(page)
    return own is not None and url.partition("?")[0].rstrip("/") == own.rstrip("/")
