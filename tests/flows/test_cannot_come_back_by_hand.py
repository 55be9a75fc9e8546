"""An erased number cannot come back past the ways in either: by the ORM's bulk verbs, a fixture, or SQL by hand.

What the database can see, it refuses. A made-up fingerprint it cannot see through: that row lives until the night.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from consent import retention
from crm.models import NIGHTLY, Contact, ContactPoint, PhoneNumber, attributed_to
from tests import factories
from tests.barred import NUMBER, assert_out, erase, erased
from tests.factories import NOON
from tests.raw import POSTGRES, execute, needs_superuser

pytestmark = pytest.mark.django_db

COLUMNS = "(number, number_key, key_id, region, line_type, created_at)"


def tried(act: Callable[[], object]) -> None:
    """Do it in a transaction of its own, and let the database refuse it."""
    with suppress(DatabaseError), transaction.atomic():
        act()


def again(old: PhoneNumber, **columns: Any) -> PhoneNumber:
    """Return an unsaved line with the number and the fingerprint of a tombstone."""
    made: dict[str, Any] = {"number": NUMBER, "number_key": old.number_key, "key_id": old.key_id, "region": "US"}
    return PhoneNumber(**(made | columns))


THE_ORM: dict[str, Callable[[PhoneNumber], object]] = {
    "save": lambda old: again(old).save(),
    "save under its id": lambda old: again(old, pk=old.pk).save(),
    "save of the number alone": lambda old: again(old, pk=old.pk).save(update_fields=["number"]),
    "get or create": lambda old: PhoneNumber.objects.get_or_create(number=NUMBER, number_key=old.number_key),
    "update or create": lambda old: PhoneNumber.objects.update_or_create(
        number_key=old.number_key, defaults={"number": NUMBER, "erased_at": None}
    ),
    "update": lambda old: PhoneNumber.objects.filter(pk=old.pk).update(number=NUMBER, erased_at=None),
    "update of everything": lambda old: PhoneNumber.objects.update(number=NUMBER, erased_at=None, region="US"),
    "bulk update": lambda old: PhoneNumber.objects.bulk_update([again(old, pk=old.pk)], ["number", "erased_at"]),
    "bulk create": lambda old: PhoneNumber.objects.bulk_create([again(old)]),
    "bulk create, ignoring conflicts": lambda old: PhoneNumber.objects.bulk_create([again(old)], ignore_conflicts=True),
    "bulk create, updating on conflict": lambda old: PhoneNumber.objects.bulk_create(
        [again(old, pk=old.pk)], update_conflicts=True, update_fields=["number", "erased_at"], unique_fields=["id"]
    ),
}


@pytest.mark.parametrize("way", THE_ORM)
def test_the_orm_does_not_write_it_back(way: str) -> None:
    old = erased()
    tried(lambda: THE_ORM[way](old))
    assert_out()


def test_a_tombstone_is_not_deleted_to_make_room() -> None:
    old = erased()

    def make_room() -> None:
        PhoneNumber.objects.filter(pk=old.pk).delete()
        again(old).save()

    tried(make_room)
    assert_out()


def test_a_row_that_was_read_before_the_erasure_is_not_saved_after_it() -> None:
    point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
    line = PhoneNumber.objects.get()
    erase(point)
    tried(line.save)
    tried(partial(line.save, update_fields=["number", "region"]))
    tried(partial(line.save, force_insert=True))
    assert_out()


def test_a_tombstone_is_not_set_aside_without_a_line_in_its_place() -> None:
    old = erased()

    def make_room() -> None:
        PhoneNumber.objects.filter(pk=old.pk).update(reopened_at=timezone.now())
        again(old).save()

    tried(make_room)
    assert_out()


class TestSimpleHistory:
    def test_its_bulk_helpers_give_an_erased_contact_nothing_back(self) -> None:
        point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
        before = Contact.objects.get()
        erase(point)
        with attributed_to(factories.origin()):
            for fields in (["given_name", "email", "status", "erased_at"], ["given_name", "email"]):
                tried(partial(bulk_update_with_history, [before], Contact, fields, default_change_reason="back"))
        assert Contact.history.filter(email__gt="").count() == 0
        assert_out()

    def test_they_put_nobody_at_a_tombstone(self) -> None:
        """Theirs would be history without an author; and where there is no number, nobody would be reached."""
        point = ContactPoint(contact=factories.contact(), line=erased(), since=NOON)
        with attributed_to(factories.origin()):
            tried(lambda: bulk_create_with_history([point], ContactPoint, default_change_reason="back"))
        assert_out()

    def test_no_version_of_before_is_left_to_be_restored(self) -> None:
        point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
        erase(point)
        assert not Contact.history.filter(id=point.contact_id).exists()
        assert not ContactPoint.history.filter(id=point.pk).exists()
        assert_out()


def test_a_fixture_of_before_is_not_loaded(tmp_path: Path) -> None:
    point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
    rows = [*PhoneNumber.objects.all(), *Contact.objects.all(), *ContactPoint.objects.all()]
    whole = json.loads(serializers.serialize("json", rows))
    erase(point)
    as_new = [{**row, "pk": None} for row in whole if row["model"] == "crm.phonenumber"]
    for number, fixture in enumerate((whole, whole[:1], as_new)):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(fixture), encoding="utf-8")
        with (
            pytest.raises((DatabaseError, DeserializationError)),
            transaction.atomic(),
            attributed_to(factories.origin()),
        ):
            call_command("loaddata", str(file), verbosity=0)
        file.unlink()
    assert_out()


def insert(old: PhoneNumber, *, verb: str = "INSERT", then: str = "", **more: Any) -> None:
    columns = {"number": NUMBER, "number_key": old.number_key, "key_id": old.key_id} | more
    columns |= {"region": "US", "line_type": "mobile", "created_at": NOON}
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    execute(f"{verb} INTO crm_phonenumber ({names}) VALUES ({marks}) {then}", *columns.values())


def update(old: PhoneNumber, sets: str, *params: Any, verb: str = "UPDATE") -> None:
    execute(f"{verb} crm_phonenumber SET {sets} WHERE id = %s", *params, old.pk)


_OVERWRITE = "DO UPDATE SET number = excluded.number, erased_at = NULL"
_OF_KEY = f"ON CONFLICT (number_key) WHERE reopened_at IS NULL {_OVERWRITE}"
_ALL = "number = %s, erased_at = NULL, region = 'US'"
# What is done one after the other.
SQL: dict[str, Sequence[Callable[[PhoneNumber], object]]] = {
    "INSERT": [insert],
    "INSERT with its id": [lambda old: insert(old, id=old.pk)],
    "INSERT as one erased": [lambda old: insert(old, erased_at=NOON)],
    "INSERT as one of the past": [lambda old: insert(old, reopened_at=NOON, reopened_as_id=old.pk)],
    "ON CONFLICT": [lambda old: insert(old, then=_OF_KEY)],
    "ON CONFLICT of its id": [lambda old: insert(old, id=old.pk, then=f"ON CONFLICT (id) {_OVERWRITE}")],
    "ON CONFLICT DO NOTHING": [lambda old: insert(old, then="ON CONFLICT DO NOTHING")],
    "UPDATE": [lambda old: update(old, "number = %s", NUMBER)],
    "UPDATE of all of it": [lambda old: update(old, _ALL, NUMBER)],
    "UPDATE of its fingerprint": [lambda old: update(old, "number_key = %s", "0" * 64), insert],
    "UPDATE to one of the past": [lambda old: update(old, "reopened_at = %s", NOON), insert],
    "DELETE": [lambda old: execute("DELETE FROM crm_phonenumber WHERE id = %s", old.pk), insert],
}
SQL |= (
    {
        "TRUNCATE": [lambda old: execute("TRUNCATE crm_phonenumber"), insert],
        "TRUNCATE CASCADE": [lambda old: execute("TRUNCATE crm_phonenumber CASCADE"), insert],
        "COPY": [lambda old: copy_in(old)],
    }
    if POSTGRES
    else {
        "INSERT OR REPLACE": [lambda old: insert(old, verb="INSERT OR REPLACE")],
        "INSERT OR IGNORE": [lambda old: insert(old, verb="INSERT OR IGNORE")],
        "REPLACE": [lambda old: insert(old, verb="REPLACE")],
        "REPLACE with its id": [lambda old: insert(old, verb="REPLACE", id=old.pk, number_key="0" * 64)],
        "UPDATE OR REPLACE": [
            lambda old: insert(old, number_key="0" * 64),
            lambda old: execute(
                "UPDATE OR REPLACE crm_phonenumber SET number_key = %s WHERE number = %s", old.number_key, NUMBER
            ),
        ],
        "UPDATE OR IGNORE": [lambda old: update(old, "number = %s", NUMBER, verb="UPDATE OR IGNORE")],
    }
)


def copy_in(old: PhoneNumber) -> None:
    into = f"COPY crm_phonenumber {COLUMNS} FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.write_row((NUMBER, old.number_key, old.key_id, "US", "mobile", NOON))


@pytest.mark.parametrize("way", SQL)
def test_sql_by_hand_does_not_write_it_back(way: str) -> None:
    old = erased()
    tried(lambda: [step(old) for step in SQL[way]])
    assert_out()


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no replication")
@pytest.mark.parametrize("way", SQL)
def test_nor_in_a_session_of_replication(way: str) -> None:
    needs_superuser()
    old = erased()
    execute("SET LOCAL session_replication_role = replica")
    tried(lambda: [step(old) for step in SQL[way]])
    execute("SET LOCAL session_replication_role = origin")
    assert_out()


def test_under_a_fingerprint_that_is_made_up_it_is_gone_after_the_night() -> None:
    old = erased()
    insert(old, number_key="0" * 64)
    person = factories.contact()
    with attributed_to(factories.origin()):
        ContactPoint.objects.create(contact=person, line=PhoneNumber.objects.get(number=NUMBER), since=NOON)
    run = retention.run(as_of=timezone.now(), actor=NIGHTLY)
    assert (run.counts["strays"], run.counts["strays_erased"]) == (1, 1)
    assert NUMBER not in json.dumps(run.counts)
    assert_out()
