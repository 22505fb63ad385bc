"""The runs of a race: which optimizers take part, each with its own numbers, in the link and on screen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from optviz import tuning
from optviz.figures.style import looks_of
from optviz.notation import FormulaError
from optviz.optimizers import OPTIMIZERS, OWN, Optimizer, example, template, typed
from optviz.recipes import Recipe
from optviz.ui import typed_rules
from optviz.ui.language import N_
from optviz.ui.links import Link
from optviz.ui.rosters import Entry, Roster, Words
from optviz.ui.words import rule_error

MOST = 8


class Contestant(Protocol):
    """What takes part in a race; `learning_rate` None means the shared one."""

    @property
    def learning_rate(self) -> float | None: ...

    @property
    def optimizer(self) -> str:
        """The optimizer's name, by which it is drawn; empty if it has none."""

    def build(self) -> Optimizer:
        """Make the optimizer."""

    def title(self, shared: float) -> str:
        """Return its name in the visitor's language."""


@dataclass(frozen=True)
class Run(Entry):
    """One optimizer with the values that differ from its defaults; `learning_rate` None means the shared one."""

    recipes: ClassVar[Mapping[str, Recipe[Any]]] = OPTIMIZERS
    typed: ClassVar[str] = example.name

    @property
    def written(self) -> str:
        """The name as it stands in a link: of a rule that was typed without blanks, which a plus sign might be."""
        return self.name.replace(" ", "") if self.name.startswith(OWN) else self.name

    @classmethod
    def tidy(cls, name: str) -> str:
        """Return the name of a rule as it is typed tidily."""
        return OWN + template(name) if name.startswith(OWN) else name

    @classmethod
    def plus(cls, text: str) -> str:
        """Return the text of a link with its plus signs, which are blanks but in a rule."""
        return typed_rules.plus(text) if text.startswith(OWN) else super().plus(text)

    @classmethod
    def refusal(cls, name: str) -> str:
        """Say what is wrong with a rule that was typed, or why one cannot race."""
        if name.startswith(OWN):
            try:
                typed(name.removeprefix(OWN))
            except FormulaError as error:
                return rule_error(error, name.removeprefix(OWN))
        return typed_rules.refusal(OPTIMIZERS[name]().rule, net=False) if name in OPTIMIZERS else ""

    @classmethod
    def draw_typed(cls, key: str, entry: Entry, change: Callable[..., None]) -> None:
        """Draw the field in which the rule is typed; numbers of its sliders stay where the new rule has them too."""

        def rename(name: str) -> None:
            spans = {parameter.name: parameter.range for parameter in OPTIMIZERS[name].parameters}
            kept = tuple((each, spans[each].clamp(value)) for each, value in entry.values if each in spans)
            change(name=name, values=kept)

        typed_rules.draw(key, entry.name, rename)

    @property
    def optimizer(self) -> str:
        """The optimizer's name."""
        return self.name


RUNS = Roster(
    Run,
    "run",
    Words(
        choose=N_("Optimizers in the race: choose one to change it"),
        nothing=N_("No optimizers yet. Add one below."),
        add=N_("Add an optimizer"),
        full=N_("At most {n} optimizers can race"),
        too_many=N_("at most {n} optimizers can race"),
        unknown=N_("there is no such optimizer"),
    ),
)


def read_runs(texts: list[str], most: int = MOST) -> tuple[Run, ...]:
    """Read the runs of a link; a single text `none` is a race without optimizers."""
    return RUNS.read(texts, most)


def write_runs(runs: Sequence[Run]) -> list[str]:
    """Write the runs for a link."""
    return RUNS.write(runs)


def chosen(link: Link) -> int:
    """Return the number of the run that is chosen in the list."""
    return RUNS.chosen(link)


def choose(link: Link, default: Sequence[Run], shared: float, surface: str, most: int = MOST) -> tuple[Run, ...]:
    """Draw the list of runs, marked as the picture draws them, and the editor of one of them, and return the runs.

    Among runs that have the learning rates that work on a surface, a new one gets its own.
    """
    rates = tuning.kept().get(surface, {})

    def make(name: str, others: Sequence[Run]) -> Run:
        tuned = bool(others) and all((run.learning_rate or shared) == rates.get(run.name) for run in others)
        rate = rates.get(name) if tuned else None
        return Run(name, None if rate == shared else rate)

    return RUNS.choose(link, default, shared, marks, most, make)


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


def marks(runs: Sequence[Run]) -> list[str]:
    """Return the sign of each run, with a number where an optimizer has several."""
    return [look.glyph + look.number for look in looks_of([run.optimizer for run in runs])]
