"""What would help a run in which something goes wrong: a value that is tried, and offered where it works."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

import streamlit as st

from optviz.lessons import races, ranges
from optviz.lessons.races import Settings
from optviz.lessons.rosters import plain
from optviz.lessons.runs import Contestant, Run
from optviz.locale.spoken import _
from optviz.optimization.optimizers import Optimizer
from optviz.surfaces.diagnosis import Cause, Finding, Trouble
from optviz.surfaces.grounds import course_of
from optviz.surfaces.race import End, Ending
from optviz.ui import controls
from optviz.ui.links import Link

QUICK = 1000
"""Up to so many steps of all runs together a remedy is sought at once; else, to be quick, when it is asked for."""
SMALLER = (0.5, 0.3, 0.1, 0.03, 0.01, 0.001)
LARGER = (2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0)
SAFE = 0.9
"""The share of a bound that is tried: near it a run swings for long."""
SOON = 2.0
"""Of the values that arrive the first is taken that needs no more than so many times the steps of the fastest."""
BETTER = 0.1
"""A run that does not arrive is still helped where so much of its distance in the loss is left, and no trouble."""
DECAYS = (0.9, 0.8, 0.6, 0.4)
RESCUERS = (("adam", 0.1), ("adam", 0.3), ("adam", 1.0))
AFTER_ADAGRAD = (("rmsprop", 0.03), ("rmsprop", 0.1))


class Remedy(NamedTuple):
    """The run of a race that is to be changed, and what is to take its place: with it the run goes as `end` says."""

    run: int
    contestant: Contestant
    end: End


def offer(link: Link, settings: Settings, change: Callable[[int, Any], None]) -> None:
    """Draw a button for what helps each run in which something goes wrong; the player says why at its step.

    `change(i, contestant)` puts another in the place of the i-th run.
    """
    troubled = [i for i, found in enumerate(races.findings_of(settings)) if found]
    if not troubled:
        return
    asked = f"{link.page}-tried"
    if settings.steps * len(troubled) > QUICK and st.session_state.get(asked) != settings:
        ask = partial(st.session_state.__setitem__, asked, settings)
        st.button(_("Try what helps"), key=f"{link.page}~ask", icon=":material/healing:", on_click=ask)
        return
    helped = {i: remedy for i in troubled if (remedy := remedy_of(settings, i))}
    if helped:
        with st.container(horizontal=True, key=f"{link.page}-remedies"):
            for i, remedy in helped.items():
                st.button(
                    label(settings, remedy),
                    key=f"{link.page}~remedy{i}",
                    icon=":material/healing:",
                    on_click=controls.wholly,
                    args=(change, i, remedy.contestant),
                    wrap=True,
                )
    helpless = [name for i, name in enumerate(races.names_of(settings)) if i in troubled and i not in helped]
    if helpless:
        text = _("Nothing tried helps here: {names}. Try another start or another optimizer.")
        st.caption(text.format(names=_(", ").join(helpless)))


def label(settings: Settings, remedy: Remedy) -> str:
    """Return what a remedy's button says: what is changed, from which value to which."""
    before, after = settings.runs[remedy.run], remedy.contestant
    name, look = races.runners_of(settings)[remedy.run]
    if isinstance(before, Run) and isinstance(after, Run):
        name = _(before.recipe.title)
        if before.name != after.name:
            text = _("{name}: try {other}, learning rate {after:g}")
            return f"{look.glyph} " + text.format(name=name, other=_(after.recipe.title), after=after.learning_rate)
        if before.values != after.values:
            key = next(key for key, value in after.all_values.items() if before.all_values[key] != value)
            symbol = plain(next(p.range.symbol for p in before.recipe.parameters if p.name == key))
            text = _("{name}: {symbol} {before:g} → {after:g}")
            values = {"before": before.all_values[key], "after": after.all_values[key]}
            return f"{look.glyph} " + text.format(name=name, symbol=symbol, **values)
    text = _("{name}: learning rate {before:g} → {after:g}")
    return f"{look.glyph} " + text.format(name=name, before=_rate(settings, before), after=after.learning_rate)


def remedy_of(settings: Settings, i: int) -> Remedy | None:
    """Return what helps the i-th run of a race, None where nothing that is tried does."""
    found = _search(replace(settings, runs=(settings.runs[i],), fork=None))
    return found and found._replace(run=i)


