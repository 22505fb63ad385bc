"""A small app around the player, with made-up figures and numbers: `streamlit run tests/browser/player_app.py`."""

import base64
import io
import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from optviz.figures.panels import Panel, Picture, Thinned, Track
from optviz.ui.player import player

RUNS = 8
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"]
SYMBOLS = ["circle", "square", "diamond", "cross", "x", "triangle-up", "star", "pentagon"]
MARGIN = {"l": 50, "r": 15, "t": 10, "b": 40}


def race(steps: int, seed: int) -> dict[str, np.ndarray]:
    """Eight spirals: w (steps+1, 8, 2), their loss and learning rates (steps+1, 8)."""
    t = np.linspace(0, 4, steps + 1)[:, None]
    run = np.arange(RUNS)
    decay = np.exp(-t * (0.4 + 0.1 * run))
    w = 2.5 * decay[..., None] * np.stack([-np.cos(3 * t + run + seed), np.sin(2 * t + run + seed)], -1)
    loss = w[..., 0] ** 2 + 3 * w[..., 1] ** 2 + 1e-3
    return {"w": w, "loss": loss, "rate": 0.1 * decay}


def bowl(dark: bool) -> str:
    """The banded picture of x^2 + 3 y^2 on [-3, 3]^2 as a data URI."""
    y, x = np.mgrid[3:-3:300j, -3:3:300j]
    level = np.floor(np.sqrt(x**2 + 3 * y**2) * 2.5) / 15
    low, high = (
        (np.array([24, 34, 52]), np.array([70, 96, 140]))
        if dark
        else (np.array([240, 246, 255]), np.array([150, 185, 230]))
    )
    pixels = (low + (high - low) * np.clip(level, 0, 1)[..., None]).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def lines(heads: bool) -> list[go.Scatter]:
    """Eight lines, and eight heads with their names."""
    path = [
        go.Scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=f"run {i}",
            meta={"color": f"series{i + 1}"},
            line={"width": 2.5, "dash": DASHES[i]},
            legendgroup=str(i),
        )
        for i in range(RUNS)
    ]
    head = [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers+text",
            text=[f"run {i}"],
            showlegend=False,
            legendgroup=str(i),
            meta={"color": f"series{i + 1}"},
            marker={"size": 12, "symbol": SYMBOLS[i]},
            hoverinfo="skip",
        )
        for i in range(RUNS)
    ]
    return path + head if heads else path


@st.cache_data
def race_figures() -> list[str]:
    """Paths over a picture, loss, learning rate, effective learning rate, 3-D."""
    images = [
        {
            "source": bowl(name == "dark"),
            "name": name,
            "xref": "x",
            "yref": "y",
            "x": -3,
            "y": 3,
            "sizex": 6,
            "sizey": 6,
            "sizing": "stretch",
            "layer": "below",
        }
        for name in ("light", "dark")
    ]
    square = {"range": [-3, 3], "showgrid": False}
    minimum = go.Scatter(
        x=[0], y=[0], mode="markers", marker={"symbol": "star", "size": 14}, meta={"color": "text"}, showlegend=False
    )
    paths = go.Figure(
        [*lines(True), minimum],
        {
            "images": images,
            "xaxis": square,
            "yaxis": square,
            "margin": MARGIN,
            "template": "none",
            "legend": {"x": 1, "xanchor": "right", "y": 1},
            "hovermode": "closest",
        },
    )
    loss = go.Figure(
        lines(False), {"yaxis": {"type": "log"}, "margin": MARGIN, "template": "none", "showlegend": False}
    )
    rate = go.Figure(lines(False), {"margin": MARGIN, "template": "none", "showlegend": False})
    y, x = np.mgrid[-3:3:40j, -3:3:40j]
    hill = go.Figure(
        [
            go.Surface(x=x[0], y=y[:, 0], z=x**2 + 3 * y**2, showscale=False, opacity=0.8),
            *(
                go.Scatter3d(
                    x=[0],
                    y=[0],
                    z=[0],
                    mode="lines",
                    meta={"color": f"series{i + 1}"},
                    line={"width": 6},
                    showlegend=False,
                )
                for i in range(RUNS)
            ),
        ],
        {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "template": "none"},
    )
    return [f.to_json() or "" for f in (paths, loss, rate, rate, hill)]


