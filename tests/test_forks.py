"""A fork: what changes nothing is the same path bit for bit, and what changes is what descends from there alone."""

import json
from base64 import b64decode
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from optviz.lessons import races, training_words
from optviz.lessons import training_settings as trained
from optviz.lessons.forks import Fork
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method, Switch, Trainer
from optviz.lessons.trainings import NUMBERS, Training
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.descent import descend, record
from optviz.optimization.objectives import Later
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, warmup
from optviz.optimization.trials import Trial
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from optviz.surfaces.race import Course, Ending, conclude, conclude_fork, exchanged, paths
from optviz.surfaces.surfaces import SURFACES
from tests.pages import opened, said, sound

STEPS = 100
FACTOR = warmup(SCHEDULES["cosine"](decay_steps=80), 20)


def course(name="beale", **options):
    surface = SURFACES[name]
    return Course(surface, surface.domain, np.array(surface.minima, dtype=float).reshape(-1, 2), **options)


NOISY = course(sigma=0.5, seed=3, l2=0.01)
RUNS = [Trial.of(NOISY, make(), 0.002, FACTOR) for make in OPTIMIZERS.values()]
START = np.array(SURFACES["beale"].start)
PATH = paths(RUNS, START, STEPS)


def forked_at(step, number, **changes):
    """Return the rows of all runs, of which one was forked."""
    return exchanged(PATH, number, paths([RUNS[number].forked(step, **changes)], START, STEPS))


