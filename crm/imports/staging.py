"""Staged files: uploads that wait in a private directory of ours until they are committed or a day has passed."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from crm.imports.reading import UnreadableFile
from crm.models import ImportBatch


def keep(chunks: Iterable[bytes]) -> tuple[str, str]:
    """Write an upload to the staging directory (mode 0600) and return its random name and SHA-256.

    Raises UnreadableFile when it is empty or larger than IMPORT_MAX_BYTES; then nothing is left of it.
    """
    name, descriptor = _new_file()
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.IMPORT_MAX_BYTES:
                    raise UnreadableFile(
                        _("The file is larger than %(limit)s bytes.") % {"limit": settings.IMPORT_MAX_BYTES}
                    )
                digest.update(chunk)
                file.write(chunk)
        if not size:
            raise UnreadableFile(_("The file is empty."))
    except BaseException:
        drop(name)
        raise
    return name, digest.hexdigest()


def create() -> tuple[str, IO[str]]:
    """Open a new file of text in the staging directory (mode 0600), and return its random name and the file."""
    name, descriptor = _new_file()
    return name, os.fdopen(descriptor, "w", encoding="utf-8", newline="")


@contextmanager
def scratch() -> Iterator[Path]:
    """Make an empty file in the staging directory (mode 0600) for the block; after a kill `clear` finds it."""
    name, descriptor = _new_file()
    os.close(descriptor)
    try:
        yield directory() / name
    finally:
        drop(name)


def _new_file() -> tuple[str, int]:
    """Make a file in the staging directory, for us alone, and return its random name and its descriptor."""
    name = secrets.token_hex(16)
    return name, os.open(directory() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def directory() -> Path:
    """Return the staging directory, made for us alone."""
    folder = Path(settings.STAGING_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def path_of(batch: ImportBatch) -> Path:
    """Return where the batch's file is. Raises UnreadableFile when it is gone."""
    path = directory() / batch.staged_name
    if not batch.staged_name or not path.is_file():
        raise UnreadableFile(_("The file of import %(id)s is gone.") % {"id": batch.pk})
    return path


@contextmanager
def alone_with(batch: ImportBatch) -> Iterator[bool]:
    """Say whether nobody else is at work on the batch's file, and keep others off while it is used.

    A worker that dies lets go of it, as the lock is on the open file. Raises UnreadableFile when the file is gone.
    """
    with path_of(batch).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except BlockingIOError:
            alone = False
        yield alone


def drop(*names: str) -> None:
    """Delete staged files, as far as they are still there."""
    for name in filter(None, names):
        (directory() / name).unlink(missing_ok=True)


def clear(*, at: datetime) -> int:
    """Delete what has waited longer than STAGED_HOURS at `at` (aware), and what no batch knows; return how many.

    The batches of such files are discarded; a confirmed one keeps its file, as it is still to be committed. The
    rejected rows of a committed one are counted from when it was committed.
    """
    before = at - timedelta(hours=settings.STAGED_HOURS)
    cleared = 0
    abandoned = ImportBatch.objects.exclude(staged_name="").exclude(stage=ImportBatch.Stage.CONFIRMED)
    for batch in abandoned.filter(created_at__lt=before):
        failed = batch.stage == ImportBatch.Stage.FAILED
        stage = ImportBatch.Stage.FAILED if failed else ImportBatch.Stage.DISCARDED
        # One that somebody confirms at this moment keeps its file.
        if ImportBatch.objects.filter(pk=batch.pk, stage=batch.stage).update(
            stage=stage, staged_name="", rejected_name=""
        ):
            drop(batch.staged_name, batch.rejected_name)
            cleared += 1
    for batch in ImportBatch.objects.exclude(rejected_name="").filter(committed_at__lt=before):
        ImportBatch.objects.filter(pk=batch.pk).update(rejected_name="")
        drop(batch.rejected_name)
        cleared += 1
    names = ImportBatch.objects.exclude(staged_name="", rejected_name="").values_list("staged_name", "rejected_name")
    known = set(chain.from_iterable(names))
    for path in directory().iterdir():
        # A file without a batch is an upload under way, or one that died: an hour tells which.
        if path.name not in known and _changed_at(path, unless=at) < at - timedelta(hours=1):
            path.unlink(missing_ok=True)
            cleared += 1
    return cleared


def _changed_at(path: Path, *, unless: datetime) -> datetime:
    """Return when a file was last written to; `unless` when it has just gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, tz=unless.tzinfo)
    except FileNotFoundError:
        return unless
