"""Inside a step of a race: the update under the playhead in numbers, its arrows on the picture, and slow motion."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.arrays import Array
from optviz.course import addresses
from optviz.figures.arrows import LOOKS, Arrow, Arrows
from optviz.figures.panels import Sentences, Slow
from optviz.lessons import races
from optviz.lessons.races import Settings, Stretch
from optviz.lessons.tables import digits, tex
from optviz.locale.spoken import N_, _, joined, language
from optviz.optimization import anatomy
from optviz.optimization.anatomy import Line, Part, Updates
from optviz.optimization.optimizers import ONE, Optimizer
from optviz.optimization.rules import POINT, WHERE, SubStep, names_in, operations_in
from optviz.optimization.writing import in_words
from optviz.surfaces.grounds import Ground, course_of
from optviz.ui import controls
from optviz.ui.links import Link

Rows = NDArray[np.float32]

FOLD = "inside"
WHICH, SHOWN = "inside.run", "inside.arrows"
PRECISION = 6
WIDEST = 26
"""The letters of a line of numbers that fit on a phone: a longer one is broken where it adds."""

SUB_STEPS = {
    SubStep.GRADIENT: N_("The gradient"),
    SubStep.MOMENTS: N_("The moments"),
    SubStep.ETA: N_("The step η"),
    SubStep.POINT: N_("The new point"),
}
NAMES = {
    Part.GRADIENT: N_("newest gradient"),
    Part.MOMENTUM: N_("remembered momentum"),
    Part.DECAY: N_("weight decay"),
}
STEP = N_("step")
SINCE = {Part.GRADIENT: SubStep.GRADIENT, Part.MOMENTUM: SubStep.MOMENTS, Part.DECAY: SubStep.ETA}
"""The sub-step that brings a part of the step, in their order."""
DASHES = {"solid": "solid", "dash": "dashed", "dot": "dotted"}


class Inside(NamedTuple):
    """What is chosen to be seen of a step: of which run, whether the fold is open, and what the player is given."""

    run: int
    open: bool
    arrows: Arrows | None = None
    arrays: Mapping[str, Rows] = {}
    slow: Slow | None = None


def choose(link: Link, settings: Settings) -> Inside:
    """Return what is chosen, before it is drawn: the picture stands above the fold with its controls."""
    numbers = list(_runs(settings))
    run = link.keep(WHICH, "1", addresses.read_choice(numbers), addresses.write_choice)
    number = int(run) - 1 if run in numbers else 0
    shown = link.keep(SHOWN, False, addresses.read_switch, addresses.write_number)
    if shown:
        # A link that shows the arrows shows their numbers as well.
        st.session_state.setdefault(f"{link.page}-{FOLD}", True)
    fold = bool(st.session_state.get(f"{link.page}-{FOLD}"))
    if not shown:
        return Inside(number, fold)
    return Inside(number, fold, *_seen(settings, number, language()))


def _runs(settings: Settings) -> dict[str, str]:
    return {str(i + 1): name for i, name in enumerate(races.names_of(settings))}


# ---- the arrows and slow motion

COLUMNS = ("w1", "w2", "p1", "p2", "g1", "g2", "m1", "m2", "v1", "v2", "r1", "r2", "e1", "e2", "n1", "n2")
NUMBERS = (*COLUMNS, "lr", "loss", "next")


@lru_cache(maxsize=16)
def _seen(settings: Settings, number: int, spoken: str) -> tuple[Arrows, Mapping[str, Rows], Slow]:
    name = f"inside{number}"
    arrays: dict[str, Rows] = {}
    drawn: dict[str, Arrow] = {}
    stretches = races.updates_of(settings, number)
    for first, updates, ground in stretches:
        for kind, (since, ends) in _arrows(updates).items():
            drawn.setdefault(kind, Arrow(kind, _(STEP if kind == "step" else NAMES[Part(kind)]), since))
            for axis, rows in zip("xy", ends, strict=True):
                _put(arrays, f"{name}.{kind}.{axis}", rows, first, settings.steps)
        _put(arrays, name, _numbers(ground, updates), first, settings.steps)
    # The step is drawn over its parts.
    drawn["step"] = drawn.pop("step")
    before, *forked = stretches
    slow = Slow(name, NUMBERS, _sentences(before.updates.optimizer), _("This is the last step: no update follows."))
    for after in forked:
        slow = slow._replace(fork=after.first, onward=_sentences(after.updates.optimizer))
    return Arrows(name, tuple(drawn.values())), arrays, slow


def _arrows(updates: Updates) -> dict[str, tuple[SubStep, tuple[Array, Array]]]:
    """Return the arrows of all updates, tip to tail: the sub-step of each, x and y of tails and tips `(rows, 2)`."""
    tail, found, shown = updates.look.w, updates.parts, {}
    for part in [part for part in SINCE if part in found]:
        tip = tail - found[part]
        shown[str(part)] = (SINCE[part], _ends(tail, tip))
        tail = tip
    return {**shown, "step": (SubStep.ETA, _ends(updates.look.w, updates.following))}


def _ends(tail: Array, tip: Array) -> tuple[Array, Array]:
    ends = np.stack([tail, tip], axis=-1)
    return ends[:, 0], ends[:, 1]


def _put(arrays: dict[str, Rows], name: str, rows: Array, first: int, steps: int) -> None:
    """Put rows where their steps are; nan stays where no update follows."""
    if name not in arrays:
        arrays[name] = np.full((steps + 1, rows.shape[1]), np.nan, np.float32)
    with np.errstate(over="ignore"):
        arrays[name][first : first + len(rows)] = rows


def _numbers(ground: Ground, updates: Updates) -> Array:
    """Return the numbers of slow motion, `(rows, len(NUMBERS))`."""
    look, update = updates.look, updates.update
    surface = course_of(ground).drawn
    pairs = (look.w, look.point, look.g, update.m, update.v, np.asarray(update.rate), update.eta, updates.following)
    losses = [np.reshape(surface(w)[0], (-1, 1)) for w in (look.w, updates.following)]
    return np.concatenate([*pairs, updates.learning_rate, *losses], axis=1)


MOMENTS = {
    (False, False): N_("2 · Plain gradient descent has no memory: m is the gradient itself, and V is 1."),
    (True, False): N_("2 · The gradient enters the memory: m = ({m1}, {m2})."),
    (False, True): N_("2 · The squared gradient enters the memory: V = ({v1}, {v2})."),
    (True, True): N_("2 · The gradient and its square enter the memory: m = ({m1}, {m2}) and V = ({v1}, {v2})."),
}
"""What happens to the moments, by whether the first remembers and whether there is a second."""

SIGNS = N_("2 · Only the signs of the momentum count: ({m1}, {m2}).")
REMEMBERED = N_("2 · What is remembered from one update to the next is brought up to date, line by line.")
CURVATURE = N_("2 · Newton has no memory: the curvature replaces the moments.")


def _of_moments(optimizer: Optimizer) -> str:
    """Return what happens to the moments of an optimizer."""
    if optimizer.follows_curvature:
        return CURVATURE
    rule, told = optimizer.rule, (anatomy.remembers(optimizer), anatomy.scales(optimizer))
    if rule.split is not None and rule.split.moment.content == "sign" and len(rule.split.above) == 1:
        return SIGNS
    of_squares = optimizer.second != ONE or any("max" in operations_in(tree) for _name, tree in rule.written)
    fits = rule.split is not None and any(told) and (of_squares or not told[1]) and not rule.reads_curvature
    return MOMENTS[told] if fits or not rule.states else REMEMBERED


STEPS = {
    "plain": N_("3 · Times the learning rate {lr}, that gives the step η = ({e1}, {e2})."),
    "scaled": N_(
        "3 · Dividing by the root of V gives the effective learning rates ({r1}, {r2}) and the step η = ({e1}, {e2})."
    ),
    "rated": N_("3 · The effective learning rates ({r1}, {r2}) give the step η = ({e1}, {e2})."),
    "whole": N_("3 · All of that gives the step η = ({e1}, {e2})."),
}
"""How the step comes about: by the learning rate, by the root of V too, by another factor, or by no product at all."""


def _of_step(optimizer: Optimizer) -> str:
    """Return how the step of an optimizer comes about."""
    rule, split = optimizer.rule, optimizer.rule.split
    if split is None or (split.rest is not None and not anatomy.scales(optimizer)):
        return STEPS["whole"]
    is_chosen = any(WHERE in operations_in(part) for name, part in rule.written if name in rule.sources("w"))
    if anatomy.scales(optimizer) and not (is_chosen and len(split.above) > 1):
        return STEPS["scaled"]
    is_plain = not split.below and [part.content for part in split.above] == ["lr"]
    return STEPS["plain" if is_plain else "rated"]


def _of_gradient(optimizer: Optimizer) -> str:
    """Return where an optimizer takes its gradient."""
    if not optimizer.looks_ahead:
        return _("1 · The gradient at ({w1}, {w2}) is ({g1}, {g2}): it points uphill.")
    point = next(line.tree for line in reversed(optimizer.rule.lines) if line.name == POINT)
    said = (
        _("1 · The gradient is computed ahead, at p = {point} = ({p1}, {p2}): it is ({g1}, {g2}).")
        if "lr" in names_in(point)
        else _("1 · The gradient is computed elsewhere, at p = {point} = ({p1}, {p2}): it is ({g1}, {g2}).")
    )
    return said.replace("{point}", in_words(point))


def _sentences(optimizer: Optimizer) -> Sentences:
    """Return the sentences of the four sub-steps of an optimizer, with the names of numbers in braces."""
    return (
        _of_gradient(optimizer),
        _(_of_moments(optimizer)),
        _(_of_step(optimizer)),
        _("4 · The point moves by −η to ({n1}, {n2}); the loss goes from {loss} to {next}."),
    )


# ---- the fold


def draw(link: Link, settings: Settings, inside: Inside, rest: int | None) -> None:
    """Draw the fold, with the lines of the step where the playhead last came to rest."""
    with controls.folded(link, FOLD, _("Inside a step"), ":material/biotech:", alone=False):
        controls.choice(link, WHICH, _("Which run"), _runs(settings), "1")
        controls.switch(link, SHOWN, _("Arrows on the picture, and slow motion"))
        if link.drawn:
            stretches = [each for each in races.updates_of(settings, inside.run) if len(each.updates)]
            known = [each for each in stretches if each.first <= (rest or 0)]
            if known:
                _draw_step(settings.steps, known[-1], rest or 0)
            else:
                st.info(_("The very first update overflows: there are no numbers to show."))


def _draw_step(steps: int, stretch: Stretch, rest: int) -> None:
    first, updates, ground = stretch
    k = min(rest - first, len(updates) - 1)
    moving = _("While the picture plays, these numbers stay at step {step}.").format(step=first + k)
    heading = _heading(steps, first + len(updates), rest)
    st.html(f"<p class='optviz-said'>{escape(heading)}</p><p class='optviz-moving'>{escape(moving)}</p>")
    lines = updates.lines(k)
    draw_lines(lines, {0: "x₁", 1: "x₂"})
    st.html(_sum(updates, k))
    st.caption(joined(*_notes(ground, updates.optimizer, lines)))


def _heading(steps: int, updates: int, rest: int) -> str:
    """Say which update is shown, and why where it is not the one under the playhead."""
    if rest < updates:
        return _("Update t = {t}: from step {step} to step {t}.").format(t=rest + 1, step=rest)
    text = (
        _("Step {step} is the last: no update follows. This update led to it.")
        if updates == steps
        else _("The run ends at step {step}: the next update overflows. This update led to it.")
    )
    return text.format(step=updates)


def draw_lines(lines: list[Line], coordinates: Mapping[int, str]) -> None:
    """Draw the lines of an update by sub-step: in letters, and beside them in the numbers of some coordinates."""
    with st.container(key="inside-lines"):
        for sub_step, group in groupby(lines, key=lambda line: line.sub_step):
            _draw_sub_step(sub_step, list(group), coordinates)


def _draw_sub_step(sub_step: SubStep, lines: list[Line], coordinates: Mapping[int, str]) -> None:
    letters, *columns = st.columns([5, *[6] * len(coordinates)])
    title = f"**{sub_step.value} · {_(SUB_STEPS[sub_step])}**"
    letters.markdown(f"{title}\n\n{_aligned(line.symbols.replace('=', '&=', 1) for line in lines)}")
    for (coordinate, name), column in zip(coordinates.items(), columns, strict=True):
        numbers = _aligned(_in_numbers(line, coordinate) for line in lines)
        column.markdown(f"{name}\n\n{numbers}")


def _in_numbers(line: Line, coordinate: int) -> str:
    """Return a line in numbers as rows of an aligned formula, broken where it is too long for a phone."""
    right, result = line.numbers(coordinate, tex, PRECISION)
    if right == result:
        return f"{line.name} &= {result}"
    rows = broken(right)
    return rf"{line.name} &= " + r" \\ &\quad ".join(rows) + rf" \\ &= \mathbf{{{result}}}"


def broken(text: str) -> list[str]:
    """Break a sum in TeX before each plus outside of all brackets, if it is long."""
    if len(_plain(text)) <= WIDEST:
        return [text]
    rows, depth = [""], 0
    for piece in _PIECES.findall(text):
        depth += {"{": 1, r"\left": 1, "}": -1, r"\right": -1}.get(piece, 0)
        if piece == " + " and not depth:
            rows.append("+ ")
        else:
            rows[-1] += piece
    return rows


_PIECES = re.compile(r"\\left|\\right| \+ |.", re.DOTALL)


def _plain(text: str) -> str:
    """Return about as many letters as TeX takes room for."""
    return re.sub(r"\\(left|right|frac|sqrt|;)|[{}^ ]", "", text.replace(r"\times", "×").replace(r"\cdot", "·"))


def _aligned(rows: Iterable[str]) -> str:
    return "$$\n\\begin{aligned}" + r" \\[0.4em] ".join(rows) + "\\end{aligned}\n$$"


def _sum(updates: Updates, k: int) -> str:
    """Return the parts of the step as HTML, each with the look of its arrow."""
    found = {part: -rows[k] for part, rows in updates.parts.items()}
    terms = [_term(part, _(NAMES[part]), found[part]) for part in found] if len(found) > 1 else []
    whole = _term("step", _(STEP), -updates.update.eta[k])
    return f"<p class='optviz-sum'>{' + '.join(terms)}{' = ' if terms else ''}{whole}</p>"


def _term(kind: str, name: str, vector: Array) -> str:
    color, dash, width = LOOKS[kind]
    line = f"border-top:{width:g}px {DASHES[dash]} var(--optviz-{color})"
    numbers = ", ".join(digits(float(x) + 0.0).replace("-", "−") for x in vector)
    return f"<span><i style='{line}'></i>{escape(name)} ({numbers})</span>"


def _notes(ground: Ground, optimizer: Optimizer, lines: list[Line]) -> list[str]:
    """Say what the letters stand for that are not in the optimizer's formula."""
    names = {line.name for line in lines}
    said = {
        _("α is the effective learning rate of a coordinate."): r"\alpha_t" in names,
        _("p is the point ahead, where the gradient is computed."): optimizer.looks_ahead,
        _("i is the coordinate and j the other one."): "H_{ii}" in names,
        _("The gradient includes the penalty."): bool(ground.l1 or ground.l2),
        _("The gradient includes noise."): bool(ground.sigma),
        _("Each line uses the printed results of the lines before it; −η moves the point."): True,
    }
    return [text for text, holds in said.items() if holds]
