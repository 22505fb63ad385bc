"""The recipes of CONTRIBUTING.md, pasted from its text and run."""

import re
from itertools import islice
from pathlib import Path

import numpy as np

from optviz import optimizers
from optviz.anatomy import follow
from optviz.descent import advance, descend
from optviz.looks import LOOKS, derived
from optviz.optimizers import OWN, Entry
from optviz.surfaces import SURFACES

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def recipe(title: str) -> str:
    """Return the program that stands under a title."""
    section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def test_an_optimizer_is_its_lines_and_an_entry() -> None:
    names = dict(vars(optimizers))
    exec(recipe("To add an optimizer"), names)
    entry = names["signum"]
    assert isinstance(entry, Entry) and entry.name == "signum" and not entry.name.startswith(OWN)
    objective, start = SURFACES["beale"], np.array(SURFACES["beale"].start)
    for beta in (0.5, 0.9):
        ours = entry(beta=beta)
        one = advance(objective, ours, lambda t: 0.003, start, 60)[0]
        whole = [step.w for step in islice(descend(objective, ours, lambda t: 0.003, start), 60)]
        np.testing.assert_array_equal(whole, one.w)
        w, m = start, np.zeros(2)
        for t in range(59):
            m = beta * m + (1 - beta) * objective(w)[1]
            w = w - 0.003 * np.sign(m)
            np.testing.assert_allclose(one.w[t + 1], w, rtol=1e-12)
        lines = follow(objective, ours, lambda t: 0.003, start, 5).lines(4)
        assert [line.result(0) for line in lines][-1] == one.w[5, 0]


def test_what_an_entry_does_not_say_is_derived() -> None:
    names = dict(vars(optimizers))
    exec(recipe("To add an optimizer"), names)
    entry = names["signum"]
    assert entry.look is None and entry.kin is None and not entry.sentences
    look = derived(LOOKS.values())
    assert all(look[i] not in {other[i] for other in LOOKS.values()} for i in range(len(look)))
