"""The numbers behind the picture of a net: weights, gradients and steps are the training's own, and they are few."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.figures.net import NODES, REACH, table
from optviz.lessons.training_panels import panels_of
from optviz.lessons.training_settings import Method, Settings, Switch, Trainer
from optviz.lessons.trainings import FEWEST_PARTS, PARTS, Training
from optviz.networks.activations import ACTIVATIONS, Activation
from optviz.networks.plateau import EarlyStopping
from optviz.networks.saved_models import SavedModel
from optviz.recipes import Choice

WHOLE = Settings(epochs=12, batch_size=512)
"""One update an epoch: from one row to the next is one step."""
WAYS = {
    "sgd": {"methods": (Method(),)},
    "adam": {"methods": (Method(Trainer(Choice("adam"), 0.05), l2=0.1, l1=0.01),)},
    "look-ahead": {"methods": (Method(Trainer(Choice("nesterov"), 0.01)),)},
    "takes over": {
        "methods": (Method(Trainer(Choice("momentum"), 0.05), switch=Switch(5, Trainer(Choice("adam"), 0.03))),)
    },
    "two": {"methods": (Method(), Method(Trainer(Choice("rmsprop"), 0.01))), "batch_size": 512},
    "starts": {"methods": (Method(Trainer(Choice("adam"), 0.01)),), "starts": 3},
    "scheduled": {"schedule": Choice("cosine", (("decay_steps", 10.0),)), "warmup": 3},
}


def parts(training: Training, side: int = 0) -> np.ndarray:
    """Return the rows of a net's picture, (frames, 3, n)."""
    rows, _stride = training.arrays[f"net{side}"]
    return np.asarray(rows, float).reshape(len(rows), 3, -1)


def trained(settings: Settings) -> tuple[Training, list[tuple[int, np.ndarray]]]:
    """Train, and note the leader and the weights that are shown after each epoch of the last net."""
    training = Training(settings)
    shown = [(training.nets[-1].leader, training.nets[-1].shown.epoch.w)]
    while training.running:
        training._train_epoch()
        shown.append((training.nets[-1].leader, training.nets[-1].shown.epoch.w))
    return training, shown


@pytest.mark.parametrize("way", WAYS)
def test_weights_and_steps_are_those_of_the_training(way: str) -> None:
    settings = replace(WHOLE, **WAYS[way])
    training, shown = trained(settings)
    rows = parts(training, len(settings.methods) - 1)
    np.testing.assert_allclose(rows[:, 0], [w for _leader, w in shown], rtol=1e-6)
    stays = [k for k in range(12) if shown[k][0] == shown[k + 1][0]]
    assert len(stays) >= 6
    for k in stays:
        np.testing.assert_allclose(rows[k, 2], shown[k + 1][1] - shown[k][1], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("l1, l2", [(0.0, 0.0), (0.01, 0.1)])
def test_gradients_are_the_slopes_of_what_is_minimized(l1: float, l2: float) -> None:
    settings = Settings(epochs=5, activation=Choice("tanh"), methods=(Method(l2=l2, l1=l1),))
    training = Training(settings)
    training.advance(60)
    w, gradient, step = parts(training)[3]
    classifier = training.nets[0].classifier
    x, y = classifier.batches(3)[0]
    mask = classifier.network.weight_mask

    def minimized(w: np.ndarray) -> float:
        loss = classifier.network.mean_loss(w, x, y, classifier.loss)
        return float(loss + 0.5 * l2 * (mask * w * w).sum() + l1 * (mask * np.abs(w)).sum())

    for place in range(len(w)):
        ahead = 1e-5 * np.eye(len(w))[place]
        slope = (minimized(w + ahead) - minimized(w - ahead)) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-5)
    np.testing.assert_allclose(step, -0.01 * gradient, rtol=1e-4)


def test_rows_stream_in_step_with_the_regions() -> None:
    training = Training(Settings(epochs=200))
    before = parts(training)
    while training.running:
        training.advance(0.0)
        rows, stride = training.arrays["net0"]
        regions, regions_stride = training.arrays["regions0"]
        assert (len(rows), stride) == (len(regions), regions_stride)
        # what was sent stays true
        np.testing.assert_array_equal(parts(training)[: len(before)], before)
        before = parts(training)
    training.go_on()
    training.advance(60)
    assert len(training.arrays["net0"].array) == 201
    np.testing.assert_array_equal(parts(training)[: len(before)], before)
    net = training.nets[0]
    np.testing.assert_allclose(parts(training)[-1, 0], net.shown.epoch.w, rtol=1e-6)


@pytest.mark.parametrize("layers, units", [(0, 1), (1, 11), (4, 8), (2, 32), (4, 64)])
def test_a_wide_net_takes_few_numbers_and_says_how_often_it_moves(layers: int, units: int) -> None:
    settings = Settings(epochs=800, layers=layers, units=units)
    training = Training(settings)
    net = training.nets[0]
    assert net.parts.size <= max(PARTS, FEWEST_PARTS * net.parts.shape[1])
    assert len(net.parts) >= FEWEST_PARTS
    assert net.parts_stride % training.stride == 0
    whole = layers <= 1 or units <= 8
    assert (net.parts_stride == training.stride) == whole
    (figure,) = [panel.figure for panel in panels_of(training, (0, 0), False) if panel.cell == "net0"]
    assert (f"every {net.parts_stride} epochs" in str(figure)) != whole


def test_a_net_that_was_loaded_or_diverges_is_drawn_too() -> None:
    source = Training(Settings(epochs=3))
    source.advance(60)
    activation = ACTIVATIONS["relu"]()
    w = source.latest[0].w
    loaded = Training(Settings(start=SavedModel(source.settings.sizes, activation, "", w)))
    np.testing.assert_allclose(parts(loaded)[0, 0], w, rtol=1e-6)
    wild = Training(Settings(epochs=10, methods=(Method(Trainer(Choice("sgd"), 1e300)),)))
    wild.advance(60)
    assert wild.over and np.isfinite(parts(wild)[0, :2]).all()


def test_curves_stand_in_front_where_they_tell_the_story() -> None:
    def quiet(settings: Settings) -> bool:
        panels = panels_of(Training(settings), (0, 0), False)
        return {panel.quiet for panel in panels if panel.cell == "net0"} == {True}

    assert not quiet(Settings())
    assert not quiet(Settings(methods=(Method(l2=0.03),)))
    assert quiet(Settings(stopping=EarlyStopping(5)))
    assert quiet(Settings(starts=2))
    assert quiet(Settings(schedule=Choice("cosine")))


def cut_off(activation: Activation) -> np.ndarray:
    """Return how much of a kink is cut off at most between two nodes each, 0 where there is none."""
    nodes = np.sinh(np.linspace(-REACH, REACH, NODES))
    rises = np.abs(np.diff(activation.derivative(nodes, activation.value(nodes))))
    return np.where(rises > 0.4, rises * np.diff(nodes) / 4, 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_table_of_an_activation_is_right_between_its_nodes(name: str) -> None:
    activation = ACTIVATIONS[name]()
    nodes = np.sinh(np.linspace(-REACH, REACH, NODES))
    assert nodes[NODES // 2] == 0.0
    z = np.concatenate([np.linspace(-8, 8, 4001), [-1e4, 1e4]])
    read = np.interp(z, nodes, table(activation.value))
    cut = cut_off(activation)[np.searchsorted(nodes, z).clip(1, NODES - 1) - 1]
    assert np.count_nonzero(cut_off(activation)) <= 2
    assert (np.abs(read - activation.value(z)) <= 2e-4 * (1 + np.abs(activation.value(z))) + cut).all()
