"""The page of matrices without a browser."""

from functools import partial

import numpy as np
import pytest

from optviz.figures import matrices as pictures
from optviz.lessons import matrices as told
from optviz.lessons.matrices import CONTENDERS, Settings, all_learned, halves, learned
from optviz.optimization.matrices import quintic
from tests.pages import examples, opened, said, sound, tap
from tests.programs import idle, run

page = partial(opened, "matrices")


def of(*names, **rest):
    return Settings(optimizers=names, rates=tuple(CONTENDERS[name][1] for name in names), **rest)


COURSE = of("sgd", "momentum", "adam", "muon")


def test_the_matrices_stand_in_a_grid_with_room_between():
    ones = [np.full((2, 3, 3), float(i)) for i in range(1, 4)]
    (grid, _again) = pictures.grid(ones)
    assert grid.shape == (8, 7)
    assert (grid[:3, :3] == 1).all() and (grid[:3, 4:] == 2).all() and (grid[5:, :3] == 3).all()
    assert np.isnan(grid[3:5]).all() and np.isnan(grid[:, 3]).all() and np.isnan(grid[5:, 4:]).all()


def test_every_track_has_its_numbers():
    for settings in (COURSE, of("adam"), of("sgd", "muon", iterations=None)):
        arrays = told.arrays_of(settings)
        wanted = {
            ref if isinstance(ref, str) else ref[0]
            for panel in told.panels_of(settings)
            for track in panel.tracks
            for ref in (track.x, track.y, track.z)
            if ref is not None
        }
        assert wanted == set(arrays)


def test_the_panels_follow_the_trainings():
    arrays, found = told.arrays_of(COURSE), all_learned(COURSE)
    np.testing.assert_array_equal(arrays["recalled"][:, 10:, 9:], found[3].recalled)
    for i, run_ in enumerate(found):
        np.testing.assert_array_equal(arrays[f"error{i}"], run_.error)
        np.testing.assert_allclose(arrays[f"values{i}"] * run_.step[:, :1], run_.step)


@pytest.mark.parametrize("iterations", [0, 1, 5, 10, None])
def test_the_markers_on_the_curve_are_the_singular_values_of_muons_step(iterations):
    settings = of("sgd", "muon", iterations=iterations)
    arrays, muon = told.arrays_of(settings), learned(settings, 1)
    np.testing.assert_allclose(-np.sort(-arrays["after"]), muon.step, atol=1e-9)
    expected = arrays["before"]
    for _iteration in range(iterations or 0):
        expected = quintic(expected)
    if iterations is not None:
        np.testing.assert_array_equal(arrays["after"], expected)


def test_2_17_the_sentence_has_the_steps_to_half_the_error():
    sentence, found = told.say(COURSE), all_learned(COURSE)
    for (name, _rate), run_ in zip((CONTENDERS[each] for each in COURSE.optimizers), found, strict=True):
        assert f"{name} {halves(run_)[0]} and {halves(run_)[-1]}" in sentence
    ratio = max(halves(found[3])) / min(halves(found[3]))
    assert f"Muon learns all pairs most evenly: its slowest takes {ratio:.3g} times as long as its fastest." in sentence
    assert "All pairs at the same step: Shampoo, SOAP." in told.say(of("sgd", "shampoo", "soap"))
    assert "SGD 1 and not in 40" in told.say(of("sgd", exponent=2.0))
    assert "SGD diverges" in told.say(Settings(optimizers=("sgd",), rates=(50.0,)))


def test_the_first_step_is_told_in_singular_values():
    sentence, p = told.say_spectra(COURSE), COURSE.associations.frequencies
    assert f"SGD {p[-1] / p[0]:.3g}" in sentence and "Muon 0.6" in sentence
    assert "Muon 1." in told.say_spectra(of("muon", iterations=None))


def test_the_formulas_have_the_numbers_of_the_frequencies():
    text = " ".join(tex for tex, _title in told.formulas(COURSE))
    assert r"p_1 = 0.368" in text and r"p_{8} = 0.046" in text and "0.632^{t}" in text


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("name", CONTENDERS)
def test_the_program_gets_the_numbers_of_the_page(name, falls):
    settings = of(name, falls=falls, steps=20, seed=3, exponent=0.5)
    program = told.program(settings)
    names, printed = run(program)
    np.testing.assert_allclose(names["error"], learned(settings, 0).error[-1], atol=1e-6)
    assert printed and not idle(program)


def test_the_program_of_an_exact_muon():
    settings = of("muon", iterations=None, steps=8)
    np.testing.assert_allclose(run(told.program(settings))[0]["error"], learned(settings, 0).error[-1], atol=1e-9)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_opening_and_examples(lang):
    app = sound(page(lang))
    for example in examples(app):
        tap(app, example)
        assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("name", CONTENDERS)
def test_each_optimizer_alone(name):
    assert said(sound(page(opt=[name], steps="10", ns="0", zipf="3")))


def test_without_an_optimizer_it_asks_for_one():
    assert "Choose at least one optimizer" in page(opt="").info[0].value


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"opt": "newton"}, "no such choice"),
        ({"opt": list(CONTENDERS)}, "at most 4"),
        ({"ns": "11"}, "out of range"),
        ({"zipf": "-1"}, "out of range"),
        ({"lr.muon": "spam"}, "not a number"),
    ],
)
def test_bad_links_get_a_word(parameters, complaint):
    app = page(**parameters)
    assert complaint in app.warning[0].value and "halved" in said(app)


def test_a_training_that_diverges_is_told_and_drawn_as_far_as_it_goes():
    app = sound(page(**{"opt": ["sgd", "adam"], "lr.sgd": "100", "steps": "200"}))
    assert "SGD diverges" in said(app)
    for rows in told.arrays_of(Settings(optimizers=("sgd",), rates=(100.0,), steps=200)).values():
        assert not np.isinf(rows.astype(np.float32)).any()
