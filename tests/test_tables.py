"""How numbers are written in formulas."""

import math

import pytest

from optviz.lessons import activations, build, momentum, schedule_formulas
from optviz.lessons.tables import tex


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-2, "-2"),
        (0.123456, "0.1235"),
        (1.5e9, r"1.5 \cdot 10^{9}"),
        (-3e-7, r"-3 \cdot 10^{-7}"),
        (1e-8, r"1 \cdot 10^{-8}"),
        (-1e20, r"-1 \cdot 10^{20}"),
        (math.inf, r"\infty"),
        (-math.inf, r"-\infty"),
        (math.nan, r"\text{–}"),
    ],
)
def test_numbers_in_latex(value, written):
    assert tex(value) == written


@pytest.mark.parametrize(("value", "written"), [(1e-8, "10^{-8}"), (-1e20, "-10^{20}"), (1, "1"), (-1, "-1")])
def test_a_bare_power_of_ten(value, written):
    assert tex(value, bare=True) == written
    assert tex(1.5e-8, bare=True) == r"1.5 \cdot 10^{-8}"


def test_digits_and_what_is_no_number_are_for_the_lesson_to_say():
    assert tex(0.123456, 3) == "0.123"
    assert tex(math.nan, nan="?") == "?"
    assert schedule_formulas.tex(1.23456789) == "1.2346"
    assert activations.tex(math.nan) == r"\mathrm{NaN}" and activations.tex(0.123456, 3) == "0.123"
    assert build.tex(1e-8) == momentum.tex(1e-8) == "10^{-8}"
