"""The Keras program that the classifier page offers: it is run, and trains the same net to the same weights."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.ui.keras_code import keras_code
from optviz.ui.trainings import Method, Settings, Training

keras = pytest.importorskip("keras")

# Without shuffling both see the same batches; the page's default otherwise.
DEFAULT = replace(Settings(), epochs=3, shuffle=False)
FIT = "history = model.fit("


def weights(network, w):
    return [part for layer in network.views(w) for part in layer]


def run_program(settings, start):
    """Run the program from the given initial weights, and return its names."""
    before, after = keras_code(settings).split(FIT)
    names = {}
    exec(before, names)
    names["model"].set_weights(start)
    exec(FIT + after, names)
    return names


@pytest.mark.parametrize(
    "settings",
    [
        DEFAULT,
        replace(DEFAULT, methods=(Method(l2=0.03, l1=0.001),)),
        replace(DEFAULT, loss="binary_crossentropy", activation="leaky_relu", layers=2, units=5),
        replace(DEFAULT, methods=(Method("momentum", (("beta", 0.8),)),), initialization="he"),
        replace(DEFAULT, methods=(Method("lion", learning_rate=0.001),), schedule="step_decay",
                schedule_values=(("drop_every", 20), ("drop_to", 0.5))),
    ],
    ids=["default", "penalties", "deeper net", "averaged momentum", "schedule"],
)  # fmt: skip
def test_the_program_trains_the_same_net_to_the_same_weights(settings):
    training = Training(settings)
    network = training.classifier.network
    names = run_program(settings, weights(network, training.start))
    while training.running:
        training.advance(60.0)
    last = training.latest[0]
    for ours, theirs in zip(weights(network, last.w), names["model"].get_weights(), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=2e-4)
    history = names["history"].history
    # Keras' own number for the validation counts the penalty.
    assert history["val_loss"][-1] == pytest.approx(last.validation_loss + last.penalty, rel=1e-3)
    assert history["val_binary_accuracy"][-1] == pytest.approx(last.validation_accuracy, abs=1e-6)


@pytest.mark.parametrize("initialization", ["course", "xavier", "he", "small", "zero"])
def test_the_initial_weights_have_the_same_spread(initialization):
    settings = replace(DEFAULT, initialization=initialization, layers=2, units=64)
    names = {}
    exec(keras_code(settings).split(FIT)[0], names)
    ours = Training(settings)
    for mine, theirs in zip(weights(ours.classifier.network, ours.start), names["model"].get_weights(), strict=True):
        assert mine.shape == theirs.shape
        if mine.size == 64 * 64 or mine.ndim == 1:
            assert theirs.std() == pytest.approx(mine.std(), rel=0.1, abs=1e-8)
            assert theirs.mean() == pytest.approx(mine.mean(), abs=0.1 * mine.std() + 1e-8)
