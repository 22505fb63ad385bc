"""What is claimed on the page of maps."""

from dataclasses import replace

import numpy as np

from optviz.surfaces import maps
from optviz.surfaces.grounds import course_of
from optviz.surfaces.maps import ARRIVED, Regime
from tests.claims import claims


def arrived(page):
    """Return which cells arrive."""
    return np.isin(page.refined.cells.regime, ARRIVED)


@claims("map", "Momentum on a quadratic: it diverges where theory says", "L2 adds curvature: the bound falls")
def _(page):
    """Up to the bound nothing diverges; where it grows by a tenth in a step it is beyond all in the steps there are."""
    spec, n = page.settings.map, page.refined.level
    bound = maps.bounds_of(spec, spec.y.cells(n)).stable[:, None]
    diverges, rates = page.refined.cells.regime == Regime.DIVERGES, spec.x.cells(n)
    assert not diverges[rates < bound].any() and diverges[rates > 1.1 * bound].all()
    assert diverges.any() and arrived(page).any()
    if spec.y.name == maps.L2:
        assert (np.diff(bound[:, 0]) < 0).all()


@claims("map", "A long valley asks for much momentum")
def _(page):
    cells, betas = page.refined.cells, page.settings.y.cells(page.refined.level)
    soonest = np.where(arrived(page), cells.arrival, np.inf).min(1)
    assert page.settings.shown == "steps" and betas[soonest.argmin()] > 0.7
    assert soonest[0] > 4 * soonest.min()


@claims("map", "Adam arrives with learning rates a hundred times apart")
def _(page):
    assert page.settings.run.name == "adam"
    rates = page.settings.x.cells(page.refined.level)
    rows = [rates[row] for row in arrived(page) if row.any()]
    assert np.median([row.max() / row.min() for row in rows]) > 100


@claims("map", "SGD on Rosenbrock: most learning rates diverge")
def _(page):
    regimes = page.refined.cells.regime
    assert (regimes == Regime.DIVERGES).mean() > 0.5 and regimes[0, 0] != Regime.DIVERGES


@claims("map", "Basins of four minima")
def _(page):
    shares = [(page.refined.cells.goal == goal).mean() for goal in range(4)]
    assert arrived(page).all() and min(shares) > 0.2


@claims("map", "Beyond 2/λ two of the four minima hold nothing")
def _(page):
    """Those whose largest curvature is more than 2 / lr."""
    course = course_of(page.settings.race.ground)
    goals = maps.goals_of(course).points
    stable = np.linalg.eigvalsh(course.drawn.hessian(goals))[:, -1] < 2.0 / page.settings.race.learning_rate
    shares = np.array([(page.refined.cells.goal == goal).mean() for goal in range(4)])
    assert stable.sum() == 2 and (shares[stable] > 0.2).all() and (shares[~stable] < 0.001).all()


@claims("map", "Momentum with a large learning rate: fractal basins")
def _(page):
    """Neighbors end apart, and as often as not in a finer map of a part: with a small rate only along lines."""

    def mixed(spec):
        goal = maps.cells(spec, 64).goal
        return (goal[1:] != goal[:-1]).mean()

    spec = page.settings.map
    part = replace(spec, x=replace(spec.x, low=-1.0, high=0.0), y=replace(spec.y, low=-1.0, high=0.0))
    assert mixed(spec) > 0.2 and mixed(part) > 0.1
    assert mixed(replace(spec, learning_rate=0.001)) < 0.05
