"""A run as TensorBoard's event files: `tensorboard --logdir` of the unpacked archive shows its curves and histograms.

Written by tensorboardX's record writer, without TensorFlow, a thread, or a file outside the folder given.
"""

import zipfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import ArrayLike

from optviz.arrays import Array
from optviz.networks.network import Network

FILE = "events.out.tfevents.0.optviz"
"""TensorBoard knows an event file by its name; what usually stands there is the time and the machine."""

MOST_STEPS = 1000
"""TensorBoard itself shows no more points of a curve than these."""

BINS = 30


@dataclass(frozen=True)
class EventRun:
    """One line of TensorBoard: numbers and distributions by name, each over the steps.

    `scalars[name][step]` is a number, `histograms[name][step]` an array of any shape. What is not finite is left out.
    """

    scalars: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    histograms: Mapping[str, Mapping[int, Array]] = field(default_factory=dict)


def curve(values: ArrayLike) -> dict[int, float]:
    """Return a row of numbers, `(steps,)`, by step, thinned to `MOST_STEPS` that end with the last."""
    row = np.asarray(values, dtype=float)
    kept = np.unique(np.linspace(0, len(row) - 1, min(len(row), MOST_STEPS)).round().astype(int))
    return {int(step): float(row[step]) for step in kept if np.isfinite(row[step])}


def losses(data: Array, penalty: Array | None) -> dict[str, dict[int, float]]:
    """Return the curves of a training's loss, `(steps,)` each: what is minimized, as in Keras, and its two parts."""
    if penalty is None:
        return {"epoch_loss": curve(data)}
    parts = {"epoch_loss": data + penalty, "epoch_data_loss": data, "epoch_penalty": penalty}
    return {tag: curve(values) for tag, values in parts.items()}


def layers(network: Network, w: Mapping[int, Array]) -> dict[str, dict[int, Array]]:
    """Return each layer's weights and biases by Keras' name, of a network's parameters `(..., n)` by step."""
    histograms: dict[str, dict[int, Array]] = {}
    for step, parameters in w.items():
        for i, layer in enumerate(network.views(parameters), 1):
            for part, name in zip(layer, ("kernel", "bias"), strict=True):
                histograms.setdefault(f"dense_{i}/{name}", {})[step] = part
    return histograms


def write_run(folder: Path, run: EventRun, written: float = 0.0) -> Path:
    """Write a run into a folder, which is made, and return the event file; `written` is in seconds since 1970."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary
    from tensorboardX.record_writer import RecordWriter
    from tensorboardX.summary import histogram, scalar

    summaries: dict[int, list[Summary]] = {}
    for name, values in run.scalars.items():
        for step, value in values.items():
            if np.isfinite(value):
                summaries.setdefault(step, []).append(scalar(name, value))
    for name, arrays in run.histograms.items():
        for step, array in arrays.items():
            finite = array[np.isfinite(array)]
            if finite.size:
                summaries.setdefault(step, []).append(histogram(name, finite, BINS))
    folder.mkdir(parents=True, exist_ok=True)
    with closing(RecordWriter(str(folder / FILE))) as writer:
        writer.write(Event(wall_time=written, file_version="brain.Event:2").SerializeToString())
        for step in sorted(summaries):
            merged = Summary(value=[value for summary in summaries[step] for value in summary.value])
            writer.write(Event(wall_time=written, step=step, summary=merged).SerializeToString())
    return folder / FILE


def zipped(runs: Mapping[str, EventRun], written: float = 0.0) -> bytes:
    """Return several runs by name as one archive with a folder each; a name may have slashes, "A/train"."""
    archive = BytesIO()
    with TemporaryDirectory(prefix="optviz-") as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, run in runs.items():
            place = PurePosixPath(name)
            if place.is_absolute() or ".." in place.parts:
                raise ValueError(f"a run's name is a folder below the archive's, not {name!r}")
            written_file = write_run(Path(folder, place), run, written)
            file.writestr(zipfile.ZipInfo(str(place / FILE)), written_file.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()
