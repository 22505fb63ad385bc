"""What a link says of the player, kept in the session while it is true."""

from typing import Any

from optviz.course import addresses
from optviz.course.moments import SPEEDS, STEPS, Moment, read_question, read_views, write_views
from optviz.ui.links import Link


def keep(link: Link) -> Moment:
    """Return the moment that the page's link was opened at, and note it for the address while it is still true."""
    step = link.keep(
        "moment.step", None, lambda texts: int(addresses.read_number(STEPS, int)(texts)), addresses.write_number
    )
    speed = link.keep("moment.speed", None, addresses.read_number(SPEEDS), addresses.write_number)
    nothing: dict[str, Any] = {}
    views = link.keep("moment.views", nothing, read_views, write_views)
    ask = link.keep("moment.ask", "", read_question, addresses.write_choice)
    projector = link.keep("moment.projector", False, addresses.read_switch, addresses.write_number)
    return Moment(step, speed, views, ask, projector)
