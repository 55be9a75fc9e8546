"""What the database refuses of the end of proofs and of the journal's marks, whoever asks."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent import retention
from consent.models import ConsentEvent, EndedProof, JournalMark, Seal, SealedEntry, Suppression
from crm.models import PhoneNumber
from tests import factories
from tests.factories import NOON, TESTER
from tests.raw import POSTGRES, Attempt, Attempts, execute, needs_superuser, update

pytestmark = pytest.mark.django_db

attempts = Attempts("consent")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW_ = LONG_AGO + timedelta(days=2000)


def entry(*, erased: bool = True, sealed: bool = True) -> ConsentEvent:
    """An entry of long ago."""
    with time_machine.travel(LONG_AGO, tick=False):
        made = factories.entry(factories.point(at=LONG_AGO), at=LONG_AGO)
        if erased:
            retention.erase(made.point.contact, reason="request", actor=TESTER, at=LONG_AGO)
    if sealed:
        number = Seal.objects.count() + 1
        seal = Seal.objects.create(
            number=number, entries=1, root="1" * 64, previous=f"{number:064}", digest=f"{number:064}", sealed_at=NOON
        )
        SealedEntry.objects.create(entry_id=made.pk, seal=seal, position=0, leaf="2" * 64)
    return made


def end(entry_id: int, *, last_used_at: datetime = LONG_AGO, ended_at: datetime = NOW_) -> None:
    execute(
        "INSERT INTO consent_endedproof (entry_id, last_used_at, ended_at, actor_name) VALUES (%s, %s, %s, 'x')",
        entry_id,
        str(last_used_at.replace(tzinfo=None)) if not POSTGRES else last_used_at,
        str(ended_at.replace(tzinfo=None)) if not POSTGRES else ended_at,
    )


@attempts.each("proof_ends_after_its_last_use", [LONG_AGO, LONG_AGO - timedelta(days=1)])
def _(ended_at: datetime) -> None:
    end(entry().pk, ended_at=ended_at)


@attempts.each("journal_counts_from_one", [0, -1])
def _(seq: int) -> None:
    JournalMark.objects.create(seq=seq, mac="0" * 64, marked_at=NOON)


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


@pytest.fixture(params=["origin", "replica"] if POSTGRES else ["origin"])
def _as_any_session(request: pytest.FixtureRequest) -> Iterator[None]:
    """Also as a replication session, in which PostgreSQL fires ordinary triggers not at all."""
    if request.param == "replica":
        needs_superuser()
        execute("SET LOCAL session_replication_role = replica")
    yield
    if request.param == "replica" and not connection.needs_rollback:
        execute("SET LOCAL session_replication_role = origin")


def refused(said: str) -> AbstractContextManager[object]:
    return pytest.raises(DatabaseError, match=said)


NOT_ENDED = "only the proof of a sealed entry ends, after its contact point was erased"
APPEND_ONLY = "the ledger is append-only"
TOMBSTONE = "an erased line keeps its fingerprint"


@pytest.mark.usefixtures("_as_any_session")
class TestTheEndOfAProof:
    def test_an_entry_goes_when_its_proof_has_ended(self) -> None:
        made, other = entry(), entry()
        end(made.pk)
        execute("DELETE FROM consent_consent WHERE last_entry_id = %s", made.pk)
        execute("DELETE FROM consent_consentevent WHERE id = %s", made.pk)
        assert list(ConsentEvent.objects.all()) == [other]
        with refused(APPEND_ONLY), transaction.atomic():
            execute("DELETE FROM consent_consentevent")

    def test_it_does_not_change_even_then(self) -> None:
        made = entry()
        end(made.pk)
        with refused(APPEND_ONLY), transaction.atomic():
            update(made, act="given")

    @pytest.mark.parametrize("what", ["not erased", "not sealed", "unknown", "used later", "given later"])
    def test_it_is_written_down_only_of_what_is_sealed_and_erased(self, what: str) -> None:
        made = entry(erased=what != "not erased", sealed=what != "not sealed")
        earlier = LONG_AGO - timedelta(seconds=1)
        if what == "given later":
            # What was given on the day is not last used before it.
            assert made.occurred_at == LONG_AGO
        last_used_at = earlier if what in ("used later", "given later") else LONG_AGO
        with refused(NOT_ENDED), transaction.atomic():
            end(made.pk + 1000 if what == "unknown" else made.pk, last_used_at=last_used_at)

    def test_it_is_never_taken_back(self) -> None:
        made = entry()
        end(made.pk)
        row = EndedProof.objects.get()
        for sql in ("DELETE FROM consent_endedproof", "UPDATE consent_endedproof SET actor_name = 'y'"):
            with refused("that a proof has ended is never taken back"), transaction.atomic():
                execute(sql)
        with pytest.raises(DatabaseError), transaction.atomic():
            end(made.pk)
        assert EndedProof.objects.get() == row


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
def test_no_insert_takes_the_place_of_the_end_of_a_proof() -> None:
    made = entry()
    end(made.pk)
    with refused("never taken back"), transaction.atomic():
        execute(
            "INSERT OR REPLACE INTO consent_endedproof SELECT entry_id, last_used_at, ended_at, 'y'"
            " FROM consent_endedproof"
        )


@pytest.mark.usefixtures("_as_any_session")
class TestATombstone:
    def bare(self, *, erased_at: datetime) -> PhoneNumber:
        """A tombstone of which nothing else speaks."""
        at = factories.point()
        retention.erase(at.contact, reason="request", actor=TESTER, at=erased_at)
        Suppression.objects.all().delete()
        return PhoneNumber.objects.get()

    def test_a_fresh_one_stays_though_nothing_names_it(self) -> None:
        line = self.bare(erased_at=timezone.now() - timedelta(days=1094))
        with refused(TOMBSTONE), transaction.atomic():
            execute("DELETE FROM crm_phonenumber WHERE id = %s", line.pk)

    def test_it_cannot_be_made_older_than_it_is(self) -> None:
        line = self.bare(erased_at=timezone.now())
        for erased_at in ("2001-01-01 00:00:00+00:00", None):
            with refused(TOMBSTONE), transaction.atomic():
                update(line, erased_at=erased_at)

    def test_one_that_was_kept_for_three_years_may_go(self) -> None:
        line = self.bare(erased_at=timezone.now() - timedelta(days=1097))
        execute("DELETE FROM crm_phonenumber WHERE id = %s", line.pk)
        assert not PhoneNumber.objects.exists()

    def test_a_fingerprint_that_was_never_erased_stays_and_cannot_be_said_to_have_been(self) -> None:
        line = PhoneNumber.objects.create(number=None, number_key="a" * 64, key_id="test1")
        with refused(TOMBSTONE), transaction.atomic():
            execute("DELETE FROM crm_phonenumber WHERE id = %s", line.pk)
        with refused(TOMBSTONE), transaction.atomic():
            update(line, erased_at=LONG_AGO)


def delete_lines() -> None:
    with transaction.atomic():
        execute("DELETE FROM crm_phonenumber")
        connection.check_constraints()


def test_what_names_a_tombstone_keeps_it_however_old_it_is() -> None:
    at = factories.point()
    retention.erase(at.contact, reason="request", actor=TESTER, at=LONG_AGO)
    with pytest.raises(IntegrityError):
        delete_lines()
    Suppression.objects.all().delete()
    delete_lines()


@pytest.mark.usefixtures("_as_any_session")
def test_a_mark_of_the_journal_stays_as_it_is() -> None:
    JournalMark.objects.create(seq=1, mac="0" * 64, marked_at=NOON)
    for sql in (
        "DELETE FROM consent_journalmark",
        "UPDATE consent_journalmark SET mac = ''",
        "UPDATE consent_journalmark SET replayed = NOT replayed",
    ):
        with refused("what the journal has done stays done"), transaction.atomic():
            execute(sql)


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["consent_journalmark", "consent_endedproof"])
def test_neither_is_truncated(table: str) -> None:
    with pytest.raises(DatabaseError, match=r"stays done|never taken back"), transaction.atomic():
        execute(f"TRUNCATE {table}")
