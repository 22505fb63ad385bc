"""The table of contents: the chapters of the menu, each lesson with its picture and all that it shows."""

from html import escape

from optviz.course import outline
from optviz.course.outline import GROUPS, HOME, Lesson
from optviz.course.syllabus import ROWS, Row
from optviz.locale.spoken import _, ngettext

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
    links = "".join(outline.go(each.name, escape(_(each.title)), _place(each)) for each in outline.LESSONS.values())
    return f"<p class='optviz-onward'>{_('Continue with')} {links}</p>"


def chapter(title: str, pictures: str) -> str:
    """Return a chapter as HTML: its lessons with minutes, a mark for those visited, and pictures from an address."""
    lessons = GROUPS[title]
    duration = _about(sum(map(minutes, lessons)))
    cards = "".join(_card(lesson, f"{pictures}/{lesson.name}.png") for lesson in lessons)
    return f"<h2>{_(title)} <small>{duration}</small></h2><ul class='optviz-lessons'>{cards}</ul>"


def _card(lesson: Lesson, source: str) -> str:
    picture = f"<img src='{source}' width='320' height='200' loading='lazy' alt=''>"
    visited = f"<i class='optviz-visited'>✓ {_('visited')}</i>"
    name = f"{picture}<b>{escape(_(lesson.title))}</b><span>{_about(minutes(lesson))} {visited}</span>"
    return f"<li {_place(lesson)}>{outline.go(lesson.name, name)}{_shown(rows(lesson))}</li>"


def _shown(shown: list[Row]) -> str:
    if not shown:
        return ""
    names = (f"<b>{row.id}</b><span>{escape(_(row.title))}</span>" for row in shown)
    links = (outline.go(row.page, name, parameters=row.parameters) for row, name in zip(shown, names, strict=True))
    lines = "".join(f"<li>{link}</li>" for link in links)
    count = ngettext("{n} thing to see", "{n} things to see", len(shown)).format(n=len(shown))
    return f"<details><summary>{count}</summary><ul>{lines}</ul></details>"


def _place(lesson: Lesson) -> str:
    return f"data-lesson='{'' if lesson.name == HOME else lesson.name}'"


def _about(duration: int) -> str:
    return _("about {n} minutes").format(n=duration)
