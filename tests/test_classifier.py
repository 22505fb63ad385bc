"""The course's classifier: its batches, what it learns, its regularization, and what can go wrong with it."""

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import ENGINES, Classifier, Epoch, train
from optviz.networks.datasets import Dataset, dot
from optviz.networks.losses import LOSSES, SOFTMAX_CROSSENTROPY
from optviz.networks.network import Network
from optviz.optimization.descent import descend, marks
from optviz.optimization.objectives import Later, Penalized
from optviz.optimization.optimizers import OPTIMIZERS, TRAINERS
from optviz.optimization.optimizers import typed as typed_rule

COURSE = Classifier(Network((2, 11, 1), ACTIVATIONS["relu"]()), LOSSES["mse"], dot(), batch_size=32, seed=0)
SGD = OPTIMIZERS["sgd"]()
ADAM = OPTIMIZERS["adam"]()


def rate(learning_rate: float):
    return lambda t: learning_rate


def run(classifier: Classifier = COURSE, optimizer=SGD, lr: float = 0.01, epochs: int = 5, seed: int = 0, **settings):
    start = classifier.network.init(seed)
    return list(islice(train(classifier, optimizer, rate(lr), start, **settings), epochs + 1))


@pytest.fixture(scope="module")
def plain() -> list[Epoch]:
    return run(epochs=800)


@pytest.fixture(scope="module")
def with_l2() -> list[Epoch]:
    return run(epochs=800, l2=0.03)


def same(a: Epoch, b: Epoch) -> None:
    for one, other in zip(a, b, strict=True):
        if not isinstance(one, tuple):
            np.testing.assert_array_equal(one, other)


def test_300_rows_by_32_are_10_batches_the_last_of_12():
    assert COURSE.steps_per_epoch == 10
    assert [len(x) for x, _ in COURSE.batches(0)] == [32] * 9 + [12]


