"""An import from its upload on to its end: dry run, confirm, commit.

The batch's row is the truth about where it stands. A chunk's rows, the batch's counts and its position in the
file are written in one transaction, so a worker that is killed has done a chunk wholly or not at all, and the
next one goes on from there.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.imports import chunks, rejected, staging
from crm.imports.carried import carrying
from crm.imports.reading import UnreadableFile
from crm.imports.resource import ContactResource
from crm.models import Actor, ImportBatch, ImportFault

Stage = ImportBatch.Stage
# Two transactions may wait on each other in a circle; the database breaks it by failing one.
TRIES = 3
T = TypeVar("T")


class AlreadyConfirmed(ValueError):
    """The batch was confirmed before, by whoever was first, or has come to its end."""

    def __init__(self, batch: ImportBatch) -> None:
        super().__init__(_("Import %(id)s was confirmed or ended before.") % {"id": batch.pk})


def dry_run(batch: ImportBatch, *, resource: type[ContactResource], actor: Actor, at: datetime) -> list[ImportFault]:
    """Decide the whole batch, write nothing of it, and keep the counts on the batch; return the faults, unsaved.

    How far it is stands on the batch's row meanwhile. Raises UnreadableFile.
    """
    found, done = chunks.Found(), 0
    with carrying() as carried, chunks.of(batch) as all_chunks:
        for chunk in all_chunks:
            chunks.store(chunk, batch, resource, found, actor=actor, at=at, carried=carried)
            done += len(chunk.rows)
            ImportBatch.objects.filter(pk=batch.pk, stage=Stage.PREVIEWING).update(rows_done=done)
    batch.counts, batch.preview = chunks.in_full(found.counts), found.preview()
    return found.faults


def preview(batch: ImportBatch, *, resource: type[ContactResource], actor: Actor, at: datetime) -> None:
    """Dry-run a staged batch and keep its counts and faults for whoever is to confirm it.

    Raises UnreadableFile, AlreadyConfirmed.
    """
    waiting = _waiting(batch)
    if not waiting.exists():
        raise AlreadyConfirmed(batch)
    faults = dry_run(batch, resource=resource, actor=actor, at=at)
    before, found = batch.rejected_name, {"counts": batch.counts, "preview": batch.preview}
    rejected_name = rejected.keep(batch, faults=faults)
    with transaction.atomic():
        if not waiting.update(stage=Stage.PREVIEWED, rows_done=0, rejected_name=rejected_name, **found):
            staging.drop(rejected_name)
            raise AlreadyConfirmed(batch)
        batch.faults.all().delete()
        ImportFault.objects.bulk_create(faults, batch_size=2000)
        transaction.on_commit(lambda: staging.drop(before))
    batch.refresh_from_db()


def confirm(batch: ImportBatch, *, actor: Actor, at: datetime) -> None:
    """Release a batch for committing at `at` (aware), once. Raises AlreadyConfirmed."""
    waiting = _waiting(batch).exclude(stage=Stage.PREVIEWING)
    name = batch.rejected_name
    with transaction.atomic():
        if not waiting.update(
            stage=Stage.CONFIRMED,
            confirmed_at=at,
            confirmed_by_id=actor.user_id,
            actor=actor.name,
            rows_done=0,
            counts={},
            rejected_name="",
        ):
            raise AlreadyConfirmed(batch)
        # What the dry run found is found again by the commit, which may find otherwise.
        batch.faults.all().delete()
        transaction.on_commit(lambda: staging.drop(name))
    batch.refresh_from_db()


def discard(batch: ImportBatch) -> None:
    """Give up a batch that was not confirmed, and delete its files. Raises AlreadyConfirmed."""
    waiting = _waiting(batch)
    names = batch.staged_name, batch.rejected_name
    if not waiting.update(stage=Stage.DISCARDED, staged_name="", rejected_name=""):
        raise AlreadyConfirmed(batch)
    transaction.on_commit(lambda: staging.drop(*names))
    batch.refresh_from_db()


def commit(batch: ImportBatch, *, resource: type[ContactResource], at: datetime) -> None:
    """Import what is left of a confirmed batch, chunk by chunk, and delete its file at the end.

    at: when the rows count as obtained (aware). Workers that are at the same batch take turns, and each returns
    when it has come to its end; one that is not confirmed is left alone. A file that turns out unreadable fails
    the batch and raises UnreadableFile: the chunks before that stay, and the batch says how many rows they were.
    """
    batch.refresh_from_db()
    try:
        while batch.stage == Stage.CONFIRMED:
            _go_on(batch, resource, at=at)
            batch.refresh_from_db()
    except (OperationalError, InterfaceError):
        # The server may be away: the batch stays confirmed, and the sweep takes it up again.
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, UnreadableFile) else type(error).__name__
        confirmed = ImportBatch.objects.filter(pk=batch.pk, stage=Stage.CONFIRMED)
        failed = confirmed.update(stage=Stage.FAILED, error=reason[:300])
        batch.refresh_from_db()
        if failed or not isinstance(error, UnreadableFile):
            raise
        # Another worker has ended the batch, and its file with it.


def _waiting(batch: ImportBatch) -> QuerySet[ImportBatch]:
    """Return the batch, if it is still to be decided on."""
    return ImportBatch.objects.filter(pk=batch.pk, stage__in=[Stage.STAGED, Stage.PREVIEWING, Stage.PREVIEWED])


def _go_on(batch: ImportBatch, resource: type[ContactResource], *, at: datetime) -> None:
    """Import from where the batch stands to its end, or to where another worker has gone on with it."""
    actor, done = Actor(batch.actor, batch.confirmed_by_id), batch.rows_done
    with chunks.of(batch, skip=done) as all_chunks:
        for chunk in all_chunks:
            if not _commit_chunk(chunk, batch.pk, done, resource, actor=actor, at=at):
                return
            done += len(chunk.rows)
    _end(batch.pk, done, at=at)


def _commit_chunk(
    chunk: chunks.Chunk,
    batch_id: int,
    done: int,
    resource: type[ContactResource],
    *,
    actor: Actor,
    at: datetime,
) -> bool:
    """Import a chunk in one transaction; return False when another worker has gone on with the batch."""

    def attempt() -> bool:
        with transaction.atomic():
            chunks.take_turns()
            batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("source").get(pk=batch_id)
            if batch.stage != Stage.CONFIRMED or batch.rows_done != done:
                return False
            found = chunks.Found(Counter(batch.counts))
            chunks.store(chunk, batch, resource, found, actor=actor, at=at)
            ImportFault.objects.bulk_create(found.faults)
            batch.counts, batch.rows_done = chunks.in_full(found.counts), done + len(chunk.rows)
            batch.save(update_fields=["counts", "rows_done"])
        return True

    return tried_again(attempt)


def tried_again(attempt: Callable[[], T]) -> T:
    """Return what a transaction comes to; one that the database breaks off, or somebody has outrun, is tried again."""
    for _attempt in range(TRIES - 1):
        try:
            return attempt()
        except (OperationalError, IntegrityError):
            continue
    return attempt()


def _end(batch_id: int, done: int, *, at: datetime) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    # Before the lock: it reads the whole file once more.
    rejected_name = rejected.keep(batch, faults=batch.faults.iterator())
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        if batch.stage != Stage.CONFIRMED or batch.rows_done != done:
            staging.drop(rejected_name)
            return
        name, batch.staged_name, batch.rejected_name = batch.staged_name, "", rejected_name
        batch.stage = Stage.COMMITTED
        batch.counts = chunks.in_full(Counter(batch.counts))
        batch.committed_at = max(at, batch.confirmed_at or at)
        batch.save(update_fields=["stage", "staged_name", "rejected_name", "counts", "committed_at"])
        transaction.on_commit(lambda: staging.drop(name))
