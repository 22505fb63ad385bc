"""Early stopping and reduce on plateau, epoch by epoch against Keras' callbacks; optimizers that take over; starts."""

from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, train
from optviz.networks.datasets import DATASETS, dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau, relay, supervise
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.optimization.trials import Trial

TRAINING, VALIDATION = dot().split(0.2)
COURSE = Classifier(Network((2, 11, 1), ACTIVATIONS["relu"]()), LOSSES["mse"], TRAINING)
SGD, ADAM = OPTIMIZERS["sgd"](), OPTIMIZERS["adam"]()
CONSTANT = SCHEDULES["constant"]()


def begin(classifier=COURSE, optimizer=SGD, factor=CONSTANT):
    def begun(start, rate):
        return train(classifier, optimizer, Schedule(rate, factor), start, validation=VALIDATION)

    return begun


def switched(first, at, then, *, start=None, several=COURSE, factor=CONSTANT, stopping=None):
    """Train with an optimizer at a learning rate, and from an epoch on with another."""
    steps, (optimizer, rate), (second, onward) = several.steps_per_epoch, first, then
    trial = Trial.of(None, optimizer, rate, factor).forked(
        at * steps, optimizer=second, learning_rate=onward, anew=True
    )

    def go(leg, start):
        begun = begin(several, leg.optimizer, leg.factor)
        return supervise(begun, start, leg.learning_rate, stopping=stopping)

    return relay(trial, steps, course() if start is None else start, go)


def course(seed=0, scheme="he"):
    return COURSE.network.init(seed, scheme)


# ---- the rules, against Keras' callbacks


@pytest.fixture(scope="module")
def model():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model


def falling(seed, epochs=60):
    """A loss that falls, then rises, with noise; in sixteenths, on which float32 and float64 agree."""
    rng = np.random.default_rng(seed)
    return np.round(16 * (1 + np.abs(np.linspace(-1, 1, epochs)) + rng.normal(0, 0.3, epochs))) / 16


@pytest.mark.parametrize("patience", [0, 1, 3, 10])
@pytest.mark.parametrize("min_delta", [0.0, 0.125])
@pytest.mark.parametrize("seed", range(4))
def test_early_stopping_is_keras_epoch_by_epoch(model, patience, min_delta, seed):
    keras = pytest.importorskip("keras")
    theirs = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=patience, min_delta=min_delta, restore_best_weights=True
    )
    theirs.set_model(model)
    model.stop_training = False
    theirs.on_train_begin()
    rule = EarlyStopping(patience, min_delta)
    watch = rule.begin(np.zeros(2))
    for epoch, loss in enumerate(falling(seed)):
        w = np.full(2, epoch + 1.0)
        model.set_weights([w[:1, None], w[1:]])
        theirs.on_epoch_end(epoch, {"val_loss": loss})
        watch = rule.observe(watch, epoch + 1, loss, w)
        assert (watch.best, watch.best_epoch, watch.wait) == (theirs.best, theirs.best_epoch + 1, theirs.wait)
        assert watch.w[0] == theirs.best_weights[1][0]
        assert watch.stopped == model.stop_training
        if watch.stopped:
            break
    assert watch.stopped or patience == 10
    theirs.on_train_end()
    assert model.get_weights()[1][0] == watch.w[0]


# Keras' own reading of its learning rate.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize(("factor", "min_lr"), [(0.5, 0.0), (0.1, 0.001), (0.25, 0.1)])
@pytest.mark.parametrize("seed", range(4))
def test_reduce_on_plateau_is_keras_epoch_by_epoch(model, patience, factor, min_lr, seed):
    keras = pytest.importorskip("keras")
    theirs = keras.callbacks.ReduceLROnPlateau(patience=patience, factor=factor, min_lr=min_lr, min_delta=0.125)
    theirs.set_model(model)
    model.optimizer.learning_rate = 0.1
    theirs.on_train_begin()
    rule = ReduceOnPlateau(factor, patience, min_lr, min_delta=0.125)
    pace = rule.begin(0.1)
    rates = [0.1]
    for epoch, loss in enumerate(falling(seed)):
        theirs.on_epoch_end(epoch, {"val_loss": loss})
        pace = rule.observe(pace, loss)
        rate = float(model.optimizer.learning_rate.numpy())
        assert pace.learning_rate == pytest.approx(rate, rel=1e-6)
        assert (pace.best, pace.wait) == (theirs.best, theirs.wait)
        assert bool(pace.reduced) == (rate < rates[-1])
        rates.append(rate)
    assert rates[-1] < 0.1 or min_lr == 0.1


