"""What a link says of the player beside the page's settings: the step, the speed, the views, a question, the projector.

The playhead moves in the browser, so these stand in the address only while they are true: from the moment a link is
opened until the first control is changed.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from optviz.recipes import Range
from optviz.ui import links
from optviz.ui.language import _
from optviz.ui.links import Link, Unreadable

STEPS = Range(0, 1e6, "k")
SPEEDS = Range(0.1, 10.0, "v")
LONGEST_QUESTION = 200
DEEPEST = 6


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


def keep(link: Link) -> Moment:
    """Return the moment that the page's link was opened at, and note it for the address while it is still true."""
    step = link.keep("moment.step", None, lambda texts: int(links.read_number(STEPS, int)(texts)), links.write_number)
    speed = link.keep("moment.speed", None, links.read_number(SPEEDS), links.write_number)
    nothing: dict[str, Any] = {}
    views = link.keep("moment.views", nothing, read_views, write_views)
    ask = link.keep("moment.ask", "", read_question, links.write_choice)
    projector = link.keep("moment.projector", False, links.read_switch, links.write_number)
    return Moment(step, speed, views, ask, projector)


def read_question(texts: list[str]) -> str:
    """Read a question, which is shown as the plain text that it is."""
    text = " ".join(links.single(texts).split())
    if len(text) > LONGEST_QUESTION:
        raise Unreadable(_("it is too long"))
    return text


def read_views(texts: list[str]) -> dict[str, Any]:
    """Read the views of the panels: a JSON object of objects, numbers and short texts, and nothing else."""
    try:
        views = json.loads(links.single(texts), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable(_("it is not a view of this page")) from None
    if not isinstance(views, dict) or not _is_plain(views, DEEPEST):
        raise Unreadable(_("it is not a view of this page"))
    return views


def write_views(views: Mapping[str, Any]) -> list[str]:
    """Write the views of the panels."""
    return [json.dumps(views, separators=(",", ":"), ensure_ascii=False)]


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _is_plain(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_is_plain(each, depth - 1) for each in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(each, depth - 1) for each in value)
    return value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= 40)
