"""The page of matrices: a memory that several optimizers train, its pairs, singular values, sentences and program."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import matrices as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import Runner, looks_of
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits, table, tex
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.associations import PAIRS, Associations, Learned, learn, steps_to
from optviz.optimization.matrices import SMALLEST, quintic
from optviz.optimization.optimizers import OPTIMIZERS, Optimizer
from optviz.optimization.rules import Rule, names_in, operations_in
from optviz.optimization.writing import python

MOST = 4
"""So many matrices can be read beside each other."""
HALF = 0.5

CONTENDERS: Mapping[str, tuple[str, float]] = {
    "sgd": ("SGD", 1.0),
    "momentum": (N_("Momentum"), 1.0),
    "adam": ("Adam", 0.03),
    "muon": ("Muon", 0.1),
    "shampoo": ("Shampoo", 0.3),
    "soap": ("SOAP", 0.1),
    "adafactor": ("Adafactor", 1.0),
}
"""Who may take part: a name that fits above a matrix, and a learning rate that works."""


def titles() -> dict[str, str]:
    """Return the optimizers to choose from."""
    return {name: _(title) for name, (title, _rate) in CONTENDERS.items()}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which optimizers train the memory, each with its learning rate, and how often its pairs are seen.

    `iterations` are those of Muon, None where it takes U V^T exactly.
    """

    optimizers: tuple[str, ...]
    rates: tuple[float, ...]
    exponent: float = 1.0
    iterations: int | None = 5
    steps: int = 40
    seed: int = 0
    falls: bool = False
    """Whether the learning rates fall to 0."""

    @property
    def associations(self) -> Associations:
        """The memory's pairs."""
        return Associations(self.exponent, self.seed)

    def optimizer(self, name: str) -> Optimizer:
        """Return one of the optimizers."""
        own = {"exact": True} if self.iterations is None else {"steps": self.iterations}
        return OPTIMIZERS[name](**(own if name == "muon" else {}))


@lru_cache(maxsize=256)
def learned(settings: Settings, run: int) -> Learned:
    """Return the training of one of the optimizers."""
    optimizer, rate = settings.optimizer(settings.optimizers[run]), settings.rates[run]
    return learn(settings.associations, optimizer, rate, settings.steps, falls=settings.falls)


def all_learned(settings: Settings) -> tuple[Learned, ...]:
    """Return those of all."""
    return tuple(learned(settings, run) for run in range(len(settings.optimizers)))


# ---- the picture


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return what the panels follow, a row a step."""
    found, rows = all_learned(settings), settings.steps + 1
    arrays = {
        "recalled": pictures.grid([run.recalled for run in found]),
        "pairs": np.tile(np.arange(1.0, PAIRS + 1), (rows, 1)),
        "steps": np.arange(float(rows)),
    }
    for i, run in enumerate(found):
        arrays[f"error{i}"] = run.error
        arrays[f"values{i}"] = _of_largest(run.step)
    if "muon" in settings.optimizers:
        before = _momentum(learned(settings, settings.optimizers.index("muon")))
        after = before
        for _iteration in range(settings.iterations or 0):
            after = np.asarray(quintic(after))
        arrays |= {"before": before, "after": np.sign(before) if settings.iterations is None else after}
    return {name: _drawn(rows) for name, rows in arrays.items()}


@np.errstate(all="ignore")
def _of_largest(values: Array) -> Array:
    return values / np.maximum(values.max(axis=-1, keepdims=True), SMALLEST)


@np.errstate(all="ignore")
def _momentum(run: Learned) -> Array:
    """Return the singular values of what Muon orthogonalizes, of which the sum of squares is 1."""
    return run.momentum / np.maximum(np.linalg.norm(run.momentum, axis=-1, keepdims=True), SMALLEST)


def _drawn(values: Array) -> Array:
    # What is beyond single precision does not travel.
    return np.where(np.abs(values) < 1e30, values, np.nan)


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the matrices, the errors of the pairs, and the singular values."""
    return _panels(settings.optimizers, settings.steps, settings.iterations, language())


