"""Numbers that a visitor typed: what is read, and what is refused with which reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.entry import MOST_CHARACTERS, Entry, EntryError, Fault, write


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
    assert Entry().read(text).tolist() == expected


@pytest.mark.parametrize("text", ["1,0;0,1", "[[1,0],[0,1]]", "[1, 0]\n[0, 1]", "1 0；0 1", "1,0;0,1;"])
def test_a_table_is_read(text):
    assert Entry(table=True).read(text).tolist() == [[1, 0], [0, 1]]


def test_infinity_only_where_it_is_allowed():
    assert Entry(infinite=True).read("-inf, ∞").tolist() == [-np.inf, np.inf]
    with pytest.raises(EntryError) as raised:
        Entry().read("1, inf")
    assert (raised.value.fault, raised.value.piece) == (Fault.NOT_FINITE, "inf")


@pytest.mark.parametrize(
    ("entry", "text", "fault", "piece", "limit"),
    [
        (Entry(), "", Fault.EMPTY, "", None),
        (Entry(), " [ ] ", Fault.EMPTY, "", None),
        (Entry(table=True), ";", Fault.EMPTY, "", None),
        (Entry(), "1" * (MOST_CHARACTERS + 1), Fault.TOO_LONG, "1" * 39 + "…", MOST_CHARACTERS),
        (Entry(), "1, two", Fault.NOT_A_NUMBER, "two", None),
        (Entry(), "__import__('os')", Fault.NOT_A_NUMBER, "__import__", None),
        (Entry(), "9**9**9", Fault.NOT_A_NUMBER, "9**9**9", None),
        (Entry(), "nan", Fault.NOT_A_NUMBER, "nan", None),
        (Entry(), "1e999", Fault.NOT_FINITE, "1e999", None),
        (Entry(), "٣", Fault.NOT_A_NUMBER, "٣", None),
        (Entry(whole=True), "3, 4.5", Fault.NOT_WHOLE, "4.5", None),
        (Entry(fewest=2), "3", Fault.TOO_FEW, "3", 2),
        (Entry(most=2), "3,4,5", Fault.TOO_MANY, "5", 2),
        (Entry(table=True, most_rows=1), "3;4", Fault.TOO_MANY, "4", 1),
        (Entry(low=1), "0", Fault.TOO_SMALL, "0", 1),
        (Entry(high=9), "1000000", Fault.TOO_LARGE, "1000000", 9),
        (Entry(table=True), "1,2;3", Fault.RAGGED, "3", 2),
    ],
)
def test_a_bad_text_is_refused_with_its_reason(entry, text, fault, piece, limit):
    with pytest.raises(EntryError) as raised:
        entry.read(text)
    assert (raised.value.fault, raised.value.piece) == (fault, piece)
    assert limit is None or raised.value.limit == limit


@given(st.text(max_size=60))
def test_no_text_does_anything_else(text):
    for entry in (Entry(), Entry(table=True, whole=True)):
        try:
            assert np.isfinite(entry.read(text)).all()
        except EntryError as error:
            assert isinstance(error.fault, Fault)


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1))
def test_what_is_written_is_read_back(rows):
    assert Entry(table=True, most_rows=10**6).read(write(np.array(rows[:9]))).tolist() == rows[:9]
