"""The regression page without a browser: what it says and draws of every optimizer, and its program in TensorFlow."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from optviz.lessons import regression
from optviz.lessons.regression import MEASURES, Settings
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice
from tests.pages import opened, said
from tests.programs import drawn, in_keras, run

LINE = Settings(
    degree=1,
    truth=(1.0, 2.0),
    points=61,
    noise=1.0,
    seed=0,
    measure="mean",
    optimizer=Choice("sgd"),
    learning_rate=0.03,
    updates=100,
    start=(-3.0, -2.0),
)
CUBIC = Settings(
    degree=3,
    truth=(0.9, 0.5, 3.0, 2.4),
    points=61,
    noise=0.0,
    seed=0,
    measure="mean",
    optimizer=Choice("sgd"),
    learning_rate=0.001,
    updates=100,
    start=(0.0,),
)

page = partial(opened, "regression", folds=("points", "tensorflow"))


def tables(app):
    return " ".join(html.proto.body for html in app.get("html"))


def test_it_opens_on_a_line_that_fits():
    app = page()
    assert not app.error and not app.warning
    assert "After 100 updates the curve fits" in said(app) and "2/λ = 0.323" in said(app)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("degree", ["1", "4"])
def test_every_optimizer_on_a_line_and_on_a_curve(degree, lang):
    app = page(lang, degree=degree, updates="20")
    for name in OPTIMIZERS:
        app.selectbox(key="regression~optimizer").set_value(name).run()
        assert not app.exception and not app.error and not app.warning
        if in_keras(name) or OPTIMIZERS[name]().follows_curvature:
            assert app.code[0].value.count("for update in range(20)") == 1
        else:
            assert not app.code and any("Keras" in told.value for told in app.info)


def test_7_2_the_courses_cubic_by_its_link():
    app = page(degree="3", truth="0.9, 0.5, 3, 2.4", noise="0", lr="0.001", start="0")
    assert "The learning rate 0.001 is below 2/λ = 0.00852 (largest curvature λ = 235)" in said(app)
    assert "After 100 updates the curve fits: the loss has fallen from 877 to 0.17" in said(app)
    table = tables(app)
    for row in ("<td data-head='true'>0.9</td>", "<td data-head='true'>2.4</td>", "least squares"):
        assert row in table
    # of the mean, half the mean and the sum, this learning rate converges on the first two
    assert table.count(">converges<") == 2 and table.count(">diverges<") == 1


def test_the_settings_of_7_2_are_what_is_computed():
    objective, path = regression.objective_of(CUBIC), regression.path_of(CUBIC)
    w = np.zeros(4)
    x = np.linspace(-3, 3, 61)
    features = np.stack([x**k for k in range(4)], axis=1)
    y = 0.9 + 0.5 * x + 3.0 * x**2 + 2.4 * x**3
    for _update in range(100):
        w -= 0.001 * 2 / 61 * features.T @ (features @ w - y)
    np.testing.assert_allclose(path.w[-1], w, rtol=1e-9)
    assert path.loss[-1] == pytest.approx(np.mean((features @ w - y) ** 2))
    np.testing.assert_allclose(objective.solution(), CUBIC.truth, rtol=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_said_of_convergence_is_what_happens(measure):
    for rate in (1e-4, 1e-3, 1e-2, 2e-2, 0.1):
        settings = replace(CUBIC, measure=measure, learning_rate=rate, updates=400)
        bound = regression.bound_of(settings)[1]
        assert regression.diverged(settings) == (rate > bound)
        assert ("diverges" in regression.say(settings)) == (rate > bound)


def test_the_sentence_names_both_numbers_and_the_factor():
    text = regression.say(replace(CUBIC, learning_rate=0.01, updates=50))
    assert "0.01 is above 2/λ = 0.00852 (largest curvature λ = 235)" in text and "1.35 times" in text
    slow = regression.say_slowest(replace(CUBIC, updates=1))
    n = int(slow.rsplit(": ", 1)[1].split()[0].replace(",", ""))
    lowest = regression.objective_of(CUBIC).curvatures[0]
    assert (1 - 0.001 * lowest) ** n == pytest.approx(1e-3, rel=0.01)


def test_the_arrays_are_the_path_and_its_curves():
    settings = replace(CUBIC, updates=600)
    arrays, path = regression.arrays_of(settings), regression.path_of(settings)
    assert arrays["w"].stride == 3 and len(np.asarray(arrays["w"].array)) == 201
    np.testing.assert_allclose(np.asarray(arrays["w"].array)[-1], path.w[-1])
    fitted = np.polynomial.polynomial.polyval(regression.GRID, path.w[-1])
    np.testing.assert_allclose(np.asarray(arrays["fitted"].array)[-1], fitted)
    np.testing.assert_allclose(np.asarray(arrays["loss"].array)[:, 0], path.loss[::3])
    # what is but rounding has no place on a log axis
    assert np.isnan(np.asarray(arrays["loss"].array)[:, 1]).all()
    noisy = np.asarray(regression.arrays_of(LINE)["loss"].array)
    assert (noisy[:, 1] <= noisy[:, 0]).all()


@pytest.mark.parametrize(
    "settings", [LINE, CUBIC, replace(LINE, optimizer=Choice("nesterov")), replace(CUBIC, degree=6)]
)
def test_every_panel_follows_what_is_there(settings):
    arrays = regression.arrays_of(settings)
    for panel in regression.panels_of(settings):
        for track in panel.tracks:
            for ref in (track.x, track.y):
                if isinstance(ref, tuple):
                    assert ref[1] < np.asarray(arrays[ref[0]].array)[0].size


def test_the_surface_of_a_line_shows_minimum_and_start():
    for start in ((-3.0, -2.0), (50.0, 1.0)):
        best = regression.objective_of(LINE).solution()
        (b0, b1), (w0, w1) = regression.box_of(best, np.array(start))
        assert b0 < best[0] < b1 and w0 < best[1] < w1
        assert b0 < start[0] < b1 and w0 < start[1] < w1


@pytest.mark.parametrize("text", ["", "1, x", "1e999", "1 2 3 4 5 6 7 8", "__import__('os')", "500"])
@pytest.mark.parametrize("field", ["truth", "start"])
def test_bad_numbers_are_explained_and_not_used(field, text):
    app = page()
    before = tables(app)
    app.text_input(key=f"regression~{field}").set_value(text).run()
    assert not app.exception and len(app.error) == 1
    assert tables(app) == before


def test_a_point_on_the_surface_becomes_the_start():
    app = page(start="0.5, -1.25")
    assert "<td data-head='Start'>0.5</td>" in tables(app) and "<td data-head='Start'>−1.25</td>" in tables(app)


def run_program(settings):
    """Run the program, and return what it prints."""
    names, text = run("import numpy\nnumpy.set_printoptions(precision=17)\n" + regression.program(settings))
    printed = np.fromstring(text.replace("[", " ").replace("]", " "), sep=" ")
    np.testing.assert_allclose(printed, names["w"].numpy(), rtol=1e-12)
    return printed


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if in_keras(name) or name == "newton"])
def test_the_program_makes_the_same_updates_at_any_values(name):
    pytest.importorskip("tensorflow")
    rng = np.random.default_rng(len(name))
    crooked = replace(CUBIC, degree=6, points=20, noise=0.4, seed=7, start=(0.1, -0.3))
    for settings, values in (
        (LINE, {}),
        (CUBIC, drawn(OPTIMIZERS[name], rng)),
        (crooked, drawn(OPTIMIZERS[name], rng)),
    ):
        measure, rate = str(rng.choice(list(MEASURES))), float(rng.choice([1e-5, 1e-4]))
        given = replace(settings, optimizer=Choice(name, tuple(values.items())), updates=8, measure=measure)
        given = replace(given, learning_rate=rate)
        # Nadam of Keras rounds its 0.96 to single precision.
        exact = 1e-5 if name == "nadam" else 1e-9
        ours = regression.path_of(given).w[-1]
        # A descent that diverges is exact to its own scale.
        np.testing.assert_allclose(run_program(given), ours, rtol=exact, atol=1e-12 * max(1.0, np.abs(ours).max()))


@pytest.mark.parametrize("measure", MEASURES)
def test_the_program_minimizes_the_same_measure(measure):
    pytest.importorskip("tensorflow")
    settings = replace(
        CUBIC, measure=measure, learning_rate=1e-4, updates=10, truth=(2.0,), degree=2, seed=4, noise=0.5
    )
    np.testing.assert_allclose(run_program(settings), regression.path_of(settings).w[-1], rtol=1e-9)
