"""What is claimed where a page leads on to the classifier: the advice of practice, and the nets of fitting."""

import numpy as np

from tests.claims import claims, names
from tests.claims.trainings import column, nets, trained

names("practice", "Know your algorithm", surface="bowl")
names("practice", "Know your data", name="adagrad")
names("practice", "Shuffle in each epoch", shuffle=False)


@claims("practice", "Begin with Adam or SGD + Nesterov")
def _(page):
    assert [method.trainer.optimizer.name for method in page.settings.methods] == ["nesterov_keras", "adam"]
    plain = column(trained(page.COURSE), "loss")
    assert all(column(net, "loss")[epoch] < plain[epoch] for net in nets(page) for epoch in (50, 100, 200))


@claims("practice", "Adam first, then tuned SGD")
def _(page):
    adam, sgd = (column(net, "loss") for net in nets(page))
    assert [method.trainer.optimizer.name for method in page.settings.methods] == ["adam", "nesterov_keras"]
    assert adam[20] < 0.8 * sgd[20] and sgd[-50:].mean() < 0.8 * adam[-50:].mean()


@claims("practice", "Try a small set first")
def _(page):
    (net,) = nets(page)
    assert len(page.training.nets[0].classifier.data) <= 40 and column(net, "accuracy")[-1] > 0.9


@claims("practice", "Watch training and validation")
def _(page):
    (net,) = nets(page)
    held, loss = column(net, "validation_loss"), column(net, "loss")
    least = int(held.argmin())
    assert held[-100:].mean() > 1.2 * held[least] and loss[-100:].mean() < 0.9 * loss[least]


@claims("fitting", "2-1-1 underfits")
def _(page):
    (net,) = nets(page)
    assert page.settings.sizes == (2, 1, 1)
    course = trained(page.COURSE)
    assert column(net, "loss")[-1] > 2 * column(course, "loss")[-1]
    assert column(net, "validation_loss")[-1] > 2 * column(course, "validation_loss")[-1]


@claims("fitting", "2-11-1 with L2 fits well")
def _(page):
    (net,) = nets(page)
    assert page.settings.sizes == (2, 11, 1) and net.method.l2 > 0
    assert min(column(net, name)[-1] for name in ("accuracy", "validation_accuracy")) > 0.9
    assert np.isclose(column(net, "validation_loss")[-1], column(net, "loss")[-1], rtol=0.2)


@claims("fitting", "2-64-64-64-1 overfits")
def _(page):
    (net,) = nets(page)
    held, loss = column(net, "validation_loss"), column(net, "loss")
    assert page.settings.sizes == (2, 64, 64, 64, 1) and net.classifier.network.parameters == 8577
    assert len(page.training.nets[0].classifier.data) == 20 and loss[-1] < 0.01 and held[-1] > 1.5 * held.min()
