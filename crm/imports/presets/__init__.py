"""The files that other programs write, recognised by their headers: a table, and how it is looked up.

A preset is needed only for what the likeness of names gets wrong: a phone column without "phone" in its name, one
of several countries, an opt-in to e-mail that says nothing of calls. Its other headers are read as in any file, and
so are the columns that somebody has added. A fax is no phone in any of them.
"""

from collections.abc import Sequence

from crm.imports.headers import plain
from crm.imports.presets import address_books, campaigns, crms
from crm.imports.presets.preset import IGNORED, Preset

# The first that fits is it: of two programs whose headers are alike, the one with more signs stands first.
PRESETS = (*address_books.PRESETS, *crms.PRESETS, *campaigns.PRESETS)

__all__ = ["IGNORED", "PRESETS", "Preset", "by_name", "recognise"]


def recognise(headers: Sequence[str]) -> Preset | None:
    """Return the preset whose file this is, if it is one's."""
    there = {plain(header) for header in headers}
    return next(
        (preset for preset in PRESETS if any({plain(sign) for sign in signs} <= there for signs in preset.signs)), None
    )


def by_name(name: str) -> Preset | None:
    """Return the preset that is called so, whatever the case and the signs, if there is one."""
    return next((preset for preset in PRESETS if plain(preset.name) == plain(name)), None)
