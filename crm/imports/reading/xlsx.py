"""XLSX workbooks: the first sheet, through openpyxl, a row at a time."""

from collections.abc import Iterator
from typing import IO, Any

import openpyxl
from django.utils.translation import gettext as _

from crm.imports.reading.damage import damage_told
from crm.imports.reading.table import SourceRow, Table, UnreadableFile, column_name, headers_of, padded, text_of


def read(file: IO[bytes], again: IO[bytes]) -> Table:
    """Open a workbook twice: one reading gives the cells' values, the other tells which of them are formulas."""
    with damage_told():
        values, formulas = _cells(file, data_only=True), _cells(again, data_only=False)
        headers = headers_of([text_of(cell.value) for cell in next(values, ())])
        next(formulas, ())
    return Table("xlsx", headers, _rows(values, formulas, headers))


def _cells(file: IO[bytes], *, data_only: bool) -> Iterator[tuple[Any, ...]]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=data_only)
    if not book.worksheets:
        raise UnreadableFile(_("The workbook has no sheet."))
    sheet: Any = book.worksheets[0]
    # A wrong <dimension> in the file would make rows vanish without a word.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _rows(
    values: Iterator[tuple[Any, ...]], formulas: Iterator[tuple[Any, ...]], headers: tuple[str, ...]
) -> Iterator[SourceRow]:
    line = 1
    while True:
        line += 1
        with damage_told():
            row, written = next(values, None), next(formulas, ())
        if row is None:
            return
        cells = [text_of(cell.value) for cell in row]
        # A formula that came to nothing is of type "str"; one that was never computed has no type at all.
        uncomputed = [
            at
            for at, (cell, raw) in enumerate(zip(row, written, strict=False))
            if cell.value is None and raw.value is not None and cell.data_type != "str"
        ]
        if uncomputed:
            found = padded(line, cells[: len(headers)], headers)
            yield SourceRow(line, found.cells, "formula_without_value", column_name(headers, uncomputed[0]))
        elif any(cell.strip() for cell in cells):
            yield padded(line, cells, headers)
