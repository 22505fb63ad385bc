"""Every number that the course's sources print comes out of the app's own functions, to the digits printed.

`seed_numbers.json` holds the numbers by the ids of the syllabus; each has its test here, which names the id.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from optviz.formula import parse
from optviz.lessons.training_settings import Method
from optviz.lessons.training_settings import Settings as Training
from optviz.lessons.yoghurt import Settings as Yoghurt
from optviz.models.functions import grid_points, rand, read_axis, where_greater
from optviz.models.regression import LeastSquares, monomials, sample
from optviz.models.yoghurt import fit, overproduction, sales
from optviz.networks.activations import ACTIVATIONS, softmax
from optviz.networks.backpropagation import Graph
from optviz.networks.classifier import Classifier, train
from optviz.networks.datasets import BOUNDARY, DATASETS
from optviz.networks.losses import LOSSES, SOFTMAX_CROSSENTROPY, asymmetric, clipped_crossentropy, crossentropy
from optviz.networks.network import Network
from optviz.optimization.descent import descend, record
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.optimization.schedules import SCHEDULES, Schedule
from optviz.surfaces.curve_descent import run
from optviz.surfaces.curves import CURVES

NUMBERS = json.loads((Path(__file__).parent / "seed_numbers.json").read_text("utf-8"))


def array(numbers):
    return np.array([float(number) for number in numbers])


def digits(value, printed):
    """Round a value to as many decimal places as a printed number has."""
    mantissa, _e, power = f"{printed!r}".partition("e")
    return round(float(value), len(mantissa.partition(".")[2]) - int(power or 0))


def test_every_id_has_its_test():
    tested = {name.removeprefix("test_").split("_the_")[0] for name in globals() if name.startswith("test_")}
    assert {each.replace(".", "_") for each in NUMBERS} <= tested


def test_1_1_the_iterates():
    numbers = NUMBERS["1.1"]
    path = run(CURVES["shifted"], [numbers["lr"]], start=numbers["w0"], steps=3).path
    assert CURVES["shifted"].expression == parse(numbers["loss"], ("w",))
    assert [digits(w, p) for w, p in zip(path.w[1:, 0, 0], numbers["w"], strict=True)] == numbers["w"]


def test_1_3_the_rows():
    numbers = NUMBERS["1.3"]
    decay = SCHEDULES["exponential_decay"](decay_steps=numbers["lr_step"], rate=numbers["lr_decay"])
    path = run(CURVES["shifted"], [numbers["lr_base"]], [decay], start=numbers["w0"], steps=40, single=True).path
    for epoch, w, loss, rate in numbers["rows_epoch_w_loss_lr"]:
        computed = path.w[epoch + 1, 0, 0], path.loss[epoch, 0], path.learning_rate[epoch, 0]
        assert [f"{value:.6f}" for value in computed] == [f"{value:.6f}" for value in (w, loss, rate)]


def test_1_4_the_exponential_decay():
    numbers = NUMBERS["1.4"]
    t = np.arange(numbers["steps"] + 1)
    for staircase in (False, True):
        decay = SCHEDULES["exponential_decay"](
            decay_steps=numbers["decay_steps"], rate=numbers["decay_rate"], staircase=staircase
        )
        power = t // numbers["decay_steps"] if staircase else t / numbers["decay_steps"]
        expected = numbers["initial"] * numbers["decay_rate"] ** power
        np.testing.assert_allclose(Schedule(numbers["initial"], decay)(t), expected, rtol=1e-12)


def test_1_5_the_pieces():
    numbers = NUMBERS["1.5"]
    first, *others = numbers["values"]
    boundaries = dict(zip(("first_boundary", "second_boundary", "third_boundary"), numbers["boundaries"], strict=True))
    factors = dict(
        zip(("first_factor", "second_factor", "third_factor"), [value / first for value in others], strict=True)
    )
    schedule = Schedule(first, SCHEDULES["piecewise_constant"](**boundaries, **factors))
    rates = schedule(np.arange(numbers["steps"] + 1))
    ends = [0, *numbers["boundaries"], numbers["steps"]]
    for k, value in enumerate(numbers["values"]):
        # A boundary itself belongs to the piece before it.
        np.testing.assert_allclose(rates[ends[k] + (k > 0) : ends[k + 1] + 1], value, rtol=1e-12)


@pytest.mark.parametrize("name", NUMBERS["3.1"])
def test_3_1_the_activations(name):
    numbers = NUMBERS["3.1"][name]
    parameters = {"alpha": numbers["alpha"]} if "alpha" in numbers else {}
    value = softmax if name == "softmax" else ACTIVATIONS[name](**parameters).value
    # The sources print single precision, to eight decimal places.
    np.testing.assert_allclose(value(array(numbers["x"])), numbers["y"], rtol=1.5e-7, atol=5e-9)


def test_4_1_the_squared_error():
    numbers = NUMBERS["4.1"]
    values = LOSSES["mse"].value(array(numbers["y_pred"]), array(numbers["y_true"]))
    assert digits(values.mean(), numbers["mse"]) == numbers["mse"]


@pytest.mark.parametrize("numbers", NUMBERS["4.2"], ids=lambda each: str(each["y_pred"]))
def test_4_2_the_cross_entropy(numbers):
    value = crossentropy(array(numbers["y_pred"]), array(numbers["y_true"]))
    assert float(value) == pytest.approx(numbers["ce"], rel=1.5e-7)


def test_4_2_the_nearer_of_two():
    near, far = sorted(NUMBERS["4.2"][:2], key=lambda each: each["ce"])
    assert (near["y_pred"], far["y_pred"]) == ([0.8, 0.2], [0.6, 0.4])


@pytest.mark.parametrize("numbers", NUMBERS["4.3"], ids=["five rows", "two rows"])
def test_4_3_the_softmax_with_cross_entropy(numbers):
    logits, labels = np.array(numbers["logits"], dtype=float), np.array(numbers["labels"], dtype=float)
    if "sparse_labels" in numbers:
        assert np.array_equal(labels, np.eye(3)[numbers["sparse_labels"]])
    # The sources print single precision, in which a logarithm near 0 keeps six digits.
    np.testing.assert_allclose(SOFTMAX_CROSSENTROPY.value(logits, labels)[:, 0], numbers["ce"], rtol=2e-6)
    np.testing.assert_allclose(clipped_crossentropy(softmax(logits), labels), numbers["ce"], rtol=2e-6)


def test_4_4_the_yoghurt_seller():
    numbers, settings = NUMBERS["4.4"], Yoghurt()
    assert (settings.cost, settings.profit) == (numbers["cost"], numbers["profit"])
    days = sales(noise=numbers["noise"])
    assert np.abs(days.y - days.x.sum(axis=1)).max() <= numbers["noise"]
    prices = numbers["cost"], numbers["profit"]
    losses = LOSSES["mse"], asymmetric(*prices), asymmetric(*reversed(prices))
    w = fit(days, losses, settings.learning_rate, settings.epochs, settings.start).w[-1]
    assert np.abs(w[0] - 1).max() < 0.05
    over = overproduction(days, w).mean(axis=-1)
    assert over[1] > max(over[0], 0) and over[2] < min(over[0], 0)
    assert (w[1] > 1).all() and (w[2] < 1).all()


def test_5_1_the_rows_of_dot_csv():
    data = DATASETS["dot"]()
    for (x1, x2, label), x, y in zip(NUMBERS["5.1"]["rows"], data.x, data.y, strict=False):
        np.testing.assert_allclose(x, (x1, x2), atol=6e-6)
        assert y == label


def test_5_3_the_course_s_settings():
    numbers, course = NUMBERS["5.3"], Training()
    assert course.sizes == (2, numbers["hidden"], 1)
    assert (course.batch_size, course.methods[0].trainer.learning_rate) == (numbers["batch"], numbers["lr"])
    assert Method(l2=numbers["regularizer"]).l2 == 0.03


def test_5_3_the_regularizer_makes_the_weights_small():
    numbers = NUMBERS["5.3"]
    network = Network((2, numbers["hidden"], 1), ACTIVATIONS["relu"]())
    classifier = Classifier(network, LOSSES["mse"], DATASETS["dot"](), numbers["batch"])
    start, schedule = network.init(0), Schedule(numbers["lr"])
    sizes = []
    for l2 in (0.0, numbers["regularizer"]):
        epochs = train(classifier, OPTIMIZERS["sgd"](), schedule, start, l2=l2)
        last = next(epoch for epoch in epochs if epoch.epoch == 400)
        sizes.append(float(np.sum((last.w * network.weight_mask) ** 2)))
    assert sizes[1] < sizes[0] / 3


def test_5_5_the_class_of_the_point():
    numbers = NUMBERS["5.3"]
    network = Network((2, numbers["hidden"], 1), ACTIVATIONS["relu"]())
    classifier = Classifier(network, LOSSES["mse"], DATASETS["dot"](), numbers["batch"])
    epochs = train(classifier, OPTIMIZERS["sgd"](), Schedule(numbers["lr"]), network.init(0), l2=numbers["regularizer"])
    last = next(epoch for epoch in epochs if epoch.epoch == 400)
    point = array(NUMBERS["5.5"]["point"])
    assert classifier.response(last.w, point[None])[0] > BOUNDARY
    # It lies inside the circle in which the rows of dot.csv are of class 1.
    assert (point**2).sum() < 2


def test_6_1_the_size_of_a_network():
    numbers = NUMBERS["6.1"]
    network = Network(tuple(numbers["sizes"]), ACTIVATIONS["relu"]())
    counts = network.layers, network.parameters, network.multiply_adds
    assert counts == (numbers["layers"], numbers["parameters"], numbers["multiply_adds"])


def test_6_4_the_computational_graph():
    numbers = NUMBERS["6.4"]
    inputs = {f"w{i}": float(w) for i, w in enumerate(numbers["w"])} | {"x0": numbers["x"][0], "x1": numbers["x"][1]}
    graph = Graph.from_formula("1/(1+exp(-(w0*x0 + w1*x1 + w2)))")
    passes = graph.run(inputs)
    names = [node.name for node in graph.nodes]
    exponential, negation = names.index("exp"), names.index("negate")
    # exp + 1 forward; the gradients of exp and of the negation backward.
    computed = passes.values[exponential + 1], passes.gradients[exponential], passes.gradients[negation]
    assert [round(value, 2) for value in computed] == numbers["printed"]


def test_7_2_the_polynomial():
    numbers = NUMBERS["7.2"]
    truth = (numbers["b"], *numbers["w"])
    points = round((numbers["x_to"] - numbers["x_from"]) / numbers["x_step"]) + 1
    x, y = sample(truth, points, 0.0, 0)
    np.testing.assert_allclose(x, np.arange(points) * numbers["x_step"] + numbers["x_from"], atol=1e-12)
    np.testing.assert_allclose(y, np.polyval(truth[::-1], x), atol=1e-12)
    objective = LeastSquares(monomials(x, 3), y)
    steps = descend(objective, OPTIMIZERS["sgd"](), Schedule(numbers["lr"]), np.zeros(4))
    loss = record(steps, numbers["updates"]).loss
    assert (np.diff(loss) < 0).all() and loss[-1] < loss[0] / 1000


def test_8_the_warm_up_functions():
    numbers = NUMBERS["8"]
    where, random, grid = numbers["where"], numbers["random_state_1"], numbers["mgrid"]
    assert where_greater(array(where["a"]), array(where["b"])).tolist() == where["c"]
    single, table = rand(1, 2, 3)
    assert single == random["rand"]
    np.testing.assert_allclose(table, random["rand_2_3"], rtol=5e-9)
    assert grid_points(read_axis(grid["x"]), read_axis(grid["y"])).tolist() == grid["grid"]
