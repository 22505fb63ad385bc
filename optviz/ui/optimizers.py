"""The choice of an optimizer: a link that asks for one which cannot be used here is told why."""

from collections.abc import Mapping, Sequence
from functools import partial

from optviz.lessons.words import optimizer_refusal
from optviz.ui import controls
from optviz.ui.links import Link


def choose(
    link: Link,
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: str,
    *,
    net: bool,
    resets: Sequence[str] = (),
) -> str:
    """Draw a select box over optimizers of a net, or of a point that descends, and return the name chosen."""
    return controls.choice(
        link, name, label, titles, default, resets=resets, refusal=partial(optimizer_refusal, net=net)
    )
