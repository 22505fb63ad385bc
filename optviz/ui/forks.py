"""A fork: from a step on one run of a race goes on otherwise, and the future that it left stays as a ghost."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from optviz.course import addresses
from optviz.lessons import ranges
from optviz.lessons.forks import STEPS, Fork
from optviz.lessons.races import Settings, names_of, rates_of
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method
from optviz.locale.spoken import _, joined, titled
from optviz.optimization.optimizers import OPTIMIZERS, OWN
from optviz.recipes import Range
from optviz.ui import controls, optimizers
from optviz.ui.links import Link

STEP = "fork"
RUN, OPTIMIZER, RATE, L2 = (f"{STEP}.{name}" for name in ("run", "optimizer", "lr", "l2"))
SAME = "same"


def of_race(link: Link, settings: Settings) -> Fork | None:
    """Draw the controls of the fork of a race, where the link has one, and return it."""
    return choose(link, names_of(settings), rates_of(settings), settings.ground.l2, settings.steps)


def choose(link: Link, names: Sequence[str], rates: Sequence[float], l2: float, steps: int) -> Fork | None:
    """Draw what goes on otherwise from the fork of the link on, if there is one, and return it.

    `names` and `rates` are those of the runs, `l2` is the strength before.
    """
    step = _step(link)
    if step is None:
        return None
    with st.container(border=True):
        st.markdown(_("**From step {step} on**").format(step=step))
        places = st.columns((1, 1, 1.3, 1.3), vertical_alignment="bottom")
        with places[0]:
            titles = {str(i + 1): name for i, name in enumerate(names)}
            run = int(controls.choice(link, RUN, _("Run"), titles, "1", resets=(RATE,))) - 1
        with places[1]:
            goes_on = {SAME: _("as before"), **titled(OPTIMIZERS)}
            name = optimizers.choose(link, OPTIMIZER, _("Optimizer"), goes_on, SAME, net=False)
        with places[2]:
            rate = onward(link, RATE, _("Learning rate"), ranges.LEARNING_RATE, rates[run], ranges.LEARNING_RATES)
        with places[3]:
            strength = onward(link, L2, _("L2 strength"), ranges.STRENGTH, l2, ranges.STRENGTHS)
        optimizer = None if name == SAME else _another(link, name)
        if step >= steps:
            st.info(_("The race ends at step {steps}, before the fork.").format(steps=steps))
            return None
        _tell(optimizer, strength)
    return Fork(step, run, optimizer, rate, strength)


def _step(link: Link) -> int | None:
    return link.keep(STEP, None, lambda texts: int(addresses.read_number(STEPS, int)(texts)), addresses.write_number)


def _another(link: Link, name: str) -> Run:
    recipe = OPTIMIZERS[name]
    if not recipe.parameters:
        return Run(name)
    with st.popover(_("Settings of {name}").format(name=_(recipe.title)), icon=":material/tune:"):
        values = controls.parameters(link, f"{STEP}.{name}.", recipe)
    return Run(name, None, tuple((key, value) for key, value in values.items() if value != recipe.defaults[key]))


def _tell(optimizer: Run | None, strength: float | None) -> None:
    fresh = _("Another optimizer starts with new moments; schedule and noise carry on.")
    said = [fresh if optimizer else _("The optimizer is the same and keeps its memory.")]
    if strength is not None:
        said.append(
            _(
                "From there on, its loss and the minimum marked with its L2 use the new L2. The surface, and "
                "the paths on it, are drawn as before the fork."
            )
        )
    st.caption(joined(*said))


def onward(link: Link, name: str, label: str, span: Range, before: float, stops: Sequence[float]) -> float | None:
    """Draw a dial for what may change from here on, and return it; None where it stays as it was before."""
    value = link.keep(name, None, addresses.read_number(span), addresses.write_number)
    if link.drawn:
        shown = before if value is None else float(value)
        controls.draw_dial(f"{link.page}~{name}", label, span, shown, partial(link.change, name), stops)
    return None if value is None or value == before else float(value)


def offer_switch(link: Link, side: str, prefix: str, method: Method, rest: int | None, epochs: int) -> bool:
    """Draw the buttons that fork a training at the epoch where the playhead rests, and that drop its fork.

    Return whether one was pressed.
    """
    name, start = f"{prefix}switch", f"{side}{_(': ')}" if side else ""
    made = method.switch.epoch if method.switch and method.haunted else None
    here = rest is not None and rest < epochs and rest != made
    text = _("Fork at epoch {epoch}").format(epoch=rest) if here else _("Pause to fork here")
    pressed = st.button(
        start + text,
        key=f"{link.page}-{prefix}fork",
        icon=":material/fork_right:",
        help=None if here else _("Pause at the epoch where the training should change."),
        on_click=_switch,
        args=(link, name, method, rest),
        disabled=not here,
    )
    if not method.haunted:
        return pressed
    resets = [f"{name}.{setting}" for setting in ("epoch", "optimizer", "lr", "l2", "ghost")]
    return _draw_drop(link, start, f"{link.page}-{prefix}unfork", (name, False), resets) or pressed


def _switch(link: Link, name: str, method: Method, epoch: int) -> None:
    """Let what trains take over from itself at an epoch, unless another optimizer does so already."""
    if method.switch is None:
        optimizer = method.trainer.optimizer
        is_typed = optimizer.name.startswith(OWN)
        chosen = OWN.removesuffix(":") if is_typed else optimizer.name
        link.change(f"{name}.optimizer", chosen)
        if is_typed:
            link.change(f"{name}.rule", optimizer.name)
        link.change(f"{name}.lr", method.trainer.learning_rate)
        for parameter, value in optimizer.values:
            link.change(f"{name}.{chosen}.{parameter}", value)
    for setting, value in ((name, True), (f"{name}.epoch", epoch), (f"{name}.ghost", True)):
        link.change(setting, value)


def offer(link: Link, made: Fork | None, run: int, name: str, rest: int | None, steps: int) -> None:
    """Draw the buttons that fork a run, given by number and name, where the playhead rests, and that drop the fork."""
    with st.container(horizontal=True):
        here = rest is not None and rest < steps and not (made and (rest, run) == (made.step, made.run))
        st.button(
            _("Fork {name} at step {step}").format(name=name, step=rest) if here else _("Pause to fork here"),
            key=f"{link.page}-fork",
            icon=":material/fork_right:",
            help=None if here else _("Pause at the step where a run should change."),
            on_click=controls.wholly,
            args=(_fork, link, run, rest, [] if made and made.run == run else [RATE]),
            disabled=not here,
        )
        if _step(link) is not None:
            _draw_drop(link, "", f"{link.page}-unfork", (STEP, None), (RUN, OPTIMIZER, RATE, L2))


def _fork(link: Link, run: int, step: int, resets: Sequence[str]) -> None:
    link.change(RUN, str(run + 1), resets=resets)
    link.change(STEP, step)


def _draw_drop(link: Link, start: str, key: str, change: tuple[str, object], resets: Sequence[str]) -> bool:
    text, icon = start + _("Drop the fork"), ":material/undo:"
    given = (link.change, *change)
    return st.button(text, key=key, icon=icon, on_click=controls.wholly, args=given, kwargs={"resets": resets})
