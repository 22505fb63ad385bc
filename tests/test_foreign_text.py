"""Whatever a visitor's fields, links and files say, it is shown as text on every page."""

import ast
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from optviz.course import outline
from optviz.course.lecture import KIND, pack
from optviz.lessons.words import model_error
from optviz.networks.saved_models import Flaw, ModelError
from optviz.ui import lectures
from optviz.ui.links import Link
from tests.markup import read_in
from tests.pages import healthy, opened

ROOT = Path(__file__).parents[1]
CANARY = "hostile"
"""Stands in every text that is fed, beside what would be read."""
TEXTS = (
    "![hostile](http://bad.example/b.png)",
    "[hostile](http://bad.example/a) **x**",
    "http://bad.example/hostile",
    "hostile@bad.example www.bad.example",
    "<img src=//bad.example/hostile.png><b>",
    "**hostile** _it_ ~~off~~ # x",
    "$hostile^2$ $$\\frac12$$",
    ":red[hostile] :material/home: :smile:",
    "`hostile` -> b",
    "\n\n# hostile\n\n- item\n\n---\n| a |\n|---|\n",
    "\u202ehostile\u2066\u200f\x00\x1b[1m{x}{0}%s",
    "hostile!" * 12_500,
)
DRAWING = ("controls.text", "controls.typed", "controls.numbers")
FIELDS = (
    ("surfaces", {"surface": "formula"}),
    ("descent", {"curve": "formula"}),
    ("backpropagation", {}),
    ("activations", {"part": "softmax"}),
    ("activations", {"part": "stability"}),
    ("regression", {}),
    ("momentum", {"gradients": "typed"}),
    ("network", {}),
    ("losses", {}),
    ("cross_entropy", {}),
    ("softmax_loss", {}),
    ("softmax_loss", {"form": "sparse"}),
    ("functions", {}),
    ("digits", {"epochs": "1"}),
    ("table", {"epochs": "2"}),
    ("classifier", {"epochs": "2"}),
)
"""The pages that have fields for text, with the settings at which they are drawn."""
LONGEST = 6000
"""The characters of a message that complains of every parameter that a page has."""
TURNING = frozenset("\u202e\u2066\u200f\x00\x1b")
PLAIN = {
    ("TextInput", "default"),
    ("TextInput", "value"),
    ("TextArea", "default"),
    ("TextArea", "value"),
    ("Selectbox", "options"),
    ("Selectbox", "placeholder"),
    ("Selectbox", "raw_value"),
    ("Multiselect", "options"),
    ("Multiselect", "raw_values"),
    ("Code", "code_text"),
}
"""Where Streamlit writes plain text; a test in the browser looks at it."""


pytestmark = pytest.mark.usefixtures("unfolded")


def shown(app: AppTest) -> Iterator[tuple[str, str, str]]:
    """Yield every text that the page sends to the browser: the element's kind, the field's name, the text."""
    stack = [app._tree]
    while stack:
        node = stack.pop()
        stack.extend(getattr(node, "children", {}).values())
        if isinstance(getattr(node, "proto", None), Message):
            yield from ((type(node).__name__, name, text) for name, text in texts_in(node.proto))


