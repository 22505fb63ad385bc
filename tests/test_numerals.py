"""One number as people write it: what it can mean, and that no text means anything by accident."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.numerals import LONGEST, readings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,05", 0.05), ("0.05", 0.05), (",5", 0.5), (".5", 0.5), ("5.", 5), ("5,", 5), ("12,5", 12.5),
        ("1/3", 1 / 3), ("-1/3", -1 / 3), ("1 / 3", 1 / 3), ("1,5/2", 0.75), ("1e-3/2", 5e-4), ("(1/3)", 1 / 3),
        ("½", 0.5), ("2½", 2.5), ("2 ½", 2.5), ("¹⁄₂", 0.5), ("1⁄3", 1 / 3), ("⅔", 2 / 3),
        ("1e-3", 1e-3), ("1E-3", 1e-3), ("1.5e−3", 1.5e-3), ("1,5e-3", 1.5e-3), ("1e+3", 1000), ("1e3", 1000),
        ("10^-3", 1e-3), ("10⁻³", 1e-3), ("2·10⁻³", 2e-3), ("2×10^-3", 2e-3), ("2*10**-3", 2e-3), ("2 x 10^(-3)", 2e-3),
        ("2^-4", 0.0625), ("１．５", 1.5), ("１，５", 1.5), ("－３", -3), ("٣", 3), ("٠٫٥", 0.5), ("𝟏𝟐", 12), ("①", 1),
        ("–2", -2), ("—2", -2), ("‐2", -2), ("−2", -2), ("﹣2", -2), ("+2", 2), ("\u200b2\ufeff", 2), ("\u00a02", 2),
        ("50%", 0.5), ("50 %", 0.5), ("12,5 %", 0.125), ("５０％", 0.5), ("5‰", 0.005),
        ("1 000", 1000), ("1\u202f000", 1000), ("1 000 000,5", 1000000.5), ("1'000.5", 1000.5), ("1’000", 1000),
        ("1_000", 1000), ("1,234,567", 1234567), ("1.234.567", 1234567), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("1.000", 1), ("0,125", 0.125), ("inf", math.inf), ("-∞", -math.inf), ("1e999", math.inf),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_one_way_that_it_can_mean(text, value):
    assert readings(text) == (pytest.approx(value, rel=1e-15),)


@pytest.mark.parametrize(("text", "values"), [("1,000", (1, 1000)), ("-12,345", (-12.345, -12345))])
def test_a_comma_before_three_digits_can_mean_two(text, values):
    assert readings(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "abc", "1 2", "1,2,3", "0.1.2", "1,00,0", "--1", "1-2", "5-3", "1/0", "1//2", "1/2/3", "1/", "/2",
        "1e", "e3", "0x10", "1j", "nan", "None", "True", "²", "x²", "½½", "%", "5%%", "__import__('os')", "9**9**9",
        "1+1", "∞/∞", "1\x002", "1" * (LONGEST + 1), "1,000.000,5", "1 00", "10 00 0",
    ],
)  # fmt: skip
def test_what_is_no_number_means_none(text):
    assert readings(text) == ()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_back(value):
    assert readings(repr(value)) == (value,)
    assert readings(repr(value).replace(".", ","))[0] == value
    assert readings(repr(value).replace("-", "−")) == (value,)


@given(st.integers(-99, 99), st.integers(1, 99))
def test_a_fraction_is_divided(top, bottom):
    assert readings(f"{top}/{bottom}") == (top / bottom,)


@given(st.text(st.sampled_from("0123456789.,'_ /*^%‰+-−eEx½²⁻¹()∞१"), max_size=LONGEST) | st.text(max_size=LONGEST + 5))
def test_no_text_raises_or_takes_long(text):
    started = time.process_time()
    assert not any(math.isnan(value) for value in readings(text))
    assert time.process_time() - started < 0.2
