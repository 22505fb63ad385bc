"""What every lesson begins with, and the parts that lessons have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike
from streamlit.delta_generator import DeltaGenerator

from optviz.course import outline
from optviz.figures.panels import Panel, Picture, Thinned
from optviz.lessons.examples import Example
from optviz.lessons.optimizer_code import Unprintable
from optviz.lessons.words import data_error, player_words
from optviz.locale.spoken import _, joined
from optviz.networks.datasets import DataError
from optviz.ui import controls, frame, lectures, links, moments, sharing
from optviz.ui.downloads import Beside, offer_arrays
from optviz.ui.examples import offer
from optviz.ui.links import Link
from optviz.ui.player import OnPoint, Result, player, stage

CODE = "tensorflow"
"""The fold of a page's program."""


class Beginning(NamedTuple):
    """A page's link, the place of the notes on it (`link.publish(notes)` ends a page), and the stage for its picture.

    Controls go into the sidebar, or right beside what they change where there are only a few.
    """

    link: Link
    notes: DeltaGenerator
    stage: DeltaGenerator


def begin(
    page: str, title: str, examples: Sequence[Example], opening: Mapping[str, Sequence[str]] | None = None
) -> Beginning:
    """Draw the head of a page, its title and its examples to tap, and at its foot the way to its neighbours.

    `opening` are the settings of a link to the page that has none, where they are not the defaults.
    """
    frame.enter()
    link = Link(page, opening)
    if links.travelled():
        link.open(links.opened_address())
    moments.keep(link)  # a page may publish its link before its picture is shown
    st.title(title, anchor=False)
    notes = st.container()
    offer(link, examples)
    stage = st.container()
    st.html(outline.turning(page))
    return Beginning(link, notes, stage)


@contextmanager
def reading(link: Link, notes: DeltaGenerator) -> Iterator[None]:
    """Read data within: where a file is missing or damaged, the page says so and ends."""
    try:
        yield
    except DataError as error:
        st.error(data_error(error), icon=":material/error:")
        link.publish(notes)
        st.stop()


def show(
    link: Link,
    picture: Picture,
    *,
    watch: bool = False,
    on_point: OnPoint | None = None,
    slides: bool = True,
    staged: bool = False,
    name: str = "",
) -> Result:
    """Show a page's picture at the moment of its link, in the visitor's language.

    `name` tells several pictures of one page apart; `slides` lets the picture follow a slider while it is held, which
    is for pages whose whole script answers quickly; panels that are `staged` have been drawn by `player.stage`. The
    rest is as in `player`.
    """
    result = player(
        replace(picture, words={**player_words(), **picture.words}),
        watch=watch,
        on_point=on_point,
        on_slide=controls.slide if slides else None,
        opening={**moments.keep(link).opening(link.opening), "name": name},
        share=partial(sharing.answer, link),
        staged=staged,
        key=f"{link.page}-{name}" if name else link.page,
    )
    if picture.steps and any(map(_passes, picture.arrays.values())):
        st.caption(
            _("Numbers beyond {most} cannot be drawn: a curve ends where it passes them.").format(most="3.4 · 10³⁸")
        )
    return result


def _passes(array: ArrayLike | Thinned) -> bool:
    """Whether a number is too large for single precision, in which what is drawn travels."""
    rows = np.asarray(array.array if isinstance(array, Thinned) else array)
    return rows.dtype.kind == "f" and bool((np.abs(rows) > np.finfo(np.float32).max).any())


def live(draw: Callable[[], Result], key: str | None = None) -> None:
    """Draw a picture with a point that can be dragged, as a fragment: while it is held, nothing else of the page runs.

    `draw` asks `link.now` where the point is, and returns what `show` does. The whole page follows the release, a
    click, the rest of the playhead, and a slider that is held.
    """
    rested: list[int | None] = []

    def run() -> None:
        if controls.slid():
            st.rerun()
        done = draw()
        rested.append(done.step)
        if (done.pick and not done.pick.held) or done.step != rested[0]:
            st.rerun()

    st.fragment(run, key=key)()


def follow(link: Link, panels: Sequence[Panel], draw: Callable[[], Result]) -> None:
    """Draw a picture as `live` does, with what stands at it, which sliders have run alone where that `is_enough`.

    The panels are sent with the whole page alone: where `draw` wants others, it ends by `st.rerun`. It asks `link.now`
    for the values of the sliders, and draws no controls but the player and buttons that change the page by
    `controls.wholly`.
    """
    stage(Picture(panels, {}, run="", words=player_words()), key=link.page)

    def run() -> Result:
        done = draw()
        if links.is_alone():
            link.write()
            lectures.note_entry()
        return done

    live(run, controls.following(link))


def say(*sentences: str) -> None:
    """Write what is to be seen, large enough to be read from the last row."""
    st.markdown(f"**{joined(*sentences)}**")


def print_program(program: str | Callable[[], str]) -> None:
    """Print a program, or say why there is none."""
    try:
        st.code(program if isinstance(program, str) else program(), language="python")
    except Unprintable as error:
        st.info(_(str(error)), icon=":material/code_off:")


def code(link: Link, *programs: str | Callable[[], str], title: str = "", beside: Beside | None = None) -> None:
    """Offer the program that does the same, in TensorFlow unless the title says otherwise, folded away.

    One that takes long to write is handed over as a function, which is called only when it is seen. A file that they
    read is offered `beside` them.
    """
    with controls.folded(link, CODE, title or _("The same in TensorFlow"), ":material/code:", alone=False):
        if link.drawn:
            for program in programs:
                print_program(program)
            if beside:
                offer_arrays(link, beside)
