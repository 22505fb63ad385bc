"""Inside a step on the surfaces page, without a browser: what the fold prints, the arrows and slow motion."""

import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.figures.arrows import LOOKS
from optviz.figures.panels import run_of
from optviz.lessons import races
from optviz.lessons.forks import Fork
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.anatomy import Part
from optviz.optimization.objectives import noise
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import inspector
from optviz.ui.inspector import NUMBERS, SUB_STEPS, broken
from tests.tex_arithmetic import recompute

BOWL = Ground("bowl", "", 0.0, 0.0, 0.0, 0)


def settings(*runs, steps=20, learning_rate=0.1, ground=BOWL, start=(-5.0, -2.0)):
    return Settings(
        ground=ground,
        runs=tuple(map(Run, runs)),
        learning_rate=learning_rate,
        schedule=Choice("constant"),
        warmup=0,
        start=start,
        steps=steps,
    )


def page(rest=None, **parameters):
    app = AppTest.from_file("../app.py", default_timeout=60)
    app.session_state["surfaces-inside"] = True
    for name, value in {"steps": "20", **parameters}.items():
        app.query_params[name] = value
    if rest is not None:
        shown, step = rest
        app.session_state["surfaces-rest"] = (run_of(shown, True), step)
    app.run()
    assert not app.exception and not app.error and not app.warning
    return app


def said(app):
    return next(html.proto.body for html in app.get("html") if "optviz-moving" in html.proto.body)


def results(app):
    """Return the last printed result of each name, a list over the coordinates."""
    found = {}
    for block in (each.value for each in app.markdown if each.value.startswith(("x₁", "x₂"))):
        for name, right in re.findall(r"([^\s&]+|\\hat \w_t) &= (.*?)(?=\\\\\[0.4em\]|\\end)", block, re.DOTALL):
            last = right.split("&=")[-1]
            text = re.sub(r"\\mathbf\{(.*)\}", r"\1", last.strip())
            found.setdefault(name.removeprefix(r"\begin{aligned}"), []).append(text)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_fold_prints_the_next_point_of_every_optimizer(name, lang):
    shown = settings(name)
    app = page((shown, 7), run=name, lang=lang)
    path = races.race_of(shown).path.w[:, 0]
    printed = [recompute(text) for text in results(app)["w_{t+1}"]]
    assert printed == pytest.approx(path[8], rel=5e-6)
    titles = [each.value for each in app.markdown if each.value.startswith("**")]
    assert sum(f"**{step.value} · " in "".join(titles) for step in SUB_STEPS) == 4


def test_the_numbers_are_those_of_the_step_where_the_playhead_rests_and_of_the_run_that_is_chosen():
    shown = settings("sgd", "adam")
    path = races.race_of(shown).path.w
    for run, step in ((0, 0), (0, 12), (1, 5)):
        app = page((shown, step), **{"run": ["sgd", "adam"], "inside.run": str(run + 1)})
        assert f"from step {step} to step {step + 1}" in said(app)
        assert [recompute(t) for t in results(app)["w_{t+1}"]] == pytest.approx(path[step + 1, run], rel=5e-6)


def test_at_the_last_step_no_update_follows():
    shown = settings("sgd")
    app = page((shown, 20), run="sgd")
    assert "Step 20 is the last: no update follows." in said(app)
    last = races.race_of(shown).path.w[20, 0]
    assert [recompute(t) for t in results(app)["w_{t+1}"]] == pytest.approx(last, rel=5e-6)


def test_a_diverged_run_shows_its_last_finite_step():
    shown = settings("sgd", learning_rate=100.0, steps=2000)
    app = page((shown, 1999), run="sgd", lr="100", steps="2000")
    end = races.race_of(shown).ends[0]
    assert f"The run ends at step {end.step}" in said(app)
    assert page(run="sgd", lr="100", x1="10000", x2="10000", surface="formula", f="exp(x1^2)").info


