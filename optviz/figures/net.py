"""The picture of a net in the plane: each unit a small picture of its output, and the weights between them as edges.

The browser computes the outputs from the weights of the moment: those of all units are many numbers, the weights few.
Activations travel as tables, so that there is one place for each of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, figure, follows
from optviz.networks.datasets import Dataset
from optviz.networks.network import Network

NODES, REACH = 1025, 14.0
"""A table holds a function at `sinh(u)` for so many u from -REACH to REACH: dense about zero, which is one of them."""


def table(function: Callable[[Array], Array]) -> list[float]:
    """Return the values of a function of the number line, to be read between its nodes along straight lines."""
    values = function(np.sinh(np.linspace(-REACH, REACH, NODES)))
    return [float(f"{value:.6g}") for value in values]


def net(
    array: str,
    network: Network,
    response: Callable[[Array], Array],
    xs: Array,
    points: Dataset,
    words: Mapping[str, str],
) -> go.Figure:
    """Draw a net over the square `xs` × `xs` with its points; `response` is what its output means, 1 for class 1.

    Follows `array: (frames, 3 n)`: the net's parameters, their gradient, and the step that follows. `words` are those
    of `optviz.lessons.training_panels`.
    """
    of_the_net: dict[str, Any] = {
        "sizes": list(network.sizes),
        "activation": table(network.activation.value),
        "response": table(lambda output: response(output[:, None])[:, 0]),
        "reach": REACH,
        "inputs": ["x₁", "x₂"],
        "side": [float(xs[0]), float(xs[-1])],
        "points": np.column_stack([points.x, points.y]).round(3).tolist(),
        "words": dict(words),
    }
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    place = go.Scatter(
        x=EMPTY, y=EMPTY, mode="markers", hoverinfo="skip", meta={"net": of_the_net, **follows("at", y=array)}
    )
    return figure([place], xaxis=hidden, yaxis=hidden, margin={"l": 4, "r": 4, "t": 4, "b": 4})
