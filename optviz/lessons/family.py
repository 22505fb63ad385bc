"""The family lesson: what each optimizer added, and a race that shows it, or a memory where none can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from optviz.course.addresses import write_number
from optviz.course.outline import LESSONS, href
from optviz.figures import family as pictures
from optviz.figures.panels import Caption, Panel, Thinned, tracks_of
from optviz.lessons import matrices, race_code, races
from optviz.lessons.build import beyond, moment_cells
from optviz.lessons.races import Settings
from optviz.lessons.runs import read_runs
from optviz.lessons.tables import table
from optviz.locale.spoken import N_, _, language
from optviz.optimization.family import FAMILY, Branch, Member
from optviz.optimization.optimizers import MATRIX_OPTIMIZERS, OPTIMIZERS
from optviz.optimization.two_moments import members
from optviz.recipes import Choice
from optviz.surfaces import tuning
from optviz.surfaces.grounds import Ground
from optviz.surfaces.surfaces import SURFACES


@dataclass(frozen=True)
class Show:
    """A race that shows something: where, who, for how long, at which shared learning rate; and what is seen."""

    page = "surfaces"
    opens = N_("Open this race to change it and see every number")

    surface: str
    runs: tuple[str, ...]
    steps: int
    learning_rate: float
    seen: str

    def settings(self) -> Settings:
        """Return the race."""
        ground = Ground(self.surface, "", 0.0, 0.0, 0.0, 0)
        start = SURFACES[self.surface].start
        return Settings(
            ground=ground,
            runs=read_runs(list(self.runs)),
            learning_rate=self.learning_rate,
            schedule=Choice("constant"),
            warmup=0,
            start=start,
            steps=self.steps,
        )

    def parameters(self) -> dict[str, list[str]]:
        """Return the parameters of the link that opens it on the surfaces page."""
        numbers = {"steps": write_number(self.steps), "lr": write_number(self.learning_rate)}
        return {"surface": [self.surface], **numbers, "run": list(self.runs)}

    def place(self) -> str:
        """Return where it is run."""
        return _(SURFACES[self.surface].title)

    def ends(self) -> str:
        """Say how each run ends."""
        return races.say(self.settings())

    def says(self) -> str:
        """Say what it shows: what was found when it was chosen, or how each of its runs ends."""
        return _(self.seen) if self.seen else self.ends()

    def captions(self) -> tuple[Caption, ...]:
        """Return what is said on the way."""
        return races.captions(self.settings())

    def panels(self) -> Sequence[Panel]:
        """Return the race from above, in 3-D, and its loss."""
        return races.panels_of(self.settings(), races.gap_known(self.settings()))[:3]

    def arrays(self) -> Mapping[str, ArrayLike | Thinned]:
        """Return the numbers of its steps."""
        return races.arrays_of(self.settings(), races.gap_known(self.settings()))

    def programs(self) -> list[Callable[[], str]]:
        """Return what writes the program that does the same."""
        return [partial(race_code.program, self.settings())]


@dataclass(frozen=True)
class Training:
    """A memory that some optimizers train, as on the page of matrices, each at its rate there."""

    page = "matrices"
    opens = N_("Open this training to change it and see every number")

    optimizers: tuple[str, ...]

    def settings(self) -> matrices.Settings:
        """Return the training."""
        rates = tuple(matrices.CONTENDERS[name][1] for name in self.optimizers)
        return matrices.Settings(optimizers=self.optimizers, rates=rates)

    @property
    def steps(self) -> int:
        """How long it is."""
        return self.settings().steps

    def parameters(self) -> dict[str, list[str]]:
        """Return the parameters of the link that opens it on the page of matrices."""
        return {"opt": list(self.optimizers)}

    def place(self) -> str:
        """Return where it is trained."""
        return _(LESSONS[self.page].title)

    def ends(self) -> str:
        """Say when each has learned."""
        return matrices.say(self.settings())

    def says(self) -> str:
        """Say why no race is shown."""
        return _("A surface has no layers, and no matrices: in place of a race, a matrix learns keys and values.")

    def captions(self) -> tuple[Caption, ...]:
        """Return what is said on the way: nothing."""
        return ()

    def panels(self) -> Sequence[Panel]:
        """Return the matrices, and the errors of pairs."""
        recalled, _values, errors, over_steps, _iteration = matrices.panels_of(self.settings())
        return recalled, errors, over_steps

    def arrays(self) -> Mapping[str, ArrayLike | Thinned]:
        """Return the numbers of its steps."""
        return matrices.arrays_of(self.settings())

    def programs(self) -> list[Callable[[], str]]:
        """Return what writes the programs that do the same."""
        return [partial(matrices.program, self.settings(), run) for run in range(len(self.optimizers))]


Shown = Show | Training
"""What is seen beside the tree."""


SHARED: Mapping[str, Show] = {
    "long_valley": Show(
        "long_valley",
        ("sgd", "momentum_classical", "adagrad,lr=1", "adam,lr=0.3"),
        200,
        0.1,
        N_(
            "A long valley: SGD falls to the floor and is too slow there. Momentum zig-zags across it and "
            "arrives at step 140. The adaptive ones advance along both axes alike: AdaGrad arrives at step "
            "77, Adam at step 43."
        ),
    ),
    "saddle": Show(
        "saddle",
        ("sgd", "momentum_classical", "adagrad,lr=0.1", "rmsprop,lr=0.03", "adam,lr=0.03"),
        150,
        0.01,
        N_(
            "A saddle: SGD is stuck. The adaptive ones leave it first: RMSProp is below its loss from step "
            "14 on, AdaGrad from 15, Adam from 26. Momentum overshoots the saddle and is below from step 50 "
            "on."
        ),
    ),
    "beale": Show(
        "beale",
        ("sgd", "momentum_classical", "nesterov,lr=0.05", "adam,lr=0.1"),
        300,
        0.005,
        N_(
            "Beale's function: momentum overshoots the bend and the minimum and arrives at step 199; with Nesterov's "
            "look-ahead it brakes and arrives at step 44. Adam cuts the corner, step 276. SGD is still on its way."
        ),
    ),
}
"""The comparisons that the course points to, by the name of their surface."""

SHOWS: Mapping[str, Show] = {
    "sgd": Show(
        "bowl",
        ("sgd,lr=0.06", "sgd,lr=0.42", "sgd,lr=0.61"),
        50,
        0.1,
        N_("Learning rate 0.06 is too slow, 0.42 arrives after a zig-zag, 0.61 diverges."),
    ),
    "momentum_classical": Show(
        "long_valley",
        ("sgd", "momentum_classical"),
        200,
        0.2,
        N_("At the same learning rate SGD is still on its way after 200 steps; momentum arrives at step 63."),
    ),
    "nesterov": Show(
        "beale",
        ("sgd", "momentum_classical", "nesterov,lr=0.05"),
        300,
        0.005,
        N_("Momentum overshoots the minimum and arrives at step 199; Nesterov brakes and arrives at step 44."),
    ),
    "adagrad": Show(
        "long_valley",
        ("sgd,lr=0.2", "adagrad,lr=1"),
        200,
        0.1,
        N_(
            "SGD falls to the floor and is too slow there; AdaGrad advances along both axes alike and "
            "arrives at step 77."
        ),
    ),
    "rmsprop": Show(
        "bowl",
        ("adagrad", "rmsprop"),
        50,
        0.15,
        N_("At the same learning rate AdaGrad's steps shrink on the way; RMSProp's do not, and it arrives at step 44."),
    ),
    "adadelta": Show(
        "plateau",
        ("adagrad,lr=0.1", "adadelta"),
        200,
        1.0,
        N_("No learning rate to choose: its steps begin tiny, grow by themselves, and it arrives at step 121."),
    ),
    "adam": Show(
        "long_valley",
        ("momentum_classical,lr=0.1", "rmsprop", "adam"),
        100,
        0.3,
        N_("Adam arrives at step 43 and settles. RMSProp keeps trembling, and momentum is still on its way."),
    ),
    "nadam": Show(
        "bowl",
        ("adam", "nadam"),
        100,
        0.3,
        N_("Nadam overshoots less than Adam and arrives at step 54; Adam at step 75."),
    ),
    "amsgrad": Show(
        "bowl",
        ("adam,beta2=0.9", "amsgrad,beta2=0.9"),
        100,
        0.5,
        N_("With β₂ = 0.9 Adam forgets the steep start and circles widely; AMSGrad does not forget and circles less."),
    ),
    "adamw": Show(
        "booth",
        ("adam", "adamw,weight_decay=0.3"),
        500,
        0.3,
        N_("The decay pulls the weights toward 0: AdamW stays short of the minimum where Adam arrives."),
    ),
    "lion": Show(
        "bowl",
        ("adam,lr=0.3", "lion"),
        100,
        0.1,
        N_("Each coordinate moves by lr at every step, so Lion cannot settle: it circles the minimum."),
    ),
    "newton": Show(
        "rosenbrock",
        ("sgd,lr=0.001", "adam,lr=0.1", "newton"),
        300,
        1.0,
        N_("Newton arrives at step 5; SGD and Adam are still on their way after 300 steps."),
    ),
}
"""For members of the family a race that was chosen to show what they added."""

GROUNDS = ("long_valley", "rosenbrock", "beale", "bowl")
"""Where others race against those that they came from."""


def show_of(name: str) -> Shown:
    """Return what shows what a member added: a race that was chosen, or one against its parents, each at its rate.

    One that needs matrices trains a memory with SGD and with those of its parents that can.
    """
    if name in SHOWS:
        return SHOWS[name]
    if name in MATRIX_OPTIMIZERS:
        among = {"sgd", *FAMILY[name].parents, name}
        return Training(tuple(each for each in matrices.CONTENDERS if each in among))
    rivals = (*(FAMILY[name].parents or ("sgd",)), name)
    surface = next((each for each in GROUNDS if {*rivals} <= {*tuning.kept().get(each, {})}), GROUNDS[0])
    rates = tuning.kept().get(surface, {})
    runs = tuple(f"{each},lr={rates[each]:g}" if each in rates else each for each in rivals)
    return Show(surface, runs, 200, 0.1, "")


BRANCHES = {
    Branch.GRADIENT: N_("Gradient alone"),
    Branch.MOMENTUM: N_("Memory in m"),
    Branch.ADAPTIVE: N_("A learning rate for each weight, V"),
    Branch.BOTH: N_("Both"),
    Branch.BESIDE: N_("Does not fit the two rows"),
    Branch.MATRIX: N_("A layer's weights as one matrix"),
}


def titles() -> dict[str, str]:
    """Return the members' titles in the visitor's language."""
    return {name: _(OPTIMIZERS[name].title) for name in FAMILY}


def added(name: str) -> str:
    """Say what a member added, and when."""
    member = FAMILY[name]
    return _("{name}, {year}. {what}").format(name=titles()[name], year=member.year, what=_(member.kin.added))


def panels_of(shown: Shown) -> tuple[Panel, ...]:
    """Return the tree, and beside it what is shown."""
    return _tree(language()), *(replace(panel, cell="race", pick=False) for panel in shown.panels())


@lru_cache(maxsize=4)
def _tree(spoken: str) -> Panel:
    figure = pictures.tree()
    return Panel(figure.to_json(), tracks_of(figure), _("Family tree: choose one"), "tree", True)


def arrays_of(shown: Shown, name: str) -> dict[str, ArrayLike | Thinned]:
    """Return the numbers of what is shown, and the place of the chosen member in the tree."""
    chosen = np.array([pictures.places()[name]], dtype=np.float32)
    followed = {track for panel in shown.panels() for t in panel.tracks for track in (t.x, t.y, t.z)}
    names = {ref if isinstance(ref, str) else ref[0] for ref in followed if ref}
    kept = {key: numbers for key, numbers in shown.arrays().items() if key in names}
    return {**kept, "chosen": Thinned(chosen, shown.steps + 1)}


def rows(name: str) -> str:
    """Return the two rows of numbers of a member as a table; nothing where a moment is one of matrices."""
    if name in MATRIX_OPTIMIZERS:
        return ""
    optimizer, heads = OPTIMIZERS[name](), (_("Moment"), _("Decay"), _("Gain"), _("Bias correction"))
    body = [moment_cells("m", optimizer.first), moment_cells("V", optimizer.second)]
    return table([escape(head) for head in heads], [[escape(cell) for cell in cells] for cells in body])


def outside(name: str) -> str:
    """Say how a member leaves the frame of the two moments; nothing where it does not."""
    return "" if name in members() else beyond(name)


def legend() -> str:
    """Return the branches with the marks of their members as HTML."""
    branches = (
        escape(_(text)) + _(": ") + _(", ").join(map(_marked, _members(branch))) for branch, text in BRANCHES.items()
    )
    return f"<p>{' &ensp; '.join(branches)}</p>"


def _members(branch: Branch) -> list[Member]:
    return [member for member in FAMILY.values() if member.branch is branch]


def _marked(member: Member) -> str:
    look = pictures.LOOKS[member.name]
    return f'<span style="color:var(--optviz-{look.color})">{look.glyph}</span> {escape(member.label)}'


def everyone() -> str:
    """Return the whole family as a table: name, year, what it added, paper, and a link to its race."""
    heads = (_("Optimizer"), _("Year"), _("What it added"), _("Source"), _("Race"))
    body = [
        (
            escape(titles()[name]),
            str(member.year),
            f'<span class="optviz-wrap">{escape(_(member.kin.added))}</span>',
            f'<span class="optviz-wrap">{escape(_(member.paper))}</span>',
            link_to(show_of(name), show_of(name).place()),
        )
        for name, member in sorted(FAMILY.items(), key=lambda item: item[1].year)
    ]
    return table([escape(head) for head in heads], body)


def link_to(shown: Shown, text: str) -> str:
    """Return a link, as HTML, that opens what is shown on its own page."""
    return f'<a href="{escape(href(shown.page, shown.parameters()))}">{escape(text)}</a>'
