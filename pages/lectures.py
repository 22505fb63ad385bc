"""Make a lecture of scenes, and play it."""

import streamlit as st

from optviz.locale.spoken import _
from optviz.ui import lecture_editor as editor
from optviz.ui import lectures, lesson

link, notes, stage = lesson.begin(lectures.PAGE, _("Lectures"), ())
with stage:
    st.markdown(_("A lecture is a series of scenes. Press Page Down for the next."))
    name = editor.choose(link)
    scene = editor.opened_at(link, name)
    if scene is not None:
        lectures.play(lectures.named(name), scene)
    if name == lectures.OWN:
        editor.edit(link)
    else:
        editor.show(link, name)
    editor.offer(link, name)
link.publish(notes)
