"""What a fresh process imports before it can show anything, and that TensorFlow is not among it."""

import ast
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports_of(page: str) -> str:
    """Return the import statements of a page."""
    body = ast.parse((ROOT / "pages" / page).read_text(encoding="utf-8")).body
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom))


def fresh(code: str) -> None:
    """Run code in a process of its own."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


CASES = {"`import optviz`": "import optviz", "the surfaces page's imports": imports_of("surfaces.py")}


@pytest.mark.benchmark(timer=time.perf_counter)  # what another process computes is not in this one's processor time
@pytest.mark.parametrize("what", CASES)
def test_imports(compare: Callable[..., None], fastest: Callable[..., float], what: str) -> None:
    pytest.importorskip("tensorflow")
    theirs = fastest(lambda: fresh("import tensorflow"), 0.0, time.perf_counter)
    code = f"{CASES[what]}\nimport sys\nassert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    compare(f"{what}, fresh process", lambda: fresh(code), "`import tensorflow`", theirs)
