"""Numbers from cells as people write them: 1,234.5 and 1.234,5, $5, 12 %, (3), −4, ５, 1,5E+03."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

MISSING = frozenset(
    {
        *("", "na", "n/a", "n.a.", "n.a", "#n/a", "#na", "#nv", "n.v.", "nan", "-nan", "null", "(null)", "nil", "none"),
        *(
            "-",
            "--",
            "---",
            "?",
            "??",
            ".",
            "..",
            "...",
            "…",
            "/",
            "\\",
            "\\n",
            "*",
            "<na>",
            "nat",
            "missing",
            "(blank)",
        ),
        *("k.a.", "k. a.", "keine angabe", "s/d", "n/d", "n.d.", "nd", "nc", "н/д", "нет данных", "unknown"),
        *("无", "無", "缺失", "暂无", "暫無", "不详", "不詳", "未知", "空", "空值", "なし", "欠損", "没有"),
    }
)
"""What stands in a cell that has no value, in small letters; spreadsheets' errors begin with # besides."""

INFINITE = re.compile(r"[-+]?(?:inf(?:inity)?|∞)", re.IGNORECASE)
_ERROR = re.compile(r"#[¡\w/Ï¿]+[!?]?(?:/[\w]+[!?]?)?", re.IGNORECASE)
_MONEY = (
    r"(?:(?:US|C|CA|A|AU|NZ|HK|NT|R|S)?\$|€|£|¥|₹|₽|₩|₺|₫|฿|₱|₪|zł|Kč|kr\.?|Rs\.?|Fr\.?|SFr\.?"
    r"|CHF|EUR|USD|GBP|CNY|RMB|JPY|INR|RUB|SEK|NOK|DKK|PLN|BRL|CAD|AUD)"
)
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<before>{_MONEY}|%)?\s*(?P<second>[-+])?\s*"
    r"(?P<digits>\d[\d.,' ]*|[.,]\d+)(?P<exponent>[eE][-+]?\d+)?"
    r"(?P<trail>-)?\s*(?P<after>[^\d\s.,+\-()'=*_][^\d()=*+_]{0,11}[23]?)?\s*(?P<close>\))?(?P<last>-)?"
)
_NO_CENTS = re.compile(r"(?<=\d)[.,]--?(?!\d)")
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", re.ASCII)
_PLAIN_COLUMN = re.compile(r"(?:(?:[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)?\n)*", re.ASCII)
_GROUPED_COLUMN = {
    ".": re.compile(r"(?:(?:-?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?)?\n)*", re.ASCII),
    ",": re.compile(r"(?:(?:-?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?)?\n)*", re.ASCII),
}
_UNIFORM = re.compile(rf"(?P<before>(?:{_MONEY} ?)?)-?[\d.,]+(?P<after>(?: ?(?:{_MONEY}|%))?)", re.ASCII)
_GROUPS = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
_POINT = re.compile(
    r"(?:\d+|[1-9]\d{0,2}(?:(?P<group>[,' ])\d{3})(?:(?P=group)\d{3})*|[1-9]\d?(?:,\d{2})+,\d{3})?(?:\.\d*)?"
)
_COMMA = re.compile(r"(?:\d+|[1-9]\d{0,2}(?:(?P<group>[.' ])\d{3})(?:(?P=group)\d{3})*)?(?:,\d*)?")

_SPELLINGS = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(
        map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "
    ),
    **dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2012\u2013\u2014\u2015\ufe63"), "-"),
    **dict.fromkeys(map(ord, "’‘ʼ′`´"), "'"),
    **dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]),
    **{ord("￥"): "¥", ord("￡"): "£", ord("٫"): ".", ord("٬"): "'", ord("％"): "%", ord("﹪"): "%", ord("٪"): "%"},
}


class Cell(NamedTuple):
    """A number as it reads with a decimal point and with a decimal comma, nan if it is none; and its unit or sign."""

    point: float
    comma: float
    affix: str = ""


def plain(cell: str) -> str:
    """Return a cell with digits, signs and blanks as ASCII has them."""
    cell = cell.strip()
    return cell if cell.isascii() else cell.translate(_SPELLINGS).strip()


