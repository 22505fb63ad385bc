"""What a link says of the player beside the page's settings: the step, the speed, the views, a question, the projector.

The playhead moves in the browser, so these stand in the address only while they are true: from the moment a link is
opened until the first control is changed.
"""

import json
import re
from collections.abc import Callable, Mapping, Set
from typing import Any, NamedTuple, TypeGuard

from optviz.course import addresses
from optviz.course.addresses import Unreadable
from optviz.locale.spoken import _
from optviz.recipes import Range

STEPS = Range(0, 1e6, "k")
SPEEDS = Range(0.1, 10.0, "v")
LONGEST_QUESTION = 200
FARTHEST = 1e300
LONGEST_MARK = 40
"""The characters of a date or a category at the end of an axis, at most."""

_AXIS = re.compile(r"[xy]axis\d{0,2}")
_PARTS = frozenset({"up", "center", "eye"})
"""What a camera says: points by their x, y and z."""


class Moment(NamedTuple):
    """What is to be on the screen when a link is opened; None and empty leave it as it is.

    `step` is where the playhead stands still, `views` are tabs, zoom and camera of the panels as the browser keeps
    them, `ask` is a question before which the picture waits at its first step, `projector` fills the screen.
    """

    step: int | None = None
    speed: float | None = None
    views: Mapping[str, Any] = {}
    ask: str = ""
    projector: bool = False

    def opening(self, number: int) -> dict[str, Any]:
        """Return what the player is told of it, once for each `number`."""
        return {**self._asdict(), "number": number}


def read_question(texts: list[str]) -> str:
    """Read a question, which is shown as the plain text that it is."""
    text = " ".join(addresses.single(texts).split())
    if len(text) > LONGEST_QUESTION:
        raise Unreadable(_("it is too long"))
    return text


def read_views(texts: list[str]) -> dict[str, Any]:
    """Read the views of the panels: tabs by their number, ranges of axes and cameras, and nothing else."""
    try:
        views = json.loads(addresses.single(texts), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable(_("it is not a view of this page")) from None
    if not _is_views(views):
        raise Unreadable(_("it is not a view of this page"))
    return views


def write_views(views: Mapping[str, Any]) -> list[str]:
    """Write the views of the panels."""
    return [json.dumps(views, separators=(",", ":"), ensure_ascii=False)]


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _is_views(views: object) -> bool:
    if not _has_only(views, {"tabs", "panels"}):
        return False
    tabs, panels = views.get("tabs", {}), views.get("panels", {})
    return _all(tabs, _is_index) and _all(panels, _is_view)


def _is_view(view: object) -> bool:
    if not _has_only(view, {"ranges", "camera", "uirevision"}):
        return False
    ranges, camera = view.get("ranges", {}), view.get("camera", {})
    return (
        _all(ranges, _is_range)
        and all(map(_AXIS.fullmatch, ranges))
        and _has_only(camera, _PARTS)
        and all(_has_only(part, {"x", "y", "z"}) and _all(part, _is_number) for part in camera.values())
        and _is_mark(view.get("uirevision", ""))
    )


def _is_range(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(each) or _is_mark(each) for each in value)


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FARTHEST


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_MARK


def _all(value: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(value, dict) and all(map(fits, value.values()))


def _has_only(value: object, names: Set[str]) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and names >= set(value)