def race_page() -> None:
    """All rows at once."""
    with st.sidebar:
        steps = st.number_input("steps", 1, 2000, 200, key="steps", bind="query-params")
        seed = st.number_input("seed", 0, 99, 0, key="seed", bind="query-params")
        views = st.radio("views", ["flat", "with 3-D", "one"], key="views", bind="query-params")
        mounted = st.toggle("mounted", True)
    if not mounted:
        return
    numbers = race(steps, seed)
    paths, loss, rate, effective, hill = race_figures()
    grow = [Track(i, "grow", ("w", 2 * i), ("w", 2 * i + 1)) for i in range(RUNS)]
    heads = [Track(RUNS + i, "at", ("w", 2 * i), ("w", 2 * i + 1)) for i in range(RUNS)]
    panels = [
        Panel(paths, [*grow, *heads], "Paths", "main", pick=True),
        Panel(loss, [Track(i, "grow", "step", ("loss", i)) for i in range(RUNS)], "Loss", "top"),
        Panel(rate, [Track(i, "grow", "step", ("rate", i)) for i in range(RUNS)], "Learning rate", "bottom"),
        Panel(effective, [Track(i, "grow", "step", ("effective", i)) for i in range(RUNS)], "Effective", "bottom"),
    ]
    if views == "with 3-D":
        panels.insert(
            1,
            Panel(
                hill,
                [Track(1 + i, "grow", ("w", 2 * i), ("w", 2 * i + 1), ("loss", i)) for i in range(RUNS)],
                "3-D",
                "main",
            ),
        )
    if views == "one":
        panels = panels[:1]
    arrays = {**numbers, "effective": Thinned(numbers["rate"][::4] * 2, 4)}
    result = player(
        Picture(
            panels,
            arrays,
            run=f"{steps}-{seed}",
            steps=steps,
            summary="Run 7 is the fastest.",
        ),
        key="race",
    )
    if result.pick:
        st.session_state.clicks = [*st.session_state.get("clicks", []), result.pick.point]
    for x, y in st.session_state.get("clicks", [])[-3:]:
        st.text(f"clicked {x:.6f} {y:.6f}")


def boundary(epoch: int) -> np.ndarray:
    """Row `epoch` of a made-up training: a growing disc, (60, 60) uint8."""
    y, x = np.mgrid[-3:3:60j, -3:3:60j]
    radius = 0.3 + 1.4 * epoch / 100
    return (255 / (1 + np.exp(4 * (x**2 + y**2 - radius**2)))).astype(np.uint8)


@st.cache_data
def training_figures() -> list[str]:
    """Decision regions with points, loss, histogram."""
    points = np.random.default_rng(0).normal(size=(300, 2))
    inside = (points**2).sum(1) < 2
    g = np.linspace(-3, 3, 60)
    axis = {"range": [-3, 3], "showgrid": False}
    regions = go.Figure(
        [
            go.Heatmap(
                x=g,
                y=g,
                z=np.zeros((60, 60)),
                zmin=0,
                zmax=255,
                showscale=False,
                opacity=0.55,
                hoverinfo="skip",
                meta={"colors": [[0, "class0"], [0.5, "background"], [1, "class1"]]},
            ),
            go.Contour(
                x=g,
                y=g,
                z=np.zeros((60, 60)),
                contours={"start": 127.5, "end": 127.5, "size": 0, "coloring": "none"},
                showscale=False,
                line={"width": 3},
                meta={"color": "text"},
                hoverinfo="skip",
            ),
            *(
                go.Scatter(
                    x=points[inside == c, 0],
                    y=points[inside == c, 1],
                    mode="markers",
                    name=f"class {int(c)}",
                    marker={"size": 7, "symbol": "circle" if c else "square"},
                    meta={"color": f"class{int(c)}"},
                )
                for c in (True, False)
            ),
        ],
        {
            "xaxis": axis,
            "yaxis": axis,
            "margin": MARGIN,
            "template": "none",
            "legend": {"orientation": "h", "y": 1, "yanchor": "bottom"},
        },
    )
    loss = go.Figure(
        [go.Scatter(x=[None], y=[None], mode="lines", line={"width": 3}, meta={"color": "series1"})],
        {"margin": MARGIN, "template": "none"},
    )
    centers = np.linspace(-2, 2, 21)
    weights = go.Figure(
        [
            go.Bar(x=centers, y=0 * centers, meta={"color": "series3"}, showlegend=False),
            go.Scatter(x=centers, y=0 * centers, mode="lines", meta={"color": "series2"}, showlegend=False),
        ],
        {"margin": MARGIN, "template": "none"},
    )
    return [f.to_json() or "" for f in (regions, loss, weights)]


