"""The syllabus: every number of the course is there, and its link opens what it names."""

import pytest

from optviz.syllabus import ROWS, SECTIONS, Row, Section, by_id
from optviz.ui.course import LESSONS, href
from tests.pages import opened

CHAPTERS = {1: 6, 2: 16, 3: 5, 4: 5, 5: 7, 6: 5, 7: 7}
IDS = [f"{chapter}.{row}" for chapter, rows in CHAPTERS.items() for row in range(1, rows + 1)] + ["8", "9"]


def test_every_number_of_the_course_has_its_row():
    assert [number for number in ROWS if number != "2"] == IDS  # beside its optimizers chapter 2 has their frame


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_its_link_opens_without_a_complaint_and_sets_what_it_names(row):
    app = opened(row.page, **row.parameters)
    assert not app.exception and not app.error and not app.warning
    # Only what differs from the defaults is written, and what is there is what the link said.
    kept = {name: [texts] if isinstance(texts, str) else texts for name, texts in app.query_params.items()}
    assert kept.items() <= row.parameters.items()


def test_the_table_of_contents_lists_them_all():
    text = " ".join(part.proto.body for part in opened("course").get("html"))
    for row in ROWS.values():
        assert href(row.page, row.parameters).replace("&", "&amp;") in text


def test_every_lesson_is_in_the_syllabus():
    assert {row.page for row in ROWS.values()} | {"course", "lectures"} == set(LESSONS)


def test_a_number_stands_once():
    row = Row("1.1", "", "surfaces")
    with pytest.raises(ValueError, match=r"1\.1"):
        by_id([Section("", (row, row))])
    assert SECTIONS