def texts_in(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every field of a message, of its parts too."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        parts = list(value) if field.is_repeated else [value]
        for part in parts:
            if isinstance(part, Message):
                yield from texts_in(part)
            elif isinstance(part, str):
                yield field.name, part


class Reader(HTMLParser):
    """Collects what stands in tags, and in text outside of `<bdi>`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.isolated, self.read = False, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.isolated = tag == "bdi"
        self.read += f"<{tag} {attrs}>"

    def handle_endtag(self, tag):
        self.isolated = False

    def handle_data(self, data):
        self.read += "" if self.isolated else data


def only_text(app: AppTest) -> AppTest:
    """Return a page on which no word that is not ours is read as anything, too long, or turned around."""
    for kind, field, text in shown(healthy(app)):
        if (CANARY in text or "bad.example" in text) and (kind, field) not in PLAIN:
            if kind == "Html":
                assert not {CANARY, "bad.example"} & set(re.findall(r"[\w.]+", Reader(text).read)), text
            else:
                assert read_in(text.removeprefix("**").removesuffix("**")) == set(), (kind, field, text)
            assert len(text) < LONGEST and not set(text) & TURNING, (kind, field, len(text), text[:500])
    return app


class Everything(dict[str, list[str]]):
    """A link that gives every parameter that a page knows a foreign text, another one each time."""

    def __init__(self) -> None:
        super().__init__({text: ["1"] for text in TEXTS})
        self.texts = cycle(TEXTS)

    def get(self, name, default=None):
        return [next(self.texts)]


@pytest.mark.parametrize("name", outline.LESSONS)
def test_every_parameter_of_a_link_is_shown_as_text(name, monkeypatch):
    everything = Everything()
    monkeypatch.setattr(Link, "_source", lambda link: everything)
    app = opened(name)
    assert len(app.title) == 1
    assert any(CANARY in warning.value for warning in only_text(app).warning)


def test_every_field_shows_what_is_typed_as_text():
    fed = set()
    for name, settings in FIELDS:
        app = opened(name, **settings)
        assert app.text_input, (name, settings)
        fed |= {field.key.partition("~")[2] for field in app.text_input}
        for first in (0, 5):
            texts = cycle((*TEXTS[first:], *TEXTS[:first]))
            for field in app.text_input:
                field.set_value(next(texts))
            only_text(app.run())
            assert app.error, (name, settings)
    # The marks of missing values are asked for beside a file: the test of the table types them.
    assert fed >= fields_in_source() - {"missing"}


def fields_in_source() -> set[str]:
    """Return the names of all fields for text that the pages' sources draw."""
    sources = [*ROOT.glob("pages/*.py"), *ROOT.glob("optviz/ui/**/*.py")]
    calls = [
        node for each in sources for node in ast.walk(ast.parse(each.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    drawn = [
        call for call in calls if ast.unparse(call.func) in ("controls.text", "controls.typed", "controls.numbers")
    ]
    return {call.args[1].value for call in drawn if isinstance(call.args[1], ast.Constant)}


# ---- files


def csv(names, cells=lambda row: "") -> bytes:
    rows = "".join(f"{row},{row % 7},{row * row % 11},{cells(row)}\n" for row in range(40))
    return f'"{names[0]}","{names[1]}","{names[2]}","{names[3]}"\n{rows}'.encode()


def quoted(text: str) -> str:
    return text.replace('"', '""').replace("\0", "")[:3000]


@pytest.mark.parametrize("first", range(0, len(TEXTS), 3))
def test_a_table_shows_its_names_and_cells_as_text(first):
    names = [quoted(text) + str(i) for i, text in enumerate([*TEXTS, *TEXTS][first : first + 4])]
    table = csv(names, lambda row: f'"{quoted(TEXTS[first])}"')
    app = opened("table", epochs="2")
    app.file_uploader[0].set_value((f"{TEXTS[first][:100]}.csv", table, "text/csv")).run()
    assert only_text(app).error or any(CANARY in text.value for text in app.markdown)
    good = csv(["a", "b", "c", "d"], lambda row: TEXTS[first][:3].strip('",') or "x")
    app.file_uploader[0].set_value(("good.csv", good, "text/csv")).run()
    app.text_input(key="table~missing").set_value(TEXTS[first]).run()
    only_text(app)
    bad = csv([names[0], names[0], *names[2:]])
    app.file_uploader[0].set_value(("bad.csv", bad, "text/csv")).run()
    only_text(app)


def scene(text: str, **changed) -> dict:
    return {"title": text[:100], "notes": text[:2000], "page": "descent", "parameters": {"f": [text[:100]]}} | changed


def lecture(*scenes, title="T") -> bytes:
    return json.dumps({"optviz": KIND, "version": 1, "title": title, "scenes": scenes}).encode()


def loaded(data: bytes) -> AppTest:
    app = opened("lectures")
    app.get("file_uploader")[0].upload("lecture.json", data, "application/json")
    return only_text(app.run())


def test_a_lecture_shows_its_titles_notes_and_questions_as_text():
    scenes = [
        scene(text, parameters={"moment.ask": [text[:100]], text[:100]: ["1"]}) for text in (*TEXTS, "hostile\ud800")
    ]
    app = loaded(lecture(*scenes, title=TEXTS[5]))
    assert (
        not app.error and len([html for _kind, field, html in shown(app) if CANARY in html and field == "body"]) >= 13
    )
    for at, _scene in enumerate(scenes):
        played = AppTest.from_function(bar)
        played.session_state["lecture-played"] = lectures.Played(app.session_state["lecture-draft"], at)
        assert any(CANARY in text for _kind, _field, text in shown(only_text(played.run())))
    only_text(opened("lectures", lecture=pack(app.session_state["lecture-draft"])))


def bar() -> None:
    from optviz.ui import lectures

    lectures.draw_bar()


@pytest.mark.parametrize("text", TEXTS)
def test_a_lecture_that_cannot_be_read_says_where_as_text(text):
    for bad in (scene("T", page=text), scene("T", parameters={text: 1})):
        assert CANARY in loaded(lecture(bad)).error[0].value
    broken = json.dumps({"optviz": KIND, "version": text, "title": text, "scenes": []}).encode()
    assert loaded(broken).error


@pytest.mark.parametrize("text", TEXTS)
def test_a_net_that_cannot_be_loaded_says_why_as_text(text):
    said = model_error(ModelError(Flaw.LAYER, text))
    assert read_in(said) == set() and CANARY in said and len(said) < 300
