"""The course's classifier (2-11-1, ReLU, batches of 32, L2 0.03, 300 rows, 800 epochs) against TensorFlow.

`train` evaluates loss, penalty and accuracy on all rows after each epoch, and so do its rivals; in the rows that say
"updates only" nobody does. The rivals compute in float32, as they come, and the eager loop does not shuffle.
"""

from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest

from optviz.lessons.training_settings import Method, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import ENGINES, Classifier, train
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.optimization.descent import descend, marks
from optviz.optimization.objectives import Penalized
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice

EPOCHS, BATCH, RATE, L2 = 800, 32, 0.01, 0.03
EAGER, FIT = "TensorFlow, eager GradientTape loop", "Keras `fit`"
BUDGETS = {EAGER: 50.0, FIT: 100.0}

NETWORK = Network((2, 11, 1), ACTIVATIONS["relu"]())
COURSE = Classifier(NETWORK, LOSSES["mse"], dot(), BATCH)
START = NETWORK.init(0)
SGD = OPTIMIZERS["sgd"]()


def rate(t: int) -> float:
    return RATE


def trained() -> None:
    """Train with all that the page shows."""
    *_, last = islice(train(COURSE, SGD, rate, START, l2=L2), EPOCHS + 1)
    assert last.accuracy > 0.9


def updated() -> None:
    """Do the same updates and nothing else."""
    objective = Penalized(COURSE, l2=L2, mask=NETWORK.weight_mask)
    next(islice(marks(objective, SGD, rate, START, every=EPOCHS * COURSE.steps_per_epoch), 1, None))


def descended() -> None:
    """Do them as `descend` does, with all that a step can tell."""
    objective = Penalized(COURSE, l2=L2, mask=NETWORK.weight_mask)
    next(islice(descend(objective, SGD, rate, START), EPOCHS * COURSE.steps_per_epoch, None))


@pytest.fixture(scope="session")
def rivals(fastest: Callable[..., float]) -> Callable[[str, bool], float]:
    """Seconds of 800 epochs by a rival, evaluated or not, scaled up from as many as fit into some ten seconds."""
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    x, y = COURSE.data.x.astype(np.float32), COURSE.data.y[:, None].astype(np.float32)

    def eager(evaluated: bool) -> float:
        return fastest(lambda: eager_epochs(tf, x, y, 5, evaluated)) / 5

    def fit(evaluated: bool) -> float:
        model = keras_model(keras, ["binary_accuracy"] if evaluated else [])
        held = (x, y) if evaluated else None
        model.fit(x, y, batch_size=BATCH, validation_data=held, verbose=0)
        return fastest(lambda: model.fit(x, y, batch_size=BATCH, epochs=25, validation_data=held, verbose=0)) / 25

    measures = {EAGER: eager, FIT: fit}
    return cache(lambda rival, evaluated: measures[rival](evaluated) * EPOCHS)


def eager_epochs(tf: Any, x: np.ndarray, y: np.ndarray, epochs: int, evaluated: bool) -> None:
    """Train as the lecture writes it: a tape a batch, and the update of each variable by hand."""
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)
    w1, b1 = tf.Variable(tf.random.normal([2, 11])), tf.Variable(tf.constant(0.01, shape=[11]))
    w2, b2 = tf.Variable(tf.random.normal([11, 1])), tf.Variable(tf.constant(0.01, shape=[1]))
    variables = [w1, b1, w2, b2]

    def forward(inputs: Any) -> Any:
        return tf.matmul(tf.nn.relu(tf.matmul(inputs, w1) + b1), w2) + b2

    def penalized(output: Any, targets: Any) -> Any:
        return tf.reduce_mean(tf.square(targets - output)) + L2 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))

    for _ in range(epochs):
        for inputs, targets in batches:
            with tf.GradientTape() as tape:
                loss = penalized(forward(inputs), targets)
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(RATE * gradient)
        if evaluated:
            output = forward(x)
            right = tf.equal(output > 0.5, y > 0.5)
            float(penalized(output, y)), float(tf.reduce_mean(tf.cast(right, tf.float32)))


def keras_model(keras: Any, metrics: list[str]) -> Any:
    """Return the same network for `fit`; Keras' L2 has no factor 1/2."""
    penalty = keras.regularizers.L2(L2 / 2)
    hidden = keras.layers.Dense(11, "relu", kernel_regularizer=penalty)
    output = keras.layers.Dense(1, kernel_regularizer=penalty)
    model = keras.Sequential([keras.layers.Input((2,)), hidden, output])
    model.compile(keras.optimizers.SGD(RATE), "mse", metrics=metrics)
    return model


@pytest.mark.parametrize("rival", BUDGETS)
@pytest.mark.parametrize("evaluated", [True, False], ids=["evaluated", "updates-only"])
def test_training(
    compare: Callable[..., None], rivals: Callable[[str, bool], float], evaluated: bool, rival: str
) -> None:
    ours, how = (trained, "evaluated after each") if evaluated else (updated, "updates only")
    what = f"the course's classifier, {EPOCHS} epochs, {how}"
    compare(
        what, ours, rival, rivals(rival, evaluated), required=BUDGETS[rival] if evaluated or rival == EAGER else None
    )


def test_gradient_of_a_batch(compare: Callable[..., None], fastest: Callable[..., float]) -> None:
    pytest.importorskip("tensorflow")
    compiled = Classifier(NETWORK, LOSSES["mse"], dot(), BATCH, engine=ENGINES["tensorflow"])
    compiled(START, 0)
    theirs = fastest(lambda: [compiled(START, 0) for _ in range(100)], 2.0) / 100
    what = "the classifier's loss and gradient, one batch"
    compare(what, lambda: COURSE(START, 0), "TensorFlow engine, compiled", theirs)


def test_updates_in_place(compare: Callable[..., None], fastest: Callable[..., float]) -> None:
    what = f"the course's classifier, {EPOCHS} epochs, updates only, in place"
    compare(what, updated, "the one loop of all steps", fastest(descended))


def test_arena(compare: Callable[..., None]) -> None:
    others = ("adam", "rmsprop", "momentum_classical", "nesterov_keras", "adagrad", "adamw")
    methods = (Method(), Method(l2=L2), *(Method(Trainer(Choice(name))) for name in others))

    def arena() -> None:
        training = Training(Settings(epochs=400, methods=methods))
        training.advance(np.inf)
        assert len(training.arrays["arena"].array) == 101

    compare("an arena of eight settings, 400 epochs each, with its pictures", arena)
