"""The rows that an import rejected, as a file for people: the same columns, and why; to be mended and imported."""

import csv
import os
from collections.abc import Iterable
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from crm.escaping import escaped, unescaped
from crm.faults import message
from crm.imports import child, staging
from crm.imports.reading import UnreadableFile
from crm.models import ImportBatch, ImportFault

REASON = "Reason"


def create(path: Path) -> IO[str]:
    """Open a new file for rejected rows, for its owner alone: they are people's data. Raises OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")


def write(out: IO[str], *, of: Path, faults: Iterable[ImportFault]) -> int:
    """Write the rows of the file `of` that have faults, with every reason of each; return how many they are.

    faults: in the order of their lines. A column for the reason that is there already, as in a file that was written
    here before, is taken for the new one. Raises UnreadableFile.
    """
    # Row by row, as a file may be rejected whole, and is no smaller for it.
    by_line = groupby(faults, key=attrgetter("line"))
    line, reasons = next(by_line, (0, iter(())))
    writer = csv.writer(out)
    written = 0
    # In a child process: the file may be a hostile one.
    with child.running("crm.imports.reading.blocks:blocks", path=str(of)) as items:
        _format, _encoding, _delimiter, headers = next(items)
        writer.writerow([*(_once_escaped(header) for header in headers if header != REASON), REASON])
        for at, cells, _fault, _column in chain.from_iterable(items) if line else ():
            if at != line:
                continue
            cells = [cell for header, cell in zip(headers, cells, strict=False) if header != REASON]
            said = " ".join(f"{fault.column}: {message(fault.code)}" for fault in reasons)
            writer.writerow([*map(_once_escaped, cells), said])
            written += 1
            line, reasons = next(by_line, (0, iter(())))
            if not line:
                break
    return written


def keep(batch: ImportBatch, *, faults: Iterable[ImportFault]) -> str:
    """Write the rows of a batch's staged file that have faults to another staged file, and return its name.

    faults: in the order of their lines. Where there are none, the name is empty. Raises UnreadableFile.
    """
    faults = iter(faults)
    first = next(faults, None)
    if first is None:
        return ""
    name, out = staging.create()
    try:
        with out:
            write(out, of=staging.path_of(batch), faults=chain([first], faults))
    except BaseException:
        staging.drop(name)
        raise
    return name


def opened(batch: ImportBatch) -> IO[bytes]:
    """Open the file of a batch's rejected rows. Raises UnreadableFile when there is none, or none any more."""
    try:
        return (staging.directory() / (batch.rejected_name or "none")).open("rb")
    except FileNotFoundError:
        raise UnreadableFile(_("The rejected rows of import %(id)s are gone.") % {"id": batch.pk}) from None


def _once_escaped(cell: str) -> str:
    """Return a cell of a file escaped: what came escaped, as from a file that was written here before, stays so."""
    return escaped(unescaped(cell))
