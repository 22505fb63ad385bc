"""Rows of cells from a text whose separator, header, titles, units and totals nobody has named."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import repeat
from typing import NamedTuple

SEPARATORS = (",", ";", "\t", "|", "，", "；", "~", "^", " ")
"""What may stand between cells; a blank stands for any run of blanks and tabs."""

_JUDGED = 2_000
"""The rows, evenly chosen, from which it is told which columns have numbers."""

_MOST_TOTALS = 5
"""The rows with totals at the foot; where more rows are called so, it is a word of the table."""

_RULE = re.compile(r"\s*(?::?-+:?)?\s*")
_SEP = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_COMMENT = ("#", "%", "//")
_LIKE_A_NUMBER = re.compile(
    r"[('\s]*[-+\u2212\u2013\uff0d]?\s*(?:[^\W\d_]{0,3}[$€£¥￥₹%])?\s*[-+]?(?:\d[\d.,'’]*(?:[\s\u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d*)?|[.,]\d+)"
    r"(?:[eE][-+]?\d+)?\s*(?:[^\W\d_]{0,3}|[^\w\s]{1,2}|[^\W\d_]{1,3}[²³23])\)?-?"
)
_EMPTY = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "-", "–", "?", ".", "inf", "-inf"})
_TOTALS = re.compile(
    r"\W*(?:(?:grand|sub)?[\s-]*total(?:e|s)?|sum(?:me|ma|me)?|somme|gesamt(?:summe)?|insgesamt|суммa?|итого|всего"
    r"|average|avg|mean|mittelwert|durchschnitt|moyenne|media"
    r"|std|sd|st(?:andard )?dev(?:iation)?|stdev|median|min(?:imum)?|max(?:imum)?|count|anzahl"
    r"|标准差|最大值|最小值|中位数|计数"
    r"|合计|总计|總計|合計|小计|小計|共计|平均(?:值)?|计|計)\b\W*(?:\(.*\)|\d{4}|of all|aller?)?\W*",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"[\[(（【]?\s*(?:[-–/%‰°]|°?[CFK]|[kcdmµn]?m[²³23]?|[kcdm]m\^[23]|sqm|sq\.? ?(?:ft|m)|ha|[km]?g|t|lbs?|oz"
    r"|[mc]?l|[µmn]?s|sec|min|h|hrs?|d|days?|years?|yrs?|a|[kM]?W(?:h)?|[kM]?V|A|N|[kM]?Pa|bar|[kMG]?Hz|[kM]?J|kcal|mol|ppm|dB"
    r"|[€$£¥]|[TkM]?(?:EUR|USD|GBP|CNY|CHF|RMB|JPY|INR)|[TkKM]?[€$£]|Anzahl|Stück|St\.|count|km/h|m/s|mph|mpg|hp|PS|cc|in(?:ch)?|ft|mi"
    r"|平方米|米|厘米|毫米|公里|千米|元|万元|千元|亿元|岁|年|月|日|个|人|千克|公斤|克|吨|秒|分钟|小时|度|℃|㎡"
    r"|[€$£¥元\w]{1,4}/[\w²³]{1,4})\s*[\])）】]?"
)


class Unclosed(ValueError):
    """A quotation mark that is opened in line `line` and never closed."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"unclosed quotation mark in line {line}")


class Misfit(ValueError):
    """A header in line `line` with another number of `cells` than the rows below it, `width`."""

    def __init__(self, line: int, cells: int, width: int) -> None:
        self.line, self.cells, self.width = line, cells, width
        super().__init__(f"{cells} names over {width} columns")


