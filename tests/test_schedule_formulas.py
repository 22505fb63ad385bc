"""The formulas of the schedules with numbers in them have the value of the schedule."""

import pytest

from optviz.lessons.schedule_formulas import bracketed, filled, tex
from optviz.optimization.schedules import SCHEDULES, warmup
from tests.tex_arithmetic import evaluated, recompute


def value_of(tex):
    """Compute what stands to the right of the first equals sign of a formula in LaTeX."""
    return recompute(tex.split(" = ")[1])


def extremes(name):
    """Yield the values of a schedule: its defaults, and each switch turned."""
    recipe = SCHEDULES[name]
    yield ()
    for parameter in recipe.parameters:
        if parameter.kind is bool:
            yield ((parameter.name, True),)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warm_up", [0, 20])
def test_each_formula_with_its_numbers_has_the_value_of_the_schedule(name, warm_up):
    for values in extremes(name):
        factor = warmup(SCHEDULES[name](**dict(values)), warm_up)
        for t in (0, 1, 5, 10, 19, 20, 49, 50, 59, 60, 100, 101, 120, 150, 200, 201, 301, 400, 777):
            tex = filled(name, values, 0.5, warm_up, t)
            assert tex.startswith(rf"\mathrm{{lr}}_{{{t}}} = ")
            assert value_of(tex) == pytest.approx(0.5 * float(factor(t)), rel=1e-3, abs=1e-6), tex


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_formula_in_letters_has_the_value_of_the_schedule(name):
    recipe = SCHEDULES[name]
    for values in extremes(name):
        formula = recipe(**dict(values))
        numbers = [parameter for parameter in recipe.parameters if parameter.kind is not bool]
        letters = {each.range.symbol.removeprefix("\\"): formula.numbers[each.name] for each in numbers}
        for t in (0, 1, 5, 10, 59, 60, 100, 101, 200, 201, 777):
            assert evaluated(formula.tex("L"), t=t, L=0.5, **letters) == pytest.approx(
                0.5 * formula(t), rel=1e-9, abs=1e-12
            ), t


def test_boundaries_out_of_order_are_written_as_they_act():
    values = (("first_boundary", 200), ("second_boundary", 100))
    factor = SCHEDULES["piecewise_constant"](**dict(values))
    for t in (50, 150, 250, 350):
        assert value_of(filled("piecewise_constant", values, 0.5, 0, t)) == pytest.approx(0.5 * factor(t))


@pytest.mark.parametrize("total, warm", [(10, 0.05), (20, 0.05), (2, 0.3), (97, 0.9)])
def test_one_cycle_whose_peak_lies_before_the_first_step_is_written_as_it_acts(total, warm):
    values = (("total_steps", total), ("warm_fraction", warm))
    factor = SCHEDULES["one_cycle"](**dict(values))
    for t in (0, 1, total - 1, total):
        assert value_of(filled("one_cycle", values, 0.5, 0, t)) == pytest.approx(0.5 * float(factor(t)), abs=1e-4)


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.5, "0.5"), (-2, "-2"), (1.23456789, "1.2346"), (3e-7, r"3 \cdot 10^{-7}"), (1e20, r"1 \cdot 10^{20}")],
)
def test_numbers_in_latex(value, written):
    assert tex(value) == written
    assert bracketed(value) == (f"({written})" if value < 0 else written)
