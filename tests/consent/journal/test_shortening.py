"""A fingerprint is kept in the journal no longer than in the database: the oldest records go, and the chain holds."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from consent import journal
from consent.journal import file as journal_file
from consent.journal.lines import glance
from tests import marks

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = datetime(2020, 2, 29, 12, tzinfo=UTC)
OVER = datetime(2025, 2, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def path() -> Path:
    """A journal of three records, of three days."""
    for days in range(3):
        write(FIRST + days * DAY)
    found: Path = settings.JOURNAL_PATH
    return found


def write(at: datetime) -> None:
    with transaction.atomic():
        journal.write(points=[], gone=[], reason="request", at=at)


def seqs() -> list[int]:
    return [found[0] for found in map(glance, journal_file.lines()) if found]


def shorten(as_of: datetime) -> int:
    return journal.shorten(as_of=as_of, months=60)


def test_each_goes_at_its_moment(path: Path) -> None:
    assert shorten(OVER - timedelta(microseconds=1)) == 0
    assert shorten(OVER) == 1
    assert seqs() == [2, 3]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert list(journal.verify()) == []
    assert (journal.is_behind(), journal.is_lost()) == (False, False)


def test_it_goes_on_from_there_also_when_all_have_gone(path: Path) -> None:
    assert shorten(OVER + 10 * DAY) == 3
    assert seqs() == []
    assert (journal.is_behind(), journal.is_lost()) == (False, False)
    write(OVER)
    assert seqs() == [4]
    assert list(journal.verify()) == []
    assert shorten(OVER + 10 * DAY) == 0
    journal_file._tails.clear()
    write(OVER)
    assert seqs() == [4, 5]
    assert list(journal.verify()) == []


def test_what_is_left_can_be_replayed_and_is_missed(path: Path) -> None:
    shorten(OVER + DAY)
    assert seqs() == [3]
    marks.forget(3)
    assert journal.is_behind()
    found = journal.outstanding()
    assert [record.seq for record, _mac in found.records()] == [3]
    assert found.damaged == {}


def test_one_of_which_nothing_is_said_stays_with_all_after_it(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"outcome":"committed","seq":2' not in line))
    assert shorten(OVER + 10 * DAY) == 1
    assert seqs() == [2, 3]


def test_a_beginning_that_says_something_else_is_named(path: Path) -> None:
    shorten(OVER)
    path.write_text(path.read_text().replace('"begins":2', '"begins":1'))
    assert [fault.code for fault in journal.verify()] == ["unreadable_line", "not_authentic", "gap"]


def test_on_a_full_disk_it_stays_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(journal.JournalNotWritten):
        shorten(OVER)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]
