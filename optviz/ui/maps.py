"""A map on screen: its levels, the coarse one at once and the finer ones as they come, and what the page says of it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from optviz import jobs
from optviz.jobs import Job
from optviz.lessons import maps as told
from optviz.locale.spoken import _
from optviz.surfaces import maps
from optviz.surfaces.maps import Cells, Map
from optviz.ui.links import Link

PERIOD = 0.25
"""The seconds between two looks at what has come back."""


@dataclass
class Refinement:
    """A map of this session: the level that is shown, and the finer ones that are still to come."""

    map: Map
    finest: int
    levels: tuple[int, ...]
    level: int
    cells: Cells
    job: Job | None = None
    stopped: bool = False
    error: str = ""

    @classmethod
    def begin(cls, spec: Map, finest: int) -> "Refinement":
        """Return a map at the finest level that is there already, or is made quickly."""
        levels = maps.levels_of(spec, finest)
        made = [n for n in levels if told.FINISHED.find(spec, n)]
        level = max([told.first_level(spec, levels), *made])
        return cls(spec, finest, levels, level, told.level_of(spec, level))

    @property
    def following(self) -> int | None:
        """The level that comes next, None where there is none."""
        return next((n for n in self.levels if n > self.level), None)

    @property
    def running(self) -> bool:
        """Whether finer levels are to come."""
        return self.following is not None and not self.stopped

    @property
    def progress(self) -> float:
        """How much of the next level is made."""
        return self.job.progress if self.job else 0.0

    def advance(self) -> None:
        """Look at what has come back, and ask for what is next."""
        n = self.following
        if n is None or self.stopped:
            return
        made = told.FINISHED.find(self.map, n)
        if made is None and self.job is None:
            self.job = jobs.pool().submit(_owner(), maps.blocks_of(self.map, n))
            return
        if made is None and self.job:
            results = self.job.look()
            if self.job.running:
                return
            if len(results) < len(self.job.blocks):
                self.stopped, self.error = True, type(self.job.error).__name__ if self.job.error else ""
                self.job = None
                return
            made = maps.joined([results[k] for k in range(len(results))])
            told.FINISHED.keep(self.map, n, made)
        assert made is not None
        self.level, self.cells, self.job = n, made, None

    def stop(self) -> None:
        """Stop refining."""
        self.stopped = True
        if self.job:
            self.job.cancel()
            self.job = None

    def go_on(self) -> None:
        """Refine on."""
        self.stopped, self.error = False, ""


def _owner() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return f"map-{context.session_id if context else ''}"


def keep(link: Link, spec: Map, finest: int) -> Refinement:
    """Return the map of this session, begun anew where it is another; what was being made of that one is let go."""
    key = f"{link.page}-refinement"
    held: Refinement | None = st.session_state.get(key)
    if held is None or (held.map, held.finest) != (spec, finest):
        if held:
            held.stop()
        held = st.session_state[key] = Refinement.begin(spec, finest)
    return held


def draw_progress(link: Link, state: Refinement, change: Callable[..., None]) -> None:
    """Draw how fine the map is, and the button that stops it or goes on; `change` has the whole page run."""
    bar, button = st.columns([3, 1], vertical_alignment="center")
    text = _("{n} × {n} cells").format(n=state.level)
    n = state.following
    if n is None:
        limit = state.levels[-1] < state.finest
        bar.caption(_limited(state, text) if limit else text)
        return
    share = state.progress
    bar.progress(share, _("{now}; {n} × {n} are being made").format(now=text, n=n) if state.running else text)
    if state.error:
        st.error(_("The finer map could not be made ({error}). Try again.").format(error=state.error))
    label, icon, act = (
        (_("Stop"), ":material/stop:", state.stop) if state.running else (_("Refine"), ":material/grain:", state.go_on)
    )
    name = "stop" if state.running else "refine"
    button.button(label, key=f"{link.page}-{name}", icon=icon, on_click=change, args=(act,), width="stretch")


def _limited(state: Refinement, text: str) -> str:
    """Say why a map is no finer."""
    said = _("{now}: {n} × {n} cells of {steps} steps would be more than {most} million steps. Fewer steps allow more.")
    return said.format(now=text, n=state.finest, steps=maps.longest(state.map), most=maps.MOST // 1_000_000)
