"""The course's table to the last bit, tables that must be refused, and generated data sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.networks.datasets import (
    DATASETS,
    DOT,
    MAX_BYTES,
    MAX_ROWS,
    DataError,
    Dataset,
    circles,
    dot,
    draw_dot,
    parse_table,
    read_table,
    spirals,
    write_table,
    xor,
)

PRINTED = """
-0.41676 -0.05627 1
-2.1362   1.640271 0
-1.79344 -0.84175 0
0.502881 -1.24529 1
-1.05795 -0.90901 1
0.551454 2.292208 0
0.041539 -1.11793 1
0.539058 -0.59616 1
-0.01913 1.175001 1
-0.74787 0.009025 1
-0.87811 -0.15643 1
0.25657  -0.98878 1
-0.33882 -0.23618 1
-0.63766 -1.18761 1
-1.42122 -0.1535  0
-0.26906 2.231367 0
-2.43477 0.112727 0
0.370445 1.359634 1
0.501857 -0.84421 1
"""

HEADER = "x1,x2,y_c\n"
TWO = "1,2,0\n3,4,1\n"

REFUSED = {
    "an empty file": (b"", "empty"),
    "blank lines": (b"\n\n\n", "empty"),
    "a header alone": (HEADER.encode(), "empty"),
    "no header": (TWO.encode(), "wrong_header"),
    "other names": (b"a,b,c\n" + TWO.encode(), "wrong_header"),
    "two columns": (b"x1,y_c\n1,0\n2,1\n", "wrong_columns"),
    "four columns": (b"x1,x2,x3,y_c\n1,2,3,0\n1,2,3,1\n", "wrong_columns"),
    "semicolons": (TWO.replace(",", ";").encode(), "wrong_columns"),
    "a long row": ((HEADER + TWO + "1,2,0,9\n").encode(), "wrong_columns"),
    "long rows": (b"x1,x2,y_c\n1,2,0,9\n3,4,1,9\n", "wrong_columns"),
    "a short row": ((HEADER + TWO + "1,2\n").encode(), "wrong_columns"),
    "an open quotation": ((HEADER + TWO + '"1,2,0\n').encode(), "wrong_columns"),
    "a word": ((HEADER + TWO + "1,two,0\n").encode(), "not_numeric"),
    "an empty cell": ((HEADER + TWO + "1,,0\n").encode(), "not_numeric"),
    "a file cut in the middle": (DOT.read_bytes()[:-20], "wrong_columns"),
    "nan": ((HEADER + TWO + "nan,2,0\n").encode(), "non_finite"),
    "infinity": ((HEADER + TWO + "1,-inf,0\n").encode(), "non_finite"),
    "too large a number": ((HEADER + TWO + "1,1e999,0\n").encode(), "non_finite"),
    "a third class": ((HEADER + TWO + "1,2,2\n").encode(), "wrong_labels"),
    "half a class": ((HEADER + TWO + "1,2,0.5\n").encode(), "wrong_labels"),
    "one class": (b"x1,x2,y_c\n1,2,1\n3,4,1\n", "one_class"),
    "many rows": ((HEADER + "1,2,0\n" * (MAX_ROWS + 1)).encode(), "too_large"),
    "many bytes": (b"x" * (MAX_BYTES + 1), "too_large"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "not_text"),
    "UTF-16": ((HEADER + TWO).encode("utf-16"), "not_text"),
}

GENERATED = [recipe for name, recipe in DATASETS.items() if name != "dot"]
every_generated = pytest.mark.parametrize("recipe", GENERATED, ids=lambda recipe: recipe.name)


def test_dot_has_the_rows_that_the_course_prints():
    data = dot()
    for row, line in enumerate(PRINTED.strip().splitlines()):
        for value, digits in zip((*data.x[row], data.y[row]), line.split(), strict=True):
            assert value == pytest.approx(float(digits), abs=0.5 * 10.0 ** -len(digits.partition(".")[2].ljust(5, "0")))


def test_dot_is_the_recipe_to_the_last_bit():
    data, drawn = dot(), draw_dot()
    assert data.x.shape == (300, 2)
    assert data.x.tobytes() == drawn.x.tobytes()
    assert data.y.tobytes() == drawn.y.tobytes()


def test_dot_file_is_what_the_writer_writes(tmp_path):
    write_table(draw_dot(), tmp_path / "dot.csv")
    assert (tmp_path / "dot.csv").read_bytes() == DOT.read_bytes()
    assert DOT.read_text().splitlines()[0] == "x1,x2,y_c"


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_damaged_table_is_refused_with_its_reason(content, reason):
    with pytest.raises(DataError) as refusal:
        parse_table(content)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("row", "detail"),
    [("1,two,0", "two"), ("1,inf,0", "[ 1. inf  0.]"), ("1,2,7", "7.0"), ("1,2", "2")],
)
def test_refusal_names_the_row_and_what_is_wrong_with_it(row, detail):
    with pytest.raises(DataError) as refusal:
        parse_table((HEADER + TWO + row + "\n" + TWO).encode())
    assert (refusal.value.row, refusal.value.detail) == (4, detail)


@given(st.binary(max_size=200) | st.text('12.,x-\n\r"\0', max_size=60).map(lambda text: (HEADER + text).encode()))
def test_any_content_is_a_table_or_a_refusal(content):
    try:
        assert len(parse_table(content)) >= 2
    except DataError as refusal:
        assert refusal.reason


def test_missing_file_is_refused_with_its_name(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError) as refusal:
            read_table(path)
        assert refusal.value.reason == "missing"
        assert refusal.value.detail == str(path)


@pytest.mark.parametrize(
    "content",
    [HEADER + TWO, "\ufeff" + HEADER + TWO, (HEADER + TWO).replace("\n", "\r\n"), HEADER + "\n" + TWO + "\n\n"],
    ids=["plain", "byte order mark", "Windows", "blank lines"],
)
def test_table_is_read_however_its_lines_end(content):
    data = parse_table(content.encode())
    np.testing.assert_array_equal(data.x, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(data.y, [0, 1])


def test_dot_comes_first():
    assert next(iter(DATASETS)) == "dot"


@every_generated
def test_generated_set_has_n_finite_points_half_of_each_class(recipe):
    data = recipe(n=100)
    assert data.x.shape == (100, 2)
    assert np.isfinite(data.x).all()
    assert sorted(data.y) == [0.0] * 50 + [1.0] * 50
    assert set(data.y[:10]) == {0.0, 1.0}


@every_generated
def test_generated_set_follows_from_its_seed(recipe):
    np.testing.assert_array_equal(recipe(seed=4).x, recipe(seed=4).x)
    assert (recipe(seed=4).x != recipe(seed=5).x).any()


@every_generated
def test_noise_moves_the_points_by_its_size(recipe):
    offset = recipe(noise=0.7, n=1000).x - recipe(noise=0.0, n=1000).x
    assert offset.std() == pytest.approx(0.7, rel=0.05)


@every_generated
@pytest.mark.parametrize("end", ["low", "high"])
def test_every_parameter_may_stand_at_either_end(recipe, end):
    for parameter in recipe.parameters:
        data = recipe(**{parameter.name: parameter.kind(getattr(parameter.range, end))})
        assert np.isfinite(data.x).all()
        assert set(data.y) == {0.0, 1.0}


def test_shapes_without_noise_are_the_formulas():
    data = xor(noise=0.0, gap=0.4)
    np.testing.assert_array_equal(data.y, data.x.prod(axis=1) < 0)
    assert np.abs(data.x).min() >= 0.2

    data = circles(noise=0.0, gap=0.5)
    radius = np.hypot(*data.x.T)
    assert radius[data.y == 1].max() <= 1
    assert radius[data.y == 0].min() >= 1.5
    assert radius.max() <= 2.6

    data = spirals(noise=0.0, turns=1.0)
    radius = np.hypot(*data.x.T)
    angle = np.arctan2(*data.x.T[::-1]) - 2 * np.pi * radius / 2.6 - np.pi * data.y
    np.testing.assert_allclose(np.cos(angle), 1, atol=1e-12)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.5, 0.999])
def test_split_parts_the_rows_and_keeps_the_shares(fraction):
    data = dot()
    training, validation = data.split(fraction, seed=1)
    rows = [tuple(row) for part in (training, validation) for row in part.x]
    assert sorted(rows) == sorted(tuple(row) for row in data.x)
    for label in (0.0, 1.0):
        rows = (data.y == label).sum()
        assert (validation.y == label).sum() == min(round(fraction * rows), rows - 1)


def test_split_follows_from_its_seed():
    np.testing.assert_array_equal(dot().split(0.2, 7)[1].x, dot().split(0.2, 7)[1].x)
    assert (dot().split(0.2, 7)[1].x != dot().split(0.2, 8)[1].x).any()


def test_split_keeps_the_order_and_pairs_each_point_with_its_class():
    data = Dataset(np.arange(20.0).reshape(10, 2), np.arange(10) % 2 * 1.0)
    for part in data.split(0.4):
        assert (np.diff(part.x[:, 0]) > 0).all()
        np.testing.assert_array_equal(part.y, part.x[:, 0] / 2 % 2)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 2.0, float("nan")])
def test_split_by_no_fraction_is_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        dot().split(fraction)
