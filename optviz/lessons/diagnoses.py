"""What is said of a run in which something goes wrong: a sentence or two, with the numbers of the moment."""

from collections.abc import Mapping
from math import ceil, isclose, isnan

from optviz.lessons.tables import NOTHING, digits
from optviz.locale.spoken import N_, _, joined
from optviz.surfaces.diagnosis import Cause, Finding, Trouble

_TROUBLES: Mapping[Trouble, str] = {
    Trouble.CRAWLING: N_(
        "{name} is too slow: {pace} per step with {left} still to go, at least {further} more steps. "
        "The slope is {slope}, the effective learning rate {effective}."
    ),
    Trouble.SADDLE: N_(
        "{name} is stuck on a saddle: the slope is only {slope}, the curvature {low} one way and {high} the other."
    ),
    Trouble.PLATEAU: N_(
        "{name} is stuck on a plateau: the slope is only {slope}, the curvature between {low} and {high}."
    ),
    Trouble.LOCAL_MINIMUM: N_(
        "{name} is stuck in a local minimum: the slope is only {slope}, and both curvatures, {low} and {high}, are "
        "positive."
    ),
    Trouble.MAXIMUM: N_(
        "{name} is stuck on a maximum: the slope is only {slope}, and both curvatures, {low} and {high}, are negative."
    ),
    Trouble.CLIMBING: N_(
        "{name} climbs: from step {step} on every step leads uphill, because it divides the slope by "
        "the curvatures {low} and {high}, which are not both positive: the Hessian is not positive "
        "definite."
    ),
    Trouble.SINGULAR: N_(
        "{name} stands still from step {step} on: its slope is {slope}, but there is no curvature along "
        "it to divide by: the Hessian, with the curvatures {low} and {high}, is singular."
    ),
    Trouble.JUMPED: N_(
        "{name} jumped over a pole, where the loss is unbounded: at step {turn} it is on the other "
        "side. Before that, the slope was {slope} and its learning rate {rate}; the loss went from "
        "{first} to {loss}."
    ),
    Trouble.LEFT: N_(
        "{name} left the surface: step {turn} would lead to a point without a value. Before that, the "
        "slope was {slope} and its learning rate {rate}."
    ),
    Trouble.OVERFLOW: N_(
        "{name} overflowed: at step {turn} the numbers exceed the largest there is, 1.8e+308. Before "
        "that, the slope was {slope} and its learning rate {rate}."
    ),
}
_FLAT: Mapping[Trouble, str] = {
    Trouble.SADDLE: N_(
        "{name} is stuck on a saddle: the slope is only {slope} and the curvature between {low} and "
        "{high}; around it the loss both rises and falls."
    ),
    Trouble.LOCAL_MINIMUM: N_(
        "{name} is stuck in a local minimum: the slope is only {slope} and the curvature between {low} "
        "and {high}, and the loss falls in no direction."
    ),
    Trouble.MAXIMUM: N_(
        "{name} is stuck on a maximum: the slope is only {slope} and the curvature between {low} and "
        "{high}, and the loss rises in no direction."
    ),
}
"""What is said where the signs of the curvatures do not tell what a place is."""
ROUNDING = 1e-12
"""A curvature that is no larger than this share of the other may be rounding, and its sign tells nothing."""
_AFTER_POLE = N_("Earlier, at step {pole}, it jumped over a pole.")
_DIVERGED = N_("{name} diverged: from step {turn} on the loss only rose.")
_DIVERGED_AT_LAST = N_("{name} diverged: its loss went from {first} at the start to {loss}.")
_DIVERGED_PLAIN = N_("{name} diverged: its learning rate {rate} is above 2/λ = {limit} (largest curvature λ = {high}).")
_DIVERGED_BOUND = N_(
    "{name} diverged: its learning rate {rate} is above the bound {limit} (largest curvature λ = {high})."
)
_CIRCLES = N_("{name} keeps circling (every {period} steps) and never settles.")
_SWINGS = N_("{name} keeps jumping back and forth (every {period} steps) and never settles.")
_CAUSES: Mapping[Cause, str] = {
    Cause.RATE: N_(
        "Its effective learning rate is too large: times the curvature it is {product}, and steps shrink only "
        "well below {bound}."
    ),
    Cause.NOISE: N_("Gradient noise shakes every step; a smaller learning rate than {rate} shakes less."),
    Cause.MOMENTUM: N_(
        "The effective learning rate times the curvature, {product}, is stable (the bound is {bound}), "
        "but the momentum, β = {decay}, carries it past the minimum."
    ),
    Cause.OTHER: N_("Its steps stay {pace} long however near the minimum is, so each one overshoots."),
}
_DEAD = N_(
    "The effective learning rate of {name} has died: it fell from {before} to {effective}. With "
    "{left} still to go, it needs at least {further} more steps."
)
_DEAD_ZERO = N_("The learning rate of {name} is 0 from step {step} on, so it stands still with {left} still to go.")
_DEAD_ZERO_PATHLESS = N_("The learning rate of {name} is 0 from step {step} on, so it stands still.")
_DEAD_SCHEDULED = N_(
    "The schedule cut the learning rate of {name} from {before} to {effective}. With {left} still "
    "to go, it needs at least {further} more steps."
)


