"""A playhead over Plotly figures: Python hands over figures and the numbers of all steps, the browser moves them.

Two component instances stand behind one player. The *stage* carries the figures, the words and the JavaScript; its
message is the same from run to run, so Streamlit's message cache sends a reference in its place. The *feed*, which
shows nothing, carries the numbers as raw bytes. Rows that the browser already holds are not sent again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly
import streamlit as st
import streamlit.components.v1 as components_v1
from numpy.typing import ArrayLike
from streamlit.components.v1.component_registry import ComponentRegistry

from optviz.figures.panels import Panel, Picture, Thinned
from optviz.lessons.words import WORDS
from optviz.locale import foreign
from optviz.optimization.looks import PALETTE
from optviz.ui import links

Theme = Mapping[str, str]

THEMES: Mapping[Literal["light", "dark"], Theme] = {
    "light": {name: shade.light for name, shade in PALETTE.items()},
    "dark": {name: shade.dark for name, shade in PALETTE.items()},
}
"""Colors by name for light and dark backgrounds; a trace asks for one with `meta={"color": "series3"}`."""


Point = tuple[float, float]


class Pick(NamedTuple):
    """The point (x, y) that a visitor clicked or drags on a panel, by its number.

    `held` is whether it is still being dragged. `path` is the way of the pointer to it, where `pick` is "drag": all of
    it that was not answered before, so that a slow server misses nothing.
    """

    point: Point
    panel: int
    held: bool = False
    path: tuple[Point, ...] = ()


class Result(NamedTuple):
    """What the visitor did in this very run: picked a point, and where the playhead last came to rest in this run.

    `step` is known as far as the player was asked to `watch` it.
    """

    pick: Pick | None = None
    step: int | None = None


LONGEST = 2000
"""The points of a path at most."""

OnPoint = Callable[[Pick], None]
OnSlide = Callable[[str, float, bool], None]


def player(
    picture: Picture,
    *,
    themes: Mapping[Literal["light", "dark"], Theme] = THEMES,
    watch: bool = False,
    opening: Mapping[str, Any] | None = None,
    on_point: OnPoint | None = None,
    on_slide: OnSlide | None = None,
    share: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    staged: bool = False,
    key: str,
) -> Result:
    """Show a picture under its playhead.

    Only those rows of its arrays are sent that the browser lacks (as uint8 where they are uint8 or bool, else as
    float32). With `watch` the step at which the playhead comes to rest is reported. `opening` is what a link that was
    opened wants to be seen (`course.moments.Moment`): it is obeyed once for each `number` in it. `on_point` takes a
    point before the script runs, as a widget's callback does, so that one run answers it; `on_slide(name, value, held)`
    the value of a slider of the page that is held, by its key's name in the page. `share` answers what the dialog that
    shares a moment asks for. The panels are `staged` where `stage` has drawn them already, outside of the fragment that
    this is in. Raises `ValueError` where a track refers to an array or column that does not exist.
    """
    numbers = {name: _travelling(array) for name, array in picture.arrays.items()}
    widths = {name: int(np.prod(each.array.shape[1:], dtype=int)) for name, each in numbers.items()}
    for panel in picture.panels:
        _check_tracks(panel, widths)
    if not staged:
        stage(picture, themes=themes, key=key)
    run = picture.run
    held = _rows_held(key, run)
    header = {
        "key": key,
        "run": run,
        "steps": picture.steps,
        "growing": picture.growing,
        "summary": foreign.plain(picture.summary),
        "captions": [caption._asdict() for caption in picture.captions],
        "watch": watch,
        "rested": step_at_rest(key, run) if watch else None,
        "opening": opening,
        "slow": picture.slow and picture.slow._asdict(),
        "junction": picture.junction and picture.junction._asdict(),
        "heard": st.session_state.get(_heard_key(key), 0),
        "slides": on_slide is not None,
    }
    asked = st.session_state.pop(_asked_key(key), None)
    if asked and share:
        header["shared"] = share(asked)
    feed_key = f"{key}-feed"
    answer = _feed(
        key=feed_key,
        data=_feed_message(header, numbers, held),
        on_point_change=lambda: _take_point(key, feed_key, on_point),
        on_slide_change=lambda: _take_slide(key, feed_key, on_slide),
        on_need_change=lambda: _take_need(key, feed_key),
        on_rest_change=lambda: _take_rest(key, feed_key),
        on_share_change=lambda: _take_asked(key, feed_key),
    )
    st.session_state[_held_key(key)] = (run, {name: len(each.array) for name, each in numbers.items()})
    return Result(_picked(answer.point), step_at_rest(key, run))


def stage(picture: Picture, *, themes: Mapping[Literal["light", "dark"], Theme] = THEMES, key: str) -> None:
    """Show the panels of a picture, whose numbers a `player` brings."""
    serve_scripts()
    fixed = tuple(map(_fixed, picture.panels))
    _stage(key=f"{key}-stage", data=_stage_message(fixed, _items(picture.words), _tables(themes), picture.even, key))


def step_at_rest(key: str, run: str) -> int | None:
    """Return the step at which the playhead of a player that is watched last came to rest in a run; None if never."""
    at, step = st.session_state.get(_rest_key(key), ("", 0))
    return step if at == run else None


def _travelling(array: ArrayLike | Thinned) -> Thinned:
    """Return rows as uint8 or float32; a value beyond float32 becomes infinite, which the browser leaves out."""
    values, stride = array if isinstance(array, Thinned) else (array, 1)
    rows = np.asarray(values)
    if rows.dtype == np.bool_:
        rows = rows.astype(np.uint8)
    if rows.dtype != np.uint8:
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32, copy=False)
    return Thinned(rows, stride)


def _check_tracks(panel: Panel, widths: Mapping[str, int]) -> None:
    for track in panel.tracks:
        for ref in (track.x, track.y, track.z):
            if ref is None or ref == "step":
                continue
            name, column = ref if isinstance(ref, tuple) else (ref, 0)
            if name not in widths:
                raise ValueError(f"a track of {panel.title!r} refers to {name!r}, which is not among the arrays")
            if not 0 <= column < widths[name]:
                raise ValueError(
                    f"a track of {panel.title!r} refers to column {column} of {name!r}, which has {widths[name]}"
                )


def _framed(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Frame `[length of the header: uint32][header: JSON][blobs]`, each part padded to a multiple of 8 bytes."""
    text = json.dumps(header).encode()
    parts = [len(text).to_bytes(4, "little") + text, *blobs]
    return b"".join(part + bytes(-len(part) % 8) for part in parts)


