"""Trainings that are over are shared: a class that opens one link trains once, and nobody changes another's."""

import threading
from dataclasses import replace
from time import monotonic

import numpy as np
import pytest
import streamlit as st

from optviz.lessons import trainings
from optviz.lessons.training_settings import Settings
from optviz.lessons.trainings import Finished, Training
from optviz.networks.classifier import Classifier
from optviz.networks.datasets import DataError
from optviz.ui.links import Link
from optviz.ui.trainings import go_on, keep

SHORT = replace(Settings(), epochs=20)


def rows_of(numbers):
    """Return the rows of numbers, however far apart their steps are."""
    return np.array(getattr(numbers, "array", numbers))


@pytest.fixture
def finished(monkeypatch):
    store = Finished()
    monkeypatch.setattr(trainings, "FINISHED", store)
    monkeypatch.setattr(trainings, "PATIENCE", 4.0)
    return store


def test_a_short_training_is_over_at_once_and_the_next_visitor_gets_it(finished):
    first = finished.get(SHORT)
    assert not first.running and first.epoch == 20
    assert finished.get(replace(SHORT)) is first
    alone = Training(SHORT)
    alone.advance(np.inf)
    for name, rows in alone.arrays.items():
        np.testing.assert_array_equal(rows_of(rows), rows_of(first.arrays[name]))


class Clock:
    """A clock of the processor, which every epoch moves on by what it is said to take."""

    def __init__(self, monkeypatch, pace):
        self.now = 0.0

        def train_epoch(training):
            training.epoch += 1
            self.now += pace(training.epoch)

        monkeypatch.setattr(Training, "_train_epoch", train_epoch)
        monkeypatch.setattr(trainings, "time", self)

    def thread_time(self):
        return self.now

    monotonic = thread_time


@pytest.mark.parametrize(
    ("pace", "whole"),
    [
        (lambda epoch: 0.00095, True),
        (lambda epoch: 0.00105, False),
        (lambda epoch: 0.012 if epoch < 2 else 0.0009, True),
        (lambda epoch: 0.0002 if epoch < 80 else 0.01, False),
        (lambda epoch: 0.3, False),
    ],
    ids=["a little less", "a little more", "a slow beginning", "a slow end", "each epoch takes longer"],
)
def test_what_takes_a_fifth_of_a_second_is_trained_whole_and_only_what_is_longer_streams(monkeypatch, pace, whole):
    training = Training(replace(SHORT, epochs=200))
    clock = Clock(monkeypatch, pace)
    training.hurry()
    assert training.running is not whole and (training.epoch == 200) is whole
    assert clock.now <= trainings.WHOLE + 2 * max(pace(epoch) for epoch in range(1, 201)) + trainings.WHOLE / 20


def test_going_on_is_whole_as_well_where_it_is_short(finished, monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    link = Link("classifier")
    go_on(link, keep(link, SHORT))
    mine = keep(link, SHORT)
    assert mine.epoch == 40 and not mine.running


def test_a_long_one_goes_on_where_it_was_asked_for_and_is_shared_when_it_is_over(finished, monkeypatch):
    monkeypatch.setattr(trainings, "PATIENCE", 0.01)
    long = replace(SHORT, epochs=600)
    monkeypatch.setattr(trainings, "WHOLE", 0.0)
    first = finished.get(long)
    assert first.running
    # Who does not want to wait any longer trains by himself.
    assert finished.get(long) is not first
    first.advance(np.inf)
    finished.share(first)
    assert finished.get(long) is first


def test_who_asks_meanwhile_waits_for_the_one_who_trains(finished, monkeypatch):
    monkeypatch.setattr(trainings, "WHOLE", 0.0)
    long = replace(SHORT, epochs=300)
    first, got = finished.get(long), []
    waiting = [threading.Thread(target=lambda: got.append(finished.get(long))) for _ in range(5)]
    for thread in waiting:
        thread.start()
    first.advance(np.inf)
    finished.share(first)
    for thread in waiting:
        thread.join()
    assert got == [first] * 5


def test_what_was_stopped_or_is_dear_or_was_loaded_is_nobody_elses(finished, monkeypatch):
    monkeypatch.setattr(trainings, "PATIENCE", 0.01)
    monkeypatch.setattr(trainings, "WHOLE", 0.0)
    stopped = finished.get(SHORT)
    stopped.stop()
    finished.share(stopped)
    assert finished.get(SHORT) is not stopped and not stopped.shared
    dear = Training(replace(SHORT, seed=3))
    dear.advance(np.inf)
    dear.seconds = trainings.DEAR + 1
    finished.share(dear)
    assert not dear.shared and finished.get(dear.settings) is not dear


def test_who_leaves_in_the_middle_is_waited_for_once(finished, monkeypatch):
    monkeypatch.setattr(trainings, "PATIENCE", 0.3)
    monkeypatch.setattr(trainings, "WHOLE", 0.0)
    left = finished.get(SHORT)
    assert left.running
    begun = monotonic()
    second = finished.get(SHORT)
    waited = monotonic() - begun
    assert second is not left and 0.1 < waited < 3
    monkeypatch.setattr(trainings, "PATIENCE", 60.0)
    begun = monotonic()
    third = finished.get(SHORT)  # nobody is known to train by now
    assert third.running and monotonic() - begun < 20
    third.advance(np.inf)
    finished.share(third)
    assert finished.get(SHORT) is third


def test_one_that_fails_lets_the_others_try(finished, monkeypatch):
    monkeypatch.setattr(trainings, "Training", lambda settings: (_ for _ in ()).throw(DataError("missing", {})))
    for _visitor in range(2):
        with pytest.raises(DataError):
            finished.get(SHORT)


def test_to_go_on_is_to_repeat_it_and_leaves_what_others_see(finished, monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    link = Link("classifier")
    training = keep(link, SHORT)
    before = {name: rows_of(rows) for name, rows in training.arrays.items()}
    go_on(link, training)
    mine = keep(link, SHORT)
    mine.advance(np.inf)
    assert mine is not training and (mine.epoch, training.epoch) == (40, 20)
    for name, rows in training.arrays.items():
        np.testing.assert_array_equal(rows_of(rows), before[name])
    assert isinstance(training.nets[0].classifier, Classifier)
    np.testing.assert_array_equal(mine.nets[0].numbers[:21], training.nets[0].numbers[:21])


def test_only_some_are_kept(finished, monkeypatch):
    monkeypatch.setattr(trainings, "MOST_KEPT", 2)
    made = [finished.get(replace(SHORT, epochs=10, seed=seed)) for seed in range(3)]
    assert finished.get(made[2].settings) is made[2] and finished.get(made[0].settings) is not made[0]
