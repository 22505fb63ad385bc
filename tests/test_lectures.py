"""Lectures in the app without a browser: the ready ones, the visitor's own, bad links and bad files, and the bar."""

import json
from functools import partial

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from optviz.course.lecture import LONGEST_NOTES, LONGEST_TITLE, Lecture, Scene, pack, read, unpack, write
from optviz.course.moments import LONGEST_QUESTION
from optviz.course.ready_lectures import ASK, READY
from optviz.locale.spoken import LANGUAGES
from optviz.ui import lectures, links
from tests.pages import healthy, opened, summaries

TWO = Lecture(
    "Two <i>scenes</i>",
    (
        Scene("descent", "First *one*", {"lr": ("0.9",), ASK: ("Does it settle?",)}, "Notes\nof two lines"),
        Scene("descent", "Second", {"curve": ("square",), "steps": ("20",), "moment.step": ("7",)}),
    ),
)
SCENES = [(name, i) for name, lecture in READY.items() for i in range(len(lecture.scenes))]

page = partial(opened, "lectures")


def texts(app):
    return " ".join(each.proto.body for each in app.get("html"))


def address(app, key):
    """List the texts of a parameter; one alone comes as it is."""
    found = app.query_params[key]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("lecture", READY.values(), ids=READY)
def test_a_ready_lecture_is_one_that_could_be_read(lecture):
    assert 5 <= len(lecture.scenes) <= 8
    assert read(write(lecture), lectures.SCENES) == lecture
    assert unpack(pack(lecture), lectures.SCENES) == lecture
    for scene in lecture.scenes:
        assert len(scene.title) <= LONGEST_TITLE and 0 < len(scene.notes) <= LONGEST_NOTES
        assert all(len(text) <= LONGEST_QUESTION for text in scene.parameters.get(ASK, ()))


@pytest.mark.parametrize(("name", "index"), SCENES)
def test_a_scene_of_a_ready_lecture_opens_without_a_complaint(name, index):
    scene = READY[name].scenes[index]
    app = opened(scene.page, **scene.parameters)
    assert not app.warning and not app.error
    # The page is set as the link says: its own address has nothing else in it.
    for key in app.query_params:
        assert tuple(address(app, key)) == scene.parameters[key]


OUTLIER = np.array([0.1, 0.1, 0.2, 0.0, 0.1, 3.4])
# What the sentence at the picture answers, with numbers that are computed here.
ANSWERS = {
    ("learning_rate", "Too small"): [f"after 40 steps {(1 - 0.001 * 2) ** 40:.1%} is left"],
    ("learning_rate", "Oscillating, and yet settling"): [
        "0.9 oscillates, then settles",
        f"removes {1 - abs(1 - 0.9 * 2):.1%}",
    ],
    ("learning_rate", "Beyond the limit"): [
        "lr 0.1: good; lr 0.9: oscillates, then settles; lr 1.04: diverges",
        "2/λ = 1.",
    ],
    ("sgd_to_adam", "Momentum on the bowl"): ["Momentum (classical) lr 0.61 β 0.42 arrives first, at step 14."],
    ("sgd_to_adam", "A saddle"): ["RMSProp leaves the saddle first: from step 14", "Then come Adam (26), SGD (61)."],
    ("overfitting", "Overfitting"): ["training error only 0.00667, but validation error 12.8"],
    ("sgd_to_adam", "Adam is momentum and RMSProp, with a correction"): [
        f"its first step is {(1 - 0.9) / (1 - 0.999) ** 0.5:.2f} times as long as the later ones"
    ],
    ("overfitting", "L1 and L2 in a net"): ["weights within 0.001 of zero: L1 15 of 96, L2 0,"],
    ("overfitting", "The regions of a net, without and with L2"): [
        "B has the smaller weights",
        "make the boundary smoother",
    ],
    ("vanishing_gradient", "Below 0 the ReLU lets nothing through"): [
        "by 0.2 with Leaky ReLU, but only by 0 with ReLU"
    ],
    ("vanishing_gradient", "Ten layers of sigmoids: the first learns next to nothing"): [
        "vanishes with Sigmoid · Xavier",
        "holds with ReLU · He",
    ],
    ("vanishing_gradient", "Too large a learning rate kills units for good"): [
        f"9 of the 12 units are dead ({9 / 12:.1%}"
    ],
    ("loss_functions", "One outlier dominates the squared error"): [
        f"accounts for {3.4**2 / (OUTLIER**2).sum():.0%} of the MSE, but {3.4 / OUTLIER.sum():.0%} of the MAE"
    ],
    ("loss_functions", "Custom loss"): ["too many bottles on average", "costs 99 times"],
    ("loss_functions", "Confident and wrong"): [f"A {-np.log(0.01):.7g}, B {-np.log(0.4):.7g}"],
}


