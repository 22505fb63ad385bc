"""What is claimed on the pages where nets are trained."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from optviz.lessons import dead_relu, digits, penalties, practice, table
from optviz.lessons.training_settings import Method
from optviz.lessons.training_settings import Settings as Trained
from optviz.lessons.trainings import NUMBERS, Net, Training
from optviz.models.penalties import NEAR_ZERO
from optviz.models.table import Learned
from optviz.networks.dead_relu import Record
from optviz.networks.training_diagnosis import Trouble
from optviz.networks.training_plan import NUMBERS as PLANNED
from optviz.ui import own_table
from tests.claims import claims, names

# ---- classifier


def nets(page: SimpleNamespace) -> list[Net]:
    """Train to the end, and return the nets."""
    page.training.advance(1e9)
    return page.training.nets


def trained(settings: Trained) -> Net:
    """Train other settings to the end, and return the first net."""
    training = Training(settings)
    training.advance(1e9)
    return training.nets[0]


def column(net: Net, name: str) -> np.ndarray:
    """Return one of the numbers after each epoch that was trained."""
    return net.numbers[: net.epoch + 1, NUMBERS.index(name)]


def bends(net: Net) -> float:
    """Return how much the response bends from cell to cell of the course's grid: 0 where it rises evenly."""
    axis = np.linspace(-3.0, 3.0, 61)
    response = net.classifier.regions(net.left.w, axis, axis)
    return float(sum(np.abs(np.diff(response, 2, axis=axis)).mean() for axis in (0, 1)))


@claims("classifier", "The course's net without L2")
def _(page):
    assert page.settings == page.COURSE and page.settings.sizes == (2, 11, 1) and page.settings.methods == (Method(),)


@claims("classifier", "With L2 0.03: smooth")
def _(page):
    (net,) = nets(page)
    assert net.method.l2 == 0.03 and bends(net) < 0.5 * bends(trained(page.COURSE))


@claims("classifier", "With and without L2: many units, few points")
def _(page):
    without, with_l2 = nets(page)
    assert replace(with_l2.method, l2=0.0) == without.method and page.settings.units > page.COURSE.units
    assert page.settings.sample.share > page.COURSE.sample.share
    assert column(with_l2, "validation_loss")[-1] < 0.9 * column(without, "validation_loss")[-1]
    assert bends(with_l2) < 0.5 * bends(without)


@claims("classifier", "SGD against Adam")
def _(page):
    sgd, adam = page.settings.methods
    assert [each.trainer.optimizer.name for each in (sgd, adam)] == ["sgd", "adam"] and sgd.l2 == adam.l2 == 0
    assert sgd.trainer.learning_rate == adam.trainer.learning_rate


@claims("classifier", "GD, mini-batches and SGD")
def _(page):
    whole, mini, single = nets(page)
    assert len({net.method for net in (whole, mini, single)}) == 1
    assert [net.classifier.steps_per_epoch for net in (whole, mini, single)] == [1, 8, 240]
    losses = [column(net, "loss") for net in (whole, mini, single)]
    # The more updates an epoch has, the faster it falls, the more it trembles, and the longer it takes.
    assert losses[0][1] > 5 * losses[1][1] > 10 * losses[2][1]
    assert (np.diff(losses[0]) < 0).all()
    tremble = [np.clip(np.diff(loss[-30:]), 0, None).mean() for loss in losses]
    assert tremble[0] == 0 and tremble[2] > 5 * tremble[1] > 0
    assert single.clock[60] > 3 * mini.clock[60]


@claims("classifier", "XOR")
def _(page):
    (net,) = nets(page)
    assert page.settings.sample.dataset.name == "xor" and column(net, "accuracy")[-1] == 1


@claims("classifier", "Spirals with a deeper net")
def _(page):
    (net,) = nets(page)
    assert page.settings.sample.dataset.name == "spirals" and page.settings.layers > page.COURSE.layers
    shallow = trained(replace(page.settings, layers=1))
    assert column(net, "accuracy")[-1] == 1 > column(shallow, "accuracy")[-1]


@claims("classifier", "L1 makes weights zero")
def _(page):
    without, with_l1 = (np.abs(net.left.w[net.classifier.network.weight_mask > 0]) < NEAR_ZERO for net in nets(page))
    assert with_l1.sum() >= 5 and without.sum() == 0 and page.settings.methods[1].l1 > 0


@claims("classifier", "Early stopping of a net that overfits")
def _(page):
    (net,) = nets(page)
    held, loss = column(net, "validation_loss")[:-1], column(net, "loss")[:-1]
    # It overfits: the training loss falls on from the best epoch, the validation loss rises.
    best = int(held.argmin())
    assert 0 < best < net.epoch < page.settings.epochs and loss[-1] < 0.8 * loss[best] and held[-1] > 1.1 * held[best]
    assert net.left.epoch == best


@claims("classifier", "Reduce on plateau")
def _(page):
    (net,) = nets(page)
    rate = column(net, "learning_rate")
    assert len(net.reductions) > 2 and rate[-1] < 0.01 * rate[0]


