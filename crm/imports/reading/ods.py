"""ODS workbooks: the first sheet, through odfpy.

The format writes equal cells and rows once and says how many they are: a sheet that is coloured to its last row
says that it has a million empty ones. What is empty is counted and never laid out.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from odf.namespaces import OFFICENS, TABLENS, TEXTNS
from odf.opendocument import load

from crm.imports.reading.damage import damage_told
from crm.imports.reading.table import SourceRow, Table, UnreadableFile, column_name, headers_of, padded

MEDIA_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
# As many columns as the widest spreadsheet programs have.
_WIDEST = 16_384
_CELLS = {(TABLENS, "table-cell"), (TABLENS, "covered-table-cell")}
_ROWS = (TABLENS, "table-row")
# Tables within rows, and what is said about a cell, are none of its words.
_APART = {(OFFICENS, "annotation"), (TABLENS, "table")}
_SIGNS = {(TEXTNS, "tab"): "\t", (TEXTNS, "line-break"): "\n"}


def is_one(path: Path) -> bool:
    """Whether a zip archive says of itself that it is an ODS workbook."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mimetype") as file:
            return file.read(len(MEDIA_TYPE) + 1).strip().startswith(MEDIA_TYPE)
    except (KeyError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return False


def read(path: Path) -> Table:
    """Open a workbook. Raises UnreadableFile."""
    with damage_told():
        if _has_password(path):
            raise UnreadableFile(_("The file is a workbook with a password, or a damaged one."))
        document = load(io.BytesIO(path.read_bytes()))
        sheets = [node for node in document.spreadsheet.childNodes if node.qname == (TABLENS, "table")]
        if not sheets:
            raise UnreadableFile(_("The workbook has no sheet."))
        rows = _rows_of(sheets[0])
        repeats, first = next(rows, (1, None))
        headers = headers_of([text for text, _fault in _cells(first)] if first is not None else ())
    return Table("ods", headers, _rows(rows, headers, line=repeats + 1))


def _has_password(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _rows(rows: Iterator[tuple[int, Any]], headers: tuple[str, ...], *, line: int) -> Iterator[SourceRow]:
    while True:
        with damage_told():
            repeats, row = next(rows, (0, None))
            cells = _cells(row) if row is not None else []
        if row is None:
            return
        texts = [text for text, _fault in cells]
        uncomputed = [at for at, (_text, fault) in enumerate(cells) if fault]
        for at in range(line, line + repeats) if any(text.strip() for text in texts) or uncomputed else ():
            found = padded(at, texts, headers)
            if uncomputed:
                found = SourceRow(at, found.cells, "formula_without_value", column_name(headers, uncomputed[0]))
            yield found
        line += repeats


def _rows_of(node: Any) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a sheet, also those in groups, each with how often it stands there."""
    for child in node.childNodes:
        if getattr(child, "qname", None) == _ROWS:
            yield _repeated(child, "number-rows-repeated"), child
        elif getattr(child, "qname", None) not in _APART:
            yield from _rows_of(child)


def _cells(row: Any) -> list[tuple[str, bool]]:
    """Return the text of each cell to the last one that says something, and whether it was never computed."""
    cells, empty = list[tuple[str, bool]](), 0
    for node in row.childNodes:
        if node.qname not in _CELLS:
            continue
        repeats, cell = _repeated(node, "number-columns-repeated"), _cell(node)
        if cell == ("", False):
            empty += repeats
            continue
        if len(cells) + empty + repeats > _WIDEST:
            raise UnreadableFile(_("The file is a damaged workbook, or no workbook."))
        cells += [("", False)] * empty + [cell] * repeats
        empty = 0
    return cells


def _repeated(node: Any, attribute: str) -> int:
    return max(1, int(node.attributes.get((TABLENS, attribute), 1)))


def _cell(node: Any) -> tuple[str, bool]:
    value = node.attributes.get
    kind = value((OFFICENS, "value-type"))
    formula = value((TABLENS, "formula")) is not None
    if kind in ("float", "percentage", "currency"):
        text = str(value((OFFICENS, "value"), ""))
    elif kind == "date":
        text = str(value((OFFICENS, "date-value"), ""))
    elif kind == "time":
        text = str(value((OFFICENS, "time-value"), ""))
    elif kind == "boolean":
        text = str(value((OFFICENS, "boolean-value"), ""))
    else:
        paragraphs = [_words(child) for child in node.childNodes if getattr(child, "qname", None) == (TEXTNS, "p")]
        text = "\n".join(paragraphs) or str(value((OFFICENS, "string-value"), ""))
    return text, formula and kind is None and not text


def _words(node: Any) -> str:
    """Return the text of a paragraph, whatever stands on parts of it: links, colours, several blanks."""
    if node.nodeType in (node.TEXT_NODE, node.CDATA_SECTION_NODE):
        return str(node.data)
    if node.qname == (TEXTNS, "s"):
        return " " * min(int(node.attributes.get((TEXTNS, "c"), 1)), 10_000)
    if node.qname in _SIGNS:
        return _SIGNS[node.qname]
    if node.qname in _APART:
        return ""
    return "".join(_words(child) for child in node.childNodes)
