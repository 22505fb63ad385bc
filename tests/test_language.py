"""The catalogues are complete, and every visitor reads a language of their own."""

import ast
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import pytest
from babel import Locale
from babel.core import get_global
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po
from streamlit.testing.v1 import AppTest

from optviz.locale import CATALOGUES, read, translations
from optviz.locale.messages import MARKS, ROOT, sources, spoken, strings, template, titles, words
from optviz.locale.spoken import LANGUAGES, N_, Sentence, _, joined, ngettext, preferred, speak

ALPHABETS = {"Hans": "CJK", "Hant": "CJK", "Cyrl": "CYRILLIC", "Arab": "ARABIC", "Deva": "DEVANAGARI", "Grek": "GREEK"}
"""What the letters of a script are called in Unicode; any other language is written in Latin letters."""

ENGLISH_WORD = re.compile(r"\b[A-Za-z][a-z]+\b")


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def first_id(message: Message) -> str:
    return strings(message.id)[0]


def missing(catalog: Catalog, wanted: Catalog) -> list[str]:
    """List what is wanted and has no translation, or a fuzzy one."""
    said = {message.id for message in messages(catalog) if all(strings(message.string)) and not message.fuzzy}
    return [first_id(message) for message in messages(wanted) if message.id not in said]


def unused(catalog: Catalog, wanted: Catalog) -> list[str]:
    known = {message.id for message in messages(wanted)}
    return [first_id(message) for message in messages(catalog) if message.id not in known]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def differing_placeholders(catalog: Catalog) -> list[str]:
    """List the messages whose {names} differ between English and the translation: the plural's English counts."""
    return [
        first_id(message)
        for message in messages(catalog)
        for string in strings(message.string)
        if string and placeholders(string) != placeholders(strings(message.id)[-1])
    ]


def alphabet(catalog: Catalog) -> str:
    """Return what Unicode calls the letters of a catalogue's language."""
    likely = get_global("likely_subtags").get(str(catalog.locale), str(catalog.locale))
    return ALPHABETS.get(str(Locale.parse(likely).script), "LATIN")


def letters(text: str) -> set[str]:
    """Return the alphabets of a text's letters; Chinese has stops of its own."""
    named = {unicodedata.name(sign).split()[0] for sign in text if sign.isalpha()}
    return named | ({"CJK"} if re.search("[\u3000-\u303f\uff00-\uffef]", text) else set())


def left_in_english(catalog: Catalog, names: set[str]) -> list[str]:
    """List the translations without a word of their language, but for names (and signs) that stay as they are."""
    own = alphabet(catalog)
    return [
        first_id(message)
        for message in messages(catalog)
        for string in strings(message.string)
        if string
        and ENGLISH_WORD.search(re.sub(r"\{.*?\}", "", string))
        and (own not in letters(string) if own != "LATIN" else string == message.id)
        and not (string == message.id and string in names)
    ]


def in_another_language(catalog: Catalog) -> list[str]:
    """List the translations with letters of another script than their language, Latin (names) and Greek (symbols)."""
    known = {alphabet(catalog), "LATIN", "GREEK", *FORMS}
    return [
        first_id(message)
        for message in messages(catalog)
        for string in strings(message.string)
        if letters(string or "") - known
    ]


FORMS = {"MICRO", "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER", "DOUBLE-STRUCK", "SCRIPT", "N-ARY", "MATHEMATICAL"}
"""What letters are called that are signs."""


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return template()


