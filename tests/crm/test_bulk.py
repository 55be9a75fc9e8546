"""Writing many rows at once says the same as writing them one by one, on either database."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from consent.models import ConsentEvent, Suppression
from crm import bulk
from crm.models import Actor, Contact, Origin, PhoneNumber, Source
from tests import factories
from tests.factories import NOON, origin, point

pytestmark = pytest.mark.django_db

COLUMNS = ("id", *Contact.PROFILE, "status", "created_at", "last_interaction_at")
ODD = (
    *("a\\b", "\\N", "\\.", "tab\there", "one\nother\r\nthird", "%s %(x)s", "'; DROP TABLE", '"quoted"', "\\x41"),
    *("Zoë 李 \U0001f469\u200d\U0001f680", "\u202eleft", "NULL", " spaces ", "\x01\x7f"),
)


def insert(*names: str, seen: datetime | None = None) -> list[int]:
    ids = bulk.new_ids(Contact, len(names))
    blank = dict.fromkeys(Contact.PROFILE, "")
    rows = [
        (pk, *(blank | {"given_name": name}).values(), "live", NOON, seen) for pk, name in zip(ids, names, strict=True)
    ]
    bulk.insert(Contact, COLUMNS, rows)
    return ids


@pytest.mark.parametrize("text", ODD)
def test_a_text_arrives_as_it_is_in_the_row_and_in_its_history(text):
    ids = insert(text)
    bulk.copy_to_history(Contact, ids, history_type="+", **origin().columns())

    assert Contact.objects.get().given_name == text
    assert Contact.history.get().given_name == text


@pytest.mark.parametrize(
    "seen",
    [
        None,
        datetime(2026, 3, 2, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2026, 3, 2, 12, tzinfo=timezone(-timedelta(hours=11))),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_time_of_any_zone_arrives_as_the_same_moment_as_by_hand(seen):
    insert("Ann", seen=seen)

    contact = Contact.objects.get()
    assert contact.last_interaction_at == seen
    assert Contact.objects.filter(last_interaction_at=seen).exists() or seen is None
    Contact.objects.update(last_interaction_at=seen)
    assert Contact.objects.get().last_interaction_at == seen


def test_an_id_of_128_bits_arrives_as_it_is():
    entry = factories.entry(factories.point(), of=factories.purpose())
    fields = {str(field.column): getattr(entry, field.attname) for field in ConsentEvent._meta.concrete_fields}
    (pk,), uid = bulk.new_ids(ConsentEvent, 1), uuid4()

    bulk.insert(ConsentEvent, list(fields), [tuple((fields | {"id": pk, "uid": uid}).values())])

    assert ConsentEvent.objects.get(uid=uid).pk == pk


def test_ids_are_given_out_once_and_those_that_django_gives_come_after_them():
    first = insert("Ann", "Bo")
    second = insert("Cy")
    by_hand = factories.contact()

    assert len({*first, *second, by_hand.pk}) == 4
    assert [*first, *second, by_hand.pk] == sorted([*first, *second, by_hand.pk])


def test_of_nothing_there_are_no_ids_no_rows_and_no_history():
    assert bulk.new_ids(Contact, 0) == []
    bulk.insert(Contact, COLUMNS, [])
    bulk.copy_to_history(Contact, [], history_type="+", **origin().columns())

    assert not Contact.objects.exists()
    assert not Contact.history.exists()
    assert not Contact.objects.filter(bulk.one_of("pk", [], text=False)).exists()
    assert not Contact.objects.filter(bulk.one_of("given_name", [], text=True)).exists()


def test_rows_are_found_by_many_values_in_one_parameter():
    ids = insert("Ann", 'B"o', "Cy\\")

    found = Contact.objects.filter(bulk.one_of("pk", set(ids[:2]), text=False))
    assert sorted(found.values_list("pk", flat=True)) == ids[:2]
    assert Contact.objects.filter(bulk.one_of("given_name", ['B"o', "Cy\\", "nobody"], text=True)).count() == 2


def test_more_values_than_a_statement_may_have_parameters_are_no_obstacle():
    (pk,) = insert("Ann")

    assert Contact.objects.get(bulk.one_of("pk", range(pk, pk + 70_000), text=False)).pk == pk


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no telling")
def test_many_rows_are_looked_up_by_their_keys_however_dear_that_is_thought_until_the_transaction_ends():
    some = bulk.among(Contact.objects, "id", range(1, 5_000))

    assert "Seq Scan" in some.explain()
    with bulk.by_index():
        assert "Seq Scan" not in some.explain()


def test_a_history_row_says_what_the_row_says_and_who_wrote_it():
    of = factories.batch()
    account = factories.user()
    by = Actor("staff", account.pk)
    at = NOON - timedelta(days=1)
    from_ = Origin(by, at, "import 9", source=of.source, batch=of, channel="web_form")

    _ann, bo = insert("Ann", "Bo")
    bulk.copy_to_history(Contact, [bo], history_type="~", **from_.columns())

    row = Contact.history.get()
    assert (row.id, row.given_name, row.history_type, row.created_at) == (bo, "Bo", "~", NOON)
    assert (row.history_user, row.history_actor, row.history_date) == (account, "staff", at)
    assert (row.history_source, row.history_batch) == (of.source, of)
    assert (row.history_change_reason, row.history_channel) == ("import 9", "web_form")


@pytest.mark.parametrize(
    "clash",
    [
        pytest.param({"number_key": "a" * 64}, id="unique"),
        pytest.param({"number": "12025550100"}, id="check"),
        pytest.param({"key_id": None}, id="null"),
    ],
)
def test_what_the_database_refuses_is_the_error_that_django_raises_and_nothing_is_written(clash):
    columns = ("id", "number", "region", "line_type", "number_key", "key_id", "created_at")
    row = {"number": None, "region": "", "line_type": "", "number_key": "b" * 64, "key_id": "k", "created_at": NOON}
    bulk.insert(PhoneNumber, columns, [(*bulk.new_ids(PhoneNumber, 1), *(row | {"number_key": "a" * 64}).values())])
    rows = [row | {"number_key": "c" * 64}, row | clash]

    ids = bulk.new_ids(PhoneNumber, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(PhoneNumber, columns, [(pk, *values.values()) for pk, values in zip(ids, rows, strict=True)])

    assert PhoneNumber.objects.count() == 1


def test_a_truth_is_a_truth():
    columns = [str(field.column) for field in Source._meta.concrete_fields if field.column != "id"]
    source = factories.source("it", names_us=True)
    fields = {name: getattr(source, name) for name in columns} | {"slug": "other"}
    values = [value.value if hasattr(value, "value") else value for value in fields.values()]

    bulk.insert(Source, columns, [values])

    assert Source.objects.get(slug="other").names_us is True
    assert Source.objects.filter(names_us=True).count() == 2


@pytest.mark.parametrize("odd", ["a,b", "", "null", "NULL", "{x}", "f00", "0,1", " 1", '"', "é"])
def test_a_text_among_many_values_stands_for_itself_alone(odd):
    insert(odd, "a", "b", "f00d", "0", "1")

    found = Contact.objects.filter(bulk.one_of("given_name", [odd, "nobody"], text=True))

    assert list(found.values_list("given_name", flat=True)) == [odd]


def test_rows_are_read_as_django_reads_them():
    ids = insert("Ann", "Bo", seen=datetime(2026, 3, 2, 23, 59, 59, 999_999, tzinfo=UTC))
    insert("Cy")
    some = Contact.objects.order_by("pk").values_list("pk", "given_name", "created_at", "last_interaction_at")

    rows = bulk.rows_of(some)

    assert rows == list(some)
    assert [row[0] for row in bulk.rows_of(bulk.among(Contact.objects, "id", ids).values_list("pk"))] == ids
    assert {row[2].utcoffset() for row in rows} == {timedelta(0)}


def test_a_row_is_inserted_for_each_value():
    lines: list[Any] = [point().line_id for _ in range(2)]
    bulk.insert_for_each(
        Suppression,
        "line_id",
        lines,
        extent="hold",
        channel="",
        since=NOON,
        recorded_at=NOON,
        reason="test",
        actor_name="tester",
        lifted_reason="",
    )

    rows: list[Any] = list(Suppression.objects.order_by("line").values_list("line", "since", "purpose", "lifted_at"))
    assert rows == [(line, NOON, None, None) for line in lines]
