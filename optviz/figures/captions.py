"""Two lines above a picture that say, with the numbers, what the present step does."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, follows

LINES = (0.75, 0.25)
STRIP = 0.84
"""Where the picture ends and the strip of the two lines begins, as a share of the height."""

STILL = {"visible": False, "fixedrange": True}
"""An axis that is not seen."""

CAPTION_AXES = {
    "xaxis2": {**STILL, "range": [0, 1], "anchor": "y2"},
    "yaxis2": {**STILL, "range": [0, 1], "anchor": "x2", "domain": [STRIP + 0.02, 1]},
}
"""The axes of the strip."""


def captions(texts: Sequence[tuple[str, str]]) -> list[go.Scatter]:
    """Write the two lines of every step. Follows what `caption_arrays` gives."""
    return [
        go.Scatter(
            x=EMPTY,
            y=EMPTY,
            xaxis="x2",
            yaxis="y2",
            mode="text",
            text=[lines[k] for lines in texts],
            textfont={"size": 16},
            hoverinfo="skip",
            showlegend=False,
            meta={"color": "text", **follows("at", x=("caption", 0), y=("caption", k + 1))},
        )
        for k in (0, 1)
    ]


def caption_arrays(rows: int) -> dict[str, Array]:
    """Return where the lines stand in each step: always in the same place."""
    return {"caption": np.tile([0.0, *LINES], (rows, 1))}
