"""What is dragged is followed before it is released: a slider's value, a point of the picture, and the address."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.ui.player import LONGEST, Pick, _picked


def page() -> None:
    import streamlit as st

    from optviz.recipes import Range
    from optviz.ui import controls
    from optviz.ui.links import Link

    told = st.session_state.pop("told", None)
    if told:
        controls.slide(*told)
    link = Link("page")
    n = controls.whole(link, "n", "n", Range(0, 9, "n"), 3)
    rate = controls.dial(link, "lr", "rate", Range(1e-6, 100.0, "lr", "log"), 0.1, (0.01, 0.1, 1.0))
    with controls.folded(link, "group", "Group", ":material/tune:"):
        pass
    st.text(f"{n} {rate:g} {controls.slid()}")
    link.publish(st.container())


def slide(app: AppTest, name: str, told: float, held: bool) -> AppTest:
    app.session_state["told"] = (name, told, held)
    return app.run()


def test_a_slider_that_is_held_goes_before_and_is_not_written_to():
    app = AppTest.from_function(page).run()
    slide(app, "page-n", 7, True)
    assert app.text[0].value == "7 0.1 True"
    assert app.slider[0].value == 3, "a slider that is held must never be pulled"
    assert app.query_params == {}, "the address waits for the release"
    slide(app, "page-n", 8, False)
    assert app.text[0].value == "8 0.1 True"
    assert app.slider[0].value == 8
    assert app.query_params["n"] == "8"
    app.run()
    assert app.text[0].value == "8 0.1 False"


def test_a_dial_tells_the_place_of_its_value_among_its_options():
    app = AppTest.from_function(page)
    app.query_params["lr"] = "0.05"
    app.run()
    assert app.select_slider[0].options == ["0.01", "0.05", "0.1", "1"]
    slide(app, "page-lr-slider", 3, True)
    assert app.text[0].value == "3 1 True"
    assert app.select_slider[0].options == ["0.01", "0.05", "0.1", "1"], "its options stay while it is held"
    assert app.select_slider[0].value == 0.05 and app.text_input[0].value == "1"
    slide(app, "page-lr-slider", 99, False)
    assert app.text[0].value == "3 1 True" and app.query_params["lr"] == "1"


@pytest.mark.parametrize(("name", "told"), [("page-n", 1e9), ("page-n", -5.0), ("elsewhere", 1.0), ("", 0.0)])
def test_what_cannot_be_is_not_taken(name: str, told: float):
    app = slide(AppTest.from_function(page).run(), name, told, True)
    assert not app.exception and app.text[0].value.split()[0] in {"0", "3", "9"}


@pytest.mark.parametrize(
    ("value", "point", "held"),
    [
        ([1, 2, 0], (1.0, 2.0), False),
        ([1, 2, 0, 5, True], (1.0, 2.0), True),
        ([1, 2, 0, 6, False], (1.0, 2.0), False),
        ([1, 2], None, False),
        ([float("nan"), 2, 0, 1, True], None, False),
        ("1,2,0", None, False),
    ],
)
def test_a_point_says_whether_it_is_still_held(value: Any, point: Any, held: bool):
    picked = _picked(value)
    assert picked == (Pick(point, 0, held) if point else None)


def test_the_way_of_the_pointer_is_made_of_points_alone_and_not_of_endlessly_many():
    way = [[1, 2], "34", [3], [float("inf"), 0], None, {"x": 1}, [3.5, -4]]
    assert _picked([3.5, -4, 0, 7, True, way]) == Pick((3.5, -4.0), 0, held=True, path=((1.0, 2.0), (3.5, -4.0)))
    assert _picked([3.5, -4, 0, 7, False, "1,2"]).path == ()
    assert len(_picked([1, 1, 0, 7, False, [[1, 1]] * 10_000]).path) == LONGEST
