"""CSV for spreadsheets: UTF-8 with the mark by which Excel knows it, commas, CRLF (RFC 4180), nothing to compute."""

import csv
import io
from collections.abc import Iterable
from typing import IO

from crm.escaping import escaped
from crm.exports.columns import cells, headers
from crm.exports.selecting import Person


def write(people: Iterable[Person], to: IO[bytes], *, numbers: int) -> None:
    """Write the people to an open file, with columns for so many numbers each."""
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(headers(numbers))
    for person in people:
        writer.writerow(map(escaped, cells(person, numbers=numbers)))
    # The file is the caller's to close.
    text.detach()
