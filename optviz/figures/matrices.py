"""The pictures of matrix optimizers: what a memory recalls, the error of each pair, singular values, the iteration."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from optviz.arrays import Array
from optviz.figures.style import EMPTY, Runner, Series, figure, follows, head, line, path
from optviz.optimization.matrices import quintic

BESIDE, BELOW = 1, 2
"""The empty cells between two matrices: below one stands the name of the next."""
MUTED = {"color": "muted"}
INSIDE = {"l": 52, "r": 12, "t": 8, "b": 44}


def columns_of(matrices: int) -> int:
    """Return how many matrices stand beside each other: four are two rows of two."""
    return 1 if matrices == 1 else 2


def grid(matrices: Sequence[Array]) -> Array:
    """Return matrices (frames, n, n) as one, row by row, with nan between: (frames, height, width)."""
    columns, (frames, n, _n) = columns_of(len(matrices)), matrices[0].shape
    rows = -(-len(matrices) // columns)
    found = np.full((frames, rows * (n + BELOW) - BELOW, columns * (n + BESIDE) - BESIDE), np.nan)
    for i, matrix in enumerate(matrices):
        x, y = _corner(i, columns, n)
        found[:, y : y + n, x : x + n] = matrix
    return found


def _corner(i: int, columns: int, n: int) -> tuple[int, int]:
    """Return the first column and row of a matrix."""
    return i % columns * (n + BESIDE), i // columns * (n + BELOW)


def recalled(names: Sequence[str], pairs: int, words: Mapping[str, str]) -> go.Figure:
    """Draw what each key recalls, a matrix an optimizer: the right value on the diagonal, wrong ones beside it.

    Follows `recalled: (frames, height, width)` as `grid` puts them together. `words` has "key", "value" and "hover".
    """
    shape = grid([np.zeros((1, pairs, pairs))] * len(names))[0].shape
    corners = [_corner(i, columns_of(len(names)), pairs) for i in range(len(names))]
    cells = [[[column % (pairs + BESIDE) + 1, row % (pairs + BELOW) + 1] for column in range(shape[1])]
             for row in range(shape[0])]  # fmt: skip
    heat = go.Heatmap(
        z=np.zeros(shape).tolist(),
        zmin=-1,
        zmax=1,
        zsmooth=False,
        showscale=False,
        xgap=1,
        ygap=1,
        name="",
        customdata=cells,
        hovertemplate=words["hover"],
        meta={"colors": [[0, "class1"], [0.5, "background"], [1, "class0"]], **follows("at", z="recalled")},
    )
    titles = [
        {"text": name, "name": "text", "x": x + (pairs - 1) / 2, "y": y - 0.5, "yanchor": "bottom", "showarrow": False,
         "font": {"size": 15}}
        for name, (x, y) in zip(names, corners, strict=True)
    ]  # fmt: skip
    frames = [
        {"type": "rect", "x0": x - 0.5, "x1": x + pairs - 0.5, "y0": y - 0.5, "y1": y + pairs - 0.5, "name": "muted",
         "line": {"width": 1}}
        for x, y in corners
    ]  # fmt: skip
    axis = {"zeroline": False, "showgrid": False, "showline": False, "constrain": "domain", "fixedrange": True}
    return figure(
        [heat],
        annotations=titles,
        shapes=frames,
        xaxis={
            **axis,
            "range": [-0.7, shape[1] - 0.3],
            **_ends([x for x, _y in corners], pairs),
            "title": {"text": words["key"], "standoff": 4},
        },
        yaxis={
            **axis,
            "range": [shape[0] - 0.3, -2.1],
            **_ends([y for _x, y in corners], pairs),
            "title": {"text": words["value"], "standoff": 4},
            "scaleanchor": "x",
        },
        margin={"l": 44, "r": 8, "t": 4, "b": 40},
    )


def _ends(starts: Sequence[int], pairs: int) -> dict[str, object]:
    """Return the marks of an axis at the first and the last pair of each matrix."""
    places = sorted({start + end for start in starts for end in (0, pairs - 1)})
    return {"tickvals": places, "ticktext": ["1", str(pairs)] * (len(places) // 2)}


def errors(runners: Sequence[Runner], pairs: int, words: Mapping[str, str]) -> go.Figure:
    """Draw the error of each pair at a step, a line an optimizer; follows `pairs` and `error` + i, (frames, pairs)."""
    traces = [
        path(runner.name, runner.look, follows("at", x="pairs", y=f"error{i}"), size=9, hover="%{x}: %{y:.3g}")
        for i, runner in enumerate(runners)
    ]
    return figure(
        traces,
        showlegend=True,
        xaxis={"range": [0.7, pairs + 0.3], "dtick": 1, "title": {"text": words["pair"], "standoff": 4}},
        yaxis={"range": [0, 1.25], "title": {"text": words["error"], "standoff": 4}},
        margin=INSIDE,
    )


WIDTHS = (1.5, 4.5)
"""The widths of the curves of the most frequent and of the rarest pair."""


def over_steps(runners: Sequence[Runner], steps: int, pairs: int, words: Mapping[str, str]) -> go.Figure:
    """Draw the error of the most frequent pair, thin, and of the rarest, thick, over the steps.

    Follows `steps`, and `error` + i at its first and last column. `words` has "frequent" and "rarest" beside the rest.
    """
    traces = []
    for i, runner in enumerate(runners):
        for width, column, size in zip(WIDTHS, (0, pairs - 1), (9, 13), strict=True):
            x, y, hover = "steps", (f"error{i}", column), f"{runner.name}: %{{y:.3g}}"
            traces.append(
                line(None, runner.look, follows("grow", x=x, y=y), width=width, hover=hover, showlegend=False)
            )
            traces.append(head(runner.name, runner.look, follows("at", x=x, y=y), size=size, showlegend=column > 0))
    for width, told in zip(WIDTHS, (words["frequent"], words["rarest"]), strict=True):
        traces.append(go.Scatter(x=EMPTY, y=EMPTY, name=told, mode="lines", line={"width": width}, meta=MUTED))
    return figure(
        traces,
        showlegend=True,
        xaxis={"range": [0, steps], "title": {"text": words["step"], "standoff": 4}},
        yaxis={"range": [0, 1.25], "title": {"text": words["error"], "standoff": 4}},
        margin=INSIDE,
    )


def singular_values(runners: Sequence[Runner], pairs: int, words: Mapping[str, str]) -> go.Figure:
    """Draw the singular values of the gradient's step of each optimizer as bars beside each other, the largest being 1.

    Follows `values` + i, (frames, pairs).
    """
    width = 0.84 / len(runners)
    traces = [
        go.Bar(
            x=[place + (i - (len(runners) - 1) / 2) * width for place in range(1, pairs + 1)],
            y=[0] * pairs,
            width=0.9 * width,
            name=runner.name,
            hovertemplate="%{y:.3g}",
            meta={"color": runner.look.color, **follows("at", y=f"values{i}")},
        )
        for i, runner in enumerate(runners)
    ]
    return figure(
        traces,
        barmode="overlay",
        showlegend=True,
        xaxis={
            "range": [0.4, pairs + 0.6],
            "dtick": 1,
            "showgrid": False,
            "title": {"text": words["number"], "standoff": 4},
        },
        yaxis={"range": [0, 1.05], "title": {"text": words["value"], "standoff": 4}},
        margin=INSIDE,
    )


def iteration(steps: int | None, look: Series | None, words: Mapping[str, str]) -> go.Figure:
    """Draw what each iteration of Newton and Schulz makes of a singular value, the last one thick; None is exact.

    Where there is a `look`, its markers follow `before` and `after`, (frames, pairs).
    """
    x = np.linspace(0.0, 1.0, 201)
    curves = [x]
    for _step in range(steps or 0):
        curves.append(np.asarray(quintic(curves[-1])))
    if steps is None:
        curves.append(np.ones_like(x))
    name = words["exact"] if steps is None else words["after"].format(n=steps)
    traces = [
        *(_curve(x, y, showlegend=False, line={"width": 1.2}, meta=MUTED) for y in curves[:-1]),
        _curve(x, curves[-1], name=name, line={"width": 3.5}, meta={"color": "text"}),
    ]
    if look:
        at = follows("at", x="before", y="after")
        traces.append(head(words["momentum"], look, at, size=12, showlegend=True, hovertemplate="%{x:.3g} → %{y:.3g}"))
    one = {"type": "line", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "name": "muted", "line": {"width": 1, "dash": "dot"}}
    return figure(
        traces,
        showlegend=True,
        shapes=[one],
        xaxis={"range": [-0.02, 1.02], "title": {"text": words["before"], "standoff": 4}},
        yaxis={"range": [0, 1.35], "title": {"text": words["then"], "standoff": 4}},
        margin=INSIDE,
    )


def _curve(x: Array, y: Array, **rest: object) -> go.Scatter:
    return go.Scatter(x=x.tolist(), y=y.tolist(), mode="lines", hoverinfo="skip", **rest)
