"""In which encoding a text was written, where nothing but its bytes tells.

Detectors for prose (charset-normalizer, chardet, uchardet) name 20 to 32 of 47 headers of tables right: a header has a
few words, and the rest of a table is digits. So each encoding that spreadsheets write is tried, and the characters that
come of it are judged: whether they are common, and stand in words as the characters of their script do.
"""

import codecs
import re
from itertools import pairwise
from typing import NamedTuple

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The marks at the beginning of a file; that of UTF-16 begins as that of UTF-32 does, and comes after it."""

ENCODINGS = (
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "cp1252",
    "gb18030",
    "big5",
    "shift_jis",
    "cp949",
    "euc_jp",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "mac_roman",
    "latin-1",
)
"""What a file may be written in, as Python and pandas call it."""

_GUESSED = ENCODINGS[7:-1]
_CODECS = {"shift_jis": "cp932", "big5": "cp950"}
"""What Windows writes under the name of a narrower encoding."""

_MOST_JUDGED = 20_000
_BINARY = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")

_HAN = frozenset(
    "的一是不了人在有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好"
    "都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法"
    "此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再"
    "平真听世气信北少关并内加化由却代军产入先山五太水万市总数据量率比值号码编姓性别龄收支价格面积房屋室厅卫楼层单元元米厘"
    "宽度厚温湿压风速雨城区县省州街路距离站站铁销售额利润成本金税费工资奖收益股票指标签类型品牌车油耗功班级绩语英物体重胸"
    "围血糖脂病患期周季季节星分钟秒日期时间序列目特征变标准差均最合计备注建材朝向装修朝南"
    "價積龍齡屋間數總單層廳衛樓寬溫濕壓風縣區離鐵銷額潤資獎類車號碼編別歲體圍標準計備國個說們為來時這會過學對後裡還發當無開見"
    "經頭從動兩長樣現將與進實點種聲話兒問機給幾業門東產關萬電氣環導線"
    "称甲乙丙丁北京海广深圳州武汉成都重庆杭苏津男女否优良差"
    "価築徒歩賃部駅歳円広身県売買点検査値量率番名前氏住所"
)
"""Chinese characters and kanji that are common, above all in headers."""

_HANGUL = frozenset(
    "이다는에의가을로고하지사기대인시도자전서제보수정일부상거구장주원어성공아경실면적방격층년월키몸무게나라번호름남여금액"
    "율량건물동가격온습길폭높넓평균합계매출비용점소득세값크개날짜분초"
)
_LATIN = "äöüßéèêëàâáíóúñçãõåøæîïôûùìòœ"
_LETTERS = {
    "cp1252": frozenset(_LATIN + _LATIN.upper()),
    "mac_roman": frozenset(_LATIN + _LATIN.upper()),
    "cp1250": frozenset("áéíóúäöüßýąćęłńśźżčďěňřšťůžőűĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽŐŰÁÉÍÓÚÄÖÜ"),
    "cp1254": frozenset("ışğİŞĞçöüâîÇÖÜ"),
    "cp1251": frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    "koi8_r": frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    "cp1253": frozenset("αοιετσνηυρπκμλωςγδχθφβξζψάέήίόύώ"),
}
_SIGNS = frozenset("€£°²³µ±×½–—“”„’‘…§·Δ«»≤≥√¥")


class Decoded(NamedTuple):
    """The text of a file, its encoding, and how many characters could not be read."""

    text: str
    encoding: str
    broken: int = 0


def decode(content: bytes, encoding: str = "") -> Decoded | None:
    """Return the text of a file in the given encoding, else in the likeliest; None if it is no text.

    NULs that pad a file and the byte 1A that ends one of DOS are left out.
    """
    for decoded in _tries(content, encoding):
        text = re.sub(r"\x1a\s*$", "", decoded.text.replace("\0", ""))
        if not _BINARY.search(text) and 2 * decoded.broken <= len(text):
            return decoded._replace(text=text.removeprefix("\ufeff"))
        if decoded.encoding in ("utf-8-sig", encoding):
            return None
    return None


def _tries(content: bytes, encoding: str) -> list[Decoded]:
    """Return what a file may say, the likeliest first."""
    marked = encoding or next((name for mark, name in BOMS if content.startswith(mark)), "") or _wide(content)
    if marked:
        text = content.decode(_CODECS.get(marked, marked), "replace")
        return [Decoded(text, marked, text.count("\ufffd"))]
    text = content.decode(errors="replace")
    broken = text.count("\ufffd")
    # A character that was cut in two makes no other encoding of a text with many whole ones.
    if not broken or 10 * broken < sum(map(len, re.findall(r"[^\x00-\x7f]+", text))):
        return [Decoded(text, "utf-8-sig", broken)]
    if b"\0" in content.rstrip(b"\0"):
        return []
    return [Decoded(content.decode(_CODECS.get(name, name)), name) for name in _likeliest(content)]


def _wide(content: bytes) -> str:
    """Return which of UTF-16 and UTF-32 was written without a mark, as the NULs of ASCII characters tell."""
    head = content[: 4 * (min(len(content), 4096) // 4)]
    quarters = [head[i::4].count(0) / max(1, len(head) // 4) for i in range(4)]
    for name, full in (("utf-32-le", "0111"), ("utf-32-be", "1110"), ("utf-16-le", "0101"), ("utf-16-be", "1010")):
        if all(part > 0.4 if is_zero == "1" else part < 0.1 for part, is_zero in zip(quarters, full, strict=True)):
            return name
    return ""


def _likeliest(content: bytes) -> list[str]:
    """Return the encodings in which the bytes are text, the likeliest first."""
    lines = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*", content)
    judged = b"\n".join(dict.fromkeys(lines))[:_MOST_JUDGED]
    judged = judged[: judged.rfind(b"\n")] if len(judged) == _MOST_JUDGED and b"\n" in judged else judged
    likely: list[tuple[float, str]] = []
    for name in _GUESSED:
        try:
            content.decode(_CODECS.get(name, name))
            text = judged.decode(_CODECS.get(name, name))
        except UnicodeDecodeError:
            continue
        likely.append((-_plausible(text, name), name))
    # Every byte is a character of Latin 1.
    return [name for _score, name in sorted(likely, key=lambda pair: pair[0])] or ["latin-1"]


def _plausible(text: str, encoding: str) -> float:
    """Return the mean over all characters beyond ASCII of how well each fits its encoding and its word, -1 to 2."""
    points: list[float] = []
    for word in dict.fromkeys(re.findall(r"[^\W\d_]*[^\x00-\x7f](?:[^\W\d_]|[^\x00-\x7f])*", text)):
        foreign = [char for char in word if char > "\x7f"]
        if encoding in _LETTERS:
            points += _alphabetic(word, foreign, encoding)
        else:
            points += [_ideographic(char, encoding) for char in foreign]
    return sum(points) / max(1, len(points))


def _alphabetic(word: str, foreign: list[str], encoding: str) -> list[float]:
    known = _LETTERS[encoding]
    if not any(char.isalpha() for char in foreign):
        return [1.0 if char in _SIGNS and not _inside(word, char) else -1.0 for char in foreign]
    points = []
    letters = [char for char in word if char.isalpha()]
    # No word goes on in capitals after a small letter.
    mixed = any(a.islower() and b.isupper() for a, b in pairwise(word))
    # Words of Western languages have letters of ASCII; those of Greek and Russian have none.
    own = encoding in ("cp1251", "koi8_r", "cp1253")
    ascii_letters = len(letters) - sum(char > "\x7f" for char in letters)
    strange = ascii_letters > 0 if own else 2 * ascii_letters < len(letters) and len(letters) > 2
    for char in foreign:
        if char.isalpha():
            common = 1.0 if (char.lower() if own else char) in known else 0.3
            # The commonest letters of Russian and Greek are the first of their rows.
            points.append(-1.0 if mixed or strange else common)
        else:
            points.append(0.7 if char in _SIGNS and not _inside(word, char) else -1.0)
    if own and not mixed and not strange:
        row = "оеаинтсрвлкмдпу" if encoding != "cp1253" else "αοιετσνηυρπκμλω"
        points = [point - 0.3 * (char.lower() not in row) for char, point in zip(foreign, points, strict=True)]
    return points


def _inside(word: str, char: str) -> bool:
    """Whether a character stands between the letters of a word."""
    place = word.index(char)
    return 0 < place < len(word) - 1 and word[place - 1].isalpha() and word[place + 1].isalpha()


def _ideographic(char: str, encoding: str) -> float:
    code = ord(char)
    japanese = encoding in ("shift_jis", "euc_jp")
    if char in "，（）：；、。￥％" or char in _SIGNS:
        return 0.8
    if 0xAC00 <= code < 0xD7A4:
        return 1.8 if char in _HANGUL else 0.7 if _raw(char, "euc_kr") else -0.5
    if 0x3040 <= code < 0x3100 or 0xFF61 <= code < 0xFFA0:
        return (1.5 if code < 0x3100 else 0.2) if japanese else -0.5
    if 0x4E00 <= code < 0xA000 and encoding != "cp949":
        return (1.8 if char in _HAN else 0.8) if _first_level(char, encoding) else 0.0
    # Signs of other scripts, and the places that nobody has given a character
    return -1.0 if 0xE000 <= code < 0xF900 else -0.5


def _first_level(char: str, encoding: str) -> bool:
    """Whether a character is among the common ones, which the national standards put first."""
    standard, low, high = {
        "gb18030": ("gb2312", 0xB0, 0xD7),
        "big5": ("big5", 0xA4, 0xC6),
        "shift_jis": ("shift_jis", 0x88, 0x98),
        "euc_jp": ("euc_jp", 0xB0, 0xCF),
    }[encoding]
    raw = _raw(char, standard)
    return bool(raw) and low <= raw[0] <= high


def _raw(char: str, encoding: str) -> bytes:
    try:
        return char.encode(encoding)
    except UnicodeEncodeError:
        return b""
