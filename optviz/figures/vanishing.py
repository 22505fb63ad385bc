"""The pictures of the vanishing gradient: bars of gradients layer by layer, and products of slopes over the depth."""

from collections.abc import Sequence

import plotly.graph_objects as go

from optviz.figures.style import SERIES, Series, dots, figure, follows, head, line

LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}


def layer_bars(
    names: Sequence[str], layers: int, decades: tuple[float, float], *, title: str, layer_title: str
) -> go.Figure:
    """Draw a bar a layer and net on a log axis, nets beside each other, each bar with its net's marker on top.

    Net i follows the rows of `norms` + i; `decades` are the ends of the axis.
    """
    width = 0.84 / len(names)
    traces: list[go.Bar | go.Scatter] = []
    for i, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        places = [layer + (i - (len(names) - 1) / 2) * width for layer in range(1, layers + 1)]
        traces += [
            go.Bar(
                x=places,
                y=[1] * layers,
                width=0.9 * width,
                name=name,
                legendgroup=name,
                showlegend=False,
                opacity=0.75,
                hovertemplate="%{y:.3g}",
                meta={"color": series.color, **follows("at", y=f"norms{i}")},
            ),
            dots(
                name,
                series,
                follows("at", x=f"places{i}", y=f"norms{i}"),
                x=places,
                y=[1] * layers,
                size=9,
                legendgroup=name,
            ),
        ]
    return figure(
        traces,
        barmode="overlay",
        showlegend=True,
        xaxis={
            "title": {"text": layer_title, "standoff": 4},
            "range": [0.4, layers + 0.6],
            "showgrid": False,
            "nticks": 16,
            "tickformat": "d",
        },
        yaxis={
            "title": {"text": title, "standoff": 4},
            "type": "log",
            "range": list(decades),
            "exponentformat": "power",
            "nticks": 8,
        },
        margin={"l": 64, "r": 12, "t": 8, "b": 44},
    )


def products(
    names: Sequence[tuple[str, Series]],
    words: tuple[str, str],
    nets: Sequence[Series],
    most: int,
    *,
    title: str,
    depth_title: str,
) -> go.Figure:
    """Draw the product of d slopes over d on a log axis, and the sigmoid's bound; a marker stands at a depth.

    Activation i follows `product` + i over `depths`, the bound `bound`; the markers stand at `depth` and the columns of
    `products`, the bound's in the last. A star stands there for each of the `nets`, at the column of `own`: what the
    slopes of its own units multiply to. `words` are those for the bound and for the stars.
    """
    lines = [*((name, series, f"product{i}") for i, (name, series) in enumerate(names))]
    lines.append((words[0], Series("muted", "dot", "circle-open", "○"), "bound"))
    traces = []
    for i, (name, series, array) in enumerate(lines):
        traces += [
            line(name, series, follows("at", x="depths", y=array), hover="%{x}: %{y:.3g}", legendgroup=name),
            head(name, series, follows("at", x="depth", y=("products", i)), size=11),
        ]
    for i, series in enumerate(nets):
        star = series._replace(symbol="star")
        at = follows("at", x="depth", y=("own", i))
        traces.append(dots(words[1], star, at, size=17, edge=2, hover="%{y:.3g}", legendgroup="own", showlegend=i == 0))
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": depth_title, "standoff": 4}, "range": [0.5, most + 0.5]},
        yaxis={
            "title": {"text": title, "standoff": 4},
            "type": "log",
            "range": [-20, 1.5],
            "dtick": 5,
            "exponentformat": "power",
        },
        margin={"l": 64, "r": 12, "t": 8, "b": 44},
    )
