"""The runs of a race: which optimizers take part, each with its own numbers, in the link and on screen.

In a link a run is one text, `run=adam,lr=0.01,beta1=0.5`: the optimizer, then what differs from the defaults. Without
`lr` it takes the learning rate that all share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from optviz.optimizers import OPTIMIZERS, Optimizer
from optviz.ui import controls, links
from optviz.ui.language import _
from optviz.ui.links import Link, Unreadable

MOST = 8
NAME = "run"


@dataclass(frozen=True)
class Run:
    """One optimizer with the values that differ from its defaults; `learning_rate` None means the shared one."""

    optimizer: str
    learning_rate: float | None = None
    values: tuple[tuple[str, float], ...] = ()

    def build(self) -> Optimizer:
        """Make the optimizer."""
        return OPTIMIZERS[self.optimizer](**dict(self.values))

    def title(self, shared: float) -> str:
        """Return its name in the visitor's language, with what sets it apart from its defaults."""
        recipe = OPTIMIZERS[self.optimizer]
        symbols = {p.name: p.range.symbol for p in recipe.parameters}
        rate = [] if self.learning_rate in (None, shared) else [f"lr {self.learning_rate:g}"]
        return " ".join([_(recipe.title), *rate, *(f"{_plain(symbols[n])} {v:g}" for n, v in self.values)])


_LETTERS = {r"\beta": "β", r"\epsilon": "ε", r"\lambda": "λ", r"\delta": "δ", r"\psi": "ψ"}
_INDEX = {"_0": "₀", "_1": "₁", "_2": "₂"}


def _plain(symbol: str) -> str:
    for tex, letter in (*_LETTERS.items(), *_INDEX.items()):
        symbol = symbol.replace(tex, letter)
    return symbol


def read_runs(texts: list[str]) -> tuple[Run, ...]:
    """Read the runs of a link; a single empty text is a race without optimizers."""
    if texts == ["none"]:
        return ()
    if len(texts) > MOST:
        raise Unreadable(_("at most {n} optimizers can race").format(n=MOST))
    return tuple(_read_run(text) for text in texts)


def _read_run(text: str) -> Run:
    name, *settings = text.split(",")
    if name not in OPTIMIZERS:
        raise Unreadable(_("there is no such optimizer"))
    spans = {p.name: p for p in OPTIMIZERS[name].parameters}
    rate: float | None = None
    values: dict[str, float] = {}
    for setting in settings:
        key, _equals, number = setting.partition("=")
        if key == "lr":
            rate = controls.LEARNING_RATE.clamp(links.number(number))
        elif key in spans:
            values[key] = spans[key].kind(spans[key].range.clamp(links.number(number, spans[key].kind)))
        else:
            raise Unreadable(_("{optimizer} has no such setting").format(optimizer=OPTIMIZERS[name].title))
    return Run(name, rate, _different(name, values))


def _different(optimizer: str, values: dict[str, float]) -> tuple[tuple[str, float], ...]:
    defaults = OPTIMIZERS[optimizer].defaults
    return tuple((name, value) for name, value in values.items() if value != defaults[name])


def write_runs(runs: Sequence[Run]) -> list[str]:
    """Write the runs for a link."""
    return [_write_run(run) for run in runs] or ["none"]


def _write_run(run: Run) -> str:
    rate = [("lr", run.learning_rate)] if run.learning_rate is not None else []
    numbers = (f"{name}={links.write_number(value)[0]}" for name, value in (*rate, *run.values))
    return ",".join([run.optimizer, *numbers])


def choose(link: Link, default: Sequence[Run], shared: float, series: Callable[[int], str]) -> tuple[Run, ...]:
    """Draw the list of runs and the editor of one of them, and return the runs.

    `series(i)` marks the i-th run as the picture draws it.
    """
    runs = link.keep(NAME, tuple(default), read_runs, write_runs)
    chosen = _draw_list(link, runs, shared, series)
    if chosen is not None:
        _draw_editor(link, runs, chosen, shared)
    return runs


