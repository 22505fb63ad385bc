"""Break the numbers one place at a time, and see whether their tests notice.

    python tests/mutations/run.py                                 # every mutant of every guarded module: hours
    python tests/mutations/run.py optviz/optimization/schedules.py --sample 50  # fifty of one module, drawn with --seed
    python tests/mutations/run.py --since HEAD~20 --sample 12      # of the lines that were changed since a commit
    python tests/mutations/run.py --templates --sample 20          # of the programs that pages print

Cosmic Ray makes the mutants of modules, and `printed.py` those of templates, each in a copy of the working tree; the
tests that are to notice run there. What no test notices is printed as a difference, and the exit status is 1, unless
`explained.toml` says why that is no fault.
"""

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, NoReturn

import printed
import pytest
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.tools.filters.git import GitFilter
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, WorkItem

ROOT = Path(__file__).parents[2]
EXPLAINED = Path(__file__).with_name("explained.toml")
PATIENCE = 300.0
"""Seconds after which a mutant that keeps its tests busy counts as noticed."""

# Each mutant's tests run in a fork of a process that has imported what takes long and is never broken.
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tensorflow", "keras", "hypothesis", "plotly.graph_objects", "streamlit.testing.v1", "sympy"]
)

GUARDS = {
    "optviz/networks/activations.py": "parameters activations network",
    "optviz/surfaces/diagnosis.py": "diagnosis",
    "optviz/surfaces/exactly.py": "endings",
    "optviz/surfaces/landscape.py": "landscape race surfaces endings",
    "optviz/networks/losses.py": "parameters losses",
    "optviz/optimization/optimizers.py": "parameters optimizers rules stability keras_parity",
    "optviz/surfaces/race.py": "race forks endings",
    "optviz/optimization/rules.py": "rules optimizers anatomy",
    "optviz/optimization/schedules.py": "parameters schedules",
    "optviz/optimization/straight.py": "rules forks compiled",
    "optviz/surfaces/surfaces.py": "parameters surfaces_from_the_literature surfaces",
    "optviz/lessons/keras_code.py": "training_code",
    "optviz/lessons/optimizer_code.py": "optimizer_code race_code",
    "optviz/lessons/race_code.py": "race_code",
    "optviz/lessons/training_code.py": "training_code",
    "optviz/optimization/writing.py": "rules anatomy optimizer_code",
}
"""The modules that are broken, and the tests that are to notice, by their names."""

PROGRAMS = {
    "cross_entropy_page": "cross_entropy",
    "descent_page": "descent",
    "fitting_page": "fitting",
    "lesson_programs": "curves softmax stability vanishing",
    "loss_curves_page": "loss_curves",
    "losses_page": "losses",
    "matrices_page": "matrices",
    "models_code": "logistic",
    "networks_programs": "backpropagation initialization network",
    "optimizer_code": "keras_optimizer keras_schedule look_ahead_model precision warm_up",
    "optimizer_lessons_tensorflow": "momentum named_optimizer surface two_moments",
    "race_code rules": "numpy_optimizer race",
    "regression_page": "regression update",
    "schedules_page": "schedules",
    "softmax_loss_page": "softmax_loss",
    "training_code": "dead_units reduce_schedule reducible restore_where_stopped scores training weights",
    "yoghurt_page": "yoghurt",
}
"""The tests that are to notice what is broken in the programs that pages print."""

TEMPLATES = {
    f"optviz/lessons/programs/{name}.py.jinja": tests for tests, names in PROGRAMS.items() for name in names.split()
}
GUARDS |= TEMPLATES


class Mutant(NamedTuple):
    """A place to break, and the kind of break."""

    spec: MutationSpec

    @property
    def module(self) -> str:
        """The module, as GUARDS names it."""
        return self.spec.module_path.as_posix()


class Outcome(NamedTuple):
    """What a mutant changed, and whether the tests noticed."""

    mutant: Mutant
    changed: str
    noticed: bool


def mutants(modules: Sequence[str], since: str | None) -> list[Mutant]:
    """Return the mutants of some modules, or of the lines of theirs that were changed since a commit."""
    with tempfile.TemporaryDirectory() as folder, use_db(Path(folder) / "mutants.sqlite", WorkDB.Mode.create) as found:
        init([Path(module) for module in modules if module.endswith(".py")], found, {})
        found.add_work_items(item for module in modules if module.endswith(".jinja") for item in _in_template(module))
        if since:
            settings = Path(folder) / "cosmic-ray.toml"
            settings.write_text(f'[cosmic-ray.filters.git-filter]\nbranch = "{since}"\n', "utf-8")
            GitFilter().filter(found, argparse.Namespace(config=str(settings)))
        made = [Mutant(spec) for item in found.pending_work_items for spec in item.mutations if _is_code(spec)]
    unseen = {
        module: list(_unseen(ast.parse((ROOT / module).read_text("utf-8")))) if module.endswith(".py") else []
        for module in modules
    }
    return sorted(
        (mutant for mutant in made if not any(_inside(mutant.spec, node) for node in unseen[mutant.module])),
        key=lambda mutant: (mutant.module, mutant.spec.start_pos, mutant.spec.operator_name, mutant.spec.occurrence),
    )


def _in_template(template: str) -> Iterator[WorkItem]:
    for i, (start, end) in enumerate(printed.template_places((ROOT / template).read_text("utf-8"))):
        yield WorkItem.single(f"{template}:{i}", MutationSpec(template, printed.IN_TEMPLATE, i, start, end))


