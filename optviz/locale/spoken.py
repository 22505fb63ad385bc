"""The language that is spoken: `_("Play")` says a message in it. Outside a visitor's script it is English."""

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from string import Formatter
from typing import Any, Protocol

from babel import Locale, UnknownLocaleError, negotiate_locale

from optviz.locale import CATALOGUES, foreign, translations

DEFAULT = "en"
LONGEST_TAG = 100
KEY = "lang"
"""The parameter of a link that names the language."""


def N_(message: str) -> str:
    """Mark a message that stands in a constant, to be said with `_` when it is shown."""
    return message


def in_each(message: str) -> dict[str, str]:
    """Say a message in every language, by its key."""
    return {key: translations(key).gettext(message) for key in (DEFAULT, *CATALOGUES)}


def _script(tag: str) -> str | None:
    """Return the script in which a language is written where it has several: Hans, Hant."""
    try:
        return Locale.parse(_tag(tag), sep="-").script
    except (ValueError, UnknownLocaleError):
        return None


def _tag(text: str) -> str:
    return text.replace("_", "-")


def _folder(key: str) -> str:
    return CATALOGUES[key].parts[-3] if key in CATALOGUES else key


LANGUAGES = in_each(N_("English"))
"""The languages, each by its own name: that is how its catalogue translates this message."""

TAGS = {key: "-".join(filter(None, (key, _script(_folder(key))))) for key in LANGUAGES}
"""What browsers and screen readers call the languages."""

# Every visitor's script runs in a thread of its own, so a context variable is never seen by another visitor.
_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_named: ContextVar[bool] = ContextVar("named", default=False)
_resumed: list[Callable[[], None]] = []


def speak(language: str, *, named: bool = False) -> None:
    """Speak a language from here on in this thread; `named` says whether a link has to name it."""
    _spoken.set(language)
    _named.set(named)


def resume_by(speak_again: Callable[[], None]) -> None:
    """Let a function speak again in a thread in which nothing was chosen yet."""
    _resumed[:] = [speak_again]


def language() -> str:
    """Return the key in LANGUAGES that the visitor reads."""
    if _spoken.get() is None:
        for speak_again in _resumed:
            speak_again()
    return _spoken.get() or DEFAULT


def chosen() -> str | None:
    """Return the language that a link must name: the visitor's, unless the browser would choose it anyway."""
    spoken = language()
    return spoken if _named.get() else None


class _Filler(Formatter):
    """Fill places in, and leave a blank beside one only where it does not stand between Chinese on both sides."""

    MARK = "\0"
    CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
    SIGN = re.compile(CHINESE)
    BLANK = re.compile(f"(?<={CHINESE})(?:{MARK} | {MARK})(?={CHINESE})|(?<=。){MARK} ")

    def format_field(self, value: Any, format_spec: str) -> str:
        return f"{self.MARK}{super().format_field(value, format_spec)}{self.MARK}"

    def fill(self, text: str, values: tuple[object, ...], named: dict[str, object]) -> str:
        return self.BLANK.sub("", self.vformat(text, values, named)).replace(self.MARK, "")


class Sentence(str):
    """A message in the visitor's language, whose `format` sets blanks as its script wants them."""

    def format(self, *values: object, **named: object) -> str:
        """Fill in the places."""
        chinese = _Filler.SIGN.search(self)
        return _Filler().fill(self, values, named) if chinese else super().format(*values, **named)


def _(message: str) -> str:
    """Say an English message, or a registry's title, in the visitor's language."""
    # The empty message id is the catalogue's header.
    return Sentence(translations(language()).gettext(message)) if message else message


class Titled(Protocol):
    """What has an English title, which is the key of its translations."""

    @property
    def title(self) -> str:
        """The title."""


def titled(registry: Mapping[str, Titled]) -> dict[str, str]:
    """Return the titles of a registry by name, in the visitor's language."""
    return {name: _(each.title) for name, each in registry.items()}


def ngettext(singular: str, plural: str, n: int) -> str:
    """Say the form of a message that belongs to n things."""
    return Sentence(translations(language()).ngettext(singular, plural, n))


def joined(*sentences: str) -> str:
    """Write sentences or words one after the other, with a blank between them as `Sentence` sets it."""
    gap = f"{_Filler.MARK} "
    return Sentence(_Filler.BLANK.sub("", gap.join(filter(None, sentences))).replace(_Filler.MARK, ""))


def nearest(tag: str | None) -> str | None:
    """Return the language that is nearest to a tag, however it is written (zh-CN, zh_Hans, EN); None if none is."""
    return _nearest(_tag(tag or "").lower()[:LONGEST_TAG])


@lru_cache(maxsize=256)
def _nearest(tag: str) -> str | None:
    return negotiate_locale([tag], list(LANGUAGES), sep="-")


def preferred(asked: str | None, browser: str | None) -> str:
    """Return the language a link asks for, else the browser's, else English."""
    return nearest(asked) or nearest(browser) or DEFAULT


def objection(asked: str) -> str:
    """Say why a link does not get the very language that it asks for; empty where it does."""
    found = nearest(asked)
    if found is None:
        text = _("The link asks for the language {tag}, which this app does not have; it has {languages}.")
        return text.format(tag=foreign.markdown(asked, 20), languages=_(", ").join(LANGUAGES.values()))
    if _script(asked) in (None, _script(_folder(found))):
        return ""
    text = _("The link asks for the language {tag}; the nearest that this app has is {language}.")
    return text.format(tag=foreign.markdown(asked, 20), language=LANGUAGES[found])
