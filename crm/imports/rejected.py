"""The rows that an import rejected, as a file for people: the same columns, and why; to be mended and imported."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from crm.escaping import escaped, unescaped
from crm.faults import message
from crm.imports.reading import open_table
from crm.models import ImportFault

REASON = "Reason"


def create(path: Path) -> IO[str]:
    """Open a new file for rejected rows, for its owner alone: they are people's data. Raises OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")


def write(out: IO[str], *, of: Path, faults: Iterable[ImportFault]) -> int:
    """Write the rows of the file `of` that have faults, with every reason of each; return how many they are.

    A column for the reason that is there already, as in a file that was written here before, is taken for the new
    one. Raises UnreadableFile.
    """
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.line, []).append(f"{fault.column}: {message(fault.code)}")
    writer = csv.writer(out)
    written = 0
    with open_table(of) as table:
        headers = [header for header in table.headers if header != REASON]
        writer.writerow([*map(_once_escaped, headers), REASON])
        for row in table.rows if reasons else ():
            if row.line not in reasons:
                continue
            cells = [cell for header, cell in zip(table.headers, row.cells, strict=False) if header != REASON]
            writer.writerow([*map(_once_escaped, cells), " ".join(reasons[row.line])])
            written += 1
    return written


def _once_escaped(cell: str) -> str:
    """Return a cell of a file escaped: what came escaped, as from a file that was written here before, stays so."""
    return escaped(unescaped(cell))
