"""Cells that a spreadsheet would take for formulas, written so that it does not, and read back as they were.

OWASP, "CSV injection", and ASVS 5.0, 1.2.10: a cell that begins with = + - @, a TAB or a line break is computed.
"""

import re

# In wide characters too; and what has apostrophes before it already, or the way back would take one too many.
_FORMULA = re.compile(r"'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
# A number in E.164 computes nothing, and must come back as it went out.
_E164 = re.compile(r"\+[0-9]{4,15}")


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet computes: what looks like a formula has one more apostrophe before it."""
    return f"'{cell}" if _FORMULA.match(cell) and not _E164.fullmatch(cell) else cell


def unescaped(cell: str) -> str:
    """Return what `escaped` was given; a cell that it would not have written stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