@lru_cache(maxsize=128)
def _panels(optimizers: tuple[str, ...], steps: int, iterations: int | None, spoken: str) -> tuple[Panel, ...]:
    names = [titles()[name] for name in optimizers]
    runners = [Runner(*each) for each in zip(names, looks_of(optimizers), strict=True)]
    muon = runners[optimizers.index("muon")].look if "muon" in optimizers else None
    cell = {"key": "%{customdata[0]}", "value": "%{customdata[1]}", "share": "%{z:.2f}"}
    words = {
        "key": _("Key, the most frequent first"),
        "value": _("Value recalled"),
        "hover": _("key {key}, value {value}: {share}").format(**cell),
        "pair": _("Pair, the most frequent first"),
        "error": _("Error"),
        "step": _("Step"),
        "frequent": _("most frequent pair"),
        "rarest": _("rarest pair"),
    }
    drawn = (
        ("recall", _("What each key recalls"), pictures.recalled(names, PAIRS, words)),
        ("values", _("Singular values"), pictures.singular_values(runners, PAIRS, {**words, **_share_words()})),
        ("values", _("Errors"), pictures.errors(runners, PAIRS, words)),
        ("values", _("Frequent and rare"), pictures.over_steps(runners, steps, PAIRS, words)),
        ("values", "Newton–Schulz", pictures.iteration(iterations, muon, _iteration_words())),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell) for cell, title, figure in drawn)


def _share_words() -> dict[str, str]:
    return {"number": _("Singular value, largest first"), "value": _("Share of the largest")}


def _iteration_words() -> dict[str, str]:
    return {
        "after": _("after {n} iterations"),
        "exact": _("exactly: U Vᵀ"),
        "momentum": _("Muon's momentum at this step"),
        "before": _("Singular value before, over the norm"),
        "then": _("Singular value after"),
    }


# ---- what is said


def halves(run: Learned) -> list[int | None]:
    """Return the step at which the error of each pair is halved, None where it is not."""
    return steps_to(run.error, HALF)


def unevenness(run: Learned) -> float:
    """Return how many times as long as the fastest the slowest pair takes to halve its error, inf if it never does."""
    found = halves(run)
    known = [step for step in found if step is not None]
    return max(known) / max(min(known), 1) if len(known) == len(found) else np.inf


def say(settings: Settings) -> str:
    """Say when each optimizer has halved the error of the most frequent pair and of the rarest."""
    names, found = [titles()[name] for name in settings.optimizers], all_learned(settings)
    told = [_told(name, run, settings.steps) for name, run in zip(names, found, strict=True)]
    lead = _("Steps until the error of the most frequent and of the rarest pair is halved: {list}.")
    said = [lead.format(list=_(", ").join(told))]
    times = [unevenness(run) for run in found]
    least = min(times)
    if least == 1:
        alike = _(", ").join(name for name, each in zip(names, times, strict=True) if each == 1)
        said.append(_("All pairs at the same step: {names}.").format(names=alike))
    elif len(found) > 1 and np.isfinite(least):
        even = _("{name} learns all pairs most evenly: its slowest takes {times} times as long as its fastest.")
        said.append(even.format(name=names[times.index(least)], times=digits(least)))
    return joined(*said)


def _told(name: str, run: Learned, steps: int) -> str:
    if not np.isfinite(run.loss).all() or run.loss[-1] > run.loss[0]:
        return _("{name} diverges").format(name=name)
    first, *_between, last = (_("not in {n}").format(n=steps) if at is None else str(at) for at in halves(run))
    return _("{name} {first} and {last}").format(name=name, first=first, last=last)