@lru_cache(maxsize=4096)
def is_missing(cell: str) -> bool:
    """Whether a cell has no value."""
    cell = plain(cell).casefold()
    return cell in MISSING or bool(_ERROR.fullmatch(cell) and not cell[1:].isdigit())


def read(cell: str) -> Cell | None:
    """Return what number a cell is, None if none."""
    if _PLAIN.fullmatch(cell):
        value = float(cell)
        return Cell(value, value if "." not in cell else _grouped(cell))
    text = plain(cell).removeprefix("'")
    # 5.– and 5,- have no cents; they are not negative.
    text = _NO_CENTS.sub("", text.removesuffix("'") if cell.startswith("'") else text)
    found = _NUMBER.fullmatch(text)
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["second"], found["trail"], found["last"]) if sign]
    if len(signs) > 1 or (signs and found["open"]):
        return None
    sign = -1.0 if "-" in signs or found["open"] else 1.0
    digits, exponent = _ascii(found["digits"].strip()), found["exponent"] or ""
    point = _value(digits, exponent, _POINT, ".")
    comma = _value(digits, exponent, _COMMA, ",")
    if math.isnan(point) and math.isnan(comma):
        return None
    affix = " ".join(part.strip() for part in (found["before"], found["after"]) if part)
    return Cell(sign * point, sign * comma, affix)


def _ascii(digits: str) -> str:
    """Return the digits of any script as ASCII has them."""
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(char, char)) for char in digits)


def _grouped(cell: str) -> float:
    return float(cell.replace(".", "")) if _GROUPS.fullmatch(cell) else math.nan


def _value(digits: str, exponent: str, grammar: re.Pattern[str], decimal: str) -> float:
    if not grammar.fullmatch(digits):
        return math.nan
    whole, _, part = digits.partition(decimal)
    whole = re.sub(r"[^\d]", "", whole)
    return float(f"{whole or 0}.{part or 0}{exponent}")


