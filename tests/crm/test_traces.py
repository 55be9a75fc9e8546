"""find_traces: what is planted is found, in every place and spelling; after an erasure there is nothing."""

import base64
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from kombu import Connection
from openpyxl import Workbook

from consent import ledger, withdrawal
from consent.models import Method
from consent.retention import erase, run
from crm import phones, traces
from crm.management.commands import find_traces
from crm.models import Contact, Provenance, attributed_to
from crm.traces import Trace, Unreadable, find
from crm.traces.needle import Needle
from crm.traces.places import CHUNK, decode_session
from tests import factories

pytestmark = pytest.mark.django_db

POSTGRES = connection.vendor == "postgresql"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Folders of this test's own, so that no other test's files are found."""
    settings.STAGING_DIR = tmp_path / "staging"
    settings.BROKER_DIR = tmp_path / "broker"
    settings.LOG_FILE = str(tmp_path / "ringfence.log")
    settings.CELERY_BEAT_SCHEDULE_FILENAME = str(tmp_path / "beat-schedule")
    settings.STAGING_DIR.mkdir()
    settings.BROKER_DIR.mkdir()
    yield tmp_path


@pytest.fixture
def foreign_table() -> Iterator[str]:
    """A table that no model knows, with a column of every kind that can hold a number."""
    blob, document = ("bytea", "jsonb") if POSTGRES else ("blob", "text")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE legacy_leads (id integer PRIMARY KEY, words text, short varchar(60), fixed char(60),"
            f" document {document}, bytes {blob}, big bigint, amount numeric(20, 2), ratio double precision)"
        )
    yield "legacy_leads"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE legacy_leads")


def plant(table: str, column: str, value: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, {column}) VALUES (7, %s)", [value])


def places(e164: str) -> set[tuple[str, str, str]]:
    return {(trace.place, trace.table, trace.column) for trace in find(e164)}


def answer(*args: str) -> tuple[dict[str, Any], bool]:
    out = io.StringIO()
    command = find_traces.Command(stdout=out)
    call_command(command, *args, "--json")
    return json.loads(out.getvalue()), command.fault


GROUPINGS = {
    "as E.164": "{0}",
    "as E.164 in a sentence": "call {0}, please",
    "without its plus": "{1}",
    "international, spaced": "+1 {2} {3} {4}",
    "international, with dashes": "+1-{2}-{3}-{4}",
    "national, in brackets": "({2}) {3}-{4}",
    "national, with dots": "{2}.{3}.{4}",
    "national, bare": "{2}{3}{4}",
    "as people group it": "{2} {3}{4}",
    "with blanks that do not break": "{2}\u00a0{3}\u202f{4}",
    "over a line break": "{2} {3}\r\n{4}",
    "as a link": "tel:+1-{2}-{3}-{4}",
}


def spelled(e164: str, grouping: str) -> str:
    return GROUPINGS[grouping].format(e164, e164[1:], e164[2:5], e164[5:8], e164[8:])


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
    assert not Needle.of("+12026030212").in_value(text)
    assert Needle.of("+12026030212").in_value(f"call 2026030212 {text}")


def test_a_short_number_does_not_find_ids() -> None:
    needle = Needle.of("+2905550")
    assert not needle.in_value(2905550)
    assert needle.in_value("+290 5550")


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
            assert Needle.of(e164).in_value(f"<{spelling}>"), spelling


def test_a_session_is_decoded() -> None:
    number = factories.number()
    store = SessionStore()
    store["search"] = spelled(number, "national, in brackets")
    store["padding"] = "x" * 500  # so that it is compressed
    store.save()
    [trace] = find(number)
    assert (trace.place, trace.table, trace.column) == ("session", "django_session", "session_data")
    assert store.session_key is not None
    assert store.session_key not in str(trace)  # whoever reads the list could be signed in by it


def test_a_session_signed_with_another_key_is_decoded(settings: Any) -> None:
    number = factories.number()
    store = SessionStore()
    store["search"] = number
    store.save()
    settings.SECRET_KEY = "another"
    assert places(number) == {("session", "django_session", "session_data")}


def test_a_session_that_cannot_be_decoded_is_reported() -> None:
    Session.objects.create(session_key="k", session_data="?", expire_date=factories.NOON)
    unread: list[str] = []
    assert list(find(factories.number(), unread=unread)) == []
    assert len(unread) == 1
    assert unread[0].startswith("django_session ")


def test_the_content_of_a_session_is_what_was_put_in() -> None:
    store = SessionStore()
    store["a"] = "b"
    assert decode_session(store.encode({"a": "b"})) == b'{"a":"b"}'


def test_the_log_and_its_rotated_siblings_are_searched(folders: Path) -> None:
    number = factories.number()
    (folders / "ringfence.log").write_text(f"one\ntwo {number}\n")
    (folders / "ringfence.log.1").write_text(f"{spelled(number, 'national, with dots')}\n")
    with gzip.open(folders / "ringfence.log.2.gz", "wt") as packed:
        packed.write(f"one\ntwo\nthree {number}")
    (folders / "other.txt").write_text(number)
    assert list(find(number)) == [
        Trace("log", "ringfence.log", "line", 2),
        Trace("log", "ringfence.log.1", "line", 1),
        Trace("log", "ringfence.log.2.gz", "line", 3),
    ]


def test_each_line_of_a_long_log_is_told_once_with_its_number(folders: Path) -> None:
    number = factories.number()
    filler = "x" * 99 + "\n"
    lines = [filler] * (3 * CHUNK // len(filler))
    wanted = [0, CHUNK // 100 - 1, CHUNK // 100, CHUNK // 100 + 1, len(lines) - 1]
    for index in wanted:
        lines[index] = f"{number} and {number}".rjust(99) + "\n"
    (folders / "ringfence.log").write_text("".join(lines))
    assert [trace.id for trace in find(number)] == [index + 1 for index in wanted]


def test_a_number_across_the_border_of_two_chunks_is_found(folders: Path) -> None:
    number = factories.number()
    for shift in range(len(number) + 1):
        (folders / "ringfence.log").write_text("x" * (CHUNK - shift) + spelled(number, "international, spaced"))
        assert len(list(find(number))) == 1, shift


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_staged_csv_is_searched_in_any_encoding(folders: Path, encoding: str) -> None:
    number = factories.number()
    text = f"name,phone\nZo\u00eb,{spelled(number, 'with blanks that do not break')}\n"
    if encoding == "cp1252":
        text = text.replace("\u202f", " ")
    (folders / "staging" / "f3").write_bytes(text.encode(encoding))
    assert list(find(number)) == [Trace("staging", "f3", "line", 2)]


@pytest.mark.parametrize("cell", ["text", "numeral"])
def test_a_staged_workbook_is_searched(folders: Path, cell: str) -> None:
    number = factories.number()
    book = Workbook()
    assert book.active is not None
    book.active.append(["Ann", spelled(number, "international, spaced") if cell == "text" else int(number[1:])])
    book.save(folders / "staging" / "f4")
    [trace] = find(number)
    assert (trace.place, trace.table) == ("staging", "f4")
    assert trace.column.startswith("xl/")


def test_a_damaged_workbook_is_reported(folders: Path) -> None:
    with zipfile.ZipFile(folders / "staging" / "f5", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", "harmless" * 1000)
    raw = bytearray((folders / "staging" / "f5").read_bytes())
    raw[40:60] = bytes(20)
    (folders / "staging" / "f5").write_bytes(raw)
    unread: list[str] = []
    assert list(find(factories.number(), unread=unread)) == []
    assert unread == ["staging f5"]


def test_the_name_of_a_file_is_searched_and_not_repeated(folders: Path) -> None:
    number = factories.number()
    (folders / "staging" / f"{number}.csv").write_text("a,b\n")
    [trace] = find(number)
    assert (trace.place, trace.column) == ("staging", "name")
    assert not Needle.of(number).in_value(str(trace))


def publish(folder: Path, body: object, **options: Any) -> None:
    """Put a message where a producer would, by the broker's own code."""
    (folder / "control").mkdir(exist_ok=True)
    transport = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
    }
    with Connection("filesystem://", transport_options=transport) as broker:
        queue = broker.SimpleQueue(folder.parent.name)  # kombu remembers queues by name
        queue.put(body, **options)
        queue.close()


