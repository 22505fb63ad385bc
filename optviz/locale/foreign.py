"""Words that are not ours, from fields, links and files: how they are written into each kind of text and stay text.

Streamlit reads Markdown in every message, with formulas, colours, icons, emoji, arrows and bare addresses beside it.
Some of these it finds in the finished text, where no backslash keeps them off; what stands in a code span it leaves
alone.
"""

import re
import unicodedata
from html import escape

LONGEST = 60
"""The characters that a message shows of what it speaks of."""

_JOINERS = "\u200c\u200d"
"""Zero-width characters by which letters and emoji hang together: the only ones that are shown."""
_WORDS = re.compile(r"-?[^\W_]+(?:(?:[,;] ?-?|[ _=-]|(?<=\d)\.(?=\d))[^\W_]+)*")
"""What Markdown never reads: letters and digits, held together by single signs that mean nothing between them."""
_CODE = re.compile(r"(?<!`)(`+)(?!`) ?(.*?) ?(?<!`)\1(?!`)")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return a text on one line, with what cannot be seen left out (controls, marks of direction), and shortened."""
    seen = "".join(" " if letter.isspace() else letter for letter in text[: 4 * longest] if _is_seen(letter))
    line = " ".join(seen.split())
    return line if len(line) <= longest and len(text) <= 4 * longest else f"{line[: longest - 1].rstrip()}…"


def _is_seen(letter: str) -> bool:
    return letter.isspace() or letter in _JOINERS or unicodedata.category(letter)[0] != "C"


def markdown(text: str, longest: int = LONGEST) -> str:
    """Write a text of a visitor's into Markdown: words and numbers as they are, all else as a code span."""
    # Streamlit rewrites the names of icons in the whole source, code spans too: a word joiner keeps this one as it is.
    shown = clean(text, longest).replace(":material/", ":material\u2060/")
    return shown if not shown or _WORDS.fullmatch(shown) else _coded(shown)


def code(text: str, longest: int = LONGEST) -> str:
    """Write a text of a visitor's into Markdown as a code span."""
    return _coded(clean(text, longest).replace(":material/", ":material\u2060/"))


def _coded(shown: str) -> str:
    fence = _fence(shown, 1)
    room = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{room}{shown}{room}{fence}"


def _fence(shown: str, least: int) -> str:
    """Return as many backticks as the text has not in a row."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", shown)), default=0))


BEFORE, BEHIND = 24, 14
"""The characters that are shown before and behind the one that is pointed at: what a phone has room for."""


def pointed(text: str, place: int) -> str:
    """Write a text of a visitor's into Markdown as a block of code, with a mark under one of its characters."""
    first, last = max(0, place - BEFORE), place + BEHIND
    before, behind = (
        "".join(" " if letter.isspace() else letter for letter in part if _is_seen(letter))
        for part in (text[first:place], text[place:last])
    )
    line = f"{'…' if first else ''}{before}{behind}{'…' if last < len(text) else ''}"
    shown = line.replace(":material/", ":material\u2060/")
    # A wide letter's blank is as wide, whatever the font.
    wide = "".join("\u3000" if unicodedata.east_asian_width(letter) in "WF" else " " for letter in before)
    fence = _fence(shown, 3)
    return f"{fence}text\n{shown}\n{' ' * bool(first)}{wide}^\n{fence}"


def plain(sentence: str) -> str:
    """Return a sentence of ours with the code spans that `markdown` put into it as plain text, for screen readers."""
    return _CODE.sub(r"\2", sentence).replace("\u2060", "")


def html(text: str, longest: int = LONGEST) -> str:
    """Write a text of a visitor's into HTML; its direction is its own, and its lines stay lines."""
    lines = text[:longest].splitlines()
    return f"<bdi>{escape(chr(10).join(clean(line, longest) for line in lines))}</bdi>"