def test_every_question_has_its_answer():
    asked = {
        (name, scene.title) for name, lecture in READY.items() for scene in lecture.scenes if ASK in scene.parameters
    }
    assert asked == ANSWERS.keys()


@pytest.mark.parametrize(("name", "title"), ANSWERS)
def test_the_sentence_answers_the_question(name, title):
    (scene,) = [scene for scene in READY[name].scenes if scene.title == title]
    app = opened(scene.page, **scene.parameters)
    for _turn in range(60):
        (sentence,) = summaries(app)
        if all(part in sentence for part in ANSWERS[name, title]):
            return
        app.run()
    raise AssertionError(sentence)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", READY)
def test_a_ready_lecture_is_listed_in_both_languages(name, lang):
    app = page(lang, lecture=name)
    assert texts(app).count("optviz-scene") == len(READY[name].scenes)
    assert (READY[name].scenes[0].title in texts(app)) == (lang == "en")


def test_a_link_brings_a_lecture_that_can_be_changed():
    app = page(lecture=pack(TWO))
    assert app.session_state["lecture-draft"] == TWO
    assert "First *one*" in texts(app) and "Two <i>" in app.text_input[0].value
    app.button(key="lectures-down-0").click().run()
    assert [scene.title for scene in app.session_state["lecture-draft"].scenes] == ["Second", "First *one*"]
    app.text_input(key="lectures~title-0").set_value("Renamed <b>").run()
    app.text_input(key="lectures~ask-0").set_value("  Why?\n ").run()
    app.text_area(key="lectures~notes-0").set_value("Say it.").run()
    changed = app.session_state["lecture-draft"].scenes[0]
    assert changed == Scene(
        "descent", "Renamed <b>", {"curve": ("square",), "steps": ("20",), ASK: ("Why?",)}, "Say it."
    )
    assert "Renamed &lt;b&gt;" in texts(healthy(app))
    # The address is the save file here too.
    assert unpack(*address(app, "lecture"), lectures.SCENES) == app.session_state["lecture-draft"]
    app.button(key="lectures-delete-1").click().run()
    app.button(key="lectures-delete-0").click().run()
    assert not app.session_state["lecture-draft"].scenes and len(app.info) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nonsense", "damaged"),
        (pack(TWO)[:-9], "damaged"),
        (pack(Lecture("", (Scene("course", "", {}),))), "Scene 1: There is no page “course”"),
        ("A" * 9000, "too long"),
    ],
)
def test_a_bad_link_gets_a_word_and_the_page_stays(text, word):
    app = page(lecture=text)
    assert word in app.warning[0].value
    assert texts(app).count("optviz-scene") == len(READY["learning_rate"].scenes)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (write(TWO), ""),
        (b"{", "damaged"),
        (b'{"optviz": "model"}', "not a lecture"),
        (json.dumps({**json.loads(write(TWO)), "version": 9}).encode(), "version “9”"),
        (b" " * 300_000, "too large"),
    ],
    ids=["good", "damaged", "another", "version", "large"],
)
def test_a_file_is_loaded_or_says_why_not(data, word):
    app = page()
    app.get("file_uploader")[0].upload("lecture.json", data, "application/json")
    healthy(app.run())
    if word:
        assert word in app.error[0].value
    else:
        assert app.session_state["lecture-draft"] == TWO and not app.error


def test_a_ready_lecture_becomes_the_visitors_own_in_their_language():
    app = page("zh", lecture="overfitting")
    app.button(key="lectures-own").click().run()
    own = healthy(app).session_state["lecture-draft"]
    assert len(own.scenes) == len(READY["overfitting"].scenes) and own.scenes[0].title == "欠拟合"


def test_a_scene_is_added_with_its_settings_and_only_once(monkeypatch):
    from optviz.ui import sharing

    monkeypatch.setattr(sharing, "is_own", lambda url: True)
    app = AppTest.from_file("../pages/descent.py", default_timeout=60)
    app.session_state["framed"] = True
    for number in (1, 1, 2):
        url = f"http://school/descent?lr=0.9&moment.step={number}&lang=zh"
        app.session_state["descent-asked"] = {"number": number, "url": url, "add": True}
        healthy(app.run())
    assert app.session_state["lecture-draft"].scenes == tuple(
        Scene("descent", "Descent", {"lr": ("0.9",), "moment.step": (str(n),)}) for n in (1, 2)
    )


