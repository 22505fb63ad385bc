"""The fitting page without a browser: its three pictures, its remedies, its links to the classifier, its program."""

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs

import numpy as np
import pytest

from optviz.lessons import fitting
from optviz.lessons.fitting import PICKED, REMEDIES
from optviz.lessons.training_settings import Method, Sample, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.locale.spoken import LANGUAGES
from optviz.models.fitting import CURVES, DEGREES, Setting, best, draw, fit, refits
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.network import Network
from optviz.recipes import Choice
from tests.pages import opened, sound, summaries

START = Setting()


def page(*args, **parameters):
    return sound(opened("fitting", *args, folds=("tensorflow",), **parameters))


def said(app):
    return " ".join([*(text.value for text in (*app.markdown, *app.caption)), *summaries(app)])


def row(setting, name):
    return fitting.arrays_of(setting)[name][0]


@pytest.mark.parametrize(("degree", "word"), [("1", "underfits"), ("4", "fits well"), ("15", "overfits")])
def test_5_6_every_degree_gets_its_word(degree, word):
    assert f"Degree {degree} {word}" in said(page(degree=degree))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("curve", CURVES)
def test_every_curve(curve, lang):
    page(lang, curve=curve, degree="7", l2="0.001", noise="0")


def test_three_pictures_stand_first_and_the_large_one_is_the_chosen():
    setting = replace(START, degree=6)
    panels = fitting.panels_of()
    assert [panel.title for panel in panels[:3]] == ["Your degree", "Degree 1", "Degree 15"]
    for panel, place, word in ((0, 1, "good fit"), (1, 0, "underfitting"), (2, 2, "overfitting")):
        traces = json.loads(panels[panel].figure)["data"]
        heights = row(setting, f"verdict{place}")
        shown = [
            trace["text"]
            for trace in traces
            if trace["meta"].get("follows", {}).get("mode") == "grow"
            and np.isfinite(heights[trace["meta"]["follows"]["y"][1]])
        ]
        assert shown == [[word]]
    for place, degree in enumerate((1, 6, 15)):
        np.testing.assert_array_equal(
            row(setting, f"fitted{place}"), fit(replace(setting, degree=degree)).value(fitting.GRID)
        )


def test_the_errors_against_each_remedy_are_those_of_the_fits():
    setting = replace(START, degree=9, l2=0.01)
    for remedy in REMEDIES:
        for k, value in enumerate(remedy.values):
            found = fit(replace(setting, **{remedy.field: value}))
            assert row(setting, remedy.field)[k] == value
            assert row(setting, f"{remedy.field}_training")[k] == found.training
            assert row(setting, f"{remedy.field}_validation")[k] == found.validation
        now = row(setting, f"{remedy.field}_now")
        assert tuple(now) == (getattr(setting, remedy.field), fit(setting).training, fit(setting).validation)
    assert np.isnan(row(START, "l2_now")[0])


def test_every_panel_follows_what_is_there():
    arrays = fitting.arrays_of(START)
    for panel in fitting.panels_of():
        assert panel.tracks
        for track in panel.tracks:
            for ref in (track.x, track.y):
                if ref is not None:
                    assert (ref if isinstance(ref, str) else ref[0]) in arrays


def test_a_click_takes_the_nearest_value():
    degrees, points, l2 = REMEDIES
    assert {PICKED[k].field for k in (3, 4, 5)} == {"degree", "points", "l2"}
    assert fitting.panels_of()[5].cell == "l2" and fitting.panels_of()[5].pick
    assert fitting.picked(3, (3.4, 0.1)) == ("degree", 3) and fitting.picked(5, (0.006, 1.0)) == ("l2", 0.01)
    assert [fitting.nearest(degrees, x) for x in (-3, 3.4, 3.6, 99)] == [0, 3, 4, 15]
    assert [fitting.nearest(points, x) for x in (-1, 34, 35, 9999)] == [10, 30, 40, 400]
    assert fitting.nearest(l2, 0.006) == 0.01 and fitting.nearest(l2, 0.0) == 1e-6


def test_a_handle_is_where_its_value_is_and_takes_the_nearest():
    assert fitting.picked(1, (0.5, 0.0)) is None, "degree 1 has no handle"
    for panel, number in ((0, 1), (2, 2)):
        handle = fitting.HANDLES[number]
        for value in handle.values:
            place = row(replace(START, **{handle.field: value}), f"handle{number}")[0]
            assert fitting.picked(panel, (place + 0.02, -2.0)) == (handle.field, value)
            assert fitting.picked(panel, (place - 0.02, 1.0)) == (handle.field, value)
        assert fitting.picked(panel, (-9.0, 0.0))[1] == handle.values[0]
        assert fitting.picked(panel, (9.0, 0.0))[1] == handle.values[-1]
        scale = [trace for trace in json.loads(fitting.panels_of()[panel].figure)["data"] if trace["meta"].get("grip")]
        assert len(scale) == 1 and scale[0]["meta"]["follows"]["x"] == [f"handle{number}", 0]
    between = fitting.HANDLES[2].place_of(0.02)
    assert fitting.HANDLES[2].place_of(0.01) < between < fitting.HANDLES[2].place_of(0.03)


