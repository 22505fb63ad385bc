"""Lectures: what is written is read back, and what is not a lecture is refused with its reason."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.course import lecture
from optviz.course.lecture import Flaw, Lecture, LectureError, Scene, pack, read, unpack, write

PAGES = ("surfaces", "descent")
TWO = Lecture(
    "学习率 <b>",
    (
        Scene("descent", "Too small", {"lr": ("0.001",), "moment.ask": ("Will it arrive?",)}, "Wait.\n\nThen ask."),
        Scene("surfaces", "Too large", {"run": ("sgd,lr=0.6", "adam")}),
    ),
)

texts = st.text(st.characters(codec="utf-8"), max_size=100)
scenes = st.builds(
    Scene, st.sampled_from(PAGES), texts, st.dictionaries(texts, st.lists(texts).map(tuple), max_size=5), texts
)


@given(st.builds(Lecture, texts, st.lists(scenes, max_size=5).map(tuple)))
def test_what_is_written_is_read_back(given_lecture):
    assert read(write(given_lecture), PAGES) == given_lecture
    assert unpack(pack(given_lecture), PAGES) == given_lecture


def test_a_packed_lecture_is_short_and_needs_no_escape():
    text = pack(TWO)
    assert len(text) < len(write(TWO)) and set(text) < set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def changed(**fields):
    return json.dumps({**json.loads(write(TWO)), **fields}).encode()


def scene(**fields):
    return changed(scenes=[{"title": "a", "notes": "", "page": "descent", "parameters": {}, **fields}])


@pytest.mark.parametrize(
    ("data", "flaw", "piece", "number"),
    [
        (b"", Flaw.DAMAGED, "", 0),
        (b"\xff\xfe", Flaw.DAMAGED, "", 0),
        (b"[" * 100_000, Flaw.DAMAGED, "", 0),
        (write(TWO)[:-5], Flaw.DAMAGED, "", 0),
        (b" " * (lecture.MOST_BYTES + 1), Flaw.TOO_LARGE, "", 0),
        (b"[]", Flaw.NOT_A_LECTURE, "", 0),
        (changed(optviz="model"), Flaw.NOT_A_LECTURE, "", 0),
        (changed(version=2), Flaw.VERSION, "2", 0),
        (changed(version=True), Flaw.VERSION, "True", 0),
        (changed(version=None), Flaw.VERSION, "None", 0),
        (changed(title=3), Flaw.WRONG_TYPE, "title", 0),
        (changed(title="x" * 101), Flaw.TOO_LONG, "title", 0),
        (changed(scenes={}), Flaw.WRONG_TYPE, "scenes", 0),
        (changed(scenes=[0]), Flaw.WRONG_TYPE, "scene", 1),
        (changed(scenes=[{}] * 41), Flaw.TOO_MANY, "41", 0),
        (changed(scenes=[{}]), Flaw.MISSING, "page", 1),
        (scene(page="../x"), Flaw.UNKNOWN_PAGE, "../x", 1),
        (scene(page=["descent"]), Flaw.WRONG_TYPE, "page", 1),
        (scene(notes="x" * 2001), Flaw.TOO_LONG, "notes", 1),
        (scene(parameters={"lr": "0.1"}), Flaw.WRONG_TYPE, "lr", 1),
        (scene(parameters={"lr": [0.1]}), Flaw.WRONG_TYPE, "lr", 1),
        (scene(parameters={"lr": ["1" * 4000]}), Flaw.TOO_LONG, "parameters", 1),
        (scene(parameters={str(i): [] for i in range(101)}), Flaw.TOO_LONG, "parameters", 1),
    ],
    ids=str,
)
def test_what_cannot_be_read_says_why(data, flaw, piece, number):
    with pytest.raises(LectureError) as error:
        read(data, PAGES)
    assert (error.value.flaw, error.value.piece, error.value.scene) == (flaw, piece, number)


def packed(value):
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.DAMAGED),
        ("中", Flaw.DAMAGED),
        ("!!!!", Flaw.DAMAGED),
        (pack(TWO)[:-4], Flaw.DAMAGED),
        (packed(3), Flaw.DAMAGED),
        (packed([1, "a"]), Flaw.DAMAGED),
        (packed([1, "a", [3]]), Flaw.DAMAGED),
        (packed([2, "a", []]), Flaw.VERSION),
        (packed([1, "a", [["nowhere", "b", "", {}]]]), Flaw.UNKNOWN_PAGE),
        ("A" * (lecture.MOST_BYTES + 1), Flaw.TOO_LARGE),
        (packed([1, "x" * 50_000_000, []]), Flaw.TOO_LARGE),
    ],
    ids=range(11),
)
def test_a_bad_link_is_refused_and_never_unpacked_beyond_its_limit(text, flaw):
    with pytest.raises(LectureError) as error:
        unpack(text, PAGES)
    assert error.value.flaw is flaw


def test_scenes_are_added_moved_changed_and_removed():
    first, second = TWO.scenes
    assert TWO.move(1, -1).scenes == (second, first) == TWO.move(0, 1).scenes
    assert TWO.move(0, -1) == TWO == TWO.move(1, 1)
    assert TWO.remove(0).scenes == (second,)
    assert TWO.change(1, title="b").scenes[1].title == "b"
    full = Lecture("", (first,) * lecture.MOST_SCENES)
    assert full.add(second) == full and TWO.add(first).scenes[2] == first