def bar():
    from optviz.ui import lectures

    lectures.draw_bar()


def played(index=0):
    app = AppTest.from_function(bar)
    app.session_state["lecture-played"] = lectures.Played(TWO, index)
    return healthy(app.run())


def test_the_bar_says_where_one_is_and_goes_on_and_back(monkeypatch):
    # AppTest itself does not follow to another page: tests/browser/test_sharing.py does.
    turned = []
    monkeypatch.setattr(st, "switch_page", turned.append)
    app = played()
    assert "<b>1 / 2</b> · <span class='optviz-answer'><bdi>First *one*</bdi></span>" in texts(
        app
    ) and "Notes\nof two lines" in texts(app)
    assert app.button(key="lecture-previous").disabled and not app.button(key="lecture-next").disabled
    healthy(app.button(key="lecture-next").click().run())
    assert app.session_state["lecture-played"].at == 1 and turned == ["pages/descent.py"]
    assert app.session_state["descent-opened"]["moment.step"] == ["7"]
    app.run()
    assert "<b>2 / 2</b> · <bdi>Second</bdi>" in texts(app) and app.button(key="lecture-next").disabled
    healthy(app.button(key="lecture-previous").click().run())
    assert app.session_state["lecture-played"].at == 0
    assert app.session_state["descent-opened"][ASK] == ["Does it settle?"]
    assert "moment.step" not in app.session_state["descent-opened"]
    app.run()
    healthy(app.button(key="lecture-end").click().run())
    assert "lecture-played" not in app.session_state and "1 / 2" not in texts(app)


def test_a_link_opens_a_lecture_at_a_scene():
    app = AppTest.from_file("../app.py", default_timeout=60)
    app.run()
    app.switch_page("pages/lectures.py")
    app.query_params["lecture"] = pack(TWO)
    app.query_params["scene"] = "2"
    healthy(app.run())
    assert app.session_state["lecture-played"] == lectures.Played(TWO, 1)
    assert app.title[0].value == "Descent on a curve"


def offered():
    import streamlit as st

    from optviz.ui import lectures

    lectures.take_back(st.session_state["offered"])
    lectures.draw_bar()


def offer(kept, **state):
    app = AppTest.from_function(offered)
    app.session_state["offered"] = kept
    for name, value in state.items():
        app.session_state[name] = value
    return healthy(app.run())


def test_a_session_that_knows_of_no_lecture_takes_back_what_the_tab_has_kept(monkeypatch):
    monkeypatch.setattr(st, "switch_page", lambda page: None)
    before = played(0)
    healthy(before.button(key="lecture-next").click().run())
    kept = {"draft": pack(TWO.remove(0)), **before.session_state["lecture-kept"]}
    app = offer(kept)
    assert "<b>2 / 2</b>" in texts(app)
    assert app.session_state["lecture-played"] == lectures.Played(TWO, 1)
    assert app.session_state["lecture-draft"] == TWO.remove(0)
    assert app.session_state["lecture-kept"] == kept


def test_a_session_with_a_lecture_of_its_own_keeps_it():
    kept = {"draft": pack(TWO), "played": pack(TWO), "at": 1}
    own = TWO.remove(1)
    app = offer(kept, **{"lecture-draft": own, "lecture-played": lectures.Played(own, 0)})
    assert app.session_state["lecture-draft"] == own and app.session_state["lecture-played"].lecture == own


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"draft": "junk"},
        {"draft": 7, "played": None},
        {"played": pack(TWO), "at": 2},
        {"played": pack(TWO), "at": "0"},
        {"played": "x" * 300_000, "at": 0},
    ],
)
def test_what_no_lecture_can_be_made_of_is_not_taken(kept):
    app = offer(kept)
    assert "lecture-played" not in app.session_state and not app.get("html")


def test_back_never_puts_an_earlier_lecture_in_the_place_of_the_one_that_was_made(monkeypatch):
    app = page(lecture=pack(TWO))
    app.session_state["lecture-draft"] = TWO.remove(0)
    monkeypatch.setattr(links, "travelled", lambda: True)
    app.query_params["lecture"] = pack(TWO)
    healthy(app.run())
    assert app.session_state["lecture-draft"] == TWO.remove(0) and not app.warning
