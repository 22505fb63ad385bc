"""The page of the warm-up functions, run without a browser."""

import pytest

from optviz.lessons import functions
from optviz.locale.spoken import LANGUAGES
from optviz.models.functions import CASTS, read_axis
from tests.pages import opener

page, fine = opener("functions")


def codes(app):
    return [code.value for code in app.code]


def test_8_the_printed_results_are_on_screen():
    shown = codes(fine())
    assert "[1 2 3 4 5]" in shown
    grid = "[[1.  2. ]\n [1.  2.5]\n [1.  3. ]\n [1.  3.5]\n [2.  2. ]\n [2.  2.5]\n [2.  3. ]\n [2.  3.5]]"
    assert grid in shown
    (random,) = [text for text in shown if "0.417022004702574" in text]
    for digits in (
        "7.20324493e-01",
        "1.14374817e-04",
        "3.02332573e-01",
        "1.46755891e-01",
        "9.23385948e-02",
        "1.86260211e-01",
    ):
        assert digits in random
    assert "[[1 2 3]\n [4 5 6]]" in shown and "[ 1  2 -2  0]" in shown


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("to", CASTS)
def test_every_type(to, lang):
    assert any(f"tf.{to})" in code for code in codes(fine(lang, **{"cast.to": to})))


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("where.a", "1, 2", "a has 2 numbers and b has 5"),
        ("where.a", "1, two", "not a number"),
        ("where.b", "", "at least one number"),
        ("where.b", "1e10", "too large"),
        ("vstack.b", "1, 2", "rows of a have 3 numbers and those of b 2"),
        ("vstack.a", "1, 2; 3", "need 2 numbers"),
        ("grid.x", "1:3:0", "step of 0"),
        ("grid.x", "3:1:1", "no point between"),
        ("grid.y", "0:1:0.0001", "at most 60"),
        ("grid.y", "__import__('os')", "start:stop:step"),
        ("grid.y", "1:2", "too few"),
        ("cast.x", "1e300", "too large"),
        ("cast.x", "nan", "not a number"),
    ],
)
def test_bad_input_is_explained_in_one_sentence_and_the_rest_stays(field, text, reason):
    app = fine()
    before = len(codes(app))
    app.text_input(key=f"functions~{field}").set_value(text).run()
    assert not app.exception and len(app.error) == 1 and reason in app.error[0].value
    assert len(codes(app)) >= before - 1
    assert app.text_input(key=f"functions~{field}").value == text


@pytest.mark.parametrize(
    "parameters",
    [
        {"normal.deviation": "0"},
        {"normal.mean": "-100", "normal.n": "10"},
        {"where.a": "5", "where.b": "1, 2"},
        {"grid.x": "0:1:1", "grid.y": "0:1:1"},
        {"rand.rows": "6", "rand.columns": "6"},
    ],
)
def test_the_edges(parameters):
    fine(**parameters)


def test_the_panels_follow_the_grid_and_the_draws():
    arrays = functions.arrays_of(read_axis("1:3:1"), read_axis("2:4:0.5"), 0.0, 1.0, 500, 1)
    assert arrays["x"].tolist() == [[1, 1, 1, 1, 2, 2, 2, 2]]
    assert 490 <= arrays["counts"].sum() <= 500
    names = {ref for panel in functions.panels() for track in panel.tracks for ref in (track.x, track.y)}
    assert names == set(arrays)