@pytest.mark.parametrize("compression", [None, "zlib", "bzip2"])
def test_a_message_of_the_embedded_broker_is_decoded(folders: Path, compression: str | None) -> None:
    number = factories.number()
    publish(folders / "broker", [[number], {}], compression=compression)
    [trace] = find(number)
    assert (trace.place, trace.column) == ("broker", "body")


def test_the_headers_of_a_message_are_searched(folders: Path) -> None:
    number = factories.number()
    publish(folders / "broker", [[1], {}], headers={"argsrepr": f"({number!r},)"})
    [trace] = find(number)
    assert (trace.place, trace.column) == ("broker", "message")


def test_a_message_that_cannot_be_decoded_is_reported(folders: Path) -> None:
    message = {"body": base64.b64encode(b"x").decode(), "properties": {"body_encoding": "base64"}}
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    (folders / "broker" / "b.celery.msg").write_text(json.dumps(message | {"headers": {"compression": "?"}}))
    unread: list[str] = []
    assert list(find(factories.number(), unread=unread)) == []
    assert unread == ["broker a.celery.msg", "broker b.celery.msg"]


def test_the_schedule_of_beat_is_searched(folders: Path) -> None:
    number = factories.number()
    (folders / "beat-schedule.db").write_bytes(b"\x80\x04\x95" + number.encode() + b"\x94.")
    assert list(find(number)) == [Trace("beat schedule", "beat-schedule.db", "line", 1)]


