"""The programs that the model pages offer: each is run, and comes to the numbers of the page from the same start."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optviz.digits import scaled, split
from optviz.losses import SOFTMAX_CROSSENTROPY
from optviz.table import houses
from optviz.training_plan import Plan, fit
from optviz.ui.lessons import digits, logistic, table
from optviz.ui.lessons.table import Own
from optviz.ui.training_settings import Sample

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow")
pytest.importorskip("keras")

FIT = "history = model.fit("
FEW = {"epochs": 2, "shuffle": False}


def weights(network, w):
    return [part for layer in network.views(w) for part in layer]


def run_keras(program, start):
    """Run a program from the given initial weights, and return its names."""
    before, after = program.split(FIT)
    names = {}
    exec(before, names)
    assert [part.shape for part in names["model"].get_weights()] == [part.shape for part in start]
    names["model"].set_weights(start)
    exec(FIT + after, names)
    return names


@pytest.mark.parametrize(
    "settings",
    [
        logistic.Settings(updates=60),
        logistic.Settings(Sample("moons", (("n", 40), ("noise", 0.3)), 0.0), 3, 0.3, 40, 5),
    ],
    ids=["default", "changed"],
)
def test_7_3_and_7_4_the_line_and_the_net_in_tensorflow(settings):
    names = {}
    exec(logistic.program(settings), names)
    for run, theirs in zip(logistic.runs_of(settings), (names["line"], names["net"]), strict=True):
        for mine, part in zip(weights(run.network, run.w), theirs, strict=True):
            np.testing.assert_allclose(part.numpy(), mine, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        digits.Settings(Plan(learning_rate=1.0, **FEW)),
        digits.Settings(
            Plan((12,), "leaky_relu", (("alpha", 0.3),), "he", "adam", (), 0.01, 0.003, 64, **FEW), "standard", 3
        ),
    ],
    ids=["softmax regression", "hidden layer, Adam, L2"],
)
def test_7_5_the_digits_in_keras(settings):
    plan = settings.plan
    ours = fit(plan, *scaled(*split(settings.split), settings.scale), SOFTMAX_CROSSENTROPY)
    names = run_keras(digits.program(settings), weights(ours.network, ours.w[0]))
    for mine, theirs in zip(weights(ours.network, ours.last.w), names["model"].get_weights(), strict=True):
        np.testing.assert_allclose(theirs, mine, atol=2e-4)
    history = names["history"].history
    assert history["val_accuracy"][-1] == pytest.approx(ours.last.validation_accuracy, abs=0.003)
    # Keras counts the penalty in.
    assert history["val_loss"][-1] == pytest.approx(ours.last.validation_loss + ours.last.penalty, rel=2e-3)


def test_7_7_the_houses_in_keras(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    own = Own(table.SAMPLE, houses())
    Path(table.SAVED).write_text(own.table.to_csv(), "utf-8")
    plan = Plan((6, 4), "tanh", (), "he", "momentum_classical", (), 0.01, 0.01, **FEW)
    settings = replace(table.Settings("price_k", ("area_m2", "age_years", "distance_km"), 0.3, 2), plan=plan)
    result = table._sample(settings)
    names = run_keras(table.program(own, settings, result), weights(result.fit.network, result.fit.w[0]))
    np.testing.assert_allclose(names["predicted"], result.network.validation[-1], rtol=1e-4, atol=0.05)
    # The same score by another hand.
    import keras

    score = keras.metrics.R2Score()
    score.update_state(result.task.validation.y[:, None], names["predicted"][:, None])
    assert float(score.result()) == pytest.approx(result.network.validation_scores.r2[-1], abs=1e-4)


def test_the_program_reads_a_visitors_file_as_the_page_does(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = (f"{i},5;{'?' if i == 3 else i % 7};{'高中低'[i % 3]};{i * i % 13} 元\n" for i in range(60))
    content = ("表格\n速度, km/h;重量;档次;阻力\n" + "".join(lines)).encode("gb18030")
    own = Own("自己的 'table'.csv", table.parse(content), "key")
    Path(table.SAVED).write_text(own.table.to_csv(), "utf-8")
    settings = table.Settings("阻力", ("速度, km/h", "重量", "档次"), plan=Plan((3,), **FEW))
    result = table._learn(own.table, settings)
    names = run_keras(table.program(own, settings, result), weights(result.fit.network, result.fit.w[0]))
    assert result.task.dropped == 1 and result.task.training.x.shape[1] == 5
    np.testing.assert_allclose(names["predicted"], result.network.validation[-1], rtol=1e-3, atol=1e-3)
