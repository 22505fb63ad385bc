"""Links that were made once open the same picture for ever: links.json holds them, with what they show.

`python tests/test_kept_links.py "descent?lr=0.9&moment.step=7" …` adds links to it. Those that stand there are never
changed: where one shows something else, or gets a word, the app has broken a link that is out in the world.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

FILE = Path(__file__).with_name("links.json")
KEPT: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
PLACES = {("family", "chosen")}
"""Where something is drawn, which is no number: in a tree that grows everybody moves."""
RUNS = 400
"""Of a script at most, until a training is done."""


def shown(link: str) -> dict[str, Any]:
    """Open a link and return what the player is handed: its moment, steps, panels, and the numbers in brief."""
    from optviz.figures.panels import Picture, Thinned
    from optviz.ui import lesson
    from optviz.ui.player import Result

    page, _mark, query = link.partition("?")
    handed: dict[str, Any] = {}

    def player(picture: Picture, *, opening: Any, **given: Any) -> Result:
        handed[opening["name"]] = (picture, opening)
        return Result()

    app = AppTest.from_file(f"../pages/{page}.py", default_timeout=60)
    app.session_state["framed"] = True
    for name, texts in parse_qs(query, keep_blank_values=True).items():
        app.query_params[name] = texts
    app.session_state["lang"] = app.query_params["lang"][0] if "lang" in app.query_params else "en"
    with mock.patch.object(lesson, "player", player):
        for _run in range(RUNS):
            app.run()
            assert not app.exception and not app.warning and not app.error, link
            if not any(picture.growing for picture, _opening in handed.values()):
                break
    pictures = {}
    for name, (picture, opening) in handed.items():
        values = {each: array.array if isinstance(array, Thinned) else array for each, array in picture.arrays.items()}
        pictures[name] = {
            "moment": {key: opening[key] for key in ("step", "speed", "views", "ask", "projector")},
            "steps": picture.steps,
            "cells": Counter(panel.cell for panel in picture.panels),
            "arrays": {each: brief(np.asarray(array, float)) for each, array in values.items()},
        }
    return pictures


def brief(array: np.ndarray) -> list[Any]:
    """Tell an array in a few numbers: its shape, how many are finite, and of these the mean, the spread and some."""
    finite = array[np.isfinite(array)]
    # What diverges is told by its size: its digits depend on the last bit of every step before.
    told = np.sign(finite) * np.log1p(np.abs(finite))
    some = told[np.linspace(0, told.size - 1, 5).astype(int)] if told.size else told
    return [list(array.shape), int(finite.size), *(float(f"{v:.6g}") for v in (told.sum(), (told**2).sum(), *some))]


def test_there_are_links_to_every_page_in_both_languages() -> None:
    from optviz.course import outline

    assert {link.partition("?")[0] for link in KEPT} <= set(outline.LESSONS) - {"course", "lectures"}
    assert len(KEPT) >= 30 and len({link.partition("?")[0] for link in KEPT}) >= 27
    assert {"lang=en", "lang=zh"} == {part for link in KEPT for part in link.split("&") if part.startswith("lang=")}


@pytest.mark.parametrize("link", KEPT)
def test_a_kept_link_shows_what_it_always_showed(link: str) -> None:
    found = shown(link)
    for name, picture in KEPT[link].items():
        now = found[name]
        assert (now["moment"], now["steps"]) == (picture["moment"], picture["steps"])
        # More may be shown than then, after what was there: views count the panels of a cell.
        assert Counter(picture["cells"]) <= now["cells"]
        for each, (shape, finite, *numbers) in picture["arrays"].items():
            if (link.partition("?")[0], each) in PLACES:
                continue
            assert now["arrays"][each][:2] == [shape, finite], each
            assert now["arrays"][each][2:] == pytest.approx(numbers, rel=1e-3, abs=1e-6), each


if __name__ == "__main__":
    sys.path.insert(0, str(FILE.parents[1]))
    added = {link: shown(link) for link in sys.argv[1:] if link not in KEPT}
    lines = [f"{json.dumps(link)}: {json.dumps(each, ensure_ascii=False)}" for link, each in {**KEPT, **added}.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    print(f"{len(added)} links added, {len(KEPT)} kept")
