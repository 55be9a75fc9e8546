"""A chunk of a file: some of its rows, read together and stored in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import tablib
from django.conf import settings
from django.db import connection

from crm import phones
from crm.imports import mapping, staging
from crm.imports.reading import SourceRow, open_table
from crm.imports.resource import ContactResource, ContactRow
from crm.models import Actor, ImportBatch, ImportFault, Outcome, PhoneNumber

# An advisory lock's key is any number that nobody else uses.
TURN = 0x52494E47  # "RING"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, one after the other, under its headers."""

    headers: Sequence[str]
    rows: Sequence[SourceRow]


def of(batch: ImportBatch, *, skip: int = 0) -> Iterator[Chunk]:
    """Yield the chunks of a batch's file from the row after `skip` rows on. Raises UnreadableFile."""
    with open_table(staging.path_of(batch)) as table:
        rows = islice(table.rows, skip, None)
        while chunk := list(islice(rows, settings.IMPORT_CHUNK_ROWS)):
            yield Chunk(table.headers, chunk)


def take_turns() -> None:
    """Wait until no other chunk is being stored, and let the next one wait until this transaction ends.

    Two files of the same new people, in different orders, would else wait on each other in a circle: a line that
    is being inserted cannot be locked beforehand. On SQLite every writer waits for the one before.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def store(
    chunk: Chunk,
    batch: ImportBatch,
    resource: type[ContactResource],
    counts: "Counter[str]",
    faults: list[ImportFault],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Import a chunk within the caller's transaction, adding to `counts` and `faults`."""
    _lock_lines(chunk, batch)
    dataset = tablib.Dataset(*[row.cells for row in chunk.rows], headers=chunk.headers)
    # The database gives the mapping back in an order of its own.
    columns = {header: batch.mapping[header] for header in chunk.headers if header in batch.mapping}
    pipeline = resource(batch=batch, mapping=columns, actor=actor, at=at, rows=chunk.rows)
    result = pipeline.import_data(dataset, dry_run=False, raise_errors=True, use_transactions=True)
    rows: Sequence[ContactRow] = result.rows
    for row in rows:
        counts[row.outcome] += 1
        faults += [
            ImportFault(batch=batch, line=row.line, column=fault.column[:120], code=fault.code) for fault in row.faults
        ]


def _lock_lines(chunk: Chunk, batch: ImportBatch) -> None:
    """Lock the lines that the chunk will touch, all at once and in order, so that it waits on nobody half-way."""
    numbers = set()
    for row in chunk.rows:
        cells = dict(zip(chunk.headers, row.cells, strict=True))
        for text, _label, _header in mapping.numbers_of(cells, batch.mapping):
            try:
                numbers.add(phones.parse(text, region=batch.region or None).e164)
            except phones.NotANumber:
                continue
    list(PhoneNumber.objects.for_numbers(numbers).locked())


def in_full(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with every outcome named, also those that did not occur."""
    return {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
