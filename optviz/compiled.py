"""Programs as machine code, which is made in a process of its own, kept on disk, and taken up when it is there.

Nobody waits for it: until then, and where numba is not installed, a caller goes on with the same program as it is.
A program is the text of a module with a function `run` of floats and arrays of floats; it comes from a tree of white-
listed names alone. No operation is replaced by another, so that the numbers are those of the plain program.
"""

import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from queue import Full, Queue
from tempfile import mkdtemp
from threading import Lock, Thread
from typing import Any

HOT = 20_000
"""After so many steps of a program in Python, some 10 ms, it is compiled."""
KEPT = 256
"""So many programs are remembered, and as many are kept on disk."""
WAITING = 32
"""So many at most wait to be compiled; what comes then may come again."""
TOGETHER = 8
"""So many at most are compiled by one process, and are ready together."""
PATIENCE = 600.0
"""After so many seconds what has not been compiled is not."""

MATHEMATICS = """
from math import acos, acosh, asin, asinh, atan, atanh, cos, cosh, e, exp, isnan, log, pi, sin, sinh, sqrt, tan, tanh
from math import pow as power

TINY = 2.2250738585072014e-308

def sign(u):
    return u if isnan(u) else float((u > 0.0) - (u < 0.0))

def max(u, v):
    return u if u >= v or isnan(u) else v

def min(u, v):
    return u if u <= v or isnan(u) else v
"""
"""What the names in a program on floats are: signs, maxima and minima as NumPy has them, what is no number stays none.

TINY is `optviz.optimization.rules.TINY`.
"""
_COMPILE = """
import os, sys
getattr(os, "nice", int)(19)
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    try:
        __import__(name)
    except Exception as error:
        print(name, error, file=sys.stderr)
"""


def module(functions: str, signature: str) -> str:
    """Write the program of several functions as a module for numba, of which the last is `run` of this signature."""
    plain = (MATHEMATICS + functions).replace("from math import pow as power\n", _POWER)
    *others, run = plain.split("\ndef ")
    made = "\n@njit(error_model='numpy')\ndef ".join(others)
    return (
        f"from numba import njit\n{made}\n@njit({signature!r}, error_model='numpy', cache=True, nogil=True)\ndef {run}"
    )


_POWER = """from math import pow as _power

def power(u, v):
    return _power(float(u), float(v))
"""


def compiled(program: str, steps: int = HOT) -> Callable[..., Any] | None:
    """Return the `run` of a program as machine code, None as long as there is none.

    `steps` is how many of them the caller is about to make; a program that has made `HOT` is compiled.
    """
    return _PROGRAMS.find(program, steps) if is_possible() else None


@cache
def is_possible() -> bool:
    """Whether programs are compiled: where numba is installed, and the environment has no `OPTVIZ_COMPILE=0`."""
    return os.environ.get("OPTVIZ_COMPILE") != "0" and find_spec("numba") is not None


class _Programs:
    """The programs that were asked for: how many steps they have made, and their machine code."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.steps: OrderedDict[str, int] = OrderedDict()
        self.code: OrderedDict[str, Callable[..., Any] | None] = OrderedDict()
        self.waiting: Queue[str] = Queue(WAITING)
        self.worker: Thread | None = None

    def find(self, program: str, steps: int) -> Callable[..., Any] | None:
        with self.lock:
            if program in self.code:
                self.code.move_to_end(program)
                return self.code[program]
            made = _remember(self.steps, program, self.steps.get(program, 0) + steps)
            if made >= HOT:
                self._order(program)
        return None

    def _order(self, program: str) -> None:
        try:
            self.waiting.put_nowait(program)
        except Full:
            return
        _remember(self.code, program, None)
        if self.worker is None:
            self.worker = Thread(target=self._work, name="optviz compiles", daemon=True)
            self.worker.start()

    def _work(self) -> None:
        while True:
            programs = [self.waiting.get()]
            while not self.waiting.empty() and len(programs) < TOGETHER:
                programs.append(self.waiting.get())
            self.take_up(programs)

    def take_up(self, programs: Sequence[str]) -> None:
        code = _machine_code(programs)
        with self.lock:
            for program in programs:
                _remember(self.code, program, code.get(program))


def _remember(table: OrderedDict[str, Any], key: str, value: Any) -> Any:
    """Keep a value as the newest, and let the oldest go."""
    table[key] = value
    table.move_to_end(key)
    while len(table) > KEPT:
        table.popitem(last=False)
    return value


_PROGRAMS = _Programs()


def prepare(*programs: str) -> None:
    """Compile programs and wait for it."""
    for first in range(0, len(programs), TOGETHER):
        _PROGRAMS.take_up(programs[first : first + TOGETHER])


def _machine_code(programs: Sequence[str]) -> dict[str, Callable[..., Any]]:
    """Compile programs, or read from disk what was compiled before; what cannot be compiled is left out."""
    found = {}
    try:
        folder = _folder()
        paths = {program: folder / f"optviz_{sha256(program.encode()).hexdigest()[:32]}.py" for program in programs}
        new = {program: path for program, path in paths.items() if not _is_kept(path)}
        for program, path in new.items():
            _write(path, program)
        if new:
            command = [sys.executable, "-c", _COMPILE, str(folder), *(path.stem for path in new.values())]
            subprocess.run(command, timeout=PATIENCE, check=False, capture_output=True)
            _forget(folder)
        for program, path in paths.items():
            path.with_suffix(".used").touch()
            if _is_kept(path):
                found[program] = _loaded(path)
    except Exception:  # what is damaged on the disk may fail in any way, and the plain program is there
        return found
    return found


def _is_kept(path: Path) -> bool:
    return any(path.parent.glob(f"__pycache__/{path.stem}.*.nbc"))


def _write(path: Path, program: str) -> None:
    """Write the file in one go, unless it is there: another server may read it."""
    if path.exists():
        return
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(program, encoding="utf-8")
    part.replace(path)


def _loaded(path: Path) -> Callable[..., Any]:
    name = path.stem
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    found = sys.modules[name] = module_from_spec(spec)  # where numba looks for it
    spec.loader.exec_module(found)
    run: Callable[..., Any] = found.run
    del sys.modules[name]
    return run


def _forget(folder: Path) -> None:
    """Delete what has not been used for longest."""
    used = sorted(folder.glob("*.used"), key=lambda file: file.stat().st_mtime)
    for old in used[:-KEPT]:
        for file in (*folder.glob(f"{old.stem}.*"), *folder.glob(f"__pycache__/{old.stem}.*")):
            file.unlink(missing_ok=True)


@cache
def _folder() -> Path:
    """Return where this machine's code is kept, a folder that lasts as long as the process where none can be written.

    It stands in the user's cache, or where `OPTVIZ_CACHE` says; code for other processors has other folders.
    """
    import llvmlite
    from llvmlite import binding
    from numba import __version__

    features = binding.get_host_cpu_features().flatten()
    kind = f"{binding.get_host_cpu_name()} {features} {llvmlite.__version__} {__version__} {sys.version}"
    home = os.environ.get("OPTVIZ_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    folder = Path(home or Path.home() / ".cache") / "optviz" / sha256(kind.encode()).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "writable").touch()
    except (OSError, RuntimeError):
        return Path(mkdtemp(prefix="optviz-"))
    return folder
