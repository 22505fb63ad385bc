"""What every lesson begins with, and the parts that lessons have in common."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st
from numpy.typing import ArrayLike
from streamlit.delta_generator import DeltaGenerator

from optviz.ui import controls, frame, moments, sharing
from optviz.ui.examples import Example, offer
from optviz.ui.language import _
from optviz.ui.links import Link
from optviz.ui.player import Panel, Result, Thinned, player
from optviz.ui.words import player_words


class Beginning(NamedTuple):
    """A page's link, the place of the notes on it (`link.publish(notes)` ends a page), and the stage for its picture.

    Controls go into the sidebar, or right beside what they change where there are only a few.
    """

    link: Link
    notes: DeltaGenerator
    stage: DeltaGenerator


def begin(page: str, title: str, examples: Sequence[Example]) -> Beginning:
    """Draw the head of a page: its title, and its examples to tap."""
    frame.enter()
    link = Link(page)
    moments.keep(link)  # some pages publish their link before they show the picture
    st.title(title, anchor=False)
    notes = st.container()
    offer(link, examples)
    return Beginning(link, notes, st.container())


def show(
    link: Link,
    panels: Sequence[Panel],
    arrays: Mapping[str, ArrayLike | Thinned],
    *,
    run: str,
    steps: int,
    summary: str,
    words: Mapping[str, str] | None = None,
    growing: bool = False,
    even: bool | int = False,
    watch: bool = False,
    name: str = "",
) -> Result:
    """Show a page's picture at the moment of its link, in the visitor's language.

    `words` are those that differ from the player's own; `name` tells several pictures of one page apart; the rest is
    as in `player`.
    """
    return player(
        panels,
        arrays,
        run=run,
        steps=steps,
        growing=growing,
        words={**player_words(), **(words or {})},
        summary=summary,
        even=even,
        watch=watch,
        opening={**moments.keep(link).opening(link.opening), "name": name},
        share=partial(sharing.answer, link),
        key=f"{link.page}-{name}" if name else link.page,
    )


def say(*sentences: str) -> None:
    """Write what is to be seen, large enough to be read from the last row."""
    # A full-width stop brings its own space.
    st.markdown(f"**{' '.join(sentences).replace('。 ', '。')}**")


def code(link: Link, *programs: str) -> None:
    """Offer the program that does the same in TensorFlow, folded away."""
    with controls.folded(link, "tensorflow", _("The same in TensorFlow"), ":material/code:"):
        if link.drawn:
            for program in programs:
                st.code(program, language="python")
