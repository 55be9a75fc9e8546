"""A table in blocks of plain values, to be read in a child process."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from crm.imports.reading.opening import open_table
from crm.imports.reading.table import SourceRow

# Few enough that the first ones come at once, many enough that sending them costs nothing.
ROWS = 500
# A block of the longest rows that are allowed would be gigabytes.
_CHARACTERS = 1_000_000
# So much of a cell tells what its column holds.
_TELLING = 200


def blocks(*, path: str) -> Iterator[Any]:
    """Yield of the file at `path` first (format, encoding, delimiter, headers), then its rows.

    They come in lists of (line, cells, fault, column), as SourceRow has them. Raises UnreadableFile.
    """
    with open_table(Path(path)) as table:
        yield table.format, table.encoding, table.delimiter, table.headers
        yield from gathered(table.rows, lambda row: (row.line, list(row.cells), row.fault, row.column))


def gathered(rows: Iterable[SourceRow], values_of: Callable[[SourceRow], tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Yield the values of rows in lists that are neither long nor large."""
    block, size = list[Any](), 0
    for row in rows:
        block.append(values_of(row))
        size += sum(map(len, row.cells))
        if len(block) >= ROWS or size >= _CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


def look(*, path: str, sample: int, most: int) -> Iterator[Any]:
    """Yield of the file at `path` its (format, encoding, delimiter, headers), its first cells, and its size in rows.

    The cells are those of the first `sample` rows, shortened; the count comes several times as it grows, and the
    last one counts: more than `most` is as good as endless. Raises UnreadableFile.
    """
    with open_table(Path(path)) as table:
        yield table.format, table.encoding, table.delimiter, table.headers
        first = [[cell[:_TELLING] for cell in row.cells] for row in islice(table.rows, sample)]
        yield first
        total = len(first)
        yield total
        for _row in islice(table.rows, max(0, most + 1 - total)):
            total += 1
            if total % ROWS == 0:
                yield total
        yield total
