"""The pictures of momentum: its sum of old gradients, its steps, and how far it comes."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.style import Ref, Series, figure, follows, head, line, looks_of

PLAIN, CLASSICAL, AVERAGED, SCALED = looks_of(("sgd", "momentum_classical", "momentum", "momentum"))
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
    sums, zeros = follows("at", y="sums"), [0.0] * 2 * n
    stairs = line(words["sum"], Series("text"), sums, x=corners.tolist(), y=zeros, hover="%{y:.4g}")
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
        columns: dict[str, Ref] = {"x": "step", "y": (array, column)}
        traces += [
            line(
                name,
                series._replace(dash="solid") if series is SCALED else series,
                follows("grow", **columns),
                width=7 if series is SCALED else 2.5,
                hover="%{x}: %{y:.5g}",
                legendgroup=name,
                showlegend=column in shown,
            ),
            head(name, series, follows("at", **columns), size=10),
        ]
    for name, level in limits.items():
        told = f"{name} = %{{y:.4g}}"
        dotted = Series("muted", "dot")
        traces.append(line(name, dotted, {}, x=[0, steps], y=[level] * 2, width=1.5, hover=told, showlegend=False))
    return figure(
        traces,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "reversed"},
        xaxis={"title": {"text": step_title}, "range": [0, steps], "zeroline": False},
        yaxis={"title": {"text": title}, "zeroline": True},
    )