def _is_code(spec: MutationSpec) -> bool:
    """Whether what is broken is code: in a string only where a program writer or an update rule holds it."""
    holds_code = spec.module_path.stem.endswith("_code") or spec.module_path.stem == "optimizers"
    return spec.operator_name != printed.NAME or holds_code


def _unseen(tree: ast.Module) -> Iterator[ast.expr]:
    """Give what no test can notice: what the type checker reads, decorators of dataclasses, and how strict a zip is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.ClassDef):
            yield from node.decorator_list
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            yield node.value


def _inside(spec: MutationSpec, node: ast.expr) -> bool:
    first, last = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    return first <= tuple(spec.start_pos) and tuple(spec.end_pos) <= last


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what git knows, and what it does not ignore, as it stands in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def tested(mutant: Mutant, folder: Path) -> Outcome:
    """Break one copy of the tree in one place, and run the tests of the module."""
    spec, module = mutant.spec, folder / mutant.module
    whole = module.read_text("utf-8")
    if spec.operator_name == printed.IN_TEMPLATE:
        broken = printed.mutate_template(whole, spec.occurrence)
    else:
        broken = mutate_code(whole, get_operator(spec.operator_name)(**spec.operator_args), spec.occurrence)
    module.write_text(broken, "utf-8")
    try:
        noticed = not passed(_tests(GUARDS[mutant.module]), folder)
    finally:
        module.write_text(whole, "utf-8")
    differences = difflib.unified_diff(whole.splitlines(), broken.splitlines(), n=0, lineterm="")
    changed = [line for line in differences if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    return Outcome(mutant, "\n".join(changed).strip(), noticed)


def passed(tests: Sequence[str], folder: Path, said: Path = Path(os.devnull)) -> bool:
    """Run tests in a copy of the tree, in a process of their own; what they say goes to a file."""
    running = FORKS.Process(target=_run, args=(tests, folder, said))
    running.start()
    running.join(PATIENCE)
    running.kill()
    running.join()
    return running.exitcode == 0


def _run(tests: Sequence[str], folder: Path, said: Path) -> NoReturn:
    with said.open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.chdir(folder)
    # As a program of its own ends: TensorFlow's threads may keep another end waiting.
    os._exit(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--assert", "plain", *tests]))


def _tests(guards: str) -> list[str]:
    return [f"tests/test_{name}.py" for name in guards.split()]


def outcomes(drawn: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
    """Run the tests of each mutant, some at a time, each in a copy of the tree of its own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        for job in range(jobs):
            free.put(copy_of_the_tree(Path(folder) / str(job)))

        def run(mutant: Mutant) -> Outcome:
            copy = free.get()
            try:
                return tested(mutant, copy)
            finally:
                free.put(copy)

        yield from pool.map(run, drawn)


def explained() -> dict[tuple[str, str], str]:
    """Return why some mutants change nothing: by the module and the lines that they change.

    Raises `LookupError` where a module no longer has such lines.
    """
    found = {}
    for entry in tomllib.loads(EXPLAINED.read_text("utf-8")).get("mutant", []):
        module, change = entry["module"], entry["change"].strip()
        whole = [line[1:] for line in change.splitlines() if line.startswith("-")]
        if not {*whole} <= {*(ROOT / module).read_text("utf-8").splitlines()}:
            raise LookupError(f"{module} has no longer what is explained: {whole}")
        found[module, change] = entry["why"]
    return found


def main() -> int:
    """Run as many mutants as were asked for, and print what no test noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="of GUARDS; all where none is named")
    parser.add_argument("--templates", action="store_true", help="all templates of programs")
    parser.add_argument("--since", help="only lines that were changed since this commit")
    parser.add_argument("--sample", type=int, help="so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    if unguarded := set(wanted.modules) - set(GUARDS):
        parser.error(f"no tests are named for {', '.join(sorted(unguarded))}")
    os.chdir(ROOT)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # or a mutant could be run from what was compiled of the one before
    if unknown := {path.relative_to(ROOT).as_posix() for path in ROOT.glob("optviz/**/*.jinja")} - set(TEMPLATES):
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}")
    named = [*wanted.modules, *(TEMPLATES if wanted.templates else ())]
    known = explained()
    found = mutants(named or list(GUARDS), wanted.since)
    drawn = random.Random(wanted.seed).sample(found, min(wanted.sample or len(found), len(found)))
    print(f"{len(drawn)} of {len(found)} mutants", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        for guards in sorted({GUARDS[mutant.module] for mutant in drawn}):
            if not passed(_tests(guards), ROOT, said):
                print(f"\n{guards}: these tests fail though nothing is broken\n{said.read_text('utf-8')}")
                return 2
    noticed, unexplained = 0, 0
    for outcome in outcomes(drawn, wanted.jobs):
        if outcome.noticed:
            noticed += 1
            continue
        why = known.get((outcome.mutant.module, outcome.changed))
        unexplained += why is None
        print(f"\n{outcome.mutant.module}: {why or 'no test noticed'}\n{outcome.changed}", flush=True)
    told = len(drawn) - noticed - unexplained
    print(f"\n{noticed} of {len(drawn)} noticed, {told} explained, {unexplained} survived")
    return int(unexplained > 0)


if __name__ == "__main__":
    raise SystemExit(main())
