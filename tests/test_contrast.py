"""Colors that everybody can tell from what lies behind them: the contrasts that WCAG 2.2 asks for at level AA."""

import tomllib
from itertools import product
from pathlib import Path

import pytest

from optviz.ui.frame import STYLE
from optviz.ui.player import THEMES

SETTINGS = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
TEXT, GRAPHIC = 4.5, 3.0
WRITTEN = ("text", "muted", "good", "bad", "class0", "class1")
"""The colors in which words are written on the page; names at the ends of lines are written in `Theme.ink`."""

both = pytest.mark.parametrize("theme", THEMES)


def backgrounds(theme: str) -> list[str]:
    """List what Streamlit puts behind words: the page, its fields, the sidebar and the fields there."""
    parts = SETTINGS[theme], SETTINGS[theme]["sidebar"]
    return [part[name] for part, name in product(parts, ("backgroundColor", "secondaryBackgroundColor"))]


def test_the_contrast_is_that_of_the_standard(contrast):
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@both
def test_words_are_readable_on_every_background(theme, contrast):
    for name, background in product(("textColor", "linkColor"), backgrounds(theme)):
        assert contrast(SETTINGS[theme][name], background) >= TEXT, (name, background)


@both
def test_what_is_written_in_a_color_is_readable_on_the_page(theme, contrast):
    page = SETTINGS[theme]["backgroundColor"]
    found = {name: contrast(THEMES[theme][name], page) for name in WRITTEN}
    assert min(found.values()) >= TEXT, found


@both
def test_lines_and_controls_stand_out(theme, contrast):
    page = SETTINGS[theme]["backgroundColor"]
    found = {name: contrast(color, page) for name, color in THEMES[theme].items()}
    assert min(found.values()) >= GRAPHIC, found
    # the thumb of a slider, the frame of what has the focus, and the tick in a box, which Streamlit draws white
    for background in (*backgrounds(theme), "#ffffff" if theme == "dark" else page):
        assert contrast(SETTINGS[theme]["primaryColor"], background) >= GRAPHIC, background


def test_the_frame_of_what_has_the_focus_is_in_the_main_color():
    assert f"light-dark({SETTINGS['light']['primaryColor']}, {SETTINGS['dark']['primaryColor']})" in STYLE
