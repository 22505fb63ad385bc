"""How optimizers are drawn: each as nothing else is, for every kind of eye, on both papers and on every page."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from optviz.colors import light, oklab, rgb, shares
from optviz.figures import family, practice
from optviz.figures import races as pictures
from optviz.figures.style import NUMBERS, OWN, SERIES, Runner, looks_of
from optviz.lessons import races, runs
from optviz.lessons.family import SHOWS
from optviz.lessons.runs import Run
from optviz.lessons.training_panels import _CURVES, COLORS
from optviz.optimization.entries import Look
from optviz.optimization.looks import LOOKS, MARKERS, PAPERS, derived
from optviz.optimization.optimizers import MATRIX_OPTIMIZERS, OPTIMIZERS
from optviz.ui import player
from optviz.ui.player import THEMES

EYES = {
    "normal": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira & Fernandes 2009: what is seen without one kind of cones, as a matrix on linear light."""

OFTEN = ("sgd", "momentum", "momentum_classical", "nesterov", "nesterov_keras", "adagrad", "rmsprop", "adam", "adamw",
         "lion")  # fmt: skip
ANNEALED = ("sgd", "momentum", "momentum_classical", "nesterov", "nesterov_keras", "adagrad", "rmsprop", "adadelta",
            "adam", "nadam", "amsgrad", "adamax", "adamw", "lion", "newton")  # fmt: skip
"""The colors that were chosen together."""
FIRST = ("sgd", "momentum", "rmsprop", "adam")
TWINS = ({"momentum", "momentum_classical"}, {"nesterov", "nesterov_keras"})

themes = pytest.mark.parametrize("theme", ["light", "dark"])


def seen(color, eye):
    return oklab(np.clip(light(rgb(color)) @ np.transpose(EYES[eye]), 0, 1))


def distances(theme, eye, among):
    at = {name: seen(getattr(look, theme), eye) for name, look in LOOKS.items()}
    return {pair: float(np.linalg.norm(at[pair[0]] - at[pair[1]])) for pair in combinations(among, 2)}


def test_oklab_is_that_of_its_author():
    # https://bottosson.github.io/posts/oklab: XYZ (0.950, 1.000, 1.089) is white
    assert oklab(light(rgb("#ffffff"))) == pytest.approx([1, 0, 0], abs=1e-4)
    assert oklab(light(rgb("#ff0000"))) == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    assert shares(oklab(light(rgb("#1c84d0")))) == pytest.approx(rgb("#1c84d0"), abs=1e-5)


def test_every_optimizer_has_a_color_dash_marker_and_sign_of_its_own():
    assert list(LOOKS) == [*OPTIMIZERS, *MATRIX_OPTIMIZERS]
    for field in Look._fields:
        assert len({getattr(look, field) for look in LOOKS.values()} | {""}) == len(LOOKS) + 1


