"""The penalties page without a browser: the sweep behind it, what is said of it, and its program in TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.figures.panels import run_of
from optviz.lessons import penalties
from optviz.lessons.penalties import STRENGTHS, Chosen, Settings, Sweep
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.optimizers import TRAINERS
from optviz.recipes import Choice
from tests.pages import opened, sound, summaries

SHORT = Settings(epochs=50)
CHOSEN = Chosen(0.03, 0.03)


def finished(settings=SHORT):
    sweep = penalties.sweep_of(settings)
    while not sweep.done:
        sweep.advance(60.0)
    return sweep


def page(*args, **parameters):
    return sound(opened("penalties", *args, folds=("tensorflow",), **{"epochs": "50", **parameters}))


def said(app):
    return " ".join([*(text.value for text in (*app.markdown, *app.caption)), *summaries(app)])


def test_the_defaults_are_the_courses():
    assert (Settings().optimizer.name, Settings().learning_rate, Settings().units, penalties.BATCH) == (
        "sgd",
        0.01,
        11,
        32,
    )
    assert 0.03 in STRENGTHS and penalties.settings_of(SHORT, CHOSEN) == SHORT
    assert finished().classifier.network.sizes == (2, 11, 1)


def test_a_strength_beside_the_others_is_trained_besides():
    settings = penalties.settings_of(SHORT, Chosen(0.042, 0.0))
    assert settings.strengths == tuple(sorted((*STRENGTHS, 0.042)))
    sweep = finished(settings)
    assert sweep.run("l1", 0.042) == 1 + settings.strengths.index(0.042) and sweep.run("l2", 0.0) == 0


def test_the_page_shows_the_sweep_that_is_done():
    finished()
    text = said(page())
    assert (
        "After 50 epochs, weights within 0.001 of zero: L1 " in text and "the validation loss is lowest at L1" in text
    )
    assert "lr·λ = 0.0003, which is within the threshold 0.001" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_optimizer(lang):
    app = page(lang)
    for name in TRAINERS:
        app.selectbox(key="penalties~optimizer").set_value(name).run()
        assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("field", ["l1", "l2"])
@pytest.mark.parametrize("strength", ["0", "0.0123", "10"])
def test_any_strength(field, strength):
    page(**{field: strength})


def test_the_picture_follows_the_sweep_as_it_goes():
    sweep = Sweep(replace(SHORT, seed=3))
    begun = penalties.arrays_of(sweep, CHOSEN)
    assert len(np.asarray(begun["numbers"].array)) == 1 and not sweep.done
    sweep.advance(0.0)
    while not sweep.done:
        sweep.advance(0.01)
    arrays = penalties.arrays_of(sweep, CHOSEN)
    assert all(len(np.asarray(each.array)) == 51 for each in arrays.values())
    assert np.array_equal(np.asarray(arrays["regions1"].array)[0], np.asarray(begun["regions1"].array)[0])


@pytest.mark.parametrize("epochs", penalties.EPOCHS)
def test_the_last_frame_is_the_last_epoch(epochs):
    settings = replace(SHORT, epochs=epochs)
    assert epochs % settings.stride == 0 and epochs // settings.stride <= 50


def test_what_the_panels_follow_is_the_sweep():
    sweep, chosen = finished(), Chosen(0.01, 0.1)
    arrays = {name: np.asarray(each.array) for name, each in penalties.arrays_of(sweep, chosen).items()}
    last, runs = sweep.frames[-1], sweep.runs(chosen)
    n = len(STRENGTHS)
    assert runs == (0, 1 + STRENGTHS.index(0.01), 1 + n + STRENGTHS.index(0.1))
    np.testing.assert_array_equal(arrays["numbers"][-1, :, 0], last.loss[list(runs)])
    np.testing.assert_array_equal(arrays["numbers"][-1, :, 1], last.validation_loss[list(runs)])
    np.testing.assert_array_equal(arrays["l1_loss"][-1], last.loss[1 : 1 + n])
    np.testing.assert_array_equal(arrays["l2_validation_loss"][-1], last.validation_loss[1 + n :])
    np.testing.assert_array_equal(arrays["l2_zeros"][-1], last.zeros[1 + n :])
    assert arrays["l1_now"][-1, 0] == 0.01 and arrays["l2_now"][-1, 2] == last.validation_loss[runs[2]]
    best = last.validation_loss[1 : 1 + n].argmin()
    assert tuple(arrays["l1_best"][-1]) == (STRENGTHS[best], last.validation_loss[1 + best])
    for side, run in enumerate(runs):
        response = sweep.classifier.regions(last.w[run], sweep.axis, sweep.axis)
        assert np.abs(arrays[f"regions{side}"][-1] - 100 * response.clip(0, 1)).max() <= 0.5 + 1e-9
        assert arrays[f"weights{side}"][-1].sum() == 33
    for panel in penalties.panels_of(sweep, chosen):
        assert panel.tracks
        for track in panel.tracks:
            for ref in (track.x, track.y, track.z):
                if isinstance(ref, tuple):
                    assert ref[1] < arrays[ref[0]][0].size


def test_the_panels_that_take_a_click_set_their_own_strength():
    panels = penalties.panels_of(finished(), CHOSEN)
    assert [k for k, panel in enumerate(panels) if panel.pick] == list(penalties.PICKED)
    assert [panels[k].title for k in penalties.PICKED] == ["Every λ of L1", "Every λ of L2"]
    assert penalties.nearest(SHORT, 0.012) == 0.01 and penalties.nearest(SHORT, -1.0) == 0.0001


def test_5_4_the_table_and_the_sentence_count_the_zeros():
    sweep = finished(replace(SHORT, epochs=400))
    last, weights = sweep.frames[-1], sweep.classifier.network.weight_mask > 0
    run = sweep.run("l1", 0.03)
    zeros = int((np.abs(last.w[run][weights]) < 1e-3).sum())
    assert zeros >= 10
    said = penalties.say(sweep, CHOSEN)
    assert f"weights within 0.001 of zero: L1 {zeros} of 33, L2 0, no penalty 0." in said
    assert f">{zeros} of 33<" in penalties.table(sweep, CHOSEN)


def test_the_example_of_the_best_strengths_is_right():
    best = penalties.say_best(finished(replace(SHORT, epochs=400)))
    assert "lowest at L1 0.01 (" in best and "at L2 0.02 (" in best


def test_what_is_said_of_a_divergence_and_of_no_validation():
    broken = finished(replace(SHORT, learning_rate=10.0))
    assert "Diverged: No penalty, L1 0.03, L2 0.03." in penalties.say(broken, CHOSEN)
    assert "–" in penalties.table(broken, CHOSEN) and r"\infty" in penalties.formulas(broken, CHOSEN)[0][1]
    assert "Without validation points" in penalties.say_best(finished(replace(SHORT, share=0.0)))
    page(lr="10")
    page(validation="0")


def test_the_threshold_is_named_where_it_hides_zeros():
    assert "beyond the threshold" in penalties.say_hover(replace(SHORT, learning_rate=0.1), CHOSEN)
    assert "depends on the optimizer" in penalties.say_hover(replace(SHORT, optimizer=Choice("adam")), CHOSEN)


def test_two_visitors_share_one_sweep_and_other_settings_another():
    assert penalties.sweep_of(SHORT) is penalties.sweep_of(replace(SHORT))
    assert penalties.sweep_of(SHORT) is not penalties.sweep_of(replace(SHORT, seed=1))
    assert run_of(SHORT, CHOSEN) != run_of(SHORT, Chosen(0.03, 0.01))