@pytest.mark.parametrize("number", range(len(RUNS)), ids=OPTIMIZERS)
@pytest.mark.parametrize("step", [0, 37, STEPS])
def test_a_fork_that_changes_nothing_changes_no_bit(number, step):
    same = forked_at(step, number)
    for forked, before in zip(same, PATH, strict=True):
        assert np.array_equal(forked, before, equal_nan=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_optimizer_goes_on_with_its_memory_under_what_is_new(name):
    number, changed = list(OPTIMIZERS).index(name), course(sigma=0.5, seed=3, l2=0.3)
    forked = forked_at(37, number, ground=changed, learning_rate=0.005)
    alone = descend(NOISY.descended, OPTIMIZERS[name](), lambda t: 0.002 * FACTOR(t), START)
    reached = next(islice(alone, 37, None))
    onward = descend(changed.descended, OPTIMIZERS[name](), lambda t: 0.005 * FACTOR(t), reached.w, reached.memory)
    expected = record(onward, STEPS - 37)
    for whole, piece, before in zip(forked, expected, PATH, strict=True):
        assert np.allclose(whole[37:, number], piece, rtol=1e-9, atol=1e-12, equal_nan=True)
        assert np.array_equal(whole[:37], before[:37], equal_nan=True)
        others = np.arange(len(RUNS)) != number
        assert np.array_equal(whole[:, others], before[:, others], equal_nan=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_optimizer_begins_with_fresh_moments_on_the_noise_and_the_schedule_that_go_on(name):
    number = list(OPTIMIZERS).index("sgd")
    forked = forked_at(37, number, learning_rate=0.05, optimizer=OPTIMIZERS[name]())
    # A straight loop of its own: memory from zero, objective and schedule of the race's own step.
    optimizer, w = OPTIMIZERS[name](), PATH.w[37, number]
    memory = optimizer.init(w)
    objective = Later(NOISY.descended, 37)
    for k in range(37, STEPS):
        assert np.allclose(forked.w[k, number], w, rtol=1e-9, atol=1e-12)
        rate = 0.05 * FACTOR(k)
        look = optimizer.look(objective, memory, w, rate)
        assert look.loss == pytest.approx(NOISY.descended(w, k)[0])
        memory, update = optimizer.step(memory, look, rate)
        w = w - update.eta
    assert forked.learning_rate[37, number] == pytest.approx(0.05 * FACTOR(37))


def test_the_loss_of_a_fork_is_that_of_its_new_objective():
    changed = course(l2=0.3)
    forked = forked_at(37, 0, ground=changed)
    bare = SURFACES["beale"](forked.w[37:, 0])[0]
    assert np.allclose(forked.loss[37:, 0], bare + 0.15 * (forked.w[37:, 0] ** 2).sum(-1))
    assert np.array_equal(forked.loss[:37, 0], PATH.loss[:37, 0])


def judged(runs, steps, number, step, **changes):
    """Return a race as it was judged before a fork, and after it."""
    start = np.array(runs[0].last.ground.surface.start)
    path, forked = paths(runs, start, steps), runs[number].forked(step, **changes)
    before = conclude(runs, path)
    return before, conclude_fork(forked, number, before, exchanged(path, number, paths([forked], start, steps)))


def plain(where, *rates):
    return [Trial.of(where, OPTIMIZERS["sgd"](), rate) for rate in rates]


def test_a_fork_is_judged_by_what_it_did_from_there_on():
    runs, momentum = plain(course("bowl"), 0.01, 0.1), OPTIMIZERS["momentum"](beta=0.1)
    before, after = judged(runs, 100, 0, 20, learning_rate=0.42, optimizer=momentum)
    assert before.ends[0].ending is Ending.GOING and after.ends[0].ending is Ending.ARRIVED
    assert after.ends[0].step == 100 and 20 < after.ends[0].arrival < 100
    assert after.ends[1] is before.ends[1]
    _before, blown = judged(runs, 50, 0, 20, learning_rate=0.61)
    assert blown.ends[0].ending is Ending.DIVERGED and blown.ends[0].turn >= 20
    assert blown.ends[0].rate == pytest.approx(0.61) and blown.ends[0].limit == pytest.approx(0.5)


def test_a_fork_that_changes_nothing_is_judged_the_same():
    for number in range(3):
        before, after = judged(plain(course("bowl"), 0.01, 0.42, 0.61), 50, number, 20)
        for mine, theirs in zip(after.ends[number], before.ends[number], strict=True):
            assert np.array_equal(mine, theirs)


def test_what_arrived_before_the_fork_arrived_there_unless_the_objective_has_changed():
    runs, adam = plain(course("bowl"), 0.42), {"learning_rate": 0.001, "optimizer": OPTIMIZERS["adam"]()}
    before, after = judged(runs, 100, 0, 80, **adam)
    assert after.ends[0].arrival == before.ends[0].arrival < 80
    _before, changed = judged(runs, 100, 0, 80, ground=course("bowl", l2=5.0), **adam)
    assert changed.ends[0].arrival is None or changed.ends[0].arrival >= 80
    assert np.allclose(changed.penalty[80:, 0], 2.5 * (changed.path.w[80:, 0] ** 2).sum(-1))
    assert (changed.penalty[:80] == 0).all()


def test_from_a_run_that_has_diverged_nothing_goes_on():
    with np.errstate(all="ignore"):
        before, after = judged(
            plain(course("rosenbrock"), 3.0), 50, 0, 30, learning_rate=0.001, optimizer=OPTIMIZERS["adam"]()
        )
    assert before.ends[0].step < 30
    assert after is before


# ---- the surfaces page


GROUND = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
TWO = (Run("sgd"), Run("adam"))


def settings(at=None, steps=60, **ground):
    return Settings(
        ground=replace(GROUND, **ground),
        runs=TWO,
        learning_rate=0.1,
        schedule=Choice("constant"),
        warmup=0,
        start=(-5.0, -2.0),
        steps=steps,
        fork=at,
    )


def page(lang="en", **parameters):
    app = opened("surfaces", lang, **{"steps": "60", **parameters})
    assert not app.error
    return app


def report(app):
    return next(html.proto.body for html in app.get("html") if "<table>" in html.proto.body)


def test_what_the_panels_follow_is_the_fork_and_the_future_it_left():
    at = Fork(20, 0, Run("adam"), 0.3, 0.5)
    given, plain = settings(at), settings()
    arrays, before = races.arrays_of(given, True), races.arrays_of(plain, True)
    assert np.array_equal(arrays["ghost"].array[20:], before["w"].array[20:, 0])
    assert np.isnan(arrays["ghost"].array[:20]).all()
    assert np.array_equal(arrays["ghost_loss"].array[20:, 0], before["loss"].array[20:, 0])
    assert np.array_equal(arrays["w"].array[:, 1], before["w"].array[:, 1])
    assert np.array_equal(arrays["w"].array[:21, 0], before["w"].array[:21, 0])
    assert np.allclose(arrays["fork"].array[0, :2], before["w"].array[20, 0])
    # Loss above the best value of its own objective: the bowl's minimum is 0 with and without L2.
    w = arrays["w"].array[20:, 0].astype(float)
    bare = SURFACES["bowl"](w)[0]
    assert np.allclose(arrays["loss"].array[20:, 0], bare + 0.25 * (w**2).sum(-1), rtol=1e-4, atol=1e-6)
    # The paths lie on the surface that is drawn.
    ground = races.relief_of(given.ground, races.MESH)
    assert np.allclose(arrays["path3d"].array[20:, 0, 2], ground.lifted(bare), rtol=1e-4, atol=1e-4)
    for panel in races.panels_of(given, True):
        assert any(track.mode == "all" for track in panel.tracks)
        for track in panel.tracks:
            for ref in (track.x, track.y, track.z):
                if isinstance(ref, tuple):
                    assert ref[1] < arrays[ref[0]].array[0].size


def test_the_minima_that_are_marked_are_those_of_both_objectives():
    at = Fork(20, 0, None, None, 3.0)
    above = json.loads(races.panels_of(settings(at, surface="booth"), True)[0].figure)
    stars = {trace["name"]: trace for trace in above["data"] if "star" in str(trace.get("marker", {}).get("symbol"))}
    x = np.linalg.solve([[10 + 3.0, 8], [8, 10 + 3.0]], [34, 38])
    before = [np.frombuffer(b64decode(stars["Minimum"][d]["bdata"]), stars["Minimum"][d]["dtype"]) for d in "xy"]
    assert np.array_equal(before, [[1], [3]])
    assert (stars["L2 3"]["x"][0], stars["L2 3"]["y"][0]) == pytest.approx(tuple(x), abs=1e-4)


def test_sentence_and_table_tell_of_both():
    given = settings(Fork(20, 0, Run("adam"), 0.3))
    said, html = races.say(given), races.report(given)
    after, before = races.race_of(given).ends[0], races.left_of(given).ends[0]
    assert f"Changed from step 20 on, SGD ends at loss {after.loss:.3g}" in said
    assert f"Unchanged, it ends at loss {before.loss:.3g}" in said
    assert "SGD → Adam, lr 0.3" in html and "SGD, unchanged" in html and "0.1 → 0.3" in html
    assert html.count("<th scope='row'>") == 3
    assert "nothing is changed yet" in races.say(settings(Fork(20, 0)))
    blown = replace(settings(Fork(40, 0, Run("adam"))), learning_rate=100.0, steps=200)
    blown = replace(blown, fork=replace(blown.fork, step=190))
    assert "ended before it" in races.say(blown)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["same", *OPTIMIZERS])
def test_every_optimizer_of_a_fork(lang, name):
    app = page(lang, fork="20", **{"fork.optimizer": name, "fork.run": "2", "fork.l2": "0.1", "fork.lr": "0.05"})
    assert not app.warning and report(app).count("<th scope='row'>") == 5
    expected = {"steps": "60", "fork": "20", "fork.run": "2", "fork.l2": "0.1", "fork.lr": "0.05"}
    expected |= {} if name == "same" else {"fork.optimizer": name}
    written = {key: value for key, value in app.query_params.items() if key != "lang"}
    assert {key: [value] if isinstance(value, str) else value for key, value in written.items()} == {
        key: [value] for key, value in expected.items()
    }


def test_a_fork_takes_the_step_where_the_playhead_rests_and_is_dropped_again():
    app = page()
    assert app.button(key="surfaces-fork").disabled
    run_name, _held = app.session_state["surfaces-held"]
    app.session_state["surfaces-rest"] = (run_name, 37)
    app.run()
    assert app.button(key="surfaces-fork").label == "Fork SGD at step 37"
    app.button(key="surfaces-fork").click().run()
    assert app.query_params["fork"] == "37" and "nothing is changed yet" in said(app)
    app.selectbox(key="surfaces~fork.optimizer").set_value("adam").run()
    app.text_input(key="surfaces~fork.lr~field").set_value("0.42").run()
    app.text_input(key="surfaces~fork.adam.beta1~field").set_value("0.5").run()
    assert app.query_params["fork.adam.beta1"] == "0.5" and "SGD → Adam β₁ 0.5, lr 0.42" in report(app)
    app.button(key="surfaces-unfork").click().run()
    assert not [name for name in app.query_params if name.startswith("fork")]
    assert "unchanged" not in report(app) and not app.exception


def test_the_run_that_is_chosen_is_forked():
    app = page(fork="20", **{"fork.lr": "0.05"})
    run_name, _held = app.session_state["surfaces-held"]
    app.session_state["surfaces-rest"] = (run_name, 20)
    app.run()
    assert app.button(key="surfaces-fork").disabled, "SGD is forked there already"
    app.session_state["surfaces~edit"] = 3
    app.run()
    assert app.button(key="surfaces-fork").label == "Fork Adam at step 20"
    app.button(key="surfaces-fork").click().run()
    assert app.query_params["fork.run"] == "4" and "fork.lr" not in app.query_params, "a rate is that of its run"
    assert "Adam is forked at step 20" in said(app)


def test_a_fork_after_the_last_step_is_explained_and_what_is_no_step_gets_a_word():
    app = page(fork="100")
    assert "ends at step 60, before the fork" in app.info[0].value and "unchanged" not in report(app)
    app = page(fork="soon", **{"fork.run": "9"})
    assert "fork=soon" in app.warning[0].value
    app = page(fork="20", **{"fork.run": "9"})
    assert "fork.run=9" in app.warning[0].value and "SGD, unchanged" in report(app)


# ---- the classifier page


SHORT = trained.Settings(epochs=20)


def finished(method):
    training = Training(replace(SHORT, methods=(method,)))
    while training.running:
        training.advance(60.0)
    return training


def numbers(training):
    return training.arrays["numbers"][:, 0]


def test_a_forked_training_is_the_same_up_to_the_fork_and_its_ghost_to_the_end():
    plain = finished(Method(Trainer(Choice("adam"))))
    forked = finished(
        Method(Trainer(Choice("adam")), switch=Switch(8, Trainer(Choice("momentum"), 0.1), l2=0.3, ghost=True))
    )
    assert np.array_equal(numbers(forked)[:8], numbers(plain)[:8])
    # In the epoch of the fork the weights are the same, the penalty and the rate are those of what follows.
    names = [name for name in NUMBERS if name not in ("penalty", "learning_rate")]
    same = [NUMBERS.index(name) for name in names]
    assert np.array_equal(numbers(forked)[8, same], numbers(plain)[8, same])
    ghost = forked.arrays["ghost0"]
    assert np.isnan(ghost[:8]).all() and np.array_equal(ghost[8:], numbers(plain)[8:], equal_nan=True)
    assert not np.array_equal(numbers(forked)[9], numbers(plain)[9])


def test_the_l2_of_a_fork_is_what_is_minimized_from_there_on():
    forked = finished(Method(switch=Switch(8, Trainer(Choice("sgd"), 0.01), l2=0.3)))
    net, penalty = forked.nets[0], numbers(forked)[:, NUMBERS.index("penalty")]
    assert (penalty[:8] == 0).all() and (penalty[8:] > 0).all()
    w = net.left.w[net.classifier.network.weight_mask > 0]
    assert penalty[-1] == pytest.approx(0.15 * (w @ w), rel=1e-6)
    # Trained by hand: plain up to the fork, then plain descent on the penalized loss, batch by batch.
    classifier, mask = net.classifier, net.classifier.network.weight_mask
    w, steps = forked.nets[0].start, classifier.steps_per_epoch
    for t in range(20 * steps):
        w = w - 0.01 * (classifier(w, t)[1] + (0.3 if t >= 8 * steps else 0.0) * mask * w)
    assert np.allclose(net.left.w, w, rtol=1e-9, atol=1e-12)
    titles = [title for title, _tex in training_words.formulas(forked.settings)]
    assert "What is minimized from epoch 8 on" in titles


def test_old_links_with_a_switch_open_the_same_training():
    parameters = {"switch": "1", "switch.epoch": "5", "switch.optimizer": "adam", "switch.lr": "0.02"}
    app = classifier_page(**parameters)
    values = tuple(OPTIMIZERS["adam"].defaults.items())
    assert app.session_state["classifier-training"].settings.methods == (
        Method(Trainer(Choice("sgd")), switch=Switch(5, Trainer(Choice("adam", values), 0.02))),
    )
    assert set(app.query_params) - {"lang"} == {"epochs", *parameters}
    assert not app.session_state["classifier-training"].ghosts


def classifier_page(lang="en", **parameters):
    return sound(opened("classifier", lang, rounds=2, **{"epochs": "20", **parameters}))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_training_is_forked_at_the_epoch_where_the_playhead_rests_and_again_without(lang):
    app = classifier_page(lang, compare="1", **{"b.optimizer": "adam", "b.adam.beta1": "0.5"})
    assert app.button(key="classifier-fork").disabled and app.button(key="classifier-b.fork").disabled
    run_name, _held = app.session_state["classifier-held"]
    app.session_state["classifier-rest"] = (run_name, 7)
    app.run()
    app.button(key="classifier-b.fork").click().run()
    app.run()
    training = app.session_state["classifier-training"]
    one, other = training.settings.methods
    assert one.switch is None and other.switch.epoch == 7 and other.switch.ghost
    assert other.switch.trainer == other.trainer and dict(other.trainer.optimizer.values)["beta1"] == 0.5
    assert list(training.ghosts) == [1]
    table = next(html.proto.body for html in app.get("html") if "<table>" in html.proto.body)
    assert table.count("<th scope='row'>") == 3 and "◌" in table
    app.button(key="classifier-b.unfork").click().run()
    app.run()
    assert not app.session_state["classifier-training"].ghosts
    assert not [name for name in app.query_params if name.startswith("b.switch")]
    assert not app.exception
