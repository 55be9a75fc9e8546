"""What the database refuses of seals, whoever asks: every constraint, and every change of what was sealed."""

from contextlib import AbstractContextManager

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from consent import sealing
from consent.models import Notice, Seal, SealedEntry
from tests import factories
from tests.factories import NOON, TESTER
from tests.raw import POSTGRES, Attempt, Attempts, execute, update

pytestmark = pytest.mark.django_db

# Tried here or in test_constraints.py, which sees that none is left out.
attempts = Attempts("consent")
HASH = "1" * 64
# On SQLite the triggers against REPLACE come before the constraints on what is unique; both are refusals.
TAKEN = "seals are append-only|what was sealed stays sealed"


def seal() -> Seal:
    factories.entry(factories.point())
    made = sealing.seal(actor=TESTER, at=NOON)
    assert made is not None
    return made


def insert(number: int, *, entries: int = 1, previous: str = HASH, digest: str = HASH) -> None:
    execute(
        "INSERT INTO consent_seal (number, entries, root, previous, digest, sealed_at) VALUES (%s, %s, %s, %s, %s, %s)",
        *(number, entries, HASH, previous, digest, "2026-03-02 12:00:00"),
    )


def insert_leaf(entry_id: int, *, seal: int, position: int, verb: str = "INSERT") -> None:
    execute(
        f"{verb} INTO consent_sealedentry (entry_id, seal_id, position, leaf) VALUES (%s, %s, %s, %s)",
        *(entry_id, seal, position, HASH),
    )


@attempts.at("seal_numbers_count_from_one")
def _() -> None:
    insert(0)


@attempts.at("seal_is_of_entries")
def _() -> None:
    insert(1, entries=0)


@attempts.at("sealed_position_once")
def _() -> None:
    insert_leaf(99, seal=seal().pk, position=0)


@attempts.at("seal_previous_once")
def _() -> None:
    insert(7, previous=seal().previous)


@attempts.at("consent_seal.digest")
def _() -> None:
    insert(7, digest=seal().digest)


@attempts.at("notice_has_a_digest")
def _() -> None:
    update(Notice.objects.create(purpose=factories.purpose(), version=7, text="May we?"), digest="")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    said = attempts.constraints()[name]
    with pytest.raises(IntegrityError, match=said if POSTGRES else f"{said}|{TAKEN}"), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    insert(seal().pk + 1)
    insert_leaf(99, seal=1, position=1)


def refused(said: str) -> AbstractContextManager[object]:
    return pytest.raises(DatabaseError, match=said)


class TestTheTriggerOnSeals:
    @pytest.mark.parametrize("column", [field.column for field in Seal._meta.concrete_fields])
    def test_no_column_of_a_seal_changes(self, column: str) -> None:
        made = seal()
        with refused("seals are append-only"), transaction.atomic():
            execute(f'UPDATE consent_seal SET "{column}" = "{column}" WHERE number = %s', made.pk)

    def test_no_seal_is_deleted(self) -> None:
        made = seal()
        for sql in (f"DELETE FROM consent_seal WHERE number = {made.pk}", "DELETE FROM consent_seal"):
            with refused("seals are append-only"), transaction.atomic():
                execute(sql)

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
    def test_the_seals_are_not_truncated(self) -> None:
        seal()
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        with refused("append-only|stays sealed"), transaction.atomic():
            execute("TRUNCATE consent_seal CASCADE")

    @pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
    @pytest.mark.parametrize("taken", ["number", "digest", "previous"])
    def test_no_insert_takes_the_place_of_a_seal(self, taken: str) -> None:
        made = seal()
        values = {"number": made.pk + 1, "digest": HASH, "previous": HASH} | {taken: getattr(made, taken)}
        with refused("seals are append-only"), transaction.atomic():
            execute(
                "INSERT OR REPLACE INTO consent_seal (number, entries, root, previous, digest, sealed_at)"
                f" VALUES ({values['number']}, 1, '{HASH}', '{values['previous']}', '{values['digest']}', '2026-03-02')"
            )


class TestTheTriggerOnLeaves:
    @pytest.mark.parametrize("column", [field.column for field in SealedEntry._meta.concrete_fields])
    def test_no_column_of_a_leaf_changes(self, column: str) -> None:
        seal()
        with refused("what was sealed stays sealed"), transaction.atomic():
            execute(f'UPDATE consent_sealedentry SET "{column}" = "{column}"')

    def test_a_queryset_changes_no_leaf(self) -> None:
        seal()
        with refused("what was sealed stays sealed"), transaction.atomic():
            SealedEntry.objects.update(leaf=HASH)
        with refused("what was sealed stays sealed"), transaction.atomic():
            update(SealedEntry.objects.get(), leaf=HASH)

    def test_no_leaf_is_deleted(self) -> None:
        seal()
        with refused("what was sealed stays sealed"), transaction.atomic():
            execute("DELETE FROM consent_sealedentry")

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
    def test_the_leaves_are_not_truncated(self) -> None:
        seal()
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        with refused("what was sealed stays sealed"), transaction.atomic():
            execute("TRUNCATE consent_sealedentry")

    @pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
    @pytest.mark.parametrize("taken", ["entry_id", "position"])
    def test_no_insert_takes_the_place_of_a_leaf(self, taken: str) -> None:
        seal()
        leaf = SealedEntry.objects.get()
        place = {"entry_id": leaf.pk, "position": 9} if taken == "entry_id" else {"entry_id": 99, "position": 0}
        with refused("what was sealed stays sealed"), transaction.atomic():
            insert_leaf(place["entry_id"], seal=1, position=place["position"], verb="INSERT OR REPLACE")
