"""Inside a step of the classifier: the first update after the epoch under the playhead, for two of a net's weights."""

import time
from collections.abc import Iterator, Mapping

import streamlit as st

from optviz.course import addresses
from optviz.lessons.tables import digits, table
from optviz.lessons.training_panels import SIDES
from optviz.lessons.trainings import Net, Training
from optviz.locale.spoken import _
from optviz.networks.classifier import Epoch
from optviz.networks.network import Network
from optviz.networks.plateau import Watched
from optviz.optimization.anatomy import Spectrum
from optviz.typed_numbers import Field
from optviz.ui import controls
from optviz.ui.inspector import FOLD, draw_lines
from optviz.ui.links import Link

PATIENCE = 3.0
"""The seconds that a training may be repeated for, up to the epoch that is asked for."""

SIDE, CHOSEN = "inside.side", "inside.weights"
FIRST = "1, 2"
WEIGHTS = Field(most=2, low=1, high=1e6, whole=True)


class Replay:
    """A net's training once more, up to an epoch that may lie anywhere; onwards it goes on from where it is."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self._epochs: Iterator[Watched] = iter(())
        self._at: Epoch | None = None

    def epoch(self, wanted: int, seconds: float) -> Epoch | None:
        """Return an epoch, or the last one before it where the training is over; None if it takes too long."""
        deadline = time.monotonic() + seconds
        if self._at is None or self._at.epoch > wanted:
            self._epochs = self.net.again()
            self._at = next(self._epochs).epoch
        while self._at.epoch < wanted:
            following = next(self._epochs, None)
            if following is None or following.epoch.epoch <= self._at.epoch:
                break
            self._at = following.epoch
            if time.monotonic() > deadline:
                return None
        return self._at


def note(link: Link) -> None:
    """Note what the fold's controls hold for the address, which is written before the fold is drawn."""
    link.keep(SIDE, "0", addresses.read_choice(list(map(str, range(len(SIDES))))), addresses.write_choice)
    link.keep(CHOSEN, FIRST, addresses.single, addresses.write_choice)


def is_open(link: Link) -> bool:
    """Return whether the fold is open."""
    return bool(st.session_state.get(f"{link.page}-{FOLD}"))


def draw(link: Link, training: Training, rest: int | None) -> None:
    """Draw the fold, for the epoch at which the playhead last came to rest."""
    with controls.folded(link, FOLD, _("Inside a step"), ":material/biotech:", alone=False):
        side = 0
        if len(training.nets) > 1:
            titles = {str(each): _("Setting {name}").format(name=SIDES[each]) for each in range(len(training.nets))}
            side = int(controls.segments(link, SIDE, _("Which run"), titles, "0"))
        count = training.nets[side].classifier.network.parameters
        label = _("One or two weights or biases, by number: 1 to {n}").format(n=count)
        chosen = controls.numbers(link, CHOSEN, label, FIRST, WEIGHTS)
        if link.drawn:
            _draw_update(link, training, side, rest or 0, [min(int(number), count) - 1 for number in chosen])


def _draw_update(link: Link, training: Training, side: int, rest: int, chosen: list[int]) -> None:
    if training.settings.starts > 1:
        st.info(_("With several starts the best one is shown, and it may change: use one start to look inside a step."))
        return
    epoch = _replay(link, training, side).epoch(rest, PATIENCE)
    if epoch is None:
        st.info(
            _("Repeating the training up to epoch {epoch} to look inside a step would take too long.").format(
                epoch=rest
            )
        )
        return
    text = _("The first update after epoch {epoch}, on the first batch.").format(epoch=epoch.epoch)
    st.markdown(f"**{text}**")
    net = training.nets[side]
    if net.leg_after(epoch.epoch).optimizer.rule.needs_matrices:
        _draw_spectra(net.spectra(epoch))
    else:
        draw_lines(net.first_update(epoch), _names(net.classifier.network, chosen))


def _draw_spectra(found: list[Spectrum]) -> None:
    st.markdown(
        _(
            "This optimizer takes each layer's weights as one matrix, so that no weight has arithmetic of its own. It "
            "changes the singular values:"
        )
    )
    heads = (_("Layer"), _("Singular values of the gradient"), _("Singular values of the step / lr"))
    rows = [[str(layer), *(", ".join(map(digits, each)) for each in pair)] for layer, pair in enumerate(found, 1)]
    st.html(table(heads, rows))


def _replay(link: Link, training: Training, side: int) -> Replay:
    key = f"{link.page}-replay"
    replay: Replay | None = st.session_state.get(key)
    if replay is None or replay.net is not training.nets[side]:
        replay = st.session_state[key] = Replay(training.nets[side])
    return replay


def _names(network: Network, chosen: list[int]) -> Mapping[int, str]:
    """Return where the chosen parameters stand in the net, by their places in its vector."""
    return {place: f"{place + 1} · {_place(network, place)}" for place in chosen}


def _place(network: Network, place: int) -> str:
    for layer, (inputs, outputs) in enumerate(network.shapes, 1):
        weights = inputs * outputs
        if place < weights:
            start, end = divmod(place, outputs)
            return _("layer {layer}, weight from {start} to {end}").format(layer=layer, start=start + 1, end=end + 1)
        if place < weights + outputs:
            return _("layer {layer}, bias of {end}").format(layer=layer, end=place - weights + 1)
        place -= weights + outputs
    raise IndexError("the net has no such parameter")
