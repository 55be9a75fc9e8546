"""Searching where a number would stand encoded, or outside the database: sessions, logs, staged files, messages."""

import base64
import bz2
import codecs
import gzip
import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections, router
from django.db.models.expressions import RawSQL

from crm.logs import mask_text
from crm.traces.database import row_position, savepoint
from crm.traces.needle import OVERLAP, Needle, Trace

CHUNK = 1 << 20
# A staged workbook that unpacks to more than this is a bomb: reading it to its end would never end.
MAX_UNPACKED = 4 << 30
_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def sessions(needle: Needle, unread: list[str]) -> Iterator[Trace]:
    """Yield the sessions whose decoded content holds the number, expired ones and foreign keys' too."""
    if not apps.is_installed("django.contrib.sessions"):
        return
    model = apps.get_model("sessions", "Session")
    connection = connections[router.db_for_read(model)]
    table = model._meta.db_table
    found = []
    try:
        with savepoint(connection):
            rows = model._default_manager.using(connection.alias).annotate(
                place=RawSQL(row_position(connection), [])  # noqa: S611
            )
            for place, data in rows.values_list("place", "session_data").iterator(chunk_size=1000):
                try:
                    content = decode_session(data)
                except ValueError:
                    unread.append(f"{table} {place}")
                    continue
                if needle.in_bytes(content):
                    found.append(Trace("session", table, "session_data", place))
    except DatabaseError:
        unread.append(table)
    yield from found


def decode_session(data: str) -> bytes:
    """Return what a session holds, whatever key signed it. Raises ValueError for what is no session."""
    content, colon, _signature = data.partition(":")
    packed = content.startswith(".")
    try:
        raw = base64.urlsafe_b64decode(content.lstrip(".") + "=" * (-len(content.lstrip(".")) % 4))
        raw = zlib.decompress(raw) if packed else raw
    except zlib.error as error:
        raise ValueError("not a session") from error
    if not colon or not raw.startswith(b"{"):
        raise ValueError("not a session")
    return raw


def files(needle: Needle, unread: list[str]) -> Iterator[Trace]:
    """Yield the files of the log, of staging, of the embedded broker and of beat that hold the number.

    A file that goes while it is searched (a message taken by its worker) holds nothing any more.
    """
    for place, folder, path in _files(unread):
        name = str(path.relative_to(folder))
        if needle.in_bytes(name.encode(errors="replace")):
            yield Trace(place, mask_text(name), "name", "")
        try:
            if place == "broker":
                yield from _message(path, name, needle)
            elif path.suffix != ".log" and zipfile.is_zipfile(path):
                yield from _workbook(place, path, name, needle)
            else:
                with _PACKED.get(path.suffix, open)(path, "rb") as stream:
                    for line in _lines(stream, needle):
                        yield Trace(place, mask_text(name), "line", line)
        except FileNotFoundError:
            continue
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
            unread.append(f"{place} {mask_text(name)}")


def _files(unread: list[str]) -> Iterator[tuple[str, Path, Path]]:
    """Yield (place, folder, file) of every file that is searched."""
    beat = Path(settings.CELERY_BEAT_SCHEDULE_FILENAME)
    for place, named in (("log", settings.LOG_FILE), ("beat schedule", beat)):
        if named and (folder := Path(named).parent).is_dir():
            for path in sorted(folder.iterdir()):
                # Rotated logs and the parts of a schedule are named after the first file.
                if path.name.startswith(Path(named).name) and path.is_file():
                    yield place, folder, path
    for place, named in (("staging", settings.STAGING_DIR), ("broker", settings.BROKER_DIR)):
        folder = Path(named)
        try:
            for path in sorted(folder.rglob("*")) if folder.exists() else []:
                if path.is_file():
                    yield place, folder, path
        except OSError:
            unread.append(f"{place} folder")


def _message(path: Path, name: str, needle: Needle) -> Iterator[Trace]:
    """A message of the embedded broker: JSON, whose body is JSON again, in base64."""
    raw = path.read_bytes()
    if needle.in_bytes(raw):
        yield Trace("broker", mask_text(name), "message", "")
    if path.suffix != ".msg" or not raw:
        return
    message = json.loads(raw)
    if not isinstance(message, dict):
        raise ValueError("not a message")
    body = message.get("body") or ""
    if message.get("properties", {}).get("body_encoding") == "base64":
        content = base64.b64decode(body)
        match message.get("headers", {}).get("compression"):
            case "application/x-gzip":
                content = zlib.decompress(content)
            case "application/x-bz2":
                content = bz2.decompress(content)
            case None:
                pass
            case _:
                raise ValueError("a compression that cannot be read here")
        if needle.in_bytes(content):
            yield Trace("broker", mask_text(name), "body", "")


def _workbook(place: str, path: Path, name: str, needle: Needle) -> Iterator[Trace]:
    """A workbook is a folder of XML, zipped."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise ValueError("unpacks to too much")
        for member in members:
            with archive.open(member) as stream:
                for line in _lines(stream, needle):
                    yield Trace(place, mask_text(name), mask_text(member.filename), line)


def _lines(stream: IO[bytes], needle: Needle) -> Iterator[int]:
    """Yield the number of each line that holds the number, reading in chunks that overlap."""
    line, told, kept = 1, 0, b""
    decoder: Any = None
    first = True
    while True:
        raw = stream.read(CHUNK)
        if first and raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        first = False
        data = kept + (decoder.decode(raw, final=not raw).encode() if decoder else raw.replace(b"\0", b""))
        for position in needle.positions(data):
            at = line + data.count(b"\n", 0, position)
            if at > told:
                told = at
                yield at
        if not raw:
            return
        kept = data[-OVERLAP:]
        line += data.count(b"\n", 0, len(data) - len(kept))