class Row(NamedTuple):
    """The cells of a row, and the lines of the file in which it begins and ends."""

    line: int
    cells: list[str]
    end: int


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a table, all as long as its names, and the lines that were skipped.

    `header` is the line of the names, 0 where the file has none; `above` lines were above it, `totals` at the foot,
    `uneven` rows had other numbers of cells, the first of them `odd`.
    """

    separator: str
    names: list[str]
    rows: list[Row]
    header: int
    above: int = 0
    units: int = 0
    totals: tuple[int, ...] = ()
    below: int = 0
    repeated: int = 0
    uneven: int = 0
    odd: Row | None = None


def grid(text: str, separator: str = "", header: bool | None = None, skip: int = 0) -> Grid:
    """Return the table in a text; what is not given is told from all of its rows. Raise `Unclosed` or `Misfit`."""
    lines = StringIO(text.replace("\r\n", "\n").replace("\r", "\n")).readlines()
    lines[:skip] = ["\n"] * min(skip, len(lines))
    named = next(((i, told[1]) for i, line in enumerate(lines[:3]) if (told := _SEP.fullmatch(line))), None)
    if named:
        lines[named[0]] = "\n"
    separator = separator or (named[1] if named else "") or _separator(lines)
    if not separator:
        lines = [_unwrapped(line) for line in lines]
        separator = _separator(lines) or ","
    rows = [row for row in _rows(lines, separator) if not _is_rule(row.cells)]
    width = _width(Counter(len(row.cells) for row in rows))
    _check(rows, lines, separator, width)
    return _Layout(separator, rows, width).grid(header)


def _separator(lines: Sequence[str]) -> str:
    """Return what separates the cells into rows of one length with the most numbers in them; "" for one column."""
    filled = len(lines) - sum(map(str.isspace, lines))
    every = max(1, filled // 300)
    best, found = 0.0, ""
    for candidate in SEPARATORS:
        if 2 * sum(map(str.count, lines, repeat(candidate))) < filled and (
            candidate != " " or 2 * sum(map(str.count, lines, repeat("\t"))) < filled
        ):
            continue
        lengths: Counter[int] = Counter()
        some = []
        try:
            reader = csv.reader(_single(lines, candidate), delimiter=candidate, skipinitialspace=True)
            for i, cells in enumerate(reader):
                lengths[len(cells)] += 1
                if i % every == 0:
                    some.append(cells)
        except csv.Error:
            # A quotation mark opens a cell that never ends: the rows above it must do.
            pass
        del lengths[0]
        width = _width(lengths)
        if width < 2:
            continue
        judged = [cell for row in some if len(row) == width for cell in row]
        numbers = sum(map(_like_a_number, judged)) / max(1, len(judged))
        # A footnote more or less weighs little; cells that are neither numbers nor empty may be words.
        score = lengths[width] / lengths.total() * (0.1 + numbers)
        if candidate == " ":
            # Titles and names have blanks too.
            score *= 0.6
        if len(some[0]) != width:
            # The first row is no title, most often.
            score *= 0.8
        if score > best * 1.001:
            best, found = score, candidate
    return found


def _unwrapped(line: str) -> str:
    """Return a line that was quoted as a whole without its quotes."""
    inner = line.strip()
    return inner[1:-1].replace('""', '"') + "\n" if len(inner) > 1 and inner[0] == inner[-1] == '"' else line


def _single(lines: Iterable[str], separator: str) -> Iterable[str]:
    """Return lines in which a run of blanks is one, if blanks are what separates."""
    return (" ".join(line.split()) + "\n" for line in lines) if separator == " " else lines


def _rows(lines: Iterable[str], separator: str) -> Iterator[Row]:
    """Yield the rows that are not blank."""
    reader = csv.reader(_single(lines, separator), delimiter=separator, skipinitialspace=True)
    end = 0
    try:
        for cells in reader:
            begin, end = end + 1, reader.line_num
            if any(cells) and not "".join(cells).isspace():
                yield Row(begin, cells, end)
    except csv.Error as error:
        # One cell of more than the reader's 131,072 characters.
        raise Unclosed(end + 1) from error


def _is_rule(cells: Sequence[str]) -> bool:
    """Whether a row is the line that Markdown draws below its names."""
    return all(map(_RULE.fullmatch, cells)) and any(cell.strip()[:2] in ("--", ":-") for cell in cells)


def _width(counts: Counter[int]) -> int:
    """Return the number of cells that most rows have, of those with several where there are enough."""
    several = Counter({length: n for length, n in counts.items() if length > 1})
    if several and 2 * several.total() >= counts.total():
        return max(several, key=lambda length: (several[length], length))
    return max(counts, key=counts.__getitem__, default=0)


def _check(rows: Sequence[Row], lines: Sequence[str], separator: str, width: int) -> None:
    """Raise `Unclosed` where a quotation mark has swallowed the lines below it."""
    for row in rows:
        if len(row.cells) != width and row.end > row.line:
            raise Unclosed(row.line)
    for row in rows[-1:]:
        try:
            list(csv.reader(lines[row.line - 1 :], delimiter=separator, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise Unclosed(row.line) from error


def _like_a_number(cell: str) -> bool:
    cell = cell.strip()
    return cell.lower() in _EMPTY or bool(_LIKE_A_NUMBER.fullmatch(cell))


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _first(cells: Sequence[str]) -> str:
    """Return the first cell that is not empty."""
    return next((cell.strip() for cell in cells if cell.strip()), "")


class _Layout:
    """What of the rows is the header, what the table, and what stands around it."""

    def __init__(self, separator: str, rows: list[Row], width: int) -> None:
        self.separator, self.rows, self.width = separator, rows, width
        body = [row.cells for row in rows if len(row.cells) == width]
        some = body[:: -(-len(body) // _JUDGED) or 1]
        self.numeric = [
            column
            for column in range(width)
            if 2 * sum(_like_a_number(row[column]) for row in some) > len(some)
            and any(row[column].strip().lower() not in _EMPTY for row in some)
        ]

    def grid(self, header: bool | None) -> Grid:
        if not self.rows:
            return Grid(self.separator, [], [], 0)
        first = self._first_row()
        names, line, units, used = self._names(first) if header is not False else ([], 0, 0, 0)
        if header and not line:
            first, names, line, used = 1, self.rows[0].cells, self.rows[0].line, 1
        if header is False:
            first = next((i for i, row in enumerate(self.rows) if len(row.cells) == self.width), 0)
        return self._cut(names, line, units, first - used, self.rows[first:])

    def _first_row(self) -> int:
        """Return the place of the first row of data."""
        for i, row in enumerate(self.rows):
            if self._is_comment(i) or len(row.cells) != self.width or not self.numeric:
                continue
            known = [cell for column in self.numeric if (cell := row.cells[column].strip()).lower() not in _EMPTY]
            if known and 2 * sum(map(_like_a_number, known)) > len(known) and not self._are_years(known, i):
                return i
        return len(self.rows) if self.numeric else 1

    def _are_years(self, cells: list[str], place: int) -> bool:
        """Whether the numbers of a first row are years over columns of something else."""
        years = [int(cell) for cell in cells if re.fullmatch(r"(?:19|20)\d\d", cell)]
        if len(years) < 2 or len(years) < sum(map(_like_a_number, cells)) or place + 1 >= len(self.rows):
            return False
        below = [cell.strip() for cell in self.rows[place + 1].cells]
        return years == sorted(set(years)) and sum(bool(re.fullmatch(r"(?:19|20)\d\d", cell)) for cell in below) < 2

    def _is_comment(self, place: int) -> bool:
        row = self.rows[place]
        if not row.cells[0].lstrip().startswith(_COMMENT):
            return False
        # "#id,area" is a header, unless one follows it.
        return len(row.cells) != self.width or not self._data_follows(place)

    def _data_follows(self, place: int) -> bool:
        after = next((row for row in self.rows[place + 1 :] if len(row.cells) == self.width), None)
        return after is not None and any(_like_a_number(after.cells[column]) for column in self.numeric)

    def _names(self, first: int) -> tuple[list[str], int, int, int]:
        """Return the names above the first row of data, their line, that of the units, and how many rows these are."""
        head = [
            (row, cells)
            for i, row in enumerate(self.rows[:first])
            if not self._is_comment(i)
            and (cells := self._fitted(row.cells)) is not None
            and _filled(cells) >= min(2, self.width)
        ]
        if not head:
            return self._from_comment(first)
        row, names = head[-1]
        above, groups = head[-2] if len(head) > 1 else (row, [])
        if len(head) == 1 or len(above.cells) != self.width:
            return names, row.line, 0, 1
        filled = [name.strip() for name in names if name.strip()]
        if 2 * sum(bool(_UNITS.fullmatch(name)) for name in filled) >= len(filled):
            return [_with_unit(name, unit) for name, unit in zip(groups, names, strict=True)], above.line, row.line, 2
        if _filled(groups) < len(groups) and _filled(names) == len(names):
            names = [f"{group} {name}".strip() for group, name in zip(_carried(groups), names, strict=True)]
            return names, above.line, 0, 2
        return names, row.line, 0, 1

    def _fitted(self, cells: list[str]) -> list[str] | None:
        """Return the cells of a header as many as the columns, None if it is none."""
        if len(cells) == self.width:
            return cells
        if len(cells) == self.width - 1:
            # Rows that end with a separator, or begin with their name, as R writes them.
            ends = all(not row.cells[-1].strip() for row in self.rows if len(row.cells) == self.width)
            return [*cells, ""] if ends else ["", *cells]
        if len(cells) > self.width:
            # "area, m²" without quotes
            joined: list[str] = []
            for cell in cells:
                if joined and _UNITS.fullmatch(cell.strip()):
                    joined[-1] += f", {cell.strip()}"
                else:
                    joined.append(cell)
            while len(joined) > self.width and not joined[-1].strip():
                joined.pop()
            return joined if len(joined) == self.width else None
        return None

    def _from_comment(self, first: int) -> tuple[list[str], int, int, int]:
        """Return the names that stand in a comment, as NumPy writes them."""
        for row in reversed(self.rows[:first]):
            text = self.separator.join(row.cells).lstrip("#%/ ").strip()
            cells = next(iter(_rows([text], self.separator)), Row(0, [], 0)).cells
            if row.cells[0].lstrip().startswith(_COMMENT) and len(cells) == self.width:
                return cells, row.line, 0, 1
        last = self.rows[first - 1] if first else None
        # A single cell is a title, but above two columns it may as well be the name of one, with decimal commas.
        names = _filled(last.cells) if last and not self._is_comment(first - 1) else 0
        if last and len(last.cells) != self.width and names > (self.width > 2):
            raise Misfit(last.line, len(last.cells), self.width)
        return [], 0, 0, 0

    def _cut(self, names: list[str], line: int, units: int, above: int, rows: list[Row]) -> Grid:
        """Leave out what is no row of the table."""
        written = [name.strip() for name in names]
        kept, uneven, repeated = [], [], 0
        for row in rows:
            if len(row.cells) != self.width:
                uneven.append(row)
            elif names and row.cells[0].strip() == written[0] and [cell.strip() for cell in row.cells] == written:
                repeated += 1
            else:
                kept.append(row)
        last = kept[-1].line if kept else 0
        below = sum(self._stands_beside(row, last) for row in uneven)
        uneven = [row for row in uneven if not self._stands_beside(row, last)]
        totals = []
        named = {row.line for row in kept if _TOTALS.fullmatch(_first(row.cells))}
        while len(kept) > 2:
            if kept[-1].line in named and len(named) <= _MOST_TOTALS:
                totals.append(kept.pop().line)
            elif self._is_note(kept[-1]):
                kept.pop()
                below += 1
            else:
                break
        names, kept = self._without_empty_columns(names, kept)
        odd = uneven[0] if uneven else None
        return Grid(
            self.separator, names, kept, line, above, units, tuple(sorted(totals)), below, repeated, len(uneven), odd
        )

    def _stands_beside(self, row: Row, last: int) -> bool:
        """Whether a row of another length is a comment, or a note below the last row of the table."""
        first = _first(row.cells)
        if first.startswith(_COMMENT):
            return True
        return row.line > last and len(row.cells) < self.width and not _like_a_number(first)

    def _is_note(self, row: Row) -> bool:
        first = _first(row.cells)
        return self.width > 2 and _filled(row.cells) == 1 and not _like_a_number(first) and len(first) > 3

    def _without_empty_columns(self, names: list[str], rows: list[Row]) -> tuple[list[str], list[Row]]:
        """Drop the columns at the end that have neither a name nor a value: separators that end the lines."""
        width = self.width
        while width > 1 and not (names and names[width - 1].strip()):
            if any(row.cells[width - 1].strip() for row in rows):
                break
            width -= 1
        if width == self.width:
            return names, rows
        return names[:width], [row._replace(cells=row.cells[:width]) for row in rows]


def _with_unit(name: str, unit: str) -> str:
    unit = unit.strip().strip("[]()（）【】").strip()
    return f"{name.strip()} ({unit})" if unit and unit not in "-–" else name


def _carried(groups: Sequence[str]) -> list[str]:
    """Return the names of groups over all their columns: a merged cell has its name in the first."""
    carried, last = [], ""
    for group in groups:
        last = group.strip() or last
        carried.append(last)
    return carried
