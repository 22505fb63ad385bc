"""The ranges that controls of several pages have in common, and the stops of their dials."""

from optviz.recipes import Range

LEARNING_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LEARNING_RATE = Range(1e-6, 100.0, "lr", "log")
STRENGTH = Range(0.0, 10.0, r"\lambda")
STRENGTHS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
COORDINATE = Range(-1e4, 1e4, "x")
