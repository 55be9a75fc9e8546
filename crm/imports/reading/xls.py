"""XLS workbooks: the first sheet, through xlrd."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlrd
from django.utils.translation import gettext_noop as _

from crm.imports.reading.damage import damage_told, damaged, locked
from crm.imports.reading.table import SourceRow, Table, UnreadableFile, headers_of, padded, says_something, text_of

# The name that a workbook of today has in that container (MS-OFFCRYPTO 2.3.4.4).
_LOCKED = "EncryptedPackage".encode("utf-16-le")


@contextmanager
def read(path: Path) -> Iterator[Table]:
    """Open a workbook. Raises UnreadableFile."""
    content = path.read_bytes()
    if _LOCKED in content:
        raise locked()
    with damage_told():
        try:
            # What xlrd has to say goes nowhere: it would print. A sheet with a cell in its last corner is not laid out.
            book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True, ragged_rows=True)
        except xlrd.XLRDError as error:
            # It knows no kinds of errors.
            raise (locked() if "encrypted" in str(error) else damaged()) from None
        if not book.nsheets:
            raise UnreadableFile(_("The workbook has no sheet."))
        sheet = book.sheet_by_index(0)
        headers = headers_of(_cells(book, sheet, 0) if sheet.nrows else ())
    try:
        yield Table("xls", headers, _rows(book, sheet, headers))
    finally:
        book.release_resources()


def _rows(book: Any, sheet: Any, headers: tuple[str, ...]) -> Iterator[SourceRow]:
    for at in range(1, sheet.nrows):
        with damage_told():
            cells = _cells(book, sheet, at)
        if says_something(cells):
            yield padded(at + 1, cells, headers)


def _cells(book: Any, sheet: Any, at: int) -> list[str]:
    return [_text(book, cell) for cell in sheet.row(at)]


def _text(book: Any, cell: Any) -> str:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code[cell.value])
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return text_of(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        return text_of(xlrd.xldate_as_datetime(cell.value, book.datemode))
    # The format knows no whole numbers; beyond 15 digits a sheet has rounded.
    if cell.ctype == xlrd.XL_CELL_NUMBER and cell.value.is_integer() and abs(cell.value) < 10**15:
        return str(int(cell.value))
    return text_of(cell.value)
