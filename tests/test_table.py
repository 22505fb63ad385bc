"""A table of one's own: what is read, what is refused, and what is predicted."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.models.table import (
    FEWEST_ROWS,
    HOUSES,
    MOST_BYTES,
    MOST_LINES,
    MOST_ROWS,
    Fault,
    TableError,
    Why,
    draw_houses,
    houses,
    learn,
    least_squares,
    parse,
    prepare,
    scores,
    with_one,
)
from optviz.networks.training_plan import Plan
from optviz.recipes import Choice

GOOD = "a,b,c\n" + "".join(f"{i},{i * i},{3 * i - 1}\n" for i in range(30))


def fault(content):
    with pytest.raises(TableError) as caught:
        parse(content if isinstance(content, bytes) else content.encode())
    return caught.value


# ---- reading


def test_the_sample_is_what_its_generator_writes():
    assert HOUSES.read_text("utf-8") == draw_houses()


def test_the_sample_has_words_and_empty_cells():
    table = houses()
    assert table.names == ("area_m2", "rooms", "age_years", "distance_km", "price_k")
    assert not table.left_out and table.words[0].levels == ("center", "edge", "middle")
    assert table.cells.shape == (400, 5) and np.isnan(table.cells).sum() == 8


def test_a_table_is_read_to_the_last_digit():
    table = parse(b"x,y\n" + b"".join(b"%d.1,0.30000000000000004\n1e-7, -2.5\n" % i for i in range(15)))
    assert table.cells[0].tolist() == [0.1, 0.30000000000000004] and table.cells[1].tolist() == [1e-7, -2.5]
    assert (table.encoding, table.delimiter, table.rows_read) == ("utf-8-sig", ",", 30)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(delimiter, end):
    table = parse(GOOD.replace(",", delimiter).replace("\n", end).encode())
    assert table.names == ("a", "b", "c") and table.cells.shape == (30, 3) and table.delimiter == delimiter


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_names_in_every_encoding_that_excel_writes(encoding):
    table = parse(GOOD.replace("a,b,c", "面积,房龄,价格").encode(encoding))
    assert table.names == ("面积", "房龄", "价格") and table.cells.shape == (30, 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Fault.NOTHING),
        (b"\n \n\n", Fault.NOTHING),
        (b"a,b,c\n", Fault.EMPTY),
        (b"x" * (MOST_BYTES + 1), Fault.TOO_LARGE),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Fault.NOT_TEXT),
        (b"PK\x03\x04\x14\x00\x06\x00", Fault.WORKBOOK),
        (b"\xff\xfe\x00", Fault.NOT_TEXT),
        (b"%PDF-1.7\n1 0 obj\n" + b"1,2,3\n" * 30, Fault.NOT_TEXT),
        (b"GIF89a" + bytes(range(256)), Fault.NOT_TEXT),
        (GOOD.replace("9,", "9"), Fault.RAGGED),
        (GOOD.replace("\n7,49,20\n", '\n"7,49,20\n'), Fault.UNCLOSED),
        (GOOD.replace(",-1\n", ',"-1\n'), Fault.UNCLOSED),
        (GOOD.replace(",86\n", ',"86\n'), Fault.UNCLOSED),
        (GOOD.replace("29,841,86", '"29,841,86'), Fault.UNCLOSED),
        ("price,area\n" + "1,5,2,5\n3,25,4,0\n" * 20, Fault.MISFIT),
        ("<!DOCTYPE html><table><tr><td>1</td></tr></table>", Fault.WEB_PAGE),
        ("\ufeff  <table>\n" + "<tr><td>1,2,3</td></tr>\n" * 30, Fault.WEB_PAGE),
        ('<?xml version="1.0"?>\n<rows/>', Fault.WEB_PAGE),
        ('[{"area": 1, "price": 2},\n {"area": 2, "price": 3}]\n', Fault.JSON),
        ('{"area": [1, 2], "price": [2, 3]}', Fault.JSON),
        ("[[1, 2],\n[3, 4]]", Fault.JSON),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), Fault.WORKBOOK),
        ("a,b\n" + "1,2\n" * (MOST_LINES + 1), Fault.TOO_LONG),
        ((",".join(f"c{i}" for i in range(101)) + "\n") * 2 + ",".join("1" * 101), Fault.TOO_MANY_COLUMNS),
        ("\n".join(GOOD.split("\n")[:FEWEST_ROWS]), Fault.TOO_FEW_ROWS),
        ("a\n" + "1\n2\n" * 30, Fault.TOO_FEW_COLUMNS),
        ("a,b\n" + "1,2\n1,3\n" * 30, Fault.TOO_FEW_COLUMNS),
        ("a,b\n" + "1,=SUM(A1:A2)\n2,@cmd\n" * 30, Fault.TOO_FEW_COLUMNS),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, Fault) else value.value,
)
def test_what_cannot_be_used(content, expected):
    assert fault(content).fault is expected


def test_a_ragged_row_is_named():
    error = fault("a,b,c\n1,2,3\n4,5\n6,7,8\n")
    assert (error.row, error.detail, error.limit) == (3, "2", 3)


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line():
    error = fault(GOOD.replace("\n7,49,20\n", '\n"7,49,20\n'))
    assert (error.fault, error.row) == (Fault.UNCLOSED, 9)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["one"] + ["1", "2"] * 15, Why.NOT_NUMERIC),
        (["1 kg", "2 km"] * 15, Why.NOT_NUMERIC),
        (["5%"] + ["1", "2"] * 15, Why.NOT_NUMERIC),
        (["1,5", "2.5"] * 15, Why.TWO_SIGNS),
        (["2024-05-01", "2024-05-32"] * 15, Why.DATES),
        (["13.5.24", "5.13.24"] * 15, Why.DATES),
        (["2024年5月1日", ""] * 15, Why.CONSTANT),
        (["08:15", "17:70:10"] * 15, Why.DATES),
        ([f"H{i:03}" for i in range(30)], Why.MANY_WORDS),
        (["1_000"] + ["1", "2"] * 15, Why.NOT_NUMERIC),
        (["=1+1"] + ["1", "2"] * 15, Why.NOT_NUMERIC),
        (["__import__('os')"] + ["1", "2"] * 15, Why.NOT_NUMERIC),
        (["1e308"] + ["1", "2"] * 15, Why.TOO_LARGE),
        (["5"] * 31, Why.CONSTANT),
        (["", "NA", "nan"] * 10 + ["-"], Why.EMPTY),
    ],
)
def test_columns_that_are_left_out(cells, why):
    table = parse(("a;b;c\n" + "".join(f"{i};{-i};{cell}\n" for i, cell in enumerate(cells))).encode())
    assert table.names == ("a", "b") and [(column.name, column.why) for column in table.left_out] == [("c", why)]


def test_columns_without_a_name_or_with_a_long_one():
    long = "how satisfied are you with the weather on "
    table = parse(GOOD.replace("a,b,c", f",{long}monday,{long}tuesday").encode())
    assert table.names[0] == "#1" and len(set(table.names)) == 3 and all(len(name) < 50 for name in table.names)


def test_of_a_long_table_some_rows_are_kept_evenly():
    n = 2 * MOST_ROWS + 5
    table = parse(("a,b\n" + "".join(f"{i},{2 * i}\n" for i in range(n))).encode())
    assert len(table.cells) <= MOST_ROWS and table.rows_read == n
    assert set(np.diff(table.cells[:, 0])) == {3}


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_raise_a_table_error(content):
    with suppress(TableError):
        parse(content)


@given(st.text(alphabet='ab12,;\t\n\r".e-+ ', max_size=300))
def test_no_text_does_more_than_raise_a_table_error(text):
    with suppress(TableError):
        parse((text + "\n" + GOOD).encode())


# ---- predicting


def test_rows_with_an_empty_cell_among_the_chosen_are_dropped_and_counted():
    task = prepare(houses(), "price_k", ["age_years", "area_m2"], 0.25, 0)
    assert task.dropped == 8 and len(task.training) + len(task.validation) == 392
    assert len(task.validation) == round(0.25 * 392)
    assert prepare(houses(), "price_k", ["area_m2"], 0.25, 0).dropped == 0


def test_no_row_is_in_both_parts_and_the_seed_deals_them():
    one, other = (prepare(houses(), "price_k", ["area_m2", "distance_km"], 0.5, seed) for seed in (0, 1))
    rows = [tuple(row) for row in np.column_stack([one.training.x, one.training.y])]
    assert not set(rows) & {tuple(row) for row in np.column_stack([one.validation.x, one.validation.y])}
    assert not np.array_equal(one.validation.y, other.validation.y)


def test_columns_that_leave_nothing_to_predict():
    half = "".join(f"{i},{'' if i % 2 else i},{i if i % 2 else ''}\n" for i in range(60))
    table = parse(("a,b,c\n" + half).encode())
    with pytest.raises(TableError) as caught:
        prepare(table, "a", ["b", "c"], 0.25, 0)
    assert caught.value.fault is Fault.TOO_FEW_ROWS and caught.value.detail == "0"
    constant = "".join(f"{'' if i < 30 else i},{i if i < 30 else 7}\n" for i in range(60))
    with pytest.raises(TableError) as caught:
        prepare(parse(("a,b\n" + constant).encode()), "b", ["a"], 0.25, 0)
    assert caught.value.fault is Fault.CONSTANT
    with pytest.raises(TableError) as caught:
        prepare(table, "a", [], 0.25, 0)
    assert caught.value.fault is Fault.NO_FEATURES


def test_scores_are_those_of_their_formulas():
    result = scores(np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]), np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(result.mae, [1.0, 5 / 3])
    np.testing.assert_allclose(result.r2, [1 - 9 / 14, 1 - 17 / 14])


def test_least_squares_is_that_of_the_normal_equations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    one = with_one(x)
    np.testing.assert_allclose(least_squares(x, y), np.linalg.inv(one.T @ one) @ one.T @ y, rtol=1e-9)


def test_7_7_a_network_predicts_prices_better_than_a_plane_and_than_the_mean():
    task = prepare(houses(), "price_k", houses().names[:-1], 0.25, 0)
    result = learn(task, Plan(hidden=(16,), optimizer=Choice("adam"), learning_rate=0.01, epochs=60))
    best, plane, mean = (
        float(np.ravel(way.validation_scores.mae)[-1]) for way in (result.network, result.linear, result.mean)
    )
    assert best < 0.5 * plane < 0.5 * mean
    assert result.network.validation_scores.r2[-1] > 0.95
    # Of the noise of 7 % no network can know: it leaves about 0.07 sqrt(2 / pi) of a price.
    assert best > 0.05 * task.validation.y.mean()
    assert result.mean.training_scores.r2 == pytest.approx(0, abs=1e-12)


def test_without_a_hidden_layer_the_network_comes_to_the_least_squares():
    task = prepare(houses(), "price_k", ["area_m2", "distance_km"], 0.25, 0)
    result = learn(task, Plan(learning_rate=0.3, batch_size=512, epochs=60))
    np.testing.assert_allclose(result.network.validation[-1], result.linear.validation, rtol=1e-3, atol=0.1)


def test_what_is_predicted_is_in_the_units_of_the_target_whatever_they_are():
    table = houses()
    task = prepare(table, "price_k", ["area_m2"], 0.25, 0)
    scaled = task._replace(
        training=type(task.training)(task.training.x * 1000, task.training.y * 1e6),
        validation=type(task.training)(task.validation.x * 1000, task.validation.y * 1e6),
    )
    plan = Plan(hidden=(8,), optimizer=Choice("adam"), learning_rate=0.01, epochs=5)
    small, large = learn(task, plan), learn(scaled, plan)
    np.testing.assert_allclose(large.network.validation, small.network.validation * 1e6, rtol=1e-9)


def test_a_training_that_diverges_keeps_its_finite_epochs():
    task = prepare(houses(), "price_k", ["area_m2"], 0.25, 0)
    result = learn(task, Plan(hidden=(16,), learning_rate=100.0, epochs=20))
    assert result.fit.last.reason == "diverged" and np.isfinite(result.fit.numbers[:, 0]).all()
    assert np.isnan(result.fit.last.accuracy)
