"""What a page offers as a file: made on the click, so that a page costs nothing more to draw."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from optviz.event_files import EventRun, zipped
from optviz.ui import controls
from optviz.ui.language import _
from optviz.ui.links import Link

MIME = "application/octet-stream"


def offer(link: Link, label: str, make: Callable[[], bytes], file: str, name: str) -> None:
    """Draw a button that makes a file as things stand then, and saves it."""
    st.download_button(
        label, make, file, key=f"{link.page}-{name}", on_click="ignore", icon=":material/download:", mime=MIME
    )


def offer_events(link: Link, runs: Callable[[], Mapping[str, EventRun]], name: str, told: str) -> None:
    """Offer runs as an archive of event files, folded away, with what to type to see them; `told` is what they hold."""
    with controls.folded(link, "events", _("TensorBoard"), ":material/monitoring:", alone=False):
        if link.drawn:
            offer(link, _("Save the run as event files"), partial(_archive, runs, name), f"{name}.zip", "event-files")
            st.caption(told)
            st.markdown(_("Unpack the archive, run this beside it, and open the address that TensorBoard prints:"))
            st.code(f"tensorboard --logdir {name}", language="bash")


def _archive(runs: Callable[[], Mapping[str, EventRun]], name: str) -> bytes:
    # In one folder of the archive's name, so that the command fits however it is unpacked.
    return zipped({f"{name}/{run}": events for run, events in runs().items()}, time.time())
