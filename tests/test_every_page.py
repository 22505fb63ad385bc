"""Every page of the course without a browser: both languages, every choice, every example, and any junk in its link."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from optviz.course import outline
from optviz.locale.spoken import LANGUAGES
from tests.pages import examples, healthy, opened, tap

ROOT = Path(__file__).parents[1]
JUNK = ("", "§", "nan", "1e308", "-1e308", "0", "-1", "__import__('os')", "9**9**9", "[", "x" * 3000, "1,2;3")

every_page = pytest.mark.parametrize("name", outline.LESSONS)
in_both = pytest.mark.parametrize("lang", LANGUAGES)


pytestmark = pytest.mark.usefixtures("unfolded")


@cache
def names(name):
    """List the names that a page's controls have in its link."""
    return list(opened(name).session_state[f"{name}-values"])


@every_page
@in_both
def test_a_page_opens_without_a_complaint(name, lang):
    app = opened(name, lang)
    assert not app.error and not app.warning
    assert len(app.title) == 1


@every_page
@in_both
def test_every_choice_of_every_select_box(name, lang):
    app = opened(name, lang)
    for key, options in [(box.key, len(box.options)) for box in app.selectbox]:
        for option in range(options):
            box = next((each for each in app.selectbox if each.key == key), None)
            if box is None or box.disabled:
                break  # another choice has put this one away
            healthy(box.select_index(option).run())
            assert not app.error, (key, option, app.error[0].value)


@every_page
def test_every_choice_of_every_row_of_buttons_and_every_switch(name):
    app = opened(name)
    groups = [(group.key, group.options) for group in app.button_group]
    for key, options in groups:
        for option in options:
            group = next((each for each in app.button_group if each.key == key), None)
            if group is not None:
                healthy(group.set_value(option).run())
    for key in [toggle.key for toggle in app.toggle]:
        for _turn in range(2):
            toggle = next((each for each in app.toggle if each.key == key), None)
            if toggle is not None:
                healthy(toggle.set_value(not toggle.value).run())


@every_page
@in_both
def test_every_example_opens_without_a_complaint(name, lang):
    app = opened(name, lang)
    for title in examples(app):
        healthy(tap(app, title))
        assert not app.error and not app.warning, title


@every_page
@pytest.mark.parametrize("junk", JUNK)
def test_any_junk_in_a_link_gets_a_word_and_the_page_stays(name, junk):
    known = names(name)
    app = opened(name, **dict.fromkeys(known, junk))
    assert len(app.title) == 1
    if known and junk in ("§", "x" * 3000):
        assert app.warning or app.error


@every_page
def test_a_link_with_a_misspelt_setting_says_so_and_a_foreign_one_is_left_alone(name):
    assert not opened(name, fbclid="1").warning
    assert "optimiser" in opened(name, optimiser="1").warning[0].value


@every_page
def test_a_page_shows_its_pictures_by_the_lesson_which_shares_them_and_opens_them_at_their_moment(name):
    tree = ast.parse((ROOT / "pages" / f"{name}.py").read_text("utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    # The course page has no picture of its own settings.
    assert "player" not in imported or name == "course"


def test_no_page_needs_tensorflow_or_keras_to_open():
    source = f"""
import sys
from streamlit.testing.v1 import AppTest
for page in {[str(ROOT / "pages" / f"{name}.py") for name in outline.LESSONS]}:
    app = AppTest.from_file(page, default_timeout=60)
    app.session_state["framed"] = True
    assert not app.run().exception, page
print(*sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