@lru_cache(maxsize=512)
def _search(settings: Settings) -> Remedy | None:
    """Try the candidates for the only run of a race side by side, and return the least change that arrives soon.

    A change of the run's own numbers goes before another optimizer. Where none arrives, one that has no trouble and
    ends clearly better is returned.
    """
    (found,), (before,) = races.findings_of(settings), races.race_of(settings).ends
    assert found
    sound: list[Remedy] = []
    for candidates in (_own(settings, found), _others(settings, found)):
        tried = _without_trouble(settings, candidates)
        arrived = [remedy for remedy in tried if remedy.end.ending is Ending.ARRIVED]
        if arrived:
            soonest = min(remedy.end.arrival or 0 for remedy in arrived)
            return next(remedy for remedy in arrived if (remedy.end.arrival or 0) <= SOON * soonest)
        sound += tried
    best = course_of(settings.ground).minima
    floor = best.value if best.known else None
    better = [remedy for remedy in sound if _clearly_better(remedy.end, before, floor)]
    return min(better, key=lambda remedy: remedy.end.loss, default=None)


def _without_trouble(settings: Settings, candidates: Sequence[Contestant]) -> list[Remedy]:
    """Run the candidates side by side, and return those in which nothing goes wrong."""
    if not candidates:
        return []
    result, findings = races.tried(replace(settings, runs=tuple(candidates)))
    return [
        Remedy(0, contestant, end)
        for contestant, end, trouble in zip(candidates, result.ends, findings, strict=True)
        if not trouble
    ]


def _clearly_better(end: End, before: End, floor: float | None) -> bool:
    if floor is None:
        return end.ending is Ending.DESCENDING
    return bool(end.loss - floor <= BETTER * (before.loss - floor))


def _rate(settings: Settings, contestant: Contestant) -> float:
    return settings.learning_rate if contestant.learning_rate is None else contestant.learning_rate


def _own(settings: Settings, found: Finding) -> list[Contestant]:
    """Return the run with other numbers of its own: first the one that is to blame."""
    (run,) = settings.runs
    base = _rate(settings, run)
    decays = _less_momentum(run) if found.cause is Cause.MOMENTUM and isinstance(run, Run) else []
    rates = _rounded(base * factor for factor in _factors(found, run.build()))
    with_rates = [cast(Contestant, replace(cast(Any, run), learning_rate=rate)) for rate in rates if rate != base]
    return [*decays, *with_rates]


def _factors(found: Finding, optimizer: Optimizer) -> tuple[float, ...]:
    """Return the factors of the learning rate to try; one leads near the bound where that is known."""
    if found.trouble is Trouble.SWINGING:
        return SMALLER
    diverged = found.trouble in (Trouble.DIVERGED, Trouble.OVERFLOW, Trouble.LEFT, Trouble.JUMPED)
    limit = found.limit if diverged else optimizer.largest_rate(found.high)
    near = (SAFE * limit / found.rate,) if limit else ()
    return (*near, *(SMALLER if diverged else LARGER))


def _rounded(rates: Iterable[float]) -> list[float]:
    """Return learning rates of two digits, each once, within what can be set."""
    return list(dict.fromkeys(ranges.LEARNING_RATE.clamp(float(f"{rate:.2g}")) for rate in rates))


def _less_momentum(run: Run) -> list[Contestant]:
    """Return the run with smaller decays of its momentum."""
    values, decay = run.all_values, run.build().first.decay
    name = next((name for name in ("beta1", "beta") if values.get(name) == decay), None)
    if name is None:
        return []
    default = run.recipe.defaults[name]
    others = tuple(pair for pair in run.values if pair[0] != name)
    return [
        replace(run, values=others if less == default else (*others, (name, less))) for less in DECAYS if less < decay
    ]


def _others(settings: Settings, found: Finding) -> list[Contestant]:
    """Return other optimizers for a run: AdaGrad's heir where its rate has died, else those that leave flat places."""
    (run,) = settings.runs
    if not isinstance(run, Run):
        return []
    heirs = AFTER_ADAGRAD if found.trouble is Trouble.DEAD_RATE and not found.scheduled else ()
    return [Run(name, rate) for name, rate in (*heirs, *RESCUERS) if name != run.name]
