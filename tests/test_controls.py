"""The controls: what a widget reports that the visitor did not do is not taken for a change."""

from types import SimpleNamespace

import pytest
import streamlit as st

from optviz.ui import controls


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
