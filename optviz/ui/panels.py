"""What the pages' panels share: the tracks that a figure's own traces ask for."""

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from optviz.ui.player import Track


def run_of(*settings: object) -> str:
    """Return a name for the player's run that is the same for the same settings only."""
    return sha1(repr(settings).encode(), usedforsecurity=False).hexdigest()[:16]


def tracks_of(figure: Any) -> tuple[Track, ...]:
    """Return the tracks that a Plotly figure's traces ask for in their `meta`."""
    asked = [(i, trace.meta.get("follows")) for i, trace in enumerate(figure.data) if trace.meta]
    return tuple(
        Track(i, track["mode"], **{d: _ref(track[d]) for d in ("x", "y", "z") if d in track})
        for i, track in asked
        if track
    )


def _ref(value: str | Sequence[object]) -> str | tuple[str, int]:
    return value if isinstance(value, str) else (str(value[0]), int(str(value[1])))
