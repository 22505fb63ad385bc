"""Fields in which a number is typed: what people write is taken, and what is not a number stays and is spoken of."""

import pytest

from optviz.ui import controls
from tests.pages import opened, sound

LR = "surfaces~lr~field"


@pytest.mark.parametrize(
    ("text", "shown", "kept"),
    [
        ("0,05", "0.05", "0.05"),
        ("1/3", "0.333333", "0.3333333333333333"),
        ("1e-3", "0.001", "0.001"),
        ("1.5e−3", "0.0015", "0.0015"),
        ("１．５", "1.5", "1.5"),
        ("50 %", "0.5", "0.5"),
        ("2·10⁻³", "0.002", "0.002"),
        # 1000 is more than a learning rate may be.
        ("1,000", "1", "1"),
    ],
)
def test_a_learning_rate_is_taken_as_it_is_written(text, shown, kept):
    app = opened("surfaces")
    app.text_input(key=LR).set_value(text).run()
    assert sound(app).text_input(key=LR).value == shown
    assert app.query_params["lr"] == kept and app.select_slider(key="surfaces~lr~slider").value == float(kept)


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "“abc” is not a number: it stays at 0.1."), ("zh", "“abc”不是数：仍为 0.1。")]
)
def test_what_is_no_number_stays_in_the_field_with_a_sentence(lang, said):
    app = opened("surfaces", lang)
    app.text_input(key=LR).set_value("abc").run()
    assert [error.value for error in app.error] == [said] and app.text_input(key=LR).value == "abc"
    app.run()
    assert app.text_input(key=LR).value == "abc" and "lr" not in app.query_params
    app.select_slider(key="surfaces~lr~slider").set_value(0.3).run()
    assert not app.error and app.text_input(key=LR).value == "0.3" and app.query_params["lr"] == "0.3"


def test_what_is_out_of_range_is_taken_at_its_end_with_a_sentence():
    app = opened("surfaces")
    app.text_input(key=LR).set_value("1e6").run()
    assert [warning.value for warning in app.warning] == ["1e6 is too large: the maximum 100 is used."]
    assert app.text_input(key=LR).value == "100" and app.query_params["lr"] == "100"
    app.text_input(key=LR).set_value("0,2").run()
    assert sound(app).query_params["lr"] == "0.2"


def test_a_field_that_was_emptied_keeps_its_number():
    app = opened("surfaces", lr="0.2")
    app.text_input(key=LR).set_value(" ").run()
    assert sound(app).text_input(key=LR).value == "0.2" and app.query_params["lr"] == "0.2"


def test_what_can_be_read_in_two_ways_is_not_taken():
    app = opened("surfaces", folds=["starts"])
    app.text_input(key="surfaces~x1").set_value("1,000").run()
    assert len(app.error) == 1 and "1000" in app.error[0].value and "x1" not in app.query_params
    app.text_input(key="surfaces~x1").set_value("−1/4").run()
    assert sound(app).query_params["x1"] == "-0.25" and app.text_input(key="surfaces~x1").value == "-0.25"


def test_a_long_text_is_refused_and_not_kept_whole():
    app = opened("surfaces")
    app.text_input(key=LR).set_value("1" * 10**5).run()
    assert len(app.error) == 1 and len(app.text_input(key=LR).value) <= controls.LONGEST_TEXT


@pytest.mark.parametrize(("written", "value"), [("0,05", "0.05"), ("1/4", "0.25"), ("1e 1", "10"), ("５０%", "0.5")])
def test_a_link_is_read_as_a_field_is(written, value):
    assert sound(opened("surfaces", lr=written)).text_input(key=LR).value == value


def test_a_list_says_how_it_was_read_where_that_is_not_plain():
    app = opened("losses")
    before = [caption.value for caption in app.caption]
    app.text_input(key="losses~true").set_value("0,7 0,3").run()
    assert sound(app).query_params["true"] == "0,7 0,3"
    assert [caption.value for caption in app.caption if caption.value not in before] == ["Read as 0.7; 0.3"]
