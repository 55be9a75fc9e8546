"""What is erased stands in the journal before it is committed, and afterwards what became of it."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consent import journal, retention
from consent.journal import file as journal_file
from consent.models import JournalMark, PurgeRun, Receipt
from consent.rules.states import Act
from crm import phones
from crm.models import NIGHTLY, PhoneNumber
from tests import factories, marks
from tests.factories import NOON, TESTER, contact, entry, number, point, policy

pytestmark = pytest.mark.django_db(transaction=True)


def erase(person: Any) -> list[Receipt]:
    return retention.erase(person, reason="request", actor=TESTER, at=NOON)


def erase_in_vain(person: Any) -> None:
    """Erase, and let the transaction fail after the journal was written."""
    with transaction.atomic():
        erase(person)
        raise ZeroDivisionError


def path() -> Path:
    found: Path = settings.JOURNAL_PATH
    return found


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in path().read_text().splitlines()]


def test_an_erasure_is_written_down_by_ids_and_fingerprints_and_said_to_be_committed() -> None:
    e164 = number()
    person = contact([e164], given_name="Ann", email="ann@example.com")
    line = PhoneNumber.objects.get()
    erase(person)

    record, outcome = lines()

    mark = JournalMark.objects.get()
    assert (mark.seq, mark.mac, mark.marked_at, mark.replayed) == (1, record["mac"], NOON, False)
    assert record | {"mac": "", "key": ""} == {
        "seq": 1,
        "at": NOON.isoformat(),
        "reason": "request",
        "run": None,
        "lines": [[line.pk, line.number_key, "test1", 1]],
        "points": [[person.points.get().pk, person.pk, line.pk]],
        "contacts": [person.pk],
        "key": "",
        "mac": "",
    }
    assert (outcome["outcome"], outcome["seq"], outcome["record"]) == ("committed", 1, record["mac"])
    said = path().read_text()
    assert not [text for text in (*phones.spellings(e164), "Ann", "ann@example.com") if text in said]
    assert list(journal.verify()) == []


def test_the_file_and_its_folder_are_for_us_alone() -> None:
    erase(contact([number()]))
    assert stat.S_IMODE(path().stat().st_mode) == 0o600
    assert stat.S_IMODE(path().parent.stat().st_mode) == 0o700


def test_a_run_writes_each_chunk_with_its_run(settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 2
    policy()
    shared = number()
    for e164 in (shared, None, None):
        entry(point(e164), Act.WITHDRAWN, at=NOON - timedelta(days=1))
    point(shared, given_name="Somebody else")
    run = retention.run(as_of=NOON, actor=NIGHTLY)
    records = [line for line in lines() if "points" in line]
    assert [(each["seq"], each["run"], each["reason"], len(each["points"])) for each in records] == [
        (1, run.pk, "retention", 2),
        (2, run.pk, "retention", 1),
    ]
    # The number that is somebody else's as well is still held.
    assert [line[3] for each in records for line in each["lines"]] == [0, 1, 1]
    assert list(journal.verify()) == []


def test_a_contact_without_numbers_is_written_down_too() -> None:
    person = contact([], given_name="Ann")
    erase(person)
    record = lines()[0]
    assert (record["points"], record["lines"], record["contacts"]) == ([], [], [person.pk])


def test_it_is_on_the_disk_before_the_database_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, create = os.fsync, JournalMark.objects.create

    def synced(fd: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else f"file of {os.fstat(fd).st_size > 0}")
        fsync(fd)

    def marked(**values: Any) -> Any:
        order.append("mark")
        return create(**values)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(JournalMark.objects, "create", marked)
    with transaction.atomic():
        erase(contact([number()]))
        order.append("commit")
    # Of the file's name, and of the name of its folder; then the record; and at last that it was committed.
    assert order == ["folder", "folder", "file of True", "mark", "commit", "file of True"]


def test_outside_a_transaction_nothing_is_written() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        journal.write(points=[], gone=[], reason="test", at=NOON)
    assert not path().exists()


class TestWhatWasNotCommitted:
    def failed(self) -> None:
        with pytest.raises(ZeroDivisionError):
            erase_in_vain(contact([number()]))

    def test_it_is_void_from_the_next_run_on(self) -> None:
        self.failed()
        assert [line for line in lines() if "outcome" in line] == []
        assert journal.resolve() == {"void": 1}
        assert [(line["outcome"], line["seq"]) for line in lines() if "outcome" in line] == [("void", 1)]
        assert journal.resolve() == {}
        assert list(journal.verify()) == []

    def test_the_nightly_run_says_so(self) -> None:
        self.failed()
        retention.run(as_of=NOON, actor=NIGHTLY)
        assert lines()[-1]["outcome"] == "void"

    def test_the_next_record_takes_the_next_number_and_follows_it(self) -> None:
        self.failed()
        erase(contact([number()]))
        assert JournalMark.objects.get().seq == 2
        assert list(journal.verify()) == []
        assert not journal.is_behind()


def test_what_was_committed_and_never_said_to_be_is_said_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(transaction, "on_commit", lambda *args, **values: None)
        erase(contact([number()]))
    assert len(lines()) == 1
    assert journal.resolve() == {"committed": 1}
    assert lines()[-1]["outcome"] == "committed"


class TestATornEnd:
    @pytest.mark.parametrize("torn", [b'{"seq":2,"at":"2026', b"\0" * 500, b"\xff\xfe", b"x" * 300_000])
    def test_it_is_cut_off_by_whoever_writes_next(self, torn: bytes) -> None:
        erase(contact([number()]))
        whole = path().read_bytes()
        path().write_bytes(whole + torn)
        assert not journal.is_behind()
        erase(contact([number()]))
        assert path().read_bytes().startswith(whole)
        assert [line["seq"] for line in lines() if "points" in line] == [1, 2]
        assert list(journal.verify()) == []

    def test_a_line_that_cannot_be_read_is_passed_over_and_named(self) -> None:
        erase(contact([number()]))
        with path().open("ab") as file:
            file.write(b"what is this\n")
        erase(contact([number()]))
        (fault,) = journal.verify()
        assert (fault.code, fault.detail) == ("unreadable_line", "line 3 is neither a record nor an outcome of ours")
        assert not journal.is_behind()

    def test_what_a_reader_saw_of_a_line_that_did_not_last_is_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        erase(contact([number()]))
        fsync = os.fsync

        def failing(fd: int) -> None:
            journal.is_behind()  # another thread reads the line before it is taken back
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(journal.JournalNotWritten):
            erase(contact([number()]))
        monkeypatch.setattr(os, "fsync", fsync)
        erase(contact([number(), number()]))
        assert [line["seq"] for line in lines() if "points" in line] == [1, 2]
        assert list(journal.verify()) == []


class TestAJournalThatCannotBeWritten:
    def full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(fd: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)

    def test_nothing_is_erased(self, monkeypatch: pytest.MonkeyPatch) -> None:
        person = contact([number()], given_name="Ann")
        self.full(monkeypatch)
        with pytest.raises(journal.JournalNotWritten, match="No space left on device"):
            erase(person)
        person.refresh_from_db()
        assert person.given_name == "Ann"
        assert not Receipt.objects.exists()
        assert not JournalMark.objects.exists()

    def test_the_run_fails_by_name_and_the_next_one_finishes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        policy()
        entry(point(), Act.WITHDRAWN, at=NOON - timedelta(days=1))
        with monkeypatch.context() as patched:
            self.full(patched)
            with pytest.raises(journal.JournalNotWritten):
                retention.run(as_of=NOON, actor=NIGHTLY)
        assert PurgeRun.objects.get().error == "JournalNotWritten"
        assert PhoneNumber.objects.exclude(number=None).exists()
        retention.run(as_of=NOON, actor=NIGHTLY)
        assert not PhoneNumber.objects.exclude(number=None).exists()
        assert list(journal.verify()) == []


class TestAJournalThatIsLost:
    @pytest.mark.parametrize("how", ["file", "end"])
    def test_nothing_is_erased_until_somebody_accepts_it(self, how: str) -> None:
        erase(contact([number()]))
        kept = path().read_bytes()
        erase(contact([number()]))
        if how == "file":
            path().unlink()
        else:
            path().write_bytes(kept)
        assert journal.is_lost()
        person = contact([number()])
        with pytest.raises(journal.JournalLost, match="ends before record 2"):
            erase(person)
        person.refresh_from_db()
        assert person.erased_at is None
        assert [fault.code for fault in journal.verify()] == ["cut_off"] * (2 if how == "file" else 1)

        assert journal.begin_anew(at=timezone.now()) == 3

        assert not journal.is_lost()
        erase(person)
        assert list(journal.verify()) == []

    def test_another_database_s_journal_is_none(self) -> None:
        erase(contact([number()]))
        path().unlink()
        marks.forget()
        erase(contact([number()]))
        marks.forget(mac="0" * 64)
        assert journal.is_lost()
        path().write_text("".join(path().read_text().splitlines(keepends=True)[:1]))
        with pytest.raises(journal.JournalLost):
            erase(contact([number()]))


def test_the_end_of_a_long_file_is_found_without_reading_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "_WINDOW", 64)
    for _ in range(70):
        with transaction.atomic():
            journal.write(points=[], gone=[], reason="test", at=NOON)
    journal_file._tails.clear()
    end = journal_file.end()
    assert (end.seq, sorted(end.committed)) == (70, list(range(7, 71)))
    assert not journal.is_behind()
    factories.source()
    marks.forget(70)
    assert journal.is_behind()
