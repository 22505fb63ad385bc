"""What the README says is true: its Python runs, its commands are those that are checked, its pictures exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import optviz
from optviz.optimization.two_moments import members

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_ten_lines_run_and_print_what_they_say():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 12
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    race, trained = done.stdout.splitlines()
    assert race.startswith("(501, 2, 2) [")
    epoch, loss, accuracy = trained.split()
    assert epoch == "100" and float(loss) < 0.12 and float(accuracy) > 0.85


def test_the_rows_are_those_of_optimizers_that_are_two_moments_and_who_leaves_the_frame_does():
    rows = re.search(r"m: decay, gain \| V: decay, gain \|\n\|[-|]+\n(.*?)\n\n", TEXT, re.DOTALL)
    known = ("sgd", "momentum", "momentum_classical", "adagrad", "rmsprop", "adam")
    assert rows and len(rows[1].splitlines()) == len(known) and {*known} <= {*members()}
    assert not {"nesterov", "nesterov_keras", "adamw", "lion", "newton"} & {*members()}


def test_the_test_command_is_what_ci_runs():
    command = ".venv/bin/python -m pytest"
    assert f"&& {command}\n" in TEXT and command in (ROOT / ".ci/run").read_text("utf-8").splitlines()


def test_links_lead_somewhere():
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", prose)
    assert targets and all((ROOT / target).exists() for target in targets)


def test_the_table_of_moments_is_the_one_in_the_module():
    module = (ROOT / "optviz/optimization/optimizers.py").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Za-z].*?) +\| (.*?) +\| (.*?) +\|$", module, re.MULTILINE)
    plain = TEXT.replace("−", "-").replace("bias-corrected", "corrected")
    assert len(rows) == 6
    for name, first, second in rows:
        assert re.search(rf"\| {re.escape(name)}[^|]*\| {re.escape(first)} \| {re.escape(second)} \|", plain), name


def test_every_public_name_is_there():
    assert set(optviz.__all__) == set(optviz._HOME)
    assert all(getattr(optviz, name) is not None for name in optviz.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = optviz.nothing
