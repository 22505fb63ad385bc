"""Penalties side by side: the sweep equals single trainings, and L1 makes zeros where L2 and nothing do not."""

from itertools import islice

import numpy as np
import pytest

from optviz.models.penalties import NEAR_ZERO, train
from optviz.networks import classifier as single
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import OPTIMIZERS

TRAINING, VALIDATION = dot().split(0.2)
COURSE = {"regularizer": 0.03, "hidden": 11, "batch": 32, "lr": 0.01}
"""What is printed under 5.3."""


def net(batch=COURSE["batch"]):
    return Classifier(Network((2, COURSE["hidden"], 1), ACTIVATIONS["relu"]()), LOSSES["mse"], TRAINING, batch)


def frames(l1, l2, n, stride=1, optimizer="sgd", rate=COURSE["lr"], validation=VALIDATION, scheme="course"):
    classifier = net()
    training = train(
        classifier,
        OPTIMIZERS[optimizer](),
        lambda t: rate,
        classifier.network.init(0, scheme),
        l1=np.array(l1, dtype=float),
        l2=np.array(l2, dtype=float),
        validation=validation,
        stride=stride,
    )
    return list(islice(training, n + 1))


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adagrad"])
def test_a_sweep_equals_single_trainings(optimizer):
    l1, l2 = [0.0, 0.03, 0.0, 0.002], [0.0, 0.0, 0.03, 0.1]
    swept = frames(l1, l2, 4, stride=2, optimizer=optimizer)
    for run, (one, two) in enumerate(zip(l1, l2, strict=True)):
        classifier = net()
        start = classifier.network.init(0)
        alone = single.train(
            classifier, OPTIMIZERS[optimizer](), lambda t: 0.01, start, validation=VALIDATION, l1=one, l2=two
        )
        for frame, epoch in zip(swept, islice(alone, 0, 9, 2), strict=True):
            np.testing.assert_allclose(frame.w[run], epoch.w, rtol=1e-9, atol=1e-12)
            for name in ("loss", "validation_loss", "accuracy", "validation_accuracy"):
                assert getattr(frame, name)[run] == pytest.approx(getattr(epoch, name), rel=1e-9)


def test_strengths_of_several_runs_are_those_of_each():
    classifier = net()
    mask, rng = classifier.network.weight_mask, np.random.default_rng(0)
    w, l1, l2 = rng.normal(size=(3, classifier.network.parameters)), np.array([0, 0.1, 2.0]), np.array([0.5, 0, 0.03])
    together = Penalized(classifier, l1, l2, mask)
    loss, gradient = together(w, 0)
    penalty = together.penalty(w)
    for run in range(3):
        alone = Penalized(classifier, float(l1[run]), float(l2[run]), mask)
        np.testing.assert_allclose(loss[run], alone(w[run], 0)[0])
        np.testing.assert_allclose(gradient[run], alone(w[run], 0)[1])
        np.testing.assert_allclose(penalty[run], alone.penalty(w[run]))
        np.testing.assert_allclose(loss[run] - penalty[run], classifier(w[run], 0)[0])


def test_every_run_begins_alike_and_biases_are_not_penalized():
    first = frames([0.0, 1.0, 0.0], [0.0, 0.0, 1.0], 0)[0]
    np.testing.assert_array_equal(first.w[0], first.w[1])
    np.testing.assert_array_equal(first.w[0], first.w[2])
    strong = frames([0.0, 0.0], [0.0, 1.0], 1, stride=200)[-1]
    weights = net().network.weight_mask > 0
    assert np.abs(strong.w[1][weights]).max() < 1e-3
    assert strong.w[1][~weights][-1] == pytest.approx(TRAINING.y.mean(), abs=0.05)


def test_the_zeros_and_the_norm_are_those_of_the_weights_alone():
    frame = frames([0.05], [0.0], 1, stride=60)[-1]
    weights = frame.w[0][net().network.weight_mask > 0]
    assert len(weights) == 33
    assert frame.zeros[0] == sum(abs(w) < NEAR_ZERO for w in weights) > 5
    assert frames([0.0], [0.0], 0, scheme="zero")[0].zeros[0] == 33  # and not the 12 biases
    assert frame.norm[0] == pytest.approx(np.sqrt((weights**2).sum()))


def test_5_4_l1_makes_weights_nearly_zero_and_l2_and_nothing_do_not():
    strength = COURSE["regularizer"]
    last = frames([0.0, strength, 0.0], [0.0, 0.0, strength], 1, stride=200)[-1]
    none, one, two = last.zeros
    assert one >= 10 and two == none == 0


def test_5_3_l2_makes_the_boundary_smoother():
    """The course's net without L2 and with 0.03: the weights shrink, and the boundary has less length to it."""
    last = frames([0.0, 0.0], [0.0, COURSE["regularizer"]], 1, stride=400)[-1]
    assert last.norm[1] < 0.6 * last.norm[0]
    xs = np.linspace(-3, 3, 61)
    ragged, smooth = (curvature(net().regions(w, xs, xs)) for w in last.w)
    assert smooth < 0.8 * ragged
    assert last.validation_accuracy[1] >= last.validation_accuracy[0]


def curvature(response):
    """Return how much the response bends, in the mean over the grid near the boundary."""
    bends = np.abs(np.diff(response, 2, axis=0))[:, 1:-1] + np.abs(np.diff(response, 2, axis=1))[1:-1]
    near = np.abs(response[1:-1, 1:-1] - 0.5) < 0.25
    return bends[near].max()


def test_weights_at_zero_swing_by_lr_times_the_strength_and_beyond_the_threshold_are_not_counted():
    weights = net().network.weight_mask > 0
    for rate, zeros in ((0.003, 33), (0.01, 9), (0.05, 3)):
        frame = frames([0.3], [0.0], 1, stride=400, rate=rate)[-1]
        assert 0.8 * rate * 0.3 < np.abs(frame.w[0][weights]).max() < rate * 0.3
        assert frame.zeros[0] == pytest.approx(zeros, abs=4), rate


def test_a_run_that_diverges_is_nan_and_the_others_go_on():
    last = frames([0.0, 0.0], [0.0, 300.0], 1, stride=60)[-1]
    assert np.isnan([getattr(last, name)[1] for name in last._fields[1:]]).all()
    assert np.isfinite([getattr(last, name)[0] for name in last._fields[1:]]).all()


def test_without_validation_points_its_numbers_are_nan():
    frame = frames([0.0], [0.0], 1, validation=VALIDATION.take(np.arange(0)))[-1]
    assert np.isnan(frame.validation_loss).all() and np.isfinite(frame.loss).all()
