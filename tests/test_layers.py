"""A folder's name predicts its imports: none points to a room further down this list, and few know Streamlit."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from optviz.former import HOMES

ROOT = Path(__file__).parents[1]

FIRST_PARTY = {"app", "pages", "tests"}
TENSORFLOW = {"tensorflow", "keras"}
HEAVY = TENSORFLOW | {"numba", "llvmlite"}


ROOMS = (
    "",
    "locale",
    "optimization",
    "surfaces",
    "networks",
    "models",
    "course",
    "figures",
    "lessons",
    "ui",
    "pages",
    "app",
)
"""The rooms, each of which may import what stands before it; "" are the modules of optviz itself."""

FRONT_DOOR = Path("optviz/__init__.py")
"""It names what programs import, from all rooms of numbers."""

LIBRARIES = {
    "streamlit": {"ui", "pages", "app"},
    # The player takes Plotly's JavaScript from the installed package, and draws nothing itself.
    "plotly": {"figures", "ui"},
    **{f"plotly.{name}": {"figures"} for name in ("graph_objects", "graph_objs", "express", "subplots")},
    "numpy": {*ROOMS} - {"pages", "app"},
}
"""Which rooms may import a library; nobody imports app.py, the pages and the tests."""


def room(path: Path) -> str:
    """Name the room of a file, given by its path from the root."""
    if path.parts[0] != "optviz":
        return "pages" if path.parts[0] == "pages" else "app"
    return path.parts[1] if len(path.parts) > 2 else ""


def forbidden_in(name: str) -> set[str]:
    """List what a room may not import."""
    above = {f"optviz.{other}" for other in ROOMS[ROOMS.index(name) + 1 : -2]}
    return above | {library for library, rooms in LIBRARIES.items() if name not in rooms}


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Give the line and the dotted name of everything imported; `from a import b` gives both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from ..ui import x` climbs one folder for every dot after the first.
            package = path.parts[:-1][: len(path.parts) - node.level] if node.level else ()
            module = ".".join((*package, *([node.module] if node.module else [])))
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def while_imported(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Give the imports that run when the module is imported: not those in a function, nor for type checkers."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def broken_rules(root: Path) -> set[str]:
    """List every import under a root that points to a higher layer, as `file: module`."""
    broken = set()
    for where in ("app.py", "pages/**/*.py", "optviz/**/*.py"):
        for file in root.glob(where):
            path, tree = file.relative_to(root), ast.parse(file.read_text("utf-8"))
            if path == FRONT_DOOR:
                continue
            forbidden = forbidden_in(room(path)) | FIRST_PARTY
            if "tensorflow" not in path.stem:
                forbidden |= TENSORFLOW
            broken |= {f"{path}: {name}" for _, name in imports(tree, path) if within(name, forbidden)}
            # A module that is about them waits until they are needed, too.
            eager = {name for node in while_imported(tree) for _, name in imports(node, path)}
            broken |= {f"{path}: {name} at import" for name in eager if within(name, HEAVY)}
    return broken


def test_no_import_points_to_a_higher_layer() -> None:
    assert broken_rules(ROOT) == set()


@pytest.mark.parametrize(
    ("path", "source", "module"),
    [
        ("optviz/surfaces/surfaces.py", "import streamlit", "streamlit"),
        ("optviz/surfaces/surfaces.py", "def f():\n    from streamlit.runtime import x", "streamlit.runtime"),
        ("optviz/locale/messages.py", "import streamlit as st", "streamlit"),
        ("optviz/surfaces/surfaces.py", "import plotly.graph_objects as go", "plotly.graph_objects"),
        ("optviz/surfaces/surfaces.py", "from optviz import ui", "optviz.ui"),
        ("optviz/surfaces/surfaces.py", "from optviz.figures.race import race", "optviz.figures.race"),
        ("optviz/surfaces/surfaces.py", "from ..ui.links import keep", "optviz.ui.links"),
        ("optviz/surfaces/surfaces.py", "from .. import figures", "optviz.figures"),
        ("optviz/surfaces/surfaces.py", "from optviz.networks import network", "optviz.networks"),
        ("optviz/formula.py", "from optviz.surfaces.surfaces import SURFACES", "optviz.surfaces.surfaces"),
        ("optviz/formula.py", "from .ui.links import keep", "optviz.ui.links"),
        ("optviz/lessons/races.py", "import streamlit", "streamlit"),
        ("optviz/lessons/races.py", "import plotly", "plotly"),
        ("optviz/lessons/races.py", "from optviz.ui import player", "optviz.ui"),
        ("optviz/course/outline.py", "from optviz.figures import panels", "optviz.figures"),
        ("optviz/figures/race.py", "import streamlit", "streamlit"),
        ("optviz/figures/race.py", "from optviz.ui import language", "optviz.ui"),
        ("optviz/figures/race.py", "from ..ui import language", "optviz.ui"),
        ("optviz/figures/race.py", "import pages.surfaces", "pages.surfaces"),
        ("optviz/ui/links.py", "from pages import surfaces", "pages"),
        ("optviz/ui/links.py", "import app", "app"),
        ("optviz/ui/links.py", "from tests.conftest import x", "tests.conftest"),
        ("optviz/ui/player.py", "import plotly.express as px", "plotly.express"),
        ("optviz/ui/player.py", "from plotly import graph_objects", "plotly.graph_objects"),
        ("pages/surfaces.py", "import plotly", "plotly"),
        ("pages/surfaces.py", "import numpy as np", "numpy"),
        ("app.py", "import numpy", "numpy"),
        ("optviz/networks/network.py", "def f():\n    import tensorflow as tf", "tensorflow"),
        ("pages/classifier.py", "import keras", "keras"),
        ("optviz/networks/tensorflow_engine.py", "import tensorflow as tf", "tensorflow at import"),
        (
            "optviz/networks/tensorflow_engine.py",
            "try:\n    import keras\nexcept ImportError:\n    pass",
            "keras at import",
        ),
    ],
)
def test_the_check_finds(tmp_path: Path, path: str, source: str, module: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    assert f"{path}: {module}" in broken_rules(tmp_path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import streamlit as st\nfrom optviz.ui import language"),
        (
            "pages/surfaces.py",
            "import streamlit as st\nfrom optviz.surfaces import race\nfrom optviz.figures import contour",
        ),
        ("optviz/ui/player.py", "import plotly\nimport numpy\nimport streamlit\nfrom optviz.figures import contour"),
        (
            "optviz/figures/contour.py",
            "import plotly.graph_objects as go\nfrom optviz.surfaces.surfaces import SURFACES",
        ),
        (
            "optviz/lessons/races.py",
            "import numpy\nfrom optviz.figures import races\nfrom optviz.lessons import tables",
        ),
        ("optviz/__init__.py", "if TYPE_CHECKING:\n    from optviz.surfaces.surfaces import SURFACES"),
        ("optviz/surfaces/surfaces.py", "import numpy as np\nfrom optviz.formula import parse\nimport optviz.uix"),
        ("optviz/networks/tensorflow_engine.py", "def make():\n    import tensorflow as tf\n    return tf"),
        ("optviz/networks/tensorflow_engine.py", "class Engine:\n    def make(self):\n        import tensorflow"),
        ("optviz/networks/tensorflow_engine.py", "if TYPE_CHECKING:\n    import tensorflow"),
    ],
)
def test_the_check_allows(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    assert broken_rules(tmp_path) == set()


def test_importing_the_numbers_loads_neither_streamlit_nor_plotly_nor_tensorflow() -> None:
    rooms = ROOMS[1 : ROOMS.index("figures")]
    files = [
        *(ROOT / "optviz").glob("*.py"),
        *(file for name in rooms for file in (ROOT / "optviz" / name).glob("*.py")),
    ]
    modules = sorted(".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if "__" not in file.stem)
    assert "optviz.surfaces.surfaces" in modules
    source = f"""
import importlib, sys
for name in {modules}:
    importlib.import_module(name)
print(*sorted({{"streamlit", "plotly", *{HEAVY}}} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_whatever_is_in_ui_needs_streamlit() -> None:
    """A module that knows neither Streamlit nor another module of ui belongs elsewhere."""
    for file in (ROOT / "optviz" / "ui").glob("[!_]*.py"):
        path = file.relative_to(ROOT)
        names = {name for _, name in imports(ast.parse(file.read_text("utf-8")), path)}
        assert any(within(name, {"streamlit", "optviz.ui"}) for name in names), path


@pytest.mark.parametrize("name", HOMES)
def test_programs_that_were_printed_before_find_their_modules(name: str) -> None:
    module, home = import_module(name), import_module(HOMES[name])
    names = [each for each in vars(home) if not each.startswith("_")]
    assert names and all(getattr(module, each) is getattr(home, each) for each in names)
    assert home.__name__ == HOMES[name]