@claims("classifier", "Adam, then SGD")
def _(page):
    adam, switched = nets(page)
    assert [each.optimizer.name for each in switched.method.trainers] == ["adam", "sgd"] and len(
        adam.method.trainers
    ) == 1
    before = slice(None, switched.method.switch.epoch)
    np.testing.assert_array_equal(column(adam, "loss")[before], column(switched, "loss")[before])
    # Adam goes on trembling, SGD settles.
    tremble, rest = (np.abs(np.diff(column(net, "loss")[-100:])).mean() for net in (adam, switched))
    assert rest < 0.2 * tremble


@claims("classifier", "The best of eight starts")
def _(page):
    (net,) = nets(page)
    assert len(net.standing) == 8 and net.standing[net.leader] == net.standing.min() < 0.5 * net.standing.max()


@claims("classifier", "Learning rate far too large")
def _(page):
    nets(page)
    assert page.training.finding(0).trouble is Trouble.DIVERGED
    slower = replace(
        page.settings, methods=(Method(replace(page.settings.methods[0].trainer, learning_rate=0.01)),), epochs=50
    )
    assert trained(slower).left.reason != "diverged"


# ---- penalties


def frame(page: SimpleNamespace) -> SimpleNamespace:
    """Train to the end, and return what stands there, each number of the net without a penalty, with L1 and with L2."""
    page.sweep.advance(1e9)
    runs = list(page.sweep.runs(page.chosen))
    return SimpleNamespace(**{name: numbers[runs] for name, numbers in page.sweep.frames[-1]._asdict().items()})


@claims("penalties", "Many units, few points: penalties help")
def _(page):
    none, one, two = frame(page).validation_loss
    assert one < 0.95 * none and two < 0.95 * none
    assert page.settings.units > page.COURSE.units and page.settings.share > page.COURSE.share
    text = " ".join(penalties.say_trade(page.sweep, page.chosen))
    assert "L1 0.02 helps" in text and "L2 0.05 helps" in text


@claims("penalties", "The course's strength 0.03")
def _(page):
    assert page.chosen == (0.03, 0.03) or (page.chosen.l1, page.chosen.l2) == (0.03, 0.03)
    none, one, two = frame(page).validation_loss
    # Here it does not help, and the page says so.
    assert one > none and two > none
    text = " ".join(penalties.say_trade(page.sweep, page.chosen))
    assert f"Here L1 0.03 trades validation loss for small weights: {one:.3g} with it, {none:.3g} without." in text
    assert "L2 0.03 makes the weights small and hardly changes the validation loss" in text


@claims("penalties", "The best strengths")
def _(page):
    frame(page)
    for kind, strength in (("l1", page.chosen.l1), ("l2", page.chosen.l2)):
        last = page.sweep.frames[-1].validation_loss
        runs = {each: last[page.sweep.run(kind, each)] for each in (0.0, *page.settings.strengths)}
        assert min(runs, key=runs.get) == strength


@claims("penalties", "Hardly any penalty")
def _(page):
    none, *others = frame(page).norm
    assert none > max(others) and min(others) > 0.98 * none


@claims("penalties", "Too strong: nothing is left")
def _(page):
    none, *others = frame(page).norm
    assert max(others) < 0.05 * none
    half = frame(page).loss[1:]  # that of a net which answers the share of class 1 to every point
    np.testing.assert_allclose(half, page.sweep.classifier.data.y.var(), rtol=0.02)


@claims("penalties", "With Adam")
def _(page):
    frame(page)
    assert page.settings.optimizer.name == "adam" and "none of the strengths tried" in penalties.say_best(page.sweep)


@claims("penalties", "A large learning rate oscillates around zero")
def _(page):
    frame(page)
    assert page.settings.learning_rate * page.chosen.l1 > NEAR_ZERO
    run = page.sweep.run("l1", page.chosen.l1)
    weights = np.array([page.sweep.weights(run, each) for each in page.sweep.frames[-20:]])
    assert (weights[1:] * weights[:-1] < 0).any(axis=0).mean() > 0.3 and (np.abs(weights) > NEAR_ZERO).mean() > 0.5
    assert "beyond the threshold" in penalties.say_hover(page.settings, page.chosen)


# ---- practice

names("practice", "The course's net", epochs=20, batch_size=32, also="none")
names("practice", "Only 5 epochs", epochs=5)
names("practice", "With AdaGrad", also="adagrad", optimizers=(*practice.ALWAYS, "adagrad"))
names("practice", "With RMSProp", also="rmsprop", optimizers=(*practice.ALWAYS, "rmsprop"))
names("practice", "Batches of one point", batch_size=1)


@claims("practice", "Spirals, cross-entropy")
def _(page):
    assert page.settings.sample.dataset.name == "spirals" and page.settings.loss == "binary_crossentropy"


# ---- digits


def ended(page: SimpleNamespace) -> digits.Result:
    """Return the training."""
    return digits.result_of(page.settings)


def planned(page: SimpleNamespace, name: str) -> np.ndarray:
    """Return a number after each epoch."""
    return ended(page).fit.numbers[:, PLANNED.index(name)]