@pytest.mark.parametrize("batch_size", [1, 7, 32, 150, 299, 300, 301, 10**9])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_of_an_epoch_use_each_row_once(batch_size, shuffle):
    classifier = replace(COURSE, batch_size=batch_size, shuffle=shuffle)
    batches = classifier.batches(3)
    rows = np.concatenate([np.hstack(batch) for batch in batches])
    data = np.column_stack([classifier.data.x, classifier.data.y])
    assert len(batches) == classifier.steps_per_epoch == -(-300 // batch_size)
    assert sorted(map(tuple, rows)) == sorted(map(tuple, data))
    assert (rows == data).all() != shuffle


def test_order_differs_between_epochs_and_seeds_and_is_kept_otherwise():
    first = COURSE.batches(0)[0][0]
    assert (COURSE.batches(1)[0][0] != first).any()
    assert (replace(COURSE, seed=1).batches(0)[0][0] != first).any()
    np.testing.assert_array_equal(replace(COURSE).batches(0)[0][0], first)


def test_update_t_is_a_pure_function_of_seed_and_t():
    w, again = COURSE.network.init(0), replace(COURSE)
    forward = [COURSE(w, t) for t in range(95)]
    for t in reversed(range(95)):
        for one, other in zip(again(w, t), forward[t], strict=True):
            np.testing.assert_array_equal(one, other)


def test_full_batch_is_the_mean_over_all_rows():
    w = COURSE.network.init(0)
    loss, gradient = replace(COURSE, batch_size=300, shuffle=False)(w, 17)
    expected, slope = COURSE.network.value_and_gradient(w, COURSE.data.x, COURSE.data.y[:, None], COURSE.loss)
    assert loss == expected == pytest.approx(COURSE.evaluate(w, COURSE.data)[0])
    np.testing.assert_array_equal(gradient, slope)


DEFINITIONS = {
    "mse": lambda error, right: error**2,
    "mae": lambda error, right: error,
    "huber": lambda error, right: np.where(error <= 1, error**2 / 2, error - 1 / 2),
    "binary_crossentropy": lambda error, right: -np.log(right),
    "focal": lambda error, right: -((1 - right) ** 2) * np.log(right),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_evaluate_is_the_definition(name):
    classifier, w = replace(COURSE, loss=LOSSES[name]), COURSE.network.init(2)
    output = COURSE.network.forward(w, COURSE.data.x)[:, 0]
    probability, error = 1 / (1 + np.exp(-output)), np.abs(output - COURSE.data.y)
    right = np.where(COURSE.data.y == 1, probability, 1 - probability)
    value, accuracy = classifier.evaluate(w, COURSE.data)
    assert value == pytest.approx(DEFINITIONS[name](error, right).mean())
    response = probability if name in ("binary_crossentropy", "focal") else output
    assert accuracy == pytest.approx(((response > 0.5) == COURSE.data.y).mean())


def test_runs_side_by_side_are_evaluated_as_singly():
    w = np.stack([COURSE.network.init(seed) for seed in range(3)])
    xs, ys = np.linspace(-3, 3, 4), np.linspace(-2, 2, 3)
    loss, accuracy = COURSE.evaluate(w, COURSE.data)
    assert COURSE.regions(w, xs, ys).shape == (3, 3, 4)
    for k in range(3):
        single = COURSE.evaluate(w[k], COURSE.data)
        assert (loss[k], accuracy[k]) == pytest.approx(single)
        assert COURSE.dead_units(w)[k] == COURSE.dead_units(w[k])
        np.testing.assert_allclose(COURSE.regions(w, xs, ys)[k], COURSE.regions(w[k], xs, ys), rtol=1e-12)


def test_regions_have_a_row_for_each_y_and_a_column_for_each_x():
    w, xs, ys = COURSE.network.init(0), np.array([-1.0, 0.0, 2.0]), np.array([5.0, 6.0])
    regions = COURSE.regions(w, xs, ys)
    assert regions.shape == (2, 3)
    assert regions[1, 2] == pytest.approx(COURSE.response(w, np.array([[2.0, 6.0]]))[0])


def test_course_setting_learns(plain):
    assert plain[0].loss > 1
    assert plain[-1].loss < 0.08
    assert plain[-1].accuracy > 0.92
    assert plain[-1].penalty == 0


def test_course_setting_with_l2_learns_with_smaller_weights(plain, with_l2):
    mask = COURSE.network.weight_mask
    assert with_l2[-1].accuracy > 0.9
    assert with_l2[-1].loss < 0.09
    assert (mask * with_l2[-1].w ** 2).sum() < 0.3 * (mask * plain[-1].w ** 2).sum()


def test_penalty_is_the_courses_l2_loss_of_the_weights_alone(with_l2):
    matrices = [weights for weights, _ in COURSE.network.views(with_l2[-1].w)]
    assert with_l2[-1].penalty == pytest.approx(sum(0.03 * (weights**2).sum() / 2 for weights in matrices))


def test_l1_brings_more_weights_near_zero_than_l2():
    weights = COURSE.network.weight_mask == 1
    l1, l2 = run(epochs=300, l1=0.01)[-1].w[weights], run(epochs=300, l2=0.03)[-1].w[weights]
    assert (np.abs(l1) < 1e-3).sum() > (np.abs(l2) < 1e-3).sum()


def test_slides_question_is_answered_with_class_1(plain, with_l2):
    for epoch in (plain[-1], with_l2[-1]):
        assert COURSE.response(epoch.w, np.array([[0.380472, -0.21714]]))[0] > 0.5


@pytest.mark.parametrize("optimizer", TRAINERS.values(), ids=lambda entry: entry.name)
def test_every_optimizer_trains_the_classifier(optimizer):
    known = {"adadelta": 1.0, "adagrad": 0.1}.get(optimizer.name, 0.01)
    runs = (run(optimizer=optimizer(), lr=lr, epochs=100) for lr in (known, 0.1, 1.0, 0.001))
    assert any(epochs[-1].loss < 0.15 < epochs[0].loss and epochs[-1].accuracy > 0.85 for epochs in runs)


def test_crossentropy_learns():
    epoch = run(replace(COURSE, loss=LOSSES["binary_crossentropy"]), ADAM, epochs=200)[-1]
    assert epoch.accuracy > 0.95


def test_epochs_are_plain_sgd_on_the_batches():
    w, t, l2 = COURSE.network.init(0), 0, 0.03
    for epoch in run(epochs=3, l2=l2):
        np.testing.assert_allclose(epoch.w, w, rtol=1e-12)
        assert (epoch.loss, epoch.accuracy) == pytest.approx(COURSE.evaluate(w, COURSE.data))
        for _ in range(10):
            w, t = w - 0.01 * (COURSE(w, t)[1] + l2 * COURSE.network.weight_mask * w), t + 1


def test_epoch_0_is_before_the_first_update_and_epochs_are_counted():
    epochs = run(epochs=4)
    np.testing.assert_array_equal(epochs[0].w, COURSE.network.init(0))
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3, 4]
    assert [epoch.reason for epoch in epochs] == [""] * 5


def test_learning_rate_is_that_of_the_update_that_follows():
    epochs = islice(train(COURSE, SGD, lambda t: 0.01 / (1 + t), COURSE.network.init(0)), 3)
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.01, 0.01 / 11, 0.01 / 21])


