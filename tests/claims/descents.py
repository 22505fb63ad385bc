"""What is claimed on the pages of learning rates and optimizers."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from optviz.lessons import build, descent, momentum, races, regression, schedules
from optviz.lessons.family import show_of
from optviz.optimization.family import FAMILY
from optviz.optimization.optimizers import OPTIMIZERS, OWN, framed
from optviz.optimization.schedules import SCHEDULES
from optviz.optimization.two_moments import likeness
from optviz.recipes import Choice
from optviz.surfaces.curve_descent import Behavior
from optviz.surfaces.diagnosis import Cause, Trouble
from optviz.surfaces.race import Ending
from optviz.ui.moments import keep
from tests.claims import claims, names

# ---- descent


def behaviors(page: SimpleNamespace) -> list[Behavior]:
    """Return what each learning rate does."""
    return [verdict.behavior for verdict in descent.descent_of(page.settings).verdicts]


@claims("descent", "Learning rate 0.2")
def _(page):
    assert page.settings.rates == (0.2,) and page.settings.is_constant and behaviors(page) == [Behavior.GOOD]


@claims("descent", "0.001: too slow")
def _(page):
    assert page.settings.rates == (0.001,) and behaviors(page) == [Behavior.SLOW]


@claims("descent", "0.999: settles extremely slowly")
def _(page):
    (minimum,) = descent.curve_of("shifted", "").minima
    away = descent.descent_of(page.settings).path.w[:, 0, 0] - minimum
    assert page.settings.rates == (0.999,) and (away[1:] * away[:-1] < 0).all()
    # It does settle: a step leaves a little less than there was.
    assert np.abs(away[1:] / away[:-1]).max() < 1 and abs(away[-1]) > 0.9 * abs(away[0])


names("descent", "θ² with 0.1, 0.9 and 1.04", curve="square", rates=(0.1, 0.9, 1.04))


@claims("descent", "Exponential decay, row by row")
def _(page):
    rate = descent.descent_of(page.settings).path.learning_rate[:, 0]
    np.testing.assert_allclose(rate[1:] / rate[:-1], 0.99, rtol=1e-6)
    (run,) = descent.names_of(page.settings)
    assert descent.steps_table(page.settings, run).count("<tr>") == page.settings.steps + 1


@claims("descent", "A decay settles at the kink")
def _(page):
    assert behaviors(page) == [Behavior.SETTLES]
    constant = replace(page.settings, schedule=Choice("constant"))
    assert descent.descent_of(constant).verdicts[0].behavior is Behavior.SWINGS


@claims("descent", "Two wells")
def _(page):
    verdicts = descent.descent_of(page.settings).verdicts
    assert {verdict.minimum for verdict in verdicts} == set(descent.curve_of("double_well", "").minima)


# ---- schedules


def rates(page: SimpleNamespace) -> np.ndarray:
    """Return the learning rates of all steps, a column a schedule."""
    return schedules.rates_of(page.settings)


@claims("schedules", "Exponential decay, smooth and staircase")
def _(page):
    smooth, stairs = rates(page).T
    assert len(set(smooth)) == len(smooth) and len(set(stairs)) < len(stairs) / 5
    corners = slice(None, None, int(SCHEDULES["exponential_decay"].defaults["decay_steps"]))
    np.testing.assert_allclose(smooth[corners], stairs[corners])


@claims("schedules", "Piecewise constant")
def _(page):
    (pieces,) = rates(page).T
    assert 1 < len(set(pieces)) < 5


@claims("schedules", "A constant rate against decays")
def _(page):
    falls = np.diff(rates(page), axis=0)
    assert falls.shape[1] == 4 and not page.settings.sigma
    assert not falls[:, 0].any() and (falls[:, 1:] <= 0).all() and (falls[:, 1:].sum(0) < 0).all()


@claims("schedules", "With a warm-up")
def _(page):
    warm = rates(page)[: page.settings.warmup + 1]
    assert page.settings.warmup == 50 and (np.diff(warm, axis=0) > 0).all()
    np.testing.assert_allclose(np.diff(warm[:, 0]), warm[1, 0] - warm[0, 0])


@claims("schedules", "Restarts and one cycle")
def _(page):
    restarts, cycle = rates(page).T
    assert np.diff(restarts).max() > 0.5 * restarts[0]
    top = int(cycle.argmax())
    assert (np.diff(cycle[: top + 1]) > 0).all() and (np.diff(cycle[top:]) <= 0).all() and 0 < top < len(cycle) - 1


@claims("schedules", "Noisy gradients need a decay")
def _(page):
    late = schedules.race_of(page.settings).path.loss[-100:]
    constant, decayed = late.mean(axis=0)
    assert page.settings.sigma == 2 and decayed < 0.1 * constant


# ---- surfaces


def ends(page: SimpleNamespace) -> list[Ending]:
    """Return how each run of a race ended."""
    return [end.ending for end in races.race_of(page.settings).ends]


def arrivals(page: SimpleNamespace) -> list[int | None]:
    """Return the step at which each run of a race arrived."""
    return [end.arrival for end in races.race_of(page.settings).ends]


def optimizers(page: SimpleNamespace) -> list[str]:
    """Return who races."""
    return [run.optimizer for run in page.settings.runs]


@claims("surfaces", "SGD: too slow, good, diverging")
def _(page):
    slow, good, diverging = races.findings_of(page.settings)
    assert optimizers(page) == ["sgd"] * 3 and ends(page) == [Ending.GOING, Ending.ARRIVED, Ending.DIVERGED]
    assert (slow.trouble, good, diverging.trouble) == (Trouble.CRAWLING, None, Trouble.DIVERGED)


@claims("surfaces", "Momentum tames the zig-zag")
def _(page):
    assert optimizers(page) == ["sgd", "momentum_classical"] and len({r.learning_rate for r in page.settings.runs}) == 1
    across = races.race_of(page.settings).path.w[..., 1]
    plain, tamed = np.abs(np.diff(across, axis=0)).sum(axis=0)
    assert tamed < 0.5 * plain
    sgd, momentum = arrivals(page)
    assert momentum < 0.6 * sgd


@claims("surfaces", "AdaGrad stalls, RMSProp goes on")
def _(page):
    assert optimizers(page) == ["adagrad", "rmsprop"] and len({run.learning_rate for run in page.settings.runs}) == 1
    assert arrivals(page)[0] is None and ends(page)[1] is Ending.ARRIVED
    assert races.findings_of(page.settings)[0].trouble in (Trouble.CRAWLING, Trouble.DEAD_RATE)
    adagrad, rmsprop = races.race_of(page.settings).path.rate.transpose(1, 0, 2)
    assert (np.diff(adagrad, axis=0) <= 0).all() and (adagrad[-1] < 0.3 * adagrad[0]).all()
    assert (rmsprop[-1] > rmsprop[0]).all()
    # The page opens with what it is about: the effective rates.
    shown = keep(page.link).views["tabs"]
    panels = races.panels_of(page.settings, page.log)
    assert [panel.title for panel in panels if panel.cell == "rates"][shown["rates"]] == "Effective rate"


@claims("surfaces", "Adam oscillates; a smaller β₁ calms it")
def _(page):
    assert optimizers(page) == ["adam"] * 3
    finding, *others = races.findings_of(page.settings)
    assert (finding.trouble, finding.cause) == (Trouble.SWINGING, Cause.MOMENTUM) and others == [None, None]
    beyond = races.race_of(page.settings).path.w[..., 0].max(axis=0)
    assert [dict(run.all_values)["beta1"] for run in page.settings.runs] == [0.9, 0.5, 0.5]
    assert (beyond[1:] < 0.5 * beyond[0]).all()


@claims("surfaces", "Leaving a saddle")
def _(page):
    assert optimizers(page) == ["sgd", "momentum", "rmsprop", "adam"] and page.settings.ground.surface == "saddle"
    left = races.departures_of(page.settings)
    assert left[1] is None and ends(page)[1] is Ending.SADDLE and left[2] < left[3] < left[0]
    for steps, step in ((left[2] - 1, None), (left[2], left[2])):
        assert races.departures_of(replace(page.settings, steps=steps))[2] == step
    assert f"RMSProp leaves the saddle first: from step {left[2]} on its loss is below the saddle's." in races.say(
        page.settings
    )


@claims("surfaces", "A long valley")
def _(page):
    bends = page.surface.hessian(np.zeros(2))
    assert page.settings.ground.surface == "long_valley" and np.linalg.cond(bends) > 100


@claims("surfaces", "Beale's function")
def _(page):
    assert page.settings.ground.surface == "beale"


@claims("surfaces", "Newton against first-order methods")
def _(page):
    assert optimizers(page)[-1] == "newton" and arrivals(page) == [None, None, 5]


@claims("surfaces", "Each at its best learning rate: SGD is first")
def _(page):
    assert optimizers(page) == ["sgd", "momentum", "rmsprop", "adam"] and page.settings.best_from == page.start
    sgd, *others = arrivals(page)
    assert ends(page) == [Ending.ARRIVED] * 4 and sgd < 0.7 * min(others)
    # At the learning rate that the slider is left at for all, Adam is the first and SGD the last.
    shared = races.race_of(replace(page.settings, runs=page.chosen, best_from=None))
    slow, *_between, fast = (end.arrival for end in shared.ends if end.ending is Ending.ARRIVED)
    assert fast < 0.5 * slow and shared.ends[0].arrival == slow and shared.ends[3].arrival == fast


# ---- family: the sentence beside each race has its claims in test_family.py

for surface, title in {"long_valley": "a long valley", "saddle": "a saddle", "beale": "Beale's function"}.items():

    @claims("family", f"Race on {title}")
    def _(page, surface=surface):
        settings = page.show.settings()
        assert settings.ground.surface == surface and len(settings.runs) > 3


for name, member in FAMILY.items():

    @claims("family", member.label)
    def _(page, name=name):
        assert page.name == name and page.show == show_of(name)


# ---- build

for title in ("Adam", "SGD", "Momentum (averaged)", "Momentum (classical)", "AdaGrad", "RMSProp"):

    @claims("build", title)
    def _(page, title=title):
        assert page.summary.split(".")[0].split(" with ")[0] == f"This is {title}"


@claims("build", "Adam without its correction")
def _(page):
    assert "Closest: Adam" in page.summary and page.summary.count(":") == 1
    optimizer, adam = page.mine.build(), OPTIMIZERS["adam"]()
    assert optimizer.first.debias == optimizer.second.debias == 0
    moments = (replace(moment, debias=1.0) for moment in (optimizer.first, optimizer.second))
    assert likeness(framed(*moments, optimizer.values["epsilon"])).differences == {}
    assert adam.values["epsilon"] == optimizer.values["epsilon"]


@claims("build", "Only the sign")
def _(page):
    steps = np.abs(np.diff(races.race_of(page.settings).path.w[:, 0], axis=0))
    np.testing.assert_allclose(steps[steps > 0], page.learning_rate, rtol=1e-4)


@claims("build", "Never forgets")
def _(page):
    assert page.mine.first.decay == 1 and "never forgets" in build.remark(page.mine.build(), page.learning_rate)
    across = races.race_of(page.settings).path.w[:, 0]
    # It swings as widely at the end as it did at first.
    assert np.abs(across[-40:]).max() > 0.9 * np.abs(across[:40]).max()


@claims("build", "A rule typed line by line arrives before Adam")
def _(page):
    assert page.settings.runs[1].optimizer.startswith(OWN)
    typed, adam = races.race_of(page.settings).ends[1:]
    assert typed.ending is Ending.ARRIVED and (adam.arrival is None or typed.arrival < adam.arrival)


@claims("build", "A gain of its own")
def _(page):
    assert page.mine.first.gain == 0.3 != 1 - page.mine.first.decay


# ---- momentum


def steps(page: SimpleNamespace) -> np.ndarray:
    """Return the steps of plain descent, of the classical and of the averaged form."""
    return momentum.momentum_of(page.settings).steps


@claims("momentum", "Constant gradient")
def _(page):
    gradients = momentum.gradients_of(page.settings)
    assert len(set(gradients)) == 1


@claims("momentum", "The zig-zag cancels")
def _(page):
    plain, _classical, averaged = np.abs(steps(page)[-5:]).T
    assert (averaged < 0.1 * plain).all() and (_classical < 0.6 * plain).all()


@claims("momentum", "Noise averages out")
def _(page):
    plain, _classical, averaged = steps(page)[20:].std(axis=0)
    assert averaged < 0.5 * plain and page.settings.sequence.name == "noisy"


@claims("momentum", "The gradient stops at step 8; momentum carries on")
def _(page):
    ended = np.flatnonzero(momentum.gradients_of(page.settings))[-1] + 2
    plain, classical, _averaged = steps(page)[ended : ended + 5].T
    assert len(plain) == 5 and not plain.any() and (classical > 0.3 * steps(page)[:ended, 1].max()).all()


for title, decay in {"Long memory: γ = 0.99": 0.99, "Short memory: γ = 0.5": 0.5}.items():

    @claims("momentum", title)
    def _(page, decay=decay):
        assert page.settings.decay == decay
        half = momentum.half_life(decay)
        assert half > 50 if decay > 0.9 else half == 1


# ---- regression


def lost(page: SimpleNamespace) -> float:
    """Return the loss after the last update."""
    return float(regression.path_of(page.settings).loss[-1])


def with_rate(page: SimpleNamespace, rate: float) -> float:
    """Return the last loss of plain descent at another learning rate."""
    return float(regression.path_of(replace(page.settings, optimizer=Choice("sgd"), learning_rate=rate)).loss[-1])


names("regression", "A line by gradient descent", degree=1, optimizer=Choice("sgd"))
names("regression", "The course's cubic", degree=3, truth=(0.9, 0.5, 3.0, 2.4), noise=0.0)
names("regression", "Adam on the cubic", degree=3, optimizer=Choice("adam", tuple(OPTIMIZERS["adam"].defaults.items())))


@claims("regression", "The sum instead of the mean: diverges")
def _(page):
    assert regression.diverged(page.settings) and not regression.diverged(replace(page.settings, measure="mean"))


@claims("regression", "The cubic, as fast as SGD can go")
def _(page):
    # Along the flattest direction a larger rate is faster, until the steepest one diverges.
    _curvature, bound = regression.bound_of(page.settings)
    assert page.settings.plain and 0.9 * bound < page.settings.learning_rate < bound
    assert lost(page) < min(with_rate(page, rate) for rate in (0.001, 0.002, 0.004, 0.006))
    assert with_rate(page, 1.02 * bound) > 1


@claims("regression", "Momentum on the cubic")
def _(page):
    assert page.settings.optimizer.name == "momentum_classical"
    assert lost(page) < 0.1 * with_rate(page, page.settings.learning_rate)


@claims("regression", "Newton: one step")
def _(page):
    loss = regression.path_of(page.settings).loss
    assert page.settings.optimizer.name == "newton" and loss[1] < 1e-20 * loss[0]


@claims("regression", "A line through a parabola")
def _(page):
    assert page.settings.degree == 1 and len(page.settings.truth) == 3
    line, parabola = (regression.least_of(replace(page.settings, degree=degree)) for degree in (1, 2))
    assert line > 5 * parabola
    text = f"The true curve has degree 2, which degree 1 cannot follow: the least possible loss is {line:.3g}"
    assert text in regression.say(page.settings) and "fits" not in regression.say(page.settings)


@claims("regression", "A line, learning rate too large")
def _(page):
    assert regression.diverged(page.settings) and page.settings.learning_rate > regression.bound_of(page.settings)[1]
