"""The warm-up functions: the printed numbers, and what does not fit."""

import numpy as np
import pytest

from optviz.models.functions import (
    CASTS,
    LONGEST_AXIS,
    Axis,
    Misfit,
    WarmupError,
    bell,
    grid_points,
    histogram,
    normal,
    rand,
    read_axis,
    vstack,
    where_greater,
)
from optviz.typed_numbers import FieldError


def row(*numbers):
    return np.array(numbers, dtype=float)


def test_8_where():
    assert where_greater(row(1, 2, 3, 1, 1), row(0, 1, 3, 4, 5)).tolist() == [1, 2, 3, 4, 5]
    assert where_greater(row(2), row(1, 2, 3)).tolist() == [2, 2, 3]


def test_8_random_state_1():
    one, table = rand(1, 2, 3)
    assert repr(one) == "0.417022004702574"
    printed = [[0.720324493, 1.14374817e-04, 0.302332573], [0.146755891, 0.0923385948, 0.186260211]]
    assert np.allclose(table, printed, rtol=5e-9)
    assert rand(1, 3, 2)[1].ravel().tolist() == table.ravel().tolist()


def test_8_mgrid():
    grid = grid_points(read_axis("1:3:1"), read_axis("2:4:0.5"))
    assert grid.tolist() == [[1, 2], [1, 2.5], [1, 3], [1, 3.5], [2, 2], [2, 2.5], [2, 3], [2, 3.5]]


def test_the_grid_of_the_decision_boundary_is_the_courses():
    axis = read_axis("-3:3:0.1")
    assert grid_points(axis, axis).shape == (3600, 2)


def test_vstack_takes_rows_and_tables():
    assert vstack(row(1, 2), row(3, 4)).tolist() == [[1, 2], [3, 4]]
    assert vstack(np.ones((2, 2)), row(3, 4)).shape == (3, 2)


def test_cast():
    numbers = row(1, 2.7, -2.7, 0)
    assert CASTS["int32"](numbers).tolist() == [1, 2, -2, 0]
    assert CASTS["bool"](numbers).tolist() == [True, True, True, False]
    assert CASTS["float32"](row(0.1)).tolist() == [float(np.float32(0.1))]


def test_draws_have_the_mean_and_deviation_asked_for():
    drawn = normal(3.0, 0.5, 5000, 1)
    assert drawn.mean() == pytest.approx(3.0, abs=0.03) and drawn.std() == pytest.approx(0.5, abs=0.02)
    centers, counts = histogram(drawn, 3.0, 0.5, 40)
    assert counts.sum() >= 4995 and bell(centers, 3.0, 0.5, 5000).sum() == pytest.approx(5000, rel=1e-3)
    assert (normal(3.0, 0.0, 10, 1) == 3).all() and histogram(row(3.0), 3.0, 0.0, 5)[1].sum() == 1
    assert (bell(centers, 3.0, 0.0, 10) == 0).all()


@pytest.mark.parametrize(
    ("call", "misfit"),
    [
        (lambda: where_greater(row(1, 2, 3), row(1, 2)), Misfit.LENGTHS),
        (lambda: vstack(row(1, 2, 3), row(1, 2)), Misfit.COLUMNS),
        (lambda: read_axis("1:3:0"), Misfit.NO_STEP),
        (lambda: read_axis("3:1:1"), Misfit.EMPTY),
        (lambda: read_axis("1:1:1"), Misfit.EMPTY),
        (lambda: read_axis("0:1:1e-6"), Misfit.TOO_MANY),
        (lambda: read_axis("0:1e6:1e-300"), Misfit.TOO_MANY),
    ],
)
def test_what_does_not_fit_is_refused(call, misfit):
    with pytest.raises(WarmupError) as caught:
        call()
    assert caught.value.misfit is misfit


@pytest.mark.parametrize("text", ["", "1:3", "1:3:1:1", "a:b:c", "1:inf:1", "__import__('os')", "1e300:2:1"])
def test_what_is_no_axis_is_refused(text):
    with pytest.raises(FieldError):
        read_axis(text)


def test_an_axis_may_run_down_and_be_written_with_full_width_colons():
    assert read_axis("3：1：-1").values.tolist() == [3, 2]
    assert len(read_axis(f"0:{LONGEST_AXIS}:1").values) == LONGEST_AXIS
    assert str(Axis(1, 3, 0.5)) == "1:3:0.5"
