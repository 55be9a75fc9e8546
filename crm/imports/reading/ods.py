"""ODS workbooks: the first sheet, a row at a time.

The format writes equal cells and rows once and says how many they are: a sheet that is coloured to its last row
says that it has a million empty ones. What is empty is counted and never laid out. odfpy, which knows the format,
builds the whole document in memory first: a hundred times the size of the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.utils.translation import gettext_noop as _

from crm.imports.reading.archive import content, open_archive
from crm.imports.reading.damage import damage_told, damaged, locked
from crm.imports.reading.markup import SEPARATOR, Handler, taken
from crm.imports.reading.table import (
    SourceRow,
    Table,
    UnreadableFile,
    headers_of,
    padded,
    says_something,
    too_many_rows,
    uncomputed,
)

MEDIA_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
# As many columns as the widest spreadsheet programs have.
_WIDEST = 16_384
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT = (f"{_NAMESPACE}{of}:1.0{SEPARATOR}" for of in ("office", "table", "text"))
_SPREADSHEET, _SHEET, _ROW = _OFFICE + "spreadsheet", _TABLE + "table", _TABLE + "table-row"
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
_PARAGRAPH, _BLANKS = _TEXT + "p", _TEXT + "s"
_SIGNS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
# Tables within cells or shapes, and what is said about a cell, are none of its words.
_APART = {_OFFICE + "annotation", _SHEET}
_VALUES = {
    "float": _OFFICE + "value",
    "percentage": _OFFICE + "value",
    "currency": _OFFICE + "value",
    "date": _OFFICE + "date-value",
    "time": _OFFICE + "time-value",
    "boolean": _OFFICE + "boolean-value",
}
# How often a row stands there, its cells to the last that says something, and the first formula without a value.
_Found = tuple[int, list[str], int | None]


def is_one(path: Path) -> bool:
    """Whether a zip archive says of itself that it is an ODS workbook."""
    try:
        with ZipFile(path) as archive, archive.open("mimetype") as file:
            return file.read(len(MEDIA_TYPE) + 1).strip().startswith(MEDIA_TYPE)
    except (KeyError, OSError, RuntimeError, NotImplementedError, BadZipFile):
        return False


@contextmanager
def read(path: Path) -> Iterator[Table]:
    """Open a workbook. Raises UnreadableFile."""
    with damage_told():
        archive = open_archive(path)
    with archive:
        with damage_told():
            if any(b"encryption-data" in block for block in content(archive, "META-INF/manifest.xml")):
                raise locked()
            handler = _Sheet()
            rows = taken(content(archive, "content.xml"), handler)
            repeats, cells, _at = next(rows, (1, [], None))
            if not handler.begun:
                raise UnreadableFile(_("The workbook has no sheet."))
            headers = headers_of(cells)
        yield Table("ods", headers, _rows(rows, headers, line=repeats + 1))


def _rows(found: Iterator[_Found], headers: tuple[str, ...], *, line: int) -> Iterator[SourceRow]:
    said = 0
    with damage_told():
        for repeats, cells, at in found:
            if at is not None or says_something(cells):
                said += repeats
            if said > settings.IMPORT_MAX_ROWS:
                raise too_many_rows()
            if at is not None:
                yield from (uncomputed(line + more, cells, headers, at) for more in range(repeats))
            elif says_something(cells):
                yield from (padded(line + more, cells, headers) for more in range(repeats))
            line += repeats


class _Sheet(Handler[_Found]):
    """The rows of the first sheet, also those in groups."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = False
        self._limit, self._widest = settings.IMPORT_MAX_CELL, settings.IMPORT_MAX_COLUMNS
        self._open: list[str] = []
        # How many elements deep we are in something that is none of the sheet's words.
        self._apart = 0
        self._repeats = 1
        self._cells: list[str] = []
        self._empty = 0
        self._uncomputed: int | None = None
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._size = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._apart:
            self._apart += 1
            return
        within = self._open[-1] if self._open else ""
        if not self.begun:
            self.begun = name == _SHEET and within == _SPREADSHEET
        elif name in _APART:
            self._apart = 1
            return
        elif name == _ROW:
            self._repeats = _repeated(attributes, "number-rows-repeated")
            self._cells, self._empty, self._uncomputed = [], 0, None
        elif name in _CELLS:
            self._cell, self._paragraphs, self._size = attributes, [], 0
        elif name == _PARAGRAPH and within in _CELLS:
            self._pieces = []
        elif name == _BLANKS:
            self.text(" " * min(int(attributes.get(_TEXT + "c", 1)), self._limit + 1))
        elif name in _SIGNS:
            self.text(_SIGNS[name])
        self._open.append(name)

    def end(self, name: str) -> None:
        if self._apart:
            self._apart -= 1
            return
        self._open.pop()
        if not self.begun:
            return
        if name == _PARAGRAPH and self._open[-1] in _CELLS:
            self._paragraphs.append("".join(self._pieces))
        elif name in _CELLS:
            self._end_cell()
        elif name == _ROW:
            self.found.append((self._repeats, self._cells, self._uncomputed))
        elif name == _SHEET:
            self.over = True

    def text(self, words: str) -> None:
        if not self._apart and self._size <= self._limit:
            self._pieces.append(words)
            self._size += len(words)

    def _end_cell(self) -> None:
        repeats, text = _repeated(self._cell, "number-columns-repeated"), self._value()
        kind, formula = self._cell.get(_OFFICE + "value-type"), _TABLE + "formula" in self._cell
        missing = formula and kind is None and not text
        if not text and not missing:
            self._empty += repeats
            return
        at = len(self._cells) + self._empty
        if at + repeats > _WIDEST:
            raise damaged()
        if missing and self._uncomputed is None:
            self._uncomputed = at
        # Beyond the widest table that is taken, it matters only that there is something.
        first, last = min(at, self._widest), min(at + repeats, self._widest + 1)
        if len(self._cells) <= self._widest:
            self._cells += [""] * (first - len(self._cells)) + [text] * (last - first)
        self._empty = 0

    def _value(self) -> str:
        """Return what a cell says: its value where it has one of a kind, else its paragraphs."""
        kind = self._cell.get(_OFFICE + "value-type", "")
        if kind in _VALUES:
            return self._cell.get(_VALUES[kind], "")
        return "\n".join(self._paragraphs) or self._cell.get(_OFFICE + "string-value", "")


def _repeated(attributes: dict[str, str], what: str) -> int:
    return max(1, int(attributes.get(_TABLE + what, 1)))
