"""What Streamlit would read in a Markdown text beside plain words: elements, and what it finds in finished text."""

import re

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_SIGNS = {
    "formula": r"\$[^$]+\$",
    "directive": r":[A-Za-z][\w-]*[\[{]|:help\b",
    "icon": r":material[_/]\w+:",
    "emoji": r"(?<!start):[\w+-]+:",
    "arrow": r"(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
    "address": r"https?://|www\.\w|[\w.+-]+@[\w-]+\.\w",
}
"""Streamlit's own signs and those of GitHub's Markdown, in text that is in no code span."""


def read_in(text: str) -> set[str]:
    """Return the names of all that is read in a text as more than words; code, in spans or blocks, is none of it."""
    found = set()
    for block in _MARKDOWN.parse(text):
        found |= {block.type} - {"paragraph_open", "paragraph_close", "inline", "fence"}
        for token in block.children or ():
            if token.type == "text":
                found |= {name for name, signs in _SIGNS.items() if re.search(signs, token.content)}
            else:
                found |= {token.type} - {"code_inline"}
    return found
