"""The pages as the course groups them; a lesson's name is its file in pages/ and its place in a link, for ever."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlencode

from optviz.locale import spoken
from optviz.locale.spoken import N_, _


class Lesson(NamedTuple):
    """One page: its name, its English title, and its icon."""

    name: str
    title: str
    icon: str


HOME = "surfaces"
COURSE = Lesson("course", N_("The course"), ":material/list:")
"""The table of contents, which stands before all chapters."""

GROUPS: Mapping[str, tuple[Lesson, ...]] = {
    N_("Learning rate"): (
        Lesson("descent", N_("Descent"), ":material/trending_down:"),
        Lesson("schedules", N_("Schedules"), ":material/show_chart:"),
    ),
    N_("Activations"): (
        Lesson("activations", N_("Activations"), ":material/stacked_line_chart:"),
        Lesson("vanishing", N_("Vanishing gradient"), ":material/blur_on:"),
        Lesson("dead_relu", N_("Dead ReLU"), ":material/power_off:"),
    ),
    N_("Losses"): (
        Lesson("losses", N_("Squared and absolute error"), ":material/square_foot:"),
        Lesson("loss_curves", N_("Huber and focal loss"), ":material/ssid_chart:"),
        Lesson("cross_entropy", N_("Cross-entropy"), ":material/bar_chart:"),
        Lesson("softmax_loss", N_("Softmax and cross-entropy"), ":material/leaderboard:"),
        Lesson("yoghurt", N_("Custom loss"), ":material/storefront:"),
    ),
    N_("Regularization"): (
        Lesson("penalties", N_("L1 and L2"), ":material/compress:"),
        Lesson("fitting", N_("Under- and overfitting"), ":material/timeline:"),
    ),
    N_("Optimizers"): (
        Lesson("surfaces", N_("Surfaces"), ":material/landscape:"),
        Lesson("map", N_("Map"), ":material/map:"),
        Lesson("build", N_("Make your own"), ":material/construction:"),
        Lesson("momentum", N_("Momentum"), ":material/speed:"),
        Lesson("family", N_("Family tree"), ":material/account_tree:"),
        Lesson("matrices", N_("Matrices"), ":material/grid_on:"),
    ),
    N_("Networks"): (
        Lesson("network", N_("A network in numbers"), ":material/hub:"),
        Lesson("initialization", N_("Initialization"), ":material/grain:"),
        Lesson("backpropagation", N_("Back-propagation"), ":material/undo:"),
    ),
    N_("Models"): (
        Lesson("regression", N_("Regression"), ":material/stacked_line_chart:"),
        Lesson("logistic", N_("Logistic"), ":material/line_axis:"),
        Lesson("digits", N_("Digits"), ":material/looks_8:"),
        Lesson("table", N_("Your table"), ":material/table_chart:"),
        Lesson("classifier", N_("Classifier"), ":material/scatter_plot:"),
    ),
    N_("Practice"): (
        Lesson("functions", N_("NumPy and TensorFlow basics"), ":material/functions:"),
        Lesson("practice", N_("Advice"), ":material/checklist:"),
        Lesson("lectures", N_("Lectures"), ":material/co_present:"),
    ),
}  # fmt: skip
"""Every lesson, a line each, in the order of the course."""

LESSONS = {lesson.name: lesson for lesson in (COURSE, *chain.from_iterable(GROUPS.values()))}
"""Every page by name."""


def href(page: str, parameters: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the address of a page with its settings, relative to any other page, in the visitor's language."""
    chosen = spoken.chosen()
    query = urlencode({**(parameters or {}), **({spoken.KEY: [chosen]} if chosen else {})}, doseq=True)
    return f"./{'' if page == HOME else page}" + (f"?{query}" if query else "")


def go(page: str, inner: str, attributes: str = "", parameters: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return a link to a page as HTML, followed without loading the app again (`static/menu.js`)."""
    return f"<a class='optviz-go' {attributes} href='{escape(href(page, parameters))}'>{inner}</a>"


def turning(page: str) -> str:
    """Return the links from a page to the one before it and the one after it, as HTML."""
    return _turning(page, spoken.language(), spoken.chosen())


@lru_cache(maxsize=256)
def _turning(page: str, language: str, named: str | None) -> str:
    pages = list(LESSONS.values())
    at = pages.index(LESSONS[page])
    beside = [("prev", _("Previous"), pages[:at][-1:]), ("next", _("Next"), pages[at + 1 : at + 2])]
    links = "".join(
        go(lesson.name, f"<small>{word}</small>{escape(_(lesson.title))}", f"rel='{way}'")
        for way, word, found in beside
        for lesson in found
    )
    return f"<nav class='optviz-turn' aria-label='{escape(_(COURSE.title))}'>{links}</nav>"


def welcome() -> str:
    """Return what a newcomer is told on the first page as HTML, until something is touched (`static/welcome.js`)."""
    return _welcome(spoken.language(), spoken.chosen())


@lru_cache(maxsize=8)
def _welcome(language: str, named: str | None) -> str:
    said = _("Each path is an optimizer on its way from the ring to the star, the minimum. Tap to start elsewhere.")
    race = {"surface": ["saddle"], "steps": ["100"], "lr": ["0.03"]}
    links = (
        go(HOME, escape(_("Watch a race")), parameters=race),
        go("classifier", escape(_("Train a net"))),
        go(COURSE.name, escape(_("Take the course"))),
    )
    return f"<aside class='optviz-welcome'><p>{said}</p>{' '.join(links)}</aside>"
