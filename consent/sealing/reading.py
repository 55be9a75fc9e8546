"""Reading entries as the bytes that seals vouch for, however many they are, without an object for each.

On PostgreSQL a row comes as COPY writes it, and a part of the message is what is hashed; on SQLite the same bytes are
put together here. A row that somebody has tampered with is read like any other: its bytes are not those of its leaf.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from django.db import connection
from psycopg import DatabaseError, Error
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from consent.models import Notice
from consent.rules import entries
from consent.rules.entries import Wording

_LEAF = b"\x00" + entries.PREFIX
_NUMBERS = {"id", "point_id", "purpose_id", "source_id", "batch_id", "actor_user_id", "notice_id"}
_MOMENTS = {"occurred_at", "recorded_at"}

# What PostgreSQL's binary COPY puts before the first row, and after the last.
_SIGNATURE = 19
_TRAILER = b"\xff\xff"
# So many entries are handed on at once.
_TOGETHER = 5000

_UNSEALED = """
    FROM consent_consentevent e WHERE NOT EXISTS (SELECT 1 FROM consent_sealedentry s WHERE s.entry_id = e.id)
"""
_SEALED = """
    FROM consent_sealedentry s LEFT JOIN consent_consentevent e ON e.id = s.entry_id
    LEFT JOIN consent_endedproof p ON p.entry_id = s.entry_id
