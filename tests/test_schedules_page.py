"""The schedule workbench, run without a browser: numbers, sentences, formulas, the program, every choice."""

import json
import re
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

from optviz.lessons import schedules
from optviz.lessons.schedules import LAST, MOST, PLANS, Scheduled, Settings
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES
from optviz.surfaces.curve_descent import Behavior
from optviz.surfaces.curves import CURVES
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import SURFACES
from tests.pages import opener, said
from tests.programs import drawn, in_keras, run

STAIRS = (Scheduled("exponential_decay"), Scheduled("exponential_decay", values=(("staircase", True),)))
DEFAULT = Settings(
    plans=STAIRS, learning_rate=0.5, warmup=0, steps=400, optimizer="sgd", curve="kink", surface="bowl", sigma=0.0
)
PIECES = replace(DEFAULT, plans=(Scheduled("piecewise_constant"),), learning_rate=0.1)
EVERY = replace(DEFAULT, plans=tuple(map(Scheduled, SCHEDULES)), steps=60)

page, fine = opener("schedules", folds=("editor", "applied", "tensorflow"), steps="60")


def rows(app):
    html = next(part.proto.body for part in app.get("html") if "<table>" in part.proto.body)
    return [re.findall(r">([^<>]+)</t[hd]>", row) for row in re.findall("<tr>.*?</tr>", html)][1:]


