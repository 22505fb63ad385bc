"""The controls: what a widget reports that the visitor did not do is not taken for a change."""

from types import SimpleNamespace

import pytest
import streamlit as st

from optviz.ui import controls, links


@pytest.mark.parametrize(
    ("fragments", "value", "changes"),
    [(None, 3.0, [3.0]), ([], 3.0, [3.0]), (["stream"], 3.0, []), (None, None, [])],
    ids=["the script runs", "no fragment", "a fragment runs by itself", "a field was emptied"],
)
def test_a_change_is_passed_on_when_the_visitor_made_it(
    monkeypatch: pytest.MonkeyPatch, fragments: list[str] | None, value: float | None, changes: list[float]
):
    context = SimpleNamespace(fragment_ids_this_run=fragments)
    monkeypatch.setattr(controls, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(st, "session_state", {"page~lr": value})
    passed: list[float] = []
    controls._pass_on("page~lr", passed.append)
    assert passed == changes


@pytest.mark.parametrize(
    ("fragments", "told", "left"),
    [
        (None, {"first": False, "second": True}, {"first": False, "second": True}),
        (None, {"first": True, "second": True}, {"first": False, "second": True}),
        (["stream"], {"first": False, "second": False}, {"first": False, "second": True}),
        (["stream"], {"first": False, "second": True}, {"first": False, "second": False}),
    ],
    ids=["one is opened", "another is open", "an echo of the one that was closed", "an echo of the one that was open"],
)
def test_one_group_is_open_and_an_echo_opens_or_closes_none(
    monkeypatch: pytest.MonkeyPatch, fragments: list[str] | None, told: dict[str, bool], left: dict[str, bool]
):
    monkeypatch.setattr(controls, "get_script_run_ctx", lambda: SimpleNamespace(fragment_ids_this_run=fragments))
    monkeypatch.setattr(st, "session_state", dict(told))
    controls._close_others("second", {"first", "second"})
    assert st.session_state == {**left, links.WHOLE: False}
