"""Event files, read back by TensorBoard's own reader."""

import io
import tempfile
import threading
import zipfile

import numpy as np
import pytest

from optviz.networks.activations import ACTIVATIONS
from optviz.networks.event_files import BINS, FILE, MOST_STEPS, EventRun, curve, layers, write_run, zipped
from optviz.networks.network import Network

RNG = np.random.default_rng(0)
WEIGHTS = {0: RNG.normal(size=(2, 11)), 10: RNG.normal(3, 2, size=(2, 11))}
RUN = EventRun({"loss": {0: 1.5, 1: 0.5, 2: 0.25}, "a/b": {2: -1e-9}}, {"dense/kernel": WEIGHTS})


@pytest.fixture(scope="module")
def reader():
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def read(folder):
        events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0})
        return events.Reload()

    return read


def scalars(events, name):
    return {event.step: event.value for event in events.Scalars(name)}


def test_tensorboard_reads_the_scalars(reader, tmp_path):
    write_run(tmp_path / "run", RUN, written=1e9)
    events = reader(tmp_path / "run")
    assert sorted(events.Tags()["scalars"]) == ["a/b", "loss"]
    assert scalars(events, "loss") == {0: 1.5, 1: 0.5, 2: 0.25}
    assert scalars(events, "a/b") == {2: pytest.approx(-1e-9)}
    assert {event.wall_time for event in events.Scalars("loss")} == {1e9}


def test_tensorboard_reads_the_histograms(reader, tmp_path):
    write_run(tmp_path, RUN)
    first, second = reader(tmp_path).Histograms("dense/kernel")
    assert (first.step, second.step) == (0, 10)
    for event, weights in zip((first, second), WEIGHTS.values(), strict=True):
        told = event.histogram_value
        assert (told.num, told.min, told.max) == (22, weights.min(), weights.max())
        assert (told.sum, told.sum_squares) == pytest.approx((weights.sum(), (weights**2).sum()))
        counts, edges = np.histogram(weights, BINS)
        drawn = np.array(told.bucket)
        assert drawn.sum() == 22
        np.testing.assert_allclose(np.interp(told.bucket_limit, edges, [0, *counts.cumsum()]), drawn.cumsum())


def test_an_archive_has_a_folder_for_each_run(reader, tmp_path):
    content = zipped({"A/train": RUN, "A/validation": EventRun({"loss": {0: 9.0}})})
    assert content == zipped({"A/train": RUN, "A/validation": EventRun({"loss": {0: 9.0}})})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"A/train/{FILE}", f"A/validation/{FILE}"]
        archive.extractall(tmp_path)
    assert scalars(reader(tmp_path / "A" / "validation"), "loss") == {0: 9.0}
    assert scalars(reader(tmp_path / "A" / "train"), "loss")[2] == 0.25


def test_what_is_not_finite_is_left_out(reader, tmp_path):
    weights = np.array([1.0, np.nan, np.inf, 2.0])
    run = EventRun({"loss": {0: np.nan, 1: np.inf, 2: 3.0}}, {"w": {0: weights, 1: np.full(3, np.nan)}})
    write_run(tmp_path, run)
    events = reader(tmp_path)
    assert scalars(events, "loss") == {2: 3.0}
    (told,) = events.Histograms("w")
    assert (told.step, told.histogram_value.num) == (0, 2)


def test_equal_weights_and_a_single_one_have_a_histogram(reader, tmp_path):
    write_run(tmp_path, EventRun(histograms={"w": {0: np.zeros(5), 1: np.array([7.0])}}))
    assert [event.histogram_value.num for event in reader(tmp_path).Histograms("w")] == [5, 1]


def test_a_run_without_anything_is_an_event_file(reader, tmp_path):
    write_run(tmp_path, EventRun())
    assert reader(tmp_path).Tags()["scalars"] == []


@pytest.mark.parametrize("steps", [1, 2, 999, 1000, 1001, 15_001])
def test_a_long_curve_is_thinned_and_ends_where_it_ends(steps):
    kept = curve(np.arange(steps) / 2)
    assert len(kept) == min(steps, MOST_STEPS)
    assert max(kept) == steps - 1 and min(kept) == 0
    assert all(value == step / 2 for step, value in kept.items())


def test_nothing_is_left_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    before = threading.active_count()
    zipped({"train": RUN})
    assert threading.active_count() == before
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["temporary"]


@pytest.mark.parametrize("name", ["/etc", "../up", "a/../../up"])
def test_a_name_leads_nowhere_else(name):
    with pytest.raises(ValueError, match="below the archive"):
        zipped({name: RUN})


def test_the_layers_of_a_network_are_named_as_in_keras():
    network = Network((2, 3, 1), ACTIVATIONS["relu"]())
    w = np.arange(13, dtype=np.float32)
    found = layers(network, {0: w, 7: -w})
    assert list(found) == ["dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"]
    assert all(list(steps) == [0, 7] for steps in found.values())
    assert [found[name][7].ravel().tolist() for name in ("dense_1/kernel", "dense_2/bias")] == [
        [0, -1, -2, -3, -4, -5], [-12],
    ]  # fmt: skip
