"""The recipes of CONTRIBUTING.md, pasted from its text and run."""

import os
import re
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from optviz.optimization import optimizers
from optviz.optimization.anatomy import follow
from optviz.optimization.descent import advance, descend
from optviz.optimization.looks import LOOKS, derived
from optviz.optimization.optimizers import OWN, Entry
from optviz.surfaces.surfaces import SURFACES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def recipe(title: str, place: int = 0) -> str:
    """Return a program that stands under a title."""
    section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)[place]


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


def test_no_browser_test_waits_for_a_time() -> None:
    browser = Path(__file__).parent / "browser"
    sources = {path.name: path.read_text("utf-8") for path in browser.glob("test_*.py")}
    assert sources and not [name for name, text in sources.items() if re.search(r"wait_for_timeout|\bsleep\(", text)]


NEW = ("inverse_square_root", "hard_tanh", "log_cosh", "stripes", "parabola")


def put(root: Path, name: str, before: str, text: str) -> None:
    """Put a text before another one, which stands once in a file."""
    file = root / name
    content = file.read_text("utf-8")
    assert content.count(before) == 1, (name, before)
    file.write_text(content.replace(before, text + before), "utf-8")


def follow_recipes(root: Path) -> None:
    """Do what the text says, and nothing else."""
    put(root, "optviz/optimization/schedules.py", "SCHEDULES = registry(", recipe("To add a schedule") + "\n\n")
    put(root, "optviz/optimization/schedules.py", "        one_cycle,\n    )", "        inverse_square_root,\n")
    put(root, "optviz/networks/activations.py", "ACTIVATIONS = registry(", recipe("To add an activation") + "\n\n")
    put(root, "optviz/networks/activations.py", "relu, leaky_relu, prelu, rrelu,", "hard_tanh, ")
    put(root, "optviz/networks/losses.py", "        focal(),\n    )", recipe("To add a loss").rstrip() + ",\n")
    put(root, "optviz/networks/datasets.py", "DATASETS = registry(", recipe("To add a data set") + "\n\n")
    put(root, "optviz/networks/datasets.py", "moons, xor,", "stripes, ")
    for place, name in enumerate(("optviz/lessons/parabola.py", "pages/parabola.py")):
        (root / name).write_text(recipe("To add a lesson", place), "utf-8")
    put(
        root,
        "optviz/course/outline.py",
        '        Lesson("practice",',
        f"        {recipe('To add a lesson', 2).strip()},\n",
    )
    claims = root / "tests/claims/descents.py"
    claims.write_text(claims.read_text("utf-8") + "\n\n" + recipe("To add a lesson", 3), "utf-8")


TRANSLATE = """
from babel.messages.pofile import write_po
from optviz.locale import CATALOGUES, read
from optviz.locale.messages import update
from tests.test_language import glossary
import re
terms = glossary("Chinese")
for language, path in CATALOGUES.items():
    update(language)
    catalogue = read(language)
    for i, message in enumerate(each for each in catalogue if each.id and not each.string):
        places = "".join(f" {{{name}}} " for name in re.findall(r"{(\\w+)}", message.id))
        said = "".join(each.other for each in terms if re.search(rf"\\b{each.english}", message.id, re.IGNORECASE))
        message.string = said + "译文" + chr(0x4E00 + i) + places
    write_po(path.open("wb"), catalogue, width=0, sort_output=True)
"""


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the app in which every recipe has been followed, and what is new has been translated."""
    root = tmp_path_factory.mktemp("followed") / "app"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "docs", "browser", "__pycache__"))
    follow_recipes(root)
    subprocess.run([sys.executable, "-c", TRANSLATE], cwd=root, check=True)
    return root


@pytest.mark.parametrize(
    "files",
    [
        "schedules schedule_formulas schedules_page optimizer_code",
        "activations activations_page lesson_programs saved_models losses tensorflow_engine",
        "datasets parameters layers language recipes",
        "every_page claims syllabus",
    ],
)
def test_who_follows_the_recipes_breaks_no_test(followed: Path, files: str) -> None:
    """What holds for every schedule, activation, loss, data set and page holds for the new ones, tests and all."""
    paths = [f"tests/test_{name}.py" for name in files.split()]
    chosen = ["-k", " or ".join((*NEW, "test_parameters", "test_layers", "test_language"))]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *paths, *chosen],
        cwd=followed,
        env={**os.environ, "PYTHONPATH": str(followed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert re.search(r"\d+ passed", run.stdout)
