"""What a page offers as a file: made on the click, so that a page costs nothing more to draw."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.locale.spoken import _, joined
from optviz.networks.event_files import EventRun, zipped
from optviz.ui import controls
from optviz.ui.links import Link

MIME = "application/octet-stream"


def offer(link: Link, label: str, make: Callable[[], bytes], file: str, name: str) -> None:
    """Draw a button that makes a file as things stand then (`static/patience.js`), and saves it."""
    st.download_button(
        label, make, file, key=f"{link.page}-{name}", on_click="ignore", icon=":material/download:", mime=MIME
    )


class Beside(NamedTuple):
    """A file of arrays that a program reads: its name, and what makes the arrays."""

    file: str
    arrays: Callable[[], Mapping[str, NDArray[Any]]]


def offer_arrays(link: Link, beside: Beside) -> None:
    """Draw a button that saves the file which a program reads."""
    text = _("Save {file} in the program's folder: the program reads it")
    offer(link, text.format(file=beside.file), partial(_packed, beside), beside.file, "arrays")


def _packed(beside: Beside) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **beside.arrays())
    return file.getvalue()


def offer_events(link: Link, runs: Callable[[], Mapping[str, EventRun]], name: str, told: str, penalized: bool) -> None:
    """Offer runs as an archive of event files, folded away, with what to type to see them; `told` is what they hold."""
    if penalized:
        parts = _(
            "In the training run, epoch_loss is what is minimized, as in Keras: epoch_data_loss plus "
            "epoch_penalty. The validation loss has no penalty."
        )
        told = joined(told, parts)
    with controls.folded(link, "events", _("TensorBoard"), ":material/monitoring:", alone=False):
        if link.drawn:
            offer(link, _("Save the run as event files"), partial(_archive, runs, name), f"{name}.zip", "event-files")
            st.caption(told)
            st.markdown(_("Unpack the archive, run this next to it, and open the address that TensorBoard prints:"))
            st.code(f"tensorboard --logdir {name}", language="bash")


def _archive(runs: Callable[[], Mapping[str, EventRun]], name: str) -> bytes:
    # In one folder of the archive's name, so that the command fits however it is unpacked.
    return zipped({f"{name}/{run}": events for run, events in runs().items()}, time.time())
