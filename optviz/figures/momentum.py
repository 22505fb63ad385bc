"""The pictures of momentum: its sum of old gradients, its steps, and how far it comes."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.style import EMPTY, SERIES, figure, follows

PLAIN, CLASSICAL, AVERAGED, SCALED = SERIES[2], SERIES[1], SERIES[0], SERIES[5]
FORMS = (PLAIN, CLASSICAL, AVERAGED, SCALED)
"""How plain descent, the two forms, and the averaged form at lr / (1 - decay) are drawn."""


def summed(n: int, words: Mapping[str, str]) -> go.Figure:
    """Draw the share of each of n past gradients as a bar, and their sum as a staircase.

    Follows `shares: (steps, n)` and `sums: (steps, 2 n)`. `words` has "age", "step", "share" and "sum".
    """
    ages = np.arange(n)
    corners = np.stack([ages - 0.5, ages + 0.5], axis=1).ravel()
    bars = go.Bar(
        x=ages.tolist(),
        y=[0] * n,
        width=0.8,
        name=words["share"],
        hovertemplate="%{x}: %{y:.4g}",
        meta={"color": CLASSICAL.color, **follows("at", y="shares")},
    )
    stairs = go.Scatter(
        x=corners.tolist(),
        y=[0.0] * 2 * n,
        name=words["sum"],
        mode="lines",
        line={"width": 2.5},
        hovertemplate="%{y:.4g}",
        meta={"color": "text", **follows("at", y="sums")},
    )
    return figure(
        [bars, stairs],
        showlegend=True,
        barmode="overlay",
        xaxis={"title": {"text": words["age"]}, "range": [-0.7, n - 0.3], "zeroline": False},
        yaxis={"title": {"text": words["step"]}},
    )


def curves(
    array: str,
    names: Sequence[str],
    limits: Mapping[str, float],
    *,
    title: str,
    step_title: str,
    steps: int,
    shown: Sequence[int],
) -> go.Figure:
    """Draw a growing curve for each name, columns of `array` in the order of the drawn forms.

    The legend has the columns `shown`; `limits` are levels that the curves tend to, drawn as thin named lines.
    """
    traces = []
    # The last form lies under the classical one, which it should equal: it is drawn first, and wider.
    for column, (name, series) in reversed([*enumerate(zip(names, FORMS, strict=False))]):
        look = {"color": series.color}
        traces.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=name,
                legendgroup=name,
                mode="lines",
                showlegend=column in shown,
                line={"dash": "solid", "width": 7} if series is SCALED else {"dash": series.dash, "width": 2.5},
                hovertemplate="%{x}: %{y:.5g}",
                meta={**look, **follows("grow", x="step", y=(array, column))},
            )
        )
        traces.append(
            go.Scatter(
                x=EMPTY,
                y=EMPTY,
                name=name,
                legendgroup=name,
                showlegend=False,
                mode="markers",
                marker={"symbol": series.symbol, "size": 10},
                hoverinfo="skip",
                meta={**look, **follows("at", x="step", y=(array, column))},
            )
        )
    for name, level in limits.items():
        traces.append(
            go.Scatter(
                x=[0, steps],
                y=[level, level],
                name=name,
                showlegend=False,
                mode="lines",
                line={"dash": "dot", "width": 1.5},
                hovertemplate=f"{name} = %{{y:.4g}}",
                meta={"color": "muted"},
            )
        )
    return figure(
        traces,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "reversed"},
        xaxis={"title": {"text": step_title}, "range": [0, steps], "zeroline": False},
        yaxis={"title": {"text": title}, "zeroline": True},
    )