"""


@dataclass(slots=True)
class Leaves:
    """Entries under one seal, by id, a list for each thing that is known of them.

    stored: the leaf in hex, as the database keeps it; found: the leaf that the entry's bytes give: of an entry that may
    be gone it is the stored one, of one that may not it is None.
    """

    seal: int
    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)
    found: list[bytes | None] = field(default_factory=list)

    def extend(self, more: "Leaves") -> None:
        """Take in more entries under the same seal."""
        self.ids += more.ids
        self.positions += more.positions
        self.stored += more.stored
        self.found += more.found


def wordings() -> dict[int, bytes]:
    """Return, by the id of each notice, and by 0 for none, the last part of the bytes of the entries that name it."""
    notices = Notice.objects.values_list("pk", "language", "version", "digest").iterator(2000)
    found = {0: entries.packed_wording(None)}
    for pk, language, version, digest in notices:
        found[pk] = entries.packed_wording(Wording(language, version, digest))
    return found


def unsealed(*, most: int, between: tuple[int, int] = (0, 2**63 - 1)) -> Iterator[tuple[int, bytes]]:
    """Yield the id and the leaf of each entry under no seal, by id, but no more than `most`; between: these ids."""
    # The notices are read after the entries, which may name one that was published a moment ago.
    tail = f"{_UNSEALED} AND e.id BETWEEN {between[0]} AND {between[1]} ORDER BY e.id LIMIT {most}"
    if connection.vendor == "postgresql":
        head = struct.Struct(">2x 4xq 4xq")
        rows = list(_copied(f"SELECT e.id, coalesce(e.notice_id, 0), {_columns()} {tail}"))
        notices = wordings()
        for row in rows:
            pk, notice = head.unpack_from(row)
            yield pk, _leaf(row[head.size :], notices.get(notice, notices[0]))
    else:
        selected = list(_selected(f"SELECT e.id, e.notice_id, {_columns()} {tail}"))
        notices = wordings()
        for pk, notice, *values in selected:
            yield pk, _leaf(_packed(values), notices.get(notice, notices[0]))


def sealed(*, up_to: int, beginning: int = 1) -> Iterator[Leaves]:
    """Yield every entry under the seals up to a number, by id, as many at a time as come together under one seal.

    beginning: the first of the seals.
    """
    leaves = Leaves(0)
    for pk, seal, position, stored, found in _sealed_rows(beginning, up_to):
        if seal != leaves.seal or len(leaves.ids) == _TOGETHER:
            if leaves.ids:
                yield leaves
            leaves = Leaves(seal)
        leaves.ids.append(pk)
        leaves.positions.append(position)
        leaves.stored.append(stored)
        leaves.found.append(found)
    if leaves.ids:
        yield leaves


def _sealed_rows(beginning: int, up_to: int) -> Iterator[tuple[int, int, int, bytes, bytes | None]]:
    notices = wordings()
    tail = f"{_SEALED} WHERE s.seal_id BETWEEN {beginning} AND {up_to} ORDER BY s.entry_id"
    about = "s.entry_id, s.seal_id, s.position, coalesce(e.notice_id, 0), e.id IS NOT NULL, p.entry_id IS NOT NULL"
    if connection.vendor != "postgresql":
        query = f"SELECT {about}, CAST(s.leaf AS BLOB), {_columns()} {tail}"
        for pk, seal, position, notice, is_there, ended, stored, *values in _selected(query):
            found = _leaf(_packed(values), notices.get(notice, notices[0])) if is_there else _left(stored, ended)
            yield pk, seal, position, stored, found
        return
    head = struct.Struct(">2x 4xq 4xi 4xi 4xq 4x? 4x? i")
    start, unpack = head.size, head.unpack_from
    for row in _copied(f"SELECT {about}, s.leaf, {_columns()} {tail}"):
        pk, seal, position, notice, is_there, ended, length = unpack(row)
        stored = row[start : (end := start + length)]
        found = _leaf(row[end:], notices.get(notice, notices[0])) if is_there else _left(stored, ended)
        yield pk, seal, position, stored, found


def leaf_bytes(stored: bytes) -> bytes:
    """Return a leaf from its hex; what is no hex is no leaf, and like no other."""
    try:
        return bytes.fromhex(stored.decode())
    except ValueError:
        return b""


def _left(stored: bytes, ended: bool) -> bytes | None:
    return leaf_bytes(stored) if ended else None


def _leaf(content: bytes, wording: bytes) -> bytes:
    return sha256(_LEAF + content + wording).digest()


def _columns() -> str:
    """Return the values of an entry as SQL, in the order of their bytes."""
    if connection.vendor == "postgresql":
        return ", ".join(f"e.{name}::int8" if name in _NUMBERS else f"e.{name}" for name in entries.COLUMNS)
    return ", ".join(f"e.{name}" if name in _NUMBERS else f"CAST(e.{name} AS BLOB)" for name in entries.COLUMNS)


def _copied(query: str) -> Iterator[bytes]:
    """Yield each row of a query as PostgreSQL copies it."""
    connection.ensure_connection()
    # By libpq's own calls: of those of psycopg above them, a million cost more than the hashes do.
    server = connection.connection.pgconn
    with connection.wrap_database_errors:
        _require(server.exec_(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()), ExecStatus.COPY_OUT)
        try:
            length, row = server.get_copy_data(0)
            row = row[_SIGNATURE:]
            while length > 0:
                if row != _TRAILER:
                    yield bytes(row)
                length, row = server.get_copy_data(0)
        finally:
            ended = _read_to_the_end(server)
        _require(ended, ExecStatus.COMMAND_OK)


def _read_to_the_end(server: PGconn) -> PGresult:
    """Read whatever is left, of an error or of a copy that nobody wanted to the end: the connection is free again."""
    with suppress(Error):  # no copy in progress
        while server.get_copy_data(0)[0] > 0:
            pass
    last = None
    while result := server.get_result():
        last = result
    return cast(PGresult, last)


def _require(result: PGresult, status: ExecStatus) -> None:
    if result.status != status:
        raise DatabaseError(result.error_message.decode())


def _selected(query: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _packed(values: list[object]) -> bytes:
    return entries.packed(_of_sqlite(name, value) for name, value in zip(entries.COLUMNS, values, strict=True))


def _of_sqlite(name: str, value: object) -> object:
    """Return what SQLite keeps as what it means; what means nothing stays the text that it is."""
    if isinstance(value, bytes):
        with suppress(ValueError):
            if name in _MOMENTS:
                return datetime.fromisoformat(value.decode()).replace(tzinfo=UTC)
            if name == "uid":
                return UUID(value.decode())
    return str(value) if isinstance(value, float) else value