def test_folders_that_are_not_there_hold_nothing(folders: Path, settings: Any) -> None:
    settings.STAGING_DIR = folders / "nowhere"
    settings.BROKER_DIR = folders / "nowhere"
    settings.LOG_FILE = str(folders / "nowhere" / "ringfence.log")
    assert list(find(factories.number())) == []


def test_what_cannot_be_read_is_reported_and_the_rest_is_searched(foreign_table: str) -> None:
    number = factories.number()
    plant(foreign_table, "words", number)
    with connection.cursor() as cursor:
        if POSTGRES:
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


def test_a_search_without_a_list_for_what_it_cannot_read_fails(folders: Path) -> None:
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    with pytest.raises(Unreadable, match=r"broker a\.celery\.msg"):
        list(find(factories.number()))


def test_a_query_that_fails_leaves_the_callers_transaction_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    number = factories.number()
    monkeypatch.setattr(traces.database, "_POSTGRES_STATISTICS", "SELECT %s FROM nowhere")
    with transaction.atomic():
        unread: list[str] = []
        list(find(number, unread=unread))
        assert unread == (["pg_stats"] if POSTGRES else [])
        assert Contact.objects.count() == 0


def everywhere(number: str) -> Contact:
    """Store a contact at the number and let everything that the office does leave its marks."""
    contact = factories.contact([number], given_name="Ann", family_name="Other", email="ann@example.com")
    [point] = contact.points.all()
    factories.entry(point, evidence=ledger.Proof(ip="192.0.2.1", message=f"YES from {number}"))
    with attributed_to(factories.origin()):
        contact.notes = f"rang from {number}"  # past intake, which refuses it
        contact.save()
        point.label = spelled(number, "national, with dots")
        point.save()
    Provenance.objects.filter(point=point).update(notice_exempt=f"told at {number}")
    user = User.objects.create_user("staff")
    for model, pk in ((type(contact), contact.pk), (type(point), point.pk), (type(point.line), point.line_id)):
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(pk),
            object_repr=number,
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"name": number}}]),
        )
    return contact