def say_spectra(settings: Settings) -> str:
    """Say how much smaller the smallest singular value of the first step is than the largest."""
    shares = [float(_of_largest(run.step[0])[-1]) for run in all_learned(settings)]
    told = [f"{titles()[name]} {digits(share)}" for name, share in zip(settings.optimizers, shares, strict=True)]
    text = _("The smallest singular value of the first step, as a share of the largest: {list}.")
    return text.format(list=_(", ").join(told))


def report(settings: Settings) -> str:
    """Return a table of the pairs' errors in the end, a row an optimizer, as HTML."""
    heads = (
        _("Optimizer"),
        "lr",
        _("Halved, most frequent pair"),
        _("Halved, rarest pair"),
        _("Error at the end, most frequent pair"),
        _("Error at the end, rarest pair"),
        _("Loss at the end"),
    )
    rows = []
    for name, look, rate, run in zip(
        settings.optimizers, looks_of(settings.optimizers), settings.rates, all_learned(settings), strict=True
    ):
        steps = halves(run)
        head = f'<span style="color:var(--optviz-{look.color})">{look.glyph}</span> {escape(titles()[name])}'
        numbers = (rate, steps[0], steps[-1], run.error[-1, 0], run.error[-1, -1], run.loss[-1])
        rows.append([head, *(digits(number) for number in numbers)])
    return table([escape(head) for head in heads], rows)


def formulas(settings: Settings) -> list[tuple[str, str]]:
    """Return LaTeX and title of the loss, of its gradient's singular values, and of what steps make of them."""
    p = settings.associations.frequencies
    loss = r"f(W) = \sum_i p_i \, \tfrac12 \lVert W k_i - v_i \rVert^2"
    shares = rf"p_1 = {tex(float(p[0]), 3)},\ \dots,\ p_{{{PAIRS}}} = {tex(float(p[-1]), 3)}"
    gradient = r"\nabla f(0) = -\sum_i p_i \, v_i k_i^\top = U S V^\top,\quad S = \operatorname{diag}(p_1, p_2, \dots)"
    found = [
        (rf"\begin{{gathered}} {loss} \\ {shares} \end{{gathered}}", _("The loss, with frequencies after Zipf")),
        (gradient, _("At W = 0 the gradient's singular values are the frequencies")),
        (
            r"\begin{gathered} U V^\top = -\sum_i v_i k_i^\top \\ X \leftarrow 3.4445\, X - 4.7750\, X X^\top X + "
            r"2.0315\, (X X^\top)^2 X \end{gathered}",
            _("Orthogonalized, each pair weighs the same; Newton and Schulz' iteration comes near it"),
        ),
    ]
    if "sgd" in settings.optimizers and not settings.falls:
        rate = settings.rates[settings.optimizers.index("sgd")]
        ends = [
            rf"(1 - {tex(rate)} \times {tex(float(each), 3)})^t = {tex(1 - rate * float(each), 3)}^{{t}}"
            for each in (p[0], p[-1])
        ]
        text = rf"\lVert W_t k_i - v_i \rVert = |1 - lr\, p_i|^t \colon\quad {ends[0]},\quad {ends[1]}"
        found.append((text, _("SGD shrinks the error of each pair at its own pace")))
    return found


# ---- the program


def program(settings: Settings, run: int = 0) -> str:
    """Return a NumPy program that trains the same memory with one of the optimizers."""
    name = settings.optimizers[run]
    optimizer = settings.optimizer(name)
    rule = optimizer.rule
    return printed(
        "matrices",
        settings=settings,
        pairs=PAIRS,
        title=titles()[name],
        used=_used(rule),
        numbers={number: value for number, value in optimizer.values.items() if number in _read(rule)},
        rate=settings.rates[run],
        rule=rule,
        lines=[(target, python(tree, "np")) for target, tree in rule.written],
    )


def _used(rule: Rule) -> set[str]:
    return set().union(*(operations_in(tree) for _name, tree in rule.written))


def _read(rule: Rule) -> set[str]:
    return set().union(*(names_in(tree) for _name, tree in rule.written))
