"""The page of a line against a net, run without a browser: its numbers, every choice, every example."""

from dataclasses import replace

import numpy as np
import pytest

from optviz.lessons import logistic, training_settings
from optviz.lessons.logistic import Settings
from optviz.lessons.training_settings import Sample
from optviz.locale.spoken import LANGUAGES
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import DATASETS, DataError
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.recipes import Choice
from tests.pages import opener, said, tap

EXAMPLES = ("A disk in a ring", "The course's points", "XOR", "Moons need more updates", "Two clouds: a line is enough")

page, fine = opener("logistic", updates="20")


def on(dataset, **changes):
    return replace(Settings(sample=Sample(Choice(dataset), share=0.0)), **changes)


def accuracies(settings):
    return [float(run.accuracy[-1]) for run in logistic.runs_of(settings)]


# ---- the numbers


def test_the_defaults_are_the_sources():
    settings = Settings()
    assert (settings.learning_rate, settings.updates, settings.units) == (1.0, 1000, 4)
    assert settings.sizes == ((2, 1), (2, 4, 1)) and settings.sample.share == 0


def test_7_3_and_7_4_a_line_cannot_enclose_a_disc_and_four_units_can():
    line, net = accuracies(Settings())
    assert line < 0.6 and net == 1.0


@pytest.mark.parametrize("dataset", ["dot", "xor"])
def test_7_4_the_net_is_better_wherever_no_line_will_do(dataset):
    line, net = accuracies(on(dataset))
    assert net > line + 0.2


def test_the_first_update_is_that_of_the_formulas():
    """By hand: w = w - lr X^T (sigmoid(X w + b) - y) / N, and the same mean for b."""
    settings = Settings(updates=1)
    data = training_settings.points_of(settings.sample)[0]
    network = Network((2, 1), ACTIVATIONS["tanh"]())
    start = network.init(0, "small")
    assert np.abs(start[:2]).max() < 0.05 and start[2] == 0
    error = 1 / (1 + np.exp(-(data.x @ start[:2] + start[2]))) - data.y
    expected = start - np.append(data.x.T @ error, error.sum()) / len(data)
    run = logistic.runs_of(settings)[0]
    np.testing.assert_allclose(run.w, expected, rtol=1e-12)
    np.testing.assert_allclose(run.border[1], expected, rtol=1e-12)


@pytest.mark.parametrize("updates", [10, 990, 1000, 2990, 5000])
def test_the_arrays_are_the_numbers_of_the_two_trainings_to_the_last_update(updates):
    settings = Settings(updates=updates)
    arrays, data = logistic.arrays_of(settings), training_settings.points_of(settings.sample)[0]
    loss = LOSSES["binary_crossentropy"]
    for side, run in enumerate(logistic.runs_of(settings)):
        z = run.network.forward(run.w, data.x)
        last = arrays["numbers"].array[-1]
        assert last[side] == pytest.approx(float(loss.value(z, data.y[:, None]).mean()), rel=1e-6)
        assert last[2 + side] == pytest.approx(((z[:, 0] > 0) == (data.y > 0.5)).mean())
        xs = training_settings.axis_of(settings.sample)
        picture = arrays[f"regions{side}"].array[-1]
        corner = 100 / (1 + np.exp(-run.network.forward(run.w, np.array([[xs[-1], xs[0]]]))[0, 0]))
        assert abs(picture[0, -1] - corner) <= 0.5 + 1e-9
    for array, stride in arrays.values():
        assert (len(array) - 1) * stride == updates


def test_the_ends_of_the_drawn_line_lie_on_it_and_outside_of_the_picture():
    border = np.array([[1.0, 2.0, -0.5], [0.0, 3.0, 1.0], [1e-9, -1e-9, 1e-10]])
    ends = logistic.ends_of(border, 3.0)
    np.testing.assert_allclose(ends @ border[:, :2, None], -border[:, 2, None, None].repeat(2, 1), atol=1e-12)
    assert (np.abs(ends).max(axis=2) > 3).all()


def test_the_formula_has_the_numbers_of_the_line():
    (first, line), (_second, net) = logistic.formulas(Settings())
    w1, w2, b = logistic.runs_of(Settings())[0].w
    assert first == "Logistic regression"
    assert rf"\sigma({w1:.2f}\,x_1 {w2:+.2f}\,x_2 {b:+.2f})" in line
    assert rf"x_1 = {-w2 / w1:.2f}\,x_2 {-b / w1:+.2f}" in line
    assert net.count(r"\tanh") == 4 and net.count("h_4") == 2
    assert r"\sum_{j=1}^{16}" in logistic.formulas(Settings(units=16))[1][1]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(), "A line can only divide the plane in two"),
        (on("blobs"), "a line is enough"),
        (on("moons", updates=100), "still nearly straight"),
        (on("circles", updates=20, seed=3), "right, the net"),
        (on("dot", learning_rate=1e-6, updates=10), "right, the net"),
    ],
)
def test_the_sentence_has_the_accuracies_and_the_reason(settings, reason):
    sentence = logistic.say(settings)
    line, net = accuracies(settings)
    assert f"{100 * line:.1f}% of the 300 points" in sentence and f"the net {100 * net:.1f}%" in sentence
    assert reason in sentence


def test_a_loss_that_is_no_number_is_named():
    huge = on("circles", learning_rate=100.0, updates=20)
    runs = logistic.runs_of(huge)
    assert np.isfinite(runs[0].loss).all()
    broken = tuple(run._replace(loss=np.array([np.inf])) for run in runs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logistic, "runs_of", lambda settings: broken)
        assert "diverged" in logistic.say(huge)


# ---- the page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set(dataset, lang):
    fine(lang, data=dataset)


@pytest.mark.parametrize(("name", "value"), [("units", "1"), ("units", "16"), ("lr", "100"), ("seed", "99")])
def test_the_ends_of_every_range(name, value):
    assert "20 updates" in said(fine(**{name: value}))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_one_tap(example):
    app = fine()
    tap(app, example)
    assert not app.exception and not app.error and not app.warning
    assert "After 1000 updates" in said(app) or "After 5000 updates" in said(app)


def test_a_missing_file_is_said_and_the_controls_stay(monkeypatch):
    def missing(*_args):
        raise DataError("missing", "dot.csv")

    monkeypatch.setattr(logistic, "runs_of", missing)
    app = page(data="dot")
    assert "dot.csv" in app.error[0].value and app.selectbox(key="logistic~data").value == "dot"


@pytest.mark.parametrize("name", ["data", "units", "lr", "updates", "seed"])
@pytest.mark.parametrize("junk", ["", "x", "nan", "-1e999", "<script>", "1" * 3000])
def test_junk_in_the_link_is_a_word_and_no_exception(name, junk):
    assert "points right" in said(page(**{name: junk}))
