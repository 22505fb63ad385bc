"""What is said of a run in which something goes wrong: a sentence or two, with the numbers of the moment."""

from collections.abc import Mapping
from math import ceil, isclose, isnan

from optviz.diagnosis import Cause, Finding, Trouble
from optviz.ui.language import N_, _, joined
from optviz.ui.tables import NOTHING, digits

_TROUBLES: Mapping[Trouble, str] = {
    Trouble.CRAWLING: N_(
        "{name} crawls: it comes {pace} farther per step, and {left} is left: at this pace {further} more steps at "
        "least. The slope is {slope}, the effective learning rate {effective}."
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
        "{name} climbs: from step {step} on each step leads uphill, for it divides the slope by curvatures, {low} and "
        "{high}, that are not all positive: the Hessian is not positive definite."
    ),
    Trouble.SINGULAR: N_(
        "{name} stands still from step {step} on: its slope is {slope}, but along it is no curvature to divide by: "
        "the Hessian, with the curvatures {low} and {high}, is singular."
    ),
    Trouble.JUMPED: N_(
        "{name} jumped over a pole, where the loss has no bound: at step {turn} it stands beyond it. Before, the slope "
        "was {slope} and its learning rate {rate}; the loss went from {first} to {loss}."
    ),
    Trouble.LEFT: N_(
        "{name} left the surface: at step {turn} it would stand where there is no value. Before, the slope was {slope} "
        "and its learning rate {rate}."
    ),
    Trouble.OVERFLOW: N_(
        "{name} overflowed: at step {turn} the numbers pass the largest there is, 1.8e+308. Before, the slope was "
        "{slope} and its learning rate {rate}."
    ),
}
_FLAT: Mapping[Trouble, str] = {
    Trouble.SADDLE: N_(
        "{name} is stuck on a saddle: the slope is only {slope} and the curvature between {low} and {high}, but around "
        "it the loss rises and falls."
    ),
    Trouble.LOCAL_MINIMUM: N_(
        "{name} is stuck in a local minimum: the slope is only {slope} and the curvature between {low} and {high}, and "
        "the loss falls on no side."
    ),
    Trouble.MAXIMUM: N_(
        "{name} is stuck on a maximum: the slope is only {slope} and the curvature between {low} and {high}, and the "
        "loss rises on no side."
    ),
}
"""What is said where the signs of the curvatures do not tell what a place is."""
ROUNDING = 1e-12
"""A curvature that is no larger than this share of the other may be rounding, and its sign tells nothing."""
_AFTER_POLE = N_("Before, at step {pole}, it had jumped over a pole.")
_DIVERGED = N_("{name} diverged: from step {turn} on the loss only rose.")
_DIVERGED_AT_LAST = N_("{name} diverged: its loss was {first} at the start, and in the end it is {loss}.")
_DIVERGED_PLAIN = N_("{name} diverged: its learning rate {rate} is above 2/λ = {limit} (largest curvature λ = {high}).")
_DIVERGED_BOUND = N_(
    "{name} diverged: its learning rate {rate} is above its bound {limit} (largest curvature λ = {high})."
)
_CIRCLES = N_("{name} circles, a round in {period} steps, and does not come to rest.")
_SWINGS = N_("{name} swings to and fro, there and back in {period} steps, and does not come to rest.")
_CAUSES: Mapping[Cause, str] = {
    Cause.RATE: N_("Its learning rate is too large: lr · λ = {product}, and steps shrink only well below {bound}."),
    Cause.NOISE: N_("The noise of the gradient shakes every step, the more the larger the learning rate of {rate} is."),
    Cause.MOMENTUM: N_(
        "lr · λ = {product} is stable (the bound is {bound}), but the momentum, β = {decay}, carries it past the "
        "minimum."
    ),
    Cause.OTHER: N_("Its steps stay {pace} long and lead past the minimum, whatever is left."),
}
_DEAD = N_(
    "The learning rate of {name} has died: effectively it was {before} and is {effective}. {left} is left: at this "
    "pace {further} more steps at least."
)
_DEAD_ZERO = N_("The learning rate of {name} is 0 from step {step} on, so it stands still; {left} is left.")
_DEAD_ZERO_PATHLESS = N_("The learning rate of {name} is 0 from step {step} on, so it stands still.")
_DEAD_SCHEDULED = N_(
    "The schedule has let the learning rate of {name} die: it was {before} and is {effective}. {left} is left: at this "
    "pace {further} more steps at least."
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
