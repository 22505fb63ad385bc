"""Many seeds of each setting: their medians with bands, and whether the difference of two settings is luck."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from optviz.lessons import arena, training_words
from optviz.lessons.training_settings import MOST_STARTS, Method, Sample, Settings, Trainer
from optviz.lessons.trainings import BANDED, NUMBERS, Training
from optviz.networks.plateau import EarlyStopping
from optviz.networks.seeds import Paired, middle
from optviz.recipes import Choice
from tests.pages import opener, said

SGD, ADAM, WILD = Method(), Method(Trainer(Choice("adam"), 0.03)), Method(Trainer(Choice("sgd"), 0.3))
SEVEN = Settings(epochs=20, seed=3, starts=7, methods=(SGD, ADAM, Method(l2=0.1)))

page, fine = opener("classifier", epochs="10")


def finished(settings):
    training = Training(settings)
    training.advance(600.0)
    return training


def alone(settings, side, name):
    """Return a number of every epoch, of each seed trained by itself, (rows, seeds)."""
    singles = [finished(replace(settings.of(side), seed=seed, starts=1)) for seed in settings.seeds]
    return np.stack([single.nets[0].numbers[:, NUMBERS.index(name)] for single in singles], axis=1)


# ---- the numbers


@pytest.mark.parametrize("n", range(1, 12))
def test_the_sign_test_counts_the_coins_that_fall_as_unevenly_or_more(n):
    throws = [sum(coins) for coins in product((0, 1), repeat=n)]
    for wins in range(n + 1):
        far = abs(2 * wins - n)
        expected = np.mean([abs(2 * heads - n) >= far for heads in throws])
        assert Paired(wins, n - wins, 4).p == pytest.approx(expected, rel=1e-12)


def test_the_sign_test_of_fifty_seeds():
    # Pascal's triangle, row by row.
    row = np.ones(1)
    for _more in range(50):
        row = np.convolve(row, [1, 1])
    assert Paired(41, 9, 0).p == pytest.approx(2 * row[41:].sum() / 2**50, rel=1e-12)
    assert 5e-6 < Paired(41, 9, 0).p < 6e-6
    assert Paired(0, 0, 50).p == 1


def test_seeds_are_compared_one_by_one_and_who_diverged_loses():
    nan = np.nan
    pair = Paired.of(np.array([1.0, 2.0, 3.0, nan, nan, 1.0]), np.array([2.0, 1.0, 3.0, 1.0, nan, nan]))
    assert pair == Paired(wins=2, losses=2, ties=2) and pair.seeds == 6


@pytest.mark.parametrize("n", range(1, 12))
def test_the_middle_holds_half_of_the_values_around_the_median(n):
    values = np.random.default_rng(n).normal(size=n)
    median, low, high = middle(values)
    assert median == pytest.approx(np.median(values), rel=1e-12)
    inside = ((values >= low) & (values <= high)).sum()
    # So many of them on either side as are a quarter, at most.
    assert n / 2 <= inside <= n / 2 + 2 and (values < low).sum() == (values > high).sum() == (n - 1) // 4


def test_what_diverged_counts_as_the_worst():
    values = np.array([3.0, np.nan, 1.0, np.nan, 2.0])
    assert middle(values).tolist() == [3.0, 2.0, np.inf]
    assert middle(values, -np.inf).tolist() == [1.0, -np.inf, 2.0]


# ---- the training


@pytest.mark.parametrize("side", range(3))
def test_the_bands_are_those_of_the_seeds_trained_one_by_one(side):
    band = finished(SEVEN).arrays[f"band{side}"].reshape(21, len(BANDED), 3)
    for place, name in enumerate(BANDED):
        seeds = np.sort(alone(SEVEN, side, name), axis=1)
        np.testing.assert_allclose(band[:, place], seeds[:, [3, 1, 5]], rtol=1e-5)


def test_a_seed_that_was_stopped_stays_in_the_band_with_its_last_loss():
    settings = replace(SEVEN, epochs=200, stopping=EarlyStopping(3), methods=(SGD, ADAM, ADAM))
    training = finished(settings)
    seeds = alone(settings, 1, "validation_loss")
    assert len(set(np.isfinite(seeds).sum(axis=0))) > 1
    for seed in range(7):
        ended = np.flatnonzero(np.isfinite(seeds[:, seed]))[-1]
        seeds[ended:, seed] = seeds[ended, seed]
    rows = np.isfinite(training.nets[1].bands[:, 0])
    found = training.nets[1].bands[rows, 3 * BANDED.index("validation_loss")]
    np.testing.assert_allclose(found, np.median(seeds[rows], axis=1), rtol=1e-5)


@pytest.mark.parametrize("share", [0.2, 0.0])
def test_the_sentence_counts_the_seeds_and_ranks_by_the_median(share):
    settings = replace(SEVEN, sample=Sample(share=share))
    training = finished(settings)
    name = "validation_loss" if share else "loss"
    ends = np.stack([alone(settings, side, name)[-1] for side in range(3)])
    first, second, third = np.argsort(np.median(ends, axis=1))
    text = arena.say_ranking(training)
    what = "validation" if share else "training"
    assert f"smallest {what} loss after 20 epochs, the median of 7 seeds: " in text
    medians = np.median(ends, axis=1)
    assert f"{medians[first]:.3g}. Then follow {'ABC'[second]} {medians[second]:.3g}, {'ABC'[third]} " in text
    wins = int((ends[first] < ends[second]).sum())
    assert wins == 7
    assert f"{'ABC'[first]} beats {'ABC'[second]} on 7 of 7 seeds, which is no luck: sign test, p = 0.0156." in text


def test_a_difference_of_a_few_seeds_may_be_luck_and_twins_are_equal():
    three = finished(replace(SEVEN, starts=3))
    assert "on 3 of 3 seeds, which may be luck: sign test, p = 0.25." in arena.say_ranking(three)
    twins = finished(replace(SEVEN, methods=(SGD, SGD, SGD)))
    assert "A and B are equal on all 7 seeds." in arena.say_ranking(twins)
    assert arena.say_pair(0, 1, finished(replace(SEVEN, starts=1))) == ""


def test_two_settings_are_compared_by_their_seeds_too():
    two = finished(replace(SEVEN, methods=(SGD, ADAM)))
    text = arena.say_pair(0, 1, two)
    assert text == arena.say_pair(1, 0, two) and text.startswith("B beats A on 7 of 7 seeds")
    assert training_words.tell(two)[1].endswith(text)


def test_seeds_that_diverged_are_the_worst_and_not_left_out():
    settings = replace(SEVEN, epochs=40, methods=(SGD, WILD, ADAM), initialization="course")
    training = finished(settings)
    ends = training.nets[1].ends
    lost = [finished(replace(settings.of(1), seed=seed, starts=1)).over for seed in settings.seeds]
    np.testing.assert_array_equal(np.isnan(ends), lost)
    assert any(lost)
    stand = arena.standings(training)[1]
    assert (stand.loss, stand.low, stand.high) == tuple(middle(ends))


def test_the_table_has_the_middle_half_and_the_wins_over_the_leader():
    training = finished(SEVEN)
    rows = re.findall(r"<tr><th scope='row'>.*?</th>(.*?)</tr>", training_words.table(training))
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    leader = int(np.argmin([np.median(net.ends) for net in training.nets]))
    for side, (_loss, median, half, better, *_rest) in enumerate(cells):
        ends = np.sort(training.nets[side].ends)
        assert median == f"{ends[3]:.3g}" and half == f"{ends[1]:.3g} … {ends[5]:.3g}"
        wins = int((training.nets[side].ends < training.nets[leader].ends).sum())
        assert better == "–" if side == leader else better.startswith(f"{wins} of 7, p ")


# ---- the page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_fifty_seeds_of_each_setting(lang):
    app = fine(lang=lang, rounds=4, compare="2", starts="50")
    training = app.session_state["classifier-training"]
    assert training.settings.starts == MOST_STARTS == 50
    assert ("the median of 50 seeds" if lang == "en" else "验证损失最小（50 个种子的中位数）") in said(app)
    panels = arena.panels_of(training, (0.0, 0.0), log=True)
    banded = [track.y for panel in panels for track in panel.tracks if track.y and track.y[0].startswith("band")]
    # Median and two ends of each of three settings, in four pictures, and the medians' heads.
    assert len(set(banded)) == 3 * 3 * 4 and len(banded) == 4 * 3 * 4


def test_more_seeds_than_fifty_are_fifty():
    app = page(starts="51")
    assert "out of range; 50 is used" in app.warning[0].value
