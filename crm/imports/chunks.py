"""A chunk of a file: some of its rows, prepared together and stored in one transaction."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.db import connection

from crm.imports import child, staging
from crm.imports.ahead import ahead_of
from crm.imports.carried import Carried
from crm.imports.preparing import Prepared
from crm.imports.reading.blocks import ROWS
from crm.imports.resource import ContactResource, ContactRow
from crm.models import Actor, ImportBatch, ImportFault, Outcome

# An advisory lock's key is any number that nobody else uses.
TURN = 0x52494E47  # "RING"
# Of these rows of a file, and of so many of them, a preview shows what changes.
SAMPLED_ROWS, SAMPLES = 2_000, 20


@dataclass(slots=True)
class Found:
    """What an import found: counts by outcome, the faults of rows, and what a preview shows beside."""

    counts: "Counter[str]" = field(default_factory=Counter)
    faults: list[ImportFault] = field(default_factory=list)
    matched: "Counter[str]" = field(default_factory=Counter)
    flags: "Counter[str]" = field(default_factory=Counter)
    noted: "Counter[str]" = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)

    def preview(self) -> dict[str, Any]:
        """Return what is kept on the batch: ids, codes and names of fields, never a cell."""
        return {
            "matched": dict(self.matched),
            "flags": dict(self.flags),
            **dict(self.noted),
            "samples": self.samples,
        }

    def add(self, rows: Sequence[ContactRow], batch: ImportBatch) -> None:
        """Add what became of some rows."""
        for row in rows:
            decision = row.decision
            self.counts[decision.outcome.value] += 1
            if decision.faults:
                self.faults += [
                    ImportFault(batch=batch, line=row.line, column=fault.column[:120], code=fault.code)
                    for fault in decision.faults
                ]
            if decision.outcome is Outcome.FLAGGED:
                self.flags.update({fault.code for fault in decision.faults})
            if decision.reserved:
                self.flags["reserved"] += 1
            if decision.matched_by and decision.contact is not None:
                self.matched[decision.matched_by] += 1
                if decision.fields and len(self.samples) < SAMPLES and row.line <= SAMPLED_ROWS:
                    self.samples.append(
                        {
                            "line": row.line,
                            "contact": decision.contact.id,
                            "matched_by": decision.matched_by,
                            "fields": list(decision.fields),
                        }
                    )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, one after the other. columns: field by header, in the order of the file."""

    columns: Mapping[str, str]
    rows: Sequence[Prepared]


@contextmanager
def of(batch: ImportBatch, *, skip: int = 0) -> Iterator[Iterator[Chunk]]:
    """Give the chunks of a batch's file from the row after `skip` rows on, read and prepared in a child process.

    While one chunk is being stored the next one is prepared. Iterating raises UnreadableFile.
    """
    job = "crm.imports.preparing:prepared"
    path, region = str(staging.path_of(batch)), batch.region or batch.source.default_region
    size = settings.IMPORT_CHUNK_ROWS
    with (
        child.running(job, path=path, columns=batch.mapping, region=region, skip=skip) as blocks,
        ahead_of(blocks, most=size // ROWS + 1) as ready,
    ):
        columns = next(ready)
        rows = chain.from_iterable(ready)
        yield iter(lambda: Chunk(columns, [Prepared(*values) for values in islice(rows, size)]), Chunk(columns, []))


def take_turns() -> None:
    """Wait until no other chunk is being stored, and let the next one wait until this transaction ends.

    Two files of the same new people, in different orders, would else wait on each other in a circle: a line that
    is being inserted cannot be locked beforehand. On SQLite every writer waits for the one before.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


@contextmanager
def _garbage_left() -> Iterator[None]:
    """Let the garbage collector rest: it would go through the rows of a chunk again and again, and find none."""
    resting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if resting:
            gc.enable()


@_garbage_left()
def store(
    chunk: Chunk,
    batch: ImportBatch,
    resource: type[ContactResource],
    found: Found,
    *,
    actor: Actor,
    at: datetime,
    carried: Carried | None = None,
) -> None:
    """Import a chunk within the caller's transaction, adding to `found`; with `carried`, only say what would be.

    Raises IntegrityError when another transaction was quicker with a line.
    """
    pipeline = resource(batch=batch, mapping=chunk.columns, actor=actor, at=at)
    result = pipeline.import_data(chunk.rows, carried=carried)
    found.add(result.rows, batch)
    found.noted.update(pipeline.noted)


def in_full(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with every outcome named, also those that did not occur."""
    return {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
