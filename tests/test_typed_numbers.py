"""Numbers that a visitor typed: what is read, and what is refused with which reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.typed_numbers import MOST_CHARACTERS, Fault, Field, FieldError, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1, 2, 3", [1, 2, 3]),
        ("[1 2\t3]", [1, 2, 3]),
        ("（1，2，−3）", [1, 2, -3]),
        ("1e-3,.5,+2.", [0.001, 0.5, 2]),
        ("-1E5", [-1e5]),
    ],
)
def test_a_row_is_read(text, expected):
    assert Field().read(text).tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("0.1,0.9,1.04", [0.1, 0.9, 1.04], ""),
        ("1;2;3", [1, 2, 3], ""),
        ("1,2", [1, 2], "1; 2"),
        ("0,5", [0, 5], "0; 5"),
        ("1,05", [1.05], "1.05"),
        ("0,7 0,3", [0.7, 0.3], "0.7; 0.3"),
        ("0,7\t0,3\t1", [0.7, 0.3, 1], "0.7; 0.3; 1"),
        ("0,7; 0,3", [0.7, 0.3], "0.7; 0.3"),
        ("0,7;0,3;1", [0.7, 0.3, 1], "0.7; 0.3; 1"),
        ("0,7, 0,3", [0.7, 0.3], "0.7; 0.3"),
        ("1,2, 3", [1, 2, 3], "1; 2; 3"),
        ("0,7\n0,3", [0.7, 0.3], "0.7; 0.3"),
        ("1/3 2 / 3", [1 / 3, 2 / 3], "0.333333; 0.666667"),
        ("50 %, ½", [0.5, 0.5], "0.5; 0.5"),
        ("1、2，3", [1, 2, 3], "1; 2; 3"),
        ("１；２", [1, 2], "1; 2"),
        ("np.array([1., 2.5])", [1, 2.5], "1; 2.5"),
        ("tensor([1., 2.], dtype=torch.float64)", [1, 2], "1; 2"),
        ("{1, 2}", [1, 2], ""),
    ],
)
def test_commas_are_read_as_the_list_asks_for_and_what_is_unclear_is_shown(text, expected, shown):
    assert Field().read(text).tolist() == pytest.approx(expected, rel=1e-15)
    assert Field().understood(text) == shown


def test_of_two_readings_the_one_that_is_allowed_is_taken():
    assert Field(low=1e-6, high=100).read("0,5").tolist() == [0.5]
    assert Field(most=1).read("1,5").tolist() == [1.5]
    assert Field(fewest=2).read("1,5").tolist() == [1, 5]
    assert Field(whole=True).read("1,2 3,4").tolist() == [1, 2, 3, 4]
    assert Field(high=10).number("1,000") == 1.0
    assert Field(low=10).number("1,000") == 1000.0


@pytest.mark.parametrize("text", ["0,5 0,25; 1 2,5", "[[0.5, 0.25], [1, 2.5]]", "0.5,0.25;1,2.5", "½ 25 %； 1 2½"])
def test_a_table_of_decimals_is_read(text):
    assert Field(table=True).read(text).tolist() == [[0.5, 0.25], [1, 2.5]]


@pytest.mark.parametrize("text", ["1,0;0,1", "[[1,0],[0,1]]", "[1, 0]\n[0, 1]", "1 0；0 1", "1,0;0,1;"])
def test_a_table_is_read(text):
    assert Field(table=True).read(text).tolist() == [[1, 0], [0, 1]]


def test_infinity_only_where_it_is_allowed():
    assert Field(infinite=True).read("-inf, ∞").tolist() == [-np.inf, np.inf]
    with pytest.raises(FieldError) as raised:
        Field().read("1, inf")
    assert (raised.value.fault, raised.value.piece) == (Fault.NOT_FINITE, "inf")


@pytest.mark.parametrize(
    ("entry", "text", "fault", "piece", "limit"),
    [
        (Field(), "", Fault.EMPTY, "", None),
        (Field(), " [ ] ", Fault.EMPTY, "", None),
        (Field(table=True), ";", Fault.EMPTY, "", None),
        (Field(), "1" * (MOST_CHARACTERS + 1), Fault.TOO_LONG, "1" * 39 + "…", MOST_CHARACTERS),
        (Field(), "1, two", Fault.NOT_A_NUMBER, "two", None),
        (Field(), "__import__('os')", Fault.NOT_A_NUMBER, "__import__", None),
        (Field(), "9**9**9", Fault.NOT_A_NUMBER, "9**9**9", None),
        (Field(), "nan", Fault.NOT_A_NUMBER, "nan", None),
        (Field(), "1e999", Fault.NOT_FINITE, "1e999", None),
        (Field(), "3-4", Fault.NOT_A_NUMBER, "3-4", None),
        (Field(), "1,000", Fault.UNCLEAR, "1,000", 1000),
        (Field(whole=True), "2,000 1", Fault.UNCLEAR, "2,000", 2000),
        (Field(whole=True), "3, 4.5", Fault.NOT_WHOLE, "4.5", None),
        (Field(fewest=2), "3", Fault.TOO_FEW, "3", 2),
        (Field(most=2), "3,4,5", Fault.TOO_MANY, "5", 2),
        (Field(table=True, most_rows=1), "3;4", Fault.TOO_MANY, "4", 1),
        (Field(low=1), "0", Fault.TOO_SMALL, "0", 1),
        (Field(high=9), "1000000", Fault.TOO_LARGE, "1000000", 9),
        (Field(table=True), "1,2;3", Fault.RAGGED, "3", 2),
    ],
)
def test_a_bad_text_is_refused_with_its_reason(entry, text, fault, piece, limit):
    with pytest.raises(FieldError) as raised:
        entry.read(text)
    assert (raised.value.fault, raised.value.piece) == (fault, piece)
    assert limit is None or raised.value.limit == limit


@given(st.text(max_size=60))
def test_no_text_does_anything_else(text):
    for entry in (Field(), Field(table=True, whole=True)):
        try:
            assert np.isfinite(entry.read(text)).all()
        except FieldError as error:
            assert isinstance(error.fault, Fault)


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1))
def test_what_is_written_is_read_back(rows):
    assert Field(table=True, most_rows=10**6).read(write(np.array(rows[:9]))).tolist() == rows[:9]
