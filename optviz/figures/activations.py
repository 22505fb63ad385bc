"""The pictures of the activations page: curves with a probe, bars of logits and probabilities, errors of a formula."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.figures.style import SERIES, Series, dots, figure, follows, head, line

REACH = 6.0
"""The curves are drawn for z between -6 and 6."""

MARGIN = {"l": 50, "r": 12, "t": 8, "b": 44}


def curves(
    names: Sequence[str], array: str, *, title: str, bounds: tuple[float, float], tangents: bool = False
) -> go.Figure:
    """Draw a curve each over z, with a marker where the probe stands and, if asked, the tangent there.

    Curve i follows the rows of `array` + i over `z`, its marker the columns `probe` and `array` + "_probe", its tangent
    `tangent_z` and `tangent` + i; an upright line follows `probe_line`.
    """
    low, high = bounds
    upright = follows("at", x="probe_line", y="line_ends")
    traces = [line(None, Series("muted", "dot"), upright, width=1.5, showlegend=False)]
    for i, (name, series) in enumerate(zip(names, SERIES, strict=False)):
        curve, tangent = follows("at", x="z", y=f"{array}{i}"), follows("at", x="tangent_z", y=f"tangent{i}")
        probe = follows("at", x="probe", y=(f"{array}_probe", i))
        traces.append(line(name, series, curve, width=3, hover="%{x:.3g}: %{y:.4g}", legendgroup=name))
        if tangents:
            solid = series._replace(dash="solid")
            traces.append(line(None, solid, tangent, width=1.5, legendgroup=name, showlegend=False))
        traces.append(head(name, series, probe, size=12, hover="%{x:.3g}: %{y:.4g}"))
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": "z", "standoff": 4}, "range": [-REACH, REACH], "zeroline": True},
        yaxis={"title": {"text": title, "standoff": 4}, "range": [low, high], "zeroline": True},
        margin=MARGIN,
    )


def bars(
    classes: int, array: str, color: str, *, title: str, class_title: str, bounds: tuple[float, float]
) -> go.Figure:
    """Draw one bar a class, which follow the rows of `array`."""
    places = list(range(1, classes + 1))
    trace = go.Bar(
        x=places,
        y=[0] * classes,
        width=0.7,
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
        meta={"color": color, **follows("at", y=array)},
    )
    return figure(
        [trace],
        xaxis={
            "title": {"text": class_title, "standoff": 4},
            "range": [0.4, classes + 0.6],
            "dtick": 1,
            "showgrid": False,
        },
        yaxis={"title": {"text": title, "standoff": 4}, "range": list(bounds), "zeroline": True},
        margin=MARGIN,
    )


def errors(names: Sequence[str], epsilon: float, limit: float, *, words: dict[str, str]) -> go.Figure:
    """Draw the relative error of forms of tanh over |z|, both on log axes, with the points asked for.

    Curve i follows the rows of `error` + i over `size`; the points follow `at_size` and `at_error`, those without a
    value `nan_size` and `nan_error`. `epsilon` is the precision's, `limit` the z where e^z overflows. `words` has
    "size", "error", "epsilon", "overflow", "asked" and "nan".
    """
    told = "|z| %{x:.3g}: %{y:.2g}"
    traces = [
        line(name, series, follows("at", x="size", y=f"error{i}"), hover=told)
        for i, (name, series) in enumerate(zip(names, SERIES, strict=False))
    ]
    traces += [
        dots(name, look, follows("at", x=f"{array}_size", y=f"{array}_error"), size=13, hover=told)
        for name, array, look in (
            (words["asked"], "at", Series("series1")),
            (words["nan"], "nan", Series("bad", symbol="x")),
        )
    ]
    edge = float(np.log10(limit))
    return figure(
        traces,
        showlegend=True,
        xaxis={
            "title": {"text": words["size"], "standoff": 4},
            "type": "log",
            "range": [-20, 3.3],
            "dtick": 5,
            "exponentformat": "power",
        },
        yaxis={
            "title": {"text": words["error"], "standoff": 4},
            "type": "log",
            "range": [float(np.log10(epsilon / 20)), 1.2],
            "exponentformat": "power",
            "nticks": 7,
        },
        shapes=[
            {
                "type": "line",
                "x0": limit,
                "x1": limit,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"width": 2, "dash": "dash"},
                "name": "bad",
            },
            {
                "type": "line",
                "x0": 0,
                "x1": 1,
                "xref": "paper",
                "y0": epsilon,
                "y1": epsilon,
                "line": {"width": 1, "dash": "dot"},
                "name": "muted",
            },
        ],
        annotations=[
            {
                "x": edge,
                "y": 0.78,
                "yref": "paper",
                "text": words["overflow"],
                "showarrow": False,
                "xanchor": "right",
                "xshift": -6,
                "name": "bad",
            },
            {
                "x": 0.02,
                "xref": "paper",
                "y": float(np.log10(epsilon)),
                "text": words["epsilon"],
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "bottom",
                "name": "muted",
            },
        ],
        margin={"l": 64, "r": 12, "t": 8, "b": 48},
    )
