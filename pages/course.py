"""The table of contents: everything the course teaches, with a link that shows it."""

import streamlit as st

from optviz.course.outline import COURSE, GROUPS
from optviz.lessons import contents
from optviz.locale.spoken import _
from optviz.ui import lesson, player

link, notes, stage = lesson.begin(COURSE.name, _(COURSE.title), ())
with stage:
    st.html(contents.onward())
    for title in GROUPS:
        st.html(contents.chapter(title, f"component/{player.SCRIPTS.name}/pictures"))
link.publish(notes)
