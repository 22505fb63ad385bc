"""What is claimed on the pages of losses, of fitting, and of points in the plane without a training that streams."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from optviz.lessons import cross_entropy, logistic, loss_curves, losses, softmax_loss, yoghurt
from optviz.models.fitting import Word, fit, judge
from tests.claims import claims, names

# ---- losses


def shares(page: SimpleNamespace) -> np.ndarray:
    """Return each point's share of the MSE, the MAE and Huber's loss, a row each."""
    return np.stack([losses.share_of(errors) for errors in losses.errors_of(page.settings)])


names("losses", "The course's two numbers", true=(0.5, 0.8), pred=(1.0, 1.0))


@claims("losses", "One outlier")
def _(page):
    squared, absolute, _huber = shares(page)
    outlier = int(squared.argmax())
    others = np.delete(page.settings.true, outlier)
    assert abs(page.settings.true[outlier] - others.mean()) > 10 * others.std()
    assert squared[outlier] > 0.95 and absolute[outlier] < 0.9
    # It draws the mean away from all others, and not the median.
    mean, median, _huber = losses.constants_of(page.settings)
    assert mean > others.max() >= median
    assert page.moving == "true"  # and it can be drawn elsewhere


@claims("losses", "A good fit except for one point")
def _(page):
    errors = np.abs(np.subtract(page.settings.true, page.settings.pred))
    assert (np.sort(errors)[:-1] < 0.15).all() and errors.max() > 1
    assert (page.settings.true[errors.argmax()] - np.mean(page.settings.true)) < 1


@claims("losses", "Huber with a small δ: almost the MAE")
def _(page):
    squared, absolute, huber = shares(page)
    assert np.abs(huber - absolute).max() < 0.5 * np.abs(squared - absolute).max()
    mean, median, constant = losses.constants_of(page.settings)
    assert abs(constant - median) < 0.05 * abs(mean - median)


# ---- losses as curves


def readings(page: SimpleNamespace) -> loss_curves.Readings:
    """Return what the probe reads of each loss."""
    return loss_curves.at_probe(page.settings)


@claims("loss_curves", "Huber: squared up to δ, linear beyond")
def _(page):
    delta, x = page.settings.own["delta"], np.linspace(-4, 4, 81)
    curve = loss_curves.read(page.settings, x)["huber"]
    inside = np.abs(x) <= delta
    np.testing.assert_allclose(curve.value[inside], x[inside] ** 2 / 2, atol=1e-12)
    np.testing.assert_allclose(np.abs(curve.slope[~inside]), delta)
    assert inside.any() and (~inside).any() and abs(page.settings.probe) > delta


@claims("loss_curves", "Huber with a large δ: half the squared error")
def _(page):
    assert page.settings.own["delta"] == 10
    np.testing.assert_allclose(2 * page.arrays["huber_value"], page.arrays["mse_value"])


@claims("loss_curves", "Focal loss: an easy example")
def _(page):
    here = readings(page)
    assert np.exp(-here["binary_crossentropy"].value) > 0.9
    assert here["focal"].value < 0.01 * here["binary_crossentropy"].value


@claims("loss_curves", "Focal loss: a hard example")
def _(page):
    here = readings(page)
    assert np.exp(-here["binary_crossentropy"].value) < 0.2
    assert here["focal"].value > 0.5 * here["binary_crossentropy"].value


@claims("loss_curves", "γ = 0 is cross-entropy")
def _(page):
    np.testing.assert_allclose(page.arrays["focal_value"], page.arrays["binary_crossentropy_value"])
    assert "With γ = 0 focal loss is cross-entropy" in page.summary and "concentrates on the others" not in page.summary


@claims("loss_curves", "Rare class: α = 0.75")
def _(page):
    unweighted = replace(page.settings, values=tuple((page.settings.own | {"balance": False}).items()))
    for label, weight in ((1, 0.75), (0, 0.25)):
        weighted, plain = (
            loss_curves.at_probe(replace(each, label=label))["focal"].value for each in (page.settings, unweighted)
        )
        assert np.isclose(weighted, weight * plain)


# ---- cross-entropy


@claims("cross_entropy", "Two classes: which is nearer?")
def _(page):
    a, b = cross_entropy.losses_of(page.settings)
    assert len(page.settings.target) == 2 and b < a and "B is nearer" in page.summary


names("cross_entropy", "Three classes", target=(1.0, 0.0, 0.0))


@claims("cross_entropy", "Confident and wrong")
def _(page):
    right = int(page.settings.y.argmax())
    sure, unsure = page.settings.p[:, right]
    costs = cross_entropy.losses_of(page.settings)
    assert sure < 0.05 < unsure < 0.5 and costs[0] > 4 * costs[1]


@claims("cross_entropy", "A probability of 0")
def _(page):
    assert page.settings.p[0, int(page.settings.y.argmax())] == 0
    assert np.isinf(cross_entropy.losses_of(page.settings)[0]) and "∞" in page.summary


@claims("cross_entropy", "A row that does not sum to 1")
def _(page):
    assert page.settings.p[0].sum() != 1 and "not to 1" in cross_entropy.remarks(page.settings)[0]


# ---- softmax with cross-entropy


@claims("softmax_loss", "Five rows, one-hot")
def _(page):
    assert page.settings.y.shape[0] == 5 and not page.settings.sparse and (page.settings.y.sum(axis=1) == 1).all()


@claims("softmax_loss", "Two rows, sparse labels")
def _(page):
    assert len(page.settings.rows) == 2 and page.settings.sparse


@claims("softmax_loss", "Logits of 1000: the definition breaks")
def _(page):
    ways = softmax_loss.losses_of(page.settings)
    assert np.abs(page.settings.z).max() == 1000
    assert not np.isfinite(ways.naive).all() and np.isfinite(ways.fused).all()


@claims("softmax_loss", "Wrong by 20: two steps stop")
def _(page):
    ways = softmax_loss.losses_of(page.settings)
    assert softmax_loss.leads_of(page.settings)[0] == -20
    assert np.isclose(ways.fused[0], 20) and np.isclose(ways.two_steps[0], -np.log(1e-7), rtol=1e-3)


# ---- the yoghurt seller


def leans(page: SimpleNamespace) -> tuple[float, float, float]:
    """Return the bottles too many under the squared error and with the prices as they are and exchanged."""
    mse, own, exchanged = yoghurt.mean_over(page.settings)
    return mse, own, exchanged


@claims("yoghurt", "A bottle costs 1 and earns 99")
def _(page):
    mse, own, _exchanged = leans(page)
    assert (page.settings.cost, page.settings.profit) == (1, 99) and own > 0.05 > abs(mse)


@claims("yoghurt", "A bottle costs 99 and earns 1")
def _(page):
    mse, own, _exchanged = leans(page)
    assert (page.settings.cost, page.settings.profit) == (99, 1) and own < -0.05 and abs(mse) < 0.05


@claims("yoghurt", "Both the same")
def _(page):
    _mse, own, exchanged = leans(page)
    assert page.settings.cost == page.settings.profit and own == exchanged and abs(own) < 0.01


@claims("yoghurt", "Learning rate 0.3: the custom loss oscillates")
def _(page):
    assert page.settings.learning_rate == 0.3 < yoghurt.limit_of(page.settings)
    mse, *priced = np.abs(np.diff(yoghurt.path_of(page.settings).w[-50:], axis=0)).max(axis=(0, 2))
    assert mse < 1e-4 and min(priced) > 0.1


# ---- fitting

VERDICTS = {
    "Underfitting: degree 1": (Word.UNDER, {"degree": 1}),
    "Good: degree 4": (Word.GOOD, {"degree": 4}),
    "Overfitting: degree 15": (Word.OVER, {"degree": 15}),
    "More data against overfitting": (Word.GOOD, {"degree": 15, "points": 320}),
    "L2 against overfitting": (Word.GOOD, {"degree": 15, "l2": 0.01}),
    "Too much L2 underfits": (Word.UNDER, {"degree": 15, "l2": 3.0}),
    "More data cannot cure underfitting": (Word.UNDER, {"degree": 1, "points": 400}),
}
for title, (word, values) in VERDICTS.items():

    @claims("fitting", title)
    def _(page, word=word, values=values):
        assert judge(page.setting) is word
        assert all(getattr(page.setting, name) == value for name, value in values.items())
        if page.setting.degree == 15:  # without more data and without L2 it overfits
            assert judge(replace(page.setting, points=page.START.points, l2=0.0)) is Word.OVER


@claims("fitting", "A fast wave needs more features")
def _(page):
    words = [judge(replace(page.setting, degree=degree)) for degree in range(page.setting.degree + 1)]
    assert words == [Word.UNDER] * page.setting.degree + [Word.GOOD] and page.setting.curve == "wave"
    assert page.setting.degree > page.START.degree
    assert fit(page.setting).validation < 0.3 * fit(replace(page.setting, degree=page.START.degree)).validation


# ---- a line or a net


def accuracies(page: SimpleNamespace, **changes: object) -> tuple[float, float]:
    """Return the share of points that the line and the net get right, with some settings changed."""
    line, net = logistic.runs_of(replace(page.settings, **changes))
    return float(line.accuracy[-1]), float(net.accuracy[-1])


@claims("logistic", "A disk in a ring")
def _(page):
    assert page.settings.sample.dataset.name == "circles" and accuracies(page)[1] == 1


for title, dataset in {"The course's points": "dot", "XOR": "xor"}.items():

    @claims("logistic", title)
    def _(page, dataset=dataset):
        assert page.settings.sample.dataset.name == dataset


@claims("logistic", "Moons need more updates")
def _(page):
    fewer = accuracies(page, updates=page.COURSE.updates)[1]
    assert page.settings.sample.dataset.name == "moons" and fewer < 0.9 and accuracies(page)[1] > logistic.GOOD


@claims("logistic", "Two clouds: a line is enough")
def _(page):
    line, net = accuracies(page)
    assert line > logistic.GOOD and net - line < logistic.MARGIN and page.settings.sample.dataset.name == "blobs"


@claims("logistic", "Spirals: four units are not enough")
def _(page):
    assert page.settings.units == 4 and page.settings.sample.dataset.name == "spirals"
    assert accuracies(page)[1] < logistic.GOOD < accuracies(page, units=8)[1]
