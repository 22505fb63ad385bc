"""Tables as people write them, each small and made up: what is read of them, in which dialect, and what is said."""

import math
import string
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optviz.lessons import table as page
from optviz.models.cells import Column, is_missing, read
from optviz.models.dates import is_date, read_times
from optviz.models.encodings import decode
from optviz.models.table import Reading, Remark, Why, parse, suggest_target

ROOMS = [1 + i % 5 for i in range(24)]


class Case(NamedTuple):
    """A file, the names and the first row of what is read, and the sentence that says how."""

    content: str | bytes
    names: tuple[str, ...]
    first: tuple[float, ...]
    said: str
    rows: int = 24


def rows(row, n=24, header="area,rooms,price\n", end="\n"):
    """Return a table whose `row` is a format of i, r (rooms) and p (a price)."""
    return header + "".join(row.format(i=i, a=40 + 3 * i, r=ROOMS[i], p=100 + 7 * i) + end for i in range(n))


PLAIN = rows("{a},{r},{p}")
HOUSE = ("area", "rooms", "price")
COMMAS = "commas, decimal point, utf-8"
SEMICOLONS = "semicolons, decimal point, utf-8"
GERMAN = rows("{a};{r};{p}", header="Wohnfläche;Räume;Preis\n")
CHINESE = rows("{a},{r},{p}", header="面积,房间数,价格\n")

