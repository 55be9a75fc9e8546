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

DELIMITERS = ",;\t|"


class UnreadableFile(ValueError):
    """The file cannot be imported as a whole; the text says what is wrong with it, for the person who brought it."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file: its line (the header is 1), its cells as text, and a fault that makes it unusable.

    column: where the fault is, by its header, or by its number ("#4") where it has none.
    """

    line: int
    cells: Sequence[str] = field(repr=False)
    fault: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its format, its headers, and its rows, which can be read once."""

    format: str
    headers: tuple[str, ...]
    rows: Iterator[SourceRow]


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open the file at `path` for reading. Raises UnreadableFile, also while the rows are read."""
    if zipfile.is_zipfile(path):
        with path.open("rb") as file, path.open("rb") as again:
            yield _xlsx(file, again)
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield _csv(text)
    except UnicodeDecodeError:
        raise UnreadableFile(_("The file is neither XLSX nor CSV in UTF-8.")) from None


def _csv(text: IO[str]) -> Table:
    first = text.readline()
    if "\x00" in first:
        raise UnreadableFile(_("The file is neither XLSX nor CSV in UTF-8."))
    if not first.strip():
        raise UnreadableFile(_("The file has no header row."))
    delimiter = max(DELIMITERS, key=first.count)
    text.seek(0)
    records = _csv_records(csv.reader(text, delimiter=delimiter, strict=True))
    _line, cells = next(records)
    headers = _headers(cells)
    rows = (_row(line, cells, headers) for line, cells in records if any(cell.strip() for cell in cells))
    return Table("csv", headers, rows)


def _csv_records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on, which is not its number: a quoted cell may hold line breaks."""
    while True:
        line = reader.line_num + 1
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


def _xlsx(file: IO[bytes], again: IO[bytes]) -> Table:
    """Open a workbook twice: one reading gives the cells' values, the other tells which of them are formulas."""
    with _damage_told():
        values, formulas = _cells(file, data_only=True), _cells(again, data_only=False)
        headers = _headers([_text(cell.value) for cell in next(values, ())])
        next(formulas, ())
    return Table("xlsx", headers, _xlsx_rows(values, formulas, headers))


def _cells(file: IO[bytes], *, data_only: bool) -> Iterator[tuple[Any, ...]]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=data_only)
    if not book.worksheets:
        raise UnreadableFile(_("The workbook has no sheet."))
    sheet: Any = book.worksheets[0]
    # A wrong <dimension> in the file would make rows vanish without a word.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _xlsx_rows(
    values: Iterator[tuple[Any, ...]], formulas: Iterator[tuple[Any, ...]], headers: tuple[str, ...]
) -> Iterator[SourceRow]:
    line = 1
    while True:
        line += 1
        with _damage_told():
            row, written = next(values, None), next(formulas, ())
        if row is None:
            return
        cells = [_text(cell.value) for cell in row]
        # A sheet has no ragged rows: what is missing on the right is empty.
        cells += [""] * (len(headers) - len(cells))
        # A formula that came to nothing is of type "str"; one that was never computed has no type at all.
        uncomputed = [
            at
            for at, (cell, raw) in enumerate(zip(row, written, strict=False))
            if cell.value is None and raw.value is not None and cell.data_type != "str"
        ]
        if uncomputed:
            yield SourceRow(line, cells[: len(headers)], "formula_without_value", _column(headers, uncomputed[0]))
        elif any(cell.strip() for cell in cells):
            yield _row(line, cells, headers)


@contextmanager
def _damage_told() -> Iterator[None]:
    """Tell of a damaged workbook in one way: openpyxl raises whatever its parsers stumble over."""
    try:
        yield
    except UnreadableFile:
        raise
    except Exception:
        raise UnreadableFile(_("The file is a damaged workbook, or no workbook.")) from None


def _row(line: int, cells: list[str], headers: tuple[str, ...]) -> SourceRow:
    width = len(headers)
    # Many tools end every row with a delimiter.
    if any(cell.strip() for cell in cells[width:]):
        return SourceRow(line, cells[:width], "too_many_cells", _column(headers, width))
    if len(cells) < width:
        missing = [""] * (width - len(cells))
        return SourceRow(line, cells + missing, "too_few_cells", _column(headers, len(cells)))
    return SourceRow(line, cells[:width])


def _column(headers: Sequence[str], at: int) -> str:
    return (headers[at] if at < len(headers) else "") or f"#{at + 1}"


def _headers(cells: Sequence[str]) -> tuple[str, ...]:
    headers = tuple(cell.strip() for cell in cells)
    while headers and not headers[-1]:
        headers = headers[:-1]
    if not headers:
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
