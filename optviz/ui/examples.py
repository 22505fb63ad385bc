"""One-tap examples: each is a link with a title, so an example can set nothing that a link can't."""

from collections.abc import Sequence

import streamlit as st

from optviz.lessons.examples import Example
from optviz.locale.spoken import _
from optviz.ui.links import Link


def offer(link: Link, examples: Sequence[Example]) -> None:
    """Draw a row of examples to tap, and beside it a button that sets everything back.

    Buttons have no state: while a training streams, what a choice was before would come back as another tap.
    """
    if not examples:
        return
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        with st.container(horizontal=True, wrap=False, gap="small", key=f"{link.page}-examples"):
            for number, example in enumerate(examples):
                st.button(
                    _(example.title),
                    key=f"{link.page}~example{number}",
                    on_click=link.open,
                    args=(example.parameters,),
                    width="content",
                )
        st.button(
            _("Reset"),
            key=f"{link.page}~reset",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=link.open,
            args=({},),
            width="content",
        )
