"""The steps between an upload and its confirmation: the columns corrected, a preview asked for, given, and left.

Each is one update that names the stage it starts from: of two people at the same batch, the second is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from crm.imports import mapping, run, staging, upload
from crm.imports.reading import UnreadableFile
from crm.imports.resource import ContactResource
from crm.models import Actor, ImportBatch

Stage = ImportBatch.Stage


class MovedOn(ValueError):
    """The batch is not where the step starts from: somebody was quicker, or it has come to its end."""

    def __init__(self, batch: ImportBatch) -> None:
        super().__init__(_("Import %(id)s has moved on meanwhile; this is where it stands now.") % {"id": batch.pk})


def correct(
    batch: ImportBatch,
    *,
    columns: Mapping[str, str],
    headers: Sequence[str],
    resource: type[ContactResource],
    region: str,
    overwrite: bool,
    accept_flagged: bool,
) -> None:
    """State what the columns of a staged batch mean, and how it is to be imported.

    columns: field by header, empty for a column that means nothing. headers: those of the file. Raises
    UnreadableFile when they make no sense, and MovedOn.
    """
    known = mapping.checked(columns, headers=headers, fields=resource.FIELDS)
    region = upload.known_region(region or batch.source.default_region)
    staged = ImportBatch.objects.filter(pk=batch.pk, stage=Stage.STAGED)
    if not staged.update(mapping=known, region=region, overwrite=overwrite, accept_flagged=accept_flagged):
        raise MovedOn(batch)
    batch.refresh_from_db()


def ask_for_preview(batch: ImportBatch) -> None:
    """Release a batch for its preview, also for another one. Raises MovedOn."""
    _move(batch, [Stage.STAGED, Stage.PREVIEWED], stage=Stage.PREVIEWING)


def give_preview(batch: ImportBatch, *, resource: type[ContactResource], at: datetime) -> None:
    """Give the preview that was asked for; a batch that waits for none, or has a worker at it, is left alone.

    A file that turns out unreadable fails the batch, and the batch says why.
    """
    if batch.stage != Stage.PREVIEWING:
        return
    try:
        with staging.alone_with(batch) as alone:
            if alone:
                actor = Actor(batch.actor, batch.uploaded_by_id)
                run.preview(batch, resource=resource, actor=actor, at=at)
    except run.AlreadyConfirmed:
        # It was discarded meanwhile.
        return
    except (OperationalError, InterfaceError):
        # The server may be away: the batch waits on, and the sweep takes it up again.
        raise
    except Exception as error:
        known = isinstance(error, UnreadableFile)
        reason = str(error) if known else type(error).__name__
        asked = ImportBatch.objects.filter(pk=batch.pk, stage=Stage.PREVIEWING)
        asked.update(stage=Stage.FAILED, error=reason[:300])
        if not known:
            raise
    finally:
        batch.refresh_from_db()


def back(batch: ImportBatch) -> None:
    """Return from the preview to the columns; what it found is forgotten. Raises MovedOn."""
    _move(batch, [Stage.PREVIEWED], stage=Stage.STAGED)


def _move(batch: ImportBatch, stages: Sequence[Stage], **values: Any) -> None:
    name = batch.rejected_name
    with transaction.atomic():
        there = ImportBatch.objects.filter(pk=batch.pk, stage__in=stages)
        if not there.update(rows_done=0, counts={}, preview={}, rejected_name="", **values):
            raise MovedOn(batch)
        batch.faults.all().delete()
        transaction.on_commit(lambda: staging.drop(name))
    batch.refresh_from_db()
