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
    if not shown or _WORDS.fullmatch(shown):
        return shown
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    room = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{room}{shown}{room}{fence}"


def plain(sentence: str) -> str:
    """Return a sentence of ours with the code spans that `markdown` put into it as plain text, for screen readers."""
    return _CODE.sub(r"\2", sentence).replace("\u2060", "")


def html(text: str, longest: int = LONGEST) -> str:
    """Write a text of a visitor's into HTML; its direction is its own, and its lines stay lines."""
    lines = text[:longest].splitlines()
    return f"<bdi>{escape(chr(10).join(clean(line, longest) for line in lines))}</bdi>"
