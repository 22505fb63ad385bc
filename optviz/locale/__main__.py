"""Bring every catalogue up to date and say what still wants a translation."""

from optviz.locale import CATALOGUES
from optviz.locale.messages import update

for language in CATALOGUES:
    missing = update(language)
    print(f"{language}: {len(missing)} without a translation", *missing, sep="\n  ")
