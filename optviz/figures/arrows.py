"""The arrows of one step: what eta is made of, tip to tail, and the step itself."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from optviz.figures.style import EMPTY, follows


class Look(NamedTuple):
    """How an arrow is drawn: color, dash and width all differ, so that color is never alone."""

    color: str
    dash: str
    width: float


LOOKS: Mapping[str, Look] = {
    "gradient": Look("class1", "solid", 5.0),
    "momentum": Look("class0", "dash", 5.0),
    "decay": Look("muted", "dot", 5.0),
    "step": Look("text", "solid", 2.5),
}
HEAD = 16


class Arrow(NamedTuple):
    """An arrow of the picture: how it looks, its name, and the sub-step from which slow motion shows it."""

    kind: str
    name: str
    sub_step: int


class Arrows(NamedTuple):
    """The arrows of a run; each follows the rows of `{array}.{kind}.x: (steps, 2)` and `.y`, tail and tip."""

    array: str
    drawn: tuple[Arrow, ...]


def arrows(array: str, drawn: Sequence[Arrow]) -> list[go.Scatter]:
    """Draw the arrows of a run."""
    return [
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            name=arrow.name,
            mode="lines+markers+text",
            line={"dash": LOOKS[arrow.kind].dash, "width": LOOKS[arrow.kind].width},
            marker={"symbol": "arrow", "angleref": "previous", "size": [0, HEAD], "line": {"width": 0}},
            text=["", arrow.name],
            textfont={"size": 13},
            hoverinfo="skip",
            meta={
                "color": LOOKS[arrow.kind].color,
                "from": arrow.sub_step,
                **follows("at", x=f"{array}.{arrow.kind}.x", y=f"{array}.{arrow.kind}.y"),
            },
        )
        for arrow in drawn
    ]