def test_without_arrows_nothing_more_is_sent_and_with_them_the_link_opens_the_fold():
    shown = settings("sgd", "adam")
    plain = page(run=["sgd", "adam"])
    assert "inside.arrows" not in plain.query_params
    app = AppTest.from_file("../app.py", default_timeout=60)
    for name, value in {"run": ["sgd", "adam"], "inside.arrows": "1", "steps": "20"}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert results(app)["w_{t+1}"]
    assert races.panels_of(shown, True) != races.panels_of(shown, True, inspector._seen(shown, 1, "en")[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_arrows_lead_tip_to_tail_from_each_point_to_the_next(name):
    shown = settings(name, steps=30)
    arrows, arrays, _slow = inspector._seen(shown, 0, "en")
    path = races.race_of(shown).path.w[:, 0]
    *parts, step = [
        np.stack([arrays[f"inside0.{arrow.kind}.{axis}"] for axis in "xy"], axis=-1) for arrow in arrows.drawn
    ]
    assert [arrow.kind for arrow in arrows.drawn][-1] == "step"
    assert {arrow.kind for arrow in arrows.drawn} <= set(LOOKS)
    assert step[:-1, 0] == pytest.approx(path[:-1], rel=1e-5, abs=1e-6)
    assert step[:-1, 1] == pytest.approx(path[1:], rel=1e-5, abs=1e-6)
    assert np.isnan(step[-1]).all()
    tail = step[:-1, 0]
    for part in parts:
        assert part[:-1, 0] == pytest.approx(tail, rel=1e-5, abs=1e-6)
        tail = part[:-1, 1]
    if parts:
        assert tail == pytest.approx(step[:-1, 1], rel=1e-4, abs=1e-5)


def test_of_nesterov_the_remembered_momentum_is_what_would_move_it_without_a_gradient():
    beta, rate, k = 0.8, 0.1, 9
    shown = replace(settings("nesterov", learning_rate=rate), runs=(Run("nesterov", None, (("beta", beta),)),))
    updates = races.updates_of(shown, 0)[0].updates
    m, g = updates.memory.states["m"][k], updates.look.g[k]
    assert updates.parts[Part.MOMENTUM][k] == pytest.approx(rate * beta * m)
    assert updates.parts[Part.GRADIENT][k] == pytest.approx(rate * (1 - beta) * g)
    # The gradient is taken where the course takes it, which is farther ahead.
    assert updates.look.point[k] == pytest.approx(updates.look.w[k] - rate * m)
    _arrows, arrays, slow = inspector._seen(shown, 0, "en")
    assert slow.sentences[0].startswith("1 · The gradient is computed ahead, at p = w − lr · m = ({p1}, {p2})")
    row = dict(zip(NUMBERS, arrays[slow.array][k], strict=True))
    assert [row["p1"], row["p2"]] == pytest.approx(updates.look.point[k], rel=1e-6)


FORKS = [Fork(k, 1, Run(name) if name else None, rate, l2) for k, name, rate, l2 in (
    (0, None, None, 0.5),
    (7, None, 0.02, None),
    (7, None, None, 0.0),
    (7, "nesterov", 0.02, 1.0),
    (0, "adam", 0.1, 0.7),
    (19, "lion", 0.01, 0.3),
)]  # fmt: skip


@pytest.mark.parametrize("fork", FORKS)
def test_every_number_of_a_forked_run_is_that_of_its_own_side_of_the_fork(fork):
    ground = replace(BOWL, l2=0.1, sigma=0.3, seed=4)
    shown = replace(settings("sgd", "momentum", ground=ground), fork=fork)
    path = races.race_of(shown).path
    _arrows, arrays, slow = inspector._seen(shown, 1, "en")
    rows = {name: arrays[slow.array][:-1, column] for column, name in enumerate(NUMBERS)}
    for row, expected in (
        (["w1", "w2"], path.w[:-1, 1]),
        (["n1", "n2"], path.w[1:, 1]),
        (["p1", "p2"], path.point[:-1, 1]),
        (["r1", "r2"], path.rate[:-1, 1]),
        (["lr"], path.learning_rate[:-1, 1, None]),
        (["loss"], path.loss[:-1, 1, None]),
    ):
        assert np.stack([rows[name] for name in row], axis=1) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    # The gradient is that of the penalty of its side, with the noise of its own step.
    for k in (0, fork.step, 18):
        l2 = fork.l2 if k >= fork.step and fork.l2 is not None else 0.1
        point = path.point[k, 1]
        slope = SURFACES["bowl"](point)[1] + l2 * point + 0.3 * noise(4, 0, 2)[k]
        assert [rows["g1"][k], rows["g2"][k]] == pytest.approx(slope, rel=1e-5)
    chosen = shown.runs[1] if fork.optimizer is None else fork.optimizer
    before, after = (inspector._sentences(each.build()) for each in (shown.runs[1], chosen))
    # A fork before the first update leaves nothing before it.
    assert (slow.sentences, slow.fork, slow.onward) == (
        (before, fork.step, after) if fork.step else (after, None, None)
    )


def test_the_last_finite_step_of_a_run_can_be_forked_and_is_taken_apart():
    shown = settings("momentum", learning_rate=100.0, steps=2000)
    last = races.race_of(shown).ends[0].step
    forked = replace(shown, fork=Fork(last, 0, None, 1e-3))
    path = races.race_of(forked).path.w[:, 0]
    before, after = races.updates_of(forked, 0)
    assert (before.first, len(before.updates), after.first) == (0, last, last)
    assert after.updates.following[0] == pytest.approx(path[last + 1], rel=1e-9)


@pytest.mark.parametrize("before, after", [("0", "0.5"), ("0.5", "0")])
def test_the_note_on_the_penalty_is_that_of_the_side_of_the_fork(before, after):
    ground = replace(BOWL, l2=float(before))
    shown = replace(settings("sgd", ground=ground), fork=Fork(9, 0, None, None, float(after)))
    for step, l2 in ((3, before), (9, after), (14, after)):
        app = page((shown, step), run="sgd", l2=before, fork="9", **{"fork.l2": after})
        captions = " ".join(each.value for each in app.caption)
        assert ("The gradient includes the penalty." in captions) == (l2 != "0"), step
        printed = [recompute(text) for text in results(app)["w_{t+1}"]]
        assert printed == pytest.approx(races.race_of(shown).path.w[step + 1, 0], rel=5e-6)


def test_arrows_differ_by_more_than_color():
    assert len({(look.dash, look.width) for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.color for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_slow_motion_names_only_numbers_that_it_has_and_they_are_those_of_the_run(name):
    shown = settings(name)
    _arrows, arrays, slow = inspector._seen(shown, 0, "en")
    assert {n for text in slow.sentences for n in re.findall(r"\{(\w+)\}", text)} <= set(slow.columns)
    path = races.race_of(shown).path
    row = dict(zip(NUMBERS, arrays[slow.array][4], strict=True))
    assert [row["w1"], row["w2"], row["n1"], row["n2"]] == pytest.approx([*path.w[4, 0], *path.w[5, 0]], rel=1e-5)
    assert [row["loss"], row["next"]] == pytest.approx([*path.loss[4:6, 0]], rel=1e-5)
    assert [row["r1"], row["r2"]] == pytest.approx([*path.rate[4, 0]], rel=1e-5)
    assert np.isnan(arrays[slow.array][-1]).all()


def test_a_long_sum_is_broken_where_it_adds_and_nowhere_else():
    text = r"0.999 \times 92.0951 + \left(1 - 0.999\right) \times \left(-212.292 + 1\right)^{2}"
    assert broken(text) == [r"0.999 \times 92.0951", text.split("92.0951 ")[1]]
    assert broken("1 + 2") == ["1 + 2"]
    fraction = r"\frac{1.23456 \times 7.89123 + 5.55555}{1 - 0.123456 \times 0.777777}"
    assert broken(fraction) == [fraction]


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adadelta", "adam", "nadam", "amsgrad", "adamax", "adamw"])
def test_the_effective_rate_that_is_drawn_is_the_line_of_the_inspector(name):
    shown = settings(name)
    drawn = np.asarray(races.arrays_of(shown, True)["effective"].array)
    for k in (0, 11, 19):
        (line,) = [line for line in races.updates_of(shown, 0)[0][1].lines(k) if line.name == r"\alpha_t"]
        assert [line.result(0), line.result(1)] == pytest.approx(drawn[k, 0], rel=1e-6)