def _draw_list(link: Link, runs: Sequence[Run], shared: float, series: Callable[[int], str]) -> int | None:
    key = f"{link.page}~edit"
    if runs and st.session_state.get(key, 0) not in range(len(runs)):
        st.session_state[key] = 0
    chosen: int | None = None
    if runs:
        chosen = st.pills(
            _("Optimizers in the race: choose one to change it"),
            range(len(runs)),
            default=st.session_state.get(key, 0),
            format_func=lambda i: f"{series(i)} {runs[i].title(shared)}",
            key=key,
            required=True,
        )
    else:
        st.info(_("No optimizer takes part. Add one below."), icon=":material/add_circle:")
    new = f"{link.page}~add"
    st.selectbox(
        _("Add an optimizer"),
        list(OPTIMIZERS),
        index=None,
        format_func=lambda name: _(OPTIMIZERS[name].title),
        placeholder=_("Add an optimizer") if len(runs) < MOST else _("At most {n} optimizers can race").format(n=MOST),
        label_visibility="collapsed",
        key=new,
        disabled=len(runs) >= MOST,
        on_change=_add,
        args=(link, runs, new),
    )
    return chosen


def _add(link: Link, runs: Sequence[Run], key: str) -> None:
    name = st.session_state[key]
    if name is not None:
        link.change(NAME, (*runs, Run(name)))
        st.session_state[f"{link.page}~edit"] = len(runs)
        st.session_state[key] = None


def _draw_editor(link: Link, runs: Sequence[Run], i: int, shared: float) -> None:
    run, recipe = runs[i], OPTIMIZERS[runs[i].optimizer]
    change = partial(_replace, link, runs, i)
    key = f"{link.page}~run{i}"
    title = _("Settings of {optimizer}").format(optimizer=_(recipe.title))
    with controls.folded(link, "editor", title, ":material/tune:"):
        if not link.drawn:
            return
        tex = r"\begin{gathered}" + recipe.formula.replace(r",\quad", r"\\") + r"\end{gathered}"
        controls.formula(link, tex, note=f"{_(recipe.note)} ({recipe.source})")
        controls.draw_toggle(
            f"{key}~own",
            _("Own learning rate"),
            run.learning_rate is not None,
            lambda on: change(learning_rate=shared if on else None),
        )
        if run.learning_rate is not None:
            controls.draw_dial(
                f"{key}~lr",
                _("Its learning rate"),
                controls.LEARNING_RATE,
                run.learning_rate,
                lambda rate: change(learning_rate=rate),
                controls.LEARNING_RATES,
            )
        values = {**recipe.defaults, **dict(run.values)}
        for parameter in recipe.parameters:
            controls.draw_parameter(
                f"{key}~{run.optimizer}~{parameter.name}",
                parameter,
                values[parameter.name],
                partial(_set_value, change, run.optimizer, values, parameter.name),
            )
        with st.container(horizontal=True):
            full = len(runs) >= MOST
            copy, remove = ":material/content_copy:", ":material/delete:"
            st.button(_("Duplicate"), key=f"{key}~copy", icon=copy, on_click=_copy, args=(link, runs, i), disabled=full)
            st.button(_("Remove"), key=f"{key}~remove", icon=remove, on_click=_remove, args=(link, runs, i))


def _set_value(change: Callable[..., None], optimizer: str, values: dict[str, float], name: str, value: float) -> None:
    change(values=_different(optimizer, {**values, name: value}))


def _replace(link: Link, runs: Sequence[Run], i: int, **changes: Any) -> None:
    link.change(NAME, (*runs[:i], replace(runs[i], **changes), *runs[i + 1 :]))


def _copy(link: Link, runs: Sequence[Run], i: int) -> None:
    link.change(NAME, (*runs[: i + 1], *runs[i:]))
    st.session_state[f"{link.page}~edit"] = i + 1


def _remove(link: Link, runs: Sequence[Run], i: int) -> None:
    link.change(NAME, (*runs[:i], *runs[i + 1 :]))
