"""Dying units: the opening example has many, the cures cure, and the record is that of the training."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from optviz.networks.classifier import train
from optviz.networks.dead_relu import CURES, Setup, record
from optviz.optimization.optimizers import OPTIMIZERS

BIASED = Setup(bias=-4, learning_rate=0.01)
FAR = Setup(shift=5, learning_rate=0.03, initialization="he")
SHORT = Setup(epochs=5)


def test_3_3_many_units_die_of_a_large_learning_rate():
    found = record(Setup())
    assert found.dead[0] == 0 and found.dead[-1] == pytest.approx(17 / 24)
    assert found.diverged == -1


@pytest.mark.parametrize("cure", ["rate", "he", "leaky"])
def test_3_3_a_cure_keeps_all_of_them_alive(cure):
    found = record(CURES[cure](Setup()))
    assert found.dead.max() == 0 and found.diverged == -1
    assert found.accuracy[-1] > 0.9


def test_negative_biases_kill_from_the_start_and_a_smaller_rate_does_not_help():
    assert record(BIASED).dead[0] > 0.7
    assert record(CURES["rate"](BIASED)).dead[-1] > 0.7
    assert record(CURES["he"](BIASED)).dead[-1] == record(CURES["leaky"](BIASED)).dead[-1] == 0


def test_inputs_far_from_zero_kill_and_standardized_ones_do_not():
    found, cured = record(FAR), record(CURES["inputs"](FAR))
    assert found.dead[-1] > 0.8 and cured.dead.max() == 0
    assert cured.loss[-1] < 0.5 * found.loss[-1]
    x = CURES["inputs"](FAR).data.x
    np.testing.assert_allclose([x.mean(axis=0), x.std(axis=0)], [[0, 0], [1, 1]], atol=1e-12)


@pytest.mark.parametrize(
    ("cure", "field"), [("rate", "learning_rate"), ("leaky", "activation"), ("inputs", "standardized")]
)
def test_a_cure_changes_one_thing_and_begins_with_the_same_weights(cure, field):
    cured = CURES[cure](Setup())
    assert replace(cured, **{field: getattr(Setup(), field)}) == Setup()
    np.testing.assert_array_equal(cured.start, Setup().start)


def test_the_record_is_that_of_the_training():
    found, classifier = record(SHORT), SHORT.classifier
    epochs = list(islice(train(classifier, OPTIMIZERS["sgd"](), lambda t: 0.1, SHORT.start), 6))
    for k, epoch in enumerate(epochs):
        assert found.dead[k] == classifier.dead_units(epoch.w) == found.silent[k].mean()
        assert (found.loss[k], found.accuracy[k]) == (epoch.loss, epoch.accuracy)
        (weights, biases), _ = classifier.network.views(epoch.w)
        z = classifier.data.x @ weights + biases
        np.testing.assert_array_equal(found.weights[k], [*weights, biases])
        np.testing.assert_array_equal(found.inputs[k], [z.min(axis=0), z.max(axis=0)])
        np.testing.assert_array_equal(found.silent[k], z.max(axis=0) <= 0)


def test_a_dead_unit_never_moves_again():
    found = record(Setup())
    for unit in np.flatnonzero(found.silent[10]):
        np.testing.assert_array_equal(found.weights[10, :, unit], found.weights[-1, :, unit])


def test_the_bias_is_added_to_the_hidden_units_alone():
    network = Setup().classifier.network
    for (moved, still), name in zip(
        zip(network.views(replace(Setup(), bias=-2.0).start), network.views(Setup().start), strict=True),
        "ho",
        strict=True,
    ):
        np.testing.assert_allclose(moved[1] - still[1], -2.0 if name == "h" else 0.0, atol=1e-12)
        np.testing.assert_array_equal(moved[0], still[0])


def test_a_divergence_ends_the_record_with_nan():
    found = record(Setup(learning_rate=10.0))
    assert found.diverged >= 0
    assert np.isfinite(found.loss[: found.diverged + 1]).all() and np.isnan(found.loss[found.diverged + 1 :]).all()
    assert len(found.dead) == 41 and not found.silent[-1].any()
