"""The pictures of the warm-up functions: a grid of points, and a histogram of random draws."""

from collections.abc import Mapping

import plotly.graph_objects as go

from optviz.figures.style import EMPTY, figure, follows


def points(words: Mapping[str, str]) -> go.Figure:
    """Draw the points of a grid in the plane. Follows `x: (1, n)` and `y: (1, n)`; `words` has "points"."""
    cloud = go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=words["points"],
        mode="markers",
        marker={"symbol": "circle", "size": 9},
        hovertemplate="%{x:.4g}, %{y:.4g}",
        meta={"color": "series1", **follows("at", x="x", y="y")},
    )
    return figure(
        [cloud],
        xaxis={"title": {"text": "x"}, "zeroline": False},
        yaxis={"title": {"text": "y"}, "zeroline": False},
    )


def draws(words: Mapping[str, str]) -> go.Figure:
    """Draw a histogram with the bell curve over it.

    Follows `centers`, `counts` and `bell`, each `(1, bins)`; `words` has "value", "count", "draws" and "bell".
    """
    bars = go.Bar(
        x=EMPTY,
        y=EMPTY,
        name=words["draws"],
        hovertemplate="%{x:.3g}: %{y}",
        meta={"color": "series1", **follows("at", x="centers", y="counts")},
    )
    curve = go.Scatter(
        x=EMPTY,
        y=EMPTY,
        name=words["bell"],
        mode="lines",
        line={"width": 3, "dash": "dash"},
        hovertemplate="%{x:.3g}: %{y:.3g}",
        meta={"color": "series2", **follows("at", x="centers", y="bell")},
    )
    return figure(
        [bars, curve],
        showlegend=True,
        xaxis={"title": {"text": words["value"]}, "zeroline": False},
        yaxis={"title": {"text": words["count"]}, "rangemode": "tozero"},
    )
