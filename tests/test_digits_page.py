"""The digits page, run without a browser: its panels, its sentence, its images, every choice and every example."""

import base64
import re
from dataclasses import replace
from functools import partial
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from optviz.figures import digits as pictures
from optviz.lessons import digits
from optviz.lessons.digits import Settings
from optviz.locale.spoken import LANGUAGES
from optviz.models.digits import seen, split
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import DataError
from optviz.networks.network import INITIALIZATIONS
from optviz.networks.training_plan import NUMBERS, Plan
from optviz.optimization.optimizers import TRAINERS
from optviz.ui import downloads, drawing
from tests.pages import opener, said, tap

SHORT = Settings(Plan(epochs=3, learning_rate=0.3))
HIDDEN = replace(SHORT, plan=replace(SHORT.plan, hidden=(12,)))

page, fine = opener("digits", epochs="2")


# ---- what the panels follow


@pytest.mark.parametrize("settings", [SHORT, HIDDEN], ids=["softmax", "hidden"])
def test_the_arrays_are_the_numbers_of_the_training(settings):
    arrays, result = digits.arrays_of(settings), digits.result_of(settings)
    n = len(result.test)
    assert all(len(array) == 4 for array in arrays.values())
    right, wrong = np.nan_to_num(arrays["right"]), np.nan_to_num(arrays["wrong"])
    np.testing.assert_array_equal(right + wrong, result.confusion)
    assert (right + wrong).sum(axis=(1, 2)).tolist() == [n] * 4
    accuracy = right.sum(axis=(1, 2)) / n
    np.testing.assert_allclose(accuracy, arrays["numbers"][:, NUMBERS.index("validation_accuracy")], rtol=1e-6)
    for panel in digits.panels_of(settings, log=True):
        for track in panel.tracks:
            for ref in (track.x, track.y, track.z):
                assert ref is None or ref == "step" or (ref if isinstance(ref, str) else ref[0]) in arrays


def test_the_images_of_the_weights_are_the_weights():
    arrays, result = digits.arrays_of(SHORT), digits.result_of(SHORT)
    weights = result.fit.network.views(result.fit.last.w)[0][0]
    assert arrays["weights"].shape[1:] == (2 * 9 - 1, 5 * 9 - 1)
    seven = arrays["weights"][-1, 9:, 2 * 9 : 2 * 9 + 8].astype(float) - 127
    expected = weights[:, 7].reshape(8, 8)
    assert np.corrcoef(seven.ravel(), expected.ravel())[0, 1] > 0.99
    assert (np.sign(seven) == np.sign(expected))[np.abs(seven) > 1].all()


def test_the_sentence_says_what_the_matrix_shows():
    result = digits.result_of(SHORT)
    last = result.confusion[-1]
    sentence = digits.say(SHORT)
    assert f"reads {100 * np.trace(last) / last.sum():.1f}% of 359 test images correctly" in sentence
    shown, read, times, of = map(int, re.findall(r"(\d) read as (\d), (\d+) of (\d+) times", sentence)[0])
    assert last[shown, read] == times == (last - np.diag(np.diag(last))).max() and of == last[shown].sum()


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        (Plan(learning_rate=100.0, l2=1.0, epochs=10), "diverged in epoch"),
        (Plan(hidden=(32,), learning_rate=10.0, epochs=3), "hardly better than guessing"),
        (Plan(learning_rate=1e-6, epochs=1), "hardly better than guessing"),
    ],
)
def test_what_goes_wrong_is_named(plan, word):
    assert word in digits.say(Settings(plan))


def test_the_formula_has_the_sizes_and_the_loss():
    tex, loss = digits.formula(HIDDEN), digits.result_of(HIDDEN).fit.last.validation_loss
    assert r"64 \times 12" in tex and r"12 \times 10" in tex and f"{loss:.4f}" in tex


def test_misread_images_are_shown_with_what_they_are_and_what_was_read():
    result, html = digits.result_of(SHORT), digits.misread(SHORT)
    wrong = result.probabilities.argmax(axis=1) != result.test.labels
    assert f"{digits.SHOWN} of {wrong.sum()} misread" in html or f"All {wrong.sum()} misread" in html
    cards = re.findall(r"<img src='(.*?)' alt='An image of (\d), read as (\d)'><figcaption>(\d) → (\d), (\d+)%", html)
    assert len(cards) == min(wrong.sum(), digits.SHOWN)
    certain = [int(card[5]) for card in cards]
    assert certain == sorted(certain, reverse=True)
    pixels = {
        row.astype(np.uint8).tobytes(): label for row, label in zip(result.test.x, result.test.labels, strict=True)
    }
    for url, shown, read, *again, _sure in cards:
        assert [shown, read] == again and shown != read
        image = np.asarray(Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))))
        ink = np.rint((255 - image.astype(float)) / 255 * 16).astype(np.uint8)
        assert pixels[ink.tobytes()] == int(shown)


