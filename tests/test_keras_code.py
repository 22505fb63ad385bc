"""The Keras program that the classifier page offers: it is run, and trains the same net to the same weights."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.plateau import EarlyStopping, ReduceOnPlateau
from optviz.ui.keras_code import keras_code
from optviz.ui.training_settings import Leg, Method, Settings, Switch
from optviz.ui.trainings import Training

keras = pytest.importorskip("keras")

# Without shuffling both see the same batches; the page's default otherwise.
DEFAULT = replace(Settings(), epochs=3, shuffle=False)
FIT = "history = model.fit("


def weights(network, w):
    return [part for layer in network.views(w) for part in layer]


def run_program(settings, start):
    """Run the program from the given initial weights, and return its names."""
    before, after = keras_code(settings).split(FIT, 1)
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
        replace(DEFAULT, activation="elu", activation_values=(("alpha", 0.5),)),
        replace(DEFAULT, activation="rrelu", activation_values=(("lower", 0.1), ("upper", 0.3))),
        replace(DEFAULT, loss="mae"),
        replace(DEFAULT, loss="huber"),
        replace(DEFAULT, loss="focal"),
        replace(DEFAULT, methods=(Method("momentum", (("beta", 0.8),)),), initialization="he"),
        replace(DEFAULT, methods=(Method("lion", learning_rate=0.001),), schedule="step_decay",
                schedule_values=(("drop_every", 20), ("drop_to", 0.5))),
        replace(DEFAULT, methods=(Method("adam", switch=Switch(2, Leg("momentum", (), 0.02))),)),
        replace(DEFAULT, methods=(Method(switch=Switch(1, Leg("adam"))),), schedule="step_decay",
                schedule_values=(("drop_every", 3), ("drop_to", 0.5))),
        replace(DEFAULT, methods=(Method(l2=0.1, switch=Switch(2, Leg("adam"), l2=1.0)),)),
    ],
    ids=["default", "penalties", "deeper net", "elu", "rrelu", "MAE", "Huber", "focal", "averaged momentum", "schedule",
         "switch", "switch of schedules", "switch of L2"],
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


STOPS = replace(DEFAULT, initialization="he", epochs=60, methods=(Method(learning_rate=0.15),))


# Keras' own reading of its learning rate.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("restore", [True, False])
def test_the_program_stops_and_reduces_in_the_same_epochs(restore):
    settings = replace(STOPS, stopping=EarlyStopping(8, 0.0, restore), reducing=ReduceOnPlateau(0.5, 3))
    training = Training(settings)
    names = run_program(settings, weights(training.classifier.network, training.start))
    training.advance(60.0)
    net = training.nets[0]
    history = names["history"].history
    assert net.over and len(history["val_loss"]) == net.epoch < 60
    ours = [epoch for _start, epoch, _rate in net.reductions]
    theirs = np.flatnonzero(np.diff(history["learning_rate"]) < 0)
    # Keras notes the rate before it reduces, and reduces after the last epoch too.
    assert ours[: len(theirs)] == (theirs + 1).tolist() and len(ours) - len(theirs) in (0, 1)
    best = int(np.argmin(history["val_loss"])) + 1
    assert training.latest[0].epoch == (best if restore else net.epoch)
    for mine, other in zip(
        weights(training.classifier.network, training.latest[0].w), names["model"].get_weights(), strict=True
    ):
        np.testing.assert_allclose(other, mine, atol=5e-4)


def test_the_program_of_several_starts_keeps_the_best():
    names = {}
    exec(keras_code(replace(DEFAULT, epochs=1, starts=2)), names)
    assert names["loss"] == min(loss for loss, _model in names["starts"])


@pytest.mark.parametrize(
    "settings",
    [
        replace(STOPS, stopping=EarlyStopping(5), methods=(Method(l2=0.1, switch=Switch(30, Leg("adam"))),), starts=3),
        replace(
            STOPS,
            stopping=EarlyStopping(5, restore=True),
            reducing=ReduceOnPlateau(),
            schedule="cosine",
            schedule_values=(("decay_steps", 100), ("alpha", 0.1)),
        ),
        replace(STOPS, sample=replace(STOPS.sample, share=0.0), stopping=EarlyStopping(5), reducing=ReduceOnPlateau()),
    ],
    ids=["all at once", "schedule", "nothing held out"],
)
def test_any_choice_of_rules_gives_a_program(settings):
    program = keras_code(replace(settings, epochs=1))
    compile(program, "program", "exec")
    assert ("callbacks" in program) == settings.held_out
