"""The TensorFlow engine against the NumPy engine, and an epoch of training against Keras."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from optviz.libraries import in_keras
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import ENGINES, Classifier, train
from optviz.networks.datasets import dot
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.tensorflow_engine import EngineMissing, tensorflow_engine
from optviz.optimization.optimizers import OPTIMIZERS

pytest.importorskip("tensorflow")

CASES = list(itertools.product(ACTIVATIONS, LOSSES))


def draw(network: Network, runs: tuple[int, ...] = ()):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((9, network.sizes[0]))
    y = rng.integers(0, 2, (9, network.sizes[-1])).astype(float)
    return rng.standard_normal((*runs, network.parameters)), x, y


def assert_engines_agree(network, loss, w, x, y):
    for one, other in zip(
        tensorflow_engine(network, loss)(w, x, y), network.value_and_gradient(w, x, y, loss), strict=True
    ):
        assert one.shape == other.shape
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("activation", "loss"), CASES)
def test_engines_agree_on_every_activation_and_loss(activation, loss):
    network = Network((2, 6, 5, 1), ACTIVATIONS[activation]())
    assert_engines_agree(network, LOSSES[loss], *draw(network))


@pytest.mark.parametrize("sizes", [(2, 1), (3, 4, 2), (2, 3, 3, 3, 3, 1)])
@pytest.mark.parametrize("loss", LOSSES)
def test_engines_agree_on_every_depth(sizes, loss):
    network = Network(sizes, ACTIVATIONS["tanh"]())
    assert_engines_agree(network, LOSSES[loss], *draw(network))


@pytest.mark.parametrize("runs", [(1,), (3,), (2, 3)])
@pytest.mark.parametrize("loss", LOSSES)
def test_engines_agree_on_runs_side_by_side(runs, loss):
    network = Network((2, 4, 3, 1), ACTIVATIONS["relu"]())
    assert_engines_agree(network, LOSSES[loss], *draw(network, runs))


def test_engines_agree_at_the_kink_and_on_dead_weights():
    for activation in ACTIVATIONS.values():
        network = Network((2, 3, 1), activation())
        _, x, y = draw(network)
        assert_engines_agree(network, LOSSES["mse"], np.zeros(network.parameters), x, y)


def test_engines_agree_on_an_activation_with_parameters_and_keep_them_apart():
    for alpha in (0.5, 2.0):
        network = Network((2, 6, 5, 1), ACTIVATIONS["elu"](alpha=alpha))
        assert_engines_agree(network, LOSSES["mse"], *draw(network))
    same = Network((2, 6, 5, 1), ACTIVATIONS["elu"](alpha=2.0))
    assert tensorflow_engine(same, LOSSES["mse"]) is tensorflow_engine(network, LOSSES["mse"])


def test_training_is_the_same_on_either_engine():
    network = Network((2, 11, 1), ACTIVATIONS["relu"]())
    ends = []
    for engine in ENGINES.values():
        classifier = Classifier(network, LOSSES["mse"], dot(), engine=engine)
        training = train(classifier, OPTIMIZERS["adam"](), lambda t: 0.01, network.init(0), l2=0.03)
        ends.append(list(itertools.islice(training, 6))[-1].w)
    np.testing.assert_allclose(*ends, rtol=1e-9)


@pytest.fixture
def keras():
    """Keras computing in float64, as it does not by default."""
    keras = pytest.importorskip("keras")
    default, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    # Keras keeps the policy of its first model, whatever the default type has become.
    keras.config.set_dtype_policy("float64")
    yield keras
    keras.config.set_floatx(default)
    keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("loss", LOSSES)
def test_an_epoch_of_sgd_is_that_of_keras(loss, l2, keras):
    network = Network((2, 11, 1), ACTIVATIONS["relu"]())
    classifier = Classifier(network, LOSSES[loss], dot(), seed=3)
    start = network.init(3)

    # tf.nn.l2_loss has the factor 1/2, keras.regularizers.L2 has not
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(11, "relu", kernel_regularizer=keras.regularizers.L2(l2 / 2)),
            keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2 / 2)),
        ]
    )
    model.set_weights([array for layer in network.views(start) for array in layer])
    known = LOSSES[loss].keras
    code = compile(in_keras(LOSSES[loss].code), "<a loss>", "eval")
    own = getattr(keras.losses, known.kind)(**dict(known.settings)) if known else None
    model.compile(
        keras.optimizers.SGD(0.01),
        own or (lambda y, output: eval(code, {"keras": keras, "y": y, "output": output})),
    )
    for batch in classifier.batches(0):
        model.train_on_batch(*batch)

    end = list(itertools.islice(train(classifier, OPTIMIZERS["sgd"](), lambda t: 0.01, start, l2=l2), 2))[-1].w
    for ours, of_keras in zip(
        [array for layer in network.views(end) for array in layer], model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, of_keras, rtol=1e-8, atol=1e-10)


def test_without_tensorflow_the_engine_says_what_to_install_and_the_other_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    network = Network((2, 7, 1), ACTIVATIONS["relu"]())
    with pytest.raises(EngineMissing, match="pip install tensorflow") as missing:
        Classifier(network, LOSSES["mse"], dot(), engine=ENGINES["tensorflow"])(network.init(0), 0)
    assert missing.value.install == "pip install tensorflow"
    assert np.isfinite(Classifier(network, LOSSES["mse"], dot(), engine=ENGINES["numpy"])(network.init(0), 0)[0])


def test_tensorflow_is_not_imported_before_its_engine_is_made():
    program = (
        "import sys, optviz.networks.classifier; assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_keras_is_not_imported_along():
    code = (
        "import sys, optviz.networks.tensorflow_engine as e; e.import_tensorflow(); assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", f"{code}; import keras"], check=True)
