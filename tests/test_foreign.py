"""Words that are not ours stay text in Markdown, HTML and plain sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from optviz.locale import foreign

HOSTILE = (
    "2x1^2 + 3x2^2 * x1 ** 3 ** 2",
    "[Log in](http://bad.example/)",
    "![x](http://bad.example/x.png)",
    "http://bad.example www.bad.example me@bad.example <http://bad.example>",
    "<img src=x onerror=alert(1)><script>alert(1)</script><!-- --></bdi>",
    "$x^2$ $$\\frac{1}{2}$$ \\(a\\) costs 5$ or 6$",
    ":red[hot] :material/home: :material_home: :smile: :streamlit: :help[a] :small[b] :blue-badge[c]",
    "a -> b <- c -- d >= e <= f ~= g",
    "`code` ``two`` ``` three",
    "`",
    "``",
    "# head\n- item\n1. item\n> quote\n\n---\n| a | b |\n|---|---|\n\tcode\r\n\u2028end",
    "~~gone~~ __bold__ _it_ \\* &amp; &#42; {x} {0}",
    "\u202egnp.exe\u202c \u2066a\u2069 \u200fb\u061c \u200bc\ufeff d\xad e\x00\x1b[31mf",
    "\ud800 lone",
    "שלום a",
    "   ",
    "",
    "x" * 100_000,
    "\u202e" * 100_000,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_reads_a_code_span_at_most(text: str) -> None:
    """The shown text stands whole, on one line, between words of ours: in one code span if it is more than words."""
    shown = foreign.clean(text)
    inline = MarkdownIt().enable(["strikethrough", "table"]).parse(f"**There is no “{foreign.markdown(text)}”.**")
    assert [token.type for token in inline] == ["paragraph_open", "inline", "paragraph_close"]
    children = [token for token in inline[1].children or [] if token.content or token.type != "text"]
    kinds = [token.type for token in children]
    if kinds == ["strong_open", "text", "strong_close"]:
        assert children[1].content == f"There is no “{shown}”."
        assert all(letter.isalnum() or letter in " _" for letter in shown)
    else:
        assert kinds == ["strong_open", "text", "code_inline", "text", "strong_close"]
        assert children[2].content.replace("\u2060", "") == shown


@given(st.text(alphabet=st.sampled_from("`a$:[]() *\n\u202e"), max_size=30), st.text(max_size=100))
def test_any_text_stands_in_one_span_and_comes_back(first: str, second: str) -> None:
    """Two foreign texts in a sentence do not meet, and a screen reader is told both without a mark."""
    sentence = f"“{foreign.markdown(first)}” and “{foreign.markdown(second)}”"
    tokens = [t for t in MarkdownIt().parseInline(sentence)[0].children or [] if t.type != "text"]
    assert {token.type for token in tokens} <= {"code_inline"}
    assert foreign.plain(sentence) == f"“{foreign.clean(first)}” and “{foreign.clean(second)}”".replace("\u2060", "")


def test_what_is_not_seen_is_left_out() -> None:
    """Marks of direction, controls and lone surrogates go; joiners of letters and emoji stay."""
    assert foreign.clean(HOSTILE[13]) == "gnp.exe a b c d e[31mf"
    assert foreign.clean("\ud800 lone\n\tline") == "lone line"
    assert foreign.clean("👩\u200d🔬 می\u200cخواهم") == "👩\u200d🔬 می\u200cخواهم"


def test_a_long_text_is_shortened() -> None:
    """A text of any length takes no more room than it may, and says that there was more."""
    assert foreign.clean("x" * 60) == "x" * 60
    assert foreign.clean("x" * 61) == "x" * 59 + "…"
    assert foreign.clean("\u202e" * 1000) == "…"
    assert foreign.markdown("x" * 100_000, 10) == "`xxxxxxxxx…`"


@pytest.mark.parametrize("text", ["price_k", "Höhe 2", "-3.5", "lr=0.05", "价格", "single-word", "a_b_c", "3, -4; 5"])
def test_words_and_numbers_are_written_as_they_are(text: str) -> None:
    """Where Markdown has nothing to read, nothing is put around it."""
    assert foreign.markdown(text) == text


@pytest.mark.parametrize("text", ["_a_", "a__b", "1. a", "- a", "www.bad.example", "a*b", "a--b", "a.b", "x=", "a - b"])
def test_what_may_be_read_is_no_word(text: str) -> None:
    """A sign at an edge, or two beside each other, may be markup."""
    assert foreign.markdown(text) == f"`{text}`"


def test_html_has_no_elements_of_the_text() -> None:
    """In HTML the signs are escaped, the direction is isolated, and lines stay lines."""
    assert foreign.html('<b a="1">\'&\n\u202ex') == "<bdi>&lt;b a=&quot;1&quot;&gt;&#x27;&amp;\nx</bdi>"


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("x1 + $", 5, "```text\nx1 + $\n     ^\n```"),
        ("（１－ｘ）§", 5, "```text\n（１－ｘ）§\n\u3000\u3000\u3000\u3000\u3000^\n```"),
        ("a\n\u202e``` b", 7, "````text\na ``` b\n      ^\n````"),
        ("x" * 40 + "!" + "y" * 40, 40, "```text\n…" + "x" * 24 + "!" + "y" * 13 + "…\n" + " " * 25 + "^\n```"),
    ],
)
def test_a_place_in_a_text_is_pointed_at(text: str, place: int, shown: str) -> None:
    assert foreign.pointed(text, place) == shown