def test_same_seed_gives_the_same_result_and_another_seed_another():
    same(run(epochs=20)[-1], run(replace(COURSE), epochs=20)[-1])
    assert (run(epochs=20)[-1].w != run(replace(COURSE, seed=1), epochs=20)[-1].w).any()


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["SGD", "Adam"])
def test_training_goes_on_from_any_earlier_epoch_as_if_never_stopped(optimizer):
    whole = run(optimizer=optimizer, epochs=12)
    resumed = list(islice(train(COURSE, optimizer, rate(0.01), whole[5]), 8))
    for one, other in zip(whole[5:], resumed, strict=True):
        same(one, other)


def test_paused_generator_goes_on_where_it_was():
    training = train(COURSE, SGD, rate(0.01), COURSE.network.init(0))
    halves = [*islice(training, 3), *islice(training, 4)]
    for one, other in zip(halves, run(epochs=6), strict=True):
        same(one, other)


def test_validation_is_evaluated_on_rows_that_are_not_trained_on():
    training, validation = dot().split(0.25, seed=0)
    epoch = run(replace(COURSE, data=training), epochs=3, validation=validation)[-1]
    assert (epoch.validation_loss, epoch.validation_accuracy) == pytest.approx(COURSE.evaluate(epoch.w, validation))
    assert (epoch.loss, epoch.accuracy) == pytest.approx(COURSE.evaluate(epoch.w, training))


def test_without_validation_its_numbers_are_nan():
    epoch = run(epochs=1)[-1]
    assert np.isnan([epoch.validation_loss, epoch.validation_accuracy]).all()


@pytest.mark.parametrize("lr", [1e3, 1e100, 1e308])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("activation", ["linear", "leaky_relu"])
def test_divergence_ends_at_the_last_finite_epoch_with_its_reason(lr, loss, activation):
    network = Network((2, 11, 11, 1), ACTIVATIONS[activation]())
    epochs = run(replace(COURSE, network=network, loss=loss), lr=lr, epochs=400)
    assert len(epochs) < 400
    assert [epoch.reason for epoch in epochs] == [""] * (len(epochs) - 1) + ["diverged"]
    assert all(np.isfinite(epoch.loss) and np.isfinite(epoch.w).all() for epoch in epochs)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_absurd_learning_rate_is_a_result_for_every_activation(activation, loss):
    network = Network((2, 11, 11, 1), ACTIVATIONS[activation]())
    epochs = run(replace(COURSE, network=network, loss=loss), lr=1e308, epochs=20)
    assert all(np.isfinite(epoch.loss) and np.isfinite(epoch.w).all() for epoch in epochs)
    assert epochs[-1].reason == "diverged"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_initial_weights_that_are_not_finite_are_one_epoch_that_says_so(value):
    start = COURSE.network.init(0)
    start[0] = value
    for activation in ("relu", "tanh"):  # tanh hides an infinite weight from the loss
        classifier = replace(COURSE, network=Network((2, 11, 1), ACTIVATIONS[activation]()))
        training = train(classifier, SGD, rate(0.01), start)
        assert [epoch.reason for epoch in islice(training, 2)] == ["diverged"]