@pytest.fixture(scope="module", params=CATALOGUES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


def test_every_language_but_english_has_a_catalogue() -> None:
    assert set(LANGUAGES) == {"en", *CATALOGUES}


def test_nothing_is_left_untranslated(catalogue: Catalog, wanted: Catalog) -> None:
    assert missing(catalogue, wanted) == [], "run python -m optviz.locale and fill in what it lists"


def test_nothing_in_the_catalogue_is_unused(catalogue: Catalog, wanted: Catalog) -> None:
    assert unused(catalogue, wanted) == [], "python -m optviz.locale drops what is unused"


def test_placeholders_agree(catalogue: Catalog) -> None:
    assert differing_placeholders(catalogue) == []


def test_a_translation_is_in_its_language(catalogue: Catalog) -> None:
    assert left_in_english(catalogue, titles()) == []
    assert in_another_language(catalogue) == []


def test_a_third_language_is_a_folder(tmp_path: Path, wanted: Catalog) -> None:
    german, copied = Catalog(locale="de"), Catalog(locale="de")
    for message in messages(wanted):
        own = [f"ß{text}" for text in strings(message.id)]
        german.add(message.id, own if isinstance(message.id, tuple) else own[0])
    for message in messages(read("zh")):
        copied.add(message.id, message.string)
    for catalog in (german, copied):
        assert missing(catalog, wanted) == unused(catalog, wanted) == differing_placeholders(catalog) == []
        assert left_in_english(catalog, titles()) == []
    assert in_another_language(german) == []
    assert len(in_another_language(copied)) > 0.9 * len(messages(copied))
    shutil.copytree(ROOT, tmp_path / "app", ignore=shutil.ignore_patterns(".*", "tests", "docs"))
    place = tmp_path / "app/optviz/locale/de/LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "optviz.po").open("wb") as file:
        write_po(file, german)
    program = """
from babel.messages.pofile import write_po
from streamlit.testing.v1 import AppTest
from optviz.locale.spoken import LANGUAGES, TAGS, objection, preferred
assert LANGUAGES == {"en": "English", "de": "ßEnglish", "zh": "简体中文"}, LANGUAGES
assert TAGS == {"en": "en", "de": "de", "zh": "zh-Hans"} and preferred(None, "de-AT") == "de" and not objection("de")
app = AppTest.from_file("pages/descent.py", default_timeout=60)
app.session_state["framed"], app.session_state["lang"] = True, "de"
assert not app.run().exception and app.title[0].value.startswith("ß"), app.exception
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "app", check=True)


def test_the_course_terms_are_used() -> None:
    assert _in("zh", "Exponential decay") == "指数衰减学习率"
    assert _in("zh", "Momentum (averaged)").startswith("动量")


PLACES = re.compile(r"\{[^{}]*\}|`[^`]*`|\$[^$]*\$")
"""What is filled in, code and LaTeX."""

HAN = "[\u4e00-\u9fff]"
LATIN = "[A-Za-z0-9\u0370-\u03ff%]"
FAULTS = {
    "two blanks": re.compile(r"\S {2,}\S"),
    "a blank before a stop": re.compile(r"\S [,.;:!?](?=\s|$)"),
    "no blank between Chinese and what is not": re.compile(rf"{HAN}(?:\{{|{LATIN})|(?:\}}|{LATIN}){HAN}"),
    "a blank in Chinese": re.compile(
        rf"[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef] (?={HAN}|[\u3001-\u303f\uff00-\uffef])"
    ),
    "a blank at a Chinese stop": re.compile(r"[\u3001-\u3011\uff00-\uffef] [\w{]|[\w}] [\u3001-\u3011\uff00-\uffef]"),
    "a western stop in Chinese": re.compile(rf"{HAN}[,.;:!?](?!\S*[)\]])|(?<![\w(])[,;:!?]{HAN}"),
}


def misset(text: str) -> list[str]:
    """List what is wrong with the blanks and stops of a text."""
    bare = re.sub(r"`[^`]*`|\$[^$]*\$", "0", text)
    return [fault for fault, found in FAULTS.items() if found.search(bare)]


BRITISH = re.compile(
    r"\b\w*(?:colour|behaviour|neighbour|favour|centre|grey|yoghurt|labell|modell|analys(?:e|ing)\b|artefact)\w*"
    r"|\b\w+is(?:ation|ing|ed|es?)\b|\b(?:towards|afterwards|whilst|learnt|for ever|discs?)\b",
    re.IGNORECASE,
)
AMERICAN = re.compile(
    r"(?:ra|no|r|prec|w|otherw|prom|adv|exerc|surpr|dev|comprom|rev)is(?:ing|ed|es?)$|^(?:his|this|is|axis)$",
    re.IGNORECASE,
)


def british(text: str) -> list[str]:
    """List the words of a text that are not American."""
    return [word for word in BRITISH.findall(PLACES.sub(" ", text)) if not AMERICAN.search(word)]


class Term(NamedTuple):
    """A line of the table in CONTRIBUTING: how English and another language call a thing, and what neither calls it."""

    english: str
    other: str
    never: tuple[str, ...]

    def wrong(self, english: str, other: str) -> list[str]:
        """List what is wrong with a message and its translation."""
        english, other = (PLACES.sub(" ", text) for text in (english, other))
        said = [never for never in self.never if re.search(never, f"{english}\n{other}", re.IGNORECASE)]
        if re.search(rf"\b{self.english}", english, re.IGNORECASE) and self.other not in other:
            said.append(self.english)
        return said


def glossary(language: str) -> list[Term]:
    """Read the table of terms, which has a column for a language by its English name, or none."""
    table = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("### Words")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    column = lines[0].index(language) if language in lines[0] else 0
    return [Term(cells[0], cells[column], tuple(re.findall("`([^`]+)`", cells[-1]))) for cells in lines[2:] if column]


def test_the_checks_of_words_find_what_they_look_for() -> None:
    assert misset("One two.") == misset("在 {n} 步，a 与 b") == misset("第 3 步：{said}") == []
    assert misset("One  two.") == ["two blanks"]
    assert misset("One , two.") == ["a blank before a stop"]
    assert misset("在{n} 步") == misset("在 3步") == misset("λ为 2") == ["no blank between Chinese and what is not"]
    assert misset("学习 率") == ["a blank in Chinese"]
    assert misset("步， {n}") == ["a blank at a Chinese stop"]
    assert misset("太慢,停住") == ["a western stop in Chinese"]
    assert british("Normalised colours go towards grey, for ever.") == [
        "Normalised", "colours", "towards", "grey", "for ever",
    ]  # fmt: skip
    assert british("Noise is raised otherwise; a precise rise of {behaviour}.") == []
    term = Term("hidden unit", "神经元", ("单元(?!格)",))
    assert term.wrong("Hidden units", "隐藏神经元") == term.wrong("{hidden unit}", "单元格") == []
    assert term.wrong("Hidden units", "隐藏单元") == ["单元(?!格)", "hidden unit"]


def test_blanks_and_stops_are_set_alike(catalogue: Catalog) -> None:
    texts = (text for message in messages(catalogue) for text in (*strings(message.id), *strings(message.string)))
    assert {text: faults for text in texts if (faults := misset(text))} == {}


def test_english_is_american(catalogue: Catalog) -> None:
    texts = (text for message in messages(catalogue) for text in strings(message.id))
    assert {text: words for text in texts if (words := british(text))} == {}


def test_one_thing_has_one_term(catalogue: Catalog) -> None:
    terms = glossary(str(Locale.parse(str(catalogue.locale)).get_language_name("en")))
    assert len(glossary("Chinese")) > 20 and glossary("German") == []
    pairs = [(strings(message.id)[-1], string) for message in messages(catalogue) for string in strings(message.string)]
    assert {pair: faults for pair in pairs for term in terms if (faults := term.wrong(*pair))} == {}


def test_what_differs_in_capitals_and_stops_alone_is_translated_alike(catalogue: Catalog) -> None:
    """Single words may have two meanings."""
    said: dict[str, set[str]] = {}
    for message in messages(catalogue):
        words = re.findall(r"[\w{}]+", first_id(message).casefold())
        if len(words) > 1:
            said.setdefault(" ".join(words), set()).add(re.sub(r"[。：…？]+$", "", strings(message.string)[0]))
    assert {text: found for text, found in said.items() if len(found) > 1} == {}


def test_all_registries_are_walked() -> None:
    walked = titles()
    of_each = {
        "Adam",
        "Cosine decay",
        "Beale",
        "ReLU",
        "Mean squared error",
        "dot.csv",
        "decay steps",
    }
    assert of_each <= walked
    assert "It has a kink along both axes." in walked
    assert "Play" in words()


def test_literals_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "app.py").write_text('_("one")\nWORDS = {"key": "word"}\n')
    (tmp_path / "pages" / "page.py").write_text(
        'ngettext("{n} run", "{n} runs", 2)\nN_("two" " three")\n_(name)\nf"{_(\'four\')}"\n'
    )
    monkeypatch.setattr("optviz.locale.messages.ROOT", tmp_path)
    assert spoken() == {"one", ("{n} run", "{n} runs"), "two three", "four"}
    assert words() == {"word"}


def test_the_checks_find_what_they_look_for() -> None:
    wanted, broken = Catalog(), Catalog(locale="zh_CN")
    for text in ("Play", "Start {x}", "Stop", "Pause", ("{n} run", "{n} runs")):
        wanted.add(text)
    broken.add("Play", "Play")
    broken.add("Start {x}", "开始 {y}")
    broken.add("Stop", "停", flags=["fuzzy"])
    broken.add("Pause", "")
    broken.add("Gone", "去")
    broken.add(("{n} run", "{n} runs"), ("{n} 次",))
    assert missing(broken, wanted) == ["Stop", "Pause"]
    assert unused(broken, wanted) == ["Gone"]
    assert differing_placeholders(broken) == ["Start {x}"]
    assert left_in_english(broken, set()) == ["Play"]
    assert left_in_english(broken, {"Play"}) == []
    broken.add("Wait", "Ждите")
    assert in_another_language(broken) == ["Wait"]


def frozen(tree: ast.Module) -> Iterator[int]:
    """Find calls of `_` outside a function body: they would speak the language of whoever imports the module first."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
            yield node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += [*node.decorator_list, node.args]
        elif isinstance(node, ast.Lambda):
            pending.append(node.args)
        else:
            pending += ast.iter_child_nodes(node)


def test_no_module_speaks_while_it_is_imported() -> None:
    source = 'A = _("a")\ndef f(x=_("b")):\n    return _("c")\nclass C:\n    d = [_("d")]\ng = lambda: _("e")\n'
    assert sorted(frozen(ast.parse(source))) == [1, 2, 5]
    modules = [path for path in sources() if path.is_relative_to(ROOT / "optviz")]
    assert {str(path): list(lines) for path in modules if (lines := list(frozen(ast.parse(path.read_text()))))} == {}


def _in(chosen: str, message: str) -> str:
    def said() -> str:
        speak(chosen)
        return _(message)

    return copy_context().run(said)


def test_blanks_beside_what_is_filled_in_are_those_of_its_script() -> None:
    text = Sentence("{name} 在 {step} 步停住：{said}")
    assert text.format(name="SGD", step=3, said="慢") == "SGD 在 3 步停住：慢"
    assert text.format(name="动量（平均式）", step="三", said="a b") == "动量（平均式）在三步停住：a b"
    assert Sentence("{a} {b:.2f}").format(a="碗 形", b=1) == "碗 形 1.00"
    assert Sentence("{name} steps").format(name="two") == "two steps"


def test_sentences_are_joined_as_their_script_wants_it() -> None:
    assert joined("One.", "", "Two.") == "One. Two."
    assert joined("一。", "SGD 慢。", "二 {n} 。").format(n="三") == "一。SGD 慢。二三。"
    assert joined("指数衰减", "阶梯式", "lr 0.1") == "指数衰减阶梯式 lr 0.1"


def test_outside_streamlit_messages_are_english() -> None:
    assert _("Play") == "Play"
    assert N_("Play") == "Play"
    assert [ngettext("{n} run", "{n} runs", n) for n in (1, 2)] == ["{n} run", "{n} runs"]


def test_an_unknown_message_and_the_empty_one_stay_as_they_are() -> None:
    assert _in("zh", "no such message") == "no such message"
    assert _in("zh", "") == ""


def test_threads_speak_their_own_language() -> None:
    together, heard = threading.Barrier(8, timeout=30), {}

    def visit(number: int) -> None:
        speak(("en", "zh")[number % 2])
        together.wait()
        heard[number] = {_("Pause") for _turn in range(500)}

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {number: {("Pause", "暂停")[number % 2]} for number in range(8)}
    assert _("Pause") == "Pause"


@pytest.mark.parametrize(
    ("asked", "browser", "expected"),
    [
        (None, None, "en"),
        (None, "zh-CN", "zh"),
        (None, "zh", "zh"),
        (None, "ZH-Hant-TW", "zh"),
        (None, "de-DE", "en"),
        ("en", "zh-CN", "en"),
        ("zh", "en-US", "zh"),
        ("xx", "zh-CN", "zh"),
        ("zh" * 500_000, "en-US", "en"),
        ("", "en", "en"),
    ],
)
def test_the_link_goes_before_the_browser(asked: str | None, browser: str | None, expected: str) -> None:
    assert preferred(asked, browser) == expected


def small_app() -> None:
    import streamlit as st

    from optviz.locale.spoken import _
    from optviz.ui.language import choose

    @st.fragment
    def part() -> None:
        st.button("again")
        st.text("fragment " + _("Play"))

    st.text(choose() + " " + _("Play"))
    part()


def visit(**query: str) -> AppTest:
    app = AppTest.from_function(small_app, default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def texts(app: AppTest) -> list[Any]:
    assert not app.exception
    return [text.value for text in app.text]


def test_the_switch_changes_the_language_and_keeps_it() -> None:
    app = visit()
    assert texts(app) == ["en Play", "fragment Play"]
    app.sidebar.button_group[0].set_value("zh").run()
    assert texts(app) == ["zh 播放", "fragment 播放"]
    app.button[0].click().run()
    assert texts(app) == ["zh 播放", "fragment 播放"]


def test_a_link_opens_in_its_language_and_visitors_do_not_mix() -> None:
    chinese, english, strange = visit(lang="zh"), visit(lang="en"), visit(lang="../../etc")
    assert texts(chinese)[0] == "zh 播放"
    assert texts(english)[0] == "en Play"
    assert texts(strange)[0] == "en Play"
    assert texts(chinese.run())[0] == "zh 播放"


def test_a_rerun_that_skips_the_switch_still_knows_the_language() -> None:
    def part_only() -> None:
        import streamlit as st

        from optviz.locale.spoken import _, language

        st.session_state.setdefault("lang", "zh")
        st.text(f"{language()} {_('Play')}")

    assert texts(AppTest.from_function(part_only, default_timeout=30).run()) == ["zh 播放"]
    other = AppTest.from_function(part_only, default_timeout=30)
    other.session_state["lang"] = "nonsense"
    assert texts(other.run()) == ["en Play"]


def test_the_switch_goes_before_what_the_thread_spoke_in_its_last_run() -> None:
    def second_run_in_one_thread() -> None:
        import streamlit as st

        from optviz.locale.spoken import _, speak
        from optviz.ui.language import choose

        speak("en")
        st.session_state.setdefault("lang", "zh")
        st.text(choose() + " " + _("Play"))

    assert texts(AppTest.from_function(second_run_in_one_thread, default_timeout=30).run()) == ["zh 播放"]


def test_a_catalogue_is_compiled_once() -> None:
    assert translations("zh") is translations("zh")
    assert set(MARKS) == {"_", "N_", "ngettext"}
