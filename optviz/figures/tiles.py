"""Images side by side, of which one that is chosen is shown large."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from optviz.figures.style import figure, follows


def tiles(
    array: str,
    side: int,
    full: int,
    columns: int,
    *,
    names: Sequence[str],
    above: Sequence[str],
    keys: str,
    land: Mapping[str, Any] | None = None,
) -> go.Figure:
    """Draw images of `side` × `side` bytes: one class color above the middle of `full`, the other below it.

    Follows `array: (frames, height, width)`, so many images in a row with one byte between them; the browser lays them
    out anew, as its room allows. One that is chosen is shown large, by its name, and `keys` says which keys choose it;
    each has a short name `above` it where there are any. With `land` they are maps that grow upward: it has their
    `points`, each its place as shares of the side, its class, and whether it is hollow, and the place of the point
    that is `asked` about; and their class boundary is drawn.
    """
    described = {"side": side, "columns": columns, "full": full, "names": list(names), "above": list(above)}
    described |= {"keys": keys, **({"land": dict(land)} if land else {})}
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    place = go.Heatmap(z=[[0]], showscale=False, hoverinfo="skip", meta={"tiles": described, **follows("at", z=array)})
    return figure([place], xaxis=hidden, yaxis=hidden, margin={"l": 4, "r": 4, "t": 4, "b": 4})
