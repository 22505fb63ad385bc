"""The Keras programs of the pages that train a net: run beside the page's file, each prints the page's numbers."""

import re
from dataclasses import astuple, replace
from io import BytesIO

import numpy as np
import pytest

from optviz.lessons import dead_relu, digits, penalties, practice, table
from optviz.lessons.keras_code import FILE, arrays_of, keras_code
from optviz.lessons.programs import printed
from optviz.lessons.training_settings import Method, Sample, Settings, Switch, Trainer
from optviz.lessons.trainings import Training
from optviz.models.table import houses, parse
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Epoch
from optviz.networks.datasets import DATASETS
from optviz.networks.dead_relu import CURES, Setup, record
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS, Network
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau
from optviz.networks.saved_models import SavedModel
from optviz.networks.training_plan import Plan
from optviz.optimization.optimizers import OPTIMIZERS, TRAINERS
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice
from tests import programs
from tests.pages import opened
from tests.programs import idle, in_keras

keras = pytest.importorskip("keras")
tensorflow = pytest.importorskip("tensorflow")

NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?|\bnan\b|\binf\b")
METHODS = [name for name in TRAINERS if in_keras(name)]
RATES = {"lion": 0.003, "adadelta": 1.0, "adagrad": 0.1, "sgd": 0.05, "momentum": 0.05, "nesterov": 0.05}

# A tenth of a second a program: a net of four units on 40 points, three epochs of three updates.
SMALL = replace(
    Settings(),
    sample=Sample(Choice("moons", (("n", 40), ("noise", 0.3))), share=0.3),
    units=4,
    batch_size=12,
    epochs=3,
    activation=Choice("tanh"),
    methods=(Method(Trainer(Choice("sgd"), 0.05)),),
)