def test_several_runs_are_each_watched_as_one_alone():
    losses = np.stack([falling(seed) for seed in range(5)], axis=1)
    stopping, reducing = EarlyStopping(5), ReduceOnPlateau(patience=2)
    watch, pace = stopping.begin(np.zeros((5, 3))), reducing.begin(0.1, (5,))
    alone = [(stopping.begin(np.zeros(3)), reducing.begin(0.1)) for _run in range(5)]
    for epoch, row in enumerate(losses, start=1):
        w = np.full((5, 3), float(epoch))
        watch, pace = stopping.observe(watch, epoch, row, w), reducing.observe(pace, row)
        alone = [
            (stopping.observe(a, epoch, loss, w[0]), reducing.observe(b, loss))
            for (a, b), loss in zip(alone, row, strict=True)
        ]
        for run, (single, rate) in enumerate(alone):
            np.testing.assert_array_equal([part[run] for part in pace], rate)
            for several, one in zip(watch, single, strict=True):
                np.testing.assert_array_equal(several[run], one)


# ---- trainings under the rules


def test_a_supervised_training_stops_where_the_rule_says_and_knows_the_best_weights():
    plain = list(islice(begin()(course(), 0.3), 200))
    watched = list(supervise(begin(), course(), 0.3, stopping=EarlyStopping(20)))
    losses = [epoch.validation_loss for epoch in plain]
    best = 1 + int(np.argmin(losses[1 : len(watched)]))
    assert watched[-1].epoch.reason == "stopped" and watched[-1].epoch.epoch == best + 20 == len(watched) - 1
    assert watched[-1].watch.best_epoch == best and watched[-1].watch.best == losses[best]
    np.testing.assert_array_equal(watched[-1].watch.w, plain[best].w)
    for each, epoch in zip(watched, plain, strict=False):
        np.testing.assert_array_equal(each.epoch.w, epoch.w)


def test_the_reduced_rate_holds_from_the_very_next_update():
    watched = list(islice(supervise(begin(), course(), 0.3, reducing=ReduceOnPlateau(0.5, 5)), 120))
    reduced = [each.epoch.epoch for each in watched if each.pace.reduced]
    assert len(reduced) >= 3
    for before, after in pairwise(watched):
        epoch, expected = before.epoch, float(before.pace.learning_rate)
        assert epoch.learning_rate == expected
        following = list(islice(train(COURSE, SGD, Schedule(expected), epoch, validation=VALIDATION), 2))[1]
        np.testing.assert_array_equal(after.epoch.w, following.w)


def test_a_schedule_goes_on_below_the_reduced_rate():
    factor = SCHEDULES["step_decay"](drop_every=80, drop_to=0.5)
    rule = ReduceOnPlateau(0.1, 5)
    watched = list(islice(supervise(begin(factor=factor), course(), 0.3, reducing=rule), 60))
    for each in watched:
        steps = each.epoch.epoch * COURSE.steps_per_epoch
        assert each.epoch.learning_rate == pytest.approx(float(each.pace.learning_rate) * factor(steps))
    assert any(each.pace.reduced for each in watched)


def test_a_rate_that_would_diverge_next_is_still_reduced():
    # At 0.5 the net diverges within the epochs; the rule lowers the rate after the first.
    rule = ReduceOnPlateau(0.001, 1, min_delta=1e6)
    assert list(begin()(course(scheme="course"), 0.5))[-1].reason == "diverged"
    watched = list(islice(supervise(begin(), course(scheme="course"), 0.09, reducing=rule), 10))
    assert [each.epoch.reason for each in watched] == [""] * 10