def training_page() -> None:
    """Rows arrive while the playhead follows."""
    with st.sidebar:
        run = st.number_input("run", 0, 99, 0)
        slow = st.toggle("known total", True)
        mounted = st.toggle("mounted", True)
    if st.session_state.get("training") != run:
        st.session_state.update(training=run, epochs=0)

    epochs = 100

    def stream() -> None:
        st.session_state.epochs = n = min(st.session_state.epochs + 4, epochs)
        t = np.arange(n + 1)
        arrays = {
            "z": Thinned(np.stack([boundary(e) for e in range(0, n + 1, 2)]), 2),
            "loss": np.exp(-t / 30) * (1 + run),
            "weights": np.exp(-((np.linspace(-2, 2, 21) / (0.3 + t[:, None] / 100)) ** 2)) * 20,
        }
        regions, loss, weights = training_figures()
        player(
            Picture(
                [
                    Panel(regions, [Track(0, "at", z="z"), Track(1, "at", z="z")], "Decision regions"),
                    Panel(loss, [Track(0, "grow", y="loss")], "Loss", "loss"),
                    Panel(weights, [Track(0, "at", y="weights"), Track(1, "at", y="weights")], "Weights", "weights"),
                ],
                arrays,
                run=f"training {run}",
                steps=epochs if slow else None,
                growing=n < epochs,
            ),
            key="training",
        )
        st.text(f"epochs {n}")
        if n == epochs and ticking:
            st.rerun()

    ticking = st.session_state.epochs < epochs
    if mounted:
        st.fragment(stream, run_every=0.1 if ticking else None)()


def drag_page() -> None:
    """A still picture: five points, of which the nearest to the pointer takes its height, and squares beside them."""
    heights = st.session_state.setdefault("heights", [0.0] * 5)
    figure = go.Figure(
        [
            go.Scatter(x=[None], y=[None], mode="markers", meta={"color": "series1"}, marker={"size": 14}),
            go.Scatter(x=[None], y=[None], mode="lines", fill="toself", fillcolor="#00ff00", line={"width": 1}),
        ],
        {"xaxis": {"range": [-0.5, 4.5]}, "yaxis": {"range": [-1, 1]}, "margin": MARGIN, "template": "none"},
    )
    x, y = np.arange(5.0), np.array(heights)
    gap = np.full(5, np.nan)
    arrays = {
        "x": x[None],
        "y": y[None],
        "square_x": np.stack([x, x + 0.4, x + 0.4, x, x, gap], 1).reshape(1, -1),
        "square_y": np.stack([0 * x, 0 * x, y, y, 0 * x, gap], 1).reshape(1, -1),
    }
    picked = player(
        Picture(
            [Panel(figure, [Track(0, "at", "x", "y"), Track(1, "at", "square_x", "square_y")], "Points", pick="drag")],
            arrays,
            run=repr(heights),
            steps=0,
            summary="Drag the points.",
        ),
        key="drag",
    )
    for _ in range(40):
        st.text("below")
    if picked.pick:
        at = int(np.abs(x - picked.pick.point[0]).argmin())
        heights[at] = picked.pick.point[1]
        st.rerun()


st.set_page_config(layout="wide")
st.navigation(
    [
        st.Page(race_page, title="Race", url_path="race", default=True),
        st.Page(training_page, title="Training", url_path="training"),
        st.Page(drag_page, title="Drag", url_path="drag"),
    ]
).run()
