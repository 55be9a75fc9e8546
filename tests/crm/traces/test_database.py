"""What is planted in the database is found, in every column and spelling, whether or not a model knows of it."""

import json

import pytest
from django.db import connection, transaction

from crm import phones
from crm.models import Contact
from crm.traces import Trace, find
from crm.traces.needle import Needle
from crm.traces.unpacking import holds
from tests import factories
from tests.crm.traces.planted import GROUPINGS, places, plant, spelled
from tests.raw import POSTGRES, needs_superuser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("column", ["words", "short", "fixed"])
def test_a_number_in_a_text_of_an_unknown_table_is_found(foreign_table: str, column: str, grouping: str) -> None:
    number = factories.number()
    plant(foreign_table, column, spelled(number, grouping))
    assert list(find(number)) == [Trace("database", "legacy_leads", column, 7)]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_a_number_in_json_is_found(foreign_table: str, grouping: str) -> None:
    number = factories.number()
    plant(foreign_table, "document", json.dumps({"a": [{"tel": spelled(number, grouping)}]}))
    assert places(number) == {("database", "legacy_leads", "document")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_a_number_in_bytes_is_found(foreign_table: str, encoding: str) -> None:
    number = factories.number()
    plant(foreign_table, "bytes", f"\u00e9 {spelled(number, 'national, with dots')}".encode(encoding))
    assert places(number) == {("database", "legacy_leads", "bytes")}


@pytest.mark.parametrize("column", ["big", "amount", "ratio"])
def test_a_number_kept_as_a_numeral_is_found(foreign_table: str, column: str) -> None:
    number = factories.number()
    plant(foreign_table, column, int(number[1:]))
    assert places(number) == {("database", "legacy_leads", column)}


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL stores no zero character in a text")
def test_a_number_behind_a_zero_character_is_found(foreign_table: str) -> None:
    number = factories.number()
    plant(foreign_table, "words", f"x\0{number}")
    assert places(number) == {("database", "legacy_leads", "words")}


@pytest.mark.skipif(not POSTGRES, reason="SQLite has neither arrays nor schemas")
def test_a_number_in_an_array_of_another_schema_is_found() -> None:
    number = factories.number()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA old_crm")
        cursor.execute("CREATE TABLE old_crm.people (phones text[])")
        cursor.execute("INSERT INTO old_crm.people VALUES (ARRAY['x', %s])", [number])
    [trace] = find(number)
    assert (trace.place, trace.table, trace.column) == ("database", "old_crm.people", "phones")
    assert str(trace.id).startswith("ctid (")


@pytest.mark.skipif(not POSTGRES, reason="SQLite keeps no samples here")
def test_a_number_in_the_samples_of_the_planner_is_found(foreign_table: str) -> None:
    number = factories.number()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO legacy_leads (id, words) SELECT i, %s FROM generate_series(1, 9) i", [number])
        cursor.execute("ANALYZE legacy_leads")
        cursor.execute("DELETE FROM legacy_leads")
    assert places(number) == {("statistics", "legacy_leads", "words")}


def test_another_number_is_not_found(foreign_table: str) -> None:
    plant(foreign_table, "words", factories.number())
    assert list(find(factories.number())) == []


def test_wildcards_of_like_in_the_data_match_nothing(foreign_table: str) -> None:
    plant(foreign_table, "words", "%__________% 100% _")
    assert list(find(factories.number())) == []


def test_a_number_that_resembles_a_date_is_found(foreign_table: str) -> None:
    plant(foreign_table, "words", "2025-55-0100 12:00")
    assert places(factories.number(0)) == {("database", "legacy_leads", "words")}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-03-02 12:34:56.789", id="timestamp"),
        pytest.param("20260302-1234-4abc-8def-0123456789ab", id="UUID"),
        pytest.param("ab2026030212" + "c" * 30, id="hash"),
    ],
)
def test_digits_of_a_timestamp_a_uuid_or_a_hash_are_no_number(text: str) -> None:
    # The digits stand at the beginning of each text; as +1 2026030212 nobody has them.
    assert not holds(text, Needle.of("+12026030212"))
    assert holds(f"call 2026030212 {text}", Needle.of("+12026030212"))


def test_a_short_number_does_not_find_ids() -> None:
    needle = Needle.of("+2905550")
    assert not holds(2905550, needle)
    assert holds("+290 5550", needle)


def test_a_number_that_no_metadata_knows_is_found(foreign_table: str) -> None:
    plant(foreign_table, "words", "+999 555-0123-4")
    assert places("+99955501234") == {("database", "legacy_leads", "words")}


@pytest.mark.parametrize("text", ["", "2025550100", "+0123456789", "+1202555010012345", "call me"])
def test_text_that_is_not_e164_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not an E\.164 number$"):
        next(find(text))


def test_every_spelling_that_phones_knows_is_found() -> None:
    for e164 in (factories.number(), "+442079460123", "+493023125042", "+541155501234", "+525555501234"):
        for spelling in phones.spellings(e164):
            assert holds(f"<{spelling}>", Needle.of(e164)), spelling


def test_what_cannot_be_read_is_reported_and_the_rest_is_searched(foreign_table: str) -> None:
    number = factories.number()
    plant(foreign_table, "words", number)
    with connection.cursor() as cursor:
        if POSTGRES:
            needs_superuser()
            cursor.execute("CREATE TABLE locked_away (id integer PRIMARY KEY, words text)")
            cursor.execute("CREATE ROLE ringfence_test_reader")
            cursor.execute("GRANT USAGE ON SCHEMA public TO ringfence_test_reader")
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ringfence_test_reader")
            cursor.execute("REVOKE ALL ON locked_away FROM ringfence_test_reader")
            cursor.execute("SET LOCAL ROLE ringfence_test_reader")
            expected = "locked_away"
        else:
            define = connection.connection.create_function
            define("part_of", 1, lambda words: words[:1], deterministic=True)
            cursor.execute(
                "CREATE TABLE locked_away (id integer PRIMARY KEY, words text,"
                " part text GENERATED ALWAYS AS (part_of(words)) VIRTUAL)"
            )
            cursor.execute("INSERT INTO locked_away (words) VALUES ('words')")
            define("part_of", 1, lambda words: 1 // 0, deterministic=True)
            expected = "locked_away.part"
    unread: list[str] = []
    found = list(find(number, unread=unread))
    with connection.cursor() as cursor:
        if POSTGRES:
            cursor.execute("RESET ROLE")
        cursor.execute("DROP TABLE locked_away")
    assert found == [Trace("database", "legacy_leads", "words", 7)]
    assert unread == [expected]


def test_a_query_that_fails_leaves_the_callers_transaction_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    number = factories.number()
    monkeypatch.setattr("crm.traces.database._SAMPLES", "SELECT 1 FROM nowhere")
    with transaction.atomic():
        unread: list[str] = []
        list(find(number, unread=unread))
        assert unread == (["pg_stats"] if POSTGRES else [])
        assert Contact.objects.count() == 0
