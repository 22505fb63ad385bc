"""The recipes of CONTRIBUTING.md, pasted from its text and run."""

import re
from itertools import islice
from pathlib import Path

import numpy as np

from optviz.optimization import optimizers
from optviz.optimization.anatomy import follow
from optviz.optimization.descent import advance, descend
from optviz.optimization.optimizers import OPTIMIZERS, OWN, Entry
from optviz.surfaces.surfaces import SURFACES

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
    entry = names["heavy_ball"]
    assert isinstance(entry, Entry) and entry.name == "heavy_ball"
    objective, start = SURFACES["beale"], np.array(SURFACES["beale"].start)
    for beta in (0.5, 0.9):
        ours, known = entry(beta=beta), OPTIMIZERS["momentum_classical"](beta=beta)
        assert ours.first == known.first and ours.largest_rate(3.0) == known.largest_rate(3.0)
        one, other = (advance(objective, each, lambda t: 0.003, start, 60)[0] for each in (ours, known))
        np.testing.assert_array_equal(one.w, other.w)
        whole = [step.w for step in islice(descend(objective, ours, lambda t: 0.003, start), 60)]
        np.testing.assert_array_equal(whole, one.w)
        lines = follow(objective, ours, lambda t: 0.003, start, 5).lines(4)
        assert [line.result(0) for line in lines][-1] == one.w[5, 0]
    assert entry.formula == OPTIMIZERS["momentum_classical"].formula
    assert not entry.name.startswith(OWN)


def test_no_browser_test_waits_for_a_time() -> None:
    browser = Path(__file__).parent / "browser"
    sources = {path.name: path.read_text("utf-8") for path in browser.glob("test_*.py")}
    assert sources and not [name for name, text in sources.items() if re.search(r"wait_for_timeout|\bsleep\(", text)]