def test_training_leaves_numpys_warnings_as_they_were():
    before = np.geterr()
    training = train(COURSE, SGD, rate(0.01), COURSE.network.init(0))
    next(training)
    assert np.geterr() == before


def test_dead_weights_learn_the_mean_and_nothing_else():
    classifier = replace(COURSE, batch_size=300)
    start = classifier.network.init(0, "zero")
    assert classifier.dead_units(start) == 1
    last = list(islice(train(classifier, SGD, rate(0.1), start), 200))[-1]
    assert classifier.dead_units(last.w) == 1
    np.testing.assert_allclose(classifier.response(last.w, dot().x), dot().y.mean(), rtol=1e-9)
    assert last.accuracy == pytest.approx(dot().y.mean())


def test_dead_units_are_counted():
    w = COURSE.network.init(0)
    (weights, biases), _ = COURSE.network.views(w)
    weights[:, :4], biases[:4] = 0, -1
    assert COURSE.dead_units(w) == pytest.approx(4 / 11)
    assert replace(COURSE, network=Network((2, 1), ACTIVATIONS["relu"]())).dead_units(np.zeros(3)) == 0


def test_one_class_alone_is_learned():
    data = Dataset(dot().x, np.ones(300))
    assert run(replace(COURSE, data=data), epochs=100)[-1].accuracy == 1


@pytest.mark.parametrize("rows", [1, 5])
def test_fewer_rows_than_a_batch_are_one_batch(rows):
    classifier = replace(COURSE, data=dot().take(np.arange(rows)))
    assert classifier.steps_per_epoch == 1
    assert np.isfinite(run(classifier, epochs=3)[-1].loss)


def test_what_cannot_be_a_classifier_is_refused():
    for network in (Network((3, 1), ACTIVATIONS["relu"]()), Network((2, 2), ACTIVATIONS["relu"]())):
        with pytest.raises(ValueError, match="does not fit"):
            replace(COURSE, network=network)
    for change in ({"batch_size": 0}, {"data": dot().take(np.arange(0))}):
        with pytest.raises(ValueError, match="at least one row"):
            replace(COURSE, **change)


# ---- updates in place


RULES = {name: recipe() for name, recipe in OPTIMIZERS.items() if not recipe().needs_hessian} | {
    text: typed_rule(text)()
    for text in (
        "p = w\nm = 0.9*m + (w - p) + g\nw = w - lr*m",
        "d = g - q\nq = g\nw = w - lr*(g + 0.1*d)",
        "p = gradient(w)\ng = gradient(w + 0.05*p/norm(p))\nw = w - lr*(g + 0.1*p)",
        "z(0) = w\nz = z - lr*g\nx(0) = w\nx = x + (z - x)/t\nw = x",
    )
}


def as_descended(objective, optimizer, schedule, w, steps):
    """Return the weights before each update, as the one loop has them, and the last memory."""
    found = list(islice(descend(objective, optimizer, schedule, w), steps + 1))
    return np.array([step.w for step in found]), found[-1].memory


def penalized(classifier, **strengths):
    return Penalized(classifier, **strengths, mask=classifier.network.weight_mask)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("penalty", [{}, {"l1": 0.01, "l2": 0.03}])
