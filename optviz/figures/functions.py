"""The pictures of the warm-up functions: a grid of points, and a histogram of random draws."""

from collections.abc import Mapping

import plotly.graph_objects as go

from optviz.figures.style import EMPTY, Series, dots, figure, follows, line


def points(words: Mapping[str, str]) -> go.Figure:
    """Draw the points of a grid in the plane. Follows `x: (1, n)` and `y: (1, n)`; `words` has "points"."""
    places = follows("at", x="x", y="y")
    cloud = dots(words["points"], Series("series1"), places, size=9, hover="%{x:.4g}, %{y:.4g}")
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
    bell = follows("at", x="centers", y="bell")
    curve = line(words["bell"], Series("series2", "dash"), bell, width=3, hover="%{x:.3g}: %{y:.3g}")
    return figure(
        [bars, curve],
        showlegend=True,
        xaxis={"title": {"text": words["value"]}, "zeroline": False},
        yaxis={"title": {"text": words["count"]}, "rangemode": "tozero"},
    )