def test_1_4_exponential_decay_smooth_and_as_stairs_opens_the_page():
    app = fine(steps="400")
    smooth, stairs = rows(app)
    assert smooth[1:4] == ["0.454766", "0.450000", "0.445284"]
    assert stairs[1:4] == ["0.500000", "0.450000", "0.450000"]
    assert r"\mathrm{lr}_{10} = 0.5 \cdot 0.9^{\lfloor 10 / 10 \rfloor} = 0.45" in said(app)
    assert "0.5 at step 9, 0.45 at step 10. The drop happens at the boundary itself." in said(app)
    rates, t = schedules.rates_of(DEFAULT), np.arange(401)
    np.testing.assert_allclose(rates, np.stack([0.5 * 0.9 ** (t / 10), 0.5 * 0.9 ** (t // 10)], axis=-1))


def test_1_5_a_boundary_belongs_to_the_piece_before_it():
    app = fine(s="piecewise_constant", lr="0.1", at="100", steps="400")
    assert rows(app)[0][1:4] == ["0.100000", "0.100000", "0.050000"]
    assert "0.1 at step 100, 0.05 at step 101. A boundary belongs to the piece before it" in said(app)
    rates = schedules.rates_of(PIECES)[:, 0]
    expected = np.select([np.arange(401) <= b for b in (100, 200, 300)], [0.1, 0.05, 0.025], 0.001)
    np.testing.assert_allclose(rates, expected)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_with_its_settings_and_a_warm_up(schedule, lang):
    app = fine(lang, s=schedule, warmup="10")
    keys = [widget.key for widget in (*app.select_slider, *app.toggle, *app.slider)]
    for parameter in SCHEDULES[schedule].parameters:
        assert any(f"~{schedule}~{parameter.name}" in key for key in keys)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer):
    fine(optimizer=optimizer, s=["constant", "cosine"])


@pytest.mark.parametrize(("kind", "name"), [("curve", c) for c in CURVES] + [("surface", s) for s in SURFACES])
def test_every_curve_and_every_surface(kind, name):
    fine("zh", **{kind: name})


def test_the_list_adds_changes_copies_and_removes_schedules():
    app = fine(s=["constant", "cosine"])
    app.selectbox(key="schedules~add").set_value("exponential_decay").run()
    assert app.query_params["s"] == ["constant", "cosine", "exponential_decay"]
    app.toggle(key="schedules~s2~exponential_decay~staircase").set_value(True).run()
    app.toggle(key="schedules~s2~own").set_value(True).run()
    assert app.query_params["s"][2] == "exponential_decay,lr=0.5,staircase=1"
    app.button(key="schedules~s2~copy").click().run()
    assert app.query_params["s"][2:] == ["exponential_decay,lr=0.5,staircase=1"] * 2
    for remaining in (3, 2, 1, 0):
        app.button(key=f"schedules~s{app.session_state['schedules~edit']}~remove").click().run()
        assert not app.exception and len(app.session_state["schedules-values"]["s"]) == remaining
    assert app.query_params["s"] == "none"
    assert any("Add a schedule in the sidebar" in info.value for info in app.info)


@pytest.mark.parametrize(
    "link", [["nonsense"], ["cosine,beta=1"], ["cosine,alpha=x"], ["cosine"] * (MOST + 1), ["cosine,lr=nan"], [""]]
)
def test_what_cannot_be_read_in_a_link_is_said_and_the_defaults_stay(link):
    app = page(s=link)
    assert len(app.warning) == 1 and len(rows(app)) == 2


def test_entries_are_written_as_they_are_read():
    texts = ["constant,lr=0.2", "polynomial,end=0.5,cycle=1", "piecewise_constant,first_boundary=7"]
    assert PLANS.write(PLANS.read(texts, MOST)) == texts
    assert PLANS.read(["none"], MOST) == () and PLANS.write(()) == ["none"]
    titles = [plan.title(0.5) for plan in PLANS.read(texts, MOST)]
    assert titles == ["Constant lr 0.2", "Polynomial decay ε 0.5 cycle", "Piecewise constant t₁ 7"]


def test_the_panels_follow_the_numbers():
    arrays = schedules.arrays_of(EVERY)
    np.testing.assert_allclose(arrays["rate"], schedules.rates_of(EVERY), rtol=1e-6)
    np.testing.assert_allclose(arrays["w1"], schedules.descent_of(EVERY).path.w[..., 0], rtol=1e-6)
    np.testing.assert_allclose(arrays["w"], schedules.race_of(EVERY).path.w, rtol=1e-6)
    np.testing.assert_allclose(arrays["whole3"].array[0], schedules.rates_of(EVERY)[:, 3], rtol=1e-6)
    for panel in schedules.panels_of(EVERY, True):
        assert panel.tracks
        for track in panel.tracks:
            for ref in (track.x, track.y):
                name, column = ref if isinstance(ref, tuple) else (ref, 0)
                assert name == "step" or column < np.asarray(getattr(arrays[name], "array", arrays[name]))[0].size


def test_both_descents_take_the_learning_rates_that_are_drawn():
    for path in (schedules.descent_of(EVERY).path, schedules.race_of(EVERY).path):
        np.testing.assert_allclose(path.learning_rate, schedules.rates_of(EVERY), rtol=1e-12)


def test_the_picture_has_no_cursor_but_the_playhead():
    assert not json.loads(schedules.panels_of(DEFAULT, False)[0].figure)["layout"].get("shapes")
    assert [schedules.step_at(x) for x in (-3.0, 9.6, 1e9)] == [0, 10, LAST]


def test_what_the_schedules_do_is_said():
    given = replace(DEFAULT, plans=(Scheduled("constant"), Scheduled("inverse_time")), steps=200)
    assert [verdict.behavior for verdict in schedules.descent_of(given).verdicts] == [Behavior.SWINGS, Behavior.SETTLES]
    assert [end.ending for end in schedules.race_of(given).ends] == [Ending.GOING, Ending.ARRIVED]
    assert schedules.say(given) == (
        "On the curve “|w|, a kink”: Constant (keeps oscillating); Inverse time decay (oscillates, then settles). "
        "On the surface “Bowl”: Constant (still going); Inverse time decay (arrived)."
    )


def test_noise_reaches_the_surface():
    noisy = replace(DEFAULT, sigma=2.0)
    assert not np.allclose(schedules.race_of(noisy).path.w[1:], schedules.race_of(DEFAULT).path.w[1:])


def test_sides_are_said_behind_a_warm_up_and_not_where_there_is_no_jump():
    (told,) = schedules.sides(replace(PIECES, warmup=50))
    assert "0.1 at step 150, 0.05 at step 151." in told
    (told,) = schedules.sides(
        replace(PIECES, plans=(Scheduled("piecewise_constant", values=(("first_factor", 1.0),)),))
    )
    assert "0.1 at step 200, 0.025 at step 201." in told
    flat = Scheduled(
        "piecewise_constant", values=tuple((f"{place}_factor", 1.0) for place in ("first", "second", "third"))
    )
    steep = Scheduled("polynomial", values=(("power", 0.1), ("end", 0.0)))
    smooth = [Scheduled(name) for name in ("constant", "cosine", "cosine_restarts", "one_cycle", "inverse_time")]
    assert schedules.sides(replace(PIECES, plans=(*smooth, flat, steep))) == []


@pytest.mark.parametrize("every", [1, 3, 7, 97, 1000, 10_000])
def test_every_drop_is_found_at_its_step(every):
    for name, values in (
        ("step_decay", {"drop_every": every, "drop_to": 0.9}),
        ("exponential_decay", {"decay_steps": every, "rate": 0.9999, "staircase": True}),
        ("inverse_time", {"decay_steps": every, "rate": 0.01, "staircase": True}),
        ("piecewise_constant", {"first_boundary": every, "second_boundary": 10_000, "third_boundary": 10_000}),
    ):
        plan = Scheduled(name, values=tuple(values.items()))
        assert schedules.edge_of(replace(DEFAULT, warmup=0), plan).step == every, name


def readings(text):
    """Return what the program prints: the steps' learning rates (steps, schedules), and where each descent ends."""
    lines = text.splitlines()
    rates = [json.loads(line.split(" ", 1)[1]) for line in lines if "[" in line]
    return np.array(rates), [float(line) for line in lines if "[" not in line]


@pytest.mark.parametrize("warmup", [0, 7])
def test_1_4_and_1_5_the_program_makes_the_same_schedules_in_keras(warmup):
    pytest.importorskip("keras")
    rng = np.random.default_rng(warmup)
    plans = [Scheduled(name, values=tuple(drawn(recipe, rng).items())) for name, recipe in SCHEDULES.items()]
    plans += [Scheduled("constant", 0.2), Scheduled("cosine_restarts", values=(("t_mul", 1.0), ("m_mul", 0.5)))]
    settings = replace(DEFAULT, plans=tuple(plans), warmup=warmup, steps=20, curve="square")
    names, text = run(schedules.program(settings))
    ours = schedules.rates_of(settings)
    np.testing.assert_allclose(readings(text)[0], ours[::10], rtol=1e-12, atol=1e-16)
    for made, column in zip(names["schedules"], ours.T, strict=True):
        assert [float(made(t)) for t in range(1, 21, 3)] == pytest.approx(column[1:21:3].tolist(), rel=1e-12, abs=1e-16)


@pytest.mark.parametrize(("optimizer", "curve"), list(zip(filter(in_keras, OPTIMIZERS), cycle(CURVES), strict=False)))
def test_the_program_descends_the_curve_as_the_page_does(optimizer, curve):
    pytest.importorskip("keras")
    plans = (Scheduled("constant"), Scheduled("one_cycle", 0.1, values=(("total_steps", 20),)))
    settings = Settings(
        plans=plans,
        learning_rate=0.03,
        warmup=len(optimizer) % 2 * 3,
        steps=8,
        optimizer=optimizer,
        curve=curve,
        surface="bowl",
        sigma=0.0,
    )
    ends = readings(run(schedules.program(settings))[1])[1]
    # Nadam of Keras rounds its 0.96 to single precision.
    exact = 1e-6 if optimizer == "nadam" else 1e-10
    np.testing.assert_allclose(ends, schedules.descent_of(settings).path.w[-1, :, 0], rtol=exact)
