"""The syllabus: every number of the course is there, and its link opens what it names."""

import re
from pathlib import Path

import pytest

from optviz.course.outline import GROUPS, HOME, LESSONS, href, turning, welcome
from optviz.course.syllabus import ROWS, Row, by_id
from optviz.lessons.contents import chapter, minutes
from optviz.ui import player
from tests.pages import opened

PICTURES = Path(player.__file__).parent / "static" / "pictures"
CHAPTERS = {1: 6, 2: 18, 3: 5, 4: 5, 5: 7, 6: 5, 7: 7}
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


def test_the_course_has_the_chapters_of_the_menu_and_a_picture_of_every_lesson():
    text = " ".join(part.proto.body for part in opened("course").get("html"))
    assert re.findall(r"<h2>([^<]*) <small>", text) == list(GROUPS)
    pictures = re.findall(r"/pictures/(\w+)\.png", text)
    assert pictures == [lesson.name for lessons in GROUPS.values() for lesson in lessons]
    for name in pictures:
        assert (PICTURES / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_chapter_takes_as_long_as_its_lessons():
    assert minutes(LESSONS["descent"]) == 2 * 3 and minutes(LESSONS["schedules"]) == 5
    assert "<small>about 11 minutes</small>" in chapter("Learning rate", "pictures")


def test_each_page_leads_to_its_neighbours():
    way = [re.findall(r"rel='(\w+)' href='\./(\w*)'", turning(name)) for name in LESSONS]
    names = ["" if name == HOME else name for name in LESSONS]
    assert [dict(links).get("next") for links in way] == [*names[1:], None]
    assert [dict(links).get("prev") for links in way] == [None, *names[:-1]]
    assert turning("descent") in [part.proto.body for part in opened("descent").get("html")]


def test_a_newcomer_is_led_to_a_race_a_net_and_the_course():
    told = [part.proto.body for part in opened(HOME).get("html")]
    assert welcome() in told
    assert re.findall(r"href='\./(\w*)", welcome()) == ["", "classifier", "course"]


def test_what_the_syllabus_names_is_a_lesson():
    # A lesson may teach more than the course asks for.
    named = {row.page for row in ROWS.values()} | {"course", "lectures"}
    assert named <= set(LESSONS) and len(named) >= 29


def test_a_number_stands_once():
    row = Row("1.1", "", "surfaces")
    with pytest.raises(ValueError, match=r"1\.1"):
        by_id([row, row])
