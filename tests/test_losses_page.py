"""The page of squared and absolute error: its numbers, its sentences, what may be typed, and its program."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import losses
from optviz.lessons.losses import Settings
from tests.pages import opened, said

OUTLIER = Settings(true=(1, 1.2, 0.9, 1.1, 1, 4.5), pred=(1.1,) * 6, delta=1.0, top=5.0)
COURSE = Settings(true=(0.5, 0.8), pred=(1.0, 1.0), delta=1.0, top=2.0)

page = partial(opened, "losses")


@pytest.mark.parametrize(("lang", "most"), [("en", "86% of the MSE, but 71% of the MAE"), ("zh", "占 MSE 的 86%")])
def test_the_page_opens_on_the_courses_number_4_1(lang, most):
    text = said(page(lang))
    assert "MSE = 0.145" in text and "MAE = 0.35" in text and most in text
    assert r"\mathrm{MSE} &= \frac{(1 - 0.5)^2 + (1 - 0.8)^2}{2} = 0.145" in text
    assert "0.65" in text


def test_an_outlier_draws_the_mean_but_not_the_median():
    mean, median, robust = losses.constants_of(OUTLIER)
    assert (mean, median) == pytest.approx((9.7 / 6, 1.05))
    assert median < robust < mean
    assert "Point 6 alone accounts for 99% of the MSE, but 87% of the MAE; its share of" in losses.say(OUTLIER)
    pulls = np.array([0.1, 0.1, 0.2, 0.0, 0.1, 3.4])
    told = [pulls[5] / pulls.sum(), 1 / np.sign(pulls).sum(), 1 / np.minimum(pulls, 1).sum()]
    assert "the pull is {:.0%} with MSE, {:.0%} with MAE, {:.0%} with Huber.".format(*told) in losses.say(OUTLIER)
    huge = Settings(true=(1, 1, 1, 100), pred=(1, 1, 1, 1), delta=1.0, top=100.0)
    assert losses.constants_of(huge)[:2] == pytest.approx((25.75, 1.0))


def test_a_perfect_prediction_and_a_single_point_have_a_sentence_of_their_own():
    assert losses.say(Settings(true=(1.0, 2.0), pred=(1.0, 2.0), delta=1.0, top=2.0)).endswith(
        "Every prediction equals its target."
    )
    assert losses.say(Settings(true=(1.0,), pred=(2.0,), delta=1.0, top=2.0)) == "MSE = 1, MAE = 1, Huber = 0.5."
    assert "Point" not in said(page(true="1", pred="2"))


def test_squares_have_the_size_of_the_errors_and_stay_inside():
    arrays = losses.arrays_of(OUTLIER)
    x, y = (arrays[f"squares_{axis}"].reshape(6, 6)[:, :5] for axis in "xy")
    sides = np.abs(np.array(OUTLIER.pred) - np.array(OUTLIER.true))
    np.testing.assert_allclose(np.ptp(x, axis=1), sides)
    np.testing.assert_allclose(np.ptp(y, axis=1), sides)
    low, high, _top = OUTLIER.scale
    assert x.min() >= 0 and x.max() <= 1.25 * (high - low)


def test_what_the_panels_follow_are_the_losses():
    arrays = losses.arrays_of(OUTLIER)
    error = np.array(OUTLIER.pred) - np.array(OUTLIER.true)
    np.testing.assert_allclose(arrays["mse_share"][0], error**2 / (error**2).sum())
    np.testing.assert_allclose(arrays["mae_share"][0], abs(error) / abs(error).sum())
    np.testing.assert_allclose(arrays["mse_pull"][0], abs(error) / abs(error).sum())
    np.testing.assert_allclose(arrays["mae_pull"][0], np.sign(abs(error)) / 5)
    np.testing.assert_allclose(arrays["huber_pull"][0], np.minimum(abs(error), 1) / np.minimum(abs(error), 1).sum())
    c, true = arrays["c"][0], np.array(OUTLIER.true)
    np.testing.assert_allclose(arrays["mse"][0], [((v - true) ** 2).mean() for v in c])
    np.testing.assert_allclose(arrays["mae"][0], [abs(v - true).mean() for v in c])
    for name, curve in (("mse", arrays["mse"]), ("mae", arrays["mae"]), ("huber", arrays["huber"])):
        assert arrays[f"{name}_best"][0, 1] <= curve.min() + 1e-12


def test_the_share_of_the_pull_stands_in_front_of_that_of_the_loss():
    panels = [panel for panel in losses.panels_of(OUTLIER) if panel.cell == "shares"]
    assert [(panel.title, panel.quiet) for panel in panels] == [
        ("Share of the loss", True),
        ("Share of the pull", False),
    ]


def test_a_drag_moves_the_nearest_point_to_a_round_value_and_never_the_picture():
    scale, x = OUTLIER.scale, OUTLIER.positions
    for y, expected in ((2.0137, 2.025), (9.0, 5.0), (-9.0, -1.25)):
        text = losses.dragged(OUTLIER, OUTLIER.true, (x[5] + 0.1, y))
        moved = losses.VALUES.read(text)
        assert moved[5] == pytest.approx(expected)
        assert moved[:5].tolist() == list(OUTLIER.true[:5])
        after = Settings.of(moved, np.array(OUTLIER.pred), 1.0, float(losses.top_of(scale)))
        assert after.scale == scale
    assert losses.dragged(COURSE, COURSE.pred, (0.0, 1.3)) == "1.3, 1"


@pytest.mark.parametrize("value", [0.3, 12.0, -7.0, 999.0, -1000.0])
def test_the_picture_holds_whatever_is_typed(value):
    settings = Settings(true=(value, 0.5), pred=(1.0, 1.0), delta=1.0, top=2.0)
    assert settings.scale.low <= value <= settings.scale.high
    assert float(losses.top_of(settings.scale)) == settings.scale.top


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"true": "1, 2, 3"}, "There are 3 targets and 2 predictions: only the first 2 of both are compared."),
        ({"true": "1, x"}, "“x” is not a number"),
        ({"true": ""}, "Write at least one number."),
        ({"pred": "1e308, 1"}, "1e308 is too large: at most 1000."),
        ({"pred": ",".join("1" * 13)}, "at most 12 are allowed"),
        ({"true": "nan, 1"}, "“nan” is not a number"),
        ({"true": "__import__('os')"}, "is not a number"),
    ],
)
def test_bad_input_gets_one_sentence_and_the_rest_stays(parameters, sentence):
    app = page(**parameters)
    (error,) = app.error
    assert sentence in error.value and "MSE = " in said(app)


@pytest.mark.parametrize("settings", [COURSE, OUTLIER, Settings(true=(-0.5, 3.0), pred=(1.0, 0.1), delta=0.3, top=5.0)])
def test_the_program_gives_the_same_in_tensorflow(settings):
    pytest.importorskip("tensorflow")
    names = {}
    exec(losses.program(settings), names)
    for name, errors in zip(("mse", "mae", "huber"), losses.errors_of(settings), strict=True):
        assert float(names[name]) == pytest.approx(errors.mean(), rel=1e-12)
