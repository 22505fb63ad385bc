"""What a player shows: panels, the tracks by which their traces follow the numbers, captions and slow motion."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from hashlib import sha1
from typing import Any, Literal, NamedTuple, Protocol

from numpy.typing import ArrayLike, NDArray

Ref = str | tuple[str, int]
"""What a track reads: `"step"` (the step's number), `"name"` (a whole row) or `("name", column)` of the flat row."""


class Figure(Protocol):
    """Anything that writes itself as Plotly JSON, above all `plotly.graph_objects.Figure`."""

    def to_json(self) -> str | None: ...


@dataclass(frozen=True)
class Track:
    """Which trace follows which numbers.

    `grow` shows rows 0..k (a path, a curve), `at` shows row k (a marker, a histogram, a grid), `all` every row.
    """

    trace: int
    mode: Literal["grow", "at", "all"]
    x: Ref | None = None
    y: Ref | None = None
    z: Ref | None = None


@dataclass(frozen=True)
class Panel:
    """A figure with its tracks.

    `title` is its tab and its accessible name, `cell` its place: panels that share a cell are tabs of it. With `pick`
    a click anywhere on the plot area is reported as a point, and the first point of a trace with `meta={"grip": True}`
    can be dragged; with `pick="drag"` every point is reported on which the pointer is held, as fast as they are
    answered, in place of Plotly's zoom, with all those passed since. A `quiet` panel says little: another tab of its
    cell opens first. `figure` is a figure or its JSON.
    """

    figure: Figure | str
    tracks: Sequence[Track] = ()
    title: str = ""
    cell: str = "main"
    pick: bool | Literal["drag"] = False
    quiet: bool = False


class Thinned(NamedTuple):
    """An array of which row `r` belongs to step `r * stride`."""

    array: NDArray[Any]
    stride: int


class Caption(NamedTuple):
    """A sentence that is shown from the moment on when the playhead passes `step`.

    `mark`, a sign in the theme's `color`, says of which series it speaks.
    """

    step: int
    text: str
    color: str = "text"
    mark: str = ""


Sentences = tuple[str, str, str, str]
"""A sentence for each of the four sub-steps."""


class Slow(NamedTuple):
    """What slow motion tells of each step: a sentence for each of its four sub-steps, and one where no step follows.

    A sentence holds names in braces, which stand for columns of `array: (steps, columns)` at the step. The traces whose
    `meta` has a `from` appear with that sub-step. From step `fork` on, where there is one, the sentences are those of
    `onward`.
    """

    array: str
    columns: tuple[str, ...]
    sentences: Sentences
    end: str
    fork: int | None = None
    onward: Sentences | None = None


class Junction(NamedTuple):
    """Where a run leaves an earlier one: the playhead goes to this step where the `name` is another than before.

    It plays on from there, unless `still`.
    """

    step: int
    name: str
    still: bool = False


@dataclass(frozen=True)
class Picture:
    """What is seen under one playhead: `panels`, and `arrays` with the numbers of all steps.

    `arrays[name]: (rows, ...)`, row k = step k; always all rows so far. `run` names the numbers: when it changes, the
    playhead starts again at 0. While `growing`, more rows will come and the playhead waits for them; `steps` is the
    last step where it is known before the end; with 0 the picture does not move and has no buttons. `summary`, Markdown
    of ours, is the sentence that tells the result, and `captions` are shown under it at their moments; `words` are
    those that differ from the player's own. The first cell is the largest, unless `even`: then all are alike, two a
    row, or as many as it says. With `slow` there is a button for slow motion. A run with a `junction` begins at its
    step where the one before had another.
    """

    panels: Sequence[Panel]
    arrays: Mapping[str, ArrayLike | Thinned]
    _: KW_ONLY
    run: str
    steps: int | None = None
    summary: str = ""
    captions: Sequence[Caption] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    growing: bool = False
    even: bool | int = False
    slow: Slow | None = None
    junction: Junction | None = None


def run_of(*settings: object) -> str:
    """Return a name for the player's run that is the same for the same settings only."""
    return sha1(repr(settings).encode(), usedforsecurity=False).hexdigest()[:16]


def tracks_of(figure: Any) -> tuple[Track, ...]:
    """Return the tracks that a Plotly figure's traces ask for in their `meta`."""
    asked = [(i, trace.meta.get("follows")) for i, trace in enumerate(figure.data) if trace.meta]
    return tuple(
        Track(i, track["mode"], **{d: _ref(track[d]) for d in ("x", "y", "z") if d in track})
        for i, track in asked
        if track
    )


def _ref(value: str | Sequence[object]) -> str | tuple[str, int]:
    return value if isinstance(value, str) else (str(value[0]), int(str(value[1])))
