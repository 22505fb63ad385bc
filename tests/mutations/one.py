"""Break one place of one module below the current directory, run its tests, and say whether they noticed, and what."""

import shlex
import sys

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome

module, operator, occurrence, patience, *tests = sys.argv[1:]
spec = MutationSpec(module, operator, int(occurrence), (0, 0), (0, 1))
command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
result = mutate_and_test([spec], shlex.join(command), float(patience))
changes = (
    line for line in (result.diff or "").splitlines() if line[:1] in {"+", "-"} and not line.startswith(("+++", "---"))
)
print("survived" if result.test_outcome is TestOutcome.SURVIVED else "noticed")
print("\n".join(changes))
