"""A digit of a visitor's own: drawn, kept in the link; and the training as event files."""

from collections.abc import Sequence
from functools import partial

from optviz.course import addresses
from optviz.lessons import digits
from optviz.lessons.digits import DRAWN, NOTHING, Settings, drawn_on, read_drawing, seven
from optviz.locale.spoken import _
from optviz.ui.downloads import offer_events
from optviz.ui.links import Link


def keep_drawing(link: Link) -> str:
    """Return what the visitor has drawn, at first a seven, as it stands in a link."""
    return link.keep(DRAWN, seven(), read_drawing, addresses.write_choice)


def clear(link: Link) -> None:
    """Take a white sheet, as the button does."""
    link.change(DRAWN, NOTHING)


def draw(link: Link, drawn: str, way: Sequence[tuple[float, float]]) -> None:
    """Draw the way of the pen, which may have been drawn before in part."""
    link.change(DRAWN, drawn_on(link.now(DRAWN, drawn), way))


def draw_events(link: Link, settings: Settings) -> None:
    """Offer the training as event files."""
    told = _(
        "Training and test are two runs, with loss, accuracy and learning rate over the epochs, and each layer's "
        "weights and biases as histograms."
    )
    offer_events(
        link, partial(digits.event_runs, settings), "optviz-digits", told, digits.result_of(settings).fit.penalized
    )
