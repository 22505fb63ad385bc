"""Everything that wants a translation: what the code marks with `_`, and the titles in the registries.

`python -m optviz.locale` brings the catalogues up to date with it.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

import optviz
from optviz.locale import CATALOGUES, read

ROOT = Path(optviz.__path__[0]).parent
MARKS = {"_": 1, "N_": 1, "ngettext": 2}
"""The functions that mark a message, and how many of their arguments are texts."""


OWN_WORDS = frozenset(("locale", "figures", "lessons", "ui"))
SAID = ("title", "note", "advantage", "drawback")
"""The parts of a registry's entry that are shown."""

Message = str | tuple[str, ...]


def sources() -> list[Path]:
    """List the Python files of the app: app.py, the pages, and optviz."""
    return [path for where in ("app.py", "pages/**/*.py", "optviz/**/*.py") for path in sorted(ROOT.glob(where))]


def spoken() -> set[Message]:
    """Find the literals marked with `_`, `N_` or `ngettext`; a singular with its plural is a pair.

    Python's own parser finds them inside f-strings too, which Babel's extraction leaves out before Python 3.12.
    """
    calls = (node for path in sources() for node in ast.walk(_parsed(path)) if isinstance(node, ast.Call))
    return {message for call in calls if (message := _marked(call))}


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), path)


def _marked(call: ast.Call) -> Message | None:
    if not isinstance(call.func, ast.Name) or call.func.id not in MARKS:
        return None
    texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    wanted = MARKS[call.func.id]
    if len(texts) < wanted:
        return None
    return texts[0] if wanted == 1 else tuple(texts[:wanted])


def words() -> set[str]:
    """Find the texts in every constant called WORDS, a dictionary of a module's English words by key."""
    found: set[str] = set()
    for path in sources():
        for node in _parsed(path).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and _name(node) == "WORDS" and node.value is not None:
                found |= set(ast.literal_eval(node.value).values())
    return found


def _name(node: ast.Assign | ast.AnnAssign) -> str | None:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else None


def titles() -> set[str]:
    """Find what is shown of everything in optviz that has a title or a note, and of its parameters."""
    return {said for thing in _things() for said in _said_of(thing)}


def _things() -> Iterator[Any]:
    for found in pkgutil.walk_packages(optviz.__path__, "optviz."):
        # These hold the app's own words, marked with `_`.
        if found.ispkg or found.name.split(".")[1] in OWN_WORDS:
            continue
        for value in vars(importlib.import_module(found.name)).values():
            if not isinstance(value, type):
                yield from value.values() if isinstance(value, Mapping) else (value,)


def _said_of(thing: Any) -> Iterator[str]:
    if isinstance(thing, type):
        return
    for each in (thing, *getattr(thing, "parameters", ())):
        yield from (said for name in SAID if _is_text(said := getattr(each, name, "")))


def _is_text(said: Any) -> bool:
    return isinstance(said, str) and said != ""


def template() -> Catalog:
    """Collect every message that wants a translation."""
    catalog = Catalog(project="optviz", domain="optviz")
    for message in sorted(spoken() | words() | titles(), key=str):
        catalog.add(message)
    return catalog


def update(language: str) -> list[str]:
    """Add the new messages to a language's catalogue, drop the unused, and return those without a translation."""
    catalog, wanted = read(language), template()
    wanted.creation_date = catalog.creation_date
    catalog.update(wanted, no_fuzzy_matching=True)
    with CATALOGUES[language].open("wb") as file:
        write_po(file, catalog, width=0, sort_output=True, ignore_obsolete=True)
    return [str(message.id) for message in catalog if message.id and not all(strings(message.string))]


def strings(string: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Give a message, or the forms of one with a plural, as a tuple."""
    return (string or "",) if isinstance(string, str | None) else tuple(string)
