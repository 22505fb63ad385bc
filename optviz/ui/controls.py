"""The controls: each shows one value of the page's link and changes it, in the visitor's language.

A widget follows the value that the session keeps (an example or another widget may have set it), and is only written to
when it differs, so that a slider that is being dragged is never pulled back.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from optviz.arrays import Array
from optviz.course import addresses
from optviz.lessons.ranges import COORDINATE
from optviz.lessons.words import field_error, number_error
from optviz.locale.spoken import _, titled
from optviz.recipes import Choice, Parameter, Range, Recipe
from optviz.typed_numbers import Fault, Field, FieldError
from optviz.ui import links
from optviz.ui.links import Link

Change = Callable[[Any], None]
IsEnough = Callable[[], bool]
"""Whether of a page only what `lesson.follow` draws follows a control, as the page stands."""
T = TypeVar("T")
E = TypeVar("E", bound=Exception)

LONGEST_TEXT = 2100
"""More characters than anything that reads them takes, so that a long text is refused with a word, and not cut."""
FIELD = 104
POINT = ("x1", "x2")


@contextmanager
def folded(link: Link, name: str, label: str, icon: str, *, alone: bool = True) -> Iterator[None]:
    """Draw a group of controls that can be folded away; what is not seen is not sent.

    Of the groups that are to be `alone` one is open at a time, so that the others stay within reach.
    """
    key = f"{link.page}-{name}"
    groups: set[str] = st.session_state.setdefault(f"{link.page}-groups", set())
    if alone:
        groups.add(key)
    group = st.expander(label, icon=icon, key=key, on_change=_close_others, args=(key, groups if alone else set()))
    link.drawn = bool(group.open)
    try:
        with group:
            yield
    finally:
        link.drawn = True


@contextmanager
def left_out(link: Link, is_out: bool) -> Iterator[None]:
    """Draw none of the controls within where they have no say: they only keep their values."""
    link.drawn = not is_out
    try:
        yield
    finally:
        link.drawn = True


def is_open(link: Link, name: str) -> bool:
    """Whether a group of controls is open."""
    return bool(st.session_state.get(f"{link.page}-{name}"))


def _close_others(key: str, groups: set[str]) -> None:
    links.settle(False)
    if is_echo():
        st.session_state[key] = not st.session_state[key]
    elif st.session_state[key]:
        st.session_state.update(dict.fromkeys(groups - {key}, False))


def choice(
    link: Link,
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: str,
    *,
    resets: Sequence[str] = (),
    then: Change | None = None,
    refusal: Callable[[str], str] | None = None,
) -> str:
    """Draw a select box over `titles` (key -> title in the visitor's language) and return the key chosen.

    Another choice puts the controls named in `resets` back to their defaults, and is handed to `then`. `refusal` says
    why a key is none of these, if it knows.
    """
    value = _one_of(link, name, titles, default, refusal)
    if not link.drawn:
        return value
    key = _follow(link, name, value)

    def change(chosen: str) -> None:
        link.change(name, chosen, resets=resets)
        if then:
            then(chosen)

    options = list(titles)
    st.selectbox(
        label,
        options,
        index=options.index(value),
        format_func=titles.__getitem__,
        key=key,
        on_change=_pass_on,
        args=(key, change),
    )
    return value


def several(
    link: Link,
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: Sequence[str],
    *,
    most: int | None = None,
) -> tuple[str, ...]:
    """Draw a select box over `titles` in which several may be chosen, or none, and return their keys in its order."""
    value = link.keep(name, tuple(default), addresses.read_choices(list(titles), most), addresses.write_choices)
    if link.drawn:
        key = _follow(link, name, list(value))
        st.multiselect(
            label,
            list(titles),
            list(value),
            format_func=titles.__getitem__,
            key=key,
            max_selections=most,
            placeholder=_("Choose at least one"),
            on_change=_pass_on,
            args=(key, lambda chosen: link.change(name, tuple(each for each in titles if each in chosen))),
        )
    return value


def segments(link: Link, name: str, label: str, titles: Mapping[str, str], default: str) -> str:
    """Draw a row of buttons of which one is on, and return the key chosen."""
    value = _one_of(link, name, titles, default)
    if not link.drawn:
        return value
    key = _follow(link, name, value)
    st.segmented_control(
        label,
        list(titles),
        default=value,
        format_func=titles.__getitem__,
        key=key,
        required=True,
        on_change=_pass_on,
        args=(key, partial(link.change, name)),
    )
    return value


def _one_of(
    link: Link, name: str, titles: Mapping[str, str], default: str, refusal: Callable[[str], str] | None = None
) -> str:
    """Return the value of a choice, or its default where another control has taken away what was chosen."""
    value = link.keep(name, default, addresses.read_choice(list(titles), refusal), addresses.write_choice)
    if value in titles:
        return value
    link.forget(name)
    return default


def switch(link: Link, name: str, label: str, default: bool = False) -> bool:
    """Draw a toggle."""
    value = link.keep(name, default, addresses.read_switch, addresses.write_number)
    if link.drawn:
        draw_toggle(f"{link.page}~{name}", label, value, partial(link.change, name))
    return value


def draw_toggle(key: str, label: str, value: bool, change: Change) -> None:
    """Draw a toggle that shows `value` and calls `change` with the other."""
    _set(key, value)
    st.toggle(label, value, key=key, on_change=_pass_on, args=(key, change))


def text(link: Link, name: str, label: str, default: str, *, formula: bool = False) -> str:
    """Draw a line of text; in a `formula` a plus sign in the address is one."""
    if formula:
        value = link.keep(name, default, addresses.single, addresses.write_formula, plus=addresses.sums)
    else:
        value = link.keep(name, default, addresses.single, addresses.write_choice)
    if not link.drawn:
        return value
    key = _follow(link, name, value)
    change = partial(link.change, name)
    st.text_input(label, value, key=key, max_chars=LONGEST_TEXT, on_change=_pass_on, args=(key, change))
    return value


def draw_area(key: str, label: str, value: str, change: Change, *, height: int, longest: int, help_text: str) -> None:
    """Draw a field of several lines that shows `value` and calls `change` with another."""
    _set(key, value)
    st.text_area(
        label,
        value,
        height=height,
        max_chars=longest,
        help=help_text,
        key=key,
        on_change=_pass_on,
        args=(key, change),
    )


def typed(
    link: Link,
    name: str,
    label: str,
    default: str,
    read: Callable[[str], T],
    errors: type[E] | tuple[type[E], ...],
    explain: Callable[[E], str],
    *,
    formula: bool = False,
) -> T:
    """Draw a line of text and return what `read` makes of it; where it cannot, say why and keep what it was before.

    `explain` says, in the visitor's language, what is wrong with a text for which `read` raises one of `errors`.
    """
    written = text(link, name, label, default, formula=formula)
    good = f"{link.page}-good-{name}"
    try:
        value = read(written)
    except errors as error:
        if link.drawn:
            st.error(explain(error), icon=":material/edit_off:")
        return read(st.session_state.get(good, default))
    st.session_state[good] = written
    return value


def numbers(link: Link, name: str, label: str, default: str, entry: Field) -> Array:
    """Draw a line of numbers and return them, `(n,)` or a table `(rows, n)`; a bad one is explained and not used."""
    value = typed(link, name, label, default, entry.read, FieldError, field_error)
    if link.drawn:
        say_what_was_read(entry, link.now(name, default))
    return value


def say_what_was_read(entry: Field, text: str) -> None:
    """Say how a list of numbers was read, where it could have been read in another way."""
    with suppress(FieldError):
        if understood := entry.understood(text):
            st.caption(_("Read as {numbers}").format(numbers=understood))


def point(link: Link, default: tuple[float, float]) -> tuple[float, float]:
    """Draw two number fields for a point of the plane; by default it lies where the surface says."""
    with st.container(horizontal=True, wrap=False):
        return (
            exact(link, POINT[0], "x₁", COORDINATE, default[0]),
            exact(link, POINT[1], "x₂", COORDINATE, default[1]),
        )


def point_now(link: Link, before: tuple[float, float]) -> tuple[float, float]:
    """Return where a point is by now, which was drawn `before`: in a fragment it may have been dragged since."""
    return float(link.now(POINT[0], before[0])), float(link.now(POINT[1], before[1]))


def move(link: Link, to: Sequence[float], names: Sequence[str] = POINT) -> None:
    """Move a point to where the picture was clicked, to four digits: a link need not be longer."""
    for name, value in zip(names, to, strict=False):
        link.change(name, float(f"{COORDINATE.clamp(value):.4g}"))


def whole(
    link: Link,
    name: str,
    label: str,
    span: Range,
    default: int,
    step: int = 1,
    *,
    is_enough: IsEnough | None = None,
) -> int:
    """Draw a slider over whole numbers, which only what `lesson.follow` draws follows where that `is_enough`."""
    value = int(link.keep(name, float(default), addresses.read_number(span, int), addresses.write_number))
    if link.drawn:
        change = partial(link.follow, name, (following(link),), is_enough) if is_enough else partial(link.change, name)
        draw_whole(f"{link.page}~{name}", label, span, value, change, step)
    return value


def following(link: Link) -> str:
    """Return the key of the fragment in which `lesson.follow` draws."""
    return f"{link.page}-following"


def draw_whole(key: str, label: str, span: Range, value: int, change: Change, step: int = 1) -> None:
    """Draw a slider over whole numbers that shows `value` and calls `change` with another."""
    shown = _hand_over(key, value, lambda told: change(round(span.clamp(told))))
    st.slider(label, int(span.low), int(span.high), shown, step, key=key, on_change=_pass_on, args=(key, change))


def exact(link: Link, name: str, label: str, span: Range, default: float) -> float:
    """Draw a number field."""
    value = float(link.keep(name, default, addresses.read_number(span), addresses.write_number))
    if link.drawn:
        key = f"{link.page}~{name}"
        _draw_field(key, label, span, value, partial(link.change, name))
        _say_of_field(key, value)
    return value


def dial(
    link: Link,
    name: str,
    label: str,
    span: Range,
    default: float,
    stops: Sequence[float] | None = None,
    *,
    is_enough: IsEnough | None = None,
) -> float:
    """Draw a slider over a few good values with a field beside it for any other; `is_enough` is as in `whole`."""
    value = float(link.keep(name, default, addresses.read_number(span), addresses.write_number))
    if link.drawn and is_enough:
        _draw_followed_dial(link, name, label, span, value, stops, is_enough)
    elif link.drawn:
        draw_dial(f"{link.page}~{name}", label, span, value, partial(link.change, name), stops)
    return value


def _draw_followed_dial(
    link: Link,
    name: str,
    label: str,
    span: Range,
    value: float,
    stops: Sequence[float] | None,
    is_enough: IsEnough,
) -> None:
    """Draw a dial whose slider has only its field run beside what `lesson.follow` draws."""
    key = f"{link.page}~{name}"
    slider, field, part = f"{key}~slider", _field_of(key, span), f"{key}-field"

    def silent() -> bool:
        return _noted(field) not in st.session_state and is_enough()

    def draw() -> None:
        now = link.now(name, value)
        _draw_field(field, label, span, now, partial(link.change, name), alone=False, part=part)

    follow = partial(link.follow, name, (part, following(link)), silent)
    with _beside():
        _draw_stops(slider, label, span, value, follow, stops)
        with st.container(width=FIELD):
            st.fragment(draw, key=part)()
    _say_of_field(field, value)


def draw_dial(
    key: str,
    label: str,
    span: Range,
    value: float,
    change: Change,
    stops: Sequence[float] | None = None,
    whole: bool = False,
) -> None:
    """Draw a dial that shows `value` and calls `change` with another."""
    field = _field_of(key, span)
    with _beside():
        _draw_stops(f"{key}~slider", label, span, value, change, stops)
        _draw_field(field, label, span, value, change, whole, alone=False)
    _say_of_field(field, value)


def _field_of(key: str, span: Range) -> str:
    """Return the key of a dial's field."""
    # A phone's keyboard of digits, which a field without negative numbers gets, may have no minus.
    return f"{key}~{'signed' if span.low < 0 else 'field'}"


def _beside() -> DeltaGenerator:
    """Return the place of a slider with its field."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False)


def _draw_stops(
    key: str, label: str, span: Range, value: float, change: Change, stops: Sequence[float] | None = None
) -> None:
    options: list[float] = []
    shown = _hand_over(key, value, lambda told: change(options[max(0, min(round(told), len(options) - 1))]))
    options += sorted({*(stops or spread(span)), shown})
    st.select_slider(label, options, shown, format_func=_plain, key=key, on_change=_pass_on, args=(key, change))


class Typed(NamedTuple):
    """What was typed into a number field and is spoken of: the value since then, the text shown, and the fault."""

    value: float
    shown: str
    fault: FieldError


def _draw_field(
    key: str,
    label: str,
    span: Range,
    value: float,
    change: Change,
    whole: bool = False,
    *,
    alone: bool = True,
    part: str = "",
) -> None:
    """Draw a field that shows `value` and calls `change` with another, written as `optviz.numerals` knows numbers.

    The browser's own field for numbers drops a decimal comma without a word. What cannot be read stays in this one.
    One that is not `alone` stands beside a slider of the same label; `part` is the fragment that it is drawn in.
    """
    note = _note(key, value)
    shown = note.shown if note else _plain(value)
    _set(key, shown)
    st.text_input(
        label if alone else _("{name}, exact value").format(name=label),
        shown,
        key=key,
        # Numbers are nothing to be remembered, and the script that knows number fields knows them by this.
        autocomplete="off",
        label_visibility="visible" if alone else "collapsed",
        width="stretch" if alone else FIELD,
        on_change=wholly,
        args=(_read_field, key, Field(low=float(span.low), high=float(span.high), whole=whole), value, change, part),
    )


def wholly(change: Callable[..., None], *given: Any, **named: Any) -> None:
    """Change something, and have the whole page run also where the control is drawn in a part of it."""
    change(*given, **named)
    if links.is_alone():
        st.rerun()


def _read_field(key: str, entry: Field, value: float, change: Change, part: str) -> None:
    text: str = st.session_state[key] or ""
    # A field that was emptied has no value: the one before stays.
    if is_echo(part) or not text.strip() or text == _plain(value):
        return
    st.session_state.pop(_noted(key), None)
    try:
        change(entry.number(text))
    except FieldError as error:
        is_beyond = error.fault in (Fault.TOO_SMALL, Fault.TOO_LARGE)
        taken = error.limit if is_beyond else value
        st.session_state[_noted(key)] = Typed(taken, _plain(taken) if is_beyond else text[:LONGEST_TEXT], error)
        if is_beyond:
            change(taken)


def _noted(key: str) -> str:
    return f"{key}~typed"


def _note(key: str, value: float) -> Typed | None:
    """Return what is to be said of a field, until its value changes."""
    note: Typed | None = st.session_state.get(_noted(key))
    return note if note and note.value == value else None


def _say_of_field(key: str, value: float) -> None:
    if note := _note(key, value):
        is_beyond = note.fault.fault in (Fault.TOO_SMALL, Fault.TOO_LARGE)
        say = st.warning if is_beyond else st.error
        say(number_error(note.fault, _plain(value)), icon=":material/edit_off:")


def parameters(link: Link, prefix: str, recipe: Recipe[Any]) -> dict[str, Any]:
    """Draw the controls of a recipe's parameters, as its signature gives them, and return their values by name."""
    values = {}
    for parameter in recipe.parameters:
        name = prefix + parameter.name
        read = addresses.read_number(parameter.range, parameter.kind)
        values[parameter.name] = link.keep(name, parameter.default, read, addresses.write_number)
        if link.drawn:
            draw_parameter(f"{link.page}~{name}", parameter, values[parameter.name], partial(link.change, name))
    return values


def recipe(link: Link, name: str, label: str, registry: Mapping[str, Recipe[Any]], default: str) -> Choice:
    """Draw a select box over a registry and the controls of the chosen recipe's parameters, and return the choice."""
    chosen = choice(link, name, label, titled(registry), default)
    return chosen_of(link, registry, chosen)


def chosen_of(link: Link, registry: Mapping[str, Recipe[Any]], name: str, prefix: str = "") -> Choice:
    """Draw the controls of the parameters of a recipe that is chosen elsewhere, and return the choice."""
    return Choice(name, tuple(parameters(link, f"{prefix}{name}.", registry[name]).items()))


def formula(link: Link, tex: str, title: str = "", note: str = "") -> None:
    """Draw a formula, with its title above and a note below."""
    if link.drawn:
        parts = (f"**{title}**" if title else "", f"$$\n{tex}\n$$", note)
        st.markdown("\n\n".join(part for part in parts if part))


def stacked(tex: str) -> str:
    """Return a formula of several parts, separated by `,\\quad`, with each part on a line of its own."""
    return r"\begin{gathered}" + tex.replace(r",\quad", r"\\") + r"\end{gathered}"


def draw_parameter(key: str, parameter: Parameter, value: Any, change: Change) -> None:
    """Draw the control that fits a parameter: a toggle, a slider over whole numbers, or a dial."""
    label, span = parameter_label(parameter), parameter.range
    if parameter.kind is bool:
        draw_toggle(key, label, bool(value), change)
    elif parameter.kind is int and span.scale == "linear":
        draw_whole(key, label, span, int(value), change, max(1, int(span.high - span.low) // 200))
    else:
        is_whole = parameter.kind is int
        draw_dial(key, label, span, float(value), lambda chosen: change(parameter.kind(chosen)), whole=is_whole)


def parameter_label(parameter: Parameter) -> str:
    """Return a parameter's name in the visitor's language with its symbol in TeX."""
    return f"{_(parameter.title)} ${parameter.range.symbol}$"


def spread(span: Range) -> list[float]:
    """Return a few good values over a range, as its scale asks for."""
    if span.scale == "log":
        first, last = math.floor(math.log10(span.low)), math.ceil(math.log10(span.high))
        stops = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 3)]
    elif span.scale == "decay":
        stops = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.995, 0.999, 0.9999]
    else:
        stops = [span.low + (span.high - span.low) * i / 20 for i in range(21)]
    return [float(f"{stop:.6g}") for stop in stops if span.low <= stop <= span.high]


