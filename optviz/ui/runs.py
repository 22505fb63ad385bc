"""The runs of a race on screen: chosen from a list, and given the learning rates that work on a surface."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from optviz.lessons.runs import MOST, RUNS, Run, marks
from optviz.surfaces import tuning
from optviz.ui.links import Link
from optviz.ui.rosters import Picker

_PICKER = Picker(RUNS)


def chosen(link: Link) -> int:
    """Return the number of the run that is chosen in the list."""
    return _PICKER.chosen(link)


def choose(
    link: Link, default: Sequence[Run], shared: float, surface: str, most: int = MOST, *, rated: bool = True
) -> tuple[Run, ...]:
    """Draw the list of runs, marked as the picture draws them, and the editor of one of them, and return the runs.

    Among runs that have the learning rates that work on a surface, a new one gets its own. Where they are not `rated`,
    those of their own have no say.
    """
    rates = tuning.kept().get(surface, {})

    def make(name: str, others: Sequence[Run]) -> Run:
        tuned = bool(others) and all((run.learning_rate or shared) == rates.get(run.name) for run in others)
        rate = rates.get(name) if tuned else None
        return Run(name, None if rate == shared else rate)

    return _PICKER.choose(link, default, shared, marks, most, make, rated=rated)


def tune(link: Link, default: Sequence[Run], shared: float, surface: str, *, name: str = "") -> None:
    """Give the runs of a link the learning rates that work on a surface; runs of one optimizer keep their ratios.

    The rate that most of them need becomes the `shared` one, where that has a `name` in the link; what no rate works
    for keeps the one it has.
    """
    rates = tuning.kept().get(surface)
    if rates is None:
        return
    runs, shared = link.now(RUNS.name, tuple(default)), link.now("lr", shared)
    first: dict[str, float] = {}
    found = []
    for run in runs:
        before = run.learning_rate or shared
        first.setdefault(run.name, before)
        found.append(float(f"{rates.get(run.name, first[run.name]) * before / first[run.name]:.2g}"))
    if name and found:
        shared = Counter(found).most_common(1)[0][0]
        link.change(name, shared)
    own = zip(runs, found, strict=True)
    link.change(RUNS.name, tuple(replace(run, learning_rate=None if rate == shared else rate) for run, rate in own))