@pytest.fixture(autouse=True)
def eager(tmp_path, monkeypatch):
    """Run each program in a folder of its own, in a Keras that compiles nothing: that takes a second a program."""
    monkeypatch.chdir(tmp_path)
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`:UserWarning"),
    # Keras' own reading of its learning rate.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def run(program, file, arrays, capsys):
    """Run a program, which has nothing to spare, and return its names and the numbers of each line that it prints."""
    assert not idle(program)
    np.savez_compressed(file, **arrays)
    capsys.readouterr()
    names = {}
    exec(program, names)
    lines = capsys.readouterr().out.splitlines()
    return names, {NUMBER.sub("#", line): [float(number) for number in NUMBER.findall(line)] for line in lines}


def trained(settings):
    """Train as the page does, to the end."""
    training = Training(settings)
    training.go_on() if settings.start else None
    training.target = settings.epochs
    while training.running:
        training.advance(60.0)
    return training


def told(epoch, penalized, held_out, accuracy=True):
    """Return what a program says of the losses and accuracies after an epoch."""
    loss = "data loss" if penalized else "loss"
    expected = {f"training: {loss} #": epoch.loss, "training: accuracy #": epoch.accuracy}
    if held_out:
        expected |= {
            f"{held_out}: {loss} #": epoch.validation_loss,
            f"{held_out}: accuracy #": epoch.validation_accuracy,
        }
    if penalized:
        expected |= {"penalty: #": epoch.penalty, "loss, which is minimized: #": epoch.loss + epoch.penalty}
    return {name: number for name, number in expected.items() if accuracy or "accuracy" not in name}


def check(settings, capsys, side=0):
    """Compare every number that a program prints, and the weights, with the page's."""
    training = trained(settings)
    epoch, network = training.latest[side], training.nets[side].classifier.network
    program = keras_code(settings, side, epoch)
    assert program.count("the training diverges") == (epoch.reason == "diverged")
    assert ("model.losses" in program) == settings.methods[side].penalized
    names, printed = run(program, FILE, arrays_of(settings), capsys)
    # The number 0.96 of Keras' Nadam is one of single precision.
    rel = 1e-6 if any(each.optimizer.name == "nadam" for each in settings.methods[side].trainers) else 1e-9
    penalized = settings.methods[side].penalized
    expected = told(epoch, penalized, "validation" if settings.held_out else "")
    if settings.starts > 1:
        assert tuple(names["starts"]) == settings.seeds
        expected["best start, its seed: #"] = settings.seeds[training.nets[side].leader]
    weights = epoch.w[network.weight_mask > 0]
    expected["weights below #: # of #"] = [0.001, (abs(weights) < 0.001).sum(), len(weights)]
    expected["‖w‖²: #, ‖w‖: #"] = [weights @ weights, np.linalg.norm(weights)]
    if network.layers > 1:
        units = sum(network.sizes[1:-1])
        expected["dead units: # of #"] = [
            round(float(training.nets[side].classifier.dead_units(epoch.w)) * units),
            units,
        ]
    assert set(printed) == set(expected)
    for name, number in expected.items():
        np.testing.assert_allclose(printed[name], np.ravel(number), rtol=rel, atol=1e-14, err_msg=name)
    ours = np.concatenate([part.ravel() for layer in network.views(epoch.w) for part in layer])
    theirs = np.concatenate([part.ravel() for part in names["model"].get_weights()])
    np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=1e-9)
    return training, names


def drawn(recipe, seed):
    """Draw a value within its range for each parameter of a recipe."""
    rng = np.random.default_rng(seed)
    values = []
    for parameter in recipe.parameters:
        low, high, given = parameter.range.low, parameter.range.high, recipe.defaults[parameter.name]
        if isinstance(given, bool):
            values.append((parameter.name, bool(rng.integers(2))))
        elif isinstance(given, int):
            values.append((parameter.name, int(rng.integers(max(low, 1), min(high, 12) + 1))))
        else:
            values.append((parameter.name, round(float(rng.uniform(low, min(high, 4.0))), 4)))
    return tuple(values)


def turn(names, k):
    """Return the k-th of some names, from the first on again after the last."""
    return list(names)[k % len(names)]


def mixed(k, **chosen):
    """Return settings in which everything takes its turn: data set, activation, loss, initial weights, batches."""
    dataset, activation = turn(DATASETS, k), turn(ACTIVATIONS, 5 * k)
    values = {"n": 40, "seed": k} if dataset != "dot" else {}
    return replace(
        SMALL,
        sample=Sample(Choice(dataset, tuple(values.items())), share=(0.3, 0.0, 0.15)[k % 3]),
        layers=(1, 2, 0)[k // 2 % 3],
        units=2 + k % 4,
        activation=Choice(activation, drawn(ACTIVATIONS[activation], k)),
        initialization=turn(INITIALIZATIONS, k),
        loss=turn(LOSSES, k),
        batch_size=(12, 100, 17)[k % 3] * (8 if dataset == "dot" else 1),
        seed=k,
        shuffle=k % 4 != 3,
        **chosen,
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", METHODS)
def test_every_optimizer_at_any_values(name, seed, capsys):
    k = METHODS.index(name) + 14 * seed
    values = drawn(OPTIMIZERS[name], k) if seed else ()
    penalty = {"l2": 0.02 * (k % 2), "l1": 0.003 * (k // 2 % 2)}
    check(mixed(k, methods=(Method(Trainer(Choice(name, values), RATES.get(name, 0.01)), **penalty),)), capsys)


@pytest.mark.parametrize("warmup", [0, 4])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_with_and_without_a_warm_up(schedule, warmup, capsys):
    k = 2 * list(SCHEDULES).index(schedule) + warmup // 4
    name = turn(["momentum", "nesterov", "nesterov_keras", "adam", "momentum_classical", "adamw", "sgd"], 3 * k)
    values = drawn(SCHEDULES[schedule], k) if k % 3 else ()
    method = Method(Trainer(Choice(name), RATES.get(name, 0.01)))
    check(replace(SMALL, methods=(method,), schedule=Choice(schedule, values), warmup=warmup, epochs=4), capsys)


@pytest.mark.parametrize("k", range(len(ACTIVATIONS)))
def test_every_activation_loss_initialization_and_data_set(k, capsys):
    check(mixed(k + 60, methods=(Method(Trainer(Choice("sgd"), 0.02)),)), capsys)


HEAVY = Method(Trainer(Choice("momentum_classical"), 0.3))
NESTEROV = Trainer(Choice("nesterov", (("beta", 0.7),)), 0.03)


@pytest.mark.parametrize(
    "settings",
    [
        replace(SMALL, methods=(Method(Trainer(Choice("adam")), switch=Switch(2, Trainer(Choice("momentum"), 0.02))),)),
        replace(SMALL, methods=(Method(Trainer(Choice("momentum_classical"), 0.02),
                                switch=Switch(1, NESTEROV)),), warmup=3),
        replace(SMALL, methods=(Method(Trainer(Choice("nesterov"), 0.02), l2=0.1,
                                switch=Switch(1, Trainer(Choice("lion")), 0.0)),)),
        replace(SMALL, methods=(Method(Trainer(Choice("nadam")), l2=0.1, l1=0.01,
                                switch=Switch(2, Trainer(Choice("nadam")), 1.0)),)),
        replace(SMALL, methods=(Method(Trainer(Choice("adam")), switch=Switch(1, Trainer(Choice("adamw")), 0.3)),),
                schedule=Choice("step_decay", (("drop_every", 2), ("drop_to", 0.5))), seed=3),
        replace(SMALL, methods=(Method(Trainer(Choice("sgd")), l2=0.1, switch=Switch(0, NESTEROV, 0.2)),)),
        replace(SMALL, methods=(Method(Trainer(Choice("sgd")), l2=0.1, switch=Switch(3, NESTEROV, 0.2)),)),
        replace(SMALL, methods=(Method(Trainer(Choice("sgd")), l2=0.1, switch=Switch(4, NESTEROV, 0.2)),)),
        replace(SMALL, methods=(Method(Trainer(Choice("sgd")), l2=0.1,
                                switch=Switch(1, Trainer(Choice("sgd"), 0.1))),), shuffle=False),
    ],
    ids=["momentum", "warm-up, look-ahead", "from look-ahead, no L2", "L1 and L2", "schedule", "at once", "at the end",
         "never", "another rate"],
)  # fmt: skip
def test_forks(settings, capsys):
    check(settings, capsys)
    switch = settings.methods[0].switch
    changes_l2 = switch.l2 is not None and 0 < switch.epoch <= settings.epochs
    program = keras_code(settings)
    assert (".regularizer = " in program) == changes_l2
    assert program.count("model.fit(") == 1 + (0 < switch.epoch < settings.epochs)


LONG = replace(
    SMALL, initialization="he", epochs=30, batch_size=28, methods=(Method(Trainer(Choice("sgd"), 0.5), l2=0.001),)
)
RESTORES, STOPS = EarlyStopping(4, 0.001, True), EarlyStopping(3, 0.0, False)
REDUCES = ReduceOnPlateau(0.5, 2, 0.2, 0.001)
FALLS = {"schedule": Choice("cosine_restarts", (("first_decay_steps", 5), ("t_mul", 1.5), ("m_mul", 0.8)))}


@pytest.mark.parametrize(
    ("settings", "reduced", "stopped"),
    [
        (replace(LONG, stopping=RESTORES), False, True),
        (replace(LONG, stopping=STOPS), False, True),
        (replace(LONG, stopping=EarlyStopping(50, 0.0, True), epochs=9), False, False),
        (replace(LONG, stopping=EarlyStopping(50, 0.0, True), epochs=9, methods=(
            Method(Trainer(Choice("sgd"), 0.5), switch=Switch(4, Trainer(Choice("sgd"), 3.0))),)), False, False),
        (replace(LONG, reducing=REDUCES, epochs=16), True, False),
        (replace(LONG, reducing=REDUCES, epochs=12, methods=(HEAVY,)), True, False),
        (replace(LONG, reducing=REDUCES, epochs=12, methods=(HEAVY,), **FALLS), True, False),
        (replace(LONG, reducing=REDUCES, stopping=RESTORES, warmup=2), True, True),
        (replace(LONG, reducing=REDUCES, stopping=RESTORES, methods=(
            Method(Trainer(Choice("sgd"), 0.5), switch=Switch(5, Trainer(Choice("nesterov"), 0.5), 0.01)),)),
         True, True),
        (replace(LONG, stopping=STOPS, methods=(
            Method(Trainer(Choice("sgd"), 0.5), switch=Switch(25, Trainer(Choice("adam")), 0.5)),)),
         False, True),
        (replace(LONG, stopping=RESTORES, reducing=REDUCES, epochs=4, sample=replace(LONG.sample, share=0.0)),
         False, False),
    ],
    ids=["restores", "stops", "restores at the end", "restores at the end of a fork", "reduces",
         "reduces momentum", "reduces a schedule", "stops and reduces", "forks", "stops before the fork",
         "nothing held out"],
)  # fmt: skip
def test_rules(settings, reduced, stopped, capsys):
    training, names = check(settings, capsys)
    net = training.nets[0]
    assert bool(net.reductions) == reduced and (net.left.reason == "stopped") == stopped
    assert ("callbacks" in names) == settings.held_out


def test_keras_own_optimizer_is_taken_unless_a_rule_reduces_its_rate():
    momentum = replace(SMALL, methods=(Method(Trainer(Choice("momentum_classical"))),))
    reduced = replace(momentum, reducing=REDUCES)
    nothing_held_out = replace(reduced, sample=replace(SMALL.sample, share=0.0))
    assert ["class " in keras_code(each) for each in (momentum, reduced, nothing_held_out)] == [False, True, False]


@pytest.mark.parametrize("seed", range(12))
def test_a_program_reduces_a_schedule_as_the_page_does(seed):
    """The losses are whole numbers, so that many are what counts as fallen to the digit."""
    rng = np.random.default_rng(seed)
    rule = ReduceOnPlateau(0.5, int(rng.integers(1, 4)), (0.0, 0.013)[seed % 2], float(seed % 3))
    rate, pace = keras.Variable(0.1, dtype="float64", trainable=False), rule.begin(0.1)
    names = programs.run(f"import keras\nimport numpy as np\n{printed('reduce_schedule')}")[0]
    callback = names["ReduceSchedule"](rate, *astuple(rule))
    callback.on_train_begin()
    for epoch, loss in enumerate(20.0 - np.arange(30) // 2 + rng.integers(0, 4, 30)):
        pace = rule.observe(pace, loss)
        callback.on_epoch_end(epoch, {"val_data_loss": loss})
        assert float(rate.numpy()) == pytest.approx(float(pace.learning_rate), rel=1e-12)
    assert float(pace.learning_rate) < 0.1


@pytest.mark.parametrize(
    "settings",
    [
        replace(SMALL, starts=3, seed=5),
        replace(SMALL, starts=2, sample=replace(SMALL.sample, share=0.0), activation=Choice("leaky_relu")),
        # The least loss and the least loss of the data are not the same start's.
        replace(SMALL, starts=3, activation=Choice("leaky_relu"),
                methods=(Method(Trainer(Choice("sgd"), 0.05), l2=0.3),)),
        replace(SMALL, starts=3, sample=replace(SMALL.sample, share=0.0), activation=Choice("leaky_relu"),
                methods=(Method(Trainer(Choice("sgd"), 0.05), l2=0.3),)),
        replace(LONG, starts=2, stopping=RESTORES, reducing=REDUCES, epochs=12),
        # The best start was stopped before the fork, and never saw the L2 of the others.
        replace(LONG, starts=3, stopping=STOPS, epochs=16, methods=(
            Method(Trainer(Choice("sgd"), 0.5), l2=0.001, switch=Switch(9, Trainer(Choice("sgd"), 0.1), 0.5)),)),
    ],
    ids=["validation", "training", "penalty, validation", "penalty", "rules", "stopped before the fork"],
)  # fmt: skip
def test_several_starts(settings, capsys):
    check(settings, capsys)


@pytest.mark.parametrize(("side", "activation"), [(0, "tanh"), (1, "gelu")])
def test_a_net_that_was_loaded_keeps_its_penalty(side, activation, capsys):
    made = ACTIVATIONS[activation]()
    network = Network((2, 5, 5, 1), made)
    loaded = SavedModel(network.sizes, made, "mse", network.init(8, "xavier") + 0.1)
    methods = (Method(Trainer(Choice("adam")), l2=0.3, l1=0.02), Method(Trainer(Choice("sgd")), l2=0.5))
    check(replace(SMALL, start=loaded, activation=Choice(activation), methods=methods), capsys, side)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_lies_on_a_bound_is_counted_as_on_the_page(loss, capsys):
    """Every output lies between the two classes, and one weight at what is a small one; at rate 0 they stay."""
    sample = Sample(Choice("moons", (("n", 43), ("noise", 0.3))), share=0.3)  # more rows of one class
    settings = replace(SMALL, sample=sample, loss=loss, methods=(Method(Trainer(Choice("sgd"), 0.0)),))
    network = Network(settings.sizes, ACTIVATIONS["tanh"]())
    w = network.init(0, "zero")
    views = network.views(w)
    views[0][0][0], views[-1][1][:] = 0.001, 0.5 if loss in {"mse", "mae", "huber"} else 0.0
    check(replace(settings, start=SavedModel(network.sizes, network.activation, loss, w)), capsys)


STEEP = Method(Trainer(Choice("sgd"), 2.0))


@pytest.mark.parametrize(
    ("method", "stopping"),
    [
        (STEEP, None),
        (STEEP, EarlyStopping(30, 0.0, True)),
        (replace(STEEP, trainer=Trainer(Choice("sgd"), 0.05), switch=Switch(2, Trainer(Choice("sgd"), 2.0))), None),
    ],
    ids=["plain", "restores elsewhere", "after a fork"],
)
def test_a_training_that_diverges_ends_at_its_last_finite_epoch(method, stopping, capsys):
    settings = replace(SMALL, activation=Choice("relu"), epochs=60, methods=(method,), stopping=stopping)
    training, _names = check(settings, capsys)
    assert training.latest[0].reason == "diverged" and 0 < training.latest[0].epoch < 60


def test_a_program_is_the_same_compiled(capsys):
    tensorflow.config.run_functions_eagerly(False)
    method = Method(
        Trainer(Choice("nesterov"), 0.05), l2=0.01, switch=Switch(2, Trainer(Choice("adam", (("epsilon", 0.01),))))
    )
    check(replace(SMALL, methods=(method,), schedule=Choice("one_cycle"), warmup=2), capsys)


def test_hidden_layers_of_the_same_shape_have_weights_of_their_own(capsys):
    settings = replace(SMALL, layers=3, epochs=10, methods=(Method(Trainer(Choice("sgd"), 1e-9)),))
    np.savez(FILE, **arrays_of(settings))
    names = {}
    exec(keras_code(settings), names)
    first, second, third, last = (layer.get_weights()[0] for layer in names["model"].layers)
    assert not np.allclose(second, third) and not np.allclose(first[0], last[:, 0])


# ---- the lessons


def agree(printed, expected, rel=1e-9):
    assert set(printed) == set(expected)
    for name, numbers in expected.items():
        np.testing.assert_allclose(printed[name], np.ravel(numbers), rtol=rel, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    "settings",
    [
        digits.Settings(Plan(learning_rate=1.0, batch_size=512, epochs=2)),
        digits.Settings(
            Plan(
                hidden=(12,),
                activation=Choice("leaky_relu", (("alpha", 0.3),)),
                initialization="he",
                optimizer=Choice("rmsprop"),
                learning_rate=0.01,
                l2=0.003,
                batch_size=500,
                epochs=2,
                seed=4,
            ),
            "standard",
            3,
        ),
        digits.Settings(Plan(hidden=(4,), initialization="he", learning_rate=1e4, batch_size=512, epochs=9)),
        digits.Settings(
            Plan(
                hidden=(9, 9),
                activation=Choice("elu"),
                initialization="course",
                optimizer=Choice("nesterov"),
                learning_rate=0.01,
                l2=0.1,
                batch_size=500,
                epochs=2,
                shuffle=False,
            )
        ),
    ],
    ids=["softmax regression", "hidden layer, RMSProp, L2", "diverges", "two layers, look-ahead"],
)
def test_7_5_the_digits(settings, capsys):
    last = digits.result_of(settings).fit.last
    _names, printed = run(digits.program(settings), digits.FILE, digits.program_arrays(settings), capsys)
    agree(printed, told(last, bool(settings.plan.l2), "test"))


FEW = {"epochs": 2, "batch_size": 128}


@pytest.mark.parametrize(
    "settings",
    [
        table.Settings(
            target="price_k", features=("area_m2", "age_years", "distance_km"), share=0.3, split=2,
            plan=Plan(hidden=(6, 4), activation=Choice("tanh"), initialization="he",
                      optimizer=Choice("momentum_classical"), learning_rate=0.01, l2=0.01, **FEW),
        ),
        table.Settings(target="age_years", features=("price_k",), share=0.5, split=0,
                       plan=Plan(optimizer=Choice("adadelta"), **FEW)),
    ],
    ids=["two layers", "a line"],
)  # fmt: skip
def test_7_7_the_table(settings, capsys):
    result = table.learn_table(houses(), settings)
    _names, printed = run(table.program(settings, result), table.FILE, table.program_arrays(result), capsys)
    last, scores = result.fit.last, (result.network.training_scores, result.network.validation_scores)
    expected = told(last, bool(settings.plan.l2), "validation", accuracy=False)
    for name, each in zip(("training", "validation"), scores, strict=True):
        expected |= {f"{name}: mean error #": each.mae[-1], f"{name}: R² #": each.r2[-1]}
    agree(printed, expected)


def test_the_table_program_asks_for_no_names(capsys):
    """Whatever a visitor's columns are called, the program has the page's rows of them, words among them."""
    names = ["高 or low", "年", "x\"y' {0}\\n", "a;b"]
    rows = "".join(f"{'高中低'[i % 3]},{i},{'?' if i == 3 else i % 7},{i * i % 13}\n" for i in range(60))
    own = parse((",".join(f'"{name.replace(chr(34), 2 * chr(34))}"' for name in names) + "\n" + rows).encode())
    settings = table.Settings(target=own.names[-1], features=(names[0], *own.names[:2]), plan=Plan(hidden=(3,), **FEW))
    result = table.learn_table(own, settings)
    program = table.program(settings, result)
    _names, printed = run(program, table.FILE, table.program_arrays(result), capsys)
    assert result.task.dropped == 1 and "keras.Input((5,))" in program and not any(name in program for name in names)
    np.testing.assert_allclose(printed["validation: mean error #"], result.network.validation_scores.mae[-1])


@pytest.mark.parametrize(("kind", "optimizer"), [("none", "rmsprop"), ("l1", "adam"), ("l2", "nesterov")])
def test_2_6_the_penalties(kind, optimizer, capsys):
    settings = penalties.Settings(optimizer=Choice(optimizer), units=3, epochs=50, share=0.9)
    chosen = penalties.Chosen(0.03, 0.1)
    sweep = penalties.Sweep(settings)
    while not sweep.done:
        sweep.advance()
    frame, i = sweep.frames[-1], 0 if kind == "none" else sweep.run(kind, getattr(chosen, kind))
    program = penalties.program(settings, chosen, kind)
    _names, printed = run(program, penalties.FILE, penalties.program_arrays(settings), capsys)
    numbers = (frame.loss, frame.validation_loss, frame.accuracy, frame.validation_accuracy)
    loss, held_loss, accuracy, held_accuracy = (float(each[i]) for each in numbers)
    penalty = penalties._penalties(sweep, chosen)[penalties.KINDS.index(kind)]
    epoch = Epoch(50, frame.w[i], loss, penalty, held_loss, accuracy, held_accuracy, 0.01, None)
    expected = told(epoch, kind != "none", "validation") | {
        "weights below #: # of #": [0.001, frame.zeros[i], 9],
        "‖w‖²: #, ‖w‖: #": [frame.norm[i] ** 2, frame.norm[i]],
    }
    agree(printed, expected, 1e-8)


@pytest.mark.parametrize("also", ["none", "adagrad"])
def test_practice_at_the_best_rate(also, capsys):
    settings = practice.Settings(
        sample=Sample(Choice("xor", (("n", 30),))), loss="huber", batch_size=16, epochs=2, seed=3, also=also
    )
    sweeps = practice.sweeps_of(settings)
    for name, each in list(sweeps.items())[:: 1 if also == "none" else -4]:
        arrays = practice.program_arrays(settings)
        _names, printed = run(practice.program(settings, name), practice.FILE, arrays, capsys)
        np.testing.assert_allclose(printed["training: loss #"], [each.final.min()], rtol=1e-9)
        assert set(printed) == {"training: loss #", "training: accuracy #"}


@pytest.mark.parametrize(
    "setup",
    [
        Setup(epochs=2),
        Setup(epochs=2, bias=-4.0, learning_rate=0.01, units=5),
        CURES["leaky"](Setup(epochs=2)),
        CURES["he"](Setup(epochs=2, bias=-4.0)),
        CURES["inputs"](Setup(epochs=2, shift=5.0, scale=3.0)),
    ],
    ids=["as it is", "bias", "leaky", "He", "inputs"],
)
def test_3_3_the_dead_units(setup, capsys):
    found = record(setup)
    _names, printed = run(dead_relu.program(setup), dead_relu.FILE, dead_relu.program_arrays(), capsys)
    expected = {
        "training: loss #": found.loss[-1],
        "training: accuracy #": found.accuracy[-1],
        "dead units: # of #": [round(found.dead[-1] * setup.units), setup.units],
    }
    agree(printed, expected)


@pytest.mark.parametrize(
    ("page", "fold"),
    [
        ("classifier", "keras"),
        ("digits", "tensorflow"),
        ("table", "tensorflow"),
        ("penalties", "tensorflow"),
        ("practice", "tensorflow"),
        ("dead_relu", "tensorflow"),
        ("vanishing", "tensorflow"),
    ],
)
def test_a_page_offers_the_file_that_its_programs_read(page, fold, monkeypatch):
    offered = {}
    monkeypatch.setattr("optviz.ui.downloads.offer", lambda link, label, make, file, name: offered.update({file: make}))
    app = opened(page, folds=[fold], epochs="50" if page == "penalties" else "10")
    programs = [code.value for code in app.code if "np.load" in code.value]
    assert programs and (page == "vanishing" or len(programs) == len(app.code))
    for program in programs:
        compile(program, page, "exec")
        (file,) = re.findall(r'np\.load\("(.*?)"\)', program)
        arrays = np.load(BytesIO(offered[file]()))
        reading = re.findall(r"page\[name\] for name in (\(.*?\))", program)
        names = [name for names in reading for name in eval(names)] or ["x", "y"]
        assert set(names) <= set(arrays) and all(len(arrays[name]) for name in names)
