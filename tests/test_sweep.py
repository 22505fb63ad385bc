"""A sweep of learning rates is many trainings at once."""

from itertools import islice

import numpy as np
import pytest

from optviz.models.sweep import sweep
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier, train
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.optimizers import OPTIMIZERS

RATES = np.array([1e-3, 1e-2, 1.0])


def course():
    return Classifier(Network((2, 11, 1), ACTIVATIONS["relu"]()), LOSSES["mse"], dot().split(0.2)[0])


@pytest.mark.parametrize("name", ["sgd", "adam", "nesterov_keras"])
def test_each_rate_is_the_training_alone(name):
    classifier = course()
    start = classifier.network.init(0)
    result = sweep(classifier, OPTIMIZERS[name](), RATES, start, 4)
    for k, rate in enumerate(RATES[:2]):
        alone = train(classifier, OPTIMIZERS[name](), lambda t, rate=rate: rate, start)
        assert np.allclose([epoch.loss for epoch in islice(alone, 5)], result.loss[:, k])


def test_a_rate_that_diverges_is_no_best_one():
    classifier = course()
    result = sweep(classifier, OPTIMIZERS["nesterov_keras"](), RATES, classifier.network.init(0), 8)
    assert not np.isfinite(result.loss[-1, 2]) and np.isinf(result.final[2]) and result.best == 1