def _plain(value: float) -> str:
    return f"{value:g}"


def _follow(link: Link, name: str, value: object) -> str:
    key = f"{link.page}~{name}"
    _set(key, value)
    return key


def _set(key: str, value: object) -> None:
    # A widget is given its value twice: here where it is already there and shows another, and when it is drawn, because
    # a run may overtake the browser before it has drawn the widget, and would leave it at the widget's own default.
    if st.session_state.get(key, value) != value:
        st.session_state[key] = value


SLIDERS, SLID = "sliders", "slid"


def _hand_over(key: str, value: T, change: Change) -> T:
    """Return what a slider is to show, and note what changes its value while it is held.

    Streamlit's sliders report when they are released. The one that is held goes before: it is not written to.
    """
    name = in_page(key)
    st.session_state.setdefault(SLIDERS, {})[name] = change
    if links.held() == name:
        return cast(T, st.session_state.get(key, value))
    _set(key, value)
    return value


def in_page(key: str) -> str:
    """Return a widget's key as Streamlit writes it into its element's class, `st-key-…`."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def slide(name: str, told: float, held: bool) -> None:
    """Take the value of a slider that is held or was just released: a number, or the place of one of its options."""
    links.hold(name if held else "")
    change = st.session_state.get(SLIDERS, {}).get(name)
    if change:
        change(told)
    # Not where the change itself had parts of the page run, and ended this.
    st.session_state[SLID] = True


def slid() -> bool:
    """Whether a slider was moved while it is held, since this was asked last."""
    return bool(st.session_state.pop(SLID, False))


def _pass_on(key: str, change: Change) -> None:
    # A field that was emptied has no value: the one before stays.
    if st.session_state[key] is not None and not is_echo():
        change(st.session_state[key])


def is_echo(part: str = "") -> bool:
    """Whether a widget's "change" is only what the browser knew before it heard of a value that was set here.

    A fragment that runs by itself reports all widgets with every run. Controls stand outside of fragments: whoever
    moves one makes the whole script run. One that does not stands alone in the fragment `part`.
    """
    context = get_script_run_ctx()
    running = (context and context.fragment_ids_this_run) or ()
    return bool(running) and not (context and part and set(running) & set(_ids_of(context, part)))


def _ids_of(context: ScriptRunContext, part: str) -> list[str]:
    try:
        return context.fragment_storage.resolve_target(part)
    except StreamlitAPIException:  # no such fragment has been drawn
        return []
