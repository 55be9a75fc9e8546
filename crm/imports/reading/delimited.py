"""Text in columns: CSV, TSV and the like, whose delimiter stands in the header."""

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any

from django.utils.translation import gettext as _

from crm.imports.reading.encoding import NotText
from crm.imports.reading.table import Table, UnreadableFile, fitted, headers_of

DELIMITERS = ",;\t|"
# Excel's own way of naming the delimiter, in a line before the header.
_NAMED = re.compile(r'^"?sep=([,;\t|])"?[\r\n]*$', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read(text: TextIOWrapper) -> Table:
    """Read the header of a delimited text, which is at its beginning."""
    start = text.tell()
    first = text.readline()
    named = _NAMED.match(first)
    if named:
        start = text.tell()
        first = text.readline()
    if "\x00" in first:
        raise NotText
    if not first.strip():
        raise UnreadableFile(_("The file has no header row."))
    delimiter = named.group(1) if named else max(DELIMITERS, key=_QUOTED.sub("", first).count)
    text.seek(start)
    records = _records(csv.reader(text, delimiter=delimiter, strict=True), before=1 if named else 0)
    _line, cells = next(records)
    headers = headers_of(cells)
    rows = (fitted(line, cells, headers) for line, cells in records if any(cell.strip() for cell in cells))
    return Table("csv", headers, rows, encoding=text.encoding, delimiter=delimiter)


def _records(reader: Any, *, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on, which is not its number: a quoted cell may hold line breaks."""
    while True:
        line = before + reader.line_num + 1
        try:
            cells: list[str] = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The csv module's own texts name no cell.
            raise _no_csv(line, str(error)) from None
        if any("\x00" in cell for cell in cells):
            raise _no_csv(line, _("a NUL character"))
        yield line, cells


def _no_csv(line: int, error: str) -> UnreadableFile:
    return UnreadableFile(_("Line %(line)s: the file is no CSV: %(error)s.") % {"line": line, "error": error})
