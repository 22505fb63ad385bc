"""The pictures of losses: ranges that hold their values and stay, and traces that follow what the lessons send."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.figures import cross_entropy, losses, yoghurt
from optviz.figures.losses import LADDER, Scale, places, rung
from optviz.figures.panels import tracks_of
from optviz.figures.style import SERIES


@pytest.mark.parametrize(
    ("values", "expected"),
    [((), 0.01), ((0.02,), 0.02), ((-1.1, 1), 1.5), ((99,), 100), ((np.inf, 3), 3), ((1e9,), 7e4)],
)
def test_a_rung_is_the_next_round_number(values, expected):
    assert rung(*values) == expected and expected in LADDER


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=5), st.sampled_from(LADDER), st.floats(-1e5, 1e5))
def test_a_drag_stays_in_the_picture_and_does_not_change_it(values, top, y):
    scale = Scale.of(np.array(values), top)
    assert scale.low <= min(values) and max(values) <= scale.high
    moved = scale.snap(y)
    assert scale.low - 1e-9 <= moved <= scale.top
    after = Scale.of(np.array([*values, moved]), scale.top)
    assert after == scale


def test_bars_side_by_side_do_not_touch_and_stand_around_their_center():
    stands = places(np.array([1.0, 2.0]), 3)
    assert stands.shape == (3, 2)
    np.testing.assert_allclose(stands.mean(axis=0), [1, 2])
    assert np.diff(stands[:, 0]).min() > 0.92 * losses.BESIDE / 3 and np.ptp(stands[:, 0]) < 0.8
    bars = losses.bars(("a", "b", "c"), ("x", "y", "z"), np.array([1.0, 2.0]))
    np.testing.assert_allclose([bar.x for bar in bars], stands)


def test_series_differ_by_more_than_color():
    figure = losses.curves(("a", "b", "c"), "x", ("u", "v", "w"), [], ((0, 1), (0, 1)), ("", ""))
    assert len({trace.line.dash for trace in figure.data}) == 3
    assert [trace.meta["color"] for trace in figure.data] == [series.color for series in SERIES[:3]]


def test_every_figure_asks_for_what_it_follows():
    words = dict.fromkeys(("target", "prediction", "error", "mean", "median", "number", "true", "start"), "word")
    figures = {
        "predictions": losses.predictions(np.array([1.0, 2.0]), Scale(0, 2, 2), words),
        "shares": losses.shares(("a",), ("share",), 2, words),
        "groups": cross_entropy.groups(("a", "b"), ("p", "q"), 2, ("x", "y"), (0, 1), target="right"),
        "logarithm": cross_entropy.logarithm(("A", "B"), ("x", "y"), 5.0),
        "lead": cross_entropy.lead(("a", "b", "c"), ("x", "y"), 10.0, "rows"),
        "plane": yoghurt.plane(("a", "b", "c"), words),
        "weights": yoghurt.weights(("a", "b", "c"), "w", "epoch"),
        "strips": yoghurt.strips(("a", "b", "c"), 32, "over", (-1, 1), "mean"),
        "prices": yoghurt.prices(("a", "b", "c"), ("x", "y"), 1.0, 1.0),
    }
    still = {"plane": 1}  # the true weights
    for name, figure in figures.items():
        assert len(tracks_of(figure)) == len(figure.data) - still.get(name, 0), name
        assert all(track.y is not None for track in tracks_of(figure))