def explain(name: str, found: Finding) -> str:
    """Say what goes wrong in a run, and why."""
    texts = [*_texts(found), *([_AFTER_POLE] if found.pole is not None and found.trouble is not Trouble.JUMPED else [])]
    return joined(*(_(text) for text in texts)).format(name=name, **numbers(found))


def numbers(found: Finding) -> dict[str, str]:
    """Return the numbers of a finding as they are written."""
    written = {
        key: digits(value)
        for key, value in found._asdict().items()
        if value is None or (isinstance(value, float) and not isinstance(value, bool))
    }
    return {
        **written,
        "further": NOTHING if isnan(found.further) else str(ceil(min(found.further, _MANY))),
        "turn": str(found.turn),
        "pole": str(found.pole),
        "step": str(found.step),
        "period": str(found.period),
        "decay": f"{found.decay:g}",
    }


_MANY = 1e6
"""A step of nothing would take for ever; so many it takes at least."""


def _texts(found: Finding) -> tuple[str, ...]:
    match found.trouble:
        case Trouble.DIVERGED if found.limit is None:
            return (_DIVERGED if found.turn < found.step else _DIVERGED_AT_LAST,)
        case Trouble.DIVERGED:
            return (_DIVERGED_PLAIN if is_plain(found.limit, found.high) else _DIVERGED_BOUND,)
        case Trouble.SWINGING:
            return _CIRCLES if found.circling else _SWINGS, _CAUSES[found.cause]
        case Trouble.DEAD_RATE if found.effective == 0:
            return (_DEAD_ZERO_PATHLESS if isnan(found.left) else _DEAD_ZERO,)
        case Trouble.DEAD_RATE:
            return (_DEAD_SCHEDULED if found.scheduled else _DEAD,)
    return (_TROUBLES[found.trouble] if _is_bent(found) else _FLAT[found.trouble],)


def _is_bent(found: Finding) -> bool:
    """Whether the signs of the curvatures are those of the place."""
    signs = {
        Trouble.SADDLE: found.low < 0 < found.high,
        Trouble.LOCAL_MINIMUM: found.low > ROUNDING * found.high,
        Trouble.MAXIMUM: -found.high > ROUNDING * -found.low,
    }
    return signs.get(found.trouble, True)


def is_plain(limit: float | None, curvature: float | None) -> bool:
    """Whether a bound of the learning rate is that of plain descent, 2/λ."""
    return limit is not None and curvature is not None and isclose(limit * curvature, 2.0)
