"""The pictures of cross-entropy: probabilities and logits as bars that can be dragged, and losses as curves."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.losses import TARGET, bars, point, whole
from optviz.figures.style import SERIES, Series, figure

MARGINS = {"l": 52, "r": 12, "t": 8, "b": 44}
WAYS = SERIES[5:]
"""How the ways to compute a loss are drawn: not as the classes are."""


def groups(
    names: Sequence[str],
    arrays: Sequence[str],
    n: int,
    titles: tuple[str, str],
    height: tuple[float, float],
    target: str = "",
    looks: Sequence[Series] = SERIES,
) -> go.Figure:
    """Draw n groups of bars side by side, a series a name, and what is right as dots "right_x", "right_y" over them.

    Follows `arrays`, `(1, n)` each; `titles` are those of the axes, `target` the name of the dots.
    """
    centers = np.arange(1.0, n + 1.0)
    traces: list[go.Bar | go.Scatter] = [*bars(names, arrays, centers, looks)]
    if target:
        traces.append(point(target, TARGET, "right_x", "right_y", size=12, showlegend=True, cliponaxis=False))
    return figure(
        traces,
        showlegend=True,
        barmode="overlay",
        xaxis={
            "range": [0.4, n + 0.6],
            "tickvals": centers.tolist(),
            "title": {"text": titles[0], "standoff": 4},
            "showgrid": False,
        },
        yaxis={"range": list(height), "title": {"text": titles[1], "standoff": 4}, "zeroline": True},
        margin=MARGINS,
    )


def logarithm(names: Sequence[str], titles: tuple[str, str], top: float) -> go.Figure:
    """Draw -ln p over p with a point for each prediction.

    Follows "p" and "log", whole rows, and "at0", "at1", … with p in column 0 and -ln p in column 1.
    """
    return figure(
        [
            whole("−ln p", Series("muted"), "p", "log"),
            *(
                point(name, SERIES[i], (f"at{i}", 0), (f"at{i}", 1), label=name, size=15)
                for i, name in enumerate(names)
            ),
        ],
        xaxis={"range": [0, 1.03], "title": {"text": titles[0], "standoff": 4}},
        yaxis={"range": [0, top], "title": {"text": titles[1], "standoff": 4}},
        margin=MARGINS,
    )


def lead(names: Sequence[str], titles: tuple[str, str], reach: float, rows: str) -> go.Figure:
    """Draw losses over how far the right logit leads, and the rows as points on the last curve.

    Follows "lead" and "way0", "way1", … as whole rows, and the points "lead_x", "lead_y".
    """
    looks = WAYS[-len(names) :]
    return figure(
        [
            *(whole(name, looks[i], "lead", f"way{i}") for i, name in enumerate(names)),
            point(rows, TARGET, "lead_x", "lead_y", size=10, showlegend=True),
        ],
        showlegend=True,
        xaxis={"range": [-reach, reach], "title": {"text": titles[0], "standoff": 4}},
        yaxis={"range": [-0.03 * reach, 1.05 * reach], "title": {"text": titles[1], "standoff": 4}},
        margin=MARGINS,
    )