def test_a_held_number_is_found_wherever_it_stands() -> None:
    number = factories.number()
    everywhere(number)
    assert places(number) == {
        ("database", "crm_phonenumber", "number"),
        ("database", "crm_contact", "notes"),
        ("database", "crm_historicalcontact", "notes"),
        ("database", "crm_contactpoint", "label"),
        ("database", "crm_historicalcontactpoint", "label"),
        ("database", "crm_provenance", "notice_exempt"),
        ("database", "consent_evidence", "message"),
        ("database", "django_admin_log", "object_repr"),
        ("database", "django_admin_log", "change_message"),
    }


def test_after_an_erasure_on_request_nothing_is_found() -> None:
    number = factories.number()
    contact = everywhere(number)
    erase(contact, reason="request", actor=factories.TESTER, at=factories.NOON)
    assert list(find(number)) == []


def test_after_an_anonymization_nothing_is_found() -> None:
    number = factories.number()
    everywhere(number)
    factories.policy(action="anonymize")
    withdrawal.withdraw(number, at=factories.NOON, reason="test", method=Method.STAFF, actor=factories.TESTER)
    run(as_of=factories.NOON, actor=factories.TESTER)
    assert list(find(number)) == []


def test_the_command_tells_the_places_and_never_the_number() -> None:
    number = factories.number()
    contact = everywhere(number)
    data, fault = answer(spelled(number, "national, in brackets"), "--region", "US")
    [line] = [trace for trace in data["traces"] if trace["table"] == "crm_phonenumber"]
    assert fault
    assert data["found"] == len(data["traces"]) > 8
    assert data["unread"] == []
    assert line == {
        "place": "database",
        "table": "crm_phonenumber",
        "column": "number",
        "id": contact.points.get().line_id,
    }
    assert not Needle.of(number).in_value(json.dumps(data))


def test_the_command_finds_no_fault_when_there_is_nothing() -> None:
    assert answer(factories.number()) == ({"found": 0, "traces": [], "unread": []}, False)


def test_the_command_calls_it_a_fault_when_something_could_not_be_read(folders: Path) -> None:
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    assert answer(factories.number()) == ({"found": 0, "traces": [], "unread": ["broker a.celery.msg"]}, True)


def test_the_command_writes_a_table_for_people(folders: Path) -> None:
    number = factories.number()
    everywhere(number)
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    out = io.StringIO()
    call_command("find_traces", number, stdout=out)
    head, *lines = out.getvalue().splitlines()
    assert head.split() == ["PLACE", "TABLE", "COLUMN", "ID"]
    assert any(line.split()[:3] == ["database", "crm_phonenumber", "number"] for line in lines)
    assert lines[-2:] == ["Could not be read: broker a.celery.msg", f"{len(lines) - 2} found."]
    assert not Needle.of(number).in_value(out.getvalue())


def test_the_command_says_when_there_is_nothing() -> None:
    out = io.StringIO()
    call_command("find_traces", factories.number(), stdout=out)
    assert out.getvalue() == "No trace found.\n"


def test_the_command_takes_a_number_that_is_no_longer_valid() -> None:
    assert answer("+999 555 0123 4")[0]["found"] == 0


@pytest.mark.parametrize("text", ["call me", "", "+44", "555-0123", "12", "=1+1"])
def test_the_command_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("find_traces", text)
    assert caught.value.returncode == 2
    assert len(str(caught.value).splitlines()) == 1
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(("held", "code"), [(True, 1), (False, 0)])
def test_on_the_command_line_the_exit_code_says_whether_something_was_found(
    held: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = factories.point().line.e164 if held else factories.number()  # type: ignore[union-attr]
    monkeypatch.setattr(connections, "close_all", lambda: None)  # the test's own transaction would end
    try:
        find_traces.Command().run_from_argv(["manage.py", "find_traces", number, "--json"])
    except SystemExit as end:
        assert end.code == code
    else:
        assert code == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["found"] == code


def test_on_the_command_line_wrong_use_is_one_line_that_does_not_repeat_the_number() -> None:
    for args in (["call me 5550123 now"], ["+1", "202", "555-0123"], []):
        done = subprocess.run(
            [sys.executable, "manage.py", "find_traces", *args, "--json"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "555" not in done.stderr
