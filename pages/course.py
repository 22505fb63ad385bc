"""The table of contents: everything the course teaches, with a link that shows it."""

import streamlit as st

from optviz.syllabus import SECTIONS
from optviz.ui import lesson, tables
from optviz.ui.course import LESSONS, href
from optviz.ui.language import _

link, notes, stage = lesson.begin("course", _("The course"), ())
with stage:
    st.markdown(_("Everything that the course teaches, by the numbers of its syllabus. Each line opens what it names."))
    for section in SECTIONS.values():
        st.header(_(section.title), anchor=False)
        lines = [
            (row.id, _(row.title), href(row.page, row.parameters), _(LESSONS[row.page].title)) for row in section.rows
        ]
        st.html(tables.contents(lines))
link.publish(notes)
