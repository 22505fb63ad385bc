"""What the titles of examples, of scenes and of remedies claim, each to be checked on its page's own numbers.

A claim gets the names that a page's script leaves when the title's link is opened: its settings among them.
"""

from collections.abc import Callable
from types import SimpleNamespace

Claim = Callable[[SimpleNamespace], None]
CLAIMS: dict[tuple[str, str], Claim] = {}
"""The claim of each title, by the page or the lecture that has it."""


def claims(place: str, *titles: str) -> Callable[[Claim], Claim]:
    """Register what titles of a page or of a lecture claim."""

    def register(claim: Claim) -> Claim:
        for title in titles:
            assert (place, title) not in CLAIMS
            CLAIMS[place, title] = claim
        return claim

    return register


def names(place: str, title: str, **values: object) -> None:
    """Register a title that claims nothing but names what is set: these values, among the settings or on the page."""

    def claim(page: SimpleNamespace) -> None:
        settings = getattr(page, "settings", None)
        found = vars(page) | {name: getattr(settings, name) for name in values if hasattr(settings, name)}
        assert {name: found[name] for name in values} == values

    claims(place, title)(claim)


def same(place: str, title: str, other: str, as_title: str) -> None:
    """Register a title that claims what another one does."""

    @claims(place, title)
    def claim(page: SimpleNamespace) -> None:
        CLAIMS[other, as_title](page)