def test_updates_in_place_are_those_of_a_descent_bit_for_bit(name, penalty):
    start, schedule = COURSE.network.init(0, "he"), lambda t: 0.05 / (1 + t)
    objective = Later(penalized(COURSE, **penalty), 3)
    whole, memory = as_descended(objective, RULES[name], schedule, start, 14)
    found = list(islice(marks(objective, RULES[name], schedule, start), 15))
    np.testing.assert_array_equal([mark.w for mark in found], whole)
    assert [mark.t for mark in found] == list(range(15)) and found[-1].learning_rate == schedule(14)
    assert list(found[-1].memory.states) == list(memory.states)
    for state in memory.states:
        np.testing.assert_array_equal(found[-1].memory.states[state], memory.states[state])
    again = marks(objective, RULES[name], schedule, found[9].w, found[9].memory, every=5)
    np.testing.assert_array_equal([mark.w for mark in islice(again, 2)], whole[[9, 14]])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(2, 1), (2, 5, 3, 2)])
@pytest.mark.parametrize("loss", [*LOSSES.values(), SOFTMAX_CROSSENTROPY], ids=lambda loss: loss.name)
def test_whatever_the_net_and_its_loss_are(activation, sizes, loss):
    data = Wide(dot().x[:50], dot().y[:50], sizes[-1])
    classifier = Classifier(Network(sizes, ACTIVATIONS[activation]()), loss, data, 16)
    start = classifier.network.init(1, "he")
    whole, _memory = as_descended(classifier, ADAM, rate(0.02), start, 9)
    found = islice(marks(classifier, ADAM, rate(0.02), start), 10)
    np.testing.assert_array_equal([mark.w for mark in found], whole)


@dataclass(frozen=True, eq=False)
class Wide(Dataset):
    """Points with as many targets a row as asked for, which sum to 1."""

    outputs: int

    @property
    def targets(self):
        return np.stack([self.y, 1 - self.y], axis=-1)[:, : self.outputs]


@pytest.mark.parametrize("seed", [0, (1, 2, 3)])
def test_several_runs_at_once_are_each_the_run_alone(seed):
    classifier, starts = replace(COURSE, seed=seed), np.stack([COURSE.network.init(k) for k in range(3)])
    rates = np.array([0.01, 0.02, 0.2])
    objective = penalized(classifier, l1=np.array([0.0, 0.1, 0.2]), l2=np.array([0.1, 0.0, 0.3]))
    whole, _memory = as_descended(objective, ADAM, lambda t: rates, starts, 20)
    found = [mark.w for mark in islice(marks(objective, ADAM, lambda t: rates, starts, every=10), 3)]
    np.testing.assert_array_equal(found, whole[::10])


def test_another_engine_and_a_rule_that_needs_a_hessian():
    pytest.importorskip("tensorflow")
    classifier, start = replace(COURSE, engine=ENGINES["tensorflow"]), COURSE.network.init(0)
    whole, _memory = as_descended(penalized(classifier, l2=0.1), ADAM, rate(0.01), start, 5)
    found = [mark.w for mark in islice(marks(penalized(classifier, l2=0.1), ADAM, rate(0.01), start), 6)]
    np.testing.assert_array_equal(found, whole)
    with pytest.raises(TypeError, match="Hessian"):
        next(marks(COURSE, OPTIMIZERS["newton"](), rate(0.01), start))


def test_a_mark_stays_as_it_was():
    begun = marks(COURSE, ADAM, rate(0.01), COURSE.network.init(0), every=7)
    first = next(begun)
    w, states = first.w.copy(), {name: state.copy() for name, state in first.memory.states.items()}
    next(begun)
    np.testing.assert_array_equal(first.w, w)
    for name, state in states.items():
        np.testing.assert_array_equal(first.memory.states[name], state)
