"""What the titles of scenes of the ready lectures claim."""

from dataclasses import replace

import numpy as np

from optviz.lessons import descent, races
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.curve_descent import Behavior
from optviz.surfaces.race import Ending
from optviz.ui.moments import keep
from tests.claims import CLAIMS, claims, same
from tests.claims.descents import behaviors, ends, optimizers
from tests.claims.trainings import bends, frame, nets

# ---- the learning rate


@claims("learning_rate", "One step after the other")
def _(page):
    path, gradient, _verdicts = descent.descent_of(page.settings)
    steps = -np.diff(path.w[:, 0, 0])
    np.testing.assert_allclose(steps, 0.2 * gradient[:-1, 0], atol=1e-15)
    assert (np.abs(steps[1:20]) < np.abs(steps[:19])).all()


@claims("learning_rate", "Too small")
def _(page):
    (verdict,) = descent.descent_of(page.settings).verdicts
    assert verdict.behavior is Behavior.SLOW and verdict.left > 0.9
    assert (page.settings.rates, page.settings.steps) == ((0.001,), 40)


@claims("learning_rate", "Oscillating, and yet settling")
def _(page):
    w = descent.descent_of(page.settings).path.w[:, 0, 0]
    assert page.settings.rates == (0.9,) and behaviors(page) == [Behavior.SETTLES]
    assert (w[1:] * w[:-1] < 0).all() and (np.abs(w[1:]) < np.abs(w[:-1])).all()


@claims("learning_rate", "Beyond the limit")
def _(page):
    told = dict(zip(page.settings.rates, behaviors(page), strict=True))
    assert told == {0.1: Behavior.GOOD, 0.9: Behavior.SETTLES, 1.04: Behavior.DIVERGES}


same("learning_rate", "Two weights, one learning rate", "surfaces", "SGD: too slow, good, diverging")
same("learning_rate", "A rate that decays", "descent", "A decay settles at the kink")
same("learning_rate", "Noise needs a decay", "schedules", "Noisy gradients need a decay")


# ---- from SGD to Adam


@claims("sgd_to_adam", "SGD follows the gradient")
def _(page):
    w = races.race_of(page.settings).path.w[:, 0]
    _loss, gradient = page.surface(w[:-1])
    np.testing.assert_allclose(np.diff(w, axis=0), -page.settings.learning_rate * gradient, atol=1e-12)
    assert optimizers(page) == ["sgd"] and (w[1:, 1] * w[:-1, 1] < 0).all(), "it zig-zags across the valley"


same("sgd_to_adam", "Momentum: the zig-zag cancels", "momentum", "The zig-zag cancels")


@claims("sgd_to_adam", "Momentum on the bowl")
def _(page):
    assert optimizers(page) == ["sgd", "momentum_classical"] and len({run.learning_rate for run in page.chosen}) == 1
    assert ends(page) == [Ending.DIVERGED, Ending.ARRIVED]
    bends = float(np.linalg.eigvalsh(page.surface.hessian(np.zeros(2))).max())
    assert 2 / bends < page.chosen[1].learning_rate < 2 * (1 + page.chosen[1].all_values["beta"]) / bends


@claims("sgd_to_adam", "AdaGrad and RMSProp: a learning rate for each weight")
def _(page):
    CLAIMS["surfaces", "AdaGrad stalls, RMSProp goes on"](page)
    rate = races.race_of(page.settings).path.rate
    assert (rate[1:, :, 0] > 1.5 * rate[1:, :, 1]).all()
    assert keep(page.link).views == {"tabs": {"rates": 1}}


same("sgd_to_adam", "A saddle", "surfaces", "Leaving a saddle")


@claims("sgd_to_adam", "Adam is momentum and RMSProp, with a correction")
def _(page):
    adam, mine = OPTIMIZERS["adam"](), page.mine.build()
    assert adam.first == replace(OPTIMIZERS["momentum"]().first, debias=1.0)
    assert adam.second == replace(OPTIMIZERS["rmsprop"](beta=0.999).second, debias=1.0)
    # It shows what the correction is for: without it the first steps are too large.
    assert (mine.first.debias, mine.second.debias) == (0, 0) and optimizers(page)[1] == "adam"
    first = np.abs(np.diff(races.race_of(page.settings).path.w[:2], axis=0))[0]
    assert (first[0] > 3 * first[1]).all()


@claims("sgd_to_adam", "All of them in a long valley")
def _(page):
    assert page.settings.ground.surface == "long_valley" and len(set(optimizers(page))) == 4


# ---- overfitting

for title, example in {
    "Underfitting": "Underfitting: degree 1",
    "A good fit": "Good: degree 4",
    "Overfitting": "Overfitting: degree 15",
    "Cure one: more data": "More data against overfitting",
    "Cure two: L2": "L2 against overfitting",
}.items():
    same("overfitting", title, "fitting", example)


@claims("overfitting", "L1 and L2 in a net")
def _(page):
    CLAIMS["penalties", "Many units, few points: penalties help"](page)
    there = frame(page)
    none, one, two = there.zeros
    assert one > 0.1 * page.settings.units * 3 and two == none == 0, "L1 makes weights zero, L2 does not"
    assert there.norm[2] < there.norm[1] < there.norm[0]


@claims("overfitting", "The regions of a net, without and with L2")
def _(page):
    CLAIMS["classifier", "With and without L2: many units, few points"](page)
    without, with_l2 = map(bends, nets(page))
    assert with_l2 < 0.5 * without


# ---- activations and the vanishing gradient

same("vanishing_gradient", "Below 0 the ReLU lets nothing through", "activations", "ReLU, leaky ReLU, sigmoid, tanh")
same("vanishing_gradient", "S-shaped: where the slope fades", "activations", "S-shaped: where the slope fades")
same(
    "vanishing_gradient",
    "Ten layers of sigmoids: the first learns next to nothing",
    "vanishing",
    "Sigmoid, tanh, ReLU, leaky ReLU",
)
same("vanishing_gradient", "Weights too small: the signal dies out", "initialization", "Too small")
same("vanishing_gradient", "He for ReLU: every layer as wide as the one before", "initialization", "He for ReLU")
same("vanishing_gradient", "Too large a learning rate kills units for good", "dead_relu", "Learning rate too large")
same("vanishing_gradient", "No unit dies", "dead_relu", "No unit dies")


# ---- losses

same("loss_functions", "Squared error, absolute error, or both", "losses", "The course's two numbers")
same("loss_functions", "One outlier dominates the squared error", "losses", "One outlier")
same("loss_functions", "Huber: squared up to δ, linear beyond", "loss_curves", "Huber: squared up to δ, linear beyond")
same("loss_functions", "Custom loss", "yoghurt", "A bottle costs 1 and earns 99")
same("loss_functions", "Confident and wrong", "cross_entropy", "Confident and wrong")
same("loss_functions", "Logits of 1000: the definition breaks", "softmax_loss", "Logits of 1000: the definition breaks")
same("loss_functions", "Focal loss: an easy example", "loss_curves", "Focal loss: an easy example")
