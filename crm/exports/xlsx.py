"""XLSX workbooks through openpyxl, a row at a time. Every cell is text: a number is no amount, and no formula."""

import os
import re
from collections.abc import Iterable
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._writer import WorksheetWriter

from crm.escaping import escaped
from crm.exports.columns import cells, headers, is_number
from crm.exports.selecting import Person
from crm.imports import staging

# A sheet has 2**20 rows (ECMA-376), one of them the header.
MOST_ROWS = 2**20 - 1
# No XML can hold these characters (XML 1.0, 2.2).
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LINE_BREAK = re.compile(r"\r\n?")


class TooMany(ValueError):
    """There are more people than a sheet has rows."""


class _Writer(WorksheetWriter):
    """Writes the rows to a file that is ours: openpyxl's own would stand in the system's temporary folder."""

    def cleanup(self) -> None:
        os.remove(str(self.out))


def write(people: Iterable[Person], to: IO[bytes], *, numbers: int) -> None:
    """Write the people to an open file, with columns for so many numbers each. Raises TooMany."""
    # The rows wait in a file of ours, not of openpyxl's.
    with staging.scratch() as path:
        book = Workbook(write_only=True)
        sheet: Any = book.create_sheet("Contacts")
        sheet._writer = _Writer(sheet, out=str(path))
        sheet._writer.write_top()
        try:
            sheet.append(headers(numbers))
            for count, person in enumerate(people, start=1):
                if count > MOST_ROWS:
                    raise TooMany
                texts = enumerate(cells(person, numbers=numbers))
                sheet.append([_cell(sheet, at, text) if text else None for at, text in texts])
        finally:
            # Left to the garbage collector, its generators would end in the wrong order.
            sheet.close()
        book.save(to)


def _cell(sheet: Any, at: int, text: str) -> Any:
    # A sheet's line breaks are line feeds.
    cell = WriteOnlyCell(sheet, escaped(_NO_XML.sub("", _LINE_BREAK.sub("\n", text))))
    # Not "e", as for a name like #N/A.
    cell.data_type = "s"
    if is_number(at):
        # Text, also when somebody edits it.
        cell.number_format = "@"
    return cell
