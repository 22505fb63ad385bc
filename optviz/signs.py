"""The signs that people paste, each spelled with the plain sign that it stands for.

Unicode's own tables do most of it: compatibility forms (NFKC: full-width, italic, ligatures), categories (invisible
characters, spaces, dashes, digits) and tags (`<super>`, `<sub>`). Listed are only the signs that they leave apart.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

LIKE = {
    "*": "×·⋅∙•‧・∗⁎✕✖⨯⨉✱\u2062",
    "/": "÷∕⁄➗∶",
    "-": "−➖˗⁃─",
    "+": "➕✚\u2064",
    "^": "ˆ⌃↑˄∧ꞈ",
    "|": "∣❘│┃ǀ",
    "'": "‘’‚‛ʼ٬",
    '"': "“”„‟«»「」『』",
    ",": "、٫\u2063",
    ".": "。",
    "(": "〔❨⟮",
    ")": "〕❩⟯",
    "[": "【",
    "]": "】",
    "a": "а",
    "c": "с",
    "e": "е",
    "o": "о",
    "p": "р",
    "x": "хХ",
    "y": "уУ",
    " ": "\u2061\u2800\u3164\u115f\u1160",
}
_SPELLINGS = {ord(sign): plain for plain, signs in LIKE.items() for sign in signs}
_NO_DASHES = "〜〰゠"


class Spelled(NamedTuple):
    """A plain sign, and at which character of the text it stands."""

    sign: str
    place: int


def spell(text: str) -> list[Spelled]:
    """Return a text in plain signs, each with its place: raised digits as `^(…)`, lowered ones as `_{…}`.

    A fraction in one sign (`½`) stays what it is, and is `(1/2)` where it is written in three (`¹⁄₂`).
    """
    spelled: list[Spelled] = []
    places = iter(range(len(text)))
    for level, group in groupby(text, _level):
        run = [(next(places), char) for char in group]
        inside = [Spelled(sign, place) for place, char in run for sign in plain(char)]
        opening, closing = _AROUND[level] if inside else ("", "")
        first, last = run[0][0], run[-1][0]
        spelled += [*(Spelled(s, first) for s in opening), *inside, *(Spelled(s, last) for s in closing)]
    return _stacked(spelled)


def respelled(text: str) -> str:
    """Return a text in plain signs, as `spell` gives them."""
    return text if text.isascii() else "".join(sign for sign, _place in spell(text))


_AROUND = {"": ("", ""), "<super>": ("^(", ")"), "<sub>": ("_{", "}")}


@lru_cache(maxsize=4096)
def _level(char: str) -> str:
    """Return the tag of a raised or lowered character, empty of any other."""
    tag = unicodedata.decomposition(char).split(" ")[0]
    return tag if tag in _AROUND else ""


def _stacked(spelled: list[Spelled]) -> list[Spelled]:
    """Write a raised number over a lowered one as a fraction in brackets."""
    text = "".join(sign for sign, _place in spelled)
    cut = text.find(")/_{")
    if cut < 0:
        return spelled
    start, end = text.rfind("^(", 0, cut), text.find("}", cut)
    middle = [*spelled[start + 1 : cut], spelled[cut + 1], *spelled[cut + 4 : end]]
    return [*spelled[:start], *middle, Spelled(")", spelled[end].place), *_stacked(spelled[end + 1 :])]


@lru_cache(maxsize=4096)
def plain(char: str) -> str:
    """Return the plain spelling of one character, empty of an invisible one."""
    if char.isascii():
        return " " if char in "\t\n\r\v\f" else char
    if ord(char) in _SPELLINGS:
        return _SPELLINGS[ord(char)]
    if unicodedata.decomposition(char).startswith("<fraction>"):
        return char
    return "".join(map(_by_category, unicodedata.normalize("NFKC", char)))


def _by_category(char: str) -> str:
    if ord(char) in _SPELLINGS:
        return _SPELLINGS[ord(char)]
    spelling = _CATEGORIES.get(unicodedata.category(char))
    is_selector = "\ufe00" <= char <= "\ufe0f"
    return "" if is_selector else char if spelling is None or char in _NO_DASHES else spelling(char)


_CATEGORIES: dict[str, Callable[[str], str]] = {
    "Cf": lambda char: "",
    "Zs": lambda char: " ",
    "Zl": lambda char: " ",
    "Zp": lambda char: " ",
    "Pd": lambda char: "-",
    "Nd": lambda char: str(unicodedata.digit(char)),
}


def fraction(char: str) -> tuple[int, int] | None:
    """Return numerator and denominator of a fraction that is one sign (`½`), None of any other character."""
    if not unicodedata.decomposition(char).startswith("<fraction>"):
        return None
    top, _slash, bottom = unicodedata.normalize("NFKC", char).partition("⁄")
    return int(top), int(bottom or 1)
