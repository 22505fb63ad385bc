"""The benchmarks: optviz against a rival measured in the same run; all ratios are printed as one table at the end."""

import os
import platform
import timeit
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, NamedTuple

import pytest

from optviz import compiled
from optviz.optimization import straight

# TensorFlow reads it when it is first imported: without it its start-up notes drown the table.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PACKAGES = ("numpy", "numba", "tensorflow", "keras", "torch")
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


class Row(NamedTuple):
    """One comparison: seconds of optviz and of the rival, and how many times faster optviz has to be, if at all."""

    what: str
    ours: float
    rival: str = "–"
    theirs: float | None = None
    required: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times longer the rival takes."""
        return None if self.theirs is None else self.theirs / self.ours

    def __str__(self) -> str:
        theirs = "–" if self.theirs is None else duration(self.theirs)
        ratio = "–" if self.ratio is None else f"{self.ratio:.3g}×"
        required = "–" if self.required is None else f"{self.required:g}×"
        return f"| {self.what} | {duration(self.ours)} | {self.rival} | {theirs} | {ratio} | {required} |"


ROWS = pytest.StashKey[list[Row]]()


def duration(seconds: float) -> str:
    """Return a time to three digits in the unit that fits."""
    size, unit = next((entry for entry in UNITS if seconds >= entry[0]), UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def pytest_configure(config: pytest.Config) -> None:
    """Start the table, and keep pytest-benchmark's own out of the report."""
    config.stash[ROWS] = []
    config.option.benchmark_quiet = True


@pytest.fixture
def compare(benchmark: Any, pytestconfig: pytest.Config) -> Callable[..., None]:
    """Time `ours`, enter the row, and fail where the ratio is below the required one.

    Both sides count their fastest round: what else the machine does can only slow a round down.
    """

    def run(
        what: str,
        ours: Callable[[], Any],
        rival: str = "–",
        theirs: float | None = None,
        *,
        required: float | None = None,
    ) -> None:
        ours()
        benchmark(ours)
        row = Row(what, benchmark.stats["min"], rival, theirs, required)
        pytestconfig.stash[ROWS].append(row)
        assert row.ratio is None or row.ratio >= (required or 0.0)

    return run


@pytest.fixture(scope="session")
def fastest(pytestconfig: pytest.Config) -> Callable[..., float]:
    """Return the seconds of a call: the fastest of three rounds or more, as many as fit into some 10 seconds.

    The clock is that of pytest-benchmark, so that `--benchmark-timer=time.process_time` compares processor times, which
    other work on the machine disturbs less.
    """
    clock = resolve_name(pytestconfig.getoption("benchmark_timer"))

    def measure(call: Callable[[], Any], budget: float = 10.0, timer: Callable[[], float] = clock) -> float:
        first = timeit.timeit(call, timer=timer, number=1)
        rounds = min(max(3, int(budget / first)), 1000)
        return min(first, *timeit.repeat(call, timer=timer, number=1, repeat=rounds))

    return measure


@pytest.fixture
def in_machine_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., float]:
    """Return a function that times a call without machine code, and has its programs compiled for what follows."""
    pytest.importorskip("numba")
    monkeypatch.setenv("OPTVIZ_CACHE", str(tmp_path))
    # Here it is waited for.
    monkeypatch.setattr(compiled, "_COMPILE", compiled._COMPILE.replace("(19)", "(0)"))
    compiled._folder.cache_clear()

    def prepare(call: Callable[[], Any], measure: Callable[..., float]) -> float:
        programs: set[str] = set()
        with monkeypatch.context() as patch:
            patch.setattr(straight, "compiled", lambda program, _steps: programs.add(program))
            seconds = measure(call)
        monkeypatch.setattr(compiled, "is_possible", lambda: True)
        compiled.prepare(*programs)
        assert programs and all(map(compiled.compiled, programs))
        return seconds

    return prepare


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table in Markdown, with what it was measured on."""
    terminalreporter.section("benchmarks")
    for line in _lines(config.stash[ROWS]):
        terminalreporter.write_line(line)


def _lines(rows: list[Row]) -> Iterator[str]:
    yield "| what | optviz | rival | rival's time | ratio | required |"
    yield "|---|---|---|---|---|---|"
    yield from map(str, rows)
    yield ""
    versions, load = ", ".join(map(_version, PACKAGES)), os.getloadavg()[0]
    yield f"Python {platform.python_version()}, {versions}; {os.cpu_count()} CPUs, load average {load:.1f}."


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"