# ---- another optimizer takes over


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam", "adadelta", "amsgrad"])
def test_the_second_optimizer_begins_afresh_and_the_batches_go_on(optimizer):
    second = OPTIMIZERS[optimizer]()
    watched = list(islice(switched((ADAM, 0.01), 7, (second, 0.02)), 13))
    first = list(islice(begin(optimizer=ADAM)(course(), 0.01), 8))
    for each, epoch in zip(watched[:8], first, strict=True):
        np.testing.assert_array_equal(each.epoch.w, epoch.w)
    # by hand: new moments, updates counted from 1, batches counted on
    w, memory, steps = first[7].w, second.init(first[7].w), COURSE.steps_per_epoch
    for t in range(7 * steps, 12 * steps):
        if t % steps == 0:
            np.testing.assert_allclose(watched[t // steps].epoch.w, w, rtol=1e-12)
        look = second.look(lambda w, _, t=t: COURSE(w, t), memory, w, 0.02)
        memory, update = second.step(memory, look, 0.02)
        w = w - update.eta
    np.testing.assert_allclose(watched[12].epoch.w, w, rtol=1e-12)
    assert [each.epoch.epoch for each in watched] == list(range(13))
    assert [each.epoch.learning_rate for each in watched] == [0.01] * 7 + [0.02] * 6


def test_the_second_schedule_begins_at_its_first_step():
    factor = SCHEDULES["exponential_decay"](decay_steps=10, rate=0.5)
    stages = switched((SGD, 0.1), 3, (SGD, 0.2), factor=factor)
    rates = [each.epoch.learning_rate for each in islice(stages, 6)]
    assert rates == pytest.approx([0.1 * factor(t) for t in (0, 8, 16)] + [0.2 * factor(t) for t in (0, 8, 16)])


def test_a_switch_before_the_first_update_is_the_second_optimizer_alone():
    watched = list(islice(switched((SGD, 0.1), 0, (ADAM, 0.01)), 5))
    for each, epoch in zip(watched, begin(optimizer=ADAM)(course(), 0.01), strict=False):
        np.testing.assert_array_equal(each.epoch.w, epoch.w)


def test_it_goes_on_from_any_epoch_after_the_switch():
    watched = list(islice(switched((SGD, 0.1), 3, (ADAM, 0.01)), 9))
    resumed = begin(optimizer=ADAM)(watched[5].epoch, 0.01)
    for each, epoch in zip(watched[5:], resumed, strict=False):
        assert each.epoch.epoch == epoch.epoch
        np.testing.assert_array_equal(each.epoch.w, epoch.w)


def test_what_was_stopped_early_is_not_taken_over():
    rule = EarlyStopping(0)
    watched = list(switched((SGD, 0.3), 150, (SGD, 0.1), stopping=rule))
    assert watched[-1].epoch.reason == "stopped" and watched[-1].epoch.epoch < 150


# ---- several starts side by side


SEEDS = (3, 4, 5, 6)
SEVERAL = replace(COURSE, seed=SEEDS)


def starts(scheme="he"):
    return np.stack([course(seed, scheme) for seed in SEEDS])


def single(seed, optimizer=SGD):
    return begin(replace(COURSE, seed=seed), optimizer)


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["SGD", "Adam"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_several_starts_are_the_single_trainings_of_those_seeds(optimizer, shuffle):
    several = list(islice(begin(replace(SEVERAL, shuffle=shuffle), optimizer)(starts(), 0.03), 25))
    for run, seed in enumerate(SEEDS):
        alone = begin(replace(COURSE, seed=seed, shuffle=shuffle), optimizer)(course(seed), 0.03)
        for all_runs, one in zip(several, alone, strict=False):
            assert all_runs.epoch == one.epoch
            picked = all_runs.run(run)
            np.testing.assert_allclose(picked.w, one.w, rtol=1e-9)
            for name in ("loss", "validation_loss", "accuracy", "validation_accuracy", "learning_rate"):
                assert getattr(picked, name) == pytest.approx(getattr(one, name), rel=1e-9)


def test_several_starts_under_both_rules_are_the_single_ones():
    rules = {"stopping": EarlyStopping(12), "reducing": ReduceOnPlateau(0.3, 4)}
    several = list(supervise(begin(SEVERAL), starts(), 0.1, **rules))
    ends = []
    for run, seed in enumerate(SEEDS):
        alone = list(supervise(single(seed), course(seed), 0.1, **rules))
        ends.append(len(alone) - 1)
        for all_runs, one in zip(several, alone, strict=False):
            picked = all_runs.run(run)
            np.testing.assert_allclose(picked.epoch.w, one.epoch.w, rtol=1e-7)
            np.testing.assert_allclose(picked.pace.learning_rate, one.pace.learning_rate)
            assert (picked.watch.stopped, picked.watch.best_epoch) == (one.watch.stopped, one.watch.best_epoch)
        # what was stopped stays where it is while the others go on
        np.testing.assert_array_equal(several[-1].epoch.w[run], several[len(alone) - 1].epoch.w[run])
    assert len(set(ends)) > 1 and len(several) - 1 == max(ends)
    assert several[-1].epoch.reason == "stopped"


def test_runs_that_were_stopped_before_the_switch_stay_stopped_after_it():
    rule = EarlyStopping(12)
    middle = sorted(len(list(supervise(single(s), course(s), 0.1, stopping=rule))) - 1 for s in SEEDS)[1]
    stages = switched((SGD, 0.1), middle, (ADAM, 0.01), start=starts(), several=SEVERAL, stopping=rule)
    watched = list(islice(stages, middle + 8))
    over = watched[middle].watch.stopped
    assert over.any() and not over.all()
    np.testing.assert_array_equal(watched[-1].epoch.w[over], watched[middle].epoch.w[over])
    assert (watched[-1].epoch.w[~over] != watched[middle].epoch.w[~over]).any()
    np.testing.assert_array_equal(watched[-1].watch.w[over], watched[middle].watch.w[over])


def test_one_start_may_diverge_while_the_others_go_on():
    w = starts()
    w[1] *= 100
    watched = list(islice(supervise(begin(SEVERAL), w, 0.05, reducing=ReduceOnPlateau(patience=2)), 20))
    assert watched[-1].epoch.epoch == 19 and not watched[-1].epoch.reason
    assert watched[-1].epoch.finite.tolist() == [True, False, True, True]


def test_another_data_set_trains_with_several_starts():
    data = DATASETS["moons"]()
    classifier = Classifier(
        Network((2, 8, 8, 1), ACTIVATIONS["tanh"]()), LOSSES["binary_crossentropy"], data, 7, (0, 1)
    )
    start = np.stack([classifier.network.init(seed, "xavier") for seed in (0, 1)])
    last = list(islice(train(classifier, ADAM, Schedule(0.01), start), 31))[-1]
    assert (last.accuracy > 0.9).all() and np.isnan(last.validation_loss).all()
