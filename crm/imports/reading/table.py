"""What every file comes to: headers, and rows of text that know their line and their fault."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class UnreadableFile(ValueError):
    """The file cannot be imported as a whole; its text says what is wrong with it, for the person who brought it.

    text: as gettext knows it, with the names of `parameters` in it. It is translated when it is shown: the file is
    read in a process that does not know the reader's language.
    """

    def __init__(self, text: str, **parameters: str | int) -> None:
        super().__init__(text)
        self.text = text
        self.parameters = parameters

    def __str__(self) -> str:
        words = gettext(self.text)
        return words % self.parameters if self.parameters else words


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
    """An open file: its format, its headers, and its rows, which can be read once.

    encoding, delimiter: of a file that is text, as Python names it; of a workbook both are empty.
    """

    format: str
    headers: tuple[str, ...]
    rows: Iterator[SourceRow]
    encoding: str = ""
    delimiter: str = ""


def fitted(line: int, cells: list[str], headers: tuple[str, ...]) -> SourceRow:
    """Return the row of these cells, with a fault where there are more or fewer of them than headers.

    So has a row with a cell that nobody can store; what is in that cell is left out.
    """
    width = len(headers)
    kept = cells[:width] + [""] * (width - len(cells))
    longest = settings.IMPORT_MAX_CELL
    wrong = [at for at, cell in enumerate(kept) if len(cell) > longest or "\x00" in cell]
    if wrong:
        first, column = kept[wrong[0]], column_name(headers, wrong[0])
        for at in wrong:
            kept[at] = ""
        return SourceRow(line, kept, "null_character" if "\x00" in first else "cell_too_long", column)
    # Many tools end every row with a delimiter.
    if any(cell.strip() for cell in cells[width:]):
        return SourceRow(line, kept, "too_many_cells", column_name(headers, width))
    if len(cells) < width:
        return SourceRow(line, kept, "too_few_cells", column_name(headers, len(cells)))
    return SourceRow(line, kept)


def says_something(cells: Iterable[str]) -> bool:
    """Whether there is more than blanks in a row. A cell that is too long may go on after what is kept of it."""
    longest = settings.IMPORT_MAX_CELL
    return any(cell.strip() or len(cell) > longest for cell in cells)


def padded(line: int, cells: list[str], headers: tuple[str, ...]) -> SourceRow:
    """Return the row of a sheet, which has no ragged rows: what is missing on the right is empty."""
    return fitted(line, cells + [""] * (len(headers) - len(cells)), headers)


def uncomputed(line: int, cells: list[str], headers: tuple[str, ...], at: int) -> SourceRow:
    """Return the row of a sheet in which the formula in column `at` was never computed."""
    kept = padded(line, cells[: len(headers)], headers).cells
    return SourceRow(line, kept, "formula_without_value", column_name(headers, at))


def column_name(headers: Sequence[str], at: int) -> str:
    """Return the header of a column, or its number where it has none."""
    return (headers[at] if at < len(headers) else "") or f"#{at + 1}"


def headers_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the headers that the first row gives.

    Raises UnreadableFile when it has none, one twice, or more or longer ones than an import takes.
    """
    headers = [cell.strip() for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise UnreadableFile(_("The file has no header row."))
    if len(headers) > settings.IMPORT_MAX_COLUMNS:
        raise UnreadableFile(_("The file has more than %(limit)s columns."), limit=settings.IMPORT_MAX_COLUMNS)
    for at, header in enumerate(headers):
        if len(header) > settings.IMPORT_MAX_CELL:
            raise UnreadableFile(
                _("The name of column %(column)s is longer than %(limit)s characters."),
                column=at + 1,
                limit=settings.IMPORT_MAX_CELL,
            )
    named = [header for header in headers if header]
    twice = sorted({header for header in named if named.count(header) > 1})
    if twice:
        raise UnreadableFile(_("The column %(column)s stands in the file twice."), column=twice[0])
    return tuple(headers)


def limited(rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
    """Yield rows up to IMPORT_MAX_ROWS of them, and to IMPORT_MAX_UNPACKED_BYTES characters in all.

    A workbook writes equal cells and rows once, and a few letters of it may stand for any number of them. Raises
    UnreadableFile.
    """
    size = 0
    for count, row in enumerate(rows, start=1):
        if count > settings.IMPORT_MAX_ROWS:
            raise too_many_rows()
        size += sum(map(len, row.cells))
        if size > settings.IMPORT_MAX_UNPACKED_BYTES:
            raise unpacks_too_large()
        yield row


def too_many_rows() -> UnreadableFile:
    """Return what to say of a file that is longer than an import takes."""
    return UnreadableFile(_("The file has more than %(limit)s rows."), limit=settings.IMPORT_MAX_ROWS)


def unpacks_too_large() -> UnreadableFile:
    """Return what to say of a file that holds far more than it seems."""
    limit = settings.IMPORT_MAX_UNPACKED_BYTES // (1024 * 1024)
    return UnreadableFile(_("The file unpacks to more than %(limit)s MB."), limit=limit)


def text_of(value: object) -> str:
    """Return what a cell of a workbook holds, as text."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
