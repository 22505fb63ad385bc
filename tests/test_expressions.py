"""Expressions as functions of NumPy and as programs of TensorFlow."""

import numpy as np
import pytest
import sympy as sp

from optviz.expressions import compiled, has_poles, tensorflow_program
from optviz.formula import FUNCTIONS, parse

tf = pytest.importorskip("tensorflow")
w = sp.Symbol("w")
FORMULAS = [f"{name}(w/2{'' if name in ('asin', 'acos', 'atanh') else ' + 1'})" for name in FUNCTIONS] + [
    "max(0, w)", "max(2w, w²) + min(w, 3)", "relu(w)^2", "cbrt(w)", "log10(w)", "sigmoid(w)",
    "(w+1)^2", "1/sqrt(w+2)", "w^0.5 - pi*e", "exp(2)*w", "2^w", "w^3/3 - 0.3*w", "abs(w)^3", "1/(1+exp(-w))",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_the_program_of_a_formula_gives_tensorflow_the_same_numbers(text):
    expression = parse(text, ("w",))
    value, slope = compiled((w,), [expression, expression.diff(w)])(np.array(0.7))
    variable = tf.Variable(0.7)
    with tf.GradientTape() as tape:
        loss = eval(tensorflow_program(expression), {"tf": tf, "w": variable})
    assert float(loss) == pytest.approx(float(value), rel=2e-6)
    assert float(tape.gradient(loss, variable)) == pytest.approx(float(slope), rel=2e-6)


def test_what_can_divide_by_zero_is_known():
    assert has_poles([1 / w]) and has_poles([w**2, 1 / sp.sqrt(w)]) and not has_poles([w**2, sp.exp(w)])
