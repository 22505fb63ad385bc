"""Lectures: short lists of scenes, each a page with its settings, a title and notes.

They are kept as JSON, or packed for links.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

KIND = "lecture"
VERSION = 1
MOST_SCENES = 40
MOST_BYTES = 200_000
LONGEST_TITLE = 100
LONGEST_NOTES = 2000
MOST_PARAMETERS = 100
LONGEST_PARAMETERS = 4000
"""Characters of all names and texts of one scene."""

Parameters = Mapping[str, tuple[str, ...]]


class Flaw(Enum):
    """Why a lecture cannot be read."""

    TOO_LARGE = auto()
    NOT_A_LECTURE = auto()
    VERSION = auto()
    DAMAGED = auto()
    MISSING = auto()
    WRONG_TYPE = auto()
    TOO_LONG = auto()
    TOO_MANY = auto()
    UNKNOWN_PAGE = auto()


class LectureError(ValueError):
    """A lecture that cannot be read: the flaw, the piece that has it, and the number of its scene (0 if none)."""

    def __init__(self, flaw: Flaw, piece: str = "", scene: int = 0) -> None:
        super().__init__(f"{flaw.name}: {piece!r} in scene {scene}")
        self.flaw, self.piece, self.scene = flaw, piece, scene


@dataclass(frozen=True)
class Scene:
    """One scene: a page with the parameters of its link, a title, and notes for the lecturer."""

    page: str
    title: str
    parameters: Parameters = field(default_factory=dict)
    notes: str = ""


@dataclass(frozen=True)
class Lecture:
    """A title and scenes; every change makes another lecture."""

    title: str
    scenes: tuple[Scene, ...] = ()

    def add(self, scene: Scene) -> "Lecture":
        """Append a scene; a full lecture stays as it is."""
        return replace(self, scenes=(*self.scenes, scene)[:MOST_SCENES])

    def change(self, index: int, **fields: Any) -> "Lecture":
        """Change fields of one scene."""
        scenes = list(self.scenes)
        scenes[index] = replace(scenes[index], **fields)
        return replace(self, scenes=tuple(scenes))

    def move(self, index: int, by: int) -> "Lecture":
        """Move a scene up or down, as far as there is room."""
        scenes = list(self.scenes)
        scene = scenes.pop(index)
        scenes.insert(max(0, index + by), scene)
        return replace(self, scenes=tuple(scenes))

    def remove(self, index: int) -> "Lecture":
        """Take one scene out."""
        return replace(self, scenes=self.scenes[:index] + self.scenes[index + 1 :])


def write(lecture: Lecture) -> bytes:
    """Write a lecture as JSON."""
    scenes = [
        {"title": each.title, "notes": each.notes, "page": each.page, "parameters": {**each.parameters}}
        for each in lecture.scenes
    ]
    document = {"optviz": KIND, "version": VERSION, "title": lecture.title, "scenes": scenes}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def read(data: bytes, pages: Collection[str]) -> Lecture:
    """Read the JSON of a lecture whose scenes stand on some of `pages`. Raises LectureError."""
    if len(data) > MOST_BYTES:
        raise LectureError(Flaw.TOO_LARGE)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise LectureError(Flaw.DAMAGED) from None
    if not isinstance(document, dict) or document.get("optviz") != KIND:
        raise LectureError(Flaw.NOT_A_LECTURE)
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise LectureError(Flaw.VERSION, str(document.get("version"))[:20])
    scenes = _field(document, "scenes", list, 0)
    if len(scenes) > MOST_SCENES:
        raise LectureError(Flaw.TOO_MANY, str(len(scenes)))
    title = _text(document, "title", LONGEST_TITLE, 0)
    return Lecture(title, tuple(_scene(each, pages, number) for number, each in enumerate(scenes, 1)))


def pack(lecture: Lecture) -> str:
    """Return a lecture as a text for links: the compressed JSON, with letters that need no escape."""
    scenes = [[each.page, each.title, each.notes, {**each.parameters}] for each in lecture.scenes]
    text = json.dumps([VERSION, lecture.title, scenes], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack(text: str, pages: Collection[str]) -> Lecture:
    """Read what `pack` wrote, never more than a bounded number of bytes. Raises LectureError."""
    if len(text) > MOST_BYTES:
        raise LectureError(Flaw.TOO_LARGE)
    try:
        packed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
        inflater = zlib.decompressobj()
        data = inflater.decompress(packed, MOST_BYTES)
    except (UnicodeEncodeError, binascii.Error, zlib.error):
        raise LectureError(Flaw.DAMAGED) from None
    if inflater.unconsumed_tail:
        raise LectureError(Flaw.TOO_LARGE)
    if not inflater.eof:
        raise LectureError(Flaw.DAMAGED)
    try:
        version, title, scenes = json.loads(data)
        scenes = [dict(zip(("page", "title", "notes", "parameters"), each, strict=True)) for each in scenes]
    except (ValueError, TypeError, RecursionError):
        raise LectureError(Flaw.DAMAGED) from None
    return read(json.dumps({"optviz": KIND, "version": version, "title": title, "scenes": scenes}).encode(), pages)


def _scene(data: object, pages: Collection[str], number: int) -> Scene:
    if not isinstance(data, dict):
        raise LectureError(Flaw.WRONG_TYPE, "scene", number)
    page = _field(data, "page", str, number)
    if page not in pages:
        raise LectureError(Flaw.UNKNOWN_PAGE, page[:40], number)
    return Scene(
        page,
        _text(data, "title", LONGEST_TITLE, number),
        parameters_of(_field(data, "parameters", dict, number), number),
        _text(data, "notes", LONGEST_NOTES, number),
    )


def parameters_of(data: Mapping[str, Any], number: int = 0) -> Parameters:
    """Check the parameters of a scene: lists of texts by name. Raises LectureError."""
    if len(data) > MOST_PARAMETERS:
        raise LectureError(Flaw.TOO_LONG, "parameters", number)
    for name, texts in data.items():
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            raise LectureError(Flaw.WRONG_TYPE, name[:40], number)
    if sum(len(name) + sum(map(len, texts)) for name, texts in data.items()) > LONGEST_PARAMETERS:
        raise LectureError(Flaw.TOO_LONG, "parameters", number)
    return {_whole(name): tuple(map(_whole, texts)) for name, texts in data.items()}


def _text(data: Mapping[str, Any], name: str, longest: int, number: int) -> str:
    text: str = _field(data, name, str, number)
    if len(text) > longest:
        raise LectureError(Flaw.TOO_LONG, name, number)
    return _whole(text)


def _whole(text: str) -> str:
    # JSON may hold half of a character (a lone surrogate), which can be written nowhere.
    return text.encode("utf-8", "replace").decode()


def _field(data: Mapping[str, Any], name: str, kind: type, number: int) -> Any:
    if name not in data:
        raise LectureError(Flaw.MISSING, name, number)
    if not isinstance(data[name], kind):
        raise LectureError(Flaw.WRONG_TYPE, name, number)
    return data[name]
