"""The programs that pages print, as templates that read like the programs (`*.py.jinja`)."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def printed(program: str, **values: Any) -> str:
    """Return a program, given by the name of its template; what a visitor typed is a value there, never a template."""
    return _templates().get_template(f"{program}.py.jinja").render(values).removesuffix("\n")


def defined(definition: str, **values: Any) -> str:
    """Return a class or a function that stands in programs, to the end of its last line."""
    return printed(definition, **values) + "\n"


@cache
def _templates() -> "Environment":
    # A tenth of a second, on the first page that prints a program.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        autoescape=False,  # a program is no HTML
    )
