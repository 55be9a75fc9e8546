"""What every file comes to: headers, and rows of text that know their line and their fault."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _


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
    """An open file: its format, its headers, and its rows, which can be read once.

    encoding, delimiter: of a file that is text, as Python names it; of a workbook both are empty.
    """

    format: str
    headers: tuple[str, ...]
    rows: Iterator[SourceRow]
    encoding: str = ""
    delimiter: str = ""


def fitted(line: int, cells: list[str], headers: tuple[str, ...]) -> SourceRow:
    """Return the row of these cells, with a fault where there are more or fewer of them than headers."""
    width = len(headers)
    # Many tools end every row with a delimiter.
    if any(cell.strip() for cell in cells[width:]):
        return SourceRow(line, cells[:width], "too_many_cells", column_name(headers, width))
    if len(cells) < width:
        missing = [""] * (width - len(cells))
        return SourceRow(line, cells + missing, "too_few_cells", column_name(headers, len(cells)))
    return SourceRow(line, cells[:width])


def padded(line: int, cells: list[str], headers: tuple[str, ...]) -> SourceRow:
    """Return the row of a sheet, which has no ragged rows: what is missing on the right is empty."""
    return fitted(line, cells + [""] * (len(headers) - len(cells)), headers)


def column_name(headers: Sequence[str], at: int) -> str:
    """Return the header of a column, or its number where it has none."""
    return (headers[at] if at < len(headers) else "") or f"#{at + 1}"


def headers_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the headers that the first row gives. Raises UnreadableFile when it has none, or one twice."""
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


def text_of(value: object) -> str:
    """Return what a cell of a workbook holds, as text."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
