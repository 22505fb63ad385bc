"""The page of maps: its axes, its colors, what it says, the run of the cell, and what cannot be mapped."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from optviz import jobs
from optviz.lessons import maps as told
from optviz.lessons import races
from optviz.lessons.maps import Settings
from optviz.lessons.runs import Run
from optviz.lessons.words import optimizer_refusal
from optviz.recipes import Choice
from optviz.surfaces import maps
from optviz.surfaces.grounds import Ground, course_of
from optviz.surfaces.maps import ARRIVED, Axis, Regime, cells
from optviz.ui.maps import Refinement
from tests.pages import opener, ran, said, summaries, tap

page, sound_page = opener("map")
RATE, BETA = Axis("lr", 1e-3, 10.0, "log"), Axis("beta", 0.0, 0.99)


def given(x=RATE, y=BETA, shown="ending", optimizer="momentum_classical", surface="bowl", **changes):
    usual = {"learning_rate": 0.1, "schedule": Choice("constant"), "warmup": 0, "start": (-5.0, -2.0), "steps": 200}
    race = races.Settings(ground=Ground(surface, "", 0.0, 0.0, 0.0, 0), runs=(Run(optimizer),), **usual | changes)
    return Settings(race=race, x=x, y=y, shown=shown)


def infos(app):
    return [each.value for each in app.info]


def test_it_opens_on_momentum_and_says_what_the_numbers_say():
    app = sound_page()
    settings = given()
    found = cells(settings.map, 64)
    (sentence,) = summaries(app)
    share = np.isin(found.regime, ARRIVED).mean()
    assert f"{share:.0%} of the runs arrive" in sentence
    assert f"at step {found.arrival[np.isin(found.regime, ARRIVED)].min()}" in sentence
    assert "up to 0.95" in sentence  # 2 (1 + 0.9) / 4
    low, high = map(float, re.findall(r"between the learning rates ([\d.]+) and ([\d.]+)\.", sentence)[0])
    assert low < 0.95 * 1.1 and 0.95 < high < 1.2
    assert "At lr 0.1 and β 0.9 the run arrives at step 59." in said(app)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("shown", ["ending", "steps", "loss", "turns"])
def test_every_meaning_of_the_colors_in_both_languages(shown, lang):
    assert summaries(sound_page(lang, z=shown))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("link", "word"),
    [
        ({"x": "beta", "y": "beta"}, ("same number", "同一个数")),
        ({"x.low": "1", "x.high": "1"}, ("axis is empty: it begins and ends at 1", "轴为空：起点和终点都是 1")),
        ({"y.low": "0.9", "y.high": "0.1"}, ("runs backwards: it begins at 0.9", "方向反了：从 0.9 开始")),
    ],
)
def test_axes_that_make_no_map_are_refused_with_the_reason(link, word, lang):
    app = page(lang, **link)
    (text,) = infos(app)
    assert word[lang == "zh"] in text and not summaries(app)


def test_an_end_beyond_what_a_number_may_be_is_taken_back_with_a_word():
    app = page(**{"x.low": "-3"})
    assert "out of range; 1e-06 is used" in app.warning[0].value and summaries(app)


def test_an_optimizer_of_matrices_is_refused_and_a_typed_rule_with_them_says_why():
    (said,) = page(optimizer="muon").warning
    assert "optimizer=muon was not used" in said.value and optimizer_refusal("muon", net=False) in said.value
    app = sound_page(optimizer="own")
    assert "rate" in summaries(app)[0]
    app.text_area[0].set_value("w = w - lr*orthogonal(g)").run()
    assert "matri" in app.error[0].value and summaries(app)


def test_everything_diverges():
    app = sound_page(optimizer="sgd", y="x2", **{"x.low": "5", "x.high": "10", "y.low": "1", "y.high": "2"})
    assert "All runs diverge" in summaries(app)[0] and "already the smallest" in summaries(app)[0]
    assert next(button for button in app.button if button.label == "Go to the soonest").disabled


def test_a_surface_without_a_minimum():
    assert "no minimum, so no run arrives" in summaries(sound_page(surface="saddle"))[0]


def test_the_axes_are_those_of_the_optimizer():
    app = sound_page(optimizer="adam")
    options = next(box for box in app.selectbox if box.label == "From bottom to top").options
    assert options == ["Learning rate", "beta1 β₁", "beta2 β₂", "epsilon ε", "L2 strength",
                       "x₁ of the start", "x₂ of the start", "Steps"]  # fmt: skip
    assert "minimum" not in " ".join(next(box for box in app.selectbox if box.label == "The colors show").options)
    app = sound_page(x="x1", y="x2", z="goal")
    assert "They end: 100% at (0, 0)." in summaries(app)[0]


def test_another_surface_has_other_ends_of_its_starts():
    app = sound_page(x="x1", y="x2", **{"x.low": "-1", "x.high": "1"})
    app.selectbox[0].set_value("booth").run()
    assert not {"x.low", "x.high"} & set(app.query_params)
    left = ran("map", surface=["booth"], x=["x1"], y=["x2"])
    assert (left.x.low, left.x.high) == (-10, 10)


def test_the_run_beside_it_is_that_of_the_cell():
    left = ran("map", optimizer=["adam"], lr=["0.3"], **{"adam.beta1": ["0.5"]})
    assert left.settings.here == (0.3, 0.5)
    np.testing.assert_allclose(left.arrays["w"].array[:, 0], races.race_of(left.settings.race).path.w[:, 0], rtol=1e-6)
    np.testing.assert_allclose(left.arrays["cell"].array, [[np.log10(0.3), 0.5]], rtol=1e-6)


def test_a_point_of_the_map_is_a_value_of_both_axes():
    assert told.value_at(RATE, np.log10(0.3)) == 0.3 and told.value_at(BETA, 0.123456) == 0.1235
    assert told.value_at(RATE, 5.0) == 10.0 and told.value_at(BETA, -1.0) == 0.0
    assert told.value_at(Axis("steps", 1.0, 9.0, whole=True), 4.4) == 4.0


def test_moving_the_run_changes_what_the_axes_say_and_nothing_of_the_map():
    settings = given()
    moved = told.moved(settings, (0.3, 0.5))
    assert moved.here == (0.3, 0.5) and moved.map == settings.map
    assert moved.race.runs[0].values == (("beta", 0.5),) and moved.race.learning_rate == 0.3
    names = ("x1", "x2", "l2", "steps")
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        axes = [Axis(each, 1.0, 9.0) for each in (name, other)]
        assert told.moved(given(*axes), (2.0, 3.0)).here == (2.0, 3.0)


def test_go_to_the_soonest_goes_there():
    app = tap(sound_page(), "Go to the soonest")
    step = re.findall(r"at step (\d+), with lr ([\d.]+) and β ([\d.]+\d)", summaries(app)[0])[0]
    assert f"At lr {step[1]} and β {step[2]} the run arrives at step {step[0]}." in said(app)


def test_the_link_to_the_surfaces_opens_the_same_run():
    settings = given(x=Axis("x1", -5.0, 5.0), y=RATE, optimizer="adam", surface="himmelblau", learning_rate=0.2)
    parameters = told.parameters_of(told.moved(settings, (1.5, 0.3)))
    left = ran("surfaces", **parameters)
    assert left.settings == told.moved(settings, (1.5, 0.3)).race
    body = " ".join(part.proto.body for part in sound_page().get("html"))
    address = re.findall(r"href='\./\?([^']*)'[^>]*>This run among", body)[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(f"?{address}").query)["run"] == ["momentum_classical"]


def test_a_formula_and_one_that_is_wrong():
    assert summaries(sound_page(surface="formula", f="x1^2+2*x2^2"))
    assert page(surface="formula", f="x1^").error


def test_areas_are_named_in_their_middle():
    settings = given()
    found = cells(settings.map, 64)
    arrays = told.arrays_of(settings, settings, found, True)
    panel = told.panels_of(settings, found, True)[0]
    for name, (u, y) in zip(re.findall(r'"text":\["([^"]*)"\]', panel.figure), arrays["areas"].array[0], strict=True):
        column, row = int(RATE.along(10.0**u) * 64), int(BETA.along(y) * 64)
        assert told.REGIMES[Regime(found.regime[row, column])][0] == name


def test_colors_are_those_of_the_regimes():
    """A painting's rows go downwards, the map's upwards."""
    import base64
    from io import BytesIO

    from PIL import Image

    from optviz.figures import maps as pictures

    numbers = np.array([[0, 1], [2, 0]])
    source = pictures.named(numbers, ("series1", "series2", "series3"), np.zeros((2, 2)))["light"]
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(source.split(",")[1]))))
    colors = np.rint(pictures.fills(("series1", "series2", "series3"), "light") * 255)
    assert pixels.shape[0] == pictures.SIDE
    np.testing.assert_array_equal(pixels[-1, 0], colors[0])
    np.testing.assert_array_equal(pixels[-1, -1], colors[1])
    np.testing.assert_array_equal(pixels[0, 0], colors[2])


class Now:
    """A pool that makes all blocks when they are looked at."""

    def submit(self, owner, blocks):
        job = jobs.Job(owner, blocks)
        job.results = {k: block.function(*block.arguments) for k, block in enumerate(blocks)}
        self.job = job
        return job


@pytest.fixture
def fresh(monkeypatch):
    """Begin without levels that other tests have made."""
    monkeypatch.setattr(told, "FINISHED", told._Finished())


def test_a_map_is_refined_level_by_level_and_shared(fresh, monkeypatch):
    pool = Now()
    monkeypatch.setattr(jobs, "pool", lambda: pool)
    spec = given().map
    state = Refinement.begin(spec, 128)
    assert state.level == 64 and state.running and state.following == 128
    state.advance()
    assert state.level == 64 and state.job is pool.job
    state.advance()
    assert state.level == 128 and not state.running and state.job is None
    np.testing.assert_array_equal(state.cells.regime, cells(spec, 128).regime)
    assert Refinement.begin(spec, 128).level == 128


def test_a_stopped_map_goes_on_when_it_is_asked_to_and_an_error_is_told(fresh, monkeypatch):
    class Broken:
        def submit(self, owner, blocks):
            job = jobs.Job(owner, blocks)
            job.error = MemoryError()
            return job

    monkeypatch.setattr(jobs, "pool", Broken)
    state = Refinement.begin(given().map, 128)
    state.stop()
    assert not state.running
    state.advance()
    assert state.job is None
    state.go_on()
    state.advance()
    state.advance()
    assert state.stopped and state.error == "MemoryError" and state.level == 64


def test_what_is_made_in_the_request_is_quick():
    assert told.first_level(given().map, (8, 16, 64, 128)) == 64
    assert told.first_level(given(steps=2000).map, (8, 16, 64, 128)) == 16
    assert told.first_level(given(y=Axis("l2", 0.01, 1.0, "log")).map, (8, 16, 64, 128)) == 8
    assert 64**2 * 200 <= told.QUICK < 64**2 * 2000


def test_a_map_that_may_not_be_as_fine_as_asked_says_so(monkeypatch):
    monkeypatch.setattr(maps, "MOST", 64 * 64 * 200)
    app = sound_page(cells="256")
    assert "64 × 64 cells: 256 × 256 cells of 200 steps would be more than" in " ".join(
        each.value for each in app.caption
    )


def test_goals_say_their_shares():
    settings = given(Axis("x1", -5.0, 5.0), Axis("x2", -5.0, 5.0), "goal", "sgd", "himmelblau", learning_rate=0.01)
    found = cells(settings.map, 24)
    shares = [(found.goal == goal).mean() for goal in range(4)]
    sentence = told.say(settings, found)
    assert [int(each) for each in re.findall(r"(\d+)% at", sentence)] == [round(100 * share) for share in shares]
    assert len(maps.goals_of(course_of(settings.race.ground)).points) == 4
