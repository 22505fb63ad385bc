"""The table of contents: everything the course teaches, with a link that shows it."""

import streamlit as st

from optviz.ui import lesson
from optviz.ui.course import COURSE, GROUPS
from optviz.ui.language import _
from optviz.ui.lessons import contents

link, notes, stage = lesson.begin(COURSE.name, _(COURSE.title), ())
with stage:
    st.html(contents.onward())
    for title in GROUPS:
        st.html(contents.chapter(title))
link.publish(notes)
