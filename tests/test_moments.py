"""What a link says of the player: read, checked, kept while it is true, and handed on."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from optviz.course import moments
from optviz.course.addresses import Unreadable


def opened() -> None:
    import streamlit as st

    from optviz.recipes import Range
    from optviz.ui import controls
    from optviz.ui.links import Link
    from optviz.ui.moments import keep

    link = Link("page")
    controls.whole(link, "n", "n", Range(0, 9, "n"), 3)
    moment = keep(link)
    st.json(moment.opening(link.opening))
    link.publish(st.container())


def page(**parameters: str) -> AppTest:
    app = AppTest.from_function(opened)
    for name, value in parameters.items():
        app.query_params["moment." + name] = value
    return app.run()


def told(app: AppTest) -> dict:
    return json.loads(app.json[0].value)


def test_a_moment_is_read_from_the_link_and_stays_in_it_until_a_control_is_changed():
    views = '{"panels":{"path/1":{"camera":{"eye":{"x":1.5}}}},"tabs":{"path":1}}'
    app = page(step="37", speed="0.5", views=views, ask="Where to?", projector="1")
    assert told(app) == {
        "step": 37,
        "speed": 0.5,
        "views": json.loads(views),
        "ask": "Where to?",
        "projector": True,
        "number": 1,
    }
    assert app.query_params["moment.step"] == "37"
    assert not app.warning
    app.run()
    assert told(app)["step"] == 37
    app.slider[0].set_value(4).run()
    assert told(app) == {"step": None, "speed": None, "views": {}, "ask": "", "projector": False, "number": 1}
    assert list(app.query_params) == ["n"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("step", "soon"),
        ("step", "-1"),
        ("speed", "nan"),
        ("speed", "1000"),
        ("views", "{"),
        ("views", "[1]"),
        ("views", '{"a": NaN}'),
        ("views", "[" * 500),
        ("views", '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}'),
        ("views", json.dumps({"a": "x" * 41})),
        ("views", '{"tabs": 5}'),
        ("views", '{"tabs": {"path": -1}}'),
        ("views", '{"panels": {"path/0": 5}}'),
        ("views", '{"panels": {"path/0": {"ranges": {"xaxis": 5}}}}'),
        ("views", '{"panels": {"path/0": {"ranges": {"xaxis": [0, 1e999]}}}}'),
        ("views", '{"panels": {"path/0": {"ranges": {"title": [0, 1]}}}}'),
        ("views", '{"panels": {"path/0": {"camera": {"eye": {"x": "<b>"}}}}}'),
        ("views", '{"panels": {"path/0": {"title": "<a href=http://bad.example>Log in</a>"}}}'),
        ("ask", "why " * 100),
        ("projector", "2"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, text: str):
    app = page(**{name: text})
    assert len(app.warning) == 1
    assert not app.exception


def test_views_come_back_as_they_were_written():
    views = {"tabs": {"path": 1}, "panels": {"path/0": {"ranges": {"xaxis": [-1.25, 3e-7]}, "uirevision": "keep"}}}
    assert moments.read_views(moments.write_views(views)) == views
    with pytest.raises(Unreadable):
        moments.read_views(['{"a": Infinity}'])
