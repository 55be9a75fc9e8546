"""Staged files: private, whole or not there, and gone when their time is over."""

import hashlib
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from crm.imports import run, staging
from crm.imports.reading import UnreadableFile
from crm.models import ImportBatch
from tests import factories
from tests.factories import NOON
from tests.files import csv_file, imported, staged, staged_files

FILE = csv_file(("Name", "Phone"), ("Ann", "+12025550100"))
Stage = ImportBatch.Stage


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def old(name: str, *, hours: float) -> Path:
    path = staging.directory() / name
    path.write_bytes(b"x")
    moment = (NOON - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_a_staged_file_is_for_us_alone_under_a_name_that_says_nothing(settings):
    name, digest = staging.keep([b"Name,", b"Phone\n"])
    path = Path(settings.STAGING_DIR) / name

    assert path.read_bytes() == b"Name,Phone\n"
    assert digest == hashlib.sha256(b"Name,Phone\n").hexdigest()
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert name != staging.keep([b"Name,", b"Phone\n"])[0]


def test_the_umask_opens_nothing(settings):
    before = os.umask(0)
    try:
        name, _digest = staging.keep([b"x"])
    finally:
        os.umask(before)

    assert (mode(staging.directory() / name), mode(staging.directory())) == (0o600, 0o700)


def test_a_directory_that_stood_open_is_closed(settings):
    Path(settings.STAGING_DIR).mkdir(mode=0o755)

    assert mode(staging.directory()) == 0o700


@pytest.mark.parametrize(
    ("chunks", "words"),
    [([b"12345", b"67890", b"1"], "larger than 10 bytes"), ([], "is empty"), ([b"", b""], "is empty")],
)
def test_a_file_that_is_too_large_or_empty_leaves_nothing(settings, chunks, words):
    settings.IMPORT_MAX_BYTES = 10

    with pytest.raises(UnreadableFile, match=words):
        staging.keep(chunks)

    assert staged_files() == []


def test_a_file_of_the_largest_size_is_taken(settings):
    settings.IMPORT_MAX_BYTES = 10

    staging.keep([b"12345", b"67890"])

    assert len(staged_files()) == 1


def test_an_upload_that_breaks_off_leaves_nothing():
    def broken():
        yield b"Name,Pho"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        staging.keep(broken())

    assert staged_files() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "hours", "left"),
    [
        (Stage.STAGED, 25, Stage.DISCARDED),
        (Stage.PREVIEWING, 25, Stage.DISCARDED),
        (Stage.PREVIEWED, 25, Stage.DISCARDED),
        (Stage.FAILED, 25, Stage.FAILED),
        (Stage.STAGED, 23, Stage.STAGED),
        (Stage.FAILED, 23, Stage.FAILED),
        (Stage.CONFIRMED, 25, Stage.CONFIRMED),
    ],
)
def test_what_waited_longer_than_a_day_is_cleared_but_for_what_is_still_to_be_committed(stage, hours, left):
    batch = staged(FILE, at=NOON - timedelta(hours=hours))
    ImportBatch.objects.filter(pk=batch.pk).update(stage=stage)
    cleared = hours > 24 and stage != Stage.CONFIRMED

    assert staging.clear(at=NOON) == int(cleared)

    batch.refresh_from_db()
    assert batch.stage == left
    assert bool(batch.staged_name) is not cleared
    assert bool(staged_files()) is not cleared


@pytest.mark.django_db
def test_how_long_a_file_may_wait_is_a_setting(settings):
    settings.STAGED_HOURS = 2
    batch = staged(FILE, at=NOON - timedelta(hours=3))

    staging.clear(at=NOON)

    batch.refresh_from_db()
    assert batch.stage == Stage.DISCARDED


@pytest.mark.django_db
def test_a_file_that_no_batch_knows_is_cleared_after_an_hour():
    dead, under_way = old("dead", hours=1.1), old("under-way", hours=0.9)

    assert staging.clear(at=NOON) == 1

    assert (dead.exists(), under_way.exists()) == (False, True)


@pytest.mark.django_db
def test_a_file_that_is_confirmed_while_the_old_ones_are_cleared_stays(monkeypatch):
    # The newest goes first; while it goes, somebody confirms the other, which is already on the list.
    batch, newest = (staged(FILE, at=NOON - timedelta(hours=25)) for _ in range(2))
    drop = staging.drop

    def confirm_the_other(*names: str) -> None:
        drop(*names)
        if newest.staged_name in names:
            run.confirm(batch, actor=factories.TESTER, at=NOON)

    monkeypatch.setattr(staging, "drop", confirm_the_other)

    assert staging.clear(at=NOON) == 1

    batch.refresh_from_db()
    assert batch.stage == Stage.CONFIRMED
    assert staging.path_of(batch).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "kept"), [(23, True), (25, False)])
def test_rejected_rows_are_kept_for_a_day_from_the_commit(hours, kept):
    batch = imported(FILE + b"Bo,call me\n")
    file = staging.directory() / batch.rejected_name

    staging.clear(at=NOON + timedelta(hours=hours))

    batch.refresh_from_db()
    assert (batch.stage, bool(batch.rejected_name), file.is_file()) == (Stage.COMMITTED, kept, kept)


@pytest.mark.django_db
def test_one_at_a_time_is_at_work_on_a_file():
    batch = staged(FILE)

    with staging.alone_with(batch) as first, staging.alone_with(batch) as second:
        assert (first, second) == (True, False)
    with staging.alone_with(batch) as again:
        assert again


@pytest.mark.django_db
def test_a_batch_whose_file_is_gone_says_so():
    batch = staged(FILE)
    staging.drop(batch.staged_name)

    with pytest.raises(UnreadableFile, match=rf"The file of import {batch.pk} is gone"):
        staging.path_of(batch)


def test_dropping_what_is_not_there_or_has_no_name_does_no_harm(settings):
    kept, _digest = staging.keep([b"x"])

    staging.drop("")
    staging.drop("gone")

    assert [path.name for path in staged_files()] == [kept]
