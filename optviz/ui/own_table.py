"""A visitor's own table: uploaded, read, corrected, asked for again, and what is trained on it."""

from collections.abc import Mapping
from typing import Protocol

import streamlit as st

from optviz.course import addresses
from optviz.lessons.table import SAMPLE, Own, Settings, learn_table, learned_sample, suggested
from optviz.locale import foreign
from optviz.locale.spoken import _
from optviz.models import table as tables
from optviz.models.encodings import ENCODINGS
from optviz.models.table import (
    Learned,
    Reading,
    TableError,
    houses,
    parse,
)
from optviz.recipes import Range
from optviz.ui import controls, downloads, tab
from optviz.ui.links import Link

OWN_FILE, UPLOAD = "file", "table~upload"
"""The parameter with the name of the visitor's own file, and the key of the field in which it is chosen."""
SAVED = "table.csv"
"""The table as it was read, as a visitor saves it."""


class Upload(Protocol):
    """A file that a visitor has uploaded."""

    name: str
    file_id: str

    def getvalue(self) -> bytes: ...


_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "blank": " "}
_DECIMALS = {"point": ".", "comma": ","}
_HEADERS = {"yes": True, "no": False}
_DAYS = {"day": True, "month": False}
_READING = ("separator", "decimal", "encoding", "header", "missing", "skip", "dates")
"""The parameters of a link that say how a file is to be read."""


def choose_reading(link: Link, upload: Upload | None) -> Reading:
    """Draw the controls that correct how an uploaded file is read; with another file they begin anew."""
    place = f"{link.page}-file"
    if upload:
        if st.session_state.setdefault(place, upload.file_id) != upload.file_id:
            for name in _READING:
                link.drop(name)
        st.session_state[place] = upload.file_id
        with controls.folded(link, "reading", _("How the file is read"), ":material/edit_document:"):
            return _reading(link)
    link.drawn = False
    reading = _reading(link)
    link.drawn = True
    return reading


def _reading(link: Link) -> Reading:
    found = {"": _("detected from all rows")}
    separators = {
        "comma": _("comma"),
        "semicolon": _("semicolon"),
        "tab": _("tab"),
        "bar": _("vertical bar"),
        "blank": _("spaces"),
    }
    decimals = {"point": _("decimal point"), "comma": _("decimal comma")}
    headers = {"yes": _("the first line that is not skipped"), "no": _("none: the columns are numbered")}
    encodings = {name: name.removesuffix("-sig") for name in ENCODINGS}
    separator = controls.choice(link, "separator", _("Separator"), found | separators, "")
    decimal = controls.choice(link, "decimal", _("Decimal sign"), found | decimals, "")
    days = {"day": _("the day first, 31.12."), "month": _("the month first, 12/31")}
    dates = controls.choice(link, "dates", _("Dates"), found | days, "")
    encoding = controls.choice(link, "encoding", _("Encoding"), found | encodings, "")
    header = controls.choice(link, "header", _("Names of the columns"), found | headers, "")
    skip = controls.whole(link, "skip", _("Lines to skip at the top"), Range(0, 50, "k"), 0)
    missing = controls.text(link, "missing", _("Further marks of missing values, such as -999, k.A."), "")
    return Reading(
        _SEPARATORS.get(separator, ""),
        _DECIMALS.get(decimal, ""),
        _DAYS.get(dates),
        encoding,
        _HEADERS.get(header),
        frozenset(mark.strip().casefold() for mark in missing.replace("，", ",").split(",") if mark.strip()),
        skip,
    )


def take(link: Link, upload: Upload | None, reading: Reading) -> TableError | None:
    """Read what was uploaded since the last run, and return what is wrong with it; then the table before stays.

    With another table, or one that is read otherwise, the choice of columns begins anew.
    """
    if not upload:
        return None
    place = f"{link.page}-seen"
    seen, error = st.session_state.get(place, (None, None))
    if seen != (upload.file_id, reading):
        try:
            key = f"{upload.file_id} {reading}"
            own = Own(tables.shortened(upload.name), parse(upload.getvalue(), reading), key)
        except TableError as fault:
            error = fault
        else:
            error = None
            if file_of(link) != own.name or not lost(link):
                forget(link)
            st.session_state[f"{link.page}-own"] = own
            link.change(OWN_FILE, own.name)
        st.session_state[place] = ((upload.file_id, reading), error)
    return error


def file_of(link: Link) -> str:
    """Return the name of the file whose table is to be at hand; empty for the sample."""
    return link.keep(OWN_FILE, "", read_file, addresses.write_choice)


def read_file(texts: list[str]) -> str:
    """Read the name of a file: the table itself does not travel in a link."""
    return tables.shortened(addresses.single(texts))


def lost(link: Link) -> str:
    """Return the name of a file that the link speaks of and this session has never seen; empty if all is at hand."""
    name, own = file_of(link), st.session_state.get(f"{link.page}-own")
    return "" if own and own.name == name else name


def ask_again(link: Link) -> None:
    """Say that a table is not at hand any more, and have the tab hand it over again if it still has the file."""
    text = _(
        "The table {name} is not available: the page was reloaded, the server restarted, or the link is "
        "someone else's. Choose the file again to continue, or go back to the sample table."
    )
    st.warning(text.format(name=foreign.markdown(lost(link))), icon=":material/table:")
    tab.hand_over(UPLOAD)


def at_hand(link: Link) -> Own:
    """Return the visitor's own table, else the sample."""
    own: Own | None = st.session_state.get(f"{link.page}-own")
    return own if own and own.name == file_of(link) else Own(SAMPLE, houses())


def put_back(link: Link) -> None:
    """Take the sample again, as the button does."""
    link.change(OWN_FILE, "")
    forget(link)


def forget(link: Link) -> None:
    """Set the choice of columns back, and drop what was trained."""
    for name in ("target", "features"):
        link.drop(name)
    st.session_state.pop(f"{link.page}-learned", None)


def ask_target(link: Link, own: Own, target: str, names: Mapping[str, str]) -> None:
    """Ask which column of a visitor's table is to be predicted, until it is answered; till then that is a guess."""
    place, guess = f"{link.page}-answered", tables.suggest_target(own.table)
    if not own.uploaded or target != guess.target or st.session_state.get(place) == own.key:
        return

    def answer() -> None:
        st.session_state[place] = own.key
        link.change("target", st.session_state[f"{link.page}-ask"], resets=("features",))

    st.selectbox(
        _("Which column should be predicted?"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder=suggested(guess).format(name=names[target]),
        key=f"{link.page}-ask",
        on_change=answer,
    )


def offer(link: Link, own: Own) -> None:
    """Offer the table as it was read: UTF-8, commas, decimal points."""
    downloads.offer(link, _("Save the table as it was read"), lambda: own.table.to_csv().encode(), SAVED, "save")


def learned(link: Link, own: Own, settings: Settings) -> Learned:
    """Return the training at hand if it is of these settings, else train; raise TableError."""
    if not own.uploaded:
        return learned_sample(settings)
    key, place = (own.key, settings), f"{link.page}-learned"
    if st.session_state.get(place, (None,))[0] != key:
        st.session_state[place] = (key, learn_table(own.table, settings))
    result: Learned = st.session_state[place][1]
    return result
