"""Sharing: the QR code holds the link and nothing else, and only of the page that asks for it."""

import re

import numpy as np
import pytest
import segno
import streamlit as st
from streamlit.testing.v1 import AppTest

from optviz.course.qr import LONGEST, QUIET, qr
from optviz.ui import sharing
from optviz.ui.links import Link


def modules(code):
    """Draw the path of a code: True is dark."""
    drawn = np.zeros((code.size, code.size), bool)
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", code.path):
        assert width == back
        drawn[int(y), int(x) : int(x) + int(width)] = True
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", code.path)
    return drawn


@pytest.mark.parametrize("length", [1, 30, 300, LONGEST])
def test_the_path_draws_the_modules_with_a_quiet_zone(length):
    text = ("https://example.org/?lr=0.1&中文" + "x" * length)[-length:]
    code = qr(text)
    drawn = modules(code)
    matrix = np.array(segno.make(text, error="l", micro=False).matrix, bool)
    assert (drawn[QUIET:-QUIET, QUIET:-QUIET] == matrix).all()
    drawn[QUIET:-QUIET, QUIET:-QUIET] = False
    assert not drawn.any()


def test_what_no_code_can_hold_has_none():
    assert qr("x" * (LONGEST + 1)) is None
    assert qr("中" * LONGEST) is None


@pytest.fixture
def at_school(monkeypatch):
    class Context:
        url = "http://school:8501/optviz/descent"

    monkeypatch.setattr(st, "context", Context)
    return Context


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://school:8501/optviz/descent?lr=0.1", True),
        ("http://school:8501/optviz/descent/", True),
        ("http://school:8501/optviz/?lr=0.1", False),
        ("http://elsewhere/optviz/descent", False),
        ("http://school:8501/optviz/descent/../x", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
        (3, False),
    ],
)
def test_only_the_address_of_this_page_is_made_into_a_code(at_school, url, own):
    answer = sharing.answer(Link("descent"), {"url": url, "number": 7})
    assert answer == {"number": 7, "qr": qr(url)._asdict() if own else None}


def test_without_a_browser_there_is_no_address(at_school):
    at_school.url = None
    assert sharing.answer(Link("descent"), {"url": "http://school:8501/descent"})["qr"] is None


def test_a_page_answers_once_in_its_own_words(monkeypatch):
    headers = []
    from optviz.ui import player

    whole = player._feed_message
    monkeypatch.setattr(player, "_feed_message", lambda header, *rest: headers.append(header) or whole(header, *rest))
    app = AppTest.from_file("../pages/descent.py", default_timeout=60)
    app.session_state["framed"] = True
    app.session_state["descent-asked"] = {"number": 1, "url": "http://elsewhere/"}
    app.run()
    assert headers[-1]["shared"] == {"number": 1, "qr": None}
    app.run()
    assert "shared" not in headers[-1]
