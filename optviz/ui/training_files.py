"""A training's files: the net to save and to load again, and its run as TensorBoard opens it."""

from datetime import datetime
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

from optviz.course.addresses import Unreadable
from optviz.lessons.training_panels import SIDES
from optviz.lessons.training_settings import activation_of
from optviz.lessons.trainings import NUMBERS, Net, Training
from optviz.lessons.words import model_error, model_remark
from optviz.locale.spoken import _
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.event_files import EventRun, curve, layers, losses
from optviz.networks.saved_models import (
    MOST_BYTES,
    ModelError,
    SavedModel,
    in_keras,
    read_model,
    write_json,
    write_keras,
)
from optviz.ui import tab
from optviz.ui.downloads import offer, offer_events
from optviz.ui.links import Link

LOADED = "loaded"


def choose_loaded(link: Link) -> SavedModel | None:
    """Return the net that was loaded in the place of initial weights, and draw what it is and how to leave it."""
    loaded = link.keep(LOADED, None, partial(_read, link), _write)
    if loaded is not None and link.drawn:
        text = _("This net was loaded from a file: {sizes}, {activation}. Training continues from its weights.").format(
            sizes=_sizes(loaded), activation=_(ACTIVATIONS[loaded.activation.name].title)
        )
        remarks = [f"- {model_remark(remark)}" for remark in loaded.remarks]
        st.info("\n".join([text, *([""] if remarks else []), *remarks]), icon=":material/upload_file:")
        st.button(_("Begin with a new net"), key=f"{link.page}-unload", on_click=link.change, args=(LOADED, None))
    return loaded


def _read(link: Link, texts: list[str]) -> SavedModel | None:
    """Return the net that this session loaded last, where the link speaks of it."""
    model: SavedModel | None = st.session_state.get(_last(link))
    if model is None or _write(model) != texts:
        st.session_state[_lost(link)] = True
        raise Unreadable(_("a link does not carry a net that was loaded from a file: load the file again"))
    return model


def _write(loaded: SavedModel | None) -> list[str]:
    return [_sizes(loaded)] if loaded else []


def _sizes(model: SavedModel) -> str:
    return "-".join(map(str, model.sizes))


def draw_save_and_load(link: Link, training: Training) -> None:
    """Offer each net as a file, and take one."""
    for side, net in enumerate(training.nets):
        name = f" {SIDES[side]}" if len(training.nets) > 1 else ""
        file = f"classifier{name.lower().replace(' ', '-')}"
        with st.container(horizontal=True):
            if in_keras(net.settings.activation.name):
                offer(link, _("Save as .keras") + name, partial(_keras_file, net), f"{file}.keras", f"keras{side}")
            offer(link, _("Save as JSON") + name, partial(_json_file, net), f"{file}.json", f"json{side}")
    key = f"{link.page}-upload"
    st.file_uploader(
        _("Load a net: a .keras or JSON file"),
        key=key,
        max_upload_size=MOST_BYTES // 1_000_000,
        on_change=_load,
        args=(link, key),
    )
    if st.session_state.pop(_lost(link), False):
        tab.hand_over(key)
    refused = st.session_state.get(_refused(link))
    if refused is not None:
        st.error(model_error(refused), icon=":material/error:")
    st.caption(
        _(
            "Keras opens a .keras file with keras.saving.load_model. Any net of Dense layers from 2 inputs to 1 output "
            "with one activation of this page can be loaded: it is shown as it is, and Continue trains it further."
        )
    )


def draw_events(link: Link, training: Training) -> None:
    """Offer the run as event files."""
    told = _(
        "Training and validation are two runs, with loss, accuracy and learning rate over the epochs, and each layer's "
        "weights and biases as histograms."
    )
    penalized = any(method.penalized for method in training.settings.methods)
    offer_events(link, partial(event_runs, training), "optviz-run", told, penalized)


def event_runs(training: Training) -> dict[str, EventRun]:
    """Return the curves and histograms of a training by the names of their runs."""
    runs = {}
    for side, net in enumerate(training.nets):
        place = f"{SIDES[side]}/" if len(training.nets) > 1 else ""
        columns = dict(zip(NUMBERS, net.numbers[: training.epoch + 1].T, strict=True))
        shown = {"epoch_accuracy": "accuracy", "epoch_learning_rate": "learning_rate"}
        trained = losses(columns["loss"], columns["penalty"] if net.method.penalized else None)
        trained |= {tag: curve(columns[name]) for tag, name in shown.items()}
        snapshots = {epoch: w.astype(float) for epoch, w in dict(net.snapshots).items()}
        runs[f"{place}train"] = EventRun(trained, layers(net.classifier.network, snapshots))
        if training.settings.held_out:
            shown = {"epoch_loss": "validation_loss", "epoch_accuracy": "validation_accuracy"}
            runs[f"{place}validation"] = EventRun({tag: curve(columns[name]) for tag, name in shown.items()})
    return runs


def _saved(net: Net) -> SavedModel:
    settings = net.settings
    return SavedModel(settings.sizes, activation_of(settings), settings.loss, net.left.w)


def _keras_file(net: Net) -> bytes:
    leg = net.leg_after(net.left.epoch)
    return write_keras(_saved(net), datetime.now(), leg.learning_rate)


def _json_file(net: Net) -> bytes:
    return write_json(_saved(net))


def _load(link: Link, key: str) -> None:
    file = st.session_state[key]
    st.session_state[_refused(link)] = None
    # A file that went with an earlier session is known by its number alone.
    if file is None or isinstance(file, DeletedFile):
        return
    try:
        model = read_model(file.getvalue())
    except ModelError as error:
        st.session_state[_refused(link)] = error
        return
    st.session_state[_last(link)] = model
    link.change(LOADED, model)
    if model.loss:
        link.change("loss", model.loss)


def _last(link: Link) -> str:
    return f"{link.page}-net"


def _lost(link: Link) -> str:
    return f"{link.page}-net-lost"


def _refused(link: Link) -> str:
    return f"{link.page}-refused"
