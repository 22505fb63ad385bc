"""The runs of a race: which optimizers take part, each with its own numbers, in the link and on screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from optviz.course import addresses
from optviz.figures.style import looks_of
from optviz.lessons.rosters import Listed, Roster, Words
from optviz.lessons.words import optimizer_refusal, rule_error
from optviz.locale.spoken import N_
from optviz.notation import FormulaError
from optviz.optimization.optimizers import OPTIMIZERS, OWN, Optimizer, example, template, typed
from optviz.recipes import Recipe

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

    def title(self, shared: float | None) -> str:
        """Return its name in the visitor's language, with a learning rate of its own, if that is not the shared one."""


@dataclass(frozen=True)
class Run(Listed):
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
        return addresses.rule_sums(text) if text.startswith(OWN) else super().plus(text)

    @classmethod
    def refusal(cls, name: str) -> str:
        """Say what is wrong with a rule that was typed, or why one cannot race."""
        if name.startswith(OWN):
            try:
                typed(name.removeprefix(OWN))
            except FormulaError as error:
                return rule_error(error, name.removeprefix(OWN))
        return optimizer_refusal(name, net=False)

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


def marks(runs: Sequence[Run]) -> list[str]:
    """Return the sign of each run, with a number where an optimizer has several."""
    return [look.glyph + look.number for look in looks_of([run.optimizer for run in runs])]
