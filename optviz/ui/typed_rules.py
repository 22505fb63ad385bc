"""The field in which a visitor types an update rule, and the known rules from which one may begin."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from optviz.course import addresses
from optviz.course.addresses import Unreadable
from optviz.lessons.words import rule_error, rule_refusal
from optviz.locale.spoken import _
from optviz.notation import FormulaError
from optviz.optimization.optimizers import LONGEST, OPTIMIZERS, OWN, TRAINERS, example, template, typed
from optviz.ui import controls
from optviz.ui.links import Link

HEIGHT = 150


def draw(key: str, name: str, change: Callable[[str], Any], *, net: bool = False) -> None:
    """Draw the field of the rule called `name`, and hand the name of another one to `change`.

    A net has matrices and no Hessian, a surface has a Hessian and no matrices. A text that is refused stays in the
    field, with what is wrong with it, and the rule stays what it was.
    """
    text, tried, begin = name.removeprefix(OWN), f"{key}~tried", f"{key}~begin"
    at, wrong = st.session_state.get(tried, (text, ""))
    written = wrong if wrong and at == text else text

    def read(new: str) -> None:
        if _refusal(new, net):
            st.session_state[tried] = (text, new)
            return
        st.session_state.pop(tried, None)
        change(OWN + template(OWN + new))

    def start() -> None:
        chosen = st.session_state[begin]
        if chosen is not None and not controls.is_echo():
            st.session_state[begin] = None
            read(template(chosen))

    known = list(TRAINERS if net else OPTIMIZERS)
    st.selectbox(
        _("Begin with a known rule"),
        known,
        index=None,
        format_func=lambda each: _(OPTIMIZERS[each].title),
        placeholder=_("Begin with a known rule"),
        label_visibility="collapsed",
        key=begin,
        on_change=start,
    )
    controls.draw_area(
        f"{key}~text",
        _("The lines of the rule"),
        written,
        read,
        height=HEIGHT,
        longest=LONGEST,
        help_text=_(
            "One line is one assignment: g is the gradient, w the weights, t the number of the update, lr the learning "
            "rate. A name that is read before it is written is remembered, from 0 on. The last line gives the new w. A "
            "line like beta = 0.9 in [0, 1] makes a slider. On a line of its own, gradient(…) or loss(…) asks at "
            "another point, and search(d, lr) for the longest step along −d that lowers the loss by enough; "
            "wolfe(d, lr) makes that step long enough too, and lbfgs(m) is the direction that the last m steps give."
        ),
    )
    if wrong and at == text:
        st.error(_refusal(wrong, net), icon=":material/edit_off:")


def _refusal(text: str, net: bool) -> str:
    """Say what is wrong with a text."""
    try:
        return rule_refusal(typed(text)().rule, net)
    except FormulaError as error:
        return rule_error(error, text)


def choose(link: Link, name: str, *, net: bool = False) -> str:
    """Draw the field of a rule that stands in the link by itself, and return the rule's name."""
    rule = link.keep(name, example.name, partial(_read, net=net), _write, plus=addresses.rule_sums)
    if link.drawn:
        draw(f"{link.page}~{name}", rule, lambda new: link.change(name, new), net=net)
    return rule


def _read(texts: list[str], net: bool) -> str:
    text = addresses.single(texts).replace(";", "\n")
    if refusal := _refusal(text, net):
        raise Unreadable(refusal)
    return OWN + template(typed(text).name)


def _write(name: str) -> list[str]:
    return [name.removeprefix(OWN).replace(" ", "").replace("\n", ";")]
