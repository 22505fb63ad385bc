"""The table of contents: the chapters of the menu, each lesson with its picture and all that it shows."""

from html import escape

from optviz.syllabus import ROWS, Row
from optviz.ui import course
from optviz.ui.course import GROUPS, HOME, Lesson
from optviz.ui.language import _, ngettext
from optviz.ui.player import SCRIPTS

MINUTES = 2
"""What one thing that is shown takes, to try it and to think about it."""
LEAST = 5


def rows(lesson: Lesson) -> list[Row]:
    """List what a lesson shows, by the numbers of the syllabus."""
    return [row for row in ROWS.values() if row.page == lesson.name]


def minutes(lesson: Lesson) -> int:
    """Estimate how long a lesson takes."""
    return max(LEAST, MINUTES * len(rows(lesson)))


def onward() -> str:
    """Return a link to each lesson as HTML; the first that was not visited is shown (`static/course.js`)."""
    links = "".join(course.go(each.name, escape(_(each.title)), _place(each)) for each in course.LESSONS.values())
    return f"<p class='optviz-onward'>{_('Continue with')} {links}</p>"


def chapter(title: str) -> str:
    """Return a chapter as HTML: its lessons with picture, minutes and a mark for those that were visited."""
    lessons = GROUPS[title]
    duration = _about(sum(map(minutes, lessons)))
    cards = "".join(_card(lesson) for lesson in lessons)
    return f"<h2>{_(title)} <small>{duration}</small></h2><ul class='optviz-lessons'>{cards}</ul>"


def _card(lesson: Lesson) -> str:
    source = f"component/{SCRIPTS.name}/pictures/{lesson.name}.png"
    picture = f"<img src='{source}' width='320' height='200' loading='lazy' alt=''>"
    visited = f"<i class='optviz-visited'>✓ {_('visited')}</i>"
    name = f"{picture}<b>{escape(_(lesson.title))}</b><span>{_about(minutes(lesson))} {visited}</span>"
    return f"<li {_place(lesson)}>{course.go(lesson.name, name)}{_shown(rows(lesson))}</li>"


def _shown(shown: list[Row]) -> str:
    if not shown:
        return ""
    names = (f"<b>{row.id}</b><span>{escape(_(row.title))}</span>" for row in shown)
    links = (course.go(row.page, name, parameters=row.parameters) for row, name in zip(shown, names, strict=True))
    lines = "".join(f"<li>{link}</li>" for link in links)
    count = ngettext("{n} thing to see", "{n} things to see", len(shown)).format(n=len(shown))
    return f"<details><summary>{count}</summary><ul>{lines}</ul></details>"


def _place(lesson: Lesson) -> str:
    return f"data-lesson='{'' if lesson.name == HOME else lesson.name}'"


def _about(duration: int) -> str:
    return _("about {n} minutes").format(n=duration)
