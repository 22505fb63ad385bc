"""What is claimed on the page of matrices."""

from dataclasses import replace

import numpy as np

from optviz.lessons.matrices import all_learned, halves, learned, unevenness
from tests.claims import claims


def trained(page):
    """Return the trainings of a page by their optimizers."""
    return dict(zip(page.settings.optimizers, all_learned(page.settings), strict=True))


@claims("matrices", "SGD learns frequent pairs first, Muon all alike")
def _(page):
    found = trained(page)
    assert halves(found["sgd"]) == sorted(halves(found["sgd"])) and unevenness(found["sgd"]) > 5
    assert unevenness(found["muon"]) < 1.5
    assert all(halves(found["muon"])[-1] < halves(run)[-1] / 2 for name, run in found.items() if name != "muon")


@claims("matrices", "Without iterations Muon learns frequent pairs first")
def _(page):
    muon = trained(page)["muon"]
    assert halves(muon) == sorted(halves(muon)) and unevenness(muon) >= 4
    assert unevenness(learned(replace(page.settings, iterations=5), 1)) < 1.5


@claims("matrices", "Orthogonalized exactly: all pairs at the same step")
def _(page):
    muon = trained(page)["muon"]
    assert unevenness(muon) == 1 and np.ptp(muon.step[0]) < 1e-12
    assert np.ptp(muon.error[:10], axis=1).max() < 1e-9


@claims("matrices", "Equally frequent pairs: SGD learns them alike, too")
def _(page):
    assert unevenness(trained(page)["sgd"]) == 1 and page.settings.exponent == 0


@claims("matrices", "Seen 64 times less often: SGD does not get to the rarest pair")
def _(page):
    p, found = page.settings.associations.frequencies, trained(page)
    assert np.isclose(p[0] / p[-1], 64)
    assert halves(found["sgd"])[-1] is None and found["sgd"].error[-1, -1] > 0.6
    assert unevenness(found["muon"]) < 2


@claims("matrices", "A falling learning rate lets Muon settle")
def _(page):
    muon, steady = trained(page)["muon"], learned(replace(page.settings, falls=False), 0)
    assert muon.error[-1].max() < 0.01 and steady.error[-1].max() > 0.05


@claims("matrices", "Shampoo and SOAP learn all pairs alike")
def _(page):
    found = trained(page)
    assert unevenness(found["shampoo"]) == 1 and unevenness(found["soap"]) == 1 < unevenness(found["muon"])
