"""The yogurt seller's page: its sentences, its panels, prices of every kind, and its program."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import yoghurt
from optviz.lessons.yoghurt import Settings
from optviz.models.yoghurt import overproduction
from tests.pages import opened, said

COURSE = Settings()

page = partial(opened, "yoghurt")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "With cost 1, profit 99, the seller makes 8.1% too many bottles on average."),
        ("zh", "成本 1、利润 99 时，卖家平均多做 8.1%。"),
    ],
)
def test_the_page_opens_on_the_courses_prices_4_4(lang, words):
    text = said(page(lang))
    assert words in text and "w = (1.001, 0.998)" in text
    assert r"\hat y &= w_1 x_1 + w_2 x_2 = 1.128\,x_1 + 1.040\,x_2" in text


def test_the_final_weights_lean_as_the_prices_do_4_4():
    squared, seller, exchanged = yoghurt.final_of(COURSE)
    assert np.abs(squared - 1).max() < 0.01 and (seller > 1).all() and (exchanged < 1).all()
    over = yoghurt.mean_over(COURSE)
    assert abs(over[0]) < 0.01 and over[1] > 0.05 and over[2] < -0.05
    swapped = Settings(cost=99, profit=1)
    np.testing.assert_array_equal(yoghurt.final_of(swapped)[[0, 2, 1]], yoghurt.final_of(COURSE))
    assert "A missing bottle costs 99 times" in yoghurt.say(COURSE)
    assert "A surplus bottle costs 99 times" in yoghurt.say(swapped)


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"cost": "5", "profit": "5"}, "neither is favored"),
        ({"cost": "0"}, "The side that costs nothing is not avoided at all."),
        ({"lr": "3", "epochs": "200"}, "MSE diverges: its learning rate 3 is above 2/λ"),
        ({"lr": "100"}, "MSE diverges"),
        ({"epochs": "100"}, "still on its way to (1, 1)"),
        ({"w1": "-10000", "w2": "10000"}, "still on its way"),
        ({"seed": "7"}, "too many bottles"),
    ],
)
def test_every_kind_of_setting_has_its_words(prices, words):
    app = page(**prices)
    assert words in said(app) and not app.error and not app.warning


def test_equal_prices_are_said_once():
    said = yoghurt.say(Settings(cost=5, profit=5))
    assert said.count("With cost 5, profit 5") == 1


def test_the_limit_of_the_learning_rate_is_where_mse_begins_to_diverge():
    limit = yoghurt.limit_of(COURSE)
    for factor, diverges in ((0.98, False), (1.02, True)):
        w = yoghurt.path_of(Settings(learning_rate=factor * limit, epochs=2000)).w[:, 0]
        assert (np.abs(w[-1] - 1).max() > np.abs(w[0] - 1).max()) == diverges


@pytest.mark.parametrize("epochs", [100, 3000, 7900, 9700, 10_000])
def test_the_last_epoch_is_shown_and_few_are_sent(epochs):
    settings = Settings.of(1, 99, 0.01, epochs, 0, (0.0, 0.0))
    assert settings.epochs % settings.stride == 0
    assert settings.epochs // settings.stride <= yoghurt.ROWS


def test_the_panels_follow_the_fit():
    arrays, days = yoghurt.arrays_of(COURSE), yoghurt.sales_of(COURSE.seed)
    w = yoghurt.path_of(COURSE).w[:: COURSE.stride]
    np.testing.assert_allclose(arrays["w"].array, w, rtol=1e-6)
    for run in range(3):
        np.testing.assert_allclose(arrays[f"over{run}"].array, overproduction(days, w[:, run]), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(arrays["mean"].array[:, run, 1], overproduction(days, w[:, run]).mean(1), atol=1e-6)
    error = arrays["error"].array[0]
    np.testing.assert_allclose(arrays["price1"].array[0], np.where(error > 0, error, -99 * error))
    np.testing.assert_allclose(arrays["price2"].array[0], np.where(error > 0, 99 * error, -error))
    assert sum(np.asarray(each.array).nbytes for each in arrays.values()) < 100_000


@pytest.mark.parametrize(
    "settings",
    [Settings(epochs=100), Settings(cost=99.0, profit=1.0, learning_rate=0.003, epochs=100, seed=5, start=(0.5, -0.5))],
)
def test_the_program_ends_at_the_same_weights_in_tensorflow(settings):
    pytest.importorskip("tensorflow")
    names = {}
    exec(yoghurt.program(settings), names)
    np.testing.assert_allclose(names["w"].numpy()[:, 0], yoghurt.final_of(settings)[1], rtol=1e-10)
