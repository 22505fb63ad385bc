"""No sentence calls one number smaller or greater than another that a reader sees as the same."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from optviz.lessons import (
    activations,
    backpropagation,
    cross_entropy,
    descent,
    losses,
    momentum,
    penalties,
    practice,
    races,
    softmax_loss,
    training_words,
    yoghurt,
)
from optviz.lessons.comparisons import alike, coinciding, least, most, say_coinciding
from optviz.lessons.runs import Run
from optviz.lessons.training_settings import Method, Sample, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground


def test_alike_is_what_is_written_alike_or_within_what_counts():
    assert alike(20.44, 20.41) and not alike(20.44, 20.34)
    assert alike(20.44, 20.34, within=0.01) and not alike(20.44, 20.1, within=0.01)
    assert alike(0.0, -0.0) and not alike(0.0, 1e-9) and not alike(1.0, np.inf)
    assert alike(3, 3, str) and not alike(100, 101, str)


def test_who_leads_with_all_that_are_alike():
    assert least([3.0, 1.0, 1.0001, np.nan, 2.0]) == [1, 2] and most([3.0, 1.0, 3.0]) == [0, 2]
    assert least([np.nan, np.inf]) == [] and most([5]) == [0]


def test_curves_coincide_that_are_drawn_as_one():
    t = np.arange(30.0)
    fast, level = 0.8**t, np.ones(30)
    apart = 0.5**t * (1 + 1e-4 * (t == 7))  # at one step
    curves = np.stack([fast, 0.5**t, apart, level, fast * (1 + 1e-9), level], axis=1)
    assert coinciding(curves) == [[0, 4]]
    curves[20:] = np.inf
    assert [0, 4] in coinciding(curves)
    assert say_coinciding("abe", curves[:, [0, 1, 4]]) == [
        "a and e have the same loss at every step: their curves coincide."
    ]
    assert say_coinciding("ab", curves[:, :2]) == []


def test_a_race_and_a_descent_say_whose_curves_coincide():
    # 1 - 0.1 · 2 = 0.8 and 1 - 0.9 · 2 = -0.8
    told = descent.say(
        descent.Settings(
            curve="square",
            formula="",
            rates=(0.1, 0.9, 1.04),
            schedule=Choice("constant"),
            warmup=0,
            start=1.0,
            steps=20,
            single=False,
        )
    )
    assert "lr 0.1 and lr 0.9 have the same loss at every step" in told
    runs = (Run("sgd", 0.1), Run("momentum", 0.1, (("beta", 0.0),)), Run("sgd", 0.2))
    told = races.say(
        races.Settings(
            ground=Ground("bowl", "", 0.0, 0.0, 0.0, 0),
            runs=runs,
            learning_rate=0.1,
            schedule=Choice("constant"),
            warmup=0,
            start=(-5.0, -2.0),
            steps=50,
        )
    )
    assert "have the same loss at every step" in told


def trained(settings):
    training = Training(settings)
    while training.running:
        training._train_epoch()
    return training


@pytest.mark.parametrize("epochs", [0, 3])
@pytest.mark.parametrize("other", [Method(), Method(l2=1e-5), Method(Trainer(Choice("sgd"), 0.010001))])
def test_weights_that_are_written_alike_are_called_alike(other, epochs):
    training = trained(Settings(epochs=max(epochs, 1), methods=(Method(), other)))
    said = training_words.say(training)
    assert "A and B have weights of similar size" in said and "smaller weights" not in said
    assert "smaller weights" in training_words.say(trained(Settings(epochs=20, methods=(Method(), Method(l2=1.0)))))


def test_starts_that_end_alike_are_called_so():
    still = Method(Trainer(Choice("sgd"), 1e-9))
    settings = Settings(epochs=1, starts=3, methods=(still,), initialization="zero", sample=Sample(share=0.0))
    said = training_words.say(trained(settings))
    assert "All remaining starts end alike" in said and "The best of" not in said


def test_runs_that_are_equally_near_are_named_together():
    ground = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
    given = races.Settings(
        ground=ground,
        runs=(Run("sgd"), Run("sgd"), Run("adam")),
        learning_rate=1e-3,
        schedule=Choice("constant"),
        warmup=0,
        start=(3.0, 2.0),
        steps=20,
    )
    said = races.say(given)
    assert "① SGD, ② SGD are equally near" in said and "is nearest" not in said
    assert "SGD is nearest" in races.say(replace(given, runs=(Run("sgd"), Run("adam"))))


def test_an_expression_that_reacts_equally_says_so():
    assert "reacts most, and equally, to a, b" in backpropagation.say("a + b", (("a", 1.0), ("b", 2.0)))
    assert "reacts most to b; ∂f/∂b = 3" in backpropagation.say("a + 3*b", (("a", 1.0), ("b", 2.0)))


def test_points_and_rows_that_share_the_lead():
    even = losses.Settings(true=(0.0, 0.0), pred=(1.0, -1.0), delta=1.0, top=2.0)
    assert "No single point dominates." in losses.say(even)
    assert "Point 1 alone accounts for" in losses.say(
        losses.Settings(true=(0.0, 0.0), pred=(2.0, 1.0), delta=1.0, top=2.0)
    )


def test_without_a_gain_no_strength_is_called_best():
    sweep = penalties.Sweep(replace(penalties.Settings(), epochs=50, learning_rate=1e-7))
    while not sweep.done:
        sweep.advance(1.0)
    assert "none of the strengths tried lowers it by 1%" in penalties.say_best(sweep)


def test_steps_that_range_as_far_are_not_called_calmer():
    plain = momentum.Settings(sequence=Choice(""), typed=(1.0, -1.0, 3.0), decay=0.0, learning_rate=0.1, steps=20)
    assert "averaged steps just as much" in momentum.say(plain) and "only by" not in momentum.say(plain)
    assert "only by" in momentum.say(replace(plain, decay=0.9))


def test_slopes_that_are_written_alike_are_one():
    for alpha, one in ((0.20001, True), (0.21, False)):
        chosen = (("leaky_relu", (("alpha", 0.2),)), ("prelu", (("alpha", alpha),)))
        said = activations.say_slopes(activations.Curves(chosen, -1.0))
        assert ("the slope is 0.2:" in said) == one and ("multiplies the gradient by 0.21 with" in said) != one


def test_rows_that_cost_most_and_the_same():
    for other, same in ((1.0000001, True), (1.1, False)):
        given = softmax_loss.Settings(
            rows=((0.0, 1.0), (1.0, 1.0 + other)), labels=((1.0, 0.0),) * 2, sparse=False, top=15.0
        )
        said = softmax_loss.say(given)
        assert ("the rows with the largest loss tie" in said) == same and ("Row 2 has the largest loss" in said) != same


def test_sides_that_cost_alike_are_not_favored():
    for profit, even in ((5.001, True), (5.1, False)):
        assert ("neither is favored" in yoghurt._why(yoghurt.Settings(cost=5.0, profit=profit))) == even


def test_optimizers_that_come_within_a_hundredth_come_equally_low(monkeypatch):
    rates = np.array([0.1, 1.0])
    for loss, said in (
        (0.2001, "Adam, RMSProp reach the same lowest loss, 0.2."),
        (0.21, "Adam reaches the lowest loss, 0.2"),
    ):
        sweeps = {
            name: SimpleNamespace(final=np.array([each, 1.0]), rates=rates, best=0)
            for name, each in (("adam", 0.2), ("sgd", 0.4), ("rmsprop", loss))
        }
        monkeypatch.setattr(practice, "sweeps_of", lambda _settings, sweeps=sweeps: sweeps)
        assert said in practice.say(
            practice.Settings(sample=Sample(Choice("xor")), loss="mse", batch_size=16, epochs=20, seed=0, also="none")
        )


MODULES = (
    activations,
    cross_entropy,
    backpropagation,
    losses,
    momentum,
    penalties,
    practice,
    races,
    softmax_loss,
    training_words,
    yoghurt,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_page_that_compares_asks_here(module):
    assert any(getattr(module, name, None) in (alike, least, most) for name in ("alike", "least", "most"))
