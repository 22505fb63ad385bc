"""The digits: the file, the split, and a ten-class network against finite differences, counting and Keras."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from optviz.models import digits as module
from optviz.models.digits import CLASSES, DIGITS, SHEET, Digits, confusion, digits, inked, scaled, seen, split, tiles
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import DataError
from optviz.networks.losses import SOFTMAX_CROSSENTROPY
from optviz.networks.network import Network
from optviz.networks.training_plan import NUMBERS, Plan, Scale, Trained, fit
from optviz.recipes import Choice

SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
"""How often each digit is in the test part, as its own description says."""


def trained(**plan) -> Trained:
    return fit(Plan(**plan), *scaled(*split(0), "unit"), SOFTMAX_CROSSENTROPY)


def test_the_file_is_the_one_of_the_source():
    assert hashlib.sha256(DIGITS.read_bytes()).hexdigest() == SHA256


def test_the_images_are_1797_of_8_by_8_pixels_from_0_to_16():
    data = digits()
    assert data.x.shape == (1797, 64) and np.bincount(data.labels).tolist() == COUNTS
    assert data.x.min() == 0 and data.x.max() == 16 and (data.x == np.rint(data.x)).all()


def test_a_missing_or_damaged_file_is_a_data_error(monkeypatch, tmp_path):
    digits.cache_clear()
    for content in (None, b"not gzip"):
        monkeypatch.setattr(module, "DIGITS", tmp_path / "digits.csv.gz")
        if content:
            module.DIGITS.write_bytes(content)
        with pytest.raises(DataError):
            digits()


def test_a_fifth_of_each_digit_is_held_out_and_no_image_is_in_both_parts():
    training, test = split(3)
    assert isinstance(test, Digits) and len(training) + len(test) == 1797
    assert np.bincount(test.labels).tolist() == [round(count / 5) for count in COUNTS]
    both = np.concatenate([training.x, test.x])
    assert np.array_equal(np.sort(both.sum(axis=1)), np.sort(digits().x.sum(axis=1)))
    assert not np.array_equal(split(4)[1].x, test.x)


def test_pixels_are_scaled_by_the_training_images_alone():
    training, test = scaled(*split(0), "unit")
    assert training.x.max() == 1 and np.array_equal(test.x * 16, split(0)[1].x)
    training, test = scaled(*split(0), "standard")
    varied = training.x.std(axis=0) > 0
    np.testing.assert_allclose(training.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(training.x.std(axis=0)[varied], 1, rtol=1e-12)
    assert abs(test.x.mean(axis=0)).max() > 0.01 and np.isfinite(test.x).all()


def test_a_scale_comes_back():
    x = np.random.default_rng(0).normal(5, 3, (20, 4))
    scale = Scale.of(x)
    np.testing.assert_allclose(scale.back(scale(x)), x)


@pytest.mark.parametrize("hidden", [(), (7,), (6, 5)])
def test_the_gradient_is_that_of_finite_differences(hidden):
    training = scaled(*split(0), "unit")[0].take(np.arange(40))
    network = Network((64, *hidden, CLASSES), ACTIVATIONS["tanh"]())
    objective = Classifier(network, SOFTMAX_CROSSENTROPY, training, 40, shuffle=False)
    rng = np.random.default_rng(1)
    w, direction = network.init(2, "xavier"), rng.standard_normal((12, network.parameters))
    slope = direction @ objective(w, 0)[1]
    h = 1e-5
    ahead, behind = (objective(w + sign * h * direction, 0)[0] for sign in (1, -1))
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "plan",
    [
        {"learning_rate": 1.0},
        {"hidden": (32,), "learning_rate": 0.3},
        {"hidden": (32, 16), "optimizer": Choice("adam"), "learning_rate": 0.003},
    ],
    ids=["softmax regression", "64-32-10", "64-32-16-10"],
)
def test_7_5_more_than_95_percent_of_the_test_images_are_read(plan):
    result = trained(**plan)
    assert result.last.validation_accuracy > 0.95
    _, test = scaled(*split(0), "unit")
    read = result.network.forward(result.last.w, test.x).argmax(axis=1)
    assert (read == test.labels).mean() == pytest.approx(result.last.validation_accuracy)
    assert result.numbers[-1, NUMBERS.index("validation_accuracy")] == result.last.validation_accuracy


def test_a_training_that_diverges_ends_with_its_reason():
    result = trained(hidden=(32,), learning_rate=1e100)
    assert result.last.reason == "diverged" and np.isfinite(result.w).all()


def test_the_l2_penalty_makes_the_weights_smaller():
    free, bound = trained(epochs=5, learning_rate=0.3), trained(epochs=5, learning_rate=0.3, l2=0.01)
    assert np.linalg.norm(bound.last.w) < 0.8 * np.linalg.norm(free.last.w)


def test_the_confusion_matrix_counts_pairs():
    rng = np.random.default_rng(0)
    shown, read = rng.integers(0, 10, 50), rng.integers(0, 10, (3, 50))
    counts = confusion(shown, read)
    for k in range(3):
        expected = np.zeros((10, 10), int)
        for pair in zip(shown, read[k], strict=True):
            expected[pair] += 1
        np.testing.assert_array_equal(counts[k], expected)


def test_images_are_laid_out_row_by_row():
    images = np.arange(3 * 64, dtype=float).reshape(3, 64)
    sheet = tiles(images, 2, -1.0)
    assert sheet.shape == (17, 17) and (sheet[8] == -1).all() and (sheet[:, 8] == -1).all()
    np.testing.assert_array_equal(sheet[:8, 9:], images[1].reshape(8, 8))
    np.testing.assert_array_equal(sheet[9:, :8], images[2].reshape(8, 8))
    assert (sheet[9:, 9:] == -1).all()


def test_batches_have_a_column_for_each_class():
    training, _ = split(0)
    x, y = Classifier(
        Network((64, 10), ACTIVATIONS["relu"]()), SOFTMAX_CROSSENTROPY, training, 32, shuffle=False
    ).batches(0)[0]
    assert x.shape == (32, 64) and y.shape == (32, 10)
    np.testing.assert_array_equal(y.argmax(axis=1), training.labels[:32])
    with pytest.raises(ValueError, match="does not fit"):
        Classifier(Network((64, 1), ACTIVATIONS["relu"]()), SOFTMAX_CROSSENTROPY, training)
    assert replace(training, x=training.x[:0], y=training.y[:0]).targets.shape == (0, 10)


# ---- a digit of one's own

PAPER = np.zeros((SHEET, SHEET), bool)


def test_a_stroke_has_no_gaps_and_the_width_of_the_pen():
    line = inked(PAPER, np.array([[4.0, 10.0], [28.0, 10.0]]))
    assert line[10, 4:29].all() and line.any(axis=1).sum() == 3 and line[10].sum() == 27
    dot = inked(line, np.array([[16.0, 25.0]]))
    assert dot[25, 16] and (dot & line).sum() == line.sum()
    assert not inked(PAPER, np.array([[-50.0, 90.0]])).any()


def test_a_drawing_is_seen_centered_and_as_large_as_can_be():
    stroke = np.array([[10.0, 5.0], [10.0, 20.0]])
    once = seen(inked(PAPER, stroke))
    np.testing.assert_array_equal(seen(inked(PAPER, stroke + np.array([9, 6]))), once)
    image = once.reshape(8, 8)
    assert (image[:, 3:5] == 12).all() and image[:, [0, 1, 6, 7]].sum() == 0
    np.testing.assert_array_equal(seen(np.ones((SHEET, SHEET), bool)), np.full(64, 16.0))
    assert not seen(PAPER).any()


def test_a_drawing_of_the_size_of_the_sheet_is_counted_in_blocks():
    drawing = np.random.default_rng(0).random((SHEET, SHEET)) < 0.4
    drawing[0] = drawing[-1] = True
    expected = drawing.reshape(8, 4, 8, 4).sum(axis=(1, 3))
    np.testing.assert_array_equal(seen(drawing).reshape(8, 8), expected)


STROKES = {
    7: [(9, 6), (22, 6), (14, 26)],
    3: [(10, 7), (20, 7), (14, 14), (20, 18), (18, 25), (10, 25)],
    4: [(18, 27), (18, 5), (9, 18), (23, 18)],
    2: [(10, 9), (15, 5), (20, 9), (18, 15), (10, 25), (22, 25)],
}


@pytest.mark.parametrize("digit", STROKES)
def test_what_is_drawn_is_read(digit):
    result = trained(learning_rate=1.0)
    image = seen(inked(PAPER, np.array(STROKES[digit], dtype=float))) / 16
    assert result.network.forward(result.last.w, image[None]).argmax() == digit
