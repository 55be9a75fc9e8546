"""XLSX workbooks: the first sheet, a row at a time.

openpyxl says which sheet is the first one, and which styles are those of dates. The cells are read here: openpyxl
lays out every row that a sheet leaves out, keeps a trace of each in memory, puts no limit on a cell, and needs a
second reading to tell a formula that was never computed. What openpyxl reads, it reads with defusedxml, where that is
installed. A workbook's macros and formulas are text that nobody runs: an XLSM is read as the data that it holds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.utils.translation import gettext_noop as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601

from crm.imports.reading.archive import content, open_archive
from crm.imports.reading.damage import damage_told, damaged
from crm.imports.reading.markup import SEPARATOR, Handler, taken
from crm.imports.reading.table import (
    SourceRow,
    Table,
    UnreadableFile,
    headers_of,
    padded,
    says_something,
    text_of,
    uncomputed,
)

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main" + SEPARATOR
_DATA, _ROW, _CELL = _MAIN + "sheetData", _MAIN + "row", _MAIN + "c"
_VALUE, _FORMULA, _INLINE = _MAIN + "v", _MAIN + "f", _MAIN + "is"
_STRING, _TEXT, _PHONETIC = _MAIN + "si", _MAIN + "t", _MAIN + "rPh"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_column = cache(column_index_from_string)
_from_iso: Callable[[str], object] = from_ISO8601


@contextmanager
def read(path: Path) -> Iterator[Table]:
    """Open a workbook. Raises UnreadableFile."""
    with damage_told():
        archive = open_archive(path)
    with archive, path.open("rb") as file:
        with damage_told():
            rows = _opened(archive, ExcelReader(file, read_only=True, data_only=True, keep_links=False))
            line, cells, _at = next(rows, (1, [], None))
            headers = headers_of(cells if line == 1 else [])
        yield Table("xlsx", headers, _rows(rows, headers))


def _opened(archive: ZipFile, book: Any) -> Iterator["_Found"]:
    """Yield the rows of the first sheet of a workbook, which openpyxl has open and has not yet read."""
    book.read_manifest()
    book.read_workbook()
    apply_stylesheet(book.archive, book.wb)
    parts = [link.target for _sheet, link in book.parser.find_sheets() if "chartsheet" not in link.Type]
    if not parts:
        raise UnreadableFile(_("The workbook has no sheet."))
    named = book.package.find(_STRINGS_TYPE)
    strings = list(taken(content(archive, named.PartName[1:]), _Strings())) if named else []
    return taken(content(archive, parts[0]), _Sheet(strings, book.wb))


def _rows(found: Iterator["_Found"], headers: tuple[str, ...]) -> Iterator[SourceRow]:
    with damage_told():
        for line, cells, at in found:
            if at is not None:
                yield uncomputed(line, cells, headers, at)
            elif says_something(cells):
                yield padded(line, cells, headers)


# A row's line, its cells to the last one, and the place of a formula that was never computed.
_Found = tuple[int, list[str], int | None]


class _Words(Handler[Any]):
    """Collects the text of an element as far as a cell may have it, without how it is pronounced."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = settings.IMPORT_MAX_CELL
        self._pieces: list[str] = []
        self._size = 0
        self._listening = self._phonetic = False

    def text(self, words: str) -> None:
        if self._listening and self._size <= self._limit:
            self._pieces.append(words)
            self._size += len(words)

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces, self._size = [], 0
        return text


class _Strings(_Words):
    """The texts that the cells of a workbook share."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _PHONETIC:
            self._phonetic = True
        elif name == _TEXT:
            self._listening = not self._phonetic

    def end(self, name: str) -> None:
        if name == _TEXT:
            self._listening = False
        elif name == _PHONETIC:
            self._phonetic = False
        elif name == _STRING:
            self.found.append(_unescaped(self._taken()))


class _Sheet(_Words):
    """The rows of a sheet, by the numbers that they have or else in order."""

    def __init__(self, strings: list[str], book: Any) -> None:
        super().__init__()
        self._strings, self._epoch = strings, book.epoch
        self._dates, self._durations = book._date_formats, book._timedelta_formats
        self._widest = settings.IMPORT_MAX_COLUMNS
        self._line = self._column = 0
        self._cells: list[str] = []
        self._uncomputed: int | None = None
        self._type = self._style = ""
        self._formula = self._inline = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _CELL:
            place = attributes.get("r")
            self._column = _column(place.rstrip("0123456789")) if place else self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._formula = self._inline = False
        elif name == _VALUE:
            self._listening = self._type != "inlineStr"
        elif name == _TEXT:
            self._listening = self._inline and not self._phonetic
        elif name == _ROW:
            line = int(float(attributes["r"])) if "r" in attributes else self._line + 1
            if line <= self._line:
                raise damaged()
            self._line, self._column, self._cells, self._uncomputed = line, 0, [], None
        elif name == _FORMULA:
            self._formula = True
        elif name == _INLINE:
            self._inline = self._type == "inlineStr"
        elif name == _PHONETIC:
            self._phonetic = True

    def end(self, name: str) -> None:
        if name in (_VALUE, _TEXT):
            self._listening = False
        elif name == _CELL:
            self._end_cell()
        elif name == _ROW:
            self.found.append((self._line, self._cells, self._uncomputed))
        elif name == _INLINE:
            self._inline = False
        elif name == _PHONETIC:
            self._phonetic = False
        elif name == _DATA:
            self.over = True

    def _end_cell(self) -> None:
        text = self._taken()
        # Beyond the widest table that is taken, it matters only that there is something.
        at = min(self._column - 1, self._widest)
        if text:
            self._cells += [""] * (at + 1 - len(self._cells))
            self._cells[at] = self._value(text)
        elif self._formula and self._type != "str" and self._uncomputed is None:
            # A formula that came to nothing is of type "str"; one that was never computed has no type at all.
            self._uncomputed = at

    def _value(self, text: str) -> str:
        kind = self._type
        if kind == "s":
            return self._strings[int(text)]
        if kind == "n" and len(text) <= self._limit:
            return self._number(text)
        if kind == "b":
            return text_of(bool(int(text)))
        if kind == "d":
            return text_of(_from_iso(text))
        return _unescaped(text) if kind == "inlineStr" else text

    def _number(self, text: str) -> str:
        # A whole number is written as one; whatever else a sheet wrote stays recognisable as no phone number.
        value = float(text) if "." in text or "E" in text or "e" in text else int(text)
        style = int(self._style or 0)
        if style in self._dates:
            try:
                return text_of(from_excel(value, self._epoch, timedelta=style in self._durations))
            except (OverflowError, ValueError):
                return "#VALUE!"
        return text_of(value)


def _unescaped(text: str) -> str:
    """Return a text without the escape that stands for an underscore (ECMA-376 part 1, 22.9.2.19)."""
    return text.replace("x005F_", "")