@dataclass(eq=False)
class Column:
    """The cells of a column: the different ones, `kinds`, and the numbers they are."""

    cells: Sequence[str]
    marks: frozenset[str] = frozenset()
    """What else stands for a missing value, as the visitor says, in small letters."""
    numbers: dict[str, Cell] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    infinite: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    """The different cells that are neither numbers nor missing, as they come."""
    plain: str = ""
    """The decimal sign of a column that is read at once: its cells differ in nothing but the digits and signs of a
    program, and the thousands' marks."""
    bare: Sequence[str] = ()
    """The cells of such a column without what is the same in all, `affix`, and without thousands' marks."""
    affix: str = ""
    learned: str = ""
    """The word that stands for a missing value here, as its repetition tells."""

    def __post_init__(self) -> None:
        self.plain = "" if self.marks else self._plain() or self._uniform()
        if not self.plain:
            self._sort()

    def _plain(self) -> str:
        self.bare = self.cells
        text = "\n".join(self.cells) + "\n"
        sign = "," if "," in text else "."
        if sign == "," and "." in text:
            return ""
        if not _PLAIN_COLUMN.fullmatch(text.replace(",", ".")) or text.isspace() or text.count("\n") > len(self.cells):
            return ""
        # 1.234 might be a number with grouped thousands; one cell such as 1.2 is a witness against that.
        cells = (cell.replace(",", ".") for cell in self.cells if sign in cell)
        return sign if any(not _GROUPS.fullmatch(cell) for cell in cells) else "" if sign in text else "digits"

    def _uniform(self) -> str:
        """Take off the sign of money or per cent that all cells have, and the thousands' marks."""
        found = _UNIFORM.fullmatch(next(filter(None, self.cells), ""))
        if not found:
            return ""
        before, after = found["before"], found["after"]
        if not all(cell.startswith(before) and cell.endswith(after) for cell in self.cells if cell):
            return ""
        bare = [cell[len(before) : len(cell) - len(after)] for cell in self.cells]
        text = "\n".join(bare) + "\n"
        fitting = [sign for sign, pattern in _GROUPED_COLUMN.items() if pattern.fullmatch(text)]
        if len(fitting) != 1 or text.count("\n") > len(bare):
            return ""
        group = "," if fitting == ["."] else "."
        self.bare, self.affix = [cell.replace(group, "") for cell in bare], f"{before} {after}".strip()
        return fitting[0]

    def _sort(self) -> None:
        """Tell the different cells apart."""
        values = {float(mark) for mark in self.marks if _PLAIN.fullmatch(mark)}
        for cell in dict.fromkeys(self.cells):
            if (cell.strip().casefold() in self.marks) or is_missing(cell):
                self.missing.add(cell)
            elif (number := read(cell.strip())) is not None:
                if number.point in values:
                    self.missing.add(cell)
                    continue
                self.numbers[cell] = number
            elif INFINITE.fullmatch(plain(cell)):
                self.infinite.add(cell)
            else:
                self.words.append(cell)
        self._learn_mark()

    def _learn_mark(self) -> None:
        """Take the one word that comes again and again among numbers for a missing value."""
        if len(self.words) != 1 or any(char.isdigit() for char in self.words[0]) or len(self.words[0]) > 16:
            return
        times = sum(cell == self.words[0] for cell in self.cells)
        if 2 <= times < len(self.cells) / 2 and self.numbers:
            self.learned = self.words.pop()
            self.missing.add(self.learned)

    def evidence(self) -> tuple[int, int]:
        """Return how many different cells are numbers only with a decimal point, and only with a decimal comma."""
        if self.plain:
            return int(self.plain == "."), int(self.plain == ",")
        point = sum(math.isnan(cell.comma) for cell in self.numbers.values())
        return point, sum(math.isnan(cell.point) for cell in self.numbers.values())

    def ambiguous(self) -> str:
        """Return the first cell that is one number with a decimal point and another with a comma."""
        return next(
            (
                text
                for text, cell in self.numbers.items()
                if cell.point != cell.comma and not math.isnan(cell.point + cell.comma)
            ),
            "",
        )

    def offense(self, decimal: str) -> str:
        """Return the first cell that is not a number with this decimal sign, or not in the unit of the others."""
        if self.plain:
            return "" if self.plain in (decimal, "digits") else self._first_with(self.plain)
        odd = {text for text, cell in self.numbers.items() if math.isnan(self.as_(cell, decimal))}
        units = {text: cell.affix for text, cell in self.numbers.items()}
        found = {unit for unit in units.values() if unit}
        money = all(re.fullmatch(_MONEY, unit) for unit in found)
        if len(found) > 1 or (found and "" in units.values() and not money):
            common = max(list(units.values()), key=list(units.values()).count)
            odd |= {text for text, unit in units.items() if unit != common}
        odd.update(self.words)
        return next((cell for cell in self.cells if cell in odd), "") if odd else ""

    def _first_with(self, sign: str) -> str:
        return next(cell for cell in self.cells if sign in cell)

    @staticmethod
    def as_(cell: Cell, decimal: str) -> float:
        """Return a cell as it reads with a decimal sign."""
        return cell.comma if decimal == "," else cell.point

    def unit(self) -> str:
        """Return what stands beside the numbers."""
        return self.affix or next((cell.affix for cell in self.numbers.values() if cell.affix), "")

    def values(self, decimal: str) -> list[float]:
        """Return the numbers, nan for what is missing."""
        if self.plain == ",":
            return [float(cell.replace(",", ".") or "nan") for cell in self.bare]
        if self.plain:
            return [float(cell or "nan") for cell in self.bare]
        known = {text: self.as_(cell, decimal) for text, cell in self.numbers.items()}
        return [known.get(cell, math.nan) for cell in self.cells]


def decimal_sign(columns: Iterable[Column], separator: str) -> tuple[str, bool]:
    """Return the decimal sign of a table, and whether its cells leave no doubt.

    A column with numbers of only one kind is a witness; columns with both say nothing, for one of them must go.
    """
    witnesses = {".": 0, ",": 0}
    doubt = set()
    for column in columns:
        point, comma = column.evidence()
        if point and not comma:
            witnesses["."] += 1
        elif comma and not point:
            witnesses[","] += 1
        elif not point:
            doubt |= {"," if "," in cell else "." for cell in [column.ambiguous()] if cell}
    if witnesses["."] != witnesses[","]:
        return max(witnesses, key=witnesses.__getitem__), True
    # Where Excel writes semicolons, it writes decimal commas; where it writes commas, a point cannot be anything else.
    certain = not doubt or (separator == "," and doubt == {"."})
    return ("," if separator == ";" and "," in doubt else "."), certain and witnesses["."] == 0
