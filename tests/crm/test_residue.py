"""What an erasure leaves in the files of the database is there before, and gone once residue is cleaned."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from consent import retention
from crm import residue
from crm.models import ImportBatch, Lease, LeaseTaken, PhoneNumber
from crm.traces import audit
from tests import commands, factories
from tests.crm.traces.planted import unheard_of
from tests.raw import POSTGRES, execute

only_postgres = pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own")


def erased(number: str) -> str:
    """Store somebody at a number, and erase them as of now."""
    contact = factories.contact([number])
    retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
    return number


def left_of(number: str) -> set[tuple[str, str, str]]:
    report = audit([number], without=["write-ahead log"])
    assert report.unread == []
    return {(trace.place, trace.table, trace.column) for trace in report.traces}


@contextmanager
def meanwhile(*statements: str) -> Iterator[None]:
    """Run statements in a transaction of another connection, which ends with the block."""
    begun, ending = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            for statement in statements:
                execute(statement)
            begun.set()
            ending.wait(60)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        ending.set()
        thread.join()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residue, "LOCK_MS", 200)
    monkeypatch.setattr(residue, "TRIES", 2)
    monkeypatch.setattr(residue, "PAUSE", 0.1)


@pytest.mark.django_db(transaction=True)
class TestFiles:
    @only_postgres
    def test_the_heap_and_the_indexes_hold_an_erased_number_until_they_are_rewritten(self) -> None:
        number = erased(factories.number())
        assert ("database file", "crm_phonenumber", "table") in left_of(number), "the erasure alone leaves the bytes"
        execute("CREATE INDEX by_number ON crm_phonenumber (number)")
        second = erased(factories.number())
        try:
            assert {column for _place, _table, column in left_of(second)} == {
                "table",
                "index of crm_phonenumber",
            }
            assert residue.clean(at=timezone.now()).left == []
            assert left_of(number) == left_of(second) == set()
        finally:
            execute("DROP INDEX by_number")

    @pytest.mark.skipif(POSTGRES, reason="SQLite's own")
    def test_what_stands_in_free_space_of_a_page_is_gone_once_the_file_is_rewritten(self) -> None:
        # As copies do, which the splitting of a page leaves behind: secure_delete knows nothing of them.
        number = unheard_of()
        execute("CREATE TABLE legacy_leads (id integer PRIMARY KEY, words text)")
        execute("INSERT INTO legacy_leads (words) VALUES ('kept'), (%s), ('kept too')", f"call {number}, please")
        execute("PRAGMA secure_delete = OFF")
        execute("DELETE FROM legacy_leads WHERE id = 2")
        execute("PRAGMA secure_delete = ON")
        erased(factories.number())
        try:
            assert left_of(number) == {("database file", "legacy_leads", "table")}
            assert residue.clean(at=timezone.now()) == residue.Cleaned(["SQLite"], [], 0)
            assert left_of(number) == set()
        finally:
            execute("DROP TABLE legacy_leads")

    def test_nothing_is_rewritten_while_nothing_was_erased_since(self) -> None:
        assert residue.clean(at=timezone.now()).done == []
        erased(factories.number())
        assert residue.clean(at=timezone.now()).done
        assert residue.clean(at=timezone.now()).done == []
        erased(factories.number())
        assert residue.clean(at=timezone.now()).done
        assert residue.clean(at=timezone.now(), always=True).done

    def test_while_an_import_is_being_undone_it_is_rewritten_again_later(self) -> None:
        began = timezone.now()
        committed: dict[str, Any] = {"confirmed_at": began, "committed_at": began}
        batch = factories.batch(stage="undoing", undone_at=began, undone_as="staff", **committed)
        assert residue.clean(at=began + timedelta(minutes=1)).done
        ImportBatch.objects.filter(pk=batch.pk).update(stage="undone")
        assert residue.clean(at=began + timedelta(minutes=2)).done
        assert not residue.clean(at=began + timedelta(minutes=3)).done

    @only_postgres
    def test_a_table_in_use_is_left_logged_and_taken_up_next_time(self, caplog: pytest.LogCaptureFixture) -> None:
        number = erased(factories.number())
        at = timezone.now()
        with meanwhile("LOCK TABLE crm_phonenumber IN ACCESS SHARE MODE"):
            with caplog.at_level(logging.WARNING, logger="crm.residue"):
                cleaned = residue.clean(at=at)
            assert cleaned.left == ["crm_phonenumber"]
            assert "crm_contact" in cleaned.done
            assert "not rewritten, and tried again later: crm_phonenumber" in caplog.text
            assert left_of(number)
        again = residue.clean(at=timezone.now())
        assert (again.done, again.left) == (["crm_phonenumber"], [])
        assert left_of(number) == set()

    @only_postgres
    def test_nothing_is_rewritten_for_a_transaction_that_still_sees_what_was_erased(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = factories.number()
        contact = factories.contact([number])
        snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM crm_lease"
        with meanwhile(*snapshot):
            retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
            monkeypatch.setattr(residue, "PATIENCE", 0.5)
            with caplog.at_level(logging.WARNING, logger="crm.residue"):
                assert residue.clean(at=timezone.now()).done == []
            assert "still sees what was erased" in caplog.text
            assert left_of(number)
            monkeypatch.setattr(residue, "PATIENCE", 60.0)
        assert residue.clean(at=timezone.now()).left == []
        assert left_of(number) == set()

    @only_postgres
    def test_the_others_wait_no_longer_than_the_lock_was_waited_for(self) -> None:
        erased(factories.number())
        with meanwhile("LOCK TABLE crm_phonenumber IN ACCESS SHARE MODE"):

            def clean() -> None:
                residue.clean(at=timezone.now())
                connection.close()

            thread = Thread(target=clean)
            thread.start()
            slowest = 0.0
            while thread.is_alive():
                began = time.monotonic()
                PhoneNumber.objects.count()
                slowest = max(slowest, time.monotonic() - began)
            thread.join()
        assert slowest < 5

    def test_the_command_cleans_now_and_says_what_it_did(self) -> None:
        erased(factories.number())
        ran = commands.run("clean_residue", "--json")
        assert ran.code == 0
        assert ran.json["left"] == []
        assert ran.json["rewritten"]

    @pytest.mark.skipif(POSTGRES, reason="SQLite's own")
    def test_a_reader_keeps_the_log_from_being_cut_and_it_is_tried_again(self) -> None:
        erased(factories.number())
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM crm_lease").fetchall()
            assert residue.clean(at=timezone.now()).left == ["SQLite"]
        assert residue.clean(at=timezone.now()).left == []


@pytest.mark.django_db
class TestBeside:
    def session(self, **values: Any) -> SessionStore:
        store = SessionStore()
        store.update({"_auth_user_id": "7", "_auth_user_hash": "0123456789" * 5 + "a" * 14} | values)
        store.save()
        return store

    def test_sessions_that_hold_a_number_or_have_ended_are_deleted_and_no_others(self) -> None:
        now = timezone.now()
        kept = self.session(page="3")
        self.session(search="(202) 555-0100")
        self.session(search="+442079460123")
        old = self.session()
        Session.objects.filter(pk=old.session_key).update(expire_date=now - timedelta(minutes=1))
        Session.objects.create(session_key="k", session_data="?", expire_date=now + timedelta(days=1))
        assert residue.end_sessions(at=now) == 4
        assert [session.pk for session in Session.objects.all()] == [kept.session_key]

    def test_within_a_transaction_everything_is_left(self) -> None:
        erased(factories.number())
        cleaned = residue.clean(at=timezone.now())
        assert (cleaned.done, cleaned.left) == ([], ["SQLite"] if not POSTGRES else residue.tables())

    def test_one_at_a_time(self) -> None:
        Lease.objects.take("residue", seconds=60, now=timezone.now())
        with pytest.raises(LeaseTaken):
            residue.clean(at=timezone.now())
        assert commands.run("clean_residue").code == 2

    def test_every_table_with_something_personal_is_rewritten_that_of_the_numbers_first(self) -> None:
        names = residue.tables()
        assert names[0] == "crm_phonenumber"
        assert set(names) >= {
            "crm_contact",
            "crm_historicalcontact",
            "consent_evidence",
            "consent_inboundmessage",
            "django_admin_log",
            "django_session",
        }
        assert "consent_consentevent" not in names