def test_an_image_is_dark_ink_on_white_paper():
    url = pictures.image(bytes([0, 16] * 32))
    image = np.asarray(Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))))
    assert image.shape == (8, 8) and image[0, 0] == 255 and image[0, 1] == 0


# ---- the page

CHOICES = [
    *(("activation", name) for name in ACTIVATIONS),
    *(("init", name) for name in INITIALIZATIONS),
    *(("optimizer", name) for name in TRAINERS),
    *(("scale", name) for name in digits.SCALES),
    ("split", "7"),
    ("shuffle", "0"),
    ("log", "1"),
    ("l2", "1"),
    ("batch", "512"),
    ("lr", "100"),
]


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_every_choice(name, value):
    app = fine(hidden="8", **{name: value})
    assert "test images" in said(app)


@pytest.mark.parametrize("hidden", ["", "32", "32, 16", "[64 64 64]", "8，4"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_of_hidden_layers(hidden, lang):
    fine(lang, hidden=hidden)


@pytest.mark.parametrize(
    ("hidden", "word"),
    [("0", "too small"), ("-3", "too small"), ("1000000", "at most 64"), ("1,1,1,1", "Too many"), ("a", "not a number"),
     ("2.5", "not a whole number"), ("__import__('os')", "not a number"), ("nan", "not a number"),
     ("9**9", "at most 64")],
)  # fmt: skip
def test_hidden_layers_that_cannot_be_are_explained_and_the_picture_stays(hidden, word):
    app = page(hidden=hidden)
    assert word in app.error[0].value and "test images" in said(app)


@pytest.mark.parametrize(
    "example",
    ["Softmax regression", "A hidden layer of 32 units", "64-32-16-10 with Adam", "Two epochs with small steps",
     "Without L2 the test loss rises again", "L2 0.001: smoother weights, less test loss",
     "Learning rate far too large"],
)  # fmt: skip
def test_an_example_is_one_tap(example):
    app = fine()
    tap(app, example)
    assert not app.exception and not app.error and not app.warning and "test images" in said(app)


def test_a_missing_file_is_said(monkeypatch):
    def missing(_settings):
        raise DataError("missing", "digits.csv.gz")

    monkeypatch.setattr(digits, "result_of", missing)
    assert "data/digits.csv.gz" in page().error[0].value


@pytest.mark.parametrize("name", ["optimizer", "lr", "epochs", "activation", "batch", "seed", "scale", "split", "log"])
@pytest.mark.parametrize("junk", ["", "x", "1e999", "1" * 3000])
def test_junk_in_the_link_is_a_word_and_no_exception(name, junk):
    assert "test images" in said(page(**{name: junk}))


# ---- a digit of one's own


def test_a_drawn_seven_is_read_at_first_and_a_white_sheet_can_be_taken():
    app = fine(epochs="30")
    assert "It reads your drawing as 7" in said(app) and "drawn" not in app.query_params
    app.button(key="digits-clear").click().run()
    assert "press on the sheet" in said(app) and app.query_params["drawn"] == digits.NOTHING


class Sheet:
    """A link that only keeps a drawing."""

    page = "digits"

    def __init__(self):
        self.drawn = digits.NOTHING

    def change(self, name, value):
        assert name == digits.DRAWN
        self.drawn = value

    def now(self, name, before):
        return self.drawn


def test_the_way_of_the_pen_is_drawn_and_nothing_between_two_strokes():
    sheet = Sheet()
    drawing.draw(sheet, sheet.drawn, ((4.0, 4.0),))
    first = sheet.drawn
    drawing.draw(sheet, sheet.drawn, ((4.0, 4.0), (14.0, 4.0), (24.0, 4.0)))
    drawing.draw(sheet, first, ((10.0, 20.0),))  # the page has not run since the first point
    bitmap = digits._bitmap(sheet.drawn)
    assert bitmap[4, 4:25].all() and bitmap[20, 10] and not bitmap[12].any()
    drawing.draw(sheet, sheet.drawn, ((-1e300, 31.0), (1e300, 31.0)))
    assert digits._bitmap(sheet.drawn)[31].all()  # and not a dot for each unit of the way
    bitmap = digits._bitmap(sheet.drawn)
    arrays = digits.sheet_arrays(SHORT, sheet.drawn)
    np.testing.assert_array_equal(arrays["drawing"][0], bitmap)
    assert arrays["reading"].shape == (1, 10) and arrays["reading"].sum() == pytest.approx(1)
    assert [panel.pick for panel in digits.sheet_panels()] == ["drag", False, False]
    for panel in digits.sheet_panels():
        assert {track.z or track.y for track in panel.tracks} <= set(arrays)


@pytest.mark.parametrize("scale", digits.SCALES)
def test_a_drawing_is_scaled_as_the_training_images_are(scale):
    settings = replace(SHORT, scale=scale)
    training, network = split(0)[0].x, digits.result_of(settings).fit
    image = seen(digits._bitmap(digits.seven()))
    x = image / 16 if scale == "unit" else (image - training.mean(axis=0)) / np.maximum(training.std(axis=0), 1e-9)
    known = training.std(axis=0) > 0
    z = x[known] @ network.network.views(network.last.w)[0][0][known] + network.last.w[-10:]
    expected = np.exp(z) / np.exp(z).sum()
    assert not image[~known].any()
    np.testing.assert_allclose(digits.read(settings, digits.seven()), expected, rtol=1e-9)


@pytest.mark.parametrize("junk", ["", "0", "z" * 256, "0" * 255, "0" * 3000])
def test_a_drawing_in_a_link_that_is_none_is_a_word(junk):
    app = page(drawn=junk)
    assert "It reads your drawing as" in said(app) and "drawn=" in app.warning[0].value


# ---- the run as event files


@pytest.fixture
def archive():
    return downloads._archive(partial(digits.event_runs, HIDDEN), "optviz-digits")


def test_tensorboard_reads_the_training_out_of_the_archive(archive, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    ZipFile(BytesIO(archive)).extractall(tmp_path)
    fit, told = digits.result_of(HIDDEN).fit, {}
    assert sorted(path.name for path in tmp_path.glob("optviz-digits/*")) == ["test", "train"]
    for run in ("train", "test"):
        events = accumulator.EventAccumulator(str(tmp_path / "optviz-digits" / run), {"histograms": 0}).Reload()
        told[run] = {tag: [event.value for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
        if run == "train":
            kernels = events.Histograms("dense_2/kernel")
            assert len(events.Tags()["histograms"]) == 4
    columns = dict(zip(NUMBERS, fit.numbers.T, strict=True))
    expected = {
        "train": {"loss": columns["loss"], "accuracy": columns["accuracy"], "learning_rate": [0.3] * 4},
        "test": {"loss": columns["validation_loss"], "accuracy": columns["validation_accuracy"]},
    }
    for run, curves in expected.items():
        assert set(told[run]) == {f"epoch_{name}" for name in curves}
        for name, values in curves.items():
            np.testing.assert_allclose(told[run][f"epoch_{name}"], values, rtol=1e-6)
    assert [event.step for event in kernels] == [0, 1, 2, 3]
    for event, w in zip(kernels, fit.w, strict=True):
        weights = fit.network.views(w)[1][0]
        assert event.histogram_value.num == 12 * 10
        assert event.histogram_value.sum_squares == pytest.approx((weights**2).sum())


def test_a_training_that_diverged_has_event_files():
    settings = Settings(Plan(learning_rate=100.0, l2=1.0, epochs=10))
    assert digits.result_of(settings).fit.last.reason
    archive = downloads._archive(partial(digits.event_runs, settings), "run")
    assert ZipFile(BytesIO(archive)).namelist() == [
        f"run/{run}/events.out.tfevents.0.optviz" for run in ("train", "test")
    ]


@pytest.mark.parametrize(("lang", "label"), [("en", "Save the run as event files"), ("zh", "把训练过程保存为事件文件")])
def test_the_archive_is_offered_where_its_group_is_open_and_made_on_the_click(monkeypatch, lang, label):
    monkeypatch.setattr(digits, "event_runs", pytest.fail)
    assert not fine(lang).get("download_button")
    app = page(lang, folds=("events",))
    (button,) = app.get("download_button")
    assert button.proto.label == label
    assert "tensorboard --logdir optviz-digits" in [code.value for code in app.code]