CASES = {
    # separators
    "commas": Case(PLAIN, HOUSE, (40, 1, 100), COMMAS),
    "semicolons": Case(PLAIN.replace(",", ";"), HOUSE, (40, 1, 100), SEMICOLONS),
    "tabs": Case(PLAIN.replace(",", "\t"), HOUSE, (40, 1, 100), "tabs, decimal point, utf-8"),
    "bars": Case(PLAIN.replace(",", "|"), HOUSE, (40, 1, 100), "vertical bars, decimal point, utf-8"),
    "full-width commas": Case(PLAIN.replace(",", "，"), HOUSE, (40, 1, 100), "full-width commas, decimal point, utf-8"),
    "spaces": Case(PLAIN.replace(",", "   "), HOUSE, (40, 1, 100), "spaces, decimal point, utf-8"),
    "aligned": Case(rows(" {a:>6}  {r:>3} {p:>9}", header="area rooms price\n"), HOUSE, (40, 1, 100), "spaces, "),
    "blanks, quoted": Case(
        rows('{a} {r} "house {i}" {p}', header='area rooms "the name" price\n'), HOUSE, (40, 1, 100), "spaces, "
    ),
    "named by Excel": Case(
        "sep=;\n" + rows("{a};{r};{p},5", header="area;rooms;price\n"),
        HOUSE,
        (40, 1, 100.5),
        "semicolons, decimal comma",
    ),
    "named, quoted": Case('"sep=|"\n' + PLAIN.replace(",", "|"), HOUSE, (40, 1, 100), "vertical bars"),
    "named strangely": Case("sep=~\n" + PLAIN.replace(",", "~"), HOUSE, (40, 1, 100), "“~”, decimal point"),
    "commas and blanks": Case(PLAIN.replace(",", ", "), HOUSE, (40, 1, 100), COMMAS),
    "each line quoted": Case("".join(f'"{line}"\n' for line in PLAIN.split()), HOUSE, (40, 1, 100), COMMAS),
    "all cells quoted": Case(
        "\n".join('"' + line.replace(",", '","') + '"' for line in PLAIN.split()), HOUSE, (40, 1, 100), COMMAS
    ),
    "bars around": Case(
        "".join(f"|{line}|\n" for line in PLAIN.replace(",", "|").split()),
        ("area", "rooms", "price"),
        (40, 1, 100),
        "vertical bars",
    ),
    # line ends and strange bytes
    "CR": Case(PLAIN.replace("\n", "\r"), HOUSE, (40, 1, 100), COMMAS),
    "CR LF": Case(PLAIN.replace("\n", "\r\n"), HOUSE, (40, 1, 100), COMMAS),
    "no last line end": Case(PLAIN.rstrip(), HOUSE, (40, 1, 100), COMMAS),
    "NULs at the end": Case(PLAIN.encode() + bytes(64), HOUSE, (40, 1, 100), COMMAS),
    "NULs in cells": Case(PLAIN.replace(",", "\0\0,").encode(), HOUSE, (40, 1, 100), COMMAS),
    "1A at the end": Case(PLAIN.encode() + b"\x1a", HOUSE, (40, 1, 100), COMMAS),
    "blank lines": Case(PLAIN.replace("\n", "\n\n"), HOUSE, (40, 1, 100), COMMAS),
    "lines of blanks": Case(PLAIN.replace("\n", "\n   \n"), HOUSE, (40, 1, 100), COMMAS),
    "lines of separators": Case(PLAIN + ",,\n,,\n", HOUSE, (40, 1, 100), COMMAS),
    # encodings
    "utf-8 with a mark": Case(GERMAN.encode("utf-8-sig"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), SEMICOLONS),
    "utf-16": Case(GERMAN.encode("utf-16"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "utf-16"),
    "utf-16-be, mark": Case(
        b"\xfe\xff" + GERMAN.encode("utf-16-be"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "utf-16"
    ),
    "utf-16-le": Case(GERMAN.encode("utf-16-le"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "utf-16-le"),
    "utf-16-be": Case(CHINESE.encode("utf-16-be"), ("面积", "房间数", "价格"), (40, 1, 100), "utf-16-be"),
    "utf-32": Case(GERMAN.encode("utf-32"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "utf-32"),
    "utf-32-be": Case(GERMAN.encode("utf-32-be"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "utf-32-be"),
    "cp1252": Case(GERMAN.encode("cp1252"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "cp1252"),
    "mac": Case(GERMAN.encode("mac_roman"), ("Wohnfläche", "Räume", "Preis"), (40, 1, 100), "mac_roman"),
    "cp1251": Case(
        rows("{a};{r};{p}", header="Площадь;Комнаты;Цена\n").encode("cp1251"),
        ("Площадь", "Комнаты", "Цена"),
        (40, 1, 100),
        "cp1251",
    ),
    "gb18030": Case(CHINESE.encode("gb18030"), ("面积", "房间数", "价格"), (40, 1, 100), "gb18030"),
    "big5": Case(
        rows("{a},{r},{p}", header="面積,房間數,價格\n").encode("big5"),
        ("面積", "房間數", "價格"),
        (40, 1, 100),
        "big5",
    ),
    "shift_jis": Case(
        rows("{a},{r},{p}", header="面積,部屋数,価格\n").encode("shift_jis"),
        ("面積", "部屋数", "価格"),
        (40, 1, 100),
        "shift_jis",
    ),
    # headers
    "no header": Case(PLAIN.split("\n", 1)[1], ("#1", "#2", "#3"), (40, 1, 100), "no names in the first row"),
    "units in the header": Case(
        rows("{a};{r};{p}", header="Fläche, m²;Zimmer;Preis, €\n"),
        ("Fläche, m²", "Zimmer", "Preis, €"),
        (40, 1, 100),
        SEMICOLONS,
    ),
    "units in the header, tabs": Case(
        rows("{a}\t{r}\t{p}", header="Length, cm\tWidth, cm\tMass, g\n"),
        ("Length, cm", "Width, cm", "Mass, g"),
        (40, 1, 100),
        "tabs",
    ),
    "units in the header, not quoted": Case(
        rows("{a},{r},{p}", header="area, m²,rooms,price, EUR\n"),
        ("area, m²", "rooms", "price, EUR"),
        (40, 1, 100),
        COMMAS,
    ),
    "quoted header": Case(
        rows("{a},{r},{p}", header='"area, all",rooms,"price\n(EUR)"\n'),
        ("area, all", "rooms", "price (EUR)"),
        (40, 1, 100),
        COMMAS,
    ),
    "a row of units": Case(
        PLAIN.replace("price\n", "price\nm²,,k€\n"),
        ("area (m²)", "rooms", "price (k€)"),
        (40, 1, 100),
        "1 row skipped (the units in row 2)",
    ),
    "a row of units in brackets": Case(
        PLAIN.replace("price\n", "price\n[m2],[-],[EUR]\n"),
        ("area (m2)", "rooms", "price (EUR)"),
        (40, 1, 100),
        "the units in row 2",
    ),
    "two rows of names": Case(
        "house,,sale\n" + PLAIN, ("house area", "house rooms", "sale price"), (40, 1, 100), COMMAS
    ),
    "years": Case(
        "land,2019,2020\n" + "".join(f"L{i},{i * i},{i + 3}.5\n" for i in range(24)), ("2019", "2020"), (0, 3.5), COMMAS
    ),
    "the same name twice": Case(
        rows("{a},{r},{p}", header="x,x,price\n"), ("x", "x (2)", "price"), (40, 1, 100), COMMAS
    ),
    "the same name thrice": Case(
        rows("{a},{r},{p}", header="x,x (2),x\n"), ("x", "x (2)", "x (3)"), (40, 1, 100), COMMAS
    ),
    "names of R": Case(
        "".join(line for line in rows('"{i}",{a},{r},{p}', header="area,rooms,price\n")),
        ("#1", "area", "rooms", "price"),
        (0, 40, 1, 100),
        COMMAS,
    ),
    "names in a comment": Case(rows("{a} {r} {p}", header="# area rooms price\n"), HOUSE, (40, 1, 100), "spaces"),
    "a header with #": Case(rows("{a},{r},{p}", header="#area,rooms,price\n"), HOUSE, (40, 1, 100), COMMAS),
    # what stands around
    "a comment": Case(
        "# source: city office, 2024\n" + PLAIN, HOUSE, (40, 1, 100), "1 row skipped (1 above the names)"
    ),
    "comments": Case("# a\n# b, c, d\n#\n" + PLAIN, HOUSE, (40, 1, 100), "3 rows skipped (3 above the names)"),
    "a title": Case("House prices of 2024\n\n" + PLAIN, HOUSE, (40, 1, 100), "1 row skipped (1 above the names)"),
    "titles of a spreadsheet": Case(
        "House prices,,\nby city,,\n,,\n" + PLAIN, HOUSE, (40, 1, 100), "2 rows skipped (2 above the names)"
    ),
    "a total": Case(PLAIN + "Total,,4332\n", HOUSE, (40, 1, 100), "1 row skipped (1 with totals)"),
    "totals": Case(
        PLAIN + "Summe,70,4332\nMittelwert,2.9,180.5\n", HOUSE, (40, 1, 100), "2 rows skipped (2 with totals)"
    ),
    "合计": Case(CHINESE + "合计,,4332\n", ("面积", "房间数", "价格"), (40, 1, 100), "1 with totals"),
    "a sum without a name": Case(
        PLAIN + f",,{sum(100 + 7 * i for i in range(24))}\n", HOUSE, (40, 1, 100), "1 with totals"
    ),
    "a source below": Case(PLAIN + "\nSource: city office\n", HOUSE, (40, 1, 100), "1 row skipped (1 with notes)"),
    "a source below, padded": Case(
        PLAIN + "Source: city office,,\n", HOUSE, (40, 1, 100), "1 row skipped (1 with notes)"
    ),
    "names again": Case(
        PLAIN.replace("61,3,149", "area,rooms,price\n61,3,149"),
        HOUSE,
        (40, 1, 100),
        "1 row skipped (1 with the names again)",
    ),
    "a short row": Case(
        PLAIN.replace("61,3,149", "61,3"),
        HOUSE,
        (40, 1, 100),
        "1 row skipped (1 of another length, the first in row 9)",
        23,
    ),
    "a long row": Case(
        PLAIN.replace("61,3,149", "61,3,149,5"), HOUSE, (40, 1, 100), "1 of another length, the first in row 9", 23
    ),
    "separators at the end": Case(PLAIN.replace("\n", ",\n"), HOUSE, (40, 1, 100), COMMAS),
    "separators at the end of rows": Case(
        rows("{a};{r};{p};", header="area;rooms;price\n"), HOUSE, (40, 1, 100), SEMICOLONS
    ),
    "many separators at the end": Case(PLAIN.replace("\n", ",,,\n"), HOUSE, (40, 1, 100), COMMAS),
    # numbers
    "decimal commas": Case(
        rows("{a},5;{r};{p},25", header="area;rooms;price\n"), HOUSE, (40.5, 1, 100.25), "semicolons, decimal comma"
    ),
    "decimal commas, three digits": Case(
        rows("0,{a}1;{r};{r},{p}", header="area;rooms;price\n"), HOUSE, (0.401, 1, 1.1), "decimal comma"
    ),
    "decimal commas, tabs": Case(
        rows("{a},5\t{r}\t{p},25", header="area\trooms\tprice\n"), HOUSE, (40.5, 1, 100.25), "tabs, decimal comma"
    ),
    "decimal commas, quoted": Case(rows('"{a},5",{r},"{p},25"'), HOUSE, (40.5, 1, 100.25), "commas, decimal comma"),
    "decimal commas, blanks": Case(
        rows("{a},5 {r} {p},25", header="area rooms price\n"), HOUSE, (40.5, 1, 100.25), "spaces, decimal comma"
    ),
    "1,234.5": Case(rows('{a},{r},"1,{p}.5"'), HOUSE, (40, 1, 1100.5), COMMAS),
    "1.234,5": Case(rows("{a};{r};1.{p},5", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), "decimal comma"),
    "1 234,5": Case(rows("{a};{r};1 {p},5", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), "decimal comma"),
    "1 234,5 with narrow blanks": Case(
        rows("{a};{r};1\u202f{p},5", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), "decimal comma"
    ),
    "1'234.50": Case(rows("{a};{r};1'{p}.50", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), SEMICOLONS),
    "1’234.50": Case(rows("{a};{r};1’{p}.50", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), SEMICOLONS),
    "1,23,456": Case(rows('{a},{r},"1,23,{p}"'), HOUSE, (40, 1, 123100), COMMAS),
    "1.234.567": Case(rows("{a};{r};1.234.{p}", header="area;rooms;price\n"), HOUSE, (40, 1, 1234100), "decimal comma"),
    "1,5E+03": Case(rows("{a};{r};1,{r}E+03", header="area;rooms;price\n"), HOUSE, (40, 1, 1100), "decimal comma"),
    "+1e0": Case(rows("+{a},{r}E+00,{p}e-2"), HOUSE, (40, 1, 1), COMMAS),
    "$1,789": Case(rows('{a},{r},"$1,{p}"'), HOUSE, (40, 1, 1100), COMMAS),
    "€": Case(rows("{a};{r};{p},50 €", header="area;rooms;price\n"), HOUSE, (40, 1, 100.5), "decimal comma"),
    "CHF": Case(rows("{a};{r};CHF 1'{p}.50", header="area;rooms;price\n"), HOUSE, (40, 1, 1100.5), SEMICOLONS),
    "元": Case(rows("{a},{r},{p}元"), HOUSE, (40, 1, 100), COMMAS),
    "￥": Case(rows("{a},{r},￥{p}"), HOUSE, (40, 1, 100), COMMAS),
    "%": Case(rows("{a},{r},{p}.5 %"), HOUSE, (40, 1, 100.5), COMMAS),
    "m²": Case(rows("{a} m²,{r},{p}"), HOUSE, (40, 1, 100), COMMAS),
    "sq ft": Case(rows("{a} sq ft,{r},{p}"), HOUSE, (40, 1, 100), COMMAS),
    "inches": Case(rows('{a}",{r},{p}'), HOUSE, (40, 1, 100), COMMAS),
    "(1,234.50)": Case(rows('{a},{r},"(1,{p}.50)"'), HOUSE, (40, 1, -1100.5), COMMAS),
    "($5)": Case(rows("{a},{r},(${p})"), HOUSE, (40, 1, -100), COMMAS),
    "-$5": Case(rows("{a},{r},-${p}"), HOUSE, (40, 1, -100), COMMAS),
    "5-": Case(rows("{a},{r},{p}-"), HOUSE, (40, 1, -100), COMMAS),
    "Unicode minus": Case(rows("−{a},{r},{p}"), HOUSE, (-40, 1, 100), COMMAS),
    "full-width": Case(rows("４{i},{r},－{p}．５").replace("40", "40"), HOUSE, (40, 1, -100.5), COMMAS),
    "Arabic digits": Case(
        rows("{a},{r},{p}").translate({ord("0") + i: 0x660 + i for i in range(10)}), HOUSE, (40, 1, 100), COMMAS
    ),
    "apostrophe for text": Case(rows("'{a},{r},{p}"), HOUSE, (40, 1, 100), COMMAS),
    "marks that are not seen": Case(rows("\u200b{a}\u200e,{r},{p}\u00a0"), HOUSE, (40, 1, 100), COMMAS),
    # met on the way
    "5.–": Case(rows("{a};CHF 1'{p}.–;{p}", header="area;rooms;price\n"), HOUSE, (40, 1100, 100), SEMICOLONS),
    "5,-": Case(rows("{a};1.{p},- €;{p},5", header="area;rooms;price\n"), HOUSE, (40, 1100, 100.5), "decimal comma"),
    "years and a name": Case(
        rows("{a},{r}.5,{p}.5", header="Year,2019,2020\n"), ("Year", "2019", "2020"), (40, 1.5, 100.5), COMMAS
    ),
    "what a device writes": Case(
        "Device,X100\nRate,100 Hz\n\n" + PLAIN, HOUSE, (40, 1, 100), "2 rows skipped (2 above"
    ),
    "Markdown": Case(
        rows("| {a} | {r} | {p} |", header="| area | rooms | price |\n|---|:-:|---|\n"),
        HOUSE,
        (40, 1, 100),
        "vertical bars",
    ),
    "mean and deviation": Case(PLAIN + "Average,2,120\nStd,1,2\n", HOUSE, (40, 1, 100), "2 with totals"),
    "single quotes": Case(rows("'{a}','{r}','{p}'", header="'area','rooms','price'\n"), HOUSE, (40, 1, 100), COMMAS),
    "1A and a line end": Case(PLAIN.encode() + b"\x1a\r\n", HOUSE, (40, 1, 100), COMMAS),
    "words for units": Case(
        PLAIN.replace("price\n", "price\nm²,Anzahl,T€\n"),
        ("area (m²)", "rooms (Anzahl)", "price (T€)"),
        (40, 1, 100),
        "units",
    ),
    "a title of three words": Case("Übersicht der Häuser\n" + PLAIN.replace(",", "\t"), HOUSE, (40, 1, 100), "tabs"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_read_as_it_was_meant(name):
    case = CASES[name]
    content = case.content if isinstance(case.content, bytes) else case.content.encode()
    table = parse(content)
    assert table.names == case.names
    assert table.cells.shape == (case.rows, len(case.names)) and not np.isnan(table.cells).any()
    np.testing.assert_allclose(table.cells[0], case.first, rtol=1e-15)
    assert case.said in page.head(page.Own("own.csv", table, "key"))
    # The last column rises in all of them: a row read otherwise than the first would stand out.
    assert len(set(np.sign(np.diff(table.cells[:, -1])))) <= 3 and len(set(table.cells[:, -1])) > 4


# ---- what is told of it


def told(content, reading=None):
    table = parse(content if isinstance(content, bytes) else content.encode(), reading or Reading())
    return table, {note.remark: note for note in table.told}


@pytest.mark.parametrize(
    ("content", "sign", "value", "sentence"),
    [
        (rows('{a},{r},"12,{p}"'), ".", 12100, "“12,100” in row 2 of price was read as 12100; if it is 12.1,"),
        (rows("{a};{r};12,{p}", header="area;rooms;price\n"), ",", 12.1, "was read as 12.1; if it is 12100,"),
        (rows("{a}\t{r}\t12,{p}", header="area\trooms\tprice\n"), ".", 12100, "was read as 12100; if it is 12.1,"),
        (rows("{a};{r};12.{p}", header="area;rooms;price\n"), ".", 12.1, "was read as 12.1; if it is 12100,"),
    ],
)
def test_a_number_that_may_be_two_is_told_and_the_choice_decides(content, sign, value, sentence):
    table, notes = told(content)
    assert table.decimal == sign and table.cells[0, 2] == value
    said = page.describe(page.Own("a.csv", table, "key"), "price").replace("`", "")
    assert Remark.AMBIGUOUS in notes and sentence in said
    other, notes = told(content, Reading(decimal="." if sign == "," else ","))
    assert other.cells[0, 2] == {12100: 12.1, 12.1: 12100}[value] and Remark.AMBIGUOUS not in notes


@pytest.mark.parametrize(
    "content",
    [
        rows('{a},{r},"12,{p}"', header="area,rooms,price\n").replace("40,", "40.5,", 1),
        rows("{a},{r},12.{p}"),
        rows("0,{a}1;{r};12,{p}", header="area;rooms;price\n"),
        rows('{a},{r},"1,012,{p}"'),
    ],
)
def test_another_column_or_cell_that_has_only_one_reading_leaves_no_doubt(content):
    assert Remark.AMBIGUOUS not in told(content)[1]


def test_a_column_with_another_decimal_sign_is_read_by_its_own_and_told():
    content = rows("{a},5;{r}.5;{p},5", header="area;rooms;price\n")
    table, notes = told(content)
    assert table.decimal == "," and table.names == HOUSE and not table.left_out
    assert table.cells[0].tolist() == [40.5, 1.5, 100.5]
    assert notes[Remark.OWN_SIGN][1:3] == ("rooms", ".")
    table, notes = told(content, Reading(decimal=","))
    assert [column[:4] for column in table.left_out] == [("rooms", Why.NOT_NUMERIC, "1.5", 2)] and not notes


def test_a_column_with_both_decimal_signs_is_left_out_with_the_first_cell_that_has_the_other():
    table, _notes = told(rows("{a},5;{r};{p},5", header="area;rooms;price\n").replace("46,5", "46.5"))
    assert [tuple(column) for column in table.left_out] == [("area", Why.TWO_SIGNS, "46.5", 4)]


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("${:,.2f}", "$"),
        ("{:,.2f} €", "€"),
        ("{:,.2f}%", "%"),
        ("US$ {:,.2f}", "US$"),
        ("{:,.2f}", ""),
        ("{:.2f} %", "%"),
    ],
)
@pytest.mark.parametrize("comma", [False, True])
def test_a_sign_that_all_cells_have_and_thousands_are_taken_off_at_once(cell, unit, comma):
    numbers = np.round(np.random.default_rng(0).normal(0, 1e4, 60), 2)
    if unit in ("$", "US$"):
        numbers = np.abs(numbers)
    cells = [cell.format(number) for number in numbers]
    if comma:
        cells = [text.translate(str.maketrans(",.", ".,")) for text in cells]
    cells[7], numbers[7] = "", np.nan
    column = Column(cells)
    assert column.plain == ("," if comma else ".") and column.unit() == unit
    np.testing.assert_array_equal(column.values(column.plain), numbers)
    slow = Column([*cells, "NA"])
    assert not slow.plain and slow.unit() == unit
    np.testing.assert_array_equal(slow.values(column.plain), [*numbers, np.nan])


@pytest.mark.parametrize("number", ["{i}", "1,{i:03}.5"])
def test_a_cell_of_two_lines_is_no_number(number):
    cells = [number.format(i=i) for i in range(30)]
    cells[5] += f"\n{cells[6]}"
    table, _notes = told("a;b;c\n" + "".join(f'{i};{-i};"{cell}"\n' for i, cell in enumerate(cells)))
    assert table.names == ("a", "b")


def test_days_one_after_the_other_do_not_number_the_rows():
    table, _notes = told("day,a,price\n" + "".join(f"2024-05-{i:02},{i % 7},{i * i}\n" for i in range(1, 31)))
    assert table.cells[:, 0].tolist() == list(range(30)) and not table.counting


@pytest.mark.parametrize(
    "mark",
    [
        "NA",
        "N/A",
        "#N/A",
        "#DIV/0!",
        "#WERT!",
        "#NV",
        "null",
        "None",
        "NaN",
        "-",
        "–",
        "—",
        "?",
        ".",
        "",
        " ",
        "k.A.",
        "<NA>",
        "缺失",
        "\\N",
    ],
)
def test_marks_of_missing_values(mark):
    content = PLAIN.replace("43,2,107", f"43,{mark},107").replace("49,4,121", f"49,{mark},121")
    table, notes = told(content)
    assert table.names == HOUSE and np.flatnonzero(np.isnan(table.cells[:, 1])).tolist() == [1, 3] and not notes


def test_a_word_that_comes_again_among_numbers_is_a_missing_value_and_told():
    table, notes = told(PLAIN.replace("43,2,107", "43,weiß nicht,107").replace("49,4,121", "49,weiß nicht,121"))
    assert np.isnan(table.cells[:, 1]).sum() == 2
    assert (notes[Remark.MARK].cell, notes[Remark.MARK].times) == ("weiß nicht", 2)


def test_infinite_cells_count_as_empty_and_are_told():
    table, notes = told(PLAIN.replace("43,2,107", "43,inf,107").replace("49,4,121", "49,-Infinity,121"))
    assert np.isnan(table.cells[:, 1]).sum() == 2
    assert notes[Remark.INFINITE][2:] == ("inf", "", "", 2, 3)


def test_a_sentinel_is_only_suggested_and_taken_for_missing_once_it_is_named():
    content = PLAIN.replace("43,2,107", "43,-999,107").replace("49,4,121", "49,-999.0,121")
    table, notes = told(content)
    assert table.cells[1, 1] == -999 and (notes[Remark.SENTINEL].cell, notes[Remark.SENTINEL].times) == ("-999", 2)
    named, notes = told(content, Reading(missing=frozenset({"-999"})))
    assert np.isnan(named.cells[:, 1]).sum() == 2 and not notes


def test_numbers_that_happen_to_be_999_are_no_sentinels():
    assert Remark.SENTINEL not in told(rows("{a},{r},{p}").replace("100\n", "999\n") + "1,2,980\n3,4,990\n5,6,999\n")[1]


@pytest.mark.parametrize(
    ("header", "first", "counting"),
    [
        (",area,price\n", "{i}", ("#1",)),
        ("Unnamed: 0,area,price\n", "{i}", ("Unnamed: 0",)),
        ("Id,area,price\n", "{i}", ("Id",)),
        ("passenger,area,price\n", "{i}", ("passenger",)),
        ("序号,area,price\n", "{i}", ("序号",)),
        ("Id,area,price\n", "1{p}", ()),
        ("size,area,price\n", "{r}", ()),
    ],
)
def test_a_column_that_only_numbers_the_rows_is_no_feature_at_first(header, first, counting):
    table, notes = told(rows(f"{first},{{a}},{{p}}", header=header))
    assert table.counting == counting and (Remark.COUNTS in notes) == bool(counting)
    chosen = page.features_of(page.Own("a.csv", table, "key"), "price")
    assert set(chosen) == {"area", *table.names[:1]} - set(counting)


def test_the_only_feature_is_one_even_if_it_rises_by_1():
    table, _notes = told("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(24)))
    assert table.counting == () and page.features_of(page.Own("a.csv", table, "key"), "y") == ("x",)


@pytest.mark.parametrize(
    ("names", "target", "named"),
    [
        ("price,area,garage", "price", True),
        ("area,Preis,Garage", "Preis", True),
        ("Surface,Prix (€),Garage", "Prix (€)", True),
        ("SalePrice,YrSold,GarageArea", "SalePrice", True),
        ("sale_price,area,garage", "sale_price", True),
        ("mpg,cylinders,horsepower", "mpg", True),
        ("crim,MEDV,lstat", "MEDV", True),
        ("y,x1,x2", "y", True),
        ("label,x1,x2", "label", True),
        ("target,price,x2", "target", True),
        ("房价,面积,房龄", "房价", True),
        ("area,rooms,garage", "garage", False),
        ("yards,priced,garage", "garage", False),
    ],
)
def test_the_target_is_guessed_from_its_name_and_the_guess_is_told(names, target, named):
    table, _notes = told(rows("{a},{r},{p}", header=f"{names}\n"))
    assert suggest_target(table) == (target, named)
    sentence = page.describe(page.Own("a.csv", table, "key"), target)
    assert "The suggested target is" in sentence and ("because of its name" if named else "the last column") in sentence


def test_words_become_features_up_to_twenty():
    letters = string.ascii_lowercase
    table, _notes = told("kind,area,price\n" + "".join(f"{letters[i % 20]},{i},{i * i}\n" for i in range(60)))
    assert [(words.name, words.levels) for words in table.words] == [("kind", tuple(letters[:20]))]
    indicators = table.column("kind")
    assert indicators.shape == (60, 20) and (indicators.sum(axis=1) == 1).all() and indicators[21, 1] == 1
    table, _notes = told("kind,area,price\n" + "".join(f"{letters[i % 21]},{i},{i * i}\n" for i in range(60)))
    assert not table.words and table.left_out[0][:3] == ("kind", Why.MANY_WORDS, "21")


def test_a_missing_word_is_an_empty_cell():
    table, _notes = told("kind,area,price\n" + "".join(f"{'ab?'[i % 3]},{i},{i * i}\n" for i in range(60)))
    assert table.words[0].levels == ("a", "b") and np.isnan(table.column("kind")[2]).all()


# ---- what is corrected


def test_every_guess_can_be_corrected():
    german = rows("{a},5;{r};{p},25", header="Fläche;Räume;Preis\n")
    table = parse(german.encode("cp1252"), Reading(encoding="cp1251"))
    assert table.names[0] == "Flдche" and table.encoding == "cp1251"
    table = parse(("a;b;c\n" + german).encode(), Reading(skip=1))
    assert table.names == ("Fläche", "Räume", "Preis") and table.skipped.all == 0
    table = parse(PLAIN.encode(), Reading(header=False, missing=frozenset({"area", "rooms", "price"})))
    assert table.names == ("#1", "#2", "#3") and table.rows_read == 25 and np.isnan(table.cells[0]).all()
    table = parse(PLAIN.split("\n", 1)[1].encode(), Reading(header=True))
    assert table.names == ("40", "1", "100") and table.rows_read == 23
    table = parse(rows("{a};{r},{p}", header="area;price,EUR\n").encode(), Reading(separator=";"))
    assert table.names == ("area", "price,EUR") and table.decimal == ","


# ---- the parts


@pytest.mark.parametrize(
    ("cell", "point", "comma"),
    [
        ("1,234", 1234, 1.234),
        ("1.234", 1.234, 1234),
        ("1,234,567", 1234567, math.nan),
        ("0,123", math.nan, 0.123),
        ("12,34", math.nan, 12.34),
        ("1,23,456", 123456, math.nan),
        ("1.2.3", math.nan, math.nan),
        (".5", 0.5, math.nan),
        (",5", math.nan, 0.5),
        ("5.", 5, math.nan),
        ("1 234", 1234, 1234),
        ("12 34", math.nan, math.nan),
        ("(5)", -5, -5),
        ("5 %", 5, 5),
    ],
)
def test_a_cell_with_a_decimal_point_and_with_a_decimal_comma(cell, point, comma):
    number = read(cell) or (math.nan, math.nan)
    np.testing.assert_equal(number[:2], (point, comma))


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "abc",
        "H001",
        "1_000",
        "=1+1",
        "1-2",
        "--5",
        "+-5",
        "(5",
        "5)",
        "-(5)",
        "1e",
        "0x10",
        "x²",
        "5²",
        "1:30",
        "1/2",
    ],
)
def test_what_is_no_number(cell):
    number = read(cell)
    # A unit is told beside the number, and must be that of the whole column.
    assert number is None or math.isnan(number.point) or number.affix


@pytest.mark.parametrize(
    "cell", ["2024-05-01", "1.5.2024", "5/1/24 9:30 PM", "2024-05-01T12:00:00Z", "3 Mar 2024", "May 5, 2024", "12:30"]
)
def test_dates(cell):
    assert is_date(cell) and not is_missing(cell)


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m"),
        *("%Y年%m月%d日", "%d %b %Y", "%B %d, %Y", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%y"),
    ],
)
def test_dates_are_days_since_the_first_as_pandas_counts_them(form):
    moments = pd.date_range("2019-12-30 07:05:09", periods=60, freq="37h")
    cells = [f"{moment:{form}}" for moment in moments]
    expected = pd.to_datetime(pd.Series(cells), format=form, utc=True)
    table, notes = told("when;a;price\n" + "".join(f"{cell};{i % 7};{i * i}\n" for i, cell in enumerate(cells)))
    assert table.dates == table.names[:1] == ("when",) and table.counting == ()
    np.testing.assert_allclose(table.cells[:, 0], (expected - expected.min()) / pd.Timedelta(days=1), atol=1e-9)
    assert notes[Remark.DATES].cell == f"{expected.min():%Y-%m-%d}" and Remark.DAY_OR_MONTH not in notes


def test_days_and_months_that_may_be_either_are_told_and_the_choice_decides():
    content = "when,a,price\n" + "".join(f"{i % 12 + 1:02}/{i % 11 + 1:02}/2024,{i % 7},{i * i}\n" for i in range(30))
    table, notes = told(content)
    assert table.cells[1, 0] == (date(2024, 2, 2) - date(2024, 1, 1)).days
    assert notes[Remark.DAY_OR_MONTH][2:4] == ("01/01/2024", "2024-01-01")
    chosen, notes = told(content, Reading(day_first=True))
    # Row 13 is 01/02/2024.
    assert (table.cells[12, 0], chosen.cells[12, 0]) == (1, 31) and Remark.DAY_OR_MONTH not in notes
    assert read_times(["3/4/2024", "1/1/2024"]).numbers["3/4/2024"] == (date(2024, 3, 4) - date(2024, 1, 1)).days
    assert read_times(["3.4.2024", "1.1.2024"]).numbers["3.4.2024"] == (date(2024, 4, 3) - date(2024, 1, 1)).days
    assert read_times(["3/4/2024", "1/1/2024"], True).numbers["3/4/2024"] == (date(2024, 4, 3) - date(2024, 1, 1)).days


def test_times_of_day_are_hours_and_zones_are_taken_off():
    assert read_times(["12:30", "9:15:36 PM", "12:05 AM"]).numbers == pytest.approx(
        {"12:30": 12.5, "9:15:36 PM": 21.26, "12:05 AM": 5 / 60}
    )
    hours = read_times(["2024-05-01T12:00:00+02:00", "2024-05-01T12:00:00Z", "2024-05-01T12:00-05:30"]).numbers
    assert [24 * each for each in hours.values()] == pytest.approx([0, 2, 7.5])


@pytest.mark.parametrize(
    "cells", [["2024-02-30"], ["2024-13-01"], ["25:10", "24:61"], ["2024-05-01", "12:30"], ["3 Foo 2024"]]
)
def test_dates_that_the_calendar_has_not_are_left_out(cells):
    assert read_times(cells) is None
    content = "when;a;price\n" + "".join(f"{cells[i % len(cells)]};{i % 7};{i * i}\n" for i in range(30))
    assert [column.why for column in told(content)[0].left_out] == [Why.DATES]


def test_a_date_is_not_suggested_as_the_target():
    table, _notes = told(rows("{a},{r},2024-05-{r:02}", header="area,size,sold\n"))
    assert table.dates == ("sold",) and suggest_target(table) == ("size", False)
    assert page.features_of(page.Own("a.csv", table, "key"), "size") == ("area", "sold")


@pytest.mark.parametrize("cell", ["1.5", "2024", "12", "1-2", "H 3", "3 May"])
def test_no_dates(cell):
    assert not is_date(cell)


HEADERS = {
    "cp1252": [
        "Größe;Höhe;Straße",
        "Surface;Prix (€)",
        "Año;Tamaño",
        "Température (°C);Qualité",
        "area m²;cost £",
        "Län;Kön;Ålder",
        "Élève;Âge",
        "µm;5°",
        "Superfície;Preço;Região",
        "Età;Città;Qualità",
        "Fußgänger;Übergänge",
    ],
    "cp1251": ["площадь;цена", "Цена", "Год постройки;Этаж;Стоимость", "Возраст;Зарплата"],
    "gb18030": ["城市,温度,湿度,销量", "身高,体重", "学号,成绩", "价格", "姓名,年龄,收入", "车龄,里程,售价"],
    "big5": ["價格", "屋齡,坪數,總價", "身高,體重", "年齡,收入"],
    "shift_jis": ["価格", "築年数,駅徒歩,家賃", "エリア,プライス", "年齢,身長,体重"],
    "cp949": ["면적,방,가격", "키,몸무게", "나이,소득"],
    "mac_roman": ["Größe;Höhe", "Surface;Pièces;Prix", "Año;Tamaño"],
    "koi8_r": ["Площадь;Комнаты;Цена"],
    "cp1250": ["Powierzchnia;Cena w złotych;Łazienki"],
    "cp1253": ["Εμβαδόν;Τιμή"],
    "cp1254": ["Alan;Oda sayısı;Fiyatı;Şehir"],
}


@pytest.mark.parametrize(("encoding", "header"), [(name, header) for name, all_ in HEADERS.items() for header in all_])
def test_the_encoding_of_a_header(encoding, header):
    content = rows("{a},{r},{p}", header=f"{header}\n").encode(encoding)
    assert decode(content).text.split("\n")[0] == header


def test_utf8_with_a_broken_character_stays_utf8_and_is_told():
    content = rows("{a},{r},{p},宽敞", header="面积,房间数,价格,备注\n").encode().replace("敞".encode(), b"\xe6\x95", 1)
    table, notes = told(content)
    assert table.names == ("面积", "房间数", "价格") and notes[Remark.BROKEN].times == 1


# ---- a round trip

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: float(f"{number:.6g}"))


def written(number, decimal, group):
    """Return a number as a spreadsheet writes it."""
    whole, _, part = f"{abs(number):.10f}".rstrip("0").partition(".")
    whole = f"{int(whole):,}".replace(",", group)
    return ("-" if number < 0 else "") + whole + (decimal + part if part else "")


@given(
    data=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=20, max_size=40, unique_by=lambda row: row[0]),
    dialect=st.sampled_from(
        [
            (",", ".", ""),
            (";", ",", ""),
            (";", ",", "."),
            (";", ".", "'"),
            (";", ",", " "),
            ("\t", ",", "."),
            ("\t", ".", ","),
            ("|", ".", ","),
            ("|", ",", "\u00a0"),
            (" ", ".", ","),
            (" ", ",", ""),
            (",", ".", " "),
        ]
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-le", "cp1252", "utf-16-be"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    title=st.booleans(),
    trailing=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_numbers_in_any_dialect_are_read_back(data, dialect, encoding, end, title, trailing):
    separator, decimal, group = dialect
    # A witness in the first column leaves no doubt which sign is the decimal one.
    values = np.array([(0.5 + i, *row[1:]) for i, row in enumerate(data)])
    values[0] += [0, 0.25, 0.25]
    lines = ["Fläche", "Räume", "Preis"], *[[written(x, decimal, group) for x in row] for row in values.tolist()]
    text = ("Übersicht der Häuser" + end if title and separator != " " else "") + "".join(
        separator.join(cells) + (separator if trailing and separator != " " else "") + end for cells in lines
    )
    if min(np.ptp(values, axis=0)) == 0:
        return
    table = parse(text.encode(encoding))
    assert table.names == ("Fläche", "Räume", "Preis") and (table.delimiter, table.decimal) == (separator, decimal)
    np.testing.assert_allclose(table.cells, values, rtol=1e-12, atol=1e-9)


@given(st.binary(max_size=400), st.sampled_from(["", ",", ";", " "]), st.sampled_from([None, True, False]))
@settings(deadline=None)
def test_whatever_is_chosen_no_bytes_do_more_than_raise_a_table_error(content, separator, header):
    from contextlib import suppress

    from optviz.models.table import TableError

    with suppress(TableError):
        parse(PLAIN.encode() + content, Reading(separator=separator, header=header, skip=len(content) % 5))


def test_what_was_read_is_saved_as_plain_csv_and_read_back():
    content = 'kind;"area, m²";price\n' + "".join(f"{'ab'[i % 2]};{i},5;{'' if i == 3 else i * i}\n" for i in range(30))
    table, _notes = told(content)
    again = parse(table.to_csv().encode())
    assert again.names == table.names == ("area, m²", "price") and again.words == table.words
    np.testing.assert_array_equal(again.cells, table.cells)
    assert table.to_csv().startswith('"area, m²",price,kind\n0.5,0,a\n1.5,1,b\n')
