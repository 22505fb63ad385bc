"""The programs that the model pages offer: each is run, and comes to the numbers of the page from the same start."""

import os

import numpy as np
import pytest

from optviz.lessons import logistic
from optviz.lessons.training_settings import Sample
from optviz.recipes import Choice

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow")
pytest.importorskip("keras")


def weights(network, w):
    return [part for layer in network.views(w) for part in layer]


@pytest.mark.parametrize(
    "settings",
    [
        logistic.Settings(updates=60),
        logistic.Settings(
            sample=Sample(Choice("moons", (("n", 40), ("noise", 0.3))), share=0.0),
            units=3,
            learning_rate=0.3,
            updates=40,
            seed=5,
        ),
    ],
    ids=["default", "changed"],
)
def test_7_3_and_7_4_the_line_and_the_net_in_tensorflow(settings, capsys):
    names = {}
    exec(logistic.program(settings), names)
    assert capsys.readouterr().out.count("[") >= 6
    for run, theirs in zip(logistic.runs_of(settings), (names["line"], names["net"]), strict=True):
        for mine, part in zip(weights(run.network, run.w), theirs, strict=True):
            np.testing.assert_allclose(part.numpy(), mine, rtol=1e-9, atol=1e-12)