def texture(result: digits.Result) -> tuple[float, float]:
    """Return how much the weights of the first layer differ from pixel to pixel, and that as a share of their size."""
    images = result.fit.network.views(result.fit.last.w)[0][0].reshape(8, 8, -1)
    rough = float(np.square(np.diff(images, axis=0)).mean() + np.square(np.diff(images, axis=1)).mean())
    return rough, rough / float(np.square(images).mean())


for title, hidden, optimizer in (
    ("Softmax regression", (), "sgd"),
    ("A hidden layer of 32 units", (32,), "sgd"),
    ("64-32-16-10 with Adam", (32, 16), "adam"),
):

    @claims("digits", title)
    def _(page, hidden=hidden, optimizer=optimizer):
        assert (page.plan.hidden, page.plan.optimizer.name) == (hidden, optimizer)
        assert ended(page).fit.network.sizes == (64, *hidden, 10) and planned(page, "validation_accuracy")[-1] > 0.95


@claims("digits", "Two epochs with small steps")
def _(page):
    assert page.plan.epochs == 2 and planned(page, "accuracy")[-1] < 0.5


@claims("digits", "Without L2 the test loss rises again")
def _(page):
    training, test = planned(page, "loss"), planned(page, "validation_loss")
    least = int(test.argmin())
    assert page.plan.l2 == 0 and test[-1] > 1.1 * test[least]
    assert training[-1] < 0.1 * training[least] and planned(page, "accuracy")[-1] == 1


@claims("digits", "L2 0.001: smoother weights, less test loss")
def _(page):
    without = digits.result_of(replace(page.settings, plan=replace(page.plan, l2=0.0)))
    assert page.plan.l2 == 0.001
    assert all(mine < other for mine, other in zip(texture(ended(page)), texture(without), strict=True))
    assert planned(page, "validation_loss")[-1] < 0.95 * without.fit.numbers[-1, PLANNED.index("validation_loss")]


@claims("digits", "Learning rate far too large")
def _(page):
    slower = digits.result_of(replace(page.settings, plan=replace(page.plan, learning_rate=0.3)))
    assert planned(page, "validation_accuracy")[-1] < digits.GUESSED < slower.fit.last.validation_accuracy


# ---- a table


def explained(result: Learned) -> tuple[float, float]:
    """Return the network's R² on the rows that it was trained on, and on those held out."""
    network = result.network
    return float(network.training_scores.r2[-1]), float(network.validation_scores.r2[-1])


@claims("table", "House prices")
def _(page):
    assert page.settings.target == "price_k" and page.own.name == "houses.csv" and explained(page.result)[1] > 0.9


@claims("table", "Without a hidden layer: a plane")
def _(page):
    linear = float(np.ravel(page.result.linear.validation_scores.r2)[-1])
    assert page.plan.hidden == () and abs(explained(page.result)[1] - linear) < 0.02


names("table", "From the area alone", features=("area_m2",))
names("table", "With the district", features=("area_m2", "rooms", "age_years", "distance_km", "district"))


@claims("table", "Two hidden layers")
def _(page):
    assert len(page.plan.hidden) == 2


@claims("table", "Too many units for 118 rows")
def _(page):
    training, held_out = explained(page.result)
    assert len(page.result.task.training) == 118 and training > 0.4 and held_out < -0.3
    # Fewer units learn less by heart.
    fewer = explained(
        own_table.learned(page.link, page.own, replace(page.settings, plan=replace(page.plan, hidden=(4,))))
    )
    assert fewer[0] < training - 0.1 and fewer[1] > held_out + 0.1
    assert "does not hold for others" in page.summary


@claims("table", "The age cannot be predicted")
def _(page):
    assert page.settings.target == "age_years" and max(explained(page.result)) < table.NOTHING


# ---- dead units


def records(page: SimpleNamespace) -> tuple[Record, ...]:
    """Return the training as it is, and with each cure."""
    return dead_relu.records(page.settings)


def cured(page: SimpleNamespace) -> None:
    """Check that with each cure fewer units are dead in the end, and the loss is lower."""
    dying, *others = records(page)
    assert dying.dead[-1] > 0.5 and others
    for each in others:
        assert each.diverged < 0 and each.dead[-1] < 0.7 * dying.dead[-1] and each.loss[-1] < 0.97 * dying.loss[-1]


@claims("dead_relu", "Learning rate too large")
def _(page):
    cured(page)
    assert records(page)[0].dead[0] == 0 and page.settings.cures[0] == "rate" and records(page)[1].dead[-1] == 0


@claims("dead_relu", "Negative initial biases")
def _(page):
    cured(page)
    without = dead_relu.record_of(replace(page.settings.setup, bias=0.0))
    assert page.settings.setup.bias < 0 and without.dead[0] == 0 and records(page)[0].dead[0] > 0.5


@claims("dead_relu", "Inputs far from 0")
def _(page):
    cured(page)
    near = dead_relu.record_of(replace(page.settings.setup, shift=0.0))
    assert page.settings.setup.shift == 5 and near.dead[-1] < 0.1


@claims("dead_relu", "No unit dies")
def _(page):
    assert not records(page)[0].dead.any()
