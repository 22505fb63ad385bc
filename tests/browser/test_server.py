"""The server that `streamlit run` starts, seen from within: what a script finds in its own process."""

import json
import sys
import urllib.request
from pathlib import Path

import pytest

LOOKS = """\
import json, os, socket, stat
import streamlit as st

port, found = st.get_option("server.port"), []
for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            continue
    except OSError:
        continue
    with socket.socket(fileno=os.dup(fd)) as each:
        try:
            each.getpeername()
        except OSError:
            continue
        if each.family in (socket.AF_INET, socket.AF_INET6) and each.getsockname()[1] == port:
            found.append(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
with open({file!r}, "w") as file:
    json.dump(found, file)
"""
"""Writes whether TCP_NODELAY is set on each connection that the server of this process has accepted."""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_answer_waits_for_an_acknowledgement(serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_SCRIPT_HEALTH_CHECK_ENABLED", "true")
    script, file = tmp_path / "looks.py", tmp_path / "found.json"
    script.write_text(LOOKS.format(file=str(file)))
    with serving(script, tmp_path) as address, urllib.request.urlopen(f"{address}/_stcore/script-health-check"):
        found = json.loads(file.read_text())
    assert found and all(found)
