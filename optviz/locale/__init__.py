"""The catalogues of translations: one gettext `.po` file a language, whose message ids are the English sentences."""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent

CATALOGUES = {path.parts[-3].split("_")[0]: path for path in sorted(FOLDER.glob("*/LC_MESSAGES/optviz.po"))}
"""The catalogue of each language, `<language>_<territory>/LC_MESSAGES/optviz.po`: a new one is a new folder."""


def read(language: str) -> Catalog:
    """Read a language's catalogue from its `.po` file."""
    with CATALOGUES[language].open("rb") as file:
        return read_po(file, locale=CATALOGUES[language].parts[-3], domain="optviz", abort_invalid=True)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Compile a language's catalogue, once a process; English, which has none, says its message ids."""
    if language not in CATALOGUES:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
