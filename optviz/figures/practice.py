"""The pictures of a sweep of learning rates: the loss against the rate, and over the epochs at each one's best."""

from collections.abc import Sequence

import plotly.graph_objects as go

from optviz.figures.style import Runner, figure, follows, line, path


def against_rate(
    runners: Sequence[Runner], rates: Sequence[float], words: tuple[str, str], ceiling: float
) -> go.Figure:
    """Draw the loss against the learning rate, a curve an optimizer. Curve k follows `sweep{k}: (epochs, rates)`.

    `words` are the titles of the axes; above `ceiling` a curve leaves the picture.
    """
    rates, none = list(rates), [None] * len(rates)
    traces = [
        path(name, series, follows("at", y=f"sweep{k}"), x=rates, y=none, size=9, hover="%{x:g}: %{y:.4g}")
        for k, (name, series) in enumerate(runners)
    ]
    return figure(
        traces,
        showlegend=True,
        xaxis={"title": {"text": words[0]}, "type": "log", "exponentformat": "power", "dtick": 1, "zeroline": False},
        yaxis={**_loss(words[1]), "autorangeoptions": {"clipmax": ceiling}},
    )


def over_epochs(runners: Sequence[Runner], words: tuple[str, str]) -> go.Figure:
    """Draw the loss over the epochs, a growing curve an optimizer: the columns of `best: (epochs, optimizers)`."""
    traces = [
        line(name, series, follows("grow", x="step", y=("best", k)), hover="%{x}: %{y:.4g}")
        for k, (name, series) in enumerate(runners)
    ]
    return figure(
        traces,
        xaxis={"title": {"text": words[0]}, "zeroline": False, "rangemode": "tozero"},
        yaxis=_loss(words[1]),
    )


def _loss(title: str) -> dict[str, object]:
    return {"title": {"text": title}, "type": "log", "nticks": 6, "tickformat": "~g", "zeroline": False}