Items = tuple[tuple[str, str], ...]


def _fixed(panel: Panel) -> Panel:
    """Return a panel that can be a key of a cache: its figure as JSON."""
    figure = panel.figure if isinstance(panel.figure, str) else panel.figure.to_json() or "{}"
    return replace(panel, figure=figure, tracks=tuple(panel.tracks))


def _items(words: Mapping[str, str]) -> Items:
    return tuple(words.items())


def _tables(themes: Mapping[Literal["light", "dark"], Theme]) -> tuple[tuple[str, Items], ...]:
    return tuple((name, _items(theme)) for name, theme in themes.items())


@lru_cache(maxsize=64)
def _stage_message(
    panels: tuple[Panel, ...], words: Items, themes: tuple[tuple[str, Items], ...], even: bool | int, key: str
) -> bytes:
    figures = [str(panel.figure).encode() for panel in panels]
    described = [
        {
            "title": panel.title,
            "cell": panel.cell,
            "pick": panel.pick,
            "quiet": panel.quiet,
            "tracks": [{"trace": t.trace, "mode": t.mode, "x": t.x, "y": t.y, "z": t.z} for t in panel.tracks],
            "bytes": len(figure),
            "hash": hashlib.sha1(figure, usedforsecurity=False).hexdigest(),
        }
        for panel, figure in zip(panels, figures, strict=True)
    ]
    header = {
        "key": key,
        "plotly": f"component/{_PLOTLY.name}/plotly.min.js",
        "words": {**WORDS, **dict(words)},
        "themes": {name: dict(theme) for name, theme in themes},
        "panels": described,
        "even": even,
    }
    return _framed(header, figures)


def _feed_message(header: Mapping[str, Any], numbers: Mapping[str, Thinned], held: Mapping[str, int]) -> bytes:
    described, blobs = [], []
    for name, (rows, stride) in numbers.items():
        first = min(held.get(name, 0), len(rows))
        described.append(
            {
                "name": name,
                "dtype": "u1" if rows.dtype == np.uint8 else "f4",
                "shape": rows.shape[1:],
                "stride": stride,
                "first": first,
                "rows": len(rows) - first,
            }
        )
        blobs.append(np.ascontiguousarray(rows[first:], dtype=rows.dtype.newbyteorder("<")).tobytes())
    return _framed({**header, "arrays": described}, blobs)


def _held_key(key: str) -> str:
    return f"{key}-held"


def _rows_held(key: str, run: str) -> Mapping[str, int]:
    """Rows of each array that the browser was sent for this run."""
    held_run, held = st.session_state.get(_held_key(key), ("", {}))
    return held if held_run == run else {}


