"""What is planted where it would stand encoded, or outside the database, is found."""

import base64
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from kombu import Connection
from openpyxl import Workbook

from crm.traces import Trace, Unreadable, find
from crm.traces.needle import Needle
from crm.traces.searching import CHUNK
from crm.traces.sessions import decode_session
from crm.traces.unpacking import holds
from tests import factories
from tests.crm.traces.planted import places, spelled

pytestmark = pytest.mark.django_db


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
        Trace("data folder", "other.txt", "line", 1),
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
    assert not holds(str(trace), Needle.of(number))


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


def test_a_search_without_a_list_for_what_it_cannot_read_fails(folders: Path) -> None:
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    with pytest.raises(Unreadable, match=r"broker a\.celery\.msg"):
        list(find(factories.number()))
