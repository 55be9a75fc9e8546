"""Reading a file of people, row by row: UTF-8 CSV and XLSX, each with a header row.

Cells come out as text, as they stand: an XLSX number that is no whole number stays one that nobody mistakes
for a phone number. Nothing here opens more of the file than the row that is asked for.
"""

import csv
import datetime
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

DELIMITERS = ",;\t|"


class UnreadableFile(ValueError):
    """The file cannot be imported as a whole; the text says what is wrong with it, for the person who brought it."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file: its line (the header is 1), its cells as text, and a fault that makes it unusable."""

    line: int
    cells: Sequence[str] = field(repr=False)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its format, its headers, and its rows, which can be read once."""

    format: str
    headers: tuple[str, ...]
    rows: Iterator[SourceRow]


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open the file at `path` for reading. Raises UnreadableFile, also while the rows are read."""
    try:
        if zipfile.is_zipfile(path):
            with path.open("rb") as file:
                yield _xlsx(file)
        else:
            with path.open(encoding="utf-8-sig", newline="") as text:
                yield _csv(text)
    except UnicodeDecodeError:
        raise UnreadableFile(_("The file is neither XLSX nor CSV in UTF-8.")) from None
    except csv.Error as error:
        # The csv module's own texts name no cell.
        raise UnreadableFile(_("The file is no CSV: %(error)s.") % {"error": error}) from None


def _csv(text: IO[str]) -> Table:
    first = text.readline()
    if "\x00" in first:
        raise UnreadableFile(_("The file is neither XLSX nor CSV in UTF-8."))
    if not first.strip():
        raise UnreadableFile(_("The file has no header row."))
    delimiter = max(DELIMITERS, key=first.count)
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    headers = _headers(next(reader))
    return Table("csv", headers, _csv_rows(reader, len(headers)))


def _csv_rows(reader: Any, width: int) -> Iterator[SourceRow]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(
                _("Line %(line)s: the file is no CSV: %(error)s.") % {"line": line, "error": error}
            ) from None
        if any(cell.strip() for cell in cells):
            yield _row(line, cells, width)


def _xlsx(file: IO[bytes]) -> Table:
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, zipfile.BadZipFile, ValueError):
        raise UnreadableFile(_("The file is a damaged workbook, or no workbook.")) from None
    sheet: Any = book.worksheets[0] if book.worksheets else None
    if sheet is None:
        raise UnreadableFile(_("The workbook has no sheet."))
    # A wrong <dimension> in the file would make rows vanish without a word.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    headers = _headers([_text(value) for value in next(rows, ())])
    return Table("xlsx", headers, _xlsx_rows(rows, len(headers)))


def _xlsx_rows(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[SourceRow]:
    for line, values in enumerate(rows, start=2):
        cells = [_text(value) for value in values]
        if any(cell.strip() for cell in cells):
            # A sheet has no ragged rows: what is missing on the right is empty.
            cells += [""] * (width - len(cells))
            yield _row(line, cells[:width] if not any(cells[width:]) else cells, width)


def _row(line: int, cells: list[str], width: int) -> SourceRow:
    if len(cells) != width:
        return SourceRow(
            line, (cells + [""] * width)[:width], "too_many_cells" if len(cells) > width else "too_few_cells"
        )
    return SourceRow(line, cells)


def _headers(cells: Sequence[str]) -> tuple[str, ...]:
    headers = tuple(cell.strip() for cell in cells)
    while headers and not headers[-1]:
        headers = headers[:-1]
    if not any(headers):
        raise UnreadableFile(_("The file has no header row."))
    named = [header for header in headers if header]
    twice = sorted({header for header in named if named.count(header) > 1})
    if twice:
        raise UnreadableFile(_("The column %(column)s stands in the file twice.") % {"column": twice[0]})
    return headers


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