def _take_need(key: str, feed_key: str) -> None:
    """The browser says what it really holds: messages get lost when a page is left or a run is interrupted."""
    need = dict(st.session_state.get(feed_key) or {}).get("need") or {}
    run, rows = str(need.get("run", "")), need.get("rows")
    held = {str(name): max(0, int(n)) for name, n in rows.items()} if isinstance(rows, dict) else {}
    st.session_state[_held_key(key)] = (run, held)


def _rest_key(key: str) -> str:
    return f"{key}-rest"


def _take_rest(key: str, feed_key: str) -> None:
    match dict(st.session_state.get(feed_key) or {}).get("rest"):
        case {"run": str() as run, "step": int() | float() as step} if np.isfinite(step) and step >= 0:
            st.session_state[_rest_key(key)] = (run, int(step))


def _asked_key(key: str) -> str:
    return f"{key}-asked"


def _take_asked(key: str, feed_key: str) -> None:
    asked = dict(st.session_state.get(feed_key) or {}).get("share")
    if isinstance(asked, Mapping):
        st.session_state[_asked_key(key)] = dict(asked)


def _picked(value: Any) -> Pick | None:
    match value:
        case [x, y, int() as panel, *drag] if point := _point([x, y]):
            match drag:
                case [_, held, [*way]]:
                    return Pick(point, panel, held=held is True, path=tuple(filter(None, map(_point, way[:LONGEST]))))
            return Pick(point, panel, held=drag[1:] == [True])
    return None


def _point(value: Any) -> Point | None:
    match value:
        case [int() | float() as x, int() | float() as y] if np.isfinite(x) and np.isfinite(y):
            return float(x), float(y)
    return None


def _heard_key(key: str) -> str:
    return f"{key}-heard"


def _take_point(key: str, feed_key: str, on_point: OnPoint | None) -> None:
    """A point was clicked; or it is dragged, and comes with its number, which the browser waits to see answered."""
    value = dict(st.session_state.get(feed_key) or {}).get("point")
    picked = _picked(value)
    if picked is None:
        return
    match value:
        case [_, _, _, int() as number, *_]:
            st.session_state[_heard_key(key)] = number
    links.hold(key if picked.held else "")
    if on_point:
        on_point(picked)


def _take_slide(key: str, feed_key: str, on_slide: OnSlide | None) -> None:
    match dict(st.session_state.get(feed_key) or {}).get("slide"):
        case [str() as slider, int() | float() as value, int() as number, bool() as held] if np.isfinite(value):
            st.session_state[_heard_key(key)] = number
            if on_slide:
                on_slide(slider, float(value), held)


def serve_scripts() -> None:
    """Tell the runtime of the folders that it serves; one that began after the import does not know them yet."""
    if st.runtime.exists():
        registry: Any = ComponentRegistry.instance()
        _tell(registry)


@lru_cache(maxsize=1)
def _tell(registry: Any) -> None:
    for folder in (_PLOTLY, SCRIPTS):
        registry.register_component(folder)


_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_VERSION = hashlib.sha1(
    b"".join(path.read_bytes() for path in sorted(_STATIC.glob("*.js"))), usedforsecurity=False
).hexdigest()[:12]
_PLOTLY = components_v1.declare_component("plotlyjs", path=str(Path(plotly.__file__).parent / "package_data"))
# Another version stands at another address, for browsers keep what they have fetched.
SCRIPTS = components_v1.declare_component(f"player_{_VERSION}", path=str(_STATIC))
# Streamlit takes a string of one line for the path of a file.
_FEED_CSS = """
[data-testid=stElementContainer]:has(.optviz-feed) {
  display: none;
}
"""
_Mount = Callable[..., Any]


def _read(*files: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def mounted(name: str, script: str, shown: str = "optviz-feed", styles: str = "") -> _Mount:
    """Declare a component that a script of `static` draws; of the class `optviz-feed` nothing is seen."""
    html = f'<div class="{shown}" data-script="component/{SCRIPTS.name}/{script}"></div>'
    return st.components.v2.component(
        name, html=html, css=styles or None, js=_read(_STATIC / "mount.js"), isolate_styles=False
    )


_stage = mounted("optviz_stage", "player.js", "optviz", _read(_HERE / "player.css", _HERE / "sharing.css"))
_feed: _Mount = st.components.v2.component(
    "optviz_feed",
    html='<i class="optviz-feed"></i>',
    css=_FEED_CSS,
    js=_read(_STATIC / "feed.js"),
    isolate_styles=False,
)
