"""Text in columns: CSV, TSV and the like, whose delimiter stands in the header."""

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import accumulate

from django.conf import settings
from django.utils.translation import gettext_noop as _

from crm.imports.reading.encoding import NotText
from crm.imports.reading.table import Table, UnreadableFile, column_name, fitted, headers_of, says_something

DELIMITERS = ",;\t|"
# Excel's own way of naming the delimiter, in a line before the header.
_NAMED = re.compile(r'^"?sep=([,;\t|])"?[\r\n]*$', re.IGNORECASE)
_QUOTE = '"'


def read(text: TextIOWrapper) -> Table:
    """Read the header of a delimited text, which is at its beginning. Raises UnreadableFile."""
    start, longest = text.tell(), settings.IMPORT_MAX_COLUMNS * settings.IMPORT_MAX_CELL
    first = text.readline(longest + 1)
    named = _NAMED.match(first)
    if named:
        start = text.tell()
        first = text.readline(longest + 1)
    if "\x00" in first:
        raise NotText
    if not first.strip():
        raise UnreadableFile(_("The file has no header row."))
    # Between two quotation marks a delimiter is text; a doubled one leaves and enters it at once.
    delimiter = named.group(1) if named else max(DELIMITERS, key="".join(first.split(_QUOTE)[::2]).count)
    text.seek(start)
    # Only a record is limited: by a limit of the library's own, a long cell would end the file.
    csv.field_size_limit(longest)
    lines = _Lines(text, longest=longest, before=1 if named else 0)
    records = _records(lines, delimiter)
    _line, cells = next(records)
    headers = lines.headers = headers_of(cells)
    rows = (fitted(line, cells, headers) for line, cells in records if says_something(cells))
    return Table("csv", headers, rows, encoding=text.encoding, delimiter=delimiter)


class _Lines:
    """The lines of a text, as far as they are those of one record, which the widest row of the longest cells is.

    A quotation mark that nobody closes would make a record of all that follows.
    """

    def __init__(self, text: TextIOWrapper, *, longest: int, before: int) -> None:
        self.headers: tuple[str, ...] = ()
        self._record: list[str] = []
        self._text = text
        self._begun = before
        self._longest = longest
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._longest + 1)
        if not line:
            raise StopIteration
        self._size += len(line)
        self._record.append(line)
        if self._size > self._longest:
            raise csv.Error
        return line

    def begin_record(self) -> int:
        """Forget the last record, and return the line on which the next one begins."""
        self._begun += len(self._record)
        self._record, self._size = [], 0
        return self._begun + 1

    def broken(self, delimiter: str) -> UnreadableFile:
        """Return what to say of this record, which is none."""
        column, at = _misquoted("".join(self._record), delimiter)
        if at is None:
            return UnreadableFile(_("Line %(line)s is longer than a row can be."), line=self._begun + 1)
        ends = accumulate(map(len, self._record))
        return UnreadableFile(
            _("Line %(line)s, column %(column)s: a quotation mark opens here and is not closed where the cell ends."),
            line=self._begun + 1 + sum(end <= at for end in ends),
            column=column_name(self.headers, column),
        )


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on, which is not its number: a quoted cell may hold line breaks."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise lines.broken(delimiter) from None
        yield line, cells


def _misquoted(record: str, delimiter: str) -> tuple[int, int | None]:
    """Return the number and the place of the cell whose quotation mark is closed by none, or none at its end."""
    column = at = 0
    while at >= 0:
        if record.startswith(_QUOTE, at):
            closed = record.find(_QUOTE, at + 1)
            while closed >= 0 and record.startswith(_QUOTE, closed + 1):
                closed = record.find(_QUOTE, closed + 2)
            if closed < 0 or not record.startswith(delimiter, closed + 1):
                return column, at
            at = closed
        at = record.find(delimiter, at) + 1 or -1
        column += 1
    return column, None
