"""Numbers beyond single precision leave the picture, and the page says so."""

import numpy as np
import pytest

from optviz.figures.panels import Thinned
from optviz.ui.lesson import _passes
from tests.pages import opened

SAID = "Numbers beyond 3.4 · 10³⁸ cannot be drawn"


@pytest.mark.parametrize(("page", "given", "told"), [
    ("surfaces", {"run": "sgd", "lr": "100", "steps": "200"}, True),
    ("surfaces", {"run": "sgd", "lr": "0.1", "steps": "50"}, False),
    ("descent", {"curve": "square", "lr": "9", "steps": "100"}, True),
    ("descent", {"curve": "square", "lr": "0.1", "steps": "40"}, False),
])  # fmt: skip
def test_a_page_says_that_curves_end_where_they_pass_what_can_be_drawn(page, given, told):
    app = opened(page, "en", **given)
    assert any(SAID in each.value for each in app.caption) == told


def test_what_passes_is_what_single_precision_does_not_hold():
    assert _passes(np.array([1.0, 1e39])) and _passes(Thinned(np.array([[-np.inf]], np.float32), 2))
    assert not _passes(np.array([1e38, np.nan])) and not _passes(np.array([255], np.uint8)) and not _passes([3.0])