def test_a_look_that_is_not_given_is_derived_and_is_none_of_the_others():
    looks = list(LOOKS.values())
    for _more in range(4):
        made = derived(looks)
        assert made == derived(looks)
        taken = {look.symbol for look in looks}
        # Markers come to an end; color and dash do not.
        for field in Look._fields if {*MARKERS} - taken else ("light", "dark", "dash"):
            assert getattr(made, field) not in {getattr(look, field) for look in looks}
        assert made.symbol in MARKERS and made.glyph == MARKERS[made.symbol]
        for theme, paper in PAPERS.items():
            color = getattr(made, theme)
            high, low = sorted((luminance(color), luminance(paper)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 3
            others = [getattr(look, theme) for look in looks]
            assert min(np.linalg.norm(oklab(light(rgb(color))) - oklab(light(rgb(each)))) for each in others) > 0.03
        looks.append(made)


def luminance(color):
    return float(np.dot(light(rgb(color)), (0.2126, 0.7152, 0.0722)))


@themes
@pytest.mark.parametrize(
    ("eye", "any_two", "often", "first"),
    [("normal", 0.09, 0.15, 0.18), ("no red", 0.06, 0.09, 0.11), ("no green", 0.06, 0.09, 0.11),
     ("no blue", 0.045, 0.075, 0.09)],
)  # fmt: skip
def test_no_two_optimizers_look_alike(theme, eye, any_two, often, first):
    """In OKLab, where 0.02 can be seen side by side; the four of the first race are the farthest apart."""
    assert min(distances(theme, eye, ANNEALED).values()) >= any_two
    raced = distances(theme, eye, OFTEN)
    assert min(raced[pair] for pair in raced if set(pair) not in TWINS) >= often
    assert min(distances(theme, eye, FIRST).values()) >= first


def test_an_optimizer_has_nearly_the_same_hue_on_both_papers():
    for name, look in LOOKS.items():
        hues = [np.arctan2(*oklab(light(rgb(color)))[:0:-1]) for color in (look.light, look.dark)]
        assert abs((hues[0] - hues[1] + np.pi) % (2 * np.pi) - np.pi) <= np.radians(40), name


def test_runs_of_one_optimizer_differ_in_dash_and_number_alone():
    looks = looks_of(["sgd", "adam", "sgd", "sgd"])
    assert [look.number for look in looks] == ["①", "", "②", "③"]
    of_sgd = [looks[i] for i in (0, 2, 3)]
    assert len({look.dash for look in of_sgd}) == 3 and of_sgd[0].dash == LOOKS["sgd"].dash
    assert {(look.color, look.symbol, look.glyph) for look in of_sgd} == {("sgd", *LOOKS["sgd"][3:])}
    eight = looks_of(["adam"] * runs.MOST)
    assert len({look.dash for look in eight}) == runs.MOST and "".join(look.number for look in eight) == NUMBERS
    assert runs.marks([Run("lion"), Run("adam"), Run("lion")]) == ["✖①", "◆", "✖②"]


def test_an_optimizer_looks_the_same_wherever_it_is_drawn():
    settings = SHOWS["adam"].settings()
    for name, look in zip((run.name for run in settings.runs), races.looks(settings.runs), strict=True):
        mine = (name, *LOOKS[name][2:])
        assert look[:4] == mine and family.LOOKS[name][:4] == mine
        assert f'<span style="color:var(--optviz-{name})">{look.glyph}</span>' in races.report(settings)
        tree = [trace for trace in family.tree().data if trace.meta["color"] == name]
        assert tree[0].marker.symbol == look.symbol
    drawn = practice.over_epochs([Runner("", *looks_of(["lion"]))], ("", ""))
    assert (drawn.data[0].meta["color"], drawn.data[0].line.dash) == ("lion", LOOKS["lion"].dash)
    curve = pictures.curves("loss", [Runner("", *looks_of(["lion"]))], title="", step_title="")
    assert (curve.data[0].meta["color"], curve.data[0].line.dash) == ("lion", LOOKS["lion"].dash)
    for theme, colors in THEMES.items():
        assert {name: colors[name] for name in LOOKS} == {name: getattr(look, theme) for name, look in LOOKS.items()}


def test_the_visitors_own_optimizer_looks_like_none_of_them():
    assert OWN.color not in LOOKS and OWN.symbol not in {look.symbol for look in LOOKS.values()}
    assert OWN.symbol not in {series.symbol for series in SERIES}
    assert looks_of(["", "sgd"])[0].color == OWN.color


def test_the_browser_knows_every_marker_and_draws_no_other_in_its_place():
    script = (Path(player.__file__).parent / "static" / "brush.js").read_text("utf-8")
    known = set(re.findall(r'^  "?([a-z0-9-]+)"?: ', script.split("SYMBOLS = {")[1].split("};")[0], re.M))
    assert {*MARKERS, OWN.symbol} <= known
    assert {look.symbol for look in LOOKS.values()} <= {*MARKERS}
    assert all(LOOKS[name].glyph == MARKERS[LOOKS[name].symbol] for name in LOOKS)


def test_training_and_validation_never_share_a_color_with_two_nets():
    assert not set(COLORS) & {curve.color for name, curve in _CURVES.items() if name != "learning_rate"}
