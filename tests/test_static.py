"""The JavaScript that browsers get: each file is checked by its types, and leans on Plotly's inside in one place only.

`.ci/run` runs TypeScript and ESLint over it (`tests/javascript`); here stands what needs neither.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from optviz.optimization.looks import PALETTE
from optviz.ui import player

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "optviz" / "ui" / "static"
FILES = sorted(STATIC.glob("*.js"))

PRIVATE = (
    r"\._[a-z]\w*",  # _fullLayout, _fullData, _offset, …
    r"[{,]\s*_[a-z]\w*\s*[,:}]",  # the same, taken apart
    r"\b(calcdata|glplot|cameraParams|fullSceneLayout|dataScale|__data__|gl3d|d2p|p2d)\b",
    r"\.(main-svg|svg-container|gl-container|cartesianlayer|draglayer|nsewdrag)\b",
)
"""What Plotly does not promise, as patterns."""

SCRIPT = re.compile(
    r"<script|=> *[{(]|\bfunction ?\w*\([^)]*\) ?\{|\bdocument\.(?!get\()|\bglobalThis\b|addEventListener"
)
"""What only JavaScript has."""


def accesses(text: str) -> Iterator[str]:
    """Give what a script takes from the inside of Plotly."""
    code = re.sub(r"^\s*//.*$|^\s*/?\*.*$|/\*\*.*?\*/", "", text, flags=re.MULTILINE)
    for pattern in PRIVATE:
        yield from (match[0] for match in re.finditer(pattern, code))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_script_is_checked_by_its_types(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.startswith("// @ts-check\n")
    assert "@ts-ignore" not in text and "@ts-nocheck" not in text and "eslint-disable" not in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_one_script_alone_leans_on_the_inside_of_plotly(file: Path) -> None:
    found = list(accesses(file.read_text("utf-8")))
    assert bool(found) == (file.name == "plotly_private.js"), found


@pytest.mark.parametrize(
    "line",
    ["const { width } = plot._fullLayout;", "({ _offset: left }) => left", "for (const { _scene } of scenes) draw();",
     "points = plot.calcdata[0];", 'around(target, ".nsewdrag")', "scene.glplot.redraw()"],
)  # fmt: skip
def test_an_access_to_the_inside_of_plotly_is_found(line: str) -> None:
    assert list(accesses(line))
    assert not list(accesses(f"  // {line}"))


def test_no_python_holds_javascript() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line}"
        for folder in ("optviz", "pages")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if SCRIPT.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ['js="export default () => { tell(); }"', 'st.html("<script>f()</script>")', "function wait(event) {",
     "x = 'document.querySelector(a)'", "globalThis.hand(1)"],
)  # fmt: skip
def test_javascript_in_python_is_found(line: str) -> None:
    assert SCRIPT.search(line)
    assert not SCRIPT.search("values = function(np.sinh(x)); kind = document.get('version')  # a => b")


def test_the_player_has_each_word_that_a_script_says() -> None:
    said = {
        word for file in FILES for word in re.findall(r"\bwords\.(\w+)", file.read_text("utf-8"))
    } - {"lang"}  # fmt: skip
    of_the_net = set(re.findall(r"\bwords\.(\w+)", (STATIC / "net.js").read_text("utf-8")))
    assert said - of_the_net <= set(player.WORDS)
    assert said & set(player.WORDS)


def test_the_text_of_the_page_is_that_of_the_palette() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    assert (theme["light"]["textColor"], theme["dark"]["textColor"]) == PALETTE["text"]
