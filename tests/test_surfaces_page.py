"""The surfaces page, run without a browser: every choice of every registry, in both languages."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.figures.panels import run_of
from optviz.lessons import races
from optviz.lessons.forks import Fork
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import SURFACES
from tests.pages import said


def page(**parameters):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for group in ("editor", "schedules", "penalties", "starts", "formulas"):
        app.session_state[f"surfaces-{group}"] = True
    for name, value in {"steps": "20", **parameters}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.error and not app.warning
    return app


TWO = (Run("sgd"), Run("adam"))


def settings(surface="bowl", runs=TWO, *, steps=60, start=None, learning_rate=0.1, **ground):
    base = {"formula": "", "l1": 0.0, "l2": 0.0, "sigma": 0.0, "seed": 0}
    start = start or (SURFACES[surface].start if surface in SURFACES else (1.0, 1.0))
    return Settings(
        ground=Ground(surface, **{**base, **ground}),
        runs=runs,
        learning_rate=learning_rate,
        schedule=Choice("constant"),
        warmup=0,
        start=start,
        steps=steps,
    )


def test_a_race_is_running_on_the_first_load_with_its_table_and_its_sentence():
    app = page()
    (report,) = [html.proto.body for html in app.get("html") if "<table>" in html.proto.body]
    assert "after 20 steps" in said(app) and report.count("<th scope='row'>") == 4


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface(surface, lang):
    page(surface=surface, lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_with_every_one_of_its_settings(name, lang):
    app = page(run=name, lang=lang)
    labels = [widget.key for widget in (*app.select_slider, *app.toggle, *app.slider)]
    for parameter in OPTIMIZERS[name].parameters:
        assert any(f"~{name}~{parameter.name}" in key for key in labels)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_with_a_warm_up(schedule, lang):
    page(schedule=schedule, warmup="10", lang=lang, steps="100")


@pytest.mark.parametrize("start", [("0", "0"), ("10000", "-10000"), ("1", "3")])
@pytest.mark.parametrize("surface", ["ackley", "booth", "taxicab", "rosenbrock"])
def test_starts_outside_the_domain_on_a_kink_and_on_a_minimum(surface, start):
    page(surface=surface, x1=start[0], x2=start[1], run=["sgd", "adam", "newton"])


def test_penalties_noise_and_linear_axis():
    page(surface="himmelblau", l2="0.3", l1="1", noise="2", seed="5", log="0")


def test_the_editor_adds_changes_copies_and_removes_runs():
    app = page(run=["sgd", "adam"])
    app.selectbox(key="surfaces~add").set_value("lion").run()
    assert app.query_params["run"] == ["sgd", "adam", "lion"]
    app.select_slider(key="surfaces~run2~lion~beta1~slider").set_value(0.5).run()
    assert app.query_params["run"] == ["sgd", "adam", "lion,beta1=0.5"]
    app.text_input(key="surfaces~run2~lion~beta1~field").set_value("0.42").run()
    assert app.query_params["run"] == ["sgd", "adam", "lion,beta1=0.42"]
    assert app.select_slider(key="surfaces~run2~lion~beta1~slider").value == 0.42
    app.toggle(key="surfaces~run2~own").set_value(True).run()
    assert app.query_params["run"] == ["sgd", "adam", "lion,lr=0.1,beta1=0.42"]
    app.button(key="surfaces~run2~copy").click().run()
    assert app.query_params["run"] == ["sgd", "adam"] + ["lion,lr=0.1,beta1=0.42"] * 2
    app.button(key="surfaces~run3~remove").click().run()
    app.button_group(key="surfaces~edit").set_value(0).run()
    app.button(key="surfaces~run0~remove").click().run()
    assert app.query_params["run"] == ["adam", "lion,lr=0.1,beta1=0.42"]
    assert not app.exception


def test_the_learning_rate_takes_steps_and_any_value():
    app = page()
    app.select_slider(key="surfaces~lr~slider").set_value(0.3).run()
    assert app.query_params["lr"] == "0.3" and app.text_input(key="surfaces~lr~field").value == "0.3"
    app.text_input(key="surfaces~lr~field").set_value("0.42").run()
    assert app.query_params["lr"] == "0.42" and app.select_slider(key="surfaces~lr~slider").value == 0.42
    assert not app.exception


def test_what_the_panels_follow_is_the_race():
    given = settings(l2=0.5, steps=40)
    arrays, race = races.arrays_of(given, True), races.race_of(given)
    best = course_of(given.ground).minima.value
    assert np.allclose(arrays["w"].array, race.path.w, rtol=1e-6)
    assert np.allclose(arrays["loss"].array, race.path.loss - best, rtol=1e-5, atol=1e-6)
    assert np.allclose(arrays["own"].array, race.path.loss - race.penalty, rtol=1e-5, atol=1e-5)
    assert np.allclose(arrays["effective"].array, race.path.rate, rtol=1e-6)
    for panel in races.panels_of(given, True):
        assert panel.tracks or panel.quiet
        for track in panel.tracks:
            for ref in (track.x, track.y, track.z):
                if isinstance(ref, tuple):
                    assert ref[1] < arrays[ref[0]].array[0].size


def test_the_look_ahead_point_of_nesterov_is_followed():
    given = settings(runs=(Run("sgd"), Run("nesterov")), steps=30)
    arrays, path = races.arrays_of(given, True), races.race_of(given).path
    assert arrays["ahead"].array.shape == (31, 1, 2)
    assert np.allclose(arrays["ahead"].array[:, 0], path.point[:, 1], rtol=1e-6)
    assert np.abs(path.point[1:, 1] - path.w[1:, 1]).min() > 0
    # The momentum alone leads from w to w - lr m, and the last step was lr m.
    assert np.allclose(path.point[1:, 1], 2 * path.w[1:, 1] - path.w[:-1, 1], atol=1e-12)
    assert "ahead" not in races.arrays_of(settings(), True)


def test_long_races_send_thinned_curves_but_the_whole_path():
    given = settings(steps=2000, runs=tuple(Run(name) for name in list(OPTIMIZERS)[:8]))
    arrays = races.arrays_of(given, True)
    assert arrays["w"].array.shape == (2001, 8, 2)
    assert arrays["rate"].array.shape[0] <= races.ROWS + 1
    whole = races.race_of(given).path.rate
    assert np.allclose(arrays["effective"].array, whole[:: arrays["effective"].stride], rtol=1e-6)


def test_a_race_of_8_times_1000_steps_is_at_most_150_kilobytes():
    arrays = races.arrays_of(settings(steps=1000, runs=tuple(Run(name) for name in list(OPTIMIZERS)[:8])), True)
    assert sum(numbers.array.nbytes for numbers in arrays.values()) < 140_000


def test_the_sentence_names_all_that_come_first_together():
    assert "① SGD and ② SGD arrive first, at step 194." in races.say(settings(runs=(Run("sgd"), Run("sgd")), steps=200))


def test_the_sentence_says_who_came_near_and_left_again():
    runs = tuple(Run(name) for name in ("sgd", "rmsprop", "adam"))
    text = races.say(settings(runs=runs, steps=200))
    assert "RMSProp was within 0.001 of the lowest loss at step 63, but did not stay there." in text


def test_the_sentence_says_what_happened():
    three = (Run("sgd", 0.06), Run("sgd", 0.42), Run("sgd", 0.61))
    assert "SGD lr 0.42 arrives first, at step 45." in races.say(settings(runs=three, steps=50))
    diverged = "③ SGD lr 0.61 diverged: its learning rate 0.61 is above 2/λ = 0.5 (largest curvature λ = 4)."
    assert diverged in races.whys(settings(runs=three, steps=50))
    assert "keeps falling: the loss has no lower bound" in races.say(
        settings("saddle", (Run("adam"),), learning_rate=0.3, steps=100)
    )
    for surface, rate, ending in (("saddle", 0.01, "on a saddle"), ("three_hump_camel", 0.1, "in a local minimum")):
        (why,) = races.whys(settings(surface, (Run("sgd"),), learning_rate=rate, steps=200))
        assert f"stuck {ending}" in why
    slow = races.say(settings(runs=(Run("sgd", 0.001),), steps=20))
    assert "None has arrived after 20 steps; SGD lr 0.001 is nearest" in slow


def test_the_table_has_the_numbers_of_the_race():
    given = settings(runs=(Run("sgd", 0.06), Run("sgd", 0.61)), steps=50)
    ends, html = races.race_of(given).ends, races.report(given)
    assert [end.ending for end in ends] == [Ending.GOING, Ending.DIVERGED]
    assert f"{ends[0].loss:.3g}" in html and f"{ends[0].distance:.3g}" in html
    assert "lr 0.61 &gt; 2/λ = 0.5" in html


def test_the_same_settings_name_the_same_run_and_others_another():
    keys = {run_of(settings(steps=steps), log) for steps in (50, 60) for log in (True, False)}
    assert len(keys) == 4 and run_of(settings(steps=50), True) in keys


def test_a_learning_rate_that_all_share_is_a_line_of_text_and_others_are_curves():
    def rates(given):
        return races.panels_of(given, True)[3]

    text = rates(settings(learning_rate=0.03))
    assert text.quiet and "All runs share one learning rate, the same at every step." in text.figure and not text.tracks
    two = rates(settings(runs=(Run("sgd"), Run("adam", 0.3))))
    assert two.quiet and two.tracks  # the names of the runs say as much
    for given in (replace(settings(), warmup=5), replace(settings(), fork=Fork(5))):
        assert not rates(given).quiet and rates(given).tracks
    assert sum(panel.quiet for panel in races.panels_of(settings(), True)) == 1


def test_another_learning_rate_sends_numbers_alone():
    one, other = (races.panels_of(settings(learning_rate=rate), True) for rate in (0.03, 0.1))
    assert one == other


def test_a_linear_axis_of_losses_reaches_down_to_the_best_value():
    (loss,) = [panel for panel in races.panels_of(settings("himmelblau"), False) if panel.cell == "loss"]
    assert json.loads(loss.figure)["layout"]["yaxis"]["autorangeoptions"]["include"] == pytest.approx(0.0, abs=1e-12)
    (log,) = [panel for panel in races.panels_of(settings("himmelblau"), True) if panel.cell == "loss"]
    assert "include" not in json.loads(log.figure)["layout"]["yaxis"]["autorangeoptions"]


def test_why_a_run_fails_stands_at_the_picture_alone():
    app = page(run="rmsprop", steps="200")
    assert any("RMSProp: learning rate 0.1 → 0.03" in button.label for button in app.button)
    assert not any("keeps jumping back and forth" in part.proto.body for part in app.get("html"))