def test_the_fan_is_twenty_refits_and_its_sentence_has_their_scatter_and_their_miss():
    setting = replace(START, degree=9)
    x = np.linspace(-1, 1, fitting.FAN)
    curves = []
    for k in range(20):
        fresh, _validation = draw(replace(setting, seed=1000 + k))
        curves.append(np.polynomial.Polynomial.fit(fresh.x, fresh.y, 9)(x))
        assert len(fresh.x) == len(draw(setting)[0].x) and not np.isin(fresh.y, draw(setting)[0].y).any()
    fan = row(setting, "fan1").reshape(20, -1)
    assert np.isnan(fan[:, -1]).all() and np.array_equal(row(setting, "fan_x").reshape(20, -1)[7, :-1], x)
    seen = np.where(np.abs(curves) <= 2.2, curves, np.nan)
    np.testing.assert_allclose(fan[:, :-1], seen, atol=1e-7)
    scatter = np.median(np.std(curves, axis=0, ddof=1))
    miss = np.median(np.abs(np.mean(curves, axis=0) - np.sin(np.pi * x)))
    assert f"20 refits to fresh points scatter by {scatter:.3g}; their mean misses the true curve by {miss:.3g}." in (
        fitting.say(setting)
    )


def test_the_fan_shows_variance_where_it_overfits_and_bias_where_it_underfits():
    low, good, high = (refits(replace(START, degree=degree), 101) for degree in (1, 4, 15))
    more = refits(replace(START, degree=15, points=320), 101)
    calm = refits(replace(START, degree=15, l2=0.01), 101)
    assert low.scatter < good.scatter < high.scatter and low.miss > 5 * max(good.miss, high.miss)
    assert more.scatter < 0.3 * high.scatter and calm.scatter < 0.8 * high.scatter


def test_the_remedies_say_what_they_would_do():
    setting = replace(START, degree=15)
    text, now = fitting.remedies(setting), fit(setting).validation
    assert text.count(f"{now:.3g} → ") == 4
    degree = best(setting).degree
    assert f"15 → {degree}, {degree + 1} coefficients" in text
    assert f"**{fit(replace(setting, degree=degree)).validation:.3g}**" in text
    assert f"**{fit(replace(setting, points=400)).validation:.3g}**" in text
    assert f"**{fit(replace(setting, noise=0.1)).validation:.3g}**" in text
    strengths = [float(re.search(r"L2: 0 → (\S+),", text)[1])]
    assert f"**{fit(replace(setting, l2=strengths[0])).validation:.3g}**" in text


@pytest.mark.parametrize("degree", range(16))
def test_what_is_said_to_help_lowers_the_error_and_nothing_else_is(degree):
    setting = replace(START, degree=degree)
    helping, _, idle = fitting.remedies(setting).partition("These would not help here: ")
    pairs = [(float(now), float(then)) for now, then in re.findall(r"error (\S+) → \*\*(.+?)\*\*", helping)]
    assert len(pairs) + len(idle.split(", ") if idle else ()) == 4
    assert all(then < now for now, then in pairs)
    if degree == 1:
        assert idle == "More data, Regularizer."


def classifier_of(query):
    """Return the classifier's training that a link of the page opens."""
    given = {name: values[0] for name, values in parse_qs(query).items()}
    dataset = given.pop("data", "dot")
    sample = {
        name.split(".")[1]: float(given.pop(name)) if "noise" in name else int(given.pop(name))
        for name in list(given)
        if name.startswith(f"{dataset}.")
    }
    settings = Settings(
        sample=Sample(Choice(dataset, tuple(sample.items())), share=float(given.pop("validation", 0.2))),
        layers=int(given.pop("layers", 1)),
        units=int(given.pop("units", 11)),
        initialization=given.pop("init", "course"),
        methods=(
            Method(
                Trainer(Choice(given.pop("optimizer", "sgd")), float(given.pop("lr", 0.01))),
                l2=float(given.pop("l2", 0.0)),
            ),
        ),
        epochs=int(given.pop("epochs", 800)),
    )
    assert not given
    training = Training(settings)
    while training.running:
        training.advance(60.0)
    return training


def test_the_links_to_the_classifier_show_what_they_say():
    links = re.findall(r"\]\(\./classifier\?(\S+?)\)", said(page()))
    assert len(links) == 3
    under, good, over = (classifier_of(link) for link in links)
    assert under.settings.sizes == (2, 1, 1) and under.latest[0].accuracy < 0.85 < good.latest[0].accuracy
    assert abs(good.latest[0].accuracy - good.latest[0].validation_accuracy) < 0.05
    assert Network(over.settings.sizes, ACTIVATIONS["relu"]()).parameters == 8577
    assert len(over.nets[0].classifier.data) == 20 and over.latest[0].accuracy == 1.0
    loss, validation = over.arrays["numbers"][:, 0, 0], over.arrays["numbers"][:, 0, 2]
    assert loss[-1] < 0.1 * loss[20] and validation[-1] > 2 * validation.min()
    assert over.latest[0].validation_accuracy < 0.85


@pytest.mark.parametrize("setting", [START, replace(START, degree=9, l2=0.03), replace(START, points=200, degree=15)])
def test_the_program_finds_the_same_coefficients_in_tensorflow(setting, capsys):
    pytest.importorskip("tensorflow")
    names = {}
    exec(fitting.program(setting), names)
    np.testing.assert_allclose(names["c"].numpy(), fit(setting).coefficients, rtol=1e-6, atol=1e-6)
    assert float(names["loss"]) == pytest.approx(fit(setting).training)


def test_the_formula_has_the_numbers_of_the_fit():
    setting = replace(START, degree=5, l2=0.1)
    text = " ".join(tex for _title, tex in fitting.formulas(setting))
    assert f"{fit(setting).training:.4g}" in text and r"\sum_{k=0}^{5}" in text
    assert f"N = {len(draw(setting)[0].x)}" in text and len(DEGREES) == 16
